"""One report: validate, execute with papermill, write the files, and land them all at once or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from lpo_analysis.errors import LpoError, NoEvidenceError, NotebookError, OutputError
from lpo_analysis.reporting import library, outputs, provenance
from lpo_analysis.reporting.page import page

Status = Literal["done", "cached", "failed", "refused"]


@dataclass(frozen=True)
class Job:
    """One report to make.

    Parameters
    ----------
    notebook : Path
        The notebook.
    name : str
        Folder of the report below the output folder.
    parameters : dict
        All parameters, validated, defaults included.
    changed : dict
        Those that differ from the defaults: what is injected.
    refusal : str or None
        Why the evidence bears no answer; then nothing is executed.
    """

    notebook: Path
    name: str
    parameters: dict[str, Any]
    changed: dict[str, Any]
    refusal: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Parameters
    ----------
    name : str
        Folder of the report below the output folder.
    notebook : str
        Name of the notebook.
    status : {'done', 'cached', 'failed', 'refused'}
        Refused: the evidence bears no answer, which is a finding and no failure.
    seconds : float
        Time taken.
    parameters : dict
        All parameters.
    headlines : list of dict
        Recorded values for the index.
    error : str
        What failed, or why it was refused.
    """

    name: str
    notebook: str
    status: Status
    seconds: float = 0.0
    parameters: dict[str, Any] = field(default_factory=dict)
    headlines: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as plain data.

        Returns
        -------
        dict
            For JSON.
        """
        return asdict(self)


def prepare(
    notebook: str | Path, parameters: Mapping[str, Any], *, name: str | None = None, refuse: bool = False
) -> Job:
    """Validate everything that can be validated before a kernel starts.

    Parameters
    ----------
    notebook : str or Path
        Name or path of the notebook.
    parameters : mapping of str to object
        Parameters by name.
    name : str, optional
        Folder of the report; made from notebook and changed parameters by default.
    refuse : bool, default False
        Whether a question the evidence cannot answer becomes a refused job instead of an error.

    Returns
    -------
    Job
        Ready to run.

    Raises
    ------
    NotFoundError, NotebookError, ParameterError
        For a mistake in notebook or parameters.
    NoEvidenceError
        If the evidence bears no answer and `refuse` is false.
    """
    path = library.find(notebook)
    model = library.model(library.read(path), where=path.name)
    valid = model.from_mapping(parameters)
    refusal = None
    try:
        valid.check_evidence()
    except NoEvidenceError as error:
        if not refuse:
            raise
        refusal = str(error)
    changed = valid.changed()
    return Job(path, name or default_name(path.stem, changed), valid.model_dump(), changed, refusal)


def default_name(notebook: str, changed: Mapping[str, Any]) -> str:
    """Make the folder name of a report from what sets it apart.

    Parameters
    ----------
    notebook : str
        Name of the notebook.
    changed : mapping of str to object
        Parameters that differ from the defaults.

    Returns
    -------
    str
        Letters, digits, dot, dash and underscore only.
    """
    parts = [slug(notebook) or "report", *(_part(name, value) for name, value in changed.items())]
    text = "-".join(part for part in parts if part)
    return text if len(text) <= 100 else f"{text[:90]}-{provenance.digest(text.encode())[:8]}"


def _part(name: str, value: object) -> str:
    # A word speaks for itself, a number does not say of what it is.
    made = slug(value)
    return made if isinstance(value, str) and made else f"{slug(name)}_{made or 'empty'}".lstrip("_")


def slug(value: object) -> str:
    """Turn a value into part of a file name.

    Parameters
    ----------
    value : object
        A parameter value.

    Returns
    -------
    str
        Letters, digits, dot, dash and underscore only.
    """
    text = "-".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._")


def check_writable(folder: Path) -> None:
    """Make the output folder, and say clearly if that or writing into it is not possible.

    Parameters
    ----------
    folder : Path
        Output folder.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(
            f"The output folder {str(folder)!r} cannot be written ({error.strerror}).",
            remedy="Choose another with --output.",
        ) from None


def run(job: Job, output: Path, *, force: bool = False) -> Outcome:
    """Make one report.

    Parameters
    ----------
    job : Job
        What to make.
    output : Path
        Folder below which the report gets its own.
    force : bool, default False
        Whether to run although nothing changed.

    Returns
    -------
    Outcome
        What became of it; a cell error is an outcome, not an exception.
    """
    start = time.perf_counter()
    stem = job.notebook.stem
    target = output / job.name
    if job.refusal is not None:
        if target.is_dir():
            shutil.rmtree(target)
        return Outcome(job.name, stem, "refused", 0.0, job.parameters, error=job.refusal)
    try:
        source_hash = library.source_hash(library.read(job.notebook))
        fingerprint = provenance.fingerprint(source_hash, job.parameters)
        known = None if force else finished(target, fingerprint)
        if known is not None:
            return Outcome(job.name, stem, "cached", time.perf_counter() - start, job.parameters, _headlines(known))
        executed = execute(job)
        recorded = write(job, executed, target, source_hash=source_hash, fingerprint=fingerprint)
    except LpoError as error:
        return Outcome(job.name, stem, "failed", time.perf_counter() - start, job.parameters, error=str(error))
    except OSError as error:
        message = f"Cannot write the report ({error.strerror})."
        return Outcome(job.name, stem, "failed", time.perf_counter() - start, job.parameters, error=message)
    except Exception as error:
        # A dead kernel, a broken template: whatever it is, the other reports of the batch go on and this one says so.
        message = f"{type(error).__name__}: {error}".splitlines()[0]
        return Outcome(job.name, stem, "failed", time.perf_counter() - start, job.parameters, error=message)
    return Outcome(job.name, stem, "done", time.perf_counter() - start, job.parameters, _headlines(recorded))


def _headlines(recorded: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, **item} for name, item in recorded.items() if item.get("headline")]


def execute(job: Job) -> Any:
    """Execute a notebook with papermill.

    Parameters
    ----------
    job : Job
        What to run.

    Returns
    -------
    NotebookNode
        The executed notebook, normalised.

    Raises
    ------
    NotebookError
        If a cell failed; names the cell and its error.
    """
    import logging

    import papermill
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, kernel_environment():
        out = Path(folder) / "executed.ipynb"
        try:
            executed = papermill.execute_notebook(
                str(job.notebook), str(out), parameters=job.changed, kernel_name="python3", language="python", progress_bar=False, log_output=False,
                config=client_config(folder),
            )  # fmt: skip
        except PapermillExecutionError as error:
            raise NotebookError(_cell_error(error), where=f"{job.notebook.name}, cell {error.cell_index + 1}") from None
    return outputs.normalise(executed)


def _cell_error(error: Any) -> str:
    message = re.sub(r"\x1b\[[0-9;]*m", "", str(error.evalue)).strip()
    # The kit's own errors carry what, where and remedy as arguments; their text is in the traceback line.
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in error.traceback]
    if len(lines) == 1:
        return lines[0]
    return f"{error.ename}: {message}"


def client_config(folder: str | Path) -> Any:
    """Return how kernels are talked to: over sockets in a private folder, and stopped at once when done.

    Parameters
    ----------
    folder : str or Path
        A folder that no other user can enter; the sockets lie in it.

    Returns
    -------
    traitlets.config.Config
        For papermill and nbclient.
    """
    from traitlets.config import Config

    # Absolute: jupyter_client's own default is relative to the working folder, where kernel and client may differ.
    socket = str(Path(folder).resolve() / "k")
    # The path of a Unix socket has an upper length (103 bytes on macOS); a longer one goes over loopback TCP.
    manager = {"transport": "ipc", "ip": socket} if len(socket.encode()) < 90 else {"transport": "tcp"}
    return Config({"KernelManager": manager, "NotebookClient": {"shutdown_kernel": "immediate"}})


_KERNEL_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


@contextmanager
def kernel_environment() -> Iterator[None]:
    """Start kernels with one thread for linear algebra and a fixed hash seed.

    Yields
    ------
    None
        The environment is put back afterwards.
    """
    before = {name: os.environ.get(name) for name in _KERNEL_ENVIRONMENT}
    os.environ.update(_KERNEL_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def write(job: Job, executed: Any, target: Path, *, source_hash: str, fingerprint: str) -> dict[str, Any]:
    """Write all files of a report and land them by renaming the folder.

    Parameters
    ----------
    job : Job
        What was run.
    executed : NotebookNode
        The executed, normalised notebook.
    target : Path
        Folder of the report.
    source_hash : str
        Hash of the notebook's source.
    fingerprint : str
        Hash of everything the report depends on.

    Returns
    -------
    dict
        Recorded values.
    """
    import nbformat

    recorded = outputs.values(executed)
    files: dict[str, str] = {
        "report.html": page(executed, name=job.notebook.stem),
        "results.json": _json(
            {"schema": "lpo-results/1", "notebook": job.notebook.stem, "parameters": job.parameters, "values": recorded}
        ),
        "notebook.ipynb": nbformat.writes(executed) + "\n",
    }
    files |= {f"tables/{name}.csv": outputs.as_csv(table) for name, table in outputs.tables(executed).items()}
    raw = {name: text.encode() for name, text in files.items()}
    run = {
        "schema": "lpo-run/1",
        "notebook": {"name": job.notebook.stem, "sha256": source_hash},
        "parameters": job.parameters,
        "seed": job.parameters.get("seed"),
        **provenance.surroundings(),
        "fingerprint": fingerprint,
        "files": {name: provenance.digest(content) for name, content in sorted(raw.items())},
    }
    raw["run.json"] = _json(run).encode()
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for name, content in raw.items():
            (fresh / name).parent.mkdir(exist_ok=True)
            (fresh / name).write_bytes(content)
        fresh.chmod(0o755)
        _land(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return recorded


def _land(fresh: Path, target: Path) -> None:
    if not target.exists():
        fresh.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    target.rename(old / "was")
    fresh.rename(target)
    shutil.rmtree(old)


def _json(data: object) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def finished(target: Path, fingerprint: str) -> dict[str, Any] | None:
    """Return the recorded values of a finished, untouched report of the same fingerprint.

    Parameters
    ----------
    target : Path
        Folder of the report.
    fingerprint : str
        Hash of everything the report depends on.

    Returns
    -------
    dict or None
        None where there is none, or a file was changed or lost.
    """
    try:
        made = json.loads((target / "run.json").read_text(encoding="utf-8"))
        if made["fingerprint"] != fingerprint:
            return None
        if any(provenance.digest((target / name).read_bytes()) != due for name, due in made["files"].items()):
            return None
        values: dict[str, Any] = json.loads((target / "results.json").read_text(encoding="utf-8"))["values"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return values
