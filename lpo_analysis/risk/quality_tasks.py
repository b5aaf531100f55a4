"""What lawyers and software get right on test tasks, and which published figures of quality measure the same thing."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.pooled_shares import pool_shares
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.quality import CALLED, MEASURES, NOT_ACHIEVED, SAID
from lpo_analysis.wording import count, listing, percent, sentence

LEAST_STUDIES = 3
"""Studies that a pooled figure needs."""
_RIGHT, _SCORE, _DRAFTS, _WRONG = "right answers", "score", "reliable first drafts", "wrong or unsupported answers"
_DOERS = (("lawyer_with_ai_", "lawyers with AI"), ("lawyer_", "lawyers"), ("ai_", "AI"), ("hallucination_", "AI"))
_SCORED = {"accurate": _RIGHT, "accuracy": _RIGHT, "reliable": _DRAFTS, "weighted": _SCORE}
# The sample of these sources counts the questions or drafts that the share is of. Elsewhere it counts lawyers, requests, matters or
# all documents, and says nothing on how exact the share is.
_COUNTED = (_RIGHT, _DRAFTS, _WRONG)
_WILSON = "Wilson at the sample of the study"
_HUMAN = "human reviewers"
_CALLED = {code.replace("_", " "): words for code, words in CALLED.items()}
_NAMES = {"ask practical law": "Ask Practical Law", "lexis plus": "Lexis+", "lexis plus ai": "Lexis+", "westlaw": "Westlaw", "westlaw ai assisted": "Westlaw", "gpt 4": "GPT-4"}  # fmt: skip


def tool_name(words: str) -> str:
    """Write the name of a tool as its maker does.

    Parameters
    ----------
    words : str
        The name as a category holds it, in small letters.

    Returns
    -------
    str
        Such as ``Lexis+`` for ``lexis plus``; what is no name of a tool stays as it is.
    """
    return _NAMES.get(words, words)


def _tested(rows: pd.DataFrame) -> pd.DataFrame:
    """Split the categories of the tests into who did the task, what was measured and the rest."""
    made = []
    for metric, category in zip(rows["metric"], rows["category"], strict=True):
        start, doer = next(((s, d) for s, d in _DOERS if category.startswith(s)), ("", "reviewers"))
        words = category.removeprefix(start).split("_")
        measure = _WRONG if metric == "ai_error_rate" else _SCORED.get(words[-1], _SCORE)
        left = words[:-1] if words[-1] in _SCORED else words
        detail = " ".join(left)
        made.append((measure, doer, tool_name(detail)))
    return rows.assign(**dict(zip(("measure", "doer", "detail"), map(list, zip(*made, strict=True)), strict=True)))


def _task(code: object) -> str:
    return "" if code in ("", "all") else vocabulary.label("any task", str(code))


def task_accuracy(evidence: Evidence, parameters: Parameters) -> Result:
    """Show what lawyers, software and lawyers with software get right on test tasks, and how often software is wrong.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades and level.

    Returns
    -------
    Result
        One term a published figure, with extra columns measure, doer, task and study. Where the study tells how many questions
        or drafts the share is of, the interval is Wilson's at that number.

    Notes
    -----
    The number belongs to the whole study. A figure of a part of it is less exact than its interval says, one over several tools rather more.
    The same questions were put to everyone in a study, so that intervals within it are not independent.
    """
    p = parameters
    rows = select(
        evidence, metric=["legal_task_accuracy", "ai_error_rate"], grades=p.grades, context=True, required=False
    )
    if rows.empty:
        reason = f"no figure of grade {'/'.join(p.grades)} on tests of legal tasks is on file (0 rows)"
        return not_estimable("task_accuracy", reason, level=p.level)
    rows = _tested(rows)
    order = {name: at for at, name in enumerate((_RIGHT, _DRAFTS, _SCORE, _WRONG))}
    rows = rows.sort_values(["measure", "task", "doer", "year_end"], key=lambda c: c.map(order) if c.name == "measure" else c, kind="stable")  # fmt: skip
    records = []
    for (name, row), (low, high) in zip(rows.iterrows(), np.array(ends(rows)).T / 100, strict=True):
        n = np.nan if pd.isna(row["sample_size"]) else float(row["sample_size"])
        share = float(np.nanmean([low, high]))
        counted = row["form"] == "point" and row["measure"] in _COUNTED and np.isfinite(n)
        if counted:
            low, high = share_interval(share, n, level=p.level)
        method = _WILSON if counted else "as published" + ("" if row["form"] == "point" else f"; {row['form']}")  # fmt: skip
        records.append(
            {"term": name, "label": f"{', '.join(part for part in (sentence(row['doer']), row['detail']) if part)}, {row['year_end']} [{row['grade']}]",
             "estimate": share, "conf_low": low, "conf_high": high, "level": p.level if counted else np.nan, "n_obs": n, "unit": "share", "method": method,
             "measure": row["measure"], "doer": row["doer"], "task": _task(row["task"]), "study": row["study_id"], "grade": row["grade"]}
        )  # fmt: skip
    table = tidy(records)
    data = table.assign(group=[f"{sentence(m)}, {t or 'all tasks'}" for m, t in zip(table["measure"], table["task"], strict=True)],
                        weak=table["grade"].isin(["C", "D"]))  # fmt: skip
    pairs = _pairs(table)
    told = f"{count(len(table), 'figure')} from {count(table['study'].nunique(), 'study', 'studies')} tell how lawyers and software do on test tasks. "
    text = told + (f"Where one study put the same task to both: {'; '.join(pairs)}." if pairs else "No study put the same task to lawyers and software.")  # fmt: skip
    wrong = table[table["measure"] == _WRONG]
    if len(wrong):
        text += (
            f" Software answered wrongly or without support in {_span(wrong)} of the questions, by tool "
            "(taken apart under Generative AI); no figure on file tells the same of lawyers."
        )
    return Result(
        "task_accuracy", table, text, rows=tuple(rows.index), n_used=len(rows),
        checks=(Check("Sample", None, f"{count(int((table['method'] == _WILSON).sum()), 'figure')} of {len(table)} {'has' if len(table) == 1 else 'have'} an interval: the others tell no number of questions, or are scores and ranges."),),
        plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]],
        draw=partial(forest, title="Lawyers and software on test tasks", xlabel="share of questions or drafts, or score; compare within a group only"),
        alt=f"{len(table)} published figures on test tasks by measure and task, from {percent(table['estimate'].min())} to {percent(table['estimate'].max())}.",
    )  # fmt: skip


def _span(part: pd.DataFrame) -> str:
    low, high = (percent(float(value)) for value in (part["conf_low"].where(part["level"].isna(), part["estimate"]).min(), part["conf_high"].where(part["level"].isna(), part["estimate"]).max()))  # fmt: skip
    return low if low == high else f"{low} to {high}"


def _pairs(table: pd.DataFrame) -> list[str]:
    """Say, for each study, measure and task with both, what lawyers and software reached."""
    said = []
    for (measure, task, _), part in table.groupby(["measure", "task", "study"], sort=False):
        spans = [
            f"{doer}{' at best' if mine['label'].str.contains('best').all() else ''} {_span(mine)}"
            for doer in ("lawyers", "lawyers with AI", "AI")
            if len(mine := part[part["doer"] == doer])
        ]
        if {"lawyers", "AI"} <= set(part["doer"]):
            said.append(f"{task}, {measure}: {listing(spans)}")
    return said


def comparable_figures(evidence: Evidence, parameters: Parameters) -> Result:
    """Say which figures of quality measure the same thing, and pool those of three studies or more that tell their samples.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades and level.

    Returns
    -------
    Result
        One term for each measure, who did the work, and task: ``n_obs`` is the number of studies; extra columns ``figures`` and
        ``with_n`` (studies that tell how many items the share is of). Where `with_n` is at least `LEAST_STUDIES`, the estimate
        is the share of the typical study; ``why`` says why not elsewhere. Not estimable where nothing can be pooled.

    References
    ----------
    Schwarzer, G., Chemaitelly, H., Abu-Raddad, L. J. and Rucker, G. (2019). Seriously misleading results using inverse of
    Freeman-Tukey double arcsine transformation. Research Synthesis Methods 10(3). https://doi.org/10.1002/jrsm.1348
    """
    p = parameters
    rows = _classified(evidence, p)
    if rows.empty:
        reason = f"no figure of grade {'/'.join(p.grades)} on quality is on file (0 rows)"
        return not_estimable("comparable_figures", reason, level=p.level)
    records = [
        _group(str(measure), str(doer), str(task), part, p.level)
        for (measure, doer, task), part in rows.groupby(["measure", "doer", "task"], sort=True)
    ]
    table = tidy(records).sort_values(["n_obs", "figures", "term"], ascending=[False, False, True], ignore_index=True)
    pooled = table[table["estimate"].notna()]
    missing = (
        None if len(pooled) else f"no measure has {LEAST_STUDIES} studies that tell how many items their share is of"
    )
    head = (
        f"{count(len(rows), 'figure')} on quality from {count(rows['study_id'].nunique(), 'study', 'studies')} measure "
        f"{count(len(table), 'thing')}, each by who did what and how it was judged."
    )
    text = f"{head} {_pooled(pooled) if len(pooled) else _unpooled(table)}"
    return Result("comparable_figures", table, text, rows=tuple(rows.index), n_used=len(rows), reason=missing)


def _pooled(pooled: pd.DataFrame) -> str:
    return " ".join(
        f"{row.label}: {percent(row.estimate, width=row.conf_high - row.conf_low)} ({row.level:.0%} interval {percent(row.conf_low)} to "
        f"{percent(row.conf_high)}, {row.n_obs} studies pooled)."
        for row in pooled.itertuples()
    )


def _unpooled(table: pd.DataFrame) -> str:
    most = table[table["n_obs"] == table["n_obs"].max()]
    largest = int(most["n_obs"].iloc[0])
    if largest == 1:
        return "Nothing is pooled: no two studies measure the same thing."
    which = f" ({listing([str(label) for label in most['label']])})" if len(most) == 1 else f" ({len(most)} times)"
    told = int(table["with_n"].max())
    return (
        f"Nothing is pooled: a measure is shared by {largest} studies at most{which}, and no more than {told or 'none'} of one measure "
        f"{'tells' if told == 1 else 'tell'} how many items the share is of, where {LEAST_STUDIES} are needed."
    )


def _classified(evidence: Evidence, p: Parameters) -> pd.DataFrame:
    review = select(evidence, metric="review_quality_rate", grades=p.grades, context=True, required=False)
    review = review[~review["category"].isin(NOT_ACHIEVED)]
    measures = [next((m for m in MEASURES if c.startswith(m)), c) for c in review["category"]]
    rest = [
        _HUMAN if m == "agreement" else c.removeprefix(m).strip("_").replace("_", " ") or "reviewers"
        for c, m in zip(review["category"], measures, strict=True)
    ]
    review = review.assign(measure=[m.replace("_", " ") for m in measures], doer=rest)
    tests = select(
        evidence, metric=["legal_task_accuracy", "ai_error_rate"], grades=p.grades, context=True, required=False
    )
    return pd.concat([review, _tested(tests)]) if len(tests) else review


def _group(measure: str, doer: str, task: str, part: pd.DataFrame, level: float) -> dict[str, object]:
    studies = part["study_id"].nunique()
    known = part[part["sample_size"].notna() & (part["form"] == "point")] if measure in _COUNTED else part.iloc[:0]
    # One study, one vote: several tools put to the same questions are their mean.
    one = known.groupby("study_id")[["value", "sample_size"]].mean().astype(float)
    made: dict[str, object] = {
        "term": f"{measure}:{doer}:{task or 'all'}".replace(" ", "_"), "label": ", ".join(part for part in (sentence(_CALLED.get(measure, measure)), SAID.get(doer, doer).removeprefix("invoices, "), _task(task)) if part), "level": level,
        "n_obs": studies, "unit": "share", "method": "not pooled", "figures": len(part), "with_n": len(one), "why": "",
    }  # fmt: skip
    if len(one) < LEAST_STUDIES:
        short = f"{count(studies, 'study', 'studies')}, {len(one) or 'none'} with the number of items behind the share; {LEAST_STUDIES} are needed"
        return made | {"estimate": np.nan, "why": short}
    counts = (one["value"] / 100 * one["sample_size"]).round()
    found = pool_shares(counts, one["sample_size"].round(), method="logit", level=level)
    return made | {"estimate": found.share, "conf_low": found.conf_low, "conf_high": found.conf_high, "method": "logit random effects, modified Hartung-Knapp",
                   "n_obs": len(one)}  # fmt: skip
