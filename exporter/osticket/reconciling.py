"""The reconciliation: finds what changed without a trace.

Bulk statements, deletions in old releases and restored rows leave no event. Checksums of blocks of the ticket table are
compared, and only the blocks that differ are read again. The log, the answers and the priorities are read again as a
whole: reading their few columns costs the server no more than a checksum of them would.
"""

import logging
from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.osticket import requesters, scan
from exporter.osticket.database import Session
from exporter.osticket.desk import Desk, Options
from exporter.osticket.dialect import Words
from exporter.osticket.dimensions import EVENTS
from exporter.osticket.joining import read_history, read_texts
from exporter.osticket.loading import ReloadNeeded
from exporter.osticket.updating import RELOAD, update
from exporter.osticket.words import Scan

Ids = npt.NDArray[np.int32]

log = logging.getLogger(__name__)

BLOCK: Final = 10_000


def reconcile(session: Session, desk: Desk, options: Options, now: float) -> int:
    """Compare the frame with the whole database and mend it; return the number of tickets that differed.

    Raises:
        ReloadNeeded: the memory does not belong to this database, or the server has no checksums.
    """
    # First what left a trace: a changed subject, say, shows in no checksum.
    update(session, desk, options, now)
    desk.requesters = requesters.read(session, desk.schema, options.site_domains, options.rules.senders)
    rows = desk.ticket_scan(session.dialect, options.since)
    checksum = session.dialect.checksum(rows.words)
    if checksum is None:
        raise ReloadNeeded("this server has no checksums", logging.DEBUG)
    top = scan.bounds(session, rows)[1]
    for block in _differing_blocks(session, desk, rows, checksum):
        matrix = scan.between(session, rows, block * BLOCK, block * BLOCK + BLOCK - 1)
        desk.unfinished = np.union1d(desk.unfinished, _replace_block(desk, matrix, block))
    differed = desk.unfinished
    before = desk.event_counts
    read_history(session, desk)
    _say_purged(before, desk.event_counts)
    if len(differed):
        read_texts(session, desk, options.rules, differed if len(differed) <= RELOAD else None)
    desk.unfinished = differed[:0]
    desk.marks.tickets = top
    return len(differed)


def _say_purged(before: npt.NDArray[np.int64], after: npt.NDArray[np.int64]) -> None:
    fewer = [
        f"{event} {old} -> {new}"
        for event, old, new in zip(EVENTS, before.tolist(), after.tolist(), strict=True)
        if new < old
    ]
    if fewer:
        log.warning(
            "tickets: the event log was shortened (%s): osticket_ticket_events_total goes on from there, which "
            "Prometheus takes for a reset",
            ", ".join(fewer),
        )


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
