"""What happened to each ticket: closings and first responses, from the event log and the thread."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from exporter.osticket.dialect import BAD, MISSING, Words
from exporter.osticket.dimensions import EVENTS
from exporter.osticket.words import MERGED_THREAD, TASK_THREAD, TICKET_THREAD, EventWords, moments
from exporter.zones import ZoneTable

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Replies that belong to the opening when an agent opens the ticket.
OPENING_SECONDS: Final = 60
_CREATED, _CLOSED, _REOPENED = (EVENTS.index(name) for name in ("created", "closed", "reopened"))


@dataclass(slots=True)
class Threads:
    """Which ticket a thread belongs to, sorted by thread id; merged children's threads included."""

    ids: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    objects: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    kinds: npt.NDArray[np.int8] = field(default_factory=lambda: np.empty(0, dtype=np.int8))

    @classmethod
    def from_words(cls, words: Words) -> "Threads":
        """Build the table from rows in ascending order of the id."""
        return cls(words[:, 0].astype(np.int64), words[:, 1].astype(np.int32), words[:, 2].astype(np.int8))

    def update(self, words: Words) -> None:
        """Insert or replace rows; nothing is moved when nothing is new."""
        objects, kinds = self.find(words[:, 0])
        if np.array_equal(objects, words[:, 1]) and np.array_equal(kinds, words[:, 2]):
            return
        stay = ~np.isin(self.ids, words[:, 0])
        ids = np.concatenate([self.ids[stay], words[:, 0].astype(np.int64)])
        order = np.argsort(ids, kind="stable")
        self.ids = ids[order]
        self.objects = np.concatenate([self.objects[stay], words[:, 1].astype(np.int32)])[order]
        self.kinds = np.concatenate([self.kinds[stay], words[:, 2].astype(np.int8)])[order]

    def find(self, threads: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
        """Return the object id and the kind of each thread; kind 0 where the thread is gone."""
        if not len(self.ids):
            return np.zeros(len(threads), dtype=np.int32), np.zeros(len(threads), dtype=np.int8)
        places = np.minimum(np.searchsorted(self.ids, threads), len(self.ids) - 1)
        known = self.ids[places] == threads
        return np.where(known, self.objects[places], 0), np.where(known, self.kinds[places], np.int8(0))

    def tickets(self, threads: npt.NDArray[np.integer]) -> npt.NDArray[np.int32]:
        """Return the ids of the tickets behind these threads, each once; tasks and unknown threads left out."""
        objects, kinds = self.find(threads)
        return np.unique(objects[(kinds == TICKET_THREAD) | (kinds == MERGED_THREAD)])


@dataclass(slots=True)
class Events:
    """Ticket events of a reading: what is needed to date closings, and the count of each kind.

    Attributes:
        tickets, moments, ids, kinds: of created-by-an-agent, closed and reopened events with a valid date.
        counts: events of tickets by kind (order of ``EVENTS``).
    """

    tickets: npt.NDArray[np.int32]
    moments: Ints
    ids: npt.NDArray[np.int32]
    kinds: npt.NDArray[np.int8]
    counts: Ints

    @classmethod
    def from_words(cls, chunks: Iterable[EventWords], threads: Threads, zone: ZoneTable) -> "Events":
        """Read the event log: every event of a ticket is counted, three kinds are kept."""
        counts = np.zeros(len(EVENTS), dtype=np.int64)
        parts: list[tuple[npt.NDArray[Any], ...]] = []
        for words in chunks:
            kinds = words.kinds
            objects, known = threads.find(words.threads)
            counts += np.bincount(kinds[of_tickets(words, known) & (kinds >= 0)], minlength=len(EVENTS))
            wanted = (kinds == _CLOSED) | (kinds == _REOPENED) | ((kinds == _CREATED) & words.by_agent)
            places = np.flatnonzero(wanted & (known == TICKET_THREAD))
            when = moments(words.matrix[places], 3, zone)
            places, when = places[when > BAD], when[when > BAD]
            # Compact at once: these lists hold the whole log's share.
            ids = words.ids[places].astype(np.int32)
            parts.append((objects[places], when, ids, kinds[places]))
        empty = tuple(np.empty(0, dtype=kind) for kind in (np.int32, np.int64, np.int32, np.int8))
        tickets, when, ids, kinds = (np.concatenate(column) for column in zip(empty, *parts, strict=True))
        return cls(tickets, when, ids, kinds, counts)

    def closings(self, own: npt.NDArray[np.int32]) -> Ints:
        """Return the moment of each ticket's last closing that no reopening follows; ``MISSING`` without one.

        Events are in order of their time, then their id.

        Args:
            own: ticket ids, sorted.
        """
        tickets, kinds, when = self.tickets, self.kinds, self.moments
        if (np.diff(when) < 0).any() or (np.diff(self.ids) < 0).any():
            order = np.lexsort((self.ids, when))
            tickets, kinds, when = tickets[order], kinds[order], when[order]
        last_closed, last_reopened = (_last(own, tickets, kinds == kind) for kind in (_CLOSED, _REOPENED))
        result: Ints = np.full(len(own), MISSING, dtype=np.int64)
        stands = last_closed > last_reopened
        result[stands] = when[last_closed[stands]]
        return result

    def opened_by_agent(self, own: npt.NDArray[np.int32]) -> Flags:
        """Return for each ticket id (sorted) whether an agent opened it."""
        return np.isin(own, self.tickets[self.kinds == _CREATED])


def of_tickets(words: EventWords, known: npt.NDArray[np.int8]) -> Flags:
    """Return which events are tickets', not tasks': by their own type, else by their thread's, else by default.

    Args:
        words: events.
        known: kind of each event's thread, 0 where it is gone.
    """
    kind = np.where(words.written != 0, words.written, np.where(words.threads == 0, TICKET_THREAD, known))
    result: Flags = kind != TASK_THREAD
    return result


def _last(own: npt.NDArray[np.int32], tickets: npt.NDArray[np.int32], chosen: Flags) -> Ints:
    """Return for each own ticket the place of its last chosen event, -1 without one."""
    last = np.full(len(own), -1, dtype=np.int64)
    events = np.flatnonzero(chosen)
    if len(own) and len(events):
        places = np.minimum(np.searchsorted(own, tickets[events]), len(own) - 1)
        known = own[places] == tickets[events]
        np.maximum.at(last, places[known], events[known])
    return last


@dataclass(slots=True)
class Responses:
    """Answers of agents: the ticket and the moment of each, with a valid date."""

    tickets: npt.NDArray[np.int32]
    moments: Ints

    @classmethod
    def from_words(cls, chunks: Iterable[Words], threads: Threads, zone: ZoneTable) -> "Responses":
        """Read the answers; those in threads of tasks and merged children are not answers of a ticket."""
        tickets: list[npt.NDArray[np.int32]] = []
        when: list[Ints] = []
        for words in chunks:
            objects, kinds = threads.find(words[:, 0])
            answered = moments(words, 1, zone)
            valid = (kinds == TICKET_THREAD) & (answered > BAD)
            tickets.append(objects[valid])
            when.append(answered[valid])
        if not tickets:
            return cls(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64))
        return cls(np.concatenate(tickets), np.concatenate(when))

    def first(self, own: npt.NDArray[np.int32], created: Ints, by_agent: Flags) -> Ints:
        """Return the moment of each ticket's first response, ``MISSING`` without one.

        Args:
            own: ticket ids, sorted.
            created: their creation; for tickets opened by an agent, answers within its first 60 s do not count.
            by_agent: whether an agent opened the ticket.
        """
        earliest = np.full(len(own), np.iinfo(np.int64).max, dtype=np.int64)
        if len(own) and len(self.tickets):
            places = np.minimum(np.searchsorted(own, self.tickets), len(own) - 1)
            known = own[places] == self.tickets
            opening = by_agent[places] & (created[places] > BAD) & (self.moments <= created[places] + OPENING_SECONDS)
            counts = known & ~opening
            np.minimum.at(earliest, places[counts], self.moments[counts])
        return np.where(earliest == np.iinfo(np.int64).max, MISSING, earliest)
