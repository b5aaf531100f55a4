"""Ranked dots and lines over the years: what stands on the axis is what stands in the frame."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from lpo_analysis.charts.dotplot import dotplot, lines

mpl.use("Agg")

import matplotlib.pyplot as plt

DOTS = pd.DataFrame(
    {"label": ["a", "b", "c"], "estimate": [3.0, 1.0, 0.0], "conf_low": [2.0, np.nan, 0.0], "conf_high": [4.0, 1.5, 0.5], "main": [True, False, False]}
)  # fmt: skip
YEARS = np.arange(2000, 2006)
LINES = pd.concat(
    [
        pd.DataFrame({"series": name, "x": YEARS, "estimate": start + 0.1 * (YEARS - 2000), "conf_low": start - low, "conf_high": start + 1, "main": main})
        for name, start, low, main in (("grey", 5.0, 0.5, False), ("one", 1.0, 0.5, True), ("two", 1.01, np.nan, True))
    ],
    ignore_index=True,
)  # fmt: skip
each = pytest.mark.parametrize(("draw", "frame"), [(dotplot, DOTS), (lines, LINES)], ids=["dotplot", "lines"])


@pytest.fixture(autouse=True)
def _no_figure_is_left_open():
    yield
    plt.close("all")


@each
@pytest.mark.parametrize("log", [False, True])
def test_a_drawing_takes_an_axis_or_makes_one_and_leaves_frame_and_settings_alone(draw, frame, log):
    before, settings = frame.copy(deep=True), dict(mpl.rcParams)
    _, ax = plt.subplots()
    assert draw(frame, ax=ax, log=log) is ax
    assert len(plt.get_fignums()) == 1
    draw(
        frame.set_index(pd.Index([f"row {i}" for i in range(len(frame))])), title="What to see", log=log
    ).figure.canvas.draw()
    pd.testing.assert_frame_equal(frame, before)
    assert dict(mpl.rcParams) == settings


def test_dots_stand_in_order_with_the_first_on_top_and_the_named_set_off():
    ax = dotplot(DOTS)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b", "c"]
    assert [text.get_fontweight() for text in ax.get_yticklabels()] == ["bold", "normal", "normal"]
    bottom, top = ax.get_ylim()
    assert bottom > 2
    assert top < 0
    dots = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert [float(dot.get_xdata()[0]) for dot in dots] == [3, 1, 0]
    assert dots[0].get_color() != dots[1].get_color()
    bars = [[float(x) for x in line.get_xdata()] for line in ax.lines if len(line.get_xdata()) == 2]
    assert bars == [[2, 4], [1, 1.5], [0, 0.5]]


def test_on_a_logarithmic_scale_nothing_is_lost_at_zero():
    ax = dotplot(
        DOTS, log=True, xlabel="ratio", reference=1.0, reference_text="as expected", band=(0.7, 2.0), band_text="middle"
    )
    ax.figure.canvas.draw()
    assert ax.get_xlabel() == "ratio (logarithmic scale)"
    (zero,) = [line for line in ax.lines if line.get_marker() == "<"]
    left = ax.get_xlim()[0]
    assert left < float(zero.get_xdata()[0]) < DOTS["conf_high"].min()
    assert {"as expected", "middle"} <= {text.get_text() for text in ax.texts}


def test_a_row_without_an_estimate_keeps_its_line_and_has_no_dot():
    ax = dotplot(DOTS.assign(estimate=[3.0, np.nan, 1.0], conf_high=[4.0, np.nan, 0.5]))
    assert len([line for line in ax.lines if len(line.get_xdata()) == 1]) == 2
    assert len(ax.get_yticklabels()) == 3


def test_lines_set_off_have_names_that_do_not_touch_and_intervals_where_they_have_one():
    ax = lines(LINES, ylabel="score")
    names = {text.get_text(): text.xy[1] for text in ax.texts}
    assert set(names) == {"one", "two"}
    assert abs(names["one"] - names["two"]) > 0.05
    assert len(ax.collections) == 1
    assert len(ax.lines) == 3
    assert ax.get_ylabel() == "score"


def test_a_line_alone_needs_no_name_and_may_start_at_zero():
    ax = lines(LINES[LINES["series"] == "one"], zero=True)
    assert not ax.texts
    assert ax.get_ylim()[0] == 0


def test_years_are_whole_numbers():
    ax = lines(LINES)
    ax.figure.canvas.draw()
    assert all("." not in text.get_text() for text in ax.get_xticklabels())
