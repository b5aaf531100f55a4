"""What a user can get wrong when asking for the reports on adoption and risk: one message, exit code 2, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

ADOPTION, RISK, DECISION = ["report", "adoption"], ["report", "risk"], ["report", "decision"]

CASES = {
    "adoption, unknown parameter": ([*ADOPTION, "-p", "geografy=USA"], ["unknown parameter 'geografy'", "Did you mean 'geography'"]),
    "adoption, parameter of another report": ([*ADOPTION, "-p", "volume_hours=10"], ["unknown parameter 'volume_hours'", "Allowed: geography"]),
    "adoption, horizon in the past": ([*ADOPTION, "-p", "horizon_year=2020"], ["horizon_year: 2020 is not ahead of the series, which ends 2023", "use 2024 to 2040"]),
    "adoption, horizon too far": ([*ADOPTION, "-p", "horizon_year=2100"], ["horizon_year: must be at most 2040", "got 2100"]),
    "adoption, horizon in words": ([*ADOPTION, "-p", "horizon_year=soon"], ["horizon_year: must be a whole number", "got 'soon'"]),
    "adoption, level": ([*ADOPTION, "-p", "level=1.5"], ["level: must be at most 0.999", "got 1.5"]),
    "adoption, unknown geography": ([*ADOPTION, "-p", "geography=Inda"], ["geography: 'Inda'", "Did you mean", "Allowed:"]),
    "adoption, unknown buyer": ([*ADOPTION, "-p", "buyer=lawfirm"], ["buyer: 'lawfirm'", "Did you mean 'law_firm'"]),
    "adoption, unknown task": ([*ADOPTION, "-p", "task=legal_reserch"], ["task: 'legal_reserch'", "Did you mean 'legal_research'"]),
    "adoption, grade twice": ([*ADOPTION, "-p", "grades=A,A"], ["grades: one stands there twice"]),
    "adoption, no grade": ([*ADOPTION, "-p", "grades="], ["grades: must not be empty"]),
    "adoption, sample size": ([*ADOPTION, "-p", "sample_sizes=50,2"], ["sample_sizes: must be at least 5", "got 2"]),
    "adoption, price year": ([*ADOPTION, "-p", "price_year=1900"], ["price_year: 1900 is outside the price index"]),
    "adoption, two mistakes": ([*ADOPTION, "-p", "level=2", "-p", "buyer=x"], ["2 parameters are wrong", "buyer: 'x'", "level: must be at most"]),
    "adoption, output below a file": ([*ADOPTION, "-o", "file.txt/x"], ["'file.txt/x' cannot be written", "--output"]),
    "risk, unknown parameter": ([*RISK, "-p", "jurisdiction=US-NY"], ["unknown parameter 'jurisdiction'", "Did you mean 'jurisdictions'"]),
    "risk, unknown jurisdiction": ([*RISK, "-p", "jurisdictions=US-NYY"], ["jurisdictions: 'US-NYY' is not a place", "Did you mean 'US-NY'"]),
    "risk, one unknown jurisdiction of two": ([*RISK, "-p", "jurisdictions=US-NY,US-XX"], ["jurisdictions: 'US-XX' is not a place"]),
    "risk, jurisdiction twice": ([*RISK, "-p", "jurisdictions=US-NY,US-NY"], ["jurisdictions: one stands there twice, got US-NY, US-NY"]),
    "risk, jurisdiction twice by another name": ([*RISK, "-p", "jurisdictions=US-NY,New York"], ["jurisdictions: one stands there twice"]),
    "risk, no jurisdiction": ([*RISK, "-p", "jurisdictions="], ["jurisdictions: must not be empty"]),
    "risk, records below zero": ([*RISK, "-p", "records=-1"], ["records: must be at least 0", "got -1"]),
    "risk, records with a fraction": ([*RISK, "-p", "records=10.5"], ["records: must be a whole number", "got 10.5"]),
    "risk, no vendors": ([*RISK, "-p", "vendors=0"], ["vendors: must be at least 1", "got 0"]),
    "risk, level": ([*RISK, "-p", "level=1.5"], ["level: must be at most 0.999", "got 1.5"]),
    "risk, size of firm": ([*RISK, "-p", "buyer_size=huge"], ["buyer_size: 'huge'", "Allowed: all, small, midsize, large"]),
    "risk, unknown location": ([*RISK, "-p", "location=Atlantis"], ["location: 'Atlantis' is not a place this kit knows"]),
    "risk, draws no power of two": ([*RISK, "-p", "draws=300"], ["draws", "nearest are 256 and 512"]),
    "risk, share of nothing": ([*RISK, "-p", "held_share=0,0.5"], ["held_share: must lie between 0 (excluded) and 1"]),
    "risk, range upside down": ([*RISK, "-p", "memory_years=15,5"], ["memory_years: its low end 15", "above its high end 5"]),
    "risk, memory too short": ([*RISK, "-p", "memory_years=0.1,5"], ["memory_years: must be at least 1, got 0.1"]),
    "risk, incidents that are not there": ([*RISK, "-p", "incidents_path=Quoxbury.csv"], ["incidents_path: there is no file of this name"]),
    "risk, firms that vary too much": ([*RISK, "-p", "firm_variation=0,3"], ["firm_variation: must lie between 0 and 2", "got 0 to 3"]),
    "risk, costs without spread": ([*RISK, "-p", "cost_spread=0"], ["cost_spread: must be greater than 0", "got 0"]),
    "risk, no incident behind a number": ([*RISK, "-p", "min_incidents=0"], ["min_incidents: must be at least 1", "got 0"]),
    "risk, AQL above the LTPD": ([*RISK, "-p", "aql=0.1", "-p", "ltpd=0.05"], ["aql: must be below ltpd, got aql 0.1 and ltpd 0.05"]),
    "risk, sample larger than the lot": ([*RISK, "-p", "largest_sample=6000"], ["largest_sample: 6000 is more than the 5000 items of a lot"]),
    "risk, unordered severities": ([*RISK, "-p", "class_limits=[0.01, 0.05, 0.002]"], ["class_limits: severities are out of order"]),
    "risk, no file of checks": ([*RISK, "-p", "quality_path=nowhere.csv"], ["quality_path: there is no file of this name"]),
    "risk, shares of the work": ([*RISK, "-p", "work_shares=0.5,0.4"], ["work_shares: must add up to 1, got 0.9"]),
    "risk, costs of controls that are not there": ([*RISK, "-p", "controls_path=nowhere.csv"], ["controls_path: there is no file of this name"]),
    "decision, volumes without tasks": ([*DECISION, "-p", "volume_hours=100"], ["volume_hours: needs one number for each task, got 1 for 2"]),
    "decision, constraints that conflict": (
        [*DECISION, "-p", "min_moved=0.9", "-p", "max_abroad=0", "-p", "delivery_models=provider", "-p", "locations=IND"],
        ["no plan keeps all of them", "'max_abroad 0' and 'min_moved 0.9", "cannot hold together"],
    ),
    "decision, unknown jurisdiction": ([*DECISION, "-p", "jurisdictions=US-NYY"], ["jurisdictions: 'US-NYY' is not a place", "Did you mean 'US-NY'"]),
    "decision, share above 1": ([*DECISION, "-p", "max_abroad=1.5"], ["max_abroad: must be at most 1.0", "got 1.5"]),
    "decision, task twice": ([*DECISION, "-p", "tasks=legal_research,research"], ["tasks: one stands there twice"]),
    "decision, no file of providers": ([*DECISION, "-p", "providers_path=nowhere.csv"], ["providers_path: there is no file of this name"]),
    "decision, silence read as permission": ([*DECISION, "-p", "unknown_duties=allow"], ["unknown_duties: must be one of 'refuse' or 'allow_with_review'"]),
    "decision, baseline of another buyer": ([*DECISION, "-p", "baseline=in_house_counsel"], ["a law firm has no in-house counsel"]),
    "decision, controls without costs": ([*DECISION, "-p", "required_controls=encryption"], ["required_controls: what they cost is on no row", "give controls_path"]),
    "decision, unknown control": ([*DECISION, "-p", "required_controls=encrypt"], ["'encrypt' is not in the table of controls", "Did you mean 'encryption'"]),
    "decision, bills that are not there": ([*DECISION, "-p", "billing_path=nowhere"], ["billing_path: the path means no file"]),
    "decision, no tasks and no bills": ([*DECISION, "-p", "tasks=", "-p", "volume_hours="], ["tasks: name one or more, or give billing_path"]),
    "risk, name that climbs out": ([*RISK, "--name", "../x"], ["--name '../x' is no folder name"]),
}  # fmt: skip

REFUSED = {
    "adoption": (
        [*ADOPTION, "-p", "geography=IND", "-p", "buyer=corporate"],
        ["No figure of grade A/B on use by legal departments in India is on file", "Nearest available", "United States (USA, 16)"],
    ),
    "risk, location without governance scores": ([*RISK, "-p", "location=JPN"], ["No governance scores are on file for Japan", "Available:", "IND"]),
    "decision": ([*DECISION, "-p", "locations=ZAF", "-p", "delivery_models=provider"], ["None of the ways of doing the work can be costed", "South Africa"]),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a file to trip over."""
    (tmp_path / "file.txt").write_text("")
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
    assert _state(folder) == before, "something was written"


@pytest.mark.parametrize(("arguments", "parts"), REFUSED.values(), ids=REFUSED.keys())
def test_a_question_without_evidence_is_refused_with_exit_code_3_and_nothing_written(lpo, folder, arguments, parts):
    before = _state(folder)
    ran = lpo(*arguments)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("refused: "), ran.err
    assert [part for part in parts if part not in ran.err] == [], ran.err
    assert _state(folder) == before, "something was written"
