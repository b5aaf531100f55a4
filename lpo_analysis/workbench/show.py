"""What the cells of the workbench call: sliders in JupyterLab, the same answers as plain outputs elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from lpo_analysis import databook
from lpo_analysis.evidence import Evidence, load
from lpo_analysis.reporting import notebook as show
from lpo_analysis.workbench.bench import Bench, view
from lpo_analysis.workbench.plan import plan_text
from lpo_analysis.workbench.scenarios import Scenario, compare

if TYPE_CHECKING:
    from lpo_analysis.reporting.notebook import Kind
    from lpo_analysis.results import Result

Mode = Literal["auto", "yes", "no"]
COLUMNS: dict[str, tuple[str, Kind]] = {
    "label": ("Scenario", "text"), "net": ("Net saving", "interval"), "rate_gap": ("Rate gap", "share"), "budget_saving": ("On the budget", "share"),
    "p_loss": ("Nothing saved", "probability"), "apart": ("Against the first", "interval"),
}  # fmt: skip
WAYS: dict[str, tuple[str, Kind]] = {
    "number": ("Number", "integer"), "label": ("Way", "text"), "estimate": ("Expected saving, USD", "number"), "tail": ("Mean loss of the worst cases, USD", "number"),
    "verdict": ("Verdict", "text"),
}  # fmt: skip
LOOKED_UP: dict[str, tuple[str, Kind]] = {
    "maker": ("Maker", "text"), "years": ("Years", "interval"), "place": ("Place", "text"), "asked": ("Question", "text"), "shown": ("Figure", "interval"),
    "unit": ("Unit", "text"), "grade": ("Grade", "text"), "method": ("Form", "text"),
}  # fmt: skip


def is_live(mode: Mode = "auto") -> bool:
    """Say whether sliders can be used.

    Parameters
    ----------
    mode : {'auto', 'yes', 'no'}
        ``auto``: where a notebook is open in JupyterLab or Jupyter Notebook, whose server names the session to the kernel. Papermill,
        nbval, nbconvert, the scheduler and the engines of the kit name none, and there outputs must not hold widgets.

    Returns
    -------
    bool
        True for sliders.
    """
    return mode == "yes" or (mode == "auto" and bool(os.environ.get("JPY_SESSION_NAME")))


def explore(bench: Bench, *, live: Mode = "auto") -> None:
    """Ask the savings model.

    Parameters
    ----------
    bench : Bench
        The question.
    live : {'auto', 'yes', 'no'}
        See `is_live`.
    """
    if is_live(live):
        from lpo_analysis.workbench.widgets import display, explorer

        display(explorer(bench))
        return
    found = bench.answer()
    if found.analysis is None or found.ways is None:
        show.finding(found.text)
        return
    analysis, ways = found.analysis, found.ways
    show.finding(analysis.question, analysis.numbers, analysis.waterfall, analysis.tornado, ways)
    show.figure(
        analysis.waterfall, caption="What an hour of the work costs today, and what it costs when moved, line by line."
    )
    show.figure(
        analysis.tornado, caption="What moves the net saving; the small figures are the values the input takes."
    )
    if ways.estimable:
        show.figure(
            ways,
            caption="Expected saving against the mean of the worst cases; on the line the efficient ways. The table names the numbers.",
        )
        show.table(ways_table(ways), name="ways", title="Ways of doing the same work", columns=WAYS)
    show.record(analysis.numbers, *([ways] if ways.estimable else []), headline=["three_numbers.net_saving"])


def ways_table(ways: Result) -> Any:
    """Write the ways of the frontier as a table to be shown.

    Parameters
    ----------
    ways : Result
        Of `lpo_analysis.workbench.frontier.frontier`.

    Returns
    -------
    pandas.DataFrame
        Its table with ``number``, as in the figure, and ``verdict`` in words.
    """
    table = ways.table
    verdict = [
        "efficient" if e else "may not be chosen" if s == "refused" else ""
        for e, s in zip(table["efficient"], table["state"], strict=True)
    ]
    verdict = [f"{v}, asked".removeprefix(", ") if a else v for v, a in zip(verdict, table["asked"], strict=True)]
    return table.assign(number=range(1, len(table) + 1), verdict=verdict)


def side_by_side(bench: Bench, *, others: Mapping[str, Mapping[str, Any]] | None = None, live: Mode = "auto") -> None:
    """Set scenarios side by side: those kept, and at the start the question with some changes.

    Parameters
    ----------
    bench : Bench
        The question and the scenarios kept.
    others : mapping of str to mapping, optional
        Changes of the question by name of scenario; kept if nothing is kept yet, those without an answer left out.
    live : {'auto', 'yes', 'no'}
        See `is_live`.
    """
    if not bench.kept:
        for name, changes in {"as asked": {}, **(others or {})}.items():
            values = {**bench.values, **changes}
            if view(values, others=bench.others).analysis is not None:
                bench.kept.append(Scenario.of(name, values))
    if is_live(live):
        from lpo_analysis.workbench.widgets import comparison, display

        display(comparison(bench))
        return
    result = compare(bench.kept)
    show.finding(result)
    if result.estimable:
        show.figure(result, caption="Net saving of each scenario, median and interval; the first is set off.")
        show.table(side_table(bench.kept), name="scenarios", title="Scenarios side by side", columns=COLUMNS)
        show.record(result)


def side_table(scenarios: Sequence[Scenario]) -> Any:
    """Write scenarios as a table to be shown.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The scenarios.

    Returns
    -------
    pandas.DataFrame
        The table of `compare` with ``net`` and ``apart`` in words.
    """
    table = compare(scenarios).table
    gaps = table[["difference", "difference_low", "difference_high"]].set_axis(
        ["estimate", "conf_low", "conf_high"], axis=1
    )
    apart = ["" if value == "not estimable" else value for value in show.estimate_with_interval(gaps)]
    return table.assign(net=show.estimate_with_interval(table), apart=apart)


def browse(
    evidence: Evidence | None = None,
    *,
    metric: str,
    grades: Sequence[str] = ("A", "B"),
    live: Mode = "auto",
    **columns: Any,
) -> None:
    """Look figures up.

    Parameters
    ----------
    evidence : Evidence, optional
        The evidence base; the shipped one by default.
    metric : str
        Metric to begin with.
    grades : sequence of str, default ('A', 'B')
        Grades let in.
    live : {'auto', 'yes', 'no'}
        See `is_live`.
    **columns : str or collection of str
        Further filters, see `lpo_analysis.databook.figures`.
    """
    base = evidence or load()
    if is_live(live):
        from lpo_analysis.workbench.widgets import browser, display

        display(browser(base, metric=metric, grades=tuple(grades)))
        return
    result = databook.figures(base, metric=metric, grades=grades, **columns)
    show.finding(result)
    show.figure(
        result,
        caption="Every figure of this metric at these grades; published ranges as lines. Bounds stand where the bound is.",
    )
    if result.estimable:
        show.table(result.table, name="figures", title="Figures looked up", columns=LOOKED_UP, most=25)


def save_as_plan(bench: Bench, *, title: str = "Scenarios of the workbench", live: Mode = "auto") -> None:
    """Save the scenarios kept as a plan for the batch; without sliders show what it would hold.

    Parameters
    ----------
    bench : Bench
        The scenarios.
    title : str, optional
        Heading of the batch.
    live : {'auto', 'yes', 'no'}
        See `is_live`.
    """
    if is_live(live):
        from lpo_analysis.workbench.widgets import display, saver

        display(saver(bench, title=title))
        return
    print(plan_text(bench.kept, title=title) if bench.kept else "No scenario is kept yet.")  # noqa: T201
