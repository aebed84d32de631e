"""What all pictures of the course share: style, size, description in words, mosaics of digits."""

import io
from functools import wraps

import matplotlib
import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from PIL import Image

STYLE = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.titlesize": 12,
    "font.size": 10,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
}
GREY = "#6E6E6E"  # for what is beside the point, readable on white
CELL = 30  # pixels from one digit to the next in a mosaic: 28 and a gap


class Picture:
    """A figure with its description in words.

    figure: the matplotlib Figure; alt: the description, which web pages made from the notebook give
    to screen readers. As the last expression of a cell it shows itself.
    """

    def __init__(self, figure, alt):
        self.figure, self.alt = figure, alt

    def __repr__(self):
        # The same on every run and every machine, since notebooks' texts are compared.
        return f"<Picture: {self.figure.get_suptitle()}>"

    def png(self):
        """The picture as PNG, in bytes: 64 colours are enough and make it a third of the size."""
        with matplotlib.rc_context(STYLE):
            canvas = FigureCanvasAgg(self.figure)
            canvas.draw()
        pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        return to_png(pixels.quantize(64, dither=Image.Dither.NONE))

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {"text/plain": repr(self), "image/png": self.png()}
        return data, {"image/png": {"alt": self.alt}}


def styled(draw):
    """Decorator: `draw` in the course's style, whatever style the notebook has chosen."""

    @wraps(draw)
    def drawn(*arguments, **options):
        with matplotlib.rc_context(STYLE):
            return draw(*arguments, **options)

    return drawn


def new_figure(width, height, title):
    """A figure of that size in inches. pyplot doesn't know it, so nothing shows it twice."""
    figure = Figure(figsize=(width, height))
    figure.set_layout_engine("constrained", h_pad=0.07)
    figure.suptitle(title)
    return figure


def to_png(image):
    """A PIL image as PNG, in bytes."""
    file = io.BytesIO()
    image.save(file, format="png", optimize=True)
    return file.getvalue()


def to_array(values):
    """A tensor (on any device, with or without gradients) or sequence as a NumPy array."""
    return values.detach().cpu().numpy() if torch.is_tensor(values) else np.asarray(values)


def to_floats(values):
    """Numbers or single-element tensors, with or without gradients, as an array of floats."""
    return np.array([v.item() if hasattr(v, "item") else float(v) for v in values])


def to_images(values, what):
    """(k, 1, 28, 28) or (k, 28, 28) as an array (k, 28, 28) within [0, 1]; ValueError otherwise."""
    images = to_array(values)
    if images.shape[1:] not in [(1, 28, 28), (28, 28)] or len(images) == 0:
        raise ValueError(f"{what} has shape {images.shape}; images are (k, 1, 28, 28)")
    return images.reshape(-1, 28, 28).astype(float).clip(0, 1)


def mosaic(axes, rows):
    """Draw rows of images (each (k, 28, 28)) as one picture; 0 is black and 1 is white in each."""
    canvas = np.full((CELL * len(rows) - 2, CELL * len(rows[0]) - 2), np.nan)
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            canvas[CELL * i : CELL * i + 28, CELL * j : CELL * j + 28] = image
    axes.imshow(canvas, cmap="gray", vmin=0, vmax=1)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def centres(count):
    """Where the middles of the images lie along a side of a mosaic."""
    return [CELL * i + 13.5 for i in range(count)]


def log_scale(axes, letter):
    """Make the axis "x" or "y" logarithmic, with ticks 1, 2, 5, 10, 20 ... as plain numbers."""
    axes.set(**{f"{letter}scale": "log"})
    axis = getattr(axes, f"{letter}axis")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())
