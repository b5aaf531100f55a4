"""What it would be worth to know more before choosing: inputs, a pilot, a wait."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from scipy.special import ndtri

from lpo_analysis.charts import dotplot
from lpo_analysis.decision.flips import label_of, ranked
from lpo_analysis.decision.plans import THOUSAND
from lpo_analysis.decision.portfolio import Choice, Portfolio
from lpo_analysis.decision.ways import STAY, key
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.information import RESAMPLES, Measured, evpi, evppi, evsi
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, money, sentence

MOST = 6
"""Inputs whose worth is estimated."""
OFTEN = 0.005
"""Share of the draws in which a plan must be best to be compared."""
SIZES = (0.2, 1.0, 5.0)
"""Pilots that are set side by side, as multiples of the one asked about."""
NOTHING = "nothing may move, so that there is nothing to choose"


def benefits(portfolio: Portfolio) -> Floats:
    """Return the net benefits of the plans compared.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    ndarray of float, shape (draws, plans)
        Staying first, then every plan of `Portfolio.neighbours` that is best on average or in `OFTEN` of the draws.
    """
    return compared(portfolio)[1]


def compared(portfolio: Portfolio) -> tuple[tuple[Choice, ...], Floats]:
    """Return the plans that are compared, and what they bring.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    tuple
        The plans, staying first, and their net benefits, of shape (draws, plans). Those that are hardly ever best would add nothing but noise.
    """
    table = np.column_stack([portfolio.net(choice) for choice in portfolio.neighbours])
    best = np.bincount(table.argmax(axis=1), minlength=table.shape[1]) / len(table)
    keep = best >= OFTEN
    keep[[0, int(table.mean(axis=0).argmax())]] = True
    if keep.sum() == 1:
        keep[np.argsort(-table.mean(axis=0), kind="stable")[:2]] = True
    return tuple(choice for choice, kept in zip(portfolio.neighbours, keep, strict=True) if kept), table[:, keep]


def _influential(portfolio: Portfolio, table: Floats) -> list[str]:
    """Return the inputs that move the differences between the best plan and those that come near."""
    best = int(table.mean(axis=0).argmax())
    order = np.argsort(-table.mean(axis=0), kind="stable")
    found: list[str] = []
    for other in [0, *order[:4]]:
        if other != best:
            found += ranked(portfolio, table[:, best] - table[:, int(other)], most=5)
    return list(dict.fromkeys(found))[:MOST]


def information(portfolio: Portfolio) -> Result:
    """Estimate what it would be worth to know single inputs before choosing among the plans.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        Term ``everything`` (expected value of perfect information), then one an input, the worthiest first: US dollars for this one decision.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    if len(portfolio.neighbours) < 2:
        return not_estimable("information", NOTHING, terms={"everything": "every input"}, level=p.level, rows=w.rows)
    plans, table = compared(portfolio)
    every = w.joint.every
    names = _influential(portfolio, table)
    frame = evppi(table, {name: every[name] for name in names}, level=p.level, seed=p.seed).sort_values(
        "value", ascending=False, kind="stable"
    )
    whole = evpi(table)
    reach = 1.645
    unit = "USD"
    records = [{"term": "everything", "label": "every input", "estimate": whole.value, "std_error": whole.std_error, "conf_low": max(whole.value - reach * whole.std_error, 0.0),
                "conf_high": whole.value + reach * whole.std_error, "level": 0.9, "n_obs": p.draws, "unit": unit, "method": "perfect information", "rung": np.nan}]  # fmt: skip
    for row in frame.itertuples(index=False):
        item = w.inputs[row.group]
        records.append({"term": row.group, "label": label_of(portfolio, row.group), "estimate": row.value, "std_error": row.error, "conf_low": row.low, "conf_high": row.high, "level": p.level,
                        "n_obs": len(item.rows), "unit": unit, "method": "regression on the draws", "rung": item.rung})  # fmt: skip
    made = tidy(records)
    said = partial(money, currency="USD", digits=2)
    single = made.iloc[1:]
    worthy = single[single["conf_low"] > 0].head(3)
    text = (
        f"Knowing every input before choosing among {count(len(plans), 'plan')} would be worth {said(whole.value)}. "
        if whole.value >= 1
        else "The same plan is best in nearly every draw: knowing every input before choosing would be worth next to nothing. "
    )
    if len(worthy):
        text += (
            f"What single inputs are worth: {listing([f'{r.label} {said(r.estimate)}' for r in worthy.itertuples()])}."
        )
    elif whole.value >= 1:
        text += "No single input is shown to be worth knowing: only several together would change the choice."
    amounts = ["estimate", "conf_low", "conf_high"]
    data = made[["label", *amounts]].assign(main=made["term"] == "everything")
    data[amounts] /= THOUSAND
    data["label"] = data["label"].str.replace(r" \(.*", "", regex=True)
    twice = data["label"].duplicated(keep=False)
    data.loc[twice, "label"] = made.loc[twice, "label"]
    return Result(
        "information", made, text, rows=w.rows, n_used=len(made), plot_data=data,
        checks=(Check("Plans compared", None, f"{len(plans)} that are best in {OFTEN:.1%} of the draws or more, of {len(portfolio.neighbours)}: staying, the efficient ones, all tasks to one option, and one task otherwise. With more plans knowing could be worth more."),),
        draw=partial(dotplot, title=_title(whole.value, single), reference=0.0, reference_text="nothing", xlabel="thousand USD, for this one decision; line: error of the simulation"),
        alt="Value of information: " + "; ".join(f"{row.label} {said(row.estimate)}" for row in made.itertuples()) + ".",
    )  # fmt: skip


def _title(whole: float, single: pd.DataFrame) -> str:
    """Say what knowing everything would be worth, and what the best single input."""
    said = partial(money, currency="USD", digits=2)
    best = float(single["estimate"].max()) if len(single) else 0.0
    if whole < 1:
        return "Knowing more before choosing is worth next to nothing"
    return f"Knowing everything would be worth {said(whole)}, the best single input {said(best) if best >= 1 else 'next to nothing'}"


def measured(portfolio: Portfolio) -> tuple[tuple[str, str], dict[str, Measured]] | None:
    """Say what a pilot of the plan's first moved task would tell of.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    tuple or None
        The task and option, and how one unit tells of each input by its name among all; None where nothing may move, or the inputs of
        the way are none a pilot measures.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    kinds = {
        "productivity": Measured("log_mean", p.pilot_spread),
        "rework_share": Measured("share"),
        "ai_check_share": Measured("share"),
        "ai_error_share": Measured("share"),
    }
    for cell in zip(p.tasks, portfolio.candidate, strict=True):
        if cell[1] == STAY:
            continue
        names = w.joint.names[key(*cell)]
        found = {names[own]: how for own, how in kinds.items() if own in names}
        if found:
            return cell, found
    return None


def pilot(portfolio: Portfolio) -> Result:
    """Estimate what a pilot would be worth before choosing.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        One term a size, ``units_<n>``: ``estimate`` is the expected value of sample information, US dollars, ``std_error`` the error that the
        simulation leaves in it (the greater of the regression's and of the resampled draws'); columns ``cost``, ``net`` and ``told``, whether its
        interval lies above 0.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    found = measured(portfolio)
    if found is None or len(portfolio.neighbours) < 2:
        return not_estimable(
            "pilot",
            NOTHING if set(portfolio.candidate) == {STAY} else "a pilot measures none of the inputs of this plan",
            level=p.level,
            rows=w.rows,
        )
    cell, how = found
    sizes = sorted({max(round(p.pilot_units * times), 1) for times in SIZES})
    frame = evsi(
        benefits(portfolio),
        w.joint.every,
        how,
        sizes=sizes,
        unit_cost=p.pilot_cost / p.pilot_units,
        level=p.level,
        seed=p.seed,
        resamples=RESAMPLES,
    )
    error = np.maximum(frame["error"], frame["resampled"])
    reach = float(ndtri((1 + p.level) / 2)) * error
    frame = frame.assign(error=error, low=np.maximum(frame["value"] - reach, 0.0), high=frame["value"] + reach)
    table = tidy(
        {"term": f"units_{row.size}", "label": count(int(row.size), "unit"), "estimate": row.value, "std_error": row.error, "conf_low": row.low, "conf_high": row.high, "level": p.level,
         "n_obs": int(row.size), "unit": "USD", "method": "regression on simulated pilots", "cost": row.cost, "net": row.net, "units": int(row.size),
         "told": "above 0" if row.low > 0 else "not told apart from 0"}
        for row in frame.itertuples(index=False)
    )  # fmt: skip
    said = partial(money, currency="USD", digits=2)
    asked = table[table["units"] == p.pilot_units].iloc[0]
    what = listing([label_of(portfolio, name) for name in how])
    verdict = (
        "it pays."
        if asked["conf_low"] > asked["cost"]
        else "it does not pay for this decision alone."
        if asked["conf_high"] < asked["cost"]
        else "whether it pays is open."
    )
    text = (
        f"A pilot of {count(p.pilot_units, 'unit')} of {key(*cell)} would tell of {what}. Before choosing it would be worth {said(asked['estimate'])} "
        f"(standard error of the simulation {said(asked['std_error'])}; {p.level:.0%} interval {said(asked['conf_low'])} to {said(asked['conf_high'])}"
        + ("" if asked["conf_low"] > 0 else ", not told apart from 0")
        + f"), against {said(asked['cost'])} that it is assumed to cost: {verdict}"
    )
    check = Check(
        "Assumption",
        None,
        "That a pilot is unbiased and its work like the work decided on; staff put on a pilot are often the best.",
    )
    errors = Check(
        "Error of the simulation",
        None,
        f"From {RESAMPLES} resamples of the {p.draws} draws with their pilots, or from the regression where that is greater; draws are more even than chance, so it is rather too large. "
        f"{sentence(count(int(table['told'].ne('above 0').sum()), 'size'))} of {len(table)} not told apart from 0.",
    )
    return Result("pilot", table, text, checks=(check, errors), rows=w.rows, n_used=len(table))


def first_to_measure(result: Result) -> pd.DataFrame:
    """Return the inputs most worth knowing.

    Parameters
    ----------
    result : Result
        From `information`.

    Returns
    -------
    pandas.DataFrame
        Its rows of single inputs whose value is above 0 by its interval, at most three.
    """
    if not result.estimable:
        return result.table.iloc[:0]
    single = result.table[result.table["term"] != "everything"]
    return single[single["conf_low"] > 0].head(3)
