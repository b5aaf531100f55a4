"""Run a plan: one report after another or several at once; one failure never stops the rest."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lpo_analysis.errors import ParameterError
from lpo_analysis.reporting.index import index_page
from lpo_analysis.reporting.plans import Plan
from lpo_analysis.reporting.run import Job, Outcome, check_writable, run

Progress = Callable[[Outcome, int, int], None]
"""Called after each report with its outcome, how many are done, and how many there are."""


@dataclass(frozen=True)
class Batch:
    """What became of a plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    outcomes : tuple of Outcome
        In the order of the plan.
    folder : Path
        Where the reports and ``index.html`` are.
    seconds : float
        Time taken.
    """

    plan: Plan
    outcomes: tuple[Outcome, ...]
    folder: Path
    seconds: float

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Reports that failed; a refusal is no failure."""
        return tuple(outcome for outcome in self.outcomes if outcome.status == "failed")


def run_batch(
    plan: Plan,
    output: Path,
    *,
    jobs: int = 1,
    force: bool = False,
    progress: Progress | None = None,
    notes: Sequence[Mapping[str, str]] = (),
) -> Batch:
    """Make all reports of a plan and the index.

    Parameters
    ----------
    plan : Plan
        The plan.
    output : Path
        Folder below which the plan gets its own.
    jobs : int, default 1
        How many reports to make at once.
    force : bool, default False
        Whether to run what did not change.
    progress : callable, optional
        Told of every finished report.
    notes : sequence of mapping, optional
        Rows of a table shown on the index above the reports.

    Returns
    -------
    Batch
        The outcomes.

    Raises
    ------
    ParameterError
        If `jobs` is below 1.
    OutputError
        If the output folder cannot be written.
    """
    if jobs < 1:
        raise ParameterError(f"jobs: must be at least 1, got {jobs}")
    folder = output / plan.name
    check_writable(folder)
    start = time.perf_counter()
    made: dict[str, Outcome] = {}

    def note(outcome: Outcome) -> None:
        made[outcome.name] = outcome
        if progress is not None:
            progress(outcome, len(made), len(plan.jobs))

    if jobs == 1:
        for job in plan.jobs:
            note(run(job, folder, force=force))
    else:
        with _pool(jobs) as pool:
            futures = {pool.submit(run, job, folder, force=force): job for job in plan.jobs}
            for future in as_completed(futures):
                error = future.exception()
                note(future.result() if error is None else _lost(futures[future], error))
    outcomes = tuple(made[job.name] for job in plan.jobs)
    batch = Batch(plan, outcomes, folder, time.perf_counter() - start)
    (folder / "index.html").write_text(index_page(plan.title, outcomes, notes=notes), encoding="utf-8")
    _write_log(batch)
    return batch


@contextmanager
def _pool(jobs: int) -> Iterator[Executor]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield pool


def _lost(job: Job, error: BaseException) -> Outcome:
    return Outcome(
        job.name, job.notebook.stem, "failed", 0.0, job.parameters, error=f"The worker died ({type(error).__name__})."
    )


def _write_log(batch: Batch) -> None:
    log = {
        "schema": "lpo-batch/1",
        "plan": batch.plan.name,
        "title": batch.plan.title,
        "seconds": round(batch.seconds, 2),
        "reports": [outcome.as_dict() | {"seconds": round(outcome.seconds, 2)} for outcome in batch.outcomes],
    }
    (batch.folder / "batch.json").write_text(json.dumps(log, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
