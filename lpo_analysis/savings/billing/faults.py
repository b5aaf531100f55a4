"""What may be wrong with a line of a bill, and the account in which every line is either used or set aside by reason."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

SHOWN = 20
"""Places listed for each reason of a file; the rest is counted."""

ASIDE: dict[int, tuple[str, str, str]] = {
    1: ("blank", "", "blank line"),
    2: ("header", "", "format line or header"),
    3: ("unreadable", "", "line longer than a megabyte, with broken quotation marks, or not text"),
    4: ("too_few_fields", "", "fewer fields than the header names"),
    5: ("too_many_fields", "", "more fields than the header names"),
    6: ("type", "EXP/FEE/INV_ADJ_TYPE", "neither F, E, IF nor IE"),
    7: ("date", "LINE_ITEM_DATE", "no date that can be read"),
    8: ("date_outside", "LINE_ITEM_DATE", "a date before 1980 or after 2050"),
    9: ("total", "LINE_ITEM_TOTAL", "no amount, one that can be read in two ways, or none that can be worked out"),
    10: ("units", "LINE_ITEM_NUMBER_OF_UNITS", "hours that cannot be read, or in two ways"),
    11: ("tax", "LINE_ITEM_TAX_TOTAL", "a tax that cannot be read"),
    12: ("currency", "INVOICE_CURRENCY", "another currency than the one asked for, or none"),
    13: ("duplicate", "", "the same line stands there before"),
}
"""Why a line is set aside, by number: code, field, words. The first that holds counts."""
STRUCTURE = ("blank", "header")
"""Lines that bear no item: set aside without anything being lost."""

NOTES: dict[int, tuple[str, str, str]] = {
    0: ("no_end_mark", "", "no [] at the end of the line"),
    1: ("blanks", "", "blanks around a code, number or date"),
    2: ("decimal_comma", "", "a decimal comma, marks between thousands, or brackets for a minus"),
    3: ("date_form", "LINE_ITEM_DATE", "a date not written YYYYMMDD"),
    4: ("invoice_date", "LINE_ITEM_DATE", "no date; that of the invoice is taken"),
    5: ("line_rule", "LINE_ITEM_TOTAL", "not units x unit cost + adjustment (+ tax); the total counts as stated"),
    6: ("negative_hours", "LINE_ITEM_NUMBER_OF_UNITS", "hours below 0; they are subtracted"),
    7: ("total_computed", "LINE_ITEM_TOTAL", "no total; units x unit cost + adjustment (+ tax) is taken"),
    8: ("no_hours", "LINE_ITEM_NUMBER_OF_UNITS", "a fee without hours; it counts as spend and in no rate"),
    9: ("long_day", "LINE_ITEM_NUMBER_OF_UNITS", "more than 24 hours on one line"),
    10: ("rule_not_checked", "", "an adjustment or unit cost that cannot be read; the total counts as stated"),
    11: ("delimiter", "", "one delimiter too many at the end of the line"),
    12: ("no_invoice_number", "INVOICE_NUMBER", "no invoice number"),
    13: ("type_word", "EXP/FEE/INV_ADJ_TYPE", "a word instead of F, E, IF or IE"),
}
"""What is odd about a line that is used all the same, by bit: code, field, words."""

INVOICES = {
    "invoice_total": ("INVOICE_TOTAL", "not the sum of the lines of the invoice"),
    "invoice_totals_differ": ("INVOICE_TOTAL", "lines of one invoice state different totals"),
    "invoice_twice": ("INVOICE_NUMBER", "the invoice stands in several files with different lines; all are used"),
}
"""What is odd about an invoice, counted by invoice."""


@dataclass(frozen=True, eq=False, repr=False)
class Account:
    """Where every line went.

    Parameters
    ----------
    files : pandas.DataFrame
        One file a row: file (its number in the order of names), format, encoding, lines, used, set_aside.
    aside : pandas.DataFrame
        One file and reason a row: file, reason, lines, amount (sum of the totals that can be read).
    notes : pandas.DataFrame
        One file and oddity a row: file, note, n (lines, or invoices where the note is of one).
    places : pandas.DataFrame
        The first places of each: file, line, field, kind (``set aside`` or ``noted``), code, value (an amount or date, else empty).
    remarks : tuple of str
        What is odd about files as a whole.
    """

    files: pd.DataFrame
    aside: pd.DataFrame
    notes: pd.DataFrame
    places: pd.DataFrame
    remarks: tuple[str, ...] = field(default=())

    @property
    def lines(self) -> int:
        """Lines read."""
        return int(self.files["lines"].sum())

    @property
    def used(self) -> int:
        """Lines used."""
        return int(self.files["used"].sum())

    @property
    def set_aside(self) -> int:
        """Lines set aside, blank lines and headers among them."""
        return int(self.aside["lines"].sum())

    @property
    def lost(self) -> int:
        """Lines set aside that may bear an item."""
        return int(self.aside.loc[~self.aside["reason"].isin(STRUCTURE), "lines"].sum())

    @property
    def balanced(self) -> bool:
        """Whether the lines of each file are those used and those set aside."""
        aside = self.aside.groupby("file")["lines"].sum().reindex(self.files["file"]).fillna(0).to_numpy()
        return bool((self.files["lines"].to_numpy() == self.files["used"].to_numpy() + aside).all())

    def __repr__(self) -> str:
        return f"Account({self.lines} lines in {len(self.files)} files: {self.used} used, {self.set_aside} set aside)"


def words(code: str) -> str:
    """Say a reason or an oddity in words.

    Parameters
    ----------
    code : str
        Its code.

    Returns
    -------
    str
        The words, with the field where there is one.
    """
    listed = [*ASIDE.values(), *NOTES.values(), *((key, *value) for key, value in INVOICES.items())]
    for known, name, text in listed:
        if known == code:
            return f"{name}: {text}" if name else text
    return code.replace("_", " ")
