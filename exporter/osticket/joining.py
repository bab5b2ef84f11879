"""What belongs to a ticket but stands in other tables: its log, its answers, its priority, its texts."""

import numpy as np
import numpy.typing as npt

from exporter.osticket import exclusions, scan, words
from exporter.osticket.database import Session
from exporter.osticket.desk import Desk, Mark
from exporter.osticket.dialect import MISSING, Words
from exporter.osticket.history import Events, Responses, Threads
from exporter.osticket.words import TICKET_THREAD, Scan
from exporter.zones import ZoneTable

Ids = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]


def read_history(session: Session, desk: Desk) -> None:
    """Read the log, the answers and the priorities of all tickets."""
    schema, dialect, zone = desk.schema, session.dialect, desk.zones.database
    threads = Threads.from_words(_all(session, desk.thread_scan(session.dialect)))
    event_mark, entry_mark = Mark(), Mark()
    # The log is read to its mark and no further: without snapshots (MyISAM) it grows meanwhile, and what is beyond
    # the mark is counted by the next update.
    log_scan, entry_scan = desk.event_scan(session.dialect), words.entries(schema)
    event_mark.high = scan.bounds(session, log_scan)[1]
    entry_mark.high = scan.bounds(session, entry_scan)[1]
    log = scan.whole(session, log_scan, event_mark.high)
    events = Events.from_words((desk.events(part) for part in log), threads, zone)
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


def read_some(session: Session, desk: Desk, places: Places) -> None:
    """Read log, answers and priorities of the tickets at some places of the frame."""
    ids = desk.tickets["id"][places]
    dialect, zone = session.dialect, desk.zones.database
    desk.threads.update(scan.among(session, desk.thread_scan(dialect), "object_id", ids))
    # One pass over small integers: no index by ticket is kept.
    threads = desk.threads.ids[(desk.threads.kinds == TICKET_THREAD) & np.isin(desk.threads.objects, ids)]
    log = desk.events(scan.among(session, desk.event_scan(dialect), "thread_id", threads))
    answers = scan.among(session, words.responses(desk.schema, dialect), "thread_id", threads)
    forms = scan.among(session, words.forms(desk.schema, desk.dimensions), "object_id", ids)
    values = scan.among(session, words.priorities(desk.schema, desk.dimensions), "entry_id", forms[:, 1])
    _set_history(
        desk,
        places,
        Events.from_words([log], desk.threads, zone),
        Responses.from_words([answers], desk.threads, zone),
        _priorities(forms, values, ids),
    )


def read_texts(session: Session, desk: Desk, rules: exclusions.Rules, ids: Ids | None) -> None:
    """Set the columns that come from texts; ``ids`` None means all tickets."""
    tickets = desk.tickets
    own = tickets["id"] if ids is None else ids[tickets.find(ids)[1]]
    places = slice(None) if ids is None else tickets.find(own)[0]
    if rules.auto_replies:
        tickets["automatic"][places] = np.isin(own, exclusions.automatic(session, desk.schema, ids))
    if rules.subjects:
        hits = exclusions.matching_subjects(session, desk.schema, desk.dimensions, rules.subjects, own)
        tickets["subject_hit"][places] = np.isin(own, hits)


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


def _all(session: Session, rows: Scan) -> Words:
    return np.concatenate([np.empty((0, len(rows.words)), dtype=np.uint32), *scan.whole(session, rows)])


def _priorities(forms: Words, values: Words, own: Ids) -> npt.NDArray[np.int32]:
    """Return the priority id of each ticket (sorted ids), 0 without one: from its form entry of the lowest id."""
    result = np.zeros(len(own), dtype=np.int32)
    if not (len(forms) and len(values) and len(own)):
        return result
    values, forms = _sorted(values, 0), _sorted(forms, 1)
    places = np.minimum(np.searchsorted(values[:, 0], forms[:, 1]), len(values) - 1)
    answered = (values[places, 0] == forms[:, 1]) & (values[places, 1] != 0)
    tickets, priorities = forms[answered, 0].astype(np.int32), values[places[answered], 1].astype(np.int32)
    tickets, first = np.unique(tickets, return_index=True)
    where = np.minimum(np.searchsorted(own, tickets), len(own) - 1)
    known = own[where] == tickets
    result[where[known]] = priorities[first[known]]
    return result


def _sorted(matrix: Words, column: int) -> Words:
    """Return the rows in order of a column; what was read in ranges of it is in order already."""
    values = matrix[:, column]
    if (values[1:] >= values[:-1]).all():
        return matrix
    return matrix[np.argsort(values, kind="stable")]
