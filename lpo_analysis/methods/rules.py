"""Constraints on who does what, and which of them conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats

if TYPE_CHECKING:
    from lpo_analysis.methods.frontier import Assignment


@dataclass(frozen=True, eq=False)
class Row:
    """One linear row: low <= coefficients times variables <= high.

    Parameters
    ----------
    coefficients : ndarray of float, shape (items * options + options,)
        For the shares item by item, then for the use of each option.
    low, high : float
        The bounds.
    """

    coefficients: Floats
    low: float
    high: float


class Rule(Protocol):
    """A constraint with a name, made of rows."""

    @property
    def name(self) -> str:
        """What a message calls it."""

    def rows(self, assignment: Assignment) -> list[Row]:
        """Return its rows."""


def _positions(names: Sequence[str], wanted: Sequence[str] | None, rule: str, what: str) -> list[int]:
    if wanted is None:
        return list(range(len(names)))
    for name in wanted:
        if name not in names:
            raise ParameterError(f"rule {rule!r}: no {what} is called {name!r}.", remedy=choices(name, names))
    return [names.index(name) for name in dict.fromkeys(wanted)]


def _blank(assignment: Assignment) -> tuple[Floats, Floats]:
    """Return coefficients of shares and of use, all 0."""
    return np.zeros((len(assignment.items), len(assignment.options))), np.zeros(len(assignment.options))


def _row(shares: Floats, used: Floats, low: float = -np.inf, high: float = np.inf) -> Row:
    return Row(np.concatenate([shares.ravel(), used]), low, high)


def _share(rule: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise ParameterError(f"rule {rule!r}: a share must lie between 0 and 1, got {value:g}")
    return value


def _amount(rule: str, value: float, what: str) -> float:
    if not (np.isfinite(value) and value >= 0):
        raise ParameterError(f"rule {rule!r}: {what} must be a number of at least 0, got {value:g}")
    return value


@dataclass(frozen=True)
class Forbid:
    """Nothing of some items may go to some options.

    Parameters
    ----------
    name : str
        What a message calls the rule.
    items, options : tuple of str or None
        Which; None for all.
    """

    name: str
    items: tuple[str, ...] | None
    options: tuple[str, ...] | None

    def rows(self, assignment: Assignment) -> list[Row]:
        """Return its rows.

        Parameters
        ----------
        assignment : Assignment
            Items and options.

        Returns
        -------
        list of Row
            One row.
        """
        shares, used = _blank(assignment)
        where = (
            _positions(assignment.items, self.items, self.name, "item"),
            _positions(assignment.options, self.options, self.name, "option"),
        )
        shares[np.ix_(*where)] = 1.0
        return [_row(shares, used, high=0.0)]


@dataclass(frozen=True)
class Between:
    """The share that a group of options has, by size, of all items or of some.

    Parameters
    ----------
    name : str
        What a message calls the rule.
    options : tuple of str
        The group.
    least, most : float
        Bounds of its share, 0-1.
    items : tuple of str, optional
        Of which items; of all by default.
    """

    name: str
    options: tuple[str, ...]
    least: float = 0.0
    most: float = 1.0
    items: tuple[str, ...] | None = None

    def rows(self, assignment: Assignment) -> list[Row]:
        """Return its rows.

        Parameters
        ----------
        assignment : Assignment
            Items and options.

        Returns
        -------
        list of Row
            One row.
        """
        shares, used = _blank(assignment)
        items = _positions(assignment.items, self.items, self.name, "item")
        options = _positions(assignment.options, self.options, self.name, "option")
        size = assignment.size[items]
        shares[np.ix_(items, options)] = (size / size.sum())[:, None]
        low, high = _share(self.name, self.least), _share(self.name, self.most)
        if low > high:
            raise ParameterError(f"rule {self.name!r}: its least share {low:g} is above its most {high:g}")
        return [_row(shares, used, low if low > 0 else -np.inf, high if high < 1 else np.inf)]


@dataclass(frozen=True, eq=False)
class Budget:
    """What a plan may cost.

    Parameters
    ----------
    name : str
        What a message calls the rule.
    limit : float
        The most.
    costs : ndarray of float, shape (items, options)
        Cost of moving all of an item to an option.
    setup : ndarray of float, shape (options,), optional
        Cost of using an option at all.
    """

    name: str
    limit: float
    costs: Floats
    setup: Floats | None = None

    def rows(self, assignment: Assignment) -> list[Row]:
        """Return its rows.

        Parameters
        ----------
        assignment : Assignment
            Items and options.

        Returns
        -------
        list of Row
            One row.
        """
        shares, used = _blank(assignment)
        for what, values, shape in (("costs", self.costs, shares.shape), ("setup", self.setup, used.shape)):
            if values is not None and (np.shape(values) != shape or not np.isfinite(values).all()):
                raise ParameterError(
                    f"rule {self.name!r}: {what} must be finite and of shape {shape}, got shape {np.shape(values)}"
                )
        setup = used if self.setup is None else np.asarray(self.setup, dtype=float)
        return [_row(np.asarray(self.costs, dtype=float), setup, high=_amount(self.name, self.limit, "its limit"))]


@dataclass(frozen=True)
class MostUsed:
    """How many of a group of options may be used; 1 makes them exclude each other.

    Parameters
    ----------
    name : str
        What a message calls the rule.
    options : tuple of str or None
        The group; None for all.
    count : int, default 1
        The most that may be used.
    """

    name: str
    options: tuple[str, ...] | None
    count: int = 1

    def rows(self, assignment: Assignment) -> list[Row]:
        """Return its rows.

        Parameters
        ----------
        assignment : Assignment
            Items and options.

        Returns
        -------
        list of Row
            One row.
        """
        shares, used = _blank(assignment)
        used[_positions(assignment.options, self.options, self.name, "option")] = 1.0
        return [_row(shares, used, high=_amount(self.name, self.count, "its count"))]


@dataclass(frozen=True)
class LeastSize:
    """An option is used with at least so much, or not at all.

    Parameters
    ----------
    name : str
        What a message calls the rule.
    options : tuple of str
        Each of which has this least size.
    size : float
        In the unit of the sizes of the assignment.
    """

    name: str
    options: tuple[str, ...]
    size: float

    def rows(self, assignment: Assignment) -> list[Row]:
        """Return its rows.

        Parameters
        ----------
        assignment : Assignment
            Items and options.

        Returns
        -------
        list of Row
            One row an option.
        """
        found = []
        least, whole = _amount(self.name, self.size, "its size"), float(assignment.size.sum())
        for option in _positions(assignment.options, self.options, self.name, "option"):
            shares, used = _blank(assignment)
            # In shares of the whole, so that hours and matters are equally well scaled.
            shares[:, option], used[option] = assignment.size / whole, -least / whole
            found.append(_row(shares, used, low=0.0))
        return found


@dataclass(frozen=True)
class Conflict:
    """Rules that cannot hold together, while any of them may be dropped and the rest can.

    Parameters
    ----------
    rules : tuple of str
        Their names.
    limits : dict of str to (float or None)
        By rule, the bound nearest to its own at which the conflict is gone; None where only dropping it helps, or it has several rows.
    """

    rules: tuple[str, ...]
    limits: Mapping[str, float | None] = field(hash=False)


def stacked(assignment: Assignment, rules: Sequence[Rule]) -> dict[str, list[Row]]:
    """Return the rows of all rules, and of what an assignment is.

    Parameters
    ----------
    assignment : Assignment
        Items and options.
    rules : sequence of Rule
        Constraints.

    Returns
    -------
    dict of str to list of Row
        Rows by rule; those of the assignment itself under the empty name.

    Raises
    ------
    ParameterError
        If two rules have one name, one has none, or one names what is not there.
    """
    names = [rule.name for rule in rules]
    if "" in names or len(set(names)) != len(names):
        raise ParameterError(f"rules: each needs a name of its own, got {', '.join(repr(name) for name in names)}")
    base = []
    for item in range(len(assignment.items)):
        shares, used = _blank(assignment)
        shares[item] = 1.0
        base.append(_row(shares, used, 1.0, 1.0))
    for option in range(len(assignment.options)):
        for item in range(len(assignment.items)):
            shares, used = _blank(assignment)
            shares[item, option], used[option] = 1.0, -1.0
            base.append(_row(shares, used, high=0.0))
        # An option to which nothing goes is not in use.
        shares, used = _blank(assignment)
        shares[:, option], used[option] = -1.0, 1.0 if assignment.whole else 0.0
        base.append(_row(shares, used, high=0.0))
    return {"": base} | {rule.name: rule.rows(assignment) for rule in rules}


def conflicts_among(assignment: Assignment, rules: Sequence[Rule]) -> tuple[Conflict, ...]:
    """Find rules that cannot hold together.

    Parameters
    ----------
    assignment : Assignment
        Items and options.
    rules : sequence of Rule
        Constraints.

    Returns
    -------
    tuple of Conflict
        Irreducible sets that share no rule, as many as it takes until the rest can hold; empty where all can.

    References
    ----------
    Chinneck, J. W. & Dravnieks, E. W. (1991). Locating minimal infeasible constraint sets in linear programs. ORSA Journal on
    Computing 3(2). https://doi.org/10.1287/ijoc.3.2.157

    Notes
    -----
    The deletion filter: each rule in turn is left out; where the rest still cannot hold, it stays out. What remains is
    irreducible. There may be other irreducible sets with some of the same rules. Bounds are the least change of one rule while
    the others of its set stay (their elastic program).
    """
    rows = stacked(assignment, rules)
    kept, found = [rule.name for rule in rules], []
    while not _holds(assignment, rows, kept):
        core = list(kept)
        for name in kept:
            rest = [other for other in core if other != name]
            if not _holds(assignment, rows, rest):
                core = rest
        limits = {name: _nearest(assignment, rows, core, name) for name in core}
        found.append(Conflict(tuple(core), limits))
        kept = [name for name in kept if name not in core]
    return tuple(found)


def _solved(assignment: Assignment, rows: Sequence[Row], elastic: Sequence[int] = ()) -> Floats | None:
    pairs, options = len(assignment.items) * len(assignment.options), len(assignment.options)
    extra = np.zeros((len(rows), 2 * len(elastic)))
    for column, row in enumerate(elastic):
        extra[row, 2 * column], extra[row, 2 * column + 1] = 1.0, -1.0
    matrix = np.hstack([np.array([row.coefficients for row in rows]), extra])
    whole = [1.0 if assignment.whole else 0.0] * pairs + [1.0] * options + [0.0] * extra.shape[1]
    objective = np.concatenate([np.zeros(pairs + options), np.ones(extra.shape[1])])
    high = np.where(objective == 0, 1.0, np.inf)
    held = LinearConstraint(matrix, np.array([row.low for row in rows]), np.array([row.high for row in rows]))
    found = milp(objective, constraints=held, bounds=Bounds(np.zeros_like(high), high), integrality=whole)
    if found.status not in (0, 2):
        raise RuntimeError(f"the solver gave up: {found.message}")
    return None if found.x is None else np.asarray(found.x)


def _holds(assignment: Assignment, rows: Mapping[str, list[Row]], names: Sequence[str]) -> bool:
    return _solved(assignment, [row for name in ("", *names) for row in rows[name]]) is not None


def _nearest(assignment: Assignment, rows: Mapping[str, list[Row]], core: Sequence[str], name: str) -> float | None:
    """Return the nearest bound of one rule at which it holds with the others."""
    if len(rows[name]) > 1 or rows[name][0].high == 0.0:
        return None
    every = [row for other in ("", *core) for row in rows[other]]
    where = next(i for i, row in enumerate(every) if row is rows[name][0])
    found = _solved(assignment, every, (where,))
    if found is None:
        return None
    up, down = found[-2:]
    row = rows[name][0]
    return float(row.low - up) if up > down else float(row.high + down)
