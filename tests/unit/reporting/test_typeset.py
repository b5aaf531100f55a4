"""A table of a page says what great-tables has set, cell by cell, with less markup."""

from __future__ import annotations

import html5lib
import pandas as pd

from lpo_analysis.reporting import notebook as show
from lpo_analysis.reporting import typeset


def _set(emitted, frame: pd.DataFrame, **options) -> str:
    show.table(frame, name="t", **options)
    return emitted[-1]["data"]["text/html"]


def test_a_table_is_read_as_it_was_set(emitted):
    frame = pd.DataFrame({"who": ['x & y\'s "own"', ""], "n": [1.5, None]})
    html = _set(emitted, frame, title="A <title>", note='Mind "this" & that.', sources=["From there."])
    grid = typeset.read(html)
    assert grid.title == "A &lt;title&gt;"
    assert grid.heads == (("who", False), ("n", True))
    assert grid.rows == (('x &amp; y\'s "own"', "1.50"), ("", ""))
    assert grid.notes == ('Mind "this" &amp; that.', "From there.")
    assert grid.classes == ["n2"]


def test_columns_of_many_words_are_not_squeezed(emitted):
    frame = pd.DataFrame({"short": ["x"], "middle": ["x" * 30], "long": ["&" * 80], "n": [1]})
    grid = typeset.read(_set(emitted, frame, title="T"))
    assert grid.classes == ["m2", "w3", "n4"]
    css = typeset.rules([*grid.classes, "n10", "n4"])
    assert ":is(.n4 :nth-child(4),.n10 :nth-child(10)):is(td,th){text-align:right" in css
    assert ":is(.w3 :nth-child(3)):is(td){min-width:13rem}" in css
    assert typeset.rules([]) == ""


def test_an_empty_table_keeps_its_heads(emitted):
    grid = typeset.read(_set(emitted, pd.DataFrame({"a": pd.Series(dtype=float)}), title="T"))
    assert (grid.heads, grid.rows) == ((("a", True),), ())


def test_what_is_no_table_of_the_kit_is_not_read():
    assert typeset.read("<section><p>A list.</p></section>") is None
    assert typeset.read("<table><tbody><tr><td>1</td></tr></tbody></table>") is None


def test_what_is_written_is_valid_without_end_tags_and_named_by_its_title(emitted, hostile):
    frame = pd.DataFrame({"a": [hostile, "[1]"], "b": [1, 2]})
    grid = typeset.read(_set(emitted, frame, title=hostile, note=hostile))
    html = typeset.write(grid, anchor=f"table-{hostile}", cells=grid.rows)
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(f"<!DOCTYPE html><title>t</title>{html}")
    assert parser.errors == []
    table = tree.find(".//table")
    assert ["".join(cell.itertext()).strip() for cell in table.iter("td")] == [hostile, "1", "[1]", "2"]
    assert ["".join(cell.itertext()) for cell in table.iter("th")] == ["a", "b"]
    assert table.get("class") == "w1 n2"
    (title,) = (element for element in tree.iter("p") if element.get("class") == "title")
    region = next(element for element in tree.iter("div"))
    assert title.get("id") == table.get("aria-labelledby") == region.get("aria-labelledby")
    assert [element.tag for element in tree.iter() if element.tag in ("script", "img")] == []
