"""Workbook and printed document of a report."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.reporting import notebook as show
from lpo_analysis.reporting.forms import check_forms, file_of, make
from lpo_analysis.reporting.forms.document import _node, _parse
from lpo_analysis.results import Result, tidy

EVIL = ("=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://x.invalid\")", "http://x.invalid", "{=1}", "\x00\x07")  # fmt: skip


@pytest.fixture
def shown(emitted, notebook_of):
    """Make a notebook of what a call shows."""

    def build(*calls):
        for call in calls:
            call()
        made = notebook_of(
            "# Heading\n\nA *word* of [prose](https://example.org) with `code` and <b>no tag</b>.\n\n- one\n- two",
            list(emitted),
        )
        emitted.clear()
        return made

    return build


def _workbook(content: bytes):
    return openpyxl.load_workbook(io.BytesIO(content))


def test_forms_are_known_by_name_and_a_wrong_one_is_refused():
    assert check_forms(["xlsx", "pdf", "xlsx"]) == ("pdf", "xlsx")
    assert [file_of(form) for form in check_forms(["pdf", "xlsx"])] == ["report.pdf", "report.xlsx"]
    with pytest.raises(ParameterError, match="there is no 'docx'"):
        check_forms(["docx"])


def test_no_text_of_a_researcher_becomes_a_formula_or_a_link(shown):
    frame = pd.DataFrame({"task": EVIL[:-1], "n": [1.5] * (len(EVIL) - 1)})
    book = shown(
        lambda: show.table(
            frame, name="t", title="=2+2", columns={"task": ("=3", "text"), "n": ("n", "number")}, note="=4"
        )
    )
    sheet = _workbook(make("xlsx", book, name="demo"))["t"]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    assert [sheet.cell(row, 1).value for row in range(4, 4 + len(frame))] == list(EVIL[:-1])
    assert sheet["A1"].value == "=2+2"


def test_numbers_stay_numbers_at_full_width_with_the_format_of_their_kind(shown):
    frame = pd.DataFrame({"a": ["x"], "share": [0.123456], "n": [12345], "year": [2024], "extra": [1.25]})
    columns = {"a": ("A", "text"), "share": ("Share", "share"), "n": ("n", "integer"), "year": ("Year", "year")}
    sheet = _workbook(
        make("xlsx", shown(lambda: show.table(frame, name="t", title="T", columns=columns)), name="demo")
    )["t"]
    assert [cell.value for cell in sheet[3]] == ["A", "Share", "n", "Year", "extra"]
    assert [cell.value for cell in sheet[4]] == ["x", 0.123456, 12345, 2024, 1.25]
    assert [cell.number_format for cell in sheet[4]][1:4] == ["0.0%", "#,##0", "0"]


def test_recorded_values_units_and_reasons_stand_on_the_first_sheet(shown):
    result = Result("r", tidy([{"term": "a", "label": "A", "estimate": 0.5, "conf_low": 0.1, "conf_high": 0.9, "level": 0.9, "unit": "share"}]), "Half.")  # fmt: skip
    book = _workbook(make("xlsx", shown(lambda: show.record(result, single=3)), name="demo"))
    assert book.sheetnames[0] == "results"
    assert [cell.value for cell in book["results"][4]][:8] == ["r.a", "A", 0.5, 0.1, 0.9, 0.9, None, "share"]
    assert [cell.value for cell in book["results"][5]][:3] == ["single", None, 3]


def test_sheets_take_long_equal_and_forbidden_names(shown):
    frame = pd.DataFrame({"a": [1]})
    names = ["x" * 40, "x" * 40 + "y", "a/b:c", "results"]
    book = shown(*(lambda name=name: show.table(frame, name=name, title="T") for name in names))
    found = _workbook(make("xlsx", book, name="demo")).sheetnames
    assert len({name.casefold() for name in found}) == len(found) == 5
    assert all(len(name) <= 31 for name in found)


@pytest.mark.parametrize("form", ["pdf", "xlsx"])
def test_the_same_report_gives_the_same_bytes(shown, form):
    frame = pd.DataFrame({"a": ["x", "y"], "b": [1.0, float("nan")]})
    book = shown(lambda: show.finding("What?", "This."), lambda: show.table(frame, name="t", title="T"))
    assert make(form, book, name="demo") == make(form, book, name="demo")


def test_a_document_is_a_pdf_whatever_the_text_holds(shown):
    hostile = 'a "quote" \\ #set page() $x$ @ref <tag> [1] *b* `c` \x07 é 中\n// end'
    frame = pd.DataFrame({"a": [hostile], "b": [float("inf")]})
    columns = {"a": (hostile, "text"), "b": ("B", "number")}
    book = shown(lambda: show.finding(f"{hostile}?", hostile), lambda: show.table(frame, name="t", title=hostile, columns=columns, note=hostile))  # fmt: skip
    assert make("pdf", book, name=hostile).startswith(b"%PDF-")


def test_markdown_becomes_markup_and_addresses_that_are_not_of_the_web_stay_words():
    (paragraph,) = _parse()("**b** [x](javascript:alert(1)) [y](https://example.org) <i>raw</i>")
    made = _node(paragraph)
    assert '#strong[#"b"]' in made
    assert "javascript" not in made
    assert '#link("https://example.org")[#"y"]' in made
    assert '#"<i>"' in made
