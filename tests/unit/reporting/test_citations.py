"""What opens the sources of a page."""

from __future__ import annotations

import pytest

from lpo_analysis.reporting.citations import MOST, Citations
from lpo_analysis.reporting.notebook import TABLE

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
    assert "printed" not in few
    assert many.count("<button") == MOST
    assert f'href="#source-{MOST + 1}"' in many
    assert "6 further sources" in many
    assert f'<span class="printed">[1–{MOST + 6}]</span>' in many
    assert found.opened([]) == found.opened([99]) == ""


def test_brackets_in_cells_open_their_source_and_others_stay_text():
    found = Citations(_bundles(2))
    html = "<table><thead><tr><th>[1]</th></tr></thead><tbody><tr><td>a [2] [7]</td></tr></tbody></table>"
    made = found.in_table(html, {"columns": ["a"], "rows": [["a [2] [7]"]]})
    assert made.count("popovertarget") == 1
    assert "<th>[1]</th>" in made
    assert "[7]" in made


def test_a_row_that_is_an_observation_opens_its_own_source():
    found = Citations(_bundles(2))
    html = "<table><tbody><tr><td>x</td><td>1</td></tr><tr><td>y</td><td>2</td></tr></tbody></table>"
    made = found.in_table(html, {"columns": ["term", "n"], "rows": [["row_2", 1], ["own", 2]]})
    assert '<td>x <button class="ref" popovertarget="s2"' in made
    assert "<td>y</td>" in made


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "file:///etc/passwd"])
def test_only_addresses_of_the_web_are_links(url):
    (source,) = Citations(_bundles(1, url)).sources.values()
    assert source.link == ""
    assert Citations(_bundles(1)).sources[1].link == "https://example.org/1"


def test_only_sources_that_something_opens_get_a_card():
    found = Citations(_bundles(3))
    assert [source.number for source in found.used(found.opened([3, 1]))] == [1, 3]
