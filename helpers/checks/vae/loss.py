"""2.1, the loss: the recon and the KL term of `vae_loss`, each alone and as a pair."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from helpers.checks import (
    Failed,
    check_finite,
    check_gradient,
    check_shape,
    check_unchanged,
    check_values,
    lent,
)
from helpers.devices import home

PIXELS = 784

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
    zeros = torch.zeros(len(images), 4, device=images.device)
    return terms_of(vae_loss(*map(lent, (output, zeros, zeros, images))))[0]


def kl_of(vae_loss: Any, mu: Tensor, log_var: Tensor) -> Tensor:
    """Your KL term (the sum of it, should it come unsummed).

    Args:
        mu, log_var: (N, d).
    """
    images = torch.full((len(mu), 1, 28, 28), 0.5, device=mu.device)
    return terms_of(vae_loss(*map(lent, (images, mu, log_var, images))))[-1]


def _random_images(n: int) -> Tensor:
    return torch.rand(n, 1, 28, 28, device=home())


def terms_of(found: Any) -> list[Tensor]:
    if not isinstance(found, tuple | list):
        raise Failed("vae_loss must return two separate terms, `recon, kl`; this is one.")
    return [torch.as_tensor(term).sum().to(home()) for term in found]


def recon(vae_loss: Any, output: float, image: float | None, nats: float) -> None:
    """Fails unless the recon term is `nats` a pixel, for images of one grey.

    Args:
        output: what the decoder says, everywhere; image: the true grey, None for random greys.
    """
    n, size = 2, (2, 1, 28, 28)
    images = _random_images(n) if image is None else torch.full(size, image, device=home())
    total = n * PIXELS * nats
    mistakes = averaged(total, n, PIXELS, "pixels")
    for text, value in RECON_MISTAKES.get((output, image), {}).items():
        mistakes[text] = n * PIXELS * value
    what = f"the recon term of {n} images"
    drawn = torch.full(size, output, device=home())
    check_values(recon_of(vae_loss, drawn, images), total, what, mistakes)


def recon_of_random(vae_loss: Any, n: int, expected: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Fails unless the recon term of n random grey images is `expected(output, images)`."""
    output, images = 0.02 + 0.96 * _random_images(n), _random_images(n)
    nats = expected(output, images).item()
    mistakes = averaged(nats, n, PIXELS, "pixels")
    mistakes["output and images are swapped"] = expected(images, output).item()
    check_values(recon_of(vae_loss, output, images), nats, "the recon term", mistakes)


def recon_adds_up(vae_loss: Any, n: int = 8, part: int = 3) -> None:
    """Fails unless a batch of n costs what its first `part` images and the others cost."""
    output, images = 0.02 + 0.96 * _random_images(n), _random_images(n)
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
    mu_and_log_var = (torch.full(size, float(value), device=home()) for value in (mu, log_var))
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
    mu_everywhere, log_var_everywhere = (
        torch.full(size, value, device=home()) for value in (mu, log_var)
    )
    _kl_as_expected(vae_loss, mu_everywhere, log_var_everywhere, expected, mistakes)


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
    mu, log_var = (torch.randn(size, device=home()) for _ in range(2))
    _kl_as_expected(vae_loss, 2 * mu, log_var, expected, mistakes)


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
    mu, log_var = (torch.randn(4, 3, device=home()) for _ in range(2))
    one, other = kl_of(vae_loss, mu, log_var), kl_of(vae_loss, -mu, log_var)
    check_values(other, one, "the KL term with mu negated")


def kl_is_finite(vae_loss: Any, log_var: float) -> None:
    """Fails where the KL term of mu = 0 and this log_var, with 16 features, is nan or infinite."""
    mu = torch.zeros(4, 16, device=home())
    term = kl_of(vae_loss, mu, torch.full_like(mu, log_var))
    check_finite(term, "the KL term")


TERM_NAMES = ("recon", "kl")
CUT = "did .item(), float(), detach, .data, numpy or no_grad cut it off?"


def _case() -> dict[str, Tensor]:
    """Arguments of vae_loss for three images with four latent features."""
    return {
        "output": 0.3 + 0.4 * _random_images(3),
        "mu": 0.5 + torch.rand(3, 4, device=home()),
        "log_var": torch.linspace(-1, 1, 12, device=home()).view(3, 4),
        "images": _random_images(3),
    }


def _loss(vae_loss: Any, case: Mapping[str, Tensor], **changes: Tensor) -> Any:
    """Your loss of a case in which some arguments are changed; always the same random numbers."""
    torch.manual_seed(0)
    arguments = {**case, **changes}
    return vae_loss(*(lent(arguments[name]) for name in case))


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
