"""What the tests of notebooks share: the rules of hygiene, and a place to run a notebook in."""

from __future__ import annotations

import ast
import getpass
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

LONGEST_CELL = 15
TRACES = {
    "a path of a machine": re.compile(
        r"(/(?:home|Users|root|tmp|work|var/folders)/|[A-Z]:\\|site-packages|ipykernel_)"
    ),
    "a memory address": re.compile(r"\b0x[0-9a-fA-F]{5,}"),
    # A docket number of a US court, such as 3:23-cv-04089, tells no time.
    "a time of day": re.compile(r"\b([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?\b(?!-[a-z]{2}-\d)"),
}


def texts_of(output: Any) -> list[str]:
    """Everything readable in an output: text, HTML, JSON, but no picture."""
    if output["output_type"] == "stream":
        return [output["text"]]
    if output["output_type"] == "error":
        return [output["evalue"], *output["traceback"]]
    return [str(data) for kind, data in output["data"].items() if not kind.startswith("image/png")]


def not_run(notebook: Any) -> list[str]:
    """List what keeps nbval from comparing a notebook, whoever wrote it: cells not run in order, or run with an error."""
    found: list[str] = []
    code = [(number, cell) for number, cell in enumerate(notebook.cells, start=1) if cell.cell_type == "code"]
    for number, cell in code:
        if cell.source.strip() and cell.execution_count is None:
            found.append(f"cell {number} has no execution count, so nbval does not compare it")
    counts = [cell.execution_count for _, cell in code if cell.execution_count is not None]
    if counts != list(range(1, len(counts) + 1)):
        found.append(f"the cells were not run once from top to bottom: {counts}")
    for number, cell in code:
        errors = [output for output in cell.get("outputs", []) if output["output_type"] == "error"]
        found += [f"cell {number}: shows an error: {error['ename']}: {error['evalue']}" for error in errors]
    return found


def problems_of(notebook: Any) -> list[str]:
    """List what is wrong with a notebook of the kit; an empty list is a clean one."""
    found = not_run(notebook)
    code = [(number, cell) for number, cell in enumerate(notebook.cells, start=1) if cell.cell_type == "code"]
    prose = [(number, cell) for number, cell in enumerate(notebook.cells, start=1) if cell.cell_type == "markdown"]
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        found.append("the kernel is not python3")
    headings = sum(line.startswith("# ") for _, cell in prose for line in cell.source.splitlines())
    if headings != 1:
        found.append(f"{headings} headings of the first level instead of one")
    for number, cell in code:
        found += [f"cell {number}: {problem}" for problem in [*_source(cell), *_outputs(cell)]]
    found += [
        f"cell {number}: an open end: {line}"
        for number, cell in prose
        for line in cell.source.splitlines()
        if re.search(r"\b(TODO|FIXME|XXX)\b", line)
    ]
    words = sum(len(re.findall(r"[A-Za-z]{2,}", cell.source)) for _, cell in prose)
    lines = sum(len([line for line in cell.source.splitlines() if line.strip()]) for _, cell in code)
    if words <= 3 * lines:
        found.append(f"{words} words of prose are not more than three times the {lines} lines of code")
    return found


def _source(cell: Any) -> list[str]:
    found = []
    if len(cell.source.splitlines()) > LONGEST_CELL and "parameters" not in cell.metadata.get("tags", []):
        found.append(f"{len(cell.source.splitlines())} lines, more than {LONGEST_CELL}")
    for node in ast.walk(ast.parse(cell.source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            found.append("defines a function or class; that belongs into the package")
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        found += [
            f"imports {name}, not from lpo_analysis" for name in names if name.partition(".")[0] != "lpo_analysis"
        ]
    return found


def _outputs(cell: Any) -> list[str]:
    found = []
    host = re.compile(rf"(?<![\w-]){re.escape(socket.gethostname())}(?![\w-])")
    traces = TRACES | (
        {"the name of the host": host} if len(socket.gethostname()) > 3 and socket.gethostname() != "localhost" else {}
    )
    for output in cell.get("outputs", []):
        if output["output_type"] == "stream" and output["name"] == "stderr":
            found.append(f"writes to stderr: {output['text'][:200]}")
        for text in texts_of(output):
            found += [
                f"shows {what}: {text[max(0, hit.start() - 30) : hit.end() + 30]!r}"
                for what, rule in traces.items()
                if (hit := rule.search(text))
            ]
        pictures = [kind for kind in output.get("data", {}) if kind.startswith("image/")]
        found += [f"holds a picture as {kind}, not as image/png" for kind in pictures if kind != "image/png"]
        if "image/png" in pictures and not output.get("metadata", {}).get("image/png", {}).get("alt", "").strip():
            found.append("shows a picture without an alternative text")
    return found


@pytest.fixture(scope="session")
def hygiene() -> Callable[[Any], list[str]]:
    """The check of a committed notebook: lists what is wrong."""
    return problems_of


@pytest.fixture(scope="session")
def executed_cleanly() -> Callable[[Any], list[str]]:
    """The check of any notebook: lists what keeps nbval from comparing it."""
    return not_run


@pytest.fixture(scope="session")
def away() -> dict[str, str]:
    """The environment for tools run as processes of their own: this interpreter's scripts first."""
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "USER": getpass.getuser(),
    }


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory, checkout: Path, away: dict[str, str]) -> Path:
    """A copy of the savings notebook with outputs; executed here only if the committed one has none."""
    path = tmp_path_factory.mktemp("executed") / "savings.ipynb"
    shutil.copy(checkout / "notebooks" / "savings.ipynb", path)
    if any(cell.execution_count is None for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"):
        command = [sys.executable, "-m", "lpo_analysis.cli", "refresh", str(path)]
        subprocess.run(command, cwd=path.parent, env=away, capture_output=True, check=True)
    return path
