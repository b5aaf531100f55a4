"""The documentation: it builds, every link leads somewhere, it asks for nothing, and its lessons do what they show."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import itertools
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
LESSONS = ROOT / "docs" / "tutorial"

pytestmark = pytest.mark.slow
built = pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed; `make docs` installs it"
)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it, where a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    # Whoever asks the network finds a closed door.
    offline = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    ran = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | offline | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout}{ran.stderr}"
    return folder


class _Page(HTMLParser):
    """What a page has to offer and what it points at."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = {"", "top"}
        self.links: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors |= {value for value in (given.get("id"), given.get("name") if tag == "a" else None) if value}
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag in ("img", "script", "iframe", "source") and given.get("src"):
            self.loaded.append(str(given["src"]))
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload", "preconnect") and given.get("href"):
            self.loaded.append(str(given["href"]))


@cache
def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


@built
def test_every_link_and_anchor_leads_somewhere(site):
    lost, count = [], 0
    # The page shown for an unknown address is linked from the root of a server.
    for path in sorted(set(site.rglob("*.html")) - {site / "404.html"}):
        page = _read(path)
        for address in [*page.links, *page.loaded]:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            count += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            known = target.is_file() and (not anchor or target.suffix != ".html" or anchor in _read(target).anchors)
            if not known:
                lost.append(f"{path.relative_to(site)}: {address}")
    assert count > 10_000
    assert not lost, "\n".join(lost[:20])


@built
def test_no_page_loads_anything_from_elsewhere(site):
    away = [
        f"{path.relative_to(site)}: {address}"
        for path in site.rglob("*.html")
        for address in _read(path).loaded
        if urlsplit(address).netloc
    ]
    assert not away, away[:10]


@built
@pytest.mark.parametrize(
    "page", ["index.html", "reference/published.html", "reports/savings.html", "reports/risk-duties.html"]
)
def test_a_page_asks_for_nothing_over_the_network(site, requests, page):
    assert requests(site / page, "--virtual-time-budget=3000") == []


@built
def test_the_search_finds_a_word_on_a_page_opened_from_disk_and_asks_for_nothing(site, browse, requests, tmp_path):
    text = (site / "index.html").read_text(encoding="utf-8")
    probe = """<script>addEventListener("load", () => { const box = document.querySelector("[data-md-component=search-query]");
      box.focus(); box.value = "elusion"; box.dispatchEvent(new Event("input", {bubbles: true}));
      box.dispatchEvent(new KeyboardEvent("keyup", {bubbles: true})) })</script></body>"""
    asked = site / "asked.html"
    asked.write_text(text.replace("</body>", probe), encoding="utf-8")
    try:
        dom = browse(asked, "--virtual-time-budget=20000")
        found = re.findall(r'<a href="([^"]+)" class="md-search-result__link"', dom)
        assert any("reference/glossary.html" in address for address in found), f"found: {found}"
        assert requests(asked, "--virtual-time-budget=20000") == []
    finally:
        asked.unlink()


@built
def test_no_page_scrolls_sideways_on_a_phone(site, browse, tmp_path):
    pages = ["index.html", "tutorial/first-report.html", "how-to/batch.html", "explanation/evidence.html", "reports/index.html",
             "reference/parameters.html", "reference/published.html", "reference/python/methods.meta.html"]  # fmt: skip
    frames = "".join(
        f'<iframe style="width:375px;height:800px;border:0" src="{(site / p).as_uri()}"></iframe>' for p in pages
    )
    measure = """<script>onload = () => { const wide = [...document.querySelectorAll("iframe")].map(f => f.contentDocument.documentElement.scrollWidth);
      document.title = wide.join(" ") }</script>"""
    wrapper = tmp_path / "phones.html"
    wrapper.write_text(f"<!DOCTYPE html><title></title><body>{frames}{measure}", encoding="utf-8")
    dom = browse(wrapper, "--allow-file-access-from-files", "--virtual-time-budget=5000")
    widths = [int(width) for width in re.search(r"<title>([\d ]+)</title>", dom)[1].split()]
    assert dict(zip(pages, widths, strict=True)) == dict.fromkeys(pages, 375)


@built
def test_what_is_written_from_the_code_is_on_the_site(site):
    said = {name: (site / "reference" / f"{name}.html").read_text(encoding="utf-8") for name in
            ("commands", "parameters", "published", "claims", "disagreements", "results", "methods", "cite")}  # fmt: skip
    assert "lpo evidence seal" in said["commands"]
    assert "ai_licence_share" in said["parameters"]
    assert "Newcombe" in said["published"]
    assert "metafor" in said["published"]
    assert "The market grows" in said["claims"]
    assert "legal work offshored to India, 2006" in said["disagreements"]
    assert "lpo-results-1.json" in said["results"]
    assert "Pustejovsky" in said["methods"]
    assert "@software" in said["cite"]


def _blocks(path: Path) -> list[tuple[str, str]]:
    """Fenced blocks as (language, text); those that belong to a list are only shown."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def _same(text: str) -> str:
    return re.sub(r"made in [\d.]+ s", "made in S s", re.sub(r"[ \t]+", " ", text)).strip()


def _check(shown: str, got: str, where: str) -> None:
    there = _same(got)
    for line in filter(None, map(_same, shown.splitlines())):
        assert line in there, f"{where}: the lesson shows\n  {line}\nbut what came was\n{got}"


def test_the_commands_of_the_first_lesson_show_what_it_says(lpo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before, ran = "", 0
    for language, text in _blocks(LESSONS / "first-report.md"):
        if language == "sh":
            before = ""
            for line in text.splitlines():
                program, *arguments = shlex.split(line)
                if program == "make":
                    assert re.search(rf"^{arguments[0]}:.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
                    continue
                assert program == ".venv/bin/lpo"
                done = lpo(*arguments)
                before += done.out + done.err
                ran += 1
        elif language == "text":
            _check(text, before, "first-report.md")
    assert ran == 6
    folder = tmp_path / "reports" / "savings-legal_research-associate-PHL"
    for name in ("report.html", "results.json", "run.json", "notebook.ipynb", "tables"):
        assert (folder / name).exists()
    assert (
        "(unchanged)"
        in lpo(
            *["report", "savings", "-p", "task=legal_research", "-p", "baseline=associate", "-p", "location=PHL"]
        ).out
    )


def test_the_code_of_the_third_lesson_shows_what_it_says():
    space: dict[str, object] = {}
    said, ran = "", 0
    for language, text in _blocks(LESSONS / "python.md"):
        if language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(compile(text, "python.md", "exec"), space)
            said = out.getvalue()
            ran += 1
        elif language == "text":
            _check(text, said, "python.md")
    assert ran == 6


@pytest.mark.parametrize(
    "page", sorted(p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs").glob("how-to/*.md"))
)
def test_the_commands_of_a_how_to_exist_with_their_options_and_parameters(page):
    import typer

    from lpo_analysis.cli import OWN, app
    from lpo_analysis.reporting import library

    root = typer.main.get_command(app)
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for line in re.findall(r"\.venv/bin/lpo ([^\n#`]+)", text):
        words = shlex.split(line.partition(" > ")[0])
        command = root.commands[words[0]]
        command = command.commands[words[1]] if hasattr(command, "commands") else command
        known = {name for item in command.params for name in (*item.opts, *item.secondary_opts)}
        assert {word for word in words if word.startswith("-")} <= known, line
        asked = "".join(words[1:2])
        takes = {"report": asked, "check": next((room for room, kinds in OWN.items() if asked in kinds), None)}
        assert words[0] != "check" or takes["check"], f"no kind of file: {line}"
        if takes.get(words[0]) in ("savings", "adoption", "risk", "decision", "evidence", "workbench"):
            name = takes[words[0]]
            fields = library.model(library.read(library.find(name)), where=name).model_fields
            given = {after.partition("=")[0] for word, after in itertools.pairwise(words) if word == "-p"}
            assert given <= set(fields), line
    for target in re.findall(r"^\s*make ([a-z-]+)$", text, flags=re.MULTILINE):
        assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
