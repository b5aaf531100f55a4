"""How far the currency of the provider's place swings against the dollar."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from lpo_analysis import vocabulary
from lpo_analysis.charts import band
from lpo_analysis.evidence.currencies import CURRENCY_OF, FEWEST, money_named, yearly_changes
from lpo_analysis.methods.random_walk import largest_move, volatility
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, percent


def currency_swings(location: str, *, years: int, level: float = 0.90, against: str = "USD") -> Result:
    """Show what exchange rates did, and how far one may be off by the end of a contract.

    Parameters
    ----------
    location : str
        Code of a place; a part takes the currency of its country.
    years : int
        Horizon.
    level : float, default 0.90
        Probability the intervals cover.
    against : str, default 'USD'
        Currency the buyer pays in, ISO 4217.

    Returns
    -------
    Result
        Terms ``volatility`` of a year and ``horizon`` (relative change of the yearly average by the end of the horizon, about the
        past trend: mean and predictive interval).

    Notes
    -----
    Yearly averages of a random walk whose yearly average changes have variance s^2 have moved by s^2 (3 H - 1) / 2 over H years
    (`lpo_analysis.methods.random_walk.spread_over`); the predictive interval is a t interval with the error of the trend in it.
    A provider whose costs are local and whose fee is in dollars bears the move; it is a risk to continuity where the local currency
    gains, and whoever bears it should be written into the contract.
    """
    terms = {"volatility": "swing of a year", "horizon": f"change over {count(years, 'year')}"}
    country = vocabulary.PLACES[location].country
    name, code, theirs = vocabulary.in_words(country), CURRENCY_OF.get(country), money_named(against)
    if code is None or code == against:
        reason = (
            f"the table of exchange rates holds no currency of {name}"
            if code is None
            else f"{name} pays in {theirs} itself"
        )
        return not_estimable("currency_swings", reason, terms=terms, level=level, unit="share")
    changes, ours = yearly_changes(code, against), money_named(code)
    n = len(changes)
    if n < FEWEST:
        reason = (
            f"the table holds only {count(n, 'yearly change')} of {ours} against {theirs}, where {FEWEST} are asked for"
        )
        return not_estimable("currency_swings", reason, terms=terms, level=level, unit="share")
    sd, low, high = volatility(changes, level=level)
    trend = float(changes.mean())
    half = (
        float(stats.t.ppf((1 + level) / 2, n - 1))
        * sd
        * float(np.sqrt((3 * years - 1) / 2 + years**2 * (3 * n - 1) / (2 * n**2)))
    )
    ends = np.expm1([years * trend, years * trend - half, years * trend + half])
    table = tidy(
        [
            {"term": "volatility", "label": terms["volatility"], "estimate": sd, "conf_low": low, "conf_high": high, "level": level, "n_obs": n, "unit": "share a year",
             "method": "standard deviation of yearly log changes, chi-squared interval"},
            {"term": "horizon", "label": terms["horizon"], "estimate": ends[0], "conf_low": ends[1], "conf_high": ends[2], "level": level, "n_obs": n, "unit": "share",
             "method": "past trend, random walk of yearly averages, predictive t interval"},
        ]
    )  # fmt: skip
    move = largest_move(changes, years=years)
    first, last = int(changes.index.min()), int(changes.index.max())
    text = (
        f"A single year moved {ours} by {percent(sd, width=0.05)} around its trend against {theirs} ({level:.0%} interval {percent(low, width=0.05)} to {percent(high, width=0.05)}, "
        f"{first} to {last}). Over {count(years, 'year')} that makes a change of {percent(ends[1])} to {percent(ends[2])}"
    )
    if move is not None:
        text += f"; the largest on record was {percent(abs(np.expm1(move[0])))} {'up' if move[0] > 0 else 'down'}, to {move[1]}"
    text += ". The figures are nominal: part of it makes up for a difference in inflation, which is not on file."
    yearly = np.expm1(changes.to_numpy())
    centred = (changes - trend).to_numpy()
    lag = float((centred[1:] * centred[:-1]).sum() / (centred**2).sum())
    return Result(
        "currency_swings", table, text,
        checks=(Check("Random walk", bool(abs(lag - 0.25) <= 1.96 / np.sqrt(n)), f"Changes of successive yearly averages correlate by {lag:.2f}; a random walk gives 0.25."),),
        rows=(f"table:fx_annual:{code}",), n_used=n, plot_data=pd.DataFrame({"x": changes.index, "estimate": yearly, "conf_low": yearly, "conf_high": yearly}),
        draw=partial(band, title=f"How {ours} moved against {theirs}", ylabel="change from year to year, nominal"),
        alt=f"Line of the nominal change of {ours} against {theirs} in each year from {first} to {last}, between {percent(yearly.min())} and {percent(yearly.max())}.",
    )  # fmt: skip
