"""The risks of one firm, read once from the evidence."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Literal

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Evidence, load
from lpo_analysis.evidence.calibration import coverage_note
from lpo_analysis.methods.inputs import Inputs
from lpo_analysis.methods.sensitivity import tornado
from lpo_analysis.results import Result
from lpo_analysis.risk import annual, breaches, controls, ethics, hazards, incidents, reached, registers
from lpo_analysis.risk.adequacy import adequacy
from lpo_analysis.risk.attrition import attrition
from lpo_analysis.risk.caught import caught, sanctions
from lpo_analysis.risk.checklist import checklist
from lpo_analysis.risk.concentration import diversification, single_point
from lpo_analysis.risk.conflicts import conflicts
from lpo_analysis.risk.control_costs import break_even
from lpo_analysis.risk.control_rank import control_ranking
from lpo_analysis.risk.currency import currency_swings
from lpo_analysis.risk.fair_tree import fair_tree
from lpo_analysis.risk.generative_ai import rules_in_use, wrong_answers
from lpo_analysis.risk.governance import governance, governance_over_time, location_index
from lpo_analysis.risk.increment import provider_increment
from lpo_analysis.risk.inputs import EXPOSURE, Rate, expected_loss_of
from lpo_analysis.risk.insurance import who_bears
from lpo_analysis.risk.listed import listed_incidents
from lpo_analysis.risk.loss_variance import loss_variance
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.practice import steps_in_use
from lpo_analysis.risk.quality import quality
from lpo_analysis.risk.quality_data import OwnChecks, own_checks
from lpo_analysis.risk.quality_own import own_acceptance, own_agreement, own_drift, own_level
from lpo_analysis.risk.quality_plan import acceptance_plan, inspection_cost, outgoing_quality
from lpo_analysis.risk.quality_tasks import comparable_figures, task_accuracy
from lpo_analysis.risk.recall import recall_plan, review_recall
from lpo_analysis.risk.register import Register, register
from lpo_analysis.risk.scenarios import loss_scenarios
from lpo_analysis.risk.severity import breach_cost
from lpo_analysis.risk.spending import security_spending
from lpo_analysis.wording import listing

SHOWN = (
    "prevalence", "hazard", "hazards", "breach_trend", "client_data_reached", "third_party", "registers", "breach_pooling",
    "cost", "listed", "loss", "scenarios", "increment", "shares", "tree", "own_incidents", "quality", "task_accuracy", "plan", "duties",
    "governance", "duties_on_file", "steps_in_use", "ai_duties", "ai_duties_on_file", "caught", "sanctions", "wrong_answers",
    "ai_rules",
)  # fmt: skip
"""Results whose rows the list of sources names, in the order of the report."""


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
    def hazards(self) -> Result:
        """Yearly rate behind every published share, by size and year."""
        return hazards.hazards(self.evidence, self.parameters)

    @cached_property
    def breach_trend(self) -> Result:
        """Whether the shares ever breached have a trend."""
        return hazards.trend(self.evidence, self.parameters)

    @cached_property
    def breach_pooling(self) -> Result:
        """Whether the surveys can be pooled."""
        return hazards.pooled(self.evidence, self.parameters)

    @cached_property
    def client_data_reached(self) -> Result:
        """Share of breaches in which client data were reached."""
        return reached.reached(self.evidence, self.parameters)

    @cached_property
    def third_party(self) -> Result:
        """Part of third parties in breaches."""
        return reached.third_party(self.evidence, self.parameters)

    @cached_property
    def registers(self) -> Result:
        """Yearly counts of registers, and whether they are Poisson."""
        return registers.registers(self.evidence, self.parameters)

    @cached_property
    def own_incidents(self) -> Result:
        """What the firm's own incidents change."""
        return incidents.update(self.evidence, self.parameters)

    @cached_property
    def own_kinds(self) -> Result:
        """The firm's own incidents by kind."""
        return incidents.by_kind(self.evidence, self.parameters)

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
    def scenarios(self) -> Result:
        """Chance and loss by other definitions of the same event."""
        return loss_scenarios(self.evidence, self.parameters, rate=self.rate)

    @cached_property
    def loss_variance(self) -> Result:
        """How much of the expected loss's variance rests on what is borrowed and assumed."""
        return loss_variance(self.loss, self.parameters)

    @cached_property
    def increment(self) -> Result:
        """What one more provider adds."""
        return provider_increment(self.evidence, self.parameters, rate=self.rate)

    @cached_property
    def shares(self) -> Result:
        """Who bears the loss."""
        return who_bears(self.evidence, self.parameters, rate=self.rate, loss=self.loss)

    @cached_property
    def tree(self) -> Result:
        """The loss as a FAIR tree."""
        return fair_tree(self.evidence, self.parameters, rate=self.rate, loss=self.loss)

    @cached_property
    def quality(self) -> Result:
        """What reviewers achieve."""
        return quality(self.evidence, self.parameters)

    @cached_property
    def task_accuracy(self) -> Result:
        """What lawyers and software get right on test tasks."""
        return task_accuracy(self.evidence, self.parameters)

    @cached_property
    def comparable(self) -> Result:
        """Which figures of quality measure the same thing."""
        return comparable_figures(self.evidence, self.parameters)

    @cached_property
    def plan(self) -> Result:
        """The cheapest sampling plan for a delivery."""
        return acceptance_plan(self.evidence, self.parameters)

    @cached_property
    def outgoing(self) -> Result:
        """What is left after inspection."""
        return outgoing_quality(self.plan, self.parameters)

    @cached_property
    def inspection(self) -> Result:
        """What inspection costs."""
        return inspection_cost(self.plan, self.parameters)

    @cached_property
    def recall_plan(self) -> Result:
        """Samples that a review needs for its recall."""
        return recall_plan(self.parameters)

    @cached_property
    def review_recall(self) -> Result:
        """Recall of a finished review."""
        return review_recall(self.parameters)

    @cached_property
    def own_checks(self) -> OwnChecks | None:
        """The researcher's own quality checks, if a file was given."""
        return own_checks(self.parameters)

    @cached_property
    def own_level(self) -> Result:
        """Level of the provider by own checks."""
        return own_level(self.own_checks, self.parameters)

    @cached_property
    def own_drift(self) -> Result:
        """Whether the level moved over deliveries."""
        return own_drift(self.own_checks, self.parameters)

    @cached_property
    def own_acceptance(self) -> Result:
        """Which deliveries to accept."""
        return own_acceptance(self.own_checks, self.parameters)

    @cached_property
    def own_agreement(self) -> Result:
        """How far own checkers agree."""
        return own_agreement(self.own_checks, self.parameters)

    @cached_property
    def duties(self) -> Result:
        """What the opinions on file ask for."""
        return ethics.duties(self.parameters.jurisdictions, scopes=self.parameters.duty_scopes)

    @cached_property
    def conflicts(self) -> Result:
        """Where those opinions differ."""
        return conflicts(self.duties)

    @cached_property
    def checklist(self) -> Result:
        """What to tick and sign."""
        return checklist(self.duties)

    @cached_property
    def steps_in_use(self) -> Result:
        """How common its steps are."""
        return steps_in_use(self.evidence, self.parameters)

    @cached_property
    def duties_on_file(self) -> Result:
        """Which duties the opinions of all jurisdictions name, in the first scope asked for."""
        return ethics.coverage(self.parameters.jurisdictions, scope=self.parameters.duty_scopes[0])

    @cached_property
    def ai_duties(self) -> Result:
        """What the opinions on generative AI ask for."""
        return ethics.duties(self.parameters.jurisdictions, scopes=["generative_ai"])

    @cached_property
    def ai_conflicts(self) -> Result:
        """Where the opinions on generative AI differ."""
        return conflicts(self.ai_duties)

    @cached_property
    def ai_duties_on_file(self) -> Result:
        """Which duties the opinions on generative AI name."""
        return ethics.coverage(self.parameters.jurisdictions, scope="generative_ai")

    @cached_property
    def caught(self) -> Result:
        """Cases of invented citations that a tracker listed."""
        return caught(self.evidence, self.parameters)

    @cached_property
    def sanctions(self) -> Result:
        """What is on file of sanctions."""
        return sanctions(self.evidence, self.parameters)

    @cached_property
    def wrong_answers(self) -> Result:
        """Wrong answers of AI beside what lawyers get wrong."""
        return wrong_answers(self.evidence, self.parameters)

    @cached_property
    def ai_rules(self) -> Result:
        """Rules on AI that firms and clients have."""
        return rules_in_use(self.evidence, self.parameters)

    @cached_property
    def governance(self) -> Result:
        """Governance of the provider's place."""
        return governance(self.parameters.location, level=self.parameters.level)

    @cached_property
    def governance_over_time(self) -> Result:
        """How that governance moved."""
        p = self.parameters
        return governance_over_time(p.location, since=p.governance_since, level=p.level)

    @cached_property
    def location_index(self) -> Result:
        """Where consultants rank the place."""
        return location_index(self.parameters.location, evidence=self.evidence, grades=self.parameters.grades)

    @cached_property
    def adequacy(self) -> Result:
        """Whether data protection there was found adequate."""
        return adequacy(self.parameters.location, evidence=self.evidence, grades=self.parameters.grades)

    @cached_property
    def attrition(self) -> Result:
        """How much of a team is gone at the end of the horizon."""
        p = self.parameters
        return attrition(evidence=self.evidence, years=p.horizon_years, grades=p.grades, level=p.level)

    @cached_property
    def currency(self) -> Result:
        """How far the currency of the place swings."""
        p = self.parameters
        return currency_swings(p.location, years=p.horizon_years, level=p.level)

    @cached_property
    def single_point(self) -> Result:
        """What stops with one site, and what more of them change."""
        return single_point(self.parameters, evidence=self.evidence)

    @cached_property
    def diversification(self) -> Result:
        """What each number of sites loses and costs."""
        return diversification(self.parameters)

    @cached_property
    def control_use(self) -> Result:
        """Which controls there are, and how common."""
        return controls.control_use(self.evidence, self.parameters)

    @cached_property
    def control_worth(self) -> Result:
        """The most worth paying for a control."""
        return controls.control_worth(self.evidence, self.parameters)

    @cached_property
    def break_even(self) -> Result:
        """What each control would have to prevent."""
        return break_even(self.evidence, self.parameters)

    @cached_property
    def control_ranking(self) -> Result:
        """Which control comes first under the stated priors."""
        return control_ranking(self.evidence, self.parameters)

    @cached_property
    def spending(self) -> Result:
        """What spending on security would cost least under a stated function."""
        return security_spending(self.evidence, self.parameters)

    @property
    def continuity(self) -> tuple[Result, ...]:
        """The parts on continuity, in the order of the report."""
        return (
            self.governance,
            self.governance_over_time,
            self.location_index,
            self.adequacy,
            self.attrition,
            self.currency,
            self.single_point,
        )

    @property
    def controls(self) -> tuple[Result, ...]:
        """The parts on controls, in the order of the report."""
        return (self.control_use, self.control_worth, self.break_even, self.control_ranking, self.spending)

    def drivers(self) -> pd.DataFrame:
        """Move one input of the expected loss at a time, the others at their medians.

        Returns
        -------
        pandas.DataFrame
            As `lpo_analysis.methods.sensitivity.tornado`; empty where no loss can be estimated.
        """
        if not self.loss.estimable:
            return pd.DataFrame(columns=["label", "rung", "input_low", "input_high", "at_low", "at_high"])
        p = self.parameters
        inputs = Inputs(tuple(item for item in self.loss.model["inputs"] if item.name not in EXPOSURE))
        return tornado(partial(expected_loss_of, parameters=p), inputs, level=p.level)

    def by_grades(self) -> pd.DataFrame:
        """Ask for the loss with other grades let in.

        Returns
        -------
        pandas.DataFrame
            As `lpo_analysis.risk.annual.loss_by_grades`.
        """
        sets = (["A", "B"], ["A", "B", "C"], ["A", "B", "C", "D"])
        return annual.loss_by_grades(self.evidence, self.parameters, sets)

    def covers(
        self, part: Literal["sizes", "own_level", "own_drift", "own_agreement", "review_recall", "own_incidents"]
    ) -> str:
        """Say how often intervals like those of a part held the truth in simulation, at the case nearest to its own.

        Parameters
        ----------
        part : str
            A part of the report.

        Returns
        -------
        str
            As of `lpo_analysis.evidence.calibration.coverage_note`; empty where the part has no estimate.
        """
        result: Result = self.register.sizes if part == "sizes" else getattr(self, part)
        if not result.estimable:
            return ""
        if part == "sizes":
            years = len(self.register.left_out)
            return coverage_note("severity_q90_clustered", k=years, n=result.n_used / years)
        if part == "review_recall":
            return coverage_note("recall_reviewer" if self.parameters.checker_calls else "recall", n=result.n_used)
        if part == "own_incidents":
            own = incidents.observed(self.parameters)
            return "" if own is None else coverage_note("rate_updated", n=own.years)
        if part == "own_agreement":
            return coverage_note("agreement_alpha", k=2, n=result.n_used)
        batches = 1 if self.own_checks is None else self.own_checks.frame["batch"].nunique()
        estimator = "quality_level" if part == "own_level" else "control_laney_limits"
        return coverage_note(estimator, k=batches, n=max(result.n_used / batches, 1))

    @cached_property
    def rows(self) -> tuple[str, ...]:
        """Identifiers of all rows shown, in the order of the report."""
        parts = [getattr(self, name) for name in SHOWN]
        parts += [self.register.sizes, self.register.third_party, *self.continuity, *self.controls]
        return tuple(dict.fromkeys(row for part in parts for row in part.rows))
