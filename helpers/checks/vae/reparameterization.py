"""2.2, the model: `reparameterize`, by the sampling distributions of what it draws."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from helpers.checks import (
    Failed,
    check_gradient,
    check_shape,
    check_unchanged,
    check_values,
    either,
    lent,
    shaped,
    statistics,
)
from helpers.devices import home

NO_NOISE = "all samples are the same number: the batch shares its noise, or there is no noise."
SHARED = "shared noise"  # the cause of these


def sampler(vae_class: Any, features: int) -> Callable[[Tensor, Tensor], Tensor]:
    """`reparameterize` of a new model; of one without layers, as long as `__init__` isn't written.

    So it can be checked as soon as it is written itself.
    """
    try:
        model = vae_class(latent_features=features)
        return either(lambda: model.to(home()), lambda: model).reparameterize
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
    column = torch.ones(n, 1, device=home())
    z = sampler(vae_class, 1)(mean * column, log_var * column)
    return shaped(z, (n, 1), "z")


def own_noise(vae_class: Any, n: int, features: int) -> None:
    """Fails where two images, or two latent features, share their noise."""
    z = sampler(vae_class, features)(*(torch.zeros(n, features, device=home()) for _ in range(2)))
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
    zeros = torch.zeros(n, features, device=home())
    calls = torch.stack(
        [shaped(draw(lent(zeros), lent(zeros)), (n, features), "z") for _ in range(2)]
    )
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
    mu, log_var = (torch.randn(5, 3, device=home()) for _ in range(2))
    copies = mu.clone(), log_var.clone()
    sampler(vae_class, 3)(*copies)
    check_unchanged(mu, copies[0], "mu")
    check_unchanged(log_var, copies[1], "log_var")


def no_variance(vae_class: Any) -> None:
    """Fails unless a sample of (nearly) no variance is the mean."""
    mu = torch.randn(5, 3, device=home())
    z = sampler(vae_class, 3)(mu, torch.full_like(mu, -60.0))
    check_values(z, mu, "z for log_var = -60", atol=0.05)


GRADIENT_CUT = (
    "torch.normal and .sample() draw without a gradient; detach, .data and no_grad cut it off"
)


def sample_gradients(vae_class: Any, mu: Tensor, log_var: Tensor) -> None:
    """Fails unless the slope of z is 1 along mu, and along log_var proportional to z - mu.

    Args:
        mu, log_var: (N, d), where the gradients are taken.
    """
    mu, log_var = (values.to(home(), copy=True).requires_grad_() for values in (mu, log_var))
    z = sampler(vae_class, mu.shape[1])(1.0 * mu, 1.0 * log_var)
    check_gradient(z, "z", GRADIENT_CUT)
    z = shaped(z, mu.shape, "z")
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
