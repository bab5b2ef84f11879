"""An invented help desk whose arrivals are known: over-dispersed, with weeks, semesters, holidays and growth."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from exporter.arrivals.clock import LocalHours, weekday

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOUR = 3600
NEW_YORK = ZoneInfo("America/New_York")
START = 1_609_459_200  # 2021-01-01 UTC
_OFFICE = np.array([1, 1, 1, 1, 1, 1, 2, 4, 10, 14, 14, 13, 10, 13, 14, 13, 10, 6, 4, 3, 3, 3, 2, 1], np.float64)
_WEEK = np.array([1.25, 1.2, 1.2, 1.15, 1.0, 0.2, 0.25])


@dataclass(frozen=True, slots=True)
class Process:
    """Arrivals of one help desk.

    Attributes:
        rate: tickets on an average day of the first year.
        parts: each department's part of the tickets; they sum to 1.
        growth: factor per year.
        day_noise: squared coefficient of variation of the day's own Gamma factor.
        week_noise: the same of a factor shared by seven days, which correlates them.
        season: height of the semester peaks and depth of the year's end, 1 as usual, 0 for none.
        zone: in which weeks, days and office hours are told.
    """

    rate: float = 5.0
    parts: Sequence[float] = (1.0,)
    growth: float = 1.15
    day_noise: float = 0.08
    week_noise: float = 0.02
    season: float = 1.0
    zone: ZoneInfo = NEW_YORK

    def means(self, start: int, days: int) -> tuple[LocalHours, Floats]:
        """Mean tickets in each of ``24 * days`` hours from ``start`` (seconds since the epoch), before any noise."""
        hours = LocalHours.of(start // HOUR, 24 * days, self.zone)
        year_day = hours.day % 365.2425
        february, september = (np.exp(-(((year_day - peak) / 12) ** 2)) for peak in (38, 253))
        shape = 1 + self.season * (0.6 * february + 0.7 * september)
        shape *= np.where((year_day > 357) | (year_day < 1), 1 - 0.9 * self.season, 1.0)
        growth = self.growth ** (np.arange(24 * days) / 8766)
        office = _OFFICE[hours.hour] / _OFFICE.sum()
        return hours, self.rate * growth * shape * _WEEK[weekday(hours.day)] / _WEEK.mean() * office

    def draw(self, days: int, seed: int, start: int = START) -> tuple[Ints, Ints]:
        """Draw the creation moments (sorted, seconds since the epoch) and departments of ``days`` days."""
        random = np.random.default_rng(seed)
        hours, mean = self.means(start, days)
        index = hours.day - hours.day[0]
        noise = _gamma(random, self.day_noise, days + 2)[index] * _gamma(random, self.week_noise, days)[index // 7]
        tickets = random.poisson(mean * noise)
        hour = np.repeat(np.arange(24 * days), tickets)
        moments = np.sort(start + hour * HOUR + random.integers(0, HOUR, len(hour)))
        return moments, random.choice(len(self.parts), len(moments), p=np.asarray(self.parts))


def _gamma(random: np.random.Generator, variance: float, size: int) -> Floats:
    return random.gamma(1 / variance, variance, size) if variance > 0 else np.ones(size)
