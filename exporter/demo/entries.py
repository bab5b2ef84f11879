"""A history as conversations: messages, answers, notes, and the mail headers of what came by mail."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.demo import fixed
from exporter.demo.cast import Cast
from exporter.demo.numbering import Numbers
from exporter.demo.rows import Rows, has_farewell
from exporter.demo.texts import AUTOMATIC_HEADERS, Texts, headers
from exporter.demo.tickets import AUTOMATIC, CHILD, DELETED, EMAIL, NOBODY, ORDINARY, SOURCES, Tickets
from exporter.demo.writer import Each, Moments, Words

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ORIGINAL, HIDDEN, BALANCED, SYSTEM, FROM_CHILD = 0x1, 0x4, 0x40, 0x80, 0x400
"""Bits of ``thread_entry.flags``."""
_TYPES: Final = ("M", "R", "N")
_MESSAGE, _RESPONSE, _NOTE = range(3)
_AGENT_NAMES: Final = ("SYSTEM", *(f"{first} {last}" for _, first, last, _ in fixed.STAFF))
_ZERO: Final = "0000-00-00 00:00:00"  # osTicket never sets ``updated`` of a new entry


@dataclass(frozen=True, slots=True)
class _Part:
    """Entries of one kind: ``rows`` are tickets; staff 0 is the requester, or the system where ``flags`` says so."""

    kind: int
    rows: Ints
    at: Ints
    staff: Ints
    flags: Ints
    body: Ints


def entry_rows(rng: np.random.Generator, tickets: Tickets, numbers: Numbers, cast: Cast, texts: Texts) -> list[Rows]:
    """Return the entries, ids ascending with time, the mail of the first messages, and where merged ones came from."""
    parts = _parts(rng, tickets, texts)
    lengths = [len(part.rows) for part in parts]
    size = sum(lengths)
    order = np.argsort(np.concatenate([part.at for part in parts]), kind="stable")
    rows, at, staff, flags, body = (
        np.concatenate([getattr(part, name) for part in parts])[order]
        for name in ("rows", "at", "staff", "flags", "body")
    )
    kind = np.repeat([part.kind for part in parts], lengths)[order]
    ids = np.arange(1, size + 1)
    original = np.zeros(len(tickets), dtype=np.int64)
    first = (flags & ORIGINAL) > 0
    original[rows[first]] = ids[first]
    home = np.where(tickets.kind[rows] == CHILD, tickets.parent[rows], rows)
    by_person = kind == _MESSAGE
    person = tickets.person[rows]
    entries: Rows = ("thread_entry", size, {
        "id": ids,
        "pid": np.where(first, 0, original[rows]),
        "thread_id": numbers.thread[home],
        "staff_id": staff,
        "user_id": np.where(by_person, numbers.user[person], 0),
        "type": Words(_TYPES, kind),
        "flags": flags,
        "poster": Words((*_AGENT_NAMES, *cast.name.tolist()), np.where(by_person, len(_AGENT_NAMES) + person, staff)),
        "source": Words((*SOURCES, ""), np.where(by_person, tickets.source[rows], len(SOURCES))),
        "title": Words(texts.subjects.texts, np.where(first, tickets.subject[rows], NOBODY)),
        "body": Words(texts.bodies.texts, body),
        "format": "html",
        "ip_address": "192.0.2.10",
        "created": Moments(at),
        "updated": _ZERO,
    })  # fmt: skip
    return [entries, _mail_rows(tickets, original, cast, texts), _merge_rows(tickets, numbers, original)]


def _parts(rng: np.random.Generator, tickets: Tickets, texts: Texts) -> list[_Part]:
    size = len(tickets)
    everything = np.arange(size)
    agent = np.where(tickets.staff > 0, tickets.staff, 1 + everything % len(fixed.STAFF))
    nobody = np.zeros(size, dtype=np.int64)
    until = np.where(tickets.closed >= 0, tickets.closed, tickets.last)

    def part(which: Bools, at: Ints, staff: Ints, what: tuple[int, int, str | Ints]) -> _Part:
        kind, flags, body = what
        rows = np.flatnonzero(which)
        text = texts.bodies.pick(rng, body, len(rows)) if isinstance(body, str) else body[rows]
        return _Part(kind, rows, at[rows], staff[rows], np.full(len(rows), flags), text)

    ordinary = tickets.kind == ORDINARY
    first_flags = ORIGINAL | BALANCED
    answered = tickets.answered >= 0
    return [
        part(ordinary | (tickets.kind == AUTOMATIC), tickets.created, nobody, (_MESSAGE, first_flags, tickets.body)),
        part(tickets.kind == CHILD, tickets.created, nobody, (_MESSAGE, first_flags | FROM_CHILD, tickets.body)),
        part(ordinary & (everything % 31 == 3), tickets.created, nobody, (_RESPONSE, SYSTEM, "received")),
        part(answered & (everything % 97 == 5), tickets.answered, agent, (_RESPONSE, HIDDEN, "answer")),
        part(answered, tickets.answered, agent, (_RESPONSE, 0, "answer")),
        part(tickets.follow_up >= 0, tickets.follow_up, nobody, (_MESSAGE, 0, "follow_up")),
        part(ordinary & (everything % 9 < 2), (tickets.created + until) // 2, agent, (_NOTE, 0, "note")),
        part(has_farewell(tickets), tickets.closed - 60, agent, (_RESPONSE, 0, "solved")),
    ]


def _mail_rows(tickets: Tickets, original: Ints, cast: Cast, texts: Texts) -> Rows:
    """Return headers for every first message that came by mail, automatic replies among them."""
    rows = np.flatnonzero((tickets.source == EMAIL) & (tickets.kind != DELETED))
    kinds = ("plain", *AUTOMATIC_HEADERS)
    ids = original[rows]

    def mids(start: int, stop: int) -> list[str]:
        return [f"<{id_}.demo@mail.example.edu>" for id_ in ids[start:stop].tolist()]

    def made(start: int, stop: int) -> list[str]:
        part = rows[start:stop]
        told = zip(
            tickets.mail[part].tolist(), cast.address[tickets.person[part]].tolist(), tickets.subject[part].tolist(),
            mids(start, stop), strict=True,
        )  # fmt: skip
        return [
            headers(kinds[kind], sender=sender, subject=texts.subjects.texts[subject], mid=mid)
            for kind, sender, subject, mid in told
        ]

    return "thread_entry_email", len(rows), {
        "thread_entry_id": ids, "email_id": 1, "mid": Each(mids), "headers": Each(made),
    }  # fmt: skip


def _merge_rows(tickets: Tickets, numbers: Numbers, original: Ints) -> Rows:
    """Return where the entries of merged children came from."""
    rows = np.flatnonzero(tickets.kind == CHILD)
    threads = numbers.thread[rows]
    return "thread_entry_merge", len(rows), {
        "thread_entry_id": original[rows],
        "data": Each(lambda start, stop: [f'{{"thread":{thread}}}' for thread in threads[start:stop].tolist()]),
    }  # fmt: skip
