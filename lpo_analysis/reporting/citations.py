"""The sources of a page: which stand behind what is shown, and what opens when a reader asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lpo_analysis.reporting.notebook import TABLE
from lpo_analysis.wording import count

SOURCES = "sources"
"""Name of the table that lists the sources of a report."""
MOST = 6
"""Numbers shown behind one sentence, caption or cell; further ones are counted on screen and all are printed."""
_BRACKETS = re.compile(r"\[(\d{1,4})\]")
_CELL = re.compile(r"(<td\b[^>]*>)(.*?)(</td>)", re.DOTALL)
_ROW = re.compile(r"<tr\b[^>]*>.*?</tr>", re.DOTALL)


@dataclass(frozen=True)
class Source:
    """One source of a report.

    Parameters
    ----------
    number : int
        Its number in the list of sources.
    publisher, published, title, url, grade : str
        What the list says of it.
    """

    number: int
    publisher: str
    published: str
    title: str
    url: str
    grade: str

    @property
    def link(self) -> str:
        """The address where it is one of the web, else nothing."""
        return self.url if re.match(r"https?://", self.url) else ""


class Citations:
    """Sources of one executed notebook.

    Parameters
    ----------
    bundles : iterable of mapping
        What its cells have shown, by MIME type.
    """

    def __init__(self, bundles: Iterable[Mapping[str, Any]]) -> None:
        self.sources: dict[int, Source] = {}
        self._by_row: dict[str, int] = {}
        for data in bundles:
            shown = data.get(TABLE)
            if shown is None or shown["name"] != SOURCES:
                continue
            for row in shown["rows"]:
                item = dict(zip(shown["columns"], row, strict=True))
                told = (str(item[key] or "") for key in ("publisher", "published", "title", "url", "grade"))
                self.sources[int(item["number"])] = Source(int(item["number"]), *told)
                self._by_row |= dict.fromkeys(str(item["figures"]).split(", "), int(item["number"]))

    def numbers(self, rows: Iterable[object]) -> list[int]:
        """Return the numbers of the sources behind some rows.

        Parameters
        ----------
        rows : iterable of str
            Identifiers of rows; those that no source of the report lists, such as a researcher's own, are passed over.

        Returns
        -------
        list of int
            Rising.
        """
        return sorted({self._by_row[str(row)] for row in rows if str(row) in self._by_row})

    def opened(self, numbers: Iterable[int]) -> str:
        """Write buttons that open sources, and the same numbers as they are printed.

        Parameters
        ----------
        numbers : iterable of int
            Numbers of sources.

        Returns
        -------
        str
            HTML; empty where there are none.
        """
        listed = [number for number in numbers if number in self.sources]
        if not listed:
            return ""
        if len(listed) == 1:
            return (
                f'<button class="ref" popovertarget="s{listed[0]}" aria-label="Source {listed[0]}">{listed[0]}</button>'
            )
        shown = listed if len(listed) <= MOST + 1 else listed[:MOST]
        buttons = "".join(f'<button class="ref" popovertarget="s{n}">{n}</button>' for n in shown)
        printed, more = "", len(listed) - len(shown)
        if more:
            told = count(more, "further source")
            buttons += (
                f'<a class="ref" href="#source-{listed[len(shown)]}" aria-label="{told}" title="{told}">+{more}</a>'
            )
            printed = f'<span class="printed">[{", ".join(words for _, words in spans(listed))}]</span>'
        kind = "refs cut" if more else "refs"
        return f'<span class="{kind}" role="group" aria-label="Sources">{buttons}{printed}</span>'

    def in_table(self, html: str, shown: Mapping[str, Any]) -> str:
        """Let the numbers in brackets of a table open their sources, and add those of rows that are figures themselves.

        Parameters
        ----------
        html : str
            The table.
        shown : mapping
            Its machine-readable form.

        Returns
        -------
        str
            The table with buttons.
        """
        head, opening, rest = html.partition("<tbody")
        body, closing, tail = rest.partition("</tbody>")
        at = shown["columns"].index("term") if "term" in shown["columns"] else None
        terms = [] if at is None else [self.numbers([row[at]]) for row in shown["rows"]]
        rows = iter(terms)

        def bracketed(match: re.Match[str]) -> str:
            return self.opened([int(match[1])]) or match[0]

        def with_sources(match: re.Match[str]) -> str:
            row = _CELL.sub(lambda cell: cell[1] + _BRACKETS.sub(bracketed, cell[2]) + cell[3], match[0])
            own = self.opened(next(rows, []))
            return row.replace("</td>", f" {own}</td>", 1) if own else row

        return head + opening + _ROW.sub(with_sources, body) + closing + tail

    def used(self, html: str) -> list[Source]:
        """Return the sources that something on a page opens.

        Parameters
        ----------
        html : str
            The parts of the page.

        Returns
        -------
        list of Source
            In the order of their numbers.
        """
        asked = {int(number) for number in re.findall(r'popovertarget="s(\d+)"', html)}
        return [source for number, source in sorted(self.sources.items()) if number in asked]


def spans(numbers: Iterable[int]) -> list[tuple[int, str]]:
    """Write rising numbers as a reader of print expects them.

    Parameters
    ----------
    numbers : iterable of int
        Rising.

    Returns
    -------
    list of (int, str)
        The first number of each run of three or more with the run as text, such as (3, "3–5"), and single ones as they are.
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [
        item
        for run in runs
        for item in ([(run[0], f"{run[0]}–{run[-1]}")] if len(run) > 2 else [(number, str(number)) for number in run])
    ]
