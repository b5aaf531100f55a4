"""From bills by matter and month to a panel whose outcome can be compared: zeros, credits and gaps in the open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.effects_panel import Panel, make_panel
from lpo_analysis.results import Check
from lpo_analysis.wording import count, listing, percent

Outcome = Literal["log_spend", "spend", "log_hours", "hours", "log_rate", "rate"]
Absent = Literal["missing", "zero"]

LABELS = {"spend": "monthly spend", "hours": "monthly work in hours", "rate": "the effective hourly rate"}
"""What an outcome is in words, without its logarithm."""


@dataclass(frozen=True, eq=False)
class Bills:
    """A panel of bills.

    Parameters
    ----------
    panel : Panel or None
        Outcomes by unit and month; None where there is nothing to compare, see `reason`.
    outcome : str
        The outcome.
    base : str
        The outcome without its logarithm: spend, hours or rate.
    frame : pandas.DataFrame
        One row a unit and month used: unit, month (number), start, spend, hours, y.
    checks : tuple of Check
        What was left out, filled and found.
    n_left_out : int
        Rows set aside.
    reason : str or None
        Why there is no panel.
    """

    panel: Panel | None
    outcome: Outcome
    base: str
    frame: pd.DataFrame
    checks: tuple[Check, ...]
    n_left_out: int
    reason: str | None = None

    @property
    def log(self) -> bool:
        """Whether the outcome is a logarithm."""
        return self.outcome.startswith("log_")


def month_number(values: pd.Series, where: str) -> pd.Series:
    """Count months from year 0.

    Parameters
    ----------
    values : pandas.Series
        Months as ``2024-01``, dates or periods; missing stays missing.
    where : str
        What they are, for the error.

    Returns
    -------
    pandas.Series of float
        Year times twelve plus month less one.

    Raises
    ------
    ParameterError
        If something is no month.
    """
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    dates = pd.to_datetime(values.astype(object), errors="coerce", format="mixed")
    bad = dates.isna() & values.notna()
    if bad.any():
        raise ParameterError(f"{where}: no month in {count(int(bad.sum()), 'row')}; write it as 2024-01.")
    return (dates.dt.year * 12 + dates.dt.month - 1).astype(float)


def month_name(number: float) -> str:
    """Write a counted month.

    Parameters
    ----------
    number : float
        As `month_number` gives it.

    Returns
    -------
    str
        Such as ``2024-01``.
    """
    return f"{int(number) // 12:04d}-{int(number) % 12 + 1:02d}"


def bills_panel(
    bills: pd.DataFrame,
    *,
    moved: Mapping[object, object] | pd.DataFrame,
    outcome: Outcome = "log_spend",
    unit: str = "matter",
    period: str = "month",
    spend: str = "amount",
    hours: str = "hours",
    cluster: str | None = None,
    absent: Absent = "missing",
) -> Bills:
    """Lay out bills as a panel of one outcome.

    Parameters
    ----------
    bills : pandas.DataFrame
        Sums by unit and month, or finer rows, which are added up.
    moved : mapping or pandas.DataFrame
        Month in which each unit moved work, or a frame of two columns, unit and month; units not in it stayed.
    outcome : str, default 'log_spend'
        Spend or hours of a unit in a month, or spend over hours; in logarithms or as they are.
    unit, period, spend, hours : str
        Columns of the bills.
    cluster : str, optional
        Column by which errors are clustered, such as the practice group; the unit by default.
    absent : str, default 'missing'
        What a month without a bill is, between a unit's first and last one: `missing` or `zero`.

    Returns
    -------
    Bills
        The panel, with what was set aside. Months that cannot be had as a logarithm or a rate are set aside and counted, and so told
        apart from those of units that moved and have moved, because leaving them out may itself move the answer.

    Raises
    ------
    ParameterError
        If an option is unknown, a column is missing, or a month is none.
    """
    for name, given, allowed in (("outcome", outcome, get_args(Outcome)), ("absent", absent, get_args(Absent))):
        if given not in allowed:
            raise ParameterError(f"{name}: got {given!r}.", remedy=choices(given, allowed))
    wanted = [unit, period, spend, hours, *([cluster] if cluster else [])]
    for column in wanted:
        if column not in bills:
            raise ParameterError(
                f"bills: have no column {column!r}.", remedy=choices(column, list(map(str, bills.columns)))
            )
    starts, unknown = _starts(bills[unit], moved)
    data = pd.DataFrame({
        "unit": pd.factorize(bills[unit])[0], "month": month_number(bills[period], period), "start": starts.to_numpy(),
        "spend": bills[spend].astype(float).to_numpy(), "hours": bills[hours].astype(float).to_numpy(),
    })  # fmt: skip
    if cluster:
        data["cluster"] = pd.factorize(bills[cluster])[0]
        if data.groupby("unit")["cluster"].nunique().gt(1).any():
            raise ParameterError(f"bills: {cluster} varies within a {unit}; each must have one.")
    unplaced = (data["unit"] < 0) | data["month"].isna()
    keys = ["unit", "month", "start", *(["cluster"] if cluster else [])]
    rows = data[~unplaced].groupby(keys, dropna=False, as_index=False)[["spend", "hours"]].sum()
    checks = []
    if int(unplaced.sum()):
        checks.append(
            Check("rows placed", False, f"Set aside: {count(int(unplaced.sum()), 'row')} without {unit} or month.")
        )
    if unknown:
        checks.append(
            Check("moves found", False, f"Left out: {count(unknown, unit)} named as moved, but without a bill.")
        )
    if absent == "zero":
        rows, filled = _filled(rows, keys)
        checks.append(
            Check(
                "months without a bill",
                None,
                f"Counted as 0: {count(filled, 'month')} between a {unit}'s first and last bill.",
            )
        )
    base = outcome.removeprefix("log_")
    rows = rows.assign(y=_outcome(rows, outcome))
    checks += _set_aside(rows, outcome, unit)
    used = rows[rows["y"].notna()]
    left = int(unplaced.sum()) + len(rows) - len(used)
    if used.empty:
        reason = f"no {unit} has a month with {'hours' if base == 'rate' else base}" + (
            " above 0" if outcome != base else ""
        )
        return Bills(None, outcome, base, used, tuple(checks), left, reason)
    dense = used["month"].rank(method="dense")
    if int(dense.max()) != int(used["month"].max() - used["month"].min()) + 1:
        gap = int(used["month"].max() - used["month"].min()) + 1 - int(dense.max())
        return Bills(
            None,
            outcome,
            base,
            used,
            tuple(checks),
            left,
            f"within the time told no bill at all falls into {count(gap, 'month')}",
        )
    if (used["start"] <= used["month"].min()).groupby(used["unit"]).any().all():
        told = f"every {unit} had moved by the first month, so there is no month before"
        return Bills(None, outcome, base, used, tuple(checks), left, told)
    panel = make_panel(
        used, unit="unit", time="month", outcome="y", start="start", cluster="cluster" if cluster else None
    )
    return Bills(panel, outcome, base, used, (*checks, *_told(panel, unit)), left)


def _starts(units: pd.Series, moved: Mapping[object, object] | pd.DataFrame) -> tuple[pd.Series, int]:
    if isinstance(moved, pd.DataFrame):
        if moved.shape[1] < 2:
            raise ParameterError("moved: two columns are needed, the unit and its month")
        pairs = moved.iloc[:, :2].set_axis(["unit", "month"], axis=1)
    else:
        pairs = pd.DataFrame({"unit": list(moved.keys()), "month": list(moved.values())})
    if pairs["unit"].duplicated().any():
        raise ParameterError(
            f"moved: {count(int(pairs['unit'].duplicated().sum()), 'row')} repeat a unit; each moves once."
        )
    months = month_number(pairs["month"], "moved")
    if months.isna().any():
        raise ParameterError(
            f"moved: no month in {count(int(months.isna().sum()), 'row')}.", remedy="Leave out units that stayed."
        )
    found = units.map(pd.Series(months.to_numpy(), index=pairs["unit"].to_numpy(), dtype=float)).astype(float)
    return found, int((~pairs["unit"].isin(units)).sum())


def _filled(rows: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, int]:
    ends = rows.groupby("unit")["month"].agg(["min", "max"])
    months = (ends["max"] - ends["min"] + 1).astype(int)
    grid = pd.DataFrame({
        "unit": np.repeat(ends.index.to_numpy(), months),
        "month": np.concatenate([np.arange(low, high + 1) for low, high in ends.to_numpy()]),
    })  # fmt: skip
    fixed = rows.drop_duplicates("unit")[[key for key in keys if key != "month"]]
    whole = grid.merge(fixed, on="unit").merge(
        rows[["unit", "month", "spend", "hours"]], on=["unit", "month"], how="left"
    )
    return whole.fillna({"spend": 0.0, "hours": 0.0}), len(whole) - len(rows)


def _outcome(rows: pd.DataFrame, outcome: Outcome) -> pd.Series:
    base = outcome.removeprefix("log_")
    if base == "rate":
        value = (rows["spend"] / rows["hours"].where(rows["hours"] > 0)).astype(float)
    else:
        value = rows[base].astype(float)
    return np.log(value.where(value > 0)) if outcome != base else value


def _set_aside(rows: pd.DataFrame, outcome: Outcome, unit: str) -> list[Check]:
    """Tell months that have no outcome, and whether the move went with them; tell credits that stay in."""
    found = []
    lost = rows["y"].isna()
    if lost.any():
        after = rows["month"] >= rows["start"]
        share = [float(lost[part].mean()) if part.any() else 0.0 for part in (after, ~after)]
        why = {"log_spend": "spend of 0 or less", "log_hours": "hours of 0 or less", "rate": "no hours",
               "log_rate": "no hours, or spend of 0 or less"}.get(outcome, "no figure")  # fmt: skip
        text = (
            f"Set aside: {count(int(lost.sum()), f'{unit}-month')} of {len(rows):,} with {why}, {percent(share[0])} of those after a move and "
            f"{percent(share[1])} of the others."
        )
        uneven = abs(share[0] - share[1]) > 0.05
        found.append(Check("months without this outcome", False if uneven else None,
                           text + (" They are not alike, so leaving them out may move the answer; compare with the outcome as it is." if uneven else "")))  # fmt: skip
    credits = int((rows["spend"] < 0).sum())
    if credits and outcome == "spend":
        found.append(
            Check("credits", None, f"Kept as they are: {count(credits, f'{unit}-month')} with negative spend.")
        )
    return found


def _told(panel: Panel, unit: str) -> list[Check]:
    found = []
    parts = []
    if panel.n_always:
        parts.append(f"{count(panel.n_always, unit)} left out for having moved by the first month, without a before")
    if panel.n_later:
        parts.append(f"{count(panel.n_later, unit)} counted as having stayed for moving after the last month")
    if parts:
        found.append(Check("moves within the time told", None, f"{listing(parts)}."))
    cells = panel.y.size
    if not panel.balanced:
        share = panel.n_rows / cells
        text = (
            f"{panel.n_rows:,} of {cells:,} {unit}-months have an outcome ({percent(share)}). Each comparison uses what is there, which "
            "is right only if coming and going has nothing to do with the move."
        )
        found.append(Check("panel complete", None, text))
    return found
