from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.arrivals.clock import LocalHours

ZONES = ("America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "America/St_Johns", "Pacific/Apia")


@given(st.integers(200_000, 600_000), st.sampled_from(ZONES))
def test_local_hours_are_those_of_the_standard_library(first: int, zone: str) -> None:
    """Day, hour and hour of the week agree with datetime in whole, half and shifting zones."""
    hours = LocalHours.of(first, 30, ZoneInfo(zone))
    for index in range(30):
        local = datetime.fromtimestamp((first + index) * 3600, UTC).astimezone(ZoneInfo(zone))
        assert hours.day[index] == (local.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days
        assert hours.hour[index] == local.hour
        assert hours.slot[index] == local.weekday() * 24 + local.hour


@pytest.mark.parametrize(("date", "length"), [("2024-03-10", 23), ("2024-11-03", 25), ("2024-05-01", 24)])
def test_a_day_has_23_or_25_hours_when_clocks_change(date: str, length: int) -> None:
    """Hours of a local day are counted as they passed."""
    start = int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()) // 3600
    hours = LocalHours.of(start - 48, 120, ZoneInfo("America/New_York"))
    day = start // 24
    assert np.sum(hours.day == day) == length
