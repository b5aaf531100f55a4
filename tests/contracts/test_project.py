"""The files that describe the project agree with each other and with the code."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path

import pytest

import lpo_analysis

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def generated():
    spec = importlib.util.spec_from_file_location("generated", ROOT / ".ci" / "generated.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_environment_yml_is_what_pyproject_says(generated) -> None:
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == generated.environment(), "run `make generated`"


def test_the_claims_of_the_readme_are_what_the_evidence_says(generated) -> None:
    assert (ROOT / "README.md").read_text(encoding="utf-8") == generated.readme(), "run `make generated`"


def test_every_dependency_is_pinned_without_a_host() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in pins
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[^\s/]+", line) for line in pins.splitlines())
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in pins.splitlines()}
    extras = PROJECT["optional-dependencies"]
    for requirement in [*PROJECT["dependencies"], *extras["test"], *extras["bench"], *extras["docs"]]:
        name = re.split(r"[<>=!~\[;]", requirement)[0].strip().lower()
        assert re.sub(r"[-_.]+", "-", name) in pinned, f"{name} has no pin"


def test_versions_agree() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert PROJECT["version"] == lpo_analysis.__version__
    assert f"version: {PROJECT['version']}\n" in citation


def test_the_four_extras_exist() -> None:
    assert {"test", "bench", "docs", "cluster"} <= set(PROJECT["optional-dependencies"])


@pytest.mark.parametrize(
    "name", ["LICENSE", "CHANGELOG.md", "CITATION.cff", "Makefile", ".pre-commit-config.yaml", ".ci/run"]
)
def test_the_usual_files_are_there(name: str) -> None:
    assert (ROOT / name).is_file()


def test_make_offers_what_the_readme_promises() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("reports", "test", "test-slow", "notebooks", "lab", "bench", "docs", "help"):
        assert re.search(rf"^{target}:.*## ", makefile, flags=re.MULTILINE), target


def recorded(notebook: str) -> dict[str, dict]:
    cells = json.loads((ROOT / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    values: dict[str, dict] = {}
    for cell in cells:
        for output in cell.get("outputs", []):
            values |= output.get("data", {}).get("application/vnd.lpo.values+json", {})
    return values


def test_the_numbers_of_the_readme_are_those_of_the_notebook() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    values = recorded("savings")
    for label, term in (
        ("headline rate gap", "rate_gap"),
        ("net saving on", "net_saving"),
        ("saving on the whole", "budget_saving"),
    ):
        row = re.search(rf"^\| {label}.*?\| (-?\d+)% \| (-?\d+)% to (-?\d+)% \|$", readme, flags=re.MULTILINE)
        assert row is not None, label
        due = values[f"three_numbers.{term}"]
        assert [int(x) for x in row.groups()] == [round(100 * due[k]) for k in ("estimate", "conf_low", "conf_high")]
    said = re.search(r"Against law firm associates the same model saves (\d+)%", readme)
    assert said is not None
    assert int(said[1]) == round(100 * values["comparators.associate"]["estimate"])


def test_the_counts_of_the_readme_are_those_of_the_evidence() -> None:
    from lpo_analysis.evidence import load

    e = load()
    s = e.sources
    said = f"{len(e.observations):,} observations of {len(e.metrics)} metrics from {s['study_id'].nunique()} studies by {s['publisher_id'].nunique()} makers"
    assert said in (ROOT / "README.md").read_text(encoding="utf-8")
