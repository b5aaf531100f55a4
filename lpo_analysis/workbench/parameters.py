"""Where the workbench starts."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from lpo_analysis import savings
from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.evidence import load
from lpo_analysis.parameters import Number, ReportParameters, Whole, word
from lpo_analysis.workbench.frontier import Others, question

Grade = Literal["A", "B", "C", "D"]


class Parameters(ReportParameters):
    """The scenario that the sliders start from, and the metric that the browser opens with."""

    report: ClassVar[str] = "workbench"

    task: word("task") = "document_review"  # type: ignore[valid-type]
    """Kind of work that would be moved."""
    buyer: word("buyer") = "corporate"  # type: ignore[valid-type]
    """Who would move it: a law firm or a company's legal department."""
    baseline: word("baseline") = "contract_attorney"  # type: ignore[valid-type]
    """Who does the work today; the comparator decides the answer."""
    location: word("place") = "IND"  # type: ignore[valid-type]
    """Where it would be done."""
    volume_hours: Annotated[Number, Field(gt=0, le=10_000_000)] = 5000.0
    """Hours of the work a year, as done today."""
    grades: Annotated[list[Grade], Field(min_length=1)] = ["A", "B"]
    """Grades of evidence let into the estimates and shown by the browser."""
    draws: Annotated[Whole, Field(ge=256, le=65536)] = 4096
    """Joint draws of the inputs behind every change, a power of two; a report takes 16384."""
    metric: str = "lpo_hourly_rate"
    """Metric that the browser of the evidence opens with."""
    live: Literal["auto", "yes", "no"] = "auto"
    """Whether to show sliders: auto shows them in JupyterLab and the same answers without them elsewhere."""
    locations: Annotated[list[word("place")], Field(min_length=1, max_length=8)] = ["IND", "PHL", "US-OH"]  # type: ignore[valid-type]
    """Places that the frontier sets beside the one asked about."""
    delivery_models: Annotated[list[word("delivery model")], Field(min_length=1)] = [  # type: ignore[valid-type]
        "provider",
        "captive",
        "ai_assisted",
    ]
    """Ways of doing the work that the frontier sets beside the one asked about."""
    jurisdictions: Annotated[list[word("place")], Field(min_length=1, max_length=20)] = ["US-NY"]  # type: ignore[valid-type]
    """Jurisdictions whose opinions must permit a way of doing the work for the frontier to choose it."""

    @property
    def start(self) -> dict[str, Any]:
        """The parameters of the savings report that the sliders start from."""
        shared = ("task", "buyer", "baseline", "location", "volume_hours", "grades", "draws")
        return {name: getattr(self, name) for name in shared}

    @property
    def others(self) -> Others:
        """What the frontier sets beside the question."""
        return Others(tuple(self.locations), tuple(self.delivery_models), tuple(self.jurisdictions))

    def check_evidence(self) -> None:
        """Refuse a start that the savings report would refuse, what the frontier cannot be asked, and a metric that is not on file.

        Raises
        ------
        ParameterError
            Where a combination is not allowed or there is no such metric.
        NoEvidenceError
            Where the evidence bears no answer; names the nearest.
        """
        asked = savings.Parameters.from_mapping(self.start)
        asked.check_evidence()
        question(asked, self.others)
        known = load().metrics.index
        if self.metric not in known:
            raise ParameterError(f"metric: there is no {self.metric!r}.", remedy=choices(self.metric, known))
