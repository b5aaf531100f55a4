"""Uncertain inputs given by two quantiles."""

import numpy as np
import pytest
from scipy import special, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import uniforms
from lpo_analysis.methods.inputs import Input, Inputs, values_at


def make(low=1.0, high=4.0, kind="lognormal", name="x", rung=2, rows=(), **more):
    return Input(name, "an input", "USD", low, high, kind, rung, "by hand", rows, **more)


SHAPES = [
    (1.0, 4.0, "lognormal", {}),
    (1.0, 4.0, "lognormal", {"at": (0.25, 0.75)}),
    (0.1, 0.6, "logitnormal", {}),
    (-2.0, 3.0, "normal", {"at": (0.1, 0.8)}),
    (1.0, 4.0, "log_t", {"df": 2}),
    (0.1, 0.6, "logit_t", {"df": 4}),
    (0.2, 3.0, "gamma", {}),
    (1e-6, 0.4, "gamma", {"at": (0.1, 0.9)}),
    (2.0, 6.0, "uniform", {}),
    (2.0, 6.0, "uniform", {"at": (0.1, 0.9)}),
    (2.0, 6.0, "triangular", {"mode": 3.0}),
    (2.0, 6.0, "triangular", {"mode": 2.0}),
    (2.0, 6.0, "triangular", {"mode": 3.0, "at": (0.05, 0.95)}),
    (2.0, 6.0, "pert", {"mode": 3.0}),
    (2.0, 6.0, "pert", {"mode": 3.0, "at": (0.05, 0.95)}),
    (2.0, 6.0, "pert", {"mode": 3.0, "at": (0.0, 0.95)}),
]


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [
        (1.0, 4.0, "lognormal"),
        (0.1, 0.6, "logitnormal"),
        (-2.0, 3.0, "normal"),
        (5.0, 5.0, "lognormal"),
        (0.3, 0.3, "logitnormal"),
    ],
)
def test_the_two_ends_are_the_five_and_ninety_five_percent_quantiles(low, high, kind):
    assert make(low, high, kind).ppf(np.array([0.05, 0.95])) == pytest.approx([low, high])


def test_a_uniform_runs_between_its_ends():
    assert make(2.0, 6.0, "uniform").ppf(np.array([0.0, 0.25, 1.0])) == pytest.approx([2.0, 3.0, 6.0])


def test_a_lognormal_agrees_with_scipy():
    u = np.linspace(0.01, 0.99, 25)
    sigma = np.log(4.0) / 2 / stats.norm.ppf(0.95)
    assert make(1.0, 4.0).ppf(u) == pytest.approx(stats.lognorm(s=sigma, scale=2.0).ppf(u))


@pytest.mark.parametrize(("low", "high", "kind", "more"), SHAPES)
def test_the_ends_are_the_quantiles_they_stand_for(low, high, kind, more):
    at = more.get("at", (0.0, 1.0) if kind in ("uniform", "triangular", "pert") else (0.05, 0.95))
    assert make(low, high, kind, **more).ppf(np.array(at)) == pytest.approx([low, high])


@pytest.mark.parametrize(("low", "high", "kind", "more"), SHAPES)
def test_probabilities_undo_quantiles(low, high, kind, more):
    item, u = make(low, high, kind, **more), np.linspace(0.001, 0.999, 41)
    assert item.cdf(item.ppf(u)) == pytest.approx(u)
    assert (np.diff(item.ppf(u)) > 0).all()


def test_a_pert_is_the_beta_distribution_of_weight_four():
    """Mean (low + 4 mode + high) / 6; variance (mean - low)(high - mean) / 7: of Beta(alpha, beta), exact."""
    item = make(2.0, 8.0, "pert", mode=3.0)
    alpha, beta = 1 + 4 * 1 / 6, 1 + 4 * 5 / 6
    u = (np.arange(20_000) + 0.5) / 20_000
    values = item.ppf(u)
    assert values == pytest.approx(stats.beta(alpha, beta, loc=2, scale=6).ppf(u))
    mean = (2 + 4 * 3 + 8) / 6
    assert values.mean() == pytest.approx(mean, rel=1e-4)
    assert values.var() == pytest.approx((mean - 2) * (8 - mean) / 7, rel=1e-3)
    # The other convention, ((high - low) / 6)^2 whatever the mode, is another distribution: 1 against 5 / 7 here.
    assert make(2.0, 8.0, "pert", mode=2.0).ppf(u).var() == pytest.approx(5 / 7, rel=1e-3)


@pytest.mark.parametrize("mode", [2.0, 2.3, 5.0, 8.0])
def test_many_quantiles_of_a_pert_come_from_a_table_that_is_exact(mode):
    item, u = make(2.0, 8.0, "pert", mode=mode), special.expit(np.linspace(-23, 23, 20_000))
    many, one_by_one = item.ppf(u), np.concatenate([item.ppf(part) for part in np.array_split(u, 10)])
    assert many == pytest.approx(one_by_one, abs=6e-8)
    assert (np.diff(many) >= 0).all()
    assert item.ppf(u.reshape(2, -1)).shape == (2, len(u) // 2)


def test_a_triangular_agrees_with_scipy():
    u = np.linspace(0.01, 0.99, 25)
    assert make(2.0, 6.0, "triangular", mode=3.0).ppf(u) == pytest.approx(stats.triang(0.25, loc=2, scale=4).ppf(u))
    assert make(2.0, 6.0, "triangular").median == pytest.approx(4.0)


def test_a_predictive_t_of_the_logarithm_agrees_with_scipy():
    u = np.linspace(0.01, 0.99, 25)
    spread = np.log(2.0) / stats.t(3).ppf(0.95)
    assert make(1.0, 4.0, "log_t", df=3).ppf(u) == pytest.approx(np.exp(np.log(2.0) + spread * stats.t(3).ppf(u)))


@pytest.mark.parametrize(("shape", "years"), [(0.05, 3.0), (0.7, 12.0), (4.0, 20.0), (300.0, 7.0)])
def test_a_gamma_is_found_again_from_its_quantiles(shape, years):
    truth = stats.gamma(shape, scale=1 / years)
    item, u = make(*truth.ppf([0.05, 0.95]), "gamma"), np.linspace(0.01, 0.99, 25)
    assert item.ppf(u) == pytest.approx(truth.ppf(u), rel=1e-9)


@pytest.mark.parametrize("kind", ["point", "lognormal", "uniform", "triangular", "pert"])
def test_a_range_of_one_value_is_that_value(kind):
    item = make(3.0, 3.0, kind)
    assert item.ppf(np.array([0.01, 0.5, 0.99])).tolist() == pytest.approx([3.0] * 3)
    assert item.cdf(np.array([2.9, 3.1])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("low", "high", "kind", "more", "said"),
    [
        (1.0, 2.0, "point", {}, "a point has one value, got 1 and 2"),
        (1.0, 1.0, "gamma", {}, "a gamma has two quantiles that differ, got 1 twice"),
        (0.0, 1.0, "gamma", {}, "must be above 0, got a low end of 0"),
        (1.0, 2.0, "pert", {"mode": 3.0}, "its mode 3 lies outside its range 1 to 2"),
        (1.0, 2.0, "normal", {"mode": 1.5}, "a normal takes no mode"),
        (1.0, 2.0, "log_t", {}, "a log_t needs degrees of freedom above 0, got None"),
        (1.0, 2.0, "normal", {"df": 3}, "a normal takes no degrees of freedom"),
        (1.0, 2.0, "normal", {"at": (0.0, 0.9)}, "a normal has no ends"),
        (1.0, 2.0, "uniform", {"at": (0.9, 0.1)}, "two probabilities in order, got 0.9 and 0.1"),
    ],
)
def test_a_shape_that_cannot_be_is_refused_by_name(low, high, kind, more, said):
    with pytest.raises(ParameterError, match=f"^x: .*{said}"):
        make(low, high, kind, **more)


def test_the_median_lies_in_the_middle_of_its_scale():
    assert make(1.0, 4.0).median == pytest.approx(2.0)
    assert make(0.2, 0.5, "logitnormal").median == pytest.approx(1 / 3)
    assert make(-1.0, 3.0, "normal").median == pytest.approx(1.0)
    assert make(-1.0, 3.0, "uniform").median == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("low", "high", "kind", "said"),
    [
        (4.0, 1.0, "lognormal", "its low end 4 is above its high end 1"),
        (0.0, 1.0, "lognormal", "must be above 0, got a low end of 0"),
        (0.0, 0.5, "logitnormal", "must lie between 0 and 1, got 0 to 0.5"),
        (0.5, 1.0, "logitnormal", "must lie between 0 and 1"),
        (1.0, np.inf, "normal", "its range must be finite"),
        (np.nan, 1.0, "uniform", "its range must be finite"),
        (1.0, 2.0, "lognorml", "Did you mean 'lognormal'"),
    ],
)
def test_ends_that_do_not_fit_the_shape_are_refused_by_name(low, high, kind, said):
    with pytest.raises(ParameterError, match=f"^x: .*{said}"):
        make(low, high, kind)


@pytest.fixture
def inputs():
    return Inputs((make(name="a", rung=1, rows=("r1", "r2")), make(-1.0, 3.0, "normal", name="b", rung=4)))


def test_inputs_are_found_by_name_and_kept_in_order(inputs):
    assert inputs.names == ("a", "b")
    assert len(inputs) == 2
    assert inputs["b"].kind == "normal"
    with pytest.raises(KeyError):
        inputs["c"]


def test_a_name_twice_is_refused():
    with pytest.raises(ParameterError, match="a name stands twice"):
        Inputs((make(name="a"), make(name="a")))


def test_draws_have_the_quantiles_asked_for(inputs):
    drawn = inputs.draw(uniforms(inputs.names, draws=4096, seed=1))
    assert np.quantile(drawn["a"], [0.05, 0.95]) == pytest.approx([1.0, 4.0], rel=0.01)
    assert np.quantile(drawn["b"], [0.05, 0.95]) == pytest.approx([-1.0, 3.0], abs=0.01)


def test_inputs_are_listed_by_rung(inputs):
    assert inputs.by_rung([3, 4]) == ("b",)
    assert inputs.by_rung([1, 4]) == ("a", "b")


def test_the_table_shows_range_rung_and_rows(inputs):
    table = inputs.table()
    assert table.columns.tolist() == ["input", "label", "unit", "low", "median", "high", "rung", "basis", "rows"]
    assert table["rows"].tolist() == ["r1, r2", ""]


def test_a_point_takes_medians_except_where_told(inputs):
    point = values_at(inputs, {"b": 9.0})
    assert point["a"].tolist() == pytest.approx([2.0])
    assert point["b"].tolist() == [9.0]
