"""Which input is worth measuring: the value of information, in money a year, for one buyer who chooses to stay or to move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from scipy.special import ndtri

from lpo_analysis import vocabulary
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.methods.information import evpi, evppi
from lpo_analysis.methods.inputs import Inputs
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.analysis import Analysis
from lpo_analysis.savings.costs import costs
from lpo_analysis.savings.drivers import NOT_OF_THE_NET_SAVING
from lpo_analysis.wording import count, listing, money, percent

DRAWS = 4096
"""Draws of a regression on a group, and at least of any; the first of a net are a net."""


def net_benefits(analysis: Analysis, draws: Mapping[str, Floats] | None = None) -> Floats:
    """Compute what each choice brings in a year.

    Parameters
    ----------
    analysis : Analysis
        The analysis.
    draws : mapping of str to ndarray of float, optional
        Draws of the inputs; those of the analysis by default.

    Returns
    -------
    ndarray of float, shape (draws, 2)
        Staying (zero) and moving (what is saved, its present value spread evenly over the years).
    """
    made = analysis.costs if draws is None else costs(analysis.gathered.rates(draws), analysis.terms)
    moved = made.net_present_value / analysis.terms.annuity
    return np.column_stack([np.zeros_like(moved), moved])


def information(analysis: Analysis) -> Result:
    """Value what it would be worth to know inputs exactly before choosing.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms ``perfect`` (every input), ``rung_1`` to ``rung_4`` (all inputs of that rung, where there are some that vary), and every input,
        the most valuable first. ``estimate`` is money a year; ``bias`` what was taken off, ``explained`` how much of the
        variance the regression follows; ``_text`` columns are for reading.
    """
    p = analysis.parameters
    counted = Inputs(tuple(item for item in analysis.inputs if item.name not in NOT_OF_THE_NET_SAVING))
    draws, own = analysis.draws, None
    if p.draws < DRAWS:
        # A regression wants more draws than a quick report has; the same net goes on.
        draws = own = analysis.inputs.draw(uniforms(analysis.inputs.names, draws=DRAWS, seed=p.seed))
    table = net_benefits(analysis, own)
    whole = evpi(table)
    singles = evppi(table, {name: draws[name] for name in counted.names}, level=p.level, seed=p.seed)
    groups: dict[str, Sequence[str]] = {f"rung_{rung}": counted.by_rung((rung,)) for rung in (1, 2, 3, 4)}
    groups = {name: members for name, members in groups.items() if members}
    few = {name: draws[name][:DRAWS] for name in counted.names}
    grouped = evppi(table[:DRAWS], few, groups=groups, level=p.level, seed=p.seed)
    labels = {f"rung_{rung}": f"all of rung {rung}: {vocabulary.RUNGS[rung]}" for rung in (1, 2, 3, 4)} | {
        item.name: item.label for item in counted
    }
    unit = f"{p.currency} of {p.price_year} a year"
    reach = float(ndtri((1 + p.level) / 2)) * whole.std_error
    records: list[dict[str, object]] = [
        {"term": "perfect", "label": "every input", "estimate": whole.value, "std_error": whole.std_error,
         "conf_low": max(whole.value - reach, 0.0), "conf_high": whole.value + reach, "level": p.level, "n_obs": len(counted), "unit": unit,
         "method": "expected value of perfect information", "bias": 0.0}
    ]  # fmt: skip
    for frame in (grouped, singles.sort_values("value", ascending=False, kind="stable")):
        for row in frame.itertuples(index=False):
            members = groups.get(row.group, (row.group,))
            records.append(
                {"term": row.group, "label": labels[row.group], "estimate": row.value, "std_error": row.error, "conf_low": row.low,
                 "conf_high": row.high, "level": p.level, "n_obs": len(members), "unit": unit,
                 "method": "expected value of partial perfect information, by regression", "bias": row.bias, "explained": row.explained}
            )  # fmt: skip
    made = tidy(records)
    said = partial(money, currency=p.currency, digits=2)
    made["value_text"] = [said(value) for value in made["estimate"]]
    made["interval_text"] = [
        f"{said(low)} to {said(high)}" for low, high in zip(made["conf_low"], made["conf_high"], strict=True)
    ]
    return Result(
        "information", made, _told(analysis, table, made), checks=_checks(analysis, made), rows=analysis.rows, n_used=len(analysis.rows)
    )  # fmt: skip


def _checks(analysis: Analysis, table: pd.DataFrame) -> tuple[Check, ...]:
    p = analysis.parameters
    by = table.set_index("term")
    rungs = [term for term in by.index if term.startswith("rung_")]
    singles = by.loc[[term for term in by.index if term not in ("perfect", *rungs)]]
    perfect = by.at["perfect", "estimate"]
    largest = float(by["bias"].abs().max())
    small = largest <= max(0.05 * perfect, 0.5 * float(by.at["perfect", "std_error"]))
    said = partial(money, currency=p.currency, digits=2)
    return (
        Check(
            "Adding up", None,
            f"Values of single inputs do not add up: here they sum to {said(float(singles['estimate'].sum()))}, and knowing all of them is worth "
            f"{said(perfect)}. What is worth nothing alone may be worth something together with another.",
        ),
        Check(
            "Upward bias", small,
            f"The largest of estimated expectations is too large by chance; at most {said(largest)} a year was taken off a single value for that.",
        ),
        Check(
            "Two choices", None,
            "Valued is the choice between staying and moving as this report has it; a buyer with more choices, or one who can try a little first, "
            "has other values.",
        ),
    )  # fmt: skip


def _told(analysis: Analysis, net: Floats, table: pd.DataFrame) -> str:
    p = analysis.parameters
    by = table.set_index("term")
    perfect = by.loc["perfect"]
    said = partial(money, currency=p.currency, digits=2)
    near = partial(money, currency=p.currency, width=2 * (perfect["conf_high"] - perfect["conf_low"]))
    mean = float(net[:, 1].mean())
    choice = "moving" if mean > 0 else "staying as today"
    share = perfect["estimate"] / float(analysis.costs.today.mean())
    first = f"Judged by the mean, {choice} is the better choice, by {said(abs(mean))} a year."
    if perfect["estimate"] == 0:
        return (
            f"{first} No draw makes the other choice the better one, so knowing more is worth nothing to this choice."
        )
    head = (
        f"{first} Knowing every input before choosing would be worth "
        f"{near(perfect['estimate'])} a year ({p.level:.0%} interval {near(perfect['conf_low'])} to {near(perfect['conf_high'])}), "
        f"{percent(share, width=0.05) if share >= 0.001 else 'under 0.1%'} of what the work costs today"
    )
    singles = by.loc[[term for term in by.index if term != "perfect" and not term.startswith("rung_")]]
    worth = singles[singles["conf_low"] > 0]
    if worth.empty:
        return (
            f"{head}; measuring one input alone is not shown to be worth anything, because none of them alone would change the choice often "
            "enough."
        )
    best = worth.iloc[0]
    others = [f"{row.label} ({said(row.estimate)})" for row in worth.iloc[1:3].itertuples()]
    more = f" Next {'comes' if len(others) == 1 else 'come'} {listing(others)}." if others else ""
    left = len(singles) - len(worth)
    none = f" For {count(left, 'input')} no value can be told from nothing." if left else ""
    return (
        f"{head}: so much, and no more, may be spent on finding out. Worth measuring first is {best['label']}, up to {said(best['estimate'])} a year "
        f"({said(best['conf_low'])} to {said(best['conf_high'])}).{more}{none}"
    )
