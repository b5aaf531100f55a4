"""The efficient frontier of expected gain against tail loss, for assigning items to options under constraints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.rules import Row, Rule, conflicts_among, stacked
from lpo_analysis.wording import listing

LISTED = 300_000
"""Plans up to which all are listed and bounded; beyond, the solver searches."""
_ROUNDS = 60
"""Cuts a point after which the solver's search ends with the gap it has reached."""
_AT_ONCE = 32
"""Plans of the list that are appraised at once,"""
_CUTS = 8
"""and how many of them, those with the least tails, then bound all others."""
_CLOSE = 1e-6
"""Gap, relative to the scale of the money, below which two amounts are the same: what HiGHS lets a row be off by."""


@dataclass(frozen=True, eq=False)
class Plan:
    """Who does what.

    Parameters
    ----------
    shares : ndarray of float, shape (items, options)
        Share of each item that goes to each option; rows add up to 1.
    mean, mean_error : float
        Expected gain, and its standard error over the draws.
    tail, tail_error : float
        Mean loss in the worst cases, and its standard error.
    gap : float, default 0
        By how much at most another plan with the same gain may have less in its tail on these draws; 0 where that is proved not to be.
    """

    shares: Floats
    mean: float
    mean_error: float
    tail: float
    tail_error: float
    gap: float = 0.0


@dataclass(frozen=True, eq=False)
class Assignment:
    """Items, options, and what each pair brings in each draw.

    Parameters
    ----------
    items, options : tuple of str
        Names, each once.
    gain : ndarray of float, shape (draws, items, options)
        What an item brings if all of it goes to an option, one and the same draw for all.
    loss : ndarray of float, shape (draws, items, options), optional
        What the tail is measured of; by default the gain with its sign turned.
    setup : ndarray of float, shape (draws, options) or (options,), optional
        What it costs to use an option at all, whatever goes there; off the gain, and where `loss` is not given onto the loss.
    setup_loss : ndarray of float, shape (draws, options), optional
        What using an option at all adds to the loss, in the place of `setup`: where that is an expectation, what befell.
    sizes : ndarray of float, shape (items,), optional
        Sizes that shares and least sizes are counted in; by default all alike.
    whole : bool, default True
        Whether an item goes to one option, or may be divided.
    level : float, default 0.95
        The tail is the mean of the worst 1 - `level` of the draws.

    Raises
    ------
    ParameterError
        If names, shapes or values do not fit.
    """

    items: tuple[str, ...]
    options: tuple[str, ...]
    gain: Floats
    loss: Floats | None = None
    setup: Floats | None = None
    setup_loss: Floats | None = field(default=None, kw_only=True)
    sizes: Floats | None = None
    whole: bool = True
    level: float = 0.95

    def __post_init__(self) -> None:
        for what, names in (("items", self.items), ("options", self.options)):
            if not names or len(set(names)) != len(names):
                raise ParameterError(f"{what}: must be one or more names, each once, got {', '.join(names) or 'none'}")
        shape = (len(self.gain), len(self.items), len(self.options))
        told = {
            "gain": self.gain,
            "loss": self.loss,
            "setup": self.setup,
            "setup_loss": self.setup_loss,
            "sizes": self.sizes,
        }
        allowed = {
            "gain": (shape,),
            "loss": (shape,),
            "setup": ((shape[0], shape[2]), (shape[2],)),
            "setup_loss": ((shape[0], shape[2]),),
            "sizes": (shape[1:2],),
        }
        for what, values in told.items():
            if values is None:
                continue
            if np.shape(values) not in allowed[what]:
                raise ParameterError(
                    f"{what}: has shape {np.shape(values)}", remedy=f"Allowed: {' or '.join(map(str, allowed[what]))}."
                )
            if not np.isfinite(values).all():
                raise ParameterError(
                    f"{what}: {int((~np.isfinite(values)).sum())} of {np.size(values)} values are not finite"
                )
        if not 0 < self.level < 1:
            raise ParameterError(f"level: must lie between 0 and 1, got {self.level:g}")
        if shape[0] * (1 - self.level) < 5:
            least = int(np.ceil(5 / (1 - self.level)))
            raise ParameterError(
                f"draws: {shape[0]} leave fewer than five in the tail at level {self.level:g}",
                remedy=f"Take {least} or more.",
            )
        if self.sizes is not None and not (np.asarray(self.sizes) > 0).all():
            raise ParameterError("sizes: must all be above 0")

    @cached_property
    def size(self) -> Floats:
        """Sizes of the items."""
        return np.ones(len(self.items)) if self.sizes is None else np.asarray(self.sizes, dtype=float)

    @cached_property
    def gains(self) -> Floats:
        """Gain by draw and variable: shares item by item, then the use of each option."""
        return np.hstack([self.gain.reshape(len(self.gain), -1), -self._setup])

    @cached_property
    def losses(self) -> Floats:
        """Loss by draw and variable."""
        if self.loss is None and self.setup_loss is None:
            return -self.gains
        lost = -self.gain if self.loss is None else self.loss
        used = np.zeros_like(self._setup) if self.setup_loss is None else np.asarray(self.setup_loss, dtype=float)
        return np.hstack([lost.reshape(len(lost), -1), used])

    @property
    def _setup(self) -> Floats:
        shape = (len(self.gain), len(self.options))
        return np.zeros(shape) if self.setup is None else np.broadcast_to(self.setup, shape).astype(float)

    def plan(self, shares: Floats) -> Plan:
        """Appraise a plan on these draws, which need not be those it was chosen on.

        Parameters
        ----------
        shares : ndarray of float, shape (items, options)
            Share of each item that goes to each option.

        Returns
        -------
        Plan
            The plan with what it brings and risks.
        """
        shares = np.asarray(shares, dtype=float)
        variables = np.concatenate([shares.ravel(), (shares.max(axis=0) > _CLOSE).astype(float)])
        gain, loss = self.gains @ variables, self.losses @ variables
        root = np.sqrt(len(gain))
        tail, error = tail_mean(loss, self.level)
        return Plan(shares, float(gain.mean()), float(gain.std(ddof=1) / root), tail, error)


def tail_mean(loss: Floats, level: float) -> tuple[float, float]:
    """Estimate the mean of the worst cases.

    Parameters
    ----------
    loss : ndarray of float, shape (draws,)
        Losses.
    level : float
        The worst 1 - `level` count.

    Returns
    -------
    tuple of float
        Conditional value at risk, and its standard error from the spread of the excesses over the quantile.

    References
    ----------
    Rockafellar, R. T. & Uryasev, S. (2000). Optimization of conditional value-at-risk. Journal of Risk 2(3).
    https://doi.org/10.21314/JOR.2000.038
    """
    loss = np.asarray(loss, dtype=float)
    weights = _worst(loss, level)
    quantile = float(loss[weights > 0].min())
    excess = np.maximum(loss - quantile, 0.0) / (1 - level)
    return float(weights @ loss), float(excess.std(ddof=1) / np.sqrt(len(loss)))


def _worst(loss: Floats, level: float) -> Floats:
    """Weigh the draws so that the weighted mean is the mean of the worst; a draw at the quantile enters with its part."""
    return _worst_of(np.asarray(loss)[None], level)[0]


def _worst_of(losses: Floats, level: float) -> Floats:
    """Weigh the draws of several losses, a row each."""
    n = losses.shape[1]
    mass = n * (1 - level)
    weights = np.zeros(losses.shape)
    whole = int(np.floor(mass + 1e-9))
    if whole >= n:
        return np.full(losses.shape, 1 / mass)
    # The place of the quantile, and before it all that is worse; which of several equal losses counts changes no mean.
    order = np.argpartition(-losses, whole, axis=1)[:, : whole + 1]
    np.put_along_axis(weights, order[:, :whole], 1 / mass, axis=1)
    np.put_along_axis(weights, order[:, whole:], max(1 - whole / mass, 0.0), axis=1)
    return weights


@dataclass(frozen=True, eq=False)
class Frontier:
    """Efficient plans: none brings more without more loss in its tail.

    Parameters
    ----------
    assignment : Assignment
        What was assigned.
    plans : tuple of Plan
        From the least tail loss to the largest expected gain.
    complete : bool
        Whether these are all efficient plans, or some along the frontier.
    """

    assignment: Assignment
    plans: tuple[Plan, ...]
    complete: bool

    def frame(self) -> pd.DataFrame:
        """Return the plans as a frame.

        Returns
        -------
        pandas.DataFrame
            Columns plan (1 has the least tail loss), mean, mean_error, tail, tail_error, gap, and one a pair of item and option in use,
            ``item: option``, with its share.
        """
        a = self.assignment
        records = []
        for number, plan in enumerate(self.plans, start=1):
            record: dict[str, Any] = {
                "plan": number,
                "mean": plan.mean,
                "mean_error": plan.mean_error,
                "tail": plan.tail,
                "tail_error": plan.tail_error,
                "gap": plan.gap,
            }
            record |= {
                f"{item}: {option}": plan.shares[i, o]
                for i, item in enumerate(a.items)
                for o, option in enumerate(a.options)
            }
            records.append(record)
        frame = pd.DataFrame(records)
        unused = [name for name in frame.columns[6:] if not frame[name].any()]
        return frame.drop(columns=unused)

    def who(self, plan: Plan) -> pd.DataFrame:
        """List who does what under a plan.

        Parameters
        ----------
        plan : Plan
            One of the plans.

        Returns
        -------
        pandas.DataFrame
            Columns item, option, share, gain (expected) for every pair in use.
        """
        a, mean = self.assignment, self.assignment.gain.mean(axis=0)
        used = [(i, o) for i, o in zip(*np.nonzero(plan.shares > _CLOSE), strict=True)]
        rows = [(a.items[i], a.options[o], plan.shares[i, o], plan.shares[i, o] * mean[i, o]) for i, o in used]
        return pd.DataFrame(rows, columns=["item", "option", "share", "gain"])


def efficient_frontier(assignment: Assignment, rules: Sequence[Rule] = (), *, points: int | None = 15) -> Frontier:
    """Find the plans of which none brings more without more loss in its tail.

    Parameters
    ----------
    assignment : Assignment
        Items, options and joint draws.
    rules : sequence of Rule
        Constraints, each with a name of its own; see `lpo_analysis.methods.rules`.
    points : int or None, default 15
        How many evenly spaced expected gains to ask for at most; None for every efficient plan, where items stay whole.

    Returns
    -------
    Frontier
        The plans.

    Raises
    ------
    ParameterError
        If the rules cannot hold together (naming those that conflict), or do not fit the items and options.

    Notes
    -----
    For each expected gain asked for, the plan with the least conditional value at risk, and among those the one that brings
    most. The minimum of Rockafellar and Uryasev's program is found by its dual cuts (Künzi-Bay and Mayer): every plan tried
    gives the worst draws for it, whose weighted mean bounds the tail of all plans from below, until bound and tail meet. Up to
    `LISTED` plans are listed, and only those whose bound is low enough are appraised, which is exact; beyond, and for items that
    may be divided, the program over plans is HiGHS's, which ends with the gap that is left (`Plan.gap`). A plan is chosen for doing well on these very draws, so its own figures
    are a little too good: appraise it on other draws (`Assignment.plan`).

    References
    ----------
    Rockafellar, R. T. & Uryasev, S. (2000). Optimization of conditional value-at-risk. Journal of Risk 2(3).
    https://doi.org/10.21314/JOR.2000.038
    Künzi-Bay, A. & Mayer, J. (2006). Computational aspects of minimizing conditional value-at-risk. Computational Management
    Science 3. https://doi.org/10.1007/s10287-005-0042-0
    """
    if points is not None and points < 2:
        raise ParameterError(f"points: must be at least 2, got {points}")
    if points is None and not assignment.whole:
        raise ParameterError(
            "points: items that may be divided have endlessly many efficient plans.", remedy="Say how many to list."
        )
    rows = stacked(assignment, rules)
    made = [row for group in rows.values() for row in group]
    listed = _Listed.of(assignment, rows)
    program = listed if listed is not None else _Program(assignment, made)
    if not program.feasible():
        raise ParameterError(f"rules: no plan satisfies them. {conflict_text(assignment, rules)}")
    top = program.best_gain()
    low = program.least_tail(None)
    plans, last = [low], top.mean
    targets = [] if points is None else list(np.linspace(low.mean, last, points)[1:-1])
    step = _CLOSE * program.scale * 10
    while plans[-1].mean < last - step:
        if points is None:
            target = plans[-1].mean + step
        else:
            targets = [value for value in targets if value > plans[-1].mean + step]
            if not targets:
                plans.append(program.least_tail(last))
                break
            target = targets.pop(0)
        plans.append(program.least_tail(target))
    return Frontier(assignment, tuple(plans), points is None)


def best_plan(assignment: Assignment, rules: Sequence[Rule] = ()) -> Plan:
    """Find the plan of the largest expected gain, whatever its tail.

    Parameters
    ----------
    assignment : Assignment
        Items, options and joint draws; where items may be divided, what is found bounds what whole ones can bring.
    rules : sequence of Rule
        Constraints.

    Returns
    -------
    Plan
        The plan, by HiGHS's mixed-integer program: whether an option is used at all is a whole number even where items may be divided.

    Raises
    ------
    ParameterError
        If the rules cannot hold together.
    """
    program = _Program(assignment, [row for group in stacked(assignment, rules).values() for row in group])
    if not program.feasible():
        raise ParameterError(f"rules: no plan satisfies them. {conflict_text(assignment, rules)}")
    return program.best_gain()


def conflict_text(assignment: Assignment, rules: Sequence[Rule]) -> str:
    """Say which rules conflict, and what would have to change.

    Parameters
    ----------
    assignment : Assignment
        Items and options.
    rules : sequence of Rule
        Constraints.

    Returns
    -------
    str
        One sentence a conflict; empty where a plan satisfies all.
    """
    said = []
    for conflict in conflicts_among(assignment, rules):
        first = (
            f"{listing([repr(name) for name in conflict.rules])} cannot hold together"
            if len(conflict.rules) > 1
            else f"{conflict.rules[0]!r} cannot hold"
        )
        changes = [
            f"{name!r} to {limit:.3g}" if limit is not None else f"drop {name!r}"
            for name, limit in conflict.limits.items()
        ]
        said.append(f"{first}; enough is one of: {', '.join(changes)}.")
    return " ".join(said)


class _Listed:
    """All plans of whole items, each with a bound on its tail that rises as cuts are found."""

    def __init__(self, assignment: Assignment, choices: Sequence[NDArray[np.int64]], rules: Sequence[Row]) -> None:
        self.a, self.choices = assignment, choices
        self.plans = np.column_stack([axis.ravel() for axis in np.meshgrid(*choices, indexing="ij")])
        self.used = np.zeros((len(self.plans), len(assignment.options)))
        for item in range(len(assignment.items)):
            self.used[np.arange(len(self.plans)), self.plans[:, item]] = 1.0
        self.kept: NDArray[np.bool_] | None = None
        kept = np.ones(len(self.plans), dtype=bool)
        for row in rules:
            value = self._of(row.coefficients)
            near = _CLOSE * max(1.0, float(np.abs(row.coefficients).max()))
            kept &= (value >= row.low - near) & (value <= row.high + near)
        if not kept.all():
            self.plans, self.used, self.kept = self.plans[kept], self.used[kept], kept
        gain = assignment.gains.mean(axis=0)
        self.mean = self._of(gain)
        self.scale = max(float(np.abs(gain).max()), 1e-12)
        self.exact = np.full(len(self.plans), np.nan)
        self.bound = self._of(assignment.losses.mean(axis=0))
        # Draw by draw in memory, as plans are added up and their worst draws picked.
        self.losses = np.ascontiguousarray(assignment.losses.T)

    @classmethod
    def of(cls, assignment: Assignment, rows: Mapping[str, Sequence[Row]]) -> _Listed | None:
        """List the plans that satisfy the rules, or return None where they are too many."""
        shape = len(assignment.items), len(assignment.options)
        # What an assignment is holds for every plan of the list; only the rules, which have names, choose among them.
        rules = [row for name, group in rows.items() if name for row in group]
        open_pairs = np.ones(shape, dtype=bool)
        for row in rules:
            # Where nothing in a row can be negative, a pair that is too much alone is out.
            if (row.coefficients >= 0).all():
                open_pairs &= row.coefficients[: shape[0] * shape[1]].reshape(shape) <= row.high + _CLOSE
        choices = [np.flatnonzero(pairs) for pairs in open_pairs]
        if not assignment.whole or np.prod([float(len(c)) for c in choices]) > LISTED:
            return None
        return cls(assignment, choices, rules)

    def _of(self, coefficients: Floats) -> Floats:
        """Add up one row of coefficients over every plan."""
        pairs = coefficients[: -len(self.a.options)].reshape(len(self.a.items), -1)
        value = np.zeros(1)
        for row, chosen in zip(pairs, self.choices, strict=True):
            value = np.add.outer(value, row[chosen]).ravel()
        if self.kept is not None:
            value = value[self.kept]
        return np.asarray(value + self.used @ coefficients[-len(self.a.options) :], dtype=float)

    def feasible(self) -> bool:
        return len(self.plans) > 0

    def _shares(self, number: int) -> Floats:
        return np.asarray(np.eye(len(self.a.options))[self.plans[number]], dtype=float)

    def best_gain(self) -> Plan:
        return self.least_tail(float(self.mean.max()))

    def least_tail(self, floor: float | None) -> Plan:
        near = _CLOSE * self.scale
        at = np.arange(len(self.plans)) if floor is None else np.flatnonzero(self.mean >= floor - near)
        while True:
            best = float(np.nanmin(self.exact[at], initial=np.inf))
            open_ones = at[np.isnan(self.exact[at]) & (self.bound[at] < best + near)]
            if not len(open_ones):
                break
            if len(open_ones) > _AT_ONCE:
                open_ones = open_ones[np.argpartition(self.bound[open_ones], _AT_ONCE)[:_AT_ONCE]]
            self._appraise(np.sort(open_ones))
        alike = at[self.exact[at] <= best + near]
        return self.a.plan(self._shares(int(alike[np.argmax(self.mean[alike])])))

    def _appraise(self, numbers: NDArray[np.int64]) -> None:
        """Work out the tails of some plans, and what the worst draws of those that stand out tell of all others."""
        options = len(self.a.options)
        variables = np.zeros((len(numbers), self.losses.shape[0]))
        for item in range(len(self.a.items)):
            variables[np.arange(len(numbers)), item * options + self.plans[numbers, item]] = 1.0
        variables[:, -options:] = self.used[numbers]
        worst = _worst_of(variables @ self.losses, self.a.level)
        cuts = worst @ self.losses.T
        self.exact[numbers] = (cuts * variables).sum(axis=1)
        for row in np.argsort(self.exact[numbers], kind="stable")[:_CUTS]:
            np.maximum(self.bound, self._of(cuts[row]), out=self.bound)


class _Program:
    """The program over plans, with the cuts found so far."""

    def __init__(self, assignment: Assignment, rows: Sequence[Row]) -> None:
        self.a = assignment
        self.gain, self.losses = assignment.gains.mean(axis=0), assignment.losses
        self.scale = max(float(np.abs(self.gain).max()), float(np.abs(self.losses.mean(axis=0)).max()), 1e-12)
        self.n = self.losses.shape[1]
        self.pairs = len(assignment.items) * len(assignment.options)
        whole = np.ones(self.n)
        if not assignment.whole:
            whole[: self.pairs] = 0
        # The last variable is the tail, in units of `scale`.
        self.integrality = np.append(whole, 0)
        self.matrix = np.array([np.append(row.coefficients, 0.0) for row in rows])
        self.low, self.high = np.array([row.low for row in rows]), np.array([row.high for row in rows])
        self.cuts: list[Floats] = []
        self._cut(np.full(len(self.losses), 1 / len(self.losses)))

    def _cut(self, weights: Floats) -> None:
        self.cuts.append(np.append(weights @ self.losses / self.scale, -1.0))

    def _solve(self, objective: Floats, *, floor: float | None = None, cap: float | None = None) -> Floats | None:
        parts = [
            LinearConstraint(self.matrix, self.low, self.high),
            LinearConstraint(np.array(self.cuts), -np.inf, 0.0),
        ]
        if floor is not None:
            parts.append(LinearConstraint(np.append(self.gain / self.scale, 0.0)[None], floor / self.scale, np.inf))
        high = np.append(np.ones(self.n), np.inf if cap is None else cap / self.scale)
        bounds = Bounds(np.append(np.zeros(self.n), -np.inf), high)
        found = milp(
            objective, constraints=parts, bounds=bounds, integrality=self.integrality, options={"mip_rel_gap": _CLOSE}
        )
        if found.status == 2:
            return None
        if found.x is None:
            raise RuntimeError(f"the solver gave up: {found.message}")
        solution = np.asarray(found.x, dtype=float)
        where = self.integrality[:-1] == 1
        solution[:-1][where] = np.round(solution[:-1][where])
        return solution

    def feasible(self) -> bool:
        return self._solve(np.zeros(self.n + 1)) is not None

    def _gains(self) -> Floats:
        return np.append(-self.gain / self.scale, 0.0)

    def best_gain(self) -> Plan:
        return self._plan(self._must(self._solve(self._gains())))

    def least_tail(self, floor: float | None) -> Plan:
        """Find the least tail at this gain or more, and more gain at the same tail."""
        bottom = None if floor is None else floor - _CLOSE * self.scale
        objective = np.append(np.zeros(self.n), 1.0)
        best, tail, bound = None, np.inf, -np.inf
        for _ in range(_ROUNDS):
            found = self._must(self._solve(objective, floor=bottom))
            bound = max(bound, float(found[-1]) * self.scale)
            here = self._tail(found)
            if here < tail:
                best, tail = found, here
            if tail <= bound + _CLOSE * self.scale:
                break
        first, cap = self._must(best), tail + _CLOSE * self.scale
        better = self._solve(self._gains(), floor=bottom, cap=cap)
        if (
            better is not None
            and self._tail(better) <= cap + _CLOSE * self.scale
            and self.gain @ better[:-1] > self.gain @ first[:-1]
        ):
            first = better
        gap = tail - bound
        return replace(self._plan(first), gap=gap if gap > _CLOSE * self.scale else 0.0)

    def _tail(self, found: Floats) -> float:
        loss = self.losses @ found[:-1]
        weights = _worst(loss, self.a.level)
        self._cut(weights)
        return float(weights @ loss)

    def _must(self, found: Floats | None) -> Floats:
        if found is None:
            raise RuntimeError("the program became infeasible by rounding")
        return found

    def _plan(self, found: Floats) -> Plan:
        shares = np.clip(found[: self.pairs].reshape(len(self.a.items), len(self.a.options)), 0.0, 1.0)
        shares[shares < _CLOSE] = 0.0
        return self.a.plan(shares / shares.sum(axis=1, keepdims=True))
