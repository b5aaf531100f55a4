"""The billing template for those without LEDES: a table with a header, turned line by line into fields as LEDES has them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

from lpo_analysis.errors import closest
from lpo_analysis.savings.billing.ledes import Layout

COLUMNS = {
    "invoice": "INVOICE_NUMBER", "line": "LINE_ITEM_NUMBER", "date": "LINE_ITEM_DATE", "firm": "LAW_FIRM_ID", "matter": "CLIENT_MATTER_ID",
    "type": "EXP/FEE/INV_ADJ_TYPE", "task_code": "LINE_ITEM_TASK_CODE", "activity_code": "LINE_ITEM_ACTIVITY_CODE",
    "expense_code": "LINE_ITEM_EXPENSE_CODE", "timekeeper": "TIMEKEEPER_ID", "timekeeper_class": "TIMEKEEPER_CLASSIFICATION",
    "units": "LINE_ITEM_NUMBER_OF_UNITS", "unit_cost": "LINE_ITEM_UNIT_COST", "adjustment": "LINE_ITEM_ADJUSTMENT_AMOUNT",
    "amount": "LINE_ITEM_TOTAL", "currency": "INVOICE_CURRENCY",
}  # fmt: skip
"""Columns of the template, and the field of LEDES each stands for."""
NEEDED = ("invoice", "line", "date", "firm", "type", "amount")
_BROKEN = "\x02"


def _folded(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().strip("\ufeff")).casefold()


def _names(header: str, mark: str) -> list[str]:
    try:
        return [_folded(name) for name in next(csv.reader([header], delimiter=mark), [])]
    except csv.Error:
        return []


def layout_of(header: str) -> Layout | str | None:
    """Read the header of a table.

    Parameters
    ----------
    header : str
        The first line that is not blank.

    Returns
    -------
    Layout, str or None
        Where each field stands; what is wrong; or None where it is not a header of the template at all. The mark between fields
        is kept in the place of the name ``mark``, as its code point.
    """
    mark = max(",;\t", key=lambda sign: len(set(_names(header, sign)) & set(COLUMNS)))
    names = _names(header, mark)
    known = [name for name in names if name in COLUMNS]
    if len(known) < 3:
        return None
    if twice := sorted({name for name in known if known.count(name) > 1}):
        return f"has a header that names {twice[0]} twice"
    if missing := [name for name in NEEDED if name not in known]:
        meant = {near for name in names if name and name not in COLUMNS and (near := closest(name, missing))}
        hint = f" (one column is nearly {sorted(meant)[0]})" if meant else ""
        return f"has a header that does not name {', '.join(missing)}{hint}"
    places = {COLUMNS[name]: i + 1 for i, name in enumerate(names) if name in COLUMNS}
    return Layout("template", {**places, "mark": ord(mark)}, len(names), n_ignored=len(names) - len(known))


def turned(layout: Layout) -> Callable[[str], str]:
    """Return what turns a line of the table into fields between pipes.

    Parameters
    ----------
    layout : Layout
        Of the table.

    Returns
    -------
    callable
        From line to line; columns that are not of the template are emptied.
    """
    mark = chr(layout.places["mark"])
    kept = {place - 1 for name, place in layout.places.items() if name != "mark"}

    def turn(line: str) -> str:
        if not line.strip():
            return ""
        try:
            rows = list(csv.reader([line], delimiter=mark, strict=True))
        except csv.Error:
            return _BROKEN
        if len(rows) != 1 or "\0" in line or line.startswith(_BROKEN):
            return _BROKEN
        fields = rows[0]
        if not any(field.strip() for field in fields):
            return ""
        # Empty columns at the end are what spreadsheets leave behind.
        while len(fields) > layout.n_fields and not fields[-1].strip():
            fields.pop()
        clean = [
            re.sub(r"[|\r\n\x01\x02]", " ", field) if i in kept or i >= layout.n_fields else ""
            for i, field in enumerate(fields)
        ]
        return "|".join(clean) + "[]"

    return turn
