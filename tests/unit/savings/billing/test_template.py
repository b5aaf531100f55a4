"""The billing template is read by the same rules."""

from __future__ import annotations

import csv

import pytest

from lpo_analysis.errors import DataError
from lpo_analysis.paths import DATA
from lpo_analysis.savings.billing import read_billing
from lpo_analysis.savings.billing.template import COLUMNS

SHIPPED = DATA / "templates" / "billing.csv"
HEAD = ",".join(COLUMNS)
with SHIPPED.open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))
TOTAL = sum(float(row["amount"]) for row in ROWS)


def test_the_shipped_template_is_read_whole():
    billing = read_billing(SHIPPED)
    assert SHIPPED.read_text(encoding="utf-8").splitlines()[0] == HEAD
    assert (billing.account.used, billing.account.set_aside, len(billing.account.notes)) == (len(ROWS), 1, 0)
    assert billing.currency == "USD"
    assert float(billing.grains["amount"].sum()) == pytest.approx(TOTAL, abs=0.005)
    vendors = sum(float(row["amount"]) for row in ROWS if row["expense_code"] == "E118")
    assert float(billing.grains.loc[billing.grains["outsourced"], "amount"].sum()) == vendors > 0


def test_what_spreadsheets_save_is_read(tmp_path):
    plain = SHIPPED.read_text(encoding="utf-8").splitlines()
    german = [line.replace(",", ";").replace(".", ",") for line in plain]
    (tmp_path / "a.csv").write_bytes(("\ufeff" + "\r\n".join(german) + "\r\n;;;;\r\n").encode())
    billing = read_billing(tmp_path / "a.csv")
    assert float(billing.grains["amount"].sum()) == pytest.approx(TOTAL, abs=0.005)
    assert billing.account.aside.set_index("reason")["lines"].to_dict() == {"blank": 1, "header": 1}


def test_rows_that_cannot_be_read_are_set_aside_with_their_line(tmp_path):
    rows = [
        "A,1,2024-01-15,f,m,F,L320,,,11,ASSOC,1,100,0,100,USD",
        'A,2,2024-01-15,f,m,F,L320,,,11,ASSOC,1,100,0,"100,USD',
        "A,3,2024-01-15,f,m",
        'A,4,2024-01-15,"Smith | Sons, LLP",m,F,L320,,,11,ASSOC,1,100,0,"100,00",USD',
        "A,5,2024-01-15,f,m,F,L320,,,11,ASSOC,1,100,0,100,USD,,,",
        "A,6,2024-01-15,f,m,F,L320,,,11,ASSOC,1,100,0,100,USD,more",
    ]
    (tmp_path / "a.csv").write_text(HEAD + "\n" + "\n".join(rows) + "\n")
    billing = read_billing(tmp_path / "a.csv")
    found = billing.account.places.query("kind == 'set aside' and code != 'header'")
    assert found[["line", "code"]].values.tolist() == [[3, "unreadable"], [4, "too_few_fields"], [7, "too_many_fields"]]
    assert (billing.account.used, billing.counts["firms"]) == (3, 2)


def test_own_columns_are_not_read(tmp_path):
    header = "narrative," + HEAD
    (tmp_path / "a.csv").write_text(header + "\nsecret,A,1,2024-01-15,f,m,F,L320,,,11,ASSOC,1,100,0,100,USD\n")
    assert read_billing(tmp_path / "a.csv").account.used == 1


@pytest.mark.parametrize(
    ("header", "words"),
    [("invoice,line,date,firm,type", "does not name amount"), ("invoice,line,date,firm,type,amount,amount", "names amount twice"), ("invoice,line,date,firm,type,amounts", "nearly amount")],
)  # fmt: skip
def test_headers_that_do_not_do(tmp_path, header, words):
    (tmp_path / "a.csv").write_text(header + "\n1,2,3\n")
    with pytest.raises(DataError, match=words):
        read_billing(tmp_path / "a.csv")
