"""From the codes on a line to a task, a role and whether the line shows work that was outsourced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lpo_analysis import vocabulary
from lpo_analysis.errors import DataError, Fault, NotFoundError, choices
from lpo_analysis.evidence.own_table import OwnTable, is_figure, one_of, read_code, read_own, told
from lpo_analysis.paths import TABLES

UNIT = "\x1f"
"""Stands between the codes of a line while they are one text."""
OTHER_WORK, EXPENSE, ADJUSTMENT, UNKNOWN, NOT_CODED = (
    "other_legal_work",
    "other_expense",
    "adjustment",
    "unknown_code",
    "not_coded",
)
BUCKETS = {
    OTHER_WORK: "other legal work", EXPENSE: "other expenses", ADJUSTMENT: "adjustments of whole invoices",
    UNKNOWN: "unknown code", NOT_CODED: "not coded",
}  # fmt: skip
"""Where lines go that are none of the tasks of the kit."""
ROLES = {
    "partner": "partner", "counsel": "counsel", "associate": "associate", "paralegal": "paralegal", "contract_attorney": "contract attorney",
    "other_timekeeper": "other timekeeper", "not_a_person": "flat fee or adjustment", "provider": "provider's staff",
    "unknown_class": "unknown class", "not_stated": "class not stated",
}  # fmt: skip
KINDS = ("task", "activity", "expense", "timekeeper")
COLUMNS = ("kind", "code", "code_set", "title", "maps_to", "precedence", "within", "outsourced", "note")
TABLE = TABLES / "utbms_codes.csv"
_SHAPE = re.compile(r"[A-Z]{1,2}\d{3}")


@dataclass(frozen=True)
class Code:
    """One row of the table of codes.

    Parameters
    ----------
    kind : {'task', 'activity', 'expense', 'timekeeper'}
        Which field it stands in.
    code : str
        The code; a star at its end stands for any further signs.
    code_set : str
        Set of codes it belongs to.
    maps_to : str
        Task of the kit, or role for a timekeeper; empty for work the kit knows no task for.
    precedence : int
        Of two codes of a line that map to tasks, the lower number decides.
    within : tuple of str
        Code sets of the task code under which an activity counts, ``none`` for no task code; empty for all.
    outsourced : bool
        Whether a line with it is outsourced work as such.
    """

    kind: str
    code: str
    code_set: str
    maps_to: str
    precedence: int
    within: tuple[str, ...]
    outsourced: bool


@dataclass(frozen=True)
class Meant:
    """What the codes of a line mean.

    Parameters
    ----------
    task : str
        Task or bucket.
    role : str
        Role; empty for a line without a timekeeper.
    outsourced : bool
        Whether it is outsourced work by its code.
    unknown : tuple of tuple of str
        Kind and code of those the table does not list.
    """

    task: str
    role: str
    outsourced: bool
    unknown: tuple[tuple[str, str], ...] = ()


class Codes:
    """The table of codes, ready to look things up.

    Parameters
    ----------
    codes : iterable of Code
        Its rows.
    """

    def __init__(self, codes: Iterable[Code]) -> None:
        self.listed = tuple(codes)
        self._exact = {(code.kind, code.code): code for code in self.listed if not code.code.endswith("*")}
        starred = (code for code in self.listed if code.code.endswith("*"))
        # The longest beginning that fits decides.
        self._starred = sorted(starred, key=lambda code: -len(code.code))

    def find(self, kind: str, code: str) -> Code | None:
        """Look a code up.

        Parameters
        ----------
        kind : {'task', 'activity', 'expense', 'timekeeper'}
            Field it stands in.
        code : str
            The code, in capitals.

        Returns
        -------
        Code or None
            Its row; None where the table has none.
        """
        if (hit := self._exact.get((kind, code))) is not None:
            return hit
        for starred in self._starred:
            if starred.kind == kind and code.startswith(starred.code[:-1]):
                return starred
        return None

    def meaning(self, kind: str, *, task: str, expense: str, activity: str, timekeeper: str) -> Meant:
        """Say what the codes of a line mean together.

        Parameters
        ----------
        kind : {'fee', 'expense', 'fee_adjustment', 'expense_adjustment'}
            Type of the line.
        task, expense, activity, timekeeper : str
            Codes as they stand on the line.

        Returns
        -------
        Meant
            Task, role, whether outsourced, and what is not listed.
        """
        typed = {"task": task, "activity": activity, "expense": expense, "timekeeper": timekeeper}
        folded = {name: re.sub(r"\s+", " ", code.strip()).upper() for name, code in typed.items()}
        wanted = ("expense",) if kind.startswith("expense") else ("task", "activity", "timekeeper")
        rows = {name: self.find(name, folded[name]) for name in wanted if folded[name]}
        unknown = tuple((name, folded[name]) for name, row in rows.items() if row is None)
        work = [row for name, row in rows.items() if row is not None and name != "timekeeper"]
        role = self._role(folded["timekeeper"], rows.get("timekeeper")) if kind == "fee" else ""
        first = rows.get("task")
        under = "none" if not folded["task"] else "" if first is None else first.code_set
        fitting = [row for row in work if row.maps_to and (not row.within or under in row.within)]
        outsourced = any(row.outsourced for row in work)
        if fitting:
            return Meant(min(fitting, key=lambda row: row.precedence).maps_to, role, outsourced, unknown)
        if kind.endswith("adjustment") and not work:
            return Meant(ADJUSTMENT, role, outsourced, unknown)
        if any(name != "timekeeper" for name, _ in unknown):
            return Meant(UNKNOWN, role, outsourced, unknown)
        if not work:
            return Meant(NOT_CODED, role, outsourced, unknown)
        return Meant(EXPENSE if kind.startswith("expense") else OTHER_WORK, role, outsourced, unknown)

    @staticmethod
    def _role(typed: str, row: Code | None) -> str:
        if not typed:
            return "not_stated"
        return "unknown_class" if row is None else row.maps_to


def shown(code: str) -> str:
    """Return an unlisted code as it may be told.

    Parameters
    ----------
    code : str
        The code.

    Returns
    -------
    str
        The code itself if it has the shape of a UTBMS code, else only how long it is.
    """
    return code if _SHAPE.fullmatch(code) else f"{len(code)} signs that are no code" if code else "nothing"


def label(task: str) -> str:
    """Return what a reader sees for a task or bucket.

    Parameters
    ----------
    task : str
        Its code.

    Returns
    -------
    str
        The label.
    """
    return BUCKETS.get(task) or vocabulary.label("task", task)


def load_mapping(path: str | Path | None = None) -> Codes:
    """Load the table of codes, or an edited copy of it.

    Parameters
    ----------
    path : str or Path, optional
        The copy; the table that comes with the kit by default.

    Returns
    -------
    Codes
        The table.

    Raises
    ------
    NotFoundError
        If there is no such file.
    DataError
        Naming every fault with row and column.
    """
    return _shipped() if path is None else _read(Path(path), "table of codes")


@lru_cache(maxsize=1)
def _shipped() -> Codes:
    return _read(TABLE, TABLE.name)


def _read(path: Path, name: str) -> Codes:
    if not path.is_file():
        raise NotFoundError(
            "There is no table of codes of that name.", remedy="Copy data/tables/utbms_codes.csv and edit the copy."
        )
    faults: list[Fault] = []
    codes: list[Code] = []
    seen: dict[tuple[str, str], int] = {}
    try:
        table = read_own(path, COLUMNS, COLUMNS, label=name)
    except DataError as error:
        raise _refused(error.faults) from None
    for at, line in enumerate(table.lines):
        code = _code({column: table.cells[column][at] for column in COLUMNS}, table, line, faults)
        if code is None:
            continue
        if (key := (code.kind, code.code)) in seen:
            faults.append(Fault(name, line, "code", None, f"stands in row {seen[key]} already"))
        seen[key] = line
        codes.append(code)
    if faults:
        raise _refused(faults)
    return Codes(codes)


def _refused(faults: Sequence[Fault]) -> DataError:
    return DataError(faults, remedy="Columns and codes are described in data/tables/README.md.")


def _code(cells: Mapping[str, str], table: OwnTable, line: int, faults: list[Fault]) -> Code | None:
    before = len(faults)

    def read(column: str, allowed: Sequence[str], *, empty: bool) -> str:
        if not cells[column] and not empty:
            faults.append(Fault(table.label, line, column, None, f"must not be empty. {choices('', allowed)}"))
        return read_code(table, line, column, cells[column], one_of(allowed), faults)

    kind = read("kind", KINDS, empty=False)
    if not cells["code"]:
        faults.append(Fault(table.label, line, "code", None, "must not be empty"))
    targets = list(ROLES) if kind == "timekeeper" else vocabulary.codes_of("task")
    maps_to = read("maps_to", targets, empty=kind != "timekeeper") if kind else ""
    outsourced = read("outsourced", ("yes", "no"), empty=True)
    if cells["precedence"] and not re.fullmatch(r"\d{1,3}", cells["precedence"]):
        message = "must be a whole number or empty"
        faults.append(told(table.label, line, "precedence", cells["precedence"], message, shown=is_figure(cells["precedence"])))  # fmt: skip
    if len(faults) > before:
        return None
    precedence = int(cells["precedence"] or 2)
    folded = re.sub(r"\s+", " ", cells["code"]).upper()
    within = tuple(cells["within"].split())
    return Code(kind, folded, cells["code_set"], maps_to, precedence, within, outsourced == "yes")
