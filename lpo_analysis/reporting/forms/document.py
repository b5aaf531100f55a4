"""A report as a printed document, set by Typst: same words, figures and tables, sources as numbered references."""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lpo_analysis import __version__
from lpo_analysis.parameters.synthetic import NOTICE
from lpo_analysis.reporting import outputs
from lpo_analysis.reporting.bundles import FIGURE, FINDING, TABLE, VALUES
from lpo_analysis.reporting.citations import SOURCES, Citations, spans
from lpo_analysis.reporting.notebook import Kind, formatted
from lpo_analysis.reporting.page import cards_of, shown_text

_OWN = re.compile(r"\[(\d{1,4})\]")


def document(notebook: Any, *, name: str) -> bytes:
    """Set a report as a PDF.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook.
    name : str
        Name of the notebook.

    Returns
    -------
    bytes
        PDF, dated by nothing, so that the same report gives the same bytes.
    """
    import typst

    writer = _Writer(Citations(outputs.bundles(notebook)))
    body = writer.body(notebook)
    head = _template().replace("«NAME»", _text(f"LPO research kit {__version__} · {name} report"))
    with tempfile.TemporaryDirectory() as folder:
        for file, content in {"main.typ": (head + body).encode(), **writer.pictures}.items():
            (Path(folder) / file).write_bytes(content)
        made: bytes = typst.compile(str(Path(folder) / "main.typ"), root=folder)
    return made


@cache
def _template() -> str:
    from lpo_analysis.reporting.page import environment

    loader = environment().loader
    text: str = loader.get_source(environment(), "report.typ")[0]
    return text


def _text(words: object) -> str:
    """Write words so that Typst shows them and reads nothing into them."""
    told = str(words).replace("\\", "\\\\").replace('"', '\\"')
    told = "".join(c if c.isprintable() or c in "\n\t" else " " for c in told)
    return '#"' + told.replace("\n", "\\n").replace("\t", " ") + '"'


def _content(words: object) -> str:
    return f"[{_text(words)}]"


class _Writer:
    """Turns the cells of one notebook into the markup of one document."""

    def __init__(self, citations: Citations) -> None:
        self.citations, self.pictures = citations, dict[str, bytes]()

    def body(self, notebook: Any) -> str:
        cards, parts = cards_of(outputs.values(notebook)), []
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                parts.append(self._markdown(cell.source))
                continue
            if cell.cell_type != "code":
                continue
            made = [self._output(output) for output in cell.get("outputs", [])]
            if cards and "findings" in cell.metadata.get("tags", []):
                made.insert(0, self._cards(cards))
                cards = []
            parts += [part for part in made if part]
        return "\n\n".join(parts) + "\n"

    def _output(self, output: Mapping[str, Any]) -> str:
        if output["output_type"] in ("stream", "error"):
            text = output["text"] if output["output_type"] == "stream" else f"{output['ename']}: {output['evalue']}"
            return f"#printed({_quoted(shown_text(text))})"
        data = output.get("data", {})
        if VALUES in data:
            return ""
        if NOTICE in data:
            return f"#notice[{_text(data[NOTICE]['text'])}]"
        if FINDING in data:
            texts = [
                _text(item["text"]) + self._cited(self.citations.numbers(item["behind"])) for item in data[FINDING]
            ]
            lead = bool(texts) and data[FINDING][0]["text"].endswith("?")
            return f"#finding(lead: {str(lead).lower()}, {', '.join(f'[{text}]' for text in texts)})" if texts else ""
        if FIGURE in data:
            return self._figure(data[FIGURE], data["image/png"])
        if TABLE in data:
            return self._sources() if data[TABLE]["name"] == SOURCES else self._table(data[TABLE])
        if "image/png" in data:
            return self._figure({"caption": "", "alt": data.get("text/plain", ""), "sources": [], "behind": []}, data["image/png"])  # fmt: skip
        if "text/markdown" in data:
            return self._markdown(data["text/markdown"])
        return f"#printed({_quoted(data.get('text/plain', ''))})"

    def _cited(self, numbers: Iterable[int]) -> str:
        listed = list(numbers)
        return f" #cited({', '.join(f'({n}, {_quoted(words)})' for n, words in spans(listed))},)" if listed else ""

    def _cards(self, cards: Iterable[Mapping[str, str]]) -> str:
        told = (f"({_content(card['label'])}, {_content(card['big'])}, {_content(card['span'])})" for card in cards)
        return f"#cards({', '.join(told)},)"

    def _figure(self, data: Mapping[str, Any], image: str) -> str:
        name = f"figure-{len(self.pictures) + 1}.png"
        self.pictures[name] = base64.b64decode(image)
        caption = " ".join([data["caption"], *data["sources"]]).strip()
        cited = self._cited(self.citations.numbers(data["behind"]))
        return f"#picture({_quoted(name)}, {_quoted(data['alt'])}, [{_text(caption)}{cited}])"

    def _table(self, data: Mapping[str, Any]) -> str:
        shown = data["shown"]
        places = [data["columns"].index(key) for key, _, _ in shown]
        at = data["columns"].index("term") if "term" in data["columns"] else None
        rows, any_own = [], False
        for row in data["rows"][: data["cut"]]:
            cells = [self._cell(formatted(row[place], kind)) for place, (_, _, kind) in zip(places, shown, strict=True)]
            own = [] if at is None else self.citations.numbers([row[at]])
            any_own = any_own or bool(own)
            cells[0] += self._cited(own)
            rows.append(", ".join(f"[{cell}]" for cell in cells))
        behind = [] if any_own else self.citations.numbers(data["behind"])
        notes = [_content(note) for note in data["notes"]] + ([f"[Sources{self._cited(behind)}]"] if behind else [])
        sides = ", ".join("left" if kind == "text" else "right" for _, _, kind in shown)
        widths = ", ".join(
            _width(data, place, heading, kind) for place, (_, heading, kind) in zip(places, shown, strict=True)
        )
        heads = ", ".join(_content(heading) for _, heading, _ in shown)
        return (
            f"#listing({_content(data['title'])}, ({sides},), ({widths},), ({heads},), (\n  "
            + ",\n  ".join(rows)
            + f",\n), ({', '.join(notes)}{',' if notes else ''}))"
        )

    def _cell(self, text: str) -> str:
        parts, last = [], 0
        for match in _OWN.finditer(text):
            if int(match[1]) in self.citations.sources:
                parts += [_text(text[last : match.start()]) if match.start() > last else "", self._cited([int(match[1])])]  # fmt: skip
                last = match.end()
        rest = text[last:]
        return "".join(parts) + (_text(rest) if rest else "")

    def _sources(self) -> str:
        items = []
        for source in self.citations.sources.values():
            title = f"#link({_quoted(source.link)}){_content(source.title)}" if source.link else _text(source.title)
            grade = f" Grade {source.grade}." if source.grade else ""
            shown = f" #address({_quoted(source.link)})" if source.link else ""
            items.append(
                f"#source({source.number})[{_text(f'{source.publisher} ({source.published}). ')}{title}{_text('.' + grade)}{shown}]"
            )
        return "\n".join(items)

    def _markdown(self, text: str) -> str:
        return "\n\n".join(filter(None, (_node(node) for node in _parse()(text))))


def _quoted(words: object) -> str:
    return _text(words)[1:]


def _width(data: Mapping[str, Any], place: int, heading: str, kind: Kind) -> str:
    """Give words room by how long they are; numbers take what they need, however long their heading is."""
    lengths = sorted(len(formatted(row[place], kind)) for row in data["rows"][: data["cut"]]) or [1]
    if kind != "text":
        longest = max(lengths[-1], *map(len, heading.split() or [""]))
        return "auto" if len(heading) <= longest else f"{0.56 * longest + 1:.2g}em"
    typical = lengths[int(0.9 * (len(lengths) - 1))]
    return "auto" if typical <= 16 else f"{min(typical, 90)}fr"


@cache
def _parse() -> Callable[[str], Any]:
    import mistune

    made: Callable[[str], Any] = mistune.create_markdown(renderer=None, plugins=["table", "strikethrough"])
    return made


def _inline(nodes: Iterable[Mapping[str, Any]]) -> str:
    return "".join(map(_node, nodes))


def _node(node: Mapping[str, Any]) -> str:
    """Turn one node of parsed markdown into markup; raw HTML is shown as the text it is."""
    kind, inner = node["type"], node.get("children", [])
    simple = {"softbreak": " ", "linebreak": " \\\n", "blank_line": "", "thematic_break": "#line(length: 100%, stroke: 0.5pt)"}  # fmt: skip
    wrapped = {"strong": "#strong", "emphasis": "#emph", "strikethrough": "#strike", "block_quote": "#quote(block: true)"}  # fmt: skip
    if kind in simple:
        return simple[kind]
    if kind in wrapped:
        return f"{wrapped[kind]}[{_inline(inner)}]"
    if kind == "heading":
        return f"#heading(level: {node['attrs']['level']})[{_inline(inner)}]"
    if kind in ("paragraph", "block_text"):
        return _inline(inner)
    if kind == "codespan":
        return f"#raw({_quoted(node['raw'])})"
    if kind == "block_code":
        return f"#printed({_quoted(node['raw'].rstrip())})"
    if kind == "link":
        url = str(node["attrs"]["url"])
        web = re.match(r"https?://", url)
        return f"#link({_quoted(url)})[{_inline(inner)}]" if web else _inline(inner)
    if kind == "list":
        call = "#enum" if node["attrs"].get("ordered") else "#list"
        items = ", ".join(f"[{' '.join(map(_node, item['children']))}]" for item in inner)
        return f"{call}({items})"
    if kind == "table":
        heads = inner[0]["children"]
        rows = [row["children"] for part in inner[1:] for row in part["children"]]
        sides = ", ".join(cell["attrs"].get("align") or "left" for cell in heads)
        cells = [f"[#strong[{_inline(cell['children'])}]]" for cell in heads]
        cells += [f"[{_inline(cell['children'])}]" for row in rows for cell in row]
        return f"#table(columns: {len(heads)}, align: ({sides},), {', '.join(cells)})"
    if "raw" in node:
        return _text(node["raw"])
    return _inline(inner)
