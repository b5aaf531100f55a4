"""Bring the counts and hashes up to date after rows were added and checked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from lpo_analysis import paths
from lpo_analysis.errors import DataError, OutputError
from lpo_analysis.evidence.audit import audit
from lpo_analysis.evidence.validate import STALE, counts


def seal(data: Path = paths.DATA) -> list[str]:
    """Recount ``metrics.csv`` and ``categories.csv``, the counts in the README, and the hashes of ``datapackage.json``.

    Parameters
    ----------
    data : Path
        The data folder.

    Returns
    -------
    list of str
        Files that changed.

    Raises
    ------
    DataError
        If anything but a count or hash is wrong, in whatever file of the data package; nothing is written then.
    OutputError
        If a file cannot be written.
    """
    folder = data / "evidence"
    frames, faults = audit(data)
    real = [fault for fault in faults if not fault.message.endswith(STALE)]
    if real:
        raise DataError(real, remedy="Mend these first; nothing was written.")
    changed = []
    try:
        for stem, key in (("metrics", ["metric"]), ("categories", ["metric", "category"])):
            changed += _recount(folder / f"{stem}.csv", counts(frames["observations"], key), key)
        changed += _readme(folder / "README.md", frames)
        changed += rehash(data)
    except OSError as error:
        raise OutputError(f"Cannot write: {error.strerror}.", where=str(error.filename)) from None
    return changed


def _recount(path: Path, now: pd.DataFrame, key: list[str]) -> list[str]:
    text = path.read_text(encoding="utf-8-sig")
    table = now.set_index(key)
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    header = rows[0]
    for row in rows[1:]:
        name = row[header.index(key[0])] if len(key) == 1 else tuple(row[header.index(part)] for part in key)
        if name in table.index:
            for column in ("n_observations", "first_year", "last_year"):
                row[header.index(column)] = str(int(table.at[name, column]))
    return _write(path, _csv(rows), text)


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _readme(path: Path, frames: Mapping[str, pd.DataFrame]) -> list[str]:
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    observations, sources, metrics = (
        frames["observations"],
        frames["sources"],
        frames["observations"]["metric"].nunique(),
    )
    said = (
        f"{len(observations)} observations of {metrics} metrics,\n"
        f"from {len(sources)} source pages of {sources['study_id'].nunique()} studies by {sources['publisher_id'].nunique()} makers"
    )
    new = re.sub(r"\d+ observations of \d+ metrics,\nfrom \d+ source pages of \d+ studies by \d+ makers", said, text)
    new = re.sub(r"the \d+ metrics: unit", f"the {metrics} metrics: unit", new)
    if "dropped" in frames:
        new = re.sub(r"\d+ collected figures left out", f"{len(frames['dropped'])} collected figures left out", new)
    cross = pd.crosstab(observations["topic"], observations["grade"], margins=True, margins_name="all")
    for topic, row in cross.iterrows():
        line = f"| {topic} | " + " | ".join(str(row.get(grade, 0)) for grade in ("A", "B", "C", "D", "all")) + " |"
        new = re.sub(rf"^\| {topic} \|(?: \d+ \|){{5}}$", line, new, flags=re.MULTILINE)
    return _write(path, new, text)


def rehash(data: Path = paths.DATA) -> list[str]:
    """Refresh hash and size of every resource in ``datapackage.json``.

    Parameters
    ----------
    data : Path
        The data folder.

    Returns
    -------
    list of str
        ``["datapackage.json"]`` if anything changed.
    """
    path = data / "datapackage.json"
    text = path.read_text(encoding="utf-8")
    descriptor = json.loads(text)
    for item in descriptor["resources"]:
        raw = (data / item["path"]).read_bytes()
        item["hash"], item["bytes"] = f"sha256:{hashlib.sha256(raw).hexdigest()}", len(raw)
    indent = len(re.match(r"\{\n( *)", text).group(1))  # type: ignore[union-attr]
    return _write(path, json.dumps(descriptor, indent=indent, ensure_ascii=False) + "\n", text)


def _write(path: Path, new: str, old: str) -> list[str]:
    if new == old:
        return []
    path.write_text(new, encoding="utf-8", newline="\n")
    return [path.name]
