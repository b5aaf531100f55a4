"""The efficient frontier of 46,656 plans against appraising every one of them: ``python -m benchmarks.bench_frontier`` from the root of the repository.

Six items and six options that are nearly alike on average and scatter independently: bounds tell little, and about half of the plans must be
appraised. Both ways give the same plans.
"""

from __future__ import annotations

import time

import numpy as np

from lpo_analysis.methods.frontier import Assignment, efficient_frontier, tail_mean

ITEMS, OPTIONS, DRAWS, POINTS = 6, 6, 2048, 12


def assignment() -> Assignment:
    gain = np.random.default_rng(1).standard_normal((DRAWS, ITEMS, OPTIONS)) * 30_000 + np.linspace(0, 3000, OPTIONS)
    gain[:, :, 0] = 0
    return Assignment(tuple("abcdef"), tuple("uvwxyz"), gain)


def by_list(a: Assignment) -> tuple[np.ndarray, np.ndarray]:
    """Appraise every plan: mean and tail."""
    plans = np.stack(np.meshgrid(*[range(OPTIONS)] * ITEMS, indexing="ij"), axis=-1).reshape(-1, ITEMS)
    means, tails = np.empty((2, len(plans)))
    for k, plan in enumerate(plans):
        total = a.gain[:, range(ITEMS), plan].sum(axis=1)
        means[k], tails[k] = total.mean(), tail_mean(-total, a.level)[0]
    return means, tails


def run(*, peer: bool = True) -> dict[str, float]:
    """Return seconds of CPU by way; without the peer only those of the kit."""
    a = assignment()
    start = time.process_time()
    found = efficient_frontier(a, points=POINTS)
    took = {"kit_s": round(time.process_time() - start, 2)}
    if peer:
        start = time.process_time()
        means, tails = by_list(a)
        took["every_plan_s"] = round(time.process_time() - start, 2)
        for plan in found.plans:
            if not np.isclose(plan.tail, tails[means >= plan.mean - 1e-6].min()):
                raise AssertionError("a plan of the frontier is not efficient")
    return took


if __name__ == "__main__":
    print(run())
