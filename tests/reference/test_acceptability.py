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
* The same choice drawn anew: its criteria are betas on scales that two of its authors' programs state alike (github.com/gertvv/rsmaa and
  github.com/drugis/mcda-elicitation-web, problem "Thrombolytics Example"), and two of their outputs, each of 10,000 draws, are printed: that of
  the R package, and that of the web service (expected values of its test of SMAA without preferences).
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


def test_unequal_areas_of_the_triangle_by_hand():
    # Values w1, w2 and a sure 0.4. In the plane of (w1, w2) the weights are the triangle below w1 + w2 = 1, of area 1/2.
    # c is first on the square w1, w2 < 0.4: 0.16 of 1/2, centroid (0.2, 0.2). Both exceed 0.4 on a triangle of legs 0.2, area 0.02: c is third.
    # w1 > 0.4 is a triangle of legs 0.6, area 0.18, centroid (0.6, 0.2); the half of the small triangle with w2 > w1 comes off it, vertices
    # (0.4, 0.4), (0.4, 0.6), (0.5, 0.5), area 0.01, centroid (1.3 / 3, 0.5): what is left is where a is first, 0.17.
    # a is second on half of the square and on that half of the small triangle: 0.08 + 0.01.
    truth = np.array([[0.17, 0.09, 0.24], [0.17, 0.09, 0.24], [0.16, 0.32, 0.02]]) / 0.5
    a = np.array([(0.18 * 0.6 - 0.01 * 1.3 / 3) / 0.17, (0.18 * 0.2 - 0.01 * 0.5) / 0.17])
    central = [[*a, 1 - a.sum()], [a[1], a[0], 1 - a.sum()], [0.2, 0.2, 0.6]]
    values = np.array([[[1, 0, 0], [0, 1, 0], [0.4, 0.4, 0.4]]], dtype=float)
    found = acceptability(values, simplex_weights("xyz", draws=DRAWS, seed=10), alternatives="abc", criteria="xyz")
    np.testing.assert_allclose(found.ranks, truth, atol=4 * sqrt(0.25 / DRAWS))
    np.testing.assert_allclose(found.central, central, atol=0.01)
    np.testing.assert_allclose(found.confidence, 1.0)


def test_unequal_areas_where_the_order_of_the_weights_is_known():
    # The same with w1 >= w2 >= w3, a sixth of the triangle, area 1/12. b is never first. w1 < 0.4: the strip from (1 - w1) / 2 to w1 over
    # 1/3 < w1 < 0.4, area 0.2^2 / 12, where c is first and a second. w2 > 0.4: vertices (0.4, 0.4), (0.6, 0.4), (0.5, 0.5), area 0.01: c is third.
    truth = [[0.96, 0.04, 0], [0, 0.12, 0.88], [0.04, 0.84, 0.12]]
    values = np.array([[[1, 0, 0], [0, 1, 0], [0.4, 0.4, 0.4]]], dtype=float)
    weights = simplex_weights("xyz", draws=DRAWS, ranking=["x", "y", "z"], seed=11)
    found = acceptability(values, weights, alternatives="abc", criteria="xyz")
    np.testing.assert_allclose(found.ranks, truth, atol=4 * sqrt(0.25 / DRAWS))
    # The strip is the triangle (1/3, 1/3), (0.4, 0.3), (0.4, 0.4): its centroid is the mean of the three.
    np.testing.assert_allclose(found.central[2], [3.4 / 9, 3.1 / 9, 2.5 / 9], atol=0.005)
    assert np.isnan(found.central[1]).all()


def test_weights_and_values_both_open_are_one_integral():
    # a is worth w U with U uniform, b (1 - w) / 2. a is first where U > (1 - w) / (2 w): for w > 1/3 with chance 3/2 - 1 / (2 w), over all
    # weights 1 - ln(3) / 2; its mean weight there is the integral of w times that, 1/3, over it.
    chance = 1 - np.log(3) / 2
    weight = 1 / 3 / chance
    values = np.zeros((DRAWS, 2, 2))
    values[:, 0, 0], values[:, 1, 1] = np.random.default_rng(12).uniform(size=DRAWS), 0.5
    found = acceptability(values, simplex_weights("xy", draws=DRAWS, seed=13), alternatives="ab", criteria="xy")
    assert found.ranks[0, 0] == pytest.approx(chance, abs=4 * found.ranks_error[0, 0])
    assert found.central[0, 0] == pytest.approx(weight, abs=0.006)
    assert found.confidence[0] == pytest.approx(1 - (1 - weight) / (2 * weight), abs=0.012)


THROMBOLYTICS = {"Heparin": ((20, 116), (40, 96), (1, 135)), "Enoxaparin": ((8, 121), (32, 97), (5, 124))}
"""Parameters of the betas of three risks: proximal and distal deep vein thrombosis, major bleeding."""
SCALES = ((0.0, 0.25), (0.15, 0.4), (0.0, 0.1))


def thrombolytics(seed, draws=DRAWS):
    rng = np.random.default_rng(seed)
    measured = np.array([[rng.beta(a, b, draws) for a, b in risks] for risks in THROMBOLYTICS.values()]).transpose(
        2, 0, 1
    )
    # Less is better; linear from the worst end of each scale to the best, and beyond, as there.
    low, high = np.array(SCALES).T
    return (high - measured) / (high - low)


@pytest.mark.parametrize(
    ("first", "central", "confidence"),
    [
        (0.3504, ((0.1865, 0.2772, 0.5363), (0.4073, 0.3641, 0.2285)), (0.6682, 0.8956)),
        (0.3381, ((0.1976, 0.2780, 0.5244), (0.4118, 0.3578, 0.2304)), (0.6389, 0.8925)),
    ],
    ids=["R package smaa", "mcda-elicitation-web"],
)
def test_the_choice_between_heparin_and_enoxaparin_is_as_published(first, central, confidence):
    weights = simplex_weights("pdb", draws=DRAWS, seed=14)
    found = acceptability(thrombolytics(15), weights, alternatives=tuple(THROMBOLYTICS), criteria="pdb")
    # Both sides are drawn: theirs 10,000 times, ours 40,000 times.
    error = sqrt(0.35 * 0.65 * (1 / 10_000 + 1 / DRAWS))
    np.testing.assert_allclose(found.ranks, [[first, 1 - first], [1 - first, first]], atol=4 * error)
    # A weight on the simplex has a standard deviation of at most 0.24; some 3,400 draws make the first of the published means.
    np.testing.assert_allclose(found.central, central, atol=4 * 0.24 * sqrt(1 / 3400 + 1 / 13_600))
    # Where the central weights of the two differ by their error, so does the confidence under them, by a little more than its own.
    np.testing.assert_allclose(found.confidence, confidence, atol=0.04)


def test_the_same_choice_under_given_weights_is_as_published():
    weights = fixed_weights("pdb", {"p": 0.5, "d": 0.2, "b": 0.3})
    found = acceptability(thrombolytics(16), weights, alternatives=tuple(THROMBOLYTICS), criteria="pdb")
    error = sqrt(0.1279 * 0.8721 * (1 / 10_000 + 1 / DRAWS))
    np.testing.assert_allclose(found.ranks, [[0.1279, 0.8721], [0.8721, 0.1279]], atol=4 * error)
