"""The claims the field lives on, each supported, contradicted, mixed or not known, with the rows behind it.

A verdict follows from results by a stated rule; nobody writes it. "Not known" is the verdict wherever the rows do not bear
the question, however often the claim is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import pandas as pd

from lpo_analysis import adoption, savings
from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import Evidence, load, real, select, table
from lpo_analysis.wording import count, listing, percent

STUDIES = 3
"""Studies that a verdict drawn from surveys or measurements asks for; with fewer it is "not known"."""

Verdict = Literal["supported", "contradicted", "mixed", "not known"]

COLUMNS = {
    "claim": ("Claim", "text"),
    "verdict": ("Verdict", "text"),
    "why": ("Because", "text"),
    "n_rows": ("Rows", "integer"),
    "n_studies": ("Studies", "integer"),
    "grade": ("Best grade", "text"),
    "section": ("Shown in", "text"),
}
"""Columns of the table of claims as reports show it: heading and kind."""


@dataclass(frozen=True)
class Claim:
    """One claim and what the evidence says of it.

    Parameters
    ----------
    name : str
        Snake-case name.
    claim : str
        The claim, in words.
    verdict : {'supported', 'contradicted', 'mixed', 'not known'}
        What follows.
    why : str
        The reason, computed from results.
    rows : tuple of str
        Identifiers of the rows behind it.
    report, section : str
        Where it is shown.
    """

    name: str
    claim: str
    verdict: Verdict
    why: str
    rows: tuple[str, ...]
    report: str
    section: str


def claims(*, report: str | None = None, evidence: Evidence | None = None) -> tuple[Claim, ...]:
    """Judge the claims at grades A and B.

    Parameters
    ----------
    report : {'adoption', 'savings', 'risk'}, optional
        Only the claims shown in this report; the others are not computed.
    evidence : Evidence, optional
        The evidence base; the shipped one by default.

    Returns
    -------
    tuple of Claim
        In a fixed order.
    """
    return _claims(evidence or load(), report)


def prime(report: str) -> None:
    """Judge the claims of a kind of report, so that a batch does it once.

    Parameters
    ----------
    report : str
        Whose: adoption, savings and risk show their own, any other report shows all of them.
    """
    claims(report=report if report in ("adoption", "savings", "risk") else None)


@lru_cache(maxsize=8)
def _claims(e: Evidence, report: str | None) -> tuple[Claim, ...]:
    judges = (
        ("adoption", _growing),
        ("savings", _cheaper),
        ("adoption", _frees_lawyers),
        ("adoption", _expertise),
        ("risk", _secure),
        ("risk", _quality),
        ("risk", _ethical),
        ("adoption", _satisfied),
    )
    return tuple(judge(e) for shown_in, judge in judges if report in (None, shown_in))


def _growing(e: Evidence) -> Claim:
    p = adoption.Parameters()
    wider, pooled = adoption.market_growth(e, p), adoption.pooled(e, p)
    # The wider market of alternative providers is another one: its growth is told, and decides nothing.
    own = pooled.table[pooled.table["term"].str.startswith("lpo_")]
    grown = [_real(row) for row in own.dropna(subset=["estimate"]).itertuples()]
    verdict: Verdict = "not known"
    if grown:
        lows, highs = [low for low, _ in grown], [high for _, high in grown]
        verdict = "supported" if min(lows) > 0 else "contradicted" if max(highs) < 0 else "mixed"
        said = [
            f"{row.label} {percent(low)} to {percent(high)} ({row.first} to {row.last}, {row.n_obs} estimates of {row.n_makers} makers)"
            for row, (low, high) in zip(own.dropna(subset=["estimate"]).itertuples(), grown, strict=True)
        ]
        why = f"Growth a year in real terms by the estimates on file: {listing(said)}."
    else:
        why = (
            f"Legal process outsourcing itself has no series: {count(int(own['n_obs'].sum()), 'estimate')} of grade A or B in "
            f"{count(len(own), 'scope')}, none with enough of them from enough makers to be pooled."
        )
    if wider.estimable:
        row = wider.row("growth_real")
        why += (
            f" The wider market of alternative providers, which is another one, grew {percent(row['estimate'])} a year in real terms "
            f"({percent(row['conf_low'])} to {percent(row['conf_high'])}, {count(int(row['n_obs']), 'point')} of one publisher)."
        )
    rows = tuple(dict.fromkeys([*pooled.rows, *wider.rows]))
    return Claim("growing", "The market grows", verdict, why, rows, "adoption", "The market")


def _real(row: Any) -> tuple[float, float]:
    """Return the interval of a nominal growth a year less that of consumer prices over the same years."""
    prices = real(1.0, "USD", int(row.first), price_year=int(row.last)).amount ** (1 / (row.last - row.first))
    return (1 + row.conf_low) / prices - 1, (1 + row.conf_high) / prices - 1


def _cheaper(e: Evidence) -> Claim:
    signs: list[int] = []
    said: list[str] = []
    rows: list[str] = []
    for task in ("document_review", "legal_research"):
        try:
            analysis = savings.analyse(savings.Parameters(task=task), evidence=e)
        except NoEvidenceError:
            continue
        against = analysis.comparators.table
        rows += analysis.rows
        signs += [1 if row.conf_low > 0 else -1 if row.conf_high < 0 else 0 for row in against.itertuples()]
        sure = [str(row.label) for row in against.itertuples() if row.conf_low > 0]
        open_ = [str(row.label) for row in against.itertuples() if row.conf_low <= 0 <= row.conf_high]
        said.append(
            f"{task.replace('_', ' ')} in India saves against {listing(sure) or 'nobody'} over the whole 90% interval, and cannot be called against {listing(open_) or 'anybody'}"
        )
    if not signs:
        why = "No question about the savings of outsourcing to India can be answered from this evidence."
        return Claim("cheaper", "It is cheaper", "not known", why, (), "savings", "Against whom?")
    verdict: Verdict = "supported" if min(signs) > 0 else "contradicted" if max(signs) < 0 else "mixed"
    why = f"It depends on the comparator: {'; '.join(said)} (net of every cost around the fee)."
    return Claim("cheaper", "It is cheaper", verdict, why, tuple(dict.fromkeys(rows)), "savings", "Against whom?")


def _none_measured(
    e: Evidence, name: str, claim: str, rows: pd.DataFrame, need: str, about: str, section: str, report: str
) -> Claim:
    why = f"No figure of grade A or B measures {need}. " + (about if len(rows) else "")
    return Claim(name, claim, "not known", why.strip(), tuple(rows.index), report, section)


def _frees_lawyers(e: Evidence) -> Claim:
    rows = select(e, metric="driver_share", category=["capacity", "focus"], required=False)
    rows = rows[rows["task"] != ""]
    about = (
        f"{count(len(rows), 'row')} only {'tells' if len(rows) == 1 else 'tell'} that buyers name capacity as a reason."
    )
    return _none_measured(
        e,
        "frees_lawyers",
        "It frees lawyers for better work",
        rows,
        "the hours released",
        about,
        "Why, and why not",
        "adoption",
    )


def _expertise(e: Evidence) -> Claim:
    rows = select(e, metric="adoption_rate", buyer="law_firm", buyer_size="small", required=False)
    shares = [f"{percent(row.value / 100)} in {row.year_end}" for row in rows.sort_values("year_end").itertuples()]
    about = (
        f"Small firms use it ({listing(shares)} for litigation support), which says nothing of the expertise they got."
    )
    need = "access to expertise for small firms or niche practices"
    return _none_measured(
        e, "expertise", "It gives small firms and niche practices expertise", rows, need, about, "Use", "adoption"
    )


def _secure(e: Evidence) -> Claim:
    rows = select(e, metric="third_party_breach_prevalence", category="ever", required=False)
    low, high = (percent(x / 100) for x in (rows["value"].min(), rows["value"].max()))
    about = (
        f"Of companies of all industries, {low} to {high} ever had a breach caused by a vendor of any kind."
        if len(rows)
        else ""
    )
    need = "breaches at legal providers, or compares them with a firm's own"
    return _none_measured(
        e, "secure", "Data are secure and confidential", rows, need, about, "What one more provider adds", "risk"
    )


def _quality(e: Evidence) -> Claim:
    rows = select(e, metric="review_quality_rate", required=False)
    provider = rows[rows["provider"].isin(["alsp", "offshore", "onshore", "nearshore"])]
    kept = f"{count(len(provider), 'row')} of a provider's work" + (
        f" ({percent(provider['value'].iloc[0] / 100, width=0.01)} of contracts passed)" if len(provider) == 1 else ""
    )
    if provider["study_id"].nunique() >= STUDIES:
        verdict: Verdict = "supported" if (provider["value"] >= 90).all() else "mixed"
    else:
        verdict = "not known"
    why = f"{kept}, where {STUDIES} studies are asked for; sampling can hold a provider to a level, but whether it is done is not on file."
    return Claim("quality", "Quality can be controlled", verdict, why, tuple(rows.index), "risk", "Quality")


def _ethical(e: Evidence) -> Claim:
    del e
    opinions = table("ethics_opinions").query("scope == 'outsourcing' and in_force != 'no'")
    allowed, refused = opinions["permits"].isin(["yes", "conditional"]), opinions["permits"] == "no"
    # To be allowed is not to be met: opinions alone can refute the claim, and never support it.
    verdict: Verdict = "not known" if not refused.any() else "mixed" if allowed.any() else "contradicted"
    places = opinions["subdivision"].where(opinions["subdivision"] != "", opinions["jurisdiction"]).nunique()
    why = (
        f"Permitted where an opinion exists: {'all ' if allowed.all() else f'{int(allowed.sum())} of '}{count(len(opinions), 'opinion')} on outsourcing on file, of "
        f"{count(places, 'jurisdiction')}, {'allow' if len(opinions) != 1 else 'allows'} it under conditions (supervision, confidentiality, often the client's consent); "
        f"{int((opinions['seen'] == 'second_hand').sum())} were seen second-hand, and most jurisdictions have issued none. Whether firms meet the conditions is another question, "
        "which no row measures (0 rows)."
    )
    rows = tuple(f"opinion:{name}" for name in opinions["opinion_id"])
    return Claim("ethical", "Ethical duties can be met", verdict, why, rows, "risk", "Ethics")


def _satisfied(e: Evidence) -> Claim:
    rows = select(e, metric="satisfaction_share", required=False)
    content = rows[rows["category"].str.contains("satisfied") & ~rows["category"].str.contains("dissatisfied|not_")]
    shares = content.groupby("study_id")["value"].sum() / 100
    against = select(e, metric="satisfaction_share", category="mixed_or_negative", grades=["C"], required=False)
    verdict: Verdict = "not known"
    if len(shares) >= STUDIES:
        verdict = "supported" if shares.min() > 0.5 else "contradicted" if shares.max() < 0.5 else "mixed"
    why = (
        f"{count(len(shares), 'survey')} of 2012 and 2013 add up to {listing([percent(x) for x in shares])} satisfied"
        + (
            f"; a claim of grade C says that {percent(against['value'].iloc[0] / 100)} of experienced law firms saw mixed or negative sides"
            if len(against)
            else ""
        )
        + f". {STUDIES} surveys are asked for; none is newer, and none asked clients whose lawyers outsourced."
    )
    return Claim("satisfied", "Clients are satisfied", verdict, why, tuple(rows.index), "adoption", "Satisfaction")


def summary(judged: Iterable[Claim], *, evidence: Evidence | None = None) -> pd.DataFrame:
    """Tabulate claims.

    Parameters
    ----------
    judged : iterable of Claim
        From `claims`.
    evidence : Evidence, optional
        The evidence base; the shipped one by default.

    Returns
    -------
    pandas.DataFrame
        Columns name, claim, verdict, why, n_rows, n_studies, grade (best of the rows), report, section, rows.
    """
    e = evidence or load()
    opinions = table("ethics_opinions").set_index("opinion_id")["source_id"]
    records = []
    for item in judged:
        observed = [row for row in item.rows if row in e.observations.index]
        sources = [str(opinions[row.removeprefix("opinion:")]) for row in item.rows if row.startswith("opinion:")]
        studies = {*e.observations.loc[observed, "study_id"], *e.sources.loc[sources, "study_id"]}
        grades = sorted(e.observations.loc[observed, "grade"].unique())
        records.append(
            {"name": item.name, "claim": item.claim, "verdict": item.verdict, "why": item.why, "n_rows": len(item.rows), "n_studies": len(studies),
             "grade": grades[0] if grades else "not graded" if sources else "none", "report": item.report, "section": f"{item.report}: {item.section}",
             "rows": ", ".join(item.rows)}
        )  # fmt: skip
    return pd.DataFrame(records)
