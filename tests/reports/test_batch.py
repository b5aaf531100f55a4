"""A batch through the command: what is run again and why, what is shown meanwhile, and what is left alone.

Most tests put a stand-in for the execution of cells in place; how cells are executed is tested elsewhere.
"""

from __future__ import annotations

import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lpo_analysis.errors import NotebookError
from lpo_analysis.reporting.batch import run_batch
from lpo_analysis.reporting.plans import read_plan
from lpo_analysis.reporting.progress import Live

NAMES = ["tiny", "tiny-n_2", "tiny-n_3"]


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# What is run again, and why


def test_the_first_run_makes_everything_and_says_that_it_is_new(lpo, tiny, stand):
    ran = lpo("batch", "tiny.toml")
    assert ran.code == 0, ran.err
    assert "3 of 3 to run: new" in ran.out.splitlines()
    assert "3 reports: 3 made." in ran.out
    assert ran.err == ""
    assert stand.again() == NAMES
    assert sorted(p.name for p in (tiny / "reports" / "tiny").iterdir()) == sorted(
        [*NAMES, "batch.json", "index.html", "results.csv"]
    )


CHANGES = {
    "the notebook": (lambda folder: edit(folder / "notebooks" / "tiny.ipynb", "print(n)", "print(2 * n)"), "the notebook changed", NAMES),
    "an input": (lambda folder: (folder / "rates.csv").write_text("2"), "rates.csv changed", NAMES),
    "a new input": (lambda folder: (folder / "more.csv").write_text("2"), "more.csv is new", NAMES),
    "a value in the plan": (lambda folder: edit(folder / "tiny.toml", "[1, 2, 3]", "[1, 2, 4]"), "new", ["tiny-n_4"]),
    "a report that was edited": (
        lambda folder: edit(folder / "reports" / "tiny" / "tiny-n_2" / "report.html", "</html>", "<!-- x --></html>"),
        "report.html was changed by hand or damaged", ["tiny-n_2"]),
    "a file that was deleted": (
        lambda folder: (folder / "reports" / "tiny" / "tiny-n_2" / "results.json").unlink(), "results.json was lost", ["tiny-n_2"]),
    "a description that was damaged": (
        lambda folder: (folder / "reports" / "tiny" / "tiny-n_2" / "run.json").write_text("{"), "run.json was damaged", ["tiny-n_2"]),
    "a report that was deleted": (lambda folder: shutil.rmtree(folder / "reports" / "tiny" / "tiny-n_3"), "new", ["tiny-n_3"]),
}  # fmt: skip


@pytest.mark.parametrize(("change", "why", "names"), CHANGES.values(), ids=CHANGES.keys())
def test_what_changed_is_named_and_exactly_what_depends_on_it_is_run(lpo, tiny, stand, change, why, names):
    lpo("batch", "tiny.toml")
    stand.again()
    change(tiny)
    ran = lpo("batch", "tiny.toml")
    assert ran.code == 0, ran.err
    assert f"{len(names)} of 3 to run: {why}" in ran.out.splitlines()
    assert stand.again() == names
    assert "nothing to run: 3 reports unchanged" in lpo("batch", "tiny.toml").out
    assert stand.again() == []


def test_a_parameter_changed_under_the_same_name_is_called_so(lpo, tiny, stand):
    text = 'title = "Tiny"\nengine = "fresh"\n[[report]]\nnotebook = "tiny"\nname = "same"\nparameters = {n = 7}\n'
    (tiny / "tiny.toml").write_text(text)
    lpo("batch", "tiny.toml")
    edit(tiny / "tiny.toml", "n = 7", "n = 8")
    assert "1 of 1 to run: the parameters changed" in lpo("batch", "tiny.toml").out


def test_a_change_of_the_evidence_names_the_file_for_all_reports(lpo, tiny, stand, monkeypatch):
    from lpo_analysis.reporting import provenance

    edit(tiny / "tiny.toml", "[1, 2, 3]", str(list(range(1, 21))))
    lpo("batch", "tiny.toml")
    known = provenance.surroundings()
    data = known["data"] | {"evidence/observations.csv": "0" * 64}
    monkeypatch.setattr(provenance, "surroundings", lambda: known | {"data": data})
    shutil.rmtree(tiny / "reports" / "tiny" / "tiny-n_2")
    ran = lpo("batch", "tiny.toml")
    assert "20 of 20 to run: data/evidence/observations.csv changed (19), new (1)" in ran.out


def test_an_unchanged_plan_runs_nothing_writes_nothing_and_is_not_validated(lpo, tiny, stand, monkeypatch):
    lpo("batch", "tiny.toml")
    stand.again()
    before = state(tiny)

    def validate(*_, **__):
        raise AssertionError("validated again")

    monkeypatch.setattr("lpo_analysis.reporting.plans.prepare", validate)
    ran = lpo("batch", "tiny.toml")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "nothing to run: 3 reports unchanged"
    assert ran.out.splitlines()[1].startswith("3 reports: 3 made. ")
    assert len(ran.out.splitlines()) == 2
    assert stand.again() == []
    assert state(tiny) == before


def test_a_file_that_was_touched_is_read_again_and_a_damaged_one_made_again(lpo, tiny, stand):
    lpo("batch", "tiny.toml")
    log = tiny / "reports" / "tiny" / "batch.json"
    seals = json.loads(log.read_text())["seals"]
    assert list(seals) == sorted(NAMES)
    page = tiny / "reports" / "tiny" / NAMES[0] / "report.html"
    page.touch()
    assert lpo("batch", "tiny.toml").out.startswith("nothing to run")
    again = json.loads(log.read_text())["seals"]
    assert {name for name in seals if seals[name] != again[name]} == {NAMES[0]}
    page.write_bytes(page.read_bytes().replace(b"<", b">"))
    assert "report.html was changed by hand or damaged" in lpo("batch", "tiny.toml").out


def test_a_number_changed_in_the_log_does_not_reach_the_index(lpo, tiny, stand):
    lpo("batch", "tiny.toml")
    folder = tiny / "reports" / "tiny"
    said = json.loads((folder / "batch.json").read_text())
    forged = [{"name": "forged", "label": "Forged saving", "value": 0.8, "unit": "share", "headline": 1}]
    (folder / "batch.json").write_text(
        json.dumps(said | {"reports": [r | {"headlines": forged} for r in said["reports"]]})
    )
    assert lpo("batch", "tiny.toml").out.startswith("nothing to run")
    assert "Forged saving" not in (folder / "index.html").read_text()
    assert [r["headlines"] for r in json.loads((folder / "batch.json").read_text())["reports"]] == [[], [], []]


@pytest.mark.parametrize(
    "damage",
    [{"seals": None}, {"seals": {"x": "y"}}, {"reports": 3}, {"reports": [{"name": "x"}]}, {"seals": {"tiny": 3}}],
)
def test_a_damaged_log_costs_only_time(lpo, tiny, stand, damage):
    lpo("batch", "tiny.toml")
    log = tiny / "reports" / "tiny" / "batch.json"
    log.write_text(json.dumps(json.loads(log.read_text()) | damage))
    assert lpo("batch", "tiny.toml").out.startswith("nothing to run")
    assert list(json.loads(log.read_text())["seals"]) == sorted(NAMES)


PROBE = """
import json, sys
import lpo_analysis.cli
sys.argv = ["lpo", *sys.argv[1:]]
try:
    lpo_analysis.cli.main()
except SystemExit as end:
    assert not end.code
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_an_unchanged_plan_imports_nothing_heavy(lpo, tiny, stand):
    lpo("batch", "tiny.toml")
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "batch", "tiny.toml"], capture_output=True, text=True, encoding="utf-8", check=False
    )  # fmt: skip
    *said, last = done.stdout.splitlines()
    assert said[0] == "nothing to run: 3 reports unchanged", done.stdout + done.stderr
    heavy = {"pandas", "numpy", "scipy", "matplotlib", "papermill", "nbformat", "nbclient", "jinja2", "rich"}
    assert heavy.isdisjoint(json.loads(last)), sorted(heavy & set(json.loads(last)))


def test_force_runs_everything_and_says_so(lpo, tiny, stand):
    lpo("batch", "tiny.toml")
    stand.again()
    assert "3 of 3 to run: asked for by --force" in lpo("batch", "tiny.toml", "--force").out
    assert stand.again() == NAMES


def test_a_default_that_is_an_expression_is_run_every_time_and_named(lpo, tiny, stand, write_notebook):
    write_notebook(
        tiny / "notebooks" / "tiny.ipynb", "pass", defaults="from datetime import date\nn = 1\ntoday = date.today()"
    )
    lpo("batch", "tiny.toml")
    stand.again()
    for _ in range(2):
        ran = lpo("batch", "tiny.toml")
        assert "3 of 3 to run: the default of today is an expression" in ran.out
        assert stand.again() == NAMES
    # Given a value, it is as settled as any other.
    edit(tiny / "tiny.toml", "matrix = {", 'parameters = {today = "2024-01-31"}\nmatrix = {')
    lpo("batch", "tiny.toml")
    assert "nothing to run: 3 reports unchanged" in lpo("batch", "tiny.toml").out


def test_a_failed_report_is_run_again_alone(lpo, tiny, stand):
    def fail():
        raise NotebookError("ValueError: odd", where="tiny.ipynb, cell 2")

    stand.does["tiny-n_2"] = fail
    ran = lpo("batch", "tiny.toml")
    assert ran.code == 1
    assert "3 reports: 2 made and 1 failed." in ran.out
    assert re.search(
        r"^\[\d/3\] failed +\d+\.\d s  tiny-n_2: tiny\.ipynb, cell 2: ValueError: odd$", ran.out, re.MULTILINE
    )
    index = (tiny / "reports" / "tiny" / "index.html").read_text()
    assert "tiny.ipynb, cell 2: ValueError: odd" in index
    stand.does.clear()
    stand.again()
    assert "1 of 3 to run: new" in lpo("batch", "tiny.toml").out
    assert stand.again() == ["tiny-n_2"]


def test_what_a_refused_question_leaves_to_say_is_no_change(lpo, tiny, stand):
    (tiny / "tiny.toml").write_text(
        'title = "T"\nengine = "fresh"\n[[report]]\nnotebook = "savings"\nmatrix = {location = ["IND", "ZAF"]}\n'
        'parameters = {task = "legal_research"}\n'
    )
    ran = lpo("batch", "tiny.toml")
    assert ran.code == 0, "a refusal is no failure"
    assert "1 of 2 to run: new" in ran.out
    assert "2 reports: 1 made and 1 refused." in ran.out
    before = state(tiny)
    assert "nothing to run: 1 report unchanged and 1 refused" in lpo("batch", "tiny.toml").out
    assert state(tiny) == before


# Cleaning up


def test_clean_removes_what_the_kit_made_and_nothing_else(lpo, tiny, stand):
    lpo("batch", "tiny.toml")
    out = tiny / "reports" / "tiny"
    (out / "notes.txt").write_text("mine")
    (out / "drafts").mkdir()
    (out / "drafts" / "report.html").write_text("mine")
    (tiny / "reports" / "index.html").write_text("mine")
    before = state(tiny)
    ran = lpo("clean", "--dry-run")
    assert ran.code == 0
    assert state(tiny) == before
    assert [f"tiny/{name}" for name in (*NAMES, "index.html", "results.csv", "batch.json")] == ran.out.splitlines()[:-1]
    assert ran.out.splitlines()[-1] == "6 things would be removed from reports"
    assert lpo("clean").out == "6 things removed from reports\n"
    kept = {"reports/tiny/notes.txt", "reports/tiny/drafts/report.html", "reports/index.html"}
    assert {name for name in state(tiny) if name.startswith("reports/")} == kept
    assert lpo("clean").out == "0 things removed from reports\n"


# What is told


def test_a_machine_reads_one_object_a_line_and_nothing_else(lpo, tiny, stand):
    def fail():
        raise NotebookError("ValueError: \u201codd\u201d", where="tiny.ipynb, cell 2")

    stand.does["tiny-n_2"] = fail
    ran = lpo("batch", "tiny.toml", "--json", "-j", "2")
    assert ran.code == 1
    assert ran.err == ""
    assert ran.out.isascii()
    events = [json.loads(line) for line in ran.out.splitlines()]
    assert [event["event"] for event in events] == ["begin", "to_run", "report", "report", "report", "end"]
    assert events[0] == {"event": "begin", "plan": "tiny", "reports": 3, "jobs": 2}
    assert events[1] == {"event": "to_run", "reports": 3, "reasons": {"new": 3}}
    reports = {event["name"]: event for event in events[2:-1]}
    assert sorted(reports) == NAMES
    assert reports["tiny-n_2"]["status"] == "failed"
    assert reports["tiny-n_2"]["error"] == "tiny.ipynb, cell 2: ValueError: \u201codd\u201d"
    assert reports["tiny"]["parameters"] == {"n": 1}
    assert reports["tiny"]["seconds"] >= 0
    assert [(cell["cell"], cell["seconds"], cell["source"]) for cell in reports["tiny"]["cells"]] == [
        (1, 0.25, "n = 1"),
        (2, 0.5, "print(n)"),
    ]
    assert events[-1]["counts"] == {"done": 2, "failed": 1}
    assert events[-1]["seconds"] >= 0


def test_a_machine_is_told_of_unchanged_reports_too(lpo, tiny, stand):
    lpo("batch", "tiny.toml")
    events = [json.loads(line) for line in lpo("batch", "tiny.toml", "--json").out.splitlines()]
    assert events[-1]["counts"] == {"cached": 3}
    assert {"event": "to_run", "reports": 0, "reasons": {}} in events


def test_the_log_holds_times_of_reports_and_cells_and_names_the_slowest(lpo, tiny, stand):
    ran = lpo("batch", "tiny.toml")
    told = json.loads((tiny / "reports" / "tiny" / "batch.json").read_text())
    assert told["counts"] == {"done": 3}
    assert [report["name"] for report in told["reports"]] == NAMES
    assert all(
        report["seconds"] >= 0 and len(report["cells"]) == 2 and report["why"] == "new" for report in told["reports"]
    )
    first = told["slowest_cells"][0]
    assert (first["notebook"], first["cell"], first["source"], first["seconds"]) == ("tiny", 2, "print(n)", 0.5)
    assert first["share"] == pytest.approx(2 / 3, abs=0.001)
    assert "  0.50 s, 67% of all cells: tiny, cell 2: print(n)" in ran.out


def test_without_a_terminal_there_is_a_line_for_every_report(lpo, tiny, stand):
    lines = lpo("batch", "tiny.toml").out.splitlines()
    assert [re.sub(r" +\d+\.\d s ", "", line) for line in lines[1:4]] == [
        f"[{n}/3] done {name}" for n, name in enumerate(NAMES, 1)
    ]
    assert not any("\x1b" in line for line in lines)


def test_on_a_terminal_a_table_counts_what_is_done_and_goes_in_the_end(tiny, stand, monkeypatch):
    from rich.console import Console

    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=100, color_system=None)
    shown: list[str] = []

    def look():
        # The batch takes note of a report while the next already runs.
        deadline = time.monotonic() + 10
        while not live.counts["failed"] and time.monotonic() < deadline:
            time.sleep(0.01)
        with console.capture() as caught:
            console.print(live._table())
        shown.append(caught.get())

    def fail():
        raise NotebookError("ValueError: odd", where="tiny.ipynb, cell 2")

    stand.does = {"tiny-n_2": fail, "tiny-n_3": look}
    live = Live(console)
    live.display.auto_refresh = False
    run_batch(read_plan("tiny.toml"), Path("reports"), progress=live)
    (table,) = shown
    heads = ["done", "running", "failed", "refused", "cached", "reports/min", "time left"]
    assert all(head in table for head in heads)
    assert "tiny: 3 reports" in table
    numbers = next(line.replace("│", " ").split() for line in table.splitlines() if re.match(r"\s*1\s", line))
    assert numbers[:5] == ["1", "1", "1", "0", "0"]
    assert float(numbers[5]) > 0
    assert re.fullmatch(r"\d+:\d\d", numbers[6])
    assert "tiny-n_3" in table, "what is running is named"
    assert "failed tiny-n_2: tiny.ipynb, cell 2: ValueError: odd" in file.getvalue()
    assert "3 of 3 to run: new" in file.getvalue()


def test_the_command_draws_the_table_on_a_real_terminal(tiny, write_notebook):
    write_notebook(tiny / "notebooks" / "tiny.ipynb", "import time\ntime.sleep(0.5)")
    main, end = pty.openpty()
    env = os.environ | {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    command = [sys.executable, "-m", "lpo_analysis.cli", "batch", "tiny.toml", "--engine", "direct"]
    process = subprocess.Popen(command, stdin=end, stdout=end, stderr=end, env=env)
    os.close(end)
    said = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:
            break
        if not part:
            break
        said += part
    os.close(main)
    assert process.wait() == 0, said.decode()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode())
    assert "3 of 3 to run: new" in text
    assert "reports/min" in text
    assert "time left" in text
    assert "3 reports: 3 made." in text
    assert said.rstrip().endswith(b"index.html")
    assert b"\x1b[?25h" in said, "the cursor is shown again"
