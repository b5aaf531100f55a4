"""Starting now against waiting: the perpetual option, and a wait after which something is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.information import evppi


@dataclass(frozen=True)
class Perpetual:
    """The option to pay a cost once, at any time, for something whose value drifts and swings.

    Parameters
    ----------
    beta : float
        Positive root of the fundamental quadratic.
    multiple : float
        How many times its cost the value must be before starting is best: beta / (beta - 1); inf where waiting is always better.
    trigger : float
        That value.
    option : float
        What the opportunity is worth, started at the best time.
    start_now : float
        What starting now brings: value less cost.
    """

    beta: float
    multiple: float
    trigger: float
    option: float
    start_now: float

    @property
    def waits(self) -> bool:
        """Whether waiting is better than starting now."""
        return self.option > max(self.start_now, 0.0)


def perpetual(value: float, cost: float, *, volatility: float, discount_rate: float, payout: float) -> Perpetual:
    """Value the option to start, for a value that follows a geometric Brownian motion.

    Parameters
    ----------
    value : float
        Present value of what starting brings, were it started now.
    cost : float
        What starting costs, once and for good.
    volatility : float
        Standard deviation of the yearly change of the logarithm of the value.
    discount_rate : float
        Per year, above 0.
    payout : float
        What a year of waiting forgoes, as a share of the value: discount rate less expected growth of the value.

    Returns
    -------
    Perpetual
        Trigger and value.

    Raises
    ------
    ParameterError
        If an argument is out of range.

    References
    ----------
    Dixit, A. K. & Pindyck, R. S. (1994). Investment under Uncertainty. Princeton University Press, chapter 5.
    McDonald, R. & Siegel, D. (1986). The value of waiting to invest. Quarterly Journal of Economics 101(4).

    Notes
    -----
    The cost is sunk, the opportunity does not run out, and nobody takes it away: where a rival may, or the work runs off,
    the option is worth less. Without volatility there is still a reason to wait if the value grows.
    """
    for name, amount, least in (
        ("value", value, 0.0),
        ("cost", cost, 0.0),
        ("volatility", volatility, 0.0),
        ("discount_rate", discount_rate, 0.0),
        ("payout", payout, 0.0),
    ):
        if not (np.isfinite(amount) and amount >= least):
            raise ParameterError(f"{name}: must be a number of at least {least:g}, got {amount:g}")
    if cost == 0 or discount_rate == 0:
        raise ParameterError(
            "cost, discount_rate: must be above 0", remedy="Without a cost or a discount there is nothing to time."
        )
    drift = discount_rate - payout
    if volatility == 0:
        beta = discount_rate / drift if drift > 0 else np.inf
    else:
        tilt = drift / volatility**2 - 0.5
        # The conjugate form: the root of the plain one is lost to cancellation where the drift is strong.
        root = np.hypot(tilt, np.sqrt(2 * discount_rate) / volatility)
        beta = (2 * discount_rate / volatility**2) / (root + tilt) if tilt > 0 else root - tilt
    if payout == 0 or beta <= 1:
        # Nothing is forgone by waiting: it is never time, and the opportunity is worth the value itself.
        return Perpetual(1.0, np.inf, np.inf, value, value - cost)
    multiple = 1.0 if np.isinf(beta) else beta / (beta - 1)
    trigger = multiple * cost
    if value >= trigger:
        option = value - cost
    elif np.isinf(beta) or value == 0:
        option = 0.0
    else:
        option = (trigger - cost) * (value / trigger) ** beta
    return Perpetual(float(beta), float(multiple), float(trigger), float(option), value - cost)


def turning_volatility(value: float, cost: float, *, discount_rate: float, payout: float) -> float:
    """Return the volatility from which waiting is better than starting now, all else being known.

    Parameters
    ----------
    value, cost, discount_rate, payout : float
        As for `perpetual`.

    Returns
    -------
    float
        Standard deviation of the yearly change of the logarithm of the value at which the value is the trigger; 0 where waiting is
        better without any.

    Raises
    ------
    ParameterError
        If an argument is out of range.

    Notes
    -----
    At the trigger the value is beta / (beta - 1) times the cost, which tells beta; the fundamental quadratic solved for the variance is
    2 (r - (r - payout) beta) / (beta (beta - 1)).

    References
    ----------
    Dixit, A. K. & Pindyck, R. S. (1994). Investment under Uncertainty. Princeton University Press, chapter 5.
    """
    if perpetual(value, cost, volatility=0.0, discount_rate=discount_rate, payout=payout).waits or value <= cost:
        return 0.0
    beta = value / (value - cost)
    variance = 2 * (discount_rate - (discount_rate - payout) * beta) / (beta * (beta - 1))
    return float(np.sqrt(max(variance, 0.0)))


@dataclass(frozen=True)
class Wait:
    """Choosing now against choosing after a wait.

    Parameters
    ----------
    now, later : int
        Position of the best option now, and of the one that would be best after the wait if nothing were learned.
    value_now : float
        Expected net benefit of the best option now.
    value_waiting : float
        Expected net benefit of waiting and choosing with what is known then.
    gain : float
        The second less the first; above 0 waiting is better.
    error : float
        Standard error of the gain.
    delay : float
        What the wait costs if nothing is learned.
    learning : float
        What is learned brings; the gain is this less the delay.
    """

    now: int
    later: int
    value_now: float
    value_waiting: float
    gain: float
    error: float
    delay: float
    learning: float


def wait_or_start(now: Floats, later: Floats, *, learned: Mapping[str, Floats] | None = None, seed: int = 0) -> Wait:
    """Compare choosing now with choosing after a wait in which something becomes known.

    Parameters
    ----------
    now : ndarray of float, shape (draws, options)
        Net benefit of each option if it is begun now; leaving things as they are is an option, a column of zeros.
    later : ndarray of float, shape (draws, options)
        Net benefit if it is begun after the wait, discounted to today, with what is forgone until then.
    learned : mapping of str to ndarray of float, optional
        Draws of what is known after the wait; None for everything, empty for nothing.
    seed : int, default 0
        Seed of the error of the regression.

    Returns
    -------
    Wait
        Both values and what makes the difference.

    Raises
    ------
    ParameterError
        If shapes do not fit or a value is not finite.

    References
    ----------
    Dixit, A. K. & Pindyck, R. S. (1994). Investment under Uncertainty. Princeton University Press, chapter 2.

    Notes
    -----
    Where all becomes known, the mean of the best in each draw; else the expectations given what is known, by the regression of
    `lpo_analysis.methods.information.evppi`. Nobody who waits must choose: who would rather not start then does not.
    """
    first, second = np.asarray(now, dtype=float), np.asarray(later, dtype=float)
    if first.ndim != 2 or first.shape != second.shape or first.shape[0] < 2 or first.shape[1] < 2:
        raise ParameterError(
            f"now, later: must hold the same draws by options, two or more of each, got shapes {first.shape} and {second.shape}"
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ParameterError("now, later: all values must be finite")
    best, then = int(first.mean(axis=0).argmax()), int(second.mean(axis=0).argmax())
    value_now, kept = float(first[:, best].mean()), float(second[:, then].mean())
    root = np.sqrt(len(first))
    if learned is None:
        difference = second.max(axis=1) - first[:, best]
        learning, error = float(second.max(axis=1).mean()) - kept, float(difference.std(ddof=1) / root)
    else:
        plain = float((second[:, then] - first[:, best]).std(ddof=1) / root)
        learning, error = 0.0, plain
        if learned:
            found = evppi(second, learned, groups={"learned": list(learned)}, seed=seed).iloc[0]
            learning, error = float(found["value"]), float(np.hypot(plain, found["error"]))
    delay = value_now - kept
    return Wait(best, then, value_now, kept + learning, learning - delay, error, delay, learning)
