"""Why buyers outsource or do not, who brings work back, and how satisfied they are: ranked only within one survey."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import takewhile

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.adoption.use import size_check, spoken, with_intervals
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, maker, select
from lpo_analysis.results import Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, percent

SATISFIED = ("satisfied", "very_satisfied", "highly_satisfied", "somewhat_satisfied", "moderately_satisfied")
"""Degrees above neutral."""

MOVEMENTS = {
    "in": "Brought in-house, from whom is not told",
    "back": "Taken back from alternative providers",
    "out": "Moved out to alternative providers",
    "kept": "Done in-house for the most part (a state, no movement)",
}
"""Movements of work; opposite ones are never listed together."""

MOVES = {
    "moved_work_in_house": ("in", "moved work in-house"),
    "bring_work_in_house": ("in", "bring work in-house"),
    "fewer_alternative_providers": ("back", "fewer alternative providers"),
    "reduce_alsp_spend": ("back", "less spending on alternative providers"),
    "shifted_to_alsps": ("out", "shifted work from law firms to them"),
    "increased": ("out", "used them more"),
    "most_ediscovery_in_house": ("kept", "most e-discovery"),
    "most_litigation_work_in_house": ("kept", "most litigation work"),
}
"""Movement and words of each category."""

_BASE = re.compile(r"\bbase: ([^;,(]+)", re.IGNORECASE)
_NEVER = "not seriously considered"
"""What the note of a figure says that counts who never thought of it: it stands among the reasons and is none."""
_NEVER_WORDS = "never seriously considered it"


def _surveyed(rows: pd.DataFrame, evidence: Evidence, parameters: Parameters) -> pd.DataFrame:
    """Add intervals and the name of the survey: same study, same year, same respondents."""
    frame = with_intervals(rows, evidence, parameters)
    sources = evidence.sources
    names = {study: _name(sources.loc[sources["study_id"] == study, "publisher"]) for study in set(frame["study_id"])}
    # What is meant for a coming year was asked in the year before it.
    year = frame["year_start"].where(frame["status"] == "forecast", frame["year_end"])
    surveys = [f"{names[row['study_id']]} {year[key]} ({_place(row)})" for key, row in frame.iterrows()]
    return frame.assign(survey=surveys)


def _name(publishers: pd.Series) -> str:
    """Name who made a study: one name for all pages that tell of it."""
    names = [maker(one) for one in dict.fromkeys(publishers)]
    common = [words[0] for words in takewhile(lambda words: len(set(words)) == 1, zip(*(name.split() for name in names), strict=False))]  # fmt: skip
    return " ".join(common) or names[0]


def _place(row: pd.Series) -> str:
    size = "" if row["buyer_size"] in ("all", "") else f", {row['buyer_size']}"
    return f"{vocabulary.label('scope', row['geography'])}{size}"


def _asked(frame: pd.DataFrame) -> pd.Series:
    return frame["note"].astype("str").str.extract(_BASE, expand=False).fillna("").str.strip()


def _answers(frame: pd.DataFrame) -> list[str]:
    """Say each answer, and whom it was asked where those of one survey were not all asked the same."""
    asked = _asked(frame)
    differ = asked.groupby(frame["survey"]).transform("nunique") > 1
    base = (" (of " + asked + ")").where(differ & asked.ne(""), "")
    return (frame["category"].str.replace("_", " ") + base).tolist()


def _never(frame: pd.DataFrame) -> pd.Series:
    return frame["note"].astype("str").str.contains(_NEVER, regex=False)


def _apart(frame: pd.DataFrame) -> str:
    """Tell the shares that count no reason."""
    said = []
    for asked, (_, row) in zip(_asked(frame), frame.iterrows(), strict=True):
        one = row.rename({"share": "estimate"})
        said.append(f"{spoken(one)} of {asked or 'those asked'} {_NEVER_WORDS} ({_unbracketed(row['survey'])})")
    return f" No reason, and so not among them: {listing(said)}." if said else ""


def _table(frame: pd.DataFrame, labels: Sequence[str], level: float) -> pd.DataFrame:
    return tidy(
        {"term": key, "label": label, "estimate": row["share"], "conf_low": row["conf_low"], "conf_high": row["conf_high"],
         "level": level, "n_obs": row["n"], "unit": "share", "method": row["method"], "survey": row["survey"], "grade": row["grade"],
         "status": row["status"], "year": int(row["year_end"]), "geography": row["geography"], "category": row["category"]}
        for (key, row), label in zip(frame.iterrows(), labels, strict=True)
    )  # fmt: skip


def _nothing(name: str, what: str, p: Parameters) -> Result:
    reason = f"no figure of grade {'/'.join(p.grades)} on {what} is on file for {vocabulary.label('buyer', p.buyer)}s (0 rows, 0 studies)"
    return not_estimable(name, reason, level=p.level)


def _counted(frame: pd.DataFrame, what: str) -> str:
    surveys, makers = frame["survey"].nunique(), frame["publisher_id"].nunique()
    return f"{count(len(frame), 'figure')} on {what} from {count(surveys, 'survey')} of {count(makers, 'maker')}."


def _result(
    name: str, frame: pd.DataFrame, table: pd.DataFrame, text: str, *, title: str, group: pd.Series, level: float
) -> Result:
    # A bound is drawn as one, at its known end, and places take the room of the axis.
    bound = table["method"].isin(["published as a floor", "published as a ceiling"])
    short = (
        table["label"]
        .str.replace(r" \([^()]*\)$", "", regex=True)
        .where(group.to_numpy() != table["survey"], table["label"])
    )
    data = table.assign(
        label=short,
        ahead=table["status"].eq("forecast"),
        estimate=table["estimate"].mask(bound),
        group=group.to_numpy(),
        weak=table["grade"].isin(["C", "D"]),
    )
    return Result(
        name, table, text, rows=tuple(frame.index), n_used=len(frame), checks=(size_check(frame),),
        plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak", "ahead"]],
        draw=partial(forest, title=title, xlabel=f"share of respondents, {level:.0%} interval" + ("; diamond: intended" if data["ahead"].any() else "")),
        alt=f"{title}: {count(len(table), 'share')} from {count(table['survey'].nunique(), 'survey')}.",
    )  # fmt: skip


def _ranked(
    name: str, rows: pd.DataFrame, evidence: Evidence, parameters: Parameters, *, what: str, title: str
) -> Result:
    p = parameters
    if rows.empty:
        return _nothing(name, what, p)
    every = _surveyed(rows, evidence, p).sort_values(["survey", "share"], ascending=[True, False], kind="stable")
    apart = every[_never(every)]
    frame = every.drop(index=apart.index)
    labels = [*_answers(frame), *(f"{_NEVER_WORDS}{f', of {asked}' if asked else ''}" for asked in _asked(apart))]
    whole = _table(pd.concat([frame, apart]), labels, p.level)
    table = whole.iloc[: len(frame)]
    said = []
    for survey, part in table.groupby("survey", sort=False):
        said.append(f"{survey}: " + listing([f"{row.label} {spoken(row)}" for row in part.head(3).itertuples()]))
    text = f"{_counted(frame, what)} {'; '.join(said)}." if said else f"No figure on {what} is on file."
    if len(said) > 1:
        text += " Answers are ranked within a survey only: surveys offer different ones to choose from."
    if table["label"].str.contains(" (of ", regex=False).any():
        text += " Answers that were asked of some respondents only say of whom, and stand beside the others without a common rank."
    group = whole["survey"].where(whole["term"].isin(frame.index), "No reason: " + whole["survey"])
    return _result(
        name, pd.concat([frame, apart]), whole, text + _apart(apart), title=title, group=group, level=p.level
    )


def _rows(evidence: Evidence, parameters: Parameters, metric: str, **columns: object) -> pd.DataFrame:
    """All places are let in: there are too few surveys to ask for one country."""
    return select(evidence, metric=metric, buyer=parameters.buyer, grades=parameters.grades, required=False, **columns)  # type: ignore[arg-type]


def drivers(evidence: Evidence, parameters: Parameters) -> Result:
    """Show the reasons for outsourcing.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Buyer, level, grades.

    Returns
    -------
    Result
        One term a reason and survey, ranked within the survey.
    """
    rows = _rows(evidence, parameters, "driver_share")
    # Administrative work is not legal work.
    rows = rows[rows["task"] != ""]
    return _ranked("drivers", rows, evidence, parameters, what="reasons for outsourcing", title="Why they outsource")


def barriers(evidence: Evidence, parameters: Parameters) -> Result:
    """Show the reasons against outsourcing.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Buyer, level, grades.

    Returns
    -------
    Result
        One term a reason and survey, ranked within the survey.
    """
    rows = _rows(evidence, parameters, "barrier_share")
    return _ranked(
        "barriers", rows, evidence, parameters, what="reasons against outsourcing", title="Why they do not outsource"
    )


def insourcing(evidence: Evidence, parameters: Parameters) -> Result:
    """Show where work moved, movement by movement: in-house, back from providers, out to them; done or only intended.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Buyer, level, grades.

    Returns
    -------
    Result
        One term a figure; column ``movement`` is one of `MOVEMENTS`, ``status`` tells intentions (forecast) from what was done.
    """
    p = parameters
    everything = ("actual", "estimate", "forecast")
    done = _rows(
        evidence,
        p,
        "use_change_share",
        category=["moved_work_in_house", "increased", "shifted_to_alsps"],
        provider=["in_house", "alsp"],
        context=True,
    )
    kept = _rows(evidence, p, "insourcing_share")
    meant = _rows(
        evidence,
        p,
        "reduction_intent",
        category=["fewer_alternative_providers", "reduce_alsp_spend"],
        status=everything,
    )
    planned = _rows(evidence, p, "adoption_intent", category="bring_work_in_house", status=everything, context=True)
    parts = [part for part in (done, kept, meant, planned) if len(part)]
    if not parts:
        return _nothing("insourcing", "moving work in-house or to other providers", p)
    frame = _surveyed(pd.concat(parts), evidence, p)
    order = list(MOVEMENTS)
    frame = frame.assign(
        movement=[MOVES[code][0] for code in frame["category"]],
        order=[order.index(MOVES[code][0]) for code in frame["category"]],
        intended=frame["status"] == "forecast",
    ).sort_values(["order", "intended", "year_end", "survey"], kind="stable")
    labels = [f"{MOVES[row['category']][1]}{' (intended)' if row['intended'] else ''}, {row['survey']}" for _, row in frame.iterrows()]  # fmt: skip
    table = _table(frame, labels, p.level).assign(movement=frame["movement"].to_numpy())
    said = [f"{words}: {_movement(table[table['movement'] == code])}" for code, words in MOVEMENTS.items()]
    text = (
        f"{_counted(frame, 'where work moved')} {'. '.join(said)}. Movements are opposite and samples differ, so no balance is struck, "
        "and an intention is no outcome."
    )
    group = table["movement"].map(MOVEMENTS)
    return _result("insourcing", frame, table, text, title="Where work moved", group=group, level=p.level)


def _movement(part: pd.DataFrame) -> str:
    """Tell one movement: what was done, then what was only intended."""
    done, meant = (part[(part["status"] == "forecast") == intended] for intended in (False, True))
    if part.empty:
        return "no figure on file"
    told = [_by_words(done)] if len(done) else ["nothing done is on file"]
    return "; ".join([*told, f"only intended: {_by_words(meant)}"] if len(meant) else told)


def _by_words(part: pd.DataFrame) -> str:
    told = []
    for code, rows in part.groupby("category", sort=False):
        told.append(
            f"{MOVES[str(code)][1]} {listing([f'{spoken(row)} ({_unbracketed(row.survey)})' for row in rows.itertuples()])}"
        )
    return ", ".join(told)


def _unbracketed(survey: str) -> str:
    return survey.replace(" (", ", ").removesuffix(")")


def satisfaction(evidence: Evidence, parameters: Parameters) -> Result:
    """Show how satisfied users are.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Buyer, level, grades.

    Returns
    -------
    Result
        One term a degree and survey.
    """
    rows = _rows(evidence, parameters, "satisfaction_share")
    result = _ranked("satisfaction", rows, evidence, parameters, what="satisfaction", title="How satisfied users are")
    if not result.estimable:
        return result
    content = result.table[result.table["category"].isin(SATISFIED)]
    shares = content.groupby("survey", sort=False)["estimate"].sum()
    if shares.empty:
        return result
    said = listing([f"{percent(share)} in {survey}" for survey, share in shares.items()])
    text = f"Added up over the degrees above neutral, so many users say they are satisfied: {said}. {result.text}"
    notes = rows.loc[result.table["term"], "note"].astype("str").str.contains("law firms").to_numpy()
    wide = list(dict.fromkeys(result.table.loc[notes, "survey"]))
    if wide:
        text += f" {listing(wide)} {'counts' if len(wide) == 1 else 'count'} law firms among the providers."
    return replace(result, text=text)
