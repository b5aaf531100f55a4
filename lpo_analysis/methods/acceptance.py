"""Acceptance sampling by attributes: single plans (n, c), what they let pass, and the cheapest for stated risks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.special import bdtr, betaincinv
from scipy.stats import hypergeom

from lpo_analysis.charts import plan_curve
from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.counts import fraction, whole
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import percent

_MOST = 10_000_000
_LAST_C = 5_000
_LOTS = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000)
_LETTERS = "ABCDEFGHJKLMNPQR"
_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000)
_AQLS = (0.010, 0.015, 0.025, 0.040, 0.065, 0.10, 0.15, 0.25, 0.40, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10.0)
_NUMBERS = (1, 2, 3, 5, 7, 10, 14, 21)


@dataclass(frozen=True)
class Plan:
    """A single sampling plan: look at n, accept the lot if at most c are defective.

    Parameters
    ----------
    n : int
        Sample size.
    c : int
        Acceptance number.
    lot : int, optional
        Size of the lot; None for a process or a lot without end.

    Raises
    ------
    ParameterError
        If a number is no count, the sample is larger than the lot, or c is not below n (the plan would accept all).
    """

    n: int
    c: int
    lot: int | None = None

    def __post_init__(self) -> None:
        if self.lot is not None:
            whole("lot", self.lot, low=1)
        whole("n", self.n, low=1, high=self.lot, high_name="the size of the lot")
        whole("c", self.c)
        if self.c >= self.n:
            raise ParameterError(f"c: must be below n = {self.n}, or every lot is accepted, got {self.c}")


def accept_probability(plan: Plan, shares: ArrayLike) -> Floats:
    """Return the probability that a lot is accepted (the operating characteristic).

    Parameters
    ----------
    plan : Plan
        The plan.
    shares : array_like of float
        Share defective, 0-1. In a finite lot it must be a whole number of items over the size of the lot.

    Returns
    -------
    ndarray of float
        Exact probabilities, of the shape of `shares`: hypergeometric in a finite lot (type A), binomial otherwise (type B).

    Raises
    ------
    ParameterError
        If a share is outside 0-1, or is no whole number of items in the lot.
    """
    p = _shares(shares)
    if plan.lot is None:
        return np.asarray(bdtr(plan.c, plan.n, p), dtype=float)
    return _type_a(_defects(p, plan.lot), plan)


def curves(plan: Plan, *, shares: ArrayLike | None = None, process_lot: int | None = None) -> pd.DataFrame:
    """Return the operating characteristic, average outgoing quality and average total inspection.

    Outgoing quality supposes rectifying inspection: a rejected lot is checked whole, and every defective item found is made good.

    Parameters
    ----------
    plan : Plan
        The plan.
    shares : array_like of float, optional
        Share defective; by default up to 201 possible ones.
    process_lot : int, optional
        Size of the lots that a process delivers, for a plan without a lot: acceptance stays binomial.

    Returns
    -------
    pandas.DataFrame
        Columns share, accept, outgoing (share defective after inspection) and inspected (expected number of items looked at;
        NaN without a size of lot).

    Raises
    ------
    ParameterError
        As in `accept_probability`; if both the plan and `process_lot` give a size, or it is below n.

    References
    ----------
    Dodge, H. F. and Romig, H. G. (1959). Sampling Inspection Tables: Single and Double Sampling, 2nd ed. Wiley.
    """
    size = _lot_size(plan, process_lot)
    if shares is not None:
        p = _shares(shares)
    # Twice the share that passes once in a thousand lots shows the whole fall of the curve.
    elif plan.lot is None:
        p = np.linspace(0, min(1.0, 2 * float(betaincinv(plan.c + 1, plan.n - plan.c, 0.999))), 201)
    else:
        last = min(plan.lot, 2 * round(worst_accepted(plan, probability=0.001) * plan.lot) + 1)
        p = np.unique(np.linspace(0, last, min(last, 200) + 1).round()) / plan.lot
    accept = accept_probability(plan, p)
    inspected = np.full(p.shape, np.nan) if size is None else plan.n + (1 - accept) * (size - plan.n)
    return pd.DataFrame({"share": p, "accept": accept, "outgoing": _outgoing(plan, p, size), "inspected": inspected})


def outgoing_limit(plan: Plan, *, process_lot: int | None = None) -> tuple[float, float]:
    """Return the average outgoing quality limit: the worst that rectifying inspection lets through on average.

    Parameters
    ----------
    plan : Plan
        The plan.
    process_lot : int, optional
        As in `curves`.

    Returns
    -------
    tuple of float
        The limit, and the incoming share defective at which it is reached.

    Raises
    ------
    ParameterError
        As in `curves`.
    """
    size = _lot_size(plan, process_lot)
    if plan.lot is not None:
        p = _spread(plan.lot)
        out = _outgoing(plan, p, size)
        best = int(out.argmax())
        if plan.lot > len(p):  # refine between the neighbours of the best point
            near = np.arange(round(p[max(best - 1, 0)] * plan.lot), round(p[min(best + 1, len(p) - 1)] * plan.lot) + 1)
            p = near / plan.lot
            out = _outgoing(plan, p, size)
            best = int(out.argmax())
        return float(out[best]), float(p[best])
    top = float(betaincinv(plan.c + 1, plan.n - plan.c, 0.9999))
    found = minimize_scalar(
        lambda p: -float(_outgoing(plan, np.array([p]), size)[0]),
        bounds=(0, top),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(-found.fun), float(found.x)


def worst_accepted(plan: Plan, *, probability: float = 0.10) -> float:
    """Return the worst lot that still passes with a stated probability.

    Parameters
    ----------
    plan : Plan
        The plan.
    probability : float, default 0.10
        Probability of acceptance.

    Returns
    -------
    float
        The largest share defective that is accepted at least that often.

    Raises
    ------
    ParameterError
        If the probability is not between 0 and 1.
    """
    fraction("probability", probability)
    if plan.lot is None:
        return float(betaincinv(plan.c + 1, plan.n - plan.c, 1 - probability))
    lot = plan.lot
    low, high = 0, lot
    while low < high:
        middle = (low + high + 1) // 2
        if _type_a(np.array([middle]), plan)[0] >= probability:
            low = middle
        else:
            high = middle - 1
    return low / lot


def cheapest_plan(
    *, aql: float, ltpd: float, producer_risk: float = 0.05, consumer_risk: float = 0.10, lot: int | None = None
) -> Plan:
    """Find the plan with the smallest sample that keeps both risks.

    Parameters
    ----------
    aql : float
        Acceptable quality level: share defective at which a lot should pass. In a finite lot the largest whole number of items
        not above it counts.
    ltpd : float
        Lot tolerance: share defective at which a lot should fail. In a finite lot the smallest whole number of items not below it.
    producer_risk : float, default 0.05
        Greatest probability of rejecting a lot at the AQL.
    consumer_risk : float, default 0.10
        Greatest probability of accepting a lot at the LTPD.
    lot : int, optional
        Size of the lot: exact hypergeometric risks; binomial without.

    Returns
    -------
    Plan
        The plan. In a finite lot its sample can be the whole lot: then no sample does.

    Raises
    ------
    ParameterError
        If the AQL is not below the LTPD, a risk is outside 0-1, the risks leave nothing to tell apart, no lot of this size has
        either quality, or the levels are so close that more than ten million items would be needed.

    References
    ----------
    Guenther, W. C. (1969). Use of the binomial, hypergeometric and Poisson tables to obtain sampling plans. Journal of Quality
    Technology.
    """
    for name, value in (
        ("aql", aql),
        ("ltpd", ltpd),
        ("producer_risk", producer_risk),
        ("consumer_risk", consumer_risk),
    ):
        fraction(name, value)
    if aql >= ltpd:
        raise ParameterError(
            f"aql: must be below the LTPD, got AQL {aql:g} and LTPD {ltpd:g}",
            remedy="The AQL is what should pass, the LTPD what should be caught.",
        )
    if producer_risk + consumer_risk >= 1:
        raise ParameterError(f"producer_risk + consumer_risk: must be below 1, got {producer_risk + consumer_risk:g}")
    if lot is not None:
        whole("lot", lot, low=1)
        good, bad = int(np.floor(aql * lot + 1e-9)), int(np.ceil(ltpd * lot - 1e-9))

    def accepts(n: int, c: int, *, at_aql: bool) -> float:
        if lot is None:
            return float(bdtr(c, n, aql if at_aql else ltpd)) if c < n else 1.0
        return float(hypergeom.cdf(c, lot, good if at_aql else bad, n))

    most = _MOST if lot is None else lot
    n = 1
    for c in range(min(_LAST_C, most)):
        # The smallest n that catches the bad lot grows with c; the first c whose n also spares the good one is the cheapest.
        n = _first(lambda size, c=c: accepts(size, c, at_aql=False) <= consumer_risk, max(n, c + 1), most)  # type: ignore[misc]
        if n > most:
            break
        if accepts(n, c, at_aql=True) >= 1 - producer_risk:
            return Plan(n, c, lot)
    raise ParameterError(
        f"aql and ltpd: {aql:g} and {ltpd:g} cannot be told apart by a sample of at most {most:,}",
        remedy="Set them further apart, or allow greater risks.",
    )


def design(
    *,
    aql: float,
    ltpd: float,
    producer_risk: float = 0.05,
    consumer_risk: float = 0.10,
    lot: int | None = None,
    largest_sample: int | None = None,
) -> Result:
    """Design the cheapest plan and tell what it lets pass.

    Parameters
    ----------
    aql, ltpd : float
        As in `cheapest_plan`.
    producer_risk, consumer_risk : float
        As in `cheapest_plan`.
    lot : int, optional
        Size of the lot.
    largest_sample : int, optional
        The most that can be looked at.

    Returns
    -------
    Result
        Terms sample_size, acceptance_number, producer_risk, consumer_risk, worst_accepted (the worst lot that passes one time in
        ten), outgoing_limit; the plan is its `model`; `plot_data` are its `curves`, drawn by `plot(show=...)` as operating
        characteristic ('accept'), outgoing quality ('outgoing') or total inspection ('inspected'). Not estimable where the
        sample that is needed cannot be afforded, or no sample short of the whole lot keeps the risks.

    Raises
    ------
    ParameterError
        As in `cheapest_plan`.
    """
    plan = cheapest_plan(aql=aql, ltpd=ltpd, producer_risk=producer_risk, consumer_risk=consumer_risk, lot=lot)
    method = "binomial" if lot is None else "hypergeometric"
    terms = ("sample_size", "acceptance_number", "producer_risk", "consumer_risk", "worst_accepted", "outgoing_limit")
    reason = None
    if plan.n == lot:
        reason = f"no sample short of all {lot:,} items keeps both risks: check the whole lot, or allow greater risks"
    elif largest_sample is not None and plan.n > whole("largest_sample", largest_sample, low=1):
        reason = f"the risks need a sample of {plan.n:,}, and {largest_sample:,} can be looked at"
    if reason is not None:
        return not_estimable("acceptance_plan", reason, terms=terms, method=method)
    good, bad = (aql, ltpd) if lot is None else (np.floor(aql * lot + 1e-9) / lot, np.ceil(ltpd * lot - 1e-9) / lot)
    at_good, at_bad = accept_probability(plan, [good, bad])
    worst, (limit, at) = worst_accepted(plan), outgoing_limit(plan)
    values = (plan.n, plan.c, 1 - at_good, at_bad, worst, limit)
    units = ("items", "items", "probability", "probability", "share", "share")
    table = tidy(
        {"term": t, "estimate": float(v), "unit": u, "method": method, "n_obs": plan.n}
        for t, v, u in zip(terms, values, units, strict=True)
    )
    shown = [percent(float(v), width=0.01) for v in (aql, 1 - at_good, ltpd, at_bad, worst, limit, at)]
    text = (
        f"Look at {plan.n:,} and accept if at most {plan.c:,} are defective. A lot at the AQL of {shown[0]} is then rejected in "
        f"{shown[1]} of the cases, one at the LTPD of {shown[2]} accepted in {shown[3]}."
    )
    check = Check(
        "The AQL is not the worst lot that passes",
        None,
        f"A lot with {shown[4]} defective still passes one time in ten; if rejected lots are checked whole, at most {shown[5]} "
        f"gets through on average, where {shown[6]} comes in.",
    )
    alt = (
        f"Falling curve of the probability that a lot is accepted, over its share defective: {percent(1 - float(at_good), width=0.01)} "
        f"of lots are rejected at {shown[0]}, {shown[3]} accepted at {shown[2]}, one in ten at {shown[4]}."
    )
    draw = partial(plan_curve, marks=((aql, "AQL"), (ltpd, "LTPD")))
    return Result(
        "acceptance_plan", table, text, checks=(check,), plot_data=curves(plan), draw=draw, alt=alt, model=plan
    )


def standard_plan(*, lot: int, aql: float) -> Plan:
    """Return the single sampling plan of the standard tables: normal inspection, general level II.

    Parameters
    ----------
    lot : int
        Size of the lot, at least 2.
    aql : float
        Acceptable quality level as a share; one of the preferred values 0.01% to 10%.

    Returns
    -------
    Plan
        The plan; a sample as large as the lot means that the whole lot is checked, with the acceptance number of the table.

    Raises
    ------
    ParameterError
        If the lot has fewer than 2 items or the AQL is none of the preferred values.

    References
    ----------
    MIL-STD-105E (1989). Sampling procedures and tables for inspection by attributes, tables I and II-A. The plans of
    ISO 2859-1 descend from these; a cell taken from here is one of MIL-STD-105E, not checked against the later standard.
    """
    whole("lot", lot, low=2)
    hits = [j for j, value in enumerate(_AQLS) if np.isclose(100 * aql, value, rtol=1e-6, atol=0)]
    if not hits:
        allowed = ", ".join(f"{value:g}%" for value in _AQLS)
        raise ParameterError(f"aql: {100 * aql:g}% is none of the standard's values.", remedy=f"Allowed: {allowed}.")
    letter = sum(lot > end for end in _LOTS)
    # A cell depends on letter + AQL alone: one row down is one AQL to the left. c = 0 stands where the sum is 14.
    place = letter + hits[0]
    if place < 14:  # arrow down
        letter, c = letter + 14 - place, 0
    elif place == 14:
        c = 0
    elif place == 15:  # arrow up
        letter, c = letter - 1, 0
    elif place == 16:  # arrow down
        letter, c = letter + 1, 1
    else:
        over = max(place - 17 - (len(_NUMBERS) - 1), 0)  # arrow up
        letter, c = letter - over, _NUMBERS[place - 17 - over]
    return Plan(min(_SIZES[letter], lot), min(c, min(_SIZES[letter], lot) - 1), lot)


def code_letter(lot: int) -> str:
    """Return the sample size code letter at general inspection level II.

    Parameters
    ----------
    lot : int
        Size of the lot, at least 2.

    Returns
    -------
    str
        The letter.

    Raises
    ------
    ParameterError
        If the lot has fewer than 2 items.

    References
    ----------
    MIL-STD-105E (1989), table I.
    """
    whole("lot", lot, low=2)
    return _LETTERS[sum(lot > end for end in _LOTS)]


def _shares(shares: ArrayLike) -> Floats:
    p = np.asarray(shares, dtype=float)
    if not (np.isfinite(p).all() and (p >= 0).all() and (p <= 1).all()):
        raise ParameterError("shares: must lie between 0 and 1", remedy="2% is 0.02.")
    return p


def _defects(p: Floats, lot: int) -> Floats:
    defects = np.round(p * lot)
    off = np.abs(p * lot - defects) > 1e-6
    if off.any():
        first = float(p[off].flat[0]) if p.ndim else float(p)
        raise ParameterError(
            f"shares: {first:g} is no whole number of items in a lot of {lot}",
            remedy=f"Nearest: {np.floor(first * lot) / lot:g} or {np.ceil(first * lot) / lot:g}.",
        )
    return defects


def _type_a(defects: Floats, plan: Plan) -> Floats:
    return np.asarray(hypergeom.cdf(plan.c, plan.lot, defects, plan.n), dtype=float)


def _outgoing(plan: Plan, p: Floats, size: int | None) -> Floats:
    accept = accept_probability(plan, p)
    if plan.lot is None:
        return p * accept if size is None else p * accept * (size - plan.n) / size
    # Defects found are made good: E[(D - d) 1(d <= c)], and d times the hypergeometric mass is again hypergeometric.
    lot, defects = plan.lot, _defects(p, plan.lot)
    found = np.zeros_like(accept)
    some = defects > 0
    if plan.c > 0 and plan.n > 0:
        found[some] = defects[some] * plan.n / lot * hypergeom.cdf(plan.c - 1, lot - 1, defects[some] - 1, plan.n - 1)
    return np.asarray(np.maximum(defects * accept - found, 0.0) / lot, dtype=float)


def _lot_size(plan: Plan, process_lot: int | None) -> int | None:
    if process_lot is None:
        return plan.lot
    if plan.lot is not None:
        raise ParameterError("process_lot: the plan has a lot of its own", remedy="Leave it out.")
    return whole("process_lot", process_lot, low=plan.n)


def _spread(lot: int) -> Floats:
    return np.unique(np.linspace(0, lot, min(lot, 2000) + 1).round()) / lot


def _first(holds: Callable[[int], bool], low: int, most: int) -> int:
    """Return the first size from `low` on at which a monotone condition holds; one above `most` if none."""
    step = 1
    high = low
    while not holds(high):
        if high >= most:
            return most + 1
        low = high + 1
        high = min(high + step, most)
        step *= 2
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low
