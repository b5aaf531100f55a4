"""Which control comes first under stated priors on what each prevents."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from lpo_analysis.charts import intervals
from lpo_analysis.evidence import Evidence
from lpo_analysis.methods.acceptability import rank_acceptability
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.control_costs import NO_COSTS, drawn_costs, read_controls
from lpo_analysis.risk.controls import UNPRICED, found_losses
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import count, listing, money, percent, probability, sentence

NONE = "none"
"""Term of doing without any control."""


def control_ranking(evidence: Evidence, parameters: Parameters) -> Result:
    """Rank controls by the money they are worth, over the draws of the loss and stated priors on effects.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question, with costs and priors.

    Returns
    -------
    Result
        One term a control, and ``none``: ``estimate`` is the expected net worth a year (USD: effect x loss on its way - cost) with its
        quantiles over the draws; ``first`` the probability that it is worth most of all, ``pays`` that it is worth more than its cost, and
        ``rank_1`` to ``rank_k`` the rank acceptabilities.

    Notes
    -----
    Not identified by data: the priors are assumptions, uniform between their ends and independent, and the ranking is theirs. Each
    control is taken alone; two on one way prevent less together than the sum. All controls of a draw meet the same loss.

    References
    ----------
    Tervonen, T. & Figueira, J. (2006). A survey on stochastic multicriteria acceptability analysis methods. INESC Coimbra, research report 1.
    """
    p = parameters
    if not p.controls_path:
        return not_estimable("control_ranking", NO_COSTS, level=p.level, unit="USD a year")
    given = read_controls(p.controls_path, price_year=p.price_year)
    ranked = tuple(item for item in given if item.path not in UNPRICED)
    if not ranked:
        return not_estimable(
            "control_ranking",
            "every control given acts on a loss that is not in money",
            level=p.level,
            unit="USD a year",
            n_dropped=len(given),
        )
    found, reason = found_losses(evidence, p)
    if found is None:
        return not_estimable(
            "control_ranking",
            reason,
            terms={item.control: item.label for item in ranked},
            level=p.level,
            unit="USD a year",
        )
    costs, effects = drawn_costs(given, p)
    worth = np.column_stack(
        [*(effects[i.control] * found.by_path[i.path] - costs[i.control] for i in ranked), np.zeros(p.draws)]
    )
    ranks = rank_acceptability(worth)
    records = []
    for at, (term, label, prior) in enumerate(
        [*((i.control, i.label, i.effect or tuple(p.control_effect)) for i in ranked), (NONE, "none of them", None)]
    ):
        low, high = np.quantile(worth[:, at], [(1 - p.level) / 2, (1 + p.level) / 2])
        records.append({"term": term, "label": label, "estimate": float(worth[:, at].mean()), "std_error": float(worth[:, at].std()), "conf_low": float(low), "conf_high": float(high),
                        "level": p.level, "n_obs": 1, "unit": "USD a year", "method": "doing nothing" if prior is None else f"prior effect uniform, {percent(prior[0])} to {percent(prior[1])}",
                        "first": float(ranks[at, 0]), "pays": float((worth[:, at] > 0).mean()) if prior else np.nan,
                        **{f"rank_{k + 1}": float(ranks[at, k]) for k in range(ranks.shape[1])}})  # fmt: skip
    table = tidy(records)
    best, alone = (
        table.sort_values("first", ascending=False, kind="stable").iloc[0],
        table[table["term"] == NONE].iloc[0],
    )
    left = [item.label for item in given if item.path in UNPRICED]
    text = (
        f"Under the stated priors, {'doing without any of them' if best['term'] == NONE else best['label']} comes first with a probability of {probability(best['first'])}"
        + (f"; that none is worth its cost has one of {probability(alone['first'])}" if best["term"] != NONE else "")
        + f". {sentence(listing([_worth(row) for row in table[table['term'] != NONE].itertuples()]))}. The ranking is that of the priors, not of data."
        + (
            f" {sentence(listing(left))} {'is' if len(left) == 1 else 'are'} left out, because the loss on their way is not in money."
            if left
            else ""
        )
    )
    return Result(
        "control_ranking", table, text,
        checks=(Check("Priors", None, f"{sum(item.effect is None for item in ranked)} of {count(len(ranked), 'control')} {'takes' if len(ranked) == 1 else 'take'} the effect of the parameter control_effect; the others are told in your file."),),
        rows=found.rows, n_used=len(ranked), n_dropped=len(given) - len(ranked), plot_data=table[["label"]].assign(estimate=table["first"], conf_low=table["first"], conf_high=table["first"], main=table["term"] != NONE),
        draw=partial(intervals, title="Which control comes first, under the stated priors", xlabel="share of the draws in which it is worth most"),
        alt=f"Probability of coming first: {listing([f'{row.label} {percent(row.first)}' for row in table.itertuples()])}.",
    )  # fmt: skip


def _worth(row: Any) -> str:
    mean = money(row.estimate, "USD", digits=2)
    return f"{row.label} is worth {mean} a year after its cost and pays with a probability of {probability(row.pays)}"
