"""Plans: every mistake is named before anything runs, several of them at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lpo_analysis.errors import NotFoundError, PlanError
from lpo_analysis.reporting.plans import Plan, read_plan

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
    assert len(names) == 15
    assert len(set(names)) == len(names)
    assert "savings-legal_research-contract_attorney-IND" in names
    assert {job.notebook.stem for job in read.jobs} == {"adoption", "savings", "risk"}


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


def test_reading_a_plan_writes_nothing(plan, tmp_path):
    plan(GOOD)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


def test_a_plan_that_is_not_there_is_not_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotFoundError, match=r"no plan 'mine\.toml'"):
        read_plan("mine.toml")
