"""How far the verdict rests on choices: the confidence asked for, and from how many hours a centre of one's own is an option."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis.charts import State, heatmap
from lpo_analysis.decision.brief import judged, weak_share
from lpo_analysis.decision.plans import in_words
from lpo_analysis.decision.portfolio import Portfolio
from lpo_analysis.decision.ways import STAY, options, with_permits
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.wording import listing, percent, probability, sentence

CONFIDENCES = (*(round(0.5 + 0.05 * step, 2) for step in range(10)), 0.99)
"""Confidences that the verdict is looked at for, beside the one asked for."""
VERDICTS = {
    "move": "move, under the conditions",
    "trial": "try before you commit",
    "uncertain": "too uncertain to call",
    "stay": "stay as you are",
}
"""Verdicts, from the boldest, as a reader sees them."""
_LOOKS = (
    State("move, under the conditions", "M", "#0b5c8a"),
    State("try before you commit", "T", "#7fb2d0", "//"),
    State("too uncertain to call", "?", "#f0e4c8", ".."),
    State("stay as you are", "S", "#d9d9d9"),
)


def rests_on_choices(portfolio: Portfolio, weak: float) -> Result:
    """Tell how the verdict changes with the choices it rests on.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    weak : float
        Share of the variance of the plan weighed against staying from borrowed and assumed inputs, see `lpo_analysis.decision.brief.weak_share`.

    Returns
    -------
    Result
        One term a least volume of a centre of one's own (``captive_minimum_<hours>``; one term alone where none is among the ways):
        ``estimate`` is the probability that the plan then weighed against staying beats it, which is the confidence at which the verdict
        turns, with its error over the draws; ``weak_share``, at which `most_weak` it turns; ``who`` and ``verdict``, and a column
        ``at_<confidence>`` each with the verdict at that confidence.
    """
    p = portfolio.ways.parameters
    grid = confidences(portfolio)
    records, cells = [], []
    for minimum in _minima(portfolio):
        own = minimum == p.captive_minimum
        one = portfolio if own else _with_minimum(portfolio, minimum)
        choice = one.candidate
        net = one.net(choice, fresh=True)
        mean, chance = float(net.mean()), float((net > 0).mean())
        weakness = weak if choice == portfolio.candidate else weak_share(one)

        def at(
            confidence: float,
            one: Portfolio = one,
            mean: float = mean,
            chance: float = chance,
            weakness: float = weakness,
        ) -> str:
            return "stay" if one.stays else judged(mean, chance, weakness, confidence=confidence, most_weak=p.most_weak)

        named = _named(minimum, portfolio)
        error = float(np.sqrt(chance * (1 - chance) / len(net)))
        records.append({
            "term": f"captive_minimum_{minimum:.0f}", "label": named, "estimate": chance if set(choice) != {STAY} else np.nan, "std_error": error,
            "level": p.level, "n_obs": p.draws, "unit": "probability", "method": "draws it was not chosen on" if set(choice) != {STAY} else "not estimable, because nothing may move",
            "mean": mean, "weak_share": weakness, "who": in_words(one, choice), "own": own, "verdict": VERDICTS[at(p.confidence)],
            **{_column(c): VERDICTS[at(c)] for c in grid},
        })  # fmt: skip
        cells += [
            {
                "row": named,
                "column": f"{100 * c:g}%",
                "state": VERDICTS[at(c)],
                "main": own,
                "main_column": c == p.confidence,
            }
            for c in grid
        ]
    table = tidy(records)
    return Result(
        "verdict", table, _text(table, portfolio), rows=portfolio.ways.rows, n_used=len(table), plot_data=pd.DataFrame(cells),
        checks=(
            Check("Choices", None, "The confidence asked for, the share of weak inputs borne and the least volume of a centre of one's own are choices of yours, not findings: what they change is shown."),
        ),
        draw=partial(heatmap, states=_LOOKS, title=_title(table, p.confidence), legend="Verdict", xlabel="probability of beating today's way that is asked for; bold: as asked"),
        alt="Verdict by the confidence asked for: " + "; ".join(_steps(row, grid) for row in table.to_dict("records")) + ".",
    )  # fmt: skip


def confidences(portfolio: Portfolio) -> list[float]:
    """Return the confidences that the verdict is looked at for.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    list of float
        `CONFIDENCES` and the one asked for, rising.
    """
    return sorted({*CONFIDENCES, portfolio.ways.parameters.confidence})


def _column(confidence: float) -> str:
    return f"at_{100 * confidence:g}"


def _minima(portfolio: Portfolio) -> list[float]:
    """Least volumes that are looked at: the own, and, with a centre among the ways, none, half of the hours, all of them."""
    p = portfolio.ways.parameters
    if not any(item.model == "captive" and item.name in portfolio.names for item in portfolio.ways.options):
        return [p.captive_minimum]
    whole = sum(p.volume_hours)
    # Rounded down, so that all of the hours reach it.
    others = {0.0, float(math.floor(whole / 2)), float(math.floor(whole))}
    return sorted({p.captive_minimum, *(one for one in others if round(one) != round(p.captive_minimum))})


def _named(minimum: float, portfolio: Portfolio) -> str:
    p = portfolio.ways.parameters
    if len(_minima(portfolio)) == 1:
        return "as asked"
    if minimum == 0:
        told = "own centre of any size"
    elif minimum > sum(p.volume_hours):
        told = f"no own centre below {minimum:,.0f} hours"
    else:
        told = f"own centre from {minimum:,.0f} hours"
    return f"{told} (as asked)" if minimum == p.captive_minimum else told


def _with_minimum(portfolio: Portfolio, minimum: float) -> Portfolio:
    """Ask for another least volume of a centre of one's own, on the same draws."""
    changed = portfolio.ways.parameters.model_copy(update={"captive_minimum": minimum})
    other = Portfolio(with_permits(portfolio.ways, changed, options(changed)))
    kept = ("assignment", "fresh", "appraised", "transition", "vetting")
    vars(other).update({name: getattr(portfolio, name) for name in kept})
    return other


def _steps(row: dict[str, object], grid: list[float]) -> str:
    """Say up to which confidence which verdict holds: it turns at the probability that the plan beats today's way."""
    first, last = (str(row[_column(c)]) for c in (grid[0], grid[-1]))
    if first == last:
        return f"{row['label']}: “{first}”"
    return f"{row['label']}: “{first}” up to {percent(float(str(row['estimate'])), width=0.05)}, “{last}” above it"


def _title(table: pd.DataFrame, confidence: float) -> str:
    """Say the verdict as asked, and where it turns."""
    own = table[table["own"]].iloc[0]
    if np.isnan(own["estimate"]):
        return f"Whatever is asked for: {own['verdict']}"
    return f"{sentence(str(own['verdict']))} at {100 * confidence:g}%: the plan beats today's way in {percent(own['estimate'], width=0.05)} of the draws"


def _text(table: pd.DataFrame, portfolio: Portfolio) -> str:
    p = portfolio.ways.parameters
    own = table[table["own"]].iloc[0]
    grid = confidences(portfolio)
    verdicts = [str(own[_column(c)]) for c in grid]
    if len(set(verdicts)) == 1:
        text = f"Whatever confidence between {100 * grid[0]:g}% and {100 * grid[-1]:g}% is asked for, the verdict is the same: {verdicts[0]}."
    else:
        text = (
            f"The verdict turns on the confidence asked for: {_steps(own.to_dict(), grid).partition(': ')[2]}. You ask for {100 * p.confidence:g}%; the plan beats today's way "
            f"in {percent(own['estimate'], width=0.05)} of the draws (standard error {percent(own['std_error'], width=0.01)})."
        )
    weak = float(own["weak_share"])
    if np.isfinite(weak) and {"move", "trial"} & {name for name, said in VERDICTS.items() if said in verdicts}:
        text += f" To move outright rather than try first, {probability(weak)} of the variance would have to be let in from borrowed and assumed inputs; you let in {percent(p.most_weak)}."
    others = table[~table["own"]]
    if len(others):
        differ = others[(others["verdict"] != own["verdict"]) | (others["who"] != own["who"])]
        if differ.empty:
            text += " From how few hours a centre of one's own is an option changes neither the plan nor the verdict."
        else:
            groups = differ.groupby(["verdict", "who"], sort=False)["label"]
            told = [
                f"with {listing([f'an {label}' for label in labels], last='or')} it is “{says}” ({who})"
                for (says, who), labels in groups
            ]
            text += f" From how few hours a centre of one's own is an option matters: {listing(told)}."
    return sentence(text)
