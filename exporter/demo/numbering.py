"""Row ids as osTicket's auto-increments would have given them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.demo.cast import Cast
from exporter.demo.tickets import Tickets

Ints = npt.NDArray[np.int64]

_TASK_EVERY: Final = 60  # tickets; a task takes a thread id, so thread ids are not ticket ids


@dataclass(frozen=True, slots=True)
class Numbers:
    """Ids by ticket (index into the history) and by person.

    Attributes:
        ticket, thread, form_entry: ids by ticket.
        tasks: threads of tasks; task ``n`` (from 0) has the id ``n + 1``.
        task_created: when each task was made.
        newcomer: tickets by which their requester became known, in order.
        user: ``ost_user.id`` by person, 0 for those who never asked.
        email: id of the default address by person.
        second: id of the other address by person, 0 without one.
    """

    ticket: Ints
    thread: Ints
    form_entry: Ints
    tasks: Ints
    task_created: Ints
    newcomer: Ints
    user: Ints
    email: Ints
    second: Ints


def number(tickets: Tickets, cast: Cast) -> Numbers:
    """Give every row its id, in the order of creation."""
    size = len(tickets)
    ticket = np.arange(1, size + 1)
    tasks = np.arange(1, size // _TASK_EVERY + 1)
    people, first = np.unique(tickets.person, return_index=True)
    order = np.argsort(first)
    people, newcomer = people[order], first[order]
    new = np.zeros(size, dtype=np.int64)
    new[newcomer] = 1
    user = np.zeros(len(cast), dtype=np.int64)
    user[people] = np.arange(1, len(people) + 1)
    several = cast.second[people] != ""
    # Every other person with two addresses wrote from the other one first: its id is the lower one.
    other_first = several & (people % 2 == 0)
    before = np.concatenate([[0], np.cumsum(1 + several)[:-1]])
    email, second = np.zeros_like(user), np.zeros_like(user)
    email[people] = before + 1 + other_first
    second[people] = np.where(several, before + 2 - other_first, 0)
    return Numbers(
        ticket=ticket,
        thread=ticket + ticket // _TASK_EVERY,
        form_entry=ticket + np.cumsum(new),
        tasks=(_TASK_EVERY + 1) * tasks - 1,
        task_created=tickets.created[_TASK_EVERY * tasks - 1],
        newcomer=newcomer,
        user=user,
        email=email,
        second=second,
    )
