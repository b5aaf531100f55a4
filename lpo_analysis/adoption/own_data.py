"""Own files of the adoption report, as `lpo check` reads them: by the readers of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lpo_analysis.adoption.own_series import KINDS as SERIES_KINDS
from lpo_analysis.adoption.own_series import read_series
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.adoption.survey_data import Survey, read_margins, read_survey
from lpo_analysis.evidence.own_check import OwnKind, Told, ignored
from lpo_analysis.wording import count, listing


def _survey_read(given: Mapping[str, Any]) -> Survey:
    p = Parameters.from_mapping(given)
    return read_survey(p.survey_path, p.margins_path)


def _survey(given: Mapping[str, Any]) -> Told:
    survey = _survey_read(given)
    frame = survey.frame
    years = frame["year"].dropna()
    answered = int(frame["uses_lpo"].isin(["yes", "no"]).sum())
    told = [
        f"{count(len(frame), 'respondent')}, of whom {answered:,} say whether they use outsourcing",
        f"answers in {count(len(survey.columns) - 1, 'column')}",
    ]
    if len(years):
        first, last = int(years.min()), int(years.max())
        told.append(f"year {first}" if first == last else f"years {first} to {last}")
    told.append("with weights" if survey.weighted else "without weights")
    if survey.clustered:
        told.append(f"in {count(frame['cluster'].nunique(), 'cluster')}")
    if survey.margins:
        told.append(f"margins of {listing(list(survey.margins))}")
    return Told(f"{'; '.join(told)}.{ignored(survey.n_ignored)}")


def _margins(given: Mapping[str, Any]) -> Told:
    alone = not given.get("survey_path")
    margins = read_margins(given["margins_path"]) if alone else _survey_read(given).margins
    shares = listing(
        [f"{variable} ({count(len(found), 'category', 'categories')})" for variable, found in margins.items()]
    )
    beside = (
        " Whether every category has respondents shows beside the survey: -p survey_path=FILE."
        if alone
        else " Every category has respondents in the survey."
    )
    return Told(f"Shares of {shares}.{beside}")


def _series(given: Mapping[str, Any]) -> Told:
    series = read_series(Parameters.from_mapping(given).series_path)
    launch = "no launch" if series.launch is None else f"launched {series.launch:g}"
    return Told(
        f"{count(len(series.year), 'date')} from {series.year[0]:g} to {series.year[-1]:g}; {SERIES_KINDS[series.kind]}; {launch}.{ignored(series.n_ignored)}"
    )


KINDS = {
    "survey": OwnKind(
        "survey", Parameters, "survey_path", _survey, names=("respondent", "cluster"), examples={"weight": "1"}
    ),
    "margins": OwnKind("margins", Parameters, "margins_path", _margins, together=True),
    "series": OwnKind("series", Parameters, "series_path", _series, together=True),
}
"""Kinds of own files this report takes."""
