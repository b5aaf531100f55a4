"""What opens the sources of a page."""

from __future__ import annotations

import pytest

from lpo_analysis.reporting.bundles import TABLE
from lpo_analysis.reporting.citations import MOST, Citations

COLUMNS = ["number", "source_id", "publisher", "published", "title", "url", "grade", "figures"]


def _bundles(n: int, url: str = "https://example.org/{}"):
    rows = [[i, f"s{i}", f"Maker {i}", "2020", f"Report {i}", url.format(i), "A", f"row_{i}, more_{i}"] for i in range(1, n + 1)]  # fmt: skip
    return [{TABLE: {"name": "sources", "columns": COLUMNS, "rows": rows}}, {"text/plain": "x"}]


def test_rows_lead_to_the_numbers_of_the_list_and_unknown_ones_are_passed_over():
    found = Citations(_bundles(3))
    assert found.numbers(["more_3", "row_1", "own row", None]) == [1, 3]


def test_a_few_sources_are_all_buttons_and_many_are_counted_on_screen_but_printed_in_full():
    found = Citations(_bundles(MOST + 6))
    few, many = found.opened([1, 2]), found.opened(range(1, MOST + 7))
    assert few.count("<button") == 2
    assert "<i>" not in few
    assert many.count("<button") == MOST
    assert f"href=#s{MOST + 1}" in many
    assert ">+6<" in many
    assert f"<i>[1–{MOST + 6}]</i>" in many
    assert found.opened([]) == found.opened([99]) == ""


def test_brackets_in_cells_open_their_source_and_others_stay_text():
    found = Citations(_bundles(2))
    ((made,),) = found.in_cells([["a [2] [7]"]], {"columns": ["a"], "rows": [["a [2] [7]"]]})
    assert made == "a <button popovertarget=s2>2</button> [7]"


def test_a_row_that_is_an_observation_opens_its_own_source():
    found = Citations(_bundles(2))
    made = found.in_cells([["x", "1"], ["y", "2"]], {"columns": ["term", "n"], "rows": [["row_2", 1], ["own", 2]]})
    assert made == [["x <button popovertarget=s2>2</button>", "1"], ["y", "2"]]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "file:///etc/passwd"])
def test_only_addresses_of_the_web_are_links(url):
    (source,) = Citations(_bundles(1, url)).sources.values()
    assert source.link == ""
    assert Citations(_bundles(1)).sources[1].link == "https://example.org/1"


def test_only_sources_that_something_opens_are_shown_to_a_pointer():
    found = Citations(_bundles(3))
    assert found.asked(found.opened([3, 1])) == [1, 3]
    assert found.asked("<p>popovertarget=s2</p>") == [], "words that a report shows ask for nothing"


def test_the_list_of_sources_keeps_its_numbers_and_is_what_opens():
    found = Citations(_bundles(3))
    listed = found.listed([2, 3])
    assert '<li popover id=s2 value=2>Maker 2 (2020). <a href="https://example.org/2">Report 2</a>. Grade A.' in listed
    assert "<li popover id=s3>Maker 3" in listed
    assert "popover" not in found.listed([2, 3]), "an identifier stands once"


@pytest.mark.parametrize("url", ["javascript:alert(1)", 'https://x.org/"onclick=alert(1)//'])
def test_no_address_breaks_out_of_the_list_of_sources(url):
    listed = Citations(_bundles(1, url)).listed([1])
    assert "javascript" not in listed
    assert '"onclick' not in listed
