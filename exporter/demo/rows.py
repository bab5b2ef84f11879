"""A history as rows of the tables that have one row per ticket or per person."""

from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.demo import fixed
from exporter.demo.cast import Cast
from exporter.demo.lives import estimated_due
from exporter.demo.numbering import Numbers
from exporter.demo.texts import Texts
from exporter.demo.tickets import CHILD, DELETED, NEVER, NOBODY, PHONE, SOURCES, Tickets
from exporter.demo.writer import Column, Columns, Each, Moments, Nullable, Words

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Rows = tuple[str, int, Columns]
"""Table (osTicket's name for it), number of rows, columns."""

COMBINED, LINKED, PARENT = 0x1, 0x8, 0x10
"""Bits of ``ticket.flags``."""
_ADDRESS: Final = "192.0.2.10"


def ticket_rows(tickets: Tickets, numbers: Numbers, *, now: int) -> Rows:
    """Return the ticket table: all but the deleted ones."""
    rows = np.flatnonzero(tickets.kind != DELETED)
    kept = tickets.take(rows)
    est = estimated_due(kept)
    done = kept.closed >= 0
    due_at = np.where(kept.due >= 0, kept.due, est)
    flags = np.where(kept.kind == CHILD, COMBINED, 0)
    flags[np.isin(rows, tickets.parent[tickets.kind == CHILD])] |= COMBINED | PARENT
    ids = numbers.ticket[rows]
    return "ticket", len(rows), {
        "ticket_id": ids,
        "ticket_pid": Nullable(np.where(kept.parent >= 0, numbers.ticket[kept.parent], NOBODY)),
        "number": Each(lambda start, stop: [f"{id_ * 7919 % 1_000_000:06}" for id_ in ids[start:stop].tolist()]),
        "user_id": numbers.user[kept.person],
        "status_id": kept.status,
        "dept_id": kept.queue,
        "sla_id": kept.sla,
        "topic_id": kept.topic,
        "staff_id": kept.staff,
        "team_id": kept.team,
        "email_id": 1,
        "flags": flags,
        "ip_address": _ADDRESS,
        "source": Words(SOURCES, kept.source),
        "isoverdue": (~done & (due_at >= 0) & (due_at < now)).astype(np.int64),
        "isanswered": is_answered(kept).astype(np.int64),
        "duedate": Moments(np.where(done & (kept.due < kept.closed), NEVER, kept.due)),
        "est_duedate": Moments(np.where(done & (est < kept.closed), NEVER, est)),
        "reopened": Moments(kept.reopened),
        "closed": Moments(kept.closed),
        "lastupdate": Moments(kept.last),
        "created": Moments(kept.created),
        "updated": Moments(np.maximum(kept.last, kept.answered)),
    }  # fmt: skip


def is_answered(tickets: Tickets) -> Bools:
    """Whether the last word is an agent's."""
    waiting: Bools = (tickets.closed < 0) & (np.maximum(tickets.follow_up, tickets.reopened) > tickets.answered)
    answered: Bools = (tickets.answered >= 0) & ~waiting
    return answered


def has_farewell(tickets: Tickets) -> Bools:
    """Whether an agent wrote a last time when closing: on every other answered ticket."""
    latest = np.maximum(tickets.answered, tickets.follow_up)
    farewell: Bools = (tickets.answered >= 0) & (tickets.closed - latest > 120) & (tickets.created % 2 == 0)
    return farewell


def by_agent(tickets: Tickets) -> Bools:
    """Whether an agent opened the ticket (for somebody on the phone)."""
    told: Bools = tickets.source == PHONE
    return told


def thread_rows(tickets: Tickets, numbers: Numbers) -> list[Rows]:
    """Return the threads: of tickets, of merged children (type C) and of tasks (type A)."""
    rows = np.flatnonzero(tickets.kind != DELETED)
    kept = tickets.take(rows)
    response = np.where(has_farewell(kept), kept.closed - 60, kept.answered)
    return [
        (
            "thread",
            len(rows),
            {
                "id": numbers.thread[rows],
                "object_id": numbers.ticket[rows],
                "object_type": Words(("T", "C"), (kept.kind == CHILD).astype(np.int64)),
                "lastresponse": Moments(response),
                "lastmessage": Moments(np.maximum(kept.created, kept.follow_up)),
                "created": Moments(kept.created),
            },
        ),
        (
            "thread",
            len(numbers.tasks),
            {
                "id": numbers.tasks,
                "object_id": np.arange(1, len(numbers.tasks) + 1),
                "object_type": "A",
                "created": Moments(numbers.task_created),
            },
        ),
    ]


def form_rows(tickets: Tickets, numbers: Numbers, texts: Texts) -> list[Rows]:
    """Return the answers to the ticket form (subject, priority) and each requester's empty contact form."""
    rows = np.flatnonzero(tickets.kind != DELETED)
    kept = tickets.take(rows)
    entry = numbers.form_entry[rows]
    people = tickets.person[numbers.newcomer]

    def entries(id_: Ints, form: int, object_id: Ints, kind: str, created: Ints) -> Rows:
        columns: dict[str, Column] = {
            "id": id_, "form_id": form, "object_id": object_id, "object_type": kind, "sort": 0,
            "extra": '{"disable":[]}', "created": Moments(created), "updated": Moments(created),
        }  # fmt: skip
        return "form_entry", len(id_), columns

    names = ("", *fixed.PRIORITY_NAME.values())
    return [
        entries(entry, fixed.TICKET_FORM, numbers.ticket[rows], "T", kept.created),
        entries(
            numbers.form_entry[numbers.newcomer] - 1, 1, numbers.user[people], "U", tickets.created[numbers.newcomer]
        ),
        (
            "form_entry_values",
            len(rows),
            {"entry_id": entry, "field_id": fixed.SUBJECT_FIELD, "value": Words(texts.subjects.texts, kept.subject)},
        ),
        (
            "form_entry_values",
            len(rows),
            {
                "entry_id": entry,
                "field_id": fixed.PRIORITY_FIELD,
                "value": Words(names, kept.priority),
                "value_id": kept.priority,
            },
        ),
    ]


def user_rows(tickets: Tickets, numbers: Numbers, cast: Cast) -> list[Rows]:
    """Return the requesters and their addresses; a person becomes a user with the first ticket."""
    people = tickets.person[numbers.newcomer]
    created = Moments(tickets.created[numbers.newcomer])
    two = people[numbers.second[people] > 0]

    def addresses(who: Ints, ids: Ints, names: list[str]) -> Rows:
        texts = Words(names, np.arange(len(who)))
        return "user_email", len(who), {"id": ids, "user_id": numbers.user[who], "address": texts}

    users: Rows = ("user", len(people), {
        "id": numbers.user[people],
        "org_id": 0,
        "default_email_id": numbers.email[people],
        "name": Words(cast.name.tolist(), people),
        "created": created,
        "updated": created,
    })  # fmt: skip
    return [
        users,
        addresses(people, numbers.email[people], cast.address[people].tolist()),
        addresses(two, numbers.second[two], cast.second[two].tolist()),
    ]
