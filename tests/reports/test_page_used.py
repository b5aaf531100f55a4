"""Pages as a person uses them, by pointer, finger, keyboard and ear: driven in a real browser, checked by axe-core."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lpo_analysis.reporting.compare import compare, read_finished
from lpo_analysis.reporting.index import RESULTS, index_page
from lpo_analysis.reporting.jobs import Outcome
from lpo_analysis.reporting.page import pages as pages_of

pytestmark = pytest.mark.slow

REPORTS = ("adoption", "savings", "risk", "decision", "evidence")
KINDS = (
    *REPORTS,
    "claims",
    "generative-ai",
    "quality",
    "duties",
    "continuity",
    "controls",
    "brief",
    "index",
    "compare",
)
"""Pages, those of chapters among them."""
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
OPEN = "li:popover-open"


def _headline(value: float, label: str = "net saving on the work") -> dict[str, Any]:
    return {"name": "v", "label": label, "estimate": value, "conf_low": value - 0.2, "conf_high": value + 0.1, "level": 0.9, "n_obs": 3, "unit": "share"}  # fmt: skip


def _index(folder: Path | None = None) -> str:
    outcomes = [
        Outcome("savings-review-IND", "savings", "done", parameters={"task": "review", "location": "IND", "price": 30}, headlines=[_headline(0.3)]),
        Outcome("savings-review-PHL", "savings", "cached", parameters={"task": "review", "location": "PHL", "price": 200}, headlines=[_headline(-0.4)]),
        Outcome("savings-research-IND", "savings", "done", parameters={"task": "research", "location": "IND", "price": 4}, headlines=[_headline(0.05)]),
        Outcome("savings-research-ZAF", "savings", "refused", parameters={"task": "research", "location": "ZAF", "price": 7}, error="No price on file."),
        Outcome("savings-research-XXX", "savings", "failed", parameters={"task": "research", "location": "XXX", "price": 9}, error="A cell failed."),
    ]  # fmt: skip
    notes = [{"Claim": "It is cheaper", "Verdict": "mixed", "Best grade": "B"}]
    return index_page("What outsourcing legal work would save", outcomes, notes=notes, folder=folder)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, finished: Callable[..., Path]) -> Path:
    """A page of every kind of report and a brief, from the notebooks as they were committed, an index, and two reports compared."""
    folder = tmp_path_factory.mktemp("pages")
    for kind in REPORTS:
        for file, made in pages_of(nbformat.read(Path("notebooks") / f"{kind}.ipynb", as_version=4), name=kind).items():
            (folder / (f"{kind}.html" if file == "report.html" else file)).write_text(made, encoding="utf-8")
    runs = [finished("savings", folder, "usual"), finished("savings", folder, "other", location="PHL", draws=256)]
    (folder / "compare.html").write_text(compare(read_finished(runs)).html(), encoding="utf-8")
    (folder / RESULTS).write_text("report,notebook\na,savings\n", encoding="utf-8")
    # Links to every file of a report stand close together.
    (folder / "savings-review-IND").mkdir()
    for file in ("results.json", "notebook.ipynb", "run.json"):
        (folder / "savings-review-IND" / file).touch()
    (folder / "index.html").write_text(_index(folder), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def opened(driven: Any, pages: Path) -> Callable[..., Any]:
    """Open a page, on a screen as asked."""

    @contextmanager
    def call(name: str, **screen: Any) -> Iterator[Any]:
        # axe-core is put into the page past its policy, which lets no script run.
        context = driven.new_context(**screen)
        try:
            view = context.new_page()
            view.goto((pages / f"{name}.html").as_uri())
            yield view
        finally:
            context.close()

    return call


@pytest.mark.parametrize("kind", KINDS)
def test_the_accessibility_checker_finds_nothing(opened, kind):
    from axe_playwright_python.sync_playwright import Axe

    # Rows, sources and folds beyond the first few repeat the same markup; the checker takes a minute for all of them.
    thin = """for (const fold of document.querySelectorAll('details')) fold.open = true;
      for (const more of document.querySelectorAll('tbody > tr:nth-child(n+4), .sources > li:nth-child(n+9), details ~ details')) {
        if (more.matches('li')) more.querySelector('a')?.remove(); else more.remove();
      }"""
    with opened(kind, bypass_csp=True, viewport={"width": 1280, "height": 900}) as view:
        view.evaluate(thin)
        found = {}
        # A phone has the colours of a desktop, and frames that scroll.
        for width, scheme in ((1280, "light"), (1280, "dark"), (375, "light")):
            view.set_viewport_size({"width": width, "height": 900})
            view.emulate_media(color_scheme=scheme)
            answer = Axe().run(view, options={"runOnly": list(WCAG), "resultTypes": ["violations"]}).response
            assert answer["testEngine"]["name"] == "axe-core"
            assert "color-contrast" in {rule["id"] for rule in answer["passes"]}
            found |= {
                (width, scheme, item["id"]): [node["html"][:200] for node in item["nodes"]]
                for item in answer["violations"]
            }
    assert found == {}


def _number(view: Any) -> Any:
    """The first number of a finding that opens a source."""
    return view.locator(".finding [popovertarget]").first


def _says_its_source(card: Any) -> None:
    assert re.fullmatch(r".+ \((\d{4}|\d{4}-.+|n\.d\.)\)\. .+\. Grade [A-D]\.", card.inner_text().strip()), (
        card.inner_text()
    )
    assert card.locator("a").get_attribute("href").startswith("http")
    box, screen = card.bounding_box(), card.page.viewport_size
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= screen["width"]
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= screen["height"]


def test_a_pointer_on_a_number_shows_its_source_and_takes_nothing_from_the_list_for_good(opened):
    with opened("savings", viewport={"width": 1280, "height": 900}) as view:
        number, listed = _number(view), view.locator("ol.sources li")
        entry = view.locator(f"#{number.get_attribute('popovertarget')}")
        resting = entry.bounding_box()
        number.scroll_into_view_if_needed()
        height = view.evaluate("document.documentElement.scrollHeight")
        number.hover()
        assert entry.evaluate("e => getComputedStyle(e).position") == "fixed"
        _says_its_source(entry)
        assert view.evaluate("document.documentElement.scrollHeight") >= height, "what stands below must not jump"
        view.mouse.move(0, 0)
        assert entry.evaluate("e => getComputedStyle(e).position") == "static"
        assert entry.bounding_box()["height"] == resting["height"]
        assert listed.count() > 10


def test_a_click_on_a_number_opens_its_source_and_escape_closes_it(opened):
    with opened("savings", viewport={"width": 1280, "height": 900}) as view:
        number = _number(view)
        number.click()
        view.mouse.move(0, 0)
        card = view.locator(OPEN)
        assert card.get_attribute("id") == number.get_attribute("popovertarget")
        _says_its_source(card)
        view.keyboard.press("Escape")
        assert view.locator(OPEN).count() == 0
        number.click()
        view.locator("h1").click()
        assert view.locator(OPEN).count() == 0, "a click elsewhere closes it, too"


def test_the_keyboard_reaches_a_number_shows_opens_and_leaves_its_source(opened):
    with opened("savings", viewport={"width": 1280, "height": 900}) as view:
        number = _number(view)
        for _ in range(80):
            view.keyboard.press("Tab")
            if number.evaluate("e => e === document.activeElement"):
                break
        else:
            pytest.fail("80 presses of Tab do not reach the first number")
        entry = view.locator(f"#{number.get_attribute('popovertarget')}")
        assert entry.evaluate("e => getComputedStyle(e).position") == "fixed"
        _says_its_source(entry)
        view.keyboard.press("Enter")
        _says_its_source(view.locator(OPEN))
        view.keyboard.press("Tab")
        assert view.evaluate("document.activeElement.closest('li')?.id") == entry.get_attribute("id"), (
            "Tab leads to the link"
        )
        view.keyboard.press("Escape")
        assert view.locator(OPEN).count() == 0
        assert number.evaluate("e => e === document.activeElement"), "and back to where one was"


def test_a_finger_opens_a_source_on_a_phone(opened):
    with opened("savings", viewport={"width": 375, "height": 700}, has_touch=True, is_mobile=True) as view:
        number = _number(view)
        number.tap()
        _says_its_source(view.locator(OPEN))
        view.touchscreen.tap(5, 5)
        assert view.locator(OPEN).count() == 0


def test_those_who_hear_the_page_hear_that_a_number_is_a_source(opened):
    with opened("savings") as view:
        number, more = _number(view), view.locator(".cut a").first
        assert f'link "{more.inner_text()} further sources"' in more.aria_snapshot()
        assert f'button "Source {number.inner_text()}"' in number.aria_snapshot()
        table = view.get_by_role("table", name="Inputs, and what each rests on")
        assert table.get_by_role("columnheader", name="Median").count() == 1
        assert view.get_by_role("region", name="Inputs, and what each rests on").count() == 1


def test_in_print_every_number_is_a_numbered_reference_and_the_list_has_addresses(opened):
    with opened("savings") as view:
        view.emulate_media(media="print")
        number = view.locator("td [popovertarget]").first
        around = ["::before", "::after"]
        assert [number.evaluate("(e, p) => getComputedStyle(e, p).content", p) for p in around] == ['"["', '"] "']
        runs = view.locator(".cut i").first
        assert runs.is_visible()
        assert re.fullmatch(r"\[\d+[–,\d ]*\]", runs.inner_text())
        assert view.locator(".cut [popovertarget]").first.is_hidden()
        entry = view.locator("ol.sources li").first
        assert entry.is_visible()
        assert entry.evaluate("e => getComputedStyle(e).display") == "list-item"
        link = entry.locator("a")
        assert link.evaluate("e => getComputedStyle(e, '::after').content") != "none"
        assert view.locator("nav").is_hidden()
        assert view.locator("details.code").first.is_hidden()


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_of_page_scrolls_sideways_on_a_phone(opened, kind):
    with opened(kind, viewport={"width": 375, "height": 700}) as view:
        assert view.evaluate("document.documentElement.scrollWidth") == 375
        cut = view.evaluate("""[...document.querySelectorAll('h1,h2,h3,p,figcaption,.title,.note,.big,.span,summary')]
            .filter(e => e.offsetParent && !e.closest('.tablewrap') && (e.getBoundingClientRect().right > 376 || e.scrollWidth > e.clientWidth + 1))
            .map(e => e.textContent.slice(0, 60))""")
        assert cut == []


def _first_column(view: Any) -> list[str]:
    return [
        text.split("\n")[0] for text in view.locator("table.sortable tbody tr:visible td:first-child").all_inner_texts()
    ]


def test_the_index_finds_and_sorts(opened):
    with opened("index", viewport={"width": 1280, "height": 900}) as view:
        assert len(_first_column(view)) == 5
        view.get_by_label("Find reports").fill("research ind")
        assert _first_column(view) == ["savings-research-IND"]
        assert view.get_by_role("status").inner_text() == "1 of 5"
        view.get_by_label("Find reports").fill("refused")
        assert _first_column(view) == ["savings-research-ZAF"]
        view.get_by_label("Find reports").fill("")
        assert len(_first_column(view)) == 5
        saving = view.get_by_role("button", name="Net saving on the work")
        saving.click()
        assert _first_column(view)[:3] == ["savings-review-PHL", "savings-research-IND", "savings-review-IND"]
        assert view.locator("th[aria-sort=ascending]").inner_text().startswith("Net saving on the work")
        saving.press("Enter")
        assert _first_column(view)[-3:] == ["savings-review-IND", "savings-research-IND", "savings-review-PHL"]
        view.get_by_role("button", name="Price").click()
        assert [name.rpartition("-")[2] for name in _first_column(view)] == ["IND", "ZAF", "XXX", "IND", "PHL"]


def test_the_small_pictures_of_the_index_share_one_scale(opened):
    with opened("index") as view:
        dots = [
            float(x) for x in view.locator("svg.span circle").evaluate_all("all => all.map(c => c.getAttribute('cx'))")
        ]
        zeros = view.locator("svg.span .zero").evaluate_all("all => all.map(z => z.getAttribute('d'))")
        high, low, middle = dots
        assert (middle - low) / (high - low) == pytest.approx((0.05 + 0.4) / (0.3 + 0.4), abs=0.01)
        assert len(zeros) == 3
        assert len(set(zeros)) == 1


def test_the_index_hands_out_all_results_as_csv(opened, tmp_path):
    with opened("index", accept_downloads=True) as view:
        link = view.get_by_role("link", name="All results as CSV")
        assert link.get_attribute("download") is not None
        with view.expect_download() as waited:
            link.click()
        waited.value.save_as(tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["report", "notebook"], ["a", "savings"]]
