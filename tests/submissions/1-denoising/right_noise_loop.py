"""Loops over the images one by one and works in double precision inside."""

expected = {"test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["dae"]

# %% noise
class AddGaussianNoise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean = mean
        self.std = std

    def one(self, image):
        noise = torch.empty(image.shape, dtype=torch.float64).normal_(self.mean, self.std)
        return (image.double() + noise.to(image.device)).clamp(0, 1).to(image.dtype)

    def __call__(self, tensor):
        result = torch.empty_like(tensor)
        for i in range(len(tensor)):
            result[i] = self.one(tensor[i])
        return result
