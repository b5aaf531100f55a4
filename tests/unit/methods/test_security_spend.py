"""Spending on security: the published closed forms are the least of what they minimise, and stay under the bound."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.acceptability import rank_acceptability
from lpo_analysis.methods.multiplicity import holm
from lpo_analysis.methods.security_spend import breach_probability, optimal_spend

CASES = [
    ("I", 0.3, 1e5, 1e-4, 1.0),
    ("I", 0.6, 4e5, 2e-5, 2.5),
    ("II", 0.5, 1e6, 1e-5, 1.0),
    ("II", 0.95, 1e6, 1e-4, 1.0),
]


@pytest.mark.parametrize(("form", "v", "loss", "alpha", "beta"), CASES)
def test_the_closed_form_is_the_least_and_under_a_part_e_of_the_expected_loss(form, v, loss, alpha, beta):
    best = float(optimal_spend(vulnerability=v, loss=loss, alpha=alpha, beta=beta, form=form))

    def total(z):
        return float(breach_probability(z, vulnerability=v, alpha=alpha, beta=beta, form=form)) * loss + z

    found = minimize_scalar(total, bounds=(0, v * loss), method="bounded", options={"xatol": 1e-3})
    assert best == pytest.approx(found.x, abs=5)
    assert 0 < best <= v * loss / np.e


def test_the_formulas_as_published():
    # Class I: ((v beta alpha L) ** (1 / (beta + 1)) - 1) / alpha; class II: ln(1 / (-alpha v L ln v)) / (alpha ln v).
    assert optimal_spend(vulnerability=0.5, loss=200.0, alpha=1.0, beta=1.0) == pytest.approx(9)
    v, loss, alpha = 0.4, 500.0, 0.2
    expected = np.log(1 / (-alpha * v * loss * np.log(v))) / (alpha * np.log(v))
    assert optimal_spend(vulnerability=v, loss=loss, alpha=alpha, form="II") == pytest.approx(expected)


def test_nothing_is_spent_where_the_first_unit_prevents_less_than_it_costs():
    assert optimal_spend(vulnerability=0.1, loss=100.0, alpha=0.05) == 0
    assert optimal_spend(vulnerability=[0.0, 1.0], loss=1e9, alpha=1.0, form="II").tolist() == [0, 0]


def test_no_draw_goes_over_the_bound():
    rng = np.random.default_rng(0)
    v, loss = rng.uniform(0, 1, 2000), rng.lognormal(12, 2, 2000)
    for form in ("I", "II"):
        for alpha in (1e-6, 1e-4, 1e-2):
            assert (
                optimal_spend(vulnerability=v, loss=loss, alpha=alpha, beta=1.7, form=form) <= v * loss / np.e + 1e-9
            ).all()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"alpha": 0.0}, "alpha"),
        ({"beta": 0.5}, "beta"),
        ({"form": "III"}, "'III' is no class"),
        ({"vulnerability": 1.2}, "vulnerability"),
        ({"loss": -1.0}, "loss"),
    ],
)
def test_what_cannot_be_is_refused(changed, words):
    with pytest.raises(ParameterError, match=words):
        optimal_spend(**{"vulnerability": 0.5, "loss": 10.0, "alpha": 1.0} | changed)


def test_ranks_by_hand_and_ties_share():
    shares = rank_acceptability(np.array([[3.0, 1.0, 2.0], [1.0, 3.0, 2.0], [2.0, 2.0, 0.0], [5.0, 4.0, 3.0]]))
    assert shares[:, 0].tolist() == [0.625, 0.375, 0]
    assert shares.sum(axis=0) == pytest.approx(1)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert shares[2].tolist() == [0, 0.5, 0.5]
    with pytest.raises(ParameterError, match="missing"):
        rank_acceptability(np.array([[np.nan, 1.0]]))


def test_holm_refuses_what_is_no_probability():
    assert holm(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.06, 0.06])
    with pytest.raises(ParameterError):
        holm(np.array([0.5, np.nan]))
