"""What several folders of tests share: the command in-process, and notebooks put together from what cells show."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The same examples every time, and no test that fails because the machine is busy; fixtures are shared by the examples of a test.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("steady")

# Threads of linear algebra get in each other's way where tests run side by side; reports run with one, too.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if os.environ.get("LPO_NO_SKIPS"):

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(session: pytest.Session) -> None:
        """In CI everything can be installed, so a skip is a hole in the suite and fails it."""
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and reporter.stats.get("skipped"):
            reporter.write_line("error: tests were skipped, and LPO_NO_SKIPS forbids it", red=True)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


CHECKOUT = Path(__file__).resolve().parents[1]
HOSTILE = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">\"'&"
"""Text that would run, load or break out of an attribute if anything took it for HTML."""


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def figures_closed() -> Iterator[None]:
    """Leave the next test no figure of this one."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture(scope="session")
def checkout() -> Path:
    return CHECKOUT


@pytest.fixture(scope="session")
def hostile() -> str:
    return HOSTILE


@pytest.fixture
def lpo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The `lpo` command in this process: ``lpo("report", "savings")`` gives code, stdout and stderr."""
    from lpo_analysis import cli

    def call(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["lpo", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return call


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What `lpo_analysis.reporting.notebook` shows from now on: one output as in a notebook file each."""
    from lpo_analysis.reporting import notebook

    caught: list[dict[str, Any]] = []

    def catch(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        stored = {k: base64.b64encode(v).decode() if isinstance(v, bytes) else v for k, v in data.items()}
        caught.append({"output_type": "display_data", "data": stored, "metadata": metadata or {}})

    monkeypatch.setattr(notebook, "_emit", catch)
    return caught


@pytest.fixture(scope="session")
def show_cells() -> Callable[[Iterable[str], dict[str, Any]], list[list[dict[str, Any]]]]:
    """Execute the sources of cells in this process, without pictures, and list the outputs of each."""
    from lpo_analysis.reporting import notebook

    def call(sources: Iterable[str], space: dict[str, Any]) -> list[list[dict[str, Any]]]:
        found = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(notebook, "picture", lambda *_, **__: "")
            for source in sources:
                caught: list[dict[str, Any]] = []
                patch.setattr(notebook, "_emit", lambda data, metadata=None, caught=caught: caught.append(data))
                exec(source, space)
                found.append([{"output_type": "display_data", "data": data, "metadata": {}} for data in caught])
        return found

    return call


@pytest.fixture(scope="session")
def notebook_of() -> Callable[..., Any]:
    """Build an executed notebook: text is a markdown cell, a list of outputs a code cell."""
    import nbformat
    from nbformat import v4

    def build(*cells: str | list[dict[str, Any]], source: str = "pass", tags: list[str] | None = None) -> Any:
        made = []
        for number, cell in enumerate(cells, start=1):
            if isinstance(cell, str):
                made.append(v4.new_markdown_cell(cell))
            else:
                outputs = [nbformat.from_dict(output) for output in cell]
                made.append(v4.new_code_cell(source, execution_count=number, outputs=outputs))
                made[-1].metadata["tags"] = tags or []
        return v4.new_notebook(cells=made)

    return build
