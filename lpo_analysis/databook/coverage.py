"""What is on file, counted by studies: over the years, by task and place, by grade, and by metric.

A count stands on every row that it counts, so these results name none; `n_used` says how many there are.
"""

from __future__ import annotations

from functools import partial

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import COLOURS, State, heatmap
from lpo_analysis.databook.parameters import Parameters
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, percent, sentence

FIT = 3
"""Studies from which an input may be fitted, the first rung; and makers they must come from to be studies of their own."""
STATES = (
    State("no study", "", "#ffffff", "////"),
    State("1 or 2 studies: a range at best", "1–2", COLOURS["warm_light"]),
    State("3 to 9 studies", "3+", COLOURS["light"]),
    State("10 studies and more", "10+", COLOURS["main"]),
)
"""How the number of studies of a cell looks."""
FITS = "can be fitted"
"""What a metric bears whose alike studies come from makers enough."""
ALIKE = ["metric", "category", "unit", "geography", "buyer", "buyer_size", "task", "provider", "role"]
"""Columns in which figures must agree to answer the same question in different years."""


def state(studies: int) -> str:
    """Say how much a number of studies bears.

    Parameters
    ----------
    studies : int
        How many.

    Returns
    -------
    str
        Name of one of `STATES`.
    """
    return STATES[0 if studies == 0 else 1 if studies < FIT else 2 if studies < 10 else 3].name


def chosen(evidence: Evidence, parameters: Parameters) -> pd.DataFrame:
    """Return the figures that count as known: of the topics and grades asked for, no forecasts.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Topic, grades.

    Returns
    -------
    pandas.DataFrame
        Rows, indexed by ``observation_id``; may be empty.
    """
    return select(evidence, grades=parameters.grades, topic=parameters.topics, required=False)


def plain(code: str) -> str:
    """Write a code as words.

    Parameters
    ----------
    code : str
        Such as ``lpo_hourly_rate``.

    Returns
    -------
    str
        Such as ``LPO hourly rate``.
    """
    words = code.replace("_", " ").split()
    return " ".join(w.upper() if w in ("lpo", "alsp", "ai", "uk", "us", "gb", "roi") else w for w in words)


def published(value: float) -> str:
    """Write a published number as it was published.

    Parameters
    ----------
    value : float
        The number.

    Returns
    -------
    str
        With thousands separators, and no digit that was not there.
    """
    return f"{value:,.10g}"


def unit(code: str) -> str:
    """Write a unit behind a number.

    Parameters
    ----------
    code : str
        Such as ``USD_per_hour``.

    Returns
    -------
    str
        Such as `` USD per hour``; a percent sign for shares, nothing for counts and ratios.
    """
    if code in ("count", "ratio", "rank", "flag"):
        return ""
    return (
        "%" if code == "percent" else " " + code.replace("_bn", " billion").replace("_mn", " million").replace("_", " ")
    )


def years(evidence: Evidence, parameters: Parameters, *, most: int = 6) -> Result:
    """Count the studies of each topic, and of its metrics with most studies, over the years.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Topic, grades, years.
    most : int, default 6
        Metrics to show of each topic.

    Returns
    -------
    Result
        One term a topic or metric and period: ``estimate`` counts studies, ``n_obs`` figures. A figure of several years counts in
        the last of them.
    """
    p, rows = parameters, chosen(evidence, parameters)
    starts = range(p.first_year, p.last_year + 1, p.years_per_column)
    ends = [min(start + p.years_per_column - 1, p.last_year) for start in starts]
    periods = [str(a) if a == b else f"{a}–{b % 100:02d}" for a, b in zip(starts, ends, strict=True)]
    inside = rows[rows["year_end"].between(p.first_year, p.last_year)]
    at = (inside["year_end"].astype(int) - p.first_year) // p.years_per_column
    inside = inside.assign(period=[periods[i] for i in at])
    lines: list[tuple[str, str, pd.DataFrame]] = []
    for topic in p.topics:
        part = inside[inside["topic"] == topic]
        lines.append((topic, sentence(topic), part))
        sizes = part.groupby("metric")["study_id"].nunique().sort_values(ascending=False, kind="stable")
        lines += [(f"{topic}_{m}", f"  {plain(str(m))}", part[part["metric"] == m]) for m in sizes.index[:most]]
    records = [
        {"term": f"{term}_{period}", "label": label, "period": period, "topic": term in p.topics, "estimate": cell["study_id"].nunique(),
         "n_obs": len(cell), "unit": "studies", "method": "distinct studies, grades as asked for, no forecasts"}
        for term, label, part in lines for period in periods for cell in [part[part["period"] == period]]
    ]  # fmt: skip
    table = tidy(records)
    if inside.empty:
        return not_estimable("coverage_years", _nothing(p), n_dropped=len(rows))
    drawn = pd.DataFrame({
        "row": table["label"], "column": table["period"], "state": [state(n) for n in table["estimate"]], "main": table["topic"],
    })  # fmt: skip
    whole = table[table["topic"]]
    said = []
    for topic in p.topics:
        part = whole[whole["label"] == sentence(topic)]
        if part["n_obs"].sum() == 0:
            said.append(f"{sentence(topic)} has nothing at these grades.")
            continue
        best, newest = part.loc[part["estimate"].idxmax()], part[part["n_obs"] > 0].iloc[-1]
        bare = int((part["n_obs"] == 0).sum())
        gap = f"; {count(bare, 'period')} of {len(part)} {'is' if bare == 1 else 'are'} empty" if bare else ""
        last = (
            ", its newest period"
            if newest["period"] == best["period"]
            else f", and {int(newest['estimate'])} in its newest period, {newest['period']}"
        )
        said.append(f"{sentence(topic)} has most studies in {best['period']} ({int(best['estimate'])}){last}{gap}.")
    text = f"Studies of grade {'/'.join(p.grades)} by the year their figures end in. {' '.join(said)}"
    return Result(
        "coverage_years", table, text, n_used=len(inside), n_dropped=len(rows) - len(inside), plot_data=drawn,
        draw=partial(heatmap, states=STATES, title="What was studied when", legend=f"Studies of grade {'/'.join(p.grades)}"),
        alt=f"One row a topic and below it its metrics with most studies, one column a period, shaded by the number of studies. {text}",
    )  # fmt: skip


def _nothing(p: Parameters) -> str:
    return f"no figure of {listing(p.topics)} at grade {'/'.join(p.grades)} ends in {p.first_year} to {p.last_year}"


def places(evidence: Evidence, parameters: Parameters, *, most: int = 10) -> Result:
    """Count the studies of each task in the places with most studies.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Topic, grades.
    most : int, default 10
        Places to show.

    Returns
    -------
    Result
        One term a task and place: ``estimate`` counts studies, ``n_obs`` figures. The place of a figure is that of what it
        describes: of the buyer for use, of the work for a price.
    """
    p, rows = parameters, chosen(evidence, parameters)
    rows = rows[rows["task"].ne("")]
    if rows.empty:
        return not_estimable(
            "coverage_places", f"no figure of {listing(p.topics)} at grade {'/'.join(p.grades)} tells its task"
        )
    sizes = rows.groupby("geography")["study_id"].nunique().sort_values(ascending=False, kind="stable")
    shown = [str(code) for code in sizes.index[:most]]
    tasks = rows.groupby("task")["study_id"].nunique().sort_values(ascending=False, kind="stable")
    order = [*(["all"] if "all" in tasks.index else []), *[str(t) for t in tasks.index if t != "all"]]
    records = [
        {"term": f"{task}_{place}", "label": "any or all tasks" if task == "all" else vocabulary.label("any task", task), "place": vocabulary.label("scope", place),
         "all": task == "all", "estimate": cell["study_id"].nunique(), "n_obs": len(cell), "unit": "studies",
         "method": "distinct studies, grades as asked for, no forecasts"}
        for task in order for place in shown for cell in [rows[(rows["task"] == task) & (rows["geography"] == place)]]
    ]  # fmt: skip
    table = tidy(records)
    drawn = pd.DataFrame({
        "row": table["label"], "column": table["place"], "state": [state(n) for n in table["estimate"]], "main": table["all"],
    })  # fmt: skip
    single = table[~table["all"]]
    text = (
        f"Of {count(len(single), 'pair')} of a single task and a place, {int((single['estimate'] == 0).sum())} have no study of grade "
        f"{'/'.join(p.grades)}, {int(single['estimate'].between(1, FIT - 1).sum())} have one or two, and "
        f"{int((single['estimate'] >= FIT).sum())} have three or more. Studies of one pair may still ask different questions."
    )
    left = rows[~rows["geography"].isin(shown)]
    if len(left):
        elsewhere = left["geography"].nunique()
        text += f" {sentence(count(elsewhere, 'other place'))} with {count(len(left), 'figure')} {'is' if elsewhere < 2 else 'are'} not shown."
    return Result(
        "coverage_places", table, text, n_used=len(rows) - len(left), n_dropped=len(left), plot_data=drawn,
        draw=partial(heatmap, states=STATES, title="Which work was studied where", legend=f"Studies of grade {'/'.join(p.grades)}"),
        alt=f"One row a task, one column a place, shaded by the number of studies. {text}",
    )  # fmt: skip


def grades(evidence: Evidence, parameters: Parameters) -> Result:
    """Count figures of each topic by grade, with the studies and makers behind them.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Topic, grades.

    Returns
    -------
    Result
        One term a topic, ``context`` last: ``estimate`` is the share of its figures at the grades asked for, columns ``A`` to
        ``D`` count figures, ``n_studies`` and ``n_makers`` who is behind them, ``forecasts`` how many are about the future.
    """
    p = parameters
    o = evidence.observations
    records = []
    for topic in (*p.topics, "context"):
        part = o[o["topic"] == topic]
        known = part["grade"].isin(p.grades)
        named = "comparison rows" if topic == "context" else topic
        records.append({
            "term": topic, "topic": named, "label": f"{named}: figures of grade {'/'.join(p.grades)}", "estimate": known.mean(), "n_obs": len(part),
            **{g: int((part["grade"] == g).sum()) for g in "ABCD"}, "n_studies": part["study_id"].nunique(),
            "n_makers": part["publisher_id"].nunique(), "forecasts": int((part["status"] == "forecast").sum()), "unit": "share",
            "method": f"figures of grade {'/'.join(p.grades)} among all",
        })  # fmt: skip
    table = tidy(records)
    rows = o[o["topic"].isin(p.topics)]
    known = rows["grade"].isin(p.grades)
    text = (
        f"{count(len(rows), 'figure')} from {count(rows['study_id'].nunique(), 'study', 'studies')} by "
        f"{count(rows['publisher_id'].nunique(), 'maker')}; {percent(known.mean())} of them are of grade {'/'.join(p.grades)}. "
        f"{count(int((rows['status'] == 'forecast').sum()), 'figure')} are forecasts or intentions and never used as outcomes; "
        f"{count(int((o['topic'] == 'context').sum()), 'comparison row')} stand apart."
    )
    return Result(
        "coverage_grades", table, text, rows=tuple(rows.index), n_used=int(known.sum()), n_dropped=int((~known).sum())
    )


def subjects(evidence: Evidence, parameters: Parameters) -> Result:
    """Say of each metric how many studies it has, and how many of them ask the same.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Topic, grades.

    Returns
    -------
    Result
        One term a metric, the best known first: ``estimate`` counts studies at the grades asked for, ``alike`` the most of them that
        agree in all of `ALIKE`, ``alike_makers`` the makers of those studies, ``n_obs`` figures, ``other`` figures at other grades,
        ``first`` and ``last`` year, ``state``.

    Notes
    -----
    Waves of one maker share its sample frame, wording and method, so they count as studies but not as independent ones: a fit asks for
    three studies that are alike *and* come from three makers. Of several sets of alike studies that with most makers is shown where it
    can be fitted, else that with most studies.
    """
    p, rows = parameters, chosen(evidence, parameters)
    every = evidence.observations
    metrics = evidence.metrics[evidence.metrics["topic"].isin(p.topics)]
    alike = _alike(rows)
    records = []
    for metric, described in metrics.iterrows():
        part = rows[rows["metric"] == metric]
        weaker = every[(every["metric"] == metric) & ~every["grade"].isin(p.grades) & every["topic"].isin(p.topics)]
        (same, makers), studies = alike.get(str(metric), (0, 0)), part["study_id"].nunique()
        records.append({
            "term": metric, "label": plain(str(metric)), "topic": described["topic"], "estimate": studies, "alike": same, "alike_makers": makers,
            "n_obs": len(part), "n_makers": part["publisher_id"].nunique(), "other": len(weaker), "first": part["year_start"].min(),
            "last": part["year_end"].max(), "unit": "studies", "method": described["definition"], "state": _verdict(studies, same, makers),
        })  # fmt: skip
    table = tidy(records)
    fits = table["state"].eq(FITS)
    table = table.assign(fits=fits).sort_values(["fits", "alike", "estimate", "n_obs"], ascending=False, kind="stable")
    table = table.drop(columns="fits").reset_index(drop=True)
    checks = (
        Check(
            "Same question",
            None,
            "Studies count as alike where metric, category, unit, place, buyer, size, task, provider and role agree; years may differ.",
        ),
        Check(
            "Waves of one maker",
            None,
            "Waves of one maker share its frame, wording and method: they are studies, but no independent ones, so no number of them is taken for three makers.",
        ),
    )
    return Result("subjects", table, _borne(table, p), checks=checks, n_used=len(rows))


def _alike(rows: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Of each metric, the studies and makers of the set of alike figures that bears most."""
    sets = (
        rows.groupby(ALIKE, observed=True)
        .agg(studies=("study_id", "nunique"), makers=("publisher_id", "nunique"))
        .reset_index()
    )
    sets["fits"] = (sets["studies"] >= FIT) & (sets["makers"] >= FIT)
    best = sets.sort_values(["fits", "studies", "makers"], kind="stable").drop_duplicates("metric", keep="last")
    return {str(m): (int(k), int(n)) for m, k, n in zip(best["metric"], best["studies"], best["makers"], strict=True)}


def _borne(table: pd.DataFrame, p: Parameters) -> str:
    """Tell from how many makers the metrics with three alike studies have them."""
    none, several = int((table["estimate"] == 0).sum()), int((table["estimate"] >= FIT).sum())
    missing = table.loc[table["estimate"] == 0, "label"].tolist()
    tail = f" {none or 'None'} {'has' if none <= 1 else 'have'} nothing at these grades{f': {listing(missing)}' if 0 < none <= 12 else ''}."
    if not several:
        return f"Of {count(len(table), 'metric')}, none has three or more studies at grade {'/'.join(p.grades)}.{tail}"
    alike, fit = table["alike"] >= FIT, int(table["state"].eq(FITS).sum())
    same = int(alike.sum())
    said = f"Of {count(len(table), 'metric')}, {several} {'has' if several == 1 else 'have'} three or more studies at grade {'/'.join(p.grades)}"
    question = "three that ask the same of the same buyers, task, provider and place"
    if not same:
        return f"{said}, but none has {question}, so nothing can be fitted.{tail}"
    said += f"; {same} {'has' if same == 1 else 'have'} {question}"
    if fit == same:
        return f"{said}, from three makers or more, as a fit needs.{tail}"
    kinds = [
        (int((alike & (table["alike_makers"] == n)).sum()), whose) for n, whose in ((1, "one maker"), (2, "two makers"))
    ]
    series = listing([f"{n} {'is a series' if n == 1 else 'are series'} of {whose}" for n, whose in kinds if n])
    return f"{said}, but {f'only {fit}' if fit else 'none'} {'has' if fit <= 1 else 'have'} them from three makers or more, as a fit needs: {series}.{tail}"


def _verdict(studies: int, alike: int, makers: int) -> str:
    if studies == 0:
        return "nothing"
    if alike >= FIT:
        return FITS if makers >= FIT else "one maker's series" if makers == 1 else "two makers' series"
    return "a range" if studies < FIT else "several studies of different questions"
