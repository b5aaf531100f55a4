"""What one more provider adds under a stated exposure, and where a saving is gone."""

from functools import cache

import numpy as np
import pytest

from lpo_analysis.evidence import load
from lpo_analysis.risk import Parameters, increment_of, provider_increment
from lpo_analysis.risk.increment import at_exposure, in_proportion
from lpo_analysis.risk.inputs import mean_cost
from lpo_analysis.risk.rates import rates


@cache
def asked(**changes):
    return Parameters(**({"draws": 1024} | {k: list(v) if isinstance(v, tuple) else v for k, v in changes.items()}))


@cache
def increment(**changes):
    return provider_increment(load(), asked(**changes))


@pytest.mark.parametrize("term", ["low", "high"])
def test_twice_the_vendors_halve_what_one_more_adds(term):
    once, twice = increment(vendors=20).row(term), increment(vendors=40).row(term)
    for column in ("estimate", "conf_low", "conf_high"):
        assert twice[column] == pytest.approx(once[column] / 2, rel=1e-9)


def test_what_one_more_provider_adds_rises_with_what_it_holds_and_how_often_it_is_breached():
    curve = increment().plot_data
    for column in ("estimate", "conf_low", "conf_high"):
        assert (curve[column].diff().dropna() >= -1e-9).all()
        assert (curve[column] > 0).all()
    by = increment().model["by_exposure"].pivot_table(index="hazard", columns="held", values="estimate")
    assert by.loc[3.0].to_numpy() == pytest.approx(6 * by.loc[0.5].to_numpy())
    assert (by.diff(axis=1).iloc[:, 1:] > 0).all().all()
    low, high = increment(held_share=(0.1, 0.1)).table["estimate"]
    assert low == high


def test_the_increment_follows_from_the_exposure_alone():
    values = increment().model["draws"]
    rate = rates(values)[1] * values["third_party_share"] / 20 * values["relative_hazard"]
    assert increment().row("high")["estimate"] == pytest.approx(np.mean(rate * mean_cost(values, asked(), held=0.5)))
    drawn = at_exposure(values, asked())
    assert np.array_equal(drawn, increment_of(values, asked()))


def test_without_records_a_provider_adds_the_response_alone_whatever_it_holds():
    assert increment(records=0).row("low")["estimate"] == increment(records=0).row("high")["estimate"] > 0


def test_the_increment_is_labelled_as_not_identified():
    (check,) = [check for check in increment().checks if check.name == "Identification"]
    assert check.passed is False
    assert set(increment(saving_at_stake=500.0).table["method"]) == {"stated exposure model, not identified by data"}
    assert "The data do not tell whether a provider is breached more or less often" in increment().text


@pytest.mark.parametrize("saving", [50.0, 200.0, 1000.0])
def test_a_saving_is_gone_where_the_increment_equals_it(saving):
    made = increment(saving_at_stake=saving)
    values, p = made.model["draws"], asked(saving_at_stake=saving)
    held, hazard = made.row("held_at_break_even"), made.row("hazard_at_break_even")
    at_hazard = at_exposure(values, p, held=0.5, hazard=float(hazard["estimate"]))
    assert at_hazard.mean() == pytest.approx(saving)
    if np.isfinite(held["estimate"]):
        at_share = at_exposure(values, p, held=float(held["estimate"]))
        assert at_share.mean() == pytest.approx(saving, rel=1e-3)
    for row in (held, hazard):
        assert row["conf_low"] <= row["estimate"] <= row["conf_high"]


def test_a_saving_that_no_share_can_take_is_said_to_stay():
    made = increment(saving_at_stake=1e6)
    assert made.row("held_at_break_even")["estimate"] == np.inf
    assert "is not gone in expectation whatever share of the records the provider holds" in made.text
    assert "held_at_break_even" not in set(increment().table["term"])


def test_a_saving_too_small_for_any_provider_is_gone_at_once():
    made = increment(saving_at_stake=0.01, records=0)
    assert made.row("held_at_break_even")["estimate"] == 0
    assert "with a probability of over 99%" in made.text


def test_in_proportion_to_the_records_the_number_of_vendors_plays_no_part_and_the_rate_is_the_share_held():
    values = increment().model["draws"]
    rate = rates(values)[1] * values["third_party_share"] * values["relative_hazard"]
    for vendors in (1, 50):
        found = in_proportion(values, asked(vendors=vendors, held_by_vendors=2.0), held=0.5)
        assert found == pytest.approx(rate * 0.5 / 2.0 * mean_cost(values, asked(), held=0.5))


def test_the_increment_is_shown_from_one_vendor_to_a_hundred():
    frame = increment().model["by_vendors"]
    even = frame.dropna(subset=["vendors"])
    assert even["vendors"].tolist() == [1, 5, 20, 100]
    assert (even["high"] * even["vendors"]).to_numpy() == pytest.approx(even["high"].iloc[0])
    assert frame.loc[even["asked"].idxmax(), "high"] == increment().row("high")["estimate"]
    assert "in proportion to the records held" in increment().text
    assert "under the stated exposure" in increment().row("high")["label"]
