"""Own tables of providers and of the criteria they are judged by."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lpo_analysis.errors import Fault
from lpo_analysis.evidence.own_table import (
    OwnTable,
    folded,
    one_of,
    read_code,
    read_numbers,
    read_own,
    read_place,
    told,
    wrong,
)
from lpo_analysis.methods.acceptability import Direction
from lpo_analysis.wording import listing

TERMS = {
    "audit_right": "a right to audit",
    "breach_notice": "notice of breaches within a stated time",
    "subcontract_consent": "consent before work is subcontracted",
    "conflict_check": "checks for conflicts of interest",
    "deletion": "deletion of client data at the end",
    "indemnity": "indemnity for breaches of confidence",
}
"""Terms of the contract, each a column that takes yes or no, and what they are called."""
CERTIFICATIONS = ("iso_27001", "soc_2", "iso_27701", "iso_9001", "iso_22301", "none")
"""Codes of the column ``certifications``."""
NUMBERS = (
    "price_low", "price_high", "volume_hours", "capacity_hours", "minimum_hours", "qc_checked", "qc_wrong",
    "references_asked", "references_content",
)  # fmt: skip
COLUMNS = ("provider", "location", "currency", "certifications", *NUMBERS, *TERMS)
CRITERIA: dict[str, tuple[str, Direction]] = {
    "price": ("price of an hour", "lower"),
    "errors": ("share of checked units that were wrong", "lower"),
    "capacity": ("hours a month it can take", "higher"),
    "minimum": ("least engagement", "lower"),
    "references": ("share of references that are content", "higher"),
    "certifications": ("certifications held", "higher"),
    "terms": ("terms agreed", "higher"),
    "governance": ("rule of law at its place", "higher"),
}
"""Criteria that the columns make: what they are called, and which way is better where no table of criteria says."""
OWN = "own_"
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,19}")
_CRITERIA_COLUMNS = ("criterion", "direction", "weight", "rank")
_HALF_A_POINT = 0.005


@dataclass(frozen=True)
class Criteria:
    """What providers are judged by.

    Parameters
    ----------
    directions : dict of str to {'higher', 'lower'}
        Which way is better, by criterion.
    weights : dict of str to float or None
        Given weights that add up to 1, if any.
    ranking : tuple of tuple of str or None
        Criteria in groups, the weightiest first, if they were ranked.
    """

    directions: Mapping[str, Direction]
    weights: Mapping[str, float] | None = None
    ranking: tuple[tuple[str, ...], ...] | None = None

    @property
    def own(self) -> tuple[str, ...]:
        """Criteria that are columns of the user's own."""
        return tuple(name for name in self.directions if name.startswith(OWN))


@dataclass(frozen=True, eq=False)
class Providers:
    """Checked rows of a table of providers.

    Parameters
    ----------
    names : tuple of str
        Codes of the providers, as the user calls them.
    locations : tuple of str
        Codes of places.
    currency : str
        Of the prices; empty where there is none.
    numbers : dict of str to ndarray of float, shape (providers,)
        Columns of numbers, NaN where not told.
    certifications : tuple of (tuple of str or None)
        What each holds; None where not told.
    terms : dict of str to tuple of (bool or None)
        What each agrees to; None where not told.
    criteria : Criteria
        What they are judged by.
    n_ignored : int
        Columns that were not read.
    """

    names: tuple[str, ...]
    locations: tuple[str, ...]
    currency: str
    numbers: Mapping[str, np.ndarray]
    certifications: tuple[tuple[str, ...] | None, ...]
    terms: Mapping[str, tuple[bool | None, ...]]
    criteria: Criteria
    n_ignored: int = 0

    def __repr__(self) -> str:
        return f"Providers({len(self.names)} by {len(self.criteria.directions)} criteria)"


DEFAULT = Criteria({name: direction for name, (_, direction) in CRITERIA.items()})


def read_criteria(criteria_path: str | Path) -> Criteria:
    """Read a table of criteria made from ``data/templates/criteria.csv``.

    Parameters
    ----------
    criteria_path : str or Path
        The file, a criterion a row.

    Returns
    -------
    Criteria
        Directions, with weights or ranks where there are any.

    Raises
    ------
    NotFoundError
        If it does not exist.
    DataError
        Naming every fault: an unknown criterion or one without a direction, weights that do not add up to 100, weights or ranks for some only.
    """
    table = read_own(Path(criteria_path), _CRITERIA_COLUMNS, ("criterion", "direction"))
    faults: list[Fault] = []
    directions: dict[str, Direction] = {}
    names: list[str] = []
    for line, cell, way in zip(table.lines, table.column("criterion"), table.column("direction"), strict=True):
        name = _criterion(table, line, cell, faults)
        names.append(name)
        if name and name in names[:-1]:
            faults.append(
                Fault(
                    table.label,
                    line,
                    "criterion",
                    None,
                    f"stands there twice, in row {table.lines[names.index(name)]} before",
                )
            )
        if not way:
            faults.append(
                Fault(table.label, line, "direction", None, "must not be empty: say whether higher or lower is better")
            )
        direction = read_code(table, line, "direction", way, one_of(("higher", "lower")), faults)
        directions[name] = "lower" if direction == "lower" else "higher"
    weights = _all_or_none(table, "weight", faults, low=0.0, high=100.0)
    ranks = _all_or_none(table, "rank", faults, low=1.0, high=len(names))
    if weights is not None and ranks is not None:
        faults.append(Fault(table.label, None, "weight", None, "stands beside rank; give one of them"))
    if weights is not None and abs(sum(weights) - 100) > 100 * _HALF_A_POINT:
        faults.append(Fault(table.label, None, "weight", None, f"adds up to {sum(weights):g}, not to 100"))
    if not faults and len(names) < 2:
        faults.append(Fault(table.label, None, None, None, "has one criterion; with one there is nothing to weigh"))
    if faults:
        raise wrong(sorted(faults, key=lambda fault: fault.row or 0))
    shares = None if weights is None else dict(zip(names, np.array(weights) / sum(weights), strict=True))
    ranking = None
    if ranks is not None:
        ranking = tuple(
            tuple(n for n, r in zip(names, ranks, strict=True) if r == place) for place in sorted(set(ranks))
        )
    return Criteria(directions, shares, ranking)


def _criterion(table: OwnTable, line: int, cell: str, faults: list[Fault]) -> str:
    if not cell:
        faults.append(Fault(table.label, line, "criterion", None, "must not be empty"))
        return ""
    name = folded(cell)
    if name.startswith(OWN) and _CODE.fullmatch(name):
        return name
    code = read_code(table, line, "criterion", cell, one_of(list(CRITERIA)), faults)
    if not code:
        faults[-1] = replace(faults[-1], message=f"{faults[-1].message} A column of your own begins with {OWN}")
    return code


def _all_or_none(table: OwnTable, column: str, faults: list[Fault], *, low: float, high: float) -> list[float] | None:
    if not any(table.column(column)):
        return None
    before = len(faults)
    values = read_numbers(
        table, column, faults, no_number="is no number", empty=f"must not be empty: give a {column} to all criteria or to none",
        wrong_value=lambda v: None if low <= v <= high and (column == "weight" or v == int(v)) else f"must be {'a number' if column == 'weight' else 'a whole number'} from {low:g} to {high:g}",
    )  # fmt: skip
    return values if len(faults) == before else None


def read_providers(providers_path: str | Path, *, criteria: Criteria | None = None) -> Providers:
    """Read a table of providers made from ``data/templates/providers.csv``.

    Parameters
    ----------
    providers_path : str or Path
        The file, a provider a row.
    criteria : Criteria, optional
        What they are judged by; by default what the columns make, all weights open.

    Returns
    -------
    Providers
        The checked rows.

    Raises
    ------
    NotFoundError
        If it does not exist.
    DataError
        Naming every fault with file, row and column: a provider twice, a volume without a price, more wrong than were checked.
    """
    criteria = criteria or DEFAULT
    table = read_own(Path(providers_path), (*COLUMNS, *criteria.own), ("provider", "location", *criteria.own))
    faults: list[Fault] = []
    names = _names(table, faults)
    locations = _locations(table, faults)
    numbers = {name: np.array(_numbers(table, name, faults), dtype=float) for name in (*NUMBERS, *criteria.own)}
    currency = _currency(table, numbers, faults)
    certifications = tuple(
        _certifications(table, *pair, faults) for pair in zip(table.lines, table.column("certifications"), strict=True)
    )
    terms = {
        name: tuple(
            _yes(table, line, name, cell, faults) for line, cell in zip(table.lines, table.column(name), strict=True)
        )
        for name in TERMS
    }
    _together(table, numbers, faults)
    if not faults and len(names) < 2:
        faults.append(Fault(table.label, None, None, None, "has one provider; with one there is nothing to rank"))
    if faults:
        raise wrong(sorted(faults, key=lambda fault: fault.row or 0))
    return Providers(
        tuple(names), tuple(locations), currency, numbers, certifications, terms, criteria, table.n_ignored
    )


def _names(table: OwnTable, faults: list[Fault]) -> list[str]:
    first: dict[str, int] = {}
    names = []
    for line, cell in zip(table.lines, table.column("provider"), strict=True):
        if not cell:
            faults.append(Fault(table.label, line, "provider", None, "must not be empty"))
        elif not _CODE.fullmatch(cell):
            message = "is no short code; use up to 20 letters, digits, - and _, such as P1: it stands in the report"
            faults.append(told(table.label, line, "provider", cell, message))
        elif cell.casefold() in first:
            faults.append(
                Fault(
                    table.label, line, "provider", None, f"stands there twice, in row {first[cell.casefold()]} before"
                )
            )
        first.setdefault(cell.casefold(), line)
        names.append(cell)
    return names


def _locations(table: OwnTable, faults: list[Fault]) -> list[str]:
    found = []
    for line, cell in zip(table.lines, table.column("location"), strict=True):
        if not cell:
            faults.append(
                Fault(table.label, line, "location", None, "must not be empty; write a code such as IND or US-OH")
            )
        found.append(read_code(table, line, "location", cell, read_place, faults))
    return found


def _numbers(table: OwnTable, column: str, faults: list[Fault]) -> list[float]:
    whole = column.startswith(("qc_", "references_"))

    def fault(value: float) -> str | None:
        if column.startswith("price_") and value <= 0:
            return "must be above 0; leave it empty if it was not told"
        if not column.startswith(OWN) and value < 0:
            return "must not be below 0"
        return "must be a whole number" if whole and value != int(value) else None

    return read_numbers(table, column, faults, no_number="is no number", wrong_value=fault)


def _currency(table: OwnTable, numbers: Mapping[str, np.ndarray], faults: list[Fault]) -> str:
    cells = [cell.upper() for cell in table.column("currency")]
    priced = np.isfinite(numbers["price_low"]) | np.isfinite(numbers["price_high"])
    for line, cell, has_price in zip(table.lines, cells, priced, strict=True):
        if has_price and not re.fullmatch(r"[A-Z]{3}", cell):
            faults.append(
                Fault(
                    table.label, line, "currency", None, "must be a code of three letters, such as USD, beside a price"
                )
            )
    found = sorted(
        {cell for cell, has_price in zip(cells, priced, strict=True) if has_price and re.fullmatch(r"[A-Z]{3}", cell)}
    )
    if len(found) > 1:
        faults.append(Fault(table.label, None, "currency", None, f"has {listing(found)}; convert all prices to one"))
    return found[0] if found else ""


def _certifications(table: OwnTable, line: int, cell: str, faults: list[Fault]) -> tuple[str, ...] | None:
    parts = [part.strip() for part in cell.split(";") if part.strip()]
    if not parts:
        return None
    codes = [read_code(table, line, "certifications", part, one_of(CERTIFICATIONS), faults) for part in parts]
    if "none" in codes and len(codes) > 1:
        faults.append(Fault(table.label, line, "certifications", None, "holds none beside others"))
    return tuple(dict.fromkeys(code for code in codes if code not in ("", "none")))


def _yes(table: OwnTable, line: int, column: str, cell: str, faults: list[Fault]) -> bool | None:
    code = read_code(table, line, column, cell, one_of(("yes", "no")), faults)
    return None if not code else code == "yes"


def _together(table: OwnTable, numbers: Mapping[str, np.ndarray], faults: list[Fault]) -> None:
    """Find what does not go together within a row."""
    n = numbers

    def say(where: np.ndarray, column: str, message: str) -> None:
        faults.extend(Fault(table.label, table.lines[int(i)], column, None, message) for i in np.flatnonzero(where))

    unpriced = np.isnan(n["price_low"]) & np.isnan(n["price_high"])
    say(
        (n["volume_hours"] > 0) & unpriced,
        "volume_hours",
        "has a volume and no price; give price_low, or leave the volume empty",
    )
    say(n["price_low"] > n["price_high"], "price_low", "is above price_high")
    pairs: Sequence[tuple[str, str, str]] = (
        ("qc_wrong", "qc_checked", "checked"),
        ("references_content", "references_asked", "asked"),
    )
    for part, whole, done in pairs:
        say(n[part] > n[whole], part, f"is more than were {done}")
        say(np.isnan(n[part]) != np.isnan(n[whole]), whole, f"and {part} go together; give both or neither")
