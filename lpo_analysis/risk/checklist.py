"""The checklist that a partner signs before work goes out: what to do, and which opinions ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.risk.ethics import NOT_ADVICE, RANK
from lpo_analysis.risk.opinions import SCOPES, version
from lpo_analysis.wording import count, listing

PRACTICE = "professional practice, no opinion on file"
"""Basis of an item that no opinion on file asks for; further words say how that is meant."""

TITLE = "Before the work goes out: checklist for the responsible partner"
"""Heading of the list."""


@dataclass(frozen=True)
class Item:
    """One item of the checklist.

    Parameters
    ----------
    name : str
        Code.
    title : str
        What it is about.
    duties : tuple of str
        Duties of the opinions it answers; none where the opinions are not coded for it.
    steps : tuple of str
        What is ticked. Their wording is professional practice, whatever the opinions say of the duty.
    """

    name: str
    title: str
    duties: tuple[str, ...]
    steps: tuple[str, ...]


ITEMS = (
    Item("supervision", "Supervision", ("supervision",), (
        "A named lawyer of the firm answers for the work, and has the time and the knowledge to judge it.",
        "What comes back is reviewed before it is used, by a plan that says how much and by whom.",
    )),
    Item("competence", "Competence and vetting", ("competence_vetting",), (
        "References, training and experience of those who do the work have been looked into, and the answers filed.",
        "The provider's security has been examined, by a report of others or by a visit.",
    )),
    Item("confidentiality", "Confidentiality", ("confidentiality_measures",), (
        "Each person who sees the file is bound to secrecy in writing.",
        "Only what the task needs is sent; access, transfer and storage are protected and logged.",
    )),
    Item("conflicts", "Conflicts check", ("conflict_check",), (
        "The provider has searched for other parties of the matter among its clients, and reported the outcome.",
        "It says how it keeps apart those who work for adverse parties, and when it searches again.",
    )),
    Item("client", "Disclosure to the client and consent", ("client_disclosure", "client_consent"), (
        "The client has been told what goes out, to whom and where, or the reason why not is on file.",
        "Consent is on file where it is asked for, informed, in advance, and in writing where that is asked for.",
    )),
    Item("fees", "Fees", ("fees",), (
        "How the work is billed (as cost, as fee, with what addition) is settled, told to the client and reasonable.",
    )),
    Item("practice", "Unauthorised practice", ("unauthorized_practice",), (
        "No one outside the firm gives advice, takes decisions of a lawyer or appears for the client.",
    )),
    Item("agreement", "Written agreement", ("agreement_in_writing",), (
        "A signed agreement covers tasks, secrecy, security, subcontractors, audit, incidents, liability and governing law.",
    )),
    Item("data", "Return or destruction of data", (), (
        "Day and manner of return or destruction are agreed, copies and backups included, and are to be certified.",
    )),
    Item("communication", "Communication with the provider", (), (
        "Instructions are written; one person on either side answers questions within an agreed time.",
        "An incident, a delay or a change of staff is to be reported at once, to a named person.",
    )),
)  # fmt: skip
"""Items, in the order of the list."""


def checklist(duties: Result) -> Result:
    """Turn the duties of a matter into a list to tick and sign.

    Parameters
    ----------
    duties : Result
        From `lpo_analysis.risk.ethics.duties`.

    Returns
    -------
    Result
        One term an item: ``label``, ``steps`` (joined by line feeds), ``state`` (the strictest over jurisdictions, scopes and the
        duties of the item), ``basis`` (jurisdiction, state, condition and citation of each opinion behind it, or `PRACTICE`),
        ``not_known`` (where nothing on file tells), ``persuasive`` (opinions of national bodies), ``superseded`` (opinions no longer in force,
        which count for nothing but are shown), ``opinion_ids``. ``n_obs`` counts
        the opinions.

    Notes
    -----
    An item without an opinion is no less to be done: that none is on file is no permission to leave it out.
    """
    table = duties.table
    own, national = (table[table["kind"] == kind] for kind in ("own", "persuasive"))
    scopes = list(dict.fromkeys(table["scope"]))
    records = []
    for item in ITEMS:
        cells = own[own["duty"].isin(item.duties)]
        known = cells[cells["state"] != "not known"]
        state = min(known["state"], key=RANK.__getitem__) if len(known) else "not known"
        missing = cells[cells["state"] == "not known"]
        behind = national[national["duty"].isin(item.duties) & (national["state"] != "not known")]
        gone = [f"{row.place}{_of(row, item, scopes)}: {row.superseded}, superseded by {row.superseded_by}" for row in cells[cells["superseded"] != ""].itertuples()]  # fmt: skip
        ids = dict.fromkeys(name for joined in known["opinion_ids"] for name in str(joined).split(", "))
        records.append(
            {"term": item.name, "label": item.title, "n_obs": len(ids), "unit": "opinions", "method": "strictest of the opinions on file", "state": state,
             "steps": "\n".join(item.steps), "basis": "\n".join(_behind(known, item, scopes)) or _practice(item, persuasive=bool(len(behind)), gone=bool(gone)), "not_known": _missing(missing, item, scopes),
             "persuasive": "\n".join(_behind(behind, item, scopes)), "superseded": "\n".join(gone), "opinion_ids": ", ".join(ids)}
        )  # fmt: skip
    result = tidy(records)
    practice = result.loc[result["basis"].str.startswith(PRACTICE), "label"].str.lower().tolist()
    heard = dict.fromkeys(own.loc[own["state"] != "not known", "jurisdiction"])
    places = (
        f" of {listing([vocabulary.in_words(code) for code in heard])}" if heard else " of the chosen jurisdictions"
    )
    rest = len(result) - len(practice)
    text = (
        f"Of {len(result)} items {count(rest, 'rests', 'rest')} on an opinion on file{places}."
        + (f" On professional practice alone, without an opinion on file: {listing(practice)}." if practice else "")
        + f" An item without an opinion is no less to be done. {NOT_ADVICE}"
    )
    said = f"Opinions on {listing([SCOPES[scope] for scope in scopes])}; {version()}."
    return Result("checklist", result, text, checks=(Check("Edition of the rules", None, said),), rows=duties.rows, n_used=duties.n_used)  # fmt: skip


def _practice(item: Item, *, persuasive: bool, gone: bool) -> str:
    if not item.duties:
        return f"{PRACTICE}: the opinions were not read for it"
    if gone:
        return f"{PRACTICE} that is in force"
    return f"{PRACTICE} of the chosen jurisdictions" if persuasive else PRACTICE


def _behind(cells: pd.DataFrame, item: Item, scopes: Sequence[str]) -> list[str]:
    return [
        f"{row.place}{_of(row, item, scopes)}: {row.state}{f' ({row.condition})' if row.condition else ''} [{row.opinions}]"
        for row in cells.itertuples()
    ]


def _of(row: object, item: Item, scopes: Sequence[str]) -> str:
    """Name duty and scope where an item or a list has several."""
    told = [str(getattr(row, "label"))] if len(item.duties) > 1 else []  # noqa: B009
    if len(scopes) > 1:
        told.append(f"opinions on {SCOPES[str(getattr(row, 'scope'))]}")  # noqa: B009
    return f", {', '.join(told)}" if told else ""


def _missing(cells: pd.DataFrame, item: Item, scopes: Sequence[str]) -> str:
    named = [f"{row.place}{_of(row, item, scopes)}" for row in cells.itertuples()]
    return "; ".join(dict.fromkeys(named))


def subject(duties: Result) -> str:
    """Say which matter a checklist is for.

    Parameters
    ----------
    duties : Result
        From `lpo_analysis.risk.ethics.duties`.

    Returns
    -------
    str
        Jurisdictions, scopes of the opinions, and the edition of the rules.
    """
    own = duties.table[duties.table["kind"] == "own"]
    places = listing([f"{vocabulary.in_words(code)} ({code})" for code in dict.fromkeys(own["jurisdiction"])])
    return f"A matter that touches {places}; opinions on {listing([SCOPES[scope] for scope in dict.fromkeys(own['scope'])])}; {version()}."
