"""One shared matrix of uniforms, so that everything computed from it is computed jointly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from lpo_analysis.errors import ParameterError, choices

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Uniforms:
    """Draws from the unit cube, one column a named input.

    Parameters
    ----------
    names : tuple of str
        Inputs, in the order of the columns.
    values : ndarray of float, shape (draws, inputs)
        Strictly between 0 and 1.
    seed : int
        Seed of the scrambling.
    """

    names: tuple[str, ...]
    values: Floats
    seed: int

    @cached_property
    def columns(self) -> dict[str, Floats]:
        """Columns by name, each one array that no model may write into."""
        by_name = {}
        for position, name in enumerate(self.names):
            column = self.values[:, position].view()
            column.flags.writeable = False
            by_name[name] = column
        return by_name

    def __getitem__(self, name: str) -> Floats:
        if name not in self.columns:
            raise ParameterError(f"draws: no column is called {name!r}.", remedy=choices(name, self.names))
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"Uniforms({len(self)} draws of {len(self.names)} inputs, seed {self.seed})"


def uniforms(names: Sequence[str], *, draws: int, seed: int = 0) -> Uniforms:
    """Draw scrambled Sobol points.

    Parameters
    ----------
    names : sequence of str
        Inputs that need a column of their own; each once.
    draws : int
        Number of points, a power of two (only then is the net balanced).
    seed : int, default 0
        Seed of the scrambling; 0 is a seed like any other.

    Returns
    -------
    Uniforms
        The points.

    Raises
    ------
    ParameterError
        If `draws` is no power of two or a name stands twice.

    References
    ----------
    Owen, A. B. (1998). Scrambling Sobol' and Niederreiter-Xing points. Journal of Complexity 14(4).
    https://doi.org/10.1006/jcom.1998.0487
    """
    if draws < 2 or draws & (draws - 1):
        below = 1 << max(1, draws.bit_length() - 1)
        raise ParameterError(f"draws: must be a power of two, got {draws}", remedy=f"Nearest: {below} or {2 * below}.")
    if len(set(names)) != len(names):
        raise ParameterError(f"inputs: a name stands twice among {', '.join(names)}")
    points = qmc.Sobol(len(names), scramble=True, rng=seed).random_base2(draws.bit_length() - 1)
    # Column by column in memory, because that is how it is read.
    points = np.asfortranarray(points)
    return Uniforms(tuple(names), open_interval(points, out=points), seed)


def open_interval(values: Floats, *, out: Floats | None = None) -> Floats:
    """Keep uniforms off 0 and 1, so that every quantile is finite.

    Parameters
    ----------
    values : ndarray of float
        Between 0 and 1; the scrambling leaves a net with points at 0.
    out : ndarray of float, optional
        Where to write; a new array by default.

    Returns
    -------
    ndarray of float
        The same, at least half a cell of 32 bits away from either end.
    """
    tiny = 0.5 / 2**32
    return np.clip(values, tiny, 1 - tiny, out=out)
