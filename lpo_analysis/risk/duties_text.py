"""The duties of a matter as plain text, for the shell."""

from __future__ import annotations

from textwrap import fill

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.results import Result
from lpo_analysis.risk.ethics import NOT_ADVICE, matrix
from lpo_analysis.risk.opinions import SCOPES, version

WIDTH = 100


def duties_text(duties: Result, differences: Result) -> str:
    """Write the matrix, the cells behind it, the differences and what is not known.

    Parameters
    ----------
    duties : Result
        From `lpo_analysis.risk.ethics.duties`.
    differences : Result
        From `lpo_analysis.risk.conflicts.conflicts`.

    Returns
    -------
    str
        Text at most `WIDTH` signs wide, save the matrix of many jurisdictions.
    """
    table = duties.table
    lines = []
    for scope in dict.fromkeys(table["scope"]):
        lines += [f"Opinions on {SCOPES[scope]}", ""]
        frame = matrix(duties, scope=scope)
        lines += [_columns(frame), ""]
        for (code, kind), part in table[table["scope"] == scope].groupby(["jurisdiction", "kind"], sort=False):
            lines += [f"{vocabulary.label('place', str(code))}{', persuasive only' if kind == 'persuasive' else ''}"]
            lines += [_set_off(text) for text in _cells(part)]
            lines.append("")
    if len(differences.table):
        lines.append("Differences between opinions")
        lines += [_set_off(f"{row.label}, {row.where} ({row.nature}): {row.found}") for row in differences.table.itertuples()]  # fmt: skip
        lines.append("")
    lines += [fill(duties.text, WIDTH), "", fill(differences.text, WIDTH), ""]
    lines += [fill(f"{check.name}: {check.text}", WIDTH) for check in duties.checks]
    return "\n".join([*lines, f"Edition: {version()}. {NOT_ADVICE}"])


def _cells(part: pd.DataFrame) -> list[str]:
    gone = [f"{row.label}, no longer in force: {row.superseded}; superseded by {row.superseded_by}" for row in part[part["superseded"] != ""].itertuples()]  # fmt: skip
    if not part["n_obs"].any() and (part["basis"] == "no opinion on file").all():
        return ["no opinion on file: nothing is known, which is not permission", *gone]
    told = [
        f"{row.label}: {row.state}{f' ({row.condition})' if row.condition else ''} [{row.opinions}]"
        for row in part.itertuples()
        if row.basis == "stated" or row.condition
    ]
    silent = part[(part["basis"] != "stated") & (part["condition"] == "")]
    read = ", ".join(dict.fromkeys(what for joined in silent["seen"] for what in str(joined).split(", ") if what))
    unseen = [f"not known, for not seen in what was read ({read}): {', '.join(silent['label'])}"] if len(silent) else []
    return [*told, *unseen, *gone]


def _columns(frame: pd.DataFrame) -> str:
    rows = [list(map(str, frame.columns)), *([str(cell) for cell in row] for row in frame.itertuples(index=False))]
    widths = [max(len(row[at]) for row in rows) for at in range(len(frame.columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _set_off(text: str) -> str:
    return fill(text, WIDTH, initial_indent="  - ", subsequent_indent="    ")
