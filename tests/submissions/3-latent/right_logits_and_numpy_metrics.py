"""Trains on the mean per image, with binary_cross_entropy_with_logits on logit(p), and clips gradients."""

expected = {
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}

# %% latent-training
torch.manual_seed(7)
vae = VAE(latent_features=2).to(device)
optimizer = torch.optim.RAdam(vae.parameters(), lr=6e-3)
history = History("neg_elbo")
snapshots = {}


def snapshot(epoch):
    with torch.no_grad():
        vae.train(False)
        buffer = torch.empty(len(test), 2)
        done = 0
        for images, _ in test_loader:
            buffer[done : done + len(images)] = vae.encoder(images)[0]
            done += len(images)
        vae.train(True)
        snapshots[epoch] = buffer


snapshot(0)
for epoch, batches in epochs(train_loader, 10, history=history):
    for group in optimizer.param_groups:
        group["lr"] = 6e-3 * (1 - (epoch - 1) / 10)
    for images, _ in batches:
        output, mu, log_var = vae(images)
        recon = F.binary_cross_entropy_with_logits(torch.logit(output, eps=1e-6), images, reduction="sum")
        kl = 0.5 * (mu.square() + log_var.exp() - 1 - log_var).sum()
        loss = (recon + kl) / images.shape[0]
        vae.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(vae.parameters(), 100.0)
        optimizer.step()
        history.record(len(images), neg_elbo=loss * len(images))
    if epoch == 5 or epoch == 10:
        snapshot(epoch)
