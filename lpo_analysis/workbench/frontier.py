"""Saving against tail loss: the way asked about beside other ways of doing the same work."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pandas as pd

from lpo_analysis import decision, savings
from lpo_analysis.charts import frontier as draw_frontier
from lpo_analysis.decision.ways import STAY, Ways, find_ways
from lpo_analysis.errors import LpoError
from lpo_analysis.evidence import load
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.parameters import AMOUNTS, SHARES
from lpo_analysis.wording import count, listing, money, percent, sentence

ASSUMPTIONS = (*AMOUNTS, *SHARES, "turnover_share", "price_drift", "baseline_drift", "widening")
"""Parameters of the savings report that hold for every way of doing the work, where the question changes them."""
SHARED = (
    "buyer", "buyer_size", "baseline", "baseline_location", "minimum_hours", "horizon_years", "discount_rate", "price_year", "level", "grades", "seed",
)  # fmt: skip
"""Parameters that the savings and the decision report both have."""
LEAST_DRAWS = 512
"""Fewest draws of the decision report."""
REACH = 1.645
"""Standard errors on either side of what a simulation gives."""
THOUSAND = 1000.0


@dataclass(frozen=True)
class Others:
    """What the way asked about is set beside.

    Parameters
    ----------
    locations, delivery_models : tuple of str
        Places and ways of doing the work, crossed.
    jurisdictions : tuple of str
        Those whose opinions must permit a way.
    """

    locations: tuple[str, ...] = ("IND", "PHL", "US-OH")
    delivery_models: tuple[str, ...] = ("provider", "captive", "ai_assisted")
    jurisdictions: tuple[str, ...] = ("US-NY",)


def frontier(parameters: savings.Parameters, *, others: Others | None = None) -> Result:
    """Weigh the way asked about against others on expected saving and tail loss, as the decision report does.

    Parameters
    ----------
    parameters : lpo_analysis.savings.Parameters
        The question. Its assumptions hold for every way; own files, an own quote and correlations are of the way asked and stay out.
    others : Others, optional
        What to set beside it.

    Returns
    -------
    Result
        One term a way, from the least tail loss: ``estimate`` the expected risk-adjusted saving over the horizon in US dollars with the
        error of the simulation; columns ``tail``, ``tail_error``, ``efficient``, ``asked`` and ``state`` (open, or refused by an opinion
        on file or by `captive_minimum`).
        "Not estimable" where the decision report would refuse the question.

    Notes
    -----
    Of the same work, so that each way is a plan of its own and the efficient ones are those that no other beats on both counts. Chosen on
    one set of draws and appraised on another. The loss that one more holder of the records adds rests on the exposure that the decision
    report assumes, alike for every place.
    """
    evidence = load()
    try:
        asked = question(parameters, others or Others())
        assumed = {name: value for name, value in parameters.changed().items() if name in ASSUMPTIONS}
        ways = find_ways(asked, evidence, assumed=assumed)
    except LpoError as error:
        return not_estimable("frontier", f"{error.what[:1].lower()}{error.what[1:]}", level=parameters.level)
    return _result(ways)


def question(parameters: savings.Parameters, others: Others) -> decision.Parameters:
    """Return the question of the decision report that a question of savings makes.

    Parameters
    ----------
    parameters : lpo_analysis.savings.Parameters
        The question.
    others : Others
        What to set beside it.

    Returns
    -------
    lpo_analysis.decision.Parameters
        With the way asked about first.

    Raises
    ------
    ParameterError
        If the decision report does not take it.
    """
    p = parameters
    return decision.Parameters.from_mapping({
        **{name: getattr(p, name) for name in SHARED}, "tasks": [p.task], "volume_hours": [p.volume_hours], "draws": max(LEAST_DRAWS, min(p.draws, 1 << 16)),
        "locations": list(dict.fromkeys((p.location, *others.locations))),
        "delivery_models": list(dict.fromkeys((p.delivery_model, *others.delivery_models))), "jurisdictions": list(others.jurisdictions),
    })  # fmt: skip


def _result(ways: Ways) -> Result:
    p, portfolio = ways.parameters, decision.Portfolio(ways)
    best = {portfolio.choice(plan)[0] for plan in portfolio.frontier.plans}
    first, records = ways.options[0].name, []
    for name in portfolio.names:
        plan = portfolio.fresh.plan(portfolio.shares((name,)))
        state = "open" if name == STAY else ways.option(name).permit.state
        model_place = "as_today" if name == STAY else f"{ways.option(name).model}_{ways.option(name).place}"
        reach = REACH * plan.mean_error
        records.append({
            "term": model_place, "label": name, "estimate": plan.mean, "std_error": plan.mean_error, "conf_low": plan.mean - reach,
            "conf_high": plan.mean + reach, "level": 0.9, "n_obs": p.draws, "unit": f"USD over {p.horizon_years} years",
            "method": "mean of draws it was not chosen on", "tail": plan.tail, "tail_error": plan.tail_error, "efficient": name in best,
            "asked": name == first, "state": state,
        })  # fmt: skip
    table = tidy(sorted(records, key=lambda item: (item["tail"], -item["estimate"])))
    data = table.assign(
        plan=range(1, len(table) + 1), mean=table["estimate"] / THOUSAND, mean_error=table["std_error"] / THOUSAND
    )
    data = data.assign(tail=data["tail"] / THOUSAND, tail_error=data["tail_error"] / THOUSAND)
    data = data[["plan", "label", "mean", "mean_error", "tail", "tail_error", "efficient", "asked", "state"]]
    worst = percent(1 - p.tail_level)
    out = [key for key in dict.fromkeys(name for _, name in ways.missing) if key not in portfolio.names]
    mark = int(data.loc[data["asked"], "plan"].iloc[0]) if data["asked"].any() else None
    return Result(
        "frontier", table, _text(table, ways, worst), rows=ways.rows, n_used=len(table), n_dropped=len(out), plot_data=data,
        checks=(
            Check("Appraised on other draws", None, "Ways are compared on one set of draws and shown on another, as the best of many looks too good on its own."),
            Check("Loss", False, "What a holder of the records adds is not identified by data: it follows from the exposure that the decision report assumes, alike for every place."),
            Check("Not costed", None, f"{sentence(listing(out))}: no evidence, or the way of today." if out else "All ways asked about can be costed."),
        ),
        draw=partial(draw_frontier, title="What a way brings, and what it may cost", mark=mark, mark_text="asked",
                     xlabel=f"mean loss of the worst {worst} of cases, thousand USD (below 0: still a saving)",
                     ylabel=f"expected saving after risk, thousand USD of {p.price_year}"),
        alt="Ways of doing the work, those on the line being efficient: "
        + "; ".join(f"{row.plan} {row.label}, expected {_said(row.mean * THOUSAND)}, {_tail(row.tail * THOUSAND)} in the tail" for row in data.itertuples()) + ".",
    )  # fmt: skip


_said = partial(money, currency="USD", digits=2)


def _tail(amount: float) -> str:
    return (
        f"a loss of {_said(amount)}"
        if amount > 0
        else f"still a saving of {_said(-amount)}"
        if amount < 0
        else "nothing lost"
    )


def _named(row: pd.Series) -> str:
    return "leaving it as today" if row["label"] == STAY else str(row["label"])


def _text(table: pd.DataFrame, ways: Ways, worst: str) -> str:
    p = ways.parameters
    allowed, best = table[table["state"] != "refused"], table[table["efficient"]]
    last = best.iloc[-1]
    years = count(p.horizon_years, "year")
    head = f"Of {count(len(allowed), 'way')} that may be chosen, "
    if len(best) == 1:
        head += f"one is efficient: {_named(last)} (expected saving {_said(last['estimate'])} over {years}; {_tail(last['tail'])} in the worst {worst} of cases)."
    else:
        start = best.iloc[0]
        head += (
            f"{len(best)} are efficient, from {_named(start)} (expected saving {_said(start['estimate'])} over {years}; {_tail(start['tail'])} in the worst {worst} of cases) "
            f"to {_named(last)} (expected {_said(last['estimate'])}; {_tail(last['tail'])})."
        )
    if not table["asked"].any():
        return f"{head} The way asked about is not among them, as it cannot be costed here."
    row, permit = table[table["asked"]].iloc[0], ways.options[0].permit
    if row["state"] == "refused":
        return f"{head} The way asked about, {row['label']}, may not be chosen: {permit.reason}."
    if row["efficient"]:
        return f"{head} The way asked about, {row['label']}, is one of them."
    better = best[(best["tail"] <= row["tail"]) & (best["estimate"] >= row["estimate"])]
    if better.empty:
        return f"{head} The way asked about, {row['label']}, is too close to them to call."
    top = better.iloc[-1]
    return (
        f"{head} The way asked about, {row['label']} (expected {_said(row['estimate'])}; {_tail(row['tail'])}), is not: "
        f"{_named(top)} brings more and loses less in the worst cases."
    )
