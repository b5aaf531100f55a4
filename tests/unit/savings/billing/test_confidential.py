"""Secrets planted in every field turn up in no result, representation, log, message or file."""

from __future__ import annotations

import io
import logging
import pickle
import re
import tempfile
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pandas as pd
import pytest

from lpo_analysis.errors import LpoError
from lpo_analysis.savings.billing import (
    accounting,
    addressable,
    rates,
    rates_against_evidence,
    read_billing,
    spend,
    volumes,
)
from lpo_analysis.savings.billing.ledes import FIELDS_98BI

SECRET = re.compile(r"zq[a-z]*\d*xk", re.IGNORECASE)


def secret(field, i):
    """A secret that is short enough for a code and is found again in any case."""
    return f"zq{''.join(c for c in field.lower() if c.isalpha())[:6]}{i}xk"


def everything(billing):
    """All text that can be got out of bills and their results."""
    told = [
        repr(billing),
        str(billing),
        str(billing.counts),
        repr(billing.account),
        str(billing.account.remarks),
    ]
    frames = [
        billing.grains,
        billing.units,
        billing.moved,
        billing.unknown,
        billing.account.files,
        billing.account.aside,
        billing.account.notes,
        billing.account.places,
    ]
    results = [spend(billing, by=by) for by in ("task", "role", "month", "firm")]
    results += [
        rates(billing),
        addressable(billing),
        volumes(billing),
        accounting(billing),
        rates_against_evidence(billing),
    ]
    for result in results:
        told += [repr(result), result._repr_html_(), result.text, result.alt, *(check.text for check in result.checks)]
        frames += [result.table] + ([] if result.plot_data is None else [result.plot_data])
    told += [frame.to_csv() for frame in frames]
    return "\n".join(told).encode() + pickle.dumps(billing)


@pytest.fixture
def private(tmp_path, monkeypatch):
    """A folder of its own for temporary files, and everything written to logs and streams."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def run(path, **options):
    """Read bills, and return what was read or raised, and all that was said meanwhile."""
    said, log = io.StringIO(), logging.StreamHandler(said_log := io.StringIO())
    logging.getLogger().addHandler(log)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    found = None
    try:
        with redirect_stdout(said), redirect_stderr(said), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                found = read_billing(path, **options)
            except LpoError as error:
                found = error
    finally:
        logging.getLogger().removeHandler(log)
        logging.getLogger().setLevel(level)
    return found, said.getvalue() + said_log.getvalue() + "".join(str(one.message) for one in warned)


def chain(error):
    """Everything an error carries: its text, its parts, and the errors it hangs on to."""
    told = [
        str(error),
        repr(error),
        repr(error.__dict__),
        "".join(traceback.format_exception(error)),
        repr(pickle.loads(pickle.dumps(error))),
    ]
    while (error := error.__cause__ or error.__context__) is not None:
        told += [str(error), repr(error)]
    return "\n".join(told)


def planted(bills, kind, *, broken):
    """Lines with a secret in one field each, and lines with a secret in every field that bears no number."""
    numeric = ("DATE", "TOTAL", "UNITS", "AMOUNT", "COST", "RATE", "TYPE", "CURRENCY")
    items = []
    for i, field in enumerate(bills.fields[kind]):
        value = secret(field, i)
        items.append(bills.item(i, timekeeper_id=f"t{i % 5}") | {field: value})
        items.append(bills.item(100 + i) | {field: f"12{value}" if broken else value + " " + value})
    items += [
        bills.item(200 + i, **{f: secret(f, i) for f in bills.fields[kind] if not any(n in f for n in numeric)})
        for i in range(5)
    ]
    return items


@pytest.mark.parametrize("kind", ["1998B", "98BI"])
def test_nothing_planted_comes_out(tmp_path, private, bills, kind):
    name = tmp_path / secret("file", 1)
    name.mkdir()
    path = bills.write(name / f"{secret('name', 1)}.txt", planted(bills, kind, broken=True), kind)
    with path.open("ab") as stream:
        stream.write(
            b"zqbroken1xk|zqbroken2xk\n\xff\xfezqbytes1xk|\x00\n"
            + b"zqlong1xk" * 200_000
            + b"\n\"zqquote1xk|'zqquote2xk\n"
        )
    billing, said = run(path, currency="USD", providers=["zqlawfir1xk"], moved={"zqclient1xk": "2024-01"})
    assert not isinstance(billing, LpoError)
    assert billing.account.balanced
    assert billing.account.used > 20
    assert not SECRET.search(everything(billing).decode("latin-1"))
    assert not SECRET.search(said)
    assert list(private.rglob("*")) == []


def test_nothing_planted_comes_out_of_the_template(tmp_path, private):
    head = "invoice,line,date,firm,matter,type,task_code,activity_code,expense_code,timekeeper,timekeeper_class,units,unit_cost,adjustment,amount,currency,narrative"
    good = ["A", "1", "2024-01-15", "f", "m", "F", "L320", "A104", "", "11", "ASSOC", "1", "100", "0", "100", "USD", ""]
    rows = [",".join(good)]
    for i in range(len(good)):
        rows.append(",".join([*good[:i], secret("col", i), *good[i + 1 :]]))
    (tmp_path / "a.csv").write_text(head + "\n" + "\n".join(rows) + '\n"zqopen1xk\n')
    billing, said = run(tmp_path / "a.csv", currency="USD")
    assert not SECRET.search(everything(billing).decode("latin-1") + said)
    assert list(private.rglob("*")) == []


@pytest.mark.parametrize(
    "content",
    [
        b"zqfirst1xk|zqfirst2xk\n",
        b"LEDES1998B[]\nzqhead1xk|INVOICE_NUMBER|CLIENT_ID|INVOICE_DATE[]\nzqline1xk|1|2|3[]\n",
        b"LEDES1998B zqformat1xk[]\n",
        b"LEDES98BI V2[]\n" + "|".join(FIELDS_98BI).encode() + b"[]\n" + b"|".join([b"zqall1xk"] * 52) + b"[]\n",
        b"LEDES1998B[]\n\xffzqbytes1xk\x00" * 3,
        b"invoice,line,date,zqcolumn1xk\n1,2,3,4\n",
    ],
)  # fmt: skip
def test_errors_tell_no_secret(tmp_path, private, content):
    (tmp_path / "zqfile1xk.txt").write_bytes(content)
    error, said = run(tmp_path / "zqfile1xk.txt")
    assert isinstance(error, LpoError)
    assert not SECRET.search(chain(error) + said)
    assert str(tmp_path) not in str(error)
    assert list(private.rglob("*")) == []


def test_mixed_currencies_and_wrong_parameters_tell_no_secret(tmp_path, private, bills):
    path = bills.write(tmp_path / "a.txt", [bills.item(1), bills.item(2, invoice_currency="zqmoney1xk")], "98BI")
    for options in (
        {},
        {"currency": "zqmoney1xk"},
        {"moved": {"zqmatter1xk": "zqmonth1xk"}},
        {"providers": "zqprovid1xk"},
    ):
        error, said = run(path, **options)
        assert isinstance(error, LpoError)
        assert not SECRET.search(chain(error) + said)
    missing, _ = run(tmp_path / "zqmissing1xk.txt")
    assert not SECRET.search(chain(missing))
    assert list(private.rglob("*")) == []


def test_numbers_stand_for_names_and_lead_nowhere(tmp_path, bills):
    items = [
        bills.item(
            i,
            invoice_number=f"A{i}",
            law_firm_id=f"firm{i % 6}",
            timekeeper_id=f"p{i}",
            client_matter_id=f"m{i}",
            line_item_number_of_units=i + 1,
        )
        for i in range(40)
    ]
    path = bills.write(tmp_path / "a.txt", items)
    orders = []
    for seed in range(4):
        units = read_billing(path, seed=seed).units.sort_values("hours")
        assert sorted(units["matter"]) == sorted(f"M{i}" for i in range(1, 41))
        orders.append(tuple(units["matter"]))
    assert len(set(orders)) == 4
    again = read_billing(path, seed=0).units.sort_values("hours")
    assert tuple(again["matter"]) == orders[0]
    assert isinstance(again, pd.DataFrame)
    assert Path(path).exists()
