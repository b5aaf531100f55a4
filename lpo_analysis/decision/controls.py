"""Controls priced from the buyer's own file: what the required ones cost and prevent, and what the others would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lpo_analysis import risk
from lpo_analysis.charts import dotplot
from lpo_analysis.decision.adjusted import LOSS
from lpo_analysis.decision.parameters import Parameters
from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.inputs import Input
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.control_costs import ControlCost, read_controls
from lpo_analysis.risk.controls import PATHS, beside
from lpo_analysis.wording import count, listing, money, probability, sentence

if TYPE_CHECKING:
    from lpo_analysis.decision.ways import Ways

NONE_GIVEN = "no costs of controls are given (controls_path names a file in the form of data/templates/control_costs.csv), and none are on file"
COST, EFFECT = "control_cost", "control_effect"
"""Names of inputs: of what controls cost and prevent; those of one control have its code behind a colon."""
HELD = ("provider", "all")
"""Ways of loss a part of which is what one more holder of records adds; controls on the others prevent nothing of that."""


@dataclass(frozen=True)
class Controls:
    """The controls of the buyer's own file.

    Parameters
    ----------
    given : tuple of ControlCost
        All of them.
    required : tuple of str
        Codes of those that must be in place at every outside holder of the records.
    """

    given: tuple[ControlCost, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def in_place(self) -> tuple[ControlCost, ...]:
        """Those required."""
        return tuple(item for item in self.given if item.control in self.required)


def read_required(parameters: Parameters) -> Controls:
    """Read the controls of a question.

    Parameters
    ----------
    parameters : Parameters
        The question.

    Returns
    -------
    Controls
        None where no file is given.

    Raises
    ------
    NotFoundError, DataError, MoneyError
        If the file cannot be read, naming every fault.
    ParameterError
        If a required control has no cost there.
    """
    p = parameters
    if not p.controls_path:
        return Controls()
    given = read_controls(p.controls_path, price_year=p.price_year)
    without = [name for name in p.required_controls if name not in {item.control for item in given}]
    if without:
        raise ParameterError(
            f"required_controls: your controls file has no cost of {listing(without)}.",
            remedy=f"Give {'it' if len(without) == 1 else 'each'} a row (it has {listing([item.control for item in given])}), or do not require {'it' if len(without) == 1 else 'them'}.",
        )
    return Controls(given, tuple(p.required_controls))


def effect_of(control: ControlCost, parameters: Parameters) -> tuple[float, float]:
    """Return the ends of the share of the added loss that a control prevents.

    Parameters
    ----------
    control : ControlCost
        The control.
    parameters : Parameters
        With `control_effect`, which a row without an effect takes.

    Returns
    -------
    tuple of float
        Zeros where the control acts on another loss than what a holder adds.
    """
    if control.path not in HELD:
        return 0.0, 0.0
    return control.effect or (parameters.control_effect[0], parameters.control_effect[1])


def control_inputs(parameters: Parameters, controls: Controls) -> tuple[Input, ...]:
    """Return the uncertain inputs that controls bring.

    Parameters
    ----------
    parameters : Parameters
        The question.
    controls : Controls
        The buyer's own.

    Returns
    -------
    tuple of Input
        What each required control costs and prevents, from the file, and of controls beside them what `control_costs` and
        `control_effect` say; nothing that is 0.

    Notes
    -----
    `control_effect` is that of controls beside those of the file where they cost something, or where no file is given. Otherwise it is only the
    effect of those of the file whose rows name no other, so that it is never counted twice.
    """
    p, found = parameters, []
    for item in controls.in_place:
        of, prevents = f"{item.label}, from your controls file", effect_of(item, p)
        told = "your controls file" if item.effect else "parameter control_effect"
        found += [
            _uniform(f"{EFFECT}:{item.control}", f"share of the added loss prevented by {item.label}", "share", prevents, told),
            _uniform(f"{COST}:{item.control}", f"cost at one holder of records of {item.label}", f"USD of {p.price_year} a year", item.cost, of),
        ]  # fmt: skip
    if p.control_costs[1] > 0 or not controls.given:
        ends = (p.control_effect[0], p.control_effect[1])
        found.append(
            _uniform(EFFECT, "share of the added loss that controls prevent", "share", ends, f"parameter {EFFECT}")
        )
    costs = (p.control_costs[0], p.control_costs[1])
    label = (
        "cost of the controls of one holder of records"
        if not controls.in_place
        else "cost of further controls of one holder of records"
    )
    found.append(_uniform(COST, label, f"USD of {p.price_year} a year", costs, f"parameter {COST}s"))
    return tuple(item for item in found if item.high > 0)


def _uniform(name: str, label: str, unit: str, ends: tuple[float, float], basis: str) -> Input:
    return Input(name, label, unit, ends[0], ends[1], "uniform", 4, basis)


def kept(draws: Mapping[str, Floats]) -> Floats | float:
    """Return the share of the added loss that controls leave.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws of the inputs of the loss.

    Returns
    -------
    ndarray of float or float
        1 where no effect is assumed; what several controls leave is multiplied, as one cannot prevent what another did.
    """
    left: Floats | float = 1.0
    for name, values in draws.items():
        if name.partition(":")[0] == EFFECT:
            left = left * (1 - values)
    return left


def cost_of(draws: Mapping[str, Floats]) -> Floats:
    """Return what controls cost a year at one holder of records.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws of the inputs of the loss.

    Returns
    -------
    ndarray of float
        Money; one 0 where controls cost nothing.
    """
    parts = [values for name, values in draws.items() if name.partition(":")[0] == COST]
    return np.asarray(sum(parts[1:], parts[0])) if parts else np.zeros(1)


def controls_result(ways: Ways) -> Result:
    """Tell what each control of the file costs and prevents at one holder of records.

    Parameters
    ----------
    ways : Ways
        Every task by every way.

    Returns
    -------
    Result
        One term a control: ``estimate`` is what it prevents of the added loss less what it costs, US dollars a year at one holder, beside the other
        required ones (mean, with quantiles over the draws); ``cost`` and ``prevents`` (means), ``pays`` (probability that it is above 0), ``required``.

    Notes
    -----
    A control that acts on another loss (the firm's own breaches, those of today's vendors, quality, continuity) may be worth its cost all the
    same; the risk report judges it. Here only what the move adds counts.
    """
    p, controls = ways.parameters, ways.controls
    if not controls.given:
        return not_estimable("controls", NONE_GIVEN, level=p.level, unit="USD a year")
    drawn = ways.joint.draws[LOSS]
    plain = risk.increment_of(drawn, p.risk())
    u = beside(tuple(f"{kind}:{item.control}" for item in controls.given for kind in (COST, EFFECT)), p.risk())
    records = []
    for item in controls.given:
        values = {}
        for kind, ends in ((COST, item.cost), (EFFECT, effect_of(item, p))):
            name = f"{kind}:{item.control}"
            values[kind] = drawn[name] if name in drawn else ends[0] + (ends[1] - ends[0]) * u[name]
        others = {name: value for name, value in drawn.items() if name != f"{EFFECT}:{item.control}"}
        prevents = values[EFFECT] * plain * kept(others)
        net = prevents - values[COST]
        low, high = np.quantile(net, [(1 - p.level) / 2, (1 + p.level) / 2])
        acts = item.path in HELD
        records.append({
            "term": item.control, "label": item.label, "estimate": float(net.mean()), "std_error": float(net.std(ddof=1)), "conf_low": float(low), "conf_high": float(high), "level": p.level,
            "n_obs": 1, "unit": "USD a year", "method": f"mean of {p.draws} joint draws" if acts else f"its cost alone: it acts on {PATHS[item.path]}",
            "cost": float(np.mean(values[COST])), "prevents": float(np.mean(prevents)), "pays": float((net > 0).mean()), "required": item.control in controls.required,
            "use": "required" if item.control in controls.required else "not required",
        })  # fmt: skip
    table = tidy(records)
    return Result(
        "controls", table, _text(table, ways), rows=ways.rows, n_used=len(table),
        checks=(
            Check("Effects", False, "No row on file tells what a control prevents: effects are those of your file, or control_effect. Controls that act on one loss leave it multiplied, not summed."),
            Check("Paid for at every holder", None, "Each outside holder of the records is counted with the whole cost of each required control; one that serves several holders costs less than that."),
        ),
        plot_data=table[["label", "estimate", "conf_low", "conf_high"]].assign(main=table["required"]),
        draw=partial(dotplot, title="What controls bring at one holder of records", xlabel=f"USD of {p.price_year} a year: prevented, less its cost", reference=0.0),
        alt="Controls, what each prevents less what it costs a year: " + listing([f"{row.label} {money(row.estimate, 'USD', digits=2)}" for row in table.itertuples()]) + ".",
    )  # fmt: skip


def _text(table: object, ways: Ways) -> str:
    said = partial(money, currency="USD", digits=2)
    required, others = table[table["required"]], table[~table["required"]]  # type: ignore[index]
    text = (
        f"In place at every outside holder of the records: {listing(required['label'].tolist())}, {said(float(required['cost'].sum()))} a year each holder in all; "
        f"of the loss that one adds {'it is' if len(required) == 1 else 'they are'} expected to prevent {said(_prevented(ways))} a year."
        if len(required)
        else "No control of your file is required (required_controls), so none is in the plan."
    )
    worth = [row for row in others.itertuples() if row.estimate > 0]
    if worth:
        text += (
            " Not required, though expected to be worth more than it costs: "
            if len(worth) == 1
            else " Not required, though each expected to be worth more than it costs: "
        )
        text += f"{listing([f'{row.label} (by {said(row.estimate)} a year, probability {probability(row.pays)})' for row in worth])}."
    dear = [row for row in others.itertuples() if row.estimate <= 0]
    if dear:
        text += f" {sentence(count(len(dear), 'other control'))} of the file would cost more than what {'it prevents' if len(dear) == 1 else 'they prevent'} of the added loss."
    return text


def _prevented(ways: Ways) -> float:
    drawn = ways.joint.draws[LOSS]
    plain = risk.increment_of(drawn, ways.parameters.risk())
    own = {name: values for name, values in drawn.items() if ":" in name}
    return float(np.mean(plain * (1 - kept(own)))) if own else 0.0
