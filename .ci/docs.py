"""Hook of mkdocs: adds the pages that are written from the code, the data and the tests; none of them is committed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import docs_code
import docs_pages
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]

INCLUDED = {
    "data/evidence/README.md": "reference/evidence.md",
    "data/tables/README.md": "reference/tables.md",
    "data/templates/README.md": "reference/templates.md",
    "data/LICENSES.md": "reference/licences.md",
    "benchmarks/README.md": "reference/benchmarks.md",
    "CHANGELOG.md": "reference/changes.md",
}
"""Files of the repository that are shown as they stand."""

COPIED = {
    **{
        f"data/templates/{path.name}": f"files/templates/{path.name}"
        for path in (ROOT / "data/templates").glob("*.csv")
    },
    **{f"data/tables/{path.name}": f"files/tables/{path.name}" for path in (ROOT / "data/tables").glob("*.csv")},
    **{f"data/evidence/{path.name}": f"files/evidence/{path.name}" for path in (ROOT / "data/evidence").glob("*.csv")},
    **{f"docs/schemas/{path.name}": f"schemas/{path.name}" for path in (ROOT / "docs/schemas").glob("*.json")},
    "data/datapackage.json": "files/datapackage.json",
    "CITATION.cff": "files/CITATION.cff",
}
"""Files that a page links to, and where they lie on the site."""

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")


def on_config(config: Any) -> Any:
    """Hang the pages of the package below Reference.

    Without this the list of some two hundred modules would have to be kept by hand.
    """
    reference = next(item["Reference"] for item in config["nav"] if "Reference" in item)
    reference.append({"Python": docs_code.navigation()})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add what is generated, what is included and what is linked to."""
    pages = {**docs_pages.pages(), **docs_code.pages()}
    for source, target in INCLUDED.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        pages[target] = _with_files(_relinked(text, source, target), source, target)
    for name, content in {**pages, **docs_pages.reports()}.items():
        files.append(File.generated(config, name, content=content))
    for source, target in COPIED.items():
        if files.get_file_from_path(target) is None:
            files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    return files


def _with_files(text: str, source: str, target: str) -> str:
    """Name the files of the folder that a README is about, to be taken from the site."""
    folder, name = source.rsplit("/", 1) if "/" in source else ("", source)
    beside = [there for here, there in COPIED.items() if here.rpartition("/")[0] == folder and there.endswith(".csv")]
    if name != "README.md" or not beside:
        return text
    up = "../" * target.count("/")
    links = " · ".join(f"[{there.rsplit('/', 1)[1]}]({up}{there})" for there in sorted(beside))
    head, _, rest = text.partition("\n")
    return f"{head}\n\n**Download:** {links}\n{rest}"


def _relinked(text: str, source: str, target: str) -> str:
    """Turn the links of a file of the repository into links of the site; what is not on the site stays as its path."""
    folder = (ROOT / source).parent

    def link(match: re.Match[str]) -> str:
        label, address = match[1], match[2]
        if re.match(r"https?:|#|mailto:", address):
            return match[0]
        path, _, anchor = address.partition("#")
        full = (folder / path).resolve().relative_to(ROOT).as_posix()
        there = INCLUDED.get(full) or COPIED.get(full)
        if there is None:
            return label if label.startswith("`") else f"`{full}`"
        up = "../" * target.count("/")
        return f"[{label}]({up}{there}{'#' + anchor if anchor else ''})"

    return _spaced(_LINK.sub(link, text))


def _spaced(text: str) -> str:
    """Put an empty line before lists and headings that GitHub reads without one."""
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        item = re.match(r"(?:[-*]|\d+\.) ", line)
        before = lines[-1] if lines else ""
        after_text = before.strip() and not re.match(r"\s*(?:[-*]|\d+\.) |\s", before)
        if not fenced and ((item and after_text) or (line.startswith("#") and before.strip())):
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"
