"""The names of the engines, and how kernels are talked to, by whatever way they were launched."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

Engine = Literal["direct", "warm", "fresh"]
"""A shell or a kernel from the fork server, or a kernel started from nothing, as papermill does."""


def client_config(folder: str | Path) -> Any:
    """Return how kernels are talked to: over sockets in a private folder, and stopped at once when done.

    Parameters
    ----------
    folder : str or Path
        A folder that no other user can enter; the sockets lie in it.

    Returns
    -------
    traitlets.config.Config
        For papermill and nbclient.
    """
    from traitlets.config import Config

    # Absolute: jupyter_client's own default is relative to the working folder, where kernel and client may differ.
    socket = str(Path(folder).resolve() / "k")
    # The path of a Unix socket has an upper length (103 bytes on macOS); a longer one goes over loopback TCP.
    manager = {"transport": "ipc", "ip": socket} if len(socket.encode()) < 90 else {"transport": "tcp"}
    return Config({"KernelManager": manager, "NotebookClient": {"shutdown_kernel": "immediate"}})
