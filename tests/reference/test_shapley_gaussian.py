"""Shapley effects of linear models with correlated normal inputs, which have closed forms.

Y = sum b_i x_i, x normal with covariance C: the variance that remains when all but a set u are known is b_u' C_(u|rest) b_u, so the
effects follow from the definition by summing over all sets. For two inputs that is

    V sh_1 = b1^2 s1^2 (1 - r^2 / 2) + r b1 b2 s1 s2 + b2^2 s2^2 r^2 / 2,    V = b1^2 s1^2 + b2^2 s2^2 + 2 r b1 b2 s1 s2

as in Owen, A. B. & Prieur, C. (2017). On Shapley value for measuring importance of dependent inputs. SIAM/ASA Journal on Uncertainty
Quantification 5(1). https://doi.org/10.1137/16M1097717, and Iooss, B. & Prieur, C. (2019). International Journal for Uncertainty
Quantification 9(5). https://doi.org/10.1615/Int.J.UncertaintyQuantification.2019028372

Tolerance: four standard errors as estimated, which must themselves be below 0.015.
"""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from scipy.stats import norm

from lpo_analysis.methods.dependence import pearson_of_spearman, spearman_of_pearson
from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.methods.shapley import shapley_effects

HALF = float(norm.ppf(0.95))


def normals(spreads, correlations):
    items = (Input(f"x{i}", "", "", -HALF * s, HALF * s, "normal", 4, "analytic") for i, s in enumerate(spreads))
    return Inputs(tuple(items), correlations=correlations)


def by_definition(weights, covariance):
    d = len(weights)

    def worth(u):
        known = [i for i in range(d) if i not in u]
        left = covariance[np.ix_(u, u)]
        if known and u:
            across = covariance[np.ix_(u, known)]
            left = left - across @ np.linalg.pinv(covariance[np.ix_(known, known)]) @ across.T
        return weights[list(u)] @ left @ weights[list(u)]

    effects = np.zeros(d)
    for i in range(d):
        for size in range(d):
            share = factorial(size) * factorial(d - size - 1) / factorial(d)
            for u in combinations([j for j in range(d) if j != i], size):
                effects[i] += share * (worth(sorted((*u, i))) - worth(u))
    return effects / (weights @ covariance @ weights)


def estimated(weights, spreads, correlations, **options):
    inputs = normals(spreads, correlations)
    frame = shapley_effects(lambda v: sum(w * v[f"x{i}"] for i, w in enumerate(weights)), inputs, **options)
    covariance = pearson_of_spearman(inputs.ranks) * np.outer(spreads, spreads)
    return frame, by_definition(np.array(weights, dtype=float), covariance)


@pytest.mark.parametrize("correlation", [-0.9, -0.3, 0.0, 0.5, 1.0])
def test_two_inputs_have_their_closed_form(correlation):
    (b1, b2), (s1, s2), r = (1.0, 2.0), (1.5, 1.0), correlation
    variance = b1**2 * s1**2 + b2**2 * s2**2 + 2 * r * b1 * b2 * s1 * s2
    first = (b1**2 * s1**2 * (1 - r**2 / 2) + r * b1 * b2 * s1 * s2 + b2**2 * s2**2 * r**2 / 2) / variance
    rank = float(spearman_of_pearson(r))
    frame, defined = estimated((b1, b2), (s1, s2), (("x0", "x1", rank),), draws=2**14, seed=1)
    assert defined.tolist() == pytest.approx([first, 1 - first])
    assert frame["error"].max() < 0.015
    assert frame["effect"].to_numpy() == pytest.approx(defined, abs=4 * frame["error"].max())


@pytest.mark.parametrize(
    ("weights", "spreads", "correlations"),
    [
        ((1, 1, 1), (1, 1, 2), (("x1", "x2", 0.7),)),
        ((1, -1, 0.5), (1, 2, 3), (("x0", "x1", 0.5), ("x1", "x2", -0.4), ("x0", "x2", 0.2))),
        (
            (1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.0),
            (1, 2, 3, 4, 5, 6, 7),
            (("x0", "x1", 0.5), ("x3", "x5", 0.8), ("x5", "x6", -0.3)),
        ),
    ],
    ids=["a pair of three", "all three", "seven, random orders"],
)
def test_more_inputs_have_the_effects_of_the_definition(weights, spreads, correlations):
    frame, defined = estimated(weights, spreads, correlations, draws=2**14, seed=2)
    assert frame["error"].max() < 0.015
    assert (np.abs(frame["effect"] - defined) <= 4 * frame["error"] + 1e-12).all(), frame.assign(defined=defined)


def test_a_rank_correlation_of_any_shape_has_the_effects_of_its_normals():
    """A model that undoes the shapes of its inputs is linear in the copula's normals, whatever those shapes are."""
    items = tuple(
        Input(f"x{i}", "", "", 0.2, 0.8, kind, 4, "analytic") for i, kind in enumerate(("lognormal", "pert", "uniform"))
    )
    inputs = Inputs(items, correlations=(("x0", "x2", 0.6),))
    frame = shapley_effects(
        lambda v: sum(norm.ppf(item.cdf(v[item.name])) for item in items), inputs, draws=2**13, seed=3
    )
    defined = by_definition(np.ones(3), pearson_of_spearman(inputs.ranks))
    assert (np.abs(frame["effect"] - defined) <= 4 * frame["error"]).all()
