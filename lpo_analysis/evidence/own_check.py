"""Checking a researcher's own file before a report takes it: by the reader of that report, with every fault in a table."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap
from typing import Any

import pandas as pd

from lpo_analysis import paths
from lpo_analysis.errors import DataError, Fault, OutputError
from lpo_analysis.parameters import ReportParameters
from lpo_analysis.wording import count

COLUMNS = ("file", "row", "column", "value", "write", "fault")
"""Columns of a table of faults."""


@dataclass(frozen=True)
class Told:
    """What a reader has read.

    Parameters
    ----------
    text : str
        In words, without a name.
    table : pandas.DataFrame or None
        Further counts: columns what and lines.
    aside : tuple of Fault, default ()
        Rows that are set aside rather than refused, the first of each reason.
    """

    text: str
    table: pd.DataFrame | None = None
    aside: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class OwnKind:
    """A kind of own file, and the reader that the report of it uses.

    Parameters
    ----------
    kind : str
        Its name, which is that of its template.
    model : type of ReportParameters
        Parameters of the report that takes it.
    parameter : str
        The parameter that names the file.
    read : callable
        Takes parameters by name, the file among them, reads it as the report does, and returns what was read.
    names : tuple of str, default ()
        Columns with names and numbers of the user's own: numbers of rows stand for them in a corrected example.
    prefixes : mapping of str to str, default {}
        Columns in which what begins with this is a name of the user's own: it and the number of a row stand for it in a corrected example.
    guarded : mapping of str to str or set of str, default {}
        Columns that no reader compares with a list, and the pattern of numbers, or the codes, that may be copied of them into a corrected
        example; the rest is left empty.
    together : bool, default False
        Whether rows are read together (shares that add up, one delivery in several rows), so that a corrected example has them all.
    examples : mapping of str to str, default {}
        What stands for an example in columns that are empty in the example of the template.
    bills : bool, default False
        Whether it is read as bills are: rows at fault are set aside and listed so far only, and commas are understood by the reader.
    table : Path, optional
        The table of the kit's own that is its template; by default it has one among the templates, with invented rows.
    beside : str, default ""
        A parameter without which no report takes it.
    """

    kind: str
    model: type[ReportParameters]
    parameter: str
    read: Callable[[Mapping[str, Any]], Told]
    names: tuple[str, ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    guarded: Mapping[str, str | frozenset[str]] = field(default_factory=dict)
    together: bool = False
    examples: Mapping[str, str] = field(default_factory=dict)
    bills: bool = False
    table: Path | None = None
    beside: str = ""

    @property
    def template(self) -> Path:
        """A CSV file with a header and rows."""
        return self.table or paths.TEMPLATES / f"{self.kind}.csv"

    def rows(self) -> list[dict[str, str]]:
        """Return the rows of its template.

        Returns
        -------
        list of dict of str to str
            Cells by column.
        """
        return rows_of_template(self.template)

    def example_cells(self) -> dict[str, str]:
        """Return what stands in each column of the example of its template.

        Returns
        -------
        dict of str to str
            The first cell of each column that is not empty.
        """
        rows = self.rows()
        return {name: next((row[name] for row in rows if row[name]), "") for name in rows[0]}


@dataclass(frozen=True)
class Checked:
    """What became of a file.

    Parameters
    ----------
    kind : OwnKind
        Kind of the file.
    told : Told or None
        What was read; None where there are faults.
    faults : tuple of Fault
        Every fault, in the order of rows.
    """

    kind: OwnKind
    told: Told | None
    faults: tuple[Fault, ...] = ()

    def table(self) -> pd.DataFrame:
        """Return the faults as a table.

        Returns
        -------
        pandas.DataFrame
            Columns `COLUMNS`; ``value`` only where it may be repeated, ``write`` what should stand there where that is certain, else what
            stands in the example of the template.
        """
        examples = self.kind.example_cells()
        rows = [
            (fault.file, fault.row, fault.column or "", fault.value or "", fault.meant or _such_as(fault, examples), fault.message)
            for fault in self.faults
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"row": "Int64"})

    def lines(self, width: int = 120) -> list[str]:
        """Return the table of faults as lines for a terminal.

        Parameters
        ----------
        width : int, default 120
            Characters of a line.

        Returns
        -------
        list of str
            A heading and, for each fault, its place and what is wrong with it.
        """
        table = self.table()
        several = len(set(table["file"])) > 1
        kept = [name for name in COLUMNS if name != "file" or several]
        return in_columns(table[kept].rename(columns={"fault": "what is wrong"}), width)

    @property
    def summary(self) -> str:
        """How many faults there are."""
        return f"{count(len(self.faults), 'fault')} in this {self.kind.kind} file; no report would take it."


def in_columns(table: pd.DataFrame, width: int = 120) -> list[str]:
    """Set a table in columns for a terminal, the last one wrapped.

    Parameters
    ----------
    table : pandas.DataFrame
        Its cells.
    width : int, default 120
        Characters of a line.

    Returns
    -------
    list of str
        A heading and the rows; signs that a terminal might obey are left out.
    """
    said = [["" if pd.isna(cell) else _printable(str(cell)) for cell in row] for row in table.astype(object).to_numpy()]
    cells = [[str(name) for name in table.columns], *said]
    widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]) - 1)]
    rest = max(width - sum(widths) - 2 * len(widths), 40)
    made = []
    for *row, last in cells:
        head = "  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True))
        first, *more = wrap(last, rest) or [""]
        made.append(f"{head}  {first}".rstrip())
        made += [f"{'':{len(head)}}  {line}" for line in more]
    return made


def check(kind: OwnKind, path: str | Path, given: Mapping[str, Any] | None = None) -> Checked:
    """Read an own file as the report would that takes it.

    Parameters
    ----------
    kind : OwnKind
        What it is.
    path : str or Path
        The file.
    given : mapping of str to object, optional
        Further parameters of the report: files that belong to it, and what its amounts are read with.

    Returns
    -------
    Checked
        What was read, or every fault.

    Raises
    ------
    NotFoundError, ParameterError
        If there is no such file, or a parameter is at fault; the path is not told.
    """
    try:
        return Checked(kind, kind.read({**(given or {}), kind.parameter: str(path)}))
    except DataError as error:
        return Checked(kind, None, error.faults)


def rows_of_template(path: Path) -> list[dict[str, str]]:
    """Return the rows of a template.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    list of dict of str to str
        Cells by column.
    """
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _printable(text: str) -> str:
    """Leave out signs that a terminal might obey."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _such_as(fault: Fault, examples: Mapping[str, str]) -> str:
    """Show the form of a cell, of one cell's fault and in a column of the template only."""
    example = examples.get(fault.column or "", "") if fault.row not in (None, 1) else ""
    return f"such as {example}" if example else ""


def ignored(n: int) -> str:
    """Say how many columns were not read.

    Parameters
    ----------
    n : int
        Columns that are not of the template.

    Returns
    -------
    str
        A sentence with a blank before it; empty for none.
    """
    return f" {count(n, 'column')} of your own {'was' if n == 1 else 'were'} not read." if n else ""


def write_new(content: bytes, out: Path) -> None:
    """Write an example to a file that is not there yet.

    Parameters
    ----------
    content : bytes
        The example.
    out : Path
        Where it goes; its folder is made if it is not there.

    Raises
    ------
    OutputError
        If a file or folder is there, or none can be written; half a file is taken away.
    """
    if out.is_dir():
        raise OutputError("--example: this is a folder.", remedy="Name a file in it.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"--example: cannot make the folder of the file ({error.strerror}).") from None
    begun = False
    try:
        with out.open("xb") as file:
            begun = True
            file.write(content)
    except FileExistsError:
        raise OutputError("--example: a file of this name is there already.", remedy="Name another one.") from None
    except OSError as error:
        if begun:  # half an example is none
            with suppress(OSError):
                out.unlink()
        raise OutputError(f"--example: cannot write the file ({error.strerror}).") from None
