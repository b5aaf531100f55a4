"""Coefficients of agreement against the printed output of other programs.

* irrCAC (R, Gwet), README and vignette "Calculating chance-corrected agreement coefficients": cont3x3abstractors, distrib.6raters and
  cac.raw4raters, estimates and standard errors; half a unit of the last digit printed. Quadratic kappa of cont3x3abstractors
  0.8922 (0.0354); quadratic AC2 of cac.raw4raters 0.914.
* SAS, simple and weighted (linear) kappa of [[0, 4, 1], [0, 8, 0], [0, 1, 5]] with their ASE, as statsmodels' own tests print it:
  0.4842 (0.1380), 0.4701 (0.1457); 1e-4.
* Krippendorff (2011), four observers and twelve units, 0.743, 0.815, 0.849 and 0.797 on the four scales; the Natural Language
  Toolkit's tests have the nominal one as 0.743421052632.
"""

import numpy as np
import pytest

from lpo_analysis.methods.agreement import (
    agreement,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac,
    percent_agreement,
    read_ratings,
)
from lpo_analysis.methods.krippendorff import alpha

N = None
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
FOUR = [
    [1, 1, N, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [N, 5, 5, 5], [N, N, 1, 1], [N, N, 3, N],
]  # fmt: skip
SIX = [
    [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0], [0, 0, 4, 0, 2], [2, 0, 3, 1, 0],
    [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0], [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1],
]  # fmt: skip


def spelt(counts):
    return [[k for k, times in enumerate(row) for _ in range(times)] for row in counts]


def pairs(table):
    return [[i, j] for i, row in enumerate(table) for j, times in enumerate(row) for _ in range(times)]


@pytest.mark.parametrize(
    ("weights", "estimate", "error", "digits"),
    [("identity", 0.7964094, 0.05891072, 5e-8), ("quadratic", 0.8922, 0.0354, 5e-5)],
)
def test_kappa_of_the_abstractors(weights, estimate, error, digits):
    got = cohen_kappa(ABSTRACTORS, weights=weights)
    assert got.estimate == pytest.approx(estimate, abs=digits)
    assert got.std_error == pytest.approx(error, abs=digits)


@pytest.mark.parametrize(("weights", "printed"), [("identity", (0.4842, 0.1380)), ("linear", (0.4701, 0.1457))])
def test_kappa_as_sas_prints_it(weights, printed):
    got = cohen_kappa([[0, 4, 1], [0, 8, 0], [0, 1, 5]], weights=weights, level=0.95)
    assert (got.estimate, got.std_error) == pytest.approx(printed, abs=1e-4)
    if weights == "identity":
        assert (got.conf_low, got.conf_high) == pytest.approx((0.2137, 0.7547), abs=1e-4)


@pytest.mark.parametrize(
    ("function", "estimate", "error", "low"),
    [
        (percent_agreement, 0.8181818, 0.12561, 0.542),
        (gwet_ac, 0.77544, 0.14295, 0.461),
        (fleiss_kappa, 0.76117, 0.15302, 0.424),
    ],
)
def test_four_raters_with_missing_ratings(function, estimate, error, low):
    got = function(read_ratings(FOUR), level=0.95)
    assert got.estimate == pytest.approx(estimate, abs=5e-6)
    assert got.std_error == pytest.approx(error, abs=5e-6)
    assert got.conf_low == pytest.approx(low, abs=5e-4)
    assert got.conf_high == 1


def test_quadratic_ac2_of_the_four_raters():
    assert gwet_ac(read_ratings(FOUR), weights="quadratic").estimate == pytest.approx(0.914, abs=5e-4)


@pytest.mark.parametrize(
    ("function", "estimate", "error"), [(gwet_ac, 0.4448007, 0.08418757), (fleiss_kappa, 0.4139265, 0.08119291)]
)
def test_six_raters(function, estimate, error):
    got = function(read_ratings(spelt(SIX)))
    assert got.estimate == pytest.approx(estimate, abs=5e-8)
    assert got.std_error == pytest.approx(error, abs=5e-9)


def test_alpha_and_ac1_of_two_raters():
    table = agreement(pairs(ABSTRACTORS)).table.set_index("term")["estimate"]
    assert table["krippendorff_alpha"] == pytest.approx(0.7972585, abs=5e-8)
    assert table["gwet_ac1"] == pytest.approx(0.8493305, abs=5e-8)
    assert table["cohen_kappa"] == pytest.approx(0.7964094, abs=5e-8)


def test_alpha_of_six_raters_is_that_of_irrcac():
    got = alpha(np.array(SIX, dtype=float), scale="nominal", values=np.arange(5.0))
    assert got == pytest.approx(0.4204384, abs=5e-8)


@pytest.mark.parametrize(
    ("scale", "printed", "digits"),
    [("nominal", 0.743421052632, 1e-12), ("ordinal", 0.815, 5e-4), ("interval", 0.849, 5e-4), ("ratio", 0.797, 5e-4)],
)
def test_alpha_of_krippendorffs_own_data(scale, printed, digits):
    read = read_ratings(FOUR, scale=scale)
    assert alpha(read.counts, scale=scale, values=read.values) == pytest.approx(printed, abs=digits)
