"""Other forms of a report, made on request from the executed notebook: a workbook and a printed document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

from lpo_analysis.errors import ParameterError, choices

Form = Literal["pdf", "xlsx"]


def file_of(form: Form) -> str:
    """Return the file that a form is written to.

    Parameters
    ----------
    form : {'pdf', 'xlsx'}
        The form.

    Returns
    -------
    str
        Its name in the folder of the report.
    """
    return f"report.{form}"


def check_forms(names: Iterable[object]) -> tuple[Form, ...]:
    """Return forms by name, each once.

    Parameters
    ----------
    names : iterable of str
        Their names.

    Returns
    -------
    tuple of str
        In the order of `Form`.

    Raises
    ------
    ParameterError
        If there is none of a name; names the nearest.
    """
    listed = list(names)
    for name in map(str, listed):
        if name not in get_args(Form):
            raise ParameterError(f"forms: there is no {name!r}. {choices(name, get_args(Form))}")
    return tuple(form for form in get_args(Form) if form in listed)


def make(form: Form, notebook: Any, *, name: str) -> bytes:
    """Make one form of a report.

    Parameters
    ----------
    form : {'pdf', 'xlsx'}
        The form.
    notebook : NotebookNode
        An executed notebook.
    name : str
        Name of the notebook.

    Returns
    -------
    bytes
        The file; the same for the same notebook and library versions.
    """
    if form == "xlsx":
        from lpo_analysis.reporting.forms.workbook import workbook

        return workbook(notebook, name=name)
    from lpo_analysis.reporting.forms.document import document

    return document(notebook, name=name)
