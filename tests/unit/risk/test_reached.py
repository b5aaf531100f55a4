"""What breaches reach and whom they come through: side by side, each with its definition."""

import numpy as np
import pytest

from lpo_analysis.evidence import load, table
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.risk import Parameters
from lpo_analysis.risk.reached import reached, third_party

BOTH = pytest.mark.parametrize("made", [reached, third_party])


@BOTH
def test_published_shares_are_shown_as_they_are(made):
    shown = made(load(), Parameters()).table.set_index("term")
    o = load().observations
    own = shown.index.intersection(o.index)
    assert len(own) >= 8
    assert shown.loc[own, "estimate"].to_numpy() == pytest.approx(o.loc[own, "value"].to_numpy() / 100)
    assert (shown["definition"] != "").all()


@BOTH
def test_an_interval_stands_only_where_the_base_is_known(made):
    shown = made(load(), Parameters()).table.set_index("term").drop("hhs_business_associate", errors="ignore")
    assert (shown["conf_low"].notna() == shown["n_obs"].notna()).all()


def test_the_base_of_breached_firms_is_derived_from_the_sample():
    # 880 lawyers, 15% of whose firms were ever breached.
    row = reached(load(), Parameters()).row("aba2015_clientdata")
    assert row["n_obs"] == 132
    assert [row["conf_low"], row["conf_high"]] == pytest.approx(share_interval(0.03, 132))
    assert np.isnan(reached(load(), Parameters()).row("aba2021_clientdata")["n_obs"])


def test_counts_come_from_the_tables():
    legal = table("breaches_vcdb_legal")
    row = third_party(load(), Parameters()).row("vcdb_legal_partner")
    assert (row["estimate"], row["n_obs"]) == (pytest.approx(1 / 31), 31)
    assert row["n_obs"] == legal["n"].astype(int).sum()
    assert reached(load(), Parameters()).row("vcdb_legal_disclosed")["estimate"] == pytest.approx(21 / 31)
    # The observation derived from the same tables says the same.
    assert row["estimate"] * 100 == pytest.approx(
        load().observations.loc["vcdb_partner_share_legal", "value"], abs=0.005
    )


def test_the_health_register_gives_the_range_of_its_years():
    row = third_party(load(), Parameters()).row("hhs_business_associate")
    years = table("breach_third_party_by_year")
    shares = years["n_third_party"].astype(int) / years["n"].astype(int)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((shares.min(), shares.max()))
    assert np.isnan(row["level"])


@BOTH
@pytest.mark.parametrize("grades", [["A"], ["B"], ["C"], ["D"], ["A", "B", "C", "D"]], ids="".join)
def test_every_set_of_grades_answers_or_says_why_not(made, grades):
    result = made(load(), Parameters(grades=grades))
    assert result.text.endswith(".")
    assert "nan" not in result.text
    if not result.estimable:
        assert "(0 rows)" in result.text
