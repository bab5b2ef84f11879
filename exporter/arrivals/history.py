"""Past hours with their local clock, and the robust fit of profile, total level and group levels on them."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from exporter.arrivals.clock import Ints, LocalHours
from exporter.arrivals.counts import HourlyCounts
from exporter.arrivals.dispersion import WindowSums, dispersions, window_ends
from exporter.arrivals.levels import Levels, clipped, first_guess, open_days, recent_levels, usual_part
from exporter.arrivals.profile import Days, Profile, fit_profile, hour_shares

Floats = npt.NDArray[np.float64]

# Rounds of profile, level, clipping. The first has no season: with one, a spike would be its own season, and stay.
_SEASON: Final = (False, True, True, True)
_SHARES_HALF_LIFE: Final = 365.0
_RECENT: Final = 2 * 366 * 24  # hours from which dispersions are estimated


@dataclass(frozen=True, slots=True)
class History:
    """Complete hours before the moments that are to be judged.

    Attributes:
        counts: tickets by (group, hour).
        hours: their local clock.
        day: index of each hour's local day, from 0.
        starts: index of each local day's first hour.
    """

    counts: npt.NDArray[np.int32]
    hours: LocalHours
    day: Ints
    starts: Ints

    @classmethod
    def of(cls, counts: HourlyCounts, zone: ZoneInfo, hold_out: int) -> "History":
        """Take all but the newest ``hold_out`` hours."""
        kept = counts.counts[:, : counts.counts.shape[1] - hold_out]
        hours = LocalHours.of(counts.first, kept.shape[1], zone)
        _, starts, day = np.unique(hours.day, return_index=True, return_inverse=True)
        return cls(kept, hours, day, starts)

    def daily(self, table: npt.NDArray[np.number]) -> Floats:
        """Sum the hours of each local day, along the last axis."""
        return np.asarray(np.add.reduceat(table, self.starts, axis=-1), np.float64)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Everything learned from a history.

    Attributes:
        profile: shared by all groups, fitted on the total.
        total: recent level of the total, one row, relative to the profile.
        groups: recent level of each group, relative to its long-run part of the total at its recent level.
        parts: long-run part of each group in the total.
        weight: 1 by day, 0 on days left out.
        usual: by (group, day), row 0 the total: 1, on a day with a spike the factor that brings it down to its mean.
    """

    profile: Profile
    total: Levels
    groups: Levels
    parts: Floats
    weight: Floats
    usual: Floats

    def means(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Levels by day as multipliers of the profile and their evidence: of the total, then of the groups."""
        groups = self.parts[:, None] * self.total.level * self.groups.level
        return self.total.level, self.total.evidence, groups, self.groups.evidence


def fit_history(history: History) -> Fitted:
    """Fit profile and levels robustly, by what the previous round thinks of each day.

    For the profile a spike is as busy as expected: it has no say. For the recent level it is as busy as a busy day, so
    that a lasting change is followed.
    """
    total = history.counts.sum(axis=0, dtype=np.int64)
    raw = history.daily(total)
    usual = tickets = first_guess(raw)
    weight, dispersion = np.ones(len(raw)), 0.1
    age = (history.hours.day[-1] - history.hours.day) / _SHARES_HALF_LIFE
    fade = 0.5**age
    for season in _SEASON:
        scale = usual / np.maximum(raw, 1)
        shares = hour_shares(history.hours.slot, total * fade * scale[history.day])
        exposure = history.daily(shares[history.hours.slot])
        days = Days(history.hours.day[history.starts], usual, exposure, weight)
        profile = fit_profile(days, shares, dispersion, season=season)
        ordinary = profile.daily(days.day) * exposure
        level = recent_levels((tickets * weight)[None], (ordinary * weight)[None])
        mean = ordinary * level.level[0, :-1]
        weight = open_days(raw, mean)
        sums = WindowSums(raw[None], np.maximum(mean * weight, 1e-9)[None], level.evidence[:, :-1], 1.0)
        dispersion = float(dispersions(sums)[0])
        usual, tickets = raw * usual_part(raw, mean, dispersion), clipped(raw, mean, dispersion)
    level = recent_levels((tickets * weight)[None], (ordinary * weight)[None])
    mean = ordinary * level.level[0, :-1] * weight
    parts, groups, usual = _fit_groups(history, mean, weight, dispersion)
    return Fitted(profile, level, groups, parts, weight, np.vstack([usual_part(raw, mean, dispersion), usual]))


def _fit_groups(history: History, total: Floats, weight: Floats, dispersion: float) -> tuple[Floats, Levels, Floats]:
    """Long-run parts, recent levels and usual parts of the groups, given the total's mean by day."""
    raw = history.daily(history.counts)
    tickets = first_guess(raw)
    fade = weight * 0.5 ** (np.arange(len(weight))[::-1] / 365.0)
    for _ in range(3):
        parts = ((tickets * fade).sum(axis=1) + 0.5 / len(raw)) / ((total * fade).sum() + 0.5)
        expected = parts[:, None] * total
        groups = recent_levels(tickets * weight, expected)
        mean = expected * groups.level[:, :-1]
        tickets = clipped(raw, mean, dispersion)
    return parts, groups, usual_part(raw, mean, dispersion)


def past_windows(history: History, fitted: Fitted, length: int) -> tuple[WindowSums, WindowSums]:
    """Sums over past windows of ``length`` hours, of the total and of the groups, against their predictions."""
    recent = max(0, len(history.day) - _RECENT)
    day, counts = history.day[recent:], history.counts[:, recent:]
    midnights = history.starts[history.starts >= recent] - recent
    end = window_ends(len(day), length, midnights)
    closed = _sums(1 - fitted.weight[day], end, length)
    end = end[closed < 0.5]
    start = day[end - length]
    rate = fitted.profile.hourly(LocalHours(history.hours.day[recent:], history.hours.hour[recent:]))
    ordinary = _sums(rate, end, length)
    total, evidence, groups, group_evidence = fitted.means()
    overlap = max(1.0, length * len(end) / max(len(day), 1))
    of_total = WindowSums(
        _sums(counts.sum(axis=0) * fitted.usual[0, day], end, length)[None],
        ordinary * total[:, start],
        evidence[:, start],
        overlap,
    )
    of_groups = WindowSums(
        _sums(counts * fitted.usual[1:, day], end, length),
        ordinary * groups[:, start],
        group_evidence[:, start],
        overlap,
    )
    return of_total, of_groups


def _sums(table: npt.NDArray[np.number], end: Ints, length: int) -> Floats:
    """Sum of the ``length`` hours before each end, along the last axis."""
    if length == 1:
        return np.asarray(table[..., end - 1], np.float64)
    running = np.cumsum(table, axis=-1, dtype=np.float64)
    before = np.concatenate([np.zeros((*table.shape[:-1], 1)), running], axis=-1)
    return np.asarray(before[..., end] - before[..., end - length])
