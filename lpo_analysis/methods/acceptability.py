"""Multi-criteria acceptability (SMAA): which weights would make which alternative first, and how sure its rank is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats
from lpo_analysis.wording import listing

Direction = Literal["higher", "lower"]
"""Whether more of a criterion is better."""
_EQUAL = 1e-12
"""Values of alternatives that differ by less share their ranks."""


@dataclass(frozen=True, eq=False)
class Acceptability:
    """What the draws of weights and of criteria say about the ranks.

    Parameters
    ----------
    alternatives, criteria : tuple of str
        Names.
    ranks : ndarray of float, shape (alternatives, ranks)
        Rank acceptability indices: share of weights and of criteria values that give an alternative that rank. Rows and columns add up to 1.
    ranks_error : ndarray of float, shape (alternatives, ranks)
        Their Monte Carlo standard errors.
    central : ndarray of float, shape (alternatives, criteria)
        Central weights: the mean of the weights that make an alternative first; NaN where none does.
    confidence : ndarray of float, shape (alternatives,)
        Confidence factor: probability that an alternative is first under its central weights; NaN where it has none.
    confidence_error : ndarray of float, shape (alternatives,)
        Its Monte Carlo standard error.
    beats : ndarray of float, shape (alternatives, alternatives)
        Probability that the alternative of the row beats that of the column; a tie counts half, NaN against itself.
    draws : int
        Number of draws.
    """

    alternatives: tuple[str, ...]
    criteria: tuple[str, ...]
    ranks: Floats
    ranks_error: Floats
    central: Floats
    confidence: Floats
    confidence_error: Floats
    beats: Floats
    draws: int

    def frame(self) -> pd.DataFrame:
        """Return one alternative a row.

        Returns
        -------
        pandas.DataFrame
            Columns alternative, rank_1, rank_2 ..., rank_1_error, expected_rank, confidence, confidence_error, and ``weight_`` with each criterion
            for the central weights; the most often first on top.
        """
        places = np.arange(1, len(self.alternatives) + 1)
        data: dict[str, object] = {"alternative": list(self.alternatives)}
        data |= {f"rank_{place}": self.ranks[:, place - 1] for place in places}
        data |= {"rank_1_error": self.ranks_error[:, 0], "expected_rank": self.ranks @ places}
        data |= {"confidence": self.confidence, "confidence_error": self.confidence_error}
        data |= {f"weight_{name}": self.central[:, k] for k, name in enumerate(self.criteria)}
        frame = pd.DataFrame(data)
        return frame.sort_values(["rank_1", "expected_rank"], ascending=[False, True], kind="stable", ignore_index=True)


def simplex_weights(
    criteria: Sequence[str], *, draws: int, ranking: Sequence[Sequence[str]] | None = None, seed: int = 0
) -> Floats:
    """Draw weights uniformly from all that there are, or from those in a given order.

    Parameters
    ----------
    criteria : sequence of str
        Names.
    draws : int
        Number of draws.
    ranking : sequence of sequence of str, optional
        Criteria in groups, the weightiest first; within a group the order is left open. By default nothing is known.
    seed : int, default 0
        Seed; 0 is a seed like any other.

    Returns
    -------
    ndarray of float, shape (draws, criteria)
        Weights of at least 0 that add up to 1.

    Raises
    ------
    ParameterError
        If the ranking leaves a criterion out, names one twice or one that is not there.

    References
    ----------
    Tervonen, T. & Lahdelma, R. (2007). Implementing stochastic multicriteria acceptability analysis. European Journal of
    Operational Research 178(2). https://doi.org/10.1016/j.ejor.2005.12.037

    Notes
    -----
    Exponentials over their sum are uniform on the simplex; uniforms over their sum are not, but crowd its middle. The orders
    divide the simplex into equal parts, so sorted weights are uniform on the part of a given order.
    """
    if draws < 1:
        raise ParameterError(f"draws: must be at least 1, got {draws}")
    rng = np.random.default_rng(seed)
    weights = rng.standard_exponential((draws, len(criteria)))
    weights /= weights.sum(axis=1, keepdims=True)
    if ranking is None:
        return weights
    named = [name for group in ranking for name in group]
    for name in named:
        if name not in criteria:
            raise ParameterError(f"ranking: no criterion is called {name!r}.", remedy=choices(name, criteria))
    left, twice = [n for n in criteria if n not in named], sorted({n for n in named if named.count(n) > 1})
    if left or twice:
        told = f"leaves out {listing(left)}" if left else f"names {listing(twice)} twice"
        raise ParameterError(
            f"ranking: {told}.", remedy="Name every criterion once; put those of open order into one group."
        )
    weights = -np.sort(-weights, axis=1)
    ordered, start = np.empty_like(weights), 0
    for group in ranking:
        part = weights[:, start : start + len(group)]
        columns = [list(criteria).index(name) for name in group]
        ordered[:, columns] = rng.permuted(part, axis=1)
        start += len(group)
    return ordered


def fixed_weights(criteria: Sequence[str], weights: Mapping[str, float], *, within: float = 1e-6) -> Floats:
    """Return given weights in the order of the criteria.

    Parameters
    ----------
    criteria : sequence of str
        Names.
    weights : mapping of str to float
        Weight by criterion; they add up to 1.
    within : float, default 1e-6
        How far from 1 the sum may be.

    Returns
    -------
    ndarray of float, shape (1, criteria)
        The weights, over their sum.

    Raises
    ------
    ParameterError
        If one is missing, not known, or below 0, or they do not add up to 1.
    """
    for name in weights:
        if name not in criteria:
            raise ParameterError(f"weights: no criterion is called {name!r}.", remedy=choices(name, criteria))
    left = [name for name in criteria if name not in weights]
    if left:
        raise ParameterError(
            f"weights: {listing(left)} {'has' if len(left) == 1 else 'have'} none.",
            remedy="Give 0 to what does not count.",
        )
    made = np.array([float(weights[name]) for name in criteria])
    if not (np.isfinite(made).all() and (made >= 0).all()):
        raise ParameterError(
            "weights: must all be numbers of at least 0",
            remedy="Turn a criterion round by its direction, not by its weight.",
        )
    if abs(made.sum() - 1) > within:
        raise ParameterError(f"weights: add up to {made.sum():.6g}, not 1.", remedy="Give shares of the whole.")
    return (made / made.sum())[None]


def scaled(
    values: Floats, directions: Sequence[Direction], *, bounds: Sequence[tuple[float, float] | None] | None = None
) -> Floats:
    """Put criteria on a scale from 0 (worst) to 1 (best).

    Parameters
    ----------
    values : ndarray of float, shape (draws, alternatives, criteria)
        Values as measured.
    directions : sequence of {'higher', 'lower'}
        Whether more is better, by criterion.
    bounds : sequence of (float, float) or None, optional
        Ends of each scale; None (the default) for the least and largest of all draws, so that one scale holds for all of them.

    Returns
    -------
    ndarray of float, shape (draws, alternatives, criteria)
        Partial values; a criterion that does not differ is 0 for all.

    Raises
    ------
    ParameterError
        If a direction is unknown, shapes do not fit, a value is not finite or outside of its bounds.

    Notes
    -----
    A weight is worth the step from the worst to the best of its scale, so weights mean nothing without the bounds.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 3 or values.shape[2] != len(directions):
        raise ParameterError(
            f"values: must be draws by alternatives by criteria, of which {len(directions)} have a direction; got shape {values.shape}"
        )
    if not np.isfinite(values).all():
        raise ParameterError(
            f"values: {int((~np.isfinite(values)).sum())} are not finite.",
            remedy="Give a missing answer as the range it may lie in.",
        )
    made = np.empty_like(values)
    for k, direction in enumerate(directions):
        if direction not in get_args(Direction):
            raise ParameterError(f"directions: got {direction!r}.", remedy=choices(direction, get_args(Direction)))
        column = values[:, :, k]
        told = None if bounds is None else bounds[k]
        low, high = (float(column.min()), float(column.max())) if told is None else told
        if not low <= column.min() or not column.max() <= high:
            raise ParameterError(
                f"bounds: {low:g} to {high:g} leaves out values from {column.min():g} to {column.max():g} of criterion {k + 1}"
            )
        share = (column - low) / (high - low) if high > low else np.zeros_like(column)
        made[:, :, k] = share if direction == "higher" or high == low else 1 - share
    return made


def ordinal(places: Sequence[int], *, draws: int, seed: int = 0) -> Floats:
    """Draw values that are known by their order alone.

    Parameters
    ----------
    places : sequence of int
        Place of each alternative, 1 the best; equal places have equal values.
    draws : int
        Number of draws.
    seed : int, default 0
        Seed.

    Returns
    -------
    ndarray of float, shape (draws, alternatives)
        Values between 0 (worst place) and 1 (best), uniform among those of this order.

    Raises
    ------
    ParameterError
        If places are not whole numbers from 1.

    References
    ----------
    Lahdelma, R., Miettinen, K. & Salminen, P. (2003). Ordinal criteria in stochastic multicriteria acceptability analysis (SMAA).
    European Journal of Operational Research 147(1).
    """
    if any(int(place) != place or place < 1 for place in places):
        raise ParameterError(f"places: must be whole numbers from 1, got {', '.join(map(str, places))}")
    levels = sorted(set(places))
    steps = len(levels)
    if steps == 1:
        return np.ones((draws, len(places)))
    inner = np.sort(np.random.default_rng(seed).uniform(size=(draws, steps - 2)), axis=1)
    # From the worst place to the best.
    scale = np.hstack([np.zeros((draws, 1)), inner, np.ones((draws, 1))])
    return scale[:, [steps - 1 - levels.index(place) for place in places]]


def _held(total: Floats) -> tuple[Floats, Floats]:
    """Return by how much each is behind every other, and the part of each rank it holds in each draw; equals share ranks evenly."""
    # Columns: how many are better than each, and how many are as good, itself among them.
    ahead = total[:, None, :] - total[:, :, None]
    better, equal = (ahead > _EQUAL).sum(axis=2), (np.abs(ahead) <= _EQUAL).sum(axis=2)
    places = np.arange(total.shape[1])
    held = ((places >= better[:, :, None]) & (places < (better + equal)[:, :, None])) / equal[:, :, None]
    return ahead, held


def rank_acceptability(values: Floats) -> Floats:
    """Return the share of draws in which each choice takes each rank.

    Parameters
    ----------
    values : ndarray of float, shape (draws, choices)
        Worth of every choice in every draw, more is better; all choices of a draw under the same state of the world.

    Returns
    -------
    ndarray of float, shape (choices, ranks)
        Shares of the draws; rows and columns add up to 1. Choices that tie in a draw share its ranks evenly.

    Raises
    ------
    ParameterError
        If there is no draw or a value is missing.
    """
    worth = np.asarray(values, dtype=float)
    if worth.ndim != 2 or not worth.size or np.isnan(worth).any():
        raise ParameterError("values: need at least one draw and one choice, and no missing value")
    return np.asarray(_held(worth)[1].mean(axis=0))


def acceptability(
    values: Floats, weights: Floats, *, alternatives: Sequence[str], criteria: Sequence[str]
) -> Acceptability:
    """Rank alternatives under many weights and values of the criteria.

    Parameters
    ----------
    values : ndarray of float, shape (draws, alternatives, criteria)
        Partial values between 0 and 1, from `scaled` or `ordinal`; one draw for all where they are known exactly (shape (1, ...)).
    weights : ndarray of float, shape (draws, criteria) or (1, criteria)
        Weights that add up to 1.
    alternatives, criteria : sequence of str
        Names.

    Returns
    -------
    Acceptability
        Rank acceptabilities, central weights, confidence factors.

    Raises
    ------
    ParameterError
        If shapes or names do not fit, or weights do not add up to 1.

    References
    ----------
    Lahdelma, R., Hokkanen, J. & Salminen, P. (1998). SMAA: stochastic multiobjective acceptability analysis. European Journal
    of Operational Research 106(1). https://doi.org/10.1016/S0377-2217(97)00163-X
    Lahdelma, R. & Salminen, P. (2001). SMAA-2: stochastic multicriteria acceptability analysis for group decision making.
    Operations Research 49(3). https://doi.org/10.1287/opre.49.3.444.11220

    Notes
    -----
    The value of an alternative is the weighted sum of its partial values. Alternatives of equal value share the ranks they
    stand on. With given weights, acceptability is the probability of a rank, and central weights are those given.
    """
    values, weights = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    m, k = len(alternatives), len(criteria)
    if m < 2 or values.ndim != 3 or values.shape[1:] != (m, k) or weights.ndim != 2 or weights.shape[1] != k:
        raise ParameterError(
            f"values, weights: shapes {values.shape} and {weights.shape} do not fit {m} alternatives (two or more) and {k} criteria"
        )
    for what, names in (("alternatives", alternatives), ("criteria", criteria)):
        if len(set(names)) != len(names):
            raise ParameterError(f"{what}: a name stands twice among {', '.join(names)}")
    if not np.isfinite(values).all() or not np.allclose(weights.sum(axis=1), 1, atol=1e-6) or (weights < 0).any():
        raise ParameterError("values, weights: must be finite; weights of at least 0 that add up to 1")
    draws = max(len(values), len(weights))
    if {len(values), len(weights)} - {1, draws}:
        raise ParameterError(f"values, weights: {len(values)} and {len(weights)} draws do not go together")
    total = np.einsum("dmk,dk->dm", np.broadcast_to(values, (draws, m, k)), np.broadcast_to(weights, (draws, k)))
    ahead, held = _held(total)
    ranks, errors = held.mean(axis=0), held.std(axis=0) / np.sqrt(draws)
    first = held[:, :, 0]
    sums = first.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        central = (first.T @ np.broadcast_to(weights, (draws, k))) / sums[:, None]
    central[sums == 0] = np.nan
    confidence = np.array([_first(values, central[i], i) for i in range(m)])
    beats = (ahead < -_EQUAL).mean(axis=0) + 0.5 * (np.abs(ahead) <= _EQUAL).mean(axis=0)
    beats[np.diag_indices(m)] = np.nan
    spread = np.sqrt(confidence * (1 - confidence) / len(values))
    return Acceptability(tuple(alternatives), tuple(criteria), ranks, errors, central, confidence, spread, beats, draws)


def _first(values: Floats, weights: Floats, alternative: int) -> float:
    """Return how often an alternative is first under given weights; ties share."""
    if np.isnan(weights).any():
        return float("nan")
    total = values @ weights
    top = np.abs(total - total.max(axis=1, keepdims=True)) <= _EQUAL
    return float((top[:, alternative] / top.sum(axis=1)).mean())
