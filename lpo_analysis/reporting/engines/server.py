"""The fork server: imports the libraries once, then forks a fresh process for every notebook.

It runs as two processes. The *keeper* starts first, forks the server proper, and does nothing but wait: when the server is
gone, however that happened, it kills what the server had forked and removes the socket. The server has one thread, for a
fork copies only the thread that calls it: a lock held by another would stay locked in the child for ever.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import mmap
import os
import selectors
import signal
import socket
import struct
import sys
import threading
import warnings
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any

from lpo_analysis.reporting.engines import wire

LIBRARIES = (
    "numpy", "pandas", "scipy.stats", "scipy.optimize", "scipy.stats.qmc", "statsmodels.api", "statsmodels.formula.api",
    "matplotlib.pyplot", "seaborn", "pydantic", "great_tables", "jinja2",
)  # fmt: skip
"""What is imported before the first fork, unless a batch names what its notebooks import; what is not installed is left out."""
SHELL = (
    "IPython", "IPython.core.completerlib", "IPython.core.logger", "IPython.core.oinspect", "IPython.utils.wildcard",
    "ipykernel.zmqshell", "ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.iostream", "ipykernel.heartbeat",
    "matplotlib_inline.backend_inline", "comm", "stack_data", "executing", "pure_eval", "asttokens",
    "pygments.lexers.python", "pygments.formatters.terminal256", "pygments.formatters.html", "pygments.styles.default",
    "lpo_analysis.reporting.engines.shell", "lpo_analysis.reporting.engines.child",
)  # fmt: skip
"""What every child needs to run a cell, and to show an error."""
SLOTS = 4096
_GROUPS = struct.Struct(f"{SLOTS}i")
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def main(config: dict[str, Any], ready: int) -> None:
    """Run keeper and server; returns when both are done.

    Parameters
    ----------
    config : dict
        ``socket`` (path to bind), ``first`` (descriptor of the connection to the client that starts it), ``libraries``,
        ``modules`` and ``prime`` (what to import and call), ``path`` (folders for `sys.path`).
    ready : int
        File descriptor to write one line to: ``ok``, or what went wrong.
    """
    groups = mmap.mmap(-1, _GROUPS.size)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    keeper = os.getpid()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            # The server ends tidily without its keeper: there is nobody else left to kill what notebooks started.
            _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() == keeper:
                status = _serve(config, ready, groups)
        finally:
            os._exit(status)
    os.close(ready)
    os.close(config["first"])
    _keep(pid, groups, Path(config["socket"]))


def _prctl(option: int, value: int) -> None:
    """Ask Linux for what the fork server wants of it; elsewhere process groups have to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _keep(server: int, groups: mmap.mmap, path: Path) -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    while os.wait()[0] != server:
        pass
    for group in _GROUPS.unpack(groups[:]):
        if group:
            _kill_group(group)
    _kill_orphans()
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _kill_orphans() -> None:
    """Kill what was left to this process by those it forked, down to the last generation."""
    for _ in range(100):
        left = _kill_strangers({})
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _kill_strangers(known: Container[int]) -> list[int]:
    """Kill the children that this process did not fork: Linux hands it the orphans of those it did, as their subreaper."""
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    except OSError:
        return []
    strangers = [pid for pid in map(int, listed.split()) if pid not in known]
    for pid in strangers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return strangers


def _serve(config: dict[str, Any], ready: int, groups: mmap.mmap) -> int:
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        preload(
            LIBRARIES if config["libraries"] is None else config["libraries"],
            config["modules"],
            config["prime"],
            config["path"],
            shell=config["shell"],
        )
        alone = threading.active_count() == 1
        if sys.platform == "linux":
            alone = alone and len(os.listdir("/proc/self/task")) == 1
        if not alone:
            raise RuntimeError("a library started a thread while it was imported")
        server = Server(Path(config["socket"]), groups, socket.socket(fileno=config["first"]))
    except BaseException as error:
        os.write(ready, f"{type(error).__name__}: {error}".encode()[:2000])
        return 1
    with contextlib.suppress(BrokenPipeError):
        os.write(ready, b"ok")
    os.close(ready)
    server.run()
    return 0


def preload(libraries: Iterable[str], modules: list[str], prime: list[str], path: list[str], *, shell: bool) -> None:
    """Import what every notebook would import for itself, and use it once.

    Parameters
    ----------
    libraries : iterable of str
        Third-party modules to import beside `SHELL`.
    modules : list of str
        Modules of the kit or of a researcher; one that cannot be imported is left for the notebook to fail on.
    prime : list of str
        ``module:Class`` with a method `prime`, which computes what the notebooks share.
    path : list of str
        Folders for `sys.path`.
    shell : bool
        Whether to make the shell of the engine ``direct``, which leaves no room for kernels.
    """
    sys.path += [folder for folder in path if folder not in sys.path]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (*SHELL, *libraries):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
        for name in modules:
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        if shell:
            from lpo_analysis.reporting.engines.shell import prepare

            # The first cell of a shell takes ten times as long as the second.
            prepare().run_cell("pass", silent=True)  # type: ignore[no-untyped-call]
        for warm_up in (_draw, _fit):
            with contextlib.suppress(Exception):
                warm_up()
        for name in prime:
            module, _, attribute = name.partition(":")
            with contextlib.suppress(Exception):
                model = getattr(importlib.import_module(module), attribute)
                model.prime()
                # A module above the model's room may share something, too.
                for above in modules:
                    if callable(hook := getattr(sys.modules.get(above), "prime", None)):
                        hook(model.report)
    gc.collect()
    # The collector would write to every object it visits, and so copy every page the child shares with the server.
    gc.freeze()


def _draw() -> None:
    """Draw once: caches fill that every first figure would fill anew."""
    if "matplotlib.pyplot" not in sys.modules:
        return
    import io

    import matplotlib as mpl
    import matplotlib.pyplot as plt

    # Its children choose a backend anew, for which matplotlib looks through all that is installed.
    mpl.backends.registry.backend_registry.list_all()  # type: ignore[no-untyped-call]
    # Every figure with contours would import it.
    importlib.import_module("contourpy")
    with mpl.rc_context({"backend": "agg"}):
        figure, axes = plt.subplots(layout="constrained")
        if "seaborn" in sys.modules:
            data = {"x": [1.0, 2.0, 3.0, 4.0], "y": [1.0, 3.0, 2.0, 5.0], "group": ["a", "b", "a", "b"]}
            sys.modules["seaborn"].scatterplot(data=data, x="x", y="y", hue="group", ax=axes)
            sys.modules["seaborn"].lineplot(data=data, x="x", y="y", errorbar=None, ax=axes)
        axes.set_title("$10^2$ text – 0.5", fontweight="bold")
        axes.annotate("text", (1, 1), style="italic")
        figure.savefig(io.BytesIO(), format="png")
        plt.close("all")


def _fit() -> None:
    """Group, fit and set a table once, for the same reason."""
    if "pandas" not in sys.modules:
        return
    frame = sys.modules["pandas"].DataFrame({"x": range(12), "y": [1.0, 3.0, 2.0] * 4, "group": ["a", "b"] * 6})
    frame.groupby("group").agg(mean=("y", "mean")).merge(frame, on="group").to_string()
    frame.to_csv()
    frame.to_dict("records")
    if "statsmodels.formula.api" in sys.modules:
        sys.modules["statsmodels.formula.api"].ols("y ~ x + C(group)", data=frame).fit(cov_type="HC3").conf_int()
    if "great_tables" in sys.modules:
        sys.modules["great_tables"].GT(frame.head(2)).tab_header("text").as_raw_html()


class Server:
    """The loop that forks on request and reaps what it forked.

    Parameters
    ----------
    path : Path
        Socket to bind, in a folder that only its owner can enter.
    groups : mmap.mmap
        Shared with the keeper: process groups now alive.
    first : socket.socket
        Connection to the client that started it. Should that client die on the way, nobody else may ever come.
    """

    def __init__(self, path: Path, groups: mmap.mmap, first: socket.socket) -> None:
        self.path, self.groups, self.serving = path, groups, True
        self.children: dict[int, socket.socket | None] = {}
        self.clients: dict[socket.socket, int | None] = {}
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        path.chmod(0o600)
        self.listener.listen(64)
        self.inode = path.stat().st_ino
        self.woken, waker = os.pipe()
        os.set_blocking(waker, False)
        os.set_blocking(self.woken, False)
        self.waker = waker
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self.stop())
        for ignored in (signal.SIGINT, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_IGN)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(self.woken, selectors.EVENT_READ)
        self._welcome(first)

    def stop(self) -> None:
        """Leave the loop after the event at hand."""
        self.serving = False

    def run(self) -> None:
        """Serve until the last client has gone."""
        while self.serving and (self.clients or self.children):
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    self._accept()
                elif key.fileobj == self.woken:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self.woken, 4096)
                else:
                    self._hear(key.fileobj)  # type: ignore[arg-type]
            self._reap()
        self._end()

    def _accept(self) -> None:
        try:
            connection, _ = self.listener.accept()
            user = wire.peer_uid(connection)
        except OSError:
            # It is gone already, or this process may open no more files.
            return
        if user == os.getuid():
            self._welcome(connection)
        else:
            connection.close()

    def _welcome(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        self.clients[connection] = None
        self.selector.register(connection, selectors.EVENT_READ)

    def _hear(self, connection: socket.socket) -> None:
        pid = self.clients.get(connection)
        try:
            message, descriptors = wire.receive_with_descriptors(connection, 2)
        except (wire.Closed, OSError, ValueError):
            self._forget(connection)
            if pid is not None and pid in self.children:
                self.children[pid] = None
                _kill_group(pid)
            return
        if message.get("do") == "launch" and pid is None:
            self._launch(connection, message, descriptors)
        elif message.get("do") == "signal" and pid in self.children:
            with contextlib.suppress(OSError, KeyError, ValueError):
                os.killpg(pid, int(message["signal"]))
        for descriptor in descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def _launch(self, connection: socket.socket, request: dict[str, Any], descriptors: list[int]) -> None:
        server = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            with contextlib.suppress(wire.Closed, OSError):
                wire.send(connection, {"refused": error.strerror})
            return
        if pid == 0:
            status = 70
            try:
                signal.set_wakeup_fd(-1)
                os.setpgid(0, 0)
                _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
                # Until it ends, whatever its processes leave behind is its own; so what comes to the server is nobody's.
                _prctl(_PR_SET_CHILD_SUBREAPER, 1)
                if os.getppid() != server:
                    os._exit(status)
                self._drop()
                from lpo_analysis.reporting.engines import child

                status = child.run(request, descriptors)
            finally:
                os._exit(status)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        self.children[pid] = connection
        self.clients[connection] = pid
        self._note_groups()
        try:
            wire.send(connection, {"pid": pid})
        except (wire.Closed, OSError):
            _kill_group(pid)

    def _drop(self) -> None:
        """Close, in the child, everything that is the server's."""
        self.selector.close()
        self.listener.close()
        os.close(self.woken)
        os.close(self.waker)
        for connection in self.clients:
            connection.close()
        self.groups.close()

    def _reap(self) -> None:
        found = False
        while (ended := self._ended()) is not None:
            found = True
            pid, status = ended
            if pid not in self.children:
                continue
            connection = self.children.pop(pid)
            if connection is not None:
                with contextlib.suppress(wire.Closed, OSError):
                    wire.send(connection, {"exit": os.waitstatus_to_exitcode(status)})
                self.clients[connection] = None
        if found:
            self._note_groups()
            # One generation a time: the end of these wakes the server again, and theirs are its orphans then.
            _kill_strangers(self.children)

    def _ended(self) -> tuple[int, int] | None:
        """Return process and status of one that ended, after killing what is left of its group; None if there is none."""
        try:
            if hasattr(os, "waitid"):
                done = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if done is None:
                    return None
                if done.si_pid in self.children:
                    # Before the wait: as long as the process is unburied, nobody else can have its number.
                    _kill_group(done.si_pid)
                return os.waitpid(done.si_pid, 0)
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if pid in self.children:
            _kill_group(pid)
        return (pid, status) if pid else None

    def _note_groups(self) -> None:
        alive = list(self.children)[:SLOTS]
        self.groups[:] = _GROUPS.pack(*alive, *[0] * (SLOTS - len(alive)))

    def _forget(self, connection: socket.socket) -> None:
        self.selector.unregister(connection)
        self.clients.pop(connection, None)
        connection.close()

    def _end(self) -> None:
        self.listener.close()
        with contextlib.suppress(OSError):
            if self.path.stat().st_ino == self.inode:
                self.path.unlink()
        for pid in self.children:
            _kill_group(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        _kill_orphans()
