"""The first load: the whole database into memory."""

import logging

import numpy as np

from exporter.errors import DatabaseError
from exporter.osticket import dimensions, requesters, scan
from exporter.osticket.database import Session
from exporter.osticket.desk import Desk, Marks, Options
from exporter.osticket.dimensions import EVENTS
from exporter.osticket.frame import Tickets
from exporter.osticket.history import Threads
from exporter.osticket.joining import read_history, read_texts
from exporter.osticket.schema import detect
from exporter.osticket.timezone import measure, resolve


class ReloadNeeded(Exception):  # noqa: N818  not an error: the memory is of another database, or most of it changed
    """The frame must be built anew; the text says why.

    Attributes:
        level: at which the reason is logged.
    """

    def __init__(self, reason: str, level: int = logging.WARNING) -> None:
        super().__init__(reason)
        self.level = level


def load(session: Session, options: Options, now: float) -> Desk:
    """Read the whole database.

    Raises:
        DatabaseError: it cannot be read, or is no osTicket database.
    """
    schema = detect(session, options.prefix)
    settings = dimensions.settings(session, schema)
    zones = resolve(settings, options.zone, *measure(session, now), now)
    desk = Desk(
        schema=schema,
        settings=settings,
        server=str(session.value(session.dialect.version)),
        zones=zones,
        dimensions=dimensions.read(session, schema),
        requesters=requesters.read(session, schema, options.site_domains, options.rules.senders),
        tickets=Tickets(),
        threads=Threads(),
        event_counts=np.zeros(len(EVENTS), dtype=np.int64),
        marks=Marks(),
    )
    rows = desk.ticket_scan(session.dialect, options.since)
    desk.marks.tickets = scan.bounds(session, rows)[1]
    desk.tickets = Tickets.from_chunks(desk.columns(matrix) for matrix in scan.whole(session, rows))
    read_history(session, desk)
    read_texts(session, desk, options.rules, None)
    return desk


def require_same_tables(session: Session, desk: Desk, options: Options) -> None:
    """Look at tables and columns again, as after an upgrade of osTicket.

    Raises:
        DatabaseError: some are missing; the settings, too, once they were read: without them another zone would hold.
        ReloadNeeded: others are there than before.
    """
    schema = detect(session, options.prefix)
    if desk.schema.has("config", "value") and not schema.has("config", "value"):
        raise DatabaseError(
            f"{options.prefix}config can no longer be read; grant SELECT on it again ('umbrella check' prints the "
            "statement), or restart to do without osTicket's own settings"
        )
    if schema != desk.schema:
        raise ReloadNeeded("the tables have other columns than before")


def read_small(session: Session, desk: Desk, options: Options, now: float) -> None:
    """Read the server's version, the settings and the small tables; a change of zone or identity needs a reload."""
    settings = dimensions.settings(session, desk.schema)
    before = desk.identity
    zones = resolve(settings, options.zone, *measure(session, now), now)
    if (settings.get("schema_signature", ""), settings.get("helpdesk_url", "")) != before:
        raise ReloadNeeded("another help desk or another release answers at this address")
    if (zones.name, zones.help_desk) != (desk.zones.name, desk.zones.help_desk):
        raise ReloadNeeded("the zone of the database or of the help desk changed")
    found = dimensions.read(session, desk.schema)
    if found.events != desk.dimensions.events or found.ticket_forms != desk.dimensions.ticket_forms:
        raise ReloadNeeded("osTicket's event names or ticket forms changed")
    desk.settings, desk.zones, desk.dimensions = settings, zones, found
    desk.server = str(session.value(session.dialect.version))
