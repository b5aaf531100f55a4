"""Values of information of a choice between nothing and a normal gain, in closed form.

Gain m + x1 + x2 + x3 with independent normal x of standard deviations s. Knowing a set of them, the expected gain is normal with
mean m and variance the sum of their s^2, so the value is the unit normal loss integral, s (phi(a) - a Phi(-a)) with a = |m| / s:

Raiffa, H. & Schlaifer, R. (1961). Applied Statistical Decision Theory. Harvard; the integral is elementary and is checked here by
quadrature. With correlated inputs, the expectation given x1 alone has the variance of the regression on it.

Tolerance: four standard errors as estimated, and a floor of 0.002.
"""

import numpy as np
import pytest
from scipy import integrate, stats

from lpo_analysis.methods.dependence import pearson_of_spearman
from lpo_analysis.methods.draws import uniforms
from lpo_analysis.methods.information import Measured, evpi, evppi, evsi
from lpo_analysis.methods.inputs import Input, Inputs

MEAN, SPREADS = -0.5, {"x1": 1.0, "x2": 0.5, "x3": 0.2}
HALF = float(stats.norm.ppf(0.95))


def loss(spread: float) -> float:
    a = abs(MEAN) / spread
    return spread * float(stats.norm.pdf(a) - a * stats.norm.sf(a))


def normals(correlations=()):
    items = (Input(name, name, "", -HALF * s, HALF * s, "normal", 4, "analytic") for name, s in SPREADS.items())
    return Inputs(tuple(items), correlations=correlations)


def gain(draws):
    return np.column_stack([np.zeros(len(draws["x1"])), MEAN + sum(draws.values())])


@pytest.mark.parametrize("spread", [0.2, 1.0, 1.5])
def test_the_closed_form_is_the_integral(spread):
    value, _ = integrate.quad(lambda g: max(g, 0.0) * stats.norm.pdf(g, MEAN, spread), -20, 20, points=[0.0], limit=200)
    assert loss(spread) == pytest.approx(value, abs=1e-7)


@pytest.mark.parametrize("seed", [0, 1])
def test_singles_and_groups_have_their_closed_form(seed):
    draws = normals().draw(uniforms(tuple(SPREADS), draws=2**13, seed=seed))
    groups = {
        "x1": ["x1"],
        "x2": ["x2"],
        "x3": ["x3"],
        "x1, x2": ["x1", "x2"],
        "x2, x3": ["x2", "x3"],
        "all": list(SPREADS),
    }
    frame = evppi(gain(draws), draws, groups=groups, seed=seed).set_index("group")
    for group, members in groups.items():
        truth = loss(float(np.hypot.reduce([SPREADS[name] for name in members])))
        assert frame.loc[group, "value"] == pytest.approx(truth, abs=max(4 * frame.loc[group, "error"], 0.002)), group
    perfect = evpi(gain(draws))
    assert perfect.value == pytest.approx(loss(float(np.hypot.reduce(list(SPREADS.values())))), abs=0.002)


def test_knowing_an_input_tells_of_those_correlated_with_it():
    inputs = normals((("x1", "x2", 0.6),))
    rho = float(pearson_of_spearman(0.6))
    draws = inputs.draw(uniforms(tuple(SPREADS), draws=2**13, seed=3))
    frame = evppi(gain(draws), draws).set_index("group")
    truth = {"x1": loss(1.0 + rho * 0.5), "x2": loss(0.5 + rho * 1.0), "x3": loss(0.2)}
    for name, value in truth.items():
        assert frame.loc[name, "value"] == pytest.approx(value, abs=max(4 * frame.loc[name, "error"], 0.002))


@pytest.mark.slow
def test_a_model_without_a_closed_form_agrees_with_nested_simulation():
    """Two thousand outer draws by a thousand inner ones, which share nothing with the regression."""
    names = ("price", "work", "share")
    ends = {"price": (10.0, 70.0, "lognormal"), "work": (0.5, 1.2, "lognormal"), "share": (0.05, 0.4, "logitnormal")}
    inputs = Inputs(tuple(Input(name, name, "", *ends[name], 4, "by hand") for name in names))

    def benefit(v):
        moved = v["price"] / v["work"] * (1 + v["share"])
        return np.stack([0 * moved, 40 - moved, 34 - 0.8 * moved], axis=-1)

    draws = inputs.draw(uniforms(names, draws=2**14, seed=4))
    table = benefit(draws)
    frame = evppi(table, draws, groups={"price": ["price"], "work": ["work"], "both": ["price", "work"]}).set_index(
        "group"
    )
    rng = np.random.default_rng(9)
    outer, inner = 2000, 1000
    for group, known in {"price": ["price"], "work": ["work"], "both": ["price", "work"]}.items():
        u = {name: rng.uniform(size=(outer, 1 if name in known else inner)) for name in names}
        drawn = {name: inputs[name].ppf(np.broadcast_to(u[name], (outer, inner))) for name in names}
        expected = benefit(drawn).mean(axis=1)
        gains = expected.max(axis=1) - expected[:, int(expected.mean(axis=0).argmax())]
        nested, error = gains.mean(), gains.std(ddof=1) / np.sqrt(outer)
        assert frame.loc[group, "value"] == pytest.approx(nested, abs=4 * np.hypot(error, frame.loc[group, "error"])), (
            group
        )


@pytest.mark.parametrize(("size", "seed"), [(1, 0), (4, 1), (25, 2), (400, 3)])
def test_a_pilot_with_normal_errors_has_its_closed_form(size, seed):
    """Prior s^2 and error t^2/n: the posterior mean has standard deviation s * sqrt(s^2 / (s^2 + t^2/n)) before the pilot is seen.

    Raiffa & Schlaifer (1961), as above. Net benefit depends on x1 alone through the pilot, the other inputs are noise to it.
    """
    draws = normals().draw(uniforms(tuple(SPREADS), draws=2**13, seed=seed))
    t = 2.0
    frame = evsi(gain(draws), draws, {"x1": Measured("mean", t)}, sizes=[size], seed=seed)
    truth = loss(1.0 / np.sqrt(1 + t**2 / size))
    assert frame["value"].iloc[0] == pytest.approx(truth, abs=max(4 * frame["error"].iloc[0], 0.002))


def test_a_pilot_of_yes_and_no_has_its_closed_form():
    """A share that is uniform before: after k of n yes its mean is (k + 1) / (n + 2), and every k is equally likely."""
    share = uniforms(("share",), draws=2**14, seed=5)["share"]
    table = np.column_stack([np.full(2**14, 0.4), share])
    for size in (3, 20):
        frame = evsi(table, {"share": share}, {"share": Measured("share")}, sizes=[size], seed=1)
        after = (np.arange(size + 1) + 1) / (size + 2)
        truth = np.maximum(after, 0.4).mean() - 0.5
        assert frame["value"].iloc[0] == pytest.approx(truth, abs=max(4 * frame["error"].iloc[0], 0.002))
