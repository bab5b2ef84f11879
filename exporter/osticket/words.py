"""The columns that are read in bulk, as words (see dialect), and what their matrices mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.osticket.dialect import BAD, Dialect, Words, seconds
from exporter.osticket.dimensions import EVENTS, SOURCES, Dimensions
from exporter.osticket.schema import Schema
from exporter.zones import ZoneTable

Ints = npt.NDArray[np.int64]

# thread_entry.flags: hidden older revision, written by the system, moved over from a merged child.
_NOT_A_RESPONSE: Final = 0x4 | 0x80 | 0x400
# ticket.flags of merged children: combined or separate.
_MERGED: Final = 0x3
_TYPES: Final = ("T", "A", "C")
TICKET_THREAD, TASK_THREAD, MERGED_THREAD = 1, 2, 3


@dataclass(frozen=True, slots=True)
class EventWords:
    """A matrix of :func:`events` in columns.

    Attributes:
        kinds: index in ``EVENTS``, -1 for kinds that do not matter here.
        written: the event's own thread type (``TICKET_THREAD`` …), 0 where it has none.
        by_agent: whether an agent did it.
    """

    ids: Ints
    threads: Ints
    kinds: npt.NDArray[np.int8]
    written: npt.NDArray[np.int8]
    by_agent: npt.NDArray[np.bool_]
    matrix: Words

    @classmethod
    def of(cls, matrix: Words, dimensions: Dimensions) -> "EventWords":
        """Split the bits."""
        bits = matrix[:, 2]
        initials = np.zeros(256, dtype=np.int8)
        for place, name in enumerate(_TYPES, 1):
            initials[ord(name)] = place
        by_agent: npt.NDArray[np.bool_] = ((bits >> 20) & 255) == ord("S")
        return cls(
            ids=matrix[:, 0].astype(np.int64),
            threads=matrix[:, 1].astype(np.int64),
            kinds=dimensions.kinds()[bits & 4095],
            written=initials[(bits >> 12) & 255],
            by_agent=by_agent,
            matrix=matrix,
        )


@dataclass(frozen=True, slots=True)
class Scan:
    """A bulk reading of one table.

    Attributes:
        source: quoted table name.
        key: the primary key, by whose ranges the table is read.
        words: SQL expressions; the first is what callers select rows by where it is not the key.
        keep: condition on the rows of interest, or None for all.
    """

    source: str
    key: str
    words: Sequence[str]
    keep: str | None = None


def tickets(schema: Schema, dialect: Dialect) -> Scan:
    """Words: id, user, status, department, SLA, topic, agent, team, bits; then five dates of two words each."""
    merged = "0"
    if schema.has("ticket", "ticket_pid") and schema.has("ticket", "flags"):
        merged = f"CASE WHEN ticket_pid IS NULL THEN 0 ELSE 2*(ticket_pid<>0 AND (flags & {_MERGED})<>0) END"
    # Where the column is an enumeration its index is the cheapest word; custom ways in are then known too.
    source = "(source+0)" if schema.sources else dialect.choice("source", SOURCES)
    bits = f"(isanswered<>0)+{merged}+4*{source}"
    plain = ("ticket_id", "user_id", "status_id", "dept_id", "sla_id", "topic_id", "staff_id", "team_id", bits)
    dates = ("created", "closed", "lastupdate", "duedate", "est_duedate")
    return Scan(
        schema.table("ticket"), "ticket_id", [*plain, *(word for column in dates for word in dialect.date(column))]
    )


def threads(schema: Schema, dialect: Dialect) -> Scan:
    """Words: id, object id, type (TICKET_THREAD …, 0 for others)."""
    return Scan(schema.table("thread"), "id", ["id", "object_id", dialect.choice("object_type", _TYPES)])


def events(schema: Schema, dialect: Dialect, dimensions: Dimensions) -> Scan:
    """Words: id, thread, bits (event id, initial of the thread's type << 12, of the actor's << 20), two of a timestamp.

    Nothing is chosen or translated by the server: the log is the longest table, and NumPy does both for nothing.
    """
    kind = "COALESCE(event_id,0)" if dimensions.logs_by_id else dialect.choice("state", EVENTS)
    thread_type = dialect.code("thread_type") if schema.has("thread_event", "thread_type") else "0"
    bits = f"{kind}+4096*{thread_type}+1048576*{dialect.code('uid_type')}"
    return Scan(schema.table("thread_event"), "id", ["id", "thread_id", bits, *dialect.date("`timestamp`")])


def responses(schema: Schema, dialect: Dialect) -> Scan:
    """Words: thread, created in two words; only what counts as an answer of an agent."""
    keep = f"type='R' AND (flags & {_NOT_A_RESPONSE})=0"
    return Scan(schema.table("thread_entry"), "id", ["thread_id", *dialect.date("created")], keep)


def entries(schema: Schema) -> Scan:
    """Words: id, thread, of every thread entry: a new one means that its ticket changed."""
    return Scan(schema.table("thread_entry"), "id", ["id", "thread_id"])


def forms(schema: Schema, dimensions: Dimensions) -> Scan:
    """Words: ticket, form entry, of the ticket details."""
    keep = f"object_type='T' AND object_id IS NOT NULL AND form_id IN ({_list(dimensions.ticket_forms)})"
    return Scan(schema.table("form_entry"), "id", ["object_id", "id"], keep)


def priorities(schema: Schema, dimensions: Dimensions) -> Scan:
    """Words: form entry, priority id."""
    keep = f"field_id IN ({_list(dimensions.priority_fields)})"
    return Scan(schema.table("form_entry_values"), "entry_id", ["entry_id", "COALESCE(value_id,0)"], keep)


def _list(ids: Sequence[int]) -> str:
    return ",".join(map(str, ids)) or "NULL"


def decode_tickets(words: Words, zone: ZoneTable) -> Mapping[str, npt.NDArray[np.generic]]:
    """Turn a matrix of :func:`tickets` into columns; dates in UTC seconds, ``BAD`` or ``MISSING``."""
    plain = ("id", "user", "status", "queue", "sla", "topic", "agent", "team")
    columns: dict[str, npt.NDArray[np.generic]] = {
        name: np.ascontiguousarray(words[:, place]).astype(np.int32) for place, name in enumerate(plain)
    }
    bits = words[:, 8]
    columns["answered"] = (bits & 1).astype(np.bool_)
    columns["merged"] = ((bits >> 1) & 1).astype(np.bool_)
    columns["source"] = (bits >> 2).astype(np.int8)
    created, closed, updated, due, estimated = (moments(words, 9 + 2 * place, zone) for place in range(5))
    columns["zero_date"] = np.logical_or.reduce([dates == BAD for dates in (created, closed, updated, due, estimated)])
    columns |= {"created": created, "closed": closed, "updated": updated}
    columns["due"] = np.where(due > BAD, due, estimated)
    return columns


def moments(words: Words, place: int, zone: ZoneTable) -> Ints:
    """Turn the two words of a date at ``place`` into UTC seconds; ``BAD`` and ``MISSING`` stay."""
    local = seconds(words[:, place], words[:, place + 1])
    return np.where(local > BAD, zone.to_utc(local), local)
