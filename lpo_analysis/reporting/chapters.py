"""Chapters on pages of their own: which cells stand on which page, and what the report shows in the place of those that do not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from typing import TYPE_CHECKING, Any

from lpo_analysis.errors import NotebookError
from lpo_analysis.wording import lead, listing

if TYPE_CHECKING:
    from lpo_analysis.reporting.citations import Citations

REPORT = "report.html"
"""The page that a report begins with."""
TAG = "page:"
"""What the tag of a cell begins with whose chapter, and all that follows, stands on the page that the tag names."""
KEPT = ("brief", "index")
"""Pages that the kit writes by itself."""
LEAD = 2
"""Sentences of the first finding of a chapter that the report repeats."""
_NAME = re.compile(r"[a-z][a-z-]*")
_OPENS = re.compile(r"##[ \t]+\S")
_HEADING = re.compile(r'<h([2-4]) id="([^"]+)">(.*?)</h\1>', re.DOTALL)
_LINK = re.compile(r'(?<=<a )href="#([^"]+)"')


def places(cells: Sequence[Mapping[str, Any]], *, where: str) -> list[str]:
    """Return the page on which each cell of a notebook stands.

    Parameters
    ----------
    cells : sequence of mapping
        Its cells.
    where : str
        Name of the notebook, for messages.

    Returns
    -------
    list of str
        File names.

    Raises
    ------
    NotebookError
        If a tag names no page, stands at no heading, or takes up again a page that another chapter ended.
    """
    here, begun, found = REPORT, dict[str, int](), list[str]()
    for number, cell in enumerate(cells, start=1):
        tags = [tag for tag in map(str, cell.get("metadata", {}).get("tags") or ()) if tag.startswith(TAG)]
        if tags:
            source = "".join(cell.get("source") or "").strip()
            place = f"{where}, cell {number} ({source.partition(chr(10))[0][:60]!r})"
            there = _named(tags, cell, source, place)
            if there != here and there in begun:
                raise NotebookError(
                    f"goes back to the page {there!r}, which cell {begun[there]} began and another chapter ended.",
                    where=place,
                    remedy="Put the chapters of one page one after another, or give this one a page of another name.",
                )
            if there != REPORT:
                begun.setdefault(there, number)
            here = there
        found.append(here)
    return found


def _named(tags: Sequence[str], cell: Mapping[str, Any], source: str, place: str) -> str:
    """Return the page that the tag of a cell names."""
    if len(tags) > 1:
        raise NotebookError(f"has the tags {listing([repr(tag) for tag in tags])}.", where=place, remedy="Leave one.")
    name = tags[0].removeprefix(TAG)
    if not _NAME.fullmatch(name):
        raise NotebookError(
            f"has the tag {tags[0]!r}, which names no page.", where=place,
            remedy="Name it by small letters and dashes, such as page:quality.",
        )  # fmt: skip
    if name in KEPT:
        raise NotebookError(
            f"has the tag {tags[0]!r}, and the kit writes {name}.html by itself.", where=place, remedy="Choose another name."
        )  # fmt: skip
    if cell.get("cell_type") != "markdown" or not _OPENS.match(source):
        raise NotebookError(
            f"has the tag {tags[0]!r} and begins no chapter.", where=place,
            remedy="Put the tag on the text cell that begins with the chapter's heading (## and a title).",
        )  # fmt: skip
    return f"{name}.html"


@dataclass
class Sheet:
    """One page of a report.

    Parameters
    ----------
    file : str
        Its name.
    heading : str
        What it is called: of a page of chapters, their headings as HTML; empty for the report.
    anchor : str
        Identifier of the heading, where the page has one chapter and the heading is its own.
    blocks : list of dict
        What it shows.
    contents : list of (str, str, str)
        Address, words and class of each entry of its contents list.
    onward : tuple of (str, str)
        Address and words of what follows in the order of the notebook; empty at its end.
    """

    file: str
    heading: str = ""
    anchor: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    contents: list[tuple[str, str, str]] = field(default_factory=list)
    onward: tuple[str, str] = ("", "")

    @property
    def name(self) -> str:
        """The heading as plain words."""
        return plain(self.heading)


def plain(html: str) -> str:
    """Return the words of a heading.

    Parameters
    ----------
    html : str
        Its HTML.

    Returns
    -------
    str
        Words.
    """
    return unescape(re.sub(r"<[^>]+>", "", html)).strip()


def headings(block: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    """List the headings of a block.

    Parameters
    ----------
    block : mapping
        Of a page, its headings anchored.

    Returns
    -------
    list of (int, str, str)
        Level, anchor and HTML of each.
    """
    found = _HEADING.findall(block["html"]) if block["kind"] == "markdown" else []
    return [(int(level), anchor, html) for level, anchor, html in found]


def sections(blocks: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, str, str]]:
    """Find the section that shows each table and figure.

    Parameters
    ----------
    blocks : sequence of mapping
        Of all pages, in the order of the notebook.

    Returns
    -------
    dict of str to (str, str, str)
        Page, anchor and heading by the name of the table or figure.
    """
    found: dict[str, tuple[str, str, str]] = {}
    here = ("", "")
    for block in blocks:
        for level, anchor, html in headings(block):
            here = (anchor, plain(html)) if level < 4 else here
        if block.get("name") and here[0]:
            found.setdefault(block["name"], (block["page"], *here))
    return found


def relink(blocks: Sequence[dict[str, Any]]) -> None:
    """Let links within the text lead to the page on which a section or table stands, in place.

    Parameters
    ----------
    blocks : sequence of dict
        Of all pages, their headings anchored.
    """
    homes = {anchor: block["page"] for block in blocks for _, anchor, _ in headings(block)}
    homes |= {f"table-{block['name']}": block["page"] for block in blocks if block["kind"] == "table"}
    for block in blocks:
        if block["kind"] == "markdown":
            block["html"] = _LINK.sub(partial(_led, homes, block["page"]), block["html"])


def _led(homes: Mapping[str, str], here: str, link: re.Match[str]) -> str:
    there = homes.get(link[1], here)
    return link[0] if there == here else f'href="{there}#{link[1]}"'


def sheets(blocks: Sequence[dict[str, Any]], citations: Citations) -> list[Sheet]:
    """Deal the blocks of a notebook out to its pages.

    Parameters
    ----------
    blocks : sequence of dict
        In the order of the notebook, each with its page.
    citations : Citations
        The sources of the report.

    Returns
    -------
    list of Sheet
        The report first.
    """
    files = list(dict.fromkeys([REPORT, *(block["page"] for block in blocks)]))
    made = [_report(blocks, citations) if file == REPORT else _chapters(file, blocks) for file in files]
    notices = {block["head"] + block["rest"]: block for block in blocks if block["kind"] == "notice"}
    for sheet in made:
        told = {block["head"] + block["rest"] for block in sheet.blocks if block["kind"] == "notice"}
        sheet.blocks[:0] = [block for text, block in notices.items() if text not in told]
    _list_sources(made, citations)
    shared = {sheet.file: sheet.name for sheet in made if not sheet.anchor}
    for block in made[0].blocks:
        if block["kind"] == "elsewhere":
            block["among"] = shared.get(block["page"], "")
    for sheet in made[1:]:
        sheet.contents += [(other.file, other.name, "off") for other in made[1:] if other is not sheet]
    return made


def _report(blocks: Sequence[dict[str, Any]], citations: Citations) -> Sheet:
    """Make the page that a report begins with: its own blocks, and where a chapter stands elsewhere, what leads there."""
    sheet, there = Sheet(REPORT), dict[str, Any]()
    told = [text for block in blocks if block["page"] == REPORT for text, _ in block.get("paragraphs", ())]
    citations.page = REPORT
    for block in blocks:
        if block["page"] == REPORT:
            sheet.blocks.append(block)
            sheet.contents += [(f"#{anchor}", plain(html), "") for level, anchor, html in headings(block) if level == 2]
            continue
        for level, anchor, html in headings(block):
            if level == 2:
                address = block["page"] if there.get("page") != block["page"] else f"{block['page']}#{anchor}"
                there = {"kind": "elsewhere", "page": block["page"], "address": address, "anchor": anchor, "heading": html, "sections": []}  # fmt: skip
                sheet.blocks.append(there)
                sheet.contents.append((address, plain(html), "off"))
            elif level == 3:
                there["sections"].append((f"{block['page']}#{anchor}", plain(html)))
        if block["kind"] == "finding" and block["paragraphs"] and "said" not in there:
            there["said"] = lead(block["paragraphs"][0][0], LEAD)
            # What the glance tells already need not be read again on the same page.
            if any(there["said"] in text for text in told):
                there["said"] = ""
            else:
                there["opened"] = citations.opened(block["numbers"][0])
    return sheet


def _chapters(file: str, blocks: Sequence[dict[str, Any]]) -> Sheet:
    """Make a page of one chapter or several; a chapter alone gives the page its heading, and its sections move up one level."""
    own = [dict(block) for block in blocks if block["page"] == file]
    found = [heading for block in own for heading in headings(block)]
    chapters = [(anchor, html) for level, anchor, html in found if level == 2]
    sheet = Sheet(file, heading=listing([html for _, html in chapters]), blocks=own)
    if len(chapters) == 1:
        sheet.anchor = chapters[0][0]
        for block in own:
            if block["kind"] == "markdown":
                block["html"] = _HEADING.sub(_raised, block["html"])
    top = 3 if sheet.anchor else 2
    sheet.contents = [(f"#{anchor}", plain(html), "" if level == top else "sub") for level, anchor, html in found if top <= level <= 3]  # fmt: skip
    last = max(place for place, block in enumerate(blocks) if block["page"] == file)
    later = ((block["page"], anchor, html) for block in blocks[last + 1 :] for _, anchor, html in headings(block))
    page, anchor, html = next(later, ("", "", ""))
    sheet.onward = (f"{page}#{anchor}" if page == REPORT else page, plain(html)) if page else ("", "")
    return sheet


def _raised(found: re.Match[str]) -> str:
    level = int(found[1]) - 1
    return "" if level == 1 else f'<h{level} id="{found[2]}">{found[3]}</h{level}>'


def _list_sources(made: Sequence[Sheet], citations: Citations) -> None:
    """List on each page the sources that it cites, with their numbers in the report, and on the report those that no page cites."""
    files = [sheet.file for sheet in made]
    homes = {number: citations.home(number, files) for number in citations.sources}
    further = list[tuple[str, str, int]]()
    for sheet in reversed(made):
        citations.page = sheet.file
        first = {number for number, page in homes.items() if page == sheet.file}
        due, listed = first | citations.cited(sheet.file), any(block["kind"] == "sources" for block in sheet.blocks)
        if due and not listed:
            sheet.blocks += [{"kind": "markdown", "html": '<h2 id="sources">Sources</h2>'}, {"kind": "sources", "numbers": sorted(citations.sources)}]  # fmt: skip
            sheet.contents.append(("#sources", "Sources", ""))
        for block in sheet.blocks:
            if block["kind"] == "sources":
                block["html"] = citations.listed([number for number in block["numbers"] if number in due])
                block["further"] = further[::-1] if sheet.file == REPORT else []
        if first:
            further.append((sheet.file if listed else f"{sheet.file}#sources", sheet.name, len(first)))
