"""From what size moving pays: fixed costs of vetting, controls and added loss spread over more or fewer hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis import savings, vocabulary
from lpo_analysis.charts import band
from lpo_analysis.decision.adjusted import LOSS, added_of, controls_of
from lpo_analysis.decision.portfolio import Portfolio
from lpo_analysis.decision.ways import STAY, key
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.analysis import quantiles
from lpo_analysis.wording import money, number, probability, sentence

VOLUMES = tuple(float(v) for v in np.unique(np.round(np.geomspace(20, 20_000, 25), -1)))
"""Hours a year that are looked at."""


DEEP = 2.5
"""How far below zero the figure reaches, as a multiple of the farther end of the interval at the largest volume."""


def considered(portfolio: Portfolio) -> tuple[tuple[str, str], ...]:
    """Return the way of each task that is looked at by size.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    tuple of (str, str)
        Task and option: that of the plan weighed against staying, else the best that may be chosen; tasks without one are left out.
    """
    w, found = portfolio.ways, []
    for task, name in zip(w.parameters.tasks, portfolio.candidate, strict=True):
        allowed = [other for other in w.open(task) if w.option(other).model != "captive"]
        if name == STAY and not allowed:
            continue
        best = (
            name
            if name != STAY
            else max(allowed, key=lambda other: float(w.adjusted[task].net(key(task, other)).mean()))
        )
        found.append((task, best))
    return tuple(found)


def at_volume(portfolio: Portfolio, cell: tuple[str, str], hours: float) -> tuple[Floats, Floats]:
    """Return what one way brings at another volume, and its fixed costs.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    cell : tuple of str
        Task and option.
    hours : float
        Hours a year.

    Returns
    -------
    tuple of ndarray of float
        Risk-adjusted saving over the horizon, and what of its costs does not follow the volume (set-up, controls, added loss).
    """
    w = portfolio.ways
    analysis, drawn = w.cells[cell], w.joint.draws[key(*cell)]
    made = savings.costs(analysis.gathered.rates(drawn), replace(analysis.terms, volume_hours=hours))
    lost = w.joint.draws[LOSS]
    held = added_of(analysis, w.loss, lost) + controls_of(analysis, w.loss, lost)
    fixed = made.lines.get("setup", np.zeros(1)) + held
    return made.net_present_value - held, np.broadcast_to(fixed, made.net_present_value.shape)


def by_size(portfolio: Portfolio) -> Result:
    """Find from what volume a way of doing a task pays.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        One term a task, as if it were moved alone: ``estimate`` is the smallest volume of those looked at from which the expected risk-adjusted saving stays above 0 (hours a
        year; inf where none does), ``confident`` the one from which the probability of beating today's way is `confidence` or more, ``fixed``
        the mean of the costs that do not follow the volume. ``model`` is a frame by task and volume.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    cells = considered(portfolio)
    if not cells:
        return not_estimable("by_size", "no task may move", level=p.level, rows=w.rows, unit="hours a year")
    records, rows = [], []
    for cell in cells:
        means, chances = [], []
        for hours in VOLUMES:
            net, fixed = at_volume(portfolio, cell, hours)
            total = hours * p.horizon_years
            _, low, high = quantiles(net / total, p.level)
            means.append(float(net.mean()))
            chances.append(float((net > 0).mean()))
            rows.append({"task": cell[0], "label": sentence(vocabulary.label("task", cell[0])), "who": cell[1], "hours": round(hours), "x": hours, "estimate": means[-1] / total, "conf_low": low, "conf_high": high, "p_beats_staying": chances[-1],
                         "fixed_per_hour": float(fixed.mean()) / total, "fixed": float(fixed.mean())})  # fmt: skip
        pays, sure = _from(np.array(means)), _from(np.array(chances) - p.confidence, log=True)
        records.append({"term": cell[0], "label": key(*cell), "estimate": pays, "level": p.level, "n_obs": len(w.cells[cell].rows), "unit": "hours a year",
                        "method": f"between {len(VOLUMES)} volumes", "confident": sure, "fixed": rows[-1]["fixed"], "most_probable": max(chances)})  # fmt: skip
    table, frame = tidy(records), pd.DataFrame(rows)
    said = partial(money, currency="USD", digits=2)
    lines = []
    for row, (task, option) in zip(table.itertuples(index=False), cells, strict=True):
        who, hours = f"{sentence(vocabulary.label('task', task))} by {option}", p.volume_hours[p.tasks.index(task)]
        cost = f"{said(row.fixed)} over the horizon is spent whatever the volume (vetting, contracting and instructing, controls, added loss)"
        if np.isinf(row.estimate):
            lines.append(f"{who} pays at no volume up to {VOLUMES[-1]:,.0f} hours a year in expectation; {cost}.")
            continue
        first = (
            f"from the smallest volume looked at, {VOLUMES[0]:,.0f} hours a year"
            if row.estimate == VOLUMES[0]
            else f"from about {number(row.estimate, digits=2)} hours a year"
        )
        chance = (
            f"with a probability of {probability(p.confidence)} from about {number(row.confident, digits=2)}"
            if np.isfinite(row.confident)
            else f"with a probability of {probability(p.confidence)} at no volume looked at"
        )
        lines.append(f"{who} pays in expectation {first}, {chance}; asked about are {hours:,.0f}. {sentence(cost)}.")
    at = _first(portfolio, cells)
    shown = frame[frame["task"] == cells[at][0]]
    ends = shown[["conf_low", "conf_high"]].iloc[-1].abs().max()
    return Result(
        "by_size", table, " ".join(lines), rows=w.rows, n_used=len(table), plot_data=shown[["x", "estimate", "conf_low", "conf_high"]].reset_index(drop=True), model=frame,
        checks=(Check("What changes with size", None, "Only the hours, each task taken alone with vetting of its own: records, vendors, prices an hour and the smallest contract are those of the parameters. A price list with discounts is not on file."),),
        draw=partial(band, title=_title(cells[at], table["estimate"].iloc[at]), xlabel="hours of the task a year", ylabel="USD saved an hour of today's work",
                     percent_y=False, log=True, mark=p.volume_hours[p.tasks.index(cells[at][0])], mark_text="asked", floor=-DEEP * float(ends), middle_text="mean", band_text=f"{p.level:.0%} interval"),
        alt="Risk-adjusted saving an hour by volume. " + " ".join(lines),
    )  # fmt: skip


def _first(portfolio: Portfolio, cells: Sequence[tuple[str, str]]) -> int:
    """Return which way is drawn: of those of the plan weighed against staying that of most hours, else of all."""
    p = portfolio.ways.parameters
    hours = [p.volume_hours[p.tasks.index(task)] for task, _ in cells]
    moved = [portfolio.candidate[p.tasks.index(task)] != STAY for task, _ in cells]
    return max(range(len(cells)), key=lambda n: (moved[n], hours[n]))


def _title(cell: tuple[str, str], pays: float) -> str:
    """Say from what volume a way pays."""
    who = f"{sentence(vocabulary.label('task', cell[0]))} by {cell[1]}"
    if np.isinf(pays):
        return f"{who}: on average nothing is saved at any volume"
    if pays <= VOLUMES[0]:
        return f"{who}: saves on average at every volume looked at"
    return f"{who}: saves on average from about {number(pays, digits=2)} hours a year"


def _from(over: np.ndarray, *, log: bool = False) -> float:
    """Return the volume from which a quantity stays at 0 or above for all larger ones looked at, interpolated; a mean saving is linear in the hours."""
    failing = np.flatnonzero(over < 0)
    if not len(failing):
        return VOLUMES[0]
    last = int(failing[-1])
    if last + 1 == len(VOLUMES):
        return float("inf")
    share = -over[last] / (over[last + 1] - over[last])
    low, high = VOLUMES[last], VOLUMES[last + 1]
    return float(low * (high / low) ** share if log else low + share * (high - low))


def bought_or_hired(portfolio: Portfolio) -> Result:
    """Set expertise bought by the hour against hiring it, by size of the buyer.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        Of the savings report (`lpo_analysis.savings`), for the first way with an outside provider; not estimable without one.
    """
    w = portfolio.ways
    bought = [analysis for (_, name), analysis in w.cells.items() if w.option(name).model == "provider"]
    if not bought:
        return not_estimable(
            "expertise_by_size",
            "no outside provider is among the ways that can be costed",
            level=w.parameters.level,
            rows=w.rows,
        )
    return bought[0].expertise_by_size
