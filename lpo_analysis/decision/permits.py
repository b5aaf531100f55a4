"""What the opinions on file make of a way of doing the work: refused, open under conditions, or open after review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.decision.parameters import Parameters
from lpo_analysis.risk import ethics
from lpo_analysis.risk.opinions import DUTIES, SCOPES, SEEN
from lpo_analysis.wording import listing

SCOPE = {"ai_assisted": "generative_ai", "contract_attorney": "contract_lawyers"}
"""Scope of the opinions that speak of a way of doing the work; of every other, those on outsourcing (an assumption for a centre of one's own)."""
OWN = "in_house"
"""Own lawyers need nobody's permission."""
ASKED = {"required": "required", "conditional": "asked for under a condition", "recommended": "recommended"}
"""How a national opinion names a duty, by the state it is coded with."""
SPELT = 1
"""Duties for which a sentence says which national opinion names them, and how; of more, the table of duties tells."""
_NATIONAL = ["duty", "scope", "state", "opinions", "opinion_ids"]


@dataclass(frozen=True, eq=False)
class Permit:
    """What one way of doing the work may be, as far as the opinions on file tell.

    Parameters
    ----------
    state : {'open', 'review', 'refused'}
        Whether it may be chosen; after review by counsel, or not at all.
    reason : str
        Why not, or why only after review; empty otherwise.
    duties : pandas.DataFrame
        Rows of `lpo_analysis.risk.ethics.triggered`; without any for own lawyers.
    rows : tuple of str
        Identifiers of the opinions.
    national : pandas.DataFrame
        What opinions of national bodies say of the same duties in a country of which only parts are asked for: persuasive, and so no
        part of `duties`. Columns duty, scope, state, opinions, opinion_ids.
    rests_on_opinions : bool, default True
        Whether the reason is what an opinion says; not where it is silence, or a limit that the user set.
    """

    state: str
    reason: str
    duties: pd.DataFrame
    rows: tuple[str, ...] = ()
    national: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_NATIONAL))
    rests_on_opinions: bool = True

    @property
    def asked(self) -> tuple[str, ...]:
        """Codes of the duties that are asked for, or on which nothing on file tells, which are met as if they were."""
        found = self.duties[
            self.duties["state"].isin(["conditional", "unknown"]) & (self.duties["duty"] != "permission")
        ]
        return tuple(dict.fromkeys(found["duty"]))


@lru_cache(maxsize=256)
def _triggered(jurisdictions: tuple[str, ...], location: str, scope: str) -> pd.DataFrame:
    return ethics.triggered(jurisdictions, location=location, scopes=(scope,))


@lru_cache(maxsize=256)
def _opinions(jurisdictions: tuple[str, ...], scope: str) -> tuple[str, ...]:
    return ethics.duties(jurisdictions, scopes=(scope,)).rows


@lru_cache(maxsize=256)
def _national(jurisdictions: tuple[str, ...], scope: str) -> pd.DataFrame:
    table = ethics.duties(jurisdictions, scopes=(scope,)).table
    return table.loc[(table["kind"] == "persuasive") & table["state"].isin(list(ASKED)), _NATIONAL]


def permit(parameters: Parameters, model: str, place: str) -> Permit:
    """Read the opinions on file for one way of doing the work.

    Parameters
    ----------
    parameters : Parameters
        The question: jurisdictions, what not known means, and whether clients would consent.
    model, place : str
        Delivery model and place.

    Returns
    -------
    Permit
        Refused where an opinion forbids it, or asks for a consent that is not to be had. Where nothing on file tells whether a
        jurisdiction permits it, or, without consent, whether it asks for one: as `unknown_duties` says, refused or open after review.
        Never open for want of an opinion.
    """
    p = parameters
    if model == OWN:
        return Permit("open", "", _triggered(tuple(p.jurisdictions), place, "outsourcing").iloc[:0])
    scope = SCOPE.get(model, "outsourcing")
    found, rows = _triggered(tuple(p.jurisdictions), place, scope), _opinions(tuple(p.jurisdictions), scope)
    national = _national(tuple(p.jurisdictions), scope)
    permission, consent = (found[found["duty"] == duty] for duty in ("permission", "client_consent"))
    forbidden = _in(permission, "forbidden")
    if forbidden:
        return Permit("refused", f"an opinion forbids it in {forbidden}", found, rows, national)
    if not p.consent_obtainable and (asked := _in(consent, "conditional")):
        return Permit("refused", f"clients must consent in {asked}, and would not", found, rows, national)
    reasons = []
    if silent := _in(permission, "unknown"):
        reasons.append(f"no opinion of {silent} on file tells whether it is permitted there")
    if not p.consent_obtainable and (silent := _in(consent, "unknown")):
        reasons.append(f"no opinion of {silent} on file tells whether clients must consent, and they would not")
    if not reasons:
        return Permit("open", "", found, rows, national)
    state = "refused" if p.unknown_duties == "refuse" else "review"
    return Permit(state, " and ".join(reasons), found, rows, national, rests_on_opinions=False)


def _in(frame: pd.DataFrame, state: str) -> str:
    return listing(
        [vocabulary.in_words(str(code)) for code in dict.fromkeys(frame.loc[frame["state"] == state, "jurisdiction"])]
    )


def named(model: str, place: str) -> str:
    """Call a way of doing the work by a name.

    Parameters
    ----------
    model, place : str
        Delivery model and place.

    Returns
    -------
    str
        Such as ``outside provider, India``.
    """
    if model in ("in_house", "ai_assisted"):
        return vocabulary.label("delivery model", model)
    return f"{vocabulary.label('delivery model', model)}, {vocabulary.label('place', place)}"


def conditions(permits: Sequence[Permit]) -> pd.DataFrame:
    """Join the duties of several ways into one list of conditions.

    Parameters
    ----------
    permits : sequence of Permit
        Of the ways chosen.

    Returns
    -------
    pandas.DataFrame
        One row a duty: duty, label, asked_in and not_known_in (jurisdictions, each with what the opinions are about where that differs between the
        ways, as one may ask of outsourcing what another leaves open of generative AI), condition (what the opinions say it hangs on; empty where they
        ask for it outright), citation, opinion_ids (of the opinions that ask for it), persuasive (where none of
        the chosen asks for it, what national opinions say) and persuasive_ids.
    """
    frames = [one.duties for one in permits if len(one.duties)]
    columns = [
        "duty",
        "label",
        "asked_in",
        "not_known_in",
        "condition",
        "citation",
        "opinion_ids",
        "persuasive",
        "persuasive_ids",
    ]
    if not frames:
        return pd.DataFrame(columns=columns)
    every = pd.concat(frames, ignore_index=True).drop_duplicates()
    scopes = list(dict.fromkeys(every["scope"]))
    every = every[(every["duty"] != "permission") & every["state"].isin(["conditional", "unknown"])]
    national = pd.concat([one.national for one in permits], ignore_index=True).drop_duplicates()
    records = []
    for duty, part in every.groupby("duty", sort=False):
        by = {state: part[part["state"] == state] for state in ("conditional", "unknown")}
        asked = by["conditional"]
        where = [_where(by[state], scopes) for state in by]
        said = "; ".join(dict.fromkeys(text for text in map(_hangs_on, asked["condition"], asked["duty"]) if text))
        cited = "; ".join(dict.fromkeys(asked["citation"]))
        persuasive = national[(national["duty"] == duty) & asked.empty]
        told = "; ".join(
            f"{f'on {SCOPES[row.scope]}, ' if len(scopes) > 1 else ''}{ASKED[row.state]} by {row.opinions}"
            for row in persuasive.itertuples()
        )
        records.append(
            (duty, DUTIES[str(duty)], *where, said, _read(cited), _ids(asked), _read(told), _ids(persuasive))
        )
    return pd.DataFrame(records, columns=columns)


def _ids(frame: pd.DataFrame) -> str:
    return ", ".join(dict.fromkeys(name for cell in frame["opinion_ids"] for name in cell.split(", ") if name))


def _where(frame: pd.DataFrame, scopes: Sequence[str]) -> str:
    """Name jurisdictions, with the scope of the opinions for those where not all scopes agree."""
    found: dict[str, list[str]] = {}
    for row in frame.itertuples():
        found.setdefault(str(row.jurisdiction), []).append(str(row.scope))
    return listing(
        [
            name
            for code, held in found.items()
            for name in (
                [code]
                if set(held) == set(scopes)
                else [f"{code} (on {SCOPES[scope]})" for scope in dict.fromkeys(held)]
            )
        ]
    )


def _hangs_on(condition: str, duty: str) -> str:
    """Return on what a duty hangs by the opinion's own words, without the words that stand around them for a constraint."""
    text = condition.removeprefix("unless found not to apply: ")
    return "" if text == f"{DUTIES[duty]}: required" else text


def _read(cited: str) -> str:
    """Say in words what was read of an opinion."""
    return cited.replace(SEEN["passage"], "read in a digest or passage")


def silence(asked: pd.DataFrame, end: str) -> str:
    """Say on which duties the chosen jurisdictions are silent, and which national opinions speak of those.

    Parameters
    ----------
    asked : pandas.DataFrame
        From `conditions`.
    end : str
        What follows from the silence, as the first sentence ends.

    Returns
    -------
    str
        One sentence or two; empty where none is silent.
    """
    silent = asked[asked["asked_in"] == ""]
    if silent.empty:
        return ""
    text = f"On {listing(silent['label'].tolist())} no opinion of the chosen jurisdictions tells{end}."
    named = silent[silent["persuasive"] != ""]
    if named.empty:
        return text
    if len(named) > SPELT:
        return f"{text} National opinions, persuasive only, name {listing(named['label'].tolist())}."
    told = "; ".join(f"{row.label}: {row.persuasive}" for row in named.itertuples())
    return f"{text} National opinions, persuasive only, do on {told}."
