"""The Jupyter kernel provisioner ``warm``: kernels of this Python come from the fork server, all others as ever."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from lpo_analysis.reporting.engines.client import Child, EngineError, Preload, launch, supported
from lpo_analysis.reporting.engines.options import same_interpreter, say_once


class ForkedProcess:
    """What `jupyter_client` needs of `subprocess.Popen`, for a process that the server forked.

    Parameters
    ----------
    child : Child
        The process.
    """

    stdin = stdout = stderr = None

    def __init__(self, child: Child) -> None:
        self.child, self.pid = child, child.pid

    @property
    def returncode(self) -> int | None:
        """Exit status, or None."""
        return self.child.returncode

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self.child.poll()

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait for the end, and let go of the process.

        Parameters
        ----------
        timeout : float, optional
            Seconds; ten by default, for the process has been killed by then.

        Returns
        -------
        int or None
            The exit status.
        """
        code = self.child.poll(10 if timeout is None else timeout)
        self.child.close()
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the process and all it started.

        Parameters
        ----------
        number : int
            The signal.
        """
        self.child.send_signal(number)

    def kill(self) -> None:
        """Kill it."""
        self.child.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.child.send_signal(signal.SIGTERM)


class WarmProvisioner(LocalProvisioner):
    """Launches kernels from the fork server; anything it cannot launch is launched normally, which is said once."""

    preload = Preload()
    memory_mb: int | None = None
    launched: list[Child] | None = None
    batch = ""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Launch a kernel.

        Parameters
        ----------
        cmd : list of str
            Its command.
        **kwargs : object
            For `subprocess.Popen`.

        Returns
        -------
        dict
            How to connect to it.
        """
        if not supported() or not same_interpreter(cmd):
            say_once("warm", f"{' '.join(cmd[:3])} is not the Python that runs this")
            return await super().launch_kernel(cmd, **kwargs)
        env = dict(kwargs.get("env") or {})
        cwd = kwargs.get("cwd")
        try:
            child, _ = await asyncio.to_thread(
                launch, "kernel", preload=self.preload, env=env, cwd=None if cwd is None else str(cwd), argv=("ipykernel_launcher", *cmd[3:]),
                memory_mb=self.memory_mb, batch=self.batch,
            )  # fmt: skip
        except EngineError as error:
            say_once("warm", str(error))
            return await super().launch_kernel(cmd, **kwargs)
        if self.launched is not None:
            self.launched.append(child)
        self.process = ForkedProcess(child)  # type: ignore[assignment]
        # Signals go through the server, which knows whether the number is still this process's.
        self.pid, self.pgid = child.pid, None
        self.cwd = kwargs.get("cwd")
        return self.connection_info

    @property
    def child(self) -> Child | None:
        """The forked process, if it is one."""
        return self.process.child if isinstance(self.process, ForkedProcess) else None
