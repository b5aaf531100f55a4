"""The template teaches adding a report in ten minutes: here its own steps are followed, as they stand in it."""

from __future__ import annotations

import ast
import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from lpo_analysis.reporting.engines import client


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkout: Path) -> Iterator[Path]:
    """A folder with nothing but the template in it, and fork servers of the test's own."""
    runtime = tempfile.mkdtemp(prefix="lpo-", dir="/tmp")
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    shutil.copy(checkout / "notebooks" / "template.ipynb", tmp_path / "notebooks")
    try:
        yield tmp_path
    finally:
        client.release()
        with contextlib.suppress(OSError):
            shutil.rmtree(runtime)


def steps(folder):
    """The commands and files of the template, in order: (kind, text)."""
    cells = nbformat.read(folder / "notebooks" / "template.ipynb", as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.findall(r"```(sh|toml)\n(.*?)```", prose, flags=re.DOTALL)


@pytest.fixture
def mine(folder):
    """The copy that the first step makes, with a question of one's own: two cells edited."""
    copied = steps(folder)[0][1].split()
    assert copied[0] == "cp"
    shutil.copy(*copied[1:])
    path = folder / copied[2]
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = re.sub(r"^# .*", "# Who outsources?", notebook.cells[0].source)
    tagged = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    tagged.source = tagged.source.replace('"satisfaction_share"', '"adoption_rate"')
    assert next(node.value.value for node in ast.parse(tagged.source).body) == "adoption_rate"
    nbformat.write(notebook, path)
    return path


def test_following_the_steps_makes_the_report(folder, mine, lpo):
    found = steps(folder)
    assert [kind for kind, _ in found] == ["sh", "sh", "sh", "toml", "sh"]
    listed = lpo(*found[1][1].split()[1:])
    assert listed.out.startswith("Parameters of mine:")
    assert "metric  (text, default adoption_rate)\n    what was measured" in listed.out
    made = lpo(*found[2][1].split()[1:], "--name", "one", "--engine", "direct")
    assert made.code == 0, made.err
    assert "Who outsources?" in (folder / "reports" / "one" / "report.html").read_text()
    results = json.loads((folder / "reports" / "one" / "results.json").read_text())
    assert results["parameters"]["metric"] == "lpo_hourly_rate"
    assert results["values"]["figures"]["value"] == 6, "those of grade A and B in India"
    assert (folder / "reports" / "one" / "tables" / "published.csv").is_file()


@pytest.mark.slow
def test_following_the_steps_makes_the_batch(folder, mine, lpo):
    found = steps(folder)
    (folder / "reports" / "plans").mkdir(parents=True)
    (folder / "reports" / "plans" / "mine.toml").write_text(found[3][1])
    ran = lpo(*found[4][1].split()[1:], "--engine", "direct")
    assert ran.code == 0, ran.err
    assert (folder / "reports" / "mine" / "index.html").is_file()
    assert {p.name for p in (folder / "reports" / "mine").iterdir() if p.is_dir() and not p.name.startswith(".")} == {
        "satisfaction_share", "lpo_hourly_rate", "adoption_rate",
    }  # fmt: skip


@pytest.mark.slow
def test_a_question_without_an_answer_is_a_report_that_says_so(folder, lpo):
    made = lpo(
        "report", "template", "-p", "metric=lpo_hourly_rate", "-p", "grades=D", "--name", "none", "--engine", "direct"
    )
    assert made.code == 0, made.err
    assert (
        "Not estimable, because no figure on LPO hourly rate"
        in (folder / "reports" / "none" / "report.html").read_text()
    )
