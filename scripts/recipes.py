"""What the model answers' trainings reach, over many seeds, and what each piece of them buys.

    python scripts/recipes.py            # the embedded digits: ten minutes of processor time
    python scripts/recipes.py FOLDER     # and all digits, from MNIST's four files: as long again

Writes docs/recipes.json, which the notebooks quote under "What the recipe is made of".
"""

import json
import math
import sys
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from statistics import mean
from typing import Any

import facts
import handin
import torch
from torch.nn.modules.module import register_module_forward_hook

from helpers.checks.statistics import neighbours_agree
from helpers.data import Digits

TABLE = handin.ROOT / "docs" / "recipes.json"
SEEDS, SEEDS_OF_A_PIECE, SEEDS_OF_ALL_DIGITS = 10, 3, 3
Change = tuple[str, str]
# recipe: (assignment, its training, its test losses after each epoch)
RECIPES = {
    "denoiser": ("1-denoising", "dae-training", "test_losses"),
    "vae": ("2-vae", "vae-training", "test_curve"),
    "map": ("3-latent", "latent-training", "test_losses"),
}
# recipe: {what is left out of it: texts of the answers, and what stands there instead}
BETAS = [(", betas=(0.9, 0.98)", "")]
START = [("last.bias, -1.9", "last.bias, 0.0")]
BATCH_NORM = [("nn.BatchNorm2d", "nn.Identity")]
SCHEDULE = [("schedule.step()", "pass"), (".parameters()", ".parameters(), lr=1e-3")]
LEAP = "history, test_losses = "
PIECES: dict[str, dict[str, list[Change]]] = {
    "denoiser": {"start": START, "batch norm": BATCH_NORM, "schedule": SCHEDULE, "beta": BETAS},
    "vae": {
        "start": START,
        "batch norm": BATCH_NORM,
        "SiLU": [("nn.SiLU", "nn.ReLU")],
        "schedule": SCHEDULE,
        "beta": BETAS,
    },
    "map": {
        "start": [("model.start_at(", "print(0 * ")],
        "layer norm": [(LEAP, f"model.encode[-2] = nn.Identity()\n{LEAP}")],
        "schedule": SCHEDULE,
        "beta": BETAS,
    },
}
ALL_DIGITS = """
from recipes import all_digits
train, test = all_digits("{}")
train_loader, test_loader = loaders(train, test)
# Leaves:"""
# As many epochs as are measured on all digits.
SHORT: dict[str, list[Change]] = {
    "denoiser": [("number_of_epochs=8", "number_of_epochs=5")],
    "vae": [("EPOCHS = 10", "EPOCHS = 3")],
    "map": [],
}


@cache
def all_digits(folder: str) -> tuple[Digits, Digits]:
    """All of MNIST, read once."""
    return facts.mnist(Path(folder))


def trained(recipe: str, seed: int, changes: Iterable[Change]) -> dict[str, float]:
    """One training: its loss on test digits, processor seconds and, of a VAE, two more numbers.

    Those are the largest log_var on the way, and the share of the test digits that agree with most
    of their five nearest neighbours in the plane.
    """
    assignment, cell, losses = RECIPES[recipe]
    log_vars: list[torch.Tensor] = []

    def watch(module: torch.nn.Module, _: Any, output: Any) -> None:
        if type(module).__name__ == "VAE":
            log_vars.append(output[2].detach().max())

    watching = register_module_forward_hook(watch)
    start = time.process_time()
    try:
        seeded = ("# Leaves:", f"torch.manual_seed({seed})\n# Leaves:")
        names = facts.run_cell(assignment, cell, seeded, *changes)
    except RuntimeError:  # the cross-entropy was given nan
        return {"loss": math.nan}
    finally:
        watching.remove()
    found = {"loss": names[losses][-1], "seconds": time.process_time() - start}
    if log_vars:
        found["log_var"] = torch.stack(log_vars).max().item()
    if recipe == "map":
        codes, digits = names["latent_codes"](names["vae"]), names["test"].labels.cpu()
        parts = zip(codes.split(1000), digits.split(1000), strict=True)
        found["agree"] = mean(neighbours_agree(*part) for part in parts)
    return found


def measured(recipe: str, seeds: int, changes: Iterable[Change] = ()) -> dict[str, float]:
    """Means over the seeds 0, 1, ..., the extremes of losses and shares, the largest log_var."""
    rows = [trained(recipe, seed, changes) for seed in range(seeds)]
    found = {"seeds": seeds, "nan": sum(math.isnan(row["loss"]) for row in rows)}
    rows = [row for row in rows if not math.isnan(row["loss"])]
    for name in rows[0] if rows else ():
        column = [row[name] for row in rows]
        found[name] = max(column) if name == "log_var" else mean(column)
        if name in ("loss", "agree"):
            found[f"{name}, least"], found[f"{name}, most"] = min(column), max(column)
    print(recipe, *changes, found, flush=True)
    return {name: round(value, 3) for name, value in found.items()}


def main(folder: str = "") -> None:
    """Writes the table."""
    torch.set_num_threads(1)
    table: dict[str, Any] = {}
    for recipe, pieces in PIECES.items():
        table[recipe] = {"whole": measured(recipe, SEEDS)}
        for piece, changes in pieces.items():
            table[recipe][f"without {piece}"] = measured(recipe, SEEDS_OF_A_PIECE, changes)
        if folder:
            whole = [("# Leaves:", ALL_DIGITS.format(folder)), *SHORT[recipe]]
            table[recipe]["all digits"] = measured(recipe, SEEDS_OF_ALL_DIGITS, whole)
            for piece in {"layer norm"} & pieces.keys():
                changes = [*whole, *pieces[piece]]
                found = measured(recipe, SEEDS_OF_ALL_DIGITS, changes)
                table[recipe][f"all digits, without {piece}"] = found
    TABLE.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
