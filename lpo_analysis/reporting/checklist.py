"""A list to tick and sign, as HTML and as plain text: on the page and on paper, without any script."""

from __future__ import annotations

from html import escape
from textwrap import fill

from lpo_analysis.results import Result

BOX = "\N{BALLOT BOX}"
"""What is ticked."""
FIELDS = ("Matter", "Name", "Signature", "Date")
"""Lines to fill in by hand."""
COLUMNS = ("term", "label", "state", "steps", "basis", "not_known", "persuasive", "superseded")
"""Columns of the table of a checklist; steps, basis, persuasive and superseded hold one line each thing."""


def html(result: Result, *, title: str, subject: str = "", note: str = "") -> str:
    """Write a checklist as HTML.

    Parameters
    ----------
    result : Result
        Its table has the columns `COLUMNS`, one row an item; all of it is text and escaped.
    title : str
        Heading of the list.
    subject, note : str, optional
        What the list is about, and what a reader must know.

    Returns
    -------
    str
        A section with boxes and lines to fill in.
    """
    rows = result.table.to_dict("records")
    items = "".join(_item(n, {key: str(row[key]) for key in COLUMNS}) for n, row in enumerate(rows, start=1))
    lines = "".join(f"<p>{escape(name)}: {'_' * 36}</p>" for name in FIELDS)
    about = f"<p>{escape(subject)}</p>" if subject else ""
    said = f'<p class="gt_sourcenote">{escape(note)}</p>' if note else ""
    return f'<section class="checklist"><p class="gt_title">{escape(title)}</p>{about}<ol>{items}</ol>{said}<div class="sign">{lines}</div></section>'


def _item(number: int, row: dict[str, str]) -> str:
    steps = "".join(f"<li>{BOX} {escape(step)}</li>" for step in row["steps"].split("\n"))
    told = [*row["basis"].split("\n"), *([f"Not known: {row['not_known']}"] if row["not_known"] else [])]
    told += [f"Persuasive only: {line}" for line in row["persuasive"].split("\n") if line]
    told += [f"No longer in force: {line}" for line in row["superseded"].split("\n") if line]
    said = "".join(f"<li>{escape(line)}</li>" for line in told)
    head = f"<strong>{number}. {escape(row['label'])}</strong> <em>({escape(row['state'])})</em>"
    return f'<li>{head}<ul class="steps">{steps}</ul><ul class="basis">{said}</ul></li>'


def plain(result: Result, *, title: str, subject: str = "", note: str = "") -> str:
    """Write a checklist as plain text.

    Parameters
    ----------
    result : Result
        As in `html`.
    title : str
        Heading.
    subject, note : str, optional
        As in `html`.

    Returns
    -------
    str
        The list, at most 100 signs wide.
    """

    def set_off(text: str, mark: str) -> str:
        return fill(text, 100, initial_indent=f"   {mark}", subsequent_indent=" " * (3 + len(mark)))

    lines = [title, *([fill(subject, 100)] if subject else []), ""]
    for number, row in enumerate(result.table.to_dict("records"), start=1):
        lines.append(f"{number}. {row['label']} ({row['state']})")
        lines += [set_off(step, "[ ] ") for step in str(row["steps"]).split("\n")]
        told = [*str(row["basis"]).split("\n"), *([f"not known: {row['not_known']}"] if row["not_known"] else [])]
        told += [f"persuasive only: {line}" for line in str(row["persuasive"]).split("\n") if line]
        told += [f"no longer in force: {line}" for line in str(row["superseded"]).split("\n") if line]
        lines += [*(set_off(line, "    - ") for line in told), ""]
    if note:
        lines += [fill(note, 100), ""]
    return "\n".join([*lines, *(f"{name}: {'_' * 36}" for name in FIELDS)])
