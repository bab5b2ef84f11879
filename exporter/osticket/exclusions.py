"""Texts that decide whether a ticket counts: mail headers of the original message, and the subject.

They are read in the process, matched, and forgotten; nothing of them leaves it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from exporter.osticket.auto_reply import HINTS, is_automatic
from exporter.osticket.database import Session
from exporter.osticket.dimensions import Dimensions
from exporter.osticket.schema import Schema

Ids = npt.NDArray[np.int32]

REASONS: Final = ("merged", "auto_reply", "sender", "subject", "topic")
_IDS_PER_QUERY: Final = 2_000
_MAILS_PER_QUERY: Final = 5_000
# The message that opened the ticket: the flag alone also marks those that came over from merged children.
_ORIGINAL: Final = "te.type='M' AND (te.flags & 1025)=1"  # ORIGINAL_MESSAGE, not CHILD


@dataclass(frozen=True, slots=True)
class Rules:
    """What is excluded, from the configuration.

    Attributes:
        auto_replies: whether automatic replies are.
        senders: shell patterns of default addresses.
        subjects: regular expressions, searched in the subject without regard to case.
        topics: topics by name, full path or id.
    """

    auto_replies: bool = True
    senders: Sequence[str] = ()
    subjects: Sequence[str] = ()
    topics: Sequence[str] = ()


def automatic(session: Session, schema: Schema, ids: Ids | None = None) -> Ids:
    """Return the tickets whose original message is automatic, sorted.

    Args:
        ids: look at these tickets only; None: at all, in ranges of the mail table's key.
    """
    mails = schema.table("thread_entry_email")
    hints = " OR ".join(f"em.headers LIKE '%{hint}%'" for hint in HINTS)
    sql = (
        f"SELECT th.object_id, te.id, em.headers FROM {mails} em"
        f" JOIN {schema.table('thread_entry')} te ON te.id=em.thread_entry_id"
        f" JOIN {schema.table('thread')} th ON th.id=te.thread_id"
        f" WHERE th.object_type='T' AND {_ORIGINAL} AND em.headers IS NOT NULL AND ({hints}) AND "
    )
    found = {
        (int(ticket), int(entry))
        for condition in (_mail_ranges(session, mails) if ids is None else _lists("th.object_id", ids))
        for ticket, entry, headers in session.rows(sql + condition)
        if is_automatic(str(headers))
    }
    candidates = np.array(sorted({ticket for ticket, _ in found}), dtype=np.int32)
    first = _originals(session, schema, candidates)
    return np.array([ticket for ticket in candidates.tolist() if (ticket, first.get(ticket)) in found], dtype=np.int32)


def _originals(session: Session, schema: Schema, ids: Ids) -> dict[int, int]:
    """Return the entry that is the original message of each ticket: of several, the oldest."""
    sql = (
        f"SELECT th.object_id, MIN(te.id) FROM {schema.table('thread')} th"
        f" JOIN {schema.table('thread_entry')} te ON te.thread_id=th.id WHERE th.object_type='T' AND {_ORIGINAL} AND "
    )
    return {
        int(ticket): int(entry)
        for condition in _lists("th.object_id", ids)
        for ticket, entry in session.rows(f"{sql}{condition} GROUP BY th.object_id")
    }


def matching_subjects(
    session: Session, schema: Schema, dimensions: Dimensions, patterns: Sequence[str], ids: Ids
) -> Ids:
    """Return those of the tickets whose subject matches one of the patterns, sorted.

    The subject is the form's, else the title of the original message.
    """
    searches = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    found = {
        ticket
        for ticket, subject in _subjects(session, schema, dimensions, ids)
        if any(search.search(subject) for search in searches)
    }
    return np.array(sorted(found), dtype=np.int32)


def _subjects(session: Session, schema: Schema, dimensions: Dimensions, ids: Ids) -> Iterator[tuple[int, str]]:
    forms = ",".join(map(str, dimensions.ticket_forms)) or "NULL"
    fields = ",".join(map(str, dimensions.subject_fields)) or "NULL"
    form_sql = (
        f"SELECT fe.object_id, v.value FROM {schema.table('form_entry')} fe"
        f" JOIN {schema.table('form_entry_values')} v ON v.entry_id=fe.id"
        f" WHERE fe.object_type='T' AND fe.form_id IN ({forms}) AND v.field_id IN ({fields}) AND "
    )
    title_sql = (
        f"SELECT th.object_id, te.title FROM {schema.table('thread')} th"
        f" JOIN {schema.table('thread_entry')} te ON te.thread_id=th.id"
        f" WHERE th.object_type='T' AND {_ORIGINAL} AND "
    )
    for of_forms, of_threads in zip(_lists("fe.object_id", ids), _lists("th.object_id", ids), strict=True):
        titles = _first_texts(session.rows(f"{title_sql}{of_threads} ORDER BY te.id DESC"))
        forms_texts = _first_texts(session.rows(f"{form_sql}{of_forms} ORDER BY fe.id DESC"))
        yield from (titles | forms_texts).items()


def _first_texts(rows: Sequence[tuple[Any, ...]]) -> dict[int, str]:
    """Return the text by ticket; rows come newest first, so that the oldest stays. Empty texts do not count."""
    return {int(ticket): str(text) for ticket, text in rows if text}


def _lists(column: str, ids: Ids) -> Iterator[str]:
    for start in range(0, len(ids), _IDS_PER_QUERY):
        yield f"{column} IN ({','.join(map(str, ids[start : start + _IDS_PER_QUERY].tolist()))})"


def _mail_ranges(session: Session, mails: str) -> Iterator[str]:
    low, high = session.rows(f"SELECT COALESCE(MIN(id),1), COALESCE(MAX(id),0) FROM {mails}")[0]
    for start in range(int(low), int(high) + 1, _MAILS_PER_QUERY):
        yield f"em.id BETWEEN {start} AND {start + _MAILS_PER_QUERY - 1}"
