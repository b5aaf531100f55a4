"""Run cells in an IPython shell without a kernel: outputs go over the socket as the messages a kernel would send.

It is the shell, the display publisher and the display hook of ipykernel itself, with a session that writes to a Unix
socket instead of ZeroMQ. So what a cell shows is what it shows in a kernel.
"""

from __future__ import annotations

import builtins
import getpass
import io
import os
import socket
import sys
import threading
from functools import partial
from types import SimpleNamespace
from typing import Any

from ipykernel.compiler import XCachingCompiler
from ipykernel.kernelbase import Kernel
from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session
from traitlets.config import Config

from lpo_analysis.reporting.engines import wire


class SocketSession(Session):
    """A Jupyter session whose messages are sent as JSON over one socket.

    Parameters
    ----------
    connection : socket.socket
        To the client.
    """

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(key=b"")
        self.connection, self.lock, self.owner = connection, threading.RLock(), os.getpid()

    def post(self, message: dict[str, Any]) -> None:
        """Send one message; a process that the notebook forked has no business on the socket.

        Parameters
        ----------
        message : dict
            Serialised as a kernel would, dates and odd objects included.
        """
        if os.getpid() == self.owner:
            with self.lock:
                wire.send_bytes(self.connection, self.pack(message))

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, *args: Any, **kwargs: Any) -> None:
        """Send a message the way ipykernel asks a session to.

        Parameters
        ----------
        stream : object
            Not used: there is one socket.
        msg_or_type : dict or str
            A whole message, or its type.
        content : dict, optional
            Content, if only the type is given.
        *args, **kwargs : object
            What only ZeroMQ needs.
        """
        if isinstance(msg_or_type, dict):
            kind, content = msg_or_type["header"]["msg_type"], msg_or_type["content"]
        else:
            kind = msg_or_type
        sys.stdout.flush()
        sys.stderr.flush()
        self.post({"message": kind, "content": content})


class Stream(io.TextIOBase):
    """Standard output or error of cells.

    Parameters
    ----------
    session : SocketSession
        To the client.
    name : {'stdout', 'stderr'}
        Which of the two.
    """

    encoding = "UTF-8"
    errors = None

    def __init__(self, session: SocketSession, name: str) -> None:
        self.session, self.name, self.parts, self.size = session, name, list[str](), 0
        self.descriptor = 1 if name == "stdout" else 2

    def write(self, text: str) -> int:
        """Take text; it is sent when it gets long, before anything is displayed, and at the end of the cell."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if os.getpid() != self.session.owner:
            return os.write(self.descriptor, text.encode())
        with self.session.lock:
            self.parts.append(text)
            self.size += len(text)
            if self.size > 2**16:
                self.flush()
        return len(text)

    def flush(self) -> None:
        """Send what was taken."""
        with self.session.lock:
            if self.parts:
                text, self.parts, self.size = "".join(self.parts), [], 0
                self.session.post({"message": "stream", "content": {"name": self.name, "text": text}})

    def isatty(self) -> bool:
        """Return False: nobody sits there."""
        return False

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor that libraries print to."""
        return self.descriptor


def run(connection: socket.socket, capture: int) -> int:
    """Run cells as they come, until the client closes.

    Parameters
    ----------
    connection : socket.socket
        To the client.
    capture : int
        File that the descriptors 1 and 2 write to.

    Returns
    -------
    int
        Exit status.
    """
    session = SocketSession(connection)
    # The streams first, before anything can print.
    sys.stdout, sys.stderr = Stream(session, "stdout"), Stream(session, "stderr")
    shell = _shell(session)
    cells: Any = shell
    from ipykernel.ipkernel import IPythonKernel

    wire.send(connection, {"ready": os.getpid(), "language_info": dict(IPythonKernel.language_info)})
    while not shell.exit_now:
        try:
            request = wire.receive(connection)
        except wire.Closed:
            return 0
        result: Any = cells.run_cell(request["source"], store_history=True)
        error = result.error_before_exec or result.error_in_exec
        sys.stdout.flush()
        sys.stderr.flush()
        _captured(session, capture)
        reply: dict[str, Any] = {"done": "ok"}
        if error is not None or shell._last_traceback_during_displayhook:
            reply |= {
                "done": "error",
                "ename": type(error).__name__,
                "evalue": str(error),
                "traceback": list(shell._last_traceback or []),
            }
        session.post(reply | {"execution_count": shell.execution_count - 1})
    return 0


def prepare() -> ZMQInteractiveShell:
    """Make the shell; a server may do so before it forks, for it has no thread, no socket and no file.

    Returns
    -------
    ZMQInteractiveShell
        The one of this process.
    """
    # History would start a thread and write to the user's folder.
    settings = Config({"HistoryManager": {"enabled": False}})
    return ZMQInteractiveShell.instance(
        config=settings, user_ns={}, compiler_class=XCachingCompiler, kernel=SimpleNamespace(eventloop=None)
    )


def _shell(session: SocketSession) -> ZMQInteractiveShell:
    made = ZMQInteractiveShell.initialized()
    shell = prepare()
    if made:
        # What it took from its surroundings was the server's.
        shell.init_environment()  # type: ignore[no-untyped-call]
        shell.starting_dir = os.getcwd()
        shell.user_ns["_dh"][:] = [os.getcwd()]
    shell.displayhook.session = shell.display_pub.session = session
    shell.displayhook.topic = b"execute_result"
    shell.displayhook.get_execution_count = lambda: shell.execution_count
    # Nobody sits there: asking fails just as it does in a kernel that nbclient runs.
    nobody: Any = SimpleNamespace(_allow_stdin=False)
    builtins.input = partial(Kernel.raw_input, nobody)
    getpass.getpass = partial(Kernel.getpass, nobody)
    return shell


def _captured(session: SocketSession, capture: int) -> None:
    """Send what libraries and processes wrote past Python during the cell."""
    size = os.lseek(capture, 0, os.SEEK_CUR)
    if not size:
        return
    text = os.pread(capture, size, 0).decode("utf-8", "replace")
    os.lseek(capture, 0, os.SEEK_SET)
    os.ftruncate(capture, 0)
    session.post({"message": "stream", "content": {"name": "stdout", "text": text}})
