"""Weighted shares, the model of use and the published figures beside them, from a survey made up here.

Expected numbers are closed forms (post-stratification, the saturated logit) or computed from the simulated answers by hand.
"""

import numpy as np
import pandas as pd
import pytest

from lpo_analysis.adoption import Parameters
from lpo_analysis.adoption.survey import read_survey, survey_against_published, survey_model, survey_shares, weigh
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import load
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.methods.weighting import effective_n

SECRET = "Zebedee"


def made_up(n=400, seed=1, **columns):
    """Answers with a known share of users by size; every respondent and cluster has a name that must not come out."""
    rng = np.random.default_rng(seed)
    size = rng.choice(["small", "midsize", "large"], n, p=[0.5, 0.3, 0.2])
    cost = rng.random(n) < 0.5
    uses = rng.random(n) < 1 / (1 + np.exp(0.6 - 0.9 * (size == "large") - 0.6 * cost))
    alsp = rng.random(n) < 0.6
    frame = {
        "respondent": [f"{SECRET} {i}" for i in range(n)],
        "buyer": np.where(rng.random(n) < 0.5, "law_firm", "corporate"),
        "buyer_size": size,
        "geography": np.where(rng.random(n) < 0.8, "USA", "GBR"),
        "practice": rng.choice(["tax", "litigation"], n),
        "uses_lpo": np.where(uses, "yes", "no"),
        "uses_alsp": np.where(alsp, "yes", "no"),
        "tasks": np.where(uses | alsp, rng.choice(["legal_research", "document_review;legal_research"], n), "none"),
        "drivers": np.where(cost, "cost", "none"),
        "barriers": rng.choice(["quality", "control;quality", "none"], n),
        "year": 2026,
    }
    return pd.DataFrame({key: value for key, value in (frame | columns).items() if value is not None})


@pytest.fixture
def survey(tmp_path):
    def build(frame=None, margins=None):
        path, known = tmp_path / "own.csv", tmp_path / "known.csv"
        (made_up() if frame is None else frame).to_csv(path, index=False)
        if margins is None:
            return read_survey(path)
        rows = [
            (variable, category, share) for variable, shares in margins.items() for category, share in shares.items()
        ]
        pd.DataFrame(rows, columns=["variable", "category", "share"]).to_csv(known, index=False)
        return read_survey(path, known)

    return build


def check(result, name):
    return next(found for found in result.checks if found.name == name)


def everything(result):
    """All that a report could print of a result."""
    parts = [repr(result), result._repr_html_(), result.alt, result.table.to_csv()]
    return "\n".join(parts + ([] if result.plot_data is None else [result.plot_data.to_csv()]))


def test_without_margins_shares_are_those_of_the_answers(survey):
    frame = made_up()
    result = survey_shares(survey(frame))
    row = result.row("uses_lpo")
    share = (frame["uses_lpo"] == "yes").mean()
    assert row["estimate"] == pytest.approx(share)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx(share_interval(share, 400))
    assert row["n_eff"] == pytest.approx(400)
    small = frame[frame["buyer_size"] == "small"]
    assert result.row("uses_lpo_buyer_size_small")["estimate"] == pytest.approx((small["uses_lpo"] == "yes").mean())
    assert result.row("drivers_cost")["estimate"] == pytest.approx((frame["drivers"] == "cost").mean())
    users = frame[(frame["uses_lpo"] == "yes") | (frame["uses_alsp"] == "yes")]
    assert result.row("tasks_document_review")["estimate"] == pytest.approx(
        users["tasks"].str.contains("document").mean()
    )
    assert "No margins were given" in check(result, "Weights").text


def test_one_margin_post_stratifies(survey):
    frame = made_up()
    known = {"small": 70, "midsize": 20, "large": 10}
    made = survey(frame, {"buyer_size": known})
    row = survey_shares(made).row("uses_lpo")
    by_size = (frame["uses_lpo"] == "yes").groupby(frame["buyer_size"]).mean()
    assert row["estimate"] == pytest.approx(sum(share / 100 * by_size[size] for size, share in known.items()))
    weights = weigh(made).frame["weight"]
    assert row["n_eff"] == pytest.approx(effective_n(weights))
    assert weights.mean() == pytest.approx(1)


def test_weights_of_the_file_are_where_raking_starts(survey):
    frame = made_up(weight=np.random.default_rng(2).uniform(0.5, 2, 400).round(3))
    plain = survey_shares(survey(frame)).row("uses_lpo")
    assert plain["estimate"] == pytest.approx(np.average(frame["uses_lpo"] == "yes", weights=frame["weight"]))
    raked = weigh(survey(frame, {"buyer": {"law_firm": 30, "corporate": 70}})).frame
    firms = raked["buyer"] == "law_firm"
    assert raked.loc[firms, "weight"].sum() / raked["weight"].sum() == pytest.approx(0.3)
    ratio = raked["weight"] / frame["weight"]
    assert ratio[firms].std() < 1e-12


def test_clusters_widen_the_interval(survey):
    frame = made_up()
    alike = frame.sort_values("uses_lpo").assign(cluster=np.repeat(range(40), 10)).sort_index()
    plain, wide = (survey_shares(survey(f)).row("uses_lpo") for f in (frame, alike))
    assert wide["estimate"] == pytest.approx(plain["estimate"])
    assert wide["conf_high"] - wide["conf_low"] > 2 * (plain["conf_high"] - plain["conf_low"])


def test_every_respondent_is_used_or_set_aside_for_a_reason(survey):
    frame = made_up()
    frame.loc[:9, ["uses_lpo", "uses_alsp"]] = ["dont_know", ""]
    frame.loc[10:14, ["uses_lpo", "uses_alsp"]] = ""
    frame.loc[15:21, "buyer_size"] = ""
    result = survey_shares(survey(frame, {"buyer_size": {"small": 50, "midsize": 30, "large": 20}}))
    assert (result.n_used, result.n_dropped) == (378, 22)
    told = check(result, "Respondents")
    assert told.passed
    assert told.text == (
        "400 in the file, 378 used; set aside: 7 without size, which is weighted on, 10 who do not know whether they use either "
        "and 5 without an answer on use."
    )


def test_how_few_were_set_aside_for_which_reason_is_hidden(survey):
    frame = made_up()
    frame.loc[:1, ["uses_lpo", "uses_alsp"]] = ["dont_know", ""]
    frame.loc[10:19, ["uses_lpo", "uses_alsp"]] = ""
    told = check(survey_shares(survey(frame)), "Respondents")
    assert told.passed
    assert told.text.startswith(
        "400 in the file, 388 used; 12 set aside for lack of an answer that is needed; how many"
    )
    assert "10 without" in check(survey_shares(survey(frame), min_cell=2), "Respondents").text
    frame = made_up()
    nothing = frame.index[(frame["uses_lpo"] == "no") & (frame["uses_alsp"] == "no")][:2]
    frame.loc[nothing, "tasks"] = "document_review"
    assert check(survey_shares(survey(frame)), "Contradictions").text.startswith("Fewer than 5 respondents name tasks")


def test_small_groups_are_hidden_with_all_their_numbers_and_others_against_subtraction(survey):
    frame = made_up()
    frame.loc[frame.index[:3], "geography"] = "IND"
    result = survey_shares(survey(frame), min_cell=5)
    places = result.table[result.table["group_by"] == "geography"].set_index("term")
    hidden = places.loc[[f"{question}_geography_IND" for question in ("uses_lpo", "uses_alsp")]]
    numbers = ["estimate", "std_error", "conf_low", "conf_high", "n_obs", "n_eff"]
    assert hidden[numbers].isna().all().all()
    assert (hidden["method"] == "suppressed").all()
    assert (places["method"] == "suppressed").sum() == 4, "one more a question, the smallest"
    assert "2 rows hidden because fewer than 5" in check(result, "Small cells").text
    assert "2 more so that subtraction" in check(result, "Small cells").text
    assert "India" not in result.plot_data.to_csv()


def test_a_count_of_few_is_hidden_whether_it_says_yes_or_no(survey):
    frame = made_up()
    small = frame.index[frame["buyer_size"] == "large"]
    frame.loc[small, "uses_lpo"] = ["no"] * 3 + ["yes"] * (len(small) - 3)
    table = survey_shares(survey(frame)).table.set_index("term")
    assert table.loc["uses_lpo_buyer_size_large", "method"] == "suppressed"
    assert table["estimate"].notna()["uses_alsp_buyer_size_large"]


def test_what_is_shown_never_lets_a_small_count_be_worked_out(survey):
    """Brute force over a table: totals less what is shown."""
    for seed in range(6):
        frame = made_up(n=60, seed=seed)
        table = survey_shares(survey(frame), min_cell=5).table
        whole = table[table["term"] == "uses_lpo"].iloc[0]
        if np.isnan(whole["estimate"]):
            continue
        for name in ("buyer", "buyer_size", "geography", "practice"):
            part = table[(table["question"] == "uses_lpo") & (table["group_by"] == name)].dropna(subset=["estimate"])
            n = whole["n_obs"] - part["n_obs"].sum()
            yes = whole["estimate"] * whole["n_obs"] - (part["estimate"] * part["n_obs"]).sum()
            for count in (n, yes, n - yes):
                assert round(count) == 0 or round(count) >= 5


def test_no_name_of_a_respondent_or_cluster_is_in_any_result(survey):
    made = survey(made_up(cluster=[f"{SECRET} & Co {i % 50}" for i in range(400)]))
    results = [survey_shares(made), survey_model(made), survey_against_published(made, load(), Parameters())]
    assert all(result.estimable for result in results)
    for result in results:
        assert SECRET not in everything(result)
        assert result.model is None
        assert not set(result.rows) - set(load().observations.index)


def test_all_the_same_answer_is_a_share_but_no_model(survey):
    made = survey(made_up(uses_lpo="yes"))
    row = survey_shares(made).row("uses_lpo")
    assert row["estimate"] == 1
    assert row["conf_low"] == pytest.approx(share_interval(1, 400)[0])
    result = survey_model(made)
    assert not result.estimable
    assert "all who answered said yes on legal process outsourcing" in result.text


def test_nobody_answers(survey):
    made = survey(made_up(uses_lpo="", uses_alsp=None))
    for result in (survey_shares(made), survey_model(made)):
        assert not result.estimable
        assert (result.n_used, result.n_dropped) == (0, 400)


def test_too_few_respondents_are_not_estimable_and_not_counted_out(survey):
    result = survey_shares(survey(made_up(n=4)))
    assert not result.estimable
    assert "fewer than 5 respondents gave each answer" in result.text


def test_tasks_of_those_who_use_nothing_are_told_and_not_counted(survey):
    frame = made_up()
    nothing = frame.index[(frame["uses_lpo"] == "no") & (frame["uses_alsp"] == "no")][:6]
    plain = survey_shares(survey(frame)).row("tasks_document_review")["estimate"]
    frame.loc[nothing, "tasks"] = "document_review"
    result = survey_shares(survey(frame))
    assert result.row("tasks_document_review")["estimate"] == pytest.approx(plain)
    assert check(result, "Contradictions").passed is False
    assert check(result, "Contradictions").text.startswith("6 respondents name tasks")


def test_trimming_is_told_with_what_it_leaves(survey):
    frame = made_up()
    made = survey(frame, {"buyer_size": {"small": 5, "midsize": 5, "large": 90}})
    told = check(survey_shares(made, cap=2.0), "Weights")
    assert told.passed is False
    assert "were trimmed to the cap, and a margin is up to" in told.text
    assert "no weight had to be trimmed" in check(survey_shares(made, cap=None), "Weights").text


def test_margins_no_weights_can_meet_are_one_error_that_names_the_parameter(survey):
    frame = made_up().query(
        "(buyer == 'law_firm' and geography == 'USA') or (buyer == 'corporate' and geography == 'GBR')"
    )
    made = survey(frame, {"buyer": {"law_firm": 50, "corporate": 50}, "geography": {"USA": 90, "GBR": 10}})
    for call in (survey_shares, survey_model):
        with pytest.raises(ParameterError, match=r"^margins_path: raking: no weights were found"):
            call(made)


def test_a_model_of_one_variable_gives_back_the_differences_of_shares(survey):
    frame = made_up()
    result = survey_model(survey(frame), variables=["buyer_size"])
    share = (frame["uses_lpo"] == "yes").groupby(frame["buyer_size"]).mean()
    base = result.table["base"].iloc[0]
    for size in {"small", "midsize", "large"} - {base}:
        row = result.row(f"buyer_size:{size}")
        assert row["estimate"] == pytest.approx(share[size] - share[base], abs=1e-8)
        odds = share[size] / (1 - share[size]) / (share[base] / (1 - share[base]))
        assert row["odds_ratio"] == pytest.approx(odds, rel=1e-6)
    assert (result.n_used, result.n_dropped) == (400, 0)


def test_the_model_tells_what_goes_with_use_and_what_does_not(survey):
    result = survey_model(survey(made_up(n=1500, seed=3)))
    assert result.row("buyer_size:large")["conf_low"] > 0
    assert result.row("drivers:cost")["conf_low"] > 0
    assert "associations, not effects" in result.text
    assert check(result, "Clusters").passed is None
    assert check(result, "Events per term").passed


def test_a_null_result_is_said_as_one(survey):
    rng = np.random.default_rng(11)
    result = survey_model(survey(made_up(uses_lpo=rng.choice(["yes", "no"], 400))), variables=["practice"])
    assert "No interval of a difference leaves out zero" in result.text


def test_blanks_are_set_aside_and_counted(survey):
    frame = made_up()
    frame.loc[:19, "practice"] = ""
    frame.loc[20:24, "uses_lpo"] = "dont_know"
    result = survey_model(survey(frame))
    assert (result.n_used, result.n_dropped) == (375, 25)
    assert check(result, "Respondents").passed
    assert (
        "5 without a yes or no on legal process outsourcing and 20 with a blank in a variable"
        in check(result, "Respondents").text
    )


def test_reasons_only_users_were_asked_for_are_left_out(survey):
    frame = made_up()
    frame.loc[frame["uses_lpo"] == "no", "drivers"] = ""
    result = survey_model(survey(frame))
    assert "only users were asked" in check(result, "Left out").text
    assert not result.table["term"].str.startswith("drivers").any()


def test_a_variable_most_left_blank_is_left_out(survey):
    frame = made_up()
    frame.loc[:150, "practice"] = ""
    assert "practice (blank for 38%)" in check(survey_model(survey(frame)), "Left out").text


def test_small_categories_are_pooled(survey):
    frame = made_up()
    frame.loc[:2, "practice"] = "criminal"
    frame.loc[3:5, "practice"] = "banking"
    terms = set(survey_model(survey(frame), variables=["practice"]).table["term"])
    assert terms & {"practice:criminal", "practice:banking"} == set()
    assert "practice:pooled" in terms


def test_an_effect_that_gives_away_few_answers_is_hidden(survey):
    frame = made_up()
    large = frame.index[frame["buyer_size"] == "large"]
    frame.loc[large, "uses_lpo"] = ["no"] * 3 + ["yes"] * (len(large) - 3)
    result = survey_model(survey(frame), variables=["buyer_size", "practice"])
    hidden = result.table[result.table["estimate"].isna()]
    assert "buyer_size:large" in set(hidden["term"])
    assert hidden[["std_error", "conf_low", "conf_high", "n_obs", "odds_ratio"]].isna().all().all()
    assert "suppressed" in set(hidden["method"])


def test_separation_is_a_stated_result(survey):
    frame = made_up()
    frame.loc[frame["buyer_size"] == "large", "uses_lpo"] = "yes"
    result = survey_model(survey(frame))
    assert not result.estimable
    assert "size large tell users from non-users without error (separation)" in result.text


def test_too_few_events_are_a_stated_result(survey):
    frame = made_up(n=60)
    frame["uses_lpo"] = ["yes"] * 8 + ["no"] * 52
    result = survey_model(survey(frame))
    assert not result.estimable
    assert "need at least" in result.text
    assert "there are 8 of 60; name fewer variables" in result.text
    frame["uses_lpo"] = ["yes"] * 2 + ["no"] * 58
    assert "there are fewer than 5 of 60" in survey_model(survey(frame)).text


@pytest.mark.parametrize(("groups", "estimable", "passed"), [(6, False, None), (20, True, False), (60, True, True)])
def test_few_clusters_are_refused_or_warned_about(survey, groups, estimable, passed):
    result = survey_model(survey(made_up(cluster=[f"{SECRET}{i % groups}" for i in range(400)])))
    assert result.estimable is estimable
    if estimable:
        assert check(result, "Clusters").passed is passed
        assert "errors by cluster" in result.table["method"].iloc[0]
    else:
        assert "respondents come from 6 clusters" in result.text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"outcome": "uses_alps"}, "outcome: got 'uses_alps'. Did you mean 'uses_alsp'"),
        ({"variables": ["size"]}, "variables: got 'size'"),
        ({"variables": []}, "variables: none is named"),
    ],
)
def test_unknown_options_of_the_model_are_refused(survey, options, said):
    with pytest.raises(ParameterError, match=said):
        survey_model(survey(), **options)


def test_own_and_published_shares_stand_side_by_side(survey):
    frame = made_up()
    result = survey_against_published(survey(frame), load(), Parameters())
    here = frame[(frame["buyer"] == "corporate") & (frame["geography"] == "USA")]
    row = result.row("tri_2020_corp_all")
    assert row["own"] == pytest.approx((here["uses_alsp"] == "yes").mean())
    assert row["published"] == pytest.approx(0.71)
    assert row["estimate"] == pytest.approx(row["own"] - 0.71)
    assert np.isnan(row["conf_low"]), "no difference of an unknown sample gets an interval"
    task = result.row("tri_2018_corp_usa_legal_research")
    named = (here["uses_alsp"] == "yes") & here["tasks"].str.contains("legal_research")
    assert task["own"] == pytest.approx(named.mean())
    users = here[(here["uses_alsp"] == "yes") | (here["uses_lpo"] == "yes")]
    assert result.row("alm_2013_task_document_review")["own"] == pytest.approx(
        users["tasks"].str.contains("document").mean()
    )
    assert set(result.rows) == set(result.table["term"])
    assert result.plot_data["label"].str.startswith(("own", "published")).all()


def test_the_interval_of_a_difference_is_built_from_the_two(survey):
    """Newcombe's hybrid score: his example 56/70 and 48/80 gives 0.0524 to 0.3339 at 95% (Statistics in Medicine 17, 1998, table II)."""
    low_own, high_own = share_interval(56 / 70, 70, level=0.95)
    low_other, high_other = share_interval(48 / 80, 80, level=0.95)
    d = 56 / 70 - 48 / 80
    assert d - np.hypot(56 / 70 - low_own, high_other - 48 / 80) == pytest.approx(0.0524, abs=5e-5)
    assert d + np.hypot(high_own - 56 / 70, 48 / 80 - low_other) == pytest.approx(0.3339, abs=5e-5)
    table = survey_against_published(survey(), load(), Parameters()).table
    known = table[table["method"] == "Newcombe, from the two intervals"]
    assert len(known)
    expected = known["estimate"] - np.hypot(
        known["own"] - known["own_low"], known["published_high"] - known["published"]
    )
    assert known["conf_low"].tolist() == pytest.approx(expected.tolist())


def test_only_the_buyer_the_place_and_the_grades_asked_for_are_compared(survey):
    everywhere = load().observations
    for parameters in (Parameters(), Parameters(buyer="law_firm"), Parameters(geography="GBR", grades=["A", "B", "C"])):
        result = survey_against_published(survey(), load(), parameters)
        rows = everywhere.loc[list(result.rows)]
        assert set(rows["buyer"]) <= {parameters.buyer}
        assert set(rows["geography"]) <= {parameters.geography}
        assert set(rows["grade"]) <= set(parameters.grades)


def test_a_share_that_subtraction_would_make_one_of_few_is_hidden(survey):
    frame = made_up()
    firms = frame["buyer"] == "corporate"
    frame["geography"] = "USA"
    frame.loc[frame.index[firms][:3], "geography"] = "GBR"
    result = survey_against_published(survey(frame), load(), Parameters())
    assert not result.estimable, "all legal departments less those here leave three"
    frame.loc[frame.index[firms][:60], "geography"] = "GBR"
    assert survey_against_published(survey(frame), load(), Parameters()).row("tri_2020_corp_all")["own"] > 0


@pytest.mark.parametrize(
    ("columns", "parameters", "said"),
    [
        ({"buyer": "law_firm"}, Parameters(), "none of 400 respondents is of legal departments in the United States"),
        ({"geography": "IND"}, Parameters(), "none of 400 respondents is of"),
        (
            {},
            Parameters(geography="AUS", buyer="corporate"),
            "none of 400 respondents is of legal departments in Australia",
        ),
    ],
)
def test_nothing_to_compare_is_a_stated_result(survey, columns, parameters, said):
    result = survey_against_published(survey(made_up(**columns)), load(), parameters)
    assert not result.estimable
    assert said in result.text


def test_a_survey_without_places_says_so(survey):
    result = survey_against_published(survey(made_up(geography=None)), load(), Parameters())
    assert result.estimable
    assert check(result, "Place").passed is False


def test_results_of_the_same_file_are_the_same(survey):
    made = survey(made_up())
    for call in (survey_shares, survey_model):
        one, other = call(made), call(made)
        assert everything(one) == everything(other)


def test_figures_can_be_drawn(survey):
    import matplotlib.pyplot as plt

    made = survey(made_up())
    for result in (survey_shares(made), survey_model(made), survey_against_published(made, load(), Parameters())):
        assert result.plot() is not None
        assert result.alt
        plt.close("all")


def test_names_of_terms_stand_once(survey):
    made = survey(made_up())
    for result in (survey_shares(made), survey_model(made)):
        assert result.table["term"].is_unique
