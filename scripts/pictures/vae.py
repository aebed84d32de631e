"""Draws the small pictures of `source/2-vae/vae.ipynb` from the model answer, into the notebook.

    python scripts/pictures/vae.py

They are attachments of the cell `vae-expect`: what the trained VAE makes of test digits, and what
three mistakes make of them. Two trainings of eight epochs on the embedded digits, 20 s of processor
time. The cell's text is not touched.
"""

import base64
import sys
from pathlib import Path

import nbformat
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import handin  # noqa: E402

from helpers.data import load_mnist, loaders  # noqa: E402
from helpers.plots.picture import to_png  # noqa: E402

NOTEBOOK = ROOT / "source" / "2-vae" / "vae.ipynb"
COLUMNS, EPOCHS, FEATURES = 8, 8, 16


def strip(images: torch.Tensor) -> str:
    """Images (k, 1, 28, 28) side by side, twice as large, in 16 greys: a PNG in base64."""
    row = torch.cat([functional.pad(image[0], (1, 1, 1, 1), value=1.0) for image in images], dim=1)
    grey = (row.clamp(0, 1) * 255).round().byte().numpy()
    picture = Image.fromarray(grey)
    picture = picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.NEAREST)
    return base64.b64encode(to_png(picture.quantize(16, dither=Image.Dither.NONE))).decode()


def trained(answers: dict, train_loader, beta: float) -> nn.Module:
    """The model answer, trained as in the notebook, with a weight for the KL term."""
    torch.manual_seed(0)
    vae = answers["VAE"](FEATURES)
    optimizer = torch.optim.Adam(vae.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=6e-3, total_steps=EPOCHS * len(train_loader)
    )
    for _ in range(EPOCHS):
        for images, _ in train_loader:
            recon, kl = answers["vae_loss"](*vae(images), images)
            optimizer.zero_grad()
            ((recon + beta * kl) / len(images)).backward()
            optimizer.step()
            schedule.step()
    return vae.eval()


def main() -> None:
    torch.manual_seed(0)
    train, test = load_mnist(device=torch.device("cpu"))
    train_loader, test_loader = loaders(train, test)
    answers = {"torch": torch, "nn": nn, "F": functional}
    for name in ("vae-loss", "vae"):
        exec(handin.model_answers("2-vae")[name], answers)
    images, _ = next(iter(test_loader))
    images = images[:COLUMNS]
    good, without_kl = (trained(answers, train_loader, beta) for beta in (1.0, 0.0))
    torch.manual_seed(1)
    codes = torch.randn(COLUMNS, FEATURES)
    mean = torch.cat([batch for batch, _ in train_loader]).mean(0)
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
