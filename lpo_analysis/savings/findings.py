"""The answer: three numbers, the way from today's cost to tomorrow's, and the volume from which it pays."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import intervals
from lpo_analysis.charts import waterfall as draw_waterfall
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.analysis import WHO, Analysis, quantiles
from lpo_analysis.savings.cautions import cautions
from lpo_analysis.savings.costs import labels
from lpo_analysis.wording import article, count, listing, money, percent, probability, sentence

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


def span_of(low: float, high: float) -> str:
    """Say the interval of a saving in words, from its costly end to the other.

    Parameters
    ----------
    low, high : float
        Ends of the interval; above 0 the buyer pays less.

    Returns
    -------
    str
        Such as ``12% to 30% less`` or ``40% more to 5% less``.
    """
    width = high - low
    ends = [
        "no change" if percent(abs(end), width=width).strip("0.%") == "" else signed(end, width) for end in (low, high)
    ]
    one, other = ends
    if one.split(" ")[-1] == other.split(" ")[-1] and one != other:
        return f"{one.split(' ')[0]} to {other}"
    return one if one == other else f"{one} to {other}"


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
    said = f"under these inputs nothing is saved in {probability(p_loss)} of the draws"
    if low > 0:
        return f"a saving over the whole interval; {said}"
    if high < 0:
        return f"a loss over the whole interval; {said}"
    if 0.1 < p_loss < 0.9:
        return f"too uncertain to call; {said}"
    return f"likely a {'saving' if p_loss <= 0.1 else 'loss'}, but not sure; {said}"


_AROUND = (
    "oversight_share", "selection_share", "transition_share", "turnover_share", "currency_change"
)  # fmt: skip


def _rows_of(analysis: Analysis, term: str) -> set[str]:
    """Rows behind the inputs that a number depends on."""
    left_out = {"rate_gap": ("moved_share", *_AROUND), "net_saving": ("moved_share",)}.get(term, ())
    own = (
        analysis.parameters.delivery_model in ("in_house", "ai_assisted") or analysis.gathered.baseline_route == "staff"
    )
    left_out += ("reviewer_pay",) if term == "rate_gap" and not own else ()
    return {row for item in analysis.inputs if item.name not in left_out for row in item.rows}


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
            "n_obs": len(_rows_of(analysis, term)),
            "unit": "share",
        }
        if draws is None:
            record["method"] = f"not estimable, because {analysis.gathered.moved_reason}"
        else:
            middle, low, high = quantiles(draws, p.level)
            record |= {"estimate": middle, "std_error": float(draws.std()), "conf_low": low, "conf_high": high,
                       "method": f"median of {p.draws:,} joint draws"}  # fmt: skip
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
            intervals,
            title="Three savings, never the same",
            xlabel=f"saving, median and {p.level:.0%} interval; below 0% it costs more",
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
    who = WHO[p.delivery_model]

    def phrase(term: str) -> tuple[str, str]:
        row = table.loc[term]
        width = row["conf_high"] - row["conf_low"]
        return signed(row["estimate"], width), span_of(row["conf_low"], row["conf_high"])

    gap, gap_span = phrase("rate_gap")
    net, net_span = phrase("net_saving")
    row = table.loc["net_saving"]
    places = vocabulary.in_words(p.location), vocabulary.in_words(p.baseline_location)
    years = f"{p.horizon_years} {'year' if p.horizon_years == 1 else 'years'}"
    verb = "costs" if p.delivery_model in ("provider", "captive", "law_firm") else "cost"
    hour = (
        "the hour"
        if p.pricing_model in ("hourly", "fte", "fixed_fee") and p.delivery_model != "ai_assisted"
        else "the hour of today's work"
    )
    by_the_hour = (
        f"By {hour}, {who} in {places[0]} and {article(role)} in {places[1]} are priced from the same rows, so that no gap can be told."
        if analysis.gathered.same_rows
        else f"By {hour}, {who} in {places[0]} {verb} {gap} than {article(role)} in {places[1]} "
        f"({p.level:.0%} interval {gap_span})."
    )
    lines_around = len(analysis.costs.lines) - 1
    around = "one cost line" if lines_around == 1 else count(lines_around, "cost line")
    in_all = (
        f"After the {around} around that, the work costs {net} than today over {years} "
        f"(interval {net_span}); {verdict(row['conf_low'], row['conf_high'], p_loss)}."
    )
    lines = [by_the_hour, in_all]
    if pd.isna(table.at["budget_saving", "estimate"]):
        lines.append(f"The saving on the whole budget is not estimable, because {analysis.gathered.moved_reason}.")
    else:
        budget = table.loc["budget_saving"]
        width = budget["conf_high"] - budget["conf_low"]
        share = analysis.inputs["moved_share"]
        whose = "" if p.moved_share else ", as large as all that US departments pay to vendors that are no law firms,"
        kind = "falls" if budget["estimate"] >= 0 else "rises"
        lines.append(
            f"If the work is {percent(share.low, width=0.05)} to {percent(share.high, width=0.05)} of the whole legal budget{whose} the budget "
            f"{kind} by {percent(abs(budget['estimate']), width=width)} (interval {span_of(budget['conf_low'], budget['conf_high'])})."
            + (
                " One task is only a part of that, so the change is smaller, whichever way it goes."
                if analysis.gathered.moved_at_most
                else ""
            )
        )
    return " ".join(lines)


def _checks(analysis: Analysis) -> tuple[Check, ...]:
    p = analysis.parameters
    again = uniforms(analysis.inputs.names, draws=p.draws, seed=(p.seed + 1) % 2**32)
    first = quantiles(analysis.costs.net_saving, p.level)
    second = quantiles(analysis.net_saving_of(analysis.inputs.draw(again)), p.level)
    shift = max(abs(a - b) for a, b in zip(first, second, strict=True))
    width = first[2] - first[1]
    ages = _ages(analysis)
    return (
        Check(
            "Number of draws", abs(first[0] - second[0]) <= 0.02 and shift <= 0.05 * width,
            f"Another scrambling of the draws moves the median or an end of the net saving's interval by at most "
            f"{100 * shift:.1f} percentage points.",
        ),
        Check(
            "Age of the figures", max(ages.values()) <= OLD,
            f"{sentence(listing([f'{name} was observed {_apart(years)}' for name, years in ages.items()]))}. {_undrifted(analysis)}",
        ),
        Check(
            "Paid leave", None,
            "Benefits include paid leave, which yearly pay holds already, so the cost of staff is somewhat too high, wherever it enters.",
        ),
        *cautions(analysis),
        Check(
            "Comparator", None,
            "The saving is against one way of doing the work today; against another it is another number, see the table of "
            "comparators.",
        ),
    )  # fmt: skip


def _ages(analysis: Analysis) -> dict[str, float]:
    """Years between the price year and the observation of either side's price or pay."""
    names = {"baseline_price": "today's price", "baseline_pay": "today's pay", "provider_price": "the price where the work goes",
             "provider_pay": "the pay where the work goes"}  # fmt: skip
    years = analysis.gathered.years
    return {label: analysis.parameters.price_year - years[name] for name, label in names.items() if name in years}


def _undrifted(analysis: Analysis) -> str:
    """Say what the net saving would be without the drift of either side, named, since one without the other is another number."""
    where = {
        name: place
        for name, place in (("price_drift", "abroad"), ("baseline_drift", "at home"))
        if name in analysis.draws
    }
    if not where:
        return "No drift since then enters."
    still = {name: np.zeros(analysis.parameters.draws) for name in where}

    def net(frozen: Mapping[str, Floats]) -> str:
        return percent(quantiles(analysis.net_saving_of({**analysis.draws, **frozen}), analysis.parameters.level)[0])

    if len(where) == 1:
        return f"Drift {listing(list(where.values()))} since then is an input; without it the net saving would be {net(still)} (median)."
    return (
        f"Drift since then is an input for either place; without that abroad the net saving would be {net({'price_drift': still['price_drift']})}, "
        f"without that at home, too, {net(still)} (medians)."
    )


def _apart(years: float) -> str:
    if abs(years) < 0.5:
        return "in the price year"
    return f"{abs(years):.0f} {'year' if round(abs(years)) == 1 else 'years'} {'before' if years > 0 else 'after'} the price year"


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
    official = sum(row.startswith("table:wages") for row in analysis.rows)
    grades = used["grade"].value_counts().sort_index()
    studies = used["study_id"].nunique()
    first, last = int(used["year_start"].min()), int(used["year_end"].max())
    aside = analysis.gathered.n_set_aside
    text = (
        f"{count(len(used), 'observation')} from {count(studies, 'study', 'studies')} entered ("
        + listing([f"{n} of grade {grade}" for grade, n in grades.items()])
        + f"), observed {first} to {last}"
        + (f", and {count(official, 'row')} of official wage statistics" if official else "")
        + "; "
        + (
            f"{count(aside, 'row')} of the same kind {'was' if aside == 1 else 'were'} set aside as a mere floor or ceiling."
            if aside
            else "none had to be set aside as a mere floor or ceiling."
        )
    )
    if p.buyer_size != "all":
        sized = any("first-year associates" in item.basis for item in analysis.inputs)
        text += (
            f" The size of the buyer ({vocabulary.label('buyer size', p.buyer_size)}) sets the pay of its associates."
            if sized
            else " No figure used differs by the size of this buyer, so its size changes nothing here."
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
    names = labels(p.delivery_model)
    done = "done so" if p.delivery_model in ("in_house", "ai_assisted") else "when moved"
    for line, value in steps.items():
        label = names[line]
        records.append(_line(p.level, unit, line, label, c.lines[line] / hours, value))
    records.append(_line(p.level, unit, "moved", f"cost {done}", c.alternative / hours, moved))
    table = tidy(records)
    data = pd.DataFrame(
        {
            "label": [str(r["label"]) for r in records],
            "value": [float(r["estimate"]) for r in records],  # type: ignore[arg-type]
            # Today's cost stands alone; the lines of the moved work then build up from nothing.
            "kind": ["total", "start", *["step"] * (len(steps) - 1), "total"],
        }
    )
    # Parts have intervals, too, but hang together; those of the two totals say how sure the comparison is.
    totals = data["kind"] == "total"
    data = data.join(table[["conf_low", "conf_high"]].where(totals))
    first = next(iter(steps))
    biggest = max((line for line in steps if line != first), key=lambda line: steps[line])
    extra = moved - steps[first]
    # All amounts of one waterfall to the same decimals, those the larger total bears with three digits.
    said = partial(money, currency=p.currency, width=max(today, moved) / 10)
    round_ = partial(money, currency=p.currency, width=max(today, moved))
    text = (
        f"An hour of the work costs {round_(today)} today and {round_(moved)} {done}, on average over the "
        f"draws and in prices of {p.price_year}. {sentence(names[first])}: {round_(steps[first])} of that; everything "
        f"around it adds {round_(extra)}, the largest part being {names[biggest]} ({round_(steps[biggest])})."
    )
    middle = float(analysis.numbers.row("net_saving")["estimate"])
    if abs((1 - moved / today) - middle) > 0.02:
        text += (
            f" On average that is {signed(1 - moved / today, 0.2)}; the median of the draws is {signed(middle, 0.2)}, because a few dear draws "
            "pull the average."
        )
    text += _switched_off(analysis)
    return Result(
        "waterfall", table, text, rows=analysis.rows, n_used=len(analysis.rows), plot_data=data,
        draw=partial(
            draw_waterfall, title="From the fee to the whole cost", xlabel=f"{unit}; means, {p.level:.0%} interval of the totals", text=said
        ),
        alt=f"Bars: cost today {said(today)} an hour; moved {said(moved)}, of which {names[first]} {said(steps[first])} and everything around it {said(extra)}.",
    )  # fmt: skip


def _switched_off(analysis: Analysis) -> str:
    """Say which cost lines are not counted, by reason."""
    names, by_reason = labels(analysis.parameters.delivery_model), dict[str, list[str]]()
    for line, reason in analysis.gathered.off.items():
        by_reason.setdefault(reason, []).append(names[line])
    told = [f"{listing(lines)} ({reason})" for reason, lines in by_reason.items()]
    return f" Not counted: {'; '.join(told)}." if told else ""


def _line(level: float, unit: str, term: str, label: str, draws: Floats, mean: float) -> dict[str, object]:
    _, low, high = quantiles(draws, level)
    return {"term": term, "label": label, "estimate": mean, "std_error": float(draws.std()), "conf_low": low, "conf_high": high,
            "level": level, "unit": unit, "method": "mean of the draws"}  # fmt: skip
