"""Pages written from source files: the package by room, its methods with their references, and what tests compare with."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "lpo_analysis"
ROOMS = {
    "adoption": "Adoption",
    "savings": "Savings",
    "risk": "Risk",
    "decision": "Decision",
    "databook": "Data book",
    "workbench": "Workbench",
    "evidence": "Evidence",
    "methods": "Methods",
    "charts": "Charts",
    "reporting": "Reporting",
    "parameters": "Parameters",
    "": "Ground floor",
}


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _doc(node: ast.Module | ast.FunctionDef | ast.ClassDef) -> str:
    return ast.get_docstring(node) or ""


def _module(path: Path) -> str:
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return dotted.removesuffix(".__init__")


def _modules() -> Iterator[tuple[str, str, Path]]:
    """Room, dotted name and path of every module that has something public."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        if "bundle" in parts or path.name == "cli.py":
            continue
        room = parts[0] if len(parts) > 1 else ""
        public = [
            node
            for node in _tree(path).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        ]
        if public:
            yield room, _module(path), path


def _page(module: str) -> str:
    return f"reference/python/{module.removeprefix('lpo_analysis.')}.md"


def navigation() -> list[object]:
    """The entries of the package in the navigation, room by room."""
    found: dict[str, list[dict[str, str]]] = {}
    for room, module, _ in _modules():
        label = (
            module.removeprefix("lpo_analysis.").removeprefix(f"{room}.")
            if room
            else module.removeprefix("lpo_analysis.")
        )
        found.setdefault(room, []).append({label: _page(module)})
    missing = set(found) - set(ROOMS)
    if missing:
        raise ValueError(f"rooms without a title in the documentation: {sorted(missing)}")
    return ["reference/python/index.md", *({ROOMS[room]: found[room]} for room in ROOMS if room in found)]


def pages() -> dict[str, str]:
    """Pages by path."""
    made = {
        "reference/python/index.md": _index(),
        "reference/methods.md": methods(),
        "reference/published.md": published(),
    }
    for _, module, _ in _modules():
        made[_page(module)] = f"---\ntitle: {module}\n---\n\n::: {module}\n    options:\n      heading_level: 1\n"
    return made


def _index() -> str:
    lines = [
        "# Python\n",
        (
            "Every public function and class, from its docstring. A room imports only from the floors below it, "
            "and `methods` knows no legal outsourcing: it can be used for anything.\n"
        ),
    ]
    room_before = None
    for room, module, path in sorted(_modules(), key=lambda item: list(ROOMS).index(item[0])):
        if room != room_before:
            lines += ["", f"## {ROOMS[room]}\n", "| module | what is in it |", "|---|---|"]
            room_before = room
        first = _doc(_tree(path)).partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
        lines.append(f"| [`{module}`]({module.removeprefix('lpo_analysis.')}.md) | {first} |")
    return "\n".join(lines) + "\n"


# --- methods with their references ---------------------------------------------------------------------------------------------------

_SECTION = re.compile(r"^References\n-{3,}\n(.*?)(?=^\w[\w ]*\n-{3,}\n|\Z)", re.DOTALL | re.MULTILINE)
_AUTHOR = re.compile(r"^(?:(?:van|von|de|den|der|Van|Von|De|Den|Der) )*[A-ZÀ-Þ][\w'’\-]+, [A-ZÀ-Þ]\.")
_WORK = re.compile(r"^[A-ZÀ-Þ].{0,70}?\((?:\d{4}|\w+ edition)")


def _references(doc: str) -> list[str]:
    """The entries of a section References; numpydoc wraps lines, so a new entry is told by its author or the year of its work."""
    entries: list[str] = []
    for section in _SECTION.findall(doc):
        before = "."
        for raw in section.strip().splitlines():
            line = raw.strip()
            open_ = re.search(r"(?:[,&:]|\b(?:and|in|of|the|for|with))$", before)
            if (
                not line
                or line.startswith("https://")
                or open_
                or not (_AUTHOR.match(line) or (_WORK.match(line) and re.search(r"(?:\.|https?://\S+|\))$", before)))
            ):
                if line and entries and before != ".":
                    entries[-1] += f" {line}"
                elif line:
                    entries.append(line)
            else:
                entries.append(line)
            before = line or before
    return [_addressed(entry) for entry in entries if "as in `" not in entry]


def methods() -> str:
    """Every module of the package that names a reference, with what it does and the references of its functions."""
    lines = [
        "# Methods and references\n",
        (
            "What each module computes, and the works its docstrings name. Written from the source at build time; "
            "the link of a module leads to its functions, their units, and the errors they raise.\n"
        ),
    ]
    room_before = None
    for room, module, path in sorted(_modules(), key=lambda item: (item[0] != "methods", list(ROOMS).index(item[0]))):
        tree = _tree(path)
        docs = [_doc(tree), *(_doc(n) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef))]
        found = list(dict.fromkeys(entry for doc in docs for entry in _references(doc)))
        if not found:
            continue
        if room != room_before:
            lines.append(f"\n## {ROOMS[room]}\n")
            room_before = room
        name = module.removeprefix("lpo_analysis.")
        lines += [
            f"### [`{name}`](python/{name}.md) {{ #{name.replace('.', '-')} }}\n",
            _doc(tree).partition("\n\n")[0] + "\n",
        ]
        lines += [f"- {entry}" for entry in found]
        lines.append("")
    return "\n".join(lines) + "\n"


# --- what tests compare with ---------------------------------------------------------------------------------------------------------

_SOURCE = re.compile(
    r"metafor|metadat|clubSandwich|\bStata\b|\bR \d|\bR's|csdid|\bSAS\b|\b[Tt]ables? [\dIVXF]|vignette|docs/reference|et al\.|\((?:18|19|20)\d\d\)"
    r"|forecast package|scoringutils|\beq\. \d|[Tt]heorem \d"
)


_SPELT = {word.casefold(): word for word in ("R", "NIST", "SAS", "Stata", "Minitab", "CR2", "REML", "CLASP", "F", "t", "Jeffreys", "Wilson",
                                             "Ishigami", "Bass", "DerSimonian", "Laird", "Knapp", "Shapley", "Poisson")}  # fmt: skip


def _words(name: str) -> str:
    """The name of a test as a sentence, which is how tests are named here."""
    return " ".join(_SPELT.get(word, word) for word in name.removeprefix("test_").split("_"))


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|").replace("<", "&lt;")


def _addressed(text: str) -> str:
    """Make addresses in running text links."""
    return re.sub(r"(?<!<)(?<!\]\()(https?://[^\s<>]+?)(?=[.,;]?(?:\s|$)|\)[\s.,;]|\)$)", r"<\1>", text)


def _comments(text: str) -> list[tuple[int, str]]:
    """Blocks of comments as (first line, text); lines that follow each other are one block."""
    blocks: list[tuple[int, int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT or token.string.startswith("# fmt"):
            continue
        said, line = token.string.lstrip("# "), token.start[0]
        alone = token.line.lstrip().startswith("#")
        if blocks and alone and blocks[-1][1] == line - 1:
            blocks[-1] = (blocks[-1][0], line, f"{blocks[-1][2]} {said}")
        else:
            blocks.append((line, line, said))
    return [(first, said) for first, _, said in blocks]


def _tolerances(node: ast.FunctionDef) -> str:
    """The tolerances written into the comparisons of a test."""
    found = []
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(("approx", "allclose")):
            given = [
                f"{k.arg} {ast.unparse(k.value)}" for k in call.keywords if k.arg in ("abs", "rel", "atol", "rtol")
            ]
            found.append(", ".join(given) or "rel 1e-06")
    literal = [
        item for item in dict.fromkeys(found) if re.fullmatch(r"(?:(?:abs|rel|atol|rtol) [\d.e+-]+(?:, )?)+", item)
    ]
    return "; ".join(literal) or (
        "to the digits printed" if found or "round(" in ast.unparse(node) else "as the test states"
    )


def _rows(path: Path) -> tuple[list[str], list[str]]:
    """Rows of the table, and the notes on data, of one file of tests."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    comments = _comments(text)
    rows: list[str] = []
    inside: set[int] = set()
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        within = [(line, said) for line, said in comments if first - 1 <= line <= (node.end_lineno or node.lineno)]
        inside |= {line for line, _ in within}
        told = [said for _, said in within if _SOURCE.search(said)]
        if _SOURCE.search(_doc(node)):
            told.insert(0, _doc(node))
        if node.name.startswith("test_") and told:
            rows.append(f"| {_cell(_words(node.name))} | {_cell('; '.join(told))} | {_tolerances(node)} |")
    notes = [said for line, said in comments if line not in inside and _SOURCE.search(said)]
    return rows, notes


def published() -> str:
    """What is reproduced, from where, how exactly: read from the tests, which fail when it is no longer so."""
    lines = [
        "# Published numbers that are reproduced\n",
        (
            "The tests compare the kit with numbers that others printed, with the output of other programs, and with closed forms. This page is written from those tests at build time, "
            "so it lists what is compared, and nothing else; a number that no longer agreed would fail the tests. "
            "*abs* is the largest difference allowed, *rel* the largest relative one.\n"
        ),
        "## Whole tables and examples\n",
    ]
    for path in sorted((ROOT / "tests" / "reference").glob("test_*.py")):
        tree = _tree(path)
        head, _, rest = _doc(tree).partition("\n\n")
        title = head.replace("\n", " ")
        body = re.sub(r"(?m)^\* ", "- ", _addressed(rest))
        lines += [f"### {title.rstrip('.')}\n", f"{body}\n" if body else "", "What is tested:\n"]
        lines += [
            f"- {_words(node.name)}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
        lines.append(f"\nIn `{path.relative_to(ROOT).as_posix()}`.\n")
    lines += [
        "## Single results, method by method\n",
        "Beside these stand, in the same files, comparisons with closed forms, other algorithms and numbers worked out by hand.\n",
    ]
    for path in sorted((ROOT / "tests" / "unit" / "methods").glob("test_*.py")):
        rows, notes = _rows(path)
        doc = _doc(_tree(path))
        named = bool(_SOURCE.search(doc)) and "\n\n" in doc
        if not rows and not named:
            continue
        lines += [f"### {path.stem.removeprefix('test_').replace('_', ' ').capitalize()}\n"]
        shown = doc if named else doc.partition("\n\n")[0]
        lines.append(_addressed(shown) + "\n")
        if rows:
            lines += ["| what | source, as the test tells it | tolerance |", "|---|---|---|", *rows, ""]
        if notes:
            lines += ["Data and notes:\n", *(f"- {_cell(note)}" for note in notes), ""]
    return "\n".join(lines) + "\n"
