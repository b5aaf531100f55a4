"""A researcher's own survey: read and checked so that nothing a respondent wrote freely is ever repeated.

The reader of the evidence shows every value at fault; this one shows a value only where it is nearly a code, and reads what
spreadsheets save: semicolons for commas, decimal commas, Windows code pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.errors import DataError, Fault, NotFoundError, certain, choices, closest
from lpo_analysis.evidence.own_table import (
    NoCodeError,
    OwnTable,
    Reader,
    folded,
    is_figure,
    mixed,
    number_of,
    one_of,
    read_code,
    read_numbers,
    read_own,
    told,
    word_of,
    wrong,
)
from lpo_analysis.wording import listing

YES, NO, DONT_KNOW, NONE = "yes", "no", "dont_know", "none"
PRACTICES = {
    "general": "general practice", "litigation": "litigation and disputes", "corporate": "corporate and transactions",
    "banking": "banking and finance", "real_estate": "real estate", "employment": "employment", "ip": "intellectual property",
    "regulatory": "regulatory and compliance", "tax": "tax", "private_client": "family and private clients",
    "criminal": "criminal law", "other": "another practice",
}  # fmt: skip
DRIVERS = {
    "availability": "availability", "capacity": "capacity at peaks", "choice_of_services": "choice of services",
    "client_pressure": "pressure from clients", "client_relationship": "relations with clients", "cost": "cost",
    "efficiency": "efficiency", "expertise": "expertise not at hand", "fee_models": "fee models", "flexibility": "flexibility",
    "focus": "focus on core work", "quality": "quality", "speed": "speed", "technology": "technology", "trial": "to try it out",
    "value": "value for money",
}  # fmt: skip
BARRIERS = {
    "communication": "communication", "confidentiality": "confidentiality and data security", "control": "loss of control",
    "cost": "cost", "ethics": "rules of professional conduct", "inertia": "habit", "no_need": "no need", "quality": "quality",
    "satisfied_with_law_firms": "satisfied with law firms", "transition": "effort of the transition",
}  # fmt: skip
"""Practices, reasons for and against; where a published figure has a code for one, it is the same code."""

_BUYERS = [*vocabulary.codes_of("buyer"), "government"]
_SIZES = [code for code in vocabulary.codes_of("buyer size") if code != "all"]
_TASKS = vocabulary.codes_of("task")
_ANSWERS = {"yes": YES, "y": YES, "true": YES, "1": YES, "no": NO, "n": NO, "false": NO, "0": NO,
            "dont_know": DONT_KNOW, "don't_know": DONT_KNOW, "dk": DONT_KNOW}  # fmt: skip

ANSWERS = ("uses_lpo", "uses_alsp")
LISTS = ("tasks", "drivers", "barriers")
GROUPS = ("buyer", "buyer_size", "geography", "practice")
REQUIRED = ("respondent", "buyer", "uses_lpo")
COLUMNS = ("respondent", *GROUPS, *ANSWERS, *LISTS, "weight", "cluster", "year")
MARGIN_COLUMNS = ("variable", "category", "share")
_ROUNDING = 0.5


@dataclass(frozen=True, eq=False)
class Survey:
    """Answers of a survey, without the names of those who gave them.

    Parameters
    ----------
    frame : pandas.DataFrame
        One respondent a row: codes (empty text: not told) in `GROUPS` and `ANSWERS`, tuples of codes (None: not told) in
        `LISTS`, ``weight`` (NaN: none), ``cluster`` (number; -1: none), ``year`` (NaN: not told).
    columns : tuple of str
        Columns in which somebody answered.
    margins : mapping of str to mapping of str to float
        Known shares of the population, 0-1, by variable; empty without a file of them.
    rounding : float
        Largest distance of a variable's shares from 100 percent, in points; they were scaled to 100.
    n_ignored : int
        Columns of the file that are not of the template and were not read.
    """

    frame: pd.DataFrame
    columns: tuple[str, ...]
    margins: Mapping[str, Mapping[str, float]]
    rounding: float = 0.0
    n_ignored: int = 0

    @property
    def clustered(self) -> bool:
        """Whether respondents belong to clusters."""
        return "cluster" in self.columns

    @property
    def weighted(self) -> bool:
        """Whether respondents carry weights of their own."""
        return "weight" in self.columns

    def __repr__(self) -> str:
        return f"Survey({len(self.frame)} respondents, {len(self.columns)} columns, margins of {len(self.margins)} variables)"


def read_survey(survey_path: str | Path, margins_path: str | Path = "") -> Survey:
    """Read a survey made from ``data/templates/survey.csv``, and margins made from ``margins.csv`` there.

    Parameters
    ----------
    survey_path : str or Path
        The answers, a respondent a row.
    margins_path : str or Path, default ''
        Known shares of the population; none by default.

    Returns
    -------
    Survey
        Checked answers.

    Raises
    ------
    NotFoundError
        If a file does not exist.
    DataError
        Naming every fault with file, row and column. The value is shown only where the column holds codes.
    """
    faults: list[Fault] = []
    survey = _answers(Path(survey_path), faults)
    if not str(margins_path):
        if faults:
            raise wrong(faults)
        return survey
    margins, rounding = _margins(Path(margins_path), None if faults else survey, faults)
    if faults:
        raise wrong(faults)
    return Survey(survey.frame, survey.columns, margins, rounding, survey.n_ignored)


def read_margins(margins_path: str | Path) -> dict[str, dict[str, float]]:
    """Read margins made from ``data/templates/margins.csv`` without the survey they belong to.

    Parameters
    ----------
    margins_path : str or Path
        The file, a category a row.

    Returns
    -------
    dict of str to dict of str to float
        Shares of the population, 0-1, by variable and category.

    Raises
    ------
    NotFoundError
        If it does not exist.
    DataError
        Naming every fault but those that only the survey shows: categories without respondents, respondents without a share.
    """
    faults: list[Fault] = []
    margins, _ = _margins(Path(margins_path), None, faults)
    if faults:
        raise wrong(faults)
    return margins


def _place(typed: str) -> str:
    try:
        return vocabulary.resolve("scope", typed)
    except NotFoundError:
        codes = vocabulary.codes_of("scope")
        near = closest(typed, codes)
        hint = f"Did you mean {near!r}? " if near else ""
        message = f"is no place this kit knows. {hint}Use codes such as USA, GBR, US-NY or EUROPE."
        raise NoCodeError(typed, codes, message, vocabulary.place_names()) from None


def _answer(typed: str) -> str:
    if (code := _ANSWERS.get(folded(typed))) is None:
        raise NoCodeError(typed, _ANSWERS, "is no answer. Allowed: yes, no, dont_know, or an empty cell.")
    return code


READERS: dict[str, Reader] = {
    "buyer": word_of("buyer", _BUYERS),
    "buyer_size": word_of("buyer size", _SIZES),
    "geography": _place,
    "practice": one_of(list(PRACTICES), PRACTICES),
    "uses_lpo": _answer,
    "uses_alsp": _answer,
    "tasks": word_of("task", _TASKS),
    "drivers": one_of(list(DRIVERS)),
    "barriers": one_of(list(BARRIERS)),
}
"""How a cell of each coded column becomes a code."""


def _answers(path: Path, faults: list[Fault]) -> Survey:
    table = read_own(path, COLUMNS, REQUIRED)
    made: dict[str, object] = {}
    for column, read in READERS.items():
        cells = table.column(column)
        parse = _codes if column in LISTS else _code
        made[column] = [
            parse(table, line, column, cell, read, faults) for line, cell in zip(table.lines, cells, strict=True)
        ]
    made["weight"] = _weights(table, faults)
    made["cluster"] = _clusters(table, table.column("cluster"), faults)
    made["year"] = _years(table, table.column("year"), faults)
    _respondents(table, faults)
    faults.sort(key=lambda fault: fault.row or 0)
    frame = pd.DataFrame({column: pd.Series(values, dtype=None if column not in LISTS else object)
                          for column, values in made.items()})  # fmt: skip
    used = tuple(column for column in COLUMNS if any(table.column(column)))
    return Survey(frame, used, {}, n_ignored=table.n_ignored)


def _code(table: OwnTable, line: int, column: str, cell: str, read: Reader, faults: list[Fault]) -> str:
    if not cell and column == "buyer":
        faults.append(Fault(table.label, line, column, None, f"must not be empty. Allowed: {', '.join(_BUYERS)}."))
    return read_code(table, line, column, cell, read, faults)


def _codes(
    table: OwnTable, line: int, column: str, cell: str, read: Reader, faults: list[Fault]
) -> tuple[str, ...] | None:
    parts = [part.strip() for part in re.split(r"[;|]", cell) if part.strip()]
    if not parts:
        return None
    if any(folded(part) == NONE for part in parts):
        if len(parts) > 1:
            faults.append(
                Fault(table.label, line, column, None, f"names {NONE!r} beside other codes; keep one or the other")
            )
        return ()
    return tuple(dict.fromkeys(code for part in parts if (code := _code(table, line, column, part, read, faults))))


def _weights(table: OwnTable, faults: list[Fault]) -> list[float]:
    cells = table.column("weight")
    if not any(cells):
        return [float("nan")] * len(cells)
    return read_numbers(
        table,
        "weight",
        faults,
        no_number="is no number; write 1.25" + (" or 1,25" if table.comma else ""),
        empty="is empty, but other respondents have a weight",
        wrong_value=lambda x: None if x > 0 else "is not above 0; delete respondents who are not to count",
        shown=False,
    )


def _clusters(table: OwnTable, cells: Sequence[str], faults: list[Fault]) -> list[int]:
    if not any(cells):
        return [-1] * len(cells)
    for line, cell in zip(table.lines, cells, strict=True):
        if not cell:
            message = "is empty, but other respondents have a cluster; give one who stands alone a name of its own"
            faults.append(Fault(table.label, line, "cluster", None, message))
    numbers = {name: number for number, name in enumerate(dict.fromkeys(cells))}
    return [numbers[cell] for cell in cells]


def _years(table: OwnTable, cells: Sequence[str], faults: list[Fault]) -> list[float]:
    years = []
    for line, cell in zip(table.lines, cells, strict=True):
        year = number_of(cell, comma=False) if cell else float("nan")
        if cell and not (1980 <= year <= 2100 and year % 1 == 0):
            faults.append(told(table.label, line, "year", cell, "is no year from 1980 to 2100"))
        years.append(year)
    return years


def _respondents(table: OwnTable, faults: list[Fault]) -> None:
    first: dict[str, int] = {}
    for line, name in zip(table.lines, table.cells["respondent"], strict=True):
        if not name:
            faults.append(
                Fault(table.label, line, "respondent", None, "is empty; every respondent needs a name or number")
            )
        elif name in first:
            message = (
                f"repeats the respondent of row {first[name]}; keep one row of each, a second wave in its own file"
            )
            faults.append(Fault(table.label, line, "respondent", None, message))
        else:
            first[name] = line


def _margins(path: Path, survey: Survey | None, faults: list[Fault]) -> tuple[dict[str, dict[str, float]], float]:
    before = len(faults)
    try:
        table = read_own(path, MARGIN_COLUMNS, MARGIN_COLUMNS)
    except DataError as error:
        faults += error.faults
        return {}, 0.0
    margins: dict[str, dict[str, float]] = {}
    lines: dict[tuple[str, str], int] = {}
    unclear = mixed(table.cells["share"])
    if unclear:
        faults.append(Fault(table.label, None, "share", None, "has decimal commas and decimal points; use one of them"))
    for line, *cells in zip(table.lines, *(table.cells[name] for name in MARGIN_COLUMNS), strict=True):
        read = _margin(table, line, cells, faults)
        if read is None or unclear:
            continue
        variable, category, share = read
        if (variable, category) in lines:
            message = f"stands in row {lines[variable, category]} already"
            faults.append(told(table.label, line, "category", cells[1], message, shown=True))
        lines[variable, category] = line
        margins.setdefault(variable, {})[category] = share
    if len(faults) > before:
        return margins, 0.0
    rounding = max(abs(sum(shares.values()) - 100) for shares in margins.values())
    for variable, shares in margins.items():
        faults += _against(table.label, survey, variable, shares, lines)
    if len(faults) > before:
        return margins, 0.0
    return {v: {c: x / sum(shares.values()) for c, x in shares.items()} for v, shares in margins.items()}, rounding


def _margin(table: OwnTable, line: int, cells: list[str], faults: list[Fault]) -> tuple[str, str, float] | None:
    variable, category, share = folded(cells[0]), cells[1], number_of(cells[2], comma=table.comma)
    before = len(faults)
    if variable not in GROUPS:
        message, near = (
            f"is no variable to weight by. {choices(variable, GROUPS)}",
            closest(variable, GROUPS) is not None,
        )
        meant = certain(variable, GROUPS) if near else None
        faults.append(told(table.label, line, "variable", cells[0], message, shown=near, meant=meant))
        return None
    if not category:
        faults.append(Fault(table.label, line, "category", None, "must not be empty"))
    code = _code(table, line, "category", category, READERS[variable], faults)
    if not 0 <= share <= 100:
        message = "must be a percentage from 0 to 100" + ("" if "%" not in cells[2] else ", without the percent sign")
        faults.append(told(table.label, line, "share", cells[2], message, shown=is_figure(cells[2])))
    return None if len(faults) > before else (variable, code, share)


def _against(
    label: str, survey: Survey | None, variable: str, shares: Mapping[str, float], lines: Mapping[tuple[str, str], int]
) -> list[Fault]:
    """Compare the margins of a variable with 100 percent and with the respondents there are."""
    total = sum(shares.values())
    if abs(total - 100) > _ROUNDING:
        hint = " They look like fractions of 1: multiply by 100." if abs(total - 1) < 0.02 else ""
        message = f"the shares of {variable} add up to {total:.6g}, not to 100 percent.{hint}"
        return [Fault(label, None, "share", None, message)]
    if survey is None:
        return []
    present = set(survey.frame[variable]) - {""}
    faults = [
        Fault(label, lines[variable, code], "category", code,
              f"has a share of {share:g}, but no respondent is in it; merge it with another category, here and in the survey")
        for code, share in shares.items() if share > 0 and code not in present
    ]  # fmt: skip
    lost = sorted(code for code in present if not shares.get(code))
    if lost:
        message = f"{variable} has respondents in {listing(lost)}, and no share above 0 for them; add a row for each"
        faults.append(Fault(label, None, "category", None, message))
    return faults
