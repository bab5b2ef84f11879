"""The tickets that count, as small integer codes: what every measure is computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from exporter.departments import Directory
from exporter.labels import NONE, UNKNOWN, distinct
from exporter.osticket.desk import Desk
from exporter.osticket.dimensions import SOURCES, STATES, Names
from exporter.osticket.exclusions import Rules

Codes = npt.NDArray[np.int32]

OPEN, CLOSED, ARCHIVED, NO_STATE = range(len(STATES))
# Above this a table of all possible ids would cost more than looking them up.
_DENSE: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Coded:
    """One dimension of the tickets.

    Attributes:
        labels: label by code.
        codes: code of each counted ticket.
        active: codes that are exported even without a ticket.
    """

    labels: Sequence[str]
    codes: Codes
    active: Sequence[int] = ()


@dataclass(slots=True)
class View:
    """The counted tickets of one refresh.

    Attributes:
        desk: the help desk.
        now: the present, Unix time.
        counted: whether each ticket of the frame counts.
        excluded: number of tickets by reason of exclusion, in the order of ``exclusions.REASONS``.
        requester: requester code (see ``Requesters``) of each counted ticket.
        department_of: department code by requester code.
    """

    desk: Desk
    now: float
    counted: npt.NDArray[np.bool_]
    excluded: Sequence[int]
    state: Codes
    requester: Codes
    priority: Coded
    department: Coded
    department_of: Codes
    _all: bool = False
    _columns: dict[str, npt.NDArray[Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, desk: Desk, rules: Rules, directory: Directory, now: float) -> "View":
        """Apply the exclusions and look up states, priorities and departments."""
        tickets, people = desk.tickets, desk.requesters
        code_of_user = dict(zip(people.users.tolist(), people.codes.tolist(), strict=True))
        blocked = people.users[people.blocked]
        reasons = (
            tickets["merged"],
            tickets["automatic"],
            np.isin(tickets["user"], blocked) if len(blocked) else np.False_,
            tickets["subject_hit"],
            np.isin(tickets["topic"], excluded_topics(desk.dimensions.topics, rules.topics)),
        )
        counted = np.ones(len(tickets), dtype=np.bool_)
        excluded = []
        for reason in reasons:
            excluded.append(int(np.count_nonzero(counted & reason)))
            counted &= ~reason
        everything = bool(counted.all())

        def take(column: str) -> npt.NDArray[Any]:
            return tickets[column] if everything else tickets[column][counted]

        states = {key: STATES.index(state) for key, state in desk.dimensions.states.items()}
        requester = encode(take("user"), code_of_user, 0)
        labels, department_of = _departments(people.ids, directory)
        return cls(
            desk=desk,
            now=now,
            counted=counted,
            excluded=excluded,
            state=encode(take("status"), states, NO_STATE),
            requester=requester,
            priority=named(take("priority"), desk.dimensions.priorities, zero=None),
            department=Coded(labels, department_of[requester]),
            department_of=department_of,
            _all=everything,
        )

    def __len__(self) -> int:
        return len(self.state)

    def __getitem__(self, column: str) -> npt.NDArray[Any]:
        """Return a column of the frame for the counted tickets."""
        if column not in self._columns:
            whole = self.desk.tickets[column]
            self._columns[column] = whole if self._all else whole[self.counted]
        return self._columns[column]

    @property
    def ended(self) -> npt.NDArray[np.bool_]:
        """Whether each counted ticket is closed or archived."""
        ended: npt.NDArray[np.bool_] = (self.state == CLOSED) | (self.state == ARCHIVED)
        return ended

    def source(self) -> Coded:
        """How each ticket came in."""
        labels = distinct(dict(enumerate(self.desk.schema.sources or SOURCES, 1)), (UNKNOWN,))
        codes = self["source"].astype(np.int32)
        # A way in that was added to the enumeration since the tables were looked at last is not known yet.
        return Coded((UNKNOWN, *labels.values()), np.where(codes <= len(labels), codes, np.int32(0)))


def named(ids: npt.NDArray[np.integer], names: Names, *, zero: str | None = NONE) -> Coded:
    """Code the ids of a dimension; an id without a row is ``unknown``.

    Args:
        zero: label of id 0 where that means "not set"; None where it is as unknown as any other.
    """
    keys = sorted(names.labels)
    labels = [*(names.labels[key] for key in keys), UNKNOWN]
    table = {key: code for code, key in enumerate(keys)}
    active = [table[key] for key in keys if key in names.active]
    if zero is not None:
        table[0] = len(labels)
        labels.append(zero)
    return Coded(labels, encode(ids, table, len(keys)), active)


def encode(ids: npt.NDArray[np.integer], table: Mapping[int, int], default: int) -> Codes:
    """Replace each id by its code in the table, by ``default`` where it has none. Ids are not negative."""
    if not table:
        return np.full(len(ids), default, dtype=np.int32)
    keys = np.fromiter(table.keys(), dtype=np.int64, count=len(table))
    codes = np.fromiter(table.values(), dtype=np.int32, count=len(table))
    top = int(keys.max()) + 1
    if top < _DENSE:
        dense = np.full(top + 1, default, dtype=np.int32)
        dense[keys] = codes
        found: Codes = dense[np.minimum(ids, top)]
        return found
    order = np.argsort(keys)
    places = np.minimum(np.searchsorted(keys[order], ids), len(keys) - 1)
    return np.where(keys[order][places] == ids, codes[order][places], np.int32(default))


def excluded_topics(topics: Names, wanted: Sequence[str]) -> list[int]:
    """Return the ids of the topics that the configuration excludes, by name, full path or id."""
    names = {name.casefold() for name in wanted}
    return [
        key
        for key, label in topics.labels.items()
        if names & {str(key), label.casefold(), *(spelling.strip().casefold() for spelling in topics.raw.get(key, ()))}
    ]


def _departments(ids: Sequence[str], directory: Directory) -> tuple[list[str], Codes]:
    """Return the department labels and the department's code of each requester code."""
    codes: dict[str, int] = {UNKNOWN: 0}
    known = directory.departments
    table = np.zeros(len(ids), dtype=np.int32)
    for requester, name in enumerate(ids):
        if name:
            table[requester] = codes.setdefault(known.get(name, UNKNOWN), len(codes))
    return list(codes), table
