"""Several sites for one work: how concentrated it is, how often all stop at once, and what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import comb

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats

DAYS = 365.25
"""Days of a year."""


def concentration(shares: Sequence[float]) -> tuple[float, float]:
    """Return how concentrated shares are.

    Parameters
    ----------
    shares : sequence of float
        Above 0, adding up to 1.

    Returns
    -------
    tuple of float
        Herfindahl-Hirschman index (sum of squares, from 1/n to 1), and the effective number: that of equal shares with this index.

    Raises
    ------
    ParameterError
        If a share is not above 0 or they do not add up to 1.
    """
    values = np.asarray(shares, dtype=float)
    if values.ndim != 1 or not len(values) or not (values > 0).all() or abs(values.sum() - 1) > 1e-6:
        raise ParameterError("shares: each must be above 0, and together they must make 1")
    index = float((values**2).sum())
    return index, 1 / index


@dataclass(frozen=True, eq=False)
class Sites:
    """Sites that stop for causes of their own and for one cause that they share.

    Parameters
    ----------
    rate : array_like of float
        Outages a year that a working site meets, from either kind of cause; 0 or more.
    days : array_like of float
        Mean days that an outage lasts; above 0.
    common : array_like of float
        Share of the outages whose cause stops all sites at once (the beta factor), 0 to 1.

    Raises
    ------
    ParameterError
        If a value is outside its bounds.

    Notes
    -----
    The beta-factor model splits the rate of each site into a part of its own and a part in common, so that a single site is hit as
    often whatever the split. Outages of either kind alternate with work independently of each other, each site's own ones
    independently of the others'. The long-run share of time that so many are down then depends on the two means alone, not on
    the distributions behind them, and is exactly a mixture of binomials: all of them while the common cause holds, a binomial
    number otherwise.

    References
    ----------
    ReliaSoft (2010). The beta factor method. Reliability HotWire 115. https://www.weibull.com/hotwire/issue115/relbasics115.htm
    """

    rate: ArrayLike
    days: ArrayLike
    common: ArrayLike

    def __post_init__(self) -> None:
        rate, days, common = (np.asarray(value, dtype=float) for value in (self.rate, self.days, self.common))
        if not (np.isfinite(rate) & (rate >= 0)).all():
            raise ParameterError("rate: outages a year must be finite and 0 or more")
        if not (np.isfinite(days) & (days > 0)).all():
            raise ParameterError("days: an outage must last more than 0 days")
        if not ((common >= 0) & (common <= 1)).all():
            raise ParameterError("common: the share of outages in common must lie between 0 and 1")

    @property
    def _parts(self) -> tuple[Floats, Floats, Floats]:
        rate, days, common = (np.asarray(value, dtype=float) for value in (self.rate, self.days, self.common))
        return (1 - common) * rate, common * rate, days / DAYS

    @property
    def _down(self) -> tuple[Floats, Floats]:
        """Share of time down for a cause of one's own, and for the common one."""
        own, shared, length = self._parts
        return own * length / (1 + own * length), shared * length / (1 + shared * length)

    @property
    def unavailability(self) -> Floats:
        """Share of time that one site is down, whatever the cause."""
        own, shared = self._down
        return 1 - (1 - own) * (1 - shared)

    def down(self, n: int) -> Floats:
        """Return how many of n sites are down at a random moment.

        Parameters
        ----------
        n : int
            Sites, at least one.

        Returns
        -------
        ndarray of float, shape (n + 1, ...)
            Probability of 0 to n down.

        Raises
        ------
        ParameterError
            If there is no site.
        """
        _check(n)
        own, shared = self._down
        number = np.arange(n + 1).reshape(-1, *np.ones(np.ndim(own), dtype=int))
        binomial = comb(n, number) * own**number * (1 - own) ** (n - number)
        return (1 - shared) * binomial + shared * (number == n)

    def days_lost(self, n: int, *, takeover: ArrayLike = 0.0) -> Floats:
        """Return the expected days of the whole work lost in a year.

        Parameters
        ----------
        n : int
            Sites, at least one.
        takeover : array_like of float, default 0
            Share of the work of a stopped site that the others do meanwhile, as long as one works; 0 to 1.

        Returns
        -------
        ndarray of float
            Days. Without takeover they are the same for any number of sites and any split of the work: a site out of n stops as often,
            and takes its part along. Only the tail gets lighter.

        Raises
        ------
        ParameterError
            If there is no site or the takeover is outside 0 to 1.
        """
        moved = np.asarray(takeover, dtype=float)
        if not ((moved >= 0) & (moved <= 1)).all():
            raise ParameterError("takeover: must lie between 0 and 1")
        every = self.all_down(n)
        return DAYS * (every + (1 - moved) * (self.unavailability - every))

    def all_down(self, n: int) -> Floats:
        """Return the share of time that all n sites are down at once.

        Parameters
        ----------
        n : int
            Sites, at least one.

        Returns
        -------
        ndarray of float
            Share of time.

        Raises
        ------
        ParameterError
            If there is no site.
        """
        _check(n)
        own, shared = self._down
        return shared + (1 - shared) * own**n

    def standstill(self, n: int, *, years: float) -> Floats:
        """Return how probable it is that all n sites are down at once at some time.

        Parameters
        ----------
        n : int
            Sites, at least one.
        years : float
            Length of time, above 0; all work at its beginning.

        Returns
        -------
        ndarray of float
            Probability. Exact for one site with exponential times of work; otherwise from the rate at which the state is entered,
            given that it does not hold, which is close where outages are short beside the time between them.

        Raises
        ------
        ParameterError
            If there is no site or no time.
        """
        _check(n, years)
        (own, shared), (own_rate, shared_rate, _) = self._down, self._parts
        # Entries a year: of the common cause while not all are down anyway, of the last site while no common cause holds.
        entries = shared_rate * (1 - shared) * (1 - own**n)
        entries = entries + (1 - shared) * n * own_rate * (1 - own) * own ** (n - 1)
        return np.asarray(-np.expm1(-entries / (1 - self.all_down(n)) * years))

    def hit(self, n: int, *, years: float) -> tuple[Floats, Floats]:
        """Return how probable it is that at least one of n sites, and that each of them, meets an outage.

        Parameters
        ----------
        n : int
            Sites, at least one.
        years : float
            Length of time, above 0.

        Returns
        -------
        tuple of ndarray of float
            At least one; each one, though not at the same time. Exact where outages come at random (time lost to them is not
            taken off).

        Raises
        ------
        ParameterError
            If there is no site or no time.
        """
        _check(n, years)
        own, shared, _ = self._parts
        some = -np.expm1(-(shared + n * own) * years)
        each = 1 - np.exp(-shared * years) * (1 - (-np.expm1(-own * years)) ** n)
        return np.asarray(some), np.asarray(each)


def _check(n: int, years: float = 1.0) -> None:
    if n < 1:
        raise ParameterError(f"n: there must be at least one site, got {n}")
    if not (np.isfinite(years) and years > 0):
        raise ParameterError(f"years: must be above 0, got {years:g}")
