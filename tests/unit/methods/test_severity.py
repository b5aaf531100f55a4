"""Severities: limited moments against quadrature, discretisation, layers by hand."""

import numpy as np
import pytest
from scipy import integrate, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.piecewise import Layer, ceded, retained
from lpo_analysis.methods.severity import Continuous, Mixture, Points, Sum, discretise, on_grid

FAMILIES = [
    stats.lognorm(s=1.2, scale=50),
    stats.lognorm(s=0.8, loc=20, scale=50),
    stats.expon(scale=40),
    stats.gamma(2.5, scale=20),
    stats.weibull_min(0.7, scale=30),
    stats.beta(2, 4, loc=10, scale=200),
    stats.uniform(5, 100),
    stats.genpareto(0.3, scale=20),
    stats.genpareto(-0.4, scale=40),
    stats.genpareto(1.0, scale=20),
    stats.lomax(3.5, scale=100),
]


@pytest.mark.parametrize("dist", FAMILIES, ids=lambda d: d.dist.name)
@pytest.mark.parametrize("power", [1, 2, 3])
def test_limited_moments_are_integrals_of_the_survival_function(dist, power) -> None:
    limits = np.array([0.0, 3.0, 60.0, 150.0])
    exact = [
        integrate.quad(lambda x: power * x ** (power - 1) * dist.sf(x), 0, u, points=[min(u, 20.0)] if u else None)[0]
        for u in limits
    ]
    assert Continuous(dist).limited(limits, power=power) == pytest.approx(exact, rel=1e-7, abs=1e-9)


def test_moments_without_limit() -> None:
    assert Continuous(stats.lognorm(s=1, scale=10)).moments == pytest.approx(
        [10**k * np.exp(k * k / 2) for k in (1, 2, 3)]
    )
    assert Continuous(stats.genpareto(0.4, scale=1)).moments[1:] == pytest.approx((2 / (0.6 * 0.2), np.inf))
    assert Points([1, 3], [0.5, 0.5]).moments == (2, 5, 14)
    both = Sum(stats.expon(scale=10), Points([0, 5], [0.4, 0.6]))
    assert both.moments[:2] == pytest.approx((13, 200 + 2 * 10 * 3 + 15))


@pytest.mark.parametrize("dist", [stats.lognorm(s=1, scale=20), stats.gamma(2, scale=10)])
def test_discretisation_keeps_the_mean_or_the_distribution(dist) -> None:
    step, size = 1.0, 20_000
    at = np.arange(size) * step
    kept = discretise(dist, step=step, size=size)
    assert kept @ at == pytest.approx(dist.mean(), rel=1e-8)
    rounded = discretise(dist, step=step, size=size, method="rounding")
    assert np.cumsum(rounded)[[0, 10, 50]] == pytest.approx(dist.cdf([0.5, 10.5, 50.5]))
    for masses in (kept, rounded):
        assert (masses >= 0).all()
        assert masses.sum() == pytest.approx(1, abs=1e-9)


def test_points_on_their_own_grid_stay_as_they_are() -> None:
    points = Points([200, 100, 100, 700], [0.1, 0.2, 0.3, 0.4])
    for method in ("mean_preserving", "rounding"):
        assert discretise(points, step=100, size=9, method=method) == pytest.approx([0, 0.5, 0.1, 0, 0, 0, 0, 0.4, 0])
    assert points.unit == 100
    assert Points([0.25, 1.5]).unit == 0.25
    assert Points([np.pi, 1]).unit is None


def test_a_mixture_is_the_weighted_sum_of_its_parts() -> None:
    parts, weights = [stats.expon(scale=5), Points([100.0])], [0.9, 0.1]
    mixed = Mixture(parts, weights)
    assert mixed.moments == pytest.approx((0.9 * 5 + 10, 0.9 * 50 + 1000, 0.9 * 750 + 1e5))
    draws = mixed.draw(np.random.default_rng(0), 100_000)
    assert (draws == 100).mean() == pytest.approx(0.1, abs=0.005)
    assert mixed.exceeded(0.05) == pytest.approx(100)


def test_a_sum_on_the_grid_is_a_convolution() -> None:
    # Two exponentials of one scale add up to a gamma distribution.
    masses = discretise(Sum(stats.expon(scale=10), stats.expon(scale=10)), step=0.1, size=4000)
    exact = stats.gamma(2, scale=10)
    assert np.cumsum(masses)[[50, 200, 900]] == pytest.approx(exact.cdf([5.05, 20.05, 90.05]), abs=1e-5)
    on = on_grid(stats.expon(scale=10), step=0.5, size=1000)
    assert on.moments[0] == pytest.approx(10, rel=1e-9)


def test_layers_by_hand() -> None:
    tower = [Layer(10, 20, 0.5), Layer(30, 50)]
    x = np.array([0, 10, 20, 30, 40, 80, 200.0])
    paid = ceded(tower)
    assert paid(x).tolist() == [0, 0, 5, 10, 20, 60, 60]
    assert retained(tower)(x).tolist() == [0, 10, 15, 20, 20, 20, 140]
    assert retained(tower).inverse([15, 20, 21]).tolist() == [20, 80, 81]
    assert paid.inverse([0, 5, 60]).tolist() == [10, 20, np.inf]
    # First a deductible of 10, then a cap of 15 on what is left.
    both = ceded([Layer(0, 15)]).after(ceded([Layer(10)]))
    assert both(x).tolist() == [0, 0, 10, 15, 15, 15, 15]


@pytest.mark.parametrize(
    "layers", [[Layer(10, 50, 0.7)], [Layer(0, 30)], [Layer(20)], [Layer(5, 10), Layer(40, 20, 0.5)]]
)
def test_a_cut_loss_is_the_function_of_the_loss(layers) -> None:
    base = Mixture([stats.lognorm(s=1, scale=30), Points([15, 70.0])], [0.8, 0.2])
    draws = base.draw(np.random.default_rng(4), 400_000)
    for function in (ceded(layers), retained(layers)):
        cut, image = base.cut(function), function(draws)
        at = np.array([0.0, 4.0, 12.0, 33.0])
        assert cut.sf(at) == pytest.approx([(image > a).mean() for a in at], abs=0.004)
        assert cut.limited(at) == pytest.approx([np.minimum(image, a).mean() for a in at], abs=0.1)
        assert cut.moments[1] == pytest.approx((image**2).mean(), rel=0.05)


def test_bad_input_gets_one_clear_error() -> None:
    for call, words in [
        (lambda: Layer(-1), "deductible"),
        (lambda: Layer(0, 0), "limit"),
        (lambda: Layer(share=1.1), "share"),
        (lambda: ceded([Layer(0, 10), Layer(5, 10, 0.5)]), "more than the loss from 5"),
        (lambda: Points([-1]), "below 0"),
        (lambda: Points([1, 2], [0.5, 0.6]), "add up to 1"),
        (lambda: Mixture([stats.expon()], [0.5, 0.5]), "one a part"),
        (lambda: discretise(stats.expon(), step=0, size=4), "step"),
        (lambda: Sum(stats.expon(), stats.expon()).cut(ceded([Layer(1)])), "grid first"),
    ]:
        with pytest.raises(ParameterError, match=words):
            call()


def test_points_are_split_onto_the_grid_as_their_limited_means_say():
    rng = np.random.default_rng(4)
    points = Points(rng.uniform(0, 130, 300), rng.dirichlet(np.ones(300)))
    for step, size in ((1.0, 64), (0.7, 256), (200.0, 8)):
        inside = np.diff(points.limited(np.arange(size + 1.0) * step)) / step
        assert points.masses(step, size) == pytest.approx(-np.diff(inside, prepend=1.0), abs=1e-12)


@pytest.mark.parametrize("loc", [0.0, 30.0])
def test_lognormal_draws_are_those_of_scipy(loc):
    dist = stats.lognorm(s=1.3, loc=loc, scale=200)
    drawn = Continuous(dist).draw(np.random.default_rng(4), 500)
    assert (drawn == dist.rvs(500, random_state=np.random.default_rng(4))).all()
