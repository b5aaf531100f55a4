"""Generative AI: senses kept apart, intentions beside what was seen, claims as claims."""

import dataclasses
import re
from functools import cache

import pytest

from lpo_analysis import paths
from lpo_analysis.adoption import Parameters
from lpo_analysis.adoption.ai import (
    AI_SENSES,
    EFFECTS,
    FAMILIES,
    ai_expectations,
    ai_recall_claims,
    ai_seen,
    ai_use,
    substitute_or_complement,
)
from lpo_analysis.evidence import load, select
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.results import COLUMNS

ALL = ("A", "B", "C", "D")
EVERY = ("actual", "estimate", "forecast")
GRADES = [("A",), ("A", "B"), ("C",), ("D",), ALL]
each_grades = pytest.mark.parametrize("grades", GRADES, ids="".join)
FUNCTIONS = [ai_use, ai_expectations, ai_seen, substitute_or_complement, ai_recall_claims]
each_function = pytest.mark.parametrize("function", FUNCTIONS)


@cache
def asked(function, grades=("A", "B"), **changes):
    return function(load(), Parameters(grades=list(grades), **changes))


def changed(name, **cells):
    """The evidence with cells of one observation changed."""
    observations = load().observations.copy()
    for column, value in cells.items():
        observations.loc[name, column] = value
    return dataclasses.replace(load(), observations=observations)


def rows_of(metric, grades=ALL):
    return select(load(), metric=metric, grades=grades, status=EVERY, required=False)


def test_every_sense_on_file_has_words_of_its_own():
    assert set(rows_of("ai_use_share")["category"]) <= set(AI_SENSES), "add their words to AI_SENSES"
    assert len({sense.words for sense in AI_SENSES.values()}) == len(AI_SENSES)
    assert {sense.family for sense in AI_SENSES.values()} == set(FAMILIES)


def test_every_effect_on_file_is_an_expectation_or_was_seen():
    rows = rows_of("ai_effect_on_outsourcing_share")
    assert set(rows["category"]) <= set(EFFECTS), "add it to EFFECTS"
    for row in rows.itertuples():
        side = EFFECTS[row.category].side
        if row.status == "forecast":
            assert side == "expected", "an expectation is never told as seen"
        if side == "expected" and row.status != "forecast":
            assert row.category.startswith("would_"), "a willingness stated today is still no outcome"


@each_grades
def test_every_published_share_is_shown_as_it_is_and_once(grades):
    result = asked(ai_use, grades)
    rows = rows_of("ai_use_share", grades)
    assert result.estimable is bool(len(rows))
    if result.estimable:
        assert sorted(result.table["term"]) == sorted(rows.index) == sorted(result.rows)
        points = rows[rows["form"] == "point"]
        shown = result.table.set_index("term").loc[points.index, "estimate"]
        assert shown.to_numpy() == pytest.approx(points["value"].to_numpy() / 100)
        assert not set(result.table["term"]) - set(load().observations.index), "no term is pooled"


@each_grades
def test_each_group_of_the_figure_is_of_one_sense(grades):
    result = asked(ai_use, grades)
    if result.estimable:
        senses = result.table.set_index("label")["sense"]
        assert set(result.plot_data["group"].str.lower()) <= {AI_SENSES[code].words.lower() for code in senses}


def test_intervals_follow_the_sample_size_rule():
    table = asked(ai_use).table.set_index("term")
    own = table.loc["aba_ai_2024_all"]
    assert (own["conf_low"], own["conf_high"]) == pytest.approx(share_interval(0.302, 512))
    unknown = table.loc["lnuk_2023_07"]
    assert (unknown["conf_low"], unknown["conf_high"]) == pytest.approx(share_interval(0.11, 150))
    assert "n 50" in unknown["scenarios"]
    assert unknown["n_obs"] != unknown["n_obs"]
    assert "at least this wide" in table.loc["tri_ai_2024_legal", "method"], "the sample holds other professions"
    assert "at least this wide" in asked(ai_seen).row("acc_eff_2025_nochange")["method"]


def test_the_level_and_the_sizes_assumed_are_those_of_the_parameters():
    wide = ai_use(load(), Parameters(level=0.99, sample_sizes=[80])).table.set_index("term").loc["lnuk_2023_07"]
    assert (wide["conf_low"], wide["conf_high"]) == pytest.approx(share_interval(0.11, 80, level=0.99))


def test_the_longest_row_of_waves_is_of_one_maker_and_one_sense():
    assert "LexisNexis UK" in asked(ai_use).text
    assert "11% (2023), 26% (2024), 41% (2024), 46% (2025) and 61% (2025)" in asked(ai_use).text


def test_what_is_expected_and_what_was_seen_are_the_figures_of_the_readme():
    readme = (paths.EVIDENCE / "README.md").read_text(encoding="utf-8")
    assert (
        "58 and 64 % of legal departments expect to rely less on outside providers, 7 % saw a lower matter cost, 59 % no change in bills"
        in readme
    )
    expected = asked(ai_expectations).table.query("item == 'rely_less_on_outside_providers'")
    assert list(expected["estimate"]) == pytest.approx([0.58, 0.64])
    seen = asked(ai_seen).table.set_index("item")["estimate"]
    assert seen["lower_matter_cost_seen"] == pytest.approx(0.07)
    assert seen["no_change_in_bills_seen"] == pytest.approx(0.59)


@each_grades
def test_each_figure_has_its_source_year_size_and_wording(grades):
    for function in (ai_expectations, ai_seen):
        result = asked(function, grades)
        if result.estimable:
            assert result.table[["publisher", "wording", "grade"]].ne("").all(axis=None)
            assert result.table["year"].between(2020, 2030).all()
            assert set(result.table["grade"]) <= set(grades)


def test_expectations_and_what_was_seen_have_no_row_in_common():
    assert not set(asked(ai_expectations, ALL).rows) & set(asked(ai_seen, ALL).rows)
    together = set(asked(ai_expectations, ALL).rows) | set(asked(ai_seen, ALL).rows)
    assert together == set(rows_of("ai_effect_on_outsourcing_share").index)


def test_whether_ai_replaces_outsourcing_is_not_known_however_many_expect_it():
    result = asked(substitute_or_complement)
    assert not result.estimable
    assert "is not known: no figure on file tells how much work goes out" in result.text
    assert "mixed" not in result.text, "who says less and who says more are not the same"
    assert "Legal departments expect less work to go out in 4 figures of 2 makers: " in result.text
    assert "Lawyers of all kinds expect more work to go out in 1 figure of 1 maker: " in result.text
    assert "No survey asked the same people for both directions" in result.text
    for figure in ("58%", "64%", "at least 50%", "7%", "59%"):
        assert figure in result.text
    assert (
        "Expected of bills and prices, each another question: bills of outside counsel fall 80% (legal departments, "
        in result.text
    )
    assert "were told by clients that bills should fall 9% (law firms, " in result.text, (
        "which is no expectation of theirs"
    )
    spans = result.table.set_index("term")[["conf_low", "conf_high"]]
    assert tuple(spans.loc["expected_substitute"]) == pytest.approx((0.50, 0.72))
    assert not spans.index.isin(["seen_substitute", "seen_complement"]).any()


@pytest.mark.parametrize(
    ("signs", "said"),
    [
        (("substitute",), "points to AI as a substitute"),
        (("complement",), "points to AI as a complement"),
        (("substitute", "complement"), "is mixed"),
    ],
)
def test_the_answer_follows_from_what_is_seen_of_the_work_that_goes_out(monkeypatch, signs, said):
    for code, sign in zip(("lower_matter_cost_seen", "no_change_in_bills_seen"), signs, strict=False):
        monkeypatch.setitem(EFFECTS, code, EFFECTS[code]._replace(sign=sign))
    result = substitute_or_complement(load(), Parameters())
    assert result.estimable
    assert said in result.text


def test_one_direction_is_told_alone_and_both_of_one_survey_as_such():
    one_way = substitute_or_complement(changed("wk_2026_to_alsp", grade="D"), Parameters()).text
    assert "expect more work" not in one_way
    assert "both directions" not in one_way
    rows = load().observations
    same = rows.loc[rows["category"] == "rely_less_on_outside_providers"].iloc[0]
    both = substitute_or_complement(
        changed("wk_2026_to_alsp", study_id=same["study_id"], buyer=same["buyer"]), Parameters()
    ).text
    assert "1 survey asked the same people for both directions." in both


def test_use_is_told_for_every_year_and_sense_and_not_only_for_the_ends():
    result = asked(ai_use)
    table = result.table[(result.table["size"] == "all") & (result.table["sense"] == "genai_organisation")]
    told = result.text.split("Generative AI used by the organisation: ")[1].split(". ")[0]
    for buyer, words in (
        ("law_firm", "law firms"),
        ("corporate", "legal departments"),
        ("all", "lawyers of all kinds"),
    ):
        part = told.split(f"{words} ")[1].split("; ")[0]
        assert re.findall(r"20\d\d", part) == [
            str(year) for year in sorted(set(table.loc[table["buyer"] == buyer, "year"]))
        ]


def test_the_table_of_use_prints_words_and_no_codes():
    table = asked(ai_use).table
    assert not table["asked"].str.contains("_").any()
    assert table["asked"].nunique() == table["sense"].nunique()


def test_what_sellers_say_of_recall_is_a_claim_and_has_no_interval():
    result = asked(ai_recall_claims)
    assert set(result.table["grade"]) == {"C"}
    assert len(result.table) == 4
    exact = result.table[~result.table["method"].str.startswith("published")]
    assert exact[["conf_low", "conf_high", "n_obs"]].isna().all(axis=None)
    assert "None at grade A or B stands beside them" in result.text
    others = [asked(function, ALL) for function in FUNCTIONS[:-1]]
    assert not any(set(result.rows) & set(other.rows) for other in others), "used nowhere"


@each_function
@each_grades
def test_every_result_has_the_usual_shape_and_can_be_read(function, grades):
    result = asked(function, grades)
    assert list(result.table.columns[: len(COLUMNS)]) == COLUMNS
    assert result.text.endswith(".")
    assert not re.search(
        r"\bnan\b|\binf\b|None [^a]|  |\.\.| ,|\b20\d\d\.0|\b1 (figures|claims|senses|studies|published shares)",
        result.text + result.alt,
    )
    assert all(check.text.endswith(".") for check in result.checks)
    assert set(result.rows) <= set(load().observations.index)
    if not result.estimable and result.draw is None:
        assert result.text.startswith("Not estimable, because")
        assert "0 rows" in result.text


@each_function
@pytest.mark.parametrize("grades", [("A", "B"), ALL], ids="".join)
def test_what_can_be_drawn_can_be_drawn(function, grades):
    import matplotlib.pyplot as plt

    result = asked(function, grades)
    if result.draw is not None:
        assert result.alt
        axis = result.plot()
        assert len(axis.get_yticklabels()) == len(result.plot_data)
        plt.close(axis.figure)


def test_nothing_on_file_is_told_as_nothing():
    empty = dataclasses.replace(load(), observations=load().observations.query("metric != 'review_quality_rate'"))
    assert "no claim" in ai_recall_claims(empty, Parameters()).text
