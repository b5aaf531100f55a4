"""What one breach costs firms of different size, and that means of studies stay where they belong."""

import numpy as np
import pytest
from scipy import integrate

from lpo_analysis.evidence import load
from lpo_analysis.risk import Parameters, breach_cost, register
from lpo_analysis.risk.inputs import draw
from lpo_analysis.risk.severity import cost_as_register, cost_points, study_means

ASKED = Parameters(draws=512)


@pytest.fixture(scope="module")
def draws():
    return draw(load(), ASKED)[0]


def test_the_points_of_a_cost_have_its_mean(draws):
    from lpo_analysis.risk.inputs import mean_cost

    for records in (0, 700, 20_000):
        p = ASKED.model_copy(update={"records": records})
        assert cost_points(draws, p, 5).moments[0] == pytest.approx(mean_cost(draws, p)[5], rel=1e-4)


@pytest.mark.parametrize("records", [0, 300, 5_000, 10**6])
def test_the_cost_by_the_register_is_the_integral_over_its_sizes(draws, records):
    p, fit = ASKED.model_copy(update={"records": records}), register().sizes.model
    floor, price = draws["response_floor"][3], draws["cost_per_record"][3]
    above = fit.sf(500)
    # E[max(f, c min(L, N))] = f + c times the integral of P(L > x | L > 500) from f / c to N.
    wanted = floor
    if records > floor / price:
        total, _ = integrate.quad(lambda x: min(1.0, fit.sf(x) / above), floor / price, records, points=[500.0] if floor / price < 500 < records else None, limit=400)  # fmt: skip
        wanted += price * total
    assert cost_as_register(draws, p)[3] == pytest.approx(wanted, rel=1e-6)


def test_small_firms_pay_the_response_and_large_ones_by_the_record():
    frame = breach_cost(load(), ASKED).model["by_records"].set_index("records")
    assert frame["estimate"].is_monotonic_increasing
    assert frame["floor_share"].is_monotonic_decreasing
    assert frame.loc[500, "floor_share"] > 0.5
    assert frame.loc[500_000, "floor_share"] < 0.1
    assert frame.loc[500, "per_record"] > 1.5 * frame.loc[500_000, "per_record"]
    assert frame.loc[20_000, "asked"]


def test_means_of_studies_enter_no_estimate_and_say_for_whom_they_are():
    made = breach_cost(load(), ASKED)
    assert not [row for row in made.rows if row.startswith("codb_")]
    means = made.model["study_means"]
    assert len(means) >= 5
    assert means["implied_records"].between(10_000, 100_000).all()
    small = study_means(load(), Parameters(records=500))
    assert set(small["for_whom"]) == {"firms larger than this one"}
    assert set(study_means(load(), Parameters(records=10**6))["for_whom"]) == {"firms that hold that many, such as this one"}  # fmt: skip
    # 2017: 7.35 million dollars an incident and 225 a record, as published.
    row = means[means["year"] == 2017].iloc[0]
    assert row["implied_records"] == pytest.approx(7.35e6 / 225, rel=1e-4)
    assert row["per_incident"] / row["per_record"] == pytest.approx(7.35e6 / 225, rel=1e-4)


@pytest.mark.parametrize("records", [0, 1, 500, 10**9])
def test_the_sentence_reads_for_every_firm(records):
    made = breach_cost(load(), ASKED.model_copy(update={"records": records}))
    assert made.text.count("(an assumption)") == 1
    assert " 1 records" not in made.text
    assert np.isfinite(made.table["estimate"]).all()
