"""What a buyer's own bills say of the decision: hours of each task, and what an hour of it costs today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lpo_analysis import vocabulary
from lpo_analysis.decision.parameters import Parameters
from lpo_analysis.errors import MoneyError, ParameterError
from lpo_analysis.evidence import Evidence
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.billing import Billing, model_inputs
from lpo_analysis.savings.billing import volumes as billed_volumes
from lpo_analysis.savings.billing.compared import money_year
from lpo_analysis.savings.billing.seen import HIDDEN, account_checks, billed_months
from lpo_analysis.savings.gather import attempt
from lpo_analysis.savings.own_bills import read_own_bills
from lpo_analysis.savings.own_model import NO_CURRENCY, billed_rates, not_modelled, too_few
from lpo_analysis.savings.rates import BilledRate
from lpo_analysis.wording import count, listing, money, number, sentence

NONE_GIVEN = "no bills of your own are given (billing_path names them), so that the hours are those of the parameters"
_MOST_TASKS = 8


@dataclass(frozen=True, eq=False)
class Volumes:
    """The question with the hours of the bills, and the rates of the bills where they are what the work costs.

    Parameters
    ----------
    parameters : Parameters
        With tasks and hours of the bills, and without the bills.
    rates : dict of str to BilledRate
        By task; empty where today's work is done by own staff, whom no bill pays.
    result : Result
        What was read, from cells that may be shown only.
    """

    parameters: Parameters
    rates: Mapping[str, BilledRate]
    result: Result


def read_volumes(parameters: Parameters, evidence: Evidence) -> Volumes:
    """Put the hours of a buyer's bills into the question.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.

    Returns
    -------
    Volumes
        The same question where no bills are given.

    Raises
    ------
    NotFoundError, DataError
        If the bills cannot be read; tells neither paths nor what stands in them.
    ParameterError
        If none of the tasks has hours on the bills that may be used, there are more tasks than are decided on at once, or rates are in a
        currency that is not known.

    Notes
    -----
    Hours are those billed as fees by the hour and not outsourced yet, carried on to a year from the months seen. A task and role with
    fewer than `min_cell` timekeepers counts nothing, nor does one that would give such a cell away by subtraction. Today's rate is the one
    billed where others are paid by the hour today; what a law firm bills its clients for its own staff is no cost of the firm, and there
    the cost of own staff is that of the evidence.
    """
    billing = read_own_bills(parameters.bills()) if parameters.billing_path else None
    if billing is None:
        none = not_estimable("billed_hours", NONE_GIVEN, level=parameters.level, unit="hours per year")
        return Volumes(parameters, {}, none)
    found = model_inputs(billing)
    hours: dict[str, float] = {}
    for (task, _), cell in found.items():
        hours[task] = hours.get(task, 0.0) + cell["hours_per_year"]
    if not hours:
        raise ParameterError(f"billing_path: {too_few(billing)}.", remedy="Give more months of bills, or volume_hours.")
    asked = parameters.tasks or list(hours)
    used = {task: hours[task] for task in asked if task in hours}
    if not used:
        on_file = listing([vocabulary.label("task", task) for task in hours])
        raise ParameterError(
            f"tasks, billing_path: no task asked about has hours on the bills that may be used; {on_file} {'has' if len(hours) == 1 else 'have'}.",
            remedy="Name those in tasks, or leave tasks empty for all of them.",
        )
    missing = {task: "not among the tasks asked about" for task in hours if task not in used}
    if not parameters.tasks:
        for task in list(used):
            if not _costed(parameters.with_volumes({task: used[task]}), task, evidence):
                missing[task] = "no way of doing it has evidence"
                # Where none has any, the one refusal of find_ways says so.
                used = {other: h for other, h in used.items() if other != task} or used
    if len(used) > _MOST_TASKS:
        raise ParameterError(
            f"tasks: the bills have {len(used)} tasks that could be decided on; at most {_MOST_TASKS} are at once.",
            remedy=f"Name them in tasks: {', '.join(used)}.",
        )
    decided = parameters.with_volumes(used)
    rates = _rates(decided, billing, used, evidence)
    return Volumes(decided, rates, _result(parameters, billing, used, missing, rates, hours))


def _costed(parameters: Parameters, task: str, evidence: Evidence) -> bool:
    for model, place in parameters.options():
        try:
            question = parameters.saving(task, model, place)
        except ParameterError:
            continue
        if attempt(question, evidence) is not None:
            return True
    return False


def _rates(
    parameters: Parameters, billing: Billing, used: Mapping[str, float], evidence: Evidence
) -> dict[str, BilledRate]:
    if not bought(parameters):
        return {}
    if not billing.currency:
        raise ParameterError(f"billing_currency: {NO_CURRENCY}.", remedy="Name the currency of the bills.")
    try:
        paid = billed_rates(billing, currency="USD", price_year=parameters.price_year)
    except MoneyError:
        year, _ = money_year(billing)
        raise ParameterError(
            f"billing_currency: the tables have no rate of {billing.currency} for {year}.",
            remedy="See data/tables/fx_annual.csv for the currencies there are.",
        ) from None
    return {task: paid[task, ""] for task in used}


def bought(parameters: Parameters) -> bool:
    """Say whether today's work is paid for by the hour to somebody else, whose bills tell what it costs.

    Parameters
    ----------
    parameters : Parameters
        The question.

    Returns
    -------
    bool
        False where own staff do it.
    """
    staff = ("associate", "paralegal") if parameters.buyer == "law_firm" else ("in_house_counsel",)
    return parameters.baseline not in staff


def _result(
    parameters: Parameters, billing: Billing, used: Mapping[str, float], missing: Mapping[str, str], rates: Mapping[str, BilledRate],
    hours: Mapping[str, float],
) -> Result:  # fmt: skip
    p = parameters
    n_months = billed_months(billing)
    cells = billed_volumes(billing).table
    behind = {
        task: int(part["n_obs"].sum()) for task, part in cells.dropna(subset=["estimate"]).groupby("task", sort=False)
    }
    rows: list[dict[str, Any]] = [
        {"term": task, "label": vocabulary.label("task", task), "estimate": h, "n_obs": behind[task], "unit": "hours per year", "method": f"hours of {count(n_months, 'month')}",
         "use": "decided on", "rate": rates[task].amount if task in rates else np.nan}
        for task, h in used.items()
    ]  # fmt: skip
    asked = [task for task in p.tasks if task not in used]
    rows += [
        {"term": task, "label": vocabulary.label("task", task), "unit": "hours per year", "use": "left out",
         "method": f"{HIDDEN}" if task in set(cells["task"]) else "not on the bills as fees by the hour"}
        for task in asked
    ]  # fmt: skip
    rows += [
        {"term": task, "label": vocabulary.label("task", task), "estimate": hours[task], "n_obs": behind[task], "unit": "hours per year", "method": why, "use": "left out"}
        for task, why in missing.items()
    ]  # fmt: skip
    told = {row["term"] for row in rows}
    # Amounts beside hours would tell rates, and with them more than may be told.
    rows += [
        {"term": row["term"], "label": row["label"], "method": row["method"], "unit": "hours per year", "use": "left out"}
        for row in not_modelled(billing, told, {})
    ]  # fmt: skip
    table = tidy(rows)
    return Result(
        "billed_hours", table, _text(parameters, billing, table, cells), checks=_checks(parameters, billing, cells), n_used=len(cells["estimate"].dropna()),
        n_dropped=billing.account.lost,
    )  # fmt: skip


def _text(parameters: Parameters, billing: Billing, table: Any, cells: Any) -> str:
    used, left = table[table["use"] == "decided on"], table[table["use"] == "left out"]
    months = billed_months(billing)
    first, last = billing.months[0], billing.months[-1]
    when = f"of {first}" if first == last else f"from {first} to {last}"
    told = listing([f"{row.label} {number(row.estimate)}" for row in used.itertuples()])
    text = f"By your own bills {when} ({count(months, 'month')}), hours a year: {told}."
    if used["rate"].notna().any():
        rates = listing([f"{row.label} {money(row.rate, 'USD')}" for row in used.dropna(subset=["rate"]).itertuples()])
        text += f" Today's rates are those billed, in US dollars an hour: {rates}."
    else:
        text += " Today's work is done by own staff, whom no bill pays: their cost an hour is that of the evidence, and the bills tell hours alone."
    if len(left):
        shown, hidden = left.dropna(subset=["estimate"]), left[left["estimate"].isna()]
        parts = [f"{row.label}, {number(row.estimate)} hours a year ({row.method})" for row in shown.itertuples()]
        parts += [f"{row.label} ({row.method.removeprefix('not modelled: ')})" for row in hidden.itertuples()]
        text += f" Left out, {count(len(left), 'kind')} of work: {'; '.join(parts)}."
    n_hidden = int(cells["method"].eq(HIDDEN).sum())
    if n_hidden:
        text += f" {sentence(count(n_hidden, 'cell'))} of task and role {'counts' if n_hidden == 1 else 'count'} nothing, with fewer than {billing.min_cell} timekeepers or needed to hide such a one."
    return text


def _checks(parameters: Parameters, billing: Billing, cells: Any) -> tuple[Check, ...]:
    n_months = billed_months(billing)
    hidden = int(cells["method"].eq(HIDDEN).sum())
    made = [
        *account_checks(billing),
        Check(
            "Small cells", None if not hidden else False,
            f"{hidden} of {count(len(cells), 'cell')} of task and role suppressed, whose hours are in no volume: volumes are at least what is shown." if hidden else f"No cell of task and role has fewer than {billing.min_cell} timekeepers.",
        ),
        Check("Same work", None, "A code tells the kind of work. Whether this piece of it can be moved, and whether an hour of a partner is an hour of a provider, is not on the bills."),
    ]  # fmt: skip
    if n_months < 12:
        made.append(
            Check(
                "A whole year",
                False,
                f"The bills cover {count(n_months, 'month')}; hours a year are carried on from them.",
            )
        )
    if not bought(parameters):
        made.append(
            Check(
                "Whose rates",
                None,
                "Rates on the bills are what is charged for own staff, not what they cost; they are not used.",
            )
        )
    out = billing.grains.loc[billing.grains["outsourced"], "who"].nunique()
    if out >= billing.min_cell:
        made.append(
            Check(
                "Outsourced already", None, "Lines of providers, by their code or as named, are apart and in no volume."
            )
        )
    return tuple(made)
