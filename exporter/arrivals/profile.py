"""The shared profile: expected tickets per hour by hour of week, season of the year and trend."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import PoissonRegressor
from threadpoolctl import threadpool_limits

from exporter.arrivals.clock import Ints, LocalHours, weekday

Floats = npt.NDArray[np.float64]

YEAR: Final = 365.2425
HARMONICS: Final = 8  # the slow part of the season; the finest wave is six weeks long
WEEKS: Final = 52  # and its sharp part: the holidays' edges, the first week of a semester
SEASON_FROM: Final = 1.1 * YEAR  # days of history from which the season and the trend are fitted
HALF_LIFE: Final = 2 * YEAR  # a year ago counts 0.7, five years ago 0.18
_TREND_YEARS: Final = 10
_TIMING: Final = 4  # days by which the calendar moves from year to year
_NEARBY: Final = 0.85
_PRIOR_TICKETS: Final = 48.0  # the day of the week bends the common day after about this many tickets


@dataclass(frozen=True, slots=True)
class Days:
    """Daily totals of the help desk.

    Attributes:
        day: local days since 1970-01-01.
        tickets: created on each day, after clipping.
        exposure: part of the ordinary day that was observed: 1, less at both ends, 23/24 or 25/24 at a clock change.
        weight: 0 for days that are left out (help desk closed), else 1.
    """

    day: Ints
    tickets: Floats
    exposure: Floats
    weight: Floats


@dataclass(frozen=True, slots=True)
class Profile:
    """Expected tickets per hour before the recent level.

    The rate of an hour is the rate of its local day times the share of its hour in such a weekday. For Poisson counts
    this splits the likelihood into two independent parts, the days' totals and the hours within a day, so each is
    fitted by itself; a test holds the result against one Poisson regression over all hours.

    Attributes:
        shares: share of each hour of the week in its day, 168 values, each day's 24 sum to 1.
        end: the last fitted local day; the trend stays constant after it.
        span: days of history behind it, closed ones not counted; 0 if no season was wanted.
        intercept, weights: the regression of the daily rate, on the log scale.
        root: factor L of the posterior covariance L · Lᵀ of intercept and weights.
    """

    shares: Floats
    end: int
    span: int
    intercept: float
    weights: Floats
    root: Floats

    def daily(self, day: Ints) -> Floats:
        """Expected tickets on whole local days."""
        return np.asarray(self._rates(day, np.zeros(1, np.int64))[0])

    def hourly(self, hours: LocalHours) -> Floats:
        """Expected tickets in each hour."""
        days, index = np.unique(hours.day, return_inverse=True)
        return np.asarray(self.daily(days)[index] * self.shares[hours.slot])

    def cautious(self, hours: LocalHours) -> Floats:
        """Tickets in each hour for the bound: 85 % of the busiest season within four days, if that is more.

        Holidays and semesters do not begin on the same date each year, and the season cannot follow an edge of one day:
        on the first day of work after the holidays it still expects few. Differences of 15 % are noise of the fit.
        """
        days, index = np.unique(hours.day, return_inverse=True)
        shifts = np.arange(-_TIMING, _TIMING + 1)
        rates = self._rates(days, shifts)
        rate = np.maximum(rates[_TIMING], _NEARBY * rates.max(axis=0))
        return np.asarray(rate[index] * self.shares[hours.slot])

    def doubt(self, hours: LocalHours) -> Floats:
        """Relative standard deviation of the rate in each hour, by what the regression cannot know about its day."""
        days, index = np.unique(hours.day, return_inverse=True)
        columns = np.hstack([np.ones((len(days), 1)), week_features(days), season_features(days, self.end, self.span)])
        return np.asarray(np.linalg.norm(columns @ self.root, axis=1)[index])

    def _rates(self, day: Ints, shifts: Ints) -> Floats:
        """Expected tickets by (shift of the season in days, local day)."""
        moved = np.repeat(day[None], len(shifts), axis=0) + shifts[:, None]
        season = season_features(moved.ravel(), self.end, self.span) @ self.weights[7:]
        week = week_features(day) @ self.weights[:7]
        return np.asarray(np.exp(self.intercept + week + season.reshape(moved.shape)))


def hour_shares(slot: Ints, tickets: Floats) -> Floats:
    """Share of each hour in its weekday, 168 values.

    Posterior means of Dirichlet priors: a weekday's hours are pulled towards the common day with the weight of 48
    tickets, and the common day towards itself smoothed over neighbouring hours with the weight of 24.

    Args:
        slot: hour of the week of each observed hour.
        tickets: created in it, already weighted.
    """
    table = np.bincount(slot, tickets, minlength=168).reshape(7, 24)
    common = table.sum(axis=0)
    smooth = (np.roll(common, 1) + 2 * common + np.roll(common, -1)) / 4 + 1.0
    common = common + 24.0 * smooth / smooth.sum()
    table = table + _PRIOR_TICKETS * common / common.sum()
    return np.asarray((table / table.sum(axis=1, keepdims=True)).ravel())


def week_features(day: Ints) -> Floats:
    """Columns of the day of the week; like all columns scaled so that the coefficient is a priori N(0, 1).

    The prior standard deviation is 1.5 on the log scale: some help desks have quiet week-ends, some have none.
    """
    return np.asarray(1.5 * (weekday(day)[:, None] == np.arange(7)))


def season_features(day: Ints, end: int, span: int) -> Floats:
    """Columns of season and trend; none up to 1.1 years of history, with which they cannot be told apart.

    Eight yearly harmonics (prior standard deviation 0.3 on the log scale, falling with the square root of the order),
    a hat function for each week of the year (0.15), and a log-linear trend that may bend each year back (0.4 a year).
    """
    if span <= SEASON_FROM:
        return np.zeros((len(day), 0))
    order = np.arange(1, HARMONICS + 1)
    angle = 2 * np.pi * day[:, None] / YEAR * order
    scale = 0.3 / np.sqrt(order)
    week = (day[:, None] / YEAR * WEEKS - np.arange(WEEKS)) % WEEKS
    hats = 0.15 * np.clip(1 - np.minimum(week, WEEKS - week), 0, 1)
    years = np.maximum(end - day, 0)[:, None] / YEAR
    trend = 0.4 * np.clip(years - np.arange(_TREND_YEARS), 0, 1)
    return np.hstack([np.cos(angle) * scale, np.sin(angle) * scale, hats, trend])


def fit_profile(days: Days, shares: Floats, dispersion: float, *, season: bool = True) -> Profile:
    """Fit the daily rate by scikit-learn's Poisson regression, its L2 penalty being the prior of the features.

    scikit-learn minimises half the weighted mean deviance plus alpha / 2 · |weights|². With alpha = overdispersion
    / sum of weights that is the posterior mode of a quasi-Poisson model.

    Args:
        days: what was observed, with at least one ticket. Weights are exposure times recency, halved every two years,
            so that the same weeks of recent years count most.
        shares: from :func:`hour_shares`.
        dispersion: NB2 dispersion of a day's total around the profile, for the strength of the prior.
        season: whether season and trend are fitted, if the history is long enough.
    """
    end, span = int(days.day[-1]), int(days.weight.sum()) if season else 0
    weight = days.weight * days.exposure * 0.5 ** ((end - days.day) / HALF_LIFE)
    used = (weight > 0) & (days.exposure > 1e-6)
    weight, rate = weight[used], days.tickets[used] / days.exposure[used]
    mean = float(np.average(rate, weights=weight))
    # The rate is divided by its mean, so that the solver's tolerance is relative; the log-likelihood shrinks with it.
    alpha = (1 + dispersion * mean) / (mean * float(weight.sum()))
    regression = PoissonRegressor(alpha=alpha, solver="newton-cholesky", tol=1e-6, max_iter=100)
    columns = np.hstack([week_features(days.day[used]), season_features(days.day[used], end, span)])
    with threadpool_limits(1):  # a few thousand rows: more threads would wait for each other longer than they work
        regression.fit(columns, rate / mean, sample_weight=weight)
        information = weight * mean * regression.predict(columns)
        design = np.hstack([np.ones((len(columns), 1)), columns])
        precision = (design.T * information) @ design + (1 + dispersion * mean) * np.diag(
            [0.0, *np.ones(len(columns.T))]
        )
        # precision = C · Cᵀ, so the covariance, overdispersion times its inverse, has the root C⁻ᵀ.
        root = np.sqrt(1 + dispersion * mean) * np.linalg.inv(np.linalg.cholesky(precision)).T
    intercept = float(regression.intercept_) + float(np.log(mean))
    return Profile(shares, end, span, intercept, np.asarray(regression.coef_, np.float64), root)
