"""What a fitted diffusion curve is worth: whether its ceiling shows, intervals, fans, and averages of curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.diffusion_curves import CURVES, Curve, solve, start_points
from lpo_analysis.methods.diffusion_fit import PUBLISHED, CurveFit, Errors, Kind, Prior, fit_curve, means
from lpo_analysis.methods.draws import Floats

__all__ = [
    "CURVES", "PUBLISHED", "Average", "Curve", "CurveFit", "Errors", "Kind", "Prior", "Verdict", "average", "bootstrap",
    "bootstrap_interval", "fit_curve", "forecast_paths", "identified", "profile_ceiling",
]  # fmt: skip

Draw = Literal["residual", "parametric"]
NEAR = 1e-10
"""Tolerance of the many fits: far below their spread, at half the steps."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """Whether the ceiling of a curve shows in the data.

    Parameters
    ----------
    identified : bool
        Whether the data bound the ceiling from both sides and reach past the inflection.
    low, high : float
        Profile interval of the ceiling, in units of the values; ``high`` is infinite if no ceiling tried can be excluded.
    level : float
        Level of the interval.
    reason : str
        Why, in words.
    profile : pandas.DataFrame
        Columns ceiling, sse, within, as of `profile_ceiling`; empty if there is none.
    missed : bool
        Whether the free fit levels off below a floor that was given, by more than its interval.
    passed : bool
        Whether the free fit levels off above a cap that was given, by more than its interval.
    """

    identified: bool
    low: float
    high: float
    level: float
    reason: str
    profile: pd.DataFrame
    missed: bool = False
    passed: bool = False


def _spare(fit: CurveFit) -> int:
    return fit.n_obs - fit.n_params


def _top(fit: CurveFit) -> float:
    """Return what has been reached: the last total, the sum of the additions, or the highest level."""
    if fit.kind == "new_adopters":
        return float(fit.value.sum())
    return float(fit.value.max())


def _cost(fit: CurveFit) -> float:
    gap = fit.problem.weight * (fit.theta - fit.problem.centre)
    return fit.sse + float(gap @ gap)


def _profile(fit: CurveFit, ceilings: Floats) -> tuple[Floats, Floats]:
    """Return the least penalised sum of squares and the plain one under each ceiling."""
    rows = len(ceilings)
    log_m, best, theta = np.log(ceilings), np.full(rows, np.inf), np.tile(fit.theta, (rows, 1))

    def search(log_m: Floats, begin: Floats, at: NDArray[np.intp]) -> None:
        found = solve(fit.problem, np.tile(fit.response, (len(at), 1)), begin, log_m=log_m, tolerance=NEAR)
        for row, cost, place in zip(at, found.cost, found.theta, strict=True):
            if cost < best[row]:
                best[row], theta[row] = cost, place

    ways = np.vstack([fit.theta, start_points(fit.curve, 9)])
    search(np.repeat(log_m, len(ways)), np.tile(ways, (rows, 1)), np.repeat(np.arange(rows), len(ways)))
    for _ in range(2):  # a neighbour's minimum is near; without it, a missed one would show as a spike
        for shift in (1, -1):
            search(log_m, np.roll(theta, shift, axis=0), np.arange(rows))
    gap = fit.problem.weight * (theta - fit.problem.centre)
    return best, best - (gap * gap).sum(axis=1)


def _bound(fit: CurveFit, least: float, level: float) -> float:
    spare = _spare(fit)
    fixed = fit.prior is not None and fit.prior.noise is not None
    sigma2 = fit.sigma2 if fit.prior is not None else least / spare
    ratio = stats.chi2.ppf(level, 1) if fixed else stats.f.ppf(level, 1, spare)
    return least + sigma2 * float(ratio) + 1e-13 * float(fit.response @ fit.response)


@lru_cache(maxsize=64)
def _coarse(fit: CurveFit, most: float, floor: float | None, cap: float | None) -> tuple[Floats, Floats, Floats]:
    """Profile over a coarse grid, which is the same work whatever the level: ceilings, cost and sum of squares of each."""
    top, m = _top(fit), fit.params["m"]
    grid = top * np.concatenate([np.geomspace(0.5, 1, 12)[:-1], np.geomspace(1, 3, 40), np.geomspace(3, most, 40)[1:]])
    if 0 < m < math.inf:
        grid = np.union1d(grid, [m] if m > grid[0] else [m / 2, m])
    if floor is not None:
        grid = np.union1d(grid[grid > floor], [floor])
    if cap is not None:
        grid = np.union1d(grid[grid < cap], [cap])
    return grid, *_profile(fit, grid)


def profile_ceiling(
    fit: CurveFit,
    *,
    level: float | None = None,
    most: float = 1000.0,
    floor: float | None = None,
    cap: float | None = None,
) -> pd.DataFrame:
    """Profile the ceiling of a fitted curve: the best fit that each ceiling allows.

    Parameters
    ----------
    fit : CurveFit
        A fit with more points than parameters, or with a prior that states the noise.
    level : float, optional
        Level of the profile interval; the fit's own without it.
    most : float, default 1000
        Largest ceiling tried, as a multiple of what has been reached: the last total or the highest level. The smallest is half.
    floor : float, optional
        Smallest ceiling possible, in units of the values, where one is known; the interval is then that of the fit under it.
    cap : float, optional
        Largest ceiling possible, likewise, such as 100 for a share in percent; none above it is tried.

    Returns
    -------
    pandas.DataFrame
        One ceiling a row, rising: ``ceiling`` in units of the values, ``sse`` (minimal over the other parameters), ``within``
        (whether the ceiling lies within the profile interval). The fitted ceiling is among them. If the last row is within,
        no ceiling can be excluded from above. ``attrs["least"]`` is the least (penalised) sum of squares.

    Raises
    ------
    ParameterError
        If no residual degree of freedom is left, or the level, `most`, `floor` or `cap` is out of range.

    Notes
    -----
    The interval is that of the F ratio with 1 and n_obs - n_params degrees of freedom; under a prior, of the penalised sum of
    squares. Under a floor or a cap the least sum of squares is the least of the ceilings left, so that the interval is not empty
    even where the free fit lies outside.

    References
    ----------
    Bates, D. M. and Watts, D. G. (1988). Nonlinear Regression Analysis and Its Applications, chapter 6.
    https://doi.org/10.1002/9780470316757
    """
    level = _checked_level(fit, level)
    if not most > 1:
        raise ParameterError(f"most: must be above 1, got {most}")
    if not math.isfinite(fit.sigma2):
        raise ParameterError(f"fit: {fit.n_obs} points leave nothing to judge {fit.n_params} parameters by")
    top, m = _top(fit), fit.params["m"]
    if floor is not None and not 0 < floor < most * top:
        raise ParameterError(f"floor: must lie between 0 and the largest ceiling tried, {most * top:g}, got {floor}")
    if cap is not None and not max(top, floor or 0.0) <= cap < math.inf:
        raise ParameterError(f"cap: must be finite and not below what has been reached or the floor, got {cap}")
    free = (floor is None or floor <= m < math.inf) and (cap is None or m <= cap)
    grid, cost, sse = _coarse(fit, most, floor, cap)
    least = min(float(cost.min()), _cost(fit)) if free else float(cost.min())
    near = np.flatnonzero(cost <= _bound(fit, least, level))
    gaps = [(i, i + 1) for i in (near[0] - 1, near[-1]) if 0 <= i < len(grid) - 1]
    fine = np.concatenate([np.geomspace(grid[i], grid[j], 26)[1:-1] for i, j in gaps] or [np.empty(0)])
    if len(fine):
        more_cost, more_sse = _profile(fit, fine)
        order = np.argsort(np.append(grid, fine))
        grid, cost, sse = (np.append(a, b)[order] for a, b in ((grid, fine), (cost, more_cost), (sse, more_sse)))
    least = min(float(cost.min()), _cost(fit)) if free else float(cost.min())
    profile = pd.DataFrame({"ceiling": grid, "sse": sse, "within": cost <= _bound(fit, least, level)})
    profile.attrs = {"least": least}
    return profile


def identified(
    fit: CurveFit,
    *,
    level: float | None = None,
    most: float = 1000.0,
    floor: float | None = None,
    cap: float | None = None,
) -> Verdict:
    """Say whether the ceiling of a fitted curve is identified.

    Parameters
    ----------
    fit : CurveFit
        A fit.
    level : float, optional
        Level of the profile interval; the fit's own without it.
    most : float, default 1000
        Largest ceiling tried, as a multiple of what has been reached.
    floor : float, optional
        Smallest ceiling possible, in units of the values, such as the highest level where that counts as reached rather than as
        measured with error. It bounds the interval from below.
    cap : float, optional
        Largest ceiling possible, in units of the values, such as 100 for a share in percent. It bounds the interval from above,
        which the data then have not done: a ceiling is not identified where the cap cannot be excluded.

    Returns
    -------
    Verdict
        Identified only if the search ended in a minimum inside the family, the profile interval is bounded on both sides, and
        the last date lies past the fitted inflection (if the curve has one). Where the free interval ends below the floor, the
        curve misses the end of the series: the verdict is withdrawn, and the interval runs from the floor to infinity (or the cap).
        Where it begins above the cap, the curve passes what is possible, and the verdict is withdrawn likewise.

    Notes
    -----
    Without a floor the ceiling is the level at which the medians end, and single levels scatter round it: its interval may
    end below the highest of them. That is right for errors of measurement that are independent and of one size; where errors of
    successive dates hang together, it mostly says that the curve flattens too early.

    References
    ----------
    Van den Bulte, C. and Lilien, G. L. (1997). Bias and systematic change in the parameter estimates of macro-level diffusion
    models. Marketing Science 16(4). https://doi.org/10.1287/mksc.16.4.338

    Jukić, D. (2013). On the l_s-norm generalization of the NLS method for the Bass model. European Journal of Pure and Applied
    Mathematics 6(4), 435-450.

    Marković, D. and Jukić, D. (2013). On parameter estimation in the Bass model by nonlinear least squares fitting the adoption
    curve. International Journal of Applied Mathematics and Computer Science 23(1). https://doi.org/10.2478/amcs-2013-0012
    """
    level = _checked_level(fit, level)
    if not math.isfinite(fit.sigma2):
        empty = pd.DataFrame({"ceiling": np.empty(0), "sse": np.empty(0), "within": np.empty(0, dtype=bool)})
        why = f"{fit.n_obs} points leave nothing to judge {fit.n_params} parameters by"
        return Verdict(False, 0.0, math.inf, level, f"The ceiling is not identified: {why}.", empty)
    profile = profile_ceiling(fit, level=level, most=most, floor=floor, cap=cap)
    inside = profile.loc[profile["within"], "ceiling"]
    open_above, at_start = bool(profile["within"].iloc[-1]), bool(profile["within"].iloc[0])
    low = float(inside.iloc[0]) if floor is not None or not at_start else 0.0
    largest = math.inf if cap is None else cap
    high = largest if open_above else float(inside.iloc[-1])
    reasons = _against(fit, open_above, at_start and floor is None, most, cap)
    outside = profile.attrs["least"] > _bound(fit, _cost(fit), level)
    passed = outside and fit.params["m"] > largest
    missed = outside and floor is not None and not passed
    if missed or passed:
        low, high = float(profile["ceiling"].iloc[0]) if floor is not None else 0.0, largest
    if passed:
        reasons.insert(0, f"the curve that fits best levels off above {largest:g}, which is not possible")
    if missed:
        reasons.insert(
            0, f"the curve that fits best levels off below {floor:g}, so that it misses the end of the series"
        )
    span = f"{100 * level:g} % profile interval {low:.6g} to {high:.6g}"
    if reasons:
        said = f"The ceiling is not identified: {'; '.join(reasons)} ({span})."
    else:
        past = "" if fit.inflection is None else " and the data reach past the inflection"
        said = f"The ceiling is identified: {span}{past}."
    if fit.prior is not None:
        said += " A prior took part in this."
    return Verdict(not reasons, low, high, level, said, profile, missed, passed)


def _against(fit: CurveFit, open_above: bool, open_below: bool, most: float, cap: float | None) -> list[str]:
    reasons = []
    if fit.boundary:
        reasons.append(
            f"the least-squares estimate does not exist, as the sum of squares falls towards the limit of {' and '.join(fit.boundary)}"
        )
    elif not fit.converged:
        reasons.append("the search did not end in a minimum")
    if open_above:
        largest = f"{most:g} times what has been reached" if cap is None else f"{cap:g}, the largest possible,"
        reasons.append(f"no ceiling up to {largest} can be excluded")
    if open_below:
        reasons.append("no ceiling can be excluded from below")
    turn = fit.inflection
    if turn is not None and turn >= fit.time[-1] and not fit.boundary:
        reasons.append(f"the data end at {fit.time[-1]:g}, before the inflection the curve puts at {turn:.6g}")
    return reasons


def _checked_level(fit: CurveFit, level: float | None) -> float:
    level = fit.level if level is None else level
    if not 0 < level < 1:
        raise ParameterError(f"level: must lie between 0 and 1, got {level}")
    return level


def bootstrap(
    fit: CurveFit, *, draws: int = 2000, seed: int, kind: Draw = "residual", fixed_variance: bool = False
) -> pd.DataFrame:
    """Refit the curve to many simulated series, all at once.

    Parameters
    ----------
    fit : CurveFit
        A converged fit with residual degrees of freedom, or with a prior that states the noise.
    draws : int, default 2000
        Number of series.
    seed : int
        Seed; 0 is a seed like any other.
    kind : {'residual', 'parametric'}, default 'residual'
        Draw residuals, centred and scaled up for the parameters spent, with replacement; or normal errors.
    fixed_variance : bool, default False
        Take the estimated residual variance for known, as a textbook bootstrap does. Otherwise each series has errors of a size
        drawn from what the residuals say of it.

    Returns
    -------
    pandas.DataFrame
        One series a row: the parameters (``m`` first), ``sse``, ``converged`` (the refit ended in a minimum), ``boundary`` (it ended
        at the edge of the family, where the least-squares estimate does not exist). Rows that failed stay in, because leaving
        them out would make intervals too narrow; ``attrs["failed"]`` and ``attrs["boundary"]`` count them.

    Raises
    ------
    ParameterError
        If the fit did not converge, nothing is left to draw errors from, or an option makes no sense.

    Notes
    -----
    With two or three residual degrees of freedom, percentile intervals of a bootstrap of fixed variance hold far less than they
    say. An estimated variance is therefore multiplied, series by series, by n - k over a draw of chi2 with n - k degrees of
    freedom, which in a linear model gives the exact t intervals; ``tests/recovery`` has the coverage for curves.

    Intervals hold the launch date, the family and residuals of one size without memory for given. Under a prior its centre
    is drawn anew for every series (randomised maximum likelihood), else the penalty would pass for knowledge without error.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap, chapter 9. https://doi.org/10.1201/9780429246593

    Bardsley, J. M., Solonen, A., Haario, H. and Laine, M. (2014). Randomize-then-optimize: a method for sampling from posterior
    distributions in nonlinear inverse problems. SIAM Journal on Scientific Computing 36(4). https://doi.org/10.1137/140964023
    """
    if kind not in get_args(Draw):
        raise ParameterError(f"kind: got {kind!r}.", remedy=choices(kind, get_args(Draw)))
    if draws < 1:
        raise ParameterError(f"draws: must be at least 1, got {draws}")
    if not fit.converged:
        raise ParameterError("fit: the search did not end in a minimum, so that there is nothing to bootstrap")
    if not math.isfinite(fit.sigma2) or (kind == "residual" and _spare(fit) <= 0):
        raise ParameterError(
            f"fit: {fit.n_obs} points leave no residuals beside {fit.n_params} parameters",
            remedy="Use kind parametric with a prior that states the noise." if kind == "residual" else None,
        )
    rng = np.random.default_rng(seed)
    errors = _errors(fit, kind, (draws, fit.n_obs), rng)
    if not fixed_variance:
        errors = errors * _size(fit, draws, rng)
    y = fit.response - fit.residuals + errors
    centre = _centres(fit, draws, rng)
    theta, cost, converged = _refit(fit, y, centre)
    log_m = fit.problem.ceiling(theta, y)
    if fit.prior is not None and centre is not None:
        cost = cost - ((fit.problem.weight * (theta - centre)) ** 2).sum(axis=1)
    edge = np.isclose(theta, fit.curve.lower, atol=1e-6) | np.isclose(theta, fit.curve.upper, atol=1e-6)
    converged &= np.isfinite(log_m)
    columns = dict(zip(fit.params, [np.exp(log_m), *fit.curve.natural(theta, fit.scale).T], strict=True))
    frame = pd.DataFrame({**columns, "sse": cost, "converged": converged, "boundary": edge.any(axis=1)})
    frame.attrs = {
        "failed": int((~converged).sum()),
        "boundary": int(edge.any(axis=1).sum()),
        "seed": seed,
        "kind": kind,
    }
    return frame


def _errors(fit: CurveFit, kind: Draw, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    if kind == "parametric":
        return rng.normal(0.0, math.sqrt(fit.sigma2), shape)
    pool = (fit.residuals - fit.residuals.mean()) * math.sqrt(fit.n_obs / _spare(fit))
    return np.asarray(rng.choice(pool, shape))


def _size(fit: CurveFit, rows: int, rng: np.random.Generator) -> Floats:
    """Draw how large errors may be relative to their estimate, shape (rows, 1); 1 if a prior states their size."""
    spare = _spare(fit)
    if spare <= 0 or (fit.prior is not None and fit.prior.noise is not None):
        return np.ones((rows, 1))
    return np.asarray(np.sqrt(spare / rng.chisquare(spare, (rows, 1))))


def _centres(fit: CurveFit, draws: int, rng: np.random.Generator) -> Floats | None:
    if fit.prior is None:
        return None
    weight = fit.problem.weight
    spread = np.divide(math.sqrt(fit.sigma2), weight, out=np.zeros_like(weight), where=weight > 0)
    return np.asarray(fit.problem.centre + spread * rng.normal(size=(draws, len(weight))))


def _refit(fit: CurveFit, y: Floats, centre: Floats | None) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Refit all series from the estimate; those that fail are tried again from other starting points."""
    found = solve(fit.problem, y, np.tile(fit.theta, (len(y), 1)), centre=centre, tolerance=NEAR)
    theta, cost, converged = found.theta, found.cost, found.converged
    for way in [None, *start_points(fit.curve, 8)]:
        rows = np.flatnonzero(~converged)
        if not len(rows):
            break
        begin = theta[rows] if way is None else np.tile(way, (len(rows), 1))  # first go on from there, more patiently
        again = solve(fit.problem, y[rows], begin, centre=None if centre is None else centre[rows])
        better = again.converged | (again.cost < cost[rows])
        better &= again.cost <= cost[rows]
        taken = rows[better]
        theta[taken], cost[taken], converged[taken] = again.theta[better], again.cost[better], again.converged[better]
    return theta, cost, converged


def bootstrap_interval(boot: pd.DataFrame, *, level: float = 0.90) -> pd.DataFrame:
    """Return percentile intervals of the parameters.

    Parameters
    ----------
    boot : pandas.DataFrame
        From `bootstrap`.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        Columns term, conf_low, conf_high, level, n_draws. Refits without a ceiling count as infinitely far up, so that too many
        of them open the interval of ``m``.

    Raises
    ------
    ParameterError
        If the level is out of range.
    """
    if not 0 < level < 1:
        raise ParameterError(f"level: must lie between 0 and 1, got {level}")
    terms = [name for name in boot.columns if name not in ("sse", "converged", "boundary")]
    values = boot[terms].to_numpy(dtype=float)
    values = np.where(np.isfinite(values), values, np.inf)
    ends = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0, method="closest_observation")
    return pd.DataFrame(
        {"term": terms, "conf_low": ends[0], "conf_high": ends[1], "level": level, "n_draws": len(boot)}
    )


def forecast_paths(fit: CurveFit, boot: pd.DataFrame, times: ArrayLike, *, seed: int) -> Floats:
    """Simulate future observations: the parameters vary between paths, and errors are added along each.

    Parameters
    ----------
    fit : CurveFit
        The fit.
    boot : pandas.DataFrame
        Its refits from `bootstrap`.
    times : array_like of float
        Rising dates after the last one fitted.
    seed : int
        Seed; 0 is a seed like any other.

    Returns
    -------
    ndarray of float, shape (draws, len(times))
        Cumulative adopters (counted on from the last total), new adopters of the intervals that end at the dates, or levels,
        as the kind of the fit has it; refits without a ceiling are left out. Quantiles over the rows give a fan.

    Raises
    ------
    ParameterError
        If the dates do not rise or do not lie ahead, or no refit is usable.

    Notes
    -----
    Errors are normal with a variance that is itself uncertain, hence t distributed over the paths. Each interval has an error of
    the same size whatever its length, as in the fit. Adopters do not leave: additions below 0 are set to 0.
    """
    t = np.atleast_1d(np.asarray(times, dtype=float))
    if not (np.isfinite(t).all() and (np.diff(t) > 0).all() and len(t) and t[0] > fit.time[-1]):
        raise ParameterError(f"times: must rise and lie after {fit.time[-1]:g}")
    shape = boot[list(fit.curve.parameters)].to_numpy(dtype=float)
    m = boot["m"].to_numpy(dtype=float)
    usable = np.isfinite(m) & (m > 0) & np.isfinite(shape).all(axis=1)
    if not usable.any():
        raise ParameterError("boot: no refit has a ceiling, so that there is nothing to go forward from")
    rng = np.random.default_rng(seed)
    theta = fit.curve.working(shape[usable], fit.scale)
    ends = t if fit.kind == "level" else np.append(fit.time[-1], t)
    mean = means(fit, theta, np.log(m[usable]), ends)
    mean = mean if fit.kind == "level" else np.diff(mean, axis=1)
    spread = math.sqrt(fit.sigma2) * _size(fit, len(mean), rng)
    errors = spread * rng.normal(size=mean.shape)
    with np.errstate(over="ignore"):
        drawn = mean * np.exp(errors) if fit.errors == "log" else np.maximum(mean + errors, 0.0)
    return np.asarray(fit.value[-1] + drawn.cumsum(axis=1) if fit.kind == "adopters" else drawn)


@dataclass(frozen=True, eq=False)
class Average:
    """Curves averaged by Akaike weights.

    Parameters
    ----------
    fits : tuple of CurveFit
        The fits.
    weights : pandas.DataFrame
        Columns curve, aicc, delta (above the least), weight (adding up to 1), in the order of the fits.
    """

    fits: tuple[CurveFit, ...]
    weights: pd.DataFrame

    def predict(self, time: ArrayLike) -> Floats:
        """Return the weighted mean of the fitted curves at any dates."""
        return np.asarray(self.weights["weight"].to_numpy() @ np.vstack([fit.predict(time) for fit in self.fits]))


def average(fits: Sequence[CurveFit]) -> Average:
    """Average fitted curves by Akaike weights, where that can be defended.

    Parameters
    ----------
    fits : sequence of CurveFit
        At least two fits of different curves to the same series.

    Returns
    -------
    Average
        Weights and averaged predictions. Parameters are not averaged: they mean different things in different curves.

    Raises
    ------
    ParameterError
        If there are fewer than two fits or a curve stands twice; the series, kinds or scales of errors differ, so that the
        criteria cannot be compared; a fit is penalised, did not converge, or ended at the edge of its family; or there are too
        few points for AICc to exist (it is infinite at n_obs = n_params + 2).

    References
    ----------
    Burnham, K. P. and Anderson, D. R. (2004). Multimodel inference: understanding AIC and BIC in model selection. Sociological
    Methods and Research 33(2). https://doi.org/10.1177/0049124104268644
    """
    fits = tuple(fits)
    if len(fits) < 2:
        raise ParameterError(f"fits: averaging needs at least two, got {len(fits)}")
    names = [fit.name for fit in fits]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ParameterError(f"fits: the {twice} curve stands twice")
    first = fits[0]
    for fit in fits:
        if (fit.kind, fit.errors) != (first.kind, first.errors):
            raise ParameterError(
                f"fits: {first.name} was fitted to {first.kind} with {first.errors} errors, {fit.name} to {fit.kind} with {fit.errors} errors; their criteria cannot be compared"
            )
        if not (np.array_equal(fit.time, first.time) and np.array_equal(fit.response, first.response)):
            raise ParameterError(f"fits: {first.name} and {fit.name} were fitted to different series")
        _averageable(fit)
    aicc = np.array([fit.aicc for fit in fits])
    delta = aicc - aicc.min()
    weight = np.exp(-delta / 2)
    frame = pd.DataFrame({"curve": names, "aicc": aicc, "delta": delta, "weight": weight / weight.sum()})
    return Average(fits, frame)


def _averageable(fit: CurveFit) -> None:
    if fit.prior is not None:
        raise ParameterError(f"fits: {fit.name} is penalised; a penalised fit has no AICc")
    if fit.boundary:
        raise ParameterError(
            f"fits: {fit.name} ended at the edge of its family ({', '.join(fit.boundary)}); its estimate does not exist, and it has no weight"
        )
    if not fit.converged:
        raise ParameterError(f"fits: {fit.name} did not converge")
    if not math.isfinite(fit.aicc):
        raise ParameterError(
            f"fits: {fit.name} has {fit.n_params} parameters and a variance on {fit.n_obs} points, so that its AICc is infinite",
            remedy=f"At least {fit.n_params + 3} points are needed; otherwise show the curves side by side.",
        )
