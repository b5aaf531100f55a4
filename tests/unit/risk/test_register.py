"""Sizes of breaches: the register's bins agree with its published quantiles, and each year and the tail are told apart."""

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.evidence import load, table
from lpo_analysis.methods.binned import fit_binned
from lpo_analysis.risk import Parameters, listed_incidents, register
from lpo_analysis.risk.register import CLUSTER_YEAR, TAIL_FROM, _cells

fitted = register()


def test_the_bins_hold_every_breach_and_the_published_quantiles():
    cells = _cells()
    listed = table("breach_third_party_by_year").set_index("year")
    assert cells["n"].sum() == 3730
    assert cells.groupby("year")["n"].sum().tolist() == listed["n"].tolist()
    third = cells[cells["third"] == 1].groupby("year")["n"].sum()
    assert third.tolist() == listed["n_third_party"].tolist()
    for year, row in listed.iterrows():
        part = cells[cells["year"] == year].groupby(["lower", "upper"], as_index=False)["n"].sum()
        below = part["n"].cumsum() / part["n"].sum()
        for q in (25, 50, 75):
            bin_ = part.iloc[int(np.searchsorted(below, q / 100))]
            # A quantile between two breaches may fall into the next bin.
            assert 0.999 * bin_["lower"] <= row[f"affected_p{q}"] <= 1.05 * bin_["upper"], (year, q)


def test_the_fitted_quantiles_are_those_of_the_counts():
    cells = _cells()
    for term, q in (("q50", 0.5), ("q90", 0.9), ("q99", 0.99)):
        row = fitted.sizes.row(term)
        share = cells.loc[cells["lower"] >= row["estimate"], "n"].sum() / cells["n"].sum()
        assert share <= 1 - q
        assert row["conf_low"] < row["estimate"] < row["conf_high"]
    model = fitted.sizes.model
    assert model.sf(fitted.sizes.row("q90")["estimate"]) / model.sf(500) == pytest.approx(0.1, rel=1e-6)


def test_years_hang_together_so_intervals_are_wider_than_for_independent_breaches():
    cells = _cells().groupby(["lower", "upper"], as_index=False)["n"].sum()
    alone = fit_binned(cells["lower"], cells["upper"], cells["n"], truncation=500, quantiles=(0.5,)).row("q50")
    whole = fitted.sizes.row("q50")
    assert whole["estimate"] == pytest.approx(alone["estimate"], rel=1e-4)
    assert whole["conf_high"] - whole["conf_low"] > 2 * (alone["conf_high"] - alone["conf_low"])


def test_the_fit_without_a_year_is_the_fit_of_the_others():
    row = fitted.left_out.set_index("year").loc[2013]
    rest = _cells()
    rest = rest[rest["year"] != 2013].groupby(["lower", "upper"], as_index=False)["n"].sum()
    again = fit_binned(rest["lower"], rest["upper"], rest["n"], truncation=500, quantiles=(0.9,))
    assert row["q90"] == pytest.approx(again.row("q90")["estimate"], rel=1e-4)
    assert row["n"] == rest["n"].sum()
    tail = rest[rest["lower"] >= TAIL_FROM]
    again = fit_binned(tail["lower"], tail["upper"], tail["n"], family="generalised_pareto", truncation=TAIL_FROM, quantiles=())  # fmt: skip
    assert row["tail_shape"] == pytest.approx(again.row("shape")["estimate"], rel=1e-4)


def test_goodness_of_fit_tells_the_lognormal_from_the_pareto():
    passed = {check.name: check.passed for check in fitted.sizes.checks}
    assert passed["Register: goodness of fit"]
    assert passed["Register, generalised Pareto throughout: goodness of fit"] is False
    assert passed["Register by year: one location for all"] is False


def test_the_ratios_of_third_parties_are_the_published_quartiles_and_2020_stands_apart():
    frame = fitted.third_party.plot_data
    listed = table("breach_third_party_by_year").set_index("year")
    for row in frame.itertuples():
        q = int(100 * row.quantile)
        wanted = listed.loc[row.year, f"affected_third_party_p{q}"] / listed.loc[row.year, f"affected_other_p{q}"]
        assert row.estimate == pytest.approx(wanted)
        assert row.weak == (row.year == CLUSTER_YEAR)
    logs = np.log(frame.loc[(frame["quantile"] == 0.75) & ~frame["weak"], "estimate"].astype(float))
    test = stats.ttest_1samp(logs, 0).confidence_interval(0.9)
    row = fitted.third_party.row("p75_without_2020")
    assert [row["conf_low"], row["conf_high"]] == pytest.approx(np.exp([test.low, test.high]))
    assert "Blackbaud" in fitted.third_party.text


def test_incidents_of_law_firms_are_listed_beside_and_not_fitted():
    made = listed_incidents(load(), Parameters())
    listed = made.table.set_index("term")
    assert listed.loc["hwle_files_2023", "unit"] == "files"
    assert np.isnan(listed.loc["hwle_files_2023", "share_above"])
    assert "aba_breach_records" not in listed.index
    assert not [term for term in listed.index if term.startswith(("ico_", "comparitech_"))]
    model = fitted.sizes.model
    assert listed.loc["orrick_records_2023", "share_above"] == pytest.approx(model.sf(638_000) / model.sf(500))
    assert (made.plot_data["main"]).sum() == len(listed)
    assert len(made.plot_data) == len(listed) + 17
    costs = made.model["costs"].set_index("incident")
    # 8 million dollars for 638,000 people and 8.5 million for 10,000, in prices of the year itself.
    assert costs.loc["Orrick 2023", "per_person"] == pytest.approx(8e6 / 638_000)
    assert costs.loc["Gunster 2022", "per_person"] == pytest.approx(850)
    assert int(made.model["kinds"]["n"].sum()) == 31


def test_without_grades_there_is_no_list():
    made = listed_incidents(load(), Parameters(grades=["D"]))
    assert made.text.startswith("Not estimable, because no incident of a law firm")


def test_the_sentence_says_which_ratios_are_above_one_and_nothing_is_carried_below_500():
    table_ = fitted.third_party.table.set_index("term")
    assert (table_.loc[["p25_without_2020", "p50_without_2020", "p75_without_2020"], "conf_low"] > 1).all()
    assert "; all above 1." in fitted.third_party.text
    assert not [term for term in table_.index if term.startswith("shift")]


def test_a_ransom_demanded_is_no_cost():
    made = listed_incidents(load(), Parameters())
    costs = made.model["costs"]
    paid = costs.loc[costs["kind"] != "ransom demanded", "amount"].max()
    assert "as paid or spent runs from" in made.text
    assert f"to ${paid:,.0f}" in made.text or f"${paid:,.0f}"[:4] in made.text
    assert "demanded as a ransom, which need not have been paid" in made.text
