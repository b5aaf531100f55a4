"""Compound distributions against closed forms, analytic moments and Panjer's recursion."""

import numpy as np
import pytest
from scipy import special, stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.compound import (
    aggregate_loss,
    choose_grid,
    compound_moments,
    fourier,
    insured_loss,
    panjer,
    simulate,
)
from lpo_analysis.methods.frequency import binomial, mixed_poisson, negative_binomial, poisson
from lpo_analysis.methods.losses import from_draws
from lpo_analysis.methods.piecewise import Layer
from lpo_analysis.methods.severity import Points, discretise

FREQUENCIES = [poisson(2.5), negative_binomial(4, ratio=3), binomial(10, 0.3)]


def checks(loss) -> dict[str, bool | None]:
    return {check.name: check.passed for check in loss.checks}


def test_poisson_of_exponential_losses_is_the_bessel_distribution() -> None:
    # Density exp(-rate - x) sqrt(rate / x) I1(2 sqrt(rate x)), and an atom exp(-rate) at 0.
    rate, scale = 3.0, 100.0
    loss = aggregate_loss(poisson(rate), stats.expon(scale=scale))
    n = np.arange(1, 60)
    for x in (0.0, 50.0, 300.0, 1500.0):
        x = loss.values[np.searchsorted(loss.values, x)]
        series = np.exp(-rate) + (stats.poisson.pmf(n, rate) * special.gammainc(n, x / scale)).sum()
        # A grid point stands for half a step to either side of it.
        middle = loss.cdf(x) - loss.probabilities[np.searchsorted(loss.values, x)] / 2
        if x > 0:
            z = x / scale
            density = np.exp(-rate - z) * np.sqrt(rate / z) * special.iv(1, 2 * np.sqrt(rate * z)) / scale
            step = loss.values[1]
            assert loss.probabilities[np.searchsorted(loss.values, x)] / step == pytest.approx(density, rel=1e-5)
            assert middle == pytest.approx(series, abs=1e-5)
        else:
            # The mean-preserving grid gives 0 what belongs to it of the first step.
            assert loss.cdf(x) == pytest.approx(np.exp(-rate), rel=0.02)
    assert loss.mean == pytest.approx(rate * scale)
    assert loss.variance == pytest.approx(2 * rate * scale**2)


@pytest.mark.parametrize("method", ["mean_preserving", "rounding"])
def test_geometric_of_exponential_losses_is_exponential_with_an_atom(method) -> None:
    # N geometric from 0 with success p: P(S > x) = (1 - p) exp(-p x / scale).
    p, scale = 0.25, 10.0
    loss = aggregate_loss(negative_binomial((1 - p) / p, ratio=1 / p), stats.expon(scale=scale), method=method)
    for level in (0.5, 0.9, 0.99, 0.999):
        exact = scale / p * np.log((1 - p) / (1 - level))
        assert loss.quantile(level) == pytest.approx(exact, abs=2 * loss.values[1])
        assert loss.tvar(level) == pytest.approx(exact + scale / p, rel=1e-3 if method == "rounding" else 1e-4)
    assert loss.quantile(0.2) == 0


def test_whole_negative_binomial_of_exponential_losses_is_a_mixture() -> None:
    # r whole, q = 1 / ratio: N is a binomial(r, 1 - q) number of exponentials of scale / q.
    r, beta, scale = 3, 1.5, 10.0
    loss = aggregate_loss(negative_binomial(r * beta, ratio=1 + beta), stats.expon(scale=scale))
    n, x = np.arange(1, r + 1), loss.values[[400, 3000]]
    for at in x:
        exact = (stats.binom.pmf(n, r, beta / (1 + beta)) * special.gammaincc(n, at / (scale * (1 + beta)))).sum()
        i = np.searchsorted(loss.values, at)
        assert 1 - loss.cdf(at) + loss.probabilities[i] / 2 == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("frequency", FREQUENCIES, ids=lambda f: f.kind)
def test_fourier_agrees_with_panjer(frequency) -> None:
    masses = discretise(stats.lognorm(s=1.5, scale=30), step=1.0, size=2048)
    assert masses.sum() < 1  # some lies beyond the grid and must not wrap around
    assert np.abs(fourier(frequency, masses) - panjer(frequency, masses)).max() < 1e-10


def test_tilting_keeps_wrapped_mass_out() -> None:
    masses = discretise(stats.lognorm(s=2, scale=30), step=2.0, size=1024)
    exact = panjer(poisson(5), masses)
    assert np.abs(fourier(poisson(5), masses, tilt=0.0) - exact).max() > 1e-6
    assert np.abs(fourier(poisson(5), masses) - exact).max() < 1e-10


@pytest.mark.parametrize("frequency", [*FREQUENCIES, mixed_poisson([1, 2, 6])], ids=lambda f: f.kind)
def test_moments_are_those_of_the_counts_and_losses(frequency) -> None:
    severity = stats.gamma(2, scale=50)
    loss = aggregate_loss(frequency, severity)
    mean, variance, third = frequency.cumulants
    # Written out from the cumulant generating function.
    m, v, k = 100.0, 5000.0, 2 * 2 * 50.0**3
    moments = compound_moments(frequency, severity)
    assert moments.mean == pytest.approx(mean * m)
    assert moments.variance == pytest.approx(mean * v + variance * m**2)
    assert moments.skewness * moments.variance**1.5 == pytest.approx(mean * k + 3 * variance * m * v + third * m**3)
    assert checks(loss) == {"moments": True, "grid": True}


def test_cumulants_are_those_of_the_counts() -> None:
    for frequency in [*FREQUENCIES, mixed_poisson([1, 2, 6])]:
        draws = frequency.draw(np.random.default_rng(1), 400_000)
        mean, variance, third = frequency.cumulants
        assert draws.mean() == pytest.approx(mean, rel=0.01)
        assert draws.var() == pytest.approx(variance, rel=0.02)
        assert ((draws - mean) ** 3).mean() == pytest.approx(third, rel=0.1)
    assert FREQUENCIES[2].cumulants == pytest.approx((3, 2.1, 0.84))


def test_few_rates_carry_an_uncertain_rate() -> None:
    draws = stats.gamma(2, scale=1.5).ppf((np.arange(4000) + 0.5) / 4000)
    few, all_of_them = mixed_poisson(draws, nodes=14), mixed_poisson(draws, nodes=4000)
    z = np.exp(1j * np.linspace(0, np.pi, 7)) * 0.999
    assert len(few.rates) == 14
    assert np.abs(few.pgf(z) - all_of_them.pgf(z)).max() < 1e-8


def test_an_uncertain_gamma_rate_is_a_negative_binomial() -> None:
    # Gauss-Laguerre points of the gamma distribution of shape 2 and scale 1.5: mean 3, variance 3 + 4.5.
    nodes, weights = special.roots_genlaguerre(40, 1)
    mixed = aggregate_loss(mixed_poisson(1.5 * nodes, weights=weights / weights.sum()), stats.expon(scale=1), size=4096)
    known = aggregate_loss(negative_binomial(3, ratio=2.5), stats.expon(scale=1), size=4096)
    assert mixed.quantile(0.9) == pytest.approx(known.quantile(0.9), abs=0.05)
    assert mixed.tvar(0.95) == pytest.approx(known.tvar(0.95), rel=1e-4)


def test_tail_mean_of_points_by_hand() -> None:
    # One event for sure: 0 (.5), 10 (.3), 100 (.2).
    loss = aggregate_loss(binomial(1, 1.0), Points([0, 10, 100], [0.5, 0.3, 0.2]))
    assert loss.quantile([0.4, 0.5, 0.6, 0.8, 0.81]).tolist() == [0, 0, 10, 10, 100]
    # Worst 40 %: 20 % at 100, 20 % at 10; worst 10 %: all at 100; all of it: the mean.
    assert loss.tvar([0.6, 0.9, 0.0]) == pytest.approx([(0.2 * 100 + 0.2 * 10) / 0.4, 100, 23])
    sample = from_draws([0, 0, 10, 100])
    assert sample.tvar(0.6) == pytest.approx((0.25 * 100 + 0.15 * 10) / 0.4)


def test_what_lies_beyond_the_grid_is_told_and_still_counts() -> None:
    severity = stats.lognorm(s=1.5, scale=100)
    short, long = (aggregate_loss(poisson(2), severity, step=2.0, size=n) for n in (4_000, 200_000))
    assert short.beyond == pytest.approx(1 - float(long.cdf(short.values[-1])), rel=1e-6)
    assert checks(short)["moments"] is False
    assert "standard deviation" in short.checks[0].text
    assert np.isinf(short.quantile(1 - short.beyond / 2))
    assert short.tvar(0.95) == pytest.approx(float(long.tvar(0.95)), rel=1e-6)
    assert short.retained([Layer(500, 1000)]).mean == pytest.approx(long.retained([Layer(500, 1000)]).mean, rel=1e-6)
    with pytest.raises(ParameterError, match="beyond the grid"):
        short.ceded([Layer(500, 1e6)])


def test_a_heavy_tail_says_what_is_the_matter() -> None:
    # The mean is on the grid, the third moment is not; no year is likely to see what it is made of.
    heavy = aggregate_loss(poisson(0.5), stats.lognorm(s=1.5, scale=1000))
    check = heavy.checks[0]
    assert check.passed is None
    assert "skewness" in check.text
    assert "of an event's third moment" in check.text
    assert "quantiles and the expected loss do not rest on them" in check.text
    # A short grid cuts the mean itself.
    short = aggregate_loss(poisson(2), stats.lognorm(s=1.5, scale=100), step=2.0, size=400)
    assert short.checks[0].passed is False
    assert "Even the mean is cut" in short.checks[0].text
    # A coarse one is not explained by its end.
    coarse = aggregate_loss(poisson(2), stats.uniform(0, 100), step=60.0, size=256)
    assert coarse.checks[0].passed is False
    assert "give a finer step" in coarse.checks[0].text


def test_a_tail_without_variance_is_compared_by_its_mean_alone() -> None:
    loss = aggregate_loss(poisson(1), stats.genpareto(0.6, scale=10))
    assert "no finite standard deviation or skewness" in loss.checks[0].text


def test_a_tail_without_mean_says_so() -> None:
    loss = aggregate_loss(poisson(1), stats.genpareto(1.2, scale=10), step=1.0, size=4096)
    assert loss.mean == np.inf
    assert loss.tvar(0.9) == np.inf
    assert "no finite mean" in loss.checks[0].text
    # Capped, it has one.
    capped = insured_loss(poisson(1), stats.genpareto(1.2, scale=10), per_event=[Layer(0, 500)], size=2**14).paid
    assert checks(capped) == {"moments": True, "grid": True}


@pytest.mark.parametrize("frequency", FREQUENCIES, ids=lambda f: f.kind)
def test_simulation_agrees_with_the_grid(frequency) -> None:
    severity = stats.lognorm(s=1, scale=100)
    loss = aggregate_loss(frequency, severity)
    gross, paid, net = simulate(frequency, severity, years=200_000, seed=3)
    assert (paid == 0).all()
    assert (gross == net).all()
    p = np.array([0.5, 0.9, 0.99])
    drawn = np.quantile(gross, p)
    # Four standard errors of the share below.
    assert np.abs(loss.cdf(drawn) - p).max() < 4 * np.sqrt(0.25 / 200_000) + 0.002
    assert gross.mean() == pytest.approx(loss.mean, abs=5 * loss.std / np.sqrt(200_000))
    assert np.array_equal(gross, simulate(frequency, severity, years=200_000, seed=3)[0])


def test_layers_pay_their_limited_expected_value() -> None:
    # E[min(X, u)] of an exponential is scale (1 - exp(-u / scale)).
    scale, layer = 100.0, Layer(50, 200, 0.8)
    insured = insured_loss(poisson(3), stats.expon(scale=scale), per_event=[layer])
    exact = 3 * 0.8 * scale * (np.exp(-50 / scale) - np.exp(-250 / scale))
    assert insured.paid.mean == pytest.approx(exact, rel=1e-12)
    assert insured.net.mean == pytest.approx(3 * scale - exact, rel=1e-12)
    for loss in (insured.gross, insured.paid, insured.net):
        assert checks(loss) == {"moments": True, "grid": True}


def test_layers_on_the_year_pay_their_limited_expected_value() -> None:
    # Geometric of exponentials: P(S > x) = (1 - p) exp(-p x / scale), so E[min(S, x)] is known.
    p, scale = 0.25, 100.0
    insured = insured_loss(negative_binomial(3, ratio=4), stats.expon(scale=scale), per_year=[Layer(300, 500, 0.5)])

    def limited(x: float) -> float:
        return (1 - p) * scale / p * (1 - np.exp(-p * x / scale))

    assert insured.paid.mean == pytest.approx(0.5 * (limited(800) - limited(300)), rel=1e-5)
    assert insured.paid.mean + insured.net.mean == pytest.approx(insured.gross.mean, rel=1e-8)
    assert insured.paid.quantile(0.999) == 250


def test_both_kinds_of_layers_together() -> None:
    kinds = {"per_event": [Layer(50, 200)], "per_year": [Layer(100, 300)]}
    insured = insured_loss(poisson(3), stats.expon(scale=100), **kinds, years=100_000)
    gross, paid, net = simulate(poisson(3), stats.expon(scale=100), **kinds, years=50_000, seed=7)
    assert gross == pytest.approx(paid + net)
    assert paid.max() <= 300
    assert insured.paid.mean == pytest.approx(paid.mean(), abs=5 * paid.std() / np.sqrt(50_000))
    assert insured.net.mean == pytest.approx(insured.gross.mean - insured.paid.mean, rel=0.01)
    assert insured.net.method == "simulation"


def test_a_grid_hits_whole_losses_and_gives_its_reason() -> None:
    grid = choose_grid(poisson(2), Points([250, 1000]))
    assert grid.step == 250
    assert "every possible loss" in grid.reason
    assert choose_grid(poisson(2), stats.expon(scale=10), reach=1e4).top >= 1e4
    assert aggregate_loss(poisson(0), stats.expon(scale=10)).quantile(0.99) == 0


def test_nothing_given_is_changed_and_no_event_costs_nothing() -> None:
    masses = np.array([0.2, 0.5, 0.3])
    before = masses.copy()
    fourier(poisson(1), masses)
    panjer(poisson(1), masses)
    assert (masses == before).all()
    curve = aggregate_loss(poisson(1), stats.expon(scale=10)).exceedance([0.1, 0.01])
    assert curve["return_period_years"].tolist() == pytest.approx([10, 100])
    assert (curve["tail_mean"] > curve["loss"]).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: poisson(-1), "mean"),
        (lambda: negative_binomial(2, ratio=0.5), "exceeds their mean"),
        (lambda: binomial(3, 1.2), "between 0 and 1"),
        (lambda: aggregate_loss(poisson(1), stats.norm()), "below 0"),
        (lambda: aggregate_loss(poisson(1), 5), "frozen"),
        (lambda: aggregate_loss(poisson(1), stats.expon(), step=-1), "step"),
        (lambda: aggregate_loss(poisson(1), stats.expon(), method="lower"), "discretisation"),
        (lambda: aggregate_loss(poisson(1), stats.expon()).quantile(1.0), "below 1"),
        (lambda: simulate(poisson(1), stats.expon(), years=0), "years"),
        (lambda: panjer(poisson(1e4), np.array([0.0, 1.0])), "too unlikely"),
        (lambda: mixed_poisson([1, 2], weights=[0.5, 0.6]), "add up to 1"),
        (lambda: from_draws([]), "at least one year"),
    ],
)
def test_bad_input_gets_one_clear_error(call, words) -> None:
    with pytest.raises(ParameterError, match=words):
        call()
