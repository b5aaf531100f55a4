"""The engines as papermill finds them by their entry points.

Papermill loads them while it is itself being imported, so that nothing of papermill can be imported here yet.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Engine:
    """Stands for an engine until it is used."""

    module = name = ""

    @classmethod
    def real(cls) -> Any:
        """Return the engine itself.

        Returns
        -------
        type of papermill.engines.Engine
            Imported now.
        """
        return getattr(import_module(cls.module), cls.name)

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Execute a notebook.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        kernel_name : str
            Kernel asked for.
        **kwargs : object
            As papermill gives them.

        Returns
        -------
        NotebookNode
            The executed notebook.
        """
        return cls.real().execute_notebook(nb, kernel_name, **kwargs)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        """Return the kernel a notebook asks for.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        name : str, optional
            Asked for instead.

        Returns
        -------
        str
            Name of the kernel.
        """
        return str(cls.real().nb_kernel_name(nb, name))

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        """Return the language of a notebook.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        language : str, optional
            Said instead.

        Returns
        -------
        str
            The language.
        """
        return str(cls.real().nb_language(nb, language))


class DirectEngine(_Engine):
    """See `lpo_analysis.reporting.engines.direct`."""

    module, name = "lpo_analysis.reporting.engines.direct", "DirectEngine"


class WarmEngine(_Engine):
    """See `lpo_analysis.reporting.engines.warm`."""

    module, name = "lpo_analysis.reporting.engines.warm", "WarmEngine"


class FreshEngine(_Engine):
    """See `lpo_analysis.reporting.engines.warm`."""

    module, name = "lpo_analysis.reporting.engines.warm", "FreshEngine"
