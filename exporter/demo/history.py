"""The whole history of the demo's help desk, decided column by column, with NumPy and one seed."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from exporter.demo import calibration, fixed
from exporter.demo.apportion import apportion
from exporter.demo.cast import DEPARTMENTS, NO_DEPARTMENT, Cast
from exporter.demo.lives import live
from exporter.demo.moments import draw, expected_by_month, to_epoch
from exporter.demo.special import automatic_replies, deleted_tickets, merged_children
from exporter.demo.subjects import SHARES
from exporter.demo.texts import CATEGORIES, Texts
from exporter.demo.tickets import EMAIL, NOBODY, ORDINARY, PHONE, WEB, Tickets

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_AUTOMATIC: Final = 0.012  # automatic replies per ticket row
_CHILDREN: Final = 0.004  # merged children
_DELETED: Final = 0.004  # rows that are gone
_AWAY: Final = 0.002  # out-of-office mails without an automatic mail's headers: counted as any ticket
_EMERGENCY: Final = 4  # per as many tickets as were published, in later years; the published period had none
_SOURCES: Final = {EMAIL: 0.62, WEB: 0.28, PHONE: 0.06, 3: 0.01, 4: 0.03}
# Where tickets of a category are filed, when they are filed well.
TOPICS: Final = {
    "scheduler": 13, "software": 17, "storage": 14, "transfer": 14, "access": 15, "gpu": 12, "containers": 16,
    "interactive": 12, "parallel": 13, "system": 10,
}  # fmt: skip
_URGENT: Final = ("gpu", "system", "storage")  # what high priority is given to more often


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many tickets of each kind.

    Attributes:
        published, later: ordinary tickets of the published period and after it.
        automatic, children, deleted: the others; deleted ones leave no row in the ticket table.
    """

    published: int
    later: int
    automatic: int
    children: int
    deleted: int

    @classmethod
    def of(cls, tickets: int | None, expected: Floats, published_months: int) -> "Sizes":
        """Return the sizes for ``tickets`` rows of the ticket table, or for the published figures and what follows."""
        before, natural = float(expected[:published_months].sum()), float(expected.sum())
        if tickets is None:
            ordinary = round(natural)
            automatic, children = round(ordinary * _AUTOMATIC), round(ordinary * _CHILDREN)
        else:
            automatic, children = round(tickets * _AUTOMATIC), round(tickets * _CHILDREN)
            ordinary = tickets - automatic - children
        published = round(ordinary * before / natural) if natural else 0
        return cls(published, ordinary - published, automatic, children, round(ordinary * _DELETED))


def make_history(cast: Cast, texts: Texts, *, now: int, tickets: int | None, seed: int) -> Tickets:
    """Decide every ticket from the first published month to ``now``.

    Over the published period, months, priorities, departments, requesters and their mean durations are apportioned,
    not drawn: with ``tickets=None`` they are the published figures themselves. Later tickets follow the same shares.

    Args:
        cast: who asks.
        texts: what they write.
        now: the present, seconds since the epoch.
        tickets: rows of the ticket table, or None for the published scale.
        seed: of all that is random.
    """
    rng = np.random.default_rng((seed, 3))
    months, expected = expected_by_month(now)
    known = min(len(months), _months_published())
    sizes = Sizes.of(tickets, expected, known)
    counts = np.concatenate([apportion(sizes.published, expected[:known]), apportion(sizes.later, expected[known:])])
    local = [np.sort(draw(rng, month, int(count), now)) for month, count in zip(months, counts, strict=True) if count]
    created = to_epoch(np.concatenate(local)) if local else np.zeros(0, dtype=np.int64)
    person = np.concatenate([_published_people(rng, cast, sizes.published), _later_people(rng, cast, sizes.later)])
    ordinary = _ordinary(rng, texts, created, person, sizes)
    ordinary = live(rng, ordinary, cast, published=sizes.published, now=now)
    children = merged_children(rng, ordinary, texts, sizes.children, now=now)
    automatic = automatic_replies(rng, texts, ordinary, sizes.automatic + sizes.children - len(children), now=now)
    gone = deleted_tickets(rng, ordinary, sizes.deleted, now=now)
    return ordinary.joined(children, automatic, gone)


def _months_published() -> int:
    first, last = (np.datetime64(month, "M") for month in (calibration.FIRST_MONTH, calibration.LAST_MONTH))
    return int((last - first).astype(np.int64)) + 1


def _published_people(rng: np.random.Generator, cast: Cast, size: int) -> Ints:
    """Return who asked, each as often as their share, department by department, in random order."""
    people = []
    for department, count in _by_department(size):
        members = np.flatnonzero(cast.department == department)
        people.append(np.repeat(members, apportion(count, cast.tickets[members])))
    return rng.permutation(np.concatenate(people))


def _later_people(rng: np.random.Generator, cast: Cast, size: int) -> Ints:
    """Return who asked later: the departments keep their shares, regulars ask on, newcomers come."""
    people = []
    weights = cast.later()
    for department, count in _by_department(size):
        members = np.flatnonzero(cast.department == department)
        people.append(rng.choice(members, size=count, p=weights[members] / weights[members].sum()))
    return rng.permutation(np.concatenate(people))


def _by_department(size: int) -> list[tuple[int, int]]:
    weights = [*calibration.DEPARTMENTS.values(), calibration.UNKNOWN]
    numbers = [*range(len(DEPARTMENTS)), NO_DEPARTMENT]
    return [(number, int(count)) for number, count in zip(numbers, apportion(size, weights), strict=True)]


def _ordinary(rng: np.random.Generator, texts: Texts, created: Ints, person: Ints, sizes: Sizes) -> Tickets:
    """Return the ordinary tickets with what they are about; their lives come next."""
    size = len(created)
    category = rng.choice(len(CATEGORIES), size=size, p=list(SHARES.values()))
    subject = np.empty(size, dtype=np.int64)
    topic = np.empty(size, dtype=np.int64)
    for number, name in enumerate(CATEGORIES):
        rows = np.flatnonzero(category == number)
        subject[rows] = texts.subjects.pick(rng, name, len(rows))
        topic[rows] = TOPICS[name]
    away = rng.choice(size, size=round(size * _AWAY), replace=False)
    subject[away] = texts.subjects.pick(rng, "away", len(away))
    filed = rng.random(size)
    topic = np.where(filed < 0.15, 1, np.where(filed < 0.18, 2, np.where(filed < 0.21, 11, topic)))
    queue_of, sla_of = np.zeros(100, dtype=np.int64), np.zeros(100, dtype=np.int64)
    for number, _, _, queue, _, sla in fixed.TOPICS:
        queue_of[number], sla_of[number] = queue, sla or 3
    first_queue = queue_of[topic]
    moved = rng.random(size) < 0.12
    queues = np.array([1, 3, 4, 5, 6])
    urgent = np.isin(category, [CATEGORIES.index(name) for name in _URGENT])
    priority = np.concatenate([
        _priorities(rng, urgent[: sizes.published], emergencies=0),
        _priorities(rng, urgent[sizes.published :], emergencies=_EMERGENCY),
    ])  # fmt: skip
    return replace(
        Tickets.empty(size),
        kind=np.full(size, ORDINARY),
        created=created,
        person=person,
        subject=subject,
        body=texts.first_messages(rng, subject),
        priority=priority,
        topic=topic,
        first_queue=first_queue,
        queue=np.where(moved, rng.choice(queues, size), first_queue),
        sla=np.where(rng.random(size) < 0.02, 0, sla_of[topic]),
        source=rng.choice(list(_SOURCES), size=size, p=list(_SOURCES.values())),
        mail=np.zeros(size, dtype=np.int64),
        parent=np.full(size, NOBODY),
    )


def _priorities(rng: np.random.Generator, urgent: npt.NDArray[np.bool_], *, emergencies: int) -> Ints:
    """Return priorities in the published shares; High and Emergency fall on some categories more often."""
    size = len(urgent)
    names = {fixed.HIGH: "High", fixed.LOW: "Low", fixed.NORMAL: "Normal"}
    weights = [*(calibration.PRIORITIES[name] for name in names.values()), emergencies]
    counts = apportion(size, weights)
    priority = np.full(size, fixed.NORMAL, dtype=np.int64)
    if not size:
        return priority
    chance = np.where(urgent, 4.0, 1.0)
    marked = rng.choice(size, size=int(counts[0] + counts[1] + counts[3]), replace=False, p=chance / chance.sum())
    priority[marked] = np.repeat([fixed.HIGH, fixed.EMERGENCY, fixed.LOW], [counts[0], counts[3], counts[1]])
    return priority
