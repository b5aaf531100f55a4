"""Every notebook of the kit keeps the conventions of Jupyter Scheduler, and of whatever else runs it from another folder."""

from __future__ import annotations

import ast
import re
from pathlib import Path, PurePosixPath

import nbformat
import pytest

from lpo_analysis.workbench import catalogue

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = [FOLDER / f"{name}.ipynb" for name in catalogue.SHIPPED]
"""Those of the kit; one of a researcher's own may be written otherwise."""
READERS = (
    "open",
    "read_csv",
    "read_excel",
    "read_json",
    "read_parquet",
    "read_table",
    "Path",
    "read_text",
    "loadtxt",
    "genfromtxt",
)
FILE = re.compile(r"\.(csv|tsv|json|xlsx|parquet|txt|toml)$")


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def faults(notebook) -> list[str]:
    """What would keep a scheduler from running a notebook in a folder of its own, on its own copy."""
    found = []
    kernel = notebook.metadata.get("kernelspec", {})
    if (kernel.get("name"), kernel.get("language")) != ("python3", "python"):
        found.append(f"the kernel is {kernel.get('name')!r}, not python3")
    code = code_of(notebook)
    tagged = [number for number, cell in enumerate(code) if "parameters" in cell.metadata.get("tags", [])]
    if tagged != [0]:
        found.append(f"the tagged cell is not the first of the code: {tagged}")
    for number, cell in enumerate(code, start=1):
        if re.search(r"^\s*[%!]", cell.source, flags=re.MULTILINE):
            found.append(f"code cell {number} has a command of IPython or the shell")
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in READERS:
                found.append(f"code cell {number} reads a file itself, not through the package")
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_path(node.value) and number > 1:
                found.append(f"code cell {number} names the path {node.value!r}")
    return found


def _is_path(text: str) -> bool:
    path = PurePosixPath(text)
    return (
        "\n" not in text
        and " " not in text
        and (text.startswith(("./", "../", "/", "~")) or bool(FILE.search(text) and len(path.parts) > 1))
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_wherever_a_scheduler_puts_it(path):
    assert faults(nbformat.read(path, as_version=4)) == []


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import pandas as pd\npd.read_csv('x.csv')", "reads a file itself"),
        ("where = '../data/x.csv'", "names the path '../data/x.csv'"),
        ("where = 'data/x.csv'", "names the path"),
        ("%cd ..", "a command of IPython"),
    ],
)
def test_a_cell_that_would_fail_elsewhere_is_found(source, says):
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    code_of(notebook)[-1].source = source
    assert any(says in fault for fault in faults(notebook))


def test_another_kernel_and_a_tagged_cell_that_comes_late_are_found():
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    notebook.metadata["kernelspec"]["name"] = "conda-env-mine"
    code_of(notebook)[0].metadata["tags"], code_of(notebook)[1].metadata["tags"] = [], ["parameters"]
    found = faults(notebook)
    assert any("not python3" in fault for fault in found)
    assert any("not the first" in fault for fault in found)
