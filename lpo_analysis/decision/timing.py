"""Starting now against waiting: a wait in which something becomes known, and the option to start at any time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from lpo_analysis.decision.plans import in_words
from lpo_analysis.decision.portfolio import Portfolio
from lpo_analysis.decision.ways import STAY
from lpo_analysis.decision.worth import NOTHING, compared
from lpo_analysis.methods.waiting import perpetual, turning_volatility, wait_or_start
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, money, number, percent, sentence


def waiting(portfolio: Portfolio, *, pilot: Result) -> Result:
    """Set starting now against waiting.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    pilot : Result
        What a pilot is worth before choosing, from `lpo_analysis.decision.worth.pilot`.

    Returns
    -------
    Result
        Terms ``nothing``, ``pilot`` and ``everything``, by what becomes known meanwhile: ``estimate`` is what waiting is worth more than starting now,
        US dollars; columns ``delay`` and ``learning``.

    Notes
    -----
    All that a plan brings is begun later and discounted alike, so that what a pilot tells is worth after the wait what it is worth before choosing now, discounted, and
    its error likewise.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    labels = {
        "nothing": "nothing is learned",
        "pilot": f"a pilot of {count(p.pilot_units, 'unit')} is run",
        "everything": "everything is learned",
    }
    if len(portfolio.neighbours) < 2:
        return not_estimable("waiting", NOTHING, terms=labels, level=p.level, rows=w.rows)
    plans, now = compared(portfolio)
    discount = (1 + p.discount_rate) ** -p.wait_years
    later = now * discount
    waits = {
        "nothing": wait_or_start(now, later, learned={}, seed=p.seed),
        "everything": wait_or_start(now, later, seed=p.seed),
    }
    if pilot.estimable:
        told = pilot.row(f"units_{p.pilot_units}")
        learning, error = (float(told[field]) * discount for field in ("estimate", "std_error"))
        plain = waits["nothing"]
        waits["pilot"] = replace(
            plain,
            value_waiting=plain.value_waiting + learning,
            gain=learning - plain.delay,
            error=float(np.hypot(plain.error, error)),
            learning=learning,
        )
    records = []
    for term in (term for term in labels if term in waits):
        made = waits[term]
        cost = p.pilot_cost if term == "pilot" else 0.0
        records.append({"term": term, "label": labels[term], "estimate": made.gain - cost, "std_error": made.error, "conf_low": made.gain - cost - 1.645 * made.error, "conf_high": made.gain - cost + 1.645 * made.error,
                        "level": 0.9, "n_obs": p.draws, "unit": "USD", "method": "best expectation after the wait", "delay": made.delay, "learning": made.learning, "cost": cost})  # fmt: skip
    table = tidy(records)
    said = partial(money, currency="USD", digits=2)
    better = table[table["conf_low"] > 0]
    best = plans[int(now.mean(axis=0).argmax())]
    years = f"{p.wait_years:g} {'year' if p.wait_years == 1 else 'years'}"
    stays = set(best) == {STAY}
    text = (
        f"Today's way is best now, so that waiting {years} loses nothing. "
        if stays
        else f"The plan that is best on average now is {in_words(portfolio, best)}; waiting {years} with it costs {said(table['delay'].iloc[0])} for the delay alone. "
    )
    if better.empty:
        text += (
            "Nothing that could be learned meanwhile is shown to be worth anything."
            if stays
            else "Nothing that could be learned meanwhile is shown to make up for it."
        )
    else:
        told = [f"{row.label} ({said(row.estimate)})" for row in better.itertuples()]
        text += f"Waiting is worth more where {listing(told, last='or')}."
    checks = (
        Check(
            "What is counted",
            None,
            "The same horizon, begun later and discounted; prices that fall or rise meanwhile, and offers that lapse, are not in it.",
        ),
    )
    return Result("waiting", table, sentence(text), checks=checks, rows=w.rows, n_used=len(table))


def option_to_wait(portfolio: Portfolio) -> Result:
    """Value the option to start at any time, for what the plan that is best on average is worth.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        Terms ``trigger`` (how many times its cost the value must be before starting is best), ``value`` (how many times it is now), ``option`` (what
        waiting for the best time is worth more than starting now, US dollars) and ``turning_volatility`` (from which volatility waiting is better).
        The first and the third are not estimable where `value_volatility` is not told.

    Notes
    -----
    Value: the expected saving of the plan before what it costs to start; cost: vetting, selection and the slower first year, which are sunk.
    The value follows a geometric Brownian motion with `value_drift` and `value_volatility`, both assumptions: no row tells how what moving
    is worth changes from year to year. Each start brings the whole horizon, whenever it is.

    References
    ----------
    Dixit, A. K. & Pindyck, R. S. (1994). Investment under Uncertainty. Princeton University Press, chapter 5.
    """
    p = portfolio.ways.parameters
    labels = {
        "value": "what moving is worth, as a multiple of what it costs to start",
        "trigger": "the multiple from which starting is best",
        "option": "waiting for the best time over starting now",
        "turning_volatility": "volatility from which waiting is better",
    }
    nothing = partial(not_estimable, "option_to_wait", terms=labels, level=p.level, rows=portfolio.ways.rows)
    if len(portfolio.neighbours) < 2:
        return nothing(NOTHING)
    plans, table = compared(portfolio)
    best = int(table.mean(axis=0).argmax())
    if set(plans[best]) == {STAY}:
        return nothing("no plan is expected to save anything, and what is below 0 follows no geometric Brownian motion")
    cost, net = portfolio.starting(plans[best]), float(table[:, best].mean())
    if cost <= 0:
        return nothing("the plan costs nothing to start, so that there is nothing to time")
    if p.discount_rate <= 0:
        return nothing("the discount rate is 0, so that a year of waiting costs nothing")
    if p.value_drift >= p.discount_rate:
        return nothing(
            f"what moving is worth is assumed to grow by {p.value_drift:.1%} a year (value_drift), no slower than the discount rate of {p.discount_rate:.1%}: it would never be time"
        )
    payout, value = p.discount_rate - p.value_drift, net + cost
    turning = turning_volatility(value, cost, discount_rate=p.discount_rate, payout=payout)
    told = p.value_volatility > 0
    found = perpetual(value, cost, volatility=p.value_volatility, discount_rate=p.discount_rate, payout=payout)
    missing = "not estimable, because value_volatility is not told"
    records = [
        {"term": "value", "estimate": value / cost, "unit": "multiple of the cost", "method": "mean saving before what it costs to start, by that cost"},
        {"term": "trigger", "estimate": found.multiple if told else np.nan, "unit": "multiple of the cost", "method": "beta / (beta - 1)" if told else missing},
        {"term": "option", "estimate": found.option - max(found.start_now, 0.0) if told else np.nan, "unit": "USD", "method": "perpetual option" if told else missing},
        {"term": "turning_volatility", "estimate": turning, "unit": "a year", "method": "solved for the value being the trigger"},
    ]  # fmt: skip
    frame = tidy(
        {"label": labels[str(record["term"])], "level": p.level, "n_obs": p.draws, **record} for record in records
    )
    said = partial(money, currency="USD", digits=2)
    text = (
        f"Seen as an option to start at any time, for good: what moving is worth is {said(value)} before the {said(cost)} that it costs to start, {number(value / cost, digits=2)} times as much. "
        f"With a drift of {100 * p.value_drift:g}% a year (assumed) "
    )
    if turning == 0:
        text += "waiting is better than starting now without any volatility, as what moving is worth grows."
    else:
        text += f"waiting would be better than starting now only from a volatility of {percent(turning)} a year."
    if told:
        gain = float(frame["estimate"].iloc[2])
        text += (
            f" At the {percent(p.value_volatility)} assumed it is best to start from {number(found.multiple, digits=2)} times: "
            + (f"to wait, which is worth {said(gain)} more." if found.waits else "now.")
        )
    else:
        text += (
            " No row tells how volatile it is, and value_volatility is not given, so the option itself is not valued."
        )
    checks = (
        Check("For ever", None, "The perpetual option assumes that the opportunity never lapses and the start is for good; with an end, or a rival, waiting is worth less."),
        Check("Assumption", False, "Drift and volatility of what moving is worth are on no row: value_drift and value_volatility tell them."),
    )  # fmt: skip
    return Result("option_to_wait", frame, text, checks=checks, rows=portfolio.ways.rows, n_used=len(frame))
