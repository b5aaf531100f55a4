"""A researcher's own survey: weighted shares, what goes with use, and how both compare with what is published."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lpo_analysis import vocabulary
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.adoption.survey_data import (
    ANSWERS,
    BARRIERS,
    DONT_KNOW,
    DRIVERS,
    GROUPS,
    NO,
    YES,
    Survey,
    read_survey,
)
from lpo_analysis.adoption.survey_model import survey_model
from lpo_analysis.adoption.survey_weights import (
    CAP,
    GROUP_LABELS,
    HIDDEN,
    Weighed,
    answers_by,
    group_label,
    hidden_check,
    rows_check,
    weigh,
    weights_check,
)
from lpo_analysis.adoption.use import SENSES, spoken, with_intervals
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, maker, select
from lpo_analysis.methods.suppression import COMPLEMENT, SHOWN, SMALL, suppress
from lpo_analysis.methods.weighting import weighted_share
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, percent, sentence

__all__ = ["Survey", "Weighed", "read_survey", "survey_against_published", "survey_model", "survey_shares", "weigh"]

Flags = NDArray[np.bool_]
OWN_SAMPLES = "Newcombe, from the two intervals"
QUESTIONS = {"uses_lpo": "legal process outsourcing", "uses_alsp": "alternative legal service providers"}


def _share(frame: pd.DataFrame, answers: pd.Series | Flags, survey: Survey, level: float) -> dict[str, Any]:
    """Estimate one share; of a single cluster without an interval."""
    clusters = frame["cluster"] if survey.clustered else None
    if clusters is not None and clusters.nunique() < 2:
        estimate = float(np.average(answers, weights=frame["weight"]))
        method = "weighted share; one cluster only, so no interval"
        return {"estimate": estimate, "n_obs": len(frame), "method": method}
    found = weighted_share(answers, weights=frame["weight"], clusters=clusters, level=level)
    return {"estimate": found.estimate, "std_error": found.std_error, "conf_low": found.conf_low, "conf_high": found.conf_high,
            "n_obs": found.n, "n_eff": found.n_eff, "method": "Wilson at the effective sample size"}  # fmt: skip


def _record(term: str, label: str, question: str, by: str, group: str, level: float, mark: str) -> dict[str, Any]:
    record = {"term": term, "label": label, "level": level, "unit": "share", "question": question, "group_by": by, "group": group,
              "mark": mark, "n_eff": np.nan}  # fmt: skip
    # Which of the two reasons hides a row is not told row by row: that would narrow down what is hidden.
    return record | ({} if mark == SHOWN else {"method": HIDDEN})


def _by_group(weighed: Weighed, survey: Survey, question: str, level: float, least: int) -> list[dict[str, Any]]:
    """Shares of yes to a question, over all and by group."""
    frame = weighed.frame[weighed.frame[question].isin([YES, NO])]
    if frame.empty:
        return []
    yes = frame[question].eq(YES)
    total = [[int(yes.sum()), int((~yes).sum())]]
    mark = str(suppress(total, least=least)[0])
    record = _record(question, f"use of {QUESTIONS[question]}", question, "", "all", level, mark)
    records = [record | ({} if mark else _share(frame, yes, survey, level))]
    columns = {name: frame[name] for name in GROUPS if name in survey.columns}
    if "year" in survey.columns:
        columns["year"] = frame["year"].map(lambda year: "" if pd.isna(year) else f"{year:.0f}")
    for name, column in columns.items():
        groups, table = answers_by(column, yes)
        if len(groups) < 2:
            continue
        marks = suppress(table, least=least) if not mark else np.full(len(groups), SMALL)
        for group, here in zip(groups, marks.tolist(), strict=True):
            among = column.eq(group)
            label = sentence(group_label(name, group))
            record = _record(f"{question}_{name}_{group or 'not_told'}", label, question, name, group, level, here)
            records.append(record | ({} if here else _share(frame[among], yes[among], survey, level)))
    return records


def _users(frame: pd.DataFrame) -> pd.Series:
    return frame["uses_lpo"].eq(YES) | frame["uses_alsp"].eq(YES)


def _named(weighed: Weighed, survey: Survey, question: str, level: float, least: int) -> list[dict[str, Any]]:
    """Shares of those who name each task (of users), or each reason (of all who answered)."""
    frame = weighed.frame[weighed.frame[question].notna()]
    if question == "tasks":
        frame = frame[_users(frame)]
    records = []
    for code in dict.fromkeys(code for codes in frame[question] for code in codes):
        named = frame[question].map(lambda codes, code=code: code in codes).astype(bool)
        mark = str(suppress([[int(named.sum()), int((~named).sum())]], least=least)[0])
        record = _record(f"{question}_{code}", sentence(_item(question, code)), question, "", code, level, mark)
        records.append(record | ({} if mark else _share(frame, named, survey, level)))
    return sorted(records, key=lambda r: (bool(r["mark"]), -r.get("estimate", 0.0), r["term"]))


def _item(question: str, code: str) -> str:
    if question == "tasks":
        return vocabulary.label("task", code)
    return (DRIVERS if question == "drivers" else BARRIERS)[code]


def survey_shares(survey: Survey, *, level: float = 0.90, min_cell: int = 5, cap: float | None = CAP) -> Result:
    """Estimate the shares of users in a researcher's own survey, over all and by group, and what they name.

    Parameters
    ----------
    survey : Survey
        The answers.
    level : float, default 0.90
        Confidence level.
    min_cell : int, default 5
        Smallest number of respondents that may be shown.
    cap : float or None, default 5
        Largest weight as a multiple of the mean weight.

    Returns
    -------
    Result
        Terms ``uses_lpo``, ``uses_alsp``, the same by group (``uses_lpo_buyer_size_small``), ``tasks_*`` (of users),
        ``drivers_*``, ``barriers_*`` (of those who answered). Extra columns question, group_by, group, n_eff. A suppressed row
        has no number at all.

    Notes
    -----
    Estimand: the share in the population whose margins were given; without margins, that of whoever the respondents stand for.
    "Don't know" is no answer. Shares of a group use the weights of the whole sample, and intervals take the weights as given.
    An answer that nobody in a group gave is shown.
    """
    weighed = weigh(survey, cap=cap)
    records = [r for question in ANSWERS for r in _by_group(weighed, survey, question, level, min_cell)]
    records += [
        r for question in ("tasks", "drivers", "barriers") for r in _named(weighed, survey, question, level, min_cell)
    ]
    n, used = len(survey.frame), int(weighed.frame[list(ANSWERS)].isin([YES, NO]).any(axis=1).sum())
    aside = _aside(weighed)
    if not used:
        reason = (
            f"none of {count(n, 'respondent')} said whether they use {listing(list(QUESTIONS.values()), last='or')}"
        )
        return not_estimable("survey_shares", reason, terms=QUESTIONS, level=level, n_dropped=n, unit="share")
    marks = [r.pop("mark") for r in records]
    table = tidy(records)
    if not table["estimate"].notna().any():
        reason = f"fewer than {min_cell} respondents gave each answer, and so few are not shown"
        return not_estimable("survey_shares", reason, terms=QUESTIONS, level=level, n_dropped=n, unit="share")
    shown = table[table["estimate"].notna()]
    checks = (
        rows_check(n, used, aside, min_cell),
        weights_check(survey, weighed),
        hidden_check(marks, min_cell),
        *_file_checks(survey, min_cell),
        Check("Who answered", None, "Intervals hold what chance does to a random sample. Who was asked, and who of them answered, they do not hold; weights repair it only for what is weighted on."),
    )  # fmt: skip
    return Result(
        "survey_shares", table, _shares_text(shown, level, n, used), checks=checks, n_used=used, n_dropped=n - used,
        plot_data=_drawn(shown),
        draw=partial(forest, title="What the own survey says", xlabel=f"weighted share, {level:.0%} interval"),
        alt=f"{count(len(shown), 'weighted share')} of the own survey, from {percent(shown['estimate'].min())} to {percent(shown['estimate'].max())}.",
    )  # fmt: skip


def _aside(weighed: Weighed) -> dict[str, int]:
    frame = weighed.frame
    unanswered = ~frame[list(ANSWERS)].isin([YES, NO]).any(axis=1)
    unsure = unanswered & frame[list(ANSWERS)].eq(DONT_KNOW).any(axis=1)
    counts = {
        "who do not know whether they use either": int(unsure.sum()),
        "without an answer on use": int((unanswered & ~unsure).sum()),
    }
    return dict(weighed.set_aside) | {reason: many for reason, many in counts.items() if many}


def _file_checks(survey: Survey, least: int) -> list[Check]:
    frame, checks = survey.frame, []
    stray = int((frame["tasks"].map(bool) & ~_users(frame)).sum())
    if stray:
        who = f"Fewer than {least} respondents" if stray < least else count(stray, "respondent")
        text = f"{who} name tasks but say they use neither; their tasks are not counted."
        checks.append(Check("Contradictions", False, text))
    if survey.n_ignored:
        text = f"{count(survey.n_ignored, 'column')} of the file {'is' if survey.n_ignored == 1 else 'are'} not of the template and {'was' if survey.n_ignored == 1 else 'were'} not read."
        checks.append(Check("Columns", None, text))
    years = sorted(frame["year"].dropna().unique())
    if len(years) > 1:
        checks.append(Check("Years", None, f"Answers of {years[0]:.0f} to {years[-1]:.0f} are taken together."))
    return checks


def _shares_text(shown: pd.DataFrame, level: float, n: int, used: int) -> str:
    said = []
    for row in shown[(shown["group"] == "all")].itertuples():
        span = (
            f" ({level:.0%} interval {percent(row.conf_low)} to {percent(row.conf_high)}, n {row.n_obs:.0f}, effective {row.n_eff:.0f})"
            if pd.notna(row.conf_low)
            else f" (n {row.n_obs:.0f}, one cluster only: no interval)"
        )
        said.append(f"{percent(row.estimate)} use {QUESTIONS[row.question]}{span}")
    head = f"Of {count(n, 'respondent')} {used} could be used."
    body = (
        f" Weighted, {listing(said)}."
        if said
        else " The shares over all are hidden, because too few gave one of the answers."
    )
    for question, words in (("drivers", "for"), ("barriers", "against")):
        top = shown[shown["question"] == question].head(3)
        if len(top):
            said = [
                f"{str(row.label)[0].lower()}{str(row.label)[1:]} {percent(row.estimate)}" for row in top.itertuples()
            ]
            body += f" Named most often {words} it: {listing(said)}."
    return head + body


_QUESTION_WORDS = {"tasks": "Tasks given out, of users", "drivers": "Reasons for", "barriers": "Reasons against"}


def _drawn(shown: pd.DataFrame) -> pd.DataFrame:
    groups = []
    for row in shown.itertuples():
        name = _QUESTION_WORDS.get(row.question) or f"Use of {QUESTIONS[row.question]}"
        groups.append(f"{name}, by {GROUP_LABELS[row.group_by]}" if row.group_by else name)
    label = shown["label"].where(shown["group"] != "all", "All")
    data = shown.assign(group=groups, label=label, weak=False)
    return data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]].reset_index(drop=True)


def survey_against_published(
    survey: Survey, evidence: Evidence, parameters: Parameters, *, min_cell: int = 5, cap: float | None = CAP
) -> Result:
    """Set the own shares beside the published ones that ask the same, for the buyer and place of the report.

    Parameters
    ----------
    survey : Survey
        The answers.
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Geography, buyer, task, level, grades, sample sizes.
    min_cell : int, default 5
        Smallest number of respondents that may be shown.
    cap : float or None, default 5
        Largest weight as a multiple of the mean weight.

    Returns
    -------
    Result
        One term a published figure: ``estimate`` is own minus published share, its interval built from the two intervals; extra
        columns own, own_low, own_high, published, published_low, published_high, year, grade, sense. Where the published figure
        is a bound, or its sample size is not known, there is no interval of the difference.

    Notes
    -----
    Compared are use of any kind in the sense of `alsp_any` and `lpo_any`, tasks given to alternative providers (of all), and
    tasks given out (of users). Reasons are not: every survey offers other ones to choose from.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: comparison of eleven
    methods. Statistics in Medicine 17(8). https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    p = parameters
    where = f"{vocabulary.label('buyer', p.buyer)}s in {vocabulary.in_words(p.geography)}"
    published = _published(evidence, p)
    weighed = weigh(survey, cap=cap)
    everywhere = pd.Series({"buyer_size": "all"})
    frame = weighed.frame[np.logical_and.reduce(_restrictions(everywhere, weighed.frame, survey, p))]
    if published.empty or frame.empty:
        lacking = (
            f"none of {count(len(survey.frame), 'respondent')} is of"
            if frame.empty
            else f"no published share of grade {'/'.join(p.grades)} asks what the survey asks of"
        )
        return not_estimable(
            "survey_against_published", f"{lacking} {where}", level=p.level, n_dropped=len(published), unit="share"
        )
    records, marks = [], []
    for name, row in with_intervals(published, evidence, p).iterrows():
        record, mark = _compared(str(name), row, weighed.frame, survey, p, min_cell)
        if record is not None:
            records.append(record)
            marks.append(mark)
    if not records or all(marks):
        reason = (
            f"no question with a published share was answered by {min_cell} or more {where}, and fewer are not shown"
        )
        return not_estimable("survey_against_published", reason, level=p.level, n_dropped=len(published), unit="share")
    table = tidy(records)
    shown = table[table["estimate"].notna()]
    checks = (
        Check("Comparable", None, "Same buyer, place and question as coded; samples, wording and definitions still differ. A difference is between two surveys, and no trend."),
        _place_check(survey, p),
        hidden_check(marks, min_cell),
        weights_check(survey, weighed),
    )  # fmt: skip
    return Result(
        "survey_against_published", table, _against_text(shown, where, p.level), checks=checks, rows=tuple(table["term"]),
        n_used=len(table), n_dropped=len(published) - len(table), plot_data=_beside(shown),
        draw=partial(forest, title="Own survey beside published shares", xlabel=f"share of {where}, {p.level:.0%} interval"),
        alt=f"Own and published shares of {where} for {count(len(shown), 'published figure')}.",
    )  # fmt: skip


def _within(code: str, place: str) -> bool:
    found = vocabulary.PLACES.get(code)
    return code == place or (found is not None and found.country == place)


def _published(evidence: Evidence, p: Parameters) -> pd.DataFrame:
    same = {"geography": p.geography, "buyer": p.buyer, "grades": p.grades, "required": False}
    use = select(evidence, metric="adoption_rate", category=["alsp_any", "lpo_any", "alsp_for_task"], **same)
    tasks = select(evidence, metric="task_use_share", **same)
    whole = use["category"].ne("alsp_for_task") & use["task"].isin(["all", ""])
    of_task = use["category"].eq("alsp_for_task") & use["task"].isin(vocabulary.TASKS)
    if p.task != "all":
        of_task &= use["task"].eq(p.task)
        tasks = tasks[tasks["task"] == p.task]
    rows = pd.concat([use[whole | of_task], tasks[tasks["task"].isin(vocabulary.TASKS)]])
    return rows.sort_values(["metric", "category", "task", "buyer_size", "year_end"], kind="stable")


def _asked(row: pd.Series, frame: pd.DataFrame) -> tuple[Flags, Flags]:
    """Which respondents answered what a published figure is about, and which of them said yes to it."""
    named = np.array([codes is not None and row["task"] in codes for codes in frame["tasks"]], dtype=bool)
    told = frame["tasks"].notna().to_numpy(dtype=bool)
    if row["metric"] == "task_use_share":
        return told & _users(frame).to_numpy(dtype=bool), named
    question = frame["uses_lpo" if row["category"] == "lpo_any" else "uses_alsp"]
    yes, no = (question.eq(answer).to_numpy(dtype=bool) for answer in (YES, NO))
    return (no | (yes & told), yes & named) if row["category"] == "alsp_for_task" else (yes | no, yes)


def _compared(
    name: str, row: pd.Series, frame: pd.DataFrame, survey: Survey, p: Parameters, least: int
) -> tuple[dict[str, Any] | None, str]:
    only = _restrictions(row, frame, survey, p)
    asked, yes = _asked(row, frame)
    here = np.logical_and.reduce([asked, *only])
    if not here.any():
        return None, SHOWN
    mark = _mark(only, asked, yes, least)
    record: dict[str, Any] = {
        "term": name, "label": _what(row), "level": p.level, "unit": "share", "sense": _sense(row), "year": int(row["year_end"]),
        "grade": row["grade"], "size": row["buyer_size"], "publisher": row["publisher"], "published": row["share"],
        "published_low": row["conf_low"], "published_high": row["conf_high"], "published_method": row["method"],
    }  # fmt: skip
    if mark:
        return record | {"method": HIDDEN}, mark
    own = _share(frame[here], yes[here], survey, p.level)
    d = own["estimate"] - row["share"]
    record |= {"own": own["estimate"], "own_low": own.get("conf_low", np.nan), "own_high": own.get("conf_high", np.nan),
               "n_obs": own["n_obs"], "estimate": d if row["form"] == "point" else np.nan}  # fmt: skip
    if row["form"] != "point":
        return record | {"method": f"{row['method']}: beside each other, no difference"}, mark
    if row["rule"].startswith("n not told") or "conf_low" not in own:
        return record | {"method": "no interval: a sample size is not known"}, mark
    low = d - np.hypot(own["estimate"] - own["conf_low"], row["conf_high"] - row["share"])
    high = d + np.hypot(own["conf_high"] - own["estimate"], row["share"] - row["conf_low"])
    method = f"{OWN_SAMPLES}; {row['rule']}" if row["rule"].startswith("at least") else OWN_SAMPLES
    return record | {"conf_low": low, "conf_high": high, "method": method}, mark


def _restrictions(row: pd.Series, frame: pd.DataFrame, survey: Survey, p: Parameters) -> list[Flags]:
    """Who belongs to the buyer, the place and the size of a published figure."""
    only = [frame["buyer"].eq(p.buyer).to_numpy(dtype=bool)]
    if p.geography != "WLD" and "geography" in survey.columns:
        only.append(frame["geography"].map(lambda code: _within(code, p.geography)).to_numpy(dtype=bool))
    if row["buyer_size"] not in ("all", ""):
        only.append(frame["buyer_size"].eq(row["buyer_size"]).to_numpy(dtype=bool))
    return only


def _mark(only: list[Flags], asked: Flags, yes: Flags, least: int) -> str:
    """Hide a share of few, and one that subtracted from the share of a wider group would leave few."""

    def answers(among: Flags) -> NDArray[np.int64]:
        return np.array([(among & yes).sum(), (among & ~yes).sum()])

    inside = answers(np.logical_and.reduce([asked, *only]))
    if suppress([inside], least=least)[0]:
        return SMALL
    for size in range(len(only)):
        for wider in combinations(only, size):
            rest = answers(np.logical_and.reduce([asked, *wider])) - inside
            if rest.sum() and suppress([rest], least=least)[0]:
                return COMPLEMENT
    return SHOWN


def _sense(row: pd.Series) -> str:
    return "tasks given out, of users" if row["metric"] == "task_use_share" else SENSES[row["category"]]


def _what(row: pd.Series) -> str:
    parts = [str(row["year_end"])]
    if row["task"] not in ("all", ""):
        parts.append(vocabulary.label("task", row["task"]))
    if row["buyer_size"] not in ("all", ""):
        parts.append(str(row["buyer_size"]))
    return ", ".join([*parts, maker(row["publisher"])])


def _place_check(survey: Survey, p: Parameters) -> Check:
    if p.geography != "WLD" and "geography" not in survey.columns:
        text = f"The survey does not say where its respondents are; all of them stand for {vocabulary.in_words(p.geography)} here."
        return Check("Place", False, text)
    years = survey.frame["year"].dropna()
    when = "answered in a year the file does not tell"
    if len(years):
        span = "" if years.min() == years.max() else f" to {years.max():.0f}"
        when = f"answered in {years.min():.0f}{span}"
    return Check("Place and year", None, f"Respondents of {vocabulary.in_words(p.geography)}, {when}.")


def _against_text(shown: pd.DataFrame, where: str, level: float) -> str:
    if shown.empty:
        return f"Own shares of {where} stand beside published bounds only, so no difference is formed."
    known = shown[shown["conf_low"].notna() & shown["method"].eq(OWN_SAMPLES)]
    apart = known[(known["conf_low"] > 0) | (known["conf_high"] < 0)]
    text = f"{count(len(shown), 'published share')} of {where} {'asks' if len(shown) == 1 else 'ask'} what the survey asked."
    whole = shown[shown["sense"].isin([SENSES["alsp_any"], SENSES["lpo_any"]])]
    last = (whole if len(whole) else shown).sort_values("year", kind="stable").iloc[-1]
    seen = pd.Series({"estimate": last["published"], "method": "", "conf_low": np.nan, "conf_high": np.nan})
    text += f" The latest ({last['sense']}, {last['label']}) is {spoken(seen)}; the own share is {percent(last['own'])} (n {last['n_obs']:.0f})."
    if len(known):
        text += (
            f" Of {count(len(known), 'difference')} with an interval and a known sample on either side, {len(apart)} {'lies' if len(apart) == 1 else 'lie'} away from zero "
            f"at {level:.0%}; {len(known) * (1 - level):.1f} would by chance if nothing differed."
        )
    return text + " Other samples, other wording, other years: none of this is a trend."


def _beside(shown: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in shown.itertuples():
        group = sentence(f"{row.sense}: {row.label}")
        rows.append({"group": group, "label": "own survey", "estimate": row.own, "conf_low": row.own_low,
                     "conf_high": row.own_high, "weak": False})  # fmt: skip
        rows.append({"group": group, "label": f"published [{row.grade}]", "estimate": row.published, "conf_low": row.published_low,
                     "conf_high": row.published_high, "weak": row.grade in ("C", "D")})  # fmt: skip
    return pd.DataFrame(rows, columns=["group", "label", "estimate", "conf_low", "conf_high", "weak"])
