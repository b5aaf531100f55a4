"""Strict nbval passes on the committed notebook, and fails once a number, or the evidence behind it, is another."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from lpo_analysis.reporting import outputs
from lpo_analysis.reporting.bundles import VALUES


@pytest.fixture
def nbval(executed, tmp_path, away):
    """Run strict nbval on a copy of the executed notebook, changed or not."""

    def call(change=None, *, stop: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        notebook = nbformat.read(executed, as_version=4)
        if change is not None:
            change(notebook)
        path = tmp_path / "savings.ipynb"
        path.write_text(nbformat.writes(notebook, indent=1), encoding="utf-8")
        rules = Path(__file__).with_name("sanitize.cfg")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "--nbval",
            "--nbval-sanitize-with",
            str(rules),
        ]
        command += ["-c", "/dev/null", "--rootdir", str(tmp_path), *(["-x"] if stop else []), str(path)]
        return subprocess.run(
            command, cwd=tmp_path, env=away | environment, capture_output=True, text=True, check=False
        )

    return call


def _recorded(notebook):
    """The output that records the three numbers."""
    return next(
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "three_numbers.net_saving" in output.get("data", {}).get(VALUES, {})
    )


@pytest.mark.slow
def test_nbval_passes_on_the_notebook_as_it_stands(nbval):
    ran = nbval(stop=False)
    assert ran.returncode == 0, f"the committed outputs are stale, run `lpo refresh`:\n{ran.stdout[-4000:]}"


def test_nbval_fails_on_a_changed_digit_of_a_printed_number(nbval):
    def change(notebook):
        data = _recorded(notebook)["data"]
        digits = str(data[VALUES]["three_numbers.net_saving"]["estimate"])
        other = digits[:-1] + ("1" if digits[-1] != "1" else "2")
        assert digits in data["text/plain"]
        data["text/plain"] = data["text/plain"].replace(digits, other, 1)

    ran = nbval(change)
    assert ran.returncode == 1, f"a changed number went through:\n{ran.stdout[-2000:]}"
    assert "mismatch" in ran.stdout


def test_nbval_fails_on_a_changed_value_of_the_evidence(nbval, executed, checkout, tmp_path):
    shutil.copytree(checkout / "data", tmp_path / "data")
    path = tmp_path / "data" / "evidence" / "observations.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, index_col="observation_id")
    listed = outputs.tables(nbformat.read(executed, as_version=4))["sources"]
    used = [
        name
        for row in listed["rows"]
        for name in row[listed["columns"].index("figures")].split(", ")
        if name in frame.index
    ]
    row = next(name for name in used if frame.at[name, "metric"] == "lpo_hourly_rate")
    for column in ("value", "lower", "upper"):
        if frame.at[row, column]:
            frame.loc[row, column] = str(float(frame.at[row, column]) + 1)
    frame.to_csv(path)
    ran = nbval(LPO_DATA=str(tmp_path / "data"))
    assert ran.returncode == 1, f"{row} is another by 1 USD an hour, and every cell still passes:\n{ran.stdout[-2000:]}"
    assert "mismatch" in ran.stdout, f"it failed for another reason:\n{ran.stdout[-3000:]}"
    assert "DataError" not in ran.stdout


def test_a_notebook_without_execution_counts_which_nbval_would_wave_through_fails_the_hygiene_check(executed, hygiene):
    notebook = nbformat.read(executed, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        cell["execution_count"] = None
    assert sum("no execution count" in problem for problem in hygiene(notebook)) == len(code)
