"""Own tables of providers and criteria: read whole, or refused with every fault at once and no free text repeated."""

import numpy as np
import pytest

from lpo_analysis import paths
from lpo_analysis.decision.providers import CRITERIA, read_criteria, read_providers
from lpo_analysis.errors import DataError, NotFoundError

TEMPLATE = paths.DATA / "templates" / "providers.csv"
HEAD = "provider,location,price_low,price_high,currency,volume_hours,qc_checked,qc_wrong,audit_right"
CRITERIA_HEAD = "criterion,direction,weight,rank"


def written(tmp_path, *lines, name="mine.csv"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def faults(call):
    with pytest.raises(DataError) as error:
        call()
    return [str(fault) for fault in error.value.faults]


def test_the_template_reads_and_its_criteria_too():
    p = read_providers(TEMPLATE)
    assert p.names == ("P1", "P2", "P3", "P4")
    assert p.locations == ("IND", "PHL", "US-OH", "ZAF")
    assert p.currency == "USD"
    assert p.certifications == (("iso_27001", "iso_9001"), ("iso_27001",), ("soc_2",), None)
    assert p.terms["audit_right"] == (True, True, True, True)
    assert p.terms["deletion"] == (True, None, True, True)
    assert np.isnan(p.numbers["price_high"][3])
    assert list(p.criteria.directions) == list(CRITERIA)
    c = read_criteria(TEMPLATE.with_name("criteria.csv"))
    assert set(c.directions) == set(CRITERIA)
    assert c.weights is None
    assert c.ranking[0] == ("price", "errors")


def test_what_spreadsheets_save_is_read(tmp_path):
    path = written(tmp_path, HEAD.replace(",", ";"), "A;India;18,5;24;usd;100;10;1;Yes", "B;ohio;40;;usd;;;;no")
    p = read_providers(path)
    assert p.numbers["price_low"].tolist() == [18.5, 40]
    assert p.locations == ("IND", "US-OH")
    assert p.terms["audit_right"] == (True, False)
    assert p.terms["indemnity"] == (None, None)


def test_all_faults_come_at_once_with_row_and_column(tmp_path):
    path = written(
        tmp_path, HEAD,
        "A,IND,18,24,USD,100,10,1,yes",
        "a,Atlantis,24,18,USD,,10,,maybe",
        "Smith & Sons Secret Ltd,IND,,,,500,5,6,",
        "D,,-3,x,GBP,,,,",
    )  # fmt: skip
    said = faults(lambda: read_providers(path))
    expected = (
        "row 3, column provider: stands there twice, in row 2 before", "row 3, column location", "row 3, column price_low: is above price_high",
        "row 3, column qc_checked: and qc_wrong go together", "row 3, column audit_right", "row 4, column provider: holds 23 characters",
        "row 4, column volume_hours: has a volume and no price", "row 4, column qc_wrong: is more than were checked",
        "row 5, column location: must not be empty", "row 5, column price_low: '-3' must be above 0", "row 5, column price_high", "column currency: has GBP and USD",
    )  # fmt: skip
    for text in expected:
        assert any(text in line for line in said), (text, said)
    assert not any("Smith" in line or "Atlantis" in line for line in said)


def test_one_provider_is_no_choice(tmp_path):
    assert "one provider" in faults(lambda: read_providers(written(tmp_path, HEAD, "A,IND,18,24,USD,,,,")))[0]


def test_a_price_needs_a_currency(tmp_path):
    said = faults(lambda: read_providers(written(tmp_path, HEAD, "A,IND,18,24,,,,,", "B,IND,18,24,USD,,,,")))
    assert said == ["mine.csv, row 2, column currency: must be a code of three letters, such as USD, beside a price"]


def test_columns_of_ones_own_become_criteria(tmp_path):
    criteria = read_criteria(
        written(tmp_path, CRITERIA_HEAD, "price,lower,40,", "own_language,higher,60,", name="c.csv")
    )
    assert criteria.own == ("own_language",)
    path = written(tmp_path, f"{HEAD},own_language,notes", "A,IND,18,24,USD,,,,,3,x", "B,IND,18,24,USD,,,,,-1,y")
    p = read_providers(path, criteria=criteria)
    assert p.numbers["own_language"].tolist() == [3, -1]
    assert p.n_ignored == 1
    with pytest.raises(DataError, match="own_language: this column is missing"):
        read_providers(TEMPLATE, criteria=criteria)


def test_weights_and_ranks_are_read(tmp_path):
    c = read_criteria(written(tmp_path, CRITERIA_HEAD, "price,lower,33.3,", "errors,lower,33.3,", "terms,higher,33.3,"))
    assert sum(c.weights.values()) == pytest.approx(1)
    c = read_criteria(written(tmp_path, CRITERIA_HEAD, "price,lower,,2", "errors,lower,,1", "terms,higher,,2"))
    assert c.ranking == (("errors",), ("price", "terms"))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ["price,,50,", "errors,lower,50,"],
            "row 2, column direction: must not be empty: say whether higher or lower is better",
        ),
        (["price,down,50,", "errors,lower,50,"], "row 2, column direction"),
        (["price,lower,50,", "errors,lower,40,"], "column weight: adds up to 90, not to 100"),
        (
            ["price,lower,50,", "errors,lower,,"],
            "row 3, column weight: must not be empty: give a weight to all criteria or to none",
        ),
        (["price,lower,50,1", "errors,lower,50,2"], "stands beside rank; give one of them"),
        (["price,lower,,1.5", "errors,lower,,1"], "row 2, column rank: '1.5' must be a whole number from 1 to 2"),
        (["price,lower,120,", "errors,lower,-20,"], "must be a number from 0 to 100"),
        (["price,lower,,", "price,lower,,"], "row 3, column criterion: stands there twice, in row 2 before"),
        (
            ["prise,lower,,", "errors,lower,,"],
            "row 2, column criterion: 'prise' is not a known code. Did you mean 'price'",
        ),
        (["beauty of the office,higher,,", "errors,lower,,"], "A column of your own begins with own_"),
        (["price,lower,,"], "has one criterion"),
    ],
)
def test_criteria_that_make_no_sense_are_refused(tmp_path, lines, said):
    assert any(said in line for line in faults(lambda: read_criteria(written(tmp_path, CRITERIA_HEAD, *lines))))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NotFoundError, match=r"none\.csv does not exist"):
        read_providers(tmp_path / "none.csv")
