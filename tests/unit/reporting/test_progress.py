"""What a batch tells: counts, reasons, rates and the time left, in words."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from lpo_analysis.reporting import progress
from lpo_analysis.reporting.jobs import Outcome
from lpo_analysis.reporting.progress import Lines, Live, Log, Quiet, clock, reasons_in_words, summary


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that is put forward by hand."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def outcome(status: str, name: str = "a", **more: object) -> Outcome:
    return Outcome(name, "mine", status, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reasons", "total", "says"),
    [
        ([], 7, "nothing to run: 7 reports unchanged"),
        ([], 1, "nothing to run: 1 report unchanged"),
        (["refused"], 7, "nothing to run: 6 reports unchanged and 1 refused"),
        (["new"] * 3, 3, "3 of 3 to run: new"),
        (["data/evidence/observations.csv changed"] * 3, 200, "3 of 200 to run: data/evidence/observations.csv changed"),
        (["b", "a", "a"], 4, "3 of 4 to run: a (2), b (1)"),
        (["a", "refused"], 4, "1 of 4 to run: a"),
        (list("abcde"), 5, "5 of 5 to run: a (1), b (1), c (1), d (1), and 1 other reason"),
        (list("abcdef"), 6, "6 of 6 to run: a (1), b (1), c (1), d (1), and 2 other reasons"),
    ],
)  # fmt: skip
def test_the_reasons_are_counted_and_put_into_words(reasons, total, says):
    assert reasons_in_words(reasons, total) == says


@pytest.mark.parametrize(
    ("statuses", "says"),
    [
        (["done"], "1 report: 1 made."),
        (["done", "cached", "refused", "failed"], "4 reports: 2 made, 1 refused and 1 failed."),
        (["failed"], "1 report: 0 made and 1 failed."),
        ([], "0 reports: 0 made."),
    ],
)
def test_the_outcomes_are_counted_in_a_sentence(statuses, says):
    assert summary([outcome(status) for status in statuses]) == says


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (-3, "0:00"), (42.4, "0:42"), (59.6, "1:00"), (3900, "1:05:00")]
)
def test_a_duration_is_shown_as_on_a_clock(seconds, shown):
    assert clock(seconds) == shown


def test_rate_and_time_left_count_what_was_run_and_neither_what_was_unchanged_nor_what_was_refused(time):
    told = Quiet()
    told.begin("p", 8, 1)
    for _ in range(2):
        told.finished(outcome("cached"))
    time[0] += 50
    told.to_run(["new"] * 4 + ["refused"] * 2)
    assert told.left() is None, "nothing is known before the first is done"
    assert told.per_minute() == 0
    for _ in range(2):
        told.finished(outcome("refused"))
    assert told.left() is None
    time[0] += 10
    told.finished(outcome("done"))
    assert told.per_minute() == pytest.approx(6)
    assert told.left() == pytest.approx(30)
    time[0] += 10
    told.finished(outcome("failed"))
    # Another batch made it meanwhile.
    told.finished(outcome("cached"))
    told.finished(outcome("done"))
    assert told.left() == 0


def test_lines_name_failures_and_pass_over_what_was_unchanged_before():
    said: list[str] = []
    told = Lines(said.append)
    told.begin("p", 3, 1)
    told.finished(outcome("cached"))
    told.to_run(["new", "new"])
    told.finished(outcome("failed", "b", error="x.ipynb, cell 2: odd", seconds=1.25))
    told.finished(outcome("cached", "c"))
    told.interrupted()
    told.end()
    assert said == [
        "2 of 3 to run: new",
        "[2/3] failed      1.2 s  b: x.ipynb, cell 2: odd",
        "[3/3] cached      0.0 s  c",
        "stopped; what is finished stays, and the next run makes the rest",
    ]


def test_the_log_of_an_interrupted_batch_says_so():
    said: list[str] = []
    told = Log(said.append)
    told.begin("p", 1, 1)
    told.to_run(["new"])
    told.interrupted()
    told.end()
    assert [json.loads(line)["event"] for line in said] == ["begin", "to_run", "interrupted", "end"]


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100, color_system=None)


def test_the_table_names_no_more_running_reports_than_fit(screen):
    live = Live(screen)
    live.begin("p", 30, 9)
    live.submitted(lambda: [f"r{n}" for n in range(9)])
    with screen.capture() as caught:
        screen.print(live._table())
    assert "r0, r1, r2, r3, r4, r5 ..." in caught.get()


def test_no_table_is_drawn_when_nothing_is_to_run_and_what_is_said_is_no_markup(screen):
    live = Live(screen)
    live.begin("p", 2, 1)
    live.to_run([])
    live.finished(outcome("failed", "a", error="[bold]KeyError[/bold]: [0]"))
    live.end()
    said = screen.file.getvalue()
    assert "reports/min" not in said
    assert "failed a: [bold]KeyError[/bold]: [0]" in said


def test_an_interrupted_table_is_taken_away(screen):
    live = Live(screen)
    live.begin("p", 2, 1)
    live.to_run(["new"])
    live.interrupted()
    live.end()
    live.end()
    assert screen.file.getvalue().endswith("\x1b[2K") or "stopped; what is finished stays" in screen.file.getvalue()
    assert not live.display.is_started
