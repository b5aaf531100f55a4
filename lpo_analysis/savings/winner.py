"""The lowest of several quotes is too good to be true: what it is likely to cost in the end."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np
import pandas as pd

from lpo_analysis.charts import intervals
from lpo_analysis.methods.shrinkage import expected_lowest, shrink
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.analysis import Analysis, quantiles
from lpo_analysis.savings.own_quotes import in_money, own_quotes, quote_checks
from lpo_analysis.wording import count, money, percent

BIDDERS = (2, 3, 5, 8)
"""Numbers of bidders for which the bias of the lowest quote is shown."""


@lru_cache(maxsize=64)
def expected_shortfall(bidders: int, error: float) -> float:
    """Return how far the lowest of equally dear quotes lies below what the work costs.

    Parameters
    ----------
    bidders : int
        Quotes for work that costs the same with all of them.
    error : float
        Standard deviation of a quote's error on the log scale.

    Returns
    -------
    float
        Share of the true cost, on the log scale turned back.
    """
    return float(-np.expm1(error * expected_lowest(bidders)))


def lowest_quote(analysis: Analysis) -> Result:
    """Shrink the lowest of the buyer's own quotes, given as numbers or as a file.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms ``quote_1`` ... in ascending order: what each quote is likely to cost; column ``quoted`` holds the quote itself. Term
        ``shortfall``: by how much the lowest is likely to be exceeded. Not estimable with fewer than two quotes; then terms
        ``bidders_2`` ... say how far the lowest of so many equal bidders lies too low.

    Notes
    -----
    Quotes are the logarithms of the true costs with independent errors of the standard deviation ``quote_error`` and mean zero; see
    `lpo_analysis.methods.shrinkage.shrink`. Bidders who quote low on purpose are worse than that.
    """
    p = analysis.parameters
    unit = f"{p.currency} a unit"
    own = own_quotes(p)
    given = tuple(p.quotes) if own is None else in_money(own, p)
    illustration = [
        {"term": f"bidders_{n}", "label": f"lowest of {n} equally dear bidders, below the true cost", "estimate": expected_shortfall(n, p.quote_error),
         "unit": "share of the true cost", "method": "closed form, quote_error assumed"}
        for n in BIDDERS
    ]  # fmt: skip
    if len(given) < 2:
        told = "none is given" if not given else "one is given, and one quote was not picked from others"
        reason = f"at least two quotes of your own are needed (parameter quotes, or a file as quotes_path) and {told}"
        nothing = not_estimable(
            "lowest_quote", reason, terms={"quote_1": "lowest quote, shrunk"}, level=p.level, unit=unit
        )
        table = tidy([*nothing.table.to_dict("records"), *illustration])
        three = expected_shortfall(3, p.quote_error)
        text = (
            f"What your lowest quote will cost is not estimable, because {reason}. How far to mistrust it can be said: if quotes miss the true cost "
            f"by {percent(p.quote_error)} either way (an assumption), the lowest of 3 equally dear bidders lies {percent(three, width=0.05)} too low "
            f"on average, and the lowest of {BIDDERS[-1]} lies {percent(expected_shortfall(BIDDERS[-1], p.quote_error), width=0.05)} too low."
        )
        return Result("lowest_quote", table, text, reason=reason)
    quotes = np.sort(np.asarray(given, dtype=float))
    found = shrink(np.log(quotes), error=p.quote_error, level=p.level)
    records = [
        {"term": f"quote_{n}", "label": f"quote {n}: {money(quote, p.currency)}", "estimate": float(np.exp(found.means[i])),
         "std_error": float(found.std_errors[i] * np.exp(found.means[i])), "conf_low": float(np.exp(found.lows[i])),
         "conf_high": float(np.exp(found.highs[i])), "level": p.level, "n_obs": len(quotes), "unit": unit, "quoted": float(quote),
         "method": "normal-normal shrinkage of the logarithms"}
        for i, (n, quote) in enumerate(zip(range(1, len(quotes) + 1), quotes, strict=True))
    ]  # fmt: skip
    short = {key: records[0][key] / quotes[0] - 1 for key in ("estimate", "conf_low", "conf_high")}
    records.append({"term": "shortfall", "label": "likely excess over the lowest quote", **short, "level": p.level, "n_obs": len(quotes),
                    "unit": "share of the quote", "method": "shrunk over quoted"})  # fmt: skip
    table = tidy([*records, *illustration])
    drawn = pd.DataFrame(records[:-1])[["label", "estimate", "conf_low", "conf_high"]]
    return Result(
        "lowest_quote", table, _text(analysis, table.set_index("term"), found.weights[0]), n_used=len(quotes),
        plot_data=drawn.assign(main=[True, *[False] * (len(drawn) - 1)]), checks=(*_checks(p.quote_error, quotes, found.spread), *(() if own is None else quote_checks(own, p))),
        draw=partial(intervals, title="What quotes are likely to cost", xlabel=f"{unit}, with {p.level:.0%} intervals", percent=False),
        alt="Likely cost by quote: "
        + "; ".join(f"{row.label} {money(row.estimate, p.currency)}" for row in drawn.itertuples(index=False)) + ".",
    )  # fmt: skip


def _text(analysis: Analysis, by: pd.DataFrame, weight: float) -> str:
    p = analysis.parameters
    low, short = by.loc["quote_1"], by.loc["shortfall"]
    n = int(low["n_obs"])
    lines = [
        (
            f"The lowest of {n} quotes is {money(low['quoted'], p.currency)}; picked because it is the lowest, it is likely to cost "
            f"{money(low['estimate'], p.currency)} ({p.level:.0%} interval {money(low['conf_low'], p.currency)} to {money(low['conf_high'], p.currency)}), "
            f"{_excess(short['estimate'])}: {percent(weight)} of its distance from the others' mean is believed."
        )
    ]
    dearest = by.loc[[f"quote_{i}" for i in range(1, n + 1)]]
    if dearest["estimate"].idxmin() == "quote_1":
        lines.append("It remains the cheapest.")
    if p.pricing_model == "hourly":
        gaps = [
            quantiles(1 - price / analysis.costs.baseline_rate, p.level)[0]
            for price in (low["quoted"], low["estimate"])
        ]
        lines.append(
            f"If the quotes are for an hour, the headline gap shrinks from {percent(gaps[0])} to {percent(gaps[1])} (medians)."
        )
    return " ".join(lines)


def _excess(share: float) -> str:
    return f"{percent(abs(share), width=0.05)} {'more' if share >= 0 else 'less'} than quoted"


def _checks(error: float, quotes: np.ndarray, spread: float) -> tuple[Check, ...]:
    seen = float(np.log(quotes).std(ddof=1))
    return (
        Check("Spread of the quotes", bool(seen >= error / 2),
              f"The logarithms of the {count(len(quotes), 'quote')} spread by {seen:.2f}, their errors are assumed to spread by {error:.2f}, and the true "
              f"costs by {spread:.2f} on average over what the quotes leave open."),
        Check("Errors", None, "That quotes miss by so much, to either side and independently of each other, is assumed (quote_error)."),
    )  # fmt: skip
