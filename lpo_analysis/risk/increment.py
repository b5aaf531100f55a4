"""What one more provider adds to the expected loss, as a function of its exposure, and where a saving is gone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from lpo_analysis.charts import band
from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import Evidence
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.inputs import Rate, draw, increment_of, mean_cost, provider_rate, spread, uncapitalised
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import count, money, number, percent, probability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HAZARDS = (0.5, 1.0, 2.0, 3.0)
"""Hazards of the provider against an average vendor that are shown."""
VENDORS = (1, 5, 20, 100)
"""Numbers of vendors that are shown."""
_METHOD = "stated exposure model, not identified by data"


def _terms(p: Parameters) -> dict[str, str]:
    low, high = p.held_share
    terms = {
        "low": f"added loss under the stated exposure, if a provider holds {percent(low)} of the records",
        "high": f"added loss under the stated exposure, if a provider holds {percent(high)} of the records",
    }
    if p.saving_at_stake > 0:
        terms |= {
            "held_at_break_even": "share of the records held at which the saving is gone",
            "hazard_at_break_even": f"hazard at which the saving is gone, {percent(high)} of the records held",
        }
    return terms


def at_exposure(
    draws: Mapping[str, Floats], parameters: Parameters, *, held: float | None = None, hazard: float | None = None
) -> Floats:
    """Return the increment with part of the exposure fixed.

    Parameters
    ----------
    draws : mapping of str to ndarray of float, each of shape (n,)
        Draws by input of `lpo_analysis.risk.inputs.loss_inputs`.
    parameters : Parameters
        Records, vendors.
    held : float, optional
        Share of the records that the provider holds; as drawn by default.
    hazard : float, optional
        How often the provider is breached against an average vendor; as drawn by default.

    Returns
    -------
    ndarray of float, shape (n,)
        USD a year.
    """
    fixed = {"held_share": held, "relative_hazard": hazard}
    size = len(draws["cost_per_record"])
    return increment_of(
        {**draws, **{name: np.full(size, value) for name, value in fixed.items() if value is not None}}, parameters
    )


def provider_increment(evidence: Evidence, parameters: Parameters, *, rate: Rate | None = None) -> Result:
    """Compute what one more provider adds to the expected yearly loss, as a function of its exposure.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    rate : tuple of float, optional
        Shape and rate of the gamma distribution of breaches a year that own incidents leave, see `loss_inputs`.

    Returns
    -------
    Result
        Terms ``low`` and ``high`` (at the ends of the share of records held): USD a year, means over the draws. Where `saving_at_stake` is asked about,
        ``held_at_break_even`` and ``hazard_at_break_even``: the share held, and the hazard against an average vendor, at which the
        mean loss added equals the saving, with the interval of the same over the draws; inf where no share brings it about.
        ``plot_data`` runs over the share held; ``model`` holds ``draws``, ``inputs``, ``by_exposure``, a frame of the increment by
        hazard and share held, and ``by_vendors``, one by the number of vendors and by how third-party breaches fall on them.

    Notes
    -----
    Not identified by the data, which do not compare outsourced with own work. The exposure model is stated: of today's
    breaches the third-party share comes through the vendors that hold records, equally; one more vendor adds one vendor's part,
    times its hazard against theirs. A breach there reaches the records it holds. With n vendors the increment is 1/n of a
    constant, so that half the vendors double it. In the variant, third-party breaches fall on vendors in proportion to the records
    they hold, and today's vendors together hold `held_by_vendors` times the firm's records; their number then plays no part.
    """
    p = parameters
    try:
        draws, inputs = draw(evidence, p, rate=rate)
    except NoEvidenceError as error:
        return not_estimable("provider_increment", uncapitalised(error.what), terms=_terms(p), level=p.level)
    records = []
    for term, held in zip(("low", "high"), p.held_share, strict=True):
        middle, low, high = spread(at_exposure(draws, p, held=held), p.level)
        records.append({"term": term, "label": _terms(p)[term], "estimate": middle, "conf_low": low, "conf_high": high,
                        "level": p.level, "n_obs": len(inputs), "unit": "USD a year", "method": _METHOD})  # fmt: skip
    chance = None
    if p.saving_at_stake > 0:
        for term, values, middle, unit in zip(
            list(_terms(p))[2:],
            _break_even(draws, p),
            _break_even_of_mean(draws, p),
            ("share of records", "multiple"),
            strict=True,
        ):
            # Some draws never reach the saving: quantiles of what is ordered, never means.
            ordered = np.sort(values)
            ends = [
                float(ordered[min(len(ordered) - 1, int(q * len(ordered)))])
                for q in ((1 - p.level) / 2, (1 + p.level) / 2)
            ]
            records.append({"term": term, "label": _terms(p)[term], "estimate": middle, "conf_low": ends[0], "conf_high": ends[1],
                            "level": p.level, "n_obs": len(inputs), "unit": unit, "method": _METHOD})  # fmt: skip
        chance = float((increment_of(draws, p) >= p.saving_at_stake).mean())
    table = tidy(records)
    data = pd.DataFrame(
        [(held, *spread(at_exposure(draws, p, held=float(held)), p.level)) for held in np.linspace(0.02, 1, 25)],
        columns=["x", "estimate", "conf_low", "conf_high"],
    )
    a, b = table.iloc[0], table.iloc[1]
    by_vendors = _by_vendors(draws, p)
    gone = float(table.iloc[2]["estimate"]) if chance is not None else None
    mark = gone if gone is not None and gone <= 1 else None
    return Result(
        "provider_increment", table, _text(table, by_vendors, p, chance),
        checks=(
            Check("Identification", False, "No row on file compares breaches of outsourced with own work; the increment follows from the exposure model alone."),
            Check("Exposure", None, "The share of records held, the hazard against an average vendor and the number of vendors are parameters; halving the vendors doubles the increment. The table by the number of vendors shows 1 to 100, and the same where breaches fall in proportion to the records held."),
        ),
        rows=tuple(dict.fromkeys(row for item in inputs for row in item.rows)), n_used=len(inputs), plot_data=data,
        draw=partial(_curve, currency_year=p.price_year, mark=mark),
        alt=f"Curve of the added expected loss by the share of records held, {money(a['estimate'], 'USD', digits=2)} at {percent(p.held_share[0])} and {money(b['estimate'], 'USD', digits=2)} at {percent(p.held_share[1])}.",
        model={"draws": draws, "inputs": inputs, "by_exposure": _by_exposure(draws, p), "by_vendors": by_vendors},
    )  # fmt: skip


def _by_exposure(draws: Mapping[str, Floats], p: Parameters) -> pd.DataFrame:
    held = sorted({p.held_share[0], float(np.mean(p.held_share)), p.held_share[1], 1.0})
    rows = [
        (hazard, share, *spread(at_exposure(draws, p, held=share, hazard=hazard), p.level))
        for hazard in HAZARDS
        for share in held
    ]
    return pd.DataFrame(rows, columns=["hazard", "held", "estimate", "conf_low", "conf_high"])


def _by_vendors(draws: Mapping[str, Floats], p: Parameters) -> pd.DataFrame:
    """Return the increment by the number of vendors, and where third-party breaches fall in proportion to the records held."""
    rows: list[tuple[str, float, bool, float, float, float, float]] = []
    for vendors in sorted({*VENDORS, p.vendors}):
        asked = p.model_copy(update={"vendors": vendors})
        found = [spread(at_exposure(draws, asked, held=held), p.level) for held in p.held_share]
        rows.append((f"evenly over {count(vendors, 'vendor')}", vendors, vendors == p.vendors, found[0][0], *found[1]))
    found = [spread(in_proportion(draws, p, held=held), p.level) for held in p.held_share]
    rows.append(("in proportion to the records held", np.nan, False, found[0][0], *found[1]))
    return pd.DataFrame(rows, columns=["how", "vendors", "asked", "low", "high", "conf_low", "conf_high"])


def in_proportion(draws: Mapping[str, Floats], parameters: Parameters, *, held: float) -> Floats:
    """Return the increment if third-party breaches fall on vendors in proportion to the records they hold.

    Parameters
    ----------
    draws : mapping of str to ndarray of float, each of shape (n,)
        Draws by input of `lpo_analysis.risk.inputs.loss_inputs`.
    parameters : Parameters
        The question; `held_by_vendors` tells how much today's vendors hold together.
    held : float
        Share of the records that the provider holds.

    Returns
    -------
    ndarray of float, shape (n,)
        USD a year.
    """
    weight = parameters.vendors * held / parameters.held_by_vendors
    return weight * at_exposure(draws, parameters, held=held)


def _break_even_of_mean(draws: Mapping[str, Floats], p: Parameters) -> tuple[float, float]:
    """Return the share held and the hazard at which the mean loss added equals the saving."""
    hazard = p.saving_at_stake / float(at_exposure(draws, p, held=p.held_share[1], hazard=1.0).mean())

    def added(held: float) -> float:
        return float(at_exposure(draws, p, held=held).mean()) - p.saving_at_stake

    if added(1.0) < 0:
        return np.inf, hazard
    return (0.0 if added(0.0) >= 0 else float(brentq(added, 0.0, 1.0, xtol=1e-6))), hazard


def _break_even(draws: Mapping[str, Floats], p: Parameters) -> tuple[Floats, Floats]:
    """Return the share held and the hazard at which the saving is gone, given each draw."""
    # The cost of a breach rises with what is held, so the share held lies between two steps of a fine ladder.
    ladder = np.linspace(0.0, 1.0, 201)
    wanted = p.saving_at_stake / provider_rate(draws, p)
    costs = np.stack([mean_cost(draws, p, held=float(held)) for held in ladder])
    reached = costs >= wanted
    at = reached.argmax(axis=0)
    below, column = np.maximum(at - 1, 0), np.arange(len(wanted))
    low, high = costs[below, column], costs[at, column]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(high > low, (wanted - low) / (high - low), 0.0)
    held = np.where(reached.any(axis=0), ladder[below] + np.where(at > 0, part * ladder[1], 0.0), np.inf)
    return held, p.saving_at_stake / at_exposure(draws, p, held=p.held_share[1], hazard=1.0)


def _text(table: pd.DataFrame, by_vendors: pd.DataFrame, p: Parameters, chance: float | None) -> str:
    a, b = table.iloc[0], table.iloc[1]
    few = (
        f"{money(a['estimate'], 'USD', digits=2)} a year if it holds {percent(p.held_share[0])} of the records and "
        if p.held_share[0] < p.held_share[1]
        else ""
    )
    text = (
        f"Under the stated exposure (third-party breaches spread evenly over {count(p.vendors, 'vendor')}, the provider breached {p.relative_hazard[0]:g} to "
        f"{p.relative_hazard[1]:g} times as often as an average vendor), one more provider adds an expected "
        f"{few}{money(b['estimate'], 'USD', digits=2)}{' a year' if not few else ''} if it holds {percent(p.held_share[1])} ({p.level:.0%} interval up to {money(b['conf_high'], 'USD', digits=2)}). "
    )
    if chance is None:
        text += f"Holding {percent(p.held_share[1])}, a yearly saving below that mean is gone in expectation. "
    else:
        held, hazard = table.iloc[2], table.iloc[3]
        saving, most = f"${p.saving_at_stake:,.0f}", percent(p.held_share[1])
        times = f"breached {number(hazard['estimate'], digits=2)} times as often as an average vendor"
        text += (
            f"A saving of {saving} a year is gone in expectation if the provider holds {percent(held['estimate'])} of the records, or, holding {most}, if it is {times}"
            if np.isfinite(held["estimate"])
            else f"A saving of {saving} a year is not gone in expectation whatever share of the records the provider holds; holding {most}, it would have to be {times}"
        )
        text += f". Over all draws the added loss exceeds the saving with a probability of {probability(chance)}. "
    held_today = (
        "as many records as the firm has"
        if p.held_by_vendors == 1
        else f"{p.held_by_vendors:g} times the firm's records"
    )
    one, many, other = (by_vendors.iloc[i] for i in (0, -2, -1))
    text += (
        f"The exposure decides: holding {percent(p.held_share[1])} it is {money(one['high'], 'USD', digits=2)} with {count(int(one['vendors']), 'vendor')}, {money(many['high'], 'USD', digits=2)} with "
        f"{count(int(many['vendors']), 'vendor')}, and {money(other['high'], 'USD', digits=2)} if third-party breaches fall in proportion to the records held "
        f"and today's vendors together hold {held_today} (an assumption). "
    )
    return text + "The data do not tell whether a provider is breached more or less often than the firm itself."


def _curve(frame: pd.DataFrame, *, ax: Axes | None = None, currency_year: int, mark: float | None) -> Axes:
    return band(
        frame, ax=ax, title="What one more provider adds, by what it holds", xlabel="share of the firm's records it holds",
        ylabel=f"USD of {currency_year} a year", percent_x=True, percent_y=False, mark=mark, mark_text="saving gone",
    )  # fmt: skip
