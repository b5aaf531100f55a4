"""The two pipe-delimited formats of the LEDES Oversight Committee, and where each field of a file stands.

Field lists and rules of the totals: https://ledes.org/ledes-98b-format/ and https://ledes.org/ledes-98bi-format/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

FIELDS_1998B = (
    "INVOICE_DATE", "INVOICE_NUMBER", "CLIENT_ID", "LAW_FIRM_MATTER_ID", "INVOICE_TOTAL", "BILLING_START_DATE", "BILLING_END_DATE",
    "INVOICE_DESCRIPTION", "LINE_ITEM_NUMBER", "EXP/FEE/INV_ADJ_TYPE", "LINE_ITEM_NUMBER_OF_UNITS", "LINE_ITEM_ADJUSTMENT_AMOUNT",
    "LINE_ITEM_TOTAL", "LINE_ITEM_DATE", "LINE_ITEM_TASK_CODE", "LINE_ITEM_EXPENSE_CODE", "LINE_ITEM_ACTIVITY_CODE", "TIMEKEEPER_ID",
    "LINE_ITEM_DESCRIPTION", "LAW_FIRM_ID", "LINE_ITEM_UNIT_COST", "TIMEKEEPER_NAME", "TIMEKEEPER_CLASSIFICATION", "CLIENT_MATTER_ID",
)  # fmt: skip
FIELDS_98BI = (
    *FIELDS_1998B,
    "PO_NUMBER", "CLIENT_TAX_ID", "MATTER_NAME", "INVOICE_TAX_TOTAL", "INVOICE_NET_TOTAL", "INVOICE_CURRENCY", "TIMEKEEPER_LAST_NAME",
    "TIMEKEEPER_FIRST_NAME", "ACCOUNT_TYPE", "LAW_FIRM_NAME", "LAW_FIRM_ADDRESS_1", "LAW_FIRM_ADDRESS_2", "LAW_FIRM_CITY",
    "LAW_FIRM_STATEorREGION", "LAW_FIRM_POSTCODE", "LAW_FIRM_COUNTRY", "CLIENT_NAME", "CLIENT_ADDRESS_1", "CLIENT_ADDRESS_2",
    "CLIENT_CITY", "CLIENT_STATEorREGION", "CLIENT_POSTCODE", "CLIENT_COUNTRY", "LINE_ITEM_TAX_RATE", "LINE_ITEM_TAX_TOTAL",
    "LINE_ITEM_TAX_TYPE", "INVOICE_REPORTED_TAX_TOTAL", "INVOICE_TAX_CURRENCY",
)  # fmt: skip
"""Fields in their order: 24 of LEDES 1998B, and the 52 of LEDES 98BI V2, which begin with them."""

FORMATS: Mapping[str, tuple[str, ...]] = {"1998B": FIELDS_1998B, "98BI": FIELDS_98BI}
TYPES = {"F": "fee", "E": "expense", "IF": "fee_adjustment", "IE": "expense_adjustment"}
"""What EXP/FEE/INV_ADJ_TYPE says of a line."""
REQUIRED = ("INVOICE_NUMBER", "EXP/FEE/INV_ADJ_TYPE", "LINE_ITEM_TOTAL", "LINE_ITEM_DATE", "LAW_FIRM_ID")
FIRST_YEAR, LAST_YEAR = 1980, 2050
"""Years a line can be of; before and after them stand the empty dates and slips of the finger of other programs."""

_FORMAT_LINE = re.compile(r"\s*LEDES[\s_-]*(?:19)?98(B)(I?)(?:[\s_-]*V?\d)?\s*(?:\[\s*\])?\s*", re.IGNORECASE)
_OTHER_LEDES = re.compile(r"\s*(?:LEDES|<\?xml.*ledes|<ledes)", re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """How the lines of a file, or of a part of it, are laid out.

    Parameters
    ----------
    format : str
        ``1998B``, ``98BI`` or ``template``.
    places : mapping of str to int
        Place of each known field, from 1.
    n_fields : int
        Fields of a line.
    in_order : bool
        Whether the fields stand in the order of the standard.
    stated : bool
        Whether a header says so; else the order of the standard is taken.
    n_ignored : int
        Fields of the header that the standard does not know.
    """

    format: str
    places: Mapping[str, int]
    n_fields: int
    in_order: bool = True
    stated: bool = True
    n_ignored: int = 0


def format_of(line: str) -> str | None:
    """Return the format a first line names.

    Parameters
    ----------
    line : str
        The line.

    Returns
    -------
    str or None
        ``1998B``, ``98BI``, ``other`` for LEDES of another kind, None for anything else.
    """
    if match := _FORMAT_LINE.fullmatch(line):
        return "98BI" if match[2] else "1998B"
    return "other" if _OTHER_LEDES.match(line) else None


def fields_of(line: str) -> list[str]:
    """Split a line into its fields, without the mark at its end.

    Parameters
    ----------
    line : str
        The line.

    Returns
    -------
    list of str
        Fields without blanks around them.
    """
    return [field.strip() for field in line.strip().removesuffix("[]").split("|")]


def is_header(line: str, *, least: int = 2) -> bool:
    """Say whether a line names fields rather than filling them.

    Parameters
    ----------
    line : str
        The line.
    least : int, default 2
        Fewest names of the standard it must hold.

    Returns
    -------
    bool
        True if at least half of the fields bear names of the standard.
    """
    names = [_name(field) for field in fields_of(line)]
    known = sum(name in _KNOWN for name in names)
    return known >= least and 2 * known >= len(names)


def standard(format_: str) -> Layout:
    """Return the layout of the standard.

    Parameters
    ----------
    format_ : {'1998B', '98BI'}
        Which.

    Returns
    -------
    Layout
        All fields in order.
    """
    fields = FORMATS[format_]
    return Layout(format_, {name: i + 1 for i, name in enumerate(fields)}, len(fields), stated=False)


def layout_of(header: str, format_: str) -> Layout | str:
    """Read a header.

    Parameters
    ----------
    header : str
        The line with the names of the fields.
    format_ : {'1998B', '98BI'}
        What the first line says.

    Returns
    -------
    Layout or str
        Where each field stands, or what is wrong with the header.
    """
    names = [_KNOWN.get(_name(field), "") for field in fields_of(header)]
    known = [name for name in names if name]
    twice = sorted({name for name in known if known.count(name) > 1})
    if twice:
        return f"names {twice[0]} twice"
    missing = [name for name in REQUIRED if name not in known]
    if missing:
        return f"does not name {', '.join(missing)}"
    places = {name: i + 1 for i, name in enumerate(names) if name}
    # What stands in the file decides: a header of 52 fields under the mark of 1998B is 98BI.
    is_bi = any(name in places for name in FIELDS_98BI[len(FIELDS_1998B) :])
    kind = "98BI" if is_bi else format_
    in_order = known == [name for name in FORMATS[kind] if name in places]
    return Layout(kind, places, len(names), in_order, n_ignored=len(names) - len(known))


def _name(field: str) -> str:
    return re.sub(r"[\s_-]+", "_", field.strip().strip("\ufeff")).upper()


_KNOWN = {_name(name): name for name in FIELDS_98BI} | {"EXP_FEE_INV_ADJ_TYPE": "EXP/FEE/INV_ADJ_TYPE"}
