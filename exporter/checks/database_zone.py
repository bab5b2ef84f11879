"""The database's clock: does the zone in which its times are read agree with it now."""

from collections.abc import Mapping

from exporter.checks.result import Result, fail, ok, warn
from exporter.osticket.database import Session
from exporter.osticket.timezone import measure, resolve


def check_zone(session: Session, configured: str | None, core: Mapping[str, str], now: float) -> Result:
    """Compare the server's clock with the zone that the collector would choose.

    Args:
        session: its ``time_zone`` is SYSTEM, as osTicket's own is.
        configured: ``osticket.timezone``; one that the clock contradicts is a failure.
        core: osTicket's own settings, where known.
        now: seconds since the epoch (UTC).
    """
    name, offset = measure(session, now)
    zones = resolve(dict(core), configured, name, offset, now)
    if zones.problem is not None:
        return (warn if configured is None else fail)("time zone", zones.problem)
    return ok("time zone", f"times are read in {zones.name}, months cut in {zones.help_desk.key}")
