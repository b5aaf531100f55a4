"""The plan for a delivery, its cost and what slips through; and the recall of a review."""

import re

import numpy as np
import pytest
from scipy.stats import binom, hypergeom

from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import load
from lpo_analysis.methods.elusion import finite_interval
from lpo_analysis.risk import Parameters, acceptance_plan, inspection_cost, outgoing_quality, recall_plan, review_recall


def plan(**values):
    p = Parameters(**values)
    return p, acceptance_plan(load(), p)


@pytest.mark.parametrize("values", [{}, {"lot_size": 500, "aql": 0.02, "ltpd": 0.1}, {"lot_size": 60}], ids=str)
def test_the_plan_keeps_both_risks_exactly_and_no_smaller_one_does(values):
    p, result = plan(**values)
    n, c = result.model.n, result.model.c
    good, bad = int(p.aql * p.lot_size + 1e-9), int(np.ceil(p.ltpd * p.lot_size - 1e-9))
    assert result.row("producer_risk")["estimate"] == pytest.approx(hypergeom.sf(c, p.lot_size, good, n))
    assert result.row("consumer_risk")["estimate"] == pytest.approx(hypergeom.cdf(c, p.lot_size, bad, n))
    assert hypergeom.sf(c, p.lot_size, good, n) <= p.producer_risk
    assert hypergeom.cdf(c, p.lot_size, bad, n) <= p.consumer_risk
    for fewer in range(max(1, n - 40), n):
        allowed = np.arange(fewer)
        both = (hypergeom.sf(allowed, p.lot_size, good, fewer) <= p.producer_risk) & (
            hypergeom.cdf(allowed, p.lot_size, bad, fewer) <= p.consumer_risk
        )
        assert not both.any(), fewer


def test_the_binomial_risks_of_the_same_plan_and_the_plan_for_a_process():
    p, result = plan()
    n, c = result.model.n, result.model.c
    assert result.row("process_consumer_risk")["estimate"] == pytest.approx(binom.cdf(c, n, p.ltpd))
    n, c = (int(result.row(f"process_{term}")["estimate"]) for term in ("sample_size", "acceptance_number"))

    def keeps(size):
        allowed = np.arange(size)
        kept = (binom.sf(allowed, size, p.aql) <= p.producer_risk) & (
            binom.cdf(allowed, size, p.ltpd) <= p.consumer_risk
        )
        return kept[c] if size == n else kept.any()

    assert keeps(n)
    assert not any(keeps(size) for size in range(1, n))


def test_what_slips_through_is_what_remains_of_accepted_deliveries():
    _, result = plan(lot_size=200, aql=0.02, ltpd=0.1)
    n, c = result.model.n, result.model.c
    seen = np.arange(c + 1)
    mass = hypergeom.pmf(seen, 200, 20, n)
    assert result.row("slipped_at_ltpd")["estimate"] == pytest.approx(float((mass * (20 - seen)).sum() / mass.sum()))


def test_cost_follows_pace_and_hourly_cost():
    _, result = plan(checked_per_hour=20.0, checker_hourly_cost=100.0)
    assert result.row("hours")["estimate"] == pytest.approx(result.model.n / 20)
    assert result.row("cost")["estimate"] == pytest.approx(result.model.n * 5)
    rate = load().observations.loc[list(result.rows), "metric"]
    assert set(rate) == {"documents_per_hour"}
    assert "50 to 100 documents an hour" in result.checks[-1].text


def test_inspection_and_what_is_left_are_those_of_rectifying():
    p, result = plan()
    n, lot = result.model.n, p.lot_size
    accept = hypergeom.cdf(result.model.c, lot, 250, n)
    cost = inspection_cost(result, p)
    assert cost.row("inspected_at_ltpd")["estimate"] == pytest.approx(n + (1 - accept) * (lot - n))
    assert cost.row("cost_of_all")["estimate"] == pytest.approx(lot / 50 * 60)
    left = outgoing_quality(result, p)
    assert left.row("outgoing_limit")["estimate"] == result.row("outgoing_limit")["estimate"]
    assert left.row("outgoing_at_ltpd")["estimate"] < left.row("outgoing_limit")["estimate"]
    for made, ylabel in ((result, "Probability"), (left, "after inspection"), (cost, "looked at")):
        assert ylabel in made.plot().get_ylabel()
        assert made.alt


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"largest_sample": 100}, "need a sample of 131, and 100"), ({"lot_size": 2}, "no sample short of all 2 items")],
    ids=str,
)
def test_a_plan_that_cannot_be_kept_is_refused_with_its_reason(values, reason):
    p, result = plan(**values)
    for made in (result, outgoing_quality(result, p), inspection_cost(result, p)):
        assert not made.estimable
        assert reason in made.text


def test_the_standard_plan_beside_it_is_named_for_what_it_is():
    (check,) = [check for check in plan()[1].checks if check.name == "Standard tables"]
    assert check.text.startswith("MIL-STD-105E (normal, level II) asks for 200 items and at most 5 defective")
    assert "not compared with later standards" in check.text
    (check,) = [check for check in plan(aql=0.013)[1].checks if check.name == "Standard tables"]
    assert "none of the AQLs" in check.text


REFUSED = {
    "AQL above LTPD": ({"aql": 0.1, "ltpd": 0.05}, ["aql: must be below ltpd, got aql 0.1 and ltpd 0.05"]),
    "AQL outside 0-1": ({"aql": 1.5}, ["aql: must be less than 1", "got 1.5"]),
    "risk of 0": ({"consumer_risk": 0.0}, ["consumer_risk: must be greater than 0"]),
    "risks that leave nothing": ({"producer_risk": 0.6, "consumer_risk": 0.5}, ["must add up to less than 1, got 0.6 and 0.5"]),
    "sample larger than the lot": ({"largest_sample": 6000}, ["largest_sample: 6000 is more than the 5000 items of a lot"]),
    "unordered severities": ({"class_limits": [0.01, 0.05, 0.002]}, ["class_limits: severities are out of order", "0.01, 0.05, 0.002"]),
    "unknown severity": ({"counted_from": "bad"}, ["counted_from: must be one of"]),
    "two limits": ({"class_limits": [0.01, 0.005]}, ["class_limits"]),
    "pace of 0": ({"checked_per_hour": 0.0}, ["checked_per_hour: must be greater than 0"]),
    "sample above its part": ({"retrieved_sample": [100, 200, 5], "null_sample": [900, 50, 1]}, ["sample of what was retrieved: 200 is more than 100"]),
    "more relevant than sampled": ({"retrieved_sample": [100, 20, 5], "null_sample": [900, 50, 51]}, ["relevant in what was not retrieved: 51 is more than 50"]),
    "half a review": ({"null_sample": [900, 50, 1]}, ["null_sample: recall needs retrieved_sample as well"]),
    "two numbers": ({"retrieved_sample": [100, 20], "null_sample": [900, 50, 1]}, ["retrieved_sample: needs 3 numbers", "got 2"]),
    "checkers better than all": ({"checker_calls": [11, 10, 5, 5]}, ["checker_calls", "11 is more than 10"]),
    "richness outside 0-1": ({"expected_richness": 1.2}, ["expected_richness: must be less than 1"]),
    "no such file": ({"quality_path": "nowhere.csv"}, ["quality_path: there is no file of this name"]),
}  # fmt: skip


@pytest.mark.parametrize(("values", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_parameter_of_quality_that_makes_no_sense_is_refused(values, said):
    with pytest.raises(ParameterError) as caught:
        Parameters.from_mapping(values)
    for part in said:
        assert part in str(caught.value)


# Recall


DONE = {"retrieved_sample": [10_000, 120, 95], "null_sample": [90_000, 1500, 33]}


def test_the_recall_of_a_finished_review_is_that_of_its_samples():
    result = review_recall(Parameters(**DONE))
    hits, missed = 95 / 120 * 10_000, 33 / 1500 * 90_000
    assert result.row("recall")["estimate"] == pytest.approx(hits / (hits + missed))
    low, high = finite_interval(33, sampled=1500, size=90_000, level=0.9)
    assert (result.row("missed")["conf_low"], result.row("missed")["conf_high"]) == (low, high)
    assert result.row("elusion")["estimate"] == pytest.approx(33 / 1500)
    assert len(result.plot().get_yticklabels()) == 2


def test_correct_calls_of_checkers_are_told_as_shares():
    done = review_recall(Parameters(**DONE, checker_calls=[85, 100, 495, 500]))
    planned = recall_plan(Parameters(recall_margin=0.08, checker_calls=[95, 100, 4990, 5000]))
    said = (
        "right on 85.0% of the relevant (85 of 100) and 99.0% of the irrelevant ones (495 of 500)",
        "right on 95.0% of the relevant (95 of 100) and 99.8% of the irrelevant ones (4,990 of 5,000)",
    )
    for result, words in zip((done, planned), said, strict=True):
        (check,) = [check for check in result.checks if check.name == "Checkers' error"]
        assert words in check.text
    with pytest.raises(ValueError, match="irrelevant called irrelevant, irrelevant shown"):
        Parameters(checker_calls=[45, 50, 95])


def test_the_error_of_checkers_moves_recall_and_widens_its_interval():
    plain, known = (
        review_recall(Parameters(**DONE)),
        review_recall(Parameters(**DONE, checker_calls=[85, 100, 495, 500])),
    )
    one, two = plain.row("recall"), known.row("recall_corrected")
    assert two["conf_high"] - two["conf_low"] > one["conf_high"] - one["conf_low"]

    def true(share):  # Rogan and Gladen (1978)
        return (share + 0.99 - 1) / (0.85 + 0.99 - 1)

    hits, missed = true(95 / 120) * 10_000, true(33 / 1500) * 90_000
    assert two["estimate"] == pytest.approx(hits / (hits + missed))
    assert "Were the checkers right, it would be 80% (75% to 84%): 33 of 1,500" in known.text


def test_checkers_who_guess_are_told_before_anything_else():
    result = review_recall(Parameters(**DONE, checker_calls=[50, 100, 250, 500]))
    assert result.text.startswith("With the checkers' error recall is not estimable, because the reviewers call")
    assert "Were they right" in result.text


def test_without_samples_there_is_no_recall_but_a_plan():
    assert "no samples of a finished review were given" in review_recall(Parameters()).text
    assert recall_plan(Parameters()).estimable
    nothing = review_recall(Parameters(retrieved_sample=[10_000, 120, 0], null_sample=[90_000, 100, 0]))
    assert not nothing.estimable


def test_the_planned_samples_give_the_margin_when_they_show_what_is_expected():
    p = Parameters(recall_margin=0.06)
    result = recall_plan(p)
    kept, left = (int(result.row(f"sample_{part}")["estimate"]) for part in ("retrieved", "null"))
    made = review_recall(
        Parameters(
            retrieved_sample=[10_000, kept, round(kept * 0.8)],
            null_sample=[90_000, left, round(left * 2000 / 90_000)],
            seed=5,
        )
    )
    row = made.row("recall")
    assert (row["conf_high"] - row["conf_low"]) / 2 == pytest.approx(0.06, rel=0.08)
    # Half of the delta method's variance by either rule: a tenth fewer documents would not do.
    share = 2000 / 90_000
    error = 0.8 * 0.2 * np.sqrt(0.2 / (0.8 * kept) + (1 - share) / (share * left))
    assert 1.645 * error == pytest.approx(0.06, rel=0.15)


def test_a_narrower_margin_and_worse_checkers_need_more():
    def documents(**values):
        result = recall_plan(Parameters(**values))
        return sum(result.row(f"sample_{part}")["estimate"] for part in ("retrieved", "null"))

    first = documents(recall_margin=0.08)
    assert documents(recall_margin=0.04) > 3 * first
    assert documents(recall_margin=0.08, checker_calls=[95, 100, 4990, 5000]) > first


def test_a_review_that_cannot_be_and_a_margin_that_cannot_be_reached_are_refused():
    impossible = recall_plan(Parameters(expected_richness=0.9, expected_precision=0.3))
    assert "cannot leave" in impossible.text
    guessing = recall_plan(Parameters(checker_calls=[60, 100, 300, 500]))
    assert "the error of the checkers leaves the interval wider than 5 percentage points" in guessing.text


def test_the_plan_draws_its_interval_and_says_where_it_is_narrow_enough():
    result = recall_plan(Parameters())
    assert (result.plot_data["conf_low"] <= result.plot_data["conf_high"]).all()
    assert result.plot_data["x"].is_monotonic_increasing
    assert "logarithmic" in result.plot().get_xlabel()
    assert re.search(r"5 percentage points either side", result.text)
