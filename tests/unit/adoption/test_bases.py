"""How many respondents stand behind a share: a size belongs to a source and a wave, not to every question in it."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.adoption.bases import ONLY, OTHER_PROFESSIONS, bases, decimals
from lpo_analysis.evidence import load, select

COLUMNS = ["source_id", "buyer", "buyer_size", "geography", "sample_size", "value", "note"]
ROWS = {
    "plain": ("plain", "corporate", "all", "USA", 100, 40.0, ""),
    "mixed_1": ("mixed", "corporate", "all", "USA", 100, 40.0, ""),
    "mixed_2": ("mixed", "law_firm", "all", "USA", 100, 20.0, ""),
    "places_1": ("places", "corporate", "all", "USA", 100, 40.0, ""),
    "places_2": ("places", "corporate", "all", "GBR", 100, 40.0, ""),
    "sub": ("sub", "law_firm", "large", "USA", 100, 40.0, ""),
    "silent": ("silent", "corporate", "all", "USA", None, 40.0, ""),
    "told": ("mixed", "corporate", "all", "USA", 100, 40.0, "US subsample n=50"),
    "part_of": ("plain", "corporate", "all", "USA", 100, 10.0, "Base: those who plan to (roughly 4 in 10 of 100)"),
    "other_base": ("plain", "corporate", "all", "USA", 100, 10.0, "Base: departments whose firms use it"),
    "no_whole": ("plain", "corporate", "all", "USA", 77, 54.0, ""),
}


def constructed(rows=ROWS, **columns):
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).astype({"sample_size": "Int64"})
    frame = frame.assign(study_id=frame["source_id"], metric="adoption_rate", form="point", year_end=2015).assign(
        **columns
    )
    return frame, dataclasses.replace(load(), observations=frame)


def test_a_size_belongs_to_a_row_only_where_the_source_is_about_nobody_else():
    found = bases(*constructed())
    assert found["rule"].to_dict() == {
        "plain": "whole", "mixed_1": "part", "mixed_2": "part", "places_1": "part", "places_2": "part", "sub": "part",
        "silent": "unknown", "told": "told", "part_of": "told", "other_base": "part", "no_whole": "part",
    }  # fmt: skip
    assert found["n"].drop("silent").to_dict() == {
        **dict.fromkeys(["plain", "mixed_1", "mixed_2", "places_1", "places_2", "sub", "other_base"], 100), "told": 50, "part_of": 40, "no_whole": 77,
    }  # fmt: skip
    assert np.isnan(found.at["silent", "n"])
    assert "no whole number of 77 gives the share" in found.at["no_whole", "words"]


def test_the_rule_reads_the_whole_source_even_where_only_one_of_its_rows_is_shown():
    frame, evidence = constructed()
    assert bases(frame.loc[["mixed_1"]], evidence)["rule"].tolist() == ["part"]


def test_an_earlier_wave_has_not_the_size_of_the_newest():
    rows = {"old": ROWS["plain"], "new": ROWS["plain"]}
    found = bases(*constructed(rows, year_end=[2013, 2015]))
    assert found["rule"].tolist() == ["unknown", "whole"]
    assert found.at["old", "words"] == "n not told of this wave"


def test_users_and_others_are_counted_by_the_share_of_users_of_the_same_source():
    rows = {
        "use": ("one", "corporate", "all", "USA", 50, 40.0, ""),
        "users": ("one", "corporate", "all", "USA", 50, 10.0, "base: outsourcers"),
        "others": ("one", "corporate", "all", "USA", 50, 10.0, "base: non-outsourcers; not considered"),
    }
    metrics = ["adoption_rate", "driver_share", "barrier_share"]
    found = bases(*constructed(rows, metric=metrics))
    assert found["n"].tolist() == [50, 20, 30]
    assert found["rule"].tolist() == ["whole", "derived", "derived"]
    # With two shares of users nobody can say which of them was asked.
    rows["use_too"] = ("one", "corporate", "all", "USA", 50, 60.0, "")
    found = bases(*constructed(rows, metric=[*metrics, "adoption_rate"]))
    assert found.loc[["users", "others"], "rule"].tolist() == ["part", "part"]


def test_a_share_of_users_rests_on_fewer_than_all_respondents():
    assert load().metrics.at["satisfaction_share", "base"].startswith("users")
    found = bases(*constructed({"plain": ROWS["plain"]}, metric="satisfaction_share"))
    assert found["rule"].tolist() == ["part"]


@pytest.mark.parametrize(
    ("row", "n", "rule"),
    [
        ("cfo_2008_legal_offshore", 72, "told"),  # 4 in 10 of 181
        ("alm_2013_corp_ever", 77, "part"),  # 41 of 77 are 53.2%, 42 are 54.5%: none gives 54%
        ("lexis_2024_bills_corp", 50, "told"),  # 80% of "50 respondents"; the 266 of the source are all kinds
        ("lexis_2024_bills_firms", 266, "part"),
        ("alm_2013_driver_cost", 42, "derived"),  # 54% of 77
        ("alm_2013_nonusers_not_considered", 35, "derived"),
        ("alm_2013_sat_very", 42, "derived"),
        ("tri_2018_corp_usa_document_review", 50, "told"),  # of 181 corporations of three countries
        ("tri_2018_lf_small_litigation", None, "unknown"),  # the 181 are corporations, the row is about law firms
        ("acc_au_2019_driver_value", 363, "part"),  # reasons of those who chose NewLaw
        ("acc_au_2017_driver_technology", None, "unknown"),  # the wave of 2017, the size is that of 2019
        ("cloc_2019_inhouse", None, "unknown"),
        ("tri_ai_2024_legal", 1128, "part"),  # other professions among them
        ("acc_eff_2025_nochange", 657, "part"),
        ("aw_clo_2012_outsourced", 200, "whole"),
    ],
)
def test_published_rows_rest_on_what_source_and_note_tell(row, n, rule):
    found = bases(load().observations.loc[[row]], load()).iloc[0]
    assert found["rule"] == rule
    assert pd.isna(found["n"]) if n is None else found["n"] == n


def test_studies_named_here_are_what_their_descriptions_say():
    sources = load().sources
    told = sources[sources["study_id"].isin(OTHER_PROFESSIONS)]
    assert set(told["study_id"]) == set(OTHER_PROFESSIONS)
    assert told.groupby("study_id")["population"].apply(lambda texts: texts.str.contains("professionals").any()).all()
    for source, buyer in ONLY.items():
        assert buyer == "corporate"
        assert "corporations" in sources.at[source, "population"]
        assert "firm" not in sources.at[source, "population"]


def test_every_share_of_the_surveys_has_a_rule_and_no_base_above_its_sample():
    rows = pd.concat([
        select(load(), metric=metric, grades=["A", "B", "C", "D"], status=["actual", "estimate", "forecast"], required=False, context=True)
        for metric in ("adoption_rate", "adoption_intent", "driver_share", "barrier_share", "satisfaction_share", "use_change_share", "ai_use_share")
    ])  # fmt: skip
    found = bases(rows, load())
    assert (found["n"].isna() == (found["rule"] == "unknown")).all()
    known = found["n"].notna() & rows["sample_size"].notna()
    assert (found.loc[known, "n"] <= rows.loc[known, "sample_size"].astype(float)).all()


def test_decimals_are_those_that_were_published():
    assert [decimals(value) for value in (54.0, 1.4, 42.25)] == [0, 1, 2]
