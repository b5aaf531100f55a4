"""The FAIR tree: how often a loss occurs, what it costs, and the compound loss of a year that follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.compound import aggregate_loss, simulate
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.frequency import Frequency, mixed_poisson, poisson
from lpo_analysis.methods.losses import LossDistribution
from lpo_analysis.methods.severity import Mixture, Points, Severity, Sum, as_severity

PERT_CONVENTION = (
    "beta-PERT with lambda 4: mean (low + 4 mode + high) / 6; its variance follows from the beta distribution"
)
"""How three points become a distribution here; tools that fix the standard deviation at (high - low) / 6 differ."""
_NODES = 48


def pert(low: float, mode: float, high: float, *, weight: float = 4.0) -> Any:
    """Return the beta-PERT distribution of three points.

    Parameters
    ----------
    low, mode, high : float
        Least, most likely and greatest value.
    weight : float, default 4
        The lambda of the convention: how much the mode weighs against the ends in the mean.

    Returns
    -------
    scipy.stats frozen distribution
        Beta with a = 1 + weight (mode - low) / (high - low), b = 1 + weight (high - mode) / (high - low), stretched
        from low to high.

    Raises
    ------
    ParameterError
        If the points are not in order or the weight is not above 0.

    Notes
    -----
    The convention is `PERT_CONVENTION`. The variance is (mean - low) (high - mean) / (weight + 3).
    """
    if not (np.isfinite([low, mode, high]).all() and low <= mode <= high and low < high):
        raise ParameterError(
            f"pert: low, mode and high must rise, got {low:g}, {mode:g}, {high:g}", remedy="Order the three points."
        )
    if not weight > 0:
        raise ParameterError(f"weight: must be above 0, got {weight:g}")
    width = high - low
    return stats.beta(1 + weight * (mode - low) / width, 1 + weight * (high - mode) / width, loc=low, scale=width)


@dataclass(frozen=True, eq=False)
class FairTree:
    """Factor analysis of information risk.

    Parameters
    ----------
    threat_event_frequency : float or scipy.stats frozen distribution
        Threat events a year; a distribution says how uncertain the rate is.
    vulnerability : float or scipy.stats frozen distribution
        Probability that a threat event becomes a loss event, 0-1.
    primary : Severity or scipy.stats frozen distribution
        Primary loss of a loss event.
    secondary_probability : float, default 0
        Probability that a loss event has a secondary loss, 0-1.
    secondary : Severity or scipy.stats frozen distribution, optional
        That loss.

    Raises
    ------
    ParameterError
        If a value is out of range, or one of the two about the secondary loss is missing.

    Notes
    -----
    The loss event frequency is the threat event frequency times vulnerability, the loss magnitude the primary and the
    secondary loss of one event. The loss of a year is a sum over as many events as the year has, each with a
    magnitude of its own: not the frequency times one magnitude, whose tail is another.
    """

    threat_event_frequency: Any
    vulnerability: Any
    primary: Any
    secondary_probability: float = 0.0
    secondary: Any = None

    def __post_init__(self) -> None:
        if not 0 <= self.secondary_probability <= 1:
            raise ParameterError(f"secondary_probability: must lie in 0-1, got {self.secondary_probability:g}")
        if (self.secondary is None) != (self.secondary_probability == 0):
            raise ParameterError("secondary: give both its probability and its loss, or neither")
        low, _ = _support(self.threat_event_frequency)
        if not (np.isfinite(low) and low >= 0):
            raise ParameterError(f"threat_event_frequency: must be 0 or above, got {low:g}")
        low, high = _support(self.vulnerability)
        if not (low >= 0 and high <= 1):
            raise ParameterError(f"vulnerability: must lie between 0 and 1, got {low:g} to {high:g}")

    @property
    def loss_event_frequency(self) -> float:
        """Expected loss events a year."""
        return float(self.frequency.cumulants[0])

    @property
    def frequency(self) -> Frequency:
        """Loss events a year: Poisson, mixed over what is uncertain in the rate."""
        (rates, by_rate), (shares, by_share) = _points(self.threat_event_frequency), _points(self.vulnerability)
        product, weights = np.outer(rates, shares).ravel(), np.outer(by_rate, by_share).ravel()
        return poisson(float(product[0])) if len(product) == 1 else mixed_poisson(product, weights=weights)

    @property
    def magnitude(self) -> Severity:
        """Loss of one event."""
        if self.secondary is None:
            return as_severity(self.primary)
        p = self.secondary_probability
        return Sum(self.primary, Mixture([Points([0.0]), self.secondary], [1 - p, p]))

    def annual_loss(self, *, step: float | None = None, size: int | None = None) -> LossDistribution:
        """Return the distribution of a year's loss, by Fourier transform.

        Parameters
        ----------
        step, size : float and int, optional
            The grid; chosen where not given.

        Returns
        -------
        LossDistribution
            Compound, with its checks.
        """
        return aggregate_loss(self.frequency, self.magnitude, step=step, size=size)

    def draw(self, *, years: int, seed: int = 0) -> Floats:
        """Simulate a year's loss.

        Parameters
        ----------
        years : int
            How many.
        seed : int, default 0
            Seed; 0 is a seed like any other.

        Returns
        -------
        ndarray of float, shape (years,)
            Loss of each year.
        """
        return simulate(self.frequency, self.magnitude, years=years, seed=seed)[0]


def _support(value: Any) -> tuple[float, float]:
    low, high = value.support() if hasattr(value, "support") else (value, value)
    return float(low), float(high)


def _points(value: Any) -> tuple[Floats, Floats]:
    """Return quadrature points of a number or a distribution, with their weights."""
    if not hasattr(value, "ppf"):
        return np.array([float(value)]), np.array([1.0])
    # Nodes on the normal scale reach into both tails, where quantiles change fast.
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    at = 7.5 * nodes
    weights = weights * stats.norm.pdf(at)
    return np.asarray(value.ppf(stats.norm.cdf(at)), dtype=float), weights / weights.sum()
