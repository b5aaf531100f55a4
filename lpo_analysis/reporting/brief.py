"""The brief of a report on one page: sentences whose numbers lead to where they are recorded and to their sources."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from lpo_analysis.reporting.chapters import REPORT
from lpo_analysis.reporting.citations import Citations, spans
from lpo_analysis.results import ROWS, Result, Statement
from lpo_analysis.wording import traces

FILE = "brief.html"
"""The brief as a page of its own beside the report."""
COLUMNS = ("part", "text")
"""Of the table of the brief."""


def form(question: str, result: Result, *, shown: Mapping[str, str], note: str) -> dict[str, Any]:
    """Put a brief into its machine-readable form.

    Parameters
    ----------
    question : str
        What was asked.
    result : Result
        Its ``model["parts"]`` are pairs of a title and a sequence of `Statement`: the recommendation, how sure it is, reasons for, reasons against, then
        any further lists.
    shown : mapping of str to str
        Name of the table or figure that shows a result, by the name it is recorded under; its own name by default.
    note : str
        What a reader must know.

    Returns
    -------
    dict
        For JSON.
    """
    parts = [
        {
            "title": title,
            "statements": [
                {"plain": told.plain, "pieces": [list(piece) for piece in traces(told.text)], "rows": list(told.rows)}
                for told in statements
            ],
        }
        for title, statements in _parts(result)
    ]
    return {
        "question": question, "parts": parts, "shown": dict(shown), "note": note, "result": result.name, "behind": list(result.table.attrs.get(ROWS, ())),
    }  # fmt: skip


def _parts(result: Result) -> Sequence[tuple[str, Sequence[Statement]]]:
    found: Sequence[tuple[str, Sequence[Statement]]] = result.model["parts"]
    return found


def rows(data: Mapping[str, Any]) -> list[list[str]]:
    """Return a brief as the rows of a table.

    Parameters
    ----------
    data : mapping
        From `form`.

    Returns
    -------
    list of list of str
        `COLUMNS`: the part, numbered where it has several sentences, and the sentence.
    """
    return [
        [part["title"] if len(part["statements"]) == 1 else f"{part['title']} {n}", told["plain"]]
        for part in data["parts"]
        for n, told in enumerate(part["statements"], start=1)
    ]


def html(data: Mapping[str, Any]) -> str:
    """Write a brief for a notebook, where nothing can be linked yet.

    Parameters
    ----------
    data : mapping
        From `form`.

    Returns
    -------
    str
        HTML.
    """
    made = []
    for part in data["parts"]:
        items = "".join(f"<li>{escape(told['plain'])}</li>" for told in part["statements"])
        made.append(f"<p><b>{escape(part['title'])}</b></p><ul>{items}</ul>")
    return f"{''.join(made)}<p>{escape(data['note'])}</p>"


def plain(data: Mapping[str, Any]) -> str:
    """Write a brief as plain text.

    Parameters
    ----------
    data : mapping
        From `form`.

    Returns
    -------
    str
        A line a sentence.
    """
    return "\n".join([*(f"{title}: {text}" for title, text in rows(data)), data["note"]])


@dataclass
class _References:
    """What the sentences of a brief rest on, numbered in the order of use."""

    citations: Citations
    anchors: Mapping[str, tuple[str, str, str]]
    data: Mapping[str, Any]
    page: str
    pages: Sequence[str]
    used: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)

    def of(self, kind: str, name: str, told: str = "") -> int:
        """Return the number of a reference, and take note of what of it is used."""
        self.used.setdefault((kind, name), {}).update({told: None} if told else {})
        return list(self.used).index((kind, name)) + 1

    def section(self, kind: str, name: str) -> tuple[str, str]:
        """Return the address and heading of the section that shows a result or the parameters; empty where none does."""
        table = "parameters" if kind == "parameters" else self.data["shown"].get(name, name)
        page, anchor, heading = self.anchors.get(table, (REPORT, "", ""))
        return self._address(page, anchor), heading

    def _address(self, page: str, anchor: str) -> str:
        place = "" if page == self.page else page
        return f"{place}#{anchor}" if anchor else place

    def source(self, number: int) -> str:
        """Return the address of the entry of a source: on the page itself, which lists what it cites, else where it is listed."""
        if self.page == FILE:
            return self._address(self.citations.home(number, self.pages), f"s{number}")
        self.citations.cite([number])
        return f"#s{number}"

    def listed(self) -> list[str]:
        """Write the references."""
        return [self._one(kind, name, list(told)) for (kind, name), told in self.used.items()]

    def _one(self, kind: str, name: str, told: list[str]) -> str:
        if kind == "source":
            source = self.citations.sources[int(name)]
            title = (
                f'<a href="{escape(source.link, quote=True)}">{escape(source.title)}</a>'
                if source.link
                else escape(source.title)
            )
            where = f'<a href="{self.source(source.number)}">source {source.number}</a>'
            grade = f", grade {escape(source.grade)}" if source.grade else ""
            return f"{escape(source.publisher)} ({escape(source.published)}). {title} ({where}{grade})."
        address, heading = self.section(kind, name)
        section = f'<a href="{address}">{escape(heading) or "Report"}</a>'
        if kind == "parameters":
            return f"{section}: {escape(', '.join(told))}."
        text = f"{section}; <code>{escape(name)}</code> in results.json: {escape(', '.join(told))}"
        numbers = self.citations.numbers(self.data["behind"]) if name == self.data["result"] else []
        addresses = {n: self.source(n) for n in numbers}
        listed = [f'<a href="{addresses[n]}">{words}</a>' for n, words in spans(numbers)]
        return f"{text}; sources {', '.join(listed)}." if listed else f"{text}."


def view(
    data: Mapping[str, Any],
    citations: Citations,
    anchors: Mapping[str, tuple[str, str, str]],
    *,
    page: str = REPORT,
    pages: Sequence[str] = (REPORT,),
    notice: str = "",
) -> dict[str, Any]:
    """Prepare a brief for a page, every number linked.

    Parameters
    ----------
    data : mapping
        From `form`.
    citations : Citations
        The sources of the report.
    anchors : mapping of str to (str, str, str)
        Page, anchor and heading of the section of the report that shows a table or figure, by its name.
    page : str, optional
        The page that the brief stands on.
    pages : sequence of str, optional
        The pages of the report, itself the first.
    notice : str, optional
        What the page says above the brief of synthetic example data.

    Returns
    -------
    dict
        Keys question, lead, sure, sides (the reasons for and against), lists (title and statements), references, note, size: HTML, but for question, titles, note
        and size, which is that of the print in points.
    """
    references = _References(citations, anchors, data, page, pages)
    parts = [
        {"title": part["title"], "statements": [_statement(told, references) for told in part["statements"]]}
        for part in data["parts"]
    ]
    listed = references.listed()
    return {
        "question": data["question"], "lead": parts[0]["statements"][0], "sure": parts[1]["statements"][0], "sides": parts[2:4], "lists": parts[4:],
        "references": listed, "note": data["note"], "size": size(data, [_words(text) for text in listed], notice=notice),
    }  # fmt: skip


def _statement(told: Mapping[str, Any], references: _References) -> str:
    made, numbers = [], []
    for text, where in told["pieces"]:
        if not where:
            made.append(escape(text))
            continue
        kind, _, rest = where.partition("/")
        name, _, what = rest.rpartition("/") if kind == "values" else ("", "", rest)
        group, _, term = name.partition(".")
        numbers.append(references.of(kind, group, term if kind == "values" else what.partition("/")[0]))
        address, _ = references.section(kind, group)
        place = f"results.json: {kind}, {name}, {what}" if kind == "values" else f"results.json: {kind}, {what}"
        made.append(f'<a class="at" href="{escape(address, quote=True)}" title="{escape(place, quote=True)}">{escape(text)}</a>')  # fmt: skip
    numbers += [references.of("source", str(n)) for n in references.citations.numbers(told["rows"])]
    cited = ", ".join(f'<a href="#r{n}">{words}</a>' for n, words in spans(sorted(set(numbers))))
    return "".join(made) + (f' <span class="cite">[{cited}]</span>' if cited else "")


def _read(told: Mapping[str, Any]) -> str:
    """Return a sentence about as long as it stands on the page, with numbers of references."""
    return "".join(text for text, _ in told["pieces"]) + " [1, 2, 3]"


def _words(text: str) -> str:
    return re.sub(r"<[^>]+>", "", text)


WIDTH, HEIGHT = 510.0, 715.0
"""Room of the print in points: as narrow as A4 and as short as US Letter, less the margins."""
SIZES = (10.0, 9.5, 9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0)
"""Sizes of the print, in points, of which the largest that fits is taken."""
_SIGN, _LINE = 0.56, 1.35
"""Width of a sign and height of a line, as multiples of the size, of a wide sans-serif face."""
_COLUMN = 0.46
"""Width of one of two columns, without its bullets."""


def size(data: Mapping[str, Any], references: Iterable[str], *, notice: str = "") -> float:
    """Return the largest size at which a brief takes one page, on A4 and on US Letter.

    Parameters
    ----------
    data : mapping
        From `form`.
    references : iterable of str
        Its references.
    notice : str, optional
        What stands above it in a frame.

    Returns
    -------
    float
        Points; the smallest of `SIZES` where even that may not do.
    """
    # A citation in brackets is longer in the plain sentence than the numbers that stand for it on the page.
    texts = [[_read(told) for told in part["statements"]] for part in data["parts"]]
    noted = list(references)

    def height(points: float) -> float:
        def lines(listed: Iterable[str], width: float = 1.0, scale: float = 1.0) -> float:
            signs = width * WIDTH / (points * scale * _SIGN)
            return sum(math.ceil(len(text) / signs) + 0.2 for text in listed) * scale

        sides = max(lines(part, _COLUMN) for part in texts[2:4])
        lists = sum(1.9 + lines(part, _COLUMN) / 2 + 0.5 for part in texts[4:])
        # Kicker, cards, the title of the sides, title of the references, and the foot take what they take.
        fixed = 1 + 4 + 1.9 + 1.9 + 1.5
        text = (
            lines([data["question"]], scale=1.35)
            + lines(texts[0], scale=1.1)
            + lines(texts[1])
            + lines([data["note"]], scale=0.8)
            + (lines([notice], 0.95) + 2 if notice else 0)
        )
        return points * _LINE * (fixed + text + sides + lists + lines(noted, _COLUMN, 0.8) / 2 + 0.5)

    return next((points for points in SIZES if height(points) <= HEIGHT), SIZES[-1])
