"""What to ask each provider before signing, from the gaps in what it told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from lpo_analysis.decision.providers import TERMS, Providers
from lpo_analysis.evidence import table as load_table
from lpo_analysis.wording import count, percent

_DUTY = {
    "audit_right": "supervision",
    "breach_notice": "confidentiality_measures",
    "subcontract_consent": "confidentiality_measures",
    "conflict_check": "conflict_check",
    "deletion": "confidentiality_measures",
    "indemnity": "",
    "errors": "supervision",
    "references": "competence_vetting",
    "security": "confidentiality_measures",
}
"""The duty of the lawyer, as `ethics_opinions` calls it, that an answer serves; none where no opinion on file speaks of it."""
_FEW = {"qc_checked": 100, "references_asked": 3}
"""Fewer units checked or references asked than this are worth a question."""


def questions(providers: Providers, *, jurisdictions: Sequence[str] = (), level: float = 0.90) -> pd.DataFrame:
    """List due-diligence questions for each provider.

    Parameters
    ----------
    providers : Providers
        The checked rows.
    jurisdictions : sequence of str, optional
        Codes of the jurisdictions whose opinions are cited; all on file by default.
    level : float, default 0.90
        Of the upper bound on the share of errors.

    Returns
    -------
    pandas.DataFrame
        Columns provider, about, question, why (the gap), duty (as in the table of opinions; empty for professional practice without one) and opinions
        (identifiers of the opinions on outsourcing that speak of the duty). Sorted by provider.
    """
    records: list[dict[str, Any]] = []
    for i, name in enumerate(providers.names):
        asked = [
            *_open_terms(providers, i),
            *_quality(providers, i, level),
            *_security(providers, i),
            *_size(providers, i),
        ]
        for about, question, why, duty in asked:
            records.append(
                {
                    "provider": name,
                    "about": about,
                    "question": question,
                    "why": why,
                    "duty": duty,
                    "opinions": _opinions(duty, jurisdictions),
                }
            )
    return pd.DataFrame(records, columns=["provider", "about", "question", "why", "duty", "opinions"])


_Asked = tuple[str, str, str, str]


def _open_terms(p: Providers, i: int) -> list[_Asked]:
    found = []
    for term, label in TERMS.items():
        answer = p.terms[term][i]
        if answer is None:
            found.append((label, f"Does the contract provide for {label}?", "not told", _DUTY[term]))
        elif not answer:
            found.append(
                (
                    label,
                    f"Why does the contract not provide for {label}, and what stands in its place?",
                    "refused",
                    _DUTY[term],
                )
            )
    return found


def _quality(p: Providers, i: int, level: float) -> list[_Asked]:
    checked, bad = (p.numbers[name][i] for name in ("qc_checked", "qc_wrong"))
    found = []
    if np.isnan(checked) or checked == 0:
        found.append(
            (
                "quality record",
                "How many units were checked by somebody else in the last year, and how many were wrong?",
                "no record told",
                _DUTY["errors"],
            )
        )
    elif checked < _FEW["qc_checked"]:
        # Exact (Clopper-Pearson) one-sided bound.
        top = 1.0 if bad == checked else float(stats.beta.ppf(level, bad + 1, checked - bad))
        why = f"{count(int(checked), 'unit')} checked: the share of errors may be as high as {percent(top)} ({level:.0%} bound)"
        found.append(("quality record", "Can a larger sample be checked before the contract?", why, _DUTY["errors"]))
    asked, content = (p.numbers[name][i] for name in ("references_asked", "references_content"))
    if np.isnan(asked) or asked < _FEW["references_asked"]:
        told = "no reference told" if np.isnan(asked) or asked == 0 else f"{count(int(asked), 'reference')} asked"
        found.append(("references", "Which clients with work of this kind can be asked?", told, _DUTY["references"]))
    elif content < asked:
        why = f"{int(asked - content)} of {count(int(asked), 'reference')} not content"
        found.append(
            (
                "references",
                "What went wrong for those that were not content, and what was changed?",
                why,
                _DUTY["references"],
            )
        )
    return found


def _security(p: Providers, i: int) -> list[_Asked]:
    held = p.certifications[i]
    if held is None:
        return [
            (
                "information security",
                "Which certificates of information security are in force, for which sites?",
                "not told",
                _DUTY["security"],
            )
        ]
    if not {"iso_27001", "soc_2"} & set(held):
        return [
            (
                "information security",
                "What independent test of information security is there, and may its report be read?",
                "neither ISO 27001 nor SOC 2",
                _DUTY["security"],
            )
        ]
    return []


def _size(p: Providers, i: int) -> list[_Asked]:
    volume, capacity, least = (p.numbers[f"{name}_hours"][i] for name in ("volume", "capacity", "minimum"))
    found = []
    if np.isnan(p.numbers["price_low"][i]) and np.isnan(p.numbers["price_high"][i]):
        found.append(("price", "What does an hour cost, all included?", "not told", ""))
    if volume > 0 and np.isnan(capacity):
        found.append(
            ("capacity", "How many hours a month can trained staff take from the first month?", "not told", "")
        )
    elif volume > 12 * capacity:
        found.append(
            (
                "capacity",
                "Who does the work above the capacity told, and where?",
                f"{volume / 12:,.0f} hours a month wanted, {capacity:,.0f} told",
                _DUTY["subcontract_consent"],
            )
        )
    if volume < 12 * least:
        found.append(
            (
                "least engagement",
                "Is the least engagement paid if the work does not come?",
                f"{least:,.0f} hours a month at least, {volume / 12:,.0f} wanted",
                "",
            )
        )
    return found


def _opinions(duty: str, jurisdictions: Sequence[str]) -> str:
    if not duty:
        return ""
    opinions = load_table("ethics_opinions")
    place = opinions["subdivision"].where(opinions["subdivision"] != "", opinions["jurisdiction"])
    speaks = (
        (opinions["scope"] == "outsourcing")
        & opinions[duty].isin(["yes", "required", "recommended"])
        & (opinions["in_force"] != "no")
    )
    if jurisdictions:
        speaks &= place.isin(list(jurisdictions))
    return ", ".join(opinions.loc[speaks, "opinion_id"])
