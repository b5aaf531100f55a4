"""Parameters of the risk report."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import pandas as pd
from pydantic import Field, model_validator

from lpo_analysis import vocabulary
from lpo_analysis.errors import NoEvidenceError, ParameterError
from lpo_analysis.evidence import price_years, table
from lpo_analysis.methods.elusion import Reviewer, Stratum
from lpo_analysis.parameters import Level, Number, Range, ReportParameters, Seed, Whole, own_file, rule, word
from lpo_analysis.risk.opinions import place_named

_Jurisdiction = word("place", reader=place_named)
Grade = Literal["A", "B", "C", "D"]
Severity = Literal["minor", "major", "critical"]
Share = Annotated[Number, Field(gt=0, lt=1)]
Scope = Literal["outsourcing", "contract_lawyers", "fees_only", "practice_of_law"]


def governance_years() -> list[int]:
    """Return the years that the table of governance covers.

    Returns
    -------
    list of int
        Years, rising.
    """
    return sorted(int(year) for year in table("location_governance")["year"].unique())


class Parameters(ReportParameters):
    """One firm, its records, its jurisdictions, and the place of a provider."""

    report: ClassVar[str] = "risk"
    coverage_title: ClassVar[str] = (
        "Opinions on file, by jurisdiction and scope (only those on outsourcing count as such)"
    )

    buyer_size: word("buyer size") = "midsize"  # type: ignore[valid-type]
    """Size of the law firm whose breaches are counted."""
    jurisdictions: Annotated[list[_Jurisdiction], Field(min_length=1, max_length=20)] = ["US-NY", "GB-EAW"]  # type: ignore[valid-type]
    """Jurisdictions whose opinions are asked what they require."""
    location: word("place") = "IND"  # type: ignore[valid-type]
    """Place of the provider, whose governance is shown beside that of the United States."""
    records: Annotated[Whole, Field(ge=0, le=1_000_000_000)] = 20_000
    """Client records the firm holds."""
    vendors: Annotated[Whole, Field(ge=1, le=100_000)] = 20
    """Outside firms that hold client records today."""
    horizon_years: Annotated[Whole, Field(ge=1, le=30)] = 3
    """Years over which the probability of a breach is accumulated."""
    price_year: Whole = 2024
    """Year whose prices the US dollars are in."""
    level: Level = 0.9
    """Level of each interval, one at a time: central share of the draws of what is not known, or nominal level where it is chance."""
    grades: Annotated[list[Grade], Field(min_length=1)] = ["A", "B"]
    """Grades of evidence let into the estimates."""
    draws: Annotated[Whole, Field(ge=256, le=1 << 20)] = 4096
    """Number of joint draws of the inputs, a power of two."""
    seed: Seed = 1
    """Seed of the draws; 0 is allowed."""
    widening: Annotated[Number, Field(ge=1, le=10)] = 1.5
    """Factor by which a borrowed or lone figure is widened on either side (a share: its odds)."""
    memory_years: Range = [5.0, 15.0]
    """Assumption: years that respondents look back over when they say that the firm was ever breached."""
    reached_share: Range = [0.05, 1.0]
    """Assumption: share of the records that breaches reach on average, once they reach client data; it is not known between these ends, and each breach differs about it."""
    held_share: Range = [0.05, 0.5]
    """Assumption: share of the firm's records that a new provider would hold; the ends of the range shown."""
    incidents_path: own_file("incidents") = ""  # type: ignore[valid-type]
    """Your own incidents, a CSV file in the form of data/templates/incidents.csv; empty for none."""
    min_incidents: Annotated[Whole, Field(ge=1, le=1000)] = 3
    """Smallest number of your own incidents behind a number of the table by kind, and behind what they cost and reached."""
    firm_variation: Range = [0.0, 1.5]
    """Assumption: how much the rate of breaches differs between firms of one size (coefficient of variation; 0: all alike); read as the ends of a uniform."""
    cost_spread: Annotated[Number, Field(gt=0, le=5)] = 1.0
    """Assumption: standard deviation of the logarithm of the cost of one incident about what its records make expected."""
    lot_size: Annotated[Whole, Field(ge=2, le=10_000_000)] = 5_000
    """Items in one delivery of the provider, from which a sample is checked."""
    aql: Share = 0.01
    """Share of defective items at which a delivery should pass (acceptable quality level)."""
    ltpd: Share = 0.05
    """Share of defective items at which a delivery should be caught (lot tolerance)."""
    producer_risk: Share = 0.05
    """Greatest chance of rejecting a delivery at the AQL."""
    consumer_risk: Share = 0.1
    """Greatest chance of accepting a delivery at the LTPD."""
    largest_sample: Annotated[Whole, Field(ge=0, le=10_000_000)] = 0
    """Most items of a delivery that you can check; 0 for no limit."""
    counted_from: Severity = "major"
    """Least severity that counts as a defect under the plan."""
    class_limits: Annotated[list[Share], Field(min_length=3, max_length=3)] = [0.05, 0.01, 0.002]
    """Shares of items you accept with a defect of minor severity or worse, major or worse, critical; must not rise."""
    checked_per_hour: Annotated[Number, Field(gt=0, le=1e6)] = 50.0
    """Assumption: items that a checker looks at in an hour."""
    checker_hourly_cost: Annotated[Number, Field(ge=0, le=1e5)] = 60.0
    """Assumption: cost of an hour of whoever checks, in US dollars."""
    quality_path: own_file("quality") = ""  # type: ignore[valid-type]
    """Your own quality checks, a CSV file in the form of data/templates/quality.csv; empty for none."""
    collection_size: Annotated[Whole, Field(ge=100, le=1_000_000_000)] = 100_000
    """Documents of a review whose recall is to be measured."""
    expected_richness: Share = 0.1
    """Assumption: share of these documents that is relevant."""
    expected_recall: Share = 0.8
    """Assumption: share of the relevant documents that the review finds."""
    expected_precision: Share = 0.8
    """Assumption: share of what the review retrieves that is relevant."""
    recall_margin: Annotated[Number, Field(gt=0, lt=0.5)] = 0.05
    """Half the width that the interval of recall should have."""
    retrieved_sample: Annotated[list[Whole], Field(max_length=3)] = []
    """Of a finished review: documents retrieved, sampled of them, relevant in the sample; empty for none."""
    null_sample: Annotated[list[Whole], Field(max_length=3)] = []
    """Of the same review: documents not retrieved, sampled of them, relevant in the sample; empty for none."""
    checker_calls: Annotated[list[Whole], Field(max_length=4)] = []
    """Correct calls of checkers on known documents: relevant called relevant, relevant shown, irrelevant called irrelevant, irrelevant shown."""
    duty_scopes: Annotated[list[Scope], Field(min_length=1)] = ["outsourcing"]
    """What the opinions counted in the section on ethics are about, each scope apart; generative AI has a section of its own."""
    governance_since: Whole = 2011
    """Year from which the change of governance is told."""
    work_shares: Annotated[list[Annotated[Number, Field(gt=0, le=1)]], Field(min_length=1, max_length=50)] = [1.0]
    """How the work outside is split over sites or providers; shares that add up to 1."""
    outage_rate: Range = [0.05, 0.5]
    """Assumption: outages a year that stop the work of one site."""
    outage_days: Range = [1.0, 10.0]
    """Assumption: days that such an outage lasts; two on file lasted 4 and at most 7."""
    common_cause_share: Range = [0.05, 0.5]
    """Assumption: share of the outages whose cause stops all sites at once; read as the ends of a uniform."""
    takeover_share: Range = [0.0, 0.5]
    """Assumption: share of a stopped site's work that the others do meanwhile; read as the ends of a uniform."""
    further_provider_cost: Range = [0.0, 0.0]
    """Assumption: what one provider more costs a year beside its work, USD; zeros where it is not known."""
    controls_path: own_file("controls") = ""  # type: ignore[valid-type]
    """Costs of controls of your own, as data/templates/control_costs.csv; none where empty."""
    control_effect: Range = [0.0, 0.5]
    """Assumption: share of the loss on its path that a control prevents, where its row names no other; read as the ends of a uniform."""
    spend_class: Literal["I", "II"] = "I"
    """Assumption: class of the breach probability function of Gordon and Loeb."""
    spend_alpha: Annotated[Number, Field(ge=0, le=1e6)] = 0.0
    """Assumption: productivity of one US dollar of security in that function; 0 for none, and then no spending is computed."""
    spend_beta: Annotated[Number, Field(ge=1, le=1e3)] = 1.0
    """Assumption: second productivity of class I, at least 1."""
    relative_hazard: Range = [0.5, 3.0]
    """Assumption: how often the new provider is breached, as a multiple of an average vendor; read as 5% and 95% quantile."""
    tail_years: Annotated[Whole, Field(ge=2, le=1000)] = 100
    """Value at risk and tail mean are those of the worst year in so many."""
    saving_at_stake: Annotated[Number, Field(ge=0)] = 0.0
    """Yearly saving in US dollars whose loss to the added risk is looked for; 0 if none is asked about."""
    insurance_retention: Annotated[Number, Field(ge=0)] = 50_000.0
    """Assumption: part of each breach that the firm's cyber cover leaves to it, in US dollars."""
    insurance_limit: Annotated[Number, Field(ge=0)] = 1_000_000.0
    """Assumption: most that the firm's cyber cover pays for one breach, in US dollars; 0 if there is no cover."""
    liability_cap: Annotated[Number, Field(ge=0)] = 500_000.0
    """Assumption: most that the provider's contract makes it pay for one breach at its place, in US dollars; 0 if it pays nothing."""

    held_by_vendors: Annotated[Number, Field(gt=0, le=1000)] = 1.0
    """Assumption: client records that today's vendors hold together, as a multiple of the firm's; used where breaches fall in proportion to records."""
    assumed_breached_firms: Annotated[Whole, Field(ge=1, le=1_000_000)] = 20
    """Assumption: breached firms behind each published share of breaches that reached client data, whose number no source tells; the share is at least as uncertain as chance in so many."""

    @model_validator(mode="after")
    def _together(self) -> Parameters:
        first, last = price_years()
        if not first <= self.price_year <= last:
            raise rule(f"price_year: {self.price_year} is outside the price index, which covers {first} to {last}")
        if self.draws & (self.draws - 1):
            below = 1 << (self.draws.bit_length() - 1)
            raise rule(f"draws: must be a power of two, got {self.draws}; nearest are {below} and {2 * below}")
        for name in ("grades", "jurisdictions", "duty_scopes"):
            if len(set(getattr(self, name))) != len(getattr(self, name)):
                raise rule(f"{name}: one stands there twice, got {', '.join(getattr(self, name))}")
        if not self.memory_years[0] >= 1:
            raise rule(f"memory_years: must be at least 1, got {self.memory_years[0]:g}")
        if not self.relative_hazard[0] > 0:
            raise rule(f"relative_hazard: must be above 0, got {self.relative_hazard[0]:g}")
        if not 0 <= self.firm_variation[0] <= self.firm_variation[1] <= 2:
            raise rule(
                f"firm_variation: must lie between 0 and 2, got {self.firm_variation[0]:g} to {self.firm_variation[1]:g}"
            )
        for name in ("reached_share", "held_share"):
            low, high = getattr(self, name)
            if not 0 < low <= high <= 1:
                raise rule(f"{name}: must lie between 0 (excluded) and 1, got {low:g} to {high:g}")
        self._check_plan()
        self._check_review()
        for name in ("common_cause_share", "takeover_share", "control_effect"):
            low, high = getattr(self, name)
            if not 0 <= low <= high <= 1:
                raise rule(f"{name}: must lie between 0 and 1, got {low:g} to {high:g}")
        for name in ("outage_rate", "outage_days"):
            if not self.__dict__[name][0] > 0:
                raise rule(f"{name}: must be above 0, got {self.__dict__[name][0]:g}")
        if self.outage_days[1] > 365:
            raise rule(f"outage_days: must be at most 365, got {self.outage_days[1]:g}")
        if self.further_provider_cost[0] < 0:
            raise rule(f"further_provider_cost: must be 0 or more, got {self.further_provider_cost[0]:g}")
        if abs(sum(self.work_shares) - 1) > 1e-6:
            raise rule(f"work_shares: must add up to 1, got {sum(self.work_shares):g}")
        years = governance_years()
        if self.governance_since not in years[:-1]:
            listed = ", ".join(str(year) for year in years[:-1])
            raise rule(
                f"governance_since: must be a year with scores before the newest, got {self.governance_since}; there are {listed}"
            )
        return self

    def _check_plan(self) -> None:
        if self.aql >= self.ltpd:
            raise rule(
                f"aql: must be below ltpd, got aql {self.aql:g} and ltpd {self.ltpd:g}; the AQL should pass, the LTPD be caught"
            )
        if self.producer_risk + self.consumer_risk >= 1:
            both = f"{self.producer_risk:g} and {self.consumer_risk:g}"
            raise rule(f"producer_risk and consumer_risk: must add up to less than 1, got {both}")
        if self.largest_sample > self.lot_size:
            raise rule(
                f"largest_sample: {self.largest_sample} is more than the {self.lot_size} items of a lot (lot_size)"
            )
        if sorted(self.class_limits, reverse=True) != self.class_limits:
            shown = ", ".join(f"{limit:g}" for limit in self.class_limits)
            raise rule(
                f"class_limits: severities are out of order; a limit for the worse must not be above that for the lesser, got {shown} "
                "for minor or worse, major or worse, critical"
            )

    def _check_review(self) -> None:
        for name, fields, least in (("retrieved_sample", 3, "documents retrieved, sampled, relevant in the sample"), ("null_sample", 3, "documents not retrieved, sampled, relevant in the sample"),
                                    ("checker_calls", 4, "relevant called relevant, relevant shown, irrelevant called irrelevant, irrelevant shown")):  # fmt: skip
            if len(getattr(self, name)) not in (0, fields):
                raise rule(f"{name}: needs {fields} numbers ({least}), got {len(getattr(self, name))}")
        if bool(self.retrieved_sample) != bool(self.null_sample):
            given, missing = (
                ("retrieved_sample", "null_sample") if self.retrieved_sample else ("null_sample", "retrieved_sample")
            )
            raise rule(f"{given}: recall needs {missing} as well")
        for name, make in (("retrieved_sample", self.strata), ("checker_calls", self.checker)):
            try:
                make()
            except ParameterError as error:
                raise rule(
                    f"{name if name == 'checker_calls' else 'retrieved_sample and null_sample'}: {error}"
                ) from None

    def strata(self) -> tuple[Stratum, ...]:
        """Return the parts of a finished review with their samples; none where no samples are given."""
        if not self.retrieved_sample:
            return ()
        parts = (
            ("what was retrieved", self.retrieved_sample, True),
            ("what was not retrieved", self.null_sample, False),
        )
        return tuple(Stratum(name, size, n, hits, retrieved) for name, (size, n, hits), retrieved in parts)

    def checker(self) -> Reviewer | None:
        """Return how well the checkers do, None where nothing is told."""
        return Reviewer(*self.checker_calls) if self.checker_calls else None

    @classmethod
    def prime(cls) -> None:
        """Compute what every report of this kind shares, so that a batch does it once."""
        from lpo_analysis.risk.analysis import analyse
        from lpo_analysis.risk.register import register

        # The rows of these grades and the sampler are the same work whatever the question.
        analysis = analyse(cls())
        analysis.by_grades()
        # Published shares, scores and opinions, which hardly a parameter changes.
        _ = analysis.prevalence, analysis.registers, analysis.governance, analysis.control_use
        _ = analysis.quality, analysis.task_accuracy, analysis.comparable, analysis.duties
        # The register is the same for every firm.
        register(cls().level)

    @classmethod
    def coverage(cls) -> pd.DataFrame:
        """Count the opinions on file by jurisdiction and scope.

        Returns
        -------
        pandas.DataFrame
            One jurisdiction a row, one scope a column.
        """
        opinions = table("ethics_opinions")
        place = opinions["subdivision"].where(opinions["subdivision"] != "", opinions["jurisdiction"])
        return pd.crosstab(place.rename("jurisdiction"), opinions["scope"])

    def check_evidence(self) -> None:
        """Raise `NoEvidenceError` where the governance of the location is not on file, `DataError` for every fault of an own file."""
        if self.quality_path:
            from lpo_analysis.risk.quality_data import own_checks

            own_checks(self)
        """Raise `NoEvidenceError` where the governance of the location is not on file. Reads own files."""
        if self.controls_path:
            from lpo_analysis.risk.control_costs import read_controls

            read_controls(self.controls_path, price_year=self.price_year)
        country = vocabulary.PLACES[self.location].country
        listed = table("location_governance")["iso3"].drop_duplicates().tolist()
        if country not in listed:
            raise NoEvidenceError(
                f"No governance scores are on file for {vocabulary.in_words(country)}.",
                where=f"location {self.location}",
                remedy=f"Available: {', '.join(listed)}.",
            )
        if self.incidents_path:
            from lpo_analysis.risk.incident_file import read_incidents

            read_incidents(self.incidents_path, price_year=self.price_year, held=self.records)
