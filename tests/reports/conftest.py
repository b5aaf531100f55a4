"""One report, made once through the command and shared by the tests that look at it; notebooks, plans, stand-ins for batches; a browser."""

from __future__ import annotations

import html as escaping
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from lpo_analysis.reporting.execution import Executed
from lpo_analysis.reporting.plans import Plan, read_plan

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars",
    # No name resolves, so that nothing leaves the machine; a request is logged all the same.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
OF_CHROMIUM = re.compile(r"https?://(?!fonts\.)([a-z0-9-]+\.)*(google|googleapis|gstatic|gvt1|chromium)\.(com|org)/")

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
PHONE = 375
"""Width of a phone in pixels."""
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


@pytest.fixture
def write_notebook() -> Callable[..., None]:
    """Write a notebook of tagged defaults and further cells, with a parameter model or without."""

    def write(path: Path, *cells: str, defaults: str = "n = 1", model: str | None = None) -> None:
        made = [v4.new_code_cell(defaults, metadata={"tags": ["parameters"]}), *map(v4.new_code_cell, cells)]
        path.parent.mkdir(exist_ok=True)
        book = v4.new_notebook(cells=made, metadata={"lpo": {"parameters": model}} if model else {})
        nbformat.write(book, path)

    return write


@pytest.fixture
def write_plan() -> Callable[..., Plan]:
    """Write a plan of one notebook over some numbers."""

    def write(path: Path, notebook: str, numbers: list[int], extra: str = "") -> Plan:
        path.write_text(
            f'title = "Tiny"\n{extra}[[report]]\nnotebook = "{notebook}"\nname = "n{{n}}"\nmatrix = {{n = {numbers}}}\n'
        )
        return read_plan(path)

    return write


PLAN = 'title = "Tiny"\nengine = "fresh"\n[[report]]\nnotebook = "tiny"\nmatrix = {n = [1, 2, 3]}\ninputs = ["*.csv"]\n'


class Stand:
    """Stands in for the execution of notebooks: takes note of it, and does to some what is asked."""

    NAMES = ("tiny", "tiny-n_2", "tiny-n_3")
    """The reports of the plan of `tiny`."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.does: dict[str, Callable[[], Any]] = {}

    def __call__(self, job: Any, settings: Any) -> Executed:
        self.ran.append(job.name)
        if job.name in self.does:
            self.does[job.name]()
        made = nbformat.read(job.notebook, as_version=4)
        cells = []
        for number, cell in enumerate(made.cells, start=1):
            cell["id"] = f"c{number}"
            cell.outputs = [v4.new_output("stream", text=f"{job.parameters}")]
            cells.append({"cell": number, "seconds": 0.25 * number, "source": cell.source.splitlines()[0]})
        return Executed(made, cells)

    def again(self) -> list[str]:
        """The names of what ran since this was asked last."""
        ran, self.ran = sorted(self.ran), []
        return ran


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Stand:
    made = Stand()
    monkeypatch.setattr("lpo_analysis.reporting.run.execute", made)
    return made


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_notebook: Callable[..., None]) -> Path:
    """A folder with a notebook, a plan of three reports, and an input."""
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path / "notebooks" / "tiny.ipynb", "print(n)")
    (tmp_path / "tiny.toml").write_text(PLAN)
    (tmp_path / "rates.csv").write_text("1")
    return tmp_path


@pytest.fixture
def mine(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write_notebook: Callable[..., None],
    write_plan: Callable[..., Plan],
) -> Path:
    """A folder with a notebook and a plan of six reports; nothing is really executed."""

    def execute(job: Any, settings: Any) -> Executed:
        time.sleep(0.05)
        made = nbformat.read(job.notebook, as_version=4)
        for number, cell in enumerate(made.cells):
            cell["id"] = f"c{number}"
        return Executed(made, [])

    monkeypatch.setattr("lpo_analysis.reporting.run.execute", execute)
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path / "notebooks" / "mine.ipynb", "n")
    write_plan(tmp_path / "mine.toml", "mine", list(range(6)))
    return tmp_path


@pytest.fixture(scope="session")
def chromium() -> list[str]:
    """The browser and its flags; skips where there is none."""
    if BROWSER is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on the PATH")
    return [BROWSER, *FLAGS]


@pytest.fixture
def browse(tmp_path: Path) -> Callable[..., str]:
    """Open a page and give back its DOM once it is loaded."""
    if BROWSER is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on the PATH")

    def call(path: Path, *flags: str, dump: bool = True) -> str:
        command = [
            BROWSER,
            *FLAGS,
            f"--user-data-dir={tmp_path / 'profile'}",
            *flags,
            *(["--dump-dom"] if dump else []),
            path.as_uri(),
        ]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert ran.returncode == 0, f"the browser failed:\n{ran.stderr[-2000:]}"
        return ran.stdout

    return call


@pytest.fixture(scope="module")
def driven() -> Iterator[Any]:
    """A browser that a test drives as a person would; of a module, because its event loop must be gone where others start theirs."""
    if BROWSER is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on the PATH")
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def requests(browse: Callable[..., str], tmp_path: Path) -> Callable[..., list[str]]:
    """Open a page and list the addresses it asked for over the network."""

    def call(path: Path, *flags: str) -> list[str]:
        log = tmp_path / "net.json"
        browse(path, f"--log-net-log={log}", *flags)
        noted = json.loads(log.read_text(encoding="utf-8"))
        kinds = {number: name for name, number in noted["constants"]["logSourceType"].items()}
        asked = {
            e["params"]["url"]
            for e in noted["events"]
            if kinds[e["source"]["type"]] == "URL_REQUEST" and "url" in e.get("params", {})
        }
        return sorted(url for url in asked if not url.startswith(("file:", "data:")) and not OF_CHROMIUM.match(url))

    return call


@pytest.fixture
def overflow(browse: Callable[..., str], tmp_path: Path) -> Callable[[str], tuple[int, list[str]]]:
    """Measure by how many pixels a page is too wide for a phone, and name the elements that stick out of it."""
    measure = """<script>frame.onload = () => {
      const page = frame.contentDocument, wide = [];
      const scrolls = e => { for (; e; e = e.parentElement) if (/auto|scroll|hidden/.test(frame.contentWindow.getComputedStyle(e).overflowX)) return true; };
      for (const e of page.body.querySelectorAll('*'))
        if (e.getBoundingClientRect().right > WIDTH + 1 && !scrolls(e.parentElement)) wide.push(e.tagName + ': ' + e.textContent.trim().slice(0, 60));
      const found = JSON.stringify([page.documentElement.scrollWidth, wide.slice(0, 10)]);
      document.body.innerHTML = '<pre id="out"></pre>';
      document.getElementById('out').textContent = found;
    };</script>""".replace("WIDTH", str(PHONE))

    def call(html: str) -> tuple[int, list[str]]:
        bare, count = POLICY.subn("", html)
        assert count == 1, "the page has no Content-Security-Policy"
        frame = f'<iframe id="frame" style="width:{PHONE}px;height:800px;border:0" srcdoc="{escaping.escape(bare, quote=True)}"></iframe>'
        wrapper = tmp_path / "wrapper.html"
        wrapper.write_text(
            f"<!DOCTYPE html><body>{frame}<script>const frame = document.getElementById('frame')</script>{measure}</body>",
            encoding="utf-8",
        )
        found = re.search(r'<pre id="out">(.*?)</pre>', browse(wrapper), re.DOTALL)
        assert found, "the page was not measured"
        width, wide = json.loads(escaping.unescape(found[1]))
        return width - PHONE, wide

    return call


@pytest.fixture(scope="session")
def finished(checkout: Path, show_cells: Callable[..., Any]) -> Callable[..., Path]:
    """Write a report of a committed notebook into a folder: as it stands, or executed in this process, without pictures, with other parameters."""
    from lpo_analysis.reporting.jobs import prepare
    from lpo_analysis.reporting.run import ingredients
    from lpo_analysis.reporting.run import write as land

    def call(notebook: str, folder: Path, called: str, **changes: Any) -> Path:
        job = prepare(notebook, changes, name=called)
        book = nbformat.read(checkout / "notebooks" / f"{notebook}.ipynb", as_version=4)
        cells = [cell for cell in book.cells if cell.cell_type == "code"]
        if changes:
            injected = "\n".join(f"{name} = {value!r}" for name, value in changes.items())
            tagged = ["parameters" in cell.metadata.get("tags", []) for cell in cells]
            sources = [f"{c.source}\n{injected}" if tag else c.source for c, tag in zip(cells, tagged, strict=True)]
            for cell, made in zip(cells, show_cells(sources, {}), strict=True):
                cell.outputs = [nbformat.from_dict(output) for output in made]
        work = folder / "work"
        work.mkdir(exist_ok=True)
        land(job, Executed(book, []), work, folder / called, ingredients(job))
        work.rmdir()
        return folder / called

    return call


@pytest.fixture
def searched() -> Callable[..., list[tuple[str, str]]]:
    """Find texts in all that a report consists of: page, notebook, results, tables, and the sheets of the workbook."""

    def search(folder: Path, *planted: str) -> list[tuple[str, str]]:
        found = {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
        with zipfile.ZipFile(io.BytesIO(found.pop("report.xlsx"))) as book:
            found |= {f"report.xlsx/{name}": book.read(name) for name in book.namelist() if name.endswith(".xml")}
        assert {"report.html", "results.json", "notebook.ipynb", "report.xlsx/xl/workbook.xml"} <= set(found)
        # Not within a hash or a picture, where any figures stand by chance.
        whole = {text: re.compile(rf"(?<![0-9A-Za-z+/]){re.escape(text)}(?![A-Za-z+/])") for text in planted}
        return [(name, text) for name, raw in found.items() for text in planted if whole[text].search(raw.decode())]

    return search
