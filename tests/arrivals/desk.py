"""Help desks for the tests: fitting and asking in one line."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from bench.arrivals_process import NEW_YORK
from exporter.arrivals import ArrivalModel, Band, HourlyCounts

Ints = npt.NDArray[np.int64]

DAY = 86_400
HOUR = 3600
NOW = 1_715_083_200  # 2024-05-07 12:00 UTC, a Tuesday
UTC = ZoneInfo("UTC")


def fit(
    moments: Ints | Sequence[int],
    now: float = NOW,
    *,
    groups: Ints | None = None,
    size: int = 1,
    zone: ZoneInfo = NEW_YORK,
) -> ArrivalModel:
    """Fit on moments, all in one group unless groups are given."""
    moments = np.asarray(moments, np.int64)
    groups = np.zeros(len(moments), np.int64) if groups is None else groups
    return ArrivalModel.fit(HourlyCounts.of(moments, groups, size, now), zone)


def all_bands(model: ArrivalModel, now: float = NOW) -> list[Band]:
    """The bands of 1 h, 24 h and 7 d."""
    return [model.expect(window, now) for window in (HOUR, DAY, 7 * DAY)]


def steady(days: int, per_day: int, now: int = NOW) -> Ints:
    """Return moments evenly spaced over the days before ``now``."""
    step = DAY // per_day
    return now - step * np.arange(days * per_day, dtype=np.int64)[::-1] - step // 2
