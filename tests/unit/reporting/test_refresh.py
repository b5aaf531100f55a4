"""Which numbers moved between two executions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lpo_analysis.reporting.refresh import differences

ITEM = st.dictionaries(
    st.sampled_from(["estimate", "conf_low", "value", "label"]), st.integers() | st.text(max_size=3), min_size=1
)
RECORDED = st.dictionaries(st.sampled_from("abcd"), ITEM)


@given(RECORDED)
def test_nothing_moved_between_equal_runs(values):
    assert differences(values, dict(values)) == []


@given(RECORDED, RECORDED)
def test_every_name_that_differs_is_listed_and_no_other(before, after):
    moved = {line.partition(":")[0].partition(".")[0] for line in differences(before, after)}
    assert moved == {name for name in {*before, *after} if before.get(name) != after.get(name)}


def test_a_moved_number_is_shown_with_both_values():
    before = {"n.gap": {"estimate": 0.5, "level": 0.9}}
    after = {"n.gap": {"estimate": 0.6, "level": 0.9}}
    assert differences(before, after) == ["n.gap.estimate: 0.5 -> 0.6"]


def test_new_and_vanished_values_are_named():
    assert differences({"old": {"value": 1}}, {"fresh": {"value": 1}}) == ["old: gone", "fresh: new"]


def test_a_key_that_comes_or_goes_counts_as_moved():
    assert differences({"x": {"estimate": None}}, {"x": {"estimate": None, "reason": "no rows"}}) == [
        "x.reason: None -> no rows"
    ]
