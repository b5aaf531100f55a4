"""Finding notebooks and plans, and reading what a notebook says of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lpo_analysis.errors import NotebookError, NotFoundError
from lpo_analysis.reporting import library


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _notebook(model: str | None = "lpo_analysis.savings:Parameters", **changes: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "source": ["seed = 1\n"], "metadata": {"tags": ["parameters"]}, "outputs": []}
    whole = {"cells": [cell], "metadata": {"lpo": {"parameters": model}} if model is not None else {}}
    return {**whole, "nbformat": 4, "nbformat_minor": 5} | changes


def test_the_shipped_notebook_is_found_by_name_from_any_folder(away, checkout):
    assert library.find("savings") == checkout / "notebooks" / "savings.ipynb"


def test_a_notebook_of_ones_own_hides_the_shipped_one_of_the_same_name(away):
    own = away / "notebooks" / "savings.ipynb"
    own.parent.mkdir()
    own.write_text("{}")
    assert library.find("savings") == own


def test_a_path_is_taken_as_a_path(away):
    (away / "mine.ipynb").write_text("{}")
    assert library.find("mine.ipynb") == Path("mine.ipynb")


def test_names_lists_own_and_shipped_notebooks_once(away):
    (away / "notebooks").mkdir()
    for name in ("savings", "mine"):
        (away / "notebooks" / f"{name}.ipynb").write_text("{}")
    names = library.names()
    assert names == sorted(set(names))
    assert {"savings", "mine"} <= set(names)


@pytest.mark.parametrize("typed", ["savngs", "Savings", "elsewhere/savngs.ipynb"])
def test_a_misspelt_notebook_names_the_nearest(away, typed):
    with pytest.raises(NotFoundError, match="Did you mean 'savings'"):
        library.find(typed)


def test_a_folder_named_like_a_notebook_is_no_notebook(away):
    (away / "odd.ipynb").mkdir()
    with pytest.raises(NotFoundError, match=r"no notebook 'odd\.ipynb'"):
        library.find("odd.ipynb")


@pytest.mark.parametrize("typed", ["defaultt", "elsewhere/defaultt.toml"])
def test_a_misspelt_plan_names_the_nearest(away, typed):
    with pytest.raises(NotFoundError, match="Did you mean 'default'"):
        library.find_plan(typed)


def test_a_plan_of_ones_own_hides_the_shipped_one_of_the_same_name(away, checkout):
    assert library.find_plan("default") == checkout / "reports" / "plans" / "default.toml"
    own = away / "reports" / "plans" / "default.toml"
    own.parent.mkdir(parents=True)
    own.write_text("")
    assert library.find_plan("default") == own


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"\xff\xfe{}",
        b"[]",
        b"{}",
        b"null",
        b'{"cells": null}',
        b'{"cells": [1]}',
        b'{"cells": [{"metadata": null}]}',
    ],
)
def test_what_is_no_notebook_is_refused_by_name_whatever_it_holds(tmp_path, raw):
    path = tmp_path / "broken.ipynb"
    path.write_bytes(raw)
    with pytest.raises(NotebookError, match=r"broken\.ipynb"):
        library.read(path)


def test_a_notebook_without_a_parameters_cell_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "plain.ipynb"
    path.write_text(json.dumps(_notebook(cells=[])))
    with pytest.raises(NotebookError, match="Tag the cell"):
        library.read(path)


def test_the_shipped_notebook_names_its_model():
    from lpo_analysis.savings import Parameters

    assert library.model(library.read(library.find("savings")), where="savings.ipynb") is Parameters


@pytest.mark.parametrize(
    "named",
    [
        "no_such_module_at_all:Model",
        "lpo_analysis.savings:NoSuch",
        "lpo_analysis.savings",
        ":Parameters",
        ".savings:Parameters",
    ],
)
def test_a_model_that_cannot_be_imported_is_refused_by_name(named):
    with pytest.raises(NotebookError, match="cannot be imported") as caught:
        library.model(_notebook(named), where="mine.ipynb")
    assert repr(named) in str(caught.value)


def test_a_class_that_is_no_parameter_model_is_refused():
    with pytest.raises(NotebookError, match="no ReportParameters"):
        library.model(_notebook("json:JSONDecoder"), where="mine.ipynb")


def test_the_source_hash_ignores_outputs_counts_and_how_lines_are_stored():
    plain = _notebook()
    shown = _notebook(
        cells=[
            {
                **plain["cells"][0],
                "source": "seed = 1\n",
                "outputs": [{"output_type": "stream", "text": "1"}],
                "execution_count": 7,
            }
        ]
    )
    assert library.source_hash(plain) == library.source_hash(shown)


@pytest.mark.parametrize(
    "change",
    [{"source": ["seed = 2\n"]}, {"cell_type": "markdown"}, {"metadata": {"tags": []}}],
    ids=["source", "cell type", "tags"],
)
def test_the_source_hash_notices_what_changes_a_notebook(change):
    plain = _notebook()
    assert library.source_hash(plain) != library.source_hash(_notebook(cells=[{**plain["cells"][0], **change}]))


def test_the_source_hash_notices_another_parameter_model():
    assert library.source_hash(_notebook()) != library.source_hash(_notebook("mine:Model"))
