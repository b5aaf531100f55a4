"""The brief as a page: numbers that lead somewhere, references, a print that is made to fit, and text that stays text."""

import html5lib
import pandas as pd
import pytest

from lpo_analysis.reporting import brief, outputs
from lpo_analysis.reporting import notebook as show
from lpo_analysis.reporting.citations import Citations
from lpo_analysis.reporting.page import pages
from lpo_analysis.results import Result, Statement, tidy
from lpo_analysis.wording import traced, traces, untraced

SOURCES = {
    "name": "sources", "title": "Sources", "columns": ["number", "source_id", "publisher", "published", "title", "url", "grade", "figures"],
    "rows": [[1, "s1", "Bar", "2006", "An opinion", "https://example.org/1", "A", "opinion:one"], [2, "s2", "Bureau", "2020", "A table", "", "B", "row_a, row_b"]],
}  # fmt: skip


def told(*, extra=(), name="plan"):
    saving = traced("$780", f"values/{name}.saving/estimate")
    parts = [
        (
            "Recommendation",
            [Statement(f"Move: that brings {saving} over {traced('3 years', 'parameters/horizon_years')}.")],
        ),
        ("How sure", [Statement("Low.")]),
        ("For", [Statement(f"It saves {saving}.")]),
        ("Against", [Statement("It may not.", ("row_a",), "Bureau 2020"), Statement("Nobody knows.")]),
        ("Conditions", [Statement("Ask.", ("opinion:one",), "Bar 2006"), *extra]),
    ]
    return Result("plan", tidy([{"term": "saving", "estimate": 780.0}]), "", rows=("row_a",), model={"parts": parts})


@pytest.fixture
def made(emitted, notebook_of):
    def make(result, **options):
        emitted.clear()
        show.brief("What to do?", result, note="Assumptions hold.", **options)
        brought = list(emitted)
        emitted.clear()
        show.table(pd.DataFrame({"a": [1.5]}), name="shown", title="A title")
        table = list(emitted)
        listed = [
            {
                "output_type": "display_data",
                "data": {show.TABLE: SOURCES, "text/html": "<ol></ol>", "text/plain": ""},
                "metadata": {},
            }
        ]
        return notebook_of("# Heading", "## Brief", brought, "### The plan", table, "## Sources", listed)

    return make


def tree(html):
    return html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)


def words(element):
    return " ".join("".join(element.itertext()).split())


def test_marks_come_off_and_cut_a_sentence():
    text = f"It is {traced('5%', 'values/a.b/estimate')} of {traced('all', 'parameters/c')}"
    assert untraced(text) == "It is 5% of all"
    assert traces(text) == [("It is ", ""), ("5%", "values/a.b/estimate"), (" of ", ""), ("all", "parameters/c")]
    assert traces("plain") == [("plain", "")]
    assert traces("") == []


def test_a_statement_reads_with_its_citation():
    assert Statement(f"Ask {traced('2', 'parameters/n')} times.", ("r",), "Bar 2006").plain == "Ask 2 times [Bar 2006]."
    assert Statement("Ask.").plain == "Ask."


def test_a_report_without_a_brief_has_one_page(notebook_of):
    assert set(pages(notebook_of("# A"), name="demo")) == {"report.html"}


def test_numbers_lead_to_the_section_that_shows_them_and_tell_where_they_are_recorded(made):
    found = pages(made(told(), shown={"plan": "shown"}), name="demo")
    assert set(found) == {"report.html", "brief.html"}
    links = [a for a in tree(found["brief.html"]).iter("a") if a.get("class") == "at"]
    assert [(a.text, a.get("title")) for a in links] == [
        ("$780", "results.json: values, plan.saving, estimate"),
        ("3 years", "results.json: parameters, horizon_years"),
        ("$780", "results.json: values, plan.saving, estimate"),
    ]
    assert links[0].get("href") == "report.html#section-the-plan"
    inside = [a for a in tree(found["report.html"]).iter("a") if a.get("class") == "at"]
    assert inside[0].get("href") == "#section-the-plan"
    anchors = {e.get("id") for e in tree(found["report.html"]).iter() if e.get("id")}
    assert "section-the-plan" in anchors
    assert 'href="brief.html"' in found["report.html"]


def test_references_are_numbered_in_the_order_of_use_and_printed_at_the_foot(made):
    page = tree(pages(made(told(), shown={"plan": "shown"}), name="demo")["brief.html"])
    (listed,) = [e for e in page.iter("ol") if e.get("class") == "references"]
    lines = [words(item) for item in listed]
    assert lines == [
        "The plan; plan in results.json: saving; sources 2.",
        "Report: horizon_years.",
        "Bureau (2020). A table (source 2, grade B).",
        "Bar (2006). An opinion (source 1, grade A).",
    ]
    cited = [words(e) for e in page.iter("span") if e.get("class") == "cite"]
    assert cited == ["[1, 2]", "[1]", "[3]", "[4]"]
    hrefs = {a.get("href") for a in page.iter("a")}
    assert {"#r1", "#r4", "https://example.org/1", "report.html#s2", "report.html"} <= hrefs
    assert {e.get("id") for e in page.iter("li")} >= {"r1", "r2", "r3", "r4"}


def test_the_table_of_the_brief_is_kept_for_other_forms(made):
    table = outputs.tables(made(told()))["brief"]
    assert table["columns"] == ["part", "text"]
    assert table["rows"][:2] == [["Recommendation", "Move: that brings $780 over 3 years."], ["How sure", "Low."]]
    assert ["Against 1", "It may not [Bureau 2020]."] in table["rows"]


def test_nothing_runs_and_nothing_is_loaded(made, hostile):
    found = pages(made(told(extra=[Statement(f"{hostile} {traced(hostile, 'values/plan.x/estimate')}")])), name="demo")
    page = found["brief.html"]
    assert "<script" not in page
    assert "<img" not in page
    assert "default-src 'none'" in page
    assert all(a.get("href", "").startswith(("#", "report.html", "https://example.org")) for a in tree(page).iter("a"))


def test_the_same_brief_gives_the_same_bytes(made):
    assert pages(made(told()), name="demo") == pages(made(told()), name="demo")


def test_the_more_there_is_to_print_the_smaller_it_is_set(made):
    def size(lines):
        extra = [
            Statement("Supervise what is done, and keep the record of it for as long as the law asks. " * 2)
        ] * lines
        data = brief.form("What?", told(extra=extra), shown={}, note="")
        return brief.view(data, Citations([]), {})["size"]

    sizes = [size(lines) for lines in (0, 20, 40, 200)]
    assert sizes[0] == max(brief.SIZES)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == min(brief.SIZES)
