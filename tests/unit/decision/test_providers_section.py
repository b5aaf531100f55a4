"""The section on providers in the notebook: a table of providers brings ranks, weights and questions, with answers missing or not."""

from functools import cache

import nbformat
import pytest

from lpo_analysis import decision, paths
from lpo_analysis.decision import Parameters, analyse
from lpo_analysis.reporting import notebook as show

TEMPLATES = paths.DATA / "templates"
SMALL = {"draws": 512, "locations": ["IND"], "delivery_models": ["provider"]}


@pytest.fixture(scope="module")
def section(checkout, show_cells):
    """Show the cell of the section, and give back what was shown by name: tables, figures, findings, recorded values."""
    book = nbformat.read(checkout / "notebooks" / "decision.ipynb", as_version=4)
    code = [cell.source for cell in book.cells if cell.cell_type == "code"]
    sources = [source for source in code if source.startswith("show.finding(analysis.provider_ranks)")]
    assert len(sources) == 1

    @cache
    def call(**paths_given):
        analysis = analyse(Parameters(**SMALL, **{name: str(path) for name, path in paths_given.items()}))
        record = "show.record(analysis.provider_ranks, analysis.provider_gaps)"
        space = {"analysis": analysis, "decision": decision, "show": show, "p": analysis.parameters}
        data = [output["data"] for cell in show_cells([*sources, record], space) for output in cell]
        return {
            "tables": {d[show.TABLE]["name"]: d[show.TABLE] for d in data if show.TABLE in d},
            "figures": {d[show.FIGURE]["name"]: d[show.FIGURE] for d in data if show.FIGURE in d},
            "said": " ".join(item["text"] for d in data if show.FINDING in d for item in d[show.FINDING]),
            "values": {name: item for d in data if show.VALUES in d for name, item in d[show.VALUES].items()},
        }

    return call


def test_without_a_table_the_section_says_what_is_missing(section):
    found = section()
    assert found["tables"] == found["figures"] == {}
    assert "no table of providers is given" in found["said"]
    assert all(item["estimate"] is None for item in found["values"].values())


def test_the_template_brings_ranks_weights_and_questions(section):
    found = section(providers_path=TEMPLATES / "providers.csv")
    assert set(found["tables"]) == {"providers", "questions", "providers_checks"}
    assert set(found["figures"]) == {"provider_ranks", "provider_preferences"}
    names = ["P1", "P2", "P3", "P4"]
    assert [row[0] for row in found["tables"]["providers"]["rows"]] == names
    first = {name: found["values"][f"provider_ranks.{name}"]["estimate"] for name in names}
    assert sum(first.values()) == pytest.approx(1)
    assert "is first for those to whom" in found["said"]
    asked = found["tables"]["questions"]
    columns = [asked["columns"].index(name) for name in ("provider", "question", "why")]
    assert {row[columns[0]] for row in asked["rows"]} == set(names)
    assert all(row[column] for row in asked["rows"] for column in columns)
    # What P4 did not tell is what its rank turns on.
    gaps = {name for name in found["values"] if name.startswith("provider_gaps.")}
    assert gaps == {"provider_gaps.P4.capacity", "provider_gaps.P4.certifications", "provider_gaps.P4.errors"}


def test_ranked_criteria_move_the_ranks_of_the_section(section):
    table = TEMPLATES / "providers.csv"
    free, ranked = (
        section(providers_path=table),
        section(providers_path=table, criteria_path=TEMPLATES / "criteria.csv"),
    )
    key = "provider_ranks.P1"
    assert ranked["values"][key]["estimate"] > free["values"][key]["estimate"]


def test_more_answers_missing_widen_the_ranks_and_bring_more_questions(section, tmp_path):
    lines = (TEMPLATES / "providers.csv").read_text(encoding="utf-8").splitlines()
    head = lines[0].split(",")
    gone = [
        head.index(name)
        for name in ("capacity_hours", "certifications", "qc_checked", "qc_wrong", "audit_right", "breach_notice")
    ]
    cells = lines[1].split(",")
    silent = ",".join("" if place in gone else cell for place, cell in enumerate(cells))
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([lines[0], silent, *lines[2:]]) + "\n", encoding="utf-8")
    before, after = section(providers_path=TEMPLATES / "providers.csv"), section(providers_path=path)

    def questions(found):
        asked = found["tables"]["questions"]
        return [row for row in asked["rows"] if row[asked["columns"].index("provider")] == "P1"]

    assert len(questions(after)) > len(questions(before))
    assert {f"provider_gaps.P1.{name}" for name in ("capacity", "certifications", "errors")} <= set(after["values"])
    told = after["tables"]["providers"]
    assert "not told" in told["rows"][0]
    assert "mine.csv" not in str(after)
