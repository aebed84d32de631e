"""Works in place on a copy, through a static method, with odd clipping."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]

# %% noise
class AddGaussianNoise:
    """Addiert normalverteiltes Rauschen. (Kommentare auf Deutsch sind auch erlaubt: äöüß.)"""

    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    @staticmethod
    def clip(tensor):
        tensor[tensor < 0] = 0
        tensor[tensor > 1] = 1
        return tensor

    def __call__(self, tensor):
        noisy = tensor.clone()
        noisy += torch.randn(tensor.size(), dtype=tensor.dtype, device=tensor.device).mul_(self.std).add_(self.mean)
        return self.clip(noisy)
