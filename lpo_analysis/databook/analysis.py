"""The data book of one topic and set of grades, each part computed when first asked for."""

from __future__ import annotations

from functools import cached_property

from lpo_analysis.databook import coverage, disagreement, lookup, provenance, traps
from lpo_analysis.databook.parameters import Parameters
from lpo_analysis.evidence import Evidence, load
from lpo_analysis.results import Result
from lpo_analysis.wording import listing


def analyse(parameters: Parameters, *, evidence: Evidence | None = None) -> Analysis:
    """Take stock of the evidence.

    Parameters
    ----------
    parameters : Parameters
        What to look at.
    evidence : Evidence, optional
        The evidence base; the shipped one by default.

    Returns
    -------
    Analysis
        Everything the data book shows.
    """
    return Analysis(parameters, evidence or load())


class Analysis:
    """The data book.

    Parameters
    ----------
    parameters : Parameters
        What to look at.
    evidence : Evidence
        The evidence base.
    """

    def __init__(self, parameters: Parameters, evidence: Evidence) -> None:
        self.parameters, self.evidence = parameters, evidence

    def __repr__(self) -> str:
        return f"Data book of {listing(self.parameters.topics)}, grades {'/'.join(self.parameters.grades)}"

    @property
    def question(self) -> str:
        """The question in one sentence."""
        return f"What do figures of grade {'/'.join(self.parameters.grades)} tell about {listing(self.parameters.topics)}, and what do they not tell?"

    @cached_property
    def grades(self) -> Result:
        """Figures by topic and grade."""
        return coverage.grades(self.evidence, self.parameters)

    @cached_property
    def years(self) -> Result:
        """Studies by topic, metric and year."""
        return coverage.years(self.evidence, self.parameters)

    @cached_property
    def places(self) -> Result:
        """Studies by task and place."""
        return coverage.places(self.evidence, self.parameters)

    @cached_property
    def subjects(self) -> Result:
        """Studies by metric, and how many ask the same."""
        return coverage.subjects(self.evidence, self.parameters)

    @cached_property
    def disagreement(self) -> Result:
        """How far makers are apart."""
        return disagreement.disagreement(self.evidence, self.parameters)

    @cached_property
    def makers(self) -> Result:
        """Who made the figures."""
        return provenance.makers(self.evidence, self.parameters)

    @cached_property
    def left_out(self) -> Result:
        """What was collected and left out."""
        return provenance.left_out()

    @cached_property
    def traps(self) -> Result:
        """The traps, shown."""
        return traps.traps(self.evidence, self.parameters)

    @cached_property
    def figures(self) -> Result:
        """Every figure of the metric looked up."""
        return lookup.figures(self.evidence, metric=self.parameters.metric, grades=self.parameters.grades)
