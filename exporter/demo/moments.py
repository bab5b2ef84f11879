"""When tickets come: months with their seasons and growth, days of the week, hours of the day, in the desk's zone."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from exporter.demo import calibration
from exporter.demo.apportion import apportion

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Clocks = npt.NDArray[np.datetime64]  # readings of the desk's clock; months where the name says so

ZONE: Final = "America/New_York"
_FIRST: Final = np.datetime64(calibration.FIRST_MONTH, "M")
_LAST: Final = np.datetime64(calibration.LAST_MONTH, "M")
# January to December: semesters start in February and September (the published peaks).
_SEASON: Final = np.array([0.98, 1.36, 1.06, 1.00, 0.88, 0.80, 0.80, 0.93, 1.42, 1.14, 0.94, 0.69])
_YEAR_LEVEL: Final = {2021: 128.0, 2022: 152.0, 2023: 168.0, 2024: 150.0}  # tickets per month, before the season
_GROWTH: Final = 1.06  # per year, after the published period
_WEEKDAY: Final = np.array([1.06, 1.08, 1.04, 1.00, 0.82, 0.17, 0.15])  # Monday first
_HOUR: Final = np.array(
    [0.10, 0.07, 0.05, 0.04, 0.04, 0.05, 0.10, 0.25, 0.70, 1.30, 1.55, 1.45, 1.15, 1.35, 1.50, 1.40, 1.20, 0.80,
     0.50, 0.40, 0.38, 0.35, 0.28, 0.18],
)  # fmt: skip
_HOLIDAYS: Final = 0.12  # of the usual, from 24 December to 1 January


def local_clock(now: int) -> np.datetime64:
    """Return the help desk's clock reading, to the second, at ``now`` (seconds since the epoch)."""
    return np.datetime64(datetime.fromtimestamp(now, ZoneInfo(ZONE)).replace(tzinfo=None), "s")


def to_epoch(local: Clocks) -> Ints:
    """Return seconds since the epoch of the desk's clock readings; doubled hours are the first, missing ones move."""
    index = pd.DatetimeIndex(local).tz_localize(
        ZONE, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward"
    )
    seconds: Ints = index.tz_convert(None).to_numpy().astype("datetime64[s]").astype(np.int64)
    return seconds


def expected_by_month(now: int) -> tuple[Clocks, Floats]:
    """Return the months from the first published one to now's and the tickets of each.

    The published period's are whole numbers: the published ones where there are any, the others by level and season,
    so that the whole period has the published total. Later months grow by 6 % a year; the last one is cut at ``now``.
    """
    clock = local_clock(now)
    months = np.arange(_FIRST, clock.astype("datetime64[M]") + 1)
    level = _level(months)
    known = np.array([calibration.MONTHS.get(str(month), 0) for month in _published()], dtype=np.int64)
    guessed = apportion(calibration.TICKETS - int(known.sum()), np.where(known > 0, 0.0, _level(_published())))
    published = (known + guessed).astype(np.float64)
    expected = np.where(np.arange(len(months)) < len(published), 0.0, level)
    expected[: len(published)] = published[: len(months)]
    expected[-1] *= _share_gone(clock)
    return months, expected


def draw(rng: np.random.Generator, month: np.datetime64, count: int, now: int) -> Clocks:
    """Return ``count`` local clock readings inside a month, not after ``now``, by weekday, hour and holidays."""
    hours, weights = _cells(month)
    clock = local_clock(now)
    begin = hours.astype("datetime64[s]")
    length = np.clip((clock - begin).astype(np.int64), 0, 3600)
    weights = weights * length / 3600
    if not weights.any():  # the first second of a month
        return np.full(count, clock)
    chosen = rng.choice(len(hours), size=count, p=weights / weights.sum())
    drawn: Clocks = begin[chosen] + (rng.random(count) * length[chosen]).astype("timedelta64[s]")
    return drawn


def rate(now: float) -> float:
    """Return the tickets per second that the history leads to expect at ``now`` (seconds since the epoch)."""
    clock = local_clock(int(now))
    month = clock.astype("datetime64[M]")
    hours, weights = _cells(month)
    cell = int((clock - hours[0].astype("datetime64[s]")).astype(np.int64) // 3600)
    return float(_level(np.array([month]))[0] * weights[cell] / weights.sum() / 3600)


def _published() -> Clocks:
    return np.arange(_FIRST, _LAST + 1)


def _level(months: Clocks) -> Floats:
    """Return tickets per month by the year's level and the month's season."""
    years = months.astype("datetime64[Y]").astype(np.int64) + 1970
    season = _SEASON[months.astype(np.int64) % 12]
    last = max(_YEAR_LEVEL)
    levels = [_YEAR_LEVEL.get(int(year), _YEAR_LEVEL[last] * _GROWTH ** (int(year) - last)) for year in years]
    return np.asarray(np.array(levels) * season, dtype=np.float64)


def _cells(month: np.datetime64) -> tuple[Clocks, Floats]:
    """Return the hours of a month on the desk's clock and the weight of each."""
    first = month.astype("datetime64[h]")
    length = ((month + 1).astype("datetime64[h]") - first).astype(np.int64)
    hours: Clocks = first + np.arange(length).astype("timedelta64[h]")
    days = hours.astype("datetime64[D]")
    weekday = (days.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    day_of_month = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    number = int(month.astype(np.int64)) % 12 + 1
    holiday = ((number == 12) & (day_of_month >= 24)) | ((number == 1) & (day_of_month == 1))
    weights = _WEEKDAY[weekday] * _HOUR[hours.astype(np.int64) % 24] * np.where(holiday, _HOLIDAYS, 1.0)
    return hours, np.asarray(weights, dtype=np.float64)


def _share_gone(clock: np.datetime64) -> float:
    """Return the share of its month's tickets that have come by ``clock``."""
    hours, weights = _cells(clock.astype("datetime64[M]"))
    gone = np.clip((clock - hours.astype("datetime64[s]")).astype(np.int64) / 3600, 0.0, 1.0)
    return float((weights * gone).sum() / weights.sum())
