"""The sources of a page: which stand behind what is shown, and what opens when a reader asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from lpo_analysis.reporting.bundles import TABLE
from lpo_analysis.reporting.typeset import text

SOURCES = "sources"
"""Name of the table that lists the sources of a report."""
MOST = 3
"""Numbers shown behind one sentence, caption or cell; further ones are counted on screen and all are printed."""
_BRACKETS = re.compile(r"\[(\d{1,4})\]")


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
        self.page = ""
        """The page that what is written next stands on."""
        self._by_row: dict[str, int] = {}
        self._cited: dict[str, set[int]] = {}
        self._placed: set[tuple[str, int]] = set()
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

    def cite(self, numbers: Iterable[int]) -> list[int]:
        """Take note of sources that the page cites, so that its list has them.

        Parameters
        ----------
        numbers : iterable of int
            Numbers of sources.

        Returns
        -------
        list of int
            Those that the report lists.
        """
        listed = [number for number in numbers if number in self.sources]
        self._cited.setdefault(self.page, set()).update(listed)
        return listed

    def cited(self, page: str) -> set[int]:
        """Return the numbers of the sources that a page cites.

        Parameters
        ----------
        page : str
            Its file.

        Returns
        -------
        set of int
            Numbers.
        """
        return self._cited.get(page, set())

    def home(self, number: int, pages: Sequence[str]) -> str:
        """Return the page where a reader from elsewhere finds a source.

        Parameters
        ----------
        number : int
            Of the source.
        pages : sequence of str
            Pages of the report, itself the first.

        Returns
        -------
        str
            The first that cites it; the report where none does.
        """
        return next((page for page in pages if number in self.cited(page)), pages[0])

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
        listed = self.cite(numbers)
        if not listed:
            return ""
        shown = listed if len(listed) <= MOST + 1 else listed[:MOST]
        # To those who hear the page the style sheet says "Source" before a number and "further sources" after a count.
        buttons = "".join(f"<button popovertarget=s{n}>{n}</button>" for n in shown)
        if len(listed) == 1:
            return buttons
        more = len(listed) - len(shown)
        if not more:
            return f"<span class=refs>{buttons}</span>"
        printed = ", ".join(words for _, words in spans(listed))
        buttons += f"<a class=ref href=#s{listed[len(shown)]}>+{more}</a>"
        return f"<span class=cut>{buttons}<i>[{printed}]</i></span>"

    def in_cells(self, cells: Iterable[Sequence[str]], shown: Mapping[str, Any]) -> list[list[str]]:
        """Let the numbers in brackets of a table open their sources, and add those of rows that are figures themselves.

        Parameters
        ----------
        cells : iterable of sequence of str
            Rows of the table, as HTML.
        shown : mapping
            Its machine-readable form.

        Returns
        -------
        list of list of str
            The rows with buttons.
        """
        at = shown["columns"].index("term") if "term" in shown["columns"] else None
        terms = iter([] if at is None else [self.numbers([row[at]]) for row in shown["rows"]])
        made = []
        for row in cells:
            set_row = [_BRACKETS.sub(lambda found: self.opened([int(found[1])]) or found[0], cell) for cell in row]
            own = self.opened(next(terms, []))
            if own and set_row:
                set_row[0] += f" {own}"
            made.append(set_row)
        return made

    def listed(self, numbers: Iterable[int]) -> str:
        """Write the list of sources; each entry is itself what opens where its number is asked for.

        Parameters
        ----------
        numbers : iterable of int
            Numbers of sources, in the order of the list.

        Returns
        -------
        str
            HTML.
        """
        items, due = [], 1
        for number in numbers:
            item = self.sources[number]
            title = f'<a href="{escape(item.link)}">{text(item.title)}</a>' if item.link else text(item.title)
            grade = f" Grade {text(item.grade)}." if item.grade else ""
            value = "" if number == due else f" value={number}"
            anchor = "" if (self.page, number) in self._placed else f" popover id=s{number}"
            self._placed.add((self.page, number))
            items.append(f"<li{anchor}{value}>{text(item.publisher)} ({text(item.published)}). {title}.{grade}")
            due = number + 1
        return '<ol class="sources">\n' + "\n".join(items) + "</ol>"

    def asked(self, html: str) -> list[int]:
        """Return the numbers of the sources that something on a page opens.

        Parameters
        ----------
        html : str
            The parts of the page.

        Returns
        -------
        list of int
            Rising.
        """
        return sorted({int(number) for number in re.findall(r"<button popovertarget=s(\d+)>", html)})


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
