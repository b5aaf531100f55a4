"""A notebook of one's own, dropped into an empty folder: it has a parameters cell and no model, and everything works."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from lpo_analysis.reporting.engines import client

DEFAULTS = 'n = 3  # how many rows\nword: str = "tea"\nrates = [0.1, 0.2]\n'
CELLS = [
    'print("printed", word, n)',
    "import matplotlib.pyplot as plt\nplt.plot(range(n))\nplt.title('drawn')",
    "import pandas as pd\npd.DataFrame({'row': range(n), 'share': [x / 7 for x in range(n)]})",
    "from IPython.display import HTML\nHTML(f'<p class=\"own\">shown <b>{word}</b></p>')",
    "n * 1000",
]


def write_notebook(path: Path, *cells: str, defaults: str = DEFAULTS) -> None:
    made = [v4.new_markdown_cell("# My question"), v4.new_code_cell(defaults, metadata={"tags": ["parameters"]})]
    path.parent.mkdir(exist_ok=True)
    nbformat.write(v4.new_notebook(cells=[*made, *map(v4.new_code_cell, cells)]), path)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An otherwise empty folder with the notebook, and fork servers of the test's own."""
    runtime = tempfile.mkdtemp(prefix="lpo-", dir="/tmp")
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path / "notebooks" / "mine.ipynb", *CELLS)
    try:
        yield tmp_path
    finally:
        client.release()
        with contextlib.suppress(OSError):
            shutil.rmtree(runtime)


def test_its_parameters_are_listed_with_type_default_and_meaning(lpo):
    ran = lpo("params", "mine")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("Parameters of mine:")
    assert "n  (whole number, default 3)\n    how many rows" in ran.out
    assert "word  (text, default tea)" in ran.out
    assert "rates  (" in ran.out


def test_a_report_of_it_is_made_and_shows_what_its_cells_show(lpo, folder):
    ran = lpo("report", "mine", "-p", "n=5", "--engine", "direct")
    assert ran.code == 0, ran.err
    made = folder / "reports" / "mine-n_5"
    assert ran.out.startswith("reports/mine-n_5/report.html (made in ")
    results = json.loads((made / "results.json").read_text())
    assert results["parameters"] == {"n": 5, "word": "tea", "rates": [0.1, 0.2]}
    assert results["values"] == {}
    page = (made / "report.html").read_text()
    assert "<h1>My question</h1>" in page
    assert "printed tea 5" in page
    assert page.count('src="data:image/png;base64,') == 1, "the figure is shown"
    assert ">&lt;Figure size" not in page, "and not merely described"
    assert '<p class="own">shown <b>tea</b></p>' in page
    assert "<td>0.571429</td>" in page, "the frame is a table"
    assert ">5000</pre>" in page
    assert "<script" not in page
    assert "unchanged" in lpo("report", "mine", "-p", "n=5", "--engine", "direct").out


def test_further_forms_of_a_finished_report_are_made_without_running_it_again(lpo, folder):
    made = folder / "reports" / "mine"
    assert lpo("report", "mine", "--engine", "direct").code == 0
    before = {path.name: path.read_bytes() for path in made.iterdir() if path.is_file() and path.name != "run.json"}
    ran = lpo("report", "mine", "--engine", "direct", "--pdf", "--xlsx")
    assert ran.out.splitlines()[:3] == [
        "reports/mine/report.html (unchanged)",
        "reports/mine/report.pdf",
        "reports/mine/report.xlsx",
    ]
    assert (made / "report.pdf").read_bytes().startswith(b"%PDF-")
    noted = json.loads((made / "run.json").read_text())["files"]
    assert {"report.pdf", "report.xlsx"} < set(noted)
    assert all((made / name).read_bytes() == content for name, content in before.items())
    (made / "report.pdf").write_bytes(b"cut")
    again = lpo("report", "mine", "--engine", "direct", "--pdf")
    assert "made in" in again.out, "a damaged form is noticed like any other file"
    assert not (made / "report.xlsx").exists(), "and what is not asked for is not made anew"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("n=many", ["n: must be a whole number", "got 'many'"]),
        ("n=2.5", ["n: must be a whole number", "got 2.5"]),
        ("wordd=x", ["unknown parameter 'wordd'", "Did you mean 'word'", "Allowed: n, word, rates"]),
        ("rates=a,b", ["rates: must be"]),
    ],
)
def test_a_wrong_value_and_a_misspelt_name_are_one_message_and_nothing_is_written(lpo, folder, given, says):
    ran = lpo("report", "mine", "-p", given)
    assert ran.code == 2
    assert ran.out == ""
    missing = [part for part in says if part not in ran.err]
    assert not missing, ran.err
    assert sorted(p.name for p in folder.iterdir()) == ["notebooks"]


PLAN = 'title = "Mine"\nengine = "{engine}"\n[[report]]\nnotebook = "mine"\nparameters = {{word = "ale"}}\nmatrix = {{n = [1, 2]}}\n'


@pytest.mark.parametrize("engine", ["direct", "warm", "fresh"])
def test_a_matrix_over_its_parameters_gives_the_same_reports_by_every_engine(lpo, folder, engine):
    write_notebook(folder / "notebooks" / "mine.ipynb", CELLS[0], CELLS[3], CELLS[4])
    (folder / "mine.toml").write_text(PLAN.format(engine=engine))
    ran = lpo("batch", "mine.toml", "-j", "2")
    assert ran.code == 0, ran.out + ran.err
    assert "2 of 2 to run: new" in ran.out
    out = folder / "reports" / "mine"
    pages = {n: (out / f"mine-n_{n}-ale" / "report.html").read_text() for n in (1, 2)}
    assert [f"printed ale {n}" in page and f">{n}000</pre>" in page for n, page in pages.items()] == [True, True]
    index = (out / "index.html").read_text()
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', index.split("Mine reports</h2>")[1].partition("</table>")[0])
    assert heads == ["Report", "Status", "n"], "the columns are the parameters that vary"
    assert "nothing to run: 2 reports unchanged" in lpo("batch", "mine.toml").out
    write_notebook(folder / "notebooks" / "mine.ipynb", CELLS[0], CELLS[3])
    assert "2 of 2 to run: the notebook changed" in lpo("batch", "mine.toml", "--engine", "direct").out


def test_a_mistake_in_a_plan_over_it_names_the_combination(lpo, folder):
    (folder / "mine.toml").write_text(
        'title = "M"\n[[report]]\nnotebook = "mine"\nmatrix = {n = [1, "x"], wordd = ["a"]}\n'
    )
    ran = lpo("batch", "mine.toml")
    assert ran.code == 2
    assert "report 1 (n=x, wordd=a)" in ran.err
    assert "unknown parameter 'wordd'" in ran.err
    assert sorted(p.name for p in folder.iterdir()) == ["mine.toml", "notebooks"]


def test_a_failing_cell_of_it_is_on_the_index_with_its_parameters(lpo, folder):
    write_notebook(folder / "notebooks" / "mine.ipynb", "rates[n]")
    (folder / "mine.toml").write_text('title = "M"\n[[report]]\nnotebook = "mine"\nparameters = {n = 9}\n')
    ran = lpo("batch", "mine.toml")
    assert ran.code == 1
    index = (folder / "reports" / "mine" / "index.html").read_text()
    assert "mine.ipynb, cell 3: IndexError: list index out of range" in index
    assert "n: 9" in index
    assert "word: tea" in index


def test_it_reads_and_imports_from_the_working_folder(lpo, folder):
    (folder / "helpers.py").write_text("factor = 7\n")
    (folder / "data.txt").write_text("6")
    write_notebook(
        folder / "notebooks" / "mine.ipynb",
        "import helpers\nfrom pathlib import Path\nint(Path('data.txt').read_text()) * helpers.factor",
    )
    (folder / "mine.toml").write_text(
        'title = "M"\n[[report]]\nnotebook = "mine"\ninputs = ["data.txt", "helpers.py"]\n'
    )
    ran = lpo("batch", "mine.toml")
    assert ran.code == 0, ran.out
    assert ">42</pre>" in (folder / "reports" / "mine" / "mine" / "report.html").read_text()
    (folder / "helpers.py").write_text("factor = 8\n")
    ran = lpo("batch", "mine.toml")
    assert "1 of 1 to run: helpers.py changed" in ran.out
    assert ">48</pre>" in (folder / "reports" / "mine" / "mine" / "report.html").read_text()
