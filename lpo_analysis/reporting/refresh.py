"""Re-execute committed notebooks in place, deterministically, and say which numbers moved."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lpo_analysis.reporting import library, outputs
from lpo_analysis.reporting.engines.client import environment
from lpo_analysis.reporting.engines.kernels import client_config


def refresh(notebooks: Sequence[Path]) -> list[str]:
    """Re-execute notebooks with their own defaults and write them back.

    Parameters
    ----------
    notebooks : sequence of Path
        The notebooks.

    Returns
    -------
    list of str
        One line a notebook or moved number.

    Raises
    ------
    NotebookError
        If one cannot be read.
    """
    lines = []
    for path in notebooks:
        library.read(path)
        before, after = _execute(path)
        moved = differences(outputs.values(before), outputs.values(after))
        lines.append(f"{path.name}: {'no number moved' if not moved else f'{len(moved)} numbers moved'}")
        lines += [f"  {line}" for line in moved]
    return lines


def _execute(path: Path) -> tuple[Any, Any]:
    import nbformat
    from nbclient import NotebookClient

    before = nbformat.read(path, as_version=4)
    after = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            after,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": str(path.parent)}},
            config=client_config(folder),
        )
        client.execute(env=environment())
    outputs.normalise(after)
    # The interpreter's patch version is no property of the notebook.
    after.metadata.get("language_info", {}).pop("version", None)
    for number, cell in enumerate(after.cells, start=1):
        cell["id"] = f"cell-{number:02d}"
    text = nbformat.writes(after, indent=1) + "\n"
    if path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return before, after


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """List the recorded values that differ.

    Parameters
    ----------
    before, after : dict
        Recorded values of two runs.

    Returns
    -------
    list of str
        One line a value that moved, appeared or vanished.
    """
    lines = []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if old is None or new is None:
            lines.append(f"{name}: {'new' if old is None else 'gone'}")
            continue
        keys = [key for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)]
        lines += [f"{name}.{key}: {old.get(key)} -> {new.get(key)}" for key in keys]
    return lines
