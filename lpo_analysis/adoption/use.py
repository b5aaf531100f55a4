"""Who uses outsourced legal services, by sense of the word, task and year, with the interval the sample bears."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.adoption.bases import bases
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, maker, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.results import COLUMNS, Check, Result, not_estimable, tidy
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
    sizes = sorted(parameters.sample_sizes)
    middle = sizes[len(sizes) // 2]
    records: list[tuple[float, float, float, int | None, str, str, str]] = []
    shares = ((end / 100).tolist() for end in ends(frame))
    behind = bases(frame, evidence)
    for low, high, form, base in zip(*shares, frame["form"], behind.itertuples(), strict=True):
        if form != "point":
            share = high if pd.isna(low) else low if pd.isna(high) else (low + high) / 2
            published = f"published as a {form}"
            records.append((share, low, high, None, published, "", published))
            continue
        unknown = base.rule == "unknown"
        n = middle if unknown else int(base.n)
        ci = share_interval(low, n, level=parameters.level)
        said = ""
        if unknown:
            spans = [(size, share_interval(low, size, level=parameters.level)) for size in sizes]
            said = "; ".join(f"n {size}: {percent(a)} to {percent(b)}" for size, (a, b) in spans)
        words = f"{base.words}; drawn for n = {n}" if unknown else base.words
        records.append((low, *ci, None if unknown else n, words, said, f"Wilson; {words}"))
    columns = ["share", "conf_low", "conf_high", "n", "rule", "scenarios", "method"]
    return frame.join(pd.DataFrame(records, columns=columns, index=frame.index))


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
    # A bound is no end of a span where there are figures.
    points = table[~table["method"].str.startswith("published as")]
    ends_of = points if len(points) else table
    low, high = table.loc[ends_of["estimate"].idxmin()], table.loc[ends_of["estimate"].idxmax()]
    one = len(table) == 1
    head = f"{count(len(table), 'published share')} of {where} that use outside providers of legal work {'is' if one else 'are'} on file"
    if one:
        body = f": {spoken(low)} ({SENSES.get(low['sense'], low['sense'])}, {low['year']})."
    elif senses == 1:
        body = f", all of one sense ({SENSES.get(low['sense'], low['sense'])}): from {spoken(low)} ({low['label']}) to {spoken(high)} ({high['label']})."
    else:
        body = (
            f", from {spoken(low)} ({SENSES.get(low['sense'], low['sense'])}, {low['year']}) to {spoken(high)} ({SENSES.get(high['sense'], high['sense'])}, {high['year']}), "
            f"in {senses} senses of the word: the question decides the answer, so they are not pooled."
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


def newest_use(found: Result, parameters: Parameters) -> Result:
    """Tell the newest share of all buyers that use any service of an alternative provider.

    Parameters
    ----------
    found : Result
        What `use` returned.
    parameters : Parameters
        Level.

    Returns
    -------
    Result
        Term ``share``. Where nobody tells how many answered, label and text say for how many the interval is drawn.
    """
    label, reason = "use of any alternative provider", "no survey asks all of them for use of any kind"
    table = found.table if found.estimable else found.table.iloc[:0]
    if "sense" in table:
        table = table[(table["sense"] == "alsp_any") & (table["size"] == "all") & (table["task"] == "all")]
    if table.empty:
        return not_estimable("newest_use", reason, terms=(label,), level=parameters.level, unit="share")
    row = table.sort_values("year").iloc[-1]
    drawn = str(row["method"]).rpartition("drawn for ")[2] if row["scenarios"] else ""
    label = f"{label}, {row['year']}" + (f" (how many answered is not told; interval if {drawn})" if drawn else "")
    text = f"The newest survey of use of any kind ({row['year']}, {maker(row['publisher'])}) says {percent(row['estimate'])}"
    text += f"; how many answered is not told, so the interval is an assumption ({row['scenarios']})." if drawn else f" ({percent(row['conf_low'])} to {percent(row['conf_high'])})."  # fmt: skip
    told = tidy([{**row[COLUMNS].to_dict(), "term": "share", "label": label}])
    return Result("newest_use", told, text, rows=(str(row["term"]),), n_used=1)


def size_check(frame: pd.DataFrame) -> Check:
    """Count the figures of which no sample size is told, and those of which it is an upper bound.

    Parameters
    ----------
    frame : pandas.DataFrame
        Made by `with_intervals`.

    Returns
    -------
    Check
        Passed where every size is told.
    """
    points = frame[frame["form"] == "point"]
    unknown, part = (int(points["rule"].str.startswith(words).sum()) for words in ("n not told", "at least"))
    known = len(points) - unknown - part
    bound = len(frame) - len(points)
    said = [
        (known, "with a number of respondents that source or row tells"),
        (part, "with only an upper bound of it, so that the interval is at least as wide as shown"),
        (unknown, "without any, drawn for the middle scenario"),
        (bound, "published as a range or bound, which has no interval of chance"),
    ]
    text = f"Of {count(len(frame), 'figure')}: {'; '.join(f'{n} {words}' for n, words in said if n)}."
    return Check("Sample sizes", unknown == 0, text)


def _use_checks(frame: pd.DataFrame) -> tuple[Check, ...]:
    return (
        size_check(frame),
        _rounding(frame),
        Check("Pooling", None, "Nothing is pooled: senses, tasks and wordings differ."),
        Check("Panel", None, "No panel follows the same organisations; successive years are different samples."),
    )


def _rounding(frame: pd.DataFrame) -> Check:
    """Tell the shares that no whole number of their respondents gives; of a hundred or more, every whole percentage can."""
    fine = frame["rule"].isin(["own sample", "the row tells its base"])
    impossible = frame["rule"].str.contains("no whole number")
    wrong = [f"{row.Index} ({row.value:g}% of {int(row.n)})" for row in frame[impossible].itertuples()]
    n = int((fine | impossible).sum())
    if not n:
        return Check("Rounding", None, "No share has a sample size of its own, so none can be checked.")
    found = (
        f"no whole number of them gives {listing(wrong)}, so fewer were asked (or the figure was cut, not rounded), and the interval is at least as wide as shown"
        if wrong
        else "all can be whole numbers of them"
    )
    text = f"{count(n, 'share')} of {len(frame)} {'has' if n == 1 else 'have'} respondents of {'its' if n == 1 else 'their'} own: {found}."
    return Check("Rounding", not wrong, text)
