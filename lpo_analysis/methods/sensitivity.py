"""What drives the answer: one input at a time, and shares of the variance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri

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


def sobol_indices(
    model: Model,
    inputs: Inputs,
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    draws: int = 4096,
    seed: int = 0,
    resamples: int = 0,
    level: float = 0.90,
) -> pd.DataFrame:
    """Estimate Sobol' indices of independent inputs, or of groups of them.

    Parameters
    ----------
    model : callable
        The model.
    inputs : Inputs
        Its inputs, independent of each other.
    groups : mapping of str to sequence of str, optional
        Names of inputs by group; by default every input for itself.
    draws : int, default 4096
        Size of each of the two sample matrices, a power of two.
    seed : int, default 0
        Seed of the scrambling and of the resampling.
    resamples : int, default 0
        Bootstrap samples for the intervals; 0 for none.
    level : float, default 0.90
        Probability that an interval covers.

    Returns
    -------
    pandas.DataFrame
        One group a row: ``group``, ``first`` (share of the variance the group explains alone) and ``total`` (share that
        would remain if all but the group were known). NaN where the output does not vary. With `resamples`, of either
        also ``_error`` (bootstrap standard error), ``_low`` and ``_high``.

    Raises
    ------
    ParameterError
        If a group names an unknown input, or the inputs are correlated: indices then do not add up to anything, and Shapley
        effects (`lpo_analysis.methods.shapley`) take their place.

    References
    ----------
    Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Computer Physics Communications 181.
    https://doi.org/10.1016/j.cpc.2009.09.018 (first order). Jansen, M. J. W. (1999). Computer Physics Communications 117.
    https://doi.org/10.1016/S0010-4655(98)00154-4 (total).

    Notes
    -----
    The intervals are normal ones around the estimate with the bootstrap's standard error, rows being resampled whole. The
    points fill the cube more evenly than independent ones, which the bootstrap does not know, so the intervals are rather too
    wide than too narrow.
    """
    names = inputs.names
    if inputs.coupled:
        raise ParameterError(
            f"Sobol' indices want independent inputs, and {' and '.join(inputs.coupled)} are correlated.",
            remedy="Use Shapley effects.",
        )
    groups = {name: [name] for name in names} if groups is None else groups
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
    for members in groups.values():
        chosen = frozenset(members)
        if chosen not in runs:
            runs[chosen] = model({**a, **{name: b[name] for name in members}})
    center = float((at_a.mean() + at_b.mean()) / 2)
    terms = np.empty((2 + 3 * len(runs), draws))
    terms[0], terms[1] = (at_a + at_b) / 2 - center, ((at_a - center) ** 2 + (at_b - center) ** 2) / 2
    around_b = at_b - center
    for k, at_mixed in enumerate(runs.values()):
        moved = at_mixed - at_a
        terms[2 + 3 * k], terms[3 + 3 * k], terms[4 + 3 * k] = around_b * moved, moved, moved**2
    position = {chosen: k for k, chosen in enumerate(runs)}
    rows = [position[frozenset(members)] for members in groups.values()]
    means_b = around_b.mean()
    first, total = (index[0, rows] for index in _indices(terms.mean(axis=1)[None, :], np.array([means_b])))
    frame = pd.DataFrame({"group": list(groups), "first": first, "total": total})
    if not resamples:
        return frame
    # One matrix product for all resamples: how often each row is drawn, times what each row contributes.
    rng = np.random.default_rng([seed, 1])
    counts = np.stack([np.bincount(rng.integers(0, draws, draws), minlength=draws) for _ in range(resamples)]) / draws
    again = _indices(counts @ terms.T, counts @ around_b)
    reach = float(ndtri((1 + level) / 2))
    for name, estimate, sample in (("first", first, again[0]), ("total", total, again[1])):
        error = sample[:, rows].std(axis=0, ddof=1)
        frame[f"{name}_error"] = error
        frame[f"{name}_low"], frame[f"{name}_high"] = estimate - reach * error, estimate + reach * error
    return frame


def _indices(means: Floats, mean_b: Floats) -> tuple[Floats, Floats]:
    """First and total indices from the means of the terms, one sample a row."""
    variance = means[:, 1] - means[:, 0] ** 2
    # What does not vary but for rounding has no shares.
    variance = np.where(variance > 0, variance, np.nan)[:, None]
    first = (means[:, 2::3] - mean_b[:, None] * means[:, 3::3]) / variance
    return first, means[:, 4::3] / (2 * variance)
