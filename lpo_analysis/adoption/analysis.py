"""The adoption of legal outsourcing, read once from the evidence."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.adoption import ai, curves, forecasts, market, places, record, repeated, scopes, surveys
from lpo_analysis.adoption.own_series import OwnSeries, own_curves, own_forecast, read_series
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.adoption.survey import Survey, read_survey, survey_against_published, survey_model, survey_shares
from lpo_analysis.adoption.use import figures, newest_use, use
from lpo_analysis.evidence import Evidence, load
from lpo_analysis.evidence.calibration import coverage_note
from lpo_analysis.results import Result, not_estimable

NO_SURVEY = "no survey of your own was given (survey_path names one, in the form of data/templates/survey.csv)"


def analyse(parameters: Parameters, *, evidence: Evidence | None = None) -> Analysis:
    """Analyse market, use and reasons.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence, optional
        The evidence base; the shipped one by default.

    Returns
    -------
    Analysis
        Everything the report shows; each part is computed when first asked for.
    """
    return Analysis(parameters, evidence or load())


class Analysis:
    """One question about adoption.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.
    """

    def __init__(self, parameters: Parameters, evidence: Evidence) -> None:
        self.parameters, self.evidence = parameters, evidence

    def __repr__(self) -> str:
        p = self.parameters
        return f"Analysis of adoption by {p.buyer} in {p.geography}, task {p.task}, horizon {p.horizon_year}"

    @property
    def question(self) -> str:
        """The question in one sentence."""
        p = self.parameters
        task = "legal work" if p.task == "all" else vocabulary.label("any task", p.task)
        buyer = vocabulary.label("buyer", p.buyer)
        return f"How far do {buyer}s in {vocabulary.in_words(p.geography)} outsource {task}, and how is the market growing?"

    @cached_property
    def growth(self) -> Result:
        """Growth of the consistent market series."""
        return market.market_growth(self.evidence, self.parameters)

    @cached_property
    def ceiling(self) -> Result:
        """Whether a ceiling can be seen."""
        return curves.ceiling(self.evidence, self.parameters)

    @cached_property
    def ceilings_elsewhere(self) -> Result:
        """How early a ceiling could be seen where the end is known."""
        return curves.ceilings_elsewhere(self.evidence, self.parameters)

    @cached_property
    def split(self) -> Result:
        """Independent providers on the comparable split."""
        return market.comparable_split(self.evidence, self.parameters)

    @cached_property
    def disagreement(self) -> Result:
        """Figures of the same scope and year side by side."""
        return scopes.disagreement(self.evidence, self.parameters)

    @cached_property
    def pooled(self) -> Result:
        """Whether the estimates of any scope can be pooled."""
        return scopes.pooled(self.evidence, self.parameters)

    @cached_property
    def market_break(self) -> Result:
        """Figures before and after the gap in the definition of the market."""
        return scopes.market_break(self.evidence, self.parameters)

    @cached_property
    def forecast(self) -> Result:
        """The market series ahead, over two models."""
        return forecasts.market_forecast(self.evidence, self.parameters)

    @cached_property
    def imports_forecast(self) -> Result:
        """UK imports of legal services ahead."""
        return forecasts.imports_forecast(self.evidence, self.parameters)

    @cached_property
    def scores(self) -> Result:
        """How the models did where there is a record."""
        return forecasts.scores(self.evidence, self.parameters)

    @cached_property
    def use_forecast(self) -> Result:
        """Whether use can be forecast."""
        return forecasts.use_forecast(self.evidence, self.parameters)

    @cached_property
    def use(self) -> Result:
        """Shares of users by sense."""
        return use(self.evidence, self.parameters)

    @cached_property
    def use_trend(self) -> Result:
        """Trends of questions asked in the same words."""
        return repeated.use_trend(self.evidence, self.parameters)

    @cached_property
    def intentions(self) -> Result:
        """Intentions beside later use."""
        return repeated.intentions(self.evidence, self.parameters)

    @cached_property
    def newest_use(self) -> Result:
        """The newest share of all buyers using any service of an alternative provider."""
        return newest_use(self.use, self.evidence, self.parameters)

    @cached_property
    def series(self) -> OwnSeries | None:
        """The researcher's own series, if one was given."""
        path = self.parameters.series_path
        return read_series(path) if path else None

    @cached_property
    def own_curves(self) -> Result:
        """Whether the own series shows a ceiling."""
        return own_curves(self.series, self.parameters)

    @cached_property
    def own_forecast(self) -> Result:
        """The own series ahead, over curves and parameters."""
        return own_forecast(self.series, self.parameters)

    @cached_property
    def survey(self) -> Survey | None:
        """The researcher's own survey, if one was given."""
        p = self.parameters
        return read_survey(p.survey_path, p.margins_path) if p.survey_path else None

    @cached_property
    def own_shares(self) -> Result:
        """Weighted shares of the own survey."""
        p = self.parameters
        if self.survey is None:
            return not_estimable("survey_shares", NO_SURVEY, level=p.level)
        return survey_shares(self.survey, level=p.level, min_cell=p.min_cell, cap=p.weight_cap)

    @cached_property
    def own_model(self) -> Result:
        """What goes with use in the own survey."""
        p = self.parameters
        if self.survey is None:
            return not_estimable("survey_model", NO_SURVEY, level=p.level)
        return survey_model(self.survey, level=p.level, min_cell=p.min_cell, cap=p.weight_cap)

    @cached_property
    def own_against_published(self) -> Result:
        """The own survey beside published shares."""
        p = self.parameters
        if self.survey is None:
            return not_estimable("survey_against_published", NO_SURVEY, level=p.level)
        return survey_against_published(self.survey, self.evidence, p, min_cell=p.min_cell, cap=p.weight_cap)

    @cached_property
    def drivers(self) -> Result:
        """Reasons for outsourcing."""
        return surveys.drivers(self.evidence, self.parameters)

    @cached_property
    def barriers(self) -> Result:
        """Reasons against outsourcing."""
        return surveys.barriers(self.evidence, self.parameters)

    @cached_property
    def insourcing(self) -> Result:
        """Bringing work back."""
        return surveys.insourcing(self.evidence, self.parameters)

    @cached_property
    def satisfaction(self) -> Result:
        """How satisfied users are."""
        return surveys.satisfaction(self.evidence, self.parameters)

    @cached_property
    def pairs(self) -> Result:
        """Old forecasts beside later figures."""
        return record.pairs(self.evidence, self.parameters)

    @cached_property
    def weaker_pairs(self) -> Result:
        """Such pairs that rest on weaker grades."""
        return record.weaker_pairs(self.evidence, self.parameters)

    @cached_property
    def revisions(self) -> Result:
        """What makers made of their own forecasts."""
        return record.revisions(self.evidence, self.parameters)

    @cached_property
    def pooled_error(self) -> Result:
        """Whether the error of forecasts can be pooled."""
        return record.pooled_error(self.evidence, self.parameters)

    @cached_property
    def scenarios(self) -> Result:
        """Today's forecasts with the errors of past ones."""
        return record.scenarios(self.evidence, self.parameters)

    @cached_property
    def ai_use(self) -> Result:
        """Use of AI by sense of the word."""
        return ai.ai_use(self.evidence, self.parameters)

    @cached_property
    def ai_effect(self) -> Result:
        """Whether AI replaces outsourcing, expected and seen."""
        return ai.substitute_or_complement(self.evidence, self.parameters)

    @cached_property
    def ai_expected(self) -> Result:
        """What AI is expected to do to outsourcing, item by item."""
        return ai.ai_expectations(self.evidence, self.parameters)

    @cached_property
    def ai_seen(self) -> Result:
        """What AI has been seen to do, item by item."""
        return ai.ai_seen(self.evidence, self.parameters)

    @cached_property
    def ai_recall(self) -> Result:
        """What sellers claim of the recall of AI."""
        return ai.ai_recall_claims(self.evidence, self.parameters)

    @cached_property
    def imports(self) -> Result:
        """What UK legal and accounting imports follow."""
        return places.imports_gravity(self.evidence, self.parameters)

    @cached_property
    def excess(self) -> Result:
        """Who sells more than expected."""
        return places.imports_excess(self.evidence, self.parameters)

    @cached_property
    def exports(self) -> Result:
        """Digitally delivered services of the delivery locations."""
        return places.digital_exports(self.evidence, self.parameters)

    @cached_property
    def governance(self) -> Result:
        """Rule of law of the delivery locations."""
        return places.governance(self.evidence, self.parameters)

    @cached_property
    def wages(self) -> Result:
        """Pay of paralegals by US state."""
        return places.onshore_wages(self.evidence, self.parameters)

    def by_grades(self) -> pd.DataFrame:
        """Ask the same question with other grades let in.

        Returns
        -------
        pandas.DataFrame
            Columns grades, points (of the market series), growth (a year), figures (on use).
        """
        records = []
        for grades in (["A"], ["A", "B"], ["A", "B", "C"], ["A", "B", "C", "D"]):
            changed = self.parameters.model_copy(update={"grades": grades})
            points, rate = market.nominal_growth(self.evidence, changed)
            records.append((", ".join(grades), points, rate, len(figures(self.evidence, changed))))
        return pd.DataFrame(records, columns=["grades", "points", "growth", "figures"])

    def covers(
        self,
        part: Literal[
            "growth",
            "ceiling",
            "ceilings_elsewhere",
            "forecast",
            "pooled",
            "use",
            "own_series",
            "own_survey",
            "imports",
        ],
    ) -> str:
        """Say how often intervals of one part hold the truth in the simulated cases nearest to it.

        Parameters
        ----------
        part : {'growth', 'ceiling', 'ceilings_elsewhere', 'forecast', 'pooled', 'use', 'own_series', 'own_survey', 'imports'}
            Part of the report.

        Returns
        -------
        str
            As of `lpo_analysis.evidence.calibration.coverage_note`; why there is nothing to say where the part has no estimate.
        """
        if part == "ceilings_elsewhere":
            return curves.ceilings_coverage(self.ceilings_elsewhere)
        result = {"own_series": self.own_curves, "own_survey": self.own_shares}.get(part) or getattr(self, part)
        known = (
            result.table.dropna(subset=["estimate"])
            if result.estimable or part == "own_series"
            else result.table.iloc[:0]
        )
        if part == "ceiling" and result.n_used:
            return coverage_note("ceiling_profile_reached", n=result.n_used)
        if known.empty:
            return "There is no estimate here, and so no interval to judge."
        match part:
            case "growth":
                return coverage_note("growth", n=result.n_used)
            case "forecast":
                return coverage_note("forecast_pooled", n=result.n_used)
            case "pooled":
                return coverage_note("three_level_cr2", k=float(known["n_makers"].min()))
            case "imports":
                return coverage_note("gravity_jackknife", k=float(known["n_clusters"].min()))
            case "own_series":
                return coverage_note("ceiling_profile", n=result.n_used)
        # A missing size is drawn for the middle scenario, and judged like it.
        n = known["n_obs"].fillna(float(np.median(self.parameters.sample_sizes)))
        share = float(known["estimate"].median())
        if part == "use":
            return coverage_note("share_wilson", n=float(n.median()), share=share)
        survey = self.survey
        if survey is not None and survey.clustered:
            return coverage_note("survey_clustered", n=float(n.max()), share=share)
        weighed = survey is not None and bool(survey.margins or survey.weighted)
        return coverage_note("survey_raked" if weighed else "share_wilson", n=float(n.max()), share=share)

    def by_ceiling(self) -> pd.DataFrame:
        """Forecast the market under other largest ceilings.

        Returns
        -------
        pandas.DataFrame
            As of `lpo_analysis.adoption.forecasts.by_ceiling`.
        """
        return forecasts.by_ceiling(self.evidence, self.parameters)

    @cached_property
    def rows(self) -> tuple[str, ...]:
        """Identifiers of all rows shown, in the order of the report."""
        parts = (
            self.growth,
            self.split,
            self.disagreement,
            self.use,
            self.newest_use,
            self.drivers,
            self.barriers,
            self.insourcing,
            self.satisfaction,
            self.intentions,
            self.own_against_published,
            self.pooled,
            self.market_break,
            self.pairs,
            self.weaker_pairs,
            self.revisions,
            self.scenarios,
            self.imports_forecast,
            self.scores,
            self.ai_use,
            self.ai_effect,
            self.ai_recall,
            self.imports,
            self.exports,
            self.governance,
            self.wages,
        )
        return tuple(dict.fromkeys(row for part in parts for row in part.rows))
