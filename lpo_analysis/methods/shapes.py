"""Shapes of uncertain inputs: quantile and distribution functions, found from quantiles or ends."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import optimize
from scipy.interpolate import CubicSpline
from scipy.special import betainc, betaincinv, expit, gammainc, gammaincinv, logit, ndtr, ndtri, stdtr, stdtrit

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats

Kind = Literal[
    "lognormal", "logitnormal", "normal", "uniform", "triangular", "pert", "point", "log_t", "logit_t", "gamma"
]
BOUNDED = ("uniform", "triangular", "pert", "point")
PEAKED = ("triangular", "pert")
SCALES = {"lognormal": "log", "log_t": "log", "logitnormal": "logit", "logit_t": "logit", "normal": "plain"}
PERT_WEIGHT = 4.0
"""Weight of the mode in the PERT mean (low + 4 mode + high) / 6."""


@dataclass(frozen=True)
class Quantiles:
    """A distribution by its quantile function.

    Parameters
    ----------
    kind : str
        Shape.
    a, b : float
        Ends of a bounded shape; median and spread (quantile of ``u`` is a + b times that of the standard distribution) of
        the others, on the scale on which they are symmetric; shape and scale of ``gamma``.
    mode : float, optional
        Most likely value of ``triangular`` and ``pert``.
    df : float, optional
        Degrees of freedom of ``log_t`` and ``logit_t``.

    Notes
    -----
    ``pert`` is the beta distribution of the PERT mean with weight 4: alpha = 1 + 4 (mode - low) / (high - low), beta = 1 + 4
    (high - mode) / (high - low). Its variance is (mean - low)(high - mean) / 7, which is ((high - low) / 6)^2 only for some
    modes; tools that take the latter for the variance draw another distribution.

    ``log_t`` is the t distribution of the logarithm, as a prediction from a few studies has it. Its quantiles are sound and
    its mean does not exist, so nothing that averages (a mean, a variance share, a value of information) may rest on it;
    ``logit_t`` is bounded and free of this.
    """

    kind: str
    a: float
    b: float
    mode: float | None = None
    df: float | None = None

    def ppf(self, u: Floats) -> Floats:
        """Return quantiles.

        Parameters
        ----------
        u : ndarray of float
            Probabilities.

        Returns
        -------
        ndarray of float
            Quantiles.
        """
        if self.kind in BOUNDED:
            return _bounded_ppf(self.kind, u, self.a, self.b, self.mode)
        if self.kind == "gamma":
            return np.asarray(self.b * gammaincinv(self.a, u))
        z = np.atleast_1d(ndtri(u) if self.df is None else stdtrit(self.df, u))
        # In place: fresh memory for every step costs more than the steps.
        z *= self.b
        z += self.a
        scale = SCALES[self.kind]
        if scale == "log":
            np.exp(z, out=z)
        elif scale == "logit":
            # Three times as fast as scipy's expit, and as exact.
            np.exp(np.negative(z, out=z), out=z)
            z += 1.0
            np.reciprocal(z, out=z)
        return z.reshape(np.shape(u))

    def cdf(self, x: Floats) -> Floats:
        """Return probabilities of at most each value.

        Parameters
        ----------
        x : ndarray of float
            Values.

        Returns
        -------
        ndarray of float
            Probabilities.
        """
        if self.a == self.b or (self.kind not in BOUNDED and self.b == 0):
            middle = self.a if self.kind in BOUNDED else float(_back(np.asarray(self.a), SCALES[self.kind]))
            return np.asarray(x >= middle, dtype=float)
        if self.kind in BOUNDED:
            return _bounded_cdf(self.kind, x, self.a, self.b, self.mode)
        if self.kind == "gamma":
            return np.asarray(gammainc(self.a, np.maximum(x, 0.0) / self.b))
        with np.errstate(divide="ignore", invalid="ignore"):
            z = (_forward(x, SCALES[self.kind]) - self.a) / self.b
        return np.asarray(ndtr(z) if self.df is None else stdtr(self.df, z), dtype=float)


def shape(
    name: str,
    kind: Kind,
    low: float,
    high: float,
    *,
    at: tuple[float, float],
    mode: float | None = None,
    df: float | None = None,
) -> Quantiles:
    """Find the distribution of a shape that has two quantiles, or two ends.

    Parameters
    ----------
    name : str
        Of the input, for errors.
    kind : str
        Shape.
    low, high : float
        The quantiles, in order.
    at : tuple of float
        Their probabilities; 0 and 1 for ends.
    mode : float, optional
        Most likely value of ``triangular`` and ``pert``; the middle by default.
    df : float, optional
        Degrees of freedom of ``log_t`` and ``logit_t``.

    Returns
    -------
    Quantiles
        The distribution.

    Raises
    ------
    ParameterError
        If the quantiles, the mode or the degrees of freedom do not fit the shape.
    """
    _fits(name, kind, low, high, at, mode, df)
    if kind == "point":
        return Quantiles(kind, low, high)
    if kind in BOUNDED:
        if kind in PEAKED and mode is None:
            mode = (low + high) / 2
        ends = (low, high) if at == (0.0, 1.0) or low == high else _ends(name, kind, low, high, at, mode)
        return Quantiles(kind, *ends, mode)
    if kind == "gamma":
        return Quantiles(kind, *_gamma(low, high, at))
    z = ndtri(np.array(at)) if df is None else stdtrit(df, np.array(at))
    pair = _forward(np.array([low, high]), SCALES[kind])
    spread = float(np.diff(pair)[0] / np.diff(z)[0])
    # Symmetric quantiles have the middle itself for median, whatever rounding makes of their sum.
    off = 0.0 if at[0] + at[1] == 1 else float(z.mean())
    return Quantiles(kind, float(pair.mean() - spread * off), spread, None, df)


def _fits(
    name: str, kind: Kind, low: float, high: float, at: tuple[float, float], mode: float | None, df: float | None
) -> None:
    if not 0 <= at[0] < at[1] <= 1:
        raise ParameterError(
            f"{name}: its quantiles must stand for two probabilities in order, got {at[0]:g} and {at[1]:g}"
        )
    if kind not in BOUNDED and not (at[0] > 0 and at[1] < 1):
        raise ParameterError(f"{name}: a {kind} has no ends, so its quantiles must lie between 0 and 1 (both excluded)")
    if (SCALES.get(kind) == "log" or kind == "gamma") and low <= 0:
        raise ParameterError(f"{name}: must be above 0, got a low end of {low:g}")
    if kind == "gamma" and low == high:
        raise ParameterError(
            f"{name}: a gamma has two quantiles that differ, got {low:g} twice.", remedy="Call it a point."
        )
    if SCALES.get(kind) == "logit" and not (low > 0 and high < 1):
        raise ParameterError(f"{name}: must lie between 0 and 1, got {low:g} to {high:g}")
    if kind == "point" and low != high:
        raise ParameterError(
            f"{name}: a point has one value, got {low:g} and {high:g}.", remedy="Choose another shape."
        )
    if mode is not None and kind not in PEAKED:
        raise ParameterError(f"{name}: a {kind} takes no mode.", remedy="Only triangular and pert do.")
    if mode is not None and not low <= mode <= high:
        raise ParameterError(f"{name}: its mode {mode:g} lies outside its range {low:g} to {high:g}")
    wants = kind in ("log_t", "logit_t")
    if wants and not (df is not None and df > 0):
        raise ParameterError(f"{name}: a {kind} needs degrees of freedom above 0, got {df}")
    if df is not None and not wants:
        raise ParameterError(f"{name}: a {kind} takes no degrees of freedom.", remedy="Only log_t and logit_t do.")


def _forward(x: Floats, scale: str) -> Floats:
    if scale == "plain":
        return np.asarray(x, dtype=float)
    return np.asarray(np.log(x) if scale == "log" else logit(x), dtype=float)


def _back(x: Floats, scale: str) -> Floats:
    if scale == "plain":
        return np.asarray(x, dtype=float)
    return np.asarray(np.exp(x) if scale == "log" else expit(x), dtype=float)


def _pert(a: float, b: float, mode: float) -> tuple[float, float]:
    return 1 + PERT_WEIGHT * (mode - a) / (b - a), 1 + PERT_WEIGHT * (b - mode) / (b - a)


def _bounded_ppf(kind: str, u: Floats, a: float, b: float, mode: float | None) -> Floats:
    if a == b:
        return np.full_like(u, a)
    if kind == "uniform" or mode is None:
        return np.asarray(a + (b - a) * u)
    if kind == "pert":
        return np.asarray(a + (b - a) * _beta_ppf(*_pert(a, b, mode), u))
    width, below = b - a, (mode - a) / (b - a)
    left = a + width * np.sqrt(u * below)
    return np.asarray(np.where(u < below, left, b - width * np.sqrt((1 - u) * (1 - below))))


def _gamma(low: float, high: float, at: tuple[float, float]) -> tuple[float, float]:
    """Find shape and scale from two quantiles: their ratio falls with the shape alone."""

    def gap(log_shape: float) -> float:
        inner = gammaincinv(np.exp(log_shape), np.array(at))
        return float(np.log(inner[1]) - np.log(max(inner[0], 1e-300)) - np.log(high / low))

    # From a spread of three hundred powers of ten to one of a ten thousandth.
    shape = float(np.exp(optimize.brentq(gap, np.log(5e-3), np.log(1e9), xtol=1e-13)))
    return shape, high / float(gammaincinv(shape, at[1]))


_END, _STEP, _BLOCK = 23.2, 0.04, 1 << 14
"""The table of a beta quantile runs over these log odds of the probability, in such steps; large arrays are read in blocks."""


@lru_cache(maxsize=256)
def _beta_table(alpha: float, beta: float) -> Floats:
    """Tabulate a beta quantile as cubic pieces over the log odds of the probability, where it has no steep end."""
    odds = np.arange(-_END, _END + _STEP / 2, _STEP)
    return np.ascontiguousarray(CubicSpline(odds, betaincinv(alpha, beta, expit(odds))).c[::-1])


def _beta_ppf(alpha: float, beta: float, u: Floats) -> Floats:
    """Return quantiles of a beta distribution on 0 to 1; of many, from a table that is exact to 1e-8.

    The inverse itself costs a microsecond and a half each, thirty times as much as anything else here.
    """
    if u.size < 4096:
        return np.asarray(betaincinv(alpha, beta, u))
    flat, out = u.ravel(), np.empty(u.size)
    c0, c1, c2, c3 = _beta_table(alpha, beta)
    for start in range(0, u.size, _BLOCK):
        part = flat[start : start + _BLOCK]
        with np.errstate(divide="ignore"):
            place = (np.clip(np.log(part / (1 - part)), -_END, _END) + _END) / _STEP
        cell = np.minimum(place.astype(np.intp), len(c0) - 1)
        x = (place - cell) * _STEP
        out[start : start + _BLOCK] = c0[cell] + x * (c1[cell] + x * (c2[cell] + x * c3[cell]))
    return np.clip(out, 0.0, 1.0).reshape(u.shape)


def _bounded_cdf(kind: str, x: Floats, a: float, b: float, mode: float | None) -> Floats:
    y = np.clip((x - a) / (b - a), 0.0, 1.0)
    if kind == "uniform" or mode is None:
        return np.asarray(y)
    if kind == "pert":
        return np.asarray(betainc(*_pert(a, b, mode), y))
    below = (mode - a) / (b - a)
    left = y**2 / below if below > 0 else np.zeros_like(y)
    right = 1 - (1 - y) ** 2 / (1 - below) if below < 1 else np.ones_like(y)
    return np.asarray(np.where(y < below, left, right))


def _ends(
    name: str, kind: str, low: float, high: float, at: tuple[float, float], mode: float | None
) -> tuple[float, float]:
    """Find the ends of a bounded shape from two of its quantiles."""
    width = high - low
    if kind == "uniform":
        reach = width / (at[1] - at[0])
        return low - at[0] * reach, high + (1 - at[1]) * reach

    def ends(log_reach: Floats) -> tuple[float, float]:
        # An end that is told is kept; the other, or both, lie outside.
        left, right = np.exp(log_reach) * width
        return (low if at[0] == 0 else low - left), (high if at[1] == 1 else high + right)

    def gap(log_reach: Floats) -> Floats:
        a, b = ends(log_reach)
        found = _bounded_cdf(kind, np.array([low, high]), a, b, mode)
        # An end that is told leaves nothing to find; its unknown is held at its start.
        return np.array([
            log_reach[0] + 1 if at[0] == 0 else logit(np.clip(found[0], 1e-12, 1 - 1e-12)) - logit(at[0]),
            log_reach[1] + 1 if at[1] == 1 else logit(np.clip(found[1], 1e-12, 1 - 1e-12)) - logit(at[1]),
        ])  # fmt: skip

    solved = optimize.root(gap, np.array([-1.0, -1.0]))
    if not solved.success or np.abs(solved.fun).max() > 1e-6:
        raise ParameterError(
            f"{name}: no {kind} with its mode at {mode:g} has {low:g} and {high:g} as its {at[0]:.0%} and {at[1]:.0%} quantiles.",
            remedy="Move the mode towards the middle, or give the ends.",
        )
    return ends(solved.x)
