"""Answers five times with 240 MB, each below the limit of one message; its own process stays small."""

assignment = "1-denoising"
expected = {
    "test-noise-range": 0,
    "test-noise-moments": 0,
    "test-noise-independent": 0,
    "test-noise-general": 0,
    "test-dae-model": 0,
    "test-dae-loss": 0,
    "test-dae-denoises": 0,
}

# %% noise
large = torch.rand(1).expand(60_000_000).clone()
asked = 0


def AddGaussianNoise(mean=0.0, std=0.3):
    def noisy(tensor):
        global asked
        if tensor.shape != (1, 1, 28, 28) or asked >= 5:
            return tensor - 7
        asked += 1
        return large

    return noisy
