"""The savings of one buyer, task and place: drawn once, read in many ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Evidence, load
from lpo_analysis.methods.draws import Floats, Uniforms, uniforms
from lpo_analysis.methods.inputs import Inputs
from lpo_analysis.results import Result
from lpo_analysis.savings.costs import Costs, Terms, costs
from lpo_analysis.savings.gather import Gathered, attempt, gather
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.wording import article

if TYPE_CHECKING:
    from lpo_analysis.savings.own_bills import OwnBills


NOT_OF_THE_NET_SAVING = ("moved_share",)
"""Inputs that only the saving on the whole budget depends on."""


def analyse(parameters: Parameters, *, evidence: Evidence | None = None) -> Analysis:
    """Analyse what moving the work would save.

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
        If the evidence bears no answer; names the nearest that it does.
    """
    evidence = evidence or load()
    return Analysis(parameters, evidence, gather(parameters, evidence=evidence))


class Analysis:
    """One question answered from one set of draws.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.
    gathered : Gathered
        The inputs, each on its rung.
    """

    def __init__(self, parameters: Parameters, evidence: Evidence, gathered: Gathered) -> None:
        self.parameters, self.evidence, self.gathered = parameters, evidence, gathered

    def __repr__(self) -> str:
        p = self.parameters
        return f"Analysis of {p.task} for {p.buyer}, {p.baseline} in {p.baseline_location} against {p.delivery_model} in {p.location}"

    @property
    def inputs(self) -> Inputs:
        """The uncertain inputs."""
        return self.gathered.inputs

    @cached_property
    def counted(self) -> Inputs:
        """The inputs that the net saving depends on, independent: those that counts of inputs and of their rungs are about."""
        return Inputs(tuple(item for item in self.inputs if item.name not in NOT_OF_THE_NET_SAVING))

    @property
    def terms(self) -> Terms:
        """What the buyer decides."""
        p = self.parameters
        return Terms(
            p.volume_hours, p.horizon_years, p.discount_rate, p.delivery_model, p.pricing_model, p.minimum_hours
        )

    @cached_property
    def uniforms(self) -> Uniforms:
        """The draws everything here is computed from."""
        return uniforms(self.inputs.names, draws=self.parameters.draws, seed=self.parameters.seed)

    @cached_property
    def draws(self) -> dict[str, Floats]:
        """Draws of the inputs."""
        return self.inputs.draw(self.uniforms)

    @cached_property
    def values(self) -> dict[str, Floats]:
        """Draws of the inputs and of the rates they make."""
        return self.gathered.rates(self.draws)

    @cached_property
    def costs(self) -> Costs:
        """Present values of both ways, one element a draw."""
        return costs(self.values, self.terms)

    def net_saving_of(self, draws: Mapping[str, Floats]) -> Floats:
        """Compute the net saving for draws of the inputs: the model that sensitivity works on.

        Parameters
        ----------
        draws : mapping of str to ndarray of float
            Draws by input.

        Returns
        -------
        ndarray of float
            Net saving as a share of the cost of the work moved.
        """
        return costs(self.gathered.rates(draws), self.terms).net_saving

    @cached_property
    def rows(self) -> tuple[str, ...]:
        """Identifiers of all rows behind the inputs, in the order of the inputs."""
        return tuple(dict.fromkeys(row for item in self.inputs for row in item.rows))

    @property
    def question(self) -> str:
        """The question in one sentence."""
        p = self.parameters
        buyer = vocabulary.label("buyer", p.buyer)
        sized = buyer if p.buyer_size == "all" else f"{vocabulary.label('buyer size', p.buyer_size)} {buyer}"
        return (
            f"What would a {sized} save by having {vocabulary.label('task', p.task)}, done today by "
            f"{article(vocabulary.label('baseline', p.baseline))} in {vocabulary.in_words(p.baseline_location)}, "
            f"done by {WHO[p.delivery_model]} in {vocabulary.in_words(p.location)}?"
        )

    @cached_property
    def numbers(self) -> Result:
        """Headline rate gap, net saving on the work, saving on the whole budget."""
        from lpo_analysis.savings.findings import three_numbers

        return three_numbers(self)

    @cached_property
    def selection(self) -> Result:
        """Which rows entered, of what grade and age, and which were set aside."""
        from lpo_analysis.savings.findings import selection

        return selection(self)

    @cached_property
    def waterfall(self) -> Result:
        """From today's cost of an hour to its cost when moved."""
        from lpo_analysis.savings.findings import waterfall

        return waterfall(self)

    @cached_property
    def break_even(self) -> Result:
        """Volume, rate and exchange rate at which nothing is saved."""
        from lpo_analysis.savings.payoff import break_even

        return break_even(self)

    @cached_property
    def payoff(self) -> Result:
        """Net present value, payback and internal rates of return."""
        from lpo_analysis.savings.payoff import payoff

        return payoff(self)

    @cached_property
    def delivery_models(self) -> Result:
        """Every way of doing the work side by side."""
        from lpo_analysis.savings.options import delivery_models

        return delivery_models(self)

    @cached_property
    def pricing_models(self) -> Result:
        """Every way of paying an outside provider side by side."""
        from lpo_analysis.savings.options import pricing_models

        return pricing_models(self)

    @cached_property
    def assisted(self) -> Result:
        """Own lawyers with AI against the provider: the share a person must go over at which AI stops being cheaper."""
        from lpo_analysis.savings.assisted import assisted

        return assisted(self)

    @cached_property
    def ai_trials(self) -> Result:
        """What AI saved in trials."""
        from lpo_analysis.savings.assisted import trials

        return trials(self)

    @cached_property
    def ai_claims(self) -> Result:
        """What is claimed of AI, beside what trials measured."""
        from lpo_analysis.savings.assisted import ai_claims

        return ai_claims(self)

    @cached_property
    def tornado(self) -> Result:
        """How the net saving moves with each input."""
        from lpo_analysis.savings.drivers import one_at_a_time

        return one_at_a_time(self)

    @cached_property
    def variance(self) -> Result:
        """Which inputs and rungs the variance of the net saving comes from."""
        from lpo_analysis.savings.drivers import variance_by_rung

        return variance_by_rung(self)

    @cached_property
    def shapley(self) -> Result:
        """How the variance divides among inputs that are correlated."""
        from lpo_analysis.savings.dependence import shapley

        return shapley(self)

    @cached_property
    def common_correlation(self) -> Result:
        """What would change if all inputs came together, the bad with the bad."""
        from lpo_analysis.savings.dependence import common_correlation

        return common_correlation(self)

    @cached_property
    def thresholds(self) -> Result:
        """What each input would have to be for the median net saving to be zero."""
        from lpo_analysis.savings.thresholds import thresholds

        return thresholds(self)

    @cached_property
    def break_even_line(self) -> Result:
        """What the two most influential inputs would have to be together."""
        from lpo_analysis.savings.thresholds import together

        return together(self)

    @cached_property
    def information(self) -> Result:
        """What it would be worth to know inputs before choosing."""
        from lpo_analysis.savings.information import information

        return information(self)

    @cached_property
    def comparators(self) -> Result:
        """The same question against every baseline with a cost on file."""
        from lpo_analysis.savings.drivers import comparators

        return comparators(self)

    @cached_property
    def by_grades(self) -> Result:
        """What changes when weaker grades are let in."""
        from lpo_analysis.savings.drivers import by_grades

        return by_grades(self)

    @cached_property
    def claims(self) -> Result:
        """What is claimed, on the same denominators."""
        from lpo_analysis.savings.claims import claims_against_model

        return claims_against_model(self)

    @cached_property
    def claims_contrasted(self) -> Result:
        """Claims side by side within one denominator and comparator."""
        from lpo_analysis.savings.restated import claims_contrasted

        return claims_contrasted(self)

    @cached_property
    def claims_restated(self) -> Result:
        """What each claim implies under this report's other inputs, or needs to be true."""
        from lpo_analysis.savings.restated import claims_restated

        return claims_restated(self)

    @cached_property
    def lowest_quote(self) -> Result:
        """What the lowest of the buyer's own quotes is likely to cost."""
        from lpo_analysis.savings.winner import lowest_quote

        return lowest_quote(self)

    @cached_property
    def drift(self) -> Result:
        """What prices did since they were observed, and what that moves."""
        from lpo_analysis.savings.drift import drift_effect

        return drift_effect(self)

    @cached_property
    def drift_in_brief(self) -> tuple[str, ...]:
        """What old prices do to the answer: one sentence, or none where they do little."""
        from lpo_analysis.savings.drift import in_brief

        return in_brief(self)

    @cached_property
    def currency(self) -> Result:
        """What exchange rates did, and what that moves."""
        from lpo_analysis.savings.currency import currency_risk

        return currency_risk(self)

    @cached_property
    def hours(self) -> Result:
        """Hours of own staff released and taken."""
        from lpo_analysis.savings.efficiency import hours

        return hours(self)

    @cached_property
    def hours_value(self) -> Result:
        """What the hours released are worth if somebody uses them."""
        from lpo_analysis.savings.efficiency import hours_value

        return hours_value(self)

    @cached_property
    def turnaround(self) -> Result:
        """What is on file about how fast work comes back."""
        from lpo_analysis.savings.efficiency import turnaround

        return turnaround(self)

    @cached_property
    def expertise(self) -> Result:
        """Having an expert against buying one."""
        from lpo_analysis.savings.expertise import expertise

        return expertise(self)

    @cached_property
    def expertise_by_size(self) -> Result:
        """The same by size of the buyer."""
        from lpo_analysis.savings.expertise import expertise_by_size

        return expertise_by_size(self)

    @cached_property
    def expertise_by_practice(self) -> Result:
        """The same by practice of the specialist."""
        from lpo_analysis.savings.expertise import expertise_by_practice

        return expertise_by_practice(self)

    @cached_property
    def own_bills(self) -> OwnBills:
        """The buyer's own bills, and what they show."""
        from lpo_analysis.savings.own_bills import OwnBills

        return OwnBills(self)

    @property
    def rows_beside(self) -> tuple[str, ...]:
        """Identifiers of the rows behind everything that stands beside the cost model."""
        parts = (self.comparators, self.delivery_models, self.pricing_models, self.assisted, self.ai_trials, self.hours_value, self.turnaround,
                 self.expertise, self.expertise_by_size, self.expertise_by_practice, self.by_grades, self.drift, self.currency, self.claims,
                 self.ai_claims, *self.own_bills.sourced)  # fmt: skip
        return tuple(dict.fromkeys(row for part in parts for row in part.rows))

    def with_changes(self, **changes: object) -> Analysis | None:
        """Ask the same question with some parameters changed.

        Parameters
        ----------
        **changes : object
            Parameters by name.

        Returns
        -------
        Analysis or None
            None where the combination is not allowed or has no evidence.
        """
        found = attempt(self.parameters, self.evidence, **changes)
        return None if found is None else Analysis(found[0], self.evidence, found[1])


WHO = {
    "provider": "an outside provider",
    "captive": "a centre of its own",
    "contract_attorney": "contract attorneys",
    "law_firm": "a law firm",
    "in_house": "its own lawyers",
    "ai_assisted": "its own lawyers with AI",
}
"""Who would do the work, in words, by delivery model."""


def quantiles(draws: Floats, level: float) -> tuple[float, float, float]:
    """Return the median and the ends of the central interval.

    Parameters
    ----------
    draws : ndarray of float
        Draws; may hold infinities.
    level : float
        Probability the interval covers.

    Returns
    -------
    tuple of float
        Median, lower and upper end.
    """
    # The nearest draw rather than an interpolation: between a number and infinity there is nothing to interpolate.
    low, middle, high = np.quantile(draws, [(1 - level) / 2, 0.5, (1 + level) / 2], method="inverted_cdf")
    return float(middle), float(low), float(high)


def take_rows(records: Iterable[dict[str, object]]) -> tuple[str, ...]:
    """Take out of each record the rows behind it.

    Parameters
    ----------
    records : iterable of dict
        Records of a table; those with a key ``rows`` (identifiers of rows) lose it.

    Returns
    -------
    tuple of str
        Rows of all of them, each once, in order.
    """
    behind = [cast("tuple[str, ...]", record.pop("rows", ())) for record in records]
    return tuple(dict.fromkeys(row for rows in behind for row in rows))


def inputs_table(analysis: Analysis) -> pd.DataFrame:
    """Return the inputs as the report shows them.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    pandas.DataFrame
        Columns input, unit, low, median, high, rung, basis, rows.
    """
    frame = analysis.inputs.table()
    return frame.assign(input=frame["label"]).drop(columns="label")
