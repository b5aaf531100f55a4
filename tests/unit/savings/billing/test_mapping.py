"""Codes become tasks, roles and observed outsourcing; what is not listed stays in a bucket of its own."""

from __future__ import annotations

import csv

import pytest

from lpo_analysis import vocabulary
from lpo_analysis.errors import DataError, NotFoundError
from lpo_analysis.savings.billing import read_billing
from lpo_analysis.savings.billing.mapping import NOT_CODED, OTHER_WORK, TABLE, UNKNOWN, load_mapping, shown


def meaning(kind="fee", **codes):
    given = {"task": "", "expense": "", "activity": "", "timekeeper": ""} | codes
    found = load_mapping().meaning(kind, **given)
    return found.task


@pytest.mark.parametrize("task", vocabulary.TASKS)
def test_the_codes_of_the_vocabulary_mean_its_tasks(task):
    for code in vocabulary.TASKS[task].utbms:
        kind = {"A": "activity", "E": "expense"}.get(code[0], "task")
        assert meaning("expense" if kind == "expense" else "fee", **{kind: code}) == task


@pytest.mark.parametrize(
    ("codes", "task"),
    [
        ({"task": "L240", "activity": "A102"}, "legal_research"),
        ({"task": "L320", "activity": "A103"}, "document_review"),
        ({"task": "L210", "activity": "A103"}, OTHER_WORK),
        ({"task": "P500", "activity": "A103"}, "contract_drafting"),
        ({"task": "l653 "}, "document_review"),
        ({"task": "L671"}, "ediscovery"),
        ({"task": "C200"}, "legal_research"),
        ({"task": "Z999"}, UNKNOWN),
        ({"task": "Z999", "activity": "A102"}, "legal_research"),
        ({"activity": "A109"}, OTHER_WORK),
        ({}, NOT_CODED),
    ],
)
def test_codes_together(codes, task):
    assert meaning(**codes) == task


def test_lines_of_each_kind_land_where_their_codes_say(tmp_path, bills):
    lines = [
        bills.item(1, timekeeper_classification="of  counsel"),
        bills.item(2, line_item_task_code="X123", line_item_activity_code="", timekeeper_classification="GRAND VIZIER"),
        bills.item(3, typ="E", line_item_expense_code="e118", line_item_task_code="", line_item_activity_code=""),
        bills.item(4, typ="E", line_item_expense_code="E101", line_item_task_code="", line_item_activity_code=""),
        bills.item(5, typ="E", line_item_expense_code="E999", line_item_task_code="", line_item_activity_code=""),
        bills.item(
            6,
            typ="IF",
            line_item_task_code="",
            line_item_activity_code="",
            line_item_number_of_units="",
            line_item_unit_cost="",
            line_item_adjustment_amount="-50",
        ),
    ]
    billing = read_billing(bills.write(tmp_path / "a.txt", lines))
    found = {(row.kind, row.task): (row.role, row.outsourced, row.amount) for row in billing.grains.itertuples()}
    assert found == {
        ("fee", "document_review"): ("counsel", False, 600.0),
        ("fee", "unknown_code"): ("unknown_class", False, 600.0),
        ("expense", "litigation_support"): ("", True, 600.0),
        ("expense", "other_expense"): ("", False, 600.0),
        ("expense", "unknown_code"): ("", False, 600.0),
        ("fee_adjustment", "adjustment"): ("", False, -50.0),
    }
    assert billing.unknown.values.tolist() == [
        ["expense", "E999", 1, 600.0],
        ["task", "X123", 1, 600.0],
        ["timekeeper", "12 signs that are no code", 1, 600.0],
    ]


def test_only_what_has_the_shape_of_a_code_is_told():
    assert [shown(code) for code in ("L999", "AB123", "JOHN DOE", "")] == [
        "L999",
        "AB123",
        "8 signs that are no code",
        "nothing",
    ]


def edited(tmp_path, change):
    with TABLE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    path = tmp_path / "codes.csv"
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_an_edited_copy_decides(tmp_path, bills):
    def change(rows):
        next(row for row in rows if row["code"] == "L320")["maps_to"] = "compliance"

    lines = bills.write(tmp_path / "a.txt", [bills.item(1)])
    billing = read_billing(lines, mapping=edited(tmp_path, change))
    assert billing.grains["task"].tolist() == ["compliance"]


def test_faults_of_an_edited_copy_are_all_named(tmp_path):
    def change(rows):
        rows[0]["maps_to"] = "document_revew"
        rows[1]["kind"] = "tusk"
        rows[2]["outsourced"] = "perhaps"
        rows[3]["precedence"] = "first"
        rows[4]["code"] = ""
        rows[6]["code"] = rows[7]["code"]

    with pytest.raises(DataError) as caught:
        load_mapping(edited(tmp_path, change))
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        (2, "maps_to"), (3, "kind"), (4, "outsourced"), (5, "precedence"), (6, "code"), (9, "code"),
    ]  # fmt: skip
    assert "Did you mean 'document_review'" in str(caught.value)


def test_a_table_that_is_none(tmp_path):
    with pytest.raises(NotFoundError):
        load_mapping(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_text("code,maps_to\nL1,x\n")
    with pytest.raises(DataError, match="this column is missing"):
        load_mapping(tmp_path / "a.csv")
