"""What the engines share: papermill's client made truthful, so that whoever dies or is late is said to have failed."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args

from lpo_analysis.reporting.engines.client import Child
from lpo_analysis.reporting.engines.options import Options, ending, is_ours, say_once


class OutOfTimeError(Exception):
    """A report took longer than its limit.

    Parameters
    ----------
    seconds : float or None
        The limit.
    """

    cell_index: int | None = None

    def __init__(self, seconds: float | None) -> None:
        super().__init__(f"The report took longer than the {seconds:g} s allowed.")


class EndedEarlyError(DeadKernelError):
    """A notebook's process ended before the notebook did.

    Parameters
    ----------
    message : str
        How it ended.
    lost : bool
        Whether it was the fork server that went away, which is no fault of the notebook: it can be run again.
    """

    cell_index: int | None = None

    def __init__(self, message: str, *, lost: bool) -> None:
        super().__init__(message)
        self.lost = lost


class MarkingClient(PapermillNotebookClient):
    """Papermill's client, but a dead process or a timeout marks its cell as failed; papermill marks every cell completed."""

    def papermill_execute_cells(self) -> None:
        """Execute all cells."""
        at = 0

        def note(cell: Any, cell_index: int) -> None:
            nonlocal at
            at = cell_index

        self.on_cell_start = note
        try:
            super().papermill_execute_cells()
        except CellExecutionError:
            raise
        except Exception as error:
            error.cell_index = at  # type: ignore[attr-defined]
            self.nb_man.cell_exception(self.nb.cells[at], cell_index=at)
            raise


def dead(child: Child, options: Options) -> EndedEarlyError:
    """Describe how a process ended.

    Parameters
    ----------
    child : Child
        The process.
    options : Options
        Its limits.

    Returns
    -------
    EndedEarlyError
        To be raised.
    """
    code = child.poll(10)
    if child.lost:
        return EndedEarlyError("The fork server was killed while the notebook ran.", lost=True)
    return EndedEarlyError(ending(code, options.memory_mb), lost=False)


class KitEngine(NBClientEngine):
    """An engine for notebooks of the Python that runs this; those of another kernel are papermill's own."""

    name: ClassVar[str]

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, log_output: bool = False, stdout_file: Any = None, stderr_file: Any = None,
        start_timeout: int = 60, execution_timeout: int | None = None, **kwargs: Any,
    ) -> Any:  # fmt: skip
        """Execute a notebook; papermill calls this.

        Parameters
        ----------
        nb_man : papermill.engines.NotebookExecutionManager
            The notebook and its bookkeeping.
        kernel_name : str
            Kernel asked for.
        log_output : bool, default False
            Whether outputs also go to the log.
        stdout_file, stderr_file : file, optional
            Where the streams of the cells also go.
        start_timeout : int, default 60
            Seconds until the process must be there.
        execution_timeout : int, optional
            Seconds a cell may take.
        **kwargs : object
            ``options`` (see `lpo_analysis.reporting.engines.options.Options`), and what papermill hands to nbclient.

        Returns
        -------
        NotebookNode
            The executed notebook.
        """
        options = kwargs.pop("options", None) or Options()
        streams = {"log_output": log_output, "stdout_file": stdout_file, "stderr_file": stderr_file}
        if not is_ours(kernel_name):
            # What another language needs of the environment is not known here.
            say_once(cls.name, f"kernel {kernel_name!r} is not the Python that runs this")
            limits = {"start_timeout": start_timeout, "execution_timeout": execution_timeout}
            return super().execute_managed_notebook(nb_man, kernel_name, **streams, **limits, **kwargs)
        seconds = execution_timeout or kwargs.get("timeout") or options.cell_seconds
        given = remove_args(["input_path", "timeout", "startup_timeout"], **kwargs)
        final = merge_kwargs(
            given, **streams, log=logger, kernel_name=kernel_name, timeout=seconds, startup_timeout=start_timeout
        )
        return cls.run(nb_man, options, final)

    @classmethod
    @abstractmethod
    def run(cls, nb_man: Any, options: Options, given: dict[str, Any]) -> Any:
        """Execute a notebook of this Python.

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
