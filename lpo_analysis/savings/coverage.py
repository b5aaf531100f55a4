"""What the evidence covers: which task and place cells have a price or local pay, and what is nearest to a refused one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import Evidence, climb, load
from lpo_analysis.savings.candidates import baseline_candidates, provider_rung
from lpo_analysis.savings.parameters import Parameters

PLACES = ("IND", "PHL", "ZAF", "LKA", "POL", "GB-NIR", "GBR", "US-OH", "USA")
"""Places shown in the coverage table; every US state is like the one shown."""


def coverage(grades: Sequence[str] = ("A", "B"), *, evidence: Evidence | None = None) -> pd.DataFrame:
    """Tabulate where a provider's rate would come from, by task and place.

    Parameters
    ----------
    grades : sequence of str, default ('A', 'B')
        Grades let in.
    evidence : Evidence, optional
        The evidence base; the shipped one by default.

    Returns
    -------
    pandas.DataFrame
        One task a row, one place a column: ``price`` or ``pay`` with the rung, empty where the cell is refused.
    """
    evidence = evidence or load()
    cells: dict[str, dict[str, str]] = {}
    for task in vocabulary.TASKS:
        cells[task] = {}
        for place in PLACES:
            question = Parameters.from_mapping({"task": task, "location": place, "grades": list(grades)})
            found = provider_rung(evidence, question)
            cells[task][place] = "" if found is None else f"{found[0]} ({found[1]})"
    return pd.DataFrame.from_dict(cells, orient="index").rename_axis("task")


def places_available(evidence: Evidence, parameters: Parameters) -> str:
    """Name the places nearest to one without evidence.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The refused question.

    Returns
    -------
    str
        A sentence.
    """
    others = [code for code in ("IND", "PHL", "GB-NIR", "GBR", "USA") if code != parameters.location]
    found = [code for code in others if _priced(evidence, parameters, location=code)]
    text = ", ".join(f"{vocabulary.label('place', code)} ({code})" for code in found) or "none at these grades"
    weaker = [grade for grade in ("A", "B", "C") if grade not in parameters.grades]
    if weaker and _priced(evidence, parameters, grades=[*parameters.grades, *weaker]):
        text += f"; or let grade {' and '.join(weaker)} in for {parameters.location}"
    return f"{text}. `lpo params savings` shows every cell."


def _priced(evidence: Evidence, parameters: Parameters, **changes: object) -> bool:
    try:
        changed = Parameters.from_mapping({**parameters.model_dump(), **changes})
    except ParameterError:
        return False
    return provider_rung(evidence, changed) is not None


def baselines_available(evidence: Evidence, parameters: Parameters) -> str:
    """Name the baselines nearest to one without evidence.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The refused question.

    Returns
    -------
    str
        A sentence.
    """
    country = vocabulary.PLACES[parameters.baseline_location].country
    options = [
        f"{baseline} in {place}"
        for place in dict.fromkeys((parameters.baseline_location, country, "USA", "GBR"))
        for baseline in vocabulary.BASELINES
        if _costed(evidence, parameters, baseline_location=place, baseline=baseline)
    ]
    return ", ".join(options[:6]) + "." if options else "none at these grades."


def _costed(evidence: Evidence, parameters: Parameters, **changes: object) -> bool:
    try:
        changed = Parameters.from_mapping({**parameters.model_dump(), **changes})
    except ParameterError:
        return False
    candidates, _ = baseline_candidates(evidence, changed)
    return climb(candidates, widening=changed.widening) is not None


def costed_baselines(parameters: Parameters, *, evidence: Evidence | None = None) -> list[str]:
    """List the baselines that have a cost on file for the buyer and place of a question.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence, optional
        The evidence base; the shipped one by default.

    Returns
    -------
    list of str
        Codes, in the order of the vocabulary.
    """
    evidence = evidence or load()
    return [baseline for baseline in vocabulary.BASELINES if _costed(evidence, parameters, baseline=baseline)]
