"""Value of information: what knowing everything, some inputs, or a sample that tells of them would be worth before deciding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.interpolate import BSpline
from scipy.special import ndtri
from scipy.stats import binom, rankdata

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats

KNOTS = 6
"""Inner knots of the spline of a single input; in a group each member has half of them."""
SIMULATIONS = 100
RESAMPLES = 60
"""Resamples of the draws behind the error of the worth of a pilot: enough to know that error to a tenth of itself."""
SIMULATED_ON = 2048


@dataclass(frozen=True)
class Value:
    """A value of information.

    Parameters
    ----------
    value : float
        Money (or whatever the net benefit is in) for one decision; never below 0.
    std_error : float
        Standard error, of the draws and of the regression.
    bias : float
        Estimated upward bias, already taken off `value`.
    explained : float
        Share of the variance of the net benefits (best option against the others) that the regression explains; NaN without
        a regression.
    """

    value: float
    std_error: float
    bias: float = 0.0
    explained: float = float("nan")


def evpi(net_benefit: Floats) -> Value:
    """Estimate the expected value of perfect information.

    Parameters
    ----------
    net_benefit : ndarray of float, shape (draws, options)
        Net benefit of each option in each draw, higher is better.

    Returns
    -------
    Value
        What it would be worth to know every input before choosing.

    Raises
    ------
    ParameterError
        If there are fewer than two options or draws, or a net benefit is not finite.

    Notes
    -----
    The mean of the best in each draw less the best of the means. Where two options are nearly as good on average, the best of
    the means is too large by chance, and the value too small; the standard error covers the draws only.
    """
    table = _checked(net_benefit)
    best = int(table.mean(axis=0).argmax())
    gain = table.max(axis=1) - table[:, best]
    return Value(float(gain.mean()), float(gain.std(ddof=1) / np.sqrt(len(gain))))


def evppi(
    net_benefit: Floats,
    draws: Mapping[str, Floats],
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    level: float = 0.90,
    seed: int = 0,
) -> pd.DataFrame:
    """Estimate the expected value of partial perfect information by regression on the same draws.

    Parameters
    ----------
    net_benefit : ndarray of float, shape (draws, options)
        Net benefit of each option in each draw, higher is better.
    draws : mapping of str to ndarray of float, shape (draws,)
        Draws of the inputs, independent or not.
    groups : mapping of str to sequence of str, optional
        Names of inputs by group; by default every input for itself.
    level : float, default 0.90
        Probability that an interval covers.
    seed : int, default 0
        Seed of the simulations that give the error of the regression.

    Returns
    -------
    pandas.DataFrame
        One group a row: ``group``, ``value``, ``error``, ``low``, ``high``, ``bias`` (upward, taken off ``value``) and ``explained`` (R squared). Values of single inputs do not add up to that of a group, nor to that of perfect
        information.

    Raises
    ------
    ParameterError
        If a group names an unknown input, options or draws are too few, or a net benefit is not finite.

    References
    ----------
    Strong, M., Oakley, J. E. & Brennan, A. (2014). Estimating multiparameter partial expected value of perfect information from
    a probabilistic sensitivity analysis sample. Medical Decision Making 34(3). https://doi.org/10.1177/0272989X13505910

    Notes
    -----
    The expected net benefit given the input is a cubic spline of its normal score, for a group a sum of splines plus products
    of pairs (in groups of up to four also of their squares), by least squares; where that would leave fewer than ten draws a term,
    the products are left out. The largest of several estimated
    expectations is too large on average, so the value is biased upward; coefficients are simulated with their
    heteroscedasticity-consistent covariance, the mean excess over the estimate is taken for the bias and subtracted, the spread is the regression's part of
    the error. An interaction that such a sum cannot follow makes the value too small: compare ``explained`` of the group of all
    inputs with 1.
    """
    table = _checked(net_benefit)
    groups = {name: [name] for name in draws} if groups is None else groups
    for group, members in groups.items():
        unknown = [name for name in members if name not in draws]
        if unknown:
            raise ParameterError(f"group {group!r}: no input is called {unknown[0]!r}; there are {', '.join(draws)}")
    best = int(table.mean(axis=0).argmax())
    against = np.delete(table, best, axis=1) - table[:, [best]]
    scores = {name: _score(draws[name]) for name in dict.fromkeys(m for members in groups.values() for m in members)}
    reach = float(ndtri((1 + level) / 2))
    records = []
    for group, members in groups.items():
        found = _regressed(against, [scores[name] for name in members if np.ptp(scores[name]) > 0], seed)
        low, high = max(found.value - reach * found.std_error, 0.0), found.value + reach * found.std_error
        records.append((group, found.value, found.std_error, low, high, found.bias, found.explained))
    return pd.DataFrame(records, columns=["group", "value", "error", "low", "high", "bias", "explained"])


Kind = Literal["mean", "log_mean", "share"]


@dataclass(frozen=True)
class Measured:
    """How one unit of a pilot tells of an input.

    Parameters
    ----------
    kind : {'mean', 'log_mean', 'share'}
        The unit scatters normally about the input; its logarithm about that of the input; or it is yes with the input as its probability.
    spread : float, default 0
        Standard deviation of one unit, on the scale of the kind; a share has none of its own.

    Raises
    ------
    ParameterError
        If the kind is unknown or the spread below 0.
    """

    kind: Kind
    spread: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ParameterError(f"kind: got {self.kind!r}.", remedy=choices(self.kind, get_args(Kind)))
        if not (np.isfinite(self.spread) and self.spread >= 0):
            raise ParameterError(f"spread: must be a number of at least 0, got {self.spread:g}")

    def seen(self, values: Floats, size: int, u: Floats) -> Floats:
        """Simulate what a pilot would find.

        Parameters
        ----------
        values : ndarray of float, shape (draws,)
            What the input is in each draw.
        size : int
            Units of the pilot.
        u : ndarray of float, shape (draws,)
            Uniforms.

        Returns
        -------
        ndarray of float, shape (draws,)
            The mean of the units, or their share of yes.

        Raises
        ------
        ParameterError
            If the values do not fit the kind.
        """
        if self.kind == "share":
            if values.min() < 0 or values.max() > 1:
                raise ParameterError(
                    f"a share to be measured must lie between 0 and 1, got {values.min():g} to {values.max():g}"
                )
            return np.asarray(binom.ppf(u, size, values) / size)
        if self.kind == "log_mean" and values.min() <= 0:
            raise ParameterError(f"what is measured on a logarithmic scale must be above 0, got {values.min():g}")
        centre = np.log(values) if self.kind == "log_mean" else values
        return np.asarray(centre + self.spread / np.sqrt(size) * ndtri(u))


def evsi(
    net_benefit: Floats,
    draws: Mapping[str, Floats],
    pilot: Mapping[str, Measured],
    *,
    sizes: Sequence[int],
    fixed_cost: float = 0.0,
    unit_cost: float = 0.0,
    level: float = 0.90,
    seed: int = 0,
    resamples: int = 0,
) -> pd.DataFrame:
    """Estimate the expected value of what a pilot of a given size would find.

    Parameters
    ----------
    net_benefit : ndarray of float, shape (draws, options)
        Net benefit of each option in each draw, higher is better.
    draws : mapping of str to ndarray of float, shape (draws,)
        Draws of the inputs.
    pilot : mapping of str to Measured
        What the pilot measures of each unit, by input.
    sizes : sequence of int
        Units of the pilots to compare.
    fixed_cost, unit_cost : float, default 0
        What a pilot costs, and each unit of it, in the money of the net benefit.
    level : float, default 0.90
        Probability that an interval covers.
    seed : int, default 0
        Seed of the pilots and of the error of the regression.
    resamples : int, default 0
        Times that the draws are drawn anew from themselves, each with its pilot, for the error of the simulation; 0 for none.

    Returns
    -------
    pandas.DataFrame
        One size a row: ``size``, ``value``, ``error``, ``low``, ``high``, ``bias``, ``explained``, ``cost``, ``net`` (value less cost) and ``resampled``
        (standard deviation of the value over the resamples; NaN without any).

    Raises
    ------
    ParameterError
        If the pilot measures nothing or an unknown input, a size is below 1, a cost below 0, or draws are too few.

    References
    ----------
    Strong, M., Oakley, J. E., Brennan, A. & Breeze, P. (2015). Estimating the expected value of sample information using the
    probabilistic sensitivity analysis sample. Medical Decision Making 35(5). https://doi.org/10.1177/0272989X15575286

    Notes
    -----
    In each draw a pilot is simulated from that draw's inputs; the net benefits are regressed on what it finds, as `evppi` does
    on the inputs themselves, whose value bounds that of any pilot. All sizes share their random numbers, so that
    they differ by size alone. That the pilot is unbiased, and its work like the work decided on, is an assumption. Resampling repeats the
    regression on draws taken with replacement (the bootstrap), and so holds all that chance does to the value: which draws, which pilots.
    """
    if not pilot:
        raise ParameterError("pilot: measures nothing.", remedy=f"Name one or more of {', '.join(draws)}.")
    for name in pilot:
        if name not in draws:
            raise ParameterError(f"pilot: no input is called {name!r}.", remedy=choices(name, draws))
    if not sizes or any(int(size) != size or size < 1 for size in sizes):
        raise ParameterError(f"sizes: must be whole numbers of at least 1, got {', '.join(map(str, sizes)) or 'none'}")
    for what, cost in (("fixed_cost", fixed_cost), ("unit_cost", unit_cost)):
        if not (np.isfinite(cost) and cost >= 0):
            raise ParameterError(f"{what}: must be a number of at least 0, got {cost:g}")
    rng = np.random.default_rng(seed)
    n = len(np.asarray(net_benefit))
    chance = {name: rng.uniform(2**-33, 1 - 2**-33, n) for name in pilot}
    frames = []
    for size in sizes:
        found = {
            name: how.seen(np.asarray(draws[name], dtype=float), int(size), chance[name]) for name, how in pilot.items()
        }
        frame = evppi(net_benefit, found, groups={"pilot": list(found)}, level=level, seed=seed)
        again = _resampled(net_benefit, list(found.values()), resamples, seed) if resamples else np.nan
        frames.append(
            frame.drop(columns="group").assign(size=int(size), cost=fixed_cost + unit_cost * size, resampled=again)
        )
    made = pd.concat(frames, ignore_index=True)
    made["net"] = made["value"] - made["cost"]
    return made[["size", "value", "error", "low", "high", "bias", "explained", "cost", "net", "resampled"]]


def _resampled(net_benefit: Floats, seen: Sequence[Floats], resamples: int, seed: int) -> float:
    """Return the standard deviation of the value over draws taken with replacement, each with what its pilot found."""
    table = _checked(net_benefit)
    against = table - table[:, [int(table.mean(axis=0).argmax())]]
    scores = [score for score in map(_score, seen) if np.ptp(score) > 0]
    if not scores:
        return 0.0
    q, _ = np.linalg.qr(_basis(scores))
    n = len(q)
    rng = np.random.default_rng([seed, resamples])
    values = np.empty(resamples)
    for i in range(resamples):
        times = rng.multinomial(n, np.full(n, 1 / n)).astype(float)
        weighed = q * times[:, None]
        # A resample may leave out the only draws that a term is about: least squares of least length bears that.
        fitted = q @ np.linalg.lstsq(weighed.T @ q, weighed.T @ against, rcond=None)[0]
        values[i] = (times @ fitted.max(axis=1) - (times @ fitted).max()) / n
    return float(values.std(ddof=1))


def _checked(net_benefit: Floats) -> Floats:
    table = np.asarray(net_benefit, dtype=float)
    if table.ndim != 2 or table.shape[1] < 2 or table.shape[0] < 2:
        raise ParameterError(
            f"net_benefit: must hold draws by options, two or more of each, got shape {table.shape}.",
            remedy="Doing nothing is an option: a column of zeros.",
        )
    if not np.isfinite(table).all():
        raise ParameterError(f"net_benefit: {int((~np.isfinite(table)).sum())} of {table.size} values are not finite")
    return table


def _score(column: Floats) -> Floats:
    """Take normal scores of the ranks: every input evenly spread, whatever its tail."""
    column = np.asarray(column, dtype=float)
    if np.ptp(column) == 0:
        return np.zeros_like(column)
    return np.asarray(ndtri((rankdata(column) - 0.5) / len(column)))


def _spline(score: Floats, knots: int) -> Floats:
    """Cubic B-splines with knots at evenly spaced quantiles, without the one that the constant makes redundant."""
    few = _levels(score, knots + 4)
    if few is not None:
        # A count of a few units: each outcome has its own mean, and no curve is needed.
        return (score[:, None] == few[1:]).astype(float)
    low, high = score.min(), score.max()
    inner = ndtri(np.arange(1, knots + 1) / (knots + 1))
    inner = inner[(inner > low) & (inner < high)]
    full = np.concatenate([[low] * 4, inner, [high] * 4])
    return BSpline.design_matrix(np.clip(score, low, high), full, 3).toarray()[:, 1:]


def _levels(score: Floats, most: int) -> Floats | None:
    """Return the values that occur, if they are few."""
    # Most columns are continuous, which their first values show.
    if len(np.unique(score[: 8 * most])) > most:
        return None
    found = np.unique(score)
    return found if len(found) <= most else None


def _basis(scores: Sequence[Floats]) -> Floats:
    n = len(scores[0])
    knots = KNOTS if len(scores) == 1 else KNOTS // 2
    columns = [np.ones((n, 1)), *(_spline(score, knots) for score in scores)]
    for first, second in combinations(scores, 2):
        pair = [first * second]
        if len(scores) <= 4:
            pair += [(first**2 - 1) * second, first * (second**2 - 1), (first**2 - 1) * (second**2 - 1)]
        columns.append(np.column_stack(pair))
        # With too many terms for the draws the regression follows noise; what interacts is then left out.
        if sum(column.shape[1] for column in columns) > n / 10:
            columns = columns[: 1 + len(scores)]
            break
    return np.hstack(columns)


def _regressed(against: Floats, scores: Sequence[Floats], seed: int) -> Value:
    n, others = against.shape
    if not scores:
        return Value(0.0, 0.0, 0.0, 0.0)
    basis = _basis(scores)
    terms = basis.shape[1]
    if n < 5 * terms:
        raise ParameterError(
            f"draws: {n} are too few for a regression with {terms} terms.", remedy=f"Take at least {5 * terms}."
        )
    q, _ = np.linalg.qr(basis)
    rotated = q.T @ against
    fitted = q @ rotated
    residual = against - fitted
    means = fitted.mean(axis=0)
    best = max(float(means.max()), 0.0)
    gain = np.maximum(fitted.max(axis=1), 0.0)
    plain = float(gain.mean()) - best
    # Benefits scatter more where they are large, so the coefficients' covariance is the sandwich; in the orthonormal basis it has no bread.
    spread = (q[:, :, None] * residual[:, None, :]).reshape(n, terms * others)
    covariance = spread.T @ spread * n / (n - terms)
    ridge = 1e-12 * max(float(np.trace(covariance)), 1e-300) * np.eye(terms * others)
    noise = (
        np.random.default_rng(seed).standard_normal((SIMULATIONS, terms * others))
        @ np.linalg.cholesky(covariance + ridge).T
    )
    noise = noise.reshape(SIMULATIONS, terms, others)
    # What the coefficients' errors do to the mean of the largest is seen as well on part of the draws.
    part = slice(0, SIMULATED_ON)
    top = np.maximum((fitted[part] + q[part] @ noise).max(axis=2), 0.0).mean(axis=1)
    excess = top - np.maximum((means + q.mean(axis=0) @ noise).max(axis=1), 0.0)
    bias = float(excess.mean() - (gain[part].mean() - best))
    outer = float(gain.std(ddof=1) / np.sqrt(n))
    variance = against.var(axis=0).sum()
    explained = float(1 - residual.var(axis=0).sum() / variance) if variance > 0 else float("nan")
    return Value(max(plain - bias, 0.0), float(np.hypot(excess.std(ddof=1), outer)), bias, explained)
