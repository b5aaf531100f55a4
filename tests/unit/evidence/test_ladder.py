"""How wide an input must be for what is known of it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import Candidate, climb

NAN = np.nan


def frame(*rows):
    """Rows of (study, low, high)."""
    studies, lows, highs = zip(*rows, strict=True)
    index = [f"r{i}" for i in range(len(rows))]
    data = {"study_id": studies, "low": lows, "high": highs, "observed": [2010] * len(rows)}
    return pd.DataFrame(data, index=index)


def stand(*rows, widening=1.5, share=False, **settings):
    return climb([Candidate("this work", frame(*rows), **settings)], widening=widening, share=share)


@pytest.mark.parametrize("values", [[20.0, 30.0, 45.0], [20.0, 30.0, 45.0, 28.0]])
def test_three_studies_or_more_give_the_predictive_t_of_their_logs(values):
    found = stand(*[(f"s{i}", value, value) for i, value in enumerate(values)])
    logs = np.log(values)
    k = len(logs)
    predictive = stats.t(df=k - 1, loc=logs.mean(), scale=np.sqrt(logs.var(ddof=1) * (1 + 1 / k)))
    assert (found.low, found.high) == pytest.approx(tuple(np.exp(predictive.ppf([0.05, 0.95]))), rel=1e-12)
    assert (found.rung, found.n_studies) == (1, k)
    assert found.basis == f"fitted to {k} studies of this work"


def test_a_known_case_of_three_studies():
    # Logs 0, 1, 2: mean 1, standard deviation 1, t(0.95; 2) = 2.919986, sqrt(4/3) = 1.154701.
    found = stand(("a", 1.0, 1.0), ("b", np.e, np.e), ("c", np.e**2, np.e**2))
    assert np.log(found.low) == pytest.approx(1 - 2.919986 * 1.154701, abs=1e-5)
    assert np.log(found.high) == pytest.approx(1 + 2.919986 * 1.154701, abs=1e-5)


def test_rows_of_one_study_count_as_one():
    found = stand(("a", 10, 10), ("a", 10, 10), ("a", 10, 10), ("b", 20, 40))
    assert (found.n_studies, found.rung) == (2, 2)
    assert found.rows == ("r0", "r1", "r2", "r3")


def test_the_range_of_one_study_is_taken_as_stated():
    found = stand(("a", 10.0, 25.0))
    assert (found.low, found.high) == pytest.approx((10.0, 25.0))
    assert (found.rung, found.basis) == (2, "range stated by 1 study of this work")


def test_the_ranges_of_two_studies_are_enveloped():
    found = stand(("a", 10.0, 25.0), ("b", 20.0, 35.0))
    assert (found.low, found.high, found.rung) == (pytest.approx(10.0), pytest.approx(35.0), 2)


def test_two_points_of_two_studies_are_no_stated_range_however_well_they_agree():
    found = stand(("a", 10.0, 10.0), ("b", 20.0, 20.0))
    assert (found.low, found.high, found.rung) == (pytest.approx(10.0 / 1.5), pytest.approx(20.0 * 1.5), 3)
    near = stand(("a", 100.0, 100.0), ("b", 101.0, 101.0))
    assert (near.rung, near.high / near.low) == (3, pytest.approx(1.01 * 1.5**2))


def test_the_ranges_that_three_studies_state_are_not_thrown_away():
    wide = stand(("a", 50.0, 200.0), ("b", 50.0, 200.0), ("c", 50.0, 200.0))
    assert (wide.low, wide.high, wide.rung) == (pytest.approx(50.0), pytest.approx(200.0), 1)


def test_a_lone_point_is_widened_and_stands_on_rung_three():
    found = stand(("a", 30.0, 30.0))
    assert (found.low, found.high, found.rung) == (pytest.approx(20.0), pytest.approx(45.0), 3)
    assert found.basis == "lone figure of 1 study of this work, widened by 1.5"


def test_several_points_of_one_study_are_a_lone_figure_at_their_geometric_mean():
    found = stand(("a", 20.0, 20.0), ("a", 45.0, 45.0))
    assert (found.low, found.high, found.rung) == (pytest.approx(20.0), pytest.approx(45.0), 3)
    assert np.sqrt(found.low * found.high) == pytest.approx(30.0)


def test_two_studies_of_the_same_figure_are_a_lone_figure():
    assert stand(("a", 30.0, 30.0), ("b", 30.0, 30.0)).rung == 3


def test_a_borrowed_range_is_widened_on_either_side():
    found = stand(("a", 10.0, 25.0), own=False, widening=2)
    assert (found.low, found.high, found.rung) == (pytest.approx(5.0), pytest.approx(50.0), 3)
    assert found.basis == "borrowed: range stated by 1 study of this work, widened by 2"


def test_a_borrowed_fit_is_the_fit_widened():
    rows = [("a", 20.0, 20.0), ("b", 30.0, 30.0), ("c", 45.0, 45.0)]
    own, borrowed = stand(*rows), stand(*rows, own=False, widening=2)
    assert (borrowed.low, borrowed.high) == pytest.approx((own.low / 2, own.high * 2))
    assert borrowed.rung == 3


def test_a_share_is_widened_on_its_odds_and_stays_a_share():
    found = stand(("a", 0.2, 0.5), own=False, widening=2, share=True)
    odds = [0.25 / 2, 1.0 * 2]
    assert (found.low, found.high) == pytest.approx(tuple(x / (1 + x) for x in odds))
    wide = stand(("a", 0.9, 0.9), widening=10, share=True)
    assert 0 < wide.low < wide.high < 1


def test_a_fitted_share_uses_log_odds():
    values = [0.2, 0.3, 0.4]
    found = stand(*[(f"s{i}", value, value) for i, value in enumerate(values)], share=True)
    logits = np.log(np.array(values) / (1 - np.array(values)))
    predictive = stats.t(df=2, loc=logits.mean(), scale=logits.std(ddof=1) * np.sqrt(4 / 3))
    expected = 1 / (1 + np.exp(-predictive.ppf([0.05, 0.95])))
    assert (found.low, found.high) == pytest.approx(tuple(expected))


def test_quartiles_are_read_through_a_lognormal():
    found = stand(("a", 20.0, 45.0), at=(0.25, 0.75))
    middle, sigma = np.log([20.0, 45.0]).mean(), np.log(45 / 20) / 2 / stats.norm.ppf(0.75)
    expected = np.exp(middle + sigma * stats.norm.ppf([0.05, 0.95]))
    assert (found.low, found.high) == pytest.approx(tuple(expected))
    assert "read as its 25% and 75% quantiles" in found.basis


def test_a_floor_or_ceiling_is_set_aside_and_counted():
    found = stand(("a", 10.0, 25.0), ("b", 20.0, NAN), ("c", NAN, 90.0))
    assert (found.n_set_aside, found.n_studies, found.rows) == (2, 1, ("r0",))


def test_the_first_candidate_that_bears_anything_is_taken():
    own = Candidate("own", frame(("a", NAN, 90.0)))
    near = Candidate("near", frame(("b", 10.0, 25.0)), own=False)
    far = Candidate("far", frame(("c", 1.0, 2.0)), own=False)
    found = climb([own, near, far], widening=1.5)
    assert found.rows == ("r0",)
    assert "near" in found.basis


def test_nothing_usable_bears_nothing():
    assert climb([], widening=1.5) is None
    assert stand(("a", NAN, 90.0)) is None


def test_the_year_is_the_mean_over_studies():
    rows = frame(("a", 10.0, 20.0), ("a", 10.0, 20.0), ("b", 10.0, 20.0)).assign(observed=[2000, 2002, 2011])
    assert climb([Candidate("x", rows)], widening=1).year == 2006


@pytest.mark.parametrize("widening", [0.9, 0, -1, NAN])
def test_a_widening_below_one_is_refused(widening):
    with pytest.raises(ParameterError, match="widening: must be at least 1"):
        stand(("a", 10.0, 25.0), widening=widening)


def test_a_widening_of_one_changes_nothing():
    assert stand(("a", 10.0, 25.0), own=False, widening=1).low == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("makers", "said"),
    [("a", ""), ("aa", ", both by one maker"), ("ab", ""), ("aaa", ", all by one maker"), ("aab", ", by two makers"), ("abc", ""), ("aabc", "")],
)  # fmt: skip
def test_the_basis_tells_where_several_studies_are_waves_of_one_maker_or_two(makers, said):
    rows = frame(*[(f"s{i}", 10.0 + i, 20.0 + i) for i in range(len(makers))])
    plain = climb([Candidate("this work", rows)], widening=1.5)
    told = climb([Candidate("this work", rows.assign(publisher_id=list(makers)))], widening=1.5)
    assert told.basis == plain.basis + said
    assert (told.low, told.high, told.rung) == (plain.low, plain.high, plain.rung), "words alone"
