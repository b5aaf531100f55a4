"""One report, made once through the command and shared by the tests that look at it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NAME = "shared"
ARGUMENTS = ["report", "savings", "-p", "draws=256", "--name", NAME]


@pytest.fixture(scope="session")
def arguments() -> list[str]:
    """The command that made the shared report, without its output folder."""
    return ARGUMENTS


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a finished savings report, made by a process of its own from an empty folder. Read only: copy it to change it."""
    cwd = tmp_path_factory.mktemp("empty")
    output = tmp_path_factory.mktemp("reports")
    command = [sys.executable, "-m", "lpo_analysis.cli", *ARGUMENTS, "-o", str(output)]
    ran = subprocess.run(
        command, cwd=cwd, env=os.environ | {"TZ": "Asia/Manila"}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, f"`lpo {' '.join(ARGUMENTS)}` failed:\n{ran.stdout}{ran.stderr}"
    assert ran.stderr == "", f"the command said something on stderr:\n{ran.stderr}"
    assert list(cwd.iterdir()) == [], "the command wrote into the current folder"
    assert [path.name for path in output.iterdir()] == [NAME], "something was left beside the report"
    return output / NAME
