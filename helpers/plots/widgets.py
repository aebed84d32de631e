"""The pictures with sliders. Where nobody can move one, they are ordinary pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from PIL import Image

from helpers.plots.latent import (
    decoded,
    decoded_plane,
    device_of,
    epoch_name,
    latent_scatter,
    reach_of,
)
from helpers.plots.picture import SHARP, Picture, styled, to_array, to_html, to_png
from helpers.session import watched

if TYPE_CHECKING:
    import ipywidgets

SIDE = 280  # of the explorer's digit, in the page's pixels


@styled
def latent_steps(
    snapshots: Mapping[Any, torch.Tensor | ArrayLike], labels: torch.Tensor | ArrayLike
) -> Picture | ipywidgets.VBox:
    """The latent codes of the same digits, one epoch at a time: a slider goes through the epochs.

    Where nobody can move a slider (a graded run, an exported page), all epochs side by side.

    Args:
        snapshots, labels: as for latent_scatter; all steps have one scale, so what moves has moved.

    Raises:
        ValueError: as latent_scatter does.
    """
    overview = latent_scatter(snapshots, labels)  # and it explains wrong input
    if not watched():
        return overview
    import ipywidgets  # noqa: PLC0415  (only where somebody can use it)

    reach = reach_of(to_array(z) for z in snapshots.values())
    options = [(epoch_name(epoch), epoch) for epoch in snapshots]
    wide = ipywidgets.Layout(width="32em")  # room for the name of an epoch
    slider = ipywidgets.SelectionSlider(options=options, description="epoch", layout=wide)
    screen = ipywidgets.HTML()  # an `Image` has no place for a description

    @cache
    def frame(epoch: object) -> str:
        return latent_scatter({epoch: snapshots[epoch]}, labels, reach).html()

    def draw(_: object = None) -> None:
        screen.value = frame(slider.value)

    slider.observe(draw, "value")
    draw()
    return ipywidgets.VBox([slider, screen])


@styled
def latent_explorer(
    decode: Callable[[torch.Tensor], torch.Tensor],
    limits: float = 3.0,
    device: torch.device | str | None = None,
) -> Picture | ipywidgets.HBox:
    """Sliders over the latent plane: what does the decoder draw at (z1, z2)?

    Where nobody can move a slider (a graded run, an exported page), a regular grid of the plane.

    Args:
        decode, device: as for manifold.
        limits: how far the sliders go, both ways.

    Raises:
        ValueError: as manifold does.
    """
    device = device or device_of(decode)
    codes = torch.linspace(-limits, limits, 9)
    picture = decoded_plane(decode, codes, "What the decoder draws over the latent plane", device)
    if not watched():
        return picture
    import ipywidgets  # noqa: PLC0415  (only where somebody can use it)

    sliders = [
        ipywidgets.FloatSlider(0, min=-limits, max=limits, step=limits / 50, description=name)
        for name in ("z1", "z2")
    ]
    screen = ipywidgets.HTML()

    def draw(_: object = None) -> None:
        z1, z2 = (slider.value for slider in sliders)
        image = Image.fromarray(
            (255 * decoded(decode, torch.tensor([[z1, z2]], device=device))[0]).astype(np.uint8)
        )
        png = to_png(image.resize((SHARP * SIDE, SHARP * SIDE), Image.Resampling.BICUBIC))
        screen.value = to_html(png, f"What the decoder draws at z1 = {z1:g}, z2 = {z2:g}", SIDE)

    for slider in sliders:
        slider.observe(draw, "value")
    draw()
    return ipywidgets.HBox([screen, ipywidgets.VBox(sliders)])
