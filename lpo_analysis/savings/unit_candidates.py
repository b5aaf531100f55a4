"""Which rows may speak for a price by the document, contract or person, and for work with AI."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Candidate, Evidence, as_shares, select
from lpo_analysis.evidence.money import ends, middle_year
from lpo_analysis.savings.candidates import NEIGHBOURS, in_money
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.wording import listing

BY_THE_DOCUMENT = ("document_review", "ediscovery", "due_diligence")
"""Tasks whose work comes in documents."""
BY_THE_CONTRACT = ("contract_management", "contract_drafting", "due_diligence")
"""Tasks whose work comes in contracts."""

AI_TRIALS = {
    "trial_quality_adjusted_five_tasks": (
        "five of the six tasks of one",
        "The trial that adjusts for quality tells its gains in the five of six tasks where they were significant; no figure is on file for the sixth.",
    ),
    "measured_trial_range_of_tasks": (
        "time saved at hardly changed quality in one",
        "The trial that timed its tasks found quality hardly changed, so the time saved is taken as more work in an hour.",
    ),
}
"""Randomised trials of work with AI, by category of their rows: what they measured, in short and as a sentence."""

_HUMAN_PACE = ("standard_pace", "survey_range", "upper_limit", "expert_opinion", "vendor_stated")


def _in_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    low, high = ends(rows)
    return rows.assign(low=low, high=high, observed=middle_year(rows))


def _rows(
    evidence: Evidence, parameters: Parameters, metric: str, category: str | Sequence[str], geography: str | None = None
) -> pd.DataFrame:
    chosen = category if isinstance(category, str) else tuple(category)
    rows = select(evidence, metric=metric, category=chosen, grades=parameters.grades, required=False)
    return rows if geography is None else rows[rows["geography"] == geography]


def document_price_candidates(evidence: Evidence, parameters: Parameters, category: str, place: str) -> list[Candidate]:
    """List the prices a document, the nearest first.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    category : {'human_review', 'genai_review'}
        By whom; other categories are stages, sellers' statements of what others charge, or software of before.
    place : str
        Where the price is asked for. The rows are of the United States and, for persons, do not say whether on- or offshore, so
        they speak for no other country.

    Returns
    -------
    list of Candidate
        In the money of the report.
    """
    country = vocabulary.PLACES[place].country
    rows = in_money(_rows(evidence, parameters, "review_cost_per_document", category, geography=country), parameters)
    own = parameters.task == "document_review" and category == "genai_review"
    who = "by persons, on- or offshore not told," if category == "human_review" else "with generative AI"
    return [Candidate(f"prices a document of review {who} in {vocabulary.in_words(country)}", rows, own=own)]


def pace_candidates(evidence: Evidence, parameters: Parameters) -> list[Candidate]:
    """List how many documents a person reviews in an hour.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    list of Candidate
        Documents an hour.
    """
    country = vocabulary.PLACES[parameters.baseline_location].country
    # The category says who states the pace; what is stated is the same. Kinds of documents and anecdotes are something else.
    rows = _in_numbers(_rows(evidence, parameters, "documents_per_hour", _HUMAN_PACE, geography="USA"))
    own = parameters.task == "document_review" and country == "USA"
    return [Candidate("the pace of persons who review documents in the United States", rows, own=own)]


def contract_hours_candidates(evidence: Evidence, parameters: Parameters) -> list[Candidate]:
    """List how many hours of lawyers a contract takes.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    list of Candidate
        Hours a contract, of a legal department and low risk.
    """
    rows = _in_numbers(_rows(evidence, parameters, "hours_per_item", "legal_low_risk_contract"))
    return [Candidate("lawyers' hours for a low-risk contract", rows, own=parameters.task == "contract_management")]


def person_candidates(evidence: Evidence, parameters: Parameters, category: str) -> list[Candidate]:
    """List the prices of a dedicated person.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    category : {'dedicated_fte', 'dedicated_fte_per_day'}
        By the year or by the day.

    Returns
    -------
    list of Candidate
        In the money of the report, the very task first.
    """
    country = vocabulary.PLACES[parameters.location].country
    rows = _rows(evidence, parameters, "lpo_fte_price", category, geography=country)
    rows = in_money(rows, parameters)
    found = []
    for task in (parameters.task, *NEIGHBOURS[parameters.task], "all"):
        name = "legal work of any kind" if task == "all" else vocabulary.label("task", task)
        named = f"dedicated persons for {name} in {vocabulary.in_words(country)}"
        found.append(Candidate(named, rows[rows["task"] == task], own=task == parameters.task))
    return found


def ai_productivity_candidates(evidence: Evidence, parameters: Parameters) -> list[Candidate]:
    """List what persons with AI achieve in an hour in trials.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    list of Candidate
        Output an hour with AI over that without; students and tasks of any kind, so borrowed for every task.

    Notes
    -----
    Only one sense enters: output an hour at like quality, in published randomised trials. One trial states it adjusted for quality, in
    the five of its six tasks in which the gain was significant; of the sixth no figure is on file, so its low end is rather too high. The
    other states the share s of the time saved while quality hardly changed, which is an output of 1 / (1 - s). The preprint of the first
    is the same study. First drafts timed in one firm (neither randomised nor held to a quality) and the speed of an answer that nobody
    checked are other senses; they are shown beside it.
    """
    adjusted, timed = AI_TRIALS
    ratios = _in_numbers(_rows(evidence, parameters, "ai_productivity_ratio", adjusted))
    saved = _in_numbers(_rows(evidence, parameters, "ai_time_saving_share", timed))
    saved = saved.assign(low=1 / (1 - saved["low"] / 100), high=1 / (1 - saved["high"] / 100))
    rows = pd.concat([ratios, saved])
    told = [short for category, (short, _) in AI_TRIALS.items() if (rows["category"] == category).any()]
    return [Candidate(f"randomised trials with law students ({listing(told)})", rows, own=False)]


def trials_in_words(evidence: Evidence, rows: Sequence[str]) -> str:
    """Say what the trials behind the output an hour with AI do and do not tell.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    rows : sequence of str
        Identifiers of the rows used.

    Returns
    -------
    str
        Sentences.
    """
    used = set(evidence.observations.loc[list(rows), "category"])
    told = [said for category, (_, said) in AI_TRIALS.items() if category in used]
    return " ".join([*told, "First drafts timed in a firm, neither randomised nor held to a quality, enter nothing."])


def ai_error_candidates(evidence: Evidence, parameters: Parameters) -> list[Candidate]:
    """List how often AI is wrong in this very task.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    list of Candidate
        Shares; rows of research tools speak for legal research only, and general chatbots without a legal database for nothing here.
    """
    if parameters.task != "legal_research":
        return []
    tools = ("hallucination_lexis_plus_ai", "hallucination_westlaw_ai_assisted", "hallucination_ask_practical_law")
    rows = _rows(evidence, parameters, "ai_error_rate", tools)
    parts = [as_shares(rows[rows["category"] == tool]) for tool in tools]
    return [Candidate("answers of legal research tools", pd.concat(parts) if len(rows) else _in_numbers(rows))]
