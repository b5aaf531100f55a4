"""A figure is drawn once, and the picture is what savefig would write."""

import io
from functools import partial

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from lpo_analysis.charts import intervals, picture
from lpo_analysis.charts.picture import _print
from lpo_analysis.results import Result, tidy

TABLE = tidy([{"term": "a", "label": "one", "estimate": 0.5, "conf_low": 0.25, "conf_high": 0.75}])


@pytest.fixture(autouse=True)
def _nothing_kept():
    _print.cache_clear()


@pytest.fixture
def calls():
    return []


@pytest.fixture
def draw(calls):
    def drawing(frame, *, ax=None, title="", **options):
        calls.append((title, options))
        return intervals(frame, ax=ax, title=title)

    return drawing


def result(draw, frame=TABLE):
    return Result("x", TABLE, "Said.", plot_data=frame, draw=draw)


def test_the_picture_is_the_one_savefig_writes():
    shown = result(partial(intervals, title="What is seen"))
    figure = shown.plot().get_figure()
    expected = io.BytesIO()
    figure.savefig(expected, format="png", dpi=192, metadata={"Software": "lpo-analysis"})
    plt.close(figure)
    assert picture(shown) == expected.getvalue()
    assert plt.get_fignums() == []


def test_a_title_beside_wide_labels_is_broken_and_stays_in_the_picture(monkeypatch):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    shown, print_png = [], FigureCanvasAgg.print_png

    def printing(canvas, *args, **options):
        print_png(canvas, *args, **options)
        ax = canvas.figure.axes[0]
        said = ax.get_title(loc="left")
        heading = next(part for part in ax.get_children() if getattr(part, "get_text", str)() == said)
        shown.append((said, heading.get_window_extent().x1 / canvas.figure.bbox.x1))

    monkeypatch.setattr(FigureCanvasAgg, "print_png", printing)
    title = "How often something was counted, by the definition of what is counted"
    frame = pd.concat([TABLE, TABLE], ignore_index=True)
    frame["label"] = ["confidential data lost, of firms that were breached at all", "x"]
    picture(result(partial(intervals, title=title), frame))
    ((said, right),) = shown
    assert said.split() == title.split()
    assert "\n" in said
    assert right <= 1


def test_the_layout_runs_within_one_drawing(monkeypatch):
    from matplotlib.figure import Figure

    drawn, original = [], Figure.draw
    monkeypatch.setattr(Figure, "draw", lambda self, renderer: drawn.append(self) or original(self, renderer))
    picture(result(intervals))
    assert len(drawn) == 1


def test_the_same_numbers_in_the_same_words_are_drawn_once(draw, calls):
    first = picture(result(partial(draw, title="One")))
    again = picture(result(partial(draw, title="One"), TABLE.copy()))
    assert first == again
    assert len(calls) == 1


@pytest.mark.parametrize(
    "other",
    [
        TABLE.assign(estimate=0.5 + 1e-15),
        TABLE.assign(label="two"),
        TABLE.assign(n_obs=pd.NA),
        TABLE.rename(columns={"method": "way"}),
    ],
)
def test_other_numbers_are_drawn_anew(draw, calls, other):
    picture(result(draw))
    picture(result(draw, other))
    assert len(calls) == 2


def test_other_words_options_functions_and_settings_are_drawn_anew(draw, calls):
    picture(result(partial(draw, title="One")))
    picture(result(partial(draw, title="Two")))
    picture(result(partial(draw, title="Two")), mark=1)
    picture(result(lambda frame, *, ax=None: draw(frame, ax=ax)))
    with mpl.rc_context({"lines.linewidth": 9}):
        picture(result(partial(draw, title="One")))
    assert len(calls) == 5


def test_an_option_that_cannot_be_compared_is_drawn_each_time(draw, calls):
    for _ in range(2):
        picture(result(draw), marks={"a": 1})
    assert calls == [("", {"marks": {"a": 1}})] * 2


def test_options_that_are_equal_but_not_the_same_are_drawn_anew(draw, calls):
    options = [1, 1.0, True, "1", 0.0, -0.0, (1, 2), [1, 2], (1.0, 2)]
    for option in [*options, *options]:
        picture(result(draw), mark=option)
    assert len(calls) == len(options)


def test_a_result_without_a_figure_says_so():
    with pytest.raises(ValueError, match="x has no figure"):
        picture(result(None))


@pytest.fixture
def shared(tmp_path, monkeypatch):
    monkeypatch.setenv("LPO_SHARED", str(tmp_path))
    return tmp_path


def plain(frame=TABLE):
    """A result drawn by a function of the kit, which every process knows by the same name."""
    return Result("x", TABLE, "Said.", plot_data=frame, draw=partial(intervals, title="A"))


def test_reports_of_one_batch_share_a_picture_through_a_folder(shared):
    drawn = picture(plain())
    (kept,) = shared.iterdir()
    assert kept.read_bytes() == drawn
    kept.write_bytes(b"as another process left it")
    _print.cache_clear()
    assert picture(plain()) == b"as another process left it"
    assert picture(plain(TABLE.assign(estimate=0.6))) != drawn
    assert len(list(shared.iterdir())) == 2


def test_where_a_figure_is_shown_does_not_tell_pictures_apart(shared):
    picture(plain())
    _print.cache_clear()
    with mpl.rc_context({"backend": "svg", "interactive": True}):
        picture(plain())
    assert len(list(shared.iterdir())) == 1


def test_a_look_that_means_nothing_to_another_process_is_not_shared(shared, draw):
    picture(result(draw))
    assert list(shared.iterdir()) == []


def test_a_folder_that_is_gone_costs_nothing_but_time(shared):
    shared.rmdir()
    assert picture(plain()).startswith(b"\x89PNG")


class Painter:
    def draw(self, frame, *, ax=None, title=""):
        return intervals(frame, ax=ax, title=title)


@pytest.mark.parametrize(
    "option", ["{:.1f}".format, Painter().draw, lambda value: value], ids=["builtin", "method", "lambda"]
)
def test_a_method_or_closure_draws_in_a_batch_too_and_is_not_shared(shared, monkeypatch, option):
    # As if it were the kit's: even then a method hides its object.
    monkeypatch.setattr(Painter, "__module__", "lpo_analysis.charts")
    drawing = Result(
        "x",
        TABLE,
        "Said.",
        plot_data=TABLE,
        draw=partial(lambda frame, *, ax=None, how=None: intervals(frame, ax=ax), how=option),
    )
    assert picture(drawing).startswith(b"\x89PNG")
    assert list(shared.iterdir()) == []


def test_frames_that_print_alike_are_told_apart(shared):
    for value in (1, "1"):
        picture(plain(TABLE.assign(note=pd.Series([value], dtype=object))))
        picture(plain(TABLE.set_axis([value])))
    for listed in ("ab", "ba"):
        picture(plain(TABLE.assign(note=pd.Categorical(["a"], categories=[*listed, *map(str, range(50))]))))
    assert len(list(shared.iterdir())) == 6
