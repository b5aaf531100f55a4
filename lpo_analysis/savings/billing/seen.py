"""What a buyer's bills show: spend and hours, rates, the share that could be moved, and what the savings model can take from them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import dotplot
from lpo_analysis.methods.suppression import COMPLEMENT, SHOWN, SMALL
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.billing.confidential import hidden
from lpo_analysis.savings.billing.faults import words
from lpo_analysis.savings.billing.mapping import ADJUSTMENT, NOT_CODED, ROLES, UNKNOWN, label
from lpo_analysis.savings.billing.model import Billing
from lpo_analysis.wording import count, listing, money, number, percent

HIDDEN = "hidden: too few behind it"
NO_TIMEKEEPER = "no_timekeeper"
"""Lines that belong to no role: expenses, and adjustments of whole invoices."""
By = Literal["task", "role", "month", "firm"]
_UNSURE = (UNKNOWN, NOT_CODED)
_FEES = ("fee", "fee_adjustment")


def spend(billing: Billing, *, by: By = "task") -> Result:
    """Add up spend and hours.

    Parameters
    ----------
    billing : Billing
        The bills.
    by : {'task', 'role', 'month', 'firm'}, default 'task'
        What to add up by.

    Returns
    -------
    Result
        One cell a row, and ``total``, which is the same whatever is added up by: estimate is the amount, with hours, lines, share of the
        total, outsourced (amount observed as outsourced). Cells of fewer timekeepers than the bills' ``min_cell`` are hidden, and others
        that would give them away; so are amounts outsourced, which a cell divides into two.
    """
    name = f"spend_by_{by}"
    grains = billing.grains
    if by == "role":
        grains = grains.assign(role=_role_or_none(grains))
    if grains["who"].nunique() < billing.min_cell:
        reason = f"fewer than {billing.min_cell} timekeepers or invoices stand behind all of the bills"
        return not_estimable(name, reason, unit=billing.unit, n_dropped=billing.account.lost)
    marks = _marks(grains, by, billing.min_cell)
    sums = _sums(grains, by)
    parts = hidden(
        grains.assign(**{by: grains[by].astype(str), "out": np.where(grains["outsourced"], "out", "in")}),
        [by, "out"],
        least=billing.min_cell,
    )
    n_out = grains.loc[grains["outsourced"], "who"].nunique()
    hide_out = 0 < n_out < billing.min_cell or 0 < grains["who"].nunique() - n_out < billing.min_cell
    total = float(sums["amount"].sum())
    rows: list[dict[str, Any]] = [_cell("total", "total", sums.sum(), 1.0, billing, grains["who"].nunique())]
    for term in marks.index:
        cell, shown = sums.loc[term], marks[term] == SHOWN
        share = float(cell["amount"]) / total if total > 0 else np.nan
        row = _cell(str(term), _label(by, str(term)), cell, share, billing, int(cell["who"]))
        if any(parts.get((str(term), part), SHOWN) != SHOWN for part in ("out", "in")):
            row["outsourced"] = np.nan
        rows.append(row if shown else _blank(row))
    if hide_out:
        for row in rows:
            row["outsourced"] = np.nan
    table = tidy(rows)
    return Result(
        name, table, _spend_text(table, by, billing), checks=(*account_checks(billing), _hidden_check(marks, billing)),
        n_used=billing.account.used, n_dropped=billing.account.lost, plot_data=_bars(table),
        draw=partial(dotplot, title=f"Spend by {by}", xlabel=billing.unit), alt=f"Spend by {by}, {count(len(marks), 'cell')}, {int(marks.ne(SHOWN).sum())} hidden.",
    )  # fmt: skip


def _marks(grains: pd.DataFrame, by: str, least: int) -> pd.Series:
    """Choose the cells to hide by who stands behind their amounts, and behind their hours, which some cells have none of."""
    marks = hidden(grains, [by], least=least)
    timed = grains[grains["hours"].ne(0)]
    if len(timed):
        more = hidden(timed, [by], least=least).reindex(marks.index).fillna(SHOWN)
        marks = marks.where(marks.ne(SHOWN), more)
    return marks


def _role_or_none(grains: pd.DataFrame) -> pd.Series:
    roles = grains["role"].astype(str)
    return roles.mask(roles.eq(""), NO_TIMEKEEPER)


def _sums(grains: pd.DataFrame, by: str) -> pd.DataFrame:
    groups = grains.groupby(by, observed=True, sort=True)
    sums = groups[["lines", "hours", "amount", "rated"]].sum()
    sums["outsourced"] = (
        grains[grains["outsourced"]].groupby(by, observed=True)["amount"].sum().reindex(sums.index).fillna(0.0)
    )
    sums["who"] = groups["who"].nunique()
    return sums.loc[sorted(sums.index, key=str)]


def _cell(term: str, named: str, cell: pd.Series, share: float, billing: Billing, who: int) -> dict[str, Any]:
    return {
        "term": term, "label": named, "estimate": float(cell["amount"]), "n_obs": int(who), "unit": billing.unit, "method": "sum",
        "hours": float(cell["hours"]), "lines": int(cell["lines"]), "share": share, "outsourced": float(cell["outsourced"]),
    }  # fmt: skip


def _blank(row: dict[str, Any]) -> dict[str, Any]:
    empty = dict.fromkeys(("estimate", "n_obs", "hours", "lines", "share", "outsourced", "rate"), np.nan)
    return row | {key: value for key, value in empty.items() if key in row} | {"method": HIDDEN}


def _label(by: str, term: str) -> str:
    if by == "task":
        return label(term)
    if by == "role":
        return "expenses and adjustments" if term == NO_TIMEKEEPER else ROLES.get(term, term)
    return term


def _hidden_check(marks: pd.Series, billing: Billing) -> Check:
    n = int(marks.ne(SHOWN).sum())
    if not n:
        return Check(
            "Small cells", None, f"No cell has fewer than {billing.min_cell} timekeepers or invoices behind it."
        )
    return Check("Small cells", None, f"{count(n, 'cell')} of {len(marks)} hidden: fewer than {billing.min_cell} timekeepers or invoices behind it, or needed to keep such a cell from being found by subtraction.")  # fmt: skip


def _bars(table: pd.DataFrame) -> pd.DataFrame:
    shown = table[table["term"].ne("total") & table["estimate"].notna()]
    drawn = shown[["label", "estimate", "conf_low", "conf_high"]].sort_values(
        "estimate", ascending=False, kind="stable"
    )
    return drawn.assign(main=False).reset_index(drop=True)


def _spend_text(table: pd.DataFrame, by: str, billing: Billing) -> str:
    total = table.iloc[0]
    cells = table.iloc[1:].dropna(subset=["estimate"]).sort_values("estimate", ascending=False, kind="stable")
    amount = _money(total["estimate"], billing)
    start, end = billing.months[0], billing.months[-1]
    when = f"of {start}" if start == end else f"from {start} to {end}"
    text = (
        f"{amount} net of tax and {number(total['hours'])} hours stand on {count(int(total['lines']), 'line')} {when}."
    )
    if len(cells):
        first = cells.iloc[0]
        text += f" Largest by {by}: {first['label']}, {_money(first['estimate'], billing)} ({percent(first['share'])})."
    return text


def _money(value: float, billing: Billing) -> str:
    return money(value, billing.currency) if billing.currency else f"{number(value)} (currency not stated)"


def account_checks(billing: Billing) -> tuple[Check, ...]:
    """Say what became of the lines.

    Parameters
    ----------
    billing : Billing
        The bills.

    Returns
    -------
    tuple of Check
        Whether lines in are lines used and set aside, whether any was lost, and whether codes and providers are known.
    """
    account = billing.account
    n_in, used, aside = account.lines, account.used, account.set_aside
    made = [
        Check(
            "Every line accounted for",
            account.balanced and n_in == used + aside,
            f"{n_in:,} lines in, {used:,} used, {aside:,} set aside by reason.",
        )
    ]
    reasons = account.aside.groupby("reason", sort=False)["lines"].sum()
    lost = [f"{n:,} ({words(str(code))})" for code, n in reasons.items() if code not in ("blank", "header")]
    made.append(
        Check(
            "Lines set aside",
            None if lost else True,
            f"Set aside: {listing(lost)}." if lost else "Every line that bears an item is used.",
        )
    )
    if len(billing.unknown):
        lines = int(billing.unknown["lines"].sum())
        kinds = listing(sorted(set(billing.unknown["kind"])))
        made.append(
            Check(
                "Codes known",
                False,
                f"{count(len(billing.unknown), 'code')} ({kinds}) on {count(lines, 'line')} are not in the table of codes; they are in buckets of their own.",
            )
        )
    if not billing.currency:
        made.append(
            Check(
                "Currency", False, "The files state no currency and none was given: amounts are compared with nothing."
            )
        )
    absent = [i for i, seen in enumerate(billing.providers, start=1) if not seen]
    if absent:
        made.append(
            Check(
                "Providers found",
                False,
                f"Of {count(len(billing.providers), 'provider')} named, {listing([f'number {i}' for i in absent])} never occurs.",
            )
        )
    return tuple(made)


def accounting(billing: Billing) -> Result:
    """Tell where every line went and what was odd about those used.

    Parameters
    ----------
    billing : Billing
        The bills.

    Returns
    -------
    Result
        One reason or oddity a row: estimate is the number of lines (invoices where the oddity is of one); ``amount`` what the totals of
        lines set aside add up to, as far as they can be read, for ``min_cell`` lines or more. `plot_data` lists the first places of each.
    """
    account = billing.account
    rows: list[dict[str, Any]] = [
        {"term": "lines", "label": "lines in", "estimate": account.lines, "unit": "lines", "method": "counted"},
        {"term": "used", "label": "lines used", "estimate": account.used, "unit": "lines", "method": "counted"},
    ]
    for code, part in account.aside.groupby("reason", sort=False):
        n = int(part["lines"].sum())
        amount = float(part["amount"].sum()) if n >= billing.min_cell else np.nan
        rows.append({"term": str(code), "label": words(str(code)), "estimate": n, "amount": amount, "unit": "lines", "method": "set aside"})  # fmt: skip
    for code, part in account.notes.groupby("note", sort=False):
        unit = "invoices" if str(code).startswith("invoice_t") else "lines"
        rows.append(
            {
                "term": str(code),
                "label": words(str(code)),
                "estimate": int(part["n"].sum()),
                "unit": unit,
                "method": "noted, used",
            }
        )
    table = tidy(rows)
    lost = account.lost
    text = f"{account.lines:,} lines in {count(len(account.files), 'file')}: {account.used:,} used, {account.set_aside:,} set aside"
    text += f", of which {lost:,} may bear an item." if lost else ", none of which bears an item."
    places = account.places[["file", "line", "field", "kind", "code", "value"]]
    remarks = tuple(Check("File", None, remark) for remark in account.remarks)
    return Result(
        "billing_account",
        table,
        text,
        checks=(*account_checks(billing), *remarks),
        n_used=account.used,
        n_dropped=lost,
        plot_data=places,
    )


def rates(billing: Billing) -> Result:
    """Work out what an hour really cost: fees of lines with hours, after their adjustments, by their hours.

    Parameters
    ----------
    billing : Billing
        The bills.

    Returns
    -------
    Result
        One role a row, and ``all``: estimate is the effective rate, with hours, lines and the timekeepers behind it. Adjustments of whole
        invoices are in ``all_after_adjustments`` only, for they belong to no role.
    """
    fees = billing.grains[billing.grains["kind"].eq("fee")]
    hours = float(fees["hours"].sum())
    if fees.empty or hours <= 0:
        return not_estimable(
            "effective_rates",
            "the bills hold no fees with hours",
            unit=f"{billing.unit} per hour",
            n_dropped=billing.account.lost,
        )
    # The cells of `spend`, so that hours here and amounts there give nothing away together.
    cells = billing.grains.assign(role=_role_or_none(billing.grains))
    marks = _marks(cells, "role", billing.min_cell)
    whole = marks.get(NO_TIMEKEEPER, SHOWN) != SMALL
    marks = marks.drop(NO_TIMEKEEPER, errors="ignore")
    sums = _sums(fees.assign(role=fees["role"].astype(str)), "role")
    unit = f"{billing.unit} per hour"

    def row(term: str, named: str, amount: float, part: pd.Series, who: int) -> dict[str, Any]:
        own = float(part["hours"])
        return {"term": term, "label": named, "estimate": amount / own if own > 0 else np.nan, "n_obs": who, "unit": unit, "method": "fees by hours",
                "hours": own, "lines": int(part["lines"])}  # fmt: skip

    everything, who = sums.sum(), fees["who"].nunique()
    adjustments = billing.grains[billing.grains["kind"].eq("fee_adjustment")]
    adjusted = float(adjustments["amount"].sum())
    rows = [row("all", "all roles", float(everything["rated"]), everything, who)]
    after = float(everything["rated"]) + adjusted
    rows.append(row("all_after_adjustments", "all roles, after adjustments of invoices", after, everything, who))
    if not whole or who < billing.min_cell:
        rows = [_blank(made) for made in rows]
    elif 0 < adjustments["who"].nunique() < billing.min_cell:
        rows[1] = _blank(rows[1])
    for term in marks.index:
        made = row(
            str(term),
            ROLES.get(str(term), str(term)),
            float(sums.loc[term, "rated"]),
            sums.loc[term],
            int(sums.loc[term, "who"]),
        )
        rows.append(made if marks[term] == SHOWN else _blank(made))
    table = tidy(rows)
    overall = table.iloc[0]
    if np.isnan(overall["estimate"]):
        text = f"Over all roles the rate is hidden: it would give away cells with fewer than {billing.min_cell} behind them."
    else:
        text = f"An hour cost {_money(overall['estimate'], billing)} over {number(hours)} hours of {count(int(who), 'timekeeper')}"
        after = float(table.iloc[1]["estimate"])
        text += (
            f"; {_money(after, billing)} after adjustments of whole invoices."
            if adjusted and not np.isnan(after)
            else "."
        )
    return Result(
        "effective_rates", table, text, checks=(*account_checks(billing), _hidden_check(marks, billing)), n_used=int(fees["lines"].sum()),
        n_dropped=billing.account.lost, plot_data=_bars(table[~table["term"].str.startswith("all")]),
        draw=partial(dotplot, title="Effective rates by role", xlabel=unit), alt="Effective hourly rate by role.",
    )  # fmt: skip


def addressable(billing: Billing, *, tasks: Sequence[str] = ()) -> Result:
    """Bound the share of fees that is work of a kind providers do.

    Parameters
    ----------
    billing : Billing
        The bills.
    tasks : sequence of str, optional
        Tasks that count; all of the kit's by default.

    Returns
    -------
    Result
        ``addressable``: share of fees not outsourced yet on lines whose codes map to such a task (estimate and conf_low), up to the same
        plus all fees whose codes say nothing (conf_high); ``outsourced``: share of all spend observed as outsourced; ``uncoded``: share of
        fees without a known code. The bounds come from codes, not from sampling, so no level is given.
    """
    wanted = list(tasks) or vocabulary.codes_of("task")
    grains = billing.grains
    fees = grains[grains["kind"].isin(_FEES) & grains["task"].ne(ADJUSTMENT)]
    all_fees, everything = float(fees["amount"].sum()), float(grains["amount"].sum())
    if all_fees <= 0 or everything <= 0:
        return not_estimable(
            "addressable_share", "fees do not add up to more than 0", unit="share", n_dropped=billing.account.lost
        )
    at_home = fees[~fees["outsourced"]]
    sure = float(at_home.loc[at_home["task"].isin(wanted), "amount"].sum())
    unsure = float(at_home.loc[at_home["task"].isin(_UNSURE), "amount"].sum())
    out = float(grains.loc[grains["outsourced"], "amount"].sum())
    method = "codes of the lines"
    parts = [("addressable", "work providers do, not outsourced yet", at_home[at_home["task"].isin(wanted)]),
             ("outsourced", "observed as outsourced", grains[grains["outsourced"]]),
             ("uncoded", "fees whose codes say nothing", at_home[at_home["task"].isin(_UNSURE)])]  # fmt: skip
    values = {"addressable": (sure / all_fees, sure / all_fees, (sure + unsure) / all_fees), "outsourced": (out / everything, np.nan, np.nan),
              "uncoded": (unsure / all_fees, np.nan, np.nan)}  # fmt: skip
    rows, few = [], []
    for term, named, part in parts:
        who, rest = part["who"].nunique(), grains["who"].nunique() - part["who"].nunique()
        row = {"term": term, "label": named, "estimate": values[term][0], "conf_low": values[term][1], "conf_high": values[term][2], "n_obs": who,
               "unit": "share", "method": method, "amount": float(part["amount"].sum())}  # fmt: skip
        if 0 < who < billing.min_cell or (who and 0 < rest < billing.min_cell):
            few.append(term)
            row |= {
                "estimate": np.nan,
                "conf_low": np.nan,
                "conf_high": np.nan,
                "n_obs": np.nan,
                "amount": np.nan,
                "method": HIDDEN,
            }
        rows.append(row)
    # The upper end of the first is the sum of the first and the last: hidden together with either.
    if few and "outsourced" not in few[:1]:
        for row in rows:
            if row["term"] in ("addressable", "uncoded"):
                row |= {
                    "estimate": np.nan,
                    "conf_low": np.nan,
                    "conf_high": np.nan,
                    "n_obs": np.nan,
                    "amount": np.nan,
                    "method": HIDDEN,
                }
    table = tidy(rows)
    first = table.iloc[0]
    if np.isnan(first["estimate"]):
        text = f"Fewer than {billing.min_cell} timekeepers stand behind a part of this, so it is hidden."
    else:
        text = f"{percent(first['estimate'])} of fees are work of a kind providers do and not outsourced yet"
        more = first["conf_high"] > first["estimate"]
        text += (
            f", {percent(first['conf_high'])} if fees whose codes say nothing were all of that kind." if more else "."
        )
    shown_out = table.iloc[1]["estimate"]
    if not np.isnan(shown_out):
        text += f" {percent(shown_out)} of all spend is observed as outsourced."
    check = Check(
        "What codes can tell",
        None,
        "A code tells the kind of work, not whether this piece of it can be moved; partners' hours on such work are in it.",
    )
    return Result(
        "addressable_share",
        table,
        text,
        checks=(*account_checks(billing), check),
        n_used=billing.account.used,
        n_dropped=billing.account.lost,
    )


def volumes(billing: Billing) -> Result:
    """Return volumes and rates by task and role, as the savings model takes them.

    Parameters
    ----------
    billing : Billing
        The bills.

    Returns
    -------
    Result
        One task and role a row (``document_review|associate``), fees with hours that are not outsourced yet: estimate is hours a year
        (hours by the months from the first to the last bill, times twelve), rate the effective rate, with hours, amount and the
        timekeepers behind it. Cells of few are hidden so that sums by task or role, and the cells of `spend`, do not give them away.
    """
    fees = billing.grains[billing.grains["kind"].eq("fee") & ~billing.grains["outsourced"]]
    fees = fees[fees["task"].isin(vocabulary.codes_of("task"))]
    if fees.empty:
        return not_estimable(
            "billing_volumes",
            "no fee is coded as work of a kind providers do",
            unit="hours per year",
            n_dropped=billing.account.lost,
        )
    n_months = billed_months(billing)
    marks = hidden(fees.astype({"task": str, "role": str}), ["task", "role"], least=billing.min_cell)
    # Spend hides cells of its own, beside totals that are shown: hours and rates of those would give away what is hidden with them.
    every = billing.grains.assign(role=_role_or_none(billing.grains))
    for axis, by in enumerate(("task", "role")):
        there = _marks(every, by, billing.min_cell)
        unsafe = set(there.index[there.ne(SHOWN)].astype(str))
        marks[[str(cell[axis]) in unsafe and mark == SHOWN for cell, mark in marks.items()]] = COMPLEMENT
    sums = fees.groupby(["task", "role"], observed=True)[["hours", "amount", "rated", "lines"]].sum()
    who = fees.groupby(["task", "role"], observed=True)["who"].nunique()
    rows = []
    for task, role in marks.index:
        cell = sums.loc[(task, role)]
        hours = float(cell["hours"])
        row = {"term": f"{task}|{role}", "label": f"{label(task)}, {ROLES.get(role, role)}", "estimate": 12 * hours / n_months,
               "n_obs": int(who.loc[(task, role)]), "unit": "hours per year", "method": f"hours of {count(n_months, 'month')}", "task": task, "role": role,
               "hours": hours, "amount": float(cell["amount"]), "rate": float(cell["rated"]) / hours if hours > 0 else np.nan,
               "currency": billing.currency}  # fmt: skip
        if marks[(task, role)] != SHOWN:
            row |= dict.fromkeys(("estimate", "n_obs", "hours", "amount", "rate"), np.nan) | {"method": HIDDEN}
        rows.append(row)
    table = tidy(rows)
    shown = table.dropna(subset=["estimate"])
    text = f"{count(len(shown), 'volume')} by task and role can be shown, {number(float(shown['estimate'].sum()))} hours a year together."
    checks = (*account_checks(billing), _hidden_check(marks, billing))
    if n_months < 12:
        checks = (
            *checks,
            Check(
                "A whole year", False, f"The bills cover {count(n_months, 'month')}; the year is carried on from them."
            ),
        )
    return Result(
        "billing_volumes", table, text, checks=checks, n_used=int(fees["lines"].sum()), n_dropped=billing.account.lost
    )


def billed_months(billing: Billing) -> int:
    """Count the months from the first to the last bill.

    Parameters
    ----------
    billing : Billing
        The bills.

    Returns
    -------
    int
        Months, both ends included.
    """
    first, last = (int(month[:4]) * 12 + int(month[5:]) for month in (billing.months[0], billing.months[-1]))
    return last - first + 1


def model_inputs(billing: Billing) -> dict[tuple[str, str], dict[str, float]]:
    """Return the numbers of `volumes` that may be shown, plainly.

    Parameters
    ----------
    billing : Billing
        The bills.

    Returns
    -------
    dict
        By task and role: ``hours_per_year``, ``rate`` (in the currency of the bills, net of tax, an hour) and ``timekeepers``.
    """
    table = volumes(billing).table
    if "rate" not in table:
        return {}
    shown = table[table["estimate"].notna() & table["rate"].notna()]
    return {
        (str(row.task), str(row.role)): {
            "hours_per_year": float(row.estimate),
            "rate": float(row.rate),
            "timekeepers": float(row.n_obs),
        }
        for row in shown.itertuples()
    }
