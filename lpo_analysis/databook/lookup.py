"""Look figures up: every published figure of a metric with its maker, grade and source, and the codes a new one may take."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import dotplot
from lpo_analysis.databook.coverage import plain, published, unit
from lpo_analysis.errors import NotFoundError, choices
from lpo_analysis.evidence import Evidence, maker, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count

MOST = 40
"""Figures drawn at most; the table has all."""


def figures(
    evidence: Evidence,
    *,
    metric: str,
    grades: Sequence[str] = ("A", "B"),
    forecasts: bool = False,
    name: str = "figures",
    **columns: str | Collection[str],
) -> Result:
    """Set all published figures of a metric side by side, each with its maker and grade.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    metric : str
        Such as ``lpo_hourly_rate``.
    grades : sequence of str, default ('A', 'B')
        Grades let in.
    forecasts : bool, default False
        Whether to let in what is about the future.
    name : str, default 'figures'
        Name of the result.
    **columns : str or collection of str
        Further filters by column, as `lpo_analysis.evidence.select` takes them, such as ``geography="IND"``.

    Returns
    -------
    Result
        One term a figure, the newest first, with its identifier as term. ``estimate`` is the single figure (missing for a range or
        bound), ``asked`` its category in words (a question, or a kind of figure), ``conf_low`` and ``conf_high`` are the *published* ends; no sampling interval is meant, ``level`` is missing.

    Raises
    ------
    NotFoundError
        If the metric, a column or a code is unknown; names the nearest.
    """
    if metric not in evidence.metrics.index:
        raise NotFoundError(f"There is no metric {metric!r}.", remedy=choices(metric, evidence.metrics.index))
    status = ("actual", "estimate", "forecast") if forecasts else ("actual", "estimate")
    rows = select(evidence, metric=metric, grades=grades, status=status, context=True, required=False, **columns)  # type: ignore[arg-type]
    whole = select(
        evidence,
        metric=metric,
        grades=tuple("ABCD"),
        status=("actual", "estimate", "forecast"),
        context=True,
        required=False,
    )
    if rows.empty:
        there = ", ".join(f"{n} of grade {g}" for g, n in whole["grade"].value_counts().sort_index().items())
        filters = "".join(
            f", {column} {value if isinstance(value, str) else '/'.join(value)}" for column, value in columns.items()
        )
        reason = f"no figure on {plain(metric)} is on file at grade {'/'.join(grades)}{filters} (in all there are {there or 'none'})"
        return not_estimable(name, reason, n_dropped=len(whole))
    rows = rows.sort_values(["unit", "year_end", "publisher_id"], ascending=[True, False, True], kind="stable")
    table = tidy(_record(str(index), row) for index, row in rows.iterrows())
    units = rows["unit"].value_counts()
    drawn = table[table["unit"] == named(str(units.index[0]))].head(MOST)
    return Result(
        name, table, _text(rows, metric, grades), checks=_checks(rows, len(drawn)), rows=tuple(rows.index), n_used=len(rows),
        n_dropped=len(whole) - len(rows),
        plot_data=pd.DataFrame({
            "label": _labels(drawn),
            "estimate": drawn["estimate"].fillna(drawn[["conf_low", "conf_high"]].mean(axis=1, skipna=False)), "conf_low": drawn["conf_low"], "conf_high": drawn["conf_high"],
            "main": drawn["grade"].isin(["C", "D"]),
        }),
        draw=partial(dotplot, title=plain(metric).capitalize() if metric[:3] not in ("lpo", "ai_") else plain(metric),
                     xlabel=f"{named(str(units.index[0]))}; line: published range; set off: grades C and D"),
        alt=f"One row a figure with its maker, year and grade. {_text(rows, metric, grades)}",
    )  # fmt: skip


def _labels(drawn: pd.DataFrame) -> list[str]:
    """Name the rows of the figure, with their kind where there are several."""
    several = len(set(drawn["category"])) > 1
    return [
        f"{plain(category)}: {label} [{grade}]" if several else f"{label} [{grade}]"
        for category, label, grade in zip(drawn["category"], drawn["label"], drawn["grade"], strict=True)
    ]


def named(code: str) -> str:
    """Name a unit.

    Parameters
    ----------
    code : str
        Such as ``USD_bn``.

    Returns
    -------
    str
        Such as ``USD billion``.
    """
    return code if code == "percent" else unit(code).strip() or code


def _record(index: str, row: pd.Series) -> dict[str, object]:
    single = row["form"] == "point"
    years = str(row["year_end"]) if row["year_start"] == row["year_end"] else f"{row['year_start']}–{row['year_end']}"
    forecast = ", forecast" if row["status"] == "forecast" else ""
    bound = {"floor": ", at least", "ceiling": ", at most"}.get(row["form"], "")
    low, high = (np.nan, np.nan) if single and pd.isna(row["lower"]) else (row["lower"], row["upper"])
    return {
        "term": index, "label": f"{maker(row['publisher'])}, {years}, {vocabulary.label('scope', row['geography'])}{bound}{forecast}",
        "estimate": row["value"] if single else np.nan, "conf_low": low, "conf_high": high, "n_obs": row["sample_size"],
        "unit": named(row["unit"]), "method": {"point": "single figure", "range": "published range", "floor": "at least", "ceiling": "at most"}[row["form"]],
        "shown": _shown(row), "category": row["category"], "asked": plain(row["category"]), "years": years, "place": vocabulary.label("scope", row["geography"]), "maker": row["publisher"],
        "grade": row["grade"], "independence": row["independence"], "study": row["study_id"], "note": row["note"], "url": row["url"],
    }  # fmt: skip


def _shown(row: pd.Series) -> str:
    low, high = (float(end) for end in ends(row))
    if row["form"] == "range":
        return f"{published(low)} to {published(high)}"
    return {"floor": "at least ", "ceiling": "at most "}.get(row["form"], "") + published(
        low if row["form"] != "ceiling" else high
    )


def _text(rows: pd.DataFrame, metric: str, grades: Sequence[str]) -> str:
    n, studies, makers = len(rows), rows["study_id"].nunique(), rows["publisher_id"].nunique()
    spans = []
    for code, part in rows.groupby("unit", sort=False):
        low, high = part[["value", "lower"]].min().min(), part[["value", "upper"]].max().max()
        told = published(low) if low == high else f"{published(low)} to {published(high)}"
        spans.append(f"{told}{unit(str(code))}")
    years = (
        f"{rows['year_start'].min()} to {rows['year_end'].max()}"
        if rows["year_start"].min() != rows["year_end"].max()
        else str(rows["year_end"].max())
    )
    kinds = rows["category"].nunique()
    senses = f" They are of {kinds} different kinds and are not averaged." if kinds > 1 else ""
    return (
        f"{count(n, 'figure')} on {plain(metric)} of {years} at grade {'/'.join(grades)}, from {count(studies, 'study', 'studies')} by "
        f"{count(makers, 'maker')}: {'; '.join(spans)}.{senses}"
    )


def _checks(rows: pd.DataFrame, drawn: int) -> tuple[Check, ...]:
    studies, n = rows["study_id"].nunique(), len(rows)
    told = int(rows["sample_size"].notna().sum())
    ends_only = int(rows["form"].isin(["floor", "ceiling"]).sum())
    checks = [
        Check("Three studies or more", bool(studies >= 3), f"{count(studies, 'study', 'studies')} behind {count(n, 'figure')}; rows of one study are no independent figures."),
        Check("Sample sizes told", None, f"{told} of {n}; a size belongs to the source, for a subgroup it is an upper bound."),
        Check("Bounds", None, f"{count(ends_only, 'figure')} {'is' if ends_only == 1 else 'are'} only a floor or a ceiling."),
    ]  # fmt: skip
    if drawn < n:
        checks.append(
            Check("Drawn", None, f"The figure shows {drawn} of {n}: those of the commonest unit, at most {MOST}.")
        )
    return tuple(checks)


def codes(evidence: Evidence, metric: str) -> pd.DataFrame:
    """List the categories that a figure of a metric may take.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    metric : str
        The metric.

    Returns
    -------
    pandas.DataFrame
        Columns category, asked (the category in words), unit, n_observations, first_year, last_year, meaning.

    Raises
    ------
    NotFoundError
        If there is no such metric; names the nearest.
    """
    if metric not in evidence.metrics.index:
        raise NotFoundError(f"There is no metric {metric!r}.", remedy=choices(metric, evidence.metrics.index))
    wanted = ["category", "unit", "n_observations", "first_year", "last_year", "meaning"]
    found = evidence.categories.loc[evidence.categories["metric"] == metric, wanted]
    found.insert(1, "asked", found["category"].map(plain))
    return found.assign(unit=found["unit"].str.replace("|", " or ")).reset_index(drop=True)
