"""The quantile of a negative binomial count, and the robust limits that keep old spikes out of the fit."""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import nbinom

Floats = npt.NDArray[np.float64]

COVERAGE: Final = 0.999
# Up to this many tickets in a window are never a spike, whatever was expected: below it chance is all there is to see,
# and no one wants to be called for a fourth ticket in a department that has two a month.
MINIMUM: Final = 4


def upper_bound(mean: Floats, dispersion: Floats, looks: int = 1) -> npt.NDArray[np.int64]:
    """Return the smallest counts that ordinary windows exceed with a probability of at most 0.1 %.

    The count is negative binomial with variance mean + dispersion · mean² (NB2; SciPy's n = 1 / dispersion,
    p = 1 / (1 + dispersion · mean)); never below :data:`MINIMUM`.

    Args:
        mean: expected counts, at least 0.
        dispersion: above 0.
        looks: number of bounds looked at in a day: windows times groups. Together they hold with 99.9 % (Šidák: each
            with 0.999^(1/looks)): fifty departments, or 24 hours, do not raise many times the false alarms of one.
    """
    confidence = COVERAGE ** (1 / max(looks, 1))
    bound = nbinom.ppf(confidence, 1 / dispersion, 1 / (1 + dispersion * mean))
    return np.asarray(np.maximum(np.ceil(bound), MINIMUM), np.int64)


def limits(mean: Floats, dispersion: Floats | float, z: float) -> tuple[Floats, Floats]:
    """Return the lower and upper limit at which counts are clipped, ``z`` standard deviations out.

    The upper one follows the skewness of the negative binomial by the first Cornish-Fisher term, (z² - 1) / 6 times
    skewness times standard deviation, which for NB2 is 1 + 2 · dispersion · mean; close to the exact quantile and much
    cheaper.
    """
    deviation = np.sqrt(mean + dispersion * mean**2)
    skew = (z**2 - 1) / 6 * (1 + 2 * dispersion * mean)
    return np.maximum(mean - z * deviation, 0.0), mean + z * deviation + skew
