"""The pictures of a latent space with two features."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patheffects import AbstractPathEffect, withStroke
from numpy.typing import ArrayLike, NDArray

from helpers.plots.digits import centres, mosaic, to_images
from helpers.plots.picture import GREY, Picture, new_figure, styled, to_array

# Petroff's ten colours (arXiv:2107.02270), dealt out so that digits which lie side by side in
# latent space (3-5-8, 4-7-9, 2-3, 0-6 ...) are far from each other with any kind of colour vision.
_PETROFF = "717581 b9ac70 92dadd ffa90e a96b59 94a4a2 bd1f01 3f90da 832db6 e76300"
DIGIT_COLOURS = [f"#{colour}" for colour in _PETROFF.split(" ")]


@styled
def latent_scatter(
    snapshots: Mapping[Any, torch.Tensor | ArrayLike],
    labels: torch.Tensor | ArrayLike,
    reach: float | None = None,
) -> Picture:
    """The latent codes of the same digits at several epochs, one panel each, all on one scale.

    A number in a cloud marks the middle of that digit's codes, where there is room for it.

    Args:
        snapshots: {epoch, or any text: codes, floats of shape (N, 2)}.
        labels: (N,), integers 0..9.
        reach: the panels show codes from -reach to reach; None for as far as there are any.

    Raises:
        ValueError: for other shapes, and for codes that are NaN or infinite.
    """
    digits = to_array(labels)
    codes = {epoch_name(epoch): to_array(z) for epoch, z in snapshots.items()}
    for when, z in codes.items():
        if z.shape != (len(digits), 2):
            raise ValueError(
                f"the codes {when} have shape {z.shape}; {len(digits)} labels need codes of "
                f"shape ({len(digits)}, 2)"
            )
        if not np.isfinite(z).all():
            raise ValueError(f"codes {when} are NaN or infinite: training has failed")
    reach = reach or reach_of(codes.values())
    title = "Where the encoder puts the test digits"
    wide = min(len(codes), 4)
    high = -(-len(codes) // wide)
    side = 4.2 if len(codes) == 1 else 2.9  # inches
    figure = new_figure(0.9 + side * wide, 0.7 + (side + 0.5) * high, title)
    panels = list(figure.subplots(high, wide, sharex=True, sharey=True, squeeze=False).flat)
    circle = np.linspace(0, 2 * np.pi, 100)
    radius = np.sqrt(-2 * np.log(0.05))  # of the disc that holds 95% of N(0, I) in the plane
    for axes, (when, z) in zip(panels, codes.items(), strict=False):
        points = _scatter(axes, z, digits)
        axes.plot(radius * np.cos(circle), radius * np.sin(circle), "k--", linewidth=0.8)
        _mark_digits(axes, z, digits, room=0.08 * reach)
        if np.abs(z).max() < reach / 5:
            _magnify(axes, z, digits)
        spread = " and ".join(f"{value:.2f}" for value in z.std(axis=0))
        axes.set_title(f"{when}\nstandard deviations {spread}")
        axes.set(xlabel="$z_1$", ylabel="$z_2$", aspect="equal")
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach))
        axes.label_outer()
    for axes in panels[len(codes) :]:
        axes.set_visible(False)
    bar = figure.colorbar(points, ax=panels, ticks=range(10), label="digit", pad=0.01)
    bar.minorticks_off()
    note = "dashed circle: holds 95% of the prior N(0, I)"
    figure.supxlabel(note, fontsize="small", color=GREY)
    alt = f"{title}: scatter plots of their two latent codes on one scale: {'; '.join(codes)}."
    return Picture(figure, alt)


def epoch_name(epoch: object) -> str:
    """How a panel is called: epochs are counted, any other name is taken as it is."""
    if not isinstance(epoch, int):
        return str(epoch)
    return {0: "before training", 1: "after 1 epoch"}.get(epoch, f"after {epoch} epochs")


def reach_of(codes: Iterable[NDArray[Any]]) -> float:
    """How far a panel has to reach, both ways, to show all these codes and the prior's circle."""
    return 1.05 * max(2.6, *(float(np.abs(z).max()) for z in codes))


def _scatter(axes: Axes, z: NDArray[Any], labels: NDArray[Any]) -> PathCollection:
    return axes.scatter(
        z[:, 0],
        z[:, 1],
        c=labels,
        s=min(9, 9000 / len(z)),
        linewidths=0,
        cmap=ListedColormap(DIGIT_COLOURS),
        norm=BoundaryNorm(np.arange(11) - 0.5, 10),
    )


def _mark_digits(axes: Axes, z: NDArray[Any], labels: NDArray[Any], room: float) -> None:
    """Write each digit at the median of its codes, unless it would cover one that is there."""
    places: dict[int, NDArray[Any]] = {}
    for digit in np.unique(labels):
        middle = np.median(z[labels == digit], axis=0)
        if all(np.linalg.norm(middle - other) > room for other in places.values()):
            places[digit] = middle
    if len(places) < 3:  # noqa: PLR2004  (all in one heap: a mark would only hide it)
        return
    halo: list[AbstractPathEffect] = [withStroke(linewidth=3, foreground="white")]
    for digit, (x, y) in places.items():
        mark = axes.text(x, y, str(digit), fontsize=12, ha="center", va="center", weight="bold")
        mark.set_path_effects(halo)


def _magnify(axes: Axes, z: NDArray[Any], labels: NDArray[Any]) -> None:
    """The same codes once more in a corner of the panel, so large that 99% of them fit."""
    middle = np.median(z, axis=0)
    span = max(1.2 * np.quantile(np.abs(z - middle), 0.99), 1e-9)
    inset = axes.inset_axes((0.58, 0.58, 0.42, 0.42))
    _scatter(inset, z, labels).set_sizes([2])
    (left, right), (low, high) = ((centre - span, centre + span) for centre in middle)
    inset.set(xlim=(left, right), ylim=(low, high), xticks=[], yticks=[])
    inset.spines[:].set_visible(True)
    times = (axes.get_xlim()[1] - axes.get_xlim()[0]) / (2 * span) * 0.42
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    inset.set_xlabel(f"magnified {times:.0f} times", fontsize="small", bbox=ground)


@styled
def manifold(
    decode: Callable[[torch.Tensor], torch.Tensor],
    steps: int = 15,
    device: torch.device | str | None = None,
) -> Picture:
    """What the decoder draws all over the plane: (steps x steps) digits of equal prior weight.

    The codes are the inverse normal CDF of a regular grid of percentiles, so each image stands for
    the same share of the prior N(0, I) (Kingma and Welling, Auto-Encoding Variational Bayes,
    appendix A).

    Args:
        decode: codes (M, 2), float32 -> images (M, 1, 28, 28), values in [0, 1].
        device: where it takes its codes; None for where the model lies whose method it is.

    Raises:
        ValueError: where it gives images of another shape or number.
    """
    codes = torch.special.ndtri((torch.arange(steps) + 0.5) / steps)
    title = "What the decoder draws, in equal shares of the prior"
    return decoded_plane(decode, codes, title, device or device_of(decode))


def device_of(decode: Callable[..., Any]) -> torch.device:
    """Where the model lies that `decode` is, or is a method of; the CPU for any other function."""
    module = getattr(decode, "__self__", decode)
    parameters = module.parameters() if isinstance(module, torch.nn.Module) else iter(())
    return next((parameter.device for parameter in parameters), torch.device("cpu"))


def decoded(
    decode: Callable[[torch.Tensor], torch.Tensor], codes: torch.Tensor
) -> NDArray[np.float64]:
    """The images (M, 28, 28) of the codes (M, 2)."""
    with torch.no_grad():
        return to_images(decode(codes), "what the decoder returns")


def decoded_plane(
    decode: Callable[[torch.Tensor], torch.Tensor],
    codes: torch.Tensor,
    title: str,
    device: torch.device | str,
) -> Picture:
    """A mosaic of the digits decoded at all pairs of `codes`, (k,): z1 to the right, z2 upwards."""
    z1, z2 = torch.meshgrid(codes, codes.flip(0), indexing="xy")
    plane = torch.stack([z1, z2], dim=-1).reshape(-1, 2)
    images = decoded(decode, plane.to(device))
    if len(images) != len(codes) ** 2:
        raise ValueError(f"{len(codes) ** 2} codes were decoded into {len(images)} images")
    figure = new_figure(6.3, 6.4, title)
    axes = figure.subplots()
    mosaic(axes, list(images.reshape(len(codes), len(codes), 28, 28)))
    shown = range(0, len(codes), 2)
    axes.set_xticks(np.take(centres(len(codes)), shown), [f"{codes[i]:.1f}" for i in shown])
    axes.set_yticks(np.take(centres(len(codes)), shown), [f"{codes.flip(0)[i]:.1f}" for i in shown])
    axes.set(xlabel="$z_1$", ylabel="$z_2$")
    span = f"{codes[0]:.2f} to {codes[-1]:.2f}"
    alt = f"{title}: {len(codes)} by {len(codes)} digits, z1 from {span} to the right, z2 upwards."
    return Picture(figure, alt)
