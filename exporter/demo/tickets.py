"""Tickets as columns: what the generator decides about each before any row is written."""

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

NEVER: Final = -1
"""A moment that did not happen; NULL in the database."""
NOBODY: Final = -1
SOURCES: Final = ("Web", "Email", "Phone", "API", "Other")
WEB, EMAIL, PHONE, API, OTHER = range(5)

ORDINARY, CHILD, AUTOMATIC, DELETED = range(4)
"""Kinds of tickets: counted ones, children of a merge, automatic replies, rows that are gone but for their events."""


@dataclass(frozen=True, slots=True)
class Tickets:
    """One value per ticket, ascending by ``created``; moments are seconds since the epoch or :data:`NEVER`.

    Attributes:
        kind: ORDINARY, CHILD, AUTOMATIC or DELETED.
        created, answered, first_closed, reopened, closed, last: the moments of its life; ``first_closed`` is the
            closing that ``reopened`` undid, ``last`` the last activity, for DELETED the deletion.
        follow_up: a later message of the requester.
        person: index into the cast.
        subject, body: indexes into the texts.
        priority, topic, queue, first_queue, sla, team, staff, status: ids; ``first_queue`` before a transfer.
        source: index into :data:`SOURCES`.
        due: a due date set by hand.
        parent: index of the ticket that a CHILD was merged into, or that a linked ticket belongs to.
        mail: which headers its mail bears (index, see :mod:`exporter.demo.rows`).
    """

    kind: Ints
    created: Ints
    answered: Ints
    follow_up: Ints
    first_closed: Ints
    reopened: Ints
    closed: Ints
    last: Ints
    person: Ints
    subject: Ints
    body: Ints
    priority: Ints
    topic: Ints
    queue: Ints
    first_queue: Ints
    sla: Ints
    team: Ints
    staff: Ints
    status: Ints
    source: Ints
    due: Ints
    parent: Ints
    mail: Ints

    def __len__(self) -> int:
        return len(self.kind)

    @classmethod
    def empty(cls, size: int) -> Self:
        """Return ``size`` tickets of which nothing is known yet: every column -1."""
        return cls(**{field.name: np.full(size, NEVER, dtype=np.int64) for field in fields(cls)})

    def take(self, rows: Ints) -> Self:
        """Return the tickets at ``rows``, in that order (``parent`` as it stands)."""
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def joined(self, *others: Self) -> Self:
        """Return this and the others as one, sorted by creation. All ``parent`` values are indexes into this one."""
        parts = (self, *others)
        columns = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(self)}
        order = np.argsort(columns["created"], kind="stable")
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        columns = {name: values[order] for name, values in columns.items()}
        columns["parent"] = np.where(columns["parent"] >= 0, place[columns["parent"]], NOBODY)
        return type(self)(**columns)
