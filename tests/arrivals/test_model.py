from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.arrivals_process import START, Process
from exporter.arrivals import MINIMUM, ArrivalModel, Band
from tests.arrivals.desk import DAY, HOUR, NOW, all_bands, fit, steady

MOMENT = st.one_of(
    st.integers(NOW - 40 * DAY, NOW),
    st.integers(NOW - 3000 * DAY, NOW),
    st.sampled_from([0, -1, 2**62, NOW + 1, 600_000_000, NOW]),
)
TICKETS = st.lists(st.tuples(MOMENT, st.integers(0, 2)), max_size=60)
LATER = st.floats(0, 400 * DAY)


def of(tickets: list[tuple[int, int]], size: int = 3) -> ArrivalModel:
    """Fit on pairs of moment and group."""
    moments = np.array([moment for moment, _ in tickets], np.int64)
    return fit(moments, groups=np.array([group for _, group in tickets], np.int64), size=size)


def same(one: Band, other: Band) -> bool:
    """Whether two bands agree to the last digit."""
    return (
        one.expected == other.expected
        and one.upper == other.upper
        and np.array_equal(one.group_expected, other.group_expected)
        and np.array_equal(one.group_upper, other.group_upper)
    )


@settings(deadline=None, max_examples=60)
@given(TICKETS, LATER)
def test_every_band_is_finite_ordered_and_grows_with_the_window(tickets: list[tuple[int, int]], later: float) -> None:
    """0 ≤ expected ≤ upper, upper ≥ 4, never NaN; a longer window expects and bears no less."""
    bands = all_bands(of(tickets), NOW + later)
    for band in bands:
        expected = np.append(band.group_expected, band.expected)
        upper = np.append(band.group_upper, band.upper)
        assert np.all(np.isfinite(expected))
        assert np.all((expected >= 0) & (expected <= upper))
        assert np.all(upper >= MINIMUM)
    for short, long in pairwise(bands):
        assert short.expected <= long.expected * (1 + 1e-9) or long.expected < 1e-6 or short.upper <= long.upper
        assert short.upper <= long.upper
        assert np.all(short.group_upper <= long.group_upper)


@settings(deadline=None, max_examples=30)
@given(TICKETS, st.permutations([0, 1, 2]), st.randoms(use_true_random=False))
def test_order_of_tickets_and_numbering_of_groups_do_not_matter(
    tickets: list[tuple[int, int]], numbering: list[int], random: st.DataObject
) -> None:
    """Shuffled tickets give the same bands; renumbered groups the same bands renumbered."""
    shuffled = list(tickets)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    plain, mixed = of(tickets).expect(DAY, NOW), of(shuffled).expect(DAY, NOW)
    assert same(plain, mixed)
    moved = of([(moment, numbering[group]) for moment, group in tickets]).expect(DAY, NOW)
    assert moved.upper == plain.upper
    assert np.allclose(moved.group_expected[numbering], plain.group_expected)
    assert np.array_equal(moved.group_upper[numbering], plain.group_upper)


def test_the_total_does_not_depend_on_how_tickets_are_grouped() -> None:
    """One department or twelve, and departments without any ticket: the total's bands stay the same."""
    moments, _ = Process(rate=6.0).draw(500, 1)
    now = START + 500 * DAY
    one = fit(moments, now)
    twelve = fit(moments, now, groups=np.arange(len(moments)) % 12, size=40)
    for window in (HOUR, DAY, 7 * DAY):
        assert one.expect(window, now).expected == twelve.expect(window, now).expected
        assert one.expect(window, now).upper == twelve.expect(window, now).upper


def test_groups_without_tickets_change_no_other_group() -> None:
    """Empty departments leave the others' expectations; more looks may only widen their bounds."""
    moments, _ = Process(rate=6.0).draw(300, 2)
    now = START + 300 * DAY
    groups = np.arange(len(moments)) % 3
    few = fit(moments, now, groups=groups, size=3).expect(DAY, now)
    many = fit(moments, now, groups=groups, size=30).expect(DAY, now)
    assert np.allclose(few.group_expected, many.group_expected[:3], rtol=1e-3)
    assert np.all(many.group_upper[:3] >= few.group_upper)
    assert np.all(many.group_upper[:3] <= few.group_upper + 4)
    assert np.all(many.group_upper[3:] == MINIMUM)


def test_without_a_ticket_nothing_is_expected_and_four_are_no_spike() -> None:
    """An empty help desk has bands too, for as many groups as it has."""
    for band in all_bands(fit([], size=2)):
        assert (band.expected, band.upper) == (0.0, MINIMUM)
        assert band.group_expected.tolist() == [0.0, 0.0]
        assert band.group_upper.tolist() == [MINIMUM, MINIMUM]


@pytest.mark.parametrize("ago", [0, HOUR, 6 * DAY, 8 * DAY, 9 * 365 * DAY])
def test_a_single_ticket_is_enough(ago: int) -> None:
    """One ticket, now or nine years ago, expects less than seven a week."""
    for band in all_bands(fit([NOW - ago])):
        assert 0 <= band.expected < 7.5
        assert band.upper >= MINIMUM


def test_another_window_is_refused() -> None:
    """Dispersions are known at three lengths; asking for a fourth is an error that names them."""
    with pytest.raises(ValueError, match=r"one of \[3600, 86400, 604800\] seconds, not 60"):
        fit([NOW]).expect(60, NOW)


def test_the_last_24_hours_do_not_judge_themselves() -> None:
    """A burst of 200 tickets an hour ago changes no bound of today."""
    usual = steady(200, 8)
    burst = np.concatenate([usual, np.full(200, NOW - HOUR)])
    assert same(fit(usual).expect(DAY, NOW), fit(burst).expect(DAY, NOW))


def test_a_help_desk_on_its_first_day_does_not_fire_for_its_usual_load() -> None:
    """With ten hours of history, 100 tickets are ordinary: they are all that is known."""
    moments = NOW - np.arange(100) * 360
    band = fit(moments).expect(DAY, NOW)
    assert band.upper > 100


@pytest.mark.parametrize(("days", "tolerance"), [(21, 0.5), (300, 0.3), (3600, 0.3)])
def test_three_weeks_and_ten_years_of_history(days: int, tolerance: float) -> None:
    """The expectation of a whole week comes near the truth, and the bound lies above it but not far."""
    process = Process(rate=12.0, growth=1.08)
    moments, _ = process.draw(days + 8, 3)
    now = START + days * DAY
    _, mean = process.means(START, days + 1)
    truth = mean[(days - 7) * 24 : days * 24].sum()
    band = fit(moments[moments <= now], now).expect(7 * DAY, now)
    assert abs(band.expected / truth - 1) < tolerance
    assert 1.1 * truth < band.upper < 4 * truth


def test_growth_is_followed() -> None:
    """A help desk that doubles each year is expected at its present size, not at its average one."""
    process = Process(rate=5.0, growth=2.0, season=0.0)
    moments, _ = process.draw(1100, 4)
    now = START + 1100 * DAY
    _, mean = process.means(START, 1100)
    band = fit(moments, now).expect(7 * DAY, now)
    assert abs(band.expected / mean[-168:].sum() - 1) < 0.25
