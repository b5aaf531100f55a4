"""What would have to be true: the value of each input, and the line of the two that matter most, at which nothing is saved."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis.charts import breakeven
from lpo_analysis.methods.inputs import Input
from lpo_analysis.methods.thresholds import REACH, Threshold, frontier, threshold
from lpo_analysis.results import Result, not_estimable, tidy
from lpo_analysis.savings.analysis import Analysis
from lpo_analysis.savings.drivers import amount, ranked
from lpo_analysis.wording import count, percent, probability, sentence

DRAWS = 2048
"""Draws that decide where the median is zero; the first of a net are a net."""


def thresholds(analysis: Analysis) -> Result:
    """Find the value of each input at which the median net saving is zero, the others as uncertain as they are.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term an input: first those that can do it alone, the value nearest to the input's median first, then the others by how near to
        zero they bring the median net saving. ``estimate`` is the value (NaN where none within its 0.1% and 99.9% quantiles does it),
        ``needed`` whether the median buyer saves ``at most`` or ``at least`` there, ``probability`` that the input is on that side,
        ``reached`` the median net saving nearest to zero at either of those quantiles (zero where it is met), ``input_low`` and
        ``input_high`` its range, ``median`` its median; ``_text`` columns are for reading.
    """
    p = analysis.parameters
    draws = {name: values[:DRAWS] for name, values in analysis.draws.items()}
    tails = (1 - p.level) / 2, (1 + p.level) / 2
    records = []
    for item in analysis.counted:
        found = threshold(analysis.net_saving_of, analysis.inputs, item.name, draws=draws, points=9)
        value, chance = _nearest(found)
        low, high = (float(item.ppf(tail)) for tail in tails)
        record: dict[str, object] = {
            "term": item.name, "label": item.label, "estimate": value, "level": p.level, "n_obs": len(item.rows), "unit": item.unit,
            "rung": item.rung, "input_low": low, "median": item.median, "input_high": high, "n_values": len(found.values),
            "method": "root of the median net saving",
        }  # fmt: skip
        if np.isfinite(value):
            at_most = found.holds_below
            record |= {"needed": "at most" if at_most else "at least", "probability": chance if at_most else 1 - chance}
            record["needed_text"] = f"{record['needed']} {amount(value, item.unit)}"
        else:
            record |= {"needed": "", "probability": np.nan, "needed_text": "nothing it can be"}
        record["median_text"] = amount(item.median, item.unit)
        # An input without a turning point leaves the median on one side of zero throughout.
        reached = 0.0 if np.isfinite(value) else min((found.at_low, found.at_high), key=abs)
        records.append(record | {"reached": reached, "distance": abs(chance - 0.5), "short": abs(reached)})
    order = tidy(records).sort_values(["short", "distance"], kind="stable", ignore_index=True)
    table = order.drop(columns=["short", "distance"])
    middle = float(np.median(analysis.costs.net_saving))
    return Result("thresholds", table, _told(analysis, table, middle), rows=analysis.rows, n_used=len(table))


def _nearest(found: Threshold) -> tuple[float, float]:
    """Of several turning points the one nearest to the input's median."""
    if not found.values:
        return np.nan, np.nan
    return min(zip(found.values, found.probabilities, strict=True), key=lambda pair: abs(pair[1] - 0.5))


def _told(analysis: Analysis, table: pd.DataFrame, middle: float) -> str:
    turning = table[table["estimate"].notna()]
    others = len(table) - len(turning)
    saved = middle > 0
    head = f"In the median the net saving is {percent(middle)}."
    if turning.empty:
        return (
            f"{head} No single input changes its sign, whatever value between its {REACH[0]:.1%} and {REACH[1]:.1%} quantiles it "
            f"takes: only several together do; {_nearest_of(table.iloc[0], others)}."
        )
    parts = []
    for row in turning.head(3).itertuples(index=False):
        item = analysis.inputs[row.term]
        side = f"of {row.needed}" if not saved else {"at most": "above", "at least": "below"}[row.needed]
        chance = row.probability if not saved else 1 - row.probability
        parts.append(f"{row.label} {side} {amount(row.estimate, item.unit)} (probability {probability(chance)})")
    one = "this input" if len(parts) == 1 else "each of these inputs"
    text = f"{head} Alone, the others as uncertain as they are, {one} would turn that into {'a loss' if saved else 'a saving'}: {'; '.join(parts)}."
    rest = f" {sentence(count(len(turning) - 3, 'further input'))} could do it alone." if len(turning) > 3 else ""
    if not others:
        return f"{text}{rest}"
    none = f" {sentence(count(others, 'input'))} cannot turn the sign alone, whatever {'it' if others == 1 else 'they'} can be"
    return f"{text}{rest}{none}; {_nearest_of(table[table['estimate'].isna()].iloc[0], others)}."


def _nearest_of(row: pd.Series, others: int) -> str:
    """Say how far the first of the inputs that turn nothing brings the median net saving."""
    reached = percent(row["reached"])
    return f"it reaches {reached}" if others == 1 else f"nearest comes {row['label']}, with {reached}"


def together(analysis: Analysis) -> Result:
    """Find the line of the two most influential inputs on which the median net saving is zero.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term a point of the line: ``estimate`` is the value of the second input, column ``at`` that of the first. Not
        estimable where fewer than two inputs matter or no values of theirs turn the sign.
    """
    p = analysis.parameters
    first, second = (analysis.inputs[name] for name in ranked(analysis)[:2])
    draws = {name: values[:DRAWS] for name, values in analysis.draws.items()}
    line = frontier(analysis.net_saving_of, analysis.inputs, (first.name, second.name), draws=draws, points=31)
    if len(line) < 2:
        reason = f"no values of {first.label} and {second.label} that they can be expected to take turn the sign of the median net saving"
        return not_estimable("break_even_line", reason, level=p.level, rows=analysis.rows, unit=second.unit)
    table = tidy(
        {"term": f"point_{i}", "label": amount(x, first.unit), "at": x, "estimate": y, "unit": second.unit, "level": p.level,
         "method": "root of the median net saving"}
        for i, (x, y) in enumerate(line.itertuples(index=False, name=None), start=1)
    )  # fmt: skip
    above = _saves_above(analysis, second, draws)
    tails = np.array([(1 - p.level) / 2, (1 + p.level) / 2])
    corners = pd.DataFrame({"kind": "range", "x": first.ppf(tails), "y": second.ppf(tails)})
    middle = pd.DataFrame({"kind": ["median"], "x": [first.median], "y": [second.median]})
    data = pd.concat([line.assign(kind="line")[["kind", "x", "y"]], corners, middle], ignore_index=True)
    ends = line.iloc[[0, -1]]
    said = [f"{amount(y, second.unit)} at {amount(x, first.unit)}" for x, y in ends.itertuples(index=False, name=None)]
    saves, loses = "something is saved in the median", "nothing is saved in the median"
    return Result(
        "break_even_line", table,
        f"{sentence(first.label)} and {second.label} matter most. On the line where the median net saving is zero, the second goes from "
        f"{said[0]} to {said[1]} of the first; something is saved in the median where it is {'higher' if above else 'lower'} than that.",
        rows=analysis.rows, n_used=len(table), plot_data=data,
        draw=partial(
            breakeven, title="Where the two inputs that matter most turn the answer", xlabel=f"{first.label}, {first.unit}",
            ylabel=f"{second.label}, {second.unit}", above=saves if above else loses, below=loses if above else saves,
            range_text=f"{p.level:.0%} range of each", median_text="as taken", percent=(_is_share(first), _is_share(second)),
        ),
        alt=f"Line on which the median net saving is zero, {said[0]} to {said[-1]}; a box shows the {p.level:.0%} ranges of both, a dot the medians.",
    )  # fmt: skip


def _is_share(item: Input) -> bool:
    return item.unit in ("share", "a year")


def _saves_above(analysis: Analysis, item: Input, draws: dict[str, np.ndarray]) -> bool:
    """Whether more of an input means a larger net saving."""
    low, high = (
        float(
            np.median(analysis.net_saving_of({**draws, item.name: np.full_like(draws[item.name], float(item.ppf(u)))}))
        )
        for u in REACH
    )
    return high > low
