"""The risks of one firm, read once from the evidence."""

from __future__ import annotations

from functools import cached_property, partial

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Evidence, load
from lpo_analysis.methods.inputs import Inputs, values_at
from lpo_analysis.methods.sensitivity import tornado
from lpo_analysis.results import Result
from lpo_analysis.risk import annual, breaches, continuity, ethics
from lpo_analysis.risk.fair_tree import fair_tree
from lpo_analysis.risk.increment import provider_increment
from lpo_analysis.risk.inputs import EXPOSURE, Rate, expected_loss_of
from lpo_analysis.risk.insurance import who_bears
from lpo_analysis.risk.listed import listed_incidents
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.quality import quality
from lpo_analysis.risk.register import Register, register
from lpo_analysis.risk.severity import breach_cost
from lpo_analysis.wording import listing


def analyse(parameters: Parameters, *, evidence: Evidence | None = None, rate: Rate | None = None) -> Analysis:
    """Analyse confidentiality, quality, ethics and continuity.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence, optional
        The evidence base; the shipped one by default.
    rate : tuple of float, optional
        Shape and rate of the gamma distribution of breaches a year that own incidents leave, see `loss_inputs`.

    Returns
    -------
    Analysis
        Everything the report shows; each part is computed when first asked for.
    """
    return Analysis(parameters, evidence or load(), rate)


class Analysis:
    """One question about risk.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.
    rate : tuple of float, optional
        As for `analyse`.
    """

    def __init__(self, parameters: Parameters, evidence: Evidence, rate: Rate | None = None) -> None:
        self.parameters, self.evidence, self.rate = parameters, evidence, rate

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
    def cost(self) -> Result:
        """What one breach costs."""
        return breach_cost(self.evidence, self.parameters, rate=self.rate)

    @cached_property
    def register(self) -> Register:
        """Sizes of breaches in the US health register."""
        return register(self.parameters.level)

    @cached_property
    def listed(self) -> Result:
        """Incidents of law firms on file beside the register."""
        return listed_incidents(self.evidence, self.parameters)

    @cached_property
    def loss(self) -> Result:
        """Yearly loss and exceedance."""
        return annual.annual_loss(self.evidence, self.parameters, rate=self.rate)

    @cached_property
    def increment(self) -> Result:
        """What one more provider adds."""
        return provider_increment(self.evidence, self.parameters, rate=self.rate)

    @cached_property
    def shares(self) -> Result:
        """Who bears the loss."""
        return who_bears(self.evidence, self.parameters, rate=self.rate)

    @cached_property
    def tree(self) -> Result:
        """The loss as a FAIR tree."""
        return fair_tree(self.evidence, self.parameters, rate=self.rate, loss=self.loss)

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
            As `lpo_analysis.methods.sensitivity.tornado`, with a row for the share of the records that a breach reaches, as if every
            breach reached the same; empty where no loss can be estimated.
        """
        if not self.loss.estimable:
            return pd.DataFrame(columns=["label", "rung", "input_low", "input_high", "at_low", "at_high"])
        p = self.parameters
        inputs = Inputs(tuple(item for item in self.loss.model["inputs"] if item.name not in EXPOSURE))
        frame = tornado(partial(expected_loss_of, parameters=p), inputs, level=p.level)
        low, high = p.reached_share
        middle = values_at(inputs, {})
        ends = [
            float(expected_loss_of(middle, p.model_copy(update={"reached_share": [end, end]}))[0])
            for end in (low, high)
        ]
        row = (
            "reached_share",
            "records that every breach reaches",
            "share of records",
            4,
            low,
            high,
            *ends,
            frame["base"].iloc[0],
            ends[1] - ends[0],
        )
        frame.loc[len(frame)] = list(row)
        return frame.sort_values("width", ascending=False, kind="stable", ignore_index=True)

    def by_grades(self) -> pd.DataFrame:
        """Ask for the loss with other grades let in.

        Returns
        -------
        pandas.DataFrame
            Columns grades, rows, p (chance of a breach of client data within the horizon), loss (USD a year).
        """
        sets = (["A", "B"], ["A", "B", "C"], ["A", "B", "C", "D"])
        return annual.loss_by_grades(self.evidence, self.parameters, sets)

    @cached_property
    def rows(self) -> tuple[str, ...]:
        """Identifiers of all rows shown, in the order of the report."""
        sizes = (self.register.sizes, self.register.third_party)
        losses = (self.cost, *sizes, self.listed, self.loss, self.increment, self.shares, self.tree)
        parts = (self.prevalence, self.hazard, *losses, self.quality, self.duties, self.governance)
        return tuple(dict.fromkeys(row for part in parts for row in part.rows))
