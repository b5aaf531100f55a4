"""The index of a batch: every report is found on it, and one that failed says where, why and with what."""

from __future__ import annotations

import re

from lpo_analysis.reporting.index import index_page
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
    assert header == ["Report", "n", "Net saving", "Status"]
    assert first[:2] == ["a", "1"]
    assert second[:2] == ["b", "2"]
    assert "KeyError" in second[2]
    assert "k: 7" in second[2]
    assert width(page) == {4}


def test_a_notebook_that_records_no_number_gets_no_column_of_numbers():
    outcomes = [Outcome(f"r{n}", "mine", "done", parameters={"n": n}) for n in (1, 2)]
    page = index_page("T", outcomes)
    assert rows(page) == [["Report", "n", "Status"], ["r1", "1", "done"], ["r2", "2", "done"]]
    page = index_page("T", [*outcomes, Outcome("r3", "mine", "failed", parameters={"n": 3}, error="broken")])
    assert rows(page)[0] == ["Report", "n", "Reason", "Status"]
    assert width(page) == {4}


def test_what_notebooks_say_is_text_and_no_html(hostile):
    outcomes = [
        Outcome("a", "mine", "failed", parameters={"n": hostile}, error=hostile),
        Outcome("b", "mine", "done", parameters={"n": "b"}, headlines=[NUMBER | {"label": hostile}]),
    ]
    page = index_page(hostile, outcomes, notes=[{hostile: hostile}])
    assert "<script" not in page
    assert "<img" not in page


def test_every_notebook_has_a_table_of_its_own_and_a_done_report_is_linked():
    outcomes = [Outcome("a", "mine", "cached"), Outcome("b", "yours", "refused", error="no evidence")]
    page = index_page("T", outcomes)
    assert page.count("<table>") == 2
    assert '<a href="a/report.html">a</a>' in page
    assert 'href="b/' not in page
    assert "2 reports: 1 made and 1 refused." in page
