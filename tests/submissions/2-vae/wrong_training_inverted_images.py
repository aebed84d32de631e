"""Inverts the images, black on white."""

expected = {"test-vae-elbo": 0, "test-vae-history": 0}
solved = ["vae-loss"]

# %% vae
class VAE(nn.Module):
    def __init__(self, latent_features=16):
        super().__init__()
        self.encoder_layers = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 2 * latent_features)
        )
        self.decoder_layers = nn.Sequential(nn.Linear(latent_features, 128), nn.ReLU(), nn.Linear(128, 784))
        nn.init.constant_(self.decoder_layers[-1].bias, -1.9)

    def reparameterize(self, mu, log_var):
        return mu + torch.exp(log_var / 2) * torch.randn_like(mu)

    def encoder(self, x):
        mu, log_var = self.encoder_layers(x).chunk(2, dim=1)
        return mu, log_var, self.reparameterize(mu, log_var)

    def decoder(self, z):
        return torch.sigmoid(self.decoder_layers(z)).view(-1, 1, 28, 28)

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var

# %% vae-training
vae = VAE(latent_features=16).to(device)
optimizer = torch.optim.Adam(vae.parameters(), lr=3e-3)
history = History("neg_elbo", "recon", "kl")
for epoch, batches in epochs(train_loader, 3):
    for images, _ in batches:
        images = 1 - images
        output, mu, log_var = vae(images)
        recon, kl = vae_loss(output, mu, log_var, images)
        loss = recon + kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.record(len(images), neg_elbo=loss, recon=recon, kl=kl)
