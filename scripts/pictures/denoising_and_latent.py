"""Draws the small pictures in the prose of assignments 1 and 3 and puts them into source/.

    python scripts/pictures/denoising_and_latent.py

Right results come from the model answers, wrong ones from a mistake made on purpose. The pictures
become attachments of the markdown cells that show them. The same seed draws the same pictures on
one machine; another one may differ in single pixels.
"""

import base64
import sys
from pathlib import Path

import nbformat
import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import facts  # noqa: E402
import handin  # noqa: E402

from helpers.plots.latent import DIGIT_COLOURS  # noqa: E402
from helpers.plots.picture import to_png  # noqa: E402

COLOURS = 16  # of a picture


def png(pixels: Image.Image) -> bytes:
    """A small PNG."""
    return to_png(pixels.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE))


def digits(*rows: torch.Tensor, zoom: int = 2) -> bytes:
    """Rows of images (k, 1, 28, 28) side by side, with a white line between them."""
    height, width = 30 * len(rows) - 2, 30 * len(rows[0]) - 2
    canvas = np.full((height, width), 255, dtype=np.uint8)
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            grey = (255 * image[0].clamp(0, 1)).round().to(torch.uint8).cpu().numpy()
            canvas[30 * i : 30 * i + 28, 30 * j : 30 * j + 28] = grey
    size = (zoom * width, zoom * height)
    return png(Image.fromarray(canvas).resize(size, Image.Resampling.NEAREST))


def scatter(labels: torch.Tensor, *codes: torch.Tensor, titles: tuple[str, ...]) -> bytes:
    """Codes (N, 2) in panels side by side, each on a scale of its own."""
    figure = Figure(figsize=(1.9 * len(codes), 2.1), dpi=100, layout="constrained")
    for axes, z, title in zip(
        np.atleast_1d(figure.subplots(1, len(codes))), codes, titles, strict=True
    ):
        axes.scatter(
            *z.cpu().T,
            c=[DIGIT_COLOURS[digit] for digit in labels.tolist()],
            s=4,
            linewidths=0,
            antialiased=False,
        )
        axes.set_title(title, fontsize=8)
        axes.tick_params(labelsize=7)
        axes.set_aspect("equal", adjustable="datalim")
    return drawn(figure)


def drawn(figure: Figure) -> bytes:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return png(Image.fromarray(np.asarray(canvas.buffer_rgba())))


def sketch(stages: list[tuple[str, str, float]], arrows: list[str]) -> bytes:
    """A network: blocks with a name, a shape and a height, and what leads from one to the next."""
    figure = Figure(figsize=(8.2, 1.9), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-0.45, len(stages) - 0.55), ylim=(-1.15, 1.15))
    axes.axis("off")
    for place, (name, shape, height) in enumerate(stages):
        box = Rectangle(
            (place - 0.11, -height / 2), 0.22, height, facecolor="#56B4E9", edgecolor="black"
        )
        axes.add_patch(box)
        axes.text(place, height / 2 + 0.08, name, ha="center", va="bottom", fontsize=9)
        axes.text(place, -height / 2 - 0.1, shape, ha="center", va="top", fontsize=8)
    for place, text in enumerate(arrows):
        axes.annotate(
            "", (place + 0.87, 0), (place + 0.13, 0), arrowprops={"arrowstyle": "->", "lw": 1.2}
        )
        axes.text(place + 0.5, 0.06, text, ha="center", va="bottom", fontsize=8)
    return drawn(figure)


def denoising() -> dict[str, dict[str, bytes]]:
    """{cell: {name: picture}} for assignment 1."""
    names = facts.run_cell("1-denoising", "dae-training")
    images, _ = next(iter(names["test_loader"]))
    images = images[:8]
    torch.manual_seed(1)
    noise = 0.3 * torch.randn_like(images)
    noisy = (images + noise).clamp(0, 1)
    with torch.no_grad():
        denoised = names["dae"].eval()(noisy)
    mean = torch.cat([batch for batch, _ in names["train_loader"]]).mean(0, keepdim=True)
    large = (images + 0.3**0.5 * torch.randn_like(images)).clamp(0, 1)
    unclipped = images + noise
    unclipped = (unclipped - unclipped.min()) / (unclipped.max() - unclipped.min())
    return {
        "noise-gallery": {
            "noise-right.png": digits(noisy),
            "noise-shared.png": digits((images + noise[:1]).clamp(0, 1)),
            "noise-variance.png": digits(large),
            "noise-unclipped.png": digits(unclipped),
        },
        "dae-sketch": {
            "dae-sketch.png": sketch(
                [
                    ("noisy images", "(N, 1, 28, 28)", 1.3),
                    ("", "(N, 16, 14, 14)", 0.9),
                    ("code", "(N, 32, 7, 7)", 0.5),
                    ("", "(N, 16, 14, 14)", 0.9),
                    ("clean images", "(N, 1, 28, 28)", 1.3),
                ],
                [
                    "convolution",
                    "convolution",
                    "transposed\nconvolution",
                    "transposed\nconv., sigmoid",
                ],
            )
        },
        "dae-gallery": {
            "dae-right.png": digits(images, noisy, denoised),
            "dae-black.png": digits(torch.zeros_like(images)),
            "dae-mean.png": digits(mean.expand_as(images)),
            "dae-copy.png": digits(((noisy - 0.5) * 0.9 + 0.5).clamp(0, 1)),
        },
    }


def latent() -> dict[str, dict[str, bytes]]:
    """{cell: {name: picture}} for assignment 3."""
    names = facts.run_cell("3-latent", "interpolation")
    vae, snapshots = names["vae"], names["snapshots"]
    images, labels = next(iter(names["test_loader"]))
    linear = names["linear_interpolation"]
    torch.manual_seed(1)
    with torch.no_grad():
        mu, log_var, z = vae.eval().encoder(images)
        ends = [mu[labels == digit].median(0, keepdim=True).values for digit in (1, 8)]
        x0, x1 = (vae.decoder(end) for end in ends)
        walk = names["latent_linear_interpolation"](*ends, vae)
        blend = linear(x0, x1)
    far = names["VAE"](latent_features=2)
    optimizer = torch.optim.Adam(far.parameters(), lr=4e-3)
    for _ in range(4):
        for batch, _ in names["train_loader"]:
            recon, _ = names["vae_loss"](*far(batch), batch)
            optimizer.zero_grad()
            recon.backward()
            optimizer.step()
    with torch.no_grad():
        spread = far.encoder(images)[0]
    first = len(images)
    return {
        "latent-sketch": {
            "latent-sketch.png": sketch(
                [
                    ("images", "(N, 1, 28, 28)", 1.3),
                    ("mu, log_var", "(N, 2) each", 0.3),
                    ("z", "(N, 2)", 0.3),
                    ("images", "(N, 1, 28, 28)", 1.3),
                ],
                [
                    "linear layers\n300, 150, 75",
                    "mean and width\nof a random draw",
                    "linear layers\n75, 150, 300",
                ],
            )
        },
        "latent-gallery": {
            "latent-right.png": scatter(
                labels,
                *(snapshots[epoch][:first] for epoch in (0, 5, 10)),
                titles=("before training", "after 5 epochs", "after 10 epochs"),
            ),
            "latent-wrong.png": scatter(
                labels, z, spread, titles=("z in place of mu", "no KL in the loss")
            ),
        },
        "interpolation-gallery": {
            "walk-right.png": digits(blend, walk),
            "walk-reversed.png": digits(walk.flip(0)),
            "walk-blend.png": digits(blend, blend),
        },
    }


def attach(assignment: str, pictures: dict[str, dict[str, bytes]]) -> None:
    """Puts pictures into the cells of a source notebook."""
    path = ROOT / "source" / assignment / f"{handin.NOTEBOOKS[assignment]}.ipynb"
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        if cell.id in pictures:
            cell.attachments = {
                name: {"image/png": base64.b64encode(data).decode()}
                for name, data in pictures[cell.id].items()
            }
            for name, data in pictures[cell.id].items():
                print(f"{assignment} {cell.id} {name}: {len(data):,} bytes")
    nbformat.write(nb, path)


if __name__ == "__main__":
    attach("1-denoising", denoising())
    attach("3-latent", latent())
