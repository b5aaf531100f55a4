"""Jobs and what becomes of them: validation before anything runs, and names that are safe as folders."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from lpo_analysis.errors import NoEvidenceError, NotFoundError
from lpo_analysis.reporting import library, provenance, secrets

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
        All parameters as they are recorded, validated, defaults included: of a researcher's own file kind and hash.
    changed : dict
        Those that differ from the defaults, as they are injected.
    refusal : str or None
        Why the evidence bears no answer; then nothing is executed.
    watched : dict of str to str
        SHA-256 of files outside the kit that the report depends on: the researcher's own model, inputs named in the plan.
    unsettled : str
        Name of a parameter whose default is an expression, such as today's date: such a report is made at every run.
    own : dict of str to str
        Paths of a researcher's own files by parameter; what is recorded of them stands in `parameters`.
    hidden : dict of str to str
        Paths that nothing may tell, and what is recorded in their place.
    source : str
        Hash of the notebook from which the parameters were read; empty if that is not known.
    """

    notebook: Path
    name: str
    parameters: dict[str, Any]
    changed: dict[str, Any] = field(repr=False)
    refusal: str | None = None
    watched: dict[str, str] = field(default_factory=dict)
    unsettled: str = ""
    own: dict[str, str] = field(default_factory=dict, repr=False)
    hidden: dict[str, str] = field(default_factory=dict, repr=False)
    source: str = ""

    def masked(self, text: str) -> str:
        """Return a text in which own files are called by what is recorded of them.

        Parameters
        ----------
        text : str
            Such as an error message.

        Returns
        -------
        str
            Without their paths and names.
        """
        for path in sorted(self.hidden, key=len, reverse=True):
            kind = self.hidden[path].partition(",")[0]
            for name in dict.fromkeys((repr(path)[1:-1], path, os.path.abspath(path), Path(path).name)):
                text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", f"<{kind} file>", text)
        return text

    def own_changed(self) -> str:
        """Return the kind of an own file that is no longer what is recorded of it; empty if all are.

        Returns
        -------
        str
            Such as ``survey``.
        """
        for name, path in self.own.items():
            from lpo_analysis.parameters import recorded_file

            recorded = str(self.parameters[name])
            kind = recorded.partition(",")[0]
            try:
                if recorded_file(kind, path) != recorded:
                    return kind
            except NotFoundError:
                return kind
        return ""


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
        What failed, with the cell, or why it was refused.
    cells : list of dict
        Seconds and first line of every code cell that ran.
    why : str
        Why it was run: new, or what changed.
    """

    name: str
    notebook: str
    status: Status
    seconds: float = 0.0
    parameters: dict[str, Any] = field(default_factory=dict)
    headlines: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    cells: list[dict[str, Any]] = field(default_factory=list)
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as plain data.

        Returns
        -------
        dict
            For JSON.
        """
        return asdict(self)


def prepare(
    notebook: str | Path,
    parameters: Mapping[str, Any],
    *,
    name: str | None = None,
    refuse: bool = False,
    inputs: Mapping[str, str] | None = None,
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
    inputs : mapping of str to str, optional
        SHA-256 of files that the notebook reads beside the evidence.

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
    from lpo_analysis.parameters import files_at
    from lpo_analysis.reporting.inferred import Source

    path = library.find(notebook)
    book = library.read(path)
    model = library.model(book, where=path.name)
    # First, for a message about a wrong value repeats it.
    secrets.check(parameters)
    valid = model.from_mapping(parameters)
    secrets.check(valid.model_dump())
    refusal = None
    try:
        valid.check_evidence()
    except NoEvidenceError as error:
        if not refuse:
            raise
        refusal = str(error)
    changed = valid.changed()
    whole = valid.model_dump()
    own = {key: str(getattr(valid, key)) for key in valid.own_files() if whole[key]}
    # Their content counts by the parameter; as inputs they would be listed by name.
    files = {os.path.realpath(file) for path in own.values() for file in files_at(path)}
    watched = (
        own_source(model)
        | own_imports(library.imports(book))
        | {path: sha for path, sha in (inputs or {}).items() if os.path.realpath(path) not in files}
    )
    unsettled = next((key for key, value in whole.items() if isinstance(value, Source)), "")
    hidden = {path: str(whole[key]) for key, path in own.items()}
    called = name or default_name(path.stem, {key: whole[key] for key in changed})
    source = library.source_hash(book)
    return Job(path, called, whole, changed, refusal, watched, unsettled, own, hidden, source)


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


def own_source(model: type) -> dict[str, str]:
    """Hash the file of a parameter model that is not the kit's.

    Parameters
    ----------
    model : type
        The model.

    Returns
    -------
    dict of str to str
        SHA-256 by path; empty for a model of the kit.
    """
    return own_module(model.__module__)


def own_module(name: str) -> dict[str, str]:
    """Hash the file of a module that is not the kit's.

    Parameters
    ----------
    name : str
        Name of the module.

    Returns
    -------
    dict of str to str
        SHA-256 by path; empty for a module of the kit, or one without a file.
    """
    if name.partition(".")[0] == "lpo_analysis":
        return {}
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None:
        try:
            found = importlib.util.find_spec(name)
        except (ImportError, ValueError, AttributeError):
            return {}
        file = None if found is None else found.origin
    if file is None or not Path(file).is_file():
        return {}
    return {_relative(Path(file)): provenance.digest(Path(file).read_bytes())}


def own_imports(names: Iterable[str]) -> dict[str, str]:
    """Hash the files of a researcher's own modules that a notebook imports, and of those that they import in turn.

    Parameters
    ----------
    names : iterable of str
        Full names of modules.

    Returns
    -------
    dict of str to str
        SHA-256 by path, of what lies in the working folder or in those of ``PYTHONPATH``: all else is the kit's, or installed.
    """
    folders = [Path(), *(Path(part) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part)]
    found: dict[str, str] = {}
    seen: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name in seen or name.partition(".")[0] in {"lpo_analysis", *sys.stdlib_module_names}:
            continue
        seen.add(name)
        for file in _files_of(name, folders):
            if (path := _relative(file)) not in found:
                raw = file.read_bytes()
                found[path] = provenance.digest(raw)
                package = name if file.name == "__init__.py" else name.rpartition(".")[0]
                todo += library.imported(raw.decode("utf-8", "replace"), package=package)
    return found


def _files_of(name: str, folders: Iterable[Path]) -> list[Path]:
    """List the files that importing a module runs: its own, and those of the packages it lies in."""
    parts = name.split(".")
    for folder in folders:
        steps = [folder.joinpath(*parts[: n + 1]) for n in range(len(parts))]
        files = [file for step in steps for file in (step / "__init__.py", step.with_suffix(".py")) if file.is_file()]
        if files:
            return files
    return []


def _relative(path: Path) -> str:
    # Paths of a machine are no property of a report; a file above the working folder needs one nevertheless.
    return Path(os.path.relpath(path)).as_posix()
