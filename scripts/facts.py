"""The numbers that the notebooks quote, computed from the digits: docs/facts.json.

    python scripts/facts.py FOLDER          # that holds MNIST's four files, packed or not
    python scripts/facts.py FOLDER print    # only prints what the images there come to

What needs no training is computed twice, from all of MNIST and from the embedded digits; what the
model answers reach, from the embedded digits. `tests/course/test_facts.py` computes the embedded
ones again and holds the prose to the table.
"""

import contextlib
import gzip
import io
import json
import math
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import handin
import nbformat
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from helpers.data import Digits, load_mnist

TABLE = handin.ROOT / "docs" / "facts.json"
STD = 0.3  # of the noise
COMPONENTS = (8, 16, 32, 64)
DIGITS = 2  # kept in the table behind the decimal point


def facts(train: Digits, test: Digits) -> dict[str, float]:
    """What answers without a network come to, per test image; all noise is drawn from one seed.

    Names with "bce" are nats of binary cross-entropy, the other errors are summed squares.
    """
    torch.manual_seed(0)
    known, images = (digits.images.flatten(1).double() for digits in (train, test))
    noise = STD * torch.randn_like(images)
    noisy = (images + noise).clip(0, 1)
    pixel, mean = known.mean(), known.mean(0)

    def error(output: Tensor) -> float:
        return ((output - images) ** 2).sum(1).mean().item()

    def bce(output: Tensor) -> float:
        cost = F.binary_cross_entropy(output.expand_as(images), images, reduction="sum")
        return cost.item() / len(images)

    found = {
        "pixel mean": pixel.item(),
        "pixel logit": math.log(pixel.item() / (1 - pixel.item())),
        "black pixels %": 100 * (images == 0).double().mean().item(),
        "noise on black": STD / math.sqrt(2 * math.pi),
        "noise leaves [0, 1] %": 100 * ((images + noise - noisy).abs() > 0).double().mean().item(),
        "noise brightens": (noisy - images).mean().item(),
        "all black": error(torch.zeros(())),
        "mean pixel": error(pixel),
        "mean image": error(mean),
        "noisy image": error(noisy),
        "noisy image, not clipped": error(images + noise),
        "3x3 median": error(_windows(noisy).median(1).values),
        "3x3 mean": error(_windows(noisy).mean(1)),
        "bce 1/2": bce(torch.tensor(0.5, dtype=torch.double)),
        "bce mean pixel": bce(pixel),
        "bce mean image": bce(mean),
        "bce image itself": bce(images),
    }
    centred = known - mean
    axes = torch.linalg.eigh(centred.T @ centred).eigenvectors.flip(1)  # the largest first
    for k in COMPONENTS:
        onto = axes[:, :k] @ axes[:, :k].T
        found[f"{k} components, clean"] = error((images - mean) @ onto + mean)
        projected = (noisy - mean) @ onto + mean
        found[f"{k} components, noisy"] = error(projected)
        found[f"{k} components, noisy, clipped"] = error(projected.clip(0, 1))
    cleaned = _best_matrix(known)(noisy)
    found["best matrix"] = error(cleaned)
    found["best matrix, clipped"] = error(cleaned.clip(0, 1))
    return found


def _windows(images: Tensor) -> Tensor:
    """The nine values around each pixel, (N, 9, 784); black beyond the border."""
    return F.unfold(images.view(-1, 1, 28, 28), 3, padding=1)


def _best_matrix(images: Tensor, seen: int = 120_000) -> Any:
    """The affine map from noisy to clean images with the least squared error over `seen` pairs."""
    size = images.shape[1] + 1
    inputs = torch.zeros(size, size, dtype=torch.double)
    outputs = torch.zeros(size, size - 1, dtype=torch.double)

    def extended(noisy: Tensor) -> Tensor:
        return torch.cat([noisy, torch.ones(len(noisy), 1, dtype=torch.double)], 1)

    for _ in range(round(seen / len(images))):
        noisy = extended((images + STD * torch.randn_like(images)).clip(0, 1))
        inputs += noisy.T @ noisy
        outputs += noisy.T @ images
    matrix = torch.linalg.solve(inputs + 1e-6 * torch.eye(size, dtype=torch.double), outputs)
    return lambda noisy: extended(noisy) @ matrix


def trained() -> dict[str, float]:
    """What the model answers reach on the embedded digits, and how: the source notebooks, run."""
    found = {}
    dae = run_cell("1-denoising", "dae-training")
    with torch.no_grad():
        noisy, clean = zip(
            *((dae["AddGaussianNoise"]()(x), x) for x, _ in dae["test_loader"]), strict=True
        )
        outputs = dae["dae"].eval()(torch.cat(noisy))
    clean = torch.cat(clean)
    found["denoiser"] = ((outputs - clean) ** 2).sum().item() / len(clean)
    found["denoiser, first record"] = dae["history"]["mse"][0]
    vae = run_cell("2-vae", "vae-training")
    history, model = vae["history"], vae["vae"].eval()
    with torch.no_grad():
        terms = [vae["vae_loss"](*model(x), x) for x, _ in vae["test_loader"]]
    for place, name in enumerate(("recon", "kl")):
        found[f"vae {name}"] = sum(t[place].item() for t in terms) / len(vae["test"])
        found[f"vae {name}, first record"] = history[name][0]
    found["vae"] = found["vae recon"] + found["vae kl"]
    found["vae kl, early peak"] = max(history["kl"][:10])
    forgotten = run_cell("2-vae", "vae-training", ("(recon + kl) / len", "recon / len"))
    found["vae without kl, kl"] = forgotten["history"]["kl"][-1]
    return found


def run_cell(assignment: str, last: str, *changes: tuple[str, str]) -> dict[str, Any]:
    """The names of a source notebook after its answers up to the cell `last`.

    Args:
        changes: texts in the answers, and what stands in their places instead.

    Raises:
        ValueError: where such a text isn't there.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    path = handin.ROOT / "source" / assignment / f"{handin.NOTEBOOKS[assignment]}.ipynb"
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))  # for what lies beside the notebook, such as vae.py
    cells = nbformat.read(path, as_version=4).cells
    answers = handin.model_answers(assignment)
    run, missing = [], dict(changes)
    for cell in cells:
        if cell.id == "setup" or cell.id in answers:
            text = answers.get(cell.id, cell.source)
            for old, new in changes:
                if old in text:
                    missing.pop(old, None)
                    text = text.replace(old, new)
            run.append(text)
        if cell.id == last:
            break
    if missing:
        raise ValueError(f"{assignment}: {list(missing)} is in no answer up to {last}")
    for text in run:
        with contextlib.redirect_stdout(None), contextlib.redirect_stderr(io.StringIO()):
            exec(text, names)
    return names


def mnist(folder: Path) -> tuple[Digits, Digits]:
    """All of MNIST, or of images in the same form, from the four files in a folder."""
    return _digits(folder, "train"), _digits(folder, "t10k")


def _digits(folder: Path, part: str) -> Digits:
    images, labels = (
        _idx(folder / f"{part}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1")
    )
    return Digits(images, labels, "MNIST")


def _idx(path: Path) -> np.ndarray:
    """The array in an IDX file of bytes: a magic number, its sizes, its values."""
    packed = path.with_name(f"{path.name}.gz")
    data = path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())
    dims = data[3]
    shape = np.frombuffer(data, ">i4", dims, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dims).reshape(shape).copy()


def rounded(values: dict[str, float]) -> dict[str, float]:
    """Numbers as the table keeps them."""
    return {name: round(value, DIGITS) for name, value in values.items()}


def main(arguments: Iterable[str]) -> None:
    """Writes the table, or prints the part that needs no training."""
    folder, *only = arguments
    torch.set_num_threads(1)
    found = rounded(facts(*mnist(Path(folder))))
    if only == ["print"]:
        print("\n".join(f"{name}: {value}" for name, value in found.items()))
        return
    table = {
        "mnist": found,
        "embedded": rounded(facts(*load_mnist(full=False, device="cpu"))),
        "trained": rounded(trained()),
    }
    TABLE.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
