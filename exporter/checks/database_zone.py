"""The database's clock: does the zone in which its times are read agree with it now."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from exporter.checks.result import Result, fail, ok, warn
from exporter.osticket.database import Session


def check_zone(session: Session, configured: str | None, believed: str, now: float) -> Result:
    """Compare the server's clock with the zones that name it.

    Args:
        session: its ``time_zone`` is SYSTEM, as osTicket's own is.
        configured: ``osticket.timezone``.
        believed: osTicket's own ``db_timezone``, empty if unknown.
        now: seconds since the epoch (UTC).
    """
    name = "time zone"
    system, offset = session.rows("SELECT @@system_time_zone, TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW())")[0]
    clock = f"the server's clock ({system}) is {_utc(int(offset))}"
    if configured is not None:
        if _offset(configured, now) != int(offset):
            return fail(
                name,
                f"osticket.timezone is {configured}, which is {_utc(_offset(configured, now))} now, but {clock}; set "
                "osticket.timezone to the zone of the database's machine, or to null",
            )
        return ok(name, f"osticket.timezone is {configured}, and {clock}")
    if not believed:
        return warn(name, f"{clock}; set osticket.timezone to its named zone, so that daylight saving is known")
    if _offset(believed, now) != int(offset):
        return warn(
            name,
            f"osTicket takes {believed} for the database's zone, but {clock}; that offset is used for all times: set "
            "osticket.timezone to the zone of the database's machine, so that daylight saving is known",
        )
    return ok(name, f"{believed} (osTicket's db_timezone), and {clock}")


def _offset(zone: str, now: float) -> int | None:
    """Return the zone's offset in seconds east of UTC at a moment, None for a zone that nobody knows."""
    try:
        delta = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    except (OSError, ValueError, KeyError):
        return None
    return None if delta is None else int(delta.total_seconds())


def _utc(offset: int | None) -> str:
    if offset is None:
        return "unknown"
    sign, minutes = ("-" if offset < 0 else "+"), abs(offset) // 60
    return f"UTC{sign}{minutes // 60:02}:{minutes % 60:02}"
