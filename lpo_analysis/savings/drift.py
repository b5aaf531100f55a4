"""How prices and pay at the place moved, in real dollars, since they were observed: wages less depreciation less inflation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.errors import MoneyError
from lpo_analysis.evidence import Candidate, Evidence, climb, select
from lpo_analysis.evidence.currencies import CURRENCY_OF, money_named
from lpo_analysis.evidence.money import convert, ends, middle_year, price_years, real
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.methods.inputs import Input
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.beside import unknown
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.wording import count, listing, number, percent

if TYPE_CHECKING:
    from lpo_analysis.savings.analysis import Analysis

NAME, LABEL, UNIT = "price_drift", "real price change abroad since observed", "a year"
_DRAWS = 4096
RECENT = 10
"""Years before the price year from which a price asked for is recent."""


@dataclass(frozen=True)
class Growth:
    """Growth of pay at a place, and what exchange rate and US prices did between a price's observation and the price year.

    Parameters
    ----------
    low, high : float
        5% and 95% quantile of the nominal growth a year, widened, as shares.
    depreciation, inflation : float
        Mean log change a year of the local currency's units per dollar, and of US consumer prices, between the two years.
    year : float
        Mean year of observation.
    basis : str
        How the growth was found, in words.
    rows : tuple of str
        Identifiers of the observations.
    currency : str
        ISO 4217 code of the local currency.
    """

    low: float
    high: float
    depreciation: float
    inflation: float
    year: float
    basis: str
    rows: tuple[str, ...]
    currency: str

    @property
    def nominal(self) -> float:
        """Median nominal growth a year."""
        return float(np.sqrt(self.low * self.high))

    @property
    def full(self) -> float:
        """Log change a year of a real dollar price, had it followed the median growth all the time."""
        return float(np.log1p(self.nominal) - self.depreciation - self.inflation)


def carried_share(age: Floats | float, half_life: Floats | float, years: int) -> Floats:
    """Return which part of an excess growth was left on average, if it halves every so many years.

    Parameters
    ----------
    age : ndarray of float or float
        Years from the observation of the growth to the observation of the price; may be negative.
    half_life : ndarray of float or float
        Years in which the excess halves.
    years : int
        Whole years from the observation of the price to the price year; negative looks back.

    Returns
    -------
    ndarray of float
        Mean over the years passed of one half to the power of the distance in time over the half-life.
    """
    steps = np.arange(1, years + 1) if years >= 0 else np.arange(0, years, -1)
    if not len(steps):
        steps = np.array([0])
    distance = np.abs(np.asarray(age, dtype=float)[..., None] + steps)
    return np.asarray(np.mean(0.5 ** (distance / np.asarray(half_life, dtype=float)[..., None]), axis=-1))


@lru_cache(maxsize=64)
def observed_growth(
    evidence: Evidence, location: str, grades: tuple[str, ...], widening: float, span: tuple[int, int]
) -> Growth | None:
    """Read the growth of pay at a place, with depreciation and inflation over a span of years.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    location : str
        Where the work would go.
    grades : tuple of str
        Grades let in.
    widening : float
        Factor by which the growth is widened on either side.
    span : tuple of int
        Year in which the price was observed, and price year; different.

    Returns
    -------
    Growth or None
        None where no row, no currency or no index bears it.

    Notes
    -----
    A forecast of pay rises is never used as an actual. The rows are of providers' pay or of the whole sector's, not of prices,
    so they are borrowed whatever their number.
    """
    country = vocabulary.PLACES[location].country
    currency = CURRENCY_OF.get(country)
    if currency is None or country == "USA":
        return None
    depreciation, inflation = _change_a_year(currency, span)
    if not np.isfinite(depreciation + inflation):
        return None
    rows = select(evidence, metric="wage_growth_rate", geography=country, grades=grades, context=True, required=False)
    low, high = ends(rows)
    rows = rows.assign(low=low / 100, high=high / 100, observed=middle_year(rows))
    found = climb([Candidate(f"pay growth in {vocabulary.in_words(country)}", rows, own=False)], widening=widening)
    if found is None:
        return None
    return Growth(found.low, found.high, depreciation, inflation, found.year, found.basis, found.rows, currency)


def _change_a_year(currency: str, span: tuple[int, int]) -> tuple[float, float]:
    """Log changes a year of a currency's units per dollar and of US consumer prices; missing outside the tables."""
    start, end = min(span), max(span)
    first, last = price_years()
    if not (first <= start and end <= last):
        return float("nan"), float("nan")
    try:
        moved = np.log(_units(currency, end) / _units(currency, start))
    except MoneyError:
        return float("nan"), float("nan")
    prices = real(1.0, "USD", start, price_year=end).factor
    return float(moved / (end - start)), float(np.log(prices) / (end - start))


def _units(currency: str, year: int) -> float:
    return convert(1.0, "USD", currency, int(year)).amount


def drift_input(parameters: Parameters, *, evidence: Evidence, observed: float) -> Input:
    """Make the input "real price change abroad since observed".

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.
    observed : float
        Mean year in which the price or pay at the place was observed.

    Returns
    -------
    Input
        Real change a year, rung 3 where pay growth at the place is on file, else the parameter ``price_drift`` on rung 4.

    Notes
    -----
    The kit's money is in dollars deflated by US prices (whatever the currency shown), so a price drifts in it by local wage
    growth less depreciation against the dollar less US inflation. The last two are known for the years passed, the first only for
    the years of the rows. What it lies above the growth that would have kept to the long run (the parameter ``price_drift``) is taken
    to halve every ``drift_half_life`` years, an assumption: growth of a boom carried unchanged over many years would be a claim
    that no row bears.
    """
    return _drift(parameters.location, tuple(parameters.grades), parameters.widening, tuple(parameters.price_drift),
                  tuple(parameters.drift_half_life), parameters.price_year, round(observed, 1), evidence)  # fmt: skip


@lru_cache(maxsize=256)
def _drift(location: str, grades: tuple[str, ...], widening: float, long_run: tuple[float, float],
           half_life: tuple[float, float], price_year: int, observed: float, evidence: Evidence) -> Input:  # fmt: skip
    first, years = round(observed), price_year - round(observed)
    growth = observed_growth(evidence, location, grades, widening, (first, price_year)) if years else None
    if growth is None:
        return Input(NAME, LABEL, UNIT, long_run[0], long_run[1], "normal", 4, "parameter price_drift")
    points = uniforms(("growth", "long_run", "half_life"), draws=_DRAWS, seed=0)
    made = Input("growth", "", "", growth.low, growth.high, "lognormal", 3, "").ppf(points["growth"])
    full = np.log1p(made) - growth.depreciation - growth.inflation
    rest = Input("long_run", "", "", long_run[0], long_run[1], "normal", 4, "").ppf(points["long_run"])
    halves = Input("half_life", "", "", half_life[0], half_life[1], "lognormal", 4, "").ppf(points["half_life"])
    share = carried_share(np.full(_DRAWS, first - growth.year), halves, years)
    low, high = np.quantile(np.expm1(rest + share * (full - rest)), [0.05, 0.95])
    basis = (
        f"{growth.basis}, less depreciation and US inflation {min(first, price_year)} to {max(first, price_year)}; what lies above the "
        "long run (parameter price_drift) halves every drift_half_life years"
    )
    return Input(NAME, LABEL, UNIT, float(low), float(high), "normal", 3, basis, growth.rows)


def drift_effect(analysis: Analysis) -> Result:
    """Show what the drift is made of, and by how much it moves the net saving.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms ``used``, ``none``, ``parameter`` and, where pay growth is on file, ``full``: the net saving under each; column
        ``drift`` holds the median change a year.
    """
    from lpo_analysis.savings.analysis import quantiles

    p = analysis.parameters
    if NAME not in analysis.inputs.names:
        here, there = (vocabulary.PLACES[code].country for code in (p.baseline_location, p.location))
        reason = (
            "the work stays in the country where it is done today, so no drift of another country enters"
            if here == there
            else "the price is of the price year, so nothing has drifted since"
        )
        return unknown(
            "drift",
            "A drift of prices abroad",
            reason,
            terms={"used": "drift of this report"},
            level=p.level,
            unit="share",
        )
    item = analysis.inputs[NAME]
    observed = next(
        analysis.gathered.years[name]
        for name in ("provider_price", "provider_pay", "price")
        if name in analysis.gathered.years
    )
    first = round(observed)
    years = p.price_year - first
    growth = None
    if item.rung == 3:
        growth = observed_growth(analysis.evidence, p.location, tuple(p.grades), p.widening, (first, p.price_year))
    assumed = Input(NAME, LABEL, UNIT, p.price_drift[0], p.price_drift[1], "normal", 4, "parameter price_drift")
    cases: dict[str, tuple[str, Floats]] = {
        "used": ("drift of this report", analysis.draws[NAME]),
        "none": ("no drift", np.zeros(p.draws)),
        "parameter": ("the parameter price_drift alone", assumed.ppf(analysis.uniforms[NAME])),
    }
    if growth is not None:
        cases["full"] = ("pay growth of the rows carried in full", np.full(p.draws, float(np.expm1(growth.full))))
    records = []
    for term, (label, draws) in cases.items():
        net = analysis.costs.net_saving if term == "used" else analysis.net_saving_of({**analysis.draws, NAME: draws})
        middle, low, high = quantiles(net, p.level)
        change = float(np.median(draws))
        records.append(
            {"term": term, "label": label, "estimate": middle, "conf_low": low, "conf_high": high, "level": p.level, "unit": "share",
             "std_error": float(np.std(net)), "n_obs": len(item.rows) if term in ("used", "full") else 0,
             "method": "net saving under this drift", "drift": change, "multiple": float((1 + change) ** years)}
        )  # fmt: skip
    frame = tidy(records)
    return Result("drift", frame, _text(analysis, frame.set_index("term"), growth, years), rows=item.rows,
                  n_used=len(item.rows), checks=_checks(analysis, growth, years, frame.set_index("term")), model={"years": years})  # fmt: skip


def in_brief(analysis: Analysis) -> tuple[str, ...]:
    """Say by how much the drift of prices since they were observed moves the answer, where it does by two points or more.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    tuple of str
        One sentence, or none.
    """
    result = analysis.drift
    by = result.table.set_index("term")
    if "none" not in by.index or abs(by.at["used", "estimate"] - by.at["none", "estimate"]) < 0.02:
        return ()
    used, none = by.loc["used"], by.loc["none"]
    source = (
        "pay growth there, of which little is on file, and on an assumption of how fast it faded"
        if result.rows
        else "an assumption"
    )
    sentence = (
        f"What work costs in {vocabulary.in_words(analysis.parameters.location)} was observed {count(abs(result.model['years']), 'year')} "
        f"{'before' if result.model['years'] > 0 else 'after'} the price year. That it has changed by {_sign(used['drift'])} a year since "
        f"(median) rests on {source}: without any change the net saving would be {percent(none['estimate'])} instead of {percent(used['estimate'])}."
    )
    return (sentence,)


def _asked_since(analysis: Analysis) -> list[Check]:
    """Set prices asked lately, of whatever grade, beside the price this report arrives at."""
    from lpo_analysis.savings.analysis import quantiles
    from lpo_analysis.savings.candidates import in_money

    p = analysis.parameters
    country = vocabulary.PLACES[p.location].country
    rows = select(analysis.evidence, metric="lpo_hourly_rate", geography=country, grades=["A", "B", "C", "D"], required=False)  # fmt: skip
    recent = (rows["year_start"] >= p.price_year - RECENT) & (rows["category"] != "freelance_rate")
    rows = rows[recent & ~rows.index.isin(analysis.rows)]
    if rows.empty or "provider_rate" not in analysis.values:
        return []
    asked = in_money(rows, p)
    low, high = asked[["low", "high"]].min().min(), asked[["low", "high"]].max().max()
    middle, below, above = quantiles(analysis.values["provider_rate"], p.level)
    tasks = listing(sorted({vocabulary.label("task", t) if t != "all" else "any work" for t in rows["task"]}))
    return [
        Check(
            "Prices asked since", None,
            f"{count(len(rows), 'figure')} of the last {RECENT} years before the price year or later, of grade {listing(sorted(set(rows['grade'])))} and not used here, "
            f"{'asks' if len(rows) == 1 else 'ask'} {number(low, digits=2)} to {number(high, digits=2)} an hour for {tasks}; this report arrives at "
            f"{number(middle, digits=2)} ({number(below, digits=2)} to {number(above, digits=2)}), all in {p.currency} of {p.price_year}.",
        )
    ]  # fmt: skip


def _text(analysis: Analysis, by: pd.DataFrame, growth: Growth | None, years: int) -> str:
    p = analysis.parameters
    where = vocabulary.in_words(p.location)
    used, none = by.loc["used"], by.loc["none"]
    when = (
        f"{count(abs(years), 'year')} {'before' if years > 0 else 'after'} the price year"
        if years
        else "in the price year"
    )
    if growth is None:
        why = (
            "no growth of pay there is on file with a currency and an index at these grades"
            if years
            else "no time has passed"
        )
        opening = (
            f"The figures used for {where} were observed {when}; {why}, so the drift is the parameter price_drift."
        )
    else:
        opening = (
            f"Pay in {where} grew by about {percent(growth.nominal)} in {growth.year:.0f} ({growth.basis}). Between the observation of the figures used, "
            f"{when}, and the price year {money_named(growth.currency)} {_moved(growth.depreciation)} a year against the dollar and US prices rose by "
            f"{percent(growth.inflation, width=0.05)} a year, so pay that had gone on growing like that would have changed a real dollar price by "
            f"{_sign(np.expm1(growth.full))} a year. Carried as an excess that fades, it is {_sign(used['drift'])} a year in the median, "
            f"which makes the price {number(used['multiple'])} times the one observed."
        )
    before, after = percent(none["estimate"]), percent(used["estimate"])
    effect = (
        f"With or without a drift the net saving is {after} (medians)"
        if before == after
        else f"Without any drift the net saving would be {before}, with it {after} (medians)"
    )
    if "full" in by.index:
        full = by.loc["full"]
        effect += (
            f"; carried in full, which no row bears, the price would be {number(full['multiple'], digits=2)} times the one observed and "
            + (
                f"the net saving {percent(full['estimate'])}"
                if full["estimate"] > -2
                else f"the work would cost {number(1 - full['estimate'], digits=2)} times what it costs today"
            )
        )
    return f"{opening} {effect}."


def _moved(depreciation: float) -> str:
    return f"{'lost' if depreciation >= 0 else 'gained'} {percent(abs(depreciation), width=0.05)}"


def _sign(change: float) -> str:
    return f"{'+' if change >= 0 else '-'}{percent(abs(change), width=0.05)}"


def _checks(analysis: Analysis, growth: Growth | None, years: int, by: pd.DataFrame) -> tuple[Check, ...]:
    p = analysis.parameters
    shift = abs(by.at["used", "estimate"] - by.at["none", "estimate"])
    width = by.at["used", "conf_high"] - by.at["used", "conf_low"]
    made = [
        Check("Weight of the drift", bool(shift <= width / 4),
              f"The drift moves the median net saving by {100 * shift:.0f} percentage points, of an interval {100 * width:.0f} points wide."),
        Check("Prices are not pay", None, "What moves is taken from pay; whether providers' prices followed pay is not on file."),
    ]  # fmt: skip
    made += _asked_since(analysis)
    if growth is None:
        return tuple(made)
    implied = np.expm1(np.log1p(by.at["used", "drift"]) + growth.depreciation + growth.inflation)
    made.append(
        Check("Implied pay growth", None,
              f"The drift used implies that pay there grew by {percent(implied, width=0.05)} a year in local money over the {count(abs(years), 'year')} between.")
    )  # fmt: skip
    country = vocabulary.PLACES[p.location].country
    told = select(analysis.evidence, metric="wage_growth_rate", geography=country, status=["forecast"], grades=p.grades, context=True,
                  required=False).dropna(subset=["value"]).sort_values("year_end")  # fmt: skip
    if len(told):
        said = [f"{percent(row.value / 100)} for {row.year_end}" for row in told.itertuples()]
        made.append(
            Check(
                "Forecasts left out",
                None,
                f"Forecasts of pay growth on file are no actuals and not used: {listing(said)}.",
            )
        )
    return tuple(made)
