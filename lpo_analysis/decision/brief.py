"""The one-page brief: what to do, how sure that is, why and why not, under which conditions, and what to measure first."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.decision.permits import conditions
from lpo_analysis.decision.plans import in_words, plan_rows
from lpo_analysis.decision.portfolio import Portfolio
from lpo_analysis.decision.ways import STAY, key
from lpo_analysis.decision.worth import first_to_measure
from lpo_analysis.methods.frontier import tail_mean
from lpo_analysis.results import Result, tidy
from lpo_analysis.savings.analysis import quantiles
from lpo_analysis.wording import listing, money, percent, probability, sentence

SERVES = {
    "supervision": "supervise it: instructions, checks of samples, a named lawyer who answers for the work",
    "competence_vetting": "vet who does it before signing, and keep the record",
    "confidentiality_measures": "bind them to confidence: access control, notice of breaches, deletion at the end, a right to audit",
    "conflict_check": "check for conflicts of interest before each matter",
    "client_disclosure": "tell clients that it is done so",
    "client_consent": "obtain the consent of clients",
    "fees": "charge clients no more than the cost and a stated surcharge, and say so",
    "unauthorized_practice": "keep legal judgement with lawyers admitted here",
    "agreement_in_writing": "have a written agreement",
}
"""What discharges a duty, in a few words; the risk report's checklist has the steps with their opinions."""


class Reason(NamedTuple):
    """A reason for or against moving.

    Parameters
    ----------
    strength : float
        How strong, to order by; 0 or less is none.
    text : str
        A sentence.
    """

    strength: float
    text: str


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
    from lpo_analysis.decision.adjusted import LOSS, SENSITIVITY_DRAWS
    from lpo_analysis.methods.inputs import Inputs
    from lpo_analysis.methods.sensitivity import sobol_indices

    w = portfolio.ways
    cells = [cell for cell in zip(w.parameters.tasks, portfolio.candidate, strict=True) if cell[1] != STAY]
    if not cells:
        return float("nan")
    used = {called for cell in cells for called in w.joint.names[key(*cell)].values()} | set(
        w.joint.names[LOSS].values()
    )
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


def brief(portfolio: Portfolio, *, information: Result, flips: Result) -> Result:
    """Write the brief.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    information, flips : Result
        What it is worth to know inputs, and what flips the answer.

    Returns
    -------
    Result
        Terms ``p_beats_staying``, ``saving``, ``added_loss`` and ``weak_share`` of the plan weighed against staying. ``model`` is a dict with
        ``verdict``, ``recommendation``, ``confidence``, ``for``, ``against``, ``conditions`` and ``measure``: sentences.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    choice = portfolio.candidate
    net = portfolio.net(choice, fresh=True)
    _, low, high = quantiles(net, p.level)
    expected, chance = float(net.mean()), float((net > 0).mean())
    weak = weak_share(portfolio)
    says = verdict(portfolio, weak)
    holders = [name for name in dict.fromkeys(choice) if name != STAY and w.option(name).outside]
    held = [portfolio.held(name, portfolio.appraised) for name in holders]
    added = float(sum((one.increment + one.controls).mean() for one in held))
    moves = set(choice) != {STAY}
    unit = f"USD over {p.horizon_years} years"
    table = tidy({"level": p.level, "n_obs": len(w.rows), **record} for record in (
        {"term": "p_beats_staying", "label": "Plan beats today's way", "estimate": chance if moves else np.nan, "unit": "probability", "method": "draws it was not chosen on" if moves else "not estimable, because nothing may move"},
        {"term": "saving", "label": "Risk-adjusted saving of the plan", "estimate": expected if moves else np.nan, "conf_low": low if moves else np.nan, "conf_high": high if moves else np.nan, "unit": unit, "method": "mean, draws it was not chosen on"},
        {"term": "added_loss", "label": "Expected loss and controls it adds", "estimate": added if moves else np.nan, "unit": unit, "method": "mean"},
        {"term": "weak_share", "label": "Variance from borrowed and assumed inputs", "estimate": weak, "unit": "share", "method": "total-order Sobol index"},
    ))  # fmt: skip
    recommendation, sure = _recommended(portfolio, says, chance, (expected, low, high)), _confidence(portfolio, weak)
    for_it, against = (sorted((reason for reason in found if reason.strength > 0), key=lambda reason: -reason.strength)[:3]
                       for found in (_for(portfolio, chance, flips), _against(portfolio, chance, weak, flips)))  # fmt: skip
    used = [w.option(name).permit for name in dict.fromkeys(choice) if name != STAY]
    told = _conditions(portfolio, conditions(used), holders) if moves and says != "stay" else []
    top = first_to_measure(information)
    said = partial(money, currency="USD", digits=2)
    measure = [
        f"{sentence(row.label)}: knowing it before choosing would be worth {said(row.estimate)}."
        for row in top.itertuples()
    ]
    model = {"verdict": says, "recommendation": recommendation, "confidence": sure, "for": [reason.text for reason in for_it], "against": [reason.text for reason in against],
             "conditions": told, "measure": measure}  # fmt: skip
    return Result(
        "brief", table, f"{recommendation} {sure}", rows=plan_rows(portfolio, choice), n_used=len(w.rows), model=model
    )


def _recommended(portfolio: Portfolio, says: str, chance: float, reach: tuple[float, float, float]) -> str:
    p = portfolio.ways.parameters
    said = partial(money, currency="USD", digits=2)
    expected, low, high = reach
    told = in_words(portfolio, portfolio.candidate)
    span = f"{said(expected)} over {p.horizon_years} {'year' if p.horizon_years == 1 else 'years'} (mean; {p.level:.0%} interval {said(low)} to {said(high)})"
    if set(portfolio.candidate) == {STAY}:
        every = {item.permit.state for item in portfolio.ways.options if item.name in portfolio.names}
        why = (
            "every way that can be costed is refused" if every == {"refused"} else "no other plan keeps the constraints"
        )
        return f"Stay as you are: {why}."
    if says == "stay":
        return f"Stay as you are. The plan that comes nearest ({told}) would bring {span} and beats today's way with a probability of {probability(chance)}."
    if says == "uncertain":
        return f"Too uncertain to call. On average one plan is ahead ({told}), with {span}, but it beats today's way with a probability of {probability(chance)} only, below the {probability(p.confidence)} asked for: measure first, commit later."
    if says == "trial":
        return (
            f"Try before you commit: {told}. By the figures that brings {span} and beats today's way with a probability of {probability(chance)}; but more than "
            f"{percent(p.most_weak)} of their variance comes from inputs that are borrowed or assumed, so start with what can be undone, under the conditions below, and measure."
        )
    return f"Move, under the conditions below: {told}. That brings {span} and beats today's way with a probability of {probability(chance)}."


def _confidence(portfolio: Portfolio, weak: float) -> str:
    items = list(portfolio.ways.inputs)
    low = sum(item.rung >= 3 for item in items)
    text = f"{low} of {len(items)} inputs are borrowed or assumed"
    if np.isfinite(weak):
        text += f", and {probability(weak)} of the variance comes from them"
    level = "low" if not np.isfinite(weak) or weak > 0.5 else "moderate" if weak > 0.2 else "fair"
    more = ": the probabilities hold if the assumptions do, and no further" if level == "low" else ""
    return f"Confidence in the figures themselves is {level}: {text}{more}."


def _for(portfolio: Portfolio, chance: float, flips: Result) -> list[Reason]:
    w, p = portfolio.ways, portfolio.ways.parameters
    choice, said = portfolio.candidate, partial(money, currency="USD", digits=2)
    if set(choice) == {STAY}:
        return []
    net = portfolio.net(choice, fresh=True)
    low = quantiles(net, p.level)[1]
    today = sum(float(savings_today(portfolio, task).mean()) for task in p.tasks)
    share = float(net.mean()) / today
    found = [
        Reason(
            share if share > 0 else 0,
            f"It is expected to save {said(float(net.mean()))}, {percent(share)} of what all of the work costs today.",
        )
    ]
    if low > 0:
        found.append(
            Reason(
                0.9,
                f"It saves something in the bad cases, too: {said(low)} at the lower end of the {p.level:.0%} interval.",
            )
        )
    found.append(Reason(chance - 0.5, f"It beats today's way in {probability(chance)} of the draws."))
    home = vocabulary.PLACES[p.baseline_location].country
    places = {vocabulary.PLACES[w.option(name).place].country for name in choice if name != STAY}
    if places == {home}:
        found.append(
            Reason(0.45, "Nothing leaves the country: no foreign currency, and no duty that turns on work abroad.")
        )
    if not any(w.option(name).outside for name in choice if name != STAY):
        found.append(
            Reason(0.4, "Nobody else comes to hold client records, an AI tool's maker left aside (an assumption).")
        )
    others = [c for c in portfolio.neighbours if set(c) != {STAY} and c != choice and portfolio.net(c).mean() > 0]
    if len(others) >= 2:
        found.append(
            Reason(
                0.35,
                f"It does not hang on one choice: {len(others)} other plans that keep the constraints are expected to beat today's way as well.",
            )
        )
    turning = flips.table["estimate"].notna().sum() if flips.estimable else 0
    if flips.estimable and not turning and net.mean() > 0:
        found.append(
            Reason(0.5, "No single input among those it moves with most flips the answer, whatever it can be.")
        )
    return found


def savings_today(portfolio: Portfolio, task: str) -> np.ndarray:
    """Return the present value of what a task costs as it is done today.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    task : str
        Its code.

    Returns
    -------
    ndarray of float, shape (draws,)
        Money; zeros where no way of it can be costed, and so today's is not either.
    """
    from lpo_analysis import savings

    w = portfolio.ways
    cell = next((cell for cell in w.cells if cell[0] == task), None)
    if cell is None:
        return np.zeros(w.parameters.draws)
    analysis = w.cells[cell]
    return savings.costs(analysis.gathered.rates(w.joint.draws[key(*cell)]), analysis.terms).baseline


def _against(portfolio: Portfolio, chance: float, weak: float, flips: Result) -> list[Reason]:
    w, p = portfolio.ways, portfolio.ways.parameters
    choice, said = portfolio.candidate, partial(money, currency="USD", digits=2)
    refused = [item for item in w.options if item.permit.state == "refused" and item.name in portfolio.names]
    if set(choice) == {STAY}:
        reasons = list(dict.fromkeys(item.permit.reason for item in refused))
        return [Reason(1.0, f"{sentence(reason)}.") for reason in reasons[:3]]
    net = portfolio.net(choice, fresh=True)
    loses = 1 - chance
    found = []
    if np.isfinite(weak):
        found.append(
            Reason(
                weak,
                f"{sentence(probability(weak))} of the variance comes from inputs that no study of this work and place bears: borrowed, or assumed.",
            )
        )
    tail, _ = tail_mean(-net, p.tail_level)
    if tail > 0:
        found.append(
            Reason(0.3 + loses, f"In the worst {percent(1 - p.tail_level)} of cases it loses {said(tail)} on average.")
        )
    if net.mean() <= 0:
        found.append(Reason(1.0, f"It is expected to lose {said(-float(net.mean()))}."))
    elif loses > 0.02:
        found.append(Reason(loses, f"It costs more than today's way in {probability(loses)} of the draws."))
    review = [name for name in dict.fromkeys(choice) if name != STAY and w.option(name).permit.state == "review"]
    if review:
        found.append(Reason(0.8, f"{sentence(w.option(review[0]).permit.reason)}: counsel must review it first."))
    silent = conditions([w.option(name).permit for name in dict.fromkeys(choice) if name != STAY])
    silent = silent[silent["asked_in"] == ""]
    if len(silent):
        found.append(
            Reason(0.3, f"On {listing(silent['label'].tolist())} nothing on file tells, which is no permission.")
        )
    if any(w.option(name).outside for name in choice if name != STAY):
        found.append(
            Reason(
                0.35,
                "What a provider adds to the risk of a breach is not identified by any data on file; it follows from the exposure assumed.",
            )
        )
    if flips.estimable and net.mean() > 0:
        first = flips.table.dropna(subset=["estimate"]).head(1)
        found += [
            Reason(1.1 - float(row.probability), _flip(row.label, row.needed_text, row.probability))
            for row in first.itertuples()
        ]
    return found


def _flip(label: str, needed: str, chance: float) -> str:
    return f"It flips with one input alone: unless {label} is {needed}, nothing is saved (probability that it is: {probability(chance)})."


def _conditions(portfolio: Portfolio, asked: pd.DataFrame, holders: list[str]) -> list[str]:
    told = []
    for row in asked.itertuples():
        where = (
            f"asked for in {row.asked_in}"
            if row.asked_in
            else f"not known in {row.not_known_in}, so to be met as if asked for"
        )
        cited = f" [{row.citation}]" if row.asked_in else ""
        told.append(f"{sentence(SERVES[row.duty])} ({where}){cited}.")
    if holders:
        told.append(
            f"Have the controls in place at {listing(holders)} before the first record leaves; the risk report says what each would have to prevent. {_counted(portfolio)}"
        )
    moved = [portfolio.ways.option(name) for name in dict.fromkeys(portfolio.candidate) if name != STAY]
    told += [
        f"Have counsel review {item.name} first: {item.permit.reason}."
        for item in moved
        if item.permit.state == "review"
    ]
    return told


def _counted(portfolio: Portfolio) -> str:
    """Say what controls are counted at, and which."""
    p, required = portfolio.ways.parameters, portfolio.ways.controls.in_place
    spans = []
    if required:
        low, high = (sum(item.cost[end] for item in required) for end in (0, 1))
        spans.append(
            f"{listing([item.label for item in required])} at {money(low, 'USD')} to {money(high, 'USD')} (your controls file)"
        )
    if p.control_costs[1] > 0:
        more = "further controls" if required else "they"
        spans.append(f"{more} at {_span(*p.control_costs)} (assumption)")
    if not spans:
        return "No cost of controls is counted (control_costs, required_controls)."
    return f"Counted a year for each holder: {listing(spans)}."


def _span(low: float, high: float) -> str:
    return money(low, "USD") if low == high else f"{money(low, 'USD')} to {money(high, 'USD')}"


def page(result: Result) -> pd.DataFrame:
    """Return the brief as a table of one page.

    Parameters
    ----------
    result : Result
        From `brief`.

    Returns
    -------
    pandas.DataFrame
        Columns part and text, a sentence a row.
    """
    m = result.model
    rows = [("Recommendation", m["recommendation"]), ("How sure", m["confidence"])]
    rows += [(f"For {n}", text) for n, text in enumerate(m["for"], 1)] or [("For", "Nothing that the figures bear.")]
    rows += [(f"Against {n}", text) for n, text in enumerate(m["against"], 1)] or [
        ("Against", "Nothing that the figures bear.")
    ]
    rows += [(f"Condition {n}", text) for n, text in enumerate(m["conditions"], 1)] or [
        ("Conditions", "None: nothing moves.")
    ]
    rows += [(f"Measure {n}", text) for n, text in enumerate(m["measure"], 1)] or [
        ("Measure first", "No single input is shown to be worth knowing before choosing.")
    ]
    frame = pd.DataFrame(rows, columns=["part", "text"])
    frame.attrs["rows"] = result.rows
    return frame
