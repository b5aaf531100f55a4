"""The risks of one firm, read once from the evidence."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Evidence, load
from lpo_analysis.methods.sensitivity import tornado
from lpo_analysis.results import Result
from lpo_analysis.risk import annual, breaches, continuity, ethics
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.quality import quality
from lpo_analysis.wording import listing


def analyse(parameters: Parameters, *, evidence: Evidence | None = None) -> Analysis:
    """Analyse confidentiality, quality, ethics and continuity.

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
    """One question about risk.

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
        return f"Analysis of risk for a {p.buyer_size} firm with {p.records} records, provider in {p.location}"

    @property
    def question(self) -> str:
        """The question in one sentence."""
        p = self.parameters
        size = "law firm" if p.buyer_size == "all" else f"{p.buyer_size} law firm"
        places = listing([vocabulary.in_words(code) for code in p.jurisdictions])
        return (
            f"What would a {size} with {p.records:,} client records risk by giving work to a provider in {vocabulary.in_words(p.location)}, "
            f"and what is required of it in {places}?"
        )

    @cached_property
    def prevalence(self) -> Result:
        """Share of firms ever breached."""
        return breaches.prevalence(self.evidence, self.parameters)

    @cached_property
    def hazard(self) -> Result:
        """Yearly rate under each assumption."""
        return breaches.hazard(self.evidence, self.parameters)

    @cached_property
    def loss(self) -> Result:
        """Expected yearly loss and exceedance."""
        return losses.annual_loss(self.evidence, self.parameters)

    @cached_property
    def increment(self) -> Result:
        """What one more provider adds."""
        return losses.provider_increment(self.evidence, self.parameters)

    @cached_property
    def quality(self) -> Result:
        """What reviewers achieve."""
        return quality(self.evidence, self.parameters)

    @cached_property
    def duties(self) -> Result:
        """What the opinions on file ask for."""
        return ethics.duties(self.parameters.jurisdictions)

    @cached_property
    def governance(self) -> Result:
        """Governance of the provider's place."""
        return continuity.governance(self.parameters.location, level=self.parameters.level)

    def drivers(self) -> pd.DataFrame:
        """Move one input of the expected loss at a time, the others at their medians.

        Returns
        -------
        pandas.DataFrame
            As `lpo_analysis.methods.sensitivity.tornado`; empty where no loss can be estimated.
        """
        if not self.loss.estimable:
            return pd.DataFrame(columns=["label", "rung", "input_low", "input_high", "at_low", "at_high"])
        inputs = self.loss.model["inputs"]
        model = losses.expected_loss_model(self.evidence, self.parameters)
        kept = [item.name for item in inputs if item.name != "third_party_share"]
        frame = tornado(model, inputs, level=self.parameters.level)
        return frame[frame["input"].isin(kept)]

    def by_grades(self) -> pd.DataFrame:
        """Ask for the loss with other grades let in.

        Returns
        -------
        pandas.DataFrame
            Columns grades, rows, p (chance of a breach of client data within the horizon), loss (USD a year).
        """
        sets = (["A", "B"], ["A", "B", "C"], ["A", "B", "C", "D"])
        return losses.loss_by_grades(self.evidence, self.parameters, sets)

    @cached_property
    def rows(self) -> tuple[str, ...]:
        """Identifiers of all rows shown, in the order of the report."""
        parts = (self.prevalence, self.hazard, self.loss, self.increment, self.quality, self.duties, self.governance)
        return tuple(dict.fromkeys(row for part in parts for row in part.rows))
