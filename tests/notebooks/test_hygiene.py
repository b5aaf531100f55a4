"""The notebooks of the kit are clean: run once from top to bottom, prose with short cells, no trace of a machine.

Of a notebook of a researcher's own only that is asked without which nbval could not compare it.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from lpo_analysis.workbench import catalogue

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = [FOLDER / f"{name}.ipynb" for name in catalogue.SHIPPED]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_was_run_from_top_to_bottom_without_an_error(path, executed_cleanly):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    problems = executed_cleanly(notebook)
    assert not problems, f"{path.name}: run `lpo refresh {path.stem}`\n  " + "\n  ".join(problems)


def test_a_notebook_of_ones_own_may_be_written_as_one_likes_once_it_was_run(executed_cleanly, hygiene):
    source = "import pandas as pd\n\n\ndef twice(x):\n    return 2 * x\n\n\ntwice(21)"
    shown = v4.new_output("execute_result", {"text/plain": "42"}, execution_count=2)
    cells = [
        v4.new_code_cell("n = 1", execution_count=1, metadata={"tags": ["parameters"]}),
        v4.new_code_cell(source, execution_count=2, outputs=[shown]),
    ]
    notebook = v4.new_notebook(cells=cells)
    assert executed_cleanly(notebook) == []
    assert hygiene(notebook), "those of the kit may not"
    cells[1]["execution_count"] = None
    assert any("has no execution count" in problem for problem in executed_cleanly(notebook))
    cells[1]["execution_count"] = 7
    assert any("not run once" in problem for problem in executed_cleanly(notebook))
    cells[1].update(execution_count=2, outputs=[v4.new_output("error", ename="ValueError", evalue="x", traceback=[])])
    assert any("shows an error: ValueError" in problem for problem in executed_cleanly(notebook))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_committed_notebook_is_clean(path, hygiene):
    problems = hygiene(nbformat.read(path, as_version=4))
    assert not problems, f"{path.name}:\n  " + "\n  ".join(problems)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_committed_notebook_is_valid_and_stored_as_refresh_stores_it(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert path.read_text(encoding="utf-8") == nbformat.writes(notebook, indent=1) + "\n", "run `lpo refresh`"
    assert [cell.id for cell in notebook.cells] == [
        f"cell-{number:02d}" for number in range(1, len(notebook.cells) + 1)
    ]
    assert "version" not in notebook.metadata.get("language_info", {}), "the interpreter's patch version was committed"


def _spoil(notebook, what):
    """Spoil a clean notebook in one way."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    picture = next(output for cell in code for output in cell.outputs if "image/png" in output.get("data", {}))
    printed = {"output_type": "stream", "name": "stdout", "text": ""}
    match what:
        case "kernel":
            notebook.metadata["kernelspec"]["name"] = "conda-env-mine"
        case "headings":
            notebook.cells[0].source += "\n\n# Another"
        case "counts":
            for cell in code:
                cell["execution_count"] = None
        case "order":
            code[1]["execution_count"] = 40
        case "error":
            code[-1].outputs.append(
                nbformat.from_dict({"output_type": "error", "ename": "ValueError", "evalue": "x", "traceback": []})
            )
        case "stderr":
            code[-1].outputs.append(nbformat.from_dict(printed | {"name": "stderr", "text": "FutureWarning"}))
        case "path" | "address" | "time":
            text = {"path": "/" + "home/me/x", "address": "<object at 0x7f55eb7e4e80>", "time": "made at 12:34:56"}[
                what
            ]
            code[-1].outputs.append(nbformat.from_dict(printed | {"text": text}))
        case "long":
            code[-1].source += "\nseed" * 15
        case "def":
            code[-1].source += "\nadd = lambda x: x"
        case "import":
            code[-1].source += "\nimport pandas as pd"
        case "import from":
            code[-1].source += "\nfrom lpo_analysis_extra import x"
        case "prose":
            notebook.cells = [notebook.cells[0], *code]
        case "todo":
            notebook.cells[0].source += "\n\nTODO: write this."
        case "alt":
            picture.metadata["image/png"]["alt"] = " "
        case "svg":
            picture.data["image/svg+xml"] = "<svg/>"


SPOILED = {
    "kernel": "the kernel is not python3", "headings": "2 headings", "counts": "has no execution count", "order": "not run once",
    "error": "shows an error: ValueError", "stderr": "writes to stderr", "path": "a path of a machine", "address": "a memory address",
    "time": "a time of day", "long": "more than 15", "def": "defines a function", "import": "imports pandas",
    "import from": "imports lpo_analysis_extra", "prose": "words of prose", "todo": "an open end", "alt": "without an alternative text",
    "svg": "as image/svg+xml",
}  # fmt: skip


@pytest.mark.parametrize(("what", "says"), SPOILED.items(), ids=SPOILED.keys())
def test_the_check_bites_on_a_notebook_spoiled_in_one_way(executed, hygiene, what, says):
    notebook = nbformat.read(executed, as_version=4)
    before = hygiene(notebook)
    _spoil(notebook, what)
    fresh = [problem for problem in hygiene(notebook) if problem not in before]
    assert any(says in problem for problem in fresh), (
        f"a notebook spoiled by {what} went through; new problems: {fresh}"
    )
