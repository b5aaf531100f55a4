"""Every table of a report on a sheet of its own: numbers as numbers, text as text, units and sources beside them."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lpo_analysis.reporting import outputs
from lpo_analysis.reporting.bundles import TABLE
from lpo_analysis.reporting.citations import SOURCES, Citations

MADE = datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""Date written into the file, fixed so that the same report gives the same bytes."""
FORMATS = {"share": "0.0%", "probability": "0.0%", "integer": "#,##0", "year": "0", "number": "#,##0.####"}
"""How a spreadsheet shows the kinds of a column; the cells hold the whole number."""
LONGEST, WIDEST = 32767, 60
"""Characters a cell holds, and characters a column is wide at most."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def workbook(notebook: Any, *, name: str) -> bytes:
    """Write the tables of a report as a workbook.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook.
    name : str
        Name of the notebook.

    Returns
    -------
    bytes
        XLSX. No cell is a formula or a link, whatever the data say.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, settings)
    book.set_properties({"title": f"LPO research kit, {name} report", "created": MADE})
    styles = {kind: book.add_format({"num_format": shape}) for kind, shape in FORMATS.items()}
    styles |= {
        "title": book.add_format({"bold": True, "font_size": 13}),
        "head": book.add_format({"bold": True, "bottom": 2, "text_wrap": True, "valign": "bottom"}),
        "note": book.add_format({"italic": True, "font_color": "#566270"}),
        "text": book.add_format({"valign": "top"}),
    }
    citations = Citations(outputs.bundles(notebook))
    told = outputs.notice(notebook)
    taken: set[str] = set()
    _values(book, _sheet(book, "results", taken), outputs.values(notebook), styles)
    for data in outputs.bundles(notebook):
        if TABLE in data:
            _table(_sheet(book, data[TABLE]["name"], taken), data[TABLE], citations, styles)
    for sheet in book.worksheets() if told else ():
        # The second line of every sheet is free.
        sheet.write_string(1, 0, told, styles["note"])
    book.close()
    return buffer.getvalue()


def _sheet(book: Any, name: str, taken: set[str]) -> Any:
    stem = _FORBIDDEN.sub("_", name).strip("'")[:31] or "table"
    number, found = 2, stem
    while found.casefold() in taken:
        tail = f"_{number}"
        found, number = stem[: 31 - len(tail)] + tail, number + 1
    taken.add(found.casefold())
    return book.add_worksheet(found)


def _values(book: Any, sheet: Any, values: Mapping[str, Any], styles: Mapping[str, Any]) -> None:
    del book
    heads = ["Name", "Label", "Estimate", "Low", "High", "Level", "n", "Unit", "Why there is none"]
    keys = ["label", "estimate", "conf_low", "conf_high", "level", "n_obs", "unit", "reason"]
    rows = [
        [name, *(item.get(key) for key in keys)] if "value" not in item else [name, None, item["value"]]
        for name, item in values.items()
    ]
    _fill(sheet, "Recorded values", heads, rows, ["text", "text", *["plain"] * 5, "text", "text"], styles)
    told = "Shares and probabilities are 0 to 1, as in results.json."
    sheet.write_string(len(rows) + 4, 0, told, styles["note"])


def _table(sheet: Any, data: Mapping[str, Any], citations: Citations, styles: Mapping[str, Any]) -> None:
    shown = {key: (heading, kind) for key, heading, kind in data.get("shown", [])}
    order = [*shown, *(column for column in data["columns"] if column not in shown)]
    places = [data["columns"].index(column) for column in order]
    heads = [shown.get(column, (column, ""))[0] for column in order]
    kinds = [shown.get(column, ("", "plain"))[1] for column in order]
    rows = [[row[place] for place in places] for row in data["rows"]]
    numbers = citations.numbers(data.get("behind", []))
    if numbers:
        at = data["columns"].index("term") if "term" in data["columns"] else None
        own = [citations.numbers([row[at]]) if at is not None else [] for row in data["rows"]]
        if any(own):
            heads, kinds = [*heads, "Source"], [*kinds, "text"]
            rows = [[*row, ", ".join(map(str, found))] for row, found in zip(rows, own, strict=True)]
    _fill(sheet, data["title"], heads, rows, kinds, styles)
    line = len(rows) + 4
    listed = ", ".join(map(str, numbers))
    for note in [*data.get("notes", []), f"Sources (see the sheet {SOURCES}): {listed}" if numbers else ""]:
        if note:
            sheet.write_string(line, 0, str(note)[:LONGEST], styles["note"])
            line += 1


def _fill(sheet: Any, title: str, heads: list[str], rows: list[list[Any]], kinds: list[str], styles: Mapping[str, Any]) -> None:  # fmt: skip
    sheet.write_string(0, 0, title[:LONGEST], styles["title"])
    widths = [len(head) for head in heads]
    for column, head in enumerate(heads):
        sheet.write_string(2, column, head[:LONGEST], styles["head"])
    for line, row in enumerate(rows, start=3):
        for column, (value, kind) in enumerate(zip(row, kinds, strict=False)):
            if value is None or value == "":
                continue
            if isinstance(value, bool):
                sheet.write_boolean(line, column, value)
            elif isinstance(value, int | float):
                sheet.write_number(line, column, value, styles.get(kind))
            else:
                text = value if isinstance(value, str) else str(value)
                sheet.write_string(line, column, text[:LONGEST], styles["text"])
                widths[column] = max(widths[column], len(text))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(max(width + 1, 9), WIDEST))
    sheet.freeze_panes(3, 1)
