"""`lpo duties` in the shell."""

import csv
import io

import pytest


@pytest.fixture
def run(lpo):
    return lambda *arguments: lpo("duties", *arguments)


def test_it_prints_matrix_cells_and_what_is_not_known(run):
    shown = run("US-NY", "GB-EAW", "IND")
    assert shown.code == 0
    first = shown.out.splitlines()
    assert first[2].split() == ["duty", "US-NY", "GB-EAW", "IND", "USA", "(persuasive)"]
    assert "India\n  - no opinion on file: nothing is known, which is not permission" in shown.out
    assert "New York City Bar, Formal Op. 2006-3 (2006)" in shown.out
    assert "Research, not legal advice." in shown.out
    assert "Edition: data package" in shown.out


def test_names_are_taken_as_well_as_codes_and_scopes_stay_apart(run):
    shown = run("new york", "--scope", "generative_ai", "--scope", "fees_only").out
    assert shown.index("Opinions on generative AI") < shown.index("Opinions on fees only")


def test_the_checklist_prints_with_boxes_and_lines(run):
    shown = run("US-NY", "--checklist").out
    assert shown.startswith("Before the work goes out")
    assert shown.count("[ ] ") >= 10
    assert "Signature: ____" in shown


def test_csv_has_one_cell_a_row_with_citation_and_year(run):
    rows = list(csv.DictReader(io.StringIO(run("US-NY", "IND", "--csv").out)))
    assert len(rows) == 27
    cell = next(row for row in rows if row["term"] == "outsourcing:US-NY:supervision")
    assert (cell["state"], cell["year"], cell["kind"]) == ("required", "2006", "own")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["US-NX"], "'US-NX' is not a place this kit knows. Did you mean 'US-"), (["US-NY", "US-NY"], "US-NY stands there twice"),
        (["US-NY", "--scope", "fees"], "Did you mean 'fees_only'?"), (["US-NY", "--as-of", "1900"], "The first is of 1992."),
        (["US-NY", "--csv", "--checklist"], "exclude each other"),
    ],
    ids=["place", "twice", "scope", "year", "both"],
)  # fmt: skip
def test_a_mistake_is_one_message_and_code_2(run, arguments, message):
    shown = run(*arguments)
    assert shown.code == 2
    assert message in shown.err
    assert "Traceback" not in shown.err
