"""From the database into memory: the first load, the small updates, the reconciliation that finds silent changes.

An update asks only for what grew (by primary key, with an overlap) and re-reads the tickets concerned. What changes
without a trace (bulk statements, deletions in old releases, a purged log) is found by the reconciliation: checksums of
blocks of the ticket table, of which only those that differ are read again. The log, the answers and the priorities are
read again as a whole: reading their few columns costs the server no more than a checksum of them would.
"""

import logging
from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.osticket import dimensions, exclusions, requesters, scan, words
from exporter.osticket.database import Session
from exporter.osticket.desk import Desk, Mark, Marks, Options
from exporter.osticket.dialect import MISSING, Words
from exporter.osticket.dimensions import EVENTS
from exporter.osticket.frame import Tickets
from exporter.osticket.history import Events, Responses, Threads
from exporter.osticket.schema import detect
from exporter.osticket.timezone import measure, resolve
from exporter.osticket.words import TICKET_THREAD, EventWords, Scan
from exporter.zones import ZoneTable

log = logging.getLogger(__name__)

Ids = npt.NDArray[np.int32]

BLOCK: Final = 10_000
# Above this many changed tickets, reading everything again is cheaper than asking for each.
RELOAD: Final = 50_000


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
        server=str(session.value("SELECT sqlite_version()" if _sqlite(session) else "SELECT VERSION()")),
        zones=zones,
        dimensions=dimensions.read(session, schema),
        requesters=requesters.read(session, schema, options.site_domains, options.rules.senders),
        tickets=Tickets(),
        threads=Threads(),
        event_counts=np.zeros(len(EVENTS), dtype=np.int64),
        marks=Marks(),
    )
    rows = _tickets(session, desk, options)
    desk.tickets = Tickets.from_chunks(desk.columns(matrix) for matrix in scan.whole(session, rows))
    desk.marks.tickets = int(desk.tickets["id"].max(initial=0))
    _read_history(session, desk)
    _read_texts(session, desk, options.rules, None)
    return desk


def update(session: Session, desk: Desk, options: Options, now: float) -> int:
    """Bring the frame up to date with what grew since the last reading; return the number of tickets read again.

    Raises:
        ReloadNeeded: the memory does not belong to this database, or too much changed.
    """
    _read_small(session, desk, options, now)
    desk.threads.update(scan.between(session, _threads(session, desk), desk.marks.threads - 999, _TOP))
    events = scan.between(session, _events(session, desk), desk.marks.events.start, _TOP)
    if desk.marks.events.high and not _still_there(session, desk):
        raise ReloadNeeded("the event log is shorter than before: the database was restored, or the log purged")
    entries = scan.between(session, words.entries(desk.schema), desk.marks.entries.start, _TOP)
    fresh_events = events[desk.marks.events.fresh(events[:, 0])]
    fresh_entries = entries[desk.marks.entries.fresh(entries[:, 0])]
    dirty = np.unique(
        np.concatenate(
            [
                _new_tickets(session, desk, options),
                desk.threads.tickets(fresh_events[:, 1]),
                desk.threads.tickets(fresh_entries[:, 1]),
            ]
        )
    )
    if len(dirty) > RELOAD:
        raise ReloadNeeded(f"{len(dirty)} tickets changed at once")
    _read_tickets(session, desk, options, dirty)
    # Only now, when all of it was read: a refresh that fails half-way is repeated from the old marks.
    counted = Events.from_words([_split(desk, fresh_events)], desk.threads, desk.zones.database).counts
    desk.event_counts = desk.event_counts + counted
    desk.marks = Marks(
        int(desk.tickets["id"].max(initial=0)),
        int(desk.threads.ids.max(initial=0)),
        desk.marks.events.advanced(events[:, 0]),
        desk.marks.entries.advanced(entries[:, 0]),
    )
    return len(dirty)


def reconcile(session: Session, desk: Desk, options: Options, now: float) -> int:
    """Compare the frame with the whole database and mend it; return the number of tickets that differed.

    Raises:
        ReloadNeeded: the memory does not belong to this database, or the server has no checksums.
    """
    _read_small(session, desk, options, now)
    desk.requesters = requesters.read(session, desk.schema, options.site_domains, options.rules.senders)
    rows = _tickets(session, desk, options)
    checksum = session.dialect.checksum(rows.words)
    if checksum is None:
        raise ReloadNeeded("this server has no checksums", logging.DEBUG)
    changed: list[Ids] = []
    for block in _differing_blocks(session, desk, rows, checksum):
        matrix = scan.between(session, rows, block * BLOCK, block * BLOCK + BLOCK - 1)
        changed.append(_replace_block(desk, matrix, block))
    differed = np.concatenate([np.empty(0, dtype=np.int32), *changed])
    _read_history(session, desk)
    if len(differed):
        _read_texts(session, desk, options.rules, differed if len(differed) <= RELOAD else None)
    desk.marks.tickets = int(desk.tickets["id"].max(initial=0))
    return len(differed)


_TOP: Final = 2**31 - 1


def _sqlite(session: Session) -> bool:
    return session.connection.dialect.name == "sqlite"


def _tickets(session: Session, desk: Desk, options: Options) -> Scan:
    rows = words.tickets(desk.schema, session.dialect)
    if options.since is None:
        return rows
    midnight = np.array([np.datetime64(options.since).astype("datetime64[s]").astype(np.int64)])
    moment = ZoneTable.of(desk.help_zone).to_utc(midnight)
    first = str(desk.zones.database.to_local(moment)[0].astype("datetime64[s]")).replace("T", " ")
    return Scan(rows.source, rows.key, rows.words, f"created>='{first}'")


def _threads(session: Session, desk: Desk) -> Scan:
    return words.threads(desk.schema, session.dialect)


def _events(session: Session, desk: Desk) -> Scan:
    return words.events(desk.schema, session.dialect, desk.dimensions)


def _split(desk: Desk, matrix: Words) -> EventWords:
    return EventWords.of(matrix, desk.dimensions)


def _read_small(session: Session, desk: Desk, options: Options, now: float) -> None:
    """Read the settings and the small tables; a change of zone or identity needs a reload."""
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


def _still_there(session: Session, desk: Desk) -> bool:
    """Return whether the log still reaches the highest event seen."""
    highest = session.raw(f"SELECT MAX(id) FROM {desk.schema.table('thread_event')}")[0][0]
    return highest is not None and int(highest) >= desk.marks.events.high


def _new_tickets(session: Session, desk: Desk, options: Options) -> Ids:
    rows = _tickets(session, desk, options)
    start = max(desk.marks.tickets - 999, 1)
    ids = scan.between(session, Scan(rows.source, rows.key, [rows.key], rows.keep), start, _TOP)[:, 0].astype(np.int32)
    _, known = desk.tickets.find(ids)
    own = desk.tickets["id"]
    recent = own[np.searchsorted(own, start) :]
    return np.union1d(ids[~known], recent[~np.isin(recent, ids)])


def _read_tickets(session: Session, desk: Desk, options: Options, ids: Ids) -> None:
    """Read everything about some tickets again; those that are gone are dropped."""
    if not len(ids):
        return
    rows = desk.columns(scan.among(session, _tickets(session, desk, options), "ticket_id", ids))
    desk.tickets.remove(ids[~np.isin(ids, rows["id"])])
    places = desk.tickets.update(rows)
    present = rows["id"]
    if np.any(~desk.requesters.positions(rows["user"])[1]):
        desk.requesters = requesters.read(session, desk.schema, options.site_domains, options.rules.senders)
    desk.threads.update(scan.among(session, _threads(session, desk), "object_id", present))
    own_threads = desk.threads.ids[
        (desk.threads.kinds == TICKET_THREAD) & np.isin(desk.threads.objects, present)
    ]  # one pass over small integers: no index is kept
    zone = desk.zones.database
    events = Events.from_words(
        [_split(desk, scan.among(session, _events(session, desk), "thread_id", own_threads))], desk.threads, zone
    )
    answers = Responses.from_words(
        [scan.among(session, words.responses(desk.schema, session.dialect), "thread_id", own_threads)],
        desk.threads,
        zone,
    )
    forms = scan.among(session, words.forms(desk.schema, desk.dimensions), "object_id", present)
    values = scan.among(session, words.priorities(desk.schema, desk.dimensions), "entry_id", forms[:, 1])
    _set_history(desk, places, events, answers, _priorities(forms, values, present))
    _read_texts(session, desk, options.rules, present)


def _read_history(session: Session, desk: Desk) -> None:
    """Read the log, the answers and the priorities of all tickets."""
    schema, dialect, zone = desk.schema, session.dialect, desk.zones.database
    threads = Threads.from_words(_all(session, _threads(session, desk)))
    event_mark, entry_mark = Mark(), Mark()
    log_scan, entry_scan = _events(session, desk), words.entries(schema)
    event_mark.high = scan.bounds(session, log_scan)[1]
    entry_mark.high = scan.bounds(session, entry_scan)[1]
    events = Events.from_words((_split(desk, part) for part in scan.whole(session, log_scan)), threads, zone)
    answers = Responses.from_words(scan.whole(session, words.responses(schema, dialect)), threads, zone)
    forms = _all(session, words.forms(schema, desk.dimensions))
    values = _all(session, words.priorities(schema, desk.dimensions))
    # What was read reaches to the marks; ids below them that commit later are found by the overlap.
    event_mark = event_mark.advanced(scan.between(session, log_scan, event_mark.start, event_mark.high)[:, 0])
    entry_mark = entry_mark.advanced(scan.between(session, entry_scan, entry_mark.start, entry_mark.high)[:, 0])
    _set_history(desk, slice(None), events, answers, _priorities(forms, values, desk.tickets["id"]))
    desk.threads, desk.event_counts = threads, events.counts
    desk.marks.threads = int(threads.ids.max(initial=0))
    desk.marks.events, desk.marks.entries = event_mark, entry_mark


def _set_history(
    desk: Desk,
    places: npt.NDArray[np.int64] | slice,
    events: Events,
    answers: Responses,
    priorities: npt.NDArray[np.int32],
) -> None:
    tickets = desk.tickets
    own, created = tickets["id"][places], tickets["created"][places]
    closings = events.closings(own)
    tickets["resolved"][places] = np.where(closings != MISSING, closings, tickets["closed"][places])
    tickets["responded"][places] = answers.first(own, created, events.opened_by_agent(own))
    tickets["priority"][places] = priorities
    tickets.derive(places, ZoneTable.of(desk.help_zone))


def _read_texts(session: Session, desk: Desk, rules: exclusions.Rules, ids: Ids | None) -> None:
    """Set the columns that come from texts; ``ids`` None means all tickets."""
    tickets = desk.tickets
    own = tickets["id"] if ids is None else ids[tickets.find(ids)[1]]
    places = slice(None) if ids is None else tickets.find(own)[0]
    if rules.auto_replies:
        tickets["automatic"][places] = np.isin(own, exclusions.automatic(session, desk.schema, ids))
    if rules.subjects:
        hits = exclusions.matching_subjects(session, desk.schema, desk.dimensions, rules.subjects, own)
        tickets["subject_hit"][places] = np.isin(own, hits)


def _all(session: Session, rows: Scan) -> Words:
    return np.concatenate([np.empty((0, len(rows.words)), dtype=np.uint32), *scan.whole(session, rows)])


def _priorities(forms: Words, values: Words, own: Ids) -> npt.NDArray[np.int32]:
    """Return the priority id of each ticket (sorted ids), 0 without one: from its form entry of the lowest id."""
    result = np.zeros(len(own), dtype=np.int32)
    if not (len(forms) and len(values) and len(own)):
        return result
    values = values[np.argsort(values[:, 0], kind="stable")]
    places = np.minimum(np.searchsorted(values[:, 0], forms[:, 1]), len(values) - 1)
    answered = (values[places, 0] == forms[:, 1]) & (values[places, 1] != 0)
    tickets, priorities = forms[answered, 0].astype(np.int32), values[places[answered], 1].astype(np.int32)
    order = np.argsort(forms[answered, 1], kind="stable")
    tickets, first = np.unique(tickets[order], return_index=True)
    where = np.minimum(np.searchsorted(own, tickets), len(own) - 1)
    known = own[where] == tickets
    result[where[known]] = priorities[order][first[known]]
    return result


def _differing_blocks(session: Session, desk: Desk, rows: Scan, checksum: str) -> list[int]:
    """Return the blocks of ticket ids whose count or sum of checksums is not that of the frame."""
    keep = f" AND {rows.keep}" if rows.keep else ""
    low, high = scan.bounds(session, rows)
    own_block = desk.tickets["id"] // BLOCK
    counts = np.bincount(own_block)
    sums = np.bincount(own_block, weights=desk.tickets["checksum"])
    own = {int(block): (int(counts[block]), int(sums[block])) for block in np.flatnonzero(counts)}
    theirs: dict[int, tuple[int, int]] = {}
    per_query = 20 * BLOCK  # short statements: none comes near the statement timeout
    for start in range(low // BLOCK * BLOCK, high + 1, per_query):
        found = session.raw(
            f"SELECT {rows.key} DIV {BLOCK}, COUNT(*), SUM({checksum}) FROM {rows.source}"
            f" WHERE {rows.key} BETWEEN {start} AND {start + per_query - 1}{keep} GROUP BY 1"
        )
        theirs |= {int(block): (int(count), int(total)) for block, count, total in found}
    return sorted(block for block in own.keys() | theirs.keys() if own.get(block) != theirs.get(block))


def _replace_block(desk: Desk, matrix: Words, block: int) -> Ids:
    """Put a block's rows as they are now into the frame; return the ids that differed."""
    rows = desk.columns(matrix)
    own = desk.tickets["id"]
    inside = slice(*np.searchsorted(own, [block * BLOCK, block * BLOCK + BLOCK]))
    before = dict(zip(own[inside].tolist(), desk.tickets["checksum"][inside].tolist(), strict=True))
    after = dict(zip(rows["id"].tolist(), rows["checksum"].tolist(), strict=True))
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    desk.tickets.remove(np.array(sorted(before.keys() - after.keys()), dtype=np.int32))
    desk.tickets.update(rows)
    return np.array(sorted(changed), dtype=np.int32)
