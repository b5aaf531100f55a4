"""`lpo --help` answers without importing anything heavy: the libraries are imported inside the commands that need them."""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "pandas", "numpy", "scipy", "matplotlib", "seaborn", "statsmodels", "pydantic", "papermill", "nbformat", "nbclient",
    "nbconvert", "great_tables", "jinja2",
}  # fmt: skip

# Runs the command inside the probed process, then tells which modules that process holds, on its own last line.
PROBE = """
import json, sys
import lpo_analysis.cli
sys.argv = ["lpo", *json.loads(sys.argv[1])]
try:
    lpo_analysis.cli.main()
    code = 0
except SystemExit as end:
    code = end.code or 0
print()
print(json.dumps({"code": code, "modules": sorted({name.partition(".")[0] for name in sys.modules})}))
"""


def probe(*arguments, cwd):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    *shown, last = done.stdout.splitlines()
    return "\n".join(shown), json.loads(last)


def test_help_imports_nothing_heavy(tmp_path):
    shown, found = probe("--help", cwd=tmp_path)
    assert found["code"] == 0
    assert "batch" in shown
    assert "typer" in found["modules"]
    assert HEAVY.isdisjoint(found["modules"]), sorted(HEAVY & set(found["modules"]))


@pytest.mark.parametrize(
    "command",
    ["report", "params", "batch", "duties", "refresh", "evidence", "evidence find", "evidence show", "evidence check"],
)
def test_help_of_a_command_imports_nothing_heavy(command, tmp_path):
    shown, found = probe(*command.split(), "--help", cwd=tmp_path)
    assert found["code"] == 0
    assert command in shown
    # Typer itself imports pydantic to read the options of a command; no doing of the kit.
    heavy = HEAVY - {"pydantic"}
    assert heavy.isdisjoint(found["modules"]), sorted(heavy & set(found["modules"]))


def test_the_probe_sees_what_a_command_imports(tmp_path):
    shown, found = probe("evidence", "check", cwd=tmp_path)
    assert found["code"] == 0
    assert "all checks passed" in shown
    assert "pandas" in found["modules"]
