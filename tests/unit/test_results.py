"""Every estimator returns the same shape, also when it refuses."""

import dataclasses

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from lpo_analysis.results import COLUMNS, Check, Result, not_estimable, tidy

mpl.use("Agg")


def example(**changes):
    table = tidy([{"term": "a", "estimate": 0.5, "conf_low": 0.1, "conf_high": 0.9, "level": 0.9}, {"term": "b"}])
    settings = {"name": "example", "table": table, "text": "Half.", "checks": (Check("fits", True, "it does"),)}
    return Result(**(settings | changes))


def test_a_table_has_the_agreed_columns_first_and_missing_ones_filled():
    table = tidy([{"extra": 1, "term": "a", "estimate": 2.0}])
    assert list(table.columns) == [*COLUMNS, "extra"]
    assert np.isnan(table.at[0, "conf_low"])
    assert table.at[0, "unit"] == ""


def test_a_table_of_no_rows_still_has_the_columns():
    assert list(tidy([]).columns) == COLUMNS


def test_not_estimable_has_the_usual_shape_and_says_why():
    result = not_estimable(
        "growth", "there are two years only.", terms=("a", "b"), level=0.9, rows=("r1", "r2"), n_dropped=3
    )
    assert not result.estimable
    assert result.text == "Not estimable, because there are two years only."
    assert list(result.table.columns) == [*COLUMNS, "label"]
    assert result.table["term"].tolist() == ["a", "b"]
    assert result.table[["estimate", "conf_low", "conf_high"]].isna().all(axis=None)
    assert (result.rows, result.n_used, result.n_dropped) == (("r1", "r2"), 0, 3)
    assert result.table["n_obs"].tolist() == [2, 2]


def test_not_estimable_without_terms_has_one_row_of_its_own_name():
    assert not_estimable("growth", "of nothing").table["term"].tolist() == ["growth"]


def test_a_row_is_found_by_its_term_and_an_unknown_term_is_named():
    assert example().row("a")["estimate"] == 0.5
    with pytest.raises(KeyError, match="example has no term 'c'; it has a, b"):
        example().row("c")


def test_the_repr_is_deterministic_and_shows_no_address():
    model = object()
    assert repr(example(model=model)) == repr(example(model=object()))
    assert "0x" not in repr(example(model=model, draw=lambda *_, **__: None, plot_data=pd.DataFrame()))
    assert repr(example()).startswith("Result example: Half.")
    assert "[passed] fits: it does" in repr(example())


def test_the_html_escapes_what_it_shows():
    html = example(text="<b>5 & 6</b>", checks=(Check("<i>", None, "a < b"),))._repr_html_()
    assert "&lt;b&gt;5 &amp; 6&lt;/b&gt;" in html
    assert "&lt;i&gt; (for information): a &lt; b" in html


def shown(**values):
    """The HTML of a result with one row of the given values."""
    return Result("example", tidy([{"term": "a", "label": "A & B", **values}]), "Half.")._repr_html_()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"estimate": 0.123456, "conf_low": 0.1, "conf_high": 0.2, "unit": "share"}, ["12%", "10%", "20%"]),
        ({"estimate": 0.5, "conf_low": 0.49, "conf_high": 0.51, "unit": "share"}, ["50.0%", "49.0%", "51.0%"]),
        ({"estimate": 1234.567, "conf_low": 1000.0, "conf_high": 1500.0, "unit": "USD"}, ["1,230", "1,000", "1,500"]),
        ({"estimate": float("inf"), "n_obs": 12345}, ["∞", "12,345"]),
        ({"estimate": 3.0, "first": 2009}, [">3<", ">2009<"]),
    ],
)
def test_the_html_rounds_to_what_the_interval_bears(values, says):
    html = shown(**values)
    assert [text for text in says if text not in html] == []


def test_the_html_leaves_empty_columns_out_and_begins_with_the_label():
    html = shown(estimate=1.5)
    assert "std error" not in html
    assert html.index("label") < html.index("term")
    assert "A &amp; B" in html


def test_the_html_says_how_much_is_behind_it():
    html = Result("growth", tidy([{"term": "a"}]), "T.", rows=("r1", "r2"), n_used=1200, n_dropped=3)._repr_html_()
    assert "growth: n = 1,200 used, 3 set aside; 2 rows of evidence behind it." in html
    assert "r1, r2" in html, "rows that are in no evidence base are named themselves"


def test_the_html_names_the_sources_of_rows_on_file():
    from lpo_analysis.evidence import load

    row = load().observations.index[0]
    html = Result("growth", tidy([{"term": "a"}]), "T.", rows=(row,))._repr_html_()
    assert "<summary>Sources (1)</summary>" in html
    assert f'href="{load().observations.at[row, "url"]}"'.replace("&", "&amp;") in html


def test_the_html_of_hostile_text_is_text(hostile):
    from lpo_analysis import results

    table = tidy([{"term": hostile, "label": hostile, "url": f"https://x/{hostile}"}])
    kept = list(results._FIND)
    results.sources_by(lambda rows: [(hostile, hostile), (hostile, "javascript:alert(1)")])
    try:
        html = Result(hostile, table, hostile, rows=(hostile,), checks=(Check(hostile, None, hostile),))._repr_html_()
    finally:
        results._FIND[:] = kept
    assert "<script" not in html
    assert "<img" not in html
    assert "javascript:" not in html, "an address of another kind is no link"


def test_the_html_of_a_long_table_is_cut_and_says_so():
    html = Result("long", tidy({"term": f"t{n}", "estimate": n} for n in range(80)), "T.")._repr_html_()
    assert "30 more rows in .table" in html
    assert "<td" in html


def test_a_result_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        example().text = "other"


def test_plotting_without_a_figure_raises_and_says_why():
    with pytest.raises(ValueError, match="example has no figure"):
        example().plot()
    with pytest.raises(ValueError, match="growth has no figure: of nothing"):
        not_estimable("growth", "of nothing").plot()


def test_plotting_passes_the_axis_and_the_options_on():
    seen = {}

    def draw(frame, *, ax=None, **options):
        seen.update(options, frame=frame, ax=ax)
        return ax

    data, ax = pd.DataFrame({"x": [1]}), object()
    assert example(plot_data=data, draw=draw).plot(ax, title="t") is ax
    assert seen["frame"] is data
    assert seen["title"] == "t"


def test_a_verdict_is_a_word():
    assert [Check("c", passed, "").verdict for passed in (True, False, None)] == [
        "passed",
        "not passed",
        "for information",
    ]
