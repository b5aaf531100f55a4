"""What the verdict rests on, the option to wait, and how exact flips and the worth of a pilot are."""

import numpy as np
import pytest

from lpo_analysis.decision import Parameters, analyse
from lpo_analysis.decision.brief import verdict
from lpo_analysis.decision.choices import CONFIDENCES, VERDICTS
from lpo_analysis.methods.waiting import perpetual

BASE = {"draws": 512, "locations": ["IND"], "delivery_models": ["provider"]}


def made(**changes):
    return analyse(Parameters(**{**BASE, **changes}))


@pytest.fixture(scope="module")
def close():
    """A question whose plan beats today's way in some of the draws only."""
    return made(
        tasks=["document_review"], volume_hours=[4000.0], baseline="paralegal", delivery_models=["provider", "captive"]
    )


def test_the_verdict_at_each_confidence_is_the_one_a_report_with_it_gives(close):
    row = close.choices.table[close.choices.table["own"]].iloc[0]
    weak = float(row["weak_share"])
    for confidence in (CONFIDENCES[0], CONFIDENCES[-1]):
        other = made(
            tasks=["document_review"],
            volume_hours=[4000.0],
            baseline="paralegal",
            delivery_models=["provider", "captive"],
            confidence=confidence,
        )
        assert VERDICTS[verdict(other.portfolio, weak)] == row[f"at_{100 * confidence:g}"]
    chance = row["estimate"]
    told = [row[f"at_{100 * c:g}"] for c in CONFIDENCES]
    if (close.portfolio.net(close.portfolio.candidate, fresh=True)).mean() > 0 and not close.portfolio.stays:
        assert all((said == VERDICTS["uncertain"]) == (c > chance) for c, said in zip(CONFIDENCES, told, strict=True))
    assert close.choices.text.endswith(".")


@pytest.mark.slow
def test_another_least_volume_of_a_centre_gives_what_a_report_with_it_gives(close):
    table = close.choices.table.set_index("term")
    assert list(table.index) == [
        "captive_minimum_0",
        "captive_minimum_2000",
        "captive_minimum_4000",
        "captive_minimum_20000",
    ]
    other = made(
        tasks=["document_review"],
        volume_hours=[4000.0],
        baseline="paralegal",
        delivery_models=["provider", "captive"],
        captive_minimum=0.0,
    )
    net = other.portfolio.net(other.portfolio.candidate, fresh=True)
    assert table.loc["captive_minimum_0", "estimate"] == pytest.approx((net > 0).mean())
    assert table.loc["captive_minimum_0", "verdict"] == VERDICTS[other.brief.model["verdict"]]
    assert close.choices.plot() is not None


def test_a_confidence_of_ones_own_is_among_those_shown():
    a = made(confidence=0.997)
    row = a.choices.table.iloc[0]
    assert row["at_99.7"] == row["verdict"] == VERDICTS[a.brief.model["verdict"]]
    assert "99.7%" in a.choices.text


def test_where_nothing_may_move_no_choice_matters():
    a = made(jurisdictions=["US-WY"])
    assert set(a.choices.table["verdict"]) == {VERDICTS["stay"]}
    assert "the verdict is the same: stay as you are" in a.choices.text
    assert not a.option_to_wait.estimable


def test_the_option_to_wait_is_that_of_the_method_at_the_plans_figures():
    a = made(value_volatility=0.3, value_drift=0.01, discount_rate=0.06)
    po, table = a.portfolio, a.option_to_wait.table.set_index("term")
    nets = {choice: float(po.net(choice).mean()) for choice in po.neighbours}
    best = max(nets, key=nets.get)
    cost = po.starting(best)
    due = perpetual(nets[best] + cost, cost, volatility=0.3, discount_rate=0.06, payout=0.05)
    assert table.loc["trigger", "estimate"] == pytest.approx(due.multiple)
    assert table.loc["option", "estimate"] == pytest.approx(due.option - due.start_now)
    assert table.loc["value", "estimate"] == pytest.approx((nets[best] + cost) / cost)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"discount_rate": 0.0}, "the discount rate is 0"),
        ({"value_drift": 0.2}, "no slower than the discount rate"),
        ({"baseline": "contract_attorney", "volume_hours": [20.0, 20.0]}, "no plan is expected to save anything"),
    ],
)  # fmt: skip
def test_where_the_option_is_not_defined_the_reason_is_told(changes, says):
    result = made(**changes).option_to_wait
    assert not result.estimable
    assert says in result.text


def test_a_volatility_that_is_not_told_leaves_the_turning_one():
    result = made().option_to_wait
    table = result.table.set_index("term")
    assert np.isnan(table.loc["option", "estimate"])
    assert table.loc["turning_volatility", "estimate"] > 0
    assert "value_volatility is not given" in result.text


def test_a_flip_is_a_root_on_the_joint_draws_and_tells_its_error(close):
    table = close.flips.table.dropna(subset=["estimate"])
    assert len(table)
    row = table.iloc[0]
    draws, model = close.ways.joint.every, close.portfolio.model(close.portfolio.candidate)
    at = model({**draws, row["term"]: np.full_like(draws[row["term"]], row["estimate"])})
    assert abs(at.mean()) < 1e-4 * np.abs(at).mean()
    assert row["std_error"] > 0
    # Two errors off, the mean is off by two of its own, to the curvature.
    far = model({**draws, row["term"]: np.full_like(draws[row["term"]], row["estimate"] + 2 * row["std_error"])})
    assert abs(far.mean()) == pytest.approx(2 * at.std(ddof=1) / np.sqrt(len(at)), rel=0.3)


def test_the_worth_of_a_pilot_has_its_error_and_says_where_it_may_be_nothing(close):
    pilot = close.pilot
    assert (pilot.table["std_error"] >= 0).all()
    assert ((pilot.table["conf_low"] > 0) == (pilot.table["told"] == "above 0")).all()
    asked = pilot.table[pilot.table["units"] == 50].iloc[0]
    assert ("not told apart from 0" in pilot.text) == (asked["conf_low"] == 0)
    assert "standard error of the simulation" in pilot.text
