"""From the evidence to the inputs of the cost model, one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Candidate, Evidence, Evidenced, as_shares, climb, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.inputs import Input, Inputs, Kind
from lpo_analysis.savings.candidates import (
    PAID_HOURS,
    baseline_candidates,
    bill_rate_candidates,
    is_own_staff,
    pay_candidates,
    price_candidates,
    staff_candidates,
)
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.savings.rates import Rates
from lpo_analysis.savings.unit_candidates import (
    BY_THE_CONTRACT,
    BY_THE_DOCUMENT,
    ai_error_candidates,
    ai_productivity_candidates,
    contract_hours_candidates,
    document_price_candidates,
    pace_candidates,
    person_candidates,
)
from lpo_analysis.wording import article

NEW_TO_THE_WORK = ("provider", "captive", "contract_attorney")
"""Those who may do less in an hour than whoever does the work today."""


@dataclass(frozen=True, eq=False)
class Gathered:
    """The inputs of one question, and how they make the rates of the cost model.

    Parameters
    ----------
    inputs : Inputs
        The uncertain inputs.
    rates : Rates
        Turns draws of the inputs into the values `lpo_analysis.savings.costs.costs` wants; knows the routes by which they come.
    notes : tuple of str
        What a reader must know of the choice of rows.
    n_set_aside : int
        Rows that fit an input but are only a floor or a ceiling.
    moved_reason : str or None
        Why the saving on the whole budget cannot be estimated.
    years : mapping of str to float
        Mean year of observation by input.
    off : mapping of str to str
        Cost lines that do not apply, and why.
    """

    inputs: Inputs
    rates: Rates
    notes: tuple[str, ...]
    n_set_aside: int
    moved_reason: str | None
    years: Mapping[str, float]
    off: Mapping[str, str]

    @property
    def route(self) -> str:
        """Where the price of whoever does the work comes from, see `Rates`."""
        return self.rates.route

    @property
    def baseline_route(self) -> str:
        """``rate`` (a price paid to others) or ``staff`` (the cost of own staff)."""
        return self.rates.baseline_route


@dataclass(frozen=True)
class Gap:
    """No evidence for one input; what is nearest is worked out only where it is shown."""

    what: str
    where: str
    kind: str


class GapError(Exception):
    """Raised while gathering; carries the `Gap`."""

    def __init__(self, what: str, where: str, kind: str) -> None:
        super().__init__(what)
        self.gap = Gap(what, where, kind)


def _rows(
    evidence: Evidence, metric: str, category: str, geography: str | None, grades: tuple[str, ...]
) -> pd.DataFrame:
    frame = select(evidence, metric=metric, category=category, grades=grades, context=True, required=False)
    return frame if geography is None else frame[frame["geography"] == geography]


@lru_cache(maxsize=256)
def _borrowed(
    evidence: Evidence,
    whose: str,
    metric: str,
    category: str,
    geography: str | None,
    grades: tuple[str, ...],
    widening: float,
) -> Evidenced | None:
    """Read a share of others, the same whatever the task, the place and the way of doing the work today."""
    frame = as_shares(_rows(evidence, metric, category, geography, grades))
    return climb([Candidate(whose, frame, own=False)], widening=widening, share=True)


def collect(parameters: Parameters, evidence: Evidence) -> Gathered:
    """Collect the inputs of a question.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.

    Returns
    -------
    Gathered
        Inputs and how they combine.

    Raises
    ------
    GapError
        If an input has no row; says which.
    """
    return _Gatherer(parameters, evidence).run()


class _Gatherer:
    """Collects inputs one by one; exists to share the parameters, the notes and the count of rows set aside."""

    def __init__(self, parameters: Parameters, evidence: Evidence) -> None:
        self.p, self.evidence = parameters, evidence
        self.items: list[Input] = []
        self.notes: list[str] = []
        self.set_aside = 0
        self.years: dict[str, float] = {}
        self.off: dict[str, str] = {}
        here, there = (vocabulary.PLACES[code].country for code in (parameters.baseline_location, parameters.location))
        self.abroad = here != there

    @property
    def money(self) -> str:
        return f"{self.p.currency} of {self.p.price_year}"

    def add(
        self,
        name: str,
        label: str,
        unit: str,
        candidates: Sequence[Candidate],
        *,
        most: float | None = None,
    ) -> Evidenced | None:
        found = climb(candidates, widening=self.p.widening)
        if found is None:
            return None
        if most is not None and found.high > most:
            found = replace(found, high=most, basis=f"{found.basis}, capped at {most:,.0f}")
        return self.put(name, label, unit, found, "lognormal")

    def borrow(
        self, name: str, label: str, unit: str, whose: str, metric: str, category: str, geography: str | None = None
    ) -> Evidenced | None:
        p = self.p
        found = _borrowed(self.evidence, whose, metric, category, geography, tuple(p.grades), p.widening)
        return None if found is None else self.put(name, label, unit, found, "logitnormal")

    def put(self, name: str, label: str, unit: str, found: Evidenced, kind: Kind) -> Evidenced:
        self.items.append(Input(name, label, unit, found.low, found.high, kind, found.rung, found.basis, found.rows))
        self.set_aside += found.n_set_aside
        self.years[name] = found.year
        return found

    def assume(self, name: str, label: str, unit: str, bounds: Sequence[float], kind: Kind) -> None:
        self.items.append(Input(name, label, unit, bounds[0], bounds[1], kind, 4, f"parameter {name}"))

    def rows(self, metric: str, category: str, geography: str | None = None) -> pd.DataFrame:
        return _rows(self.evidence, metric, category, geography, tuple(self.p.grades))

    def grades(self) -> str:
        return "/".join(self.p.grades)

    def run(self) -> Gathered:
        p = self.p
        baseline_route = self.baseline()
        self.reviewer(baseline_route)
        route, pace = self.assisted() if p.delivery_model == "ai_assisted" else self.paid()
        self.drift()
        if p.delivery_model != "ai_assisted":
            self.around()
        self.assume("setup_hours", "own lawyers' hours to vet, contract, instruct", "hours", p.setup_hours, "lognormal")
        reason = self.moved()
        self.warn()
        elapsed = {name: p.price_year - year for name, year in self.years.items()}
        rates = Rates(
            route, baseline_route, "reviewer_pay" if "reviewer_pay" in self.years else "baseline_pay",
            "price_drift" if self.abroad else "baseline_drift", elapsed, pace,
        )  # fmt: skip
        inputs = Inputs(tuple(self.items))
        return Gathered(inputs, rates, tuple(self.notes), self.set_aside, reason, self.years, self.off)

    def warn(self) -> None:
        """Say what of the question itself a reader must know."""
        p = self.p
        if p.volume_hours < p.minimum_hours:
            self.notes.append(
                f"The volume (volume_hours, {p.volume_hours:,.0f} hours a year) is below the smallest contract (minimum_hours, "
                f"{p.minimum_hours:,.0f}), so the smallest contract is billed."
            )
        by_name = {item.name: set(item.rows) for item in self.items}
        shared = by_name.get("provider_price", set()) & by_name.get("baseline_price", set())
        if shared:
            self.notes.append(
                "Both ways are priced from the same rows, which cannot tell them apart: what the two differ in by the hour is only what is "
                "not known of either."
            )
        if p.currency != "USD":
            self.notes.append(
                "Money of other currencies goes through dollars of the year of observation and US consumer prices, so a change of "
                "the exchange rate since then is part of the figure."
            )

    def drift(self) -> None:
        """How prices moved since they were observed, at home and where the work goes."""
        p = self.p
        observed = [self.years[name] for name in ("provider_price", "provider_pay", "price") if name in self.years]
        if self.abroad and observed and observed[0] != p.price_year:
            from lpo_analysis.savings.drift import drift_input

            self.items.append(drift_input(p, evidence=self.evidence, observed=observed[0]))
        self.assume("baseline_drift", "real price change at home since observed", "a year", p.baseline_drift, "normal")

    def baseline(self) -> str:
        p = self.p
        role = vocabulary.label("baseline", p.baseline)
        candidates, note = baseline_candidates(self.evidence, p)
        if is_own_staff(p):
            kind = "paralegals" if p.baseline == "paralegal" else "lawyers"
            route, name, label, unit = "staff", "baseline_pay", f"yearly pay of own {kind}", f"{self.money} a year"
        else:
            route, name, label, unit = (
                "rate",
                "baseline_price",
                f"price of an hour of {article(role)}",
                f"{self.money} an hour",
            )
        if self.add(name, label, unit, candidates) is None:
            buyer, place = vocabulary.label("buyer", p.buyer), vocabulary.in_words(p.baseline_location)
            what = (
                f"No figure of grade {self.grades()} says what an hour of {article(role)} costs a {buyer} in {place}."
            )
            raise GapError(what, f"baseline {p.baseline}, baseline_location {p.baseline_location}", "baseline")
        if note:
            self.notes.append(note)
        return route

    def reviewer(self, baseline_route: str) -> None:
        """Pay of the buyer's own lawyers, who check, vet and instruct; the baseline's own where that is a lawyer."""
        p = self.p
        if baseline_route != "staff" or p.baseline == "paralegal":
            candidates = staff_candidates(self.evidence, p, "lawyer")
            if self.add("reviewer_pay", "yearly pay of own lawyers", f"{self.money} a year", candidates) is None:
                place = vocabulary.in_words(p.baseline_location)
                what = f"No figure of grade {self.grades()} says what lawyers earn in {place}."
                raise GapError(what, f"baseline_location {p.baseline_location}", "baseline")
        self.hours(vocabulary.PLACES[p.baseline_location])
        whose, metric = "US private industry, all occupations", "benefits_share_of_compensation"
        label = "benefits as a share of compensation"
        if self.borrow("benefits_share", label, "share", whose, metric, "private_industry", "USA") is None:
            raise GapError(f"No figure of grade {self.grades()} says what benefits add to pay.", "grades", "grades")

    def hours(self, place: vocabulary.Place) -> None:
        def hours(geography: str) -> pd.DataFrame:
            rows = self.rows("lawyer_hours_per_year", "billable", geography=geography)
            low, high = ends(rows)
            return rows.assign(low=low, high=high, observed=rows["year_start"].astype(int))

        own = self.p.buyer == "law_firm"
        where = {"USA": "associates in the United States", "GBR": "solicitors in midsize UK firms"}
        order = ["GBR", "USA"] if place.country == "GBR" else ["USA"]
        candidates = [
            Candidate(f"billable hours of {where[c]}", hours(c), own=own and c == place.country) for c in order
        ]
        if (
            self.add("productive_hours", "productive hours a lawyer and year", "hours", candidates, most=PAID_HOURS)
            is None
        ):
            raise GapError(
                f"No figure of grade {self.grades()} says how many productive hours a lawyer has.", "grades", "grades"
            )

    def paid(self) -> tuple[str, str | None]:
        """What whoever does the work is paid; the route by which that comes, and the pace of today's work where it matters."""
        p = self.p
        if p.pricing_model == "hourly":
            return (self.quoted("provider_price", "own quote for an hour") or self.provider()), None
        if p.pricing_model == "fixed_fee":
            if not self.quoted("price", "own quote for a year of all work"):
                raise self.unpriced("a fixed fee", "")
            return "unit", None
        if p.pricing_model == "fte":
            self.assume(
                "provider_hours", "productive hours a person and year there", "hours", p.provider_hours, "lognormal"
            )
            return self.person(), None
        document = p.pricing_model == "per_document"
        unit, tasks = ("document", BY_THE_DOCUMENT) if document else ("contract", BY_THE_CONTRACT)
        if p.task not in tasks and not p.hours_per_unit:
            known = ", ".join(tasks)
            raise self.unpriced(
                f"a {unit}",
                f" {self.task()} is not counted in {unit}s (those are: {known}); give hours_per_unit and price.",
            )
        pace = self.pace(unit)
        if not self.quoted("price", f"own quote for a {unit}"):
            candidates = document_price_candidates(self.evidence, p, "human_review", p.location) if document else []
            if self.add("price", f"price of a {unit}, when observed", f"{self.money} a {unit}", candidates) is None:
                raise self.unpriced(f"a {unit}", "")
        return "unit", pace

    def task(self) -> str:
        return vocabulary.label("task", self.p.task)

    def unpriced(self, what: str, why: str) -> GapError:
        place = vocabulary.in_words(self.p.location)
        text = f"No figure of grade {self.grades()} says what {what} costs for {self.task()} by an outside provider in {place}.{why}"
        return GapError(text, f"pricing_model {self.p.pricing_model}, location {self.p.location}", "pricing")

    def quoted(self, name: str, label: str) -> str | None:
        """An own quote, in the money of the report."""
        p = self.p
        if not p.price:
            return None
        unit = {
            "hourly": "hour",
            "per_document": "document",
            "per_contract": "contract",
            "fte": "person and year",
            "fixed_fee": "year",
        }
        item = Input(
            name,
            label,
            f"{self.money} a {unit[p.pricing_model]}",
            p.price[0],
            p.price[1],
            "lognormal",
            4,
            "parameter price",
        )
        self.items.append(item)
        self.years[name] = float(p.price_year)
        return "price"

    def person(self) -> str:
        if self.quoted("price", "own quote for a dedicated person"):
            return "unit"
        p, label = self.p, "price of a dedicated person, when observed"
        if self.add("price", label, f"{self.money} a year", person_candidates(self.evidence, p, "dedicated_fte")):
            return "unit"
        if self.add(
            "price", label, f"{self.money} a day", person_candidates(self.evidence, p, "dedicated_fte_per_day")
        ):
            self.assume("working_days", "days billed a dedicated person and year", "days", p.working_days, "lognormal")
            return "day"
        raise self.unpriced("a dedicated person", "")

    def pace(self, unit: str) -> str:
        """Hours that a document or contract takes today."""
        p = self.p
        if p.hours_per_unit:
            bounds = p.hours_per_unit
            self.items.append(
                Input(
                    "hours_per_unit",
                    f"hours a {unit} takes today",
                    "hours",
                    bounds[0],
                    bounds[1],
                    "lognormal",
                    4,
                    "parameter hours_per_unit",
                )
            )
            return "hours_per_unit"
        if unit == "document":
            name, found = (
                "documents_per_hour",
                self.add(
                    "documents_per_hour",
                    "documents a person reviews in an hour",
                    "documents",
                    pace_candidates(self.evidence, p),
                ),
            )
        else:
            candidates = contract_hours_candidates(self.evidence, p)
            name, found = (
                "hours_per_unit",
                self.add("hours_per_unit", "hours a contract takes today", "hours", candidates),
            )
        if found is None:
            raise GapError(
                f"No figure of grade {self.grades()} says how long a {unit} takes; give hours_per_unit.",
                "hours_per_unit",
                "pricing",
            )
        return name

    def assisted(self) -> tuple[str, str | None]:
        """Own lawyers with AI: what the software costs, what persons still do, and what goes wrong."""
        p, pace = self.p, None
        if p.task in BY_THE_DOCUMENT:
            candidates = document_price_candidates(self.evidence, p, "genai_review", p.location)
            label = "price of a document reviewed with AI"
            if self.add("ai_price", label, f"{self.money} a document", candidates) is None:
                where = vocabulary.in_words(p.location)
                raise GapError(
                    f"No figure of grade {self.grades()} says what review of a document with AI costs in {where}.",
                    f"delivery_model ai_assisted, location {p.location}",
                    "place",
                )
            pace = self.pace("document")
        else:
            self.notes.append(
                f"No price of AI for {self.task()} by the piece is on file, so only licences are counted (parameter ai_licence_share)."
            )
        label, found = "output an hour with AI, as in trials", ai_productivity_candidates(self.evidence, p)
        if self.add("ai_productivity", label, "multiple of that without", found) is None:
            raise GapError(
                f"No trial of grade {self.grades()} tells what an hour with AI achieves.", "grades", "grades"
            )
        self.assume("ai_check_share", "work that a person must still go over", "share", p.ai_check_share, "logitnormal")
        error = climb(ai_error_candidates(self.evidence, p), widening=p.widening, share=True)
        if error is None:
            self.assume("ai_error_share", "AI's output that is wrong", "share", p.ai_error_share, "logitnormal")
        else:
            self.put("ai_error_share", "AI's output that is wrong", "share", error, "logitnormal")
        label = "cost of an error that nobody went over"
        self.assume("ai_error_multiple", label, "multiple of doing it", p.ai_error_multiple, "lognormal")
        self.assume("ai_licence_share", "AI licences", "share of its users' cost", p.ai_licence_share, "logitnormal")
        here = "the work stays with the buyer's own lawyers"
        self.off |= dict.fromkeys(("oversight", "communication", "selection", "transition", "attrition", "travel", "tax", "indemnity",
                                   "currency", "exit"), here)  # fmt: skip
        if pace is None:
            self.off["fee"] = "AI has no price by the piece on file for this task"
        return "ai_assisted", pace

    def provider(self) -> str:
        p = self.p
        if p.delivery_model == "in_house":
            return "own_staff"
        if p.delivery_model != "captive":
            label, candidates = "price of an hour bought, when observed", self.hour_candidates()
            if self.add("provider_price", label, f"{self.money} an hour", candidates):
                return "price"
        if p.delivery_model not in ("contract_attorney", "law_firm"):
            label, candidates = "yearly pay where the work goes", pay_candidates(self.evidence, p)
            if self.add("provider_pay", label, f"{self.money} a year", candidates):
                overhead = p.centre_overhead
                self.assume(
                    "provider_hours", "productive hours a person and year there", "hours", p.provider_hours, "lognormal"
                )
                self.assume(
                    "centre_overhead", "overhead of a delivery centre", "multiple of pay", overhead, "lognormal"
                )
                if p.delivery_model == "provider":
                    self.assume(
                        "provider_margin", "provider's margin", "share of its cost", p.provider_margin, "lognormal"
                    )
                self.notes.append(
                    f"No hourly price is used for {vocabulary.in_words(p.location)}: the rate is built up from local pay, benefits, "
                    f"productive hours{', overhead and margin' if p.delivery_model == 'provider' else ' and overhead'}, of which only the "
                    "pay was observed there."
                )
                return "captive" if p.delivery_model == "captive" else "pay"
        what = (
            "price"
            if p.delivery_model in ("contract_attorney", "law_firm")
            else "local pay"
            if p.delivery_model == "captive"
            else "price and no local pay"
        )
        model = article(vocabulary.label("delivery model", p.delivery_model)).replace(
            "a contract attorneys", "contract attorneys"
        )
        raise GapError(
            f"No {what} on file for {vocabulary.label('task', p.task)} by {model} in {vocabulary.in_words(p.location)} "
            f"(grades {', '.join(p.grades)}).",
            f"task {p.task}, location {p.location}",
            "place",
        )

    def hour_candidates(self) -> list[Candidate]:
        p = self.p
        if p.delivery_model != "law_firm":
            return price_candidates(self.evidence, p)
        there = p.model_copy(update={"baseline": "associate", "baseline_location": p.location, "buyer": "corporate"})
        candidates, note = bill_rate_candidates(self.evidence, there)
        if note:
            self.notes.append(note)
        return candidates

    def around(self) -> None:
        """Costs around the fee; what does not arise is told with the reason."""
        p, model = self.p, self.p.delivery_model
        if model in NEW_TO_THE_WORK:
            label = "work per hour of whoever does it"
            self.assume("productivity", label, "multiple of today's", p.productivity, "lognormal")
        else:
            who = vocabulary.label("delivery model", model) + ("s" if model == "law_firm" else "")
            self.notes.append(
                f"{who[0].upper()}{who[1:]} are taken to do as much in an hour as whoever does the work today."
            )
        self.managing()
        self.at_a_distance()
        share = "share of the fee"
        outside = "nobody outside does the work"
        self.switch("technology", "technology_share", "own technology for work done outside", share,
                    {"provider": None, "captive": "the overhead of a centre holds it"}.get(model, outside if model == "in_house" else "they work with the buyer's own"))  # fmt: skip
        self.switch("indemnity", "indemnity_share", "more indemnity cover", share,
                    None if model == "provider" else "the buyer's own cover holds as it does today")  # fmt: skip
        self.switch("exit", "exit_share", "ending the contract", "share of a year's fee",
                    None if model in ("provider", "captive") else "nothing was handed over that must be taken back")  # fmt: skip
        self.attrition()
        if model == "in_house":
            self.off |= dict.fromkeys(
                ("quality_control", "rework"), "own lawyers check themselves as whoever does it today"
            )
            return
        share_of = p.quality_control_share
        self.assume("quality_control_share", "own checking hours per hour bought", "share", share_of, "logitnormal")
        self.assume("rework_share", "work done again", "share of the work", p.rework_share, "logitnormal")

    def switch(self, line: str, name: str, label: str, unit: str, off: str | None) -> None:
        """An assumed share that may not arise."""
        bounds = getattr(self.p, name)
        if off is None and bounds[1] == 0:
            off = f"parameter {name} is 0"
        if off is None:
            self.assume(name, label, unit, bounds, "logitnormal")
        else:
            self.off[line] = off

    def managing(self) -> None:
        """Choosing and managing an outsider, borrowed from other outsourcing; an own centre has none."""
        if self.p.delivery_model in ("captive", "in_house"):
            self.off |= dict.fromkeys(("oversight", "selection"), "there is no outsider to choose or to manage")
            return
        bpo = "complex business process outsourcing, contracts of about 100 million dollars"
        for name, label, metric, category, whose in (
            ("oversight_share", "oversight", "oversight_cost_share", "contract_management_bpo", bpo),
            ("selection_share", "selecting the provider", "transition_cost_share", "vendor_selection", "IT offshoring"),
        ):
            if self.borrow(name, label, "share of the fee", whose, metric, category) is None:
                raise GapError(f"No figure of grade {self.grades()} gives the cost of {label}.", "grades", "grades")

    def at_a_distance(self) -> None:
        """What arises because the work leaves the country."""
        p = self.p
        stays = None if self.abroad else "the work stays in the country"
        share = "share of the fee"
        self.switch(
            "communication",
            "communication_share",
            "own hours on calls and instructions, per hour bought",
            "share",
            stays,
        )
        self.switch("travel", "travel_share", "travel", share, stays)
        self.switch("tax", "tax_share", "tax on the fee that cannot be credited", share, stays)
        if stays:
            self.off |= dict.fromkeys(("transition", "currency"), stays)
            return
        from lpo_analysis.savings.currency import currency_inputs

        rates = () if p.contract_currency == "buyer" and p.local_currency_share[1] == 0 else currency_inputs(p)
        self.items += rates
        if not rates:
            self.off["currency"] = (
                "there is one currency, no history of the exchange rate, or parameter local_currency_share is 0"
            )
        frame = as_shares(self.rows("transition_cost_share", "productivity_lag"), ceiling_from=0.0)
        if frame.empty:
            what = f"No figure of grade {self.grades()} gives the cost of slower work in the first year."
            raise GapError(what, "grades", "grades")
        # "Up to 20%" is read as anything from nothing to the ceiling.
        basis, rows = "borrowed: anything up to a ceiling stated for IT offshoring", tuple(frame.index)
        label, high = "slower work in the first year", float(frame["high"].max())
        self.items.append(Input("transition_share", label, "share of the fee", 0.0, high, "uniform", 3, basis, rows))

    def attrition(self) -> None:
        p = self.p
        if p.delivery_model not in ("provider", "captive"):
            self.off["attrition"] = "nothing on file sets it apart from that of today's staff"
            return
        if p.relearning_share[1] == 0:
            self.off["attrition"] = "parameter relearning_share is 0"
            return
        label, unit = "staff there who leave in a year", "share of staff"
        if p.turnover_share:
            self.assume("turnover_share", label, unit, p.turnover_share, "logitnormal")
        else:
            whose = "legal process outsourcing providers, as they told it"
            if self.borrow("turnover_share", label, unit, whose, "attrition_rate", "lpo_providers") is None:
                self.off["attrition"] = (
                    f"no figure of grade {self.grades()} tells how many leave; give turnover_share to have it counted"
                )
                return
        self.assume(
            "relearning_share", "work lost per leaver", "share of a person's year", p.relearning_share, "logitnormal"
        )

    def moved(self) -> str | None:
        p = self.p
        if p.moved_share:
            self.assume("moved_share", "the work as a share of the budget", "share", p.moved_share, "logitnormal")
            return None
        if p.buyer == "law_firm":
            return (
                "no figure on file says which share of a law firm's cost the moved work is (0 rows, 0 studies); give moved_share to "
                "have it computed"
            )
        # What all departments pay to all such vendors is not what this buyer's work is of its budget.
        whose = "what US legal departments pay to all vendors that are no law firms"
        label = "the work as a share of the budget"
        if self.borrow("moved_share", label, "share", whose, "legal_spend_share", "non_law_firm_vendors") is None:
            return (
                f"no figure of grade {self.grades()} says which share of a legal budget goes to such providers; give moved_share to "
                "have it computed"
            )
        return None
