"""Local clock readings and moments, one at a time, with the standard library only."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  a clock reading, without a zone on purpose
_FIRST: Final = datetime(1900, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2100, 1, 1, tzinfo=UTC)
_GREGORIAN_CYCLE: Final = 146_097  # days in 400 years, after which the calendar repeats
_SECOND: Final = timedelta(seconds=1)


def is_bad(value: object) -> bool:
    """Say whether a database value is there but is no date: zero, partly zero, not in the calendar."""
    return value is not None and reading(value) is None


def reading(value: object) -> datetime | None:
    """Return the clock reading of a datetime column, None for NULL and for whatever is no date."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(str(value)).replace(microsecond=0, tzinfo=None)
    except ValueError:
        return None


class Clock:
    """The clock on the wall of one time zone. Outside 1900 to 2099 the nearest known offset holds."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)

    def moment(self, value: object) -> float | None:
        """Return Unix time of a clock reading; a doubled one is its first, a missing one the end of the gap."""
        local = reading(value)
        if local is None:
            return None
        if not _FIRST.year <= local.year < _LAST.year:
            edge = _FIRST if local.year < _FIRST.year else _LAST
            return (local - _EPOCH).total_seconds() - self._offset(edge)
        while not self._exists(local):
            local += _SECOND
        offset = local.replace(tzinfo=self.zone, fold=0).utcoffset()
        assert offset is not None
        return (local - _EPOCH - offset).total_seconds()

    def month(self, moment: float) -> str:
        """Return ``YYYY-MM`` of a moment on this clock; the years beyond 9999 that zones make have five digits."""
        if moment < _FIRST.timestamp():
            offset = self._offset(_FIRST)
        elif moment >= _LAST.timestamp():
            offset = self._offset(_LAST)
        else:
            offset = self._offset(datetime.fromtimestamp(moment, UTC))
        day = int((moment + offset) // 86400) + _EPOCH.toordinal()
        years = 0
        while day > date.max.toordinal():
            day, years = day - _GREGORIAN_CYCLE, years + 400
        found = date.fromordinal(day)
        return f"{found.year + years:04d}-{found.month:02d}"

    def _offset(self, moment: datetime) -> float:
        offset = moment.astimezone(self.zone).utcoffset()
        assert offset is not None
        return offset.total_seconds()

    def _exists(self, local: datetime) -> bool:
        aware = local.replace(tzinfo=self.zone)
        return aware.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) == local
