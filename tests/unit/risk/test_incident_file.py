"""A firm's own incidents: every fault of the file is named, and nothing that was written freely is repeated."""

from pathlib import Path

import numpy as np
import pytest

from lpo_analysis.errors import DataError, NotFoundError
from lpo_analysis.evidence import real
from lpo_analysis.risk import Parameters, read_incidents
from lpo_analysis.risk.incident_file import COLUMNS, KINDS

TEMPLATES = Path(__file__).resolve().parents[3] / "data" / "templates"
HEAD = "incident,date,kind,records,cost,currency,client_data_reached,third_party,observed_from,observed_to\n"


def read(tmp_path, text, **options):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return read_incidents(path, price_year=2024, **options)


def faults(tmp_path, text, **options):
    with pytest.raises(DataError) as caught:
        read(tmp_path, text, **options)
    return str(caught.value)


def test_the_template_is_read_whole_and_described():
    own = read_incidents(TEMPLATES / "incidents.csv", price_year=2024)
    assert len(own.frame) == 5
    assert own.years == pytest.approx(4, abs=0.01)
    assert own.n_ignored == 0
    assert "incident" not in own.frame.columns
    description = (TEMPLATES / "README.md").read_text(encoding="utf-8")
    for word in (*COLUMNS, *KINDS, "none", "incidents.csv"):
        assert word in description


def test_costs_are_put_into_dollars_of_the_price_year(tmp_path):
    own = read(tmp_path, HEAD + "a,2023-06-20,confidentiality,5,6500,gbp,yes,,2021-01-01,2023-12-31\n")
    assert own.frame["cost"].iloc[0] == pytest.approx(real(6500, "GBP", 2023, price_year=2024).amount)
    assert own.frame["third_party"].iloc[0] == "unknown"


def test_no_incident_is_one_row_of_kind_none_and_has_its_years(tmp_path):
    own = read(tmp_path, "date,kind,observed_from,observed_to\n,none,2021-01-01,2023-12-31\n")
    assert (len(own.frame), own.years) == (0, pytest.approx(3, abs=0.01))


def test_what_is_not_told_is_not_zero(tmp_path):
    own = read(
        tmp_path, HEAD + ",2022-01-02,confidentiality,0,,,,,2021-01-01,2023-12-31\n,2022-01-03,confidentiality,,,,,,,\n"
    )
    assert own.frame["records"].tolist()[0] == 0
    assert np.isnan(own.frame["records"].tolist()[1])


def test_what_spreadsheets_save_is_read(tmp_path):
    own = read(
        tmp_path,
        "\ufeffDate;Kind;Cost;Currency;Observed from;Observed to;note\n2022-05-01;Quality;12,5;EUR;2022-01-01;2022-12-31;x\n",
    )
    assert own.frame["kind"].tolist() == ["quality"]
    assert own.n_ignored == 1


FAULTS = {
    "empty": ("", "is empty; the first line must be incident,date,kind"),
    "no rows": (HEAD, "has a header and no rows below it"),
    "no window": ("date,kind\n2022-01-01,other\n", "column observed_from: this column is missing"),
    "window empty": (HEAD + "a,2022-01-01,other,,,,,,,\n", "column observed_from: tells no day; write it in the first row"),
    "window backwards": (HEAD + "a,2022-01-01,other,,,,,,2023-01-01,2022-01-01\n", "column observed_to: lies before observed_from"),
    "two windows": (HEAD + "a,2022-01-01,other,,,,,,2021-01-01,2023-01-01\nb,2022-01-01,other,,,,,,2021-02-01,\n", "has several days; a file holds one observation"),
    "outside": (HEAD + "a,2020-01-01,other,,,,,,2021-01-01,2023-01-01\n", "row 2, column date: lies outside the observation"),
    "no day": (HEAD + "a,2022-13-01,other,,,,,,2021-01-01,2023-01-01\n", "column date: '2022-13-01' is no day; write 2024-01-15"),
    "no date": (HEAD + "a,,other,,,,,,2021-01-01,2023-01-01\n", "row 2, column date: must not be empty"),
    "no kind": (HEAD + "a,2022-01-01,,,,,,,2021-01-01,2023-01-01\n", "row 2, column kind: must not be empty. Allowed: confidentiality"),
    "kind": (HEAD + "a,2022-01-01,confidential,,,,,,2021-01-01,2023-01-01\n", "'confidential' is not a known code. Did you mean 'confidentiality'?"),
    "half a record": (HEAD + "a,2022-01-01,other,2.5,,,,,2021-01-01,2023-01-01\n", "column records: '2.5' is no whole number of records"),
    "negative": (HEAD + "a,2022-01-01,other,-2,,,,,2021-01-01,2023-01-01\n", "column records: '-2' is no whole number of records"),
    "no cost": (HEAD + "a,2022-01-01,other,,0,USD,,,2021-01-01,2023-01-01\n", "column cost: '0' is not above 0"),
    "no currency": (HEAD + "a,2022-01-01,other,,5,,,,2021-01-01,2023-01-01\n", "column currency: must not be empty where there is a cost"),
    "currency": (HEAD + "a,2022-01-01,other,,5,USX,,,2021-01-01,2023-01-01\n", "column currency: 'USX' is no currency of the table. Did you mean 'USD'?"),
    "no rate": (HEAD + "a,2026-01-01,other,,5,GBP,,,2021-01-01,2026-02-01\n", "column currency: cannot be converted: There is no yearly rate of GBP for 2026"),
    "answer": (HEAD + "a,2022-01-01,other,,,,yess,,2021-01-01,2023-01-01\n", "column client_data_reached: 'yess' is not a known code. Did you mean 'yes'?"),
    "twice": (HEAD + "a,2022-01-01,other,,,,,,2021-01-01,2023-01-01\na,2022-01-02,other,,,,,,,\n", "row 3, column incident: repeats that of row 2"),
    "none beside others": (HEAD + "a,2022-01-01,other,,,,,,2021-01-01,2023-01-01\nb,,none,,,,,,,\n", "row 3, column kind: says that there was no incident, beside other rows"),
    "none with a cost": (HEAD + "a,,none,,5,USD,,,2021-01-01,2023-01-01\n", "says that there was no incident, but the row tells of one"),
    "misspelt": ("date,kinds,observed_from,observed_to\n2022-01-01,other,2021-01-01,2023-01-01\n", "column kinds: this column is not known; did you mean 'kind'?"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named_with_its_place_and_remedy(tmp_path, text, message):
    said = faults(tmp_path, text)
    assert message in said
    assert "data/templates/README.md" in said


def test_all_faults_come_at_once(tmp_path):
    said = faults(
        tmp_path, HEAD + "a,2022-13-01,bad kind here,2.5,0,,maybe,,2021-01-01,2023-01-01\nb,2019-01-01,other,,,,,,,\n"
    )
    for column in (
        "column date",
        "column kind",
        "column records",
        "column cost",
        "column currency",
        "column client_data_reached",
    ):
        assert column in said
    assert "row 3, column date: lies outside" in said


def test_records_above_those_held_are_refused(tmp_path):
    text = HEAD + "a,2022-01-01,confidentiality,500,,,,,2021-01-01,2023-01-01\n"
    assert len(read(tmp_path, text, held=500).frame) == 1
    assert "'500' is more than the 499 records that the firm holds (parameter records)" in faults(
        tmp_path, text, held=499
    )


def test_neither_a_number_of_an_incident_nor_free_text_is_repeated(tmp_path):
    name = "Quoxbury v. Zarquon"
    row = f"{name},{name},{name},{name},{name},{name},{name},{name},2021-01-01,2023-01-01\n"
    said = faults(tmp_path, HEAD + row + row)
    assert "Quoxbury" not in said
    assert "Zarquon" not in said
    good = read(tmp_path, HEAD + f"{name},2022-01-01,other,,,,,,2021-01-01,2023-01-01\n")
    assert "Quoxbury" not in repr(good) + good.frame.to_string()


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path):
    with pytest.raises(NotFoundError, match=r"^nothing\.csv does not exist"):
        read_incidents(tmp_path / "nothing.csv", price_year=2024)
    with pytest.raises(ValueError, match="there is no file of this name") as caught:
        Parameters(incidents_path=str(tmp_path / "nothing.csv"))
    assert str(tmp_path) not in str(caught.value)


def test_a_faulty_file_stops_a_report_before_it_runs(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(HEAD + "a,2022-01-01,other,,0,USD,,,2021-01-01,2023-01-01\n", encoding="utf-8")
    with pytest.raises(DataError, match="is not above 0"):
        Parameters(incidents_path=str(path)).check_evidence()
    assert str(tmp_path) not in repr(Parameters(incidents_path=str(path)))
