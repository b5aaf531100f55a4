"""What changes while a batch is made, and what lies where its reports go: nothing false is recorded, and nothing of anybody is lost."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from lpo_analysis.reporting import batch, provenance, store

NAMES = ["tiny", "tiny-n_2", "tiny-n_3"]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def state(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# What lies where a report goes


def test_a_report_named_like_a_batch_leaves_the_batch_alone(lpo, tiny, stand):
    lpo("batch", "tiny.toml")
    before = state(tiny / "reports")
    ran = lpo("report", "tiny")
    assert ran.code == 1
    assert ran.err == (
        "error: the report failed: 'tiny' is there already and is no report, so none is put in its place. "
        "Give the report another name, or choose another folder with --output.\n"
    )
    assert state(tiny / "reports") == before
    assert stand.again() == NAMES  # it was not even begun


def test_a_batch_named_like_a_report_leaves_the_report_alone(lpo, tiny, stand):
    lpo("report", "tiny")
    before = state(tiny / "reports")
    ran = lpo("batch", "tiny.toml")
    assert ran.code == 2
    assert ran.err.startswith("error: 'reports/tiny' is a report, so no batch is put there.")
    assert state(tiny / "reports") == before


@pytest.mark.parametrize(
    "make", [lambda p: (p.mkdir(), (p / "thesis.docx").write_text("x")), lambda p: p.write_text("x")]
)
def test_what_somebody_else_put_there_stays(lpo, tiny, stand, make):
    make(tiny / "tiny")
    before = state(tiny)
    ran = lpo("report", "tiny", "-o", ".")
    assert ran.code == 1
    assert "'tiny' is there already and is no report" in ran.err
    assert state(tiny) == before


def test_a_link_is_not_followed_to_be_replaced(lpo, tiny, stand, tmp_path_factory):
    far = tmp_path_factory.mktemp("far")
    (far / "report.html").write_text("x")
    (tiny / "tiny").symlink_to(far)
    assert "is no report" in lpo("report", "tiny", "-o", ".").err
    assert (far / "report.html").read_text() == "x"


def test_an_empty_folder_and_a_damaged_report_are_replaced(lpo, tiny, stand):
    (tiny / "reports" / "tiny").mkdir(parents=True)
    assert lpo("report", "tiny").code == 0
    (tiny / "reports" / "tiny" / "run.json").unlink()
    assert lpo("report", "tiny").code == 0
    assert (tiny / "reports" / "tiny" / "run.json").is_file()


# What changes meanwhile


def test_a_plan_that_is_edited_while_it_is_made_is_read_anew(lpo, tiny, stand):
    stand.does["tiny"] = lambda: edit(tiny / "tiny.toml", "[1, 2, 3]", "[1, 2, 4]")
    assert lpo("batch", "tiny.toml").code == 0
    stand.does.clear()
    stand.again()
    ran = lpo("batch", "tiny.toml")
    assert ran.code == 0
    assert stand.again() == ["tiny-n_4"]


def test_a_plan_that_goes_away_while_it_is_made_is_no_traceback(lpo, tiny, stand):
    stand.does["tiny-n_3"] = (tiny / "tiny.toml").unlink
    ran = lpo("batch", "tiny.toml")
    assert (ran.code, ran.err) == (0, "")
    assert (tiny / "reports" / "tiny" / "index.html").is_file()


CHANGES = {
    "tiny.ipynb changed": lambda tiny: edit(tiny / "notebooks" / "tiny.ipynb", "n = 1", "n = 5"),
    "tiny.ipynb went away": lambda tiny: (tiny / "notebooks" / "tiny.ipynb").unlink(),
    "rates.csv changed": lambda tiny: (tiny / "rates.csv").write_text("2"),
    "rates.csv went away": lambda tiny: (tiny / "rates.csv").unlink(),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_report_whose_ingredients_change_while_it_is_made_is_not_kept(lpo, tiny, stand, monkeypatch, what):
    def execute(job: Any, settings: Any) -> Any:
        made = stand(job, settings)
        if job.name == "tiny-n_3":
            CHANGES[what](tiny)
        return made

    monkeypatch.setattr("lpo_analysis.reporting.run.execute", execute)
    ran = lpo("batch", "tiny.toml")
    assert ran.code == 1
    assert f"{what} since the report was asked for. Run it again." in ran.out + ran.err
    assert (tiny / "reports" / "tiny" / "tiny").is_dir()
    assert not (tiny / "reports" / "tiny" / "tiny-n_3").exists()


def test_a_report_is_not_kept_if_the_kit_is_edited_while_it_is_made(lpo, tiny, stand, monkeypatch):
    monkeypatch.setattr(provenance, "edited", lambda: "lpo_analysis/savings/costs.py changed")
    ran = lpo("report", "tiny")
    assert ran.code == 1
    assert "lpo_analysis/savings/costs.py changed since the report was asked for." in ran.err
    assert not (tiny / "reports" / "tiny").exists()


def test_a_module_of_ones_own_counts_and_what_it_imports_in_turn(lpo, tiny, stand, write_notebook):
    write_notebook(
        tiny / "notebooks" / "tiny.ipynb", "from tools.rates import rate\nimport json, pandas, flat\nprint(n)"
    )
    (tiny / "tools").mkdir()
    for name, text in {
        "__init__": "",
        "rates": "from . import deep\nfrom .deep import x",
        "deep": "x = 1",
        "unused": "",
    }.items():
        (tiny / "tools" / f"{name}.py").write_text(text)
    (tiny / "flat.py").write_text("import tools.rates")
    lpo("batch", "tiny.toml")
    inputs = json.loads((tiny / "reports" / "tiny" / "tiny" / "run.json").read_text())["inputs"]
    assert sorted(inputs) == ["flat.py", "rates.csv", "tools/__init__.py", "tools/deep.py", "tools/rates.py"]
    assert lpo("batch", "tiny.toml").out.startswith("nothing to run")
    (tiny / "tools" / "unused.py").write_text("y = 1")
    assert lpo("batch", "tiny.toml").out.startswith("nothing to run")
    (tiny / "tools" / "deep.py").write_text("x = 2")
    assert "3 of 3 to run: tools/deep.py changed" in lpo("batch", "tiny.toml").out


# What the log of a batch vouches for


def test_forms_made_later_are_linked_and_sealed(lpo, tiny, stand):
    lpo("batch", "tiny.toml")
    folder = tiny / "reports" / "tiny"
    assert "report.xlsx" not in (folder / "index.html").read_text()
    lpo("batch", "tiny.toml", "--xlsx")
    assert "tiny/report.xlsx" in (folder / "index.html").read_text()
    assert sorted(json.loads((folder / "batch.json").read_text())["seals"]) == NAMES
    stand.again()
    assert lpo("batch", "tiny.toml").out.startswith("nothing to run")
    assert stand.again() == []


@pytest.mark.parametrize(
    "harm", [Path.unlink, lambda p: p.write_text("x"), lambda p: p.write_bytes(p.read_bytes()[:-9])]
)
@pytest.mark.parametrize("name", ["results.csv", "index.html"])
def test_what_a_batch_writes_beside_its_reports_is_looked_at_too(lpo, tiny, stand, name, harm):
    lpo("batch", "tiny.toml")
    path = tiny / "reports" / "tiny" / name
    whole = path.read_bytes()
    harm(path)
    lpo("batch", "tiny.toml")
    assert path.is_file()
    assert name == "index.html" or path.read_bytes() == whole


def test_the_log_does_not_vouch_for_the_index_of_another_batch(lpo, tiny, stand, monkeypatch):
    def write(path: Path, text: str, old: Any = store.write_file) -> None:
        old(path, text)
        if path.name == "index.html":
            path.write_text("of another batch, which failed")

    with monkeypatch.context() as patch:
        patch.setattr(store, "write_file", write)
        lpo("batch", "tiny.toml")
    assert lpo("batch", "tiny.toml").code == 0
    assert "of another batch" not in (tiny / "reports" / "tiny" / "index.html").read_text()


def test_a_log_that_names_a_folder_elsewhere_is_not_followed(lpo, tiny, stand, tmp_path_factory):
    far = tmp_path_factory.mktemp("far")
    (far / "report.html").write_text("x")
    lpo("batch", "tiny.toml")
    log = tiny / "reports" / "tiny" / "batch.json"
    content = json.loads(log.read_text())
    content["memo"]["jobs"][0] |= {"name": os.path.relpath(far, log.parent), "refusal": "no evidence"}
    log.write_text(json.dumps(content))
    assert lpo("batch", "tiny.toml").code == 0
    assert (far / "report.html").read_text() == "x"


def test_a_report_of_which_a_file_is_missing_is_not_sealed(lpo, tiny, stand):
    lpo("batch", "tiny.toml")
    folder = tiny / "reports" / "tiny" / "tiny"
    shown = json.loads((folder.parent / "batch.json").read_text())["reports"][0]["headlines"]
    assert store.seal(folder, shown)
    (folder / "notebook.ipynb").unlink()
    assert store.seal(folder, shown) == ""


def test_a_report_cannot_be_named_like_a_file_of_the_batch(lpo, tiny, stand):
    for name in ("results.csv", "Index.html", "batch.json"):
        (tiny / "tiny.toml").write_text(f'title = "T"\n[[report]]\nnotebook = "tiny"\nname = "{name}"\n')
        assert f"a report cannot be named {name!r}" in lpo("batch", "tiny.toml").err


def test_an_error_of_the_kits_own_is_told_in_its_words():
    from lpo_analysis.reporting.cluster import LostError
    from lpo_analysis.reporting.jobs import Job

    job = Job(Path("x.ipynb"), "x", {}, {})
    assert batch._lost(job, LostError("the scheduler went away")).error == "The scheduler went away."
    assert batch._lost(job, RuntimeError("broken")).error == "The worker died (RuntimeError: broken)."
