"""Parameter models in words, and words as parameters: what the shell reads and shows."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from lpo_analysis.errors import ParameterError
from lpo_analysis.parameters.types import is_range

if TYPE_CHECKING:
    import pandas as pd

    from lpo_analysis.parameters.model import ReportParameters


def shown(value: object) -> str:
    """Return a parameter value as a reader sees it.

    Parameters
    ----------
    value : object
        A parameter value.

    Returns
    -------
    str
        Lists joined by commas, by semicolons where an item has a comma of its own; an empty one as ``-``.
    """
    if isinstance(value, list | tuple):
        # Thousands have commas of their own.
        items = [shown(item) for item in value]
        return ("; " if any("," in item for item in items) else ", ").join(items) or "-"
    if isinstance(value, float):
        return f"{value:,.10g}"
    return str(value)


def describe(model: type[ReportParameters]) -> pd.DataFrame:
    """Describe a parameter model.

    Parameters
    ----------
    model : type of ReportParameters
        The model.

    Returns
    -------
    pandas.DataFrame
        Columns parameter, type, default, allowed, meaning.
    """
    rows = []
    for name, field in model.model_fields.items():
        rows.append((name, _type_name(field), shown(field.default), allowed_in_words(field), field.description or ""))
    import pandas as pd

    return pd.DataFrame(rows, columns=["parameter", "type", "default", "allowed", "meaning"])


def parse_text(model: type[ReportParameters], values: Mapping[str, str]) -> dict[str, object]:
    """Turn ``key=value`` texts of a command line into typed values.

    Parameters
    ----------
    model : type of ReportParameters
        Decides how a text is read: lists by their commas, mappings and what may be anything as JSON.
    values : mapping of str to str
        Texts by name.

    Returns
    -------
    dict
        Values; what cannot be read as its type says stays text, and validation judges it.

    Raises
    ------
    ParameterError
        If a mapping was begun whose default is one, but the text is no JSON; as text it would pass for any value.
    """
    parsed: dict[str, object] = {}
    for name, text in values.items():
        field = model.model_fields.get(name)
        if field is None:
            parsed[name] = _literal(text)
        elif isinstance(field.default, str) and text == field.default:
            parsed[name] = text
        elif field.annotation is Any and isinstance(field.default, list):
            parsed[name] = _read(list[Any], text)
        else:
            parsed[name] = _read(field.annotation, text)
            begun = isinstance(parsed[name], str) and text.strip().startswith("{")
            if begun and field.annotation is Any and isinstance(field.default, dict):
                raise ParameterError(f"{name}: {text!r} is no JSON.", remedy=f"Write -p '{name}={{\"key\": 1}}'.")
    return parsed


def _literal(text: str) -> object:
    text = text.strip()
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _read(annotation: object, text: str) -> object:
    """Read a text of the command line as a type says."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _read(arguments[0], text)
    if annotation is str or (origin is Literal and text in arguments):
        return text
    if origin in (list, tuple):
        return _items(arguments, text)
    if origin in (Union, UnionType):
        kinds = [kind for kind in arguments if kind is not NoneType]
        if len(kinds) == 1 and text.strip() not in ("null", "None"):
            return _read(kinds[0], text)
    elif annotation is not Any and annotation is not NoneType and origin is not dict:
        return _literal(text)
    return _json(text)


def _items(kinds: tuple[Any, ...], text: str) -> object:
    text = text.strip()
    first = get_args(kinds[0])[0] if get_origin(kinds[0]) is Annotated else kinds[0]
    # Commas stand inside the items of a list of mappings, so the whole is tried as JSON before it is split.
    bare = f"[{text}]" if first is Any or text.startswith("{") else ""
    for whole in (text, bare):
        found = _json(whole) if whole.startswith("[") else whole
        if not isinstance(found, str):
            return found
    # As many kinds as items in a tuple of fixed length, else one for all; an item too many is for validation to judge.
    single = len(kinds) == 1 or Ellipsis in kinds
    parts = [part.strip() for part in text.strip("[]").split(",") if part.strip()]
    return [_read(kinds[0] if single else kinds[min(n, len(kinds) - 1)], part) for n, part in enumerate(parts)]


def _json(text: str) -> object:
    """Read JSON, or the same as Python writes it; anything else is text."""
    stripped = text.strip()
    if stripped in ("True", "False", "None"):
        return {"True": True, "False": False, "None": None}[stripped]
    try:
        return json.loads(stripped, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        pass
    if stripped[:1] in ("{", "["):
        try:
            return ast.literal_eval(stripped)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            pass
    return text


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is no JSON")


def type_in_words(annotation: object) -> str:
    """Say in words what a type takes.

    Parameters
    ----------
    annotation : object
        A type as it stands in a parameter model.

    Returns
    -------
    str
        Such as ``list of whole number``.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_in_words(arguments[0])
    if origin in (Union, UnionType):
        return " or ".join(type_in_words(kind) for kind in arguments)
    if origin is tuple and Ellipsis not in arguments:
        return f"list of {len(arguments)}: {', '.join(type_in_words(kind) for kind in arguments)}"
    if origin in (list, tuple):
        inner = type_in_words(arguments[0])
        return "list" if inner == _ANYTHING else f"list of {inner}"
    if origin is dict:
        inner = type_in_words(arguments[1])
        return "mapping" if inner == _ANYTHING else f"mapping to {inner}"
    if origin is Literal:
        return "choice"
    if annotation is Any:
        return _ANYTHING
    names: dict[object, str] = {float: "number", int: "whole number", bool: "true or false", NoneType: "None"}
    return names.get(annotation, "text")


_ANYTHING = "any JSON value"


def _type_name(field: FieldInfo) -> str:
    if is_range(field):
        return "low, high"
    return type_in_words(field.annotation)


def _choices(annotation: object) -> tuple[Any, ...]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return arguments
    if origin in (Annotated, list):
        return _choices(arguments[0])
    if origin in (Union, UnionType):
        return tuple(choice for kind in arguments for choice in _choices(kind))
    return ()


def allowed_in_words(field: FieldInfo) -> str:
    """Say in words which values a field takes.

    Parameters
    ----------
    field : FieldInfo
        A field of a parameter model.

    Returns
    -------
    str
        Codes or bounds; empty where the type says all.
    """
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "allowed" in extra:
        listed = [str(item) for item in extra["allowed"]]  # type: ignore[union-attr]
        return ", ".join(listed) if len(listed) <= 15 else f"{', '.join(listed[:3])} ... ({len(listed)} codes)"
    listed = [str(item) for item in _choices(field.annotation)]
    if listed:
        return ", ".join(listed)
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    bounds = [
        f"{sign} {shown(getattr(meta, key))}"
        for meta in field.metadata
        for key, sign in signs.items()
        if hasattr(meta, key)
    ]
    return ", ".join(bounds)
