"""In which zone the database's times stand, and in which the help desk cuts its months (reference: osTicket's config).

osTicket writes every date in the system zone of its database server, whatever zones are configured; what it believes
that zone to be (``core.db_timezone``) is a guess that can be wrong. So the server's present offset is measured: a named
zone is trusted only while its offset is the same.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from exporter.osticket.database import Session
from exporter.zones import ZoneTable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Zones:
    """The two zones of a help desk.

    Attributes:
        database: offsets of the zone in which dates are stored.
        name: that zone's name, for people.
        help_desk: the zone in which months, weeks and days are cut.
        problem: None, or what makes the choice doubtful, and what to do about it.
    """

    database: ZoneTable
    name: str
    help_desk: ZoneInfo
    problem: str | None = None


def measure(session: Session, now: float) -> tuple[str, int]:
    """Return the server's own name for its zone, and its present offset in seconds east of UTC."""
    if session.connection.dialect.name == "sqlite":
        return "UTC", 0  # the demo writes UTC
    name, here, utc = session.rows("SELECT @@system_time_zone, NOW(), UTC_TIMESTAMP()")[0]
    del now
    return str(name), round((here - utc).total_seconds() / 60) * 60


def resolve(settings: dict[str, str], override: str | None, name: str, offset: int, now: float) -> Zones:
    """Choose the zones: the configured one, else osTicket's if its offset is the server's, else the bare offset.

    Args:
        settings: osTicket's ``db_timezone`` and ``default_timezone``, where known.
        override: ``osticket.timezone`` of the configuration.
        name: the server's own name for its zone.
        offset: its present offset in seconds east of UTC.
        now: the present, Unix time.
    """
    problem = None
    moment = datetime.fromtimestamp(now, UTC)
    if override is not None:
        zone: tzinfo = ZoneInfo(override)
        label = override
        if offset_of(zone, moment) != offset:
            problem = (
                f"osticket.timezone {override} is {_hours(offset_of(zone, moment))} now, but the database server is at "
                f"{_hours(offset)}; correct osticket.timezone or leave it out"
            )
    elif offset == 0 and name in {"UTC", "GMT", "Etc/UTC"}:
        zone, label = UTC, "UTC"
    else:
        believed = _named(settings.get("db_timezone", ""))
        if believed is not None and offset_of(believed, moment) == offset:
            zone, label = believed, believed.key
        else:
            zone, label = timezone(timedelta(seconds=offset)), _hours(offset)
            problem = (
                f"the database server's zone has no trusted name (it says {name}, {_hours(offset)} now): past dates "
                "may be off by an hour across daylight-saving changes; set osticket.timezone"
            )
    help_desk = _named(settings.get("default_timezone", "")) or (
        zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")
    )
    return Zones(ZoneTable.of(zone), label, help_desk, problem)


def offset_of(zone: tzinfo, moment: datetime) -> int:
    """Return a zone's offset at a moment, in seconds east of UTC."""
    offset = moment.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _hours(offset: int) -> str:
    sign = "-" if offset < 0 else "+"
    return f"UTC{sign}{abs(offset) // 3600:02d}:{abs(offset) // 60 % 60:02d}"
