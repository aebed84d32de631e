"""Hands the notebook in as it was."""

expected = {
    "test-noise-range": 0,
    "test-noise-moments": 0,
    "test-noise-independent": 0,
    "test-noise-general": 0,
    "test-dae-model": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}
says = "not implemented yet"
