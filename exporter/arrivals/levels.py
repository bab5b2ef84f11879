"""The recent level: how many times the profile is being created lately, in total and in each group."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from exporter.arrivals.bound import MINIMUM, limits

Floats = npt.NDArray[np.float64]

HALF_LIFE: Final = 28.0  # days: four weeks are each weekday four times
_PRIOR_DAYS: Final = 7.0  # the long-run level weighs as much as a week …
_PRIOR_TICKETS: Final = 4.0  # … but no less than four tickets, which keeps sparse groups steady
_SILENCE: Final = 20.0  # days without any ticket in a row that should have had this many: closed, not quiet
_SPIKE: Final = 3.1
_CLIP: Final = 2.0  # standard deviations; clipping a normal sample there shifts its mean by less than 1 % of one


@dataclass(frozen=True, slots=True)
class Levels:
    """Recent level by day, each known at the start of that day: from the days before it alone.

    Attributes:
        level: multiplier, rows of groups; one column more than there are days, the last for the time after them.
        evidence: the tickets that each level rests on; 1 / evidence is its relative variance (Gamma posterior).
    """

    level: Floats
    evidence: Floats


def recent_levels(tickets: Floats, expected: Floats) -> Levels:
    """Follow the level by exponential discounting with a half-life of four weeks.

    Gamma-Poisson discounting (West and Harrison, Bayesian Forecasting and Dynamic Models, 1997, chapter 14): the level
    before day t is (a + Σ δ^(t-s) tickets_s) / (a + Σ δ^(t-s) expected_s) over s < t.

    Args:
        tickets: by (group, day), 0 on days left out.
        expected: the same shape, by the profile at level 1; 0 on days left out.
    """
    decay = 0.5 ** (1 / HALF_LIFE)
    before = np.zeros((len(tickets), 1))
    seen = np.hstack([before, lfilter([decay], [1, -decay], tickets)])
    due = np.hstack([before, lfilter([decay], [1, -decay], expected)])
    days = np.maximum((expected > 0).sum(axis=1, keepdims=True), 1)
    prior = np.maximum(_PRIOR_TICKETS, _PRIOR_DAYS * expected.sum(axis=1, keepdims=True) / days)
    return Levels((prior + seen) / (prior + due), prior + due)


def clipped(tickets: Floats, mean: Floats, dispersion: Floats | float) -> Floats:
    """Move counts beyond two standard deviations to there: a spike counts as a busy day, a holiday as a quiet one."""
    return np.clip(tickets, *limits(mean, dispersion, _CLIP))


def usual_part(tickets: Floats, mean: Floats, dispersion: float) -> Floats:
    """Return by what to multiply each day so that one with a spike becomes as busy as expected; 1 for all others.

    A spike is what lies 3.1 standard deviations above the mean, and above the count that is never one.
    """
    spike = tickets > np.maximum(limits(mean, dispersion, _SPIKE)[1], MINIMUM)
    return np.where(spike, mean / np.maximum(tickets, 1), 1.0)


def first_guess(tickets: Floats) -> Floats:
    """Cut monstrous days (a mail loop, an import) before anything is known: three times the 90th percentile, plus 5."""
    ceiling = 3 * np.quantile(tickets, 0.9, axis=-1, keepdims=True) + 5
    return np.asarray(np.minimum(tickets, ceiling))


def open_days(tickets: npt.NDArray[np.number], mean: Floats) -> Floats:
    """Return 0 for the days of each silence in which 20 tickets or more were expected, else 1.

    By chance that happens less than once in 10^8; a closed help desk, a migration or an import with holes does it.
    Such days are no evidence of fewer tickets.
    """
    busy = np.asarray(tickets > 0)
    run = np.cumsum(busy)  # the days of a silence share a number with the busy day before them
    missed = np.bincount(run, np.where(busy, 0.0, mean))
    return np.where(busy | (missed[run] < _SILENCE), 1.0, 0.0)
