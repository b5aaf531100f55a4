"""A year's loss as a compound distribution: by Fourier transform, by Panjer's recursion, and by simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.frequency import Frequency, Panjer
from lpo_analysis.methods.losses import LossDistribution, from_draws
from lpo_analysis.methods.piecewise import Layer, ceded, retained
from lpo_analysis.methods.severity import Method, Severity, as_severity, discretise
from lpo_analysis.results import Check
from lpo_analysis.wording import listing, percent

LEAST_SIZE, EASY_SIZE, MOST_SIZE = 2**14, 2**17, 2**20
TAILS = (1e-10, 1e-8, 1e-6)
"""Probability an automatic grid is meant to leave beyond its end: the least that an easy size can bear."""
MEDIAN_STEPS = 20
"""Steps to the median event of an automatic grid."""
TOLERANCES = {"mean": 1e-4, "standard deviation": 1e-3, "skewness": 1e-2}
"""Relative differences of grid and analytic moments that are not unreasonable."""
_ORDINALS = ("first", "second", "third")
_BLOCK = 2**18
"""Events simulated at a time: few enough to stay in the cache."""


@dataclass(frozen=True)
class Grid:
    """Where a distribution is computed.

    Parameters
    ----------
    step : float
        Distance of its points.
    size : int
        Number of points, from 0.
    reason : str
        Why these.
    median_steps : float, default nan
        Median event in steps, where it is known.
    """

    step: float
    size: int
    reason: str
    median_steps: float = np.nan

    @property
    def top(self) -> float:
        """Its last point."""
        return self.step * (self.size - 1)


@dataclass(frozen=True)
class Moments:
    """Analytic moments of a compound distribution.

    Parameters
    ----------
    mean, variance, skewness : float
        inf or nan where the severity has none.
    """

    mean: float
    variance: float
    skewness: float


def compound_moments(frequency: Frequency, severity: Any) -> Moments:
    """Return mean, variance and skewness of a year's loss.

    Parameters
    ----------
    frequency : Frequency
        Events a year.
    severity : Severity or scipy.stats frozen distribution
        What one costs.

    Returns
    -------
    Moments
        From the cumulants of the counts and the moments of the severity.

    References
    ----------
    Klugman, S. A., Panjer, H. H. and Willmot, G. E. Loss Models: From Data to Decisions. Wiley.
    """
    k1, k2, k3 = frequency.cumulants
    m1, m2, m3 = as_severity(severity).moments
    if k1 == 0:
        return Moments(0.0, 0.0, np.nan)
    with np.errstate(invalid="ignore"):
        inner = m2 - m1**2 if np.isfinite(m2) else np.inf
        mean, variance = k1 * m1, k1 * inner + (k2 * m1**2 if np.isfinite(m1) else np.inf)
        third = np.inf
        if np.isfinite(m3):
            third = k1 * (m3 - 3 * m1 * m2 + 2 * m1**3) + 3 * k2 * m1 * inner + k3 * m1**3
    skewness = third / variance**1.5 if np.isfinite(variance) and variance > 0 else np.nan
    return Moments(float(mean), float(variance), float(skewness))


def choose_grid(
    frequency: Frequency,
    severity: Any,
    *,
    step: float | None = None,
    size: int | None = None,
    reach: float = 0.0,
) -> Grid:
    """Choose step and size of a grid.

    Parameters
    ----------
    frequency : Frequency
        Events a year.
    severity : Severity or scipy.stats frozen distribution
        What one costs.
    step : float, optional
        Distance of the points, where it is given.
    size : int, optional
        Number of points, where it is given.
    reach : float, default 0
        A loss the grid must cover, such as the end of a layer.

    Returns
    -------
    Grid
        With the reason.

    Raises
    ------
    ParameterError
        If step or size is out of range.

    Notes
    -----
    The end is the largest of three guesses at the loss exceeded with a small probability: ten standard deviations
    above the mean, the mean and one single large event, and an unlikely number of events. Moments are those of events
    limited to the single large one, so that a heavy tail has them. The probability is the smallest of `TAILS` at which
    `EASY_SIZE` points leave the median event `MEDIAN_STEPS` steps; for the last of them there may be `MOST_SIZE`.
    """
    x = as_severity(severity)
    if step is not None and not (np.isfinite(step) and step > 0):
        raise ParameterError(f"step: must be above 0, got {step:g}")
    if size is not None and (size != int(size) or not 2 <= size <= 2**24):
        raise ParameterError(f"size: a whole number from 2 to {2**24:,}, got {size:g}")
    if step is not None and size is not None:
        return Grid(step, int(size), f"{size:,} points of {step:,.6g}, as given")
    some = float(x.sf(np.array([0.0]))[0])
    if frequency.cumulants[0] == 0 or some == 0:
        return Grid(1.0 if step is None else step, 2 if size is None else size, "nothing can be lost")
    median = x.exceeded(0.5 * some)
    if step is None and size is None and x.unit is not None:
        end = max(_end(frequency, x, TAILS[0]), 1.05 * reach)
        if end / x.unit < MOST_SIZE:
            points = _points(end, x.unit)
            text = f"{points:,} points of {x.unit:,.6g}, which hit every possible loss of an event"
            return Grid(x.unit, points, text, median / x.unit)
    for tail in TAILS:
        end = max(_end(frequency, x, tail), 1.05 * reach)
        wanted = MEDIAN_STEPS * end / median
        if wanted <= (EASY_SIZE if size is None else size):
            break
    if step is not None:
        points = _points(end, step)
        if points > 2**24:
            raise ParameterError(
                f"step: {step:g} needs {points:,} points to {end:,.4g}", remedy=f"Give at least {end / 2**24:.3g}."
            )
        return Grid(step, points, f"{points:,} points of {step:,.6g} as given, to {end:,.4g}", median / step)
    if size is None:
        size = LEAST_SIZE
        while size < min(wanted, MOST_SIZE):
            size *= 2
    width = end / max(size - 2, 1)
    digits = 10.0 ** (np.floor(np.log10(width)) - 1)
    step = float(np.ceil(width / digits) * digits)
    text = (
        f"{size:,} points of {step:,.6g}, to a loss exceeded with a probability near {tail:g}; the median event is "
        f"{median / step:,.3g} steps"
    )
    return Grid(step, size, text, median / step)


def _points(end: float, step: float) -> int:
    return int(fft.next_fast_len(int(np.ceil(end / step)) + 2, real=True))


def _end(frequency: Frequency, severity: Severity, tail: float) -> float:
    k1, k2, _ = frequency.cumulants
    single = severity.exceeded(min(tail / k1, 0.5))
    first, second = severity.up_to(single)
    inner = max(second - first**2, 0.0)
    many = frequency.exceeded(tail)
    return max(
        k1 * first + 10 * np.sqrt(k1 * inner + k2 * first**2),
        k1 * first + single,
        many * first + 6 * np.sqrt(many * inner),
    )


def _tilt(size: int, beyond: float) -> float:
    # Wrapped mass falls by exp(-tilt size), rounding errors grow by its inverse: the two meet half way.
    return float(np.clip(0.5 * np.log(max(beyond, 1e-17) / 1e-17), 0.0, 20.0)) / size


def fourier(frequency: Frequency, masses: Floats, *, tilt: float | None = None) -> Floats:
    """Return a compound distribution on the grid of its severity, by fast Fourier transform.

    Parameters
    ----------
    frequency : Frequency
        Events a year.
    masses : ndarray of float, shape (size,)
        Probabilities of the severity on the grid; mass beyond it is missing.
    tilt : float, optional
        Exponential tilting a point, against the mass that wraps around; chosen by default.

    Returns
    -------
    ndarray of float, shape (size,)
        Probabilities of the year's loss; mass beyond the grid is missing.

    References
    ----------
    Grübel, R. and Hermesmeier, R. (1999). Computation of compound distributions I: aliasing errors and exponential
    tilting. ASTIN Bulletin.
    """
    size = len(masses)
    if tilt is None:
        tilt = _tilt(size, max(TAILS[-1], min(1.0, frequency.cumulants[0] * (1 - float(masses.sum())))))
    weights = np.exp(-tilt * np.arange(size))
    transform = frequency.pgf(fft.rfft(masses * weights))
    return np.clip(fft.irfft(transform, n=size) / weights, 0, None)


def panjer(frequency: Panjer, masses: Floats) -> Floats:
    """Return a compound distribution on the grid of its severity, by Panjer's recursion.

    Parameters
    ----------
    frequency : Panjer
        Poisson, negative binomial or binomial counts.
    masses : ndarray of float, shape (size,)
        Probabilities of the severity on the grid.

    Returns
    -------
    ndarray of float, shape (size,)
        Probabilities of the year's loss.

    Raises
    ------
    ParameterError
        If the counts have no recursion, or no loss is too unlikely to begin with.

    Notes
    -----
    Time grows with the square of the size: a check, not the way to compute. For binomial counts it takes differences
    and can lose digits.

    References
    ----------
    Panjer, H. H. (1981). Recursive evaluation of a family of compound distributions. ASTIN Bulletin 12(1).
    https://doi.org/10.1017/S0515036100006796
    """
    a, b = frequency.recursion
    f = np.asarray(masses, dtype=float)
    g = np.zeros(len(f))
    g[0] = float(frequency.pgf(np.array([complex(f[0])]))[0].real)
    if not g[0] > 1e-300:
        raise ParameterError(
            f"frequency: with {frequency.mean:g} events a year, no loss is too unlikely to start from",
            remedy="Use the FFT.",
        )
    steady, by_index = a * f, b * np.arange(len(f)) * f
    for x in range(1, len(f)):
        past = g[x - 1 :: -1]
        g[x] = ((steady[1 : x + 1] + by_index[1 : x + 1] / x) @ past) / (1 - a * f[0])
    return g


def aggregate_loss(
    frequency: Frequency,
    severity: Any,
    *,
    step: float | None = None,
    size: int | None = None,
    reach: float = 0.0,
    method: Method = "mean_preserving",
) -> LossDistribution:
    """Return the distribution of a year's loss.

    Parameters
    ----------
    frequency : Frequency
        Events a year.
    severity : Severity or scipy.stats frozen distribution
        What one costs.
    step, size : float and int, optional
        The grid; chosen by `choose_grid` where not given.
    reach : float, default 0
        A loss the grid must cover.
    method : {'mean_preserving', 'rounding'}
        How the severity is put on the grid.

    Returns
    -------
    LossDistribution
        With the checks of its moments and of its grid.

    Raises
    ------
    ParameterError
        If an argument is out of range.

    References
    ----------
    Klugman, Panjer and Willmot, as in `compound_moments`. Grübel and Hermesmeier (1999), as in `fourier`.
    """
    x = as_severity(severity)
    grid = choose_grid(frequency, x, step=step, size=size, reach=reach)
    masses = discretise(x, step=grid.step, size=grid.size, method=method)
    probabilities = fourier(frequency, masses)
    values = grid.step * np.arange(grid.size, dtype=float)
    analytic = compound_moments(frequency, x)
    mean = analytic.mean if np.isfinite(analytic.mean) else np.inf
    checks = (*_moment_checks(values, probabilities, analytic, x), _grid_check(grid, probabilities))
    return LossDistribution(values, probabilities, mean, analytic.variance, "FFT", grid.reason, checks)


def _moment_checks(values: Floats, probabilities: Floats, analytic: Moments, severity: Severity) -> tuple[Check, ...]:
    """Compare moments; where they differ, say whether it is the end of the grid or its step that they differ by."""
    total = probabilities.sum()
    mean = float(probabilities @ values)
    off = values - mean / total
    variance = float(probabilities @ off**2)
    skewness = float(probabilities @ off**3) / variance**1.5 if variance > 0 else np.nan
    pairs = {
        "mean": (mean, analytic.mean),
        "standard deviation": (np.sqrt(variance), np.sqrt(analytic.variance)),
        "skewness": (skewness, analytic.skewness),
    }
    top, beyond = float(values[-1]), max(0.0, 1 - float(total))
    told, cut, failed, unknown = [], [], [], []
    for power, (name, (found, wanted)) in enumerate(pairs.items(), start=1):
        if not np.isfinite(wanted):
            unknown.append(name)
        elif abs(found - wanted) > TOLERANCES[name] * max(abs(wanted), 1e-300):
            above = _share_above(severity, top, power)
            told.append(f"{name} {found:.5g} on the grid, {wanted:.5g} analytically")
            if above > 0.1 * TOLERANCES[name]:
                cut.append(f"{percent(above, width=0.01)} of an event's {_ORDINALS[power - 1]} moment")
            else:
                failed.append(name)
    text = "; ".join(told) if told else "grid and analytic moments agree"
    if cut:
        text += f": the grid ends at {top:,.5g}, and beyond it lie {listing(cut)} and a year with a probability of {beyond:.2g}. "
        text += (
            "Even the mean is cut, so the tail means rest on the analytic one; give a longer grid or cap the tail"
            if told[0].startswith("mean")
            else "The tail is so heavy that these are made by losses no year is likely to see; quantiles and the expected loss do not rest on them"
        )
    if failed:
        text += f"; the end of the grid does not explain {listing(failed)}: give a finer step"
    if unknown:
        whole = len(unknown) == len(pairs)
        text = f"{'' if whole else text + '; '}the tail is so heavy that there is no finite {listing(unknown, last='or')} to compare with"
    passed: bool | None = not failed and not cut
    # What lies beyond the end of a grid is no error of the transform, as long as the mean is there.
    if len(unknown) == len(pairs) or (cut and not failed and not told[0].startswith("mean")):
        passed = None
    return (Check("moments", passed, text),)


def _share_above(severity: Severity, top: float, power: int) -> float:
    """Return how much of a moment of one event comes from what lies above the top."""
    first, second = severity.up_to(top)
    if power == 1:
        return 1 - first / severity.moments[0]
    if power == 2:
        return 1 - second / severity.moments[1]
    try:
        return 1 - float(severity.limited(np.array([top]), power=3)[0]) / severity.moments[2]
    except NotImplementedError:  # of a sum of two losses the third is not known, and it is cut by more than the second
        return 1 - second / severity.moments[1]


def _grid_check(grid: Grid, probabilities: Floats) -> Check:
    beyond = 1 - float(probabilities.sum())
    shown = "less than 1e-12" if beyond < 1e-12 else f"{beyond:.2g}"
    text = f"the probability of a year beyond the grid's {grid.top:,.6g} is {shown}"
    coarse = grid.median_steps < 1
    if coarse:
        text += "; the median event is less than a step, so small losses are coarse: cap the tail or give a step"
    return Check("grid", beyond < 10 * TAILS[-1] and not coarse, text)


@dataclass(frozen=True, eq=False)
class Insured:
    """A year's loss before and after insurance.

    Parameters
    ----------
    gross, paid, net : LossDistribution
        Loss, payments of the layers, and what is left.
    """

    gross: LossDistribution
    paid: LossDistribution
    net: LossDistribution


def insured_loss(
    frequency: Frequency,
    severity: Any,
    *,
    per_event: Sequence[Layer] = (),
    per_year: Sequence[Layer] = (),
    step: float | None = None,
    size: int | None = None,
    years: int = 200_000,
    seed: int = 0,
) -> Insured:
    """Return a year's loss before and after layers of insurance or caps of a contract.

    Parameters
    ----------
    frequency : Frequency
        Events a year.
    severity : Severity or scipy.stats frozen distribution
        What one costs.
    per_event : sequence of Layer
        Layers on each event.
    per_year : sequence of Layer
        Layers on the year: on what the layers on events pay, or on the year's loss where there are none of those.
    step, size : float and int, optional
        The grid, as for `aggregate_loss`.
    years : int, default 200000
        Years to simulate where both kinds of layers stand together; the net loss then depends on two sums of the same
        events and has no one-dimensional transform. Gross loss and payments stay exact.
    seed : int, default 0
        Seed of the simulation.

    Returns
    -------
    Insured
        Gross, paid and net.

    Raises
    ------
    ParameterError
        If an argument is out of range or layers pay more than the loss.
    """
    x = as_severity(severity)
    bends = [float(f.knots[-1]) for f in (ceded(per_event), ceded(per_year))]
    gross = aggregate_loss(frequency, x, step=step, size=size, reach=max(bends))
    if not per_event:
        return Insured(gross, gross.ceded(per_year), gross.retained(per_year))

    def annual(cut: Severity) -> LossDistribution:
        if step is None or size is None:
            return aggregate_loss(frequency, cut, size=size, reach=bends[1])
        return aggregate_loss(frequency, cut, step=step, size=size)

    paid = annual(x.cut(ceded(per_event)))
    if not per_year:
        return Insured(gross, paid, annual(x.cut(retained(per_event))))
    _, _, net = simulate(frequency, x, per_event=per_event, per_year=per_year, years=years, seed=seed)
    return Insured(gross, paid.ceded(per_year), from_draws(net))


def simulate(
    frequency: Frequency,
    severity: Any,
    *,
    years: int,
    per_event: Sequence[Layer] = (),
    per_year: Sequence[Layer] = (),
    seed: int = 0,
) -> tuple[Floats, Floats, Floats]:
    """Simulate years.

    Parameters
    ----------
    frequency : Frequency
        Events a year.
    severity : Severity or scipy.stats frozen distribution
        What one costs.
    years : int
        How many.
    per_event, per_year : sequence of Layer
        As for `insured_loss`.
    seed : int, default 0
        Seed; 0 is a seed like any other.

    Returns
    -------
    tuple of ndarray of float, each of shape (years,)
        Gross loss, payments of the layers, net loss of each year.

    Raises
    ------
    ParameterError
        If there is no year to simulate or layers pay more than the loss.
    """
    if years != int(years) or years < 1:
        raise ParameterError(f"years: a whole number of at least 1, got {years:g}")
    x, rng = as_severity(severity), np.random.default_rng(seed)
    on_event, on_year = ceded(per_event), ceded(per_year)
    counts = frequency.draw(rng, years)
    gross, paid = np.zeros(years), np.zeros(years)
    # Whole years at a time, in blocks that fit the memory.
    until = np.cumsum(counts)
    start = 0
    while start < years:
        done = int(until[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(until, done + _BLOCK, side="right")))
        events = counts[start:stop]
        losses = x.draw(rng, int(events.sum()))
        gross[start:stop] = _by_year(losses, events)
        if per_event:
            paid[start:stop] = _by_year(on_event(losses), events)
        start = stop
    if per_year:
        paid = on_year(paid if per_event else gross)
    return gross, paid, gross - paid


def _by_year(losses: Floats, counts: ArrayLike) -> Floats:
    events = np.asarray(counts)
    held, total = events > 0, np.zeros(len(events))
    if held.any():
        total[held] = np.add.reduceat(losses, (np.cumsum(events) - events)[held])
    return total
