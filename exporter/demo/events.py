"""A history as osTicket's event log."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.demo import fixed
from exporter.demo.cast import Cast
from exporter.demo.lives import estimated_due
from exporter.demo.numbering import Numbers
from exporter.demo.rows import Rows, by_agent
from exporter.demo.tickets import CHILD, DELETED, NOBODY, ORDINARY, Tickets
from exporter.demo.writer import Moments, Nullable, Words

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_SYSTEM: Final = 0
_AGENTS: Final = len(fixed.STAFF)
# What the column ``data`` may say.
_DATA: Final = (
    '{"status":[2,"Resolved"]}',
    '{"status":[3,"Closed"]}',
    '{"status":[4,"Archived"]}',
    '{"fields":{"22":[[2,"Normal"],[3,"High"]]}}',
    *(f'{{"staff":[{number},"{first} {last}"]}}' for number, (_, first, last, _) in enumerate(fixed.STAFF, 1)),
    *(f'{{"dept":"{name}"}}' for _, _, name, _ in fixed.DEPARTMENTS),
)
_EDITED: Final = 3
_STAFF_DATA: Final = 4
_QUEUE_DATA: Final = _STAFF_DATA + _AGENTS


@dataclass(frozen=True, slots=True)
class _Part:
    """Events of one kind: ``rows`` are tickets, ``actor`` a staff id, minus a person's index minus 1, or _SYSTEM."""

    event: str
    rows: Ints
    at: Ints
    actor: Ints
    queue: Ints
    data: Ints
    annulled: int = 0


def event_rows(tickets: Tickets, numbers: Numbers, cast: Cast, *, now: int) -> Rows:
    """Return the event log, ids ascending with time.

    Deleted tickets' events have thread 0 but for the last one, ``deleted``, which bears the thread's dead id.
    """
    parts = _parts(tickets, now)
    size = sum(len(part.rows) for part in parts)
    rows = np.concatenate([part.rows for part in parts])
    event = np.repeat([fixed.EVENT_ID[part.event] for part in parts], [len(part.rows) for part in parts])
    annulled = np.repeat([part.annulled for part in parts], [len(part.rows) for part in parts])
    at, actor, queue, data = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("at", "actor", "queue", "data")
    )
    gone = (tickets.kind[rows] == DELETED) & (event != fixed.EVENT_ID["deleted"])
    thread = np.where(gone, 0, numbers.thread[rows])
    tasks = len(numbers.tasks)
    order = np.argsort(np.concatenate([at, numbers.task_created]), kind="stable")

    def with_tasks(values: Ints, of_task: Ints | int) -> Ints:
        return np.concatenate([values, np.broadcast_to(of_task, tasks)])[order]

    person = np.where(actor < 0, -actor - 1, 0)
    uid = np.where(actor > 0, actor, np.where(actor < 0, numbers.user[person], NOBODY))
    names = ["SYSTEM", *(user for user, *_ in fixed.STAFF), *cast.name.tolist()]
    name = np.where(actor >= 0, actor, 1 + _AGENTS + person)
    assigned = np.isin(event, [fixed.EVENT_ID["created"], fixed.EVENT_ID["transferred"]])
    return "thread_event", size + tasks, {
        "id": np.arange(1, size + tasks + 1),
        "thread_id": with_tasks(thread, numbers.tasks),
        "thread_type": Words(("T", "A"), with_tasks(np.zeros(size, dtype=np.int64), 1)),
        "event_id": with_tasks(event, fixed.EVENT_ID["created"]),
        "staff_id": with_tasks(np.where(assigned, 0, tickets.staff[rows]), 1),
        "team_id": with_tasks(tickets.team[rows], 0),
        "dept_id": with_tasks(queue, 1),
        "topic_id": with_tasks(tickets.topic[rows], 0),
        "data": Words(_DATA, with_tasks(data, NOBODY)),
        "username": Words(names, with_tasks(name, 1)),
        "uid": Nullable(with_tasks(uid, 1)),
        "uid_type": Words(("S", "U"), with_tasks((actor < 0).astype(np.int64), 0)),
        "annulled": with_tasks(annulled, 0),
        "timestamp": Moments(np.concatenate([at, numbers.task_created])[order]),
    }  # fmt: skip


def _parts(tickets: Tickets, now: int) -> list[_Part]:
    everything = np.arange(len(tickets))
    agent = np.where(tickets.staff > 0, tickets.staff, 1 + everything % _AGENTS)
    requester = -tickets.person - 1
    nothing = np.full(len(tickets), NOBODY)
    ordinary = tickets.kind == ORDINARY
    until = np.where(tickets.closed >= 0, tickets.closed, now)
    early = tickets.created + (np.where(tickets.answered >= 0, tickets.answered, until) - tickets.created) // 3
    due = np.where(tickets.due >= 0, tickets.due, estimated_due(tickets))
    child = tickets.kind == CHILD
    status = np.maximum(tickets.status, fixed.RESOLVED) - fixed.RESOLVED

    def part(event: str, which: Bools, at: Ints, actor: Ints, data: Ints = nothing) -> _Part:
        rows = np.flatnonzero(which)
        queue = tickets.first_queue if event in ("created", "assigned") else tickets.queue
        return _Part(event, rows, at[rows], actor[rows], queue[rows], data[rows])

    moved = tickets.queue != tickets.first_queue
    assigned = ordinary & (tickets.staff > 0) & (everything % 5 > 0)
    parents = tickets.parent[child]
    merged = tickets.closed[child]
    return [
        part("created", everything >= 0, tickets.created, np.where(by_agent(tickets), agent, requester)),
        part("transferred", moved, early, agent, _QUEUE_DATA + tickets.queue - 1),
        part("assigned", assigned, early + 1, agent, _STAFF_DATA + np.maximum(tickets.staff, 1) - 1),
        part("edited", ordinary & (everything % 23 == 7), early + 2, agent, np.full(len(tickets), _EDITED)),
        part("overdue", ordinary & (due >= 0) & (due < until), due, nothing * 0 + _SYSTEM),
        replace(part("closed", tickets.first_closed >= 0, tickets.first_closed, agent, nothing * 0 + 1), annulled=1),
        part("reopened", tickets.reopened >= 0, tickets.reopened, requester),
        _Part("merged", parents, merged, agent[child], tickets.queue[parents], nothing[parents]),
        part("merged", child, tickets.closed, agent),
        part("closed", tickets.closed >= 0, tickets.closed, agent, status),
        part("deleted", tickets.kind == DELETED, tickets.last, agent),
    ]
