"""The plan: constraints kept, duties never read as permission, one set of draws, sums that add up."""

import numpy as np
import pytest

from lpo_analysis import risk
from lpo_analysis.decision import Parameters, analyse
from lpo_analysis.decision.adjusted import LOSS
from lpo_analysis.decision.permits import permit
from lpo_analysis.decision.ways import STAY, key
from lpo_analysis.errors import ParameterError

BASE = {"draws": 512}


@pytest.fixture(scope="module")
def default():
    return analyse(Parameters(**BASE))


def made(**changes):
    return analyse(Parameters(**{**BASE, **changes}))


def test_all_tasks_and_the_loss_stand_on_one_object_of_draws(default):
    w = default.ways
    first, second = (w.adjusted[task] for task in default.parameters.tasks)
    assert first.drawn is second.drawn
    drawn = w.joint.draws
    one, other = (
        drawn["document review: outside provider, India"],
        drawn["legal research: outside provider, Philippines"],
    )
    assert one["productivity"] is other["productivity"]
    p = default.parameters.risk()
    added = risk.increment_of(drawn[LOSS], p)
    way = "document review: outside provider, India"
    np.testing.assert_allclose(
        first.increment[way], added * w.cells["document_review", "outside provider, India"].terms.annuity
    )


def test_a_plan_brings_the_sum_of_its_tasks_less_each_holder_once(default):
    w, po = default.ways, default.portfolio
    name, other = "outside provider, India", "outside provider, Ohio"
    cells = [(task, name) for task in default.parameters.tasks]
    saving = sum(w.adjusted[task].saving[key(task, name)] for task, name in cells)
    once = w.adjusted["document_review"].increment[key("document_review", name)]
    # Vetting is hours times pay over productive hours with benefits on top; each task alone pays it, two at one provider pay it once.
    v = w.joint.draws[key("document_review", name)]
    years = w.cells["document_review", name].gathered.rates.elapsed["baseline_pay"]
    pay = v["baseline_pay"] * (1 + v["baseline_drift"]) ** years
    vetting = v["setup_hours"] * pay / (1 - v["benefits_share"]) / v["productive_hours"]
    np.testing.assert_allclose(po.net((name, name)), saving - once + vetting)
    np.testing.assert_allclose(po.model((name, name))(w.joint.every), saving - once + vetting)
    assert not po.net((STAY, STAY)).any()
    apart = [
        w.adjusted[task].net(key(task, who)) for task, who in zip(default.parameters.tasks, (name, other), strict=True)
    ]
    np.testing.assert_allclose(po.net((name, other)), sum(apart))
    np.testing.assert_allclose(po.model((name, other))(w.joint.every), sum(apart))
    # So does what starting costs, which a budget limits.
    assert po.starting((name, name)) == pytest.approx(
        po.starting((name, STAY)) + po.starting((STAY, name)) - vetting.mean()
    )


def test_parts_of_a_plan_and_of_a_way_are_means_that_add_up(default):
    who = default.plan.model["who"]
    assert who["part"].iloc[-1] == "the whole plan"
    assert who["saves"].iloc[:-1].sum() == pytest.approx(who["saves"].iloc[-1])
    assert who["saves"].iloc[-1] == pytest.approx(default.plan.row("saving")["estimate"])
    table = default.adjusted.table
    left = table["before"] - table["quality"] - table["increment"] - table["controls"]
    np.testing.assert_allclose(left, table["estimate"])
    for result in (default.adjusted, default.plan, default.brief):
        assert "(mean; 90% interval" in result.text or "on average" in result.text
        assert "median" not in result.text
    assert default.brief.row("saving")["estimate"] == pytest.approx(
        default.portfolio.net(default.portfolio.candidate, fresh=True).mean()
    )


def test_what_a_constraint_costs_by_keeping_tasks_whole_is_bounded():
    free, half = made(), made(max_share_per_provider=0.5, delivery_models=["provider"])
    assert free.portfolio.divided == pytest.approx(0, abs=1e-3)
    assert "would bring nothing more" in next(c.text for c in free.frontier.checks if c.name == "Tasks go whole")
    # Half of all hours may go to one provider: whole, the larger task stays; divided, parts of it go.
    assert half.portfolio.divided > 0
    assert "at most $" in next(c.text for c in half.frontier.checks if c.name == "Tasks go whole")


@pytest.mark.parametrize("records", [5_000_000, 3_000], ids=["records count", "the response alone often counts"])
def test_what_befalls_costs_on_average_what_is_expected(records):
    w = made(
        draws=32768,
        records=records,
        vendors=1,
        tasks=["document_review"],
        volume_hours=[4000.0],
        locations=["IND"],
        delivery_models=["provider"],
    ).ways
    one = w.adjusted["document_review"]
    befell = w.befell(w.joint, "outside provider, India", 1)
    expected = one.increment["document review: outside provider, India"]
    assert abs(befell.mean() - expected.mean()) < 4 * befell.std() / np.sqrt(len(befell))


def test_silence_and_a_consent_that_is_not_to_be_had_refuse():
    silent = {**BASE, "jurisdictions": ["US-WY"]}
    assert permit(Parameters(**silent), "provider", "IND").state == "refused"
    review = permit(Parameters(**silent, unknown_duties="allow_with_review"), "provider", "IND")
    assert review.state == "review"
    assert "Wyoming" in review.reason
    asked = {**BASE, "jurisdictions": ["US-OH"]}
    assert permit(Parameters(**asked), "provider", "IND").state == "open"
    assert permit(Parameters(**asked, consent_obtainable=False), "provider", "IND").state == "refused"
    assert (
        permit(
            Parameters(**asked, consent_obtainable=False, unknown_duties="allow_with_review"), "provider", "IND"
        ).state
        == "refused"
    )
    assert permit(Parameters(**silent), "in_house", "USA").state == "open"


def test_where_all_is_refused_the_brief_says_stay_and_why():
    a = made(jurisdictions=["US-WY"])
    assert a.portfolio.choice(a.portfolio.chosen) == (STAY, STAY)
    assert a.brief.model["verdict"] == "stay"
    assert "every way that can be costed is refused" in a.brief.text
    assert any("Wyoming" in text for text in a.brief.model["against"])
    assert not a.information.estimable
    assert not a.flips.estimable
    assert set(a.not_costed["state"]) == {"refused"}


@pytest.mark.parametrize(("changes", "kept"), [
    ({"max_abroad": 0.0}, lambda po, c: all(n == STAY or po.ways.option(n).place in ("US-OH", "USA") for n in c)),
    ({"max_share_per_provider": 0.5}, lambda po, c: c[0] == STAY or not po.ways.option(c[0]).outside),
    ({"transition_budget": 1.0}, lambda po, c: set(c) == {STAY}),
    ({"min_moved": 1.0, "baseline": "contract_attorney"}, lambda po, c: STAY not in c),
])  # fmt: skip
def test_every_plan_keeps_the_constraints(changes, kept):
    po = made(**changes).portfolio
    for plan in po.frontier.plans:
        assert kept(po, po.choice(plan))
        assert po.allowed(po.choice(plan))


def test_constraints_that_conflict_are_named():
    asked = Parameters(**BASE, min_moved=0.9, max_abroad=0.0, delivery_models=["provider"], locations=["IND"])
    with pytest.raises(ParameterError, match=r"'max_abroad 0' and 'min_moved 0\.9"):
        asked.check_evidence()


def test_the_brief_does_not_recommend_moving_outright_on_assumptions(default):
    b = default.brief
    assert b.row("weak_share")["estimate"] > 0.5
    assert b.model["verdict"] == "trial"
    assert b.text.startswith("Try before you commit")
    assert "borrowed or assumed" in b.text
    assert 1 <= len(b.model["for"]) <= 3
    assert 1 <= len(b.model["against"]) <= 3
    assert set(default.ways.rows) <= set(b.rows)
    assert any(row.startswith("opinion:") for row in b.rows)


def test_dear_ways_leave_things_as_they_are_and_say_what_would_flip_it():
    a = made(tasks=["document_review"], volume_hours=[2000.0], baseline="contract_attorney")
    assert a.brief.text.startswith("Stay as you are")
    assert a.brief.model["conditions"] == []
    assert "expected to lose" in a.flips.text


def test_controls_come_off_and_prevent_what_is_assumed(default):
    a = made(control_costs=[1000.0, 1000.0], control_effect=[0.5, 0.5])
    way, task = "document review: outside provider, India", "document_review"
    np.testing.assert_allclose(
        a.ways.adjusted[task].controls[way], 1000 * a.ways.cells[task, "outside provider, India"].terms.annuity
    )
    assert a.ways.adjusted[task].increment[way].mean() == pytest.approx(
        0.5 * default.ways.adjusted[task].increment[way].mean(), rel=0.3
    )
    assert not a.ways.adjusted[task].controls["document review: own lawyers with AI"].any()


def test_fixed_costs_make_small_volumes_dear(default):
    frame = default.by_size.model
    for _, part in frame.groupby("task"):
        assert part["fixed_per_hour"].is_monotonic_decreasing
        assert part["estimate"].is_monotonic_increasing
    assert (default.by_size.table["confident"] >= default.by_size.table["estimate"]).all()


def test_nothing_single_is_worth_more_than_everything_and_waiting_without_learning_costs(default):
    table = default.information.table.set_index("term")
    assert (table["conf_low"].drop("everything") <= table.loc["everything", "conf_high"]).all()
    assert default.waiting.row("nothing")["estimate"] < 0
    p, po = default.parameters, default.portfolio
    best = max(po.net(choice).mean() for choice in po.neighbours)
    assert default.waiting.row("nothing")["delay"] == pytest.approx(best * (1 - (1 + p.discount_rate) ** -p.wait_years))


def test_without_a_table_of_providers_none_is_ranked(default):
    assert not default.provider_ranks.estimable
    assert "providers_path" in default.provider_ranks.text
    assert default.questions.empty
