"""What one event costs: scipy distributions, mixtures and points, cut by layers, and put on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import comb, gcd
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats
from scipy.signal import fftconvolve

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.piecewise import Piecewise

Method = Literal["mean_preserving", "rounding"]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_LADDER = np.concatenate([np.logspace(-12, -2, 41), np.linspace(0.02, 0.98, 97), 1 - np.logspace(-2, -12, 41)])


class Severity:
    """The loss of one event, not below 0; see `Continuous`, `Mixture`, `Points`, `Layered` and `Sum`."""

    def sf(self, x: Floats) -> Floats:
        """Return P(X > x)."""
        raise NotImplementedError

    def limited(self, x: Floats, *, power: int = 1) -> Floats:
        """Return E[min(X, x)**power], the moment itself at infinity."""
        raise NotImplementedError

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw losses."""
        raise NotImplementedError

    def cut(self, to: Piecewise) -> Severity:
        """Return what a piecewise linear share of the loss costs."""
        raise NotImplementedError

    @property
    def moments(self) -> tuple[float, float, float]:
        """First three moments about 0; infinite ones are inf."""
        first, second, third = (float(self.limited(np.array([np.inf]), power=k)[0]) for k in (1, 2, 3))
        return first, second, third

    @property
    def unit(self) -> float | None:
        """The largest step that hits every possible loss, where there is one."""
        return None

    def up_to(self, top: float) -> tuple[float, float]:
        """Return the first two moments of the loss limited to a top, which always exist."""
        at = np.array([top])
        return float(self.limited(at)[0]), float(self.limited(at, power=2)[0])

    def exceeded(self, probability: float) -> float:
        """Return the least loss exceeded with at most this probability."""
        if float(self.sf(np.array([0.0]))[0]) <= probability:
            return 0.0
        high = 1.0
        while float(self.sf(np.array([high]))[0]) > probability:
            high *= 4
            if high > 1e300:
                raise ParameterError("severity: its tail does not end", remedy="Cap it by a layer.")
        low = 0.0
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if float(self.sf(np.array([middle]))[0]) > probability else (low, middle)
            if high - low <= 1e-12 * high:
                break
        return high

    def masses(self, step: float, size: int, *, method: Method = "mean_preserving") -> Floats:
        """Return the probabilities of 0, step, 2 step ... ; what lies beyond the grid is missing from their sum."""
        if method == "rounding":
            above = self.sf((np.arange(size, dtype=float) + 0.5) * step)
            return np.asarray(-np.diff(above, prepend=1.0))
        # Mean of the loss within each cell; falling by nature, so that rounding errors are not clipped one by one.
        inside = np.diff(self.limited(np.arange(size + 1, dtype=float) * step)) / step
        inside = np.minimum.accumulate(np.clip(inside, 0, 1))
        return np.asarray(-np.diff(inside, prepend=1.0))


@dataclass(frozen=True, eq=False)
class Continuous(Severity):
    """A frozen distribution of scipy.

    Parameters
    ----------
    dist : scipy.stats frozen distribution
        Continuous, of losses not below 0.

    Raises
    ------
    ParameterError
        If it is not a frozen continuous distribution or reaches below 0.
    """

    dist: Any

    def __post_init__(self) -> None:
        if not isinstance(getattr(self.dist, "dist", None), stats.rv_continuous):
            raise ParameterError(
                f"severity: {type(self.dist).__name__} is no frozen continuous distribution of scipy",
                remedy="Give one such as scipy.stats.lognorm(s=2, scale=1e5), or Points, Mixture.",
            )
        low, high = self.dist.support()
        if not low >= 0 or np.isnan(high):
            raise ParameterError(f"severity: a loss cannot be below 0, its distribution begins at {low:g}")

    def sf(self, x: Floats) -> Floats:
        """Return P(X > x)."""
        return np.asarray(self.dist.sf(x), dtype=float)

    def exceeded(self, probability: float) -> float:
        """Return the least loss exceeded with at most this probability."""
        return float(self.dist.isf(min(probability, 1.0)))

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw losses."""
        if self.dist.dist.name != "lognorm":
            return np.asarray(self.dist.rvs(size=size, random_state=rng), dtype=float)
        # What scipy does, number for number, in place: half the time goes into fresh arrays.
        (shape,), loc, scale = self.dist.dist._parse_args(*self.dist.args, **self.dist.kwds)
        drawn = rng.standard_normal(size)
        drawn *= shape
        np.exp(drawn, out=drawn)
        drawn *= scale
        drawn += loc
        return drawn

    def cut(self, to: Piecewise) -> Severity:
        """Return what a piecewise linear share of the loss costs."""
        return Layered(self, to)

    def limited(self, x: Floats, *, power: int = 1) -> Floats:
        """Return E[min(X, x)**power], the moment itself at infinity."""
        shapes, loc, scale = self.dist.dist._parse_args(*self.dist.args, **self.dist.kwds)
        x = np.asarray(x, dtype=float)
        z = np.clip((x - loc) / scale, 0, None)
        parts = [_standard(self.dist.dist.name, shapes, z, k) for k in range(1, power + 1)]
        if any(part is None for part in parts):
            return self._by_quadrature(x, power)
        whole = np.full_like(z, loc**power)
        for k, part in enumerate(parts, start=1):
            if loc or k == power:
                whole = whole + comb(power, k) * loc ** (power - k) * scale**k * part
        return np.where(x < loc, x**power, whole)

    def _by_quadrature(self, x: Floats, power: int) -> Floats:
        finite = np.isfinite(x)
        ends = np.unique(np.concatenate([[0.0], x[finite], self.dist.ppf(_LADDER), self.dist.support()]))
        ends = ends[np.isfinite(ends) & (ends >= 0)]
        half = np.diff(ends)[:, None] / 2
        at = ends[:-1, None] + half * (1 + _NODES)
        cells = (power * at ** (power - 1) * self.dist.sf(at) * half * _WEIGHTS).sum(axis=1)
        upto = np.concatenate([[0.0], np.cumsum(cells)])
        result = np.interp(x, ends, upto)
        if not finite.all():
            mean, var, skew = (float(m) for m in self.dist.stats(moments="mvs"))
            raw = (mean, var + mean**2, skew * var**1.5 + 3 * mean * var + mean**3)[power - 1]
            result = np.where(finite, result, raw if np.isfinite(raw) else np.inf)
        return np.asarray(result)


def _standard(name: str, shapes: tuple[float, ...], z: Floats, k: int) -> Floats | None:
    """Return E[min(Z, z)**k] of the standard member of a family in closed form, None where there is none here."""
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        if name == "lognorm":
            s = shapes[0]
            log = np.log(z)
            inside, above = np.exp(k * k * s * s / 2) * special.ndtr(log / s - k * s), special.ndtr(-log / s)
        elif name in ("gamma", "expon"):
            a = shapes[0] if name == "gamma" else 1.0
            inside, above = special.poch(a, k) * special.gammainc(a + k, z), special.gammaincc(a, z)
        elif name == "weibull_min":
            c = shapes[0]
            inside, above = special.gamma(1 + k / c) * special.gammainc(1 + k / c, z**c), np.exp(-(z**c))
        elif name in ("beta", "uniform"):
            a, b = shapes if name == "beta" else (1.0, 1.0)
            inner = np.clip(z, 0, 1)
            raw = special.poch(a, k) / special.poch(a + b, k)
            inside, above = raw * special.betainc(a + k, b, inner), special.betaincc(a, b, inner)
        elif name == "genpareto" and k == 1:
            c = shapes[0]
            if c == 0:
                return np.asarray(-np.expm1(-z))
            top = np.minimum(z, -1 / c) if c < 0 else z
            grown = np.log1p(c * top)
            return np.asarray(grown if c == 1 else -np.expm1((1 - 1 / c) * grown) / (1 - c))
        else:
            return None
        beyond = np.where(above > 0, z**k * above, 0.0)
    return np.asarray(inside + np.where(np.isfinite(z), beyond, 0.0))


@dataclass(frozen=True, eq=False)
class Points(Severity):
    """Finitely many possible losses.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Losses, not below 0.
    weights : array_like of float, shape (n,), optional
        Their probabilities; equal by default.

    Raises
    ------
    ParameterError
        If a loss is negative or not finite, or the probabilities do not add up to 1.
    """

    values: Floats
    weights: Floats

    def __init__(self, values: ArrayLike, weights: ArrayLike | None = None) -> None:
        x = np.atleast_1d(np.asarray(values, dtype=float))
        w = np.full(x.shape, 1 / max(1, x.size)) if weights is None else np.asarray(weights, dtype=float)
        if x.ndim != 1 or not x.size or not (np.isfinite(x).all() and (x >= 0).all()):
            raise ParameterError("severity: points must be finite losses, none below 0")
        _probabilities(w, x.shape)
        order = np.argsort(x, kind="stable")
        object.__setattr__(self, "values", x[order])
        object.__setattr__(self, "weights", w[order])

    def sf(self, x: Floats) -> Floats:
        """Return P(X > x)."""
        above = np.concatenate([np.cumsum(self.weights[::-1])[::-1], [0.0]])
        return np.asarray(above[np.searchsorted(self.values, x, side="right")])

    def limited(self, x: Floats, *, power: int = 1) -> Floats:
        """Return E[min(X, x)**power], the moment itself at infinity."""
        inside = np.concatenate([[0.0], np.cumsum(self.weights * self.values**power)])
        above = self.sf(x)
        return inside[np.searchsorted(self.values, x, side="right")] + np.where(
            above > 0, np.where(np.isfinite(x), x, 0.0) ** power * above, 0.0
        )

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw losses."""
        return np.asarray(rng.choice(self.values, size, p=self.weights / self.weights.sum()))

    def cut(self, to: Piecewise) -> Severity:
        """Return what a piecewise linear share of the loss costs."""
        return Points(to(self.values), self.weights)

    def masses(self, step: float, size: int, *, method: Method = "mean_preserving") -> Floats:
        """Return the probabilities of 0, step, 2 step ... ; what lies beyond the grid is missing from their sum."""
        if method == "rounding":
            return super().masses(step, size, method=method)
        # A point between two of the grid is split between them, which keeps its mean.
        at = np.minimum(self.values / step, size)
        cell = at.astype(np.intp)
        part, last = at - cell, size + 2
        split = np.bincount(cell, self.weights * (1 - part), last) + np.bincount(cell + 1, self.weights * part, last)
        return np.asarray(split[:size])

    @property
    def unit(self) -> float | None:
        """The largest step that hits every possible loss, where there is one."""
        positive = self.values[self.values > 0]
        for scale in (1, 100):
            whole = np.round(positive * scale)
            if len(whole) and np.allclose(whole, positive * scale, rtol=1e-12, atol=0) and whole.max() < 2**53:
                return reduce(gcd, (int(v) for v in np.unique(whole))) / scale
        return None


@dataclass(frozen=True, eq=False)
class Mixture(Severity):
    """One of several severities, by chance.

    Parameters
    ----------
    parts : sequence of Severity or frozen distribution
        The severities.
    weights : array_like of float
        Their probabilities.

    Raises
    ------
    ParameterError
        If the weights are no probabilities, one a part.
    """

    parts: tuple[Severity, ...]
    weights: Floats

    def __init__(self, parts: Sequence[Any], weights: ArrayLike) -> None:
        w = np.asarray(weights, dtype=float)
        _probabilities(w, (len(parts),))
        object.__setattr__(self, "parts", tuple(as_severity(part) for part in parts))
        object.__setattr__(self, "weights", w)

    def sf(self, x: Floats) -> Floats:
        """Return P(X > x)."""
        return np.asarray(sum(w * part.sf(x) for w, part in self._held()))

    def limited(self, x: Floats, *, power: int = 1) -> Floats:
        """Return E[min(X, x)**power], the moment itself at infinity."""
        return np.asarray(sum(w * part.limited(x, power=power) for w, part in self._held()))

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw losses."""
        counts = rng.multinomial(size, self.weights / self.weights.sum())
        drawn = [part.draw(rng, int(n)) for n, part in zip(counts, self.parts, strict=True)]
        return rng.permutation(np.concatenate(drawn))

    def cut(self, to: Piecewise) -> Severity:
        """Return what a piecewise linear share of the loss costs."""
        return Mixture([part.cut(to) for part in self.parts], self.weights)

    def masses(self, step: float, size: int, *, method: Method = "mean_preserving") -> Floats:
        """Return the probabilities of 0, step, 2 step ... ; what lies beyond the grid is missing from their sum."""
        return np.asarray(sum(w * part.masses(step, size, method=method) for w, part in self._held()))

    def _held(self) -> list[tuple[float, Severity]]:
        return [(float(w), part) for w, part in zip(self.weights, self.parts, strict=True) if w > 0]


@dataclass(frozen=True, eq=False)
class Layered(Severity):
    """A piecewise linear share of a continuous loss.

    Parameters
    ----------
    base : Continuous
        The loss.
    to : Piecewise
        The share.
    """

    base: Continuous
    to: Piecewise

    def sf(self, x: Floats) -> Floats:
        """Return P(X > x)."""
        return self.base.sf(self.to.inverse(x))

    def limited(self, x: Floats, *, power: int = 1) -> Floats:
        """Return E[min(X, x)**power], the moment itself at infinity."""
        ends, slopes, starts = self.to.pieces
        at = self.to.inverse(np.asarray(x, dtype=float))
        # The base's limited moments at each knot once, and at x: their differences are the pieces' integrals.
        total = np.zeros_like(at)
        for i, slope in enumerate(slopes):
            if slope == 0:
                continue
            low, high = ends[i], ends[i + 1]
            constant = starts[i] - slope * low
            to = np.clip(at, low, high)
            for k in range(1, power + 1):
                factor = comb(power, k) * constant ** (power - k) * slope**k
                if factor:
                    gained = self.base.limited(to, power=k) - self.base.limited(np.array([low]), power=k)
                    with np.errstate(invalid="ignore"):
                        total = total + factor * np.where(to > low, gained, 0.0)
        # Terms of either sign are infinite together only where the moment itself is.
        return np.where(np.isnan(total), np.inf, total)

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw losses."""
        return self.to(self.base.draw(rng, size))

    def cut(self, to: Piecewise) -> Severity:
        """Return what a piecewise linear share of the loss costs."""
        return Layered(self.base, to.after(self.to))


@dataclass(frozen=True, eq=False)
class Sum(Severity):
    """Two independent losses of the same event, such as primary and secondary.

    Parameters
    ----------
    first, second : Severity or frozen distribution
        The losses.
    """

    first: Severity
    second: Severity

    def __init__(self, first: Any, second: Any) -> None:
        object.__setattr__(self, "first", as_severity(first))
        object.__setattr__(self, "second", as_severity(second))

    @property
    def moments(self) -> tuple[float, float, float]:
        """First three moments about 0; infinite ones are inf."""
        a, b = self.first.moments, self.second.moments
        return (
            a[0] + b[0],
            a[1] + 2 * a[0] * b[0] + b[1],
            a[2] + 3 * a[1] * b[0] + 3 * a[0] * b[1] + b[2],
        )

    @property
    def unit(self) -> float | None:
        """The largest step that hits every possible loss, where there is one."""
        a, b = self.first.unit, self.second.unit
        return None if a is None or b is None else gcd(round(a * 100), round(b * 100)) / 100

    def sf(self, x: Floats) -> Floats:
        """Return a lower bound of P(X > x): that of the larger of the two."""
        return 1 - (1 - self.first.sf(x)) * (1 - self.second.sf(x))

    def up_to(self, top: float) -> tuple[float, float]:
        """Return the first two moments of the sum of both, each limited to a top."""
        a, b = self.first.up_to(top), self.second.up_to(top)
        return a[0] + b[0], a[1] + 2 * a[0] * b[0] + b[1]

    def exceeded(self, probability: float) -> float:
        """Return a loss exceeded with at most this probability (a bound: both halves of it at once)."""
        return self.first.exceeded(probability / 2) + self.second.exceeded(probability / 2)

    def draw(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw losses."""
        return self.first.draw(rng, size) + self.second.draw(rng, size)

    def masses(self, step: float, size: int, *, method: Method = "mean_preserving") -> Floats:
        """Return the probabilities of 0, step, 2 step ... ; what lies beyond the grid is missing from their sum."""
        parts = [part.masses(step, size, method=method) for part in (self.first, self.second)]
        return np.clip(fftconvolve(*parts)[:size], 0, None)

    def cut(self, to: Piecewise) -> Severity:
        """Refuse: a layer of a sum has no closed form."""
        raise ParameterError(
            "severity: a layer of a sum of two losses has no closed form",
            remedy="Put the sum on a grid first: on_grid(severity, step=..., size=...).",
        )


def _probabilities(weights: Floats, shape: tuple[int, ...]) -> None:
    if weights.shape != shape:
        raise ParameterError(f"weights: one a part, {shape[0]} in all, got shape {weights.shape}")
    if not ((weights >= 0).all() and abs(weights.sum() - 1) < 1e-9):
        raise ParameterError(f"weights: must be probabilities that add up to 1, got a sum of {weights.sum():g}")


def as_severity(severity: Any) -> Severity:
    """Return a severity as this room knows it.

    Parameters
    ----------
    severity : Severity or scipy.stats frozen distribution
        What one event costs.

    Returns
    -------
    Severity
        Itself, or the distribution wrapped.
    """
    return severity if isinstance(severity, Severity) else Continuous(severity)


def on_grid(severity: Any, *, step: float, size: int, method: Method = "mean_preserving") -> Points:
    """Put a severity on a grid.

    Parameters
    ----------
    severity : Severity or scipy.stats frozen distribution
        What one event costs.
    step : float
        Distance of the grid's points, above 0.
    size : int
        Number of points; what lies beyond them is set to the last.
    method : {'mean_preserving', 'rounding'}
        Local matching of the mean, or the mass within half a step.

    Returns
    -------
    Points
        Losses on the grid.

    Raises
    ------
    ParameterError
        If step, size or method is not allowed.

    References
    ----------
    Klugman, S. A., Panjer, H. H. and Willmot, G. E. Loss Models: From Data to Decisions. Wiley. (Discretisation by
    rounding and by local moment matching.)
    """
    masses = discretise(severity, step=step, size=size, method=method)
    masses[-1] += max(0.0, 1 - masses.sum())
    return Points(np.arange(size) * step, masses / masses.sum())


def discretise(severity: Any, *, step: float, size: int, method: Method = "mean_preserving") -> Floats:
    """Return the probabilities of a severity on 0, step, 2 step and so on.

    Parameters
    ----------
    severity : Severity or scipy.stats frozen distribution
        What one event costs.
    step : float
        Distance of the grid's points, above 0.
    size : int
        Number of points.
    method : {'mean_preserving', 'rounding'}
        Local matching of the mean, or the mass within half a step.

    Returns
    -------
    ndarray of float, shape (size,)
        Probabilities; the mass beyond the grid is missing from their sum.

    Raises
    ------
    ParameterError
        If step, size or method is not allowed.

    References
    ----------
    Klugman, Panjer and Willmot, as in `on_grid`.
    """
    if not (np.isfinite(step) and step > 0):
        raise ParameterError(f"step: must be above 0, got {step:g}")
    if size < 2:
        raise ParameterError(f"size: at least 2 points, got {size}")
    if method not in get_args(Method):
        raise ParameterError(f"method: {method!r} is no discretisation.", remedy=choices(method, get_args(Method)))
    return as_severity(severity).masses(step, size, method=method)
