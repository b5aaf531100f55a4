"""The rules of the evidence base that no table schema can state: within a row, between rows, between files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from lpo_analysis.errors import Fault, choices

FREE_PERCENT = frozenset({"market_growth_rate", "billing_rate_growth", "wage_growth_rate"})
"""Metrics in percent that may exceed 100: growth."""

STALE = "run `lpo evidence seal`"
"""How a fault ends that sealing puts right: a count or hash that is out of date."""

CELL = [
    "metric", "category", "unit", "year_start", "year_end", "status",
    "geography", "buyer", "buyer_size", "task", "provider", "role",
]  # fmt: skip
"""Columns that say what a figure is about; one study gives one figure for each combination."""


def _faults(frame: pd.DataFrame, bad: pd.Series, file: str, column: str, message: str) -> list[Fault]:
    hits = frame[bad.fillna(False).astype(bool)]
    return [
        Fault(file, int(line), column, str(value), message)
        for line, value in zip(hits["row"], _shown(hits[column]), strict=True)
    ]


def _shown(column: pd.Series) -> Iterable[str]:
    return ["" if pd.isna(value) else f"{value:g}" if isinstance(value, float) else str(value) for value in column]


def faults_within(frames: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Check rules within the rows of ``observations.csv``.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
        Frames by file stem, as `lpo_analysis.evidence.load.read` makes them.

    Returns
    -------
    list of Fault
        All faults.
    """
    o, file = frames["observations"], "observations.csv"
    value, lower, upper = o["value"], o["lower"], o["upper"]
    faults: list[Fault] = []
    none = value.isna() & (lower.isna() | upper.isna())
    faults += _faults(o, none, file, "value", "neither a value nor a range of lower and upper is given")
    faults += _faults(o, lower > upper, file, "lower", "lower is above upper")
    faults += _faults(o, lower > value, file, "lower", "lower is above value")
    faults += _faults(o, value > upper, file, "value", "value is above upper")
    bounded = o["unit"].eq("percent") & ~o["metric"].isin(FREE_PERCENT)
    for column in ("value", "lower", "upper"):
        outside = (o[column] < 0) | (o[column] > 100)
        faults += _faults(o, bounded & outside, file, column, "a share in percent must lie between 0 and 100")
        faults += _faults(o, ~bounded & (o[column] < 0), file, column, "must not be negative")
    faults += _faults(o, o["unit"].eq("flag") & ~value.isin([0, 1]), file, "value", "a flag must be 0 or 1")
    faults += _faults(o, o["year_start"] > o["year_end"], file, "year_start", "year_start is after year_end")
    return faults


def faults_between(frames: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Check rules between files: keys, units, counts, grades that the kind of source allows.

    Parameters
    ----------
    frames : mapping of str to pandas.DataFrame
        Frames by file stem.

    Returns
    -------
    list of Fault
        All faults.
    """
    o, s = frames["observations"], frames["sources"].drop_duplicates("source_id").set_index("source_id")
    m, c = frames["metrics"].drop_duplicates("metric").set_index("metric"), frames["categories"]
    file = "observations.csv"
    faults: list[Fault] = []
    for column, known, where in (("source_id", s.index, "sources.csv"), ("metric", m.index, "metrics.csv")):
        for line, name in o.loc[~o[column].isin(known), ["row", column]].itertuples(index=False):
            hint = choices(name, known, limit=0).split("Allowed:")[0]
            faults.append(Fault(file, int(line), column, str(name), f"is not in {where}. {hint}".rstrip()))
    listed = set(zip(c["metric"], c["category"], strict=True))
    missing = pd.Series([pair not in listed for pair in zip(o["metric"], o["category"], strict=True)], index=o.index)
    faults += _faults(o, missing, file, "category", "is not in categories.csv under this metric; add it there")

    known = o["metric"].isin(m.index)
    units = m["unit"].str.split("|").to_dict()
    unit_wrong = pd.Series(
        [u not in units.get(k, [u]) for k, u in zip(o["metric"], o["unit"], strict=True)], index=o.index
    )
    faults += _faults(o, unit_wrong, file, "unit", "is not a unit of this metric in metrics.csv")
    topic_wrong = known & ~o["topic"].eq("context") & ~o["topic"].eq(o["metric"].map(m["topic"]))
    faults += _faults(o, topic_wrong, file, "topic", "differs from the topic of the metric")
    money_free = o["unit"].str.replace(r"^(?:AUD|EUR|GBP|INR|USD)(?=_|$)", "money", regex=True)
    mixed = money_free.groupby([o["metric"], o["category"]]).transform("nunique") > 1
    faults += _faults(o, mixed, file, "unit", "one category mixes units that are not just currencies")

    study = o["source_id"].map(s["study_id"])
    cells = o.assign(study=study)
    repeated = cells.duplicated(["study", *CELL], keep="first") & study.notna()
    faults += _faults(o, repeated, file, "observation_id", "one study gives two figures for the same cell")

    kind, independence = o["source_id"].map(s["kind"]), o["source_id"].map(s["independence"])
    weak = kind.isin(["aggregator", "forum"]) & o["grade"].ne("D")
    faults += _faults(o, weak, file, "grade", "a figure from an aggregator or a forum is graded D")
    seller = independence.eq("vendor") & o["grade"].isin(["A", "B"])
    faults += _faults(o, seller, file, "grade", "a figure from a seller is graded C or D")
    return faults + _stale_counts(frames)


def _stale_counts(frames: Mapping[str, pd.DataFrame]) -> list[Fault]:
    o = frames["observations"]
    faults: list[Fault] = []
    for stem, key in (("metrics", ["metric"]), ("categories", ["metric", "category"])):
        now = counts(o, key)
        listed = frames[stem]
        joined = listed.merge(now, on=key, how="left", suffixes=("", "_now"))
        for column in ("n_observations", "first_year", "last_year"):
            stale = joined[column].ne(joined[f"{column}_now"]) | joined[f"{column}_now"].isna()
            for line, value, due in joined.loc[stale.fillna(True), ["row", column, f"{column}_now"]].itertuples(
                index=False
            ):
                out_of_date = "is out of date, the rows give {}; " + STALE
                gone = "counts rows, but no row is left; delete this line"
                message = gone if pd.isna(due) else out_of_date.format(int(due))
                faults.append(Fault(f"{stem}.csv", int(line), column, str(value), message))
    return faults


def counts(observations: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Count observations and years by metric, or by metric and category.

    Parameters
    ----------
    observations : pandas.DataFrame
        The observations.
    key : list of str
        Columns to group by.

    Returns
    -------
    pandas.DataFrame
        The key, ``n_observations``, ``first_year`` and ``last_year``.
    """
    grouped = observations.groupby(key, as_index=False)
    return grouped.agg(
        n_observations=("year_start", "size"), first_year=("year_start", "min"), last_year=("year_end", "max")
    )
