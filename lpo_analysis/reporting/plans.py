"""Plans of batches: TOML in, validated jobs out, every mistake named before anything runs."""

from __future__ import annotations

import itertools
import string
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpo_analysis.errors import LpoError, PlanError, choices
from lpo_analysis.reporting import library
from lpo_analysis.reporting.run import Job, prepare, slug

_PLAN_KEYS = ("title", "report")
_REPORT_KEYS = ("notebook", "name", "parameters", "matrix")


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
    """

    name: str
    title: str
    jobs: tuple[Job, ...]


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
    content = _content(path)
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
    named = Counter(job.name for job in jobs)
    remedy = "put what sets them apart into the name, such as {task}"
    problems += [f"two reports are named {name!r}; {remedy}" for name, n in sorted(named.items()) if n > 1]
    if problems:
        listed = "\n  ".join(dict.fromkeys(problems))
        raise PlanError(f"The plan cannot be run:\n  {listed}", where=path.name)
    return Plan(path.stem, str(title), tuple(jobs))


def _content(path: Path) -> dict[str, Any]:
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
    for key, values in matrix.items():
        if not isinstance(values, list) or not values:
            problems.append(f"{where}: matrix {key} must be a list with at least one value, got {values!r}")
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
            job = prepare(notebook, given, refuse=True)
            name = _name(entry.get("name"), job)
        except LpoError as error:
            shown = f" ({', '.join(f'{k}={v}' for k, v in zip(matrix, combination, strict=True))})" if matrix else ""
            problems.append(f"{where}{shown}: {error}")
            continue
        jobs.append(Job(job.notebook, name, job.parameters, job.changed, job.refusal))
    return jobs


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
    return made
