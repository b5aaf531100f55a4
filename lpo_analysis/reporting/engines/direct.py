"""The engine ``direct``: cells run in a shell in a forked process, and their outputs come over one socket."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NoReturn

from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode
from papermill.utils import remove_args

from lpo_analysis.reporting.engines import wire
from lpo_analysis.reporting.engines.client import EngineError, launch
from lpo_analysis.reporting.engines.clients import KitEngine, MarkingClient, OutOfTimeError, dead
from lpo_analysis.reporting.engines.options import Options, say_once


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
            "direct", preload=options.preload, env=options.env, memory_mb=options.memory_mb, cwd=self._folder(), batch=options.batch
        )  # fmt: skip
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

    def output(self, outs: list[Any], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        """Append what a cell has shown.

        Parameters
        ----------
        outs : list of NotebookNode
            Outputs of the cell so far.
        msg : dict
            The message.
        display_id : str or None
            Name under which the output can be replaced.
        cell_index : int
            Position of the cell.

        Returns
        -------
        NotebookNode or None
            The output.
        """
        # A widget may catch outputs, and others may be replaced or cleared: all that is nbclient's business.
        hooks = self.output_hook_stack[msg["parent_header"]["msg_id"]]
        if msg["msg_type"] != "display_data" or display_id or hooks or self.clear_before_next_output:
            return super().output(outs, msg, display_id, cell_index)
        made = NotebookNode(output_type="display_data", metadata=msg["content"]["metadata"])
        # Taken as it is: nbformat would copy and check every number behind a figure, which come from ipykernel's own publisher.
        dict.__setitem__(made, "data", msg["content"]["data"])
        outs.append(made)
        return made

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


class DirectEngine(KitEngine):
    """The engine ``direct``, for ``papermill --engine direct`` and for batches."""

    name = "direct"

    @classmethod
    def run(cls, nb_man: Any, options: Options, given: dict[str, Any]) -> Any:
        """Execute a notebook in a forked shell; where there is no fork server, in a kernel started from nothing.

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
        # Of the configuration all is about kernels.
        try:
            return DirectClient(nb_man, options=options, **remove_args(["config"], **given)).execute()
        except EngineError as error:
            say_once(cls.name, str(error))
        from lpo_analysis.reporting.engines.warm import FreshEngine

        return FreshEngine.run(nb_man, options, given)
