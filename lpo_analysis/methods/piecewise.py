"""Layers of insurance and caps of contracts as increasing, piecewise linear functions of a loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats


@dataclass(frozen=True)
class Layer:
    """What somebody else pays of a loss: a share of what exceeds the deductible, up to a limit.

    Parameters
    ----------
    deductible : float, default 0
        Loss below which nothing is paid.
    limit : float, default inf
        Width of the layer, before the share. A cap of liability in a contract is a layer with this limit.
    share : float, default 1
        Share of the layer that is paid, 0-1.

    Raises
    ------
    ParameterError
        If a value is out of range.
    """

    deductible: float = 0.0
    limit: float = np.inf
    share: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.deductible) and self.deductible >= 0):
            raise ParameterError(f"deductible: must be finite and not below 0, got {self.deductible:g}")
        if not self.limit > 0:
            raise ParameterError(f"limit: must be above 0, got {self.limit:g}")
        if not 0 <= self.share <= 1:
            raise ParameterError(f"share: must lie between 0 and 1, got {self.share:g}")


@dataclass(frozen=True, eq=False)
class Piecewise:
    """A continuous function of a loss that starts at 0 and never falls.

    Parameters
    ----------
    knots : ndarray of float, shape (k,)
        Where the slope changes; the first is 0.
    slopes : ndarray of float, shape (k,)
        Slope from each knot to the next, the last without end; not below 0.

    Raises
    ------
    ParameterError
        If the knots do not rise from 0 or a slope is negative.
    """

    knots: Floats
    slopes: Floats

    def __post_init__(self) -> None:
        if self.knots[0] != 0 or not (np.diff(self.knots) > 0).all() or not (self.slopes >= 0).all():
            raise ParameterError("layers: knots must rise from 0 and no slope be negative")

    @property
    def starts(self) -> Floats:
        """Values at the knots."""
        return np.concatenate([[0.0], np.cumsum(np.diff(self.knots) * self.slopes[:-1])])

    @property
    def pieces(self) -> tuple[Floats, Floats, Floats]:
        """Ends of the pieces (infinity last), their slopes, and the values where they begin."""
        return np.append(self.knots, np.inf), self.slopes, self.starts

    def __call__(self, x: ArrayLike) -> Floats:
        """Return the values at losses.

        Parameters
        ----------
        x : array_like of float
            Losses, not below 0.

        Returns
        -------
        ndarray of float
            Values.
        """
        at = np.asarray(x, dtype=float)
        i = np.clip(np.searchsorted(self.knots, at, side="right") - 1, 0, None)
        with np.errstate(invalid="ignore"):
            rise = np.where(self.slopes[i] > 0, self.slopes[i] * (at - self.knots[i]), 0.0)
        return np.asarray(self.starts[i] + rise)

    def inverse(self, y: ArrayLike) -> Floats:
        """Return the largest losses whose value is at most y.

        Parameters
        ----------
        y : array_like of float
            Values.

        Returns
        -------
        ndarray of float
            Losses; infinite where no loss has a larger value.
        """
        at = np.asarray(y, dtype=float)
        # The last knot whose value is at most y: from there the function rises, or stays flat for good.
        i = np.clip(np.searchsorted(self.starts, at, side="right") - 1, 0, None)
        slope = self.slopes[i]
        with np.errstate(divide="ignore", invalid="ignore"):
            x = np.where(slope > 0, self.knots[i] + (at - self.starts[i]) / slope, np.inf)
        return np.where(at < 0, -1.0, x)

    def after(self, first: Piecewise) -> Piecewise:
        """Return this function of another.

        Parameters
        ----------
        first : Piecewise
            Applied first.

        Returns
        -------
        Piecewise
            The composition.
        """
        inner = first.inverse(np.nextafter(self.knots[1:], 0))
        knots = np.unique(np.concatenate([first.knots, inner[np.isfinite(inner)]]))
        middle = np.append(knots[:-1] + np.diff(knots) / 2, knots[-1] + 1.0 + abs(knots[-1]))
        i = np.searchsorted(first.knots, middle, side="right") - 1
        j = np.clip(np.searchsorted(self.knots, first(middle), side="right") - 1, 0, None)
        return Piecewise(knots, first.slopes[i] * self.slopes[j])


def ceded(layers: Sequence[Layer]) -> Piecewise:
    """Return what layers pay together.

    Parameters
    ----------
    layers : sequence of Layer
        Each on the whole loss; none pays nothing.

    Returns
    -------
    Piecewise
        Payment as a function of the loss.

    Raises
    ------
    ParameterError
        If they pay more than the loss somewhere.
    """
    ends = [0.0, *(layer.deductible for layer in layers), *(layer.deductible + layer.limit for layer in layers)]
    knots = np.unique([end for end in ends if np.isfinite(end)])
    slopes = np.zeros(len(knots))
    for layer in layers:
        slopes += layer.share * ((knots >= layer.deductible) & (knots < layer.deductible + layer.limit))
    if (slopes > 1 + 1e-12).any():
        at = knots[int(np.argmax(slopes > 1 + 1e-12))]
        raise ParameterError(
            f"layers: together they pay more than the loss from {at:g} on", remedy="Lower a share or move a layer."
        )
    return Piecewise(knots, np.minimum(slopes, 1.0))


def retained(layers: Sequence[Layer]) -> Piecewise:
    """Return what is left of a loss after layers have paid.

    Parameters
    ----------
    layers : sequence of Layer
        Each on the whole loss.

    Returns
    -------
    Piecewise
        Net loss as a function of the loss.

    Raises
    ------
    ParameterError
        As for `ceded`.
    """
    paid = ceded(layers)
    return Piecewise(paid.knots, 1 - paid.slopes)
