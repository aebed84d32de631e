"""What all pictures of the course share: style, colours, size, description in words."""

import base64
import html
import io
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from helpers.session import watched

P = ParamSpec("P")
R = TypeVar("R")

STYLE: dict[Any, Any] = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "figure.dpi": 110,  # of the page's pixels, so that its text is as large as the notebook's
    "figure.facecolor": "white",
    "figure.titlesize": 12,
    "font.size": 10,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
}
SHARP = 2  # pixels drawn for one of the page's, along each side
GREY = "#6E6E6E"  # for what is beside the point, readable on white
# Okabe and Ito's colours, for lines and bars.
BLUE, VERMILION, SKY = "#0072B2", "#D55E00", "#56B4E9"
LINES = (BLUE, VERMILION, "black", SKY, "#CC79A7")


class Picture:
    """A figure with its description in words.

    figure: the matplotlib Figure; alt: the description, which a notebook and web pages made from
    it give to screen readers. As the last expression of a cell it shows itself.
    """

    def __init__(self, figure: Figure, alt: str):
        self.figure, self.alt = figure, alt

    def __repr__(self) -> str:
        # The same on every run and every machine, since notebooks' texts are compared.
        return f"<Picture: {self.figure.get_suptitle()}>"

    @property
    def width(self) -> int:
        """How wide it is shown, in the page's pixels; `png` has SHARP times as many."""
        return round(self.figure.get_figwidth() * STYLE["figure.dpi"])

    def png(self) -> bytes:
        """The picture as PNG: 64 colours are enough and make it a third of the size."""
        with matplotlib.rc_context(STYLE):
            self.figure.set_dpi(SHARP * STYLE["figure.dpi"])
            canvas = FigureCanvasAgg(self.figure)
            canvas.draw()
        pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        return to_png(pixels.quantize(64, dither=Image.Dither.NONE))

    def html(self) -> str:
        """The picture as an HTML element."""
        return to_html(self.png(), self.alt, self.width)

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, str | bytes], dict[str, dict[str, str | int]]]:
        """What IPython shows, by type, and what it is told about that.

        JupyterLab gives a screen reader no description of a PNG, but that of an HTML element: so
        there are both where a person watches. Pages are made from the PNG and its `alt`.
        """
        png = self.png()
        data: dict[str, str | bytes] = {"text/plain": repr(self), "image/png": png}
        if watched():
            data["text/html"] = to_html(png, self.alt, self.width)
        return data, {"image/png": {"alt": self.alt, "width": self.width}}


def to_html(png: bytes, alt: str, width: int) -> str:
    """A PNG as an HTML element, `width` of the page's pixels wide or as wide as the page."""
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return f'<img src="{source}" alt="{html.escape(alt)}" width="{width}" style="max-width: 100%">'


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Decorator: `draw` in the course's style, whatever style the notebook has chosen."""

    @wraps(draw)
    def drawn(*arguments: P.args, **options: P.kwargs) -> R:
        with matplotlib.rc_context(STYLE):
            return draw(*arguments, **options)

    return drawn


def new_figure(width: float, height: float, title: str) -> Figure:
    """A figure of that size in inches. pyplot doesn't know it, so nothing shows it twice."""
    figure = Figure(figsize=(width, height))
    figure.set_layout_engine("constrained", h_pad=0.07)
    figure.suptitle(title)
    return figure


def to_png(image: Image.Image) -> bytes:
    """An image as PNG."""
    file = io.BytesIO()
    image.save(file, format="png", optimize=True)
    return file.getvalue()


def to_array(values: torch.Tensor | ArrayLike) -> NDArray[Any]:
    """A tensor (on any device, with or without gradients) or sequence as a NumPy array."""
    if isinstance(values, torch.Tensor):
        return values.detach().cpu().numpy()
    return np.asarray(values)


def to_floats(values: Iterable[Any]) -> NDArray[np.float64]:
    """Numbers or single-element tensors, with or without gradients, as an array of floats."""
    return np.array([v.item() if hasattr(v, "item") else float(v) for v in values])


def log_scale(axes: Axes, letter: str) -> None:
    """Make the axis "x" or "y" logarithmic, with ticks 1, 2, 5, 10, 20 ... as plain numbers."""
    axes.set(**{f"{letter}scale": "log"})
    axis = getattr(axes, f"{letter}axis")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())
