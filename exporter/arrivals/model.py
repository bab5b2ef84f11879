"""The expectation of arrivals and its 99.9 % bound: fitted rarely, asked at each refresh."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from exporter.arrivals.bound import upper_bound
from exporter.arrivals.clock import LocalHours
from exporter.arrivals.counts import DAY, HOUR, HourlyCounts
from exporter.arrivals.dispersion import dispersions
from exporter.arrivals.history import Fitted, History, fit_history, past_windows
from exporter.arrivals.profile import Profile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WINDOWS: Final[dict[str, int]] = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY}
_YOUNG: Final = 7 * 24  # hours: a younger help desk is fitted on all it has, the present day included


@dataclass(frozen=True, slots=True)
class Band:
    """What is ordinary in one window.

    Attributes:
        expected: expected tickets in total.
        upper: bound of the total; more tickets than this are a spike. Over an ordinary day it holds with 99.9 %: the
            24 h bound is the plain 99.9 % quantile, the 1 h bounds are those that 24 hours keep together with 99.9 %.
        group_expected: expected tickets by group.
        group_upper: bounds by group, which hold for all groups at once, over a day, with 99.9 %.
    """

    expected: float
    upper: int
    group_expected: Floats
    group_upper: Ints


@dataclass(frozen=True, slots=True)
class _Scale:
    """Levels and dispersions for one window's length; row 0 is the total, the others are the groups."""

    level: Floats
    dispersion: Floats


@dataclass(frozen=True, slots=True)
class ArrivalModel:
    """Ordinary arrivals of tickets, in total and by group.

    Expected tickets of an hour = profile (hour of week, season, trend: :mod:`exporter.arrivals.profile`) times recent
    level (:mod:`exporter.arrivals.levels`); a window's are the sum over its hours, begun ones in part. Groups follow
    the total's profile and level with a long-run part and a recent level of their own. The bound is a quantile
    of the negative binomial (:mod:`exporter.arrivals.bound`) whose dispersion is estimated on past windows of the same
    length (:mod:`exporter.arrivals.dispersion`).

    Attributes:
        zone: the help desk's zone.
        groups: number of groups.
    """

    zone: ZoneInfo
    groups: int
    _profile: Profile | None
    _scales: dict[int, _Scale]

    @classmethod
    def fit(cls, counts: HourlyCounts, zone: ZoneInfo) -> "ArrivalModel":
        """Learn from all counts but those of the last 24 hours, which are the ones to be judged.

        The fit belongs to the present that ``counts`` were built for. It stays good for days; hourly is plenty.

        Args:
            counts: of the whole history.
            zone: the help desk's zone, in which hours of the week and seasons are told.
        """
        size, length = counts.counts.shape
        if not counts.counts.any():
            return cls(zone, size, None, {})
        history = History.of(counts, zone, 24 if length > _YOUNG else 0)
        fitted = fit_history(history)
        scales = {seconds: _scale(history, fitted, seconds) for seconds in WINDOWS.values()}
        return cls(zone, size, fitted.profile, scales)

    def expect(self, window: int, now: float) -> Band:
        """What is ordinary in the window (now - window, now].

        Args:
            window: seconds, one of :data:`WINDOWS`: the dispersion is known at these lengths.
            now: the present in seconds since the epoch (UTC).

        Raises:
            ValueError: another window.
        """
        if window not in WINDOWS.values():
            raise ValueError(f"the window must be one of {sorted(WINDOWS.values())} seconds, not {window}")
        if self._profile is None:
            return Band(0.0, int(upper_bound(np.zeros(1), np.ones(1))[0]), *self._nothing())
        # A longer window contains the shorter ones that end with it, so its bound is never below theirs.
        lengths = [seconds for seconds in self._scales if seconds <= window]
        bounds = [self._band(self._profile, seconds, now) for seconds in lengths]
        mean, _ = bounds[-1]
        upper = np.max([each for _, each in bounds], axis=0)
        return Band(float(mean[0]), int(upper[0]), mean[1:], upper[1:])

    def _nothing(self) -> tuple[Floats, Ints]:
        mean = np.zeros(self.groups)
        return mean, upper_bound(mean, np.ones(self.groups))

    def _band(self, profile: Profile, window: int, now: float) -> tuple[Floats, Ints]:
        scale = self._scales[window]
        ordinary, cautious, doubt = _ordinary(profile, self.zone, window, now)
        most, dispersion = scale.level * cautious, scale.dispersion + doubt**2
        looks = max(1, DAY // window)
        total = upper_bound(most[:1], dispersion[:1], looks)
        groups = upper_bound(most[1:], dispersion[1:], looks * self.groups)
        return scale.level * ordinary, np.concatenate([total, groups])


def _scale(history: History, fitted: Fitted, window: int) -> _Scale:
    """Levels known before a window of this length, and dispersions of such windows."""
    total, evidence, groups, group_evidence = fitted.means()
    level, tickets = np.vstack([total, groups]), np.vstack([evidence, group_evidence])
    days = max(1, window // DAY)  # the newest days are in the window itself and have no say; the first is held out
    newest = -days if level.shape[1] > 2 * days else -1
    of_total, of_groups = past_windows(history, fitted, window // HOUR)
    dispersion = np.concatenate([dispersions(of_total), dispersions(of_groups)])
    # What no regression can know about a young help desk: seasons and growth it has not seen. Three weeks of history
    # add a relative standard deviation of 15 %, a year 4 %. Chosen in the backtest of docs/arrivals.md.
    young = 0.5 / max(fitted.weight.sum(), 1.0)
    return _Scale(level[:, newest], dispersion + 1 / tickets[:, newest] + young)


def _ordinary(profile: Profile, zone: ZoneInfo, window: int, now: float) -> tuple[float, float, float]:
    """Tickets that the profile expects in (now - window, now], begun hours in part.

    Returns:
        The expectation, the same with caution, and its relative standard deviation.
    """
    first, last = int((now - window) // HOUR), int(now // HOUR)
    hours = LocalHours.of(first, last - first + 1, zone)
    share = np.ones(last - first + 1)
    share[0] = 1 - ((now - window) / HOUR - first)
    share[-1] = now / HOUR - last if last > first else window / HOUR
    tickets = profile.hourly(hours) * share
    doubt = float(profile.doubt(hours) @ tickets) / max(float(tickets.sum()), 1e-12)
    return float(tickets.sum()), float(profile.cautious(hours) @ share), doubt
