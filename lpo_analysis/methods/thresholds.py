"""What would have to be true: the values of inputs at which an answer turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.inputs import Inputs
from lpo_analysis.methods.sensitivity import Model

Statistic = Callable[[Floats], float]
REACH = (0.001, 0.999)
"""Quantiles of an input between which a turning point is looked for: what it can conceivably be."""


def median(values: Floats) -> float:
    """Return the median.

    Parameters
    ----------
    values : ndarray of float
        Draws; may hold infinities.

    Returns
    -------
    float
        Their median.
    """
    return float(np.median(values))


@dataclass(frozen=True)
class Threshold:
    """Where an answer turns as one input moves.

    Parameters
    ----------
    name : str
        The input.
    values : tuple of float
        Values at which the statistic meets the target, ascending; empty if none within reach.
    probabilities : tuple of float
        Probability that the input is at most that value, by `values`.
    at_low, at_high : float
        The statistic at either end of the reach.
    target : float
        The target.
    errors : tuple of float, default ()
        Standard error of each value, from the error that the draws leave in the statistic; empty where that error is not told.
    """

    name: str
    values: tuple[float, ...]
    probabilities: tuple[float, ...]
    at_low: float
    at_high: float
    target: float
    errors: tuple[float, ...] = ()

    @property
    def holds_below(self) -> bool:
        """Whether the statistic is above the target where the input is small."""
        return self.at_low > self.target


def threshold(
    model: Model,
    inputs: Inputs,
    name: str,
    *,
    draws: Mapping[str, Floats],
    target: float = 0.0,
    statistic: Statistic = median,
    points: int = 17,
    error: Statistic | None = None,
) -> Threshold:
    """Find the values of one input at which a statistic of the model's output meets a target.

    Parameters
    ----------
    model : callable
        The model.
    inputs : Inputs
        Its inputs.
    name : str
        The input that moves.
    draws : mapping of str to ndarray of float
        Draws of all inputs; the others keep theirs while this one is held at a value.
    target : float, default 0
        What the statistic shall meet.
    statistic : callable, default median
        Of the output over the draws.
    points : int, default 17
        Values of the input between which a change of sign is looked for.
    error : callable, optional
        Standard error of the statistic, of the output over the draws.

    Returns
    -------
    Threshold
        All turning points within the input's 0.1% and 99.9% quantiles that the grid of points can tell apart.

    Raises
    ------
    ParameterError
        If there is no such input.

    Notes
    -----
    The input is set, not observed: correlated inputs do not move along. What follows from observing it is the value of
    information. Each change of sign is closed in on by Brent's method to a billionth of the probability; what is left is the error of the draws,
    which is that of the statistic at the turning point over its slope there (the delta method).
    """
    if name not in inputs.names:
        raise ParameterError(f"no input is called {name!r}.", remedy=choices(name, inputs.names))
    item = inputs[name]

    def gap(u: float) -> float:
        return statistic(model({**draws, name: np.full_like(draws[name], float(item.ppf(u)))})) - target

    grid = np.linspace(*REACH, points)
    gaps = np.array([gap(u) for u in grid])
    roots = [float(u) for u in grid[gaps == 0]]
    # On the scale of probabilities every shape is bounded and nothing lies outside what the input can be.
    crossed = np.flatnonzero(gaps[:-1] * gaps[1:] < 0)
    roots += [float(brentq(gap, grid[left], grid[left + 1], xtol=1e-9, rtol=1e-9)) for left in crossed]
    # A constant that meets the target meets it everywhere and turns nothing.
    roots = sorted(roots) if gaps.any() else []
    values = tuple(float(item.ppf(u)) for u in roots)
    errors: tuple[float, ...] = ()
    if error is not None:
        errors = tuple(
            _error_at(
                u,
                lambda u: float(item.ppf(u)),
                gap,
                float(error(model({**draws, name: np.full_like(draws[name], value)}))),
            )
            for u, value in zip(roots, values, strict=True)
        )
    return Threshold(name, values, tuple(roots), float(gaps[0] + target), float(gaps[-1] + target), target, errors)


def _error_at(u: float, ppf: Callable[[float], float], gap: Callable[[float], float], error: float) -> float:
    """Return the standard error of a turning point: that of the statistic over its slope, from a hundredth of probability about it."""
    low, high = max(u - 0.005, REACH[0] / 2), min(u + 0.005, 1 - REACH[0] / 2)
    rise, run = gap(high) - gap(low), ppf(high) - ppf(low)
    return abs(error * run / rise) if rise else np.inf


def frontier(
    model: Model,
    inputs: Inputs,
    pair: tuple[str, str],
    *,
    draws: Mapping[str, Floats],
    target: float = 0.0,
    statistic: Statistic = median,
    points: int = 25,
) -> pd.DataFrame:
    """Find the line in the plane of two inputs on which a statistic of the model's output meets a target.

    Parameters
    ----------
    model : callable
        The model.
    inputs : Inputs
        Its inputs.
    pair : tuple of str
        Two inputs; for each value of the first the second is solved for.
    draws : mapping of str to ndarray of float
        Draws of all inputs; the others keep theirs.
    target : float, default 0
        What the statistic shall meet.
    statistic : callable, default median
        Of the output over the draws.
    points : int, default 25
        Values of the first input, evenly spread in probability from 1% to 99%.

    Returns
    -------
    pandas.DataFrame
        Columns x (first input), y (second input); a row for each turning point, none where the second input turns nothing.

    Raises
    ------
    ParameterError
        If there is no such input, or both are the same.
    """
    first, second = pair
    if first == second:
        raise ParameterError(f"a frontier needs two inputs, got {first!r} twice")
    if first not in inputs.names:
        raise ParameterError(f"no input is called {first!r}.", remedy=choices(first, inputs.names))
    rows = []
    for x in inputs[first].ppf(np.linspace(0.01, 0.99, points)):
        held = {**draws, first: np.full_like(draws[first], x)}
        found = threshold(model, inputs, second, draws=held, target=target, statistic=statistic, points=9)
        rows += [(float(x), y) for y in found.values]
    return pd.DataFrame(rows, columns=["x", "y"], dtype=float)
