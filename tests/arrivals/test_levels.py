import numpy as np

from exporter.arrivals.levels import clipped, first_guess, open_days, recent_levels


def test_the_level_of_a_day_knows_only_the_days_before() -> None:
    """Changing a day's tickets changes no level up to that day, and every later one."""
    expected = np.full((1, 60), 10.0)
    calm, busy = expected.copy(), expected.copy()
    busy[0, 30] = 100
    before, after = recent_levels(calm, expected), recent_levels(busy, expected)
    assert np.array_equal(before.level[:, :31], after.level[:, :31])
    assert np.all(after.level[:, 31:] > before.level[:, 31:])


def test_half_of_the_weight_is_four_weeks_old_or_less() -> None:
    """28 days after a doubling the level is half-way; the long-run level keeps its pull of one week in six."""
    expected = np.full((1, 700), 10.0)
    tickets = np.where(np.arange(700) < 500, 10.0, 20.0)[None]
    level = recent_levels(tickets, expected).level[0]
    assert abs(level[500] - 1) < 1e-9
    assert 1.4 < level[528] < 1.55
    assert 1.8 < level[-1] < 1.9


def test_little_evidence_stays_near_the_long_run_level() -> None:
    """A group that expects a ticket in 100 days is not ten times as busy for having one."""
    expected = np.full((1, 100), 0.01)
    tickets = np.zeros((1, 100))
    tickets[0, 99] = 1
    assert recent_levels(tickets, expected).level[0, -1] < 1.3


def test_nothing_expected_gives_level_one() -> None:
    """No days, or only days that are left out, leave the level where it was."""
    assert np.all(recent_levels(np.zeros((2, 5)), np.zeros((2, 5))).level == 1)


def test_a_silence_in_which_many_were_expected_is_a_closed_desk() -> None:
    """Two weeks without a ticket where four a day come are left out; a silent week-end is not."""
    tickets = np.full(60, 4.0)
    tickets[20:34] = 0
    tickets[40:42] = 0
    weight = open_days(tickets, np.full(60, 4.0))
    assert np.array_equal(np.flatnonzero(weight == 0), np.arange(20, 34))


def test_a_history_that_begins_silent_is_left_out_up_to_its_first_ticket() -> None:
    """Leading silence counts as closed too."""
    weight = open_days(np.array([0.0] * 30 + [5.0] * 10), np.full(40, 5.0))
    assert weight.tolist() == [0.0] * 30 + [1.0] * 10


def test_spikes_are_cut_and_ordinary_days_are_not() -> None:
    """Within two standard deviations nothing changes; a tenfold day counts as a busy one."""
    mean = np.full(4, 10.0)
    cut = clipped(np.array([8.0, 12.0, 100.0, 0.0]), mean, 0.05)
    assert cut[:2].tolist() == [8.0, 12.0]
    assert 16 < cut[2] < 22
    assert 0 < cut[3] < 5


def test_an_import_of_thousands_is_cut_before_anything_is_known() -> None:
    """The first guess bounds monstrous days and leaves all others, growth included, as they are."""
    tickets = np.linspace(2, 20, 100)
    monstrous = tickets.copy()
    monstrous[50] = 50_000
    assert first_guess(monstrous).max() < 80
    assert np.array_equal(first_guess(tickets), tickets)
