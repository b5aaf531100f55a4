"""What is claimed of savings, restated on one denominator each, beside what the model gives for the same quantity."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import claims as draw_claims
from lpo_analysis.evidence import Evidence, table
from lpo_analysis.evidence.money import ends
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.analysis import Analysis
from lpo_analysis.wording import count, percent, sentence

DENOMINATORS = {
    "rate": ("rate_gap", "gap of rates or pay only"),
    "work": ("net_saving", "cost of the work moved"),
    "budget": ("budget_saving", "whole legal budget"),
    "not_told": (None, "denominator not told: comparable with nothing"),
}
"""What a claim is a percentage of, and which of the three numbers it may stand beside."""

_WHO = {
    "vendor": "seller",
    "client_target": "client's target",
    "client_outcome": "client's outcome",
    "analyst": "analyst",
    "press": "press",
    "public_agency": "agency",
    "consultancy": "consultancy",
}
_INTERESTED = ("vendor", "client_target", "public_agency")


def published_claims(evidence: Evidence) -> pd.DataFrame:
    """Restate every published saving as a share of its own denominator.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.

    Returns
    -------
    pandas.DataFrame
        One claim a row, indexed by ``observation_id``: denominator, claimant, comparator, task, geography, year, grade, low,
        high (shares; missing on an open side), study_id, publisher; all grades, because claims are what is shown.

    Notes
    -----
    An offshore cost of x percent is a saving of 1 - x/100, a cost ratio of r one of 1 - 1/r; both are gaps of prices or pay.
    """
    return _published_claims(evidence).copy(deep=False)


@lru_cache(maxsize=4)
def _published_claims(evidence: Evidence) -> pd.DataFrame:
    coded = table("savings_claims").set_index("observation_id")
    rows = evidence.observations.join(coded, how="inner")
    rows = rows[rows["legal"] == "yes"]
    low, high = ends(rows)
    percent_cost, ratio = rows["metric"] == "offshore_cost_percent", rows["metric"] == "onshore_offshore_cost_ratio"
    saved_low = np.where(percent_cost, 1 - high / 100, np.where(ratio, 1 - 1 / low, low / 100))
    saved_high = np.where(percent_cost, 1 - low / 100, np.where(ratio, 1 - 1 / high, high / 100))
    kept = rows[
        [
            "denominator",
            "claimant",
            "comparator",
            "task",
            "geography",
            "grade",
            "status",
            "study_id",
            "publisher",
            "form",
        ]
    ]
    # The most a thing costs is the least it saves.
    turned = kept["form"].replace({"floor": "ceiling", "ceiling": "floor"}).where(percent_cost, kept["form"])
    return kept.assign(year=rows["year_end"], low=saved_low, high=saved_high, form=turned)


def claims_against_model(analysis: Analysis) -> Result:
    """Put published claims beside the modelled number with the same denominator.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term a denominator: ``estimate``, ``conf_low`` and ``conf_high`` are the model's; columns ``n_claims``, ``n_studies``,
        ``claim_low``, ``claim_high`` (range of the claims), ``n_above`` (claims that lie wholly above the model's interval).
    """
    claims = published_claims(analysis.evidence)
    numbers = analysis.numbers.table.set_index("term")
    records, parts = [], []
    for denominator, (term, label) in DENOMINATORS.items():
        part = claims[claims["denominator"] == denominator].sort_values(["claimant", "year"], kind="stable")
        if part.empty:
            continue
        model = numbers.loc[term] if term else None
        estimable = model is not None and pd.notna(model["estimate"])
        low_end = part["low"].fillna(part["high"])
        above = int((part["low"] > model["conf_high"]).sum()) if estimable else np.nan  # type: ignore[index]
        records.append(
            {"term": denominator, "label": label, "level": analysis.parameters.level, "unit": "share",
             "method": "model of this report beside published claims",
             **({key: model[key] for key in ("estimate", "conf_low", "conf_high")} if estimable else {}),  # type: ignore[index]
             "n_obs": len(part), "n_studies": part["study_id"].nunique(), "claim_low": part[["low", "high"]].min().min(),
             "claim_high": part[["low", "high"]].max().max(), "n_above": above}
        )  # fmt: skip
        drawn = part.assign(low=low_end, high=part["high"].fillna(part["low"]))
        parts.append(
            pd.DataFrame(
                {
                    "group": sentence(label),
                    "bound": drawn["form"].map(BOUNDS).fillna(""),
                    "label": [claim_label(row) for row in drawn.itertuples()],
                    "low": drawn["low"],
                    "high": drawn["high"],
                    "weak": drawn["claimant"].isin(_INTERESTED),
                    **{
                        f"model_{k}": model[v] if estimable else np.nan  # type: ignore[index]
                        for k, v in (("estimate", "estimate"), ("low", "conf_low"), ("high", "conf_high"))
                    },
                }
            )
        )
    data = pd.concat(parts)
    result = tidy(records)
    return Result(
        "claims", result, _text(result, claims), checks=_checks(claims), rows=tuple(claims.index), n_used=len(claims),
        plot_data=data.reset_index(names="observation_id"),
        draw=partial(draw_claims, title="What is claimed, beside this report",
                     xlabel="saving; shaded: this report; open: interested parties"),
        alt="Published savings by denominator beside the modelled interval: "
        + "; ".join(f"{row.label}, {row.n_obs} claims from {percent(row.claim_low)} to {percent(row.claim_high)}"
                    for row in result.itertuples(index=False)) + ".",
    )  # fmt: skip


BOUNDS = {"floor": ">", "ceiling": "<"}
"""How a figure marks what is claimed as at least, or at most, so much."""


def claim_label(row: object) -> str:
    """Name a claim: who made it, when, of which task, and its grade.

    Parameters
    ----------
    row : object
        A row of the published claims.

    Returns
    -------
    str
        Such as ``seller 2011, document review [C]``.
    """
    task = getattr(row, "task", "")
    what = "" if task in ("all", "") else f", {vocabulary.label('task', task)}"
    bound = {"floor": ", at least", "ceiling": ", at most"}.get(getattr(row, "form", ""), "")
    return f"{_WHO[getattr(row, 'claimant', '')]} {getattr(row, 'year', '')}{what}{bound} [{getattr(row, 'grade', '')}]"


def _text(table_: pd.DataFrame, claims: pd.DataFrame) -> str:
    by = table_.set_index("term")
    told = [row for row in table_.itertuples(index=False) if row.term != "not_told"]
    silent = int(by.at["not_told", "n_obs"]) if "not_told" in by.index else 0
    studies = count(claims["study_id"].nunique(), "study", "studies")
    opening = f"{count(len(claims), 'published saving')} from {studies} are on file for legal work; "
    sentences = [f"{opening}{silent} of them do not tell what they are a percentage of."]
    for row in told:
        head = f"As {'a gap of rates' if row.term == 'rate' else 'a share of the ' + row.label}, {count(int(row.n_obs), 'claim')} run from "
        body = f"{percent(row.claim_low)} to {percent(row.claim_high)}"
        if pd.isna(row.estimate):
            sentences.append(f"{head}{body}; this report has no number to set beside them.")
        else:
            sentences.append(
                f"{head}{body}, this report gives {_model(row)}, and "
                f"{_above(int(row.n_above))} above its whole interval."
            )
    return " ".join(sentences)


def _model(row: Any) -> str:
    width = row.conf_high - row.conf_low
    return f"{percent(row.estimate, width=width)} ({percent(row.conf_low, width=width)} to {percent(row.conf_high, width=width)})"


def _above(n: int) -> str:
    return "none of them lies" if n == 0 else "one of them lies" if n == 1 else f"{n} of them lie"


def _checks(claims: pd.DataFrame) -> tuple[Check, ...]:
    outcomes = claims[claims["claimant"] == "client_outcome"]
    comparators = int((claims["comparator"] == "not_told").sum())
    return (
        Check(
            "Measured outcomes", None,
            f"{count(len(outcomes), 'row')} from {count(outcomes['study_id'].nunique(), 'study', 'studies')} report what a client says "
            "was saved; none was audited, so no mean is formed.",
        ),
        Check("Comparators", None, f"{comparators} of {len(claims)} claims do not tell who did the work before."),
        Check("Pooling", None, "Claims are shown one by one: denominators, tasks and years differ too much to be averaged."),
    )  # fmt: skip
