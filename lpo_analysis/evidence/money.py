"""Money of one currency and one price year, with the rate, its year and its source on record.

An amount is converted at the rate of the year it was observed in, deflated by the US consumer price index, and only then
put into the currency asked for, at the rate of the price year.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lpo_analysis.errors import MoneyError, choices
from lpo_analysis.evidence.load import table


@dataclass(frozen=True)
class Conversion:
    """One amount and what was done to it.

    Parameters
    ----------
    amount : float
        The result, in `currency` of `price_year`.
    currency : str
        ISO 4217 code of the result.
    price_year : int
        Year whose prices the result is in.
    factor : float
        Result divided by the amount put in.
    record : str
        Rates, years and sources, in words.
    undeflated : bool
        Whether a year lies after the last year of the price index, so that nothing was deflated.
    """

    amount: float
    currency: str
    price_year: int
    factor: float
    record: str
    undeflated: bool


@lru_cache(maxsize=1)
def _rates() -> dict[tuple[str, int], tuple[float, str]]:
    frame = table("fx_annual")
    # A year with fewer than twelve months of rates is no yearly average.
    frame = frame[frame["months"] == 12]
    columns = zip(frame["currency"], frame["year"], frame["units_per_usd"], frame["source"], strict=True)
    return {(str(c), int(y)): (float(r), str(s)) for c, y, r, s in columns}


@lru_cache(maxsize=1)
def _prices() -> dict[int, float]:
    frame = table("cpi_us_annual")
    return {
        int(year): float(index)
        for year, index in zip(frame["year"], frame["all_items_index"], strict=True)
        if index > 0
    }


def currencies() -> list[str]:
    """Return the currencies of the tables, US dollar first.

    Returns
    -------
    list of str
        ISO 4217 codes.
    """
    return ["USD", *sorted({currency for currency, _ in _rates()})]


def price_years() -> tuple[int, int]:
    """Return the first and last year of the US consumer price index.

    Returns
    -------
    tuple of int
        First and last year.
    """
    return min(_prices()), max(_prices())


def convert(amount: float, currency: str, to: str, year: int) -> Conversion:
    """Convert an amount between currencies at the average rate of a year.

    Parameters
    ----------
    amount : float
        Amount in `currency`.
    currency, to : str
        ISO 4217 codes.
    year : int
        Year of the rate.

    Returns
    -------
    Conversion
        The amount in `to`, prices of the same year.

    Raises
    ------
    MoneyError
        If a currency or year is not in the tables; names what there is.
    """
    first, said = _per_usd(currency, year)
    second, also = _per_usd(to, year)
    factor = second / first
    record = "; ".join(dict.fromkeys(text for text in (said, also) if text)) or "no conversion"
    return Conversion(amount * factor, to, year, factor, record, undeflated=False)


def _per_usd(currency: str, year: int) -> tuple[float, str]:
    if currency == "USD":
        return 1.0, ""
    hit = _rates().get((currency, int(year)))
    if hit is None:
        years = [y for c, y in _rates() if c == currency]
        if not years:
            raise MoneyError(f"{currency!r} is no currency of the table.", remedy=choices(currency, currencies()))
        raise MoneyError(
            f"There is no yearly rate of {currency} for {year}.", remedy=f"The table has {min(years)} to {max(years)}."
        )
    rate, source = hit
    return rate, f"{rate:g} {currency} per USD ({year}, {source})"


def real(amount: float, currency: str, year: int, *, to: str = "USD", price_year: int) -> Conversion:
    """Put an amount into the money of one currency and price year.

    Parameters
    ----------
    amount : float
        Amount in `currency`, nominal.
    currency : str
        ISO 4217 code.
    year : int
        Year in which it was observed.
    to : str, default 'USD'
        Currency of the result.
    price_year : int
        Year whose prices the result is in.

    Returns
    -------
    Conversion
        The amount; ``undeflated`` where `year` lies after the last index year.

    Raises
    ------
    MoneyError
        If a currency or year is outside the tables.
    """
    first, last = price_years()
    if not first <= price_year <= last:
        raise MoneyError(
            f"The price year {price_year} is outside the price index.", remedy=f"It covers {first} to {last}."
        )
    if year < first:
        raise MoneyError(f"A figure of {year} cannot be deflated.", remedy=f"The price index covers {first} to {last}.")
    start = convert(amount, currency, "USD", year)
    undeflated = year > last
    inflation = 1.0 if undeflated else _prices()[price_year] / _prices()[year]
    end = convert(start.amount * inflation, "USD", to, price_year)
    steps = [text for text in (start.record, "" if undeflated else f"US CPI {year} to {price_year} x {inflation:.4f}", end.record)
             if text and text != "no conversion"]  # fmt: skip
    if undeflated:
        steps.append(f"not deflated: {year} lies after the last index year {last}")
    factor = start.factor * inflation * end.factor
    return Conversion(amount * factor, to, price_year, factor, "; ".join(steps) or "no conversion", undeflated)


def real_frame(frame: pd.DataFrame, *, to: str = "USD", price_year: int) -> pd.DataFrame:
    """Put money observations into one currency and price year.

    Parameters
    ----------
    frame : pandas.DataFrame
        Observations whose unit begins with a currency, such as ``GBP_per_hour``.
    to : str, default 'USD'
        Currency of the result.
    price_year : int
        Year whose prices the result is in.

    Returns
    -------
    pandas.DataFrame
        A copy with ``real_low`` and ``real_high`` (equal for a point; missing on the open side of a floor or ceiling),
        ``money_record``, ``undeflated`` and ``observed`` (the year used: the middle of the period).

    Raises
    ------
    MoneyError
        If a unit is no money, or a rate is missing.
    """
    observed = middle_year(frame)
    made: dict[tuple[str, int], Conversion] = {}
    steps = []
    for name, unit, year in zip(frame.index, frame["unit"], observed.tolist(), strict=True):
        currency = str(unit).split("_")[0]
        if len(currency) != 3 or not currency.isupper():
            raise MoneyError(f"The unit {unit!r} is no money.", where=f"observation {name}")
        if (currency, year) not in made:
            made[currency, year] = real(1.0, currency, year, to=to, price_year=price_year)
        steps.append(made[currency, year])
    factor = np.array([step.factor for step in steps], dtype=float)
    low, high = ends(frame)
    return frame.assign(
        real_low=low * factor,
        real_high=high * factor,
        money_record=pd.Series([step.record for step in steps], frame.index, dtype=str),
        undeflated=pd.Series([step.undeflated for step in steps], frame.index, dtype=bool),
        observed=observed,
    )


def middle_year(frame: pd.DataFrame) -> pd.Series:
    """Return the year each figure is of: the middle of its period.

    Parameters
    ----------
    frame : pandas.DataFrame
        Observations.

    Returns
    -------
    pandas.Series of int
        One year a row.
    """
    return (frame["year_start"].astype("int64") + frame["year_end"].astype("int64")) // 2


def ends(figures: pd.DataFrame | pd.Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the two ends of figures.

    Parameters
    ----------
    figures : pandas.DataFrame or pandas.Series
        Observations, or the one of a single row.

    Returns
    -------
    tuple of ndarray of float
        One element a row (without dimension for a single row): both the value for a point; NaN on the open side of a floor
        or ceiling.
    """
    form, value = figures["form"], figures["value"]
    point, both = form == "point", form == "range"
    low = np.where(point, value, np.where(both | (form == "floor"), figures["lower"], np.nan))
    high = np.where(point, value, np.where(both | (form == "ceiling"), figures["upper"], np.nan))
    return low, high
