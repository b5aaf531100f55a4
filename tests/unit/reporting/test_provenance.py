"""The fingerprint notices everything a report depends on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lpo_analysis import paths
from lpo_analysis.reporting import library, provenance


@pytest.fixture
def fresh():
    """Forget what was hashed before and after the test."""
    provenance.surroundings.cache_clear()
    yield
    provenance.surroundings.cache_clear()


def _mark(**parameters: object) -> str:
    provenance.surroundings.cache_clear()
    return _of("notebook", parameters)


def _of(notebook: str, parameters: dict[str, object]) -> str:
    return provenance.fingerprint(provenance.ingredients(notebook, parameters))


def test_the_same_inputs_give_the_same_fingerprint(fresh):
    assert _mark(seed=1, task="x") == _mark(task="x", seed=1)


@pytest.mark.parametrize(
    "changed", [{"seed": 2}, {"seed": 1.5}, {"seed": "1"}, {"seed": [1]}, {"sed": 1}, {}], ids=repr
)
def test_another_parameter_gives_another_fingerprint(fresh, changed):
    assert _mark(seed=1) != _mark(**changed)


def test_another_notebook_source_gives_another_fingerprint(fresh):
    notebook = library.read(library.find("savings"))
    before = _of(library.source_hash(notebook), {})
    notebook["cells"][-1]["source"] = ["1 + 1"]
    assert _of(library.source_hash(notebook), {}) != before


@pytest.mark.parametrize(
    "name", ["datapackage.json", "evidence/observations.csv", "evidence/sources.csv", "tables/cpi_us_annual.csv"]
)
def test_a_changed_byte_in_the_data_gives_another_fingerprint(fresh, monkeypatch, tmp_path, name):
    shutil.copytree(paths.DATA, tmp_path / "data")
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    before = _mark()
    path = tmp_path / "data" / name
    path.write_bytes(path.read_bytes() + b"\n")
    assert _mark() != before


def test_every_source_file_of_the_package_counts(fresh, monkeypatch, tmp_path):
    copy = tmp_path / "lpo_analysis"
    shutil.copytree(paths.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "bundle"))
    monkeypatch.setattr(paths, "PACKAGE", copy)
    before = _mark()
    unseen = []
    for path in sorted(path for path in copy.rglob("*") if path.suffix in (".py", ".j2", ".css")):
        raw = path.read_bytes()
        path.write_bytes(raw + b"\n")
        if _mark() == before:
            unseen.append(path.relative_to(copy).as_posix())
        path.write_bytes(raw)
    assert unseen == [], f"a change in these files would leave stale reports: {unseen}"


def test_another_version_of_a_library_gives_another_fingerprint(fresh, monkeypatch):
    before = _mark()
    monkeypatch.setattr(provenance, "version", lambda name: "0.0.0")
    assert _mark() != before


def test_the_bundled_copy_of_data_and_notebooks_does_not_count_as_source(fresh, monkeypatch, tmp_path):
    copy = tmp_path / "lpo_analysis"
    (copy / "bundle" / "notebooks").mkdir(parents=True)
    (copy / "run.py").write_text("")
    monkeypatch.setattr(paths, "PACKAGE", copy)
    before = _mark()
    (copy / "bundle" / "notebooks" / "helper.py").write_text("")
    assert _mark() == before


def test_the_surroundings_name_no_path_time_or_host(fresh):
    text = json.dumps(provenance.surroundings())
    for word in (str(Path.home()), str(paths.ROOT), str(paths.DATA)):
        assert word not in text
    assert sorted(provenance.surroundings()) == ["data", "libraries", "package", "platform", "python"]


def test_hashes_are_listed_by_relative_path_in_order(tmp_path):
    for name in ("b.csv", "a.csv", "sub/c.csv", "sub/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    made = provenance.tree_hashes(tmp_path, ("*.csv", "sub/*.csv", "*.csv"))
    assert list(made) == ["a.csv", "b.csv", "sub/c.csv"]
    assert made["a.csv"] == provenance.digest(b"a.csv")


@pytest.fixture
def made() -> dict[str, object]:
    """What the ``run.json`` of a finished report says it was made from."""
    due = provenance.ingredients("notebook", {"seed": 1}, {"mine.csv": "one"})
    return due | {"notebook": {"sha256": "notebook"}}


def test_a_change_of_the_evidence_is_said_by_file(fresh, made):
    due = provenance.ingredients("notebook", {"seed": 1}, {"mine.csv": "one"})
    due["data"] = due["data"] | {"evidence/observations.csv": "other"}
    assert provenance.change(made, due) == "data/evidence/observations.csv changed"


def test_every_kind_of_change_is_said(fresh, made):
    due = provenance.ingredients("other", {"seed": 2}, {"mine.csv": "two"})
    due["libraries"] = due["libraries"] | {"pandas": "9.9"}
    due["package"] = due["package"] | {"files": {"new.py": "1"}}
    due["python"] = "4.0"
    told = provenance.change(made, due)
    assert told.startswith("the notebook changed, the parameters changed, mine.csv changed and ")
    due = provenance.ingredients("notebook", {"seed": 1}, {})
    assert provenance.change(made, due) == "mine.csv is gone"
    due = provenance.ingredients("notebook", {"seed": 1}, {"mine.csv": "one", "more.csv": "x"})
    due["libraries"] = due["libraries"] | {"pandas": "9.9"}
    before = made["libraries"]["pandas"]
    assert provenance.change(made, due) == f"more.csv is new, pandas {before} became 9.9"


def test_another_input_gives_another_fingerprint(fresh):
    one, two = ({"mine.csv": digest} for digest in ("one", "two"))
    assert provenance.fingerprint(provenance.ingredients("n", {}, one)) != provenance.fingerprint(
        provenance.ingredients("n", {}, two)
    )


def test_an_edit_is_noticed_although_data_and_package_were_described_before(fresh, monkeypatch, tmp_path):
    shutil.copytree(paths.DATA, tmp_path / "data")
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    provenance.surroundings()
    assert provenance.edited() == ""
    (tmp_path / "data" / "notes.txt").write_text("nothing that counts")
    assert provenance.edited() == ""
    path = tmp_path / "data" / "evidence" / "sources.csv"
    raw = path.read_bytes()
    path.write_bytes(raw[:-2] + b"#\n")
    assert provenance.edited() == "data/evidence/sources.csv changed"
    path.write_bytes(raw)
    assert provenance.edited() == ""
    path.unlink()
    assert provenance.edited() == "data/evidence/sources.csv is gone"


def test_whatever_pages_and_documents_are_made_of_counts():
    templates = paths.PACKAGE / "reporting" / "templates"
    files = {f"reporting/templates/{path.name}" for path in templates.iterdir() if path.is_file()}
    assert files
    assert files <= set(provenance.surroundings()["package"]["files"])
    assert {"typst", "XlsxWriter"} <= set(provenance.libraries())
