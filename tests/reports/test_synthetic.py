"""Whatever is made from an example that the kit ships says so: page, document, workbook, results, notebook, index, comparison."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat import v4

from lpo_analysis import paths
from lpo_analysis.adoption import Parameters
from lpo_analysis.adoption.own_data import KINDS
from lpo_analysis.evidence.own_example import corrected
from lpo_analysis.parameters.synthetic import NOTICE
from lpo_analysis.reporting import outputs, run
from lpo_analysis.reporting.bundles import TABLE, VALUES
from lpo_analysis.reporting.compare import compare, read_finished
from lpo_analysis.reporting.execution import Executed, Settings
from lpo_analysis.reporting.index import index_page, results_csv
from lpo_analysis.reporting.jobs import prepare

SAID = "Synthetic example data, no finding"
TEMPLATE = paths.TEMPLATES / "survey.csv"


@pytest.fixture
def executed(monkeypatch):
    """Reports are made from a short notebook that tells nothing of itself; nothing is really executed."""

    def stand_in(job, settings):
        shown = {TABLE: {"name": "t", "title": "A table", "columns": ["n"], "rows": [[1]], "shown": [["n", "n", "integer"]], "notes": [], "behind": [], "cut": 1},
                 "text/html": "<table></table>", "text/plain": "1"}  # fmt: skip
        value = {"estimate": 0.5, "conf_low": 0.4, "conf_high": 0.6, "level": 0.9, "n_obs": 9, "unit": "share", "label": "x", "headline": 1}  # fmt: skip
        code = v4.new_code_cell("x", outputs=[v4.new_output("display_data", data=data) for data in (shown, {VALUES: {"a.x": value}, "text/plain": ""})])  # fmt: skip
        made = v4.new_notebook(cells=[v4.new_markdown_cell("# Title"), v4.new_code_cell("p = 1"), code])
        for number, cell in enumerate(made.cells):
            cell["id"] = f"c{number}"
        return Executed(made, [])

    monkeypatch.setattr(run, "execute", stand_in)


def own(folder: Path) -> Path:
    path = folder / "mine.csv"
    path.write_text("respondent,buyer,uses_lpo\n" + "".join(f"a{n},corporate,yes\n" for n in range(9)))
    return path


@pytest.fixture
def made(executed, tmp_path):
    """Two reports: one on the example, one on a file of one's own."""
    both = {"example": TEMPLATE, "own": own(tmp_path)}
    return [
        run.run(prepare("adoption", {"survey_path": str(path)}, name=name), tmp_path / "out", settings=Settings(forms=("pdf", "xlsx")))
        for name, path in both.items()
    ]  # fmt: skip


def test_every_output_of_a_report_says_that_its_data_are_synthetic(made, tmp_path):
    assert [outcome.status for outcome in made] == ["done", "done"], [outcome.error for outcome in made]
    example, mine = tmp_path / "out" / "example", tmp_path / "out" / "own"
    for folder, due in ((example, True), (mine, False)):
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert (
            f'<div class="notice" role="note"><strong>{SAID}</strong>: the survey file is an example' in page
        ) is due
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        assert results.get("notice", "").startswith(SAID) is due
        assert ("synthetic example data" in results["parameters"]["survey_path"]) is due
        book = nbformat.read(folder / "notebook.ipynb", 4)
        assert outputs.notice(book).startswith(SAID) is due
        sheets = zipfile.ZipFile(io.BytesIO((folder / "report.xlsx").read_bytes()))
        strings = sheets.read("xl/sharedStrings.xml").decode()
        assert (SAID in strings) is due
        if due:
            at = strings.split("<si>").index(next(item for item in strings.split("<si>") if SAID in item)) - 1
            for name in ("sheet1", "sheet2"):
                cells = sheets.read(f"xl/worksheets/{name}.xml").decode()
                assert re.search(rf'<c r="A2"[^>]* t="s"><v>{at}</v>', cells)


def test_tables_say_it_in_a_column_and_are_read_as_before(made, tmp_path):
    example, mine = (pd.read_csv(tmp_path / "out" / name / "tables" / "t.csv") for name in ("example", "own"))
    assert example.columns.tolist() == ["n", "notice"]
    assert example["n"].tolist() == mine["n"].tolist() == [1]
    assert example["notice"].tolist() == ["report on synthetic example data, no finding"]
    assert mine.columns.tolist() == ["n"]


def test_what_is_made_from_a_corrected_example_says_it_too(executed, tmp_path):
    path = own(tmp_path)
    path.write_text(path.read_text().replace("corporate", "corporte", 1))
    made = corrected(KINDS["survey"], path)
    (tmp_path / "example.csv").write_text(made.text)
    outcome = run.run(prepare("adoption", {"survey_path": str(tmp_path / "example.csv")}, name="r"), tmp_path / "out", settings=Settings())  # fmt: skip
    assert outcome.status == "done"
    assert json.loads((tmp_path / "out" / "r" / "results.json").read_text())["notice"].startswith(SAID)


def test_the_document_says_it(made, tmp_path):
    from lpo_analysis.reporting.citations import Citations
    from lpo_analysis.reporting.forms.document import _Writer

    book = nbformat.read(tmp_path / "out" / "example" / "notebook.ipynb", 4)
    body = _Writer(Citations(outputs.bundles(book))).body(book)
    assert f'#notice[#"{SAID}: the survey file' in body
    assert (tmp_path / "out" / "example" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_the_results_keep_to_their_schema(made, tmp_path, checkout):
    from jsonschema import Draft202012Validator

    schema = json.loads((checkout / "docs" / "schemas" / "lpo-results-1.json").read_text(encoding="utf-8"))
    for name in ("example", "own"):
        Draft202012Validator(schema).validate(json.loads((tmp_path / "out" / name / "results.json").read_text()))


def test_index_table_and_comparison_say_which_reports(made, tmp_path):
    page = index_page("Mine", made, folder=tmp_path / "out")
    assert page.count(f'<span class="mark">{SAID}</span>') == 1
    rows = results_csv(tmp_path / "out", made).splitlines()
    assert rows[0].endswith(",reason,notice")
    assert [SAID in row for row in rows[1:]] == [True, False]
    compared = compare(read_finished(["example", "own"], output=tmp_path / "out"))
    assert f"example: {SAID}" in compared.text()
    assert "own: Synthetic" not in compared.text()
    assert f'<div class="notice" role="note">example: {SAID}' in compared.html()
    assert results_csv(tmp_path / "out", made[1:]).splitlines()[0].endswith(",reason")


def test_a_batch_and_its_index_say_it(executed, lpo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = f"parameters = {{survey_path = {json.dumps(str(TEMPLATE))}}}"
    plan = f'title = "Mine"\nengine = "fresh"\n[[report]]\nnotebook = "adoption"\nname = "mine"\n{asked}\n'
    (tmp_path / "mine.toml").write_text(plan)
    ran = lpo("batch", "mine.toml")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1] == "1 report on synthetic example data, no finding."
    assert SAID in (tmp_path / "reports" / "mine" / "index.html").read_text(encoding="utf-8")


def test_the_name_of_a_folder_says_it_too():
    assert "synthetic_example_data" in prepare("adoption", {"survey_path": str(TEMPLATE)}).name


def test_a_notebook_says_it_where_it_validates_its_parameters(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    Parameters.from_namespace({"survey_path": str(TEMPLATE)})
    assert not shown, "outside a notebook nothing is shown"
    monkeypatch.setattr("IPython.get_ipython", lambda: True)
    Parameters.from_namespace({"level": 0.8})
    assert not shown
    Parameters.from_namespace({"survey_path": str(TEMPLATE)})
    (told,) = shown
    assert told[NOTICE]["text"].startswith(SAID)
    assert SAID in told["text/html"]
    assert SAID in told["text/plain"]


@pytest.mark.slow
def test_a_real_report_says_it_once_and_at_its_head(lpo, tmp_path):
    ran = lpo("report", "savings", "-p", "draws=256", "-p", f"quotes_path={paths.TEMPLATES / 'quotes.csv'}", "-o", str(tmp_path / "out"), "--name", "q")  # fmt: skip
    assert ran.code == 0, ran.err
    assert f"{SAID}: the quotes file is an example" in ran.out
    page = (tmp_path / "out" / "q" / "report.html").read_text(encoding="utf-8")
    assert page.count(SAID) == 1
    assert page.index(SAID) < page.index("At a glance</h2>")
