"""The widgets of the workbench: thin, every answer comes from a function that knows no widget."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import ipywidgets as w

from lpo_analysis import databook, vocabulary
from lpo_analysis.charts import live_intervals
from lpo_analysis.databook.coverage import plain
from lpo_analysis.errors import LpoError
from lpo_analysis.evidence import Evidence
from lpo_analysis.reporting.notebook import Kind, formatted
from lpo_analysis.results import Result
from lpo_analysis.vocabulary import GRADES
from lpo_analysis.workbench.bench import Bench, View
from lpo_analysis.workbench.controls import Control, controls
from lpo_analysis.workbench.plan import plan_text, save_plan
from lpo_analysis.workbench.scenarios import compare

_WIDE = {"description_width": "11em"}
_FULL = {"width": "98%"}


def display(widget: w.Widget) -> None:
    """Show a widget in the cell.

    Parameters
    ----------
    widget : ipywidgets.Widget
        What to show.
    """
    from IPython.display import display as shown

    shown(widget)


def _message(text: str, *, bad: bool = False) -> str:
    return f'<p style="color:{"#a03010" if bad else "inherit"};white-space:pre-line" role="status">{escape(text)}</p>'


def explorer(bench: Bench) -> w.Widget:
    """Put lists and sliders on the left, the answer on the right, and a field to keep the question as a scenario.

    Parameters
    ----------
    bench : Bench
        The question.

    Returns
    -------
    ipywidgets.Widget
        The panel.
    """
    seen, told = w.HTML(), w.HTML()

    def answer(found: View) -> None:
        seen.value = found.html

    fields = [_field(control, bench, answer) for control in controls()]
    grades = w.SelectMultiple(options=[(f"{g}: {words}", g) for g, words in GRADES.items()], value=tuple(bench.value("grades")), rows=4,
                              description="Grades", style=_WIDE, layout=_FULL, tooltip="Grades of evidence let into the estimates")  # fmt: skip
    grades.observe(lambda change: answer(bench.change(grades=list(change["new"]))), names="value")
    name, button = (
        w.Text(placeholder="name of the scenario", description="Scenario", style=_WIDE, layout={"width": "75%"}),
        w.Button(description="Keep", icon="plus", layout={"width": "6em"}),
    )

    def keep(_: object) -> None:
        try:
            told.value = _message(f"Kept: {bench.keep(name.value).name}")
        except LpoError as error:
            told.value = _message(str(error), bad=True)

    button.on_click(keep)
    answer(bench.answer())
    left = w.VBox([*fields, grades, w.HBox([name, button]), told], layout=w.Layout(min_width="21em", width="36%"))
    return w.HBox([left, w.Box([seen], layout=w.Layout(width="64%"))], layout=w.Layout(flex_flow="row wrap"))


def _field(control: Control, bench: Bench, answer: Callable[[View], None]) -> w.Widget:
    value = bench.value(control.name)
    shared: dict[str, Any] = {
        "description": control.label,
        "style": _WIDE,
        "layout": _FULL,
        "description_allow_html": False,
    }
    if control.kind == "choice":
        options = list(control.options)
        if value not in [code for _, code in options]:
            options.append((vocabulary.label("place", value), value))
        made: w.Widget = w.Dropdown(options=options, value=value, **shared)
    else:
        scale = 100.0 if control.percent else 1.0
        format_ = ".1f" if scale * control.step < 1 else ",.0f"
        ends = value if control.kind == "range" else [value]
        # A start beyond the usual reach of the slider widens the slider; it is not moved.
        low, high = scale * min(control.low, *ends), scale * max(control.high, *ends)
        shared |= {
            "min": low,
            "max": high,
            "step": scale * control.step,
            "readout_format": format_,
            "continuous_update": False,
        }
        if control.percent:
            shared["description"] = f"{control.label}, %"
        made = (
            w.FloatRangeSlider(value=tuple(scale * end for end in value), **shared)
            if control.kind == "range"
            else w.FloatSlider(value=scale * value, **shared)
        )
    made.tooltip = control.meaning
    made.observe(lambda change: answer(bench.change(**{control.name: _read(control, change["new"])})), names="value")
    return made


def _read(control: Control, value: Any) -> Any:
    if control.kind == "choice":
        return value
    scale = 100.0 if control.percent else 1.0
    if control.kind == "range":
        return [_tidy(end / scale) for end in value]
    return round(value) if control.name == "horizon_years" else _tidy(value / scale)


def _tidy(value: float) -> float:
    """Take the last digits of binary arithmetic away, so that a plan says 0.07 and not 0.07000000000000001."""
    return float(f"{value:.10g}") if math.isfinite(value) else value


def comparison(bench: Bench) -> w.Widget:
    """Show the scenarios kept, side by side, and keep up with changes.

    Parameters
    ----------
    bench : Bench
        The scenarios.

    Returns
    -------
    ipywidgets.Widget
        The panel.
    """
    from lpo_analysis.workbench.show import COLUMNS, side_table

    seen = w.HTML()
    gone, button = (
        w.Dropdown(options=[], description="Scenario", style=_WIDE),
        w.Button(description="Drop", icon="trash"),
    )

    def again() -> None:
        gone.options = [item.name for item in bench.kept]
        gone.value = gone.options[-1] if gone.options else None
        try:
            result = compare(bench.kept)
        except LpoError as error:
            seen.value = _message(str(error), bad=True)
            return
        figure = (
            live_intervals(
                result.plot_data,
                title="Net saving by scenario",
                xlabel="Share of the cost of the work moved",
                alt=result.alt,
            )
            if result.plot_data is not None
            else ""
        )
        seen.value = (
            f"<p>{escape(result.text)}</p>{figure}{_rows(side_table(bench.kept), COLUMNS) if result.estimable else ''}"
        )

    def drop(_: object) -> None:
        if gone.value:
            bench.drop(gone.value)

    button.on_click(drop)
    bench.listen(again)
    again()
    return w.VBox([seen, w.HBox([gone, button])])


def _rows(frame: Any, columns: Mapping[str, tuple[str, Kind]]) -> str:
    """Write a table; where the frame has addresses, each row ends with a link to its page."""
    linked = "url" in frame
    side = {key: "left" if kind == "text" else "right" for key, (_, kind) in columns.items()}
    head = "".join(
        f'<th style="text-align:{side[key]}">{escape(heading)}</th>' for key, (heading, _) in columns.items()
    )
    body = []
    for _, row in frame.iterrows():
        cells = "".join(
            f'<td style="text-align:{side[key]};padding-right:1em">{escape(formatted(row[key], kind))}</td>'
            for key, (_, kind) in columns.items()
        )
        address = str(row["url"]) if linked else ""
        page = (
            f'<td><a href="{escape(address, quote=True)}" rel="noopener">page</a></td>'
            if address.startswith("http")
            else ""
        )
        body.append(f'<tr title="{escape(str(row.get("note", "")), quote=True)}">{cells}{page}</tr>')
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def saver(bench: Bench, *, title: str) -> w.Widget:
    """Save the scenarios kept as a plan.

    Parameters
    ----------
    bench : Bench
        The scenarios.
    title : str
        Heading of the batch.

    Returns
    -------
    ipywidgets.Widget
        The panel.
    """
    name = w.Text(value="scenarios", description="Plan", style=_WIDE)
    heading = w.Text(value=title, description="Title", style=_WIDE)
    over = w.Checkbox(value=False, description="replace one of that name", style=_WIDE, layout={"width": "26em"})
    button, told, seen = w.Button(description="Save as plan", icon="save"), w.HTML(), w.HTML()

    def again(_: object = None) -> None:
        try:
            seen.value = f"<pre>{escape(plan_text(bench.kept, title=heading.value))}</pre>"
        except LpoError as error:
            seen.value = _message(str(error), bad=True)

    def save(_: object) -> None:
        try:
            path = save_plan(name.value, bench.kept, title=heading.value, replace=over.value)
        except (LpoError, OSError) as error:
            told.value = _message(str(error), bad=True)
            return
        told.value = _message(f"Saved as reports/plans/{path.name}. Make its reports with: lpo batch {path.stem}")

    button.on_click(save)
    heading.observe(again, names="value")
    bench.listen(again)
    again()
    return w.VBox([name, heading, over, button, told, seen])


def browser(evidence: Evidence, *, metric: str, grades: tuple[str, ...]) -> w.Widget:
    """Look figures up by topic, metric, place and grade.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    metric : str
        Metric to begin with.
    grades : tuple of str
        Grades to begin with.

    Returns
    -------
    ipywidgets.Widget
        The panel.
    """
    topics = sorted(evidence.metrics["topic"].unique())
    topic = w.Dropdown(options=topics, value=evidence.metrics.at[metric, "topic"], description="Topic", style=_WIDE)
    what = w.Dropdown(options=_metrics(evidence, topic.value), value=metric, description="Metric", style=_WIDE)
    where = w.Dropdown(options=_scopes(evidence, metric), value="", description="Place", style=_WIDE)
    which = w.SelectMultiple(options=list("ABCD"), value=grades, rows=4, description="Grades", style=_WIDE)
    ahead = w.Checkbox(value=False, description="forecasts too", indent=False)
    meaning, seen = w.HTML(), w.HTML()

    def again(_: object = None) -> None:
        if not what.value or not which.value:
            seen.value = _message("Choose a metric and at least one grade.")
            return
        described = evidence.metrics.loc[what.value]
        meaning.value = f"<p>{escape(str(described['definition']))} <i>Base: {escape(str(described['base'] or 'not a share'))}.</i></p>"
        filters = {"geography": where.value} if where.value else {}
        try:
            found = databook.figures(evidence, metric=what.value, grades=which.value, forecasts=ahead.value, **filters)
        except LpoError as error:
            seen.value = _message(str(error), bad=True)
            return
        seen.value = _looked_up(found)

    def other_topic(change: Any) -> None:
        what.options = _metrics(evidence, change["new"])

    def other_metric(change: Any) -> None:
        if change["new"]:
            where.options = _scopes(evidence, change["new"])
            where.value = ""
        again()

    topic.observe(other_topic, names="value")
    what.observe(other_metric, names="value")
    for field in (where, which, ahead):
        field.observe(again, names="value")
    again()
    return w.VBox(
        [w.HBox([w.VBox([topic, what, where]), which, ahead], layout=w.Layout(flex_flow="row wrap")), meaning, seen]
    )


def _looked_up(found: Result) -> str:
    from lpo_analysis.workbench.show import LOOKED_UP

    if not found.estimable:
        return _message(found.text)
    told = "".join(f"<li>{escape(check.name)}: {escape(check.text)}</li>" for check in found.checks)
    return f"<p>{escape(found.text)}</p>{_rows(found.table, LOOKED_UP)}<ul>{told}</ul>"


def _metrics(evidence: Evidence, topic: str) -> list[tuple[str, str]]:
    listed = evidence.metrics[evidence.metrics["topic"] == topic].sort_index()
    return [(f"{plain(str(name))} ({n})", str(name)) for name, n in listed["n_observations"].items()]


def _scopes(evidence: Evidence, metric: str) -> list[tuple[str, str]]:
    rows = evidence.observations[evidence.observations["metric"] == metric]
    counts = rows["geography"].value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")
    return [
        (f"anywhere ({len(rows)})", ""),
        *[(f"{vocabulary.label('scope', str(code))} ({n})", str(code)) for code, n in counts.items()],
    ]
