"""The kit's own notebooks give the same by every engine: text, figures, recorded values, and the bytes of every file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from lpo_analysis.reporting import provenance, run, store
from lpo_analysis.reporting.engines import client
from lpo_analysis.reporting.execution import Executed, Settings
from lpo_analysis.reporting.jobs import prepare
from lpo_analysis.workbench import catalogue

pytestmark = pytest.mark.slow

SETS = {
    "adoption": [{}, {"buyer": "corporate"}, {"grades": ["A", "B", "C"], "horizon_year": 2030}],
    "savings": [
        {"draws": 256},
        {"draws": 256, "task": "legal_research", "buyer": "law_firm", "baseline": "associate", "location": "PHL"},
        {"draws": 512, "seed": 7, "grades": ["A", "B", "C"]},
    ],
    "risk": [{}, {"buyer_size": "small", "jurisdictions": ["US-NC"]}, {"seed": 5, "records": 500}],
    "decision": [
        {"draws": 512},
        {"draws": 512, "jurisdictions": ["GB-EAW", "US-OH"]},
        {"draws": 512, "baseline": "contract_attorney", "seed": 0},
    ],
    "evidence": [
        {},
        {"topic": "savings", "grades": ["A", "B", "C"]},
        {"metric": "breach_cost_per_record", "years_per_column": 5},
    ],
    "template": [{}, {"grades": ["A", "B", "C"], "forecasts": True}, {"metric": "lpo_hourly_rate", "place": "IND"}],
    "workbench": [
        {"draws": 256},
        {"draws": 256, "task": "legal_research", "buyer": "law_firm", "baseline": "associate", "location": "PHL"},
        {
            "draws": 512,
            "grades": ["A", "B", "C"],
            "metric": "contract_attorney_bill_rate",
            "locations": ["GB-NIR", "ZAF"],
        },
    ],
    "index": [{}, {"shown_notebook": "risk"}, {"shown_notebook": "template"}],
}
FIRST = ("direct", "warm", "fresh")
"""Engines for the first set of a notebook; ``fresh`` launches what papermill launches, and one set shows that it is told the same."""
ENGINES = ("direct", "warm")


def _bytes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _by_papermill(job, folder: Path) -> None:
    """Make the report of what papermill itself, with no engine of the kit, makes of the notebook."""
    import papermill

    from lpo_analysis.reporting import outputs

    made = papermill.execute_notebook(str(job.notebook), None, job.changed, kernel_name="python3", progress_bar=False)
    with store.locked(folder, job.name) as work:
        run.write(job, Executed(outputs.normalise(made), []), work, folder / job.name, run.ingredients(job))


@pytest.fixture(scope="module", autouse=True)
def servers():
    """Keep the fork server from one notebook to the next."""
    yield
    client.release()


def test_every_notebook_of_the_kit_is_here():
    assert set(SETS) == set(catalogue.SHIPPED)
    assert all(len(sets) == 3 for sets in SETS.values())


@pytest.mark.parametrize(("notebook", "number"), [(name, n) for name, sets in SETS.items() for n in range(len(sets))])
def test_every_file_has_the_same_bytes_by_every_engine(tmp_path, notebook, number):
    job = prepare(notebook, SETS[notebook][number], name="report")
    engines = ENGINES if number else FIRST
    for engine in engines:
        outcome = run.run(job, tmp_path / engine, settings=Settings(engine=engine))
        assert outcome.status == "done", outcome.error
    _by_papermill(job, tmp_path / "papermill")
    due = _bytes(tmp_path / "papermill" / "report")
    assert {"report.html", "results.json", "notebook.ipynb", "run.json"} <= set(due)
    for engine in engines:
        made = _bytes(tmp_path / engine / "report")
        assert made == due, f"{engine}: {[name for name in made | due if made.get(name) != due.get(name)]}"
    assert provenance.digest(b"") not in due.values(), "an empty file"
