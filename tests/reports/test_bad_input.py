"""What a user can get wrong on the command line: one message that helps, exit code 2, and nothing written."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from lpo_analysis.reporting.jobs import Outcome

REPORT = ["report", "savings"]
REFUSED = ["-p", "task=legal_research", "-p", "buyer=law_firm", "-p", "baseline=associate", "-p", "location=ZAF"]
GOOD = 'title = "Good"\n[[report]]\nnotebook = "savings"\n'
SECRET = "sk-ant-api03-abcdefghijkl"
FILES = {
    "file.txt": "",
    "empty.toml": "",
    "broken.toml": 'title = "x\n',
    "latin.toml": b"title = '\xdcbersicht'\n",
    "untitled.toml": '[[report]]\nnotebook = "savings"\n',
    "matrix.toml": GOOD + "[report.matrix]\n",
    "twins.toml": GOOD + 'name = "same"\nmatrix = {seed = [1, 2]}\n',
    "climbs.toml": GOOD + 'name = "../x"\n',
    "brace.toml": GOOD + 'name = "{task"\n',
    "good.toml": GOOD,
    "none.toml": 'title = "x"\nreport = []\n',
    "huge.toml": GOOD
    + f"matrix = {{seed = {list(range(100))}, horizon_years = {list(range(100))}, level = {[0.5] * 10}}}\n",
    "large.toml": GOOD + f"matrix = {{sed = {list(range(12))}}}\n",
    "cases.toml": GOOD + 'name = "Run"\n[[report]]\nnotebook = "savings"\nname = "run"\n',
    "index.toml": GOOD + 'name = "index.html"\n',
    "engine.toml": 'engine = "wram"\n' + GOOD,
    "limits.toml": 'limits = {seconds = "x", memory_mb = -1}\n' + GOOD,
    "environment.toml": f'environment = "{SECRET}"\n' + GOOD,
    "inputs.toml": GOOD + 'inputs = ["nowhere/*.csv"]\n',
    "secret.toml": GOOD + f'matrix = {{api_key = ["{SECRET}"]}}\n',
    "broken.ipynb": "{",
    "cells.ipynb": '{"cells": null}',
    "untagged.ipynb": '{"cells": [], "metadata": {}}',
    "unnamed.ipynb": '{"cells": [{"cell_type": "code", "source": "x <- 1\\ny := 2", "metadata": {"tags": ["parameters"]}}], "metadata": {}}',
}

CASES = {
    "unknown notebook": (["report", "savngs"], ["'savngs'", "Did you mean 'savings'"]),
    "notebook path that is not there": (["report", "elsewhere/savings.ipynb"], ["no notebook 'elsewhere/savings.ipynb'"]),
    "notebook that is no JSON": (["report", "broken.ipynb"], ["broken.ipynb: is no notebook"]),
    "notebook without cells": (["report", "cells.ipynb"], ["cells.ipynb: is no notebook"]),
    "notebook without parameters cell": (["report", "untagged.ipynb"], ["untagged.ipynb: has no cell tagged 'parameters'"]),
    "parameters that are no Python": (["report", "unnamed.ipynb"], ["unnamed.ipynb, cell 1, line 2: is no Python"]),
    "unknown parameter": ([*REPORT, "-p", "tsk=x"], ["unknown parameter 'tsk'", "Did you mean 'task'", "Allowed: task, buyer"]),
    "wrong type": ([*REPORT, "-p", "volume_hours=many"], ["volume_hours: must be a number", "got 'many'"]),
    "text for a whole number": ([*REPORT, "-p", "horizon_years=3.5"], ["horizon_years: must be a whole number", "got 3.5"]),
    "true for a number": ([*REPORT, "-p", "discount_rate=true"], ["discount_rate: must be a number", "got True"]),
    "not a number": ([*REPORT, "-p", "volume_hours=nan"], ["volume_hours: must be", "got nan"]),
    "infinite": ([*REPORT, "-p", "volume_hours=inf"], ["volume_hours: must be", "got inf"]),
    "below the range": ([*REPORT, "-p", "volume_hours=0"], ["volume_hours: must be greater than 0", "got 0"]),
    "above the range": ([*REPORT, "-p", "level=1"], ["level: must be at most 0.999", "got 1"]),
    "draws no power of two": ([*REPORT, "-p", "draws=300"], ["draws", "nearest are 256 and 512"]),
    "range upside down": ([*REPORT, "-p", "productivity=1,0.5"], ["productivity: its low end 1", "above its high end 0.5"]),
    "range of one": ([*REPORT, "-p", "productivity=1"], ["productivity: must be two numbers"]),
    "two mistakes": ([*REPORT, "-p", "tsk=x", "-p", "level=2"], ["2 parameters are wrong", "'tsk'", "level: must be at most"]),
    "unknown grade": ([*REPORT, "-p", "grades=A,E"], ["grades: must be one of", "got 'E'"]),
    "grade twice": ([*REPORT, "-p", "grades=A,A"], ["grades: one stands there twice"]),
    "unknown task": ([*REPORT, "-p", "task=legal_reserch"], ["task: 'legal_reserch'", "Did you mean 'legal_research'"]),
    "unknown location": ([*REPORT, "-p", "location=Atlantis"], ["location: 'Atlantis' is not a place this kit knows", "Allowed:"]),
    "unknown currency": ([*REPORT, "-p", "currency=XYZ"], ["currency: 'XYZ'", "Allowed: USD"]),
    "price year outside": ([*REPORT, "-p", "price_year=1900"], ["price_year: 1900 is outside the price index"]),
    "rules between parameters": ([*REPORT, "-p", "buyer=law_firm", "-p", "baseline=in_house_counsel"], ["baseline: a law firm has no in-house"]),
    "parameter without value": ([*REPORT, "-p", "task"], ["-p 'task' is not of the form key=value"]),
    "parameter without name": ([*REPORT, "-p", "=x"], ["-p '=x' is not of the form key=value"]),
    "parameter twice": ([*REPORT, "-p", "seed=1", "-p", "seed=2"], ["-p seed is given twice"]),
    "name that climbs out": ([*REPORT, "--name", "../x"], ["--name '../x' is no folder name"]),
    "empty name": ([*REPORT, "--name", ""], ["--name '' is no folder name"]),
    "output below a file": ([*REPORT, "-o", "file.txt/x"], ["'file.txt/x' cannot be written", "--output"]),
    "output is a file": ([*REPORT, "-o", "file.txt"], ["'file.txt' cannot be written", "--output"]),
    "parameters of an unknown notebook": (["params", "savngs"], ["Did you mean 'savings'"]),
    "unknown plan": (["batch", "defaultt"], ["no plan 'defaultt'", "Did you mean 'default'"]),
    "plan path that is not there": (["batch", "nowhere.toml"], ["no plan 'nowhere.toml'"]),
    "plan that is no TOML": (["batch", "broken.toml"], ["broken.toml: is no TOML", "line 1"]),
    "empty plan": (["batch", "empty.toml"], ["empty.toml: is empty"]),
    "plan in another encoding": (["batch", "latin.toml"], ["latin.toml: is not UTF-8"]),
    "plan without title": (["batch", "untitled.toml"], ["needs a title"]),
    "empty matrix": (["batch", "matrix.toml"], ["the matrix is empty"]),
    "duplicate report names": (["batch", "twins.toml"], ["two reports are named 'same'"]),
    "report name that climbs out": (["batch", "climbs.toml"], ["'../x' is no folder name"]),
    "broken name template": (["batch", "brace.toml"], ["report 1: name:"]),
    "no jobs": (["batch", "good.toml", "--jobs", "0"], ["--jobs must be at least 1, got 0"]),
    "negative jobs": (["batch", "good.toml", "-j", "-3"], ["--jobs must be at least 1, got -3"]),
    "batch output below a file": (["batch", "good.toml", "-o", "file.txt/x"], ["file.txt/x", "cannot be written", "--output"]),
    "plan without reports": (["batch", "none.toml"], ["none.toml", "it has no [[report]] table"]),
    "plan of very many reports, and nobody to ask": (["batch", "huge.toml"], ["The plan has 100,000 reports.", "--yes"]),
    "reports apart by case alone": (["batch", "cases.toml"], ["'run' but for upper and lower case"]),
    "report named as the index": (["batch", "index.toml"], ["a report cannot be named 'index.html'"]),
    "unknown engine of a plan": (["batch", "engine.toml"], ["engine.toml", "no engine 'wram'", "Did you mean 'warm'"]),
    "unknown engine of a batch": (["batch", "good.toml", "--engine", "direkt"], ["no engine 'direkt'", "Did you mean 'direct'", "fresh"]),
    "unknown engine of a report": ([*REPORT, "--engine", "papermill"], ["no engine 'papermill'", "Allowed: direct, warm, fresh"]),
    "limits of a wrong type": (["batch", "limits.toml"], ["seconds must be a number above 0, got 'x'", "memory_mb must be a whole number above 0, got -1"]),
    "environment that is no list": (["batch", "environment.toml"], ["environment: must be a list of names"]),
    "inputs that match no file": (["batch", "inputs.toml"], ["there is no file 'nowhere/*.csv'"]),
    "mistake in a large plan": (["batch", "large.toml"], ["unknown parameter 'sed'", "Did you mean 'seed'"]),
    "secret in a plan": (["batch", "secret.toml"], ["api_key looks like a secret", "environment"]),
    "secret on the command line": ([*REPORT, "-p", f"task={SECRET}"], ["task looks like a secret", "environment"]),
    "secret by its name on the command line": ([*REPORT, "-p", f"api_key={SECRET}"], ["api_key"]),
    "empty address of a scheduler": (["batch", "good.toml", "--scheduler", ""], ["--scheduler: the address is empty"]),
    "refresh of an unknown notebook": (["refresh", "savngs"], ["Did you mean 'savings'"]),
    "refresh of what is no notebook": (["refresh", "broken.ipynb"], ["broken.ipynb: is no notebook"]),
    "evidence column misspelt": (["evidence", "find", "metrc=x"], ["no column 'metrc'", "Did you mean 'metric'"]),
    "evidence value misspelt": (["evidence", "find", "metric=lpo_hourly_rat"], ["'lpo_hourly_rat'", "Did you mean 'lpo_hourly_rate'"]),
    "evidence filter without value": (["evidence", "find", "metric"], ["'metric' is not of the form"]),
    "evidence grade unknown": (["evidence", "find", "--grades", "A,X"], ["'X' does not occur in column 'grade'", "A, B, C, D"]),
    "evidence selection emptied": (["evidence", "find", "metric=lpo_hourly_rate", "task=transcription"], ["lpo_hourly_rate", "transcription"]),
    "evidence folder that is not there": (["evidence", "check", "nowhere"], ["observations.csv", "does not exist"]),
    "evidence folder that is broken": (["evidence", "check", "evidence"], ["observations.csv, row 2, column grade", "'Z'"]),
    "evidence identifier misspelt": (["evidence", "show", "valuenotes_lo_2007"], ["'valuenotes_lo_2007'", "Did you mean 'valuenotes_low_2007'"]),
    "evidence identifier misspelt for citation": (["evidence", "show", "--bibtex", "nothing_like_it"], ["'nothing_like_it'"]),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkout: Path) -> Path:
    """A current folder with files to trip over, one of them an evidence base with one wrong cell."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    shutil.copytree(checkout / "data" / "evidence", tmp_path / "evidence")
    path = tmp_path / "evidence" / "observations.csv"
    header, first, rest = path.read_text(encoding="utf-8").split("\n", 2)
    (grade,) = [grade for grade in "ABCD" if f",{grade}," in first]
    path.write_text("\n".join([header, first.replace(f",{grade},", ",Z,", 1), rest]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _state(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


@pytest.mark.parametrize(("arguments", "parts"), CASES.values(), ids=CASES.keys())
def test_a_mistake_is_one_message_exit_code_2_and_nothing_written(lpo, folder, arguments, parts):
    before = _state(folder)
    ran = lpo(*arguments)
    assert ran.code == 2, f"exit code {ran.code}\n{ran.out}{ran.err}"
    assert ran.out == "", "the message belongs on stderr alone"
    assert ran.err.startswith("error: "), ran.err
    assert ran.err.count("error:") == 1, f"more than one message:\n{ran.err}"
    assert "Traceback" not in ran.err
    missing = [part for part in parts if part not in ran.err]
    assert not missing, f"the message does not say {missing}:\n{ran.err}"
    assert SECRET not in ran.err
    assert _state(folder) == before, "something was written"


def test_a_question_without_evidence_is_refused_with_an_exit_code_of_its_own_and_nothing_written(lpo, folder):
    before = _state(folder)
    ran = lpo(*REPORT, *REFUSED)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("refused: task legal_research, location ZAF: No price and no local pay on file")
    assert "error" not in ran.err
    assert "Nearest available: India (IND)" in ran.err
    assert _state(folder) == before
    assert "3, refused" in " ".join(lpo("report", "--help").out.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["report"],
        [*REPORT, "--nme", "x"],
        ["batch", "default", "--jobs", "two"],
        ["evidence", "find", "--limit", "0"],
    ],
)
def test_a_wrong_word_of_the_command_itself_is_explained_without_a_traceback(lpo, folder, arguments):
    before = _state(folder)
    ran = lpo(*arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert ran.err.strip()
    assert _state(folder) == before


@pytest.mark.parametrize(
    "arguments",
    [[*REPORT, "-p", "tsk=x"], ["evidence", "find", "task=translation"], ["evidence", "find", "buyer_siz=x"]],
)
def test_a_list_of_choices_has_no_empty_one(lpo, folder, arguments):
    message = lpo(*arguments).err.rstrip("\n")
    assert ", ." not in message
    assert ", ," not in message


def test_a_dry_run_lists_the_reports_and_writes_nothing(lpo, folder):
    before = _state(folder)
    ran = lpo("batch", "default", "--dry-run")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1].startswith("18 reports would go to reports")
    assert "savings-firm-legal_research-ZAF  savings  refused: " in ran.out
    assert _state(folder) == before


def test_a_broken_notebook_in_a_plan_names_the_report_it_belongs_to(lpo, folder):
    (folder / "mine.toml").write_text(
        'title = "x"\n[[report]]\nnotebook = "savings"\n[[report]]\nnotebook = "untagged.ipynb"\n'
    )
    ran = lpo("batch", "mine.toml")
    assert ran.code == 2
    assert "report 2: untagged.ipynb: has no cell tagged 'parameters'" in ran.err


@pytest.fixture
def many(folder, monkeypatch):
    """A plan of more reports than are made without asking, of which none is really made."""
    from lpo_analysis import cli

    monkeypatch.setattr(cli, "ASK_ABOVE", 2)
    monkeypatch.setattr("lpo_analysis.reporting.batch.run", lambda job, *_, **__: Outcome(job.name, "savings", "done"))
    (folder / "many.toml").write_text(GOOD + "matrix = {seed = [1, 2, 3]}\n")
    return folder


def test_very_many_reports_are_counted_and_not_validated_before_it_is_clear_that_they_are_meant(lpo, many, monkeypatch):
    def validate(*_, **__):
        raise AssertionError("validated")

    monkeypatch.setattr("lpo_analysis.reporting.plans.prepare", validate)
    ran = lpo("batch", "huge.toml")
    assert ran.code == 2
    assert "100,000" in ran.err


def test_one_who_says_yes_is_not_asked(lpo, many):
    ran = lpo("batch", "many.toml", "--yes")
    assert ran.code == 0, ran.err
    assert "3 reports: 3 made." in ran.out


def test_a_list_of_very_many_reports_is_given_without_asking(lpo, many):
    ran = lpo("batch", "many.toml", "--dry-run")
    assert ran.code == 0, ran.err
    assert "3 reports would go to" in ran.out


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 1)])
def test_on_a_terminal_very_many_reports_are_asked_about(lpo, many, monkeypatch, answer, code):
    asked = []
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("typer.confirm", lambda text: asked.append(text) or answer)
    before = _state(many)
    ran = lpo("batch", "many.toml")
    assert ran.code == code
    assert asked == ["The plan has 3 reports. Make them all?"]
    assert (_state(many) == before) == (not answer)


def test_a_value_that_looks_like_a_secret_is_not_repeated_wherever_it_stands(lpo, folder):
    for arguments in (
        ["-p", f"tsk={SECRET}"],
        ["-p", f"volume_hours={SECRET}"],
        ["-p", SECRET],
        ["-p", f"grades=A,{SECRET}"],
    ):
        ran = lpo(*REPORT, *arguments)
        assert ran.code == 2
        assert SECRET not in ran.err + ran.out
