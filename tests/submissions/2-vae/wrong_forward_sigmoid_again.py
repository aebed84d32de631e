"""Applies a sigmoid in forward on top of the decoder's."""

expected = {
    "test-recon": 0,
    "test-kl": 0,
    "test-loss-terms": 0,
    "test-forward": 0,
    "test-vae-elbo": 0,
    "test-vae-history": 0,
}
solved = ["vae"]
says = "decoder has it already"

# %% + after vae
class VAE(VAE):
    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return torch.sigmoid(self.decoder(z)), mu, log_var
