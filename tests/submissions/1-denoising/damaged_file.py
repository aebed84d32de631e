"""Hands in a file of which the second half is missing, as after an upload that broke off."""

expected = {
    "test-noise-range": 0,
    "test-noise-moments": 0,
    "test-noise-independent": 0,
    "test-noise-general": 0,
    "test-dae-model": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}
solved = ["noise", "dae", "dae-training"]

# %% ! hand in
import json

text = json.dumps(nb)
(folder / "denoising.ipynb").write_text(text[: len(text) // 2])
nb = None
