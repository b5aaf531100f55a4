"""The page in a real browser: it makes no request, runs no script, and fits on a phone."""

from __future__ import annotations

import html as escaping
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lpo_analysis.reporting import notebook as show
from lpo_analysis.reporting.index import index_page
from lpo_analysis.reporting.jobs import Outcome
from lpo_analysis.reporting.page import page

pytestmark = pytest.mark.slow

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


def _write(folder: Path, text: str, name: str = "page.html") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def _without_policy(html: str) -> str:
    bare, count = POLICY.subn("", html)
    assert count == 1, "the page has no Content-Security-Policy"
    return bare


def _title(dom: str) -> str:
    return escaping.unescape(re.search(r"<title>(.*?)</title>", dom, re.DOTALL)[1])


@pytest.fixture
def hostile_page(emitted: list[dict[str, Any]], notebook_of, hostile) -> str:
    """A page with hostile text from every side, and a cell that shows raw HTML with a script and pictures from elsewhere."""
    frame = pd.DataFrame({"task": [hostile], "firm": [hostile], "b": [1.0]})
    show.finding(f"{hostile}?", hostile)
    show.table(
        frame,
        name="t",
        title=hostile,
        columns={"task": (hostile, "text"), "firm": ("Firm", "text"), "b": ("b", "number")},
        note=hostile,
    )
    printed = {"output_type": "stream", "name": "stdout", "text": hostile}
    failed = {"output_type": "error", "ename": "ValueError", "evalue": hostile, "traceback": []}
    raw = "<script>document.title='pwned'</script><svg onload=\"document.title='pwned'\"></svg><img src='http://probe.invalid/x.png'>"
    foreign = {"output_type": "display_data", "data": {"text/html": raw, "text/plain": ""}, "metadata": {}}
    return page(notebook_of("# Honest", emitted, [printed], [failed], [foreign], source=f"# {hostile}"), name="hostile")


def test_a_report_asks_for_nothing_over_the_network(requests, report):
    assert requests(report / "report.html") == []


def test_no_text_and_no_foreign_output_runs_a_script(browse, hostile_page, tmp_path):
    title = _title(hostile_page)
    assert _title(browse(_write(tmp_path, hostile_page))) == title


def test_text_alone_runs_no_script_even_where_the_policy_is_taken_away(browse, hostile_page, tmp_path):
    start = hostile_page.index("<script>")
    stop = hostile_page.index("x.png'>") + len("x.png'>")
    only_text = _without_policy(hostile_page[:start] + hostile_page[stop:])
    assert _title(browse(_write(tmp_path, only_text))) == _title(hostile_page)


def test_without_the_policy_the_foreign_output_would_run_so_these_tests_can_fail(browse, hostile_page, tmp_path):
    assert _title(browse(_write(tmp_path, _without_policy(hostile_page)))) == "pwned"


def test_a_foreign_picture_is_not_asked_for_but_would_be_without_the_policy(requests, hostile_page, tmp_path):
    assert requests(_write(tmp_path, hostile_page)) == []
    assert requests(_write(tmp_path, _without_policy(hostile_page))) == ["http://probe.invalid/x.png"]


def test_hostile_names_in_the_index_run_no_script(browse, hostile, tmp_path):
    outcomes = [Outcome(hostile, hostile, "failed", parameters={hostile: hostile}, error=hostile)]
    html = _without_policy(index_page("Honest", outcomes))
    assert _title(browse(_write(tmp_path, html))) == "Honest"


def test_a_report_does_not_scroll_sideways_on_a_phone(overflow, report):
    over, wide = overflow((report / "report.html").read_text(encoding="utf-8"))
    assert over <= 1, f"the page is {over} pixels too wide; these elements stick out: {wide}"


def test_an_index_does_not_scroll_sideways_on_a_phone(overflow):
    from lpo_analysis.reporting.jobs import prepare

    refusal = "No price and no local pay on file for legal research by outside provider in South Africa (grades A, B)."
    first, second = (prepare("savings", {"task": task}).parameters for task in ("legal_research", "document_review"))
    headline = {
        "name": "v",
        "label": "saving on the whole budget",
        "estimate": 0.1,
        "conf_low": -0.2,
        "conf_high": 0.3,
        "level": 0.9,
        "unit": "share",
    }
    outcomes = [
        Outcome(
            "department-legal_research-contract_attorney-IND",
            "savings",
            "done",
            parameters=first,
            headlines=[headline] * 3,
        ),
        Outcome(
            "department-document_review-contract_attorney-IND", "savings", "refused", parameters=second, error=refusal
        ),
    ]
    over, wide = overflow(index_page("What outsourcing legal work would save", outcomes))
    assert over <= 1, f"the page is {over} pixels too wide; these elements stick out: {wide}"


def test_the_measure_of_width_notices_a_page_that_is_too_wide(overflow, report):
    html = (
        (report / "report.html")
        .read_text(encoding="utf-8")
        .replace("<main>", '<main><div style="width:600px">wide</div>', 1)
    )
    over, wide = overflow(html)
    assert over > 1
    assert wide == ["DIV: wide"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_screen_of_a_report_is_not_blank(browse, report, tmp_path, scheme):
    from matplotlib.image import imread

    picture = tmp_path / "screen.png"
    flags = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    browse(report / "report.html", f"--screenshot={picture}", "--window-size=1200,1600", *flags, dump=False)
    pixels = imread(picture)[:, :, :3]
    assert pixels.shape[:2] == (1600, 1200)
    background = pixels[5, 5]
    assert (background.mean() < 0.3) == (scheme == "dark"), f"the background of the {scheme} page is {background}"
    written = (abs(pixels - background).max(axis=2) > 0.3).mean()
    assert 0.02 < written < 0.6, f"{written:.1%} of the first screen differs from its background"


def test_every_picture_of_a_report_is_decoded(browse, report, tmp_path):
    html = _without_policy((report / "report.html").read_text(encoding="utf-8"))
    probe = "<script>onload = () => document.title = JSON.stringify([...document.images].map(i => i.naturalWidth))</script></body>"
    widths = json.loads(_title(browse(_write(tmp_path, html.replace("</body>", probe)))))
    assert len(widths) >= 5
    assert all(width > 300 for width in widths), widths


def test_the_search_of_the_index_runs_under_its_policy_and_nothing_else_does(browse, tmp_path, hostile):
    outcomes = [Outcome("a", "mine", "done", parameters={"n": 1}), Outcome("b", "mine", "failed", error=hostile)]
    dom = browse(_write(tmp_path, index_page("T", outcomes, notes=[{hostile: hostile}])))
    form = re.search(r'<form role="search"[^>]*>', dom)[0]
    assert "hidden" not in form, "the script did not run"
    assert dom.count('<th scope="col"><button>') == 3
    assert _title(dom) == "T"
