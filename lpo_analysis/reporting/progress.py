"""What a batch tells while it runs: a live table on a terminal, plain lines elsewhere, JSON lines for machines."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from lpo_analysis.reporting.jobs import Outcome
from lpo_analysis.wording import count, listing

if TYPE_CHECKING:
    from rich.console import Console

Running = Callable[[], Sequence[str]]
REFUSED = "refused"
"""Reason of a report that is not run, because the evidence bears no answer."""


class Progress(Protocol):
    """Told by a batch of what happens."""

    def begin(self, plan: str, total: int, jobs: int) -> None:
        """Take note that a plan of so many reports begins."""

    def to_run(self, reasons: Sequence[str]) -> None:
        """Take note of why reports have to be made; the others are unchanged."""

    def submitted(self, running: Running) -> None:
        """Take a function that names the reports now in the making."""

    def finished(self, outcome: Outcome) -> None:
        """Take note of a report."""

    def interrupted(self) -> None:
        """Take note that the batch was stopped."""

    def end(self) -> None:
        """Take note that all is done."""


class Quiet:
    """Says nothing, and counts."""

    def __init__(self) -> None:
        self.plan, self.total, self.jobs, self.waiting, self.unchanged = "", 0, 1, 0, 0
        self.counts: Counter[str] = Counter()
        self.running: Running = list
        self.start = self.run_start = time.monotonic()

    def begin(self, plan: str, total: int, jobs: int) -> None:
        """Take note that a plan begins.

        Parameters
        ----------
        plan : str
            Its name.
        total : int
            How many reports it has.
        jobs : int
            How many are made at once.
        """
        self.plan, self.total, self.jobs = plan, total, jobs
        self.start = self.run_start = time.monotonic()

    def to_run(self, reasons: Sequence[str]) -> None:
        """Take note of why reports have to be made.

        Parameters
        ----------
        reasons : sequence of str
            One for each.
        """
        # Refusals take no time, and would make the rest seem fast.
        self.waiting = sum(reason != REFUSED for reason in reasons)
        self.unchanged, self.run_start = self.counts["cached"], time.monotonic()

    def submitted(self, running: Running) -> None:
        """Take a function that names the reports now in the making.

        Parameters
        ----------
        running : callable
            Without arguments.
        """
        self.running = running

    def finished(self, outcome: Outcome) -> None:
        """Take note of a report.

        Parameters
        ----------
        outcome : Outcome
            What became of it.
        """
        self.counts[outcome.status] += 1

    def interrupted(self) -> None:
        """Take note that the batch was stopped."""

    def end(self) -> None:
        """Take note that all is done."""

    @property
    def made(self) -> int:
        """Reports that were run since the look at what has changed, whatever became of them."""
        return self.counts["done"] + self.counts["failed"] + self.counts["cached"] - self.unchanged

    def per_minute(self) -> float:
        """Return how many reports a minute have been run so far."""
        taken = time.monotonic() - self.run_start
        return 60 * self.made / taken if taken > 0 and self.made else 0.0

    def left(self) -> float | None:
        """Return the seconds left at this rate; None before the first is done."""
        rate = self.per_minute()
        return max(60 * (self.waiting - self.made) / rate, 0.0) if rate else None


def summary(outcomes: Sequence[Outcome]) -> str:
    """Count the outcomes in a sentence.

    Parameters
    ----------
    outcomes : sequence of Outcome
        What became of the reports.

    Returns
    -------
    str
        Such as ``8 reports: 6 done, 1 refused and 1 failed.``
    """
    made = sum(outcome.status in ("done", "cached") for outcome in outcomes)
    parts = [f"{made} made"]
    parts += [
        f"{n} {word}" for word in ("refused", "failed") if (n := sum(outcome.status == word for outcome in outcomes))
    ]
    return f"{count(len(outcomes), 'report')}: {listing(parts)}."


def reasons_in_words(reasons: Sequence[str], total: int) -> str:
    """Say how many reports have to be made, and why.

    Parameters
    ----------
    reasons : sequence of str
        One for each report to make.
    total : int
        How many there are.

    Returns
    -------
    str
        Such as ``3 of 200 to run: data/evidence/observations.csv changed``.
    """
    counted = Counter(reason for reason in reasons if reason != REFUSED)
    number = sum(counted.values())
    if not number:
        unchanged = f"{count(total - len(reasons), 'report')} unchanged"
        return f"nothing to run: {listing([unchanged, f'{len(reasons)} refused'] if reasons else [unchanged])}"
    parts = [reason if n == number else f"{reason} ({n})" for reason, n in counted.most_common(4)]
    more = f", and {count(len(counted) - 4, 'other reason')}" if len(counted) > 4 else ""
    return f"{number} of {total} to run: {', '.join(parts)}{more}"


class Lines(Quiet):
    """One line a report.

    Parameters
    ----------
    say : callable
        Prints a line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self.say, self.looked = say, False

    def to_run(self, reasons: Sequence[str]) -> None:
        """Say how many reports have to be made, and why.

        Parameters
        ----------
        reasons : sequence of str
            One for each.
        """
        super().to_run(reasons)
        self.looked = True
        self.say(reasons_in_words(reasons, self.total))

    def finished(self, outcome: Outcome) -> None:
        """Say what became of a report; unchanged ones have been counted before.

        Parameters
        ----------
        outcome : Outcome
            What became of it.
        """
        super().finished(outcome)
        # A report that another batch made while this one waited comes cached, and after the count.
        if outcome.status != "cached" or self.looked:
            tail = f": {outcome.error}" if outcome.error else ""
            done = sum(self.counts.values())
            self.say(f"[{done}/{self.total}] {outcome.status:8} {outcome.seconds:6.1f} s  {outcome.name}{tail}")

    def interrupted(self) -> None:
        """Say that the batch was stopped."""
        self.say("stopped; what is finished stays, and the next run makes the rest")


class Log(Quiet):
    """One JSON object a line, for machines.

    Parameters
    ----------
    say : callable
        Prints a line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self.say = say

    def _event(self, event: str, **content: Any) -> None:
        # ASCII alone, whatever the encoding of the pipe.
        self.say(json.dumps({"event": event, **content}))

    def begin(self, plan: str, total: int, jobs: int) -> None:
        """Log that a plan begins.

        Parameters
        ----------
        plan : str
            Its name.
        total : int
            How many reports it has.
        jobs : int
            How many are made at once.
        """
        super().begin(plan, total, jobs)
        self._event("begin", plan=plan, reports=total, jobs=jobs)

    def to_run(self, reasons: Sequence[str]) -> None:
        """Log why reports have to be made.

        Parameters
        ----------
        reasons : sequence of str
            One for each.
        """
        super().to_run(reasons)
        self._event("to_run", reports=len(reasons), reasons=dict(Counter(reasons)))

    def finished(self, outcome: Outcome) -> None:
        """Log what became of a report.

        Parameters
        ----------
        outcome : Outcome
            What became of it.
        """
        super().finished(outcome)
        self._event("report", **outcome.as_dict() | {"seconds": round(outcome.seconds, 3)})

    def interrupted(self) -> None:
        """Log that the batch was stopped."""
        self._event("interrupted")

    def end(self) -> None:
        """Log that all is done."""
        self._event("end", counts=dict(self.counts), seconds=round(time.monotonic() - self.start, 2))


class Live(Quiet):
    """A table on a terminal, and one line for every report that failed or was refused.

    Parameters
    ----------
    console : rich.console.Console, optional
        Where to draw it; stdout by default.
    """

    SHOWN = 6

    def __init__(self, console: Console | None = None) -> None:
        super().__init__()
        from rich.console import Console
        from rich.live import Live as Display

        self.console = console or Console()
        self.display = Display(
            get_renderable=self._table, console=self.console, refresh_per_second=4, transient=True, auto_refresh=True
        )

    def to_run(self, reasons: Sequence[str]) -> None:
        """Say how many reports have to be made and why, and show the table.

        Parameters
        ----------
        reasons : sequence of str
            One for each.
        """
        super().to_run(reasons)
        self.console.print(reasons_in_words(reasons, self.total), markup=False, highlight=False)
        if reasons:
            self.display.start()

    def finished(self, outcome: Outcome) -> None:
        """Count a report, and say why it failed or was refused.

        Parameters
        ----------
        outcome : Outcome
            What became of it.
        """
        super().finished(outcome)
        if outcome.error:
            self.console.print(f"{outcome.status} {outcome.name}: {outcome.error}", markup=False, highlight=False)

    def interrupted(self) -> None:
        """Say that the batch was stopped."""
        self.console.print("stopped; what is finished stays, and the next run makes the rest", highlight=False)

    def end(self) -> None:
        """Take the table away."""
        self.display.stop()

    def _table(self) -> Any:
        from rich.table import Table

        running = list(self.running())
        table = Table(title=f"{self.plan}: {count(self.total, 'report')}", title_justify="left", show_edge=False)
        for heading in ("done", "running", "failed", "refused", "cached", "reports/min", "time left"):
            table.add_column(heading, justify="right")
        left = self.left()
        table.add_row(
            str(self.counts["done"]), str(len(running)), str(self.counts["failed"]), str(self.counts["refused"]),
            str(self.counts["cached"]), f"{self.per_minute():.1f}", "" if left is None else clock(left),
        )  # fmt: skip
        names = ", ".join(running[: self.SHOWN]) + (" ..." if len(running) > self.SHOWN else "")
        table.caption = names or None
        table.caption_justify = "left"
        return table


def clock(seconds: float) -> str:
    """Write a duration.

    Parameters
    ----------
    seconds : float
        The duration.

    Returns
    -------
    str
        Such as ``0:42`` or ``1:05:00``.
    """
    whole = round(max(seconds, 0))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
