"""Wrong answers of generative AI beside what lawyers get wrong, and the rules firms and clients have on its use."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from lpo_analysis import vocabulary
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.quality_tasks import tool_name
from lpo_analysis.wording import count, listing, percent, sentence

_SIDES = {"lawyer_with_ai_": "lawyers with AI", "lawyer_best_": "best lawyer", "lawyer_": "lawyers", "ai_best_": "best AI tool", "ai_": "AI"}  # fmt: skip
"""Beginnings of the categories of `legal_task_accuracy`, which name who was graded."""
_MEASURES = {
    "contract_draft_reliable": "reliable contract drafts",
    "legal_research_accuracy": "accuracy in legal research",
    "legal_research_weighted": "weighted score in legal research",
}
"""Measures that both sides were graded by, in words."""
_INVOICES = {
    "invoice_approval_experienced_lawyers": ("lawyers", "approval of invoices"),
    "invoice_approval_language_model": ("AI", "approval of invoices"),
    "invoice_line_f_score_best_humans": ("lawyers", "F score on invoice lines"),
    "invoice_line_f_score_language_model": ("AI", "F score on invoice lines"),
}
"""Categories of `review_quality_rate` in which one study graded people and a language model on one task."""
_PAIRS = (
    ("AI", "lawyers"),
    ("best AI tool", "lawyers"),
    ("best AI tool", "best lawyer"),
    ("lawyers with AI", "lawyers"),
)
"""Who is set against whom."""
AT_LEAST = "at least this wide"


def wrong_answers(evidence: Evidence, parameters: Parameters) -> Result:
    """Set wrong answers of AI tools beside what lawyers get wrong, where a study graded both on one task.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades and level.

    Returns
    -------
    Result
        ``rate_...``: share of answers wrong or misgrounded, by tool, with Wilson intervals at the size of the study (at least this wide;
        questions are no sample of a firm's). ``score_...``: accuracy by study and measure; ``side`` says who was graded. ``gap_...``:
        AI less lawyers, one for each measure that a study applied to both, with the widest interval that any
        pairing of the answers allows where the number of questions is told.

    Notes
    -----
    Accuracy and hallucination are different measures: one minus the accuracy is no hallucination rate, as an answer can be incomplete
    without being wrong. No study on file measured how often lawyers give a wrong or unsupported citation.
    """
    p = parameters
    rates = select(evidence, metric="ai_error_rate", grades=p.grades, required=False)
    scores = select(evidence, metric="legal_task_accuracy", grades=p.grades, required=False)
    invoices = select(
        evidence, metric="review_quality_rate", category=list(_INVOICES), grades=p.grades, context=True, required=False
    )
    rows = [*rates.index, *scores.index, *invoices.index]
    if not rows:
        return not_estimable(
            "wrong_answers", f"no figure of grade {'/'.join(p.grades)} is on file (0 rows)", level=p.level
        )
    records = [_rate(str(name), row, p.level) for name, row in rates.iterrows()]
    graded = _graded(pd.concat([scores, invoices]))
    records += [_score(str(name), row) for name, row in graded.iterrows()]
    population = evidence.sources["population"].reindex(graded["source_id"]).astype(str).to_numpy()
    gaps = _gaps(graded.assign(population=population), p.level)
    table = tidy([*records, *gaps])
    table["shown"] = [
        _points(row) if row.term.startswith("gap_") else percent(row.estimate) for row in table.itertuples()
    ]
    gap = table["term"].str.startswith("gap_")
    both, shown = table[gap], table[~gap]
    paired = set(both["group"])
    shown = pd.concat([shown[shown["term"].str.startswith("rate_")], shown[shown["group"].isin(paired)]])
    # A bound is drawn as one, at its known end.
    bound = shown["method"].str.contains("ceiling|floor")
    drawn = shown.assign(
        estimate=shown["estimate"].mask(bound),
        group=shown["group"].map(sentence),
        label=shown["side"] + " [" + shown["grade"] + "]",
        weak=shown["grade"].isin(["C", "D"]),
    )
    return Result(
        "wrong_answers", table, _answers_told(table, p.level), checks=(
            Check("Same measure for both", None, f"Hallucination: 0 studies graded lawyers. Accuracy: {count(both['study'].nunique(), 'study', 'studies')} with both; one minus accuracy is no hallucination rate."),
            Check("Interval of the gap", None, "Both sides answered the same questions, and which were answered right by both is not published: where their number is told, the interval is the widest that any pairing allows; elsewhere there is none."),
            Check("Selection", None, "The best of several tools, named after the test, does worse in the next one; sellers could withdraw."),
        ),
        rows=tuple(map(str, rows)), n_used=len(rows), plot_data=drawn[["group", "label", "estimate", "conf_low", "conf_high", "weak"]] if len(drawn) else None,
        draw=partial(forest, title="Wrong answers of AI, and lawyers beside AI", xlabel="share, as published; compare within a group only") if len(drawn) else None,
        alt=f"{len(drawn)} published shares in {count(drawn['group'].nunique(), 'group')}: hallucinated answers by AI tool, and accuracy of AI and lawyers where both were graded.",
    )  # fmt: skip


def _rate(name: str, row: pd.Series, level: float) -> dict[str, Any]:
    low, high = (float(end) / 100 for end in ends(row))
    tool = tool_name(str(row["category"]).removeprefix("hallucination_").replace("_", " "))
    n, method = row["sample_size"], "as published" + ("" if row["form"] == "point" else f"; {row['form']}")
    value = float(np.nanmean([low, high]))
    if row["form"] == "point" and pd.notna(n):
        low, high = share_interval(value, float(n), level=level)
        method = f"Wilson at the size of the study, {AT_LEAST}"
    group = "hallucinated answers, legal research: AI only, no lawyer was tested"
    return {
        "term": f"rate_{name}", "label": f"{tool}, {row['year_end']}", "estimate": value, "conf_low": low, "conf_high": high, "level": level if "Wilson" in method else np.nan,
        "n_obs": n, "unit": "share", "method": method, "side": tool, "group": group, "grade": row["grade"], "study": row["study_id"],
    }  # fmt: skip


def _graded(scores: pd.DataFrame) -> pd.DataFrame:
    sides, measures = [], []
    for category in scores["category"]:
        start = next((start for start in _SIDES if str(category).startswith(start)), "")
        rest = str(category).removeprefix(start)
        side, measure = _INVOICES.get(category) or (
            _SIDES.get(start, "not told"),
            _MEASURES.get(rest, rest.replace("_", " ")),
        )
        sides.append(side)
        measures.append(measure)
    return scores.assign(side=sides, measure=measures)


def _group(row: pd.Series) -> str:
    maker = re.split(r" [/(]", str(row["publisher"]))[0]
    return f"{row['measure']}: {maker}, {row['year_end']}"


def _score(name: str, row: pd.Series) -> dict[str, Any]:
    low, high = (float(end) / 100 for end in ends(row))
    span = row["form"] != "point"
    told = "" if not span else "; range over tools" if row["form"] == "range" else f"; {row['form']}"
    return {
        "term": f"score_{name}", "label": f"{row['side']}: {row['measure']}, {row['year_end']}", "estimate": float(np.nanmean([low, high])),
        "conf_low": low if span else np.nan, "conf_high": high if span else np.nan, "n_obs": row["sample_size"], "unit": "share",
        "method": f"as published{told}", "side": row["side"], "group": _group(row), "grade": row["grade"], "study": row["study_id"],
        "task": vocabulary.label("any task", row["task"]),
    }  # fmt: skip


def widest_gap(one: float, other: float, n: float, *, level: float) -> tuple[float, float]:
    """Return the widest interval of the difference of two shares that were found on the same questions, whatever the pairs.

    Parameters
    ----------
    one, other : float
        Shares or mean scores, 0-1, of the two sides.
    n : float
        Questions that both answered.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        Ends of the interval of one less other.

    Notes
    -----
    The variance of a paired difference is (d - (one - other)^2) / n with d the share of questions on which the sides differ, and d is at
    most what the two shares allow (the Frechet bound, 2 min(one, 1 - other) - (one - other)). Scores between 0 and 1 vary no more
    than answers that are right or wrong. Normal approximation; the questions are read as a sample.
    """
    gap = one - other
    most = 2 * min(one, 1 - other) - gap
    half = float(stats.norm.ppf((1 + level) / 2)) * float(np.sqrt(max(most - gap**2, 0.0) / n))
    return gap - half, gap + half


def _gaps(graded: pd.DataFrame, level: float) -> list[dict[str, Any]]:
    """Subtract where one study graded both sides by one measure; of two bounds no difference is known."""
    records = []
    for (study, measure), part in graded.groupby(["study_id", "measure"], sort=False):
        sides = {str(side): group.iloc[0] for side, group in part.groupby("side", sort=False)}
        for who, whom in _PAIRS:
            if who not in sides or whom not in sides:
                continue
            (low, high), (least, most) = (tuple(float(end) / 100 for end in ends(sides[side])) for side in (who, whom))
            records.append(
                {"term": f"gap_{study}_{measure}_{who}_{whom}".replace(" ", "_").lower(), "label": f"{measure}, {who} less {whom}", "estimate": (low + high - least - most) / 2,
                 **_gap_interval((low, high), (least, most), part, level), "n_obs": part["sample_size"].max(), "unit": "share", "side": f"{who} less {whom}",
                 "group": _group(part.iloc[0]), "grade": max(part["grade"]), "study": study, "task": vocabulary.label("any task", part["task"].iloc[0])}
            )  # fmt: skip
    return records


def _gap_interval(
    one: tuple[float, float], other: tuple[float, float], part: pd.DataFrame, level: float
) -> dict[str, Any]:
    method = "difference of two published shares"
    if not np.isfinite(sum(one) + sum(other)):
        return {"method": f"{method}; published as bounds, no difference known"}
    span = "; range over tools" if one[0] < one[1] or other[0] < other[1] else ""
    # Only where the size is that of the questions, which each side answered, and not of answers of all together.
    if part["population"].str.contains(r"^\d[\d,]* .*\bquestions\b", regex=True).all():
        n = float(part["sample_size"].min())
        low, high = widest_gap(one[0], other[1], n, level=level)[0], widest_gap(one[1], other[0], n, level=level)[1]
        return {"conf_low": low, "conf_high": high, "level": level, "method": f"{method}{span}; widest interval that any pairing of the answers allows"}  # fmt: skip
    if span:
        return {"conf_low": one[0] - other[1], "conf_high": one[1] - other[0], "method": f"{method}{span}"}
    return {"method": f"{method}; how many questions each side answered is not told"}


def _answers_told(table: pd.DataFrame, level: float) -> str:
    said = []
    rates = table[table["term"].str.startswith("rate_")]
    own = rates[rates["level"].notna()].sort_values("estimate", kind="stable")
    if len(own):
        told = [
            f"{percent(row['estimate'])} ({level:.0%} interval {percent(row['conf_low'])} to {percent(row['conf_high'])})"
            for _, row in own.iloc[[0, -1] if len(own) > 1 else [0]].iterrows()
        ]
        said.append(f"In {count(own['study'].nunique(), 'study', 'studies')} of AI on legal research {' to '.join(told)} of the answers were wrong or not borne out by the source cited, by tool.")  # fmt: skip
    said.append(
        "No study on file measured the same of lawyers (0 rows), so whether AI invents more often than people err is not known."
    )
    loose = rates[rates["level"].isna()]
    if len(loose):
        told = [f"{row.label}: {_ends(row)}" for row in loose.itertuples()]
        both = f" All together run from {percent(rates['conf_low'].where(rates['level'].isna(), rates['estimate']).min())} to {percent(rates['conf_high'].where(rates['level'].isna(), rates['estimate']).max())}, the range told under Quality." if len(own) else ""  # fmt: skip
        said.append(f"Published otherwise, without an interval of chance: {'; '.join(told)}.{both}")
    gaps = table[table["term"].str.startswith("gap_")]
    known, bounds = gaps[gaps["estimate"].notna()], gaps[gaps["estimate"].isna()]
    studies = gaps["study"].nunique()
    if studies:
        said.append(f"By other measures (accuracy), {count(studies, 'study', 'studies')} graded both on the same task.")
    if len(known):
        said.append(_gaps_told(known))
    if len(bounds):
        said.append(f"Published as bounds only, so without a known gap: {listing(list(dict.fromkeys(label.split(', ', 1)[0] for label in bounds['label'])))}.")  # fmt: skip
    if studies:
        wide = "Intervals in brackets are the widest that any pairing of the answers allows, as pairs are not published. " if known["level"].notna().any() else ""  # fmt: skip
        said.append(f"{wide}Higher accuracy does not say who invents less.")
    else:
        said.append("By accuracy, no study of these grades tells both sides of one task.")
    return " ".join(said)


def _gaps_told(known: pd.DataFrame) -> str:
    """Tell the ends of the gaps that are known; the table beside it has all."""
    ranked = known.sort_values("estimate", kind="stable")
    low, high = ranked.iloc[0], ranked.iloc[-1]
    if len(known) == 1:
        return f"The one gap known is {_points(low)} ({low['label']})."
    return f"The {len(known)} gaps known run from {_points(low)} ({low['label']}) to {_points(high)} ({high['label']})."


def _ends(row: Any) -> str:
    """Tell a published range, or the one figure there is."""
    if pd.isna(row.conf_low) or row.conf_low == row.conf_high:
        return percent(row.estimate)
    return f"{percent(row.conf_low)} to {percent(row.conf_high)}"


def _points(row: Any) -> str:
    if pd.isna(row.estimate):
        return "not known"
    reach = f"{100 * row.conf_low:+.0f} to {100 * row.conf_high:+.0f}" if pd.notna(row.conf_low) else ""
    if pd.isna(row.level) and reach:
        return f"{reach} points"
    return f"{100 * row.estimate:+.0f} points" + (f" ({reach})" if reach else "")


def rules_in_use(evidence: Evidence, parameters: Parameters) -> Result:
    """Show how many firms have rules on AI, and what their clients know and ask.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades and level.

    Returns
    -------
    Result
        One term a published share; Wilson intervals at the size of the study where it is told and the row covers all answers (at least
        this wide where the study also asked others). Nothing is pooled: bases and wordings differ.
    """
    p = parameters
    rows = select(evidence, metric="ai_governance_share", grades=p.grades, required=False)
    if rows.empty:
        return not_estimable("ai_rules", f"no figure of grade {'/'.join(p.grades)} is on file (0 rows)", level=p.level)
    records = []
    for name, row in rows.sort_values(["category", "year_end"], kind="stable").iterrows():
        share, n = float(row["value"]) / 100, row["sample_size"]
        whole = row["form"] == "point" and pd.notna(n) and row["buyer_size"] in ("", "all")
        low, high = share_interval(share, float(n), level=p.level) if whole else (np.nan, np.nan)
        who = {"law_firm": "law firms", "corporate": "clients"}.get(row["buyer"], "lawyers and others")
        size = "" if row["buyer_size"] in ("", "all") else f" ({row['buyer_size']})"
        records.append(
            {"term": name, "shown": percent(share), "label": re.sub(r"\bai\b", "AI", str(row["category"]).replace("_", " ")), "estimate": share, "conf_low": low, "conf_high": high, "level": p.level if whole else np.nan, "n_obs": n,
             "unit": "share", "method": f"Wilson at the size of the study, {AT_LEAST}" if whole else f"as published{'' if row['form'] == 'point' else '; ' + row['form']}",
             "who": f"{who}{size}", "year": int(row["year_end"]), "grade": row["grade"], "publisher": row["publisher"], "category": row["category"]}
        )  # fmt: skip
    table = tidy(records)
    said = [f"{count(len(table), 'figure')} from {count(rows['study_id'].nunique(), 'survey')} tell of rules on AI."]
    for category, words in (("no_ai_policy", "say that their firm has no policy on AI"), ("client_unaware_of_firm_use", "of clients do not know whether their firms use AI on their matters")):  # fmt: skip
        part = table.loc[table["category"] == category, ["estimate", "year"]]
        if len(part):
            said.append(f"{listing([f'{percent(row.estimate)} ({row.year})' for row in part.itertuples()])} {words}.")
    said.append("Bases differ, so nothing is pooled, and successive years are other samples.")
    return Result("ai_rules", table, " ".join(said), rows=tuple(map(str, rows.index)), n_used=len(rows), checks=(Check("Base", None, "A size of study is an upper bound for a part of it; where only a part was asked no interval is given."),))  # fmt: skip
