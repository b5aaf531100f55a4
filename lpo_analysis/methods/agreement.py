"""Agreement between raters, corrected for chance: Cohen, Fleiss, Krippendorff and Gwet, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm, t

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.counts import fraction, whole
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.krippendorff import SCALES, Scale, alpha, bootstrap_alpha
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import percent

Weights = Literal["identity", "linear", "quadratic"]
_PARADOX = 0.2


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement.

    Parameters
    ----------
    estimate : float
        The coefficient; NaN where it is not defined.
    std_error : float
        Its standard error.
    conf_low, conf_high : float
        Ends of the interval, cut at 1 and -1.
    level : float
        Confidence level.
    observed : float
        Observed (weighted) agreement.
    chance : float
        Agreement that chance alone is taken to give.
    n_units : int
        Units used.
    """

    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    level: float
    observed: float
    chance: float
    n_units: int


@dataclass(frozen=True, eq=False)
class Ratings:
    """Ratings of units by raters, counted.

    Parameters
    ----------
    codes : ndarray of int, shape (units, raters)
        Position of each rating among the categories; -1 where a rater gave none.
    categories : tuple
        The categories, in order.
    values : ndarray of float
        Numbers of the categories: their own where they are numbers, else 0, 1, 2 ...
    scale : {'nominal', 'ordinal', 'interval', 'ratio'}
        Level of measurement.
    """

    codes: np.ndarray[Any, np.dtype[np.int64]]
    categories: tuple[Any, ...]
    values: Floats
    scale: Scale

    @property
    def counts(self) -> Floats:
        """How many raters put each unit into each category."""
        return np.stack([(self.codes == k).sum(axis=1) for k in range(len(self.categories))], axis=1).astype(float)


def read_ratings(
    ratings: ArrayLike | pd.DataFrame, *, scale: Scale = "nominal", categories: Sequence[Any] | None = None
) -> Ratings:
    """Check ratings and turn them into codes.

    Parameters
    ----------
    ratings : array_like or pandas.DataFrame, shape (units, raters)
        Labels or numbers; NaN, None or NA where a rater gave none.
    scale : {'nominal', 'ordinal', 'interval', 'ratio'}, default 'nominal'
        Level of measurement.
    categories : sequence, optional
        All categories, in order where order counts; by default those that occur.

    Returns
    -------
    Ratings
        The ratings.

    Raises
    ------
    ParameterError
        If there are fewer than two raters or no units, a rating is none of the categories, the scale is unknown, ordinal labels
        that are no numbers come without `categories`, or an interval or ratio scale has labels.
    """
    if scale not in SCALES:
        raise ParameterError(f"scale: got {scale!r}.", remedy=choices(scale, SCALES))
    frame = pd.DataFrame(ratings)
    if frame.shape[1] < 2 or not len(frame):
        raise ParameterError(
            f"ratings: need units in rows and at least two raters in columns, got {frame.shape[0]} by {frame.shape[1]}"
        )
    flat = frame.astype(object).to_numpy()
    given = ~pd.isna(flat)
    found = list(dict.fromkeys(flat[given].tolist()))
    numeric = all(isinstance(item, int | float | np.number) and not isinstance(item, bool) for item in found)
    if categories is None:
        if scale == "ordinal" and not numeric:
            raise ParameterError(
                f"categories: the order of {', '.join(map(str, found[:5]))} is not known, and an ordinal scale needs it",
                remedy="Name them from lowest to highest, or use scale='nominal'.",
            )
        order = sorted(found) if numeric else sorted(found, key=str)
    else:
        order = list(categories)
        if len(set(order)) != len(order):
            raise ParameterError("categories: one stands twice")
        if strange := [item for item in found if item not in order]:
            raise ParameterError(
                f"ratings: {strange[0]!r} is none of the categories.", remedy=choices(strange[0], map(str, order))
            )
    if scale in ("interval", "ratio") and not numeric:
        raise ParameterError(
            f"scale: {scale!r} needs numbers, got labels such as {found[0]!r}", remedy="Use 'ordinal' or 'nominal'."
        )
    place = {item: k for k, item in enumerate(order)}
    codes = np.full(flat.shape, -1, dtype=np.int64)
    codes[given] = [place[item] for item in flat[given]]
    own = numeric and all(isinstance(item, int | float | np.number) for item in order)
    values = np.array(order, dtype=float) if own else np.arange(len(order), dtype=float)
    return Ratings(codes, tuple(order), values, scale)


def agreement_weights(weights: Weights | ArrayLike, values: Floats) -> Floats:
    """Return how much two categories agree: 1 for the same, less the further apart.

    Parameters
    ----------
    weights : {'identity', 'linear', 'quadratic'} or array_like of float
        Kind, or the matrix itself (symmetric, 1 on the diagonal, within 0-1).
    values : ndarray of float, shape (categories,)
        Numbers of the categories.

    Returns
    -------
    ndarray of float, shape (categories, categories)
        The weights.

    Raises
    ------
    ParameterError
        If the kind is unknown or the matrix is none of agreement.
    """
    if isinstance(weights, str):
        if weights not in get_args(Weights):
            raise ParameterError(f"weights: got {weights!r}.", remedy=choices(weights, get_args(Weights)))
        span = float(np.ptp(values)) if len(values) else 0.0
        if weights == "identity" or span == 0:
            return np.eye(len(values))
        gap = np.abs(values[:, None] - values[None, :]) / span
        return 1 - (gap if weights == "linear" else gap**2)
    matrix = np.asarray(weights, dtype=float)
    if matrix.shape != (len(values),) * 2:
        raise ParameterError(f"weights: {len(values)} categories need a matrix of that size, got {matrix.shape}")
    if not (
        np.allclose(np.diag(matrix), 1) and np.allclose(matrix, matrix.T) and ((matrix >= 0) & (matrix <= 1)).all()
    ):
        raise ParameterError("weights: must be symmetric, between 0 and 1, and 1 on the diagonal")
    return matrix


def cohen_kappa(table: ArrayLike, *, weights: Weights | ArrayLike = "identity", level: float = 0.90) -> Coefficient:
    """Return Cohen's kappa of two raters, plain or weighted.

    Parameters
    ----------
    table : array_like of int, shape (categories, categories)
        Units by the category of the first rater (rows) and of the second.
    weights : {'identity', 'linear', 'quadratic'} or array_like, default 'identity'
        How much two categories agree.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    Coefficient
        With the large-sample standard error and a normal interval.

    Raises
    ------
    ParameterError
        If the table is not square, holds no units or numbers that are no counts.

    References
    ----------
    Fleiss, J. L., Cohen, J. and Everitt, B. S. (1969). Large sample standard errors of kappa and weighted kappa. Psychological
    Bulletin 72(5).
    """
    fraction("level", level)
    counts = np.asarray(table, dtype=float)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ParameterError(f"table: must be square, one row and column a category, got {counts.shape}")
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts != np.round(counts)).any() or not counts.sum():
        raise ParameterError("table: must hold counts of units, at least one")
    n = counts.sum()
    p = counts / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    w = agreement_weights(weights, np.arange(len(p), dtype=float))
    observed, chance = float((w * p).sum()), float(rows @ w @ columns)
    if chance >= 1 - 1e-12:
        return _undefined(level, observed, chance, int(n))
    kappa = (observed - chance) / (1 - chance)
    lean = (w @ columns)[:, None] + (rows @ w)[None, :]
    spread = (p * (w - lean * (1 - kappa)) ** 2).sum() - (kappa - chance * (1 - kappa)) ** 2
    error = float(np.sqrt(max(spread, 0.0) / n)) / (1 - chance)
    return _interval(kappa, error, float(norm.ppf(0.5 + level / 2)), level, observed, chance, int(n))


def percent_agreement(
    ratings: Ratings, *, weights: Weights | ArrayLike = "identity", level: float = 0.90
) -> Coefficient:
    """Return the share of pairs of raters that agree on a unit, averaged over units.

    Parameters
    ----------
    ratings : Ratings
        The ratings; units with one rating do not count.
    weights : {'identity', 'linear', 'quadratic'} or array_like, default 'identity'
        How much two categories agree.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    Coefficient
        With an interval by Student's t over units.

    Raises
    ------
    ParameterError
        If no unit has two ratings.
    """
    return _chance_corrected(ratings, weights, level, "none")


def fleiss_kappa(ratings: Ratings, *, weights: Weights | ArrayLike = "identity", level: float = 0.90) -> Coefficient:
    """Return Fleiss' kappa of two or more raters, with missing ratings as Gwet extends it.

    Parameters
    ----------
    ratings : Ratings
        The ratings.
    weights : {'identity', 'linear', 'quadratic'} or array_like, default 'identity'
        How much two categories agree.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    Coefficient
        With Gwet's linearised standard error and an interval by Student's t over units.

    Raises
    ------
    ParameterError
        If no unit has two ratings.

    References
    ----------
    Fleiss, J. L. (1971). Measuring nominal scale agreement among many raters. Psychological Bulletin 76(5).
    https://doi.org/10.1037/h0031619
    """
    return _chance_corrected(ratings, weights, level, "fleiss")


def gwet_ac(ratings: Ratings, *, weights: Weights | ArrayLike = "identity", level: float = 0.90) -> Coefficient:
    """Return Gwet's AC1, or AC2 where weights are given.

    Parameters
    ----------
    ratings : Ratings
        The ratings.
    weights : {'identity', 'linear', 'quadratic'} or array_like, default 'identity'
        How much two categories agree; anything but the identity makes it AC2.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    Coefficient
        With Gwet's linearised standard error and an interval by Student's t over units.

    Raises
    ------
    ParameterError
        If no unit has two ratings.

    References
    ----------
    Gwet, K. L. (2008). Computing inter-rater reliability and its variance in the presence of high agreement. British Journal of
    Mathematical and Statistical Psychology 61, 29-48.
    """
    return _chance_corrected(ratings, weights, level, "gwet")


def agreement(
    ratings: ArrayLike | pd.DataFrame,
    *,
    scale: Scale = "nominal",
    categories: Sequence[Any] | None = None,
    weights: Weights | None = None,
    level: float = 0.90,
    draws: int = 1000,
    seed: int | None = 0,
) -> Result:
    """Estimate the agreement of raters by all usual coefficients.

    Parameters
    ----------
    ratings : array_like or pandas.DataFrame, shape (units, raters)
        As in `read_ratings`.
    scale : {'nominal', 'ordinal', 'interval', 'ratio'}, default 'nominal'
        Level of measurement.
    categories : sequence, optional
        All categories, in order where order counts.
    weights : {'identity', 'linear', 'quadratic'}, optional
        How much two categories agree, for all but alpha (which has its own differences); by default the identity on a nominal
        scale and quadratic otherwise.
    level : float, default 0.90
        Confidence level.
    draws : int, default 1000
        Bootstrap replicates of alpha.
    seed : int, optional
        Seed of the bootstrap.

    Returns
    -------
    Result
        Terms percent_agreement, cohen_kappa (two raters), fleiss_kappa, krippendorff_alpha, and gwet_ac1 or gwet_ac2; a check tells
        where kappa collapses because one category prevails.

    Raises
    ------
    ParameterError
        As in `read_ratings`, or if weights need an order that a nominal scale has not.

    References
    ----------
    Feinstein, A. R. and Cicchetti, D. V. (1990). High agreement but low kappa: I. The problems of two paradoxes.
    Journal of Clinical Epidemiology 43(6), 543-549. https://doi.org/10.1016/0895-4356(90)90158-L
    """
    fraction("level", level)
    whole("draws", draws, low=100)
    read = read_ratings(ratings, scale=scale, categories=categories)
    if scale == "nominal" and weights not in (None, "identity"):
        raise ParameterError(
            f"weights: {weights!r} needs an order, and a nominal scale has none",
            remedy="Use scale='ordinal', with categories in order.",
        )
    kind: Weights = weights or ("identity" if scale == "nominal" else "quadratic")
    if scale == "ordinal":
        read = Ratings(read.codes, read.categories, np.arange(len(read.categories), dtype=float), scale)
    counts = read.counts
    paired = counts.sum(axis=1) >= 2
    ac = "gwet_ac1" if kind == "identity" else "gwet_ac2"
    two = read.codes.shape[1] == 2
    terms = ["percent_agreement", *(["cohen_kappa"] if two else []), "fleiss_kappa", "krippendorff_alpha", ac]
    if paired.sum() < 2:
        return not_estimable(
            "agreement",
            f"only {paired.sum()} of {len(counts)} units have two ratings",
            terms=terms,
            level=level,
            unit="coefficient",
        )
    made = {
        "percent_agreement": (percent_agreement(read, weights=kind, level=level), "Student's t over units"),
        "fleiss_kappa": (fleiss_kappa(read, weights=kind, level=level), "Gwet's linearised variance"),
        ac: (gwet_ac(read, weights=kind, level=level), "Gwet's linearised variance"),
    }
    if two:
        both = read.codes[paired]
        square = np.zeros((len(read.categories),) * 2)
        np.add.at(square, (both[:, 0], both[:, 1]), 1)
        matrix = agreement_weights(kind, read.values)
        made["cohen_kappa"] = (cohen_kappa(square, weights=matrix, level=level), "Fleiss, Cohen and Everitt (1969)")
    boot = bootstrap_alpha(counts, scale=scale, values=read.values, draws=draws, seed=seed)
    made["krippendorff_alpha"] = (_alpha(read, counts, boot, level), f"bootstrap over units, {draws:,} replicates")
    table = tidy(
        {"term": term, "estimate": c.estimate, "std_error": c.std_error, "conf_low": c.conf_low, "conf_high": c.conf_high,
         "level": level, "n_obs": c.n_units, "unit": "coefficient", "method": how, "observed": c.observed, "chance": c.chance}
        for term in terms for c, how in [made[term]]
    )  # fmt: skip
    kappa, plain = made["cohen_kappa" if two else "fleiss_kappa"][0], made[ac][0]
    raw = made["percent_agreement"][0]
    return Result(
        "agreement",
        table,
        f"The raters agree on {percent(raw.estimate)} of the pairs of ratings of {raw.n_units} units; beyond chance, alpha is "
        f"{_said(made['krippendorff_alpha'][0])} and {'AC1' if ac == 'gwet_ac1' else 'AC2'} {_said(plain)}.",
        checks=(_prevalence(counts[paired], raw, kappa, plain), _replicates(boot)),
        n_used=int(paired.sum()),
        n_dropped=int((~paired).sum()),
    )


def _prevalence(counts: Floats, raw: Coefficient, kappa: Coefficient, ac: Coefficient) -> Check:
    share = float(counts.sum(axis=0).max() / counts.sum())
    if np.isnan(kappa.estimate):
        return Check(
            "Prevalence",
            None,
            "All ratings fall into one category: kappa and alpha are not defined, for nothing could disagree.",
        )
    if ac.estimate - kappa.estimate <= _PARADOX:
        return Check(
            "Prevalence",
            True,
            f"The commonest category has {percent(share)} of the ratings; kappa and Gwet's coefficient tell the same.",
        )
    return Check(
        "Prevalence",
        False,
        f"The raters agree on {percent(raw.estimate)}, yet kappa is {kappa.estimate:.2f}: {percent(share)} of the ratings fall into one "
        f"category, so kappa counts {percent(kappa.chance)} as chance. Gwet's coefficient, which does not, is {ac.estimate:.2f}. "
        "Neither is wrong: kappa says how well the rare category is told apart.",
    )


def _replicates(boot: Floats) -> Check:
    lost = int(np.isnan(boot).sum())
    if not lost:
        return Check("Bootstrap", True, f"Alpha is defined in all {len(boot):,} replicates.")
    return Check(
        "Bootstrap",
        False,
        f"In {lost:,} of {len(boot):,} replicates all ratings were the same; the interval of alpha rests on the others.",
    )


def _said(c: Coefficient) -> str:
    return "not defined" if np.isnan(c.estimate) else f"{c.estimate:.2f} ({c.conf_low:.2f} to {c.conf_high:.2f})"


def _alpha(read: Ratings, counts: Floats, boot: Floats, level: float) -> Coefficient:
    estimate, n = alpha(counts, scale=read.scale, values=read.values), int((counts.sum(axis=1) >= 2).sum())
    kept = boot[~np.isnan(boot)]
    if np.isnan(estimate) or len(kept) < len(boot) / 2:
        return Coefficient(estimate, np.nan, np.nan, np.nan, level, np.nan, np.nan, n)
    low, high = np.quantile(kept, [0.5 - level / 2, 0.5 + level / 2])
    return Coefficient(estimate, float(kept.std(ddof=1)), float(low), float(high), level, np.nan, np.nan, n)


def _undefined(level: float, observed: float, chance: float, n: int) -> Coefficient:
    return Coefficient(np.nan, np.nan, np.nan, np.nan, level, observed, chance, n)


def _interval(
    estimate: float, error: float, width: float, level: float, observed: float, chance: float, n: int
) -> Coefficient:
    low, high = max(estimate - width * error, -1.0), min(estimate + width * error, 1.0)
    return Coefficient(float(estimate), error, float(low), float(high), level, observed, chance, n)


def _chance_corrected(
    ratings: Ratings, weights: Weights | ArrayLike, level: float, kind: Literal["none", "fleiss", "gwet"]
) -> Coefficient:
    """Gwet's frame for many raters with missing ratings: each unit's contribution, linearised in the margins."""
    fraction("level", level)
    counts = ratings.counts
    counts = counts[counts.sum(axis=1) > 0]
    size = counts.sum(axis=1)
    w = agreement_weights(weights, ratings.values)
    n, two = len(counts), size >= 2
    if not two.any():
        raise ParameterError(
            "ratings: no unit has two ratings", remedy="Agreement needs units that several raters saw."
        )
    pairs = np.where(two, size * (size - 1), 1.0)
    each = np.where(two, (counts * (counts @ w - 1)).sum(axis=1) / pairs, 0.0)
    observed = float(each.sum() / two.sum())
    margins = (counts / size[:, None]).mean(axis=0)
    if kind == "none":
        chance, lean = 0.0, np.zeros(n)
    elif kind == "fleiss":
        chance, lean = float(margins @ w @ margins), counts @ (w @ margins) / size
    else:
        q = len(margins)
        factor = w.sum() / (q * (q - 1)) if q > 1 else 0.0
        chance, lean = float(factor * (margins * (1 - margins)).sum()), factor * (counts @ (1 - margins)) / size
    if chance >= 1 - 1e-12:
        return _undefined(level, observed, chance, int(two.sum()))
    value = (observed - chance) / (1 - chance)
    unit = n / two.sum() * (each - chance * two) / (1 - chance)
    if kind != "none":
        unit = unit - 2 * (1 - value) * (lean - chance) / (1 - chance)
    error = float(np.sqrt(((unit - value) ** 2).sum() / (n * (n - 1)))) if n > 1 else np.nan
    width = float(t.ppf(0.5 + level / 2, n - 1)) if n > 1 else np.nan
    return _interval(value, error, width, level, observed, chance, int(two.sum()))
