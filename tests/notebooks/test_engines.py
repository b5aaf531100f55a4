"""The engines: what a notebook shows is the same by each, and they work wherever papermill and Jupyter launch kernels."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat import v4

from lpo_analysis.reporting import outputs
from lpo_analysis.reporting.engines import client, options

ALL = ("direct", "warm", "fresh")

SHOWS = {
    "streams": "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('out again')",
    "a result": "{'n': n, 'missing': float('nan')}",
    "a display": "from IPython.display import HTML, Markdown, display\ndisplay(HTML('<b>x</b>'))\nprint('after')\ndisplay(Markdown('*y*'))",
    "raw data with a missing number": "display({'text/plain': 'raw', 'application/json': {'a': [1, None, 2.5]}}, raw=True)",
    "a display to be updated": "shown = display('first', display_id='one')",
    "its update": "shown.update('second')\nprint('updated')",
    "cleared": "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",
    "cleared when something comes": "print('gone')\nclear_output(wait=True)\nprint('stays')",
    "a figure left to the backend": "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3])\nplt.title('t');",
    "a figure as the result": "fig, ax = plt.subplots()\nax.plot([3, 2, 1])\nfig",
    "a figure shown": "plt.plot([1, 3])\nplt.show()\nprint('shown')",
    "a figure closed": "plt.plot([1, 3])\nplt.close()",
    "figures as SVG no more": "%config InlineBackend.figure_formats = ['png']",
    "a frame": "import numpy as np\nimport pandas as pd\npd.DataFrame({'a': [1, 2], 'b': [1.5, np.nan]})",
    # The kernel reads what a process has written when it gets to it, on a busy machine after the cell has ended.
    "another process": "import subprocess, time\nsubprocess.run(['echo', 'from a process'], check=True)\ntime.sleep(1)\nNone",
    "a shell command": "!echo shell",
    "captured": "%%capture caught\nprint('captured')",
    "what was captured": "caught.stdout",
    "history": "len(In), sorted(Out)",
    "names": "sorted(name for name in globals() if not name.startswith('_'))",
    "awaited": "import asyncio\nawait asyncio.sleep(0)\n'awaited'",
    "a thread": "import threading\nthread = threading.Thread(target=print, args=['from a thread'])\nthread.start()\nthread.join()",
    "much": "for i in range(20_000):\n    print(i, end=' ')",
    "nothing": "1 + 1;",
    "the shell": "type(get_ipython()).__name__, __name__, sys.stdout.isatty(), sys.stdout.encoding",
    "the settings": "import os\nos.environ['MPLBACKEND'], os.environ['PYTHONHASHSEED'], os.environ['TERM'], plt.isinteractive(), hash('lpo')",
    "seeded": "np.random.seed(1)\nnp.random.rand()",
    "a warning": "import warnings\nwarnings.warn('seen once', stacklevel=0)",
    "an error": "def f(x):\n    return 1 / x\nf(0)",
    "an error of the kit": "from lpo_analysis.errors import ParameterError\nraise ParameterError('wrong', remedy='Mend it.')",
    "an error with markup": "raise ValueError('bad <b>')",
    "a question": "input('?')",
    "no Python": "x = = 1",
    "an exit": "sys.exit(3)",
    "an interrupt": "raise KeyboardInterrupt",
    "the end": "'end'",
}  # fmt: skip
ERRORS = (
    "an error",
    "an error of the kit",
    "an error with markup",
    "a question",
    "no Python",
    "an exit",
    "an interrupt",
)


def write(path: Path, *cells: tuple[str, str] | str, kernel: str = "python3") -> Path:
    """Write a notebook with the parameter ``n``; a cell is its source, or a name and its source."""
    made = [v4.new_code_cell("n = 1", metadata={"tags": ["parameters"]})]
    for cell in cells:
        name, source = cell if isinstance(cell, tuple) else ("", cell)
        made.append(v4.new_code_cell(source, metadata={"tags": ["raises-exception"] if name in ERRORS else []}))
    notebook = v4.new_notebook(
        cells=made, metadata={"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}}
    )
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def ran(tmp_path: Path):
    """Execute a notebook by an engine, and return it normalised."""
    import papermill

    def run(path: Path, engine: str | None, **parameters: Any) -> Any:
        out = tmp_path / f"{path.stem}-{engine}.ipynb"
        given = {} if engine is None else {"options": options.Options()}
        with contextlib.suppress(papermill.PapermillExecutionError):
            papermill.execute_notebook(
                str(path), str(out), parameters, engine_name=engine, progress_bar=False, kernel_name="python3", **given
            )
        return outputs.normalise(nbformat.read(out, as_version=4))

    yield run
    client.release()


def _shown(notebook: Any) -> list[Any]:
    # Papermill adds cells of its own above one that failed.
    return [cell.get("outputs") for cell in notebook.cells if cell.cell_type == "code"]


def test_every_kind_of_output_is_the_same_by_all_engines(tmp_path, ran, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # a kernel that sees it leaves the output of processes alone
    notebook = write(tmp_path / "zoo.ipynb", *SHOWS.items())
    due = ran(notebook, None, n=3)
    assert len(_shown(due)) == len(SHOWS) + 2
    for engine in ALL:
        made = ran(notebook, engine, n=3)
        for name, ours, theirs in zip(["parameters", "injected", *SHOWS], _shown(made), _shown(due), strict=True):
            assert ours == theirs, f"{name} by {engine}"


def test_figures_are_there_and_random_numbers_are_not_those_of_the_server(tmp_path, ran):
    notebook = write(
        tmp_path / "x.ipynb",
        "import numpy as np, random, matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "float(np.random.rand()), random.random()",
    )
    for engine in ("direct", "warm"):
        first, second = (_shown(ran(notebook, engine)) for _ in range(2))
        assert "image/png" in first[1][0]["data"]
        assert first[1] == second[1]
        assert first[2][0]["data"] != second[2][0]["data"], f"two runs by {engine} share their random state"


def test_nothing_a_notebook_does_reaches_the_next(tmp_path, ran):
    first = write(
        tmp_path / "first.ipynb",
        "import os, sys, matplotlib as mpl, pandas as pd, warnings\nos.environ['LPO_LEFT'] = '1'\nos.chdir('/')\nsys.path.insert(0, '/left')",
        "mpl.rcParams['figure.dpi'] = 7\npd.set_option('display.max_rows', 3)\nimport builtins\nbuiltins.left = 1\nleft_over = 1",
    )
    second = write(
        tmp_path / "second.ipynb",
        "import os, sys, builtins, matplotlib as mpl, pandas as pd\nos.environ.get('LPO_LEFT'), '/left' in sys.path, os.getcwd() == '/'",
        "mpl.rcParams['figure.dpi'] == 7, pd.get_option('display.max_rows') == 3, hasattr(builtins, 'left'), 'left_over' in globals()",
    )
    for engine in ("direct", "warm"):
        ran(first, engine)
        shown = _shown(ran(second, engine))
        assert shown[1][0]["data"]["text/plain"] == "(None, False, False)"
        assert shown[2][0]["data"]["text/plain"] == "(False, False, False, False)"


@pytest.mark.parametrize("engine", ["direct", "warm"])
def test_papermill_finds_the_engine_by_its_entry_point(tmp_path, away, engine):
    notebook = write(tmp_path / "x.ipynb", "print(n + 1)")
    command = [
        sys.executable,
        "-m",
        "papermill",
        str(notebook),
        str(tmp_path / "made.ipynb"),
        "-p",
        "n",
        "4",
        "--engine",
        engine,
    ]
    done = subprocess.run(command, cwd=tmp_path, env=away, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    made = nbformat.read(tmp_path / "made.ipynb", as_version=4)
    assert made.cells[2].outputs[0]["text"] == "5\n"
    assert made.metadata.papermill.exception is None
    assert made.metadata.language_info.name == "python"


@pytest.mark.parametrize("engine", ["direct", "warm"])
def test_a_dead_process_is_no_completed_notebook(tmp_path, engine):
    import papermill
    from nbclient.exceptions import DeadKernelError

    notebook = write(tmp_path / "x.ipynb", "1", "import os\nos._exit(5)", "2")
    with pytest.raises(DeadKernelError, match="ended itself with status 5"):
        papermill.execute_notebook(str(notebook), str(tmp_path / "made.ipynb"), engine_name=engine, progress_bar=False)
    client.release()
    states = [cell.metadata.papermill.status for cell in nbformat.read(tmp_path / "made.ipynb", 4).cells]
    assert states == ["completed", "completed", "failed", "pending"]


@pytest.fixture
def foreign(tmp_path, monkeypatch) -> str:
    """A kernel that runs Python, but not by this interpreter's path."""
    folder = tmp_path / "jupyter" / "kernels" / "foreign"
    folder.mkdir(parents=True)
    (tmp_path / "python-of-another").symlink_to(sys.executable)
    spec = {"argv": [str(tmp_path / "python-of-another"), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": "foreign", "language": "python"}  # fmt: skip
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    return "foreign"


@pytest.mark.parametrize("engine", ["direct", "warm"])
def test_another_kernel_is_launched_normally_and_that_is_said_once(tmp_path, foreign, caplog, engine):
    import papermill

    options._said.clear()
    notebook = write(tmp_path / "x.ipynb", "import sys\nprint(sys.executable)", kernel=foreign)
    with caplog.at_level(logging.WARNING, logger="lpo_analysis"):
        for _ in range(2):
            made = papermill.execute_notebook(str(notebook), None, engine_name=engine, progress_bar=False)
    assert made.cells[1].outputs[0]["text"].strip().endswith("python-of-another")
    said = [record.getMessage() for record in caplog.records if "launched normally" in record.getMessage()]
    assert len(said) == 1
    assert f"engine {engine}: " in said[0]


@pytest.mark.parametrize("engine", ["direct", "warm"])
def test_where_there_is_no_fork_notebooks_are_launched_normally(tmp_path, monkeypatch, caplog, engine):
    import papermill

    options._said.clear()
    monkeypatch.setattr("sys.platform", "plan9")
    assert not client.supported()
    monkeypatch.undo()
    for module in (client, sys.modules.get("lpo_analysis.reporting.engines.provisioner")):
        if module is not None:
            monkeypatch.setattr(module, "supported", lambda: False)
    notebook = write(tmp_path / "x.ipynb", "print('there')")
    with caplog.at_level(logging.WARNING, logger="lpo_analysis"):
        made = papermill.execute_notebook(str(notebook), None, engine_name=engine, progress_bar=False)
    assert made.cells[1].outputs[0]["text"] == "there\n"
    assert "launched normally" in caplog.text


def test_nbval_works_with_the_warm_provisioner_and_still_bites(tmp_path, away):
    notebook = write(tmp_path / "x.ipynb", "print(n)", "import os\nos.getppid() > 1")
    import papermill

    papermill.execute_notebook(str(notebook), str(tmp_path / "test_x.ipynb"), engine_name="direct", progress_bar=False)
    client.release()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--nbval",
        str(tmp_path / "test_x.ipynb"),
    ]
    env = away | {"JUPYTER_DEFAULT_PROVISIONER_NAME": "warm"}
    good = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stdout[-3000:]
    changed = (tmp_path / "test_x.ipynb").read_text().replace('"1\\n"', '"2\\n"')
    (tmp_path / "test_x.ipynb").write_text(changed)
    assert subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False).returncode == 1


def test_jupyterlab_runs_interrupts_and_restarts_kernels_by_the_warm_provisioner(tmp_path, away):
    """What the page of JupyterLab does when it runs a notebook, over the same interface."""
    book = write(
        tmp_path / "x.ipynb",
        "import os\nprint(n, os.getpid())",
        "from IPython.display import HTML\nHTML('<b>seen</b>')",
    )
    port, token = _free_port(), "secret-of-the-test"
    env = away | {
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "warm",
        "JUPYTER_TOKEN": token,
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "run"),
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        f"--ServerApp.root_dir={tmp_path}",
    ]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(command, cwd=tmp_path, env=env, stdout=log, stderr=log) as server,
    ):
        try:
            ask = _Api(f"http://127.0.0.1:{port}", token)
            _until(lambda: ask("GET", "/api/status"), 60)
            assert "JupyterLab" in ask.page("/lab")
            asked = {"path": "x.ipynb", "name": "x", "type": "notebook", "kernel": {"name": "python3"}}
            kernel = ask("POST", "/api/sessions", asked)["kernel"]["id"]
            processes = _until(lambda: _forked_kernels(server.pid), 60)
            assert len(processes) == 1, "the kernel did not come from the fork server"
            content = ask("GET", "/api/contents/x.ipynb")["content"]
            assert len(content["cells"]) == len(nbformat.read(book, as_version=4).cells)
            sources = [cell["source"] for cell in content["cells"] if cell["cell_type"] == "code"]
            shown = _run_cells(f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels?token={token}", sources)
            assert shown == ["", f"1 {processes[0].pid}\n", "<b>seen</b>"]
            ask("POST", f"/api/kernels/{kernel}/interrupt")
            assert processes[0].is_running()
            ask("POST", f"/api/kernels/{kernel}/restart")
            again = _until(lambda: [p for p in _forked_kernels(server.pid) if p != processes[0]], 60)
            assert len(again) == 1
            _until(lambda: not processes[0].is_running() or processes[0].status() == psutil.STATUS_ZOMBIE, 20)
            ask("DELETE", f"/api/kernels/{kernel}")
            _until(lambda: not again[0].is_running(), 20)
        finally:
            server.terminate()
            server.wait(30)
    assert "Traceback" not in (tmp_path / "log").read_text()


class _Api:
    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None and method != "POST" else json.dumps(body or {}).encode()
        raw = self._ask(urllib.request.Request(self.url + path, data, self._headers(), method=method))
        return json.loads(raw) if raw else None

    def page(self, path: str) -> str:
        return self._ask(urllib.request.Request(self.url + path, headers=self._headers())).decode()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"}

    def _ask(self, request: urllib.request.Request) -> bytes:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())


def _run_cells(url: str, sources: list[str]) -> list[str]:
    """Run cells over the websocket of a kernel, and return what each showed."""
    import websocket

    connection, shown = websocket.create_connection(url, timeout=60), []
    for number, source in enumerate(sources):
        header = {
            "msg_id": f"cell-{number}",
            "msg_type": "execute_request",
            "session": "test",
            "username": "",
            "version": "5.3",
        }
        content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
            "buffers": [],
        }
        connection.send(json.dumps(message))
        text = ""
        while True:
            told = json.loads(connection.recv())
            if told["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            content = told["content"]
            text += content.get("text", "") + content.get("data", {}).get("text/html", "")
            if told["msg_type"] == "status" and content["execution_state"] == "idle":
                break
        shown.append(text)
    connection.close()
    return shown


def _forked_kernels(pid: int) -> list[psutil.Process]:
    """Processes that a fork server started by a process has forked."""
    keepers = [p for p in psutil.Process(pid).children() if "engines import server" in " ".join(p.cmdline())]
    servers = [server for keeper in keepers for server in keeper.children()]
    return [p for server in servers for p in server.children() if p.status() != psutil.STATUS_ZOMBIE]


def _until(ask: Any, seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if found := ask():
                return found
        except (OSError, psutil.Error):
            pass
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
