"""The distribution of a year's loss on a grid, and what is read from it: quantiles, tail means, exceedance, layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.piecewise import Layer, Piecewise, ceded, retained
from lpo_analysis.results import Check

_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False, repr=False)
class LossDistribution:
    """A year's loss.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        Possible losses, rising.
    probabilities : ndarray of float, shape (n,)
        Their probabilities. What is missing from 1 lies beyond the last value.
    expected : float
        Mean of the whole distribution, inf where it has none; the tail means rest on it.
    variance : float
        Variance of the whole distribution, inf where it has none, nan where it is not known.
    method : str
        How it was computed.
    grid : str
        Which grid, and why.
    checks : tuple of Check
        Grid against analytic moments, and what the grid leaves out.
    """

    values: Floats
    probabilities: Floats
    expected: float
    variance: float
    method: str
    grid: str = ""
    checks: tuple[Check, ...] = ()

    def __repr__(self) -> str:
        lines = [f"LossDistribution: mean {self.expected:.6g}, {self.method}; {self.grid}"]
        return "\n".join(lines + [f"[{check.verdict}] {check.name}: {check.text}" for check in self.checks])

    @cached_property
    def _below(self) -> Floats:
        return np.cumsum(self.probabilities)

    @cached_property
    def _weighted(self) -> Floats:
        return np.cumsum(self.probabilities * self.values)

    @property
    def beyond(self) -> float:
        """Probability of a loss beyond the last value."""
        left = 1 - float(self._below[-1])
        return left if left > _ROUNDING else 0.0

    @property
    def mean(self) -> float:
        """Expected loss of the year."""
        return self.expected

    @property
    def std(self) -> float:
        """Standard deviation."""
        return float(np.sqrt(self.variance))

    def cdf(self, x: ArrayLike) -> Floats:
        """Return the probability of a loss of at most x.

        Parameters
        ----------
        x : array_like of float
            Losses; nothing is known of those beyond the grid but a bound, and they get nan.

        Returns
        -------
        ndarray of float
            Probabilities.
        """
        at = np.asarray(x, dtype=float)
        below = np.concatenate([[0.0], self._below])
        found = np.minimum(below[np.searchsorted(self.values, at, side="right")], 1.0)
        return np.where((at > self.values[-1]) & (self.beyond > 0), np.where(np.isposinf(at), 1.0, np.nan), found)

    def quantile(self, p: ArrayLike) -> Floats:
        """Return the value at risk: the least loss not exceeded with probability p.

        Parameters
        ----------
        p : array_like of float
            Probabilities, at least 0 and below 1.

        Returns
        -------
        ndarray of float
            Losses; inf where the quantile lies beyond the grid (`beyond` says how likely that is).

        Raises
        ------
        ParameterError
            If a probability is out of range.
        """
        at = _levels(p)
        i = np.searchsorted(self._below, at - _ROUNDING, side="left")
        if self.beyond == 0:
            i = np.minimum(i, len(self.values) - 1)
        return np.append(self.values, np.inf)[i]

    def limited(self, x: ArrayLike) -> Floats:
        """Return the limited expected value E[min(S, x)].

        Parameters
        ----------
        x : array_like of float
            Limits within the grid.

        Returns
        -------
        ndarray of float
            Expectations; nan beyond the grid.
        """
        at = np.asarray(x, dtype=float)
        i = np.searchsorted(self.values, at, side="right")
        inside = np.concatenate([[0.0], self._weighted])[i]
        with np.errstate(invalid="ignore"):
            found = inside + at * np.clip(1 - np.concatenate([[0.0], self._below])[i], 0, None)
        whole = self.expected if self.beyond == 0 else np.nan
        return np.where(at > self.values[-1], whole, found)

    def tvar(self, p: ArrayLike) -> Floats:
        """Return the tail value at risk: the mean of the worst 1 - p of the years.

        Parameters
        ----------
        p : array_like of float
            Probabilities, at least 0 and below 1.

        Returns
        -------
        ndarray of float
            Means; an atom at the quantile enters with the part of it that belongs to the tail. inf where the
            quantile lies beyond the grid or there is no mean.

        Raises
        ------
        ParameterError
            If a probability is out of range.

        References
        ----------
        Acerbi, C. and Tasche, D. (2002). On the coherence of expected shortfall. Journal of Banking & Finance 26(7).
        https://doi.org/10.1016/S0378-4266(02)00283-2
        """
        at, q = _levels(p), self.quantile(p)
        # The whole mean less what lies below counts the losses beyond the grid, too.
        with np.errstate(invalid="ignore"):
            excess = np.clip(self.expected - self.limited(q), 0, None)
            return np.where(np.isfinite(q), q + excess / (1 - at), np.inf)

    def exceedance(
        self, probabilities: ArrayLike = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
    ) -> pd.DataFrame:
        """Return the exceedance curve.

        Parameters
        ----------
        probabilities : array_like of float
            Probabilities of a year with more, above 0.

        Returns
        -------
        pandas.DataFrame
            Columns exceedance_probability, return_period_years, loss, tail_mean.
        """
        at = np.atleast_1d(np.asarray(probabilities, dtype=float))
        data = {"exceedance_probability": at, "return_period_years": 1 / at, "loss": self.quantile(1 - at)}
        return pd.DataFrame({**data, "tail_mean": self.tvar(1 - at)})

    def cut(self, to: Piecewise, *, method: str) -> LossDistribution:
        """Return the distribution of a piecewise linear share of the year's loss.

        Parameters
        ----------
        to : Piecewise
            The share.
        method : str
            How to call it.

        Returns
        -------
        LossDistribution
            On the images of the grid; losses beyond the grid enter the mean exactly, being on the last piece.

        Raises
        ------
        ParameterError
            If the share still bends beyond the grid.
        """
        top, slope = float(self.values[-1]), float(to.slopes[-1])
        if self.beyond > 0 and to.knots[-1] > top:
            raise ParameterError(
                f"layers: one ends at {to.knots[-1]:,.6g}, beyond the grid's {top:,.6g}",
                remedy="Give aggregate_loss a reach of at least that.",
            )
        probabilities, images = self.probabilities, to(self.values)
        expected = float(probabilities @ images) + self.beyond * float(to(top))
        if self.beyond > 0 and slope > 0:
            tail = self.expected - float(self._weighted[-1]) - self.beyond * top
            expected += slope * max(tail, 0.0)
        if self.beyond > 0 and slope == 0:
            # Every loss beyond has the value of the last piece: nothing is left out.
            images, probabilities = np.append(images, to(top)), np.append(probabilities, self.beyond)
        values, where = np.unique(images, return_inverse=True)
        merged = np.bincount(where, weights=probabilities, minlength=len(values)).astype(float)
        left = 1 - merged.sum() > _ROUNDING
        variance = np.nan if left else float(merged @ (values - expected) ** 2)
        return LossDistribution(values, merged, expected, variance, f"{self.method}, {method}", self.grid, self.checks)

    def ceded(self, layers: Sequence[Layer]) -> LossDistribution:
        """Return what layers on the year's loss pay.

        Parameters
        ----------
        layers : sequence of Layer
            Layers on the aggregate.

        Returns
        -------
        LossDistribution
            Payments of a year.
        """
        return self.cut(ceded(layers), method="paid by layers on the aggregate")

    def retained(self, layers: Sequence[Layer]) -> LossDistribution:
        """Return what layers on the year's loss leave.

        Parameters
        ----------
        layers : sequence of Layer
            Layers on the aggregate.

        Returns
        -------
        LossDistribution
            Net loss of a year.
        """
        return self.cut(retained(layers), method="net of layers on the aggregate")


def _levels(p: ArrayLike) -> Floats:
    at = np.asarray(p, dtype=float)
    if not ((at >= 0) & (at < 1)).all():
        raise ParameterError("p: probabilities must be at least 0 and below 1")
    return at


def from_draws(draws: ArrayLike, *, method: str = "simulation") -> LossDistribution:
    """Return the empirical distribution of simulated years.

    Parameters
    ----------
    draws : array_like of float, shape (years,)
        Losses of each year, not below 0.
    method : str, optional
        How they came about.

    Returns
    -------
    LossDistribution
        Every year with the same probability.

    Raises
    ------
    ParameterError
        If there is no year or a loss is negative or not finite.
    """
    x = np.sort(np.asarray(draws, dtype=float).ravel())
    if not len(x) or not (np.isfinite(x).all() and x[0] >= 0):
        raise ParameterError("draws: losses of at least one year, finite and none below 0")
    share = np.full(len(x), 1 / len(x))
    text = f"{len(x):,} simulated years"
    return LossDistribution(x, share, float(x.mean()), float(x.var()), method, text)
