"""A finished report: complete, consistent, self-contained, free of machine traces, and the same bytes each time."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import html5lib
import jsonschema
import nbformat
import pytest

from lpo_analysis.reporting import outputs

LIMIT = 150_000
BASE64 = re.compile(r'(base64,|"image/png": ")[A-Za-z0-9+/=\\n]+')


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.fixture(scope="module")
def html(report) -> str:
    return (report / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tree(html):
    return html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)


@pytest.fixture(scope="module")
def executed(report):
    return nbformat.read(report / "notebook.ipynb", as_version=4)


def _text(element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_a_report_has_its_four_files_and_a_csv_for_every_table(report, executed):

    due = {"report.html", "claims.html", "results.json", "run.json", "notebook.ipynb"} | {
        f"tables/{name}.csv" for name in outputs.tables(executed)
    }
    assert set(_files(report)) == due
    assert len(due) > 10, "the report shows hardly any table"


def test_the_files_can_be_read_by_others_as_usual(report):
    modes = {name: oct((report / name).stat().st_mode & 0o777) for name in _files(report)}
    unreadable = {
        name: mode for name, mode in modes.items() if not int(mode, 8) & 0o044 and os.umask(os.umask(0)) == 0o022
    }
    assert unreadable == {}
    assert report.stat().st_mode & 0o777 == 0o755


def test_results_json_holds_what_the_notebook_recorded(report, executed):

    results = json.loads((report / "results.json").read_text(encoding="utf-8"))
    assert results["schema"] == "lpo-results/1"
    assert results["values"] == outputs.values(executed)
    assert results["parameters"]["draws"] == 256
    headlines = [name for name, item in results["values"].items() if item.get("headline")]
    assert headlines == ["three_numbers.rate_gap", "three_numbers.net_saving", "three_numbers.budget_saving"]


def test_results_json_keeps_to_its_published_schema(report):
    schema = json.loads(Path("docs/schemas/lpo-results-1.json").read_text(encoding="utf-8"))
    check = jsonschema.Draft202012Validator(schema)
    results = json.loads((report / "results.json").read_text(encoding="utf-8"))
    assert [error.message for error in check.iter_errors(results)] == []
    for notebook in sorted(Path("notebooks").glob("*.ipynb")):
        values = outputs.values(nbformat.read(notebook, as_version=4))
        given = {"schema": "lpo-results/1", "notebook": notebook.stem, "parameters": {}, "values": values}
        assert [error.message for error in check.iter_errors(given)] == [], notebook.name


def test_every_recorded_estimate_lies_in_its_interval(report):
    values = json.loads((report / "results.json").read_text(encoding="utf-8"))["values"]
    outside = {
        name: item
        for name, item in values.items()
        if all(isinstance(item.get(key), int | float) for key in ("estimate", "conf_low", "conf_high"))
        and not item["conf_low"] <= item["estimate"] <= item["conf_high"]
    }
    # A mean of a skewed distribution may leave its quantile interval; the recorded headlines are medians and may not.
    assert not [name for name in outside if name.startswith(("three_numbers", "comparators", "by_grades"))], outside


def test_json_files_hold_no_number_that_json_does_not_know(report):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    for name in ("results.json", "run.json", "notebook.ipynb"):
        json.loads((report / name).read_text(encoding="utf-8"), parse_constant=refuse)


def test_run_json_names_every_file_with_its_hash(report):
    run = json.loads((report / "run.json").read_text(encoding="utf-8"))
    made = {name: hashlib.sha256(raw).hexdigest() for name, raw in _files(report).items() if name != "run.json"}
    assert run["files"] == made


def test_run_json_names_the_data_the_notebook_and_the_libraries_that_were_used(report):
    from lpo_analysis import paths
    from lpo_analysis.reporting import library, provenance

    run = json.loads((report / "run.json").read_text(encoding="utf-8"))
    for name, due in run["data"].items():
        assert hashlib.sha256((paths.DATA / name).read_bytes()).hexdigest() == due, (
            f"{name} was changed since, or its hash is wrong"
        )
    assert run["notebook"]["sha256"] == library.source_hash(library.read(library.find("savings")))
    assert run["libraries"] == provenance.surroundings()["libraries"]
    assert "not installed" not in run["libraries"].values()
    due = provenance.ingredients(run["notebook"]["sha256"], run["parameters"])
    assert run["fingerprint"] == provenance.fingerprint(due)


def test_every_csv_is_a_rectangle_with_distinct_headings(report):
    for path in sorted((report / "tables").glob("*.csv")):
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        assert len(rows) > 1, f"{path.name} has no rows"
        assert len(set(rows[0])) == len(rows[0]), f"{path.name} has two columns of one name: {rows[0]}"
        assert {len(row) for row in rows} == {len(rows[0])}, f"{path.name} has rows of other lengths than its heading"


def test_the_page_is_valid_html(html):
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(html)
    errors = [f"line {place[0]}: {code} {details}" for place, code, details in parser.errors]
    assert errors == []


def test_no_id_stands_twice_on_the_page(tree):
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert sorted({name for name in ids if ids.count(name) > 1}) == []


def test_every_link_on_the_page_resolves(tree, report):
    ids = {element.get("id") for element in tree.iter() if element.get("id")}
    beside = {path.name: set(re.findall(r'\bid="?([^" >]+)', path.read_text())) for path in report.glob("*.html")}
    links = [a.get("href") for a in tree.find(".//nav").iter("a")]
    assert len(links) >= 9, f"the contents list has only {links}"
    inner = [
        a.get("href")
        for a in tree.iter("a")
        if not a.get("href").startswith("https://") and not a.get("href").startswith("http://")
    ]
    assert {href.partition("#")[0] for href in inner} == {"", "claims.html"}
    for file, _, name in (href.partition("#") for href in inner):
        assert name in (beside[file] | {""} if file else ids), f"{file}#{name}"


def test_every_section_stands_in_the_contents(tree):
    assert [_text(a) for a in tree.find(".//nav").iter("a")] == [_text(heading) for heading in tree.iter("h2")]


def test_every_table_label_and_heading_reference_resolves(tree):
    ids = {element.get("id") for element in tree.iter() if element.get("id")}
    named = {
        ref
        for element in tree.iter()
        for key in ("headers", "aria-labelledby")
        for ref in (element.get(key) or "").split()
    }
    assert sorted(named - ids) == []


def test_the_page_loads_nothing_from_anywhere(html, tree):
    loading = ("script", "link", "iframe", "object", "embed", "video", "audio", "source", "base", "form")
    assert [element.tag for element in tree.iter() if element.tag in loading] == []
    assert [
        img.get("src")[:60] for img in tree.iter("img") if not img.get("src").startswith("data:image/png;base64,")
    ] == []
    asked = [(e.tag, key) for e in tree.iter() for key in ("src", "href", "srcset", "action", "data", "poster", "background")
             if str(e.get(key, "")).startswith(("http", "//")) and e.tag != "a"]  # fmt: skip
    assert asked == []
    assert "url(" not in "".join(style.text for style in tree.iter("style")), "the style sheet loads something"
    assert "@import" not in html


def test_the_page_forbids_scripts_and_requests_to_the_browser(tree):
    policies = [
        meta.get("content") for meta in tree.iter("meta") if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def test_the_page_names_language_width_and_title(tree):
    assert tree.get("lang") == "en"
    assert any(meta.get("name") == "viewport" for meta in tree.iter("meta"))
    assert _text(tree.find(".//title")).startswith("What would outsourcing this legal work save?")
    assert len(list(tree.iter("h1"))) == 1


def test_every_picture_has_an_alternative_text_a_size_and_a_caption(tree):
    pictures = list(tree.iter("img"))
    assert len(pictures) >= 5
    bare = [_text(figure) for figure in tree.iter("figure") if len(figure.find(".//img").get("alt", "")) < 30]
    assert bare == [], "these figures have no alternative text worth the name"
    assert all(img.get("width") and img.get("height") for img in pictures)
    assert all(_text(figure.find("figcaption")) for figure in tree.iter("figure"))


def test_numbers_in_tables_are_aligned_right(tree):
    numeric = re.compile(r"[-−]?[\d,]+(\.\d+)?%?|(under|over) \d+%")
    wrong, seen = [], 0
    for table in tree.iter("table"):
        for place, cell in (found for row in table.iter("tr") for found in enumerate(row, start=1)):
            if cell.tag == "td" and cell.find(".//button") is None and numeric.fullmatch(_text(cell)):
                seen += 1
                if f"n{place}" not in table.get("class", "").split():
                    wrong.append(_text(cell))
    assert wrong == []
    assert seen > 50, "hardly a number in any table"


def test_no_cell_or_sentence_shows_how_a_program_writes_a_missing_number(tree):
    words = re.compile(r"\b(nan|NaN|NaT|inf)\b|<NA>|^None$")
    texts = [
        _text(element) for tag in ("td", "th", "p", "li", "figcaption", "h1", "h2", "h3") for element in tree.iter(tag)
    ]
    texts += [_text(element) for element in tree.iter("div") if element.get("class", "") in ("label", "big", "span")]
    assert [text for text in texts if words.search(text)] == []


def test_no_file_of_the_report_names_the_machine(report, checkout):
    roots = {str(Path.home()), str(checkout), str(report.parent), tempfile.gettempdir(), "ipykernel_", "site-packages"}
    found = []
    for name, raw in _files(report).items():
        text = BASE64.sub("", raw.decode("utf-8"))
        found += [
            f"{name}: {text[max(0, text.find(root) - 60) : text.find(root) + 60]!r}" for root in roots if root in text
        ]
        found += [f"{name}: a memory address {hit}" for hit in re.findall(r"\b0x[0-9a-f]{6,}", text)]
    assert found == []


def test_the_page_stays_small_without_its_pictures(html):
    size = len(BASE64.sub("", html).encode())
    assert size < LIMIT, f"{size} bytes of HTML"


def test_the_executed_notebook_is_valid_and_its_injected_cell_is_tagged(executed):
    nbformat.validate(executed)
    (injected,) = [cell for cell in executed.cells if "injected-parameters" in cell.metadata.get("tags", [])]
    assert "draws = 256" in injected.source


def test_a_second_run_by_another_process_into_another_folder_gives_the_same_bytes(
    report, arguments, lpo, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    ran = lpo(*arguments, "--force", "-o", tmp_path / "elsewhere")
    assert ran.code == 0, ran.err
    first, second = _files(report), _files(tmp_path / "elsewhere" / report.name)
    assert set(first) == set(second)
    assert [name for name in first if first[name] != second[name]] == []


@pytest.fixture
def copy(report, tmp_path) -> Path:
    """A copy of the finished report in an output folder of its own."""
    shutil.copytree(report, tmp_path / "reports" / report.name)
    return tmp_path / "reports" / report.name


@pytest.fixture
def executions(monkeypatch) -> list[str]:
    """Names of the reports that were executed, with nothing but a note instead of the execution."""
    from lpo_analysis.errors import NotebookError
    from lpo_analysis.reporting import run

    names: list[str] = []

    def note(job, settings):
        names.append(job.name)
        raise NotebookError("not executed in this test")

    monkeypatch.setattr(run, "execute", note)
    return names


def test_an_unchanged_report_is_not_made_again_and_no_byte_of_it_moves(copy, arguments, lpo, executions):
    before = _files(copy)
    times = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    ran = lpo(*arguments, "-o", copy.parent)
    assert ran.code == 0, ran.err
    assert "report.html (unchanged)" in ran.out
    assert "headline rate gap: " in ran.out, "the headlines are missing from what a cached run says"
    assert executions == []
    assert _files(copy) == before
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == times


def test_force_makes_an_unchanged_report_again(copy, arguments, lpo, executions):
    lpo(*arguments, "--force", "-o", copy.parent)
    assert executions == ["shared"]


def test_another_parameter_makes_the_report_again(copy, arguments, lpo, executions):
    lpo(*arguments, "-p", "seed=2", "-o", copy.parent)
    assert executions == ["shared"]


@pytest.mark.parametrize("name", ["report.html", "results.json", "run.json", "notebook.ipynb", "tables/inputs.csv"])
def test_a_report_with_a_changed_file_is_made_again(copy, arguments, lpo, executions, name):
    raw = (copy / name).read_bytes()
    (copy / name).write_bytes(
        raw.replace(b'"fingerprint": "', b'"fingerprint": "0', 1) if name == "run.json" else raw + b" "
    )
    lpo(*arguments, "-o", copy.parent)
    assert executions == ["shared"], f"a changed {name} went unnoticed"


def test_a_tampered_report_comes_back_with_its_bytes(report, copy, arguments, lpo):
    (copy / "results.json").write_text("{}")
    (copy / "left over.txt").write_text("")
    ran = lpo(*arguments, "-o", copy.parent)
    assert ran.code == 0, ran.err
    assert _files(copy) == _files(report)
    assert [path.name for path in copy.parent.iterdir()] == [copy.name], "something was left beside the report"


def test_a_failed_execution_leaves_the_report_of_before(copy, arguments, lpo, executions):
    before = _files(copy)
    ran = lpo(*arguments, "--force", "-o", copy.parent)
    assert ran.code == 1
    assert ran.err == "error: the report failed: not executed in this test\n"
    assert _files(copy) == before
