"""Uncertain inputs: named distributions, each with its rung and the rows behind it, drawn jointly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.dependence import Correlations, correlation_matrix, gaussian_copula, iman_conover
from lpo_analysis.methods.draws import Floats, Uniforms, uniforms
from lpo_analysis.methods.shapes import BOUNDED, Quantiles, shape
from lpo_analysis.methods.shapes import Kind as Kind

Coupling = Literal["gaussian_copula", "iman_conover"]
"""How rank correlations come into the draws."""


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
        5% and 95% quantile; the ends for ``uniform``, ``triangular`` and ``pert``; the same value for ``point``.
    kind : {'lognormal', 'logitnormal', 'normal', 'uniform', 'triangular', 'pert', 'point', 'log_t', 'logit_t', 'gamma'}
        Shape: positive amounts are lognormal, shares logitnormal, changes normal; see `lpo_analysis.methods.shapes`.
    rung : int
        1 fitted, 2 stated, 3 borrowed, 4 assumption.
    basis : str
        Where the range comes from, in words.
    rows : tuple of str
        Identifiers of the rows behind it.
    mode : float, optional
        Most likely value, for ``triangular`` and ``pert``; by default the middle.
    df : float, optional
        Degrees of freedom, for ``log_t`` and ``logit_t``.
    at : tuple of float, optional
        Probabilities that `low` and `high` stand for where they are not the usual ones: ``(0.25, 0.75)`` for quartiles.

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
    mode: float | None = None
    df: float | None = None
    at: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ParameterError(
                f"{self.name}: {self.kind!r} is no shape of an input.", remedy=choices(self.kind, get_args(Kind))
            )
        if not (np.isfinite(self.low) and np.isfinite(self.high)):
            raise ParameterError(f"{self.name}: its range must be finite, got {self.low:g} to {self.high:g}")
        if self.low > self.high:
            raise ParameterError(f"{self.name}: its low end {self.low:g} is above its high end {self.high:g}")
        _ = self.shape

    @cached_property
    def shape(self) -> Quantiles:
        """The distribution."""
        at = self.at or ((0.0, 1.0) if self.kind in BOUNDED else (0.05, 0.95))
        return shape(self.name, self.kind, self.low, self.high, at=at, mode=self.mode, df=self.df)

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
        return self.shape.ppf(np.asarray(u, dtype=float))

    def cdf(self, x: Floats | float) -> Floats:
        """Return probabilities.

        Parameters
        ----------
        x : ndarray of float or float
            Values.

        Returns
        -------
        ndarray of float
            The probability of that value or less, of the shape of `x`.
        """
        return self.shape.cdf(np.asarray(x, dtype=float))

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
    correlations : tuple of (str, str, float), optional
        Spearman's rank correlations by pair of names; pairs not named are independent.
    coupling : {'gaussian_copula', 'iman_conover'}
        How the correlations come into the draws: by a copula, or by reordering each input's own draws.

    Raises
    ------
    ParameterError
        If a name stands twice, or no joint distribution has these correlations.
    """

    items: tuple[Input, ...]
    correlations: Correlations = field(default=(), kw_only=True)
    coupling: Coupling = field(default="gaussian_copula", kw_only=True)

    def __post_init__(self) -> None:
        names = [item.name for item in self.items]
        if len(set(names)) != len(names):
            raise ParameterError(f"inputs: a name stands twice among {', '.join(names)}")
        if self.coupling not in get_args(Coupling):
            raise ParameterError(f"coupling: got {self.coupling!r}.", remedy=choices(self.coupling, get_args(Coupling)))
        _ = self.ranks

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

    @cached_property
    def coupled(self) -> tuple[str, ...]:
        """Names of the inputs that are correlated with another, in order."""
        involved = {name for *pair, rank in self.correlations if rank != 0 for name in pair}
        return tuple(name for name in self.names if name in involved)

    @cached_property
    def ranks(self) -> Floats:
        """Matrix of rank correlations."""
        return correlation_matrix(self.names, self.correlations)

    def draw(self, uniforms: Uniforms) -> dict[str, Floats]:
        """Turn uniforms into draws of every input.

        Parameters
        ----------
        uniforms : Uniforms
            With a column for each input, and perhaps for others.

        Returns
        -------
        dict of str to ndarray of float
            Draws by name.
        """
        if not self.coupled:
            return {item.name: item.ppf(uniforms[item.name]) for item in self.items}
        where = [self.names.index(name) for name in self.coupled]
        ranks = self.ranks[np.ix_(where, where)]
        independent = np.column_stack([uniforms[name] for name in self.coupled])
        if self.coupling == "iman_conover":
            drawn = {item.name: item.ppf(uniforms[item.name]) for item in self.items}
            return drawn | iman_conover(drawn, names=self.coupled, ranks=ranks, scores=independent)
        coupled = dict(zip(self.coupled, gaussian_copula(independent, ranks=ranks).T, strict=True))
        return {item.name: item.ppf(coupled.get(item.name, uniforms[item.name])) for item in self.items}

    def with_correlations(self, correlations: Correlations, *, coupling: Coupling | None = None) -> Inputs:
        """Return the same inputs with other correlations.

        Parameters
        ----------
        correlations : tuple of (str, str, float)
            Spearman's rank correlations by pair of names.
        coupling : {'gaussian_copula', 'iman_conover'}, optional
            As of these inputs by default.

        Returns
        -------
        Inputs
            The inputs.
        """
        return Inputs(self.items, correlations=tuple(correlations), coupling=coupling or self.coupling)

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


def draw_jointly(models: Mapping[str, Inputs], *, draws: int, seed: int = 0) -> dict[str, dict[str, Floats]]:
    """Draw the inputs of several models from one matrix of uniforms.

    Parameters
    ----------
    models : mapping of str to Inputs
        Inputs by model; an input that several name is one and the same.
    draws : int
        Number of draws, a power of two.
    seed : int, default 0
        Seed of the scrambling.

    Returns
    -------
    dict of str to dict of str to ndarray of float
        Draws by model and input. What several models name is the same array in all of them, so that costs, losses and
        whatever else is computed from it can be added draw by draw.

    Raises
    ------
    ParameterError
        If two models give one name different distributions, or different correlations or couplings.
    """
    items: dict[str, Input] = {}
    ranks: dict[frozenset[str], tuple[str, str, float]] = {}
    couplings: dict[Coupling, str] = {}
    for model, inputs in models.items():
        for item in inputs:
            other = items.setdefault(item.name, item)
            if other.shape != item.shape:
                raise ParameterError(
                    f"{item.name}: has one distribution in {model} and another in a model before it.",
                    remedy="One name is one input: give both the same range, or rename one.",
                )
        for first, second, rank in inputs.correlations:
            told = ranks.setdefault(frozenset((first, second)), (first, second, rank))
            if told[2] != rank:
                raise ParameterError(
                    f"correlations: {first} with {second} is {rank:g} in {model} and {told[2]:g} in a model before it"
                )
        if inputs.coupled:
            couplings[inputs.coupling] = model
    if len(couplings) > 1:
        raise ParameterError(f"coupling: models differ, {' and '.join(f'{c} in {m}' for c, m in couplings.items())}")
    every = Inputs(
        tuple(items.values()), correlations=tuple(ranks.values()), coupling=next(iter(couplings), "gaussian_copula")
    )
    drawn = every.draw(uniforms(every.names, draws=draws, seed=seed))
    return {model: {name: drawn[name] for name in inputs.names} for model, inputs in models.items()}
