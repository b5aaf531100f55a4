"""A share over batches: the interval of R's survey package, and the limits it must not cross."""

import numpy as np
import pytest
from scipy.stats import beta

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.clustered_shares import clustered_share

FOUND = [2, 0, 9, 1, 3, 0, 1, 4, 2, 12]
SAMPLED = [50, 40, 60, 30, 50, 20, 40, 60, 50, 70]
SIZES = [500, 400, 900, 300, 500, 200, 400, 600, 500, 700]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        (None, (0.0723404255319, 0.0213909068179, 0.0375448130881, 0.1243973099560)),
        (SIZES, (0.0770000000000, 0.0223814804396, 0.0404596588540, 0.1311601292273)),
    ],
)
def test_it_agrees_with_the_survey_package_of_r(sizes, expected):
    # R 4.2.2, survey 4.1-1: svyciprop(~y, svydesign(ids=~batch, weights=~w), method="beta", level=0.9) and SE(svymean); to 1e-10.
    found = clustered_share(FOUND, SAMPLED, sizes=sizes, level=0.9)
    assert (found.share, found.std_error, found.conf_low, found.conf_high) == pytest.approx(expected, abs=1e-10)
    assert found.effect > 3


def test_batches_that_agree_by_chance_narrow_nothing():
    # Every batch has exactly the same share: the variance between them is 0.
    found = clustered_share([5] * 10, [50] * 10, level=0.9)
    assert found.effective_n <= 500
    assert found.conf_low <= beta.ppf(0.05, 50, 451)
    assert found.conf_high >= beta.isf(0.05, 51, 450)


def test_none_and_all_have_one_sided_ends_and_no_effect():
    none, everything = clustered_share([0, 0, 0], [20, 30, 50]), clustered_share([20, 30, 50], [20, 30, 50])
    assert (none.share, none.conf_low) == (0, 0)
    assert none.conf_high == pytest.approx(1 - 0.05 ** (1 / 100))
    assert (everything.share, everything.conf_high) == (1, 1)
    assert everything.conf_low == pytest.approx(0.05 ** (1 / 100))
    assert np.isnan(none.effect)


def test_one_batch_has_the_exact_binomial_interval_and_no_error_of_its_own():
    found = clustered_share([3], [50])
    assert np.isnan(found.std_error)
    assert (found.conf_low, found.conf_high) == pytest.approx((beta.ppf(0.05, 3, 48), beta.isf(0.05, 4, 47)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1], [2, 3]), "must be as many, got 1, 2"),
        (([5], [4]), "found in batch 1: 5 is more than 4"),
        (([1.5], [4]), "found in batch 1: must be a whole number"),
        (([1, 0], [4, 0]), "sample of batch 2: must be at least 1"),
        (([], []), "must be as many, got 0"),
    ],
)
def test_what_is_no_count_is_refused(arguments, message):
    with pytest.raises(ParameterError, match=message):
        clustered_share(*arguments)


def test_a_sample_larger_than_its_batch_is_refused():
    with pytest.raises(ParameterError, match=r"sample of batch 1: 10 is more than 5"):
        clustered_share([1], [10], sizes=[5])


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_the_interval_covers_a_process_whose_batches_differ(spread):
    rng = np.random.default_rng(11)
    covered, runs = 0, 1500
    mean = 0.05
    for _ in range(runs):
        shares = np.full(12, mean) if not spread else np.clip(mean * rng.gamma(1 / spread**2, spread**2, 12), 0, 1)
        found = clustered_share(rng.binomial(60, shares), np.full(12, 60), level=0.9)
        covered += found.conf_low <= mean <= found.conf_high
    # At least the level within twice the error of simulation; exact intervals cover more.
    assert covered / runs > 0.9 - 2 * np.sqrt(0.9 * 0.1 / runs)
