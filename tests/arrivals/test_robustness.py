"""Histories as they really are: spikes, closings, imports, clock changes, departments that come and go."""

import numpy as np
import pytest

from bench.arrivals_process import NEW_YORK, START, Process
from exporter.arrivals import created_in_window
from tests.arrivals.desk import DAY, HOUR, NOW, UTC, Ints, fit, steady

DAYS = 700
END = START + DAYS * DAY
RATE = 8.0


@pytest.fixture(scope="module")
def clean() -> Ints:
    """Two years of a steady, over-dispersed help desk."""
    return Process(rate=RATE, growth=1.0, season=0.0).draw(DAYS, 1)[0]


def upper(moments: Ints) -> int:
    """The 24 h bound at the end of a weekday."""
    return fit(moments, END).expect(DAY, END).upper


def with_spikes(moments: Ints, ago: Ints) -> Ints:
    """Add ten times the usual tickets on each of the days so long ago."""
    random = np.random.default_rng(2)
    days = np.repeat(END // DAY - ago, int(10 * RATE))
    return np.concatenate([moments, days * DAY + random.integers(0, DAY, len(days))])


def test_earlier_spikes_do_not_lift_the_bound(clean: Ints) -> None:
    """Thirty days with ten times the tickets, a month ago and earlier, lift the bound by less than a quarter."""
    ago = np.random.default_rng(2).choice(np.arange(30, DAYS - 60), 30, replace=False)
    assert upper(with_spikes(clean, ago)) <= 1.25 * upper(clean)


def test_a_week_full_of_spikes_does_not_become_the_rule(clean: Ints) -> None:
    """Ten times the tickets on three days of the last week lift the bound, which follows changes, but do not double it.

    A fourth such day is still a spike by far.
    """
    after = upper(with_spikes(clean, np.array([3, 5, 7])))
    assert after < 2 * upper(clean)
    assert after < 5 * RATE


def test_an_import_of_fifty_thousand_tickets_in_one_hour_is_no_rhythm(clean: Ints) -> None:
    """Tickets of a former system that all bear the moment of their import change the bound by two tickets at most."""
    imported = np.full(50_000, START + 300 * DAY)
    assert abs(upper(np.concatenate([clean, imported])) - upper(clean)) <= 2


@pytest.mark.parametrize("until", [0, 30, 200])
def test_two_closed_weeks_are_not_taken_for_less_work(clean: Ints, until: int) -> None:
    """After a closing that ended today, a month ago or long ago, the expectation is what it was before."""
    end = END - until * DAY
    kept = clean[(clean < end - 14 * DAY) | (clean >= end)]
    gap, whole = fit(kept, END).expect(7 * DAY, END), fit(clean, END).expect(7 * DAY, END)
    assert abs(gap.expected / whole.expected - 1) < 0.15


def test_a_lone_early_ticket_does_not_thin_out_the_history(clean: Ints) -> None:
    """A test ticket five years before the help desk opened changes the expectation by less than a tenth."""
    lone = np.append(clean, START - 5 * 365 * DAY)
    assert abs(fit(lone, END).expect(DAY, END).expected / fit(clean, END).expect(DAY, END).expected - 1) < 0.1


def test_sparse_departments_need_five_tickets() -> None:
    """With a ticket a month the bound of a day is four, and a fourth ticket is no spike."""
    moments = np.sort(NOW - np.random.default_rng(3).integers(0, 900 * DAY, 930))
    groups = np.where(np.arange(930) % 31 == 0, 1, 0)
    band = fit(moments, groups=groups, size=2).expect(DAY, NOW)
    assert band.group_upper[1] == 4
    assert 0 < band.group_expected[1] < 0.1


def test_a_new_department_is_followed_within_weeks() -> None:
    """A department that began six weeks ago with two tickets a day is expected near that."""
    old = steady(800, 6)
    new = steady(42, 2)
    moments = np.concatenate([old, new])
    groups = np.repeat([0, 1], [len(old), len(new)])
    band = fit(moments, groups=groups, size=2).expect(DAY, NOW)
    assert 0.9 < band.group_expected[1] < 2.4
    assert band.group_upper[1] < 14


def test_weekday_and_office_hours_are_told_in_the_help_desks_zone() -> None:
    """Work from 9 to 17 in New York is expected from 9 to 17 there, on both sides of a clock change."""
    moments, _ = Process(rate=40.0, season=0.0).draw(314, 5)
    now = START + 314 * DAY  # 2021-11-11, four days after the clocks went back
    model = fit(moments, now, zone=NEW_YORK)
    fits_utc = fit(moments, now, zone=UTC)
    ten_local = now - now % DAY + 15 * HOUR  # 10:00 EST
    before = ten_local - 7 * DAY - HOUR  # 10:00 EDT, a week earlier
    assert model.expect(HOUR, ten_local).expected == pytest.approx(model.expect(HOUR, before).expected, rel=0.01)
    assert fits_utc.expect(HOUR, ten_local).expected != pytest.approx(fits_utc.expect(HOUR, before).expected, rel=0.03)


@pytest.mark.parametrize("date", [1_710_054_000, 1_730_606_400])  # both changes of New York's clocks in 2024
def test_windows_across_a_clock_change_are_ordinary(date: int) -> None:
    """The 24 hours around a change expect what the same weekday does a week before, up to an hour's share."""
    model = fit(steady(600, 24, date - 2 * DAY), date - 2 * DAY)
    for offset in range(0, 30 * HOUR, HOUR):
        here, there = (model.expect(DAY, at).expected for at in (date + offset, date + offset - 7 * DAY))
        assert here == pytest.approx(there, rel=0.08)


def test_expectation_moves_smoothly_through_the_hour() -> None:
    """Begun hours count in part: a minute more or less changes a day's expectation by a hundredth at most."""
    model = fit(Process(rate=20.0).draw(200, 6)[0], START + 200 * DAY)
    now = START + 200 * DAY + 14 * HOUR
    steps = [model.expect(DAY, now + 60 * minute).expected for minute in range(121)]
    assert np.max(np.abs(np.diff(steps))) < 0.01 * np.mean(steps)


def test_a_spike_of_three_times_the_expected_exceeds_the_bound(clean: Ints) -> None:
    """At eight tickets a day, 24 more within the day are a spike; the day before was none."""
    spike = END + np.arange(24) * HOUR
    model = fit(clean, END)
    now = END + DAY
    later, _ = Process(rate=RATE, growth=1.0, season=0.0).draw(1, 9, END)
    both = np.concatenate([clean, later, spike])
    created = created_in_window(both, np.zeros(len(both), np.int64), 1, DAY, now)
    assert created[0] > model.expect(DAY, now).upper
    quiet = created_in_window(clean, np.zeros(len(clean), np.int64), 1, DAY, END)
    assert quiet[0] <= model.expect(DAY, END).upper
