"""Governance of the provider's place, with the errors its makers give: against a reference, and over time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from lpo_analysis import vocabulary
from lpo_analysis.charts import intervals, panels
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.evidence import table as load_table
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.multiplicity import holm
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing

INDICATORS = {
    "voice_accountability": "voice and accountability",
    "political_stability": "political stability",
    "government_effectiveness": "government effectiveness",
    "regulatory_quality": "regulatory quality",
    "rule_of_law": "rule of law",
    "control_of_corruption": "control of corruption",
}
"""Worldwide Governance Indicators, on a scale of about -2.5 to 2.5."""

_UNIT = "score (-2.5 to 2.5)"


def governance(location: str, *, reference: str = "USA", level: float = 0.90) -> Result:
    """Compare the governance of a place with that of a reference in the newest year.

    Parameters
    ----------
    location : str
        Code of a place; a part takes the scores of its country.
    reference : str, default 'USA'
        Code of the country compared with.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    Result
        One term an indicator: ``estimate`` is the score with its interval; ``difference``, ``diff_low`` and ``diff_high`` are
        against the reference, one indicator at a time; ``p_adjusted`` is Holm's for all six; ``apart`` tells whether the two
        intervals do not overlap, the rule of thumb of the makers.

    Notes
    -----
    Scores are relative to all countries of a year. The errors of two countries are treated as independent; they share
    sources, so the interval of the difference is rather too wide. A difference is told where it stands after Holm's adjustment.

    References
    ----------
    Kaufmann, D., Kraay, A. & Mastruzzi, M. (2010). The Worldwide Governance Indicators: methodology and analytical issues. World Bank
    policy research working paper 5430.
    """
    country = vocabulary.PLACES[location].country
    scores = load_table("location_governance")
    here, there = (scores[scores["iso3"] == code] for code in (country, reference))
    if here.empty:
        return not_estimable(
            "governance", f"no scores of {vocabulary.in_words(country)} are on file (0 rows)", level=level
        )
    year = int(min(here["year"].max(), there["year"].max()))
    a, b = here[here["year"] == year].iloc[0], there[there["year"] == year].iloc[0]
    table = _compared(a, b, level=level)
    name, other = vocabulary.in_words(country), vocabulary.in_words(reference)
    if country == reference:
        text = f"The place is the reference itself ({other}); its scores of {year} are shown with their intervals."
    else:
        text = f"In {year}, {name} scores {_told(table, level, other=other)}"
    return Result(
        "governance", table, text, checks=(Check("Scale", None, "Scores are relative to all countries of a year, and no measure of contract courts."),),
        rows=tuple(f"table:location_governance:{code}:{year}" for code in dict.fromkeys((country, reference))), n_used=len({country, reference}),
        plot_data=table[["label", "estimate", "conf_low", "conf_high"]].assign(main=True),
        draw=partial(intervals, title=f"Governance of {name}, {year}", xlabel=f"score with {level:.0%} interval; 0 is the mean of all countries", percent=False),
        alt=f"Six governance scores of {name} in {year} with their intervals.",
    )  # fmt: skip


def _compared(a: pd.Series, b: pd.Series, *, level: float) -> pd.DataFrame:
    """Compare two rows of scores, indicator by indicator, as if their errors were independent."""
    z = float(stats.norm.ppf((1 + level) / 2))
    records = []
    for code, label in INDICATORS.items():
        score, error, other, other_error = (float(v) for v in (a[code], a[f"{code}_se"], b[code], b[f"{code}_se"]))
        spread = float(np.hypot(error, other_error))
        records.append({"term": code, "label": label, "estimate": score, "std_error": error, "conf_low": score - z * error, "conf_high": score + z * error,
                        "level": level, "n_obs": 1, "unit": _UNIT, "method": "published score and standard error", "difference": score - other,
                        "diff_low": score - other - z * spread, "diff_high": score - other + z * spread, "p_value": float(2 * stats.norm.sf(abs(score - other) / spread)),
                        "apart": bool(abs(score - other) > z * (error + other_error))})  # fmt: skip
    table = tidy(records)
    return table.assign(p_adjusted=holm(table["p_value"].to_numpy()))


def _told(table: pd.DataFrame, level: float, *, other: str) -> str:
    """Say which differences stand after the adjustment for six."""
    stands = table["p_adjusted"] <= 1 - level
    lower, higher = (
        table[stands & side]["label"].tolist() for side in (table["difference"] < 0, table["difference"] > 0)
    )
    said = [f"below {other} in {listing(lower)}"] if lower else []
    if higher:
        said.append(f"above {'it' if lower else other} in {listing(higher)}")
    if not said:
        return f"no differently from {other}, as far as the errors tell."
    rest = len(table) - int(stands.sum())
    return f"{listing(said)} by more than the errors explain" + (
        "; in the others no difference can be told." if rest else "."
    )


def governance_over_time(location: str, *, since: int = 2011, reference: str = "USA", level: float = 0.90) -> Result:
    """Show how governance moved, and which changes are more than errors.

    Parameters
    ----------
    location : str
        Code of a place; a part takes the scores of its country.
    since : int, default 2011
        Year the newest is compared with.
    reference : str, default 'USA'
        Country drawn beside it.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    Result
        One term an indicator: ``estimate`` is the change of the score, its interval as if the errors of the two years were
        independent; ``p_adjusted`` is Holm's for all six; ``apart`` whether the intervals of the two years do not overlap;
        ``needed_correlation`` the least correlation of the two errors at which the change would stand after Holm's adjustment for six,
        if it were the same for all (0 where it stands without any; missing where none would do).

    Notes
    -----
    Successive years share sources, so their errors go along; the makers publish no correlation. A positive one makes the error of the
    change smaller, so that the test without it is cautious; but governance itself is persistent, which makes it more likely that an
    observed change is noise, and the makers advise to trust those whose intervals do not overlap. Both readings are shown, and only
    changes that pass both are told as real. Scores of a year are relative to the countries of that year: a change is one of position.

    References
    ----------
    Kaufmann, D., Kraay, A. & Mastruzzi, M. (2005). Governance matters IV: governance indicators for 1996-2004. World Bank policy research
    working paper 3630.
    """
    country = vocabulary.PLACES[location].country
    scores = load_table("location_governance")
    here = scores[scores["iso3"] == country].set_index("year")
    name = vocabulary.in_words(country)
    if here.empty:
        return not_estimable("governance_over_time", f"no scores of {name} are on file (0 rows)", level=level)
    last = int(here.index.max())
    if since not in here.index or since >= last:
        reason = f"no scores of {name} of {since} are on file beside those of {last}"
        return not_estimable("governance_over_time", reason, terms=INDICATORS, level=level)
    table = _changed(here.loc[last], here.loc[since], level=level)
    stands = (table["p_adjusted"] <= 1 - level) & table["apart"]
    went = [
        f"{word} in {listing([f'{row.label} ({row.estimate:+.2f})' for row in part.itertuples()])}"
        for word, part in (
            ("fell", table[stands & (table["estimate"] < 0)]),
            ("rose", table[stands & (table["estimate"] > 0)]),
        )
        if len(part)
    ]
    near = int(((table["p_value"] <= 1 - level) & ~stands).sum())
    text = f"From {since} to {last}, {name} " + (
        f"{listing(went)}: by more than the errors of the two years explain, after an adjustment for six indicators."
        if went
        else "changed in none of the six indicators by more than the errors of the two years explain; the largest change is "
        f"{table['estimate'].iloc[int(table['estimate'].abs().argmax())]:+.2f}."
    )
    if near:
        text += f" {count(near, 'other change' if went else 'change')} would pass a test of {'its' if near == 1 else 'their'} own, but {'fails' if near == 1 else 'fail'} the stricter ones: adjusted for six indicators, and the makers' rule that the two intervals must not overlap."
    drawn = [code for code in dict.fromkeys((country, reference)) if (scores["iso3"] == code).any()]
    return Result(
        "governance_over_time", table, text,
        checks=(
            Check("Errors over time", None, "The errors of two years go along by an amount that is not published; the table says how much of it each change would need to stand among six."),
            Check("Makers' rule", None, f"{int(table['apart'].sum())} of 6 pairs of intervals do not overlap; {int((table['p_adjusted'] <= 1 - level).sum())} of 6 changes stand after Holm's adjustment."),
        ),
        rows=tuple(f"table:location_governance:{code}:{year}" for code in drawn for year in (since, last)), n_used=len(here), plot_data=_series(scores, drawn, level),
        draw=partial(panels, title=f"Governance of {name} over time", ylabel="score"),
        alt=f"Six small panels, one an indicator: scores of {listing([vocabulary.in_words(code) for code in drawn])} from {int(here.index.min())} to {last} with {level:.0%} intervals.",
    )  # fmt: skip


def _changed(new: pd.Series, old: pd.Series, *, level: float) -> pd.DataFrame:
    table = _compared(new, old, level=level).drop(columns=["std_error"])
    errors = np.array([(float(new[f"{code}_se"]), float(old[f"{code}_se"])) for code in INDICATORS])
    change = table["difference"].to_numpy()
    needed = _needed(change, errors, alpha=1 - level)
    return tidy(
        table.assign(
            estimate=change, std_error=np.hypot(*errors.T), conf_low=table["diff_low"], conf_high=table["diff_high"], n_obs=2, unit="change of the score",
            method="difference of two published scores, errors as if independent", before=[float(old[code]) for code in INDICATORS],
            now=[float(new[code]) for code in INDICATORS], needed_correlation=needed,
        ).drop(columns=["difference", "diff_low", "diff_high"]).to_dict("records")
    )  # fmt: skip


def _needed(change: Floats, errors: Floats, *, alpha: float) -> Floats:
    """Return the least correlation of the two errors, one for all changes, at which each is rejected by Holm's step-down test.

    A correlation r leaves an error of sqrt(s1^2 + s2^2 - 2 r s1 s2), so p falls as r rises, and with it what Holm asks of a change whose
    forerunners are rejected: the first r at which it stands is found by halving.
    """
    square, product = (errors**2).sum(axis=1), errors.prod(axis=1)

    def stands(r: float) -> NDArray[np.bool_]:
        spread = np.sqrt(np.maximum(square - 2 * r * product, 1e-300))
        return np.asarray(holm(2 * stats.norm.sf(np.abs(change) / spread)) <= alpha)

    made = np.full(len(change), np.nan)
    most = 1 - 1e-9
    for at in np.flatnonzero(stands(most)):
        low, high = 0.0, most
        if stands(0.0)[at]:
            high = 0.0
        while high - low > 1e-9:
            middle = (low + high) / 2
            low, high = (low, middle) if stands(middle)[at] else (middle, high)
        made[at] = high
    return made


def _series(scores: pd.DataFrame, codes: Sequence[str], level: float) -> pd.DataFrame:
    z = float(stats.norm.ppf((1 + level) / 2))
    parts = []
    for code, label in INDICATORS.items():
        for place in codes:
            line = scores[scores["iso3"] == place].sort_values("year")
            half = z * line[f"{code}_se"]
            parts.append(pd.DataFrame({"panel": label, "series": vocabulary.in_words(place), "x": line["year"], "estimate": line[code],
                                       "conf_low": line[code] - half, "conf_high": line[code] + half}))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def location_index(location: str, *, evidence: Evidence, grades: Sequence[str] = ("A", "B")) -> Result:
    """Tell where consultants rank the place as one to deliver from.

    Parameters
    ----------
    location : str
        Code of a place; a part takes the ranks of its country.
    evidence : Evidence
        The evidence base.
    grades : sequence of str, default ('A', 'B')
        Grades let in.

    Returns
    -------
    Result
        One term a year on file: the rank, 1 is best. No interval: the makers publish no errors.
    """
    country = vocabulary.PLACES[location].country
    name = vocabulary.in_words(country)
    rows = select(evidence, metric="location_index_rank", grades=grades, context=True, required=False)
    mine = rows[rows["geography"] == country].sort_values("year_end", kind="stable")
    if mine.empty:
        places = rows["geography"].nunique()
        reason = f"no rank of {name} is on file (0 rows; {count(len(rows), 'rank')} of {count(places, 'other country', 'other countries')})"
        return not_estimable("location_index", reason, unit="rank")
    table = tidy(
        {"term": row_id, "label": str(row["year_end"]), "estimate": float(row["value"]), "n_obs": 1, "unit": "rank", "method": "as published", "year": int(row["year_end"]), "grade": row["grade"]}
        for row_id, row in mine.iterrows()
    )  # fmt: skip
    ranks = table["estimate"].astype(int)
    if len(table) > 2 and (ranks == ranks.iloc[0]).all():
        told = f"{'first' if ranks.iloc[0] == 1 else f'number {ranks.iloc[0]}'} in each of {len(table)} years from {table['year'].iloc[0]} to {table['year'].iloc[-1]}"
    else:
        told = listing([f"{rank} ({year})" for rank, year in zip(ranks, table["year"], strict=True)])
    text = f"Kearney's Global Services Location Index ranked {name} {told}. A rank tells neither how far apart places are nor with what error, and the years differ in countries and weights."
    return Result("location_index", table, text, rows=tuple(mine.index), n_used=len(mine))
