"""Trains with plain SGD and far too large steps: the codes after epochs 5 and 10 are nan."""

expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
solved = ["interpolation"]
says = "snapshots[5] holds nan or inf: the training diverged"

# %% latent-training
def latent_codes(model):
    with torch.no_grad():
        return torch.cat([model.encoder(images)[0] for images, _ in test_loader])

vae = VAE(latent_features=2).to(device)
optimizer = torch.optim.SGD(vae.parameters(), lr=1.0)
snapshots = {0: latent_codes(vae)}
history = History("neg_elbo")
for epoch, batches in epochs(train_loader, 10):
    for images, _ in batches:
        output, mu, log_var = vae(images)
        logits = torch.logit(output, eps=1e-6)
        loss = F.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        loss = loss + vae_loss(images, mu, log_var, images)[1]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), neg_elbo=loss)
    if epoch in (5, 10):
        snapshots[epoch] = latent_codes(vae)
