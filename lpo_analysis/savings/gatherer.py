"""The inputs of one question, from today's cost to the share of the budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Candidate, Evidence, Evidenced, as_shares, climb
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.dependence import Correlations
from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.savings.candidates import PAID_HOURS, baseline_candidates, is_own_staff, staff_candidates
from lpo_analysis.savings.collector import GapError, by_metric
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.savings.payments import HOUR_BOUGHT, Payments
from lpo_analysis.savings.rates import BilledRate, Rates
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
    same_rows : bool
        Whether the hour bought is priced from the rows of today's price, which cannot tell the two apart.
    """

    inputs: Inputs
    rates: Rates
    notes: tuple[str, ...]
    n_set_aside: int
    moved_reason: str | None
    years: Mapping[str, float]
    off: Mapping[str, str]
    same_rows: bool = False

    @property
    def route(self) -> str:
        """Where the price of whoever does the work comes from, see `Rates`."""
        return self.rates.route

    @property
    def moved_at_most(self) -> bool:
        """Whether a whole category of vendors stands in for the share of the budget that the work is."""
        return "moved_share" in self.inputs.names and bool(self.inputs["moved_share"].rows)

    @property
    def baseline_route(self) -> str:
        """``rate`` (a price paid to others) or ``staff`` (the cost of own staff)."""
        return self.rates.baseline_route

    def billed_at(self, billed: BilledRate) -> Gathered:
        """Put what was billed in the place of the price on file.

        Parameters
        ----------
        billed : BilledRate
            What an hour of today's work was billed at.

        Returns
        -------
        Gathered
            Without the input that this makes needless.
        """
        unused = (
            "baseline_price"
            if self.rates.reviewer == "baseline_pay"
            else f"baseline_{'price' if self.baseline_route == 'rate' else 'pay'}"
        )
        kept = self.inputs
        if self.rates.one_price:
            # What was billed takes the place of today's price alone; what the rows say of it stays the price of the hour bought.
            kept = Inputs(
                tuple(replace(i, name="provider_price", label=HOUR_BOUGHT) if i.name == unused else i for i in kept),
                correlations=tuple((_bought(a), _bought(b), rank) for a, b, rank in kept.correlations),
                coupling=kept.coupling,
            )
        items = tuple(item for item in kept if item.name != unused)
        ranks = tuple(rank for rank in kept.correlations if unused not in rank[:2])
        inputs = Inputs(items, correlations=ranks, coupling=kept.coupling)
        rates = replace(self.rates, billed=billed, one_price=False)
        return replace(self, inputs=inputs, rates=rates, same_rows=False)


def _bought(name: str) -> str:
    return "provider_price" if name == "baseline_price" else name


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


_HOME = ("task", "buyer", "buyer_size", "baseline", "baseline_location", "currency", "price_year", "grades", "widening")
"""Parameters on which the inputs of today's side depend."""


def _at_home(parameters: Parameters) -> Parameters:
    """Reduce a question to what today's side depends on, so that the ways of doing the work share that side."""
    default = dict(Parameters.model_construct())
    return Parameters.model_construct(**default | {name: getattr(parameters, name) for name in _HOME})


@lru_cache(maxsize=256)
def _today(home: Parameters, evidence: Evidence) -> tuple[Evidenced | None, str | None]:
    candidates, note = baseline_candidates(evidence, home)
    return climb(candidates, widening=home.widening), note


@lru_cache(maxsize=256)
def _lawyers(home: Parameters, evidence: Evidence) -> Evidenced | None:
    return climb(staff_candidates(evidence, home, "lawyer"), widening=home.widening)


@lru_cache(maxsize=256)
def _hours(home: Parameters, evidence: Evidence) -> Evidenced | None:
    """Productive hours of a lawyer and year, from billable ones."""
    place = vocabulary.PLACES[home.baseline_location]
    own = home.buyer == "law_firm"
    where = {"USA": "associates in the United States", "GBR": "solicitors in midsize UK firms"}
    candidates = []
    for country in ["GBR", "USA"] if place.country == "GBR" else ["USA"]:
        rows = by_metric(evidence, "lawyer_hours_per_year", "billable", country, tuple(home.grades))
        low, high = ends(rows)
        frame = rows.assign(low=low, high=high, observed=rows["year_start"].astype(int))
        name = f"billable hours of {where[country]}"
        candidates.append(Candidate(name, frame, own=own and country == place.country))
    found = climb(candidates, widening=home.widening)
    if found is not None and found.high > PAID_HOURS:
        return replace(found, high=PAID_HOURS, basis=f"{found.basis}, capped at {PAID_HOURS:,.0f}")
    return found


@lru_cache(maxsize=64)
def _lag(evidence: Evidence, grades: tuple[str, ...]) -> tuple[tuple[str, ...], float]:
    """Rows on slower work in the first year, and the ceiling: "up to 20%" is read as anything from nothing to it."""
    frame = as_shares(by_metric(evidence, "transition_cost_share", "productivity_lag", None, grades), ceiling_from=0.0)
    return tuple(map(str, frame.index)), float(frame["high"].max()) if len(frame) else float("nan")


class _Gatherer(Payments):
    """Collects everything, in the order in which it is shown."""

    def run(self) -> Gathered:
        p = self.p
        self.home = _at_home(p)
        baseline_route = self.baseline()
        self.reviewer(baseline_route)
        route, pace = self.assisted() if p.delivery_model == "ai_assisted" else self.paid()
        self.drift()
        if p.delivery_model != "ai_assisted":
            self.around()
        self.assume("setup_hours", "own lawyers' hours to vet, contract, instruct", "hours", p.setup_hours, "lognormal")
        reason = self.moved()
        same_rows, one_price = self.priced_alike()
        self.warn()
        elapsed = {name: p.price_year - year for name, year in self.years.items()}
        rates = Rates(
            route, baseline_route, "reviewer_pay" if "reviewer_pay" in self.years else "baseline_pay",
            "price_drift" if self.abroad else "baseline_drift", elapsed, pace, one_price=one_price,
        )  # fmt: skip
        inputs = Inputs(tuple(self.items), correlations=self.correlated())
        return Gathered(inputs, rates, tuple(self.notes), self.set_aside, reason, self.years, self.off, same_rows)

    def priced_alike(self) -> tuple[bool, bool]:
        """Say whether both ways are priced from the same rows, and whether these are read alike, so that there is one price and not two."""
        by_name = {item.name: item for item in self.items}
        today, bought = by_name.get("baseline_price"), by_name.get("provider_price")
        if today is None or bought is None or not set(today.rows) & set(bought.rows):
            return False, False
        one = set(today.rows) == set(bought.rows) and today.shape == bought.shape and not self.abroad
        if one:
            # Two independent draws of one figure would show a difference that no row knows of.
            self.items.remove(bought)
        self.notes.append(
            "Both ways are priced from the same rows, which cannot tell them apart: "
            + ("an hour costs the same either way, and what is left is what arises around it." if one else
               "what the two differ in by the hour is only what is not known of either.")
        )  # fmt: skip
        return True, one

    def correlated(self) -> Correlations:
        """Keep the correlations whose inputs this question has; a comparator may not have all of them."""
        names = {item.name for item in self.items}
        kept = []
        for first, second, rank in self.p.correlations:
            missing = [name for name in (first, second) if name not in names]
            if missing:
                self.notes.append(
                    f"The correlation of {first} with {second} is left out: there is no input {' and no '.join(missing)} here."
                )
            else:
                kept.append((first, second, rank))
        return tuple(kept)

    def warn(self) -> None:
        """Say what of the question itself a reader must know."""
        p = self.p
        if p.volume_hours < p.minimum_hours:
            self.notes.append(
                f"The volume (volume_hours, {p.volume_hours:,.0f} hours a year) is below the smallest contract (minimum_hours, "
                f"{p.minimum_hours:,.0f}), so the smallest contract is billed."
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
        found, note = _today(self.home, self.evidence)
        if found is None:
            buyer, place = vocabulary.label("buyer", p.buyer), vocabulary.in_words(p.baseline_location)
            what = (
                f"No figure of grade {self.grades()} says what an hour of {article(role)} costs a {buyer} in {place}."
            )
            raise GapError(what, f"baseline {p.baseline}, baseline_location {p.baseline_location}", "baseline")
        if note:
            self.notes.append(note)
        if is_own_staff(p):
            kind = "paralegals" if p.baseline == "paralegal" else "lawyers"
            self.put("baseline_pay", f"yearly pay of own {kind}", f"{self.money} a year", found, "lognormal")
            return "staff"
        self.put("baseline_price", f"price of an hour of {article(role)}", f"{self.money} an hour", found, "lognormal")
        return "rate"

    def reviewer(self, baseline_route: str) -> None:
        """Pay of the buyer's own lawyers, who check, vet and instruct; the baseline's own where that is a lawyer."""
        p = self.p
        if baseline_route != "staff" or p.baseline == "paralegal":
            pay = _lawyers(self.home, self.evidence)
            if pay is None:
                place = vocabulary.in_words(p.baseline_location)
                what = f"No figure of grade {self.grades()} says what lawyers earn in {place}."
                raise GapError(what, f"baseline_location {p.baseline_location}", "baseline")
            self.put("reviewer_pay", "yearly pay of own lawyers", f"{self.money} a year", pay, "lognormal")
        hours = _hours(self.home, self.evidence)
        if hours is None:
            what = f"No figure of grade {self.grades()} says how many productive hours a lawyer has."
            raise GapError(what, "grades", "grades")
        self.put("productive_hours", "productive hours a lawyer and year", "hours", hours, "lognormal")
        whose, metric = "US private industry, all occupations", "benefits_share_of_compensation"
        label = "benefits as a share of compensation"
        if self.borrow("benefits_share", label, "share", whose, metric, "private_industry", "USA") is None:
            raise GapError(f"No figure of grade {self.grades()} says what benefits add to pay.", "grades", "grades")

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
        """Add what arises because the work leaves the country."""
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
        rows, high = _lag(self.evidence, tuple(p.grades))
        if not rows:
            what = f"No figure of grade {self.grades()} gives the cost of slower work in the first year."
            raise GapError(what, "grades", "grades")
        basis, label = "borrowed: anything up to a ceiling stated for IT offshoring", "slower work in the first year"
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
