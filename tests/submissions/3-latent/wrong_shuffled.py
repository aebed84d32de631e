"""Takes the codes from a loader that shuffles, so that they no longer belong to the labels."""

expected = {
    "test-latent-snapshots": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}
says = "it holds the same codes in another order"
solved = ["latent-training"]

# %% + after latent-training
order = torch.randperm(len(test))
snapshots = {epoch: codes[order] for epoch, codes in snapshots.items()}
