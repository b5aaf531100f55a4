"""Parameters of the data book."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import pandas as pd
from pydantic import Field, model_validator

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.evidence import load
from lpo_analysis.parameters import ReportParameters, Whole, rule

Grade = Literal["A", "B", "C", "D"]
TOPICS = ("adoption", "market", "savings", "risk")
"""Topics of the evidence; comparison rows (context) are told apart from them."""


class Parameters(ReportParameters):
    """Which part of the evidence to look at."""

    report: ClassVar[str] = "evidence"
    coverage_title: ClassVar[str] = "Figures by topic and grade"

    topic: Literal["all", "adoption", "market", "savings", "risk"] = "all"
    """Topic to look at; all for the four of them."""
    grades: Annotated[list[Grade], Field(min_length=1)] = ["A", "B"]
    """Grades of evidence that count as known; what other grades hold is told beside it."""
    first_year: Annotated[Whole, Field(ge=1980, le=2100)] = 2000
    """First year of the picture over time."""
    last_year: Annotated[Whole, Field(ge=1980, le=2100)] = 2026
    """Last year of the picture over time."""
    years_per_column: Annotated[Whole, Field(ge=1, le=20)] = 3
    """Years that share a column of the picture over time."""
    metric: str = "lpo_hourly_rate"
    """Metric whose figures are looked up, such as adoption_rate; a name that is not on file is refused with the nearest that is."""

    @model_validator(mode="after")
    def _together(self) -> Parameters:
        if self.last_year < self.first_year:
            raise rule(f"last_year: {self.last_year} is before first_year ({self.first_year})")
        if len(set(self.grades)) != len(self.grades):
            raise rule(f"grades: one stands there twice, got {', '.join(self.grades)}")
        return self

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics looked at."""
        return TOPICS if self.topic == "all" else (self.topic,)

    @classmethod
    def coverage(cls) -> pd.DataFrame:
        """Count the figures by topic and grade.

        Returns
        -------
        pandas.DataFrame
            One topic a row, one grade a column.
        """
        rows = load().observations
        return pd.crosstab(rows["topic"], rows["grade"])

    @classmethod
    def prime(cls) -> None:
        """Compute what every report of this kind shares, so that a batch does it once."""
        from lpo_analysis.databook.analysis import analyse

        # The evidence itself, and the counts that hold whatever the topic.
        book = analyse(cls())
        _ = book.grades, book.makers, book.left_out, book.traps

    def check_evidence(self) -> None:
        """Raise `ParameterError` where the metric is not on file; names the nearest."""
        known = load().metrics.index
        if self.metric not in known:
            raise ParameterError(f"metric: there is no {self.metric!r}.", remedy=choices(self.metric, known))
