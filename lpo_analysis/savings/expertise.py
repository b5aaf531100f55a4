"""The expert: having one (hire, pay, keep busy, replace) against buying one by the hour."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import band, dotplot
from lpo_analysis.evidence import Candidate, Evidence, as_shares, select
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.inputs import Input
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.analysis import Analysis, quantiles
from lpo_analysis.savings.beside import assumed, climbed, draw_beside, rungs_in_words, unknown
from lpo_analysis.savings.candidates import in_money, staff_candidates, wage_ratio
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.wording import listing, money, number, percent, probability, sentence

PRACTICES = {
    "billing_data_commercial_contracts": "commercial contracts",
    "billing_data_corporate": "corporate law",
    "billing_data_employment": "employment law",
    "billing_data_finance": "finance",
    "billing_data_mergers": "mergers and acquisitions",
    "billing_data_regulatory": "regulatory work and compliance",
}
"""Practices whose specialists have a rate of their own on file (partners of large US firms)."""

SIZES = ("small", "midsize", "large")
SELLERS = {"firm": "a specialist of a law firm", "provider": "the provider of this report"}
_GENERAL = ("billing_data_mean", "billing_data_average")
_BRITISH = ("rate_survey_national_firms", "rate_survey_city_other", "rate_survey_magic_circle")


def hire_inputs(evidence: Evidence, parameters: Parameters) -> tuple[list[Input], list[str]]:
    """Gather what an expert of one's own costs.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    items : list of Input
        Pay, premium, overhead, recruiting, attrition, and the use of idle hours.
    missing : list of str
        What is not on file, in words.
    """
    p = parameters
    unit = f"{p.currency} of {p.price_year}"
    pay = climbed(
        "expert_pay",
        "yearly pay of a lawyer before the premium",
        f"{unit} a year",
        staff_candidates(evidence, p, "lawyer"),
        widening=p.widening,
    )
    leaving = select(evidence, metric="attrition_rate", category="law_firm_associates", grades=p.grades, required=False)
    attrition = climbed(
        "attrition_share", "lawyers who leave in a year", "share",
        [Candidate("associates of US and Canadian law firms", as_shares(leaving), own=False)], widening=p.widening, kind="logitnormal",
    )  # fmt: skip
    grades = "/".join(p.grades)
    missing = (
        []
        if pay
        else [f"no figure of grade {grades} says what lawyers earn in {vocabulary.in_words(p.baseline_location)}"]
    )
    missing += [] if attrition else [f"no figure of grade {grades} says how many lawyers leave in a year"]
    costs = select(evidence, metric="replacement_cost", role="associate", grades=p.grades, required=False)
    replacing = climbed("replacement_cost", "cost of replacing a lawyer", unit,
                        [Candidate("cost per departing associate in US firms", in_money(costs, p), own=False)], widening=p.widening)  # fmt: skip
    if replacing is None:
        replacing = assumed(
            "recruiting_share",
            "finding and bringing in a lawyer",
            "share of a year's pay",
            p.recruiting_share,
            kind="logitnormal",
        )
    items = [
        *(item for item in (pay, attrition) if item is not None),
        replacing,
        assumed("expert_premium", "pay of a specialist", "multiple of a lawyer's", p.expert_premium, kind="lognormal"),
        assumed("expert_overhead", "room, technology and training of one more lawyer", "multiple of pay", p.expert_overhead, kind="lognormal"),
        assumed("hours_used_share", "idle hours that are put to other work", "share", p.hours_used_share, kind="logitnormal"),
    ]  # fmt: skip
    return items, missing


def specialist_candidates(
    evidence: Evidence, parameters: Parameters, *, practice: str | None = None
) -> list[Candidate]:
    """List what an hour of a law firm's specialist costs, the nearest first.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    practice : str, optional
        Only the rates of this practice, a key of `PRACTICES`.

    Returns
    -------
    list of Candidate
        Partners' rates in the money of the report.
    """
    place = vocabulary.PLACES[parameters.baseline_location]

    def rates(category: str | tuple[str, ...]) -> pd.DataFrame:
        rows = select(evidence, metric="law_firm_hourly_rate", category=category, role="partner", geography=place.country,
                      grades=parameters.grades, required=False)  # fmt: skip
        return in_money(rows, parameters)

    if place.country == "GBR":
        names = ("partners of national firms", "partners of other City firms", "partners of magic circle firms")
        if practice is not None:
            return []
        return [
            Candidate(name, rates(category), own=place.is_country)
            for name, category in zip(names, _BRITISH, strict=True)
        ]
    if place.country != "USA":
        return []
    ratio = 1.0 if place.is_country else wage_ratio(place, "lawyer")
    if ratio is None:
        return []
    carried = "" if place.is_country else f", times the wage ratio of {vocabulary.in_words(place.code)} ({ratio:.2f})"
    found = []
    if practice is not None:
        found.append((f"partners of large US firms in {PRACTICES[practice]}", rates(practice)))
    else:
        if parameters.task in ("contract_management", "due_diligence", "compliance"):
            rows = rates(tuple(PRACTICES))
            rows = rows[rows["task"] == parameters.task]
            found.append((f"partners of large US firms for {vocabulary.label('task', parameters.task)}", rows))
        found += [("partners of US firms, all practices", rates(category)) for category in _GENERAL]
    return [
        Candidate(
            name + carried, frame.assign(low=frame["low"] * ratio, high=frame["high"] * ratio), own=place.is_country
        )
        for name, frame in found
    ]


def hire_cost(values: Mapping[str, Floats], *, hours: float | Floats, horizon: int) -> Floats:
    """Compute what having experts costs a year.

    Parameters
    ----------
    values : mapping of str to ndarray of float
        Draws of ``expert_pay`` (of the price year), ``expert_premium``, ``benefits_share``, ``expert_overhead``,
        ``productive_hours``, ``attrition_share``, ``recruiting_share`` or ``replacement_cost``, ``hours_used_share`` and
        ``reviewer_rate`` (worth of an idle hour put to other work).
    hours : float or ndarray of float
        Hours of expertise needed a year.
    horizon : int
        Years over which the first search is spread.

    Returns
    -------
    ndarray of float
        Cost a year: whole persons, less what their idle hours are worth.
    """
    v = values
    persons = np.maximum(np.ceil(hours / v["productive_hours"] - 1e-9), 1.0)
    idle = persons * v["productive_hours"] - hours
    return persons * person_cost(v, horizon=horizon) - v["hours_used_share"] * idle * v["reviewer_rate"]


def person_cost(values: Mapping[str, Floats], *, horizon: int) -> Floats:
    """Compute what one expert costs a year, busy or not.

    Parameters
    ----------
    values : mapping of str to ndarray of float
        As for `hire_cost`.
    horizon : int
        Years over which the first search is spread.

    Returns
    -------
    ndarray of float
        Pay with premium, benefits and overhead, and searches: the first spread over the horizon, then one a leaver.
    """
    v = values
    pay = v["expert_pay"] * v["expert_premium"]
    search = v["replacement_cost"] if "replacement_cost" in v else v["recruiting_share"] * pay
    return np.asarray(
        pay * (1 / (1 - v["benefits_share"]) + v["expert_overhead"]) + search * (1 / horizon + v["attrition_share"])
    )


def break_even_hours(values: Mapping[str, Floats], price: Floats, *, horizon: int) -> Floats:
    """Find the hours a year from which having an expert is cheaper than buying.

    Parameters
    ----------
    values : mapping of str to ndarray of float
        As for `hire_cost`.
    price : ndarray of float
        Price of an hour bought.
    horizon : int
        Years over which the first search is spread.

    Returns
    -------
    ndarray of float
        Hours of the first expert; infinite where even a fully busy expert costs more an hour than the price, 0 where idle
        hours pay for the expert anyway.
    """
    v = values
    person, worth = person_cost(v, horizon=horizon), v["hours_used_share"] * v["reviewer_rate"]
    unused = person - worth * v["productive_hours"]
    never = price * v["productive_hours"] < person
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = unused / (price - worth)
    return np.where(never, np.inf, np.maximum(crossing, 0.0))


def _values(analysis: Analysis, parameters: Parameters) -> tuple[dict[str, Floats], list[Input], list[str]]:
    """Draws of everything: what the cost model has is shared with it draw by draw."""
    items, missing = hire_inputs(analysis.evidence, parameters)
    p = analysis.parameters
    price = climbed("specialist_price", "price of an hour of a specialist", f"{p.currency} of {p.price_year} an hour",
                    specialist_candidates(analysis.evidence, parameters), widening=p.widening)  # fmt: skip
    if price is not None:
        items.append(price)
    drawn = draw_beside(items, p)
    shared = {name: analysis.values[name] for name in ("benefits_share", "productive_hours", "reviewer_rate")}
    # What a lawyer earns here is one quantity: a second draw of the same rows would set it against itself.
    known = analysis.inputs[analysis.gathered.rates.reviewer]
    if any(item.name == "expert_pay" and (item.rows, item.shape) == (known.rows, known.shape) for item in items):
        shared["expert_pay"] = analysis.values[known.name]
    return drawn | shared, items, missing


def prices(analysis: Analysis, drawn: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return what an hour bought costs, by seller.

    Parameters
    ----------
    analysis : Analysis
        The analysis.
    drawn : mapping of str to ndarray of float
        Draws, with ``specialist_price`` where it is on file.

    Returns
    -------
    dict of str to ndarray of float
        ``firm``: a law firm's specialist. ``provider``: the way of this report with everything around it, per hour of today's
        work; left out where it is the buyer's own staff.
    """
    p, c = analysis.parameters, analysis.costs
    found = {"firm": drawn["specialist_price"]} if "specialist_price" in drawn else {}
    if p.delivery_model in ("provider", "contract_attorney"):
        found["provider"] = c.alternative / (analysis.terms.annuity * p.volume_hours)
    return found


def expertise(analysis: Analysis) -> Result:
    """Compare having an expert with buying one at the hours the buyer needs.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms ``hire`` and ``hire_hour`` (a year, and an hour needed); for each seller ``buy_firm`` or ``buy_provider`` (a year),
        ``break_even_...`` (hours a year from which having one is cheaper); for the law firm ``p_buy_firm`` (chance that buying is cheaper at
        ``expert_hours``). That the provider has the expertise at all is not on file, so no chance is told for it.
    """
    p = analysis.parameters
    terms = {"hire": "having an expert", "break_even_firm": "hours from which having one is cheaper"}
    unit = f"{p.currency} of {p.price_year} a year"
    drawn, items, missing = _values(analysis, p)
    if missing:
        return unknown(
            "expertise", "From how many hours an expert pays", listing(missing), terms=terms, level=p.level, unit=unit
        )
    bought = prices(analysis, drawn)
    if not bought:
        where = vocabulary.in_words(p.baseline_location)
        reason = f"no price of a specialist's hour of grade {'/'.join(p.grades)} is on file for {where} and this report asks for no seller"
        return unknown("expertise", "From how many hours an expert pays", reason, terms=terms, level=p.level, unit=unit)
    hire = hire_cost(drawn, hours=p.expert_hours, horizon=p.horizon_years)
    rows = tuple(dict.fromkeys(row for item in items for row in item.rows))
    records = [_record(p, "hire", "having an expert", hire, unit, len(rows)),
               _record(p, "hire_hour", "the same by hour needed", hire / p.expert_hours, f"{p.currency} an hour", len(rows))]  # fmt: skip
    for seller, price in bought.items():
        records += [
            _record(p, f"buy_{seller}", f"buying from {SELLERS[seller]}", price * p.expert_hours, unit, len(rows)),
            _record(p, f"break_even_{seller}", f"hours from which having one beats {SELLERS[seller]}",
                    break_even_hours(drawn, price, horizon=p.horizon_years), "hours a year", len(rows)),
        ]  # fmt: skip
        if seller == "firm":
            records.append({"term": f"p_buy_{seller}", "label": f"chance that {SELLERS[seller]} is cheaper", "estimate": float(np.mean(price * p.expert_hours < hire)),
                            "level": p.level, "n_obs": len(rows), "unit": "probability", "method": "share of the draws"})  # fmt: skip
    table = tidy(records)
    main = next(iter(bought))
    data = _curve(drawn, bought[main], p)
    return Result(
        "expertise", table, _text(p, table.set_index("term"), tuple(bought)), rows=rows, n_used=len(rows), plot_data=data,
        checks=_checks(items, p, drawn),
        draw=partial(band, title="Buying an expert against having one", xlabel="hours needed a year",
                     ylabel="cheaper by buying", mark=p.expert_hours, mark_text=f"{p.expert_hours:,.0f} h", log=True),
        alt=f"Curve of what buying from {SELLERS[main]} saves against having an expert, from {percent(data['estimate'].iloc[0])} at "
            f"{data['x'].iloc[0]:,.0f} hours a year to {percent(data['estimate'].iloc[-1])} at {data['x'].iloc[-1]:,.0f} hours.",
    )  # fmt: skip


def _record(p: Parameters, term: str, label: str, draws: Floats, unit: str, n: int) -> dict[str, object]:
    middle, low, high = quantiles(draws, p.level)
    spread = float(draws.std()) if np.isfinite(draws).all() else float("nan")
    return {"term": term, "label": label, "estimate": middle, "conf_low": low, "conf_high": high, "std_error": spread, "level": p.level,
            "n_obs": n, "unit": unit, "method": f"median of {p.draws:,} joint draws"}  # fmt: skip


def _curve(drawn: Mapping[str, Floats], price: Floats, p: Parameters) -> pd.DataFrame:
    records = []
    for hours in np.geomspace(50, 4000, 13):
        saved = 1 - price * hours / hire_cost(drawn, hours=float(hours), horizon=p.horizon_years)
        records.append((float(hours), *quantiles(saved, p.level)))
    return pd.DataFrame(records, columns=["x", "estimate", "conf_low", "conf_high"])


def _span(row: pd.Series) -> str:
    high = row["conf_high"]
    return (
        f"{number(row['conf_low'], digits=2)} to {number(high, digits=2)}"
        if np.isfinite(high)
        else f"from {number(row['conf_low'], digits=2)} without upper end"
    )


def _text(p: Parameters, by: pd.DataFrame, sellers: tuple[str, ...]) -> str:
    said = partial(money, currency=p.currency, digits=2)
    hire = by.loc["hire"]
    lines = [
        (
            f"An expert of one's own costs {said(hire['estimate'])} a year ({p.level:.0%} interval {said(hire['conf_low'])} to {said(hire['conf_high'])}) for "
            f"{number(p.expert_hours)} hours needed, {said(by.at['hire_hour', 'estimate'])} an hour."
        )
    ]
    for seller in sellers:
        buy, even = (by.loc[f"{what}_{seller}"] for what in ("buy", "break_even"))
        if np.isfinite(even["estimate"]):
            when = f"having one is cheaper from about {number(even['estimate'], digits=2)} hours a year ({_span(even)})"
        else:
            when = "even a fully busy expert costs more by the hour in most draws, so that no number of hours makes having one cheaper"
        if seller == "firm":
            chance = probability(by.at["p_buy_firm", "estimate"])
            lines.append(
                f"{sentence(SELLERS[seller])} asks {said(buy['estimate'])} for them and is cheaper in {chance} of the draws; {when}."
            )
        else:
            lines.append(
                f"{sentence(SELLERS[seller])}, with everything around its fee, comes to {said(buy['estimate'])} for them at the price of its ordinary "
                f"work. That its staff have the expertise in question is not on file; if they had it at that price, {when}."
            )
    return " ".join(lines)


def _checks(items: list[Input], p: Parameters, drawn: Mapping[str, Floats]) -> tuple[Check, ...]:
    busy = p.expert_hours / float(np.median(drawn["productive_hours"]))
    persons = int(np.ceil(busy - 1e-9))
    return (
        Check("Rungs of these inputs", None, f"{rungs_in_words(items)}."),
        Check("Busy enough", bool(busy >= 0.5),
              f"The hours needed keep {persons} {'expert' if persons == 1 else 'experts'} busy for {percent(busy / persons)} of the productive hours; idle "
              "hours count as far as other work is found for them (hours_used_share)."),
        Check("Pay is not price", None,
              "A law firm's price is that of a partner; pay is that of lawyers at the place (for a US law firm of first-year associates) times an "
              "assumed premium (expert_premium), because what specialists of one field earn is not on file."),
    )  # fmt: skip


def expertise_by_size(analysis: Analysis) -> Result:
    """Show from how many hours having an expert pays, by size of the buyer.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term a size. Not estimable where no pay on file differs by size: for legal departments and outside the United States.
    """
    p = analysis.parameters
    labels = {size: f"{vocabulary.label('buyer size', size)} {vocabulary.label('buyer', p.buyer)}" for size in SIZES}
    if p.buyer != "law_firm" or vocabulary.PLACES[p.baseline_location].country != "USA":
        whose = (
            "legal departments" if p.buyer != "law_firm" else f"law firms in {vocabulary.in_words(p.baseline_location)}"
        )
        reason = f"no pay on file differs by size among the lawyers of {whose}"
        return unknown(
            "expertise_by_size",
            "A difference by size of the buyer",
            reason,
            terms=labels,
            level=p.level,
            unit="hours a year",
        )
    records, rows = [], []
    for size, label in labels.items():
        drawn, items, missing = _values(analysis, p.model_copy(update={"buyer_size": size}))
        bought = prices(analysis, drawn) if not missing else {}
        pay = next((item for item in items if item.name == "expert_pay"), None)
        if not bought or pay is None or "first-year associates" not in pay.basis:
            records.append({"term": size, "label": label, "level": p.level, "unit": "hours a year",
                            "method": f"not estimable, because no pay of grade {'/'.join(p.grades)} is on file for this size"})  # fmt: skip
            continue
        price = next(iter(bought.values()))
        hire = hire_cost(drawn, hours=p.expert_hours, horizon=p.horizon_years)
        used = {row for item in items for row in item.rows}
        rows += sorted(used)
        records.append({**_record(p, size, label, break_even_hours(drawn, price, horizon=p.horizon_years), "hours a year", len(used)),
                        "pay": pay.median, "p_buy": float(np.mean(price * p.expert_hours < hire))})  # fmt: skip
    return _compared(p, "expertise_by_size", records, rows, "size", "By size of the firm")


def expertise_by_practice(analysis: Analysis) -> Result:
    """Show from how many hours having an expert pays, by practice of the specialist.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term a practice with a rate of its own on file.
    """
    p = analysis.parameters
    labels = {category.removeprefix("billing_data_"): name for category, name in PRACTICES.items()}
    drawn, items, missing = _values(analysis, p)
    records, rows = [], []
    for category, name in PRACTICES.items():
        term = category.removeprefix("billing_data_")
        candidates = specialist_candidates(analysis.evidence, p, practice=category)
        item = None if missing else climbed("specialist_price", "", "", candidates, widening=p.widening)
        if item is None:
            continue
        price = draw_beside([item], p)["specialist_price"]
        hire = hire_cost(drawn, hours=p.expert_hours, horizon=p.horizon_years)
        rows += list(item.rows)
        records.append({**_record(p, term, name, break_even_hours(drawn, price, horizon=p.horizon_years), "hours a year", len(item.rows)),
                        "price": item.median, "p_buy": float(np.mean(price * p.expert_hours < hire))})  # fmt: skip
    if not records:
        where = vocabulary.in_words(p.baseline_location)
        reason = listing(missing) or f"no rate of grade {'/'.join(p.grades)} by practice is on file for {where}"
        return unknown(
            "expertise_by_practice",
            "A difference by practice of the specialist",
            reason,
            terms=labels,
            level=p.level,
            unit="hours a year",
        )
    rows += [row for item in items if item.name != "specialist_price" for row in item.rows]
    return _compared(p, "expertise_by_practice", records, rows, "practice", "By practice of the specialist")


def _compared(
    p: Parameters, name: str, records: list[dict[str, object]], rows: list[str], what: str, title: str
) -> Result:
    table = tidy(records)
    known = table.dropna(subset=["estimate"])
    if known.empty:
        reason = f"no figure of grade {'/'.join(p.grades)} differs by {what}"
        return unknown(
            name,
            f"A difference by {what}",
            reason,
            terms=dict(zip(table["term"], table["label"], strict=True)),
            level=p.level,
            unit="hours a year",
        )
    finite = known[np.isfinite(known["estimate"])]
    said = [f"{row.label} {number(row.estimate, digits=2)}" for row in finite.itertuples()]
    never = [str(row.label) for row in known.itertuples() if not np.isfinite(row.estimate)]
    text = f"Hours a year from which having an expert beats buying one, by {what}: {listing(said)}." if said else ""
    if never:
        text += f" For {listing(never)} no number of hours does in most draws."
    missing = table[table["estimate"].isna()]
    if len(missing):
        text += f" Not estimable for {listing(list(missing['label']))}."
    overlap = len(finite) > 1 and finite["conf_low"].max() <= finite["conf_high"].min()
    if overlap:
        text += " The intervals overlap all around; most of what is uncertain is common to all of them, so that this neither shows a difference nor rules one out."
    drawn = finite.assign(conf_high=finite["conf_high"].replace(np.inf, np.nan), main=False)
    used = tuple(dict.fromkeys(rows))
    return Result(
        name, table, text.strip(), rows=used, n_used=len(used), plot_data=drawn[["label", "estimate", "conf_low", "conf_high", "main"]],
        draw=partial(dotplot, title=title, xlabel="hours a year from which having one is cheaper"),
        alt=f"{title}: " + "; ".join(f"{row.label} {number(row.estimate, digits=2)} hours" for row in finite.itertuples()) + ".",
    )  # fmt: skip
