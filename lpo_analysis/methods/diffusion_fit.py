"""Diffusion curves fitted to adopters or levels at uneven dates by least squares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.diffusion_curves import (
    Curve,
    Problem,
    Scale,
    Solution,
    curve_named,
    solve,
    start_points,
)
from lpo_analysis.methods.draws import Floats

Kind = Literal["adopters", "new_adopters", "level"]
Errors = Literal["additive", "log"]


@dataclass(frozen=True)
class Prior:
    """What is assumed of shape parameters before the data: normal on the log scale, entering as a penalty.

    Parameters
    ----------
    centre : mapping of str to float
        Central value by parameter, per unit of time where the parameter is a rate.
    log_sd : mapping of str to float
        Standard deviation of the logarithm, for the same parameters.
    noise : float, optional
        Standard deviation of one residual, in units of the response (of its logarithm if errors are on the log scale). Needed
        when there are no more points than parameters; otherwise it is estimated.
    source : str, default ""
        Where the values come from, and which of them are assumed.
    """

    centre: Mapping[str, float]
    log_sd: Mapping[str, float]
    noise: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if set(self.centre) != set(self.log_sd):
            raise ParameterError("prior: centre and log_sd must name the same parameters")
        for name in self.centre:
            if not (0 < self.centre[name] < math.inf and 0 < self.log_sd[name] < math.inf):
                raise ParameterError(f"prior: centre and log_sd of {name} must be above 0")
        if self.noise is not None and not 0 < self.noise < math.inf:
            raise ParameterError(f"prior: noise must be above 0, got {self.noise}")


PUBLISHED = Prior(
    MappingProxyType({"p": 0.03, "q": 0.38}),
    MappingProxyType({"p": 1.5, "q": 0.6}),
    source=(
        "Averages of published Bass applications per year: Sultan, Farley and Lehmann (1990), "
        "https://doi.org/10.1177/002224379002700107. The spreads are assumed: about those of published estimates by product."
    ),
)
"""Bass parameters in published applications, per year; the centres are published, the spreads are assumptions."""


@dataclass(frozen=True, eq=False)
class CurveFit:
    """A diffusion curve fitted by least squares.

    Parameters
    ----------
    curve : Curve
        The family.
    kind : {'adopters', 'new_adopters', 'level'}
        What the values are.
    errors : {'additive', 'log'}
        Scale of the residuals.
    time, value : ndarray of float, shape (n_obs,)
        Dates, rising, and the values as given.
    launch : float or None
        Launch date as given; None if the position of the curve is a parameter.
    start : float or None
        Begin of the first interval of new adopters.
    params : mapping of str to float
        Ceiling ``m`` in units of the values, then the shape parameters.
    sse : float
        Sum of squared residuals.
    residuals : ndarray of float, shape (n_obs,)
        On the scale of the errors; of the increments if adopters are fitted.
    converged : bool
        Whether the search ended in a minimum.
    boundary : tuple of str
        Shape parameters that ended at the edge of what is tried. If there is one, the least-squares estimate does not exist
        within the family, and the values are those of its limit.
    starts, agreeing : int
        Searches made, and how many of them ended in the same sum of squares.
    prior : Prior or None
        Penalty used.
    sigma2 : float
        Residual variance: sse / (n_obs - n_params), or the prior's; infinite if neither is there.
    level : float
        Level of intervals made from this fit unless another is asked for.
    theta, log_m, scale, problem, response
        Working parameters, logarithm of the ceiling, scale of the dates, and what was minimised: for the refits.
    """

    curve: Curve
    kind: Kind
    errors: Errors
    time: Floats
    value: Floats
    launch: float | None
    start: float | None
    params: Mapping[str, float]
    sse: float
    residuals: Floats
    converged: bool
    boundary: tuple[str, ...]
    starts: int
    agreeing: int
    prior: Prior | None
    sigma2: float
    level: float
    theta: Floats = field(repr=False)
    log_m: float = field(repr=False)
    scale: Scale = field(repr=False)
    problem: Problem = field(repr=False)
    response: Floats = field(repr=False)

    @property
    def name(self) -> str:
        """Name of the curve."""
        return self.curve.name

    @property
    def n_obs(self) -> int:
        """Number of points fitted."""
        return len(self.response)

    @property
    def n_params(self) -> int:
        """Number of parameters of the mean, the ceiling included."""
        return len(self.params)

    @property
    def launch_role(self) -> str:
        """Say where the curve's position comes from."""
        if self.curve.launched:
            return f"launch date {self.launch:g} is given, and the other parameters depend on it"
        position = self.curve.parameters[1]
        if self.launch is None:
            return f"no launch date is used: the position of the curve is its parameter {position}"
        return (
            f"counting starts at the given date {self.launch:g}; the position of the curve is its parameter {position}"
        )

    @property
    def aicc(self) -> float:
        """Akaike's criterion corrected for few points; the variance counts as a parameter.

        Infinite where it does not exist: with n_obs <= n_params + 2, and for a penalised fit, which is no maximum likelihood.

        References
        ----------
        Hurvich, C. M. and Tsai, C.-L. (1989). Regression and time series model selection in small samples. Biometrika 76(2).
        https://doi.org/10.1093/biomet/76.2.297
        """
        k, n = self.n_params + 1, self.n_obs
        if self.prior is not None or n <= k + 1:
            return math.inf
        return n * math.log(max(self.sse / n, 1e-300)) + 2 * k + 2 * k * (k + 1) / (n - k - 1)

    @property
    def inflection(self) -> float | None:
        """Date of the inflection; None if the fitted curve only flattens."""
        return self.curve.inflection(self.params, launch=self.launch)

    @cached_property
    def std_error(self) -> Mapping[str, float] | None:
        """Standard errors by parameter from the linearised model; None where they mean nothing.

        That is where the search did not end inside the family or no residual degree of freedom is left. A profile or a bootstrap
        is the better interval for few points.
        """
        if not self.converged or self.boundary or not math.isfinite(self.sigma2):
            return None
        theta = self.theta[None, :]
        value, slopes = self.problem.shape(theta)
        m = math.exp(self.log_m)
        if self.errors == "log":
            design = np.column_stack([np.ones(self.n_obs), slopes[0].T])
        else:
            design = m * np.column_stack([value[0], slopes[0].T])
        gram = design.T @ design
        gram[range(1, len(gram)), range(1, len(gram))] += self.problem.weight**2
        if np.linalg.cond(gram) > 1e14:
            return None
        covariance = self.sigma2 * np.linalg.inv(gram)
        turn = np.zeros((self.n_params, self.n_params))
        turn[0, 0] = m
        for i in range(len(self.theta)):
            step = np.zeros_like(theta)
            step[0, i] = 1e-5
            ends = (self.curve.natural(theta + sign * step, self.scale)[0] for sign in (1, -1))
            turn[1:, i + 1] = np.subtract(*ends) / 2e-5
        errors = np.sqrt(np.diag(turn @ covariance @ turn.T))
        return MappingProxyType(dict(zip(self.params, errors.tolist(), strict=True)))

    def predict(self, time: ArrayLike) -> Floats:
        """Return the fitted mean at any dates: cumulative adopters since the launch, or the level (its median on the log scale).

        Parameters
        ----------
        time : array_like of float
            Dates.

        Returns
        -------
        ndarray of float
            Values; 0 up to the launch of a curve that has one.
        """
        return means(self, self.theta[None, :], np.array([self.log_m]), time)[0]


def means(fit: CurveFit, theta: Floats, log_m: Floats, time: ArrayLike) -> Floats:
    """Return ceilings times shares.

    Parameters
    ----------
    fit : CurveFit
        Whose curve and scale.
    theta : ndarray of float, shape (rows, parameters)
        Working parameters.
    log_m : ndarray of float, shape (rows,)
        Logarithms of the ceilings.
    time : array_like of float, shape (dates,)
        Dates.

    Returns
    -------
    ndarray, shape (rows, dates)
        Values.
    """
    # Through logarithms, because a far ceiling meets a tiny share.
    u = fit.scale(np.atleast_1d(np.asarray(time, dtype=float)))
    inside = u > 0 if fit.curve.launched else np.isfinite(u)
    out = np.zeros((len(theta), len(u)))
    with np.errstate(over="ignore", under="ignore"):
        out[:, inside] = np.exp(log_m[:, None] + fit.curve.log_share(theta, u[inside])[0])
    return out


def fit_curve(
    name: str,
    time: ArrayLike,
    value: ArrayLike,
    *,
    kind: Kind,
    launch: float | None = None,
    start: float | None = None,
    errors: Errors | None = None,
    prior: Prior | None = None,
    starts: int = 48,
    level: float = 0.90,
) -> CurveFit:
    """Fit a diffusion curve by nonlinear least squares from many starting points.

    Parameters
    ----------
    name : str
        A curve of `CURVES`.
    time : array_like of float, shape (n,)
        Dates, in any order and at any spacing; for adopters the ends of the intervals.
    value : array_like of float, shape (n,)
        Cumulative adopters (`kind` adopters), adopters or sales added since the date before (new_adopters), or a level such as
        a share or the revenue of a year (level).
    kind : {'adopters', 'new_adopters', 'level'}
        What the values are. Adopters are fitted as increments of the closed form over the intervals, levels as they stand.
    launch : float, optional
        Launch date. Needed by curves that start at a launch (bass, gamma_gompertz, exponential): a series that begins later cannot
        tell it from p. For logistic and gompertz the position is a parameter, and a launch date only says from when adopters
        were counted.
    start : float, optional
        Begin of the first interval of new adopters, if it is not the launch date.
    errors : {'additive', 'log'}, optional
        Scale on which residuals have one size; additive for adopters and log for levels unless given.
    prior : Prior, optional
        Penalty on shape parameters, for few points; see `PUBLISHED`.
    starts : int, default 48
        Number of starting points.
    level : float, default 0.90
        Confidence level carried along.

    Returns
    -------
    CurveFit
        The best fit found. `identified` says what its ceiling is worth.

    Raises
    ------
    ParameterError
        If the curve or an option is unknown; there are fewer points than parameters; a date stands twice; a number is not
        finite, not above 0 where it must be, or cumulative adopters fall; the series does not change; the launch date is
        missing or not before the first date; or a prior names a parameter the curve does not have.

    Notes
    -----
    The ceiling is linear given the shape and is projected out; the shape is searched by Levenberg-Marquardt steps. Under a
    prior, the sum of squares plus sigma2 times the squared distance from the prior is minimised, sigma2 being estimated in turn.

    References
    ----------
    Bass, F. M. (1969). A new product growth for model consumer durables. Management Science 15(5).
    https://doi.org/10.1287/mnsc.15.5.215

    Srinivasan, V. and Mason, C. H. (1986). Nonlinear least squares estimation of new product diffusion models. Marketing
    Science 5(2). https://doi.org/10.1287/mksc.5.2.169

    Bemmaor, A. C. (1994). Modeling the diffusion of new durable goods: word-of-mouth effect versus consumer heterogeneity. In
    Research Traditions in Marketing. https://doi.org/10.1007/978-94-011-1402-8_6

    Sultan, F., Farley, J. U. and Lehmann, D. R. (1990). A meta-analysis of applications of diffusion models. Journal of
    Marketing Research 27(1). https://doi.org/10.1177/002224379002700107
    """
    curve = curve_named(name)
    _choice("kind", kind, get_args(Kind))
    scale_of_errors: Errors = errors or ("log" if kind == "level" else "additive")
    _choice("errors", scale_of_errors, get_args(Errors))
    if starts < 1:
        raise ParameterError(f"starts: must be at least 1, got {starts}")
    _level(level)
    t, v = _series(time, value)
    _begin(curve, t, kind, launch, start)
    response = _response(t, v, kind, scale_of_errors)
    scale = (
        Scale(launch, t[-1] - launch) if curve.launched and launch is not None else Scale(float(t.mean()), t[-1] - t[0])
    )
    begin = _first(curve, kind, launch, start)
    centre, weight = _penalty(curve, prior, scale, len(t))
    problem = Problem(
        curve, scale(t), None if begin is None else float(scale(begin)), kind != "level", scale_of_errors == "log", centre,
        np.zeros_like(centre),
    )  # fmt: skip
    ways = start_points(curve, starts)
    best, agreeing = _best(problem, response, ways)
    n_params, sigma2 = 1 + len(centre), math.inf
    if prior is None:
        sigma2 = float(best.cost[0]) / (len(t) - n_params) if len(t) > n_params else math.inf
    else:
        ways = np.vstack([best.theta, centre[None, :] + 0 * ways[:1], ways])
        best, agreeing, problem, sigma2 = _penalised(problem, response, ways, weight, prior, len(t) - n_params)
    return _fit(curve, kind, scale_of_errors, (t, v), (launch, start), problem, response, best, agreeing, starts, prior, sigma2,
                level, scale)  # fmt: skip


def _fit(
    curve: Curve, kind: Kind, errors: Errors, data: tuple[Floats, Floats], begin: tuple[float | None, float | None],
    problem: Problem, response: Floats, best: Solution, agreeing: int, starts: int, prior: Prior | None, sigma2: float,
    level: float, scale: Scale,
) -> CurveFit:  # fmt: skip
    theta = best.theta
    log_m = float(problem.ceiling(theta, response[None, :])[0])
    residuals = replace(problem, weight=np.zeros(theta.shape[1])).residuals(theta, response[None, :])[0][0]
    shape = curve.natural(theta, scale)[0]
    at_edge = np.isclose(theta[0], curve.lower, atol=1e-6) | np.isclose(theta[0], curve.upper, atol=1e-6)
    edges = tuple(name for name, there in zip(curve.parameters, at_edge, strict=True) if there)
    m = math.exp(log_m) if log_m < 700 else math.inf
    return CurveFit(
        curve, kind, errors, data[0], data[1], begin[0], begin[1],
        MappingProxyType({"m": m, **dict(zip(curve.parameters, shape.tolist(), strict=True))}),
        float(residuals @ residuals), residuals, bool(best.converged[0] and math.isfinite(log_m)), edges, starts, agreeing,
        prior, sigma2, level, theta[0], log_m, scale, problem, response,
    )  # fmt: skip


def _best(problem: Problem, response: Floats, ways: Floats) -> tuple[Solution, int]:
    found = solve(problem, np.tile(response, (len(ways), 1)), ways)
    order = np.lexsort((found.cost, ~found.converged))
    first = order[:1] if found.cost[order[0]] <= found.cost.min() * (1 + 1e-6) else np.array([int(found.cost.argmin())])
    near = found.cost <= found.cost[first] * (1 + 1e-6) + 1e-18 * float(response @ response)
    return Solution(found.theta[first], found.cost[first], found.converged[first]), int(near.sum())


def _penalised(
    problem: Problem, response: Floats, ways: Floats, weight: Floats, prior: Prior, spare: int
) -> tuple[Solution, int, Problem, float]:
    """Fit under a prior; sigma2 and the fit follow from each other and are iterated until they agree."""
    sigma2 = prior.noise**2 if prior.noise is not None else float(_best(problem, response, ways)[0].cost[0]) / spare
    plain = problem
    for _ in range(60):
        problem = replace(plain, weight=weight * math.sqrt(sigma2))
        best, agreeing = _best(problem, response, ways)
        if prior.noise is not None:
            break
        r = plain.residuals(best.theta, response[None, :])[0][0]
        before, sigma2 = sigma2, float(r @ r) / spare
        if abs(sigma2 - before) <= 1e-8 * before:
            break
    return best, agreeing, problem, sigma2


def _choice(what: str, got: str, allowed: Sequence[str]) -> None:
    if got not in allowed:
        raise ParameterError(f"{what}: got {got!r}.", remedy=choices(got, allowed))


def _level(level: float) -> None:
    if not 0 < level < 1:
        raise ParameterError(f"level: must lie between 0 and 1, got {level}")


def _series(time: ArrayLike, value: ArrayLike) -> tuple[Floats, Floats]:
    t, v = np.atleast_1d(np.asarray(time, dtype=float)), np.atleast_1d(np.asarray(value, dtype=float))
    if t.ndim != 1 or v.ndim != 1 or len(t) != len(v):
        raise ParameterError(f"series: there are {t.size} dates and {v.size} values")
    if not np.isfinite(t).all():
        raise ParameterError("series: every date must be a finite number")
    if not np.isfinite(v).all():
        raise ParameterError("series: every value must be a finite number")
    if len(np.unique(t)) != len(t):
        raise ParameterError("series: a date stands twice")
    order = np.argsort(t)
    return t[order], v[order]


def _begin(curve: Curve, t: Floats, kind: Kind, launch: float | None, start: float | None) -> None:
    if len(t) < 2:
        raise ParameterError(f"series: at least 2 points are needed, got {len(t)}")
    if curve.launched and launch is None:
        raise ParameterError(
            f"launch: the {curve.name} curve starts at its launch date, which a series that begins later cannot tell from the other parameters.",
            remedy="Give the launch date, or fit logistic or gompertz, whose position is a parameter.",
        )
    for what, date in (("launch", launch), ("start", start)):
        if date is not None and not (math.isfinite(date) and date < t[0]):
            raise ParameterError(f"{what}: must lie before the first date {t[0]:g}, got {date:g}")
    if start is not None and kind != "new_adopters":
        raise ParameterError(f"start: the begin of a first interval goes with kind new_adopters, not {kind}")
    if start is not None and launch is not None and start < launch:
        raise ParameterError(f"start: must not lie before the launch date {launch:g}, got {start:g}")
    if kind == "new_adopters" and start is None and launch is None:
        raise ParameterError(
            "start: new adopters need the date at which their first interval begins", remedy="Give start or launch."
        )
    if kind == "level" and launch is not None and not curve.launched:
        raise ParameterError(f"launch: a {curve.name} level curve has no launch date; its position is a parameter")


def _response(t: Floats, v: Floats, kind: Kind, errors: Errors) -> Floats:
    """Return what is fitted: increments or levels, or their logarithms."""
    if kind == "new_adopters":
        if (v < 0).any() or not v.any():
            raise ParameterError("series: new adopters must be 0 or more, and not all 0")
        response = v
    else:
        if (v <= 0).any():
            raise ParameterError("series: every value must be above 0")
        if (v == v[0]).all():
            raise ParameterError("series: all values are the same, so that no growth can be estimated")
        if kind == "adopters" and (np.diff(v) < 0).any():
            fallen = t[1:][np.diff(v) < 0][0]
            raise ParameterError(
                f"series: cumulative adopters fall at {fallen:g}.",
                remedy="Use kind new_adopters, or level for a stock that can fall.",
            )
        response = np.diff(v, prepend=0.0) if kind == "adopters" else v
    if errors == "additive":
        return response
    if (response <= 0).any():
        raise ParameterError(
            "errors: on the log scale every interval needs adopters above 0", remedy="Use errors additive."
        )
    return np.log(response)


def _first(curve: Curve, kind: Kind, launch: float | None, start: float | None) -> float | None:
    """Return the begin of the first interval, or None if the share is 0 there."""
    if kind == "level":
        return None
    if kind == "new_adopters" and start is not None:
        return None if curve.launched and start == launch else start
    return None if curve.launched else launch


def _penalty(curve: Curve, prior: Prior | None, scale: Scale, n: int) -> tuple[Floats, Floats]:
    k = len(curve.parameters)
    if prior is None:
        if n < k + 1:
            raise ParameterError(f"series: the {curve.name} curve has {k + 1} parameters, and there are {n} points")
        return np.zeros(k), np.zeros(k)
    allowed = curve.parameters if curve.launched else curve.parameters[:1]
    for name in prior.centre:
        _choice("prior", name, allowed)
    if n <= k + 1 and prior.noise is None:
        raise ParameterError(
            f"prior: with {n} points and {k + 1} parameters the residuals have no size of their own.",
            remedy="Give the prior's noise.",
        )
    if n < k + 1 - len(prior.centre):
        raise ParameterError(
            f"series: {n} points are too few for {k + 1 - len(prior.centre)} parameters without a prior"
        )
    middle = curve.working(curve.natural(start_points(curve, 1), scale), scale)[0]
    weight = np.zeros(k)
    for name, central in prior.centre.items():
        natural = curve.natural(middle[None, :], scale)
        natural[0, curve.parameters.index(name)] = central
        at = curve.parameters.index(name) if curve.launched else 1
        middle[at] = curve.working(natural, scale)[0, at]
        weight[at] = 1 / prior.log_sd[name]
    return middle, weight
