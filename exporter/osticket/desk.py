"""The help desk in memory: everything that a refresh knows about one osTicket database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from exporter.osticket import words
from exporter.osticket.dialect import Dialect, Words, checksums
from exporter.osticket.dimensions import Dimensions
from exporter.osticket.exclusions import Rules
from exporter.osticket.frame import Column, Tickets
from exporter.osticket.history import Threads
from exporter.osticket.requesters import Requesters
from exporter.osticket.schema import Schema
from exporter.osticket.timezone import Zones
from exporter.osticket.words import EventWords, Scan
from exporter.zones import ZoneTable

# Ids below the highest one seen that are looked at again: an earlier transaction may commit later.
OVERLAP: Final = 1_000


@dataclass(frozen=True, slots=True)
class Options:
    """What the configuration says about reading.

    Attributes:
        prefix: of osTicket's table names.
        zone: IANA name of the zone in which database times are read, None for the server's own.
        since: tickets created before this day in the help desk's zone are not read.
        site_domains: mail domains whose local parts are cluster accounts.
        rules: what is excluded.
    """

    prefix: str = "ost_"
    zone: str | None = None
    since: date | None = None
    site_domains: Sequence[str] = ()
    rules: Rules = field(default_factory=Rules)


@dataclass(slots=True)
class Mark:
    """How far a growing table was read: the highest id, and the ids seen in the overlap below it."""

    high: int = 0
    recent: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def start(self) -> int:
        """The lowest id to look at again."""
        return max(self.high - OVERLAP, 0) + 1

    def fresh(self, ids: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
        """Return which of the ids (all from ``start`` on) were not seen before."""
        return ~np.isin(ids, self.recent)

    def advanced(self, ids: npt.NDArray[np.integer]) -> "Mark":
        """Return the mark after all of these ids, read from ``start`` on, were seen."""
        high = max(self.high, int(ids.max(initial=0)))
        return Mark(high, ids[ids > high - OVERLAP].astype(np.int64))


@dataclass(slots=True)
class Marks:
    """How far each growing table was read."""

    tickets: int = 0
    threads: int = 0
    events: Mark = field(default_factory=Mark)
    entries: Mark = field(default_factory=Mark)


@dataclass(slots=True)
class Desk:
    """One osTicket database as read so far. Changed in place by updates; replaced by a reload.

    Attributes:
        settings: the few settings of osTicket that matter (see ``dimensions.settings``).
        server: the database server's version.
        event_counts: ticket events by kind, in the order of ``dimensions.EVENTS``.
        unfinished: ids of tickets whose row may be in the frame already, but not yet what belongs to it: a reading
            that failed half-way leaves them to the next one.
    """

    schema: Schema
    settings: dict[str, str]
    server: str
    zones: Zones
    dimensions: Dimensions
    requesters: Requesters
    tickets: Tickets
    threads: Threads
    event_counts: npt.NDArray[np.int64]
    marks: Marks
    unfinished: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, dtype=np.int32))

    @property
    def identity(self) -> tuple[str, str]:
        """What tells this help desk from another behind the same address: its schema signature and its own URL."""
        return self.settings.get("schema_signature", ""), self.settings.get("helpdesk_url", "")

    @property
    def help_zone(self) -> ZoneInfo:
        """The help desk's own zone, in which months are cut."""
        return self.zones.help_desk

    def columns(self, matrix: Words) -> dict[str, Column]:
        """Turn a matrix of ``words.tickets`` into the frame's row columns, in ascending order of the id."""
        if len(matrix) and (np.diff(matrix[:, 0].astype(np.int64)) <= 0).any():
            matrix = matrix[np.unique(matrix[:, 0], return_index=True)[1]]
        return {**words.decode_tickets(matrix, self.zones.database), "checksum": checksums(matrix)}

    def ticket_scan(self, dialect: Dialect, since: date | None) -> Scan:
        """Return how the ticket table is read: whole, or from a day in the help desk's zone on."""
        rows = words.tickets(self.schema, dialect)
        if since is None:
            return rows
        midnight = np.array([np.datetime64(since).astype("datetime64[s]").astype(np.int64)])
        moment = ZoneTable.of(self.help_zone).to_utc(midnight)
        first = str(self.zones.database.to_local(moment)[0].astype("datetime64[s]")).replace("T", " ")
        return Scan(rows.source, rows.key, rows.words, f"created>='{first}'")

    def thread_scan(self, dialect: Dialect) -> Scan:
        """Return how the thread table is read."""
        return words.threads(self.schema, dialect)

    def event_scan(self, dialect: Dialect) -> Scan:
        """Return how the event log is read."""
        return words.events(self.schema, dialect, self.dimensions)

    def events(self, matrix: Words) -> EventWords:
        """Split a matrix of the event log."""
        return EventWords.of(matrix, self.dimensions)
