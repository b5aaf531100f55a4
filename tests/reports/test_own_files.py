"""A researcher's own files are read, and nothing of their names or of single respondents is written down."""

from __future__ import annotations

import json
import os
import random
import stat
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat import v4

from lpo_analysis.adoption import Parameters
from lpo_analysis.adoption.survey import survey_shares
from lpo_analysis.adoption.survey_data import read_survey
from lpo_analysis.errors import OutputError, ParameterError, PlanError
from lpo_analysis.parameters import ReportParameters, own_file
from lpo_analysis.reporting import batch, outputs, own_files, plans, run
from lpo_analysis.reporting.execution import Executed, Settings
from lpo_analysis.reporting.jobs import Job, prepare
from lpo_analysis.risk import read_incidents

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


def with_a_small_cell(path: Path) -> list[str]:
    """Put three respondents of Canada into a survey, with weights of their own, and two who do not know; return what tells of the three."""
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    rows = [f"{row},1" for row in rows]
    at = len(rows) // 2
    rows[:at] = [row.replace(",USA,", ",GBR,") for row in rows[:at]]
    few = (("yes", 1.9), ("no", 0.3), ("no", 0.22))
    rows += [f"p{n},corporate,small,CAN,{answer},cost,c{n},,{weight}" for n, (answer, weight) in enumerate(few)]
    rows += [f"d{n},corporate,small,USA,dont_know,cost,d{n},,1" for n in range(2)]
    path.write_text("\n".join([f"{head},weight", *rows]) + "\n", encoding="utf-8")
    open_ = survey_shares(read_survey(path), min_cell=1).row("uses_lpo_geography_CAN")
    assert open_["n_obs"] == 3
    assert open_["estimate"] == pytest.approx(1.9 / 2.42)
    return [f"{open_[name]:.5f}" for name in ("estimate", "conf_low", "conf_high")]


def test_a_report_with_own_files_tells_neither_their_paths_nor_their_respondents(lpo, tmp_path, monkeypatch, searched):
    monkeypatch.chdir(tmp_path)
    path = survey(tmp_path / FOLDER)
    planted = with_a_small_cell(path)
    asked = ["-p", f"survey_path={path}", "-p", f"series_path={series(tmp_path / FOLDER)}"]
    ran = lpo("report", "adoption", *asked, "--xlsx", "-o", "out")
    assert ran.code == 0, ran.err
    (folder,) = (tmp_path / "out").iterdir()
    written = [file for file in folder.rglob("*") if file.is_file() and file.suffix != ".xlsx"]
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
    assert recorded["values"]["survey_shares.uses_lpo"]["n_obs"] == 123
    # A cell of three is in no file, and another one is hidden so that it cannot be worked out.
    assert searched(folder, *planted, "2 who do not know") == []
    table = pd.read_csv(folder / "tables" / "survey_shares.csv").set_index("term")
    places = table[table["group_by"].eq("geography") & table["question"].eq("uses_lpo")]
    assert places.loc["uses_lpo_geography_CAN", ["estimate", "conf_low", "n_obs", "n_eff"]].isna().all()
    assert len(places) == 3
    assert 123 - places["n_obs"].sum() >= 5
    assert recorded["values"]["survey_shares.uses_lpo_geography_CAN"]["n_obs"] is None
    assert searched(folder, f"{table.loc['uses_lpo', 'estimate']:.5f}"[:-1]), "what may be shown would have been found"
    injected = [
        cell
        for cell in nbformat.read(folder / "notebook.ipynb", 4).cells
        if outputs.INJECTED in cell.metadata.get("tags", [])
    ]
    assert "survey, sha256" in injected[0].source
    # Unchanged it is not made again.
    assert "unchanged" in lpo("report", "adoption", *asked, "-o", "out").out


@pytest.mark.slow
def test_a_report_with_own_incidents_tells_no_incident_and_no_path(lpo, tmp_path, monkeypatch, searched):
    """Two of a kind, two of five that reached client data, and two that tell what they cost, are too few to be shown."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / FOLDER / "marrowfen.csv"
    path.parent.mkdir()
    kinds = ["confidentiality"] * 5 + ["deadline"] * 4 + ["ethics"] * 2
    rows = [
        f"{SECRETS[1]}{at},2022-0{at % 9 + 1}-17,{kind},{4321 if at < 2 else ''},{7919 if at < 2 else ''},USD,{'yes' if at < 2 else 'no'},no,{SECRETS[0]},2021-01-01,2023-08-13"
        for at, kind in enumerate(kinds)
    ]
    head = "incident,date,kind,records,cost,currency,client_data_reached,third_party,remarks,observed_from,observed_to"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    years = read_incidents(path, price_year=2024).years
    ran = lpo("report", "risk", "-p", f"incidents_path={path}", "--xlsx", "-o", "out")
    assert ran.code == 0, ran.err
    (folder,) = (tmp_path / "out").iterdir()
    written = [file for file in folder.rglob("*") if file.is_file() and file.suffix != ".xlsx"]
    for text in (folder.name, ran.out, *(file.read_text(encoding="utf-8") for file in written)):
        for secret in (*SECRETS, "marrowfen.csv", tmp_path.name, "2022-01-17"):
            assert secret not in text
    assert searched(folder, f"{2 / years:.6f}"[:-1], "7919", "7,919", "4321", "4,321", *SECRETS) == []
    assert searched(folder, f"{4 / years:.6f}"[:-1]), "what may be shown would have been found"
    recorded = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert recorded["parameters"]["incidents_path"].startswith("incidents, sha256 ")
    before, after = (recorded["values"][f"own_incidents.rate_{term}"]["estimate"] for term in ("prior", "posterior"))
    assert before < after
    for term in ("own_kinds.ethics", "own_kinds.client_data_reached", "own_incidents.cost_posterior"):
        assert recorded["values"][term]["estimate"] is None, term
        assert recorded["values"][term]["n_obs"] is None, term


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


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Path.unlink, "Your survey file cannot be read (No such file or directory). Run it again."),
        (lambda path: path.write_text("x"), "Your survey file changed after the report was asked for. Run it again."),
    ],
    ids=["gone", "changed"],
)
def test_a_file_that_is_another_when_its_report_begins_makes_none_and_no_path_is_told(
    tmp_path, monkeypatch, change, told
):
    monkeypatch.chdir(tmp_path)
    path = survey(tmp_path / "Quoxbury")
    plan = mine(tmp_path, path)
    change(path)
    (failed,) = batch.run_batch(plan, tmp_path / "reports").outcomes
    assert (failed.status, failed.error) == ("failed", told)
    assert not (tmp_path / "reports" / "mine" / "mine").exists()
    written = "".join(file.read_text() for file in (tmp_path / "reports").rglob("*") if file.is_file())
    for secret in (*SECRETS, path.name, str(tmp_path)):
        assert secret not in written


def mine(folder: Path, path: Path) -> plans.Plan:
    """A plan of one report on an own survey."""
    (folder / "mine.toml").write_text(
        f'title = "Mine"\nengine = "fresh"\n[[report]]\nnotebook = "adoption"\nname = "mine"\nparameters = {{survey_path = {json.dumps(str(path))}}}\n'
    )
    return plans.read_plan("mine.toml")


def test_a_file_that_changes_while_the_report_is_made_does_not_get_into_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = survey(tmp_path / "Quoxbury")
    before, seen = path.read_bytes(), []

    def late(job, settings):
        path.write_text("saved meanwhile")
        seen.append(Path(job.changed["survey_path"]).read_bytes())
        return Executed(nbformat.read(job.notebook, as_version=4), [])

    monkeypatch.setattr(run, "execute", late)
    assert batch.run_batch(mine(tmp_path, path), tmp_path / "reports").outcomes[0].status == "done"
    assert seen == [before]


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
    assert plans.memo(mine(tmp_path, path)) == {}


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
    assert "perhaps" not in ran.err
    assert not (tmp_path / "reports").exists()
    for secret in SECRETS:
        assert secret not in ran.err


OWN = '''from lpo_analysis.parameters import ReportParameters, own_file

class Parameters(ReportParameters):
    """Of a researcher."""

    answers: own_file("answers") = {default!r}
    """Answers."""
'''


def own_notebook(folder: Path, *cells: str, default: str = "", model: str = "own_model_a") -> Path:
    """A researcher's own notebook, with a model that takes a file."""
    (folder / f"{model}.py").write_text(OWN.format(default=default))
    cell = v4.new_code_cell(f"answers = {default!r}", metadata={"tags": ["parameters"]})
    book = v4.new_notebook(cells=[cell, *map(v4.new_code_cell, cells)])
    book.metadata["lpo"] = {"parameters": f"{model}:Parameters"}
    nbformat.write(book, folder / "own.ipynb")
    return folder / "own.ipynb"


@pytest.mark.parametrize("engine", ["direct", pytest.param("fresh", marks=pytest.mark.slow)])
def test_a_notebook_that_prints_all_it_knows_tells_no_path(tmp_path, monkeypatch, engine):
    """The notebook cannot tell what it is not told: it reads a copy under a name of the kit's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    path = survey(tmp_path / FOLDER)
    book = own_notebook(
        tmp_path,
        "print(answers)\nanswers",
        "import html\nfrom IPython.display import HTML\nHTML(f'<b>{html.escape(answers)}</b>')",
        "len(open(answers).read().splitlines())",
        "import warnings\nwarnings.warn(repr(answers))",
    )
    job = prepare(book, {"answers": str(path)}, name="mine")
    assert run.run(job, tmp_path / "out", settings=Settings(engine=engine)).status == "done"
    written = {file.name: file.read_text() for file in (tmp_path / "out").rglob("*") if file.is_file()}
    assert '"121"' in written["notebook.ipynb"], "the copy is read"
    assert "<answers file>" in written["notebook.ipynb"]
    for text in written.values():
        for secret in ("Quoxbury", "answers.csv", tmp_path.name, f"/proc/{os.getpid()}/"):
            assert secret not in text
    (tmp_path / "own.ipynb").write_text(book.read_text().replace("print(answers)", "raise ValueError(answers)"))
    failed = run.run(
        prepare(book, {"answers": str(path)}, name="no"), tmp_path / "out", settings=Settings(engine=engine)
    )
    assert failed.error == "own.ipynb, cell 2: ValueError: <answers file>"


def test_a_default_that_names_a_file_is_handed_out_as_a_copy_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    path = survey(tmp_path / "Quoxbury")
    own_notebook(tmp_path, "print(answers, len(open(answers).read()) > 0)", default=str(path), model="own_model_b")
    (tmp_path / "mine.toml").write_text(
        'title = "Mine"\nengine = "fresh"\n[[report]]\nnotebook = "own.ipynb"\nname = "mine"\n'
    )
    (made,) = batch.run_batch(plans.read_plan("mine.toml"), tmp_path / "out").outcomes
    assert made.status == "done", made.error
    written = [file.read_text() for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert any("<answers file> True" in text for text in written)
    for text in (*written, str(made)):
        assert "Quoxbury" not in text
        assert path.name not in text


def test_a_file_saved_before_a_report_is_looked_for_is_not_taken_for_unchanged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = survey(tmp_path / "Quoxbury")
    monkeypatch.setattr(run, "execute", lambda job, _: Executed(nbformat.read(job.notebook, as_version=4), []))
    statuses = [batch.run_batch(mine(tmp_path, path), tmp_path / "out").outcomes[0].status for _ in range(2)]
    assert statuses == ["done", "cached"]
    plan = mine(tmp_path, path)
    path.write_text(path.read_text().replace("yes", "no", 1))
    failed = batch.run_batch(plan, tmp_path / "out").outcomes[0]
    assert "changed after the report was asked for" in failed.error


def test_a_copy_cannot_be_written_to_and_is_gone_afterwards(tmp_path):
    path = survey(tmp_path / "data")
    job = prepare("adoption", {"survey_path": str(path)})
    work = tmp_path / "work"
    work.mkdir()
    with own_files.handed_out(job, work) as handed:
        copy = Path(handed.changed["survey_path"])
        assert copy.name == "survey.csv"
        assert copy.read_bytes() == path.read_bytes()
        path.write_text("saved meanwhile")
        assert copy.read_bytes() != path.read_bytes()
        with pytest.raises(OSError):
            copy.write_text("x")
    assert not copy.exists()


def test_where_memory_cannot_hold_a_file_the_copy_is_for_its_owner_alone(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    path = survey(tmp_path / "data")
    job = prepare("adoption", {"survey_path": str(path)})
    with own_files.handed_out(job, tmp_path) as handed:
        copy = Path(handed.changed["survey_path"])
        assert copy.read_bytes() == path.read_bytes()
        assert stat.S_IMODE(copy.parent.parent.stat().st_mode) == 0o700


def test_an_own_file_among_the_inputs_of_a_plan_is_not_listed_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = survey(tmp_path / "mine")
    (tmp_path / "mine" / "rates.csv").write_text("1")
    (tmp_path / "mine.toml").write_text(
        'title = "Mine"\n[[report]]\nnotebook = "adoption"\nname = "mine"\ninputs = ["mine/*.csv"]\n'
        f'parameters = {{survey_path = "{path}"}}\n'
    )
    plan = plans.read_plan("mine.toml")
    assert list(plan.jobs[0].watched) == ["mine/rates.csv"]
    assert list(plan.watched) == ["mine/rates.csv"]


def test_a_mistake_in_a_matrix_of_own_files_is_told_without_their_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = survey(tmp_path / "Quoxbury")
    (tmp_path / "mine.toml").write_text(
        'title = "Mine"\n[[report]]\nnotebook = "adoption"\nname = "{level}"\n'
        f'matrix = {{survey_path = ["{path}", "{path}x"], level = [0.9]}}\n'
    )
    with pytest.raises(PlanError) as told:
        plans.read_plan("mine.toml")
    assert "(survey_path=(no. 2), level=0.9): survey_path: there is no file of this name" in str(told.value)
    assert "Quoxbury" not in str(told.value)


def test_a_path_may_mean_several_files_and_none_of_their_names_is_told(tmp_path, monkeypatch):
    """A folder or a pattern stands for its files: recorded as one, handed out as one folder under other names."""

    class Model(ReportParameters):
        bills_path: own_file("billing", several=True) = ""  # type: ignore[valid-type]

    monkeypatch.chdir(tmp_path)
    folder = tmp_path / FOLDER
    folder.mkdir()
    for name in ("b Quoxbury.txt", "a Quoxbury.csv", ".hidden"):
        (folder / name).write_text(name, encoding="utf-8")
    model = Model(bills_path=str(folder))
    whole = model.model_dump()["bills_path"]
    assert whole.startswith("billing, 2 files, sha256 ")
    assert Model(bills_path=f"{folder}/*Quoxbury*").model_dump()["bills_path"] == whole
    assert Model(bills_path=str(folder / "a Quoxbury.csv")).model_dump()["bills_path"].startswith("billing, sha256 ")
    job = Job(Path("n.ipynb"), "n", {"bills_path": whole}, {}, None, {}, "", {"bills_path": str(folder)}, {})
    with own_files.handed_out(job, tmp_path) as handed:
        copies = sorted(Path(handed.own["bills_path"]).iterdir())
        assert [copy.name for copy in copies] == ["billing-000001.csv", "billing-000002.txt"]
        assert [copy.read_text(encoding="utf-8") for copy in copies] == ["a Quoxbury.csv", "b Quoxbury.txt"]
        assert "Quoxbury" not in own_files.masked(f"cannot read {copies[0]}", handed.hidden)
    assert not list(tmp_path.glob("own.*"))
    (folder / "c.txt").write_text("one more", encoding="utf-8")
    with pytest.raises(OutputError, match="changed after"), own_files.handed_out(job, tmp_path):
        pass
    for empty in ("nothing*.txt", str(tmp_path / "no folder")):
        with pytest.raises(ParameterError, match="name a file, a folder or a pattern") as error:
            Model.from_mapping({"bills_path": empty})
        assert empty not in str(error.value)
