"""The drawings that follow a slider: the same numbers as the figures, escaped, and no address in them."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pandas as pd
import pytest

from lpo_analysis.charts import Bar, bars, live_frontier, live_intervals, live_tornado, live_waterfall

STEPS = pd.DataFrame({
    "label": ["today", "fee", "checking", "gain", "moved"], "value": [10.0, 6.0, 3.0, -1.0, 8.0], "kind": ["total", "start", "step", "step", "total"],
})  # fmt: skip
INPUTS = pd.DataFrame({
    "label": ["price", "a label that is far too long to stand beside a bar"], "rung": [3, 4], "at_low": [0.4, -0.1], "at_high": [-0.2, 0.2], "base": [0.1, 0.1],
    "low_text": ["USD 10", "1%"], "high_text": ["USD 70", "9%"],
})  # fmt: skip


def boxes(svg):
    """The bars of a drawing as pairs of left end and width."""
    return [(float(r.get("x")), float(r.get("width"))) for r in ElementTree.fromstring(svg).iter() if r.tag == "rect"]


def test_a_waterfall_steps_on_from_where_it_was():
    drawn = boxes(live_waterfall(STEPS, title="t", xlabel="x", text="{:g}".format))
    (zero, ten), (fee, six), (start, three), (back, one), (_, eight) = drawn
    unit = ten / 10
    assert fee == zero
    assert [w / unit for w in (six, three, one, eight)] == pytest.approx([6, 3, 1, 8], abs=0.02)
    assert start == pytest.approx(zero + 6 * unit, abs=0.2)
    assert back == pytest.approx(zero + 8 * unit, abs=0.2), "a negative step goes back from 9 to 8"


def test_a_tornado_writes_each_value_at_its_own_end():
    svg = live_tornado(INPUTS, title="t", xlabel="x")
    texts = [(t.text, float(t.get("x"))) for t in ElementTree.fromstring(svg).iter() if t.tag == "text"]
    place = dict(texts)
    assert place["USD 70"] < place["USD 10"], "the high value of the price has the lower saving"
    assert place["1%"] < place["9%"]
    assert "price [3]" in place
    assert any(t and t.endswith("… [4]") for t, _ in texts)


def test_intervals_have_a_dot_and_say_what_cannot_be_estimated():
    frame = pd.DataFrame(
        {
            "label": ["a", "b"],
            "estimate": [0.2, float("nan")],
            "conf_low": [0.1, float("nan")],
            "conf_high": [0.4, float("nan")],
        }
    )
    svg = live_intervals(frame, title="t", xlabel="x")
    assert svg.count("<circle") == 1
    assert "not estimable" in svg


def test_hostile_text_is_text_and_nothing_is_fetched(hostile):
    svg = bars([Bar(hostile, 0, 1, "#000000", hostile, hostile)], title=hostile, xlabel=hostile, tick=str, alt=hostile)
    tree = ElementTree.fromstring(svg)
    assert {element.tag for element in tree.iter()} <= {"svg", "text", "line", "rect", "circle"}
    assert not re.search(
        r"(href|src|url\(|https?:)=?", re.sub(r"&[^;]+;", "", svg).replace(hostile, "").replace("src=x", "")
    )
    assert tree.get("aria-label") == hostile


def test_nothing_to_draw_and_equal_ends_are_drawn():
    assert bars([], title="t", xlabel="x", tick=str).startswith("<svg")
    assert len(boxes(bars([Bar("a", 0.0, 0.0, "#000000")], title="t", xlabel="x", tick=str))) == 1


# The frontier

WAYS = pd.DataFrame({
    "plan": [1, 2, 3], "label": ["as today", "a provider", "a centre"], "mean": [0.0, 50.0, 20.0], "mean_error": [0.0, 2.0, 1.0],
    "tail": [0.0, 10.0, 30.0], "tail_error": [0.0, 1.0, 1.0], "efficient": [True, True, False], "asked": [False, True, False],
    "state": ["open", "open", "refused"],
})  # fmt: skip


def plane(frame=WAYS, **changes):
    given = {"title": "t", "xlabel": "x", "ylabel": "y", "text": "{:g}".format} | changes
    return live_frontier(frame, **given)


def test_a_frontier_has_a_point_a_way_and_a_line_through_the_efficient_ones():
    tree = ElementTree.fromstring(plane())
    points = [(float(c.get("cx")), float(c.get("cy")), c.get("fill")) for c in tree.iter() if c.tag == "circle"]
    assert [fill == "#ffffff" for *_, fill in points] == [False, False, True]
    (stay, provider, centre) = points
    assert stay[0] < provider[0] < centre[0], "more tail loss is further to the right"
    assert provider[1] < centre[1] < stay[1], "more saving is higher up"
    (path,) = [e.get("d") for e in tree.iter() if e.tag == "path"]
    assert path == f"M{stay[0]:.1f} {stay[1]:.1f} H{provider[0]:.1f} V{provider[1]:.1f}"


def test_a_frontier_names_what_was_asked_and_what_is_refused():
    texts = [t.text for t in ElementTree.fromstring(plane()).iter() if t.tag == "text"]
    assert {"2  a provider (asked)", "3  a centre (refused)", "1  as today", "x", "y", "t"} <= set(texts)


def test_a_frontier_takes_hostile_names_one_way_and_none(hostile):
    svg = plane(WAYS.assign(label=hostile), title=hostile, alt=hostile)
    tree = ElementTree.fromstring(svg)
    assert {element.tag for element in tree.iter()} <= {"svg", "text", "line", "circle", "path"}
    assert plane(WAYS.head(1)).count("<circle") == 1
    assert plane(WAYS.head(0)).startswith("<svg")
