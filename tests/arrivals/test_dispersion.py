import numpy as np
import numpy.typing as npt
import pytest

from exporter.arrivals.dispersion import WindowSums, dispersions, window_ends

SIZE = 4000


def sums(tickets: npt.NDArray[np.float64], mean: float, overlap: float = 1) -> WindowSums:
    """Windows of a known mean, whose level is certain."""
    return WindowSums(tickets, np.full(tickets.shape, mean), np.full(tickets.shape, 1e6), overlap)


@pytest.mark.parametrize("truth", [0.05, 0.15, 0.4])
def test_the_dispersion_drawn_from_is_found_again(truth: float) -> None:
    """Within a fifth, on the cautious side of half a standard error."""
    random = np.random.default_rng(1)
    tickets = random.poisson(8 * random.gamma(1 / truth, truth, (1, SIZE))).astype(np.float64)
    assert 0.8 * truth < dispersions(sums(tickets, 8.0))[0] < 1.2 * truth


def test_poisson_windows_have_next_to_none() -> None:
    """Independent arrivals leave only the caution."""
    tickets = np.random.default_rng(2).poisson(8.0, (1, SIZE)).astype(np.float64)
    assert dispersions(sums(tickets, 8.0))[0] < 0.01


def test_earlier_spikes_hardly_raise_it() -> None:
    """With one window in a hundred ten times as busy, plain moments would give 0.9; here less than 0.1 is added."""
    random = np.random.default_rng(3)
    tickets = random.poisson(8 * random.gamma(10, 0.1, (1, SIZE))).astype(np.float64)
    clean = dispersions(sums(tickets, 8.0))[0]
    tickets[0, ::100] *= 10
    plain = np.mean((tickets - 8) ** 2 - 8) / 64
    assert plain > 0.8
    assert dispersions(sums(tickets, 8.0))[0] < clean + 0.1


def test_sparse_groups_take_the_common_value() -> None:
    """A group with a ticket in a hundred windows is as dispersed as its neighbours, not as its own luck says."""
    random = np.random.default_rng(4)
    mean = np.vstack([np.full((5, SIZE), 6.0), np.full((1, SIZE), 0.01)])
    tickets = random.poisson(mean * random.gamma(5, 0.2, (6, SIZE))).astype(np.float64)
    found = dispersions(WindowSums(tickets, mean, np.full(mean.shape, 1e6), 1))
    assert abs(found[5] - 0.2) < 0.25
    assert np.all(np.abs(found[:5] - 0.2) < 0.05)


def test_without_windows_it_is_the_prior_with_caution() -> None:
    """The first hours of a help desk."""
    empty = np.zeros((3, 0))
    assert np.allclose(dispersions(WindowSums(empty, empty, empty, 1)), 0.1 + 1.1 * np.sqrt(2 / 20) / 2)


def test_overlapping_windows_are_less_evidence() -> None:
    """Seven windows that share their hours count as one for the caution."""
    tickets = np.random.default_rng(5).poisson(1.0, (1, 100)).astype(np.float64)
    assert dispersions(sums(tickets, 1.0, overlap=7))[0] > dispersions(sums(tickets, 1.0))[0]


MIDNIGHTS = np.arange(5, 24 * 400, 24)


def test_hours_are_looked_at_around_the_clock() -> None:
    """With much history each fifth hour is taken, so each hour of the day; with little, all are."""
    ends = window_ends(24 * 400, 1, MIDNIGHTS)
    assert ends[-1] == 24 * 400
    assert np.all(np.bincount(ends % 24) >= 79)
    assert window_ends(100, 1, MIDNIGHTS).tolist() == list(range(1, 101))


@pytest.mark.parametrize("length", [24, 168])
def test_longer_windows_end_at_midnight_or_now(length: int) -> None:
    """A window holds whole local days, and none begins before the history."""
    ends = window_ends(24 * 400, length, MIDNIGHTS)
    assert set(ends[:-1] % 24) == {5}
    assert ends[-1] == 24 * 400
    assert length <= ends[0] < length + 24
    assert len(window_ends(20, length, np.array([0]))) == 0
