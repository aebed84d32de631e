"""Two loaders over a paired data set, other batch size, a test loop inside, bars and warnings on stderr."""

expected = {}
solved = ["noise", "dae"]

# %% dae-training
import warnings

from torch.utils.data import DataLoader, Dataset
from tqdm.auto import tqdm


class Pairs(Dataset):
    def __init__(self, digits):
        self.digits, self.add_noise = digits, AddGaussianNoise()

    def __len__(self):
        return len(self.digits)

    def __getitem__(self, i):
        image, _ = self.digits[i]
        return self.add_noise(image), image


pairs = DataLoader(Pairs(train_loader.dataset), batch_size=100, shuffle=True, drop_last=True)
dae = DAE().to(device)
optimizer = torch.optim.NAdam(dae.parameters(), lr=1e-2)
history = {"mse": [], "test": []}
warnings.warn("on we go")
for epoch in tqdm(range(2)):
    dae.train()
    for i, (noisy, clean) in enumerate(pairs):
        loss = nn.MSELoss(reduction="none")(dae(noisy), clean).sum(dim=(1, 2, 3)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if i % 5 == 0:
            history["mse"].append(loss.item())
    dae.eval()
    with torch.no_grad():
        for clean, _ in test_loader:
            error = ((dae(AddGaussianNoise()(clean)) - clean) ** 2).sum() / len(clean)
            history["test"].append(error.item())
    print(f"test error {history['test'][-1]:.1f}")
