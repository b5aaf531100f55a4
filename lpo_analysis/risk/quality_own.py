"""What own quality checks say of a provider: its level, whether it moved, which deliveries to accept, and how far checkers agree."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis.charts import control, intervals
from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.acceptance import Plan, accept_probability, cheapest_plan
from lpo_analysis.methods.agreement import agreement
from lpo_analysis.methods.clustered_shares import clustered_share
from lpo_analysis.methods.control import control_chart
from lpo_analysis.methods.elusion import finite_interval
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.quality_data import CODERS, SEVERITIES, OwnChecks
from lpo_analysis.risk.quality_plan import levels
from lpo_analysis.wording import count, listing, money, percent, sentence

NO_CHECKS = (
    "no quality checks of your own were given (quality_path names a file in the form of data/templates/quality.csv)"
)
NO_OWN_CHECKS = (
    "With `quality_path` this section shows the level of quality by severity, whether it moved, which deliveries to accept, and how far your "
    "checkers agree; no file was given."
)
"""Said once in place of four empty results."""
CLASSES = SEVERITIES[1:]
_FEW = 5
LEAST_JUDGED = 5
"""Items judged by two checkers below which their agreement is not told: checkers are persons, and it would show their single judgements."""
ACCEPT, REJECT, OPEN = "accept", "reject", "check more"
_WORSE = {"minor": "minor or worse", "major": "major or worse", "critical": "critical"}
_MEASURES = {"percent_agreement": "plain agreement", "cohen_kappa": "Cohen's kappa", "fleiss_kappa": "Fleiss' kappa", "krippendorff_alpha": "Krippendorff's alpha",
             "gwet_ac1": "Gwet's AC1", "gwet_ac2": "Gwet's AC2"}  # fmt: skip


def _small(share: float) -> str:
    return percent(float(share), width=0.01)


def own_level(checks: OwnChecks | None, parameters: Parameters) -> Result:
    """Estimate the share of items with a defect, by severity and worse, and set it beside the limits.

    Parameters
    ----------
    checks : OwnChecks or None
        Items checked; None for none.
    parameters : Parameters
        Limits, level.

    Returns
    -------
    Result
        Terms minor, major and critical (each: that or worse); extra columns limit, verdict (kept, exceeded, not decided), effect (design
        effect of deliveries) and batches.

    Notes
    -----
    Estimand: the share over the process that delivers such batches, as the first checker judges; items of a delivery are taken to be drawn
    at random.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data. Survey Methodology 24.
    """
    p = parameters
    if checks is None:
        return not_estimable("own_level", NO_CHECKS, terms=_WORSE, level=p.level, unit="share")
    records = []
    for severity, limit in zip(CLASSES, p.class_limits, strict=True):
        counts = checks.counts(severity)
        found = clustered_share(counts["found"], counts["checked"], sizes=checks.sizes, level=p.level)
        verdict = "kept" if found.conf_high <= limit else "exceeded" if found.conf_low > limit else "not decided"
        records.append(
            {"term": severity, "label": sentence(_WORSE[severity]), "estimate": found.share, "std_error": found.std_error, "conf_low": found.conf_low, "conf_high": found.conf_high, "level": p.level,
             "n_obs": len(checks.frame), "unit": "share", "method": "ratio over deliveries, exact binomial at the effective sample size", "limit": limit, "verdict": verdict, "effect": found.effect,
             "batches": found.batches, "found": int(counts["found"].sum())}
        )  # fmt: skip
    table = tidy(records)
    batches = int(table["batches"].iloc[0])
    spoken = [
        f"{_WORSE[str(row.term)]} in {_small(row.estimate)} of the items ({p.level:.0%} interval {_small(row.conf_low)} to {_small(row.conf_high)}), "
        f"against a limit of {_small(row.limit)}: {row.verdict}"
        for row in table.itertuples()
    ]
    text = (
        f"{count(len(checks.frame), 'item')} of {count(batches, 'delivery', 'deliveries')} were checked. Defects are "
        + "; ".join(spoken)
        + "."
    )
    effects = table["effect"].dropna()
    between = (
        Check("Deliveries differ", False, "With one delivery it cannot be seen how deliveries differ; the interval holds for a process without such differences.")
        if batches == 1
        else Check("Deliveries differ", None, f"Defects cluster in deliveries by a design effect of up to {effects.max():.1f}, which the intervals allow for." if len(effects) else "No defect was found, so that differences between deliveries cannot be seen.")
    )  # fmt: skip
    weights = (
        "by the sizes of the deliveries"
        if checks.sizes is not None
        else "by the items checked, because the file tells no sizes"
    )
    told = (
        between,
        Check("Few deliveries", batches >= 8, f"The interval rests on {count(batches, 'delivery', 'deliveries')}; with fewer than 8 it is rough."),
        Check("Weights", None, f"Deliveries are weighted {weights}. Whether items were drawn at random cannot be seen."),
        _ignored(checks),
    )  # fmt: skip
    data = table.assign(
        label=[f"{row.label}\n(limit {_small(row.limit)}: {row.verdict})" for row in table.itertuples()]
    )
    return Result(
        "own_level", table, text, checks=told, n_used=len(checks.frame), plot_data=data[["label", "estimate", "conf_low", "conf_high"]],
        draw=partial(intervals, title="Defects your checks found", xlabel=f"share of the items, with {p.level:.0%} intervals"),
        alt=f"Share of items with defects by severity: {'; '.join(f'{_WORSE[str(row.term)]} {_small(row.estimate)}' for row in table.itertuples())}.",
    )  # fmt: skip


def _ignored(checks: OwnChecks) -> Check:
    n = checks.n_ignored
    what = f"{count(n, 'column')} of your file {'is' if n == 1 else 'are'} not of the template and {'was' if n == 1 else 'were'} not read."
    return Check("Columns", not n, what)


def own_drift(checks: OwnChecks | None, parameters: Parameters) -> Result:
    """Chart the share of counted defects over deliveries, in their order.

    Parameters
    ----------
    checks : OwnChecks or None
        Items checked; None for none.
    parameters : Parameters
        From which severity on a defect counts.

    Returns
    -------
    Result
        As `lpo_analysis.methods.control.control_chart`, with Laney's limits.

    References
    ----------
    Laney, D. B. (2002). Improved control charts for attributes. Quality Engineering 14(4), 531-537.
    """
    terms = ("centre", "sigma_z", "outside", "runs")
    if checks is None:
        return not_estimable("own_drift", NO_CHECKS, terms=terms)
    counts = checks.counts(parameters.counted_from)
    found = control_chart(counts["found"], counts["checked"])
    if not found.estimable:
        reason = str(found.reason).replace("batch", "delivery").replace("deliveryes", "deliveries")
        return not_estimable("own_drift", reason, terms=terms, method="Laney p'")
    labels = {"centre": "Centre", "sigma_z": "Spread of deliveries against the binomial", "outside": "Deliveries beyond a limit", "runs": "Deliveries that end a run"}  # fmt: skip
    table = tidy(row | {"label": labels[row["term"]]} for row in found.table.to_dict("records"))
    mean = float(counts["found"].mean())
    few = Check("Defects a delivery", mean >= _FEW, f"A sample shows {mean:.1f} defects on average" + ("." if mean >= _FEW else f"; below {_FEW} the three-sigma limits are rough, and a single defect can pass them."))  # fmt: skip
    draw = partial(control, title=f"Share of items with a defect, {_WORSE[parameters.counted_from]}", xlabel="Delivery")
    return replace(found, name="own_drift", table=table, draw=draw, checks=(*found.checks, few), text=found.text.replace("batches", "deliveries").replace("batch ", "delivery "))  # fmt: skip


def _decide(found: int, checked: int, plan: Plan, consumer_risk: float, bad: float) -> tuple[str, int]:
    """Decide on a delivery; return the decision and the defects allowed in the sample there is."""
    if checked < plan.n:
        # Accepting early as well as late would raise the consumer's risk; rejecting early cannot.
        return (REJECT if found > plan.c else OPEN), plan.c
    allowed = plan.c
    while allowed + 1 < checked and accept_probability(Plan(checked, allowed + 1, plan.lot), [bad])[0] <= consumer_risk:
        allowed += 1
    return (ACCEPT if found <= allowed else REJECT), allowed


def own_acceptance(checks: OwnChecks | None, parameters: Parameters) -> Result:
    """Decide which deliveries to accept under the plan, and what checking them costs.

    Parameters
    ----------
    checks : OwnChecks or None
        Items checked; None for none.
    parameters : Parameters
        AQL, LTPD, both risks, from which severity on a defect counts, pace and cost of a checker, size of a delivery where the
        file tells none.

    Returns
    -------
    Result
        Terms accepted, rejected, open (deliveries), checked, missing (items), cost, cost_missing (US dollars). Its `model` is a frame with one
        delivery a row: batch, lot, checked, found, share_low and share_high (exact interval for this delivery), needed, allowed, decision,
        more (items still to check).

    Raises
    ------
    ParameterError
        If AQL and LTPD cannot be told apart by any sample.

    Notes
    -----
    Each delivery has the cheapest plan for its own size. Where more than its sample was checked, the acceptance number is the largest that
    still keeps the consumer's risk; where less was, the delivery is rejected once its defects exceed the plan's number and stays open before.
    """
    p = parameters
    terms = {"accepted": "Deliveries to accept", "rejected": "Deliveries to reject", "open": "Deliveries not decided", "checked": "Items checked", "missing": "Items still to check",
             "cost": "Cost of the checks made", "cost_missing": "Cost of the checks still to make"}  # fmt: skip
    if checks is None:
        return not_estimable("own_acceptance", NO_CHECKS, terms=terms, level=p.level)
    counts = checks.counts(p.counted_from)
    lots = checks.sizes if checks.sizes is not None else np.full(len(counts), p.lot_size)
    try:
        plans = {int(lot): cheapest_plan(aql=p.aql, ltpd=p.ltpd, producer_risk=p.producer_risk, consumer_risk=p.consumer_risk, lot=int(lot)) for lot in np.unique(lots)}  # fmt: skip
    except ParameterError as error:
        return not_estimable("own_acceptance", error.what, terms=terms, level=p.level)
    records = []
    for number, (lot, n, d) in enumerate(zip(lots.tolist(), counts["checked"], counts["found"], strict=True), start=1):
        plan = plans[int(lot)]
        decision, allowed = _decide(int(d), int(n), plan, p.consumer_risk, levels(p, int(lot))[1])
        low, high = finite_interval(int(d), sampled=int(n), size=int(lot), level=p.level)
        records.append(
            {"batch": number, "lot": int(lot), "checked": int(n), "found": int(d), "share_low": low / lot, "share_high": high / lot, "needed": plan.n, "allowed": allowed, "decision": decision,
             "more": plan.n - int(n) if decision == OPEN else 0}
        )  # fmt: skip
    frame = pd.DataFrame(records)
    each = p.checker_hourly_cost / p.checked_per_hour
    tally = {word: int((frame["decision"] == word).sum()) for word in (ACCEPT, REJECT, OPEN)}
    done, more = int(frame["checked"].sum()), int(frame["more"].sum())
    values = {"accepted": tally[ACCEPT], "rejected": tally[REJECT], "open": tally[OPEN], "checked": done, "missing": more, "cost": done * each, "cost_missing": more * each}  # fmt: skip
    units = ["deliveries"] * 3 + ["items"] * 2 + ["USD"] * 2
    table = tidy(
        {"term": t, "label": terms[t], "estimate": float(v), "n_obs": len(frame), "unit": u, "method": "exact hypergeometric plan for each delivery"}
        for (t, v), u in zip(values.items(), units, strict=True)
    )  # fmt: skip
    said = [
        f"{tally[ACCEPT]} can be accepted",
        f"{tally[REJECT]} should be rejected",
        f"{tally[OPEN]} cannot be decided yet",
    ]
    text = (
        f"Of {count(len(frame), 'delivery', 'deliveries')}, {listing(said)} (defects {_WORSE[p.counted_from]} count; AQL {_small(p.aql)}, LTPD {_small(p.ltpd)}). "
        f"The checks cost {money(done * each, 'USD')} at the pace and hourly cost assumed"
        + (f"; {count(more, 'more item')} ({money(more * each, 'USD')}) would decide the rest." if more else ".")
    )  # fmt: skip
    short = int((frame["checked"] < frame["needed"]).sum())
    size = "Sizes are those of your file." if checks.sizes is not None else f"Your file tells no sizes, so each delivery is taken to have {p.lot_size:,} items (lot_size)."  # fmt: skip
    told = (
        Check("Sizes of deliveries", checks.sizes is not None, size),
        Check("Samples as planned", not short, f"{sentence(count(short, 'delivery', 'deliveries')) if short else 'No delivery'} had fewer items checked than {'their plans ask' if short > 1 else 'its plan asks'} for. A small sample is never read as a pass."),
    )  # fmt: skip
    return Result("own_acceptance", table, text, checks=told, n_used=len(checks.frame), model=frame)


def own_agreement(checks: OwnChecks | None, parameters: Parameters) -> Result:
    """Estimate how far checkers agree on items that several judged.

    Parameters
    ----------
    checks : OwnChecks or None
        Items checked; None for none.
    parameters : Parameters
        From which severity on a defect counts, level, seed.

    Returns
    -------
    Result
        Terms ``defect:...`` on whether an item has a defect that counts (nominal), and ``severity:...`` on how severe it is (ordinal,
        quadratic weights), each for plain agreement, Cohen's kappa (two checkers), Fleiss' kappa, Krippendorff's alpha and Gwet's AC1 or AC2.

    References
    ----------
    Gwet, K. L. (2008). Computing inter-rater reliability and its variance in the presence of high agreement. British Journal of
    Mathematical and Statistical Psychology 61, 29-48.
    """
    p = parameters
    if checks is None:
        return not_estimable("own_agreement", NO_CHECKS, level=p.level, unit="coefficient")
    codes = checks.frame[list(CODERS)]
    codes = codes.loc[:, (codes >= 0).any()]
    paired = codes[(codes >= 0).sum(axis=1) >= 2]
    if len(paired) < LEAST_JUDGED:
        n = count(len(paired), "item") if len(paired) else "no item"
        reason = f"{n} {'was' if len(paired) < 2 else 'were'} judged by two checkers (columns severity_2 and severity_3), and {LEAST_JUDGED} are the least that say something of how they agree rather than of single judgements"
        return not_estimable("own_agreement", reason, level=p.level, unit="coefficient")
    severity = paired.astype(object).where(paired >= 0, None)
    line = SEVERITIES.index(p.counted_from)
    defect = (paired >= line).astype(object).where(paired >= 0, None).map(lambda x: None if x is None else ("no", "yes")[int(x)])  # fmt: skip
    yes_no = agreement(defect, categories=("no", "yes"), level=p.level, seed=p.seed)
    grades = agreement(severity, scale="ordinal", categories=range(len(SEVERITIES)), level=p.level, seed=p.seed)
    subjects = {"defect": "Defect or not", "severity": "Severity"}
    table = tidy(
        row | {"term": f"{what}:{row['term']}", "label": f"{subjects[what]}: {_MEASURES[row['term']]}"}
        for what, made in (("defect", yes_no), ("severity", grades))
        for row in made.table.to_dict("records")
    )
    text = f"Whether an item has a defect {_WORSE[p.counted_from]}: {_lower(yes_no.text)} How severe it is: {_lower(grades.text)}"
    told = tuple(
        replace(check, name=f"{check.name} ({subjects[what].lower()})")
        for what, made in (("defect", yes_no), ("severity", grades))
        for check in made.checks
    )
    if (table.loc[table["term"].str.endswith("percent_agreement"), "estimate"] == 1).any():
        # Where all agree, the variance over units is 0 and says nothing of the size of the sample.
        low = (1 - p.level) ** (1 / len(paired))
        words = f"Where all {len(paired)} items agree, the intervals shrink to a point. Checkers who agree on only {percent(low, width=0.01)} of all items would still show that with a chance of {percent(1 - p.level)}."
        told = (*told, Check("Full agreement", False, words))
    drawn = table[table["estimate"].notna()]
    return Result(
        "own_agreement", table, text, checks=told, n_used=len(paired), n_dropped=len(codes) - len(paired),
        plot_data=drawn[["label", "estimate", "conf_low", "conf_high"]], draw=partial(intervals, title="How far your checkers agree", xlabel=f"coefficient of agreement, with {p.level:.0%} intervals", percent=False),
        alt=f"{len(drawn)} coefficients of agreement from {drawn['estimate'].min():.2f} to {drawn['estimate'].max():.2f}.",
    )  # fmt: skip


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
