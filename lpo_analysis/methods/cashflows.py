"""Cash flows, one row a draw: net present value, payback, and every internal rate of return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats

LARGEST_RATE = 1e6
"""Rates of return above this many times one a period are taken for none: such a flow has all but no outlay."""


@dataclass(frozen=True, eq=False)
class Irr:
    """Internal rates of return.

    Parameters
    ----------
    roots : ndarray of float, shape (draws, most)
        All rates above -100% at which the net present value is zero, ascending; NaN where a draw has fewer than the draw
        with most.
    """

    roots: Floats

    @property
    def count(self) -> np.ndarray:
        """How many rates each draw has."""
        return np.isfinite(self.roots).sum(axis=1)

    @property
    def rate(self) -> Floats:
        """The rate where there is exactly one, NaN where there is none or several: then it ranks nothing."""
        first = self.roots[:, 0] if self.roots.shape[1] else np.full(len(self.roots), np.nan)
        return np.where(self.count == 1, first, np.nan)

    @property
    def text(self) -> str:
        """What was found, in words."""
        n, none, several = len(self.count), int((self.count == 0).sum()), int((self.count > 1).sum())
        if none == n:
            return "Not estimable, because the net present value is zero at no rate above -100%."
        parts = [f"{n - none - several} of {n} draws have one rate of return"]
        if none:
            parts.append(f"{none} none")
        if several:
            parts.append(f"{several} several, between which nothing chooses")
        return ", ".join(parts) + "."


def _flows(flows: Floats) -> Floats:
    table = np.atleast_2d(np.asarray(flows, dtype=float))
    if table.ndim != 2 or table.shape[1] < 2:
        raise ParameterError(f"flows: must hold draws by periods, two periods or more, got shape {table.shape}")
    if not np.isfinite(table).all():
        raise ParameterError(f"flows: {int((~np.isfinite(table)).sum())} of {table.size} are not finite")
    return table


def _factors(rate: float | Floats, periods: int) -> Floats:
    rates = np.asarray(rate, dtype=float)
    if not (rates > -1).all():
        raise ParameterError(f"rate: must be above -1 a period, got {float(rates.min()):g}")
    return np.asarray((1 + rates[..., None]) ** -np.arange(periods))


def npv(flows: Floats, *, rate: float | Floats) -> Floats:
    """Discount cash flows to their start.

    Parameters
    ----------
    flows : ndarray of float, shape (draws, periods) or (periods,)
        Cash flows, the first today and undiscounted; positive is received.
    rate : float or ndarray of float, shape (draws,)
        Discount rate a period, above -1.

    Returns
    -------
    ndarray of float, shape (draws,)
        Net present values.

    Raises
    ------
    ParameterError
        If the flows are no table of finite numbers, or a rate is -1 or below.
    """
    table = _flows(flows)
    return np.asarray((table * _factors(rate, table.shape[1])).sum(axis=1))


def payback(flows: Floats, *, rate: float | Floats = 0.0, lasting: bool = False) -> Floats:
    """Find when the flows have paid themselves back.

    Parameters
    ----------
    flows : ndarray of float, shape (draws, periods) or (periods,)
        Cash flows, the first today.
    rate : float or ndarray of float, shape (draws,), default 0
        Discount rate a period for the discounted payback; 0 for the simple one.
    lasting : bool, default False
        Whether to look for the time from which the balance never falls below zero again, rather than the first time it is
        up; they differ where costs come at the end.

    Returns
    -------
    ndarray of float, shape (draws,)
        Periods, flows being spread evenly over the period they end; 0 where nothing is laid out, infinite where it is never
        paid back.

    Raises
    ------
    ParameterError
        As of `npv`.
    """
    table = _flows(flows)
    discounted = table * _factors(rate, table.shape[1])
    balance = np.cumsum(discounted, axis=1)
    up = balance >= 0
    if lasting:
        # The first period of the last unbroken run of balances that are not negative.
        up = np.flip(np.logical_and.accumulate(np.flip(up, axis=1), axis=1), axis=1)
    ever, period = up.any(axis=1), up.argmax(axis=1)
    rows = np.arange(len(table))
    before = balance[rows, np.maximum(period - 1, 0)]
    inflow = discounted[rows, period]
    within = np.where(period > 0, -before / np.where(inflow > 0, inflow, 1.0), 1.0)
    return np.where(ever, np.where(period == 0, 0.0, period - 1 + np.minimum(within, 1.0)), np.inf)


def mirr(flows: Floats, *, finance_rate: float, reinvestment_rate: float) -> Floats:
    """Compute the modified internal rate of return, which is always one.

    Parameters
    ----------
    flows : ndarray of float, shape (draws, periods) or (periods,)
        Cash flows, the first today.
    finance_rate : float
        Rate a period at which outlays are discounted to the start.
    reinvestment_rate : float
        Rate a period at which receipts are carried to the end.

    Returns
    -------
    ndarray of float, shape (draws,)
        Rates a period; NaN where a draw has no outlay or no receipt.

    Raises
    ------
    ParameterError
        As of `npv`.
    """
    table = _flows(flows)
    last = table.shape[1] - 1
    outlay = -npv(np.minimum(table, 0.0), rate=finance_rate)
    receipt = npv(np.maximum(table, 0.0), rate=reinvestment_rate) * (1 + reinvestment_rate) ** last
    good = (outlay > 0) & (receipt > 0)
    return np.where(good, (np.where(good, receipt, 1.0) / np.where(good, outlay, 1.0)) ** (1 / last) - 1, np.nan)


def irr(flows: Floats) -> Irr:
    """Find all internal rates of return.

    Parameters
    ----------
    flows : ndarray of float, shape (draws, periods) or (periods,)
        Cash flows, the first today.

    Returns
    -------
    Irr
        All rates above -100% of every draw.

    Raises
    ------
    ParameterError
        As of `npv`.

    Notes
    -----
    The rates are the positive roots of the polynomial that the flows are in the discount factor 1 / (1 + rate). By Descartes'
    rule there is none where the flows never change their sign, exactly one where they change it once, found by bisection
    for all such draws at once, and at most as many as there are changes otherwise: those draws go one by one through the
    eigenvalues of the companion matrix, and each root is polished by Newton's method. A double root, where the net present
    value touches zero without crossing it, counts as one.
    """
    table = _flows(flows)
    changes = _sign_changes(table)
    found: list[Floats] = [np.empty(0)] * len(table)
    once = np.flatnonzero(changes == 1)
    for one, rate in zip(once, _single_root(table[once]), strict=True):
        found[one] = np.array([rate])
    for several in np.flatnonzero(changes > 1):
        found[several] = _roots(table[several])
    found = [rates[(rates > -1) & (rates < LARGEST_RATE)] for rates in found]
    most = max((len(rates) for rates in found), default=0)
    roots = np.full((len(table), most), np.nan)
    for row, rates in enumerate(found):
        roots[row, : len(rates)] = rates
    return Irr(roots)


def _sign_changes(table: Floats) -> np.ndarray:
    signs = np.sign(table)
    for t in range(1, table.shape[1]):
        # A period without a flow is no change: it takes the sign before it.
        signs[:, t] = np.where(signs[:, t] == 0, signs[:, t - 1], signs[:, t])
    return np.asarray((signs[:, 1:] * signs[:, :-1] < 0).sum(axis=1))


def _value(table: Floats, factor: Floats) -> Floats:
    total = table[:, -1].copy()
    for t in range(table.shape[1] - 2, -1, -1):
        total = total * factor + table[:, t]
    return total


def _single_root(table: Floats) -> Floats:
    if not len(table):
        return np.empty(0)
    scaled = table / np.abs(table).max(axis=1, keepdims=True)
    rows = np.arange(len(table))
    first = (scaled != 0).argmax(axis=1)
    last = scaled.shape[1] - 1 - (scaled[:, ::-1] != 0).argmax(axis=1)
    # Cauchy's bounds on the roots, in logarithms.
    low = -np.log1p(1 / np.abs(scaled[rows, first]))
    high = np.log1p(1 / np.abs(scaled[rows, last]))
    rising = np.sign(scaled[rows, last])
    for _ in range(60):
        middle = (low + high) / 2
        with np.errstate(over="ignore"):
            above = _value(scaled, np.exp(middle)) * rising > 0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.asarray(np.expm1(-(low + high) / 2))


def _roots(row: Floats) -> Floats:
    used = np.flatnonzero(row)
    coefficients = row[used[0] : used[-1] + 1] / np.abs(row).max()
    polynomial = np.polynomial.Polynomial(coefficients)
    candidates = polynomial.roots()
    near = np.abs(candidates.imag) < 1e-6 * np.maximum(np.abs(candidates), 1.0)
    slope = polynomial.deriv()
    factors: list[float] = []
    for start in np.sort(candidates.real[near & (candidates.real > 0)]):
        factor = float(start)
        for _ in range(20):
            steep = float(slope(factor))
            step = float(polynomial(factor)) / steep if steep else 0.0
            if not 0 < factor - step < np.inf:
                break
            factor -= step
            if abs(step) <= 1e-15 * factor:
                break
        # A pair that only nearly touches zero polishes to no root.
        size = float(np.abs(coefficients) @ factor ** np.arange(len(coefficients)))
        if abs(float(polynomial(factor))) <= 1e-10 * size and not any(
            abs(factor - other) <= 1e-6 * factor for other in factors
        ):
            factors.append(factor)
    return np.sort(1 / np.array(factors) - 1)
