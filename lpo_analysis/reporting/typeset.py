"""Tables of a page: what great-tables has set, with no more markup than a reader and a screen reader need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape, unescape

_TITLE = re.compile(r'<td [^>]*class="gt_heading gt_title[^>]*>(.*?)</td>', re.DOTALL)
_HEAD = re.compile(r'<th class="gt_col_heading[^"]* gt_(left|right|center)"[^>]*>(.*?)</th>', re.DOTALL)
_ROW = re.compile(r"<tr[^>]*>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r'<td [^>]*class="gt_row [^>]*>(.*?)</td>', re.DOTALL)
_NOTE = re.compile(r'<td class="gt_sourcenote"[^>]*>(?:<span class="gt_from_md">)?(.*?)(?:</span>)?</td>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_MIDDLE, _LONG = 25, 70
"""Signs of its longest cell from which a column of words is not squeezed on a narrow screen."""
_RULES = {
    "n": (("td,th", "text-align:right;padding-left:.6rem"), ("td", "white-space:nowrap"), ("th", "min-width:4.2rem")),
    "m": (("td", "min-width:7rem"),),
    "w": (("td", "min-width:13rem"),),
}


@dataclass(frozen=True)
class Grid:
    """A table as it was set.

    Parameters
    ----------
    title : str
        What it shows; like all texts here, HTML.
    heads : tuple of (str, bool)
        Heading of each column, and whether its cells are set to the right.
    rows : tuple of tuple of str
        Cells.
    notes : tuple of str
        What stands beneath.
    """

    title: str
    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]

    @property
    def classes(self) -> list[str]:
        """How its columns are set: ``n2``, the second to the right; ``m3`` and ``w4``, words that need some room, or more of it."""
        made = []
        for place, (_, right) in enumerate(self.heads, start=1):
            longest = max((len(unescape(_TAG.sub("", row[place - 1]))) for row in self.rows), default=0)
            kind = "n" if right else "w" if longest > _LONG else "m" if longest > _MIDDLE else ""
            made += [f"{kind}{place}"] if kind else []
        return made


def read(html: str) -> Grid | None:
    """Read a table that great-tables has set.

    Parameters
    ----------
    html : str
        As in the output of a cell.

    Returns
    -------
    Grid or None
        None where it is something else, such as a list to tick.
    """
    head, _, body = html.partition("<tbody")
    title = _TITLE.search(head)
    if title is None:
        return None
    rows, _, foot = body.partition("</tbody>")
    return Grid(
        _plain(title[1]),
        tuple((_plain(text), side == "right") for side, text in _HEAD.findall(head)),
        tuple(tuple(map(_plain, _CELL.findall(row))) for row in _ROW.findall(rows)),
        tuple(map(_plain, _NOTE.findall(foot))),
    )


def write(grid: Grid, *, anchor: str, cells: Sequence[Sequence[str]]) -> str:
    """Write a table for a page.

    Title and notes stand outside of what scrolls sideways, so that a phone shows all of them. End tags that HTML lets go are let go.

    Parameters
    ----------
    grid : Grid
        The table.
    anchor : str
        Identifier of the title, by which the table is named and linked.
    cells : sequence of sequence of str
        Its rows, as they are to be shown.

    Returns
    -------
    str
        HTML.
    """
    aligned = f' class="{" ".join(grid.classes)}"' if grid.classes else ""
    name = escape(anchor)
    heads = "".join(f"<th>{text}" for text, _ in grid.heads)
    rows = "\n".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in cells)
    notes = "".join(f'<p class="note">{note}</p>' for note in grid.notes)
    return (
        f'<p class="title" id="{name}">{grid.title}</p>'
        f'<div class="tablewrap" tabindex="0" role="region" aria-labelledby="{name}">'
        f'<table aria-labelledby="{name}"{aligned}><thead><tr>{heads}<tbody>\n{rows}</table></div>{notes}'
    )


def rules(classes: Iterable[str]) -> str:
    """Write the part of a style sheet that sets the columns of the tables of a page.

    Parameters
    ----------
    classes : iterable of str
        The `Grid.classes` of them.

    Returns
    -------
    str
        CSS.
    """
    made, known = [], sorted(set(classes), key=lambda name: (name[0], int(name[1:])))
    for kind, told in _RULES.items():
        chosen = ",".join(f".{name} :nth-child({name[1:]})" for name in known if name[0] == kind)
        made += [f":is({chosen}):is({cells}){{{how}}}" for cells, how in told if chosen]
    return "\n".join(made)


def text(words: object) -> str:
    """Escape words for a place between tags, where quotes mean nothing.

    Parameters
    ----------
    words : object
        To be shown.

    Returns
    -------
    str
        HTML.
    """
    return escape(str(words), quote=False)


def _plain(html: str) -> str:
    """Write quotes as quotes where no tag stands beside them."""
    html = html.strip()
    return (
        html
        if "<" in html
        else html.replace("&#x27;", "'").replace("&#39;", "'").replace("&quot;", '"').replace("&#34;", '"')
    )
