"""Load the evidence base, whole and validated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from lpo_analysis import paths
from lpo_analysis.errors import DataError, Fault
from lpo_analysis.evidence.schema import read_csv, resource
from lpo_analysis.evidence.validate import faults_between, faults_within

FILES = ("observations", "sources", "metrics", "categories", "vocabulary")
FROM_SOURCE = [
    "study_id",
    "publisher_id",
    "publisher",
    "title",
    "published",
    "kind",
    "independence",
    "sample_size",
    "url",
]
"""Columns of the source that every observation carries along."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The evidence base.

    Parameters
    ----------
    observations : pandas.DataFrame
        One published figure a row, indexed by ``observation_id``; with the columns of its source (`FROM_SOURCE`) and ``form``:
        ``point``, ``range``, ``floor`` or ``ceiling``.
    sources : pandas.DataFrame
        One source a row, indexed by ``source_id``.
    metrics : pandas.DataFrame
        Unit and definition of each metric, indexed by ``metric``.
    categories : pandas.DataFrame
        Codes of ``category`` under each metric.
    vocabulary : pandas.DataFrame
        Codes of every other coded column.
    folder : Path
        Where it was read.
    """

    observations: pd.DataFrame
    sources: pd.DataFrame
    metrics: pd.DataFrame
    categories: pd.DataFrame
    vocabulary: pd.DataFrame
    folder: Path

    def __repr__(self) -> str:
        s = self.sources
        return (
            f"Evidence({len(self.observations)} observations of {len(self.metrics)} metrics, {len(s)} sources, "
            f"{s['study_id'].nunique()} studies, {s['publisher_id'].nunique()} makers)"
        )


def load(folder: Path | str | None = None) -> Evidence:
    """Load and validate the evidence base.

    Parameters
    ----------
    folder : Path or str, optional
        Folder with the five files; the shipped one by default.

    Returns
    -------
    Evidence
        The validated evidence; loaded once per folder and process.

    Raises
    ------
    DataError
        Listing every fault with file, row, column and value.
    """
    return _load(Path(folder) if folder is not None else paths.EVIDENCE)


@lru_cache(maxsize=4)
def _load(folder: Path) -> Evidence:
    frames, faults = read(folder)
    if faults:
        raise DataError(faults, remedy="Mend the rows, then run `lpo evidence check`.")
    sources = frames["sources"].set_index("source_id")
    observations = frames["observations"].join(sources[FROM_SOURCE], on="source_id")
    observations["form"] = _form(observations)
    return Evidence(
        observations.set_index("observation_id"),
        sources,
        frames["metrics"].set_index("metric"),
        frames["categories"],
        frames["vocabulary"],
        folder,
    )


def read(folder: Path) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Read the five files and collect all faults.

    Parameters
    ----------
    folder : Path
        Folder with the five files.

    Returns
    -------
    frames : dict of str to pandas.DataFrame
        By file stem.
    faults : list of Fault
        Everything that is wrong.
    """
    vocabulary, faults = read_csv(folder / "vocabulary.csv", resource("vocabulary")["schema"])
    codes = codes_of(vocabulary)
    frames = {"vocabulary": vocabulary}
    whole = not faults
    for name in ("sources", "metrics", "categories", "observations"):
        frames[name], found = read_csv(folder / f"{name}.csv", resource(name)["schema"], codes=codes)
        # Where a file cannot be read at all, rules between files would only repeat that.
        whole = whole and not (found and frames[name].empty)
        faults += found
    if whole:
        faults += faults_within(frames) + faults_between(frames)
    # One cell may break a schema rule and an evidence rule of the same meaning: say it once.
    return frames, list(dict.fromkeys(faults))


def codes_of(vocabulary: pd.DataFrame) -> dict[str, list[str]]:
    """List the codes that each field takes.

    Parameters
    ----------
    vocabulary : pandas.DataFrame
        Columns ``field`` and ``code``; a star stands for any code.

    Returns
    -------
    dict of str to list of str
        Codes by field, without the fields that take any.
    """
    found = vocabulary.groupby("field")["code"].agg(list).to_dict() if len(vocabulary) else {}
    return {str(field): listed for field, listed in found.items() if "*" not in listed}


def _form(frame: pd.DataFrame) -> pd.Series:
    low, high, value = frame["lower"].notna(), frame["upper"].notna(), frame["value"].notna()
    form = pd.Series("point", index=frame.index)
    form[low & high] = "range"
    form[low & ~high & (~value | frame["value"].eq(frame["lower"]))] = "floor"
    form[high & ~low & (~value | frame["value"].eq(frame["upper"]))] = "ceiling"
    return form


@lru_cache(maxsize=64)
def _table(name: str) -> pd.DataFrame:
    description = resource(name)
    frame, faults = read_csv(paths.DATA / description["path"], description["schema"])
    if faults:
        raise DataError(faults)
    return frame.drop(columns="row")


def table(name: str) -> pd.DataFrame:
    """Load one of the analysis tables.

    Parameters
    ----------
    name : str
        Name of the resource in ``datapackage.json``, such as ``wages_us_state_2025``.

    Returns
    -------
    pandas.DataFrame
        Typed columns; a copy that may be changed freely.

    Raises
    ------
    NotFoundError
        If there is no such table.
    DataError
        If the file does not fit its schema.
    """
    # Under copy-on-write a shallow copy may be changed as freely as a deep one.
    return _table(name).copy(deep=False)


def attribution(*names: str) -> list[str]:
    """Return the lines to print under anything made from these tables.

    Parameters
    ----------
    *names : str
        Names of resources.

    Returns
    -------
    list of str
        Attribution lines, each once, in the order given.
    """
    return list(dict.fromkeys(str(resource(name)["attribution"]) for name in names))
