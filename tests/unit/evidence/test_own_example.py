"""A corrected example of a file at fault passes its check, tells what is certain from what is not, and has no name in it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from lpo_analysis import cli
from lpo_analysis.errors import OutputError
from lpo_analysis.evidence.own_check import check, write_new
from lpo_analysis.evidence.own_example import CERTAIN, EXAMPLE, NOT_YOURS, SHOWN, _Draft, corrected
from lpo_analysis.evidence.own_table import folded
from lpo_analysis.parameters import is_synthetic
from lpo_analysis.parameters.synthetic import CORRECTED

KINDS = {kind: room for room, kinds in cli.OWN.items() for kind in kinds}
SECRET = "Zwetschgenholm Partners"
LONG = f"{SECRET}, {'a very long name ' * 20}"

FAULTS = {
    "survey": {
        (2, "buyer"): ("lawfirm", "law_firm"), (3, "tasks"): ("ediscvery;none x", None), (4, "drivers"): ("cost;qualty", "quality"),
        (5, "year"): ("26", None), (6, "uses_lpo"): (SECRET, None), (7, "respondent"): ("", None), (8, "geography"): ("GBRR", None),
    },
    "margins": {(2, "variable"): ("buyr", "buyer"), (3, "category"): ("corporte", "corporate"), (4, "share"): ("50 %", "50")},
    "series": {(2, "kind"): ("new adopter", "new_adopters"), (3, "value"): ("1 260,5", "1260.5"), (5, "year"): (SECRET, None)},
    "quotes": {
        (2, "task"): ("document_revieww", "document_review"), (3, "price"): ("29,5", "29.5"), (4, "price"): ("1,250", None), (3, "location"): (SECRET, None),
        (4, "pricing_model"): ("hourl", "hourly"), (5, "quote"): ("Q1", None),
    },
    "billing": {(2, "date"): ("13/14/2024", None), (3, "amount"): ("1,870", None), (4, "type"): (SECRET, None), (5, "units"): ("7,500.5 h", None)},
    "billed_providers": {(2, "id"): (LONG, None), (3, "id"): ("", None)},
    "moved": {(2, "month"): ("03/2025", "2025-03"), (3, "month"): (SECRET, None), (4, "matter"): ("m-1", None), (5, "group"): ("", None)},
    "billing_codes": {
        (2, "kind"): ("tassk", "task"), (3, "maps_to"): ("litigation_suport", "litigation_support"), (4, "outsourced"): (SECRET, None), (5, "precedence"): ("first", None),
        (6, "code"): ("", None),
    },
    "incidents": {
        (2, "date"): ("14.03.2022", "2022-03-14"), (3, "kind"): ("dedline", "deadline"), (4, "cost"): ("6.500,00", "6500.00"), (5, "date"): ("03/04/2024", None),
        (6, "records"): (SECRET, None), (6, "client_data_reached"): ("unknovn", "unknown"),
    },
    "quality": {(2, "severity"): ("nonne", "none"), (5, "severity"): ("", None), (6, "lot_size"): ("42O", None), (7, "item"): ("i01", None), (8, "severity_2"): (SECRET, None)},
    "control_costs": {(2, "control"): ("security_audt", "security_audit"), (3, "cost_low"): ("3 000", "3000"), (4, "effect_low"): ("10%", None), (4, "currency"): (SECRET, None)},
    "providers": {
        (2, "audit_right"): ("yess", None), (3, "price_low"): ("16,50", "16.50"), (3, "price_high"): ("22,00", "22.00"), (4, "location"): (SECRET, None),
        (5, "provider"): (SECRET, None), (2, "certifications"): ("iso_27001;ISO twenty", None),
    },
    "criteria": {(2, "direction"): ("lowr", "lower"), (3, "criterion"): (SECRET, None), (4, "rank"): ("second", None), (5, "criterion"): ("certificationz", "certifications")},
}  # fmt: skip
"""By kind, row and column: what is put there, and what was certainly meant."""


def known(kind):
    return import_module(f"lpo_analysis.{KINDS[kind]}.own_data").KINDS[kind]


def written(path, rows, *, mark=","):
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def rows_of(kind):
    return list(csv.reader(known(kind).template.open(encoding="utf-8", newline="")))


def faulty(kind, folder):
    """A file with several faults, with names in the columns that take them and in one of the user's own."""
    rows = rows_of(kind)
    place = {name: at for at, name in enumerate(rows[0])}
    for (line, column), (value, _) in FAULTS[kind].items():
        rows[line - 1][place[column]] = value
    for name in known(kind).names:
        if name not in {column for _, column in FAULTS[kind]} and name != "code":
            for line, row in enumerate(rows[1:], start=2):
                if row[place[name]]:
                    row[place[name]] = f"{SECRET} {row[place[name]]} {line if name in ('respondent', 'line') else ''}"
    return written(folder / "mine.csv", [[*row, SECRET if line else "remarks"] for line, row in enumerate(rows)])


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_of_a_file_with_several_faults_passes_and_has_no_name_in_it(kind, tmp_path):
    mine = faulty(kind, tmp_path)
    before = mine.read_bytes()
    found = check(known(kind), mine)
    assert len(found.faults or found.told.aside) >= 2
    made = corrected(known(kind), mine)
    assert mine.read_bytes() == before
    out = tmp_path / "out.csv"
    out.write_text(made.text, encoding="utf-8")
    again = check(known(kind), out)
    assert not again.faults
    assert not again.told.aside
    assert SECRET.split()[0] not in made.text + made.changes.to_csv() + made.told
    # It says what it is in every row, and whatever is made from it does so, too.
    made_rows = list(csv.DictReader(io.StringIO(made.text)))
    assert {row[CORRECTED] for row in made_rows} == {NOT_YOURS}
    assert list(made_rows[0])[:-1] == list(known(kind).rows()[0])
    assert is_synthetic(out)
    for saved in ("sep=;\n" + made.text.replace(",", ";"), made.text + made.text.splitlines()[-1] * 20_000):
        (tmp_path / "saved.csv").write_text(saved, encoding="utf-16" if saved.startswith("sep") else "utf-8")
        assert is_synthetic(tmp_path / "saved.csv")
    assert "of your file, corrected" in made.told
    changes = made.changes.set_index(["row", "column"])
    whole = set(made.changes.loc[made.changes["column"] == "", "row"])
    for (line, column), (value, meant) in FAULTS[kind].items():
        if line in whole or (line, column) not in changes.index:
            # Where a row does not go with the others its cells are not told one by one; bills take hours that cannot be read for none.
            assert meant is None, (line, column)
            continue
        change = changes.loc[line, column]
        assert change["how"] == (CERTAIN if meant else EXAMPLE), (line, column)
        if meant:
            assert folded(change["from"]) in folded(value) or change["from"].startswith("(")
            assert change["to"] in (meant, "(in the example)")
            assert any(meant in row[column].split(";") for row in made_rows)


def test_each_kind_has_faults_here():
    assert set(FAULTS) == set(KINDS)


def test_rows_that_stand_alone_are_those_at_fault_and_others_are_all_there(tmp_path):
    survey = corrected(known("survey"), faulty("survey", tmp_path)).text
    assert [row["respondent"] for row in csv.DictReader(io.StringIO(survey))] == [
        "r001",
        "r002",
        "r003",
        "r004",
        "r005",
        "row-7",
        "r007",
    ]
    incidents = corrected(known("incidents"), faulty("incidents", tmp_path)).text
    assert [row["incident"] for row in csv.DictReader(io.StringIO(incidents))] == [f"row-{n}" for n in range(2, 7)]


def test_a_file_without_fault_and_one_whose_fault_lies_in_another_have_no_example(tmp_path):
    assert corrected(known("survey"), known("survey").template) is None
    margins = written(
        tmp_path / "m.csv",
        [["variable", "category", "share"], ["practice", "tax", "40"], ["practice", "criminal", "60"]],
    )
    given = {"survey_path": str(known("survey").template)}
    assert check(known("margins"), margins, given).faults
    assert corrected(known("margins"), margins, given) is None


@pytest.mark.parametrize(
    "raw",
    [
        b"PK\x03\x04 a workbook",
        b"",
        b"respondent,buyer,uses_lpo\n",
        b'respondent,buyer,uses_lpo\nr1,"corporate,yes\n',
        b"a,b\n1,2\n",
        "name;Käufer\nx;y\n".encode("cp1252"),
    ],
)
def test_what_cannot_be_read_has_the_template_for_an_example(raw, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(raw)
    made = corrected(known("survey"), path)
    assert made.told.endswith("so that it is the template.")
    assert made.changes["how"].tolist() == [EXAMPLE]
    (tmp_path / "out.csv").write_text(made.text)
    assert len(list(csv.DictReader(io.StringIO(made.text)))) == len(known("survey").rows())
    assert not check(known("survey"), tmp_path / "out.csv").faults


def test_columns_misspelt_missing_or_there_twice_are_told(tmp_path):
    rows = [
        ["respondent", "buyr", "uses_lpo", "year", "year"],
        [SECRET, "corporate", "yes", "2024", "2025"],
        ["b", "lawfirm", "no", "", ""],
    ]
    made = corrected(known("survey"), written(tmp_path / "mine.csv", rows))
    told = made.changes.set_index(["row", "column"])
    assert told.loc[(1, "buyer"), ["from", "to", "how"]].tolist() == ["buyr", "buyer", CERTAIN]
    assert told.loc[(1, "barriers"), "how"] == CERTAIN
    assert told.loc[(1, "year"), "how"] == EXAMPLE
    # What shows only once the header is right is mended, too.
    assert told.loc[(3, "buyer"), ["from", "to", "how"]].tolist() == ["lawfirm", "law_firm", CERTAIN]
    # A column that must be there is not made up in silence: each cell is an example, and no empty column is certain.
    rows = [["respondent", "uses_lpo"], ["a", "yes"], ["b", "no"]]
    made = corrected(known("survey"), written(tmp_path / "mine.csv", rows))
    assert made.changes.set_index(["row", "column"]).loc[[(2, "buyer"), (3, "buyer")], "how"].tolist() == [EXAMPLE] * 2
    told = made.changes.set_index(["row", "column"])
    assert told.loc[(1, "buyer"), ["to", "how"]].tolist() == ["buyer", EXAMPLE]
    assert told.loc[(1, "barriers"), ["to", "how"]].tolist() == ["barriers, empty", CERTAIN]


def test_decimal_commas_beside_points_are_told_apart_where_that_is_certain(tmp_path):
    rows = [
        ["respondent", "buyer", "uses_lpo", "weight"],
        *([f"r{n}", "corporate", "yes", weight] for n, weight in enumerate(["1,5", "2.5", "1.250", "1,250"])),
    ]
    made = corrected(known("survey"), written(tmp_path / "mine.csv", rows, mark=";"))
    assert [row["weight"] for row in csv.DictReader(io.StringIO(made.text))] == ["1.5", "1", "1"]
    how = made.changes[made.changes["column"].eq("weight")].set_index("row")
    assert how["how"].to_dict() == {2: CERTAIN, 4: EXAMPLE, 5: EXAMPLE}
    assert how["from"].str.startswith("(").all(), "weights are never repeated"
    # Alone, a decimal comma of such a file is no fault; that the example has a point is told of its own rows.
    rows[1][3], rows[2][3:], rows[3][3], rows[4][3], rows[1][1] = "1,5", ["2,5"], "1,25", "1,250", "corprate"
    made = corrected(known("survey"), written(tmp_path / "mine.csv", rows, mark=";"))
    assert made.changes[made.changes["column"].eq("weight") & made.changes["row"].gt(1)].to_numpy().tolist() == [
        [2, "weight", "(3 characters)", "(in the example)", CERTAIN]
    ]
    assert next(csv.DictReader(io.StringIO(made.text)))["weight"] == "1.5"


def test_rows_too_short_too_few_or_there_twice(tmp_path):
    rows = rows_of("providers")[:2]
    made = corrected(known("providers"), written(tmp_path / "mine.csv", rows))
    assert "a row of the template" in set(made.changes["to"])
    rows = rows_of("criteria")
    rows[3] = [*rows[3], "one more"]
    rows.append(list(rows[1]))
    made = corrected(known("criteria"), written(tmp_path / "mine.csv", rows))
    told = made.changes[made.changes["column"].eq("")].set_index("row")["to"].to_dict()
    assert told == {4: "a row of the template", 10: "left out"}


def test_bills_of_another_layout_have_the_template_for_an_example(tmp_path):
    (tmp_path / "a.txt").write_text("LEDES1998B[]\nINVOICE_DATE|INVOICE_NUMBER[]\n")
    assert corrected(known("billing"), tmp_path / "a.txt").told.endswith("so that it is the template.")
    assert corrected(known("billing"), tmp_path).told.startswith("An example is made of one file")


def test_a_parameter_that_examples_do_not_go_with_leaves_the_template(tmp_path):
    rows = rows_of("quotes")
    rows[1][1] = SECRET
    for row in rows[2:]:
        row[1] = "legal_research"
    mine = written(tmp_path / "mine.csv", rows)
    made = corrected(known("quotes"), mine, {"task": "legal_research", "baseline": "associate"})
    assert made.told.endswith("so that it is the template.")
    assert "of your file" in corrected(known("quotes"), mine).told


def cells(kind, folder, change, *, mark=","):
    """Correct the template of a kind with other cells: rows of the example, and the changes by row and column."""
    rows = rows_of(kind)
    for (line, column), value in change.items():
        rows[line - 1][rows[0].index(column)] = value
    made = corrected(known(kind), written(folder / "mine.csv", rows, mark=mark))
    assert "of your file" in made.told
    return list(csv.DictReader(io.StringIO(made.text))), made.changes.set_index(["row", "column"]), made


def test_names_of_own_criteria_are_not_copied(tmp_path):
    own = {(2, "criterion"): "own_zebulon_quux", (3, "criterion"): "Own-Zebulon Quux", (4, "criterion"): "own_other_quux", (5, "direction"): "lowr"}  # fmt: skip
    rows, changes, made = cells("criteria", tmp_path, own)
    assert [row["criterion"] for row in rows][::2][:2] == ["own_row_2", "own_row_4"]
    assert "own_row_7 stands for what is in row 7" in made.told
    assert "quux" not in (made.text + made.changes.to_csv() + made.told).casefold()
    assert changes.loc[(3, "criterion"), "how"] == EXAMPLE, "the same criterion, spelt otherwise"
    (tmp_path / "out.csv").write_text(made.text)
    assert not check(known("criteria"), tmp_path / "out.csv").faults


def test_every_cell_that_is_not_copied_is_told(tmp_path):
    codes = {(2, "title"): SECRET, (2, "kind"): "tusk kind", (3, "note"): SECRET}
    rows, changes, _ = cells("billing_codes", tmp_path, codes)
    assert rows[0]["title"] == ""
    assert changes.loc[(2, "title")].tolist() == [f"({len(SECRET)} characters)", "(empty)", EXAMPLE]
    assert (3, "note") not in changes.index, "a row that is not in the example"
    commas = {(2, "price"): "24,5", (3, "location"): "nowhere at all"}
    rows, changes, _ = cells("quotes", tmp_path, commas, mark=";")
    assert rows[0]["price"] == "24.5"
    assert changes.loc[(2, "price"), ["to", "how"]].tolist() == ["(in the example)", CERTAIN]
    # Hours with a decimal comma are mended before what is guarded is left out.
    bills = {(2, "units"): "7,5", (2, "date"): "soon", (3, "date"): "soon", (3, "units"): "7,500", (2, "timekeeper_class"): SECRET}  # fmt: skip
    rows, changes, _ = cells("billing", tmp_path, bills)
    assert rows[0]["units"] == "7.5"
    assert changes.loc[(2, "units"), "how"] == CERTAIN
    assert changes.loc[[(3, "units"), (2, "timekeeper_class")], "to"].tolist() == ["(empty)"] * 2


def test_codes_of_no_list_are_not_copied(tmp_path):
    bills = {(2, "task_code"): "Z999", (2, "currency"): "ZQX", (2, "date"): "soon", (2, "amount"): "4012888888881881"}
    rows, changes, made = cells("billing", tmp_path, bills)
    assert "Z999" not in made.text + made.changes.to_csv()
    assert "4012888888881881" not in made.text + made.changes.to_csv()
    assert "ZQX" not in made.text + made.changes.to_csv()
    assert rows[0]["activity_code"] == "A104"
    assert changes.loc[[(2, "task_code"), (2, "currency")], "to"].tolist() == ["(empty)"] * 2
    _, changes, made = cells("providers", tmp_path, {(2, "currency"): "ZQX", (3, "location"): SECRET})
    assert "ZQX" not in made.text + made.changes.to_csv()
    assert "ZQX" not in cells("billing_codes", tmp_path, {(2, "code"): "ZQX 123", (2, "kind"): "tassk"})[2].text


@pytest.mark.parametrize(
    ("kind", "column", "other"),
    [("providers", "volume_hours", "location"), ("providers", "qc_checked", "location"), ("incidents", "records", "kind"), ("criteria", "weight", "direction"), ("quality", "lot_size", "severity"),
     ("series", "value", "kind")],
)  # fmt: skip
def test_numbers_as_long_as_those_of_accounts_are_neither_copied_nor_repeated(kind, column, other, tmp_path):
    number = (
        "4.0128888888818e5" if kind == "quality" else "-4012888888881" if kind == "incidents" else "4012888888881881"
    )
    rows = rows_of(kind)
    place = {name: at for at, name in enumerate(rows[0])}
    rows[1][place[column]], rows[2][place[other]] = number, "no such thing"
    mine = written(tmp_path / "mine.csv", rows)
    found = check(known(kind), mine)
    made = corrected(known(kind), mine)
    told = f"{found.table().to_csv()}{found.told}{made.text}{made.changes.to_csv()}{made.told}"
    assert number.strip("-") not in told


@pytest.mark.parametrize(
    "code", [{(2, "control"): "zzz"}, {(3, "currency"): "LKR"}, {(3, "currency"): "LKR", (2, "control"): "zzz"}]
)
def test_one_wrong_code_of_a_control_takes_an_example_and_leaves_the_rest(code, tmp_path):
    rows, changes, _ = cells("control_costs", tmp_path, code)
    assert {tuple(place) for place in changes.index} == set(code)
    assert [row["control"] for row in rows] == [
        rows_of("control_costs")[line - 1][0] for line in sorted({line for line, _ in code})
    ]


def test_a_large_file_is_corrected_in_one_pass_over_its_rows(tmp_path, monkeypatch):
    """Looks at rows are counted, not seconds: ten times the rows may cost little more than ten times the looks."""

    def looks(n):
        seen = Counter()
        live = _Draft.live

        def counted(self):
            seen["rows"] += len(self.rows)
            return live(self)

        monkeypatch.setattr(_Draft, "live", counted)
        rows = [["respondent", "buyer", "uses_lpo"], *(["same", "nothing at all", "yes"] for _ in range(n))]
        made = corrected(known("survey"), written(tmp_path / "mine.csv", rows))
        monkeypatch.setattr(_Draft, "live", live)
        assert len(made.changes) > n
        return seen["rows"]

    assert looks(400) < 12 * looks(40)


def test_the_terminal_shows_forty_changes_and_counts_the_rest(tmp_path, lpo):
    rows = [["respondent", "buyer", "uses_lpo"], *([f"r{n}", "lawfirm", "yes"] for n in range(60))]
    ran = lpo("check", "survey", str(written(tmp_path / "mine.csv", rows)), "--example", str(tmp_path / "a.csv"))
    shown = ran.out.split("What was changed:")[1].splitlines()
    made = corrected(known("survey"), tmp_path / "mine.csv")
    assert shown[-1] == f"... and {len(made.changes) - SHOWN} more"
    assert len(shown) == 1 + 1 + SHOWN + 1
    assert len(made.changes) > 60


def test_what_cannot_be_written_is_one_message_and_leaves_no_half_file(tmp_path, lpo, monkeypatch):
    ran = lpo("check", "survey", "--example", str(tmp_path))
    assert ran.code == 2
    assert "--example: this is a folder. Name a file in it." in ran.err
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot make the folder of the file"):
        write_new(b"a", tmp_path / "file" / "out.csv")

    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    def opened(path, mode):
        path.touch(exist_ok=False)
        return Full()

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", opened)
        with pytest.raises(OutputError, match="No space left"):
            write_new(b"a", tmp_path / "half.csv")
    assert not (tmp_path / "half.csv").exists()

    def none():
        raise FileNotFoundError(2, "No usable temporary directory found")

    mine = faulty("survey", tmp_path)
    monkeypatch.setattr("lpo_analysis.evidence.own_example.TemporaryDirectory", none)
    with pytest.raises(
        OutputError, match=r"cannot write to the temporary folder \(No usable temporary directory found"
    ):
        corrected(known("survey"), mine)


def test_the_command_writes_it_says_that_it_is_none_of_the_users_data_and_touches_no_file(tmp_path, lpo):
    mine, out = faulty("survey", tmp_path), tmp_path / "example.csv"
    ran = lpo("check", "survey", str(mine), "--example", str(out))
    assert ran.code == 2
    assert "example.csv: an example, not your data. 7 rows of your file, corrected." in ran.out
    assert "example value, replace it" in ran.out
    assert SECRET not in ran.out + ran.err
    assert lpo("check", "survey", str(out)).code == 0
    # Neither the example nor the file itself is written over.
    for there in (out, mine):
        before = there.read_bytes()
        assert "is there already" in lpo("check", "survey", str(mine), "--example", str(there)).err
        assert there.read_bytes() == before
    ran = lpo("check", "survey", str(mine), "--csv", "--example", str(tmp_path / "b.csv"))
    assert next(csv.reader(io.StringIO(ran.out)))[0] == "file"
    assert "not your data" in ran.err
    ran = lpo("check", "survey", str(known("survey").template), "--example", str(tmp_path / "c.csv"))
    assert ran.code == 0
    assert "nothing to correct" in ran.out
    assert not (tmp_path / "c.csv").exists()


def test_the_command_lists_lines_of_bills_that_are_set_aside(tmp_path, lpo):
    ran = lpo("check", "billing", str(faulty("billing", tmp_path)), "--example", str(tmp_path / "b.csv"))
    assert ran.code == 0
    assert "set aside: no date that can be read" in ran.out
    assert "not your data" in ran.out
    assert SECRET not in ran.out
