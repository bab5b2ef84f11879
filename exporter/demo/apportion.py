"""Whole numbers in given proportions."""

import numpy as np
import numpy.typing as npt


def apportion(total: int, weights: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Share ``total`` out in proportion to ``weights``, in whole numbers that sum to it (largest remainder).

    Weights that sum to ``total`` already and are whole come back as they are. Ties go to the earlier place.
    """
    shares = np.asarray(weights, dtype=np.float64)
    if total == 0 or not shares.any():
        return np.zeros(len(shares), dtype=np.int64)
    exact = shares * (total / shares.sum())
    whole: npt.NDArray[np.int64] = np.floor(exact + 1e-9).astype(np.int64)
    rest = total - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:rest]] += 1
    return whole
