"""A table of one's own is read whatever spreadsheet saved it, and repeats nothing written freely."""

from pathlib import Path

import numpy as np
import pytest

from lpo_analysis.errors import DataError, Fault, NotFoundError
from lpo_analysis.evidence.own_table import one_of, read_code, read_numbers, read_own, wrong

KNOWN = ("batch", "items", "grade")


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "own.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_what_spreadsheets_save_is_read(tmp_path: Path, mark: str, encoding: str) -> None:
    text = "\r\n".join(mark.join(row) for row in (["Batch", "Items", "Prüfer"], ["1", "20", "Jörg"], ["", "", ""]))
    table = read_own(write(tmp_path, text, encoding), KNOWN, ("batch", "items"))
    assert table.cells == {"batch": ["1"], "items": ["20"]}
    assert (table.lines, table.n_ignored) == ([2], 1)
    assert table.column("grade") == [""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("batch,items\n", "no rows below"),
        ("batch,itms\n1,2\n", "did you mean 'items'"),
        ("batch,batch,items\n1,2,3\n", "stands there twice"),
        ("batch\n1\n", "this column is missing"),
        ("batch,items\n1\n", "has 1 fields, expected 2"),
        ('batch,items\n"1,2\n', "quotation mark"),
    ],
)
def test_faults_of_form_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_own(write(tmp_path, text), KNOWN, ("batch", "items"))


def test_a_missing_file_and_a_workbook_are_told_without_a_path(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as missing:
        read_own(tmp_path / "none.csv", KNOWN, KNOWN)
    assert str(tmp_path) not in str(missing.value)
    book = tmp_path / "book.csv"
    book.write_bytes(b"PK\x03\x04rest")
    with pytest.raises(DataError, match="save the sheet as CSV"):
        read_own(book, KNOWN, KNOWN)


@pytest.mark.parametrize(
    "raw",
    [b"\x89PNG\r\n\x1a\n\x01\x02", b"%PDF-1.7\n\x01\x05\xe2\xe3", b"\x1f\x8b\x08rest"],
    ids=["png", "pdf", "gzip"],
)
def test_a_binary_file_is_no_text_and_its_columns_are_not_missing(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(raw)
    with pytest.raises(DataError, match="is no text that can be read; save it as CSV") as told:
        read_own(path, KNOWN, KNOWN)
    assert "missing" not in str(told.value)


def test_a_word_far_from_all_codes_gets_the_nearest_and_is_not_repeated(tmp_path: Path) -> None:
    table = read_own(write(tmp_path, "batch,items,grade\n1,2,moderate\n2,2,a long sentence of no concern\n"), KNOWN, ())
    faults: list[Fault] = []
    for line, cell in zip(table.lines, table.column("grade"), strict=True):
        read_code(table, line, "grade", cell, one_of(["none", "minor", "major", "critical"]), faults)
    assert "The nearest is '" in str(faults[0])
    assert "moderate" not in str(faults[0])
    assert "nearest" not in str(faults[1])


def test_codes_are_read_and_only_near_ones_repeated(tmp_path: Path) -> None:
    table = read_own(write(tmp_path, "batch,items,grade\n1,2,Major\n2,2,majr\n3,3,Smith said so\n4,4,\n"), KNOWN, ())
    faults: list[Fault] = []
    read = one_of(["minor", "major"])
    rows = zip(table.lines, table.column("grade"), strict=True)
    assert [read_code(table, line, "grade", cell, read, faults) for line, cell in rows] == ["major", "", "", ""]
    assert [fault.value for fault in faults] == ["majr", None]
    assert "Smith" not in str(wrong(faults))


def test_numbers_are_read_with_one_decimal_sign(tmp_path: Path) -> None:
    faults: list[Fault] = []
    table = read_own(write(tmp_path, "batch;items\n1;1,5\n2;\n3;secret\n4;-2\n"), KNOWN, ())
    read = read_numbers(table, "items", faults, no_number="is no number", empty="is empty",
                        wrong_value=lambda x: "is below 0" if x < 0 else None)  # fmt: skip
    assert read[0] == 1.5
    assert np.isnan(read[1])
    assert [(f.row, f.value) for f in faults] == [(3, None), (4, None), (5, "-2")]
    assert "secret" not in str(wrong(faults))
    unclear: list[Fault] = []
    table = read_own(write(tmp_path, "batch;items\n1;1,5\n2;1.5\n"), KNOWN, ())
    read_numbers(table, "items", unclear, no_number="is no number")
    assert [f.row for f in unclear] == [None]
