"""Own files of the savings report, as `lpo check` reads them: by the readers of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lpo_analysis.evidence.own_check import OwnKind, Told, ignored
from lpo_analysis.savings.billing import Billing, accounting
from lpo_analysis.savings.billing.lists import read_moved, read_providers
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
    told.append(f"{count(len(months), 'month')} with lines, from {months[0]} to {months[-1]}; {listing([f'{n:,} {what}' for what, n in bills.counts.items()])}; {bills.unit}.")  # fmt: skip
    if len(noted):
        told.append(
            "Used, but odd: " + "; ".join(f"{row.label} ({int(row.estimate):,})" for row in noted.itertuples()) + "."
        )
    if len(bills.unknown):
        told.append(f"{count(len(bills.unknown), 'code')} are in no table of codes.")
    return Told(" ".join(told), table)


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


KINDS = {
    "billing": OwnKind("billing", Parameters, "billing_path", _billing),
    "billed_providers": OwnKind("billed_providers", Parameters, "providers", _billed),
    "moved": OwnKind("moved", Parameters, "moved", _moved),
    "quotes": OwnKind("quotes", Parameters, "quotes_path", _quotes),
}
"""Kinds of own files this report takes."""
