"""The plan against its rivals, whether risk changes the answer, and what is told of the opinions behind a plan."""

import re

import numpy as np
import pytest

from lpo_analysis.decision import Parameters, analyse
from lpo_analysis.decision.permits import conditions
from lpo_analysis.decision.rivals import ERRORS, _gap, _gap_error, _regions, _side
from lpo_analysis.decision.ways import STAY
from lpo_analysis.methods.draws import uniforms
from lpo_analysis.methods.inputs import Input, Inputs
from lpo_analysis.methods.thresholds import threshold

NOISE = 0.5


@pytest.fixture(scope="module")
def default():
    return analyse(Parameters(draws=512))


@pytest.fixture(scope="module")
def alone():
    return analyse(
        Parameters(
            draws=512, locations=["IND"], delivery_models=["provider"], tasks=["document_review"], volume_hours=[4000.0]
        )
    )


def held_against(*others):
    """A plan worth 10 for certain, others that follow x between 0 and 20, and a noise that all have."""
    inputs = Inputs(
        (
            Input("x", "x", "h", 0.0, 20.0, "uniform", 4, "by hand"),
            Input("e", "e", "h", -NOISE, NOISE, "uniform", 4, "by hand"),
        )
    )
    draws = inputs.draw(uniforms(inputs.names, draws=1024, seed=1))

    def nets(v):
        return np.column_stack([10 + v["e"], *(other(v["x"]) + own * v["e"] for own, other in enumerate(others))])

    return threshold(nets, inputs, "x", draws=draws, statistic=_gap, points=33, error=_gap_error)


def test_another_plan_comes_to_be_ahead_where_two_lines_cross():
    # 8 + x / 2 passes 10 at 4: a fifth of what x can be lies below.
    found = held_against(lambda x: 8 + x / 2)
    assert found.values == pytest.approx((4.0,), abs=0.01)
    holds, lost, chance = _regions(found, "h")
    assert (holds, lost) == ("at most 4.0", "above 4.0")
    assert chance == pytest.approx(0.8, abs=0.01)
    assert _side(found, "h") == ("above 4.0", pytest.approx(0.8, abs=0.01))
    # The paired difference is the noise alone (uniform, so its deviation is its half width over the root of 3), at a slope of a half.
    assert found.errors[0] == pytest.approx(NOISE / np.sqrt(3) / np.sqrt(1024) / 0.5, rel=0.05)


def test_between_two_rivals_the_plan_is_ahead_on_a_stretch():
    # x - 8 passes 10 at 18, 14 - x at 4.
    found = held_against(lambda x: x - 8, lambda x: 14 - x)
    assert found.values == pytest.approx((4.0, 18.0), abs=0.02)
    holds, lost, chance = _regions(found, "h")
    assert holds == "between 4.0 and 18"
    assert lost == "below 4.0 or above 18"
    assert chance == pytest.approx(0.3, abs=0.01)
    # Of the two ends that below 4 is nearer to the median, as probabilities go.
    assert _side(found, "h") == ("below 4.0", pytest.approx(0.2, abs=0.01))


def test_what_never_turns_is_told_by_who_is_ahead():
    assert _regions(held_against(lambda x: 0 * x), "h") == ("whatever it can be", "", 0.0)
    assert _regions(held_against(lambda x: 11 + 0 * x), "h") == ("nothing that it can be", "whatever it can be", 1.0)


def test_several_plans_at_once_are_what_each_is_alone(default):
    po = default.portfolio
    plans = po.neighbours
    every, draws = po.models(plans), po.ways.joint.every
    np.testing.assert_allclose(every(draws), np.column_stack([po.net(choice) for choice in plans]), atol=1e-6)
    for name in list(draws)[:8]:
        held = {**draws, name: np.full_like(draws[name], np.median(draws[name]))}
        np.testing.assert_allclose(
            every(held), np.column_stack([po.model(choice)(held) for choice in plans]), atol=1e-6
        )


def test_the_lead_is_paired_and_names_what_it_does_not_tell_apart(default):
    po, found = default.portfolio, default.overtaken.model
    mine = po.net(po.candidate, fresh=True)
    gaps = {other: mine - po.net(other, fresh=True) for other in found.others}
    first = gaps[found.others[0]]
    row = default.brief.table.set_index("term")["estimate"]
    assert row["ahead"] == pytest.approx(first.mean())
    assert row["ahead_error"] == pytest.approx(first.std(ddof=1) / np.sqrt(len(first)))
    assert first.mean() == min(gap.mean() for gap in gaps.values())
    near = {other for other, gap in gaps.items() if abs(gap.mean()) <= ERRORS * gap.std(ddof=1) / np.sqrt(len(gap))}
    assert set(found.tied) == near
    assert row["tied"] == len(near)
    reach = [abs(gaps[other].mean()) + ERRORS * gaps[other].std(ddof=1) / np.sqrt(len(first)) for other in near]
    assert row["stake"] == pytest.approx(max(reach, default=0.0))
    assert ("Not told apart from this plan on average" in default.brief.model["recommendation"]) == bool(near)
    assert ("Not told apart from the plan" in default.overtaken.text) == bool(near)


def test_at_the_value_told_two_plans_bring_the_same(default):
    table = default.overtaken.table.dropna(subset=["estimate"])
    po, draws = default.portfolio, default.portfolio.drawn_anew.every
    plans = (po.candidate, *default.overtaken.model.others)
    nets = po.models(plans)
    assert len(table)
    for row in table.head(3).itertuples():
        means = nets({**draws, row.term: np.full_like(draws[row.term], row.estimate)}).mean(axis=0)
        assert means[0] == pytest.approx(means[1:].max(), abs=1e-4 * abs(means[0]))
        assert row.who.strip("“”")
        assert 0 < row.probability < 1
    assert re.search(r"One input alone puts another ahead", default.overtaken.text)


def test_without_another_plan_nothing_overtakes():
    a = analyse(Parameters(draws=512, jurisdictions=["US-WY"], delivery_models=["provider"], locations=["IND"]))
    assert not a.overtaken.estimable
    assert np.isnan(a.brief.row("ahead")["estimate"])


def test_at_its_multiple_the_added_loss_eats_the_saving(alone):
    """The hazard enters the expected loss in proportion, so that a report with it multiplied expects to save nothing."""
    exposed = alone.flips.model
    assert exposed.multiple > 1
    low, high = (exposed.multiple * end for end in alone.parameters.relative_hazard)
    other = analyse(alone.parameters.model_copy(update={"relative_hazard": [low, high]}))
    choice = alone.portfolio.candidate
    assert other.portfolio.net(choice, fresh=True).mean() == pytest.approx(
        0, abs=1e-6 * alone.portfolio.net(choice, fresh=True).mean()
    )
    assert "Risk does not change the answer" in alone.flips.text
    assert any(
        "Risk does not change the answer" in statement.plain
        for statement in dict(alone.brief.model["parts"])["How sure"]
    )


def test_the_multiple_at_which_a_plan_that_adds_less_is_ahead(default):
    po, exposed = default.portfolio, default.flips.model
    net = {choice: po.net(choice, fresh=True).mean() for choice in (po.candidate, exposed.other)}
    added = {
        choice: sum(
            po.held(name, po.appraised).increment.mean()
            for name in set(choice) - {STAY}
            if po.ways.option(name).outside
        )
        for choice in net
    }
    far = [net[choice] - (exposed.other_multiple - 1) * added[choice] for choice in net]
    assert far[0] == pytest.approx(far[1])
    assert exposed.other_multiple <= exposed.multiple


def test_a_duty_says_on_which_opinions_it_is_asked_for_and_on_which_not_known(default):
    both = [default.ways.option(name).permit for name in ("outside provider, Ohio", "own lawyers with AI")]
    table = conditions(both).set_index("duty")
    consent = table.loc["client_consent"]
    assert (consent["asked_in"], consent["not_known_in"]) == ("US-NY (on outsourcing)", "US-NY (on generative AI)")
    assert consent["condition"] == "when necessary"
    assert table.loc["supervision", ["asked_in", "not_known_in", "condition"]].tolist() == ["US-NY", "", ""]
    assert "08-451" in table.loc["client_disclosure", "persuasive"]
    assert table.loc["client_disclosure", "not_known_in"] == "US-NY"
    assert (
        "On disclosure to the client and written agreement no opinion of the chosen jurisdictions tells"
        in default.plan.text
    )
    assert "persuasive only" in default.plan.text
    assert not (table["asked_in"].ne("") & table["persuasive"].ne("")).any()


def test_of_one_scope_no_scope_is_named(alone):
    permits = [alone.ways.option(name).permit for name in alone.portfolio.candidate]
    assert not conditions(permits)[["asked_in", "not_known_in"]].agg("".join).str.contains("on outsourcing").any()


def test_the_brief_says_of_an_opinion_what_it_says(default):
    told = " ".join(default.brief.model["conditions"])
    assert "(when necessary)" in told
    assert "bill appropriately" in told
    assert "surcharge" not in told
    assert "a national opinion" in told
    assert "digest/passage" not in told
    assert "the risk report says" not in told


def test_no_sentence_names_a_parameter_for_what_it_is(default):
    said = [default.plan.text, default.choices.text, default.adjusted.text, *default.not_costed["reason"]]
    said += [statement.plain for _, listed in default.brief.model["parts"] for statement in listed]
    assert not [text for text in said if re.search("most_weak|captive_minimum|control_costs|required_controls", text)]


def test_the_verdict_turns_at_the_probability_itself(default):
    chance = default.choices.table.loc[default.choices.table["own"], "estimate"].iloc[0]
    assert (
        f"“try before you commit” up to {100 * chance:.1f}%, “too uncertain to call” above it" in default.choices.text
    )
    assert "from 99%" not in default.choices.alt


def test_after_a_wait_a_pilot_is_worth_what_it_is_worth_now_discounted(default):
    p = default.parameters
    now = default.pilot.row(f"units_{p.pilot_units}")
    waits = default.waiting.row("pilot")
    assert waits["learning"] == pytest.approx(now["estimate"] / (1 + p.discount_rate) ** p.wait_years)
    assert waits["estimate"] == pytest.approx(waits["learning"] - waits["delay"] - p.pilot_cost)
    # Discounting is all that the wait does to it: the regression on later benefits would find the same.
    assert default.waiting.row("everything")["learning"] == pytest.approx(
        default.information.row("everything")["estimate"] / (1 + p.discount_rate) ** p.wait_years
    )


def test_overlap_is_told_as_no_test(default):
    assert default.expertise.text.endswith("neither shows a difference nor rules one out.")
