"""When the work done otherwise pays: value, payback and rate of return, and where nothing is saved any more."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis.charts import band
from lpo_analysis.evidence.currencies import money_named
from lpo_analysis.evidence.money import convert
from lpo_analysis.methods.cashflows import Irr, irr, payback
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.analysis import Analysis, quantiles
from lpo_analysis.savings.costs import costs
from lpo_analysis.wording import count, gain_or_loss, listing, money, number, percent, probability, sentence

IRR_DRAWS = 4096
"""Draws whose rates of return are searched for one by one where a flow changes its sign more than once."""

_UNIT = {
    "hourly": "an hour", "per_document": "an hour of today's work", "per_contract": "an hour of today's work",
    "fte": "an hour", "fixed_fee": "an hour",
}  # fmt: skip


def payoff(analysis: Analysis) -> Result:
    """Value what is saved year by year.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms ``net_present_value``, ``payback`` and ``payback_discounted`` (years; infinite where it never pays back),
        ``irr`` (of the draws with exactly one rate), ``p_no_irr`` and ``p_several_irr`` (chances that there is none, or that there are
        several, which rank nothing), and ``irr_of_means`` (every rate of the mean flows). The figure is the balance by year.

    Notes
    -----
    A payback counts only if the balance stays up: the exit costs again at the end. With that, the discounted payback is finite
    exactly where the net present value is not negative.
    """
    p, c = analysis.parameters, analysis.costs
    flows = c.flows
    simple, discounted = (payback(flows, rate=rate, lasting=True) for rate in (0.0, p.discount_rate))
    few = irr(flows[:IRR_DRAWS])
    mean = irr(flows.mean(axis=0))
    unit = f"{p.currency} of {p.price_year}"
    common = {"level": p.level, "n_obs": len(analysis.rows), "method": f"median of {p.draws:,} joint draws"}
    records: list[dict[str, object]] = [
        _spread("net_present_value", "net present value", c.net_present_value, unit, common),
        _spread("payback", "payback, simple", simple, "years", common),
        _spread("payback_discounted", "payback, discounted", discounted, "years", common),
        *_rates(few, mean, common),
    ]
    frame = tidy(records)
    balance = np.cumsum(flows / (1 + p.discount_rate) ** np.arange(flows.shape[1]), axis=1) / c.baseline[:, None]
    data = pd.DataFrame([(year, *quantiles(balance[:, year], p.level)) for year in range(flows.shape[1])],
                        columns=["x", "estimate", "conf_low", "conf_high"])  # fmt: skip
    by = frame.set_index("term")
    return Result(
        "payoff", frame, _told(analysis, by, few, mean), rows=analysis.rows, n_used=len(analysis.rows), plot_data=data,
        checks=_checks(analysis, discounted),
        draw=partial(band, title="What the change has saved or cost so far", xlabel="end of year", ylabel="share of the cost today"),
        alt=f"Discounted balance by year with its {p.level:.0%} band, as a share of the present value of today's cost: from "
        f"{percent(data['estimate'].iloc[0])} at the start to {percent(data['estimate'].iloc[-1])} after {count(p.horizon_years, 'year')} "
        f"(the change is {_worth(analysis, by.loc['net_present_value'])[0]}).",
    )  # fmt: skip


def _spread(term: str, label: str, draws: Floats, unit: str, common: dict[str, object]) -> dict[str, object]:
    middle, low, high = quantiles(draws, float(str(common["level"])))
    return {
        "term": term,
        "label": label,
        "estimate": middle,
        "conf_low": low,
        "conf_high": high,
        "unit": unit,
        **common,
    }


def _rates(found: Irr, mean: Irr, common: dict[str, object]) -> list[dict[str, object]]:
    one = found.rate[np.isfinite(found.rate)]
    first: dict[str, object] = {"term": "irr", "label": "internal rate of return, where there is one", "unit": "a year", **common,
                                "method": f"median of the {len(one)} of {len(found.count)} draws with exactly one rate"}  # fmt: skip
    if len(one):
        middle, low, high = quantiles(one, float(str(common["level"])))
        first |= {"estimate": middle, "conf_low": low, "conf_high": high}
    else:
        first["method"] = "not estimable, because no draw has exactly one rate of return"
    share = {"unit": "probability", "level": common["level"], "method": f"share of {len(found.count)} draws"}
    records = [
        first,
        {
            "term": "p_no_irr",
            "label": "chance of no rate of return",
            "estimate": float(np.mean(found.count == 0)),
            **share,
        },
        {
            "term": "p_several_irr",
            "label": "chance of several rates",
            "estimate": float(np.mean(found.count > 1)),
            **share,
        },
    ]
    roots = mean.roots[0][np.isfinite(mean.roots[0])]
    for i, root in enumerate(roots, start=1):
        name = "irr_of_means" if len(roots) == 1 else f"irr_of_means_{i}"
        records.append({"term": name, "label": "rate of return of the mean flows", "estimate": float(root), "unit": "a year",
                        "method": "root of the net present value of the mean flows"})  # fmt: skip
    return records


def _worth(analysis: Analysis, npv: pd.Series) -> tuple[str, str]:
    """Say a net present value and its interval, to the digits that the interval bears wherever it stands."""
    said = partial(money, currency=analysis.parameters.currency, width=npv["conf_high"] - npv["conf_low"])
    middle = said(abs(npv["estimate"]))
    span = gain_or_loss(npv["conf_low"], npv["conf_high"], said)
    # What rounds to nothing beside its interval is no loss of $0.
    if not re.search(r"[1-9]", middle):
        return "worth about nothing (median)", span
    return (f"worth {middle}" if npv["estimate"] > 0 else f"a loss of {middle}"), span


def _told(analysis: Analysis, by: pd.DataFrame, found: Irr, mean: Irr) -> str:
    p = analysis.parameters
    back, rate = by.loc["payback_discounted"], by.loc["irr"]
    worth, span = _worth(analysis, by.loc["net_present_value"])
    lines = [
        (
            f"Over {p.horizon_years} {'year' if p.horizon_years == 1 else 'years'} the change is {worth} in money of "
            f"{p.price_year} ({p.level:.0%} interval {span})."
        )
    ]
    never = float(np.mean(analysis.costs.net_present_value < 0))
    if np.isinf(back["estimate"]):
        lines.append(
            f"What is laid out at the start is not paid back within the horizon in {probability(never)} of the draws."
        )
    else:
        lines.append(
            f"What is laid out at the start is paid back, discounted, {_after(back['estimate'])} in the median; "
            f"in {probability(never)} of the draws it is not within the horizon."
        )
    none, several = float(by.at["p_no_irr", "estimate"]), float(by.at["p_several_irr", "estimate"])
    if pd.isna(rate["estimate"]):
        lines.append("No draw has exactly one internal rate of return.")
    else:
        one = sentence(probability(1 - none - several))
        small = rate["estimate"] > 1
        median = "" if small else f" (median {percent(rate['estimate'])} a year)"
        lines.append(
            f"{one} of the draws have exactly one internal rate of return{median}, {probability(none)} none and {probability(several)} several."
        )
        if small:
            lines.append(
                f"The outlay at the start is small beside the work, so that rates of return are extreme (median {percent(rate['estimate'])} a year) and rank nothing."
            )
    roots = mean.roots[0][np.isfinite(mean.roots[0])]
    said_roots = (
        "no rate of return"
        if not len(roots)
        else f"a rate of return of {listing([f'{percent(root)} a year' for root in roots])}"
    )
    lines.append(f"The mean flows have {said_roots}.")
    return " ".join(lines)


def _after(years: float) -> str:
    if years < 1 / 12:
        return "within a month"
    return f"after {number(12 * years, digits=2)} months" if years < 1 else f"after {number(years, digits=2)} years"


def _checks(analysis: Analysis, discounted: Floats) -> tuple[Check, ...]:
    c = analysis.costs
    years = np.arange(c.flows.shape[1])
    again = (c.flows / (1 + analysis.parameters.discount_rate) ** years).sum(axis=1)
    apart = float(np.max(np.abs(again - c.net_present_value) / c.baseline))
    agree = float(np.mean(np.isfinite(discounted) == (c.net_present_value >= 0)))
    return (
        Check("Cash flows", apart < 1e-9 and agree > 0.999,
              f"The yearly flows discount to the net present value of the cost lines (largest difference {apart:.0e} of today's cost), and "
              f"the payback is finite exactly where that is not negative (in {percent(agree)} of the draws)."),
    )  # fmt: skip


def break_even(analysis: Analysis) -> Result:
    """Find the volume, the rate and the exchange rate at which nothing is saved.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms ``break_even_volume`` (infinite where no volume makes it pay), ``p_never``, ``break_even_rate`` (below zero where even
        free work would cost more), ``p_not_even_free``, and where a fee follows another currency ``break_even_currency`` (lasting real
        change at which nothing is saved).
    """
    p, c = analysis.parameters, analysis.costs
    middle, low, high = quantiles(c.break_even_volume, p.level)
    never = float(np.mean(np.isinf(c.break_even_volume)))
    common: dict[str, object] = {
        "level": p.level,
        "n_obs": len(analysis.rows),
        "method": f"median of {p.draws:,} joint draws",
    }
    share = {"level": p.level, "unit": "probability", "method": "share of the draws"}
    unit = f"{p.currency} of {p.price_year} {_UNIT[p.pricing_model]}"
    records: list[dict[str, object]] = [
        _spread("break_even_volume", "break-even volume", c.break_even_volume, "hours of today's work a year", common),
        {"term": "p_never", "label": "chance that no volume pays", "estimate": never, **share},
    ]
    texts = [_volume_text(middle, low, high, never, p.level, p.pricing_model)]
    if p.delivery_model != "ai_assisted":
        records.append(_spread("break_even_rate", "break-even cost by the hour", c.break_even_rate, unit, common))
        free = float(np.mean(c.break_even_rate <= 0))
        records.append(
            {
                "term": "p_not_even_free",
                "label": "chance that even free work would cost more",
                "estimate": free,
                **share,
            }
        )
        texts.append(_rate_text(analysis, records[2], free))
    if "currency" in c.amounts:
        records.append(
            _spread(
                "break_even_currency", "break-even change of the currency there", c.break_even_currency, "share", common
            )
        )
        texts.append(_currency_text(analysis, records[-1]))
    volumes = np.geomspace(50, 50_000, 31)
    data = pd.DataFrame(
        [(float(v), *quantiles(costs(analysis.values, replace(analysis.terms, volume_hours=float(v))).net_saving, p.level)) for v in volumes],
        columns=["x", "estimate", "conf_low", "conf_high"],
    )  # fmt: skip
    return Result(
        "break_even", tidy(records), " ".join(texts), rows=analysis.rows, n_used=len(analysis.rows), plot_data=data,
        draw=partial(
            band, title="Net saving by volume", xlabel="hours of the work a year", ylabel="net saving on the work", mark=p.volume_hours,
            mark_text=f"{p.volume_hours:,.0f} h, asked", log=True,
        ),
        alt=f"Curve of the net saving over yearly volume with its {p.level:.0%} band, from {percent(data['estimate'].iloc[0])} at 50 "
        f"hours to {percent(data['estimate'].iloc[-1])} at 50,000 hours.",
    )  # fmt: skip


def _volume_text(middle: float, low: float, high: float, never: float, level: float, pricing: str) -> str:
    if np.isinf(middle):
        return f"In {probability(never)} of the draws no volume makes moving pay: the cost of an hour is too high, whatever the number of hours."
    from_ = number(low, digits=2)
    span = f"{from_} hours without upper end" if np.isinf(high) else f"{from_} to {number(high, digits=2)} hours"
    jump = " (just above, a further person may undo it)" if pricing == "fte" else ""
    return (
        f"Moving pays from about {number(middle, digits=2)} hours a year{jump} ({level:.0%} interval {span}); in {probability(never)} "
        "of the draws no volume makes it pay."
    )


def _rate_text(analysis: Analysis, record: dict[str, object], free: float) -> str:
    p = analysis.parameters
    middle, low, high = (float(str(record[key])) for key in ("estimate", "conf_low", "conf_high"))
    said = partial(money, currency=p.currency, width=high - low)
    now = quantiles(analysis.costs.provider_rate, p.level)[0]
    text = (
        f"At this volume nothing is saved once it costs {said(middle)} {_UNIT[p.pricing_model]} ({p.level:.0%} interval {said(low)} to {said(high)}); "
        f"the median is {said(now)} here."
    )
    return text + (f" In {probability(free)} of the draws even free work would cost more." if free > 0 else "")


def _currency_text(analysis: Analysis, record: dict[str, object]) -> str:
    from lpo_analysis.savings.currency import pair

    p = analysis.parameters
    found = pair(p)
    change = float(str(record["estimate"]))
    if found is None:
        return ""
    there, here = found
    now = convert(1.0, here, there, p.price_year).amount
    # Where nothing is saved now, it is how far the currency must fall; a fall of all its value or more does not exist.
    if change <= -1:
        return f"No fall of {money_named(there)} alone would make it pay in the median."
    if change > 1:
        return f"Even if {money_named(there)} doubled its value for good, something would be saved in the median."
    level = f"at {number(now / (1 + change))} {there} for one {here} instead of the {number(now)} of {p.price_year}"
    if change >= 0:
        return f"All else as it is, nothing is saved any more once {money_named(there)} rises by {percent(change)} for good in real terms (median), {level}."
    return f"It would pay only if {money_named(there)} fell by {percent(-change)} for good in real terms (median), {level}."
