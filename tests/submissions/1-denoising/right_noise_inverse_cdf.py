"""Draws by the inverse distribution function, with a warning and prints on the way."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]

# %% noise
import sys
import warnings


class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        print("a new transform", mean, std)
        self.mean, self.std = mean, std

    def __call__(self, tensor):
        warnings.warn("this is only a warning")
        print("and this is only text", file=sys.stderr)
        noise = torch.special.ndtri(torch.rand_like(tensor))
        return F.hardtanh(tensor + self.mean + self.std * noise, 0.0, 1.0)
