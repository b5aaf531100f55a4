"""Types of parameters: what a value may be, read and recorded alike everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from lpo_analysis import vocabulary
from lpo_analysis.errors import NotFoundError


def _word(
    kind: str, codes: Iterable[str] | None = None, reader: Callable[[str], str] | None = None
) -> Callable[[object], str]:
    allowed = None if codes is None else tuple(codes)

    def turn(typed: object) -> str:
        if not isinstance(typed, str):
            raise PydanticCustomError(
                "word_type", "must be text, such as {example}", {"example": _codes(kind, allowed)[0]}
            )
        try:
            return reader(typed) if reader else vocabulary.resolve(kind, typed, allowed=allowed)
        except NotFoundError as error:
            raise PydanticCustomError("word", "{text}", {"text": str(error)}) from None

    return turn


def _codes(kind: str, allowed: Iterable[str] | None = None) -> list[str]:
    return list(allowed) if allowed is not None else vocabulary.codes_of(kind)


def word(kind: str, codes: Iterable[str] | None = None, *, reader: Callable[[str], str] | None = None) -> Any:
    """Return a pydantic type for one code of the vocabulary, accepting labels and aliases.

    Parameters
    ----------
    kind : str
        Part of the vocabulary, see `lpo_analysis.vocabulary.resolve`.
    codes : iterable of str, optional
        The codes allowed, where not all of the kind are.
    reader : callable, optional
        Turns what was typed into a code in place of `resolve`, where a message of its own helps more; raises NotFoundError.

    Returns
    -------
    type
        For use as an annotation.
    """
    listed = _codes(kind, codes)
    return Annotated[
        str, BeforeValidator(_word(kind, codes, reader)), Field(json_schema_extra={"allowed": list(listed)})
    ]


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
