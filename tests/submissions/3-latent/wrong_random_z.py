"""Keeps the random samples z of the digits instead of their means mu."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "it holds the random samples z"
solved = ["latent-training"]

# %% + after latent-training
snapshots[10] = torch.cat([vae.encoder(images)[2].detach() for images, _ in test_loader])
