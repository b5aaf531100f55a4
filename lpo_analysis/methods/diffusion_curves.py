"""Diffusion curves, and least squares for thousands of them at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import qmc

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats

Evaluation = tuple[Floats, Floats]
"""Logarithm of the cumulative share, shape (rows, dates), and its slopes, shape (rows, parameters, dates)."""


@dataclass(frozen=True)
class Scale:
    """Dates in units of the series, so that one box of parameters serves every unit of time.

    Parameters
    ----------
    origin : float
        Launch date of a curve that has one, else a date in the middle of the series.
    span : float
        Length of the series.
    """

    origin: float = 0.0
    span: float = 1.0

    def __call__(self, time: ArrayLike) -> Floats:
        """Return scaled dates."""
        return (np.asarray(time, dtype=float) - self.origin) / self.span


@dataclass(frozen=True, eq=False)
class Curve:
    """A family of cumulative shares F(t).

    Parameters
    ----------
    name : str
        Name in `CURVES`.
    parameters : tuple of str
        Shape parameters in the field's names; the ceiling ``m`` comes on top.
    launched : bool
        Whether the curve starts at a launch date with F = 0, which must be given; otherwise its position is a parameter.
    formula : str
        Closed form of F, with t counted from the launch if the curve has one.
    reference : str
        Where the curve comes from.
    log_share : callable
        ``(theta, u) -> Evaluation``: log F and its slopes for working parameters of shape (rows, parameters).
    lower, upper : tuple of float
        Box of the working parameters.
    start_lower, start_upper : tuple of float
        Smaller box from which searches start.
    peak : callable
        Time of the inflection of F, from the shape parameters; None if F has none after its launch.
    """

    name: str
    parameters: tuple[str, ...]
    launched: bool
    formula: str
    reference: str
    log_share: Callable[[Floats, Floats], Evaluation] = field(repr=False)
    lower: tuple[float, ...] = field(repr=False)
    upper: tuple[float, ...] = field(repr=False)
    start_lower: tuple[float, ...] = field(repr=False)
    start_upper: tuple[float, ...] = field(repr=False)
    peak: Callable[[Floats], float | None] = field(repr=False)

    def natural(self, theta: Floats, scale: Scale) -> Floats:
        """Return parameters in the field's units from working ones, both of shape (rows, parameters)."""
        out = np.exp(theta)
        if self.launched:
            out[:, self._rates] /= scale.span
            return out
        steep = np.exp(theta[:, 1])
        return np.column_stack([steep / scale.span, scale.origin - scale.span * theta[:, 0] / steep])

    def working(self, natural: Floats, scale: Scale) -> Floats:
        """Return working parameters from those in the field's units, both of shape (rows, parameters)."""
        natural = np.asarray(natural, dtype=float)
        if self.launched:
            factor = np.where(self._rates, scale.span, 1.0)
            return np.log(natural * factor)
        steep = natural[:, 0] * scale.span
        return np.column_stack([steep * (scale.origin - natural[:, 1]) / scale.span, np.log(steep)])

    @property
    def _rates(self) -> NDArray[np.bool_]:
        return np.array([name not in ("beta", "alpha") for name in self.parameters])

    def shape(self, params: Mapping[str, float]) -> Floats:
        """Return the shape parameters as an array, in the order of `parameters`.

        Raises
        ------
        ParameterError
            If one is missing or not a finite number, or a rate or shape is not above 0.
        """
        missing = [name for name in self.parameters if name not in params]
        if missing:
            raise ParameterError(f"params: the {self.name} curve needs {', '.join(missing)}")
        values = np.array([params[name] for name in self.parameters], dtype=float)
        for name, value in zip(self.parameters, values, strict=True):
            if not np.isfinite(value) or (name not in POSITIONS and value <= 0):
                raise ParameterError(
                    f"params: {name} must be {'finite' if name in POSITIONS else 'above 0'}, got {value}"
                )
        return values

    def share(self, time: ArrayLike, params: Mapping[str, float], *, launch: float | None = None) -> Floats:
        """Return F, the cumulative share of the ceiling.

        Parameters
        ----------
        time : array_like of float
            Dates.
        params : mapping of str to float
            Shape parameters by name; others, such as ``m``, are passed over.
        launch : float, optional
            Launch date; needed by a curve that has one.

        Returns
        -------
        ndarray of float
            Shares, 0-1; 0 before the launch.

        Raises
        ------
        ParameterError
            If a parameter is missing or out of range, or the launch date is needed and not given.
        """
        if self.launched and launch is None:
            raise ParameterError(f"launch: the {self.name} curve starts at its launch date, which must be given")
        scale = Scale(launch if self.launched and launch is not None else 0.0)
        theta = self.working(self.shape(params)[None, :], scale)
        return np.asarray(share_of(self, theta, scale(np.atleast_1d(np.asarray(time, dtype=float))))[0])

    def inflection(self, params: Mapping[str, float], *, launch: float | None = None) -> float | None:
        """Return the date at which F is steepest, or None if it only flattens from its launch on."""
        at = self.peak(self.shape(params))
        if at is None or not self.launched:
            return at
        if launch is None:
            raise ParameterError(f"launch: the {self.name} curve starts at its launch date, which must be given")
        return launch + at


POSITIONS = ("midpoint", "inflection")
"""Parameters that are dates and may have either sign."""


def _exponential(theta: Floats, u: Floats) -> Evaluation:
    z = np.exp(theta[:, :1]) * u
    rest = -np.expm1(-z)
    return np.log(rest), (z * np.exp(-z) / rest)[:, None, :]


def _bass(theta: Floats, u: Floats) -> Evaluation:
    p, q = np.exp(theta[:, :1]), np.exp(theta[:, 1:])
    less = np.expm1(-(p + q) * u)
    left = 1 + less
    pulled = q * left
    both = p + pulled
    pull = pulled / both
    both_ways = (pull - left / less) * u
    slopes = np.empty((len(theta), 2, len(u)))
    slopes[:, 0] = p * both_ways + pull
    slopes[:, 1] = q * both_ways - pull
    return np.log(-less * p / both), slopes


def _gamma_gompertz(theta: Floats, u: Floats) -> Evaluation:
    b, beta, alpha = np.exp(theta[:, :1]), np.exp(theta[:, 1:2]), np.exp(theta[:, 2:])
    z = b * u
    left, rest = np.exp(-z), -np.expm1(-z)
    tail = np.log1p(beta * left)
    weight = alpha * beta * left / (1 + beta * left)
    slopes = np.stack([z * left / rest + z * weight, -weight, -alpha * tail], axis=1)
    return np.log(rest) - alpha * tail, slopes


def _logistic(theta: Floats, u: Floats) -> Evaluation:
    steep = np.exp(theta[:, 1:]) * u
    ahead = np.exp(-(theta[:, :1] + steep))
    slope = ahead / (1 + ahead)
    return -np.log1p(ahead), np.stack([slope, slope * steep], axis=1)


def _gompertz(theta: Floats, u: Floats) -> Evaluation:
    steep = np.exp(theta[:, 1:]) * u
    ahead = np.exp(-(theta[:, :1] + steep))
    return -ahead, np.stack([ahead, ahead * steep], axis=1)


def _bass_peak(shape: Floats) -> float | None:
    p, q = shape
    return float(np.log(q / p) / (p + q)) if q > p else None


def _gamma_gompertz_peak(shape: Floats) -> float | None:
    # The density in x = exp(-bt) peaks at the smaller root of a quadratic; written so that alpha = 1 is no special case.
    b, beta, alpha = shape
    square, constant = (beta * (1 - alpha)) ** 2, 1 + alpha * beta
    linear = 2 * beta * (1 - alpha) - alpha * beta * constant
    inside = linear**2 - 4 * square * constant
    if linear >= 0 or inside < 0:
        return None
    x = 2 * constant / (-linear + math.sqrt(inside))
    return float(-np.log(x) / b) if x < 1 else None


def _date(shape: Floats) -> float | None:
    return float(shape[1])


def _logs(*values: float) -> tuple[float, ...]:
    return tuple(math.log(value) for value in values)


_LINE = (-40.0, math.log(1e-3)), (40.0, math.log(100.0)), (-6.0, math.log(0.3)), (6.0, math.log(20.0))
_MADE = (
    Curve(
        "bass", ("p", "q"), True, "(1 - exp(-(p + q) t)) / (1 + q/p exp(-(p + q) t))",
        "Bass (1969), https://doi.org/10.1287/mnsc.15.5.215",
        _bass, _logs(1e-12, 1e-6), _logs(20, 200), _logs(1e-4, 0.3), _logs(2, 20), _bass_peak,
    ),
    Curve(
        "logistic", ("rate", "midpoint"), False, "1 / (1 + exp(-rate (t - midpoint)))",
        "Verhulst (1838); Griliches (1957), https://doi.org/10.2307/1905380",
        _logistic, *_LINE, _date,
    ),
    Curve(
        "gompertz", ("rate", "inflection"), False, "exp(-exp(-rate (t - inflection)))",
        "Gompertz (1825), https://doi.org/10.1098/rstl.1825.0026",
        _gompertz, (-6.0, math.log(1e-3)), *_LINE[1:2], (-3.0, math.log(0.3)), (6.0, math.log(20.0)), _date,
    ),
    Curve(
        "gamma_gompertz", ("b", "beta", "alpha"), True, "(1 - exp(-b t)) / (1 + beta exp(-b t))^alpha",
        "Bemmaor (1994), https://doi.org/10.1007/978-94-011-1402-8_6",
        _gamma_gompertz, _logs(1e-4, 1e-6, 1e-4), _logs(300, 1e9, 1e3), _logs(0.5, 0.3, 0.2), _logs(20, 3e3, 5),
        _gamma_gompertz_peak,
    ),
    Curve(
        "exponential", ("rate",), True, "1 - exp(-rate t)",
        "Fourt and Woodlock (1960), https://doi.org/10.1177/002224296002500206",
        _exponential, _logs(1e-6), _logs(300), _logs(0.05), _logs(20), lambda shape: None,
    ),
)  # fmt: skip

CURVES: Mapping[str, Curve] = MappingProxyType({curve.name: curve for curve in _MADE})
"""Cumulative shares by name."""


def curve_named(name: str) -> Curve:
    """Return a curve by its name.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    Curve
        The curve.

    Raises
    ------
    ParameterError
        If there is none of that name; the nearest is named.
    """
    if name not in CURVES:
        raise ParameterError(f"curve: got {name!r}.", remedy=choices(name, CURVES))
    return CURVES[name]


def share_of(curve: Curve, theta: Floats, u: Floats) -> Floats:
    """Return F for working parameters.

    Parameters
    ----------
    curve : Curve
        The family.
    theta : ndarray of float, shape (rows, parameters)
        Working parameters.
    u : ndarray of float, shape (dates,)
        Scaled dates.

    Returns
    -------
    ndarray, shape (rows, dates)
        Shares; 0 up to the launch of a curve that has one.
    """
    out = np.zeros((len(theta), len(u)))
    inside = u > 0 if curve.launched else np.isfinite(u)
    with np.errstate(under="ignore"):
        out[:, inside] = np.exp(curve.log_share(theta, u[inside])[0])
    return out


@dataclass(frozen=True, eq=False)
class Problem:
    """What is fitted to what: the response as a function of a curve, its ceiling profiled out.

    Parameters
    ----------
    curve : Curve
        The family.
    u : ndarray of float, shape (n,)
        Scaled dates, rising; ends of the intervals if increments are fitted.
    first : float or None
        Scaled begin of the first interval; None if nobody had adopted there (a launch, or a curve from minus infinity).
    increments : bool
        Fit what is added over each interval instead of the level.
    log : bool
        Fit logarithms.
    centre, weight : ndarray of float, shape (parameters,)
        Penalty ``(weight (theta - centre))^2`` on the working parameters; weight 0 is none.
    """

    curve: Curve
    u: Floats
    first: float | None
    increments: bool
    log: bool
    centre: Floats
    weight: Floats

    def shape(self, theta: Floats) -> Evaluation:
        """Return the response at a ceiling of 1 (its logarithm if logarithms are fitted) and its slopes."""
        dates = self.u if self.first is None else np.append(self.first, self.u)
        value, slopes = self.curve.log_share(theta, dates)
        if self.log and not self.increments:
            return value, slopes
        share = np.exp(value)
        change = share[:, None, :] * slopes
        if self.increments:
            share, change = self._added(share), self._added(change)
        if not self.log:
            return share, change
        share = np.maximum(share, 1e-300)
        return np.log(share), change / share[:, None, :]

    def _added(self, total: Floats) -> Floats:
        if self.first is not None:
            return total[..., 1:] - total[..., :-1]
        added = total.copy()
        added[..., 1:] -= total[..., :-1]
        return added

    def ceiling(self, theta: Floats, y: Floats) -> Floats:
        """Return the least-squares log ceiling for given working parameters; NaN where the best ceiling is not above 0."""
        value, _ = self.shape(theta)
        if self.log:
            return np.asarray((y - value).mean(axis=-1))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log((y * value).sum(axis=-1) / (value * value).sum(axis=-1))

    def residuals(
        self, theta: Floats, y: Floats, log_m: Floats | None = None, centre: Floats | None = None
    ) -> Evaluation:
        """Return residuals, then penalties, shape (rows, n + parameters), and their slopes.

        The ceiling is linear given the shape and is projected out (variable projection, with Kaufman's Jacobian) unless given.

        References
        ----------
        Golub, G. and Pereyra, V. (2003). Separable nonlinear least squares: the variable projection method and its
        applications. Inverse Problems 19(2). https://doi.org/10.1088/0266-5611/19/2/201
        """
        value, slopes = self.shape(theta)
        if self.log:
            if log_m is None:
                value = value - value.mean(axis=-1, keepdims=True) + y.mean(axis=-1, keepdims=True)
                slopes = slopes - slopes.mean(axis=-1, keepdims=True)
            else:
                value = value + log_m[:, None]
        elif log_m is None:
            size = np.maximum((value * value).sum(axis=-1, keepdims=True), 1e-300)
            m = (y * value).sum(axis=-1, keepdims=True) / size
            along = (slopes @ value[:, :, None]) / size[:, None, :]
            slopes = m[:, :, None] * (slopes - along * value[:, None, :])
            value = m * value
        else:
            m = np.exp(log_m)[:, None]
            value, slopes = m * value, m[:, :, None] * slopes
        r, j = y - value, -slopes
        if self.weight.any():
            k = len(self.weight)
            r = np.concatenate([r, self.weight * (theta - (self.centre if centre is None else centre))], axis=1)
            j = np.concatenate([j, np.broadcast_to(np.diag(self.weight), (len(j), k, k))], axis=2)
        return r, j


@dataclass(frozen=True, eq=False)
class Solution:
    """Where searches ended, one row each: working parameters, penalised sum of squares, whether it is a minimum."""

    theta: Floats
    cost: Floats
    converged: NDArray[np.bool_]


def start_points(curve: Curve, count: int) -> Floats:
    """Return starting values spread over the curve's start box.

    Parameters
    ----------
    curve : Curve
        The family.
    count : int
        How many.

    Returns
    -------
    ndarray, shape (count, parameters)
        Working parameters, the same every time.
    """
    unit = qmc.Halton(len(curve.parameters), scramble=False).random(count + 1)[1:]
    low, high = np.array(curve.start_lower), np.array(curve.start_upper)
    return np.asarray(low + unit * (high - low))


def solve(
    problem: Problem,
    y: Floats,
    theta: Floats,
    *,
    log_m: Floats | None = None,
    centre: Floats | None = None,
    steps: int = 200,
    tolerance: float = 1e-14,
) -> Solution:
    """Minimise many sums of squares at once by Levenberg-Marquardt steps within the curve's box.

    Parameters
    ----------
    problem : Problem
        The model, common to all rows.
    y : ndarray of float, shape (rows, n)
        Responses.
    theta : ndarray of float, shape (rows, parameters)
        Starting values.
    log_m : ndarray of float, shape (rows,), optional
        Logarithm of a ceiling to hold; without it the ceiling is fitted too.
    centre : ndarray of float, shape (rows, parameters), optional
        Centre of the penalty by row; the problem's own without it.
    steps : int, default 200
        Most steps of a row.
    tolerance : float, default 1e-14
        A row is done when a step lowers its sum of squares by a smaller share.

    Returns
    -------
    Solution
        A row has converged if its residuals stand at right angles to every free direction, or vanish.
    """
    low, high = np.array(problem.curve.lower), np.array(problem.curve.upper)
    theta = np.clip(theta, low, high)
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        r, j = problem.residuals(theta, y, log_m, centre)
        cost = _finite((r * r).sum(axis=-1))
        damping, active = np.full(len(y), 1e-3), np.ones(len(y), dtype=bool)
        for _ in range(steps):
            rows = np.flatnonzero(active)
            if not len(rows):
                break
            gram, slope, held = _normal(r[rows], j[rows], theta[rows], low, high)
            step = _step(gram, slope, held, damping[rows])
            tried = np.clip(theta[rows] + step, low, high)
            r_new, j_new = problem.residuals(tried, y[rows], _of(log_m, rows), _of(centre, rows))
            cost_new = _finite((r_new * r_new).sum(axis=-1))
            better = cost_new < cost[rows]
            moved = np.abs(tried - theta[rows]).max(axis=-1)
            gain = cost[rows] - cost_new
            done = better & (gain <= tolerance * cost[rows]) | (moved < 1e-10) | (damping[rows] > 1e12)
            taken = rows[better]
            theta[taken], cost[taken] = tried[better], cost_new[better]
            r[taken], j[taken] = r_new[better], j_new[better]
            damping[rows] = np.where(better, np.maximum(damping[rows] / 10, 1e-14), damping[rows] * 8)
            active[rows[done]] = False
        return Solution(theta, cost, _is_minimum(r, j, theta, cost, y, low, high))


def _of(values: Floats | None, rows: NDArray[np.intp]) -> Floats | None:
    return None if values is None else values[rows]


def _finite(cost: Floats) -> Floats:
    return np.where(np.isfinite(cost), cost, np.inf)


def _normal(r: Floats, j: Floats, theta: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    gram, slope = j @ j.transpose(0, 2, 1), (j @ r[:, :, None])[:, :, 0]
    held = ((theta <= low) & (slope > 0)) | ((theta >= high) & (slope < 0))
    return gram, slope, held


def _step(gram: Floats, slope: Floats, held: NDArray[np.bool_], damping: Floats) -> Floats:
    k = gram.shape[1]
    gram = np.where(held[:, :, None] | held[:, None, :], 0.0, gram)
    diagonal = gram[:, range(k), range(k)]
    floor = 1e-15 * diagonal.sum(axis=-1, keepdims=True) + 1e-300
    gram[:, range(k), range(k)] = np.where(held, 1.0, diagonal + damping[:, None] * np.maximum(diagonal, floor) + floor)
    gram[~np.isfinite(gram).all(axis=(1, 2))] = np.eye(k)
    return np.asarray(np.linalg.solve(gram, -np.where(held, 0.0, slope)[:, :, None])[:, :, 0])


def _is_minimum(
    r: Floats, j: Floats, theta: Floats, cost: Floats, y: Floats, low: Floats, high: Floats
) -> NDArray[np.bool_]:
    gram, slope, held = _normal(r, j, theta, low, high)
    length = np.sqrt(np.diagonal(gram, axis1=1, axis2=2) * cost[:, None])
    level_ground = np.abs(slope) <= 1e-4 * length
    exact = cost <= 1e-22 * (y * y).sum(axis=-1)
    return np.isfinite(cost) & ((level_ground | held).all(axis=-1) | exact)
