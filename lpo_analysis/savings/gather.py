"""From the evidence to the inputs of the cost model, each on its rung.

Nothing is made up here: what no row bears is a parameter of the report, on rung 4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.errors import NoEvidenceError, ParameterError
from lpo_analysis.evidence import Candidate, Evidence, Evidenced, as_shares, climb, load, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.inputs import Input, Inputs, Kind
from lpo_analysis.savings.candidates import (
    PAID_HOURS,
    baseline_candidates,
    is_own_staff,
    pay_candidates,
    price_candidates,
    staff_candidates,
)
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.wording import article


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
        ``price``, ``pay`` or ``captive``: where the rate of whoever does the work comes from.
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


@dataclass(frozen=True)
class _Gap:
    """No evidence for one input; what is nearest is worked out only where it is shown."""

    what: str
    where: str
    kind: str


class _GapError(Exception):
    def __init__(self, what: str, where: str, kind: str) -> None:
        super().__init__(what)
        self.gap = _Gap(what, where, kind)


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
    found = _gathered(parameters, evidence)
    if isinstance(found, _Gap):
        raise NoEvidenceError(found.what, where=found.where, remedy=_nearest(found, parameters, evidence))
    return found


@lru_cache(maxsize=256)
def _gathered(parameters: Parameters, evidence: Evidence) -> Gathered | _Gap:
    try:
        return _Gatherer(parameters, evidence).run()
    except _GapError as error:
        return error.gap


def attempt(parameters: Parameters, evidence: Evidence, **changes: object) -> tuple[Parameters, Gathered] | None:
    """Gather the inputs for a question with some parameters changed, if it can be answered.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.
    **changes : object
        Parameters by name.

    Returns
    -------
    tuple of (Parameters, Gathered) or None
        The changed question and its inputs; None where the combination is not allowed or an input has no evidence.
    """
    try:
        changed = Parameters.from_mapping({**parameters.model_dump(), **changes})
    except ParameterError:
        return None
    found = _gathered(changed, evidence)
    return None if isinstance(found, _Gap) else (changed, found)


def has_evidence(parameters: Parameters, evidence: Evidence, **changes: object) -> bool:
    """Say whether a question, or the same one with some parameters changed, can be answered.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.
    **changes : object
        Parameters by name.

    Returns
    -------
    bool
        False where the combination is not allowed or an input has no evidence.
    """
    return attempt(parameters, evidence, **changes) is not None


def _nearest(gap: _Gap, p: Parameters, evidence: Evidence) -> str:
    if gap.kind == "place":
        codes = [code for code in ("IND", "PHL", "GB-NIR", "GBR", "USA") if code != p.location]
        found = [f"{vocabulary.label('place', c)} ({c})" for c in codes if has_evidence(p, evidence, location=c)]
    elif gap.kind == "baseline":
        country = vocabulary.PLACES[p.baseline_location].country
        pairs = [
            (b, place)
            for place in dict.fromkeys((p.baseline_location, country, "USA", "GBR"))
            for b in vocabulary.BASELINES
        ]
        found = [
            f"{b} in {place}" for b, place in pairs if has_evidence(p, evidence, baseline=b, baseline_location=place)
        ][:6]
    else:
        found = []
    weaker = [grade for grade in ("A", "B", "C") if grade not in p.grades]
    if weaker and has_evidence(p, evidence, grades=[*p.grades, *weaker]):
        found.append(f"the same question with grade {' and '.join(weaker)} let in")
    return f"Nearest available: {', '.join(found)}." if found else "Nothing near is available at these grades."


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


class _Gatherer:
    """Collects inputs one by one; exists to share the parameters, the notes and the count of rows set aside."""

    def __init__(self, parameters: Parameters, evidence: Evidence) -> None:
        self.p, self.evidence = parameters, evidence
        self.items: list[Input] = []
        self.notes: list[str] = []
        self.set_aside = 0
        self.years: dict[str, float] = {}
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
        route = self.provider()
        if self.abroad:
            self.assume("price_drift", "real price change abroad since observed", "a year", p.price_drift, "normal")
        self.assume("baseline_drift", "real price change at home since observed", "a year", p.baseline_drift, "normal")
        self.assume(
            "productivity", "work per hour of whoever does it", "multiple of today's", p.productivity, "lognormal"
        )
        self.shared_costs()
        share = p.quality_control_share
        self.assume("quality_control_share", "own checking hours per hour bought", "share", share, "logitnormal")
        self.assume("rework_share", "work done again", "share of the work", p.rework_share, "logitnormal")
        self.assume("setup_hours", "own lawyers' hours to vet, contract, instruct", "hours", p.setup_hours, "lognormal")
        reason = self.moved()
        if p.currency != "USD":
            self.notes.append(
                "Money of other currencies goes through dollars of the year of observation and US consumer prices, so a change of "
                "the exchange rate since then is part of the figure."
            )
        rates = self.combine(route, baseline_route)
        inputs = Inputs(tuple(self.items))
        return Gathered(inputs, rates, route, baseline_route, tuple(self.notes), self.set_aside, reason, self.years)

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
            raise _GapError(what, f"baseline {p.baseline}, baseline_location {p.baseline_location}", "baseline")
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
                raise _GapError(what, f"baseline_location {p.baseline_location}", "baseline")
        self.hours(vocabulary.PLACES[p.baseline_location])
        whose, metric = "US private industry, all occupations", "benefits_share_of_compensation"
        label = "benefits as a share of compensation"
        if self.borrow("benefits_share", label, "share", whose, metric, "private_industry", "USA") is None:
            raise _GapError(f"No figure of grade {self.grades()} says what benefits add to pay.", "grades", "grades")

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
            raise _GapError(
                f"No figure of grade {self.grades()} says how many productive hours a lawyer has.", "grades", "grades"
            )

    def provider(self) -> str:
        p = self.p
        if p.delivery_model != "captive":
            label = "price of an hour bought, when observed"
            if self.add("provider_price", label, f"{self.money} an hour", price_candidates(self.evidence, p)):
                return "price"
        if p.delivery_model != "contract_attorney":
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
        what = "local pay" if p.delivery_model == "captive" else "price and no local pay"
        model = article(vocabulary.label("delivery model", p.delivery_model)).replace(
            "a contract attorneys", "contract attorneys"
        )
        raise _GapError(
            f"No {what} on file for {vocabulary.label('task', p.task)} by {model} in {vocabulary.in_words(p.location)} "
            f"(grades {', '.join(p.grades)}).",
            f"task {p.task}, location {p.location}",
            "place",
        )

    def shared_costs(self) -> None:
        """Costs around the fee, borrowed from other outsourcing; an own centre has no provider to choose or to manage."""
        outside = self.p.delivery_model != "captive"
        name = "complex business process outsourcing, contracts of about 100 million dollars"
        wanted = []
        if outside:
            wanted.append(("oversight_share", "oversight", "oversight_cost_share", "contract_management_bpo", name))
            wanted.append(
                (
                    "selection_share",
                    "selecting the provider",
                    "transition_cost_share",
                    "vendor_selection",
                    "IT offshoring",
                )
            )
        for input_name, label, metric, category, whose in wanted:
            if self.borrow(input_name, label, "share of the fee", whose, metric, category) is None:
                raise _GapError(f"No figure of grade {self.grades()} gives the cost of {label}.", "grades", "grades")
        if self.abroad:
            frame = as_shares(self.rows("transition_cost_share", "productivity_lag"), ceiling_from=0.0)
            if frame.empty:
                raise _GapError(
                    f"No figure of grade {self.grades()} gives the cost of slower work in the first year.",
                    "grades",
                    "grades",
                )
            # "Up to 20%" is read as anything from nothing to the ceiling.
            basis, rows = "borrowed: anything up to a ceiling stated for IT offshoring", tuple(frame.index)
            high = float(frame["high"].max())
            self.items.append(
                Input(
                    "transition_share",
                    "slower work in the first year",
                    "share of the fee",
                    0.0,
                    high,
                    "uniform",
                    3,
                    basis,
                    rows,
                )
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

    def combine(self, route: str, baseline_route: str) -> Callable[[Mapping[str, Floats]], dict[str, Floats]]:
        p = self.p
        elapsed = {name: p.price_year - year for name, year in self.years.items()}
        reviewer = "reviewer_pay" if "reviewer_pay" in self.years else "baseline_pay"
        there = "price_drift" if self.abroad else "baseline_drift"
        names = {item.name for item in self.items}

        def rates(v: Mapping[str, Floats]) -> dict[str, Floats]:
            def today(name: str, drift: str) -> Floats:
                return np.asarray(v[name] * (1 + v[drift]) ** elapsed[name], dtype=float)

            def staff(name: str) -> Floats:
                return today(name, "baseline_drift") / (1 - v["benefits_share"]) / v["productive_hours"]

            result = dict(v)
            result["baseline_rate"] = (
                staff("baseline_pay") if baseline_route == "staff" else today("baseline_price", "baseline_drift")
            )
            result["reviewer_rate"] = staff(reviewer)
            if route == "price":
                result["provider_rate"] = today("provider_price", there)
            else:
                # Loaded pay, plus overhead that is a multiple of the bare pay, per productive hour.
                cost = (
                    today("provider_pay", there)
                    * (1 / (1 - v["benefits_share"]) + v["centre_overhead"])
                    / v["provider_hours"]
                )
                result["provider_rate"] = cost * (1 + v["provider_margin"]) if route == "pay" else cost
            nothing = np.zeros_like(result["baseline_rate"])
            for name in ("oversight_share", "selection_share", "transition_share"):
                if name not in names:
                    result[name] = nothing
            return result

        return rates
