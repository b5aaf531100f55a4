"""What is here: notebooks, plans and templates for data of one's own."""

from __future__ import annotations

import pandas as pd

from lpo_analysis import paths
from lpo_analysis.errors import LpoError
from lpo_analysis.evidence.schema import package
from lpo_analysis.reporting import library
from lpo_analysis.reporting.plans import content_of

SHIPPED = ("index", "adoption", "savings", "risk", "decision", "evidence", "workbench", "template")
"""Notebooks of the kit, in the order in which one may want to read them; a test compares them with the README."""


def notebooks(*, own: bool = False) -> pd.DataFrame:
    """List notebooks with the question each answers.

    Parameters
    ----------
    own : bool, default False
        Whether to list those that are not the kit's, instead of the kit's.

    Returns
    -------
    pandas.DataFrame
        Columns notebook, question (its title), parameters (how many) and make (the command that makes its report).
    """
    there = library.names()
    names = [n for n in there if n not in SHIPPED] if own else [n for n in SHIPPED if n in there]
    return pd.DataFrame([_notebook(name) for name in names], columns=["notebook", "question", "parameters", "make"])


def _notebook(name: str) -> tuple[str, str, int | None, str]:
    try:
        read = library.read(library.find(name))
        count = len(library.model(read, where=f"{name}.ipynb").model_fields)
    except LpoError as error:
        # One of a researcher's own that cannot be run must not hide the others.
        return name, f"cannot be run: {error}", None, ""
    titles = [
        line[2:].strip()
        for cell in read["cells"]
        if cell["cell_type"] == "markdown"
        for line in "".join(cell["source"]).splitlines()
        if line.startswith("# ")
    ]
    return name, titles[0] if titles else "", count, f"lpo report {name}"


def plans() -> pd.DataFrame:
    """List the plans of the kit.

    Returns
    -------
    pandas.DataFrame
        Columns plan, title and make.
    """
    found = [
        (path.stem, str(content_of(path).get("title", "")), f"lpo batch {path.stem}")
        for path in sorted(paths.PLANS.glob("*.toml"))
    ]
    return pd.DataFrame(found, columns=["plan", "title", "make"])


def templates() -> pd.DataFrame:
    """List the templates for data of one's own.

    Returns
    -------
    pandas.DataFrame
        Columns kind, file and what (its title).
    """
    found = [
        (item["name"], f"data/{item['path']}", item.get("title", ""))
        for item in package()["resources"]
        if item["path"].startswith("templates/")
    ]
    return pd.DataFrame(found, columns=["kind", "file", "what"])
