"""Find notebooks and plans, the user's own before the shipped ones, and read what a notebook says of itself."""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpo_analysis import paths
from lpo_analysis.errors import NotebookError, NotFoundError, choices
from lpo_analysis.reporting import chapters

if TYPE_CHECKING:
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
        If it is no notebook, has no cell tagged ``parameters``, or a tag that gives a chapter no page.
    """
    try:
        notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        tagged = any("parameters" in cell.get("metadata", {}).get("tags", []) for cell in notebook["cells"])
        notebook.get("metadata", {}).get("lpo", {})
        chapters.places(notebook["cells"], where=path.name)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise NotebookError(f"is no notebook ({type(error).__name__}: {error}).", where=path.name) from None
    if not tagged:
        raise NotebookError(
            "has no cell tagged 'parameters'.", where=path.name, remedy="Tag the cell that sets the defaults."
        )
    return notebook


def model(notebook: dict[str, Any], *, where: str) -> type[ReportParameters]:
    """Return the parameter model that a notebook names in its metadata, else the one its tagged cells imply.

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
        If it names one that cannot be imported, or none can be read from its cells, see `lpo_analysis.reporting.inferred.infer`.
    """
    # pandas and pydantic come with the models, and an unchanged batch needs neither.
    from lpo_analysis.parameters import ReportParameters
    from lpo_analysis.reporting import inferred

    own = notebook.get("metadata", {}).get("lpo", {})
    if not isinstance(own, dict):
        raise NotebookError(
            f"has {own!r} as the metadata of the kit.", where=where,
            remedy='Write {"lpo": {"parameters": "package.module:Model"}}, or leave lpo out.',
        )  # fmt: skip
    named = own.get("parameters")
    if named is None:
        return inferred.infer(notebook, where=where)
    module, _, attribute = str(named).partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # whatever a module of the researcher's own raises while it is imported
        raise NotebookError(
            f"names the parameter model {named!r}, which cannot be imported ({type(error).__name__}: {error}).",
            where=where,
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


def imports(notebook: dict[str, Any]) -> list[str]:
    """List the modules that the cells of a notebook import.

    Parameters
    ----------
    notebook : dict
        The notebook.

    Returns
    -------
    list of str
        Full names, in order; ``from a import b`` gives ``a`` and ``a.b``, which need not be a module. Cells that are no plain
        Python are passed over.
    """
    found: list[str] = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        found += imported("".join(cell["source"]))
    return list(dict.fromkeys(found))


def imported(source: str, *, package: str = "") -> list[str]:
    """List the modules that a piece of Python imports.

    Parameters
    ----------
    source : str
        The piece; nothing is found in what is no plain Python.
    package : str, optional
        Package it lies in, for its relative imports; without it they are passed over.

    Returns
    -------
    list of str
        See `imports`.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level and not package:
                continue
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            if module:
                found += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return found
