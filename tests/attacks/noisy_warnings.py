"""Right answers that warn at every call, as PyTorch often does. Full points."""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
import warnings


def linear_interpolation(x0, x1):
    warnings.warn("this operator is slow here")
    steps = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return steps * x1 + (1 - steps) * x0


def latent_linear_interpolation(z0, z1, vae):
    warnings.warn("and this one is deprecated", DeprecationWarning)
    return vae.decoder(linear_interpolation(z0, z1))
