"""Forecasts with nested intervals, and how the same models did where there is a record long enough to tell."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis.adoption.market import series
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.adoption.use import SENSES, figures
from lpo_analysis.charts import fan
from lpo_analysis.evidence import Evidence
from lpo_analysis.evidence import table as load_table
from lpo_analysis.evidence.money import real
from lpo_analysis.methods.forecasting import FORECASTERS, LEVELS, bounded, combine_paths, quantile_fan
from lpo_analysis.methods.growth import log_growth
from lpo_analysis.methods.scoring import (
    LEAST_POINTS,
    Comparison,
    compare,
    complete_origins,
    rolling_origin,
    summarise,
)
from lpo_analysis.methods.trends import constant_growth, saturating
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, number, percent

DRAWS = 4000
"""Paths of a forecast."""
SCORED_DRAWS = 500
"""Paths of each forecast that is scored."""
LOW_COVER = 0.8
"""Share of what came below which a 90% interval is counted as too narrow."""
SCORED_STEPS = 3
"""Years ahead up to which forecasts are scored."""
WAVES = 5
"""Waves of one question a share needs before a line is drawn through them; fewer have hardly an error to estimate."""
NAMES = {
    "naive": "no change", "drift": "past average growth", "damped_ets": "a damped trend", "bass": "a Bass curve",
    "logistic": "a logistic curve", "gompertz": "a Gompertz curve", "gamma_gompertz": "a gamma/shifted Gompertz curve",
    "exponential": "an exponential curve",
}  # fmt: skip
"""Models of a forecast in words."""
_LINE, _CEILING = "constant growth", "growth towards a ceiling"
CEILINGS_TRIED = (3.0, 10.0, 100.0, 1000.0)
"""Largest ceilings for which the forecast is shown beside the one asked for, as multiples of the last total."""


def fan_rows(
    fans: pd.DataFrame, year: int, term: str, label: str, unit: str, n: int, method: str
) -> list[dict[str, Any]]:
    """Return the intervals of one year as rows of a result, the narrowest first.

    Parameters
    ----------
    fans : pandas.DataFrame
        As of `quantile_fan`.
    year : int
        The year.
    term, label, unit : str
        As in the table; the level is put behind the term, the year behind the label.
    n : int
        Points fitted.
    method : str
        As in the table.

    Returns
    -------
    list of dict
        One row a level.
    """
    there = fans[fans["time"] == year]
    return [
        {"term": f"{term}_{round(100 * row.level)}", "label": f"{label} in {year}", "estimate": row.estimate, "conf_low": row.conf_low,
         "conf_high": row.conf_high, "level": row.level, "n_obs": n, "unit": unit, "method": method}
        for row in there.itertuples()
    ]  # fmt: skip


def drawn_fan(years: Any, values: Any, fans: pd.DataFrame) -> pd.DataFrame:
    """Put a series and its fan into one frame to draw.

    Parameters
    ----------
    years, values : array_like of float
        What was observed.
    fans : pandas.DataFrame
        As of `quantile_fan`.

    Returns
    -------
    pandas.DataFrame
        Columns x, kind, level, estimate, conf_low, conf_high, for `lpo_analysis.charts.fan`.
    """
    seen = pd.DataFrame(
        {"x": np.asarray(years, dtype=float), "estimate": np.asarray(values, dtype=float), "kind": "observed"}
    )
    path = fans.rename(columns={"time": "x"}).assign(kind="path")
    # From the last observation on, so that the fan opens where the data end.
    start = pd.DataFrame({"x": seen["x"].iloc[-1], "level": LEVELS, "kind": "path"})
    start["estimate"] = start["conf_low"] = start["conf_high"] = seen["estimate"].iloc[-1]
    columns = ["x", "kind", "level", "estimate", "conf_low", "conf_high"]
    return pd.concat([seen, start, path], ignore_index=True)[columns]


def market_forecast(evidence: Evidence, parameters: Parameters) -> Result:
    """Forecast the consistent market series to the horizon, over parameters and models together.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Horizon, price year, largest ceiling, grades, seed.

    Returns
    -------
    Result
        Terms ``nominal_50``, ``nominal_80``, ``nominal_90`` (USD billion at the horizon), the same for ``real`` (prices of the price year),
        and ``constant_growth_90`` and ``growth_towards_a_ceiling_90`` (nominal, each model alone).

    Notes
    -----
    Estimand: the total that the same publisher would state for the year of the horizon. Half of the paths grow at a constant rate,
    half towards a ceiling that is drawn from its posterior; with so few points equal weights stand for not knowing. The prior on
    the ceiling is flat over its logarithm from the last total to ``ceiling_most`` times it, which is an assumption.
    """
    p = parameters
    rows = series(evidence, p)
    points = rows[rows["form"] == "point"]
    n = len(points)
    if n < 4:
        reason = f"{count(n, 'point')} of the consistent series {'is' if n == 1 else 'are'} of grade {'/'.join(p.grades)}, and four are needed"
        terms = {
            f"{money}_{100 * level:.0f}": f"size in {p.horizon_year}"
            for money in ("nominal", "real")
            for level in LEVELS
        }
        return not_estimable(
            "market_forecast", reason, terms=terms, level=p.level, rows=list(points.index), unit="USD bn"
        )
    years = points["year_end"].astype(float).to_numpy()
    nominal = points["value"].to_numpy(dtype=float)
    deflated = [real(v, "USD", int(y), price_year=p.price_year).amount for v, y in zip(nominal, years, strict=True)]
    fans, single = _pooled_fan(years, nominal, p)
    fans_real, _ = _pooled_fan(years, np.array(deflated), p)
    pooled = f"{listing([_LINE, _CEILING])}, half of the paths each; not scored"
    records = fan_rows(fans, p.horizon_year, "nominal", "ALSP market", "USD bn", n, pooled)
    records += fan_rows(
        fans_real,
        p.horizon_year,
        "real",
        f"ALSP market in prices of {p.price_year}",
        f"USD bn of {p.price_year}",
        n,
        pooled,
    )
    line = log_growth(years, nominal).predict([p.horizon_year], LEVELS[-1]).iloc[0]
    alone = fan_rows(
        single[_CEILING],
        p.horizon_year,
        "growth_towards_a_ceiling",
        "ALSP market by growth towards a ceiling alone",
        "USD bn",
        n,
        f"{_CEILING}; not scored",
    )[-1]
    # The interval of the line has a closed form: the same numbers as in `market_growth`, without the noise of the paths.
    records += [alone | {"term": "constant_growth_90", "label": f"ALSP market by constant growth alone in {p.horizon_year}", "method": f"{_LINE}; not scored",
                         **line[["estimate", "conf_low", "conf_high"]]}, alone]  # fmt: skip
    table = tidy(records)
    widest, wide_real = table[table["term"] == "nominal_90"].iloc[0], table[table["term"] == "real_90"].iloc[0]
    half = table[table["term"] == "nominal_50"].iloc[0]
    text = (
        f"Two models that {count(n, 'point')} cannot tell apart put the total of {p.horizon_year} at {_span(widest)} billion dollars together: at "
        f"{_span(table.iloc[-2])} if growth stays constant, at {_span(table.iloc[-1])} if it slows towards a ceiling nobody knows, half of the paths each. "
        f"The middle half of all paths ends between {number(half['conf_low'], digits=2)} and {number(half['conf_high'], digits=2)}; in prices of "
        f"{p.price_year} the total is {_span(wide_real)} billion. This forecast is not scored: {count(n, 'point')} {'is' if n == 1 else 'are'} on file, and "
        f"{LEAST_POINTS} are the least."
    )  # fmt: skip
    return Result(
        "market_forecast", table, text, rows=tuple(points.index), n_used=n, n_dropped=len(rows) - n, plot_data=drawn_fan(years, nominal, fans),
        checks=(
            Check("Scored", False, f"Not scored: {count(n, 'point')}, {LEAST_POINTS} are the least."),
            Check("Models", None, f"Constant growth and growth towards a ceiling weigh the same; the ceiling may lie at up to {p.ceiling_most:g} times the last total (ceiling_most), which is an assumption: the points cannot tell it."),
        ),
        draw=partial(fan, title=f"The ALSP market to {p.horizon_year}, by two models together", ylabel="USD billion, nominal"),
        alt=f"Fan of the market from {nominal[-1]:g} in {years[-1]:.0f} to between {widest['conf_low']:.0f} and {widest['conf_high']:.0f} billion dollars in {p.horizon_year}.",
    )  # fmt: skip


def _span(row: Any) -> str:
    return f"{number(row['estimate'], digits=2)} ({row['level']:.0%} interval {number(row['conf_low'], digits=2)} to {number(row['conf_high'], digits=2)})"


def _pooled_fan(years: Any, values: Any, p: Parameters) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    ahead = np.arange(years[-1] + 1, p.horizon_year + 1)
    models = {_LINE: constant_growth, _CEILING: saturating(p.ceiling_most)}
    # One stream a model: nominal and real money are drawn by the same uniforms.
    paths = {
        name: model(years, values, ahead, draws=DRAWS, rng=np.random.default_rng([p.seed, at]))
        for at, (name, model) in enumerate(models.items())
    }
    single = {name: quantile_fan(one, times=ahead) for name, one in paths.items()}
    return quantile_fan(combine_paths([*paths.values()]), times=ahead), single


def by_ceiling(evidence: Evidence, parameters: Parameters) -> pd.DataFrame:
    """Forecast the market under other largest ceilings.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        As for `market_forecast`.

    Returns
    -------
    pandas.DataFrame
        Columns ceiling_most (multiple of the last total), ceiling (USD billion), estimate, conf_low, conf_high (90%, both models),
        alone (middle of growth towards a ceiling alone), asked (whether it is the one asked for); empty where nothing is forecast.
    """
    points = series(evidence, parameters).query("form == 'point'")["value"]
    records = []
    for most in sorted({*CEILINGS_TRIED, parameters.ceiling_most}):
        result = market_forecast(evidence, parameters.model_copy(update={"ceiling_most": most}))
        if result.estimable:
            pool, alone = result.row("nominal_90"), result.row("growth_towards_a_ceiling_90")
            ends = (pool["estimate"], pool["conf_low"], pool["conf_high"], alone["estimate"])
            records.append((most, most * points.max(), *ends, most == parameters.ceiling_most))
    columns = ["ceiling_most", "ceiling", "estimate", "conf_low", "conf_high", "alone", "asked"]
    return pd.DataFrame(records, columns=columns)


def _imports() -> pd.Series:
    frame = load_table("uk_legal_services_trade").dropna(subset=["imports_gbp_mn"]).sort_values("year")
    return pd.Series(
        frame["imports_gbp_mn"].to_numpy(dtype=float),
        index=frame["year"].to_numpy(dtype=float),
        name="uk_legal_imports",
    )


@lru_cache(maxsize=32)
def _origins(name: str, seed: int) -> pd.DataFrame:
    """Score the benchmarks on one series; shares work on their odds, so that no path passes 100%."""
    if name == "uk_legal_imports":
        one, models = _imports(), dict(FORECASTERS)
    else:
        frame = load_table("reference_adoption_series").query("series_id == @name")
        one = pd.Series(frame["value"].to_numpy(dtype=float), index=frame["year"].to_numpy(dtype=float))
        models = {key: bounded(model, 100.0) for key, model in FORECASTERS.items()}
    return rolling_origin(one, models, horizons=range(1, SCORED_STEPS + 1), draws=SCORED_DRAWS, seed=seed)


@lru_cache(maxsize=32)
def _compared(name: str, seed: int, level: float) -> Comparison:
    return compare(_origins(name, seed), level=level)


def imports_forecast(evidence: Evidence, parameters: Parameters) -> Result:
    """Forecast UK imports of legal services by the model that did best on their own past, or by all where none did.

    Parameters
    ----------
    evidence : Evidence
        Not read: the series is a table of official statistics.
    parameters : Parameters
        Horizon, level (of the comparison), seed.

    Returns
    -------
    Result
        Terms ``imports_50``, ``imports_80``, ``imports_90``: GBP million at current prices at the horizon.
    """
    del evidence
    p = parameters
    one = _imports()
    last = int(one.index[-1])
    comparison = _compared("uk_legal_imports", p.seed, p.level)
    chosen = [comparison.winner] if comparison.winner else list(FORECASTERS)
    ahead = np.arange(last + 1, p.horizon_year + 1, dtype=float)
    paths = [
        FORECASTERS[name](
            one.index.to_numpy(), one.to_numpy(), ahead, draws=DRAWS, rng=np.random.default_rng([p.seed, at])
        )
        for at, name in enumerate(chosen)
    ]
    fans = quantile_fan(combine_paths(paths), times=ahead)
    how = NAMES[comparison.winner] if comparison.winner else "all three models, equal weights"
    table = tidy(
        fan_rows(
            fans,
            p.horizon_year,
            "imports",
            "UK imports of legal services",
            "GBP mn, current",
            len(one),
            f"{how}; scored to {SCORED_STEPS} years ahead",
        )
    )
    widest, steps = table.iloc[-1], p.horizon_year - last
    beyond = f"The models are scored up to {SCORED_STEPS} years ahead, and this is {steps}" + (
        f": how they do {steps} years ahead has not been seen." if steps > SCORED_STEPS else "."
    )
    text = (
        f"UK imports of legal services, {one.iloc[-1]:,.0f} million pounds in {last}, would be {_span(widest)} million in {p.horizon_year} at current prices. "
        f"{beyond} {verdict(comparison)} The series ends before the pandemic and before the United Kingdom left the single market; no model of it knows that."
    )
    return Result(
        "imports_forecast", table, text, rows=("table:uk_legal_services_trade:all",), n_used=len(one), plot_data=drawn_fan(one.index, one, fans),
        checks=(
            Check("Scored", comparison.winner is not None, f"{len(one)} points. {verdict(comparison)}"),
            Check("Horizon", steps <= SCORED_STEPS, beyond),
            Check("Prices", None, "Current prices: no price index of these services in pounds is on file, so inflation is within the growth."),
        ),
        draw=partial(fan, title="UK imports of legal services, and what the models make of them", ylabel="GBP million, current prices", marks=False),
        alt=f"Fan of UK imports of legal services from {one.iloc[-1]:,.0f} million pounds in {last} to between {number(widest['conf_low'], digits=2)} and {number(widest['conf_high'], digits=2)} in {p.horizon_year}.",
    )  # fmt: skip


def verdict(comparison: Comparison) -> str:
    """Say which model has the lowest score, and whether it wins.

    Parameters
    ----------
    comparison : Comparison
        Models named as in `NAMES`.

    Returns
    -------
    str
        The finding as a sentence.
    """
    if comparison.best is None:
        return f"Which model is best cannot be told: {comparison.text}."
    best, others = comparison.table.iloc[0], comparison.table.iloc[1:]
    gaps = listing(
        [
            f"{row.difference:.3f} (standard error {row.std_error:.3f}) below {NAMES[row.forecaster]}"
            for row in others.itertuples()
        ]
    )
    head = (
        f"On {best['n_obs']} origins {NAMES[best['forecaster']]} has the lowest score, {best['mean_score']:.3f}, {gaps}"
    )
    return (
        f"{head}: it wins."
        if comparison.winner
        else f"{head}: whether it is the best cannot be told at the {comparison.level:.0%} level."
    )


def scores(evidence: Evidence, parameters: Parameters) -> Result:
    """Score the benchmark models on UK legal imports and on public series of the adoption of other things.

    Parameters
    ----------
    evidence : Evidence
        Not read: the series are tables.
    parameters : Parameters
        Level (of the comparisons), seed.

    Returns
    -------
    Result
        One term a series and model: ``estimate`` is the mean continuous ranked probability score of the logarithms with its standard error
        against the best, beside it ``mase``, ``wis``, ``coverage_50``, ``coverage_80``, ``coverage_90``, ``pit_mean``, ``verdict``.

    Notes
    -----
    Estimand: the mean score of forecasts one to three steps ahead, made anew at every year from the tenth on with what was known
    then, as long as all three steps can be scored: table and verdict rest on the same origins.

    References
    ----------
    Hyndman, R. J. and Koehler, A. B. (2006). Another look at measures of forecast accuracy. International Journal of Forecasting
    22(4). https://doi.org/10.1016/j.ijforecast.2006.03.001. Gneiting, T. and Raftery, A. E. (2007). Strictly proper scoring rules,
    prediction, and estimation. JASA 102(477). https://doi.org/10.1198/016214506000001437
    """
    del evidence
    p = parameters
    reference = load_table("reference_adoption_series")
    labels = {
        "uk_legal_imports": "UK imports of legal services",
        **dict(reference[["series_id", "label"]].drop_duplicates().to_numpy()),
    }
    records: list[dict[str, Any]] = []
    won: dict[str, str] = {}
    for name, label in labels.items():
        scored, comparison = _origins(name, p.seed), _compared(name, p.seed, p.level)
        won[name] = comparison.winner or ""
        against = comparison.table.set_index("forecaster")
        for row in summarise(complete_origins(scored)).itertuples():
            said = (
                "wins"
                if comparison.winner == row.forecaster
                else "lowest, cannot tell"
                if comparison.best == row.forecaster
                else ""
            )
            records.append({"term": f"{name}_{row.forecaster}", "label": f"{label}: {NAMES[row.forecaster]}", "series": label, "model": NAMES[row.forecaster],
                            "estimate": row.crps_log, "std_error": against["std_error"].get(row.forecaster, np.nan), "level": p.level, "n_obs": row.n_obs,
                            "unit": "CRPS of logarithms", "method": "rolling origin, one to three steps ahead", "mase": row.mase, "wis": row.wis,
                            "coverage_50": row.coverage_50, "coverage_80": row.coverage_80, "coverage_90": row.coverage_90, "pit_mean": row.pit_mean,
                            "verdict": said})  # fmt: skip
    table = tidy(records)
    names = [NAMES[name] for name in won.values() if name]
    tally = [f"{model} wins on {names.count(model)}" for model in dict.fromkeys(names)]
    lowest = table.loc[table["verdict"] != "", "model"].value_counts()
    cover = table["coverage_90"]
    text = (
        f"The same three models were scored on {len(labels)} series, one of them of legal services: {listing(tally) if tally else 'none wins anywhere'}; on "
        f"{sum(not name for name in won.values())} nobody can tell. The lowest score is that of {lowest.index[0]} on {lowest.iloc[0]}. Intervals meant to hold 90% of what came held {percent(cover.min())} to {percent(cover.max())} of it, by series and model, "
        f"{percent(cover.mean())} in the mean; {int((cover < LOW_COVER).sum())} of {len(cover)} held less than {percent(LOW_COVER)}. "
        "How a model does on colour television says little about legal work; it says how far such forecasts can be trusted at all."
    )
    rows = ("table:uk_legal_services_trade:all", "table:reference_adoption_series:all")
    return Result("forecast_scores", table, text, rows=rows, n_used=len(reference) + len(_imports()), model=won)


def use_forecast(evidence: Evidence, parameters: Parameters) -> Result:
    """Say whether any share of users was asked for often enough to be forecast.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Geography, buyer, task, grades.

    Returns
    -------
    Result
        Not estimable unless one sense, task and size of buyer has five waves by one maker.
    """
    p = parameters
    rows = figures(evidence, p)
    waves = (
        rows.groupby(["category", "task", "buyer_size", "publisher_id"])["year_end"]
        .nunique()
        .sort_values(ascending=False)
    )
    most = int(waves.iloc[0]) if len(waves) else 0
    if most < WAVES:
        longest = f" ({SENSES.get(waves.index[0][0], waves.index[0][0])})" if most else ""
        reason = f"{WAVES} waves of one question by one maker are needed, and the longest series on file has {most}{longest}; {count(len(rows), 'figure')} from {count(rows['study_id'].nunique(), 'study', 'studies')} were looked at"
        return not_estimable(
            "use_forecast", reason, terms=("share",), level=p.level, rows=list(rows.index), unit="share"
        )
    names: Mapping[str, Any] = dict(zip(waves.index.names, waves.index[0], strict=True))
    one = rows[np.logical_and.reduce([rows[key] == value for key, value in names.items()])].sort_values("year_end")
    years, values = one["year_end"].astype(float).to_numpy(), one["value"].to_numpy(dtype=float)
    ahead = np.arange(years[-1] + 1, p.horizon_year + 1)
    paths = (
        bounded(constant_growth, 100.0)(years, values, ahead, draws=DRAWS, rng=np.random.default_rng([p.seed, 9])) / 100
    )
    fans = quantile_fan(paths, times=ahead)
    table = tidy(
        fan_rows(
            fans, p.horizon_year, "share", "share of users", "share", len(one), "line through the log odds; not scored"
        )
    )
    text = f"{SENSES.get(str(names['category']), str(names['category'])).capitalize()}, {most} waves: {percent(table.iloc[-1]['estimate'])} in {p.horizon_year} (90% interval {percent(table.iloc[-1]['conf_low'])} to {percent(table.iloc[-1]['conf_high'])}), not scored."
    return Result("use_forecast", table, text, rows=tuple(one.index), n_used=len(one), n_dropped=len(rows) - len(one))
