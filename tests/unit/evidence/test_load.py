"""The evidence base is loaded whole, validated, and joined with its sources."""

import pytest

from lpo_analysis import paths
from lpo_analysis.errors import DataError, NotFoundError
from lpo_analysis.evidence import attribution, load, table
from lpo_analysis.evidence.load import FROM_SOURCE, read


def test_the_shipped_evidence_has_no_fault():
    assert read(paths.EVIDENCE)[1] == []


def test_every_row_is_loaded_under_its_identifier():
    lines = (paths.EVIDENCE / "observations.csv").read_text(encoding="utf-8").splitlines()
    evidence = load()
    assert len(evidence.observations) == len(lines) - 1
    assert evidence.observations.index.is_unique
    assert evidence.observations.index.name == "observation_id"


def test_every_row_carries_its_source_along():
    evidence = load()
    row = evidence.observations.loc["valuenotes_low_2007"]
    source = evidence.sources.loc[row["source_id"]]
    assert [row[column] for column in FROM_SOURCE if column != "sample_size"] == [
        source[column] for column in FROM_SOURCE if column != "sample_size"
    ]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("cba_lpo_rate", "point"),
        ("valuenotes_low_2007", "range"),
        ("bloomberg_india_review_min_2007", "floor"),
        ("cio_productivity_cost", "ceiling"),
    ],
)
def test_the_form_tells_point_range_floor_and_ceiling(name, form):
    assert load().observations.at[name, "form"] == form


def test_a_folder_is_loaded_once():
    assert load() is load()
    assert load(paths.EVIDENCE) is load(str(paths.EVIDENCE))


def test_the_repr_counts_and_shows_no_address():
    assert repr(load()).startswith(f"Evidence({len(load().observations)} observations of ")
    assert "0x" not in repr(load())


def test_a_copy_of_the_folder_loads_the_same(copy):
    assert load(copy.folder).observations.equals(load().observations)


def test_a_missing_folder_is_reported_file_by_file(tmp_path):
    with pytest.raises(DataError) as caught:
        load(tmp_path / "nowhere")
    assert {fault.file for fault in caught.value.faults} == {
        "observations.csv", "sources.csv", "metrics.csv", "categories.csv", "vocabulary.csv",
    }  # fmt: skip
    assert all("does not exist" in fault.message for fault in caught.value.faults)


def test_a_table_is_typed_and_may_be_changed_freely():
    first = table("cpi_us_annual")
    first.loc[:, "year"] = 0
    assert table("cpi_us_annual")["year"].min() > 1900
    assert str(table("fx_annual")["units_per_usd"].dtype) == "float64"


def test_an_unknown_table_is_refused_with_the_nearest():
    with pytest.raises(NotFoundError, match="Did you mean 'fx_annual'"):
        table("fx_anual")


def test_attribution_lines_come_once_each_and_in_order():
    lines = attribution("cpi_us_annual", "fx_annual", "cpi_us_annual")
    assert len(lines) == len(set(lines)) == 2
    assert all(line.startswith("Source") for line in lines)
