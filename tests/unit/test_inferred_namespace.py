"""A notebook that names no model validates what its own cell of parameters says."""

from __future__ import annotations

import json

import pytest

from lpo_analysis.errors import NotebookError, ParameterError
from lpo_analysis.reporting.inferred import from_namespace


def cell(source, *tags, kind="code"):
    return {"cell_type": kind, "source": source, "metadata": {"tags": list(tags)}}


def notebook(*sources, metadata=None):
    return {"cells": [cell(source, "parameters") for source in sources], "metadata": metadata or {}}


# Validating within the notebook


def ran(*cells, **names):
    """The names of a notebook that has run some cells and is in another one."""
    names["In"] = ["", *cells, "p = inferred.from_namespace(globals())"]
    for cell in cells:
        exec(cell, names)
    return names


def test_a_notebook_validates_what_its_own_cell_says():
    p = from_namespace(ran("n: int = 3  # how many\nword = 'tea'", "n = 5"))
    assert p.model_dump() == {"n": 5, "word": "tea"}
    assert type(p)().model_dump() == {"n": 3, "word": "tea"}, "the defaults are those of the first cell"
    assert p.table()["meaning"].tolist() == ["how many", ""]


@pytest.mark.parametrize(
    ("cell", "says"), [("nn = 5", "unknown parameter 'nn'"), ("n = 'x'", "n: must be a whole number")]
)
def test_what_papermill_injects_is_checked(cell, says):
    with pytest.raises(ParameterError, match=says):
        from_namespace(ran("n = 3", cell))


def test_a_second_run_of_all_cells_takes_the_newest():
    p = from_namespace(ran("n = 3", "import math\nm = n + 1", "n = 4"))
    assert (p.n, type(p)().n) == (4, 4)


@pytest.mark.parametrize("names", [{}, {"In": []}, {"In": ["", "import math", "x"]}])
def test_without_a_cell_of_parameters_it_says_what_to_do(names):
    with pytest.raises(NotebookError, match="Run the cell tagged"):
        from_namespace(names, report="mine")


def test_where_no_history_is_kept_the_notebook_of_the_folder_tells(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, source in (
        ("mine", "n = 3  # how many\nword = 'tea'"),
        ("smaller", "n = 3"),
        ("other", "n = 4\nword = 'tea'"),
    ):
        (tmp_path / f"{name}.ipynb").write_text(json.dumps(notebook(source)))
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "list.ipynb").write_text("[]")
    p = from_namespace({"n": 3, "word": "tea", "In": [""]})
    assert p.table()["meaning"].tolist() == ["how many", ""]
    with pytest.raises(NotebookError, match="Run the cell tagged"):
        from_namespace({"n": 9, "word": "tea", "In": [""]})
