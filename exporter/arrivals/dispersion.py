"""Over-dispersion of window sums, estimated at each window's own length."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.arrivals.bound import limits

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PRIOR: Final = 0.1  # a relative standard deviation of 30 %, until there is evidence
_PRIOR_MASS: Final = 20.0  # in squared expected tickets: what 20 windows of one ticket each tell
_BEYOND: Final = 3.1  # standard deviations beyond which a busy window is a spike and no evidence
_ROUNDS: Final = 8


@dataclass(frozen=True, slots=True)
class WindowSums:
    """What came and what was expected in past windows of one length.

    Attributes:
        tickets: by (group, window).
        mean: the same shape, predicted from before each window's start.
        evidence: the same shape, tickets behind each prediction's level.
        overlap: how many times each hour is in a window; overlapping windows are less evidence.
    """

    tickets: Floats
    mean: Floats
    evidence: Floats
    overlap: float


def window_ends(hours: int, length: int, midnights: Ints) -> Ints:
    """Return the ends (exclusive) of the windows of ``length`` hours to look at.

    Windows of a day or more end at local midnight: a working day is then wholly inside, and whole days are what differs
    most. Of shorter windows each fifth is taken (each one of the first two months): five and 24 share no divisor,
    so all hours of the day take part.

    Args:
        hours: length of the history.
        length: of a window.
        midnights: index of each local day's first hour.
    """
    if length >= 24:
        ends = np.append(midnights, hours)
        return np.asarray(ends[ends >= length])
    return np.arange(hours, length - 1, -5 if hours > 60 * 24 else -1, dtype=np.int64)[::-1]


def dispersions(sums: WindowSums, prior: float = _PRIOR) -> Floats:
    """Dispersion c of each group: variance = mean + c · mean², beyond the uncertainty of the level.

    Method of moments, Σ((tickets - mean)² - mean - mean²/evidence) / Σ mean² (Cameron and Trivedi, Regression Analysis
    of Count Data, 2013, section 3.3), leaving out the windows that lie 3.1 standard deviations above their mean under
    the current estimate, so that earlier spikes do not raise it. Since whole windows are squared, whatever correlates
    their hours is in it. Each group is shrunk to all groups' common value, that to ``prior``; half a standard error is
    added, so that little evidence makes the bound wider and not narrower.
    """
    size = len(sums.tickets)
    squares = np.zeros(size)
    estimate = np.full((size, 1), prior)
    for _ in range(_ROUNDS):
        low, high = limits(sums.mean, estimate + 1 / sums.evidence, _BEYOND)
        usual = sums.tickets <= high
        residual = np.maximum(sums.tickets, low) - sums.mean
        excess = np.sum(usual * (residual**2 - sums.mean - sums.mean**2 / sums.evidence), axis=1)
        squares = np.sum(usual * sums.mean**2, axis=1)
        estimate = _shrunk(excess, squares, prior)[:, None]
    error = np.sqrt(2 / (squares / sums.overlap + _PRIOR_MASS))
    return np.asarray(estimate[:, 0] + error * (1 + estimate[:, 0]) / 2)


def _shrunk(excess: Floats, squares: Floats, prior: float) -> Floats:
    pooled = max((excess.sum() + _PRIOR_MASS * prior) / (squares.sum() + _PRIOR_MASS), 0.0)
    return np.asarray(np.maximum((excess + _PRIOR_MASS * pooled) / (squares + _PRIOR_MASS), 1e-3))
