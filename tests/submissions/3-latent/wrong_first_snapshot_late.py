"""Takes the snapshot "before training" after it, with fresh noise so that it looks different."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "take it before the first training step"
solved = ["latent-training"]

# %% + after latent-training
snapshots[0] = torch.cat([vae.encoder(images)[2].detach() for images, _ in test_loader])
