"""From the evidence to the inputs of the cost model, each on its rung.

Nothing is made up here: what no row bears is a parameter of the report, on rung 4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import Candidate, Evidence, Evidenced, climb, load, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.inputs import Input, Inputs, Kind
from lpo_analysis.savings.candidates import (
    as_shares,
    baseline_candidates,
    is_own_staff,
    pay_candidates,
    price_candidates,
    staff_candidates,
)
from lpo_analysis.savings.coverage import baselines_available, places_available
from lpo_analysis.savings.parameters import Parameters


@dataclass(frozen=True, eq=False)
class Gathered:
    """The inputs of one question, and how they make the rates of the cost model.

    Parameters
    ----------
    inputs : Inputs
        The uncertain inputs.
    rates : callable
        Turns draws of the inputs into the values `lpo_analysis.savings.costs.costs` wants.
    route : str
        ``price``, ``pay`` or ``captive``: where the provider's rate comes from.
    baseline_route : str
        ``rate`` (a price paid to others) or ``staff`` (the cost of own staff).
    notes : tuple of str
        What a reader must know of the choice of rows.
    n_set_aside : int
        Rows that fit an input but are only a floor or a ceiling.
    moved_reason : str or None
        Why the saving on the whole budget cannot be estimated.
    years : mapping of str to float
        Mean year of observation by input.
    """

    inputs: Inputs
    rates: Callable[[Mapping[str, Floats]], dict[str, Floats]]
    route: str
    baseline_route: str
    notes: tuple[str, ...]
    n_set_aside: int
    moved_reason: str | None
    years: Mapping[str, float]


def gather(parameters: Parameters, *, evidence: Evidence | None = None) -> Gathered:
    """Gather the inputs for a question, each on its rung.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence, optional
        The evidence base; the shipped one by default.

    Returns
    -------
    Gathered
        Inputs and how they combine.

    Raises
    ------
    NoEvidenceError
        If neither a price nor local pay is on file for the place, or no cost of today's work; names the nearest available.
    """
    evidence = evidence or load()
    return _Gatherer(parameters, evidence).run()


class _Gatherer:
    """Collects inputs one by one; exists to share the parameters, the notes and the count of rows set aside."""

    def __init__(self, parameters: Parameters, evidence: Evidence) -> None:
        self.p, self.evidence = parameters, evidence
        self.items: list[Input] = []
        self.notes: list[str] = []
        self.set_aside = 0
        self.years: dict[str, float] = {}

    def add(
        self, name: str, label: str, unit: str, candidates: Sequence[Candidate], *, share: bool = False
    ) -> Evidenced | None:
        found = climb(candidates, widening=self.p.widening, share=share)
        if found is None:
            return None
        kind: Kind = "logitnormal" if share else "lognormal"
        self.items.append(Input(name, label, unit, found.low, found.high, kind, found.rung, found.basis, found.rows))
        self.set_aside += found.n_set_aside
        self.years[name] = found.year
        return found

    def assume(self, name: str, label: str, unit: str, bounds: Sequence[float], kind: Kind) -> None:
        self.items.append(Input(name, label, unit, bounds[0], bounds[1], kind, 4, f"parameter {name}"))

    def run(self) -> Gathered:
        p = self.p
        baseline_route = self.baseline()
        self.reviewer(baseline_route)
        route = self.provider()
        self.assume("price_drift", "real price change abroad since observed", "a year", p.price_drift, "normal")
        self.assume(
            "baseline_drift", "real change of today's cost since observed", "a year", p.baseline_drift, "normal"
        )
        self.assume("productivity", "work per provider hour", "multiple of today's", p.productivity, "lognormal")
        self.shared_costs()
        self.assume(
            "quality_control_share",
            "own checking hours per provider hour",
            "share",
            p.quality_control_share,
            "logitnormal",
        )
        self.assume("rework_share", "work done again", "share of the work", p.rework_share, "logitnormal")
        self.assume("setup_hours", "own lawyers' hours to vet, contract, instruct", "hours", p.setup_hours, "lognormal")
        reason = self.moved()
        inputs = Inputs(tuple(self.items))
        return Gathered(
            inputs,
            self.combine(route, baseline_route),
            route,
            baseline_route,
            tuple(self.notes),
            self.set_aside,
            reason,
            self.years,
        )

    def baseline(self) -> str:
        p = self.p
        role = vocabulary.label("baseline", p.baseline)
        candidates, note = baseline_candidates(self.evidence, p)
        if is_own_staff(p):
            kind = "paralegals" if p.baseline == "paralegal" else "lawyers"
            route, found = (
                "staff",
                self.add("baseline_pay", f"yearly pay of own {kind}", f"{p.currency} a year", candidates),
            )
        else:
            route, found = (
                "rate",
                self.add("baseline_price", f"price of an hour of a {role}", f"{p.currency} per hour", candidates),
            )
        if found is None:
            buyer, place = vocabulary.label("buyer", p.buyer), vocabulary.in_words(p.baseline_location)
            raise NoEvidenceError(
                f"No figure of grade {'/'.join(p.grades)} says what an hour of a {role} costs a {buyer} in {place}.",
                where=f"baseline {p.baseline}, baseline_location {p.baseline_location}",
                remedy="Nearest available: " + baselines_available(self.evidence, p),
            )
        if note:
            self.notes.append(note)
        return route

    def reviewer(self, baseline_route: str) -> None:
        """Pay of the buyer's own lawyers, who check, vet and instruct; the baseline's own where that is a lawyer."""
        p = self.p
        has_lawyer_pay = baseline_route == "staff" and p.baseline != "paralegal"
        if not has_lawyer_pay:
            found = self.add(
                "reviewer_pay",
                "yearly pay of own lawyers",
                f"{p.currency} a year",
                staff_candidates(self.evidence, p, "lawyer"),
            )
            if found is None:
                raise NoEvidenceError(
                    f"No figure of grade {'/'.join(p.grades)} says what lawyers earn in {vocabulary.in_words(p.baseline_location)}.",
                    where=f"baseline_location {p.baseline_location}",
                    remedy="Nearest available: the United States as a whole or another state (USA, US-NY, ...), or GBR.",
                )
        place = vocabulary.PLACES[p.baseline_location]
        self.hours(place)
        self.benefits(place)

    def hours(self, place: vocabulary.Place) -> None:
        def hours(geography: str) -> pd.DataFrame:
            rows = select(
                self.evidence, metric="lawyer_hours_per_year", category="billable", geography=geography, grades=self.p.grades,
                required=False,
            )  # fmt: skip
            pairs = [ends(row) for _, row in rows.iterrows()]
            return rows.assign(
                low=[low for low, _ in pairs], high=[high for _, high in pairs], observed=rows["year_start"].astype(int)
            )

        own = self.p.buyer == "law_firm"
        where = {"USA": "associates in the United States", "GBR": "solicitors in midsize UK firms"}
        order = ["GBR", "USA"] if place.country == "GBR" else ["USA"]
        candidates = [
            Candidate(f"billable hours of {where[c]}", hours(c), own=own and c == place.country) for c in order
        ]
        found = self.add("productive_hours", "productive hours a lawyer and year", "hours", candidates)
        if found is None:
            raise NoEvidenceError(
                f"No figure of grade {'/'.join(self.p.grades)} says how many productive hours a lawyer has.",
                where="grades", remedy="Let grade B in.",
            )  # fmt: skip

    def benefits(self, place: vocabulary.Place) -> None:
        rows = select(
            self.evidence, metric="benefits_share_of_compensation", category="private_industry", geography="USA",
            grades=self.p.grades, context=True, required=False,
        )  # fmt: skip
        candidates = [Candidate("US private industry, all occupations", as_shares(rows), own=False)]
        if self.add("benefits_share", "benefits as a share of compensation", "share", candidates, share=True) is None:
            raise NoEvidenceError(
                f"No figure of grade {'/'.join(self.p.grades)} says what benefits add to pay.", where="grades",
                remedy="Let grade A or B in.",
            )  # fmt: skip

    def provider(self) -> str:
        p = self.p
        if p.delivery_model != "captive":
            prices = price_candidates(self.evidence, p)
            if self.add("provider_price", "price of a provider hour when observed", f"{p.currency} per hour", prices):
                return "price"
        if p.delivery_model != "contract_attorney":
            pay = self.add(
                "provider_pay",
                "yearly pay at the provider's place",
                f"{p.currency} a year",
                pay_candidates(self.evidence, p),
            )
            if pay is not None:
                self.assume(
                    "centre_overhead",
                    "overhead of a delivery centre",
                    "multiple of pay",
                    p.centre_overhead,
                    "lognormal",
                )
                if p.delivery_model == "captive":
                    return "captive"
                self.assume("provider_margin", "provider's margin", "share of its cost", p.provider_margin, "lognormal")
                self.notes.append(
                    f"No hourly price is on file for {vocabulary.in_words(p.location)}: the rate is built up from local pay, benefits, "
                    "productive hours, overhead and margin, of which only the pay was observed there."
                )
                return "pay"
        what = "local pay" if p.delivery_model == "captive" else "price and no local pay"
        model = vocabulary.label("delivery model", p.delivery_model)
        raise NoEvidenceError(
            f"No {what} on file for {vocabulary.label('task', p.task)} by {model} in "
            f"{vocabulary.label('place', p.location)} (grades {', '.join(p.grades)}).",
            where=f"task {p.task}, location {p.location}",
            remedy="Nearest available: " + places_available(self.evidence, p),
        )

    def shared_costs(self) -> None:
        specifications = (
            ("oversight_share", "oversight", "oversight_cost_share", "contract_management_bpo",
             "complex business process outsourcing", None),
            ("selection_share", "selecting the provider", "transition_cost_share", "vendor_selection", "IT offshoring", None),
            ("transition_share", "slower work in the first year", "transition_cost_share", "productivity_lag", "IT offshoring", 0.0),
        )  # fmt: skip
        for name, label, metric, category, whose, ceiling in specifications:
            rows = select(
                self.evidence, metric=metric, category=category, grades=self.p.grades, context=True, required=False
            )
            frame = as_shares(rows, ceiling_from=ceiling)
            if frame.empty:
                raise NoEvidenceError(
                    f"No figure of grade {'/'.join(self.p.grades)} gives the cost of {label}.",
                    where="grades",
                    remedy="Let grade B in.",
                )
            if ceiling is None:
                self.add(name, label, "share of the fee", [Candidate(whose, frame, own=False)], share=True)
                continue
            # "Up to 20%" read as anything from nothing to the ceiling, the ceiling's odds widened because it is borrowed.
            odds = self.p.widening * float(frame["high"].max()) / (1 - float(frame["high"].max()))
            basis = f"borrowed: a ceiling stated for {whose}, widened by {self.p.widening:g}"
            self.items.append(
                Input(
                    name, label, "share of the fee", ceiling, odds / (1 + odds), "uniform", 3, basis, tuple(frame.index)
                )
            )

    def moved(self) -> str | None:
        p = self.p
        if p.moved_share:
            self.assume("moved_share", "the work as a share of the budget", "share", p.moved_share, "logitnormal")
            return None
        if p.buyer == "law_firm":
            return (
                "no figure on file says which share of a law firm's cost the moved work is "
                "(0 rows, 0 studies); give moved_share to have it computed"
            )
        rows = select(
            self.evidence, metric="legal_spend_share", category="non_law_firm_vendors", grades=p.grades, required=False
        )
        own = vocabulary.PLACES[p.baseline_location].code == "USA"
        name = "what US legal departments pay to vendors other than law firms"
        label = "the work as a share of the budget"
        if self.add("moved_share", label, "share", [Candidate(name, as_shares(rows), own=own)], share=True) is None:
            return f"no figure of grade {'/'.join(p.grades)} says which share of a legal budget goes to such providers; give moved_share"
        return None

    def combine(self, route: str, baseline_route: str) -> Callable[[Mapping[str, Floats]], dict[str, Floats]]:
        p, years = self.p, self.years
        observed = {name: p.price_year - year for name, year in years.items()}
        has_lawyer_pay = "reviewer_pay" not in years

        def rates(v: Mapping[str, Floats]) -> dict[str, Floats]:
            def drift(name: str, rate: str) -> Floats:
                return np.asarray(v[name] * (1 + v[rate]) ** observed[name], dtype=float)

            def staff(name: str, rate: str) -> Floats:
                return drift(name, rate) / (1 - v["benefits_share"]) / v["productive_hours"]

            result = dict(v)
            baseline = "baseline_pay" if baseline_route == "staff" else "baseline_price"
            result["baseline_rate"] = (
                staff(baseline, "baseline_drift") if baseline_route == "staff" else drift(baseline, "baseline_drift")
            )
            result["reviewer_rate"] = (
                result["baseline_rate"] if has_lawyer_pay else staff("reviewer_pay", "baseline_drift")
            )
            if route == "price":
                result["provider_rate"] = drift("provider_price", "price_drift")
            else:
                # Loaded pay per productive hour, plus overhead that is a multiple of the bare pay.
                cost = staff("provider_pay", "price_drift") * (1 + v["centre_overhead"] * (1 - v["benefits_share"]))
                result["provider_rate"] = cost * (1 + v["provider_margin"]) if route == "pay" else cost
            return result

        return rates
