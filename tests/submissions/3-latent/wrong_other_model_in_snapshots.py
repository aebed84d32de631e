"""Takes the snapshots of a second model, and hands in a fresh one that never learnt."""

expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
solved = ["latent-training"]

# %% + after latent-training
vae = VAE(latent_features=2).to(device)
