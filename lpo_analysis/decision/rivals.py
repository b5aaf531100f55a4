"""The plan against the others that are compared: how far it is ahead, and what would put another one ahead."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from lpo_analysis.decision.flips import MOST, POINTS, label_of, mean_error, ranked
from lpo_analysis.decision.plans import in_words
from lpo_analysis.decision.portfolio import Choice, Portfolio
from lpo_analysis.decision.ways import STAY
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.thresholds import REACH, Threshold, threshold
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.drivers import amount
from lpo_analysis.wording import count, listing, money, probability, sentence

ERRORS = 2.0
"""A lead under so many of its standard errors does not tell two plans apart."""
NEAR = 3
"""Plans that come next whose distance decides which inputs are looked at."""
EACH = 5
"""Inputs that are looked at for each of them."""
NONE = "no other plan that moves something is compared with it"


class Lead(NamedTuple):
    """How the plan weighed against staying stands to the others, on draws on which it was not chosen.

    Parameters
    ----------
    best : float
        Share of the draws in which it is the best, staying among the others.
    ahead : float
        How far the plan that comes next is behind it on average; below 0 where that is ahead.
    error : float
        Standard error of that, paired draw by draw.
    apart : float
        How far the two are from one another in a draw, on average, whichever is ahead.
    stake : float
        The most by which the choice among those not told apart matters on average: lead or lag and `ERRORS` standard errors, of the one for which that
        is most; 0 where all are told apart.
    others : tuple of tuple of str
        The other plans, the best on average first.
    tied : tuple of tuple of str
        Those among them that are not told apart from it: behind, or ahead, by less than `ERRORS` standard errors.
    """

    best: float
    ahead: float
    error: float
    apart: float
    stake: float
    others: tuple[Choice, ...]
    tied: tuple[Choice, ...]


def lead(portfolio: Portfolio) -> Lead | None:
    """Set the plan weighed against staying against the others that are compared.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Lead or None
        None where nothing may move, or no other plan moves anything.

    Notes
    -----
    Draws are more even than chance, so that the errors are rather too large. The next plan is the best of several on the same draws, which
    makes the lead a little too small where several are near.
    """
    choice = portfolio.candidate
    others = [other for other in portfolio.neighbours if other != choice and set(other) != {STAY}]
    if set(choice) == {STAY} or not others:
        return None
    mine = portfolio.net(choice, fresh=True)
    theirs = {other: portfolio.net(other, fresh=True) for other in others}
    others.sort(key=lambda other: -float(theirs[other].mean()))
    best = float((mine >= np.maximum(np.max(list(theirs.values()), axis=0), 0.0)).mean())
    gaps = {other: mine - theirs[other] for other in others}
    errors = {other: mean_error(gap) for other, gap in gaps.items()}
    tied = tuple(other for other in others if abs(gaps[other].mean()) <= ERRORS * errors[other])
    stake = max((abs(float(gaps[other].mean())) + ERRORS * errors[other] for other in tied), default=0.0)
    gap = gaps[others[0]]
    return Lead(best, float(gap.mean()), errors[others[0]], float(np.abs(gap).mean()), stake, tuple(others), tied)


def _gap(nets: Floats) -> float:
    """How far the first plan is ahead of the best of the others, on average."""
    means = nets.mean(axis=0)
    return float(means[0] - means[1:].max())


def _gap_error(nets: Floats) -> float:
    """Paired standard error of that."""
    return mean_error(nets[:, 0] - nets[:, 1 + int(nets.mean(axis=0)[1:].argmax())])


def overtaken(portfolio: Portfolio) -> Result:
    """Find the values of single inputs at which another plan comes to be ahead on average.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        One term an input, the nearest to its median first: ``estimate`` is the value nearest its median at which the plan and the best of the others
        bring the same (NaN where none within its 0.1% and 99.9% quantiles does it), ``std_error`` what the draws leave open of it,
        ``needed_text`` where the plan is ahead and ``lost_text`` where it is not, ``probability`` of the latter (``side_text`` and ``side_probability`` for the side next to the value alone), ``who`` comes to be ahead, ``rung``, and texts
        to read. ``model`` is the `Lead`.

    Notes
    -----
    The root of the mean of the plan's saving less the largest of the means of the others, all on the same draws with the input held: draws on which the plan was
    not chosen, as a lead on those it was chosen on is too large. The inputs are those that the distance to the `NEAR` nearest others moves with most.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    stands = lead(portfolio)
    if stands is None:
        return not_estimable("overtaken", NONE, level=p.level, rows=w.rows)
    plans = (portfolio.candidate, *stands.others)
    nets, draws = portfolio.models(plans), portfolio.drawn_anew.every
    names: list[str] = []
    for other in stands.others[:NEAR]:
        names += ranked(portfolio, portfolio.net(plans[0]) - portfolio.net(other), most=EACH)
    records: list[dict[str, object]] = []
    for name in list(dict.fromkeys(names))[:MOST]:
        item = w.inputs[name]
        found = threshold(nets, w.inputs, name, draws=draws, statistic=_gap, points=POINTS, error=_gap_error)
        holds, lost, chance = _regions(found, item.unit)
        side, beyond = _side(found, item.unit)
        record: dict[str, object] = {
            "term": name, "label": label_of(portfolio, name), "level": p.level, "n_obs": len(item.rows), "unit": item.unit, "rung": item.rung, "median": item.median,
            "median_text": amount(item.median, item.unit), "method": "root of the expected lead", "needed_text": holds, "lost_text": lost, "probability": chance,
            "side_text": side, "side_probability": beyond,
            "estimate": np.nan, "who": "", "distance": 1.0, "error_text": "",
        }  # fmt: skip
        if found.values:
            k = _nearest(found)
            value = found.values[k]
            who = [
                nets({**draws, name: np.full_like(draws[name], root)}).mean(axis=0)[1:].argmax()
                for root in found.values
            ]
            record |= {
                "estimate": value, "std_error": found.errors[k], "error_text": amount(found.errors[k], item.unit),
                "who": listing([f"“{in_words(portfolio, plans[1 + int(other)])}”" for other in dict.fromkeys(who)], last="or"), "distance": abs(found.probabilities[k] - 0.5),
            }  # fmt: skip
        records.append(record)
    table = tidy(records).sort_values("distance", kind="stable", ignore_index=True).drop(columns="distance")
    check = Check(
        "Plans that the plan is set against",
        None,
        f"{sentence(count(len(stands.others), 'other plan'))} that may be chosen: the efficient ones, all tasks to one option, and one task otherwise; {len(stands.tied)} not told apart on average.",
    )
    return Result(
        "overtaken",
        table,
        _told(portfolio, stands, table),
        checks=(check,),
        rows=w.rows,
        n_used=len(table),
        model=stands,
    )


def _regions(found: Threshold, unit: str) -> tuple[str, str, float]:
    """Say where the plan is ahead and where it is not, and how probable the latter is."""
    if not found.values:
        never = found.at_low <= found.target
        return ("nothing that it can be", "whatever it can be", 1.0) if never else ("whatever it can be", "", 0.0)
    ends, chances = [-np.inf, *found.values, np.inf], [0.0, *found.probabilities, 1.0]
    told: dict[bool, list[str]] = {True: [], False: []}
    behind = 0.0
    for k in range(len(ends) - 1):
        # The side on which it holds changes at every root.
        ahead = found.holds_below ^ (k % 2 == 1)
        low, high = (amount(end, unit) if np.isfinite(end) else "" for end in ends[k : k + 2])
        below, above = ("at most", "at least") if ahead else ("below", "above")
        told[ahead].append(
            f"between {low} and {high}" if low and high else f"{below} {high}" if high else f"{above} {low}"
        )
        behind += 0.0 if ahead else chances[k + 1] - chances[k]
    return listing(told[True], last="or"), listing(told[False], last="or"), behind


def _nearest(found: Threshold) -> int:
    return min(range(len(found.values)), key=lambda k: abs(found.probabilities[k] - 0.5))


def _side(found: Threshold, unit: str) -> tuple[str, float]:
    """Say on which side of the value nearest the median another is ahead, and how probable that is; nothing where the plan is ahead again farther off."""
    if not found.values:
        return "", float("nan")
    k = _nearest(found)
    below = not found.holds_below ^ (k % 2 == 1)
    if k != (0 if below else len(found.values) - 1):
        return "", float("nan")
    chance = found.probabilities[k]
    return f"{'below' if below else 'above'} {amount(found.values[k], unit)}", chance if below else 1 - chance


def _told(portfolio: Portfolio, stands: Lead, table: pd.DataFrame) -> str:
    first = in_words(portfolio, stands.others[0])
    far = f"{money(abs(stands.ahead), 'USD', digits=2)} {'behind' if stands.ahead > 0 else 'ahead'}"
    text = f"Against the other plans: the one that comes next, {first}, is {far} on average (standard error {money(stands.error, 'USD', digits=2)})"
    said = [f"“{in_words(portfolio, other)}”" for other in stands.tied]
    text += "."
    if said:
        most, apart = (money(one, "USD", digits=2) for one in (stands.stake, stands.apart))
        text += f" Not told apart from the plan: {listing(said)}. Which of them is taken matters by no more than {most} on average (lead and two standard errors); in a single draw the plan and the one that comes next are {apart} from one another."
    turning = table[table["estimate"].notna()]
    if turning.empty:
        within = f"whatever value between its {REACH[0]:.1%} and {REACH[1]:.1%} quantiles it takes"
        return f"{text} None of the {count(len(table), 'input')} that the distance moves with most changes alone which plan is ahead, {within}."
    parts = [
        sentence(f"{row.label} {row.lost_text} (probability {probability(row.probability)}): then {row.who}.")
        for row in turning.head(3).itertuples(index=False)
    ]
    text += f" One input alone puts another ahead, the others as uncertain as they are. {' '.join(parts)}"
    rest = len(turning) - len(parts)
    if rest:
        text += f" So {'does' if rest == 1 else 'do'} {count(rest, 'other')}, within what {'it' if rest == 1 else 'they'} can be."
    return text
