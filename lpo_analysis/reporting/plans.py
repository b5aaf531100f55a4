"""Plans of batches: TOML in, validated jobs out, every mistake named before anything runs."""

from __future__ import annotations

import contextlib
import glob
import itertools
import json
import math
import os
import re
import string
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from lpo_analysis.errors import LpoError, PlanError, choices
from lpo_analysis.reporting import library, provenance, secrets, store
from lpo_analysis.reporting.engines.kernels import Engine
from lpo_analysis.reporting.execution import Limits, check_engine
from lpo_analysis.reporting.forms import Form, check_forms
from lpo_analysis.reporting.jobs import Job, prepare, slug

_NAME = re.compile(r"[A-Za-z_]\w*")
_PLAN_KEYS = ("title", "report", "engine", "limits", "environment", "forms")
_REPORT_KEYS = ("notebook", "name", "parameters", "matrix", "inputs")
_RESERVED = ("index.html", store.RESULTS, store.LOG)
_LONGEST = 200
SHOWN = 20
"""How many mistakes of a plan are listed; a matrix can make thousands out of one."""


@dataclass(frozen=True)
class Plan:
    """A batch of reports.

    Parameters
    ----------
    name : str
        Name of the plan, and of its output folder.
    title : str
        Heading of the index.
    jobs : tuple of Job
        Validated reports, each with a name of its own.
    engine : str or None
        The engine the plan asks for.
    limits : Limits
        What one report may take.
    environment : tuple of str
        Names of variables that notebooks get to see beside the usual ones.
    forms : tuple of {'pdf', 'xlsx'}
        Further forms in which reports are written.
    path : Path or None
        The file it was read from.
    watched : dict of str to str
        SHA-256 of files outside the kit that its validity depends on.
    key : str
        Hash of all that was read for it, as it was then; empty for a plan that was not read from a file.
    """

    name: str
    title: str
    jobs: tuple[Job, ...]
    engine: Engine | None = None
    limits: Limits = field(default_factory=Limits)
    environment: tuple[str, ...] = ()
    forms: tuple[Form, ...] = ()
    path: Path | None = None
    watched: dict[str, str] = field(default_factory=dict)
    key: str = ""


def read_plan(name: str | Path) -> Plan:
    """Read and validate a plan.

    Parameters
    ----------
    name : str or Path
        Name of a plan, or a path ending in ``.toml``.

    Returns
    -------
    Plan
        With every combination of every matrix as a job of its own.

    Raises
    ------
    NotFoundError
        If there is no such plan.
    PlanError
        Naming every mistake: no TOML, unknown keys, empty matrix, two reports of one name, wrong parameters.
    """
    path = library.find_plan(name)
    # Before anything of it is read: what is edited from now on makes it another plan.
    seen = _seen(path)
    content = content_of(path)
    books = {book: _seen(book) for book in notebooks(content)}
    problems: list[str] = []
    jobs: list[Job] = []
    _unknown(content, _PLAN_KEYS, "the plan", problems)
    title = content.get("title")
    if not isinstance(title, str) or not title.strip():
        problems.append('it needs a title, such as title = "Savings by task"')
    reports = content.get("report", [])
    if not isinstance(reports, list) or not all(isinstance(item, dict) for item in reports):
        problems.append("reports are written as [[report]] tables")
        reports = []
    if content.get("report", []) == []:
        problems.append("it has no [[report]] table")
    for number, entry in enumerate(reports, start=1):
        jobs += _expand(entry, f"report {number}", problems)
    settings = _settings(content, problems)
    problems += _clashes(jobs)
    if problems:
        told = list(dict.fromkeys(problems))
        listed = "\n  ".join(told[:SHOWN]) + (f"\n  ... and {len(told) - SHOWN} more" if len(told) > SHOWN else "")
        raise PlanError(f"The plan cannot be run:\n  {listed}", where=path.name)
    watched = {file: digest for job in jobs for file, digest in job.watched.items()}
    key = _key(seen, {job.notebook: books.get(job.notebook, "") for job in jobs}, watched)
    return Plan(path.stem, str(title), tuple(jobs), **settings, path=path, watched=watched, key=key)


def memo(plan: Plan) -> dict[str, Any]:
    """Note down a validated plan, so that the next run of the same needs no validation.

    Parameters
    ----------
    plan : Plan
        From `read_plan`.

    Returns
    -------
    dict
        For `recall`; empty for a plan that was not read from a file, or that reads a researcher's own.
    """
    if not plan.key or any(job.own for job in plan.jobs):
        # Own files are looked at every time, and their paths are not written down.
        return {}
    jobs = [
        {"notebook": job.notebook.as_posix(), "name": job.name, "parameters": job.parameters, "changed": job.changed,
         "refusal": job.refusal, "watched": job.watched, "unsettled": job.unsettled, "source": job.source}
        for job in plan.jobs
    ]  # fmt: skip
    return {
        "key": plan.key,
        "jobs": jobs,
        "watched": plan.watched,
    }


def _seen(path: Path) -> str:
    try:
        return provenance.digest(path.read_bytes())
    except OSError:
        # Whoever reads it says so.
        return ""


def _key(plan: str, notebooks: Mapping[Path, str], watched: Mapping[str, str]) -> str:
    """Hash all that reading a plan depends on: itself, its notebooks, the kit with its data, and further files."""
    sources = sorted((book.as_posix(), digest) for book, digest in notebooks.items())
    return provenance.digest_of([plan, os.getcwd(), sources, provenance.surroundings_digest(), sorted(watched.items())])


def recall(name: str | Path, output: Path) -> Plan | None:
    """Return a plan as it was read last, if nothing it depends on has changed.

    Parameters
    ----------
    name : str or Path
        Name of a plan, or a path ending in ``.toml``.
    output : Path
        Folder below which the plan has its own.

    Returns
    -------
    Plan or None
        None if it has to be read.

    Raises
    ------
    NotFoundError
        If there is no such plan.
    """
    path = library.find_plan(name)
    try:
        noted = json.loads((output / path.stem / store.LOG).read_text(encoding="utf-8"))["memo"]
        jobs = tuple(Job(**(item | {"notebook": Path(item["notebook"])})) for item in noted["jobs"])
        if any(not job.name or slug(job.name) != job.name for job in jobs):
            return None
        watched = {file: provenance.digest(Path(file).read_bytes()) for file in noted["watched"]}
        key = _key(_seen(path), {book: _seen(book) for book in {job.notebook for job in jobs}}, watched)
        if noted["key"] != key:
            return None
        content = content_of(path)
        entries = content["report"]
        # Another notebook may have come before the one that was found under its name, and a new file under a pattern of inputs.
        found = {library.find(entry["notebook"]) for entry in entries}
        inputs = {file.as_posix() for entry in entries for item in entry.get("inputs", []) for file in _matching(item)}
        if found != {job.notebook for job in jobs} or not inputs <= set(watched):
            return None
        return Plan(path.stem, content["title"], jobs, **_settings(content, []), path=path, watched=watched, key=key)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, LpoError):
        return None


def size(content: Mapping[str, Any]) -> int:
    """Count the reports of a plan without validating them.

    Parameters
    ----------
    content : mapping
        From `content_of`.

    Returns
    -------
    int
        How many reports it would make; what is malformed counts as one.
    """
    reports = content.get("report", [])
    total = 0
    for entry in reports if isinstance(reports, list) else []:
        matrix = entry.get("matrix", {}) if isinstance(entry, dict) else {}
        lists = [v for v in matrix.values() if isinstance(v, list)] if isinstance(matrix, dict) else []
        total += math.prod(len(values) for values in lists)
    return total


def notebooks(content: Mapping[str, Any]) -> list[Path]:
    """List the notebooks of a plan without validating it.

    Parameters
    ----------
    content : mapping
        From `content_of`.

    Returns
    -------
    list of Path
        Those that can be found and read.
    """
    found: list[Path] = []
    reports = content.get("report", [])
    for entry in reports if isinstance(reports, list) else []:
        with contextlib.suppress(LpoError):
            path = library.find(entry.get("notebook", "") if isinstance(entry, dict) else "")
            library.read(path)
            found.append(path)
    return list(dict.fromkeys(found))


def _settings(content: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    engine, limits, environment = content.get("engine"), content.get("limits", {}), content.get("environment", [])
    made: dict[str, Any] = {}
    try:
        made["engine"] = None if engine is None else check_engine(str(engine))
    except LpoError as error:
        problems.append(f"engine: {error}")
    if not isinstance(limits, dict):
        problems.append("limits is a table, written as [limits]")
        limits = {}
    known = tuple(item.name for item in fields(Limits))
    _unknown(limits, known, "limits", problems)
    for name in known:
        value = limits.get(name)
        kinds = (int, float) if name == "seconds" else (int,)
        if value is not None and (isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < 1e9):
            problems.append(
                f"limits: {name} must be a {'' if name == 'seconds' else 'whole '}number above 0, got {value!r}"
            )
    if not isinstance(environment, list) or not all(isinstance(x, str) and _NAME.fullmatch(x) for x in environment):
        # What stands there is not repeated: it may well be the secret itself.
        problems.append(
            'environment: must be a list of names of variables, such as ["API_TOKEN"], without their values'
        )
        environment = []
    made["limits"] = Limits(**{name: limits.get(name) for name in known})
    made["environment"] = tuple(environment)
    forms = content.get("forms", [])
    try:
        made["forms"] = check_forms(forms if isinstance(forms, list) else [forms])
    except LpoError as error:
        problems.append(str(error))
    return made


def _clashes(jobs: Sequence[Job]) -> list[str]:
    named = Counter(job.name for job in jobs)
    remedy = "put what sets them apart into the name, such as {task}"
    found = [f"two reports are named {name!r}; {remedy}" for name, n in sorted(named.items()) if n > 1]
    # Not every file system tells upper case from lower.
    folded = Counter(name.casefold() for name in named)
    found += [
        f"two reports are named {name!r} but for upper and lower case; {remedy}"
        for name, n in sorted(folded.items())
        if n > 1
    ]
    return found + [f"a report cannot be named {name!r}" for name in named if name.casefold() in _RESERVED]


def content_of(path: Path) -> dict[str, Any]:
    """Read a plan as plain data.

    Parameters
    ----------
    path : Path
        A TOML file.

    Returns
    -------
    dict
        Its content, not validated.

    Raises
    ------
    PlanError
        If it cannot be read, is no TOML, or is empty.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise PlanError("is not UTF-8.", where=path.name, remedy="Save the file as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"is no TOML: {error}.", where=path.name) from None
    except OSError as error:
        raise PlanError(f"cannot be read ({error.strerror}).", where=path.name) from None
    if not content:
        raise PlanError(
            "is empty.", where=path.name, remedy="A plan has a title and [[report]] tables, see the README."
        )
    return content


def _unknown(table: Mapping[str, Any], allowed: tuple[str, ...], where: str, problems: list[str]) -> None:
    problems.extend(f"{where}: unknown key {key!r}. {choices(key, allowed)}" for key in table if key not in allowed)


def _expand(entry: dict[str, Any], where: str, problems: list[str]) -> list[Job]:
    _unknown(entry, _REPORT_KEYS, where, problems)
    notebook, fixed, matrix = entry.get("notebook"), entry.get("parameters", {}), entry.get("matrix", {})
    if not isinstance(notebook, str):
        problems.append(f'{where}: it needs a notebook, such as notebook = "savings"')
        return []
    if not isinstance(fixed, dict) or not isinstance(matrix, dict):
        problems.append(
            f"{where}: parameters and matrix are tables, written as [report.parameters] and [report.matrix]"
        )
        return []
    try:
        # First, for the other messages repeat values.
        secrets.check(fixed | matrix)
    except LpoError as error:
        problems.append(f"{where}: {error}")
        return []
    for key, values in matrix.items():
        if not isinstance(values, list) or not values:
            problems.append(f"{where}: matrix {key} must be a list with at least one value, got {values!r}")
    inputs = _inputs(entry.get("inputs", []), where, problems)
    both = sorted(set(fixed) & set(matrix))
    if both:
        problems.append(f"{where}: {', '.join(both)} stands in both parameters and matrix")
    if "matrix" in entry and not matrix:
        problems.append(f"{where}: the matrix is empty; name a parameter and its values, or leave it out")
    if any(not isinstance(values, list) or not values for values in matrix.values()) or both:
        return []
    jobs = []
    for combination in itertools.product(*matrix.values()):
        given = {**fixed, **dict(zip(matrix, combination, strict=True))}
        try:
            job = prepare(notebook, given, refuse=True, inputs=inputs)
            name = _name(entry.get("name"), job)
        except LpoError as error:
            shown = f" ({_combination(notebook, matrix, combination)})" if matrix else ""
            problems.append(f"{where}{shown}: {error}")
            continue
        jobs.append(replace(job, name=name))
    return jobs


def _combination(notebook: str, matrix: Mapping[str, list[object]], values: Sequence[object]) -> str:
    """Write a combination of a matrix, in which the paths of own files stand by their place."""
    own: tuple[str, ...] = ()
    with contextlib.suppress(LpoError):
        path = library.find(notebook)
        own = library.model(library.read(path), where=path.name).own_files()
    told = {
        key: f"(no. {matrix[key].index(value) + 1})" if key in own else value
        for key, value in zip(matrix, values, strict=True)
    }
    return ", ".join(f"{key}={value}" for key, value in told.items())


def _inputs(patterns: object, where: str, problems: list[str]) -> dict[str, str]:
    """Hash the files that a notebook reads beside the evidence, so that a change of them counts."""
    if not isinstance(patterns, list) or not all(isinstance(item, str) and item for item in patterns):
        problems.append(
            f'{where}: inputs must be a list of files or patterns, such as ["data/*.csv"], got {patterns!r}'
        )
        return {}
    found: dict[str, str] = {}
    for pattern in patterns:
        files = _matching(pattern)
        if not files:
            problems.append(f"{where}: inputs: there is no file {pattern!r}")
        for path in files:
            try:
                found[path.as_posix()] = provenance.digest(path.read_bytes())
            except OSError as error:
                problems.append(f"{where}: inputs: {path.as_posix()!r} cannot be read ({error.strerror})")
    return found


def _matching(pattern: str) -> list[Path]:
    return [Path(name) for name in sorted(glob.glob(pattern, recursive=True)) if Path(name).is_file()]


def _name(template: object, job: Job) -> str:
    if template is None:
        return job.name
    if not isinstance(template, str) or not template:
        raise PlanError(f'name: must be text with parameters in braces, such as "{{task}}", got {template!r}')
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(template) if field is not None]
        for field in fields:
            if field not in job.parameters:
                raise PlanError(f"name: there is no parameter {field!r}.", remedy=choices(field, job.parameters))
        made = template.format(**{field: slug(job.parameters[field]) for field in fields})
    except (ValueError, IndexError, KeyError, AttributeError) as error:
        raise PlanError(f"name: {template!r} is no template ({error}).", remedy='Write "{task}-{location}".') from None
    if slug(made) != made:
        raise PlanError(f"name: {made!r} is no folder name.", remedy="Use letters, digits, dash and underscore.")
    if len(made) > _LONGEST:
        raise PlanError(f"name: {made[:40]!r}... has {len(made)} characters.", remedy=f"Keep it below {_LONGEST}.")
    return made
