"""Why buyers outsource or do not, who brings work back, and how satisfied they are: ranked only within one survey."""

from __future__ import annotations

from functools import partial

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.adoption.use import spoken, with_intervals
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, maker, select
from lpo_analysis.results import Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, percent, sentence


def _survey_result(
    name: str, rows: pd.DataFrame, evidence: Evidence, parameters: Parameters, *, what: str, title: str, ranked: bool
) -> Result:
    p = parameters
    if rows.empty:
        reason = f"no figure of grade {'/'.join(p.grades)} on {what} is on file for {vocabulary.label('buyer', p.buyer)}s (0 rows, 0 studies)"
        return not_estimable(name, reason, level=p.level)
    frame = with_intervals(rows, evidence, p)
    # Reasons of one survey: same study, same year, same respondents.
    frame["survey"] = [_survey(row) for _, row in frame.iterrows()]
    by = ["survey", "share"] if ranked else ["survey", "year_end"]
    frame = frame.sort_values(by, ascending=[True, not ranked], kind="stable")
    table = tidy(
        {"term": key, "label": row["category"].replace("_", " "), "estimate": row["share"], "conf_low": row["conf_low"], "conf_high": row["conf_high"],
         "level": p.level, "n_obs": row["n"], "unit": "share", "method": row["method"], "survey": row["survey"], "grade": row["grade"],
         "status": row["status"], "year": int(row["year_end"]), "geography": row["geography"]}
        for key, row in frame.iterrows()
    )  # fmt: skip
    data = table.rename(columns={"survey": "group"}).assign(weak=table["grade"].isin(["C", "D"]))
    said = []
    for survey, part in table.groupby("survey", sort=False):
        top = part.sort_values("estimate", ascending=False, kind="stable").head(3)
        said.append(f"{survey}: " + listing([f"{row.label} {spoken(row)}" for row in top.itertuples()]))
    studies = frame["study_id"].nunique()
    text = (
        f"{count(len(table), 'figure')} on {what} from {count(studies, 'study', 'studies')}. " + "; ".join(said) + "."
    )
    if ranked and len(said) > 1:
        text += " Answers are ranked within a survey only: surveys offer different ones to choose from."
    return Result(
        name, table, text, rows=tuple(frame.index), n_used=len(frame),
        plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]],
        draw=partial(forest, title=title, xlabel=f"share of respondents, {p.level:.0%} interval; compare within a survey only"),
        alt=f"{title}: {len(table)} shares from {table['survey'].nunique()} surveys.",
    )  # fmt: skip


def _survey(row: pd.Series) -> str:
    who = maker(row["publisher"])
    size = "" if row["buyer_size"] in ("all", "") else f", {row['buyer_size']}"
    return f"{who} {row['year_end']} ({vocabulary.label('scope', row['geography'])}{size})"


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
    return _survey_result(
        "drivers", rows, evidence, parameters, what="reasons for outsourcing", title="Why they outsource", ranked=True
    )


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
    return _survey_result(
        "barriers", rows, evidence, parameters, what="reasons against outsourcing", title="Why they do not", ranked=True
    )


def insourcing(evidence: Evidence, parameters: Parameters) -> Result:
    """Show who brings work back or uses fewer outside providers: what was done, and what was only intended.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Buyer, level, grades.

    Returns
    -------
    Result
        One term a figure; column ``status`` tells intentions (forecast) from what was done.
    """
    everything = ("actual", "estimate", "forecast")
    done = _rows(
        evidence,
        parameters,
        "use_change_share",
        category=["moved_work_in_house", "increased", "shifted_to_alsps"],
        provider=["in_house", "alsp"],
        context=True,
    )
    kept = _rows(evidence, parameters, "insourcing_share")
    meant = _rows(
        evidence,
        parameters,
        "reduction_intent",
        category=["fewer_alternative_providers", "reduce_alsp_spend"],
        status=everything,
    )
    planned = _rows(
        evidence, parameters, "adoption_intent", category="bring_work_in_house", status=everything, context=True
    )
    parts = [part for part in (done, kept, meant, planned) if len(part)]
    rows = pd.concat(parts) if parts else done
    rows = rows.assign(
        category=[
            f"{c}{' (intended)' if s == 'forecast' else ''}"
            for c, s in zip(rows["category"], rows["status"], strict=True)
        ]
    )
    return _survey_result(
        "insourcing",
        rows,
        evidence,
        parameters,
        what="moving work in-house or to other providers",
        title="Bringing work back, and moving it on",
        ranked=False,
    )


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
    result = _survey_result(
        "satisfaction", rows, evidence, parameters, what="satisfaction", title="How satisfied users are", ranked=True
    )
    if not result.estimable:
        return result
    content = result.table[
        result.table["label"].isin(
            ["satisfied", "very satisfied", "highly satisfied", "somewhat satisfied", "moderately satisfied"]
        )
    ]
    shares = content.groupby("survey", sort=False)["estimate"].sum()
    said = listing([f"{percent(share)} ({sentence(str(survey))})" for survey, share in shares.items()])
    text = (
        f"Added up over the degrees above neutral, {said} of users say they are satisfied. {result.text}"
        if len(shares)
        else result.text
    )
    return Result(
        result.name,
        result.table,
        text,
        rows=result.rows,
        n_used=result.n_used,
        plot_data=result.plot_data,
        draw=result.draw,
        alt=result.alt,
    )
