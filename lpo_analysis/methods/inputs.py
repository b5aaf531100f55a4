"""Uncertain inputs: a named distribution given by two quantiles, its rung, and the rows behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats, Uniforms

Kind = Literal["lognormal", "logitnormal", "normal", "uniform"]


@dataclass(frozen=True)
class Input:
    """One uncertain input of a model.

    Parameters
    ----------
    name : str
        Snake-case name, as the model knows it.
    label : str
        What a reader sees.
    unit : str
        Unit, such as ``USD per hour`` or ``share``.
    low, high : float
        5% and 95% quantile; the ends for ``uniform``.
    kind : {'lognormal', 'logitnormal', 'normal', 'uniform'}
        Shape: positive amounts are lognormal, shares logitnormal, changes normal.
    rung : int
        1 fitted, 2 stated, 3 borrowed, 4 assumption.
    basis : str
        Where the range comes from, in words.
    rows : tuple of str
        Identifiers of the rows behind it.

    Raises
    ------
    ParameterError
        If the ends are reversed or do not fit the shape.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    kind: Kind
    rung: int
    basis: str
    rows: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ParameterError(
                f"{self.name}: {self.kind!r} is no shape of an input.", remedy=choices(self.kind, get_args(Kind))
            )
        if not (np.isfinite(self.low) and np.isfinite(self.high)):
            raise ParameterError(f"{self.name}: its range must be finite, got {self.low:g} to {self.high:g}")
        if self.low > self.high:
            raise ParameterError(f"{self.name}: its low end {self.low:g} is above its high end {self.high:g}")
        if self.kind == "lognormal" and self.low <= 0:
            raise ParameterError(f"{self.name}: must be above 0, got a low end of {self.low:g}")
        if self.kind == "logitnormal" and not (self.low > 0 and self.high < 1):
            raise ParameterError(f"{self.name}: must lie between 0 and 1, got {self.low:g} to {self.high:g}")

    def ppf(self, u: Floats | float) -> Floats:
        """Return quantiles.

        Parameters
        ----------
        u : ndarray of float or float
            Probabilities strictly between 0 and 1.

        Returns
        -------
        ndarray of float
            The quantiles, of the shape of `u`.
        """
        u = np.asarray(u, dtype=float)
        if self.kind == "uniform":
            return self.low + (self.high - self.low) * u
        z = ndtri(u) / ndtri(0.95)
        forward, back = {"lognormal": (np.log, np.exp), "logitnormal": (logit, expit), "normal": (float, np.asarray)}[
            self.kind
        ]
        low, high = forward(self.low), forward(self.high)
        return np.asarray(back((low + high) / 2 + z * (high - low) / 2), dtype=float)

    @property
    def median(self) -> float:
        """The median."""
        return float(self.ppf(0.5))


@dataclass(frozen=True)
class Inputs:
    """The uncertain inputs of a model, in order.

    Parameters
    ----------
    items : tuple of Input
        The inputs; each name once.
    """

    items: tuple[Input, ...]

    def __post_init__(self) -> None:
        names = [item.name for item in self.items]
        if len(set(names)) != len(names):
            raise ParameterError(f"inputs: a name stands twice among {', '.join(names)}")

    def __iter__(self) -> Iterator[Input]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, name: str) -> Input:
        for item in self.items:
            if item.name == name:
                return item
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names, in order."""
        return tuple(item.name for item in self.items)

    def draw(self, uniforms: Uniforms) -> dict[str, Floats]:
        """Turn uniforms into draws of every input.

        Parameters
        ----------
        uniforms : Uniforms
            With a column for each input.

        Returns
        -------
        dict of str to ndarray of float
            Draws by name.
        """
        return {item.name: item.ppf(uniforms[item.name]) for item in self.items}

    def medians(self) -> dict[str, float]:
        """Return the median of every input.

        Returns
        -------
        dict of str to float
            Medians by name.
        """
        return {item.name: item.median for item in self.items}

    def by_rung(self, rungs: Iterable[int]) -> tuple[str, ...]:
        """Return the names of the inputs on the given rungs.

        Parameters
        ----------
        rungs : iterable of int
            Rungs from 1 to 4.

        Returns
        -------
        tuple of str
            Names, in order.
        """
        wanted = set(rungs)
        return tuple(item.name for item in self.items if item.rung in wanted)

    def table(self) -> pd.DataFrame:
        """Return the inputs as a frame.

        Returns
        -------
        pandas.DataFrame
            Columns input, label, unit, low, median, high, rung, basis, rows.
        """
        records = [
            (i.name, i.label, i.unit, i.low, i.median, i.high, i.rung, i.basis, ", ".join(i.rows)) for i in self.items
        ]
        return pd.DataFrame(
            records, columns=["input", "label", "unit", "low", "median", "high", "rung", "basis", "rows"]
        )


def values_at(inputs: Inputs, changed: Mapping[str, float]) -> dict[str, Floats]:
    """Return one point of the input space: medians, except where told otherwise.

    Parameters
    ----------
    inputs : Inputs
        The inputs.
    changed : mapping of str to float
        Values by name that replace the median.

    Returns
    -------
    dict of str to ndarray of float, shape (1,)
        The point.
    """
    return {name: np.array([changed.get(name, value)]) for name, value in inputs.medians().items()}
