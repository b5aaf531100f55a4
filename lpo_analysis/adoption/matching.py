"""Pairs of a market forecast and a later figure of the same scope: what goes together, and as which kind of pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Evidence, maker, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.wording import count, listing

KINDS = {
    "same_year": "another maker's figure of the same year",
    "interpolated": "an outcome interpolated between two figures",
    "neighbouring_year": "an outcome of a neighbouring year",
    "bound": "one side that is only a bound",
    "same_author": "an outcome told by the forecaster",
}
"""Kinds of pairs. A pair may be of several (`traits`); it is pooled with those of the last that applies, never across."""

SHORT_KINDS = {
    "same_year": "Same year",
    "interpolated": "Interpolated",
    "neighbouring_year": "Neighbouring year",
    "bound": "Only a bound",
    "same_author": "Same author",
}
"""The kinds as a figure names them."""

WIDEST_GAP = 4
"""Years between two figures that may be interpolated between; the break of the worldwide figures (2014 to 2020) is wider."""

GRADES = ("A", "B", "C", "D")
EVERY_STATUS = ("actual", "estimate", "forecast")
_SCOPES = {
    "alsp_total": "ALSP",
    "lpo_ai_augmented": "LPO with AI",
    "lpo_global": "LPO",
    "lpo_offshore_india": "LPO",
    "lpo_offshore_india_philippines": "LPO",
    "lpo_regional_demand": "LPO",
    "ediscovery": "e-discovery",
}
_PAIR = ["term", "label", "group", "short", "kind", "traits", "low", "high", "total_low", "total_high", "horizon", "scope", "year", "forecast", "forecast_maker", "forecast_low",
         "forecast_high", "forecast_told", "outcomes", "outcome_maker", "outcome_year", "outcome_low", "outcome_high", "forecast_grade", "outcome_grade", "echo", "tokens"]  # fmt: skip


@dataclass(frozen=True)
class _Outcome:
    """A later figure, or those that one is interpolated between."""

    kind: str
    rows: pd.DataFrame
    low: float
    high: float


def figures(evidence: Evidence, grades: Sequence[str]) -> pd.DataFrame:
    """Return all market sizes, forecasts included, ready to be compared.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    grades : sequence of str
        Grades let in.

    Returns
    -------
    pandas.DataFrame
        Observations with ``low`` and ``high`` (0 and infinity on an open side), ``scope`` (market, place and unit), ``target``
        (middle of the period, in years), ``told`` (year of publication), ``first_day`` and ``last_day`` (what the date can mean).
    """
    rows = select(evidence, metric="market_size", grades=grades, status=EVERY_STATUS, required=False)
    low, high = ends(rows)
    published = rows["published"].astype("str")
    known = published.str.len()
    return rows.assign(
        low=np.where(np.isnan(low), 0.0, low), high=np.where(np.isnan(high), np.inf, high),
        scope=rows["category"] + " " + rows["geography"] + " " + rows["unit"],
        target=(rows["year_start"].astype(float) + rows["year_end"].astype(float)) / 2,
        told=published.str[:4].astype(int),
        first_day=published + known.map({4: "-01-01", 7: "-01", 10: ""}),
        last_day=published + known.map({4: "-12-31", 7: "-31", 10: ""}),
    )  # fmt: skip


@lru_cache(maxsize=32)
def candidates(evidence: Evidence, grades: tuple[str, ...]) -> pd.DataFrame:
    """Return every pair of a forecast of a coming year and a later figure of the same scope.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    grades : tuple of str
        Grades let in, for both sides.

    Returns
    -------
    pandas.DataFrame
        One pair a row: ``kind`` and ``traits`` (the last and all of `KINDS` that apply), ends of the log ratio of forecast to outcome a year of horizon (``low``, ``high``, infinite on an open
        side) and in all (``total_low``, ``total_high``), ``horizon`` (years from publication to target), both figures with maker and
        grade, ``echo`` (the outcome is the number of an earlier forecast), ``tokens`` (what ties outcomes together). A pair that tells
        nothing, both sides being open, is left out.
    """
    rows = figures(evidence, grades)
    is_forecast = rows["status"] == "forecast"
    known = rows[~is_forecast]
    told = figures(evidence, GRADES).query("status == 'forecast' and form == 'point'")
    found = []
    for _, forecast in rows[is_forecast & (rows["target"] - rows["told"] >= 1)].iterrows():
        later = known[(known["scope"] == forecast["scope"]) & (known["first_day"] > forecast["last_day"])]
        found += [_pair(forecast, outcome, told) for outcome in _outcomes(later, forecast["target"])]
    frame = pd.DataFrame(found, columns=_PAIR)
    return frame[np.isfinite(frame[["low", "high"]].astype(float)).any(axis=1)].reset_index(drop=True)


def _outcomes(later: pd.DataFrame, target: float) -> Iterator[_Outcome]:
    gap = later["target"] - target
    near = later[gap.abs() <= 1]
    for name, row in near.iterrows():
        kind = "same_year" if row["target"] == target else "neighbouring_year"
        yield _Outcome(kind, near.loc[[name]], row["low"], row["high"])
    before, after = gap[gap < 0].max(), gap[gap > 0].min()
    if after - before <= WIDEST_GAP:
        around = [later[gap == before], later[gap == after]]
        weights = np.array([after, -before]) / (after - before)
        with np.errstate(divide="ignore"):
            low = float(np.exp(weights @ np.log([part["low"].min() for part in around])))
            high = float(np.exp(weights @ np.log([part["high"].max() for part in around])))
        yield _Outcome("interpolated", pd.concat(around), low, high)


def _pair(forecast: pd.Series, outcome: _Outcome, told: pd.DataFrame) -> dict[str, Any]:
    rows = outcome.rows
    low, high = log_ratio(forecast["low"], forecast["high"], outcome.low, outcome.high)
    horizon, year = float(forecast["target"] - forecast["told"]), int(forecast["year_end"])
    own = (rows["publisher_id"] == forecast["publisher_id"]).any()
    applies = {
        outcome.kind: outcome.kind != "same_year" or not own,
        "bound": not np.isfinite([low, high]).all(),
        "same_author": own,
    }
    traits = tuple(kind for kind in KINDS if applies.get(kind))
    kind = traits[-1]
    makers = list(dict.fromkeys(maker(publisher) for publisher in rows["publisher"]))
    who = f"{makers[0]} and others" if len(makers) > 2 else listing(makers)
    when = "" if outcome.kind == "same_year" else f" for {listing(sorted({str(y) for y in rows['year_end']}))}"
    return {
        "term": "__".join([str(forecast.name), *rows.index]), "kind": kind, "traits": traits,
        "label": f"{market(forecast)}: {maker(forecast['publisher'])} ({forecast['told']}) against {who}{when}",
        "group": f"{SHORT_KINDS[kind]}: {market(forecast)}",
        "short": f"{maker(forecast['publisher'], most=20)} {forecast['told']} / {maker(rows['publisher'].iloc[0], most=20) if len(makers) == 1 else 'several makers'}{when.replace(' for', ' of')}",
        "low": low / horizon, "high": high / horizon, "total_low": low, "total_high": high, "horizon": horizon,
        "scope": forecast["scope"], "year": year, "forecast": str(forecast.name), "forecast_maker": maker(forecast["publisher"]),
        "forecast_low": forecast["low"], "forecast_high": forecast["high"], "forecast_told": int(forecast["told"]), "outcomes": tuple(rows.index), "outcome_maker": who,
        "outcome_year": listing(sorted({str(y) for y in rows["year_end"]})),
        "outcome_low": outcome.low, "outcome_high": outcome.high, "forecast_grade": forecast["grade"], "outcome_grade": max(rows["grade"]),
        "echo": _echoes(rows, told), "tokens": frozenset([*rows["publisher_id"], *(rows["scope"] + " " + rows["target"].astype("str"))]),
    }  # fmt: skip


def _echoes(rows: pd.DataFrame, told: pd.DataFrame) -> bool:
    """Say whether an end of an outcome is the very number that an earlier forecast gave for that market and year."""
    for _, row in rows.iterrows():
        earlier = told[(told["scope"] == row["scope"]) & (told["last_day"] < row["first_day"])]
        earlier = earlier[(earlier["target"] - row["target"]).abs() < 1]
        if earlier["value"].isin([row["low"], row["high"]]).any():
            return True
    return False


def log_ratio(low: float, high: float, other_low: float, other_high: float) -> tuple[float, float]:
    """Return the ends of the log ratio of two figures, each known to lie between its ends.

    Parameters
    ----------
    low, high : float
        Ends of the figure on top; 0 and infinity where open.
    other_low, other_high : float
        Ends of the figure below.

    Returns
    -------
    tuple of float
        Lower and upper end, infinite where open.
    """
    with np.errstate(divide="ignore"):
        a, b, c, d = np.log([low, high, other_low, other_high])
    return float(a - d), float(b - c)


def market(row: pd.Series) -> str:
    """Name the market and year of a figure.

    Parameters
    ----------
    row : pandas.Series
        A row of `figures`.

    Returns
    -------
    str
        Such as ``LPO, India, 2010``.
    """
    name = _SCOPES.get(row["category"], str(row["category"]).replace("_", " "))
    years = dict.fromkeys([str(row["year_start"]), str(row["year_end"])])
    return f"{name}, {vocabulary.label('scope', row['geography'])}, {'-'.join(years)}"


def independent(tokens: Sequence[frozenset[str]]) -> list[int]:
    """Tell outcomes apart: two are one where they share a maker, or a market and year, directly or over others.

    Parameters
    ----------
    tokens : sequence of frozenset of str
        What ties the outcome of each pair to others, such as its makers; at least one each.

    Returns
    -------
    list of int
        Number of the independent outcome of each pair, from 0.
    """
    if not tokens:
        return []
    names = {name: i for i, name in enumerate(sorted(frozenset().union(*tokens)))}
    cells = np.array([(i, names[name]) for i, found in enumerate(tokens) for name in found])
    table = sparse.csr_array((np.ones(len(cells)), (cells[:, 0], cells[:, 1])), shape=(len(tokens), len(names)))
    return [int(label) for label in sparse.csgraph.connected_components(table @ table.T, directed=False)[1]]


def n_independent(pairs: pd.DataFrame) -> int:
    """Count the independent outcomes of pairs.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Rows of `candidates`.

    Returns
    -------
    int
        How many.
    """
    return len(set(independent(list(pairs["tokens"]))))


def counted(pairs: pd.DataFrame) -> str:
    """Say how many pairs there are, of how many forecasts, and against how many independent outcomes.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Rows of `candidates`.

    Returns
    -------
    str
        Such as ``4 pairs of 2 forecasts (2 independent outcomes)``.
    """
    forecasts = pairs["forecast"].nunique()
    return f"{count(len(pairs), 'pair')} of {count(forecasts, 'forecast')} ({count(n_independent(pairs), 'independent outcome')})"


def revised(evidence: Evidence, grades: tuple[str, ...]) -> list[pd.DataFrame]:
    """Return the successive forecasts of one maker for the same market and year.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    grades : tuple of str
        Grades let in.

    Returns
    -------
    list of pandas.DataFrame
        Rows of `figures` by date, two studies or more each. A site that only repeats others revises nothing and is left out.
    """
    rows = figures(evidence, grades)
    rows = rows[(rows["status"] == "forecast") & (rows["kind"] != "aggregator")].sort_values("first_day", kind="stable")
    found = []
    for _, part in rows.groupby(["publisher_id", "scope", "target"]):
        if part["first_day"].max() > part["last_day"].min() and len(part["study_id"].drop_duplicates()) > 1:
            found.append(part)
    return found


def wider(evidence: Evidence, grades: Sequence[str]) -> list[str]:
    """Find forecasts of which the same maker later told an outcome of another scope.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    grades : sequence of str
        Grades let in.

    Returns
    -------
    list of str
        One in words each; they are no pairs.
    """
    rows = figures(evidence, grades)
    rows = rows[rows["form"] == "point"]
    told, known = rows[rows["status"] == "forecast"], rows[rows["status"] != "forecast"]
    said = []
    for _, f in told.iterrows():
        same = known[
            (known["publisher_id"] == f["publisher_id"]) & (known["scope"] != f["scope"]) & (known["unit"] == f["unit"])
        ]
        same = same[(same["first_day"] > f["last_day"]) & ((same["target"] - f["target"]).abs() < 1)]
        said += [
            f"{maker(f['publisher'])} forecast {f['value']:g} for {market(f)} and later told {row['value']:g} for {market(row)}"
            for _, row in same.iterrows()
        ]
    return said


def one_number(row: pd.Series) -> float:
    """Return a figure as one number.

    Parameters
    ----------
    row : pandas.Series
        A row of `figures`.

    Returns
    -------
    float
        The figure; the middle of a range on the logarithmic scale, the known end of a bound.
    """
    known = [end for end in (row["low"], row["high"]) if 0 < end < np.inf]
    return float(np.exp(np.mean(np.log(known)))) if len(set(known)) > 1 else float(known[0])


def years_between(old: pd.Series, new: pd.Series) -> float:
    """Return the time between two publications.

    Parameters
    ----------
    old, new : pandas.Series
        Rows of `figures`.

    Returns
    -------
    float
        Years; a date without a month counts as the middle of its year.
    """
    first, last = (
        pd.Timestamp(f"{row['told']}-07-01" if len(row["published"]) == 4 else row["first_day"]) for row in (old, new)
    )
    return float((last - first).days / 365.25)


def least_off(pairs: pd.DataFrame) -> pd.Series:
    """Return how far off each pair is at least, wherever between its ends the error lies.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Rows of `candidates`.

    Returns
    -------
    pandas.Series of float
        Absolute log ratio a year of horizon; 0 where the two figures leave it possible that the forecast was right, which ranks nothing.
    """
    return pd.concat([pairs["low"], -pairs["high"]], axis=1).max(axis=1).clip(lower=0.0)


def or_nan(value: float) -> float:
    """Leave an open side empty, as tables of results do.

    Parameters
    ----------
    value : float
        A number, or an infinite one for an open side.

    Returns
    -------
    float
        The number, or NaN.
    """
    return float(value) if np.isfinite(value) else float("nan")
