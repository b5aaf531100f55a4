"""Broken files are refused with every fault: file, row, column, value."""

import pytest

from lpo_analysis.errors import DataError, Fault
from lpo_analysis.evidence import load
from lpo_analysis.evidence.load import read


def faults(copy):
    return read(copy.folder)[1]


def only(copy):
    found = faults(copy)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def at(found, column, file="observations.csv"):
    return [fault for fault in found if fault.column == column and fault.file == file]


def test_loading_broken_evidence_raises_with_all_faults(copy):
    copy.set("observations", 2, grade="E")
    with pytest.raises(DataError, match=r"observations.csv, row 2, column grade: 'E' is not a known code"):
        load(copy.folder)


def test_a_missing_column_is_named(copy):
    rows = copy.rows("observations")
    copy.write("observations", [row[:-1] for row in rows])
    fault = only(copy)
    assert (fault.file, fault.row, fault.column) == ("observations.csv", 1, "note")
    assert "missing" in fault.message


def test_an_extra_column_is_named_with_the_nearest(copy):
    copy.write("observations", [[*row, "grades" if i == 0 else ""] for i, row in enumerate(copy.rows("observations"))])
    fault = only(copy)
    assert (fault.row, fault.column) == (1, "grades")
    assert "Did you mean 'grade'?" in fault.message


def test_a_column_twice_is_named(copy):
    copy.write("sources", [[*row, row[0]] for row in copy.rows("sources")])
    assert "stands there twice" in only(copy).message


def test_a_duplicate_identifier_is_named_at_its_second_row(copy):
    first = copy.cell("observations", 2, "observation_id")
    copy.set("observations", 5, observation_id=first)
    fault = only(copy)
    assert (fault.row, fault.column, fault.value) == (5, "observation_id", first)
    assert "unique" in fault.message


def test_an_unknown_source_is_named_with_the_nearest(copy):
    name = copy.cell("observations", 2, "source_id")
    copy.set("observations", 2, source_id=f"{name}x")
    fault = at(faults(copy), "source_id")[0]
    assert (fault.row, fault.value) == (2, f"{name}x")
    assert f"is not in sources.csv. Did you mean '{name}'?" in fault.message


def test_an_unknown_metric_is_named_with_the_nearest(copy):
    copy.set("observations", copy.line_where("observations", metric="lpo_hourly_rate"), metric="lpo_hourly_rat")
    assert "Did you mean 'lpo_hourly_rate'?" in at(faults(copy), "metric")[0].message


def test_an_unlisted_category_is_named(copy):
    copy.set("observations", 2, category="something_else")
    assert at(faults(copy), "category") == [
        Fault(
            "observations.csv", 2, "category", "something_else",
            "is not in categories.csv under this metric; add it there",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "column", "value", "said"),
    [
        ({"value": "140", "lower": "", "upper": ""}, "value", "140", "a share in percent must lie between 0 and 100"),
        ({"value": "", "lower": "60", "upper": "40"}, "lower", "60", "lower is above upper"),
        ({"value": "5", "lower": "10", "upper": ""}, "lower", "10", "lower is above value"),
        ({"value": "50", "lower": "", "upper": "40"}, "value", "50", "value is above upper"),
        ({"value": "", "lower": "10", "upper": ""}, "value", "", "neither a value nor a range"),
        ({"value": "-1"}, "value", "-1", "is below 0"),
        ({"value": "many"}, "value", "many", "is not a number"),
        ({"value": "inf"}, "value", "inf", "is not a number"),
        ({"value": "nan"}, "value", "nan", "is not a number"),
        ({"value": "1,5"}, "value", "1,5", "is not a number"),
        ({"year_start": "2010.5"}, "year_start", "2010.5", "is not a whole number"),
        ({"year_start": "1e30"}, "year_start", "1e30", "is not a number"),
        ({"year_start": "99999999999999999999"}, "year_start", "99999999999999999999", "is not a number"),
        ({"year_start": ""}, "year_start", "", "must not be empty"),
        ({"year_end": "1850"}, "year_end", "1850", "is below"),
        ({"year_start": "2020", "year_end": "2010"}, "year_start", "2020", "year_start is after year_end"),
        ({"observation_id": "Not An Id"}, "observation_id", "Not An Id", "does not have the form"),
        ({"topic": "adopton"}, "topic", "adopton", "Did you mean 'adoption'?"),
        ({"topic": "market"}, "topic", "market", "differs from the topic of the metric"),
        ({"buyer": "law_frm"}, "buyer", "law_frm", "Did you mean 'law_firm'?"),
        ({"unit": "USD_bn"}, "unit", "USD_bn", "is not a unit of this metric"),
    ],
)
def test_a_wrong_cell_is_named_with_row_column_and_value(copy, cells, column, value, said):
    line = copy.line_where("observations", observation_id="holloway_2010_consider")
    copy.set("observations", line, **cells)
    hits = [fault for fault in at(faults(copy), column) if said in fault.message]
    assert [(fault.row, fault.value) for fault in hits] == [(line, value)]


def test_one_study_must_not_give_two_figures_for_one_cell(copy):
    rows = copy.rows("observations")
    twin = list(rows[1])
    twin[0] = "a_twin"
    copy.write("observations", [*rows, twin])
    assert [fault.row for fault in at(faults(copy), "observation_id")] == [len(rows) + 1]


def test_a_seller_cannot_have_a_good_grade(copy):
    source = next(row[0] for row in copy.rows("sources")[1:] if "vendor" in row)
    line = copy.line_where("observations", source_id=source)
    copy.set("observations", line, grade="A")
    assert only(copy) == Fault("observations.csv", line, "grade", "A", "a figure from a seller is graded C or D")


def test_a_stale_count_says_what_is_due_and_how_to_mend_it(copy):
    copy.set("metrics", 2, n_observations="1")
    fault = only(copy)
    assert (fault.file, fault.row, fault.column, fault.value) == ("metrics.csv", 2, "n_observations", "1")
    assert "the rows give 56; run `lpo evidence seal`" in fault.message


def test_a_line_without_rows_left_is_to_be_deleted_not_sealed(copy):
    rows = copy.rows("categories")
    rows.append([*rows[1]])
    rows[-1][rows[0].index("category")] = "nobody_uses_this"
    copy.write("categories", rows)
    assert {fault.message for fault in faults(copy)} == {"counts rows, but no row is left; delete this line"}


def test_bytes_that_are_not_utf8_are_named_with_their_line_and_nothing_else(copy):
    path = copy.path("sources")
    lines = path.read_bytes().split(b"\n")
    lines[4] += b"\xff"
    path.write_bytes(b"\n".join(lines))
    fault = only(copy)
    assert (fault.file, fault.row, fault.value) == ("sources.csv", 5, "byte 0xff")
    assert "save the file as UTF-8" in fault.message


@pytest.mark.parametrize("stem", ["observations", "sources", "metrics", "categories", "vocabulary"])
def test_an_empty_file_is_one_fault_that_gives_the_header(copy, stem):
    header = ",".join(copy.rows(stem)[0])
    copy.path(stem).write_bytes(b"")
    found = [fault for fault in faults(copy) if fault.file == f"{stem}.csv"]
    assert [fault.row for fault in found] == [None]
    assert header in found[0].message


def test_a_row_with_too_many_fields_is_named(copy):
    rows = copy.rows("observations")
    rows[3].append("more")
    copy.write("observations", rows)
    fault = next(fault for fault in faults(copy) if fault.file == "observations.csv")
    assert (fault.row, fault.message) == (4, f"has {len(rows[0]) + 1} fields, expected {len(rows[0])}")


def test_a_quotation_mark_left_open_is_a_fault_with_its_line(copy):
    path = copy.path("observations")
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[1] = lines[1].rsplit(",", 1)[0] + ',"open'
    path.write_text("\n".join(lines), encoding="utf-8")
    assert (faults(copy)[0].file, faults(copy)[0].row) == ("observations.csv", 2)


def test_the_row_is_the_line_in_the_file_also_after_a_cell_of_two_lines_and_a_blank_one(copy):
    copy.set("observations", 3, note="first line\nsecond line")
    path = copy.path("observations")
    path.write_text(path.read_text(encoding="utf-8").replace("\n", "\n\n", 1), encoding="utf-8")
    name = copy.rows("observations")[6][0]
    path.write_text(path.read_text(encoding="utf-8").replace(f"{name},", f"{name}-,", 1), encoding="utf-8")
    line = next(
        i for i, text in enumerate(path.read_text(encoding="utf-8").split("\n"), 1) if text.startswith(f"{name}-,")
    )
    assert only(copy).row == line


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(copy):
    path = copy.path("observations")
    text = path.read_text(encoding="utf-8")
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert faults(copy) == []


def test_several_faults_in_several_files_are_all_reported(copy):
    copy.set("observations", 2, grade="E", year_start="soon")
    copy.set("observations", 9, status="actul")
    copy.set("sources", 3, url="nowhere")
    copy.set("metrics", 4, topic="merket")
    found = {(fault.file, fault.row, fault.column, fault.value) for fault in faults(copy)}
    assert {
        ("observations.csv", 2, "grade", "E"),
        ("observations.csv", 2, "year_start", "soon"),
        ("observations.csv", 9, "status", "actul"),
        ("sources.csv", 3, "url", "nowhere"),
        ("metrics.csv", 4, "topic", "merket"),
    } <= found
