"""All ways of doing all the tasks, on one set of draws with the loss that each holder of records adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from lpo_analysis import risk, savings, vocabulary
from lpo_analysis.decision.adjusted import LOSS, Adjusted, LossModel, on_draws, outside
from lpo_analysis.decision.controls import COST, Controls, control_inputs, cost_of, kept, read_required
from lpo_analysis.decision.joint import Joint, joint
from lpo_analysis.decision.parameters import Parameters
from lpo_analysis.decision.permits import Permit, named, permit
from lpo_analysis.errors import NoEvidenceError, ParameterError
from lpo_analysis.evidence import Evidence
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.inputs import Inputs
from lpo_analysis.risk.inputs import provider_rate
from lpo_analysis.savings.gather import attempt, refusal
from lpo_analysis.savings.rates import BilledRate

STAY = "as today"
_EVENTS = 7
"""Second word of the seed of what befalls, beside that of the draws."""
_MOST_EVENTS = 50


@dataclass(frozen=True)
class Option:
    """Who might do the work, and where.

    Parameters
    ----------
    name : str
        What a reader sees.
    model, place : str
        Delivery model and place.
    permit : Permit
        What the opinions on file make of it.
    """

    name: str
    model: str
    place: str
    permit: Permit

    @property
    def outside(self) -> bool:
        """Whether somebody else holds the records."""
        return outside(self.model)


def options(parameters: Parameters) -> tuple[Option, ...]:
    """List the ways asked about.

    Parameters
    ----------
    parameters : Parameters
        The question.

    Returns
    -------
    tuple of Option
        In the order asked for.
    """
    p, found = parameters, []
    for model, place in p.options():
        allowed = permit(p, model, place)
        if model == "captive" and sum(p.volume_hours) < p.captive_minimum:
            reason = (
                f"a centre of its own is taken for an option from {p.captive_minimum:,.0f} hours a year only, as chosen"
            )
            allowed = replace(allowed, state="refused", reason=reason, rests_on_opinions=False)
        found.append(Option(named(model, place), model, place, allowed))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Ways:
    """Every task by every way that has evidence.

    Parameters
    ----------
    parameters : Parameters
        The question.
    options : tuple of Option
        The ways asked about, whether permitted or not.
    cells : dict of (str, str) to lpo_analysis.savings.Analysis
        By task and name of the option.
    missing : dict of (str, str) to str
        Why a task cannot be costed under an option.
    loss : LossModel
        What one more holder of the records adds.
    controls : Controls
        The buyer's own, those required among them.
    """

    parameters: Parameters
    options: tuple[Option, ...]
    cells: Mapping[tuple[str, str], savings.Analysis]
    missing: Mapping[tuple[str, str], str]
    loss: LossModel
    controls: Controls = field(default_factory=Controls)

    def option(self, name: str) -> Option:
        """Return the option of a name.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        Option
            The option.
        """
        return next(item for item in self.options if item.name == name)

    def open(self, task: str) -> tuple[str, ...]:
        """Return the options that a task has evidence and permission for.

        Parameters
        ----------
        task : str
            Its code.

        Returns
        -------
        tuple of str
            Their names.
        """
        return tuple(
            item.name for item in self.options if (task, item.name) in self.cells and item.permit.state != "refused"
        )

    @cached_property
    def adjusted(self) -> dict[str, Adjusted]:
        """By task the ways of doing it, all on the same draws."""
        return self.drawn(self.parameters.seed)

    def drawn(self, seed: int) -> dict[str, Adjusted]:
        """Set all ways on one set of draws.

        Parameters
        ----------
        seed : int
            Of the draws.

        Returns
        -------
        dict of str to Adjusted
            By task that has a way; all hold the same `Joint`.
        """
        models = {key(*cell): analysis.inputs for cell, analysis in self.cells.items()}
        made = joint({**models, LOSS: self.loss.inputs}, draws=self.parameters.draws, seed=seed)
        found = {}
        for task in self.parameters.tasks:
            own = {key(*cell): analysis for cell, analysis in self.cells.items() if cell[0] == task}
            if own:
                found[task] = on_draws(own, self.loss, made)
        return found

    @property
    def joint(self) -> Joint:
        """The one set of draws."""
        return next(iter(self.adjusted.values())).drawn

    @property
    def inputs(self) -> Inputs:
        """All inputs, each once."""
        return self.joint.inputs

    @property
    def rows(self) -> tuple[str, ...]:
        """Identifiers of all rows behind the inputs."""
        return tuple(dict.fromkeys(row for item in self.inputs for row in item.rows))

    def befell(self, drawn: Joint, option: str, seed: int) -> Floats:
        """Simulate what breaches at one holder of the records cost over the horizon, present value.

        Parameters
        ----------
        drawn : Joint
            The draws.
        option : str
            Name of the holder.
        seed : int
            Of what befalls.

        Returns
        -------
        ndarray of float, shape (draws,)
            Zero in most draws; its expectation given a draw is the increment of the expected loss.

        Notes
        -----
        The number of events is Poisson with the rate of the draw, each reaches a share of the records there as the risk report has it (U to the
        power of (1 - m) / m with m the mean reach of the draw), and costs the greater of the response and that many records. Prevented is
        the share that controls prevent.
        """
        p, lost = self.parameters.risk(), drawn.draws[LOSS]
        at = [item.name for item in self.options].index(option)
        rng = np.random.default_rng([seed, _EVENTS, at])
        n = len(lost["cost_per_record"])
        annuity = next(iter(self.cells.values())).terms.annuity
        expected = provider_rate(lost, p) * p.horizon_years
        events = np.minimum(rng.poisson(expected), _MOST_EVENTS)
        total = np.zeros(n)
        power = 1 / lost["mean_reach"] - 1
        for i in range(int(events.max(initial=0))):
            reach = rng.uniform(size=n) ** power
            cost = np.maximum(lost["response_floor"], p.records * lost["held_share"] * reach * lost["cost_per_record"])
            total += np.where(events > i, cost, 0.0)
        return np.asarray(total * kept(lost) * annuity / p.horizon_years)


def with_permits(ways: Ways, parameters: Parameters, listed: tuple[Option, ...]) -> Ways:
    """Return the same ways under other permissions, on the same draws.

    Parameters
    ----------
    ways : Ways
        Every task by every way.
    parameters : Parameters
        The question, which differs in what may be chosen only.
    listed : tuple of Option
        The same options with other permits.

    Returns
    -------
    Ways
        With the draws of the first.
    """
    made = replace(ways, parameters=parameters, options=listed)
    vars(made)["adjusted"] = ways.adjusted
    return made


def key(task: str, option: str) -> str:
    """Name the model of one task under one option among the models drawn.

    Parameters
    ----------
    task, option : str
        Code of the task, name of the option.

    Returns
    -------
    str
        The name.
    """
    return f"{vocabulary.label('task', task)}: {option}"


def loss_model(parameters: Parameters, evidence: Evidence, controls: Controls) -> LossModel:
    """Return what one more holder of the records adds to the loss, and what its controls cost.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.
    controls : Controls
        The buyer's own.

    Returns
    -------
    LossModel
        The risk report's increment, with controls as required and assumed.

    Raises
    ------
    NoEvidenceError
        If a figure the loss needs is not on file at these grades.
    """
    p = parameters.risk()
    inputs = Inputs((*risk.loss_inputs(evidence, p), *control_inputs(parameters, controls)))
    return LossModel(
        inputs,
        lambda draws: risk.increment_of(draws, p) * kept(draws),
        "USD",
        p.price_year,
        controls=cost_of if any(name.partition(":")[0] == COST for name in inputs.names) else None,
    )


def find_ways(
    parameters: Parameters, evidence: Evidence, *, rates: Mapping[str, BilledRate] | None = None, assumed: Mapping[str, object] | None = None,
) -> Ways:  # fmt: skip
    """Gather every task under every way of doing it.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.
    rates : mapping of str to BilledRate, optional
        What an hour of a task is billed at today, in the place of what the evidence says that it costs.
    assumed : mapping of str to object, optional
        Assumptions of the savings report that differ from its defaults, alike for every task and way.

    Returns
    -------
    Ways
        With the reason of what is missing.

    Raises
    ------
    NoEvidenceError
        If no task can be costed under any of the ways.
    ParameterError, DataError
        If a required control has no cost, or the file of costs has faults.
    """
    listed, controls = options(parameters), read_required(parameters)
    cells: dict[tuple[str, str], savings.Analysis] = {}
    missing: dict[tuple[str, str], str] = {}
    for task in parameters.tasks:
        for item in listed:
            try:
                asked = parameters.saving(task, item.model, item.place)
                asked = asked.with_changes(**assumed) if assumed else asked
            except ParameterError as error:
                reason = error.what.partition(": ")[2].partition("; ")[0]
                missing[task, item.name] = "it is the way of today" if "is the baseline already" in reason else reason
                continue
            gathered = attempt(asked, evidence)
            if gathered is None:
                missing[task, item.name] = refusal(asked, evidence) or "no evidence is on file"
            else:
                stands_on = gathered[1] if task not in (rates or {}) else gathered[1].billed_at((rates or {})[task])
                cells[task, item.name] = savings.Analysis(gathered[0], evidence, stands_on)
    if not cells:
        told = "; ".join(f"{key(*cell)}: {reason}" for cell, reason in list(missing.items())[:3])
        raise NoEvidenceError(
            f"None of the ways of doing the work can be costed ({told}).",
            where="tasks, locations, delivery_models",
            remedy="Ask about another place, task or delivery model.",
        )
    return Ways(parameters, listed, cells, missing, loss_model(parameters, evidence, controls), controls)
