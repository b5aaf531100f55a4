"""The base of every report's parameter model."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.parameters.synthetic import tell
from lpo_analysis.parameters.text import allowed_in_words, shown

if TYPE_CHECKING:
    import pandas as pd


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
        """Validate what a notebook's parameter cells have assigned, and say in the notebook where an own file is synthetic example data.

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
        tell(parameters.recorded_own())
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

    def recorded_own(self) -> dict[str, str]:
        """Return what is recorded of own files: kind and hash by parameter; empty text for none."""
        return {name: str(value) for name, value in self.model_dump(include=set(self.own_files())).items()}

    def without_own_files(self) -> Self:
        """Return the same parameters without own files: the question that others may share, and that is looked up without reading them."""
        return self.model_copy(update=dict.fromkeys(self.own_files(), ""))

    def with_changes(self, **changes: object) -> Self:
        """Ask the same question, without own files, with some parameters changed.

        Parameters
        ----------
        **changes : object
            Parameters by name.

        Returns
        -------
        ReportParameters
            Validated.

        Raises
        ------
        ParameterError
            If the combination is not allowed.
        """
        return self.from_mapping({**dict(self.without_own_files()), **changes})

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
        import pandas as pd

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
            allowed = allowed_in_words(field) if field is not None else ""
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


def literal_names(source: str) -> list[str] | None:
    """Return the names that a cell assigns.

    Parameters
    ----------
    source : str
        The cell.

    Returns
    -------
    list of str or None
        In order; None if it does anything but assign literals.
    """
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
        cells = [literal_names(str(source)) for source in history[:-1]]
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
