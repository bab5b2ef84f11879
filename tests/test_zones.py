from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.zones import ZoneTable

ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca", "Europe/Dublin",
    "America/St_Johns", "Pacific/Apia", "Asia/Tehran", "America/Sao_Paulo", "Antarctica/Troll", "UTC",
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Clock readings and moments as seconds on their own clock, 1900 to 2099 with a day to spare.
FIRST, LAST = (int(datetime(*day, tzinfo=UTC).timestamp()) for day in ((1900, 1, 2), (2099, 12, 30)))
SECONDS = st.integers(FIRST, LAST)


def truth(zone: ZoneInfo, local: int) -> int:
    """Return the moment of a clock reading by zoneinfo: fold 0; a reading that was left out is the end of the gap."""
    naive = datetime(1970, 1, 1) + timedelta(seconds=local)  # noqa: DTZ001  a clock reading
    aware = naive.replace(tzinfo=zone)
    moment = aware.timestamp()
    if aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == naive:
        return int(moment)
    # In a gap fold 0 reads with the offset before it, fold 1 with that after it: the change lies between.
    low, high = int(naive.replace(tzinfo=zone, fold=1).timestamp()), int(moment)
    offset = (EPOCH + timedelta(seconds=high)).astimezone(zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if (EPOCH + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return high


def convert(zone: str, local: int) -> int:
    """Return what the table makes of a clock reading."""
    return int(ZoneTable.of(ZoneInfo(zone)).to_utc(np.array([local]))[0])


@given(st.sampled_from(ZONES), SECONDS)
def test_clock_readings_are_those_of_zoneinfo(zone: str, local: int) -> None:
    """Any clock reading in any zone becomes the moment that zoneinfo says."""
    assert convert(zone, local) == truth(ZoneInfo(zone), local)


@given(st.sampled_from(ZONES), st.data())
def test_clock_readings_around_each_change(zone: str, data: st.DataObject) -> None:
    """Around every change of every zone, doubled and missing readings included, zoneinfo is right."""
    table = ZoneTable.of(ZoneInfo(zone))
    if len(table.starts) == 1:
        assert zone == "UTC"
        return
    change = data.draw(st.integers(1, len(table.starts) - 1))
    around = data.draw(st.integers(-7300, 7300))
    for offset in (table.offsets[change - 1], table.offsets[change]):
        local = int(table.starts[change] + offset) + around
        assert convert(zone, local) == truth(ZoneInfo(zone), local)


@given(st.sampled_from(ZONES), SECONDS)
def test_moments_become_clock_readings(zone: str, moment: int) -> None:
    """The way back shows what zoneinfo shows."""
    shown = (EPOCH + timedelta(seconds=moment)).astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
    assert int(ZoneTable.of(ZoneInfo(zone)).to_local(np.array([moment]))[0]) == int(shown.timestamp())


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2024-10-27T02:30:00", "2024-10-27T00:30:00"),  # twice: the first
        ("2024-03-31T02:30:00", "2024-03-31T01:00:00"),  # never: the end of the gap
        ("2024-03-31T02:00:00", "2024-03-31T01:00:00"),
        ("2024-03-31T03:00:00", "2024-03-31T01:00:00"),
        ("2024-03-31T01:59:59", "2024-03-31T00:59:59"),
    ],
)
def test_the_hours_of_a_change_in_berlin(local: str, utc: str) -> None:
    """A doubled hour is its first; a missing one moves forward to the end of the gap."""
    seconds = np.array([np.datetime64(local, "s").astype(np.int64)])
    assert str(ZoneTable.of(ZoneInfo("Europe/Berlin")).to_utc(seconds).astype("datetime64[s]")[0]) == utc


@pytest.mark.parametrize("year", [1, 1000, 1899, 2101, 9999])
def test_far_years_have_the_nearest_offset(year: int) -> None:
    """Before 1900 and after 2099 the nearest known offset holds, to the first and the last year of the calendar."""
    table = ZoneTable.of(ZoneInfo("Asia/Kolkata"))
    local = int(datetime(year, 6, 15, tzinfo=UTC).timestamp()) if year > 1 else -62_135_596_800
    offset = int(table.to_utc(np.array([local]))[0]) - local
    assert offset == (-19_270 if year < 1900 else -19_800)
    assert int(table.to_local(np.array([local + offset]))[0]) == local


def test_fixed_offsets() -> None:
    """A zone that is only an offset has one."""
    table = ZoneTable.of(timezone(timedelta(hours=-3, minutes=-30)))
    assert table.to_utc(np.array([0])).tolist() == [12_600]
    assert table.to_local(np.array([12_600])).tolist() == [0]


def test_tables_are_made_once() -> None:
    """The same zone gives the same table, without work."""
    assert ZoneTable.of(ZoneInfo("Asia/Tokyo")) is ZoneTable.of(ZoneInfo("Asia/Tokyo"))


def test_zones_of_the_test_exist() -> None:
    """None of them was renamed."""
    assert set(ZONES) <= available_timezones()
