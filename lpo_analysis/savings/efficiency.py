"""Hours released, what they earn if somebody uses them, and how fast work comes back."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import waterfall as draw_waterfall
from lpo_analysis.evidence import Candidate, Evidence, as_shares, select
from lpo_analysis.evidence.money import ends, middle_year
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.inputs import Input
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.analysis import Analysis, quantiles
from lpo_analysis.savings.beside import assumed, climbed, draw_beside, rungs_in_words, unknown
from lpo_analysis.savings.candidates import bill_rate_candidates, in_money, is_own_staff, wage_ratio
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.wording import count, listing, money, number, percent, probability

TAKEN = {
    "oversight": "oversight",
    "communication": "calls and instructions",
    "quality_control": "checking",
    "setup": "vetting and instructing at the start",
}
"""Cost lines that are hours of the buyer's own lawyers."""

WORK_DAY = 8.0
STUDIES = 3
"""Studies of measured turnaround that an estimate asks for."""


def hours_by_line(analysis: Analysis) -> dict[str, Floats]:
    """Compute the hours a year that are released and taken.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    dict of str to ndarray of float
        ``released``: hours of own staff that the work takes today (nothing where it is bought by the hour). The lines of `TAKEN`:
        hours of own lawyers it takes moved, what falls at the start spread over the horizon. ``rework``: hours done again by
        own staff.
    """
    p, c = analysis.parameters, analysis.costs
    own = is_own_staff(p)
    made = {"released": np.full(p.draws, p.volume_hours if own else 0.0)}
    for line in TAKEN:
        if line in c.amounts:
            spread = p.horizon_years if line == "setup" else 1
            made[line] = c.amounts[line] / c.reviewer_rate / spread
    if own and "rework" in c.amounts:
        rate = c.reviewer_rate if p.delivery_model == "ai_assisted" else c.baseline_rate
        made["rework"] = c.amounts["rework"] / rate
    return made


def hours(analysis: Analysis) -> Result:
    """Count the hours of own staff that moving the work releases, after what it takes of them.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms ``released``, one a line that takes hours, and ``net_hours``, each a year.
    """
    p = analysis.parameters
    if p.delivery_model == "in_house":
        reason = "the work would be done by the buyer's own lawyers, so it takes their hours and releases none"
        return unknown(
            "hours",
            "How many hours are released",
            reason,
            terms={"net_hours": "own hours released, net"},
            level=p.level,
            unit="hours a year",
        )
    made = hours_by_line(analysis)
    net = made["released"] - np.sum([draws for line, draws in made.items() if line != "released"], axis=0)
    labels = {"released": "own hours the work takes today", **TAKEN, "rework": "work done again"}
    sample = {**made, "net_hours": net}
    records = []
    for line, draws in sample.items():
        middle, low, high = quantiles(draws, p.level)
        records.append(
            {"term": line, "label": labels.get(line, "own hours released, net"), "estimate": middle, "conf_low": low, "conf_high": high,
             "std_error": float(draws.std()), "level": p.level, "n_obs": len(analysis.rows), "unit": "hours a year",
             "mean": float(draws.mean()), "method": f"median of {p.draws:,} joint draws"}
        )  # fmt: skip
    table = tidy(records)
    by = table.set_index("term")
    means = by["mean"]
    steps = [line for line in made if line != "released"]
    data = pd.DataFrame(
        {"label": [labels["released"], *(labels[s] for s in steps), "own hours released, net"],
         "value": [means["released"], *(-means[s] for s in steps), means["net_hours"]],
         "kind": ["total", *["step"] * len(steps), "total"]}
    )  # fmt: skip
    return Result(
        "hours", table, _hours_text(p, by), rows=analysis.rows, n_used=len(analysis.rows), plot_data=data, checks=_hours_checks(analysis, by),
        draw=partial(draw_waterfall, title="Own hours released and taken", xlabel="hours a year, means of the draws",
                     text=partial(number, digits=2)),
        alt=f"Bars of own hours a year: {number(means['released'])} released, "
            f"{listing([f'{number(means[s])} taken by {labels[s]}' for s in steps])}; {number(means['net_hours'])} net.",
    )  # fmt: skip


def _hours_text(p: Parameters, by: pd.DataFrame) -> str:
    net = by.loc["net_hours"]
    taken = by["mean"].drop(["released", "net_hours"])
    biggest = by.loc[taken.idxmax(), "label"]
    span = f"{number(net['conf_low'], digits=2)} to {number(net['conf_high'], digits=2)}"
    task = vocabulary.label("task", p.task)
    if not is_own_staff(p):
        return (
            f"Done today by {_whom(p)}, {task} takes nobody's hours in the {vocabulary.label('buyer', p.buyer)} but those of instructing "
            f"and checking, which this model does not count; moved, it takes {number(-net['estimate'], digits=2)} hours of own lawyers a year more "
            f"({p.level:.0%} interval {number(-net['conf_high'], digits=2)} to {number(-net['conf_low'], digits=2)}), the largest part for {biggest}. So no hours are released."
        )
    kind = vocabulary.label("baseline", p.baseline) + ("" if p.baseline == "in_house_counsel" else "s")
    if net["estimate"] <= 0:
        what = f"what it takes is more than the {number(p.volume_hours)} hours it frees: {number(-net['estimate'], digits=2)} a year in the median"
    else:
        what = f"it releases {number(net['estimate'], digits=2)} of the {number(p.volume_hours)} hours a year that {kind} spend on it today"
    return (
        f"Moving {task} takes own lawyers' time back, the largest part for {biggest}; after that, {what} ({p.level:.0%} interval {span}). Hours "
        "released are not savings until somebody uses them."
    )


def _whom(p: Parameters) -> str:
    return {"contract_attorney": "contract attorneys"}.get(
        p.baseline, f"{vocabulary.label('baseline', p.baseline)}s of a law firm"
    )


def _hours_checks(analysis: Analysis, by: pd.DataFrame) -> tuple[Check, ...]:
    p = analysis.parameters
    made = [
        Check("By task", None,
              f"What checking, rework and instructing take is assumed alike for every task; of {vocabulary.label('task', p.task)} only the fee behind oversight differs."),
        Check("Oversight in hours", None, "Oversight is on file as a share of the fee; it is turned into hours at the cost of an own lawyer's hour."),
    ]  # fmt: skip
    if is_own_staff(p):
        share = by.at["net_hours", "estimate"] / p.volume_hours
        made.append(Check("Something is released", bool(by.at["net_hours", "conf_low"] > 0),
                          f"The net release is {percent(share)} of the hours moved; the interval {'lies above' if by.at['net_hours', 'conf_low'] > 0 else 'reaches'} zero."))  # fmt: skip
    return tuple(made)


def chain_inputs(evidence: Evidence, parameters: Parameters) -> tuple[list[Input], list[str]]:
    """Gather what turns an hour of a law firm's own staff into money collected.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    items : list of Input
        ``hours_used_share``, ``utilisation_share``, ``collected_share``, ``own_rate`` and ``lawyer_rate``, as far as they are on file.
    missing : list of str
        What is not, in words.
    """
    p = parameters
    items = [
        assumed(
            "hours_used_share",
            "hours released that are put to other work",
            "share",
            p.hours_used_share,
            kind="logitnormal",
        )
    ]
    wanted: list[tuple[str, str, str, list[Candidate], str]] = [
        ("utilisation_share", "billable share of hours worked", "share", _utilisation(evidence, p), "logitnormal"),
        ("collected_share", "collected of the value of hours worked", "share", _collected(evidence, p), "logitnormal"),
        ("lawyer_rate", "billing rate of an own lawyer", f"{p.currency} of {p.price_year} an hour", _rate(evidence, p, "associate"), "lognormal"),
    ]  # fmt: skip
    if p.baseline == "paralegal":
        unit = f"{p.currency} of {p.price_year} an hour"
        wanted.append(
            ("own_rate", "billing rate of an own paralegal", unit, _rate(evidence, p, "paralegal"), "lognormal")
        )
    missing = []
    for name, label, unit, candidates, kind in wanted:
        item = climbed(name, label, unit, candidates, widening=p.widening, kind=kind)  # type: ignore[arg-type]
        if item is None:
            missing.append(f"no figure of grade {'/'.join(p.grades)} tells the {label}")
        else:
            items.append(item)
    return items, missing


def _utilisation(evidence: Evidence, p: Parameters) -> list[Candidate]:
    at_home = vocabulary.PLACES[p.baseline_location].country == "USA"
    small = select(evidence, metric="billing_efficiency_rate", category="utilisation", grades=p.grades, required=False)
    clio = Candidate(
        "billable shares of an eight-hour day in small US firms",
        as_shares(small),
        own=p.buyer_size == "small" and at_home,
    )
    rows = select(
        evidence,
        metric="lawyer_hours_per_year",
        category=["billable", "worked"],
        geography="USA",
        grades=p.grades,
        required=False,
    )
    both = rows.assign(year=middle_year(rows)).pivot_table(
        index="year", columns="category", values="value", aggfunc="mean", observed=True
    )
    frame = rows[rows["category"] == "billable"]
    if {"billable", "worked"} <= set(both.columns):
        share = (both["billable"] / both["worked"]).dropna()
        frame = frame[middle_year(frame).isin(share.index)]
        ratio = middle_year(frame).map(share)
        frame = frame.assign(low=ratio, high=ratio, observed=middle_year(frame))
    else:
        frame = frame.iloc[:0].assign(low=np.nan, high=np.nan, observed=0)
    nalp = Candidate(
        "billable over worked hours of associates in US firms", frame, own=p.buyer_size != "small" and at_home
    )
    return [clio, nalp] if p.buyer_size == "small" else [nalp, clio]


def _collected(evidence: Evidence, p: Parameters) -> list[Candidate]:
    """Realisation times collection where a study has both, or the collected share of worked rates."""
    at_home = vocabulary.PLACES[p.baseline_location].country == "USA"
    rows = select(
        evidence,
        metric="billing_efficiency_rate",
        category=["realisation", "collection"],
        grades=p.grades,
        required=False,
    )
    both = rows.pivot_table(
        index="study_id", columns="category", values="value", aggfunc="mean", observed=True
    ).dropna()
    frame = rows[rows["study_id"].isin(both.index)]
    product = frame["study_id"].astype(str).map((both / 100).prod(axis=1)) if len(both) else pd.Series(dtype=float)
    frame = frame.assign(low=product, high=product, observed=middle_year(frame))
    small = Candidate("realisation times collection in small US firms", frame, own=p.buyer_size == "small" and at_home)
    whole = select(
        evidence, metric="billing_efficiency_rate", category="collected_of_worked_rate", grades=p.grades, required=False
    )
    large = Candidate(
        "collected of worked rates in large US firms", as_shares(whole), own=p.buyer_size == "large" and at_home
    )
    return [small, large] if p.buyer_size == "small" else [large, small]


def _rate(evidence: Evidence, p: Parameters, role: str) -> list[Candidate]:
    place = vocabulary.PLACES[p.baseline_location]
    candidates, _ = bill_rate_candidates(evidence, p.model_copy(update={"baseline": role}))
    if p.buyer_size != "small" or role == "paralegal" or place.country != "USA":
        return candidates
    rows = select(
        evidence, metric="law_firm_hourly_rate", category="billing_data_small_firms", geography="USA", grades=p.grades, required=False
    )  # fmt: skip
    ratio = 1.0 if place.is_country else wage_ratio(place, "lawyer")
    if ratio is None:
        return candidates
    frame = in_money(rows, p)
    frame = frame.assign(low=frame["low"] * ratio, high=frame["high"] * ratio)
    return [Candidate("rates of lawyers in small US firms", frame, own=place.is_country), *candidates]


def hours_value(analysis: Analysis) -> Result:
    """Say what the hours released are worth if somebody uses them.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        For a law firm the fees collected a year (term ``earned``); for a legal department the fees of outside counsel that its own hours
        replace (term ``avoided``), under the assumption that each hour used replaces one bought. Not estimable where no own hours
        are released.
    """
    p = analysis.parameters
    firm = p.buyer == "law_firm"
    term, label = (
        ("earned", "fees collected a year for the hours released")
        if firm
        else ("avoided", "fees of outside counsel avoided a year")
    )
    unit = f"{p.currency} of {p.price_year} a year"
    if p.delivery_model == "in_house" or not is_own_staff(p):
        reason = (
            "the work would be done by own lawyers and releases none of their hours"
            if p.delivery_model == "in_house"
            else f"the work is bought from {_whom(p)} today, so no hours of own staff are released"
        )
        return unknown(
            "hours_value", "What released hours are worth", reason, terms={term: label}, level=p.level, unit=unit
        )
    items, missing = chain_inputs(analysis.evidence, p)
    if not firm:
        items = [item for item in items if item.name in ("hours_used_share", "lawyer_rate")]
        missing = [text for text in missing if "billing rate" in text]
    if missing:
        return unknown(
            "hours_value",
            "What released hours are worth",
            listing(missing),
            terms={term: label},
            level=p.level,
            unit=unit,
        )
    beside = draw_beside(items, p)
    made = hours_by_line(analysis)
    taken = np.sum([draws for line, draws in made.items() if line in TAKEN], axis=0)
    freed = made["released"] - made.get("rework", 0.0)
    own_rate = beside.get("own_rate", beside["lawyer_rate"])
    value = beside["hours_used_share"] * (freed * own_rate - taken * beside["lawyer_rate"])
    if firm:
        value = value * beside["utilisation_share"] * beside["collected_share"]
    middle, low, high = quantiles(value, p.level)
    rows = tuple(dict.fromkeys(row for item in items for row in item.rows))
    table = tidy(
        [{"term": term, "label": label, "estimate": middle, "conf_low": low, "conf_high": high, "std_error": float(value.std()),
          "level": p.level, "n_obs": len(rows), "unit": unit, "method": f"median of {p.draws:,} joint draws"},
         *({"term": item.name, "label": item.label, "estimate": item.median, "conf_low": item.low, "conf_high": item.high, "level": 0.9,
            "n_obs": len(item.rows), "unit": item.unit, "rung": item.rung, "method": item.basis} for item in items)]
    )  # fmt: skip
    return Result(
        "hours_value",
        table,
        _value_text(analysis, table, items),
        rows=rows,
        n_used=len(rows),
        checks=_value_checks(items, value),
    )


def _value_text(analysis: Analysis, table: pd.DataFrame, items: list[Input]) -> str:
    p = analysis.parameters
    row = table.iloc[0]
    said = partial(money, currency=p.currency, digits=2)
    span = f"{said(row['conf_low'])} to {said(row['conf_high'])}"
    by = table.set_index("term")
    used = by.loc["hours_used_share"]
    share = f"{percent(used['conf_low'])} to {percent(used['conf_high'])} of the hours (an assumption)"
    if p.buyer == "law_firm":
        hour = by.at["utilisation_share", "estimate"] * by.at["collected_share", "estimate"]
        return (
            f"If {share} are put to other work, of which {percent(by.at['utilisation_share', 'estimate'])} is billable and "
            f"{percent(by.at['collected_share', 'estimate'])} of its value is collected, the hours released earn {said(row['estimate'])} a year "
            f"({p.level:.0%} interval {span}). An hour put to other work thus brings in {percent(hour)} of its billing rate. The firm has "
            "either this or the pay it saves, never both: the net saving above counts the pay."
        )
    return (
        f"Under the assumption that {share} replace hours of outside counsel one for one, at an associate's rate, they avoid fees of "
        f"{said(row['estimate'])} a year ({p.level:.0%} interval {span}). Nothing on file says that departments use released hours so, and the "
        "net saving above counts the pay of those hours already: it is one or the other."
    )


def _value_checks(items: list[Input], value: Floats) -> tuple[Check, ...]:
    loss = float(np.mean(value <= 0))
    return (
        Check("Rungs of these inputs", None, f"{rungs_in_words(items)}."),
        Check("Something is earned", bool(loss < 0.05), f"In {probability(loss)} of the draws what moving takes of own lawyers' time is worth as much as what it frees."),
    )  # fmt: skip


def turnaround(analysis: Analysis) -> Result:
    """Say what is on file about how fast work comes back.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term a case on file, all grades: the share by which time fell. No estimate for the question's task is made from
        fewer than three studies of it that measured the time.

    Notes
    -----
    Time zones are no evidence: that a provider works while the buyer sleeps says nothing of when the work is back.
    """
    p, cases = analysis.parameters, _cases(analysis.evidence)
    own = cases[(cases["task"] == p.task) & cases["grade"].isin(p.grades) & (cases["status"] == "actual")]
    n = own["study_id"].nunique()
    rows = tuple(dict.fromkeys(row for names in cases["rows"] for row in names))
    task = vocabulary.label("task", p.task)
    reason = (
        f"{STUDIES} studies that measured it are asked for and {n or 'none'} of grade {'/'.join(p.grades)} {'is' if n < 2 else 'are'} on file for {task} "
        f"({count(len(own), 'case')}, {count(n, 'study', 'studies')})"
    )
    records = [
        {"term": case.Index, "label": case.label, "estimate": case.estimate, "conf_low": case.low, "conf_high": case.high, "n_obs": len(case.rows),
         "unit": "share of the time", "method": case.method, "grade": case.grade}
        for case in cases.itertuples()
    ]  # fmt: skip
    said = [f"{case.label} {_reduction(case)} [{case.grade}]" for case in cases.itertuples()]
    text = (
        f"By how much moved work comes back faster is not estimable, because {reason}. What is on file are {count(len(cases), 'case')} told by "
        f"clients or sellers, none of them audited: {listing(said)}. A difference of time zones is no evidence of either."
    )
    table = tidy([{"term": "turnaround", "label": f"time saved on {task}", "level": p.level, "unit": "share of the time",
                   "method": f"not estimable, because {reason}"}, *records])  # fmt: skip
    return Result("turnaround", table, text, rows=rows, n_used=0, n_dropped=len(rows), reason=reason)


def _reduction(case: object) -> str:
    low, high = getattr(case, "low", np.nan), getattr(case, "high", np.nan)
    if np.isnan(high):
        return f"at least {percent(low)}"
    return percent(high) if low == high else f"{percent(low)} to {percent(high)}"


def _cases(evidence: Evidence) -> pd.DataFrame:
    """Cases on file: stated reductions, and pairs of a time before and after."""
    every = ("A", "B", "C", "D")
    status = ("actual", "estimate", "forecast")
    stated = select(
        evidence, metric="turnaround_reduction_rate", grades=every, status=status, context=True, required=False
    )
    low, high = ends(stated)
    records: list[tuple[object, ...]] = [
        (name, f"{vocabulary.label('task', str(row.task))} in {row.year_end}", a / 100, b / 100, (name,), row.task, row.grade, row.status, row.study_id, "as stated")
        for (name, row), a, b in zip(stated.iterrows(), low, high, strict=True)
    ]  # fmt: skip
    times = select(evidence, metric="turnaround_time", grades=every, status=status, context=True, required=False)
    stem = times["category"].astype(str).str.replace(r"_(?:before|after)$", "", regex=True)
    for key, pair in times.groupby(stem):
        after, before = (pair[pair["category"].astype(str).str.endswith(end)] for end in ("_after", "_before"))
        if len(after) != 1 or len(before) != 1 or after["unit"].iloc[0] != before["unit"].iloc[0]:
            continue
        a_low, a_high = (float(end[0]) for end in ends(after))
        base = float(ends(before)[0][0])
        # An upper bound of the time after is a lower bound of the reduction.
        least = 1 - (a_high if np.isfinite(a_high) else a_low) / base
        most = np.nan if np.isnan(a_low) else 1 - a_low / base
        row = after.iloc[0]
        expected = ", expected" if row["status"] == "forecast" else ""
        records.append(
            (f"{key}", f"{vocabulary.label('task', str(row['task']))} in {row['year_end']}{expected}", least, most, (before.index[0], after.index[0]),
             row["task"], row["grade"], row["status"], row["study_id"], "time after over time before")
        )  # fmt: skip
    columns = ["term", "label", "low", "high", "rows", "task", "grade", "status", "study_id", "method"]
    frame = pd.DataFrame(records, columns=columns).set_index("term")
    return frame.assign(estimate=(frame["low"] + frame["high"]) / 2)
