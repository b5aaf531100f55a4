"""Run a plan on any executor; one failure never stops the rest, and what is finished is not made again."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor, as_completed, wait
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import uuid4

from lpo_analysis import paths
from lpo_analysis.errors import LpoError, OutputError, ParameterError
from lpo_analysis.reporting import library, plans, provenance, store
from lpo_analysis.reporting.engines import client
from lpo_analysis.reporting.engines.client import Preload
from lpo_analysis.reporting.engines.kernels import Engine
from lpo_analysis.reporting.execution import Settings
from lpo_analysis.reporting.forms import Form, file_of
from lpo_analysis.reporting.jobs import Job, Outcome, own_module
from lpo_analysis.reporting.plans import Plan
from lpo_analysis.reporting.progress import Progress, Quiet
from lpo_analysis.reporting.run import ingredients, ready, run
from lpo_analysis.reporting.store import LOG, RESULTS, Sealed
from lpo_analysis.wording import listing

Notes = Callable[[], Sequence[Mapping[str, str]]]
"""Makes the rows of the table on the index; called only if an index is written."""


_SAFE = {"numpy", "pandas", "scipy", "statsmodels", "matplotlib", "seaborn", "pydantic", "great_tables", "jinja2"}
"""Libraries that start no thread while they are imported, as a fork server must not; others are left to the notebook."""


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
    settings: Settings | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    notes: Notes | None = None,
) -> Batch:
    """Make all reports of a plan and the index.

    Parameters
    ----------
    plan : Plan
        The plan.
    output : Path
        Folder below which the plan gets its own.
    jobs : int, default 1
        How many reports to make at once, where no executor is given.
    force : bool, default False
        Whether to run what did not change.
    settings : Settings, optional
        Engine and environment; those of the plan by default, whose limits always count.
    executor : concurrent.futures.Executor, optional
        Where reports are made: threads, processes, or the machines of a cluster. The output folder must be the same for all.
    progress : Progress, optional
        Told of what happens.
    notes : callable, optional
        Makes the rows of a table shown on the index above the reports.

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
    folder = (output / plan.name).resolve() if executor is not None else output / plan.name
    there = folder.is_dir()
    if (folder / store.RUN).is_file():
        raise OutputError(
            f"{str(folder)!r} is a report, so no batch is put there.",
            remedy="Give the plan another name, or choose another folder with --output.",
        )
    store.check_writable(folder)
    start = time.perf_counter()
    told = progress or Quiet()
    made: dict[str, Outcome] = {}

    seals = dict[str, str]()

    def note(outcome: Outcome) -> None:
        made[outcome.name] = outcome
        if outcome.status in ("done", "cached") and outcome.name not in seals:
            seals[outcome.name] = store.seal(folder / outcome.name, outcome.headlines)
        told.finished(outcome)

    before = _read(folder / LOG)
    waiting: list[tuple[Job, str]] = []
    told.begin(plan.name, len(plan.jobs), jobs)
    asked = settings.forms if settings is not None else plan.forms
    for job, outcome, why in _looked(plan.jobs, folder, asked, _sealed(before), seals, force=force):
        if outcome is None:
            waiting.append((job, why))
        else:
            note(outcome)
    told.to_run([why for _, why in waiting])
    if waiting:
        try:
            chosen = _settings(plan, settings)
            with store.shared(folder) as shared:
                chosen = replace(chosen, shared=shared, batch=uuid4().hex)
                _make(waiting, folder, chosen, jobs=jobs, force=force, executor=executor, note=note, told=told)
        except BaseException:
            told.end()
            if not there:
                with suppress(OSError):
                    folder.rmdir()
            raise
    told.end()
    outcomes = tuple(made.get(job.name) or _stopped(job) for job in plan.jobs)
    batch = Batch(plan, outcomes, folder, time.perf_counter() - start)
    _write_index(batch, notes, seals, before)
    return batch


def _looked(
    jobs: Sequence[Job], folder: Path, forms: Sequence[Form], known: Mapping[str, Sealed], seals: dict[str, str], *, force: bool
) -> Iterator[tuple[Job, Outcome | None, str]]:  # fmt: skip
    """Tell apart what is finished from what has to be made, and note the seals of what is."""

    def look(job: Job) -> tuple[Job, Outcome | None, str]:
        start = time.perf_counter()
        if job.refusal is not None or force:
            return job, None, "refused" if job.refusal else "asked for by --force"
        if job.unsettled:
            return job, None, f"the default of {job.unsettled} is an expression"
        if kind := job.own_changed():
            return job, None, f"your {kind} file changed"
        found = store.look(folder / job.name, ingredients(job), sealed=known.get(job.name))
        if found.headlines is None:
            return job, None, found.why
        if missing := [form for form in forms if not (folder / job.name / file_of(form)).is_file()]:
            return job, None, f"{listing(missing)} asked for"
        seals[job.name] = found.seal
        seconds = time.perf_counter() - start
        return job, Outcome(job.name, job.notebook.stem, "cached", seconds, job.parameters, found.headlines), ""

    # Hashing lets go of the interpreter, so two threads pay; looking at seals does not.
    with ThreadPoolExecutor(1 if known.keys() >= {job.name for job in jobs} else 2) as pool:
        yield from pool.map(look, jobs)


def _sealed(log: Mapping[str, Any]) -> dict[str, Sealed]:
    """Read the seals of a log, with what it tells of their reports; none from one that is damaged."""
    seals, told = log.get("seals"), dict(_told(log))
    if not isinstance(seals, dict):
        return {}
    return {name: Sealed(seal, told[name]) for name, seal in seals.items() if name in told}


def _told(log: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Read the names of the reports of a log and what it tells of each; nothing from one that is damaged."""
    try:
        return [(str(report["name"]), list(report["headlines"])) for report in log["reports"]]
    except (KeyError, TypeError):
        return []


def _settings(plan: Plan, given: Settings | None) -> Settings:
    chosen = given or Settings(engine=plan.engine or "direct", environment=plan.environment, forms=plan.forms)
    return replace(chosen, limits=plan.limits, preload=preload_for((job.notebook for job in plan.jobs), chosen.engine))


def preload_for(notebooks: Iterable[Path], engine: Engine) -> Preload:
    """Say what a fork server shall import for a batch, so that its reports do not each do it.

    Parameters
    ----------
    notebooks : iterable of Path
        What will run.
    engine : {'direct', 'warm', 'fresh'}
        By what.

    Returns
    -------
    Preload
        The kit and the parameter models of the notebooks, tied to their source and to the data: after an edit another server
        is started.
    """
    books = [library.read(path) for path in dict.fromkeys(notebooks)]
    # From the metadata, not from the models: pandas need not be imported for it.
    models = [str(book.get("metadata", {}).get("lpo", {}).get("parameters") or "") for book in books]
    named = tuple(dict.fromkeys(name for name in models if ":" in name))
    token = provenance.digest_of(
        [provenance.surroundings_digest(), [own_module(name.partition(":")[0]) for name in named]]
    )
    imported: list[str] = [name for book in books for name in library.imports(book)]
    if any(name.partition(".")[0] == "lpo_analysis" for name in imported):
        # What its cells call imports these when they are first used.
        imported += ["matplotlib.pyplot", "seaborn", "great_tables"]
    ours = [name for name in imported if name.partition(".")[0] == "lpo_analysis"]
    asked = [name.partition(":")[0] for name in named]
    rooms = [room for name in asked for room in _modules_beside(name)]
    modules = dict.fromkeys(["lpo_analysis.reporting.notebook", *asked, *ours, *rooms])
    libraries = dict.fromkeys(name for name in imported if name.partition(".")[0] in _SAFE)
    folders = tuple(folder for folder in sys.path if folder and os.path.isdir(folder))
    return Preload(tuple(modules), named, token, folders, tuple(libraries), engine == "direct")


def _modules_beside(name: str) -> list[str]:
    """List the modules in a room of the kit: its reports import them as they come to their sections, each for itself."""
    kit, *room = name.split(".")[:2]
    if kit != "lpo_analysis" or not room:
        return []
    folder = paths.PACKAGE / room[0]
    return sorted(f"{kit}.{room[0]}.{path.stem}" for path in folder.glob("*.py") if path.stem != "__init__")


def _make(
    waiting: Sequence[tuple[Job, str]], folder: Path, settings: Settings, *, jobs: int, force: bool, executor: Executor | None,
    note: Callable[[Outcome], None], told: Progress,
) -> None:  # fmt: skip
    pool = executor or ThreadPoolExecutor(min(jobs, len(waiting)), thread_name_prefix="report")
    futures: dict[Future[Outcome], Job] = {}
    with stoppable(), _once():
        try:
            _heed()
            if (check := getattr(executor, "ready", None)) is not None:
                # Before the first is submitted: a file that some machine does not see ends the batch.
                check([job for job, _ in waiting], folder)
            if executor is None and settings.engine != "fresh" and any(job.refusal is None for job, _ in waiting):
                _warm(settings.preload)
            for job, why in waiting:
                try:
                    futures[pool.submit(run, job, folder, settings=settings, force=force, why=why)] = job
                except LpoError:
                    raise
                except Exception as error:
                    # An executor that broke takes nothing more.
                    note(_lost(job, error))
            # A list at once: the display asks from a thread of its own.
            told.submitted(lambda: [job.name for future, job in list(futures.items()) if future.running()])
            while futures:
                _collect(futures, note)
                _heed()
        except KeyboardInterrupt:
            # What is finished stays; what runs is killed, what waits is never begun.
            client.stop(settings.batch)
            for future in futures:
                future.cancel()
            told.interrupted()
            if executor is not None and not getattr(executor, "elsewhere", False):
                # Threads of the caller's own, which will meet the stop whenever that is: only for what they have finished.
                wait([future for future in futures if future.running()], timeout=10)
        finally:
            _hold()
            if executor is None:
                pool.shutdown(cancel_futures=True)
                client.release(settings.preload)
    # After a stop: what was finished while nobody looked.
    for future in futures:
        if future.done() and not future.cancelled() and future.exception() is None:
            # One that fails now was killed by the stop, which is no fault of its own.
            outcome = future.result()
            if outcome.status != "failed":
                note(outcome)


def _collect(futures: dict[Future[Outcome], Job], note: Callable[[Outcome], None], patience: float = 0.5) -> None:
    """Take note of what is finished, and come back after a while even if there is nothing."""
    with suppress(FutureTimeoutError):
        for future in as_completed(list(futures), timeout=patience):
            job = futures[future]
            try:
                outcome = future.result()
            except CancelledError:
                del futures[future]
                continue
            except Exception as error:
                outcome = _lost(job, error)
            note(outcome)
            # Only now: a stop in between must not lose it.
            del futures[future]


def _warm(preload: Preload) -> None:
    """Start the server, and see to it that what it imported is what the reports will say they were made from."""
    starting = client.start(preload)
    # Meanwhile, on the other core.
    ready()
    starting.join()
    if edited := provenance.edited():
        client.release(preload)
        raise OutputError(f"{edited} while the batch began.", remedy="Run it again.")


_pressed: list[int] = []
"""Signals that asked to stop; a plain list, for a lock taken in a handler may be held by what it interrupts."""
_guarded = False
_phase: Literal["", "making", "ending"] = ""
"""Of the batch that the main thread makes: while it is made the first stop raises, and nothing does while it ends."""


def _interrupt(number: int, _: object) -> None:
    _pressed.append(number)
    _raise()


def _raise() -> None:
    if _phase == "ending":
        # What runs is being killed already; whoever presses again must not keep that from happening.
        return
    _hold()
    raise KeyboardInterrupt


def _hold() -> None:
    """Let no stop come between, if the main thread was making a batch: it ends now."""
    global _phase
    if _phase and _in_main_thread():
        _phase = "ending"


@contextmanager
def _once() -> Iterator[None]:
    global _phase
    if not _in_main_thread():
        yield
        return
    _phase = "making"
    try:
        yield
    finally:
        _phase = ""


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM end a batch as Ctrl-C does: tidily, and even where the interrupt meets a library that swallows it.

    Yields
    ------
    None
        Within it both signals are noted and raise KeyboardInterrupt, unless they are ignored, as those of a job in the background
        are; nothing changes in a thread, or within another.
    """
    global _guarded
    if not _in_main_thread() or _guarded:
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    taken = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    _pressed.clear()
    _guarded = True
    try:
        for number in taken:
            signal.signal(number, _interrupt)
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)
        _guarded = False
        _pressed.clear()


def _heed() -> None:
    if _pressed and _in_main_thread():
        # Some library swallowed the interrupt.
        _hold()
        raise KeyboardInterrupt


def _lost(job: Job, error: BaseException) -> Outcome:
    words = (
        f"{str(error).rstrip('.')}."
        if isinstance(error, LpoError)
        else f"The worker died ({type(error).__name__}: {error})."
    )
    told = job.masked(words[0].upper() + words[1:])
    return Outcome(job.name, job.notebook.stem, "failed", 0.0, job.parameters, error=told)


def _stopped(job: Job) -> Outcome:
    return Outcome(job.name, job.notebook.stem, "failed", 0.0, job.parameters, error="The batch was stopped before.")


def slowest_cells(outcomes: Sequence[Outcome], n: int = 3) -> list[dict[str, Any]]:
    """Name the cells that took longest, over all reports of a batch that were run.

    Parameters
    ----------
    outcomes : sequence of Outcome
        What became of the reports.
    n : int, default 3
        How many to name.

    Returns
    -------
    list of dict
        Notebook, cell, source (first line), seconds (mean) and share of the time of all cells.
    """
    taken: dict[tuple[str, int, str], list[float]] = defaultdict(list)
    for outcome in outcomes:
        for cell in outcome.cells:
            taken[outcome.notebook, cell["cell"], cell["source"]].append(cell["seconds"])
    whole = sum(map(sum, taken.values()))
    ranked = sorted(taken.items(), key=lambda item: -sum(item[1]))[:n]
    return [
        {"notebook": notebook, "cell": cell, "source": source, "seconds": round(sum(times) / len(times), 3), "share": round(sum(times) / whole, 3)}
        for (notebook, cell, source), times in ranked
        if whole
    ]  # fmt: skip


def _write_index(batch: Batch, notes: Notes | None, seals: Mapping[str, str], before: Mapping[str, Any]) -> None:
    outcomes, folder = batch.outcomes, batch.folder
    index, table, log = folder / "index.html", folder / RESULTS, folder / LOG
    stable = [_stable(outcome, folder) for outcome in outcomes]
    shown = provenance.digest_of([batch.plan.title, provenance.surroundings_digest(), stable])
    memo = plans.memo(batch.plan)
    told = [(outcome.name, outcome.headlines) for outcome in outcomes]
    untouched = before.get("index") == [shown, _digest(index), _digest(table)] and _told(before) == told
    if untouched and all(outcome.status in ("cached", "refused") for outcome in outcomes):
        # Nothing was run: the page is right as it is, and the log tells when the reports were made.
        kept = {"memo": memo, "seals": dict(sorted(seals.items()))}
        if kept != {key: before.get(key) for key in kept}:
            store.write_file(log, _json({**before, **kept}))
        return
    from lpo_analysis.reporting.index import index_page, results_csv

    results = results_csv(folder, outcomes)
    store.write_file(table, results)
    page = index_page(batch.plan.title, outcomes, notes=notes() if notes is not None else (), folder=folder)
    store.write_file(index, page)
    content = {
        "schema": "lpo-batch/2",
        "plan": batch.plan.name,
        "title": batch.plan.title,
        "seconds": round(batch.seconds, 2),
        "counts": dict(Counter(outcome.status for outcome in outcomes)),
        "slowest_cells": slowest_cells(outcomes, 10),
        "reports": [outcome.as_dict() | {"seconds": round(outcome.seconds, 3)} for outcome in outcomes],
        # Of what was written: another batch may have put its own there since.
        "index": [shown, provenance.digest(page.encode()), provenance.digest(results.encode())],
        "memo": memo,
        "seals": dict(sorted(seals.items())),
    }
    store.write_file(log, _json(content))


def _json(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _digest(path: Path) -> str:
    try:
        return provenance.digest(path.read_bytes())
    except OSError:
        return ""


def _stable(outcome: Outcome, folder: Path) -> list[Any]:
    made = "made" if outcome.status in ("done", "cached") else outcome.status
    forms = [form for form in get_args(Form) if (folder / outcome.name / file_of(form)).is_file()]
    return [outcome.name, made, outcome.error, outcome.parameters, outcome.headlines, forms]


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
