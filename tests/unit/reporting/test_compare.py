"""Finished reports side by side: what differs, what changed with which interval, and what is refused."""

import json

import pytest
from typer.testing import CliRunner

from lpo_analysis.cli import app
from lpo_analysis.errors import NotFoundError, ParameterError
from lpo_analysis.reporting.compare import compare, read_finished, said

MADE = {
    "data": {"a.csv": "1"}, "package": {"version": "0.1.0", "sha256": "p", "files": {"x.py": "1"}}, "libraries": {"numpy": "2"}, "python": "3.11",
    "platform": "linux", "inputs": {},
}  # fmt: skip
HEAD = "input,label,unit,low,median,high,rung,basis,rows"


def number(estimate, low=None, high=None, *, unit="share", level=0.9, headline=True, **more):
    item = {
        "estimate": estimate,
        "conf_low": low,
        "conf_high": high,
        "level": level,
        "n_obs": 3,
        "unit": unit,
        "label": "net saving",
        **more,
    }
    return item | ({"headline": True} if headline else {})


def made(folder, name, values, parameters=None, *, kind="savings", inputs=None, **run):
    where = folder / name
    (where / "tables").mkdir(parents=True)
    given = {"location": "IND", "currency": "USD", "price_year": 2024} | (parameters or {})
    (where / "results.json").write_text(
        json.dumps({"schema": "lpo-results/1", "notebook": kind, "parameters": given, "values": values})
    )
    (where / "run.json").write_text(
        json.dumps(
            {"schema": "lpo-run/2", "notebook": {"name": kind, "sha256": "n"}, "parameters": given, **MADE, **run}
        )
    )
    if inputs is not None:
        (where / "tables" / "inputs.csv").write_text("\n".join([HEAD, *inputs]) + "\n")
    return where


def compared(*folders, **options):
    return compare(read_finished(folders), **options)


def test_a_change_has_the_interval_of_independent_errors(tmp_path):
    a = made(tmp_path, "a", {"x": number(0.2, 0.1, 0.4)})
    b = made(tmp_path, "b", {"x": number(0.5, 0.1, 0.6)}, {"location": "PHL"})
    c = compared(a, b)
    row = c.numbers.iloc[1]
    assert row["change"] == pytest.approx(0.3)
    # MOVER by hand: 0.3 - hypot(0.5 - 0.1, 0.4 - 0.2), 0.3 + hypot(0.6 - 0.5, 0.2 - 0.1).
    assert row["change_low"] == pytest.approx(0.3 - (0.16 + 0.04) ** 0.5)
    assert row["change_high"] == pytest.approx(0.3 + (0.01 + 0.01) ** 0.5)
    assert c.parameters.to_dict("records") == [{"parameter": "location", "a": "IND", "b": "PHL"}]
    assert said(row) == {"value": "50% (10% to 60%)", "change": "+30 points (-15 to +44)"}
    assert "independent errors" in c.text()
    assert c.made == ()


def test_mover_is_the_plain_interval_where_both_are_symmetric(tmp_path):
    a, b = (made(tmp_path, n, {"x": number(v, v - 3, v + 3, unit="USD")}) for n, v in (("a", 10.0), ("b", 14.0)))
    row = compared(a, b).numbers.iloc[1]
    assert (row["change_low"], row["change_high"]) == pytest.approx((4 - 18**0.5, 4 + 18**0.5))


@pytest.mark.parametrize(
    ("first", "second", "parameters", "note"),
    [
        (
            number(0.2, 0.1, 0.3),
            number(None, reason="too few rows"),
            {},
            "no change: not estimable in b, because too few rows",
        ),
        (number(0.2, 0.1, 0.3), number(5.0, 1.0, 9.0, unit="USD"), {}, "no change: share and USD are different units"),
        (
            number(2.0, 1.0, 3.0, unit="USD"),
            number(2.5, 1.0, 3.0, unit="USD"),
            {"price_year": 2020},
            "no change: the reports differ in price_year",
        ),
        (number(0.2, 0.1, 0.3), number(0.3, 0.1, 0.4), {"price_year": 2020}, ""),
        (
            number(0.2, 0.1, 0.3),
            number(0.3, 0.1, 0.4, level=0.8),
            {},
            "no interval: the reports' own are at 90% and 80%",
        ),
        (number(0.2, 0.1, 0.3), number(0.3), {}, "no interval: one of the two has none"),
        (number("inf", 0.1, "inf"), number(0.3, 0.1, 0.4), {}, "no change: one of the two is not finite"),
    ],
)
def test_what_cannot_be_compared_says_why(tmp_path, first, second, parameters, note):
    c = compared(made(tmp_path, "a", {"x": first}), made(tmp_path, "b", {"x": second}, parameters))
    told = c.numbers.iloc[1]["note"]
    assert told.startswith(note)
    assert bool(told) == bool(note)
    assert c.text()
    assert c.html()


def test_numbers_of_one_report_alone_are_shown_and_called_so(tmp_path):
    a = made(tmp_path, "a", {"x": number(0.2, 0.1, 0.3)})
    b = made(tmp_path, "b", {"y": number(0.4, 0.1, 0.5), "p": {"value": 0.3}})
    c = compared(a, b, every=True)
    notes = c.numbers.set_index(["term", "run"])["note"]
    assert notes["x", "b"] == "not recorded in this report"
    assert notes["y", "b"] == "not recorded in a"
    assert set(c.numbers["term"]) == {"x", "y", "p"}
    assert set(compared(a, b).numbers["term"]) == {"x", "y"}


def test_single_values_change_without_an_interval(tmp_path):
    a, b = (made(tmp_path, n, {"p": {"value": v}}) for n, v in (("a", 0.25), ("b", 0.5)))
    row = compared(a, b, every=True).numbers.iloc[1]
    assert row["change"] == 0.25
    assert row["change_low"] != row["change_low"]
    assert compared(a, b, every=True).text()


def test_inputs_that_differ_are_told_with_what_differs(tmp_path):
    one = [
        "price,price of an hour,USD,10,20,40,2,stated,r1",
        "work,work an hour,x,0.7,0.8,1,4,parameter,",
        "gone,,x,1,2,3,4,parameter,",
    ]
    two = [
        "price,price of an hour,USD,12,20,40,3,borrowed,r2",
        "work,work an hour,x,0.7,0.8,1,4,parameter,",
        "new,,x,1,2,3,4,parameter,",
    ]
    a, b = made(tmp_path, "a", {}, inputs=one), made(tmp_path, "b", {}, inputs=two)
    found = compared(a, b).inputs.set_index("input")
    assert found["what"].to_dict() == {
        "price of an hour": "range, rung and the rows behind it differ",
        "gone": "only in a",
        "new": "only in b",
    }
    assert found.loc["price of an hour", "after"] == "20.0, 12.0 to 40.0, rung 3"
    assert "change one parameter at a time" in compared(a, b).caveat
    assert "record no table of inputs" in compared(a, made(tmp_path, "c", {})).caveat


def test_what_an_input_makes_alone_is_read_off_the_tornado(tmp_path):
    line = "price,price of an hour,USD,10,{},40,2,stated,r1"
    a, b, c = (made(tmp_path, n, {}, inputs=[line.format(m)]) for n, m in (("a", 20), ("b", 30), ("c", 60)))
    (a / "tables" / "figure_tornado.csv").write_text(
        "input,input_low,input_high,at_low,at_high,base\nprice,10,40,0.5,-0.4,0.2\n"
    )
    found = compared(a, b, c)
    # The line from (20, 0.2) to (40, -0.4) is at -0.1 for 30; 60 lies outside of what was tried.
    assert found.inputs["alone"].iloc[0] == pytest.approx(-0.3)
    assert found.inputs["alone"].iloc[1] != found.inputs["alone"].iloc[1]
    assert "alone it moves the main answer by about -0.30" in found.text()
    assert "alone it moves the main answer by about -0.30" in found.html()


def test_other_data_or_another_kit_are_told_besides(tmp_path):
    a = made(tmp_path, "a", {})
    b = made(tmp_path, "b", {}, data={"a.csv": "2"}, libraries={"numpy": "3"})
    assert compared(a, b).made == ("b: data/a.csv changed, numpy 2 became 3",)


def test_reports_of_one_name_are_told_apart_by_the_folder_above(tmp_path):
    runs = read_finished([made(tmp_path / "one", "a", {}), made(tmp_path / "two", "a", {})])
    assert [run.name for run in runs] == ["one/a", "two/a"]


def test_names_are_looked_for_in_the_output_folder_and_files_stand_for_theirs(tmp_path):
    made(tmp_path, "a", {})
    b = made(tmp_path, "b", {})
    assert [run.name for run in read_finished(["a", b / "results.json"], output=tmp_path)] == ["a", "b"]


def test_runs_of_different_kinds_are_refused(tmp_path):
    a, b = made(tmp_path, "a", {}), made(tmp_path, "b", {}, kind="risk")
    with pytest.raises(
        ParameterError, match=r"different kinds: a \(savings\) and b \(risk\)\. Compare reports of one notebook"
    ):
        read_finished([a, b])


def test_all_that_are_no_reports_are_named_at_once(tmp_path):
    a, b = made(tmp_path, "a", {}), made(tmp_path, "b", {})
    (b / "run.json").write_text("{not json")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError) as error:
        read_finished([a, b, tmp_path / "empty", "nowhere"])
    for text in (
        "run.json that cannot be read",
        "has no run.json, so no report was finished there",
        "'nowhere' is no folder",
    ):
        assert text in str(error.value)


def test_another_schema_is_refused(tmp_path):
    a, b = made(tmp_path, "a", {}), made(tmp_path, "b", {})
    (b / "results.json").write_text(json.dumps({"schema": "lpo-results/9"}))
    with pytest.raises(NotFoundError, match="version of the kit whose records this one cannot read"):
        read_finished([a, b])


def test_one_report_or_the_same_twice_is_no_comparison(tmp_path):
    a = made(tmp_path, "a", {})
    with pytest.raises(ParameterError, match="two or more reports, got 1"):
        read_finished([a])
    with pytest.raises(ParameterError, match="one report is given twice"):
        read_finished([a, a / "run.json"])


def test_the_command_prints_csv_and_writes_a_page(tmp_path):
    a = made(tmp_path, "a", {"x": number(0.2, 0.1, 0.4)})
    b = made(tmp_path, "b", {"x": number(0.5, 0.1, 0.6)}, {"location": "<PHL>"})
    page = tmp_path / "c.html"
    found = CliRunner().invoke(app, ["compare", str(a), str(b), "--csv", "--html", str(page)])
    assert found.exit_code == 0
    lines = found.output.splitlines()
    assert lines[0] == "what,name,label,unit,run,value,conf_low,conf_high,change,change_low,change_high,note"
    assert lines[1] == "parameter,location,,,a,IND,,,,,,"
    text = page.read_text(encoding="utf-8")
    assert "&lt;PHL&gt;" in text
    assert "<script" not in text
    assert str(tmp_path) not in text
    assert "+30 points" in CliRunner().invoke(app, ["compare", "a", "b", "-o", str(tmp_path)]).output


def test_the_same_number_is_called_so_and_has_no_interval_of_its_change(tmp_path):
    a, b = (made(tmp_path, name, {"x": number(0.2, 0.1, 0.3)}) for name in "ab")
    row = compared(a, b).numbers.iloc[1]
    assert row["same"]
    assert row["change"] == 0
    assert said(row)["change"] == "none, the same number"


def test_a_change_without_intervals_on_either_side_says_so(tmp_path):
    a, b = (made(tmp_path, n, {"x": number(v, unit="probability")}) for n, v in (("a", 0.9), ("b", 0.7)))
    row = compared(a, b).numbers.iloc[1]
    assert row["note"] == "no interval: none is recorded of either"
    assert said(row)["change"] == "-20 points"


def test_a_reason_that_says_not_estimable_does_not_say_it_twice(tmp_path):
    a = made(tmp_path, "a", {"x": number(0.2, 0.1, 0.3)})
    b = made(tmp_path, "b", {"x": number(None, reason="not estimable, because nothing may move")})
    assert compared(a, b).numbers.iloc[1]["note"] == "no change: not estimable in b, because nothing may move"


def test_amounts_tell_their_unit_and_shares_do_not(tmp_path):
    a, b = (
        made(tmp_path, n, {"x": number(v, unit="USD bn"), "y": number(0.1, label="share of it")})
        for n, v in (("a", 10.0), ("b", 14.0))
    )
    lines = compared(a, b).text().splitlines()
    assert "Net saving (USD bn)" in lines
    assert "Share of it" in lines
    assert "Net saving (USD bn)" in compared(a, b).html()


def test_words_that_differ_stand_beside_the_headline_numbers(tmp_path):
    a, b = (
        made(tmp_path, n, {"verdict": {"value": v}, "same": {"value": "alike"}, "n": {"value": i}})
        for i, (n, v) in enumerate((("a", "trial"), ("b", "stay")))
    )
    c = compared(a, b)
    assert set(c.numbers["term"]) == {"verdict"}
    assert "  b: stay" in c.text().splitlines()


def test_evidence_that_only_one_report_uses_is_told_with_its_publishers(tmp_path):
    a, b = (made(tmp_path, name, {"x": number(0.2, 0.1, 0.3)}) for name in "ab")
    head = "number,source_id,publisher,published,title,url,grade,figures\n"
    (a / "tables").joinpath("sources.csv").write_text(
        head + '1,s1,Bureau,2020,T,,A,"r1, r2"\n2,s2,Panel,2021,T,,B,r3\n'
    )
    (b / "tables").joinpath("sources.csv").write_text(head + "1,s1,Bureau,2020,T,,A,r1\n2,s4,Press,2021,T,,C,r4\n")
    c = compared(a, b)
    assert c.evidence == (
        "only in a, not in b: 2 rows (r2, r3) of Bureau and Panel",
        "only in b, not in a: 1 row (r4) of Press",
    )
    assert "Evidence that differs:" in c.text()
    assert "of Bureau and Panel" in c.html()
    assert "r4" in c.frame().query("what == 'evidence'")["note"].iloc[1]
    assert "told by its rows of the evidence" in c.text()


def test_inputs_under_another_name_but_alike_do_not_differ_and_ways_are_told_apart(tmp_path):
    one = ["pay,yearly pay,USD,10,20,40,3,lone,r1", "price@review: India,price,USD,1,2,3,3,stated,r2"]
    two = [
        "pay@research: own lawyers,yearly pay,USD,10,20,40,3,lone,r1",
        "price@review: India,price,USD,1,2,4,3,stated,r2",
    ]
    a, b = made(tmp_path, "a", {}, inputs=one), made(tmp_path, "b", {}, inputs=two)
    assert compared(a, b).inputs["input"].tolist() == ["price (review: India)"]
