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

ENGINES = ["direct", "warm"]


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
    "stuck": ["1", "2", "import time; time.sleep(1000)"],
    "long": [f"import time; time.sleep(1.8) # {i}" for i in range(6)],
    "killed": ["import os, signal; os.kill(os.getpid(), signal.SIGKILL)"],
    "crashed": ["1", "import ctypes; ctypes.string_at(0)"],
    "left": ["import os; os._exit(3)"],
}


@pytest.mark.parametrize("engine", ENGINES)
def test_whatever_goes_wrong_is_told_with_cell_and_reason_and_nothing_of_it_is_shown_as_good(run, tmp_path, engine):
    reports = run(FAILING, "[limits]\ncell_seconds = 4\nseconds = 8", engine)
    assert {name: report["error"] for name, report in reports.items()} == {
        "good": "",
        "error": "error.ipynb, cell 3: ValueError: the <b>reason</b>",
        "stuck": "stuck.ipynb, cell 4: The cell took longer than the 4 s allowed.",
        "long": "long.ipynb, cell 6: The report took longer than the 8 s allowed.",
        "killed": "killed.ipynb, cell 2: The process was killed by SIGKILL, as the system does when memory runs out.",
        "crashed": "crashed.ipynb, cell 3: The process was killed by SIGSEGV.",
        "left": "left.ipynb, cell 2: The process ended itself with status 3.",
    }
    assert {name for name, report in reports.items() if report["status"] == "done"} == {"good"}
    folder = tmp_path / "reports" / "limits"
    assert sorted(path.name for path in folder.iterdir()) == ["batch.json", "good", "index.html"]
    page = (folder / "index.html").read_text()
    shown = unescape(re.sub(r"<[^>]*>", "\n", page)).splitlines()
    for report in reports.values():
        assert report["error"] in shown, "the index does not say which cell failed and why"
    assert re.findall(r'href="(\w+)/report\.html"', page) == ["good"]
    assert shown.count("failed") == 6


def test_the_index_shows_the_parameters_of_each_report_that_failed(runtime, lpo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = [
        v4.new_code_cell("seed = 1\nmarket = 'here'", metadata={"tags": ["parameters"]}),
        v4.new_code_cell("1 / 0"),
    ]
    nbformat.write(v4.new_notebook(cells=cells), "book.ipynb")
    Path("limits.toml").write_text(
        'title = "Limits"\n[[report]]\nnotebook = "book.ipynb"\n[report.parameters]\nseed = 4711\n'
        '[[report]]\nnotebook = "book.ipynb"\n[report.parameters]\nmarket = "elsewhere"\n'
    )
    assert lpo("batch", "limits.toml").code == 1
    shown = unescape(re.sub(r"<[^>]*>", "\n", Path("reports/limits/index.html").read_text()))
    for text in ("4711", "elsewhere", "book.ipynb, cell 3: ZeroDivisionError: division by zero"):
        assert text in shown


@pytest.mark.parametrize("engine", ENGINES)
def test_the_limit_of_memory_is_what_a_notebook_may_take_beyond_what_it_starts_with(run, engine):
    books = {
        "modest": ["taken = bytearray(30 * 2**20); print(len(taken))"],
        "hungry": ["taken = []", "while True: taken.append(bytearray(10 * 2**20))"],
    }
    reports = run(books, "[limits]\nmemory_mb = 100\nseconds = 60", engine)
    assert reports["modest"]["error"] == ""
    assert reports["hungry"]["error"] == "hungry.ipynb, cell 3: MemoryError (its limit of memory was 100 MiB)"


def test_a_notebook_that_is_killed_under_a_limit_of_memory_is_told_with_the_limit(run):
    reports = run({"killed": FAILING["killed"]}, "[limits]\nmemory_mb = 4000")
    assert reports["killed"]["error"].endswith("memory runs out; its limit of memory was 4000 MiB.")


SECRETS = [
    "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DATABASE_URL", "OPENAI_API_KEY", "PGPASSWORD", "JUPYTER_TOKEN", "NAMED_TOKEN",
]  # fmt: skip


@pytest.mark.parametrize("engine", [*ENGINES, "fresh"])
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


@pytest.mark.parametrize("engine", ENGINES)
def test_secrets_and_limits_hold_where_no_server_can_be_used_too(run, tmp_path, monkeypatch, engine):
    """A folder of sockets open to others is refused, and notebooks are launched normally."""
    from lpo_analysis.reporting.engines import client

    client.folder().chmod(0o755)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    books = {
        "look": ["import os; print(os.environ.get('AWS_SECRET_ACCESS_KEY'))"],
        "stuck": ["import time; time.sleep(1000)"],
        "killed": FAILING["killed"],
    }
    reports = run(books, "[limits]\ncell_seconds = 10", engine)
    assert _printed(tmp_path / "reports" / "limits" / "look") == "None\n"
    assert reports["stuck"]["error"] == "stuck.ipynb, cell 2: The cell took longer than the 10 s allowed."
    assert reports["killed"]["error"].startswith("killed.ipynb, cell 2: The process was killed by SIGKILL")
