"""What whoever does the work costs: by the hour, document, contract, person or year, or own lawyers with AI."""

from __future__ import annotations

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Candidate, Evidence
from lpo_analysis.methods.inputs import Input
from lpo_analysis.savings.candidates import bill_rate_candidates, pay_candidates, price_candidates
from lpo_analysis.savings.collector import Collector, GapError
from lpo_analysis.savings.parameters import Parameters
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

HOUR_BOUGHT = "observed price of an hour bought"
"""What a reader sees of the price that was observed for the hour of whoever would do the work."""


class Payments(Collector):
    """Collects what is paid for the work."""

    def paid(self) -> tuple[str, str | None]:
        """Add what whoever does the work is paid; return the route by which that comes, and the pace of today's work where it matters."""
        p = self.p
        if p.pricing_model == "hourly":
            return (self.quoted("provider_price", "own quote for an hour") or self.provider()), None
        if p.pricing_model == "fixed_fee":
            if not self.quoted("price", "own quote for a year of all work"):
                raise self.unpriced("a year at a fixed fee")
            return "unit", None
        if p.pricing_model == "fte":
            self.assume(
                "provider_hours", "productive hours a person and year there", "hours", p.provider_hours, "lognormal"
            )
            return self.person(), None
        document = p.pricing_model == "per_document"
        unit, tasks = ("document", BY_THE_DOCUMENT) if document else ("contract", BY_THE_CONTRACT)
        if p.task not in tasks and not p.hours_per_unit:
            text = f"{self.task().capitalize()} is not counted in {unit}s; give hours_per_unit and price."
            raise GapError(text, f"pricing_model {p.pricing_model}, task {p.task}", "pricing")
        pace = self.pace(unit)
        if not self.quoted("price", f"own quote for a {unit}"):
            label, money = f"observed price of a {unit}", f"{self.money} a {unit}"
            if (
                not document
                or self.add("price", label, money, document_price_candidates, "human_review", p.location) is None
            ):
                raise self.unpriced(f"a {unit}")
        return "unit", pace

    def unpriced(self, what: str) -> GapError:
        """Return the error for a price that is not on file."""
        place = vocabulary.in_words(self.p.location)
        text = f"No figure of grade {self.grades()} gives the price of {what} for {self.task()} by an outside provider in {place}."
        return GapError(text, f"pricing_model {self.p.pricing_model}, location {self.p.location}", "pricing")

    def quoted(self, name: str, label: str) -> str | None:
        """Add an own quote, in the money of the report."""
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
        """Add the price of a dedicated person."""
        if self.quoted("price", "own quote for a dedicated person"):
            return "unit"
        p, label = self.p, "observed price of a dedicated person"
        if self.add("price", label, f"{self.money} a year", person_candidates, "dedicated_fte"):
            return "unit"
        if self.add("price", label, f"{self.money} a day", person_candidates, "dedicated_fte_per_day"):
            self.assume("working_days", "days billed a dedicated person and year", "days", p.working_days, "lognormal")
            return "day"
        raise self.unpriced("a dedicated person")

    def pace(self, unit: str) -> str:
        """Add the hours that a document or contract takes today."""
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
                    pace_candidates,
                ),
            )
        else:
            name, found = (
                "hours_per_unit",
                self.add("hours_per_unit", "hours a contract takes today", "hours", contract_hours_candidates),
            )
        if found is None:
            raise GapError(
                f"No figure of grade {self.grades()} says how long a {unit} takes; give hours_per_unit.",
                "hours_per_unit",
                "pricing",
            )
        return name

    def assisted(self) -> tuple[str, str | None]:
        """Add what software costs, what persons still do, and what goes wrong, where own lawyers work with AI."""
        p, pace = self.p, None
        if p.task in BY_THE_DOCUMENT:
            label, money = "price of a document reviewed with AI", f"{self.money} a document"
            if self.add("ai_price", label, money, document_price_candidates, "genai_review", p.location) is None:
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
        label = "output an hour with AI in trials"
        if self.add("ai_productivity", label, "multiple of that without", ai_productivity_candidates) is None:
            raise GapError(
                f"No trial of grade {self.grades()} tells what an hour with AI achieves.", "grades", "grades"
            )
        self.assume("ai_check_share", "work that a person must still go over", "share", p.ai_check_share, "logitnormal")
        error = self.found(ai_error_candidates, share=True)
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
        """Add what an hour costs, from prices or built up from pay."""
        p = self.p
        if p.delivery_model == "in_house":
            return "own_staff"
        if p.delivery_model != "captive":
            if p.delivery_model == "law_firm" and (note := _law_firm(self.evidence, self.there)[1]):
                self.notes.append(note)
            if self.add("provider_price", HOUR_BOUGHT, f"{self.money} an hour", hour_candidates):
                return "price"
        if p.delivery_model not in ("contract_attorney", "law_firm") and self.add(
            "provider_pay", "yearly pay where the work goes", f"{self.money} a year", pay_candidates
        ):
            overhead = p.centre_overhead
            self.assume(
                "provider_hours", "productive hours a person and year there", "hours", p.provider_hours, "lognormal"
            )
            self.assume("centre_overhead", "overhead of a delivery centre", "multiple of pay", overhead, "lognormal")
            if p.delivery_model == "provider":
                self.assume("provider_margin", "provider's margin", "share of its cost", p.provider_margin, "lognormal")
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


def hour_candidates(evidence: Evidence, parameters: Parameters) -> list[Candidate]:
    """List who may speak for the price of an hour bought.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.

    Returns
    -------
    list of Candidate
        The nearest first.
    """
    return (
        _law_firm(evidence, parameters)[0]
        if parameters.delivery_model == "law_firm"
        else price_candidates(evidence, parameters)
    )


def _law_firm(evidence: Evidence, parameters: Parameters) -> tuple[list[Candidate], str | None]:
    there = {"baseline": "associate", "baseline_location": parameters.location, "buyer": "corporate"}
    return bill_rate_candidates(evidence, parameters.model_copy(update=there))
