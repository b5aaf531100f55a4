"""The engines ``warm`` and ``fresh``: papermill's own execution, over a Jupyter kernel from the fork server or from nothing."""

from __future__ import annotations

import signal
import tempfile
import threading
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from traitlets import Any as AnyTrait
from traitlets.config import Config

from lpo_analysis.reporting.engines.client import Child, adopt
from lpo_analysis.reporting.engines.clients import EndedEarlyError, KitEngine, MarkingClient, OutOfTimeError, dead
from lpo_analysis.reporting.engines.kernels import client_config
from lpo_analysis.reporting.engines.options import Options, ending
from lpo_analysis.reporting.engines.provisioner import ForkedProcess, WarmProvisioner


class WarmManager(AsyncKernelManager):
    """A kernel manager whose kernels come from the fork server, whatever the kernel's specification says."""

    options = AnyTrait()
    launched = AnyTrait()

    async def _async_pre_start_kernel(self, **kw: Any) -> Any:
        if self.provisioner is None:
            made = WarmProvisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
            made.preload, made.memory_mb, made.launched = self.options.preload, self.options.memory_mb, self.launched
            made.batch = self.options.batch
            self.provisioner = made
        return await super()._async_pre_start_kernel(**kw)


class KernelClient(MarkingClient):
    """Papermill's client, with the environment and the limits of a batch.

    Parameters
    ----------
    nb_man : papermill.engines.NotebookExecutionManager
        The notebook and its bookkeeping.
    options : lpo_analysis.reporting.engines.options.Options
        Preload, environment and limits.
    forks : bool
        Whether kernels come from the fork server.
    **kwargs : object
        For `nbclient.NotebookClient`.
    """

    def __init__(self, nb_man: Any, *, options: Options, forks: bool, **kwargs: Any) -> None:
        super().__init__(nb_man, **kwargs)
        self.options, self.forks, self.late = options, forks, False
        self.launched: list[Child] = []

    def execute(self, **kwargs: Any) -> Any:
        """Execute the notebook.

        Parameters
        ----------
        **kwargs : object
            For the start of the kernel.

        Returns
        -------
        NotebookNode
            The notebook, with outputs.
        """
        try:
            return super().execute(**kwargs)
        except RuntimeError as error:
            # So says jupyter_client of a kernel that ended before it was asked anything.
            if not self.launched or "Kernel died" not in str(error):
                raise
            raise dead(self.launched[-1], self.options) from None
        finally:
            # Of a kernel that died nbclient lets go only when it is collected, and till then the server would stay.
            for child in self.launched:
                child.close()

    def create_kernel_manager(self) -> Any:
        """Make the kernel manager.

        Returns
        -------
        jupyter_client.manager.AsyncKernelManager
            For the notebook's kernel.
        """
        if not self.forks:
            return super().create_kernel_manager()
        self.km = WarmManager(
            kernel_name=self.kernel_name, config=self.config, options=self.options, launched=self.launched
        )
        return self.km

    def papermill_execute_cells(self) -> None:
        """Execute all cells within the time allowed."""
        provisioner: Any = self.km.provisioner
        process, timer = provisioner.process, None
        if not isinstance(process, ForkedProcess):
            adopt(process, self.options.batch)
        if self.options.seconds is not None:
            timer = threading.Timer(self.options.seconds, self._stop, [process])
            timer.daemon = True
            timer.start()
        try:
            super().papermill_execute_cells()
        except DeadKernelError as error:
            at = error.cell_index
            ended = (
                OutOfTimeError(self.options.seconds)
                if self.late
                else dead(process.child, self.options)
                if isinstance(process, ForkedProcess)
                else EndedEarlyError(ending(process.poll()), lost=False)
            )
            ended.cell_index = at
            raise ended from None
        finally:
            if timer is not None:
                timer.cancel()

    def _stop(self, process: Any) -> None:
        self.late = True
        process.send_signal(signal.SIGKILL)


class WarmEngine(KitEngine):
    """The engine ``warm``, for ``papermill --engine warm`` and for batches of notebooks with widgets."""

    name = "warm"
    forks = True

    @classmethod
    def run(cls, nb_man: Any, options: Options, given: dict[str, Any]) -> Any:
        """Execute a notebook in a kernel; one the fork server cannot launch is launched normally.

        Parameters
        ----------
        nb_man : papermill.engines.NotebookExecutionManager
            The notebook and its bookkeeping.
        options : lpo_analysis.reporting.engines.options.Options
            Preload, environment and limits.
        given : dict
            For `nbclient.NotebookClient`.

        Returns
        -------
        NotebookNode
            The executed notebook.
        """
        with tempfile.TemporaryDirectory() as folder:
            config = client_config(folder)
            config.merge(Config(given.get("config") or {}))
            client = KernelClient(nb_man, options=options, forks=cls.forks, **given | {"config": config})
            return client.execute(env=dict(options.env))


class FreshEngine(WarmEngine):
    """The engine ``fresh``: every kernel is started from nothing, as papermill does, under the limits of a batch."""

    name = "fresh"
    forks = False
