"""What drives the answer: one input at a time, and shares of the variance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats, Uniforms, uniforms
from lpo_analysis.methods.inputs import Inputs, values_at

Model = Callable[[Mapping[str, Floats]], Floats]
"""Takes draws by input name, returns one output per draw."""


def tornado(model: Model, inputs: Inputs, *, level: float = 0.90) -> pd.DataFrame:
    """Move one input at a time from its lower to its upper quantile, the others at their medians.

    Parameters
    ----------
    model : callable
        The model.
    inputs : Inputs
        Its inputs.
    level : float, default 0.90
        Central probability between the two quantiles.

    Returns
    -------
    pandas.DataFrame
        One input a row, the widest first: input, label, unit, rung, input_low, input_high, at_low, at_high, base, width.
    """
    tails = ((1 - level) / 2, (1 + level) / 2)
    middle = values_at(inputs, {})
    base = float(model(middle)[0])
    records = []
    for item in inputs:
        low, high = (float(item.ppf(tail)) for tail in tails)
        at_low, at_high = (float(model({**middle, item.name: np.array([end])})[0]) for end in (low, high))
        records.append(
            (item.name, item.label, item.unit, item.rung, low, high, at_low, at_high, base, abs(at_high - at_low))
        )
    columns = ["input", "label", "unit", "rung", "input_low", "input_high", "at_low", "at_high", "base", "width"]
    return pd.DataFrame(records, columns=columns).sort_values(
        "width", ascending=False, kind="stable", ignore_index=True
    )


def variance_shares(
    model: Model, inputs: Inputs, *, groups: Mapping[str, Sequence[str]], draws: int = 4096, seed: int = 0
) -> pd.DataFrame:
    """Estimate Sobol' indices of groups of independent inputs.

    Parameters
    ----------
    model : callable
        The model.
    inputs : Inputs
        Its inputs, independent of each other.
    groups : mapping of str to sequence of str
        Names of inputs by group; a group of one gives the index of that input.
    draws : int, default 4096
        Size of each of the two sample matrices, a power of two.
    seed : int, default 0
        Seed of the scrambling.

    Returns
    -------
    pandas.DataFrame
        One group a row: ``group``, ``first`` (share of the variance the group explains alone) and ``total`` (share that
        would remain if all but the group were known). NaN where the output does not vary.

    Raises
    ------
    ParameterError
        If a group names an unknown input.

    References
    ----------
    Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Computer Physics Communications 181.
    https://doi.org/10.1016/j.cpc.2009.09.018 (first order). Jansen, M. J. W. (1999). Computer Physics Communications 117.
    https://doi.org/10.1016/S0010-4655(98)00154-4 (total).
    """
    names = inputs.names
    for group, members in groups.items():
        unknown = [name for name in members if name not in names]
        if unknown:
            raise ParameterError(f"group {group!r}: no input is called {unknown[0]!r}; there are {', '.join(names)}")
    both = uniforms([*(f"a:{n}" for n in names), *(f"b:{n}" for n in names)], draws=draws, seed=seed).values
    halves = both[:, : len(names)], both[:, len(names) :]
    a, b = (inputs.draw(Uniforms(names, half, seed)) for half in halves)
    at_a, at_b = model(a), model(b)
    # Groups of the same inputs, such as a rung with a single one and that one alone, are one run.
    runs: dict[frozenset[str], Floats] = {frozenset(): at_a}
    variance = float(np.concatenate([at_a, at_b]).var())
    records = []
    for group, members in groups.items():
        chosen = frozenset(members)
        if chosen not in runs:
            runs[chosen] = model({**a, **{name: b[name] for name in members}})
        at_mixed = runs[chosen]
        if variance > 0:
            first = float(np.mean((at_b - at_b.mean()) * (at_mixed - at_a)) / variance)
            total = float(np.mean((at_a - at_mixed) ** 2) / (2 * variance))
        else:
            first = total = float("nan")
        records.append((group, first, total))
    return pd.DataFrame(records, columns=["group", "first", "total"])
