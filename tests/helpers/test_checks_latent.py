"""The checks of assignment 3 see the mistakes that they are made for, and say which."""

import pytest
import torch
from torch import nn

from helpers.checks import Failed, latent as checks

IMAGE = (1, 1, 28, 28)


def mix(x0, x1, alphas=None):
    alphas = torch.linspace(0, 1, 11) if alphas is None else alphas
    alpha = alphas.view(-1, *[1] * (x0.dim() - 1))
    return alpha * x1 + (1 - alpha) * x0


def walk(z0, z1, vae):
    return vae.decoder(mix(z0, z1))


class Model(nn.Module):
    """Paints its two codes as two greys, and reads them again."""

    def __init__(self):
        super().__init__()
        self.wide, self.narrow = (nn.Parameter(torch.tensor(scale)) for scale in (10.0, 0.1))

    def decoder(self, z):
        return torch.sigmoid(self.narrow * z).repeat(1, 392).view(-1, 1, 28, 28)

    def encoder(self, images):
        codes = self.wide * images.flatten(1)[:, :2].logit(eps=1e-6)
        return codes, torch.zeros_like(codes), codes


@pytest.mark.parametrize("size", [IMAGE, (1, 2), (1, 3, 11, 4)])
def test_right_steps_pass(size):
    checks.linear_shape(mix, *size)
    checks.linear_values(mix, checks.GREYS, IMAGE)
    checks.linear_values(mix, checks.CODES)
    checks.linear_values(mix, mix(torch.rand(size), torch.rand(size)), size)


@pytest.mark.parametrize(
    ("rows", "size"), [(checks.GREYS, IMAGE), (checks.CODES, None), (checks.FAR_CODES, (1, 2))]
)
def test_the_tables_of_steps_are_straight(rows, size):
    steps = torch.tensor(rows)
    torch.testing.assert_close(mix(steps[:1], steps[-1:]), steps)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda a, b: mix(b, a), "alpha is reversed"),
        (lambda a, b: mix(a, b, torch.linspace(0, 1, 10)), "a ninth apart"),
        (lambda a, b: mix(a, b, torch.arange(11) / 11), "an eleventh apart"),
        (
            lambda a, b: a + (torch.arange(11) / 10).view(-1, *[1] * (a.dim() - 1)) * b,
            "add up to 1",
        ),
        (lambda a, b: a, "there are 1 steps"),
        (lambda a, b: torch.linspace(0, 1, 11) * b, "alpha doesn't fit"),
    ],
)
def test_steps_with_a_mistake_are_told(wrong, says):
    for rows, size in ((checks.GREYS, IMAGE), (checks.CODES, None)):
        with pytest.raises(Failed, match=says):
            checks.linear_values(wrong, rows, size)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda a, b: mix(a, b)[:10], "leave out one end"),
        (lambda a, b: mix(a, b)[:, None], "stacked along a new dimension"),
        (lambda a, b: mix(a, b)[:, 0], "channels is lost"),
        (lambda a, b: torch.linspace(0, 1, 11) * b, "give alpha as many, here the shape"),
    ],
)
def test_steps_of_another_shape_are_told(wrong, says):
    with pytest.raises(Failed, match=says):
        checks.linear_shape(wrong, *IMAGE)


def test_an_error_of_another_kind_stays_what_it_is():
    with pytest.raises(ZeroDivisionError):
        checks.linear_shape(lambda a, b: 1 / 0, *IMAGE)


def test_walks():
    both = walk, mix, Model()
    checks.latent_shape(*both, (0.8, -1.1), (-0.4, 1.5), "cpu")
    checks.latent_values(*both, checks.FAR_CODES, "cpu", Model)
    with pytest.raises(Failed, match="decode them"):
        checks.latent_shape(lambda a, b, vae: mix(a, b), mix, Model(), (0, 1), (1, 0), "cpu")
    with pytest.raises(Failed, match="alpha is reversed"):
        checks.latent_values(
            lambda a, b, vae: walk(b, a, vae), mix, Model(), checks.FAR_CODES, "cpu", Model
        )
    with pytest.raises(Failed, match="decoded images were mixed"):
        blend = lambda a, b, vae: mix(vae.decoder(a), vae.decoder(b))  # noqa: E731
        checks.latent_values(blend, mix, Model(), [[-k, k] for k in range(11)], "cpu", Model)


def test_no_text_of_a_table_brings_a_full_stop():
    for table in checks.FIRST_STEPS.values():
        assert not any(text.endswith((".", "?", "!")) for text in table)


@pytest.fixture
def loader():
    torch.manual_seed(0)  # with 400 numbers one run in 200 fails by chance
    labels = torch.arange(200) % 10
    images = torch.rand(200, 1, 28, 28) * 0.01 + labels.view(-1, 1, 1, 1) / 20 + 0.1
    data = torch.utils.data.TensorDataset(images, labels)
    return torch.utils.data.DataLoader(data, batch_size=100)


@pytest.fixture
def snapshots(loader):
    codes = torch.cat([Model().encoder(images)[0].detach() for images, _ in loader])
    return {0: torch.randn(200, 2), 5: codes + 1, 10: codes}


def test_right_snapshots_pass(loader, snapshots):
    codes = checks.snapshots_complete(snapshots, loader, loader)
    checks.snapshots_differ(codes)
    checks.last_snapshot(codes, Model(), loader)
    checks.last_snapshot(codes, Model(), loader, number=150)
    checks.first_snapshot(codes, loader)
    checks.clusters(Model(), *checks.digits_of(loader))
    checks.decoded_means(Model(), checks.digits_of(loader)[0])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (list, "expected a dictionary"),
        (lambda s: {0: s[0]}, r"no entry for \[5, 10\]"),
        (lambda s: {e: [1] for e in s}, "join batches"),
        (lambda s: {e: c[:100] for e, c in s.items()}, "one batch, and not all"),
        (lambda s: {e: c.repeat(1, 8) for e, c in s.items()}, "16 latent features"),
    ],
)
def test_incomplete_snapshots_are_told(loader, snapshots, change, says):
    with pytest.raises(Failed, match=says):
        checks.snapshots_complete(change(snapshots), loader, loader)


def test_other_snapshots_are_told(loader, snapshots):
    with pytest.raises(Failed, match="three snapshots are the same"):
        checks.snapshots_differ(dict.fromkeys((0, 5, 10), snapshots[10]))
    with pytest.raises(Failed, match=r"snapshots\[5\] and snapshots\[10\] are the same"):
        checks.snapshots_differ(snapshots | {5: snapshots[10]})
    with pytest.raises(Failed, match="before the first training"):
        checks.first_snapshot(snapshots | {0: snapshots[10] + 2}, loader)
    for change, says in (
        (lambda c: torch.cat([c[:100].flip(0), c[100:]]), "in another order"),
        (lambda c: c + torch.randn_like(c), "random samples z"),
        (lambda c: 2 * c, "did the training go on"),
    ):
        with pytest.raises(Failed, match=says):
            checks.last_snapshot({10: change(snapshots[10])}, Model(), loader)


def test_a_model_without_clusters_or_prior_is_told():
    images, digits = torch.rand(300, 1, 28, 28), torch.arange(300) % 10
    with pytest.raises(Failed, match="lie among their own kind"):
        checks.clusters(Model(), images, digits)
    with pytest.raises(Failed, match="the average digit"):
        checks.decoded_means(Model(), images)
    terms = lambda output, mu, log_var, images: (torch.zeros(()), torch.tensor(300 * 13.0))  # noqa: E731
    with pytest.raises(Failed, match="13.0 nats per image; expected less than 9"):
        checks.near_prior(Model(), images, terms)
