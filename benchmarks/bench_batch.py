"""Reports per minute and CPU per report: the kit's batch against a plain papermill loop, in one run on one machine.

``python -m benchmarks.bench_batch`` from the root of the repository.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REFERENCE = HERE / "reference.ipynb"
SAVINGS = HERE.parent / "notebooks" / "savings.ipynb"
WAYS = ("papermill", "batch, 1 job", "batch, 2 jobs")


@contextmanager
def importable() -> Iterator[None]:
    """Let this process and the kernels import the reference notebook's parameter model."""
    before = os.environ.get("PYTHONPATH")
    sys.path.insert(0, str(HERE))
    os.environ["PYTHONPATH"] = str(HERE) if not before else f"{HERE}{os.pathsep}{before}"
    try:
        yield
    finally:
        sys.path.remove(str(HERE))
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def reference_parameters(number: int) -> dict[str, Any]:
    return {"n": 400 + 50 * (number % 4), "slope": 0.1 + 0.1 * number, "seed": number + 2}


def savings_parameters(number: int) -> dict[str, Any]:
    return {"seed": number + 2}


def cpu_seconds() -> float:
    """User and system time of this process and of all children it has waited for, theirs included."""
    spent = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        spent += usage.ru_utime + usage.ru_stime
    return spent


def by_papermill(notebook: Path, given: list[dict[str, Any]], folder: Path) -> None:
    """Execute with papermill as its documentation does: no page, no CSV files, nothing tuned."""
    import papermill

    logging.getLogger("papermill").setLevel(logging.ERROR)
    for number, parameters in enumerate(given):
        papermill.execute_notebook(
            str(notebook), str(folder / f"{number}.ipynb"), parameters=parameters, progress_bar=False
        )


def by_batch(notebook: Path, given: list[dict[str, Any]], folder: Path, jobs: int) -> None:
    """Make whole reports with the kit: validation, page, CSV files, results, hashes and index included."""
    from lpo_analysis.reporting.batch import run_batch
    from lpo_analysis.reporting.plans import Plan
    from lpo_analysis.reporting.run import prepare

    plan = Plan("bench", "Benchmark", tuple(prepare(notebook, p, name=f"report-{n}") for n, p in enumerate(given)))
    made = run_batch(plan, folder, jobs=jobs)
    wrong = [outcome for outcome in made.outcomes if outcome.status != "done"]
    if wrong:
        raise RuntimeError(
            f"{len(wrong)} of {len(made.outcomes)} reports were not made: {wrong[0].status} {wrong[0].error}"
        )
    pages = list(made.folder.glob("*/report.html"))
    if len(pages) != len(given):
        raise RuntimeError(f"{len(pages)} pages for {len(given)} reports")


def measure(
    notebook: Path,
    parameters: Callable[[int], dict[str, Any]],
    *,
    reports: int,
    rounds: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Measure the three ways in alternating order; the better round of each counts."""
    given = [parameters(number) for number in range(reports)]
    ways: dict[str, Callable[[Path], None]] = {
        WAYS[0]: lambda folder: by_papermill(notebook, given, folder),
        WAYS[1]: lambda folder: by_batch(notebook, given, folder, 1),
        WAYS[2]: lambda folder: by_batch(notebook, given, folder, 2),
    }
    taken: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    with importable():
        # One report each, not measured: imports, the font cache, byte code.
        for make in (by_papermill, lambda *these: by_batch(*these, 1)):
            with tempfile.TemporaryDirectory() as folder:
                make(notebook, given[:1], Path(folder))
        for turn in range(rounds):
            for way in list(ways) if turn % 2 == 0 else reversed(ways):
                with tempfile.TemporaryDirectory() as folder:
                    cpu, start = cpu_seconds(), time.perf_counter()
                    ways[way](Path(folder))
                    wall, cpu = time.perf_counter() - start, cpu_seconds() - cpu
                taken[way].append({"wall": round(wall, 3), "cpu": round(cpu, 3)})
                say(
                    f"{notebook.stem}, round {turn + 1}, {way}: {wall:.1f} s wall, {cpu:.1f} s CPU for {reports} reports"
                )
    rows = {
        way: {
            "reports_per_minute": 60 * reports / min(run["wall"] for run in runs),
            "seconds_per_report": min(run["wall"] for run in runs) / reports,
            "cpu_seconds_per_report": min(run["cpu"] for run in runs) / reports,
            "rounds": runs,
        }
        for way, runs in taken.items()
    }
    base = rows[WAYS[0]]
    for row in rows.values():
        row["throughput_ratio"] = row["reports_per_minute"] / base["reports_per_minute"]
        row["cpu_ratio"] = row["cpu_seconds_per_report"] / base["cpu_seconds_per_report"]
    return {"notebook": notebook.stem, "reports": reports, "rounds": rounds, "ways": rows}


def lines(result: dict[str, Any]) -> list[str]:
    """Write a measurement as a table."""
    head = f"{'':15}{'reports/min':>12}{'ratio':>8}{'s/report':>10}{'CPU s/report':>14}{'ratio':>8}"
    told = [f"{result['notebook']}.ipynb, {result['reports']} reports, better of {result['rounds']} rounds", head]
    for way, row in result["ways"].items():
        told.append(
            f"{way:15}{row['reports_per_minute']:12.1f}{row['throughput_ratio']:8.2f}{row['seconds_per_report']:10.2f}"
            f"{row['cpu_seconds_per_report']:14.2f}{row['cpu_ratio']:8.2f}"
        )
    return told


def run(
    *, reports: int = 12, savings_reports: int = 4, rounds: int = 2, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """Measure the reference notebook and the kit's own savings report."""
    made = {"reference": measure(REFERENCE, reference_parameters, reports=reports, rounds=rounds, say=say)}
    if savings_reports:
        made["savings"] = measure(SAVINGS, savings_parameters, reports=savings_reports, rounds=rounds, say=say)
    return made


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reports", type=int, default=12, help="runs of the reference notebook (default 12)")
    parser.add_argument(
        "--savings-reports", type=int, default=4, help="runs of the savings report (default 4, 0 for none)"
    )
    parser.add_argument("--rounds", type=int, default=2, help="rounds, in alternating order (default 2)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    arguments(parser)
    for measured in run(**vars(parser.parse_args())).values():
        print("", *lines(measured), sep="\n")
