"""Who asks: invented requesters with departments, addresses, how often they ask and how long their tickets take."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from exporter.demo import calibration
from exporter.demo.apportion import apportion

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[Any]  # of str

NO_DEPARTMENT: Final = -1
DEPARTMENTS: Final = tuple(calibration.DEPARTMENTS)

_STRANGERS: Final = 400  # requesters of the published period without an account on the cluster
_NEWCOMERS: Final = 120  # such requesters who ask later only
_ACQUAINTED: Final = calibration.REQUESTERS - _STRANGERS
_MOST_OTHERS: Final = 36  # nobody but the published top requesters asked more often
_OUTSIDE: Final = ("example.org", "example.net", "partner.example.com")
# Bins of calibration.MEAN_DAYS from those whose requesters ask most to those of a single question: most tickets close
# within 30 days although a third of the requesters have a longer mean.
_BIN_ORDER: Final = (3, 4, 2, 5, 1, 6, 7, 0)


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody who may ask, column by column; a person is an index.

    Attributes:
        login: ``demo0001`` …; numbers tell nothing about who asks most.
        name: the help desk's display name.
        address: default e-mail address.
        second: another address of the same person, empty for most.
        department: index into :data:`DEPARTMENTS`, :data:`NO_DEPARTMENT` for those without an account.
        tickets: how many tickets of the published period are theirs; 0 for those who only come later.
        mean_days: the mean from creation to last activity of their tickets.
    """

    login: Texts
    name: Texts
    address: Texts
    second: Texts
    department: Ints
    tickets: Ints
    mean_days: Floats

    def __len__(self) -> int:
        return len(self.department)

    def later(self) -> Floats:
        """Return each person's weight among the tickets after the published period: regulars, and newcomers."""
        return np.where(self.tickets > 0, self.tickets**0.85, 1.2)


def make_cast(seed: int) -> Cast:
    """Invent everybody: 1743 people with an account, of whom 1186 asked in the published period, and 520 without."""
    rng = np.random.default_rng((seed, 1))
    weights = list(calibration.DEPARTMENTS.values())
    asking = np.minimum(np.maximum(apportion(_ACQUAINTED, weights), 1), weights)
    asking[int(np.argmax(weights))] += _ACQUAINTED - int(asking.sum())
    silent = apportion(calibration.ACCOUNTS - _ACQUAINTED, asking)
    department, tickets = [], []
    for index, (name, total) in enumerate(calibration.DEPARTMENTS.items()):
        top = [number for number, home in calibration.TOP_REQUESTERS if home == name]
        counts = [*top, *_long_tail(rng, total - sum(top), int(asking[index]) - len(top)), *[0] * int(silent[index])]
        tickets += counts
        department += [index] * len(counts)
    counts = [*_long_tail(rng, calibration.UNKNOWN, _STRANGERS), *[0] * _NEWCOMERS]
    tickets += counts
    department += [NO_DEPARTMENT] * len(counts)
    return _shuffled(rng, np.array(department, dtype=np.int64), np.array(tickets, dtype=np.int64))


def _long_tail(rng: np.random.Generator, total: int, people: int) -> list[int]:
    """Share ``total`` tickets among ``people``, at least one each: a few ask often, most once or twice."""
    counts = np.ones(people, dtype=np.int64)
    weights = np.minimum(rng.pareto(1.1, people) + 0.02, 25.0)
    left = total - people
    while left > 0:
        counts += rng.multinomial(left, weights / weights.sum())
        left = int(np.maximum(counts - _MOST_OTHERS, 0).sum())
        counts = np.minimum(counts, _MOST_OTHERS)
        weights = np.where(counts < _MOST_OTHERS, weights, 0.0)
    return [int(count) for count in counts]


def _shuffled(rng: np.random.Generator, department: Ints, tickets: Ints) -> Cast:
    """Give everybody a number, names, addresses and a mean duration."""
    size = len(department)
    order = rng.permutation(size)
    department, tickets = department[order], tickets[order]
    login = [f"demo{number:04d}" for number in range(1, size + 1)]
    outside = (department == NO_DEPARTMENT) & (rng.random(size) < 0.6)
    domain = [_OUTSIDE[number % len(_OUTSIDE)] if away else _site(number) for number, away in enumerate(outside)]
    several = rng.random(size) < 0.06
    return Cast(
        login=np.array(login, dtype=object),
        name=np.array([f"Demo Person {number:04d}" for number in range(1, size + 1)], dtype=object),
        address=np.array([f"{user}@{at}" for user, at in zip(login, domain, strict=True)], dtype=object),
        second=np.array(
            [f"{user}@home.example.net" if two else "" for user, two in zip(login, several, strict=True)], dtype=object
        ),
        department=department,
        tickets=tickets,
        mean_days=_mean_days(rng, tickets),
    )


def _site(number: int) -> str:
    """Return the site's mail domain; a few spell it in capitals, as people do."""
    return calibration.SITE_DOMAIN.upper() if number % 37 == 5 else calibration.SITE_DOMAIN


def _mean_days(rng: np.random.Generator, tickets: Ints) -> Floats:
    """Draw everybody's mean duration: the published number of people per bin among those who asked then."""
    days = np.empty(len(tickets))
    for group in (np.flatnonzero(tickets > 0), np.flatnonzero(tickets == 0)):
        numbers = apportion(len(group), [number for _, number in calibration.MEAN_DAYS])
        bins = np.repeat(_BIN_ORDER, numbers[list(_BIN_ORDER)])
        busy = group[np.argsort(-np.log1p(tickets[group]) + rng.normal(0.0, 0.7, len(group)), kind="stable")]
        for which, ((low, high), _) in enumerate(calibration.MEAN_DAYS):
            people = busy[bins == which]
            margin = min(0.45, (high - low) / 10)  # moving closings into office hours then changes nobody's bin
            if high > 60:  # few wait for a year
                days[people] = low + margin + np.minimum(rng.exponential(45.0, len(people)), 400.0)
            else:
                days[people] = rng.uniform(low + margin, high - margin, len(people))
    return days
