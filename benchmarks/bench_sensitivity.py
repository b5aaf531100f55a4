"""Sobol' indices of twelve inputs, first and total order, against scipy without intervals and SALib with them.

``python -m benchmarks.bench_sensitivity`` from the root of the repository. The model is Sobol's g-function, whose indices are known.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import stats

from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.methods.sensitivity import sobol_indices

TARGETS = {"scipy": 0.5, "salib": 10.0}
"""Times of the peer over those of the kit: half as fast as scipy at worst, ten times as fast as SALib."""
DRAWS, RESAMPLES = 1 << 14, 100
WEIGHTS = np.array([0.0, 0.5, 1.0, 2.0, 4.5, 9.0, 20.0, 40.0, 60.0, 80.0, 99.0, 99.0])
NAMES = [f"x{i}" for i in range(len(WEIGHTS))]
INPUTS = Inputs(tuple(Input(name, name, "", 0.0, 1.0, "uniform", 4, "benchmark") for name in NAMES))


def g(x: np.ndarray) -> np.ndarray:
    """Compute the g-function of inputs in rows."""
    return np.prod((np.abs(4 * x - 2) + WEIGHTS[:, None]) / (1 + WEIGHTS[:, None]), axis=0)


def of_draws(values: Mapping[str, np.ndarray]) -> np.ndarray:
    return g(np.stack([values[name] for name in NAMES]))


def truth() -> tuple[np.ndarray, np.ndarray]:
    v = 1 / 3 / (1 + WEIGHTS) ** 2
    variance = np.prod(1 + v) - 1
    return v / variance, v / (1 + v) * np.prod(1 + v) / variance


def by_kit(resamples: int) -> tuple[np.ndarray, np.ndarray]:
    frame = sobol_indices(of_draws, INPUTS, draws=DRAWS, seed=1, resamples=resamples)
    return frame["first"].to_numpy(), frame["total"].to_numpy()


def by_scipy() -> tuple[np.ndarray, np.ndarray]:
    found = stats.sobol_indices(func=g, n=DRAWS, dists=[stats.uniform()] * len(NAMES), rng=1)
    return found.first_order, found.total_order


def by_salib() -> tuple[np.ndarray, np.ndarray]:
    from SALib.analyze import sobol as analyse
    from SALib.sample import sobol as sample

    problem = {"num_vars": len(NAMES), "names": NAMES, "bounds": [[0.0, 1.0]] * len(NAMES)}
    points = sample.sample(problem, DRAWS, calc_second_order=False, seed=1)
    found = analyse.analyze(
        problem, g(points.T), calc_second_order=False, num_resamples=RESAMPLES, conf_level=0.90, seed=1
    )
    return np.asarray(found["S1"]), np.asarray(found["ST"])


def timed(call: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Return the median time of some rounds, and the largest error of the indices."""
    found = call()  # not measured: first use
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return statistics.median(taken), max(float(np.abs(a - b).max()) for a, b in zip(found, truth(), strict=True))


def run(*, rounds: int = 7) -> dict[str, Any]:
    """Time each way, SALib where it is installed."""
    ways: dict[str, Callable[[], Any]] = {
        "kit": lambda: by_kit(0), "scipy": by_scipy, "kit, intervals": lambda: by_kit(RESAMPLES), "salib, intervals": by_salib,
    }  # fmt: skip
    measured = {}
    for way, call in ways.items():
        try:
            measured[way] = timed(call, rounds)
        except ImportError:
            continue
    seconds = {way: taken for way, (taken, _) in measured.items()}
    result = {
        "rounds": rounds, "draws": DRAWS, "resamples": RESAMPLES, "ms": {way: 1000 * taken for way, taken in seconds.items()},
        "errors": {way: error for way, (_, error) in measured.items()}, "targets": TARGETS, "scipy": seconds["scipy"] / seconds["kit"],
    }  # fmt: skip
    if "salib, intervals" in seconds:
        result["salib"] = seconds["salib, intervals"] / seconds["kit, intervals"]
    return result


def lines(result: dict[str, Any]) -> list[str]:
    """Write a measurement as a table."""
    told = [
        f"Sobol' indices of 12 inputs, {result['draws']:,} draws, {result['resamples']} resamples, median of {result['rounds']} rounds"
    ]
    told += [f"{way:25}{ms:8.1f} ms   largest error {result['errors'][way]:.4f}" for way, ms in result["ms"].items()]
    for name, target in TARGETS.items():
        if name in result:
            verdict = "met" if result[name] >= target else "NOT met"
            told.append(f"{'ratio to ' + name:25}{result[name]:8.1f}      target at least {target:g}: {verdict}")
        else:
            told.append(f"{name} is not installed")
    return told


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each (default 7)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    arguments(parser)
    print(*lines(run(**vars(parser.parse_args()))), sep="\n")
