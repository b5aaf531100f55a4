"""The lowest of several quotes."""

import numpy as np
import pytest

from lpo_analysis.savings import Parameters, analyse
from lpo_analysis.savings.winner import expected_shortfall, lowest_quote


def answer(**changes):
    return lowest_quote(analyse(Parameters(draws=256, **changes)))


def test_the_shortfall_of_two_equal_bidders_in_closed_form():
    assert expected_shortfall(2, 0.15) == pytest.approx(1 - np.exp(-0.15 / np.sqrt(np.pi)), abs=1e-6)
    assert expected_shortfall(1, 0.15) == pytest.approx(0.0, abs=1e-9)


def test_without_quotes_nothing_is_estimated_but_the_bias_is_told():
    result = answer()
    assert not result.estimable
    assert np.isnan(result.row("quote_1")["estimate"])
    assert result.row("bidders_3")["estimate"] == expected_shortfall(3, 0.15)
    assert "none is given" in result.text
    assert "one is given" in answer(quotes=[30.0]).text


def test_the_lowest_quote_is_raised_the_highest_lowered_and_the_order_kept():
    result = answer(quotes=[40.0, 25.0, 33.0])
    rows = [result.row(f"quote_{n}") for n in (1, 2, 3)]
    assert [row["quoted"] for row in rows] == [25.0, 33.0, 40.0]
    assert rows[0]["estimate"] > 25.0
    assert rows[2]["estimate"] < 40.0
    assert rows[0]["estimate"] < rows[1]["estimate"] < rows[2]["estimate"]
    assert result.row("shortfall")["estimate"] == pytest.approx(rows[0]["estimate"] / 25.0 - 1)
    assert "headline gap shrinks" in result.text
    assert len(result.plot_data) == 3


def test_the_unit_of_the_quotes_does_not_matter():
    one, other = answer(quotes=[25.0, 33.0]), answer(quotes=[2500.0, 3300.0])
    assert other.row("quote_1")["estimate"] == pytest.approx(100 * one.row("quote_1")["estimate"])
