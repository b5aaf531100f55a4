"""What a question stands on: its inputs, each on its rung, or what is missing and what is nearest.

Nothing is made up here: what no row bears is a parameter of the report, on rung 4.
"""

from __future__ import annotations

from functools import lru_cache

from lpo_analysis import vocabulary
from lpo_analysis.errors import NoEvidenceError, ParameterError
from lpo_analysis.evidence import Evidence, load
from lpo_analysis.savings.collector import Gap, GapError
from lpo_analysis.savings.gatherer import Gathered, collect
from lpo_analysis.savings.parameters import Parameters

__all__ = ["Gathered", "attempt", "gather", "has_evidence", "refusal"]


def gather(parameters: Parameters, *, evidence: Evidence | None = None) -> Gathered:
    """Gather the inputs for a question, each on its rung.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence, optional
        The evidence base; the shipped one by default.

    Returns
    -------
    Gathered
        Inputs and how they combine.

    Raises
    ------
    NoEvidenceError
        If neither a price nor local pay is on file for the place, or no cost of today's work; names the nearest available.
    """
    evidence = evidence or load()
    found = _gathered(parameters.without_own_files(), evidence)
    if isinstance(found, Gap):
        raise NoEvidenceError(found.what, where=found.where, remedy=_nearest(found, parameters, evidence))
    return found


@lru_cache(maxsize=256)
def _gathered(parameters: Parameters, evidence: Evidence) -> Gathered | Gap:
    try:
        return collect(parameters, evidence)
    except GapError as error:
        return error.gap


def attempt(parameters: Parameters, evidence: Evidence, **changes: object) -> tuple[Parameters, Gathered] | None:
    """Gather the inputs for a question with some parameters changed, if it can be answered.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.
    **changes : object
        Parameters by name.

    Returns
    -------
    tuple of (Parameters, Gathered) or None
        The changed question, without own files, and its inputs; None where the combination is not allowed or an input has no evidence.
    """
    try:
        changed = parameters.with_changes(**changes)
    except ParameterError:
        return None
    found = _gathered(changed, evidence)
    return None if isinstance(found, Gap) else (changed, found)


def refusal(parameters: Parameters, evidence: Evidence) -> str | None:
    """Say why a question cannot be answered, without looking for the nearest that can.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.

    Returns
    -------
    str or None
        What is missing, as a clause; None where nothing is.
    """
    found = _gathered(parameters.without_own_files(), evidence)
    return f"{found.what[0].lower()}{found.what[1:].rstrip('.')}" if isinstance(found, Gap) else None


def has_evidence(parameters: Parameters, evidence: Evidence, **changes: object) -> bool:
    """Say whether a question, or the same one with some parameters changed, can be answered.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.
    **changes : object
        Parameters by name.

    Returns
    -------
    bool
        False where the combination is not allowed or an input has no evidence.
    """
    return attempt(parameters, evidence, **changes) is not None


def _nearest(gap: Gap, p: Parameters, evidence: Evidence) -> str:
    if gap.kind == "place":
        codes = [code for code in ("IND", "PHL", "GB-NIR", "GBR", "USA") if code != p.location]
        found = [f"{vocabulary.label('place', c)} ({c})" for c in codes if has_evidence(p, evidence, location=c)]
    elif gap.kind == "baseline":
        country = vocabulary.PLACES[p.baseline_location].country
        pairs = [
            (b, place)
            for place in dict.fromkeys((p.baseline_location, country, "USA", "GBR"))
            for b in vocabulary.BASELINES
        ]
        found = [
            f"{b} in {place}" for b, place in pairs if has_evidence(p, evidence, baseline=b, baseline_location=place)
        ][:6]
    elif gap.kind == "pricing":
        kept: dict[str, list[float]] = {"price": [], "hours_per_unit": []}
        found = [
            f"pricing_model {code}"
            for code in vocabulary.PRICING_MODELS
            if code != p.pricing_model and has_evidence(p, evidence, pricing_model=code, **kept)
        ]
        found.append("the same question with an own quote (parameter price)")
    else:
        found = []
    weaker = [grade for grade in ("A", "B", "C") if grade not in p.grades]
    if weaker and has_evidence(p, evidence, grades=[*p.grades, *weaker]):
        found.append(f"the same question with grade {' and '.join(weaker)} let in")
    return f"Nearest available: {', '.join(found)}." if found else "Nothing near is available at these grades."
