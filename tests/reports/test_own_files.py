"""A researcher's own files are read, and nothing of their names or of single respondents is written down."""

from __future__ import annotations

import json
import random
from pathlib import Path

import nbformat
import pytest

from lpo_analysis.adoption import Parameters
from lpo_analysis.errors import ParameterError
from lpo_analysis.parameters import own_file
from lpo_analysis.reporting import outputs, plans
from lpo_analysis.reporting.jobs import prepare

SECRETS = ("Quoxbury", "Zwetschgenholm", "Brzeczyszczykiewicz")
FOLDER = 'Quoxbury & "Söhne"'


def survey(folder: Path, n: int = 120) -> Path:
    """Made-up answers, with names that must not come out."""
    rng = random.Random(7)
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["respondent,buyer,buyer_size,geography,uses_lpo,drivers,cluster,remarks"]
    for number in range(n):
        size = rng.choice(["small", "midsize", "large"])
        uses = "yes" if rng.random() < {"small": 0.3, "midsize": 0.5, "large": 0.7}[size] else "no"
        reason = rng.choice(["cost", "quality", "cost;quality", "none"])
        lines.append(
            f"{SECRETS[1]}{number},corporate,{size},USA,{uses},{reason},{SECRETS[2]}{number % 60},{SECRETS[0]}"
        )
    path = folder / "answers.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def series(folder: Path) -> Path:
    """Made-up levels of a logistic, with a column that must not come out."""
    rows = [f"{year},{80 / (1 + 2.7 ** (2012 - year)):.1f},{SECRETS[1]}" for year in range(2008, 2020)]
    path = folder / "answers.csv.series"
    path.write_text("\n".join(["year,value,remarks", *rows]) + "\n", encoding="utf-8")
    return path


def test_a_report_with_own_files_tells_neither_their_paths_nor_their_respondents(lpo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = survey(tmp_path / FOLDER)
    asked = ["-p", f"survey_path={path}", "-p", f"series_path={series(tmp_path / FOLDER)}"]
    ran = lpo("report", "adoption", *asked, "-o", "out")
    assert ran.code == 0, ran.err
    (folder,) = (tmp_path / "out").iterdir()
    written = [file for file in folder.rglob("*") if file.is_file()]
    assert len(written) > 10
    for text in (folder.name, ran.out, *(file.read_text(encoding="utf-8") for file in written)):
        for secret in (*SECRETS, "answers.csv", tmp_path.name):
            assert secret not in text
    recorded = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert recorded["parameters"]["survey_path"].startswith("survey, sha256 ")
    assert recorded["parameters"]["series_path"].startswith("series, sha256 ")
    assert recorded["values"]["own_curves.logistic"]["conf_low"] < 85
    assert recorded["values"]["own_forecast.own_90"]["n_obs"] == 12
    assert 0 < recorded["values"]["survey_shares.uses_lpo"]["estimate"] < 1
    assert recorded["values"]["survey_shares.uses_lpo"]["n_obs"] == 120
    assert (folder / "tables" / "survey_shares.csv").is_file()
    injected = [
        cell
        for cell in nbformat.read(folder / "notebook.ipynb", 4).cells
        if outputs.INJECTED in cell.metadata.get("tags", [])
    ]
    assert "survey, sha256" in injected[0].source
    # Unchanged it is not made again.
    assert "unchanged" in lpo("report", "adoption", *asked, "-o", "out").out


def test_the_name_of_a_report_and_its_parameters_follow_the_content(tmp_path):
    path = survey(tmp_path)
    one = prepare("adoption", {"survey_path": str(path)})
    path.write_text(path.read_text().replace("yes", "no", 1))
    two = prepare("adoption", {"survey_path": str(path)})
    assert one.parameters["survey_path"] != two.parameters["survey_path"]
    assert one.name != two.name
    assert one.changed == two.changed == {"survey_path": str(path)}
    assert tmp_path.name not in str(one.parameters) + one.name


@pytest.mark.parametrize("path", ["C:\\data\\a.csv", 'a "quoted" name.csv', "Söhne/ümlaut.csv", "it's.csv"])
def test_a_path_is_masked_as_papermill_writes_it(path):
    from papermill.parameterize import parameterize_notebook

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('p = ""', metadata={"tags": ["parameters"]})])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book.metadata["papermill"] = nbformat.from_dict({})
    made = parameterize_notebook(book, {"p": path}, kernel_name="python3", language="python")
    masked = outputs.normalise(made, {path: "survey, sha256 0"})
    assert 'p = "survey, sha256 0"' in masked.cells[1].source


def fails(path: Path, change, monkeypatch, tmp_path: Path):
    """Run a batch on an own file that something happens to after the plan was read."""
    from lpo_analysis.reporting import batch, run

    (tmp_path / "mine.toml").write_text(
        f'title = "Mine"\n[[report]]\nnotebook = "adoption"\nname = "mine"\nparameters = {{survey_path = {json.dumps(str(path))}}}\n'
    )
    real = run._execute

    def late(job, settings):
        change()
        return real(job, settings)

    monkeypatch.setattr(run, "_execute", late)
    made = batch.run_batch(plans.read_plan("mine.toml"), tmp_path / "reports")
    written = "".join(file.read_text() for file in (tmp_path / "reports").rglob("*") if file.is_file())
    for secret in (*SECRETS, path.name, str(tmp_path)):
        assert secret not in made.outcomes[0].error + written
    return made.outcomes[0]


def test_a_file_that_is_gone_when_the_kernel_starts_is_told_without_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = survey(tmp_path / "Quoxbury")
    failed = fails(path, path.unlink, monkeypatch, tmp_path)
    assert failed.status == "failed"
    assert "there is no file of this name" in failed.error


def test_a_file_with_a_fault_that_came_later_is_told_without_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = survey(tmp_path / "Quoxbury")
    failed = fails(path, lambda: path.write_text("respondent,buyer\n1,corporate\n"), monkeypatch, tmp_path)
    assert failed.status == "failed"
    assert "<survey file>" in failed.error


def test_a_file_that_changes_while_the_report_is_made_makes_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = survey(tmp_path / "Quoxbury")
    changed = path.read_text().replace(",yes,", ",no,", 1)
    failed = fails(path, lambda: path.write_text(changed), monkeypatch, tmp_path)
    assert failed.error == "Your survey file changed after the report was asked for. Run it again."
    assert not (tmp_path / "reports" / "mine" / "mine").exists()


def test_neither_a_model_nor_a_job_shows_a_path(tmp_path):
    path = survey(tmp_path / "Quoxbury")
    parameters = Parameters(survey_path=str(path))
    shown = repr(parameters) + repr(prepare("adoption", {"survey_path": str(path)})) + parameters.table().to_string()
    assert "Quoxbury" not in shown


def test_a_default_of_a_researchers_own_model_is_hidden_too(tmp_path):
    path = survey(tmp_path / "Quoxbury")

    class Mine(Parameters):
        survey_path: own_file("survey") = str(path)

    assert Mine().changed() == {}
    assert "Quoxbury" not in Mine(survey_path="").table().to_string()


def test_a_plan_with_an_own_file_is_not_noted_down(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = survey(tmp_path / "data")
    (tmp_path / "mine.toml").write_text(
        f'title = "Mine"\n[[report]]\nnotebook = "adoption"\nname = "mine"\nparameters = {{survey_path = "{path}"}}\n'
    )
    assert plans.memo(plans.read_plan("mine.toml")) == {}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"survey_path": "nowhere.csv"}, "survey_path: there is no file of this name"),
        ({"survey_path": 3}, "survey_path: must be the path of a file"),
        ({"margins_path": __file__}, "margins_path: margins without a survey"),
        ({"min_cell": 2}, "min_cell"),
        ({"weight_cap": 1.0}, "weight_cap"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(values, said):
    with pytest.raises(ParameterError, match=said):
        Parameters.from_mapping(values)


def test_a_survey_with_a_fault_is_refused_before_a_kernel_starts(lpo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = survey(tmp_path)
    path.write_text(path.read_text().replace(",yes,", ",perhaps,", 1))
    ran = lpo("report", "adoption", "-p", f"survey_path={path}")
    assert ran.code == 2
    assert "uses_lpo" in ran.err
    assert "perhaps" in ran.err
    assert not (tmp_path / "reports").exists()
    for secret in SECRETS:
        assert secret not in ran.err
