"""What exchange rates did, year by year."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from lpo_analysis.errors import MoneyError, choices
from lpo_analysis.evidence.load import table
from lpo_analysis.evidence.money import currencies

CURRENCY_OF = {
    "USA": "USD", "IND": "INR", "PHL": "PHP", "ZAF": "ZAR", "GBR": "GBP", "LKA": "LKR", "AUS": "AUD", "CAN": "CAD", "CHN": "CNY",
    "CZE": "CZK", "HUN": "HUF", "ISR": "ILS", "MEX": "MXN", "MYS": "MYR", "POL": "PLN", "ROU": "RON", "SGP": "SGD", "BRA": "BRL",
    "IRL": "EUR", "DEU": "EUR", "ESP": "EUR", "FRA": "EUR", "NLD": "EUR", "PRT": "EUR", "EST": "EUR", "LVA": "EUR", "LTU": "EUR",
    "SVK": "EUR", "PAN": "USD",
}  # fmt: skip
"""Currency of each country that the table of exchange rates covers, ISO 4217."""

_NAMES = {
    "AUD": "Australian dollar", "BRL": "Brazilian real", "CAD": "Canadian dollar", "CNY": "Chinese yuan", "CZK": "Czech koruna", "EUR": "euro",
    "GBP": "pound sterling", "HUF": "Hungarian forint", "ILS": "Israeli shekel", "INR": "Indian rupee", "LKR": "Sri Lankan rupee", "MXN": "Mexican peso",
    "MYR": "Malaysian ringgit", "PHP": "Philippine peso", "PLN": "Polish zloty", "RON": "Romanian leu", "SGD": "Singapore dollar", "USD": "US dollar",
    "ZAR": "South African rand",
}  # fmt: skip

FEWEST = 10
"""Yearly changes from which a volatility is computed."""


def money_named(currency: str, *, article: bool = True) -> str:
    """Return what a sentence calls a currency.

    Parameters
    ----------
    currency : str
        ISO 4217 code.
    article : bool, default True
        Whether to begin with the article.

    Returns
    -------
    str
        Such as ``the Indian rupee``; the bare code of one that the tables do not hold.
    """
    name = _NAMES.get(currency)
    return currency if name is None else f"the {name}" if article else name


@lru_cache(maxsize=64)
def yearly_changes(currency: str, against: str) -> pd.Series:
    """Return how the value of a currency changed, year by year, in another.

    Parameters
    ----------
    currency, against : str
        ISO 4217 codes.

    Returns
    -------
    pandas.Series
        Nominal log changes of the units of `against` that one unit of `currency` buys, by year; years with a full year of rates
        on both sides and before.

    Raises
    ------
    MoneyError
        If a currency is not in the table.
    """
    value = _value(currency) - _value(against)
    years = value.dropna()
    changes = years.diff()[np.diff(years.index, prepend=-1) == 1]
    return changes.rename("change")


@lru_cache(maxsize=32)
def _value(currency: str) -> pd.Series:
    """Log dollars that one unit buys, by year."""
    frame = table("fx_annual")
    frame = frame[frame["months"] == 12]
    if currency == "USD":
        return pd.Series(0.0, index=pd.Index(sorted(frame["year"].unique()), name="year"))
    mine = frame[frame["currency"] == currency]
    if mine.empty:
        raise MoneyError(f"{currency!r} is no currency of the table.", remedy=choices(currency, currencies()))
    return -np.log(mine.set_index("year")["units_per_usd"].sort_index())
