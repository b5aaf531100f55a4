"""Raking, effective sample size and weighted shares.

Printed values of raking: the two-way example of Hunsinger, E. (2008), Iterative proportional fitting for a two-dimensional table
(https://u.demog.berkeley.edu/~eddieh/IPFDescription/AKDOLWDIPFTWOD.pdf), seed 1 2 1 / 3 5 5 / 6 2 2, rows 5 15 8, columns 11 9 8;
its converged cells with seven decimals are those of the test of the toolkit caf.distribute of Transport for the North. Tolerance
1e-6. Everything else is analytic or brute force.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.methods.weighting import design_effect, effective_n, rake, weighted_share

SEED = np.array([[1, 2, 1], [3, 5, 5], [6, 2, 2]])
ROWS, COLUMNS = np.array([5, 15, 8]), np.array([11, 9, 8])
PRINTED = np.array(
    [[1.5129424, 2.3095188, 1.1775388], [4.2025351, 5.3460034, 5.4514615], [5.2845225, 1.3444778, 1.3709997]]
)


def cells(table):
    """One row a cell, its count as base weight."""
    i, j = np.indices(np.shape(table))
    frame = pd.DataFrame({"row": [f"r{k}" for k in i.ravel()], "column": [f"c{k}" for k in j.ravel()]})
    return frame, np.asarray(table, dtype=float).ravel()


def margins(rows, columns):
    return {
        "row": {f"r{k}": x / np.sum(rows) for k, x in enumerate(rows)},
        "column": {f"c{k}": x / np.sum(columns) for k, x in enumerate(columns)},
    }


def raked(table, rows, columns, **options):
    frame, base = cells(table)
    found = rake(frame, margins(rows, columns), base=base, **options)
    return found, found.weights.reshape(np.shape(table)) / len(base) * np.sum(rows)


def test_raking_gives_the_printed_table():
    found, table = raked(SEED, ROWS, COLUMNS)
    assert table == pytest.approx(PRINTED, abs=1e-6)
    assert found.gap <= 1e-12
    assert found.n_trimmed == 0


def test_raking_is_nearest_to_the_base_in_the_raking_ratio_sense():
    """Deville and Sarndal's distance, sum w log(w / d) - w + d, minimised by a general optimiser under the same margins."""
    frame, base = cells(SEED)
    base = base / base.sum()
    targets = [
        ((frame[name] == code).to_numpy(dtype=float), share)
        for name, shares in margins(ROWS, COLUMNS).items()
        for code, share in list(shares.items())[: 3 if name == "row" else 2]
    ]
    constraints = [{"type": "eq", "fun": lambda w, hit=hit, share=share: hit @ w - share} for hit, share in targets]
    least = optimize.minimize(
        lambda w: float(np.sum(w * np.log(w / base) - w + base)), np.full(9, 1 / 9), method="SLSQP",
        bounds=[(1e-9, 1)] * 9, constraints=constraints, options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    weights = rake(frame, margins(ROWS, COLUMNS), base=base).weights / 9
    assert weights == pytest.approx(least.x, abs=1e-5)


def test_an_even_table_becomes_the_product_of_its_margins():
    _, table = raked(np.ones((3, 3)), ROWS, COLUMNS)
    assert table == pytest.approx(np.outer(ROWS, COLUMNS) / 28, abs=1e-12)


def test_a_single_margin_is_post_stratification():
    frame = pd.DataFrame({"size": ["small"] * 8 + ["large"] * 2})
    found = rake(frame, {"size": {"small": 0.5, "large": 0.5}})
    assert found.weights == pytest.approx([0.625] * 8 + [2.5] * 2, abs=1e-12)
    assert found.cycles == 1


def test_margins_that_hold_already_leave_the_weights_alone():
    frame, base = cells(SEED)
    found = rake(frame, margins(SEED.sum(axis=1), SEED.sum(axis=0)), base=base)
    assert found.weights == pytest.approx(base / base.mean(), abs=1e-12)


def test_odds_ratios_of_the_base_are_kept():
    _, table = raked(SEED, ROWS, COLUMNS)
    ratio = table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0])
    assert ratio == pytest.approx(SEED[0, 0] * SEED[1, 1] / (SEED[0, 1] * SEED[1, 0]), rel=1e-10)


@settings(max_examples=30)
@given(
    st.lists(st.floats(0.1, 10), min_size=12, max_size=12),
    st.lists(st.floats(0.05, 1), min_size=3, max_size=3),
    st.lists(st.floats(0.05, 1), min_size=4, max_size=4),
)
def test_margins_are_met_whatever_the_base(base, rows, columns):
    rows, columns = np.array(rows) / sum(rows), np.array(columns) / sum(columns)
    found, table = raked(np.reshape(base, (3, 4)), rows, columns)
    assert table.sum(axis=1) == pytest.approx(rows, abs=1e-10)
    assert table.sum(axis=0) == pytest.approx(columns, abs=1e-10)
    assert found.weights.mean() == pytest.approx(1)
    assert (found.weights > 0).all()


def test_the_scale_of_the_base_is_of_no_account():
    frame, base = cells(SEED)
    one, other = (rake(frame, margins(ROWS, COLUMNS), base=base * k).weights for k in (1, 1e6))
    assert one == pytest.approx(other, rel=1e-12)


def test_a_cap_holds_and_the_gap_it_leaves_is_told():
    frame = pd.DataFrame({"size": ["small"] * 95 + ["large"] * 5})
    target = {"size": {"small": 0.5, "large": 0.5}}
    free = rake(frame, target)
    assert free.weights.max() == pytest.approx(10)
    tight = rake(frame, target, cap=4.0)
    # Five rows of a hundred carry a fifth of the weight at most under this cap, so the margin cannot hold, and the cap does.
    assert tight.weights.max() == pytest.approx(4.0)
    assert tight.weights.mean() == pytest.approx(1.0)
    assert tight.n_trimmed == 5
    assert tight.gap == pytest.approx(0.3)
    loose = rake(frame, target, cap=12.0)
    assert loose.weights == pytest.approx(free.weights)
    assert (loose.n_trimmed, loose.gap <= 1e-12) == (0, True)


def test_a_cap_that_the_margins_bear_is_met_together_with_them():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"a": rng.choice(["x", "y"], 400, p=[0.7, 0.3]), "b": rng.choice(["u", "v"], 400)})
    base = rng.lognormal(0, 0.9, 400)
    target = {"a": {"x": 0.6, "y": 0.4}, "b": {"u": 0.45, "v": 0.55}}
    assert rake(frame, target, base=base).weights.max() > 4
    found = rake(frame, target, base=base, cap=4.0)
    assert found.weights.max() <= 4.0 * (1 + 1e-6)
    assert found.gap < 1e-6
    assert found.n_trimmed >= 1


BOTH = pd.DataFrame({"a": ["x", "x", "y", "y"], "b": ["u", "v", "u", "v"]})


@pytest.mark.parametrize(
    ("frame", "target", "options", "said"),
    [
        (BOTH, {"c": {"x": 1.0}}, {}, "no variable 'c'"),
        (BOTH, {"a": {"x": 1.0}}, {}, "'y' has rows but no share"),
        (BOTH, {"a": {"x": 0.5, "y": 0.5, "z": 0.0}}, {}, None),
        (BOTH, {"a": {"x": 0.5, "y": 0.4, "z": 0.1}}, {}, "'z' has a share of 0.1 but no row"),
        (BOTH, {"a": {"x": 0.5, "y": 0.4}}, {}, "must sum to 1, they sum to 0.9"),
        (BOTH, {"a": {"x": 50.0, "y": 50.0}}, {}, "must sum to 1, they sum to 100"),
        (BOTH, {"a": {"x": 1.5, "y": -0.5}}, {}, "every share must be 0 or more"),
        (BOTH, {"a": {"x": float("nan"), "y": 0.5}}, {}, "every share must be 0 or more"),
        (BOTH, {"a": {"x": 0.5, "y": 0.5}}, {"base": [1, 1, 0, 1]}, "above 0, 1 of 4 are not"),
        (BOTH, {"a": {"x": 0.5, "y": 0.5}}, {"base": [1, 1, np.nan, -1]}, "2 of 4 are not"),
        (BOTH, {"a": {"x": 0.5, "y": 0.5}}, {"base": [1, 1]}, "4 rows and 2 base weights"),
        (BOTH, {"a": {"x": 0.5, "y": 0.5}}, {"cap": 1.0}, "cap: must be above 1"),
        (BOTH.iloc[:0], {"a": {"x": 1.0}}, {}, "there are no rows"),
        (BOTH.assign(a=["x", None, "y", "y"]), {"a": {"x": 0.5, "y": 0.5}}, {}, "1 rows have no category"),
    ],
)
def test_what_cannot_be_raked_is_refused(frame, target, options, said):
    if said is None:
        assert rake(frame, target, **options).gap <= 1e-12
        return
    with pytest.raises(ParameterError, match=said):
        rake(frame, target, **options)


def test_margins_that_empty_cells_forbid_do_not_converge_and_say_so():
    diagonal = pd.DataFrame({"a": ["x", "y"] * 5, "b": ["u", "v"] * 5})
    with pytest.raises(ParameterError, match="no weights were found that meet all margins at once"):
        rake(diagonal, {"a": {"x": 0.6, "y": 0.4}, "b": {"u": 0.3, "v": 0.7}})


def test_the_input_is_not_changed():
    frame, base = cells(SEED)
    before, kept = frame.copy(), base.copy()
    rake(frame, margins(ROWS, COLUMNS), base=base, cap=3.0)
    pd.testing.assert_frame_equal(frame, before)
    assert (base == kept).all()


def test_the_effective_size_is_the_one_of_its_formula():
    w = np.array([1.0, 1.0, 2.0, 4.0])
    assert effective_n(w) == pytest.approx(64 / 22)
    assert design_effect(w) == pytest.approx(1 + np.var(w) / np.mean(w) ** 2)
    assert effective_n(np.full(50, 7.0)) == pytest.approx(50)
    assert effective_n(w * 1e200) == pytest.approx(64 / 22)


@pytest.mark.parametrize("w", [[], [1, 0], [1, -1], [1, np.nan], [1, np.inf]])
def test_no_effective_size_of_what_are_no_weights(w):
    with pytest.raises(ParameterError, match="weights"):
        effective_n(w)


def test_equal_weights_give_the_plain_interval():
    y = np.r_[np.ones(30), np.zeros(70)]
    found = weighted_share(y, level=0.9)
    assert (found.conf_low, found.conf_high) == pytest.approx(share_interval(0.3, 100))
    assert (found.estimate, found.n, found.n_eff) == pytest.approx((0.3, 100, 100))
    assert found.std_error == pytest.approx(np.sqrt(0.21 / 100))
    same = weighted_share(y, weights=np.full(100, 3.0))
    assert same.conf_low == pytest.approx(found.conf_low)


def test_the_interval_stands_at_the_effective_size():
    y, w = np.array([1, 1, 0, 0, 0]), np.array([1.0, 3.0, 1.0, 2.0, 1.0])
    found = weighted_share(y, weights=w, level=0.8)
    assert found.estimate == pytest.approx(0.5)
    assert found.n_eff == pytest.approx(4.0)
    assert (found.conf_low, found.conf_high) == pytest.approx(share_interval(0.5, 4.0, level=0.8))


def test_the_size_under_clusters_is_that_of_the_linearised_variance():
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(12), 10)
    w = rng.uniform(0.5, 2, 120)
    y = (rng.random(120) < np.repeat(rng.uniform(0.1, 0.9, 12), 10)).astype(int)
    found = weighted_share(y, weights=w, clusters=groups, level=0.9)
    p = np.sum(w * y) / np.sum(w)
    totals = [np.sum(w[groups == g] * (y[groups == g] - p)) / np.sum(w) for g in range(12)]
    variance = 12 / 11 * np.sum(np.square(totals))
    ratio = stats.t.ppf(0.95, 119) / stats.t.ppf(0.95, 11)
    assert found.n_eff == pytest.approx(p * (1 - p) / variance * ratio**2)
    assert found.n_eff < effective_n(w)


def test_clusters_never_make_a_sample_larger_than_its_weights_allow():
    y = np.tile([0, 1], 20)  # every cluster half and half: no variance between them
    assert weighted_share(y, clusters=np.repeat(np.arange(20), 2)).n_eff == pytest.approx(40)


def test_clusters_of_one_and_all_answers_alike_are_bounded_by_their_number():
    assert weighted_share(np.ones(60), clusters=np.repeat(np.arange(6), 10)).n_eff == pytest.approx(6)
    found = weighted_share(np.zeros(60), weights=np.full(60, 2.0))
    assert (found.estimate, found.conf_low) == (0.0, 0.0)
    assert found.conf_high == pytest.approx(share_interval(0, 60)[1])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"answers": [0, 1, 2]}, "must be 0 or 1"),
        ({"answers": [0, np.nan]}, "must be 0 or 1"),
        ({"answers": []}, "there are none"),
        ({"answers": [0, 1], "weights": [1.0]}, "2 answers and 1 weights"),
        ({"answers": [0, 1], "weights": [1.0, 0.0]}, "above 0"),
        ({"answers": [0, 1], "clusters": ["a"]}, "2 answers and 1 clusters"),
        ({"answers": [0, 1], "clusters": ["a", "a"]}, "two are needed"),
    ],
)
def test_what_is_no_weighted_share_is_refused(arguments, said):
    with pytest.raises(ParameterError, match=said):
        weighted_share(arguments.pop("answers"), **arguments)
