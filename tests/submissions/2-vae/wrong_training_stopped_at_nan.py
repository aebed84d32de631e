"""Trains with plain SGD and far too large steps; the cross-entropy refuses the nan it is given."""

expected = {"test-vae-elbo": 0, "test-vae-history": 0}
solved = ["vae-loss", "vae"]
says = "nan"

# %% vae-training
vae = VAE(latent_features=16).to(device)
optimizer = torch.optim.SGD(vae.parameters(), lr=1.0)
history = History("neg_elbo", "recon", "kl")
for epoch, batches in epochs(train_loader, 2):
    for images, _ in batches:
        output, mu, log_var = vae(images)
        recon, kl = vae_loss(output, mu, log_var, images)
        optimizer.zero_grad()
        (recon + kl).backward()
        optimizer.step()
        history.record(len(images), neg_elbo=recon + kl, recon=recon, kl=kl)
