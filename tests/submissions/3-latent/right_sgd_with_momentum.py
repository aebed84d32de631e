"""Trains with SGD, momentum and clipped gradients; goes over the tensors of the data set itself."""

expected = {
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}

# %% latent-training
vae = VAE(latent_features=2).to(device)
optimizer = torch.optim.SGD(vae.parameters(), lr=0.05, momentum=0.9, nesterov=True)
snapshots = {}
for epoch in range(0, 11):
    if epoch > 0:
        order = torch.randperm(len(train))
        for batch in order.split(20):
            images = train.images[batch.to(train.images.device)]
            recon, kl = vae_loss(*vae(images), images)
            optimizer.zero_grad()
            ((recon + kl) / len(images)).backward()
            nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
            optimizer.step()
    snapshots[epoch] = vae.encoder(test.images)[0]
