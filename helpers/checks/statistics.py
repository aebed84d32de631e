"""Checks of random numbers, built on sampling distributions and not on guessed tolerances.

Each check turns what it saw into a p-value: how often a right answer would look at least this odd.
It fails when that is below `FALSE_ALARM`, so a right answer fails once in a thousand million runs.
"""

import math
from dataclasses import dataclass

import torch

from helpers.checks import Failed, check_finite, fitting

FALSE_ALARM = 1e-9
UNCLIPPED = (-math.inf, math.inf)
MOMENTS = "mean and standard deviation"  # the cause of what they can't explain


@dataclass(frozen=True)
class Normal:
    """N(mean, std^2), clipped to [low, high]: what falls outside is moved to the nearer bound.

    `mean` may be a tensor where values are drawn.
    """

    mean: float | torch.Tensor
    std: float
    low: float = -math.inf
    high: float = math.inf

    def below(self, x: torch.Tensor) -> torch.Tensor:
        """P(X < x)."""
        return torch.where(x <= self.low, 0.0, torch.where(x > self.high, 1.0, self._phi(x)))

    def up_to(self, x: torch.Tensor) -> torch.Tensor:
        """P(X <= x)."""
        return torch.where(x < self.low, 0.0, torch.where(x >= self.high, 1.0, self._phi(x)))

    def draw(self) -> torch.Tensor:
        """One value for each element of `mean`, by the inverse distribution function."""
        # Without the infinite ends.
        percentiles = torch.rand_like(torch.as_tensor(self.mean)).clamp(1e-7, 1 - 1e-7)
        values = self.mean + self.std * torch.special.ndtri(percentiles)
        return values.clip(self.low, self.high)

    def _phi(self, x: torch.Tensor) -> torch.Tensor:
        return torch.special.ndtr((x - self.mean) / self.std)


def distribution_p_value(samples: torch.Tensor, expected: Normal) -> float:
    """Bound on the p-value of "these are independent draws from `expected`".

    With D the largest distance between the empirical and the expected distribution function,
    P(D > d) <= 2 exp(-2 n d^2) for every n and every distribution, clipped ones included
    (Dvoretzky-Kiefer-Wolfowitz inequality, with the constant of Massart, 1990).
    """
    values, counts = samples.detach().cpu().double().flatten().unique(return_counts=True)
    n = counts.sum().item()
    up_to = counts.cumsum(0).double() / n
    below = up_to - counts / n
    distance = torch.maximum(
        (up_to - expected.up_to(values)).abs(), (below - expected.below(values)).abs()
    )
    return min(1.0, 2 * math.exp(-2 * n * distance.max().item() ** 2))


def moments_p_value(samples: torch.Tensor, mean: float, std: float) -> float:
    """p-value of the mean and the variance of n independent draws from N(mean, std^2).

    The mean is N(mean, std^2 / n); (n - 1) s^2 / std^2 is chi-squared with n - 1 degrees of
    freedom; the two are independent (Cochran), so the smaller p-value counts twice (Bonferroni).
    """
    samples = samples.detach().cpu().double().flatten()
    n = len(samples)
    z = (samples.mean().item() - mean) * math.sqrt(n) / std
    half = torch.tensor((n - 1) / 2, dtype=torch.float64)
    s = samples.var() * (n - 1) / (2 * std**2)
    tail = torch.minimum(torch.special.gammainc(half, s), torch.special.gammaincc(half, s)).item()
    return min(1.0, 2 * math.erfc(abs(z) / math.sqrt(2)), 4 * tail)


def independence_p_value(values: torch.Tensor, dim: int) -> float:
    """p-value of "the slices along `dim` are drawn independently", for draws that are alike.

    Two slices x, y and two places i, j: under independence sign((x_i - x_j)(y_i - y_j)) is +1 or
    -1 with probability 1/2 each, whatever the distribution (Kendall's concordance; swapping i and
    j in y alone turns the sign). Over disjoint pairs the number of +1 is Binomial(n, 1/2). Pairs
    that tie are left out; when all do, the values don't vary at all and the p-value is 0.
    """
    slices = values.detach().cpu().double().movedim(dim, 0).flatten(1)
    slices = slices[: len(slices) // 2 * 2, : slices.shape[1] // 2 * 2]
    slices = slices[:, torch.randperm(slices.shape[1])]
    steps = (slices[:, 0::2] - slices[:, 1::2]).sign()
    signs = steps[0::2] * steps[1::2]
    n = int((signs != 0).sum())
    return binomial_p_value(int((signs > 0).sum()), n) if n else 0.0


def same_distribution_p_value(first: torch.Tensor, second: torch.Tensor) -> float:
    """Bound on the p-value of "both are n independent draws from one distribution", whatever it is.

    Two empirical distribution functions that are d apart at some place are not both within d/2 of
    the true one: P <= 2 * 2 exp(-2 n (d/2)^2), by the inequality of `distribution_p_value`.
    """
    a, b = (x.detach().cpu().double().flatten().sort().values for x in (first, second))
    n, places = min(len(a), len(b)), torch.cat([a, b])
    counts = [torch.searchsorted(x, places, right=True).double() / len(x) for x in (a, b)]
    return min(1.0, 4 * math.exp(-n * (counts[0] - counts[1]).abs().max().item() ** 2 / 2))


def binomial_p_value(successes: int, n: int, probability: float = 0.5) -> float:
    """Two-sided p-value of a count under Binomial(n, probability): twice the smaller exact tail."""
    k = torch.arange(n + 1, dtype=torch.float64)
    log_choose = torch.lgamma(torch.tensor(n + 1.0, dtype=torch.float64))
    log_choose = log_choose - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)
    log_p = log_choose + k * math.log(probability) + (n - k) * math.log1p(-probability)
    tails = log_p[: successes + 1].logsumexp(0), log_p[successes:].logsumexp(0)
    return min(1.0, 2 * math.exp(min(tails[0].item(), tails[1].item())))


def check_distribution(
    samples: torch.Tensor,
    expected: Normal,
    what: str,
    mistakes: dict[str, Normal] | None = None,
    false_alarm: float = FALSE_ALARM,
) -> None:
    """Fails unless the samples can be draws from `expected`; names the mistake that fits better.

    With n samples it is sure (probability > 1 - 1e-6) to catch any distribution whose distance
    from the expected one exceeds d + sqrt(ln(2e6) / 2n), d = sqrt(ln(2 / false_alarm) / 2n):
    5.9 / sqrt(n), that is 0.042 for 20,000 samples. For a normal distribution it sees a
    standard deviation that is 18% off, or a mean that is 0.11 standard deviations off.

    Where mean or standard deviation of a plain normal distribution are wrong, it says that and
    counts as one with `check_moments`; both are vague (see `Failed`) unless they name a mistake.
    """
    check_finite(samples, what)
    if distribution_p_value(samples, expected) >= false_alarm:
        return
    fits = {text: distribution_p_value(samples, d) for text, d in (mistakes or {}).items()}
    likely = max(fits, key=fits.__getitem__, default="")
    named = bool(likely) and fits[likely] >= false_alarm
    seen = _moments(samples, what)
    if named:
        raise Failed(f"{seen}: {likely}", cause=likely)
    mean, std = expected.mean, expected.std
    plain = isinstance(mean, float | int) and (expected.low, expected.high) == UNCLIPPED
    if plain and moments_p_value(samples, float(mean), std) < false_alarm:
        told = f"{seen}; expected {mean:.3f} and {std:.3f}"
        raise Failed(told, cause=MOMENTS, vague=True)
    raise Failed(f"{seen}: it isn't the normal distribution that was asked for.", vague=True)


def _moments(samples: torch.Tensor, what: str) -> str:
    samples = samples.detach().cpu().double()
    return (
        f"{what} has mean {samples.mean().item():.3f} and standard deviation "
        f"{samples.std().item():.3f} over {samples.numel():,} samples"
    )


def check_moments(
    samples: torch.Tensor,
    mean: float,
    std: float,
    what: str,
    mistakes: dict[str, tuple[float, float]] | None = None,
    false_alarm: float = FALSE_ALARM,
) -> None:
    """Fails unless mean and variance fit n independent draws from N(mean, std^2).

    Sure (probability > 1 - 1e-6) to catch a mean that is 11 std / sqrt(n) off, or a standard
    deviation that is 8 / sqrt(n) off as a fraction of std: 8% of it with 20,000 samples.

    Args:
        mistakes: sentence -> the (mean, std) that this mistake gives.
    """
    check_finite(samples, what)
    if moments_p_value(samples, mean, std) >= false_alarm:
        return
    told = f"{_moments(samples, what)}; expected {mean:.3f} and {std:.3f}"
    fits = [
        text
        for text, moments in (mistakes or {}).items()
        if moments_p_value(samples, *moments) >= false_alarm
    ]
    if fits:
        raise fitting(told, fits)
    raise Failed(told, cause=MOMENTS, vague=True)


def check_independence(
    values: torch.Tensor, dim: int, why: str, false_alarm: float = FALSE_ALARM
) -> None:
    """Fails when the slices along `dim` are not drawn independently of each other.

    Sure (probability > 1 - 1e-6) to catch a noise that is shared (all of n pairs agree) from
    n = 32 pairs on, and a correlation of 0.5 from n = 1,100 pairs on.
    """
    check_finite(values, "the result")
    if independence_p_value(values, dim) < false_alarm:
        raise Failed(why, cause=why)


def neighbours_agree(points: torch.Tensor, labels: torch.Tensor, k: int = 5) -> float:
    """Share of points whose k nearest neighbours mostly carry the point's own label.

    Args:
        points: (N, d); labels: (N,), integers.
    """
    distance = torch.cdist(points, points).fill_diagonal_(math.inf)
    votes = labels[distance.topk(k, largest=False).indices]
    return (votes.mode(1).values == labels).double().mean().item()


def check_same_distribution(
    first: torch.Tensor, second: torch.Tensor, why: str, false_alarm: float = FALSE_ALARM
) -> None:
    """Fails when two samples of n values each are not drawn from one distribution.

    Sure (probability > 1 - 1e-6) to catch distributions whose distance exceeds
    (sqrt(2 ln(4 / false_alarm)) + sqrt(2 ln(4e6))) / sqrt(n): 12.2 / sqrt(n), 0.27 for n = 2,000.
    """
    check_finite(first, "the result")
    check_finite(second, "the result")
    if same_distribution_p_value(first, second) < false_alarm:
        raise Failed(why, cause=why)
