"""Own files of the savings report, as `lpo check` reads them: by the readers of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lpo_analysis import paths
from lpo_analysis.errors import Fault
from lpo_analysis.evidence.money import currencies
from lpo_analysis.evidence.own_check import OwnKind, Told, ignored, rows_of_template
from lpo_analysis.savings.billing import Billing, accounting
from lpo_analysis.savings.billing.faults import ASIDE, STRUCTURE
from lpo_analysis.savings.billing.lists import read_moved, read_providers
from lpo_analysis.savings.billing.mapping import load_mapping
from lpo_analysis.savings.billing.template import COLUMNS
from lpo_analysis.savings.own_bills import read_own_bills
from lpo_analysis.savings.own_quotes import own_quotes, read_quotes
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.wording import count, listing


def _bills(given: Mapping[str, Any]) -> Billing:
    found = read_own_bills(Parameters.from_mapping(given))
    if found is None:
        raise ValueError("the model checks that there is a file")
    return found


def _billing(given: Mapping[str, Any]) -> Told:
    bills = _bills(given)
    account = accounting(bills)
    rows = account.table[account.table["method"].ne("noted, used")]
    table = pd.DataFrame({"what": rows["label"], "lines": rows["estimate"].astype(int)}).reset_index(drop=True)
    noted = account.table[account.table["method"].eq("noted, used")]
    months, told = bills.months, [account.text]
    told.append(f"{count(len(months), 'month')} with lines, from {months[0]} to {months[-1]}; {listing([count(n, what.removesuffix('s')) for what, n in bills.counts.items()])}; {bills.unit}.")  # fmt: skip
    if len(noted):
        told.append(
            "Used, but odd: " + "; ".join(f"{row.label} ({int(row.estimate):,})" for row in noted.itertuples()) + "."
        )
    if len(bills.unknown):
        told.append(f"{count(len(bills.unknown), 'code')} are in no table of codes.")
    return Told(" ".join(told), table, _aside(bills))


def _aside(bills: Billing) -> tuple[Fault, ...]:
    """Tell where lines were set aside, in the columns of the template."""
    several = len(bills.account.files) > 1
    column = {name: title for title, name in COLUMNS.items()}
    said = {code: text for code, _, text in ASIDE.values()}
    places = bills.account.places
    places = places[places["kind"].eq("set aside") & ~places["code"].isin(STRUCTURE)]
    return tuple(
        Fault(f"billing file {row.file}" if several else "billing file", int(row.line), column.get(row.field) or row.field or None, row.value or None,
              f"set aside: {said[row.code]}")
        for row in places.sort_values(["file", "line"]).itertuples()
    )  # fmt: skip


def _codes(given: Mapping[str, Any]) -> Told:
    codes = load_mapping(given["billing_codes"])
    listed, outside = codes.listed, sum(code.outsourced for code in codes.listed)
    kinds = [(kind, sum(code.kind == kind for code in listed)) for kind in dict.fromkeys(code.kind for code in listed)]
    text = f"{count(len(listed), 'code')} ({', '.join(f'{kind} {n:,}' for kind, n in kinds)}), {outside} of work outsourced as such."
    if not given.get("billing_path"):
        return Told(f"{text} Which codes of the bills it does not list shows beside them: -p billing_path=FILE.")
    unknown = len(_bills(given).unknown)
    return Told(f"{text} {count(unknown, 'code')} on the bills {'is' if unknown == 1 else 'are'} not in it.")


def _billed(given: Mapping[str, Any]) -> Told:
    ids = read_providers(given["providers"])
    beside = " Whether they occur shows beside the bills: -p billing_path=FILE."
    if given.get("billing_path"):
        seen = sum(_bills(given).providers)
        beside = f" {seen} of them {'occurs' if seen == 1 else 'occur'} on the bills."
    return Told(f"{count(len(ids), 'firm')} named as outside providers.{beside}")


def _moved(given: Mapping[str, Any]) -> Told:
    moves = read_moved(given["moved"])
    months = sorted(moves.months.values())
    groups = (
        f" {count(len(set(moves.groups.values())), 'practice group')} {'is' if len(set(moves.groups.values())) == 1 else 'are'} told."
        if moves.groups
        else ""
    )
    beside = " Whether they occur shows beside the bills: -p billing_path=FILE."
    if given.get("billing_path"):
        seen = sum(_bills(given).moved_seen)
        beside = f" {seen} of them {'occurs' if seen == 1 else 'occur'} on the bills."
    return Told(f"{count(len(months), 'matter')} moved work, from {months[0]} to {months[-1]}.{groups}{beside}")


def _quotes(given: Mapping[str, Any]) -> Told:
    # Alone, nothing is known of the question; with parameters, the file must answer it.
    quotes = own_quotes(Parameters.from_mapping(given)) if len(given) > 1 else read_quotes(given["quotes_path"])
    if quotes is None:
        raise ValueError("the model checks that there is a file")
    years = sorted({int(year) for year in quotes.year})
    span = f"{years[0]}" if len(years) == 1 else f"{years[0]} to {years[-1]}"
    return Told(f"{count(len(quotes.price), 'quote')} for {quotes.task}, priced {quotes.pricing_model}, in {quotes.currency} of {span}.{ignored(quotes.n_ignored)} A report takes them with -p task={quotes.task} -p pricing_model={quotes.pricing_model}.")  # fmt: skip


_TABLE = paths.TABLES / "utbms_codes.csv"
_UTBMS = frozenset(row["code"] for row in rows_of_template(_TABLE))
KINDS = {
    "billing": OwnKind(
        "billing", Parameters, "billing_path", _billing, names=("invoice", "line", "firm", "matter", "timekeeper"), bills=True,
        guarded={**dict.fromkeys(("task_code", "activity_code", "expense_code"), _UTBMS), "timekeeper_class": "", "currency": frozenset(currencies()),
                 **dict.fromkeys(("units", "unit_cost", "adjustment"), r"-?\d+(\.\d+)?")},
    ),
    "billed_providers": OwnKind("billed_providers", Parameters, "providers", _billed, names=("id",)),
    "moved": OwnKind("moved", Parameters, "moved", _moved, names=("matter", "group"), together=True),
    "billing_codes": OwnKind(
        "billing_codes", Parameters, "billing_codes", _codes, names=("code",), guarded=dict.fromkeys(("code_set", "title", "within", "note"), ""),
        table=_TABLE, beside="billing_path",
    ),
    "quotes": OwnKind("quotes", Parameters, "quotes_path", _quotes, names=("quote",), together=True),
}  # fmt: skip
"""Kinds of own files this report takes."""
