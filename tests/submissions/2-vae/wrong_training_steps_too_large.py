"""Trains with plain SGD and far too large steps: all weights are nan before the first epoch ends."""

expected = {"test-vae-elbo": 0, "test-vae-history": 0}
solved = ["vae-loss", "vae"]
says = "diverged"

# %% vae-training
vae = VAE(latent_features=16).to(device)
optimizer = torch.optim.SGD(vae.parameters(), lr=1.0)
history = History("neg_elbo", "recon", "kl")
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        output, mu, log_var = vae(images)
        logits = torch.logit(output, eps=1e-6)
        recon = F.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        _, kl = vae_loss(images, mu, log_var, images)
        loss = recon + kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), neg_elbo=loss, recon=recon, kl=kl)
