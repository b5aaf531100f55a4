"""Bridge and realised savings of bills as they may be shown: from enough timekeepers, invoices and matters only."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from lpo_analysis.methods.effects import before_after, two_way
from lpo_analysis.methods.effects_panel import make_panel
from lpo_analysis.methods.effects_simulation import Design, simulate
from lpo_analysis.methods.effects_staggered import group_time
from lpo_analysis.methods.suppression import SHOWN, suppress
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.billing.bridge import spend_bridge
from lpo_analysis.savings.billing.confidential import hidden
from lpo_analysis.savings.billing.model import Billing
from lpo_analysis.savings.billing.realised import realised_over_time, realised_savings
from lpo_analysis.savings.billing.realised_panel import Bills, Outcome, bills_panel, month_name, month_number
from lpo_analysis.savings.billing.seen import HIDDEN
from lpo_analysis.wording import count, listing, percent

POOLED = "pooled"
_YEAR = 12


def periods(billing: Billing) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """Choose the two periods that are compared: the last two years where there are so many months, else two halves of equal length.

    Parameters
    ----------
    billing : Billing
        The bills.

    Returns
    -------
    tuple of two tuples of str, or None
        First and last month of either; None where all bills are of one month.
    """
    first, last = (
        int(month_number(pd.Series([month]), "months").iloc[0]) for month in (billing.months[0], billing.months[-1])
    )
    length = min((last - first + 1) // 2, _YEAR)
    if length < 1:
        return None
    # Of an odd number of months the first is left out, so that both are equally long.
    start = last - 2 * length + 1
    pairs = ((start, start + length - 1), (start + length, last))
    return tuple((month_name(a), month_name(b)) for a, b in pairs)  # type: ignore[return-value]


def bridge(billing: Billing) -> Result:
    """Tell how much of the change of spend is volume, mix and rates, from cells that may be shown.

    Parameters
    ----------
    billing : Billing
        The bills.

    Returns
    -------
    Result
        As `lpo_analysis.savings.billing.bridge.spend_bridge` by task and role. Cells with too few behind them in either period are one cell
        together, so that the parts tell nothing of them. Not estimable where the bills are of one month, or too few stand behind a
        period or what it has without hours.
    """
    name, method = "spend_bridge", "Shapley value"
    pair = periods(billing)
    if pair is None:
        return not_estimable(name, f"all bills are of one month, {billing.months[0]}", unit=billing.unit, method=method)
    grains = billing.grains
    month, least = grains["month"].astype(str), billing.min_cell
    inside = [grains[month.between(*ends)] for ends in pair]
    timed = [part[part["kind"].eq("fee") & part["hours"].ne(0)] for part in inside]
    untimed = [part.drop(index=kept.index) for part, kept in zip(inside, timed, strict=True)]
    if any(part["who"].nunique() < least for part in timed):
        reason = f"fewer than {least} timekeepers stand behind the hours of a period"
        return not_estimable(name, reason, unit=billing.unit, method=method)
    if any(0 < part["who"].nunique() < least for part in untimed):
        reason = f"fewer than {least} invoices stand behind what a period has without hours, which could be told from the bridge"
        return not_estimable(name, reason, unit=billing.unit, method=method)
    small: set[str] = set()
    celled = []
    for part in timed:
        cells = part.assign(cell=part["task"].astype(str) + "|" + part["role"].astype(str))
        marks = hidden(cells, ["cell"], least=least)
        small |= {str(cell) for cell in marks.index[marks.ne(SHOWN)]}
        celled.append(cells)
    frames = []
    for part in celled:
        out = part["cell"].isin(small)
        frames.append(
            part.assign(
                task=part["task"].astype(str).mask(out, POOLED), role=part["role"].astype(str).mask(out, POOLED)
            )
        )
    frames += [part.assign(task="none", role="none", hours=0.0) for part in untimed]
    lines = pd.concat(frames)[["month", "task", "role", "hours", "amount"]]
    lines = lines.groupby(["month", "task", "role"], observed=True, as_index=False)[["hours", "amount"]].sum()
    found = spend_bridge(
        lines.assign(month=lines["month"].astype(str)), before=pair[0], after=pair[1], currency=billing.currency
    )
    n = sum(int(part["lines"].sum()) for part in inside)
    checks = [*found.checks]
    if small:
        checks.append(Check("Small cells", None, f"{count(len(small), 'cell')} of task and role with too few timekeepers in a period, or needed to keep them from being found, are one cell together; mix among them counts as rates."))  # fmt: skip
    if pair[0][0][5:] != pair[1][0][5:]:
        checks.append(Check("Same season", None, f"Both periods have {count(_months(pair[0]), 'month')}, but not the same ones of the year: what comes with the season is in the change."))  # fmt: skip
    return replace(found, checks=tuple(checks), n_used=n, n_dropped=int(grains["lines"].sum()) - n)


def _months(ends: tuple[str, str]) -> int:
    low, high = month_number(pd.Series(list(ends)), "months")
    return int(high - low) + 1


def moved_bills(billing: Billing, *, outcome: Outcome = "log_spend") -> tuple[Bills | None, str, str]:
    """Lay out the bills of matters, or of practice groups where they are told, as a panel.

    Parameters
    ----------
    billing : Billing
        The bills.
    outcome : str, default 'log_spend'
        See `lpo_analysis.savings.billing.realised_panel.bills_panel`.

    Returns
    -------
    tuple of (Bills or None, str, str)
        The panel, what a unit is called, and why there is none, or none that may be shown.
    """
    unit = "practice group" if len(billing.groups) else "matter"
    units = billing.units.assign(matter=billing.units["matter"].astype(str), month=billing.units["month"].astype(str))
    units = units.groupby(["matter", "month"], as_index=False)[["hours", "amount", "lines"]].sum()
    moved, left = billing.moved, 0
    if unit == "practice group":
        units = units.merge(billing.groups, on="matter", how="left")
        left = int(units.loc[units["group"].isna(), "matter"].nunique())
        units = units[units["group"].notna()]
        moved = moved.merge(billing.groups, on="matter")[["group", "month"]].drop_duplicates()
    column = "group" if unit == "practice group" else "matter"
    if moved.empty:
        return None, unit, f"no {unit} named as moved has a bill (0 of {len(billing.moved_seen)} matters named occur)"
    n_moved, n_all = len(moved), int(units[column].nunique())
    least = billing.min_cell
    if n_moved < least:
        return None, unit, f"{count(n_moved, unit)} moved work, and what rests on fewer than {least} is not shown"
    if 0 < n_all - n_moved < least:
        return None, unit, f"{count(n_all - n_moved, unit)} stayed, and what rests on fewer than {least} is not shown"
    found = bills_panel(units, moved=moved, outcome=outcome, unit=column)
    return replace(found, checks=(*found.checks, *_told(billing, left))), unit, ""


def _told(billing: Billing, left: int) -> list[Check]:
    made = []
    absent = billing.moved_seen.count(False)
    if absent:
        made.append(Check("Moves found", False, f"{count(absent, 'matter')} of {len(billing.moved_seen)} named as moved never occurs in the bills." if absent == 1 else f"{absent} matters of {len(billing.moved_seen)} named as moved never occur in the bills."))  # fmt: skip
    if left:
        made.append(
            Check("Practice groups told", False, f"Left out: {count(left, 'matter')} without a practice group.")
        )
    if not billing.units["outsourced"].any():
        made.append(Check("What the provider was paid", False, "No line is observed as outsourced, by its code or by the providers named. If what the provider was paid is not among these bills, the saving is too large by it."))  # fmt: skip
    return made


def realised(billing: Billing, *, outcome: Outcome = "log_spend", level: float = 0.90, seed: int = 0) -> Result:
    """Estimate what moving work saved, where enough moved and stayed.

    Parameters
    ----------
    billing : Billing
        The bills, with the matters that moved.
    outcome : str, default 'log_spend'
        What is compared.
    level : float, default 0.90
        Level of all intervals.
    seed : int, default 0
        Seed of the bootstrap.

    Returns
    -------
    Result
        As `lpo_analysis.savings.billing.realised.realised_savings`.
    """
    bills, unit, reason = moved_bills(billing, outcome=outcome)
    if bills is None:
        return not_estimable(f"realised_{outcome}", reason, terms=("saving_share",), level=level, method="none")
    return realised_savings(bills, currency=billing.currency, unit=unit, level=level, seed=seed)


def over_time(billing: Billing, *, outcome: Outcome = "log_spend", level: float = 0.90, seed: int = 0) -> Result:
    """Estimate effects by month since the move, those of too few matters hidden.

    Parameters
    ----------
    billing : Billing
        The bills, with the matters that moved.
    outcome : str, default 'log_spend'
        What is compared.
    level : float, default 0.90
        Level of all intervals.
    seed : int, default 0
        Seed of the bootstrap.

    Returns
    -------
    Result
        As `lpo_analysis.savings.billing.realised.realised_over_time`; months with fewer than ``min_cell`` that moved are hidden, and a further
        one where a single one would be.
    """
    bills, unit, reason = moved_bills(billing, outcome=outcome)
    if bills is None:
        return not_estimable(f"realised_{outcome}_over_time", reason, level=level, method="none")
    found = realised_over_time(bills, currency=billing.currency, unit=unit, level=level, seed=seed)
    if not found.estimable or found.plot_data is None:
        return found
    table = found.table.reset_index(drop=True)
    n = table["n_moved"].fillna(len(billing.moved)).to_numpy(dtype=int)
    out = suppress(n.reshape(-1, 1), least=billing.min_cell) != SHOWN
    if not out.any():
        return found
    table.loc[out, ["estimate", "std_error", "conf_low", "conf_high", "n_moved"]] = np.nan
    table.loc[out, "method"] = HIDDEN
    told = Check("Small cells", None, f"{count(int(out.sum()), 'month')} hidden: fewer than {billing.min_cell} that moved behind it, or needed to keep such a month from being found.")  # fmt: skip
    return replace(
        found, table=table, plot_data=found.plot_data[~out].reset_index(drop=True), checks=(*found.checks, told)
    )


_WORLDS = {
    "all_fall": ("spend falls everywhere, moved or not", Design(noise=1e-6, drift=-0.03)),
    "staggered": ("moves at three dates, and the saving grows", Design(noise=1e-6, starts=(4, 7, 10), effect=-0.1, growth=-0.05)),
    "chosen": ("those that moved were falling already", Design(noise=1e-6, selection=-0.03)),
}  # fmt: skip


@lru_cache(maxsize=1)
def naive_answers() -> Result:
    """Show in simulated worlds, whose true saving is known, which answers find it.

    Returns
    -------
    Result
        One world and way of reckoning a row: estimate is what it would say, as a share saved, truth what was put in. The worlds are
        simulated almost without noise, so that each row is what the way of reckoning says on average (all are linear in the bills).
    """
    rows = []
    for world, (label, design) in _WORLDS.items():
        frame, truth = simulate(design, seed=0)
        panel = make_panel(frame, unit="unit", time="time", outcome="y", start="start")
        ways = {
            "before_after": ("before and after alone", float(before_after(panel).iloc[0]["estimate"])),
            "two_way": ("two-way regression", float(two_way(panel, wild=False).table.iloc[0]["estimate"])),
            "used": ("the way used here", float(group_time(panel).aggregate("simple").overall["estimate"])),
        }
        for way, (named, effect) in ways.items():
            rows.append({"term": f"{world}_{way}", "label": f"{label}: {named}", "estimate": -np.expm1(effect), "unit": "share", "method": "simulated, true saving known",
                         "world": label, "way": named, "truth": -np.expm1(truth), "n_obs": panel.n_rows})  # fmt: skip
    table = tidy(rows)
    at = table.set_index("term")
    off = [f"{world} ({percent(at.loc[f'{key}_used', 'estimate'])} for {percent(at.loc[f'{key}_used', 'truth'])})"
           for key, (world, _) in _WORLDS.items() if abs(at.loc[f"{key}_used", "estimate"] - at.loc[f"{key}_used", "truth"]) > 0.01]  # fmt: skip
    first, second = at.loc["all_fall_before_after"], at.loc["staggered_two_way"]
    text = (
        f"In simulated bills whose true saving is known, before and after alone says {percent(first['estimate'])} where {percent(first['truth'])} is true and spend falls "
        f"everywhere; a two-way regression says {percent(second['estimate'])} where {percent(second['truth'])} is true and moves are staggered. "
    )
    text += (
        f"No way finds the truth where {listing(off)}; only the months before the move can hint at it."
        if off
        else "The way used here finds all of them."
    )
    return Result("naive_answers", table, text, n_used=int(table["n_obs"].sum()))
