"""The files that describe the project agree with each other and with the code."""

import importlib.util
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


def test_claims_counts_and_numbers_of_the_readme_are_what_the_evidence_says(generated) -> None:
    assert (ROOT / "README.md").read_text(encoding="utf-8") == generated.readme(), "run `make generated`"


def test_counts_and_numbers_that_are_out_of_date_are_written_anew(generated) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    stale = re.sub(r"[\d,]+ observations of \d+ metrics from \d+", "12 observations of 3 metrics from 4", text)
    stale = re.sub(r"\| -?\d+% \| -?\d+% to -?\d+% \|$", "| 1% | -2% to 3% |", stale, flags=re.MULTILINE)
    stale = re.sub(r"model saves \d+%", "model saves 5%", stale)
    assert len([1 for old, new in zip(text.splitlines(), stale.splitlines(), strict=True) if old != new]) == 5
    assert generated.counted(stale) == text


def test_the_own_files_of_the_readme_are_those_that_reports_take() -> None:
    from lpo_analysis.cli import OWN
    from lpo_analysis.reporting import library

    row = r"^\| `(\w+)` \[csv\]\(([\w./]+)\) \| [^|]+ \| ([\w,; ]+) \| ([\w`; ]+) \|$"
    listed = re.findall(row, (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [kind for kind, *_ in listed] == [
        *["survey", "margins", "series", "quotes", "billing", "billed_providers", "moved", "billing_codes"],
        *["incidents", "quality", "control_costs", "providers", "criteria"],
    ]
    assert {kind for kind, *_ in listed} == {kind for kinds in OWN.values() for kind in kinds}
    for kind, template, reports, parameters in listed:
        assert (ROOT / template).is_file(), template
        names = re.findall(r"`(\w+)`", parameters)
        rooms = re.split(r"[,;] ", reports)
        for room, name in zip(rooms, names * (len(rooms) if len(names) == 1 else 1), strict=True):
            model = library.model(library.read(library.find(room)), where=room)
            assert name in model.own_files(), (kind, room, name)


def test_every_dependency_is_pinned_without_a_host() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in pins
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[^\s/]+", line) for line in pins.splitlines())
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in pins.splitlines()}
    extras = PROJECT["optional-dependencies"]
    for requirement in [
        *PROJECT["dependencies"],
        *extras["test"],
        *extras["bench"],
        *extras["docs"],
        *extras["cluster"],
    ]:
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
