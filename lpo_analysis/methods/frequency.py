"""How many events a year: the (a, b, 0) class by mean and variance-to-mean ratio, and Poisson with an uncertain rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.linalg import eigh_tridiagonal

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats

Complexes = NDArray[np.complex128]
Counts = NDArray[np.int64]


class Frequency(Protocol):
    """A distribution of the number of events of a year."""

    @property
    def cumulants(self) -> tuple[float, float, float]:
        """Mean, variance and third central moment."""

    def pgf(self, z: Complexes) -> Complexes:
        """Return the probability generating function, E[z**N]."""

    def exceeded(self, probability: float) -> float:
        """Return a count exceeded with at most this probability."""

    def draw(self, rng: np.random.Generator, size: int) -> Counts:
        """Draw counts."""


@dataclass(frozen=True)
class Panjer:
    """Poisson, negative binomial or binomial counts, by what the ratio of variance to mean is.

    Parameters
    ----------
    mean : float
        Expected number of events a year, not below 0.
    ratio : float, default 1
        Variance over mean: 1 is Poisson, above 1 negative binomial, below 1 binomial (then mean / (1 - ratio) is
        the whole number of trials).

    Raises
    ------
    ParameterError
        If a value is out of range or the number of trials is not whole.

    References
    ----------
    Panjer, H. H. (1981). Recursive evaluation of a family of compound distributions. ASTIN Bulletin 12(1).
    https://doi.org/10.1017/S0515036100006796
    """

    mean: float
    ratio: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.mean) and self.mean >= 0):
            raise ParameterError(f"mean: the expected number of events must be 0 or above, got {self.mean:g}")
        if not (np.isfinite(self.ratio) and self.ratio >= 0):
            raise ParameterError(f"ratio: variance over mean must be 0 or above, got {self.ratio:g}")
        if self.ratio < 1:
            trials = self.mean / (1 - self.ratio)
            if abs(trials - round(trials)) > 1e-6 * max(1.0, trials):
                raise ParameterError(
                    f"ratio: below 1 the counts are binomial, and {trials:g} is no whole number of trials",
                    remedy="Give binomial(trials, probability) instead.",
                )

    @property
    def kind(self) -> str:
        """Name of the distribution."""
        return "Poisson" if self.ratio == 1 else "negative binomial" if self.ratio > 1 else "binomial"

    @property
    def trials(self) -> int:
        """Number of trials of the binomial."""
        return round(self.mean / (1 - self.ratio))

    @property
    def cumulants(self) -> tuple[float, float, float]:
        """Mean, variance and third central moment."""
        return self.mean, self.mean * self.ratio, self.mean * self.ratio * (2 * self.ratio - 1)

    @property
    def recursion(self) -> tuple[float, float]:
        """The a and b of p(n) = (a + b / n) p(n - 1)."""
        if self.ratio == 1:
            return 0.0, self.mean
        if self.ratio == 0:
            raise ParameterError("ratio: a fixed number of events has no Panjer recursion", remedy="Use the FFT.")
        a = 1 - 1 / self.ratio
        return a, a * (self.mean / (self.ratio - 1) - 1)

    def pgf(self, z: Complexes) -> Complexes:
        """Return the probability generating function.

        Parameters
        ----------
        z : ndarray of complex
            Arguments within the unit disc.

        Returns
        -------
        ndarray of complex
            E[z**N].
        """
        if self.ratio == 1:
            return np.asarray(np.exp(self.mean * (z - 1)))
        if self.ratio < 1:
            return np.asarray((self.ratio + (1 - self.ratio) * z) ** self.trials)
        beta = self.ratio - 1
        # The base has a real part of at least 1 in the disc, so the principal branch is the right one. Its logarithm is taken so that
        # a ratio near 1 costs no digits; numpy's complex log1p does not care.
        beyond = beta * (1 - np.asarray(z))
        log = 0.5 * np.log1p(2 * beyond.real + np.abs(beyond) ** 2) + 1j * np.arctan2(beyond.imag, 1 + beyond.real)
        return np.asarray(np.exp(-self.mean / beta * log))

    def exceeded(self, probability: float) -> float:
        """Return a count exceeded with at most this probability.

        Parameters
        ----------
        probability : float
            Above 0.

        Returns
        -------
        float
            Events of a year.
        """
        if self.mean == 0:
            return 0.0
        if self.ratio == 1:
            return float(stats.poisson.isf(probability, self.mean))
        if self.ratio < 1:
            return float(stats.binom.isf(probability, self.trials, 1 - self.ratio))
        return float(stats.nbinom.isf(probability, self.mean / (self.ratio - 1), 1 / self.ratio))

    def draw(self, rng: np.random.Generator, size: int) -> Counts:
        """Draw counts.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        size : int
            How many years.

        Returns
        -------
        ndarray of int, shape (size,)
            Events of each year.
        """
        if self.mean == 0:
            return np.zeros(size, dtype=np.int64)
        if self.ratio == 1:
            return rng.poisson(self.mean, size)
        if self.ratio < 1:
            return rng.binomial(self.trials, 1 - self.ratio, size)
        return rng.negative_binomial(self.mean / (self.ratio - 1), 1 / self.ratio, size)


@dataclass(frozen=True, eq=False)
class MixedPoisson:
    """Poisson counts whose rate is itself uncertain from year to year.

    Parameters
    ----------
    rates : ndarray of float, shape (k,)
        Possible rates, not below 0.
    weights : ndarray of float, shape (k,)
        Their probabilities.

    Raises
    ------
    ParameterError
        If a rate is negative or the weights are no probabilities.
    """

    rates: Floats
    weights: Floats
    kind = "mixed Poisson"

    def __post_init__(self) -> None:
        rates, weights = np.asarray(self.rates, dtype=float), np.asarray(self.weights, dtype=float)
        if rates.ndim != 1 or rates.shape != weights.shape or not len(rates):
            raise ParameterError(f"weights: one a rate, got {weights.shape} for {rates.shape}")
        if not (np.isfinite(rates).all() and (rates >= 0).all()):
            raise ParameterError("rates: every rate must be finite and not below 0")
        if not ((weights >= 0).all() and abs(weights.sum() - 1) < 1e-9):
            raise ParameterError(f"weights: must be probabilities that add up to 1, got a sum of {weights.sum():g}")
        object.__setattr__(self, "rates", rates)
        object.__setattr__(self, "weights", weights)

    @property
    def cumulants(self) -> tuple[float, float, float]:
        """Mean, variance and third central moment."""
        mean = float(self.weights @ self.rates)
        off = self.rates - mean
        second, third = float(self.weights @ off**2), float(self.weights @ off**3)
        return mean, mean + second, mean + 3 * second + third

    def pgf(self, z: Complexes) -> Complexes:
        """Return the probability generating function.

        Parameters
        ----------
        z : ndarray of complex
            Arguments within the unit disc.

        Returns
        -------
        ndarray of complex
            E[z**N].
        """
        total = np.zeros_like(z)
        for rate, weight in zip(self.rates, self.weights, strict=True):
            total += weight * np.exp(rate * (z - 1))
        return total

    def exceeded(self, probability: float) -> float:
        """Return a count exceeded with at most this probability.

        Parameters
        ----------
        probability : float
            Above 0.

        Returns
        -------
        float
            Events of a year.
        """
        held = self.rates[self.weights > probability]
        return float(stats.poisson.isf(probability, held.max(initial=0.0)))

    def draw(self, rng: np.random.Generator, size: int) -> Counts:
        """Draw counts.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        size : int
            How many years.

        Returns
        -------
        ndarray of int, shape (size,)
            Events of each year, each with a rate of its own.
        """
        return rng.poisson(rng.choice(self.rates, size, p=self.weights))


def poisson(mean: float) -> Panjer:
    """Return Poisson counts.

    Parameters
    ----------
    mean : float
        Events a year.

    Returns
    -------
    Panjer
        With a ratio of 1.
    """
    return Panjer(mean)


def negative_binomial(mean: float, *, ratio: float) -> Panjer:
    """Return negative binomial counts.

    Parameters
    ----------
    mean : float
        Events a year.
    ratio : float
        Variance over mean, above 1.

    Returns
    -------
    Panjer
        The counts.

    Raises
    ------
    ParameterError
        If the ratio is not above 1.
    """
    if not ratio > 1:
        raise ParameterError(f"ratio: the variance of negative binomial counts exceeds their mean, got {ratio:g}")
    return Panjer(mean, ratio)


def binomial(trials: int, probability: float) -> Panjer:
    """Return binomial counts.

    Parameters
    ----------
    trials : int
        Chances a year.
    probability : float
        Of an event at each, 0-1.

    Returns
    -------
    Panjer
        The counts.

    Raises
    ------
    ParameterError
        If the probability is not between 0 and 1 or there is no trial.
    """
    if not 0 <= probability <= 1:
        raise ParameterError(f"probability: must lie between 0 and 1, got {probability:g}")
    if trials != int(trials) or trials < 1:
        raise ParameterError(f"trials: must be a whole number of at least 1, got {trials:g}")
    return Panjer(trials * probability, 1 - probability)


def mixed_poisson(rates: ArrayLike, *, weights: ArrayLike | None = None, nodes: int = 16) -> MixedPoisson:
    """Return Poisson counts with an uncertain rate, on as few rates as carry its distribution.

    Parameters
    ----------
    rates : array_like of float, shape (n,)
        Draws or quadrature points of the rate.
    weights : array_like of float, shape (n,), optional
        Their probabilities; equal by default.
    nodes : int, default 16
        How many rates to keep. They are the Gauss points of the distribution given, so that its first 2 `nodes` - 1
        moments stay as they are; E[exp(rate (z - 1))] hardly depends on anything else.

    Returns
    -------
    MixedPoisson
        The counts.

    Raises
    ------
    ParameterError
        As for `MixedPoisson`, or if there is no node.

    References
    ----------
    Golub, G. H. and Welsch, J. H. (1969). Calculation of Gauss quadrature rules. Mathematics of Computation 23(106).
    """
    if nodes < 1:
        raise ParameterError(f"nodes: at least 1, got {nodes}")
    x = np.atleast_1d(np.asarray(rates, dtype=float)).ravel()
    w = np.full(len(x), 1 / len(x)) if weights is None else np.asarray(weights, dtype=float).ravel()
    whole = MixedPoisson(x, w)
    scale = float(np.abs(x).max())
    if len(np.unique(x)) <= nodes or scale == 0:
        return whole
    # Lanczos on the diagonal matrix of the rates, fully orthogonalised.
    z, basis = x / scale, [np.sqrt(w)]
    diagonal, beside = [], []
    for _ in range(nodes):
        step = z * basis[-1]
        diagonal.append(float(step @ basis[-1]))
        span = np.array(basis)
        for _ in range(2):
            step = step - span.T @ (span @ step)
        size = float(np.linalg.norm(step))
        if size < 1e-12:
            break
        beside.append(size)
        basis.append(step / size)
    points, vectors = eigh_tridiagonal(np.array(diagonal), np.array(beside[: len(diagonal) - 1]))
    kept = vectors[0] ** 2
    return MixedPoisson(np.clip(points, 0, None) * scale, kept / kept.sum())
