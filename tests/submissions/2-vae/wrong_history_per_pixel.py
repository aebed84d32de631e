"""Records averages over pixels too."""

expected = {"test-vae-history": 0}
solved = ["vae-loss"]
says = "was it averaged over the pixels"

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
history = {"neg_elbo": [], "recon": [], "kl": []}
step = 0
for epoch in range(3):
    for images, _ in train_loader:
        recon, kl = vae_loss(*vae(images), images)
        loss = (recon + kl) / len(images)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 10 == 0:
            history["neg_elbo"].append(loss.item() / 784)
            history["recon"].append(recon.item() / len(images) / 784)
            history["kl"].append(kl.item() / len(images) / 784)
        step += 1
