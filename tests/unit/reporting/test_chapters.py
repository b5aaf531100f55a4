"""Chapters on pages of their own: where they stand, what leads to them, which sources they list, and tags that make no sense."""

from __future__ import annotations

import html5lib
import pandas as pd
import pytest
from nbformat import v4

from lpo_analysis.errors import NotebookError
from lpo_analysis.parameters.synthetic import NOTICE
from lpo_analysis.reporting import chapters, library
from lpo_analysis.reporting import notebook as show
from lpo_analysis.reporting.page import pages
from lpo_analysis.results import Result, Statement, tidy
from lpo_analysis.wording import traced

COLUMNS = ["number", "source_id", "publisher", "published", "title", "url", "grade", "figures"]
SOURCES = {"name": "sources", "title": "Sources", "columns": COLUMNS, "rows": [[n, f"s{n}", f"Maker {n}", "2020", f"Study {n}", f"https://example.org/{n}", "A", f"row_{n}"] for n in range(1, 13)]}  # fmt: skip


def _cell(source, tag=None, outputs=None):
    made = v4.new_markdown_cell(source) if outputs is None else v4.new_code_cell(source, outputs=outputs)
    made.metadata["tags"] = [] if tag is None else [f"page:{tag}"]
    return made


def _shown(data):
    return [v4.new_output("display_data", data={"text/html": "", "text/plain": "", **data})]


@pytest.fixture
def said(emitted):
    """A cell that says something and rests on rows."""

    def make(*told):
        emitted.clear()
        show.finding(*(Result("r", tidy([{"term": "a"}]), text, rows=rows) for text, rows in told))
        return _cell(f"say({len(told)})", outputs=[v4.new_output("display_data", data=o["data"]) for o in emitted])

    return make


@pytest.fixture
def table(emitted):
    def make(name):
        emitted.clear()
        show.table(pd.DataFrame({"a": [1.5]}), name=name, title=f"Table {name}")
        return _cell(f"table({name!r})", outputs=[v4.new_output("display_data", data=o["data"]) for o in emitted])

    return make


@pytest.fixture
def made(said, table):
    """A report with one chapter on a page of its own and two that share one."""
    many = tuple(f"row_{n}" for n in range(5, 12))
    cells = [
        _cell("# Title"), _cell("## Glance\n\nSee [below](#section-depth-of-a) and [its table](#table-deep)."), said(("At first. Told here. And more.", ("row_1",))),
        _cell("## A", "a"), said(("Half do. Most do not. Nobody knows why.", ("row_2", "row_3"))), _cell("### Depth of A"), table("deep"),
        _cell("## B", "b-and-c"), said(("At first. Told here. No more.", ("row_1",))), _cell("### Part of B"),
        _cell("## C"), said(("C is so.", many)), _cell("## D", "report"), said(("D is so.", ("row_4",))), _cell("## Sources"), _cell("list", outputs=_shown({show.TABLE: SOURCES})),
    ]  # fmt: skip
    return v4.new_notebook(cells=cells)


def _tree(html):
    return html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)


def _words(element):
    return " ".join("".join(element.itertext()).split())


def _entries(html):
    return [_words(item) for top in _tree(html).iter("ol") if top.get("class") == "sources" for item in top]


def _all(tree, tag):
    return [_words(element) for element in tree.iter(tag)]


def test_a_chapter_and_what_follows_stands_on_its_page_until_a_heading_leads_back(made):
    found = pages(made, name="demo")
    assert list(found) == ["report.html", "a.html", "b-and-c.html"]
    report, one, two = map(_tree, found.values())
    assert (_all(report, "h1"), _all(report, "h2")) == (
        ["Title"],
        ["Glance", "A", "B", "C", "D", "Sources"],
    )
    assert (_all(one, "h1"), _all(one, "h2")) == (["A"], ["Depth of A", "Sources"])
    assert (_all(two, "h1"), _all(two, "h2"), _all(two, "h3")) == (["B and C"], ["B", "C", "Sources"], ["Part of B"])
    assert [_words(tree.find(".//title")) for tree in (report, one, two)] == ["Title", "A · Title", "B and C · Title"]
    assert "Table deep" in found["a.html"]
    assert "Table deep" not in found["report.html"]
    assert [code for code in _all(report, "code") if "(" in code] == ["say(1)", "say(1)"]


def test_the_report_leads_to_a_chapter_and_tells_its_first_sentences_unless_it_has_told_them(made):
    found = pages(made, name="demo")
    report = _tree(found["report.html"])
    contents = [(_words(a), a.get("href")) for a in report.find(".//nav").iter("a")]
    assert contents == [("Glance", "#section-glance"), ("A", "a.html"), ("B", "b-and-c.html"), ("C", "b-and-c.html#section-c"), ("D", "#section-d"), ("Sources", "#section-sources")]  # fmt: skip
    told = [_words(element) for element in report.iter("div") if element.get("class") == "finding"]
    assert told == ["At first. Told here. And more.1", "Half do. Most do not.23", "C is so.567+4[5–11]", "D is so.4"]
    blocks = [element for element in report.iter("div") if element.get("class") == "elsewhere"]
    assert [[(_words(a), a.get("href")) for a in block.iter("a")] for block in blocks] == [
        [("a.html", "a.html"), ("Depth of A", "a.html#section-depth-of-a")], [("b-and-c.html", "b-and-c.html"), ("Part of B", "b-and-c.html#section-part-of-b")],
        [("b-and-c.html", "b-and-c.html#section-c")],
    ]  # fmt: skip
    assert [_words(block.find("p")) for block in blocks[:2]] == ["On a page of its own: a.html", "On the page “B and C”: b-and-c.html"]  # fmt: skip
    assert "a.html (A), b-and-c.html (B and C)" in _words(report.find(".//footer"))


def test_every_page_lists_what_it_cites_and_every_source_stands_on_a_page(made):
    found = pages(made, name="demo")
    numbers = {file: [int(item.partition(" (")[0].removeprefix("Maker ")) for item in _entries(html)] for file, html in found.items()}  # fmt: skip
    # The twelfth is cited by nothing.
    assert numbers == {"report.html": list(range(1, 13)), "a.html": [2, 3], "b-and-c.html": [1, 5, 6, 7, 8, 9, 10, 11]}
    for html in found.values():
        tree = _tree(html)
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        assert {button.get("popovertarget") for button in tree.iter("button")} <= set(ids)
        assert all(f"s{number}" in html for number in _tree_spans(tree))
    values = {item.get("id"): item.get("value") for item in _tree(found["a.html"]).iter("li") if item.get("id")}
    assert values == {"s2": "2", "s3": None}


def _tree_spans(tree):
    """The numbers that a page prints after a count."""
    return [int(n) for i in tree.iter("i") for n in (_words(i).strip("[]").partition("–")[0],)]


def test_what_only_a_chapter_cites_is_listed_there_and_the_report_says_so(made):
    made.cells[4].outputs[0].data[show.FINDING].append({"text": "More.", "behind": ["row_12"]})
    found = pages(made, name="demo")
    assert "Maker 12 (2020). Study 12. Grade A." not in _entries(found["report.html"])
    assert "Maker 12 (2020). Study 12. Grade A." in _entries(found["a.html"])
    (told,) = [p for p in _tree(found["report.html"]).iter("p") if p.get("class") == "further"]
    assert _words(told) == "Further sources stand on the pages of the chapters that cite them: A (1)."
    assert [a.get("href") for a in told.iter("a")] == ["a.html#sources"]


def test_every_link_within_a_report_leads_to_a_place(made):
    found = {file: _tree(html) for file, html in pages(made, name="demo").items()}
    ids = {file: {element.get("id") for element in tree.iter()} for file, tree in found.items()}
    links = [(file, a.get("href")) for file, tree in found.items() for a in tree.iter("a")]
    assert ("report.html", "a.html#section-depth-of-a") in links, "a link within the text follows its section"
    assert ("report.html", "a.html#table-deep") in links
    for file, link in links:
        page, _, anchor = link.partition("#")
        assert link.startswith("https:") or (anchor or None) in {None, *ids[page or file]}, (file, link)
    forward = [[a.get("href") for p in found[file].iter("p") if p.get("class") == "turn" for a in p.iter("a")] for file in ("a.html", "b-and-c.html")]  # fmt: skip
    assert forward == [["report.html", "b-and-c.html"], ["report.html", "report.html#section-d"]]


@pytest.fixture
def brief(emitted):
    emitted.clear()
    saving = traced("$780", "values/deep.x/estimate")
    parts = [("Do", [Statement(f"Move: {saving}.")]), ("Sure", [Statement("Low.")]), ("For", [Statement("It pays.", ("row_12",), "M")]), ("Against", [Statement("No.", ("row_1",), "M")])]  # fmt: skip
    show.brief("What?", Result("plan", tidy([{"term": "x"}]), "", model={"parts": parts}), note="N.")
    made = _cell("brief", outputs=[v4.new_output("display_data", data=o["data"]) for o in emitted])
    emitted.clear()
    return made


def test_a_brief_leads_to_the_page_where_a_number_and_a_source_stand(made, brief):
    made.cells.insert(3, brief)
    made.cells[5].outputs[0].data[show.FINDING].append({"text": "More.", "behind": ["row_12"]})
    found = pages(made, name="demo")
    alone, inside = ([a.get("href") for a in _tree(found[file]).iter("a")] for file in ("brief.html", "report.html"))
    assert "a.html#section-depth-of-a" in alone
    assert {"report.html#s1", "report.html#s12"} <= set(alone)
    assert {"a.html#section-depth-of-a", "#s1", "#s12"} <= set(inside)
    assert "Maker 12 (2020). Study 12. Grade A." in _entries(found["report.html"]), "the brief on the report cites it"
    made.cells[3:4], moved = [], made.cells[3]
    made.cells.insert(4, moved)
    alone = [a.get("href") for a in _tree(pages(made, name="demo")["brief.html"]).iter("a")]
    assert {"report.html#s1", "a.html#s12", "a.html#section-depth-of-a"} <= set(alone)


def test_a_notice_stands_on_every_page(made, brief):
    text = "Synthetic example data, no finding: the file is an example."
    made.cells[1:1] = [_cell("p", outputs=_shown({NOTICE: {"text": text}})), brief]
    found = pages(made, name="demo")
    assert len(found) == 4
    for html in found.values():
        (told,) = [_words(item) for item in _tree(html).iter("div") if item.get("class") == "notice"]
        assert told == text


def test_hostile_headings_and_sentences_are_text(made, said, hostile):
    made.cells[3:5] = [_cell(f"## {hostile}", "a"), said((f"{hostile}. Then so.", ()))]
    for html in pages(made, name=hostile).values():
        assert "<script" not in html.casefold()
        assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in html
        assert [e.tag for e in _tree(html).iter() if e.tag in ("script", "img")] == []


def test_without_a_tag_there_is_one_page_with_all_sources(made):
    for cell in made.cells:
        cell.metadata["tags"] = []
    found = pages(made, name="demo")
    assert list(found) == ["report.html"]
    assert len(_entries(found["report.html"])) == 12


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([_cell("## A", "Qu 1")], r"demo, cell 2 \('## A'\): has the tag 'page:Qu 1', which names no page\. Name it by small letters"),
        ([_cell("## A", "")], "which names no page"),
        ([_cell("## A", "../x")], "which names no page"),
        ([_cell("## A", "brief")], r"the kit writes brief\.html by itself\. Choose another name"),
        ([_cell("## A", "index")], r"the kit writes index\.html"),
        ([_cell("No heading", "a")], "begins no chapter"),
        ([_cell("### A", "a")], "begins no chapter"),
        ([_cell("## A", "a", outputs=[])], "begins no chapter"),
        ([_cell("## A", "a"), _cell("## B", "report"), _cell("## C", "a")], r"cell 4 \('## C'\): goes back to the page 'a\.html', which cell 2 began"),
        ([_cell("## A", "a"), _cell("## B", "b"), _cell("## C", "a")], "goes back to the page"),
        ([_cell("## A", "a") | {"metadata": {"tags": ["page:a", "page:b"]}}], "has the tags 'page:a' and 'page:b'"),
    ],
)  # fmt: skip
def test_a_tag_that_makes_no_sense_is_refused_with_its_cell_and_the_remedy(cells, says):
    with pytest.raises(NotebookError, match=says):
        chapters.places([_cell("# T"), *cells], where="demo")


def test_adjacent_chapters_may_name_the_same_page_and_the_report_itself_be_named_at_any_time():
    cells = [_cell("## A", "a"), _cell("x", outputs=[]), _cell("## B", "a"), _cell("## C", "report"), _cell("## D", "report")]  # fmt: skip
    assert chapters.places(cells, where="demo") == ["a.html"] * 3 + ["report.html"] * 2


def test_a_bad_tag_is_refused_before_anything_runs(tmp_path, checkout):
    import nbformat

    book = nbformat.read(checkout / "notebooks" / "template.ipynb", as_version=4)
    book.cells.append(_cell("## Late", "Late"))
    nbformat.write(book, tmp_path / "mine.ipynb")
    with pytest.raises(NotebookError, match=rf"mine\.ipynb, cell {len(book.cells)} \('## Late'\)"):
        library.read(tmp_path / "mine.ipynb")
