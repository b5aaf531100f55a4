"""What a forked process does first: become a process of its own, then run a notebook or a kernel."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import signal
import socket
import sys
import time
import warnings
from pathlib import Path
from typing import Any


def run(request: dict[str, Any], descriptors: list[int]) -> int:
    """Isolate this process and do what was asked.

    Parameters
    ----------
    request : dict
        ``kind`` (``direct`` or ``kernel``), ``env``, ``cwd``, ``path``, ``fresh``, ``memory_mb``, and ``argv`` of a kernel.
    descriptors : list of int
        For ``direct`` the socket to the client.

    Returns
    -------
    int
        Exit status.
    """
    _signals()
    capture = _standard_streams()
    _environment(request)
    _limit(request.get("memory_mb"))
    from lpo_analysis.reporting.engines import shell

    _forget(fresh=bool(request["fresh"]))
    _choose_backend()
    if request["kind"] == "kernel":
        return _kernel(request["argv"])
    return shell.run(socket.socket(fileno=descriptors[0]), capture)


def _signals() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for restored in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(restored, signal.SIG_DFL)


def _standard_streams() -> int:
    """Point 0 at nothing, and 1 and 2 at a nameless file: what libraries print past Python is read from there."""
    import tempfile

    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    if hasattr(os, "memfd_create"):
        capture = os.memfd_create("output", os.MFD_CLOEXEC)
    else:
        capture, name = tempfile.mkstemp()
        os.unlink(name)
    os.dup2(capture, 1)
    os.dup2(capture, 2)
    return capture


def _environment(request: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    sys.argv = list(request["argv"])
    # As IPython orders it: the working folder stands after the standard library, before what is installed.
    installed = next((i for i, folder in enumerate(sys.path) if folder.endswith(("site-packages", "dist-packages"))), 0)
    given = [folder for folder in request["path"] if folder not in sys.path]
    if "" not in sys.path and not sys.flags.safe_path:
        sys.path.insert(installed, "")
    sys.path[:0] = given
    # The last to be sacrificed should be the batch, not the notebook that ate the memory.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _limit(memory_mb: int | None) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_mb is None:
        return
    # Data, not address space: mapped libraries are no memory a notebook took. macOS keeps no such limit.
    with contextlib.suppress(ValueError, OSError):
        # What it was born with, the libraries of the server, it did not take.
        born = re.search(r"VmData:\s+(\d+) kB", Path("/proc/self/status").read_text())
        most = memory_mb * 2**20 + (int(born[1]) * 1024 if born else 0)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _forget(*, fresh: bool) -> None:
    """Undo what a fork carries over and a new interpreter would not have."""
    # It lives for seconds: what is not collected then is returned at its end.
    gc.set_threshold(10_000, 10, 10)
    if fresh:
        # Imported again from its files, so that an edit counts at once.
        for name in [name for name in sys.modules if name.partition(".")[0] == "lpo_analysis"]:
            del sys.modules[name]
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "random" in sys.modules:
        sys.modules["random"].seed()
    # Otherwise a warning that the warm-up met once would never show.
    warnings._filters_mutated()  # type: ignore[attr-defined]


def _kernel(argv: list[str]) -> int:
    from ipykernel.kernelapp import IPKernelApp

    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    app = IPKernelApp.instance()
    app.initialize(argv)
    app.start()
    return 0


def _choose_backend() -> None:
    """Let matplotlib choose its backend anew, as it does when a notebook imports it first; else figures silently vanish."""
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    if "matplotlib.pyplot" not in sys.modules:
        return
    sys.modules["matplotlib"].rcParams["backend"] = os.environ["MPLBACKEND"]
    vars(sys.modules["matplotlib.pyplot"])["_backend_mod"] = None
    # It ties itself to the shell when it is imported, and there was no shell yet.
    sys.modules.pop("matplotlib_inline.backend_inline", None)
    vars(sys.modules["matplotlib_inline"]).pop("backend_inline", None)
