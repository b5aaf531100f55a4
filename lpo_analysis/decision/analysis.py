"""The decision of one buyer: drawn once, read in many ways."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from lpo_analysis.decision import brief as briefs
from lpo_analysis.decision import choices, controls, flips, plans, rivals, sizes, timing, worth
from lpo_analysis.decision.parameters import Parameters
from lpo_analysis.decision.portfolio import Portfolio
from lpo_analysis.decision.providers import Providers, read_criteria, read_providers
from lpo_analysis.decision.questions import questions
from lpo_analysis.decision.scorecard import Scorecard
from lpo_analysis.decision.volumes import read_volumes
from lpo_analysis.decision.ways import Ways, find_ways, key
from lpo_analysis.evidence import Evidence, load
from lpo_analysis.results import Result, not_estimable

NO_PROVIDERS = (
    "no table of providers is given (providers_path names a file in the form of data/templates/providers.csv)"
)


def analyse(parameters: Parameters, *, evidence: Evidence | None = None) -> Analysis:
    """Analyse which task to have done where, by whom and under which controls.

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

    Raises
    ------
    NoEvidenceError
        If no task can be costed under any of the ways.
    ParameterError, DataError, NotFoundError
        If own bills or costs of controls cannot be read, or hold nothing that may be used.
    """
    evidence = evidence or load()
    own = read_volumes(parameters, evidence)
    return Analysis(own.parameters, evidence, find_ways(own.parameters, evidence, rates=own.rates), own.result)


class Analysis:
    """One decision, from one set of draws.

    Parameters
    ----------
    parameters : Parameters
        The question, with the hours of own bills where there are any.
    evidence : Evidence
        The evidence base.
    ways : Ways
        Every task by every way.
    volumes : Result
        What own bills tell of hours and rates.
    """

    def __init__(self, parameters: Parameters, evidence: Evidence, ways: Ways, volumes: Result) -> None:
        self.parameters, self.evidence, self.ways, self.volumes = parameters, evidence, ways, volumes
        self.portfolio = Portfolio(ways)

    def __repr__(self) -> str:
        return f"Analysis of {len(self.parameters.tasks)} tasks by {len(self.ways.options)} ways"

    @property
    def question(self) -> str:
        """The question in one sentence."""
        return self.parameters.question

    def check_constraints(self) -> None:
        """Raise `ParameterError` where no plan keeps all constraints, naming those that conflict."""
        self.portfolio.check()

    @cached_property
    def adjusted(self) -> Result:
        """Every way of doing every task, risk-adjusted."""
        return plans.adjusted_result(self.portfolio)

    @cached_property
    def frontier(self) -> Result:
        """The efficient plans."""
        return plans.frontier_result(self.portfolio)

    @cached_property
    def plan(self) -> Result:
        """The plan chosen."""
        return plans.plan_result(self.portfolio)

    @cached_property
    def flips(self) -> Result:
        """What would have to be true for the answer to flip."""
        return flips.flips(self.portfolio)

    @cached_property
    def overtaken(self) -> Result:
        """What would have to be true for another plan to be ahead."""
        return rivals.overtaken(self.portfolio)

    @cached_property
    def drivers(self) -> pd.DataFrame:
        """What the saving of the plan moves with, one input at a time."""
        return flips.drivers(self.portfolio)

    @cached_property
    def information(self) -> Result:
        """What knowing inputs would be worth."""
        return worth.information(self.portfolio)

    @cached_property
    def pilot(self) -> Result:
        """What a pilot would be worth."""
        return worth.pilot(self.portfolio)

    @cached_property
    def waiting(self) -> Result:
        """What waiting would be worth."""
        return timing.waiting(self.portfolio, pilot=self.pilot)

    @cached_property
    def option_to_wait(self) -> Result:
        """What it would be worth to be able to start at any time."""
        return timing.option_to_wait(self.portfolio)

    @cached_property
    def controls(self) -> Result:
        """What the controls of an own file cost and prevent."""
        return controls.controls_result(self.ways)

    @cached_property
    def choices(self) -> Result:
        """How far the verdict rests on the confidence asked for and on the least volume of a centre of one's own."""
        return choices.rests_on_choices(self.portfolio, float(self.brief.row("weak_share")["estimate"]))

    @cached_property
    def by_size(self) -> Result:
        """From what volume it pays."""
        return sizes.by_size(self.portfolio)

    @cached_property
    def expertise(self) -> Result:
        """Expertise bought by the hour against hiring it."""
        return sizes.bought_or_hired(self.portfolio)

    @cached_property
    def brief(self) -> Result:
        """The one-page brief."""
        return briefs.brief(self.portfolio, information=self.information, flips=self.flips, overtaken=self.overtaken)

    @cached_property
    def providers(self) -> Providers | None:
        """The buyer's own providers, None where no table is given."""
        p = self.parameters
        if not p.providers_path:
            return None
        criteria = read_criteria(p.criteria_path) if p.criteria_path else None
        return read_providers(p.providers_path, criteria=criteria)

    @cached_property
    def scorecard(self) -> Scorecard | None:
        """The scorecard, None where no table is given."""
        return (
            None
            if self.providers is None
            else Scorecard(self.providers, level=self.parameters.level, seed=self.parameters.seed)
        )

    @cached_property
    def provider_ranks(self) -> Result:
        """How probable each rank of each provider is."""
        return (
            not_estimable("provider_ranks", NO_PROVIDERS, level=self.parameters.level)
            if self.scorecard is None
            else self.scorecard.ranks
        )

    @cached_property
    def provider_preferences(self) -> Result:
        """Which weights make each provider first."""
        return (
            not_estimable("provider_preferences", NO_PROVIDERS, level=self.parameters.level)
            if self.scorecard is None
            else self.scorecard.preferences
        )

    @cached_property
    def provider_gaps(self) -> Result:
        """How the first rank turns on missing answers."""
        return (
            not_estimable("provider_gaps", NO_PROVIDERS, level=self.parameters.level)
            if self.scorecard is None
            else self.scorecard.gaps
        )

    @cached_property
    def questions(self) -> pd.DataFrame:
        """Questions to ask each provider; without any where no table is given."""
        return (
            pd.DataFrame()
            if self.providers is None
            else questions(self.providers, jurisdictions=self.parameters.jurisdictions, level=self.parameters.level)
        )

    @cached_property
    def not_costed(self) -> pd.DataFrame:
        """What cannot be costed, and what may not be chosen, each with its reason."""
        w = self.ways
        rows = [(key(*cell), "not costed", reason) for cell, reason in w.missing.items()]
        rows += [
            (item.name, {"refused": "refused", "review": "after review only"}[item.permit.state], item.permit.reason)
            for item in w.options
            if item.permit.state != "open"
        ]
        return pd.DataFrame(rows, columns=["way", "state", "reason"])

    @property
    def input_labels(self) -> list[str]:
        """What the inputs are called, in their order, told apart by the way they belong to."""
        return [flips.label_of(self.portfolio, item.name) for item in self.ways.inputs]

    @property
    def rows(self) -> tuple[str, ...]:
        """Identifiers of all rows behind the report."""
        shown = self.ways.rows, self.expertise.rows, self.brief.rows
        return tuple(dict.fromkeys(row for rows in shown for row in rows))
