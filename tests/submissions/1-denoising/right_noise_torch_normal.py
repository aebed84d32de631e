"""Uses torch.normal, with other names for the arguments."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]

# %% noise
class AddGaussianNoise(object):
    def __init__(self, mu=0.0, sigma=0.3):
        self.sigma = sigma
        self.mu = mu

    def __call__(self, x):
        return torch.normal(x + self.mu, self.sigma).clip(0, 1)

    def __repr__(self):
        return f"{type(self).__name__}(mean={self.mu}, std={self.sigma})"
