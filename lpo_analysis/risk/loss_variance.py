"""How much of what is not known of the expected loss rests on borrowed figures and on assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from lpo_analysis import vocabulary
from lpo_analysis.methods.inputs import Inputs
from lpo_analysis.methods.sensitivity import sobol_indices
from lpo_analysis.results import Result, not_estimable, tidy
from lpo_analysis.risk.inputs import EXPOSURE, expected_loss_of
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import count, listing, percent, probability

RESAMPLES = 200
_INDICES = ("total", "first", "total_error", "total_low", "total_high")
_WEAK = "borrowed and assumed together"


def loss_variance(loss: Result, parameters: Parameters) -> Result:
    """Share the variance of the expected loss out to rungs and inputs.

    Parameters
    ----------
    loss : Result
        The outcome of `annual_loss`.
    parameters : Parameters
        The question.

    Returns
    -------
    Result
        Terms ``weak`` (rungs 3 and 4 together), ``rung_1`` to ``rung_4``, and every input, the largest first. ``estimate`` is the
        total-order index: the share that would remain if all else were known; ``first`` the share explained alone. Totals overlap
        where inputs act together and need not add up to one. A group of all inputs has 1, by definition and so without an interval.

    References
    ----------
    Saltelli, A. et al. (2010). Variance based sensitivity analysis of model output. Computer Physics Communications 181.
    https://doi.org/10.1016/j.cpc.2009.09.018
    """
    p = parameters
    labels = {"weak": _WEAK} | {f"rung_{rung}": f"rung {rung}: {vocabulary.RUNGS[rung]}" for rung in (1, 2, 3, 4)}
    if not loss.estimable:
        return not_estimable("loss_variance", str(loss.reason), terms=labels, level=p.level)
    inputs = Inputs(tuple(item for item in loss.model["inputs"] if item.name not in EXPOSURE))
    groups: dict[str, Sequence[str]] = {"weak": inputs.by_rung((3, 4))}
    groups |= {f"rung_{rung}": inputs.by_rung((rung,)) for rung in (1, 2, 3, 4)}
    groups |= {item.name: [item.name] for item in inputs}
    labels |= {item.name: item.label for item in inputs}
    model = partial(expected_loss_of, parameters=p)
    frame = sobol_indices(model, inputs, groups=groups, draws=max(p.draws, 4096), seed=p.seed, resamples=RESAMPLES, level=p.level)  # fmt: skip
    known = len(inputs) - len(groups["weak"])
    frame = frame.astype(dict.fromkeys(_INDICES, float))
    # All inputs together explain all; what the sampler says beside that is its own error.
    whole = frame["group"].map(lambda group: len(groups[group]) == len(inputs))
    frame.loc[whole, ["total", "first"]] = 1.0
    frame.loc[whole, ["total_error", "total_low", "total_high"]] = np.nan
    rungs, singles = frame.iloc[:5], frame.iloc[5:].sort_values("total", ascending=False, kind="stable")
    table = tidy(
        {"term": row.group, "label": labels[row.group], "estimate": row.total, "std_error": row.total_error, "conf_low": row.total_low, "conf_high": row.total_high,
         "level": p.level, "first": row.first, "n_obs": len(groups[row.group]), "unit": "share of the variance",
         "method": "all inputs, so all of it" if len(groups[row.group]) == len(inputs) else "Jansen (total) and Saltelli (first), bootstrap interval"}
        for part in (rungs, singles) for row in part.itertuples(index=False)
    )  # fmt: skip
    strong = "none is" if known == 0 else f"{count(known, 'is', 'are')}"
    alone = singles.sort_values("first", ascending=False, kind="stable").head(3)
    top = [f"{labels[row.group]} ({percent(max(row.first, 0.0))})" for row in alone.itertuples(index=False)]
    weak = float(rungs["total"].iloc[0])
    share = "all" if known == 0 else probability(float(np.clip(weak, 0.0, 1.0)))
    text = (
        f"Of {count(len(inputs), 'input')} of the expected loss {strong} fitted to or stated by studies of such firms, {len(groups['rung_3'])} borrowed or a lone figure, {len(groups['rung_4'])} assumed. "
        f"Borrowed and assumed inputs (rungs 3 and 4) account for {share} of the variance of the expected loss"
        f"{': nothing of its interval is what such firms were seen to lose' if known == 0 else ''}. Alone, {listing(top)} {'explain' if len(top) > 1 else 'explains'} most; what inputs do together with others comes on top of that."
    )
    return Result("loss_variance", table, text, rows=loss.rows, n_used=len(inputs))
