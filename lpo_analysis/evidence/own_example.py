"""A corrected example of an own file at fault: its rows, with what is certain put right and what is not taken from the template.

It passes the check that its original failed. It is an example and says so: names are not copied, and a column of its own marks every row.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from lpo_analysis.errors import Fault, LpoError, OutputError, certain, closest
from lpo_analysis.evidence.own_check import OwnKind, check
from lpo_analysis.evidence.own_mend import mended_number, mender
from lpo_analysis.evidence.own_table import LONGEST_FIGURE, OwnRows, folded, mixed, rows_of
from lpo_analysis.parameters.synthetic import CORRECTED
from lpo_analysis.wording import count

CERTAIN, EXAMPLE = "certain", "example value, replace it"
"""How a cell was changed."""
COLUMNS = ("row", "column", "from", "to", "how")
"""Columns of the table of changes."""
NOT_YOURS = "not your data"
"""What stands in every row of an example, in the column that marks it."""
SHOWN = 40
"""Rows of the table of changes that a terminal shows."""
_ABSENT = "(no such column)"
_ROUNDS = 40
_FEW = 20
"""Rows copied of a file none of whose rows is at fault by itself, or whose reader lists faults so far only."""
_FILLED = 5
"""Rows of the template put below where a file has too few."""


@dataclass(frozen=True, eq=False)
class Corrected:
    """An example made from a file at fault.

    Parameters
    ----------
    text : str
        The example, as CSV.
    changes : pandas.DataFrame
        Columns `COLUMNS`, a changed cell a row: row and column of the user's file, what stood there where that may be repeated, what stands
        in the example, and whether that is certain.
    told : str
        What it is, in a sentence.
    """

    text: str
    changes: pd.DataFrame
    told: str


def corrected(kind: OwnKind, path: str | Path, given: Mapping[str, Any] | None = None) -> Corrected | None:
    """Make a corrected example of a file at fault; the file itself is only read.

    Parameters
    ----------
    kind : OwnKind
        What it is.
    path : str or Path
        The file.
    given : mapping of str to object, optional
        Further parameters of the report. Files that belong to it are left out: the example is of this file alone.

    Returns
    -------
    Corrected or None
        An example that passes `lpo_analysis.evidence.own_check.check`; None where the file by itself has no fault.

    Raises
    ------
    OutputError
        If the temporary folder in which an example is checked cannot be written.
    """
    own = kind.model.own_files()
    alone = {name: value for name, value in (given or {}).items() if name not in own}
    faults = _faults(kind, path, alone)
    if not faults:
        return None
    columns = list(kind.rows()[0])
    if not Path(path).is_file():
        return _template(kind, "An example is made of one file, and a folder or pattern was named")
    try:
        read = rows_of(Path(path), columns)
    except LpoError:
        return _template(kind, "Nothing of your file could be read")
    if not set(read.names) & set(columns) or not read.rows:
        return _template(kind, "Your file has no row under a column of the template")
    try:
        return _made(_Draft(kind, read, faults), faults, alone) or _template(kind, "Your rows could not be corrected")
    except OutputError:
        raise
    except OSError as error:
        what = f"--example: cannot write to the temporary folder ({error.strerror or 'there is none'})."
        raise OutputError(what, remedy="Set TMPDIR to a folder that can be written.") from None
    except LpoError:
        # What the example values are does not go with a parameter of the question.
        return _template(kind, "Your rows could not be corrected")


def _faults(kind: OwnKind, path: str | Path, given: Mapping[str, Any]) -> tuple[Fault, ...]:
    found = check(kind, path, given)
    return found.faults or (found.told.aside if found.told else ())


def _made(draft: _Draft, faults: tuple[Fault, ...], given: Mapping[str, Any]) -> Corrected | None:
    kind = draft.kind
    with TemporaryDirectory() as folder:  # for nobody else's eyes
        file = Path(folder) / f"{kind.kind}.csv"

        def judged(text: str) -> tuple[Fault, ...]:
            file.write_text(text, encoding="utf-8")
            return _faults(kind, file, given)

        draft.mend(faults, {line: at for at, line in enumerate(draft.lines)})
        for _ in range(_ROUNDS):
            left = judged(draft.text())
            if not left or draft.hopeless:
                break
            draft.mend(left, dict(enumerate(draft.live(), start=2)))
        if left or draft.hopeless:
            return None
        some = draft.text(draft.chosen())
        text = draft.text() if judged(some) else some
    kept = draft.chosen() if text == some else draft.live()
    copied = sum(draft.lines[at] is not None for at in kept)
    alias = "row-7" if kind.names else next((f"{prefix}row_7" for prefix in kind.prefixes.values()), "")
    names = f" Names and numbers of your own are not copied: {alias} stands for what is in row 7." if alias else ""
    return Corrected(text, draft.table(kept), f"{count(copied, 'row')} of your file, corrected.{names}")


def _template(kind: OwnKind, why: str) -> Corrected:
    rows = kind.rows()
    changes = pd.DataFrame([(pd.NA, "", "", "all rows of the template", EXAMPLE)], columns=list(COLUMNS))
    return Corrected(_csv(list(rows[0]), rows), changes.astype({"row": "Int64"}), f"{why}, so that it is the template.")


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*columns, CORRECTED])
    writer.writerows([*(row[name] for name in columns), NOT_YOURS] for row in rows)
    return text.getvalue()


def _length(cell: str) -> str:
    """Say of a cell that may not be repeated how long it is."""
    return f"({count(len(cell), 'character')})" if cell else "(empty)"


class _Draft:
    """Rows on their way to an example; nothing of the user's in it but what its reader has compared with a list, numbers and days."""

    def __init__(self, kind: OwnKind, read: OwnRows, faults: Sequence[Fault]) -> None:
        self.kind = kind
        self.template = kind.rows()
        self.columns = list(self.template[0])
        self.known = {name: {row[name] for row in self.template} for name in self.columns}
        shown = kind.example_cells()
        self.examples = {name: shown[name] or kind.examples.get(name, "") for name in self.columns}
        self.menders = {name: mender(example) for name, example in self.examples.items()}
        self.changes: dict[tuple[int | None, str], tuple[str, str, str]] = {}
        self.touched: set[int] = set()
        self.used: dict[str, Counter[str]] = {}
        self.tries: Counter[tuple[int | None, str | None]] = Counter()
        self.hopeless = False
        self.uneven: set[int] = set()
        self.dropped: set[int] = set()
        self.filled: set[str] = set()
        places = self._header(read)
        self._aliases: dict[str, dict[str, str]] = {name: {} for name in (*kind.names, *kind.prefixes)}
        self.rows: list[dict[str, str]] = []
        self.lines: list[int | None] = []
        self._copy(read, places, {fault.row for fault in faults if fault.row and fault.row > 1})

    # -- what is copied ----------------------------------------------------------------------------------------------------

    def _header(self, read: OwnRows) -> dict[str, int]:
        """Say where each column stands; one that stands there twice is in doubt, one that is missing empty."""
        places = {
            name: read.names.index(name) for name in self.columns if name in read.names and read.names.count(name) == 1
        }
        absent = [name for name in self.columns if name not in read.names]
        for at, name in enumerate(read.names):
            meant = certain(name, absent) if name and name not in self.columns and closest(name, absent) else None
            if meant and meant not in places:
                places[meant] = at
                self.changes[None, meant] = (name, meant, CERTAIN)
        for name in self.columns:
            if name not in places and name in absent:
                self.changes[None, name] = (_ABSENT, f"{name}, empty", CERTAIN)
            elif name not in places:
                self.changes[None, name] = ("(stands there twice)", name, EXAMPLE)
        return places

    def _copy(self, read: OwnRows, places: Mapping[str, int], faulty: set[int]) -> None:
        rows = [(line, row) for line, row in read.rows if not faulty or line in faulty or not self.kind.bills]
        width = len(read.names)
        for line, fields in rows[:_FEW] if self.kind.bills and not faulty else rows:
            whole = len(fields) >= width and not any(fields[width:])
            self.lines.append(line)
            self.rows.append({name: fields[places[name]] if whole and name in places else "" for name in self.columns})
            if not whole:
                self.uneven.add(len(self.rows) - 1)
        for name in self.columns:
            cells = [row[name] for row in self.rows]
            pointed = read.mark != "," and not self.kind.bills and self.menders[name] is mended_number and not mixed(cells)  # fmt: skip
            for at, (row, cell) in enumerate(zip(self.rows, cells, strict=True)):
                new = cell.replace(",", ".") if pointed and re.fullmatch(r"[+-]?\d+,\d+", cell) else cell
                row[name] = new = self._allowed(name, new, self.lines[at])
                if new != cell and name not in self.kind.names and not (new and name in self.kind.prefixes):
                    told = ("(in the example)", CERTAIN) if new else ("(empty)", EXAMPLE)
                    self.changes[at, name] = (_length(cell), *told)
            self.used[name] = Counter(row[name] for row in self.rows)
        for at in sorted(self.uneven):
            self._replace(at)

    def _allowed(self, name: str, cell: str, line: int | None) -> str:
        """Return a cell as it may be copied: a name as the number of the row that has it first, a long number not at all."""
        if not cell or cell in self.known[name]:
            return cell
        if name in self.kind.names:
            return self._aliases[name].setdefault(cell, f"row-{line}")
        prefix = self.kind.prefixes.get(name)
        if prefix and folded(cell).startswith(prefix):
            return self._aliases[name].setdefault(folded(cell), f"{prefix}row_{line}")
        if self.menders[name] is mended_number:
            mended = mended_number(cell)
            number = mended or (cell if re.fullmatch(r"[+-]?[\d.]+e[+-]?\d+", cell, re.IGNORECASE) else "")
            if len(number) > LONGEST_FIGURE:
                return ""  # as long as the number of an account
            if name in self.kind.guarded and mended is not None:
                cell = mended
        allowed = self.kind.guarded.get(name)
        if allowed is None:
            return cell
        return cell if (re.fullmatch(allowed, cell) if isinstance(allowed, str) else cell.upper() in allowed) else ""

    # -- what is changed ---------------------------------------------------------------------------------------------------

    def mend(self, faults: Iterable[Fault], at: Mapping[int | None, int]) -> None:
        """Change what is at fault: at first to what is certain, then to an example, then the row, then all."""

        def place(fault: Fault) -> tuple[int, int]:
            return fault.row or 0, self.columns.index(fault.column) if fault.column in self.columns else -1

        for row, of_row in groupby(sorted(faults, key=place), key=lambda fault: fault.row):
            index = at.get(row)
            cells = [(column, list(group)) for column, group in groupby(of_row, key=lambda fault: fault.column)]
            if index is not None:
                self._row(index, cells)
                continue
            if row:
                continue  # the header, or a row that was left out
            for column, _ in cells:
                if column not in self.columns:
                    self._fill()
                elif column not in self.filled:
                    self._column(str(column))
        self.uneven.clear()
        self.filled.clear()

    def _row(self, at: int, cells: Sequence[tuple[str | None, list[Fault]]]) -> None:
        if at in self.uneven:
            return  # its fields could not be told apart, and it is replaced already
        if any(column not in self.columns for column, _ in cells):
            self._replace(at)
            return
        named = [(str(column), faults) for column, faults in cells]
        sure = [
            (column, faults)
            for column, faults in named
            if column in self.kind.names
            or (not self.tries[at, column] and self._certain(column, self.rows[at][column], faults) is not None)
        ]
        # One cell may be at fault because of another: after what is certain, one at a time.
        for column, faults in sure or named[:1]:
            self._cell(at, column, faults)

    def _cell(self, at: int, column: str, faults: Sequence[Fault]) -> None:
        self.tries[at, column] += 1
        attempt, cell = self.tries[at, column], self.rows[at][column]
        stood = [fault.value for fault in faults if fault.value is not None]
        said = "; ".join(stood) or _length(cell)
        if column in self.kind.names and cell:
            said = "(a name)"
        if attempt == 1 and (new := self._certain(column, cell, faults)) is not None:
            told = "; ".join(str(fault.meant or new) for fault in faults) if stood else "(in the example)"
            self._put(at, column, new, (said, told, CERTAIN))
            return
        if attempt > 2:
            self._replace(at)
            return
        new = self._example(at, column)
        if new == cell and not (column in self.kind.names and attempt == 1):
            if cell:
                self._drop(at)
            elif column not in self.filled:
                # Empty as in the template: what is wrong is that others have something there.
                self._column(column)
            return
        self._put(at, column, new, (said, new or "(empty)", EXAMPLE))

    def _certain(self, column: str, cell: str, faults: Sequence[Fault]) -> str | None:
        if all(fault.meant for fault in faults):
            parts = re.split(r"([;|])", cell)
            for fault in faults:
                parts = [str(fault.meant) if folded(part) == folded(fault.value or "") else part for part in parts]
            return "".join(parts) if "".join(parts) != cell else None
        mend = None if column in self.kind.names else self.menders[column]
        if mend is None:
            return None
        percent = any("without the percent sign" in fault.message for fault in faults)
        new = mend(cell.removesuffix("%").rstrip() if percent else cell)
        return new if new != cell else None

    def _example(self, at: int, column: str) -> str:
        used, own = self.used[column], self.rows[at][column]

        def free(cell: str) -> bool:
            return used[cell] == (cell == own)

        if column in self.kind.names:
            alias = f"row-{self.lines[at] or at + 2}"
            return next(name for n in range(len(self.rows) + 1) if free(name := f"{alias}-{n}" if n else alias))
        first = self.columns[0]
        # A category is one of its variable, a direction that of its criterion.
        alike = [] if column == first else [row for row in self.template if row[first] == self.rows[at][first]]
        options = [row[column] for row in alike or self.template if row[column]]
        if alike and options:
            return next(filter(free, options), options[0])
        if len(options) > 1 and len(set(options)) == len(options):
            return next(filter(free, options), options[0])
        return self.examples[column]

    def _replace(self, at: int) -> None:
        """Put a row of the template in the place of one; what does not go with the others then is left out."""
        self.tries[at, None] += 1
        if self.tries[at, None] > 1:
            self._drop(at)
            return
        row = dict(self.template[at % len(self.template)])
        row |= {name: self._example(at, name) for name in self.kind.names if row[name]}
        for name in self.columns:
            self._set(at, name, row[name])
            self.changes.pop((at, name), None)
        self.changes[at, ""] = ("(the row)", "a row of the template", EXAMPLE)

    def _drop(self, at: int) -> None:
        if at in self.dropped:
            return
        self.dropped.add(at)
        for name in self.columns:
            self.used[name][self.rows[at][name]] -= 1
            self.changes.pop((at, name), None)
        self.changes[at, ""] = ("(the row)", "left out", EXAMPLE)

    def _column(self, column: str) -> None:
        """Change a column that is at fault as a whole."""
        self.filled.add(column)
        self.tries[None, column] += 1
        attempt, mend = self.tries[None, column], self.menders[column]
        self.hopeless |= attempt > 2
        decimal = attempt == 1 and mend is mended_number and mixed([row[column] for row in self.rows])
        for at in self.live():
            row = self.rows[at]
            cell = row[column]
            said = _length(cell)
            # In such a column a point before three figures may be one of thousands, too.
            doubt = re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", cell)
            new = mended_number(cell) if decimal and cell and not doubt else None
            if decimal and (not cell or new == cell):
                continue
            if new is not None:
                self._put(at, column, new, (said, "(in the example)", CERTAIN))
                continue
            new = self._example(at, column) if decimal else self.template[at % len(self.template)][column]
            if new != cell:
                self._put(at, column, new, (said, new or "(empty)", EXAMPLE))

    def _fill(self) -> None:
        """Put rows of the template below, of a file that has too few."""
        self.tries[None, None] += 1
        self.hopeless |= self.tries[None, None] > 1
        for row in self.template[:_FILLED]:
            self.rows.append(dict(row))
            self.lines.append(None)
            self.touched.add(len(self.rows) - 1)
            for name in self.columns:
                self.used[name][row[name]] += 1
            self.changes[len(self.rows) - 1, ""] = ("(no row)", "a row of the template", EXAMPLE)

    def _put(self, at: int, column: str, new: str, change: tuple[str, str, str]) -> None:
        self._set(at, column, new)
        before = self.changes.get((at, column))
        self.changes[at, column] = (before[0], *change[1:]) if before else change

    def _set(self, at: int, column: str, new: str) -> None:
        self.touched.add(at)
        self.used[column][self.rows[at][column]] -= 1
        self.used[column][new] += 1
        self.rows[at][column] = new

    # -- what comes out ----------------------------------------------------------------------------------------------------

    def live(self) -> list[int]:
        """List the rows that were not left out."""
        return [at for at in range(len(self.rows)) if at not in self.dropped]

    def chosen(self) -> list[int]:
        """Say which rows the example has: those changed, or all where rows are read together or none was changed by itself."""
        every = self.live()
        touched = [at for at in every if at in self.touched]
        return every if self.kind.together else touched or every[:_FEW]

    def text(self, chosen: Sequence[int] | None = None) -> str:
        """Write the rows as CSV."""
        return _csv(self.columns, [self.rows[at] for at in (self.live() if chosen is None else chosen)])

    def table(self, kept: Sequence[int]) -> pd.DataFrame:
        """Return what was changed in the rows kept, and which were left out, in the order of the user's rows."""
        shown = {None, *kept, *self.dropped}
        rows = []
        for (at, column), change in sorted(self.changes.items(), key=self._order):
            if at is None and change[0] == _ABSENT and any(self.rows[row][column] for row in kept):
                change = (_ABSENT, column, EXAMPLE)
            if at in shown:
                rows.append((1 if at is None else self.lines[at] or pd.NA, column, *change))
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"row": "Int64"})

    def _order(self, item: tuple[tuple[int | None, str], object]) -> tuple[int, int]:
        at, column = item[0]
        return -1 if at is None else at, self.columns.index(column) if column else -1
