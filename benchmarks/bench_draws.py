"""Draws of a cost model against a Python loop, and of a FAIR tree against pyfair.

``python -m benchmarks.bench_draws`` from the root of the repository.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
import warnings
from collections.abc import Callable
from math import exp, log
from statistics import NormalDist
from typing import Any

import numpy as np

from lpo_analysis.methods.draws import uniforms
from lpo_analysis.methods.inputs import Input, Inputs

TARGETS = {"loop": 40.0, "pyfair": 2.0}
LOOP, KIT, TREE = 200_000, 1 << 18, 1 << 17

# Twelve inputs in the manner of the savings report: 5% and 95% quantile.
RANGES = {
    "baseline_price": (23.0, 63.0, "lognormal"), "reviewer_pay": (100e3, 216e3, "lognormal"), "productive_hours": (1200.0, 2080.0, "lognormal"),
    "benefits_share": (0.21, 0.40, "logitnormal"), "provider_price": (10.0, 73.0, "lognormal"), "price_drift": (-0.03, 0.03, "normal"),
    "productivity": (0.7, 1.0, "lognormal"), "oversight_share": (0.055, 0.17, "logitnormal"), "selection_share": (0.0013, 0.03, "logitnormal"),
    "transition_share": (0.0, 0.2, "uniform"), "quality_control_share": (0.03, 0.1, "logitnormal"), "rework_share": (0.01, 0.08, "logitnormal"),
}  # fmt: skip
MODEL = Inputs(
    tuple(Input(name, name, "", low, high, kind, 4, "benchmark") for name, (low, high, kind) in RANGES.items())
)  # type: ignore[arg-type]

# Low, mode and high end of a FAIR tree: events a year, vulnerability, and losses of two kinds.
FAIR = {
    "Threat Event Frequency": (20.0, 50.0, 100.0), "Vulnerability": (0.1, 0.3, 0.6), "Primary Loss": (1e3, 5e3, 20e3),
    "Secondary Loss Event Frequency": (0.05, 0.2, 0.5), "Secondary Loss Event Magnitude": (500.0, 2e3, 30e3),
}  # fmt: skip
TREE_INPUTS = Inputs(
    tuple(
        Input(name, name, "", low, high, "pert", 4, "benchmark", mode=mode) for name, (low, mode, high) in FAIR.items()
    )
)


def net_saving(v: Any) -> Any:
    """Compute the net saving year by year over three years; plain arithmetic, so that it takes one draw or all of them."""
    volume, rate, years = 5000.0, 0.05, 3
    reviewer = v["reviewer_pay"] / (1 - v["benefits_share"]) / v["productive_hours"]
    hours = volume / v["productivity"]
    fee = hours * v["provider_price"] * (1 + v["price_drift"]) ** 13
    checking = hours * v["quality_control_share"] * reviewer
    rework = volume * v["rework_share"] * v["baseline_price"]
    today, moved = 0.0, fee * v["selection_share"]
    for year in range(1, years + 1):
        factor = (1 + rate) ** -year
        today = today + factor * volume * v["baseline_price"]
        moved = moved + factor * (fee * (1 + v["oversight_share"]) + checking + rework)
        if year == 1:
            moved = moved + factor * fee * v["transition_share"]
    return 1 - moved / today


def by_kit() -> float:
    drawn = MODEL.draw(uniforms(MODEL.names, draws=KIT, seed=1))
    return float(np.median(net_saving(drawn)))


def shapes() -> list[tuple[str, str, float, float, float, float]]:
    """Work the distributions out beforehand: name, kind, ends, mean and deviation of the normal behind it."""
    half, made = NormalDist().inv_cdf(0.95), []
    for name, (low, high, kind) in RANGES.items():
        forward = {"lognormal": log, "logitnormal": lambda x: log(x / (1 - x))}.get(kind, float)
        a, b = forward(low), forward(high)
        made.append((name, kind, low, high, (a + b) / 2, (b - a) / 2 / half))
    return made


def by_loop(draws: int) -> float:
    """Draw by numpy's generator, one draw and one input after the other."""
    rng, made, found = np.random.default_rng(1), shapes(), []
    for _ in range(draws):
        values = {}
        for name, kind, low, high, middle, spread in made:
            if kind == "uniform":
                values[name] = rng.uniform(low, high)
            elif kind == "lognormal":
                values[name] = rng.lognormal(middle, spread)
            elif kind == "logitnormal":
                values[name] = 1 / (1 + exp(-rng.normal(middle, spread)))
            else:
                values[name] = rng.normal(middle, spread)
        found.append(net_saving(values))
    return statistics.median(found)


def by_tuned_loop(draws: int) -> float:
    """The same with the fastest there is in the standard library: the inverse distribution function, compiled."""
    rng, normal, found = random.Random(1), NormalDist().inv_cdf, []
    made = shapes()
    for _ in range(draws):
        values = {}
        for name, kind, low, high, middle, spread in made:
            if kind == "uniform":
                values[name] = low + (high - low) * rng.random()
                continue
            x = middle + spread * normal(rng.random())
            values[name] = exp(x) if kind == "lognormal" else 1 / (1 + exp(-x)) if kind == "logitnormal" else x
        found.append(net_saving(values))
    return statistics.median(found)


def tree_by_kit() -> float:
    v = TREE_INPUTS.draw(uniforms(TREE_INPUTS.names, draws=TREE, seed=1))
    events = v["Threat Event Frequency"] * v["Vulnerability"]
    return float(
        (
            events * (v["Primary Loss"] + v["Secondary Loss Event Frequency"] * v["Secondary Loss Event Magnitude"])
        ).mean()
    )


def tree_by_pyfair() -> float:
    import pyfair

    model = pyfair.FairModel(name="tree", n_simulations=TREE)
    for name, (low, mode, high) in FAIR.items():
        model.input_data(name, low=low, mode=mode, high=high)
    model.calculate_all()
    return float(model.export_results()["Risk"].mean())


def timed(call: Callable[[], float], rounds: int) -> tuple[float, float]:
    """Return the median time of some rounds, and the answer."""
    answer = call()  # not measured: first use
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return statistics.median(taken), answer


def run(*, rounds: int = 7) -> dict[str, Any]:
    """Time the cost model both ways, and the tree where pyfair is installed."""
    kit, median = timed(by_kit, rounds)
    (loop, loop_median), (tuned, _) = timed(lambda: by_loop(LOOP), 1), timed(lambda: by_tuned_loop(LOOP), 1)
    result: dict[str, Any] = {
        "rounds": rounds, "kit_us": 1e6 * kit / KIT, "loop_us": 1e6 * loop / LOOP, "loop": loop / LOOP / (kit / KIT), "tuned_us": 1e6 * tuned / LOOP, "medians": [median, loop_median],
        "targets": TARGETS,
    }  # fmt: skip
    result["tree_ms"], tree_mean = (lambda pair: (1000 * pair[0], pair[1]))(timed(tree_by_kit, rounds))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            taken, mean = timed(tree_by_pyfair, rounds)
    except ImportError:
        return result
    return result | {"pyfair_ms": 1000 * taken, "pyfair": 1000 * taken / result["tree_ms"], "means": [tree_mean, mean]}


def lines(result: dict[str, Any]) -> list[str]:
    """Write a measurement as a table."""

    def verdict(name: str) -> str:
        return f"target at least {TARGETS[name]:g}: {'met' if result[name] >= TARGETS[name] else 'NOT met'}"

    told = [
        f"cost model of 12 inputs, median of {result['rounds']} rounds; medians {result['medians'][0]:.3f} and {result['medians'][1]:.3f}",
        f"{'draws and model':25}{result['kit_us']:8.2f} us a draw, {KIT:,} draws",
        f"{'Python loop':25}{result['loop_us']:8.2f} us a draw, {LOOP:,} draws",
        f"{'ratio':25}{result['loop']:8.1f}      {verdict('loop')}",
        f"{'tuned Python loop':25}{result['tuned_us']:8.2f} us a draw, {result['tuned_us'] / result['kit_us']:.1f} times",
    ]
    if "pyfair" not in result:
        return [*told, "FAIR tree: pyfair is not installed"]
    return [
        *told,
        f"FAIR tree of 5 PERT inputs, {TREE:,} draws; means {result['means'][0]:,.0f} and {result['means'][1]:,.0f}",
        f"{'kit':25}{result['tree_ms']:8.1f} ms",
        f"{'pyfair':25}{result['pyfair_ms']:8.1f} ms",
        f"{'ratio':25}{result['pyfair']:8.1f}      {verdict('pyfair')}",
    ]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each (default 7)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    arguments(parser)
    print(*lines(run(**vars(parser.parse_args()))), sep="\n")
