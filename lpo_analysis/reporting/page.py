"""Turn an executed notebook into one self-contained HTML page that makes no network request and runs no script."""

from __future__ import annotations

import base64
import itertools
import re
import struct
import textwrap
from collections.abc import Mapping
from functools import cache
from html import unescape
from typing import Any

from lpo_analysis import __version__
from lpo_analysis.parameters.synthetic import NOTICE
from lpo_analysis.reporting import brief as briefs
from lpo_analysis.reporting import outputs, typeset
from lpo_analysis.reporting.citations import SOURCES, Citations
from lpo_analysis.reporting.notebook import BRIEF, FIGURE, FINDING, TABLE, VALUES, spoken
from lpo_analysis.wording import sentence

_HEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)
_SECTION = re.compile(r'<h[23] id="([^"]+)">(.*?)</h[23]>', re.DOTALL)


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
    """Render the page of a report.

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
    return pages(notebook, name=name)[briefs.REPORT]


def pages(notebook: Any, *, name: str) -> dict[str, str]:
    """Render the page of a report and, where it shows a brief, that as a page of its own.

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
    """
    citations = Citations(outputs.bundles(notebook))
    cards = cards_of(outputs.values(notebook))
    blocks = _blocks(notebook, citations, cards)
    _anchored(blocks)
    anchors = _sections(blocks)
    told = next((block for block in blocks if block["kind"] == "brief"), None)
    for block in blocks:
        if block["kind"] == "brief":
            block["brief"] = briefs.view(block["data"], citations, anchors)
    joined = "".join(block.get("html", "") for block in blocks if block["kind"] == "markdown")
    contents = [(name, unescape(re.sub(r"<[^>]+>", "", text)).strip()) for name, text in _HEADING.findall(joined)]
    title = re.search(r"<h1[^>]*>(.*?)</h1>", joined, re.DOTALL)
    question = next((b["paragraphs"][0][0] for b in blocks if b["kind"] == "finding" and b["paragraphs"]), "")
    heading = unescape(re.sub(r"<[^>]+>", "", title.group(1))).strip() if title else name
    shortened = textwrap.shorten(f"{heading} · {question}", 160, placeholder=" …")
    common = {"title": shortened if question.endswith("?") else heading, "notebook": name, "style": style(), "version": __version__}  # fmt: skip
    made: dict[str, str] = {
        briefs.REPORT: environment().get_template("report.html.j2").render(
            **common, blocks=blocks, contents=contents, asked=citations.asked("".join(str(part) for block in blocks for part in block.values())),
            columns=typeset.rules(name for block in blocks for name in block.get("classes", ())),
            beside=briefs.FILE if told else "",
        )
    }  # fmt: skip
    if told:
        alone = briefs.view(told["data"], citations, anchors, page=briefs.REPORT)
        made[briefs.FILE] = environment().get_template("brief.html.j2").render(**common, brief=alone, cards=cards, report=briefs.REPORT)  # fmt: skip
    return made


def _sections(blocks: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Find the section that shows each table and figure: its anchor and its heading."""
    found: dict[str, tuple[str, str]] = {}
    here = ("", "")
    for block in blocks:
        if block["kind"] == "markdown":
            for anchor, heading in _SECTION.findall(block["html"]):
                here = (anchor, unescape(re.sub(r"<[^>]+>", "", heading)).strip())
        elif block.get("name") and here[0]:
            found.setdefault(block["name"], here)
    return found


def _blocks(notebook: Any, citations: Citations, cards: list[dict[str, str]]) -> list[dict[str, Any]]:
    blocks, code = list[dict[str, Any]](), list[str]()
    placed = not cards
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            html = _markdown(cell.source)
            blocks += _folded(code) if re.search("<h[1-4]>", html) else []
            blocks.append({"kind": "markdown", "html": html})
            continue
        if cell.cell_type != "code":
            continue
        made = [block for output in cell.get("outputs", []) if (block := _output(output, citations)) is not None]
        if (
            not placed
            and any(block["kind"] == "finding" for block in made)
            and "findings" in cell.metadata.get("tags", [])
        ):
            blocks.append({"kind": "cards", "cards": cards})
            placed = True
        blocks += made
        code += [cell.source] if cell.source.strip() else []
    return [*blocks, *_folded(code)]


def _folded(code: list[str]) -> list[dict[str, Any]]:
    """One fold for the code of a section: a reader passes one line, not one after every figure."""
    folded = [{"kind": "code", "source": "\n\n".join(code)}] if code else []
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
        opened = [citations.opened(citations.numbers(item["behind"])) for item in data[FINDING]]
        paragraphs = list(zip(texts, opened, strict=True))
        return {
            "kind": "finding",
            "paragraphs": paragraphs,
            "lead": bool(texts) and texts[0].endswith("?"),
            "opened": opened,
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
        return {"kind": "markup", "html": citations.listed(shown)}
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
        text = unescape(re.sub(r"<[^>]+>", "", match[2]))
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
