"""Hands in helpers.py and a helpers package whose checks always pass.

The course's own must be used.
"""

assignment = "3-latent"
expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0


# %% ! hand in
text = """
class Report:
    def __init__(self, *args): pass
    def __call__(self, *args, **kwargs): return self
    def __enter__(self): return self
    def __exit__(self, *args): return True
class Failed(AssertionError): pass
def __getattr__(name): return lambda *args, **kwargs: None
"""
(folder / "helpers" / "checks").mkdir(parents=True)
(folder / "helpers.py").write_text(text)
for name in ("__init__", "checks/__init__", "checks/statistics", "plots", "data", "training"):
    (folder / "helpers" / f"{name}.py").write_text(text)
