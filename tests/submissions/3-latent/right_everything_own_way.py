"""Solves both parts: the model answer's training without a schedule, and loops for the steps."""

expected = {}

# %% latent-training
vae = VAE(latent_features=2).to(device)
optimizer = torch.optim.Adam(vae.parameters(), lr=4e-3)
snapshots = {}


def keep(epoch):
    vae.eval()
    with torch.no_grad():
        snapshots[epoch] = torch.cat([vae.encoder(images)[0] for images, _ in test_loader]).clone()
    vae.train()


keep(0)
for epoch, batches in epochs(train_loader, 10):
    for images, _ in batches:
        optimizer.zero_grad()
        sum(vae_loss(*vae(images), images)).backward()
        optimizer.step()
    if epoch in [5, 10]:
        keep(epoch)

# %% interpolation
def linear_interpolation(x0, x1):
    alphas = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
    return torch.vstack([alpha * x1 + (1 - alpha) * x0 for alpha in alphas])


def latent_linear_interpolation(z0, z1, vae):
    alphas = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
    with torch.inference_mode():
        return torch.vstack([vae.decoder(alpha * z1 + (1 - alpha) * z0) for alpha in alphas])
