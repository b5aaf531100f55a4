"""The opinions on file, read into a rule matrix: what each says of each duty, on what that hangs, and as of when."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from functools import cache, lru_cache
from typing import Any

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.errors import NotFoundError, ParameterError, choices
from lpo_analysis.evidence import table as load_table
from lpo_analysis.evidence.schema import package, resource

DUTIES = {
    "supervision": "supervision",
    "competence_vetting": "competence and vetting",
    "confidentiality_measures": "confidentiality measures",
    "conflict_check": "conflicts check",
    "client_disclosure": "disclosure to the client",
    "client_consent": "consent of the client",
    "fees": "fees",
    "unauthorized_practice": "no unauthorised practice",
    "agreement_in_writing": "written agreement",
}
"""Duties that the opinions are coded for."""

READ = ("client_disclosure", "client_consent", "fees")
"""Duties whose state is read from words, in the table ``ethics_readings``; the others are coded as named or not seen."""

SCOPES = {
    "outsourcing": "outsourcing",
    "contract_lawyers": "contract lawyers",
    "fees_only": "fees only",
    "generative_ai": "generative AI",
    "practice_of_law": "practice of law",
}
"""What an opinion is about. Scopes are never mixed."""

STATES = ("required", "conditional", "recommended", "not required", "not known")
"""States of a cell, the strictest first."""

TRIGGERS = {
    "abroad": "the work goes to another country",
    "confidential_information": "confidential information leaves the firm",
    "fee_divided": "the fee is divided or charged as a disbursement",
    "not_closely_supervised": "those who do the work are not closely supervised",
    "self_learning_tool": "client information enters a self-learning tool",
    "significant_development": "it is a significant development of the matter",
    "surcharge": "the client is charged more than is paid",
    "third_party_tool": "confidential information enters a third-party tool",
    "tool_charged": "the cost of a tool is charged to the client",
}
"""What a conditional duty can hang on."""

SEEN = {
    "full_text": "full text",
    "passage": "digest/passage",
    "list_entry": "list entry only",
    "second_hand": "second-hand",
}
"""What was read of an opinion, in words: only the full text can show that a duty is not in it."""

_CODED = {"yes": "required", "required": "required", "recommended": "recommended", "not_required": "not required"}
_LOCAL = re.compile(r"\b(City|County)\b")


@cache
def _register() -> pd.DataFrame:
    frame = load_table("ethics_opinions")
    place = frame["subdivision"].where(frame["subdivision"] != "", frame["jurisdiction"])
    replaced = frame["superseded_by"].str.extract(r"\b((?:19|20)\d\d)\b")[0].astype("Float64")
    level = [_level(row) for row in frame.to_dict("records")]
    return frame.assign(
        place=place, replaced=replaced, level=level, cited=[_cited(r) for r in frame.to_dict("records")]
    )


def _level(row: Mapping[Hashable, Any]) -> str:
    """Say whose word it is: a national body binds no part of its country, a local bar not the whole of one."""
    if not row["subdivision"]:
        return "national"
    return "local" if _LOCAL.search(str(row["body"])) else "part"


def _cited(row: Mapping[Hashable, Any]) -> str:
    seen = "" if row["seen"] == "full_text" else f", {SEEN[str(row['seen'])]}"
    return f"{row['body']}, {row['citation']} ({row['year']}){seen}"


def register(*, as_of: int | None = None) -> pd.DataFrame:
    """List the opinions with whether each counts.

    Parameters
    ----------
    as_of : int, optional
        Year whose opinions count: those issued by then and not replaced by then. All on file by default.

    Returns
    -------
    pandas.DataFrame
        The table ``ethics_opinions`` with ``place`` (the part of a country where there is one, else the country), ``level``
        (national, part, local), ``replaced`` (year in which a successor came into force, where told; as of an
        earlier year ``in_force`` says until when), ``cited`` (citation in
        words, with what was read of it where that is not the full text) and ``counts`` (bool). Where it is not known whether an opinion is in force it counts, and its cells say so.

    Raises
    ------
    ParameterError
        If the year lies before the first opinion.
    """
    frame = _register().copy()
    dead = frame["in_force"] == "no"
    if as_of is None:
        return frame.assign(counts=~dead)
    first = int(frame["year"].min())
    if as_of < first:
        raise ParameterError(f"as_of: no opinion on file is as old as {as_of}.", remedy=f"The first is of {first}.")
    later = dead & (frame["replaced"] > as_of).fillna(value=False).astype(bool)
    until = "until " + frame["replaced"].astype("Int64").astype("string").fillna("")
    told = frame["in_force"].where(~later, until.astype(object))
    return frame.assign(counts=(frame["year"] <= as_of) & (~dead | later), in_force=told)


def rules(*, as_of: int | None = None) -> pd.DataFrame:
    """Read the opinions into a matrix of rules.

    Parameters
    ----------
    as_of : int, optional
        As in `register`.

    Returns
    -------
    pandas.DataFrame
        One row an opinion that counts and a duty: opinion_id, place, scope, duty, state (one of `STATES`), condition (in words),
        trigger (codes of `TRIGGERS`, ``always`` or ``not_told``, joined by ``|``; empty where nothing is known), stance, cited,
        year, in_force, level, seen, permits.
    """
    return _rules(as_of).copy(deep=False)


_KEPT = ["opinion_id", "place", "scope", "cited", "year", "in_force", "level", "seen", "permits"]


@lru_cache(maxsize=16)
def _rules(as_of: int | None) -> pd.DataFrame:
    frame = register(as_of=as_of)
    return _coded(frame[frame["counts"]])


def _coded(frame: pd.DataFrame) -> pd.DataFrame:
    read = _readings()
    records = []
    for row in frame.to_dict("records"):
        for duty in DUTIES:
            found = read.get((str(row["opinion_id"]), duty)) if duty in READ else _plain(row[duty])
            cell = found or {"state": "not known", "condition": "", "trigger": "", "stance": ""}
            records.append({**{name: row[name] for name in _KEPT}, "duty": duty, **cell})
    return pd.DataFrame(records, columns=[*_KEPT, "duty", "state", "condition", "trigger", "stance"])


@lru_cache(maxsize=16)
def cells(as_of: int | None = None) -> Mapping[tuple[str, str, str], tuple[Mapping[Hashable, Any], ...]]:
    """Return the rules by scope, place and duty.

    Parameters
    ----------
    as_of : int, optional
        As in `register`.

    Returns
    -------
    mapping
        From scope, place and duty to rows of `rules`, in the order of the table; only what an opinion is on file for. Not to be changed.
    """
    found: dict[tuple[str, str, str], list[Mapping[Hashable, Any]]] = {}
    for row in _rules(as_of).to_dict("records"):
        found.setdefault((row["scope"], row["place"], row["duty"]), []).append(row)
    return {key: tuple(rows) for key, rows in found.items()}


@lru_cache(maxsize=16)
def superseded(as_of: int | None = None) -> Mapping[tuple[str, str, str], tuple[Mapping[Hashable, Any], ...]]:
    """Return what opinions that are no longer in force named, by scope, place and duty.

    Parameters
    ----------
    as_of : int, optional
        As in `register`.

    Returns
    -------
    mapping
        From scope, place and duty to rows as those of `rules`, with ``superseded_by``; only duties that such an opinion named. They enter no
        state: they are there to be shown as what once stood. Not to be changed.
    """
    frame = register(as_of=as_of)
    gone = frame[~frame["counts"] & (frame["in_force"] == "no") & (as_of is None or frame["year"] <= as_of)]
    after = gone.set_index("opinion_id")["superseded_by"]
    found: dict[tuple[str, str, str], list[Mapping[Hashable, Any]]] = {}
    for row in _coded(gone).query("state != 'not known'").to_dict("records"):
        told = {**row, "superseded_by": str(after[row["opinion_id"]])}
        found.setdefault((row["scope"], row["place"], row["duty"]), []).append(told)
    return {key: tuple(rows) for key, rows in found.items()}


def _plain(value: object) -> dict[str, str] | None:
    state = _CODED.get(str(value))
    return None if state is None else {"state": state, "condition": "", "trigger": "always", "stance": ""}


@cache
def _readings() -> dict[tuple[str, str], dict[str, str]]:
    states = {"not_required": "not required", "not_told": "not known"}
    return {
        (row["opinion_id"], row["duty"]): {
            "state": states.get(row["state"], row["state"]), "condition": row["condition"], "trigger": row["trigger"],
            "stance": row["stance"],
        }
        for row in load_table("ethics_readings").to_dict("records")
    }  # fmt: skip


def version() -> str:
    """Say which edition of the rules this is.

    Returns
    -------
    str
        Version of the data package, with the beginning of the hashes of the two tables the matrix is read from.
    """
    ends = [resource(name)["hash"].removeprefix("sha256:")[:8] for name in ("ethics_opinions", "ethics_readings")]
    return f"data package {package()['version']}, opinions {ends[0]}, readings {ends[1]}"


def check_scope(scope: str) -> str:
    """Refuse a scope that no opinion can have.

    Parameters
    ----------
    scope : str
        A code of `SCOPES`; spaces and hyphens count as underscores.

    Returns
    -------
    str
        The code.

    Raises
    ------
    ParameterError
        If there is no such scope.
    """
    code = re.sub(r"[\s-]+", "_", scope.strip()).lower()
    if code not in SCOPES:
        raise ParameterError(f"scope: got {scope!r}.", remedy=choices(code, SCOPES))
    return code


def place_named(typed: str) -> str:
    """Turn what somebody typed into the code of a jurisdiction.

    Parameters
    ----------
    typed : str
        A code or name of a country or part of one.

    Returns
    -------
    str
        Its code.

    Raises
    ------
    NotFoundError
        If there is none; names the nearest and those with an opinion on file.
    """
    try:
        return vocabulary.resolve("place", typed)
    except NotFoundError as error:
        near = (error.remedy or "").split("Allowed:")[0]
        known = ", ".join(sorted(_register()["place"].unique()))
        remedy = f"{near}With an opinion on file: {known}. Any other country or US state is known by its code or name as well."
        raise NotFoundError(error.what, remedy=remedy) from None


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
    frame = _register()
    return sorted(frame.loc[frame["scope"] == check_scope(scope), "place"].unique())
