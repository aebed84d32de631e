"""What longer trainings of assignment 3's VAE reach, with digits as they are and moved a little.

    python scripts/longer.py            # about a quarter of an hour of processor time

Writes docs/longer.json, whose table assignment 3 shows under "Going further".
"""

import json
from statistics import mean

import handin
import torch
from recipes import trained
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

TABLE = handin.ROOT / "docs" / "longer.json"
RUNS = [(10, False), (10, True), (100, False), (100, True), (200, True)]  # epochs, moved or not
SEEDS = (0, 1)
STEP = "recon, kl = vae_loss(*model(images), images)"
MOVED = (STEP, f"from longer import moved\n        images = moved(images)\n        {STEP}")


def moved(images: Tensor) -> Tensor:
    """(N, 1, 28, 28) turned by up to 4 degrees and sheared by up to 0.06, each in its own way."""
    angle, shear = (2 * torch.rand(2, len(images)) - 1) * torch.tensor([[0.07], [0.06]])
    rows = [angle.cos(), shear - angle.sin(), 0 * angle, angle.sin(), angle.cos(), 0 * angle]
    places = F.affine_grid(torch.stack(rows, 1).view(-1, 2, 3), images.shape, align_corners=False)
    return F.grid_sample(images, places, align_corners=False)


def main() -> None:
    """Writes the table: means over the seeds."""
    torch.set_num_threads(1)
    table = []
    for epochs, augmented in RUNS:
        changes = [("EPOCHS = 10", f"EPOCHS = {epochs}"), *([MOVED] if augmented else [])]
        found = [trained("map", seed, changes) for seed in SEEDS]
        nats, agree, seconds = (
            round(mean(row[what] for row in found), 2) for what in ("loss", "agree", "seconds")
        )
        row = {"epochs": epochs, "moved": augmented, "nats": nats, "agree": agree}
        table.append(row | {"CPU-seconds": round(seconds)})
        print(table[-1], flush=True)
    TABLE.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
