"""Curves and bars: losses, errors, and what they are compared with."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.plots.picture import (
    BLUE,
    GREY,
    LINES,
    SKY,
    VERMILION,
    Picture,
    log_scale,
    new_figure,
    styled,
    to_floats,
)

TERMS = {
    "neg_elbo": "negative ELBO",
    "recon": "reconstruction",
    "kl": "KL divergence",
    "mse": "summed squared error",
}


@styled
def loss_curves(
    history: Mapping[str, Sequence[Any]],
    every: int = 10,
    title: str | None = None,
    references: Mapping[str, float] | None = None,
) -> Picture:
    """Loss terms per image against batches, one line a term.

    Thin: as recorded; thick: the mean of the values around. A single term that falls far has a
    logarithmic scale. Several have a linear one: where they add up, the distance of two curves is
    the third.

    Args:
        history: {name: floats or single-element tensors}, one value every `every` batches.
        references: {text: value}, drawn as dashed lines to compare with.

    Raises:
        ValueError: where nothing was recorded.
    """
    curves = {name: to_floats(values) for name, values in history.items() if len(values)}
    if not curves:
        raise ValueError("the history is empty: record the loss terms in the training loop first")
    title = title or "The loss during training"
    units = {"kl": "nats per image", "mse": "summed squared error per image"}
    unit = next((units[name] for name in units if name in curves), "loss per image")
    figure = new_figure(7.2, 4, title)
    axes = figure.subplots()
    said = []
    for (name, values), colour in zip(curves.items(), LINES * len(curves), strict=False):
        batches, smooth = every * np.arange(len(values)), running_mean(values)
        label = f"{TERMS.get(name, name)} (ends at {smooth[-1]:.1f})"
        axes.plot(batches, values, color=colour, alpha=0.3, linewidth=0.8)
        axes.plot(batches, smooth, color=colour, linewidth=2, label=label)
        said.append(f"{TERMS.get(name, name)} from {values[0]:.1f} to {smooth[-1]:.1f}")
    lines = sorted((references or {}).items(), key=lambda pair: pair[1])
    for number, (text, value) in enumerate(lines):
        axes.axhline(value, color=GREY, linestyle="--", linewidth=1)
        # The lowest line's text hangs below it: two lines that are close stay readable.
        axes.annotate(
            f"{text}: {value:g}",
            (1, value),
            xycoords=axes.get_yaxis_transform(),
            va="bottom" if number else "top",
            ha="right",
            color=GREY,
            fontsize="small",
        )
    positive = np.concatenate(list(curves.values()))
    positive = positive[positive > 0]
    if len(curves) == 1 and positive.max(initial=0) > 3 * positive.min(initial=np.inf):
        log_scale(axes, "y")
        unit += "\n(logarithmic scale)"
    else:
        # The first batches are far worse than the others; drawn in full they would flatten them.
        late = np.concatenate([values[len(values) // 10 :] for values in curves.values()])
        late = np.append(late, [value for _, value in lines])
        top = 1.1 * late[np.isfinite(late)].max(initial=1e-9)
        axes.set_ylim(0, top)
        first = max(values[0] for values in curves.values())
        if first > top:
            axes.text(0.16, 0.96, f"\u2190 starts at {first:.0f}", transform=axes.transAxes)
    axes.set(xlabel="batches", ylabel=unit)
    figure.legend(loc="outside lower center", ncols=3, fontsize="small")
    axes.grid(axis="y", which="both")
    unit = unit.replace("\n", " ")
    return Picture(figure, f"{title}, {unit} against batches: {'; '.join(said)}.")


def running_mean(values: NDArray[np.float64], window: int | None = None) -> NDArray[np.float64]:
    """The running mean over `window` values (an odd number), fewer at the ends."""
    window = window or 2 * (len(values) // 60) + 1
    ones = np.ones(min(window, len(values)))
    return np.convolve(values, ones, "same") / np.convolve(np.ones(len(values)), ones, "same")


@styled
def baseline_ladder(values: Mapping[str, Any], target: float | None = None) -> Picture:
    """Summed squared error per image of several methods, worst on top.

    Args:
        values: {name: error > 0}, numbers or single-element tensors.
        target: an error to get below, drawn as a line, or None.
    """
    ladder = sorted(values.items(), key=lambda pair: float(pair[1]))
    names, errors = [name for name, _ in ladder], [float(error) for _, error in ladder]
    title = "How good is good?"
    figure = new_figure(6.8, 1.2 + 0.36 * len(names), title)
    axes = figure.subplots()
    log_scale(axes, "x")
    # Dots: a logarithmic axis has no 0 that a bar could begin at.
    for place, error in enumerate(errors):
        reached = target is None or error < target
        axes.plot(error, place, "o" if reached else "D", color=BLUE if reached else SKY)
        axes.annotate(
            f"{error:.1f}",
            (error, place),
            (9, 0),
            textcoords="offset points",
            va="center_baseline",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlim(min(errors) / 1.4, max(errors) * 1.6)
    axes.grid()
    axes.set_axisbelow(True)
    axes.set_xlabel("summed squared error per image (log scale, less is better)")
    axes.tick_params(axis="y", length=0)
    said = "; ".join(f"{name} {error:.1f}" for name, error in reversed(ladder))
    alt = f"{title} Dots, summed squared error per image: {said}."
    if target is not None:
        axes.axvline(target, color=VERMILION, linestyle="--")
        axes.annotate(
            f"target: below {target:g}",
            (target, 1),
            xycoords=axes.get_xaxis_transform(),
            ha="center",
            va="bottom",
            color=VERMILION,
        )
        alt += f" Target: below {target:g}."
    return Picture(figure, alt)


@styled
def error_against_noise(
    levels: Iterable[Any],
    errors: Iterable[Any] | Mapping[str, Iterable[Any]],
    trained_at: float,
) -> Picture:
    """Summed squared error per image against the standard deviation of the noise.

    Args:
        levels: k standard deviations.
        errors: the k errors of one method, or {name: k errors}.
        trained_at: the standard deviation that the network was trained with.
    """
    curves = errors if isinstance(errors, Mapping) else {"denoised": errors}
    title = "Noise levels that the network never saw"
    figure = new_figure(6.4, 3.6, title)
    axes = figure.subplots()
    stds, said = [float(level) for level in levels], []
    for name, colour, marker in zip(curves, LINES, "osD^v", strict=False):
        values = [float(value) for value in curves[name]]
        axes.plot(stds, values, color=colour, marker=marker, label=name)
        said.append(f"{name} from {values[0]:.1f} to {values[-1]:.1f}")
    axes.axvline(trained_at, color=GREY, linestyle="--", label=f"trained at {trained_at:g}")
    axes.set(xlabel="standard deviation of the noise", ylabel="summed squared error per image")
    axes.set_ylim(bottom=0)
    axes.grid()
    axes.legend()
    span = f"noise from {stds[0]:g} to {stds[-1]:g}, trained at {trained_at:g}"
    return Picture(figure, f"{title}: error per image against {span}: {'; '.join(said)}.")
