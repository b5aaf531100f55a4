"""The savings model on a buyer's own bills: what moving each task would save at the hours and rates that were billed."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import intervals
from lpo_analysis.errors import MoneyError, ParameterError
from lpo_analysis.evidence.money import real
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.analysis import WHO, Analysis, quantiles
from lpo_analysis.savings.billing import Billing, model_inputs, spend
from lpo_analysis.savings.billing.compared import money_year
from lpo_analysis.savings.billing.mapping import ROLES, label
from lpo_analysis.savings.billing.seen import billed_months
from lpo_analysis.savings.costs import Costs, Terms, costs
from lpo_analysis.savings.findings import span_of
from lpo_analysis.savings.gather import refusal
from lpo_analysis.savings.rates import BilledRate
from lpo_analysis.wording import count, listing, money, number, percent

NAME = "savings_on_bills"
NO_CURRENCY = (
    "the bills state no currency and billing_currency names none, so their rates cannot be compared with a price"
)
_OF_ONE_TASK: dict[str, list[float]] = {"price": [], "hours_per_unit": []}
"""Own quotes and paces, which hold for the task of the report only."""


def savings_on_bills(analysis: Analysis, billing: Billing) -> Result:
    """Estimate what moving the work on a buyer's bills would save.

    Parameters
    ----------
    analysis : Analysis
        The question, whose way of doing the work, place, horizon and assumptions are kept.
    billing : Billing
        The bills.

    Returns
    -------
    Result
        ``all``, one task a row, and one task and role (``document_review|associate``): estimate is the net saving as a share of what the work
        costs today at the rates billed, with hours (a year), rate and today (in the report's money, an hour and a year), saved, saved_low and
        saved_high (a year), p_loss. Below them what could not be modelled, with the reason as its method and its amount where that may be
        shown. A role's row shares the set-up with the other roles of its task.

    Notes
    -----
    Estimand: as `lpo_analysis.savings.findings.three_numbers`, with volume and today's rate as billed instead of assumed. What is done for a
    fee today is not outsourced yet and coded as a task of the kit.
    """
    p = analysis.parameters
    nothing = partial(not_estimable, NAME, unit="share", level=p.level, n_dropped=billing.account.lost)
    found = model_inputs(billing)
    if not billing.currency:
        return nothing(NO_CURRENCY)
    if not found:
        return nothing(too_few(billing))
    year, wanted = money_year(billing)
    try:
        paid = billed_rates(billing, currency=p.currency, price_year=p.price_year)
    except MoneyError:
        return nothing(f"the tables have no rate of {billing.currency} for {year}")
    asked: dict[str, Analysis] = {}
    missing: dict[str, str] = {}
    for task in dict.fromkeys(task for task, _ in found):
        changes: dict[str, Any] = {"task": task, **({} if task == p.task else _OF_ONE_TASK)}
        other = analysis.with_changes(**changes)
        if other is None:
            missing[task] = _why(analysis, changes)
        else:
            asked[task] = other
    if not asked:
        told = listing([f"{label(task)} ({why})" for task, why in missing.items()])
        return nothing(f"no task on the bills can be priced: {told}")
    names = dict.fromkeys(name for other in asked.values() for name in other.inputs.names)
    shared = uniforms(list(names), draws=p.draws, seed=p.seed)
    rows: list[dict[str, Any]] = []
    parts: list[Costs] = []
    for task, other in asked.items():
        drawn, rates = other.inputs.draw(shared), other.gathered.rates
        cells = {role: cell for (of, role), cell in found.items() if of == task}
        hours = sum(cell["hours_per_year"] for cell in cells.values())
        terms = Terms(hours, p.horizon_years, p.discount_rate, p.delivery_model, p.pricing_model, p.minimum_hours if task == p.task else 0.0)  # fmt: skip
        made = costs(replace(rates, billed=paid[task, ""])(drawn), terms)
        parts.append(made)
        rows.append(_row(task, label(task), made, hours, analysis))
        if len(cells) > 1:
            for role, cell in cells.items():
                own = costs(replace(rates, billed=paid[task, role])(drawn), terms)
                rows.append(_row(f"{task}|{role}", f"{label(task)}, {ROLES.get(role, role)}", own, cell["hours_per_year"], analysis, of=hours))  # fmt: skip
    rows.insert(0, _together(parts, rows, analysis))
    rows += not_modelled(billing, {task for task, _ in found} - set(missing), missing)
    table = tidy(rows)
    drawn = table[table["estimate"].notna() & ~table["term"].str.contains("|", regex=False)]
    plot = (
        drawn[["label", "estimate", "conf_low", "conf_high"]]
        .assign(main=drawn["term"].eq("all"))
        .reset_index(drop=True)
    )
    sources = tuple(dict.fromkeys(row for other in asked.values() for row in other.rows))
    return Result(
        NAME, table, _text(table, analysis, billing), _checks(analysis, billing, wanted, year), rows=sources, n_used=len(found),
        n_dropped=billing.account.lost, plot_data=plot, draw=partial(intervals, title="Net saving on the work billed", xlabel="Share of what it costs today"),
        alt=f"Net saving by task on the buyer's own bills, with {p.level:.0%} intervals.",
    )  # fmt: skip


def too_few(billing: Billing) -> str:
    """Say that nothing on the bills may be modelled.

    Parameters
    ----------
    billing : Billing
        The bills.

    Returns
    -------
    str
        The reason, as a clause.
    """
    return f"no task and role has {billing.min_cell} timekeepers with fees by the hour that are not outsourced yet"


def billed_rates(billing: Billing, *, currency: str, price_year: int) -> dict[tuple[str, str], BilledRate]:
    """Put the rates of bills into the money of a report.

    Parameters
    ----------
    billing : Billing
        The bills, which state a currency.
    currency : str
        ISO 4217 code of the report.
    price_year : int
        Year of its prices.

    Returns
    -------
    dict of (str, str) to BilledRate
        By task and role, from cells that may be shown; under the empty role the mean of the task's, weighted by their hours.

    Raises
    ------
    MoneyError
        If the tables have no rate of the currency of the bills for their year.
    """
    year, wanted = money_year(billing)
    factor = real(1.0, billing.currency, year, to=currency, price_year=price_year).factor
    found = model_inputs(billing)
    made = {cell: BilledRate(inside["rate"] * factor, price_year - wanted) for cell, inside in found.items()}
    for task in dict.fromkeys(task for task, _ in found):
        inside = [numbers for (of, _), numbers in found.items() if of == task]
        hours = sum(numbers["hours_per_year"] for numbers in inside)
        mean = sum(numbers["rate"] * numbers["hours_per_year"] for numbers in inside) / hours
        made[task, ""] = BilledRate(mean * factor, price_year - wanted)
    return made


def _why(analysis: Analysis, changes: dict[str, Any]) -> str:
    try:
        changed = analysis.parameters.with_changes(**changes)
    except ParameterError as error:
        return error.what.partition(":")[2].strip().rstrip(".") or "the parameters do not allow it"
    return refusal(changed, analysis.evidence) or "no price is on file"


def _row(
    term: str, named: str, made: Costs, hours: float, analysis: Analysis, *, of: float | None = None
) -> dict[str, Any]:
    """Return the row of a task, or of a role with a part of its hours."""
    p = analysis.parameters
    today = made.today * (hours / of if of else 1.0)
    return _filled(term, named, made.net_saving, today, p.level, p.draws) | {
        "hours": hours,
        "rate": float(np.median(made.baseline_rate)),
    }


def _filled(term: str, named: str, saving: Floats, today: Floats, level: float, draws: int) -> dict[str, Any]:
    middle, low, high = quantiles(saving, level)
    saved = quantiles(saving * today, level)
    return {
        "term": term, "label": named, "estimate": middle, "std_error": float(saving.std()), "conf_low": low, "conf_high": high, "level": level,
        "unit": "share", "method": f"median of {draws:,} joint draws", "today": float(np.median(today)), "saved": saved[0], "saved_low": saved[1],
        "saved_high": saved[2], "p_loss": float(np.mean(saving <= 0)),
    }  # fmt: skip


def _together(parts: list[Costs], rows: list[dict[str, Any]], analysis: Analysis) -> dict[str, Any]:
    p = analysis.parameters
    today = sum((part.today for part in parts[1:]), parts[0].today)
    baseline = sum((part.baseline for part in parts[1:]), parts[0].baseline)
    alternative = sum((part.alternative for part in parts[1:]), parts[0].alternative)
    hours = sum(float(row["hours"]) for row in rows if "|" not in row["term"])
    made = _filled(
        "all", "all work modelled", 1 - alternative / baseline, np.asarray(today, dtype=float), p.level, p.draws
    )
    return made | {"hours": hours, "rate": float(np.median(today / hours))}


def not_modelled(billing: Billing, modelled: Container[str], missing: Mapping[str, str]) -> list[dict[str, Any]]:
    """List what is on the bills and not in a model.

    Parameters
    ----------
    billing : Billing
        The bills.
    modelled : container of str
        Tasks that are in the model.
    missing : mapping of str to str
        Why a task is not, where more is known than that nothing of it may be shown.

    Returns
    -------
    list of dict
        Rows ``left_out_<task>`` of a result by task where nothing of it is in the model, and ``left_out_outsourced``: the reason as method, and
        ``amount`` in the currency of the bills where it may be shown.
    """
    by_task = spend(billing, by="task").table
    rows = []
    for cell in by_task[by_task["term"].ne("total")].itertuples():
        task = str(cell.term)
        if task in modelled:
            continue
        if task in missing:
            why = missing[task]
        elif task in vocabulary.codes_of("task"):
            why = "no fees by the hour that are not outsourced yet, or too few timekeepers behind them"
        else:
            why = "no task that providers are priced for"
        rows.append(
            {
                "term": f"left_out_{task}",
                "label": str(cell.label),
                "unit": "share",
                "method": f"not modelled: {why}",
                "amount": cell.estimate,
            }
        )
    out = by_task.iloc[0]["outsourced"] if len(by_task) else np.nan
    if not pd.isna(out) and out > 0:
        rows.append(
            {
                "term": "left_out_outsourced",
                "label": "observed as outsourced",
                "unit": "share",
                "method": "not modelled: outsourced already",
                "amount": float(out),
            }
        )
    return rows


def _text(table: pd.DataFrame, analysis: Analysis, billing: Billing) -> str:
    p = analysis.parameters
    first = table.iloc[0]
    tasks = table[table["estimate"].notna() & ~table["term"].str.contains("|", regex=False) & table["term"].ne("all")]
    width = float(first["conf_high"] - first["conf_low"])
    gain = float(first["estimate"])
    told = f"save {percent(gain, width=width)}" if gain >= 0 else f"cost {percent(-gain, width=width)} more"
    span = span_of(first["conf_low"], first["conf_high"])
    text = (
        f"On {number(first['hours'])} hours a year of {listing(list(tasks['label']))}, billed at {money(first['rate'], p.currency)} an hour on average, "
        f"having it done by {WHO[p.delivery_model]} in {vocabulary.in_words(p.location)} would {told} ({p.level:.0%} interval {span}, or a saving of "
        f"{_amounts(first, p.currency)} a year)."
    )
    left = table[table["estimate"].isna()]
    if len(left):
        shown = left.dropna(subset=["amount"])
        text += f" Not modelled: {count(len(left), 'kind')} of work on the bills"
        text += (
            f", {money(float(shown['amount'].sum()), billing.currency)} of it in amounts that may be shown."
            if len(shown)
            else "."
        )
    return text


def _amounts(row: pd.Series, currency: str) -> str:
    width = float(row["saved_high"] - row["saved_low"])
    low, high = (money(float(row[name]), currency, width=width) for name in ("saved_low", "saved_high"))
    return f"{low} to {high}"


def _checks(analysis: Analysis, billing: Billing, wanted: int, year: int) -> tuple[Check, ...]:
    p = analysis.parameters
    n_months = billed_months(billing)
    made = [
        Check("Whose rates", None, f"Today's rate is what these bills charge an hour, and not the cost of {p.baseline.replace('_', ' ')} on file. Own lawyers' pay, for instructing and checking, is still that of the evidence."),
        Check("Same work", None, "A code tells the kind of work. Whether this piece of it can be moved, and whether an hour of a partner is an hour of a provider, is not on the bills; productivity is an assumption."),
        Check("Tasks together", None, "Inputs of one name share their draws in all tasks, so what is dear in one is dear in all: the interval of all work is as wide as it gets."),
    ]  # fmt: skip
    if wanted != year or wanted != p.price_year:
        made.append(Check("Money", None if wanted == year else False, f"Rates of {wanted} are put into {p.currency} of {p.price_year}" + ("." if wanted == year else f" as if they were of {year}, the nearest year of the price index.")))  # fmt: skip
    if n_months < 12:
        made.append(
            Check(
                "A whole year",
                False,
                f"The bills cover {count(n_months, 'month')}; hours a year are carried on from them.",
            )
        )
    if analysis.parameters.price or analysis.parameters.hours_per_unit:
        made.append(
            Check(
                "Own quote",
                None,
                f"The own price or pace is for {label(p.task)}; other tasks are priced from the evidence.",
            )
        )
    return tuple(made)
