"""A researcher's own files: what spreadsheets save, read so that nothing written freely is ever repeated."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lpo_analysis.errors import DataError, Fault, NotFoundError, closest
from lpo_analysis.wording import count

_LONGEST = 40


def wrong(faults: Sequence[Fault]) -> DataError:
    """Return the error that names all faults of an own file.

    Parameters
    ----------
    faults : sequence of Fault
        The faults.

    Returns
    -------
    DataError
        To be raised.
    """
    return DataError(faults, remedy="Columns and codes are described in data/templates/README.md.")


@dataclass(frozen=True)
class OwnTable:
    """Cells of an own file.

    Parameters
    ----------
    label : str
        Name of the file.
    cells : dict of str to list of str
        Cells by column of the template.
    lines : list of int
        The line of each row.
    comma : bool
        Whether a comma may be a decimal one.
    n_ignored : int
        Columns that are not of the template.
    """

    label: str
    cells: dict[str, list[str]]
    lines: list[int]
    comma: bool
    n_ignored: int


def _text(path: Path, label: str) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        remedy = "Name a file made from data/templates; a relative path starts where the report is run."
        raise NotFoundError(f"{label} does not exist.", remedy=remedy) from None
    except OSError as error:
        raise wrong([Fault(label, None, None, None, f"cannot be read ({error.strerror})")]) from None
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise wrong([Fault(label, None, None, None, "is a workbook or an archive; save the sheet as CSV (UTF-8)")])
    codecs = ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252")
    for codec in codecs:
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise wrong([Fault(label, None, None, None, "is no text that can be read; save it as CSV (UTF-8)")])


def read_own(path: Path, known: Sequence[str], required: Sequence[str], *, label: str = "") -> OwnTable:
    """Read a CSV file made from a template, whatever spreadsheet saved it.

    Parameters
    ----------
    path : Path
        The file.
    known, required : sequence of str
        Columns of the template, and those that must be there. Others are not read, and counted.
    label : str, optional
        What messages call the file; its name by default.

    Returns
    -------
    OwnTable
        Its cells as text.

    Raises
    ------
    NotFoundError
        If it does not exist.
    DataError
        Naming every fault of its form.
    """
    label = label or path.name
    text = _text(path, label)
    if not text.strip():
        raise wrong([Fault(label, None, None, None, f"is empty; the first line must be {','.join(known)}")])
    head, skipped = text.splitlines()[0], 0
    if re.fullmatch(r"\s*sep=.\s*", head, flags=re.IGNORECASE):  # what Excel writes to itself
        text, skipped = text.split("\n", 1)[1] if "\n" in text else "", 1
        head = (text.splitlines() or [""])[0]
    mark = max(",;\t", key=lambda sign: len(set(_header(head, sign)) & set(known)))
    rows: list[tuple[int, list[str]]] = []
    end = skipped
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        for fields in reader:
            rows.append((end + 1, [field.strip() for field in fields]))
            end = reader.line_num + skipped
    except csv.Error:
        raise wrong(
            [Fault(label, end + 1, None, None, "is no CSV from here on; is a quotation mark left open?")]
        ) from None
    names = [folded(name) for name in rows[0][1]] if rows else []
    if at_fault := _header_faults(label, names, known, required):
        raise wrong(at_fault)
    cells: dict[str, list[str]] = {name: [] for name in names if name in known}
    lines: list[int] = []
    faults: list[Fault] = []
    for line, row in rows[1:]:
        if not any(row):
            continue
        if len(row) < len(names) or any(row[len(names) :]):
            hint = " Is a list of several codes without quotation marks?" if mark == ";" else ""
            faults.append(Fault(label, line, None, None, f"has {len(row)} fields, expected {len(names)}.{hint}"))
            continue
        lines.append(line)
        for name, cell in zip(names, row[: len(names)], strict=True):
            if name in cells:
                cells[name].append(cell)
    if not lines and not faults:
        faults.append(Fault(label, None, None, None, "has a header and no rows below it"))
    if faults:
        raise wrong(faults)
    return OwnTable(label, cells, lines, mark != ",", sum(name not in known for name in names if name))


def _header(line: str, mark: str) -> list[str]:
    try:
        return [folded(name) for name in next(csv.reader([line], delimiter=mark), [])]
    except csv.Error:
        return []


def folded(text: str) -> str:
    """Fold spelling: lower case, underscores for blanks and hyphens.

    Parameters
    ----------
    text : str
        What was typed.

    Returns
    -------
    str
        What codes and names of columns are compared by.
    """
    return re.sub(r"[\s-]+", "_", text.strip().lstrip("\ufeff")).casefold()


def _header_faults(label: str, names: list[str], known: Sequence[str], required: Sequence[str]) -> list[Fault]:
    twice = dict.fromkeys(name for name in names if name in known and names.count(name) > 1)
    absent = [name for name in known if name not in names]
    # A misspelt column of the template would be lost in silence; any other is the researcher's own and stays unread.
    meant = {name: closest(name, absent) for name in names if name and name not in known}
    missing = f"this column is missing. Columns of the template: {', '.join(known)}"
    faults = [Fault(label, 1, name, None, "this column stands there twice") for name in twice]
    faults += [
        Fault(label, 1, name[:_LONGEST], None, f"this column is not known; did you mean {near!r}?")
        for name, near in meant.items()
        if near
    ]
    return faults or [Fault(label, 1, name, None, missing) for name in required if name not in names]


def told(label: str, line: int, column: str, value: str, message: str, *, shown: bool = False) -> Fault:
    """Make a fault that shows a value only if that is known to be harmless.

    Parameters
    ----------
    label : str
        Name of the file.
    line : int
        Row.
    column : str
        Column.
    value : str
        What stands there.
    message : str
        What is wrong, as words that follow the value.
    shown : bool, default False
        Whether the value may be repeated: it is nearly a code, or no more than a number.

    Returns
    -------
    Fault
        The fault.
    """
    if shown:
        return Fault(label, line, column, value, message)
    return Fault(label, line, column, None, f"holds {count(len(value), 'character')}, which {message}")


def is_figure(text: str) -> bool:
    """Say whether a text is a figure and nothing else, so that it may be repeated.

    Parameters
    ----------
    text : str
        The cell.

    Returns
    -------
    bool
        True for digits, signs and points.
    """
    return bool(re.fullmatch(r"[-+.,%\d]{0,12}", text))


def number_of(text: str, *, comma: bool) -> float:
    """Read a number; a comma is a decimal one only where commas do not separate fields.

    Parameters
    ----------
    text : str
        The cell.
    comma : bool
        Whether a comma may be a decimal one.

    Returns
    -------
    float
        The number, NaN if it is none.
    """
    if comma and re.fullmatch(r"[+-]?\d+,\d+", text):
        text = text.replace(",", ".")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text, flags=re.IGNORECASE):
        return float("nan")
    return float(text)


def mixed(cells: Sequence[str]) -> bool:
    """Whether some numbers have decimal commas and others decimal points.

    Parameters
    ----------
    cells : sequence of str
        Cells of one column.

    Returns
    -------
    bool
        True where nobody can tell what a comma means.
    """
    return any("," in cell for cell in cells) and any("." in cell for cell in cells)
