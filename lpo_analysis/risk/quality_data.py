"""A researcher's own quality checks: read and checked so that no number of a delivery or an item is ever repeated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lpo_analysis.errors import Fault, ParameterError
from lpo_analysis.evidence.own_table import OwnTable, folded, one_of, read_code, read_numbers, read_own, wrong
from lpo_analysis.risk.parameters import Parameters

SEVERITIES = ("none", "minor", "major", "critical")
"""Severities from the least to the worst."""
CODERS = ("severity", "severity_2", "severity_3")
COLUMNS = ("batch", "lot_size", "item", *CODERS)
REQUIRED = ("batch", "severity")
_MOST = 1_000_000_000


@dataclass(frozen=True, eq=False)
class OwnChecks:
    """Items checked, without their names.

    Parameters
    ----------
    frame : pandas.DataFrame
        One item a row: ``batch`` (0, 1 ... in the order of the file), and in each of `CODERS` the position among `SEVERITIES`, -1 where
        it was not judged.
    sizes : ndarray of int or None
        Items of each delivery; None where the file does not tell.
    n_ignored : int
        Columns of the file that are not of the template and were not read.
    """

    frame: pd.DataFrame
    sizes: np.ndarray[tuple[int, ...], np.dtype[np.int64]] | None
    n_ignored: int = 0

    def __repr__(self) -> str:
        return f"OwnChecks({len(self.frame)} items of {self.frame['batch'].nunique()} deliveries)"

    def counts(self, severity: str) -> pd.DataFrame:
        """Count by delivery.

        Parameters
        ----------
        severity : str
            Least severity that counts.

        Returns
        -------
        pandas.DataFrame
            Columns checked and found, one delivery a row, in their order.
        """
        worse = self.frame["severity"] >= SEVERITIES.index(severity)
        return worse.groupby(self.frame["batch"]).agg(checked="size", found="sum").astype(int)


def read_checks(quality_path: str | Path) -> OwnChecks:
    """Read quality checks made from ``data/templates/quality.csv``.

    Parameters
    ----------
    quality_path : str or Path
        The file, an item checked a row, deliveries in the order of time.

    Returns
    -------
    OwnChecks
        The checked items.

    Raises
    ------
    NotFoundError
        If it does not exist.
    DataError
        Naming every fault with file, row and column.
    """
    table = read_own(Path(quality_path), COLUMNS, REQUIRED)
    faults: list[Fault] = []
    batches = table.column("batch")
    for line, cell in zip(table.lines, batches, strict=True):
        if not cell:
            faults.append(
                Fault(table.label, line, "batch", None, "must not be empty; number the deliveries in the order of time")
            )
    numbers = {name: number for number, name in enumerate(dict.fromkeys(batches))}
    batch = [numbers[cell] for cell in batches]
    _items(table, batch, faults)
    frame = pd.DataFrame({"batch": batch} | {coder: _severities(table, coder, faults) for coder in CODERS})
    sizes = _sizes(table, batch, faults)
    if faults:
        raise wrong(sorted(faults, key=lambda fault: fault.row or 0))
    return OwnChecks(frame, sizes, table.n_ignored)


def _items(table: OwnTable, batch: list[int], faults: list[Fault]) -> None:
    first: dict[tuple[int, str], int] = {}
    for line, number, cell in zip(table.lines, batch, table.column("item"), strict=True):
        if not cell:
            continue
        if (number, cell) in first:
            message = f"repeats the item of row {first[number, cell]} in the same delivery; a second judgement goes into severity_2"
            faults.append(Fault(table.label, line, "item", None, message))
        first.setdefault((number, cell), line)


def _severities(table: OwnTable, coder: str, faults: list[Fault]) -> list[int]:
    read = one_of(SEVERITIES)
    made = []
    for line, cell in zip(table.lines, table.column(coder), strict=True):
        if not cell and coder == "severity":
            message = f"must not be empty; write none where no defect was found. Allowed: {', '.join(SEVERITIES)}."
            faults.append(Fault(table.label, line, coder, None, message))
        code = read_code(table, line, coder, folded(cell), read, faults)
        made.append(SEVERITIES.index(code) if code else -1)
    return made


def _sizes(
    table: OwnTable, batch: list[int], faults: list[Fault]
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]] | None:
    before = len(faults)
    values = read_numbers(
        table, "lot_size", faults, no_number="is no number; write 5000, without thousands separator",
        wrong_value=lambda x: None if 1 <= x <= _MOST and x == int(x) else "is no whole number of items from 1 on",
    )  # fmt: skip
    if len(faults) > before or np.isnan(values).all():
        return None
    sizes: dict[int, tuple[float, int]] = {}
    for line, number, value in zip(table.lines, batch, values, strict=True):
        if np.isnan(value):
            continue
        known, told = sizes.setdefault(number, (value, line))
        if known != value:
            faults.append(
                Fault(
                    table.label,
                    line,
                    "lot_size",
                    None,
                    f"is {value:,.0f}, but row {told} of the same delivery says {known:,.0f}",
                )
            )
    checked = np.bincount(batch)
    for number, line in {number: line for line, number in reversed(list(zip(table.lines, batch, strict=True)))}.items():
        if number not in sizes:
            message = (
                "is empty in all rows of this delivery, but others have a size; give it once for each, or for none"
            )
            faults.append(Fault(table.label, line, "lot_size", None, message))
        elif checked[number] > sizes[number][0]:
            message = f"is {sizes[number][0]:,.0f}, but {checked[number]:,} items of this delivery were checked: the sample is larger than the lot"
            faults.append(Fault(table.label, sizes[number][1], "lot_size", None, message))
    if len(faults) > before:
        return None
    return np.array([int(sizes[number][0]) for number in range(len(checked))], dtype=np.int64)


def own_checks(parameters: Parameters) -> OwnChecks | None:
    """Read the quality checks that the parameters name.

    Parameters
    ----------
    parameters : Parameters
        Path, and the size of a delivery where the file tells none.

    Returns
    -------
    OwnChecks or None
        None where no file is named.

    Raises
    ------
    DataError
        As in `read_checks`.
    ParameterError
        If the file tells no sizes, and more items of a delivery were checked than `lot_size`.
    """
    if not parameters.quality_path:
        return None
    checks = read_checks(parameters.quality_path)
    most = int(checks.frame.groupby("batch").size().max())
    if checks.sizes is None and most > parameters.lot_size:
        raise ParameterError(
            f"lot_size: {most:,} items of a delivery were checked, and a delivery is said to have {parameters.lot_size:,}: the sample is larger than the lot.",
            remedy="Give the sizes in the column lot_size of your file, or a larger lot_size.",
        )  # fmt: skip
    return checks
