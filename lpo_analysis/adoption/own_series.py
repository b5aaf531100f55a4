"""A researcher's own series of adopters or levels: read, fitted with diffusion curves, judged and forecast."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis.adoption.forecasts import DRAWS, NAMES, SCORED_DRAWS, SCORED_STEPS, drawn_fan, fan_rows, verdict
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.charts import fan, profile
from lpo_analysis.errors import Fault, certain, choices, closest
from lpo_analysis.evidence.own_table import (
    OwnTable,
    folded,
    is_figure,
    number_of,
    read_numbers,
    read_own,
    told,
    wrong,
)
from lpo_analysis.methods.diffusion import (
    CURVES,
    CurveFit,
    Kind,
    average,
    bootstrap,
    fit_curve,
    forecast_paths,
    identified,
)
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.forecasting import FORECASTERS, LEVELS, combine_paths, quantile_fan
from lpo_analysis.methods.scoring import LEAST_POINTS, compare, rolling_origin
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, number, sentence

NO_SERIES = "no series of your own was given (series_path names one, in the form of data/templates/series.csv)"
COLUMNS = ("year", "value", "kind", "launch")
KINDS: dict[Kind, str] = {"level": "levels", "adopters": "cumulative adopters", "new_adopters": "new adopters"}
"""Codes of the column ``kind``, which are the kinds of a fit, and what they are called."""
LEAST = 4
"""Rows a series needs: the smallest curve whose position is a parameter has three, and one more judges it."""
_EARLIEST, _LATEST = 1900, 2100


@dataclass(frozen=True, eq=False)
class OwnSeries:
    """A series with what it means.

    Parameters
    ----------
    year, value : ndarray of float, shape (n,)
        Dates, rising, and values in the file's own unit.
    kind : {'level', 'adopters', 'new_adopters'}
        Levels (shares, revenue of a year), cumulative adopters, or adopters added since the date before.
    launch : float or None
        Launch date, where one was given.
    n_ignored : int
        Columns of the file that are not of the template and were not read.
    """

    year: Floats
    value: Floats
    kind: Kind
    launch: float | None
    n_ignored: int

    def __repr__(self) -> str:
        return f"OwnSeries({len(self.year)} {KINDS[self.kind]}, {self.year[0]:g} to {self.year[-1]:g})"

    @property
    def reached(self) -> float:
        """What has been reached: the highest level, or the total of adopters."""
        return float(self.value.sum() if self.kind == "new_adopters" else self.value.max())


def read_series(series_path: str | Path) -> OwnSeries:
    """Read a series made from ``data/templates/series.csv``.

    Parameters
    ----------
    series_path : str or Path
        The file, a date a row.

    Returns
    -------
    OwnSeries
        The checked series.

    Raises
    ------
    NotFoundError
        If it does not exist.
    DataError
        Naming every fault with file, row and column.
    """
    table = read_own(Path(series_path), COLUMNS, ("year", "value"))
    faults: list[Fault] = []
    kind = _kind(table, faults)
    years, launch = _dates(table, faults)
    values = _values(table, kind, faults)
    if not faults:
        faults += _whole(table, np.array(values), kind)
    if faults:
        raise wrong(sorted(faults, key=lambda fault: fault.row or 0))
    return OwnSeries(np.array(years), np.array(values), kind, launch, table.n_ignored)


def _kind(table: OwnTable, faults: list[Fault]) -> Kind:
    cells = [folded(cell) for cell in table.cells.get("kind", [])]
    for line, cell in zip(table.lines, cells, strict=False):
        if cell and cell not in KINDS:
            faults.append(told(table.label, line, "kind", cell, f"is no kind of series. {choices(cell, list(KINDS))}",
                               shown=closest(cell, KINDS) is not None, meant=certain(cell, KINDS)))  # fmt: skip
    found = [kind for kind in KINDS if kind in cells]
    if len(found) > 1:
        message = f"has {listing(found)}; a file holds one series of one kind"
        faults.append(Fault(table.label, None, "kind", None, message))
    return found[0] if found else "level"


def _date(table: OwnTable, line: int, column: str, cell: str, faults: list[Fault]) -> float:
    year = number_of(cell, comma=table.comma)
    if not _EARLIEST <= year <= _LATEST:
        message = f"is no date from {_EARLIEST} to {_LATEST}; write 2015, or 2015.5 for its middle"
        faults.append(Fault(table.label, line, column, None, "must not be empty") if not cell else told(table.label, line, column, cell, message, shown=is_figure(cell)))  # fmt: skip
    return year


def _dates(table: OwnTable, faults: list[Fault]) -> tuple[list[float], float | None]:
    before = len(faults)
    years = [_date(table, line, "year", cell, faults) for line, cell in zip(table.lines, table.cells["year"], strict=True)]  # fmt: skip
    first: dict[float, int] = {}
    last = -np.inf
    for line, year in zip(table.lines, years, strict=True):
        if year in first:
            faults.append(
                Fault(table.label, line, "year", None, f"repeats the date of row {first[year]}; keep one value a date")
            )
        elif year < last:
            faults.append(Fault(table.label, line, "year", None, "goes back; sort the rows by date"))
        first.setdefault(year, line)
        last = max(last, year)
    given = [(line, cell) for line, cell in zip(table.lines, table.cells.get("launch", []), strict=False) if cell]
    if not given:
        return years, None
    launches = [_date(table, line, "launch", cell, faults) for line, cell in given]
    if len(set(launches)) > 1:
        faults.append(Fault(table.label, None, "launch", None, "has several dates; a series was launched once"))
    elif len(faults) == before and launches[0] >= years[0]:
        faults.append(Fault(table.label, given[0][0], "launch", None, f"must lie before the first date {years[0]:g}"))
    return years, launches[0]


def _values(table: OwnTable, kind: Kind, faults: list[Fault]) -> list[float]:
    def out_of_range(value: float) -> str | None:
        if value > 0 or (value == 0 and kind == "new_adopters"):
            return None
        return f"is {'below 0' if kind == 'new_adopters' else 'not above 0'}; {KINDS[kind]} are not"

    return read_numbers(
        table,
        "value",
        faults,
        no_number="is no number; write 1250 or 12.5, without unit or thousands separator",
        empty="must not be empty; leave the row out where nothing is known",
        wrong_value=out_of_range,
    )


def _whole(table: OwnTable, values: Floats, kind: Kind) -> list[Fault]:
    """Judge the series as a whole, once every cell is right."""
    label, n = table.label, len(values)
    if n < LEAST:
        message = f"has {count(n, 'row')}; a curve with a ceiling has three parameters, and {LEAST} rows are the least that judge it"
        return [Fault(label, None, None, None, message)]
    if not values.any() or (kind != "new_adopters" and (values == values[0]).all()):
        return [Fault(label, None, "value", None, "never changes, so that there is no growth to fit")]
    if kind != "adopters":
        return []
    return [
        Fault(label, table.lines[i + 1], "value", None, "falls, and cumulative adopters do not; use kind level for a stock that can fall")
        for i in np.flatnonzero(np.diff(values) < 0)
    ]  # fmt: skip


def _options(series: OwnSeries, name: str) -> dict[str, Any]:
    """Return where a curve begins; levels of a curve without a launch have their position for a parameter."""
    if series.kind == "level":
        return {"launch": series.launch if CURVES[name].launched else None}
    start = series.year[0] - (series.year[1] - series.year[0])
    counted = series.launch is None and series.kind == "new_adopters"
    return {"launch": series.launch, "start": float(start) if counted else None}


def _fits(series: OwnSeries, level: float) -> dict[str, CurveFit]:
    """Fit every curve that the series allows: those with a launch date only where one is given."""
    names = [name for name, curve in CURVES.items() if (series.launch is not None or not curve.launched)]
    return {
        name: fit_curve(name, series.year, series.value, kind=series.kind, level=level, **_options(series, name))
        for name in names
        if len(series.year) > len(CURVES[name].parameters) + 1
    }


def own_curves(series: OwnSeries | None, parameters: Parameters) -> Result:
    """Fit diffusion curves to a researcher's own series, and say whether a ceiling shows.

    Parameters
    ----------
    series : OwnSeries or None
        The series; None for none.
    parameters : Parameters
        Level.

    Returns
    -------
    Result
        One term a curve: ``estimate`` is the ceiling where it is identified, with its profile interval, in the file's own unit;
        extra columns ``fitted`` (the ceiling of the curve that fits best), ``inflection``, ``aicc``, ``identified``, ``why``. The
        figure is the profile.

    Notes
    -----
    Estimand: the level at which the series ends if it follows the curve. Adopters are counted, so no ceiling lies below their total;
    levels are readings with errors, and may lie above the ceiling they scatter round. Curves that start at a launch (Bass, gamma/shifted Gompertz, exponential) need its date.

    References
    ----------
    Bass, F. M. (1969). A new product growth for model consumer durables. Management Science 15(5).
    https://doi.org/10.1287/mnsc.15.5.215
    """
    level = parameters.level
    if series is None:
        return not_estimable("own_curves", NO_SERIES, level=level)
    records, drawn = [], []
    for name, fit in _fits(series, level).items():
        judged = identified(fit, floor=None if series.kind == "level" else series.reached)
        best = judged.profile.loc[judged.profile["sse"].idxmin(), "ceiling"]
        records.append({"term": name, "label": sentence(NAMES[name].split(" ", 1)[1]), "estimate": best if judged.identified else np.nan, "conf_low": judged.low,
                        "conf_high": judged.high, "level": level, "n_obs": fit.n_obs, "unit": "as in your file",
                        "method": f"least squares, {fit.errors} errors; profile of the ceiling", "fitted": fit.params["m"], "inflection": np.nan if fit.inflection is None else fit.inflection,
                        "aicc": fit.aicc, "identified": judged.identified, "why": judged.reason})  # fmt: skip
        drawn.append(
            judged.profile.assign(
                curve=records[-1]["label"], excess=judged.profile["sse"] / judged.profile["sse"].min()
            )
        )
    table = tidy(records)
    seen = table[table["identified"]]
    n, what = len(series.year), KINDS[series.kind]
    head = f"Your series has {n} {what} from {series.year[0]:g} to {series.year[-1]:g}, and reached {number(series.reached)}."
    spans = [f"{NAMES[row.term]} {_span(row)}" for row in table.itertuples()]
    text = (
        f"{head} No ceiling shows: {listing(spans)} ({level:.0%} profile intervals)."
        if seen.empty
        else f"{head} {sentence(listing([f'{NAMES[row.term]} puts the ceiling at {number(row.estimate)} ({number(row.conf_low)} to {number(row.conf_high)}, {level:.0%} profile interval)' for row in seen.itertuples()]))}."
    )
    missing = sum(len(series.year) <= len(CURVES[name].parameters) + 1 for name in CURVES)
    launch = (
        "The launch date is yours."
        if series.launch is not None
        else "No launch date is given, so curves that start at one are not fitted."
    )
    checks = (
        Check("Ceiling", len(seen) == len(table), "Every curve shows one." if len(seen) == len(table) else _unseen(table)),
        _end_check(series, seen),
        Check("Launch", None, launch + (f" {count(missing, 'curve')} {'has' if missing == 1 else 'have'} too many parameters for {n} points." if missing else "")),
        Check("Columns", not series.n_ignored, f"{count(series.n_ignored, 'column')} of your file {'is' if series.n_ignored == 1 else 'are'} not of the template and {'was' if series.n_ignored == 1 else 'were'} not read."),
    )  # fmt: skip
    return Result(
        "own_curves", table, text, checks=checks, n_used=n, reason=None if len(seen) else "no ceiling shows in any curve",
        plot_data=pd.concat(drawn, ignore_index=True)[["curve", "ceiling", "excess", "within"]],
        draw=partial(profile, title="How well each ceiling fits your series", xlabel="Ceiling, in the unit of your file", mark=series.reached),
        alt=f"Profiles of the ceiling of {count(len(table), 'curve')}; {len(seen)} of them bound it from above.",
    )  # fmt: skip


def _unseen(table: pd.DataFrame) -> str:
    why = table[~table["identified"]]
    return " ".join(
        f"{row.label}: {row.why.removeprefix('The ceiling is not identified: ').rpartition(' (')[0]}."
        for row in why.itertuples()
    )


def _end_check(series: OwnSeries, seen: pd.DataFrame) -> Check:
    """Say where an interval ends below the highest level: readings may scatter, or the curve misses the end of the series."""
    below = seen.loc[seen["conf_high"] < series.reached, "label"]
    if below.empty:
        return Check("End of the series", True, "No interval of a ceiling ends below what has been reached.")
    told = f"The interval of {listing([f'the {label}' for label in below])} ends below {number(series.reached)}, which has been reached"
    return Check(
        "End of the series",
        False,
        f"{told}: either that reading was too high, or the curve misses the end of the series.",
    )


def _span(row: Any) -> str:
    low = number(row.conf_low)
    return (
        f"allows any above {low}"
        if np.isinf(row.conf_high)
        else f"allows {low} to {number(row.conf_high)}, and the series does not reach far enough"
    )


def _paths(series: OwnSeries, name: str, ahead: Floats, draws: int, rng: np.random.Generator) -> Floats:
    fit = fit_curve(name, series.year, series.value, kind=series.kind, starts=16, **_options(series, name))
    boot = bootstrap(fit, draws=draws, seed=int(rng.integers(2**31)))
    paths = forecast_paths(fit, boot, ahead, seed=int(rng.integers(2**31)))
    # Refits without a ceiling are left out of the paths; the others stand in for them.
    return paths if len(paths) == draws else np.asarray(rng.choice(paths, draws))


def own_forecast(series: OwnSeries | None, parameters: Parameters) -> Result:
    """Forecast a researcher's own series to the horizon, over curves and parameters together.

    Parameters
    ----------
    series : OwnSeries or None
        The series; None for none.
    parameters : Parameters
        Horizon, level (of the comparison), seed.

    Returns
    -------
    Result
        Terms ``own_50``, ``own_80``, ``own_90`` (curves together) and one term a curve (90%) with its ``weight``, in the file's own
        unit.

    Notes
    -----
    Estimand: the value the series would have at the horizon. Curves whose least-squares estimate does not exist take no part unless
    none has one. The others have Akaike weights where the criterion exists for all of them, and equal ones elsewhere: few points
    tell curves no better apart. With 15 points or more of levels, the curves are scored beside the
    benchmarks on the series' own past; shorter ones are labelled not scored.
    """
    p = parameters
    if series is None:
        return not_estimable("own_forecast", NO_SERIES, level=p.level)
    last, n = float(series.year[-1]), len(series.year)
    ahead = np.arange(np.floor(last) + 1, p.horizon_year + 1)
    if not len(ahead):
        return not_estimable(
            "own_forecast", f"your series reaches to {last:g}, and horizon_year is {p.horizon_year}", level=p.level
        )
    usable, weights = _weighed(_fits(series, p.level))
    if not usable:
        return not_estimable("own_forecast", "no curve ends in a minimum on your series", level=p.level)
    paths = {
        name: _paths(series, name, ahead, DRAWS, np.random.default_rng([p.seed, at])) for at, name in enumerate(usable)
    }
    fans = quantile_fan(combine_paths([*paths.values()], weights), times=ahead)
    equal = len(set(weights)) == 1
    unit, (scored, found) = "as in your file", _scored(series, usable, p)
    label, how = f"your series ({KINDS[series.kind]})", "equal weights" if equal else "Akaike weights"
    method = f"{listing([NAMES[name] for name in usable])}, {how}; {scored}"
    records = fan_rows(fans, p.horizon_year, "own", label, unit, n, method)
    for (name, one), weight in zip(paths.items(), weights, strict=True):
        single = quantile_fan(one, LEVELS[-1:], times=ahead)
        rows = fan_rows(
            single, p.horizon_year, name, f"{label} by {NAMES[name]} alone", unit, n, f"{NAMES[name]}; {scored}"
        )
        records += [rows[0] | {"weight": weight}]
    table = tidy(records)
    widest, alone = table.iloc[len(LEVELS) - 1], table.iloc[len(LEVELS) :]
    told = [
        f"{NAMES[name]} at {number(row.conf_low)} to {number(row.conf_high)} (weight {row.weight:.2f})"
        for name, row in zip(usable, alone.itertuples(), strict=True)
    ]
    together = "The curves together put" if len(usable) > 1 else f"{sentence(NAMES[usable[0]])} puts"
    text = (
        f"{together} {label} at {_told(widest)} in {p.horizon_year}"
        + (f"; alone, {listing(told)}" if len(usable) > 1 else "")
        + f". {found}"
    )
    return Result(
        "own_forecast", table, text, n_used=n, plot_data=drawn_fan(series.year, series.value, fans),
        checks=(Check("Scored", scored != "not scored", found), Check("Errors", None, "Intervals take errors as independent and of one size; where successive ones hang together, they are too narrow.")),
        draw=partial(fan, title="Your series, and what the curves make of it", ylabel="In the unit of your file", marks=n <= 8),
        alt=f"Fan of your series from {number(series.value[-1])} in {last:g} to between {number(widest['conf_low'])} and {number(widest['conf_high'])} in {p.horizon_year}.",
    )  # fmt: skip


def _weighed(fits: dict[str, CurveFit]) -> tuple[list[str], list[float]]:
    """Return the curves that take part in a forecast, with their weights."""
    fits = {name: fit for name, fit in fits.items() if fit.converged}
    inside = {name: fit for name, fit in fits.items() if not fit.boundary} or fits
    if len(inside) > 1 and all(np.isfinite(fit.aicc) and not fit.boundary for fit in inside.values()):
        return [*inside], average([*inside.values()]).weights["weight"].tolist()
    return [*inside], [1 / len(inside)] * len(inside)


def _told(row: Any) -> str:
    return f"{number(row['estimate'])} ({row['level']:.0%} interval {number(row['conf_low'])} to {number(row['conf_high'])})"


def _scored(series: OwnSeries, names: list[str], p: Parameters) -> tuple[str, str]:
    """Score the curves and the benchmarks on the series' own past, where it is long enough; return a label and the finding."""
    n = len(series.year)
    if series.kind != "level" or n < LEAST_POINTS:
        why = (
            f"{count(n, 'point')}, and {LEAST_POINTS} are the least"
            if n < LEAST_POINTS
            else f"{KINDS[series.kind]} are not scored, levels are"
        )
        return "not scored", f"This forecast is not scored: {why}."

    def curve(name: str) -> Any:
        def forecaster(time: Any, value: Any, horizon_times: Any, *, draws: int, rng: np.random.Generator) -> Floats:
            known = OwnSeries(np.asarray(time), np.asarray(value), series.kind, series.launch, 0)
            return _paths(known, name, np.asarray(horizon_times, dtype=float), draws, rng)

        return forecaster

    even = np.allclose(np.diff(series.year), series.year[1] - series.year[0])
    models = {name: model for name, model in FORECASTERS.items() if even or name != "damped_ets"} | {
        name: curve(name) for name in names
    }
    past = pd.Series(series.value, index=series.year)
    comparison = compare(
        rolling_origin(past, models, horizons=range(1, SCORED_STEPS + 1), draws=SCORED_DRAWS, seed=p.seed),
        level=p.level,
    )
    return (
        f"scored to {SCORED_STEPS} steps ahead",
        f"Scored on its own past up to {SCORED_STEPS} steps ahead: {verdict(comparison)}",
    )
