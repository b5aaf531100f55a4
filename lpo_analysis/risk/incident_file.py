"""A firm's own incidents: read so that no number of an incident and no free text is ever repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from lpo_analysis.errors import Fault, MoneyError, certain, choices, closest
from lpo_analysis.evidence import real
from lpo_analysis.evidence.money import currencies
from lpo_analysis.evidence.own_table import OwnTable, is_figure, one_of, read_code, read_numbers, read_own, told, wrong

COLUMNS = (
    "incident",
    "date",
    "kind",
    "records",
    "cost",
    "currency",
    "client_data_reached",
    "third_party",
    "observed_from",
    "observed_to",
)
KINDS = {
    "confidentiality": "breach of confidentiality or security",
    "quality": "fault in the work",
    "deadline": "missed deadline",
    "ethics": "breach of a professional duty",
    "continuity": "interruption",
    "other": "other",
}
"""Codes of the column ``kind``, and what they mean; ``none`` stands for a row without an incident."""
NONE = "none"
_ANSWERS = ("yes", "no", "unknown")
_DAY = "is no day; write 2024-01-15"


@dataclass(frozen=True, eq=False)
class OwnIncidents:
    """Incidents of one firm and the time over which it looked for them.

    Parameters
    ----------
    frame : pandas.DataFrame
        One incident a row: kind, year, records (NaN: not told), cost (USD of the price year, NaN: not told), client_data_reached and
        third_party (yes, no, unknown). Nothing that names an incident is kept.
    years : float
        Length of the observation, in years.
    n_ignored : int
        Columns of the file that are not of the template and were not read.
    """

    frame: pd.DataFrame
    years: float
    n_ignored: int

    def __repr__(self) -> str:
        return f"OwnIncidents({self.years:.1f} years)"

    def of(self, kind: str) -> pd.DataFrame:
        """Return the incidents of one kind.

        Parameters
        ----------
        kind : str
            One of `KINDS`.

        Returns
        -------
        pandas.DataFrame
            Rows of the frame.
        """
        return self.frame[self.frame["kind"] == kind]


def read_incidents(incidents_path: str | Path, *, price_year: int, held: int | None = None) -> OwnIncidents:
    """Read incidents made from ``data/templates/incidents.csv``.

    Parameters
    ----------
    incidents_path : str or Path
        The file, an incident a row; a firm without any gives one row of kind ``none`` with the days of the observation.
    price_year : int
        Year whose prices the costs are put in.
    held : int, optional
        Records the firm holds; no incident can reach more.

    Returns
    -------
    OwnIncidents
        The checked incidents.

    Raises
    ------
    NotFoundError
        If it does not exist.
    DataError
        Naming every fault with file, row and column.
    """
    table = read_own(Path(incidents_path), COLUMNS, ("date", "kind", "observed_from", "observed_to"))
    faults: list[Fault] = []
    window = _window(table, faults)
    kinds = [
        read_code(table, line, "kind", cell, one_of((*KINDS, NONE)), faults)
        for line, cell in zip(table.lines, table.column("kind"), strict=True)
    ]
    _repeated(table, faults)
    days = _days(table, kinds, window, faults)
    records = read_numbers(
        table,
        "records",
        faults,
        no_number="is no number of records; write 1250",
        wrong_value=partial(_no_count, held=held),
    )
    costs = read_numbers(
        table,
        "cost",
        faults,
        no_number="is no amount; write 1250 or 12.5, without currency or thousands separator",
        wrong_value=_no_cost,
    )
    paid = _paid(table, days, costs, price_year, faults)
    answers = {column: _answers(table, column, faults) for column in ("client_data_reached", "third_party")}
    _none_is_empty(table, kinds, faults)
    if faults or window is None:
        raise wrong(sorted(faults, key=lambda fault: fault.row or 0))
    frame = pd.DataFrame(
        {"kind": kinds, "year": [day.year if day else 0 for day in days], "records": records, "cost": paid, **answers}
    )
    years = ((window[1] - window[0]).days + 1) / 365.25
    return OwnIncidents(frame[frame["kind"] != NONE].reset_index(drop=True), years, table.n_ignored)


def _day(table: OwnTable, line: int, column: str, cell: str, faults: list[Fault]) -> date | None:
    try:
        day = date.fromisoformat(cell)
        if 1980 <= day.year <= 2100:
            return day
        message = "is no day from 1980 to 2100"
    except ValueError:
        message = _DAY
    faults.append(told(table.label, line, column, cell, message, shown=is_figure(cell)))
    return None


def _window(table: OwnTable, faults: list[Fault]) -> tuple[date, date] | None:
    """Read the days of the observation: told once, or alike in all rows that tell them."""
    ends: list[date | None] = []
    for column in ("observed_from", "observed_to"):
        given = [(line, cell) for line, cell in zip(table.lines, table.column(column), strict=True) if cell]
        if not given:
            message = "tells no day; write it in the first row, for without the length of the observation no number of incidents is a rate"
            faults.append(Fault(table.label, None, column, None, message))
            ends.append(None)
            continue
        days = [_day(table, line, column, cell, faults) for line, cell in given]
        if len(set(days)) > 1 and all(days):
            faults.append(Fault(table.label, None, column, None, "has several days; a file holds one observation"))
        ends.append(days[0])
    first, last = ends
    if first is None or last is None:
        return None
    if last < first:
        faults.append(Fault(table.label, None, "observed_to", None, "lies before observed_from"))
        return None
    return first, last


def _days(
    table: OwnTable, kinds: list[str], window: tuple[date, date] | None, faults: list[Fault]
) -> list[date | None]:
    days: list[date | None] = []
    for line, cell, kind in zip(table.lines, table.column("date"), kinds, strict=True):
        day = None
        if kind == NONE:
            pass
        elif not cell:
            faults.append(Fault(table.label, line, "date", None, "must not be empty"))
        else:
            day = _day(table, line, "date", cell, faults)
        if not table.column("kind")[table.lines.index(line)]:
            faults.append(
                Fault(table.label, line, "kind", None, f"must not be empty. Allowed: {', '.join((*KINDS, NONE))}.")
            )
        if day and window and not window[0] <= day <= window[1]:
            faults.append(
                Fault(table.label, line, "date", None, "lies outside the observation (observed_from to observed_to)")
            )
        days.append(day)
    return days


def _repeated(table: OwnTable, faults: list[Fault]) -> None:
    first: dict[str, int] = {}
    for line, cell in zip(table.lines, table.column("incident"), strict=True):
        if cell and cell in first:
            faults.append(
                Fault(
                    table.label,
                    line,
                    "incident",
                    None,
                    f"repeats that of row {first[cell]}; an incident stands there once",
                )
            )
        first.setdefault(cell, line)


def _no_count(value: float, *, held: int | None) -> str | None:
    if value < 0 or value != int(value):
        return "is no whole number of records, 0 or more"
    return (
        f"is more than the {held} records that the firm holds (parameter records)"
        if held is not None and value > held
        else None
    )


def _no_cost(value: float) -> str | None:
    return (
        None
        if value > 0
        else "is not above 0; leave it empty where it is not known, and price own hours where nothing was paid"
    )


def _paid(
    table: OwnTable, days: list[date | None], costs: list[float], price_year: int, faults: list[Fault]
) -> list[float]:
    known = currencies()
    paid = []
    for line, cell, day, cost in zip(table.lines, table.column("currency"), days, costs, strict=True):
        value = np.nan
        if np.isfinite(cost) and not cell:
            faults.append(
                Fault(
                    table.label,
                    line,
                    "currency",
                    None,
                    f"must not be empty where there is a cost. {choices('', known)}",
                )
            )
        elif cell:
            code = _currency(table, line, cell, known, faults)
            if code and day and np.isfinite(cost) and cost > 0:
                try:
                    value = real(cost, code, day.year, price_year=price_year).amount
                except MoneyError as error:
                    faults.append(
                        Fault(
                            table.label,
                            line,
                            "currency",
                            None,
                            f"cannot be converted: {error.what} {error.remedy or ''}".rstrip(),
                        )
                    )
        paid.append(value)
    return paid


def _currency(table: OwnTable, line: int, cell: str, known: list[str], faults: list[Fault]) -> str:
    if cell.upper() in known:
        return cell.upper()
    shown = closest(cell.upper(), known) is not None and len(cell) == 3
    faults.append(
        told(
            table.label,
            line,
            "currency",
            cell,
            f"is no currency of the table. {choices(cell.upper(), known)}",
            shown=shown,
            meant=certain(cell, known, of="code") if shown else None,
        )
    )
    return ""


def _answers(table: OwnTable, column: str, faults: list[Fault]) -> list[str]:
    cells = zip(table.lines, table.column(column), strict=True)
    return [read_code(table, line, column, cell, one_of(_ANSWERS), faults) or "unknown" for line, cell in cells]


def _none_is_empty(table: OwnTable, kinds: list[str], faults: list[Fault]) -> None:
    if NONE not in kinds:
        return
    line = table.lines[kinds.index(NONE)]
    if len(kinds) > 1:
        faults.append(
            Fault(
                table.label,
                line,
                "kind",
                None,
                "says that there was no incident, beside other rows; take it out, or them",
            )
        )
    elif any(table.column(column)[0] for column in ("date", "records", "cost")):
        faults.append(
            Fault(table.label, line, "kind", None, "says that there was no incident, but the row tells of one")
        )
