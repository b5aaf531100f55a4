"""Coefficients of agreement: limits, the paradox of kappa, the bootstrap, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.agreement import agreement, cohen_kappa, read_ratings
from lpo_analysis.methods.krippendorff import SCALES, alpha, bootstrap_alpha


def test_perfect_agreement_is_1_by_all():
    made = agreement([["a", "a"], ["b", "b"], ["c", "c"], ["a", "a"]])
    assert made.table["estimate"].tolist() == pytest.approx([1.0] * 5)


def test_kappa_collapses_at_high_prevalence_and_a_check_tells_it():
    # 118 + 0 of 125 agree, but the second category is rare.
    pairs = [["r", "r"]] * 118 + [["r", "x"]] * 5 + [["x", "r"]] * 2
    made = agreement(pairs)
    est = made.table.set_index("term")["estimate"]
    assert est["percent_agreement"] == pytest.approx(118 / 125)
    assert est["cohen_kappa"] < 0 < 0.9 < est["gwet_ac1"]
    check = made.checks[0]
    assert check.passed is False
    assert "one category" in check.text
    balanced = agreement([["r", "r"]] * 59 + [["x", "x"]] * 59 + [["r", "x"]] * 5 + [["x", "r"]] * 2)
    assert balanced.checks[0].passed is True


def test_one_category_alone_is_not_defined_and_said_so():
    made = agreement([["r", "r"]] * 10, categories=["r", "x"])
    est = made.table.set_index("term")["estimate"]
    assert np.isnan(est["cohen_kappa"])
    assert np.isnan(est["krippendorff_alpha"])
    assert est["gwet_ac1"] == 1
    assert "not defined" in made.checks[0].text


def test_too_few_pairs_are_not_estimable():
    made = agreement([["a", None], ["b", None], ["a", "a"]])
    assert not made.estimable
    assert "1 of 3 units" in made.text


@pytest.mark.parametrize("scale", SCALES)
def test_the_bootstrap_is_alpha_of_the_units_drawn(scale):
    rng = np.random.default_rng(3)
    ratings = rng.integers(1, 6, size=(30, 3)).astype(float)
    ratings[rng.random(ratings.shape) < 0.1] = np.nan
    read = read_ratings(ratings, scale=scale)
    counts = read.counts[read.counts.sum(axis=1) >= 2]
    got = bootstrap_alpha(counts, scale=scale, values=read.values, draws=20, seed=7)
    picked = np.random.default_rng(7).integers(len(counts), size=(20, len(counts)))
    each = [alpha(counts[row], scale=scale, values=read.values) for row in picked]
    assert got == pytest.approx(each, abs=1e-12)


def test_ordinal_alpha_is_that_of_its_definition():
    counts = np.array([[2, 1, 0], [0, 2, 1], [1, 0, 2], [0, 3, 0]], dtype=float)
    margins = counts.sum(axis=0)
    apart = np.array(
        [
            [(margins[min(k, j) : max(k, j) + 1].sum() - (margins[k] + margins[j]) / 2) ** 2 for j in range(3)]
            for k in range(3)
        ]
    )
    observed = sum((row[:, None] * row[None, :] * apart).sum() / (row.sum() - 1) for row in counts)
    expected = margins @ apart @ margins / (margins.sum() - 1)
    assert alpha(counts, scale="ordinal", values=np.arange(3.0)) == pytest.approx(1 - observed / expected)


def test_ratings_are_left_as_they_are_and_seed_0_is_a_seed():
    frame = pd.DataFrame({"a": ["x", "y", "x", None], "b": ["x", "y", "y", "x"]})
    before = frame.copy()
    one, two = agreement(frame, seed=0), agreement(frame, seed=0)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(one.table, two.table)
    assert (one.n_used, one.n_dropped) == (3, 1)


def test_order_counts_on_an_ordinal_scale():
    near = [["low", "mid"], ["mid", "mid"], ["high", "high"], ["low", "low"], ["mid", "high"]]
    kappa = agreement(near, scale="ordinal", categories=["low", "mid", "high"]).row("cohen_kappa")["estimate"]
    assert kappa > agreement(near).row("cohen_kappa")["estimate"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: agreement([["low", "high"]], scale="ordinal"), "order of low, high is not known"),
        (lambda: agreement([["low", "high"]], scale="ratio"), "needs numbers"),
        (lambda: agreement([["a", "b"]] * 3, weights="linear"), "needs an order"),
        (lambda: agreement([["a", "z"]], categories=["a", "b"]), "none of the categories"),
        (lambda: agreement([[1, 2]], scale="nominl"), "Did you mean 'nominal'"),
        (lambda: agreement([[-1, 2], [1, 2]], scale="ratio"), "below 0"),
        (lambda: agreement([[1], [2]]), "two raters"),
        (lambda: agreement([[1, 2]] * 3, level=95), "between 0 and 1"),
        (lambda: cohen_kappa([[1, 2]]), "square"),
        (lambda: cohen_kappa([[1.5, 0], [0, 1]]), "counts"),
        (lambda: cohen_kappa([[1, 0], [0, 1]], weights="cubic"), "Allowed"),
    ],
)
def test_mistakes_are_named(call, words):
    with pytest.raises(ParameterError, match=words):
        call()
