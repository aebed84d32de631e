"""What longer trainings of assignment 3's VAE reach, with digits as they are and moved a little.

    python scripts/longer.py            # about a quarter of an hour of processor time

Writes docs/longer.json, whose table assignment 3 shows under "Going further".
"""

import json
import sys
import time
from statistics import mean

import handin
import torch
from facts import run_cell
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from helpers.checks.statistics import neighbours_agree

sys.path.insert(0, str(handin.ROOT / "source" / "3-latent"))  # for vae.py
TABLE = handin.ROOT / "docs" / "longer.json"
RUNS = [(10, False), (10, True), (100, False), (100, True), (200, True)]  # epochs, moved or not
SEEDS = (0, 1)


def moved(images: Tensor) -> Tensor:
    """(N, 1, 28, 28) turned by up to 4 degrees and sheared by up to 0.06, each in its own way."""
    angle, shear = (2 * torch.rand(2, len(images)) - 1) * torch.tensor([[0.07], [0.06]])
    rows = [angle.cos(), shear - angle.sin(), 0 * angle, angle.sin(), angle.cos(), 0 * angle]
    places = F.affine_grid(torch.stack(rows, 1).view(-1, 2, 3), images.shape, align_corners=False)
    return F.grid_sample(images, places, align_corners=False)


def trained(epochs: int, augmented: bool, seed: int) -> tuple[float, float, float]:
    """(nats per test digit, share of agreeing neighbours, processor seconds) of one training."""
    changes = [
        ("EPOCHS = 10", f"EPOCHS = {epochs}"),
        ("model = VAE(", f"torch.manual_seed({seed})\nmodel = VAE("),
    ]
    if augmented:
        step = "recon, kl = vae_loss(*model(images), images)"
        changes += [
            (step, f"from longer import moved\n        images = moved(images)\n        {step}")
        ]
    start = time.process_time()
    names = run_cell("3-latent", "latent-training", *changes)
    seconds = time.process_time() - start
    codes, digits = names["latent_codes"](names["vae"]), names["test"].labels
    return names["test_losses"][-1], neighbours_agree(codes, digits), seconds


def main() -> None:
    """Writes the table: means over the seeds."""
    torch.set_num_threads(1)
    table = []
    for epochs, augmented in RUNS:
        nats, agree, seconds = (
            round(mean(column), 2)
            for column in zip(*(trained(epochs, augmented, s) for s in SEEDS), strict=True)
        )
        row = {"epochs": epochs, "moved": augmented, "nats": nats, "agree": agree}
        table.append(row | {"CPU-seconds": round(seconds)})
        print(table[-1], flush=True)
    TABLE.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
