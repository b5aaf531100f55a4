"""Parameter models of reports: one definition for the notebook, the runner, the shell and the documentation.

A domain derives its model from `ReportParameters`; the notebook names it in its metadata, and both the notebook's first
cell and the runner (before any kernel starts) validate with it.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType, NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, Self, Union, get_args, get_origin

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, Strict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from lpo_analysis import vocabulary
from lpo_analysis.errors import NotFoundError, ParameterError, choices


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
        return f"{kind}, sha256 {hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]}"
    except OSError as error:
        raise NotFoundError(f"Your {kind} file cannot be read ({error.strerror}).") from None


Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Whole = Annotated[int, Strict()]
Seed = Annotated[int, Strict(), Field(ge=0, le=2**32 - 1)]
Level = Annotated[float, Strict(), Field(ge=0.5, le=0.999)]
Range = Annotated[list[float], BeforeValidator(_pair)]
"""Two numbers, read as the 5% and 95% quantiles of what is not known exactly."""


class ReportParameters(BaseModel):
    """Base of the parameter model of a report.

    Derive from it, give every field a default and a description, and override the hooks that apply.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True)

    report: ClassVar[str] = ""
    """Name of the notebook the model belongs to."""
    coverage_title: ClassVar[str] = "What the evidence covers"
    """Heading of the table that `coverage` returns."""

    @classmethod
    def coverage(cls) -> pd.DataFrame | None:
        """Return a table of what the evidence covers, or None where that does not apply."""
        return None

    def check_evidence(self) -> None:
        """Raise `NoEvidenceError` where the question is well put but nothing on file bears an answer."""

    @classmethod
    def prime(cls) -> None:
        """Compute what every report of this kind shares, so that a batch does it once; nothing by default."""

    def __hash__(self) -> int:
        """Hash by value, lists included, so that what was computed for a question can be kept."""
        return hash(self.model_dump_json())

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Self:
        """Validate values by name.

        Parameters
        ----------
        values : mapping of str to object
            Parameters; what is missing takes its default.

        Returns
        -------
        ReportParameters
            The validated, frozen parameters.

        Raises
        ------
        ParameterError
            Naming every parameter that is unknown, of the wrong type or out of range.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise ParameterError(_explain(cls, error)) from None

    @classmethod
    def from_namespace(cls, namespace: Mapping[str, object]) -> Self:
        """Validate what a notebook's parameter cells have assigned.

        Parameters
        ----------
        namespace : mapping of str to object
            ``globals()`` of the notebook. What papermill injected stands there too, so a name it does not know is found.

        Returns
        -------
        ReportParameters
            The validated, frozen parameters.

        Raises
        ------
        ParameterError
            As `from_mapping`.
        NoEvidenceError
            From `check_evidence`.
        """
        names = _assigned(namespace, set(cls.model_fields))
        parameters = cls.from_mapping({name: namespace[name] for name in names})
        parameters.check_evidence()
        return parameters

    def changed(self) -> dict[str, Any]:
        """Return the parameters that differ from their defaults.

        Returns
        -------
        dict
            Values by name, in the order of the model.
        """
        default = dict(type(self)())
        return {name: value for name, value in self if not _same(value, default[name])}

    @classmethod
    def own_files(cls) -> tuple[str, ...]:
        """Return the names of the parameters that hold the path of a researcher's own file."""
        extras = {name: field.json_schema_extra for name, field in cls.model_fields.items()}
        return tuple(name for name, extra in extras.items() if isinstance(extra, dict) and "own_file" in extra)

    def table(self) -> pd.DataFrame:
        """Return the parameters as a frame for the report.

        Returns
        -------
        pandas.DataFrame
            Columns parameter, value, default, meaning; one row a parameter.
        """
        default, recorded = dict(type(self)()), self.model_dump()
        rows = [
            (name, shown(recorded[name] or "-" if name in self.own_files() else value), "" if _same(value, default[name]) else "-" if name in self.own_files() else shown(default[name]),
             type(self).model_fields[name].description or "")
            for name, value in self
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["parameter", "value", "default", "meaning"])


def _same(one: object, other: object) -> bool:
    """Tell whether two values are alike to a notebook, for which 1, 1.0 and True are three values."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    return one == other


def shown(value: object) -> str:
    """Return a parameter value as a reader sees it.

    Parameters
    ----------
    value : object
        A parameter value.

    Returns
    -------
    str
        Lists joined by commas, an empty one as ``-``.
    """
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value) if value else "-"
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
        rows.append((name, _type_name(field), shown(field.default), _allowed(field), field.description or ""))
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
    if any(isinstance(meta, BeforeValidator) and meta.func is _pair for meta in field.metadata):
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


def _allowed(field: FieldInfo) -> str:
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


_WORDS = {
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": 'must be a mapping, such as {{"key": 1}}',
    "none_required": "must be None",
    "finite_number": "must be a finite number",
    "literal_error": "must be one of {expected}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "too_short": "must not be empty",
}


def _explain(model: type[ReportParameters], error: ValidationError) -> str:
    lines = []
    for item in error.errors(include_url=False):
        name = str(item["loc"][0]) if item["loc"] else ""
        got = item.get("input")
        context: dict[str, Any] = dict(item.get("ctx") or {})
        if item["type"] == "extra_forbidden":
            lines.append(f"unknown parameter {name!r}. {choices(name, model.model_fields, limit=40)}")
        elif item["type"] in ("word", "rule"):
            lines.append(f"{name}: {item['msg']}" if name else item["msg"])
        else:
            # Only the templates here have places to fill; a brace in a finished message is just a brace.
            rule = _WORDS[item["type"]].format(**context) if item["type"] in _WORDS else item["msg"]
            field = model.model_fields.get(name)
            allowed = _allowed(field) if field is not None else ""
            tail = f" (allowed: {allowed})" if allowed and "must be one of" not in rule else ""
            # The path of an own file would stand in the log of a batch.
            lines.append(f"{name}: {rule}{tail}" + ("" if name in model.own_files() else f", got {_brief(got)}"))
    if len(lines) == 1:
        return lines[0]
    heads = {line.partition(":")[0] for line in lines}
    told = f"{len(heads)} parameters are wrong" if len(heads) > 1 else f"{heads.pop()} is wrong in {len(lines)} places"
    return f"{told}:\n  " + "\n  ".join(lines)


def _brief(value: object) -> str:
    try:
        text = repr(value)
    except RecursionError:
        return f"a {type(value).__name__} nested without end"
    return text if len(text) <= 200 else f"{text[:190]}... ({len(text)} characters)"


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


def _literal_names(source: str) -> list[str] | None:
    """Return the names a cell assigns if it only assigns literals, else None."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            target, value = node.target, node.value
        else:
            return None
        try:
            ast.literal_eval(value)
        except (ValueError, TypeError):
            return None
        names.append(target.id)
    return names


def _assigned(namespace: Mapping[str, object], fields: set[str]) -> list[str]:
    """Find the names that the notebook's parameter cells assigned.

    In a notebook the input history tells: the last run of cells that only assign literals and set at least one field.
    That way a second Run All does not mistake the report's own variables for parameters.
    """
    history = namespace.get("In")
    if isinstance(history, list) and history:
        cells = [_literal_names(str(source)) for source in history[:-1]]
        anchors = [i for i, names in enumerate(cells) if names and fields & set(names)]
        if anchors:
            start = stop = anchors[-1]
            while start > 0 and cells[start - 1] is not None:
                start -= 1
            while stop + 1 < len(cells) and cells[stop + 1] is not None:
                stop += 1
            found = [name for names in cells[start : stop + 1] for name in names or [] if name in namespace]
            return list(dict.fromkeys(found))
    return [
        name
        for name, value in namespace.items()
        if not name.startswith("_")
        and name not in ("In", "Out", "exit", "quit", "get_ipython", "open")
        and not isinstance(value, ModuleType | FunctionType | type)
    ]
