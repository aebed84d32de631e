"""What the test cells of assignment 2 check: a function a claim, for the values that a cell names.

Each takes first what is tested (`vae_loss`, `VAE`, ...) and fails with a sentence for the student.
Later checks are patient with earlier mistakes: a loss term may come unsummed, images without their
channel or before the sigmoid, and what a model returns is read by its shapes. Each of these costs
the points of its own test cell, and no others.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal

from helpers.checks import (
    Failed,
    as_floats,
    check_batch_independence,
    check_finite,
    check_gradient,
    check_parameters_used,
    check_range,
    check_shape,
    check_unchanged,
    check_values,
    either,
    statistics,
)
from helpers.weights import randomize

PIXELS = 784

# ---- 2.1 The loss -------------------------------------------------------------------------------

SWAPPED = "are recon and kl swapped in what you return"
BERNOULLI = "a Bernoulli pixel asks for the binary cross-entropy"
BELOW_ZERO = "its sign is wrong, for a KL divergence is never below 0"

# (output, image): {mistake: what it makes of one pixel, in nats}. An image of None is any image.
RECON_MISTAKES: dict[tuple[float, float | None], dict[str, float]] = {
    (0.5, None): {
        "you returned logarithms to base 2, which are bits: nats need the natural logarithm": 1.0,
        f"that is 0, the KL term of this case: {SWAPPED}": 0.0,
        "the logarithm of a product of 784 probabilities underflows: sum the logarithms": math.inf,
    },
    (0.9, 0.25): {
        "output and images are swapped": 1.276433,
        "you rounded the images to 0 and 1: keep their grey values": 2.302585,
        "a sigmoid is applied although output is a probability already": 1.016154,
        "the part of the black pixels is missing": 0.026340,
        "the part of the white pixels is missing": 1.726939,
        f"you returned the squared error; {BERNOULLI}": 0.4225,
        f"you returned the mean squared error; {BERNOULLI}": 0.4225 / (2 * PIXELS),
        f"you returned the absolute error; {BERNOULLI}": 0.65,
    },
}

# (mu, log_var): {mistake: what it makes of one latent feature of one image, in nats}
KL_MISTAKES: dict[tuple[float, float], dict[str, float]] = {
    (0, 0): {
        "the 1 is missing": 0.5,
        f"that is the recon term: {SWAPPED}": PIXELS / 4 * math.log(2),
    },
    (2, 0): {
        "the factor 1/2 is missing": 4.0,
        "mu is not squared": 1.0,
    },
    (0, 1): {
        "the factor 1/2 is missing": 0.718282,
        "log_var was taken for the logarithm of the standard deviation": 2.194528,
        "log_var was taken for the variance": 0.0,
        "log_var was taken for the standard deviation": 0.0,
        "the variance is squared: exp(log_var) is the variance already": 2.694528,
        "exp(log_var / 2) is the standard deviation, where the variance belongs": -0.175639,
        "the term log_var has a factor too much": -0.140859,
        "the term log_var is missing": 0.859141,
        "the term exp(log_var) is missing": -1.0,
        "the sign of log_var is turned": 0.183940,
        "the roles of posterior and prior are swapped": 0.183940,
    },
}


def recon_of(vae_loss: Any, output: Tensor, images: Tensor) -> Tensor:
    """Your recon term, where the KL term is 0 (the sum of it, should it come unsummed).

    Args:
        output, images: (N, 1, 28, 28).
    """
    zeros = torch.zeros(len(images), 4)
    return _terms(vae_loss(output, zeros, zeros.clone(), images))[0]


def kl_of(vae_loss: Any, mu: Tensor, log_var: Tensor) -> Tensor:
    """Your KL term (the sum of it, should it come unsummed).

    Args:
        mu, log_var: (N, d).
    """
    images = torch.full((len(mu), 1, 28, 28), 0.5)
    return _terms(vae_loss(images, mu.clone(), log_var.clone(), images))[-1]


def _terms(found: Any) -> list[Tensor]:
    if not isinstance(found, tuple | list):
        raise Failed("vae_loss must return two separate terms, `recon, kl`; this is one.")
    return [torch.as_tensor(term).sum() for term in found]


def recon(vae_loss: Any, output: float, image: float | None, nats: float) -> None:
    """Fails unless the recon term is `nats` a pixel, for images of one grey.

    Args:
        output: what the decoder says, everywhere; image: the true grey, None for random greys.
    """
    n, size = 2, (2, 1, 28, 28)
    images = torch.rand(size) if image is None else torch.full(size, image)
    total = n * PIXELS * nats
    mistakes = averaged(total, n, PIXELS, "pixels")
    for text, value in RECON_MISTAKES.get((output, image), {}).items():
        mistakes[text] = n * PIXELS * value
    what = f"the recon term of {n} images"
    check_values(recon_of(vae_loss, torch.full(size, output), images), total, what, mistakes)


def recon_of_random(vae_loss: Any, n: int, expected: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Fails unless the recon term of n random grey images is `expected(output, images)`."""
    output, images = 0.02 + 0.96 * torch.rand(n, 1, 28, 28), torch.rand(n, 1, 28, 28)
    nats = expected(output, images).item()
    mistakes = averaged(nats, n, PIXELS, "pixels")
    mistakes["output and images are swapped"] = expected(images, output).item()
    check_values(recon_of(vae_loss, output, images), nats, "the recon term", mistakes)


def recon_adds_up(vae_loss: Any, n: int = 8, part: int = 3) -> None:
    """Fails unless a batch of n costs what its first `part` images and the others cost."""
    output, images = 0.02 + 0.96 * torch.rand(n, 1, 28, 28), torch.rand(n, 1, 28, 28)
    parts = recon_of(vae_loss, output[:part], images[:part])
    parts = parts + recon_of(vae_loss, output[part:], images[part:])
    check_values(recon_of(vae_loss, output, images), parts, f"the recon term of {n} images")


def averaged(total: float, n: int, places: int, name: str) -> dict[str, float]:
    """{mistake: what it makes of a term that should be `total`} for means and signs.

    Args:
        n: images; places: what each has of it; name: what these are called.
    """
    everything, sign = f"you averaged it over batch and {name}: sum instead", BELOW_ZERO
    if name == "pixels":
        everything = "you returned the mean over all pixels: sum instead"
        sign = "you returned the log-probability itself: negate it"
    return {
        everything: total / n / places,
        "you averaged it over the batch: sum over the batch too": total / n,
        f"you averaged it over the {name}: sum over the {name} too": total / places,
        sign: -total,
    }


def kl(
    vae_loss: Any, mu: float, log_var: float, nats: float, size: tuple[int, int] = (3, 4)
) -> None:
    """Fails unless the KL term is `nats` for each latent feature with this mu and log_var."""
    number = math.prod(size)
    values = KL_MISTAKES.get((mu, log_var), {})
    mistakes = {text: number * value for text, value in values.items()}
    mu_and_log_var = torch.full(size, float(mu)), torch.full(size, float(log_var))
    what = f"the KL term of {size[0]} images"
    check_kl(kl_of(vae_loss, *mu_and_log_var), number * nats, what, size, mistakes)


def check_kl(
    term: Tensor,
    nats: float,
    what: str,
    size: tuple[int, int],
    mistakes: Mapping[str, float] | None = None,
) -> None:
    """Fails unless a KL term is `nats`; says so where it is what no KL divergence can be.

    Args:
        size: images, latent features.
        mistakes: sentence -> what this mistake gives.
    """
    n, features = size
    likely = averaged(nats, n, features, "latent features") if nats else {}
    likely |= {
        "it is divided by the 784 pixels": nats / PIXELS,
        "it is divided by the batch and the 784 pixels": nats / n / PIXELS,
        "it is divided by the batch and multiplied by 784": nats / n * PIXELS,
    }
    try:
        check_values(term, nats, what, {**likely, **(mistakes or {})})
    except Failed as failure:
        found = term.detach().item()
        if math.isnan(found) or math.isinf(found):
            check_finite(term, what)
        if found < 0 and ":" not in str(failure):  # no mistake is named
            raise Failed(f"{what} is {found:.5g}: a KL divergence is never below 0.") from None
        raise


KLFunction = Callable[[Tensor, Tensor], Tensor]  # of mu and log_var, each (N, d)


def kl_everywhere(
    vae_loss: Any,
    size: tuple[int, int],
    mu: float,
    log_var: float,
    expected: KLFunction,
    mistakes: Mapping[str, KLFunction],
) -> None:
    """Fails unless the KL term of the same mu and log_var everywhere is `expected(mu, log_var)`."""
    arguments = torch.full(size, mu), torch.full(size, log_var)
    _kl_as_expected(vae_loss, *arguments, expected, mistakes)


def kl_of_random(
    vae_loss: Any,
    size: tuple[int, int],
    expected: KLFunction,
    mistakes: Mapping[str, KLFunction],
) -> None:
    """Fails unless the KL term of random mu and log_var is `expected(mu, log_var)`.

    Args:
        size: images, latent features.
        mistakes: sentence -> the KL term that this mistake gives.
    """
    _kl_as_expected(vae_loss, 2 * torch.randn(size), torch.randn(size), expected, mistakes)


def _kl_as_expected(
    vae_loss: Any,
    mu: Tensor,
    log_var: Tensor,
    expected: KLFunction,
    mistakes: Mapping[str, KLFunction],
) -> None:
    values = {text: wrong(mu, log_var).item() for text, wrong in mistakes.items()}
    n, features = mu.shape
    what, nats = f"the KL term of {n} images", expected(mu, log_var).item()
    check_kl(kl_of(vae_loss, mu, log_var), nats, what, (n, features), values)


def kl_is_even(vae_loss: Any) -> None:
    """Fails unless mu and -mu have the same KL term."""
    mu, log_var = torch.randn(4, 3), torch.randn(4, 3)
    one, other = kl_of(vae_loss, mu, log_var), kl_of(vae_loss, -mu, log_var)
    check_values(other, one, "the KL term with mu negated")


def kl_is_finite(vae_loss: Any, log_var: float) -> None:
    """Fails where the KL term of mu = 0 and this log_var, with 16 features, is nan or infinite."""
    term = kl_of(vae_loss, torch.zeros(4, 16), torch.full((4, 16), log_var))
    check_finite(term, "the KL term")


TERM_NAMES = ("recon", "kl")
CUT = "did .item(), float(), detach, .data, numpy or no_grad cut it off?"


def _case() -> dict[str, Tensor]:
    """Arguments of vae_loss for three images with four latent features."""
    return {
        "output": 0.3 + 0.4 * torch.rand(3, 1, 28, 28),
        "mu": 0.5 + torch.rand(3, 4),
        "log_var": torch.linspace(-1, 1, 12).view(3, 4),
        "images": torch.rand(3, 1, 28, 28),
    }


def _loss(vae_loss: Any, case: Mapping[str, Tensor], **changes: Tensor) -> Any:
    """Your loss of a case in which some arguments are changed; always the same random numbers."""
    torch.manual_seed(0)
    arguments = {**case, **changes}
    return vae_loss(*(arguments[name].clone() for name in case))


def two_terms(vae_loss: Any) -> None:
    """Fails unless vae_loss returns two tensors, each a single number."""
    terms = _loss(vae_loss, _case())
    if not isinstance(terms, tuple | list) or len(terms) != len(TERM_NAMES):
        raise Failed("vae_loss must return two terms, `recon, kl`, and nothing else.")
    for term, name in zip(terms, TERM_NAMES, strict=True):
        check_shape(term, (), f"the {name} term (one number, summed over the batch)")


def terms_apart(vae_loss: Any) -> None:
    """Fails where recon changes with mu and log_var, or kl with output and images.

    A term that is nan or infinite has its own test cell, and says nothing here.
    """
    case = _case()
    found, other_kl, other_recon = (
        _loss(vae_loss, case),
        _loss(vae_loss, case, mu=0.5 * case["mu"], log_var=0.5 * case["log_var"]),
        _loss(vae_loss, case, output=0.5 * case["output"], images=0.5 * case["images"]),
    )
    (recon_term, kl_term), (same_recon, _), (_, same_kl) = found, other_kl, other_recon
    for same, term, what in (
        (same_recon, recon_term, "the recon term with another mu and log_var"),
        (same_kl, kl_term, "the kl term with another output and other images"),
    ):
        if _finite(term) or _finite(same):
            check_values(same, term, what)


def _finite(term: Any) -> bool:
    return bool(torch.isfinite(torch.as_tensor(term).detach()).all())


def terms_have_gradients(vae_loss: Any) -> None:
    """Fails unless both terms are part of an autograd graph."""
    case = _case()
    leaves = {name: case[name].requires_grad_() for name in ("output", "mu", "log_var")}
    for term, name in zip(_loss(vae_loss, case, **leaves), TERM_NAMES, strict=False):
        check_gradient(term, f"the {name} term", CUT.rstrip("?"))


def loss_keeps_arguments(vae_loss: Any) -> None:
    """Fails where vae_loss changes an argument in place."""
    case = _case()
    arguments = {**case, "output": case["output"].round()}
    copies = {name: tensor.clone() for name, tensor in arguments.items()}
    vae_loss(*copies.values())
    for name, argument in arguments.items():
        check_unchanged(argument, copies[name], f"the argument {name}")


def exact_pixels(vae_loss: Any) -> None:
    """Fails where the recon term of pixels that are 0 or 1, and exactly right, isn't finite."""
    case = _case()
    pixels = (case["images"] > 0.5).float()  # noqa: PLR2004  (half of the range)
    terms = _loss(vae_loss, case, output=pixels, images=pixels)
    check_finite(torch.as_tensor(terms[0]), "the recon term of pixels that are exactly right")


def slope(vae_loss: Any, place: int, name: str) -> None:
    """Fails unless the gradient of a term says how much it rises when an argument does.

    Args:
        place: of the term, 0 for recon and 1 for kl; name: of the argument.
    """
    case = _case()
    leaf = case[name].clone().requires_grad_()
    term = torch.as_tensor(_loss(vae_loss, case, **{name: leaf})[place]).sum()
    if not _finite(term):
        return  # it has its own test cell
    if not term.requires_grad:
        raise Failed(f"no gradient reaches {name}: {CUT}")
    term.backward()
    if leaf.grad is None or not leaf.grad.abs().sum() > 0:
        raise Failed(f"no gradient reaches {name}: {CUT}")
    low, high = (
        torch.as_tensor(_loss(vae_loss, case, **{name: case[name] + step})[place]).sum().item()
        for step in (-0.01, 0.01)
    )
    rise, promised = high - low, 0.02 * leaf.grad.sum().item()
    if not abs(rise - promised) < 0.001 + 0.001 * leaf.grad.abs().sum():
        raise Failed(
            f"a step of 0.02 raises the term by {rise:.3f}, its gradient says {promised:.3f}: {CUT}"
        )


# ---- 2.2 The model: reparameterize --------------------------------------------------------------


NO_NOISE = "all samples are the same number: the batch shares its noise, or there is no noise."
SHARED = "shared noise"  # the cause of these


def sampler(vae_class: Any, features: int) -> Callable[[Tensor, Tensor], Tensor]:
    """`reparameterize` of a new model; of one without layers, as long as `__init__` isn't written.

    So it can be checked as soon as it is written itself.
    """
    try:
        return vae_class(latent_features=features).reparameterize
    except NotImplementedError as error:
        unsolved = error
        model = _without_layers(vae_class, features, unsolved)

        def draw(mu: Tensor, log_var: Tensor) -> Tensor:
            try:
                return model.reparameterize(mu, log_var)
            except AttributeError:
                raise unsolved from None  # it needs what __init__ will make

        return draw


def _without_layers(vae_class: Any, features: int, unsolved: Exception) -> Any:
    """A plain `nn.Module`, the last class but one that VAE comes from, turned into a VAE."""
    try:
        model = vae_class.mro()[-2]()
        model.latent_features = features
        model.__class__ = vae_class
    except Exception:
        raise unsolved from None
    return model


def sample(vae_class: Any, mean: float, log_var: float, n: int = 20_000) -> Tensor:
    """n samples of N(mean, exp(log_var)) by your reparameterize, as a column (n, 1)."""
    return sampler(vae_class, 1)(torch.full((n, 1), mean), torch.full((n, 1), log_var))


def own_noise(vae_class: Any, n: int, features: int) -> None:
    """Fails where two images, or two latent features, share their noise."""
    z = sampler(vae_class, features)(torch.zeros(n, features), torch.zeros(n, features))
    check_shape(z, (n, features), "z")
    if not z.any():
        raise Failed(NO_NOISE, cause=SHARED)
    for dim, who in ((0, "the images of a batch"), (1, "the latent features")):
        if torch.equal(z, z.narrow(dim, 0, 1).expand_as(z)):
            raise Failed(f"{who} share their noise: draw eps in the shape of mu.", cause=SHARED)
    for dim, who in ((0, "images"), (1, "latent features")):
        statistics.check_independence(z, dim, f"the noise of different {who} is not independent")


def new_noise(vae_class: Any, n: int = 64, features: int = 8) -> None:
    """Fails where two calls give the same noise."""
    draw = sampler(vae_class, features)
    zeros = torch.zeros(n, features)
    calls = torch.stack([draw(zeros.clone(), zeros.clone()) for _ in range(2)])
    if not calls.any():
        raise Failed(NO_NOISE, cause=SHARED)
    why = "two calls gave the same noise: draw eps anew in each call"
    statistics.check_independence(calls, 0, why)


def moments(vae_class: Any, mean: float, var: float) -> None:
    """Fails unless 20,000 samples have this mean and variance (`statistics.check_moments`)."""
    log_var, std = math.log(var), math.sqrt(var)
    z = sample(vae_class, mean, log_var)
    if torch.equal(z, z[:1].expand_as(z)):
        raise Failed(NO_NOISE, cause=SHARED)
    mistakes = {
        "the standard deviation of the samples is the variance, exp(log_var)": (mean, var),
        "log_var itself was used as the standard deviation": (mean, abs(log_var)),
        "2 ** log_var was used, not exp": (mean, 2 ** (log_var / 2)),
        "2 ** log_var was used, not exp, and taken for the standard deviation": (mean, 2**log_var),
        "the standard deviation is 1 whatever log_var is": (mean, 1.0),
        "mu is not added": (0.0, std),
        "mu is subtracted": (-mean, std),
        "the sign of log_var is turned": (mean, 1 / std),
        "the root was taken twice": (mean, std**0.5),
        "mu and the standard deviation are swapped": (std, abs(mean) or 1.0),
        "the noise lies between 0 and 1 (rand), not around 0 (randn)": (
            mean + std / 2,
            std / 12**0.5,
        ),
        "the noise is uniform, not normal": (mean, std / 3**0.5),
    }
    what = f"z for mu = {mean:g} and log_var = {log_var:.2f}"
    statistics.check_moments(z, mean, std, what, mistakes)


def normal(vae_class: Any, mean: float, log_var: float) -> None:
    """Fails unless 20,000 samples are normally distributed (`statistics.check_distribution`)."""
    expected = statistics.Normal(mean, math.sqrt(math.exp(log_var)))
    what = f"z for mu = {mean:g} and log_var = {log_var:g}"
    z = sample(vae_class, mean, log_var)
    if torch.equal(z, z[:1].expand_as(z)):
        raise Failed(NO_NOISE, cause=SHARED)
    statistics.check_distribution(z, expected, what)


def sampling_keeps_arguments(vae_class: Any) -> None:
    """Fails where reparameterize changes mu or log_var in place."""
    mu, log_var = torch.randn(5, 3), torch.randn(5, 3)
    copies = mu.clone(), log_var.clone()
    sampler(vae_class, 3)(*copies)
    check_unchanged(mu, copies[0], "mu")
    check_unchanged(log_var, copies[1], "log_var")


def no_variance(vae_class: Any) -> None:
    """Fails unless a sample of (nearly) no variance is the mean."""
    mu = torch.randn(5, 3)
    z = sampler(vae_class, 3)(mu, torch.full((5, 3), -60.0))
    check_values(z, mu, "z for log_var = -60", atol=0.05)


GRADIENT_CUT = (
    "torch.normal and .sample() draw without a gradient; detach, .data and no_grad cut it off"
)


def sample_gradients(vae_class: Any, mu: Tensor, log_var: Tensor) -> None:
    """Fails unless the slope of z is 1 along mu, and along log_var proportional to z - mu.

    Args:
        mu, log_var: (N, d), where the gradients are taken.
    """
    mu, log_var = mu.clone().requires_grad_(), log_var.clone().requires_grad_()
    z = sampler(vae_class, mu.shape[1])(1.0 * mu, 1.0 * log_var)
    check_gradient(z, "z", GRADIENT_CUT)
    z.sum().backward()
    if mu.grad is None or not mu.grad.abs().sum() > 0:
        raise Failed(f"no gradient reaches mu: {GRADIENT_CUT}.")
    if not torch.allclose(mu.grad, torch.ones_like(mu), atol=1e-4):
        seen = f"the gradient with respect to mu is {mu.grad.mean().item():.3g}, not 1"
        raise Failed(f"{seen}: is mu added as it is?")
    if log_var.grad is None or not log_var.grad.abs().sum() > 0:
        raise Failed(f"no gradient reaches log_var: is std computed from it? {GRADIENT_CUT}.")
    noise = (z - mu).detach()
    ratio = (log_var.grad * noise).sum() / (noise * noise).sum()
    if not (log_var.grad - ratio * noise).norm() < 0.01 * log_var.grad.norm():
        raise Failed(
            "the gradient with respect to log_var is not proportional to z - mu: is z a sum of mu "
            "and of noise times its standard deviation?"
        )


# ---- 2.2 The model: encoder, decoder, forward ---------------------------------------------------

CODES = ("mu", "log_var", "z")  # what encoder returns
OUTPUTS = ("images", "mu", "log_var")  # what forward returns
IN_A_LIST = "keep layers as attributes or in nn.ModuleList, not in a plain list"


def new_model(
    vae_class: Any,
    device: torch.device,
    features: int = 16,
    scale: float | None = None,
) -> Any:
    """A model in eval mode; with random weights of this scale, if there is one."""
    model = vae_class(latent_features=features).to(device).eval()
    images, z = _images(2, device), torch.randn(2, features, device=device)
    # Layers that take their size from their input have it now, also where forward isn't written.
    if not either(lambda: bool([model(images)]), lambda: False):
        either(lambda: model.encoder(images), lambda: None)
        either(lambda: model.decoder(z), lambda: None)
    if scale:
        randomize(model, scale)
    return model


def _images(n: int, device: torch.device) -> Tensor:
    return torch.rand(n, 1, 28, 28, device=device)


def encoder_layers(vae_class: Any, device: torch.device) -> None:
    """Fails where new weights change no code."""
    model, images = new_model(vae_class, device), _images(5, device)
    before = model.encoder(images)
    randomize(model, 1.0)
    if torch.equal(before[0], model.encoder(images)[0]):
        raise Failed(f"new weights change no code: {IN_A_LIST}.")


def codes(
    vae_class: Any,
    device: torch.device,
    n: int = 5,
    sizes: Iterable[int] = (16, 2),
) -> None:
    """Fails unless encoder returns mu, log_var and z, each (n, features), for all sizes."""
    for features in sizes:
        found = new_model(vae_class, device, features).encoder(_images(n, device))
        if not isinstance(found, tuple | list) or len(found) != len(CODES):
            raise Failed("encoder must return three tensors: mu, log_var, z.")
        for code, name in zip(found, CODES, strict=True):
            what = f"{name} for {n} images and latent_features={features}"
            check_shape(code, (n, features), what)


def codes_repeat(vae_class: Any, device: torch.device) -> None:
    """Fails where mu or log_var of the same images differ between two calls."""
    model, images = new_model(vae_class, device), _images(5, device)
    calls = model.encoder(images), model.encoder(images)
    for name, first, second in zip(("mu", "log_var"), *calls, strict=False):
        if not torch.allclose(first, second, atol=1e-5):
            raise Failed(
                f"{name} differs between two calls: is the order mu, log_var, z? Is a dropout "
                "always on?"
            )


def codes_are_unbounded(vae_class: Any, device: torch.device) -> None:
    """Fails unless mu and log_var take all kinds of values, and different ones."""
    image = _images(1, device)
    found = [new_model(vae_class, device, 64, scale=1.5).encoder(image) for _ in range(4)]
    mu, log_var = (torch.cat([code[place].detach() for code in found]) for place in (0, 1))
    for values, name in ((mu, "mu"), (log_var, "log_var")):
        rule = "it may be any real number"
        if values.min() >= 0:
            raise Failed(f"{name} is never negative: no ReLU, softplus, exp or abs on it; {rule}.")
        check_finite(values, name)
        if values.max() <= 0:
            raise Failed(f"{name} is never positive: let no function act on it; {rule}.")
        if values.abs().max() <= 1.5:  # noqa: PLR2004  (the scale of the weights)
            raise Failed(f"{name} never leaves [-1, 1]: no tanh or sigmoid on it; {rule}.")
    if torch.equal(mu, log_var):
        raise Failed("mu and log_var are the same numbers: each needs outputs of its own.")


def codes_vary(vae_class: Any, device: torch.device) -> None:
    """Fails where mu or log_var has the same mean and deviation in any batch."""
    model = new_model(vae_class, device, scale=1.0).train()
    brightness = torch.rand(64, 1, 1, 1, device=device)
    light, dark = (model.encoder(brightness * _images(64, device) ** e) for e in (1, 4))
    for name, one, other in zip(("mu", "log_var"), light, dark, strict=False):
        close = [
            torch.isclose(f(one, 0), f(other, 0), rtol=0.01, atol=1e-3)
            for f in (torch.mean, torch.std)
        ]
        # 15 or 16 of the 16 features, and they do differ within the batch.
        if (close[0] & close[1]).sum() > 14 and one.std(0).max() > 0.01:  # noqa: PLR2004
            raise Failed(
                f"each {name} has the same mean and deviation in any batch: it is batch-normalised."
            )


def z_is_drawn(vae_class: Any, device: torch.device, features: int = 16) -> None:
    """Fails unless z is like reparameterize(mu, log_var): the same for one seed, or else alike."""
    model = new_model(vae_class, device, features, scale=1.0)
    many = _images(1, device).expand(2000, 1, 28, 28)
    torch.manual_seed(0)
    mu, log_var, z = (code.detach() for code in model.encoder(many))
    torch.manual_seed(0)
    again = model.reparameterize(mu.clone(), log_var.clone()).detach()
    if torch.equal(z, mu) and not torch.equal(again, mu):
        raise Failed("z equals mu: encoder must draw it with reparameterize(mu, log_var).")
    if not torch.allclose(z, again, rtol=1e-3, atol=1e-4):
        why = "z is no draw from N(mu, exp(log_var)): are mu and log_var swapped, or z made from "
        for j in range(features):
            statistics.check_same_distribution(z[:, j], again[:, j], why + "something else")


def codes_alone(
    vae_class: Any,
    device: torch.device,
    features: int = 16,
    n: int = 5,
) -> None:
    """Fails where mu or log_var depends on the other images of its batch."""
    model, images = new_model(vae_class, device, features), _images(n, device)
    check_batch_independence(lambda batch: model.encoder(batch)[0], images, "mu")
    check_batch_independence(lambda batch: model.encoder(batch)[1], images, "log_var")


def decoder_layers(vae_class: Any, device: torch.device) -> None:
    """Fails where new weights change no image."""
    model, z = new_model(vae_class, device), torch.randn(3, 16, device=device)
    before = model.decoder(z)
    randomize(model, 1.0)
    if torch.equal(before, model.decoder(z)):
        raise Failed(f"new weights change no image: {IN_A_LIST}.")


def decoded_shape(
    vae_class: Any,
    device: torch.device,
    n: int = 3,
    sizes: Iterable[int] = (16, 2),
) -> None:
    """Fails unless n codes become images (n, 1, 28, 28), for all numbers of latent features."""
    for features in sizes:
        decoded = new_model(vae_class, device, features).decoder(
            torch.randn(n, features, device=device)
        )
        what = f"the output for {n} codes with latent_features={features}"
        check_shape(decoded, (n, 1, 28, 28), what)


def probabilities(vae_class: Any, device: torch.device, features: int = 16) -> None:
    """Fails unless each pixel lies in [0, 1], and takes dark and bright values, for any weights."""
    found = []
    for _ in range(6):
        model = new_model(vae_class, device, features, scale=3.0)
        found.append(model.decoder(torch.randn(20, features, device=device)).detach())
        check_range(found[-1], 0, 1, "the output of decoder (a sigmoid at its end keeps it there)")
    images = torch.cat(found)
    sums = images.flatten(1).sum(1)
    if torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        raise Failed(
            "the pixels of an image add up to 1: that is a softmax; each pixel is a probability of "
            "its own."
        )
    dark, bright = 0.45, 0.55
    if images.min() > dark:
        raise Failed(
            "no pixel is ever black: is the sigmoid applied twice, or to a number that is never "
            "negative?"
        )
    if images.max() < bright:
        raise Failed("no pixel is ever white: what keeps them all dark?")


def decoder_repeats(vae_class: Any, device: torch.device) -> None:
    """Fails where two calls with the same code give different images."""
    model, z = new_model(vae_class, device), torch.randn(3, 16, device=device)
    if not torch.allclose(model.decoder(z), model.decoder(z), atol=1e-5):
        raise Failed(
            "two calls with the same code gave different images: decoder must not be random."
        )


def decoded_alone(vae_class: Any, device: torch.device, n: int = 5) -> None:
    """Fails where an image depends on the other codes of its batch."""
    model, z = new_model(vae_class, device), torch.randn(n, 16, device=device)
    check_batch_independence(model.decoder, z, "the decoded image")


def decoder_gradient(vae_class: Any, device: torch.device) -> None:
    """Fails where no gradient leads from the image back to the code, for four sets of weights."""
    slopes = []
    for _ in range(4):
        z = torch.randn(5, 16, device=device, requires_grad=True)
        decoded = new_model(vae_class, device, scale=1.0).decoder(z)
        if decoded.requires_grad:
            decoded.sum().backward()
        slopes.append(0.0 if z.grad is None else z.grad.abs().sum().item())
    if not max(slopes) > 0:
        raise Failed(
            "no gradient reaches z: is z used? Do detach, no_grad, numpy, round or argmax cut it "
            "off?"
        )


def forward_parts(vae_class: Any, device: torch.device) -> None:
    """Fails unless forward returns images, mu, log_var, shaped as decoder and encoder do it."""
    _forward(new_model(vae_class, device), _images(4, device))


def _forward(model: Any, images: Tensor) -> list[Tensor]:
    """[images, mu, log_var] of forward; fails unless that is what it returns.

    What decoder or encoder shapes wrongly is their mistake, and has their test cells.
    """
    result, n = model(images), len(images)
    if not isinstance(result, tuple | list) or len(result) != len(OUTPUTS):
        raise Failed("forward must return three tensors: images, mu, log_var.")
    if _shape(result[0]) != _shape(model.decoder(torch.randn(n, 16, device=images.device))):
        check_shape(result[0], (n, 1, 28, 28), "the images that forward returns")
    encoded = either(lambda: model.encoder(images)[0], lambda: None)
    for code, name in zip(result[1:], ("mu", "log_var"), strict=True):
        if _shape(code) != _shape(encoded) or code.numel() != n * 16:
            check_shape(code, (n, 16), f"the {name} that forward returns")
    return list(result)


def _shape(value: Any) -> tuple[int, ...] | None:
    return tuple(value.shape) if isinstance(value, Tensor) else None


def forward_layers(vae_class: Any, device: torch.device) -> None:
    """Fails where a layer has no part in what forward returns."""
    images = _images(4, device)
    check_parameters_used(
        new_model(vae_class, device),
        lambda model: torch.cat([part.flatten() for part in _forward(model, images)]),
    )


def forward_path(vae_class: Any, device: torch.device, scale: float = 1.0) -> None:
    """Fails unless forward's images decode a sample with the mu and log_var that it returns.

    With the random numbers of one seed they have to be the same images as those made by hand, of
    encoder's z or of reparameterize(mu, log_var); or else, over 1,000 copies of an image, alike.
    """
    model = new_model(vae_class, device, scale=scale)
    many = _images(1, device).expand(1000, 1, 28, 28)
    _forward(model, many[:4])
    torch.manual_seed(0)
    images, mu, log_var = (part.detach() for part in model(many))
    torch.manual_seed(0)
    encoded = either(lambda: model.encoder(many), lambda: None)
    if isinstance(encoded, tuple | list) and len(encoded) == len(CODES):
        same = (_alike(one, other) for one, other in zip((mu, log_var), encoded, strict=False))
        if all(same) and _decodes(images, model.decoder(encoded[2]).detach()):
            return
    torch.manual_seed(0)
    z = model.reparameterize(mu.clone(), log_var.clone())
    torch.manual_seed(0)
    z_swapped = model.reparameterize(log_var.clone(), mu.clone())
    expected, of_swapped, of_mu = (model.decoder(code).detach() for code in (z, z_swapped, mu))
    if _decodes(images, expected):
        return
    if _alike(images, of_mu) and _alike(mu, mu[:1].expand_as(mu)):
        raise Failed("the images decode mu: decode the sample z.")
    if _alike(images, of_mu):
        raise Failed(
            "mu differs from row to row of the same image: is z returned in the place of mu?"
        )
    if _alike(images, of_swapped):
        raise Failed("mu and log_var are swapped in what forward returns.")
    if _alike(images, torch.sigmoid(expected)):
        raise Failed("forward applies a sigmoid to what decoder returns: decoder has it already.")
    statistics.check_same_distribution(
        (images.flatten(1) - of_mu.flatten(1)).norm(dim=1),
        (expected - of_mu).flatten(1).norm(dim=1),
        "the images are not what decoder makes of a sample z with the mu and log_var that forward "
        "returns",
    )


def _alike(one: Tensor, other: Any) -> bool:
    if not isinstance(other, Tensor) or one.numel() != other.numel():
        return False
    return torch.allclose(one, other.detach().reshape(one.shape), rtol=1e-3, atol=1e-4)


def _decodes(images: Tensor, decoded: Tensor) -> bool:
    """Whether forward's images are what decoder gives, or its sigmoid where decoder has none."""
    if _alike(images, decoded):
        return True
    return _are_logits(decoded) and _alike(images, torch.sigmoid(decoded))


# ---- 2.3 Training -------------------------------------------------------------------------------


TERMS = ("neg_elbo", "recon", "kl")


def _are_logits(values: Tensor) -> bool:
    return bool((values < 0).any() or (values > 1).any())


def as_images(values: Any, like: Tensor) -> Tensor:
    """What a decoder returns as images in [0, 1], shaped like those that it should show.

    Where the sigmoid is missing, it is applied here.

    Raises:
        Failed: where the number of values is wrong.
    """
    check_finite(values, "what decoder returns")
    if values.numel() != like.numel():
        check_shape(values, tuple(like.shape), "what decoder returns")
    values = values.detach().reshape(like.shape)
    return torch.sigmoid(values) if _are_logits(values) else values


def read_model(vae: Any, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(output, mu, log_var) of a model in eval mode, whatever it returns them as.

    Args:
        images: (N, 1, 28, 28).

    Returns:
        output: (N, 1, 28, 28), in [0, 1]; mu, log_var: (N, d).
    """
    vae.eval()
    with torch.no_grad():
        found = vae(images)
        parts = [found] if isinstance(found, Tensor) else list(found)
        codes = either(lambda: _read_encoder(vae, images), lambda: None)
    shown = [part for part in parts if isinstance(part, Tensor) and part.numel() == images.numel()]
    if len(shown) != 1:
        check_shape(parts[0], tuple(images.shape), "the images that forward returns")
        raise Failed("forward must return three tensors: images, mu, log_var.")
    if codes is None:
        codes = _as_codes(parts, len(images), without=shown[0])
    if len(codes) < 2:  # noqa: PLR2004
        raise Failed("neither forward nor encoder returns mu and log_var.")
    mu, log_var = codes[:2]
    return as_images(shown[0], images), mu, log_var


def _as_codes(parts: Iterable[Any], n: int, without: Tensor | None = None) -> list[Tensor]:
    """The parts that are tensors of n rows, as rows of numbers."""
    tensors = (part for part in parts if isinstance(part, Tensor) and part is not without)
    return [part.detach().reshape(n, -1) for part in tensors if part.shape[:1] == (n,)]


def _read_encoder(vae: Any, images: Tensor) -> list[Tensor] | None:
    """[mu, log_var] of an encoder, in whatever order it returns mu, log_var and z; None if unclear.

    z is what differs between calls with one image; its mean is mu.
    """
    few, repeats = images[:8], 64
    again = few.repeat_interleave(repeats, 0)
    many = _as_codes(vae.encoder(again), len(again))
    found = _as_codes(vae.encoder(images), len(images))
    rows = [code.reshape(len(few), repeats, -1) for code in many]
    drawn = [row.std(1).max().item() > 1e-4 for row in rows]  # noqa: PLR2004  (more than rounding)
    fixed = [i for i, varies in enumerate(drawn) if not varies]
    if len(found) == len(CODES) and drawn.count(True) == 1:
        centre = rows[drawn.index(True)].mean(1)
        fixed.sort(key=lambda i: (rows[i].mean(1) - centre).square().sum().item())
        return [found[i] for i in fixed]
    return found[:2] if len(found) in (2, 3) and not any(drawn[:2]) else None


def neg_elbo(vae: Any, images: Tensor) -> tuple[float, float]:
    """(reconstruction, KL) of a model in nats per image, estimated by one draw of z an image.

    From the definition: the mean of -log p(x | z), and that of log q(z | x) - log p(z). With 1,000
    images of 16 latent features the second is within half a nat of its expectation.
    """
    output, mu, log_var = read_model(vae, images)
    check_shape(mu, (len(images), 16), "the mu of a model with 16 latent features")
    check_shape(log_var, (len(images), 16), "the log_var of a model with 16 latent features")
    posterior = Normal(mu, log_var.exp().sqrt(), validate_args=False)
    z = posterior.sample()
    surprise = -Bernoulli(output, validate_args=False).log_prob(images).sum().item()
    excess = (posterior.log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum().item()
    return surprise / len(images), excess / len(images)


def reaches(
    vae: Any,
    loader: Iterable[Any],
    goal: float,
    history: Callable[[], Any] = dict,
) -> None:
    """Fails unless the negative ELBO of the first batch of `loader` is below `goal` nats an image.

    Args:
        history: returns the record of the training, whose end helps to say what is wrong.
    """
    images, _ = next(iter(loader))
    check_goal(*neg_elbo(vae, images), goal, history)


def check_goal(
    recon_nats: float, kl_nats: float, goal: float, history: Callable[[], Any] = dict
) -> None:
    """Fails unless both terms together, in nats per image, are below `goal`; says what to try."""
    nats = recon_nats + kl_nats
    if nats < goal:
        return
    seen = f"the negative ELBO is {nats:.1f} nats per test image; expected below {goal:.0f}"
    raise Failed(f"{seen}{_likely_cause(nats, kl_nats, _recorded(history))}")


def _recorded(history: Callable[[], Any]) -> list[float]:
    """The recorded negative ELBO; [] where there is none that can be read: that is another test."""
    if either(lambda: _is_empty(history()), lambda: False):
        raise NotImplementedError  # the loop has not run
    return either(lambda: as_floats(history()["neg_elbo"], "neg_elbo"), list)


def _is_empty(history: Any) -> bool:
    """Whether a history has its three curves, and not a number in them."""
    return list(history.keys()) == list(TERMS) and not any(len(history[name]) for name in TERMS)


def _likely_cause(nats: float, kl_nats: float, curve: list[float]) -> str:
    """What a loss above the goal looks like; the numbers are those of the table in 2.3."""
    nothing, untrained, (low, high), heavy = 600, 290, (195, 220), 60
    optimizer = "Was the optimizer given the parameters of this `vae`?"
    causes = {
        ": worse than having learnt nothing. Did the training diverge (a learning rate too large, "
        "a wrong sign), or did it see other images than these?": not nats < nothing,
        f", {kl_nats:.0f} of them for the KL term. Is it in the loss, with its full weight?": (
            kl_nats > heavy
        ),
        f": the record ends far below. {optimizer} Was `vae` made anew after the training?": (
            bool(curve) and nats > 1.5 * curve[-1] > heavy
        ),
        f": {nats:.0f} and still falling. More epochs, or a larger learning rate.": (
            still_falls(curve) and 0.8 * nats < curve[-1] < 1.25 * nats
        ),
        f": as much as an untrained network. {optimizer}": nats > untrained and kl_nats < heavy,
        ": as much as the mean image for every digit. Does the decoder use its code? Is the KL "
        "term too heavy?": low < nats < high,
        ": better than one mean image for every digit, so the code is in use. More epochs, wider "
        "layers, or a learning rate that rises and then falls bring the rest.": nats <= low,
        ": worse than one mean image for every digit. Look at the curves, and try another "
        "learning rate.": nats >= high,
    }
    return next(text for text, seen in causes.items() if seen)


def still_falls(curve: list[float]) -> bool:
    """Whether the last fifth of a loss curve lies below the fifth before it: by 2%, and by three
    standard errors, so that the noise of the batches is not taken for it."""
    fifth = len(curve) // 5
    if fifth < 3:  # noqa: PLR2004  (too short to tell)
        return False
    end, before = torch.tensor(curve[-fifth:]), torch.tensor(curve[-2 * fifth : -fifth])
    drop = (before.mean() - end.mean()).item()
    error = math.sqrt((before.var() + end.var()).item() / fifth)
    return drop > 0.02 * before.mean().item() and drop > 3 * error


def curves(history: Any) -> dict[str, list[float]]:
    """The three curves of a history as {name: list of floats}; fails unless they fit each other."""
    if _is_empty(history):
        raise NotImplementedError  # the loop has not run
    missing = [name for name in TERMS if name not in list(history.keys())]
    if missing:
        raise Failed(f"history holds {list(history.keys())}; {', '.join(missing)} is missing.")
    values = [value for name in TERMS for value in history[name]]
    if any(isinstance(value, Tensor) and value.requires_grad for value in values):
        raise Failed(
            "it keeps tensors with all that their gradients need, so memory grows: record "
            "loss.item()."
        )
    found = {name: as_floats(history[name], f'history["{name}"]') for name in TERMS}
    lengths = {name: len(curve) for name, curve in found.items()}
    if len(set(lengths.values())) > 1:
        raise Failed(f"the curves differ in length: {lengths}.")
    if lengths["kl"] < 5:  # noqa: PLR2004  (a short training has some dozens)
        raise Failed(f"the curves hold {lengths['kl']} numbers; record one every 10 batches.")
    for total, recon_term, kl_term in zip(*found.values(), strict=True):
        both = recon_term + kl_term
        if abs(total - both) > 1e-3 * abs(total) + 0.01:
            seen = f"{recon_term:.2f} + {kl_term:.2f} = {both:.2f}"
            raise Failed(f"neg_elbo is {total:.2f} where recon + kl is {seen}.")
    return found


def loss_falls(curves: Mapping[str, list[float]]) -> None:
    """Fails unless the negative ELBO ends at least a tenth below where it began."""
    neg_elbo = curves["neg_elbo"]
    if max(neg_elbo) < 0:
        raise Failed(
            "neg_elbo is negative everywhere: record recon + kl itself, which you minimise."
        )
    if sum(neg_elbo[-3:]) / 3 > 0.9 * neg_elbo[0]:
        raise Failed(f"it began at {neg_elbo[0]:.1f} and ended at {neg_elbo[-1]:.1f}.")


def curves_are_per_image(
    curves: Mapping[str, list[float]], vae: Any, vae_loss: Any, loader: Iterable[Any]
) -> None:
    """Fails where neg_elbo ends at a number that no trained model has, and that yours has not.

    It lies between 45 nats an image, the bare cost of grey pixels, and 543, having learnt nothing.
    """
    end, lowest, highest = sum(curves["neg_elbo"][-3:]) / 3, 45, 543
    if lowest < end < highest:
        return
    images, _ = next(iter(loader))
    stands = sum(your_terms(vae_loss, read_model(vae, images), images))
    if not 0.5 < end / stands < 2:  # noqa: PLR2004  (the curves are means of the training batches)
        why = "divide the sum over the batch by the number of images in it."
        if end < lowest:
            why = "was it averaged over the pixels, or divided by the number of images twice?"
        raise Failed(
            f"neg_elbo ends at {end:.4g}, the model stands at {stands:.4g} an image: {why}"
        )


def your_terms(
    vae_loss: Any, read: tuple[Tensor, Tensor, Tensor], images: Tensor
) -> tuple[float, float]:
    """Your two terms per image, for what `read_model` returns."""
    with torch.no_grad():
        terms = _terms(vae_loss(*read, images))
    return terms[0].item() / len(images), terms[-1].item() / len(images)
