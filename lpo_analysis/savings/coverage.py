"""What the evidence covers: which task and place cells have a price or local pay."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Evidence, load
from lpo_analysis.savings.candidates import provider_rung
from lpo_analysis.savings.gather import has_evidence
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
    return [baseline for baseline in vocabulary.BASELINES if has_evidence(parameters, evidence, baseline=baseline)]
