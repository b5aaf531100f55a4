"""The cost model: what the work costs today, and what it would cost otherwise, line by line and year by year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add

import numpy as np

from lpo_analysis.methods.draws import Floats

LINES = {
    "fee": "provider's fee",
    "currency": "exchange rate",
    "oversight": "oversight",
    "communication": "communication",
    "quality_control": "quality control",
    "rework": "rework",
    "selection": "selecting the provider",
    "transition": "slower first year",
    "attrition": "attrition",
    "technology": "technology",
    "travel": "travel",
    "tax": "tax across the border",
    "indemnity": "indemnity cover",
    "setup": "set-up by own lawyers",
    "exit": "exit",
}
"""Cost lines of the work done otherwise, in the order in which they are shown."""

_NAMES: dict[str, dict[str, str]] = {
    "captive": {"fee": "cost of the centre"},
    "contract_attorney": {"fee": "contract attorneys' fee", "selection": "selecting them"},
    "law_firm": {"fee": "law firm's fee", "selection": "selecting the law firm"},
    "in_house": {"fee": "cost of own lawyers"},
    "ai_assisted": {"fee": "software by the document", "quality_control": "own lawyers going over it", "rework": "errors nobody went over",
                    "technology": "AI licences"},
}  # fmt: skip


def labels(delivery_model: str) -> dict[str, str]:
    """Name the cost lines for one way of doing the work.

    Parameters
    ----------
    delivery_model : str
        Who would do the work.

    Returns
    -------
    dict of str to str
        What a reader sees, by line.
    """
    return LINES | _NAMES.get(delivery_model, {})


FEE_SHARES = {
    "oversight": "oversight_share", "selection": "selection_share", "transition": "transition_share", "technology": "technology_share",
    "travel": "travel_share", "tax": "tax_share", "indemnity": "indemnity_share", "exit": "exit_share",
}  # fmt: skip
"""Lines that are a share of a year's fee, and the value that holds the share."""

TIMING = {"selection": "start", "setup": "start", "transition": "first", "exit": "end", "currency": "growing"}
"""When a line falls due: at the start, in the first year, at the end, or as what exchange rates add; every year otherwise."""

_OF_HOURS = ("communication", "quality_control", "rework")


@dataclass(frozen=True)
class Terms:
    """What the buyer decides rather than what is uncertain.

    Parameters
    ----------
    volume_hours : float
        Hours of the work a year, as done today.
    horizon_years : int
        Years counted.
    discount_rate : float
        Real rate a year, as a share.
    delivery_model : str, default 'provider'
        Who would do the work; ``ai_assisted`` has cost lines of its own.
    pricing_model : str, default 'hourly'
        How an outside provider is paid.
    minimum_hours : float, default 0
        Hours a year that are billed at least.
    """

    volume_hours: float
    horizon_years: int
    discount_rate: float
    delivery_model: str = "provider"
    pricing_model: str = "hourly"
    minimum_hours: float = 0.0

    @property
    def annuity(self) -> float:
        """Present value of one a year, paid at the end of each year."""
        if self.discount_rate == 0:
            return float(self.horizon_years)
        return (1 - (1 + self.discount_rate) ** -self.horizon_years) / self.discount_rate

    def growing(self, growth: Floats) -> Floats:
        """Return the present value of an amount of one that grows every year.

        Parameters
        ----------
        growth : ndarray of float
            Growth a year, as a share.

        Returns
        -------
        ndarray of float
            The sum of ``((1 + growth) / (1 + discount_rate)) ** t`` over the years.
        """
        step = (1 + growth) / (1 + self.discount_rate)
        total = np.zeros_like(step)
        for _ in range(self.horizon_years):  # Horner's scheme, which has no singular case
            total = step * (1 + total)
        return total


@dataclass(frozen=True, eq=False)
class Costs:
    """What both ways cost, one element a draw.

    Parameters
    ----------
    terms : Terms
        Volume, horizon, discount rate, and how it is paid.
    today : ndarray of float
        What the work costs in a year as it is done today.
    amounts : dict of str to ndarray of float
        What it costs otherwise, by the lines of `LINES` that apply, undiscounted: once or in a year, see `TIMING`.
    baseline_rate, provider_rate, reviewer_rate : ndarray of float
        Costs an hour, in the money of the report.
    values : mapping of str to ndarray of float
        The values they were computed from.
    """

    terms: Terms
    today: Floats
    amounts: dict[str, Floats]
    baseline_rate: Floats
    provider_rate: Floats
    reviewer_rate: Floats
    values: Mapping[str, Floats]

    @cached_property
    def _growing(self) -> Floats:
        return self.terms.growing(self.values["currency_change"])

    def _factor(self, line: str) -> float | Floats:
        """Present value of one unit of a line's amount."""
        t = self.terms
        timing = TIMING.get(line, "yearly")
        if timing == "growing":
            return self._growing - t.annuity
        years = {"start": 0, "first": 1, "end": t.horizon_years}
        return float((1 + t.discount_rate) ** -years[timing]) if timing in years else t.annuity

    @cached_property
    def lines(self) -> dict[str, Floats]:
        """Present values over the horizon, by line."""
        return {line: amount * self._factor(line) for line, amount in self.amounts.items()}

    @cached_property
    def baseline(self) -> Floats:
        """Present value of what the work costs as it is done today."""
        return self.terms.annuity * self.today

    @cached_property
    def alternative(self) -> Floats:
        """Present value of what the work costs otherwise, all lines."""
        return reduce(add, self.lines.values())

    @cached_property
    def rate_gap(self) -> Floats:
        """Headline: one minus the other way's cost by the hour over today's. Positive: it is cheaper by the hour."""
        return 1 - self.provider_rate / self.baseline_rate

    @cached_property
    def net_saving(self) -> Floats:
        """Share of the cost of the work moved that is saved over the horizon. Positive: the buyer pays less."""
        return 1 - self.alternative / self.baseline

    @cached_property
    def net_present_value(self) -> Floats:
        """What is saved over the horizon in money of today. Positive: the buyer pays less."""
        return self.baseline - self.alternative

    @cached_property
    def flows(self) -> Floats:
        """What is saved in each year.

        Returns
        -------
        ndarray of float, shape (draws, horizon_years + 1)
            Undiscounted; the first column is the start, the others are ends of years.
        """
        years = self.terms.horizon_years
        made = np.zeros((len(self.today), years + 1))
        made[:, 1:] = self.today[:, None]
        columns = {"start": slice(0, 1), "first": slice(1, 2), "end": slice(years, years + 1), "yearly": slice(1, None)}
        for line, amount in self.amounts.items():
            timing = TIMING.get(line, "yearly")
            if timing == "growing":
                level = (1 + self.values["currency_change"])[:, None] ** np.arange(1, years + 1)
                made[:, 1:] -= amount[:, None] * (level - 1)
            else:
                made[:, columns[timing]] -= amount[:, None]
        return made

    def _sum(self, names: tuple[str, ...], *, others: bool = False) -> Floats:
        chosen = [draws for line, draws in self.lines.items() if (line in names) is not others]
        return reduce(add, chosen) if chosen else np.zeros_like(self.today)

    @cached_property
    def of_fee(self) -> Floats:
        """Present value of the fee and of every line that follows it."""
        return self._sum((*_OF_HOURS, "setup"), others=True)

    @cached_property
    def of_hours(self) -> Floats:
        """Present value of the lines that follow the volume, whatever the fee."""
        return self._sum(_OF_HOURS)

    @cached_property
    def break_even_volume(self) -> Floats:
        """Smallest number of hours a year at which moving pays; infinite where no volume makes it pay.

        With dedicated persons the number of persons jumps, so that a volume just above may not pay again.
        """
        t, v = self.terms, self.values
        once = self.lines.get("setup", np.zeros_like(self.today))
        gain = (self.baseline - self.of_hours) / t.volume_hours  # of an hour, before the fee
        with np.errstate(divide="ignore", invalid="ignore"):
            if t.pricing_model == "fixed_fee":
                return np.where(gain > 0, (once + self.of_fee) / gain, np.inf)
            speed = v["productivity"] if t.pricing_model in ("hourly", "fte") and "productivity" in v else 1.0
            if t.pricing_model == "fte":
                hours = v["provider_hours"] * speed  # of today's work, a person
                person = self.of_fee / _persons(np.maximum(t.volume_hours / speed, t.minimum_hours), v)
                least = np.maximum(_persons(t.minimum_hours, v), 1.0)
                surplus = hours * gain - person
                persons = np.maximum(np.ceil(np.where(surplus > 0, once / surplus, np.inf)), least)
                # Up to the smallest contract more volume costs no more, even where a person more would not pay.
                within = (once + least * person) / np.where(gain > 0, gain, np.nan)
                beyond = np.where(np.isfinite(persons), (once + persons * person) / gain, np.inf)
                return np.where((gain > 0) & (within <= least * hours), within, beyond)
            billed = np.maximum(t.volume_hours / speed, t.minimum_hours)
            hour = self.of_fee / billed  # of the fee and all that follows it
            floor = speed * t.minimum_hours
            within = (once + hour * t.minimum_hours) / np.where(gain > 0, gain, np.nan)
            surplus = gain - hour / speed
            beyond = np.where(surplus > 0, once / np.where(surplus > 0, surplus, 1.0), np.inf)
            return np.where((gain > 0) & (within <= floor), within, beyond)

    @cached_property
    def break_even_rate(self) -> Floats:
        """The other way's cost by the hour at which nothing is saved; below zero where even free work would cost more."""
        room = self.baseline - self.of_hours - self.lines.get("setup", 0.0)
        return self.provider_rate * room / self.of_fee

    @cached_property
    def break_even_currency(self) -> Floats:
        """Lasting real rise of the currency there at which nothing is saved, as a share; below zero where it must fall."""
        return self.net_present_value / (self.amounts["currency"] * self._growing)


def costs(values: Mapping[str, Floats], terms: Terms) -> Costs:
    """Compute the costs of both ways.

    Parameters
    ----------
    values : mapping of str to ndarray of float
        Draws of ``baseline_rate`` and ``reviewer_rate`` (money an hour) and ``setup_hours``. For own lawyers with AI see
        Notes; for any other way ``provider_rate`` (money an hour) or ``unit_price`` (money a document, contract, person and
        year, or year), ``productivity`` (work an hour as a multiple of today's), and where the line applies:
        ``quality_control_share`` and ``communication_share`` (own hours per hour bought), ``rework_share`` (of the work), the
        shares of a year's fee in `FEE_SHARES`, ``turnover_share`` and ``relearning_share`` (of a person's year),
        ``currency_change`` (real, a year) and ``local_currency_share`` (of the fee that follows it; all of it by default). What is missing is a line that does not apply.
    terms : Terms
        Volume, horizon, discount rate, and how it is paid.

    Returns
    -------
    Costs
        One element a draw.

    Notes
    -----
    Selection and set-up fall at the start, everything else at the end of a year: slower work in the first, the exit in the
    last. Everything is in real money, so the discount rate is real. Rework is done at today's cost; checking, calls, vetting and
    instructing by the buyer's own lawyers.

    Own lawyers with AI pay the software by the document (``software_rate``, money per hour of today's work, where there is such
    a price), go over a share of the work (``ai_check_share``) as fast as persons with AI do in trials
    (``ai_productivity``), pay licences as a share of the cost of those who use them (``ai_licence_share``), and bear the errors
    (``ai_error_share``) in what nobody went over, each at a multiple of what doing it costs (``ai_error_multiple``).
    """
    volume = terms.volume_hours
    amounts, by_the_hour = (_assisted if terms.delivery_model == "ai_assisted" else _moved)(values, terms)
    amounts["setup"] = values["setup_hours"] * values["reviewer_rate"]
    ordered = {line: amounts[line] for line in LINES if line in amounts}
    today = volume * values["baseline_rate"]
    return Costs(terms, today, ordered, values["baseline_rate"], by_the_hour, values["reviewer_rate"], values)


def _moved(v: Mapping[str, Floats], terms: Terms) -> tuple[dict[str, Floats], Floats]:
    volume = terms.volume_hours
    hours = volume / v["productivity"] if "productivity" in v else np.full_like(v["baseline_rate"], volume)
    fee, by_the_hour = _fee(v, terms, hours)
    amounts = {"fee": fee} | {line: fee * v[name] for line, name in FEE_SHARES.items() if name in v}
    if "currency_change" in v:
        amounts["currency"] = fee * v.get("local_currency_share", np.float64(1.0))
    if "turnover_share" in v and "relearning_share" in v:
        amounts["attrition"] = fee * v["turnover_share"] * v["relearning_share"]
    for line, name in (("communication", "communication_share"), ("quality_control", "quality_control_share")):
        if name in v:
            amounts[line] = hours * v[name] * v["reviewer_rate"]
    if "rework_share" in v:
        amounts["rework"] = volume * v["rework_share"] * v["baseline_rate"]
    return amounts, by_the_hour


def _fee(v: Mapping[str, Floats], terms: Terms, hours: Floats) -> tuple[Floats, Floats]:
    """Yearly fee, and what that is by the hour: of the provider, or of today's work where documents or contracts are paid."""
    least = terms.minimum_hours
    if terms.pricing_model == "hourly":
        return np.maximum(hours, least) * v["provider_rate"], v["provider_rate"]
    price = v["unit_price"]
    if terms.pricing_model == "fte":
        return _persons(np.maximum(hours, least), v) * price, price / v["provider_hours"]
    if terms.pricing_model == "fixed_fee":
        return price, price / hours
    by_the_hour = price / v["hours_per_unit"]
    return max(terms.volume_hours, least) * by_the_hour, by_the_hour


def _persons(hours: Floats | float, v: Mapping[str, Floats]) -> Floats:
    """Whole persons for so many hours; a rounding error over a whole number is no further person."""
    return np.ceil(hours / v["provider_hours"] - 1e-9)


def _assisted(v: Mapping[str, Floats], terms: Terms) -> tuple[dict[str, Floats], Floats]:
    volume, rate = terms.volume_hours, v["reviewer_rate"]
    people = v["ai_check_share"] / v["ai_productivity"] * rate
    amounts = {
        "quality_control": volume * people,
        "rework": volume * v["ai_error_share"] * (1 - v["ai_check_share"]) * v["ai_error_multiple"] * rate,
        "technology": volume * people * v["ai_licence_share"],
    }
    if "software_rate" in v:
        amounts["fee"] = volume * v["software_rate"]
        people = people + v["software_rate"]
    return amounts, people
