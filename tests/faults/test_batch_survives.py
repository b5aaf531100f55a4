"""One failing report never stops the rest, and none is shown as good that is not."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

pytestmark = pytest.mark.slow

CELLS = {
    "good": "pass",
    "error": "raise ValueError('the reason')",
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "exit": "import os\nos._exit(3)",
}


def _notebook(folder: Path, name: str, source: str) -> None:
    parameters = nbformat.v4.new_code_cell("seed = 1", metadata={"tags": ["parameters"]})
    made = nbformat.v4.new_notebook(cells=[parameters, nbformat.v4.new_code_cell(source)])
    made.metadata |= {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    made.metadata["lpo"] = {"parameters": "demo_model:Parameters"}
    nbformat.write(made, folder / f"{name}.ipynb")


@pytest.fixture
def plan(runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "demo"
    package.mkdir()
    (package / "demo_model.py").write_text(
        "from lpo_analysis.parameters import ReportParameters, Seed\n\n\n"
        "class Parameters(ReportParameters):\n    seed: Seed = 1\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(package))
    monkeypatch.setenv("PYTHONPATH", str(package))
    monkeypatch.chdir(tmp_path)
    lines = ['title = "Faults"']
    for name, source in CELLS.items():
        _notebook(tmp_path, name, source)
        lines += ["[[report]]", f'notebook = "{name}.ipynb"', f'name = "{name}"']
    (tmp_path / "faults.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / "faults.toml"


@pytest.mark.parametrize("jobs", [1, 2])
def test_failures_stay_where_they_are(plan: Path, lpo, jobs: int) -> None:
    ran = lpo("batch", plan, "-j", jobs)
    assert ran.code == 1, ran.err
    assert "4 reports: 1 made and 3 failed." in ran.out
    folder = plan.parent / "reports" / "faults"
    assert sorted(p.name for p in folder.iterdir()) == ["batch.json", "good", "index.html", "results.csv"]
    told = {r["name"]: r for r in json.loads((folder / "batch.json").read_text(encoding="utf-8"))["reports"]}
    assert {name: r["status"] for name, r in told.items()} == {
        "good": "done", "error": "failed", "killed": "failed", "exit": "failed",
    }  # fmt: skip
    assert "ValueError: the reason" in told["error"]["error"]
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert "ValueError: the reason" in index
    assert 'href="error/report.html"' not in index


def test_a_rerun_makes_only_what_failed(plan: Path, lpo, runtime) -> None:
    lpo("batch", plan)
    _notebook(plan.parent, "error", "pass")
    ran = lpo("batch", plan)
    assert "2 made and 2 failed" in ran.out
    log = json.loads((plan.parent / "reports" / "faults" / "batch.json").read_text(encoding="utf-8"))
    assert {r["name"]: r["status"] for r in log["reports"]} == {
        "good": "cached", "error": "done", "killed": "failed", "exit": "failed",
    }  # fmt: skip
    runtime.assert_empty()


def test_reports_made_at_once_do_not_take_each_others_sockets(plan: Path, lpo) -> None:
    text = plan.read_text(encoding="utf-8").split("[[report]]")[1]
    many = "".join(
        f"[[report]]{text.replace('name = ', 'name = ').replace(chr(34) + 'good' + chr(34), chr(34) + f'good-{i}' + chr(34))}"
        for i in range(4)
    )
    plan.write_text('title = "Many"\n' + many, encoding="utf-8")
    ran = lpo("batch", plan, "-j", 2)
    assert ran.code == 0, ran.out
    assert "4 reports: 4 made." in ran.out
    assert not [p.name for p in plan.parent.iterdir() if p.name.startswith("kernel-ipc")]
