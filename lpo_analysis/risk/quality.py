"""What reviewers and review software achieve, side by side: measures, tasks and studies differ too much to be pooled."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import count, listing, percent

MEASURES = ("agreement", "recall", "precision", "elusion", "accuracy", "quality_check", "delivered", "invoice")
"""Beginnings of the categories, which name the measure."""
NOT_ACHIEVED = ("recall_target_set_by_court", "recall_perceived")
"""A target set by a court and a belief of the searchers are no achievements."""
CALLED = {"quality_check": "passed the quality check", "delivered": "delivered on time", "invoice": "invoice review"}
"""What a measure is called, where its code does not read as words."""


def quality(evidence: Evidence, parameters: Parameters) -> Result:
    """Show what reviewers achieve by measure, task and study.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades.

    Returns
    -------
    Result
        One term a published figure (a bound at its known end); without intervals, because hardly any study tells its sample.
    """
    p = parameters
    rows = select(evidence, metric="review_quality_rate", grades=p.grades, context=True, required=False)
    rows = rows[~rows["category"].isin(NOT_ACHIEVED)].copy()
    if rows.empty:
        return not_estimable(
            "quality", f"no figure of grade {'/'.join(p.grades)} on the quality of review is on file (0 rows)"
        )
    rows["measure"] = [next((m for m in MEASURES if c.startswith(m)), c) for c in rows["category"]]
    rows = rows.sort_values(
        ["measure", "year_end"], key=lambda c: c.map(_order) if c.name == "measure" else c, kind="stable"
    )
    pairs = np.array(ends(rows)).T
    table = tidy(
        {"term": name, "label": f"{_who(row)}, {row['year_end']} [{row['grade']}]", "estimate": float(np.nanmean([low, high])) / 100, "conf_low": low / 100, "conf_high": high / 100,
         "n_obs": row["sample_size"], "unit": "share", "method": "as published" + ("" if row["form"] == "point" else f"; {row['form']}"), "measure": CALLED.get(row["measure"], row["measure"]),
         "task": row["task"], "grade": row["grade"], "publisher": row["publisher"]}
        for (name, row), (low, high) in zip(rows.iterrows(), pairs, strict=True)
    )  # fmt: skip
    studies = {m: part["study_id"].nunique() for m, part in rows.groupby("measure")}
    human = table[(table["measure"] == "agreement")]
    said = (
        f"Human assessors agreed on {percent(human['conf_low'].min())} to {percent(human['conf_high'].max())} of the documents that either called relevant. "
        if len(human)
        else ""
    )
    passed = table[table["measure"] == "passed the quality check"]
    own = (
        f"One client's provider passed its quality check in {percent(passed['estimate'].iloc[0], width=0.01)} of the contracts. "
        if len(passed) == 1
        else ""
    )
    poolable = [m for m, n in studies.items() if n >= 3]
    text = (
        f"{count(len(table), 'figure')} from {count(rows['study_id'].nunique(), 'study', 'studies')} are on file. {said}{own}"
        + (
            f"Three studies or more share the {'measure' if len(poolable) == 1 else 'measures'} {listing(poolable)}, but not {'its definition or task' if len(poolable) == 1 else 'their definitions or tasks'}; "
            if poolable
            else "No three studies share a measure; "
        )
        + "nothing is pooled, and no row compares offshore with onshore work."
    )
    # A bound is drawn as one, at its known end.
    data = table.assign(group=table["measure"].str.capitalize(), weak=table["grade"].isin(["C", "D"]),
                        estimate=table["estimate"].where(table["conf_low"].notna() & table["conf_high"].notna()))  # fmt: skip
    return Result(
        "quality", table, text, checks=(Check("Offshore against onshore", None, "0 rows, 0 studies: not estimable, because no study measured both."),),
        rows=tuple(rows.index), n_used=len(rows), plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]],
        draw=partial(forest, title="What reviewers and software achieve", xlabel="share, as published; compare within a measure only"),
        alt=f"{len(table)} published rates of review quality in {table['measure'].nunique()} measures, from {percent(table['conf_low'].min())} to {percent(table['conf_high'].max())}.",
    )  # fmt: skip


def _order(measure: str) -> int:
    return MEASURES.index(measure) if measure in MEASURES else len(MEASURES)


SAID = {
    "assessors": "assessors",
    "jaccard a vs b": "two review teams (Jaccard)",
    "jaccard original vs a": "first review and team A (Jaccard)",
    "jaccard original vs b": "first review and team B (Jaccard)",
    "passed": "a provider's contracts",
    "approval experienced lawyers": "invoices, experienced lawyers",
    "approval language model": "invoices, a language model",
    "line f score best humans": "invoice lines (F score), best people",
    "line f score language model": "invoice lines (F score), a language model",
}
"""What the rest of a category means, where it does not read as words."""


def _who(row: pd.Series) -> str:
    measure = row["measure"]
    rest = row["category"].removeprefix(measure).strip("_").replace("_", " ")
    rest = SAID.get(rest, rest)
    task = vocabulary.label("any task", row["task"]) if row["task"] not in ("", "all") else ""
    return ", ".join(part for part in (rest, task) if part) or "reviewers"
