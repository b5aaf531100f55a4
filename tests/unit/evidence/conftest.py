"""Copies of the shipped data that a test may break."""

import csv
import shutil

import pytest

from lpo_analysis import paths


class Copy:
    """A copy of the evidence folder, edited by line and column."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, stem):
        return self.folder / f"{stem}.csv"

    def rows(self, stem):
        with self.path(stem).open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    def write(self, stem, rows):
        with self.path(stem).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)

    def set(self, stem, line, **cells):
        rows = self.rows(stem)
        for column, value in cells.items():
            rows[line - 1][rows[0].index(column)] = value
        self.write(stem, rows)

    def cell(self, stem, line, column):
        rows = self.rows(stem)
        return rows[line - 1][rows[0].index(column)]

    def line_where(self, stem, **cells):
        rows = self.rows(stem)
        at = {rows[0].index(column): value for column, value in cells.items()}
        return next(i for i, row in enumerate(rows, start=1) if all(row[k] == v for k, v in at.items()))


@pytest.fixture
def copy(tmp_path):
    """The evidence folder alone."""
    folder = tmp_path / "evidence"
    shutil.copytree(paths.EVIDENCE, folder)
    return Copy(folder)


@pytest.fixture
def data(tmp_path):
    """The whole data folder; its evidence is `data.evidence`."""
    folder = tmp_path / "data"
    shutil.copytree(paths.DATA, folder)
    result = Copy(folder / "evidence")
    result.root = folder
    return result
