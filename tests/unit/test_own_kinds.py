"""`lpo check`: every kind of own file, its template, a file with faults, and the report that takes it agree."""

from __future__ import annotations

import csv
import io
from importlib import import_module
from pathlib import Path

import pytest

from lpo_analysis import cli, errors, paths
from lpo_analysis.evidence.money import currencies
from lpo_analysis.evidence.own_check import check
from lpo_analysis.evidence.own_table import NoCodeError, read_place
from lpo_analysis.parameters import is_synthetic, notice, synthetic_kinds

KINDS = {kind: room for room, kinds in cli.OWN.items() for kind in kinds}
SECRET = "Zwetschgenholm Partners confidential matter"


def known(kind):
    return import_module(f"lpo_analysis.{KINDS[kind]}.own_data").KINDS[kind]


def template(kind):
    return known(kind).template


BESIDE = {"margins": ("survey_path", "survey"), "billed_providers": ("billing_path", "billing"), "moved": ("billing_path", "billing"), "billing_codes": ("billing_path", "billing"), "criteria": ("providers_path", "providers")}  # fmt: skip
"""Files without which a report does not take the other."""


def beside(kind: str) -> dict[str, str]:
    name, other = BESIDE.get(kind, ("", ""))
    return {name: str(template(other))} if name else {}


MUTATED = {
    "survey": ("buyer", 3, "lawfirm", "law_firm"),
    "margins": ("variable", 2, "buyr", "buyer"),
    "series": ("kind", 2, "new adopter", "new_adopters"),
    "quotes": ("task", 2, "document_revieww", "document_review"),
    "billed_providers": ("id", 3, "firm-9", None),
    "moved": ("month", 2, "2024-13", None),
    "billing_codes": ("maps_to", 3, "litigation_suport", "litigation_support"),
    "incidents": ("kind", 3, "dedline", "deadline"),
    "quality": ("severity", 4, "majr", "major"),
    "control_costs": ("control", 2, "security_audt", "security_audit"),
    "providers": ("audit_right", 2, "yess", None),
    "criteria": ("direction", 2, "lowr", "lower"),
}
"""Column, row, what is put there, and what is certain to have been meant; bills set lines aside instead and are tested apart."""


def mutated(kind: str, folder: Path, column: str, row: int, value: str) -> Path:
    rows = list(csv.reader(template(kind).open(encoding="utf-8", newline="")))
    rows[row - 1][rows[0].index(column)] = value
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path = folder / "mine.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def test_every_template_is_a_kind_and_every_kind_has_one():
    # Codes on bills have the table of the kit for a template.
    assert set(KINDS) - {"billing_codes"} == {path.stem for path in paths.TEMPLATES.glob("*.csv")}
    for kind, room in KINDS.items():
        found = known(kind)
        assert found.kind == kind
        assert found.parameter in found.model.own_files(), f"the {room} report takes no {kind}"
        columns = set(known(kind).example_cells())
        assert {*found.names, *found.guarded, *found.examples} <= columns
    readme = (paths.TEMPLATES / "README.md").read_text(encoding="utf-8")
    assert all(f"\n## {kind}.csv: " in readme for kind in KINDS)


ALIKE = {
    ("decision", "billing_path"): "billing",
    ("decision", "billed_providers"): "billed_providers",
    ("decision", "billing_codes"): "billing_codes",
    ("decision", "controls_path"): "control_costs",
}
"""What a second report takes, by the kind that checks it."""


def test_every_parameter_that_takes_a_file_can_be_checked():
    """Of every model of the package, those of rooms that have no kinds of their own among them."""
    package = Path(cli.__file__).parent
    taken = {
        (room.parent.name, name): field.json_schema_extra["own_file"]
        for room in package.glob("*/parameters.py")
        for model in [import_module(f"lpo_analysis.{room.parent.name}.parameters").Parameters]
        for name, field in model.model_fields.items()
        if name in model.own_files()
    }
    first = {(room, known(kind).parameter): kind for kind, room in KINDS.items()}
    assert set(taken) == set(first) | set(ALIKE)
    assert not set(first) & set(ALIKE)
    # What two reports take is of one kind, by the word that is recorded of it.
    for place, kind in ALIKE.items():
        assert taken[place] == taken[KINDS[kind], known(kind).parameter]


def test_the_table_of_the_kit_can_be_checked_and_edited(tmp_path, lpo):
    out = tmp_path / "codes.csv"
    assert "a copy of that of the kit" in lpo("check", "billing_codes", "--example", str(out)).out
    ran = lpo("check", "billing_codes", str(out), "-p", f"billing_path={template('billing')}")
    assert ran.code == 0
    assert "0 codes on the bills are not in it." in ran.out
    out.write_text(out.read_text(encoding="utf-8").replace("\ntask,L320,", "\ntask,X999,"), encoding="utf-8")
    ran = lpo("check", "billing_codes", str(out), "-p", f"billing_path={template('billing')}")
    assert "1 code on the bills is not in it." in ran.out
    assert ran.out.splitlines()[-1].startswith("Next: lpo report savings -p billing_codes=FILE -p billing_path=")


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_passes_its_check_and_its_report(kind):
    found = check(known(kind), template(kind), beside(kind))
    assert not found.faults
    assert found.told is not None
    assert found.told.text.endswith(".")
    for cell in known(kind).example_cells().values():
        # What may lead back to somebody begins with a letter and has a digit in it.
        assert cell not in found.told.text.split() or not (cell[:1].isalpha() and cell[-1:].isdigit())
    asked = known(kind).model.from_mapping({known(kind).parameter: str(template(kind)), **beside(kind)})
    asked.check_evidence()
    assert synthetic_kinds(asked.recorded_own())


@pytest.mark.parametrize("kind", MUTATED)
def test_a_file_with_a_fault_is_refused_alike_by_check_and_report(kind, tmp_path):
    column, row, value, meant = MUTATED[kind]
    path = mutated(kind, tmp_path, column, row, value)
    found = check(known(kind), path, beside(kind))
    assert found.told is None
    assert (row, column, meant) in {(fault.row, fault.column, fault.meant) for fault in found.faults}
    asked = known(kind).model.from_mapping({known(kind).parameter: str(path), **beside(kind)})
    with pytest.raises(errors.DataError) as refused:
        asked.check_evidence()
    assert refused.value.faults == found.faults
    table = found.table()
    assert len(table) == len(found.faults)
    written = table.set_index(["row", "column"]).at[(row, column), "write"]
    assert written == (meant or f"such as {known(kind).example_cells()[column]}")
    assert any(line.startswith(str(row)) and column in line for line in found.lines())


@pytest.mark.parametrize("kind", ["margins", "billed_providers", "moved", "criteria", "billing_codes"])
def test_a_file_that_belongs_to_another_is_checked_alone_too(kind, tmp_path):
    found = check(known(kind), template(kind))
    assert found.told is not None
    assert ": -p " in found.told.text or kind == "criteria"
    column, row, value, _ = MUTATED[kind]
    assert check(known(kind), mutated(kind, tmp_path, column, row, value)).faults


def test_faults_of_a_survey_and_of_its_margins_are_told_together(tmp_path):
    survey = mutated("survey", tmp_path, "buyer", 3, "lawfirm")
    margins = tmp_path / "known.csv"
    margins.write_text("variable,category,share\nbuyer,law_firm,60\nbuyer,corporate,30\n")
    found = check(known("survey"), survey, {"margins_path": str(margins)})
    assert [(fault.file, fault.column) for fault in found.faults] == [("mine.csv", "buyer"), ("known.csv", "share")]
    assert found.table()["file"].tolist() == ["mine.csv", "known.csv"]
    assert found.lines()[0].startswith("file")


def test_more_faults_than_a_message_shows_are_all_in_the_table(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("respondent,buyer,uses_lpo\n" + "".join(f"r{n},lawfirm,{SECRET}\n" for n in range(60)))
    found = check(known("survey"), path)
    assert len(found.faults) == len(found.table()) == 120
    shown = "\n".join(found.lines())
    assert SECRET not in shown
    assert "mine.csv" not in shown


def test_signs_a_terminal_might_obey_are_not_printed(tmp_path):
    (tmp_path / "mine.csv").write_text("respondent,buyer,uses_lpo\nr1,law_firmm\u009b,yes\n", encoding="utf-8")
    found = check(known("survey"), tmp_path / "mine.csv")
    assert found.table().at[0, "value"].endswith("\u009b")
    assert "\u009b" not in "".join(found.lines())


def test_bills_show_where_every_line_went(tmp_path):
    rows = template("billing").read_text(encoding="utf-8").splitlines()
    broken = [rows[0], rows[1].replace("2024-01", "2024-99"), *rows[2:40], rows[2], ""]
    (tmp_path / "a.csv").write_text("\n".join(broken) + "\n")
    found = check(known("billing"), tmp_path / "a.csv")
    counts = found.told.table.set_index("what")["lines"]
    assert counts["lines in"] == 42
    assert counts["lines in"] == counts["lines used"] + counts.iloc[2:].sum()
    assert "LINE_ITEM_DATE" in " ".join(counts.index)
    (tmp_path / "a.csv").write_text(rows[0] + "\n" + rows[1].replace("2024-01", "2024-99") + "\n")
    found = check(known("billing"), tmp_path / "a.csv")
    assert "no line can be used" in found.faults[0].message
    with pytest.raises(errors.DataError) as refused:
        known("billing").model.from_mapping({"billing_path": str(tmp_path / "a.csv")}).check_evidence()
    assert refused.value.faults == found.faults


def test_quotes_must_answer_the_question_they_are_checked_for():
    assert check(known("quotes"), template("quotes"), {"task": "document_review"}).told
    with pytest.raises(errors.ParameterError, match="the quotes are for document_review, and the report asks about legal_research"):  # fmt: skip
        check(known("quotes"), template("quotes"), {"task": "legal_research", "baseline": "associate"})


@pytest.mark.parametrize(
    ("typed", "codes", "meant"),
    [
        ("lawfirm", ["law_firm", "corporate"], "law_firm"),
        ("LAW FIRM", ["law_firm", "law_firms"], "law_firm"),
        ("highher", ["higher", "lower"], "higher"),
        ("quality_contro", ["quality_control", "quality_controls"], None),
        ("Smith", ["small", "large"], None),
        ("cots", ["cost", "quality"], "cost"),
        ("flaxibiltiy", ["flexibility", "efficiency"], "flexibility"),
        ("cst", ["cost"], None),
        ("na", ["no", "yes"], None),
        ("lose", ["lost", "loss"], None),
        ("", ["", "a"], None),
        ("Quälity - control", ["quality_control", "quality"], "quality_control"),
        ("ISO 27001", ["iso_27001", "iso_27701"], "iso_27001"),
        # Another figure, another short word, another prefix, another first letter, another word.
        ("iso_9002", ["iso_27001", "iso_9001"], None),
        ("soc_1", ["soc_2", "none"], None),
        ("severity_1", ["severity_3"], None),
        ("yess", ["yes", "no"], None),
        ("ip_servises", ["is_services"], None),
        ("unlimited", ["limited"], None),
        ("form", ["firm"], None),
        ("quality?", ["quality"], None),
    ],
)
def test_only_what_is_certain_is_put_in(typed, codes, meant):
    assert errors.certain(typed, codes) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Inda", "IND"), ("Nigera", "NGA"), ("Méxicoo", "MEX"), ("IND.", None), ("USOH", "US-OH"),
        *((code, None) for code in ("ME", "SA", "AU-WA", "LU", "INDO", "NA", "IR", "US-XX", "NKOR", "GBRR", "US-A")),
        # Places that the kit does not list are no slips of those it does, and what two may be is in doubt.
        *((name, None) for name in ("Iceland", "Austria", "Slovenia", "Niger", "North Korea", "Columbia", "Indian")),
    ],
)  # fmt: skip
def test_a_place_is_certain_by_its_name_only(typed, meant):
    with pytest.raises(NoCodeError) as refused:
        read_place(typed)
    assert refused.value.meant == meant


def test_a_currency_is_certain_only_where_it_is_spelt_alike():
    assert {typed: errors.certain(typed, currencies(), of="code") for typed in ("KR", "IR", "EURO", "US", "U SD")} == {
        "KR": None, "IR": None, "EURO": None, "US": None, "U SD": "USD"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        ("providers", "certifications", "iso_9002"), ("providers", "certifications", "soc_1"), ("providers", "location", "US-XX"),
        ("incidents", "currency", "INX"), ("control_costs", "currency", "KR"), ("survey", "geography", "NKOR"), ("quotes", "location", "AU-WA"),
    ],
)  # fmt: skip
def test_the_plain_check_writes_only_what_is_certain(kind, column, value, tmp_path):
    table = check(known(kind), mutated(kind, tmp_path, column, 3, value)).table()
    told = table[table["row"].eq(3) & table["column"].eq(column)]
    assert [cell.partition(" ")[0] for cell in told["write"]] == ["such"]


def test_a_name_of_a_column_with_another_figure_is_not_certain(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("batch,item,severity,severity_1\n1,1,none,minor\n")
    found = check(known("quality"), path)
    assert [(fault.row, fault.column, fault.meant) for fault in found.faults] == [(1, "severity_1", None)]


def test_the_command_says_what_was_read_and_exits_with_0(lpo):
    ran = lpo("check", "survey", str(template("survey")))
    out = ran.out
    assert (ran.code, ran.err) == (0, "")
    assert out.startswith("No fault. 72 respondents")
    assert "Synthetic example data, no finding: the survey file is an example" in out
    assert out.splitlines()[-1] == "Next: lpo report adoption -p survey_path=FILE"


def test_the_command_lists_faults_and_exits_with_2(tmp_path, lpo):
    path = mutated("survey", tmp_path, "buyer", 3, "lawfirm")
    ran = lpo("check", "survey", str(path))
    assert ran.code == 2
    assert ran.err == "error: 1 fault in this survey file; no report would take it.\n"
    assert "law_firm" in ran.out
    ran = lpo("check", "survey", str(path), "--csv")
    row = next(csv.DictReader(io.StringIO(ran.out)))
    assert (ran.code, row["row"], row["column"], row["value"], row["write"]) == (2, "3", "buyer", "lawfirm", "law_firm")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["surveys", "x.csv"], "There is no kind of file 'surveys'. Did you mean 'survey'?"),
        (["survey", "nowhere.csv"], "survey_path: there is no file of this name"),
        (["moved", "nowhere.csv"], "moved file does not exist"),
        (["survey"], "There is no file to check."),
        (["survey", "x.csv", "-p", "task_=1"], "unknown parameter 'task_'"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(arguments, said, lpo):
    ran = lpo("check", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_the_folder_of_an_example_is_made_as_the_pages_say(tmp_path, lpo, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = lpo("check", "survey", "--example", "my/new/survey.csv")
    assert ran.code == 0, ran.err
    assert (tmp_path / "my/new/survey.csv").read_bytes() == template("survey").read_bytes()


def test_the_example_is_the_template_and_replaces_nothing(tmp_path, lpo):
    out = tmp_path / "new.csv"
    ran = lpo("check", "quotes", "--example", str(out))
    assert ran.code == 0
    assert "invented" in ran.out
    assert out.read_bytes() == template("quotes").read_bytes()
    ran = lpo("check", "quotes", "--example", str(out))
    assert ran.code == 2
    assert "is there already" in ran.err


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind != "billing_codes"]
)  # which is no example, but a table of the kit
def test_an_example_is_known_however_a_spreadsheet_saved_it(kind, tmp_path):
    text = template(kind).read_text(encoding="utf-8")
    assert is_synthetic(template(kind))
    for name, raw in {
        "bom.csv": ("\ufeff" + text.replace("\n", "\r\n")).encode(),
        "excel.csv": text.replace(",", ";").encode("cp1252"),
        "wide.csv": ("\ufeff" + text.replace(",", "\t")).encode("utf-16-le"),
    }.items():
        (tmp_path / name).write_bytes(raw)
        assert is_synthetic(tmp_path / name), name
    (tmp_path / "own.csv").write_text(text.splitlines()[0] + "\n")
    assert not is_synthetic(tmp_path / "own.csv")


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a,corrected_example,b\n1,2,3\n", True),
        ("Corrected Example;a\n1;2\n", True),
        ("sep=;\na;corrected_example;mine\n1;2;3\n", True),
        ("\n" + "".join(f"own column {n}," for n in range(500)) + "corrected_example\n", True),
        ("a,note\n1,corrected_example\n", False),
        ("a,note\n1,a corrected example\n", False),
        ('a,"b, corrected example"\n1,2\n', False),
        ("a,no corrected example\n1,2\n", False),
    ],
)
@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_the_mark_of_a_corrected_example_is_a_column_wherever_it_stands(text, made, codec, tmp_path):
    (tmp_path / "a.csv").write_text(text, encoding=codec)
    assert is_synthetic(tmp_path / "a.csv") is made


def test_rows_of_an_example_left_beside_own_ones_are_known_too(tmp_path):
    rows = template("survey").read_text(encoding="utf-8").splitlines()
    own = "mine1,law_firm,small,USA,litigation,no,no,none,cost,quality,,a,2026"
    (tmp_path / "own.csv").write_text(f"{rows[0]}\n{own}\n")
    assert not is_synthetic(tmp_path / "own.csv")
    (tmp_path / "own.csv").write_text(f"{rows[0]}\n{own}\n{rows[7]}\n")
    assert is_synthetic(tmp_path / "own.csv")
    # A short list that happens to begin as the example does is the user's own.
    (tmp_path / "own.csv").write_text("criterion,direction,weight,rank\nprice,lower,,1\nerrors,lower,,2\n")
    assert not is_synthetic(tmp_path / "own.csv")


def test_the_notice_names_the_kinds_and_nothing_where_there_is_none():
    one = {"survey_path": "survey, synthetic example data, sha256 0123456789abcdef", "task": "x"}
    assert notice(one).startswith(
        "Synthetic example data, no finding: the survey file is an example that the kit ships"
    )
    two = {**one, "billing_path": "billing, synthetic example data, 3 files, sha256 0123456789abcdef"}
    assert "the survey and billing files are examples" in notice(two)
    assert notice({"survey_path": "survey, sha256 0123456789abcdef", "note": "synthetic example data"}) == ""
