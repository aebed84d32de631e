"""Adds noise in one half of the calls only, like the random transforms that enlarge a data set."""

expected = {"test-noise-moments": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]
says = "got no noise at all"

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def __call__(self, tensor):
        if torch.rand(()) < 0.5:
            return tensor.clone()
        noise = self.mean + self.std * torch.randn_like(tensor)
        return (tensor + noise).clamp(0, 1)
