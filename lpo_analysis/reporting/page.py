"""Turn an executed notebook into one self-contained HTML page that makes no network request and runs no script."""

from __future__ import annotations

import base64
import itertools
import re
import struct
import textwrap
from collections.abc import Mapping
from functools import cache
from typing import Any

from lpo_analysis import __version__
from lpo_analysis.parameters.synthetic import NOTICE
from lpo_analysis.reporting import brief as briefs
from lpo_analysis.reporting import chapters, outputs, typeset
from lpo_analysis.reporting.bundles import BRIEF, FIGURE, FINDING, TABLE, VALUES
from lpo_analysis.reporting.chapters import REPORT, Sheet, plain
from lpo_analysis.reporting.citations import SOURCES, Citations
from lpo_analysis.reporting.notebook import spoken
from lpo_analysis.wording import sentence


@cache
def environment() -> Any:
    """Return the Jinja environment of the kit's pages; everything is escaped unless said otherwise.

    Returns
    -------
    jinja2.Environment
        With the templates of this room.
    """
    import jinja2
    import markupsafe

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("lpo_analysis.reporting", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    # For words between tags: the quotes of a page's code need no five signs each.
    made.filters["words"] = lambda words: markupsafe.Markup(typeset.text(words))
    return made


@cache
def style(*further: str) -> str:
    """Return the style sheet of the kit's pages.

    Parameters
    ----------
    *further : str
        Names of sheets that some pages need besides.

    Returns
    -------
    str
        CSS.
    """
    loader = environment().loader
    return "".join(loader.get_source(environment(), f"{name}.css")[0] for name in ("style", *further))


def page(notebook: Any, *, name: str) -> str:
    """Render the first page of a report.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook.
    name : str
        Name of the notebook.

    Returns
    -------
    str
        The page.
    """
    return pages(notebook, name=name)[REPORT]


def pages(notebook: Any, *, name: str) -> dict[str, str]:
    """Render a report: its first page, the chapters that stand on pages of their own, and its brief, where it shows one.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook.
    name : str
        Name of the notebook.

    Returns
    -------
    dict of str to str
        Pages by the name of their file.

    Raises
    ------
    NotebookError
        If a tag of a cell gives a chapter no page, see `lpo_analysis.reporting.chapters.places`.
    """
    citations = Citations(outputs.bundles(notebook))
    cards = cards_of(outputs.values(notebook))
    blocks = _blocks(notebook, citations, cards, chapters.places(notebook.cells, where=name))
    _anchored(blocks)
    chapters.relink(blocks)
    anchors = chapters.sections(blocks)
    told = next((block for block in blocks if block["kind"] == "brief"), None)
    for block in blocks:
        if block["kind"] == "brief":
            citations.page = block["page"]
            block["brief"] = briefs.view(block["data"], citations, anchors, page=block["page"])
    joined = "".join(block["html"] for block in blocks if block["kind"] == "markdown")
    title = re.search(r"<h1[^>]*>(.*?)</h1>", joined, re.DOTALL)
    heading = plain(title[1]) if title else name
    question = next((b["paragraphs"][0][0] for b in blocks if b["kind"] == "finding" and b["paragraphs"]), "")
    shortened = _short(f"{heading} · {question}")
    common = {"notebook": name, "style": style(), "version": __version__, "report": REPORT, "heading": heading}
    made, first = dict[str, str](), shortened if question.endswith("?") else heading
    dealt = chapters.sheets(blocks, citations)
    beside = [(briefs.FILE, "the brief on one page")] * bool(told) + [(sheet.file, sheet.name) for sheet in dealt[1:]]
    for sheet in dealt:
        titled = _short(f"{sheet.name} · {heading}") if sheet.heading else first
        made[sheet.file] = _written(sheet, citations, **common, title=titled, beside=beside)
    if told:
        notice = outputs.notice(notebook)
        files = [sheet.file for sheet in dealt]
        alone = briefs.view(told["data"], citations, anchors, page=briefs.FILE, pages=files, notice=notice)
        made[briefs.FILE] = environment().get_template("brief.html.j2").render(**common, title=first, brief=alone, cards=cards, notice=notice)  # fmt: skip
    return made


def _short(title: str) -> str:
    return textwrap.shorten(title, 160, placeholder=" …")


def _written(sheet: Sheet, citations: Citations, **common: Any) -> str:
    """Write one page."""
    asked = citations.asked("".join(str(part) for block in sheet.blocks for part in block.values()))
    columns = typeset.rules(name for block in sheet.blocks for name in block.get("classes", ()))
    html: str = environment().get_template("report.html.j2").render(**common, sheet=sheet, asked=asked, columns=columns)
    return html


def _blocks(
    notebook: Any, citations: Citations, cards: list[dict[str, str]], places: list[str]
) -> list[dict[str, Any]]:
    """List what the cells show, in order, each block with the page that it stands on."""
    blocks, code = list[dict[str, Any]](), list[str]()
    placed, here = not cards, REPORT
    for cell, place in zip(notebook.cells, places, strict=True):
        if cell.cell_type == "markdown":
            html = _markdown(cell.source)
            if re.search("<h[1-4]>", html):
                blocks += _folded(code, here)
            here = place
            blocks.append({"kind": "markdown", "html": html, "page": here})
            continue
        if cell.cell_type != "code":
            continue
        citations.page = here
        made = [block for output in cell.get("outputs", []) if (block := _output(output, citations)) is not None]
        if (
            not placed
            and any(block["kind"] == "finding" for block in made)
            and "findings" in cell.metadata.get("tags", [])
        ):
            made.insert(0, {"kind": "cards", "cards": cards})
            placed = True
        blocks += [block | {"page": here} for block in made]
        code += [cell.source] if cell.source.strip() else []
    return [*blocks, *_folded(code, here)]


def _folded(code: list[str], page: str) -> list[dict[str, Any]]:
    """One fold for the code of a section: a reader passes one line, not one after every figure."""
    folded = [{"kind": "code", "source": "\n\n".join(code), "page": page}] if code else []
    code.clear()
    return folded


_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def shown_text(text: str) -> str:
    """Return printed text without the colours of a terminal.

    Parameters
    ----------
    text : str
        As printed.

    Returns
    -------
    str
        The words alone.
    """
    return _ANSI.sub("", text)


def _output(output: Any, citations: Citations) -> dict[str, Any] | None:
    if output["output_type"] == "stream":
        return {"kind": "text", "text": shown_text(output["text"])}
    if output["output_type"] == "error":
        return {"kind": "text", "text": f"{output['ename']}: {output['evalue']}"}
    data = output.get("data", {})
    if VALUES in data:
        return None
    if NOTICE in data:
        head, _, rest = data[NOTICE]["text"].partition(":")
        return {"kind": "notice", "head": head, "rest": rest}
    if FINDING in data:
        texts = [item["text"] for item in data[FINDING]]
        numbers = [citations.numbers(item["behind"]) for item in data[FINDING]]
        opened = [citations.opened(listed) for listed in numbers]
        paragraphs = list(zip(texts, opened, strict=True))
        return {
            "kind": "finding",
            "paragraphs": paragraphs,
            "lead": bool(texts) and texts[0].endswith("?"),
            "opened": opened,
            "numbers": numbers,
        }
    if FIGURE in data:
        image = "".join(data["image/png"].split())
        return {
            "kind": "figure",
            "name": data[FIGURE]["name"],
            "type": "image/png",
            "image": image,
            "size": _display_size(image),
            "opened": citations.opened(citations.numbers(data[FIGURE]["behind"])),
            **{k: data[FIGURE][k] for k in ("alt", "caption", "sources")},
        }
    if BRIEF in data:
        return {"kind": "brief", "data": data[BRIEF]}
    if TABLE in data:
        return _table(data[TABLE], data["text/html"], citations)
    for kind in ("image/png", "image/jpeg", "image/svg+xml"):
        if kind in data:
            return _picture(kind, data[kind], data.get("text/plain", ""))
    if "text/html" in data:
        return {"kind": "html", "html": _bare(data["text/html"])}
    if "text/markdown" in data:
        return {"kind": "markdown", "html": _markdown(data["text/markdown"])}
    return {"kind": "text", "text": data.get("text/plain", "")}


def _table(shown: Mapping[str, Any], html: str, citations: Citations) -> dict[str, Any]:
    if shown["name"] == SOURCES:
        at = shown["columns"].index("number")
        return {"kind": "sources", "numbers": list(dict.fromkeys(int(row[at]) for row in shown["rows"]))}
    grid = typeset.read(html)
    if grid is None:
        return {"kind": "markup", "html": _bare(html)}
    cells = citations.in_cells(grid.rows, shown)
    own = any("popovertarget" in cell for row in cells for cell in row)
    behind = [] if own else citations.numbers(shown["behind"])
    made = typeset.write(grid, anchor=f"table-{shown['name']}", cells=cells)
    return {
        "kind": "table",
        "name": shown["name"],
        "title": shown["title"],
        "html": made,
        "classes": grid.classes,
        "opened": citations.opened(behind),
    }


def _picture(kind: str, raw: str, alt: str) -> dict[str, Any]:
    """Show a picture of a researcher's own notebook; as an image even where it is markup, so that nothing in it runs."""
    image = base64.b64encode(raw.encode()).decode() if kind == "image/svg+xml" else "".join(raw.split())
    return {
        "kind": "figure",
        "type": kind,
        "image": image,
        "size": None,
        "alt": alt.strip(),
        "caption": "",
        "sources": [],
    }


def _display_size(image: str) -> tuple[int, int] | None:
    """Size at which a picture is shown: drawn at 192 dots an inch, twice the 96 of a screen."""
    head = base64.b64decode(image[:64])
    if len(head) < 24:
        return None
    width, height = struct.unpack(">II", head[16:24])
    return round(width / 2), round(height / 2)


def _bare(html: str) -> str:
    """Drop the style blocks and wrappers a table brings along: the page has one style sheet for all."""
    html = re.sub(r"<style[^>]*>.*?</style>", "", html, flags=re.DOTALL)
    return re.sub(r'(<div id="[^"]*") style="[^"]*"', r"\1", html).strip()


def _markdown(source: str) -> str:
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    html: str = MarkdownWithMath(renderer=IPythonRenderer(escape=True, exclude_anchor_links=True)).render(source)
    return html


def _anchored(blocks: list[dict[str, Any]]) -> None:
    """Give every heading of the page an anchor of its own, in place."""
    taken: set[str] = set()

    def with_anchor(match: re.Match[str]) -> str:
        text = plain(match[2])
        name = "section-" + (re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-") or "untitled")
        anchor = next(a for a in itertools.chain([name], (f"{name}-{n}" for n in itertools.count(2))) if a not in taken)
        taken.add(anchor)
        return f'<h{match[1]} id="{anchor}">{match[2]}</h{match[1]}>'

    for block in blocks:
        if block["kind"] == "markdown":
            block["html"] = re.sub(r"<h([2-4])>(.*?)</h\1>", with_anchor, block["html"], flags=re.DOTALL)


def cards_of(values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Make the large numbers at the top of a page from the recorded headline values.

    Parameters
    ----------
    values : mapping of str to object
        Recorded values.

    Returns
    -------
    list of dict
        Label, big number, interval as text; an empty interval for what could not be estimated.
    """
    shown = sorted((item for item in values.values() if item.get("headline")), key=lambda item: int(item["headline"]))
    return [{"label": sentence(item["label"]), **spoken(item)} for item in shown]
