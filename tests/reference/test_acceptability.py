"""Acceptability where it can be worked out, and an identity that the printed output of R's package smaa keeps, too.

* Uniform weights on the simplex: each is Beta(1, k - 1), with mean 1/k (Dirichlet with ones). Uniforms over their sum are not: the
  variance of a weight is smaller.
* Weights in a given order: their means are the rank-order centroids (1/k) (1/i + ... + 1/k), the vertices' mean of the ordered simplex.
* Three alternatives on two criteria: the weight of the first runs over [0, 1], so acceptabilities are lengths of intervals.
* Three alternatives on three criteria: areas of polygons of the triangle of weights.
* Given weights and normal values: the probability that one normal exceeds another.
* Central weights, weighted by how often each alternative is first, are the mean of all weights: so they are in the choice between
  heparin and enoxaparin printed for the R package smaa (smaa/tests/Examples/smaa-Ex.Rout.save of github.com/gertvv/rsmaa, 10,000 draws;
  its draws of the criteria are not used here).
"""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.methods.acceptability import acceptability, fixed_weights, simplex_weights

DRAWS = 40_000


@pytest.mark.parametrize("k", [2, 3, 6])
def test_weights_are_uniform_on_the_simplex(k):
    weights = simplex_weights([f"c{i}" for i in range(k)], draws=DRAWS, seed=2)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    for column in weights.T:
        assert stats.kstest(column, stats.beta(1, k - 1).cdf).pvalue > 0.001
    normalised = np.random.default_rng(2).uniform(size=(DRAWS, k))
    normalised /= normalised.sum(axis=1, keepdims=True)
    assert stats.kstest(normalised[:, 0], stats.beta(1, k - 1).cdf).pvalue < 1e-6, "what is not done"


@pytest.mark.parametrize("k", [2, 3, 5])
def test_ranked_weights_have_the_rank_order_centroids(k):
    names = [f"c{i}" for i in range(k)]
    weights = simplex_weights(names, draws=DRAWS, ranking=[[name] for name in names], seed=4)
    truth = [sum(1 / j for j in range(i, k + 1)) / k for i in range(1, k + 1)]
    np.testing.assert_allclose(weights.mean(axis=0), truth, atol=4 * 0.3 / sqrt(DRAWS))


def test_two_criteria_are_intervals_of_one_weight():
    # Values w * x + (1 - w) * y: a is first above w = 2/3, c between 1/3 and 2/3, b below.
    values = np.array([[[1.0, 0.0], [0.0, 1.0], [2 / 3, 2 / 3]]])
    found = acceptability(values, simplex_weights("xy", draws=DRAWS, seed=5), alternatives="abc", criteria="xy")
    error = 4 * sqrt(0.25 / DRAWS)
    # c is 2/3 whatever the weights; a beats it above 2/3, b below 1/3. The second of a and b is a above 1/2.
    truth = [[1 / 3, 1 / 6, 1 / 2], [1 / 3, 1 / 6, 1 / 2], [1 / 3, 2 / 3, 0]]
    np.testing.assert_allclose(found.ranks, truth, atol=error)
    np.testing.assert_allclose(found.central, [[5 / 6, 1 / 6], [1 / 6, 5 / 6], [1 / 2, 1 / 2]], atol=0.01)
    np.testing.assert_allclose(found.confidence, 1.0)


def test_three_criteria_are_areas_of_the_triangle():
    # The best at one criterion each, nothing else: first where its weight is the largest, a third of the triangle whose centroid is
    # the mean of (1, 0, 0), (1/2, 1/2, 0), (1/2, 0, 1/2) and (1/3, 1/3, 1/3), weighted by area: 11/18.
    found = acceptability(
        np.eye(3)[None], simplex_weights("xyz", draws=DRAWS, seed=6), alternatives="abc", criteria="xyz"
    )
    np.testing.assert_allclose(found.ranks, 1 / 3, atol=4 * sqrt(2 / 9 / DRAWS))
    np.testing.assert_allclose(np.diag(found.central), 11 / 18, atol=0.005)
    # Against a sure 0.5 each is first only where its weight exceeds 1/2: a quarter of the triangle.
    values = np.vstack([np.eye(3), np.full((1, 3), 0.5)])[None]
    found = acceptability(values, simplex_weights("xyz", draws=DRAWS, seed=7), alternatives="abcd", criteria="xyz")
    np.testing.assert_allclose(found.ranks[:, 0], 1 / 4, atol=4 * sqrt(3 / 16 / DRAWS))
    np.testing.assert_allclose(found.central[0], [2 / 3, 1 / 6, 1 / 6], atol=0.01)


def test_given_weights_and_normal_values_are_the_chance_that_one_exceeds_the_other():
    rng = np.random.default_rng(8)
    means, spreads = np.array([[0.6, 0.3], [0.5, 0.5]]), np.array([[0.1, 0.05], [0.05, 0.1]])
    values = means + spreads * rng.standard_normal((DRAWS, 2, 2))
    weights = np.array([0.7, 0.3])
    gap, width = weights @ (means[0] - means[1]), sqrt(weights**2 @ (spreads**2).sum(axis=0))
    truth = stats.norm.cdf(gap / width)
    found = acceptability(values, fixed_weights("xy", {"x": 0.7, "y": 0.3}), alternatives="ab", criteria="xy")
    assert found.ranks[0, 0] == pytest.approx(truth, abs=4 * sqrt(truth * (1 - truth) / DRAWS))
    assert found.confidence[0] == found.ranks[0, 0]
    assert found.ranks_error[0, 0] == pytest.approx(sqrt(truth * (1 - truth) / DRAWS), rel=0.02)


def test_central_weights_average_to_all_weights_as_in_the_published_output():
    published = np.array([[0.1865097, 0.2772205, 0.5362698], [0.4073100, 0.3641477, 0.2285423]])
    np.testing.assert_allclose([0.3504, 0.6496] @ published, 1 / 3, atol=0.005)
    rng = np.random.default_rng(9)
    weights = simplex_weights("xyz", draws=DRAWS, seed=9)
    found = acceptability(rng.uniform(size=(DRAWS, 2, 3)), weights, alternatives="ab", criteria="xyz")
    np.testing.assert_allclose(found.ranks[:, 0] @ found.central, weights.mean(axis=0), atol=1e-12)
