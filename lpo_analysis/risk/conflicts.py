"""Where the opinions on file do not say the same: between jurisdictions, within one, and a national body against a part."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.risk.ethics import RANK
from lpo_analysis.risk.opinions import DUTIES, SCOPES, STATES, rules
from lpo_analysis.wording import count, listing

STANCES = {
    "at_cost": "at cost",
    "markup_allowed": "a reasonable markup is allowed",
    "markup_needs_consent": "a markup needs consent",
    "time_spent_only": "only time spent is charged",
    "value_fees_allowed": "fees by value are allowed although the work is shorter",
}
"""What is held on fees."""

CONTRARY = (
    ("at_cost", "markup_allowed"),
    ("at_cost", "markup_needs_consent"),
    ("markup_allowed", "markup_needs_consent"),
    ("time_spent_only", "value_fees_allowed"),
)
"""Pairs of them that cannot both be followed by the letter."""


def conflicts(duties: Result, *, as_of: int | None = None) -> Result:
    """List where the opinions behind some duties contradict each other or differ in strength.

    Parameters
    ----------
    duties : Result
        From `lpo_analysis.risk.ethics.duties`.
    as_of : int, optional
        The year those were asked as of.

    Returns
    -------
    Result
        One term a difference: ``where`` (between jurisdictions, within one, or national against own), ``nature``
        (contradiction: one asks for what another says is not required, or fee rules exclude each other; strength: required,
        conditional and recommended side by side), ``found`` in words, ``opinions`` with years. Cells that are not known conflict
        with nothing. Which rule governs is not computed.
    """
    table = duties.table
    frame = rules(as_of=as_of)
    records: list[dict[str, Any]] = []
    for scope in dict.fromkeys(table["scope"]):
        cells = table[table["scope"] == scope]
        own = cells.loc[cells["kind"] == "own", "jurisdiction"].drop_duplicates().tolist()
        part = frame[(frame["scope"] == scope) & frame["place"].isin(list(cells["jurisdiction"].unique()))]
        for duty in DUTIES:
            said = part[(part["duty"] == duty) & (part["state"] != "not known")]
            groups = [("between jurisdictions", said[said["place"].isin(own)], "place")]
            groups += [(f"within {vocabulary.in_words(code)}", said[said["place"] == code], "cited") for code in cells["jurisdiction"].unique()]  # fmt: skip
            for country in cells.loc[cells["kind"] == "persuasive", "jurisdiction"].unique():
                parts = [code for code in own if vocabulary.PLACES[code].country == country]
                against = said[said["place"].isin([country, *parts])]
                groups.append((f"national bodies of {vocabulary.in_words(country)} against its parts", against, f"place:{country}"))  # fmt: skip
            for where, group, by in groups:
                records += _differences(group, str(scope), duty, where, by)
    result = tidy({"term": f"conflict_{n}", **record} for n, record in enumerate(records, start=1))
    contradictions = [row for row in records if row["nature"] == "contradiction" and row["where"] == "between jurisdictions"]  # fmt: skip
    text = _told(records, contradictions)
    return Result(
        "conflicts", result, text, checks=(
            Check("Which rule governs", None, "Not computed: the union takes the strictest state of each duty; whether the stricter rule governs a lawyer, a client or a place is a question of law."),
            Check("Compared as coded", None, "Two opinions can use one word for different things, such as telling the client of the work or of its price; read both before calling it a conflict."),
        ),
        rows=duties.rows, n_used=len(records),
    )  # fmt: skip


def _differences(said: pd.DataFrame, scope: str, duty: str, where: str, by: str) -> Iterable[dict[str, Any]]:
    """Compare one state a jurisdiction, or one an opinion within a jurisdiction; of fees only what is held on them.

    ``place:USA`` compares jurisdictions, one of which must be the one named.
    """
    by, _, one_of = by.partition(":")
    if one_of and one_of not in set(said["place"]):
        return
    if duty == "fees":
        stated = said[said["stance"] != ""]
        held = {str(stance): group for stance, group in stated.groupby("stance", sort=False)}
        for one, other in CONTRARY:
            if one in held and other in held:
                # Two sides of one place are a matter of that place alone.
                sides = (held[one], held[other])
                names = [set(side["place"]) for side in sides]
                if by == "place" and (names[0] == names[1] or (one_of and not any(one_of in side for side in names))):
                    continue
                found = "; ".join(f"{STANCES[name]}: {_named(side, by)}" for name, side in zip((one, other), sides, strict=True))  # fmt: skip
                yield _record(scope, duty, where, "contradiction", found, pd.concat(sides))
        return
    states = said.groupby(by, sort=False)["state"].agg(lambda column: min(column, key=RANK.__getitem__))
    present = [state for state in STATES if (states == state).any()]
    if len(present) < 2:
        return
    nature = "contradiction" if "not required" in present else "strength"
    chosen = said[[states[key] == state for key, state in zip(said[by], said["state"], strict=True)]]
    found = "; ".join(f"{state}: {_named(chosen[chosen['state'] == state], by)}" for state in present)
    yield _record(scope, duty, where, nature, found, chosen)


def _named(side: pd.DataFrame, by: str) -> str:
    names = [vocabulary.label("place", name) if by == "place" else str(name) for name in dict.fromkeys(side[by])]
    return listing(names)


def _record(scope: str, duty: str, where: str, nature: str, found: str, behind: pd.DataFrame) -> dict[str, Any]:
    return {
        "label": DUTIES[duty], "scope": scope, "duty": duty, "where": where, "nature": nature, "found": found, "n_obs": len(behind), "unit": "opinions",
        "method": "comparison of the coded states", "opinions": "; ".join(dict.fromkeys(behind["cited"])),
    }  # fmt: skip


def _told(records: list[dict[str, Any]], contradictions: list[dict[str, Any]]) -> str:
    if not records:
        return "No two opinions on file contradict each other here or differ in strength; where little is known little can."
    clear = (
        f"Between jurisdictions {count(len(contradictions), 'contradiction', 'contradictions')}: "
        + "; ".join(f"{row['label']} (opinions on {SCOPES[row['scope']]}; {row['found']})" for row in contradictions)
        + "."
        if contradictions
        else "No opinion of one chosen jurisdiction calls unnecessary what another asks for."
    )
    between = sum(row["where"] == "between jurisdictions" and row["nature"] == "strength" for row in records)
    elsewhere = sum(row["where"] != "between jurisdictions" for row in records)
    more = f" {count(between, 'duty differs', 'duties differ')} in strength between them." if between else ""
    if elsewhere:
        also = "further " if between or contradictions else ""
        more += f" {count(elsewhere, f'{also}difference lies', f'{also}differences lie')} within one jurisdiction, or between a national body and a part of its country."
    return f"{clear}{more} Which rule governs is a question of law and not computed."
