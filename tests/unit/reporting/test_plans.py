"""Plans: every mistake is named before anything runs, several of them at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lpo_analysis.errors import NotFoundError, PlanError
from lpo_analysis.reporting.plans import Plan, memo, read_plan, recall, size

GOOD = 'title = "Good"\n[[report]]\nnotebook = "savings"\n'


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], Plan]:
    """Write a plan and read it."""
    monkeypatch.chdir(tmp_path)

    def write(text: str | bytes) -> Plan:
        (tmp_path / "mine.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_plan("mine.toml")

    return write


def test_the_default_plan_is_valid_and_its_reports_have_names_of_their_own():
    read = read_plan("default")
    names = [job.name for job in read.jobs]
    assert len(names) == 18
    assert len(set(names)) == len(names)
    assert "savings-legal_research-contract_attorney-IND" in names
    assert {job.notebook.stem for job in read.jobs} == {"adoption", "savings", "risk", "decision", "evidence"}


def test_the_matrix_plan_makes_at_least_sixty_reports_over_task_place_and_size():
    read = read_plan("matrix")
    assert len(read.jobs) >= 60
    varying = {tuple(job.parameters[key] for key in ("task", "location", "buyer_size")) for job in read.jobs}
    assert len(varying) == len(read.jobs)


def test_a_plan_without_matrix_makes_one_report_named_after_its_parameters(plan):
    (job,) = plan(GOOD + 'parameters = {task = "legal_research"}\n').jobs
    assert job.name == "savings-legal_research"
    assert job.changed == {"task": "legal_research"}
    assert job.parameters["baseline"] == "contract_attorney"


def test_a_matrix_makes_every_combination_once(plan):
    read = plan(GOOD + 'matrix = {task = ["legal_research", "document_review"], seed = [1, 2, 3]}\n')
    assert [(job.parameters["task"], job.parameters["seed"]) for job in read.jobs] == [
        (task, seed) for task in ("legal_research", "document_review") for seed in (1, 2, 3)
    ]


def test_a_name_template_is_filled_with_the_parameters(plan):
    read = plan(GOOD + 'name = "x-{task}-{grades}-{seed}"\nmatrix = {seed = [1, 2]}\n')
    assert [job.name for job in read.jobs] == ["x-document_review-A-B-1", "x-document_review-A-B-2"]


def test_a_cell_that_the_evidence_refuses_becomes_a_refused_job_and_the_others_stay(plan):
    read = plan(GOOD + 'parameters = {task = "legal_research"}\nmatrix = {location = ["IND", "ZAF"]}\n')
    assert [job.refusal is None for job in read.jobs] == [True, False]
    refusal = read.jobs[1].refusal
    assert "South Africa" in refusal
    assert "Nearest available: India (IND)" in refusal


BAD = {
    "not TOML": ("title = \n", r"mine\.toml: is no TOML: .*line 1"),
    "empty": ("", r"mine\.toml: is empty\..*title and \[\[report\]\]"),
    "only a comment": ("# nothing\n", r"mine\.toml: is empty\."),
    "not UTF-8": ("title = 'Übersicht'\n".encode("latin-1"), r"mine\.toml: is not UTF-8\. Save the file as UTF-8"),
    "UTF-16": (GOOD.encode("utf-16"), r"mine\.toml: is not UTF-8"),
    "no title": ('[[report]]\nnotebook = "savings"\n', "it needs a title"),
    "blank title": (GOOD.replace("Good", "  "), "it needs a title"),
    "title is a number": (GOOD.replace('"Good"', "7"), "it needs a title"),
    "no report": ('title = "Good"\n', r"it has no \[\[report\]\] table"),
    "an empty list of reports": ('title = "Good"\nreport = []\n', r"it has no \[\[report\]\] table"),
    "report is no table": ('title = "Good"\nreport = "savings"\n', r"reports are written as \[\[report\]\] tables"),
    "a single bracket": ('title = "Good"\n[report]\nnotebook = "savings"\n', r"reports are written as \[\[report\]\] tables"),
    "unknown key of the plan": ("titlee = 'x'\n" + GOOD, "the plan: unknown key 'titlee'. Did you mean 'title'"),
    "unknown key of a report": (GOOD + "matrx = {seed = [1]}\n", "report 1: unknown key 'matrx'. Did you mean 'matrix'"),
    "no notebook": ('title = "Good"\n[[report]]\nname = "x"\n', "report 1: it needs a notebook"),
    "notebook is a number": (GOOD.replace('"savings"', "3"), "report 1: it needs a notebook"),
    "unknown notebook": (GOOD.replace("savings", "savngs"), "report 1: There is no notebook 'savngs'. Did you mean 'savings'"),
    "parameters are no table": (GOOD + 'parameters = "task"\n', "report 1: parameters and matrix are tables"),
    "matrix is no table": (GOOD + 'matrix = ["task"]\n', "report 1: parameters and matrix are tables"),
    "empty matrix": (GOOD + "[report.matrix]\n", "report 1: the matrix is empty"),
    "empty list in the matrix": (GOOD + "matrix = {seed = []}\n", "report 1: matrix seed must be a list with at least one value, got"),
    "matrix value is no list": (GOOD + 'matrix = {task = "legal_research"}\n', "report 1: matrix task must be a list .* got 'legal_research'"),
    "key in parameters and matrix": (GOOD + "parameters = {seed = 1}\nmatrix = {seed = [1, 2]}\n", "seed stands in both parameters and matrix"),
    "unknown parameter": (GOOD + 'parameters = {tsk = "x"}\n', "report 1: unknown parameter 'tsk'. Did you mean 'task'"),
    "unknown parameter in the matrix": (GOOD + "matrix = {sed = [1]}\n", r"report 1 \(sed=1\): unknown parameter 'sed'. Did you mean 'seed'"),
    "wrong value": (GOOD + "parameters = {draws = 300}\n", "draws: must be a power of two, got 300; nearest are 256 and 512"),
    "wrong type": (GOOD + 'parameters = {volume_hours = "many"}\n', "volume_hours: must be a number"),
    "two reports of one name": (GOOD + 'name = "same"\nmatrix = {seed = [1, 2]}\n', "two reports are named 'same'; put what sets them apart"),
    "the same report twice": (GOOD + '[[report]]\nnotebook = "savings"\n', "two reports are named 'savings'"),
    "unknown field in the name": (GOOD + 'name = "{tsk}"\n', "name: there is no parameter 'tsk'. Did you mean 'task'"),
    "a field without a name": (GOOD + 'name = "x-{}"\n', "name: there is no parameter ''"),
    "an attribute of a field": (GOOD + 'name = "{task.upper}"\n', "name: there is no parameter 'task.upper'"),
    "an unbalanced brace": (GOOD + 'name = "x-{task"\n', "report 1: name: "),
    "a lone closing brace": (GOOD + 'name = "x-task}"\n', "report 1: name: "),
    "a format that does not fit": (GOOD + 'name = "{volume_hours:.2f}"\n', "report 1: name: "),
    "a conversion": (GOOD + 'name = "{task!r}"\n', "report 1: name: .* is no folder name"),
    "name is a number": (GOOD + "name = 3\n", "report 1: name: must be text"),
    "empty name": (GOOD + 'name = ""\n', "report 1: name: must be text"),
    "a name that climbs out": (GOOD + 'name = "../x"\n', "report 1: name: '../x' is no folder name"),
    "a name of dots": (GOOD + 'name = ".."\n', "report 1: name: '..' is no folder name"),
    "an absolute name": (GOOD + 'name = "/tmp/x"\n', "report 1: name: '/tmp/x' is no folder name"),
    "a name with a slash": (GOOD + 'name = "a/{task}"\n', "report 1: name: .* is no folder name"),
    "a hidden name": (GOOD + 'name = ".x"\n', "report 1: name: '.x' is no folder name"),
    "a name below a report": (GOOD + 'name = "a/../../x"\n', "report 1: name: .* is no folder name"),
    "a name that is very long": (GOOD + f'name = "{"x" * 300}"\n', "report 1: name: .* has 300 characters"),
    "the name of the index": (GOOD + 'name = "index.html"\n', "a report cannot be named 'index.html'"),
    "the name of the index in capitals": (GOOD + 'name = "INDEX.html"\n', "a report cannot be named 'INDEX.html'"),
    "the name of the log": (GOOD + 'name = "batch.json"\n', "a report cannot be named 'batch.json'"),
    "two names apart by case alone": (
        GOOD + 'name = "Run"\n[[report]]\nnotebook = "savings"\nname = "run"\n', "two reports are named 'run' but for upper and lower case"),
    "values that make one name": (
        GOOD + 'name = "{horizon_years}"\nmatrix = {horizon_years = [5], seed = [1, 2]}\n', "two reports are named '5'"),
    "unknown engine": ('engine = "direkt"\n' + GOOD, "engine: There is no engine 'direkt'. Did you mean 'direct'?"),
    "engine is a number": ("engine = 3\n" + GOOD, "engine: There is no engine '3'"),
    "engine is a list": ('engine = ["direct"]\n' + GOOD, "engine: There is no engine"),
    "limits are a number": ("limits = 3\n" + GOOD, r"limits is a table, written as \[limits\]"),
    "unknown limit": ("limits = {secondz = 3}\n" + GOOD, "limits: unknown key 'secondz'. Did you mean 'seconds'"),
    "limit in words": ('limits = {seconds = "long"}\n' + GOOD, "limits: seconds must be a number above 0, got 'long'"),
    "limit that is true": ("limits = {seconds = true}\n" + GOOD, "limits: seconds must be a number above 0, got True"),
    "limit of zero": ("limits = {seconds = 0}\n" + GOOD, "limits: seconds must be a number above 0, got 0"),
    "limit below zero": ("limits = {memory_mb = -1}\n" + GOOD, "limits: memory_mb must be a whole number above 0, got -1"),
    "limit with a fraction": ("limits = {cell_seconds = 1.5}\n" + GOOD, "limits: cell_seconds must be a whole number above 0, got 1.5"),
    "limit that is no number": ("limits = {seconds = nan}\n" + GOOD, "limits: seconds must be a number above 0, got nan"),
    "limit without end": ("limits = {seconds = inf}\n" + GOOD, "limits: seconds must be a number above 0, got inf"),
    "forms that are none": ('forms = ["docx"]\n' + GOOD, "forms: there is no 'docx'"),
    "environment is text": ('environment = "TOKEN"\n' + GOOD, "environment: must be a list of names"),
    "environment of numbers": ("environment = [1]\n" + GOOD, "environment: must be a list of names"),
    "environment of an empty name": ('environment = [""]\n' + GOOD, "environment: must be a list of names"),
    "inputs are text": (GOOD + 'inputs = "x.csv"\n', r"report 1: inputs must be a list of files or patterns.* got 'x\.csv'"),
    "inputs that match no file": (GOOD + 'inputs = ["data/*.csv"]\n', r"report 1: inputs: there is no file 'data/\*\.csv'"),
    "inputs that are a folder": (GOOD + 'inputs = ["."]\n', r"report 1: inputs: there is no file '\.'"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says"), BAD.values(), ids=BAD.keys())
def test_a_bad_plan_is_refused_and_the_message_names_what_is_wrong(plan, text, says):
    with pytest.raises(PlanError, match=says) as caught:
        plan(text)
    assert caught.value.where == "mine.toml"


def test_several_mistakes_are_reported_at_once(plan):
    text = "titlee = 1\n[[report]]\nnotebook = 'savngs'\n[[report]]\nnotebook = 'savings'\nparameters = {tsk = 1}\n[[report]]\nnam = 'x'\n"
    with pytest.raises(PlanError) as caught:
        plan(text)
    message = str(caught.value)
    parts = ("'titlee'", "needs a title", "report 1: There is no notebook", "report 2: unknown parameter 'tsk'", "report 3: unknown key 'nam'",
             "report 3: it needs a notebook")  # fmt: skip
    missing = [part for part in parts if part not in message]
    assert not missing, f"not reported: {missing}\n{message}"


def test_every_wrong_combination_of_a_matrix_is_named(plan):
    with pytest.raises(PlanError) as caught:
        plan(GOOD + 'matrix = {task = ["legal_research", "legal_reserch", "document_reviw"]}\n')
    message = str(caught.value)
    assert "task=legal_reserch" in message
    assert "task=document_reviw" in message
    assert "task=legal_research)" not in message


SECRET = "sk-ant-api03-abcdefghijkl"


@pytest.mark.parametrize(
    "text",
    [
        GOOD + f'parameters = {{task = "{SECRET}"}}\n',
        GOOD + f'parameters = {{seed = ["{SECRET}"]}}\n',
        GOOD + f'matrix = {{task = ["legal_research", "{SECRET}"]}}\n',
        GOOD + f'matrix = {{task = "{SECRET}"}}\n',
        GOOD + 'matrix = {api_key = ["sesame", "open"]}\n',
        GOOD + 'parameters = {api_key = "sesame"}\n',
        f'environment = ["TOKEN={SECRET}"]\n' + GOOD,
        f'environment = "{SECRET}"\n' + GOOD,
        f'environment = {{TOKEN = "{SECRET}"}}\n' + GOOD,
    ],
)
def test_a_secret_in_a_plan_is_refused_and_never_repeated(plan, text):
    with pytest.raises(PlanError) as caught:
        plan(text)
    message = str(caught.value)
    assert SECRET not in message
    assert "sesame" not in message
    assert "environment" in message


def test_of_very_many_mistakes_some_are_listed_and_the_rest_is_counted(plan):
    with pytest.raises(PlanError) as caught:
        plan(GOOD + f"matrix = {{sed = {list(range(50))}}}\n")
    message = str(caught.value)
    assert len(message.splitlines()) == 22
    assert message.endswith("... and 30 more")


TINY = """{"cells": [{"cell_type": "code", "source": "n = 1", "metadata": {"tags": ["parameters"]}}], "metadata": {}}"""


@pytest.fixture
def noted(plan, tmp_path) -> Callable[[], Plan | None]:
    """A plan that was run once, with a function that recalls it."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "tiny.ipynb").write_text(TINY)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "one.csv").write_text("1")
    read = plan('title = "T"\n[[report]]\nnotebook = "tiny"\nmatrix = {n = [1, 2]}\ninputs = ["data/*.csv"]\n')
    (tmp_path / "reports" / "mine").mkdir(parents=True)
    (tmp_path / "reports" / "mine" / "batch.json").write_text(json.dumps({"memo": memo(read)}))
    assert recall("mine.toml", tmp_path / "reports") == read
    return lambda: recall("mine.toml", tmp_path / "reports")


CHANGES = {
    "the plan": lambda folder: (folder / "mine.toml").write_text(GOOD),
    "the plan, which is no TOML now": lambda folder: (folder / "mine.toml").write_text("title ="),
    "the notebook": lambda folder: (folder / "notebooks" / "tiny.ipynb").write_text(TINY.replace("1", "3")),
    "the notebook, which is gone": lambda folder: (folder / "notebooks" / "tiny.ipynb").unlink(),
    "an input": lambda folder: (folder / "data" / "one.csv").write_text("2"),
    "an input, which is gone": lambda folder: (folder / "data" / "one.csv").unlink(),
    "a new input": lambda folder: (folder / "data" / "two.csv").write_text("2"),
    "the log": lambda folder: (folder / "reports" / "mine" / "batch.json").write_text('{"memo": {"jobs": 3}}'),
    "the log, which is no JSON": lambda folder: (folder / "reports" / "mine" / "batch.json").write_text("{"),
    "the log, which is a list": lambda folder: (folder / "reports" / "mine" / "batch.json").write_text("[]"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_plan_is_read_anew_when_anything_it_depends_on_has_changed(noted, tmp_path, change):
    change(tmp_path)
    assert noted() is None


def test_a_plan_is_read_anew_in_another_working_folder(noted, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert recall(tmp_path / "mine.toml", tmp_path / "reports") is None


def test_a_plan_is_read_anew_when_a_notebook_of_ones_own_takes_the_place_of_a_shipped_one(plan, tmp_path):
    read = plan(GOOD)
    (tmp_path / "reports" / "mine").mkdir(parents=True)
    (tmp_path / "reports" / "mine" / "batch.json").write_text(json.dumps({"memo": memo(read)}))
    assert recall("mine.toml", tmp_path / "reports") is not None
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "savings.ipynb").write_text(TINY)
    assert recall("mine.toml", tmp_path / "reports") is None


def test_the_size_of_a_plan_is_told_without_validating_it():
    numbers = list(range(100))
    huge = {"report": [{"notebook": "no such", "matrix": {"a": numbers, "b": numbers, "c": list(range(10))}}, {}]}
    assert size(huge) == 100_001
    assert size({}) == 0
    assert size({"report": 3}) == 0
    assert size({"report": [{"matrix": 3}, 7, {"matrix": {"a": "x"}}]}) == 3


def test_reading_a_plan_writes_nothing(plan, tmp_path):
    plan(GOOD)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


def test_a_plan_that_is_not_there_is_not_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFoundError, match=r"no plan 'mine\.toml'"):
        read_plan("mine.toml")
