"""Costs of controls as a researcher gives them, and the effect at which each would pay."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lpo_analysis.charts import forest
from lpo_analysis.errors import Fault, MoneyError
from lpo_analysis.evidence import Evidence, convert
from lpo_analysis.evidence import table as load_table
from lpo_analysis.evidence.money import currencies
from lpo_analysis.evidence.own_table import one_of, read_code, read_numbers, read_own, wrong
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.controls import PATHS, UNPRICED, beside, found_losses
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import count, listing, money, number, percent, probability, sentence

COLUMNS = ("control", "cost_low", "cost_high", "currency", "effect_low", "effect_high")
NO_COSTS = "no costs of controls are given (controls_path names a file in the form of data/templates/control_costs.csv), and none are on file"
_MOST_COST = 1e12


@dataclass(frozen=True)
class ControlCost:
    """What a researcher says about one control.

    Parameters
    ----------
    control : str
        Its code, as in the table of controls.
    label : str
        What it is called.
    path : str
        Way of loss it acts on, see `lpo_analysis.risk.controls.PATHS`.
    cost : tuple of float
        Ends of what it costs a year, USD of the price year.
    effect : tuple of float or None
        Ends of the share of the loss it prevents; None where it is not told.
    """

    control: str
    label: str
    path: str
    cost: tuple[float, float]
    effect: tuple[float, float] | None


def read_controls(controls_path: str | Path, *, price_year: int) -> tuple[ControlCost, ...]:
    """Read costs of controls made from ``data/templates/control_costs.csv``.

    Parameters
    ----------
    controls_path : str or Path
        The file, a control a row.
    price_year : int
        Year whose prices the costs are in, and at whose rate they are turned into US dollars.

    Returns
    -------
    tuple of ControlCost
        In the order of the file.

    Raises
    ------
    NotFoundError
        If it does not exist.
    DataError
        Naming every fault: a control that is not in the table or stands there twice, a cost or an effect that is no number, below 0, an
        effect above 1, ends in the wrong order, a currency that is not in the table of rates or has none of that year, one end of an effect
        alone.
    """
    file = read_own(Path(controls_path), COLUMNS, COLUMNS[:3])
    listed = load_table("controls").set_index("control")
    faults: list[Fault] = []
    codes, lines = [], file.lines
    read = one_of(list(listed.index), listed["label"].to_dict())
    for line, cell in zip(lines, file.column("control"), strict=True):
        before = len(faults)
        code = read_code(file, line, "control", cell, read, faults)
        if not code and len(faults) == before:
            faults.append(
                Fault(file.label, line, "control", None, "is empty; it takes a code of data/tables/controls.csv")
            )
        elif code and code in codes:
            faults.append(Fault(file.label, line, "control", code, "stands there twice"))
        codes.append(code)
    money_of = one_of(currencies(), {code: code for code in currencies()})
    paid = [
        read_code(file, line, "currency", cell, money_of, faults) or "USD"
        for line, cell in zip(lines, file.column("currency"), strict=True)
    ]

    def cost(value: float) -> str | None:
        return None if 0 <= value <= _MOST_COST else "is no cost; it takes 0 or more a year"

    def share(value: float) -> str | None:
        return None if 0 <= value <= 1 else "is no share; it takes 0 to 1"

    no_number, empty = "is no number; write it without unit and thousands separators", "is empty; it takes a number"
    costs = [
        read_numbers(file, name, faults, no_number=no_number, empty=empty, wrong_value=cost, shown=False)
        for name in COLUMNS[1:3]
    ]
    effects = [read_numbers(file, name, faults, no_number=no_number, wrong_value=share) for name in COLUMNS[4:]]
    for at, line in enumerate(lines):
        for name, (low, high) in (
            ("cost_high", (costs[0][at], costs[1][at])),
            ("effect_high", (effects[0][at], effects[1][at])),
        ):
            if low > high:
                faults.append(Fault(file.label, line, name, None, f"is below {name.replace('high', 'low')}"))
        if np.isnan(effects[0][at]) != np.isnan(effects[1][at]) and not _seen(faults, line):
            faults.append(
                Fault(file.label, line, "effect_high", None, "effect_low and effect_high are told both or not at all")
            )
    rates: dict[str, float] = {}
    for line, code in zip(lines, paid, strict=True):
        try:
            rates[code] = rates.get(code) or convert(1.0, code, "USD", price_year).amount
        except MoneyError as error:
            message = f"cannot be converted: {error.what} {error.remedy or ''}".rstrip()
            faults.append(Fault(file.label, line, "currency", None, message))
    if faults:
        raise wrong(faults)
    return tuple(
        ControlCost(code, str(listed.loc[code, "label"]), str(listed.loc[code, "path"]), (costs[0][at] * rates[paid[at]], costs[1][at] * rates[paid[at]]),
                    None if np.isnan(effects[0][at]) else (effects[0][at], effects[1][at]))
        for at, code in enumerate(codes)
    )  # fmt: skip


def _seen(faults: list[Fault], line: int) -> bool:
    """Whether an effect of this row has a fault already."""
    return any(fault.row == line and str(fault.column).startswith("effect") for fault in faults)


def drawn_costs(given: tuple[ControlCost, ...], parameters: Parameters) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Draw what each control costs and prevents.

    Parameters
    ----------
    given : tuple of ControlCost
        The controls.
    parameters : Parameters
        Draws, seed, and the effect where a control tells none.

    Returns
    -------
    tuple of dict of str to ndarray of float, shape (draws,)
        Costs (USD a year) and effects (shares), both uniform between their ends and independent of each other and of the loss.
    """
    names = tuple(f"{kind}:{item.control}" for item in given for kind in ("cost", "effect"))
    # The share held of the loss is drawn beside the loss, too: it must have its own column.
    u = beside(("held_share", *names), parameters)
    costs, effects = {}, {}
    for item in given:
        low, high = item.effect or parameters.control_effect
        costs[item.control] = item.cost[0] + (item.cost[1] - item.cost[0]) * u[f"cost:{item.control}"]
        effects[item.control] = low + (high - low) * u[f"effect:{item.control}"]
    return costs, effects


def break_even(evidence: Evidence, parameters: Parameters) -> Result:
    """Tell what each control would have to prevent to be worth its cost.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question, with costs.

    Returns
    -------
    Result
        One term a control: ``estimate`` is the share of the loss on its way it must prevent (expected cost over expected loss; above 1
        it cannot), its ends the quantiles of cost over loss over the draws; ``reachable`` is the probability that the loss of a draw exceeds
        the cost. A control on a way that is not in money has no estimate, and its method says why.
    """
    p = parameters
    if not p.controls_path:
        return not_estimable("break_even", NO_COSTS, level=p.level, unit="share of the loss")
    given = read_controls(p.controls_path, price_year=p.price_year)
    found, reason = found_losses(evidence, p)
    if found is None:
        return not_estimable(
            "break_even",
            reason,
            terms={item.control: item.label for item in given},
            level=p.level,
            unit="share of the loss",
        )
    costs, _ = drawn_costs(given, p)
    records = []
    for item in given:
        common = {
            "term": item.control,
            "label": item.label,
            "path": PATHS[item.path],
            "cost": float(costs[item.control].mean()),
            "level": p.level,
            "n_obs": 1,
            "unit": "share of the loss",
        }
        if item.path in UNPRICED:
            records.append({**common, "method": f"not estimable, because {UNPRICED[item.path]}"})
            continue
        loss, cost = found.by_path[item.path], costs[item.control]
        low, high = np.quantile(cost / loss, [(1 - p.level) / 2, (1 + p.level) / 2])
        records.append({**common, "estimate": float(cost.mean() / loss.mean()), "conf_low": float(low), "conf_high": float(high), "method": "expected cost over expected loss",
                        "loss": float(loss.mean()), "reachable": float((loss > cost).mean())})  # fmt: skip
    table = tidy(records)
    judged = table.dropna(subset=["estimate"])
    said = [_judged(row) for row in judged.itertuples()]
    unpriced = table[table["estimate"].isna()]["label"].tolist()
    text = " ".join(
        [
            *said,
            *(
                [
                    f"{sentence(listing(unpriced))} {'acts' if len(unpriced) == 1 else 'act'} on a loss that is not in money, so no break-even can be told."
                ]
                if unpriced
                else []
            ),
        ]
    )
    # What cannot be reached points out of the figure.
    beyond = judged["estimate"] > 1
    data = judged.assign(
        group=judged["path"].map(sentence),
        weak=False,
        estimate=judged["estimate"].mask(beyond),
        conf_low=judged["conf_low"].mask(beyond, 1.0),
        conf_high=judged["conf_high"].clip(upper=1.0).mask(beyond),
    )
    return Result(
        "break_even", table, text,
        checks=(Check("Effects", None, "What a control really prevents is not on file. A break-even is a hurdle, no forecast; controls on one way do not add up."),),
        rows=found.rows, n_used=len(given), plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]],
        draw=partial(forest, title="What each control would have to prevent", xlabel="share of the loss on its way; a triangle at 100% cannot be reached") if len(judged) else None,
        alt=f"Break-even effects of {count(len(judged), 'control')}: {listing([f'{row.label} {_hurdle(row.estimate)}' for row in judged.itertuples()])}.",
    )  # fmt: skip


def _judged(row: Any) -> str:
    cost, chance = money(row.cost, "USD", digits=2), probability(row.reachable)
    if row.estimate > 1:
        return (
            f"{sentence(row.label)} at {cost} a year costs {_times(row.estimate)} the whole expected loss it acts on, so that preventing breaches cannot pay for it "
            f"(the loss is larger than the cost with a probability of {chance})."
        )
    ends = f"{_hurdle(row.conf_low)} to {'more than all of it' if row.conf_high > 1 else _hurdle(row.conf_high)}"
    return f"{sentence(row.label)} at {cost} a year is worth it if it prevents {'at least ' if row.estimate >= 0.01 else ''}{_hurdle(row.estimate)} of the loss on its way ({ends}; reachable with a probability of {chance})."


def _hurdle(share: float) -> str:
    return "under 1%" if share < 0.01 else percent(share)


def _times(ratio: float) -> str:
    return f"{number(ratio, digits=2)} times" if ratio >= 1.1 else "more than"
