"""One report: execute the notebook, write the files, and land them all at once or not at all."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from lpo_analysis.errors import LpoError, OutputError
from lpo_analysis.reporting import execution, library, own_files, provenance, store
from lpo_analysis.reporting.engines.client import stopped
from lpo_analysis.reporting.execution import Executed, ServerLostError, Settings, execute
from lpo_analysis.reporting.forms import Form, file_of, make
from lpo_analysis.reporting.jobs import Job, Outcome
from lpo_analysis.wording import SYNTHETIC

ATTEMPTS = 3
"""How often a report is begun anew when the fork server is killed under it."""


def run(job: Job, output: Path, *, settings: Settings | None = None, force: bool = False, why: str = "") -> Outcome:
    """Make one report.

    Parameters
    ----------
    job : Job
        What to make.
    output : Path
        Folder below which the report gets its own.
    settings : Settings, optional
        Engine, limits, environment.
    force : bool, default False
        Whether to run although nothing changed.
    why : str, optional
        Why it is run, for the log.

    Returns
    -------
    Outcome
        What became of it; a cell error is an outcome, not an exception.
    """
    start, settings = time.perf_counter(), settings or Settings()
    stem = job.notebook.stem

    def outcome(status: Any, **more: Any) -> Outcome:
        # A lone surrogate can be neither written nor printed.
        more["error"] = job.masked(str(more.get("error", ""))).encode("utf-8", "backslashreplace").decode("utf-8")
        return Outcome(job.name, stem, status, time.perf_counter() - start, job.parameters, **more)

    try:
        with store.locked(output, job.name, stopped=lambda: stopped(settings.batch)) as work:
            store.check_free(output / job.name)
            if job.refusal is not None:
                store.remove(output / job.name)
                return Outcome(job.name, stem, "refused", 0.0, job.parameters, error=job.refusal)
            due = ingredients(job)
            with own_files.handed_out(job, work) as handed:
                if job.unsettled:
                    why = f"the default of {job.unsettled} is an expression"
                elif not force:
                    # Another batch on the same folder may have made it while this one waited.
                    found = store.look(output / job.name, due)
                    if found.headlines is not None:
                        if missing := [
                            form for form in settings.forms if not (output / job.name / file_of(form)).is_file()
                        ]:
                            add_forms(job, missing, work, output / job.name)
                        return outcome("cached", headlines=found.headlines)
                    why = found.why
                executed = _execute(handed, settings)
            if changed := _changed(job):
                # What is recorded would not be what was used.
                raise OutputError(f"{changed} since the report was asked for.", remedy="Run it again.")
            recorded = write(job, executed, work, output / job.name, due, forms=settings.forms)
    except LpoError as error:
        return outcome("failed", error=str(error), why=why)
    except OSError as error:
        return outcome("failed", error=_trouble(error, output), why=why)
    except Exception as error:
        # A broken template, a bug of a library: whatever it is, the other reports of the batch go on and this one says so.
        return outcome("failed", error=f"{type(error).__name__}: {error}".splitlines()[0], why=why)
    return outcome("done", headlines=store.headlines(recorded), cells=executed.cells, why=why)


def _trouble(error: OSError, output: Path) -> str:
    """Say what the system refused, and for which file, if it is none of the report's own."""
    about = error.filename
    if not isinstance(about, str | bytes) or Path(os.fsdecode(about)).is_relative_to(output):
        return f"Cannot write the report ({error.strerror or error})."
    return f"Cannot use {Path(os.fsdecode(about)).name!r} ({error.strerror or error})."


def _execute(job: Job, settings: Settings) -> Executed:
    for left in reversed(range(ATTEMPTS)):
        if stopped(settings.batch):
            raise OutputError("The batch was stopped before.")
        try:
            return execute(job, settings)
        except ServerLostError:
            if not left:
                raise
    raise AssertionError("the last attempt returns or raises")


def _changed(job: Job) -> str:
    """Say what the report was made from that is no longer what it was when its parameters were read; empty if all is."""
    try:
        if job.source and ingredients(job)["notebook_sha256"] != job.source:
            return f"{job.notebook.name} changed"
        for name, digest in job.watched.items():
            state = Path(name).stat()
            if _file_hash(name, state.st_mtime_ns, state.st_size) != digest:
                return f"{name} changed"
    except OSError as error:
        return f"{Path(os.fsdecode(error.filename)).name} went away"
    return provenance.edited()


@lru_cache(maxsize=4096)
def _file_hash(name: str, _time: int, _size: int) -> str:
    return provenance.digest(Path(name).read_bytes())


def ingredients(job: Job) -> dict[str, Any]:
    """List everything a report depends on.

    Parameters
    ----------
    job : Job
        What to make.

    Returns
    -------
    dict
        See `lpo_analysis.reporting.provenance.ingredients`.
    """
    state = job.notebook.stat()
    return provenance.ingredients(
        _source_hash(job.notebook, state.st_mtime_ns, state.st_size), job.parameters, job.watched
    )


@lru_cache(maxsize=256)
def _source_hash(path: Path, _time: int, _size: int) -> str:
    return library.source_hash(library.read(path))


def write(
    job: Job, executed: Executed, work: Path, target: Path, due: Mapping[str, Any], *, forms: Sequence[Form] = ()
) -> dict[str, Any]:
    """Write all files of a report and land them.

    Parameters
    ----------
    job : Job
        What was run.
    executed : Executed
        The executed notebook.
    work : Path
        Folder to prepare them in.
    target : Path
        Folder of the report.
    due : mapping
        What it was made from.
    forms : sequence of {'pdf', 'xlsx'}
        Further forms to write.

    Returns
    -------
    dict
        Recorded values.

    Raises
    ------
    OutputError
        If two tables of the notebook would take one file.
    """
    import nbformat

    from lpo_analysis.parameters import notice
    from lpo_analysis.reporting import outputs
    from lpo_analysis.reporting.page import pages

    told = notice(job.parameters)
    notebook = outputs.noticed(executed.notebook, told)
    recorded = outputs.values(notebook)
    files: dict[str, str] = {
        **pages(notebook, name=job.notebook.stem),
        "results.json": _json(
            {
                "schema": "lpo-results/1",
                "notebook": job.notebook.stem,
                **({"notice": told} if told else {}),
                "parameters": job.parameters,
                "values": recorded,
            }
        ),
        "notebook.ipynb": nbformat.writes(notebook) + "\n",
    }
    mark = f"report on {SYNTHETIC}, no finding" if outputs.notice(notebook) else ""
    files |= {
        f"tables/{name}.csv": outputs.as_csv(table, mark=mark) for name, table in outputs.tables(notebook).items()
    }
    raw = {name: text.encode() for name, text in files.items()}
    raw |= {file_of(form): make(form, notebook, name=job.notebook.stem) for form in forms}
    described = {key: value for key, value in due.items() if key not in ("notebook_sha256", "parameters")}
    run = {
        "schema": "lpo-run/2",
        "notebook": {"name": job.notebook.stem, "sha256": due["notebook_sha256"]},
        "parameters": job.parameters,
        "seed": job.parameters.get("seed"),
        **described,
        "fingerprint": provenance.fingerprint(due),
        "files": {name: provenance.digest(content) for name, content in sorted(raw.items())},
    }
    raw[store.RUN] = _json(run).encode()
    try:
        store.land(raw, work, target)
    except OSError as error:
        raise OutputError(f"Cannot write the report ({error.strerror}).") from None
    return recorded


def ready() -> None:
    """Import what making a report takes, while there is nothing else to do: else the first reports of a batch wait for it."""
    import nbconvert.filters.markdown_mistune  # noqa: F401

    from lpo_analysis.reporting import page

    execution.ready()
    page.environment().get_template("report.html.j2")
    page.style()


def add_forms(job: Job, forms: Sequence[Form], work: Path, target: Path) -> None:
    """Write further forms of a finished report from its executed notebook.

    Parameters
    ----------
    job : Job
        What was run.
    forms : sequence of {'pdf', 'xlsx'}
        Those that are not there yet.
    work : Path
        Folder to prepare them in.
    target : Path
        Folder of the report.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    import nbformat

    notebook = nbformat.read(target / "notebook.ipynb", as_version=4)
    made = {file_of(form): make(form, notebook, name=job.notebook.stem) for form in forms}
    noted = json.loads((target / store.RUN).read_text(encoding="utf-8"))
    kept = {name: (target / name).read_bytes() for name in noted["files"]}
    hashes = noted["files"] | {name: provenance.digest(content) for name, content in made.items()}
    noted["files"] = dict(sorted(hashes.items()))
    try:
        store.land(kept | made | {store.RUN: _json(noted).encode()}, work, target)
    except OSError as error:
        raise OutputError(f"Cannot write the report ({error.strerror}).") from None


def _json(data: object) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
