"""Several tests at once."""

from __future__ import annotations

import numpy as np

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats


def holm(p: Floats) -> Floats:
    """Adjust p-values for their number by Holm's step-down rule.

    Parameters
    ----------
    p : ndarray of float, shape (tests,)
        Probabilities, none missing.

    Returns
    -------
    ndarray of float, shape (tests,)
        Adjusted, in the same order: refusing all at or under a bound errs in any with at most that probability, however the
        tests depend on each other.

    Raises
    ------
    ParameterError
        If one is not between 0 and 1.

    Notes
    -----
    Not taken from statsmodels, whose own collects garbage at every call.

    References
    ----------
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6(2), 65-70.
    https://doi.org/10.2307/4615733
    """
    p = np.asarray(p, dtype=float)
    if not ((p >= 0) & (p <= 1)).all():
        raise ParameterError("p: every p-value must lie between 0 and 1")
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, stepped)
    return adjusted
