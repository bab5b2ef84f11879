import numpy as np
import pytest

from exporter.arrivals import HourlyCounts, created_in_window
from tests.arrivals.desk import DAY, HOUR, NOW

ZERO = np.zeros(0, np.int64)


def test_each_ticket_is_counted_once_in_its_group_and_hour() -> None:
    """Unsorted moments land in the column of their UTC hour and the row of their group; a day lies before them."""
    moments = np.array([NOW - 2 * HOUR, NOW - 5 * HOUR + 1, NOW - 2 * HOUR + 3599, NOW])
    counts = HourlyCounts.of(moments, np.array([1, 0, 1, 2]), 4, NOW)
    assert counts.first == NOW // HOUR - 5 - 24
    expected = np.zeros((4, 30), np.int32)
    expected[0, 24], expected[1, 27], expected[2, 29] = 1, 2, 1
    assert np.array_equal(counts.counts, expected)


def test_absurd_dates_are_left_out() -> None:
    """Moments in the future, before 1990, zero and negative ones are no arrivals; the history is not stretched."""
    moments = np.array([NOW + 1, NOW + 10**9, 0, -(2**62), 600_000_000, NOW - HOUR, 2**62])
    counts = HourlyCounts.of(moments, np.zeros(7, np.int64), 1, NOW)
    assert counts.counts.sum() == 1
    assert counts.counts.shape == (1, 26)


def test_history_older_than_ten_years_is_left_out() -> None:
    """One ticket of 1991 does not make a matrix of thirty years."""
    counts = HourlyCounts.of(np.array([670_000_000, NOW - DAY]), np.zeros(2, np.int64), 1, NOW)
    assert counts.counts.shape == (1, 49)


def test_an_empty_history_has_rows_and_no_columns() -> None:
    """Groups exist before their first ticket."""
    assert HourlyCounts.of(ZERO, ZERO, 3, NOW).counts.shape == (3, 0)


@pytest.mark.parametrize("groups", [[0, 3], [-1, 0]])
def test_a_group_out_of_range_is_an_error(groups: list[int]) -> None:
    """A wrong group number does not count a ticket for another group."""
    with pytest.raises(ValueError, match="groups must be numbers from 0 to 2"):
        HourlyCounts.of(np.array([NOW, NOW]), np.array(groups), 3, NOW)


def test_moments_without_groups_are_an_error() -> None:
    """Two arrays of different length are refused, for both kinds of counting."""
    with pytest.raises(ValueError, match="2 moments but 1 groups"):
        created_in_window(np.array([NOW, NOW]), np.array([0]), 1, HOUR, NOW)


def test_a_window_takes_its_end_and_not_its_beginning() -> None:
    """The window is (now - length, now], so that neighbouring windows share no ticket."""
    moments = np.array([NOW - HOUR, NOW - HOUR + 1, NOW, NOW + 1])
    assert created_in_window(moments, np.array([0, 1, 1, 0]), 3, HOUR, NOW).tolist() == [0, 2, 0]
