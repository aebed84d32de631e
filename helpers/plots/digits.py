"""Rows of digits on one grey scale."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from helpers.plots.picture import Picture, new_figure, styled, to_array
from helpers.words import count

CELL = 30  # pixels from one digit to the next in a mosaic: 28 and a gap


@styled
def image_rows(
    rows: Iterable[torch.Tensor | ArrayLike],
    labels: Sequence[str],
    columns: Sequence[object] | None = None,
    title: str | None = None,
) -> Picture:
    """A grid of images, all on the same grey scale: 0 is black, 1 is white.

    Args:
        rows: tensors or arrays (k, 1, 28, 28), the same k in each, values in [0, 1].
        labels: one text a row.
        columns: one label a column, or None.

    Raises:
        ValueError: where shapes and numbers of labels don't match.
    """
    title = title or "Digits"
    images = [to_images(row, f"row {number}") for number, row in enumerate(rows)]
    width = len(images[0])
    if any(len(row) != width for row in images):
        raise ValueError(f"the rows hold {', '.join(str(len(row)) for row in images)} images")
    if len(labels) != len(images) or (columns is not None and len(columns) != width):
        shape = f"{count(len(images), 'row')} of {count(width, 'image')}"
        raise ValueError(f"{shape} need a label each")
    size = min(1.0, 7.4 / width)
    top = 0.5 if columns is None else 0.8
    figure = new_figure(max(4.5, 1.5 + size * width), top + size * len(images), title)
    axes = figure.subplots()
    mosaic(axes, images)
    axes.set_yticks(centres(len(images)), labels)
    if columns is None:
        axes.set_xticks([])
    else:
        axes.set_xticks(centres(width), [str(column) for column in columns])
    axes.xaxis.tick_top()
    alt = f"{title}. {count(len(images), 'row')} of {count(width, 'image')}"
    names = "; ".join(label.replace("\n", " ") for label in labels if label)
    alt += f", from top to bottom: {names}." if names else "."
    if columns is not None:
        alt += f" Columns: {', '.join(str(column) for column in columns)}."
    return Picture(figure, alt)


def interpolation(
    pixel: torch.Tensor | ArrayLike, latent: torch.Tensor | ArrayLike, alphas: Iterable[Any]
) -> Picture:
    """From one digit to another in two ways.

    Args:
        pixel, latent: the steps of each way, (k, 1, 28, 28), values in [0, 1].
        alphas: k numbers, the share of the second digit at each step.
    """
    labels = ["blended pixels", "decoded\nlatent codes"]
    columns = [f"{float(alpha):.1f}" for alpha in alphas]
    title = "From one digit to another: pixels or latent codes"
    picture = image_rows([pixel, latent], labels, columns, title)
    axes = picture.figure.axes[0]
    axes.set_xlabel(r"$\alpha$, the share of the second digit")
    axes.xaxis.set_label_position("top")
    return picture


def to_images(values: torch.Tensor | ArrayLike, what: str) -> NDArray[np.float64]:
    """(k, 1, 28, 28) or (k, 28, 28) as an array (k, 28, 28) within [0, 1]; ValueError otherwise."""
    images = to_array(values)
    if images.shape[1:] not in [(1, 28, 28), (28, 28)] or len(images) == 0:
        raise ValueError(f"{what} has shape {images.shape}; images are (k, 1, 28, 28)")
    return images.reshape(-1, 28, 28).astype(float).clip(0, 1)


def mosaic(axes: Axes, rows: Sequence[NDArray[np.float64]]) -> None:
    """Draw rows of images (each (k, 28, 28)) as one picture; 0 is black and 1 is white in each."""
    canvas = np.full((CELL * len(rows) - 2, CELL * len(rows[0]) - 2), np.nan)
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            canvas[CELL * i : CELL * i + 28, CELL * j : CELL * j + 28] = image
    axes.imshow(canvas, cmap="gray", vmin=0, vmax=1)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def centres(count: int) -> list[float]:
    """Where the middles of the images lie along a side of a mosaic, in its pixels."""
    return [CELL * i + 13.5 for i in range(count)]
