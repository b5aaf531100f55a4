"""Parameter models for notebooks that name none: read from the cells tagged ``parameters``, which are parsed and never run."""

from __future__ import annotations

import ast
import datetime
import inspect
import io
import json
import keyword
import math
import re
import tokenize
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, Union, cast

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    TypeAdapter,
    ValidationError,
    WrapValidator,
    create_model,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from lpo_analysis.errors import LpoError, NotebookError, ParameterError
from lpo_analysis.parameters import Number, ReportParameters, Whole, type_in_words
from lpo_analysis.parameters.model import literal_names
from lpo_analysis.reporting import commands


class Source(str):
    """Text of a default that only running the notebook can tell, such as ``date.today()``.

    As a value it says that the notebook's own default holds, so it is never injected; given as text, it says the same.
    """

    __slots__ = ()


class InferredParameters(ReportParameters):
    """Base of the models that `infer` makes."""

    # There is no class body with docstrings to look for, and a parameter may well be called model_name.
    model_config = ConfigDict(use_attribute_docstrings=False, protected_namespaces=())


def infer(notebook: Mapping[str, Any], *, where: str) -> type[ReportParameters]:
    """Make a parameter model from what the tagged cells of a notebook assign.

    Every ``name = default`` at the top level is a parameter, unless the name begins with an underscore; of several for one name the last
    holds. The type comes from the annotation (or papermill's ``# type:`` comment), else from the default; the meaning is the comment
    behind the assignment, else above it.

    Parameters
    ----------
    notebook : mapping of str to object
        The notebook as plain data.
    where : str
        Its file name, for messages and the name of the report.

    Returns
    -------
    type of ReportParameters
        The model. A default that is an expression stands in it as `Source`.

    Raises
    ------
    NotebookError
        If the notebook or a tagged cell is not Python, a default contradicts its annotation, a name cannot be a parameter's, or a
        tagged cell would undo what papermill injects.
    """
    _check_language(notebook, where)
    reader = _Reader(where)
    with warnings.catch_warnings():
        # Of an odd escape in a cell, and of a parameter named as a method is: _Kept sees to that.
        warnings.simplefilter("ignore")
        for index, cell in enumerate(notebook["cells"]):
            if cell.get("cell_type") == "code" and "parameters" in _tags(cell):
                reader.read(index, cell.get("source", ""))
        found = reader.found
        _check_names(found)
        _check_order(notebook, found)
        fields: dict[str, Any] = {
            name: (_kind(item), Field(default=item.default, description=item.meaning or None))
            for name, item in found.items()
        }
        model = create_model("Parameters", __base__=InferredParameters, __module__=__name__, **fields)
    model.__doc__ = f"Parameters of {where}, as its tagged cells assign them."
    model.report = Path(where).stem
    for name in found:
        if name in dir(ReportParameters):
            setattr(model, name, _Kept(inspect.getattr_static(model, name)))
    _check_defaults(model, found)
    return model


def from_namespace(namespace: Mapping[str, object], *, report: str = "this notebook") -> ReportParameters:
    """Validate the parameters of the notebook one is in, which names no model.

    Parameters
    ----------
    namespace : mapping of str to object
        ``globals()``. The input history in it tells the cell of parameters: the last one that only assigns literals, or the first of several
        in a row, for papermill puts what it injects behind it.
    report : str, optional
        Name of the notebook, for messages.

    Returns
    -------
    ReportParameters
        The validated, frozen parameters, with types and meanings from the cell, as `infer` reads them.

    Raises
    ------
    NotebookError
        If no cell of parameters was run before this one.
    ParameterError
        Naming every parameter that is unknown or of the wrong type.
    """
    history = namespace.get("In")
    cells = [str(source) for source in history[:-1]] if isinstance(history, list) else []
    named = [bool(literal_names(source)) for source in cells]
    if not any(named):
        # Some runners, nbval among them, store no history.
        made = _of_folder(namespace, Path.cwd())
        if made is not None:
            return made.from_namespace(namespace)
        raise NotebookError(
            "has run no cell that sets parameters.",
            where=report,
            remedy="Run the cell tagged 'parameters' just before this one.",
        )
    at = len(named) - 1 - named[::-1].index(True)
    while at > 0 and named[at - 1]:
        at -= 1
    cell = {"cell_type": "code", "source": cells[at], "metadata": {"tags": ["parameters"]}}
    return infer({"cells": [cell]}, where=report).from_namespace(namespace)


def _of_folder(namespace: Mapping[str, object], folder: Path) -> type[ReportParameters] | None:
    """Find the notebook of a folder whose defaults stand in the namespace; the one with most of them, should there be several."""
    found = []
    for path in sorted(folder.glob("*.ipynb")):
        try:
            made = infer(json.loads(path.read_text(encoding="utf-8")), where=path.name)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, LpoError):
            continue  # other notebooks may be anything
        defaults = made().model_dump()
        if defaults and all(name in namespace and namespace[name] == value for name, value in defaults.items()):
            found.append(made)
    return max(found, key=lambda made: len(made.model_fields), default=None)


@dataclass
class _Parameter:
    index: int
    where: str
    default: object
    annotated: Any
    meaning: str


class _Kept:
    """Keep what the model itself has under the name of a parameter: ``report`` and ``table`` are good names."""

    def __init__(self, kept: Any) -> None:
        self.kept = kept

    def __get__(self, instance: object, owner: type) -> Any:
        return self.kept.__get__(instance, owner) if hasattr(self.kept, "__get__") else self.kept

    def __set__(self, instance: object, value: object) -> None:
        # That there is a setter is what puts this before the value that the instance holds under the name.
        raise AttributeError("Parameters are frozen.")


# Checks of the notebook


def _tags(cell: Mapping[str, Any]) -> Sequence[str]:
    return cell.get("metadata", {}).get("tags", ())


def _check_language(notebook: Mapping[str, Any], where: str) -> None:
    metadata = notebook.get("metadata", {})
    for part, key in (("kernelspec", "language"), ("language_info", "name")):
        block = metadata.get(part)
        language = block.get(key) if isinstance(block, dict) else None
        if isinstance(language, str) and language and "python" not in language.casefold():
            raise NotebookError(
                f"is a notebook in {language}.", where=where,
                remedy="Notebooks of one's own must be Python ones here; the `papermill` command runs others.",
            )  # fmt: skip


def _check_names(found: Mapping[str, _Parameter]) -> None:
    for name, item in found.items():
        if name.startswith("model_") and hasattr(ReportParameters, name):
            raise NotebookError(
                f"no parameter can be called {name}, which every parameter model has.", where=item.where,
                remedy="Rename it.",
            )  # fmt: skip


def _check_order(notebook: Mapping[str, Any], found: Mapping[str, _Parameter]) -> None:
    """Refuse a cell that runs after the values given are set: it would silently put the defaults back."""
    tagged = [
        next((index for index, cell in enumerate(notebook["cells"]) if tag in _tags(cell)), None)
        for tag in ("injected-parameters", "parameters")
    ]
    # Papermill replaces an injected cell, and else puts one behind the first tagged cell.
    injected = next((index for index in tagged if index is not None), None)
    late = {name: item for name, item in found.items() if injected is not None and item.index > injected}
    if late:
        raise NotebookError(
            f"this cell sets {', '.join(late)} after the place where given values are put (after cell {(injected or 0) + 1}), "
            "and would undo them.", where=next(iter(late.values())).where,
            remedy="Keep all parameters in one cell tagged 'parameters'.",
        )  # fmt: skip


def _check_defaults(model: type[ReportParameters], found: Mapping[str, _Parameter]) -> None:
    try:
        model.model_validate({})
    except ValidationError as error:
        wrong = found[str(error.errors()[0]["loc"][0])]
    else:
        return
    try:
        model.from_mapping({})
    except ParameterError as error:
        raise NotebookError(
            f"a default is not what the annotation says: {error}.", where=wrong.where, remedy="Change one of the two."
        ) from None


# Reading a cell


class _Reader:
    """Collect the parameters of the tagged cells, one cell after the other."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.found: dict[str, _Parameter] = {}
        self.annotated: dict[str, Any] = {}

    def read(self, index: int, source: object) -> None:
        """Read one cell."""
        cell = f"{self.where}, cell {index + 1}"
        lines = "".join(source) if isinstance(source, list) and all(isinstance(x, str) for x in source) else source
        if not isinstance(lines, str):
            raise NotebookError("has no text.", where=cell)
        tree, text, shells = _parse(lines, cell)
        if name := commands.taken(lines, tree):
            raise NotebookError(
                f"IPython takes a cell of one line that begins with `{name}:` for its command %{name}, and fails.",
                where=cell, remedy=f"Put a comment on a line of its own above it, or leave the annotation of {name} out.",
            )  # fmt: skip
        behind, above = _comments(text)
        for statement in tree.body:
            meant = _meaning(statement, behind, above)
            named = set()
            for name, annotation, value in _assignments(statement):
                named.add(name)
                self._take(name, annotation, meant)
                if value is not None:
                    before = self.found.get(name)
                    known = _default(value, text, shells)
                    meaning = self._without_type(meant) or (before.meaning if before else "")
                    place = f"{cell}, line {statement.lineno}"
                    self.found[name] = _Parameter(index, place, known, None, meaning)
            for name in _touched(statement) - named:
                if name in self.found:
                    # What a loop, a condition or += made of the default is known only to the notebook.
                    self.found[name].default = Source((ast.get_source_segment(text, statement) or name).split("\n")[0])
        for name, item in self.found.items():
            item.annotated = self.annotated.get(name)

    def _take(self, name: str, annotation: ast.expr | None, meant: str) -> None:
        kind = None if annotation is None else _understood(annotation)
        if annotation is None and (comment := _TYPE.match(meant)):
            kind = _understood_text(comment["type"])
        if kind is not None:
            self.annotated[name] = kind

    @staticmethod
    def _without_type(meant: str) -> str:
        comment = _TYPE.match(meant)
        return comment["help"] if comment and _understood_text(comment["type"]) is not None else meant


_MAGIC = re.compile(r"\s*[%!?]|\s*[\w.]+\?{1,2}\s*$")
_SHELL = re.compile(r"(?P<name>\w+)\s*=\s*(?P<what>[%!].*)")
_ASSIGNED = re.compile(r"\s*(?!(?:else|try|finally)\s*:)(?P<name>\w+)\s*(?::[^=]*)?=(?!=)")
_UNKNOWN = "..."


def _parse(source: str, cell: str) -> tuple[ast.Module, str, dict[int, str]]:
    """Parse a cell, having blanked IPython's own lines; they are told by that Python cannot read them."""
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    shells: dict[int, str] = {}
    while True:
        text = "\n".join(lines)
        try:
            return ast.parse(text), text, shells
        except SyntaxError as error:
            line = error.lineno or 1
            # A magic may also break a line before it, such as an open bracket in a shell command.
            if not _blank(lines, line - 1, shells) and not any(_blank(lines, n, shells) for n in range(len(lines))):
                word = _ASSIGNED.match(lines[line - 1]) if line <= len(lines) else None
                if word and keyword.iskeyword(word["name"]):
                    raise NotebookError(
                        f"sets {word['name']}, which is a word of Python and can name no parameter.",
                        where=f"{cell}, line {line}", remedy="Rename it.",
                    ) from None  # fmt: skip
                raise NotebookError(
                    f"is no Python ({error.msg}).", where=f"{cell}, line {line}",
                    remedy="The cell tagged 'parameters' must be readable before it runs.",
                ) from None  # fmt: skip
        except (ValueError, RecursionError, MemoryError) as error:
            raise NotebookError(f"is no Python ({error}).", where=cell) from None


def _blank(lines: list[str], number: int, shells: dict[int, str]) -> bool:
    if number >= len(lines):
        return False
    line = lines[number]
    if shell := _SHELL.match(line):
        lines[number] = f"{shell['name']} = {_UNKNOWN}"
        shells[number + 1] = shell["what"].strip()
    elif _MAGIC.match(line):
        # The indentation stays, and a statement with it: the line may be all that an `if` has.
        lines[number] = f"{line[: len(line) - len(line.lstrip())]}pass"
    else:
        return False
    while line.rstrip().endswith("\\") and number + 1 < len(lines):
        number += 1
        line, lines[number] = lines[number], ""
    return True


def _assignments(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    pairs: list[tuple[ast.expr, ast.expr | None, ast.expr | None]] = []
    if isinstance(statement, ast.AnnAssign):
        pairs = [(statement.target, statement.annotation, statement.value)]
    elif isinstance(statement, ast.Assign):
        pairs = [
            (name, None, value) for target in statement.targets for name, value in _unpacked(target, statement.value)
        ]
    for target, annotation, value in pairs:
        if isinstance(target, ast.Name) and not target.id.startswith("_"):
            yield target.id, annotation, value


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    pairs = (ast.Tuple, ast.List)
    if isinstance(target, pairs) and isinstance(value, pairs) and len(target.elts) == len(value.elts):
        for inner, item in zip(target.elts, value.elts, strict=True):
            yield from _unpacked(inner, item)
    else:
        yield target, value


def _touched(statement: ast.stmt) -> set[str]:
    """Name what a statement may change, apart from what it plainly assigns."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    names = set()
    for node in ast.walk(statement):
        inner: ast.AST = node
        if isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(statement, ast.Expr):
            inner = node.func.value  # years.append(2024)
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            inner = node.value  # options["depth"] = 3
        elif not isinstance(node, ast.Name) or isinstance(node.ctx, ast.Load):
            continue
        while isinstance(inner, ast.Attribute | ast.Subscript):
            inner = inner.value
        if isinstance(inner, ast.Name):
            names.add(inner.id)
    return names


def _default(node: ast.expr, text: str, shells: Mapping[int, str]) -> object:
    try:
        return _plain(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, PydanticCustomError):
        # Also a literal that no parameter file can hold: bytes, a set, a complex number.
        segment = shells.get(node.lineno) or ast.get_source_segment(text, node) or ""
        return Source(segment if segment and "\n" not in segment else ast.unparse(node))


_DIRECTIVE = re.compile(
    r"(?i)(?:noqa|fmt:|ruff:|isort:|pylint:|mypy:|pyright:|pragma:|type:\s*ignore|@param|%%)|\W*$|(?:papermill |default )?parameters?\W*$"
)
_BRACKETS = r"(?:\[(?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*\])?"
_TYPE = re.compile(rf"type:\s*(?P<type>[\w.]+{_BRACKETS}(?:\s*\|\s*[\w.]+{_BRACKETS})*)\s*(?P<help>.*)", re.DOTALL)


def _comments(text: str) -> tuple[dict[int, str], dict[int, str]]:
    """Return the comments by line: those behind code, and those that have the line to themselves."""
    behind: dict[int, str] = {}
    alone: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                words = token.string.lstrip("#:").strip()
                where = behind if token.line[: token.start[1]].strip() else alone
                where[token.start[0]] = "" if _DIRECTIVE.match(words) else words
    except (tokenize.TokenError, SyntaxError):
        pass  # comments only explain; what the parser took is not refused for them
    return behind, alone


def _meaning(statement: ast.stmt, behind: Mapping[int, str], above: Mapping[int, str]) -> str:
    own = behind.get(statement.end_lineno or statement.lineno) or behind.get(statement.lineno)
    if own:
        return own
    first = statement.lineno
    while first - 1 in above:
        first -= 1
    return " ".join(filter(None, (above[line] for line in range(first, statement.lineno))))


# Types


def _plain(value: object, depth: int = 0) -> object:
    """Return a value as JSON has it, tuples as lists: papermill injects any other as text."""
    if depth > 50:
        raise PydanticCustomError("json", "must not be nested so deeply")
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("json", "must be a finite number")
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, datetime.date | datetime.time):
        raise PydanticCustomError("json", 'must be a JSON value; write a date as text, such as "2024-01-31"')
    raise PydanticCustomError("json", "must be a JSON value: text, number, true or false, list, or mapping by text")


# Types made while running, which are no types to the type checker.
_list, _tuple, _dict, _literal, _union = cast(tuple[Any, ...], (list, tuple, dict, Literal, Union))
_JSON = Annotated[Any, BeforeValidator(lambda value: _plain(value))]
_TEXT = Annotated[str, Strict()]
_FLAG = Annotated[bool, Strict()]
_MAPPING = dict[_TEXT, _JSON]
_KINDS: dict[type, Any] = {bool: _FLAG, int: Whole, float: Number, str: _TEXT, dict: _MAPPING}


def _kind(item: _Parameter) -> Any:
    """Return the type of a parameter."""
    kind, default = item.annotated, item.default
    if isinstance(default, Source):
        return Annotated[kind or _JSON, WrapValidator(partial(_or_own, default)), PlainSerializer(_as_is)]
    if kind is None:
        # An empty or mixed list and a mapping tell nothing of what else may be given.
        sure = _common(default) if isinstance(default, list) else _KINDS.get(type(default))
        return _JSON if sure is None or isinstance(default, dict) else _common([default])
    if default is None and not _takes_none(kind):
        return _either([kind, NoneType])  # `n: int = None` has long been the way to say so
    return kind


def _or_own(own: Source, value: object, inner: Callable[[object], object]) -> object:
    return own if isinstance(value, str) and value == own else inner(value)


def _as_is(value: object) -> object:
    return value


def _takes_none(kind: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(None)
    except ValidationError:
        return False
    return True


def _common(values: Sequence[object]) -> Any:
    """Return the type that takes all values, or None where they are not of one kind."""
    types = {type(value) for value in values}
    if types == {int, float}:
        return Number
    if len(types) != 1:
        return None
    (only,) = types
    if only is list:
        return _list[_common([item for value in values if isinstance(value, list) for item in value]) or _JSON]
    return _KINDS.get(only)


_BY_NAME = {
    "int": Whole, "float": Number, "str": _TEXT, "bool": _FLAG, "Any": _JSON, "None": NoneType,
    **dict.fromkeys(("list", "List", "Sequence", "tuple", "Tuple"), list[_JSON]), **dict.fromkeys(("dict", "Dict", "Mapping"), _MAPPING),
}  # fmt: skip
_NAME = re.compile(r"(?:(?:typing|typing_extensions|t|builtins|collections\.abc)\.)?(\w+)")


def _understood_text(text: str) -> Any:
    try:
        return _understood(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _understood(node: ast.expr) -> Any:
    """Return the type that an annotation means, or None where it is none that JSON can hold."""
    if isinstance(node, ast.Constant):
        return _understood_text(node.value) if isinstance(node.value, str) else NoneType if node.value is None else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _either([_understood(node.left), _understood(node.right)])
    outer = node.value if isinstance(node, ast.Subscript) else node
    named = _NAME.fullmatch(ast.unparse(outer))
    if named is None:
        return None
    if not isinstance(node, ast.Subscript):
        return _BY_NAME.get(named[1])
    arguments = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    if named[1] == "Literal":
        return _one_of(arguments)
    if named[1] == "Annotated":
        return _understood(arguments[0])
    return _generic(named[1], arguments)


def _generic(name: str, arguments: list[ast.expr]) -> Any:
    endless = len(arguments) == 2 and isinstance(arguments[1], ast.Constant) and arguments[1].value is ...
    kinds = [_understood(argument) for argument in arguments[: 1 if endless else None]]
    if not kinds or any(kind is None for kind in kinds):
        return None
    if name in ("Optional", "Union"):
        return _either([*kinds, NoneType] if name == "Optional" else kinds)
    if name in ("list", "List", "Sequence") or (name in ("tuple", "Tuple") and endless):
        return _list[kinds[0]] if len(kinds) == 1 else None
    if name in ("tuple", "Tuple"):
        # A list in the end, since papermill cannot inject a tuple.
        fixed = _tuple[tuple(kinds)]
        return Annotated[
            fixed, BeforeValidator(partial(_of_length, len(kinds))), AfterValidator(list), PlainSerializer(_as_is)
        ]
    if name in ("dict", "Dict", "Mapping") and len(kinds) == 2 and kinds[0] is _TEXT:
        return _dict[_TEXT, kinds[1]]
    return None


def _one_of(arguments: list[ast.expr]) -> Any:
    try:
        values = [ast.literal_eval(argument) for argument in arguments]
    except (ValueError, TypeError):
        return None
    if not values or not all(value is None or isinstance(value, str | int) for value in values):
        return None
    return Annotated[_literal[tuple(values)], BeforeValidator(partial(_exactly, values))]


def _exactly(values: Sequence[object], value: object) -> object:
    # Literal alone would take True and 1.0 for 1.
    if any(type(value) is type(allowed) and value == allowed for allowed in values):
        return value
    raise PydanticKnownError("literal_error", {"expected": " or ".join(map(repr, values))})


def _of_length(length: int, value: object) -> object:
    if isinstance(value, list | tuple) and len(value) != length:
        raise PydanticCustomError("length", "must be a list of {length} values", {"length": length})
    return value


def _either(kinds: Sequence[Any]) -> Any:
    if any(kind is None for kind in kinds):
        return None
    joined = _union[tuple(kinds)]
    return Annotated[joined, WrapValidator(partial(_told_once, type_in_words(joined)))]


def _told_once(words: str, value: object, inner: Callable[[object], object]) -> object:
    try:
        return inner(value)
    except ValidationError:
        # Pydantic tells of every member of the union, which reads as so many mistakes.
        raise PydanticCustomError("either", "must be {words}", {"words": words}) from None
