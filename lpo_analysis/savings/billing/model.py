"""Bills as they are kept: added up, without narratives, names or numbers that lead back to anybody."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lpo_analysis.savings.billing.faults import Account

MIN_CELL = 3
"""Fewest timekeepers (or invoices, for lines without one) that a shown cell has behind it."""


@dataclass(frozen=True, eq=False, repr=False)
class Billing:
    """A buyer's bills, added up.

    Parameters
    ----------
    grains : pandas.DataFrame
        Sums by month (``2024-01``), kind of line, task, role, firm (``F1`` ...), who (``T1`` ... a timekeeper, ``I1`` ... an invoice where
        no timekeeper stands) and outsourced: lines, hours, amount (net of tax), rated (amount of fees with hours). For adding up
        further, not for showing: nothing is hidden in it.
    units : pandas.DataFrame
        Sums by matter (``M1`` ...), month, task and outsourced: lines, hours, amount. For adding up further, as `grains`.
    moved : pandas.DataFrame
        Matters that moved work: matter, month of the move.
    groups : pandas.DataFrame
        Practice groups of matters, where told: matter, group (``G1`` ...).
    account : Account
        Where every line went.
    unknown : pandas.DataFrame
        Codes the table of codes does not list: kind, code (or its length), lines, amount.
    currency : str
        ISO 4217 code; empty where the files state none and none was given.
    tax : float
        Tax on the lines used, which is in no amount.
    counts : dict of str to int
        Number of firms, timekeepers, matters and invoices behind the lines used.
    providers : tuple of bool
        For each provider named, whether it occurs.
    moved_seen : tuple of bool
        For each matter named as moved, whether it occurs.
    min_cell : int
        Fewest contributors a shown cell may have.
    seed : int
        Seed of the order of the numbers that stand for names.
    """

    grains: pd.DataFrame
    units: pd.DataFrame
    moved: pd.DataFrame
    groups: pd.DataFrame
    account: Account
    unknown: pd.DataFrame
    currency: str
    tax: float
    counts: dict[str, int]
    providers: tuple[bool, ...]
    moved_seen: tuple[bool, ...]
    min_cell: int
    seed: int

    @property
    def unit(self) -> str:
        """The currency as a unit."""
        return self.currency or "currency not stated"

    @property
    def months(self) -> tuple[str, ...]:
        """Months with lines, in order."""
        return tuple(sorted(self.grains["month"].unique()))

    def __repr__(self) -> str:
        told = ", ".join(f"{number} {what}" for what, number in self.counts.items())
        return f"Billing({self.account!r}; {told}; {self.unit})"
