"""CPU time of a meta-analysis of the thirteen BCG vaccine trials (Colditz et al. 1994).

``python -m benchmarks.bench_meta`` from the root of the repository.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from lpo_analysis.methods.meta import combine, leave_one_out

TARGETS = {"fit": 1.0, "leave_one_out": 10.0}
NAMES = {"fit": "REML and Hartung-Knapp", "leave_one_out": "leave one out, 13 fits"}
# Tuberculosis positive and negative of the vaccinated, then of the others.
TRIALS = np.array([
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
    (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232), (17, 1699, 65, 1600),
    (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
], dtype=float)  # fmt: skip


def log_risk_ratios() -> tuple[Any, Any]:
    a, b, c, d = TRIALS.T
    return np.log(a / (a + b)) - np.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def milliseconds(call: Callable[[], object], *, calls: int, rounds: int) -> list[float]:
    """Return CPU milliseconds a call, one figure a round."""
    call()  # not measured: first use of the linear algebra
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(calls):
            call()
        taken.append(1000 * (time.process_time() - start) / calls)
    return taken


def run(*, rounds: int = 15) -> dict[str, Any]:
    """Time the fit and the leave-one-out table; the median round counts."""
    effects, variances = log_risk_ratios()
    taken = {
        "fit": milliseconds(lambda: combine(effects, variances, interval="hk"), calls=200, rounds=rounds),
        "leave_one_out": milliseconds(lambda: leave_one_out(effects, variances), calls=20, rounds=rounds),
    }
    median = {name: statistics.median(times) for name, times in taken.items()}
    return {
        "rounds": rounds,
        "cpu_ms": median,
        "targets_ms": TARGETS,
        "met": all(median[name] <= TARGETS[name] for name in TARGETS),
        "cpu_ms_by_round": {name: [round(t, 4) for t in times] for name, times in taken.items()},
    }


def lines(result: dict[str, Any]) -> list[str]:
    """Write a measurement as a table."""
    told = [f"meta-analysis of 13 trials, CPU, median of {result['rounds']} rounds"]
    for name, target in TARGETS.items():
        taken = result["cpu_ms"][name]
        verdict = "met" if taken <= target else "NOT met"
        told.append(f"{NAMES[name]:25}{taken:8.2f} ms     target at most {target:g} ms: {verdict}")
    return told


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each (default 15)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    arguments(parser)
    print(*lines(run(**vars(parser.parse_args()))), sep="\n")
