"""What the test cells of assignment 3 check: a function a kind of claim.

Each takes what is tested (`vae`, `snapshots`, `linear_interpolation`, ...) first, and fails with a
sentence for the student.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from helpers.checks import (
    DIVERGED,
    Failed,
    as_rows,
    check_finite,
    check_shape,
    check_tensor,
    check_unchanged,
    check_values,
    check_weights_matter,
    either,
    lent,
    weights_of,
)
from helpers.checks.statistics import neighbours_agree
from helpers.devices import home

Interpolation = Callable[..., Any]

# ---- 3.1 The latent space while it learns -------------------------------------------------------

EPOCHS = (0, 5, 10)
MOST_FEATURES = 16  # more than were asked for is the business of the snapshots; pixels are no codes


def digits_of(
    loader: Iterable[tuple[Tensor, Tensor]], number: int | None = None
) -> tuple[Tensor, Tensor]:
    """(images, labels): the first batch of the loader, or the last `number` of all its digits."""
    if number is None:
        return next(iter(loader))
    images, labels = (torch.cat(parts)[-number:] for parts in zip(*loader, strict=True))
    return images, labels


def snapshots_complete(
    snapshots: Any, test_loader: DataLoader[Any], train_loader: DataLoader[Any]
) -> dict[int, Tensor]:
    """The snapshots as tensors; fails unless there is one of all test digits for 0, 5 and 10.

    Returns:
        {epoch: codes (number of test digits, 2), float32, on the CPU}.
    """
    test_images, train_images = (len(loader.dataset) for loader in (test_loader, train_loader))  # type: ignore[arg-type]
    if not hasattr(snapshots, "keys"):
        raise Failed(
            f"snapshots is a {type(snapshots).__name__}; expected a dictionary "
            "{0: ..., 5: ..., 10: ...}."
        )
    missing = [epoch for epoch in EPOCHS if epoch not in snapshots]
    if missing:
        raise Failed(
            f"snapshots has no entry for {missing}, only {sorted(snapshots, key=str)}; expected 0, "
            "5 and 10."
        )
    mistakes = {
        "those are as many as the training digits": (train_images, 2),
        "the model has 16 latent features": (test_images, 16),
        "that is one batch, and not all": (test_loader.batch_size or test_images, 2),
    }
    codes = {}
    for epoch in EPOCHS:
        if not hasattr(snapshots[epoch], "shape"):
            kind = type(snapshots[epoch]).__name__
            raise Failed(
                f"snapshots[{epoch}] is a {kind}; expected a tensor (N, 2): join batches with "
                "torch.cat."
            )
        codes[epoch] = torch.as_tensor(snapshots[epoch]).detach().cpu().float()
        check_shape(codes[epoch], (test_images, 2), f"snapshots[{epoch}]", mistakes)
        check_finite(codes[epoch], f"snapshots[{epoch}]", DIVERGED)
    return codes


def snapshots_differ(codes: Mapping[int, Tensor]) -> None:
    """Fails when two of the snapshots are the same."""
    same = same_snapshots(codes)
    if len(same) > 1:
        raise Failed(
            "the three snapshots are the same. Were they all taken at the end, do they share one "
            "tensor, or did `vae` not learn in between?"
        )
    for first, second in same:
        raise Failed(
            f"snapshots[{first}] and snapshots[{second}] are the same: take each at its moment."
        )


def same_snapshots(codes: Mapping[int, Tensor]) -> list[tuple[int, int]]:
    """The pairs of epochs with the same codes."""
    pairs = [(0, 5), (5, 10), (0, 10)]
    return [(a, b) for a, b in pairs if torch.allclose(codes[a], codes[b], atol=1e-7)]


def last_snapshot(
    codes: Mapping[int, Tensor],
    vae: Any,
    loader: Iterable[tuple[Tensor, Tensor]],
    number: int | None = None,
) -> None:
    """Fails unless snapshots[10] is what the encoder of `vae` says now: mu, digit by digit.

    Args:
        number: of the last test digits, to compare these; None: the first batch.
    """
    weights_of(vae, "`vae`")
    images, _ = digits_of(loader, number)
    snapshot = codes[10][: len(images)] if number is None else codes[10][-len(images) :]

    def encoded() -> list[Tensor]:
        with torch.no_grad():
            return [part.cpu() for part in vae.eval().encoder(lent(images))[:2]]

    mu, log_var = encoded()
    check_shape(snapshot, mu.shape, "that part of snapshots[10]")
    off = ((snapshot - mu).norm() / (mu - mu.mean(0)).norm()).item()
    if off < 0.02:  # noqa: PLR2004  (the same up to rounding, of another batch size or device)
        check_weights_matter(vae, lambda: (snapshot - encoded()[0]).norm().item(), "`vae`")
        return
    # In units of the posterior's own standard deviation.
    noise = (snapshot - mu) / torch.exp(0.5 * log_var)
    nearest = torch.cdist(mu, mu).fill_diagonal_(float("inf")).argmin(1)
    # About 0 for z, near 1 where the whole map moved.
    shared = (noise * noise[nearest]).mean() / (noise**2).mean()
    in_order = snapshot.sort(0).values, mu.sort(0).values
    if torch.allclose(*in_order, rtol=0.01, atol=0.01):
        why = "it holds the same codes in another order. Go through `test_loader`, which doesn't "
        why += "shuffle."
    elif 0.9 < noise.std().item() < 1.1 and shared.item() < 0.3:  # noqa: PLR2004
        why = "it holds the random samples z. Take the means mu, without the noise."
    else:
        why = "was it taken in train mode, of other digits, or of another model, or did the "
        why += "training go on after it?"
    raise Failed(
        f"snapshots[10] differs from mu of `vae` for the test digits by {off:.0%} of the map's "
        f"size: {why}"
    )


def first_snapshot(codes: Mapping[int, Tensor], loader: Iterable[tuple[Tensor, Tensor]]) -> None:
    """Fails when digits of a kind lie together in snapshots[0] nearly as in snapshots[10]."""
    if same_snapshots(codes):
        return  # told already
    images, digits = digits_of(loader)
    first, last = (neighbours_agree(codes[epoch][: len(images)], digits.cpu()) for epoch in (0, 10))
    if last > 0.3 and first > 0.8 * last:  # noqa: PLR2004
        raise Failed(
            "snapshots[0] is nearly as orderly as snapshots[10]: take it before the first training "
            "step."
        )


def clusters(vae: Any, images: Tensor, digits: Tensor, least: float = 0.3) -> float:
    """The share of digits that lie among their own kind: 5 nearest neighbours; fails below `least`.

    The model answer reaches 0.7 on 1,000 digits; guessing has 0.1.
    """
    with torch.no_grad():
        mu = vae.eval().encoder(lent(images))[0]
    check_finite(mu, "the mu of a digit", DIVERGED)
    if mu.shape[1:].numel() > MOST_FEATURES:
        raise Failed(f"the codes have {mu.shape[1:].numel()} latent features; expected 2.")
    share = neighbours_agree(mu.to(digits.device), digits)
    if not share > least:
        raise Failed(
            f"only {share:.0%} of the test digits lie among their own kind; expected more than "
            f"{least:.0%}. Is the optimizer built for this `vae`, are both loss terms sums, and "
            "was it trained for 10 epochs?"
        )
    return share


def decoded_means(vae: Any, images: Tensor) -> float:
    """The squared error per image of decoded means.

    Fails unless decoded means are nearer to the digits than the average digit is.

    The average digit is the best of all pictures that are the same for every code.
    """

    def squared_error() -> float:
        with torch.no_grad():
            output = vae.eval().decoder(vae.encoder(lent(images))[0])
        check_finite(output, "what decoder returns", DIVERGED)
        output = output.to(images.device).reshape(images.shape)
        return ((output - images) ** 2).sum((1, 2, 3)).mean().item()

    error = squared_error()
    average = ((images - images.mean(0)) ** 2).sum((1, 2, 3)).mean().item()
    if not error < average:
        raise Failed(
            f"the decoded codes are {error:.1f} from the digits (squared error per image); "
            f"painting the average digit for every code gives {average:.1f}. "
            "Is the reconstruction compared with the image itself?"
        )
    check_weights_matter(vae, squared_error, "`vae`")
    return error


def near_prior(
    vae: Any, images: Tensor, vae_loss: Callable[..., tuple[Tensor, Tensor]], nats: float = 4.5
) -> None:
    """Fails unless the KL term is below so many nats per image and latent feature.

    A model with two features has 5 to 7 nats per image when it is trained. With the KL term
    averaged over the batch it had 10.8 after 10 epochs, without it 11.7, and 48 with a network
    that has no LayerNorm.

    Args:
        vae_loss: the course's own, of `vae.py`.
    """
    with torch.no_grad():
        mu, log_var = vae.eval().encoder(lent(images))[:2]
    check_finite(log_var, "the log_var of a digit", DIVERGED)
    kl = vae_loss(images, mu, log_var, images)[1].item() / len(images)
    if not kl < nats * mu.shape[1]:
        raise Failed(
            f"the KL term is {kl:.1f} nats per image; expected less than {nats * mu.shape[1]:g}. "
            "Is it part of the loss, summed over the batch like the reconstruction term?"
        )


# ---- 3.2 Interpolation --------------------------------------------------------------------------

STEPS = 11
# The steps from one value to another, a row each.
GREYS = [[0.20], [0.26], [0.32], [0.38], [0.44], [0.50], [0.56], [0.62], [0.68], [0.74], [0.80]]
CODES = [[-1.0, 4.0], [-0.5, 3.8], [0, 3.6], [0.5, 3.4], [1, 3.2], [1.5, 3.0]]
CODES += [[2, 2.8], [2.5, 2.6], [3, 2.4], [3.5, 2.2], [4, 2]]
FAR_CODES = [[-10.0, 6.0], [-8, 7], [-6, 8], [-4, 9], [-2, 10], [0, 11]]
FAR_CODES += [[2, 12], [4, 13], [6, 14], [8, 15], [10, 16]]
# (the first value of the first row, of the last row): {mistake: what it makes of step 1}
FIRST_STEPS = {
    (0.2, 0.8): {
        "the steps are a ninth apart, and not a tenth": [0.266667],
        "the steps are an eleventh apart, and not a tenth": [0.254545],
        "the weights of x0 and x1 don't add up to 1": [0.28],
    },
    (-1.0, 4.0): {
        "the steps are a ninth apart, and not a tenth": [-0.444444, 3.777778],
        "the steps are an eleventh apart, and not a tenth": [-0.545455, 3.818182],
        "the weights of x0 and x1 don't add up to 1": [-0.6, 4.2],
    },
}


def interpolated(function: Interpolation, *arguments: Any) -> Any:
    """What an interpolation returns; fails with what a size that doesn't fit means."""
    try:
        return function(*arguments)
    except Exception as error:
        told = str(getattr(error, "student_error", error))
        if "must match the size of tensor" not in told:
            raise
        shape = tuple(arguments[0].shape)
        fits = ", ".join(["11"] + ["1"] * (len(shape) - 1))
        raise Failed(
            f"alpha doesn't fit to a tensor of shape {shape}: broadcasting lines up the last "
            f"dimensions, so give alpha as many, here the shape ({fits})."
        ) from error


def linear_shape(linear_interpolation: Interpolation, *size: int) -> None:
    """Fails unless two random tensors of this size, (1, ...), become a batch of eleven."""
    shape, rest = size, size[1:]
    mistakes = {
        "the steps leave out one end; both are included": (10, *rest),
        "the steps leave out both ends; both are included": (9, *rest),
        "alpha runs along the last dimension, the columns of the image": shape,
        "the steps are stacked along a new dimension; join batches of one instead": (11, *shape),
        "the steps lie in the second dimension; the first is the batch": (1, 11, *rest[1:]),
        "the dimension of the channels is lost": (11, *rest[1:]),
        "alpha has four dimensions, and these codes two": (11, 1, 1, *rest),
    }
    x0, x1 = (torch.rand(size, device=home()) for _ in range(2))
    steps = interpolated(linear_interpolation, lent(x0), lent(x1))
    what = f"the interpolation of two tensors {shape}"
    check_shape(steps, (STEPS, *rest), what, mistakes)


def linear_values(
    linear_interpolation: Interpolation,
    rows: Sequence[Sequence[float]] | Tensor,
    size: Sequence[int] | None = None,
) -> None:
    """Fails unless the steps from the first to the last row are the rows, and both ends stay.

    How many steps there are is the business of `linear_shape`.

    Args:
        rows: (11, k) numbers.
        size: of one end, (1, ...); None for (1, k). A row of one number fills it.
    """
    steps = torch.as_tensor(rows, dtype=torch.float32).to(home()).flatten(1)
    mistakes = FIRST_STEPS.get((round(steps[0, 0].item(), 6), round(steps[-1, 0].item(), 6)), {})
    size = tuple(size or (1, steps.shape[1]))
    expected = steps.expand(STEPS, torch.Size(size).numel())
    x0, x1 = expected[0].reshape(size).clone(), expected[-1].reshape(size).clone()
    before = x0.clone(), x1.clone()
    found = as_rows(interpolated(linear_interpolation, x0, x1), x0)
    _check_number(found, "steps")
    check_unchanged(before[0], x0, "x0")
    check_unchanged(before[1], x1, "x1")
    for k, step in enumerate(found[:STEPS]):
        looks_like: dict[str, Any] = {
            "alpha is reversed; the first step is x0, the last one x1": expected[STEPS - 1 - k],
            "the first step is x0 itself": expected[1],
            "x0 has no part in it": torch.zeros_like(expected[0]),
        }
        if k == 1:
            looks_like |= {
                text: torch.tensor(values).expand_as(step) for text, values in mistakes.items()
            }
        check_values(step, expected[k], f"step {k} (alpha = {k / 10})", looks_like)


def _check_number(steps: Tensor, what: str) -> None:
    """Fails where there are but two ends, or one tensor alone."""
    if len(steps) < 3:  # noqa: PLR2004
        raise Failed(f"there are {len(steps)} {what}; expected {STEPS}, along the first dimension.")


def _walk(latent_linear_interpolation: Interpolation, z0: Tensor, z1: Tensor, model: Any) -> Any:
    """The images from one code to another, for a function of codes (1, d) or (d,)."""
    return either(
        lambda: interpolated(latent_linear_interpolation, lent(z0), lent(z1), model),
        lambda: latent_linear_interpolation(lent(z0[0]), lent(z1[0]), model),
    )


def latent_shape(
    latent_linear_interpolation: Interpolation,
    linear_interpolation: Interpolation,
    model: Any,
    z0: Sequence[float],
    z1: Sequence[float],
    device: torch.device | str,
) -> None:
    """Fails unless two codes become a batch of eleven images.

    As many as `linear_interpolation` makes, which has a test of its own, are fine.
    """
    start, end = (torch.tensor([code], dtype=torch.float32, device=device) for code in (z0, z1))
    images = _walk(latent_linear_interpolation, start, end, model)
    check_tensor(images, "the latent interpolation")
    own = either(
        lambda: len(as_rows(linear_interpolation(lent(start), lent(end)), start)), lambda: STEPS
    )
    number = own if own > 2 and own == len(images) else STEPS  # noqa: PLR2004
    stacked = (11, 1, 1, 28, 28)
    mistakes = {
        "these are codes; decode them": (11, start.shape[1]),
        "the steps leave out one end; both are included": (10, 1, 28, 28),
        "the images are stacked along a new dimension; join batches of one instead": stacked,
        "the dimension of the channels is lost": (11, 28, 28),
        "the steps lie in the second dimension; the first is the batch": (1, 11, 28, 28),
    }
    check_shape(images, (number, 1, 28, 28), "the latent interpolation", mistakes)


def latent_values(
    latent_linear_interpolation: Interpolation,
    linear_interpolation: Interpolation,
    model: Any,
    rows: Sequence[Sequence[float]] | Tensor,
    device: torch.device | str,
    trained: Callable[[], Any],
) -> None:
    """Fails unless the images are the decoded codes.

    The decoded steps of `linear_interpolation`, which has a test of its own, are fine.

    Args:
        model: the VAE that the function is given.
        rows: (11, d), the codes from end to end.
        trained: returns the notebook's own `vae`, which is not to be used here.
    """
    codes = torch.as_tensor(rows, dtype=torch.float32).to(device)
    z0, z1 = codes[:1], codes[-1:]
    with torch.no_grad():
        images = _walk(latent_linear_interpolation, z0, z1, model)
        painted = model.decoder(codes).cpu()
        expected, steps = painted.flatten(1), as_rows(images, painted[:1]).cpu()
        _check_number(steps, "images")
        own = either(
            lambda: as_rows(linear_interpolation(lent(z0), lent(z1)), z0).to(codes), lambda: codes
        )
        decoded = model.decoder(own).flatten(1).cpu()
    ends_differ = not torch.allclose(decoded[0], decoded[-1], atol=0.01)
    if ends_differ and steps.shape == decoded.shape and torch.allclose(steps, decoded, atol=2e-3):
        return
    with torch.no_grad():
        anew = model.decoder(model.encoder(model.decoder(codes))[0]).flatten(1).cpu()
        other = either(lambda: trained().decoder(codes).flatten(1).cpu(), lambda: anew)
    # Both ends and the middle tell most.
    for k in sorted(range(min(len(steps), STEPS)), key=lambda k: k % 5):
        mistakes = {
            "alpha is reversed; the first image is the decoded z0, the last one the decoded z1": (
                expected[STEPS - 1 - k]
            ),
            "the decoded images were mixed; mix the codes, then decode": expected[[0, -1]].mean(0),
            "an image was encoded anew; decode the mixed codes": anew[k],
            "the notebook's `vae` was used; decode with the one that was passed": other[k],
        }
        what = f"image {k} (alpha = {k / 10})"
        check_values(steps[k], expected[k], what, mistakes, atol=2e-3)
