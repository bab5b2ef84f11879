"""The help desk's wall clock for many hours at once: local day, hour, weekday."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LocalHours:
    """Local readings of a run of UTC hours. A day has 23 or 25 of them when the clocks change.

    Attributes:
        day: local days since 1970-01-01, never decreasing.
        hour: hour of the local day at the UTC hour's start, 0 to 23.
    """

    day: Ints
    hour: Ints

    @classmethod
    def of(cls, first: int, length: int, zone: ZoneInfo) -> "LocalHours":
        """Read the local clock at the starts of ``length`` hours from ``first`` on (hours since the epoch)."""
        seconds = np.arange(first, first + length, dtype=np.int64) * 3600
        utc = pd.DatetimeIndex(seconds.astype("datetime64[s]"), tz="UTC")
        local = utc.tz_convert(zone).tz_localize(None).asi8 // 3600
        day, hour = np.divmod(local, 24)
        return cls(day, hour)

    @property
    def slot(self) -> Ints:
        """Hour of the week: 0 is Monday from midnight on, 167 the last hour of Sunday."""
        return weekday(self.day) * 24 + self.hour


def weekday(day: Ints) -> Ints:
    """Return 0 for Monday to 6 for Sunday of days since 1970-01-01, which was a Thursday."""
    return (day + 3) % 7
