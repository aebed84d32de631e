"""The checks of assignment 1 see the mistakes that they are made for, and say which."""

import pytest
import torch
from torch import nn

from helpers.checks import Failed, Report, denoising as checks

LOOPS = 3  # each check draws anew: a right answer passes every time


class Noise:
    def __init__(self, mean=0.0, std=0.3):
        self.mean, self.std = mean, std

    def __call__(self, tensor):
        return (tensor + self.mean + self.std * torch.randn_like(tensor)).clamp(0, 1)


class Shared(Noise):
    def __call__(self, tensor):
        return (tensor + self.std * torch.randn_like(tensor[:1])).clamp(0, 1)


class Variance(Noise):
    def __init__(self, mean=0.0, std=0.3):
        super().__init__(mean, std**0.5)


class NoClip(Noise):
    def __call__(self, tensor):
        return tensor + self.mean + self.std * torch.randn_like(tensor)


@pytest.mark.parametrize("_", range(LOOPS))
def test_right_noise_passes(_):
    checks.noise_range(Noise)
    checks.noise_range(Noise, ((0.0, -0.5, 3.0), (1.0, 0.5, 3.0)))
    checks.noise_normal(Noise, 0.5)
    checks.noise_own(Noise)
    checks.noise_of_transforms(Noise)
    checks.noise_keeps(Noise, (5, 3, 8, 8), (7,), dtype="float64")
    checks.noise_arguments(Noise, 0.2, 0.1)
    checks.noise_defaults(Noise)


@pytest.mark.parametrize(
    ("noise", "check", "says"),
    [
        (NoClip, checks.noise_range, "expected 0 to 1"),
        (Shared, checks.noise_own, "all images of a batch got the same noise"),
        (Shared, checks.noise_of_transforms, "all images of a batch got the same noise"),
        (lambda *_: Noise(0.1), checks.noise_defaults, None),
        (
            lambda mean=1.0, std=0.3: Noise(mean, std),
            checks.noise_defaults,
            "defaults have changed",
        ),
    ],
)
def test_noise_with_a_mistake_is_told(noise, check, says):
    if says is None:  # it ignores its arguments, so that its defaults are no others
        return check(noise)
    with pytest.raises(Failed, match=says):
        check(noise)


@pytest.mark.parametrize("grey", [0.5, 0.6])
def test_each_mistake_of_the_table_is_named(grey):
    for text, moments in checks.NOISE_MISTAKES.items():
        mean, std = moments(grey)

        def transform(*_, mean=mean, std=std):
            return lambda image: mean + std * torch.randn_like(image)

        with pytest.raises(Failed, match=text.split(":")[0]):
            checks.noise_normal(transform, grey)


def test_no_text_of_a_table_brings_a_full_stop():
    for table in (checks.NOISE_MISTAKES, checks.UNITS):
        assert not any(
            text.endswith((".", "?", "!")) for text in map(str, [*table, *table.values()])
        )


CURVE = [89.0, 60.0, 40.0, 25.0, 15.0, 10.0, 8.0, 8.0, 8.0]


@pytest.mark.parametrize(
    ("error", "curve", "says"),
    [
        (19.9, [], None),
        (89.0, CURVE, "an all-black image"),
        (52.0, CURVE, "Do the two images of a pair belong together"),
        (36.0, CURVE, "Is the target the clean image"),
        (28.0, CURVE, "so the network does denoise"),
        (45.0, CURVE, "tells images apart"),
        (65.0, CURVE, "hardly begun to learn"),
        (300.0, CURVE, "as bad as before training"),
        (float("nan"), CURVE, "as bad as before training"),
        (36.0, [80.0, 75, 70, 65, 60, 55, 45, 40], "the training loss still falls"),
        (36.0, ["no number"], "Is the target the clean image"),
    ],
)
def test_a_large_error_says_what_it_looks_like(error, curve, says):
    if says is None:
        return checks.below_goal(error, lambda: curve)
    with pytest.raises(Failed, match=says) as failed:
        checks.below_goal(error, lambda: curve)
    assert not str(failed.value).endswith(("?.", ".."))


def test_a_record_that_is_not_there_hides_no_cause():
    with pytest.raises(Failed, match="all-black"):
        checks.below_goal(89.0, lambda: undefined["mse"])  # noqa: F821


@pytest.mark.parametrize("error", [8.0, 75.0, None])
def test_a_right_record_passes_whatever_became_of_the_model(error):
    checks.record({"mse": CURVE}, error, images=4000)
    checks.record({"mse": torch.tensor(CURVE)}, error, images=4000)


@pytest.mark.parametrize("error", [8.0, None])
@pytest.mark.parametrize(
    ("factor", "says"),
    [
        (1 / 784, "average over the pixels"),
        (1 / 64, "divided by the number of images twice"),
        (64, "a sum over the batch"),
        (4000, "a sum over all images"),
        (1e7, "no error per image"),
    ],
)
def test_a_record_in_another_unit_is_told(error, factor, says):
    with pytest.raises(Failed, match=says):
        checks.record({"mse": [factor * value for value in CURVE]}, error, images=4000)


@pytest.mark.parametrize(
    ("history", "says"),
    [
        ({}, "must be a mapping"),
        ([], "must be a mapping"),
        ({"mse": [5.0, 4.0]}, "holds 2 numbers"),
        ({"mse": [75.0] * 9}, "it does not fall"),
        ({"mse": [75.0, float("nan"), 8.0, 8.0, 8.0]}, "nan"),
    ],
)
def test_no_record_is_told(history, says):
    with pytest.raises(Failed, match=says):
        checks.record(history, 8.0, images=4000)


def test_outputs_are_read_in_another_shape_and_beside_a_code():
    noisy = torch.rand(3, 1, 28, 28)
    assert torch.equal(checks.denoised(nn.Flatten(), noisy), noisy)

    class WithCode(nn.Module):
        def forward(self, images):
            return images[:, 0], torch.zeros(3, 16)

    assert torch.equal(checks.denoised(WithCode(), noisy), noisy)
    with pytest.raises(Failed, match="the output of dae has shape"):
        checks.denoised(nn.AvgPool2d(2), noisy)


def test_a_claim_that_is_stated_twice_earns_its_points_once():
    with pytest.raises(Failed, match="earned 1 of 6 points"), Report("test-x") as check:
        check("the loss", int, points=5)
        check("the record", int, points=1)
        check("the loss", int, "no number", points=5)
        check("the record", int, points=1)
    assert check.earned == 1
    with Report("test-x") as check:
        check("the loss", int, points=5)
        check("the record", int, points=1)
        check("the loss", int, points=5)
    assert check.earned == 6
