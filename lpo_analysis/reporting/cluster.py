"""Run a batch on many machines, through Dask."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from lpo_analysis.errors import ParameterError
from lpo_analysis.reporting import provenance

SECONDS = 10
"""How long to wait for a scheduler and for its first worker."""


@contextmanager
def connected(address: str) -> Iterator[Executor]:
    """Connect to a Dask scheduler.

    Parameters
    ----------
    address : str
        Such as ``tcp://node:8786``.

    Yields
    ------
    concurrent.futures.Executor
        What is submitted to it runs on the workers; a report whose worker dies is begun anew on another.

    Raises
    ------
    ParameterError
        If Dask is not installed, nobody answers, there is no worker, or a worker has another version of the kit or its data.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ParameterError(
            "--scheduler needs Dask.", remedy='Install it: pip install "lpo-analysis[cluster]".'
        ) from None
    try:
        client = Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ParameterError(
            f"--scheduler {address}: nobody answers there ({told}).", remedy="Start one with `dask scheduler`."
        ) from None
    try:
        _check_workers(client, address)
        executor = client.get_executor(pure=False, retries=3)
        yield executor
        executor.shutdown(wait=False)
    finally:
        client.close()


def _check_workers(client: object, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=SECONDS)  # type: ignore[attr-defined]
    except TimeoutError:
        raise ParameterError(
            f"--scheduler {address}: it has no worker.", remedy=f"Start some with `dask worker {address}`."
        ) from None
    mine = surroundings()
    for worker, theirs in client.run(surroundings).items():  # type: ignore[attr-defined]
        other = [name for name in mine if theirs.get(name) != mine[name]]
        if other:
            raise ParameterError(
                f"--scheduler {address}: worker {worker} has another {', '.join(other)}.",
                remedy="All machines need the same kit, data and library versions; restart the workers after an update.",
            )


def surroundings() -> dict[str, str]:
    """Hash what must be the same on all machines.

    Returns
    -------
    dict of str to str
        SHA-256 of package source, data, and library versions.
    """
    known = provenance.surroundings()
    return {
        "package source": known["package"]["sha256"],
        "data": provenance.digest_of(known["data"]),
        "library versions": provenance.digest_of([known["libraries"], known["python"], known["platform"]]),
    }


def check_shared(executor: Executor, folder: Path) -> None:
    """Check that the machines see the output folder.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        Of the cluster.
    folder : Path
        Output folder.

    Raises
    ------
    ParameterError
        If a worker does not.
    """
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe.") as probe:
        seen = executor.submit(os.path.exists, probe.name).result(timeout=60)
    if not seen:
        raise ParameterError(
            f"The workers do not see the output folder {str(folder)!r}.",
            remedy="Give them shared storage with --output.",
        )
