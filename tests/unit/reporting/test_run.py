"""One report: names that are safe as folders, validation before a kernel starts, and what counts as finished."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_analysis.errors import NoEvidenceError, NotFoundError, ParameterError
from lpo_analysis.reporting.jobs import Job, default_name, prepare, slug
from lpo_analysis.reporting.run import run

SAFE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
VALUES = st.recursive(
    st.text() | st.integers() | st.floats() | st.booleans() | st.none(), lambda inner: st.lists(inner, max_size=5)
)


@given(VALUES)
def test_a_slug_holds_nothing_but_letters_digits_dot_dash_and_underscore(value):
    made = slug(value)
    assert made == "" or (SAFE.fullmatch(made) and made not in (".", ".."))
    assert slug(made) == made, "a slug of a slug must be itself"


@given(st.text(min_size=1), st.dictionaries(st.text(), VALUES, max_size=6))
def test_a_default_name_is_a_safe_folder_name_for_any_text(notebook, changed):
    made = default_name(notebook, changed)
    assert SAFE.fullmatch(made), f"{made!r} is no safe folder name"
    assert len(made) <= 100


@given(st.text(min_size=200), st.text(min_size=200))
def test_long_names_that_differ_only_at_their_end_stay_apart(first, second):
    names = {default_name("savings", {"x": "a" * 100 + text}) for text in (first, second)}
    assert len(names) == len({slug("a" * 100 + text) for text in (first, second)})


def test_a_default_name_tells_what_sets_the_report_apart():
    assert default_name("savings", {}) == "savings"
    assert (
        default_name("savings", {"task": "legal_research", "grades": ["A", "B"], "seed": 7})
        == "savings-legal_research-grades_A-B-seed_7"
    )
    assert default_name("savings", {"firm": "../../etc/passwd"}) == "savings-etc_passwd"


def test_prepare_keeps_all_parameters_and_injects_only_what_differs():
    job = prepare("savings", {"task": "Legal research", "seed": 1})
    assert job.changed == {"task": "legal_research"}
    assert job.parameters["seed"] == 1
    assert job.name == "savings-legal_research"


@pytest.mark.parametrize(
    ("parameters", "error", "says"),
    [
        ({"tsk": "x"}, ParameterError, "Did you mean 'task'"),
        ({"draws": 300, "level": 2.0}, ParameterError, "level"),
        ({"task": "legal_research", "location": "ZAF"}, NoEvidenceError, "Nearest available"),
    ],
)
def test_prepare_refuses_before_a_kernel_starts(parameters, error, says):
    with pytest.raises(error, match=says):
        prepare("savings", parameters)


def test_prepare_refuses_an_unknown_notebook():
    with pytest.raises(NotFoundError):
        prepare("no such", {})


def test_a_refused_job_executes_nothing_and_takes_an_older_report_away(tmp_path):
    job = prepare("savings", {"task": "legal_research", "location": "ZAF"}, refuse=True)
    old = tmp_path / job.name
    old.mkdir()
    (old / "report.html").write_text("of yesterday")
    outcome = run(job, tmp_path)
    assert outcome.status == "refused"
    assert "South Africa" in outcome.error
    assert list(tmp_path.iterdir()) == []


def _tiny(folder: Path, source: str, **metadata: object) -> Job:
    """A notebook of one's own with a model of the kit."""
    import nbformat
    from nbformat import v4

    cells = [v4.new_code_cell("seed = 1", metadata={"tags": ["parameters"]}), v4.new_code_cell(source)]
    notebook = v4.new_notebook(
        cells=cells, metadata={"lpo": {"parameters": "lpo_analysis.savings:Parameters"}, **metadata}
    )
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"c{number}"
    path = folder / "tiny.ipynb"
    path.write_text(nbformat.writes(notebook))
    return prepare(path, {"seed": 2})


def test_a_notebook_of_ones_own_runs_and_lands_whole(tmp_path):
    job = _tiny(tmp_path, "from lpo_analysis.reporting import notebook as show\nshow.record(seed=seed)")
    outcome = run(job, tmp_path / "out")
    assert outcome.status == "done", outcome.error
    results = json.loads((tmp_path / "out" / "tiny-seed_2" / "results.json").read_text())
    assert results["values"] == {"seed": {"value": 2}}, "the injected parameter did not arrive"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["tiny-seed_2"], (
        "something was left beside the report"
    )


def test_a_failing_cell_is_an_outcome_that_names_cell_and_error_and_leaves_the_old_report(tmp_path):
    job = _tiny(tmp_path, "raise ValueError('the reason')")
    old = tmp_path / "out" / job.name
    old.mkdir(parents=True)
    (old / "report.html").write_text("of yesterday")
    outcome = run(job, tmp_path / "out")
    assert outcome.status == "failed"
    assert outcome.error == "tiny.ipynb, cell 2: ValueError: the reason"
    assert [path.name for path in (tmp_path / "out").iterdir()] == [job.name]
    assert (old / "report.html").read_text() == "of yesterday"


def test_a_process_that_dies_is_a_failed_report_and_no_crash(tmp_path):
    job = _tiny(tmp_path, "import os\nos._exit(1)")
    outcome = run(job, tmp_path / "out")
    assert outcome.status == "failed"
    assert outcome.error == "tiny.ipynb, cell 2: The process ended itself with status 1."


@pytest.mark.parametrize("error", [RuntimeError("lost"), ValueError("odd")], ids=lambda e: type(e).__name__)
def test_whatever_goes_wrong_in_one_report_is_an_outcome_and_does_not_stop_a_batch(tmp_path, monkeypatch, error):
    def break_down(job, settings):
        raise error

    monkeypatch.setattr("lpo_analysis.reporting.run.execute", break_down)
    outcome = run(prepare("savings", {}), tmp_path)
    assert outcome.status == "failed"
    assert str(error) in outcome.error
    assert list(tmp_path.iterdir()) == []
