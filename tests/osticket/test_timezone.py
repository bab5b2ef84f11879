import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy.engine import make_url

from exporter.osticket.database import Database, Settings
from exporter.osticket.timezone import Zones, measure, resolve
from tests.servers import MariaDB

WINTER = datetime(2026, 1, 15, tzinfo=UTC).timestamp()
SUMMER = datetime(2026, 7, 15, tzinfo=UTC).timestamp()
HOUR = 3600


def offset_in(zones: Zones, year: int) -> int:
    """Return the seconds east of UTC that dates of a July are read with."""
    july = np.array([int(datetime(year, 7, 1, tzinfo=UTC).timestamp())])
    return int(july[0] - zones.database.to_utc(july)[0])


def test_the_configured_zone_goes_before_all() -> None:
    """The operator's word counts; where the server's clock contradicts it now, that is said."""
    zones = resolve({"db_timezone": "Asia/Tokyo"}, "Europe/Berlin", "CET", HOUR, WINTER)
    assert (zones.name, zones.problem, offset_in(zones, 2024)) == ("Europe/Berlin", None, 2 * HOUR)
    zones = resolve({}, "Europe/Berlin", "UTC", 0, SUMMER)
    assert zones.name == "Europe/Berlin"
    assert zones.problem == (
        "osticket.timezone Europe/Berlin is UTC+02:00 now, but the database server is at UTC+00:00; correct "
        "osticket.timezone or leave it out"
    )


@pytest.mark.parametrize("name", ["UTC", "GMT", "Etc/UTC"])
def test_a_server_in_utc_needs_no_belief(name: str) -> None:
    """UTC is UTC, whatever osTicket believes."""
    zones = resolve({"db_timezone": "Europe/London", "default_timezone": "Asia/Tokyo"}, None, name, 0, WINTER)
    assert (zones.name, zones.problem, offset_in(zones, 2024)) == ("UTC", None, 0)
    assert zones.help_desk == ZoneInfo("Asia/Tokyo")


def test_belief_is_trusted_while_the_clock_agrees() -> None:
    """OsTicket's db_timezone is taken when its present offset is the server's, in winter and in summer."""
    for offset, moment in ((-5 * HOUR, WINTER), (-4 * HOUR, SUMMER)):
        zones = resolve({"db_timezone": "America/New_York"}, None, "EST", offset, moment)
        assert (zones.name, zones.problem, offset_in(zones, 2024)) == ("America/New_York", None, -4 * HOUR)
        assert zones.help_desk == ZoneInfo("America/New_York")


@pytest.mark.parametrize("belief", ["America/Chicago", "No/Where", "../etc/passwd", ""])
def test_a_belief_that_the_clock_contradicts_is_not_taken(belief: str) -> None:
    """CST is China's time here, not Chicago's: the bare offset holds, and what to do is said."""
    zones = resolve({"db_timezone": belief, "default_timezone": belief}, None, "CST", 8 * HOUR, WINTER)
    assert (zones.name, offset_in(zones, 2024)) == ("UTC+08:00", 8 * HOUR)
    assert zones.problem is not None
    assert "has no trusted name (it says CST, UTC+08:00 now)" in zones.problem
    assert zones.problem.endswith("set osticket.timezone")
    assert zones.help_desk == ZoneInfo("America/Chicago" if belief == "America/Chicago" else "UTC")


def test_offsets_with_minutes_and_west_of_greenwich() -> None:
    """Bare offsets are named to the minute."""
    assert resolve({}, None, "X", -(9 * HOUR + 1800), WINTER).name == "UTC-09:30"
    assert resolve({}, None, "X", 5 * HOUR + 2700, WINTER).name == "UTC+05:45"


def test_the_servers_clock_is_measured() -> None:
    """A server in another zone is measured as it is; its global zone matters no more than to osTicket."""
    with MariaDB("--default-time-zone=+03:00", environment={"TZ": "Asia/Kolkata"}) as server:
        database = Database(Settings(make_url(server.url("mysql")), lambda: None, 5.0))
        with database.session() as session:
            assert measure(session, time.time()) == ("IST", 5 * HOUR + 1800)
        database.close()
