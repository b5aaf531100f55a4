"""What went into a report: parameters, notebook, data, package source and library versions, each by its hash."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lpo_analysis import __version__, paths

LIBRARIES = (
    "numpy", "pandas", "scipy", "statsmodels", "matplotlib", "seaborn", "pydantic", "great-tables",
    "ipykernel", "papermill", "nbclient", "nbconvert", "jinja2",
)  # fmt: skip
"""Libraries whose version may change a number or a picture."""


def digest(raw: bytes) -> str:
    """Return the SHA-256 of bytes.

    Parameters
    ----------
    raw : bytes
        The bytes.

    Returns
    -------
    str
        Hexadecimal digest.
    """
    return hashlib.sha256(raw).hexdigest()


def tree_hashes(folder: Path, patterns: Iterable[str]) -> dict[str, str]:
    """Hash the files of a folder.

    Parameters
    ----------
    folder : Path
        The folder.
    patterns : iterable of str
        Glob patterns relative to it.

    Returns
    -------
    dict of str to str
        SHA-256 by relative path with forward slashes, sorted.
    """
    files = sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})
    return {path.relative_to(folder).as_posix(): digest(path.read_bytes()) for path in files}


@cache
def surroundings() -> dict[str, Any]:
    """Describe data, package and libraries, which are the same for every report of a process.

    Returns
    -------
    dict
        Keys data, package, libraries, python, platform.
    """
    source = tree_hashes(paths.PACKAGE, ("*.py", "[!b]*/**/*.py", "[!b]*/**/*.j2", "[!b]*/**/*.css"))
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {
        "data": tree_hashes(paths.DATA, ("datapackage.json", "evidence/*.csv", "tables/*.csv")),
        "package": {"version": __version__, "sha256": digest(json.dumps(source).encode())},
        "libraries": found,
        "python": platform.python_version(),
        "platform": f"{sys.platform}-{platform.machine()}",
    }


def fingerprint(notebook_hash: str, parameters: Mapping[str, Any]) -> str:
    """Hash everything a report depends on.

    Parameters
    ----------
    notebook_hash : str
        From `lpo_analysis.reporting.library.source_hash`.
    parameters : mapping of str to object
        All parameters, defaults included.

    Returns
    -------
    str
        SHA-256; two runs with the same one give the same bytes.
    """
    whole = {"notebook": notebook_hash, "parameters": dict(parameters), **surroundings()}
    return digest(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode())
