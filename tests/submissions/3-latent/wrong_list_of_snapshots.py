"""Collects the snapshots in a list and not in a dictionary."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "snapshots is a list; expected a dictionary"
solved = ["latent-training"]

# %% + after latent-training
snapshots = [snapshots[0], snapshots[5], snapshots[10]]
