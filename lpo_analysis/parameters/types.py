"""Types of parameters: what a value may be, read and recorded alike everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, Strict
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from lpo_analysis import vocabulary
from lpo_analysis.errors import NotFoundError


def _word(kind: str, codes: Iterable[str] | None = None) -> Callable[[object], str]:
    allowed = None if codes is None else tuple(codes)

    def turn(typed: object) -> str:
        if not isinstance(typed, str):
            raise PydanticCustomError(
                "word_type", "must be text, such as {example}", {"example": _codes(kind, allowed)[0]}
            )
        try:
            return vocabulary.resolve(kind, typed, allowed=allowed)
        except NotFoundError as error:
            raise PydanticCustomError("word", "{text}", {"text": str(error)}) from None

    return turn


def _codes(kind: str, allowed: Iterable[str] | None = None) -> list[str]:
    return list(allowed) if allowed is not None else vocabulary.codes_of(kind)


def word(kind: str, codes: Iterable[str] | None = None) -> Any:
    """Return a pydantic type for one code of the vocabulary, accepting labels and aliases.

    Parameters
    ----------
    kind : str
        Part of the vocabulary, see `lpo_analysis.vocabulary.resolve`.
    codes : iterable of str, optional
        The codes allowed, where not all of the kind are.

    Returns
    -------
    type
        For use as an annotation.
    """
    listed = _codes(kind, codes)
    return Annotated[str, BeforeValidator(_word(kind, codes)), Field(json_schema_extra={"allowed": list(listed)})]


def _pair(value: object) -> object:
    if isinstance(value, tuple):
        value = list(value)
    if not isinstance(value, list) or len(value) != 2:
        raise PydanticCustomError("pair", "must be two numbers, low and high, such as [0.02, 0.10]")
    low, high = value
    if not all(isinstance(item, int | float) and not isinstance(item, bool) for item in value):
        raise PydanticCustomError("pair", "must be two numbers, low and high, such as [0.02, 0.10]")
    if not all(abs(item) < 1e300 for item in value):
        raise PydanticCustomError("pair", "must be two finite numbers, low and high")
    if not low <= high:
        raise PydanticCustomError("pair", "its low end {low} is above its high end {high}", {"low": low, "high": high})
    return [float(low), float(high)]


def own_file(kind: str) -> Any:
    """Return a pydantic type for the path of a researcher's own file; empty for none.

    The path is for reading only: what is recorded of it, wherever a model is dumped, is the kind and a hash of the content; and
    neither the text of a model nor a message of it tells the path.

    Parameters
    ----------
    kind : str
        What the file holds, such as ``survey``.

    Returns
    -------
    type
        For use as an annotation.
    """
    extra: dict[str, Any] = {"own_file": kind}
    return Annotated[
        str,
        BeforeValidator(_existing),
        PlainSerializer(partial(recorded_file, kind)),
        Field(repr=False, json_schema_extra=extra),
    ]


def _existing(path: object) -> str:
    if not isinstance(path, str):
        raise PydanticCustomError("own_file", "must be the path of a file, as text")
    if path and not Path(path).is_file():
        raise PydanticCustomError(
            "own_file", "there is no file of this name (relative paths start in the working folder)"
        )
    return path


def recorded_file(kind: str, path: str) -> str:
    """Return what is recorded of a researcher's own file.

    Parameters
    ----------
    kind : str
        What it holds.
    path : str
        Where it is; empty for none.

    Returns
    -------
    str
        Kind and hash of the content; empty for none.

    Raises
    ------
    NotFoundError
        If it cannot be read; the path is not told.
    """
    if not path:
        return ""
    try:
        return recorded_content(kind, Path(path).read_bytes())
    except OSError as error:
        raise NotFoundError(f"Your {kind} file cannot be read ({error.strerror}).") from None


def recorded_content(kind: str, content: bytes) -> str:
    """Return what is recorded of the content of a researcher's own file.

    Parameters
    ----------
    kind : str
        What it holds.
    content : bytes
        All of it.

    Returns
    -------
    str
        Kind and hash.
    """
    return f"{kind}, sha256 {hashlib.sha256(content).hexdigest()[:16]}"


def rule(text: str) -> PydanticCustomError:
    """Return the error a model validator raises for a rule between parameters.

    Parameters
    ----------
    text : str
        The whole sentence, naming the parameters.

    Returns
    -------
    PydanticCustomError
        To be raised.
    """
    return PydanticCustomError("rule", "{text}", {"text": text})


Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Whole = Annotated[int, Strict()]
Seed = Annotated[int, Strict(), Field(ge=0, le=2**32 - 1)]
Level = Annotated[float, Strict(), Field(ge=0.5, le=0.999)]
Range = Annotated[list[float], BeforeValidator(_pair)]
"""Two numbers, read as the 5% and 95% quantiles of what is not known exactly."""


def is_range(field: FieldInfo) -> bool:
    """Say whether a field of a parameter model is a `Range`.

    Parameters
    ----------
    field : FieldInfo
        The field.

    Returns
    -------
    bool
        True for a pair of numbers.
    """
    return any(isinstance(meta, BeforeValidator) and meta.func is _pair for meta in field.metadata)
