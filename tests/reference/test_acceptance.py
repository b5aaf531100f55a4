"""Sampling plans against printed tables and the output of other programs.

Sources, each with its tolerance:

* NIST/SEMATECH e-Handbook of Statistical Methods, 6.2.3.2, the plan n = 52, c = 3: Pa printed with three decimals, two of them
  off by one in the last place, so 1.1e-3.
* Minitab Support, Attributes Acceptance Sampling, the plan n = 52, c = 2 in lots of 5,000: AOQL 2.603% at 4.3% incoming, AOQ 1.420%
  at 1.5%; half a unit of the last digit printed.
* AcceptanceSampling (R, Kiermeier), manual: find.plan(PRP = c(0.05, 0.95), CRP = c(0.15, 0.075), type = "binom") gives n = 80, c = 7;
  with c(0.05, 0.8), c(0.1, 0.1), type = "hypergeom", N = 100 a published session prints n = 64, c = 4. Exact.
* AccSamplingDesign (R), vignette: PRQ 0.01, CRQ 0.05, alpha 0.02, beta 0.15 give n = 144, c = 4, risks 0.01534843 and 0.1487162;
  half a unit of the last digit.
* 7 CFR 42.140 (c): n = 500, c = 3: about 26% of the lots with 1.0% defective are accepted, about 99% of those with 0.10%; 1 point.
* MIL-STD-105E, tables I and II-A, as printed in table 1-A (general level II, single, normal; rejection numbers) of the National
  Institute of Building Sciences' guide specification (AC-TABLE.ASC). Exact. A sampling chart headed "ANSI/ASQC Z1.4/MIL-STD-105E/BS
  6001/DIN 40080/ISO 2859/NF X 06-022" (pdfcoffee.com, "AQL sampling chart") prints one table for all of them: for general level II the
  ranges of lots, letters and sample sizes below, and rejection numbers that run 2, 3, 4, 6, 8, 11, 15, 22 down each column as they do here.
"""

import numpy as np
import pytest

from lpo_analysis.methods.acceptance import (
    Plan,
    accept_probability,
    cheapest_plan,
    code_letter,
    curves,
    outgoing_limit,
    standard_plan,
)


def test_the_operating_characteristic_of_the_nist_plan():
    got = accept_probability(Plan(52, 3), np.arange(1, 7) / 100)
    assert got == pytest.approx([0.998, 0.980, 0.930, 0.845, 0.739, 0.620], abs=1.1e-3)


def test_outgoing_quality_and_its_limit_as_minitab_has_them():
    plan = Plan(52, 2)
    limit, at = outgoing_limit(plan, process_lot=5000)
    assert limit == pytest.approx(0.02603, abs=5e-6)
    assert at == pytest.approx(0.043, abs=5e-4)
    assert curves(plan, shares=[0.015], process_lot=5000)["outgoing"][0] == pytest.approx(0.01420, abs=5e-6)


@pytest.mark.parametrize(
    ("asked", "n", "c"),
    [
        ({"aql": 0.05, "ltpd": 0.15, "producer_risk": 0.05, "consumer_risk": 0.075}, 80, 7),
        ({"aql": 0.01, "ltpd": 0.05, "producer_risk": 0.02, "consumer_risk": 0.15}, 144, 4),
        ({"aql": 0.05, "ltpd": 0.10, "producer_risk": 0.20, "consumer_risk": 0.10, "lot": 100}, 64, 4),
    ],
)
def test_the_cheapest_plan_is_the_one_that_r_finds(asked, n, c):
    plan = cheapest_plan(**asked)
    assert (plan.n, plan.c) == (n, c)


def test_the_risks_are_those_printed_by_r():
    assert 1 - accept_probability(Plan(144, 4), 0.01) == pytest.approx(0.01534843, abs=5e-9)
    assert accept_probability(Plan(144, 4), 0.05) == pytest.approx(0.1487162, abs=5e-8)


def test_the_plan_of_the_code_of_federal_regulations():
    assert accept_probability(Plan(500, 3), [0.010, 0.001]) == pytest.approx([0.26, 0.99], abs=0.01)


# Largest lot of the range, letter, sample size; then Re at 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10%; None where an arrow stands.
_ = None
PRINTED = [
    (50, "D", 8, (_, _, 1, _, _, 2, 3)),
    (90, "E", 13, (_, 1, _, _, 2, 3, 4)),
    (150, "F", 20, (1, _, _, 2, 3, 4, 6)),
    (280, "G", 32, (_, _, 2, 3, 4, 6, 8)),
    (500, "H", 50, (_, 2, 3, 4, 6, 8, 11)),
    (1200, "J", 80, (2, 3, 4, 6, 8, 11, 15)),
    (3200, "K", 125, (3, 4, 6, 8, 11, 15, 22)),
    (10_000, "L", 200, (4, 6, 8, 11, 15, 22, _)),
    (35_000, "M", 315, (6, 8, 11, 15, 22, _, _)),
    (150_000, "N", 500, (8, 11, 15, 22, _, _, _)),
    (500_000, "P", 800, (11, 15, 22, _, _, _, _)),
    (500_001, "Q", 1250, (15, 22, _, _, _, _, _)),
]
AQLS = (0.0065, 0.01, 0.015, 0.025, 0.04, 0.065, 0.10)


@pytest.mark.parametrize(("lot", "letter", "size", "cells"), PRINTED, ids=[row[1] for row in PRINTED])
def test_the_cells_of_the_military_standard(lot, letter, size, cells):
    assert code_letter(lot) == letter
    for aql, rejection in zip(AQLS, cells, strict=True):
        plan = standard_plan(lot=lot, aql=aql)
        if rejection is not None:
            assert (plan.n, plan.c + 1) == (size, rejection), aql
        else:
            assert plan.n != size, aql
