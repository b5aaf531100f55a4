"""Forecasts of today under the errors of past ones: an illustration, told as one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis.adoption.matching import (
    GRADES,
    candidates,
    figures,
    least_off,
    log_ratio,
    market,
    one_number,
    or_nan,
    revised,
    years_between,
)
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, maker
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, number, percent, sentence


@dataclass(frozen=True)
class _Scenario:
    """A past error that a forecast of today may repeat: log ratio a year, infinite on an open side, and the years it was seen over."""

    name: str
    low: float
    high: float
    years: float
    rows: tuple[str, ...]
    basis: str


def _scenarios(evidence: Evidence, p: Parameters) -> list[_Scenario]:
    frame = candidates(evidence, tuple(p.grades))
    frame = frame[(frame["kind"] != "same_author") & ~frame["echo"].astype(bool)]
    found = []
    if len(frame):
        # A bound is no size: pairs are ranked by what they are off at least, and the middle one is among those that are closed.
        least = least_off(frame)
        chosen = (
            {}
            if len(frame) > 1 and not least.any()
            else {"the worst pair" if len(frame) > 1 else "the one pair with another maker": least.idxmax()}
        )
        told = (
            frame[["low", "high"]]
            .mean(axis=1)[np.isfinite(frame[["low", "high"]]).all(axis=1)]
            .sort_values(kind="stable")
        )
        if len(told) > 1:
            middle = told.iloc[[(len(told) - 1) // 2, len(told) // 2]]
            chosen["the median pair"] = middle.abs().idxmin()
        for name, i in chosen.items():
            row = frame.loc[i]
            found.append(
                _Scenario(
                    name, row["low"], row["high"], row["horizon"], (row["forecast"], *row["outcomes"]), row["label"]
                )
            )
    for chain in revised(evidence, tuple(p.grades)):
        first, last = chain.iloc[0], chain.iloc[-1]
        years = years_between(first, last)
        low, high = log_ratio(first["low"], first["high"], last["low"], last["high"])
        who = maker(first["publisher"])
        basis = f"{market(first)}: {who}, {first['told']} against {last['told']}"
        found.append(
            _Scenario(f"the revision of {who}", low / years, high / years, years, tuple(map(str, chain.index)), basis)
        )
    return [one for one in found if np.isfinite([one.low, one.high]).any()]


def scenarios(evidence: Evidence, parameters: Parameters) -> Result:
    """Show what forecasts of today would come to if they erred as named ones of the past did: an illustration, no forecast.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Grades let in.

    Returns
    -------
    Result
        One term a forecast and scenario: ``estimate`` in USD billion, NaN where the error is not one number, ``conf_low`` and
        ``conf_high`` what the interval of the error leaves (no confidence interval); columns forecast, scenario, stated, year, grade.

    Notes
    -----
    Today's forecasts are those of a year after the newest publication on file. A past error is carried on by the year, but
    no longer than the horizon it was seen over. Scopes and makers differ, so nothing makes any of these likely.
    """
    p = parameters
    rows = figures(evidence, p.grades)
    newest = int(figures(evidence, GRADES)["told"].max())
    today = rows[(rows["status"] == "forecast") & (rows["target"] > newest)].sort_values(
        ["scope", "target"], kind="stable"
    )
    past = _scenarios(evidence, p)
    if today.empty or not past:
        reason = (
            f"{count(len(today), 'forecast')} of a year after {newest} and {count(len(past), 'past error')} are on file at grade {'/'.join(p.grades)}, "
            "and one of each is needed"
        )
        return not_estimable("forecast_scenarios", reason, unit="USD bn", rows=[str(row) for row in today.index])
    records = []
    for name, row in today.iterrows():
        base = {"n_obs": 1, "unit": "USD bn", "forecast": str(name), "stated": one_number(row), "year": int(row["year_end"]), "grade": row["grade"],
                "maker": f"{market(row)}: {maker(row['publisher'])} ({row['told']})"}  # fmt: skip
        records.append({**base, "term": f"{name}__stated", "label": "as stated", "scenario": "stated", "method": "the forecast itself",
                        "estimate": one_number(row) if row["low"] == row["high"] else np.nan, "conf_low": row["low"], "conf_high": or_nan(row["high"])})  # fmt: skip
        for one in past:
            years = min(row["target"] - row["told"], one.years)
            low, high = row["low"] * np.exp(-one.high * years), row["high"] * np.exp(-one.low * years)
            records.append({**base, "term": f"{name}__{one.name.replace(' ', '_')}", "label": f"as {one.name}{_only_bound(one)}", "scenario": one.name,
                            "estimate": low if low == high else np.nan, "conf_low": low, "conf_high": or_nan(high),
                            "method": f"illustration: error of {one.basis}, over {years:.3g} years"})  # fmt: skip
    return _scenario_result(tidy(records), today, past)


def _scenario_result(table: pd.DataFrame, today: pd.DataFrame, past: list[_Scenario]) -> Result:
    many = len(today) > _TOLD
    said = _scenario_shares(table) if many else _scenario_amounts(table)
    text = (
        f"An illustration, no forecast: {count(len(today), 'forecast')} on file for years ahead, if {'it' if len(today) == 1 else 'each'} erred as past ones did. "
        f"{' '.join(said)} {_bound_text(past)}Markets and makers differ, so none of these is likely or unlikely."
    )
    data = table.assign(
        group=table["maker"],
        weak=table["scenario"].ne("stated"),
        ahead=True,
        # A range is drawn from its middle; what is only a bound has none.
        estimate=table["estimate"].fillna(table[["conf_low", "conf_high"]].mean(axis=1, skipna=False)),
    )
    used = tuple(dict.fromkeys([*map(str, today.index), *(row for one in past for row in one.rows)]))
    return Result(
        "forecast_scenarios", table, text, rows=used, n_used=len(used), plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak", "ahead"]],
        checks=(Check("Illustration", None, "One past error says nothing about the next; an error is carried no longer than the horizon it was seen over."),),
        draw=partial(forest, title="Illustration: today's forecasts with yesterday's errors", percent=False, xlabel="USD billion; open: illustration"),
        alt=f"Forecasts as stated and under {count(len(past), 'past error')}. {' '.join(said)}",
    )  # fmt: skip


def _only_bound(one: _Scenario) -> str:
    return "" if np.isfinite([one.low, one.high]).all() else " (only a bound)"


def _bound_text(past: list[_Scenario]) -> str:
    if not any(map(_only_bound, past)):
        return ""
    return "Where the past error is only a bound it may have been next to nothing, and one end is all that follows from it. "


_TOLD = 3
"""How many forecasts a sentence takes; of more, only the shares of what they state are told."""


def _scenario_amounts(table: pd.DataFrame) -> list[str]:
    said = []
    for _, part in table.groupby("forecast", sort=False):
        rest = [f"{row.label} {_amount(row)}" for row in part[part["scenario"] != "stated"].itertuples()]
        said.append(f"{part['maker'].iloc[0]} stands at {_amount(part.iloc[0])} billion dollars; {listing(rest)}.")
    return said


def _scenario_shares(table: pd.DataFrame) -> list[str]:
    said = []
    for label, part in table[table["scenario"] != "stated"].groupby("label", sort=False):
        ends = part[["conf_low", "conf_high"]].div(part["stated"], axis=0)
        least, most = percent(float(ends["conf_low"].min())), percent(float(ends["conf_high"].max()))
        span = (
            f"{least} or more" if ends["conf_high"].isna().all() else least if least == most else f"{least} to {most}"
        )
        said.append(f"{sentence(str(label))} they would come to {span} of what they state.")
    return said


def _amount(row: Any) -> str:
    if np.isfinite(row.estimate):
        return number(row.estimate)
    low, high = (number(end) if np.isfinite(end) and end > 0 else "" for end in (row.conf_low, row.conf_high))
    return f"{low} to {high}" if low and high else f"{low} or more" if low else f"{high} or less"
