"""Elusion and recall of finite collections: exact bounds, posteriors against their convolution, and the reviewers' error."""

from math import comb

import numpy as np
import pytest
from scipy.special import betainc
from scipy.stats import betabinom

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.elusion import Reviewer, Stratum, elusion, finite_interval, recall


def chance_of_at_most(found, size, bad, sampled):
    return sum(comb(bad, d) * comb(size - bad, sampled - d) for d in range(found + 1)) / comb(size, sampled)


@pytest.mark.parametrize(("found", "sampled", "size"), [(0, 20, 60), (2, 15, 40), (5, 5, 30), (0, 1, 9), (4, 30, 30)])
def test_the_bounds_invert_the_exact_test(found, sampled, size):
    possible = range(found, size - (sampled - found) + 1)
    kept = [b for b in possible if chance_of_at_most(found, size, b, sampled) > 0.10]
    assert finite_interval(found, sampled=sampled, size=size, upper_only=True) == (found, max(kept))
    both = [
        b for b in possible
        if chance_of_at_most(found, size, b, sampled) > 0.05 and (found == 0 or 1 - chance_of_at_most(found - 1, size, b, sampled) > 0.05)
    ]  # fmt: skip
    assert finite_interval(found, sampled=sampled, size=size) == (min(both), max(both))


def test_nothing_found_in_a_large_null_set_gives_the_rule_of_logarithms():
    made = elusion(0, sampled=300, null_set=10_000_000, level=0.95)
    assert made.row("elusion_at_most")["conf_high"] == pytest.approx(1 - 0.05 ** (1 / 300), rel=1e-3)


def test_the_same_elusion_can_be_any_recall():
    null = Stratum("null", 90_000, 1_500, 15, False)
    much, little = Stratum("produced", 10_000, 500, 450, True), Stratum("produced", 1_000, 500, 450, True)
    high, low = recall([much, null]), recall([little, null])
    assert high.row("elusion")["estimate"] == low.row("elusion")["estimate"] == pytest.approx(0.01)
    assert high.row("recall")["estimate"] == pytest.approx(9_000 / 9_900)
    assert low.row("recall")["estimate"] == pytest.approx(900 / 1_800)
    assert 1 - low.row("recall")["estimate"] > 40 * low.row("elusion")["estimate"]


def test_the_posterior_is_that_of_the_exact_convolution():
    a, b = Stratum("a", 60, 20, 12, True), Stratum("b", 150, 40, 3, False)
    grid_a, grid_b = np.arange(41), np.arange(111)
    weight = np.outer(betabinom.pmf(grid_a, 40, 12.5, 8.5), betabinom.pmf(grid_b, 110, 3.5, 37.5))
    value = (grid_a[:, None] + 12) / (grid_a[:, None] + 12 + grid_b[None, :] + 3)
    order = np.argsort(value, axis=None)
    reached = weight.ravel()[order].cumsum()
    exact = [value.ravel()[order][np.searchsorted(reached, tail)] for tail in (0.05, 0.95)]
    got = recall([a, b], draws=200_000).row("recall")
    assert [got["conf_low"], got["conf_high"]] == pytest.approx(exact, abs=0.005)


def test_a_collection_checked_whole_is_known():
    made = recall([Stratum("a", 50, 50, 40, True), Stratum("b", 200, 200, 10, False)]).row("recall")
    assert [made["conf_low"], made["estimate"], made["conf_high"]] == [0.8, 0.8, 0.8]


def test_reviewers_without_error_change_nothing_much():
    parts = [Stratum("a", 5_000, 300, 210, True), Stratum("b", 50_000, 1_000, 20, False)]
    plain = recall(parts, draws=50_000).row("recall")
    sure = recall(parts, draws=50_000, reviewer=Reviewer(10**7, 10**7, 10**7, 10**7)).row("recall")
    assert sure["estimate"] == pytest.approx(plain["estimate"])
    assert [sure["conf_low"], sure["conf_high"]] == pytest.approx([plain["conf_low"], plain["conf_high"]], abs=0.01)


def test_the_correction_recovers_the_truth_and_widens_the_interval():
    # Truth: 70% and 2% relevant; sensitivity 0.8, specificity 0.98. The samples hold what is expected of them.
    called = [0.7 * 0.8 + 0.3 * 0.02, 0.02 * 0.8 + 0.98 * 0.02]
    parts = [
        Stratum("a", 5_000, 1_000, round(1_000 * called[0]), True),
        Stratum("b", 50_000, 10_000, round(10_000 * called[1]), False),
    ]
    truth = 3_500 / 4_500
    naive, made = recall(parts).row("recall"), recall(parts, reviewer=Reviewer(800, 1_000, 9_800, 10_000)).row("recall")
    assert made["estimate"] == pytest.approx(truth, abs=0.01)
    assert made["conf_low"] < truth < made["conf_high"]
    assert not naive["conf_low"] < truth < naive["conf_high"]
    assert made["conf_high"] - made["conf_low"] > naive["conf_high"] - naive["conf_low"]


def test_recall_never_leaves_0_to_1():
    parts = [Stratum("a", 500, 50, 50, True), Stratum("b", 5_000, 100, 1, False)]
    made = recall(parts, reviewer=Reviewer(15, 20, 48, 50))
    assert made.table["conf_high"].iloc[0] <= 1
    assert made.row("relevant")["conf_high"] <= 5_500
    assert 0 <= made.row("recall")["estimate"] <= 1


def test_the_interval_covers():
    rng = np.random.default_rng(11)
    hits = 0
    for seed in range(300):
        x = int(rng.hypergeometric(1_500, 500, 150))
        y = int(rng.hypergeometric(200, 9_800, 500))
        row = recall(
            [Stratum("a", 2_000, 150, x, True), Stratum("b", 10_000, 500, y, False)], draws=1_000, seed=seed
        ).row("recall")
        hits += row["conf_low"] <= 1_500 / 1_700 <= row["conf_high"]
    assert 0.85 <= hits / 300 <= 0.95


def test_a_recall_of_all_leads_with_its_lower_end():
    made = recall([Stratum("a", 2_000, 200, 150, True), Stratum("b", 20_000, 300, 0, False)])
    row = made.row("recall")
    assert row["estimate"] == 1
    # Half a document in 301 left behind at most 0.63% with 95%: beta(0.5, 300.5).
    assert row["conf_low"] == pytest.approx(1_500 / (1_500 + 20_000 * 0.00637), abs=0.01)
    assert made.text.startswith(
        f"The review found at least {100 * row['conf_low']:.0f}% of what is relevant (90% interval "
    )
    assert "none of 300 documents" in made.text
    check = next(c for c in made.checks if c.name == "Recall of 100% is shown")
    assert check.passed is False
    assert "less than 0.2%" in check.text  # 1 - 0.5 ** (1 / 300)


def test_false_alarms_that_explain_all_that_was_left_behind_are_told():
    parts = [Stratum("a", 2_000, 200, 150, True), Stratum("b", 20_000, 300, 2, False)]
    made = recall(parts, reviewer=Reviewer(90, 100, 970, 1_000))
    assert made.row("recall")["estimate"] == 1
    assert "found at least" in made.text
    assert "false alarms" in made.text
    # No degenerate certainty: what false alarms explain may hide a few.
    assert 0.7 < made.row("recall")["conf_low"] < 0.95
    assert made.row("missed")["conf_high"] > 100


def test_the_posterior_with_reviewers_is_that_of_a_grid():
    part, null, judge = Stratum("a", 400, 100, 70, True), Stratum("b", 4_000, 200, 3, False), Reviewer(40, 50, 190, 200)
    made = recall([part, null], reviewer=judge, draws=100_000).row("elusion")
    # The share relevant of the null set, by brute force over sensitivity, specificity and the shares called relevant.
    rng = np.random.default_rng(5)
    se, sp = rng.beta(40.5, 10.5, 500_000), rng.beta(190.5, 10.5, 500_000)
    a, b = rng.beta(70.5, 30.5, 500_000), rng.beta(3.5, 197.5, 500_000)
    ok = (a > 1 - sp) & (a < se) & (b > 1 - sp) & (b < se)
    prior = np.prod([1 / (betainc(0.5, 0.5, se[ok]) - betainc(0.5, 0.5, 1 - sp[ok])) for _ in range(2)], axis=0)
    share = (b + sp - 1)[ok] / (se + sp - 1)[ok]
    order = np.argsort(share)
    exact = np.interp([0.05, 0.5, 0.95], prior[order].cumsum() / prior.sum(), share[order])
    assert [made["conf_low"], made["conf_high"]] == pytest.approx(exact[[0, 2]], abs=0.003)


def test_where_all_that_was_left_behind_was_checked_all_is_a_finding():
    made = recall([Stratum("a", 50, 50, 40, True), Stratum("b", 200, 200, 0, False)])
    assert "at least" not in made.text
    assert [c.name for c in made.checks if c.passed is False] == []


@pytest.mark.parametrize(
    ("parts", "reviewer", "words"),
    [
        ((0, 0), None, "no document"),
        ((5, 5), Reviewer(5, 10, 4, 10), "no more often"),
        ((2, 2), Reviewer(90, 100, 80, 100), "false alarms"),
    ],
)
def test_what_cannot_be_estimated_is_said(parts, reviewer, words):
    made = recall([Stratum("a", 500, 50, parts[0], True), Stratum("b", 5_000, 100, parts[1], False)], reviewer=reviewer)
    assert not made.estimable
    assert words in made.text


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: elusion(5, sampled=4, null_set=100), "more than 4"),
        (lambda: elusion(1, sampled=400, null_set=100), "the population"),
        (lambda: Stratum("a", 10, 20, 1, True), "its size"),
        (lambda: Stratum("a", 10, 5, 6, True), "its sample"),
        (lambda: Reviewer(11, 10, 5, 10), "shown"),
        (lambda: recall([Stratum("a", 10, 5, 1, True)]), "was not"),
        (lambda: recall([Stratum("a", 10, 5, 1, True), Stratum("a", 10, 5, 1, False)]), "twice"),
    ],
)
def test_mistakes_are_named(call, words):
    with pytest.raises(ParameterError, match=words):
        call()
