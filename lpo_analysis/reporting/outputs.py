"""Read back from an executed notebook what its cells have shown, and take out what differs from run to run."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Mapping
from typing import Any

from lpo_analysis.parameters.synthetic import NOTICE, bundle
from lpo_analysis.reporting import own_files
from lpo_analysis.reporting.bundles import FIGURE, TABLE, VALUES

INJECTED = "injected-parameters"
_CELL_FILE = re.compile(r"[^\s'\"]*ipykernel_\d+/\d+\.py")
"""How a warning names the cell it came from: a temporary file with the number of the process."""


def normalise(notebook: Any, hidden: Mapping[str, str] | None = None) -> Any:
    """Remove times, paths and random identifiers from an executed notebook, in place.

    Parameters
    ----------
    notebook : NotebookNode
        As papermill leaves it.
    hidden : mapping of str to str, optional
        Paths of a researcher's own files, those of the copies that were read among them, and what stands in their place.

    Returns
    -------
    NotebookNode
        The same notebook.
    """
    notebook.metadata.pop("papermill", None)
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            cell["outputs"] = _joined(cell.get("outputs", []))
        if INJECTED in cell.metadata.get("tags", []):
            cell["id"] = INJECTED
    own_files.mask(notebook, hidden or {}, ("parameters", INJECTED))
    return notebook


def _joined(outputs: list[Any]) -> list[Any]:
    """Join what was printed between two displays, first to stdout, then to stderr: a kernel cuts it up by the clock."""
    made: list[Any] = []
    for is_stream, group in itertools.groupby(outputs, lambda output: output["output_type"] == "stream"):
        if not is_stream:
            made += group
            continue
        found = list(group)
        for name in ("stdout", "stderr"):
            ours = [output for output in found if output["name"] == name]
            if ours:
                ours[0]["text"] = _CELL_FILE.sub("<cell>", "".join(output["text"] for output in ours))
                made.append(ours[0])
    return made


def bundles(notebook: Any) -> list[dict[str, Any]]:
    """List the output bundles of a notebook, in order.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook.

    Returns
    -------
    list of dict
        Data by MIME type.
    """
    return [
        output["data"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.get("outputs", [])
        if "data" in output
    ]


def values(notebook: Any) -> dict[str, Any]:
    """Collect the recorded values.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook.

    Returns
    -------
    dict
        Recorded values by name, in order.
    """
    found: dict[str, Any] = {}
    for data in bundles(notebook):
        found.update(data.get(VALUES, {}))
    return found


def notice(notebook: Any) -> str:
    """Return what an executed notebook says of synthetic example data.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook.

    Returns
    -------
    str
        Empty where none was used.
    """
    return next((str(data[NOTICE]["text"]) for data in bundles(notebook) if NOTICE in data), "")


def noticed(notebook: Any, text: str) -> Any:
    """Make sure that an executed notebook tells of synthetic example data, in place.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook; one with a model of the kit has told it already where it validated its parameters.
    text : str
        The notice; empty for none.

    Returns
    -------
    NotebookNode
        The same notebook.
    """
    if text and not notice(notebook):
        first = next((cell for cell in notebook.cells if cell.cell_type == "code"), None)
        if first is not None:
            from nbformat import v4

            first["outputs"] = [v4.new_output("display_data", data=bundle(text)), *first.get("outputs", [])]
    return notebook


def tables(notebook: Any) -> dict[str, dict[str, Any]]:
    """Collect the tables, those behind figures among them.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook.

    Returns
    -------
    dict
        Tables by file stem: columns and rows; those behind figures are called ``figure_<name>``.
    """
    found: dict[str, dict[str, Any]] = {}
    for data in bundles(notebook):
        if TABLE in data:
            found[data[TABLE]["name"]] = data[TABLE]
        if FIGURE in data:
            found[f"figure_{data[FIGURE]['name']}"] = data[FIGURE]
    return found


MARK = "notice"
"""The column by which a table of a report on synthetic example data says so; a comment above the header would break what reads it."""


def as_csv(table: dict[str, Any], *, mark: str = "") -> str:
    """Write a table as CSV.

    Parameters
    ----------
    table : dict
        With columns and rows.
    mark : str, optional
        What every row says of the report in a last column, `MARK`; by default there is no such column.

    Returns
    -------
    str
        UTF-8 text, comma separated, an empty cell for a missing value.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    last = [mark] if mark else []
    writer.writerow([*table["columns"], *([MARK] if mark else [])])
    writer.writerows([*("" if value is None else value for value in row), *last] for row in table["rows"])
    return text.getvalue()
