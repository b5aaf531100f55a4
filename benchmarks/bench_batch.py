"""Reports per minute: plain papermill, the kit's engines, whole reports, and a pool that makes the same calls with no notebook.

``python -m benchmarks.bench_batch`` from the root of the repository.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WAYS = {
    "papermill": "papermill, plain loop",
    "warm": "engine warm",
    "direct": "engine direct",
    "batch": "whole reports (direct)",
    "pool": "pool, no notebook",
}
TARGETS = {"warm": ("papermill", 3.0), "direct": ("papermill", 5.0), "batch": ("papermill", 4.3)}
POOL_TARGET = 0.9
USUAL = ("reference", "small", "savings", "risk", "adoption", "growth", "cached")
PARTS = (*USUAL, "decision", "evidence")


def once(way: str, notebook: str, reports: int, jobs: int) -> dict[str, float]:
    """Run one way in a process of its own, from its start to its end."""
    command = [sys.executable, "-m", "benchmarks.ways", way, notebook, str(reports), str(jobs)]
    with tempfile.TemporaryDirectory() as folder:
        cpu, start = os.times(), time.perf_counter()
        ran = subprocess.run([*command, folder], cwd=ROOT, capture_output=True, text=True, check=False)
        wall, after = time.perf_counter() - start, os.times()
    if ran.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{ran.stderr[-2000:]}")
    spent = after.children_user + after.children_system - cpu.children_user - cpu.children_system
    return {
        "wall": round(wall, 3),
        "cpu": round(spent, 3),
        "peak_mb": round(json.loads(ran.stdout.splitlines()[-1])["peak_mb"], 1),
    }


def measure(
    notebook: str, *, reports: int, loop_reports: int, jobs: int, rounds: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Measure all ways in turn, the second round in reverse order; the better round of each counts."""
    taken: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for turn in range(rounds):
        for way in list(WAYS) if turn % 2 == 0 else reversed(WAYS):
            number = loop_reports if way == "papermill" else reports
            run = once(way, notebook, number, jobs)
            taken[way].append(run | {"reports": number})
            say(
                f"{notebook}, round {turn + 1}, {WAYS[way]}: {run['wall']:.1f} s wall, {run['cpu']:.1f} s CPU for {number} reports"
            )
    rows = {}
    for way, runs in taken.items():
        best = min(runs, key=lambda run: run["wall"])
        rows[way] = {
            "reports_per_minute": 60 * best["reports"] / best["wall"],
            "cpu_seconds_per_report": min(run["cpu"] / run["reports"] for run in runs),
            "peak_mb": max(run["peak_mb"] for run in runs),
            "rounds": runs,
        }
    for row in rows.values():
        row["to_papermill"] = row["reports_per_minute"] / rows["papermill"]["reports_per_minute"]
        row["to_pool"] = row["reports_per_minute"] / rows["pool"]["reports_per_minute"]
    return {"notebook": notebook, "reports": reports, "jobs": jobs, "rounds": rounds, "ways": rows}


def growth(
    notebook: str, *, jobs: int, say: Callable[[str], None], sizes: tuple[int, ...] = (20, 40, 80, 160)
) -> dict[str, Any]:
    """Measure whole batches of growing size: time a report, and the memory of the process that runs the batch."""
    found = []
    for size in sizes:
        run = once("batch", notebook, size, jobs)
        found.append(run | {"reports": size})
        say(f"{notebook}, batch of {size}: {run['wall']:.1f} s wall, parent's peak {run['peak_mb']:.0f} MB")
    return {"notebook": notebook, "runs": found}


def cached(say: Callable[[str], None], *, reports: int = 200) -> dict[str, Any]:
    """Measure ``lpo batch`` over reports of which none changed: the whole command, and another of an empty Typer application."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "many.toml"
        plan.write_text(
            'title = "Many"\n[[report]]\nnotebook = "risk"\nname = "{seed}"\nparameters = {draws = 256}\n'
            f"matrix = {{seed = {list(range(1, reports + 1))}}}\n",
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "lpo_analysis.cli", "batch", str(plan), "-j", "2", "-o", folder]
        env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
        seconds = []
        for turn in range(6):
            start = time.perf_counter()
            subprocess.run(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, check=True)
            seconds.append(time.perf_counter() - start)
            say(f"{reports} risk reports, run {turn + 1}: {seconds[-1]:.2f} s")
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    return {
        "reports": reports,
        "megabytes": round(size / 1e6),
        "first": seconds[0],
        "again": min(seconds[1:]),
        "seconds": seconds,
    }


def lines(result: dict[str, Any]) -> list[str]:
    """Write a measurement as a table."""
    head = f"{'':24}{'reports/min':>12}{'to papermill':>14}{'to pool':>9}{'CPU s/report':>14}"
    told = [
        f"{result['notebook']}.ipynb, {result['reports']} reports, {result['jobs']} at once, better of {result['rounds']} rounds",
        head,
    ]
    for way, row in result["ways"].items():
        told.append(
            f"{WAYS[way]:24}{row['reports_per_minute']:12.1f}{row['to_papermill']:14.2f}{row['to_pool']:9.2f}"
            f"{row['cpu_seconds_per_report']:14.2f}"
        )
    if result["notebook"] == "reference":
        for way, (peer, target) in TARGETS.items():
            ratio = result["ways"][way]["to_papermill"]
            told.append(
                f"{WAYS[way]} at least {target} of {peer}: {'met' if ratio >= target else 'NOT met'} ({ratio:.2f})"
            )
    if result["notebook"] != "small":
        ratio = result["ways"]["direct"]["to_pool"]
        told.append(
            f"engine direct at least {POOL_TARGET} of the pool: {'met' if ratio >= POOL_TARGET else 'NOT met'} ({ratio:.2f})"
        )
    return told


def run(
    *,
    reports: int = 40,
    kit_reports: int = 40,
    rounds: int = 2,
    jobs: int = 2,
    only: Sequence[str] = USUAL,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Measure the benchmark notebooks and the kit's own."""
    made: dict[str, Any] = {}
    for part in only:
        if part == "growth":
            made[part] = growth("small", jobs=jobs, say=say)
        elif part == "cached":
            made[part] = cached(say)
        elif part == "reference":
            made[part] = measure(part, reports=reports, loop_reports=reports, jobs=jobs, rounds=rounds, say=say)
        else:
            number = reports if part == "small" else kit_reports
            made[part] = measure(part, reports=number, loop_reports=max(number // 4, 2), jobs=jobs, rounds=1, say=say)
    return made


def told(result: dict[str, Any]) -> list[list[str]]:
    """Write all that `run` measured."""
    parts = [lines(item) for item in result.values() if "ways" in item]
    if "growth" in result:
        parts.append(["batches of growing size (small.ipynb, whole reports)"] + [
            f"{run['reports']:5} reports{run['wall']:9.1f} s{1000 * run['wall'] / run['reports']:8.0f} ms each{run['peak_mb']:8.0f} MB parent"
            for run in result["growth"]["runs"]
        ])  # fmt: skip
    if "cached" in result:
        again = result["cached"]
        parts.append([f"{again['reports']} unchanged reports ({again['megabytes']} MB): {again['again']:.2f} s, the whole command; first {again['first']:.1f} s"])  # fmt: skip
    return parts


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reports", type=int, default=40, help="runs of the reference notebook (default 40)")
    parser.add_argument("--kit-reports", type=int, default=40, help="runs of each of the kit's own (default 40)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=USUAL, help="what to measure", metavar="PART")
    parser.add_argument("--rounds", type=int, default=2, help="rounds, in alternating order (default 2)")
    parser.add_argument("--jobs", type=int, default=2, help="reports at once (default 2)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    arguments(parser)
    for part in told(run(**vars(parser.parse_args()))):
        print("", *part, sep="\n")
