"""Drawings take a frame and an axis, and leave both the frame and the user's settings alone."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from lpo_analysis.charts import (
    axis,
    band,
    breakeven,
    central_weights,
    claims,
    control,
    exceedance,
    forest,
    frontier,
    intervals,
    plan_curve,
    rank_bars,
    theme,
    tornado,
    waterfall,
)
from lpo_analysis.charts.theme import fit_texts, percent_axis

mpl.use("Agg")

import matplotlib.pyplot as plt

X = np.geomspace(50, 5000, 9)
FRAMES = {
    "intervals": (
        intervals,
        pd.DataFrame(
            {"label": ["a", "b"], "estimate": [0.2, np.nan], "conf_low": [0.1, np.nan], "conf_high": [0.5, np.nan], "main": [True, False]}
        ),
        {},
    ),
    "claims": (
        claims,
        pd.DataFrame(
            {"group": ["g", "g", "h"], "label": ["x", "y", "z"], "low": [0.1, 0.3, 0.4], "high": [0.1, 0.5, 0.4],
             "weak": [True, False, True], "model_low": [0.0, 0.0, np.nan], "model_high": [0.6, 0.6, np.nan],
             "model_estimate": [0.3, 0.3, np.nan]}
        ),
        {},
    ),
    "rank_bars": (
        rank_bars,
        pd.DataFrame({"label": ["a", "b"], "rank_1": [0.7, 0.3], "rank_2": [0.3, 0.7]}),
        {},
    ),
    "central_weights": (
        central_weights,
        pd.DataFrame({"provider": list("aabb"), "criterion": ["x", "y"] * 2, "estimate": [0.6, 0.4, np.nan, np.nan], "first": [1.0, 1.0, 0.0, 0.0]}),
        {},
    ),
    "frontier": (
        frontier,
        pd.DataFrame({"plan": [1, 2], "mean": [0.0, 5.0], "mean_error": [0.0, 0.1], "tail": [0.0, 9.0], "tail_error": [0.0, 0.4]}),
        {"mark": 2, "mark_text": "chosen", "ylabel": "expected saving"},
    ),
    "band": (
        band,
        pd.DataFrame({"x": X, "estimate": X / 5000, "conf_low": X / 5000 - 0.5, "conf_high": X / 5000 + 0.2}),
        {"mark": 500, "mark_text": "here", "log": True},
    ),
    "breakeven": (
        breakeven,
        pd.DataFrame(
            {"kind": ["line", "line", "range", "range", "median"], "x": [1.0, 5.0, 2.0, 4.0, 3.0], "y": [10.0, 50.0, 10.0, 30.0, 15.0]}
        ),
        {"above": "dear", "below": "cheap"},
    ),
    "exceedance": (
        exceedance,
        pd.DataFrame(
            {"kind": ["bin", "seen", "seen", "curve", "curve"], "x": [np.nan, 10.0, 0.0, 5.0, 50.0], "estimate": [np.nan, 0.5, 1.0, 0.8, 0.1],
             "conf_low": [np.nan, 0.0, np.nan, 0.7, 0.05], "conf_high": [np.nan, 0.6, np.nan, 0.9, 0.2]}
        ),
        {},
    ),
    "plan_curve": (
        plan_curve,
        pd.DataFrame({"share": [0.0, 0.1, 0.2], "accept": [1.0, 0.4, 0.1], "outgoing": [0.0, 0.03, 0.02], "inspected": [10.0, 60.0, 90.0]}),
        {"marks": ((0.01, "AQL"), (0.1, "LTPD"))},
    ),
    "control": (
        control,
        pd.DataFrame({"batch": [1, 2, 3], "share": [0.1, 0.2, 0.5], "centre": 0.2, "low": 0.05, "high": [0.4, 0.35, 0.4],
                      "signal": ["", "run", "outside"]}),
        {},
    ),
    "tornado": (
        tornado,
        pd.DataFrame(
            {"label": ["a", "b"], "rung": [2, 4], "at_low": [0.1, 0.3], "at_high": [0.5, 0.2], "base": [0.25, 0.25],
             "low_text": ["1", "2"], "high_text": ["3", "4"]}
        ),
        {},
    ),
    "waterfall": (
        waterfall,
        pd.DataFrame({"label": list("abcd"), "value": [50.0, 30.0, -5.0, 25.0], "kind": ["total", "start", "step", "total"]}),
        {},
    ),
}  # fmt: skip

each = pytest.mark.parametrize(("draw", "frame", "options"), FRAMES.values(), ids=FRAMES.keys())


@pytest.fixture(autouse=True)
def _no_figure_is_left_open():
    yield
    plt.close("all")


@each
def test_a_drawing_returns_the_axis_it_was_given_and_opens_no_other_figure(draw, frame, options):
    _, ax = plt.subplots()
    assert draw(frame, ax=ax, **options) is ax
    assert len(plt.get_fignums()) == 1


@each
def test_a_drawing_makes_its_own_figure_where_none_is_given(draw, frame, options):
    ax = draw(frame, **options)
    assert len(plt.get_fignums()) == 1
    ax.figure.canvas.draw()


@each
def test_a_drawing_does_not_change_the_users_settings(draw, frame, options):
    before = dict(mpl.rcParams)
    draw(frame, title="t", xlabel="x", **options)
    assert dict(mpl.rcParams) == before


@each
def test_a_drawing_does_not_change_its_frame(draw, frame, options):
    before = frame.copy(deep=True)
    draw(frame, **options)
    pd.testing.assert_frame_equal(frame, before)


@each
def test_a_drawing_takes_any_index(draw, frame, options):
    shuffled = frame.set_index(pd.Index([f"row {i}" for i in range(len(frame))]))
    assert draw(shuffled, **options) is not None


@each
def test_a_drawing_carries_its_title_and_quantity(draw, frame, options):
    ax = draw(frame, title="What to see", xlabel="what it is", **options)
    assert ax.get_title(loc="left") == "What to see"
    assert "what it is" in ax.get_xlabel()


def test_every_row_is_labelled_and_the_first_stands_on_top():
    ax = intervals(FRAMES["intervals"][1])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    bottom, top = ax.get_ylim()
    assert bottom > top
    assert "not estimable" in " ".join(text.get_text() for text in ax.texts)


def test_a_waterfall_ends_where_its_steps_lead():
    ax = waterfall(FRAMES["waterfall"][1])
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert ends == [(0.0, 50.0), (0.0, 30.0), (30.0, 25.0), (0.0, 25.0)]


def test_a_tornado_draws_no_more_than_asked_for():
    assert len(tornado(FRAMES["tornado"][1], most=1).get_yticklabels()) == 1


def test_a_tornado_of_one_input_that_moves_nothing_can_be_drawn():
    frame = FRAMES["tornado"][1].iloc[:1].assign(at_low=0.25, at_high=0.25)
    tornado(frame).figure.canvas.draw()


def test_ranks_are_stacked_to_the_whole_and_told_apart_by_lightness():
    ax = rank_bars(FRAMES["rank_bars"][1])
    ends = [round(bar.get_x() + bar.get_width(), 9) for bar in ax.patches]
    assert ends == [0.7, 1.0, 0.3, 1.0]
    grey = [float(np.dot(bar.get_facecolor()[:3], [0.299, 0.587, 0.114])) for bar in ax.patches[:2]]
    assert grey[1] - grey[0] > 0.3
    assert {text.get_text() for text in ax.texts} == {"70%", "30%"}


def test_providers_differ_by_their_marks_besides_their_colours():
    frame = FRAMES["central_weights"][1].assign(estimate=[0.6, 0.4, 0.2, 0.8])
    marks = [
        line.get_marker()
        for line in central_weights(frame).lines
        if len(line.get_xdata()) == 2 and line.get_marker() != "None"
    ]
    assert len(set(marks)) == 2


def test_plans_are_numbered_and_the_chosen_named():
    assert {text.get_text() for text in frontier(FRAMES["frontier"][1], mark=2, mark_text="chosen").texts} == {
        "1",
        "2",
        "chosen",
    }


def test_a_few_plans_are_named_beside_their_points_and_many_are_numbered():
    few = pd.DataFrame({"plan": [1, 2], "mean": [0.0, 5.0], "mean_error": 0.1, "tail": [0.0, 9.0], "tail_error": 0.1, "name": ["as today", "moved"]})  # fmt: skip
    assert [text.get_text() for text in frontier(few).texts] == ["1: as today", "2: moved"]
    many = pd.concat([few] * 3, ignore_index=True).assign(plan=range(1, 7))
    assert [text.get_text() for text in frontier(many).texts] == ["1", "2", "3", "4", "5", "6"]


def test_a_band_that_goes_deeper_than_its_picture_says_so_and_names_line_and_band():
    deep = pd.DataFrame(
        {"x": [1.0, 2.0], "estimate": [-50.0, 1.0], "conf_low": [-90.0, -1.0], "conf_high": [-9.0, 3.0]}
    )
    ax = band(deep, ylabel="USD", percent_y=False, floor=-10.0, middle_text="mean", band_text="90% interval")
    assert (ax.get_ylim()[0], ax.get_ylabel()) == (-10.0, "USD (cut off below)")
    assert [text.get_text() for text in ax.texts] == ["mean", "90% interval"]
    assert band(deep, ylabel="USD", percent_y=False, floor=-100.0).get_ylabel() == "USD"


def test_two_amounts_in_dollars_are_no_formula():
    ax = band(
        pd.DataFrame({"x": [1.0, 2.0], "estimate": 0.0, "conf_low": -1.0, "conf_high": 1.0}), title="From $5 to $9_x"
    )
    ax.figure.canvas.draw()
    assert not ax.title.get_parse_math()


def test_a_logarithmic_axis_says_so():
    assert band(FRAMES["band"][1], xlabel="hours", log=True).get_xlabel() == "hours (logarithmic scale)"


def test_what_has_no_place_on_a_logarithmic_scale_is_left_out_and_both_axes_say_so():
    ax = exceedance(FRAMES["exceedance"][1], xlabel="size")
    assert ax.get_xlabel() == "size (logarithmic scale)"
    assert ax.get_ylabel() == "Share above (logarithmic scale)"
    assert [list(line.get_xdata()) for line in ax.get_lines()] == [[5.0, 50.0], [10.0]]
    assert ax.get_ylim()[0] > 0


def test_the_theme_ends_with_its_block():
    before = dict(mpl.rcParams)
    with theme():
        assert dict(mpl.rcParams) != before
    assert dict(mpl.rcParams) == before


def test_an_axis_is_made_only_where_none_is_given():
    _, ax = plt.subplots()
    assert axis(ax, height=1) is ax
    assert axis(None, height=1) is not ax


def test_ticks_between_whole_percents_are_not_rounded_to_them() -> None:
    ax = plt.figure().add_subplot()
    ax.set_xlim(0, 0.2)
    ax.set_xticks([0, 0.025, 0.05])
    percent_axis(ax)
    ax.figure.canvas.draw()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0.0%", "2.5%", "5.0%"]
    ax.set_xticks([0, 0.1])
    ax.figure.canvas.draw()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0%", "10%"]


def test_small_shares_keep_a_decimal_and_a_band_may_leave_zero_out() -> None:
    frame = pd.DataFrame({"label": ["x"], "estimate": [0.011], "conf_low": [0.002], "conf_high": [0.04]})
    assert "1.1%" in [text.get_text() for text in intervals(frame).texts]
    assert "11%" in [text.get_text() for text in intervals(frame.assign(estimate=0.11, conf_high=0.4)).texts]
    path = pd.DataFrame({"x": [1, 10], "estimate": [0.8, 0.8], "conf_low": [0.7, 0.75], "conf_high": [0.9, 0.85]})
    assert band(path, zero=False).get_ylim()[0] > 0.5
    assert band(path).get_ylim()[0] <= 0


def test_the_interval_of_a_total_is_drawn_and_its_number_stands_beyond_it() -> None:
    frame = FRAMES["waterfall"][1].assign(conf_low=np.nan, conf_high=np.nan)
    last = frame.index[-1]
    high = 3 * float(frame["value"].abs().max())
    frame.loc[last, ["conf_low", "conf_high"]] = [0.0, high]
    ax = waterfall(frame)
    ends = [list(map(float, line.get_xdata())) for line in ax.lines if len(line.get_xdata()) == 2]
    assert [0.0, high] in ends
    assert ax.texts[-1].xy[0] == high


def test_a_claim_that_is_a_bound_is_a_triangle_and_the_axis_says_what_it_means() -> None:
    frame = FRAMES["claims"][1]
    plain = claims(frame, xlabel="saving")
    assert plain.get_xlabel() == "saving"
    ax = claims(frame.assign(bound=[">", "", "<"]), xlabel="saving")
    marks = [line.get_marker() for line in ax.lines]
    assert marks.count(">") == 1
    assert marks.count("<") == 1
    assert "at\u00a0least" in ax.get_xlabel()
    assert "at\u00a0most" in ax.get_xlabel()


def test_what_is_too_long_for_its_picture_is_broken_into_lines() -> None:
    words = "a name of an axis that is by far too long to stand beneath it in a single line of this size"
    heading = "A heading of a group that is by far too long to stand beside the wide names of its figures"
    frame = pd.DataFrame(
        {"group": [heading], "label": ["a rather long name of a published figure [B]"], "estimate": [0.4], "conf_low": [0.2], "conf_high": [0.6], "weak": [False]}
    )  # fmt: skip
    ax = forest(frame, title="A title that runs on and on until it cannot fit", xlabel=words)
    fit_texts(ax.figure)
    ax.figure.canvas.draw()
    for text in (
        ax.texts[0],
        ax.xaxis.label,
        *[t for t in ax.get_children() if getattr(t, "get_text", str)().startswith("A title")],
    ):
        box = text.get_window_extent()
        assert "\n" in text.get_text() or text.get_text().startswith("A title")
        assert box.x0 >= -1
        assert box.x1 <= ax.figure.bbox.x1 + 1, text.get_text()
    short = band(FRAMES["band"][1], title="Short", xlabel="hours")
    fit_texts(short.figure)
    assert short.get_title(loc="left") == "Short"
