"""The figures printed in data/tables/README.md come out of the shipped tables.

Source: the check of uk_legal_accounting_imports_by_country.csv in data/tables/README.md, a Poisson pseudo-maximum
likelihood gravity equation with year effects and standard errors clustered by country, here through the GLM of statsmodels.
Tolerance 0.002: the README prints three decimals, and small-sample corrections of clustered errors differ by software.
"""

import re

import numpy as np
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from lpo_analysis import paths
from lpo_analysis.evidence import table

TERMS = {
    "ln GDP": "np.log(gdp_usd)",
    "ln distance": "np.log(distance_km)",
    "common official language": "common_official_language",
    "rule of law": "rule_of_law",
}
PRINTED = {
    "ln GDP": (0.602, 0.047),
    "ln distance": (-0.747, 0.078),
    "common official language": (1.542, 0.139),
    "rule of law": (0.332, 0.133),
}


def gravity(flow, *, drop=()):
    frame = table("uk_legal_accounting_imports_by_country")
    frame = frame[~frame["iso3"].isin(drop)].dropna(subset=[flow, "gdp_usd", "distance_km", "rule_of_law"])
    frame = frame.astype({"year": int, "common_official_language": float})
    model = smf.glm(f"{flow} ~ {' + '.join(TERMS.values())} + C(year)", frame, family=sm.families.Poisson())
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": frame["iso3"].astype("category").cat.codes.to_numpy()})
    return frame, {name: (fit.params[term], fit.bse[term]) for name, term in TERMS.items()}


def close(found, expected):
    assert np.array(list(found.values())) == pytest.approx(np.array(expected), abs=0.002)


def test_the_gravity_of_imports_is_the_one_printed():
    frame, found = gravity("imports_gbp_mn")
    close(found, list(PRINTED.values()))
    assert (len(frame), frame["iso3"].nunique(), int((frame["imports_gbp_mn"] == 0).sum())) == (211, 55, 25)


def test_it_holds_without_the_united_states():
    close(gravity("imports_gbp_mn", drop=["USA"])[1], [(0.548, 0.076), (-0.760, 0.082), (1.464, 0.193), (0.307, 0.141)])


def test_the_gravity_of_exports_is_the_one_printed():
    frame, found = gravity("exports_gbp_mn")
    close(found, [(0.658, 0.079), (-0.548, 0.079), (1.296, 0.176), (0.868, 0.174)])
    assert (len(frame), frame["iso3"].nunique()) == (239, 60)


def test_the_expected_figures_stand_in_the_readme():
    readme = (paths.TABLES / "README.md").read_text(encoding="utf-8")
    for term, (estimate, error) in PRINTED.items():
        assert re.search(rf"\| {term} \| {estimate:.3f} \| {error:.3f} \|", readme)
