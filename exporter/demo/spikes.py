"""Incidents: now and then many people of one department write about one thing within half an hour."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from exporter.demo.calibration import DEPARTMENTS

_FIRST: Final = (8 * 60, 35 * 60)  # seconds after the desk opens
_GAP: Final = (72 * 3600, 120 * 3600)  # from one to the next: the last day of an incident has left the windows by then
_LENGTH: Final = (15 * 60, 30 * 60)
_SIZE: Final = (14, 20)
_SMALLEST, _LARGEST = 20, 330  # departments whose tickets of the published period lie between: a spike there is one
_THEMES: Final = ("storage", "system", "access", "software", "scheduler", "gpu")


@dataclass(frozen=True, slots=True)
class Spike:
    """One incident.

    Attributes:
        number: 0, 1, 2 …
        moments: when its tickets come, seconds since the epoch, ascending.
        department: academic department of all who write.
        theme: category of what they write about.
    """

    number: int
    moments: tuple[int, ...]
    department: str
    theme: str


def planned_spikes(seed: int, opened: int, until: int) -> Iterator[Spike]:
    """Yield the incidents that begin before ``until``: the first within 35 minutes of opening, then every 3 to 5 days.

    The schedule is a function of the arguments alone.

    Args:
        seed: the desk's.
        opened: when the desk opened, seconds since the epoch.
        until: end of the list, seconds since the epoch.
    """
    rng = np.random.default_rng((seed, 6, opened))
    departments = [name for name, tickets in DEPARTMENTS.items() if _SMALLEST <= tickets <= _LARGEST]
    begin, number = opened + int(rng.integers(*_FIRST)), 0
    while begin < until:
        length, size = int(rng.integers(*_LENGTH)), int(rng.integers(*_SIZE))
        moments = tuple(sorted((begin + rng.integers(0, length, size)).tolist()))
        yield Spike(number, moments, str(rng.choice(departments)), str(rng.choice(_THEMES)))
        begin, number = begin + int(rng.integers(*_GAP)), number + 1
