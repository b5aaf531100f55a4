"""What the reports of one batch have in common is made by the first of them, and read by the others."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from lpo_analysis.paths import SHARED


def sharing() -> bool:
    """Say whether this process makes a report of a batch.

    Returns
    -------
    bool
        True if there is a folder to share through.
    """
    return bool(os.environ.get(SHARED))


def shared(look: str, make: Callable[[], bytes]) -> bytes:
    """Return what another report of this batch has made of the same, or make it.

    Parameters
    ----------
    look : str
        All that the outcome depends on, written so that nothing else is written alike.
    make : callable
        Makes it.

    Returns
    -------
    bytes
        The outcome; outside of a batch it is made.
    """
    folder = os.environ.get(SHARED)
    if not folder:
        return make()
    path = Path(folder, hashlib.sha256(look.encode("utf-8", "surrogatepass")).hexdigest())
    with contextlib.suppress(OSError):
        return path.read_bytes()
    made = make()
    # Whole or not at all: another report may be looking. Without it the report is as good, only later.
    with contextlib.suppress(OSError), tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(made)
        file.flush()
        os.replace(file.name, path)
    return made
