from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from exporter.catalogue.base import DAY, HOUR
from exporter.osticket.dialect import BAD, MISSING
from exporter.osticket.frame import COLUMNS, NO_BUCKET, NO_MONTH, Column, Tickets
from exporter.zones import ZoneTable

UTC = ZoneTable.of(ZoneInfo("UTC"))
ROW = (
    "id", "user", "status", "queue", "sla", "topic", "agent", "team", "source", "answered", "merged", "zero_date",
    "created", "closed", "updated", "due", "checksum",
)  # fmt: skip


def rows(ids: Sequence[int], user: int = 1) -> dict[str, Column]:
    """Return rows with these ids; every other number in them is the user's."""
    columns: dict[str, Column] = {name: np.full(len(ids), user, dtype=COLUMNS[name]) for name in ROW}
    columns["id"] = np.array(sorted(ids), dtype=np.int32)
    return columns


def frame(ids: Sequence[int]) -> Tickets:
    """Return a frame of rows with these ids."""
    return Tickets.from_chunks([rows(ids)])


def test_an_empty_frame() -> None:
    """Nothing is found in it and nothing can be removed; it grows like any other."""
    tickets = Tickets.from_chunks([])
    assert len(tickets) == 0
    assert tickets.find(np.array([3]))[1].tolist() == [False]
    tickets.remove(np.array([3]))
    assert tickets.update(rows([5, 9])).tolist() == [0, 1]


def test_chunks_follow_each_other() -> None:
    """A frame is built from chunks in ascending order."""
    assert Tickets.from_chunks([rows([1, 2]), rows([]), rows([7])])["id"].tolist() == [1, 2, 7]


def test_update_replaces_and_inserts_in_place() -> None:
    """Known rows are replaced, new ones inserted where they belong, and what was joined to others stays with them."""
    tickets = frame([2, 4, 8])
    tickets["priority"][:] = [20, 40, 80]
    places = tickets.update(rows([3, 4, 9], user=7))
    assert places.tolist() == [1, 2, 4]
    assert tickets["id"].tolist() == [2, 3, 4, 8, 9]
    assert tickets["user"].tolist() == [1, 7, 7, 1, 7]
    assert tickets["priority"].tolist() == [20, 0, 40, 80, 0]


@given(st.lists(st.tuples(st.booleans(), st.sets(st.integers(1, 30)))))
def test_any_order_of_changes(changes: list[tuple[bool, set[int]]]) -> None:
    """After any updates and removals the frame holds what a dictionary would, sorted, every column as long."""
    tickets, truth = Tickets(), dict[int, int]()
    for number, (removed, ids) in enumerate(changes, 1):
        if removed:
            tickets.remove(np.array(sorted(ids), dtype=np.int32))
            truth = {key: value for key, value in truth.items() if key not in ids}
        else:
            places = tickets.update(rows(sorted(ids), user=number))
            truth |= dict.fromkeys(ids, number)
            assert tickets["id"][places].tolist() == sorted(ids)
    assert tickets["id"].tolist() == sorted(truth)
    assert tickets["user"].tolist() == [truth[key] for key in sorted(truth)]
    assert {len(tickets[name]) for name in COLUMNS} == {len(truth)}
    assert all(tickets[name].dtype == kind for name, kind in COLUMNS.items())


def test_durations_and_buckets() -> None:
    """A duration belongs to the first bound that is not below it; never negative; none without both dates."""
    tickets = frame(range(1, 8))
    tickets["created"][:] = [0, 0, 0, 100, BAD, MISSING, 0]
    tickets["resolved"][:] = [HOUR, HOUR + 1, 600 * DAY, 50, 100, 100, MISSING]
    tickets.derive(slice(None), UTC)
    assert tickets["resolution"].tolist() == [3600, 3601, 600 * DAY, 0, 0, 0, 0]
    assert tickets["resolution_bucket"].tolist() == [0, 1, 14, 0, NO_BUCKET, NO_BUCKET, NO_BUCKET]


def test_months_are_those_of_the_help_desk() -> None:
    """Months are cut on the help desk's clock; without a date there is none."""
    tickets = frame(range(1, 5))
    moment = int(np.datetime64("2024-06-30T20:00", "s").astype(np.int64))
    tickets["created"][:] = [moment, moment, BAD, MISSING]
    tickets.derive(np.array([0, 2, 3]), ZoneTable.of(ZoneInfo("Asia/Tokyo")))
    tickets.derive(np.array([1]), ZoneTable.of(ZoneInfo("America/New_York")))
    months = tickets["created_month"].tolist()
    assert [str(np.datetime64(month, "M")) for month in months[:2]] == ["2024-07", "2024-06"]
    assert months[2:] == [NO_MONTH, NO_MONTH]
