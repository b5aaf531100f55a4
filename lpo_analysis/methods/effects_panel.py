"""Units over periods, of which some change at a known date: the panel behind estimates of effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.cluster_robust import Codes
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check
from lpo_analysis.wording import count

NONE, CAUTION = 10, 40
"""Clusters below which no interval can be relied on, and below which it is to be read with caution."""


@dataclass(frozen=True, eq=False)
class Panel:
    """Outcomes by unit and period, and when each unit started.

    Parameters
    ----------
    y : ndarray of float, shape (units, periods)
        Outcomes; NaN where there is none.
    first : int
        Number of the first period.
    start : ndarray of float, shape (units,)
        Number of the first period under the change; infinite for units that never changed in the window.
    codes : ndarray of int, shape (units,)
        Number of each unit's cluster, from 0 without gaps.
    clustered : bool
        Whether clusters are larger than units.
    n_always : int
        Units left out because they had started by the first period.
    n_later : int
        Units that start after the last period, counted among those that never do.
    n_rows : int
        Rows with an outcome, of the units kept.
    n_left_out : int
        Rows left out: without an outcome, or of units left out.
    """

    y: Floats
    first: int
    start: Floats
    codes: Codes
    clustered: bool
    n_always: int
    n_later: int
    n_rows: int
    n_left_out: int

    @property
    def times(self) -> Floats:
        """Numbers of the periods."""
        return np.arange(self.first, self.first + self.y.shape[1], dtype=float)

    @property
    def moved(self) -> np.ndarray:
        """Whether each unit starts in the window."""
        return np.isfinite(self.start)

    @property
    def cohorts(self) -> tuple[int, ...]:
        """Periods in which units start."""
        return tuple(int(g) for g in np.unique(self.start[self.moved]))

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return int(self.codes.max()) + 1 if len(self.codes) else 0

    @property
    def n_moved_clusters(self) -> int:
        """Number of clusters with a unit that starts."""
        return len(np.unique(self.codes[self.moved]))

    @property
    def balanced(self) -> bool:
        """Whether every unit has an outcome in every period."""
        return bool(np.isfinite(self.y).all())


def make_panel(
    frame: pd.DataFrame, *, unit: str, time: str, outcome: str, start: str, cluster: str | None = None
) -> Panel:
    """Lay out a tidy frame as a panel, or refuse it.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a unit and period.
    unit : str
        Column that names the unit.
    time : str
        Column with the number of the period: whole numbers, one apart.
    outcome : str
        Column with the outcome; rows where it is missing are left out and counted.
    start : str
        Column with the number of the first period under the change, the same in all rows of a unit; missing for a unit that never
        changed.
    cluster : str, optional
        Column with what errors are clustered by, the same in all rows of a unit; the unit by default.

    Returns
    -------
    Panel
        Outcomes and starts. Errors of it name columns and counts, never a unit.

    Raises
    ------
    ParameterError
        If a column is missing, a unit has two rows for a period, a start or cluster that varies, a period is not a whole number or
        has no row at all, an outcome is infinite, or nothing is left.
    """
    wanted = [unit, time, outcome, start, *([cluster] if cluster else [])]
    for name in wanted:
        if name not in frame:
            raise ParameterError(f"panel: has no column {name!r}.", remedy=choices(name, list(map(str, frame.columns))))
    data = frame[list(dict.fromkeys(wanted))]
    if data[[unit, time]].isna().any().any():
        raise ParameterError(
            f"panel: {unit} or {time} is missing in {count(int(data[[unit, time]].isna().any(axis=1).sum()), 'row')}"
        )
    for name in (time, start, outcome):
        values = pd.to_numeric(data[name], errors="coerce")
        bad = values.isna() & data[name].notna()
        if name != outcome:
            bad |= values.notna() & np.isfinite(values) & (values != values.round())
        bad |= np.isinf(values) & (name != start)
        if bad.any():
            kind = "a finite number" if name == outcome else "a whole number"
            raise ParameterError(f"panel: {name} must be {kind}; it is not in {count(int(bad.sum()), 'row')}")
        data = data.assign(**{name: values.astype(float)})
    twice = data.duplicated([unit, time])
    if twice.any():
        raise ParameterError(
            f"panel: {count(int(twice.sum()), 'row')} repeat a unit and period.", remedy="Sum them to one row each."
        )
    grouped = data.groupby(unit, sort=False)
    for name in (start, *([cluster] if cluster else [])):
        if cluster and data[cluster].isna().any():
            raise ParameterError(f"panel: {cluster} is missing in {count(int(data[cluster].isna().sum()), 'row')}")
        varying = int(grouped[name].nunique(dropna=False).gt(1).sum())
        if varying:
            raise ParameterError(f"panel: {name} varies within {count(varying, 'unit')}; each must have one.")
    per_unit = grouped[[start, *([cluster] if cluster else [])]].first()
    used = data[data[outcome].notna()]
    if used.empty:
        raise ParameterError(f"panel: no row has {outcome}")
    wide = used.pivot_table(index=unit, columns=time, values=outcome, aggfunc="first")
    first, last = int(wide.columns.min()), int(wide.columns.max())
    gaps = sorted(set(range(first, last + 1)) - set(wide.columns.astype(int)))
    if gaps:
        raise ParameterError(
            f"panel: {count(len(gaps), 'period')} between the first and the last have no outcome at all.",
            remedy="Number the periods that occur without gaps.",
        )
    starts = per_unit[start].reindex(wide.index).fillna(np.inf).to_numpy(dtype=float)
    later = np.isfinite(starts) & (starts > last)
    starts = np.where(later, np.inf, starts)
    kept = starts > first
    if not kept.any():
        raise ParameterError("panel: every unit had started by the first period, so none shows what was before")
    y = np.ascontiguousarray(wide.to_numpy(dtype=float)[kept])
    names = per_unit[cluster].reindex(wide.index)[kept] if cluster else wide.index[kept].to_series()
    codes: Codes = pd.factorize(names)[0]
    rows = int(np.isfinite(y).sum())
    return Panel(
        y, first, starts[kept], codes, int(codes.max()) + 1 < len(y), int((~kept).sum()), int((later & kept).sum()), rows,
        len(frame) - rows,
    )  # fmt: skip


def why_not(panel: Panel, *, staggered: bool) -> str | None:
    """Say why a panel bears no estimate of an effect.

    Parameters
    ----------
    panel : Panel
        The panel.
    staggered : bool
        Whether units that start later may stand in for those that never do.

    Returns
    -------
    str or None
        The reason, as the words after "because"; None where nothing speaks against it.
    """
    if not panel.moved.any():
        if panel.n_always:
            return f"all {count(panel.n_always, 'unit')} that moved had done so by the first period, so there is no period before"
        return "no unit moved within the periods given"
    if panel.moved.all() and (not staggered or len(panel.cohorts) == 1):
        if len(panel.cohorts) == 1:
            return "all units moved at once and none stayed, so nothing shows what would have happened without the move"
        return "every unit moved and none stayed, so there is no control without the move"
    if panel.n_clusters < 2:
        return "there is one cluster, and one cannot show how clusters differ"
    return None


def cluster_check(panel: Panel) -> Check:
    """Judge whether there are enough clusters for errors to be believed.

    Parameters
    ----------
    panel : Panel
        The panel.

    Returns
    -------
    Check
        Not passed below ten clusters or below three on either side, for information below forty.

    References
    ----------
    Cameron, A. C. and Miller, D. L. (2015). A practitioner's guide to cluster-robust inference. Journal of Human Resources 50(2).
    https://doi.org/10.3368/jhr.50.2.317
    MacKinnon, J. G. and Webb, M. D. (2017). Wild bootstrap inference for wildly different cluster sizes. Journal of Applied
    Econometrics 32(2). https://doi.org/10.1002/jae.2508
    """
    n, moved = panel.n_clusters, panel.n_moved_clusters
    stayed = len(np.unique(panel.codes[~panel.moved]))
    told = f"{count(n, 'cluster')}, {moved} of them with units that moved and {stayed} with units that stayed"
    few = min(moved, stayed) if stayed else moved
    if n < NONE:
        return Check("enough clusters", False, f"{told}: below {NONE} no interval can be relied on.")
    if few < 3:
        return Check("enough clusters", False, f"{told}: with fewer than three on a side errors come out too small.")
    if n < CAUTION:
        return Check(
            "enough clusters", None, f"{told}: below {CAUTION} intervals are approximate; read them with caution."
        )
    return Check("enough clusters", True, f"{told}.")
