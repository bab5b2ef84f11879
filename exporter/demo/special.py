"""Tickets that are not ordinary: children of merges, automatic replies, deleted ones."""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.demo import fixed
from exporter.demo.texts import AUTOMATIC_HEADERS, Texts
from exporter.demo.tickets import AUTOMATIC, CHILD, DELETED, EMAIL, NEVER, NOBODY, Tickets

Ints = npt.NDArray[np.int64]

_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR


def merged_children(rng: np.random.Generator, tickets: Tickets, texts: Texts, number: int, *, now: int) -> Tickets:
    """Return second tickets about the same thing by the same person, merged into the first within a day.

    There are fewer than ``number`` where the history is too short for so many.
    """
    asked_again = rng.integers(_HOUR // 6, _DAY, len(tickets))
    merged = tickets.created + asked_again + rng.integers(_HOUR // 3, 5 * _HOUR, len(tickets))
    ended = np.where(tickets.closed >= 0, tickets.closed, now)
    possible = np.flatnonzero((merged < ended) & (merged < now))
    parents = np.sort(rng.choice(possible, size=min(number, len(possible)), replace=False))
    child = tickets.take(parents)
    created, closed = (tickets.created + asked_again)[parents], merged[parents]
    nothing = np.full(len(parents), NEVER)
    return replace(
        child,
        kind=np.full(len(parents), CHILD),
        created=created,
        closed=closed,
        last=closed,
        answered=nothing,
        follow_up=nothing,
        first_closed=nothing,
        reopened=nothing,
        due=nothing,
        body=texts.first_messages(rng, child.subject),
        status=np.full(len(parents), fixed.CLOSED),
        staff=rng.integers(1, len(fixed.STAFF) + 1, len(parents)),
        queue=child.first_queue,
        parent=parents,
    )


def automatic_replies(rng: np.random.Generator, texts: Texts, tickets: Tickets, number: int, *, now: int) -> Tickets:
    """Return tickets that mail programs opened: absence notices and bounces after an answer of the desk."""
    answered = np.flatnonzero((tickets.answered >= 0) & (tickets.answered < now - 60))
    if not len(answered):
        return Tickets.empty(0)
    origin = tickets.take(rng.choice(answered, size=number))
    created = origin.answered + rng.integers(5, 55, number)
    closed = created + rng.integers(_HOUR, 3 * _DAY, number)
    closed = np.where(closed <= now, closed, NEVER)
    nothing = np.full(number, NEVER)
    return replace(
        origin,
        kind=np.full(number, AUTOMATIC),
        created=created,
        closed=closed,
        last=np.where(closed >= 0, closed, created),
        answered=nothing,
        follow_up=nothing,
        first_closed=nothing,
        reopened=nothing,
        due=nothing,
        subject=texts.subjects.pick(rng, "automatic", number),
        body=texts.bodies.pick(rng, "automatic", number),
        priority=np.full(number, fixed.NORMAL),
        topic=np.full(number, 1),
        queue=np.full(number, 1),
        first_queue=np.full(number, 1),
        status=np.where(closed >= 0, fixed.CLOSED, fixed.OPEN),
        source=np.full(number, EMAIL),
        mail=rng.integers(1, len(AUTOMATIC_HEADERS) + 1, number),
        parent=np.full(number, NOBODY),
    )


def deleted_tickets(rng: np.random.Generator, tickets: Tickets, number: int, *, now: int) -> Tickets:
    """Return tickets that somebody deleted soon after they came: spam, tests. Only their events remain."""
    model = tickets.take(
        np.sort(rng.integers(0, len(tickets), number)) if len(tickets) else np.zeros(0, dtype=np.int64)
    )
    size = len(model)
    created = np.minimum(model.created + rng.integers(1, _DAY, size), now)
    nothing = np.full(size, NEVER)
    return replace(
        model,
        kind=np.full(size, DELETED),
        created=created,
        last=np.minimum(created + rng.integers(_HOUR, 5 * _DAY, size), now),
        closed=nothing,
        answered=nothing,
        follow_up=nothing,
        first_closed=nothing,
        reopened=nothing,
        due=nothing,
        queue=model.first_queue,
        status=np.full(size, fixed.OPEN),
        parent=np.full(size, NOBODY),
    )
