"""The one-page brief: what to do, how sure that is, why and why not, under which conditions, and what to measure first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis.decision.flips import Exposure, times
from lpo_analysis.decision.permits import conditions
from lpo_analysis.decision.plans import in_words, plan_rows
from lpo_analysis.decision.portfolio import Portfolio
from lpo_analysis.decision.reasons import (
    alternatives,
    asked_as,
    grounds,
    reasons_against,
    reasons_for,
    recorded,
    savings_today,
    usd,
)
from lpo_analysis.decision.rivals import ERRORS, Lead
from lpo_analysis.decision.ways import STAY, key
from lpo_analysis.decision.worth import first_to_measure
from lpo_analysis.methods.frontier import tail_mean
from lpo_analysis.results import Result, Statement, tidy
from lpo_analysis.savings.analysis import quantiles
from lpo_analysis.vocabulary import spelt_out
from lpo_analysis.wording import count, listing, money, percent, probability, sentence, untraced

SERVES = {
    "supervision": "supervise it (in practice: instructions, checks of samples, a named lawyer who answers for the work)",
    "competence_vetting": "make sure that those who do it are competent (in practice: vetted before signing, on record)",
    "confidentiality_measures": "keep confidence (in practice: limited access, notice of breaches, deletion at the end, a right to audit)",
    "conflict_check": "check for conflicts of interest",
    "client_disclosure": "tell clients that it is done so",
    "client_consent": "obtain the consent of clients",
    "fees": "settle how the work is billed, and tell the client",
    "unauthorized_practice": "keep legal judgement with lawyers admitted here",
    "agreement_in_writing": "have a written agreement",
}
"""What a duty asks for, in neutral words, with what is done in practice set apart from it: the opinions name the duty, not the steps."""
KINDS = {
    "Consents": ("client_consent", "client_disclosure", "fees"),
    "Clauses": ("agreement_in_writing", "confidentiality_measures"),
    "Controls": ("supervision", "competence_vetting", "conflict_check", "unauthorized_practice"),
}
"""How the duties stand in the brief: what clients must agree to or be told, what a contract says, what is done."""
TITLES = {
    "recommendation": "Recommendation", "confidence": "How sure", "for": "For", "against": "Against", "conditions": "Conditions", "measure": "Measure first",
}  # fmt: skip
EMPTY = {
    "for": "Nothing that the figures bear.", "against": "Nothing that the figures bear.", "conditions": "None: nothing moves.",
    "measure": "No single input is shown to be worth knowing before choosing.",
}  # fmt: skip
"""What stands in a part that has nothing to tell."""
LONG = 120
"""Longest condition of an opinion that the brief repeats, in characters."""
FEW = 3
"""Jurisdictions that a condition names; of more, the table of duties tells."""


def verdict(portfolio: Portfolio, weak: float) -> str:
    """Say what the draws say of the plan weighed against staying.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    weak : float
        Share of the variance from borrowed and assumed inputs; NaN where it cannot be told, which counts as all.

    Returns
    -------
    {'move', 'trial', 'uncertain', 'stay'}
        ``move`` where the plan chosen beats today's way with a probability of `confidence` or more on draws it was not chosen on; ``trial`` where it
        does, but more than `most_weak` of the variance comes from borrowed and assumed inputs; ``uncertain`` where it is expected to, with a
        smaller probability; ``stay`` where no plan is expected to.
    """
    if portfolio.stays:
        return "stay"
    net, p = portfolio.net(portfolio.candidate, fresh=True), portfolio.ways.parameters
    return judged(float(net.mean()), float((net > 0).mean()), weak, confidence=p.confidence, most_weak=p.most_weak)


def judged(mean: float, chance: float, weak: float, *, confidence: float, most_weak: float) -> str:
    """Judge a plan that moves something by its draws.

    Parameters
    ----------
    mean : float
        What it is expected to save.
    chance : float
        Probability that it beats today's way.
    weak : float
        As for `verdict`.
    confidence, most_weak : float
        The choices that the verdict rests on.

    Returns
    -------
    {'move', 'trial', 'uncertain', 'stay'}
        See `verdict`.
    """
    if mean <= 0:
        return "stay"
    if chance < confidence:
        return "uncertain"
    return "move" if np.isfinite(weak) and weak <= most_weak else "trial"


def weak_share(portfolio: Portfolio) -> float:
    """Return how much of the variance of the plan's saving comes from borrowed and assumed inputs.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    float
        Total-order index of rungs 3 and 4 together, for the plan weighed against staying; NaN where nothing may move.
    """
    from lpo_analysis.decision.adjusted import SENSITIVITY_DRAWS
    from lpo_analysis.methods.inputs import Inputs
    from lpo_analysis.methods.sensitivity import sobol_indices

    w = portfolio.ways
    used = _used(portfolio)
    if not used:
        return float("nan")
    inputs = Inputs(tuple(item for item in w.inputs if item.name in used))
    weak = inputs.by_rung((3, 4))
    if not weak or set(w.inputs.coupled) & used:
        return float("nan") if weak else 0.0
    found = sobol_indices(
        portfolio.model(portfolio.candidate),
        inputs,
        groups={"weak": weak},
        draws=SENSITIVITY_DRAWS,
        seed=w.parameters.seed,
    )
    return float(min(found["total"].iloc[0], 1.0))


def brief(portfolio: Portfolio, *, information: Result, flips: Result, overtaken: Result) -> Result:
    """Write the brief.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    information, flips, overtaken : Result
        What it is worth to know inputs, what flips the answer, and what puts another plan ahead.

    Returns
    -------
    Result
        Terms of the plan weighed against staying: ``p_beats_staying`` and ``p_loses``, ``saving`` (mean), ``expected_share`` (of what all of
        the work costs today), ``tail``, ``added_loss``, ``weak_share``, ``inputs`` and ``inputs_weak`` (how many there are), ``required_controls`` (where some are), ``p_best`` (of the plans compared), ``ahead`` (of the next
        one, with ``ahead_error``, its paired standard error), ``tied`` (plans that are not told apart from it), ``stake`` (by how much the choice among those matters on average at most), ``other_plans``, ``flip`` and ``overtaken`` (probability that the input which comes nearest to
        it flips the answer, or puts another plan ahead) and ``loss_multiple`` (how many times as large the added loss would have to be for nothing to be saved). ``model`` is a dict with ``verdict``, ``plan`` in a few words and, as sentences,
        ``recommendation``, ``confidence``, ``for``, ``against``, ``conditions`` and ``measure``; ``parts`` holds the same as pairs of a title and statements.
    """
    w = portfolio.ways
    weak = weak_share(portfolio)
    says = verdict(portfolio, weak)
    choice = portfolio.candidate
    moves = set(choice) != {STAY}
    holders = [name for name in dict.fromkeys(choice) if name != STAY and w.option(name).outside]
    table = _numbers(portfolio, weak, flips, overtaken)
    value = table.set_index("term")["estimate"]
    for_it, against = (sorted((reason for reason in found if reason.strength > 0), key=lambda reason: -reason.strength)[:3]
                       for found in (reasons_for(portfolio, table, flips), reasons_against(portfolio, value, flips, overtaken)))  # fmt: skip
    used = [w.option(name).permit for name in dict.fromkeys(choice) if name != STAY]
    told = _conditions(portfolio, conditions(used), holders) if moves and says != "stay" else []
    parts = {
        "recommendation": [
            Statement(_recommended(portfolio, says, table, overtaken.model if overtaken.estimable else None))
        ],
        "confidence": [Statement(_confidence(value)), *_exposed(value, flips)],
        "for": [Statement(reason.text, reason.rows) for reason in for_it],
        "against": [Statement(reason.text, reason.rows) for reason in against],
        "conditions": told,
        "measure": _measure(portfolio, information),
    }
    plain = {part: [statement.plain for statement in listed] for part, listed in parts.items()}
    recommendation, sure = plain["recommendation"][0], plain["confidence"][0]
    named = [(TITLES[part], listed or [Statement(EMPTY[part])]) for part, listed in parts.items()]
    model = {
        "verdict": says,
        "plan": in_words(portfolio, choice),
        **plain,
        "recommendation": recommendation,
        "confidence": sure,
        "parts": named,
    }
    behind = [row for listed in parts.values() for statement in listed for row in statement.rows]
    rows = tuple(dict.fromkeys([*plan_rows(portfolio, choice), *behind]))
    return Result("brief", table, f"{recommendation} {sure}", rows=rows, n_used=len(w.rows), model=model)


def _numbers(portfolio: Portfolio, weak: float, flips: Result, overtaken: Result) -> pd.DataFrame:
    """Compute what the sentences tell of the plan weighed against staying; all NaN where nothing may move."""
    w, p = portfolio.ways, portfolio.ways.parameters
    choice = portfolio.candidate
    moves = set(choice) != {STAY}
    exposed: Exposure | None = flips.model if flips.estimable else None
    alone = "not estimable, because no other plan is compared with it"
    unit, fresh, none = (
        f"USD over {p.horizon_years} years",
        "draws it was not chosen on",
        "not estimable, because nothing may move",
    )
    holders = [name for name in dict.fromkeys(choice) if name != STAY and w.option(name).outside]
    used = _used(portfolio)
    items = [item for item in w.inputs if not moves or item.name in used]
    stands: Lead | None = overtaken.model if overtaken.estimable else None
    known: dict[str, dict[str, Any]] = {
        "inputs": {"label": "Inputs of the plan" if moves else "Inputs", "estimate": len(items), "unit": "inputs", "method": "count"},
        "inputs_weak": {"label": "Inputs borrowed or assumed", "estimate": sum(item.rung >= 3 for item in items), "unit": "inputs", "method": "count"},
        "weak_share": {"label": "Variance from borrowed and assumed inputs", "estimate": weak, "unit": "share", "method": "total-order Sobol index" if moves else none},
    }  # fmt: skip
    if w.controls.in_place:
        cost = _required(portfolio)
        known["required_controls"] = {"label": "Required controls, a year at one holder", "estimate": sum(cost.values()) / 2, "conf_low": cost["low"], "conf_high": cost["high"], "unit": "USD", "method": "your controls file, middle of the range"}  # fmt: skip
    net = portfolio.net(choice, fresh=True)
    _, low, high = quantiles(net, p.level)
    chance, mean = float((net > 0).mean()), float(net.mean())
    today = sum(float(savings_today(portfolio, task).mean()) for task in p.tasks)
    held = [portfolio.held(name, portfolio.appraised) for name in holders]
    added = float(sum((one.increment + one.controls).mean() for one in held))
    turning = flips.table.loc[flips.table["estimate"].notna(), "probability"].tolist() if flips.estimable else []
    passing = overtaken.table["side_probability"].dropna().tolist() if overtaken.estimable else []
    found: dict[str, dict[str, Any]] = {
        "p_beats_staying": {"label": "Plan beats today's way", "estimate": chance, "unit": "probability", "method": fresh},
        "saving": {"label": "Risk-adjusted saving of the plan", "estimate": mean, "conf_low": low, "conf_high": high, "unit": unit, "method": f"mean, {fresh}"},
        "added_loss": {"label": "Expected loss and controls it adds", "estimate": added, "unit": unit, "method": "mean"},
        "expected_share": {"label": "Expected saving over what the work that can be costed costs today", "estimate": mean / today if today else np.nan, "unit": "share", "method": "ratio of means"},
        "p_loses": {"label": "Plan costs more than today's way", "estimate": 1 - chance, "unit": "probability", "method": fresh},
        "tail": {"label": f"Mean loss of the plan in the worst {1 - p.tail_level:.0%}", "estimate": tail_mean(portfolio.lost(choice), p.tail_level)[0], "unit": unit, "method": f"tail mean, {fresh}"},
        "p_best": {"label": "Plan is the best of those compared", "estimate": stands.best if stands else np.nan, "unit": "probability", "method": fresh if stands else alone},
        "ahead": {"label": "Ahead of the plan that comes next", "estimate": stands.ahead if stands else np.nan, "std_error": stands.error if stands else np.nan, "unit": unit, "method": f"paired difference of means, {fresh}" if stands else alone},
        "ahead_error": {"label": "Standard error of that", "estimate": stands.error if stands else np.nan, "unit": unit, "method": f"paired, {fresh}" if stands else alone},
        "stake": {"label": "Most that the choice among those not told apart matters", "estimate": stands.stake if stands else np.nan, "unit": unit, "method": f"lead and {ERRORS:g} standard errors, {fresh}" if stands else alone},
        "tied": {"label": "Plans not told apart from it on average", "estimate": len(stands.tied) if stands else np.nan, "unit": "plans", "method": f"lead or lag below {ERRORS:g} standard errors" if stands else alone},
        "other_plans": {"label": "Other plans expected to beat today's way", "estimate": len(alternatives(portfolio)), "unit": "plans", "method": "count"},
        "flip": {"label": "The input nearest to flipping the plan does so", "estimate": turning[0] if turning else np.nan, "unit": "probability",
                 "method": "share of its draws" if turning else "not estimable, because no input flips the answer alone"},
        "overtaken": {"label": "The input nearest to putting another plan ahead does so", "estimate": passing[0] if passing else np.nan, "unit": "probability",
                      "method": "share of its draws" if passing else "not estimable, because no input puts another plan ahead alone" if stands else alone},
        "added_loss_alone": {"label": "Expected loss it adds", "estimate": exposed.added if exposed else np.nan, "unit": unit, "method": f"mean, {fresh}"},
        "loss_multiple": {"label": "Added loss at which nothing is saved", "estimate": exposed.multiple if exposed else np.nan, "unit": "times the added loss",
                          "method": "ratio of means" if exposed and exposed.added else "not estimable, because nothing is added to the loss"},
    }  # fmt: skip
    if not moves:
        found = {term: {**record, "estimate": np.nan, "conf_low": np.nan, "conf_high": np.nan, "method": none} for term, record in found.items()}  # fmt: skip
    order = ["p_beats_staying", "saving", "added_loss", "weak_share"]
    every: dict[str, dict[str, Any]] = found | known
    return tidy({"level": p.level, "n_obs": len(w.rows), "term": term, **every[term]} for term in [*order, *(term for term in every if term not in order)])  # fmt: skip


def _used(portfolio: Portfolio) -> set[str]:
    """Name the inputs of the plan weighed against staying: of its ways, and of what a holder adds."""
    from lpo_analysis.decision.adjusted import LOSS

    w = portfolio.ways
    cells = [cell for cell in zip(w.parameters.tasks, portfolio.candidate, strict=True) if cell[1] != STAY]
    models = [*(key(*cell) for cell in cells), LOSS] if cells else []
    return {called for model in models for called in w.joint.names[model].values()}


def _recommended(portfolio: Portfolio, says: str, table: pd.DataFrame, stands: Lead | None) -> str:
    p = portfolio.ways.parameters
    told = in_words(portfolio, portfolio.candidate)
    rows = table.set_index("term")
    saving = rows.loc["saving"]
    middle, low, high = (
        recorded("brief.saving", usd(saving[field]), field) for field in ("estimate", "conf_low", "conf_high")
    )
    years = asked_as("horizon_years", count(p.horizon_years, "year"))
    span = f"{middle} over {years} (mean; {asked_as('level', f'{p.level:.0%}')} interval {low} to {high})"
    chance = recorded("brief.p_beats_staying", probability(rows.loc["p_beats_staying", "estimate"]))
    beats = f"beats today's way with a probability of {chance}"
    if set(portfolio.candidate) == {STAY}:
        every = {item.permit.state for item in portfolio.ways.options if item.name in portfolio.names}
        why = (
            "every way that can be costed is refused" if every == {"refused"} else "no other plan keeps the constraints"
        )
        return f"Stay as you are: {why}."
    if says == "stay":
        return f"Stay as you are. The plan that comes nearest ({told}) would bring {span} and {beats}."
    if says == "uncertain":
        return f"Too uncertain to call. On average one plan is ahead ({told}), with {span}, but it {beats} only, below the {asked_as('confidence', probability(p.confidence))} asked for: measure first, commit later.{_tied(portfolio, stands)}"
    if says == "trial":
        return (
            f"Try before you commit: {told}. By the figures that brings {span} and {beats}; but more than "
            f"{asked_as('most_weak', percent(p.most_weak))} of their variance comes from inputs that are borrowed or assumed, so start with what can be undone, under the conditions below, and measure.{_tied(portfolio, stands)}"
        )
    return f"Move, under the conditions below: {told}. That brings {span} and {beats}.{_tied(portfolio, stands)}"


def _tied(portfolio: Portfolio, stands: Lead | None) -> str:
    """Name the plans that are not told apart from the one recommended, and what the choice between them is worth on average."""
    if stands is None or not stands.tied:
        return ""
    near = f"“{in_words(portfolio, stands.tied[0])}”"
    if stands.tied[0] == stands.others[0]:
        ahead = recorded("brief.ahead", usd(abs(stands.ahead)))
        error = recorded("brief.ahead_error", usd(stands.error))
        near += f" ({ahead} {'behind' if stands.ahead > 0 else 'ahead'}, standard error {error})"
    if len(stands.tied) == 2:
        near += f" and “{in_words(portfolio, stands.tied[1])}”"
    elif len(stands.tied) > 2:
        near = f"{recorded('brief.tied', str(len(stands.tied)))} other plans, the first of them {near}"
    most = recorded("brief.stake", usd(stands.stake))
    return f" Not told apart from this plan on average: {near}; which of them is taken matters by no more than {most} on average."


def _confidence(value: pd.Series) -> str:
    weak = float(value["weak_share"])
    few, many = (recorded(f"brief.{term}", f"{value[term]:.0f}") for term in ("inputs_weak", "inputs"))
    text = f"{few} of {many} inputs are borrowed or assumed"
    if np.isfinite(weak):
        text += f", and {recorded('brief.weak_share', probability(weak))} of the variance comes from them"
    level = "low" if not np.isfinite(weak) or weak > 0.5 else "moderate" if weak > 0.2 else "fair"
    more = ": the probabilities hold if the assumptions do, and no further" if level == "low" else ""
    return f"Confidence in the figures themselves is {level}: {text}{more}."


def _exposed(value: pd.Series, flips: Result) -> list[Statement]:
    """Say whether risk changes the answer, where a loss is added and something is saved."""
    exposed: Exposure | None = flips.model if flips.estimable else None
    if exposed is None or not exposed.multiple > 1:
        return []
    added = recorded("brief.added_loss_alone", usd(exposed.added))
    multiple = recorded("brief.loss_multiple", times(exposed.multiple))
    return [
        Statement(
            f"{exposed.says}: the loss that is added, {added}, would have to be {multiple} as large for nothing to be saved on average."
        )
    ]


def _conditions(portfolio: Portfolio, asked: pd.DataFrame, holders: list[str]) -> list[Statement]:
    alike: dict[tuple[str, str, str], tuple[list[str], dict[str, None]]] = {}
    duties = {str(row.duty): row for row in asked.itertuples()}
    kinds = {duty: kind for kind, listed in KINDS.items() for duty in listed}
    for duty in sorted(duties, key=lambda duty: list(kinds).index(duty)):
        row = duties[duty]
        national = "but named by a national opinion (persuasive only), " if row.persuasive else "and so "
        where = (
            f"asked for in {_few(row.asked_in)}"
            if row.asked_in
            else f"not known in {_few(row.not_known_in)} {national}to be met as if asked for"
        )
        opinions = [
            f"opinion:{name}" for cell in (row.opinion_ids, row.persuasive_ids) for name in cell.split(", ") if name
        ]
        # What is asked for in the same places by the same opinions is one condition.
        what, rows = alike.setdefault((kinds[duty], where, row.citation if row.asked_in else ""), ([], {}))
        what.append(SERVES[duty] + _hung(row.condition))
        rows.update(dict.fromkeys(opinions))
    told = [
        Statement(f"{kind}, {where}: {'; '.join(what)}.", tuple(rows), cited)
        for (kind, where, cited), (what, rows) in alike.items()
    ]
    if holders:
        required = [item.label for item in portfolio.ways.controls.in_place]
        which = listing(required) if required else "the controls of security that you ask for"
        told.append(
            Statement(
                f"Controls: have {which} in place at {listing(holders)} before the first record leaves. {_counted(portfolio)}"
            )
        )
    moved = [portfolio.ways.option(name) for name in dict.fromkeys(portfolio.candidate) if name != STAY]
    told += [
        Statement(f"Counsel: have {item.name} reviewed first: {item.permit.reason}.", grounds(item.permit))
        for item in moved
        if item.permit.state == "review"
    ]
    return told


def _hung(condition: str) -> str:
    """Add on what the opinions hang a duty; of many words, the table of duties tells."""
    return (
        ""
        if not condition
        else f" ({condition})"
        if len(condition) <= LONG
        else " (on conditions that the table of duties tells)"
    )


def _counted(portfolio: Portfolio) -> str:
    """Say what controls are counted at, and which."""
    p, required = portfolio.ways.parameters, portfolio.ways.controls.in_place
    spans = []
    if required:
        ends = _required(portfolio)
        span = _span(
            *(recorded("brief.required_controls", money(ends[end], "USD"), f"conf_{end}") for end in ("low", "high"))
        )
        spans.append(f"{span} (your controls file)")
    if p.control_costs[1] > 0:
        span = _span(
            *(asked_as(f"control_costs/{end}", money(cost, "USD")) for end, cost in enumerate(p.control_costs))
        )
        spans.append(f"{'for further controls ' if required else ''}{span} (assumption)")
    if not spans:
        return "What they cost is in no number, as none was given."
    return f"Counted a year for each holder: {listing(spans)}."


def _required(portfolio: Portfolio) -> dict[str, float]:
    """Add up what the required controls cost a year at one holder."""
    required = portfolio.ways.controls.in_place
    return {name: float(sum(item.cost[end] for item in required)) for end, name in enumerate(("low", "high"))}


def _span(low: str, high: str) -> str:
    return low if untraced(low) == untraced(high) else f"{low} to {high}"


def _few(places: str) -> str:
    """Name a few jurisdictions of a listing; the table of duties has them all."""
    named = places.replace(" and ", ", ").split(", ")
    return spelt_out(places if len(named) <= FEW else f"{', '.join(named[:FEW])} and others")


def _measure(portfolio: Portfolio, information: Result) -> list[Statement]:
    inputs = portfolio.ways.inputs
    return [
        Statement(
            f"{sentence(row.label)}: knowing it before choosing would be worth {recorded(f'information.{row.term}', usd(row.estimate))}.",
            tuple(inputs[row.term].rows),
        )
        for row in first_to_measure(information).itertuples()
    ]
