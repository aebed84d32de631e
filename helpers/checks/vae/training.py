"""2.3, training: what the trained VAE reaches, and the curves of how it got there."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal

from helpers.checks import (
    DIVERGED,
    Failed,
    as_floats,
    check_finite,
    check_shape,
    check_weights_matter,
    either,
    lent,
    weights_of,
)
from helpers.checks.vae.loss import terms_of
from helpers.checks.vae.model import CODES, are_logits
from helpers.devices import home

TERMS = ("neg_elbo", "recon", "kl")


def as_images(values: Any, like: Tensor) -> Tensor:
    """What a decoder returns as images in [0, 1], shaped like those that it should show.

    Where the sigmoid is missing, it is applied here.

    Raises:
        Failed: where the number of values is wrong.
    """
    check_finite(values, "what decoder returns", DIVERGED)
    if values.numel() != like.numel():
        check_shape(values, tuple(like.shape), "what decoder returns")
    values = values.detach().to(like.device).reshape(like.shape)
    return torch.sigmoid(values) if are_logits(values) else values


def read_model(vae: Any, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(output, mu, log_var) of a model in eval mode, whatever it returns them as.

    Args:
        images: (N, 1, 28, 28).

    Returns:
        output: (N, 1, 28, 28), in [0, 1]; mu, log_var: (N, d).
    """
    vae.eval()
    with torch.no_grad():
        found = vae(lent(images))
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
    """The parts that are tensors of n rows, as rows of numbers where the data lie."""
    tensors = (part for part in parts if isinstance(part, Tensor) and part is not without)
    return [part.detach().to(home()).reshape(n, -1) for part in tensors if part.shape[:1] == (n,)]


def _read_encoder(vae: Any, images: Tensor) -> list[Tensor] | None:
    """[mu, log_var] of an encoder, in whatever order it returns mu, log_var and z; None if unclear.

    z is what differs between calls with one image; its mean is mu.
    """
    few, repeats = images[:8], 64
    again = few.repeat_interleave(repeats, 0)
    many = _as_codes(vae.encoder(again), len(again))
    found = _as_codes(vae.encoder(lent(images)), len(images))
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
    images of 16 latent features the second is within half a nat of its expectation. The codes are
    drawn here, and decoded on their own in another order: nothing but z tells which image it was.
    A decoder that has only ever seen means, which is the business of `forward`, gets these.
    """
    _, mu, log_var = read_model(vae, images)
    check_shape(mu, (len(images), 16), "the mu of a model with 16 latent features")
    check_shape(log_var, (len(images), 16), "the log_var of a model with 16 latent features")
    posterior = Normal(mu, log_var.exp().sqrt(), validate_args=False)
    z, order = posterior.sample(), torch.randperm(len(images), device=images.device)

    def surprise(codes: Tensor) -> float:
        with torch.no_grad():
            output = as_images(vae.decoder(codes[order]), images)
        return -Bernoulli(output, validate_args=False).log_prob(images[order]).sum().item()

    excess = (posterior.log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum().item()
    return min(surprise(z), surprise(mu)) / len(images), excess / len(images)


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
    weights_of(vae, "vae")
    images, _ = next(iter(loader))
    check_goal(*neg_elbo(vae, images), goal, history)
    check_weights_matter(vae, lambda: sum(neg_elbo(vae, images)), "vae")


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
    weights_of(vae, "vae")
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
        terms = terms_of(vae_loss(*map(lent, (*read, images))))
    return terms[0].item() / len(images), terms[-1].item() / len(images)
