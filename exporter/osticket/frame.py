"""The typed table of tickets in memory: NumPy columns sorted by ticket id, changed in place."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from exporter.catalogue.base import TICKET_BOUNDS
from exporter.osticket.dialect import BAD, MISSING
from exporter.zones import ZoneTable

Column = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

# Columns straight from the ticket's row.
_ROW: Final[dict[str, type[np.generic]]] = {
    "id": np.int32, "user": np.int32, "status": np.int32, "queue": np.int32, "sla": np.int32, "topic": np.int32,
    "agent": np.int32, "team": np.int32, "source": np.int8, "answered": np.bool_, "merged": np.bool_,
    "zero_date": np.bool_, "created": np.int64, "closed": np.int64, "updated": np.int64, "due": np.int64,
    "checksum": np.uint32,
}  # fmt: skip
# Columns from the other tables: the form, the event log, the thread, the mail headers, the subject.
_JOINED: Final[dict[str, type[np.generic]]] = {
    "priority": np.int32, "resolved": np.int64, "responded": np.int64, "automatic": np.bool_, "subject_hit": np.bool_,
}  # fmt: skip
# Columns computed from these once per change, so that a measure is one pass over small integers.
_DERIVED: Final[dict[str, type[np.generic]]] = {
    "resolution": np.float64, "resolution_bucket": np.int8, "activity": np.float64, "activity_bucket": np.int8,
    "response": np.float64, "response_bucket": np.int8, "created_month": np.int32, "resolved_month": np.int32,
}  # fmt: skip
COLUMNS: Final = {**_ROW, **_JOINED, **_DERIVED}

BUCKETS: Final = len(TICKET_BOUNDS) + 1
NO_BUCKET: Final = BUCKETS
NO_MONTH: Final = -(2**31)
_BOUNDS: Final = np.array(TICKET_BOUNDS, dtype=np.int64)


class Tickets:
    """All rows of the ticket table, by columns (see ``COLUMNS``).

    Dates are UTC seconds; ``BAD`` is a zero or impossible date, ``MISSING`` a NULL. Durations are seconds, never
    negative, exact in a float up to 2**53; their bucket is the index of the first bound not below them, ``NO_BUCKET``
    where there is no duration.
    """

    def __init__(self) -> None:
        self.columns: dict[str, Column] = {name: np.empty(0, dtype=kind) for name, kind in COLUMNS.items()}

    def __len__(self) -> int:
        return len(self.columns["id"])

    def __getitem__(self, column: str) -> Column:
        return self.columns[column]

    @classmethod
    def from_chunks(cls, chunks: Iterable[Mapping[str, Column]]) -> "Tickets":
        """Build the frame from chunks of row columns in ascending order of the id."""
        parts: dict[str, list[Column]] = {name: [] for name in _ROW}
        for chunk in chunks:
            for name, kind in _ROW.items():
                parts[name].append(chunk[name].astype(kind, copy=False))
        frame = cls()
        for name, kind in _ROW.items():
            frame.columns[name] = np.concatenate(parts.pop(name)) if parts[name] else np.empty(0, dtype=kind)
        for name, kind in (_JOINED | _DERIVED).items():
            frame.columns[name] = np.zeros(len(frame), dtype=kind)
        return frame

    def find(self, ids: npt.NDArray[np.integer]) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Return the position of each ticket id (arbitrary where absent) and whether it is there."""
        own = self.columns["id"]
        if not len(own):
            return np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids), dtype=np.bool_)
        places = np.minimum(np.searchsorted(own, ids), len(own) - 1)
        return places, own[places] == ids

    def update(self, rows: Mapping[str, Column]) -> Ints:
        """Insert or replace whole rows (row columns, sorted by id) and return their positions.

        Joined and derived columns of new rows are empty until they are set.
        """
        ids = rows["id"]
        places, known = self.find(ids)
        if not known.all():
            self._insert({name: rows[name][~known] for name in _ROW})
            places, known = self.find(ids)
        for name in _ROW:
            self.columns[name][places] = rows[name]
        return places

    def remove(self, ids: npt.NDArray[np.integer]) -> None:
        """Drop the rows with these ids; unknown ids are ignored."""
        places, known = self.find(ids)
        if known.any():
            stay = np.ones(len(self), dtype=np.bool_)
            stay[places[known]] = False
            for name, column in self.columns.items():
                self.columns[name] = column[stay]

    def derive(self, places: Ints | slice, help_desk: ZoneTable) -> None:
        """Compute the durations, their buckets and the months of some rows from their dates."""
        created = self.columns["created"][places]
        for moment, name in (("resolved", "resolution"), ("updated", "activity"), ("responded", "response")):
            until = self.columns[moment][places]
            valid = (created > BAD) & (until > BAD)
            duration = np.where(valid, np.maximum(until - created, 0), 0)
            bucket = np.searchsorted(_BOUNDS, duration, side="left").astype(np.int8)
            self.columns[name][places] = duration
            self.columns[f"{name}_bucket"][places] = np.where(valid, bucket, np.int8(NO_BUCKET))
        for moment in ("created", "resolved"):
            self.columns[f"{moment}_month"][places] = _months(self.columns[moment][places], help_desk)

    def _insert(self, rows: Mapping[str, Column]) -> None:
        count = len(rows["id"])
        # New ids are higher than all known ones but for rare late commits: sort only then.
        ordered = not len(self) or rows["id"][0] > self.columns["id"][-1]
        merged = np.concatenate([self.columns["id"], rows["id"]])
        order = None if ordered else np.argsort(merged, kind="stable")
        for name, kind in COLUMNS.items():
            added = rows[name] if name in rows else np.zeros(count, dtype=kind)
            column = np.concatenate([self.columns[name], added.astype(kind, copy=False)])
            self.columns[name] = column if order is None else column[order]


def _months(moments: Ints, zone: ZoneTable) -> npt.NDArray[np.int32]:
    """Return the local month of each moment, counted from 1970-01; ``NO_MONTH`` where there is no date."""
    valid = moments > BAD
    local = zone.to_local(np.where(valid, moments, 0))
    months = local.astype("datetime64[s]").astype("datetime64[M]").astype(np.int32)
    return np.where(valid, months, np.int32(NO_MONTH))


__all__ = ["BAD", "BUCKETS", "COLUMNS", "MISSING", "NO_BUCKET", "NO_MONTH", "Tickets"]
