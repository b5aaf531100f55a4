"""The bridge from one total to the next: worked by hand, against all orders listed, and whatever comes."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.bridge import rate_volume_mix


def lines(*rows, columns=("task", "hours", "spend")):
    return pd.DataFrame(list(rows), columns=list(columns))


def test_a_bridge_worked_by_hand():
    """20 hours become 40; half of them review at 100 becomes three quarters at 110; drafting goes from 200 to 190.

    Volume V 20 to 40. Review: share .5 to .75, rate 100 to 110. Drafting: share .5 to .25, rate 200 to 190. The Shapley value of a
    factor is its change times the average of the others: both old and both new weigh 1/3, one old and one new 1/6 each.
    Review, volume: 20 x (.5 x 100 / 3 + .75 x 110 / 3 + (.5 x 110 + .75 x 100) / 6) = 20 x 65.8333 = 1316.6667;
    mix: .25 x (20 x 100 / 3 + 40 x 110 / 3 + (20 x 110 + 40 x 100) / 6) = .25 x 3166.6667 = 791.6667;
    rate: 10 x (20 x .5 / 3 + 40 x .75 / 3 + (20 x .75 + 40 x .5) / 6) = 10 x 19.1667 = 191.6667. Sum 2300 = 3300 - 1000.
    Drafting, volume: 20 x (100 / 3 + 47.5 / 3 + (95 + 50) / 6) = 20 x 73.3333 = 1466.6667;
    mix: -.25 x (4000 / 3 + 7600 / 3 + (3800 + 8000) / 6) = -.25 x 5833.3333 = -1458.3333;
    rate: -10 x (10 / 3 + 10 / 3 + (5 + 20) / 6) = -10 x 10.8333 = -108.3333. Sum -100 = 1900 - 2000.
    """
    bridge = rate_volume_mix(
        lines(("review", 10, 1000), ("drafting", 10, 2000)),
        lines(("review", 30, 3300), ("drafting", 10, 1900)),
        by=["task"],
    )
    assert (bridge.before, bridge.after, bridge.change) == (3000, 5200, 2200)
    cells = bridge.cells.set_index("task")
    told = {"drafting": (1466.66667, -1458.33333, -108.33333), "review": (1316.66667, 791.66667, 191.66667)}
    for task, values in told.items():
        assert cells.loc[task, ["volume", "mix_task", "rate"]].tolist() == pytest.approx(values, abs=1e-4)
    assert bridge.parts.tolist() == pytest.approx([2783.33333, -666.66667, 83.33333, 0], abs=1e-4)
    assert bridge.parts.index.tolist() == ["volume", "mix_task", "rate", "no_volume"]


def test_only_rates_rose():
    bridge = rate_volume_mix(lines(("a", 5, 500), ("b", 2, 400)), lines(("a", 5, 550), ("b", 2, 440)), by=["task"])
    assert bridge.parts.to_dict() == pytest.approx({"volume": 0, "mix_task": 0, "rate": 90, "no_volume": 0})


def test_only_volume_grew():
    bridge = rate_volume_mix(lines(("a", 5, 500), ("b", 2, 400)), lines(("a", 10, 1000), ("b", 4, 800)), by=["task"])
    assert bridge.parts.to_dict() == pytest.approx({"volume": 900, "mix_task": 0, "rate": 0, "no_volume": 0})


def test_new_and_vanished_work_is_volume_and_mix_and_told():
    bridge = rate_volume_mix(lines(("a", 10, 1000), ("b", 5, 900)), lines(("a", 10, 1000), ("c", 5, 300)), by=["task"])
    cells = bridge.cells.set_index("task")
    assert cells["status"].to_dict() == {"a": "both", "b": "vanished", "c": "new"}
    assert (cells["rate"] == 0).all()
    assert bridge.parts["volume"] == pytest.approx(0)
    assert bridge.parts["mix_task"] == pytest.approx(-600)


def test_amounts_without_hours_are_a_part_of_their_own():
    bridge = rate_volume_mix(
        lines(("a", 10, 1000), ("expense", 0, 70)),
        lines(("a", 10, 1000), ("expense", 0, -30), ("late", 0, 5)),
        by=["task"],
    )
    assert bridge.parts.to_dict() == pytest.approx({"volume": 0, "mix_task": 0, "rate": 0, "no_volume": -95})
    assert bridge.cells.set_index("task")["status"].to_dict() == {
        "a": "both",
        "expense": "no_volume",
        "late": "no_volume",
    }


def every_order(before, after, names):
    """Parts by listing all orders in which volume, mixes and rate may change."""
    both = before.set_index(names).add_suffix("0").join(after.set_index(names).add_suffix("1"))
    hours = [both["hours0"].to_numpy(float), both["hours1"].to_numpy(float)]
    rate = [both[f"spend{k}"].to_numpy(float) / hours[k] for k in (0, 1)]
    causes = [[np.full(len(both), h.sum()) for h in hours]]
    whole = causes[0]
    for depth in range(1, len(names) + 1):
        inner = [pd.Series(h, both.index).groupby(level=names[:depth]).transform("sum").to_numpy() for h in hours]
        causes.append([i / w for i, w in zip(inner, whole, strict=True)])
        whole = inner
    causes.append(rate)
    found = np.zeros(len(causes))
    orders = list(permutations(range(len(causes))))
    for order in orders:
        state = [c[0] for c in causes]
        total = np.prod(state, axis=0).sum()
        for j in order:
            state[j] = causes[j][1]
            new = np.prod(state, axis=0).sum()
            found[j] += (new - total) / len(orders)
            total = new
    return found


@pytest.mark.parametrize("names", [["task"], ["task", "role"], ["role", "task"]])
def test_it_is_the_average_over_all_orders(names):
    rng = np.random.default_rng(4)
    cells = pd.MultiIndex.from_product([["a", "b", "c"], ["x", "y"]], names=["task", "role"]).to_frame(index=False)
    frames = [cells.assign(hours=rng.integers(1, 90, 6), spend=rng.integers(100, 9000, 6)) for _ in range(2)]
    sums = [f.groupby(names, as_index=False)[["hours", "spend"]].sum() for f in frames]
    bridge = rate_volume_mix(*frames, by=names)
    assert bridge.parts.drop("no_volume").to_numpy() == pytest.approx(every_order(*sums, names))


ROW = st.tuples(
    st.sampled_from("abc"), st.sampled_from("xy"), st.one_of(st.just(0.0), st.floats(0.1, 1e4)), st.floats(-1e6, 1e6)
)


@settings(max_examples=40)
@given(st.lists(ROW, min_size=1, max_size=8), st.lists(ROW, min_size=1, max_size=8))
def test_parts_always_sum_to_the_change_and_turn_with_time(first, second):
    frames = [lines(*rows, columns=("task", "role", "hours", "spend")) for rows in (first, second)]
    if any(f["hours"].sum() == 0 for f in frames):
        with pytest.raises(ParameterError, match="has no volume"):
            rate_volume_mix(*frames, by=["task", "role"])
        return
    there, back = rate_volume_mix(*frames, by=["task", "role"]), rate_volume_mix(*frames[::-1], by=["task", "role"])
    # A share of 1e-5 hours beside a million of money makes rates of 1e11; what is left is their rounding.
    scale = float(np.abs(there.cells[["volume", "mix_task", "mix_role", "rate"]].to_numpy()).max()) + there.cells[
        ["amount_before", "amount_after"]].abs().to_numpy().sum() + 1  # fmt: skip
    assert there.parts.sum() == pytest.approx(there.change, abs=1e-9 * scale)
    own = there.cells[["volume", "mix_task", "mix_role", "rate", "no_volume"]].sum(axis=1)
    assert own.to_numpy() == pytest.approx(
        (there.cells["amount_after"] - there.cells["amount_before"]).to_numpy(), abs=1e-9 * scale
    )
    assert back.parts.to_numpy() == pytest.approx(-there.parts.to_numpy(), abs=1e-9 * scale)


@pytest.mark.parametrize(
    ("before", "options", "message"),
    [
        (lines(("a", 1, 1)), {"by": ["tasks"]}, "before: has no column 'tasks'. Did you mean 'task'"),
        (lines(("a", 1, 1)), {"by": []}, "at least one category"),
        (lines(("a", -1, 1)), {"by": ["task"]}, "the volume of 1 of 1 cells is negative"),
        (lines((None, 1, 1)), {"by": ["task"]}, "a row has no category"),
        (lines(("a", np.inf, 1)), {"by": ["task"]}, "finite number"),
        (lines(("a", 0, 1)), {"by": ["task"]}, "before: has no volume"),
    ],
)
def test_bad_input_is_refused(before, options, message):
    with pytest.raises(ParameterError, match=message):
        rate_volume_mix(before, lines(("a", 1, 1)), **options)
