"""The frontier against all plans there are, and against Rockafellar and Uryasev's own program."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.frontier import Assignment, best_plan, efficient_frontier, tail_mean
from lpo_analysis.methods.rules import Between, Budget, Forbid, LeastSize, MostUsed, conflicts_among

ITEMS, OPTIONS = ("research", "review", "drafting", "support"), ("stay", "near", "far")
SIZES = np.array([4.0, 3.0, 2.0, 1.0])
COSTS = np.array([[0, 2, 5], [0, 3, 4], [0, 1, 2], [0, 1, 1]], dtype=float)


def drawn(seed=0, draws=400):
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((draws, 1, len(OPTIONS)))
    spread = np.array([0.0, 2.0, 5.0])
    gain = np.array([0.0, 1.5, 3.0]) + spread * (0.7 * common + rng.standard_normal((draws, len(ITEMS), len(OPTIONS))))
    return gain * SIZES[:, None]


def assignment(**changes):
    return Assignment(ITEMS, OPTIONS, **({"gain": drawn(), "sizes": SIZES, "level": 0.9} | changes))


RULES = {
    "none": (),
    "forbid": (Forbid("consent for research", ("research",), ("far",)),),
    "share": (Between("abroad at most half", ("near", "far"), most=0.5),),
    "several": (
        Between("something abroad", ("near", "far"), least=0.3),
        Budget("transition", 6.0, COSTS, np.array([0.0, 1.0, 2.0])),
        MostUsed("one place abroad", ("near", "far")),
        LeastSize("least engagement", ("far",), 3.0),
    ),
}


def allowed(plan, name):
    """The same rules, written down anew for a plan given as the option of each item."""
    far, near = ([o == k for o in plan] for k in (2, 1))
    abroad = sum(SIZES[i] for i, o in enumerate(plan) if o) / SIZES.sum()
    if name == "forbid":
        return plan[0] != 2
    if name == "share":
        return abroad <= 0.5 + 1e-12
    if name == "several":
        cost = sum(COSTS[i, o] for i, o in enumerate(plan)) + any(near) + 2 * any(far)
        size_far = sum(SIZES[i] for i, o in enumerate(plan) if o == 2)
        return abroad >= 0.3 - 1e-12 and cost <= 6 and not (any(near) and any(far)) and (size_far == 0 or size_far >= 3)
    return True


def every_plan(gain, name, setup=(0, 0, 0), level=0.9):
    n = len(gain)
    found = []
    for plan in product(range(3), repeat=4):
        if not allowed(plan, name):
            continue
        total = sum(gain[:, i, o] for i, o in enumerate(plan)) - sum(setup[o] for o in set(plan))
        worst = np.sort(-total)[::-1][: round(n * (1 - level))].mean()
        found.append((total.mean(), worst, plan))
    return found


def efficient(points):
    kept = [
        p for p in points if not any((q[0] >= p[0] and q[1] < p[1]) or (q[0] > p[0] and q[1] <= p[1]) for q in points)
    ]
    return sorted(kept, key=lambda p: p[0])


@pytest.mark.parametrize("name", RULES)
def test_the_whole_frontier_is_that_of_all_plans(name):
    found = efficient_frontier(assignment(), RULES[name], points=None)
    truth = efficient(every_plan(drawn(), name))
    assert found.complete
    assert [tuple(p.shares.argmax(axis=1)) for p in found.plans] == [p[2] for p in truth]
    np.testing.assert_allclose([p.mean for p in found.plans], [p[0] for p in truth], rtol=1e-10)
    np.testing.assert_allclose([p.tail for p in found.plans], [p[1] for p in truth], rtol=1e-10)


@pytest.mark.parametrize("name", ["none", "several"])
def test_the_solver_finds_the_plans_of_the_list(name, monkeypatch):
    listed = efficient_frontier(assignment(gain=drawn(draws=100)), RULES[name], points=4)
    monkeypatch.setattr("lpo_analysis.methods.frontier.LISTED", 0)
    searched = efficient_frontier(assignment(gain=drawn(draws=100)), RULES[name], points=4)
    np.testing.assert_allclose([p.tail for p in searched.plans], [p.tail for p in listed.plans], atol=1e-4)
    assert all(plan.gap == 0 for plan in searched.plans)


def test_using_an_option_may_cost_whatever_goes_there():
    setup = np.array([0.0, 2.0, 6.0])
    found = efficient_frontier(assignment(setup=setup), points=None)
    truth = efficient(every_plan(drawn(), "none", setup))
    assert [tuple(p.shares.argmax(axis=1)) for p in found.plans] == [p[2] for p in truth]
    np.testing.assert_allclose([p.mean for p in found.plans], [p[0] for p in truth], rtol=1e-10)


def test_what_befalls_in_the_place_of_an_expected_setup_is_in_the_tail_alone():
    # One item, stay or go. Going brings 10 for sure and costs 1 in expectation; what befalls is 20 in one of twenty draws, else 0.
    befell = np.zeros((200, 2))
    befell[::20, 1] = 20.0
    gain = np.zeros((200, 1, 2))
    gain[:, 0, 1] = 10.0
    a = Assignment(("work",), ("stay", "go"), gain, setup=np.array([0.0, 1.0]), setup_loss=befell, level=0.9)
    plan = a.plan(np.array([[0.0, 1.0]]))
    # By hand: the gain is 10 - 1 in each draw; of the worst tenth (20 draws) half lose 20 - 10, half lose -10.
    assert (plan.mean, plan.mean_error) == (9.0, 0.0)
    assert plan.tail == pytest.approx((10 * 10 + 10 * -10) / 20)
    without = Assignment(("work",), ("stay", "go"), gain, setup=np.array([0.0, 1.0]), level=0.9)
    assert without.plan(np.array([[0.0, 1.0]])).tail == pytest.approx(-9.0)
    # An option that is not used costs nothing of either kind.
    assert a.plan(np.array([[1.0, 0.0]])).tail == 0
    # Two items at one option meet what befalls there once.
    two = Assignment(
        ("a", "b"), ("stay", "go"), np.repeat(gain, 2, axis=1), setup=np.array([0.0, 1.0]), setup_loss=befell, level=0.9
    )
    both = two.plan(np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert both.mean == pytest.approx(2 * 10 - 1)
    assert both.tail == pytest.approx((10 * (20 - 20) + 10 * -20) / 20)


def test_the_best_plan_of_whole_and_of_divided_items_is_that_of_hand():
    # Two items of 3 and 1 hours bring 2 an hour far away, which may have half of all hours, and going there costs 1.
    gain = np.zeros((100, 2, 2))
    gain[:, :, 1] = 2 * np.array([3.0, 1.0])
    a = Assignment(("a", "b"), ("stay", "far"), gain, setup=np.array([0.0, 1.0]), sizes=np.array([3.0, 1.0]), level=0.9)
    rules = (Between("half", ("far",), most=0.5),)
    # Whole, only the item of one hour may go: 2 - 1; divided, two of four hours go: 4 - 1.
    assert best_plan(a, rules).mean == pytest.approx(1.0)
    assert best_plan(replace(a, whole=False), rules).mean == pytest.approx(3.0)
    with pytest.raises(ParameterError, match="no plan satisfies them"):
        best_plan(a, (Forbid("nobody", ("a",), None),))


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_how_many_plans_are_appraised_at_once_changes_no_plan(monkeypatch, at_once):
    due = [(p.mean, p.tail) for p in efficient_frontier(assignment(), RULES["several"], points=None).plans]
    monkeypatch.setattr("lpo_analysis.methods.frontier._AT_ONCE", at_once)
    found = [(p.mean, p.tail) for p in efficient_frontier(assignment(), RULES["several"], points=None).plans]
    np.testing.assert_allclose(found, due)


def test_points_along_the_frontier_are_on_it_and_hold_both_ends():
    whole = {tuple(p.shares.argmax(axis=1)) for p in efficient_frontier(assignment(), points=None).plans}
    some = efficient_frontier(assignment(), points=4)
    plans = [tuple(p.shares.argmax(axis=1)) for p in some.plans]
    assert set(plans) <= whole
    assert len(plans) <= 4
    ends = efficient(every_plan(drawn(), "none"))
    assert (plans[0], plans[-1]) == (ends[0][2], ends[-1][2])


def test_items_that_may_be_divided_follow_the_program_of_rockafellar_and_uryasev():
    gain, level = drawn(3, 200), 0.9
    a = Assignment(ITEMS, OPTIONS, gain, sizes=SIZES, whole=False, level=level)
    found = efficient_frontier(a, RULES["share"], points=3)
    n, pairs = 200, 12
    loss = -gain.reshape(n, pairs)
    for plan in found.plans[:-1]:
        # Variables: shares, threshold, excess of each draw.
        objective = np.concatenate([np.zeros(pairs), [1.0], np.full(n, 1 / (n * (1 - level)))])
        over = np.hstack([loss, -np.ones((n, 1)), -np.eye(n)])
        abroad = np.concatenate([(SIZES[:, None] / SIZES.sum() * [0, 1, 1]).ravel(), np.zeros(n + 1)])
        floor = np.concatenate([-gain.mean(axis=0).ravel(), np.zeros(n + 1)])
        each = np.hstack([np.kron(np.eye(4), np.ones(3)), np.zeros((4, n + 1))])
        made = linprog(
            objective, A_ub=np.vstack([over, abroad, floor]), b_ub=np.concatenate([np.zeros(n), [0.5], [-plan.mean]]), A_eq=each, b_eq=np.ones(4),
            bounds=[(0, 1)] * pairs + [(None, None)] + [(0, None)] * n,
        )  # fmt: skip
        assert made.fun - 1e-4 <= plan.tail <= made.fun + plan.gap + 1e-4
        assert plan.gap < 0.1


def test_the_tail_is_that_of_the_normal_and_its_error_is_its_spread():
    from scipy.stats import norm

    level = 0.95
    truth = norm.pdf(norm.ppf(level)) / (1 - level)
    made = np.array([tail_mean(np.random.default_rng(seed).standard_normal(2000), level) for seed in range(200)])
    assert made[:, 0].mean() == pytest.approx(truth, abs=0.02)
    assert made[:, 1].mean() == pytest.approx(made[:, 0].std(ddof=1), rel=0.15)


def test_a_draw_at_the_quantile_enters_with_its_part():
    assert tail_mean(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), 0.75)[0] == pytest.approx((6 + 0.5 * 5) / 1.5)


def test_the_loss_may_be_another_than_the_gain_turned():
    loss = np.abs(drawn(8))
    loss[:, :, 0] = 0.0
    found = efficient_frontier(assignment(loss=loss), points=None)
    assert found.plans[0].tail == 0
    assert set(found.plans[0].shares.argmax(axis=1)) == {0}


def test_a_plan_looks_worse_on_draws_it_was_not_chosen_on():
    few = np.random.default_rng(1).standard_normal((100, 4, 3))
    best = efficient_frontier(Assignment(ITEMS, OPTIONS, few, level=0.9), points=5).plans[-1]
    fresh = Assignment(ITEMS, OPTIONS, np.random.default_rng(2).standard_normal((20_000, 4, 3)), level=0.9).plan(
        best.shares
    )
    assert best.mean > 0.2
    assert abs(fresh.mean) < 4 * fresh.mean_error


def test_who_does_what_adds_up():
    found = efficient_frontier(assignment(), RULES["share"], points=5)
    for plan in found.plans:
        who = found.who(plan)
        assert who["gain"].sum() == pytest.approx(plan.mean)
        assert list(who["item"]) == list(ITEMS)
    frame = found.frame()
    assert frame["mean"].is_monotonic_increasing
    assert frame["tail"].is_monotonic_increasing
    assert list(frame.columns[:6]) == ["plan", "mean", "mean_error", "tail", "tail_error", "gap"]


def test_conflicting_rules_are_named_with_what_would_have_to_change():
    rules = (
        Budget("transition", 50.0, COSTS),
        Between("at most a fifth abroad", ("near", "far"), most=0.2),
        Forbid("no far", None, ("far",)),
        Between("half near", ("near",), least=0.5),
    )
    (conflict,) = conflicts_among(assignment(), rules)
    assert conflict.rules == ("at most a fifth abroad", "half near")
    # Items of 4, 3, 2 and 1 tenths stay whole: 0.2 and 0.5 can both be met exactly.
    assert conflict.limits == pytest.approx({"at most a fifth abroad": 0.5, "half near": 0.2})
    with pytest.raises(
        ParameterError, match=r"'at most a fifth abroad' and 'half near' cannot hold together; enough is one of"
    ):
        efficient_frontier(assignment(), rules)


def test_dropping_any_rule_of_a_conflict_resolves_it():
    rules = (
        Forbid("research stays", ("research",), ("near", "far")),
        Between("most of it abroad", ("near", "far"), least=0.7),
        Budget("small budget", 3.0, COSTS),
        MostUsed("one place abroad", ("near", "far")),
    )
    found = conflicts_among(assignment(), rules)
    core = set(found[0].rules)
    mine = [rule for rule in rules if rule.name in core]
    for left_out in mine:
        assert conflicts_among(assignment(), [rule for rule in mine if rule is not left_out]) == ()


def test_two_conflicts_are_both_told():
    rules = (
        Between("a", ("near",), least=0.8), Between("b", ("near",), most=0.1), Between("c", ("research", "far")[1:], least=0.9, items=("review",)),
        Forbid("d", ("review",), ("far",)),
    )  # fmt: skip
    assert {frozenset(c.rules) for c in conflicts_among(assignment(), rules)} == {frozenset("ab"), frozenset("cd")}


def test_a_rule_that_cannot_hold_alone_is_told_alone():
    (conflict,) = conflicts_among(assignment(), (Forbid("nobody", ("review",), None),))
    assert conflict.rules == ("nobody",)
    with pytest.raises(ParameterError, match="'nobody' cannot hold; enough is one of: drop 'nobody'"):
        efficient_frontier(assignment(), (Forbid("nobody", ("review",), None),))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Forbid("x", ("reserch",), None), "no item is called 'reserch'. Did you mean 'research'"),
        (Forbid("x", None, ("fare",)), "no option is called 'fare'"),
        (Between("x", ("far",), most=40), "a share must lie between 0 and 1, got 40"),
        (Between("x", ("far",), least=0.6, most=0.4), "least share 0.6 is above its most 0.4"),
        (Budget("x", -1.0, COSTS), "limit must be a number of at least 0"),
        (Budget("x", 1.0, COSTS[:2]), "costs must be finite and of shape"),
        (MostUsed("x", None, -1), "count must be a number of at least 0"),
        (LeastSize("x", ("far",), float("nan")), "size must be a number of at least 0"),
        (Forbid("", None, ("far",)), "each needs a name of its own"),
    ],
)
def test_a_rule_that_makes_no_sense_says_which_and_why(rule, said):
    with pytest.raises(ParameterError, match=said.replace("(", r"\(")):
        efficient_frontier(assignment(), (rule,))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gain": drawn()[:, :2]}, "gain: has shape"),
        ({"gain": np.where(drawn() > 9, np.inf, drawn())}, "not finite"),
        ({"sizes": -SIZES}, "sizes: must all be above 0"),
        ({"level": 1.0}, "level: must lie between 0 and 1"),
        ({"level": 0.999}, "fewer than five in the tail"),
        ({"setup": np.zeros(2)}, "setup: has shape"),
    ],
)
def test_an_assignment_that_does_not_fit_says_why(changes, said):
    with pytest.raises(ParameterError, match=said):
        assignment(**changes)


def test_endless_plans_need_a_number():
    with pytest.raises(ParameterError, match="points"):
        efficient_frontier(assignment(whole=False), points=None)
    with pytest.raises(ParameterError, match="at least 2"):
        efficient_frontier(assignment(), points=1)
