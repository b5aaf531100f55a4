"""One report, made once through the command and shared by the tests that look at it, and the browser they look with."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--hide-scrollbars",
    # No name resolves, so that nothing leaves the machine; a request is logged all the same.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
OF_CHROMIUM = re.compile(r"https?://(?!fonts\.)([a-z0-9-]+\.)*(google|googleapis|gstatic|gvt1|chromium)\.(com|org)/")

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
