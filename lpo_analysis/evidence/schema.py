"""Read a CSV against its schema in ``datapackage.json`` and collect every fault, each with row, column and value."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from lpo_analysis.errors import DataError, Fault, NotFoundError, choices
from lpo_analysis.paths import DATA

Schema = Mapping[str, Any]


@cache
def package(folder: Path = DATA) -> dict[str, Any]:
    """Return the data package descriptor, read once per folder and process.

    Parameters
    ----------
    folder : Path
        Folder that holds ``datapackage.json``.

    Returns
    -------
    dict
        The descriptor.

    Raises
    ------
    DataError
        If it is missing or no JSON.
    """
    return read_package(folder)


def read_package(folder: Path) -> dict[str, Any]:
    """Read the data package descriptor.

    Parameters
    ----------
    folder : Path
        Folder that holds ``datapackage.json``.

    Returns
    -------
    dict
        The descriptor.

    Raises
    ------
    DataError
        If it is missing or no JSON.
    """
    path = folder / "datapackage.json"
    try:
        descriptor: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError([Fault(path.name, None, None, None, "does not exist in the data folder")]) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(
            [Fault(path.name, getattr(error, "lineno", None), None, None, f"is no JSON: {error}")]
        ) from None
    return descriptor


def resource(name: str, folder: Path = DATA) -> dict[str, Any]:
    """Return the description of one resource of the data package.

    Parameters
    ----------
    name : str
        Resource name, such as ``fx_annual``.
    folder : Path
        Folder that holds ``datapackage.json``.

    Returns
    -------
    dict
        Path, licence, attribution, schema.

    Raises
    ------
    NotFoundError
        If there is none of that name.
    """
    listed = {item["name"]: item for item in package(folder)["resources"]}
    if name not in listed:
        raise NotFoundError(f"There is no data table {name!r}.", remedy=choices(name, listed))
    found: dict[str, Any] = listed[name]
    return found


def read_csv(
    path: Path, schema: Schema, *, codes: Mapping[str, Collection[str]] | None = None, label: str | None = None
) -> tuple[pd.DataFrame, list[Fault]]:
    """Read a CSV file and check it against a schema.

    Parameters
    ----------
    path : Path
        The file: UTF-8, comma separated, an empty cell for a missing value.
    schema : mapping
        Frictionless table schema; a field key ``vocabulary`` names the set of codes it takes.
    codes : mapping of str to collection of str, optional
        Allowed codes by vocabulary field.
    label : str, optional
        What to call the file in messages; its name by default.

    Returns
    -------
    frame : pandas.DataFrame
        Typed columns in the order of the schema, plus ``row`` (line in the file, the header being 1). Cells at fault are missing.
    faults : list of Fault
        Everything that is wrong, in the order of the columns.
    """
    label = label or path.name
    fields = list(schema["fields"])
    names = [field["name"] for field in fields]
    empty = pd.DataFrame({name: pd.Series(dtype="object") for name in [*names, "row"]})
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return empty, [
            Fault(label, None, None, None, f"does not exist; it should stand at {path.parent.name}/{path.name}")
        ]
    except OSError as error:
        return empty, [Fault(label, None, None, None, f"cannot be read ({error.strerror})")]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        shown = raw[error.start : error.start + 1].hex()
        return empty, [Fault(label, line, None, f"byte 0x{shown}", "is not UTF-8; save the file as UTF-8")]
    rows, end = [], 0
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for cells in reader:
            rows.append((end + 1, cells))
            end = reader.line_num  # a quoted cell may run over several lines
    except csv.Error as error:
        return empty, [
            Fault(label, end + 1, None, None, f"is no CSV from here on ({error}); is a quotation mark left open?")
        ]
    if not rows:
        return empty, [Fault(label, None, None, None, f"is empty; the first line must be {','.join(names)}")]
    header, faults = rows[0][1], []
    missing = f"this column is missing. Found: {', '.join(header)}"
    faults += [Fault(label, 1, name, None, missing) for name in names if name not in header]
    faults += [
        Fault(label, 1, name, None, f"this column is not known. {choices(name, names)}")
        for name in header
        if name not in names
    ]
    twice = dict.fromkeys(name for name in header if header.count(name) > 1)
    faults += [Fault(label, 1, name, None, "this column stands there twice") for name in twice]
    if faults:
        return empty, faults
    body, lines = [], []
    for line, cells in rows[1:]:
        if not cells:
            continue
        if len(cells) != len(header):
            faults.append(Fault(label, line, None, None, f"has {len(cells)} fields, expected {len(header)}"))
            continue
        body.append(cells)
        lines.append(line)
    frame = pd.DataFrame(body, columns=header, dtype="str")[names]
    frame["row"] = pd.Series(lines, dtype="int64")
    for field in fields:
        frame[field["name"]], found = _column(frame[field["name"]], frame["row"], field, label, codes or {})
        faults += found
    faults += _key(frame, schema, label)
    return frame, faults


def _column(
    text: pd.Series, rows: pd.Series, field: Mapping[str, Any], label: str, codes: Mapping[str, Collection[str]]
) -> tuple[pd.Series, list[Fault]]:
    name, kind, limits = field["name"], field.get("type", "string"), dict(field.get("constraints", {}))
    faults: list[Fault] = []

    def report(bad: pd.Series, message: str) -> None:
        faults.extend(Fault(label, int(rows[i]), name, str(text[i]), message) for i in text.index[bad])

    present = text.ne("")
    if limits.get("required"):
        report(~present, "must not be empty")
    if kind in ("number", "integer", "year"):
        values = pd.to_numeric(text.where(present), errors="coerce").astype("float64")
        # "inf" parses, and a whole number beyond 2**53 cannot be told from its neighbours.
        values = values.where(values.abs() < (float("inf") if kind == "number" else 2.0**53))
        report(present & values.isna(), "is not a number")
        if kind != "number":
            fraction = values.notna() & (values % 1 != 0)
            report(fraction, "is not a whole number")
        if "minimum" in limits:
            report(values < float(limits["minimum"]), f"is below {limits['minimum']}")
        if "maximum" in limits:
            report(values > float(limits["maximum"]), f"is above {limits['maximum']}")
        result = values.astype("Float64").round().astype("Int64") if kind != "number" else values.astype("float64")
    else:
        result = text
        if "pattern" in limits:
            report(present & ~text.str.fullmatch(limits["pattern"]), f"does not have the form {limits['pattern']}")
    allowed: Collection[str] | None = limits.get("enum")
    if "vocabulary" in field:
        allowed = codes.get(field["vocabulary"])
    if allowed is not None:
        listed = [str(item) for item in allowed]
        wrong = ~text.isin(listed) & (present if "vocabulary" not in field else True)
        for i in text.index[wrong]:
            hint = choices(text[i], [code for code in listed if code], limit=12)
            faults.append(Fault(label, int(rows[i]), name, str(text[i]), f"is not a known code. {hint}"))
    if limits.get("unique"):
        report(present & text.duplicated(keep="first"), "stands in an earlier row already; it must be unique")
    return result, faults


def _key(frame: pd.DataFrame, schema: Schema, label: str) -> list[Fault]:
    key = schema.get("primaryKey") or schema.get("lpo:key") or []
    key = [key] if isinstance(key, str) else list(key)
    if len(key) < 2:
        field = {item["name"]: item for item in schema["fields"]}.get(key[0]) if key else None
        if field is None or field.get("constraints", {}).get("unique"):
            return []
    repeated = frame[frame.duplicated(key, keep="first")]
    message = "stands in an earlier row already; it must be unique"
    return [
        Fault(label, int(row["row"]), " + ".join(key), " + ".join(str(row[part]) for part in key), message)
        for _, row in repeated.iterrows()
    ]
