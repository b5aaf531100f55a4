"""What exchange rates did, and what that means for a fee that follows another currency."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from lpo_analysis import vocabulary
from lpo_analysis.charts import band
from lpo_analysis.evidence import table
from lpo_analysis.evidence.currencies import CURRENCY_OF, FEWEST, money_named, yearly_changes
from lpo_analysis.evidence.money import price_years
from lpo_analysis.methods.inputs import Input
from lpo_analysis.methods.random_walk import largest_move, spread_over, volatility
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.beside import unknown
from lpo_analysis.savings.parameters import Parameters
from lpo_analysis.wording import count, percent

if TYPE_CHECKING:
    from lpo_analysis.savings.analysis import Analysis


def pair(parameters: Parameters) -> tuple[str, str] | None:
    """Name the currencies between which the buyer stands.

    Parameters
    ----------
    parameters : Parameters
        The question.

    Returns
    -------
    tuple of str or None
        The provider's currency and the one in which today's work is paid; None where they are the same or one is not in the
        table. What the report is printed in moves no saving, so it is neither.
    """
    there, here = (
        CURRENCY_OF.get(vocabulary.PLACES[code].country) for code in (parameters.location, parameters.baseline_location)
    )
    return None if there is None or here is None or there == here else (there, here)


def currency_inputs(parameters: Parameters) -> tuple[Input, ...]:
    """Make the inputs of the exchange rate over the horizon.

    Parameters
    ----------
    parameters : Parameters
        The question.

    Returns
    -------
    tuple of Input
        ``currency_change`` (real change a year of the provider's currency, in the buyer's) and ``local_currency_share`` (of the
        fee that follows it; left out where all of it does); empty where there is only one currency or too short a history.

    Notes
    -----
    The shipped tables have no consumer prices but the United States', so the mean real change cannot be told from the difference
    in inflation and is set to zero (relative purchasing power parity, an assumption); the spread of yearly nominal changes about
    their mean stands for that of the real ones. The range is the predictive t distribution, so it carries the length of the history.
    """
    found = pair(parameters)
    if found is None:
        return ()
    if len(yearly_changes(*found)) < FEWEST:
        return ()
    change = _change(parameters, found)
    if parameters.contract_currency == "provider":
        return (change,)
    label, share = "part of the fee that follows the provider's currency", parameters.local_currency_share
    if share[1] == 0:
        return ()
    return change, Input(
        "local_currency_share", label, "share", share[0], share[1], "logitnormal", 4, "parameter local_currency_share"
    )


def _change(parameters: Parameters, found: tuple[str, str]) -> Input:
    changes = yearly_changes(*found)
    n = len(changes)
    half = float(stats.t.ppf(0.95, n - 1) * changes.std(ddof=1) * spread_over(parameters.horizon_years))
    basis = (
        f"spread of {n} yearly changes of {money_named(found[0])} against {money_named(found[1])}, {changes.index.min()} to {changes.index.max()}; mean zero, because local "
        "prices are not on file"
    )
    label = "real change of the provider's currency"
    return Input("currency_change", label, "a year", -half, half, "normal", 2, basis, _rows(found))


def _rows(found: tuple[str, str]) -> tuple[str, ...]:
    return tuple(f"table:fx_annual:{code}" for code in found if code != "USD")


def currency_risk(analysis: Analysis) -> Result:
    """Show what exchange rates did and what a fee that follows them would do to the net saving.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms ``nominal_change`` (mean nominal change a year of the provider's currency), ``real_change`` (the same less US
        inflation, only where the buyer's currency is the dollar), ``volatility``, ``horizon_change`` (the input) and ``effect`` (change
        of the net saving between its two ends).
    """
    p = analysis.parameters
    found = pair(p)
    terms = {"nominal_change": "mean nominal change a year", "volatility": "volatility of a year"}
    if found is None:
        return unknown("currency", "A risk of exchange rates", _no_pair(p), terms=terms, level=p.level, unit="share")
    there, here = found
    changes = yearly_changes(there, here)
    if len(changes) < FEWEST:
        reason = f"the table holds only {count(len(changes), 'yearly change')} of {money_named(there)} against {money_named(here)}, where {FEWEST} are asked for"
        return unknown("currency", "A risk of exchange rates", reason, terms=terms, level=p.level, unit="share")
    change = _change(p, found)
    sd, sd_low, sd_high = volatility(changes, level=p.level)
    n, mean = len(changes), float(changes.mean())
    half = float(stats.t.ppf((1 + p.level) / 2, n - 1) * sd / np.sqrt(n))
    rows = _rows(found)
    common = {"level": p.level, "unit": "share a year", "n_obs": n}
    records: list[dict[str, object]] = [
        {"term": "nominal_change", "label": f"mean nominal change of {money_named(there)} against {money_named(here)}", "estimate": mean, "std_error": sd / np.sqrt(n),
         "conf_low": mean - half, "conf_high": mean + half, "method": "mean of yearly log changes, t interval", **common},
        _real(changes, here, common),
        {"term": "volatility", "label": "volatility of a year", "estimate": sd, "conf_low": sd_low, "conf_high": sd_high,
         "method": "standard deviation of yearly log changes, chi-squared interval", **common},
        {"term": "horizon_change", "label": f"real change a year over {p.horizon_years}", "estimate": change.median, "conf_low": change.low,
         "conf_high": change.high, "method": "mean zero, spread of the history", **common, "level": 0.9},
        _effect(analysis),
    ]  # fmt: skip
    frame = tidy(records)
    move = largest_move(changes, years=p.horizon_years)
    yearly = np.expm1(changes.to_numpy())
    data = pd.DataFrame({"x": changes.index, "estimate": yearly, "conf_low": yearly, "conf_high": yearly})
    text = _text(p, found, frame.set_index("term"), move, changes)
    return Result(
        "currency", frame, text, rows=rows, n_used=n, plot_data=data, checks=_checks(p, changes),
        draw=partial(band, title=f"How {money_named(there)} moved against {money_named(here)}", ylabel="change from year to year, nominal"),
        alt=f"Line of the nominal change of {money_named(there)} against {money_named(here)} in each year from {changes.index.min()} to {changes.index.max()}, between "
            f"{percent(yearly.min())} and {percent(yearly.max())}.",
    )  # fmt: skip


def _no_pair(p: Parameters) -> str:
    there, here = (vocabulary.PLACES[code].country for code in (p.location, p.baseline_location))
    missing = [country for country in dict.fromkeys((there, here)) if country not in CURRENCY_OF]
    if missing:
        return (
            f"the table of exchange rates holds no currency of {' or '.join(vocabulary.in_words(c) for c in missing)}"
        )
    return "today's work and the moved work are paid in the same currency"


def _real(changes: pd.Series, here: str, common: dict[str, object]) -> dict[str, object]:
    record: dict[str, object] = {
        "term": "real_change",
        "label": "real change of a price fixed in local money",
        **common,
    }
    if here != "USD":
        return {**record, "method": f"not estimable, because no consumer prices in {here} are on file"}
    index = table("cpi_us_annual").set_index("year")["all_items_index"].loc[: price_years()[1]]
    real = (changes - np.log(index).diff()).dropna()
    sd, n = float(real.std(ddof=1)), len(real)
    half = float(stats.t.ppf((1 + float(str(common["level"]))) / 2, n - 1) * sd / np.sqrt(n))
    mean = float(real.mean())
    return {**record, "estimate": mean, "std_error": sd / np.sqrt(n), "conf_low": mean - half, "conf_high": mean + half, "n_obs": n,
            "method": "nominal change less US inflation"}  # fmt: skip


def _effect(analysis: Analysis) -> dict[str, object]:
    """Change of the net saving as the exchange rate runs from its low to its high end."""
    from lpo_analysis.savings.analysis import quantiles

    p = analysis.parameters
    record: dict[str, object] = {"term": "effect", "label": "net saving, currency up less currency down", "level": p.level, "unit": "share",
                                 "n_obs": len(analysis.rows)}  # fmt: skip
    if "currency_change" not in analysis.inputs.names:
        return {**record, "method": "not estimable, because this question moves no fee with the exchange rate"}
    item = analysis.inputs["currency_change"]
    at = [
        analysis.net_saving_of({**analysis.draws, "currency_change": np.full(p.draws, end)})
        for end in (item.low, item.high)
    ]
    middle, low, high = quantiles(at[1] - at[0], p.level)
    return {**record, "estimate": middle, "conf_low": low, "conf_high": high, "method": "all other inputs as drawn"}


def _shift(points: float) -> str:
    """Say by how much the net saving moves."""
    by = round(100 * abs(points))
    if not by:
        return "hardly moves the net saving"
    return f"{'raises' if points > 0 else 'lowers'} the net saving by {by} percentage point{'' if by == 1 else 's'}"


def _text(
    p: Parameters, found: tuple[str, str], by: pd.DataFrame, move: tuple[float, int] | None, changes: pd.Series
) -> str:
    there, here = found
    nominal, sd, ahead, effect = (by.loc[term] for term in ("nominal_change", "volatility", "horizon_change", "effect"))
    first, last = changes.index.min(), changes.index.max()
    lines = [
        (
            f"From {first - 1} to {last} one {money_named(there, article=False)} {'lost' if nominal['estimate'] < 0 else 'gained'} {percent(abs(nominal['estimate']), width=0.05)} a "
            f"year against {money_named(here)} on average in nominal terms; a single year moved it by {percent(sd['estimate'], width=0.05)} around that "
            f"(standard deviation, {p.level:.0%} interval {percent(sd['conf_low'], width=0.05)} to {percent(sd['conf_high'], width=0.05)})."
        )
    ]
    if move is not None:
        span = f"over {count(p.horizon_years, 'year')}" if p.horizon_years > 1 else "in one year"
        lines.append(
            f"The largest move {span} was {percent(abs(np.expm1(move[0])))} {'up' if move[0] > 0 else 'down'}, to {move[1]}."
        )
    lines.append(
        f"Over the horizon the real change is taken as {percent(ahead['conf_low'], width=0.05)} to {percent(ahead['conf_high'], width=0.05)} a year "
        "around zero: the nominal loss is mostly the difference in inflation, which local pay makes up."
    )
    if pd.notna(effect["estimate"]):
        lines.append(
            f"From its low to its high end that {_shift(float(effect['estimate']))} (median), because "
            + (
                "the whole fee follows"
                if p.contract_currency == "provider"
                else f"{percent(p.local_currency_share[0])} to {percent(p.local_currency_share[1])} of the fee follows"
            )
            + " the provider's currency."
        )
    if p.currency not in found:
        lines.append(f"That the report is printed in {p.currency} changes amounts, not savings.")
    return " ".join(lines)


def _checks(p: Parameters, changes: pd.Series) -> tuple[Check, ...]:
    n = len(changes)
    half = n // 2
    early, late = float(changes.iloc[:half].std(ddof=1)), float(changes.iloc[half:].std(ddof=1))
    ratio = max(early, late) / min(early, late)
    fine = bool(ratio**2 <= stats.f.ppf(0.975, n - half - 1, half - 1))
    centred = changes - changes.mean()
    lag = float((centred.iloc[1:].to_numpy() * centred.iloc[:-1].to_numpy()).sum() / (centred**2).sum())
    return (
        Check("Same volatility throughout", fine,
              f"Yearly volatility was {percent(early, width=0.05)} in the first half of the history and {percent(late, width=0.05)} in the second."),
        Check("Random walk", bool(abs(lag - 0.25) <= 1.96 / np.sqrt(n)),
              f"Changes of successive yearly averages correlate by {lag:.2f}; a random walk gives 0.25, and is assumed where a horizon has several years."),
        Check("Real and nominal", None,
              "The history is nominal. Only US consumer prices are on file, so real exchange rates proper cannot be computed; the spread is taken "
              "from nominal changes and the mean set to zero."),
    )  # fmt: skip
