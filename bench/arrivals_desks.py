"""Help desks to backtest on: the demo's history, an invented process, a real osTicket database."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import create_engine, text

from bench.arrivals_process import NEW_YORK, START, Process
from exporter.demo.cast import DEPARTMENTS, NO_DEPARTMENT, make_cast
from exporter.demo.history import make_history
from exporter.demo.moments import ZONE
from exporter.demo.texts import make_texts
from exporter.demo.tickets import DELETED, ORDINARY

Ints = npt.NDArray[np.int64]

DAY: Final = 86_400
SEED: Final = 1
DEMO_END: Final = datetime(2026, 3, 1, tzinfo=UTC)  # fixed, so that the figures can be compared


@dataclass(frozen=True, slots=True)
class Desk:
    """One help desk's arrivals.

    Attributes:
        name: for the table.
        moments: creation, sorted, seconds since the epoch.
        groups: department of each, 0 to ``size`` - 1.
        zone: of its wall clock.
    """

    name: str
    moments: Ints
    groups: Ints
    size: int
    zone: ZoneInfo

    @property
    def first_day(self) -> int:
        """The first midnight UTC after the first ticket, in days since the epoch."""
        return int(self.moments[0]) // DAY + 1

    @property
    def last_day(self) -> int:
        """The day of the last ticket, in days since the epoch."""
        return int(self.moments[-1]) // DAY


def demo_desk() -> Desk:
    """Return the demo's history, counted tickets only, by the requester's department."""
    cast = make_cast(SEED)
    tickets = make_history(cast, make_texts(SEED), now=int(DEMO_END.timestamp()), tickets=None, seed=SEED)
    counted = np.flatnonzero((tickets.kind == ORDINARY) | (tickets.kind == DELETED))
    department = cast.department[tickets.person[counted]]
    groups = np.where(department == NO_DEPARTMENT, len(DEPARTMENTS), department)
    return Desk("demo", tickets.created[counted], groups, len(DEPARTMENTS) + 1, ZoneInfo(ZONE))


def process_desk(rate: float, seed: int = SEED) -> Desk:
    """Return four years of an over-dispersed process with twelve departments, ``rate`` tickets a day at first."""
    weights = 1 / np.arange(1, 13)
    parts = tuple((weights / weights.sum()).tolist())
    moments, groups = Process(rate=rate, parts=parts).draw(4 * 365, seed, START)
    return Desk(f"simulated, {rate:g}/day", moments, groups, len(parts), NEW_YORK)


def database_desk(url: str, zone: str = "UTC", prefix: str = "ost_") -> Desk:
    """Read a real osTicket database, by its own departments (queues). Reads one table, writes nothing.

    Args:
        url: SQLAlchemy URL.
        zone: the zone that ``created`` is written in.
        prefix: of the tables.
    """
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            rows = connection.execute(text(f"SELECT created, dept_id FROM {prefix}ticket")).all()
    finally:
        engine.dispose()
    created = pd.to_datetime(pd.Series([str(row[0]) for row in rows]), errors="coerce")
    valid = created.notna().to_numpy()
    local = pd.DatetimeIndex(created[valid]).tz_localize(zone, ambiguous="NaT", nonexistent="shift_forward")
    known = local.notna()
    moments = local[known].tz_convert("UTC").as_unit("s").asi8
    _, groups = np.unique(np.array([row[1] for row in rows])[valid][known], return_inverse=True)
    order = np.argsort(moments, kind="stable")
    return Desk("real database", moments[order], groups[order], int(groups.max()) + 1, ZoneInfo(zone))
