"""Draws the small pictures of `source/2-vae/vae.ipynb` from the model answer, into the notebook.

    python scripts/pictures/vae.py

They are attachments of the cell `vae-expect`: what the trained VAE makes of test digits, and what
three mistakes make of them. Two trainings on the embedded digits, 20 s of processor time. The
cell's text is not touched.
"""

import base64
import sys
from pathlib import Path

import nbformat
import torch
from PIL import Image
from torch.nn import functional

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import facts  # noqa: E402

from helpers.plots.picture import to_png  # noqa: E402

NOTEBOOK = ROOT / "source" / "2-vae" / "vae.ipynb"
COLUMNS, FEATURES = 8, 16


def strip(images: torch.Tensor) -> str:
    """Images (k, 1, 28, 28) side by side, twice as large, in 16 greys: a PNG in base64."""
    row = torch.cat([functional.pad(image[0], (1, 1, 1, 1), value=1.0) for image in images], dim=1)
    grey = (row.clamp(0, 1) * 255).round().byte().numpy()
    picture = Image.fromarray(grey)
    picture = picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.NEAREST)
    return base64.b64encode(to_png(picture.quantize(16, dither=Image.Dither.NONE))).decode()


def main() -> None:
    good, without_kl = (
        facts.run_cell("2-vae", "vae-training", *changes)
        for changes in ([], [("(recon + kl) / len", "recon / len")])
    )
    images, _ = next(iter(good["test_loader"]))
    images = images[:COLUMNS]
    torch.manual_seed(1)
    codes = torch.randn(COLUMNS, FEATURES)
    mean = good["train"].images.mean(0)
    good, without_kl = (names["vae"].eval() for names in (good, without_kl))
    with torch.no_grad():
        mu, _, z = good.encoder(images)
        pictures = {
            "digits": images,
            "reconstructions": good.decoder(mu),
            "samples": good.decoder(codes),
            "mean_image": mean.expand_as(images),
            "samples_without_kl": without_kl.decoder(codes),
            "decoded_z": good.decoder(z),
        }
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.id == "vae-expect")
    cell.attachments = {f"{n}.png": {"image/png": strip(p)} for n, p in pictures.items()}
    nbformat.write(notebook, NOTEBOOK)
    for name, data in cell.attachments.items():
        print(f"{name}: {len(data['image/png']):,} characters")


if __name__ == "__main__":
    main()
