"""Which input is worth measuring: the value of information, in money a year, for one buyer who chooses to stay or to move."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from scipy.special import ndtri

from lpo_analysis import vocabulary
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.methods.information import evpi, evppi
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.analysis import Analysis
from lpo_analysis.savings.costs import costs
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
    counted = analysis.counted
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
    texts = [_written(row, p.currency) for _, row in made.iterrows()]
    made["value_text"] = [value for value, _, _ in texts]
    made["interval_text"] = [f"{low} to {high}" for _, low, high in texts]
    return Result(
        "information", made, _told(analysis, table, made), checks=_checks(analysis, made), rows=analysis.rows, n_used=len(analysis.rows)
    )  # fmt: skip


def _to(row: pd.Series, currency: str) -> Callable[[float], str]:
    """Write amounts to the digits that the interval of one value bears, wherever they stand."""
    width = float(row["conf_high"] - row["conf_low"])
    return partial(money, currency=currency, width=2 * width if width > 0 else None, digits=2)


def _written(row: pd.Series, currency: str) -> tuple[str, str, str]:
    """Write a value and the ends of its interval."""
    said = _to(row, currency)
    return said(row["estimate"]), said(row["conf_low"]), said(row["conf_high"])


def _checks(analysis: Analysis, table: pd.DataFrame) -> tuple[Check, ...]:
    p = analysis.parameters
    by = table.set_index("term")
    rungs = [term for term in by.index if term.startswith("rung_")]
    singles = by.loc[[term for term in by.index if term not in ("perfect", *rungs)]]
    perfect = by.at["perfect", "estimate"]
    largest = float(by["bias"].abs().max())
    small = largest <= max(0.05 * perfect, 0.5 * float(by.at["perfect", "std_error"]))
    said, whole = partial(money, currency=p.currency, digits=2), _to(by.loc["perfect"], p.currency)
    return (
        Check(
            "Adding up", None,
            f"Values of single inputs do not add up: here they sum to {whole(float(singles['estimate'].sum()))}, and knowing all of them is worth "
            f"{whole(perfect)}. What is worth nothing alone may be worth something together with another.",
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
    near = _to(perfect, p.currency)
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
            f"{head}. {_to_spend(analysis, perfect)} Measuring one input alone is not shown to be worth anything, because none of them alone would "
            "change the choice often enough."
        )
    best = worth.iloc[0]
    value, low, high = _written(best, p.currency)
    others = [f"{row['label']} ({_written(row, p.currency)[0]})" for _, row in worth.iloc[1:3].iterrows()]
    more = f" Next {'comes' if len(others) == 1 else 'come'} {listing(others)}." if others else ""
    left = len(singles) - len(worth)
    none = f" For {count(left, 'input')} no value can be told from nothing." if left else ""
    return f"{head}. {_to_spend(analysis, perfect)} Worth measuring first is {best['label']}, up to {value} a year ({low} to {high}).{more}{none}"


def _to_spend(analysis: Analysis, perfect: pd.Series) -> str:
    """Say what finding out may cost: it is paid once, so the value a year counts with its present value over the horizon."""
    p = analysis.parameters
    once = perfect[["estimate", "conf_low", "conf_high"]].astype(float) * analysis.terms.annuity
    value, low, high = _written(once, p.currency)
    years = "the year" if p.horizon_years == 1 else f"the {p.horizon_years} years"
    return (
        f"Finding out is paid for once: over {years}, at a discount rate of {100 * p.discount_rate:g}%, knowing it all is worth {value} ({low} to {high}), "
        "and no more than that may be spent on it."
    )
