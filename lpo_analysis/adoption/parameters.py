"""Parameters of the adoption report."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import pandas as pd
from pydantic import Field, model_validator

from lpo_analysis import vocabulary
from lpo_analysis.errors import NoEvidenceError, ParameterError
from lpo_analysis.evidence import load, select
from lpo_analysis.parameters import Level, Number, ReportParameters, Seed, Whole, own_file, rule, word

Grade = Literal["A", "B", "C", "D"]
LAST_MARKET_YEAR = 2023
"""Last year of the consistent market series; a test compares it with the evidence."""


class Parameters(ReportParameters):
    """Who, where and how far ahead."""

    report: ClassVar[str] = "adoption"
    coverage_title: ClassVar[str] = "Figures on use at grades A and B, by place and buyer"

    geography: word("scope") = "USA"  # type: ignore[valid-type]
    """Country (or WLD for the world) whose surveys are shown; the market series is worldwide whatever is chosen."""
    buyer: word("buyer") = "corporate"  # type: ignore[valid-type]
    """Whose use is shown: law firms or companies' legal departments."""
    task: word("any task") = "all"  # type: ignore[valid-type]
    """Task whose use is shown; all shows every task and use of any kind."""
    horizon_year: Annotated[Whole, Field(le=2040)] = 2028
    """Year up to which the market series is extrapolated."""
    price_year: Whole = 2024
    """Year whose prices real market sizes are in."""
    level: Level = 0.9
    """Nominal level of each interval, one at a time; together they hold less."""
    grades: Annotated[list[Grade], Field(min_length=1)] = ["A", "B"]
    """Grades of evidence let into the estimates; disagreement always shows all grades, marked."""
    sample_sizes: Annotated[list[Annotated[Whole, Field(ge=5, le=100_000)]], Field(min_length=1, max_length=5)] = [
        50,
        150,
        500,
    ]
    """Assumed sample sizes, as scenarios, where a source does not tell its own."""
    ceiling_most: Annotated[Number, Field(ge=1.5, le=10_000)] = 100.0
    """Assumed: largest ceiling of the market that the forecast lets in, as a multiple of the last total; the points cannot tell it."""
    seed: Seed = 1
    """Seed of the simulated paths of the forecasts and of their scores."""

    series_path: own_file("series") = ""  # type: ignore[valid-type]
    """Your own series of adopters or levels, a CSV file in the form of data/templates/series.csv; empty for none."""
    survey_path: own_file("survey") = ""  # type: ignore[valid-type]
    """Your own survey, a CSV file in the form of data/templates/survey.csv; empty for none."""
    margins_path: own_file("margins") = ""  # type: ignore[valid-type]
    """Shares of the population to which the survey is raked, in the form of data/templates/margins.csv; empty for none."""
    min_cell: Annotated[Whole, Field(ge=3, le=1000)] = 5
    """Smallest number of your respondents behind a number that is shown."""
    weight_cap: Annotated[Number, Field(gt=1, le=1000)] = 5.0
    """Largest weight of a respondent, as a multiple of the mean weight."""

    @model_validator(mode="after")
    def _together(self) -> Parameters:
        from lpo_analysis.evidence import price_years

        if self.horizon_year <= LAST_MARKET_YEAR:
            raise rule(
                f"horizon_year: {self.horizon_year} is not ahead of the series, which ends {LAST_MARKET_YEAR}; "
                f"use {LAST_MARKET_YEAR + 1} to 2040"
            )
        first, last = price_years()
        if not first <= self.price_year <= last:
            raise rule(f"price_year: {self.price_year} is outside the price index, which covers {first} to {last}")
        if self.margins_path and not self.survey_path:
            raise rule("margins_path: margins without a survey; give survey_path, too")
        if len(set(self.grades)) != len(self.grades):
            raise rule(f"grades: one stands there twice, got {', '.join(self.grades)}")
        return self

    @classmethod
    def prime(cls) -> None:
        """Compute what every report of this kind shares, so that a batch does it once."""
        from lpo_analysis.adoption.analysis import analyse

        # The rows of these grades are looked up the same way whatever the question.
        analysis = analyse(cls())
        analysis.by_grades()
        # The market is worldwide, whoever and wherever the buyer is.
        _ = analysis.growth, analysis.disagreement, analysis.ceiling, analysis.ceilings_elsewhere, analysis.scores
        _ = analysis.imports, analysis.excess

    @classmethod
    def coverage(cls) -> pd.DataFrame:
        """Count the use figures by place and buyer.

        Returns
        -------
        pandas.DataFrame
            Rows of grades A and B: one place a row, one buyer a column.
        """
        rows = select(load(), metric="adoption_rate", buyer=list(vocabulary.BUYERS))
        return pd.crosstab(rows["geography"], rows["buyer"])

    def check_evidence(self) -> None:
        """Raise `NoEvidenceError` where no survey of the place and buyer is on file; names the nearest. Reads own files."""
        if self.series_path:
            from lpo_analysis.adoption.own_series import read_series

            last = read_series(self.series_path).year[-1]
            if last >= self.horizon_year:
                raise ParameterError(
                    f"horizon_year: {self.horizon_year} is not ahead of your series, which ends {last:g}",
                    remedy=f"Use {int(last) + 1} or later.",
                )
        if self.survey_path:
            from lpo_analysis.adoption.survey_data import read_survey

            read_survey(self.survey_path, self.margins_path)
        evidence = load()
        present = evidence.observations.query("metric == 'adoption_rate' and topic != 'context'")
        chosen = present[(present["grade"].isin(self.grades)) & (present["buyer"] == self.buyer)]
        if (chosen["geography"] == self.geography).any():
            return
        counts = chosen["geography"].value_counts().sort_index()
        listed = ", ".join(f"{vocabulary.label('scope', str(code))} ({code}, {n})" for code, n in counts.items())
        raise NoEvidenceError(
            f"No figure of grade {'/'.join(self.grades)} on use by {vocabulary.label('buyer', self.buyer)}s in "
            f"{vocabulary.in_words(self.geography)} is on file.",
            where=f"geography {self.geography}, buyer {self.buyer}",
            remedy=f"Nearest available, with their number of figures: {listed or 'none at these grades'}.",
        )
