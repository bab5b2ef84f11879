import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from exporter.arrivals.bound import MINIMUM, limits, upper_bound

MEANS = st.floats(0, 1e5)
DISPERSIONS = st.floats(1e-3, 5)


def one(mean: float, dispersion: float, looks: int = 1) -> int:
    """Return the bound of a single group."""
    return int(upper_bound(np.array([mean]), np.array([dispersion]), looks)[0])


@given(MEANS, DISPERSIONS)
def test_an_ordinary_window_exceeds_the_bound_with_at_most_one_in_a_thousand(mean: float, dispersion: float) -> None:
    """The bound is the smallest count of that property, or the minimum."""
    bound = one(mean, dispersion)
    n, p = 1 / dispersion, 1 / (1 + dispersion * mean)
    assert nbinom.sf(bound, n, p) <= 0.001 * (1 + 1e-9)
    assert bound == MINIMUM or nbinom.sf(bound - 1, n, p) > 0.001 * (1 - 1e-9)


def test_without_dispersion_it_is_the_poisson_bound() -> None:
    """At a vanishing dispersion the negative binomial is the Poisson distribution."""
    for mean in (2.0, 5.0, 40.0, 300.0):
        assert one(mean, 1e-7) == int(poisson.ppf(0.999, mean))


@given(st.floats(0.01, 50), st.floats(0.01, 1), st.integers(2, 60))
def test_all_bounds_together_hold_with_the_same_probability(mean: float, dispersion: float, looks: int) -> None:
    """With many looks the chance that any independent one exceeds its bound stays at one in a thousand."""
    bound = one(mean, dispersion, looks)
    alone = nbinom.cdf(bound, 1 / dispersion, 1 / (1 + dispersion * mean))
    assert alone**looks >= 0.999 - 1e-12


def test_four_tickets_are_never_a_spike() -> None:
    """The fallback of sparse departments, which expect next to nothing."""
    assert one(0.0, 0.1) == one(1e-9, 5.0) == one(0.05, 0.2) == MINIMUM == 4


def test_clipping_limits_are_close_to_the_quantiles() -> None:
    """The cheap limit is within 6 % and one ticket of the exact 97.7 % quantile."""
    for mean in (0.5, 3.0, 20.0, 200.0):
        for dispersion in (0.02, 0.1, 0.3):
            exact = nbinom.ppf(0.97725, 1 / dispersion, 1 / (1 + dispersion * mean))
            low, high = limits(np.array([mean]), dispersion, 2.0)
            assert abs(high[0] - exact) <= 1 + 0.06 * exact
            assert 0 <= low[0] <= mean
