"""The page of every kind of report is light, and says all the same what its notebook shows."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lpo_analysis.reporting import outputs
from lpo_analysis.reporting.brief import FILE
from lpo_analysis.reporting.bundles import FIGURE, FINDING, TABLE
from lpo_analysis.reporting.citations import SOURCES
from lpo_analysis.reporting.page import cards_of, pages

REPORTS = {
    "adoption": {"generative-ai.html"},
    "savings": {"claims.html"},
    "risk": {"quality.html", "duties.html", "continuity.html", "controls.html"},
    "decision": {"brief.html"},
    "evidence": set(),
}
"""Reports with the pages that stand beside the first one."""  # fmt: skip
LIMIT = 150_000
"""Bytes of a page, its pictures not counted."""
MARKUP = 80_000
"""Bytes of a page that nobody reads: tags, style, what opens sources."""
PICTURE = re.compile(r"(?<=;base64,)[A-Za-z0-9+/=]+")
CITED = re.compile(r"\s*\[\d{1,4}\]")


@pytest.fixture(scope="module", params=list(REPORTS))
def executed(request) -> Any:
    return nbformat.read(Path("notebooks") / f"{request.param}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def made(executed) -> dict[str, str]:
    return pages(executed, name="demo")


@pytest.fixture(scope="module")
def html(made) -> str:
    """All pages of a report, but for the brief, which repeats it."""
    return "".join(text for file, text in made.items() if file != FILE)


def weigh(html: str) -> dict[str, int]:
    """Bytes of a page by what they are for."""
    bare, weights = PICTURE.sub("", html), Counter[str]()
    parts = (
        ("style", r"<style.*?</style>"),
        ("code", r"<details class=\"code\".*?</details>"),
        ("list of sources", r'<ol class="sources">.*?</ol>'),
        ("openers of sources", r"<button popovertarget.*?</button>|<span class=(?:refs|cut)>|<a class=ref.*?</a>|<i>.*?</i>"),
        ("table markup", r"</?(?:table|thead|tbody|tr|td|th)\b[^>]*>|<div class=\"tablewrap[^>]*>"),
        ("table cells", r"(?<=\0)[^<\0]+"),
        ("alternative texts", r'(?<= alt=")[^"]*'),
        ("other markup", r"<[^>]+>"),
    )  # fmt: skip
    for kind, pattern in parts:
        found = re.compile(pattern, re.DOTALL).findall(bare)
        weights[kind] += sum(len(piece.encode()) for piece in found)
        # What stood in a table is known by the sign that its markup leaves behind.
        bare = re.sub(pattern, "\0" if kind == "table markup" else "", bare, flags=re.DOTALL)
    weights["words"] = len(bare.replace("\0", "").encode())
    return dict(weights.most_common())


class _Read(HTMLParser):
    """The words of a page by what shows them; what opens sources is passed over."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[list[list[str]]] = []
        self.named: list[bool] = []
        self.words: list[str] = []
        self.alts: list[str] = []
        self.skipped = 0
        self.open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.skipped += self.skipped > 0 or tag in ("button", "style") or "ref" in str(given.get("class")) or tag == "i"
        if tag == "img":
            self.alts.append(str(given["alt"]))
            self.skipped -= self.skipped > 0
        elif tag == "table":
            self.cells.append([])
            self.named.append("aria-labelledby" in given)
        elif tag == "tr" and self.cells:
            self.cells[-1].append([])
            self.open = False
        elif tag in ("td", "th") and self.cells:
            self.cells[-1][-1].append("")
            self.open = True

    def handle_endtag(self, tag: str) -> None:
        self.skipped -= self.skipped > 0
        self.open = self.open and tag != "table"

    def handle_data(self, data: str) -> None:
        if self.skipped:
            return
        self.words.append(data)
        if self.open:
            self.cells[-1][-1][-1] += data


def _read(html: str) -> _Read:
    found = _Read()
    found.feed(html)
    return found


def _same(words: str) -> str:
    return " ".join(CITED.sub("", words).split())


def _rows(table: list[list[str]]) -> list[list[str]]:
    return [[_same(cell) for cell in row] for row in table if row]


def test_every_page_is_light_without_its_pictures(request, made):
    assert set(made) == REPORTS[request.node.callspec.params["executed"]] | {"report.html"}
    for file, html in made.items():
        size, weights = len(PICTURE.sub("", html).encode()), weigh(html)
        assert size < LIMIT, f"{file}: {size:,} bytes: {weights}"
        unread = sum(weights[kind] for kind in ("style", "openers of sources", "table markup", "other markup"))
        assert unread < MARKUP, (file, weights)


def test_the_weights_of_the_parts_add_up(made):
    for html in made.values():
        assert sum(weigh(html).values()) == len(PICTURE.sub("", html).encode())


def test_every_cell_of_every_table_of_the_notebook_stands_on_a_page(executed, html):
    due = []
    for data in outputs.bundles(executed):
        if TABLE in data and "gt_table" in data.get("text/html", ""):
            (table,) = _read(re.sub(r"<style.*?</style>", "", data["text/html"], flags=re.DOTALL)).cells
            (title,), *rows = _rows(table)
            notes = [row for row in rows if data[TABLE]["notes"] and len(row) == 1 < len(rows[0])]
            due.append((title, [row for row in rows if row not in notes], [note for (note,) in notes]))
    found = _read(html)
    said = _same(" ".join(found.words))
    assert len(due) > 3
    # Tables within the prose have no name.
    named = [_rows(table) for table, name in zip(found.cells, found.named, strict=True) if name]
    assert sorted(named) == sorted(rows for _, rows, _ in due)
    assert [title for title, _, _ in due if title not in said] == []
    assert [note for _, _, notes in due for note in notes if note not in said] == []


def test_every_sentence_headline_caption_source_and_line_of_code_stands_on_a_page(executed, html):
    found = _read(html)
    said = _same(" ".join(found.words))
    due: list[str] = []
    for data in outputs.bundles(executed):
        due += [item["text"] for item in data.get(FINDING, ())]
        if FIGURE in data:
            due += [data[FIGURE]["caption"], *data[FIGURE]["sources"]]
            assert data[FIGURE]["alt"] in found.alts
        if TABLE in data and data[TABLE]["name"] == SOURCES:
            kept = [dict(zip(data[TABLE]["columns"], row, strict=True)) for row in data[TABLE]["rows"]]
            due += [f"{row['publisher']} ({row['published']})." for row in kept] + [row["title"] for row in kept]
            assert [row["url"] for row in kept if f'href="{row["url"].replace("&", "&amp;")}"' not in html] == []
    due += [card[key] for card in cards_of(outputs.values(executed)) for key in ("label", "big", "span")]
    due += [cell.source for cell in executed.cells if cell.cell_type == "code"]
    assert [text for text in due if _same(text) not in said] == []
