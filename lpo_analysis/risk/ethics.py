"""What the opinions on file ask for, by jurisdiction and duty; what is not known is kept apart and is never permission."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.evidence import table as load_table
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.wording import count, listing

DUTIES = {
    "supervision": "supervision",
    "competence_vetting": "competence and vetting",
    "confidentiality_measures": "confidentiality measures",
    "conflict_check": "conflicts check",
    "client_disclosure": "disclosure to the client",
    "client_consent": "consent of the client",
    "unauthorized_practice": "no unauthorised practice",
    "agreement_in_writing": "written agreement",
}
"""Columns of the opinions that name a duty."""

STATES = ("required", "conditional", "recommended", "not required", "not known")
_RANK = {state: rank for rank, state in enumerate(STATES)}


def opinions() -> pd.DataFrame:
    """Return the opinions with the jurisdiction each is of.

    Returns
    -------
    pandas.DataFrame
        The table ``ethics_opinions`` with ``place``: the part of a country where there is one, else the country.
    """
    frame = load_table("ethics_opinions")
    return frame.assign(place=frame["subdivision"].where(frame["subdivision"] != "", frame["jurisdiction"]))


def jurisdictions_on_file(scope: str = "outsourcing") -> list[str]:
    """List the jurisdictions with an opinion.

    Parameters
    ----------
    scope : str, default 'outsourcing'
        Scope of the opinions.

    Returns
    -------
    list of str
        Codes, sorted.
    """
    frame = opinions()
    return sorted(frame.loc[frame["scope"] == scope, "place"].unique())


def _state(row: Mapping[Hashable, Any], duty: str) -> str:
    value = row[duty]
    if value == "yes":
        return "required"
    if (
        value == "required"
        and duty == "client_consent"
        and row["consent_condition"]
        and not str(row["consent_condition"]).startswith(("advance", "in every"))
    ):
        return "conditional"
    return {"required": "required", "recommended": "recommended", "not_required": "not required"}.get(
        value, "not known"
    )


def duties(jurisdictions: Sequence[str], *, scope: str = "outsourcing") -> Result:
    """Show the duties that the opinions on file name, for a matter that touches several jurisdictions.

    Parameters
    ----------
    jurisdictions : sequence of str
        Codes of countries or parts of them.
    scope : str, default 'outsourcing'
        Scope of the opinions that count.

    Returns
    -------
    Result
        One term a jurisdiction and duty: column ``state`` is one of `STATES`. ``not known`` covers both an opinion in which the
        duty was not seen and a jurisdiction without an opinion on file; neither is permission.
    """
    frame = opinions()
    frame = frame[frame["scope"] == scope]
    records, used, silent = [], [], []
    for code in jurisdictions:
        part = frame[(frame["place"] == code) & (frame["in_force"] != "no")]
        dead = frame[(frame["place"] == code) & (frame["in_force"] == "no")]
        used += list(part["opinion_id"])
        if part.empty:
            silent.append(code)
        cited = "; ".join(
            f"{row.citation} ({row.year}{', second-hand' if row.seen == 'second_hand' else ''})"
            for row in part.itertuples()
        )
        if len(dead):
            cited += f" [{count(len(dead), 'opinion')} no longer in force left out]"
        stated = part.to_dict("records")
        for duty, label in DUTIES.items():
            states = [_state(row, duty) for row in stated]
            state = min(states, key=_RANK.__getitem__) if states else "not known"
            conditions = [
                str(row["consent_condition"]) for row in stated if duty == "client_consent" and row["consent_condition"]
            ]
            records.append({"term": f"{code}:{duty}", "label": label, "jurisdiction": code, "place": vocabulary.label("place", code), "duty": duty, "state": state,
                            "n_obs": len(part), "unit": "state", "method": "strictest of the opinions on file", "opinions": cited or "no opinion on file",
                            "condition": "; ".join(conditions)})  # fmt: skip
    table = tidy(records)
    union = {duty: min(table.loc[table["duty"] == duty, "state"], key=_RANK.__getitem__) for duty in DUTIES}
    required = [DUTIES[duty].lower() for duty, state in union.items() if state == "required"]
    conditional = [DUTIES[duty].lower() for duty, state in union.items() if state == "conditional"]
    unknown = int((table["state"] == "not known").sum())
    parts = []
    if required:
        parts.append(f"Taken together, at least one of the chosen jurisdictions requires {listing(required)}.")
    if conditional:
        parts.append(f"Conditional: {listing(conditional)}.")
    if silent:
        places = listing([vocabulary.in_words(code) for code in silent])
        parts.append(
            f"No opinion on outsourcing is on file for {places}: what is required there is not known, which is not permission."
        )
    parts.append(
        f"{unknown} of {len(table)} cells are not known. Opinions speak as of their year; whether they are still in force is rarely told. Research, not legal advice."
    )
    return Result(
        "duties", table, " ".join(parts), checks=(
            Check("In force", None, "Whether an opinion still stands is told for few; verify before relying on one."),
            Check("Coverage", not silent, f"{len(jurisdictions) - len(silent)} of {count(len(jurisdictions), 'jurisdiction')} {'has' if len(jurisdictions) == 1 else 'have'} an opinion on outsourcing on file."),
        ),
        rows=tuple(f"opinion:{name}" for name in used), n_used=len(used),
    )  # fmt: skip


def matrix(result: Result) -> pd.DataFrame:
    """Arrange the states with one duty a row and one jurisdiction a column.

    Parameters
    ----------
    result : Result
        From `duties`.

    Returns
    -------
    pandas.DataFrame
        Column duty, then one a jurisdiction.
    """
    wide = result.table.set_index(["label", "jurisdiction"])["state"].unstack()  # noqa: PD010
    order = list(dict.fromkeys(result.table["jurisdiction"]))
    return wide.reindex(list(DUTIES.values()))[order].rename_axis(None, axis=1).reset_index(names="duty")
