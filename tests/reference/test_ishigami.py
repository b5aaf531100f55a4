"""Sobol' indices and Shapley effects against closed forms.

Ishigami function f = sin x1 + a sin^2 x2 + b x3^4 sin x1, each x uniform on (-pi, pi), with a = 7 and b = 0.1:

Ishigami, T. and Homma, T. (1990). An importance quantification technique in uncertainty analysis for computer models.
Proceedings of the First International Symposium on Uncertainty Modeling and Analysis, 398-403.
Saltelli, A. et al. (2008). Global Sensitivity Analysis: The Primer. Wiley. First order 0.3139, 0.4424, 0; total 0.5576,
0.4424, 0.2437.

Tolerance 0.01 at 2^14 draws: about three times the error seen over seeds 0 to 9 there.
"""

import numpy as np
import pytest

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.methods.sensitivity import sobol_indices
from lpo_analysis.methods.shapley import shapley_effects

DRAWS = 2**14
TOLERANCE = 0.01
A, B = 7.0, 0.1


def uniform(name, low, high):
    return Input(name, name, "", low, high, "uniform", 4, "analytic")


ISHIGAMI = Inputs(tuple(uniform(f"x{i}", -np.pi, np.pi) for i in (1, 2, 3)))
SINGLES = {f"x{i}": [f"x{i}"] for i in (1, 2, 3)}


def ishigami(v):
    return np.sin(v["x1"]) + A * np.sin(v["x2"]) ** 2 + B * v["x3"] ** 4 * np.sin(v["x1"])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_ishigami_function_has_its_published_indices(seed):
    frame = sobol_indices(ishigami, ISHIGAMI, groups=SINGLES, draws=DRAWS, seed=seed)
    assert frame["first"].tolist() == pytest.approx([0.3139, 0.4424, 0.0], abs=TOLERANCE)
    assert frame["total"].tolist() == pytest.approx([0.5576, 0.4424, 0.2437], abs=TOLERANCE)


def test_the_published_indices_are_those_of_the_closed_form():
    v1 = 0.5 * (1 + B * np.pi**4 / 5) ** 2
    v2 = A**2 / 8
    v13 = B**2 * np.pi**8 * (1 / 18 - 1 / 50)
    total = v1 + v2 + v13
    assert [v1 / total, v2 / total] == pytest.approx([0.3139, 0.4424], abs=5e-5)
    assert [(v1 + v13) / total, v13 / total] == pytest.approx([0.5576, 0.2437], abs=1e-4)


def test_a_group_has_the_index_of_its_closed_form():
    groups = {"x1 and x3": ["x1", "x3"], "x2": ["x2"]}
    frame = sobol_indices(ishigami, ISHIGAMI, groups=groups, draws=DRAWS).set_index("group")
    # x2 acts alone, so the rest of the variance is that of x1 and x3 together, first order and total alike.
    assert frame.loc["x1 and x3"].tolist() == pytest.approx([0.5576, 0.5576], abs=TOLERANCE)
    assert frame.loc["x2"].tolist() == pytest.approx([0.4424, 0.4424], abs=TOLERANCE)


def test_a_linear_model_has_shares_in_proportion_to_squared_coefficients():
    """Of a sum of c_i u_i with equal variances the share is c_i^2 / sum c^2, first order and total alike (exact)."""
    coefficients = np.array([1.0, 2.0, 3.0])
    inputs = Inputs(tuple(uniform(f"x{i}", 0.0, 1.0) for i in (1, 2, 3)))
    frame = sobol_indices(
        lambda v: sum(c * v[f"x{i}"] for i, c in enumerate(coefficients, start=1)), inputs, groups=SINGLES, draws=DRAWS
    )
    expected = coefficients**2 / (coefficients**2).sum()
    assert frame["first"].tolist() == pytest.approx(expected.tolist(), abs=TOLERANCE)
    assert frame["total"].tolist() == pytest.approx(expected.tolist(), abs=TOLERANCE)


def test_the_intervals_hold_the_closed_form_and_shrink_with_the_draws():
    truth = {"first": [0.3139, 0.4424, 0.0], "total": [0.5576, 0.4424, 0.2437]}
    few, many = (sobol_indices(ishigami, ISHIGAMI, draws=n, seed=3, resamples=100, level=0.999) for n in (2**8, 2**14))
    for index, values in truth.items():
        assert (many[f"{index}_low"] <= values).all()
        assert (many[f"{index}_high"] >= values).all()
        assert (many[f"{index}_error"] < few[f"{index}_error"] / 4).all()


def test_the_g_function_has_its_closed_form():
    """Product of (|4 u_i - 2| + a_i) / (1 + a_i): partial variances v_i = (1/3) / (1 + a_i)^2, V = prod(1 + v_i) - 1, first order v_i / V, total
    v_i prod_(j != i)(1 + v_j) / V. Sobol', I. M. (1990; English 1993); the integrals are elementary.
    """
    a = np.array([0.0, 0.5, 3.0, 9.0, 99.0, 99.0])
    inputs = Inputs(tuple(uniform(f"x{i}", 0.0, 1.0) for i in range(6)))
    frame = sobol_indices(
        lambda v: np.prod([(np.abs(4 * v[f"x{i}"] - 2) + a[i]) / (1 + a[i]) for i in range(6)], axis=0),
        inputs,
        draws=DRAWS,
    )
    v = 1 / 3 / (1 + a) ** 2
    variance = np.prod(1 + v) - 1
    assert frame["first"].to_numpy() == pytest.approx(v / variance, abs=TOLERANCE)
    assert frame["total"].to_numpy() == pytest.approx(v / (1 + v) * np.prod(1 + v) / variance, abs=TOLERANCE)


def test_the_ishigami_function_divides_its_interaction_evenly():
    """Shapley effect: first order plus half of what x1 and x3 do together, 0.3139 + 0.2437 / 2 and 0.2437 / 2."""
    frame = shapley_effects(ishigami, ISHIGAMI, draws=DRAWS, seed=1)
    assert frame["effect"].tolist() == pytest.approx([0.43575, 0.4424, 0.12185], abs=4 * frame["error"].max())
    assert frame["error"].max() < 0.01


def test_correlated_inputs_are_refused():
    inputs = ISHIGAMI.with_correlations((("x1", "x2", 0.5),))
    with pytest.raises(
        ParameterError, match=r"want independent inputs, and x1 and x2 are correlated. Use Shapley effects"
    ):
        sobol_indices(ishigami, inputs)
