"""Parameters of the decision report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal

import pandas as pd
from pydantic import Field, model_validator

from lpo_analysis import risk, savings, vocabulary
from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.evidence import table as load_table
from lpo_analysis.parameters import Level, Number, Range, ReportParameters, Seed, Whole, own_file, rule, word
from lpo_analysis.wording import listing

Grade = Literal["A", "B", "C", "D"]
Share = Annotated[Number, Field(ge=0, le=1)]
VOLUMES = [4000.0, 1000.0]
"""Hours of the default question; no answer of a buyer's who gives bills."""
MOST_WAYS = 60
"""Most combinations of task, place and way of doing the work that are compared at once."""


class Parameters(ReportParameters):
    """One buyer, its tasks, and where and by whom they might be done."""

    report: ClassVar[str] = "decision"
    coverage_title: ClassVar[str] = savings.Parameters.coverage_title

    buyer: word("buyer") = "law_firm"  # type: ignore[valid-type]
    """Who decides: a law firm or a company's legal department."""
    buyer_size: word("buyer size") = "midsize"  # type: ignore[valid-type]
    """Size of the buyer; of a legal department, of the law firm whose breaches stand for its own."""
    tasks: Annotated[list[word("task")], Field(max_length=8)] = ["document_review", "legal_research"]  # type: ignore[valid-type]
    """Kinds of work that might move; empty, with billing_path: all on the bills that have evidence."""
    volume_hours: Annotated[list[Annotated[Number, Field(gt=0, le=10_000_000)]], Field(max_length=8)] = VOLUMES
    """Hours of each task a year, as done today, in the order of the tasks; empty with billing_path, which tells them."""
    baseline: word("baseline") = "associate"  # type: ignore[valid-type]
    """Who does the work today."""
    baseline_location: word("place") = "USA"  # type: ignore[valid-type]
    """Where it is done today."""
    locations: Annotated[list[word("place")], Field(min_length=1, max_length=10)] = ["IND", "PHL", "US-OH"]  # type: ignore[valid-type]
    """Places where it might be done."""
    delivery_models: Annotated[list[word("delivery model")], Field(min_length=1)] = [  # type: ignore[valid-type]
        "provider",
        "captive",
        "ai_assisted",
    ]
    """Who might do it; in_house, ai_assisted and contract_attorney stay where the work is done today, law_firm in that country."""
    jurisdictions: Annotated[list[word("place")], Field(min_length=1, max_length=20)] = ["US-NY"]  # type: ignore[valid-type]
    """Jurisdictions whose opinions must permit it."""
    unknown_duties: Literal["refuse", "allow_with_review"] = "refuse"
    """What it means where nothing on file tells whether a jurisdiction permits a way of doing the work; never that it is allowed."""
    consent_obtainable: bool = True
    """Whether clients would consent where that is asked for."""
    records: Annotated[Whole, Field(ge=0, le=1_000_000_000)] = 20_000
    """Client records the buyer holds."""
    vendors: Annotated[Whole, Field(ge=1, le=100_000)] = 20
    """Outside firms that hold client records today."""
    horizon_years: Annotated[Whole, Field(ge=1, le=30)] = 3
    """Years over which savings and losses are counted."""
    discount_rate: Annotated[Number, Field(ge=0, le=0.5)] = 0.05
    """Real discount rate a year, as a share."""
    minimum_hours: Annotated[Number, Field(ge=0, le=10_000_000)] = 0.0
    """Smallest contract of an outside provider: hours of a task a year that it bills at least."""
    captive_minimum: Annotated[Number, Field(ge=0, le=10_000_000)] = 20_000.0
    """Assumption: fewest hours a year for which a centre of one's own is an option; the cost model spreads its overheads evenly."""
    max_abroad: Share = 1.0
    """Most of the hours that may leave the country."""
    max_share_per_provider: Share = 1.0
    """Most of the hours that may go to one outside holder of the records."""
    max_share_per_location: Share = 1.0
    """Most of the hours that may go to one country other than that of today."""
    min_moved: Share = 0.0
    """Least share of the hours that must be done otherwise than today."""
    transition_budget: Annotated[Number, Field(ge=0)] = 0.0
    """Most that selecting, set-up and the slower first year may cost in expectation, US dollars; 0 for no limit."""
    tail_limit: Annotated[Number, Field(ge=0)] = 0.0
    """Most that the mean of the worst cases may lose, US dollars over the horizon; 0 for no limit."""
    tail_level: Annotated[float, Field(ge=0.8, le=0.99)] = 0.95
    """The worst 1 - tail_level of all cases make the tail."""
    confidence: Annotated[float, Field(ge=0.5, le=0.999)] = 0.8
    """Probability of beating today's way from which moving is recommended; below it the answer is too uncertain to call."""
    most_weak: Share = 0.5
    """Most of the variance that may come from borrowed and assumed inputs where moving is recommended outright; above it a trial is."""
    price_year: Whole = 2024
    """Year whose prices the US dollars are in."""
    level: Level = 0.9
    """Level of each interval, one at a time: central share of the draws of what is not known, or nominal level where it is chance."""
    grades: Annotated[list[Grade], Field(min_length=1)] = ["A", "B"]
    """Grades of evidence let into the estimates."""
    draws: Annotated[Whole, Field(ge=512, le=1 << 16)] = 2048
    """Number of joint draws of all inputs, a power of two."""
    seed: Seed = 1
    """Seed of the draws; 0 is allowed."""
    held_share: Range = [0.05, 0.5]
    """Assumption: share of the records that one more holder of them would have."""
    relative_hazard: Range = [0.5, 3.0]
    """Assumption: how often it is breached, as a multiple of an average vendor."""
    control_costs: Range = [0.0, 0.0]
    """Assumption: what controls beside the required ones cost a year at one outside holder of the records, US dollars; zeros where nothing."""
    control_effect: Range = [0.0, 0.0]
    """Assumption: share of the added loss that these controls prevent, and each required one whose row names no other; zeros count none."""
    pilot_units: Annotated[Whole, Field(ge=1, le=100_000)] = 50
    """Units of work (documents, memoranda) in a pilot whose worth is asked for."""
    pilot_cost: Annotated[Number, Field(ge=0)] = 10_000.0
    """Assumption: what such a pilot costs, US dollars."""
    pilot_spread: Annotated[Number, Field(gt=0, le=5)] = 0.6
    """Assumption: standard deviation of the logarithm of the time one unit takes a provider, against today."""
    wait_years: Annotated[Number, Field(gt=0, le=10)] = 1.0
    """Years of waiting that are set against starting now."""
    providers_path: own_file("providers") = ""  # type: ignore[valid-type]
    """Your own table of providers, as data/templates/providers.csv; none where empty."""
    criteria_path: own_file("criteria") = ""  # type: ignore[valid-type]
    """Your own table of criteria, as data/templates/criteria.csv; by default all criteria of the table of providers, all weights open."""
    billing_path: own_file("billing", several=True) = ""  # type: ignore[valid-type]
    """Your own bills, as the savings report reads them: hours of each task, and, where others are paid by the hour today, their rates; empty: none."""
    billed_providers: own_file("providers") = ""  # type: ignore[valid-type]
    """Firms in the bills that are outside providers, in the form of data/templates/billed_providers.csv; their lines are work outsourced already."""
    billing_codes: own_file("codes") = ""  # type: ignore[valid-type]
    """An edited copy of data/tables/utbms_codes.csv, which says what each code on a bill counts as; empty: the table itself."""
    billing_currency: str = ""
    """ISO 4217 code of bills that state no currency, and the one to keep where there are several; empty: not known."""
    min_cell: Annotated[Whole, Field(ge=3, le=1000)] = 3
    """Fewest timekeepers behind a number of the bills that is used or shown."""
    controls_path: own_file("controls") = ""  # type: ignore[valid-type]
    """Costs of controls of your own, as data/templates/control_costs.csv; none where empty."""
    required_controls: Annotated[list[str], Field(max_length=50)] = []
    """Controls that must be in place at every outside holder of the records, by their codes; each needs a cost in controls_path."""
    value_drift: Annotated[Number, Field(ge=-0.5, le=0.5)] = 0.0
    """Assumption: real growth a year of what moving is worth, as a share, while it is put off."""
    value_volatility: Annotated[Number, Field(ge=0, le=5)] = 0.0
    """Assumption: standard deviation of the yearly change of the logarithm of what moving is worth; 0 where it is not told."""

    @model_validator(mode="before")
    @classmethod
    def _from_bills(cls, values: Any) -> Any:
        """Leave the hours of the default question out where bills tell them."""
        if isinstance(values, dict) and values.get("billing_path") and values.get("volume_hours", VOLUMES) == VOLUMES:
            return {**values, "volume_hours": []}
        return values

    @model_validator(mode="after")
    def _together(self) -> Parameters:
        for name in ("tasks", "locations", "delivery_models", "jurisdictions", "grades", "required_controls"):
            given = getattr(self, name)
            if len(set(given)) != len(given):
                raise rule(f"{name}: one stands there twice, got {', '.join(given)}")
        self._own_files()
        if not self.tasks and not self.billing_path:
            raise rule("tasks: name one or more, or give billing_path, which has those of your bills")
        if self.billing_path and self.volume_hours:
            raise rule("volume_hours: billing_path tells the hours of each task; leave one of the two out")
        if not self.billing_path and len(self.volume_hours) != len(self.tasks):
            raise rule(
                f"volume_hours: needs one number for each task, got {len(self.volume_hours)} for {len(self.tasks)} "
                f"({', '.join(self.tasks)})"
            )
        if self.draws & (self.draws - 1):
            below = 1 << (self.draws.bit_length() - 1)
            raise rule(f"draws: must be a power of two, got {self.draws}; nearest are {below} and {2 * below}")
        if not 0 <= self.control_effect[0] <= self.control_effect[1] < 1:
            low, high = self.control_effect
            raise rule(f"control_effect: must lie between 0 and 1 (excluded), got {low:g} to {high:g}")
        if self.control_costs[0] < 0:
            raise rule(f"control_costs: must be 0 or more, got {self.control_costs[0]:g}")
        ways = len(self.options()) * len(self.tasks)
        if ways > MOST_WAYS:
            raise rule(f"tasks, locations, delivery_models: make {ways} ways; at most {MOST_WAYS} are compared at once")
        asked: list[Callable[[], object]] = [self.risk, *([self.bills] if self.billing_path else [])]
        asked.append(lambda: [self.saving(task, *self.options()[0]) for task in self.tasks])
        for made in asked:
            try:
                made()
            except ParameterError as error:
                if not error.what.startswith(("delivery_model", "parameter delivery_model")):
                    raise rule(error.what.removeprefix("parameter ")) from None
        return self

    def _own_files(self) -> None:
        """Refuse what stands beside files of one's own where there are none, and controls that are not in the table."""
        beside = [name for name in ("billed_providers", "billing_codes") if getattr(self, name)]
        if beside and not self.billing_path:
            raise rule(f"{beside[0]}: says something of bills, but there are none; give billing_path, too")
        if self.criteria_path and not self.providers_path:
            raise rule("criteria_path: criteria judge providers; give providers_path as well")
        listed = load_table("controls")["control"].tolist() if self.required_controls else []
        for name in self.required_controls:
            if name not in listed:
                raise rule(f"required_controls: {name!r} is not in the table of controls. {choices(name, listed)}")
        if self.required_controls and not self.controls_path:
            raise rule("required_controls: what they cost is on no row of the evidence; give controls_path as well")

    def options(self) -> list[tuple[str, str]]:
        """List who might do the work, and where.

        Returns
        -------
        list of tuple of str
            Delivery model and place, in the order asked for.
        """
        home = self.baseline_location
        fixed = {
            "in_house": home,
            "ai_assisted": home,
            "contract_attorney": home,
            "law_firm": vocabulary.PLACES[home].country,
        }
        found = [(model, fixed.get(model, place)) for model in self.delivery_models for place in self.locations]
        return list(dict.fromkeys(found))

    def saving(self, task: str, model: str, place: str) -> savings.Parameters:
        """Return the question of savings that one way of doing one task makes.

        Parameters
        ----------
        task, model, place : str
            Codes.

        Returns
        -------
        lpo_analysis.savings.Parameters
            The question.

        Raises
        ------
        ParameterError
            If that way cannot be.
        """
        return savings.Parameters.from_mapping({
            "task": task, "buyer": self.buyer, "buyer_size": self.buyer_size, "baseline": self.baseline, "baseline_location": self.baseline_location,
            "location": place, "delivery_model": model, "minimum_hours": self.minimum_hours if model == "provider" else 0.0,
            "volume_hours": self.volume_hours[self.tasks.index(task)] if self.volume_hours else 1.0, "horizon_years": self.horizon_years, "discount_rate": self.discount_rate,
            "price_year": self.price_year, "grades": self.grades, "draws": self.draws, "level": self.level, "seed": self.seed,
        })  # fmt: skip

    def risk(self) -> risk.Parameters:
        """Return the question of risk that goes with it.

        Returns
        -------
        lpo_analysis.risk.Parameters
            The question.
        """
        return risk.Parameters.from_mapping({
            "buyer_size": self.buyer_size, "jurisdictions": self.jurisdictions, "records": self.records, "vendors": self.vendors,
            "horizon_years": self.horizon_years, "price_year": self.price_year, "grades": self.grades, "draws": self.draws, "level": self.level,
            "seed": self.seed, "held_share": self.held_share, "relative_hazard": self.relative_hazard,
        })  # fmt: skip

    def bills(self) -> savings.Parameters:
        """Return the question of savings that reads the bills.

        Returns
        -------
        lpo_analysis.savings.Parameters
            With the bills and what stands beside them, and nothing else of this question.
        """
        return savings.Parameters.from_mapping({
            "billing_path": self.billing_path, "providers": self.billed_providers, "billing_codes": self.billing_codes,
            "billing_currency": self.billing_currency, "min_cell": self.min_cell, "seed": self.seed,
        })  # fmt: skip

    def with_volumes(self, hours: Mapping[str, float]) -> Parameters:
        """Ask the same question of volumes that are known.

        Parameters
        ----------
        hours : mapping of str to float
            Hours a year by task.

        Returns
        -------
        ReportParameters
            Of this kind, without the bills, whose part this is; other files of one's own stay.

        Raises
        ------
        ParameterError
            If that makes more ways than are compared at once.
        """
        none = dict.fromkeys(("billing_path", "billed_providers", "billing_codes"), "")
        return self.from_mapping({**dict(self), **none, "tasks": list(hours), "volume_hours": list(hours.values())})

    @classmethod
    def prime(cls) -> None:
        """Compute what every report of this kind shares, so that a batch does it once."""
        from lpo_analysis.decision.analysis import analyse

        # The rows behind prices and pay, and the opinions, are gathered once: for the places that have most of them, and for every size.
        _ = analyse(cls()).frontier
        for size in ("small", "large"):
            analyse(
                cls(
                    buyer_size=size,
                    locations=["IND", "PHL", "US-OH", "GB-NIR", "GBR", "USA"],
                    jurisdictions=["US-NY", "US-NC", "GB-EAW"],
                )
            )

    @classmethod
    def coverage(cls) -> pd.DataFrame:
        """Return which task and place cells have evidence for the price of the work.

        Returns
        -------
        pandas.DataFrame
            See `lpo_analysis.savings.coverage`.
        """
        return savings.Parameters.coverage()

    def check_evidence(self) -> None:
        """Refuse what cannot be answered, and read the files of one's own.

        Raises
        ------
        NoEvidenceError
            Where none of the ways of doing any of the tasks has evidence.
        ParameterError
            Where no plan keeps all of the constraints; names those that conflict.
        DataError
            For every fault of an own file.
        """
        from lpo_analysis.decision.analysis import analyse

        analysis = analyse(self)
        analysis.check_constraints()
        if self.providers_path:
            _ = analysis.providers

    @property
    def question(self) -> str:
        """The question in one sentence."""
        named = [vocabulary.label("task", task) for task in self.tasks]
        if self.volume_hours:
            named = [f"{name} ({h:,.0f} hours a year)" for name, h in zip(named, self.volume_hours, strict=True)]
        work = listing(named) or "the work on its bills"
        buyer = vocabulary.label("buyer", self.buyer)
        sized = buyer if self.buyer_size == "all" else f"{vocabulary.label('buyer size', self.buyer_size)} {buyer}"
        return (
            f"Should a {sized} have {work}, done today by {vocabulary.label('baseline', self.baseline)}s in {vocabulary.in_words(self.baseline_location)}, "
            "done otherwise: by whom, where, and under which controls?"
        ).replace("counsels", "counsel")
