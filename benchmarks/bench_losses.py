"""A year's loss: by Fourier transform against the ``aggregate`` package, and simulated against a Python loop over the years.

``python -m benchmarks.bench_losses --peer PATH/bin/python`` from the root of the repository, where PATH is an environment of its own with
``pip install aggregate``; without ``--peer`` the package is looked for beside the kit, and left out where it is not there.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from lpo_analysis.methods.compound import aggregate_loss, simulate
from lpo_analysis.methods.frequency import Panjer

TARGETS = {"fft": 3.0, "simulation": 20.0}
ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""One thread, as in a report: CPU time would count the waiting of the others."""
LEVELS = (0.5, 0.9, 0.99, 0.995)
SIGMA = float(np.sqrt(np.log(5)))  # a coefficient of variation of 2
MU = float(np.log(50_000) - SIGMA**2 / 2)
SEVERITY = stats.lognorm(s=SIGMA, scale=np.exp(MU))
# The same models twice: events a year with their ratio of variance to mean, and the peer's program.
MODELS: dict[str, tuple[Panjer, str]] = {
    "Poisson, 2 events a year": (Panjer(2.0), "agg A 2 claims sev lognorm 50000 cv 2 poisson"),
    "negative binomial, 10 events a year": (
        Panjer(10.0, 3.5),
        "agg B 10 claims sev lognorm 50000 cv 2 mixed gamma 0.5",
    ),
}
GRIDS = {"2^16 points": (16, 400.0), "2^18 points": (18, 100.0)}
YEARS, LOOP = 200_000, 20_000
RATES = {0.5: False, 3.0: True, 10.0: False}
"""Events a year of the simulation, and whether the target is asked there."""


def timed(call: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Return the median CPU seconds and the last answer; the first call is not measured."""
    taken, answer = [], call()
    for _ in range(rounds):
        start = time.process_time()
        answer = call()
        taken.append(time.process_time() - start)
    return statistics.median(taken), answer


def by_fft(frequency: Panjer, log2: int, step: float) -> list[float]:
    return [float(q) for q in aggregate_loss(frequency, SEVERITY, step=step, size=2**log2).quantile(LEVELS)]


def by_peer(peer: str, log2: int, step: float, rounds: int) -> dict[str, Any] | None:
    """Run the peer in its own interpreter; None where it has no such package."""
    asked = {
        "programs": {name: program for name, (_, program) in MODELS.items()}, "levels": LEVELS, "rounds": rounds,
        "grids": {name: {"log2": log2, "step": step} for name in MODELS},
    }  # fmt: skip
    script = Path(__file__).with_name("peer_aggregate.py")
    alone = {**os.environ, **ALONE, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [peer, str(script), json.dumps(asked)], capture_output=True, text=True, env=alone, check=False
    )
    if done.returncode:
        if "No module named 'aggregate'" in done.stderr:
            return None
        raise SystemExit(f"{peer}: {done.stderr.strip().splitlines()[-1]}")
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


def by_loop(rate: float) -> np.ndarray:
    """One year after the other; the losses of a year are drawn and added up by numpy."""
    rng, total = np.random.default_rng(1), np.empty(LOOP)
    for year in range(LOOP):
        total[year] = rng.lognormal(MU, SIGMA, rng.poisson(rate)).sum()
    return total


def run(*, peer: str = sys.executable, rounds: int = 7) -> dict[str, Any]:
    """Time both in a process with one thread."""
    command = [sys.executable, "-m", "benchmarks.bench_losses", "--json", "--peer", peer, "--rounds", str(rounds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **ALONE}, check=True)
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def measure(*, peer: str, rounds: int) -> dict[str, Any]:
    """Time both, the simulation in turn with the loop."""
    result: dict[str, Any] = {"rounds": rounds, "targets": TARGETS, "fft": {}, "simulation": {}}
    for grid, (log2, step) in GRIDS.items():
        theirs = by_peer(peer, log2, step, rounds)
        for name, (frequency, _) in MODELS.items():
            seconds, found = timed(lambda f=frequency, n=log2, h=step: by_fft(f, n, h), rounds)  # type: ignore[misc]
            part: dict[str, Any] = {"ms": 1000 * seconds, "quantiles": found}
            if theirs is not None:
                other = theirs["models"][name]
                part |= {"peer_ms": other["ms"], "ratio": other["ms"] / part["ms"], "unpadded_ratio": other["unpadded_ms"] / part["ms"],
                         "steps_apart": max(abs(a - b) for a, b in zip(found, other["quantiles"], strict=True)) / step}  # fmt: skip
                result["peer"] = f"aggregate {theirs['version']}, numpy {theirs['numpy']}"
            result["fft"][f"{name}, {grid}"] = part
    for rate, asked in RATES.items():
        kit, loop = [], []
        for _ in range(rounds):
            for taken, years, call in (
                (kit, YEARS, lambda r=rate: simulate(Panjer(r), SEVERITY, years=YEARS)[0]),
                (loop, LOOP, lambda r=rate: by_loop(r)),
            ):
                seconds, drawn = timed(call, 1)
                taken.append(1e6 * seconds / years)
                if taken is kit:
                    mean = float(drawn.mean())
        ours, theirs_us = statistics.median(kit), statistics.median(loop)
        result["simulation"][str(rate)] = {
            "us": ours, "loop_us": theirs_us, "ratio": theirs_us / ours, "target": asked, "mean": mean, "exact": 50_000 * rate,
        }  # fmt: skip
    return result


def lines(result: dict[str, Any]) -> list[str]:
    """Write a measurement as a table."""

    def verdict(name: str, ratio: float) -> str:
        return f"target {TARGETS[name]:g}: {'met' if ratio >= TARGETS[name] else 'NOT met'}"

    told = [
        f"a year's loss and {len(LEVELS)} quantiles by FFT, CPU, median of {result['rounds']} rounds; peer: {result.get('peer', 'aggregate is not installed')}"
    ]
    for name, part in result["fft"].items():
        line = f"{name:50}{part['ms']:8.2f} ms"
        if "ratio" in part:
            line += f", peer {part['peer_ms']:7.2f} ms: {part['ratio']:5.1f} times ({part['unpadded_ratio']:.1f} without its padding), {verdict('fft', part['ratio'])}; quantiles at most {part['steps_apart']:.3g} steps apart"
        told.append(line)
    told.append(f"simulated years, {YEARS:,} by the kit and {LOOP:,} by a loop, CPU a year")
    for rate, part in result["simulation"].items():
        line = (
            f"{rate:>5} events a year {part['us']:8.3f} us, loop {part['loop_us']:6.2f} us: {part['ratio']:5.1f} times"
        )
        told.append(line + (f", {verdict('simulation', part['ratio'])}" if part["target"] else ""))
    return told


def arguments(parser: argparse.ArgumentParser, *, rounds: bool = True) -> None:
    parser.add_argument(
        "--peer", default=sys.executable, help="interpreter of an environment with the aggregate package"
    )
    if rounds:
        parser.add_argument("--rounds", type=int, default=7, help="rounds of each (default 7)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    arguments(parser)
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.json:
        print(json.dumps(measure(peer=given.peer, rounds=given.rounds)))
    else:
        print(*lines(run(peer=given.peer, rounds=given.rounds)), sep="\n")
