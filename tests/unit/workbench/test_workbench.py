"""The workbench without a browser: answers, scenarios, plans, and the widgets as objects."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from lpo_analysis import savings, workbench
from lpo_analysis.errors import LpoError, NoEvidenceError, ParameterError, PlanError
from lpo_analysis.reporting.plans import read_plan
from lpo_analysis.workbench import catalogue
from lpo_analysis.workbench import plan as plan_module
from lpo_analysis.workbench.controls import controls

START = {"draws": 256}


def scenario(name, **changes):
    return workbench.Scenario.of(name, START | changes)


# Answers


def test_a_view_shows_the_numbers_of_the_report():
    seen = workbench.view(START)
    due = savings.analyse(savings.Parameters(draws=256)).numbers.row("net_saving")
    assert seen.numbers[1][0] == "net saving on the work"
    assert seen.numbers[1][1] == f"{round(100 * due['estimate'])}%"
    assert seen.html.count("<svg") == 3
    assert seen.analysis is not None


@pytest.mark.parametrize(
    "values",
    [{"location": "ZAF"}, {"baseline": "associate", "delivery_model": "law_firm"}, {"draws": 1000}, {"tsk": 1}],
)
def test_a_question_without_an_answer_says_why_and_does_not_raise(values):
    seen = workbench.view(START | values)
    assert (seen.analysis, seen.numbers, seen.waterfall) == (None, (), "")
    with pytest.raises(LpoError) as refused:
        savings.Parameters.from_mapping(START | values).check_evidence()
    assert seen.text == str(refused.value)


def test_a_change_is_answered_and_kept_for_the_next():
    bench = workbench.Bench(dict(START))
    assert bench.value("productivity") == [0.7, 1.0], "what is not set has its default"
    bench.change(productivity=[0.9, 1.1])
    dearer = bench.change(volume_hours=1000.0)
    assert dearer.analysis.parameters.productivity == [0.9, 1.1]


def test_the_reach_of_every_slider_is_allowed():
    for control in controls():
        for end in (control.low, control.high):
            if control.kind == "choice":
                continue
            value = [end, end] if control.kind == "range" else int(end) if control.name == "horizon_years" else end
            savings.Parameters.from_mapping({control.name: value})


# Scenarios


def test_scenarios_stand_side_by_side_with_the_numbers_of_their_reports():
    result = workbench.compare([scenario("now"), scenario("fast", productivity=[0.95, 1.05])])
    for term, changes in (("scenario_1", {}), ("scenario_2", {"productivity": [0.95, 1.05]})):
        due = savings.analyse(savings.Parameters(draws=256, **changes)).numbers.row("net_saving")
        assert result.row(term)["estimate"] == due["estimate"]
    assert "“fast” saves" in result.text


def test_the_difference_is_formed_draw_by_draw():
    one, two = scenario("now"), scenario("fast", productivity=[0.95, 1.05])
    draws = [savings.analyse(item.parameters).costs.net_saving for item in (one, two)]
    row = workbench.compare([one, two]).row("scenario_2")
    assert row["difference"] == pytest.approx(np.quantile(draws[1] - draws[0], 0.5, method="inverted_cdf"))
    width = row["difference_high"] - row["difference_low"]
    assert width < row["conf_high"] - row["conf_low"], "what is common to both cancels"


def test_of_another_comparator_no_difference_is_formed():
    result = workbench.compare([scenario("now"), scenario("firm", baseline="associate")])
    assert np.isnan(result.row("scenario_2")["difference"])
    assert "firm" in result.checks[0].text
    assert "“firm” saves" not in result.text


def test_nothing_kept_is_a_result_and_two_of_a_name_are_refused():
    assert not workbench.compare([]).estimable
    with pytest.raises(ParameterError, match="same name"):
        workbench.compare([scenario("a"), scenario("a")])


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "line\nbreak"])
def test_a_scenario_needs_a_name(name):
    with pytest.raises(ParameterError, match="needs a name"):
        scenario(name)


def test_only_what_has_an_answer_is_kept():
    bench = workbench.Bench(START | {"location": "ZAF"})
    with pytest.raises(NoEvidenceError):
        bench.keep("south")
    assert bench.kept == []


def test_keeping_replaces_one_of_the_same_name_and_tells_who_listens():
    bench, told = workbench.Bench(dict(START)), []
    bench.listen(lambda: told.append(len(bench.kept)))
    bench.keep("a")
    bench.change(volume_hours=900.0)
    bench.keep(" a ")
    bench.drop("b")
    bench.drop("a")
    assert told == [1, 1, 1, 0]


# Plans


def test_a_plan_runs_as_the_batch_would_and_holds_only_what_differs(tmp_path):
    kept = [scenario("as asked"), scenario('"quoted" {x} \\', volume_hours=900.0, productivity=[0.9, 1.1])]
    path = workbench.save_plan("mine", kept, title='My "plan"', folder=tmp_path / "plans")
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    assert content["title"] == 'My "plan"'
    assert content["report"][0]["parameters"] == {}, "draws of the workbench are no draws of a report"
    assert content["report"][1]["parameters"] == {"volume_hours": 900.0, "productivity": [0.9, 1.1]}
    jobs = read_plan(path).jobs
    assert [job.name for job in jobs] == ["as_asked", "quoted_x"]
    assert [p.name for p in path.parent.iterdir()] == ["mine.toml"], "nothing else is left"


def test_a_plan_keeps_every_parameter_that_a_scenario_can_have(tmp_path):
    odd = {
        "correlations": [["provider_price", "productivity", 0.4]],
        "grades": ["A", "B", "C"],
        "currency": "GBP",
        "price": [20.0, 30.0],
    }
    made = scenario("odd", **odd)
    read = read_plan(workbench.save_plan("odd", [made], folder=tmp_path, draws=512)).jobs[0]
    assert read.parameters == made.parameters.model_dump() | {"draws": 512}


def test_a_plan_is_not_replaced_unless_asked(tmp_path):
    workbench.save_plan("mine", [scenario("a")], folder=tmp_path)
    with pytest.raises(PlanError, match="already"):
        workbench.save_plan("mine", [scenario("b")], folder=tmp_path)
    workbench.save_plan("mine", [scenario("b")], folder=tmp_path, replace=True)
    assert [job.name for job in read_plan(tmp_path / "mine.toml").jobs] == ["b"]


@pytest.mark.parametrize("name", ["", "../up", "Mine", "a b", "-x", "x" * 61, "a.toml"])
def test_a_name_that_is_none_writes_nothing(name, tmp_path):
    with pytest.raises(PlanError, match="no name of a plan"):
        workbench.save_plan(name, [scenario("a")], folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("names", "title", "says"),
    [
        ([], "t", "no scenario"),
        (["a b", "a_b"], "t", "one name"),
        (["a"], " ", "title"),
        (["a"], "x\ny", "title"),
        (["…"], "t", "one name"),
    ],
)
def test_what_no_batch_could_run_is_refused(names, title, says, tmp_path):
    with pytest.raises(PlanError, match=says):
        workbench.plan_text([scenario(name) for name in names], title=title)


def test_plans_stand_beside_the_notebooks_one_is_in(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert plan_module.plans_folder() == tmp_path / "reports" / "plans"
    monkeypatch.chdir(tmp_path)
    assert plan_module.plans_folder() == tmp_path / "reports" / "plans"


# Without sliders


def test_sliders_need_a_session_of_the_server(monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert [workbench.is_live(mode) for mode in ("auto", "yes", "no")] == [False, True, False]
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/workbench.ipynb")
    assert [workbench.is_live(mode) for mode in ("auto", "yes", "no")] == [True, True, False]


def test_without_sliders_every_cell_shows_plain_outputs(emitted, capsys):
    bench = workbench.Bench(dict(START))
    workbench.explore(bench, live="no")
    workbench.side_by_side(
        bench, others={"fast": {"productivity": [0.95, 1.05]}, "none": {"location": "ZAF"}}, live="no"
    )
    workbench.browse(metric="lpo_hourly_rate", live="no")
    workbench.save_as_plan(bench, live="no")
    assert [item.name for item in bench.kept] == ["as asked", "fast"], "one without an answer is left out"
    kinds = {kind for output in emitted for kind in output["data"]}
    assert not any("widget" in kind for kind in kinds)
    assert 'name = "fast"' in capsys.readouterr().out


def test_a_start_that_has_no_answer_is_refused_before_a_kernel_starts():
    with pytest.raises(NoEvidenceError):
        workbench.Parameters(location="ZAF").check_evidence()
    with pytest.raises(ParameterError, match="lpo_hourly_rate"):
        workbench.Parameters(metric="lpo_hourly_rat").check_evidence()


# The landing page


def test_the_landing_page_lists_what_is_there(checkout):
    assert set(catalogue.SHIPPED) <= {path.stem for path in (checkout / "notebooks").glob("*.ipynb")}
    listed = workbench.notebooks()
    assert list(listed["notebook"]) == list(catalogue.SHIPPED)
    assert listed["question"].ne("").all()
    assert set(workbench.plans()["plan"]) == {path.stem for path in (checkout / "reports/plans").glob("*.toml")}
    assert all((checkout / file).is_file() for file in workbench.templates()["file"])


def test_a_notebook_of_ones_own_is_listed_and_a_broken_one_hides_no_other(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "broken.ipynb").write_text("{}")
    (tmp_path / "notebooks" / "mine.ipynb").write_text(
        '{"cells": [{"cell_type": "markdown", "source": ["# Why?"]}, {"cell_type": "code", "source": "n = 1", "metadata": {"tags": ["parameters"]}}]}'
    )
    monkeypatch.chdir(tmp_path)
    own = workbench.notebooks(own=True).set_index("notebook")
    assert own.at["mine", "question"] == "Why?"
    assert own.at["broken", "question"].startswith("cannot be run: ")


# Widgets


@pytest.fixture
def widgets():
    from lpo_analysis.workbench import widgets

    return widgets


def find(root, kind, description):
    """The widget of a kind below another whose description begins so."""
    for child in getattr(root, "children", ()):
        if isinstance(child, kind) and child.description.startswith(description):
            return child
        if (found := find(child, kind, description)) is not None:
            return found
    return None


def test_a_slider_changes_the_answer_and_a_button_keeps_it(widgets):
    import ipywidgets as w

    bench = workbench.Bench(dict(START))
    panel = widgets.explorer(bench)
    seen = panel.children[1].children[0]
    before = seen.value
    find(panel, w.FloatRangeSlider, "Work done").value = (95.0, 105.0)
    assert bench.values["productivity"] == [0.95, 1.05]
    assert seen.value != before
    assert seen.value == workbench.view(bench.values).html
    find(panel, w.Dropdown, "Moved to").value = "ZAF"
    assert "<svg" not in seen.value, "a refusal is told where the answer stood"
    name, keep = find(panel, w.Text, "Scenario"), find(panel, w.Button, "Keep")
    name.value = "south"
    keep.click()
    assert bench.kept == []
    find(panel, w.Dropdown, "Moved to").value = "IND"
    find(panel, w.SelectMultiple, "Grades").value = ("A", "B", "C")
    keep.click()
    assert bench.kept[0].parameters.grades == ["A", "B", "C"]


def test_a_start_beyond_a_slider_is_not_moved(widgets):
    import ipywidgets as w

    bench = workbench.Bench(START | {"volume_hours": 90_000.0, "productivity": [0.2, 2.0], "location": "US-TX"})
    panel = widgets.explorer(bench)
    assert find(panel, w.FloatSlider, "Hours").value == 90_000
    assert find(panel, w.FloatRangeSlider, "Work done").value == pytest.approx((20, 200))
    assert find(panel, w.Dropdown, "Moved to").value == "US-TX"
    assert bench.values["volume_hours"] == 90_000


def test_the_comparison_and_the_plan_follow_what_is_kept(widgets, tmp_path, monkeypatch, hostile):
    import ipywidgets as w

    monkeypatch.chdir(tmp_path)
    bench = workbench.Bench(dict(START))
    beside, saver = widgets.comparison(bench), widgets.saver(bench, title="T")
    bench.keep("a<b>")
    assert "a&lt;b&gt;" in beside.children[0].value
    assert "<b>" not in beside.children[0].value
    find(saver, w.Text, "Plan").value = "mine"
    find(saver, w.Button, "Save").click()
    assert "lpo batch mine" in saver.children[4].value
    assert read_plan(tmp_path / "reports/plans/mine.toml").jobs[0].name == "a_b"
    find(saver, w.Button, "Save").click()
    assert "already" in saver.children[4].value
    find(beside, w.Dropdown, "Scenario").value = "a<b>"
    find(beside, w.Button, "Drop").click()
    assert bench.kept == []


def test_the_browser_filters_by_topic_metric_place_and_grade(widgets):
    import ipywidgets as w

    from lpo_analysis.evidence import load

    panel = widgets.browser(load(), metric="lpo_hourly_rate", grades=("A", "B"))
    seen = panel.children[2]
    assert seen.value.startswith("<p>7 figures on LPO hourly rate")
    find(panel, w.SelectMultiple, "Grades").value = ("A", "B", "C")
    assert seen.value.startswith("<p>25 figures")
    find(panel, w.Dropdown, "Place").value = "PHL"
    assert seen.value.startswith("<p>1 figure on")
    find(panel, w.Dropdown, "Topic").value = "adoption"
    assert find(panel, w.Dropdown, "Place").value == ""
    find(panel, w.SelectMultiple, "Grades").value = ()
    assert "at least one grade" in seen.value
