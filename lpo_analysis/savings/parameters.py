"""Parameters of the savings report."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from lpo_analysis import vocabulary
from lpo_analysis.errors import MoneyError, ParameterError, choices
from lpo_analysis.evidence import price_years
from lpo_analysis.evidence.money import convert, currencies
from lpo_analysis.methods.dependence import correlation_matrix
from lpo_analysis.parameters import Level, Number, Range, ReportParameters, Seed, Whole, own_file, rule, word

Grade = Literal["A", "B", "C", "D"]

AMOUNTS = (
    "productivity",
    "setup_hours",
    "centre_overhead",
    "provider_hours",
    "provider_margin",
    "working_days",
    "drift_half_life",
    "ai_error_multiple",
)
"""Assumptions that are amounts above 0."""
SWITCHES = ("communication_share", "technology_share", "travel_share", "tax_share", "indemnity_share", "relearning_share", "exit_share", "local_currency_share")  # fmt: skip
"""Assumptions that are shares, or 0, 0 where the cost does not arise."""
SHARES = ("quality_control_share", "rework_share", "ai_check_share", "ai_error_share", "ai_licence_share", *SWITCHES)
"""Assumptions that are shares."""


def _correlation(value: object) -> list[str | float]:
    pair = list(value) if isinstance(value, list | tuple) else []
    if len(pair) == 3 and isinstance(pair[0], str) and isinstance(pair[1], str):
        rank = pair[2]
        if isinstance(rank, int | float) and not isinstance(rank, bool):
            return [pair[0], pair[1], float(rank)]
    raise PydanticCustomError(
        "correlation",
        'each must be two inputs and their rank correlation, such as ["provider_price", "productivity", 0.4]',
    )


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
    """Who would do it there; ai_assisted, in_house: the buyer's own lawyers, where it is done today."""
    pricing_model: word("pricing model") = "hourly"  # type: ignore[valid-type]
    """How an outside provider is paid; other ways of doing the work are costed by the hour."""
    price: list[float] = []
    """An own quote, low and high, in the currency and price year of the report and the unit of the pricing model (an hour, document, contract, person and year, or a year of all work); empty: from the evidence."""
    hours_per_unit: list[float] = []
    """Hours that a document or contract takes today, low and high; empty: from the evidence."""
    minimum_hours: Annotated[Number, Field(ge=0, le=10_000_000)] = 0.0
    """Smallest contract: hours a year that the provider bills at least."""
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
    contract_currency: Literal["buyer", "provider"] = "buyer"
    """Whose currency the fee is agreed in; in the provider's, the whole fee follows the exchange rate."""
    grades: Annotated[list[Grade], Field(min_length=1)] = ["A", "B"]
    """Grades of evidence let into the estimates."""
    draws: Annotated[Whole, Field(ge=256, le=1 << 20)] = 16384
    """Number of joint draws of the inputs, a power of two."""
    level: Level = 0.9
    """Level of each interval, one at a time: central share of the draws of what is not known, or nominal level where it is chance."""
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
    """Assumption: hours of the buyer's own lawyers spent on checking beyond what they spend on it today, per provider hour."""
    rework_share: Range = [0.01, 0.08]
    """Assumption: share of the work done again at today's cost, beyond what is done again today."""
    setup_hours: Range = [40.0, 200.0]
    """Assumption: hours of the buyer's own lawyers to vet, contract and instruct beyond what today's way takes, whatever the volume."""
    centre_overhead: Range = [0.5, 1.5]
    """Assumption, where no price is on file: premises, management and technology of a centre, as a multiple of its pay."""
    provider_hours: Range = [1500.0, 2000.0]
    """Assumption, where no price is on file: productive hours a person and year at a delivery centre."""
    provider_margin: Range = [0.1, 0.4]
    """Assumption, where no price is on file: what a provider adds to its cost, as a share of the cost."""
    communication_share: Range = [0.005, 0.03]
    """Assumption, for work that leaves the country: own lawyers' hours on calls and instructions beyond today's, per hour bought."""
    technology_share: Range = [0.01, 0.05]
    """Assumption: the buyer's own technology for work done outside (secure access, licences), as a share of the fee."""
    travel_share: Range = [0.005, 0.02]
    """Assumption, for work that leaves the country: travel, as a share of the fee."""
    tax_share: Range = [0.001, 0.02]
    """Assumption, for work that leaves the country: tax on the fee that cannot be credited, as a share of the fee."""
    indemnity_share: Range = [0.002, 0.02]
    """Assumption: more indemnity cover for work done outside, as a share of the fee."""
    turnover_share: list[float] = []
    """Staff of the provider or centre who leave in a year, as a share, low and high; empty: from the evidence."""
    relearning_share: Range = [0.05, 0.2]
    """Assumption: work lost per leaver until the next one is up to speed, as a share of a person's yearly work."""
    exit_share: Range = [0.02, 0.15]
    """Assumption: cost of ending the contract at the end of the horizon, as a share of a year's fee."""
    local_currency_share: Range = [0.1, 0.9]
    """Assumption, where the fee is agreed in the buyer's currency: share of it that follows the other currency all the same."""
    drift_half_life: Range = [1.0, 4.0]
    """Assumption: years in which growth of pay above price_drift, observed abroad, halves."""
    working_days: Range = [215.0, 250.0]
    """Assumption, where a dedicated person is priced by the day: days billed a year."""
    ai_check_share: Range = [0.3, 0.95]
    """Assumption, for own lawyers with AI: share of the work that a person must still go over."""
    ai_error_share: Range = [0.03, 0.2]
    """Assumption, for own lawyers with AI where no row of the task is on file: share of AI's output that is wrong."""
    ai_error_multiple: Range = [0.5, 3.0]
    """Assumption, for own lawyers with AI: cost of an error that nobody went over, as a multiple of doing that work."""
    ai_licence_share: Range = [0.01, 0.06]
    """Assumption, for own lawyers with AI: licences and security beside any price per document, as a share of the cost of those who use it."""
    correlations: list[Annotated[list[Any], BeforeValidator(_correlation)]] = []
    """Assumption: Spearman's rank correlations between inputs, each as [input, input, correlation], named as in results.json; empty: independent."""
    moved_share: list[float] = []
    """Share of the whole legal budget that the work is, low and high; empty: from the evidence."""
    hours_used_share: Range = [0.3, 0.8]
    """Assumption: share of the hours released that are put to other work at all."""
    expert_hours: Annotated[Number, Field(gt=0, le=2_000_000)] = 400.0
    """Hours of specialised expertise the buyer needs a year."""
    expert_premium: Range = [1.2, 2.5]
    """Assumption: pay of a specialist as a multiple of that of a lawyer (in a US law firm, of a first-year associate) at the same place."""
    expert_overhead: Range = [0.2, 0.6]
    """Assumption: room, technology, library and training of one more lawyer, as a multiple of pay."""
    recruiting_share: Range = [0.15, 0.35]
    """Assumption: cost of finding and bringing in one lawyer, as a share of a year's pay."""
    quotes: list[float] = []
    """Quotes of your own for the same work, in the report's currency per unit; empty: none."""
    quote_error: Annotated[Number, Field(gt=0, le=2)] = 0.15
    """Assumption: standard deviation of what a quote misses of the true cost, on the log scale (0.15 is about 15%)."""
    billing_path: own_file("billing", several=True) = ""  # type: ignore[valid-type]
    """Your own bills: a file, a folder or a pattern, in LEDES 1998B, LEDES 98BI V2 or the form of data/templates/billing.csv; empty: none."""
    providers: own_file("providers") = ""  # type: ignore[valid-type]
    """Firms in the bills that are outside providers, in the form of data/templates/billed_providers.csv; their lines are work outsourced already."""
    moved: own_file("moved") = ""  # type: ignore[valid-type]
    """Matters or practice groups that moved work and since when, in the form of data/templates/moved.csv."""
    billing_codes: own_file("codes") = ""  # type: ignore[valid-type]
    """An edited copy of data/tables/utbms_codes.csv, which says what each code on a bill counts as; empty: the table itself."""
    billing_currency: str = ""
    """ISO 4217 code of bills that state no currency (LEDES 1998B never does), and the one to keep where there are several; empty: not known."""
    billing_outcome: Literal["log_spend", "spend", "log_hours", "hours", "log_rate", "rate"] = "log_spend"
    """What is compared where work moved: monthly spend, hours or the effective rate, in logarithms (changes by a factor) or as they are."""
    min_cell: Annotated[Whole, Field(ge=3, le=1000)] = 3
    """Fewest timekeepers (or invoices, or matters that moved) behind a number of the bills that is shown."""
    quotes_path: own_file("quotes") = ""  # type: ignore[valid-type]
    """Quotes of your own as a file in the form of data/templates/quotes.csv, in place of quotes; empty: none."""

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
        self._correlated()
        self._ways_differ()
        self._priced()
        self._beside()
        self._bills()
        for name in AMOUNTS:
            if getattr(self, name)[0] <= 0:
                raise rule(f"{name}: must be above 0, got {getattr(self, name)[0]:g}")
        for name in SHARES:
            low, high = getattr(self, name)
            switched_off = name in SWITCHES and low == high == 0
            if not (low > 0 and high < 1) and not switched_off:
                off = ", or be 0, 0 where the cost does not arise" if name in SWITCHES else ""
                raise rule(f"{name}: must lie between 0 and 1 (both excluded){off}, got {low:g} to {high:g}")
        for name in ("price_drift", "baseline_drift"):
            low, high = getattr(self, name)
            if low <= -0.5 or high >= 0.5:
                raise rule(f"{name}: a change a year must lie between -0.5 and 0.5, got {low:g} to {high:g}")
        for name, most, what in (
            ("moved_share", 1.0, "shares between 0 and 1"),
            ("turnover_share", 1.0, "shares between 0 and 1"),
            ("price", np.inf, "amounts above 0"),
            ("hours_per_unit", np.inf, "amounts above 0"),
        ):
            own = getattr(self, name)
            if own and not (len(own) == 2 and 0 < own[0] <= own[1] < most):
                raise rule(f"{name}: must be empty or two {what}, low and high, got {own}")
        return self

    def _correlated(self) -> None:
        """Refuse correlations that no inputs can have at once."""
        names = list(dict.fromkeys(name for first, second, _ in self.correlations for name in (first, second)))
        try:
            correlation_matrix(names, tuple((first, second, rank) for first, second, rank in self.correlations))
        except ParameterError as error:
            raise rule(str(error)) from None

    def _ways_differ(self) -> None:
        """Refuse a way of doing the work that is the one of today, or that cannot be where it is asked for."""
        model, baseline = self.delivery_model, self.baseline
        place, home = vocabulary.PLACES[self.location], vocabulary.PLACES[self.baseline_location]
        if self.buyer == "law_firm" and baseline == "in_house_counsel":
            raise rule(
                "baseline: a law firm has no in-house counsel doing the work; use associate, paralegal or contract_attorney"
            )
        if self.buyer == "law_firm" and model == "law_firm":
            raise rule("delivery_model: the buyer is a law firm itself; use in_house, provider or contract_attorney")
        own = {"in_house_counsel": "in_house", "associate": "in_house" if self.buyer == "law_firm" else "law_firm"}
        if model == own.get(baseline, baseline):
            raise rule(f"delivery_model: {model} is the baseline already ({baseline}); the two must differ")
        if model in ("in_house", "ai_assisted") and place != home:
            raise rule(
                f"delivery_model: {model} is work of the buyer's own lawyers where it is done today; "
                f"use location {home.code}, not {place.code}, or delivery_model captive"
            )
        if model == "contract_attorney" and place.country != "USA":
            raise rule(
                "delivery_model: contract attorneys have prices on file for the United States only; "
                f"use location USA or a US state, not {place.code}"
            )
        if model == "law_firm" and place.country not in ("USA", "GBR"):
            raise rule(
                "delivery_model: law firms have rates on file for the United States and the United Kingdom only; "
                f"use location USA or GBR, not {place.code}"
            )

    def _priced(self) -> None:
        """Refuse a pricing model that fits neither the way of doing the work nor the task."""
        if self.pricing_model != "hourly" and self.delivery_model != "provider":
            raise rule(
                f"pricing_model: {self.pricing_model} is a way of paying an outside provider; {self.delivery_model} is costed by "
                "the hour, use pricing_model hourly"
            )
        if self.price and self.delivery_model in ("in_house", "captive", "ai_assisted"):
            raise rule(f"price: nobody quotes a price for {self.delivery_model}; leave it empty")
        if self.minimum_hours and self.delivery_model != "provider":
            raise rule(f"minimum_hours: {self.delivery_model} has no smallest contract; leave it at 0")

    def _beside(self) -> None:
        """Check what drift, currency, hours released, expertise and quotes need."""
        for name in ("expert_premium", "expert_overhead"):
            if getattr(self, name)[0] <= 0:
                raise rule(f"{name}: must be above 0, got {getattr(self, name)[0]:g}")
        for name in ("hours_used_share", "recruiting_share"):
            low, high = getattr(self, name)
            if not (low > 0 and high < 1):
                raise rule(f"{name}: must lie between 0 and 1 (both excluded), got {low:g} to {high:g}")
        if not all(0 < quote < 1e12 for quote in self.quotes):
            raise rule(f"quotes: each must be above 0, got {self.quotes}")
        if self.quotes and self.quotes_path:
            raise rule("quotes_path: a file stands beside quotes; give one of the two")

    def _bills(self) -> None:
        """Refuse what stands beside bills where there are none."""
        beside = [name for name in ("providers", "moved", "billing_codes") if getattr(self, name)]
        if beside and not self.billing_path:
            raise rule(f"{beside[0]}: says something of bills, but there are none; give billing_path, too")
        if self.billing_currency and not re.fullmatch(r"[A-Z]{3}", self.billing_currency):
            raise rule("billing_currency: must be an ISO 4217 code, such as USD")

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
        """Refuse what cannot be answered. Reads own files.

        Raises
        ------
        DataError, NotFoundError
            Where own bills, what stands beside them, or own quotes cannot be read.
        NoEvidenceError
            Where neither a price nor local pay, or no cost of today's work, is on file.
        ParameterError
            Where a correlation names no input of the question, or own quotes answer another one.
        """
        from lpo_analysis.savings.gather import gather
        from lpo_analysis.savings.own_bills import read_own_bills
        from lpo_analysis.savings.own_quotes import own_quotes

        read_own_bills(self)
        own_quotes(self)
        inputs = gather(self).inputs
        for first, second, _ in self.correlations:
            for name in (first, second):
                if name not in inputs.names:
                    raise ParameterError(
                        f"correlations: {first} with {second}: this question has no input called {name!r}.",
                        remedy=choices(name, inputs.names),
                    )
