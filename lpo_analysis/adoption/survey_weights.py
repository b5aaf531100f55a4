"""Weights of a researcher's own survey, and what every result from it tells about rows, weights and hidden cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lpo_analysis import vocabulary
from lpo_analysis.adoption.survey_data import PRACTICES, Survey
from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.suppression import SHOWN, SMALL
from lpo_analysis.methods.weighting import Raked, design_effect, rake
from lpo_analysis.results import Check
from lpo_analysis.wording import count, listing

CAP = 5.0
"""Largest weight as a multiple of the mean one (DeBell and Krosnick 2009, Computing weights for American National Election
Study survey data, ANES nes012427)."""
GROUP_LABELS = {"buyer": "buyer", "buyer_size": "size", "geography": "place", "practice": "practice", "year": "year"}
HIDDEN = "suppressed"


@dataclass(frozen=True, eq=False)
class Weighed:
    """Respondents that can be weighted, with their weights.

    Parameters
    ----------
    frame : pandas.DataFrame
        Their answers, as in `Survey`, with ``weight`` filled in (mean 1).
    raked : Raked or None
        How the weights were made; None where no margins were given.
    set_aside : mapping of str to int
        Respondents left out, by reason.
    """

    frame: pd.DataFrame
    raked: Raked | None
    set_aside: Mapping[str, int]


def weigh(survey: Survey, *, cap: float | None = CAP) -> Weighed:
    """Weight the respondents to the margins.

    Parameters
    ----------
    survey : Survey
        The answers.
    cap : float or None, default 5
        Largest weight as a multiple of the mean weight; None trims none.

    Returns
    -------
    Weighed
        Without margins everybody, with the weights of the file or equal ones.

    Raises
    ------
    ParameterError
        If no weights meet all margins at once.
    """
    frame = survey.frame
    aside: dict[str, int] = {}
    base = frame["weight"].to_numpy(dtype=float) if survey.weighted else np.ones(len(frame))
    if not survey.margins:
        return Weighed(frame.assign(weight=base / base.mean()), None, aside)
    told = np.ones(len(frame), dtype=bool)
    for variable in survey.margins:
        here = told & frame[variable].eq("").to_numpy(dtype=bool)
        if here.any():
            aside[f"without {GROUP_LABELS[variable]}, which is weighted on"] = int(here.sum())
        told &= ~here
    kept = frame[told].reset_index(drop=True)
    try:
        raked = rake(kept[list(survey.margins)], survey.margins, base=base[told], cap=cap)
    except ParameterError as error:
        raise ParameterError(error.what, where="margins_path", remedy=error.remedy) from None
    return Weighed(kept.assign(weight=raked.weights), raked, aside)


def group_label(variable: str, code: str) -> str:
    """Return what a reader sees for the category of a group variable.

    Parameters
    ----------
    variable : str
        ``buyer``, ``buyer_size``, ``geography``, ``practice`` or ``year``.
    code : str
        Its category; empty where not told.

    Returns
    -------
    str
        The label.
    """
    if code == "":
        return f"{GROUP_LABELS[variable]} not told"
    if variable == "practice":
        return PRACTICES.get(code, code.replace("_", " "))
    kind = {"buyer": "buyer", "buyer_size": "buyer size", "geography": "scope"}.get(variable)
    return vocabulary.label(kind, code) if kind else code


def answers_by(column: pd.Series, yes: pd.Series) -> tuple[list[str], NDArray[np.int64]]:
    """Count the answers in each category.

    Parameters
    ----------
    column : pandas.Series of str
        Category of each respondent.
    yes : pandas.Series of bool
        Whether the answer is yes.

    Returns
    -------
    groups : list of str
        Categories in alphabetical order.
    counts : ndarray of int, shape (groups, 2)
        Yes and no in each.
    """
    codes, groups = pd.factorize(column, sort=True)
    answers = yes.to_numpy(dtype=bool)
    made = [np.bincount(codes[said], minlength=len(groups)) for said in (answers, ~answers)]
    return [str(group) for group in groups], np.column_stack(made).astype(np.int64)


def rows_check(n: int, used: int, set_aside: Mapping[str, int], least: int) -> Check:
    """Account for every respondent of the file.

    Parameters
    ----------
    n, used : int
        Respondents in the file, and used.
    set_aside : mapping of str to int
        The others, by reason.
    least : int
        Smallest count of respondents that is shown.

    Returns
    -------
    Check
        Passed if the counts add up.
    """
    told = listing([f"{many} {reason}" for reason, many in set_aside.items()])
    gone = f"set aside: {told}" if set_aside else "none set aside"
    if any(many < least for many in set_aside.values()):
        # "I do not know" is an answer, too, and so is none.
        gone = f"{sum(set_aside.values())} set aside for lack of an answer that is needed; how many for which reason is hidden, with fewer than {least} behind one"
    return Check("Respondents", n == used + sum(set_aside.values()), f"{n} in the file, {used} used; {gone}.")


def weights_check(survey: Survey, weighed: Weighed) -> Check:
    """Tell how the weights were made and what they cost.

    Parameters
    ----------
    survey : Survey
        The answers.
    weighed : Weighed
        The weights.

    Returns
    -------
    Check
        Passed if the margins are met within half a point; for information without margins.
    """
    effect = design_effect(weighed.frame["weight"])
    cost = f"Unequal weights cost as much precision as a sample {effect:.2f} times smaller (Kish)."
    start = "the weights of the file" if survey.weighted else "equal weights"
    if weighed.raked is None:
        return Check(
            "Weights", None, f"No margins were given: shares rest on {start} and describe the respondents. {cost}"
        )
    raked = weighed.raked
    many = count(raked.n_trimmed, "weight")
    trimmed = (
        f"{many} {'was' if raked.n_trimmed == 1 else 'were'} trimmed to the cap, and a margin is up to {100 * raked.gap:.1f} points off"
        if raked.n_trimmed
        else "no weight had to be trimmed"
    )
    scaled = (
        f" Margins that add up to 100 within {survey.rounding:.2g} points were scaled to 100."
        if survey.rounding > 1e-9
        else ""
    )
    names = listing([GROUP_LABELS[name] for name in survey.margins])
    return Check(
        "Weights", raked.gap < 0.005, f"Raked from {start} to the margins of {names}; {trimmed}.{scaled} {cost}"
    )


def hidden_check(marks: Sequence[str], least: int) -> Check:
    """Say how many rows are hidden, and why.

    Parameters
    ----------
    marks : sequence of str
        One a row, as `lpo_analysis.methods.suppression.suppress` makes them.
    least : int
        Smallest count that is shown.

    Returns
    -------
    Check
        For information.
    """
    small = sum(mark == SMALL for mark in marks)
    other = sum(mark not in (SMALL, SHOWN) for mark in marks)
    text = f"No number rests on fewer than {least} respondents."
    if small:
        them = "it" if small == 1 else "them"
        text = (
            f"{count(small, 'row')} hidden because fewer than {least} respondents stand behind a number in {them}, {other} more so "
            f"that subtraction within the same table does not give {them} away."
        )
    return Check(
        "Small cells", None, f"{text} Tables published elsewhere on the same respondents could still be subtracted."
    )
