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
_CLIP: Final = 3.1  # standard deviations beyond which a window counts as at the limit
_ROUNDS: Final = 5
_STRIDES: Final = {1: 5, 24: 7, 168: 25}  # hours between window ends, coprime to a day, so that all hours take part


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


def window_ends(hours: int, length: int) -> Ints:
    """Return the ends (exclusive) of windows of ``length`` hours to look at, the newest at ``hours``."""
    step = _STRIDES.get(length, max(1, length // 7)) if hours > 60 * 24 else 1
    return np.arange(hours, length - 1, -step, dtype=np.int64)[::-1]


def dispersions(sums: WindowSums, prior: float = _PRIOR) -> Floats:
    """Dispersion c of each group: variance = mean + c · mean², beyond the uncertainty of the level.

    Method of moments, Σ((tickets - mean)² - mean - mean²/evidence) / Σ mean² (Cameron and Trivedi, Regression Analysis
    of Count Data, 2013, section 3.3), with window sums clipped at 3.1 standard deviations under the current estimate,
    so that earlier spikes do not raise it. Since whole windows are squared, whatever correlates their hours is
    in it. Each group is shrunk to all groups' common value, that to ``prior``; half a standard error is added, so
    that little evidence makes the bound wider and not narrower.
    """
    size = len(sums.tickets)
    squares = np.sum(sums.mean**2, axis=1)
    estimate = np.full((size, 1), prior)
    excess = np.zeros(size)
    for _ in range(_ROUNDS):
        low, high = limits(sums.mean, estimate + 1 / sums.evidence, _CLIP)
        residual = np.clip(sums.tickets, low, high) - sums.mean
        excess = np.sum(residual**2 - sums.mean - sums.mean**2 / sums.evidence, axis=1)
        estimate = _shrunk(excess, squares, prior)[:, None]
    error = np.sqrt(2 / (squares / sums.overlap + _PRIOR_MASS))
    return np.asarray(estimate[:, 0] + error * (1 + estimate[:, 0]) / 2)


def _shrunk(excess: Floats, squares: Floats, prior: float) -> Floats:
    pooled = max((excess.sum() + _PRIOR_MASS * prior) / (squares.sum() + _PRIOR_MASS), 0.0)
    return np.asarray(np.maximum((excess + _PRIOR_MASS * pooled) / (squares + _PRIOR_MASS), 1e-3))
