import numpy as np
import numpy.typing as npt
import pytest
from sklearn.linear_model import PoissonRegressor
from threadpoolctl import threadpool_limits

from bench.arrivals_process import NEW_YORK, START, Process
from exporter.arrivals.clock import LocalHours, weekday
from exporter.arrivals.profile import YEAR, Days, Profile, fit_profile, hour_shares, week_features

HOURS = 24 * 7 * 50  # less than a year: no season


def observed(seed: int, rate: float) -> tuple[LocalHours, npt.NDArray[np.float64]]:
    """Return fifty weeks without noise of days and weeks: local hours and tickets in each."""
    moments, _ = Process(rate=rate, day_noise=0.0, week_noise=0.0, season=0.0).draw(HOURS // 24, seed)
    counts = np.bincount((moments - START) // 3600, minlength=HOURS).astype(np.float64)
    return LocalHours.of(START // 3600, HOURS, NEW_YORK), counts


def test_split_fit_agrees_with_one_regression_over_all_hours_of_the_week() -> None:
    """Days times shares is what scikit-learn finds with one column per hour of the week, up to the priors."""
    hours, counts = observed(1, rate=2000.0)
    shares = hour_shares(hours.slot, counts)
    _, starts, index = np.unique(hours.day, return_index=True, return_inverse=True)
    days = Days(
        hours.day[starts],
        np.add.reduceat(counts, starts),
        np.bincount(index, shares[hours.slot]).astype(np.float64),
        np.ones(len(starts)),
    )
    ours = fit_profile(days, shares, 0.0).hourly(hours)
    columns = (hours.slot[:, None] == np.arange(168)).astype(np.float64)
    recent = 0.5 ** ((days.day[-1] - hours.day) / (2 * YEAR))
    with threadpool_limits(1):
        whole = PoissonRegressor(alpha=1e-6, solver="newton-cholesky").fit(columns, counts, sample_weight=recent)
    theirs = whole.predict(columns)
    assert np.max(np.abs(ours / theirs - 1)) < 0.03
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.01)


def test_the_true_rates_are_found_again() -> None:
    """With much data the hourly rates come within 10 % of those drawn from."""
    hours, counts = observed(2, rate=2000.0)
    _, starts = np.unique(hours.day, return_index=True)
    days = Days(hours.day[starts], np.add.reduceat(counts, starts), np.ones(len(starts)), np.ones(len(starts)))
    _, truth = Process(rate=2000.0, season=0.0).means(START, HOURS // 24)
    found = fit_profile(days, hour_shares(hours.slot, counts), 0.0).hourly(hours)
    quarter = slice(HOURS // 2, None)  # growth is not fitted with less than a year: compare the shape
    ratio = found[quarter] / truth[quarter]
    assert np.max(np.abs(ratio / ratio.mean() - 1)) < 0.15


def test_hour_shares_sum_to_one_each_day_and_are_never_zero() -> None:
    """Without a single ticket each hour has the same share; with some, none is impossible."""
    assert np.allclose(hour_shares(np.arange(168), np.zeros(168)), 1 / 24)
    shares = hour_shares(np.array([9, 9, 10]), np.array([50.0, 50.0, 100.0])).reshape(7, 24)
    assert np.allclose(shares.sum(axis=1), 1)
    assert np.all(shares > 0)
    assert shares[0, 10] > 0.3


def test_a_season_is_learned_from_the_same_weeks_of_earlier_years() -> None:
    """Two years of a September peak raise the expectation of the next September."""
    day = np.arange(18_000, 18_000 + 3 * 365)
    peak = np.abs(day % YEAR - 253) < 8
    tickets = np.where(peak, 30.0, 10.0)
    last = int(np.flatnonzero(np.abs((18_000 + np.arange(3 * 365)) % YEAR - 240) < 1)[-1])
    cut = slice(0, last)
    days = Days(day[cut], tickets[cut], np.ones(last), np.ones(last))
    profile = fit_profile(days, np.full(168, 1 / 24), 0.0)
    coming = day[last:][peak[last:]]
    assert len(coming) > 10
    assert np.all(profile.daily(coming)[2:-2] > 20)


def test_less_than_a_year_of_history_has_no_season() -> None:
    """A trend of some months is left to the recent level; the profile is the week alone."""
    day = np.arange(18_000, 18_200)
    days = Days(day, np.linspace(5, 50, 200), np.ones(200), np.ones(200))
    profile = fit_profile(days, np.full(168, 1 / 24), 0.1)
    assert len(profile.weights) == 7
    assert profile.daily(np.array([18_300])) == pytest.approx(profile.daily(np.array([18_307])))


def test_doubt_is_the_standard_error_of_the_mean() -> None:
    """For Poisson days of one rate it is 1 / √tickets, and it shrinks with the root of the history's length."""
    day = np.arange(18_000, 18_350)
    hours = LocalHours(day[-7:], np.zeros(7, np.int64))
    for length in (35, 350):
        days = Days(day[-length:], np.full(length, 50.0), np.ones(length), np.ones(length))
        doubt = fit_profile(days, np.full(168, 1 / 24), 0.0).doubt(hours)
        assert np.all(np.abs(doubt * np.sqrt(50 * length / 7) - 1) < 0.15)


def test_caution_looks_at_the_days_around() -> None:
    """Just before a seasonal edge the cautious rate is above the expected one, and never below it."""
    day = np.arange(18_000, 18_000 + 4 * 365)
    quiet = np.abs(day % YEAR - 180) < 7
    days = Days(day, np.where(quiet, 20.0, 400.0), np.ones(len(day)), np.ones(len(day)))
    profile = fit_profile(days, np.full(168, 1 / 24), 0.1)
    at = int(np.flatnonzero(quiet)[-1])
    hours = LocalHours(np.arange(day[at] - 30, day[at] + 30), np.zeros(60, np.int64))
    assert np.all(profile.cautious(hours) >= profile.hourly(hours))
    assert profile.cautious(hours)[30] > 1.5 * profile.hourly(hours)[30]


def test_trend_stays_where_it_is_after_the_fit() -> None:
    """Growth is not extrapolated: the same weekday a year after the fit's end is the last level times its season."""
    end = 20_000
    weights = np.zeros(7 + 16 + 52 + 10)
    weights[-10:] = -1.0
    profile = Profile(np.full(168, 1 / 24), end, 3000, 1.0, weights, np.eye(len(weights) + 1))
    rates = profile.daily(np.array([end - 365, end, end + 7, end + 700]))
    assert rates[1] == pytest.approx(rates[2])
    assert rates[1] == pytest.approx(rates[3])
    assert rates[0] < rates[1]
    assert week_features(np.array([end])).argmax() == weekday(np.array([end]))[0]
