"""Creation moments as counts: per group and hour for the model, per group in a window for the comparison with it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Moments = npt.NDArray[np.int64]
Groups = npt.NDArray[np.integer]

HOUR: Final = 3600
DAY: Final = 24 * HOUR
EARLIEST: Final = 631_152_000  # 1990-01-01 UTC: no help desk's ticket is older, earlier dates are mistakes
HISTORY: Final = 10 * 366 * DAY  # older tickets would weigh less than 4 % in every estimate


@dataclass(frozen=True, slots=True)
class HourlyCounts:
    """Tickets created per group and UTC hour, from the first one used to the present hour.

    Rebuilding it from a million moments takes less than 0.1 s, so it is built anew for each fit, which also makes
    deletions, merges and moved departments right without any bookkeeping.

    Attributes:
        first: the first hour, in hours since the epoch: a day before the first ticket, because a history that began
            with a ticket would be too dense while it is short.
        counts: tickets by (group, hour); zero columns for an empty history. The groups are a partition: each ticket
            is in exactly one, and their sum is the total.
    """

    first: int
    counts: npt.NDArray[np.int32]

    @classmethod
    def of(cls, moments: Moments, groups: Groups, size: int, now: float) -> "HourlyCounts":
        """Count moments by group and hour.

        Args:
            moments: creation in seconds since the epoch (UTC), in any order. Moments before 1990, in the future, or
                more than ten years old are left out.
            groups: number of each moment's group, from 0 to ``size`` - 1.
            size: number of groups, at least 1; groups without a ticket have a row too.
            now: the present in seconds since the epoch.

        Raises:
            ValueError: a group's number is out of range, or the two arrays differ in length.
        """
        _check(moments, groups, size)
        earliest = max(EARLIEST, int(now) - HISTORY)
        valid = (moments >= earliest) & (moments <= now)
        hours = moments[valid] // HOUR
        if not len(hours):
            return cls(int(now) // HOUR, np.zeros((size, 0), np.int32))
        first = int(hours.min()) - DAY // HOUR
        length = int(now) // HOUR + 1 - first
        cells = groups[valid].astype(np.int64) * length + (hours - first)
        counts = np.bincount(cells, minlength=size * length).reshape(size, length)
        return cls(first, counts.astype(np.int32))


def created_in_window(moments: Moments, groups: Groups, size: int, window: float, now: float) -> npt.NDArray[np.int64]:
    """Count by group the moments in the window (now - ``window``, now], seconds since the epoch.

    Raises:
        ValueError: a group's number is out of range, or the two arrays differ in length.
    """
    _check(moments, groups, size)
    inside = (moments > now - window) & (moments <= now)
    return np.bincount(groups[inside], minlength=size)


def _check(moments: Moments, groups: Groups, size: int) -> None:
    if len(moments) != len(groups):
        raise ValueError(f"{len(moments)} moments but {len(groups)} groups: each moment needs its group")
    if len(groups) and (int(groups.min()) < 0 or int(groups.max()) >= size):
        raise ValueError(f"groups must be numbers from 0 to {size - 1}, not {groups.min()} to {groups.max()}")
