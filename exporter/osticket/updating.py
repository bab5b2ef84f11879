"""The small update: what grew since the last reading, by primary key with an overlap, and the tickets concerned."""

from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.osticket import requesters, scan, words
from exporter.osticket.database import Session
from exporter.osticket.desk import OVERLAP, Desk, Mark, Marks, Options
from exporter.osticket.history import Events
from exporter.osticket.joining import read_some, read_texts
from exporter.osticket.loading import ReloadNeeded, read_small
from exporter.osticket.words import Scan

Ids = npt.NDArray[np.int32]

# Above this many changed tickets, reading everything again is cheaper than asking for each.
RELOAD: Final = 50_000


def update(session: Session, desk: Desk, options: Options, now: float) -> int:
    """Bring the frame up to date with what grew since the last reading; return the number of tickets read again.

    Raises:
        ReloadNeeded: the memory does not belong to this database, or too much changed.
    """
    read_small(session, desk, options, now)
    tops = _tops(session, desk)
    desk.threads.update(
        scan.between(session, desk.thread_scan(session.dialect), desk.marks.threads - OVERLAP + 1, tops.threads)
    )
    events = scan.between(session, desk.event_scan(session.dialect), desk.marks.events.start, tops.events.high)
    entries = scan.between(session, words.entries(desk.schema), desk.marks.entries.start, tops.entries.high)
    fresh_events = events[desk.marks.events.fresh(events[:, 0])]
    fresh_entries = entries[desk.marks.entries.fresh(entries[:, 0])]
    dirty = np.unique(
        np.concatenate(
            [
                _new_tickets(session, desk, options, tops.tickets),
                desk.threads.tickets(fresh_events[:, 1]),
                desk.threads.tickets(fresh_entries[:, 1]),
                desk.unfinished,
            ]
        )
    )
    if len(dirty) > RELOAD:
        raise ReloadNeeded(f"{len(dirty)} tickets changed at once")
    desk.unfinished = dirty
    read_tickets(session, desk, options, dirty)
    desk.unfinished = dirty[:0]
    # Only now, when all of it was read: a refresh that fails half-way is repeated from the old marks.
    counted = Events.from_words([desk.events(fresh_events)], desk.threads, desk.zones.database).counts
    desk.event_counts = desk.event_counts + counted
    desk.marks = Marks(
        tops.tickets,
        tops.threads,
        desk.marks.events.advanced(events[:, 0]),
        desk.marks.entries.advanced(entries[:, 0]),
    )
    return len(dirty)


def _tops(session: Session, desk: Desk) -> Marks:
    """Return the highest id of each growing table.

    Raises:
        ReloadNeeded: the log no longer reaches the highest event seen, or a table grew so much that it is better read
            in ranges.
    """
    names = {"ticket": "ticket_id", "thread": "id", "thread_event": "id", "thread_entry": "id"}
    found = session.raw(
        "SELECT " + ",".join(f"(SELECT MAX({key}) FROM {desk.schema.table(name)})" for name, key in names.items())
    )[0]
    ticket, thread, event, entry = (int(top or 0) for top in found)
    marks = desk.marks
    if event < marks.events.high:
        raise ReloadNeeded("the event log is shorter than before: the database was restored, or the log purged")
    before = (marks.tickets, marks.threads, marks.events.high, marks.entries.high)
    for name, top, mark in zip(names, (ticket, thread, event, entry), before, strict=True):
        if top - mark > RELOAD:
            raise ReloadNeeded(f"{desk.schema.prefix}{name} grew by {top - mark} ids at once")
    return Marks(ticket, thread, Mark(event), Mark(entry))


def _new_tickets(session: Session, desk: Desk, options: Options, top: int) -> Ids:
    rows = desk.ticket_scan(session.dialect, options.since)
    start = max(desk.marks.tickets - OVERLAP + 1, 1)
    ids = scan.between(session, Scan(rows.source, rows.key, [rows.key], rows.keep), start, top)[:, 0].astype(np.int32)
    _, known = desk.tickets.find(ids)
    own = desk.tickets["id"]
    recent = own[np.searchsorted(own, start) :]
    return np.union1d(ids[~known], recent[~np.isin(recent, ids)])


def read_tickets(session: Session, desk: Desk, options: Options, ids: Ids) -> None:
    """Read everything about some tickets again; those that are gone are dropped."""
    if not len(ids):
        return
    rows = desk.columns(scan.among(session, desk.ticket_scan(session.dialect, options.since), "ticket_id", ids))
    desk.tickets.remove(ids[~np.isin(ids, rows["id"])])
    places = desk.tickets.update(rows)
    if np.any(~desk.requesters.positions(rows["user"])[1]):
        desk.requesters = requesters.read(session, desk.schema, options.site_domains, options.rules.senders)
    read_some(session, desk, places)
    read_texts(session, desk, options.rules, rows["id"])
