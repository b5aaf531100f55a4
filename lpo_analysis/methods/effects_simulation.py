"""Panels whose true effect is known, to see which estimators find it and which are misled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError


@dataclass(frozen=True)
class Design:
    """How a simulated panel comes about.

    Parameters
    ----------
    units, periods : int
        Size of the panel.
    moved : int
        Units that start; they take the starts in turn.
    starts : tuple of int
        Periods of the start, counted from 1, each after the first.
    effect : float
        Effect on a unit in the period of its start.
    growth : float
        What each further period adds to the effect.
    drift : float
        Change of all units per period, whether they start or not.
    selection : float
        Change per period, beside the drift, of the units that start: they were chosen because they were on the way there.
    spread : float
        Standard deviation of units' levels.
    noise : float
        Standard deviation of what is left.
    persistence : float
        Correlation of what is left from one period to the next.
    """

    units: int = 40
    periods: int = 12
    moved: int = 20
    starts: tuple[int, ...] = (7,)
    effect: float = -0.2
    growth: float = 0.0
    drift: float = -0.02
    selection: float = 0.0
    spread: float = 0.5
    noise: float = 0.3
    persistence: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.moved <= self.units:
            raise ParameterError(f"moved: must lie between 1 and the {self.units} units, got {self.moved!r}")
        if not self.starts or not all(1 < g <= self.periods for g in self.starts):
            raise ParameterError(f"starts: each must lie between 2 and {self.periods}, got {self.starts!r}")
        if not -1 < self.persistence < 1:
            raise ParameterError(f"persistence: must lie between -1 and 1, got {self.persistence!r}")


def simulate(design: Design, *, seed: int | np.random.Generator | None = None) -> tuple[pd.DataFrame, float]:
    """Draw a panel.

    Parameters
    ----------
    design : Design
        How it comes about.
    seed : int or numpy.random.Generator, optional
        Source of randomness.

    Returns
    -------
    tuple of pandas.DataFrame and float
        One row a unit and period: unit, time, start (missing for units that never do), y; and the true average effect over all
        units and periods since their starts.
    """
    rng = np.random.default_rng(seed)
    n, periods = design.units, design.periods
    time = np.arange(1, periods + 1)
    start = np.full(n, np.inf)
    start[: design.moved] = np.resize(np.array(design.starts, dtype=float), design.moved)
    since = time[None, :] - start[:, None]
    effect = np.where(since >= 0, design.effect + design.growth * np.where(since >= 0, since, 0.0), 0.0)
    left = np.empty((n, periods))
    left[:, 0] = rng.normal(size=n)
    for t in range(1, periods):
        left[:, t] = design.persistence * left[:, t - 1] + np.sqrt(1 - design.persistence**2) * rng.normal(size=n)
    trend = design.drift + design.selection * np.isfinite(start)
    y = design.spread * rng.normal(size=(n, 1)) + trend[:, None] * time + effect + design.noise * left
    frame = pd.DataFrame({
        "unit": np.repeat(np.arange(n), periods), "time": np.tile(time, n),
        "start": np.repeat(np.where(np.isfinite(start), start, np.nan), periods), "y": y.ravel(),
    })  # fmt: skip
    return frame, float(effect[since >= 0].mean())
