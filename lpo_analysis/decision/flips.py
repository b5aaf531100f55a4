"""What would have to be true for the answer to flip."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from lpo_analysis.decision.adjusted import LOSS
from lpo_analysis.decision.plans import in_words
from lpo_analysis.decision.portfolio import Choice, Portfolio
from lpo_analysis.decision.ways import STAY, key
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.inputs import Inputs
from lpo_analysis.methods.sensitivity import tornado
from lpo_analysis.methods.thresholds import REACH, threshold
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.drivers import amount
from lpo_analysis.wording import count, listing, money, number, probability, sentence

POINTS = 33
"""Values of an input between which a change of sign is looked for."""
MOST = 8
"""Inputs whose turning points are looked for: those the answer moves with most."""


def mean(values: Floats) -> float:
    """Return the mean, by which options are chosen.

    Parameters
    ----------
    values : ndarray of float
        Draws.

    Returns
    -------
    float
        Their mean.
    """
    return float(np.mean(values))


def mean_error(values: Floats) -> float:
    """Return the standard error of the mean, as if draws were independent.

    Parameters
    ----------
    values : ndarray of float
        Draws.

    Returns
    -------
    float
        Their standard deviation over the root of their number; scrambled Sobol points leave rather less.
    """
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def ranked(portfolio: Portfolio, net: Floats, *, most: int = MOST) -> list[str]:
    """Return the inputs that a plan's saving moves with most.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    net : ndarray of float, shape (draws,)
        What the plan saves on the draws of the portfolio.
    most : int, default 8
        How many at most.

    Returns
    -------
    list of str
        Names, by the size of Spearman's correlation.
    """
    score = rankdata(net)
    found = {}
    for name, values in portfolio.ways.joint.every.items():
        if np.ptp(values) > 0 and np.ptp(net) > 0:
            found[name] = abs(float(np.corrcoef(rankdata(values), score)[0, 1]))
    return sorted(found, key=lambda name: (-found[name], name))[:most]


def label_of(portfolio: Portfolio, name: str) -> str:
    """Call an input by a name that tells apart what several ways have each for themselves.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    name : str
        Name of the input among all.

    Returns
    -------
    str
        Its label, with the way behind it where others have an input of the same label.
    """
    item = portfolio.ways.inputs[name]
    if [other.label for other in portfolio.ways.inputs].count(item.label) == 1:
        return item.label
    users = [model for model, names in portfolio.ways.joint.names.items() if name in names.values()]
    return f"{item.label} ({users[0]}{' and others' if len(users) > 1 else ''})"


def flips(portfolio: Portfolio) -> Result:
    """Find the value of each of the most influential inputs at which the plan saves nothing in expectation.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        One term an input, the nearest to its median first: ``estimate`` is the value (NaN where none within its 0.1% and 99.9% quantiles does
        it), ``std_error`` what the draws leave open of it, ``needed`` on which side of it moving pays, ``probability`` that the input is on the
        other side, ``rung``, and texts to read. ``model`` is the `Exposure`.

    Notes
    -----
    The value is the root of the mean over the joint draws with the input held (Brent's method, exact on these draws); its error is that of the mean
    over its slope. Of an input that turns the answer twice the value nearest its median is told.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    choice = portfolio.candidate
    if set(choice) == {STAY}:
        return not_estimable("flips", "nothing may move, so that no input decides", level=p.level, rows=w.rows)
    net = portfolio.net(choice)
    draws, saved, average = w.joint.every, portfolio.model(choice), float(net.mean())
    records = []
    for name in ranked(portfolio, net):
        item = w.inputs[name]
        found = threshold(saved, w.inputs, name, draws=draws, statistic=mean, points=POINTS, error=mean_error)
        record: dict[str, object] = {"term": name, "label": label_of(portfolio, name), "level": p.level, "n_obs": len(item.rows), "unit": item.unit, "rung": item.rung,
                                     "median": item.median, "median_text": amount(item.median, item.unit), "method": "root of the expected saving"}  # fmt: skip
        if found.values:
            value, chance, error, k = min(
                zip(found.values, found.probabilities, found.errors, range(len(found.values)), strict=True),
                key=lambda root: abs(root[1] - 0.5),
            )
            # The side on which it holds changes at every root.
            below = found.holds_below ^ (k % 2 == 1)
            other = 1 - chance if below else chance
            record |= {
                "estimate": value,
                "std_error": error,
                "needed": "at most" if below else "at least",
                "probability": other,
                "distance": abs(chance - 0.5),
            }
            record["needed_text"] = f"{record['needed']} {amount(value, item.unit)}"
            record["error_text"] = amount(error, item.unit)
        else:
            record |= {
                "estimate": np.nan,
                "needed": "",
                "probability": np.nan,
                "distance": 1.0,
                "needed_text": "whatever it can be",
                "error_text": "",
            }
        records.append(record)
    table = tidy(records).sort_values("distance", kind="stable", ignore_index=True).drop(columns="distance")
    turning = table[table["estimate"].notna()]
    head = f"Weighed against staying: {in_words(portfolio, choice)}, expected to {'save' if average > 0 else 'lose'} {money(abs(average), 'USD', digits=2)}."
    if turning.empty:
        text = (
            f"{head} None of the {count(len(table), 'input')} it moves with most flips that alone, whatever value between its {REACH[0]:.1%} and {REACH[1]:.1%} quantiles it takes: "
            "it takes several together, or a model that is wrong."
        )
    else:
        parts = []
        for row in turning.head(3).itertuples(index=False):
            flip = {"at most": "above", "at least": "below"}[row.needed] if average > 0 else row.needed
            chance = row.probability if average > 0 else 1 - row.probability
            parts.append(f"{row.label} {flip} {amount(row.estimate, row.unit)} (probability {probability(chance)})")
        text = f"{head} What flips it alone, the others as uncertain as they are: {listing(parts, last='or')}."
        rest = len(table) - len(turning)
        text += f" {sentence(count(rest, 'other'))} of those it moves with most cannot." if rest else ""
    exposed = exposure(portfolio)
    text += f" {_exposed(portfolio, exposed)}"
    check = Check(
        "Precision of the flips",
        None,
        f"Each is a root of the mean over {p.draws} draws, found to a billionth of the input's probability between {POINTS} values; what the draws leave open is its standard error.",
    )
    return Result("flips", table, text, checks=(check,), rows=w.rows, n_used=len(table), model=exposed)


class Exposure(NamedTuple):
    """Whether what is added to the expected loss changes the answer, on draws on which the plan was not chosen.

    Parameters
    ----------
    added : float
        What the plan adds to the expected loss over the horizon, without controls, present value; 0 where nobody else comes to hold the records.
    worst : float
        The largest draw of it as a multiple; NaN where nothing is added.
    multiple : float
        How many times as large it would have to be for the plan to save nothing on average; NaN where nothing is added, below 0 where the plan would lose
        without it, too.
    other_multiple : float
        The same for another plan, which adds less, to be ahead; NaN without one that is behind and adds less.
    other : tuple of str
        That plan; empty without one.
    """

    added: float
    worst: float
    multiple: float
    other_multiple: float
    other: Choice

    @property
    def says(self) -> str:
        """Whether the largest of the draws comes near what would change the answer."""
        return f"Risk {'does not change' if self.multiple > self.worst else 'could change'} the answer"


def exposure(portfolio: Portfolio) -> Exposure:
    """Find how many times as large the added loss would have to be for the answer to change.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Exposure
        Multiples of the expected loss that holders of the records add, everything else as it is; exact, as a saving falls in proportion.
    """
    choice = portfolio.candidate
    added = _added(portfolio, choice)
    total, saved = float(added.mean()), float(portfolio.net(choice, fresh=True).mean())
    if total <= 0:
        return Exposure(0.0, float("nan"), float("nan"), float("nan"), ())
    found = {}
    for other in portfolio.neighbours:
        less = total - float(_added(portfolio, other).mean())
        ahead = saved - float(portfolio.net(other, fresh=True).mean())
        if set(other) != {STAY} and less > 0 and ahead > 0:
            found[other] = 1 + ahead / less
    first = min(found, key=found.__getitem__, default=())
    return Exposure(total, float(added.max()) / total, 1 + saved / total, found.get(first, float("nan")), first)


def _added(portfolio: Portfolio, choice: Choice) -> Floats:
    """Add up what the holders of a plan add to the expected loss, draw by draw."""
    outside = [name for name in dict.fromkeys(choice) if name != STAY and portfolio.ways.option(name).outside]
    none = np.zeros(portfolio.ways.parameters.draws)
    return np.asarray(sum((portfolio.held(name, portfolio.appraised).increment for name in outside), none))


def times(multiple: float) -> str:
    """Write how many times as large something would have to be.

    Parameters
    ----------
    multiple : float
        Above 0.

    Returns
    -------
    str
        Such as ``about 1,600 times``.
    """
    return f"about {number(multiple, digits=2)} times"


def _exposed(portfolio: Portfolio, exposed: Exposure) -> str:
    """Say whether risk changes the answer."""
    if exposed.added == 0:
        return "Risk does not enter this answer: nobody else comes to hold client records, so that no loss is added."
    lead = f"What the plan adds to the expected loss is {money(exposed.added, 'USD', digits=2)}"
    if exposed.multiple < 0:
        return (
            f"{lead}; without that nothing would be saved on average either, so that risk does not change the answer."
        )
    if exposed.multiple < 1:
        return f"{lead}; without that something would be saved on average, so that risk changes the answer."
    text = f"{exposed.says}. {lead}, and it would have to be {times(exposed.multiple)} as large for nothing to be saved on average"
    if exposed.other:
        text += f", {times(exposed.other_multiple)} for a plan that adds less to be ahead ({in_words(portfolio, exposed.other)})"
    return f"{text}; the largest of the draws is {number(exposed.worst, digits=2)} times it."


def drivers(portfolio: Portfolio) -> pd.DataFrame:
    """Move one input of the plan weighed against staying at a time, the others at their medians.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    pandas.DataFrame
        As of `lpo_analysis.methods.sensitivity.tornado`, with what the plan saves in US dollars, and texts to read; without rows where nothing may move.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    choice = portfolio.candidate
    cells = [key(*cell) for cell in zip(p.tasks, choice, strict=True) if cell[1] != STAY]
    used = {called for way in (*cells, LOSS) for called in w.joint.names[way].values()}
    frame = tornado(
        portfolio.model(choice), Inputs(tuple(item for item in w.inputs if item.name in used)), level=p.level
    )
    frame = frame if cells else frame.iloc[:0]
    units = frame["unit"].tolist()
    frame["label"] = [label_of(portfolio, name) for name in frame["input"]]
    for end in ("low", "high"):
        frame[f"{end}_text"] = [amount(value, unit) for value, unit in zip(frame[f"input_{end}"], units, strict=True)]
    return frame
