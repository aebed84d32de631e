"""Copies the README's pictures out of the executed solutions.

    python scripts/pictures/readme.py

`make solutions` does so after it has executed them.
"""

import base64
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
# picture in docs/: the solution and the cell that draws it
PICTURES = {
    "denoising.png": ("1-denoising/denoising.ipynb", "dae-figure"),
    "vae.png": ("2-vae/vae.ipynb", "vae-figure"),
    "latent.png": ("3-latent/latent.ipynb", "latent-figure"),
    "interpolation.png": ("3-latent/latent.ipynb", "interpolation-figure"),
}


def drawn(solution: str, cell_id: str) -> bytes:
    """The PNG that a cell of an executed solution shows."""
    notebook = nbformat.read(ROOT / "solutions" / solution, as_version=4)
    cell = next(cell for cell in notebook.cells if cell.id == cell_id)
    pictures = (output.get("data", {}).get("image/png") for output in cell.outputs)
    return base64.b64decode(next(filter(None, pictures)))


if __name__ == "__main__":
    for name, place in PICTURES.items():
        (ROOT / "docs" / name).write_bytes(drawn(*place))
