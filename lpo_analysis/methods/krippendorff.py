"""Krippendorff's alpha of counted ratings, with a bootstrap over units that works on all replicates at once."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats

Scale = Literal["nominal", "ordinal", "interval", "ratio"]
SCALES = ("nominal", "ordinal", "interval", "ratio")
_CELLS = 4_000_000


def alpha(counts: Floats, *, scale: Scale, values: Floats) -> float:
    """Return Krippendorff's alpha.

    Parameters
    ----------
    counts : ndarray of float, shape (units, categories)
        How many raters put a unit into a category; units with fewer than two ratings do not count.
    scale : {'nominal', 'ordinal', 'interval', 'ratio'}
        Level of measurement.
    values : ndarray of float, shape (categories,)
        Values of the categories, in their order.

    Returns
    -------
    float
        Alpha; NaN where all ratings that can be paired are the same, so that nothing could disagree.

    Raises
    ------
    ParameterError
        If the scale is unknown, or a ratio scale has values below 0.

    References
    ----------
    Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability. University of Pennsylvania.
    """
    paired = counts[counts.sum(axis=1) >= 2]
    return float(_alphas(paired, np.ones((1, len(paired))), scale, values)[0])


def bootstrap_alpha(counts: Floats, *, scale: Scale, values: Floats, draws: int = 1000, seed: int | None = 0) -> Floats:
    """Return alpha of units drawn with replacement.

    Parameters
    ----------
    counts : ndarray of float, shape (units, categories)
        As in `alpha`.
    scale : {'nominal', 'ordinal', 'interval', 'ratio'}
        Level of measurement.
    values : ndarray of float, shape (categories,)
        Values of the categories, in their order.
    draws : int, default 1000
        Number of replicates.
    seed : int, optional
        Seed; None for another result each time.

    Returns
    -------
    ndarray of float, shape (draws,)
        Replicates; NaN where all ratings of one are the same.

    Raises
    ------
    ParameterError
        As in `alpha`.
    """
    paired = counts[counts.sum(axis=1) >= 2]
    units = len(paired)
    rng = np.random.default_rng(seed)
    # Units rated alike are one pattern: the replicates need only how often each pattern was drawn.
    patterns, which = np.unique(paired, axis=0, return_inverse=True)
    drawn = which.ravel()[rng.integers(units, size=(draws, units))] + len(patterns) * np.arange(draws)[:, None]
    times = np.bincount(drawn.ravel(), minlength=draws * len(patterns)).reshape(draws, len(patterns)).astype(float)
    return _alphas(patterns, times, scale, values)


def _alphas(paired: Floats, times: Floats, scale: Scale, values: Floats) -> Floats:
    if scale not in SCALES:
        raise ParameterError(f"scale: got {scale!r}.", remedy=choices(scale, SCALES))
    size = paired.sum(axis=1)
    margins = times @ paired
    total = margins.sum(axis=1)
    if scale == "ordinal":
        observed, expected = _ordinal(paired, size, times, margins, total)
    else:
        apart = distances(scale, values)
        within = np.einsum("uk,kl,ul->u", paired, apart, paired, optimize=True) / (size - 1)
        observed, expected = times @ within, ((margins @ apart) * margins).sum(axis=1) / (total - 1)
    # Rounding must not turn "all the same" into a wild ratio.
    nothing = expected <= 1e-12 * np.maximum(total, 1.0)
    return np.where(nothing, np.nan, 1 - observed / np.where(nothing, 1.0, expected))


def distances(scale: Scale, values: Floats) -> Floats:
    """Return the squared differences between categories, ordinal ones apart (they depend on the ratings).

    Parameters
    ----------
    scale : {'nominal', 'interval', 'ratio'}
        Level of measurement.
    values : ndarray of float, shape (categories,)
        Values of the categories.

    Returns
    -------
    ndarray of float, shape (categories, categories)
        Squared differences.

    Raises
    ------
    ParameterError
        If a ratio scale has values below 0.
    """
    if scale == "nominal":
        return 1.0 - np.eye(len(values))
    gap = values[:, None] - values[None, :]
    if scale == "ratio":
        if (values < 0).any():
            raise ParameterError("scale: a ratio scale has no values below 0", remedy="Use 'interval'.")
        both = values[:, None] + values[None, :]
        gap = np.divide(gap, both, out=np.zeros_like(gap), where=both > 0)
    return np.asarray(gap**2, dtype=float)


def _ordinal(paired: Floats, size: Floats, times: Floats, margins: Floats, total: Floats) -> tuple[Floats, Floats]:
    """Ordinal differences are differences of mid-ranks, and mid-ranks are those of each replicate."""
    ranks = margins.cumsum(axis=1) - margins / 2
    ranks = ranks - ((margins * ranks).sum(axis=1) / total)[:, None]  # centred: less cancellation
    expected = 2 * total * (margins * ranks**2).sum(axis=1) / (total - 1)
    observed = np.empty(len(times))
    step = max(1, _CELLS // len(paired))
    for at in range(0, len(times), step):
        part = slice(at, at + step)
        mean, square = ranks[part] @ paired.T, (ranks[part] ** 2) @ paired.T
        observed[part] = (times[part] * 2 * (size * square - mean**2) / (size - 1)).sum(axis=1)
    return observed, expected
