"""What one unit's own experience says beside what is known of its kind: Gamma-Poisson rates and credibility of a mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.counts import fraction, whole

_WIDEST = 1e6


@dataclass(frozen=True)
class GammaRate:
    """What is known of the rate of a Poisson process: a gamma distribution.

    Parameters
    ----------
    shape : float
        Shape, above 0; reads as so many events seen before.
    rate : float
        Rate (inverse scale), above 0; reads as so many years watched before.

    Raises
    ------
    ParameterError
        If one of them is not above 0.

    References
    ----------
    Buhlmann, H. and Gisler, A. (2005). A Course in Credibility Theory and its Applications, ch. 2. Springer.
    https://doi.org/10.1007/3-540-29273-X
    """

    shape: float
    rate: float

    def __post_init__(self) -> None:
        for name in ("shape", "rate"):
            _above_zero(name, getattr(self, name))

    @property
    def mean(self) -> float:
        """Events a year expected."""
        return self.shape / self.rate

    @property
    def std_error(self) -> float:
        """Standard deviation of the rate."""
        return float(np.sqrt(self.shape)) / self.rate

    def quantile(self, probability: float) -> float:
        """Return a quantile of the rate.

        Parameters
        ----------
        probability : float
            Between 0 and 1.

        Returns
        -------
        float
            Events a year.
        """
        return float(stats.gamma.ppf(fraction("probability", probability), self.shape, scale=1 / self.rate))

    def interval(self, level: float) -> tuple[float, float]:
        """Return the central interval of the rate.

        Parameters
        ----------
        level : float
            Probability it holds.

        Returns
        -------
        tuple of float
            Events a year.
        """
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)

    def updated(self, events: int, years: float) -> GammaRate:
        """Return what is known after so many events in so many years.

        Parameters
        ----------
        events : int
            Events seen, 0 or more.
        years : float
            Years watched, above 0.

        Returns
        -------
        GammaRate
            The posterior: shape + events, rate + years. Its mean is the credibility mixture of the prior mean and events / years.

        Raises
        ------
        ParameterError
            If a number is out of range.
        """
        return GammaRate(self.shape + whole("events", events), self.rate + _above_zero("years", years))

    def credibility(self, years: float) -> float:
        """Return the weight of so many own years against what was known before.

        Parameters
        ----------
        years : float
            Years watched.

        Returns
        -------
        float
            Buhlmann's Z = years / (years + rate), 0-1.
        """
        return _above_zero("years", years) / (years + self.rate)

    def none_within(self, years: float) -> float:
        """Return the chance of no event within so many years, what is not known of the rate included.

        Parameters
        ----------
        years : float
            Years ahead.

        Returns
        -------
        float
            Probability.
        """
        return float((self.rate / (self.rate + _above_zero("years", years))) ** self.shape)

    def predictive(self, years: float) -> stats._distn_infrastructure.rv_discrete_frozen:
        """Return the distribution of the number of events within so many years.

        Parameters
        ----------
        years : float
            Years ahead.

        Returns
        -------
        scipy.stats.rv_discrete_frozen
            A negative binomial.
        """
        return stats.nbinom(self.shape, self.rate / (self.rate + _above_zero("years", years)))


def gamma_from_log(mean: float, mean_log: float) -> GammaRate:
    """Return the gamma distribution with a given mean and mean logarithm.

    Parameters
    ----------
    mean : float
        Mean, above 0.
    mean_log : float
        Mean of the logarithm, not above that of the mean.

    Returns
    -------
    GammaRate
        The distribution; there is exactly one. Given those of a sample or of a mixture it is the maximum likelihood fit: no other gamma
        is nearer in Kullback-Leibler divergence.

    Raises
    ------
    ParameterError
        If no gamma of a usable shape has them.
    """
    _above_zero("mean", mean)
    gap = float(np.log(mean)) - mean_log

    # log(shape) - digamma(shape) falls from infinity to 0.
    def excess(log_shape: float) -> float:
        return log_shape - float(special.digamma(np.exp(log_shape))) - gap

    ends = np.log([1e-3, _WIDEST])
    if not excess(ends[1]) <= 0 <= excess(ends[0]):
        # Draws that are all alike have no gap but for rounding: the narrowest gamma is theirs.
        if -1e-9 <= gap <= 1 / _WIDEST:
            return GammaRate(_WIDEST, _WIDEST / mean)
        raise ParameterError(
            f"mean, mean_log: no gamma of a usable shape has mean {mean:g} and mean logarithm {mean_log:g}"
        )
    shape = float(np.exp(optimize.brentq(excess, *ends, xtol=1e-13)))
    return GammaRate(shape, shape / mean)


@dataclass(frozen=True)
class Credible:
    """What is known of a mean: a normal distribution, and how far single values stray about the mean.

    Parameters
    ----------
    mean, std_error : float
        Mean and standard deviation of what is known of the mean.
    spread : float
        Standard deviation of one value about its mean, taken as known.

    Raises
    ------
    ParameterError
        If a standard deviation is not above 0.

    References
    ----------
    Buhlmann, H. and Gisler, A. (2005). A Course in Credibility Theory and its Applications, ch. 2-3. Springer.
    https://doi.org/10.1007/3-540-29273-X
    """

    mean: float
    std_error: float
    spread: float

    def __post_init__(self) -> None:
        if not np.isfinite(self.mean):
            raise ParameterError(f"mean: must be finite, got {self.mean!r}")
        _above_zero("std_error", self.std_error)
        _above_zero("spread", self.spread)

    @property
    def weight(self) -> float:
        """Buhlmann's k: so many values weigh as much as what was known before."""
        return (self.spread / self.std_error) ** 2

    def credibility(self, n: int) -> float:
        """Return the weight of so many own values against what was known before.

        Parameters
        ----------
        n : int
            How many.

        Returns
        -------
        float
            Z = n / (n + k), 0-1.
        """
        return whole("n", n) / (n + self.weight)

    def updated(self, values: Sequence[float]) -> Credible:
        """Return what is known after some values.

        Parameters
        ----------
        values : sequence of float
            Values seen; none leaves all as it was.

        Returns
        -------
        Credible
            The posterior; with normal values the credibility estimate is exact.

        Raises
        ------
        ParameterError
            If a value is not finite.
        """
        seen = np.asarray(values, dtype=float)
        if seen.ndim != 1 or not np.isfinite(seen).all():
            raise ParameterError("values: must be a list of finite numbers")
        if not len(seen):
            return self
        z = self.credibility(len(seen))
        return Credible(
            self.mean + z * (float(seen.mean()) - self.mean), self.std_error * float(np.sqrt(1 - z)), self.spread
        )

    def interval(self, level: float) -> tuple[float, float]:
        """Return the central interval of the mean.

        Parameters
        ----------
        level : float
            Probability it holds.

        Returns
        -------
        tuple of float
            Its ends.
        """
        half = float(stats.norm.ppf((1 + fraction("level", level)) / 2)) * self.std_error
        return self.mean - half, self.mean + half


def _above_zero(name: str, value: float) -> float:
    if not (np.isfinite(value) and value > 0):
        raise ParameterError(f"{name}: must be above 0, got {value!r}")
    return float(value)
