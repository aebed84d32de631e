"""Puts the work into a small class with a buffer; the functions only call it."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
class Walk(nn.Module):
    def __init__(self, steps=11):
        super().__init__()
        self.register_buffer("alpha", torch.linspace(0, 1, steps))

    @staticmethod
    def widen(alpha, like):
        return alpha.view(-1, *[1 for _ in like.shape[1:]])

    def forward(self, start, end):
        alpha = self.widen(self.alpha, start)
        return start + alpha * (end - start)


walk = Walk().to(device)


def linear_interpolation(x0, x1):
    return walk.to(x0.device)(x0, x1)


def latent_linear_interpolation(z0, z1, vae):
    decode = vae.eval().decoder
    return decode(walk.to(z0.device)(z0, z1))
