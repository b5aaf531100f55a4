"""The page that lists a batch: status, what sets the reports apart, and their headline numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lpo_analysis.parameters import shown
from lpo_analysis.reporting.jobs import Outcome
from lpo_analysis.reporting.notebook import spoken
from lpo_analysis.reporting.page import environment, style
from lpo_analysis.reporting.progress import summary
from lpo_analysis.wording import sentence


def index_page(title: str, outcomes: Sequence[Outcome], *, notes: Sequence[Mapping[str, str]] = ()) -> str:
    """Render the index of a batch.

    Parameters
    ----------
    title : str
        Heading.
    outcomes : sequence of Outcome
        What became of the reports.
    notes : sequence of mapping, optional
        Rows of a table shown above the reports, one heading a key: the claims of the field.

    Returns
    -------
    str
        The page: self-contained, no script, no request.
    """
    groups = [
        _group(name, [o for o in outcomes if o.notebook == name])
        for name in dict.fromkeys(o.notebook for o in outcomes)
    ]
    html: str = (
        environment()
        .get_template("index.html.j2")
        .render(
            title=title, summary=summary(outcomes), groups=groups, style=style(), notes=[dict(note) for note in notes]
        )
    )
    return html


def _group(notebook: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    names = dict.fromkeys(name for outcome in outcomes for name in outcome.parameters)
    varying = [name for name in names if len({shown(outcome.parameters.get(name)) for outcome in outcomes}) > 1]
    labels = list(dict.fromkeys(item["label"] for outcome in outcomes for item in outcome.headlines))
    # A notebook that records nothing has no number to show, but there may be a reason.
    headings = [sentence(label) for label in labels] or (["Reason"] if any(o.error for o in outcomes) else [])
    rows = []
    for outcome in outcomes:
        numbers = {item["label"]: spoken(item) for item in outcome.headlines}
        finished = outcome.status in ("done", "cached")
        rows.append(
            {"name": outcome.name, "status": "done" if finished else outcome.status, "why": outcome.error,
             "link": f"{outcome.name}/report.html" if finished else "",
             "varying": [shown(outcome.parameters.get(name)) for name in varying],
             "numbers": [numbers.get(label, {"big": "", "range": ""}) for label in labels] or [{"big": "", "range": ""} for _ in headings],
             "given": [(name.replace("_", " "), shown(value)) for name, value in outcome.parameters.items()]
             if outcome.status == "failed" else []}
        )  # fmt: skip
    heading = sentence(f"{notebook} reports")
    return {
        "heading": heading,
        "varying": [name.replace("_", " ") for name in varying],
        "numbers": headings,
        "rows": rows,
    }
