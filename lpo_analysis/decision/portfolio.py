"""Who does what where: the frontier of saving against tail loss under the constraints, and the plan chosen on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lpo_analysis import savings, vocabulary
from lpo_analysis.decision.adjusted import LOSS, Adjusted, added_of, controls_of, parts_of
from lpo_analysis.decision.joint import Joint
from lpo_analysis.decision.ways import STAY, Ways, key
from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.frontier import Assignment, Frontier, Plan, best_plan, conflict_text, efficient_frontier
from lpo_analysis.methods.rules import Between, Budget, Forbid, LeastSize, Row, Rule, stacked

MOVING = ("selection", "transition")
"""Cost lines of a transition that follow the work; vetting does not."""
POINTS = 12
_NEAR = 1e-9
Choice = tuple[str, ...]
"""Name of an option for each task, in the order of the tasks."""


class Held(NamedTuple):
    """What an option costs once, however many tasks it does.

    Parameters
    ----------
    once : ndarray of float, shape (draws,)
        Own lawyers' vetting, contracting and instructing.
    increment : ndarray of float, shape (draws,)
        What it adds to the expected loss.
    controls : ndarray of float, shape (draws,)
        What controls cost there.
    """

    once: Floats
    increment: Floats
    controls: Floats


@dataclass(frozen=True, eq=False)
class Portfolio:
    """All plans for all tasks under the constraints.

    Parameters
    ----------
    ways : Ways
        Every task by every way.
    """

    ways: Ways

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the options, staying first; those that no task can be costed under are left out."""
        costed = {name for _, name in self.ways.cells}
        return (STAY, *(item.name for item in self.ways.options if item.name in costed))

    @cached_property
    def assignment(self) -> Assignment:
        """The draws plans are chosen on."""
        return self._assigned(self.ways.adjusted, self.ways.parameters.seed)

    @cached_property
    def appraised(self) -> dict[str, Adjusted]:
        """By task the ways of doing it, on other draws than those that plans are chosen on."""
        return self.ways.drawn(self._other_seed)

    @cached_property
    def fresh(self) -> Assignment:
        """Those draws, for appraising what was chosen."""
        return self._assigned(self.appraised, self._other_seed)

    @property
    def drawn_anew(self) -> Joint:
        """Those draws themselves."""
        return next(iter(self.appraised.values())).drawn

    @property
    def _other_seed(self) -> int:
        return (self.ways.parameters.seed + 1) % 2**32

    def _assigned(self, adjusted: dict[str, Adjusted], seed: int) -> Assignment:
        p = self.ways.parameters
        gain = np.zeros((p.draws, len(p.tasks), len(self.names)))
        for task, name in self.ways.cells:
            one, way = adjusted[task], key(task, name)
            gain[:, p.tasks.index(task), self.names.index(name)] = one.saving[way] + one.once[way]
        setup, befell = np.zeros((2, p.draws, len(self.names)))
        for o, name in enumerate(self.names[1:], start=1):
            held = self.held(name, adjusted)
            setup[:, o] = befell[:, o] = held.once
            if self.ways.option(name).outside:
                setup[:, o] += held.increment + held.controls
                drawn = next(iter(adjusted.values())).drawn
                befell[:, o] += self.ways.befell(drawn, name, seed) + held.controls
        return Assignment(
            tuple(p.tasks),
            self.names,
            gain,
            setup=setup,
            setup_loss=befell,
            sizes=np.array(p.volume_hours),
            level=p.tail_level,
        )

    def held(self, name: str, adjusted: Mapping[str, Adjusted]) -> Held:
        """Return what an option costs once, however many tasks it does.

        Parameters
        ----------
        name : str
            The option.
        adjusted : mapping of str to Adjusted
            By task, on the draws wanted.

        Returns
        -------
        Held
            Present values by draw.
        """
        task = next(task for task, other in self.ways.cells if other == name)
        one, way = adjusted[task], key(task, name)
        return Held(one.once[way], one.increment[way], one.controls[way])

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The constraints, each under the name a message calls it by."""
        w, p = self.ways, self.ways.parameters
        listed = [item for item in w.options if item.name in self.names]
        found: list[Rule] = [
            Forbid(f"{item.name} refused: {item.permit.reason}", None, (item.name,))
            for item in listed
            if item.permit.state == "refused"
        ]
        for (task, name), reason in w.missing.items():
            if name in self.names:
                found.append(Forbid(f"{key(task, name)} not costed: {reason}", (task,), (name,)))
        home = vocabulary.PLACES[p.baseline_location].country
        country = {item.name: vocabulary.PLACES[item.place].country for item in w.options if item.name in self.names}
        abroad = tuple(name for name, where in country.items() if where != home)
        if p.max_abroad < 1 and abroad:
            found.append(Between(f"max_abroad {p.max_abroad:g}", abroad, most=p.max_abroad))
        for where in dict.fromkeys(country[name] for name in abroad):
            if p.max_share_per_location < 1:
                group = tuple(name for name in abroad if country[name] == where)
                found.append(
                    Between(
                        f"max_share_per_location {p.max_share_per_location:g} ({where})",
                        group,
                        most=p.max_share_per_location,
                    )
                )
        if p.max_share_per_provider < 1:
            most = p.max_share_per_provider
            found += [
                Between(f"max_share_per_provider {most:g} ({item.name})", (item.name,), most=most)
                for item in listed
                if item.outside
            ]
        centres = tuple(item.name for item in w.options if item.model == "captive" and item.name in self.names)
        if centres and p.captive_minimum > 0:
            found.append(LeastSize(f"captive_minimum {p.captive_minimum:g}", centres, p.captive_minimum))
        if p.transition_budget > 0:
            found.append(
                Budget(f"transition_budget {p.transition_budget:g}", p.transition_budget, self.transition, self.vetting)
            )
        if p.min_moved > 0:
            found.append(
                Between(
                    f"min_moved {p.min_moved:g} (share that stays at most {1 - p.min_moved:g})",
                    (STAY,),
                    most=1 - p.min_moved,
                )
            )
        return tuple(found)

    @cached_property
    def transition(self) -> Floats:
        """Expected cost of selection and the slower first year, by task and option."""
        p = self.ways.parameters
        cost = np.zeros((len(p.tasks), len(self.names)))
        for (task, name), analysis in self.ways.cells.items():
            drawn = self.ways.joint.draws[key(task, name)]
            lines = savings.costs(analysis.gathered.rates(drawn), analysis.terms).lines
            cost[p.tasks.index(task), self.names.index(name)] = sum(
                float(lines[line].mean()) for line in MOVING if line in lines
            )
        return cost

    @cached_property
    def vetting(self) -> Floats:
        """Expected cost of own lawyers' vetting, contracting and instructing, by option, once for all of its tasks."""
        return np.array([0.0, *(float(self.held(name, self.ways.adjusted).once.mean()) for name in self.names[1:])])

    def starting(self, choice: Choice) -> float:
        """Return what a plan costs to start: vetting, selection and the slower first year.

        Parameters
        ----------
        choice : tuple of str
            Name of an option for each task.

        Returns
        -------
        float
            Expected, present value.
        """
        places = [self.names.index(name) for name in choice]
        return float(sum(self.transition[i, o] for i, o in enumerate(places)) + self.vetting[sorted(set(places))].sum())

    def check(self) -> None:
        """Raise `ParameterError` where no plan keeps all constraints, naming those that conflict."""
        conflict = conflict_text(self.assignment, self.rules)
        if conflict:
            raise ParameterError(
                f"constraints: no plan keeps all of them. {conflict}", remedy="Loosen one of those named."
            )

    @cached_property
    def frontier(self) -> Frontier:
        """Efficient plans."""
        return efficient_frontier(self.assignment, self.rules, points=POINTS)

    def choice(self, plan: Plan) -> Choice:
        """Say which option each task has under a plan.

        Parameters
        ----------
        plan : Plan
            The plan.

        Returns
        -------
        tuple of str
            Names, in the order of the tasks.
        """
        return tuple(self.names[int(o)] for o in plan.shares.argmax(axis=1))

    def allowed(self, choice: Choice) -> bool:
        """Say whether a plan keeps all constraints.

        Parameters
        ----------
        choice : tuple of str
            Name of an option for each task.

        Returns
        -------
        bool
            True where it does.
        """
        shares = self.shares(choice)
        variables = np.concatenate([shares.ravel(), shares.max(axis=0)])
        for row in (row for group in self._rows.values() for row in group):
            value = float(row.coefficients @ variables)
            near = _NEAR * max(1.0, float(np.abs(row.coefficients).max()))
            if not row.low - near <= value <= row.high + near:
                return False
        return True

    @cached_property
    def _rows(self) -> dict[str, list[Row]]:
        return stacked(self.assignment, self.rules)

    def shares(self, choice: Choice) -> Floats:
        """Return the shares of a plan.

        Parameters
        ----------
        choice : tuple of str
            Name of an option for each task.

        Returns
        -------
        ndarray of float, shape (tasks, options)
            Ones and zeros.
        """
        return np.asarray(np.eye(len(self.names))[[self.names.index(name) for name in choice]], dtype=float)

    def net(self, choice: Choice, *, fresh: bool = False) -> Floats:
        """Return the risk-adjusted saving of a plan.

        Parameters
        ----------
        choice : tuple of str
            Name of an option for each task.
        fresh : bool, default False
            On the draws it was not chosen on.

        Returns
        -------
        ndarray of float, shape (draws,)
            Present value; what is added to the loss enters by its expectation.
        """
        a = self.fresh if fresh else self.assignment
        shares = self.shares(choice)
        return np.asarray(a.gains @ np.concatenate([shares.ravel(), shares.max(axis=0)]))

    def lost(self, choice: Choice) -> Floats:
        """Return what a plan loses, on the draws it was not chosen on, with breaches as they befall.

        Parameters
        ----------
        choice : tuple of str
            Name of an option for each task.

        Returns
        -------
        ndarray of float, shape (draws,)
            Present value; below 0 where it saves.
        """
        shares = self.shares(choice)
        return np.asarray(self.fresh.losses @ np.concatenate([shares.ravel(), shares.max(axis=0)]))

    def model(self, choice: Choice) -> Callable[[Mapping[str, Floats]], Floats]:
        """Return what a plan saves as a function of the inputs, for sensitivity and turning points.

        Parameters
        ----------
        choice : tuple of str
            Name of an option for each task.

        Returns
        -------
        callable
            Takes draws by the names of `Ways.inputs`; the risk-adjusted saving.
        """
        every = self.models((choice,))
        return lambda draws: every(draws)[:, 0]

    def models(self, choices: Sequence[Choice]) -> Callable[[Mapping[str, Floats]], Floats]:
        """Return what several plans save as a function of the inputs, as `model` does for one.

        Parameters
        ----------
        choices : sequence of tuple of str
            Names of an option for each task, by plan.

        Returns
        -------
        callable
            Takes draws by the names of `Ways.inputs`; the risk-adjusted savings, of shape (draws, plans). What rests on the same arrays as in the call before is not
            computed again, so that moving one input costs what hangs on it.
        """
        w, names = self.ways, self.ways.joint.names
        plans = [
            [(task, name) for task, name in zip(w.parameters.tasks, choice, strict=True) if name != STAY]
            for choice in choices
        ]
        # Vetting, controls and what is added to the loss count once for each option.
        firsts = [{name: (task, name) for task, name in reversed(cells)} for cells in plans]
        kept: dict[tuple[str, tuple[str, str]], tuple[list[Floats], tuple[Floats, Floats]]] = {}

        def part(model: str, cell: tuple[str, str], draws: Mapping[str, Floats]) -> tuple[Floats, Floats]:
            own = {mine: draws[called] for mine, called in names[model].items()}
            held = list(own.values())
            before = kept.get((model, cell))
            if before is None or any(one is not other for one, other in zip(before[0], held, strict=True)):
                way = w.cells[cell]
                made = (
                    (added_of(way, w.loss, own), controls_of(way, w.loss, own)) if model == LOSS else parts_of(way, own)
                )
                before = kept[model, cell] = held, made
            return before[1]

        def saved(draws: Mapping[str, Floats]) -> Floats:
            total = np.zeros((len(next(iter(draws.values()))), len(plans)))
            for k, (cells, first) in enumerate(zip(plans, firsts, strict=True)):
                for cell in cells:
                    brings, once = part(key(*cell), cell, draws)
                    total[:, k] += brings - (once if first[cell[1]] == cell else 0.0)
                for cell in first.values():
                    added, controls = part(LOSS, cell, draws)
                    total[:, k] -= added + controls
            return total

        return saved

    @cached_property
    def divided(self) -> float:
        """By how much the best expected gain would be larger at most if tasks could be divided between ways, the limit on the tail aside."""
        whole = max(plan.mean for plan in self.frontier.plans)
        return max(best_plan(replace(self.assignment, whole=False), self.rules).mean - whole, 0.0)

    @cached_property
    def chosen(self) -> Plan:
        """The efficient plan with the largest expected gain whose tail is within `tail_limit`; without one, that with the least tail."""
        limit = self.ways.parameters.tail_limit
        within = [plan for plan in self.frontier.plans if limit == 0 or plan.tail <= limit]
        return max(within, key=lambda plan: plan.mean) if within else self.frontier.plans[0]

    @cached_property
    def stays(self) -> bool:
        """Whether the plan chosen leaves everything as it is."""
        return set(self.choice(self.chosen)) == {STAY}

    @cached_property
    def candidate(self) -> Choice:
        """The plan that is weighed against staying: the one chosen, or, where that is staying, the best that moves something.

        Staying for all tasks where nothing may move.
        """
        picked = self.choice(self.chosen)
        if not self.stays:
            return picked
        moved = [choice for choice in self.neighbours if set(choice) != {STAY}]
        return max(moved, key=lambda choice: float(self.net(choice).mean())) if moved else picked

    @cached_property
    def neighbours(self) -> tuple[Choice, ...]:
        """Staying, the efficient plans, all tasks to one option, and plans with one task otherwise than in the one chosen; all allowed, each once."""
        p = self.ways.parameters
        picked = self.choice(self.chosen)
        found: list[Choice] = [(STAY,) * len(p.tasks), picked, *(self.choice(plan) for plan in self.frontier.plans)]
        found += [(name,) * len(p.tasks) for name in self.names]
        found += [(*picked[:i], name, *picked[i + 1 :]) for i in range(len(p.tasks)) for name in self.names]
        stay = (STAY,) * len(p.tasks)
        return tuple(choice for choice in dict.fromkeys(found) if choice == stay or self.allowed(choice))
