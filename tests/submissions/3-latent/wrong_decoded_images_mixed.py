"""Decodes the two codes and mixes the images, in the latent function as well."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0, "test-latent-values": 0}
says = "the decoded images were mixed; mix the codes, then decode"

# %% interpolation
def linear_interpolation(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=x0.device).view(-1, *[1] * (x0.dim() - 1))
    return alpha * x1 + (1 - alpha) * x0


def latent_linear_interpolation(z0, z1, vae):
    return linear_interpolation(vae.decoder(z0), vae.decoder(z1))
