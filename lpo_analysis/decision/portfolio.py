"""Who does what where: the frontier of saving against tail loss under the constraints, and the plan chosen on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd

from lpo_analysis import savings, vocabulary
from lpo_analysis.charts import dotplot
from lpo_analysis.charts import frontier as draw_frontier
from lpo_analysis.decision.adjusted import LOSS, Adjusted, added_of, controls_of, saving_of
from lpo_analysis.decision.permits import conditions
from lpo_analysis.decision.ways import STAY, Ways, key
from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.frontier import Assignment, Frontier, Plan, conflict_text, efficient_frontier, tail_mean
from lpo_analysis.methods.rules import Between, Budget, Forbid, LeastSize, Row, Rule, stacked
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.risk.inputs import provider_rate
from lpo_analysis.savings.analysis import quantiles
from lpo_analysis.wording import count, listing, money, percent, probability, sentence

ONCE = ("selection", "setup", "transition")
"""Cost lines of a transition."""
POINTS = 12
THOUSAND = 1000.0
"""US dollars on the axes of figures are in thousands."""
_NEAR = 1e-9
Choice = tuple[str, ...]
"""Name of an option for each task, in the order of the tasks."""


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
    def fresh(self) -> Assignment:
        """Other draws, for appraising what was chosen."""
        seed = (self.ways.parameters.seed + 1) % 2**32
        return self._assigned(self.ways.drawn(seed), seed)

    def _assigned(self, adjusted: dict[str, Adjusted], seed: int) -> Assignment:
        p = self.ways.parameters
        gain = np.zeros((p.draws, len(p.tasks), len(self.names)))
        for task, name in self.ways.cells:
            gain[:, p.tasks.index(task), self.names.index(name)] = adjusted[task].saving[key(task, name)]
        setup, befell = np.zeros((2, p.draws, len(self.names)))
        for o, name in enumerate(self.names[1:], start=1):
            if self.ways.option(name).outside:
                one = next(adjusted[task] for task, other in self.ways.cells if other == name)
                way = next(key(*cell) for cell in self.ways.cells if cell[1] == name)
                setup[:, o] = one.increment[way] + one.controls[way]
                befell[:, o] = self.ways.befell(one.drawn, name, seed) + one.controls[way]
        return Assignment(
            tuple(p.tasks),
            self.names,
            gain,
            setup=setup,
            setup_loss=befell,
            sizes=np.array(p.volume_hours),
            level=p.tail_level,
        )

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
            found.append(Budget(f"transition_budget {p.transition_budget:g}", p.transition_budget, self.transition))
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
        """Expected cost of selection, set-up and the slower first year, by task and option."""
        p = self.ways.parameters
        cost = np.zeros((len(p.tasks), len(self.names)))
        for (task, name), analysis in self.ways.cells.items():
            drawn = self.ways.joint.draws[key(task, name)]
            lines = savings.costs(analysis.gathered.rates(drawn), analysis.terms).lines
            cost[p.tasks.index(task), self.names.index(name)] = sum(
                float(lines[line].mean()) for line in ONCE if line in lines
            )
        return cost

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
        w, names = self.ways, self.ways.joint.names
        cells = [(task, name) for task, name in zip(w.parameters.tasks, choice, strict=True) if name != STAY]
        first = {name: (task, name) for task, name in reversed(cells)}

        def saved(draws: Mapping[str, Floats]) -> Floats:
            total = np.zeros(len(next(iter(draws.values()))))
            for cell in cells:
                total = total + saving_of(
                    w.cells[cell], {own: draws[called] for own, called in names[key(*cell)].items()}
                )
            lost = {own: draws[called] for own, called in names[LOSS].items()}
            for cell in first.values():
                total = total - added_of(w.cells[cell], w.loss, lost) - controls_of(w.cells[cell], w.loss, lost)
            return np.asarray(total)

        return saved

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


def adjusted_result(portfolio: Portfolio) -> Result:
    """Set every way of doing every task side by side, risk-adjusted.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        One term a task and option: ``estimate`` the median of the risk-adjusted saving; columns ``before`` (saving before quality cost and risk),
        ``quality``, ``increment``, ``controls`` (medians of what is taken off it), ``p_beats_staying``, ``weak_share`` (share of the variance from
        borrowed and assumed inputs), ``state`` and ``why`` (whether it may be chosen).
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    records = []
    for task in p.tasks:
        if task not in w.adjusted:
            continue
        one = w.adjusted[task]
        told = one.result.table.set_index("term")
        for (of, name), analysis in w.cells.items():
            if of != task:
                continue
            way, item = key(task, name), w.option(name)
            row = told.loc[way]
            before = one.saving[way] + one.quality[way]
            records.append({"term": f"{task}.{item.model}_{item.place}", "label": way, "task": task, "option": name, **{c: row[c] for c in ("estimate", "std_error", "conf_low", "conf_high", "level",
                            "n_obs", "unit", "method", "quality", "increment", "controls", "mean", "p_beats_staying", "weak_share")},
                            "before": quantiles(before, p.level)[0], "rung_weak": sum(i.rung >= 3 for i in analysis.inputs), "n_inputs": len(analysis.inputs),
                            "state": item.permit.state, "why": item.permit.reason})  # fmt: skip
    table = tidy(records)
    order = table.sort_values("mean", ascending=False, kind="stable").groupby("task", sort=False, group_keys=False)
    table = pd.concat([part for _, part in sorted(order, key=lambda pair: p.tasks.index(pair[0]))], ignore_index=True)
    said = partial(money, currency="USD", digits=2)
    lines = []
    for task, part in table.groupby("task", sort=False):
        allowed = part[part["state"] != "refused"]
        label = vocabulary.label("task", str(task))
        if allowed.empty:
            lines.append(f"{sentence(label)}: none of {count(len(part), 'way')} that can be costed may be chosen.")
            continue
        top = allowed.iloc[0]
        verb = "would save" if top["mean"] > 0 else "would come nearest to saving anything, with"
        lines.append(
            f"{sentence(label)}: of {count(len(allowed), 'way')} that may be chosen, {top['option']} {verb} most on average, a risk-adjusted {said(top['estimate'])} "
            f"(median; {p.level:.0%} interval {said(top['conf_low'])} to {said(top['conf_high'])}); probability of beating today's way {probability(top['p_beats_staying'])}. "
            + (
                f"Of its variance, {probability(top['weak_share'])} rests on borrowed and assumed inputs."
                if np.isfinite(top["weak_share"])
                else ""
            )
        )
        refused = part[part["state"] == "refused"]
        if len(refused) and refused.iloc[0]["mean"] > top["mean"]:
            best = refused.iloc[0]
            lines.append(f"{sentence(best['option'])} would come before it, but is refused: {best['why']}.")
    weak = sum(item.rung >= 3 for item in w.inputs)
    shared = w.joint.shared()
    amounts = ["estimate", "conf_low", "conf_high"]
    data = table[["label", *amounts]].assign(main=table["state"].ne("refused"))
    data[amounts] /= THOUSAND
    return Result(
        "risk_adjusted", table, " ".join(line.strip() for line in lines), rows=w.rows, n_used=len(table), n_dropped=len(w.missing), plot_data=data,
        checks=(
            Check("One set of draws", True, f"{count(len(w.inputs), 'input')}, {len(shared)} of them shared between tasks, ways or with the loss, drawn once."),
            Check("Rungs", not weak, f"{weak} of {len(w.inputs)} inputs are borrowed or assumed (rungs 3 and 4)."),
            Check("Quality cost", None, "Quality control and rework are lines of the cost model; the sampling plan of the risk report is a way of spending those hours and is not counted again."),
            Check("Loss", False, "What a holder adds is not identified by data: it follows from the exposure that the parameters state, alike for every place."),
        ),
        draw=partial(dotplot, title="What each way saves after risk", reference=0.0, reference_text="as today",
                     xlabel=f"thousand USD of {p.price_year} over {p.horizon_years} years"),
        alt="Risk-adjusted saving by task and way: " + "; ".join(f"{row.label} {said(row.estimate)}" for row in table.itertuples()) + ".",
    )  # fmt: skip


def frontier_result(portfolio: Portfolio) -> Result:
    """Show the efficient plans.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        One term an efficient plan, ``plan_1`` with the least tail loss: ``estimate`` the expected gain with the error of the simulation; columns
        ``tail``, ``tail_error`` and ``who``.
    """
    p, f = portfolio.ways.parameters, portfolio.frontier
    plans = [portfolio.fresh.plan(plan.shares) for plan in f.plans]
    records = []
    for number, (plan, again) in enumerate(zip(f.plans, plans, strict=True), start=1):
        who = in_words(portfolio, portfolio.choice(plan))
        records.append({"term": f"plan_{number}", "label": f"plan {number}: {who}", "estimate": again.mean, "std_error": again.mean_error, "conf_low": again.mean - 1.645 * again.mean_error,
                        "conf_high": again.mean + 1.645 * again.mean_error, "level": 0.9, "n_obs": p.draws, "unit": f"USD over {p.horizon_years} years",
                        "method": "mean of draws it was not chosen on", "tail": again.tail, "tail_error": again.tail_error, "who": who})  # fmt: skip
    table = tidy(records)
    number = 1 + f.plans.index(portfolio.chosen)
    said = partial(money, currency="USD", digits=2)
    share = percent(1 - p.tail_level)
    if len(table) == 1:
        text = f"One plan is efficient: {table['who'].iloc[0]}. No other brings more on average, none loses less in the worst {share} of cases."
    else:
        first, last = table.iloc[0], table.iloc[-1]
        text = (
            f"{len(table)} plans are efficient, from {first['who']} (expected {said(first['estimate'])}; {_tail(first['tail'])} in the worst {share} of cases) "
            f"to {last['who']} (expected {said(last['estimate'])}; {_tail(last['tail'])})."
        )
    limit = p.tail_limit
    if limit and not any(plan.tail <= limit for plan in f.plans):
        text += f" None keeps its tail within {said(limit)}; the one with the least is taken."
    data = table.assign(plan=range(1, len(table) + 1), mean=table["estimate"], mean_error=table["std_error"])
    data = data[["plan", "mean", "mean_error", "tail", "tail_error"]]
    data.iloc[:, 1:] = data.iloc[:, 1:] / THOUSAND
    return Result(
        "frontier", table, text, rows=portfolio.ways.rows, n_used=len(table), plot_data=data,
        checks=(
            Check("Appraised on other draws", None, "Plans are chosen on one set of draws and appraised on another, as the best of many looks too good on its own."),
            Check("Constraints", True, f"{sentence(count(len(portfolio.rules), 'constraint'))} kept by all plans." if portfolio.rules else "No constraint is set."),
        ),
        draw=partial(draw_frontier, title="What a plan brings, and what it may cost", xlabel=f"mean loss of the worst {share} of cases, thousand USD (below 0: still a saving)",
                     ylabel=f"expected saving after risk, thousand USD of {p.price_year}", mark=number, mark_text="chosen"),
        alt="Efficient plans: " + "; ".join(f"{row.who}, expected {said(row.estimate)}, {_tail(row.tail)} in the tail" for row in table.itertuples()) + ".",
    )  # fmt: skip


def _tail(tail: float) -> str:
    return (
        f"a loss of {money(tail, 'USD', digits=2)}"
        if tail > 0
        else f"still a saving of {money(-tail, 'USD', digits=2)}"
    )


def in_words(portfolio: Portfolio, choice: Choice) -> str:
    """Tell a plan in a few words.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    choice : tuple of str
        Name of an option for each task.

    Returns
    -------
    str
        Such as ``document review to outside provider, India; legal research as today``.
    """
    if set(choice) == {STAY}:
        return "everything as today"
    groups: dict[str, list[str]] = {}
    for task, name in zip(portfolio.ways.parameters.tasks, choice, strict=True):
        groups.setdefault(name, []).append(vocabulary.label("task", task))
    return "; ".join(f"{listing(tasks)} {name if name == STAY else 'by ' + name}" for name, tasks in groups.items())


def plan_result(portfolio: Portfolio) -> Result:
    """Show the plan chosen: who does what where, what it saves and risks, and which duties it triggers.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.

    Returns
    -------
    Result
        Terms ``saving`` (median of the risk-adjusted saving of the plan), ``expected``, ``tail``, ``p_beats_staying``, ``p_breach`` (of any breach of
        client data at a holder over the horizon) and ``transition``; ``model`` holds ``who``, a frame with a task a row, and ``conditions``.
    """
    w, p = portfolio.ways, portfolio.ways.parameters
    choice = portfolio.choice(portfolio.chosen)
    net = portfolio.net(choice, fresh=True)
    again = portfolio.fresh.plan(portfolio.shares(choice))
    middle, low, high = quantiles(net, p.level)
    holders = [name for name in dict.fromkeys(choice) if name != STAY and w.option(name).outside]
    # Events at holders are independent given the rate.
    breached = float(-np.expm1(-len(holders) * p.horizon_years * provider_rate(w.joint.draws[LOSS], p.risk())).mean())
    cost = float(sum(portfolio.transition[i, portfolio.names.index(name)] for i, name in enumerate(choice)))
    unit, fresh = f"USD over {p.horizon_years} years", "draws it was not chosen on"
    tail, error = tail_mean(portfolio.lost(choice), p.tail_level)
    chance = float((net > 0).mean())
    records = [
        {"term": "saving", "label": "Risk-adjusted saving", "estimate": middle, "std_error": float(net.std(ddof=1)), "conf_low": low, "conf_high": high, "unit": unit, "method": f"median, {fresh}"},
        {"term": "expected", "label": "Expected", "estimate": again.mean, "std_error": again.mean_error, "unit": unit, "method": f"mean, {fresh}"},
        {"term": "tail", "label": f"Mean loss of the worst {1 - p.tail_level:.0%}", "estimate": tail, "std_error": error, "unit": unit, "method": f"tail mean, {fresh}"},
        {"term": "p_beats_staying", "label": "Beats today's way", "estimate": chance, "unit": "probability", "method": fresh},
        {"term": "p_breach", "label": "Breach of client data at a holder", "estimate": breached, "unit": "probability", "method": "Poisson under the stated exposure"},
        {"term": "transition", "label": "Selection, set-up and slower first year", "estimate": cost, "unit": "USD", "method": "mean"},
    ]  # fmt: skip
    table = tidy({"level": p.level, "n_obs": len(w.rows), **record} for record in records)
    who = _who(portfolio, choice)
    used = [w.option(name).permit for name in dict.fromkeys(choice) if name != STAY]
    asked = conditions(used)
    said = partial(money, currency="USD", digits=2)
    if portfolio.stays:
        text = "The plan leaves everything as it is: no plan that keeps the constraints is expected to save anything." if p.tail_limit == 0 else (
            "The plan leaves everything as it is: no plan that keeps the constraints and the limit on the tail is expected to save anything."
        )  # fmt: skip
    else:
        text = (
            f"The plan: {in_words(portfolio, choice)}. It is expected to save {said(again.mean)} over {p.horizon_years} {'year' if p.horizon_years == 1 else 'years'} "
            f"({p.level:.0%} interval {said(low)} to {said(high)}), {_tail(tail)} in the worst {percent(1 - p.tail_level)} of cases, and beats today's way with a probability of {probability(chance)}."
        )
        if holders:
            text += f" A breach of client data at {listing(holders)} within that time has a probability of {probability(breached)} under the stated exposure."
        if len(asked):
            known = asked.loc[asked["asked_in"] != "", "label"].tolist()
            silent = asked.loc[asked["asked_in"] == "", "label"].tolist()
            text += f" It triggers {count(len(known), 'duty', 'duties')}: {listing(known)}." if known else ""
            if silent:
                text += f" On {listing(silent)} nothing on file tells; to be met as if {'they were' if len(silent) > 1 else 'it was'} asked for."
    return Result(
        "plan",
        table,
        text,
        rows=plan_rows(portfolio, choice),
        n_used=len(w.rows),
        model={"who": who, "conditions": asked},
    )


def plan_rows(portfolio: Portfolio, choice: Choice) -> tuple[str, ...]:
    """Return the rows behind a plan: those of the inputs, and the opinions that speak of it.

    Parameters
    ----------
    portfolio : Portfolio
        The plans.
    choice : tuple of str
        Name of an option for each task.

    Returns
    -------
    tuple of str
        Identifiers.
    """
    w = portfolio.ways
    opinions = [row for name in choice if name != STAY for row in w.option(name).permit.rows]
    return tuple(dict.fromkeys([*w.rows, *opinions]))


def _who(portfolio: Portfolio, choice: Choice) -> pd.DataFrame:
    w, p = portfolio.ways, portfolio.ways.parameters
    records = []
    for task, name, hours in zip(p.tasks, choice, p.volume_hours, strict=True):
        record = {"task": vocabulary.label("task", task), "hours": round(hours), "who": name, "where": vocabulary.label("place", p.baseline_location), "saves": 0.0, "saves_low": 0.0, "saves_high": 0.0,
                  "adds_to_loss": 0.0, "p_beats_staying": np.nan, "weak_share": np.nan, "duties": ""}  # fmt: skip
        if name != STAY:
            one, way, item = w.adjusted[task], key(task, name), w.option(name)
            middle, low, high = quantiles(one.net(way), p.level)
            record |= {"where": vocabulary.label("place", item.place), "saves": middle, "saves_low": low, "saves_high": high, "adds_to_loss": float(one.increment[way].mean()),
                       "p_beats_staying": float((one.net(way) > 0).mean()), "weak_share": one.weak_share(way),
                       "duties": ", ".join(name.replace("_", " ") for name in item.permit.asked)}  # fmt: skip
        records.append(record)
    return pd.DataFrame(records)
