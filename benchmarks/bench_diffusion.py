"""Bootstrap of a Bass fit, all refits at once, against a loop of scipy's ``curve_fit``.

``python -m benchmarks.bench_diffusion`` from the root of the repository.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from scipy.optimize import curve_fit

from lpo_analysis.methods.diffusion import CurveFit, bootstrap, fit_curve

TARGET = 20.0
# Yearly sales of room air conditioners, 1949-1961, in thousands: Bass (1969), Management Science 15(5).
SALES = np.array([96, 195, 238, 380, 1045, 1230, 1267, 1828, 1586, 1673, 1800, 1580, 1500], dtype=float)
TIME = np.arange(1.0, len(SALES) + 1)


def increments(time: np.ndarray, m: float, p: float, q: float) -> np.ndarray:
    edges = np.append(0.0, time)
    left = np.exp(-(p + q) * edges)
    return m * np.diff((1 - left) / (1 + q / p * left))


def loop(fit: CurveFit, series: np.ndarray) -> np.ndarray:
    """Refit one series after the other from the estimate; return the sums of squares, infinite where none was found."""
    start, sse = list(fit.params.values()), np.full(len(series), np.inf)
    for i, sales in enumerate(series):
        try:
            found, _ = curve_fit(increments, TIME, sales, p0=start)
        except RuntimeError:
            continue
        sse[i] = ((sales - increments(TIME, *found)) ** 2).sum()
    return sse


def run(*, draws: int = 2000, rounds: int = 5) -> dict[str, Any]:
    """Refit the same series both ways in turn, and compare the medians."""
    fit = fit_curve("bass", TIME, SALES, kind="new_adopters", launch=0.0)
    pool = (fit.residuals - fit.residuals.mean()) * np.sqrt(fit.n_obs / (fit.n_obs - fit.n_params))
    series = (
        SALES - fit.residuals + np.random.default_rng(0).choice(pool, (draws, fit.n_obs))
    )  # what the bootstrap draws
    taken: dict[str, list[float]] = {"kit": [], "scipy": []}
    for turn in range(rounds):
        for way in ("kit", "scipy") if turn % 2 == 0 else ("scipy", "kit"):
            start = time.perf_counter()
            if way == "kit":
                boot = bootstrap(fit, draws=draws, seed=0, fixed_variance=True)
            else:
                least = loop(fit, series)
            taken[way].append(time.perf_counter() - start)
    sse = boot["sse"].to_numpy()
    median = {way: float(np.median(times)) for way, times in taken.items()}
    ratio = median["scipy"] / median["kit"]
    worse = int((sse > least * (1 + 1e-6)).sum())
    return {
        "draws": draws,
        "rounds": rounds,
        "kit_median": median["kit"],
        "scipy_median": median["scipy"],
        "ratio": ratio,
        "worse": worse,
        "better": int((sse < least * (1 - 1e-6)).sum()),
        "failed": int(boot.attrs["failed"]),
        "scipy_failed": int(np.isinf(least).sum()),
        "target": TARGET,
        "met": ratio >= TARGET and worse == 0,
        "seconds": {way: [round(t, 4) for t in times] for way, times in taken.items()},
    }


def lines(result: dict[str, Any]) -> list[str]:
    """Write a measurement as a table."""
    verdict = "met" if result["met"] else "NOT met"
    return [
        f"{result['draws']} bootstrap fits of a Bass curve, median of {result['rounds']} alternating rounds",
        f"{'bootstrap':25}{1000 * result['kit_median']:8.0f} ms   {result['failed']} failed",
        f"{'loop of curve_fit':25}{1000 * result['scipy_median']:8.0f} ms   {result['scipy_failed']} failed",
        f"{'sum of squares':25}{result['worse']:8} worse than the loop's, {result['better']} better",
        f"{'ratio':25}{result['ratio']:8.1f}      target at least {result['target']:g}, none worse: {verdict}",
    ]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--draws", type=int, default=2000, help="bootstrap fits (default 2000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of both (default 5)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    arguments(parser)
    print(*lines(run(**vars(parser.parse_args()))), sep="\n")
