"""The check of the whole data folder names what is wrong in tables, hashes and links, and sealing refuses it."""

import re

import pytest

from lpo_analysis import paths
from lpo_analysis.errors import DataError
from lpo_analysis.evidence.audit import audit
from lpo_analysis.evidence.seal import seal


@pytest.fixture(scope="module")
def shipped():
    return audit(paths.DATA)


def told(data, *, stale=False):
    """Faults but for hashes, which any edit puts out of date."""
    return [f for f in audit(data.root)[1] if stale or not f.message.endswith("run `lpo evidence seal`")]


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_data_have_no_fault_and_every_file_was_read(shipped):
    frames, faults = shipped
    assert faults == []
    assert len(frames) == len(list(paths.DATA.rglob("*.csv")))
    assert all(len(frame) for frame in frames.values())


def test_a_fault_in_a_table_is_named_by_row_column_and_value_and_not_sealed(data, lpo):
    edit(data.root / "tables" / "cpi_us_annual.csv", "\n2024,", "\nsoon,")
    (fault,) = told(data)
    assert (fault.file, fault.column, fault.value) == ("tables/cpi_us_annual.csv", "year", "soon")
    with pytest.raises(DataError, match="Mend these first; nothing was written"):
        seal(data.root)
    ran = lpo("evidence", "check", data.root)
    assert ran.code == 2
    assert f"tables/cpi_us_annual.csv, row {fault.row}, column year: 'soon' is not a number" in ran.err


def test_a_stale_hash_is_named_until_sealed(data, lpo):
    path = data.root / "evidence" / "dropped.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    (fault,) = told(data, stale=True)
    assert fault.file == "datapackage.json"
    assert "evidence/dropped.csv is out of date" in fault.message
    assert seal(data.root) == ["datapackage.json"]
    assert audit(data.root)[1] == []
    assert "tables beside it: all checks passed" in lpo("evidence", "check", data.root).out


def test_rows_that_point_nowhere_are_named_with_the_nearest(data):
    coded = data.root / "tables" / "savings_claims.csv"
    name = coded.read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    edit(coded, f"\n{name},", f"\n{name}x,")
    found = {(f.file, f.column): f for f in told(data)}
    assert f"Did you mean {name!r}?" in found["tables/savings_claims.csv", "observation_id"].message
    assert found["observations.csv", "observation_id"].value == name, "it is coded no more"
    assert len(found) == 2


def test_a_claim_about_a_figure_that_is_no_saving_is_named(data):
    coded = data.root / "tables" / "savings_claims.csv"
    name = coded.read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    edit(coded, f"\n{name},", "\ncba_lpo_rate,")
    found = {(f.file, f.value) for f in told(data)}
    assert found == {("tables/savings_claims.csv", "cba_lpo_rate"), ("observations.csv", name)}


def test_a_source_that_nothing_uses_is_named(data):
    rows = data.rows("sources")
    data.write("sources", [*rows, ["nobody", *rows[1][1:]]])
    (fault,) = told(data)
    assert (fault.file, fault.value) == ("sources.csv", "nobody")
    assert "no figure and no opinion uses this source" in fault.message


def test_a_file_that_is_not_described_a_missing_one_and_another_order_of_columns_are_named(data):
    tables = data.root / "tables"
    (tables / "mine.csv").write_text("a\n1\n", encoding="utf-8")
    (tables / "fx_annual.csv").unlink()
    lines = (tables / "cpi_us_annual.csv").read_text(encoding="utf-8").splitlines()
    turned = [",".join(reversed(line.split(","))) for line in lines]
    (tables / "cpi_us_annual.csv").write_text("\n".join(turned) + "\n", encoding="utf-8")
    found = {f.file: f.message for f in told(data)}
    assert "is not described in datapackage.json" in found["tables/mine.csv"]
    assert "does not exist" in found["tables/fx_annual.csv"]
    assert "another order" in found["tables/cpi_us_annual.csv"]


@pytest.mark.parametrize("content", ["[]", '{"resources": [{"name": "observations"}]}', '{"resources": []}', "{"])
def test_a_description_that_describes_nothing_is_one_message(data, content):
    (data.root / "datapackage.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"datapackage\.json"):
        audit(data.root)


def test_sealing_counts_metrics_and_dropped_figures_in_the_readme(data):
    path = data.folder / "dropped.csv"
    rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(rows[:-1]) + "\n", encoding="utf-8")
    readme = data.folder / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(re.sub(r"the \d+ metrics: unit", "the 7 metrics: unit", text), encoding="utf-8")
    assert set(seal(data.root)) == {"README.md", "datapackage.json"}
    due = re.sub(r"\d+ collected figures", f"{len(rows) - 2} collected figures", text)
    assert readme.read_text(encoding="utf-8") == due
