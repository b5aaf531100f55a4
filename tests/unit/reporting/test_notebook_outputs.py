"""What the cells of a report show: machine-readable forms beside every text, and no text taken for HTML."""

from __future__ import annotations

import base64
import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_analysis.reporting import notebook as show
from lpo_analysis.results import Check, Result, not_estimable, tidy

ALLOWED = {
    "p",
    "div",
    "style",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "ol",
    "li",
    "a",
    "code",
    "span",
    "br",
    "em",
    "strong",
}


class Tags(HTMLParser):
    """The tags and attributes of a piece of HTML, as a browser would find them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def _harmless(html: str) -> Tags:
    found = Tags(html)
    strange = set(found.tags) - ALLOWED
    assert not strange, f"text became the tags {strange} in {html[:2000]}"
    handlers = [name for name, _ in found.attributes if name.startswith("on")]
    assert not handlers, f"text became the attributes {handlers}"
    return found


@pytest.fixture
def result() -> Result:
    """Two terms, one of them without an estimate, and a figure."""
    table = tidy(
        [
            {
                "term": "a",
                "estimate": 1 / 3,
                "conf_low": 0.1,
                "conf_high": 0.5,
                "level": 0.9,
                "n_obs": 4,
                "unit": "share",
                "label": "first",
            },
            {"term": "b", "level": 0.9, "n_obs": 0, "unit": "share", "method": "too few rows", "label": "second"},
        ]
    )

    def draw(frame, ax=None):
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots()
        ax.plot(frame["x"], frame["y"])
        return ax

    frame = pd.DataFrame({"x": [1, 2], "y": [0.5, np.nan]})
    return Result(
        "demo",
        table,
        "It is a third.",
        checks=(Check("rows", True, "enough"),),
        plot_data=frame,
        draw=draw,
        alt="A line that rises.",
    )


CLEANED = [
    (None, None), (pd.NA, None), (pd.NaT, None), (math.nan, None), (np.float64("nan"), None), (np.float32("nan"), None),
    (math.inf, "inf"), (-math.inf, "-inf"), (np.float32("-inf"), "-inf"), (True, True), (np.bool_(False), False), (3, 3), (np.int64(3), 3),
    (np.uint8(255), 255), (2**70, 2**70), (1 / 3, 0.33333333), (np.float64(1e300), 1e300), (123456789.123, 123456790.0), ("text", "text"),
    (np.str_("text"), "text"), ((1, math.nan), [1, None]), (np.array([[1.0, math.inf]]), [[1.0, "inf"]]), ({1: np.int8(2)}, {"1": 2}),
    ({"a": [pd.NA]}, {"a": [None]}), (pd.Series([1.0, math.nan]), [1.0, None]), (pd.Index([1, 2]), [1, 2]),
    (pd.Timestamp("2024-01-02"), "2024-01-02 00:00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), CLEANED, ids=[f"{type(v).__name__} {v}"[:40] for v, _ in CLEANED])
def test_a_value_becomes_plain_json(value, expected):
    made = show.clean(value)
    assert made == expected
    assert type(made) is type(expected)
    json.dumps(made, allow_nan=False)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_cleaning_gives_strict_json_and_cleaning_again_changes_nothing(value):
    made = show.clean(value)
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert show.clean(made) == made


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300))
def test_rounding_moves_a_number_by_less_than_its_eighth_digit(value):
    assert show.clean(value) == pytest.approx(value, rel=1e-7, abs=0)


def test_a_finding_carries_its_paragraphs_and_leaves_empty_ones_out(emitted):
    show.finding("One.", "", "Two.")
    (output,) = emitted
    assert output["data"][show.FINDING] == [{"text": "One.", "behind": []}, {"text": "Two.", "behind": []}]
    assert output["data"]["text/plain"] == "One.\n\nTwo."
    assert output["data"]["text/html"] == "<p>One.</p><p>Two.</p>"


def test_a_result_says_its_text_and_brings_its_rows_and_several_may_share_a_paragraph(emitted, result):
    other = not_estimable("none", "there are none", rows=["row_b"])
    show.finding("Why?", result, [result, other])
    said = emitted[0]["data"][show.FINDING]
    assert [item["text"] for item in said] == ["Why?", result.text, f"{result.text} {other.text}"]
    assert [item["behind"] for item in said] == [[], list(result.rows), [*result.rows, "row_b"]]


def test_what_is_made_of_the_table_of_a_result_still_tells_its_rows(emitted, result):
    show.table(result.table.assign(more=1), name="t", title="T")
    assert emitted[0]["data"][show.TABLE]["behind"] == list(result.rows)


def test_a_long_table_is_cut_and_tells_where_the_rest_is(emitted):
    show.table(pd.DataFrame({"a": [1, 2, 3]}), name="t", title="T", most=1)
    data = emitted[0]["data"]
    assert len(data[show.TABLE]["rows"]) == 3
    assert data["text/html"].partition("<tbody")[2].partition("</tbody>")[0].count("<tr>") == 1
    assert "2 further rows in tables/t.csv." in data["text/html"]


def test_recorded_values_carry_interval_level_rows_and_unit(emitted, result):
    show.record(result, headline=["demo.a"], p_loss=np.float64(0.123456789), n=np.int64(4))
    values = emitted[0]["data"][show.VALUES]
    assert values["demo.a"] == {
        "estimate": 0.33333333, "conf_low": 0.1, "conf_high": 0.5, "level": 0.9, "n_obs": 4, "unit": "share", "label": "first", "headline": True,
    }  # fmt: skip
    assert values["p_loss"] == {"value": 0.12345679}
    assert values["n"] == {"value": 4}
    assert "demo.a = 0.33333333 [0.1, 0.5]" in emitted[0]["data"]["text/plain"].splitlines()


def test_a_value_without_an_estimate_is_recorded_with_its_reason(emitted, result):
    show.record(result, not_estimable("none", "there are no rows", terms=["x"]))
    values = emitted[0]["data"][show.VALUES]
    assert values["demo.b"]["estimate"] is None
    assert values["demo.b"]["reason"] == "too few rows"
    assert values["none.x"]["reason"] == "there are no rows"


def test_a_table_shows_rounded_cells_and_carries_the_full_numbers(emitted):
    frame = pd.DataFrame(
        {
            "who": ["x"],
            "p": [0.001],
            "s": [0.61234567891],
            "n": [12345],
            "y": [2024],
            "hidden": [1 / 3],
            "far": [math.inf],
        }
    )
    columns = {"who": ("Who", "text"), "p": ("P", "probability"), "s": ("Share", "share"), "n": ("N", "integer"), "y": ("Year", "year"),
               "far": ("Far", "number")}  # fmt: skip
    show.table(frame, name="demo", title="A table", columns=columns, note="Mind this.")
    data = emitted[0]["data"]
    assert data[show.TABLE]["columns"] == list(frame.columns)
    assert data[show.TABLE]["rows"] == [["x", 0.001, 0.61234568, 12345, 2024, 0.33333333, "inf"]]
    cells = re.findall(r"<td [^>]*gt_row[^>]*>(.*?)</td>", data["text/html"])
    assert cells == ["x", "under 1%", "61%", "12,345", "2024", "never"]
    assert data["text/plain"].startswith("A table\n")
    assert "Mind this." in data["text/html"]


@pytest.mark.parametrize("missing", [None, pd.NA, math.nan, np.float64("nan")], ids=repr)
@pytest.mark.parametrize("kind", ["text", "share", "probability", "number", "integer", "year"])
def test_a_missing_cell_is_empty_in_every_kind_of_column(emitted, missing, kind):
    show.table(pd.DataFrame({"a": [missing]}, dtype=object), name="t", title="T", columns={"a": ("A", kind)})
    (cell,) = re.findall(r"<td [^>]*gt_row[^>]*>(.*?)</td>", emitted[0]["data"]["text/html"], re.DOTALL)
    assert cell == ""
    assert emitted[0]["data"][show.TABLE]["rows"] == [[None]]


def test_an_empty_table_is_still_a_table(emitted):
    show.table(pd.DataFrame({"a": pd.Series(dtype=float)}), name="t", title="T")
    assert emitted[0]["data"][show.TABLE]["rows"] == []


def test_numbers_are_aligned_right_and_words_left(emitted):
    show.table(pd.DataFrame({"word": ["x"], "number": [1.5], "count": [2]}), name="t", title="T")
    classes = re.findall(r'<td [^>]*class="gt_row (gt_\w+)"', emitted[0]["data"]["text/html"])
    assert classes == ["gt_left", "gt_right", "gt_right"]


def test_a_figure_carries_its_numbers_its_alternative_text_and_its_picture(emitted, result):
    show.figure(result, caption="A line.", sources=["Source: x."])
    (output,) = emitted
    data = output["data"][show.FIGURE]
    assert data["columns"] == ["x", "y"]
    assert data["rows"] == [[1, 0.5], [2, None]]
    assert data["caption"] == "A line."
    assert data["alt"] == "A line that rises."
    assert data["sources"] == ["Source: x."]
    assert output["metadata"]["image/png"]["alt"] == "A line that rises."
    assert base64.b64decode(output["data"]["image/png"]).startswith(b"\x89PNG")


def test_a_figure_has_the_same_bytes_each_time_and_stays_out_of_pyplot(emitted, result):
    import matplotlib.pyplot as plt

    show.figure(result, caption="A line.")
    show.figure(result, caption="A line.")
    assert emitted[0]["data"]["image/png"] == emitted[1]["data"]["image/png"]
    assert plt.get_fignums() == []


def test_a_figure_without_an_estimate_says_why_instead(emitted):
    show.figure(not_estimable("none", "there are no rows"), caption="Never shown.")
    assert [item["text"] for item in emitted[0]["data"][show.FINDING]] == ["Not estimable, because there are no rows."]


def test_checks_are_shown_with_their_verdicts(emitted, result):
    show.checks(result)
    assert emitted[0]["data"][show.TABLE]["rows"] == [["rows", "passed", "enough"]]


def test_the_parameters_are_shown_with_value_default_and_meaning(emitted):
    from lpo_analysis.savings import Parameters

    show.parameters(Parameters(seed=7))
    chosen, assumed = ({row[0]: row for row in shown["data"][show.TABLE]["rows"]} for shown in emitted)
    headings = [[heading for _, heading, _ in shown["data"][show.TABLE]["shown"]] for shown in emitted]
    assert ["Default, where changed" in found for found in headings] == [True, False]
    assert "productivity" in assumed
    assert "task" in chosen
    assert not any(row[3].startswith("Assumption") for row in assumed.values())
    rows = chosen | assumed
    assert set(rows) == set(Parameters.model_fields)
    assert rows["seed"][1:3] == ["7", "1"]
    assert rows["task"][2] == ""
    assert all(row[3] for row in rows.values())


def _references(hostile: str) -> pd.DataFrame:
    columns = ["source_id", "publisher", "published", "title", "url", "grade", "figures"]
    row = ["s", hostile, hostile, hostile, f"https://example.org/{hostile}", "A", f"row_a, {hostile}"]
    return pd.DataFrame([row], columns=columns, index=pd.Index([1], name="number"))


def test_hostile_text_stays_text_in_findings_tables_checks_and_sources(emitted, hostile, monkeypatch):
    show.finding(hostile)
    frame = pd.DataFrame({"a": [hostile], "b": [1.0]})
    show.table(
        frame,
        name="t",
        title=hostile,
        columns={"a": (hostile, "text"), "b": (hostile, "interval")},
        note=hostile,
        sources=[hostile],
    )
    show.checks(Result("r", tidy([]), "", checks=(Check(hostile, False, hostile),)), title=hostile)
    monkeypatch.setattr(show, "references", lambda evidence, rows: _references(hostile))
    show.sources(None, ["row_a"], title=hostile)
    assert len(emitted) == 4
    for output in emitted:
        found = _harmless(output["data"]["text/html"])
        assert "<script>document.title='pwned'</script>" in found.text, "the text is lost instead of shown"


def test_a_source_links_to_the_page_it_was_read_on_and_nowhere_else(emitted, monkeypatch):
    frame = _references("plain").assign(url="https://example.org/?a=1&b=\"2\"' onclick='x")
    monkeypatch.setattr(show, "references", lambda evidence, rows: frame)
    show.sources(None, ["row_a"])
    assert [value for name, value in _harmless(emitted[0]["data"]["text/html"]).attributes if name == "href"] == [
        frame["url"].iloc[0]
    ]


@pytest.mark.parametrize("grade", ["", None, np.nan], ids=str)
def test_a_source_without_a_grade_tells_none(emitted, monkeypatch, grade):
    monkeypatch.setattr(show, "references", lambda evidence, rows: _references("plain").assign(grade=grade))
    show.sources(None, ["row_a"])
    assert "Grade" not in emitted[0]["data"]["text/html"] + emitted[0]["data"]["text/plain"]
    assert "</a>.</li>" in emitted[0]["data"]["text/html"]


def test_source_numbers_map_every_figure_to_its_source(monkeypatch):
    monkeypatch.setattr(show, "references", lambda evidence, rows: _references("row_b"))
    numbers = show.source_numbers(None, ["row_a", "row_b"])
    assert numbers == {"row_a": 1, "row_b": 1}
    assert show.brackets(numbers, ["row_b", "row_a"]) == "[1]"
    assert show.brackets(numbers, []) == "parameter"


def test_estimates_and_intervals_are_rounded_to_what_they_bear():
    frame = pd.DataFrame({"estimate": [0.4912, np.nan], "conf_low": [0.1234, np.nan], "conf_high": [0.7654, np.nan]})
    assert show.estimate_column(frame) == ["49%", "not estimable"]
    assert show.interval_column(frame) == ["12% to 77%", ""]
    assert show.estimate_with_interval(frame) == ["49% (12% to 77%)", "not estimable"]


def test_reports_of_one_batch_set_a_table_once(tmp_path, monkeypatch):
    shown: list[dict] = []
    monkeypatch.setattr(show, "_emit", lambda data, metadata=None: shown.append(data))
    monkeypatch.setenv("LPO_SHARED", str(tmp_path))
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "<\udc80>"]})
    for _ in range(2):
        # As if it were another process.
        show._great_table.cache_clear()
        show.table(frame, name="t", title="T")
    assert shown[0] == shown[1]
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(b"as another process left it")
    show._great_table.cache_clear()
    show.table(frame, name="t", title="T")
    assert shown[2]["text/html"] == "as another process left it"
    for other in ({"name": "u"}, {"title": "U"}, {"note": "n"}, {"columns": {"a": ("A", "year")}}):
        show.table(frame, **{"name": "t", "title": "T"} | other)
    show.table(frame.assign(a=[1, 3]), name="t", title="T")
    assert len(list(tmp_path.iterdir())) == 6
    show._great_table.cache_clear()
