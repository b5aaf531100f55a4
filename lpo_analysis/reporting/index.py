"""The page that lists a batch: status, what sets the reports apart, and their headline numbers; and all results as one CSV."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from lpo_analysis.parameters import notice, shown
from lpo_analysis.reporting.brief import FILE
from lpo_analysis.reporting.chapters import REPORT
from lpo_analysis.reporting.jobs import Outcome
from lpo_analysis.reporting.notebook import spoken
from lpo_analysis.reporting.page import environment, style
from lpo_analysis.reporting.progress import summary
from lpo_analysis.reporting.store import RESULTS, RUN
from lpo_analysis.wording import sentence

WIDTH, HEIGHT = 110, 10
"""Size of the line under a headline number, in pixels."""
_FILES = (
    ("report.pdf", "PDF"), ("report.xlsx", "XLSX"), ("results.json", "JSON"), ("notebook.ipynb", "notebook"), ("run.json", "provenance"), ("tables", "tables"),
)  # fmt: skip


@cache
def _script() -> tuple[str, str]:
    """Return the one script of an index and the hash by which its policy lets it run, and nothing else."""
    loader = environment().loader
    text: str = loader.get_source(environment(), "index.js")[0].strip()
    return text, "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def index_page(
    title: str, outcomes: Sequence[Outcome], *, notes: Sequence[Mapping[str, str]] = (), folder: Path | None = None
) -> str:
    """Render the index of a batch.

    Parameters
    ----------
    title : str
        Heading.
    outcomes : sequence of Outcome
        What became of the reports.
    notes : sequence of mapping, optional
        Rows of a table shown above the reports, one heading a key: the claims of the field.
    folder : Path, optional
        Folder of the reports, whose files are then linked.

    Returns
    -------
    str
        The page: self-contained, no request; its one script searches and sorts, and no other can run.
    """
    groups = [
        _group(name, [o for o in outcomes if o.notebook == name], folder)
        for name in dict.fromkeys(o.notebook for o in outcomes)
    ]
    script, hashed = _script()
    html: str = environment().get_template("index.html.j2").render(
        title=title, summary=summary(outcomes), groups=groups, style=style("index"), notes=[dict(note) for note in notes],
        script=script, script_hash=hashed, csv=RESULTS if folder is not None else "",
    )  # fmt: skip
    return html


def results_csv(folder: Path, outcomes: Sequence[Outcome]) -> str:
    """Write the recorded values of all finished reports of a batch as one table.

    Parameters
    ----------
    folder : Path
        Folder of the reports.
    outcomes : sequence of Outcome
        What became of them.

    Returns
    -------
    str
        CSV: report, notebook, one column a parameter that differs, then name, label, estimate, conf_low, conf_high, level, n_obs,
        unit, reason; and notice, where a report rests on synthetic example data.
    """
    done = [outcome for outcome in outcomes if outcome.status in ("done", "cached")]
    names = dict.fromkeys(name for outcome in done for name in outcome.parameters)
    varying = [name for name in names if len({shown(outcome.parameters.get(name)) for outcome in done}) > 1]
    kept = ("label", "estimate", "conf_low", "conf_high", "level", "n_obs", "unit", "reason")
    notices = {outcome.name: said for outcome in done if (said := notice(outcome.parameters))}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            "report",
            "notebook",
            *(f"parameter_{name}" for name in varying),
            "name",
            *kept,
            *(["notice"] if notices else []),
        ]
    )
    for outcome in done:
        head = [outcome.name, outcome.notebook, *(shown(outcome.parameters.get(name)) for name in varying)]
        try:
            recorded = json.loads((folder / outcome.name / "results.json").read_text(encoding="utf-8"))["values"]
        except OSError:
            # Cleaned away by somebody else since: the table says so rather than leaving the report out.
            recorded = {"": {"reason": "results.json was lost"}}
        for name, item in recorded.items():
            told = {"estimate": item["value"]} if "value" in item else item
            cells = ["" if (v := told.get(key)) is None else v for key in kept]
            writer.writerow([*head, name, *cells, *([notices.get(outcome.name, "")] if notices else [])])
    return text.getvalue()


def _drawn(item: Mapping[str, Any], low: float, high: float) -> str:
    """Draw a number with its interval on a scale that all of its column share."""
    ends = [item["conf_low"], item["estimate"], item["conf_high"]]
    if not all(isinstance(end, int | float) for end in ends) or not high > low:
        return ""

    def at(value: float) -> str:
        return f"{4 + (WIDTH - 8) * (value - low) / (high - low):.1f}"

    left, middle, right = map(at, ends)
    zero = f'<path class="zero" d="M{at(0)} 0V{HEIGHT}"/>' if low <= 0 <= high else ""
    half = HEIGHT / 2
    return (
        f'<svg class="span" width="{WIDTH}" height="{HEIGHT}" aria-hidden="true">{zero}<path d="M{left} {half:g}H{right}"/>'
        f'<circle cx="{middle}" cy="{half:g}" r="3"/></svg>'
    )


def _number(item: Mapping[str, Any] | None, low: float, high: float) -> dict[str, Any]:
    if item is None:
        return {"big": "", "range": "", "value": None, "drawn": ""}
    value = item["estimate"] if isinstance(item["estimate"], int | float) else None
    return {**spoken(item), "value": value, "drawn": _drawn(item, low, high)}


def _group(notebook: str, outcomes: Sequence[Outcome], folder: Path | None) -> dict[str, Any]:
    names = dict.fromkeys(name for outcome in outcomes for name in outcome.parameters)
    varying = [name for name in names if len({shown(outcome.parameters.get(name)) for outcome in outcomes}) > 1]
    labels = list(dict.fromkeys(item["label"] for outcome in outcomes for item in outcome.headlines))
    # A notebook that records nothing has no number to show, but there may be a reason.
    headings = [_heading(label, outcomes) for label in labels] or (["Reason"] if any(o.error for o in outcomes) else [])
    reach = {}
    for label in labels:
        items = [item for outcome in outcomes for item in outcome.headlines if item["label"] == label]
        ends = [end for item in items for end in (item["conf_low"], item["conf_high"]) if isinstance(end, int | float)]
        reach[label] = (min(ends), max(ends)) if len(items) > 1 and ends else (0.0, 0.0)
    rows = []
    for outcome in outcomes:
        by_label = {item["label"]: item for item in outcome.headlines}
        finished = outcome.status in ("done", "cached")
        rows.append(
            {"name": outcome.name, "status": "done" if finished else outcome.status, "why": outcome.error,
             "notice": notice(outcome.parameters).partition(":")[0], "cached": outcome.status == "cached", "files": _files(folder, outcome.name) if finished else [],
             "link": f"{outcome.name}/{REPORT}" if finished else "",
             "varying": [(shown(value := outcome.parameters.get(name)), value if isinstance(value, int | float) and not isinstance(value, bool) else None)
                         for name in varying],
             "numbers": [_number(by_label.get(label), *reach[label]) for label in labels] or [_number(None, 0, 0) for _ in headings],
             "given": [(name.replace("_", " "), shown(value)) for name, value in outcome.parameters.items()]
             if outcome.status == "failed" else []}
        )  # fmt: skip
    return {
        "heading": sentence(f"{notebook} reports"),
        "varying": [name.replace("_", " ") for name in varying],
        "numbers": headings,
        "rows": rows,
    }


def _heading(label: str, outcomes: Sequence[Outcome]) -> str:
    """Name a column of numbers, with the unit where the numbers do not tell it."""
    units = {item.get("unit") for outcome in outcomes for item in outcome.headlines if item["label"] == label}
    told = units - {None, "", "share", "probability"}
    return sentence(label) + (f" ({told.pop()})" if len(told) == len(units) == 1 else "")


def _files(folder: Path | None, name: str) -> list[tuple[str, str]]:
    if folder is None:
        return []
    listed = [*_pages(folder / name), *((file, label) for file, label in _FILES if (folder / name / file).exists())]
    return [(f"{name}/{file}", label) for file, label in listed]


def _pages(report: Path) -> list[tuple[str, str]]:
    """List the pages beside the first one: the brief, then those of chapters; what somebody else put there is none of them."""
    try:
        made = json.loads((report / RUN).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        made = {}
    pages = sorted({file for file in made if file.endswith(".html")} - {REPORT}, key=lambda file: (file != FILE, file))
    return [(file, file.removesuffix(".html").replace("-", " ")) for file in pages]
