"""The FAIR tree: its loss is compound, and its PERT is the one it names."""

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.compound import aggregate_loss
from lpo_analysis.methods.fair import FairTree, pert
from lpo_analysis.methods.frequency import negative_binomial, poisson


def test_pert_has_the_mean_and_the_variance_of_its_convention() -> None:
    dist = pert(10, 20, 70)
    mean = (10 + 4 * 20 + 70) / 6
    assert dist.mean() == pytest.approx(mean)
    assert dist.var() == pytest.approx((mean - 10) * (70 - mean) / 7)
    # Symmetric points: a beta(3, 3), whose variance is 1/28 of the width squared, not the 1/36 of other tools.
    assert pert(0, 5, 10).var() == pytest.approx(100 / 28)


def test_a_tree_of_numbers_is_a_compound_poisson() -> None:
    tree = FairTree(10, 0.3, stats.lognorm(s=1, scale=100))
    plain = aggregate_loss(poisson(3), stats.lognorm(s=1, scale=100))
    assert tree.loss_event_frequency == pytest.approx(3)
    assert tree.annual_loss().quantile([0.5, 0.99]) == pytest.approx(plain.quantile([0.5, 0.99]))


def test_a_gamma_rate_is_a_negative_binomial() -> None:
    tree = FairTree(stats.gamma(2, scale=3), 0.5, stats.expon(scale=10))
    known = aggregate_loss(negative_binomial(3, ratio=2.5), stats.expon(scale=10))
    found = tree.annual_loss()
    assert found.mean == pytest.approx(30)
    assert found.variance == pytest.approx(known.variance, rel=1e-3)
    assert found.tvar([0.5, 0.95]) == pytest.approx(known.tvar([0.5, 0.95]), rel=1e-3)


def test_secondary_losses_add_to_the_primary_of_the_same_event() -> None:
    tree = FairTree(pert(2, 4, 8), pert(0.1, 0.3, 0.5), stats.expon(scale=10), 0.25, stats.gamma(2, scale=40))
    loss, drawn = tree.annual_loss(), tree.draw(years=200_000, seed=1)
    rate = pert(2, 4, 8).mean() * pert(0.1, 0.3, 0.5).mean()
    assert loss.mean == pytest.approx(rate * (10 + 0.25 * 80), rel=1e-6)
    assert all(check.passed for check in loss.checks)
    assert drawn.mean() == pytest.approx(loss.mean, abs=5 * loss.std / np.sqrt(200_000))
    assert loss.cdf(np.quantile(drawn, [0.5, 0.9, 0.99])) == pytest.approx([0.5, 0.9, 0.99], abs=0.006)


def test_frequency_times_one_magnitude_is_another_tail() -> None:
    tree = FairTree(0.1, 1.0, stats.expon(scale=100))
    # Nine years in ten nothing happens; frequency times magnitude never says so.
    assert tree.annual_loss().quantile(0.9) == 0
    assert 0.1 * stats.expon(scale=100).ppf(0.9) > 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pert(3, 2, 5), "must rise"),
        (lambda: pert(1, 2, 5, weight=0), "weight"),
        (lambda: FairTree(1, 1.2, stats.expon()), "vulnerability"),
        (lambda: FairTree(-1, 0.2, stats.expon()), "threat_event_frequency"),
        (lambda: FairTree(1, 0.2, stats.expon(), 0.3), "both its probability"),
        (lambda: FairTree(1, 0.2, stats.expon(), 1.3, stats.expon()), "secondary_probability"),
    ],
)
def test_bad_input_gets_one_clear_error(call, words) -> None:
    with pytest.raises(ParameterError, match=words):
        call()
