"""The brief of real decisions in a real browser: one printed page on A4 and on US Letter, no request, readable on a phone; and one real run."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from lpo_analysis.decision import Parameters, analyse
from lpo_analysis.evidence import attribution
from lpo_analysis.parameters.synthetic import bundle
from lpo_analysis.reporting import notebook as show
from lpo_analysis.reporting import store
from lpo_analysis.reporting.jobs import prepare
from lpo_analysis.reporting.page import pages
from lpo_analysis.reporting.run import ingredients

pytestmark = pytest.mark.slow

DRAWS = 512
CASES = {
    # The decision reports of the default plan.
    "law firm": {"baseline": "contract_attorney"},
    "corporate": {"baseline": "contract_attorney", "buyer": "corporate"},
    "most weighty": {
        "tasks": ["document_review", "legal_research", "contract_drafting", "litigation_support"], "volume_hours": [40000.0, 10000.0, 10000.0, 8000.0], "control_costs": [1000.0, 20000.0],
        "jurisdictions": ["US-NY", "US-CA", "US-FL", "US-OH", "US-CO", "US-NC", "US-PA", "GB-EAW"], "captive_minimum": 0.0, "locations": ["IND", "PHL"], "unknown_duties": "allow_with_review",
    },
    "not estimable": {"jurisdictions": ["US-WY"]},
}  # fmt: skip
NOTICED = [
    {
        "output_type": "display_data",
        "data": bundle(
            "Synthetic example data, no finding: the quotes, providers, criteria and control costs files are examples that the kit ships, with invented "
            "rows. What rests on them shows the form of an answer and says nothing of the world."
        ),
        "metadata": {},
    }
]


def _cells(checkout: Path) -> list[str]:
    """The cells of the committed notebook that show the question, the brief, its numbers and the sources."""
    book = nbformat.read(checkout / "notebooks" / "decision.ipynb", as_version=4)
    code = [cell.source for cell in book.cells if cell.cell_type == "code"]
    wanted = (
        "show.brief(",
        "show.record(analysis.brief",
        "show.record(analysis.information",
        "rows = [",
        "show.sources(",
    )
    return [source for source in code if any(text in source for text in wanted)]


@pytest.fixture(scope="module")
def cells(checkout):
    found = _cells(checkout)
    assert len(found) == 4, "the cells of the notebook have changed"
    return found


@pytest.fixture(scope="module", params=CASES)
def shown(request, cells, show_cells):
    """What the cells show of one decision, without a kernel."""
    p = Parameters(draws=DRAWS, **CASES[request.param])
    return show_cells(cells, {"p": p, "analysis": analyse(p), "show": show, "attribution": attribution})


@pytest.fixture
def brief(request, shown, notebook_of, tmp_path):
    """The page of the brief of one decision; the weightiest tells of synthetic data, too."""
    path = tmp_path / "brief.html"
    told = [NOTICED] if request.node.callspec.params["shown"] == "most weighty" else []
    made = pages(notebook_of("# Decision", *told, *shown), name="decision")["brief.html"]
    assert made.count('role="note"') == len(told)
    path.write_text(made, encoding="utf-8")
    return path


def _printed(browse, path: Path, paper: str) -> int:
    """Print a page on a paper, and count the pages that makes."""
    html = path.read_text(encoding="utf-8")
    assert html.count("@page{size:auto;") == 1
    sheet, made = path.with_name(f"{paper}.html"), path.with_name(f"{paper}.pdf")
    sheet.write_text(html.replace("@page{size:auto;", f"@page{{size:{paper};"), encoding="utf-8")
    browse(sheet, f"--print-to-pdf={made}", "--no-pdf-header-footer", dump=False)
    raw = made.read_bytes()
    assert raw.startswith(b"%PDF")
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", raw))


def test_a_brief_is_one_printed_page_on_either_paper(brief, browse):
    assert {paper: _printed(browse, brief, paper) for paper in ("A4", "letter")} == {"A4": 1, "letter": 1}


def test_the_count_of_pages_notices_a_second(browse, tmp_path):
    page = tmp_path / "brief.html"
    page.write_text("<style>@page{size:auto;}</style>" + "<p>line</p>" * 60, encoding="utf-8")
    assert _printed(browse, page, "A4") == 2


@pytest.fixture(scope="module")
def run(tmp_path_factory, finished) -> Path:
    """Folder of one decision report."""
    return finished("decision", tmp_path_factory.mktemp("reports"), "d", draws=DRAWS)


def test_the_command_tells_of_the_brief_and_a_changed_one_is_noticed(run, tmp_path, lpo):
    said = lpo("report", "decision", "-p", f"draws={DRAWS}", "--name", "d", "-o", run.parent)
    assert said.out.splitlines()[:2] == [f"{run / 'report.html'} (unchanged)", str(run / "brief.html")]
    due = ingredients(prepare("decision", {"draws": DRAWS}))
    assert store.look(run, due).headlines is not None
    changed = shutil.copytree(run, tmp_path / "d")
    page = changed / "brief.html"
    page.write_bytes(page.read_bytes().replace(b"Try before", b"Go before", 1))
    assert store.look(changed, due).why == "brief.html was changed by hand or damaged"


def test_every_link_of_the_brief_leads_somewhere(run):
    folder = run
    html, report = ((folder / name).read_text(encoding="utf-8") for name in ("brief.html", "report.html"))
    ids = {name: set(re.findall(r'\bid="?([\w-]+)', text)) for name, text in (("", html), ("report.html", report))}
    links = re.findall(r'href="([^"]+)"', html)
    for link in links:
        if not link.startswith("http"):
            page, _, anchor = link.partition("#")
            assert not anchor or anchor in ids[page], link
    assert 'href="brief.html"' in report
    numbers = re.findall(r'<a class="at" href="([^"]+)"', html)
    assert len(numbers) > 12
    assert all("#section-" in link for link in numbers), "a number leads to no section of the report"


def test_every_number_of_the_brief_is_in_results_json(run):
    folder = run
    html = (folder / "brief.html").read_text(encoding="utf-8")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    places = re.findall(r'title="results.json: ([^"]+)"', html)
    for place in places:
        kind, _, rest = place.partition(", ")
        if kind == "parameters":
            assert rest.partition("/")[0] in results["parameters"], place
        else:
            name, _, what = rest.rpartition(", ")
            assert results["values"][name][what] is not None, place


def test_a_brief_asks_for_nothing_and_does_not_scroll_sideways_on_a_phone(run, requests, overflow):
    page = run / "brief.html"
    assert requests(page) == []
    over, wide = overflow(page.read_text(encoding="utf-8"))
    assert over <= 1, f"the page is {over} pixels too wide; these elements stick out: {wide}"
