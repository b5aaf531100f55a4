"""Papermill's client made truthful: whoever dies or is late is said to have failed."""

from __future__ import annotations

from typing import Any

from nbclient.exceptions import CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient

from lpo_analysis.reporting.engines.client import Child
from lpo_analysis.reporting.engines.options import Options, ending


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
