"""DuckDB shut off: no extension, no network, no file but those named, and no message of its own, which may quote data."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from lpo_analysis.errors import DataError, Fault

MEMORY = "1500MB"
"""What DuckDB may use before it writes to its own folder."""


class Engine:
    """A database in memory that reads the named files and nothing else.

    Parameters
    ----------
    folder : Path
        A private folder for what does not fit into memory and for copies; removed with everything in it by `opened`.
    threads : int or None
        Threads; as many as there are cores by default.
    """

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        self.folder = folder
        settings: dict[str, Any] = {
            "autoinstall_known_extensions": False, "autoload_known_extensions": False, "allow_community_extensions": False,
            "extension_directory": str(folder / "extensions"), "temp_directory": str(folder / "spill"), "memory_limit": MEMORY, "custom_extension_repository": str(folder / "nowhere"),
            "autoinstall_extension_repository": str(folder / "nowhere"),
        }  # fmt: skip
        if threads is not None:
            settings["threads"] = threads
        self._connection = duckdb.connect(":memory:", config=settings)
        # In a notebook a bar would need a package that may be missing, and then turning it off fails, too.
        self.attempt("SET enable_progress_bar = false")

    def lock(self, files: Sequence[Path]) -> None:
        """Allow these files and the private folder only, and let no setting change any more.

        Parameters
        ----------
        files : sequence of Path
            What may be read.
        """
        self.run("SET allowed_directories = ?", [[str(self.folder) + "/"]])
        self.run("SET allowed_paths = ?", [[str(file) for file in files]])
        self.run("SET enable_external_access = false")
        self.run("SET lock_configuration = true")

    def attempt(self, sql: str, values: Sequence[object] = ()) -> bool:
        """Run a statement.

        Parameters
        ----------
        sql : str
            The statement.
        values : sequence of object, optional
            Its parameters.

        Returns
        -------
        bool
            False if the database refused it; why is not kept, for the message may quote a line.
        """
        try:
            self._connection.execute(sql, list(values) or None)
        except duckdb.Error:
            return False
        return True

    def run(self, sql: str, values: Sequence[object] = ()) -> None:
        """Run a statement that must succeed.

        Parameters
        ----------
        sql : str
            The statement.
        values : sequence of object, optional
            Its parameters.

        Raises
        ------
        DataError
            If the database refused it.
        """
        # Raised outside of any handler, so that the error of the database does not hang on to this one.
        if not self.attempt(sql, values):
            raise refused()

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a query.

        Parameters
        ----------
        sql : str
            The query.
        values : sequence of object, optional
            Its parameters.

        Returns
        -------
        list of tuple
            All rows.

        Raises
        ------
        DataError
            If the database refused it.
        """
        self.run(sql, values)
        return self._connection.fetchall()

    def frame(self, sql: str, values: Sequence[object] = ()) -> Any:
        """Run a query and return a frame.

        Parameters
        ----------
        sql : str
            The query.
        values : sequence of object, optional
            Its parameters.

        Returns
        -------
        pandas.DataFrame
            All rows.

        Raises
        ------
        DataError
            If the database refused it.
        """
        self.run(sql, values)
        return self._connection.df()

    def column(self, sql: str) -> Any:
        """Run a query of one column that has no gaps.

        Parameters
        ----------
        sql : str
            The query.

        Returns
        -------
        numpy.ndarray of shape (n,)
            The column, of its own type.

        Raises
        ------
        DataError
            If the database refused it.
        """
        self.run(sql)
        (values,) = self._connection.fetchnumpy().values()
        return values

    def table(self, name: str, frame: Any) -> None:
        """Put a frame into a table.

        Parameters
        ----------
        name : str
            Name of the table.
        frame : pandas.DataFrame
            Its rows.
        """
        self._connection.register("handed_over", frame)
        self.run(f"CREATE TABLE {name} AS SELECT * FROM handed_over")
        self._connection.unregister("handed_over")

    def close(self) -> None:
        """Forget everything."""
        self._connection.close()


def refused() -> DataError:
    """Return the error for what the database would not do.

    Returns
    -------
    DataError
        Without the database's own message, which may quote a line.
    """
    fault = Fault("billing", None, None, None, "cannot be read: the database stopped, for want of memory or of space")
    return DataError([fault], remedy="Read fewer files at once, or free some space for temporary files.")


@contextmanager
def opened(*, threads: int | None = None) -> Iterator[Engine]:
    """Open an engine in a private folder, and remove both whatever happens.

    Parameters
    ----------
    threads : int, optional
        Threads; as many as there are cores by default.

    Yields
    ------
    Engine
        The engine.
    """
    with tempfile.TemporaryDirectory(prefix="lpo-", ignore_cleanup_errors=True) as name:
        engine = Engine(Path(name), threads=threads)
        try:
            yield engine
        finally:
            engine.close()
