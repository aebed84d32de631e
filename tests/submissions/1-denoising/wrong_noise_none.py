"""Returns the image without any noise."""

expected = {
    "test-noise-moments": 0,
    "test-noise-independent": 0,
    "test-noise-general": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}
solved = ["dae"]
says = "got no noise at all"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        return tensor.clone().clamp(0, 1)
