"""The efficient frontier of expected gain against tail loss, for assigning items to options under constraints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.rules import Row, Rule, conflicts_among, stacked
from lpo_analysis.wording import listing

_ROUNDS = 2000
"""Cuts after which a program that should have ended is given up."""
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
    """

    shares: Floats
    mean: float
    mean_error: float
    tail: float
    tail_error: float


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
    sizes: Floats | None = None
    whole: bool = True
    level: float = 0.95

    def __post_init__(self) -> None:
        for what, names in (("items", self.items), ("options", self.options)):
            if not names or len(set(names)) != len(names):
                raise ParameterError(f"{what}: must be one or more names, each once, got {', '.join(names) or 'none'}")
        shape = (len(self.gain), len(self.items), len(self.options))
        told = {"gain": self.gain, "loss": self.loss, "setup": self.setup, "sizes": self.sizes}
        allowed = {"gain": (shape,), "loss": (shape,), "setup": ((shape[0], shape[2]), (shape[2],)), "sizes": (shape[1:2],)}
        for what, values in told.items():
            if values is None:
                continue
            if np.shape(values) not in allowed[what]:
                raise ParameterError(f"{what}: has shape {np.shape(values)}", remedy=f"Allowed: {' or '.join(map(str, allowed[what]))}.")
            if not np.isfinite(values).all():
                raise ParameterError(f"{what}: {int((~np.isfinite(values)).sum())} of {np.size(values)} values are not finite")
        if not 0 < self.level < 1:
            raise ParameterError(f"level: must lie between 0 and 1, got {self.level:g}")
        if shape[0] * (1 - self.level) < 5:
            least = int(np.ceil(5 / (1 - self.level)))
            raise ParameterError(f"draws: {shape[0]} leave fewer than five in the tail at level {self.level:g}", remedy=f"Take {least} or more.")
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
        if self.loss is None:
            return -self.gains
        return np.hstack([self.loss.reshape(len(self.loss), -1), np.zeros_like(self._setup)])

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
    n = len(loss)
    mass = n * (1 - level)
    weights = np.zeros(n)
    whole = int(np.floor(mass + 1e-9))
    order = np.argsort(-loss, kind="stable")
    weights[order[:whole]] = 1 / mass
    if whole < n:
        weights[order[whole]] = max(1 - whole / mass, 0.0)
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
            Columns plan (1 has the least tail loss), mean, mean_error, tail, tail_error, and one a pair of item and option in use,
            ``item: option``, with its share.
        """
        a = self.assignment
        records = []
        for number, plan in enumerate(self.plans, start=1):
            record: dict[str, Any] = {"plan": number, "mean": plan.mean, "mean_error": plan.mean_error, "tail": plan.tail, "tail_error": plan.tail_error}
            record |= {f"{item}: {option}": plan.shares[i, o] for i, item in enumerate(a.items) for o, option in enumerate(a.options)}
            records.append(record)
        frame = pd.DataFrame(records)
        unused = [name for name in frame.columns[5:] if not frame[name].any()]
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
    gives the worst draws for it, whose weighted mean bounds the tail of all plans from below; the program over plans is
    HiGHS's, and it ends when bound and tail meet. A plan is chosen for doing well on these very draws, so its own figures
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
        raise ParameterError("points: items that may be divided have endlessly many efficient plans.", remedy="Say how many to list.")
    rows = stacked(assignment, rules)
    program = _Program(assignment, [row for group in rows.values() for row in group])
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
        first = f"{listing([repr(name) for name in conflict.rules])} cannot hold together" if len(conflict.rules) > 1 else f"{conflict.rules[0]!r} cannot hold"
        changes = [f"{name!r} to {limit:.3g}" if limit is not None else f"drop {name!r}" for name, limit in conflict.limits.items()]
        said.append(f"{first}; enough is one of: {', '.join(changes)}.")
    return " ".join(said)


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
        parts = [LinearConstraint(self.matrix, self.low, self.high), LinearConstraint(np.array(self.cuts), -np.inf, 0.0)]
        if floor is not None:
            parts.append(LinearConstraint(np.append(self.gain / self.scale, 0.0)[None], floor / self.scale, np.inf))
        high = np.append(np.ones(self.n), np.inf if cap is None else cap / self.scale)
        bounds = Bounds(np.append(np.zeros(self.n), -np.inf), high)
        found = milp(objective, constraints=parts, bounds=bounds, integrality=self.integrality, options={"mip_rel_gap": 0.0})
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
        """Find the least tail at this gain or more, and the most gain at that tail."""
        bottom = None if floor is None else floor - _CLOSE * self.scale
        objective = np.append(np.zeros(self.n), 1.0)
        for _ in range(_ROUNDS):
            found = self._must(self._solve(objective, floor=bottom))
            # The bound at the plan itself: rounded to whole items, it is not quite what the solver saw.
            bound = float((np.array(self.cuts)[:, :-1] @ found[:-1]).max())
            tail = self._tail(found)
            if tail <= (bound + _CLOSE) * self.scale:
                break
        else:
            raise RuntimeError("the cuts did not close in on the tail")
        first, cap = found, tail + _CLOSE * self.scale
        for _ in range(_ROUNDS):
            better = self._solve(self._gains(), floor=bottom, cap=cap)
            if better is None:
                return self._plan(first)
            if self._tail(better) <= cap + _CLOSE * self.scale:
                return self._plan(better if self.gain @ better[:-1] > self.gain @ first[:-1] else first)
        raise RuntimeError("the cuts did not close in on the tail")

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
