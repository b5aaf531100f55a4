"""A buyer's effective rates beside published ones, only where role, place and kind of figure are the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.errors import MoneyError
from lpo_analysis.evidence import Evidence, load, maker, price_years, real_frame, select
from lpo_analysis.evidence.money import convert, currencies
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.billing.mapping import ROLES
from lpo_analysis.savings.billing.model import Billing
from lpo_analysis.savings.billing.seen import HIDDEN, rates
from lpo_analysis.wording import count, listing, money

_MARKET = ("billing_data_mean", "billing_data_average", "rate_survey")
_MARKET_BY_SIZE = ("billing_data_mean_firms", "billing_data_firms")
"""Categories of figures (or how they begin, where a size of firm is asked for) that say what firms charge whatever the city and practice;
court schedules are benchmarks, what vendors name is a claim."""
_COURT = ("accepted_by_court", "requested_in_court", "vendor_comparator", "model_assumption")
_FIRM_ROLES = ("partner", "associate", "paralegal")


def rates_against_evidence(
    billing: Billing,
    *,
    geography: str = "USA",
    buyer_size: str = "all",
    grades: Sequence[str] = ("A", "B"),
    evidence: Evidence | None = None,
) -> Result:
    """Put effective rates beside published ones of the same role and country.

    Parameters
    ----------
    billing : Billing
        The bills.
    geography : str, default 'USA'
        Country whose firms sent them.
    buyer_size : str, default 'all'
        Size of firm; figures for firms of any size count as well.
    grades : sequence of str, default ('A', 'B')
        Grades of evidence let in.
    evidence : Evidence, optional
        The evidence base; the shipped one by default.

    Returns
    -------
    Result
        One role and published figure a row: estimate is the own rate divided by the published one, with own, published_low and
        published_high in the money of the bills, year, grade, category, and the observation as term. Not estimable where the bills state no
        currency, or nothing on file has the same scope.
    """
    name = "rates_against_evidence"
    unit = "ratio, own by published"
    nothing = partial(not_estimable, name, unit=unit, n_dropped=billing.account.lost)
    own = rates(billing)
    if not own.estimable:
        return nothing(str(own.reason))
    if not billing.currency:
        return nothing("the bills state no currency and none was given")
    evidence = evidence or load()
    year, wanted = money_year(billing)
    try:
        convert(1.0, "USD", billing.currency, year)
        known = billing.currency in currencies()
    except MoneyError:
        known = False
    if not known:
        return nothing(f"the tables have no rate of {billing.currency} for {year}")
    figures = _figures(evidence, geography, buyer_size, grades)
    shown = own.table[own.table["method"].ne(HIDDEN) & own.table["term"].isin(ROLES)]
    rows = [
        row for role in shown["term"] for row in _rows(role, float(own.row(role)["estimate"]), figures, billing, year)
    ]
    if not rows:
        roles = listing([ROLES[role] for role in shown["term"]]) or "no role that may be shown"
        reason = f"no figure of grade {' or '.join(grades)} for firms in {vocabulary.in_words(geography)} is of the same role ({roles})"
        return nothing(reason)
    table = tidy(rows)
    checks = [
        Check("Same scope", None, f"Same role, {vocabulary.in_words(geography)}, what firms charge. Practice and city may differ; figures of one city or practice, court schedules and what vendors name are left out."),
        Check("Money", None if wanted == year else False, f"Published figures are put into {billing.currency} of {year}." + ("" if wanted == year else f" The bills are of {wanted}, which the price index does not reach.")),
    ]  # fmt: skip
    return Result(
        name, table, _text(table, billing, year), checks=tuple(checks), rows=tuple(dict.fromkeys(table["term"])), n_used=len(table),
        n_dropped=len(figures) - table["term"].nunique(),
    )  # fmt: skip


def money_year(billing: Billing) -> tuple[int, int]:
    """Return the year whose money the rates of bills are in.

    Parameters
    ----------
    billing : Billing
        The bills.

    Returns
    -------
    tuple of int
        The year of the price index that is nearest to it, and the year of the bills' middle hour itself.
    """
    by_year = billing.grains.groupby(billing.grains["month"].astype(str).str[:4])["hours"].sum()
    below = by_year.cumsum() >= by_year.sum() / 2
    wanted = int(below.idxmax())
    first, last = price_years()
    return min(max(wanted, first), last), wanted


def _figures(evidence: Evidence, geography: str, size: str, grades: Sequence[str]) -> pd.DataFrame:
    same: dict[str, Any] = {"geography": geography, "grades": tuple(grades), "required": False}
    firms = select(evidence, metric="law_firm_hourly_rate", **same)
    category = firms["category"].astype(str)
    market = category.isin(_MARKET) | (
        category.str.startswith(_MARKET_BY_SIZE) & (firms["buyer_size"].astype(str) == size) & (size != "all")
    )
    firms = firms[market & firms["role"].isin(_FIRM_ROLES)]
    temps = select(evidence, metric="contract_attorney_bill_rate", **same)
    temps = temps[~temps["category"].isin(_COURT)]
    found = pd.concat([firms, temps])
    return found[found["buyer_size"].isin(["all", "", size])]


def _rows(role: str, own: float, figures: pd.DataFrame, billing: Billing, year: int) -> list[dict[str, Any]]:
    fitting = figures[figures["role"].eq(role)]
    if fitting.empty:
        return []
    put = real_frame(fitting, to=billing.currency, price_year=year)
    made = []
    for name, row in put.sort_values(["observed"], kind="stable").iterrows():
        ends = [value for value in (row["real_low"], row["real_high"]) if np.isfinite(value)]
        if len(ends) < 2:
            continue
        low, high = own / max(ends), own / min(ends)
        made.append({
            "term": str(name), "label": f"{ROLES[role]}, {int(row['observed'])}, {maker(row['publisher'])}" if "publisher" in row else f"{ROLES[role]}, {int(row['observed'])}",
            "estimate": (low * high) ** 0.5, "conf_low": low, "conf_high": high, "unit": "ratio, own by published", "method": "beside each other",
            "role": role, "own": own, "published_low": min(ends), "published_high": max(ends), "year": int(row["observed"]),
            "grade": row["grade"], "category": row["category"],
        })  # fmt: skip
    return made


def _text(table: pd.DataFrame, billing: Billing, year: int) -> str:
    told = []
    for role, part in table.groupby("role", sort=False):
        low, high = part["published_low"].min(), part["published_high"].max()
        span = (
            money(low, billing.currency)
            if low == high
            else f"{money(low, billing.currency)} to {money(high, billing.currency)}"
        )
        told.append(
            f"{ROLES[str(role)]}: {money(part['own'].iloc[0], billing.currency)} an hour, published {span} ({count(len(part), 'figure')})"
        )
    return f"In money of {year}: {'; '.join(told)}. A published mean is no price for this buyer's work."
