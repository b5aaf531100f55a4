"""A researcher's own files as parameters: read from where they are, recorded by what they hold."""

from __future__ import annotations

import glob
import hashlib
import os
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from lpo_analysis.errors import NotFoundError
from lpo_analysis.parameters.synthetic import is_synthetic
from lpo_analysis.wording import SYNTHETIC

_RELATIVE = "relative paths start in the working folder"


def own_file(kind: str, *, several: bool = False) -> Any:
    """Return a pydantic type for the path of a researcher's own file; empty for none.

    The path is for reading only: what is recorded of it, wherever a model is dumped, is the kind and a hash of the content; and
    neither the text of a model nor a message of it tells the path.

    Parameters
    ----------
    kind : str
        What the file holds, such as ``survey``.
    several : bool, default False
        Whether it may be a folder or a pattern, too, and then stands for all files there.

    Returns
    -------
    type
        For use as an annotation.
    """
    extra: dict[str, Any] = {"own_file": kind}
    return Annotated[
        str,
        BeforeValidator(partial(_existing, several=several)),
        PlainSerializer(partial(recorded_file, kind)),
        Field(repr=False, json_schema_extra=extra),
    ]


def _existing(path: object, *, several: bool) -> str:
    if not isinstance(path, str):
        raise PydanticCustomError("own_file", "must be the path of a file, as text")
    if not path or Path(path).is_file():
        return path
    if not several:
        raise PydanticCustomError("own_file", f"there is no file of this name ({_RELATIVE})")
    if not files_at(path):
        what = "holds no files" if Path(path).is_dir() else "means no file"
        raise PydanticCustomError("own_file", f"the path {what}: name a file, a folder or a pattern ({_RELATIVE})")
    return path


def files_at(path: str | Path) -> list[Path]:
    """List the files that a path means.

    Parameters
    ----------
    path : str or Path
        A file, a folder, or a pattern such as ``bills/2024-*.txt``.

    Returns
    -------
    list of Path
        Files in the order of their paths; hidden ones in a folder are left out, and none where the path means none.
    """
    text = os.fspath(path)
    at = Path(text)
    if at.is_file():
        return [at]
    if at.is_dir():
        listed = [entry for entry in at.iterdir() if not entry.name.startswith(".")]
    else:
        listed = [Path(name) for name in glob.glob(text, recursive=True)] if glob.has_magic(text) else []
    return sorted(entry for entry in listed if entry.is_file())


def recorded_file(kind: str, path: str) -> str:
    """Return what is recorded of a researcher's own file, or of all files that a path means.

    Parameters
    ----------
    kind : str
        What it holds.
    path : str
        Where it is; empty for none.

    Returns
    -------
    str
        Kind and hash of the content, the number of files before it where a path means several, and that the data are synthetic where
        one is an example shipped with the kit; empty for none.

    Raises
    ------
    NotFoundError
        If it cannot be read; the path is not told.
    """
    if not path:
        return ""
    try:
        files = files_at(path) or [Path(path)]
        made = [digest(file) for file in files]
        marked = any(is_synthetic(file, sha256=sha) for file, sha in zip(files, made, strict=True))
        return recorded(kind, made, single=Path(path).is_file(), synthetic=marked)
    except OSError as error:
        raise NotFoundError(f"Your {kind} file cannot be read ({error.strerror}).") from None


def recorded(kind: str, digests: list[str], *, single: bool, synthetic: bool = False) -> str:
    """Return what is recorded of the content of own files.

    Parameters
    ----------
    kind : str
        What they hold.
    digests : list of str
        SHA-256 of each, in the order of their paths.
    single : bool
        Whether the path is that of one file.
    synthetic : bool, default False
        Whether one of them is an example shipped with the kit.

    Returns
    -------
    str
        Kind and hash; see `lpo_analysis.parameters.synthetic.synthetic_kinds` for how the mark is found again.
    """
    marked = f"{kind}, {SYNTHETIC}" if synthetic else kind
    if single:
        return f"{marked}, sha256 {digests[0][:16]}"
    whole = hashlib.sha256("".join(digests).encode()).hexdigest()
    return f"{marked}, {len(digests)} file{'s' if len(digests) > 1 else ''}, sha256 {whole[:16]}"


def digest(path: Path) -> str:
    """Return the hash of a file of any size.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
