"""Plain papermill runs the notebooks, and a misspelt parameter stops it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from lpo_analysis.reporting import library, outputs
from lpo_analysis.workbench import catalogue

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = [FOLDER / f"{name}.ipynb" for name in catalogue.SHIPPED]
"""Those of the kit; one of a researcher's own may be written otherwise."""


@pytest.fixture
def papermill(tmp_path, checkout, away):
    """Run papermill on the savings notebook from another folder."""

    def call(*arguments: str) -> tuple[subprocess.CompletedProcess[str], Path]:
        made = tmp_path / "made.ipynb"
        command = [
            sys.executable,
            "-m",
            "papermill",
            str(checkout / "notebooks" / "savings.ipynb"),
            str(made),
            *arguments,
        ]
        return subprocess.run(command, cwd=tmp_path, env=away, capture_output=True, text=True, check=False), made

    return call


def test_papermill_alone_runs_the_notebook_with_parameters_from_another_folder(papermill, checkout):
    before = (checkout / "notebooks" / "savings.ipynb").read_bytes()
    ran, made = papermill("-p", "task", "legal_research", "-p", "draws", "256")
    assert ran.returncode == 0, ran.stderr[-2000:]
    values = outputs.values(nbformat.read(made, as_version=4))
    assert values["three_numbers.net_saving"]["estimate"] is not None
    assert "legal research" in " ".join(str(bundle) for bundle in outputs.bundles(nbformat.read(made, as_version=4)))
    assert (checkout / "notebooks" / "savings.ipynb").read_bytes() == before


def test_a_misspelt_parameter_stops_papermill_and_names_the_nearest(papermill):
    ran, _ = papermill("-p", "tsk", "legal_research")
    assert ran.returncode != 0, "a parameter that does not exist was ignored"
    assert "Did you mean 'task'?" in ran.stdout + ran.stderr


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_first_code_cell_sets_the_defaults_of_the_model_and_the_next_one_validates(path):
    notebook = nbformat.read(path, as_version=4)
    model = library.model(library.read(path), where=path.name)
    first, second = [cell for cell in notebook.cells if cell.cell_type == "code"][:2]
    assert "parameters" in first.metadata.get("tags", [])
    assert sum("parameters" in cell.metadata.get("tags", []) for cell in notebook.cells) == 1
    assigned = [
        (node.target if isinstance(node, ast.AnnAssign) else node.targets[0], node.value)
        for node in ast.parse(first.source).body
    ]
    given = {target.id: ast.literal_eval(value) for target, value in assigned}
    due = model().model_dump()
    assert list(given) == list(due), "the cell and the model name other parameters, or in another order"
    assert {name: value for name, value in given.items() if value != due[name]} == {}, (
        "a default differs from the model's"
    )
    assert {name: value for name, value in given.items() if type(value) is not type(due[name])} == {}
    assert "from_namespace(globals())" in second.source, "the cell after the parameters does not validate them"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_model_belongs_to_the_notebook_and_every_parameter_has_a_meaning(path):
    model = library.model(library.read(path), where=path.name)
    assert model.report == path.stem
    assert [name for name, field in model.model_fields.items() if not field.description] == []
