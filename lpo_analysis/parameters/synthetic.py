"""The examples that the templates ship are invented: whatever is made from one says so.

This is the one place that knows: an own file is recorded with the mark (`lpo_analysis.parameters.own`), and page, document, workbook,
results, index and comparison read the mark off what is recorded.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from lpo_analysis import paths
from lpo_analysis.wording import SYNTHETIC, listing, sentence

NOTICE = "application/vnd.lpo.notice+json"
"""MIME type of the output that tells it in a notebook."""
CORRECTED = "corrected_example"
"""The column that marks every row of a corrected example (`lpo_analysis.evidence.own_example`)."""
_RECORDED = re.compile(rf"([^,]+), {SYNTHETIC}(?:, \d+ files?)?, sha256 [0-9a-f]{{16}}")
_TELLING = 8
"""Words and figures of a row from which on nobody writes the same one by chance."""
_HEAD = 1 << 16
"""Bytes that hold the header of any file made from a template."""
_MOST = 1 << 20
"""Bytes of a file up to which its rows are looked through; the examples are far smaller."""


def is_synthetic(path: str | Path, *, sha256: str = "") -> bool:
    """Say whether a file is an example shipped with the kit, or still holds rows of one.

    Parameters
    ----------
    path : str or Path
        The file.
    sha256 : str, optional
        Hash of its content where that is known, so that one content is looked through once.

    Returns
    -------
    bool
        True also where a spreadsheet saved the example with other marks between fields, decimal commas or in another encoding; and for a
        corrected example, which has values of one beside the user's.
    """
    return _looked(str(path), sha256) if sha256 else _looked.__wrapped__(str(path), "")


@lru_cache(maxsize=4096)
def _looked(path: str, _sha256: str) -> bool:
    file = Path(path)
    with file.open("rb") as stream:
        if CORRECTED in _header(stream.read(_HEAD)):
            return True
    if file.stat().st_size > _MOST:
        return False
    wholes, rows = _shipped()
    made = _rows(file.read_bytes())
    return tuple(made) in wholes or not rows.isdisjoint(made)


@cache
def _shipped() -> tuple[frozenset[tuple[str, ...]], frozenset[str]]:
    """Return the content of the examples, and of their rows those that nobody writes by chance."""
    examples = [_rows(path.read_bytes()) for path in sorted(paths.TEMPLATES.glob("*.csv"))]
    telling = {row for rows in examples for row in rows[1:] if row.count(" ") + 1 >= _TELLING}
    return frozenset(map(tuple, examples)), frozenset(telling)


def _text(raw: bytes) -> str:
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    return raw.decode("utf-16" if wide else "utf-8", errors="replace").casefold()


def _header(raw: bytes) -> set[str]:
    """Return the names of columns, whatever stands between them, of the first line or of the second below what Excel writes to itself."""
    lines = [line for line in _text(raw).lstrip("\ufeff").splitlines() if line.strip()][:2]
    if lines and re.fullmatch(r"\s*sep=.\s*", lines[0]):
        del lines[0]
    fields = [field for mark in ",;\t|" for row in csv.reader(lines[:1], delimiter=mark) for field in row]
    return {re.sub(r"[^0-9a-z]+", "_", field).strip("_") for field in fields}


def _rows(raw: bytes) -> list[str]:
    """Return the words and figures of each line, without what spreadsheets change when they save."""
    return [row for line in _text(raw).splitlines() if (row := re.sub(r"[^0-9a-z]+", " ", line).strip())]


def synthetic_kinds(recorded: Mapping[str, Any]) -> list[str]:
    """List which own files are synthetic by what is recorded of parameters.

    Parameters
    ----------
    recorded : mapping of str to object
        Parameters as they are recorded, of own files kind, mark and hash.

    Returns
    -------
    list of str
        Kinds, such as ``survey``, each once.
    """
    found = [
        match[1] for value in recorded.values() if isinstance(value, str) and (match := _RECORDED.fullmatch(value))
    ]
    return list(dict.fromkeys(found))


def notice(recorded: Mapping[str, Any]) -> str:
    """Say which own files are synthetic, and that nothing follows from them.

    Parameters
    ----------
    recorded : mapping of str to object
        Parameters as they are recorded.

    Returns
    -------
    str
        One sentence; empty if none is.
    """
    kinds = synthetic_kinds(recorded)
    if not kinds:
        return ""
    one = len(kinds) == 1
    told = f"the {listing(kinds)} file{' is' if one else 's are'} an example that the kit ships or made, with invented rows or cells"
    return f"{sentence(SYNTHETIC)}, no finding: {told if one else told.replace('are an example', 'are examples')}. What rests on {'it' if one else 'them'} shows the form of an answer and says nothing of the world."


def tell(recorded: Mapping[str, Any]) -> None:
    """Show the notice as an output of a notebook; nothing where no own file is synthetic.

    Parameters
    ----------
    recorded : mapping of str to object
        Parameters as they are recorded.
    """
    text = notice(recorded)
    if not text:
        return
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is not None:
        display(bundle(text), raw=True)


def bundle(text: str) -> dict[str, Any]:
    """Return the output that tells a notice.

    Parameters
    ----------
    text : str
        The notice.

    Returns
    -------
    dict
        Data by MIME type.
    """
    from html import escape

    head, _, rest = text.partition(":")
    shown = f'<p role="note"><strong>{escape(head)}</strong>:{escape(rest)}</p>'
    return {NOTICE: {"text": text}, "text/html": shown, "text/plain": text}
