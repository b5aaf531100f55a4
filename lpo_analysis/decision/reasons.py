"""The strongest reasons for a plan and against it, each with the numbers it rests on."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.decision.permits import Permit, conditions, silence
from lpo_analysis.decision.plans import in_words
from lpo_analysis.decision.portfolio import Portfolio
from lpo_analysis.decision.rivals import Lead
from lpo_analysis.decision.ways import STAY, key
from lpo_analysis.results import Result
from lpo_analysis.savings.drivers import amount
from lpo_analysis.wording import money, percent, probability, sentence, traced


class Reason(NamedTuple):
    """A reason for or against moving.

    Parameters
    ----------
    strength : float
        How strong, to order by; 0 or less is none.
    text : str
        A sentence, its numbers marked by where they are recorded.
    rows : tuple of str
        Rows it rests on beside those of the plan.
    """

    strength: float
    text: str
    rows: tuple[str, ...] = ()


def recorded(term: str, shown: str, field: str = "estimate") -> str:
    """Write a number so that a reader finds where it is recorded.

    Parameters
    ----------
    term : str
        Name of the recorded value.
    shown : str
        The number as it reads.
    field : str, default 'estimate'
        Which of its fields.

    Returns
    -------
    str
        See `lpo_analysis.wording.traced`.
    """
    return traced(shown, f"values/{term}/{field}")


def asked_as(name: str, shown: str) -> str:
    """Write a number that is a parameter of the report, as `recorded`.

    Parameters
    ----------
    name : str
        Name of the parameter, with the place in it behind a slash.
    shown : str
        The number as it reads.

    Returns
    -------
    str
        See `lpo_analysis.wording.traced`.
    """
    return traced(shown, f"parameters/{name}")


usd = partial(money, currency="USD", digits=2)


def alternatives(portfolio: Portfolio) -> list[tuple[str, ...]]:
    """List the other plans that are expected to beat today's way.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    list of tuple of str
        Of those compared.
    """
    choice = portfolio.candidate
    return [c for c in portfolio.neighbours if set(c) != {STAY} and c != choice and portfolio.net(c).mean() > 0]


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


def reasons_for(portfolio: Portfolio, table: pd.DataFrame, flips: Result) -> list[Reason]:
    """Collect what speaks for the plan.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    table : pandas.DataFrame
        Numbers of the brief.
    flips : Result
        What flips the answer.

    Returns
    -------
    list of Reason
        In no order.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    choice = portfolio.candidate
    if set(choice) == {STAY}:
        return []
    value = table.set_index("term")["estimate"]
    low = float(table.set_index("term").loc["saving", "conf_low"])
    share, mean, chance = value["expected_share"], value["saving"], value["p_beats_staying"]
    found = [
        Reason(
            share if share > 0 else 0,
            f"It is expected to save {recorded('brief.saving', usd(mean))}, {recorded('brief.expected_share', percent(share))} of what the work that can be costed costs today.",
        )
    ]
    if low > 0:
        found.append(
            Reason(
                0.9,
                f"Even the lower end of its {asked_as('level', f'{p.level:.0%}')} interval is a saving, {recorded('brief.saving', usd(low), 'conf_low')}.",
            )
        )
    else:
        # The same distribution is told once.
        beats = recorded("brief.p_beats_staying", probability(chance))
        found.append(Reason(chance - 0.5, f"It beats today's way in {beats} of the draws."))
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
    others = len(alternatives(portfolio))
    if others >= 2:
        found.append(
            Reason(
                0.35,
                f"It does not hang on one choice: {recorded('brief.other_plans', str(others))} other plans that keep the constraints are expected to beat today's way as well.",
            )
        )
    turning = flips.table["estimate"].notna().sum() if flips.estimable else 0
    if flips.estimable and not turning and mean > 0:
        found.append(
            Reason(0.5, "No single input among those it moves with most flips the answer, whatever it can be.")
        )
    return found


def reasons_against(portfolio: Portfolio, value: pd.Series, flips: Result, overtaken: Result) -> list[Reason]:
    """Collect what speaks against the plan, or why nothing may move.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    value : pandas.Series
        Estimates of the brief by term.
    flips, overtaken : Result
        What flips the answer, and what puts another plan ahead.

    Returns
    -------
    list of Reason
        In no order.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    choice = portfolio.candidate
    refused = [item for item in w.options if item.permit.state == "refused" and item.name in portfolio.names]
    if set(choice) == {STAY}:
        rows = {item.permit.reason: grounds(item.permit) for item in reversed(refused)}
        least = f"{p.captive_minimum:,.0f}"
        return [
            Reason(1.0, f"{sentence(reason)}.".replace(f" {least} ", f" {asked_as('captive_minimum', least)} "), found)
            for reason, found in reversed(rows.items())
        ][:3]
    chance, mean, weak = value["p_beats_staying"], value["saving"], value["weak_share"]
    loses = 1 - chance
    found = []
    if np.isfinite(weak):
        found.append(
            Reason(
                weak,
                f"{recorded('brief.weak_share', sentence(probability(weak)))} of the variance comes from inputs that no study of this work and place bears: borrowed, or assumed.",
            )
        )
    if value["tail"] > 0:
        worst = asked_as("tail_level", percent(1 - p.tail_level))
        found.append(
            Reason(
                0.3 + loses,
                f"In the worst {worst} of cases it loses {recorded('brief.tail', usd(value['tail']))} on average.",
            )
        )
    if mean <= 0:
        found.append(Reason(1.0, f"It is expected to lose {recorded('brief.saving', usd(-mean))}."))
    elif loses > 0.02:
        found.append(
            Reason(
                loses,
                f"It costs more than today's way in {recorded('brief.p_loses', probability(loses))} of the draws.",
            )
        )
    review = [name for name in dict.fromkeys(choice) if name != STAY and w.option(name).permit.state == "review"]
    if review:
        permit = w.option(review[0]).permit
        found.append(Reason(0.8, f"{sentence(permit.reason)}: counsel must review it first.", grounds(permit)))
    duties = conditions([w.option(name).permit for name in dict.fromkeys(choice) if name != STAY])
    if told := silence(duties, ", which is no permission"):
        found.append(
            Reason(
                0.3,
                told,
                tuple(f"opinion:{name}" for cell in duties["persuasive_ids"] for name in cell.split(", ") if name),
            )
        )
    if any(w.option(name).outside for name in choice if name != STAY):
        found.append(
            Reason(
                0.35,
                "What a provider adds to the risk of a breach is not identified by any data on file; it follows from the exposure assumed.",
            )
        )
    found += _unpriced(portfolio)
    best = value["p_best"]
    if np.isfinite(best) and best < 0.8 and mean > 0:
        found.append(_which(portfolio, best, overtaken))
    if flips.estimable and mean > 0:
        first = flips.table.dropna(subset=["estimate"]).head(1)
        found += [
            Reason(float(row.probability), _flip(row), tuple(w.inputs[row.term].rows)) for row in first.itertuples()
        ]
    return found


def grounds(permit: Permit) -> tuple[str, ...]:
    """Return the opinions that a reason to refuse rests on.

    Parameters
    ----------
    permit : Permit
        Whether a way may be chosen.

    Returns
    -------
    tuple of str
        None where it is silence, or a limit that the user set.
    """
    return permit.rows if permit.rests_on_opinions else ()


def _flip(row: Any) -> str:
    turned = {"at most": "above", "at least": "below"}[row.needed]
    value = recorded(f"flips.{row.term}", amount(row.estimate, row.unit))
    chance = recorded("brief.flip", probability(row.probability))
    return f"One input alone can flip it: with {row.label} {turned} {value} nothing would be saved on average (probability {chance})."


def _which(portfolio: Portfolio, best: float, overtaken: Result) -> Reason:
    """Say how open it is which plan to take: how often it is the best, and which input alone puts another one ahead."""
    stands: Lead = overtaken.model
    chance_best = recorded("brief.p_best", probability(best))
    text = f"Which way to go is less sure than that it pays: of the plans compared it is the best in {chance_best} of the draws."
    if stands.others[0] not in stands.tied:
        far = recorded("brief.ahead", usd(abs(stands.ahead)))
        side = "behind it" if stands.ahead > 0 else "ahead of it on these draws"
        text += f" The next one, {in_words(portfolio, stands.others[0])}, is {far} {side} on average."
    rows: tuple[str, ...] = ()
    for row in overtaken.table[overtaken.table["side_text"] != ""].head(1).itertuples():
        value = recorded(f"overtaken.{row.term}", amount(row.estimate, row.unit))
        side = row.side_text.replace(amount(row.estimate, row.unit), value)
        chance = recorded("brief.overtaken", probability(row.side_probability))
        text += f" {sentence(row.label)} {side} alone puts another ahead (probability {chance})."
        rows = tuple(portfolio.ways.inputs[row.term].rows)
    return Reason(1 - best, text, rows)


def _unpriced(portfolio: Portfolio) -> list[Reason]:
    """Say on what the price of a chosen way rests where nobody observed it there, and what is assumed of AI and of the hours set free."""
    w, p = portfolio.ways, portfolio.ways.parameters
    cells = [cell for cell in zip(p.tasks, portfolio.candidate, strict=True) if cell[1] != STAY]
    found = []
    for cell in cells:
        names = w.joint.names[key(*cell)]
        # Where the hour bought is priced from the rows of today's, the two are one input.
        price = "baseline_price" if w.cells[cell].gathered.rates.one_price else "provider_price"
        item = w.inputs[names[price]] if price in names else None
        if item is not None and item.rung >= 3:
            who = f"{vocabulary.label('task', cell[0])} by {cell[1]}"
            stands_in = re.sub(r"^.*?\b(?:study|studies) of ", "", item.basis.partition(", widened")[0])
            found.append(
                Reason(0.6, f"The price of {who} was not observed there: it is that of {stands_in}.", tuple(item.rows))
            )
    if any(w.option(name).model == "ai_assisted" for name in portfolio.candidate if name != STAY):
        found.append(
            Reason(
                0.5,
                "Part of what AI does is gone over by nobody, and its maker is counted as holding no records: both are assumptions.",
            )
        )
    if p.baseline not in ("contract_attorney", "law_firm"):
        billed = " Billings lost, or a saving that clients claim, are in no number." if p.buyer == "law_firm" else ""
        found.append(
            Reason(
                0.55,
                f"It is a saving only if the cost of the hours set free falls away or they earn as much elsewhere.{billed}",
            )
        )
    return found
