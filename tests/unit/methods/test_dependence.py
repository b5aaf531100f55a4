"""Rank correlations: checked, and found again in the draws."""

import numpy as np
import pytest
from scipy import optimize, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.dependence import (
    check_correlation_matrix,
    correlation_matrix,
    factor,
    gaussian_copula,
    iman_conover,
    nearest_correlation,
    pearson_of_spearman,
    spearman_of_pearson,
)
from lpo_analysis.methods.draws import uniforms
from lpo_analysis.methods.inputs import Input, Inputs, draw_jointly

PAIRS = (("a", "b", 0.7), ("b", "c", -0.3))
IMPOSSIBLE = (("a", "b", 0.9), ("b", "c", 0.9), ("a", "c", -0.9))


def some(correlations=(), **options):
    kinds = {"a": "lognormal", "b": "logitnormal", "c": "lognormal", "d": "lognormal"}
    items = tuple(Input(name, name, "", 0.2, 0.8, kind, 4, "by hand") for name, kind in kinds.items())
    return Inputs(items, correlations=correlations, **options)


@pytest.mark.parametrize("rank", [-0.9, -0.5, 0.0, 0.3, 0.95])
def test_the_normal_correlation_of_a_rank_correlation_is_that_of_kruskal(rank):
    """Against Spearman's coefficient of many bivariate normal draws; the sampling error is below 1 / sqrt(n)."""
    correlation = float(pearson_of_spearman(rank))
    z = stats.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]]).rvs(40_000, random_state=1)
    assert stats.spearmanr(z).statistic == pytest.approx(rank, abs=0.015)
    assert float(spearman_of_pearson(correlation)) == pytest.approx(rank)


def test_a_rank_correlation_put_in_as_a_normal_one_would_be_too_weak():
    assert float(spearman_of_pearson(0.5)) == pytest.approx(0.4826, abs=5e-5)
    assert float(pearson_of_spearman(0.5)) == pytest.approx(2 * np.sin(np.pi / 12))


@pytest.mark.parametrize("coupling", ["gaussian_copula", "iman_conover"])
def test_draws_have_the_rank_correlations_asked_for(coupling):
    inputs = some(PAIRS, coupling=coupling)
    drawn = inputs.draw(uniforms(inputs.names, draws=8192, seed=3))
    found = stats.spearmanr(np.column_stack(list(drawn.values()))).statistic
    assert found == pytest.approx(inputs.ranks, abs=0.005)


@pytest.mark.parametrize("coupling", ["gaussian_copula", "iman_conover"])
def test_correlated_draws_keep_their_distributions(coupling):
    inputs = some(PAIRS, coupling=coupling)
    drawn = inputs.draw(uniforms(inputs.names, draws=4096, seed=3))
    for name, values in drawn.items():
        assert np.quantile(values, [0.05, 0.5, 0.95]) == pytest.approx(
            inputs[name].ppf(np.array([0.05, 0.5, 0.95])), rel=0.02
        )


def test_reordering_leaves_every_input_exactly_its_own_values():
    free, coupled = some(), some(PAIRS, coupling="iman_conover")
    u = uniforms(free.names, draws=512, seed=1)
    before, after = free.draw(u), coupled.draw(u)
    for name in free.names:
        assert np.array_equal(np.sort(before[name]), np.sort(after[name]))
    assert np.array_equal(before["d"], after["d"])


def test_reordering_forgets_the_chance_correlation_of_its_scores():
    rng = np.random.default_rng(5)
    scores = rng.uniform(size=(60, 2))
    ranks = np.array([[1, 0.0], [0.0, 1]])
    drawn = iman_conover({"a": np.arange(60.0), "b": np.arange(60.0)}, names=["a", "b"], ranks=ranks, scores=scores)
    chance, left = stats.spearmanr(scores).statistic, stats.spearmanr(drawn["a"], drawn["b"]).statistic
    assert abs(chance) > 0.1
    assert abs(left) < abs(chance) / 2


def test_without_correlations_the_draws_are_those_of_each_input_alone():
    inputs = some()
    u = uniforms(inputs.names, draws=64, seed=1)
    zero = some((("a", "b", 0.0),)).draw(u)
    for name, values in inputs.draw(u).items():
        assert np.array_equal(values, inputs[name].ppf(u[name]))
        assert np.array_equal(values, zero[name])


def test_the_first_of_the_correlated_keeps_its_uniforms():
    u = uniforms("ab", draws=64, seed=1).values
    assert gaussian_copula(u, ranks=np.array([[1, 0.4], [0.4, 1]]))[:, 0] == pytest.approx(u[:, 0])


def test_perfectly_correlated_inputs_are_one():
    inputs = some((("a", "c", 1.0),))
    drawn = inputs.draw(uniforms(inputs.names, draws=64, seed=1))
    assert drawn["a"] == pytest.approx(drawn["c"])


@pytest.mark.parametrize("correlation", [0.3, 1.0, -1.0])
def test_a_factor_times_its_transpose_is_the_matrix_singular_or_not(correlation):
    matrix = np.array([[1, correlation, 0.2], [correlation, 1, 0.2 * correlation], [0.2, 0.2 * correlation, 1]])
    lower = factor(np.stack([matrix, np.eye(3)]))
    assert lower @ np.swapaxes(lower, -1, -2) == pytest.approx(np.stack([matrix, np.eye(3)]))
    assert np.triu(lower[0], 1).max() == 0


def test_what_cannot_be_is_refused_with_the_pairs_and_values_that_can_be():
    with pytest.raises(
        ParameterError, match=r"no inputs can have all of these at once: a with b 0.9, a with c -0.9, b with c 0.9"
    ) as caught:
        some(IMPOSSIBLE)
    told = str(caught.value).partition("Nearest that can: ")[2].rstrip(".").split(", ")
    offered = tuple((text.split()[0], text.split()[2], float(text.split()[3])) for text in told)
    assert len(offered) == 3
    assert some(offered).coupled == ("a", "b", "c")


def test_only_the_pairs_that_clash_are_named():
    items = tuple(Input(name, name, "", 0.2, 0.8, "normal", 4, "by hand") for name in "abcdef")
    with pytest.raises(ParameterError) as caught:
        Inputs(items, correlations=(*IMPOSSIBLE, ("d", "e", 0.5)))
    assert "d with e" not in str(caught.value)


@pytest.mark.parametrize(
    ("correlations", "said"),
    [
        ((("a", "x", 0.5),), "a with x: no input is called 'x'. Allowed: a, b, c, d."),
        ((("a", "a", 0.5),), "a with a: an input cannot be correlated with itself"),
        ((("a", "b", 0.5), ("b", "a", 0.5)), "b with a: the pair stands twice"),
        ((("a", "b", 1.5),), "a with b: a rank correlation must lie between -1 and 1, got 1.5"),
        ((("a", "b", np.nan),), "must lie between -1 and 1, got nan"),
    ],
)
def test_a_pair_that_makes_no_sense_is_refused_by_name(correlations, said):
    with pytest.raises(ParameterError, match=f"correlations: .*{said}"):
        correlation_matrix("abcd", correlations)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ([[1, 0.5], [0.4, 1]], "a with b: is 0.5 one way and 0.4 the other"),
        ([[1, 0.5], [0.5, 0.9]], "b with itself must be 1, got 0.9"),
        ([[1, 2.0], [2.0, 1]], "between -1 and 1, got 2"),
        ([[1, 0.5, 0.1], [0.5, 1, 0.1]], "must be 2 by 2 for 2 inputs, got 2 by 3"),
    ],
)
def test_a_matrix_that_is_none_is_refused(matrix, said):
    with pytest.raises(ParameterError, match=said):
        check_correlation_matrix(np.array(matrix), names="ab")


def test_no_inputs_have_no_correlations():
    assert correlation_matrix((), ()).shape == (0, 0)


def test_an_unknown_coupling_is_refused():
    with pytest.raises(ParameterError, match=r"coupling: got 'gauss'.*gaussian_copula, iman_conover"):
        some(coupling="gauss")


def test_the_nearest_correlation_matrix_is_the_nearest():
    """Against a direct minimisation over unit rows of a factor, which knows nothing of projections."""
    matrix = np.array([[1, 0.9, -0.9, 0.1], [0.9, 1, 0.9, 0.0], [-0.9, 0.9, 1, 0.3], [0.1, 0.0, 0.3, 1]])

    def distance(flat):
        rows = flat.reshape(4, 4)
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return ((rows @ rows.T - matrix) ** 2).sum()

    rng = np.random.default_rng(1)
    best = min(optimize.minimize(distance, rng.normal(size=16)).fun for _ in range(8))
    near = nearest_correlation(matrix)
    assert ((near - matrix) ** 2).sum() == pytest.approx(best, rel=1e-5)
    assert np.linalg.eigvalsh(near)[0] >= -1e-12
    assert np.diag(near) == pytest.approx(np.ones(4))


def test_a_correlation_matrix_is_its_own_nearest():
    matrix = np.array([[1, 0.5], [0.5, 1]])
    assert nearest_correlation(matrix) == pytest.approx(matrix)


def test_models_that_name_the_same_input_draw_the_same_array():
    one, other = some(PAIRS), Inputs((some()["d"], some()["a"], Input("e", "e", "", 1, 2, "uniform", 4, "by hand")))
    drawn = draw_jointly({"savings": one, "risk": other}, draws=64, seed=2)
    assert drawn["savings"]["a"] is drawn["risk"]["a"]
    assert drawn["savings"]["d"] is drawn["risk"]["d"]
    assert list(drawn["risk"]) == ["d", "a", "e"]


def test_models_that_mean_different_things_by_one_name_are_refused():
    other = Inputs((Input("a", "a", "", 0.1, 0.8, "lognormal", 4, "by hand"),))
    with pytest.raises(ParameterError, match="a: has one distribution in risk and another in a model before it"):
        draw_jointly({"savings": some(), "risk": other}, draws=64)
    with pytest.raises(ParameterError, match=r"a with b is 0.1 in risk and 0.7 in a model before it"):
        draw_jointly({"savings": some(PAIRS), "risk": some((("a", "b", 0.1),))}, draws=64)
    with pytest.raises(ParameterError, match="coupling: models differ"):
        draw_jointly({"savings": some(PAIRS), "risk": some(PAIRS, coupling="iman_conover")}, draws=64)
