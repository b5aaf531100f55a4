"""Providers ranked: what must hold of the probabilities, and what the sentences say."""

from dataclasses import replace

import numpy as np
import pytest

from lpo_analysis import paths
from lpo_analysis.decision import Scorecard, questions, read_criteria, read_providers
from lpo_analysis.decision.providers import TERMS, Criteria
from lpo_analysis.decision.scorecard import summary
from lpo_analysis.errors import ParameterError

TEMPLATES = paths.DATA / "templates"
PROVIDERS = read_providers(TEMPLATES / "providers.csv")
CARD = Scorecard(PROVIDERS, draws=2000)


def judged(**directions):
    return replace(PROVIDERS, criteria=Criteria(directions))


def test_probabilities_add_up_and_name_every_provider():
    table = CARD.ranks.table
    ranks = table[[f"rank_{n}" for n in range(1, 5)]].to_numpy()
    np.testing.assert_allclose(ranks.sum(axis=0), 1)
    np.testing.assert_allclose(ranks.sum(axis=1), 1)
    assert set(table["term"]) == set(PROVIDERS.names)
    assert table["estimate"].is_monotonic_decreasing
    assert ((table["conf_low"] <= table["estimate"]) & (table["estimate"] <= table["conf_high"])).all()
    for name in PROVIDERS.names:
        assert name in CARD.ranks.text


def test_the_same_seed_gives_the_same_and_zero_is_a_seed():
    a, b, c = (Scorecard(PROVIDERS, draws=500, seed=seed).ranks.table["estimate"].tolist() for seed in (0, 0, 1))
    assert a == b != c


def test_the_cheapest_is_first_where_nothing_but_the_price_tells_them_apart():
    alike = judged(price="lower", certifications="higher")
    alike = replace(alike, certifications=(("soc_2",),) * 4)
    card = Scorecard(alike, draws=1000)
    low, high = PROVIDERS.numbers["price_low"], PROVIDERS.numbers["price_high"]
    # Uniform on 18 to 24 against 16 to 22: the second is cheaper unless the first is, P = (22 - 18)^2 / 2 / 36.
    assert (low[0], high[1]) == (18, 22)
    assert card.ranks.row("P1")["estimate"] == pytest.approx(16 / 72, abs=0.05)
    assert card.ranks.row("P3")["estimate"] == 0
    assert (
        "Hardly any weights make P4 or P3 first" in card.ranks.text
        or "Hardly any weights make P3 or P4 first" in card.ranks.text
    )
    assert any(check.name == "Criteria that tell nothing apart" for check in card.ranks.checks)


def test_a_turned_direction_turns_the_order():
    down, up = (Scorecard(judged(price=way, minimum="lower"), draws=1000).ranks for way in ("lower", "higher"))
    assert down.row("P3")["rank_1"] < up.row("P3")["rank_1"]


def test_given_weights_leave_only_what_is_not_known():
    given = replace(
        PROVIDERS, criteria=Criteria({"price": "lower", "capacity": "higher"}, {"price": 1.0, "capacity": 0.0})
    )
    card = Scorecard(given, draws=1000)
    assert card.ranks.row("P3")["estimate"] == 0
    assert not card.preferences.estimable
    assert "the weights are given" in card.preferences.text
    assert "weights as given" in card.ranks.text


def test_ranked_criteria_move_the_answer():
    card = Scorecard(
        read_providers(TEMPLATES / "providers.csv", criteria=read_criteria(TEMPLATES / "criteria.csv")), draws=2000
    )
    assert card.ranks.table.iloc[0]["term"] == "P1"
    assert card.ranks.row("P1")["estimate"] > CARD.ranks.row("P1")["estimate"]


def test_central_weights_add_up_to_one():
    table = CARD.preferences.table.dropna(subset=["estimate"])
    np.testing.assert_allclose(table.groupby("provider")["estimate"].sum(), 1)
    assert "P3 is first for those to whom" in CARD.preferences.text


def test_a_missing_answer_stands_between_its_worst_and_best():
    table = CARD.gaps.table
    assert set(table["term"]) == {"P4.capacity", "P4.certifications", "P4.errors"}
    assert (table["conf_low"] <= table["estimate"] + 0.02).all()
    assert (table["estimate"] <= table["conf_high"] + 0.02).all()
    assert table["swing"].is_monotonic_decreasing


def test_nothing_missing_is_said():
    full = replace(judged(price="lower", minimum="lower"))
    gaps = Scorecard(full, draws=500).gaps
    assert gaps.text == "Not estimable, because no answer is missing."


def test_a_criterion_that_nobody_answered_is_left_out_and_told():
    silent = replace(PROVIDERS, numbers={**PROVIDERS.numbers, "capacity_hours": np.full(4, np.nan)})
    card = Scorecard(silent, draws=500)
    assert "capacity" not in card.judged
    assert any(check.name == "Criteria left out" and "hours a month" in check.text for check in card.ranks.checks)
    only = replace(silent, criteria=Criteria({"capacity": "higher", "price": "lower"}, {"capacity": 1.0, "price": 0.0}))
    with pytest.raises(ParameterError, match="all of the weight is on criteria that no provider answered"):
        _ = Scorecard(only, draws=500).ranks


def test_a_small_quality_record_is_wider_than_a_large_one():
    errors = CARD.measured["errors"]
    wide, narrow = (np.ptp(np.quantile(errors[:, i], [0.05, 0.95])) for i in (1, 0))
    assert wide > 2 * narrow
    # Jeffreys: the mean of the posterior is (wrong + 1/2) / (checked + 1).
    assert errors[:, 1].mean() == pytest.approx(3.5 / 61, abs=0.003)


def test_the_summary_says_what_was_not_told():
    frame = summary(CARD)
    assert list(frame["provider"]) == list(PROVIDERS.names)
    assert (frame.iloc[3] == "not told").sum() == 3


def test_every_gap_has_its_question_with_duty_and_opinions():
    asked = questions(PROVIDERS)
    p4 = asked[asked["provider"] == "P4"].set_index("about")
    assert {"quality record", "information security", "capacity", TERMS["conflict_check"]} <= set(p4.index)
    assert p4.loc[TERMS["conflict_check"], "duty"] == "conflict_check"
    assert p4.loc[TERMS["breach_notice"], "why"] == "refused"
    assert "aba_08_451" in p4.loc[TERMS["breach_notice"], "opinions"]
    assert p4.loc[TERMS["indemnity"], "opinions"] == ""
    bound = asked[(asked["provider"] == "P2") & (asked["about"] == "quality record")]["why"].iloc[0]
    assert bound == "60 units checked: the share of errors may be as high as 11% (90% bound)"
    assert asked["provider"].tolist() == sorted(asked["provider"])


def test_questions_cite_the_jurisdictions_asked_for():
    here = questions(PROVIDERS, jurisdictions=("US-NY",))
    cited = {row for cell in here["opinions"] for row in cell.split(", ") if row}
    assert cited
    assert all(row.startswith("nyc") for row in cited)


def test_who_told_all_and_well_is_asked_nothing():
    best = replace(
        PROVIDERS, terms=dict.fromkeys(TERMS, (True,) * 4), certifications=(("iso_27001",),) * 4,
        numbers=PROVIDERS.numbers | {"qc_checked": np.full(4, 900.0), "qc_wrong": np.zeros(4), "references_asked": np.full(4, 5.0), "references_content": np.full(4, 5.0),
                                     "capacity_hours": np.full(4, 900.0), "minimum_hours": np.zeros(4)},
    )  # fmt: skip
    assert questions(best).empty


@pytest.mark.parametrize(
    ("changes", "said"), [({"draws": 10}, "draws"), ({"widening": 0.5}, "widening"), ({"level": 1.0}, "level")]
)
def test_arguments_out_of_range_are_named(changes, said):
    with pytest.raises(ParameterError, match=said):
        Scorecard(PROVIDERS, **changes)
