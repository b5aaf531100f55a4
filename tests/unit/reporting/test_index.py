"""The index of a batch: every report is found on it, and one that failed says where, why and with what."""

from __future__ import annotations

import csv
import io
import json
import re

from lpo_analysis.reporting.index import WIDTH, index_page, results_csv
from lpo_analysis.reporting.jobs import Outcome

NUMBER = {
    "name": "x",
    "label": "net saving",
    "estimate": 3.0,
    "conf_low": 1.0,
    "conf_high": 5.0,
    "level": 0.9,
    "unit": "%",
    "headline": True,
}


def rows(page: str) -> list[list[str]]:
    """Text of every cell of the tables, row by row."""
    found = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    return [
        [re.sub(r"<[^>]+>", " ", c).strip() for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in found
    ]


def width(page: str) -> set[int]:
    """Columns of the rows, which must agree."""
    found = []
    for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL):
        cells = re.findall(r"<t[hd]\b[^>]*>", row)
        found.append(sum(int(m[1]) if (m := re.search(r'colspan="(\d+)"', cell)) else 1 for cell in cells))
    return set(found)


def test_a_failed_report_shows_cell_error_and_parameters_also_when_none_varies():
    failed = Outcome(
        "a", "mine", "failed", parameters={"n": 5, "first_name": "x"}, error="mine.ipynb, cell 3: ValueError: odd"
    )
    page = index_page("T", [failed])
    assert "mine.ipynb, cell 3: ValueError: odd" in page
    assert "n: 5" in page
    assert "first name: x" in page
    assert 'href="a/report.html"' not in page
    assert width(page) == {3}


def test_a_failed_report_among_good_ones_shows_what_sets_it_apart_and_all_its_parameters():
    good = Outcome("a", "mine", "done", parameters={"n": 1, "k": 7}, headlines=[NUMBER])
    failed = Outcome("b", "mine", "failed", parameters={"n": 2, "k": 7}, error="mine.ipynb, cell 2: KeyError: 'x'")
    page = index_page("T", [good, failed])
    header, first, second = rows(page)
    assert header == ["Report", "Status", "n", "Net saving (%)"]
    assert first[:3] == ["a", "done", "1"]
    assert second[:3] == ["b", "failed", "2"]
    assert "KeyError" in second[3]
    assert "k: 7" in second[3]
    assert width(page) == {4}


def test_a_notebook_that_records_no_number_gets_no_column_of_numbers():
    outcomes = [Outcome(f"r{n}", "mine", "done", parameters={"n": n}) for n in (1, 2)]
    page = index_page("T", outcomes)
    assert rows(page) == [["Report", "Status", "n"], ["r1", "done", "1"], ["r2", "done", "2"]]
    page = index_page("T", [*outcomes, Outcome("r3", "mine", "failed", parameters={"n": 3}, error="broken")])
    assert rows(page)[0] == ["Report", "Status", "n", "Reason"]
    assert width(page) == {4}


def test_a_column_of_amounts_tells_its_unit_and_one_of_shares_needs_none():
    amount = NUMBER | {"label": "loss a year", "unit": "USD"}
    mixed = [NUMBER | {"label": "either", "unit": unit} for unit in ("USD", "hours")]
    outcomes = [Outcome(f"r{n}", "mine", "done", headlines=[NUMBER, amount, mixed[n]]) for n in (0, 1)]
    assert rows(index_page("T", outcomes))[0] == ["Report", "Status", "Net saving (%)", "Loss a year (USD)", "Either"]


def test_the_reports_come_before_the_claims():
    page = index_page("T", [Outcome("a", "mine", "done")], notes=[{"Claim": "It is cheaper"}])
    assert page.index("a/report.html") < page.index('id="claims"')
    assert 'href="#claims"' in page


def test_what_notebooks_say_is_text_and_no_html(hostile):
    outcomes = [
        Outcome("a", "mine", "failed", parameters={"n": hostile}, error=hostile),
        Outcome("b", "mine", "done", parameters={"n": "b"}, headlines=[NUMBER | {"label": hostile}]),
    ]
    page = index_page(hostile, outcomes, notes=[{hostile: hostile}])
    assert page.count("<script") == 1, "the search of the page, and nothing else"
    assert "<img" not in page


def test_every_notebook_has_a_table_of_its_own_and_a_done_report_is_linked():
    outcomes = [Outcome("a", "mine", "cached"), Outcome("b", "yours", "refused", error="no evidence")]
    page = index_page("T", outcomes)
    assert page.count('<table class="sortable">') == 2
    assert '<a href="a/report.html">a</a>' in page
    assert 'href="b/' not in page
    assert "2 reports: 1 made and 1 refused." in page


def test_numbers_of_a_column_are_drawn_on_one_scale_and_sort_by_their_value():
    outcomes = [Outcome(f"r{n}", "mine", "done", parameters={"n": n}, headlines=[NUMBER | {"estimate": n, "conf_low": n - 2.0, "conf_high": n + 2.0}]) for n in (1, 9)]  # fmt: skip
    page = index_page("T", outcomes)
    marks = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', page)]
    ends = [tuple(map(float, m)) for m in re.findall(r'<path d="M([\d.]+) \d+H([\d.]+)"', page)]
    assert ends[0][0] == 4
    assert ends[1][1] == WIDTH - 4
    assert marks == [sum(pair) / 2 for pair in ends]
    assert re.findall(r'data-value="(\d+)">', page) == ["1", "1", "9", "9"]
    assert page.count('class="zero"') == 2


def test_all_results_stand_in_one_table_with_what_sets_the_reports_apart(tmp_path):
    outcomes = [Outcome(f"r{n}", "mine", "done", parameters={"n": n, "k": 7}) for n in (1, 2)]
    for outcome in outcomes:
        (tmp_path / outcome.name).mkdir()
        values = {"x.a": NUMBER | {"n_obs": None}, "single": {"value": 3}}
        (tmp_path / outcome.name / "results.json").write_text(json.dumps({"values": values}))
    made = list(csv.DictReader(io.StringIO(results_csv(tmp_path, [*outcomes, Outcome("r3", "mine", "failed")]))))
    assert [(row["report"], row["parameter_n"], row["name"], row["estimate"], row["n_obs"]) for row in made] == [
        ("r1", "1", "x.a", "3.0", ""), ("r1", "1", "single", "3", ""), ("r2", "2", "x.a", "3.0", ""), ("r2", "2", "single", "3", ""),
    ]  # fmt: skip
    assert "parameter_k" not in made[0]
    made = dict.fromkeys(("report.html", "results.json", "our-duties.html", "brief.html", "tables/a.csv"), "")
    (tmp_path / "r1" / "run.json").write_text(json.dumps({"files": made}))
    (tmp_path / "r1" / "notes.html").write_text("mine")
    page = index_page("T", outcomes, folder=tmp_path)
    assert 'href="results.csv" download' in page
    assert 'href="r1/results.json"' in page
    assert "r1/report.pdf" not in page
    links = (
        '<a href="r1/brief.html">brief</a> · <a href="r1/our-duties.html">our duties</a> · <a href="r1/results.json">'
    )
    assert links in page, "pages of chapters follow the brief"
    assert "notes.html" not in page
