"""What to check of a delivery: the cheapest sampling plan for stated risks, what it costs, and what slips through."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from lpo_analysis.charts import plan_curve
from lpo_analysis.charts.quality import Curve
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.acceptance import Plan, accept_probability, cheapest_plan, curves, design, standard_plan
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import count, money, number, percent

_TERMS = ("sample_size", "acceptance_number", "producer_risk", "consumer_risk", "worst_accepted", "outgoing_limit")
_LABELS = {
    "sample_size": "Items to check", "acceptance_number": "Defective items at most", "producer_risk": "Chance of rejecting a delivery at the AQL",
    "consumer_risk": "Chance of accepting a delivery at the LTPD", "worst_accepted": "Worst delivery that passes one time in ten",
    "outgoing_limit": "Worst share left after rejected deliveries are checked whole", "hours": "Hours to check the sample", "cost": "Cost of checking the sample",
    "cost_share": "Cost for each item delivered", "slipped_at_aql": "Defective items in an accepted delivery at the AQL",
    "slipped_at_ltpd": "Defective items in an accepted delivery at the LTPD", "process_producer_risk": "Chance of rejecting, process at the AQL",
    "process_consumer_risk": "Chance of accepting, process at the LTPD", "process_sample_size": "Items to check where the risks are to hold for the process",
    "process_acceptance_number": "Defective items at most, the same",
}  # fmt: skip


def levels(parameters: Parameters, lot: int) -> tuple[float, float]:
    """Return the AQL and the LTPD as whole items of a lot.

    Parameters
    ----------
    parameters : Parameters
        AQL and LTPD.
    lot : int
        Items of the lot.

    Returns
    -------
    tuple of float
        The largest possible share not above the AQL, and the smallest not below the LTPD.
    """
    good, bad = np.floor(parameters.aql * lot + 1e-9), np.ceil(parameters.ltpd * lot - 1e-9)
    return float(good / lot), float(bad / lot)


def acceptance_plan(evidence: Evidence, parameters: Parameters) -> Result:
    """Find the cheapest single plan that keeps both risks, with its cost and what it lets through.

    Parameters
    ----------
    evidence : Evidence
        The evidence base, for the pace of reviewers on file.
    parameters : Parameters
        Size of the delivery, AQL, LTPD, both risks, pace and hourly cost of a checker.

    Returns
    -------
    Result
        Terms as in `lpo_analysis.methods.acceptance.design`, then hours, cost and cost_share (US dollars), slipped_at_aql and
        slipped_at_ltpd (defective items left in an accepted delivery), and both risks of the same plan by the binomial, where the
        process stands at the AQL or the LTPD rather than this delivery; process_sample_size and
        process_acceptance_number are the cheapest plan by the binomial. The figure is the operating characteristic; the plan is its
        `model`.

    Notes
    -----
    Estimand: properties of the plan, exact, for a simple random sample without replacement. A checker who overlooks defects makes the
    plan more lenient than stated. Hours and cost are those of the sample alone.

    References
    ----------
    Guenther, W. C. (1969). Use of the binomial, hypergeometric and Poisson tables to obtain sampling plans. Journal of Quality
    Technology 1(2).
    """
    p = parameters
    try:
        found = design(aql=p.aql, ltpd=p.ltpd, producer_risk=p.producer_risk, consumer_risk=p.consumer_risk, lot=p.lot_size,
                       largest_sample=p.largest_sample or None)  # fmt: skip
    except ParameterError as error:
        return not_estimable("acceptance_plan", error.what, terms=_LABELS, method="hypergeometric")
    if not found.estimable:
        return not_estimable("acceptance_plan", str(found.reason), terms=_LABELS, method="hypergeometric")
    plan: Plan = found.model
    hours = plan.n / p.checked_per_hour
    cost = hours * p.checker_hourly_cost
    good, bad = levels(p, p.lot_size)
    kept, caught = accept_probability(Plan(plan.n, plan.c), [p.aql, p.ltpd])
    process = _process_plan(p)
    extra = [
        ("hours", hours, "hours", "pace of a checker"), ("cost", cost, "USD", "pace and hourly cost of a checker"), ("cost_share", cost / p.lot_size, "USD per item", "pace and hourly cost of a checker"),
        ("slipped_at_aql", _slipped(plan, good), "items", "hypergeometric"), ("slipped_at_ltpd", _slipped(plan, bad), "items", "hypergeometric"),
        ("process_producer_risk", 1 - kept, "probability", "binomial"), ("process_consumer_risk", caught, "probability", "binomial"),
        ("process_sample_size", np.nan if process is None else process.n, "items", "binomial"), ("process_acceptance_number", np.nan if process is None else process.c, "items", "binomial"),
    ]  # fmt: skip
    table = tidy(
        [
            *found.table.to_dict("records"),
            *({"term": t, "estimate": float(v), "unit": u, "method": m, "n_obs": plan.n} for t, v, u, m in extra),
        ]
    )
    table.insert(1, "label", table["term"].map(_LABELS))
    table = tidy(table.to_dict("records"))
    rows, pace = _pace(evidence, p)
    most = "none is" if plan.c == 0 else f"at most {plan.c:,} {'is' if plan.c == 1 else 'are'}"
    text = (
        f"Check {count(plan.n, 'item')} of {p.lot_size:,}, and accept the delivery if {most} defective. One with {_of(good, p.lot_size)} is then "
        f"rejected in {_share(found.row('producer_risk')['estimate'])} of the cases, one with {_of(bad, p.lot_size)} accepted in "
        f"{_share(found.row('consumer_risk')['estimate'])}. Checking takes {number(hours)} hours and {money(cost, 'USD')} a delivery. "
        f"An accepted delivery at the LTPD still holds about {number(_slipped(plan, bad))} defective items, those found being put right."
    )
    return Result(
        "acceptance_plan", table, text, checks=(*found.checks, _standard(p), Check("Pace", None, pace)), rows=rows, n_used=len(rows),
        model=plan, **_drawn(plan, p, "Which deliveries the plan accepts", "accept"),
        alt=f"Operating characteristic of the plan {plan.n}, {plan.c}: acceptance falls from 100% to {_share(found.row('consumer_risk')['estimate'])} at {_share(bad)} defective.",
    )  # fmt: skip


def _process_plan(p: Parameters) -> Plan | None:
    try:
        return cheapest_plan(aql=p.aql, ltpd=p.ltpd, producer_risk=p.producer_risk, consumer_risk=p.consumer_risk)
    except ParameterError:
        return None


def _of(share: float, lot: int) -> str:
    return f"{count(round(share * lot), 'defective item')} ({_share(share)})"


def _share(value: float) -> str:
    return percent(float(value), width=0.01)


def _slipped(plan: Plan, share: float) -> float:
    """Return the defective items expected in an accepted delivery, once those of the sample are put right."""
    # Outgoing quality counts rejected lots as clean, so that it is the mean over all lots of what accepted ones hold.
    frame = curves(plan, shares=[share])
    chance = float(frame["accept"].iloc[0])
    return float(frame["outgoing"].iloc[0]) * int(plan.lot or 0) / chance if chance > 0 else 0.0


def _drawn(plan: Plan, p: Parameters, title: str, show: Curve) -> dict[str, Any]:
    """Return the curves of a plan, and their drawing with both levels marked."""
    good, bad = levels(p, p.lot_size)
    marks = ((good, "good (AQL)"), (bad, "bad (LTPD)"))
    # The whole fall of the curve and both levels; what is worse is never accepted and only takes room.
    frame = curves(plan)
    frame = frame[frame["share"] <= max(1.3 * bad, frame.loc[frame["accept"] >= 0.001, "share"].max())]
    draw = partial(plan_curve, show=show, title=title, xlabel="Share of the delivery that is defective", marks=marks)
    return {"plot_data": frame.reset_index(drop=True), "draw": draw}


def _standard(p: Parameters) -> Check:
    """Set the plan of the standard tables beside it, where the tables have the AQL."""
    try:
        plan = standard_plan(lot=p.lot_size, aql=p.aql)
    except ParameterError:
        return Check(
            "Standard tables",
            None,
            f"{_share(p.aql)} is none of the AQLs of MIL-STD-105E; the plan here needs none of them.",
        )
    good, bad = levels(p, p.lot_size)
    kept, caught = accept_probability(plan, [good, bad])
    return Check(
        "Standard tables", None,
        f"MIL-STD-105E (normal, level II) asks for {plan.n:,} items and at most {plan.c:,} defective; its risks here are {_share(1 - kept)} at the AQL and {_share(caught)} at the LTPD. "
        "It states no consumer's risk, and the cells were not compared with later standards.",
    )  # fmt: skip


def _pace(evidence: Evidence, p: Parameters) -> tuple[tuple[str, ...], str]:
    """Say how the pace assumed compares with the paces of reviewers on file."""
    rows = select(evidence, metric="documents_per_hour", grades=p.grades, required=False)
    rows = rows[~rows["category"].str.startswith("genai")]
    own = f"{p.checked_per_hour:,g} items an hour and ${p.checker_hourly_cost:,g} an hour are assumed"
    if rows.empty:
        return (), f"{own}; no pace of reviewers of these grades is on file."
    low, high = ends(rows)
    span = list(dict.fromkeys(f"{value:,.0f}" for value in (np.nanmin(low), np.nanmax(high))))
    return tuple(rows.index), f"{own}; first-level reviewers handle {' to '.join(span)} documents an hour by {count(len(rows), 'figure')} on file, and checks may be slower."  # fmt: skip


def _refused(plan_result: Result, name: str) -> Result | None:
    if plan_result.estimable:
        return None
    return not_estimable(name, str(plan_result.reason), terms=(name,), method="hypergeometric")


def outgoing_quality(plan_result: Result, parameters: Parameters) -> Result:
    """Show what is left after inspection, if rejected deliveries are checked whole and what is found is put right.

    Parameters
    ----------
    plan_result : Result
        Of `acceptance_plan`.
    parameters : Parameters
        AQL and LTPD.

    Returns
    -------
    Result
        Terms outgoing_at_aql, outgoing_at_ltpd and outgoing_limit (shares).

    References
    ----------
    Dodge, H. F. and Romig, H. G. (1959). Sampling Inspection Tables, 2nd ed. Wiley.
    """
    if (refused := _refused(plan_result, "outgoing_quality")) is not None:
        return refused
    plan: Plan = plan_result.model
    good, bad = levels(parameters, int(plan.lot or 0))
    at_good, at_bad = curves(plan, shares=[good, bad])["outgoing"]
    worst = float(plan_result.row("outgoing_limit")["estimate"])
    labels = {"outgoing_at_aql": f"Left of {_share(good)} (AQL)", "outgoing_at_ltpd": f"Left of {_share(bad)} (LTPD)", "outgoing_limit": "At worst, on average"}  # fmt: skip
    table = tidy(
        {"term": term, "label": label, "estimate": float(value), "n_obs": plan.n, "unit": "share", "method": "hypergeometric"}
        for (term, label), value in zip(labels.items(), (at_good, at_bad, worst), strict=True)
    )  # fmt: skip
    text = (
        f"If rejected deliveries are checked whole and defects found are put right, {_share(at_good)} is left of {_share(good)} defective, "
        f"{_share(at_bad)} of {_share(bad)}, and never more than {_share(worst)} on average."
    )
    return Result(
        "outgoing_quality", table, text, n_used=plan.n, **_drawn(plan, parameters, "What is left after inspection", "outgoing"),
        alt=f"Average outgoing quality rises to {_share(worst)} and falls again, because bad deliveries are rejected and checked whole.",
    )  # fmt: skip


def inspection_cost(plan_result: Result, parameters: Parameters) -> Result:
    """Show what inspection costs by the quality that comes in, rejected deliveries being checked whole.

    Parameters
    ----------
    plan_result : Result
        Of `acceptance_plan`.
    parameters : Parameters
        AQL, LTPD, pace and hourly cost of a checker.

    Returns
    -------
    Result
        Terms inspected_at_aql and inspected_at_ltpd (items), cost_at_aql, cost_at_ltpd and cost_of_all (US dollars a delivery). The figure is
        the average total inspection.
    """
    if (refused := _refused(plan_result, "inspection_cost")) is not None:
        return refused
    p, plan = parameters, plan_result.model
    each = p.checker_hourly_cost / p.checked_per_hour
    good, bad = levels(p, p.lot_size)
    at_good, at_bad = curves(plan, shares=[good, bad])["inspected"]
    labels = {"inspected_at_aql": f"Items checked at {_share(good)} (AQL)", "inspected_at_ltpd": f"Items checked at {_share(bad)} (LTPD)",
              "cost_at_aql": f"Cost at {_share(good)} (AQL)", "cost_at_ltpd": f"Cost at {_share(bad)} (LTPD)", "cost_of_all": "Cost of checking all"}  # fmt: skip
    values = (at_good, at_bad, each * at_good, each * at_bad, each * p.lot_size)
    table = tidy(
        {"term": term, "label": label, "estimate": float(value), "n_obs": plan.n, "unit": "items" if "inspected" in term else "USD", "method": "hypergeometric, pace and hourly cost of a checker"}
        for (term, label), value in zip(labels.items(), values, strict=True)
    )  # fmt: skip
    text = (
        f"With rejected deliveries checked whole, a delivery at the AQL costs {money(each * at_good, 'USD')} on average, one at the LTPD {money(each * at_bad, 'USD')}; "
        f"checking everything costs {money(each * p.lot_size, 'USD')}."
    )  # fmt: skip
    return Result(
        "inspection_cost", table, text, n_used=plan.n, **_drawn(plan, p, "How much is looked at, rejected deliveries whole", "inspected"),
        alt=f"Average total inspection by quality, from {plan.n:,} items of a sound delivery to all {p.lot_size:,} of a bad one.",
    )  # fmt: skip
