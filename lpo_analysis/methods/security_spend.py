"""How much to spend on security, for breach probability functions that are stated (Gordon and Loeb)."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats

BreachClass = Literal["I", "II"]
"""Class of the breach probability function."""


def breach_probability(
    spend: ArrayLike, *, vulnerability: ArrayLike, alpha: float, beta: float = 1.0, form: BreachClass = "I"
) -> Floats:
    """Return the probability of a breach that is left after spending on security.

    Parameters
    ----------
    spend : array_like of float
        Spending, 0 or more.
    vulnerability : array_like of float
        Probability of a breach without it, 0 to 1.
    alpha : float
        Productivity of a unit of money, above 0.
    beta : float, default 1
        Productivity, at least 1; class I only.
    form : {'I', 'II'}
        ``v / (alpha z + 1) ** beta``, or ``v ** (alpha z + 1)``.

    Returns
    -------
    ndarray of float
        Probabilities.

    Raises
    ------
    ParameterError
        If a value is outside its bounds or the class is unknown.

    References
    ----------
    Gordon, L. A. & Loeb, M. P. (2002). The economics of information security investment. ACM Transactions on Information and System
    Security 5(4). https://doi.org/10.1145/581271.581274
    """
    v = _checked(vulnerability, alpha, beta, form)
    z = np.asarray(spend, dtype=float)
    if not (z >= 0).all():
        raise ParameterError("spend: must be 0 or more")
    return np.asarray(v / (alpha * z + 1) ** beta if form == "I" else v ** (alpha * z + 1))


def optimal_spend(
    *, vulnerability: ArrayLike, loss: ArrayLike, alpha: float, beta: float = 1.0, form: BreachClass = "I"
) -> Floats:
    """Return the spending that makes the loss left and the spending together least.

    Parameters
    ----------
    vulnerability : array_like of float
        Probability of a breach without spending, 0 to 1.
    loss : array_like of float
        What a breach costs, 0 or more, in the unit of the spending.
    alpha : float
        Productivity of a unit of money, above 0.
    beta : float, default 1
        Productivity, at least 1; class I only.
    form : {'I', 'II'}
        Class, see `breach_probability`.

    Returns
    -------
    ndarray of float
        Spending; 0 where the first unit already prevents less than it costs. Never more than ``vulnerability * loss / e`` in either class.

    Raises
    ------
    ParameterError
        As in `breach_probability`, or if a loss is negative.

    References
    ----------
    Gordon, L. A. & Loeb, M. P. (2002). The economics of information security investment. ACM Transactions on Information and System
    Security 5(4). https://doi.org/10.1145/581271.581274
    """
    v, amount = _checked(vulnerability, alpha, beta, form), np.asarray(loss, dtype=float)
    if not (np.isfinite(amount) & (amount >= 0)).all():
        raise ParameterError("loss: must be finite and 0 or more")
    if form == "I":
        return np.asarray(np.maximum(0.0, ((alpha * beta * v * amount) ** (1 / (beta + 1)) - 1) / alpha))
    inside = (v > 0) & (v < 1)  # a certain breach stays certain in this class, and none needs no spending
    log_v = np.log(np.where(inside, v, 0.5))
    first = np.where(inside, -alpha * v * amount * log_v, 0.0)  # what the first unit prevents
    return np.asarray(np.where(first > 1, np.log(np.maximum(first, 1.0)) / (-alpha * log_v), 0.0))


def _checked(vulnerability: ArrayLike, alpha: float, beta: float, form: str) -> Floats:
    v = np.asarray(vulnerability, dtype=float)
    if form not in get_args(BreachClass):
        raise ParameterError(f"form: {form!r} is no class.", remedy=choices(str(form), get_args(BreachClass)))
    if not ((v >= 0) & (v <= 1)).all():
        raise ParameterError("vulnerability: must lie between 0 and 1")
    if not (np.isfinite(alpha) and alpha > 0):
        raise ParameterError(f"alpha: must be above 0, got {alpha:g}")
    if not (np.isfinite(beta) and beta >= 1):
        raise ParameterError(f"beta: must be at least 1, got {beta:g}")
    return v
