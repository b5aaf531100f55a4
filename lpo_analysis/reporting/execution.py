"""Execute one notebook by one of the engines, under limits."""

from __future__ import annotations

import copy
import importlib
import logging
import re
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from lpo_analysis.errors import LpoError, NotebookError, ParameterError, choices
from lpo_analysis.paths import SHARED
from lpo_analysis.reporting.engines.client import Preload, environment
from lpo_analysis.reporting.engines.kernels import Engine, client_config
from lpo_analysis.reporting.forms import Form
from lpo_analysis.reporting.jobs import Job

if TYPE_CHECKING:
    from nbformat import NotebookNode

ENGINES: tuple[str, ...] = get_args(Engine)


class ServerLostError(LpoError):
    """The fork server was killed while a notebook ran, which is no fault of the notebook."""


@dataclass(frozen=True)
class Limits:
    """What one report may take.

    Parameters
    ----------
    seconds : float or None
        Wall time of the whole notebook.
    cell_seconds : int or None
        Wall time of one cell.
    memory_mb : int or None
        Memory beyond what its process starts with, in MiB; kept on Linux by ``direct`` and ``warm``.
    """

    seconds: float | None = None
    cell_seconds: int | None = None
    memory_mb: int | None = None


@dataclass(frozen=True)
class Settings:
    """How reports are executed.

    Parameters
    ----------
    engine : {'direct', 'warm', 'fresh'}
        A shell or a kernel from the fork server, or a kernel started from nothing, as papermill does.
    limits : Limits
        What one report may take.
    environment : tuple of str
        Names of variables that notebooks get to see beside the usual ones.
    preload : Preload
        What the fork server imports beside the libraries.
    shared : Path or None
        Folder in which the reports of one batch share what they draw.
    batch : str
        Mark of the batch, by which it is stopped; empty for a report of its own.
    forms : tuple of {'pdf', 'xlsx'}
        Further forms in which reports are written.
    """

    engine: Engine = "direct"
    limits: Limits = field(default_factory=Limits)
    environment: tuple[str, ...] = ()
    preload: Preload = field(default_factory=Preload)
    shared: Path | None = None
    batch: str = ""
    forms: tuple[Form, ...] = ()


def check_engine(name: str) -> Engine:
    """Return an engine by name.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    str
        The name.

    Raises
    ------
    ParameterError
        If there is none; names the nearest.
    """
    if name not in ENGINES:
        raise ParameterError(f"There is no engine {name!r}.", remedy=choices(name, ENGINES))
    return name  # type: ignore[return-value]


@dataclass(frozen=True)
class Executed:
    """An executed notebook.

    Parameters
    ----------
    notebook : NotebookNode
        Without times, paths and random identifiers.
    cells : list of dict
        ``cell`` (number from 1), ``seconds`` and ``source`` (first line) of every code cell.
    """

    notebook: NotebookNode
    cells: list[dict[str, Any]]


def execute(job: Job, settings: Settings | None = None) -> Executed:
    """Execute a notebook with papermill.

    Parameters
    ----------
    job : Job
        What to run.
    settings : Settings, optional
        How.

    Returns
    -------
    Executed
        The notebook, and how long its cells took.

    Raises
    ------
    NotebookError
        If a cell failed, its process died, or a limit was reached; names the cell.
    ServerLostError
        If the fork server was killed meanwhile.
    """
    import_papermill()
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from lpo_analysis.reporting import outputs, own_files
    from lpo_analysis.reporting.engines.clients import EndedEarlyError, OutOfTimeError
    from lpo_analysis.reporting.engines.options import Options

    settings = settings or Settings()
    limits = settings.limits
    _quiet()
    env = environment(settings.environment) | ({} if settings.shared is None else {SHARED: str(settings.shared)})
    options = Options(settings.preload, env, limits.seconds, limits.cell_seconds, limits.memory_mb, settings.batch)
    name = job.notebook.name
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = _papermill(job, settings.engine, config=client_config(folder), options=options)
        except PapermillExecutionError as error:
            raise NotebookError(
                own_files.masked(_cell_error(error, limits), job.hidden), where=_where(job, error)
            ) from None
        except EndedEarlyError as error:
            if error.lost:
                raise ServerLostError(str(error), where=name) from None
            raise NotebookError(str(error), where=_where(job, error)) from None
        except CellTimeoutError as error:
            told = f"The cell took longer than the {limits.cell_seconds} s allowed."
            raise NotebookError(told, where=_where(job, error)) from None
        except (OutOfTimeError, DeadKernelError) as error:
            raise NotebookError(str(error), where=_where(job, error)) from None
    taken = [cell.metadata.papermill.duration or 0.0 for cell in done.cells]
    notebook = outputs.normalise(done, job.hidden)
    cells = [
        {"cell": _number(job, at), "seconds": round(taken[at], 4), "source": _first_line(cell.source)}
        for at, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.execution_count is not None and outputs.INJECTED not in cell.metadata.get("tags", [])
    ]  # fmt: skip
    return Executed(notebook, cells)


def ready() -> None:
    """Import and look up what executing takes, while there is nothing else to do: else the first reports wait for it."""
    import_papermill()
    for name in ("outputs", "own_files", "engines.direct"):
        importlib.import_module(f"lpo_analysis.reporting.{name}")
    import nbformat

    from lpo_analysis.reporting.engines.options import is_ours

    is_ours("python3")
    # The rules of the format are compiled when they are first asked.
    nbformat.validate(nbformat.v4.new_notebook())


def import_papermill() -> None:
    """Import papermill without a grammar it has no use for.

    It validates notebooks by jsonschema, which imports, where it is installed, a parser for international addresses that takes
    longer to build than all the rest; a notebook has none to check.
    """
    name = "rfc3987_syntax"
    if "papermill" in sys.modules or "jsonschema" in sys.modules or name in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        import papermill.execute  # noqa: F401
    finally:
        del sys.modules[name]


def _papermill(job: Job, engine: str, **options: Any) -> Any:
    """Do what `papermill.execute_notebook` does, but write nothing: the report lands whole at the end."""
    import_papermill()
    from papermill.engines import papermill_engines
    from papermill.execute import prepare_notebook_metadata, raise_for_execution_errors, remove_error_markers
    from papermill.parameterize import parameterize_notebook

    state = job.notebook.stat()
    notebook = copy.deepcopy(_loaded(job.notebook, state.st_mtime_ns, state.st_size))
    if job.changed:
        notebook = parameterize_notebook(
            notebook, job.changed, kernel_name="python3", language="python", engine_name=engine
        )
    notebook = remove_error_markers(prepare_notebook_metadata(notebook, str(job.notebook), None))
    done = papermill_engines.execute_notebook_with_engine(
        engine, notebook, input_path=str(job.notebook), kernel_name="python3", progress_bar=False, log_output=False, **options
    )  # fmt: skip
    raise_for_execution_errors(done, None)
    return done


@lru_cache(maxsize=64)
def _loaded(path: Path, _time: int, _size: int) -> Any:
    """Read and validate a notebook once for all its reports; what it once showed is of no use here."""
    from papermill.iorw import load_notebook_node

    notebook = load_notebook_node(str(path))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


@cache
def _quiet() -> None:
    logger = logging.getLogger("papermill")
    logger.setLevel(logging.ERROR)
    logging.getLogger("papermill.translators").setLevel(logging.ERROR)


def _where(job: Job, error: Any) -> str:
    at = getattr(error, "cell_index", None)
    return job.notebook.name if at is None else f"{job.notebook.name}, cell {_number(job, at)}"


def _number(job: Job, at: int) -> int:
    """Return the number of a cell, from 1, in the notebook as its author sees it: without injected parameters."""
    if not job.changed:
        return at + 1
    state = job.notebook.stat()
    tagged = (
        set(cell.metadata.get("tags", [])) for cell in _loaded(job.notebook, state.st_mtime_ns, state.st_size).cells
    )
    first = next((n for n, tags in enumerate(tagged) if "parameters" in tags), -1)
    return at + 1 if at <= first else at


def _first_line(source: str) -> str:
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    return lines[0][:80] if lines else ""


def _cell_error(error: Any, limits: Limits) -> str:
    message = re.sub(r"\x1b\[[0-9;]*m", "", str(error.evalue)).strip()
    # The kit's own errors carry what, where and remedy as arguments; their text is in the traceback line.
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in error.traceback]
    if len(lines) == 1:
        return lines[0]
    limit = (
        f" (its limit of memory was {limits.memory_mb} MiB)"
        if error.ename == "MemoryError" and limits.memory_mb
        else ""
    )
    return f"{error.ename}: {message}".rstrip(": ") + limit
