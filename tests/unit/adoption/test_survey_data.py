"""A researcher's survey is read as spreadsheets save it, and a fault never repeats what a respondent wrote."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from lpo_analysis.adoption.survey_data import BARRIERS, COLUMNS, DRIVERS, MARGIN_COLUMNS, PRACTICES, read_survey
from lpo_analysis.errors import DataError, NotFoundError
from lpo_analysis.evidence import load
from lpo_analysis.vocabulary import TASKS

TEMPLATES = Path(__file__).resolve().parents[3] / "data" / "templates"
SECRET = "Zebedee Quimby of Quimby & Daughters"
ROW = {"respondent": "r1", "buyer": "law_firm", "buyer_size": "small", "geography": "USA", "practice": "tax", "uses_lpo": "yes",
       "uses_alsp": "no", "tasks": "legal_research;compliance", "drivers": "cost", "barriers": "none", "weight": "1.5",
       "cluster": "c1", "year": "2026"}  # fmt: skip
MARGINS = "variable,category,share\nbuyer,law_firm,60\nbuyer,corporate,40\n"


def text(*rows, delimiter=",", header=None):
    """Rows of the template with some cells changed; respondents get numbers unless they are named."""
    out = io.StringIO()
    names = list(header or ROW)
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(names)
    for number, row in enumerate(rows, start=1):
        full = ROW | {"respondent": f"r{number}"} | row
        writer.writerow([full.get(name, "") for name in names])
    return out.getvalue()


@pytest.fixture
def read(tmp_path):
    def call(content, margins=None):
        survey, known = tmp_path / "own.csv", tmp_path / "known.csv"
        survey.write_bytes(content if isinstance(content, bytes) else content.encode())
        if margins is None:
            return read_survey(survey)
        known.write_text(margins, encoding="utf-8")
        return read_survey(survey, known)

    return call


@pytest.fixture
def refused(read):
    def call(content, margins=None):
        with pytest.raises(DataError) as caught:
            read(content, margins)
        return str(caught.value)

    return call


def test_the_template_is_read_whole():
    survey = read_survey(TEMPLATES / "survey.csv", TEMPLATES / "margins.csv")
    with (TEMPLATES / "survey.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(survey.frame) == len(rows) >= 60
    assert survey.frame["uses_lpo"].tolist() == [row["uses_lpo"] for row in rows]
    due = [
        None if not row["tasks"] else () if row["tasks"] == "none" else tuple(row["tasks"].split(";")) for row in rows
    ]
    assert survey.frame["tasks"].tolist() == due
    assert survey.margins["buyer"] == pytest.approx({"law_firm": 0.6, "corporate": 0.4})
    assert (survey.weighted, survey.clustered) == (False, True)
    assert (TEMPLATES / "survey.csv").read_text(encoding="utf-8").splitlines()[0] == ",".join(COLUMNS)
    assert (TEMPLATES / "margins.csv").read_text(encoding="utf-8").splitlines()[0] == ",".join(MARGIN_COLUMNS)


def test_the_description_of_the_template_lists_every_column_and_code():
    told = (TEMPLATES / "README.md").read_text(encoding="utf-8")
    for word in (*COLUMNS, *MARGIN_COLUMNS):
        assert f"| {word} |" in told
    for code in (*DRIVERS, *BARRIERS, *PRACTICES, *TASKS):
        assert code in told


def test_reasons_with_a_published_figure_have_its_code():
    categories = load().categories
    for metric, codes in (("driver_share", DRIVERS), ("barrier_share", BARRIERS)):
        published = set(categories.loc[categories["metric"] == metric, "category"])
        assert len(published & set(codes)) >= len(published) / 2
        assert published - set(codes) <= {"law_firm_advice", "cost_routine_advice", "cost_specialist_advice"}


def test_respondents_are_not_kept(read):
    survey = read(text({"respondent": SECRET, "cluster": SECRET}))
    assert "respondent" not in survey.frame
    assert SECRET not in survey.frame.to_csv() + repr(survey)
    assert survey.frame["cluster"].tolist() == [0]


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ","), ("cp1252", ";"), ("utf-16", "\t"), ("utf-8", ";"), ("utf-8-sig", "\t")],
)
def test_what_spreadsheets_save_is_read(read, encoding, delimiter):
    comma = "1,5" if delimiter != "," else "1.5"
    content = text({"respondent": "Müller", "weight": comma}, {"weight": "2"}, delimiter=delimiter)
    survey = read(content.replace("\n", "\r\n").encode(encoding))
    assert survey.frame["weight"].tolist() == [1.5, 2.0]
    assert survey.frame["tasks"][0] == ("legal_research", "compliance")


def test_the_hint_of_excel_to_itself_is_skipped_and_lines_still_count(read, refused):
    good = "sep=;\n" + text({}, delimiter=";")
    assert len(read(good).frame) == 1
    assert "own.csv, row 3, column buyer: holds 6 characters" in refused(
        "sep=;\n" + text({"buyer": "bakery"}, delimiter=";")
    )


def test_what_people_type_becomes_codes(read):
    survey = read(text({"buyer": "Law Firms", "buyer_size": "Mid-Size", "geography": "uk", "practice": "Real Estate", "uses_lpo": "Y",
                        "uses_alsp": "0", "tasks": "Doc Review | doc_review", "drivers": "Fee Models", "barriers": "None"},
                       {"buyer": "government", "geography": "europe", "uses_lpo": "Don't know"}))  # fmt: skip
    row = survey.frame.iloc[0]
    assert row[["buyer", "buyer_size", "geography", "practice", "uses_lpo", "uses_alsp"]].tolist() == [
        "law_firm", "midsize", "GBR", "real_estate", "yes", "no"]  # fmt: skip
    assert (row["tasks"], row["drivers"], row["barriers"]) == (("document_review",), ("fee_models",), ())
    assert survey.frame.iloc[1][["buyer", "geography", "uses_lpo"]].tolist() == ["government", "EUROPE", "dont_know"]


def test_blank_rows_and_own_columns_are_left_and_counted(read):
    header = [*ROW, "remarks of the interviewer"]
    content = text({"remarks of the interviewer": SECRET}, {}, header=header) + "," * (len(header) - 1) + "\n\n"
    survey = read(content)
    assert len(survey.frame) == 2
    assert survey.n_ignored == 1
    assert SECRET not in survey.frame.to_csv()


def test_optional_columns_may_be_absent_or_empty(read):
    survey = read(text({}, {"respondent": "x"}, header=["respondent", "buyer", "uses_lpo", "drivers"]))
    assert survey.columns == ("respondent", "buyer", "uses_lpo", "drivers")
    assert survey.frame["uses_alsp"].tolist() == ["", ""]
    assert survey.frame["tasks"].tolist() == [None, None]
    assert survey.frame["weight"].isna().all()
    assert np.isnan(survey.frame["year"]).all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "own.csv: is empty; the first line must be respondent,buyer"),
        (b" \n\n", "is empty"),
        (b"PK\x03\x04rest", "is a workbook or an archive; save the sheet as CSV"),
        (b"\x81\x8d\x00", "is no text that can be read"),
        (text(), "has a header and no rows below it"),
        (text({}, header=["respondent", "buyer"]), "row 1, column uses_lpo: this column is missing"),
        (text({}, header=["respondent", "buyr", "uses_lpo"]), "column buyr: this column is not known; did you mean 'buyer'?"),
        (text({}, header=["respondent", "buyer", "uses_lpo", "drivres"]), "did you mean 'drivers'?"),
        (text({}, header=["respondent", "buyer", "buyer", "uses_lpo"]), "column buyer: this column stands there twice"),
        (text({}) + "r2,law_firm\n", "own.csv, row 3: has 2 fields, expected 13."),
        (text({}) + ("x," * 13) + "y\n", "own.csv, row 3: has 14 fields, expected 13."),
        (text({}) + 'r2,"open\n', "row 3: is no CSV from here on; is a quotation mark left open?"),
        (text({"buyer": ""}), "own.csv, row 2, column buyer: must not be empty. Allowed: law_firm, corporate, government."),
        (text({"buyer": "lawfirm"}), "column buyer: 'lawfirm' is not a known code. Did you mean 'law_firm'?"),
        (text({"buyer_size": "huge"}), "column buyer_size: holds 4 characters, which is not a known code. Allowed: small, midsize, large."),
        (text({"geography": "Atlantis"}), "column geography: holds 8 characters, which is no place this kit knows."),
        (text({"practice": "litigaton"}), "column practice: 'litigaton' is not a known code. Did you mean 'litigation'?"),
        (text({"uses_lpo": "perhaps"}), "column uses_lpo: holds 7 characters, which is no answer. Allowed: yes, no, dont_know, or an empty cell."),
        (text({"tasks": "legal_research;legal_reserch"}), "'legal_reserch' is not a known code. Did you mean 'legal_research'?"),
        (text({"drivers": "cost;none"}), "column drivers: names 'none' beside other codes"),
        (text({"barriers": "ethic"}), "'ethic' is not a known code. Did you mean 'ethics'?"),
        (text({"weight": "0"}), "row 2, column weight: holds 1 character, which is not above 0"),
        (text({"weight": "-1.5"}), "column weight: holds 4 characters, which is not above 0"),
        (text({"weight": "heavy"}), "column weight: holds 5 characters, which is no number; write 1.25"),
        (text({"weight": "nan"}), "column weight: holds 3 characters, which is no number"),
        (text({"weight": "1e999"}), "column weight: holds 5 characters, which is no number"),
        (text({"weight": "1,5"}), "column weight: holds 3 characters, which is no number; write 1.25"),
        (text({"weight": "1,5"}, {"weight": "1.5"}, delimiter=";"), "column weight: has decimal commas and decimal points"),
        (text({"weight": ""}, {}), "row 2, column weight: is empty, but other respondents have a weight"),
        (text({"cluster": ""}, {}), "row 2, column cluster: is empty, but other respondents have a cluster"),
        (text({"year": "26"}), "column year: holds 2 characters, which is no year from 1980 to 2100"),
        (text({"year": "2026.5"}), "is no year"),
        (text({"respondent": ""}), "row 2, column respondent: is empty"),
        (text({"respondent": "x"}, {}, {"respondent": "x"}), "row 4, column respondent: repeats the respondent of row 2"),
    ],
)  # fmt: skip
def test_a_fault_names_file_row_column_and_what_is_allowed(refused, content, said):
    message = refused(content)
    assert said in message
    assert "data/templates/README.md" in message


def test_every_fault_is_told_at_once_in_the_order_of_the_rows(refused):
    message = refused(text({"buyer": "bakery"}, {"weight": "x"}, {"uses_lpo": "?"}))
    assert message.startswith("3 faults in the data")
    assert message.index("row 2") < message.index("row 3") < message.index("row 4")


@pytest.mark.parametrize("column", ["respondent", "weight", "cluster", "year"])
def test_what_stands_in_a_free_column_is_never_repeated(refused, column):
    rows = [{column: SECRET}, {column: SECRET, "buyer": "bakery"}]
    assert SECRET not in refused(text(*rows))


@pytest.mark.parametrize("column", ["buyer", "practice", "geography", "uses_lpo", "tasks", "drivers"])
@pytest.mark.parametrize("written", ["Zebedee", "Zebedee & Co", f"My name is {SECRET}"])
def test_what_is_nearly_no_code_is_told_by_its_length_only(refused, column, written):
    told = refused(text({column: written}))
    assert "Zebedee" not in told
    assert f"column {column}: holds {len(written)} characters, which" in told


def test_an_error_of_reading_leaves_no_other_error_behind_it(read):
    with pytest.raises(DataError) as caught:
        read(text({"geography": "Atlantis", "weight": SECRET}))
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("which", ["survey", "margins"])
def test_a_file_that_does_not_exist_is_named_without_its_folder(tmp_path, which):
    paths = [TEMPLATES / "survey.csv", TEMPLATES / "margins.csv"]
    paths[which == "margins"] = tmp_path / "gone.csv"
    with pytest.raises(NotFoundError, match=r"^gone\.csv does not exist") as caught:
        read_survey(*paths)
    assert str(tmp_path) not in str(caught.value)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_survey(tmp_path)


TWO = text({}, {"buyer": "corporate"})


@pytest.mark.parametrize(
    ("margins", "said"),
    [
        ("", "known.csv: is empty; the first line must be variable,category,share"),
        ("variable,category\nbuyer,law_firm\n", "row 1, column share: this column is missing"),
        ("variable,categry,share\n", "did you mean 'category'?"),
        (MARGINS.replace("40", "30"), "known.csv, column share: the shares of buyer add up to 90, not to 100 percent."),
        (MARGINS.replace("60", "0.6").replace("40", "0.4"), "They look like fractions of 1: multiply by 100."),
        (MARGINS.replace("60", "160"), "known.csv, row 2, column share: '160' must be a percentage from 0 to 100"),
        (MARGINS.replace("60", "-60"), "'-60' must be a percentage from 0 to 100"),
        (MARGINS.replace("60", "60%"), "'60%' must be a percentage from 0 to 100, without the percent sign"),
        (MARGINS.replace("60", "most"), "column share: holds 4 characters, which must be a percentage"),
        (MARGINS.replace("60", ""), "column share: '' must be a percentage"),
        (MARGINS.replace("buyer,law", "bayer,law"), "column variable: 'bayer' is no variable to weight by. Did you mean 'buyer'?"),
        (MARGINS.replace("law_firm", "lawfirm"), "column category: 'lawfirm' is not a known code. Did you mean 'law_firm'?"),
        (MARGINS.replace("corporate", "law firms"), "row 3, column category: 'law firms' stands in row 2 already"),
        (MARGINS.replace("60", "50") + "buyer,government,10\n", "row 4, column category: 'government' has a share of 10, but no respondent is in it"),
        ("variable,category,share\nbuyer,law_firm,100\n", "buyer has respondents in corporate, and no share above 0 for them"),
        (MARGINS + "buyer_size,small,50\nbuyer_size,large,50\n", "row 5, column category: 'large' has a share of 50, but no respondent is in it"),
    ],
)  # fmt: skip
def test_margins_that_do_not_fit_are_told_with_their_row(refused, margins, said):
    assert said in refused(TWO, margins)


def test_margins_that_are_rounded_are_scaled_and_the_rounding_is_kept(read):
    survey = read(TWO, MARGINS.replace("60", "59.8"))
    assert sum(survey.margins["buyer"].values()) == pytest.approx(1)
    assert survey.rounding == pytest.approx(0.2)


def test_a_share_of_nothing_for_a_category_nobody_is_in_does_no_harm(read):
    survey = read(TWO, MARGINS + "buyer,government,0\n")
    assert survey.margins["buyer"]["government"] == 0
