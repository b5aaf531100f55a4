"""The engine ``direct``: cells run in a shell in a forked process, and their outputs come over one socket."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NoReturn

from nbclient.exceptions import CellExecutionError, CellTimeoutError
from papermill.engines import NBClientEngine
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args

from lpo_analysis.reporting.engines import wire
from lpo_analysis.reporting.engines.client import EngineError, launch
from lpo_analysis.reporting.engines.clients import MarkingClient, OutOfTimeError, dead
from lpo_analysis.reporting.engines.options import Options, is_ours, reason_against, say_once


class DirectClient(MarkingClient):
    """Executes the cells of a notebook in a forked shell; what it does with their outputs is nbclient's.

    Parameters
    ----------
    nb_man : papermill.engines.NotebookExecutionManager
        The notebook and its bookkeeping.
    options : lpo_analysis.reporting.engines.options.Options
        Preload, environment and limits.
    **kwargs : object
        For `nbclient.NotebookClient`.
    """

    def __init__(self, nb_man: Any, *, options: Options, **kwargs: Any) -> None:
        super().__init__(nb_man, **kwargs)
        self.options = options

    def execute(self, **kwargs: Any) -> Any:
        """Execute the notebook.

        Parameters
        ----------
        **kwargs : object
            Not used.

        Returns
        -------
        NotebookNode
            The notebook, with outputs.

        Raises
        ------
        DeadKernelError
            If the process ended before the notebook did (`EndedEarlyError`).
        CellTimeoutError
            If a cell, or the whole, took longer than allowed.
        """
        self.reset_execution_trackers()
        options = self.options
        self.child, connection = launch(
            "direct", preload=options.preload, env=options.env, memory_mb=options.memory_mb, cwd=self._folder()
        )
        assert connection is not None, "a direct child has a socket"
        self.deadline = None if options.seconds is None else time.monotonic() + options.seconds
        try:
            with connection:
                self.connection = connection
                hello = self._next(self.startup_timeout, None)
                self.papermill_execute_cells()
            self.nb.metadata["language_info"] = hello["language_info"]
            self.set_widgets_metadata()
        finally:
            self.child.close()
        return self.nb

    def _folder(self) -> str | None:
        return (self.resources or {}).get("metadata", {}).get("path") or None

    def execute_cell(self, cell: Any, cell_index: int, **kwargs: Any) -> Any:
        """Execute one cell.

        Parameters
        ----------
        cell : NotebookNode
            The cell; its outputs are filled.
        cell_index : int
            Its position.
        **kwargs : object
            Not used.

        Returns
        -------
        NotebookNode
            The cell.
        """
        if self.on_cell_start is not None:
            self.on_cell_start(cell=cell, cell_index=cell_index)
        skipped = self.skip_cells_with_tag in cell.metadata.get("tags", [])
        if cell.cell_type != "code" or not cell.source.strip() or skipped:
            return cell
        self.code_cells_executed += 1
        cell.outputs = []
        self.clear_before_next_output = False
        limit = self._get_timeout(cell)
        until = None if limit is None else time.monotonic() + limit
        try:
            wire.send(self.connection, {"source": cell.source})
        except wire.Closed:
            self._died()
        while True:
            message = self._next(limit, cell, until)
            if "done" in message:
                break
            self.process_message(_as_jupyter(message), cell, cell_index)
        cell["execution_count"] = message["execution_count"]
        allowed = self.allow_errors or "raises-exception" in cell.metadata.get("tags", [])
        if message["done"] == "error" and (self.force_raise_errors or not allowed):
            raise CellExecutionError.from_cell_and_msg(cell, message)
        return cell

    def _next(self, limit: float | None, cell: Any, until: float | None = None) -> dict[str, Any]:
        """Wait for a message, the end of the process, or the end of patience."""
        ends = [end for end in (until, self.deadline) if end is not None]
        if cell is None and limit is not None:
            ends.append(time.monotonic() + limit)
        left = None if not ends else min(ends) - time.monotonic()
        if left is not None and left <= 0:
            self._late(limit, cell)
        self.connection.settimeout(left)
        try:
            return wire.receive(self.connection)
        except TimeoutError:
            self._late(limit, cell)
        except (wire.Closed, OSError):
            self._died()

    def _late(self, limit: float | None, cell: Any) -> NoReturn:
        self.child.close()
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise OutOfTimeError(self.options.seconds)
        if cell is None:
            raise RuntimeError(f"The process did not start within {limit:g} s.")
        raise CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", int(limit or 0), cell)

    def _died(self) -> NoReturn:
        raise dead(self.child, self.options)


def _as_jupyter(message: Mapping[str, Any]) -> dict[str, Any]:
    kind, content = message["message"], message["content"]
    return {
        "msg_type": kind,
        "header": {"msg_type": kind},
        "parent_header": {"msg_id": ""},
        "metadata": {},
        "content": content,
    }


class DirectEngine(NBClientEngine):
    """The engine ``direct``, for ``papermill --engine direct`` and for batches."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, log_output: bool = False, stdout_file: Any = None, stderr_file: Any = None,
        start_timeout: int = 60, execution_timeout: int | None = None, **kwargs: Any,
    ) -> Any:  # fmt: skip
        """Execute a notebook, or hand it to papermill's own engine where there is no fork server for it.

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
        given = {"log_output": log_output, "stdout_file": stdout_file, "stderr_file": stderr_file,
                 "start_timeout": start_timeout, "execution_timeout": execution_timeout}  # fmt: skip
        reason = reason_against(kernel_name)
        safe = remove_args(["input_path", "timeout", "startup_timeout", "config"], **kwargs)
        final = merge_kwargs(
            safe, timeout=execution_timeout or kwargs.get("timeout") or options.cell_seconds, startup_timeout=start_timeout,
            kernel_name=kernel_name, log=logger, log_output=log_output, stdout_file=stdout_file, stderr_file=stderr_file,
        )  # fmt: skip
        if not reason:
            try:
                return DirectClient(nb_man, options=options, **final).execute()
            except EngineError as error:
                reason = str(error)
        say_once("direct", reason)
        if not is_ours(kernel_name):
            # What another language needs of the environment is not known here.
            return super().execute_managed_notebook(nb_man, kernel_name, **given, **kwargs)
        from lpo_analysis.reporting.engines.warm import FreshEngine

        return FreshEngine.execute_managed_notebook(nb_man, kernel_name, options=options, **given, **kwargs)
