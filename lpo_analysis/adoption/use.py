"""Who uses outsourced legal services, by sense of the word, task and year, with the interval the sample bears."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, maker, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.proportions import rounding_possible, share_interval
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, percent, sentence

SENSES = {
    "alsp_any": "any service of an alternative provider",
    "alsp_for_task": "alternative providers for the task",
    "alsp_direct_purchase": "bought directly from an alternative provider",
    "alsp_for_non_legal_research": "alternative providers for non-legal research",
    "alsp_for_specialised_legal_advice": "alternative providers for specialised advice",
    "alsp_independent_firms_with_affiliate": "independent providers, firms with an affiliate of their own",
    "alsp_independent_firms_without_affiliate": "independent providers, firms without an affiliate",
    "alsp_on_panel_affiliate": "law firm affiliates on the panel",
    "alsp_on_panel_independent": "independent providers on the panel",
    "lpo_any": "legal process outsourcing of any kind",
    "lpo_as_staffing_strategy": "outsourcing legal work as a way of staffing",
    "non_law_firm_vendor": "a vendor that is no law firm",
    "newlaw_any": "NewLaw providers of any kind",
    "offshore_any": "work sent abroad",
    "offshore_ip_work": "patent and trade mark work sent abroad",
    "offshore_legal_function": "the legal function offshored, of companies that offshore",
    "offshore_or_planned": "work sent abroad, or planned",
    "lawyer_replacement_agency": "agencies that lend lawyers",
    "shared_legal_service": "a legal service shared with other bodies",
}
"""Senses of "use"; they answer different questions and are never pooled."""


def sample_rule(frame: pd.DataFrame, evidence: Evidence) -> pd.Series:
    """Say for each row what the sample size of its source means for it.

    Parameters
    ----------
    frame : pandas.DataFrame
        Observations.
    evidence : Evidence
        The evidence base.

    Returns
    -------
    pandas.Series of str
        ``whole`` where all rows of the source are about the same respondents, ``part`` where the source also reports on other
        respondents or the row is about a subgroup (the size is an upper bound), ``unknown`` where the source tells none.
    """
    subgroup = frame["source_id"].map(_mixed(evidence)) | ~frame["buyer_size"].isin(["all", ""])
    rule = subgroup.map({True: "part", False: "whole"})
    return rule.where(frame["sample_size"].notna(), "unknown")


@lru_cache(maxsize=4)
def _mixed(evidence: Evidence) -> pd.Series:
    """Whether a source reports on more than one kind of respondents."""
    return evidence.observations.groupby("source_id")[["buyer", "buyer_size", "geography"]].nunique().max(axis=1) > 1


def with_intervals(frame: pd.DataFrame, evidence: Evidence, parameters: Parameters) -> pd.DataFrame:
    """Add to shares the intervals that the sample-size rule allows.

    Parameters
    ----------
    frame : pandas.DataFrame
        Observations in percent.
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level and sample-size scenarios.

    Returns
    -------
    pandas.DataFrame
        With share, conf_low, conf_high (for an unknown size those of the middle scenario), n, rule, scenarios and method (text).
        A range or bound keeps its published ends instead.
    """
    result = frame.copy()
    rules = sample_rule(frame, evidence)
    sizes = sorted(parameters.sample_sizes)
    middle = sizes[len(sizes) // 2]
    records: list[tuple[float, float, float, int | None, str, str, str]] = []
    shares = ((end / 100).tolist() for end in ends(frame))
    for low, high, form, how, size in zip(*shares, frame["form"], rules, frame["sample_size"], strict=True):
        if form != "point":
            share = high if pd.isna(low) else low if pd.isna(high) else (low + high) / 2
            published = f"published as a {form}"
            records.append((share, low, high, None, published, "", published))
            continue
        n = middle if how == "unknown" else int(size)
        ci = share_interval(low, n, level=parameters.level)
        said = ""
        if how == "unknown":
            spans = [(size, share_interval(low, size, level=parameters.level)) for size in sizes]
            said = "; ".join(f"n {size}: {percent(a)} to {percent(b)}" for size, (a, b) in spans)
        words = {
            "whole": "own sample",
            "part": "at least this wide: n is the source's, not the subgroup's",
            "unknown": f"n not told; drawn for n = {n}",
        }
        records.append((low, *ci, None if how == "unknown" else n, words[how], said, f"Wilson; {words[how]}"))
    columns = ["share", "conf_low", "conf_high", "n", "rule", "scenarios", "method"]
    return result.join(pd.DataFrame(records, columns=columns, index=frame.index))


def spoken(row: Any) -> str:
    """Say a share as it was published: a bound stays a bound.

    Parameters
    ----------
    row : pandas.Series or namedtuple
        Row of a result table made from `with_intervals`.

    Returns
    -------
    str
        Such as ``26%``, ``at most 10%`` or ``23% to 54%``.
    """
    if not str(row.method).startswith("published as"):
        return percent(row.estimate)
    if pd.isna(row.conf_high):
        return f"at least {percent(row.conf_low)}"
    if pd.isna(row.conf_low) or row.conf_low == 0:
        return f"at most {percent(row.conf_high)}"
    return f"{percent(row.conf_low)} to {percent(row.conf_high)}"


def figures(evidence: Evidence, parameters: Parameters) -> pd.DataFrame:
    """Return the published shares of users.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Geography, buyer, task, grades.

    Returns
    -------
    pandas.DataFrame
        Observations in percent; none where nothing is on file.
    """
    p = parameters
    rows = select(
        evidence, metric="adoption_rate", geography=p.geography, buyer=p.buyer, grades=p.grades, required=False
    )
    return rows if p.task == "all" else rows[rows["task"] == p.task]


def use(evidence: Evidence, parameters: Parameters) -> Result:
    """Show the published shares of users, sense by sense.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Geography, buyer, task, level, grades.

    Returns
    -------
    Result
        One term a published figure, in groups by sense; never pooled across senses, tasks or wordings.
    """
    p = parameters
    rows = figures(evidence, p)
    where = f"{vocabulary.label('buyer', p.buyer)}s in {vocabulary.in_words(p.geography)}"
    if rows.empty:
        return not_estimable(
            "use",
            f"no figure of grade {'/'.join(p.grades)} on use of {vocabulary.label('any task', p.task)} by {where} is on file (0 rows, 0 studies)",
            level=p.level,
        )
    frame = with_intervals(rows.sort_values(["category", "task", "buyer_size", "year_end"], kind="stable"), evidence, p)
    table = tidy(
        {"term": name, "label": _what(row), "estimate": row["share"], "conf_low": row["conf_low"], "conf_high": row["conf_high"], "level": p.level,
         "n_obs": row["n"], "unit": "share", "method": row["method"], "sense": row["category"], "task": row["task"],
         "size": row["buyer_size"], "year": int(row["year_end"]), "grade": row["grade"], "publisher": row["publisher"], "scenarios": row["scenarios"]}
        for name, row in frame.iterrows()
    )  # fmt: skip
    data = table.assign(
        group=table["sense"].map(lambda code: SENSES.get(code, code)).map(sentence),
        weak=table["grade"].isin(["C", "D"]),
    )
    data["label"] = [f"{row.label} [{row.grade}]" for row in table.itertuples()]
    return Result(
        "use", table, _use_text(table, where), checks=_use_checks(frame), rows=tuple(rows.index), n_used=len(rows),
        plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]].sort_values("group", kind="stable"),
        draw=partial(forest, title="Use depends on what is called use", xlabel=f"share of {where}, {p.level:.0%} interval"),
        alt=f"{len(table)} published shares of use in {table['sense'].nunique()} senses, from {percent(table['estimate'].min())} to {percent(table['estimate'].max())}.",
    )  # fmt: skip


def _what(row: pd.Series) -> str:
    parts = [str(row["year_end"])]
    if row["task"] not in ("all", ""):
        parts.append(vocabulary.label("task", row["task"]))
    if row["buyer_size"] not in ("all", ""):
        parts.append(f"{row['buyer_size']} {'firms' if row['buyer'] == 'law_firm' else 'companies'}")
    return ", ".join([*parts, maker(row["publisher"])])


def _use_text(table: pd.DataFrame, where: str) -> str:
    senses = table["sense"].nunique()
    low, high = table.loc[table["estimate"].idxmin()], table.loc[table["estimate"].idxmax()]
    head = f"{count(len(table), 'published share')} of {where} {'is' if len(table) == 1 else 'are'} on file, in {count(senses, 'sense')} of the word use"
    if len(table) == 1:
        body = f": {spoken(low)} ({low['year']})."
    elif senses == 1:
        body = f": from {spoken(low)} ({low['year']}) to {spoken(high)} ({high['year']})."
    else:
        body = (
            f". They run from {spoken(low)} ({SENSES.get(low['sense'], low['sense'])}, {low['year']}) to "
            f"{spoken(high)} ({SENSES.get(high['sense'], high['sense'])}, {high['year']}): the question decides the answer, so they are not pooled."
        )
    repeated = (
        table[(table["size"] == "all") & (table["task"].isin(["all", ""]))]
        .groupby("sense")
        .filter(lambda part: part["year"].nunique() >= 3)
    )
    trend = ""
    for sense, part in repeated.groupby("sense"):
        part = part.sort_values("year")
        trend += (
            f" {sentence(SENSES.get(str(sense), str(sense)))} has {part['year'].nunique()} waves: "
            + listing([f"{spoken(row)} in {row.year}" for row in part.itertuples()])
            + "; samples and wording changed between them, so this is no one curve."
        )
    return head + body + trend


def _use_checks(frame: pd.DataFrame) -> tuple[Check, ...]:
    unknown = int(frame["rule"].str.startswith("n not told").sum())
    part = int(frame["rule"].str.startswith("at least").sum())
    return (
        Check("Sample sizes", unknown == 0, f"{unknown} of {len(frame)} figures come without a sample size and are drawn for the middle scenario; for {part} the size is the source's and only an upper bound."),
        _rounding(frame),
        Check("Pooling", None, "Nothing is pooled: senses, tasks and wordings differ."),
        Check("Panel", None, "No panel follows the same organisations; successive years are different samples."),
    )  # fmt: skip


def _rounding(frame: pd.DataFrame) -> Check:
    """Check that shares can come from whole numbers of respondents; of a hundred or more, every whole percentage can."""
    own = frame[(frame["rule"] == "own sample") & (frame["form"] == "point")]
    wrong = [
        f"{row.Index} ({row.value:g}% of {int(row.sample_size)})"
        for row in own.itertuples()
        if not rounding_possible(row.value / 100, int(row.sample_size), decimals=_decimals(float(row.value)))
    ]
    found = (
        f"no whole number of them gives {listing(wrong)}: the base must be another"
        if wrong
        else "all can be whole numbers of them"
    )
    text = f"{count(len(own), 'share')} of {len(frame)} {'has' if len(own) == 1 else 'have'} respondents of {'its' if len(own) == 1 else 'their'} own: {found}."
    return Check(
        "Rounding",
        not wrong if len(own) else None,
        text if len(own) else "No share has a sample size of its own, so none can be checked.",
    )


def _decimals(value: float) -> int:
    return len(f"{value:.6f}".rstrip("0").partition(".")[2])
