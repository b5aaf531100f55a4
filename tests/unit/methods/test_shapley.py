"""Shapley effects; closed forms stand in tests/reference/test_shapley_gaussian.py."""

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.methods.sensitivity import sobol_indices
from lpo_analysis.methods.shapley import shapley_effects


def inputs(n, correlations=()):
    items = tuple(Input(f"x{i}", f"x{i}", "", -1.0, 1.0, "normal", 4, "by hand") for i in range(n))
    return Inputs(items, correlations=correlations)


def together(v):
    return sum(v.values()) + v["x0"] * v["x1"]


@pytest.mark.parametrize("n", [3, 7])
def test_effects_add_up_to_one_exactly(n):
    frame = shapley_effects(together, inputs(n, (("x0", "x2", 0.5),)), draws=2048)
    assert frame["effect"].sum() == pytest.approx(1)
    assert (frame["low"] < frame["effect"]).all()
    assert (frame["effect"] < frame["high"]).all()


@pytest.mark.parametrize("n", [3, 6])
def test_of_independent_inputs_effects_lie_between_first_and_total(n):
    """Song, Nelson & Staum (2016), Theorem 2."""
    frame = shapley_effects(together, inputs(n), draws=2**14).set_index("input")
    sobol = sobol_indices(together, inputs(n), draws=2**13).set_index("group")
    assert (frame["effect"] > sobol["first"] - 4 * frame["error"]).all()
    assert (frame["effect"] < sobol["total"] + 4 * frame["error"]).all()


def test_an_input_the_model_ignores_counts_only_by_what_it_is_correlated_with():
    def model(v):
        return v["x0"]

    alone = shapley_effects(model, inputs(3), draws=4096).set_index("input")["effect"]
    assert alone["x1"] == pytest.approx(0, abs=1e-12)
    linked = shapley_effects(model, inputs(3, (("x0", "x1", 0.8),)), draws=4096).set_index("input")["effect"]
    assert linked["x1"] > 0.2
    assert linked["x2"] == pytest.approx(0, abs=1e-12)


def test_another_level_is_another_width():
    wide, narrow = (shapley_effects(together, inputs(3), draws=1024, level=level) for level in (0.99, 0.5))
    assert np.array_equal(wide["effect"], narrow["effect"])
    assert (wide["high"] - wide["low"] > narrow["high"] - narrow["low"]).all()


def test_an_output_that_does_not_vary_has_no_effects():
    frame = shapley_effects(lambda v: np.ones_like(v["x0"]), inputs(3), draws=256)
    assert frame[["effect", "low", "high"]].isna().all(axis=None)


def test_the_same_seed_gives_the_same_effects():
    first, again = (shapley_effects(together, inputs(6), draws=2048, seed=0) for _ in range(2))
    assert first.equals(again)


def test_too_few_draws_are_refused():
    with pytest.raises(ParameterError, match=r"draws: 100 are too few for 120 orders. Take at least 240."):
        shapley_effects(together, inputs(5), draws=100)
