"""Caught cases are counts and never rates; wrong answers of AI stand beside people only where one study graded both."""

import itertools

import numpy as np
import pytest
from scipy import stats

from lpo_analysis.evidence import load
from lpo_analysis.risk import Parameters, caught, rules_in_use, sanctions, wrong_answers
from lpo_analysis.risk.generative_ai import widest_gap

ALL = ["A", "B", "C", "D"]
OBSERVED = load().observations


# Caught cases


def test_counts_are_as_published_and_grow_with_the_date():
    result = caught(load(), Parameters())
    counts = result.table[result.table["unit"] == "cases listed"]
    assert counts["estimate"].tolist() == [120, 259, 386, 608, 979, 1227, 1667]
    assert counts["label"].iloc[-1] == "2 July 2026 [B]"
    assert counts[["conf_low", "conf_high"]].isna().all(axis=None)
    assert "share" not in set(counts["unit"])
    assert "not estimable" in result.text
    assert result.plot() is not None


def test_growth_between_two_dates_has_the_bounds_of_its_loose_date():
    row = caught(load(), Parameters()).row("added_per_day")
    # 979 some day in February 2026 (1st to 28th), 1,667 on 2 July: 151 to 124 days.
    assert row["conf_low"] == pytest.approx((1667 - 979) / 151)
    assert row["conf_high"] == pytest.approx((1667 - 979) / 124)
    assert np.isnan(row["level"])


def test_parts_are_shares_of_the_one_count_they_belong_to():
    result = caught(load(), Parameters())
    assert result.row("share_lawyers")["estimate"] == pytest.approx(394 / 979)
    assert result.row("share_self_represented")["estimate"] == pytest.approx(559 / 979)
    assert result.row("share_fabricated_case_law")["estimate"] == pytest.approx(798 / 979)


@pytest.mark.parametrize("grades", [["A"], ["A", "B"], ALL], ids="".join)
def test_a_weaker_count_enters_only_where_its_grade_is_let_in(grades):
    result = caught(load(), Parameters(grades=grades))
    assert set(OBSERVED.loc[list(result.rows), "grade"]) <= set(grades)
    assert ("hall_cum_2025_mid" in result.rows) is ("C" in grades)


def test_without_counts_nothing_is_estimated():
    assert not caught(load(), Parameters(grades=["D"])).estimable


# Sanctions


def test_shares_of_motions_are_the_published_counts_with_wilson_intervals():
    result = sanctions(load(), Parameters())
    row = result.row("granted_before_2010")
    share, n, z = 230 / 401, 401, stats.norm.ppf(0.95)
    # Wilson (1927), solved for the ends.
    middle, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    assert row["estimate"] == pytest.approx(share)
    assert [row["conf_low"], row["conf_high"]] == pytest.approx(
        [(middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)]
    )
    assert result.row("counsel_before_2010")["estimate"] == pytest.approx(30 / 230)
    assert result.row("granted_2010")["estimate"] == pytest.approx(49 / 79)
    assert "62% and 55%" in result.text


def test_amounts_are_as_published_and_no_chance_is_told():
    result = sanctions(load(), Parameters())
    assert result.row("ai_sanction_mata_2023")["estimate"] == 5000
    assert result.row("ai_sanction_us_q1_2026")["method"] == "as published; at least"
    assert "from $5,000 to $110,000" in result.text
    assert result.checks[0].text.startswith("Not estimable")
    assert not sanctions(load(), Parameters(grades=["D"])).estimable


# Wrong answers


def test_rates_are_as_published_and_no_lawyer_has_one():
    result = wrong_answers(load(), Parameters())
    rates = result.table[result.table["term"].str.startswith("rate_")].set_index("term")
    assert rates.loc["rate_stanford_westlaw", "estimate"] == pytest.approx(0.33)
    assert rates.loc["rate_stanford_general_chatbots", ["conf_low", "conf_high"]].tolist() == [0.58, 0.82]
    assert not OBSERVED.loc[OBSERVED["metric"] == "ai_error_rate", "role"].astype(str).str.len().any(), (
        "if a role is told, lawyers may have been tested"
    )
    assert "No study on file measured the same of lawyers (0 rows)" in result.text


def test_gaps_exist_exactly_where_one_study_graded_both_by_one_measure():
    table = wrong_answers(load(), Parameters()).table
    gaps = table[table["term"].str.startswith("gap_")].set_index("label")
    assert set(gaps["study"]) == {"legalbenchmarks_p2_2025", "vlair_research_2025", "onit_better_bill_2025"}
    assert gaps.at["reliable contract drafts, best AI tool less lawyers", "estimate"] == pytest.approx(0.733 - 0.567)
    assert gaps.at["reliable contract drafts, best AI tool less best lawyer", "estimate"] == pytest.approx(0.033)
    assert gaps.at["accuracy in legal research, AI less lawyers", "estimate"] == pytest.approx(0.09)
    # Two ceilings leave the difference unknown; 450 are the answers of all together, not of each side.
    assert np.isnan(gaps.at["approval of invoices, AI less lawyers", "estimate"])
    assert np.isnan(gaps.at["reliable contract drafts, best AI tool less lawyers", "conf_low"])


def test_the_widest_gap_holds_over_every_pairing_and_is_reached_by_one():
    # Of ten questions 8 and 6 were answered right: go through every pairing there is.
    n, a, b = 10, 8, 6
    one = np.array([1] * a + [0] * (n - a))
    widths = set()
    for right in itertools.combinations(range(n), b):
        other = np.zeros(n)
        other[list(right)] = 1
        widths.add(float(np.sqrt(np.var(one - other) / n)))
    low, high = widest_gap(a / n, b / n, n, level=0.9)
    assert (low + high) / 2 == pytest.approx((a - b) / n)
    assert (high - low) / 2 == pytest.approx(stats.norm.ppf(0.95) * max(widths))
    assert widest_gap(1.0, 0.0, 10, level=0.9) == (1.0, 1.0)


@pytest.mark.parametrize("grades", [["A"], ["B"], ["A", "B"], ALL, ["C"], ["D"]], ids="".join)
def test_sentences_read_well_whatever_is_let_in(grades):
    for estimate in (caught, sanctions, wrong_answers, rules_in_use):
        result = estimate(load(), Parameters(grades=grades))
        assert result.text.endswith(".")
        assert "nan" not in result.text
        assert "  " not in result.text
        assert set(OBSERVED.loc[list(result.rows), "grade"]) <= set(grades)
        if result.plot_data is not None:
            result.plot()


# Rules in use


def test_shares_of_a_part_of_a_study_have_no_interval():
    table = rules_in_use(load(), Parameters()).table.set_index("term")
    assert np.isnan(table.at["tri_ai_2023_banned_large", "conf_low"])
    assert table.at["lir_2026_no_policy", "conf_low"] < 0.43 < table.at["lir_2026_no_policy", "conf_high"]
    assert "43% (2025) and 52% (2025)" in rules_in_use(load(), Parameters()).text
