"""A number, day or month written another way is put right only where it can mean one thing."""

from __future__ import annotations

import pytest

from lpo_analysis.evidence.own_mend import mended_day, mended_month, mended_number, mender


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12,5", "12.5"), ("1.250,50", "1250.50"), ("1,250.50", "1250.50"), ("1 250", "1250"), ("1'250,5", "1250.5"), ("1,250,000", "1250000"),
        ("1.250.000", "1250000"), ("0,125", "0.125"), ("1250,125", "1250.125"), ("-12,5", "-12.5"), ("12.5", "12.5"), (",5", "0.5"),
        # One comma before three figures is a thousand or a fraction; two blanks are none.
        ("1,250", None), ("1 2", None), ("12,50,3", None), ("1.25,0.5", None), ("about 12", None), ("", None), ("USD 12", None),
        # No number of thousands begins with nought.
        ("0.123.456", None), ("0,123,456", None), ("012.345,6", None), ("0 125", None), ("0 125,5", None), ("+1 250", "+1250"),
    ],
)  # fmt: skip
def test_numbers(typed, meant):
    assert mended_number(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("15.01.2024", "2024-01-15"), ("1/15/2024", "2024-01-15"), ("15/1/2024", "2024-01-15"), ("2024/1/15", "2024-01-15"), ("2024.01.15", "2024-01-15"),
        ("15 Jan 2024", "2024-01-15"), ("January 15, 2024", "2024-01-15"), ("15-jan-2024", "2024-01-15"), ("4/4/2024", "2024-04-04"), ("2024-01-15 00:00:00", "2024-01-15"),
        ("03/04/2024", None), ("03.04.2024", None), ("15.01.24", None), ("31.02.2024", None), ("2024-13-01", None), ("15 Brumaire 2024", None), ("", None),
    ],
)  # fmt: skip
def test_days(typed, meant):
    assert mended_day(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("1/2024", "2024-01"), ("2024-1", "2024-01"), ("2024/11", "2024-11"), ("Jan 2024", "2024-01"), ("15.1.2024", "2024-01"),
     ("2024-13", None), ("03/04/2024", None), ("01/24", None), ("May", None)],
)  # fmt: skip
def test_months(typed, meant):
    assert mended_month(typed) == meant


def test_the_example_of_a_column_says_what_it_holds():
    assert mender("2024-01-15") is mended_day
    assert mender("2024-01") is mended_month
    assert mender("-12.5") is mended_number
    assert mender("law_firm") is mender("") is mender("row-7") is None
