"""Walking through a help desk's history: what would have fired, and what a planted spike would have done."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from bench.arrivals_desks import DAY, Desk
from exporter.arrivals import MINIMUM, WINDOWS, ArrivalModel, HourlyCounts, created_in_window

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Alert = tuple[str, str]  # ("total" or "department", window)

HOUR: Final = 3600
QUIET: Final = 3600  # an alert that comes back within an hour is the same alarm
SMALLEST: Final = 8  # tickets of a planted spike


class Judge(Protocol):
    """Bounds of one day, learned from the days before."""

    @property
    def never(self) -> int:
        """Up to this many tickets nothing fires."""
        ...

    def expected(self, window: int, now: float) -> float:
        """Tickets expected in total in the window that ends now."""
        ...

    def bounds(self, window: int, now: float) -> Floats:
        """Bound of the total, then of each department: more tickets fire."""
        ...


@dataclass(frozen=True, slots=True)
class Ours:
    """The shipped model, refitted daily (the service refits hourly)."""

    model: ArrivalModel
    never: int = MINIMUM

    @classmethod
    def fit(cls, desk: Desk, counts: HourlyCounts) -> "Ours":
        """Fit as the service does."""
        return cls(ArrivalModel.fit(counts, desk.zone))

    def expected(self, window: int, now: float) -> float:
        """See :class:`Judge`."""
        return self.model.expect(window, now).expected

    def bounds(self, window: int, now: float) -> Floats:
        """See :class:`Judge`."""
        band = self.model.expect(window, now)
        return np.append(np.float64(band.upper), band.group_upper)


@dataclass(frozen=True, slots=True)
class Naive:
    """The usual recipe: mean plus three standard deviations of the windows ending at the same hour of the week."""

    mean: Mapping[int, Floats]
    limit: Mapping[int, Floats]
    never: int = 0

    @classmethod
    def fit(cls, _: Desk, counts: HourlyCounts) -> "Naive":
        """Average over all weeks so far; rows: the total, then the departments; columns: hour of week (UTC)."""
        hourly = np.vstack([counts.counts.sum(axis=0), counts.counts])
        running = np.cumsum(np.pad(hourly, ((0, 0), (1, 0))), axis=1)
        mean, limit = {}, {}
        for window in WINDOWS.values():
            hours = window // HOUR
            sums = running[:, hours:] - running[:, :-hours]  # column i ends with the hour first + i + hours
            weeks = sums.shape[1] // 168
            first = counts.first + hours + sums.shape[1] - 168 * weeks
            table = np.roll(sums[:, -168 * weeks :].reshape(len(sums), weeks, 168), first % 168, axis=2)
            mean[window] = table.mean(axis=1)
            limit[window] = mean[window] + 3 * table.std(axis=1)
        return cls(mean, limit)

    def expected(self, window: int, now: float) -> float:
        """See :class:`Judge`."""
        return float(self.mean[window][0, int(now // HOUR) % 168])

    def bounds(self, window: int, now: float) -> Floats:
        """See :class:`Judge`."""
        return self.limit[window][:, int(now // HOUR) % 168]


@dataclass(frozen=True, slots=True)
class Walk:
    """What happened on the days from ``first`` to before ``last`` (days since the epoch).

    Attributes:
        judges: by day.
        alarms: how often each alert began to fire, all departments together.
    """

    first: int
    last: int
    judges: Mapping[int, Judge]
    alarms: Counter[Alert]

    def per_60_days(self, *alerts: Alert) -> float:
        """Alarms of these alerts per 60 days."""
        return sum(self.alarms[alert] for alert in alerts) * 60 / (self.last - self.first)

    def judge(self, now: float) -> Judge:
        """Return the judge that is on duty at a moment; the last day's after the end."""
        return self.judges[min(int(now) // DAY, self.last - 1)]


def walk(desk: Desk, fit: Callable[[Desk, HourlyCounts], Judge], first: int, last: int) -> Walk:
    """Judge each moment at which an alert can begin: after each ticket, and each hour for the bounds that fall."""
    judges: dict[int, Judge] = {}
    alarms: Counter[Alert] = Counter()
    fired: dict[tuple[str, int], float] = {}
    for day in range(first, last):
        midnight = day * DAY
        before, after = np.searchsorted(desk.moments, [midnight, midnight + DAY])
        counts = HourlyCounts.of(desk.moments[:before], desk.groups[:before], desk.size, midnight)
        judges[day] = fit(desk, counts)
        moments = np.union1d(desk.moments[before:after], midnight + HOUR * np.arange(24))
        for now in moments.tolist():
            for name, window in WINDOWS.items():
                for row in _exceeded(desk, judges[day], window, now):
                    if now - fired.get((name, row), -np.inf) > QUIET:
                        alarms["department" if row else "total", name] += 1
                    fired[name, row] = now
    return Walk(first, last, judges, alarms)


def _exceeded(desk: Desk, judge: Judge, window: int, now: float) -> list[int]:
    """Rows whose tickets exceed the bound: 0 is the total, then the departments."""
    begin, end = np.searchsorted(desk.moments, [now - window, now], side="right")
    if end - begin <= judge.never:
        return []
    created = created_in_window(desk.moments[begin:end], desk.groups[begin:end], desk.size, window, now)
    tickets = np.append(created.sum(), created)
    return np.flatnonzero(tickets > judge.bounds(window, now)).tolist()


def planted_spikes(desk: Desk, truth: Walk, judged: Walk, samples: int, seed: int) -> Floats:
    """Plant spikes one at a time; return the hours until the total's 24 h alert fires, infinite where it does not.

    Each spike is three times the tickets expected in its 24 hours, at least 8, spread evenly at random over these 24
    hours, beside the tickets that came anyway. Spikes begin at random moments, nights and holidays too.

    Args:
        desk: what came anyway.
        truth: whose expectation decides the size, the same for every method.
        judged: the method under test.
        samples: how many spikes.
        seed: of the moments.
    """
    random = np.random.default_rng(seed)
    hours = []
    for begin in random.uniform(judged.first * DAY, (judged.last - 1) * DAY, samples).tolist():
        size = max(SMALLEST, round(3 * truth.judge(begin).expected(DAY, begin + DAY)))
        spike = np.sort(random.uniform(begin, begin + DAY, size)).astype(np.int64)
        hours.append(_delay(desk, judged, begin, spike) / HOUR)
    return np.array(hours)


def _delay(desk: Desk, judged: Walk, begin: float, spike: Ints) -> float:
    """Seconds until the total over 24 h exceeds its bound, infinite if it does not before the spike ends."""
    near = slice(*np.searchsorted(desk.moments, [begin - DAY, begin + DAY], side="right"))
    moments = np.sort(np.concatenate([desk.moments[near], spike]))
    for now in moments[moments > begin].tolist():
        tickets = int(np.sum((moments > now - DAY) & (moments <= now)))
        if tickets > judged.judge(now).bounds(DAY, now)[0]:
            return float(now - begin)
    return float("inf")
