"""Groups of published figures, and a series with its path: what stands on the axis is what stands in the frame."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from lpo_analysis.charts import fan, forest

mpl.use("Agg")

import matplotlib.pyplot as plt

FOREST = pd.DataFrame(
    {"group": ["one", "one", "two", "two"], "label": ["a", "b", "c", "d"], "estimate": [0.2, 0.4, 0.6, 0.9],
     "conf_low": [0.1, 0.4, np.nan, 0.9], "conf_high": [0.5, np.nan, 0.6, 0.9], "weak": [False, True, False, True]}
)  # fmt: skip
X = np.arange(2015, 2028.01, 0.5)
FAN = pd.concat(
    [
        pd.DataFrame({"x": [2015.0, 2017.0, 2023.0], "kind": "observed", "estimate": [8.4, 10.7, 28.5]}),
        pd.DataFrame({"x": [2019.0], "kind": "ceiling", "estimate": [14.0]}),
        pd.DataFrame({"x": X, "kind": "path", "estimate": 8 * 1.17 ** (X - 2015), "conf_low": 7 * 1.15 ** (X - 2015),
                      "conf_high": 9 * 1.19 ** (X - 2015)}),
    ],
    ignore_index=True,
)  # fmt: skip
each = pytest.mark.parametrize(("draw", "frame"), [(forest, FOREST), (fan, FAN)], ids=["forest", "fan"])


@pytest.fixture(autouse=True)
def _no_figure_is_left_open():
    yield
    plt.close("all")


def words(ax):
    return [text.get_text() for text in ax.texts]


@each
def test_a_drawing_returns_the_axis_it_was_given_and_opens_no_other_figure(draw, frame):
    _, ax = plt.subplots()
    assert draw(frame, ax=ax) is ax
    assert len(plt.get_fignums()) == 1


@each
def test_a_drawing_makes_its_own_figure_and_leaves_frame_and_settings_alone(draw, frame):
    before, settings = frame.copy(deep=True), dict(mpl.rcParams)
    ax = draw(frame, title="What to see")
    ax.figure.canvas.draw()
    assert ax.get_title(loc="left") == "What to see"
    pd.testing.assert_frame_equal(frame, before)
    assert dict(mpl.rcParams) == settings


@each
def test_a_drawing_takes_any_index(draw, frame):
    draw(frame.set_index(pd.Index([f"row {i}" for i in range(len(frame))]))).figure.canvas.draw()


def test_every_figure_stands_on_its_own_line_below_its_group():
    ax = forest(FOREST)
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b", "c", "d"]
    assert words(ax) == ["one", "two"]
    bottom, top = ax.get_ylim()
    assert bottom > max(ax.get_yticks())
    assert top < 0, "the first group stands on top"
    heights = dict(zip(words(ax), [text.get_position()[1] for text in ax.texts], strict=True))
    ticks = list(ax.get_yticks())
    assert heights["one"] < ticks[0] < ticks[1] < heights["two"] < ticks[2] < ticks[3]


def test_a_group_that_comes_in_pieces_is_drawn_together():
    ax = forest(FOREST.iloc[[0, 2, 1, 3]])
    assert words(ax) == ["one", "two"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b", "c", "d"]


def test_the_line_of_a_figure_runs_from_end_to_end_and_stops_at_the_dot_where_an_end_is_missing():
    bars = [line.get_xdata() for line in forest(FOREST).lines if len(line.get_xdata()) == 2]
    assert [[float(x) for x in bar] for bar in bars] == [[0.1, 0.5], [0.4, 0.4], [0.6, 0.6], [0.9, 0.9]]


def test_a_weak_figure_is_drawn_open():
    dots = [line for line in forest(FOREST).lines if len(line.get_xdata()) == 1]
    assert [dot.get_markerfacecolor() == "white" for dot in dots] == FOREST["weak"].tolist()


def test_shares_are_shown_in_percent_on_the_whole_scale():
    ax = forest(FOREST, xlabel="share of firms")
    ax.figure.canvas.draw()
    assert ax.get_xlim() == (0, 1)
    assert all(text.get_text().endswith("%") for text in ax.get_xticklabels())
    assert ax.get_xlabel() == "share of firms"


def test_amounts_may_stand_on_a_logarithmic_scale_that_says_so():
    ax = forest(FOREST, percent=False, log=True, xlabel="USD billion")
    ax.figure.canvas.draw()
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "USD billion (logarithmic scale)"
    assert not any("%" in text.get_text() for text in ax.get_xticklabels())


def test_what_was_seen_and_what_is_extrapolated_look_different():
    ax = fan(FAN, ylabel="USD billion")
    styles = {line.get_linestyle(): line for line in ax.lines if len(line.get_xdata()) > 3}
    assert max(styles["-"].get_xdata()) == 2023 == min(styles["--"].get_xdata())
    assert max(styles["--"].get_xdata()) == 2028
    assert "extrapolated" in words(ax)
    assert ax.get_ylabel() == "USD billion"
    assert ax.get_ylim()[0] == 0


def test_the_interval_is_drawn_ahead_only():
    (area,) = fan(FAN).collections
    corners = area.get_paths()[0].get_extents()
    assert (corners.x0, corners.x1) == (2023, 2028)
    assert corners.y1 == pytest.approx(FAN["conf_high"].max())


def test_a_ceiling_is_an_open_triangle_and_named_as_one():
    ax = fan(FAN)
    (mark,) = [line for line in ax.lines if line.get_marker() == "v"]
    assert mark.get_markerfacecolor() == "white"
    assert (list(mark.get_xdata()), list(mark.get_ydata())) == ([2019], [14])
    assert "under 14" in words(ax)
    assert {"8.4", "10.7", "28.5"} <= set(words(ax))


def test_the_end_of_the_path_tells_its_interval():
    last = FAN.iloc[-1]
    expected = f"{last['estimate']:.0f}\n({last['conf_low']:.0f} to {last['conf_high']:.0f})"
    assert expected in words(fan(FAN))


def test_a_series_without_a_ceiling_can_be_drawn():
    fan(FAN[FAN["kind"] != "ceiling"]).figure.canvas.draw()


def test_a_bound_without_an_estimate_is_a_triangle_that_points_to_where_the_figure_may_lie():
    bounds = FOREST.assign(
        estimate=[0.2, np.nan, np.nan, np.nan],
        conf_low=[0.1, 0.4, np.nan, np.nan],
        conf_high=[0.5, np.nan, 0.6, np.nan],
    )
    marks = [line for line in forest(bounds).lines if line.get_marker() in ("o", ">", "<")]
    shown = [(line.get_marker(), float(line.get_xdata()[0])) for line in marks]
    assert shown[:3] == [("o", 0.2), (">", 0.4), ("<", 0.6)]
    assert np.isnan(shown[3][1]), "where nothing is known nothing is drawn"
