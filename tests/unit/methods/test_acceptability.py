"""Acceptability of ranks: shapes, ties, missing answers as ranges, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.acceptability import acceptability, fixed_weights, ordinal, scaled, simplex_weights

ABC, XYZ = ("a", "b", "c"), ("x", "y", "z")
VALUES = np.array([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.4, 0.4, 0.4]]])


def test_rows_and_columns_of_the_ranks_add_up_to_one():
    found = acceptability(VALUES, simplex_weights(XYZ, draws=2000, seed=1), alternatives=ABC, criteria=XYZ)
    np.testing.assert_allclose(found.ranks.sum(axis=0), 1)
    np.testing.assert_allclose(found.ranks.sum(axis=1), 1)
    np.testing.assert_allclose(np.nansum(found.central, axis=1)[:2], 1)
    np.testing.assert_allclose(found.beats + found.beats.T, np.where(np.eye(3) == 1, np.nan, 1.0))
    frame = found.frame()
    assert frame["rank_1"].is_monotonic_decreasing
    assert list(frame.columns)[:2] == ["alternative", "rank_1"]


def test_what_no_weights_make_first_has_no_central_weights():
    dominated = np.array([[[0.5, 0.5, 0.5], [0.9, 0.6, 0.7], [0.4, 0.4, 0.4]]])
    found = acceptability(dominated, simplex_weights(XYZ, draws=500), alternatives=ABC, criteria=XYZ)
    assert found.ranks.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    assert np.isnan(found.central[0]).all()
    assert np.isnan(found.confidence[0])
    assert found.confidence[1] == 1


def test_alternatives_that_are_alike_share_their_ranks():
    alike = np.array([[[0.5, 0.5], [0.5, 0.5], [0.0, 0.0]]])
    found = acceptability(alike, simplex_weights("xy", draws=50), alternatives=ABC, criteria="xy")
    assert found.ranks.tolist() == [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]]
    assert found.beats[0, 1] == 0.5
    assert found.confidence[0] == 0.5


def test_the_error_printed_is_that_of_repeated_runs():
    made = [
        acceptability(VALUES, simplex_weights(XYZ, draws=400, seed=s), alternatives=ABC, criteria=XYZ)
        for s in range(200)
    ]
    first = np.array([found.ranks[0, 0] for found in made])
    assert first.std(ddof=1) == pytest.approx(np.mean([found.ranks_error[0, 0] for found in made]), rel=0.15)


def test_the_same_seed_gives_the_same_weights_and_zero_is_a_seed():
    one, two = (simplex_weights(XYZ, draws=5, seed=s) for s in (0, 0))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, simplex_weights(XYZ, draws=5, seed=1))


def test_ranked_weights_keep_their_order_and_groups_leave_it_open():
    strict = simplex_weights(XYZ, draws=300, ranking=(("z",), ("x",), ("y",)))
    assert ((strict[:, 2] >= strict[:, 0]) & (strict[:, 0] >= strict[:, 1])).all()
    grouped = simplex_weights(XYZ, draws=300, ranking=(("x", "y"), ("z",)))
    assert (grouped[:, :2].min(axis=1) >= grouped[:, 2]).all()
    assert 0.3 < (grouped[:, 0] > grouped[:, 1]).mean() < 0.7


def test_scales_run_from_worst_to_best_over_all_draws():
    values = np.array([[[10.0, 1.0], [20.0, 1.0]], [[30.0, 1.0], [10.0, 1.0]]])
    made = scaled(values, ("lower", "higher"))
    np.testing.assert_allclose(made[:, :, 0], [[1, 0.5], [0, 1]])
    assert (made[:, :, 1] == 0).all()
    np.testing.assert_allclose(scaled(values, ("higher", "higher"), bounds=((0, 100), None))[0, :, 0], [0.1, 0.2])


def test_places_give_values_of_that_order():
    made = ordinal([2, 1, 3, 2], draws=400, seed=3)
    assert (made[:, 1] == 1).all()
    assert (made[:, 2] == 0).all()
    assert (made[:, 0] == made[:, 3]).all()
    assert made[:, 0].mean() == pytest.approx(0.5, abs=0.05)
    assert (ordinal([1, 1], draws=2) == 1).all()


def test_the_frame_is_not_shared_with_the_caller():
    values = VALUES.copy()
    acceptability(values, simplex_weights(XYZ, draws=10), alternatives=ABC, criteria=XYZ)
    np.testing.assert_array_equal(values, VALUES)
    assert isinstance(
        acceptability(values, fixed_weights(XYZ, dict.fromkeys(XYZ, 1 / 3)), alternatives=ABC, criteria=XYZ).frame(),
        pd.DataFrame,
    )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: simplex_weights(XYZ, draws=5, ranking=(("x", "y"),)), "leaves out z"),
        (lambda: simplex_weights(XYZ, draws=5, ranking=(("x", "y"), ("z", "x"))), "names x twice"),
        (lambda: simplex_weights(XYZ, draws=5, ranking=(("q",),)), "no criterion is called 'q'"),
        (lambda: simplex_weights(XYZ, draws=0), "draws: must be at least 1"),
        (lambda: fixed_weights(XYZ, {"x": 0.5, "y": 0.2, "z": 0.2}), "add up to 0.9, not 1"),
        (lambda: fixed_weights(XYZ, {"x": 0.5, "y": 0.5}), "z has none"),
        (lambda: fixed_weights(XYZ, {"x": 1.5, "y": -0.5, "z": 0.0}), "at least 0"),
        (lambda: fixed_weights(XYZ, {"w": 1.0}), "no criterion is called 'w'"),
        (lambda: scaled(VALUES, ("higher", "lower")), "2 have a direction"),
        (lambda: scaled(VALUES, ("higher", "lower", "up")), "directions: got 'up'"),
        (lambda: scaled(VALUES * np.nan, ("higher",) * 3), "not finite"),
        (lambda: scaled(VALUES, ("higher",) * 3, bounds=((0.5, 1), None, None)), "leaves out values"),
        (lambda: ordinal([0, 1], draws=3), "whole numbers from 1"),
        (lambda: acceptability(VALUES, np.ones((4, 3)), alternatives=ABC, criteria=XYZ), "add up to 1"),
        (lambda: acceptability(VALUES, np.ones((4, 2)) / 2, alternatives=ABC, criteria=XYZ), "do not fit"),
        (lambda: acceptability(np.tile(VALUES, (3, 1, 1)), simplex_weights(XYZ, draws=4), alternatives=ABC, criteria=XYZ), "do not go together"),
        (lambda: acceptability(VALUES, simplex_weights(XYZ, draws=4), alternatives="aab", criteria=XYZ), "stands twice"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_a_reason(call, said):
    with pytest.raises(ParameterError, match=said):
        call()
