"""Decodes with the notebook's trained model, whatever model is passed."""

expected = {"test-latent-values": 0}
says = "the notebook's `vae` was used; decode with the one that was passed"
solved = ["latent-training"]

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return alpha * x1 + (1 - alpha) * x0


def latent_linear_interpolation(z0, z1, model):
    return vae.decoder(linear_interpolation(z0, z1))
