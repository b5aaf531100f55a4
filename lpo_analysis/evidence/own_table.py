"""A researcher's own tables: what spreadsheets save, read so that nothing written freely is ever repeated."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from lpo_analysis import vocabulary
from lpo_analysis.errors import DataError, Fault, NotFoundError, certain, choices, closest
from lpo_analysis.wording import count

_LONGEST = 40
_WORD = 16
LONGEST_FIGURE = 12
"""Signs of a figure that may be repeated: longer ones are numbers of accounts and the like."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x19\x1b-\x1f]")
"""Signs that no spreadsheet writes into a CSV and nearly every other kind of file holds."""


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

    def column(self, name: str) -> list[str]:
        """Return the cells of a column, empty ones where the file has none of this name.

        Parameters
        ----------
        name : str
            A column of the template.

        Returns
        -------
        list of str
            One cell a row.
        """
        return self.cells.get(name) or [""] * len(self.lines)


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
        if not _CONTROL.search(text):
            return text
    raise wrong([Fault(label, None, None, None, "is no text that can be read; save it as CSV (UTF-8)")])


@dataclass(frozen=True)
class OwnRows:
    """Fields of an own file as they stand there, before anything is asked of them.

    Parameters
    ----------
    mark : str
        What stands between fields.
    names : list of str
        Names of the columns, folded.
    rows : list of (int, list of str)
        Line and fields of each row that is not empty, the header left out.
    """

    mark: str
    names: list[str]
    rows: list[tuple[int, list[str]]]


def rows_of(path: Path, known: Sequence[str], *, label: str = "") -> OwnRows:
    """Split an own file into fields, whatever spreadsheet saved it.

    Parameters
    ----------
    path : Path
        The file.
    known : sequence of str
        Columns of the template, by which the mark between fields is told.
    label : str, optional
        What messages call the file; its name by default.

    Returns
    -------
    OwnRows
        Its fields.

    Raises
    ------
    NotFoundError
        If it does not exist.
    DataError
        If it is no text, is empty, or leaves a quotation mark open.
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
    return OwnRows(mark, names, [(line, row) for line, row in rows[1:] if any(row)])


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
    found = rows_of(path, known, label=label)
    mark, names = found.mark, found.names
    if at_fault := _header_faults(label, names, known, required):
        raise wrong(at_fault)
    cells: dict[str, list[str]] = {name: [] for name in names if name in known}
    lines: list[int] = []
    faults: list[Fault] = []
    for line, row in found.rows:
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
        Fault(
            label, 1, name[:_LONGEST], None, f"this column is not known; did you mean {near!r}?", certain(name, absent)
        )
        for name, near in meant.items()
        if near
    ]
    return faults or [Fault(label, 1, name, None, missing) for name in required if name not in names]


def told(
    label: str, line: int, column: str, value: str, message: str, *, shown: bool = False, meant: str | None = None
) -> Fault:
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
    meant : str, optional
        What should stand there, where that is certain.

    Returns
    -------
    Fault
        The fault.
    """
    if shown:
        return Fault(label, line, column, value, message, meant)
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
    return bool(re.fullmatch(rf"[-+.,%\d]{{0,{LONGEST_FIGURE}}}", text))


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


class NoCodeError(ValueError):
    """A text that is no code; `near` if it is nearly one, and not what somebody wrote in the wrong column, `meant` the code if that is certain.

    Parameters
    ----------
    typed : str
        What was typed.
    codes : iterable of str
        The codes.
    message : str
        What is wrong, as words that follow the value.
    names : mapping of str to str, optional
        What codes of things that have names are called, with the code of each; such a code itself is never a slip away from another.
    """

    def __init__(self, typed: str, codes: Iterable[str], message: str, names: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        listed = list(codes)
        self.meant = certain(typed, listed, of="word" if names is None else "code")
        if self.meant is None and names and (called := certain(typed, names, of="name")):
            self.meant = names[called]
        self.near = self.meant is not None or closest(typed, listed) is not None


Reader = Callable[[str], str]
"""Turns what was typed into a code, or raises `NoCodeError`."""


def one_of(allowed: Sequence[str], labels: Mapping[str, str] | None = None) -> Reader:
    """Return the reader of a closed list of codes.

    Parameters
    ----------
    allowed : sequence of str
        The codes.
    labels : mapping of str to str, optional
        What they are called, which is read as well.

    Returns
    -------
    callable
        The reader.
    """
    spelt = {folded(text): code for code, text in (labels or {}).items()} | {code: code for code in allowed}

    def read(typed: str) -> str:
        if (code := spelt.get(folded(typed))) is None:
            raise NoCodeError(typed, allowed, f"is not a known code. {_hint(typed, allowed)}{choices(typed, allowed)}")
        return code

    return read


def word_of(kind: str, allowed: Sequence[str]) -> Reader:
    """Return the reader of a part of the vocabulary, which takes labels and aliases, too.

    Parameters
    ----------
    kind : str
        As in `lpo_analysis.vocabulary.resolve`.
    allowed : sequence of str
        The codes a cell may hold.

    Returns
    -------
    callable
        The reader.
    """

    def read(typed: str) -> str:
        if folded(typed) in allowed:
            return folded(typed)
        try:
            return vocabulary.resolve(kind, typed, allowed=allowed)
        except NotFoundError:
            raise NoCodeError(typed, allowed, f"is not a known code. {choices(typed, allowed)}") from None

    return read


def read_place(typed: str) -> str:
    """Read a country or a part of one.

    Parameters
    ----------
    typed : str
        A code or a name.

    Returns
    -------
    str
        The code.

    Raises
    ------
    NoCodeError
        If the kit knows no such place.
    """
    try:
        return vocabulary.resolve("place", typed)
    except NotFoundError as error:
        message = f"is no place this kit knows. {error.remedy or ''}".strip()
        raise NoCodeError(typed, vocabulary.PLACES, message, vocabulary.place_names()) from None


def _hint(typed: str, allowed: Sequence[str]) -> str:
    """Name the nearest code of what is far from all, where one is nearer than nothing; of a short word only, not of a sentence."""
    if closest(typed, allowed) or len(typed) > _WORD:
        return ""
    far = get_close_matches(folded(typed), allowed, n=1, cutoff=0.4)
    return f"The nearest is {far[0]!r}. " if far else ""


def read_code(table: OwnTable, line: int, column: str, cell: str, read: Reader, faults: list[Fault]) -> str:
    """Read a cell that holds one code.

    Parameters
    ----------
    table : OwnTable
        The file.
    line : int
        Row.
    column : str
        Column.
    cell : str
        What stands there; empty for not told.
    read : callable
        Turns it into a code.
    faults : list of Fault
        Gains one where it is no code; the value is shown only if it is nearly one.

    Returns
    -------
    str
        The code; empty where there is none.
    """
    if not cell:
        return ""
    try:
        return read(cell)
    except NoCodeError as error:
        faults.append(told(table.label, line, column, cell, str(error), shown=error.near, meant=error.meant))
        return ""


def read_numbers(
    table: OwnTable,
    column: str,
    faults: list[Fault],
    *,
    no_number: str,
    empty: str | None = None,
    wrong_value: Callable[[float], str | None] = lambda value: None,
    shown: bool = True,
) -> list[float]:
    """Read a column of numbers.

    Parameters
    ----------
    table : OwnTable
        The file.
    column : str
        Its column; one that the file has not is empty in every row.
    faults : list of Fault
        Gains one for every cell at fault, or one for a column whose decimal sign nobody can tell.
    no_number : str
        What is wrong with a cell that is no number, as words that follow the value.
    empty : str, optional
        What is wrong with an empty cell; by default it may be empty, and is NaN.
    wrong_value : callable, optional
        Says what is wrong with a number, or None.
    shown : bool, default True
        Whether a value at fault may be repeated if it is a figure and nothing else.

    Returns
    -------
    list of float
        Numbers, NaN where there is none; 1 in all rows where the decimal sign cannot be told.
    """
    cells = table.column(column)
    if mixed(cells):
        message = "has decimal commas and decimal points; use one of them"
        faults.append(Fault(table.label, None, column, None, message))
        return [1.0] * len(cells)
    values = []
    for line, cell in zip(table.lines, cells, strict=True):
        value = number_of(cell, comma=table.comma)
        if not cell:
            if empty is not None:
                faults.append(Fault(table.label, line, column, None, empty))
        elif not np.isfinite(value):
            faults.append(told(table.label, line, column, cell, no_number, shown=shown and is_figure(cell)))
        elif message := wrong_value(value) or "":
            faults.append(told(table.label, line, column, cell, message, shown=shown and is_figure(cell)))
        values.append(value)
    return values
