"""What a breach of client data costs a year, and what one more provider adds under the stated exposure."""

from functools import cache

import numpy as np
import pytest

from lpo_analysis.evidence import load
from lpo_analysis.risk import Parameters, analyse, annual_loss, provider_increment
from lpo_analysis.risk.breaches import dont_know, newest_share
from lpo_analysis.risk.losses import draw, expected_loss_model


@cache
def asked(**changes):
    return Parameters(**({"draws": 1024} | {k: list(v) if isinstance(v, tuple) else v for k, v in changes.items()}))


@cache
def drawn(**changes):
    return draw(load(), asked(**changes))


@cache
def loss(**changes):
    return annual_loss(load(), asked(**changes))


@cache
def increment(**changes):
    return provider_increment(load(), asked(**changes))


def test_frequency_and_severity_are_of_the_same_event():
    values, _ = drawn()
    assert np.array_equal(values["client_rate"], values["any_rate"] * values["client_share"])
    expected = values["client_rate"] * values["severity"]
    assert loss().row("expected_loss")["estimate"] == pytest.approx(np.median(expected))
    chance = -np.expm1(-values["client_rate"] * 3)
    assert loss().row("p_client_breach")["estimate"] == pytest.approx(np.median(chance))
    assert (values["client_rate"] < values["any_rate"]).all()


def test_the_rate_of_any_breach_lies_between_the_bounds_of_the_dont_knows():
    values, _ = drawn()
    p = asked()
    share, unknown = newest_share(load(), p)[0], dont_know(load(), p)[0]
    spared = np.exp(-values["any_rate"] * values["memory_years"])
    assert (1 - spared >= share - 1e-12).all()
    assert (1 - spared <= share + unknown + 1e-12).all()


@pytest.mark.parametrize("records", [0, 1, 20_000, 1_000_000_000])
def test_the_severity_is_never_below_the_floor_of_the_response(records):
    values, _ = drawn(records=records)
    assert (values["severity"] >= values["response_floor"]).all()
    above = values["severity"] > values["response_floor"]
    made = records * values["reached_share"] * values["cost_per_record"]
    assert values["severity"][above] == pytest.approx(made[above])


def test_without_records_a_breach_costs_the_response_alone():
    values, _ = drawn(records=0)
    assert np.array_equal(values["severity"], values["response_floor"])
    assert loss(records=0).row("severity")["estimate"] == pytest.approx(np.median(values["response_floor"]))
    assert loss(records=0).estimable


def test_the_expected_loss_grows_with_the_records_and_the_chance_does_not():
    results = [loss(records=n) for n in (0, 2_000, 20_000, 200_000)]
    for column in ("estimate", "conf_low", "conf_high"):
        losses = [result.row("expected_loss")[column] for result in results]
        assert losses == sorted(losses)
    assert results[-1].row("expected_loss")["estimate"] > 5 * results[-2].row("expected_loss")["estimate"]
    assert len({result.row("p_client_breach")["estimate"] for result in results}) == 1


@pytest.mark.parametrize("records", [0, 20_000, 5_000_000])
def test_the_exceedance_falls_with_the_amount_and_is_a_probability(records):
    curve = loss(records=records).plot_data
    assert curve["x"].is_monotonic_increasing
    for column in ("estimate", "conf_low", "conf_high"):
        assert (curve[column].diff().dropna() <= 1e-12).all()
        assert curve[column].between(0, 1).all()
    assert (curve["conf_low"] <= curve["conf_high"]).all()


def test_the_exceedance_of_next_to_nothing_is_the_chance_of_a_breach_in_the_year():
    values, _ = drawn()
    assert loss().plot_data["estimate"].iloc[0] == pytest.approx(np.mean(-np.expm1(-values["client_rate"])), rel=0.01)


def test_the_exceedance_is_that_of_counted_events():
    # Simulated years against the mixture of Poisson tails; 200 years a draw.
    values, _ = drawn()
    rng = np.random.default_rng(11)
    years = rng.poisson(values["client_rate"], (200, len(values["client_rate"]))) * values["severity"]
    curve = loss().plot_data
    for _, point in curve.iloc[[5, 15, 25]].iterrows():
        assert (years > point["x"]).mean() == pytest.approx(point["estimate"], abs=0.002)


def test_the_model_of_the_tornado_is_the_model_of_the_loss():
    values, inputs = drawn()
    model = expected_loss_model(load(), asked())
    made = model({name: values[name] for name in inputs.names})
    assert made == pytest.approx(values["client_rate"] * values["severity"])
    frame = analyse(asked()).drivers()
    assert "third_party_share" not in set(frame["input"])
    assert len(frame) == len(inputs) - 1


def test_an_interval_holds_its_median_and_widens_with_the_level():
    narrow, wide = loss().table, loss(level=0.98).table
    assert (narrow["conf_low"] < narrow["estimate"]).all()
    assert (narrow["estimate"] < narrow["conf_high"]).all()
    assert narrow["estimate"].tolist() == wide["estimate"].tolist()
    assert (wide["conf_high"] > narrow["conf_high"]).all()


def test_the_seed_may_be_zero_and_gives_the_same_twice():
    first, again = (annual_loss(load(), Parameters(seed=0, draws=256)).table for _ in range(2))
    assert first.equals(again)


def test_no_mean_cost_of_a_study_enters():
    rows = [row for result in (loss(), increment(), loss(grades=("A", "B", "C", "D"))) for row in result.rows]
    metrics = set(load().observations.loc[rows, "metric"])
    assert "breach_cost" in set(load().observations["metric"]), "there would be such rows"
    assert "breach_cost" not in metrics
    assert metrics == {"breach_outcome_share", "breach_cost_per_record", "response_cost", "third_party_breach_share"}


def test_every_input_is_named_with_its_rung_and_what_is_no_assumption_has_rows():
    inputs = loss().model["inputs"]
    assert inputs.by_rung([4]) == ("memory_years", "reached_share", "dont_know_breached")
    for item in inputs:
        assert bool(item.rows) is (item.rung < 4)


@pytest.mark.parametrize("size", ["all", "midsize"])
@pytest.mark.parametrize("result", [annual_loss, provider_increment])
def test_where_an_input_has_no_figure_at_these_grades_nothing_is_estimated(size, result):
    made = result(load(), Parameters(buyer_size=size, grades=["A"], draws=256))
    assert not made.estimable
    assert made.text.startswith("Not estimable, because no ")
    assert made.table["term"].tolist() == result(load(), asked()).table["term"].tolist()
    # The report prints the labels.
    assert made.table["label"].tolist() == result(load(), asked()).table["label"].tolist()
    assert analyse(Parameters(buyer_size=size, grades=["A"], draws=256)).drivers().empty


@pytest.mark.parametrize("term", ["low", "high"])
def test_twice_the_vendors_halve_what_one_more_adds(term):
    once, twice = increment(vendors=20).row(term), increment(vendors=40).row(term)
    for column in ("estimate", "conf_low", "conf_high"):
        assert twice[column] == pytest.approx(once[column] / 2, rel=1e-9)


def test_many_vendors_leave_next_to_nothing_to_add():
    assert increment(vendors=100_000).row("high")["conf_high"] == pytest.approx(
        increment(vendors=1).row("high")["conf_high"] / 100_000, rel=1e-9
    )


def test_what_one_more_provider_adds_rises_with_what_it_holds():
    curve = increment().plot_data
    for column in ("estimate", "conf_low", "conf_high"):
        assert (curve[column].diff().dropna() >= -1e-9).all()
        assert (curve[column] > 0).all()
    assert increment().row("low")["estimate"] <= increment().row("high")["estimate"]
    low, high = increment(held_share=(0.1, 0.1)).table["estimate"]
    assert low == high


def test_the_increment_follows_from_the_exposure_alone():
    values, _ = drawn()
    rate = values["any_rate"] * values["client_share"] * values["third_party_share"] / 20
    cost = np.maximum(values["response_floor"], 20_000 * 0.5 * values["reached_share"] * values["cost_per_record"])
    assert increment().row("high")["estimate"] == pytest.approx(np.median(rate * cost))


def test_without_records_a_provider_adds_the_response_alone_whatever_it_holds():
    assert increment(records=0).row("low")["estimate"] == increment(records=0).row("high")["estimate"] > 0


def test_the_increment_is_labelled_as_not_identified():
    (check,) = [check for check in increment().checks if check.name == "Identification"]
    assert check.passed is False
    assert set(increment().table["method"]) == {"stated exposure model, not identified by data"}
    assert "The data do not tell whether a provider is breached more or less often" in increment().text


def test_other_grades_are_asked_the_same_question():
    frame = analyse(asked(draws=256)).by_grades()
    assert frame["grades"].tolist() == ["A, B", "A, B, C", "A, B, C, D"]
    assert frame["p"].between(0, 1).all()
    assert frame["rows"].is_monotonic_increasing
