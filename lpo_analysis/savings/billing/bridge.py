"""The change of spend from one period to another: how much of it is volume, mix and rates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd

from lpo_analysis.charts import waterfall
from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.bridge import Bridge, rate_volume_mix
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.billing.realised_panel import month_name, month_number
from lpo_analysis.wording import count, listing, money, number, sentence


def spend_bridge(
    lines: pd.DataFrame,
    *,
    before: tuple[object, object],
    after: tuple[object, object],
    by: Sequence[str] = ("task", "role"),
    period: str = "month",
    spend: str = "amount",
    hours: str = "hours",
    currency: str = "",
) -> Result:
    """Tell how much of a change of spend is volume, mix and rates.

    Parameters
    ----------
    lines : pandas.DataFrame
        Bills by month and category, or finer.
    before, after : tuple of two months
        First and last month of each period, such as ``("2023-01", "2023-12")``.
    by : sequence of str, default ('task', 'role')
        Categories, the coarser first.
    period, spend, hours : str
        Columns of the bills.
    currency : str, optional
        ISO 4217 code of the spend.

    Returns
    -------
    Result
        Terms `before`, `volume`, one `mix_...` a category, `rate`, `no_volume` (spend without hours, such as expenses) and `after`;
        exact, so there are no intervals. Not estimable where a period has no hours or a category negative ones. The bridge by
        category is `model`.

    Raises
    ------
    ParameterError
        If a column is missing, a month is none, or periods overlap or end before they begin.

    References
    ----------
    Shorrocks, A. F. (2013). Decomposition procedures for distributional analysis: a unified framework based on the Shapley value.
    Journal of Economic Inequality 11(1). https://doi.org/10.1007/s10888-011-9214-z
    """
    for column in (*by, period, spend, hours):
        if column not in lines:
            raise ParameterError(
                f"bills: have no column {column!r}.", remedy=choices(column, list(map(str, lines.columns)))
            )
    ends = [month_number(pd.Series(list(pair), dtype=object), "before, after").to_numpy() for pair in (before, after)]
    if any(len(pair) != 2 or not pair[0] <= pair[1] for pair in ends) or not ends[0][1] < ends[1][0]:
        raise ParameterError(
            "before, after: each needs its first and last month, and the second must begin after the first has ended"
        )
    month = month_number(lines[period], period)
    frames = [lines[month.between(low, high).to_numpy()] for low, high in ends]
    names = [f"{month_name(low)} to {month_name(high)}" for low, high in ends]
    outside = len(lines) - sum(len(frame) for frame in frames)
    method = "Shapley value"
    try:
        bridge = rate_volume_mix(*frames, by=by, volume=hours, amount=spend)
    except ParameterError as error:
        return not_estimable("spend_bridge", error.what, n_dropped=outside, unit=currency, method=method)
    labels = {"volume": "volume", **{f"mix_{n}": f"mix of {n}s" if i == 0 else f"mix of {n}s within {by[i - 1]}s" for i, n in enumerate(by)},
              "rate": "rates", "no_volume": "spend without hours"}  # fmt: skip
    # What is left of sums of floats is no change of rates.
    dust = 1e-12 * (abs(bridge.before) + abs(bridge.after))
    values = [
        ("before", names[0], bridge.before),
        *((k, labels[k], float(v) if abs(v) > dust else 0.0) for k, v in bridge.parts.items()),
        ("after", names[1], bridge.after),
    ]
    n = sum(len(frame) for frame in frames)
    table = tidy(
        {"term": t, "label": label, "estimate": v, "n_obs": n, "unit": currency, "method": method}
        for t, label, v in values
    )
    plot = pd.DataFrame({
        "label": [label for _, label, _ in values], "value": [v for *_, v in values],
        "kind": ["total", *["step"] * (len(values) - 2), "total"],
    })  # fmt: skip

    def write(value: float) -> str:
        return money(value, currency) if currency else number(value)

    return Result(
        "spend_bridge", table, _bridge_text(bridge, labels, names, write), _bridge_checks(bridge, write), n_used=n, n_dropped=outside,
        plot_data=plot, draw=partial(waterfall, title="From one period's spend to the next", xlabel=currency or "spend", text=write),
        alt=f"Waterfall from the spend of {names[0]} to that of {names[1]} by volume, mix and rates.", model=bridge,
    )  # fmt: skip


def _bridge_text(bridge: Bridge, labels: dict[str, str], names: list[str], write: Callable[[float], str]) -> str:
    if bridge.change == 0:
        first = f"Spend is the same, {write(bridge.after)}, in both periods ({names[0]} and {names[1]})."
    else:
        way = "rose" if bridge.change > 0 else "fell"
        first = f"Spend {way} by {write(abs(bridge.change))}, from {write(bridge.before)} ({names[0]}) to {write(bridge.after)} ({names[1]})."
    # What is lost in the rounding of the largest part is not worth a word.
    least = 0.005 * max(float(bridge.parts.abs().max()), 1e-9)
    told = [
        f"{labels[str(k)]} {'added' if v > 0 else 'took away'} {write(abs(v))}" for k, v in bridge.parts.items() if abs(v) > least
    ]  # fmt: skip
    return f"{first} {sentence(listing(told))}." if told else first


def _bridge_checks(bridge: Bridge, write: Callable[[float], str]) -> tuple[Check, ...]:
    left = bridge.change - float(bridge.parts.sum())
    scale = float(bridge.cells[["amount_before", "amount_after"]].abs().to_numpy().sum()) + 1
    found = [
        Check("parts add up", abs(left) <= 1e-9 * scale, "Parts sum to the change, whatever the order of the causes.")
    ]
    for status, column, where in (("new", "amount_after", "after"), ("vanished", "amount_before", "before")):
        part = bridge.cells[bridge.cells["status"] == status]
        if len(part):
            found.append(Check(
                f"{status} work", None,
                f"{count(len(part), 'category', 'categories')} with hours only {where}, {write(float(part[column].sum()))}: volume and mix, "
                "for there is no rate to compare.",
            ))  # fmt: skip
    return tuple(found)
