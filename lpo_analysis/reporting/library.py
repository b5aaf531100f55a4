"""Find notebooks and plans, the user's own before the shipped ones, and read what a notebook says of itself."""

from __future__ import annotations

import hashlib
import importlib
import json
from pathlib import Path
from typing import Any

from lpo_analysis import paths
from lpo_analysis.errors import NotebookError, NotFoundError, choices
from lpo_analysis.parameters import ReportParameters


def names() -> list[str]:
    """List the notebooks that can be run by name.

    Returns
    -------
    list of str
        Names without ending, sorted; those in ``./notebooks`` and the shipped ones.
    """
    return sorted({path.stem for folder in _folders("notebooks", paths.NOTEBOOKS) for path in folder.glob("*.ipynb")})


def _folders(local: str, shipped: Path) -> list[Path]:
    return [folder for folder in dict.fromkeys((Path.cwd() / local, shipped)) if folder.is_dir()]


def find(name: str | Path) -> Path:
    """Find a notebook by name or path.

    Parameters
    ----------
    name : str or Path
        ``savings``, or a path ending in ``.ipynb``.

    Returns
    -------
    Path
        The notebook.

    Raises
    ------
    NotFoundError
        If there is none; names the nearest.
    """
    if str(name).endswith(".ipynb"):
        path = Path(name)
        if path.is_file():
            return path
        raise NotFoundError(f"There is no notebook {str(name)!r}.", remedy=choices(path.stem, names()))
    for folder in _folders("notebooks", paths.NOTEBOOKS):
        if (folder / f"{name}.ipynb").is_file():
            return folder / f"{name}.ipynb"
    raise NotFoundError(f"There is no notebook {str(name)!r}.", remedy=choices(name, names()))


def find_plan(name: str | Path) -> Path:
    """Find a batch plan by name or path.

    Parameters
    ----------
    name : str or Path
        ``default``, or a path ending in ``.toml``.

    Returns
    -------
    Path
        The plan.

    Raises
    ------
    NotFoundError
        If there is none; names the nearest.
    """
    folders = _folders("reports/plans", paths.PLANS)
    known = sorted({path.stem for folder in folders for path in folder.glob("*.toml")})
    if str(name).endswith(".toml"):
        path = Path(name)
        if path.is_file():
            return path
        raise NotFoundError(f"There is no plan {str(name)!r}.", remedy=choices(path.stem, known))
    for folder in folders:
        if (folder / f"{name}.toml").is_file():
            return folder / f"{name}.toml"
    raise NotFoundError(f"There is no plan {str(name)!r}.", remedy=choices(name, known))


def read(path: Path) -> dict[str, Any]:
    """Read a notebook as plain data.

    Parameters
    ----------
    path : Path
        The notebook.

    Returns
    -------
    dict
        The notebook.

    Raises
    ------
    NotebookError
        If it is no notebook, or has no cell tagged ``parameters``.
    """
    try:
        notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        tagged = any("parameters" in cell.get("metadata", {}).get("tags", []) for cell in notebook["cells"])
        notebook.get("metadata", {}).get("lpo", {})
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise NotebookError(f"is no notebook ({type(error).__name__}: {error}).", where=path.name) from None
    if not tagged:
        raise NotebookError(
            "has no cell tagged 'parameters'.", where=path.name, remedy="Tag the cell that sets the defaults."
        )
    return notebook


def model(notebook: dict[str, Any], *, where: str) -> type[ReportParameters]:
    """Return the parameter model that a notebook names in its metadata.

    Parameters
    ----------
    notebook : dict
        The notebook.
    where : str
        Its name, for messages.

    Returns
    -------
    type of ReportParameters
        The model.

    Raises
    ------
    NotebookError
        If it names none, or one that cannot be imported.
    """
    named = notebook.get("metadata", {}).get("lpo", {}).get("parameters")
    if not named:
        raise NotebookError(
            "names no parameter model.", where=where,
            remedy='Put {"lpo": {"parameters": "package.module:Model"}} into the notebook metadata.',
        )  # fmt: skip
    module, _, attribute = str(named).partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise NotebookError(
            f"names the parameter model {named!r}, which cannot be imported ({error}).", where=where
        ) from None
    if not (isinstance(found, type) and issubclass(found, ReportParameters)):
        raise NotebookError(f"names {named!r}, which is no ReportParameters.", where=where)
    return found


def source_hash(notebook: dict[str, Any]) -> str:
    """Hash what a notebook does, leaving out what it once printed.

    Parameters
    ----------
    notebook : dict
        The notebook.

    Returns
    -------
    str
        SHA-256 of cell types, sources and tags.
    """
    kept = [
        (cell["cell_type"], "".join(cell["source"]), cell.get("metadata", {}).get("tags", []))
        for cell in notebook["cells"]
    ]
    text = json.dumps([kept, notebook.get("metadata", {}).get("lpo", {})], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
