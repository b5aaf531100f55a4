"""Numbers instead of names, and cells of too few hidden together with what would give them away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lpo_analysis.methods.suppression import COMPLEMENT, SHOWN, suppress


def pseudonyms(keys: Sequence[int], *, seed: Sequence[int]) -> pd.DataFrame:
    """Give keys numbers in a random order.

    Parameters
    ----------
    keys : sequence of int
        Hashes, each once.
    seed : sequence of int
        Seed of the order.

    Returns
    -------
    pandas.DataFrame
        Columns key and number, from 1.
    """
    ordered = np.sort(np.asarray(keys, dtype=np.uint64))
    numbers = np.random.default_rng(list(seed)).permutation(len(ordered)) + 1
    return pd.DataFrame({"key": ordered, "number": numbers.astype("int64")})


def hidden(grains: pd.DataFrame, by: Sequence[str], *, least: int) -> pd.Series:
    """Choose the cells of a table to hide, given that its totals are shown.

    Parameters
    ----------
    grains : pandas.DataFrame
        One contributor and cell a row, with a column ``who``.
    by : sequence of str
        One or two columns that make the cells.
    least : int
        Fewest contributors a shown cell may have.

    Returns
    -------
    pandas.Series of str
        By cell: ``''`` shown, ``'small'``, or ``'complement'`` hidden so that the small ones cannot be found by subtraction. What is
        hidden in a row, a column or the table has, taken together, at least two cells and `least` different contributors, or
        there is nothing left to hide.
    """
    keys = list(by)
    members = {
        cell if isinstance(cell, tuple) else (cell,): frozenset(who)
        for cell, who in grains.groupby(keys, sort=True, observed=True)["who"]
    }
    cells = list(members)
    marks = dict.fromkeys(cells, SHOWN)
    for cell, mark in zip(
        cells, suppress(np.array([[len(members[cell])] for cell in cells]).reshape(-1, 1), least=least), strict=True
    ):
        marks[cell] = str(mark)
    groups = (
        [cells]
        if len(keys) == 1
        else [_line(cells, axis, value) for axis in (0, 1) for value in sorted({cell[axis] for cell in cells})]
    )
    changed = True
    while changed:
        changed = False
        for group in groups:
            out = [cell for cell in group if marks[cell] != SHOWN]
            rest = sorted((cell for cell in group if marks[cell] == SHOWN), key=lambda cell: (len(members[cell]), cell))
            while out and rest and (len(out) < 2 or len(frozenset().union(*(members[cell] for cell in out))) < least):
                taken = rest.pop(0)
                marks[taken] = COMPLEMENT
                out.append(taken)
                changed = True
    index = (
        pd.Index([cell[0] for cell in cells], name=keys[0])
        if len(keys) == 1
        else pd.MultiIndex.from_tuples(cells, names=keys)
    )
    return pd.Series([marks[cell] for cell in cells], index=index, dtype=object)


def _line(cells: Sequence[tuple[str, ...]], axis: int, value: str) -> list[tuple[str, ...]]:
    return [cell for cell in cells if cell[axis] == value]
