"""Check the whole data folder against ``datapackage.json``: every table, every hash, and rows that point at each other."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from lpo_analysis import paths
from lpo_analysis.errors import DataError, Fault, choices
from lpo_analysis.evidence.load import FILES, codes_of, read
from lpo_analysis.evidence.schema import read_csv, read_package
from lpo_analysis.evidence.validate import STALE

PACKAGE = "datapackage.json"
CODED = ("savings_rate", "offshore_cost_percent", "onshore_offshore_cost_ratio")
"""Metrics of which every row has a line in ``tables/savings_claims.csv``: of what base, against whom, claimed by whom."""


def audit(data: Path = paths.DATA) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Read every file that the data package describes, and collect all faults.

    Parameters
    ----------
    data : Path
        The data folder, with ``datapackage.json``.

    Returns
    -------
    frames : dict of str to pandas.DataFrame
        By name of the resource.
    faults : list of Fault
        Everything that is wrong; those that sealing puts right end in `STALE`.

    Raises
    ------
    DataError
        If the description itself cannot be read.
    """
    described = _described(data)
    frames, faults = read(data / "evidence")
    codes = codes_of(frames["vocabulary"])
    for name, item in described.items():
        if name not in FILES:
            frames[name], found = read_csv(data / item["path"], item["schema"], codes=codes, label=item["path"])
            faults += found
    faults += _links(described, frames) + _uses(frames)
    for item in described.values():
        faults += _order(data, item) + _hash(data, item)
    return frames, list(dict.fromkeys([*faults, *_unlisted(data, described)]))


def _described(data: Path) -> dict[str, dict[str, Any]]:
    try:
        found = {item["name"]: item for item in read_package(data)["resources"]}
        complete = all(item["path"] and item["schema"]["fields"] for item in found.values())
    except (KeyError, TypeError):
        complete, found = False, {}
    if not complete or not {*FILES} <= set(found):
        message = f"must list {', '.join(FILES)} and more as resources, each with name, path and schema"
        raise DataError([Fault(PACKAGE, None, None, None, message)])
    return found


def _links(described: Mapping[str, Mapping[str, Any]], frames: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Check foreign keys; between the files of the evidence its own rules have told already."""
    faults = []
    for name, item in described.items():
        for key in item["schema"].get("foreignKeys", []):
            target, fields = key["reference"]["resource"], key["fields"]
            here, there = frames[name], frames.get(target, pd.DataFrame())
            if {name, target} <= set(FILES) or here.empty or there.empty:
                continue
            known = set(there[key["reference"]["fields"]].itertuples(index=False, name=None))
            for *values, line in here[[*fields, "row"]].itertuples(index=False, name=None):
                if any(values) and tuple(values) not in known:
                    value = " + ".join(map(str, values))
                    hint = choices(value, [" + ".join(map(str, k)) for k in known], limit=0).split("Allowed:")[0]
                    label = f"{name}.csv" if name in FILES else item["path"]
                    message = f"is not in {described[target]['path']}. {hint}".rstrip()
                    faults.append(Fault(label, int(line), " + ".join(fields), value, message))
    return faults


def _uses(frames: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Check that every source is used, and every saving coded."""
    o, s = frames["observations"], frames["sources"]
    opinions, claims = frames.get("ethics_opinions"), frames.get("savings_claims")
    faults = []
    if opinions is not None and not opinions.empty and not o.empty:
        idle = s[~s["source_id"].isin({*o["source_id"], *opinions["source_id"]})]
        faults += [
            Fault("sources.csv", int(line), "source_id", name, "no figure and no opinion uses this source")
            for name, line in idle[["source_id", "row"]].itertuples(index=False, name=None)
        ]
    if claims is not None and not claims.empty and not o.empty:
        bare = o[o["metric"].isin(CODED) & ~o["observation_id"].isin(claims["observation_id"])]
        message = "has no line in tables/savings_claims.csv, which codes every row of this metric; add one"
        faults += [
            Fault("observations.csv", int(line), "observation_id", name, message)
            for name, line in bare[["observation_id", "row"]].itertuples(index=False, name=None)
        ]
        other = claims[claims["observation_id"].isin(o.loc[~o["metric"].isin(CODED), "observation_id"])]
        faults += [
            Fault(
                "tables/savings_claims.csv",
                int(line),
                "observation_id",
                name,
                f"is of none of the metrics {', '.join(CODED)}",
            )
            for name, line in other[["observation_id", "row"]].itertuples(index=False, name=None)
        ]
    return faults


def _order(data: Path, item: Mapping[str, Any]) -> list[Fault]:
    """Check the order of the columns; readers other than the kit may go by it."""
    try:
        with (data / item["path"]).open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return []  # told by whoever read the rows
    due = [field["name"] for field in item["schema"]["fields"]]
    if header == due or sorted(header) != sorted(due):
        return []
    return [Fault(item["path"], 1, None, None, f"the columns stand in another order; it must be {','.join(due)}")]


def _hash(data: Path, item: Mapping[str, Any]) -> list[Fault]:
    try:
        raw = (data / item["path"]).read_bytes()
    except OSError:
        return []
    if (item.get("hash"), item.get("bytes")) == (f"sha256:{hashlib.sha256(raw).hexdigest()}", len(raw)):
        return []
    return [Fault(PACKAGE, None, None, None, f"hash or size of {item['path']} is out of date; {STALE}")]


def _unlisted(data: Path, described: Mapping[str, Mapping[str, Any]]) -> list[Fault]:
    listed = {item["path"] for item in described.values()}
    there = sorted(path.relative_to(data).as_posix() for path in data.rglob("*.csv"))
    message = f"is not described in {PACKAGE}; add it there, with every column"
    return [Fault(name, None, None, None, message) for name in there if name not in listed]
