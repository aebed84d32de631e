"""The checks of assignment 2: their tables of mistakes are true, and their patience is real."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from helpers.checks import Failed, vae

CPU = torch.device("cpu")


class Model(nn.Module):
    """A right answer."""

    def __init__(self, latent_features=16):
        super().__init__()
        self.encode = nn.Sequential(nn.Flatten(), nn.Linear(784, 2 * latent_features))
        self.decode = nn.Linear(latent_features, 784)

    def reparameterize(self, mu, log_var):
        return mu + torch.exp(log_var / 2) * torch.randn_like(mu)

    def encoder(self, x):
        mu, log_var = self.encode(x).chunk(2, dim=1)
        return mu, log_var, self.reparameterize(mu, log_var)

    def decoder(self, z):
        return torch.sigmoid(self.decode(z)).view(-1, 1, 28, 28)

    def forward(self, x):
        mu, log_var, z = self.encoder(x)
        return self.decoder(z), mu, log_var


class WithoutInit(Model):
    def __init__(self, latent_features=16):
        nn.Module.__init__(self)
        raise NotImplementedError


def entropy(output, image):
    output, image = torch.tensor(output), torch.tensor(image)
    return functional.binary_cross_entropy(output, image).item()


def test_recon_mistakes_are_what_the_mistakes_give():
    said = list(vae.loss.RECON_MISTAKES[0.9, 0.25].values())
    white, black = -0.25 * math.log(0.9), -0.75 * math.log(0.1)
    sigmoid = 1 / (1 + math.exp(-0.9))
    square = 0.65**2
    given = [
        entropy(0.25, 0.9),
        -math.log(0.1),
        entropy(sigmoid, 0.25),
        white,
        black,
        square,
        square / (2 * 784),
        0.65,
    ]
    assert said == pytest.approx(given, rel=1e-4)
    assert entropy(0.9, 0.25) == pytest.approx(1.753279, abs=1e-6)


def kl(mu, log_var, one=1.0, variance=math.exp):
    return -0.5 * (one + log_var - mu**2 - variance(log_var))


def test_kl_mistakes_are_what_the_mistakes_give():
    root = math.exp(0.5)
    given = [
        2 * kl(0, 1),
        kl(0, 2),
        -0.5 * (1 + 0 - 1),
        -0.5 * (1 + 2 * math.log(1) - 1**2),
        -0.5 * (1 + 1 - math.exp(2)),
        -0.5 * (1 + 1 - root),
        -0.5 * (1 + 2 - math.e),
        -0.5 * (1 - math.e),
        -0.5 * (1 + 1),
        kl(0, -1),
        kl(0, -1),
    ]
    assert list(vae.loss.KL_MISTAKES[0, 1].values()) == pytest.approx(given, abs=1e-6)
    assert list(vae.loss.KL_MISTAKES[2, 0].values()) == [2 * kl(2, 0), -0.5 * (1 - 2 - 1)]
    assert list(vae.loss.KL_MISTAKES[0, 0].values()) == [-kl(0, 0, one=2.0), 196 * math.log(2)]


@pytest.mark.parametrize(
    ("term", "says"),
    [(-3.0, "never below 0"), (-24.0, "its sign is wrong"), (math.nan, "holds nan"), (5.0, "is 5")],
)
def test_a_kl_term_says_what_it_can_be(term, says):
    with pytest.raises(Failed, match=says):
        vae.check_kl(torch.tensor(term), 24.0, "the KL term", (3, 4))


def test_a_nan_in_one_term_costs_nothing_of_the_other():
    def vae_loss(output, mu, log_var, images):
        recon = functional.binary_cross_entropy(output, images, reduction="sum")
        return recon, (mu + log_var).sum() * math.nan

    vae.terms_apart(vae_loss)
    vae.slope(vae_loss, 0, "output")
    vae.slope(vae_loss, 1, "mu")


def test_reparameterize_is_checked_before_init_is_written():
    vae.own_noise(WithoutInit, 64, 8)
    vae.sample_gradients(WithoutInit, torch.zeros(4, 3), torch.zeros(4, 3))

    class UsesSelf(WithoutInit):
        def reparameterize(self, mu, log_var):
            assert mu.shape[1] == self.latent_features
            return super().reparameterize(mu, log_var) if self.training else mu

    vae.moments(UsesSelf, 0.0, 0.2)

    class UsesLayers(WithoutInit):
        def reparameterize(self, mu, log_var):
            return self.noise(mu)

    class Unsolved(WithoutInit):
        def reparameterize(self, mu, log_var):
            raise NotImplementedError

    for unsolved in (UsesLayers, Unsolved):
        with pytest.raises(NotImplementedError):
            vae.new_noise(unsolved)


def test_decoder_and_encoder_are_checked_before_forward_is_written():
    class WithoutForward(Model):
        def forward(self, x):
            raise NotImplementedError

    class Lazy(WithoutForward):
        def __init__(self, latent_features=16):
            super().__init__(latent_features)
            self.decode = nn.LazyLinear(784)

    vae.codes(WithoutForward, CPU)
    vae.decoded_shape(Lazy, CPU)
    vae.probabilities(Lazy, CPU)


class Order(Model):
    def forward(self, x):
        images, mu, log_var = super().forward(x)
        return mu, log_var, images


class Swapped(Model):
    def forward(self, x):
        images, mu, log_var = super().forward(x)
        return images, log_var, mu


class ImagesOnly(Model):
    def forward(self, x):
        return super().forward(x)[0]


class Flat(Model):
    def decoder(self, z):
        return super().decoder(z).flatten(1)


class Logits(Model):
    def decoder(self, z):
        return torch.logit(super().decoder(z))


class ZFirst(Model):
    def encoder(self, x):
        mu, log_var, z = super().encoder(x)
        return z, mu, log_var

    def forward(self, x):
        z, mu, log_var = self.encoder(x)
        return self.decoder(z), mu, log_var


@pytest.mark.parametrize("answer", [Model, Order, Swapped, ImagesOnly, Flat, Logits, ZFirst])
def test_a_model_is_read_by_its_shapes(answer):
    torch.manual_seed(0)
    model, right, images = answer(), Model(), torch.rand(20, 1, 28, 28)
    right.load_state_dict(model.state_dict())
    torch.manual_seed(1)
    output, mu, log_var = vae.read_model(model, images)
    torch.manual_seed(1)
    expected = right(images)
    for ours, theirs in zip((output, mu, log_var), expected, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_images_of_a_wrong_size_are_not_read():
    class Large(Model):
        def decoder(self, z):
            return super().decoder(z).repeat(1, 1, 2, 2)

    with pytest.raises(Failed, match="has shape"):
        vae.read_model(Large(), torch.rand(20, 1, 28, 28))


def test_forward_hands_on_what_encoder_gives():
    class MeanForZ(Model):
        def encoder(self, x):
            mu, log_var, _ = super().encoder(x)
            return mu, log_var, mu

    class SigmoidInForward(Logits):
        def forward(self, x):
            images, mu, log_var = super().forward(x)
            return torch.sigmoid(images), mu, log_var

    class DecodesMu(Model):
        def forward(self, x):
            mu, log_var, _ = self.encoder(x)
            return self.decoder(mu), mu, log_var

    for answer in (Model, MeanForZ, SigmoidInForward):
        vae.forward_path(answer, CPU)
    with pytest.raises(Failed, match="decode mu"):
        vae.forward_path(DecodesMu, CPU)


FALLING = [600 - 4.0 * i for i in range(75)]  # to 304
FLAT = [543.0] * 75


@pytest.mark.parametrize(
    ("recon", "kl_nats", "curve", "says"),
    [
        (303.0, 1.0, FALLING, "304 and still falling"),
        (543.0, 0.0, FLAT, "as much as an untrained network"),
        (543.0, 0.0, [110.0] * 75, "made anew"),
        (206.0, 0.1, [206.0] * 75, "the mean image for every digit"),
        (100.0, 120.0, FLAT, "120 of them for the KL term"),
        (160.0, 15.0, [175.0] * 75, "the code is in use"),
        (240.0, 3.0, [243.0] * 75, "another learning rate"),
        (math.nan, math.nan, [], "learnt nothing"),
        (3000.0, 10.0, FLAT, "other images than these"),
    ],
)
def test_a_loss_above_the_goal_gets_a_hint(recon, kl_nats, curve, says):
    with pytest.raises(Failed, match=says) as failure:
        vae.check_goal(recon, kl_nats, 165, lambda: {"neg_elbo": curve, "recon": curve, "kl": [1]})
    assert "?." not in str(failure.value)
    vae.check_goal(90.0, 20.0, 165)


def test_a_loop_that_has_not_run_is_not_implemented():
    empty = {name: [] for name in vae.training.TERMS}
    with pytest.raises(NotImplementedError):
        vae.curves(empty)
    with pytest.raises(NotImplementedError):
        vae.check_goal(300.0, 1.0, 165, lambda: empty)

    def not_defined():
        raise NameError("name 'history' is not defined")

    with pytest.raises(Failed, match="untrained"):
        vae.check_goal(300.0, 1.0, 165, not_defined)
