"""What the test cells of assignment 1 check: a function a kind of claim.

Each takes what is tested (`AddGaussianNoise`, `DAE`, `dae`, `history`) first, and fails with a
sentence for the student.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from helpers.checks import (
    DIVERGED,
    Failed,
    as_floats,
    as_tensor,
    check_batch_independence,
    check_finite,
    check_parameters_used,
    check_range,
    check_shape,
    check_unchanged,
    check_weights_change,
    check_weights_matter,
    either,
    lent,
    shaped,
    weights_of,
)
from helpers.checks.devices import TWO_DEVICES
from helpers.checks.statistics import (
    Normal as ClippedNormal,
    check_distribution,
    check_independence,
)
from helpers.devices import home
from helpers.words import count

Batches = Iterable[tuple[Tensor, Any]]  # (images, labels)

# ---- 1.1 Noise ----------------------------------------------------------------------------------

MEAN, STD = 0.0, 0.3

# mistake: the (mean, std) of what it makes of a pixel of that grey, before clipping
NOISE_MISTAKES: dict[str, Callable[[float], tuple[float, float]]] = {
    "0.3 was taken for a variance: the standard deviation is its root": lambda x: (x, STD**0.5),
    "the noise was multiplied by 0.09, the variance: multiply by std": lambda x: (x, STD**2),
    "the mean of the noise is 1, not 0": lambda x: (x + 1, STD),
    "the standard deviation is 1: multiply by std": lambda x: (x, 1.0),
    "the noise is multiplied by the image: it must not depend on it": lambda x: (x, STD * x),
    "only the noise was returned: add it to the image": lambda x: (0.0, STD),
    "the noise is for values from 0 to 255, these go from 0 to 1": lambda x: (x, STD * 255),
    "the noise was divided by 255, but std is for values from 0 to 1": lambda x: (x, STD / 255),
}
PLACES = ("calls", "images of a batch", "channels", "rows", "columns")


def noisy_tensor(add_noise: Callable[..., Any], tensor: Tensor) -> Tensor:
    """What the transform makes of a tensor, as a tensor of as many values."""
    noisy = as_tensor(add_noise(lent(tensor)), "the noisy image")
    shaped(noisy, tensor.shape, "the noisy image")
    return noisy


def noise_range(
    transform: Callable[..., Any],
    cases: Sequence[tuple[float | None, float, float]] = ((None, MEAN, STD),),
) -> None:
    """Fails unless 16 images with noise keep to [0, 1].

    Args:
        transform: `AddGaussianNoise`.
        cases: (grey of all pixels, mean, std) each; None for pixels of random greys.
    """
    for grey, mean, std in cases:
        size = (16, 1, 28, 28)
        images = (
            random_images(16, home()) if grey is None else torch.full(size, grey, device=home())
        )
        what = "the noisy image" if grey is None else f"an image of {grey:g} with much noise"
        check_range(noisy_tensor(transform(mean, std), images), 0, 1, what)


def noise_normal(transform: Callable[..., Any], grey: float, calls: int = 128) -> None:
    """Fails unless images of one grey become draws from N(grey, 0.3^2), clipped to [0, 1].

    784 values a call, 100,352 in all: `check_distribution` states what they are sure to catch. They
    are clipped here, too: a missing clip is the business of `noise_range`. A noise that is shared
    along a dimension counts once: that it is shared is the business of `noise_own`.
    """
    images = torch.full((calls, 1, 1, 28, 28), grey, device=home())
    noisy = torch.stack([noisy_tensor(transform(MEAN, STD), image) for image in images])
    for dim in range(noisy.dim()):
        if (noisy == noisy.narrow(dim, 0, 1)).all():
            noisy = noisy.narrow(dim, 0, 1)
    noisy = noisy.clip(0, 1)
    if noisy.min() >= grey and noisy.max() > grey:
        raise Failed(
            "no value got darker: normal noise is as often negative as positive (`randn`, not "
            "`rand`)."
        )
    untouched = (noisy == grey).double().mean().item()
    if untouched > 0.05:  # noqa: PLR2004  (0 for normal noise: it is continuous)
        raise Failed(
            f"{untouched:.0%} of the values of a grey image got no noise at all; expected 0%."
        )
    mistakes = {
        text: ClippedNormal(*moments(grey), 0, 1) for text, moments in NOISE_MISTAKES.items()
    }
    what = f"a grey image ({grey}) with noise, clipped to [0, 1],"
    check_distribution(noisy, ClippedNormal(grey + MEAN, STD, 0, 1), what, mistakes)


def noise_own(
    transform: Callable[..., Any],
    calls: int = 32,
    size: Sequence[int] = (2, 3, 28, 28),
    grey: float = 0.5,
    std: float = STD,
) -> None:
    """Fails when noise is shared among calls, images, channels, rows or columns.

    Args:
        size: (images, channels, rows, columns) of one call.
    """
    add_noise = transform(MEAN, std)
    images = torch.full(tuple(size), grey, device=home())
    noisy = [noisy_tensor(add_noise, images) for _ in range(calls)]
    _check_independent(torch.stack(noisy), PLACES)


def noise_of_transforms(
    transform: Callable[..., Any],
    number: int = 32,
    size: Sequence[int] = (2, 3, 28, 28),
    grey: float = 0.5,
) -> None:
    """Fails when several objects of the class draw the same noise."""
    transforms = [transform(MEAN, STD) for _ in range(number)]
    images = torch.full(tuple(size), grey, device=home())
    noisy = [noisy_tensor(add_noise, images) for add_noise in transforms]
    _check_independent(torch.stack(noisy), ("transforms", *PLACES[1:]))


def _check_independent(noisy: Tensor, places: Sequence[str]) -> None:
    """Fails when noise of grey images is shared along one of the five dimensions, or depends."""
    same = [place for dim, place in enumerate(places) if (noisy == noisy.narrow(dim, 0, 1)).all()]
    if same:
        raise Failed(
            f"all {', all '.join(same)} got the same noise: draw a new number for every value, in "
            "every call.",
            cause="shared noise",
        )
    halves = noisy.unflatten(0, (2, -1))  # the first half of the calls against the second
    for dim, place in zip((0, 2, 3, 4, 5), places, strict=True):
        check_independence(halves, dim, f"the noise of different {place} is not independent")


def noise_keeps(
    transform: Callable[..., Any], *shapes: Sequence[int], dtype: str = "float32"
) -> None:
    """Fails unless tensors of these shapes keep shape, type and device, and stay as they were."""
    for shape in shapes:
        tensor = torch.rand(tuple(shape), dtype=getattr(torch, dtype), device=home())
        before = tensor.clone()
        noisy = transform(0.1, 0.2)(tensor)
        check_shape(noisy, before.shape, "the noisy tensor")
        if noisy.dtype != before.dtype:
            raise Failed(f"{before.dtype} came back as {noisy.dtype}; expected the same type.")
        if noisy.device != before.device:
            raise Failed(
                f"a tensor on {before.device} came back on {noisy.device}: give it back with "
                "`.to(tensor.device)`.",
                cause=TWO_DEVICES,
            )
        check_unchanged(before, tensor, "the tensor given to AddGaussianNoise")


def noise_arguments(
    transform: Callable[..., Any], mean: float, std: float, grey: float = 0.5
) -> None:
    """Fails unless the arguments mean and std change the noise as they should."""

    def quantiles(mean: float, std: float) -> list[float]:
        """What 10 and 1 in 20 of 100,352 noisy values of grey images exceed."""
        add_noise = transform(mean, std)
        images = torch.full((4, 1, 28, 28), grey, device=home())
        noisy = [noisy_tensor(add_noise, images) for _ in range(32)]
        values = torch.stack(noisy).double()
        return [values.quantile(share).item() for share in (0.5, 0.95)]

    narrow, wide = quantiles(0.0, 1e-4), quantiles(0.0, std)
    if wide[1] - wide[0] <= 2 * (narrow[1] - narrow[0]):
        raise Failed(
            f"std={std} gives no more noise than std=0.0001. Is `std` used, or a fixed number?"
        )
    shift = quantiles(mean, 1e-4)[1] - narrow[1]
    if abs(shift - mean) > 0.1:  # noqa: PLR2004  (five standard errors of a share are 0.4%)
        raise Failed(
            f"mean={mean} moves the noise by {shift:.2f}; expected {mean}. Is `mean` used, and not "
            "scaled?"
        )


def noise_defaults(transform: Callable[..., Any], grey: float = 0.5) -> None:
    """Fails unless AddGaussianNoise() is AddGaussianNoise(0.0, 0.3)."""
    noisy = []
    for arguments in ((), (MEAN, STD)):
        torch.manual_seed(0)  # so that both draw the same numbers, if they draw them with torch
        images = torch.full((64, 1, 28, 28), grey, device=home())
        noisy.append(noisy_tensor(transform(*arguments), images))
    if torch.equal(*noisy):
        return
    # 50,176 values each: a median's standard error is 0.002, that of a share below 0.0023.
    medians = [values.median().item() for values in noisy]
    clipped = [((values <= 0) | (values >= 1)).double().mean().item() for values in noisy]
    if abs(medians[0] - medians[1]) > 0.05 or abs(clipped[0] - clipped[1]) > 0.02:  # noqa: PLR2004
        raise Failed(
            "AddGaussianNoise() is not AddGaussianNoise(0.0, 0.3): the defaults have changed."
        )


# ---- 1.2 The network ----------------------------------------------------------------------------

OUTPUT = "the output of DAE"


def new_dae(DAE: Callable[[], Any], images: Tensor) -> Any:  # noqa: N803
    """An untrained network in eval mode. Layers that take their size from their input have it."""
    model = DAE().to(images.device).eval()
    either(lambda: model(lent(images)), lambda: None)
    return model


def random_images(number: int, device: torch.device | str) -> Tensor:
    """Images (number, 1, 28, 28) of uniform noise."""
    return torch.rand(number, 1, 28, 28, device=device)


def dae_shape(
    DAE: Callable[[], Any],  # noqa: N803
    device: torch.device | str,
    number: int,
) -> None:
    """Fails unless as many images come out as went in, with values in [0, 1]."""
    model = DAE().to(device)
    if number == 1:  # a layer that normalises a batch has nothing to learn from one image
        model.eval()
    output = model(random_images(number, device))
    shape = (number, 1, 28, 28)
    check_shape(output, shape, f"the output for {number} image{'s' if number > 1 else ''}")
    check_range(output, 0, 1, "the output (end the network with a sigmoid)")


def dae_layers(DAE: Callable[[], Any], device: torch.device | str) -> None:  # noqa: N803
    """Fails when a layer has no part in the output, or the network has none."""
    images = random_images(4, device)
    model = DAE().to(device)
    check_parameters_used(model, lambda model: model(lent(images)))
    check_weights_change(
        model.eval(),
        lambda model: shaped(model(lent(images)), images.shape, OUTPUT),
        "new weights change nothing in the output: it must be made by the layers.",
    )


def dae_repeats(DAE: Callable[[], Any], device: torch.device | str) -> None:  # noqa: N803
    """Fails unless two calls in eval mode give the same output."""
    images = random_images(4, device)
    model = DAE().to(device).eval()
    first, second = (shaped(model(lent(images)), images.shape, OUTPUT) for _ in range(2))
    if not torch.equal(first, second):
        raise Failed("they don't: is there noise, or a dropout, that `eval()` does not switch off?")


def dae_weights(DAE: Callable[[], Any], device: torch.device | str) -> None:  # noqa: N803
    """Fails unless a second network with the same weights gives the same output."""
    images = random_images(4, device)
    model, twin = new_dae(DAE, images), new_dae(DAE, images)
    state = dict([*model.named_parameters(), *model.named_buffers()])
    twin.load_state_dict(state, strict=False)
    first, second = (shaped(dae(lent(images)), images.shape, OUTPUT) for dae in (model, twin))
    if not torch.allclose(first, second, atol=1e-3):
        raise Failed(
            "a copy with the same weights gives another output: are layers kept in a plain list or "
            "dict?"
        )


def dae_alone(DAE: Callable[[], Any], device: torch.device | str) -> None:  # noqa: N803
    """Fails when what an image becomes depends on the other images of its batch."""
    model, images = DAE().to(device).eval(), random_images(4, device)
    check_batch_independence(lambda batch: model(lent(batch)), images, "the output")


def dae_range(
    DAE: Callable[[], Any],  # noqa: N803
    device: torch.device | str,
    scales: Sequence[float],
) -> None:
    """Fails unless pixels keep to [0, 1] with random weights of these standard deviations, too."""
    images = random_images(4, device)
    model = new_dae(DAE, images)
    for scale in scales:
        weights = {name: scale * torch.randn_like(p) for name, p in model.named_parameters()}
        model.load_state_dict(weights, strict=False)
        # Very deep networks may overflow.
        output = shaped(model(lent(images)), images.shape, OUTPUT).nan_to_num(0.5, 0.5, 0.5)
        check_range(output, 0, 1, "with other weights the output (end the network with a sigmoid)")


def dae_input(DAE: Callable[[], Any], device: torch.device | str) -> None:  # noqa: N803
    """Fails when the network changes the images that it is given."""
    images = random_images(4, device)
    given = images.clone()
    DAE().to(device).eval()(given)
    check_unchanged(images, given, "the images given to DAE")


# ---- 1.3 Training -------------------------------------------------------------------------------

GOAL = 20.0  # summed squared error per image
# Errors of answers that have learnt nothing, and what leads to them.
LADDER = {
    89.3: "the error of an all-black image. See the box in 1.2",
    75.6: "the error of one grey for all pixels, as before training. Are the optimizer's "
    "parameters those of `dae`?",
    52.8: "the error of the mean image, whatever the input. Do the two images of a pair belong "
    "together? Does the noise leave anything of the image?",
    36.5: "the error of the noisy image itself. Is the target the clean image?",
}
# What an error up to here means, where it is none of the above.
BETWEEN = {
    36.5: "less than that of the noisy image itself, 36.5, so the network does denoise, a little. "
    "Is the target the clean image? If so, it needs more epochs, a larger learning rate or a "
    "larger code",
    52.8: "more than that of the noisy image itself, 36.5, less than that of the mean image, 52.8: "
    "the network tells images apart, and loses much of them. It needs more epochs, a larger "
    "learning rate or a larger code",
    100.0: "more than that of the mean image, 52.8: it has hardly begun to learn. Does every batch "
    "take `zero_grad`, `backward` and `step`, in this order, with a learning rate around 0.001?",
}
# How many times too large the record is: what was done.
UNITS = {
    1 / (784 * 64): "the average over pixels was divided by the number of images again: sum the "
    "squares first",
    1 / 784: "that is an average over the pixels: sum over them",
    1 / 64: "the sum was divided by the number of images twice",
    64: "that is a sum over the batch: divide it by the number of images",
}


def noisy_images(images: Tensor, std: float = STD) -> Tensor:
    """Images with noise of that standard deviation, clipped to [0, 1]: the course's own."""
    return ClippedNormal(images, std, 0, 1).draw()


def denoised(dae: Any, noisy: Tensor) -> Tensor:
    """The output of `dae` in eval mode, in the shape of the images.

    That it comes in another shape, or with something else, is the business of `dae_shape`.
    """
    with torch.no_grad():
        output = dae.eval()(lent(noisy))
    if isinstance(output, tuple | list):
        fits = [
            part for part in output if getattr(part, "shape", ()) and part.numel() == noisy.numel()
        ]
        output = fits[0] if fits else output
    output = shaped(output, noisy.shape, "the output of dae")
    check_finite(output, "the output of dae", DIVERGED)
    return output


def mean_error(dae: Any, batches: Batches, std: float = STD) -> float:
    """Summed squared error per image of `dae` on images with noise of that standard deviation."""
    total, count = 0.0, 0
    for images, _ in batches:
        output = denoised(dae, noisy_images(images, std))
        total += _squares(output - images).sum().item()
        count += len(images)
    return total / count


def loss_on(dae: Any, loader: Batches, batches: int | None = None) -> float:
    """Summed squared error per image on (the first) batches of the loader with noise of 0.3.

    Fails where it is below the goal, and not by the weights of `dae`.
    """
    weights_of(dae, "dae")
    error = mean_error(dae, islice(loader, batches))
    if error < GOAL:
        check_weights_matter(dae, lambda: mean_error(dae, islice(loader, 1)), "dae")
    return error


def below_goal(error: float, record: Callable[[], Any] | None = None) -> None:
    """Fails unless the test error is below 20.

    Args:
        record: returns the recorded curve, for what it tells about the cause.
    """
    if error < GOAL:
        return
    raise Failed(
        f"the test loss is {error:.1f} per image; expected below {GOAL:g}: {_why(error, record)}"
    )


def _why(error: float, record: Callable[[], Any] | None) -> str:
    """What an error that is too large looks like; a whole sentence's end."""
    curve = either(lambda: as_floats(record(), ""), lambda: []) if record else []
    if not error <= max(BETWEEN):
        text = "as bad as before training. Are the optimizer's parameters those of `dae`?"
    elif still_falls(curve, error):
        text = "the training loss still falls. More epochs, or a larger learning rate"
    else:
        near = [text for value, text in LADDER.items() if abs(error - value) < 0.08 * value]
        between = [text for value, text in BETWEEN.items() if error <= value]
        text = [*near, *between][0]
    return text if text.endswith("?") else f"{text}."


def still_falls(curve: Sequence[float], error: float) -> bool:
    """Whether the last quarter of the recorded curve is 7% or more below the quarter before.

    A batch of 64 digits has a mean error with a standard deviation of 5% or so, a quarter of a
    curve of ten batches or more one of 3%.
    """
    quarter = len(curve) // 4
    if quarter < 2 or not 0.5 < curve[-1] / error < 2:  # noqa: PLR2004  (a curve of another model, or unit)
        return False
    before, last = (
        sum(part) / quarter for part in (curve[-2 * quarter : -quarter], curve[-quarter:])
    )
    return last < 0.93 * before  # noqa: PLR2004


def record(history: Any, error: float | None, images: int) -> None:
    """Fails unless history["mse"] is a falling curve of errors per image.

    Args:
        error: of `dae` on test images; None where it is not known.
        images: the number of training images.
    """
    curve = recorded(history)
    if len(curve) < 5:  # noqa: PLR2004  (a training that is long enough to pass has more)
        number = count(len(curve), "number")
        raise Failed(f'history["mse"] holds {number}; record one every 10 batches.')
    if _end(curve) > min(0.9 * max(curve), curve[0]):
        raise Failed(
            f"the loss began at {curve[0]:.3g} and ended at {_end(curve):.3g}: it does not fall."
        )
    _check_unit(curve, error, images)


def recorded(history: Any) -> list[float]:
    """The recorded curve as floats."""
    try:
        return as_floats(history["mse"], 'history["mse"]')
    except (KeyError, IndexError, TypeError):
        raise Failed(
            '`history["mse"]` does not exist: `history` must be a mapping with a list called "mse".'
        ) from None


def record_of_noisy_images(
    history: Any, dae: Any, loader: Batches, own: Callable[[Tensor], Any], batches: int = 10
) -> None:
    """Fails when the curve ends where images without noise would have it end.

    Args:
        loader: yields training images; that many batches of it are used.
        own: the student's noise. Where that is next to none, the curve is right for what it is.
    """
    weights_of(dae, "dae")
    end, training = _end(recorded(history)), list(islice(loader, batches))
    clean = mean_error(dae, training, std=0.0)
    if not (end < 0.6 * mean_error(dae, training) and 0.7 < end / clean < 1.4):  # noqa: PLR2004
        return
    images = torch.cat([images for images, _ in training])
    noisy = either(lambda: noisy_tensor(own, images), lambda: noisy_images(images))
    weak = (
        _squares(noisy - images).mean().item()
        < 0.5 * _squares(noisy_images(images) - images).mean().item()
    )  # noqa: PLR2004
    if not weak:
        raise Failed(
            f'history["mse"] ends at {end:.3g}, and so does the error for images without noise: '
            "was `dae` trained on clean images? Its input must be noisy."
        )


def _end(curve: Sequence[float]) -> float:
    """The mean of the last three values: one batch alone is 5% off or more."""
    return sum(curve[-3:]) / 3


def _check_unit(curve: Sequence[float], error: float | None, images: int) -> None:
    """Fails unless a curve is of the size of errors per image.

    Of a network that is below the goal, its end is near the network's error. Another network may
    not be the one of the curve; then its start is that of an untrained one, 50 to 250, within wide
    bounds.
    """
    end, start = _end(curve), max(curve)
    learnt = error is not None and error < GOAL
    # Without noise the curve ends at a tenth of the error; a wrong unit makes it 64 times less.
    if error is not None and 0.08 < end / error < 5:  # noqa: PLR2004
        return
    if not learnt and 8 < start < 1000:  # noqa: PLR2004
        return
    seen, usual = (end, error) if learnt and error is not None else (start, 100.0)
    told = f'history["mse"] ends at {end:.3g}'
    told += (
        f", the error of `dae` is {error:.1f} per image" if learnt else f" and began at {start:.3g}"
    )
    for factor, text in {
        **UNITS,
        images: "that is a sum over all images: divide it by their number",
    }.items():
        if 0.4 < seen / factor / usual < 2.5:  # noqa: PLR2004
            raise Failed(f"{told}: {text}.")
    raise Failed(f"{told}: that is no error per image.")


def better_share(dae: Any, images: Tensor, least: float = 0.75) -> None:
    """Fails unless that share of the images is nearer to the clean image after denoising."""
    noisy = noisy_images(images)
    output = denoised(dae, noisy)
    better = (_squares(output - images) < _squares(noisy - images)).double().mean().item()
    if better < least:
        alike = _squares(output - output.mean(0)).mean().item() < 5  # noqa: PLR2004  (digits: 53)
        why = " All outputs look the same: the network does not tell images apart." * alike
        raise Failed(
            f"only {better:.0%} of the test images got cleaner; expected all or nearly all.{why}"
        )
    check_weights_matter(dae, lambda: mean_error(dae, [(images, None)]), "dae")


def not_brighter(dae: Any, images: Tensor) -> None:
    """Fails when the output is brighter than the clean images, nearly as the noisy images are.

    Clipped noise makes images brighter, by 0.09 on average.
    """
    noisy = noisy_images(images)
    brighter = (denoised(dae, noisy) - images).mean().item()
    noise = (noisy - images).mean().item()
    if brighter > 0.7 * noise:  # noqa: PLR2004
        raise Failed(
            f"it is, by {brighter:.2f} on average, as if the noise were still there (that adds "
            f"{noise:.2f}): is the input of the training the noisy image, and the target the clean "
            "one?"
        )


def every_digit(dae: Any, images: Tensor, labels: Tensor) -> None:
    """Fails unless the error of each digit is below that of its noisy images themselves."""
    noisy = noisy_images(images)
    errors, copied = _squares(denoised(dae, noisy) - images), _squares(noisy - images)
    for digit in range(10):
        share = (errors[labels == digit].mean() / copied[labels == digit].mean()).item()
        if not share < 1:
            raise Failed(f"the error of digit {digit} is {share:.0%} of the noisy image's own.")


def noise_forgotten(dae: Any, images: Tensor) -> None:
    """Fails when half of the change from one noise to another is still there in the output."""
    noisy, again = noisy_images(images), noisy_images(images)
    before, after = _squares(again - noisy), _squares(denoised(dae, again) - denoised(dae, noisy))
    share = (after.sum() / before.sum()).item()
    if not share < 0.5:  # noqa: PLR2004
        raise Failed(f"{share:.0%} of the change in the noise is still there in the output.")


def _squares(difference: Tensor) -> Tensor:
    """The sum of squares of each image, (N,)."""
    return (difference**2).sum((1, 2, 3))
