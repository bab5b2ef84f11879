"""Time zones on whole columns: local clock readings to UTC and back, with NumPy."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

Seconds = npt.NDArray[np.int64]

# Rules of daylight saving are known for these years; outside, the nearest known offset holds.
_FIRST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2100, 1, 1, tzinfo=UTC)
_STEP: Final = timedelta(days=15)  # shorter than any daylight-saving period on record


@dataclass(frozen=True, slots=True)
class ZoneTable:
    """The offsets of a time zone as arrays.

    Attributes:
        starts: UTC seconds at which each offset begins; the first is a very early moment.
        offsets: seconds east of UTC from that moment on.
    """

    starts: Seconds
    offsets: Seconds

    @classmethod
    def of(cls, zone: tzinfo) -> "ZoneTable":
        """Tabulate a zone; tables are cached by zone."""
        return _table(zone)

    def to_utc(self, local: Seconds) -> Seconds:
        """Convert local clock readings, counted in seconds from 1970-01-01 00:00 on the same clock, to UTC seconds.

        A reading that occurs twice is its first occurrence; one that was left out moves forward to the end of the gap.
        """
        # The reading at which an offset takes over is that of the moment itself on the clock before it.
        thresholds = self.starts[1:] + self.offsets[:-1]
        segment = np.searchsorted(thresholds, local, side="right")
        utc: Seconds = np.maximum(local - self.offsets[segment], self.starts[segment])
        return utc

    def to_local(self, utc: Seconds) -> Seconds:
        """Convert UTC seconds to local clock readings, counted in seconds from 1970-01-01 00:00 on that clock."""
        segment = np.searchsorted(self.starts, utc, side="right") - 1
        local: Seconds = utc + self.offsets[np.maximum(segment, 0)]
        return local


def _offset(zone: tzinfo, moment: datetime) -> int:
    delta = moment.astimezone(zone).utcoffset()
    return int(delta.total_seconds()) if delta is not None else 0


@lru_cache(maxsize=16)
def _table(zone: tzinfo) -> ZoneTable:
    starts = [-(2**62)]
    offsets = [_offset(zone, _FIRST)]
    moment = _FIRST
    while moment < _LAST:
        following = moment + _STEP
        if _offset(zone, following) != offsets[-1]:
            start = _change(zone, moment, following)
            starts.append(int(start.timestamp()))
            offsets.append(_offset(zone, start))
        moment = following
    return ZoneTable(np.array(starts, dtype=np.int64), np.array(offsets, dtype=np.int64))


def _change(zone: tzinfo, low: datetime, high: datetime) -> datetime:
    """Find the second at which the offset changes between two moments."""
    before = _offset(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high
