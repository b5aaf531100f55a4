"""Bootstrap of Krippendorff's alpha, all replicates at once, against a loop over the ``krippendorff`` package.

``python -m benchmarks.bench_agreement`` from the root of the repository; the peer is no dependency of the kit: ``pip install krippendorff``.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from lpo_analysis.methods.krippendorff import SCALES, bootstrap_alpha

TARGET = 8.0


def rated(units: int, *, categories: int = 5, raters: int = 4) -> np.ndarray:
    """Return counts of ratings that mostly agree, a tenth of them missing."""
    rng = np.random.default_rng(0)
    truth = rng.integers(categories, size=(units, 1))
    ratings = np.where(rng.random((units, raters)) < 0.8, truth, rng.integers(categories, size=(units, raters)))
    seen = rng.random(ratings.shape) < 0.9
    return np.stack([((ratings == k) & seen).sum(axis=1) for k in range(categories)], axis=1).astype(float)


def run(*, units: int = 500, draws: int = 1000, rounds: int = 3) -> dict[str, Any]:
    """Draw the same units both ways in turn, and compare the medians."""
    import krippendorff

    counts = rated(units)
    counts = counts[counts.sum(axis=1) >= 2]
    values = np.arange(1.0, counts.shape[1] + 1)
    made: dict[str, Any] = {"units": len(counts), "draws": draws, "target": TARGET, "scales": {}}
    for scale in SCALES:
        taken: dict[str, list[float]] = {"kit": [], "peer": []}
        for turn in range(rounds):
            for way in ("kit", "peer") if turn % 2 == 0 else ("peer", "kit"):
                start = time.perf_counter()
                if way == "kit":
                    ours = bootstrap_alpha(counts, scale=scale, values=values, draws=draws, seed=turn)
                else:
                    picked = np.random.default_rng(turn).integers(len(counts), size=(draws, len(counts)))
                    theirs = np.array([
                        krippendorff.alpha(value_counts=counts[row], value_domain=values, level_of_measurement=scale)
                        for row in picked
                    ])  # fmt: skip
                taken[way].append(time.perf_counter() - start)
        median = {way: float(np.median(times)) for way, times in taken.items()}
        made["scales"][scale] = {
            "seconds": median,
            "ratio": median["peer"] / median["kit"],
            "largest_difference": float(np.abs(ours - theirs).max()),
        }
    made["met"] = all(part["ratio"] >= TARGET for part in made["scales"].values())
    return made


def lines(result: dict[str, Any]) -> list[str]:
    """Write a measurement as a table."""
    told = [f"bootstrap of Krippendorff's alpha, {result['draws']:,} replicates of {result['units']} units"]
    for scale, part in result["scales"].items():
        verdict = "met" if part["ratio"] >= result["target"] else "NOT met"
        told.append(
            f"{scale:10}{part['seconds']['kit']:8.4f} s, loop {part['seconds']['peer']:7.3f} s: {part['ratio']:6.1f} times, target "
            f"{result['target']:g}: {verdict} (largest difference {part['largest_difference']:.0e})"
        )
    return told


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=500, help="units rated (default 500)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each (default 3)")
    print(*lines(run(**vars(parser.parse_args()))), sep="\n")
