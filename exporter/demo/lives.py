"""What happens to a ticket: answers, closings, reopenings, owners, due dates."""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.demo import fixed
from exporter.demo.cast import Cast
from exporter.demo.tickets import NEVER, Tickets

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DAY: Final = 86_400
GRACE: Final = np.array([0, *(hours * 3600 for _, _, hours in fixed.SLAS)])
"""Seconds that an SLA plan grants, by its id (0: no plan)."""

_SLOWER: Final = 2.2  # high-priority tickets are the hard ones: they take longer
_LONGEST: Final = 480 * DAY
_SHORTEST: Final = 900
_FORGOTTEN: Final = 0.003  # still open although their last activity is long past
_UNANSWERED: Final = 0.04  # closed without an answer
_REOPENED: Final = 0.045
_DUE_BY_HAND: Final = 0.03
_WEST: Final = 5 * 3600  # how far the desk's clock is behind UTC, near enough for office hours
_STAFF: Final = len(fixed.STAFF)
_TEAM_OF_QUEUE: Final = np.array([0, 1, 0, 2, 2, 3, 1, 2])  # by department id


def live(rng: np.random.Generator, tickets: Tickets, cast: Cast, *, published: int, now: int) -> Tickets:
    """Return the tickets with all their moments, owners and states.

    Args:
        rng: the dice.
        tickets: sorted by creation, with requesters, queues and priorities.
        cast: who asked. The first ``published`` tickets of a person have that person's mean duration exactly.
        published: how many tickets belong to the published period.
        now: the present, seconds since the epoch.
    """
    size = len(tickets)
    end = _ends(rng, tickets, cast, published)
    is_open = (end > now) | (rng.random(size) < _FORGOTTEN)
    closed = np.where(is_open, NEVER, end)
    until = np.minimum(end, now)
    answered = _first_answers(rng, tickets.created, until, is_open)
    undone = (rng.random(size) < _REOPENED) & (until - tickets.created > 2 * DAY)
    first_closed = np.where(undone, tickets.created + (until - tickets.created) * 2 // 5, NEVER)
    reopened = np.where(undone, first_closed + np.minimum((until - first_closed) // 3, 3 * DAY), NEVER)
    # A person's last word: on an open ticket it is its last activity, on a closed one it comes before the end.
    late = tickets.created + (rng.random(size) ** 2 * (until - tickets.created)).astype(np.int64)
    wrote = (rng.random(size) < 0.35) & (answered >= 0)
    follow_up = np.where(wrote, np.where(is_open, late, (np.maximum(answered, late) + until) // 2), NEVER)
    follow_up = np.where(is_open & (end <= now), end, follow_up)
    last = np.where(is_open, np.maximum.reduce([tickets.created, follow_up, reopened]), closed)
    priority_matters = np.where(tickets.priority >= fixed.HIGH, 0.98, 0.75)
    staff = np.where(~is_open | (rng.random(size) < priority_matters), rng.integers(1, _STAFF + 1, size), 0)
    return replace(
        tickets,
        answered=answered,
        follow_up=follow_up,
        first_closed=first_closed,
        reopened=reopened,
        closed=closed,
        last=last,
        staff=staff,
        team=np.where(rng.random(size) < 0.3, _TEAM_OF_QUEUE[tickets.queue], 0),
        status=_statuses(rng, closed, now),
        due=np.where(
            rng.random(size) < _DUE_BY_HAND, tickets.created + rng.integers(1, 30, size) * DAY // 2 * 2, NEVER
        ),
    )  # fmt: skip


def estimated_due(tickets: Tickets) -> Ints:
    """Return ``est_duedate``: creation (or reopening) plus the plan's grace; NEVER without a plan."""
    start = np.maximum(tickets.created, tickets.reopened)
    return np.where(tickets.sla > 0, start + GRACE[np.maximum(tickets.sla, 0)], NEVER)


def _ends(rng: np.random.Generator, tickets: Tickets, cast: Cast, published: int) -> Ints:
    """Return the last activity of every ticket, in the future for many of the newest.

    Durations are gamma distributed around the requester's mean, longer for high priorities. Those of the published
    period are scaled so that each requester's mean is met; what takes longer than a day ends in office hours.
    """
    size = len(tickets)
    noise = rng.gamma(0.9, 1 / 0.9, size) + 0.03
    noise *= np.where(tickets.priority >= fixed.HIGH, _SLOWER, 1.0)
    person = tickets.person[:published]
    number = np.bincount(person, minlength=len(cast))
    total = np.bincount(person, weights=noise[:published], minlength=len(cast))
    noise[:published] *= (number / np.maximum(total, 1e-9))[person]
    span = np.clip(noise * cast.mean_days[tickets.person] * DAY, _SHORTEST, _LONGEST)
    end = tickets.created + span.astype(np.int64)
    clock = (end - _WEST) % DAY
    office = 8 * 3600 + clock * 10 // 24
    return np.where((span > DAY) & (cast.mean_days[tickets.person] > 1), end - clock + office, end)


def _first_answers(rng: np.random.Generator, created: Ints, until: Ints, is_open: Bools) -> Ints:
    """Return the moments of the first answers: some hours for most, days for some, before the end."""
    size = len(created)
    delay = np.exp(rng.normal(np.log(4 * 3600), 1.2, size)).astype(np.int64) + 120
    too_late = created + delay >= until
    inside = created + ((until - created) * rng.uniform(0.1, 0.9, size)).astype(np.int64)
    answered = np.where(too_late, np.where(is_open, NEVER, inside), created + delay)
    return np.where(~is_open & (rng.random(size) < _UNANSWERED), NEVER, answered)


def _statuses(rng: np.random.Generator, closed: Ints, now: int) -> Ints:
    """Return status ids: closed by agents, resolved, a few of the oldest archived."""
    dice = rng.random(len(closed))
    old = closed < now - 3 * 365 * DAY
    done = np.where(dice < 0.6, fixed.CLOSED, np.where(old & (dice > 0.97), fixed.ARCHIVED, fixed.RESOLVED))
    return np.where(closed < 0, fixed.OPEN, done)
