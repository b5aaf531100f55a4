"""Wall time of ``lpo --help`` against the ``--help`` of an empty Typer application.

``python -m benchmarks.bench_start`` from the root of the repository.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TARGET = 1.3
EMPTY = '''import typer

app = typer.Typer()


@app.command()
def nothing() -> None:
    """Do nothing."""


if __name__ == "__main__":
    app()
'''


def lpo() -> list[str]:
    """Return how to start the command: the installed script, else the module."""
    script = Path(sys.executable).with_name("lpo")
    return [sys.executable, str(script)] if script.is_file() else [sys.executable, "-m", "lpo_analysis.cli"]


def seconds(command: list[str], folder: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, env={**os.environ, "COLUMNS": "100"})
    return time.perf_counter() - start


def run(*, runs: int = 15) -> dict[str, Any]:
    """Start both in turn, and compare the medians."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY, encoding="utf-8")
        commands = {"lpo": [*lpo(), "--help"], "empty": [sys.executable, str(empty), "--help"]}
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():  # not measured: byte code and file cache
            seconds(command, folder)
        for turn in range(runs):
            for name in list(commands) if turn % 2 == 0 else reversed(commands):
                taken[name].append(seconds(commands[name], folder))
    median = {name: statistics.median(times) for name, times in taken.items()}
    return {
        "runs": runs,
        "lpo_median": median["lpo"],
        "empty_median": median["empty"],
        "ratio": median["lpo"] / median["empty"],
        "ratio_of_best": min(taken["lpo"]) / min(taken["empty"]),
        "target": TARGET,
        "met": median["lpo"] <= TARGET * median["empty"],
        "seconds": {name: [round(t, 4) for t in times] for name, times in taken.items()},
    }


def lines(result: dict[str, Any]) -> list[str]:
    """Write a measurement as a table."""
    verdict = "met" if result["met"] else "NOT met"
    return [
        f"start, median of {result['runs']} alternating runs",
        f"{'lpo --help':25}{1000 * result['lpo_median']:8.0f} ms",
        f"{'empty Typer app --help':25}{1000 * result['empty_median']:8.0f} ms",
        f"{'ratio':25}{result['ratio']:8.2f}     target at most {result['target']}: {verdict}",
    ]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=15, help="starts of each (default 15)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    arguments(parser)
    print(*lines(run(**vars(parser.parse_args()))), sep="\n")
