"""States as cells: each drawn once, told apart without colour, and an unknown one refused."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from lpo_analysis.charts import State, heatmap
from lpo_analysis.risk.ethics import LOOKS

STATES = (State("yes", "y", "#0b3c5d"), State("maybe", "m", "#9cc3d9", ".."), State("no", "n", "#ffffff", "xx"))


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def frame(*rows):
    return pd.DataFrame(rows, columns=["row", "column", "state", "main"])


SMALL = frame(("b", "one", "yes", True), ("b", "two", "no", True), ("a", "one", "no", False))


def test_rows_and_columns_stand_in_the_order_given_and_the_chosen_are_set_off():
    ax = heatmap(SMALL, states=STATES, title="What")
    assert [text.get_text() for text in ax.get_yticklabels()] == ["b", "a"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["one", "two"]
    assert [text.get_fontweight() for text in ax.get_yticklabels()] == ["bold", "normal"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1], "the first row is on top"


def test_short_names_of_columns_stand_upright_long_ones_are_turned_and_the_chosen_is_set_off():
    ax = heatmap(SMALL.assign(main_column=SMALL["column"] == "two"), states=STATES, xlabel="asked for")
    one, two = ax.get_xticklabels()
    assert (one.get_rotation(), one.get_fontweight(), two.get_fontweight()) == (0, "normal", "bold")
    assert ax.get_xlabel() == "asked for"
    turned = heatmap(SMALL.replace({"column": {"two": "the second"}}), states=STATES)
    assert turned.get_xticklabels()[0].get_rotation() == 35


def test_each_cell_is_written_in_and_the_legend_names_only_what_occurs():
    ax = heatmap(SMALL, states=STATES)
    assert sorted(text.get_text() for text in ax.texts) == ["n", "n", "y"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["y  yes", "n  no"]


def test_what_has_no_look_or_stands_twice_is_refused():
    with pytest.raises(ValueError, match="no look for 'perhaps'; there is one for yes, maybe, no"):
        heatmap(frame(("a", "one", "perhaps", False)), states=STATES)
    with pytest.raises(ValueError, match="twice"):
        heatmap(frame(("a", "one", "yes", False), ("a", "one", "no", False)), states=STATES)


def test_it_draws_where_it_is_told_and_changes_neither_frame_nor_settings():
    before, settings = SMALL.copy(), dict(plt.rcParams)
    _, ax = plt.subplots()
    assert heatmap(SMALL, states=STATES, ax=ax) is ax
    pd.testing.assert_frame_equal(SMALL, before)
    assert dict(plt.rcParams) == settings


def test_the_states_of_duties_are_told_apart_in_grey():
    def grey(look):
        red, green, blue = to_rgb(look.colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert len({look.mark for look in LOOKS}) == len(LOOKS)
    for one in LOOKS:
        for other in LOOKS:
            if one is not other:
                assert one.hatch != other.hatch or abs(grey(one) - grey(other)) > 0.25, (one.name, other.name)
