"""Parameters of the savings report."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import pandas as pd
from pydantic import Field, model_validator

from lpo_analysis import vocabulary
from lpo_analysis.errors import MoneyError, choices
from lpo_analysis.evidence import price_years
from lpo_analysis.evidence.money import convert, currencies
from lpo_analysis.parameters import Level, Number, Range, ReportParameters, Seed, Whole, rule, word

Grade = Literal["A", "B", "C", "D"]


class Parameters(ReportParameters):
    """One buyer, one task, one place: what outsourcing it would save."""

    report: ClassVar[str] = "savings"
    coverage_title: ClassVar[str] = (
        "Where the price of the work has evidence at grades A and B (rung in brackets, - is refused; every US state is like US-OH)"
    )

    task: word("task") = "document_review"  # type: ignore[valid-type]
    """Kind of work that would be moved."""
    buyer: word("buyer") = "corporate"  # type: ignore[valid-type]
    """Who would move it: a law firm or a company's legal department."""
    buyer_size: word("buyer size") = "all"  # type: ignore[valid-type]
    """Size of the buyer; changes the pay of US law firm associates, the only input on file that differs by size."""
    baseline: word("baseline") = "contract_attorney"  # type: ignore[valid-type]
    """Who does the work today; the comparator decides the answer."""
    baseline_location: word("place") = "USA"  # type: ignore[valid-type]
    """Where it is done today: a country or a US state."""
    location: word("place") = "IND"  # type: ignore[valid-type]
    """Where it would be done."""
    delivery_model: word("delivery model") = "provider"  # type: ignore[valid-type]
    """Who would do it there."""
    volume_hours: Annotated[Number, Field(gt=0, le=10_000_000)] = 5000.0
    """Hours of the work a year, as done today."""
    horizon_years: Annotated[Whole, Field(ge=1, le=30)] = 3
    """Years over which one-off costs are spread."""
    discount_rate: Annotated[Number, Field(ge=0, le=0.5)] = 0.05
    """Real discount rate a year, as a share."""
    currency: str = "USD"
    """ISO 4217 code of the report's money, from the shipped table of exchange rates (USD, EUR, GBP, INR ...)."""
    price_year: Whole = 2024
    """Year whose prices the money is in."""
    grades: Annotated[list[Grade], Field(min_length=1)] = ["A", "B"]
    """Grades of evidence let into the estimates."""
    draws: Annotated[Whole, Field(ge=256, le=1 << 20)] = 16384
    """Number of joint draws of the inputs, a power of two."""
    level: Level = 0.9
    """Probability that every interval covers."""
    seed: Seed = 1
    """Seed of the draws; 0 is allowed."""
    widening: Annotated[Number, Field(ge=1, le=10)] = 1.5
    """Factor by which a borrowed or lone figure is widened on either side (a share: its odds)."""
    price_drift: Range = [-0.03, 0.03]
    """Assumption: real change a year of prices and pay in another country since they were observed."""
    baseline_drift: Range = [-0.01, 0.015]
    """Assumption: real change a year of prices and pay where the work is done today; official pay and prices gave 0 to 0.5%."""
    productivity: Range = [0.7, 1.0]
    """Assumption: work done in a provider hour as a multiple of that in an hour today."""
    quality_control_share: Range = [0.03, 0.1]
    """Assumption: hours of the buyer's own lawyers spent on checking, per provider hour."""
    rework_share: Range = [0.01, 0.08]
    """Assumption: share of the work done again at today's cost."""
    setup_hours: Range = [40.0, 200.0]
    """Assumption: hours of the buyer's own lawyers to vet, contract and instruct, whatever the volume."""
    centre_overhead: Range = [0.5, 1.5]
    """Assumption, where no price is on file: premises, management and technology of a centre, as a multiple of its pay."""
    provider_hours: Range = [1500.0, 2000.0]
    """Assumption, where no price is on file: productive hours a person and year at a delivery centre."""
    provider_margin: Range = [0.1, 0.4]
    """Assumption, where no price is on file: what a provider adds to its cost, as a share of the cost."""
    moved_share: list[float] = []
    """Share of the whole legal budget that the work is, low and high; empty: from the evidence."""

    @model_validator(mode="after")
    def _together(self) -> Parameters:
        first, last = price_years()
        if not first <= self.price_year <= last:
            raise rule(f"price_year: {self.price_year} is outside the price index, which covers {first} to {last}")
        if self.currency not in currencies():
            raise rule(
                f"currency: {self.currency!r} is not in the table of exchange rates. {choices(self.currency, currencies())}"
            )
        try:
            convert(1.0, "USD", self.currency, self.price_year)
        except MoneyError as error:
            raise rule(f"currency, price_year: {error}") from None
        if self.draws & (self.draws - 1):
            below = 1 << (self.draws.bit_length() - 1)
            raise rule(f"draws: must be a power of two, got {self.draws}; nearest are {below} and {2 * below}")
        if len(set(self.grades)) != len(self.grades):
            raise rule(f"grades: one stands there twice, got {', '.join(self.grades)}")
        if self.buyer == "law_firm" and self.baseline == "in_house_counsel":
            raise rule(
                "baseline: a law firm has no in-house counsel doing the work; use associate, paralegal or contract_attorney"
            )
        if self.baseline == self.delivery_model == "contract_attorney":
            raise rule("delivery_model: contract_attorney is the baseline already; the two must differ")
        if self.delivery_model == "contract_attorney" and vocabulary.PLACES[self.location].country != "USA":
            raise rule(
                "delivery_model: contract attorneys have prices on file for the United States only; "
                f"use location USA or a US state, not {self.location}"
            )
        for name in ("productivity", "setup_hours", "centre_overhead", "provider_hours", "provider_margin"):
            if getattr(self, name)[0] <= 0:
                raise rule(f"{name}: must be above 0, got {getattr(self, name)[0]:g}")
        for name in ("quality_control_share", "rework_share"):
            low, high = getattr(self, name)
            if not (low > 0 and high < 1):
                raise rule(f"{name}: must lie between 0 and 1 (both excluded), got {low:g} to {high:g}")
        for name in ("price_drift", "baseline_drift"):
            low, high = getattr(self, name)
            if low <= -0.5 or high >= 0.5:
                raise rule(f"{name}: a change a year must lie between -0.5 and 0.5, got {low:g} to {high:g}")
        if self.moved_share and not (len(self.moved_share) == 2 and 0 < self.moved_share[0] <= self.moved_share[1] < 1):
            raise rule(
                f"moved_share: must be empty or two shares between 0 and 1, low and high, got {self.moved_share}"
            )
        return self

    @classmethod
    def prime(cls) -> None:
        """Compute what every report of this kind shares, so that a batch does it once."""
        from lpo_analysis.savings.analysis import analyse

        # The two tasks by which every report judges the claim that outsourcing is cheaper.
        reviewed, researched = (analyse(cls(task=task)) for task in ("document_review", "legal_research"))
        # And the rows of these grades are the same work whatever the question.
        for shared in (reviewed, researched):
            _ = shared.comparators, shared.by_grades, shared.claims

    @classmethod
    def coverage(cls) -> pd.DataFrame:
        """Return which task and place cells have evidence for the price of the work.

        Returns
        -------
        pandas.DataFrame
            See `lpo_analysis.savings.coverage`.
        """
        from lpo_analysis.savings.coverage import coverage

        return coverage()

    def check_evidence(self) -> None:
        """Raise `NoEvidenceError` where neither a price nor local pay, or no cost of today's work, is on file."""
        from lpo_analysis.savings.gather import gather

        gather(self)
