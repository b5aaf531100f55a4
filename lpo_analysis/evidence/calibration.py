"""What simulation says of an interval like the one at hand: the nearest cells of the coverage tables, in words."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.evidence import table as load_table
from lpo_analysis.wording import count, listing, number, percent

_NOUNS = {
    "growth": ("", "point"), "forecast": ("", "point"), "ceiling": ("", "point"), "curve": ("", "point"), "share": ("", "answer"),
    "survey": ("firm", "answer"), "pooled": ("study", ""), "mean": ("study", ""), "prediction": ("study", ""), "three": ("maker", ""),
    "record": ("outcome", ""), "gravity": ("partner", ""),
    "severity": ("year", "loss"), "elusion": ("", "document"), "recall": ("", "document"), "quality": ("batch", "item"),
    "control": ("batch", "item"), "agreement": ("rater", "unit"), "hazard": ("", "firm"), "rate": ("", "year"),
}  # fmt: skip
"""What k and n count, by the first word of an estimator."""
_PLURALS = {"study": "studies", "batch": "batches", "loss": "losses"}
_NEAR = float(np.log(2))
"""How much farther than the nearest setting another one may be: as far as half of the points or twice as many."""


@lru_cache(maxsize=1)
def _cells() -> pd.DataFrame:
    """Return the tables in one form; the oldest holds studies of one size that differ by tau2."""
    meta = load_table("coverage_meta").rename(columns={"tau2": "spread"}).drop(columns="n")
    meta = meta.assign(setting="studies whose sizes differ 16 to 1", promise="", reason="")
    every = pd.concat([load_table("coverage_adoption"), meta, load_table("coverage_risk")], ignore_index=True)
    return every.astype({"k": float, "n": float, "share": float, "spread": float})


def nearest_cells(
    estimator: str,
    *,
    k: float | None = None,
    n: float | None = None,
    share: float | None = None,
    spread: float | None = None,
) -> pd.DataFrame:
    """Return the simulated cells nearest to a case, one for each setting that was simulated near it.

    Parameters
    ----------
    estimator : str
        An estimator of coverage_adoption.csv, coverage_meta.csv or coverage_risk.csv (data/tables), or how the names of several begin.
    k : float, optional
        Studies, makers, firms, partners, outcomes, years, batches or raters, as the estimator has them.
    n : float, optional
        Points, answers, losses, documents, items of each batch, units or years, as the estimator has them.
    share : float, optional
        The share estimated, 0-1.
    spread : float, optional
        Size of the errors, or variance between studies, years, batches (of its largest) or firms (of the mean, squared).

    Returns
    -------
    pandas.DataFrame
        Rows of the tables, one an estimator and setting, in the order of the tables. Where a dimension is not given, the cell with the
        lowest coverage among the nearest is taken.

    Raises
    ------
    ParameterError
        If there is no such estimator.
    """
    cells = _cells()
    found = cells[(cells["estimator"] == estimator) | cells["estimator"].str.startswith(f"{estimator}_")]
    if (cells["estimator"] == estimator).any():
        found = found[found["estimator"] == estimator]
    if found.empty:
        raise ParameterError(
            f"estimator: got {estimator!r}.", remedy=choices(estimator, [*cells["estimator"].unique()])
        )
    away = pd.Series(0.0, index=found.index)
    for column, value in (("k", k), ("n", n)):
        if value is not None:
            away += (np.log(found[column]) - np.log(max(value, 1.0))).abs().fillna(0.0)
    if share is not None:
        near = found["share"]
        away += (_log_odds(near) - _log_odds(pd.Series(min(share, 1 - share), index=found.index))).abs().fillna(0.0)
    if spread is not None:
        away += 2 * (np.sqrt(found["spread"]) - np.sqrt(spread)).abs().fillna(0.0)
    order = found.assign(_away=away.round(9)).sort_values(["_away", "coverage"], kind="stable")
    nearest = order.drop_duplicates(["estimator", "setting"])
    return nearest[nearest["_away"] <= nearest["_away"].min() + _NEAR].sort_index().drop(columns="_away")


def _log_odds(share: pd.Series) -> pd.Series:
    inside = share.clip(0.002, 0.998)
    return np.log(inside / (1 - inside))


def coverage_note(
    estimator: str,
    *,
    k: float | None = None,
    n: float | None = None,
    share: float | None = None,
    spread: float | None = None,
) -> str:
    """Say how often intervals of a kind hold the truth in the simulated cases nearest to this one.

    Parameters
    ----------
    estimator : str
        As in `nearest_cells`.
    k, n, share, spread : float, optional
        The case, as in `nearest_cells`.

    Returns
    -------
    str
        A sentence with the coverage of each setting and its place on the grid, and one for each reason for which theory promises no such
        coverage, with the settings it is about unless it is about all.

    Raises
    ------
    ParameterError
        If there is no such estimator.
    """
    cells = nearest_cells(estimator, k=k, n=n, share=share, spread=spread)
    told, settings, reasons = [], [], dict[str, list[str]]()
    for _, part in cells.groupby("setting", sort=False):
        low, high = part["coverage"].min(), part["coverage"].max()
        share_held = percent(low) if percent(low) == percent(high) else f"{percent(low)} to {percent(high)}"
        row = part.loc[part["coverage"].idxmin()]
        told.append(f"{share_held} ({_case(row)})")
        settings.append(row["setting"])
        if row["reason"]:
            reasons.setdefault(row["reason"], []).append(row["setting"])
    held = "the next batches of an unchanged process" if estimator.startswith("control") else "the truth"
    level = f"{100 * cells['level'].iloc[0]:.4g}%"
    # Several settings often have one reason, which is then said once.
    why = "".join(f" {_unpromised(level, about, settings)}, because {reason}." for reason, about in reasons.items())
    return f"In the simulations nearest to this case, a {level} interval of this kind held {held} in {listing(told)} of the runs.{why}"


def _unpromised(level: str, about: list[str], settings: list[str]) -> str:
    """Say that theory promises no coverage, in all simulated settings or in some."""
    if about == settings:
        return f"No theory promises it those {level} in {'these cases' if len(settings) > 1 else 'this case'}"
    named = listing([f"“{setting}”" for setting in about])
    return f"In the {'cases' if len(about) > 1 else 'case'} {named} no theory promises it those {level}"


def _case(row: pd.Series) -> str:
    units = _NOUNS[row["estimator"].partition("_")[0]]
    parts = [
        count(int(row[column]), noun, _PLURALS.get(noun))
        for column, noun in zip(("k", "n"), units, strict=True)
        if noun and row[column] > 0
    ]
    if row["share"] > 0:
        parts.append(f"a share of {percent(row['share'], width=0.001 if row['share'] < 0.01 else None)}")
    if row["spread"] > 0:
        what = "errors of" if units[1] == "point" else "a variance between them of"
        parts.append(f"{what} {percent(row['spread']) if units[1] == 'point' else number(row['spread'], digits=2)}")
    return ", ".join([*parts, row["setting"]])
