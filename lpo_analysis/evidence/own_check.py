"""Checking a researcher's own file before a report takes it: by the reader of that report, with every fault in a table."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    """

    text: str
    table: pd.DataFrame | None = None


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
    """

    kind: str
    model: type[ReportParameters]
    parameter: str
    read: Callable[[Mapping[str, Any]], Told]


@dataclass(frozen=True)
class Checked:
    """What became of a file.

    Parameters
    ----------
    kind : str
        Kind of the file.
    told : Told or None
        What was read; None where there are faults.
    faults : tuple of Fault
        Every fault, in the order of rows.
    """

    kind: str
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
        examples = example_cells(self.kind)
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
        shown = table[[name for name in COLUMNS[:-1] if name != "file" or several]].astype(object)
        cells = [
            list(shown.columns),
            *[["" if pd.isna(cell) else _printable(str(cell)) for cell in row] for row in shown.to_numpy()],
        ]
        widths = [max(len(row[at]) for row in cells) for at in range(len(cells[0]))]
        rest = max(width - sum(widths) - 2 * len(widths), 40)
        made = []
        for row, message in zip(cells, ["what is wrong", *table["fault"]], strict=True):
            head = "  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True))
            first, *more = wrap(message, rest) or [""]
            made.append(f"{head}  {first}".rstrip())
            made += [f"{'':{len(head)}}  {line}" for line in more]
        return made

    @property
    def summary(self) -> str:
        """How many faults there are."""
        return f"{count(len(self.faults), 'fault')} in this {self.kind} file; no report would take it."


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
        return Checked(kind.kind, kind.read({**(given or {}), kind.parameter: str(path)}))
    except DataError as error:
        return Checked(kind.kind, None, error.faults)


def example_cells(kind: str) -> dict[str, str]:
    """Return what stands in each column of the example of a template.

    Parameters
    ----------
    kind : str
        Its name.

    Returns
    -------
    dict of str to str
        The first cell of each column that is not empty.
    """
    with (paths.TEMPLATES / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: next((row[name] for row in rows if row[name]), "") for name in rows[0]}


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


def write_example(kind: str, out: Path) -> None:
    """Write the template of a kind with its example: header and valid rows.

    Parameters
    ----------
    kind : str
        Its name.
    out : Path
        A file that is not there yet.

    Raises
    ------
    OutputError
        If it is there, or cannot be written.
    """
    content = (paths.TEMPLATES / f"{kind}.csv").read_bytes()
    try:
        with out.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise OutputError("--example: a file of this name is there already.", remedy="Name another one.") from None
    except OSError as error:
        raise OutputError(f"--example: cannot write the file ({error.strerror}).") from None
