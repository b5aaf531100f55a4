"""A buyer's own quotes for the same work, as a file: read so that nothing a provider is called by is ever repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lpo_analysis import vocabulary
from lpo_analysis.errors import Fault, MoneyError, ParameterError
from lpo_analysis.evidence.money import currencies, price_years, real
from lpo_analysis.evidence.own_table import (
    OwnTable,
    Reader,
    one_of,
    read_code,
    read_numbers,
    read_own,
    read_place,
    word_of,
    wrong,
)
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check
from lpo_analysis.wording import count, listing, number

if TYPE_CHECKING:
    from lpo_analysis.savings.parameters import Parameters

COLUMNS = ("quote", "task", "pricing_model", "price", "currency", "year", "location", "volume_hours", "minimum_hours")
REQUIRED = ("task", "pricing_model", "price", "currency", "year")
_MOST = 1e12
_APART = 1.5
"""Largest over smallest volume from which on prices may differ because of it."""


@dataclass(frozen=True, eq=False)
class OwnQuotes:
    """Quotes for one kind of work, without who made them.

    Parameters
    ----------
    task, pricing_model, currency : str
        What all quotes are for, the unit of their prices, and its money.
    price, year : ndarray of float, shape (quotes,)
        Prices as quoted, and the years they were made in.
    locations : tuple of str
        Codes of places; empty text where not told.
    volume_hours, minimum_hours : ndarray of float, shape (quotes,)
        Hours a year the quote is for, and the least it bills; NaN where not told.
    label : str
        Name of the file.
    lines : tuple of int
        Row of each quote.
    n_ignored : int
        Columns of the file that are not of the template and were not read.
    """

    task: str
    pricing_model: str
    currency: str
    price: Floats
    year: Floats
    locations: tuple[str, ...]
    volume_hours: Floats
    minimum_hours: Floats
    label: str
    lines: tuple[int, ...]
    n_ignored: int = 0

    def __repr__(self) -> str:
        return f"OwnQuotes({count(len(self.price), 'quote')} for {self.task}, {self.pricing_model}, in {self.currency})"


def read_quotes(quotes_path: str | Path) -> OwnQuotes:
    """Read quotes made from ``data/templates/quotes.csv``.

    Parameters
    ----------
    quotes_path : str or Path
        The file, a quote a row.

    Returns
    -------
    OwnQuotes
        The checked quotes.

    Raises
    ------
    NotFoundError
        If it does not exist.
    DataError
        Naming every fault with file, row and column: a quote twice, a price that is none, several tasks, units or currencies.
    """
    table = read_own(Path(quotes_path), COLUMNS, REQUIRED)
    faults: list[Fault] = []
    _twice(table, faults)
    task = _one(table, "task", word_of("task", vocabulary.codes_of("task")), faults)
    model = _one(table, "pricing_model", word_of("pricing model", vocabulary.codes_of("pricing model")), faults)
    known = currencies()
    currency = _one(table, "currency", one_of(known, {code: code for code in known}), faults)
    first = price_years()[0]
    years = read_numbers(
        table, "year", faults, no_number="is no year; write 2024", empty="must not be empty",
        wrong_value=lambda y: None if first <= y <= 2100 and y == int(y) else f"is no year from {first} to 2100",
    )  # fmt: skip
    prices = read_numbers(
        table, "price", faults, no_number="is no amount; write 1250 or 12.5, without currency or thousands separator", empty="must not be empty",
        wrong_value=lambda x: None if 0 < x < _MOST else "is no price; it takes a number above 0", shown=False,
    )  # fmt: skip
    hours = [
        read_numbers(
            table,
            name,
            faults,
            no_number="is no number of hours; write 5000",
            wrong_value=lambda x: None if 0 <= x <= 10_000_000 else "is no number of hours a year, 0 or more",
        )
        for name in ("volume_hours", "minimum_hours")
    ]
    places = [
        read_code(table, line, "location", cell, read_place, faults)
        for line, cell in zip(table.lines, table.column("location"), strict=True)
    ]
    if faults:
        raise wrong(sorted(faults, key=lambda fault: fault.row or 0))
    return OwnQuotes(
        task, model, currency, np.array(prices), np.array(years), tuple(places), np.array(hours[0]), np.array(hours[1]), table.label,
        tuple(table.lines), table.n_ignored,
    )  # fmt: skip


def _twice(table: OwnTable, faults: list[Fault]) -> None:
    first: dict[str, int] = {}
    for line, cell in zip(table.lines, table.column("quote"), strict=True):
        if cell and cell in first:
            faults.append(Fault(table.label, line, "quote", None, f"repeats that of row {first[cell]}; a quote stands there once"))  # fmt: skip
        first.setdefault(cell, line)


def _one(table: OwnTable, column: str, read: Reader, faults: list[Fault]) -> str:
    """Read a column that holds one code in all rows."""
    codes = []
    for line, cell in zip(table.lines, table.column(column), strict=True):
        if not cell:
            faults.append(Fault(table.label, line, column, None, "must not be empty"))
        codes.append(read_code(table, line, column, cell, read, faults))
    found = list(dict.fromkeys(code for code in codes if code))
    if len(found) > 1:
        message = f"has {listing(found)}; quotes are compared for one, so keep one file of each"
        faults.append(Fault(table.label, None, column, None, message))
    return found[0] if found else ""


def own_quotes(parameters: Parameters) -> OwnQuotes | None:
    """Read the quotes that the parameters name, and compare them with the question.

    Parameters
    ----------
    parameters : Parameters
        The question.

    Returns
    -------
    OwnQuotes or None
        None where no file is named.

    Raises
    ------
    DataError
        As in `read_quotes`, and where a price cannot be put into the money of the report.
    ParameterError
        If they are for another task or another unit than the report asks about.
    """
    p = parameters
    if not p.quotes_path:
        return None
    quotes = read_quotes(p.quotes_path)
    for name, theirs, asked in (
        ("task", quotes.task, p.task),
        ("pricing_model", quotes.pricing_model, p.pricing_model),
    ):
        if theirs != asked:
            raise ParameterError(
                f"quotes_path: the quotes are for {theirs}, and the report asks about {asked}.", remedy=f"Ask with -p {name}={theirs}, or name another file."
            )  # fmt: skip
    in_money(quotes, p)
    return quotes


def in_money(quotes: OwnQuotes, parameters: Parameters) -> tuple[float, ...]:
    """Put quotes into the money of the report.

    Parameters
    ----------
    quotes : OwnQuotes
        The quotes.
    parameters : Parameters
        Currency and price year.

    Returns
    -------
    tuple of float
        Prices in `currency` of `price_year`, in the order of the file.

    Raises
    ------
    DataError
        Naming every row whose currency has no rate in its year.
    """
    made, faults = [], []
    for price, year, line in zip(quotes.price, quotes.year, quotes.lines, strict=True):
        try:
            made.append(real(float(price), quotes.currency, int(year), to=parameters.currency, price_year=parameters.price_year).amount)  # fmt: skip
        except MoneyError as error:
            faults.append(Fault(quotes.label, line, "year", None, f"cannot be converted: {error.what} {error.remedy or ''}".rstrip()))  # fmt: skip
    if faults:
        raise wrong(faults)
    return tuple(made)


def quote_checks(quotes: OwnQuotes, parameters: Parameters) -> tuple[Check, ...]:
    """Tell what beside the price may set quotes of a file apart.

    Parameters
    ----------
    quotes : OwnQuotes
        The quotes.
    parameters : Parameters
        The question.

    Returns
    -------
    tuple of Check
        Volumes, smallest contracts, places, money, columns not read.
    """
    p, n = parameters, len(quotes.price)
    told = quotes.volume_hours[np.isfinite(quotes.volume_hours)]
    checks = [_volumes(told, n, p.volume_hours)]
    least = quotes.minimum_hours[np.isfinite(quotes.minimum_hours)]
    above = int((least > p.volume_hours).sum())
    if len(least):
        said = (
            f"{count(above, 'quote')} {'bills' if above == 1 else 'bill'} more hours a year at least than the {number(p.volume_hours)} asked about, so that an hour used costs more than quoted."
            if above
            else f"No quote that tells one has a smallest contract above the {number(p.volume_hours)} hours a year asked about."
        )
        checks.append(Check("Smallest contract", not above, said))
    places = sorted({place for place in quotes.locations if place})
    if len(places) > 1:
        said = f"The quotes are for work in {listing([vocabulary.in_words(place) for place in places])}; shrinking them to one mean takes the true costs there for draws from one distribution."
        checks.append(Check("Places", None, said))
    checks.append(_money(quotes, p))
    checks.append(Check("Columns", not quotes.n_ignored, f"{count(quotes.n_ignored, 'column')} of your file {'is' if quotes.n_ignored == 1 else 'are'} not of the template and {'was' if quotes.n_ignored == 1 else 'were'} not read."))  # fmt: skip
    return tuple(checks)


def _volumes(told: Floats, n: int, asked: float) -> Check:
    if not len(told):
        return Check("Volumes", None, "The file tells no volumes, so that whether the quotes are for the same amount of work cannot be seen.")  # fmt: skip
    low, high = float(told.min()), float(told.max())
    span = f"{number(low)}" if low == high else f"{number(low)} to {number(high)}"
    alike = high <= _APART * max(low, 1.0) and asked <= _APART * max(low, 1.0) and high <= _APART * asked
    some = (
        "" if len(told) == n else f" ({count(n - len(told), 'quote')} {'tells' if n - len(told) == 1 else 'tell'} none)"
    )
    end = "" if alike else " Prices for other volumes differ for other reasons than error."
    return Check("Volumes", alike, f"The quotes are for {span} hours a year{some}, the report asks about {number(asked)}.{end}")  # fmt: skip


def _money(quotes: OwnQuotes, p: Parameters) -> Check:
    years = sorted({int(year) for year in quotes.year})
    span = f"{years[0]}" if len(years) == 1 else f"{years[0]} to {years[-1]}"
    if years == [p.price_year] and quotes.currency == p.currency:
        return Check("Money", True, f"The quotes are in {p.currency} of {p.price_year}, as the report is.")
    late = [year for year in years if year > price_years()[1]]
    tail = f" Those of {_spoken(late)} lie after the last year of the price index and enter as quoted." if late else ""
    return Check("Money", not late, f"Quotes in {quotes.currency} of {span} were put into {p.currency} of {p.price_year}, at the rate of their year and by US consumer prices.{tail}")  # fmt: skip


def _spoken(years: Sequence[int]) -> str:
    return listing([str(year) for year in years])
