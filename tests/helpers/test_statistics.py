"""The statistical checks keep the false-alarm rate that they promise, and see what they name.

A right answer is tried 10,000 times at the inflated rate of 1e-3. The number of alarms is then
held to Binomial(10,000, 1e-3) by its exact p-value at 1e-6: that is the rate at which this file
itself raises a false alarm, per test.
"""

import math

import pytest
import torch

from helpers.checks import Failed
from helpers.checks.statistics import (
    FALSE_ALARM,
    Normal,
    binomial_p_value,
    check_distribution,
    check_independence,
    check_moments,
)

RUNS, RATE, OWN_RATE = 10_000, 1e-3, 1e-6


def alarms(check) -> int:
    """How many of RUNS calls fail."""
    count = 0
    for _ in range(RUNS):
        try:
            check()
        except Failed:
            count += 1
    return count


def clipped(n):
    return (0.3 + 0.3 * torch.randn(n)).clamp(0, 1)


EXACT = {
    "distribution": lambda: check_distribution(
        torch.randn(4000), Normal(0, 1), "z", false_alarm=RATE
    ),
    "moments": lambda: check_moments(2 + 3 * torch.randn(400), 2, 3, "z", false_alarm=RATE),
    "independence of a batch": lambda: check_independence(
        torch.rand(64, 30), 0, "shared", false_alarm=RATE
    ),
    "independence of clipped noise": lambda: check_independence(
        clipped(64 * 30).view(64, 30), 1, "shared", false_alarm=RATE
    ),
}
BOUNDS = {
    "clipped distribution": lambda: check_distribution(
        clipped(1000), Normal(0.3, 0.3, 0, 1), "z", false_alarm=RATE
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_false_alarms_come_at_the_promised_rate(name):
    torch.manual_seed(0)
    count = alarms(EXACT[name])
    # The inequality behind check_distribution is sharp in the limit and conservative before it;
    # counts of concordant pairs are whole numbers, so that the rate is at most the promised one.
    if name == "moments":
        assert binomial_p_value(count, RUNS, RATE) > OWN_RATE, count
    else:
        assert upper_tail(count) > OWN_RATE, count
        assert count > 0, "a check that can never raise an alarm tests nothing"


@pytest.mark.parametrize("name", BOUNDS)
def test_false_alarms_stay_below_the_promised_rate(name):
    torch.manual_seed(0)
    assert upper_tail(alarms(BOUNDS[name])) > OWN_RATE


def upper_tail(count):
    """P(at least `count` alarms) under Binomial(RUNS, RATE), as a one-sided p-value."""
    if count <= RUNS * RATE:
        return 1.0
    return binomial_p_value(count, RUNS, RATE) / 2


def test_binomial_p_value_is_exact():
    assert binomial_p_value(0, 10) == pytest.approx(2 / 2**10)
    assert binomial_p_value(10, 10) == pytest.approx(2 / 2**10)
    assert binomial_p_value(8, 10) == pytest.approx(2 * (45 + 10 + 1) / 2**10)
    assert binomial_p_value(5, 10) == 1.0
    assert binomial_p_value(1, 3, 0.1) == pytest.approx(2 * (1 - 0.9**3))


def uniform(n):
    return (torch.rand(n) * 2 - 1) * math.sqrt(3)


@pytest.mark.parametrize(
    "samples",
    [
        lambda n: 1.2 * torch.randn(n),
        lambda n: 0.83 * torch.randn(n),
        lambda n: 0.12 + torch.randn(n),
        uniform,
        lambda n: torch.randn(n).abs(),
        lambda n: torch.randn(1).expand(n),
        lambda n: torch.randn(n) * (torch.rand(n) < 0.8),
    ],
    ids=["std 1.2", "std 0.83", "mean 0.12", "uniform", "positive only", "one number", "skipped"],
)
def test_distribution_sees_every_mistake_that_it_lists(samples):
    torch.manual_seed(0)
    for _ in range(300):
        with pytest.raises(Failed):
            check_distribution(samples(20_000), Normal(0, 1), "z")


@pytest.mark.parametrize("mean, std", [(0, 1.08), (0, 0.92), (0.08, 1), (0, 0.5), (1, 1)])
def test_moments_see_every_mistake_that_they_list(mean, std):
    torch.manual_seed(0)
    for _ in range(300):
        with pytest.raises(Failed):
            check_moments(mean + std * torch.randn(20_000), 0, 1, "z")


@pytest.mark.parametrize("dim", [0, 1])
def test_independence_sees_shared_and_correlated_noise(dim):
    torch.manual_seed(0)
    shape = [64, 8]
    for _ in range(300):
        shared = torch.randn(*(1 if d == dim else size for d, size in enumerate(shape)))
        with pytest.raises(Failed):
            check_independence(shared.expand(shape), dim, "shared")
        scalar = torch.randn(()).expand(shape)
        with pytest.raises(Failed):
            check_independence(scalar, dim, "one number for all")
        big = torch.randn(128, 128)
        common = torch.randn(1, 128) if dim == 0 else torch.randn(128, 1)
        with pytest.raises(Failed):
            check_independence(big + common, dim, "correlation 1/2")


def test_a_failure_names_the_mistake_that_fits():
    with pytest.raises(Failed, match="a variance was used"):
        check_moments(0.25 * torch.randn(20_000), 0, 0.5, "z", {"a variance was used": (0, 0.25)})
    with pytest.raises(Failed, match="root of 0.3"):
        check_distribution(
            (0.5 + 0.3**0.5 * torch.randn(20_000)).clamp(0, 1),
            Normal(0.5, 0.3, 0, 1),
            "z",
            {"no noise": Normal(0.5, 1e-3, 0, 1), "the root of 0.3": Normal(0.5, 0.3**0.5, 0, 1)},
        )


def failure(check, *arguments):
    with pytest.raises(Failed) as failed:
        check(*arguments)
    return failed.value


def test_a_wrong_deviation_is_one_cause_for_both_checks():
    """And what names no mistake stands behind what does."""
    z = 0.5 * torch.randn(20_000)
    moments = failure(check_moments, z, 0.0, 1.0, "z")
    whole = failure(check_distribution, z, Normal(0.0, 1.0), "z")
    assert moments.vague and whole.vague and moments.cause == whole.cause != ""
    assert "expected 0.000 and 1.000" in str(moments) and str(whole) == str(moments)
    named = failure(check_moments, z, 0.0, 1.0, "z", {"it is halved": (0.0, 0.5)})
    assert (named.cause, named.vague) == ("it is halved", False)
    # Right moments, another shape: that is another cause.
    signs = torch.randn(20_000).sign()
    check_moments(signs, 0.0, 1.0, "z")
    assert "isn't the normal distribution" in str(
        failure(check_distribution, signs, Normal(0.0, 1.0), "z")
    )


def test_promised_rate():
    assert FALSE_ALARM <= 1e-9
