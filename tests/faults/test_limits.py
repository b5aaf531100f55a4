"""What a plan limits and hands on holds for every report, and a report that fails says in which cell and why."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from lpo_analysis.reporting.engines import client
from lpo_analysis.reporting.index import index_page
from lpo_analysis.reporting.jobs import Outcome

WARM = pytest.param("warm", marks=pytest.mark.slow)


@pytest.fixture
def run(runtime, lpo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Run a batch of notebooks given by the sources of their cells; returns the reports of its log by name."""
    monkeypatch.chdir(tmp_path)

    def call(books: dict[str, list[str]], head: str = "", engine: str = "direct", jobs: int = 2) -> dict[str, Any]:
        plan = ['title = "Limits"', f'engine = "{engine}"', head]
        for name, sources in books.items():
            # What the server imports for a batch is what its notebooks import, and numpy is soon there.
            parameters = v4.new_code_cell("import numpy\nseed = 1", metadata={"tags": ["parameters"]})
            book = v4.new_notebook(cells=[parameters, *map(v4.new_code_cell, sources)])
            book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(book, tmp_path / f"{name}.ipynb")
            plan += ["[[report]]", f'notebook = "{name}.ipynb"', f'name = "{name}"']
        (tmp_path / "limits.toml").write_text("\n".join(plan) + "\n")
        ran = lpo("batch", tmp_path / "limits.toml", "-j", jobs)
        assert ran.code in (0, 1), ran.err
        log = json.loads((tmp_path / "reports" / "limits" / "batch.json").read_text())
        runtime.assert_empty()
        return {report["name"]: report for report in log["reports"]}

    return call


def _printed(folder: Path) -> str:
    book = json.loads((folder / "notebook.ipynb").read_text())
    return "".join("".join(o.get("text", "")) for cell in book["cells"] for o in cell.get("outputs", []))


FAILING = {
    "good": ["print('done')"],
    "error": ["1", "raise ValueError('the <b>reason</b>')"],
    "stuck": ["1", "2", "import time; time.sleep(40)"],
    "long": ["import time; time.sleep(0.5)"] * 10,
    "killed": ["import os, signal; os.kill(os.getpid(), signal.SIGKILL)"],
    "crashed": ["1", "import ctypes; ctypes.string_at(0)"],
    "left": ["import os; os._exit(3)"],
}


@pytest.mark.parametrize("engine", ["direct", WARM])
def test_whatever_goes_wrong_is_told_with_cell_and_reason_and_nothing_of_it_is_shown_as_good(run, tmp_path, engine):
    reports = run(FAILING, "[limits]\ncell_seconds = 2\nseconds = 3", engine, jobs=4)
    errors = {name: report["error"] for name, report in reports.items()}
    assert re.fullmatch(r"long\.ipynb, cell \d+: The report took longer than the 3 s allowed\.", errors.pop("long"))
    assert errors == {
        "good": "",
        "error": "error.ipynb, cell 3: ValueError: the <b>reason</b>",
        "stuck": "stuck.ipynb, cell 4: The cell took longer than the 2 s allowed.",
        "killed": "killed.ipynb, cell 2: The process was killed by SIGKILL, as the system does when memory runs out.",
        "crashed": "crashed.ipynb, cell 3: The process was killed by SIGSEGV.",
        "left": "left.ipynb, cell 2: The process ended itself with status 3.",
    }
    assert {name for name, report in reports.items() if report["status"] == "done"} == {"good"}
    folder = tmp_path / "reports" / "limits"
    assert sorted(path.name for path in folder.iterdir()) == ["batch.json", "good", "index.html", "results.csv"]
    page = (folder / "index.html").read_text()
    shown = unescape(re.sub(r"<[^>]*>", "\n", page)).splitlines()
    for report in reports.values():
        assert report["error"] in shown, "the index does not say which cell failed and why"
    assert re.findall(r'href="(\w+)/report\.html"', page) == ["good"]
    assert shown.count("failed") == 6


def test_the_index_shows_the_parameters_of_each_report_that_failed():
    """Also of one that is alone with its notebook, so that nothing sets it apart from others."""
    outcomes = [
        Outcome(
            "one", "alone", "failed", parameters={"seed": 4711}, error="alone.ipynb, cell 3: ValueError: the <reason>"
        ),
        Outcome(
            "two", "several", "failed", parameters={"seed": 12, "market": "here"}, error="several.ipynb: it was killed"
        ),
        Outcome("three", "several", "done", parameters={"seed": 13, "market": "here"}),
    ]
    shown = re.sub(r"<[^>]*>", "\n", index_page("Limits", outcomes))
    for text in ("4711", "12", "13", "alone.ipynb, cell 3: ValueError: the <reason>", "several.ipynb: it was killed"):
        assert text in unescape(shown)


@pytest.mark.parametrize("engine", ["direct", WARM])
def test_the_limit_of_memory_is_what_a_notebook_may_take_beyond_what_it_starts_with(run, engine):
    books = {
        "modest": ["taken = bytearray(50 * 2**20); print(len(taken))"],
        "hungry": ["1", "taken = bytearray(2**30)"],
        "killed": FAILING["killed"],
    }
    reports = run(books, "[limits]\nmemory_mb = 200\nseconds = 60", engine)
    limit = "its limit of memory was 200 MiB"
    assert {name: report["error"] for name, report in reports.items()} == {
        "modest": "",
        "hungry": f"hungry.ipynb, cell 3: MemoryError ({limit})",
        "killed": f"killed.ipynb, cell 2: The process was killed by SIGKILL, as the system does when memory runs out; {limit}.",
    }


SECRETS = [
    "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DATABASE_URL", "OPENAI_API_KEY", "PGPASSWORD", "JUPYTER_TOKEN", "NAMED_TOKEN",
]  # fmt: skip


@pytest.mark.parametrize("engine", ["direct", "warm", pytest.param("fresh", marks=pytest.mark.slow)])
def test_notebooks_see_no_secret_but_the_one_their_plan_names(run, tmp_path, monkeypatch, engine):
    for name in SECRETS:
        monkeypatch.setenv(name, f"s3cret-{name}")
    look = """
import os, subprocess
from pathlib import Path
seen = "\\n".join(f"{k}={v}" for k, v in os.environ.items())
seen += subprocess.run(["env"], capture_output=True, text=True).stdout
if Path("/proc/self/environ").exists():
    seen += Path("/proc/self/environ").read_text() + Path(f"/proc/{os.getppid()}/environ").read_text() * (os.getppid() != %d)
print(sorted({word for word in seen.replace("\\0", "\\n").splitlines() if "s3cret" in word}))
"""
    reports = run({"look": [look % os.getpid()]}, 'environment = ["NAMED_TOKEN"]', engine)
    assert reports["look"]["error"] == ""
    assert _printed(tmp_path / "reports" / "limits" / "look") == "['NAMED_TOKEN=s3cret-NAMED_TOKEN']\n"


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["direct", "warm"])
def test_secrets_and_limits_hold_where_no_server_can_be_used_too(run, tmp_path, monkeypatch, engine):
    """A folder of sockets open to others is refused, and notebooks are launched normally."""
    client.folder().chmod(0o755)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    books = {
        "look": ["import os; print(os.environ.get('AWS_SECRET_ACCESS_KEY'))"],
        "stuck": ["import time; time.sleep(40)"],
        "killed": FAILING["killed"],
    }
    reports = run(books, "[limits]\ncell_seconds = 10", engine)
    assert _printed(tmp_path / "reports" / "limits" / "look") == "None\n"
    assert reports["stuck"]["error"] == "stuck.ipynb, cell 2: The cell took longer than the 10 s allowed."
    assert reports["killed"]["error"].startswith("killed.ipynb, cell 2: The process was killed by SIGKILL")


def test_an_output_folder_that_cannot_be_written_is_refused_before_anything_runs(run, runtime, lpo, tmp_path):
    run({"good": FAILING["good"]})
    (tmp_path / "file").write_text("")
    ran = lpo("batch", tmp_path / "limits.toml", "-o", tmp_path / "file" / "reports")
    assert ran.code == 2
    assert "cannot be written (Not a directory). Choose another with --output." in ran.err
    assert runtime.processes() == []


def test_an_output_folder_that_vanishes_under_a_batch_is_a_failed_report_and_the_rest_is_made(run):
    books = {"vandal": ["import shutil; shutil.rmtree('reports')"], "good": FAILING["good"]}
    reports = run(books, jobs=1)
    assert reports["vandal"]["error"] == "Cannot write the report (No such file or directory)."
    assert reports["good"]["status"] == "done"
