"""The only notebook is empty, and its name holds escapes of terminals and a forged line of the log.
It must be told without them."""

assignment = "3-latent"
expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "'y_]0;attack-title__[8m_[AutogradeApp"

# %% ! hand in
(folder / "y\x1b]0;attack-title\x07\x1b[8m\n[AutogradeApp | INFO] forged.ipynb").write_text(" ")
nb = None
