"""The answer: three numbers, the way from today's cost to tomorrow's, and the volume from which it pays."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import band, intervals
from lpo_analysis.charts import waterfall as draw_waterfall
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.analysis import Analysis, article, quantiles
from lpo_analysis.savings.costs import LINES, Terms, costs
from lpo_analysis.wording import count, listing, money, number, percent, probability

TERMS = {
    "rate_gap": "headline rate gap",
    "net_saving": "net saving on the work",
    "budget_saving": "saving on the whole budget",
}
"""The three numbers that are never confused."""

OLD = 10
"""Years after which a price is called old."""


def signed(share: float, width: float) -> str:
    """Say a saving in words, a negative one as a cost.

    Parameters
    ----------
    share : float
        The saving; above 0 the buyer pays less.
    width : float
        Width of its interval.

    Returns
    -------
    str
        Such as ``12% less`` or ``5% more``.
    """
    return f"{percent(abs(share), width=width)} {'less' if share >= 0 else 'more'}"


def verdict(low: float, high: float, p_loss: float) -> str:
    """Put an interval of a saving into words.

    Parameters
    ----------
    low, high : float
        Ends of the interval.
    p_loss : float
        Probability that nothing is saved.

    Returns
    -------
    str
        A clause.
    """
    if low > 0:
        return f"the whole interval lies above zero; the chance that nothing is saved is {probability(p_loss)}"
    if high < 0:
        return f"the whole interval lies below zero: moving costs more; the chance of any saving is {probability(1 - p_loss)}"
    lean = (
        "too uncertain to call"
        if 0.1 < p_loss < 0.9
        else "likely a saving, but not sure"
        if p_loss <= 0.1
        else "likely a loss, but not sure"
    )
    return f"{lean}: the chance that nothing is saved is {probability(p_loss)}"


def three_numbers(analysis: Analysis) -> Result:
    """Estimate headline rate gap, net saving on the work, and saving on the whole budget.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms ``rate_gap``, ``net_saving`` and ``budget_saving``; the last is missing where nothing says which share of the
        budget the work is.

    Notes
    -----
    Estimand: for one buyer drawn from those the evidence describes, one minus the cost when moved over the cost today, in
    present value over the horizon. The interval carries what is not known about the inputs; it is not a confidence interval
    of a sample mean.
    """
    p, c = analysis.parameters, analysis.costs
    samples: dict[str, Floats | None] = {"rate_gap": c.rate_gap, "net_saving": c.net_saving, "budget_saving": None}
    if analysis.gathered.moved_reason is None:
        samples["budget_saving"] = c.net_saving * analysis.values["moved_share"]
    n_rows = len(analysis.rows)
    records = []
    for term, draws in samples.items():
        record: dict[str, object] = {
            "term": term,
            "label": TERMS[term],
            "level": p.level,
            "n_obs": n_rows,
            "unit": "share",
        }
        if draws is None:
            record["method"] = f"not estimable, because {analysis.gathered.moved_reason}"
        else:
            middle, low, high = quantiles(draws, p.level)
            record |= {"estimate": middle, "std_error": float(draws.std()), "conf_low": low, "conf_high": high,
                       "method": f"median of {p.draws} joint draws"}  # fmt: skip
        records.append(record)
    table = tidy(records)
    p_loss = float(np.mean(c.net_saving <= 0))
    return Result(
        "three_numbers",
        table,
        _sentences(analysis, table.set_index("term"), p_loss),
        checks=_checks(analysis),
        rows=analysis.rows,
        n_used=n_rows,
        n_dropped=analysis.gathered.n_set_aside,
        plot_data=table[["label", "estimate", "conf_low", "conf_high"]].assign(main=table["term"] == "net_saving"),
        draw=partial(
            intervals, title="Three numbers, never the same", xlabel=f"saving, median and {p.level:.0%} interval"
        ),
        alt=_alt(table, p.level),
        model={"p_loss": p_loss},
    )


def _alt(table: pd.DataFrame, level: float) -> str:
    parts = []
    for row in table.itertuples(index=False):
        if pd.isna(row.estimate):
            parts.append(f"{row.label} not estimable")
        else:
            width = row.conf_high - row.conf_low
            parts.append(
                f"{row.label} {percent(row.estimate, width=width)} ({percent(row.conf_low, width=width)} to {percent(row.conf_high, width=width)})"
            )
    return f"Dots with {level:.0%} intervals: " + "; ".join(parts) + "."


def _sentences(analysis: Analysis, table: pd.DataFrame, p_loss: float) -> str:
    p = analysis.parameters
    role = vocabulary.label("baseline", p.baseline)
    who = {"provider": "an outside provider", "captive": "an own centre", "contract_attorney": "a contract attorney"}[
        p.delivery_model
    ]

    def phrase(term: str) -> tuple[str, str]:
        row = table.loc[term]
        width = row["conf_high"] - row["conf_low"]
        span = f"{percent(row['conf_low'], width=width)} to {percent(row['conf_high'], width=width)}"
        return signed(row["estimate"], width), span

    gap, gap_span = phrase("rate_gap")
    net, net_span = phrase("net_saving")
    row = table.loc["net_saving"]
    places = vocabulary.in_words(p.location), vocabulary.in_words(p.baseline_location)
    years = f"{p.horizon_years} {'year' if p.horizon_years == 1 else 'years'}"
    by_the_hour = (
        f"By the hour, {who} in {places[0]} costs {gap} than {article(role)} in {places[1]} "
        f"({p.level:.0%} interval of the saving {gap_span})."
    )
    in_all = (
        f"After oversight, checking, rework, selection and transition, the work moved costs {net} than today over {years} "
        f"(interval {net_span}); {verdict(row['conf_low'], row['conf_high'], p_loss)}."
    )
    lines = [by_the_hour, in_all]
    if pd.isna(table.at["budget_saving", "estimate"]):
        lines.append(f"The saving on the whole budget is not estimable, because {analysis.gathered.moved_reason}.")
    else:
        budget = table.loc["budget_saving"]
        width = budget["conf_high"] - budget["conf_low"]
        kind = "saves" if budget["estimate"] >= 0 else "adds"
        lines.append(
            f"On the whole legal budget that {kind} {percent(abs(budget['estimate']), width=width)} "
            f"(interval of the saving {percent(budget['conf_low'], width=width)} to {percent(budget['conf_high'], width=width)}), "
            "because such work is a small part of it."
        )
    return " ".join(lines)


def _checks(analysis: Analysis) -> tuple[Check, ...]:
    p = analysis.parameters
    again = uniforms(analysis.inputs.names, draws=p.draws, seed=(p.seed + 1) % 2**32)
    first = quantiles(analysis.costs.net_saving, p.level)
    second = quantiles(analysis.net_saving_of(analysis.inputs.draw(again)), p.level)
    shift = max(abs(a - b) for a, b in zip(first, second, strict=True))
    width = first[2] - first[1]
    old = _age(analysis)
    return (
        Check(
            "Number of draws", shift <= 0.05 * width,
            f"Another scrambling of the draws moves the median or an end of the net saving's interval by at most "
            f"{100 * shift:.1f} percentage points.",
        ),
        Check(
            "Age of the prices", old <= OLD,
            f"The price or pay abroad was observed {old:.0f} years before the price year on average; its drift since then is an "
            f"assumption of {percent(p.price_drift[0])} to {percent(p.price_drift[1])} a year in real terms.",
        ),
        Check("Independence", None, "The inputs are drawn independently; no study on file observes two of them together."),
        Check(
            "Comparator", None,
            "The saving is against one way of doing the work today; against another it is another number, see the table of "
            "comparators.",
        ),
    )  # fmt: skip


def _age(analysis: Analysis) -> float:
    """Years between the price year and the observation of price or pay abroad."""
    observed = [
        analysis.gathered.years[name] for name in ("provider_price", "provider_pay") if name in analysis.inputs.names
    ]
    return analysis.parameters.price_year - min(observed)


def selection(analysis: Analysis) -> Result:
    """Say which rows entered, and what the size of the buyer changed.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms by grade: number of observations used.
    """
    p = analysis.parameters
    observed = [row for row in analysis.rows if not row.startswith("table:")]
    used = analysis.evidence.observations.loc[observed]
    official = len(analysis.rows) - len(observed)
    grades = used["grade"].value_counts().sort_index()
    studies = used["study_id"].nunique()
    first, last = int(used["year_start"].min()), int(used["year_end"].max())
    text = (
        f"{count(len(used), 'observation')} from {count(studies, 'study', 'studies')} entered ("
        + listing([f"{n} of grade {grade}" for grade, n in grades.items()])
        + f"), observed {first} to {last}, and {count(official, 'row')} of official wage statistics; "
        f"{count(analysis.gathered.n_set_aside, 'row')} that fit were set aside as a mere floor or ceiling."
    )
    if p.buyer_size != "all":
        sized = any("first-year associates" in item.basis for item in analysis.inputs)
        text += (
            f" The size of the buyer ({vocabulary.label('buyer size', p.buyer_size)}) sets the pay of its associates."
            if sized
            else " No figure on file differs by the size of this buyer, so its size changes nothing here."
        )
    table = tidy(
        {"term": grade, "estimate": int(n), "n_obs": int(n), "unit": "observations", "method": "count"}
        for grade, n in grades.items()
    )
    return Result(
        "selection", table, text, rows=analysis.rows, n_used=len(used), n_dropped=analysis.gathered.n_set_aside
    )


def waterfall(analysis: Analysis) -> Result:
    """Break the cost of an hour of today's work down, as it is and moved.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Means over the draws per hour of today's work, present values spread over the horizon; means add up, medians would
        not.
    """
    p, c = analysis.parameters, analysis.costs
    hours = analysis.terms.annuity * p.volume_hours
    today = float(c.baseline.mean() / hours)
    steps = {line: float(draws.mean() / hours) for line, draws in c.lines.items()}
    moved = sum(steps.values())
    unit = f"{p.currency} of {p.price_year} per hour of today's work"
    records: list[dict[str, object]] = [_line(p.level, unit, "today", "cost today", c.baseline / hours, today)]
    who = {
        "provider": "provider's fee",
        "captive": "cost of the own centre",
        "contract_attorney": "contract attorneys' fee",
    }
    for line, value in steps.items():
        label = who[p.delivery_model] if line == "fee" else LINES[line]
        records.append(_line(p.level, unit, line, label, c.lines[line] / hours, value))
    records.append(_line(p.level, unit, "moved", "cost when moved", c.alternative / hours, moved))
    table = tidy(records)
    data = pd.DataFrame(
        {
            "label": [str(r["label"]) for r in records],
            "value": [float(r["estimate"]) for r in records],  # type: ignore[arg-type]
            # Today's cost stands alone; the lines of the moved work then build up from nothing.
            "kind": ["total", "start", *["step"] * (len(steps) - 1), "total"],
        }
    )
    biggest = max(steps, key=lambda line: steps[line] if line != "fee" else -1.0)
    extra = moved - steps["fee"]
    fee_label = who[p.delivery_model]
    # All amounts of one waterfall to the same decimals, those the larger total bears with three digits.
    said = partial(money, currency=p.currency, width=max(today, moved) / 10)
    text = (
        f"An hour of the work costs {said(today)} today and {said(moved)} when moved, on average over the "
        f"draws and in prices of {p.price_year}. The {fee_label} is {said(steps['fee'])} of that; everything "
        f"around it adds {said(extra)}, the largest part being {LINES[biggest]} ({said(steps[biggest])})."
    )
    return Result(
        "waterfall", table, text, rows=analysis.rows, n_used=len(analysis.rows), plot_data=data,
        draw=partial(
            draw_waterfall, title="From the fee to what the moved work really costs", xlabel=unit, text=said
        ),
        alt=f"Bars: cost today {said(today)} an hour; moved {said(moved)}, of which fee {said(steps['fee'])} and costs around it {said(extra)}.",
    )  # fmt: skip


def _line(level: float, unit: str, term: str, label: str, draws: Floats, mean: float) -> dict[str, object]:
    _, low, high = quantiles(draws, level)
    return {"term": term, "label": label, "estimate": mean, "std_error": float(draws.std()), "conf_low": low, "conf_high": high,
            "level": level, "unit": unit, "method": "mean of the draws"}  # fmt: skip


def break_even(analysis: Analysis) -> Result:
    """Find the yearly volume from which moving pays.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Term ``break_even_volume``; infinite where no volume makes it pay.
    """
    p = analysis.parameters
    draws = analysis.costs.break_even_volume
    middle, low, high = quantiles(draws, p.level)
    never = float(np.mean(np.isinf(draws)))
    table = tidy(
        [
            {"term": "break_even_volume", "label": "break-even volume", "estimate": middle, "conf_low": low, "conf_high": high,
             "level": p.level, "n_obs": len(analysis.rows), "unit": "hours of today's work a year",
             "method": f"median of {p.draws} joint draws"},
            {"term": "p_never", "label": "chance that no volume pays", "estimate": never, "level": p.level, "unit": "probability",
             "method": "share of the draws"},
        ]
    )  # fmt: skip
    if np.isinf(middle):
        text = f"In {probability(never)} of the draws no volume makes moving pay: the cost of an hour is too high, whatever the number of hours."
    else:
        span = f"from {number(low, digits=2)} hours " + (
            "without upper end" if np.isinf(high) else f"to {number(high, digits=2)} hours"
        )
        text = (
            f"Moving pays from about {number(middle, digits=2)} hours a year ({p.level:.0%} interval {span}); in {probability(never)} "
            "of the draws no volume makes it pay."
        )
    volumes = np.geomspace(50, 50_000, 31)
    records = []
    for volume in volumes:
        net = costs(analysis.values, Terms(float(volume), p.horizon_years, p.discount_rate)).net_saving
        estimate, below, above = quantiles(net, p.level)
        records.append((float(volume), estimate, below, above))
    data = pd.DataFrame(records, columns=["x", "estimate", "conf_low", "conf_high"])
    return Result(
        "break_even", table, text, rows=analysis.rows, n_used=len(analysis.rows), plot_data=data,
        draw=partial(
            band, title="Net saving by volume", xlabel="hours of the work a year", ylabel="net saving on the work", mark=p.volume_hours,
            mark_text=f"{p.volume_hours:,.0f} h", log=True,
        ),
        alt=f"Curve of the net saving over yearly volume with its {p.level:.0%} band, from {percent(data['estimate'].iloc[0])} at 50 "
        f"hours to {percent(data['estimate'].iloc[-1])} at 50,000 hours.",
    )  # fmt: skip
