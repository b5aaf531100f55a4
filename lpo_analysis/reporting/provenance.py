"""What went into a report: parameters, notebook, data, package source and library versions, each by its hash."""

from __future__ import annotations

import hashlib
import json
import os
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
    "ipykernel", "papermill", "nbclient", "nbconvert", "jinja2", "typst", "XlsxWriter",
)  # fmt: skip
"""Libraries whose version may change a number, a picture or a page."""


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
    _as_described.clear()
    _as_described.add(_stamp())
    return _described()


_as_described: set[str] = set()
"""Stamps of data and package with which they are as this process described them."""


def _stamp() -> str:
    """Return a digest of names, sizes and times of the files of data and package, which costs a hundredth of reading them."""
    found: list[tuple[str, int, int, int]] = []
    todo = [str(paths.DATA), str(paths.PACKAGE)]
    while todo:
        with os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__":
                        todo.append(entry.path)
                else:
                    state = entry.stat()
                    found.append((entry.path, state.st_size, state.st_mtime_ns, state.st_ctime_ns))
    return digest(repr(sorted(found)).encode())


def _described() -> dict[str, Any]:
    patterns = tuple(f"{folder}*.{kind}" for kind in ("py", "j2", "css", "js", "typ") for folder in ("", "[!b]*/**/"))
    # Twelve digits tell two versions of one file apart; the whole is hashed in full.
    source = {name: digest[:12] for name, digest in tree_hashes(paths.PACKAGE, patterns).items()}
    return {
        "data": tree_hashes(paths.DATA, ("datapackage.json", "evidence/*.csv", "tables/*.csv")),
        "package": {"version": __version__, "sha256": digest_of(source), "files": source},
        "libraries": libraries(),
        "python": platform.python_version(),
        "platform": f"{sys.platform}-{platform.machine()}",
    }


def libraries() -> dict[str, str]:
    """List the versions of the libraries that count, as they are installed now.

    Returns
    -------
    dict of str to str
        Version by name.
    """
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def digest_of(data: object) -> str:
    """Return the SHA-256 of plain data, whatever the order of its keys.

    Parameters
    ----------
    data : object
        What JSON can hold.

    Returns
    -------
    str
        Hexadecimal digest.
    """
    return digest(json.dumps(data, sort_keys=True, ensure_ascii=False).encode())


def surroundings_digest() -> str:
    """Hash data, package and libraries in one.

    Returns
    -------
    str
        SHA-256.
    """
    return digest_of(surroundings())


def ingredients(
    notebook_hash: str, parameters: Mapping[str, Any], watched: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """List everything a report depends on.

    Parameters
    ----------
    notebook_hash : str
        From `lpo_analysis.reporting.library.source_hash`.
    parameters : mapping of str to object
        All parameters, defaults included.
    watched : mapping of str to str, optional
        SHA-256 of further files.

    Returns
    -------
    dict
        Keys notebook_sha256, parameters, inputs, and those of `surroundings`.
    """
    return {
        "notebook_sha256": notebook_hash,
        "parameters": dict(parameters),
        "inputs": dict(watched or {}),
        **surroundings(),
    }


def fingerprint(due: Mapping[str, Any]) -> str:
    """Hash everything a report depends on.

    Parameters
    ----------
    due : mapping
        From `ingredients`.

    Returns
    -------
    str
        SHA-256; two runs with the same one give the same bytes.
    """
    parts = {k: v for k, v in due.items() if k in ("notebook_sha256", "parameters", "inputs")}
    return digest((json.dumps(parts, sort_keys=True, ensure_ascii=False) + surroundings_digest()).encode())


def change(made: Mapping[str, Any], due: Mapping[str, Any]) -> str:
    """Say what differs between what a report was made from and what it would be made from now.

    Parameters
    ----------
    made : mapping
        Content of its ``run.json``.
    due : mapping
        From `ingredients`.

    Returns
    -------
    str
        The first few differences, such as ``data/evidence/observations.csv changed``.
    """
    found: list[str] = []
    if made["notebook"]["sha256"] != due["notebook_sha256"]:
        found.append("the notebook changed")
    if made["parameters"] != due["parameters"]:
        found.append("the parameters changed")
    found += _differences(made["inputs"], due["inputs"], "")
    found += _differences(made["data"], due["data"], "data/")
    found += _differences(made["package"]["files"], due["package"]["files"], "lpo_analysis/")
    for name, new in due["libraries"].items():
        if (old := made["libraries"].get(name)) != new:
            found.append(f"{name} {old} became {new}")
    for name in ("python", "platform"):
        if made[name] != due[name]:
            found.append(f"{name} {made[name]} became {due[name]}")
    if not found:
        return "made by another version of the kit"
    return ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")


def edited() -> str:
    """Say what of data and package has changed since this process described them first.

    Returns
    -------
    str
        Such as ``lpo_analysis/savings/costs.py changed``; empty if nothing has.
    """
    before = surroundings()
    try:
        stamp = _stamp()
        if stamp in _as_described:
            return ""
        now = _described()
    except OSError as error:
        return f"{Path(str(error.filename)).name} went away"
    found = _differences(before["data"], now["data"], "data/")
    found += _differences(before["package"]["files"], now["package"]["files"], "lpo_analysis/")
    if not found:
        _as_described.add(stamp)
    return ", ".join(found[:3])


def _differences(old: Mapping[str, str], new: Mapping[str, str], prefix: str) -> list[str]:
    words = {True: "is new", False: "changed"}
    found = [f"{prefix}{name} {words[name not in old]}" for name, digest in new.items() if old.get(name) != digest]
    return found + [f"{prefix}{name} is gone" for name in old if name not in new]
