"""The neighbour of every attack on assignment 2: the loss is right, the model not yet written."""

assignment = "2-vae"
expected = {
    "test-reparameterize": 0,
    "test-reparameterize-gradient": 0,
    "test-encoder": 0,
    "test-decoder": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae-loss"]

# %% ! hand in
(folder / "canary.txt").write_text("canary-of-a-neighbour")
