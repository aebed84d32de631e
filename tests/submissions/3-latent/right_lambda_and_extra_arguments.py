"""Defines the functions by assignment, with further arguments that have defaults."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
def _mix(start, end, steps=11):
    alphas = torch.linspace(0, 1, steps, device=start.device)
    return torch.stack([torch.lerp(start[0], end[0], float(alpha)) for alpha in alphas])


linear_interpolation = _mix
latent_linear_interpolation = lambda z0, z1, vae, steps=11: vae.decoder(_mix(z0, z1, steps))
