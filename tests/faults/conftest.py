"""Fork servers of a test's own, children without papermill, and what must be gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from lpo_analysis.reporting.engines import client, wire

PATIENCE = 60
SLIM = client.Preload(libraries=("json",))
"""For a server that starts fast, for it imports next to nothing."""


def wait_until(true: Callable[[], object], what: str = "it did not come about", seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def alive(process: int | psutil.Process) -> bool:
    """Tell whether a process runs; one that only waits to be buried does not."""
    try:
        found = psutil.Process(process) if isinstance(process, int) else process
        return found.is_running() and found.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@dataclass(frozen=True)
class Runtime:
    """A folder of sockets that no other test uses."""

    folder: Path

    def processes(self, name: str = "") -> list[psutil.Process]:
        """All processes that were started with this folder, whoever is their parent by now."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                ours = process.pid == os.getpid() or process.environ().get("XDG_RUNTIME_DIR") != str(self.folder)
                if not ours and alive(process) and process.name().startswith(name):
                    found.append(process)
        return found

    def assert_empty(self) -> None:
        """No process and no socket stays behind."""
        deadline = time.monotonic() + PATIENCE
        while left := self.processes():
            assert time.monotonic() < deadline, f"still alive: {left}"
            time.sleep(0.02)
        sockets = [path for path in self.folder.rglob("*") if path.is_socket()]
        assert not sockets, f"sockets stay behind: {sockets}"

    def remove(self) -> None:
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def private() -> Iterator[Runtime]:
    # A Unix socket's path has an upper length, and the folders of tests are deep.
    runtime = Runtime(Path(tempfile.mkdtemp(prefix="lpo-", dir="/tmp")))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_RUNTIME_DIR", str(runtime.folder))
        try:
            yield runtime
        finally:
            client.release()
            runtime.remove()


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    """Servers of this test's own."""
    with private() as made:
        yield made


@pytest.fixture(scope="module")
def shared() -> Iterator[Runtime]:
    """Servers for all tests of a module, which leave them as they were."""
    with private() as made:
        yield made


class Shell:
    """A child of the kind ``direct``, spoken to without papermill."""

    def __init__(self, preload: client.Preload = SLIM, **options: Any) -> None:
        self.child, connection = client.launch("direct", preload=preload, **options)
        assert connection is not None
        self.connection = connection
        self.connection.settimeout(PATIENCE)
        assert wire.receive(self.connection)["ready"] == self.child.pid
        self.server = int(self.run("import os; print(os.getppid())"))

    def run(self, source: str) -> str:
        """Run a cell, and return what it printed; raise what it raised."""
        wire.send(self.connection, {"source": source})
        said = ""
        while "done" not in (message := wire.receive(self.connection)):
            said += message["content"].get("text", "")
        if message["done"] == "error":
            raise RuntimeError(f"{message['ename']}: {message['evalue']}")
        return said.strip()

    def close(self) -> None:
        self.connection.close()
        self.child.close()

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.fixture
def shell() -> type[Shell]:
    return Shell


@pytest.fixture
def until() -> Callable[..., None]:
    return wait_until


@pytest.fixture
def is_alive() -> Callable[[int | psutil.Process], bool]:
    return alive


@pytest.fixture
def slim() -> client.Preload:
    return SLIM


@pytest.fixture
def n_left() -> int:
    """How many programs `leaving` leaves that must end with their notebook."""
    return 3 if sys.platform == "linux" else 1


@pytest.fixture
def leaving() -> str:
    """A cell that starts programs and leaves them."""
    near = 'import subprocess\nsubprocess.Popen(["sleep", "1000"])\n'
    if sys.platform != "linux":
        # Only Linux hands orphans to who wants them; elsewhere the process group has to do.
        return near
    far = 'subprocess.Popen(["sleep", "1000"], start_new_session=True)\n'
    # Its parent is gone, so that whoever adopts orphans has it.
    daemon = 'subprocess.run(["sh", "-c", "sleep 1000 >/dev/null 2>&1 &"], start_new_session=True)\n'
    return near + far + daemon
