"""A hostile yet legal osTicket database: everything that MySQL without a strict mode lets in."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.oracle import hostile_desk, hostile_tickets, variants
from tests.oracle.rowset import RowSet, connect
from tests.oracle.scribe import Scribe, clock_changes
from tests.oracle.variants import Version


@dataclass(frozen=True, slots=True)
class Plan:
    """Which hostile database to write.

    Attributes:
        version: whose schema it has.
        prefix: of the tables.
        engine: storage engine of all tables.
        server_zone: the zone of the server's clock.
        desk_zone: the help desk's own.
        now: the present, Unix time.
        tickets: how many rows the ticket table gets.
        seed: of all chance.
    """

    now: float
    version: Version = "1.18"
    prefix: str = "ost_"
    engine: str = "InnoDB"
    server_zone: str = "America/New_York"
    desk_zone: str = "Asia/Kolkata"
    tickets: int = 600
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Hostile:
    """What was written and the tests need to know.

    Attributes:
        departments: department by user name, as Slurm would tell.
        schools: school by department.
        site_domains: mail domains of the site.
        event_ids: id by name in the table event.
    """

    departments: dict[str, str]
    event_ids: dict[str, int]
    schools: dict[str, str] = field(
        default_factory=lambda: {"cs": "Engineering", "math": "Science", "physics": "Science"}
    )
    site_domains: tuple[str, ...] = hostile_desk.SITE_DOMAINS


def generate(url: str, plan: Plan) -> Hostile:
    """Write the database into an empty one on MySQL or MariaDB."""
    rng = random.Random(plan.seed)
    with connect(url) as connection:
        variant = variants.create(connection, url, plan.prefix, plan.version, plan.engine)
        rows = RowSet()
        settings = {
            "schema_signature": variant.signature,
            "default_timezone": plan.desk_zone,
            "db_timezone": plan.server_zone,
            "helpdesk_url": "https://helpdesk.example.edu/",
        }
        desk = hostile_desk.fill(rows, rng, settings)
        zone = ZoneInfo(plan.server_zone)
        local = datetime.fromtimestamp(plan.now, zone).replace(tzinfo=None, microsecond=0)
        scribe = Scribe(rows, desk, variant, rng, local, clock_changes(zone, local))
        hostile_tickets.write(scribe, plan.tickets)
        _shuffle_events(rows, rng)
        missing = {*variant.missing}
        if variant.has_event_table:
            missing |= {("thread_event", "state"), ("help_topic", "isactive")}
        else:
            del rows.rows["event"]
        rows.write(connection, plan.prefix, missing)
        hostile_desk.widen(connection, plan.prefix)
    return Hostile(desk.departments, desk.event_ids)


def _shuffle_events(rows: RowSet, rng: random.Random) -> None:
    """Give the events ids that say nothing about their time."""
    events = rows.rows["thread_event"]
    for row, number in zip(events, rng.sample(range(1, 3 * len(events)), len(events)), strict=True):
        row["id"] = number
