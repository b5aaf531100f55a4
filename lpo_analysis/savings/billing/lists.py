"""Small files beside the bills: which firms are providers, and which matters or practice groups moved work and since when.

What stands in them leads back to firms and matters. So a message names row and column only, and nothing of them enters a result.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from lpo_analysis.errors import Fault
from lpo_analysis.evidence.own_table import OwnTable, read_own, told, wrong

PROVIDERS, MOVED = "providers file", "moved file"
"""What messages call them."""
_MONTH = re.compile(r"(19[89]\d|20[0-4]\d|2050)-(0[1-9]|1[0-2])(-\d{2})?")
_LONGEST = 200


@dataclass(frozen=True)
class Moves:
    """Who moved work, and when.

    Parameters
    ----------
    months : dict of str to str
        Month of the move (``2024-01``) by matter; those that stayed are not in it.
    groups : dict of str to str
        Practice group by matter; empty where the file tells none.
    """

    months: dict[str, str] = field(default_factory=dict, repr=False)
    groups: dict[str, str] = field(default_factory=dict, repr=False)


def read_providers(path: str | Path) -> list[str]:
    """Read which firms in the bills are outside providers.

    Parameters
    ----------
    path : str or Path
        A file made from ``data/templates/billed_providers.csv``.

    Returns
    -------
    list of str
        Values of LAW_FIRM_ID, in the order of the file.

    Raises
    ------
    NotFoundError, DataError
        If it cannot be read; names every fault by row and column.
    """
    table = read_own(Path(path), ("id",), ("id",), label=PROVIDERS)
    faults: list[Fault] = []
    ids = _keys(table, "id", faults)
    if faults:
        raise wrong(faults)
    return ids


def read_moved(path: str | Path) -> Moves:
    """Read which matters or practice groups moved work, and since when.

    Parameters
    ----------
    path : str or Path
        A file made from ``data/templates/moved.csv``.

    Returns
    -------
    Moves
        Months and groups by matter.

    Raises
    ------
    NotFoundError, DataError
        If it cannot be read; names every fault by row and column.
    """
    table = read_own(Path(path), ("matter", "month", "group"), ("matter", "month"), label=MOVED)
    faults: list[Fault] = []
    matters = _keys(table, "matter", faults)
    months = {}
    for matter, cell, line in zip(matters, table.cells["month"], table.lines, strict=True):
        if not cell:
            continue
        if not _MONTH.fullmatch(cell):
            faults.append(told(MOVED, line, "month", cell, "is no month; write it as 2024-01, or leave it empty for a matter that stayed"))  # fmt: skip
        months[matter] = cell[:7]
    groups = {}
    if any(cells := table.cells.get("group", [])):
        first: dict[str, tuple[str, int]] = {}
        for matter, name, line in zip(matters, cells, table.lines, strict=True):
            if not name:
                what = "is empty; where one matter has a practice group, each must have one"
                faults.append(Fault(MOVED, line, "group", None, what))
                continue
            groups[matter] = name
            month, at = first.setdefault(name, (months.get(matter, ""), line))
            if month != months.get(matter, ""):
                what = f"differs from line {at}, which is of the same practice group; a group moves once, with all its matters"
                faults.append(Fault(MOVED, line, "month", None, what))
    if not months and not faults:
        faults.append(Fault(MOVED, None, "month", None, "is empty in every row: nothing moved"))
    if faults:
        raise wrong(faults)
    return Moves(months, groups)


def _keys(table: OwnTable, column: str, faults: list[Fault]) -> list[str]:
    """Return the keys of a table, and note those that are empty, too long or there twice."""
    first: dict[str, int] = {}
    for key, line in zip(table.cells[column], table.lines, strict=True):
        if not key:
            faults.append(Fault(table.label, line, column, None, "is empty"))
        elif len(key) > _LONGEST:
            faults.append(told(table.label, line, column, key, f"is more than {_LONGEST}"))
        elif first.setdefault(key, line) != line:
            faults.append(Fault(table.label, line, column, None, f"stands in line {first[key]} already"))
    return table.cells[column]
