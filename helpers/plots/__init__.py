"""The pictures of the course. Each function returns a `Picture`; the last line of a cell shows it.

Colours stay apart for colour-blind readers, what is compared has one scale, and each picture
carries a description in words (`.alt`) for readers who can't see it.
"""

from helpers.plots.curves import baseline_ladder, error_against_noise, loss_curves
from helpers.plots.digits import image_rows, interpolation
from helpers.plots.latent import latent_scatter, manifold
from helpers.plots.widgets import latent_explorer, latent_steps

__all__ = [
    "baseline_ladder",
    "error_against_noise",
    "image_rows",
    "interpolation",
    "latent_explorer",
    "latent_scatter",
    "latent_steps",
    "loss_curves",
    "manifold",
]
