"""Find or start the fork server, and have it launch children. A server lives as long as somebody is connected to it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from lpo_analysis.errors import LpoError
from lpo_analysis.paths import SHARED
from lpo_analysis.reporting.engines import wire

THREADS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
"""One thread for linear algebra, so that runs side by side do not fight for cores, and a fixed hash seed."""
KEPT = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV", "CONDA_PREFIX",
        "PYTHONPATH", "PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "MPLBACKEND", "MPLCONFIGDIR", "MATPLOTLIBRC",
        "IPYTHONDIR", "FONTCONFIG_PATH", "FONTCONFIG_FILE", "DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SOURCE_DATE_EPOCH",
        # Not all that begins with JUPYTER_: the token of a Jupyter server does, and who has it can run anything there.
        "JUPYTER_PATH", "JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_NO_CONFIG",
        "JUPYTER_PLATFORM_DIRS", "JUPYTER_PREFER_ENV_PATH")  # fmt: skip
KEPT_PREFIXES = ("LC_", "LPO_", "XDG_")


class EngineError(LpoError):
    """The fork server cannot be used here; a normal launch has to do."""


def environment(extra: tuple[str, ...] = (), *, source: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what a notebook gets to see of the environment.

    Parameters
    ----------
    extra : tuple of str, optional
        Names of further variables to hand on.
    source : mapping of str to str, optional
        The whole environment; this process's by default.

    Returns
    -------
    dict of str to str
        Where programs, home and language are, settings of Python, Jupyter, matplotlib and this kit; no keys of clouds or
        services.
    """
    whole = os.environ if source is None else source
    kept = {k: v for k, v in whole.items() if k in KEPT or k in extra or k.startswith(KEPT_PREFIXES)}
    # A batch sets it for its own reports; one from outside would carry pictures from batch to batch.
    kept.pop(SHARED, None)
    return kept | THREADS


@dataclass(frozen=True)
class Preload:
    """What a server imports beside the libraries.

    Parameters
    ----------
    modules : tuple of str
        Modules of the kit or of a researcher. None for interactive work, where an edit must count at the next launch; a batch
        names its own, whose source is then the same for all of its reports.
    prime : tuple of str
        ``module:Class`` with a method `prime` to call once.
    token : str
        Stands for the source and data behind them: another token, another server.
    path : tuple of str
        Folders for `sys.path`.
    libraries : tuple of str or None
        Third-party modules to import; None for all that the server knows.
    shell : bool
        Whether all that it launches is ``direct``.
    """

    modules: tuple[str, ...] = ()
    prime: tuple[str, ...] = ()
    token: str = ""
    path: tuple[str, ...] = ()
    libraries: tuple[str, ...] | None = None
    shell: bool = False


@dataclass(eq=False)
class Child:
    """A process that the server forked.

    Parameters
    ----------
    control : socket.socket
        To the server; closing it kills the process.
    pid : int
        Its number.
    """

    control: socket.socket
    pid: int
    returncode: int | None = None
    lost: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def poll(self, timeout: float = 0) -> int | None:
        """Return the exit status, negative for a signal, or None while the process runs.

        Parameters
        ----------
        timeout : float, default 0
            Seconds to wait for the end.

        Returns
        -------
        int or None
            The status; -9 also where the server was lost, which kills what it forked.
        """
        with self._lock:
            if self.returncode is None and _readable(self.control, timeout):
                try:
                    self.returncode = int(wire.receive(self.control)["exit"])
                except (wire.Closed, OSError):
                    self.returncode, self.lost = -signal.SIGKILL, True
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process and all it started.

        Parameters
        ----------
        number : int
            The signal.
        """
        if self.poll() is None:
            with contextlib.suppress(wire.Closed, OSError):
                wire.send(self.control, {"do": "signal", "signal": int(number)})

    def close(self) -> None:
        """Kill the process, if it still runs, and all it started."""
        # Under the lock: `stop` polls from another thread.
        with self._lock:
            self.control.close()
            if self.returncode is None:
                self.returncode = -signal.SIGKILL


def _readable(connection: socket.socket, timeout: float) -> bool:
    watcher = select.poll()
    watcher.register(connection, select.POLLIN | select.POLLHUP)
    return bool(watcher.poll(timeout * 1000))


_children: weakref.WeakKeyDictionary[Child | subprocess.Popen[bytes], str] = weakref.WeakKeyDictionary()
"""What this process has launched, and for which batch."""
_children_lock = threading.Lock()
_stopped: set[str] = set()


def stop(batch: str) -> None:
    """Kill all children launched for a batch, and those still to come; whoever waits for one learns of its end.

    Parameters
    ----------
    batch : str
        Its mark. It stays stopped: a thread may meet that at any time later, and no other batch ever does.
    """
    with _children_lock:
        _stopped.add(batch)
        launched = [child for child, of in _children.items() if of == batch]
    for child in launched:
        child.send_signal(signal.SIGKILL)


def stopped(batch: str) -> bool:
    """Return whether a batch was stopped in this process.

    Parameters
    ----------
    batch : str
        Its mark.

    Returns
    -------
    bool
        False for the empty mark of what belongs to no batch.
    """
    return batch in _stopped


def supported() -> bool:
    """Return whether this system can fork as the server needs it.

    Returns
    -------
    bool
        True on Linux and macOS.
    """
    return sys.platform in ("linux", "darwin") and hasattr(os, "fork") and hasattr(socket, "send_fds")


def launch(
    kind: Literal["direct", "kernel"],
    *,
    preload: Preload | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
    argv: tuple[str, ...] = ("",),
    memory_mb: int | None = None,
    batch: str = "",
) -> tuple[Child, socket.socket | None]:
    """Have the server fork a child; start the server if there is none.

    Parameters
    ----------
    kind : {'direct', 'kernel'}
        A bare shell on a socket, or a Jupyter kernel.
    preload : Preload, optional
        What the server has imported beside the libraries.
    env : mapping of str to str, optional
        Environment of the child.
    cwd : str, optional
        Its working folder; that of this process by default.
    argv : tuple of str, optional
        Arguments of a kernel.
    memory_mb : int, optional
        Memory it may take beyond what it starts with, in MiB; Linux only.
    batch : str, optional
        Mark of the batch it belongs to, see `stop`.

    Returns
    -------
    tuple of Child and socket.socket or None
        The child; for ``direct`` with the socket that its cells and outputs go over.

    Raises
    ------
    EngineError
        If there can be no server here.
    """
    preload = preload or Preload()
    env = dict(environment() if env is None else env)
    # What comes before the libraries' own folders is a matter of the child, not of the server.
    path = [folder for folder in env.get("PYTHONPATH", "").split(os.pathsep) if folder]
    request = {"do": "launch", "kind": kind, "env": env, "cwd": cwd or os.getcwd(), "path": path, "argv": list(argv),
               "memory_mb": memory_mb, "fresh": not preload.modules}  # fmt: skip
    ours, theirs = socket.socketpair() if kind == "direct" else (None, None)
    passed = () if theirs is None else (theirs.fileno(),)
    try:
        for attempt in range(4):
            with contextlib.suppress(wire.Closed):
                return _ask(_connected(preload), request, passed, batch), ours
            # The server was about to leave, or was killed: the next one is new.
            time.sleep(0.05 * attempt)
        raise EngineError("The fork server does not answer.")
    except BaseException:
        if ours is not None:
            ours.close()
        raise
    finally:
        if theirs is not None:
            theirs.close()


def _ask(control: socket.socket, request: dict[str, Any], descriptors: tuple[int, ...], batch: str) -> Child:
    """Ask a server for a child; raises `wire.Closed` if it went away."""
    try:
        wire.send(control, request, descriptors)
        control.settimeout(30)
        told = wire.receive(control)
        control.settimeout(None)
        if "pid" not in told:
            raise EngineError(f"The fork server cannot fork ({told.get('refused')}).")
        child = Child(control, int(told["pid"]))
    except BaseException as error:
        control.close()
        if isinstance(error, OSError):
            raise wire.Closed(str(error)) from None
        raise
    adopt(child, batch)
    return child


def adopt(process: Child | subprocess.Popen[bytes], batch: str) -> None:
    """Count a process among those that `stop` kills.

    Parameters
    ----------
    process : Child or subprocess.Popen
        Launched by this process.
    batch : str
        Mark of the batch it belongs to.
    """
    with _children_lock:
        _children[process] = batch
        unwanted = batch in _stopped
    if unwanted:
        # A thread was about to launch it when all were killed.
        process.send_signal(signal.SIGKILL)


def start(preload: Preload) -> threading.Thread:
    """Start a server in the background, while this process does something else.

    Parameters
    ----------
    preload : Preload
        What it shall import beside the libraries.

    Returns
    -------
    threading.Thread
        Done when the server is there, or cannot be: that is told by the first `launch`.
    """

    def connect() -> None:
        with contextlib.suppress(EngineError, wire.Closed, OSError):
            _connected(preload).close()

    thread = threading.Thread(target=connect, name="fork server", daemon=True)
    thread.start()
    return thread


class _Server:
    """A server this process keeps alive by being connected to it."""

    def __init__(self, path: Path, held: socket.socket, process: subprocess.Popen[bytes] | None) -> None:
        self.path, self.held, self.process = path, held, process

    def release(self) -> None:
        self.held.close()
        # The first thing a server does at its end is to remove its socket; one that keeps it has other clients. So has one that
        # does not end although its socket is gone: somebody else removed that.
        start = time.monotonic()
        while self.process is not None and self.process.poll() is None:
            if time.monotonic() - start > (0.5 if self.path.exists() else 10):
                return
            time.sleep(0.005)
        _sweep(self.path)


_servers: dict[str, _Server] = {}
_lock = threading.Lock()


def _forked() -> None:
    # A process forked from this one would keep the server alive beyond its time.
    global _lock, _children_lock
    for server in _servers.values():
        server.held.close()
    _servers.clear()
    # And a notebook's process beyond the end of who waits for it.
    for child in list(_children):
        if isinstance(child, Child):
            child.control.close()
    _children.clear()
    # Another thread may have held them, and there is only this one here.
    _lock, _children_lock = threading.Lock(), threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def release(preload: Preload | None = None) -> None:
    """Let go of a server; the last to do so ends it.

    Parameters
    ----------
    preload : Preload, optional
        Which; all of this process by default.
    """
    with _lock:
        keys = list(_servers) if preload is None else [key for key in _servers if key.startswith(_mark(preload))]
        released = [_servers.pop(key) for key in keys]
    for server in released:
        server.release()


def _mark(preload: Preload) -> str:
    return hashlib.sha256(repr(preload).encode()).hexdigest()[:8]


def _key(preload: Preload) -> str:
    """Name of the server that fits: interpreter, libraries, engine source, environment and preload in one hash."""
    mine = {k: v for k, v in environment().items() if k not in ("PYTHONPATH", "TZ")}
    about = [sys.executable, sys.prefix, sys.version, _ROOT, _engine_source(), _installed(), sorted(mine.items())]
    text = json.dumps(about)
    return _mark(preload) + hashlib.sha256(text.encode()).hexdigest()[:10]


@cache
def _engine_source() -> str:
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _installed() -> list[str]:
    """Names of the installed distributions, versions included."""
    found: list[str] = []
    for folder in dict.fromkeys(sys.path):
        if folder.endswith(("site-packages", "dist-packages")) and os.path.isdir(folder):
            found += sorted(name for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info")))
    return found


def folder() -> Path:
    """Return the folder of the sockets, which only its owner can enter.

    Returns
    -------
    Path
        Made if it did not exist.

    Raises
    ------
    EngineError
        If it belongs to somebody else or cannot be made.
    """
    name = f"lpo-{os.getuid()}"
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    # A Unix socket's path has an upper length, 103 bytes on macOS.
    fits = base.is_absolute() and len(os.fsencode(base / name)) <= 70
    if not fits or not base.is_dir() or not os.access(base, os.W_OK):
        base = Path("/tmp")
    made = base / name
    try:
        with contextlib.suppress(FileExistsError):
            made.mkdir(mode=0o700)
        state = made.lstat()
    except OSError as error:
        raise EngineError(f"The folder of sockets {str(made)!r} cannot be made ({error.strerror}).") from None
    if state.st_uid != os.getuid() or state.st_mode & 0o077 or not made.is_dir() or made.is_symlink():
        raise EngineError(f"The folder of sockets {str(made)!r} is open to others or not ours.")
    return made


@contextmanager
def _alone(where: Path) -> Iterator[None]:
    """One at a time may start or remove servers; the lock ends with the process that holds it."""
    import fcntl

    while True:
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(where, os.O_RDONLY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            with contextlib.suppress(FileNotFoundError):
                if os.fstat(descriptor).st_ino == where.stat().st_ino:
                    break
            os.close(descriptor)
        # Whoever had the lock before was the last and removed the folder.
        folder()
    try:
        yield
    finally:
        os.close(descriptor)


def _connect(path: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
        if wire.peer_uid(connection) != os.getuid():
            raise EngineError(f"Somebody else serves on {str(path)!r}.")
    except OSError:
        # Nobody there, or no longer.
        connection.close()
        return None
    except BaseException:
        connection.close()
        raise
    return connection


def _connected(preload: Preload) -> socket.socket:
    """Connect to the server that fits, a new one if need be; raises `wire.Closed` if it ended meanwhile."""
    if not supported():
        raise EngineError(f"There is no fork server on {sys.platform}.", remedy="Linux and macOS have one.")
    key = _key(preload)
    with _lock:
        server = _servers.get(key)
        found = None if server is None else _connect(server.path)
        if found is not None:
            return found
        # Another environment, or a server that died: whatever of ours is of the same kind is let go.
        stale = [_servers.pop(name) for name in list(_servers) if name.startswith(_mark(preload))]
        try:
            where = folder()
            with _alone(where):
                path = where / key
                held, process = _connect(path), None
                if held is None:
                    _clean(where)
                    held, process = _start(path, preload)
        except OSError as error:
            raise EngineError(f"The fork server could not start ({error.strerror}).") from None
        finally:
            for old in stale:
                old.release()
        _servers[key] = _Server(path, held, process)
        found = _connect(path)
    if found is None:
        raise wire.Closed("it ended as soon as it had started")
    return found


_ROOT = str(Path(__file__).resolve().parents[3])
_BOOT = """
import json, sys
config = json.loads(sys.argv[1])
sys.argv[:] = [""]
sys.path[:] = [folder for folder in sys.path if folder]
if config["root"] not in sys.path:
    # Before what is installed, for that may be another version of this package.
    installed = [i for i, folder in enumerate(sys.path) if folder.endswith(("site-packages", "dist-packages"))]
    sys.path.insert(installed[0] if installed else len(sys.path), config["root"])
from lpo_analysis.reporting.engines import server
server.main(config, config["ready"])
"""


def _start(path: Path, preload: Preload) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Start a server, which is connected to this process from the first moment: it goes when this goes, however early."""
    reader, writer = os.pipe()
    held, first = socket.socketpair()
    config = {
        "socket": str(path), "libraries": preload.libraries, "shell": preload.shell, "modules": preload.modules,
        "prime": preload.prime, "path": preload.path, "root": _ROOT, "ready": writer, "first": first.fileno(),
    }  # fmt: skip
    env = {k: v for k, v in environment().items() if k != "PYTHONPATH"} | {"MPLBACKEND": "agg"}
    try:
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(
                [sys.executable, "-c", _BOOT, json.dumps(config)], pass_fds=[writer, first.fileno()], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd="/", env=env, start_new_session=True,
            )  # fmt: skip
            os.close(writer)
            writer = -1
            said = b""
            while part := os.read(reader, 4096):
                said += part
            if said != b"ok":
                held.close()
                process.wait()
                log.seek(0)
                reason = said.decode(errors="replace") or log.read()[-500:].decode(errors="replace").strip()
                if not reason:
                    raise wire.Closed("it was killed while it started")
                raise EngineError(f"The fork server could not start ({reason}).")
    except BaseException:
        held.close()
        raise
    finally:
        first.close()
        os.close(reader)
        if writer >= 0:
            os.close(writer)
    return held, process


def _clean(where: Path) -> None:
    """Remove the sockets of servers that were killed."""
    for path in where.iterdir():
        probe = _connect(path)
        if probe is None:
            with contextlib.suppress(OSError):
                path.unlink()
        else:
            probe.close()


def _sweep(path: Path) -> None:
    """Remove the socket of a server that has ended, and the folder if it was the last."""
    with contextlib.suppress(OSError, EngineError), _alone(path.parent):
        probe = _connect(path)
        if probe is not None:
            probe.close()
            return
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            path.parent.rmdir()
