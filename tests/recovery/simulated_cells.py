"""What the simulated coverage of the reports has in common: a cell of a grid, what theory promises there, and the table of all."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

LEVEL, SEED = 0.90, 20261126
COLUMNS = ["estimator", "setting", "k", "n", "share", "spread", "zeros", "level", "coverage", "mc_error", "runs", "promise", "reason"]  # fmt: skip
AT = ["k", "n", "share", "spread"]

Hits = dict[str, np.ndarray]
Simulation = Callable[..., tuple[Hits, float]]


@dataclass(frozen=True)
class Cell:
    """One point of the grid.

    ``promises`` maps an estimator to (nominal, conservative or stated, reason); nominal means that theory promises the level,
    conservative that it promises at least the level, stated that it promises nothing here, with the reason.
    """

    simulate: Simulation
    runs: int
    setting: str
    at: Mapping[str, float]
    promises: Mapping[str, tuple[str, str]]
    options: Mapping[str, object] = field(default_factory=dict)
    level: float = LEVEL

    @property
    def name(self) -> str:
        """What this cell is, as text that seeds its draws."""
        return f"{self.simulate.__name__} {self.setting} {dict(self.at)} {dict(self.options)}"

    def run(self, *, runs: int | None = None, seed: int = SEED) -> pd.DataFrame:
        """Simulate the cell, and return one row an estimator."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        held, zeros = self.simulate(rng, runs or self.runs, **self.at, **self.options)
        records = []
        for estimator, hits in held.items():
            promise, reason = self.promises[estimator]
            error = float(hits.std(ddof=1) / np.sqrt(len(hits))) if len(hits) > 1 else 0.0
            records.append({"estimator": estimator, "setting": self.setting, **self.at, "zeros": zeros, "level": self.level,
                            "coverage": float(hits.mean()), "mc_error": error, "runs": len(hits) if len(hits) > 1 else np.nan,
                            "promise": promise, "reason": reason})  # fmt: skip
        return pd.DataFrame(records).reindex(columns=COLUMNS)


def within(low: float, truth: float, high: float) -> float:
    return float(low <= truth <= high)


def stated(reason: str) -> tuple[str, str]:
    return "stated", reason


NOMINAL, CONSERVATIVE = ("nominal", ""), ("conservative", "")


def where(table: pd.DataFrame, cell: Cell) -> pd.DataFrame:
    """Rows of one cell."""
    same = table["setting"] == cell.setting
    for column in AT:
        value = cell.at.get(column)
        same &= table[column].isna() if value is None else table[column] == value
    return table[same & table["estimator"].isin(cell.promises)].set_index("estimator")


def read(path: Path) -> pd.DataFrame:
    """Read a committed table."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""]).fillna({"reason": ""})


def write(path: Path, run_cell: Callable[[int], pd.DataFrame], cells: int) -> None:
    """Simulate all cells, and write them by estimator, setting and place on the grid."""
    with ProcessPoolExecutor() as pool:
        parts = list(pool.map(run_cell, range(cells)))
    table = pd.concat([part.dropna(axis=1, how="all") for part in parts], ignore_index=True).reindex(columns=COLUMNS)
    table = table.sort_values(["estimator", "setting", *AT], ignore_index=True)
    whole = table.astype({"k": "Int64", "n": "Int64", "runs": "Int64"})
    whole.round({"zeros": 4, "coverage": 4, "mc_error": 4}).to_csv(path, index=False, lineterminator="\n")
