"""Writes remarks in another language, prints progress, warns on stderr; the answers are right."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}

# %% interpolation
import sys
import warnings

from tqdm import tqdm


def linear_interpolation(x0, x1):
    """Interpolación lineal: once pasos, extremos incluidos."""
    warnings.warn("está bien así", stacklevel=2)
    pasos = []
    for k in tqdm(range(11), desc="интерполяция"):  # Schritt für Schritt
        α = k / 10
        print("α =", α)
        pasos.append(α * x1 + (1 - α) * x0)
    return torch.cat(pasos)


def latent_linear_interpolation(z0, z1, vae):
    print("出力", file=sys.stderr)
    return vae.decoder(linear_interpolation(z0, z1))

# %% + after interpolation
print("ein Versuch:", linear_interpolation(torch.zeros(1, 1), torch.ones(1, 1)).flatten())
