"""Inputs that come together: Shapley effects where correlations are given, and what a common correlation would do."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from lpo_analysis.methods.inputs import Inputs
from lpo_analysis.methods.shapley import shapley_effects
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.analysis import Analysis, quantiles
from lpo_analysis.wording import listing, percent, probability

COMMON = (0.3, 0.6)
"""Rank correlations that all inputs are given at once, to see what independence hides."""


def shapley(analysis: Analysis) -> Result:
    """Divide the variance of the net saving among inputs that depend on each other.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term an input, the largest first: its Shapley effect. Not estimable without correlations, where Sobol' indices say
        more.
    """
    p = analysis.parameters
    counted = analysis.counted
    if not analysis.inputs.coupled:
        reason = (
            "no correlations are given (parameter correlations), and for independent inputs Sobol' indices say more"
        )
        return not_estimable("shapley", reason, level=p.level, rows=analysis.rows, unit="share of the variance")
    names = {item.name for item in counted}
    known = tuple(pair for pair in analysis.inputs.correlations if set(pair[:2]) <= names)
    frame = shapley_effects(
        analysis.net_saving_of, Inputs(tuple(counted), correlations=known), draws=8192, level=p.level, seed=p.seed
    )
    labels = {item.name: item.label for item in counted}
    frame = frame.sort_values("effect", ascending=False, kind="stable")
    table = tidy(
        {"term": row.input, "label": labels[row.input], "estimate": row.effect, "std_error": row.error, "conf_low": row.low, "conf_high": row.high,
         "level": p.level, "n_obs": 1, "unit": "share of the variance", "method": "Shapley effect, random orders"}
        for row in frame.itertuples(index=False)
    )  # fmt: skip
    top = [f"{row.label} ({percent(row.estimate)}, {percent(row.conf_low)} to {percent(row.conf_high)})" for row in table.head(3).itertuples(index=False)]  # fmt: skip
    pairs = [f"{labels.get(a, a)} with {labels.get(b, b)} ({rank:g})" for a, b, rank in known]
    text = f"With the correlations given, {listing(pairs)}, the variance of the net saving divides first into {listing(top)}."
    return Result(
        "shapley",
        table,
        text,
        rows=analysis.rows,
        n_used=len(table),
        checks=(_complete(float(table["estimate"].sum())),),
    )


def _complete(total: float) -> Check:
    return Check("Shapley effects", bool(abs(total - 1) < 1e-9), f"The effects add up to {total:.2f}, as they must.")


def common_correlation(analysis: Analysis) -> Result:
    """Give all inputs one rank correlation, each turned so that they lower the net saving together.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms ``given`` (the correlations of the report, or none), and one for each common correlation: the net saving, with the chance ``p_loss`` that
        nothing is saved.
    """
    p = analysis.parameters
    directions = _directions(analysis)
    given = analysis.inputs.correlations
    cases = [("given", "as given" if given else "none", analysis.costs.net_saving)]
    for rank in COMMON:
        pairs = tuple((a, b, rank * directions[a] * directions[b]) for a, b in combinations(directions, 2))
        drawn = analysis.inputs.with_correlations(pairs).draw(analysis.uniforms)
        cases.append((f"common_{round(100 * rank)}", f"{rank:g}", analysis.net_saving_of(drawn)))
    records = []
    for term, label, net in cases:
        middle, low, high = quantiles(net, p.level)
        records.append(
            {"term": term, "label": label, "estimate": middle, "conf_low": low, "conf_high": high, "std_error": float(net.std()), "level": p.level,
             "n_obs": len(analysis.rows), "unit": "share", "p_loss": float(np.mean(net <= 0)), "method": f"median of {p.draws:,} joint draws"}
        )  # fmt: skip
    table = tidy(records)
    first, last = table.iloc[0], table.iloc[-1]
    text = (
        f"If all {len(directions)} inputs that move the net saving came together, the bad with the bad, at a rank correlation of {last['label']}, its "
        f"interval would be {percent(last['conf_low'])} to {percent(last['conf_high'])} instead of {percent(first['conf_low'])} to "
        f"{percent(first['conf_high'])}, and nothing would be saved in {probability(last['p_loss'])} of the draws instead of {probability(first['p_loss'])}."
    )
    return Result("common_correlation", table, text, rows=analysis.rows, n_used=len(table))


def _directions(analysis: Analysis) -> dict[str, int]:
    """Whether an input raises (1) or lowers (-1) the net saving; those that do not move it are left out."""
    drawn = analysis.tornado.plot_data
    if drawn is None:  # pragma: no cover - a tornado always has its numbers
        return {}
    change = drawn.set_index("input")["at_high"] - drawn.set_index("input")["at_low"]
    return {
        name: 1 if change[name] > 0 else -1 for name in analysis.inputs.names if name in change and change[name] != 0
    }
