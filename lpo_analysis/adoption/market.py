"""The one consistent market series: its growth, and its parts on the one split that runs through."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.charts import fan
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.evidence.money import real
from lpo_analysis.methods.growth import log_growth
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, percent

SERIES = "alsp_total"


def series(evidence: Evidence, parameters: Parameters, category: str = SERIES) -> pd.DataFrame:
    """Return one market series.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades let in.
    category : str, default 'alsp_total'
        Scope of the market.

    Returns
    -------
    pandas.DataFrame
        Figures in nominal USD billion, by year, with ``form`` (point or ceiling).
    """
    rows = select(evidence, metric="market_size", category=category, grades=parameters.grades, required=False)
    return rows.sort_values("year_end", kind="stable")


def nominal_growth(evidence: Evidence, parameters: Parameters) -> tuple[int, float]:
    """Fit the nominal growth of the consistent series, and nothing else.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, grades.

    Returns
    -------
    tuple of (int, float)
        Points fitted and growth a year; 0 and NaN where there are fewer than three.
    """
    rows = series(evidence, parameters)
    points = rows[rows["form"] == "point"]
    if len(points) < 3:
        return 0, float("nan")
    return len(points), log_growth(points["year_end"].astype(float), points["value"]).rate(parameters.level)[0]


def market_growth(evidence: Evidence, parameters: Parameters) -> Result:
    """Estimate the growth of the consistent series and its path to the horizon.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Horizon, price year, level, grades.

    Returns
    -------
    Result
        Terms ``growth_nominal``, ``growth_real`` (a year) and ``size_at_horizon`` (USD billion, nominal, with a prediction
        interval).

    Notes
    -----
    Estimand: the constant yearly growth of the totals one publisher states, each as first stated, two years apart. A figure
    that is only a ceiling is shown and compared, not fitted.
    """
    p = parameters
    rows = series(evidence, p)
    points, bounds = rows[rows["form"] == "point"], rows[rows["form"] == "ceiling"]
    terms = {
        "growth_nominal": "growth of the ALSP market a year",
        "growth_real": f"growth of the ALSP market a year, in prices of {p.price_year}",
        "size_at_horizon": f"ALSP market in {p.horizon_year}, if growth stays constant",
    }
    if len(points) < 3:
        reason = f"{count(len(points), 'point')} of the consistent series {'is' if len(points) == 1 else 'are'} of grade {'/'.join(p.grades)}, and three are needed"
        return not_estimable("market_growth", reason, terms=terms, level=p.level, rows=list(rows.index))
    years = points["year_end"].astype(float).to_numpy()
    nominal = points["value"].to_numpy()
    deflated = np.array(
        [real(v, "USD", int(y), price_year=p.price_year).amount for v, y in zip(nominal, years, strict=True)]
    )
    fit, fit_real = log_growth(years, nominal), log_growth(years, deflated)
    ahead = fit.predict([p.horizon_year], p.level).iloc[0]
    n = len(points)
    records = []
    for term, one in (("growth_nominal", fit), ("growth_real", fit_real)):
        estimate, low, high = one.rate(p.level)
        records.append({"term": term, "label": terms[term], "estimate": estimate, "std_error": float(one.model.bse[1]), "conf_low": low,
                        "conf_high": high, "level": p.level, "n_obs": n, "unit": "share",
                        "method": f"least squares on logarithms, t with {n - 2} degrees of freedom"})  # fmt: skip
    records.append({"term": "size_at_horizon", "label": terms["size_at_horizon"], "estimate": ahead["estimate"],
                    "conf_low": ahead["conf_low"], "conf_high": ahead["conf_high"], "level": p.level, "n_obs": n, "unit": "USD bn",
                    "method": "prediction interval, constant growth; not scored"})  # fmt: skip
    path = fit.predict(np.arange(years.min(), p.horizon_year + 0.01, 0.25), p.level).assign(kind="path")
    seen = pd.DataFrame({"x": years, "estimate": nominal, "kind": "observed"})
    caps = pd.DataFrame({"x": bounds["year_end"].astype(float), "estimate": bounds["upper"], "kind": "ceiling"})
    table = tidy(records)
    g, r, s = (table.iloc[i] for i in range(3))  # growth, real growth, size
    text = (
        f"The totals one publisher states for alternative legal service providers grew {percent(g['estimate'], width=g['conf_high'] - g['conf_low'])} "
        f"a year from {years.min():.0f} to {years.max():.0f} ({p.level:.0%} interval {percent(g['conf_low'])} to {percent(g['conf_high'])}), "
        f"from {nominal[0]:g} to {nominal[-1]:g} billion dollars; in real terms that is {percent(r['estimate'])} a year ({percent(r['conf_low'])} to {percent(r['conf_high'])}). "
        f"This market includes staffing, the Big Four and e-discovery: it is not legal process outsourcing."
    )
    return Result(
        "market_growth", table, text, checks=_checks(fit, bounds, n, evidence, p), rows=tuple(rows.index), n_used=n, n_dropped=len(bounds),
        plot_data=pd.concat([seen, caps, path], ignore_index=True)[["x", "kind", "estimate", "conf_low", "conf_high"]],
        draw=partial(fan, title="The ALSP market, if it kept growing like this", ylabel="USD billion, nominal"),
        alt=f"Line of the market from {nominal[0]:g} in {years.min():.0f} to {nominal[-1]:g} in {years.max():.0f} billion dollars, "
        f"extrapolated to {s['estimate']:.0f} ({s['conf_low']:.0f} to {s['conf_high']:.0f}) in {p.horizon_year}.",
        model=fit.model,
    )  # fmt: skip


def _checks(fit: object, bounds: pd.DataFrame, n: int, evidence: Evidence, p: Parameters) -> tuple[Check, ...]:
    checks = [
        Check(
            "Length",
            False,
            f"{n} points: neither the shape of growth nor its interval can be checked, and no forecast can be scored (15 points are the least).",
        ),
        Check(
            "Vintage",
            None,
            "Each total is the one first stated in its own report; later reports restate parts, not these totals.",
        ),
    ]
    for _, row in bounds.iterrows():
        year = int(row["year_end"])
        there = fit.predict([year], p.level).iloc[0]  # type: ignore[attr-defined]
        inside = bool(there["conf_low"] <= row["upper"])
        checks.append(
            Check(
                f"Ceiling of {year}", inside,
                f"The figure of {year} is only a ceiling ({row['upper']:g}); the line gives {there['estimate']:.1f} ({there['conf_low']:.1f} to "
                f"{there['conf_high']:.1f}), so a total under the ceiling is {'possible' if inside else 'outside what the line allows'}.",
            )
        )  # fmt: skip
    stated = select(evidence, metric="market_growth_rate", category=SERIES, grades=p.grades, required=False)
    if len(stated):
        said = [
            f"{row.value:g}% ({row.year_start}-{row.year_end})" for row in stated.sort_values("year_end").itertuples()
        ]
        checks.append(
            Check(
                "Publisher's own rates",
                None,
                f"The publisher states growth of {listing(said)} a year; rounding and restated bases explain the rest.",
            )
        )
    return tuple(checks)


_PARTS = {"captive": "captives of law firms grew", "big_four": "the Big Four grew"}
"""Parts that every report tells, and what is said of them."""


def comparable_split(evidence: Evidence, parameters: Parameters) -> Result:
    """Compare the independent providers on the one split that runs through all reports: total minus captive minus Big Four.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades let in.

    Returns
    -------
    Result
        One term a year: ``estimate`` is the independent part in USD billion (for a ceiling year only ``conf_high``), ``captive`` and
        ``big_four`` are the parts taken off.
    """
    totals = series(evidence, parameters)
    parts = {
        name: series(evidence, parameters, f"alsp_segment_{name}").set_index("year_end")["value"] for name in _PARTS
    }
    records = []
    for _, row in totals.iterrows():
        year = int(row["year_end"])
        taken = [float(part[year]) for part in parts.values() if year in part.index]
        record: dict[str, object] = {"term": str(year), "label": str(year), "unit": "USD bn", "n_obs": 1 + len(taken),
                                     "method": "total minus captive minus Big Four"}  # fmt: skip
        record |= {name: float(part.get(year, np.nan)) for name, part in parts.items()}
        if len(taken) < len(parts):
            record["method"] = "a part is not on file for this year"
        elif row["form"] == "ceiling":
            record |= {"conf_high": float(row["upper"]) - sum(taken), "method": "ceiling: the total is one"}
        else:
            record["estimate"] = float(row["value"]) - sum(taken)
        records.append(record)
    if not records:
        return not_estimable("comparable_split", f"no total of grade {'/'.join(parameters.grades)} is on file")
    table = tidy(records)
    known = table.dropna(subset=["estimate"])
    said = [f"{row.estimate:.1f} in {row.term}" for row in known.itertuples()]
    text = (
        f"On the one split that runs through all reports, independent providers earned {listing(said)} (billion dollars, nominal)."
        if len(said)
        else "No year has all parts on file."
    )
    if len(known) >= 2:
        first, last = known.iloc[0], known.iloc[-1]
        years = int(last["term"]) - int(first["term"])
        rates = [f"{words} {percent((last[name] / first[name]) ** (1 / years) - 1)}" for name, words in _PARTS.items()]
        text += (
            f" From {first['term']} to {last['term']} that is {percent((last['estimate'] / first['estimate']) ** (1 / years) - 1)} a year between "
            f"two points; {listing(rates)}. Figures rounded to a tenth of a billion make the rates of the small parts rough."
        )
    return Result(
        "comparable_split", table, text, rows=tuple(totals.index), n_used=len(known), n_dropped=len(table) - len(known)
    )
