"""The page of a report and the index of a batch: complete, self-contained, and deaf to hostile text."""

from __future__ import annotations

import base64
import hashlib

import html5lib
import pandas as pd
import pytest

from lpo_analysis.reporting import notebook as show
from lpo_analysis.reporting.index import index_page
from lpo_analysis.reporting.jobs import Outcome
from lpo_analysis.reporting.page import cards_of, page, spoken
from lpo_analysis.reporting.progress import summary
from lpo_analysis.results import Result, tidy

VALUE = {
    "estimate": 0.4912,
    "conf_low": 0.1234,
    "conf_high": 0.7654,
    "level": 0.9,
    "n_obs": 3,
    "unit": "share",
    "label": "net saving",
    "headline": True,
}


def _tree(html: str):
    return html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)


def _text(element) -> str:
    return " ".join("".join(element.itertext()).split())


def _by_class(tree, name: str) -> list:
    return [element for element in tree.iter() if name in str(element.get("class", "")).split()]


def _figure() -> Result:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    frame = pd.DataFrame({"x": [1, 2]})
    return Result(
        "f",
        tidy([{"term": "a"}]),
        "",
        plot_data=frame,
        draw=lambda frame, ax=None: plt.figure().add_subplot(),
        alt="An empty frame.",
    )


@pytest.fixture
def outputs(emitted):
    """Turn what was shown so far into the outputs of one cell."""

    def take(call, *arguments, **options):
        call(*arguments, **options)
        taken = list(emitted)
        emitted.clear()
        return taken

    return take


def test_a_page_shows_prose_findings_cards_figures_tables_and_code(notebook_of, outputs):
    said = outputs(show.finding, "What would it save?", "Much.")
    drawn = outputs(show.figure, _figure(), caption="A caption.")
    table = outputs(show.table, pd.DataFrame({"a": [1.5]}), name="t", title="A title")
    recorded = [{"output_type": "display_data", "data": {show.VALUES: {"v": VALUE}, "text/plain": "v"}, "metadata": {}}]
    tree = _tree(page(notebook_of("# Heading\n\nProse.", said, drawn, table, recorded, tags=["findings"]), name="demo"))
    assert _text(tree.find(".//title")) == "Heading · What would it save?"
    assert _text(tree.find(".//h1")) == "Heading"
    assert [_text(p) for p in _by_class(tree, "finding")[0].iter("p")] == ["What would it save?", "Much."]
    assert _text(_by_class(tree, "card")[0]) == "Net saving49%90% interval 12% to 77%"
    assert _text(tree.find(".//figcaption")) == "A caption."
    assert tree.find(".//img").get("alt") == "An empty frame."
    assert tree.find(".//img").get("src").startswith("data:image/png;base64,")
    assert "1.50" in _text(_by_class(tree, "tablewrap")[0])
    assert [_text(code) for code in tree.iter("pre")] == ["pass pass pass pass"], "the code of a section shares a fold"


def test_recorded_values_are_not_printed_on_the_page(notebook_of):
    cell = [
        {
            "output_type": "display_data",
            "data": {show.VALUES: {"v": {"value": 1}}, "text/plain": "secret = 1"},
            "metadata": {},
        }
    ]
    assert "secret" not in page(notebook_of("# T", cell), name="demo")


def test_the_contents_list_every_section_in_order_and_every_link_resolves(notebook_of):
    sources = ["# T", "## One & *two*", "### Part", "## `Three`", "## Ärger über 4"]
    tree = _tree(page(notebook_of(*sources), name="demo"))
    links = [(_text(a), a.get("href")) for a in tree.find(".//nav").iter("a")]
    assert [text for text, _ in links] == ["One & two", "Three", "Ärger über 4"]
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert [href for _, href in links if href.removeprefix("#") not in ids] == []


@pytest.mark.parametrize(
    "sections", [["## Same", "## Same"], ["## Same\n\n### Same"], ["## 日本", "## 中国"]], ids=repr
)
def test_sections_with_like_headings_have_anchors_of_their_own(notebook_of, sections):
    tree = _tree(page(notebook_of("# T", *sections), name="demo"))
    ids = [heading.get("id") for level in ("h2", "h3") for heading in tree.iter(level)]
    assert all(ids), f"a heading without an anchor: {ids}"
    assert len(set(ids)) == len(ids), f"two headings share an anchor: {ids}"


def test_a_table_named_like_a_section_does_not_take_its_anchor(notebook_of, outputs):
    table = outputs(show.table, pd.DataFrame({"a": [1.5]}), name="checks", title="Checks")
    tree = _tree(page(notebook_of("# T\n\n## Checks", table), name="demo"))
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert sorted(ids) == sorted(set(ids)), f"an id stands twice: {sorted(ids)}"


def _hostile_notebook(notebook_of, outputs, hostile):
    frame = pd.DataFrame({"a": [hostile], "b": [1.0]})
    table = outputs(
        show.table, frame, name="t", title=hostile, columns={"a": (hostile, "text"), "b": ("b", "number")}, note=hostile
    )
    drawn = outputs(show.figure, _figure(), caption=hostile, alt=hostile, sources=[hostile])
    printed = [{"output_type": "stream", "name": "stdout", "text": hostile}]
    failed = [{"output_type": "error", "ename": "ValueError", "evalue": hostile, "traceback": [hostile]}]
    plain = [{"output_type": "execute_result", "execution_count": 1, "data": {"text/plain": hostile}, "metadata": {}}]
    recorded = [
        {
            "output_type": "display_data",
            "data": {show.VALUES: {hostile: VALUE | {"label": hostile, "unit": hostile}}},
            "metadata": {},
        }
    ]
    cells = [outputs(show.finding, f"{hostile}?", hostile), recorded, table, drawn, printed, failed, plain]
    prose = f"# {hostile}\n\n## {hostile}\n\n{hostile}"
    return notebook_of(prose, *cells, source=f"# {hostile}", tags=["findings"])


def test_hostile_text_comes_out_as_text_wherever_it_stands(notebook_of, outputs, hostile):
    html = page(_hostile_notebook(notebook_of, outputs, hostile), name=hostile)
    tree = _tree(html)
    assert "<script" not in html.casefold()
    assert [
        element.tag for element in tree.iter() if element.tag in ("script", "iframe", "object", "embed", "link", "base")
    ] == []
    handlers = [(element.tag, name) for element in tree.iter() for name in element.keys() if name.startswith("on")]  # noqa: SIM118
    assert handlers == [], f"text became the attributes {handlers}"
    assert [
        img.get("src") for img in tree.iter("img") if not img.get("src", "").startswith("data:image/png;base64,")
    ] == []
    assert [a.get("href") for a in tree.iter("a") if not a.get("href").startswith("#")] == []
    assert _text(tree).count("<script>document.title='pwned'</script>") >= 10, "text is lost instead of shown"


def test_every_picture_on_a_page_has_an_alternative_text(notebook_of, outputs, hostile):
    tree = _tree(page(_hostile_notebook(notebook_of, outputs, hostile), name="demo"))
    assert [img.get("alt") for img in tree.iter("img")] == [hostile]


def test_a_page_forbids_scripts_and_requests_to_the_browser(notebook_of):
    tree = _tree(page(notebook_of("# T"), name="demo"))
    (policy,) = [
        meta.get("content") for meta in tree.iter("meta") if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.split(maxsplit=1) for rule in policy.split("; "))
    assert rules == {"default-src": "'none'", "img-src": "data:", "style-src": "'unsafe-inline'"}


def test_a_page_without_heading_or_outputs_is_still_a_page(notebook_of):
    tree = _tree(page(notebook_of("Only prose.", []), name="demo"))
    assert _text(tree.find(".//title")) == "demo"


def test_a_finding_without_a_sentence_does_not_break_the_page(notebook_of, outputs):
    tree = _tree(page(notebook_of("# T", outputs(show.finding, "")), name="demo"))
    assert _text(tree.find(".//title")) == "T"


def test_a_question_that_could_not_be_answered_has_a_card_without_an_interval():
    missing = VALUE | {"estimate": None, "conf_low": None, "conf_high": None}
    (card,) = cards_of({"v": missing, "w": {"value": 1}})
    assert (card["label"], card["big"], card["span"]) == ("Net saving", "not estimable", "")


@pytest.mark.parametrize(
    ("item", "big", "span"),
    [
        (VALUE, "49%", "90% interval 12% to 77%"),
        (
            VALUE | {"unit": "hours", "estimate": 1234.0, "conf_low": 10.0, "conf_high": "inf"},
            "1,200",
            "90% interval 10 to never hours",
        ),
        (VALUE | {"unit": "share", "conf_high": "inf"}, "49%", "90% interval 12% to never"),
        (VALUE | {"unit": "hours", "estimate": "inf", "conf_low": None, "conf_high": None}, "never", "hours"),
        (VALUE | {"estimate": 0.998, "conf_low": None, "conf_high": None}, "over 99%", ""),
        (VALUE | {"estimate": -0.2, "conf_low": None, "conf_high": None}, "-20%", ""),
        (VALUE | {"estimate": 0.002, "unit": "probability", "conf_low": None, "conf_high": None}, "under 1%", ""),
    ],
    ids=["share", "open interval", "open share", "never", "almost all", "a fall", "hardly ever"],
)
def test_a_recorded_value_is_put_into_words(item, big, span):
    words = spoken(item)
    assert (words["big"], words["span"]) == (big, span)


def test_the_index_shows_hostile_names_titles_and_reasons_as_text(hostile):
    outcomes = [
        Outcome(
            hostile, hostile, "done", parameters={hostile: hostile}, headlines=[VALUE | {"name": "v", "label": hostile}]
        ),
        Outcome(hostile, hostile, "failed", error=hostile),
    ]
    html = index_page(hostile, outcomes)
    tree = _tree(html)
    assert html.casefold().count("<script") == 1, "the search of the page, and nothing else"
    (script,) = (element.text for element in tree.iter("script"))
    allowed = "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(m.get("content") for m in tree.iter("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert f"script-src '{allowed}'" in policy
    assert [element.tag for element in tree.iter("img")] == []
    assert [(element.tag, name) for element in tree.iter() for name in element.keys() if name.startswith("on")] == []  # noqa: SIM118


def test_the_index_links_what_was_made_and_says_why_the_rest_was_not():
    outcomes = [
        Outcome(
            "one",
            "savings",
            "done",
            parameters={"task": "legal_research", "location": "IND"},
            headlines=[VALUE | {"name": "v"}],
        ),
        Outcome(
            "two",
            "savings",
            "cached",
            parameters={"task": "document_review", "location": "IND"},
            headlines=[VALUE | {"name": "v"}],
        ),
        Outcome(
            "three",
            "savings",
            "refused",
            parameters={"task": "due_diligence", "location": "IND"},
            error="No price on file.",
        ),
        Outcome("four", "savings", "failed", error="A cell failed."),
    ]
    tree = _tree(index_page("Batch", outcomes))
    assert [a.get("href") for a in tree.iter("a")] == ["one/report.html", "two/report.html"]
    rows = [[_text(cell) for cell in row] for row in tree.find(".//tbody")]
    assert [row[0] for row in rows] == ["one", "two", "three", "four"]
    assert [row[1] for row in rows] == ["done", "doneunchanged", "refused", "failed"]
    assert "No price on file." in rows[2]
    assert "A cell failed." in rows[3]
    assert "legal_research" in rows[0]
    assert "document_review" in rows[1]
    assert summary(outcomes) == "4 reports: 2 made, 1 refused and 1 failed."


def test_the_index_of_no_finished_report_is_still_a_page():
    tree = _tree(index_page("Batch", [Outcome("one", "savings", "failed", error="Lost.")]))
    assert "Lost." in _text(tree.find(".//table"))


def test_what_is_shown_opens_its_sources_without_a_script(outputs, notebook_of):
    columns = ["number", "source_id", "publisher", "published", "title", "url", "grade", "figures"]
    listed = {"name": "sources", "title": "Sources", "columns": columns, "rows": [[1, "s", "Maker", "2020", "Report", "https://example.org", "A", "row_a"]]}  # fmt: skip
    known = Result("r", tidy([{"term": "a"}]), "Half do.", rows=("row_a",))
    said = outputs(show.finding, known)
    table = outputs(show.table, known.table, name="t", title="T", columns={"term": ("Term", "text")})
    html_list = '<ol class="sources"><li id="source-1">Maker</li></ol>'
    sources = [
        {
            "output_type": "display_data",
            "data": {show.TABLE: listed, "text/html": html_list, "text/plain": ""},
            "metadata": {},
        }
    ]
    html = page(notebook_of("# T", said, table, sources), name="n")
    tree = _tree(html)
    entries = [element for element in tree.iter() if element.get("id") == "s1"]
    assert len([element for element in tree.iter("button") if element.get("popovertarget") == "s1"]) == 2
    assert [(entry.tag, _text(entry)) for entry in entries] == [("li", "Maker (2020). Report. Grade A.")]
    assert entries[0].get("popover") == "", "the entry of the list is what opens"
    assert "<script" not in html
