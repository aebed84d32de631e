"""Trains in a function, with SGD and momentum, history as numpy numbers."""

expected = {}
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
import numpy as np


def fit(model, epochs_wanted, rate):
    record = {"neg_elbo": [], "recon": [], "kl": []}
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    count = 0
    for _ in range(epochs_wanted):
        for images, _ in train_loader:
            recon, kl = vae_loss(*model(images), images)
            optimizer.zero_grad()
            ((recon + kl) / len(images) / 100).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            if count % 10 == 0:
                r, k = np.float64(recon.item()) / len(images), np.float64(kl.item()) / len(images)
                record["neg_elbo"].append(r + k)
                record["recon"].append(r)
                record["kl"].append(k)
            count += 1
    return model.eval(), record


vae, history = fit(VAE(16).to(device), 10, 0.1)
