"""Sealing brings counts and hashes up to date, and refuses where a row is wrong."""

import hashlib
import json

import pytest

from lpo_analysis.errors import DataError
from lpo_analysis.evidence.load import read
from lpo_analysis.evidence.seal import rehash, seal


def contents(data):
    return {path: path.read_bytes() for path in sorted(data.root.rglob("*")) if path.is_file()}


def add_a_row(data, **cells):
    rows = data.rows("observations")
    new = list(rows[1])
    new[0] = "an_added_row"
    for column, value in ({"year_start": "2030", "year_end": "2030"} | cells).items():
        new[rows[0].index(column)] = value
    data.write("observations", [*rows, new])


def test_sealing_sealed_data_changes_nothing(data):
    before = contents(data)
    assert seal(data.root) == []
    assert contents(data) == before


def test_an_added_row_is_stale_until_sealed(data):
    add_a_row(data)
    stale = read(data.folder)[1]
    assert stale
    assert all("run `lpo evidence seal`" in fault.message for fault in stale)
    assert set(seal(data.root)) == {"metrics.csv", "categories.csv", "README.md", "datapackage.json"}
    assert read(data.folder)[1] == []
    metric = data.cell("observations", 2, "metric")
    line = data.line_where("metrics", metric=metric)
    assert data.cell("metrics", line, "last_year") == "2030"


def test_sealing_refreshes_hash_size_and_readme(data):
    before = len(data.rows("observations")) - 1
    add_a_row(data)
    seal(data.root)
    for item in json.loads((data.root / "datapackage.json").read_text(encoding="utf-8"))["resources"]:
        raw = (data.root / item["path"]).read_bytes()
        assert (item["hash"], item["bytes"]) == (f"sha256:{hashlib.sha256(raw).hexdigest()}", len(raw))
    readme = (data.folder / "README.md").read_text(encoding="utf-8")
    assert f"{before + 1} observations of " in readme
    assert seal(data.root) == []


def test_a_wrong_row_is_refused_and_nothing_is_written(data):
    add_a_row(data, grade="E")
    before = contents(data)
    with pytest.raises(DataError, match="Mend these first; nothing was written") as caught:
        seal(data.root)
    assert [(fault.column, fault.value) for fault in caught.value.faults] == [("grade", "E")]
    assert contents(data) == before


def test_a_line_without_rows_is_refused(data):
    rows = data.rows("categories")
    lonely = next(i for i, row in enumerate(rows) if i and row[3] == "1")
    metric, category = rows[lonely][:2]
    kept = [row for row in data.rows("observations") if row[3:5] != [metric, category]]
    data.write("observations", kept)
    with pytest.raises(DataError, match="no row is left; delete this line"):
        seal(data.root)


def test_files_saved_with_a_byte_order_mark_can_be_sealed(data):
    path = data.path("metrics")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    add_a_row(data)
    seal(data.root)
    assert read(data.folder)[1] == []


def test_hashes_alone_can_be_refreshed(data):
    path = data.root / "tables" / "cpi_us_annual.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    assert rehash(data.root) == ["datapackage.json"]
    assert rehash(data.root) == []
