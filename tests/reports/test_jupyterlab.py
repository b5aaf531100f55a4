"""JupyterLab in a real browser: the landing notebook opens, the workbench answers a slider, results are rich tables, nothing fails."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket

pytestmark = pytest.mark.slow

TOKEN = "a-token-of-the-test"
PATIENCE = 90.0
"""Seconds to wait for anything; on a busy machine a kernel takes its time."""
FRONT = "[...jupyterapp.shell.widgets('main')][0]"
SLIDER = ".jp-OutputArea .noUi-handle"
SEEN = "[...document.querySelectorAll('.widget-html-content svg, .widget-html svg')].map(e => e.outerHTML)"


class Page:
    """A tab of the browser, driven over the DevTools protocol."""

    def __init__(self, address: str) -> None:
        self.socket = websocket.create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self.number = 0
        self.said: list[str] = []
        self.asked: list[str] = []
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; what the page says meanwhile is kept."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        what, told = message.get("method"), message.get("params", {})
        if what == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            self.said.append(details.get("exception", {}).get("description", details["text"]))
        elif what == "Runtime.consoleAPICalled" and told["type"] in ("error", "assert"):
            self.said.append(" ".join(str(item.get("value", item.get("description", ""))) for item in told["args"]))
        elif what == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.said.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        elif what == "Network.requestWillBeSent":
            self.asked.append(told["request"]["url"])

    def run(self, script: str) -> Any:
        """Run a script, wait for what it promises, and return its value."""
        found = self.send(
            "Runtime.evaluate", expression=f"(async () => {{ {script} }})()", awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, (
            f"{script}: {found['exceptionDetails'].get('exception', {}).get('description')}"
        )
        return found["result"].get("value")

    def until(self, condition: str, what: str) -> Any:
        """Wait until an expression is true."""
        stop = time.monotonic() + PATIENCE
        while time.monotonic() < stop:
            with contextlib.suppress(AssertionError):
                if value := self.run(f"return {condition};"):
                    return value
            time.sleep(0.1)
        raise AssertionError(f"{what}: did not come within {PATIENCE:.0f} s; {self.said}")

    def press(self, key: str) -> None:
        """Press and let go of a key."""
        for kind in ("keyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"ArrowRight": 39}[key]
            )


def _free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def _answers(url: str) -> Any:
    stop = time.monotonic() + PATIENCE
    while time.monotonic() < stop:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            return json.loads(answer.read())
        time.sleep(0.1)
    raise AssertionError(f"{url.partition('?')[0]} did not answer within {PATIENCE:.0f} s")


@contextlib.contextmanager
def _started(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in a process group of its own, and end the group."""
    process = subprocess.Popen(command, start_new_session=True, **options)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Iterator[str]:
    """The address of a JupyterLab started as `make lab` does, in a folder with copies of the notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(checkout / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    recipe = re.search(
        r"^lab:.*\n\t@\$\(BIN\)/jupyter (lab .*)$", (checkout / "Makefile").read_text(), flags=re.MULTILINE
    )
    assert recipe, "the Makefile has no target lab that runs jupyter lab"
    # A file of settings that shows all cells, so that the test need not scroll, and asks for no news.
    settings = folder / "app" / "settings"
    settings.mkdir(parents=True)
    (settings / "overrides.json").write_text(json.dumps({
        "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    }))  # fmt: skip
    port = _free_port()
    command = [
        sys.executable, "-m", "jupyter", *recipe[1].split(), "--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0", "--ServerApp.allow_root=True", "--LabApp.expose_app_in_browser=True", f"--LabApp.app_settings_dir={settings}",
        "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    own = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "user"), "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    environment = os.environ | own | {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_TOKEN": TOKEN}
    environment.pop("JPY_SESSION_NAME", None)
    with (folder / "log").open("wb") as log, _started(command, cwd=folder, env=environment, stdout=log, stderr=log):
        _answers(f"http://127.0.0.1:{port}/api/status?token={TOKEN}")
        yield f"http://127.0.0.1:{port}/?token={TOKEN}"


@pytest.fixture(scope="module")
def page(lab: str, chromium: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A tab that JupyterLab is opened in."""
    profile = tmp_path_factory.mktemp("profile")
    flags = [flag for flag in chromium if not flag.startswith("--host-resolver-rules")]
    command = [
        *flags, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-port=0", f"--user-data-dir={profile}",
        "--window-size=1500,1000", "about:blank",
    ]  # fmt: skip
    with _started(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        noted, stop = profile / "DevToolsActivePort", time.monotonic() + PATIENCE
        while not (noted.exists() and noted.read_text().count("\n")) and time.monotonic() < stop:
            time.sleep(0.05)
        port = noted.read_text().splitlines()[0]
        tabs = _answers(f"http://127.0.0.1:{port}/json/list")
        page = Page(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
        page.send("Page.navigate", url=lab)
        page.until(
            f"!!(window.jupyterapp && {FRONT} && {FRONT}.context)",
            "a notebook",
        )
        yield page


@pytest.fixture(scope="module")
def open_and_run(page: Page) -> Callable[[str], list[str]]:
    """Open a notebook, run all of its cells, and return the errors that they show."""

    def call(path: str) -> list[str]:
        page.run(f"window.book = await jupyterapp.commands.execute('docmanager:open', {{path: '{path}'}});")
        page.run("await book.context.ready; await book.sessionContext.ready;")
        page.until("!!(book.sessionContext.session && book.sessionContext.session.kernel)", "a kernel")
        page.run("await jupyterapp.commands.execute('notebook:run-all-cells');")
        script = (
            "return book.content.widgets.filter(c => c.model.type === 'code').flatMap(c => c.model.sharedModel.outputs)"
        )
        return page.run(f"{script}.filter(o => o.output_type === 'error').map(o => `${{o.ename}}: ${{o.evalue}}`);")

    return call


def test_it_opens_at_the_landing_notebook_which_runs(page, open_and_run):
    path = page.until(f"{FRONT}.context.path", "a path")
    assert path == "notebooks/index.ipynb"
    assert open_and_run(path) == []
    titles = page.run("return [...document.querySelectorAll('.jp-RenderedHTMLCommon h1')].map(e => e.textContent);")
    assert any(title.startswith("Start here") for title in titles)


def test_a_slider_of_the_workbench_moves_all_three_figures(page, open_and_run):
    assert open_and_run("notebooks/workbench.ipynb") == []
    page.until(f"!!document.querySelector('{SLIDER}') && {SEEN}.length >= 3", "sliders and three figures")
    before = page.run(f"return {SEEN}.slice(0, 3);")
    took = page.run(f"""
        const handle = document.querySelector('{SLIDER}');
        handle.scrollIntoView({{block: 'center'}});
        handle.focus();
        window.start = performance.now();
        return document.activeElement === handle;""")
    assert took, "the slider takes no focus"
    page.press("ArrowRight")
    quoted = json.dumps(before)
    page.until(f"{SEEN}.slice(0, 3).every((svg, n) => svg !== {quoted}[n])", "another waterfall, tornado and frontier")
    labels = page.run(
        "return [...document.querySelectorAll('.widget-html svg')].slice(0, 3).map(e => e.getAttribute('aria-label'));"
    )
    assert "efficient" in labels[2]


def test_a_result_is_a_rich_table_with_its_sources(page, open_and_run):
    code = "from lpo_analysis import savings\\nsavings.analyse(savings.Parameters(draws=256)).numbers"
    page.run(f"""
        book.content.activeCellIndex = book.content.widgets.length - 1;
        await jupyterapp.commands.execute('notebook:insert-cell-below');
        book.content.activeCell.model.sharedModel.setSource('{code}');
        await jupyterapp.commands.execute('notebook:run-cell');""")
    page.until("!!book.content.activeCell.node.querySelector('.jp-OutputArea-output table')", "a table")
    shown = page.run("""
        const out = book.content.activeCell.node.querySelector('.jp-OutputArea');
        return {text: out.textContent, links: [...out.querySelectorAll('details a')].map(e => e.href), bold: out.querySelectorAll('th').length};""")
    assert "net saving on the work" in shown["text"]
    assert shown["bold"] > 3
    assert re.search(r"Sources \(\d+\)", shown["text"])
    assert shown["links"]
    assert all(link.startswith("http") for link in shown["links"])


def test_nothing_failed_in_the_page_and_nothing_was_asked_of_another_host(page, lab):
    page.run("return 1;")
    assert page.said == []
    home = lab.partition("/?")[0].partition("//")[2]
    foreign = {url for url in page.asked if not url.startswith(("data:", "blob:", f"http://{home}/", f"ws://{home}/"))}
    assert foreign == set()
