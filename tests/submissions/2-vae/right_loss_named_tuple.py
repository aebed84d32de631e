"""Returns a named tuple, calls the arguments otherwise and comments in German."""

expected = {
    "test-reparameterize": 0,
    "test-reparameterize-gradient": 0,
    "test-encoder": 0,
    "test-decoder": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}

# %% vae-loss
from collections import namedtuple

Verlust = namedtuple("Verlust", "recon kl")


def vae_loss(ausgabe, mittel, logvar, bild):
    # Kreuzentropie: xlogy kennt 0 * log(0) = 0
    rekonstruktion = -(torch.xlogy(bild, ausgabe) + torch.special.xlog1py(1 - bild, -ausgabe)).sum()
    breite = logvar.exp()
    abweichung = 0.5 * (mittel.pow(2) + breite - 1 - logvar).sum(dim=1)
    return Verlust(rekonstruktion, abweichung.sum())
