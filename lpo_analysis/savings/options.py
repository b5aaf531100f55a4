"""Every way of doing the work, and every way of paying for it, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import dotplot
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import Evidence
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Result, tidy
from lpo_analysis.savings.analysis import Analysis, analyse, quantiles, take_rows
from lpo_analysis.savings.gather import refusal
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.wording import count, listing, money, percent, probability, sentence

DRAWS = 4096
"""Draws of each option beside the report's own; enough for a median and an interval to two digits."""

TODAYS_ROWS = "priced from the rows of today's price"
"""What is noted of a way whose hour no row tells apart from today's."""

BY_THE_HOUR: Mapping[str, object] = {"pricing_model": "hourly", "price": [], "hours_per_unit": [], "minimum_hours": 0.0}
"""What an option other than the report's own is paid by."""


def delivery_models(analysis: Analysis) -> Result:
    """Cost every way of doing the work for the task, buyer and volume of the question.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term an option, the report's own first: ``estimate`` is the net saving; columns ``hour_cost``, ``hour_low`` and ``hour_high``
        (cost per hour of today's work, all lines, present values spread over the horizon), ``p_saving`` (chance of beating today's
        way), ``rate_gap``, ``shore``, ``rung_1`` to ``rung_4`` (number of inputs) and ``note`` (where the hour is priced from the rows of
        today's). What cannot be costed has the reason under ``method``.
    """
    p = analysis.parameters
    own = (p.delivery_model, p.location)
    records = [_own(analysis)]
    for model, place in _options(analysis):
        if (model, place) != own:
            records.append(
                _option(analysis, f"{model}_{place}", {"delivery_model": model, "location": place, **BY_THE_HOUR})
            )
    for record in records:
        model, _, place = str(record["term"]).rpartition("_")
        shore = vocabulary.shore(p.baseline_location, place)
        record |= {"label": _label(model, place), "shore": shore, "level": p.level, "unit": "share"}
    rows = take_rows(records)
    frame = tidy(records)
    frame["rungs"], frame["note"] = frame["rungs"].fillna(""), frame["note"].fillna("")
    costed = frame[frame["estimate"].notna()]
    today = _per_hour(analysis, analysis.costs.baseline)
    data = costed.sort_values("hour_cost", kind="stable")
    drawn = pd.DataFrame({"label": data["label"], "estimate": data["hour_cost"], "conf_low": data["hour_low"], "conf_high": data["hour_high"],
                          "main": data["term"] == records[0]["term"]})  # fmt: skip
    return Result(
        "delivery_models", frame, _compared(analysis, frame, today), rows=rows, n_used=len(costed), n_dropped=len(frame) - len(costed),
        plot_data=drawn,
        draw=partial(dotplot, title="What each way of doing the work costs", reference=today[0], reference_text="today", band=today[1:],
                     xlabel=f"{p.currency} of {p.price_year} per hour of today's work, median and {p.level:.0%} interval; shaded: today", log=True),
        alt=f"Cost per hour of today's work, which is {money(today[0], p.currency, width=today[2] - today[1])} today: "
        + "; ".join(f"{row.label} {_hour(row, p.currency)}" for row in data.itertuples(index=False)) + ".",
    )  # fmt: skip


def _hour(row: Any, currency: str) -> str:
    """Say what an hour costs, to the decimals that its interval bears."""
    return money(row.hour_cost, currency, width=row.hour_high - row.hour_low)


def _label(model: str, place: str) -> str:
    return f"{vocabulary.label('delivery model', model)}, {vocabulary.label('place', place)}"


def _options(analysis: Analysis) -> list[tuple[str, str]]:
    """Who might do the work, and where: at home, in a centre there, near, and far."""
    p = analysis.parameters
    home = p.baseline_location
    country = vocabulary.PLACES[home].country
    far = p.location if vocabulary.shore(home, p.location) == "offshore" else "IND"
    found = [("in_house", home), ("ai_assisted", home), ("law_firm", country), ("contract_attorney", home)]
    if country in vocabulary.LOW_COST_CENTRES:
        found += [(model, vocabulary.LOW_COST_CENTRES[country]) for model in ("provider", "captive")]
    near = vocabulary.NEAR.get(country, ())
    if near:
        rows = analysis.evidence.observations
        told = set(rows.loc[rows["metric"].isin(["lpo_hourly_rate", "annual_pay"]), "geography"])
        with_rows = [place for place in near if place in told]
        found.append(("provider", p.location if p.location in near else (with_rows or near)[0]))
    if far != home:
        found += [("provider", far), ("captive", far)]
    return list(dict.fromkeys(found))


def _own(analysis: Analysis) -> dict[str, object]:
    p = analysis.parameters
    return {"term": f"{p.delivery_model}_{p.location}", **_measured(analysis)}


def _option(analysis: Analysis, term: str, changes: Mapping[str, object]) -> dict[str, object]:
    p = analysis.parameters
    try:
        changed = p.with_changes(**{"draws": min(p.draws, DRAWS), **changes})
    except ParameterError as error:
        reason = error.what.partition(": ")[2].partition("; ")[0]
        reason = "it is the way of today" if "is the baseline already" in reason else reason
        return {"term": term, "method": f"not estimable, because {reason}"}
    return {"term": term, **_measured_apart(changed, analysis.evidence)}


@lru_cache(maxsize=512)
def _measured_apart(parameters: Parameters, evidence: Evidence) -> Mapping[str, object]:
    """Kept without the draws: questions of one batch share their options."""
    reason = refusal(parameters, evidence)
    if reason is not None:
        return {"method": f"not estimable, because {reason}"}
    return MappingProxyType(_measured(analyse(parameters, evidence=evidence)))


def _measured(analysis: Analysis) -> dict[str, object]:
    p, c = analysis.parameters, analysis.costs
    middle, low, high = quantiles(c.net_saving, p.level)
    hour, hour_low, hour_high = _per_hour(analysis, c.alternative)
    rungs: dict[str, object] = {f"rung_{rung}": len(analysis.counted.by_rung((rung,))) for rung in (1, 2, 3, 4)}
    rungs["rungs"] = ", ".join(map(str, rungs.values()))
    return {"estimate": middle, "conf_low": low, "conf_high": high, "std_error": float(c.net_saving.std()), "n_obs": len(analysis.rows),
            "hour_text": money(hour, p.currency, width=hour_high - hour_low),
            "method": "the cost model of this report", "hour_cost": hour, "hour_low": hour_low, "hour_high": hour_high,
            "rate_gap": quantiles(c.rate_gap, p.level)[0], "p_saving": float(np.mean(c.net_saving > 0)),
            "note": TODAYS_ROWS if analysis.gathered.same_rows else "", "rows": analysis.rows, **rungs}  # fmt: skip


def _per_hour(analysis: Analysis, draws: Floats) -> tuple[float, float, float]:
    t = analysis.terms
    return quantiles(draws / (t.annuity * t.volume_hours), analysis.parameters.level)


def _compared(analysis: Analysis, frame: pd.DataFrame, today: tuple[float, float, float]) -> str:
    p = analysis.parameters
    costed = frame[frame["estimate"].notna()].sort_values("hour_cost", kind="stable")
    # A way priced from the rows of today's price is that price over again, and no finding about which way is cheap.
    alike = list(costed.loc[costed["note"] != "", "label"])
    told = costed[costed["note"] == ""] if len(alike) < len(costed) else costed
    cheapest, dearest = told.iloc[0], told.iloc[-1]
    likely = [
        f"{row.label} ({probability(row.p_saving)})" for row in costed.itertuples(index=False) if row.p_saving > 0.5
    ]
    lines = [
        (
            f"An hour of the work costs {money(today[0], p.currency, width=today[2] - today[1])} today (median). Of {count(len(frame), 'way')} of doing it otherwise "
            f"{len(costed)} can be costed, {_range(cheapest, dearest, p.currency)}."
        )
    ]
    if alike:
        verb = "is" if len(alike) == 1 else "are"
        left = " and left out of that" if len(alike) < len(costed) else ""
        lines.append(
            f"{sentence(listing(alike))} {verb} {TODAYS_ROWS}{left}: no row tells such an hour from one of today."
        )
    lines.append(
        "None of them is more likely than not cheaper than today."
        if not likely
        else f"More likely than not cheaper than today: {listing(likely)}."
        if len(likely) < len(costed) or len(likely) < 4
        else "All of them are more likely than not cheaper than today."
    )
    refused = _refused(frame)
    if refused:
        lines.append(f"Not costed: {'; '.join(refused)}.")
    return " ".join(lines)


def _range(cheapest: pd.Series, dearest: pd.Series, currency: str) -> str:
    ends = [f"{_hour(row, currency)} ({row['label']})" for row in (cheapest, dearest)]
    return f"at {ends[0]}" if cheapest["term"] == dearest["term"] else f"from {ends[0]} to {ends[1]}"


def _refused(frame: pd.DataFrame) -> list[str]:
    """List what cannot be computed, each with its reason."""
    rows = frame[frame["estimate"].isna()]
    reasons = rows["method"].str.removeprefix("not estimable, because ")
    return [f"{label} ({reason})" for label, reason in zip(rows["label"], reasons, strict=True)]


def pricing_models(analysis: Analysis) -> Result:
    """Cost the provider of the question under every way of paying for it.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term a pricing model: ``estimate`` is the net saving; columns ``hour_cost`` (of an hour of today's work, all lines), ``fee_half`` and
        ``fee_double`` (the yearly fee at half and at twice the volume, over that at the volume of the question), ``rung`` and ``basis``
        of the price. What has no price has the reason under ``method``.
    """
    p = analysis.parameters
    records: list[dict[str, object]] = []
    for code in vocabulary.PRICING_MODELS:
        if code == p.pricing_model and p.delivery_model == "provider":
            record: dict[str, object] = {"term": code, **_measured(analysis), **_priced(analysis)}
        else:
            record = {"term": code, **_paid_apart(analysis, code)}
        records.append(record | {"label": vocabulary.label("pricing model", code), "level": p.level, "unit": "share"})
    rows = take_rows(records)
    frame = tidy(records)
    for name in ("hour_cost", "fee_half", "fee_double", "rung", "p_saving"):
        if name not in frame:
            frame[name] = np.nan
    frame["basis"] = frame["basis"].fillna("") if "basis" in frame else ""
    costed = frame[frame["estimate"].notna()]
    place = vocabulary.in_words(p.location)
    if p.delivery_model != "provider":
        text = (
            "This way of doing the work is costed by the hour; the other ways of paying are those of outside providers."
        )
    elif costed.empty:
        text = f"No way of paying a provider in {place} has a price on file."
    else:
        told = [f"{row.label} {percent(row.estimate)}" for row in costed.itertuples(index=False)]
        refused = _refused(frame)
        text = f"Net saving (median) by the way in which the provider in {place} is paid: {listing(told)}." + (
            f" Not computed, unless an own quote is given (parameter price). {'. '.join(map(sentence, refused))}."
            if refused
            else ""
        )
    return Result("pricing_models", frame, text, rows=rows, n_used=len(costed), n_dropped=len(frame) - len(costed))


def _paid_apart(analysis: Analysis, code: str) -> Mapping[str, object]:
    p = analysis.parameters
    if p.delivery_model != "provider":
        return {"method": f"not estimable, because {p.delivery_model} is costed by the hour"}
    # An own quote is for its own unit, and says nothing of another.
    changes = {
        **BY_THE_HOUR,
        "pricing_model": code,
        "minimum_hours": p.minimum_hours,
        "hours_per_unit": p.hours_per_unit,
    }
    changed = p.with_changes(**{**changes, "draws": min(p.draws, DRAWS)})
    return _priced_apart(changed, analysis.evidence)


@lru_cache(maxsize=256)
def _priced_apart(parameters: Parameters, evidence: Evidence) -> Mapping[str, object]:
    reason = refusal(parameters, evidence)
    if reason is not None:
        return {"method": f"not estimable, because {reason}"}
    other = analyse(parameters, evidence=evidence)
    return MappingProxyType({**_measured(other), **_priced(other)})


def _priced(analysis: Analysis) -> dict[str, object]:
    from dataclasses import replace

    from lpo_analysis.savings.costs import costs

    t = analysis.terms
    fee = analysis.costs.amounts["fee"]
    at = [
        costs(analysis.values, replace(t, volume_hours=t.volume_hours * times)).amounts["fee"] / fee
        for times in (0.5, 2.0)
    ]
    # Where the hour bought is priced from the rows of today's, that price is the one input.
    sources = ("price", "provider_price", "provider_pay", "baseline_price")
    names = [name for name in sources if name in analysis.inputs.names]
    price = analysis.inputs[names[0]]
    rung = max(
        [
            price.rung,
            *(
                analysis.inputs[n].rung
                for n in ("centre_overhead", "provider_margin", "working_days")
                if n in analysis.inputs.names
            ),
        ]
    )
    return {
        "fee_half": float(np.median(at[0])),
        "fee_double": float(np.median(at[1])),
        "rung": rung,
        "basis": price.basis,
    }
