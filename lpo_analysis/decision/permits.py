"""What the opinions on file make of a way of doing the work: refused, open under conditions, or open after review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.decision.parameters import Parameters
from lpo_analysis.risk import ethics
from lpo_analysis.risk.opinions import DUTIES
from lpo_analysis.wording import listing

SCOPE = {"ai_assisted": "generative_ai", "contract_attorney": "contract_lawyers"}
"""Scope of the opinions that speak of a way of doing the work; of every other, those on outsourcing (an assumption for a centre of one's own)."""
OWN = "in_house"
"""Own lawyers need nobody's permission."""


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
    """

    state: str
    reason: str
    duties: pd.DataFrame
    rows: tuple[str, ...] = ()

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
    permission, consent = (found[found["duty"] == duty] for duty in ("permission", "client_consent"))
    forbidden = _in(permission, "forbidden")
    if forbidden:
        return Permit("refused", f"an opinion forbids it in {forbidden}", found, rows)
    if not p.consent_obtainable and (asked := _in(consent, "conditional")):
        return Permit("refused", f"clients must consent in {asked}, and would not", found, rows)
    reasons = []
    if silent := _in(permission, "unknown"):
        reasons.append(f"nothing on file tells whether it is permitted in {silent}")
    if not p.consent_obtainable and (silent := _in(consent, "unknown")):
        reasons.append(f"nothing on file tells whether clients must consent in {silent}, and they would not")
    if not reasons:
        return Permit("open", "", found, rows)
    return Permit("refused" if p.unknown_duties == "refuse" else "review", " and ".join(reasons), found, rows)


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
        One row a duty: duty, label, asked_in and not_known_in (jurisdictions), condition, citation, opinion_ids (of the opinions that ask for it).
    """
    frames = [one.duties for one in permits if len(one.duties)]
    columns = ["duty", "label", "asked_in", "not_known_in", "condition", "citation", "opinion_ids"]
    if not frames:
        return pd.DataFrame(columns=columns)
    every = pd.concat(frames, ignore_index=True).drop_duplicates()
    every = every[(every["duty"] != "permission") & every["state"].isin(["conditional", "unknown"])]
    records = []
    for duty, part in every.groupby("duty", sort=False):
        by = {state: part[part["state"] == state] for state in ("conditional", "unknown")}
        asked = by["conditional"]
        where = [listing(list(dict.fromkeys(by[state]["jurisdiction"]))) for state in by]
        said = "; ".join(dict.fromkeys(asked["condition"]))
        opinions = dict.fromkeys(name for cell in asked["opinion_ids"] for name in cell.split(", ") if name)
        cited = "; ".join(dict.fromkeys(asked["citation"]))
        records.append((duty, DUTIES[str(duty)], *where, said, cited, ", ".join(opinions)))
    return pd.DataFrame(records, columns=columns)
