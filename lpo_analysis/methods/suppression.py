"""Which cells of a small table must stay hidden so that nobody's answer can be read from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lpo_analysis.errors import ParameterError

SHOWN, SMALL, COMPLEMENT = "", "small", "complement"


def suppress(counts: ArrayLike, *, least: int) -> NDArray[np.str_]:
    """Choose the rows of a table of counts to hide, given that the totals over its rows are shown.

    Parameters
    ----------
    counts : array_like of int, shape (rows, answers)
        How many gave each answer, a group a row.
    least : int
        Smallest count that may be shown; 1 hides nothing.

    Returns
    -------
    ndarray of str, shape (rows,)
        ``''`` shown; ``'small'`` a row with fewer than `least` in all, or with an answer given by at least one and fewer than
        `least`; ``'complement'`` hidden so that the small ones cannot be found by subtraction.

    Raises
    ------
    ParameterError
        If counts are negative or not of two dimensions, or `least` is below 1.

    Notes
    -----
    Whatever is hidden has, taken together, at least two rows, at least `least` respondents, and in no answer a count from 1 to
    `least` - 1; the smallest rows are added until that holds, or until nothing is left to add. An answer that nobody gave is
    shown as 0. This protects one table; a reader who has other tables of the same respondents may still subtract those.

    References
    ----------
    Hundepool, A. et al. (2012). Statistical disclosure control, ch. 4. Wiley. https://doi.org/10.1002/9781118348239
    """
    table: NDArray[Any] = np.asarray(counts)
    if table.ndim != 2 or (table < 0).any():
        raise ParameterError("counts: a table of counts, rows by answers, is needed")
    if least < 1:
        raise ParameterError(f"least: must be 1 or more, got {least!r}")
    totals = table.sum(axis=1)
    small = (totals < least) | ((table > 0) & (table < least)).any(axis=1)
    marks = np.where(small, SMALL, SHOWN).astype(f"U{len(COMPLEMENT)}")
    if not small.any():
        return marks
    for row in np.argsort(totals, kind="stable"):
        hidden = table[marks != SHOWN]
        sums = hidden.sum(axis=0)
        if len(hidden) >= 2 and sums.sum() >= least and not ((sums > 0) & (sums < least)).any():
            break
        if marks[row] == SHOWN:
            marks[row] = COMPLEMENT
    return marks
