"""What all engines share and needs no papermill: options, which kernel is ours, and how a process ended, in words."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lpo_analysis.reporting.engines.client import Preload, environment

_said: set[tuple[str, str]] = set()


@dataclass(frozen=True)
class Options:
    """How an engine launches a notebook's process.

    Parameters
    ----------
    preload : Preload
        What the server has imported beside the libraries.
    env : mapping of str to str
        Environment of the process.
    seconds : float or None
        Wall time of the whole notebook.
    cell_seconds : int or None
        Wall time of one cell.
    memory_mb : int or None
        Memory beyond what the process starts with, in MiB.
    batch : str
        Mark of the batch that it belongs to; empty for none.
    """

    preload: Preload = field(default_factory=Preload)
    env: Mapping[str, str] = field(default_factory=environment)
    seconds: float | None = None
    cell_seconds: int | None = None
    memory_mb: int | None = None
    batch: str = ""


def is_ours(kernel_name: str | None) -> bool:
    """Return whether a kernel is the Python that runs this.

    Parameters
    ----------
    kernel_name : str or None
        Name of a kernel; None is the notebook's own, which is taken for it.

    Returns
    -------
    bool
        False for any other interpreter or language.
    """
    return kernel_name is None or same_interpreter(_argv(kernel_name))


def _argv(kernel_name: str) -> list[str]:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        return list(KernelSpecManager().get_kernel_spec(kernel_name).argv)
    except NoSuchKernel:
        return []


def same_interpreter(argv: list[str]) -> bool:
    """Return whether a kernel's command starts ipykernel in the interpreter that runs this.

    Parameters
    ----------
    argv : list of str
        The command.

    Returns
    -------
    bool
        False for any other interpreter, language or debugger.
    """
    # jupyter_client turns a bare "python" into this interpreter.
    named = Path(argv[0]).name if argv else ""
    ours = ("python", "python3", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    bare = bool(argv) and argv[0] == named and named in ours
    return bool(argv) and (bare or argv[0] == sys.executable) and argv[1:3] == ["-m", "ipykernel_launcher"]


def say_once(engine: str, reason: str) -> None:
    """Log, once for each reason, that a notebook is launched normally.

    Parameters
    ----------
    engine : str
        Name of the engine.
    reason : str
        Why.
    """
    if (engine, reason) not in _said:
        _said.add((engine, reason))
        logging.getLogger("lpo_analysis").warning(
            "engine %s: %s; notebooks are launched normally", engine, reason.rstrip(".")
        )


def ending(code: int | None, memory_mb: int | None = None) -> str:
    """Put an exit status into words.

    Parameters
    ----------
    code : int or None
        Negative for a signal.
    memory_mb : int or None
        The limit of memory, if there was one.

    Returns
    -------
    str
        Such as ``The process was killed by SIGKILL.``
    """
    if code is None:
        return "The process does not answer."
    if code >= 0:
        return f"The process ended itself with status {code}."
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    tail = ", as the system does when memory runs out" if name == "SIGKILL" else ""
    limit = f"; its limit of memory was {memory_mb} MiB" if memory_mb else ""
    return f"The process was killed by {name}{tail}{limit}."
