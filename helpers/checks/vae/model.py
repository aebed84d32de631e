"""2.2, the model: encoder, decoder and forward, which are read by their shapes."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from helpers.checks import (
    Failed,
    check_batch_independence,
    check_finite,
    check_parameters_used,
    check_range,
    check_shape,
    check_weights_change,
    either,
    lent,
    shaped,
    statistics,
)
from helpers.weights import randomize

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
    told = f"new weights change no code: {IN_A_LIST}."
    check_weights_change(model, lambda model: model.encoder(images)[0], told)


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
    for name, *codes in zip(("mu", "log_var"), *calls, strict=False):
        first, second = (shaped(code, (5, 16), name) for code in codes)
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
    size = len(many), features
    found = zip(model.encoder(many), CODES, strict=True)
    mu, log_var, z = (shaped(code.detach(), size, name) for code, name in found)
    torch.manual_seed(0)
    again = shaped(model.reparameterize(lent(mu), lent(log_var)).detach(), size, "z")
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
    told = f"new weights change no image: {IN_A_LIST}."
    check_weights_change(model, lambda model: model.decoder(z), told)


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
        decoded = model.decoder(torch.randn(20, features, device=device)).detach()
        found.append(shaped(decoded, (20, 1, 28, 28), "the output of decoder for 20 codes"))
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
    size, what = (3, 1, 28, 28), "the output of decoder for 3 codes"
    first, second = (shaped(model.decoder(z), size, what) for _ in range(2))
    if not torch.allclose(first, second, atol=1e-5):
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


def are_logits(values: Tensor) -> bool:
    return bool((values < 0).any() or (values > 1).any())


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
    # How each is shaped is decoder's business.
    if images.numel() < len(many) or images.numel() % len(many):
        check_shape(images, many.shape, "the images that forward returns")
    for code, name in ((mu, "mu"), (log_var, "log_var")):
        shaped(code, (len(many), 16), f"the {name} that forward returns")
    torch.manual_seed(0)
    encoded = either(lambda: model.encoder(many), lambda: None)
    if isinstance(encoded, tuple | list) and len(encoded) == len(CODES):
        same = (_alike(one, other) for one, other in zip((mu, log_var), encoded, strict=False))
        if all(same) and _decodes(images, model.decoder(encoded[2]).detach()):
            return
    torch.manual_seed(0)
    z = model.reparameterize(lent(mu), lent(log_var))
    torch.manual_seed(0)
    z_swapped = model.reparameterize(lent(log_var), lent(mu))
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
    other = other.detach().to(one.device).reshape(one.shape)
    return torch.allclose(one, other, rtol=1e-3, atol=1e-4)


def _decodes(images: Tensor, decoded: Tensor) -> bool:
    """Whether forward's images are what decoder gives, or its sigmoid where decoder has none."""
    if _alike(images, decoded):
        return True
    return are_logits(decoded) and _alike(images, torch.sigmoid(decoded))
