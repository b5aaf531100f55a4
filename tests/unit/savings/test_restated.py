"""Claims contrasted where like meets like, and sent through the cost model."""

from functools import cache

import numpy as np
import pytest

from lpo_analysis.evidence import load
from lpo_analysis.savings import Parameters, analyse
from lpo_analysis.savings.claims import published_claims
from lpo_analysis.savings.costs import costs
from lpo_analysis.savings.restated import claims_contrasted, claims_restated, clustered, needed_for, net_at_gap


@cache
def answer(**changes):
    return analyse(Parameters.from_mapping({"draws": 1024} | changes))


def test_rows_of_one_buyer_count_once():
    claims = published_claims(load())
    sources = clustered(claims)
    assert (sources == "DXC").sum() == 4
    assert (sources == "Microsoft").sum() == 3
    assert sources["riotinto_cost_ratio_2009"] == sources["riotinto_savings_rate_2009"] == "Rio Tinto"
    # One page tells of two buyers.
    assert sources["hp_budget_cut"] != sources["msft_budget_cut_yearly"]


def test_groups_under_five_sources_have_no_middle_and_no_box():
    result = claims_contrasted(answer())
    small = result.table[result.table["n_sources"] < 5]
    assert len(small)
    assert small[["estimate", "conf_low", "conf_high"]].isna().all().all()
    large = result.table[result.table["n_sources"] >= 5]
    assert large["estimate"].notna().all()
    assert result.table["n_obs"].sum() == len(published_claims(load()))
    assert [check.passed for check in result.checks] == [False]
    assert "is not estimable, because no denominator" in result.text
    # Only claims that name base and comparator are drawn together.
    told = published_claims(load()).loc[result.plot_data["observation_id"]]
    assert not told["comparator"].isin(["not_told", "other_location", "own_staff"]).any()


def test_this_reports_own_gap_implies_its_own_net_saving():
    analysis = answer()
    c = analysis.costs
    for draw in (0, 7, 100):
        assert net_at_gap(analysis, float(c.rate_gap[draw]))[draw] == pytest.approx(c.net_saving[draw])


def test_a_claimed_gap_is_the_cost_model_at_that_rate():
    analysis = answer()
    v = dict(analysis.values)
    v["provider_rate"] = 0.3 * v["baseline_rate"]
    assert net_at_gap(analysis, 0.7) == pytest.approx(costs(v, analysis.terms).net_saving)


@pytest.mark.parametrize("saving", [0.1, 0.4])
def test_what_is_needed_makes_the_claim_true(saving):
    analysis = answer(baseline="associate")
    needed = needed_for(analysis, saving)
    terms = analysis.terms
    faster = dict(analysis.values) | {"productivity": needed["productivity"]}
    possible = np.isfinite(needed["productivity"])
    assert possible.mean() > 0.9
    assert costs(faster, terms).net_saving[possible] == pytest.approx(np.full(possible.sum(), saving))
    cheaper = dict(analysis.values) | {"provider_rate": (1 - needed["rate_gap"]) * analysis.values["baseline_rate"]}
    assert costs(cheaper, terms).net_saving == pytest.approx(np.full(1024, saving))
    watched = dict(analysis.values) | {"oversight_share": needed["oversight_share"]}
    assert costs(watched, terms).net_saving == pytest.approx(np.full(1024, saving))


def test_every_claim_with_a_denominator_is_restated():
    result = claims_restated(answer())
    claims = published_claims(load())
    assert set(result.table["term"]) == set(claims.index[claims["denominator"] != "not_told"])
    by = result.table.set_index("term")
    # riotinto_cost_ratio_2009 claims a gap of 6/7.
    assert by.at["riotinto_cost_ratio_2009", "claimed"] == pytest.approx(6 / 7)
    implied = np.quantile(net_at_gap(answer(), 6 / 7), 0.5, method="inverted_cdf")
    assert by.at["riotinto_cost_ratio_2009", "estimate"] == pytest.approx(implied)
    assert by["p_true"].dropna().between(0, 1).all()
    # The net saving that a gap leaves is always below the gap here: a provider hour does at most as much as one today.
    rate = by[by["denominator"] == "rate"]
    assert (rate["estimate"] < rate["claimed"]).all()


def test_work_that_stays_with_own_lawyers_restates_nothing():
    assert not claims_restated(answer(delivery_model="in_house", location="USA")).estimable
