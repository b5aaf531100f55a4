"""Interval-censored lognormal fits against survreg of R's survival 3.5-3 (R 4.2.2), run on the counts below.

    L <- ifelse(lo == 0, NA, lo); H <- ifelse(is.infinite(hi), NA, hi)
    survreg(Surv(L, H, type = "interval2") ~ 1, weights = n, dist = "lognormal", control = survreg.control(rel.tolerance = 1e-13, maxiter = 200))

and the same with ``~ g - 1`` for a location each, and with ``subset = g == k`` for each group alone.
"""

import numpy as np
import pytest

from lpo_analysis.methods.binned import fit_binned
from lpo_analysis.methods.binned_shifts import fit_shifts

LOWER = np.tile([0, 1, 2, 5, 10, 50], 3)
UPPER = np.tile([1, 2, 5, 10, 50, np.inf], 3)
COUNTS = np.array([12, 25, 41, 30, 18, 4, 20, 31, 35, 19, 10, 1, 5, 14, 33, 36, 40, 12])
GROUP = np.repeat(["a", "b", "c"], 6)


def test_one_location():
    made = fit_binned(LOWER, UPPER, COUNTS)
    assert made.row("mu")["estimate"] == pytest.approx(1.47053764088, abs=1e-6)
    assert made.row("sigma")["estimate"] == pytest.approx(1.24145011469, abs=1e-6)
    assert made.row("mu")["std_error"] == pytest.approx(0.0653697459575, rel=1e-5)
    assert made.row("sigma")["std_error"] == pytest.approx(1.24145011469 * 0.0424664680182, rel=1e-5)


def test_a_location_each():
    made = fit_shifts(LOWER, UPPER, COUNTS, groups=GROUP)
    place = made.table.head(3)
    assert place["estimate"].tolist() == pytest.approx([1.362559681880, 0.922234769935, 2.027233492247], abs=1e-6)
    assert place["std_error"].tolist() == pytest.approx([0.1046098281398, 0.1115239725786, 0.1016209414094], rel=1e-5)
    assert made.row("sigma")["estimate"] == pytest.approx(1.15275999588, abs=1e-6)
    assert made.row("sigma")["std_error"] == pytest.approx(1.15275999588 * 0.0426071242279, rel=1e-5)
    differ, shape = made.checks[:2]
    assert "likelihood ratio 52.3 on 2 degrees" in differ.text  # 52.290270591
    assert differ.passed is False
    assert "2.17 on 2 degrees" in shape.text  # twice 1.08599856343
    assert shape.passed is True
