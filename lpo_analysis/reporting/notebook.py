"""What the cells of a report call to show something: findings, tables, figures, recorded values, sources.

Everything shown carries its machine-readable form in the same output, under a MIME type of the kit. So the executed
notebook alone is enough to write the page, ``results.json`` and the CSV files, and strict nbval compares the numbers
behind a figure although it skips the picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any, Literal

import numpy as np
import pandas as pd

from lpo_analysis.charts import picture, shared
from lpo_analysis.evidence import Evidence, references
from lpo_analysis.parameters import ReportParameters
from lpo_analysis.reporting import checklist as lists
from lpo_analysis.reporting.bundles import BRIEF, FIGURE, FINDING, TABLE, VALUES
from lpo_analysis.results import ROWS, Result
from lpo_analysis.wording import count, number, percent, probability

Kind = Literal["text", "share", "probability", "number", "integer", "year", "interval"]
DIGITS = 8
"""Significant digits recorded: enough to compute with, few enough to agree between platforms."""


def clean(value: object) -> Any:
    """Turn a value into what JSON can hold, floats rounded to `DIGITS` significant digits.

    Parameters
    ----------
    value : object
        A number, text, or a container of them.

    Returns
    -------
    object
        Plain Python; a missing number is None, an infinite one the text ``inf`` or ``-inf``.
    """
    if isinstance(value, Mapping):
        return {str(key): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray | pd.Series | pd.Index):
        return [clean(item) for item in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        if math.isnan(value):
            return None
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        return float(f"{float(value):.{DIGITS}g}")
    return str(value)


def _emit(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
    from IPython.display import display

    display(data, raw=True, metadata=metadata or {})


_SAID: list[str] = []
"""Paragraphs of the newest finding, which a figure that cannot be drawn need not repeat."""


def finding(*parts: str | Result | Sequence[str | Result]) -> None:
    """Show findings: sentences computed from results, one paragraph each.

    Parameters
    ----------
    *parts : str, Result, or sequence of both
        The paragraphs. A result says its text and brings its sources; the members of a sequence share one paragraph.
    """
    joined = [[part] if isinstance(part, str | Result) else list(part) for part in parts]
    texts = [" ".join(filter(None, (p if isinstance(p, str) else p.text for p in part))) for part in joined]
    rows = [list(dict.fromkeys(row for p in part if isinstance(p, Result) for row in p.rows)) for part in joined]
    said = [{"text": text, "behind": behind} for text, behind in zip(texts, rows, strict=True) if text]
    _SAID[:] = [str(item["text"]) for item in said]
    html = "".join(f"<p>{escape(text)}</p>" for text in _SAID)
    _emit({FINDING: said, "text/html": html, "text/plain": "\n\n".join(_SAID)})


def record(*results: Result, headline: Sequence[str] = (), **values: object) -> None:
    """Record numbers for ``results.json``, the index and the comparison of runs.

    Parameters
    ----------
    *results : Result
        Each term is recorded as ``<result name>.<term>`` with estimate, interval, level, unit and rows.
    headline : sequence of str, optional
        Terms shown in the index of a batch.
    **values : object
        Further single values by name.
    """
    recorded: dict[str, Any] = {}
    for result in results:
        for row in result.table.to_dict("records"):
            name = f"{result.name}.{row['term']}"
            kept = ("estimate", "conf_low", "conf_high", "level", "n_obs", "unit")
            recorded[name] = {key: clean(row[key]) for key in kept}
            recorded[name]["label"] = str(row.get("label", row["term"]))
            if recorded[name]["estimate"] is None:
                recorded[name]["reason"] = result.reason or str(row["method"])
            if name in headline:
                recorded[name]["headline"] = 1 + list(headline).index(name)
    for name, value in values.items():
        recorded[name] = {"value": clean(value)}
    lines = [f"{name} = {_plain(item)}" for name, item in recorded.items()]
    _emit({VALUES: recorded, "text/plain": "\n".join(lines)})


def _plain(item: Mapping[str, Any]) -> str:
    if "value" in item:
        return str(item["value"])
    low, high = item["conf_low"], item["conf_high"]
    span = "" if low is None else f" [{low}, {high}]"
    return f"{item['estimate']}{span}"


def table(
    frame: pd.DataFrame,
    *,
    name: str,
    title: str,
    columns: Mapping[str, tuple[str, Kind]] | None = None,
    note: str = "",
    sources: Sequence[str] = (),
    most: int | None = None,
) -> None:
    """Show a table, with its numbers at full width in the CSV beside the report.

    Parameters
    ----------
    frame : pandas.DataFrame
        The numbers, unformatted.
    name : str
        Snake-case name; the CSV takes it.
    title : str
        What the table shows.
    columns : mapping of str to (str, kind), optional
        Heading and kind of each column to show, in order; all columns of the frame go to the CSV. Kinds: ``text``, ``share``
        (0-1, shown in percent), ``probability``, ``number``, ``integer``, ``year``, ``interval`` (text, aligned right).
    note : str, optional
        What a reader must know.
    sources : sequence of str, optional
        Attribution lines.
    most : int, optional
        Rows to show of a long table; how many more stand in the CSV is told.
    """
    more = 0 if most is None else max(len(frame) - most, 0)
    told = f"{count(more, 'further row')} in tables/{name}.csv." if more else ""
    chosen = dict(columns or {str(c): (str(c), _guess(frame[c])) for c in frame.columns})
    shown = pd.DataFrame(
        {
            key: [formatted(value, kind) for value in frame[key][: len(frame) - more]]
            for key, (_, kind) in chosen.items()
        },
        index=range(len(frame) - more),
        dtype="str",
    )
    notes = [text for text in (told, note, *sources) if text]
    data = {
        "name": name, "title": title, "columns": [str(c) for c in frame.columns],
        "rows": [[clean(v) for v in row] for row in frame.itertuples(index=False)], "behind": list(frame.attrs.get(ROWS, ())),
        "shown": [[key, heading, kind] for key, (heading, kind) in chosen.items()], "notes": notes, "cut": len(frame) - more,
    }  # fmt: skip
    plain = shown.rename(columns={key: heading for key, (heading, _) in chosen.items()}).to_string(index=False)
    cells = tuple(tuple(map(str, shown[key])) for key in chosen)
    html = _great_table(name, title, tuple(notes), tuple(chosen.items()), cells)
    _emit({TABLE: data, "text/html": html, "text/plain": f"{title}\n{plain}"})


def _guess(column: pd.Series) -> Kind:
    if pd.api.types.is_integer_dtype(column):
        return "integer"
    return "number" if pd.api.types.is_float_dtype(column) else "text"


def formatted(value: object, kind: Kind) -> str:
    """Write the value of a cell as a table shows it.

    Parameters
    ----------
    value : object
        A value, from a frame or as recorded.
    kind : str
        Kind of the column.

    Returns
    -------
    str
        Empty where there is none.
    """
    if isinstance(value, str) and value in ("inf", "-inf") and kind != "text":
        value = float(value)
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and math.isinf(value):
        return "never" if value > 0 else "-∞"
    if kind == "share":
        amount = float(value)  # type: ignore[arg-type]
        return percent(amount) if abs(amount) >= 0.095 or amount == 0 else percent(amount, width=0.01)
    if kind == "probability":
        return probability(float(value))  # type: ignore[arg-type]
    if kind == "number":
        return number(float(value))  # type: ignore[arg-type]
    if kind == "integer":
        return f"{int(value):,}"  # type: ignore[call-overload]
    if kind == "year":
        return f"{int(value)}"  # type: ignore[call-overload]
    return str(value)


@lru_cache(maxsize=64)
def _great_table(
    name: str, title: str, notes: tuple[str, ...], columns: tuple[tuple[str, tuple[str, Kind]], ...], cells: tuple[tuple[str, ...], ...]
) -> str:  # fmt: skip
    """Set a table, unless this process or a report of this batch has set the same."""
    from great_tables import GT

    def made() -> bytes:
        frame = pd.DataFrame(dict(zip([key for key, _ in columns], cells, strict=True)), dtype="str")
        table = GT(frame, id=f"table-{name}").tab_header(title)
        table = table.cols_label({key: heading for key, (heading, _) in columns}).cols_align("left")
        table = table.cols_align("right", [key for key, (_, kind) in columns if kind != "text"])
        for note in notes:
            table = table.tab_source_note(note)
        return str(table.as_raw_html()).encode("utf-8", "surrogatepass")

    return shared(repr(("table", name, title, notes, columns, cells)), made).decode("utf-8", "surrogatepass")


def estimate_column(frame: pd.DataFrame) -> list[str]:
    """Write the estimate of each row as a percentage, rounded to what its interval bears.

    Parameters
    ----------
    frame : pandas.DataFrame
        With columns estimate, conf_low and conf_high, as shares.

    Returns
    -------
    list of str
        Such as ``49%``; ``not estimable`` where there is none.
    """
    return [
        "not estimable" if pd.isna(row.estimate) else percent(row.estimate, width=row.conf_high - row.conf_low)
        for row in frame.itertuples(index=False)
    ]


def interval_column(frame: pd.DataFrame) -> list[str]:
    """Write the interval of each row as text, rounded to what it bears.

    Parameters
    ----------
    frame : pandas.DataFrame
        With columns conf_low and conf_high, as shares.

    Returns
    -------
    list of str
        Such as ``12% to 34%``; empty where there is none.
    """
    pairs = zip(frame["conf_low"], frame["conf_high"], strict=True)
    return [
        "" if pd.isna(low) else f"{percent(low, width=high - low)} to {percent(high, width=high - low)}"
        for low, high in pairs
    ]


def estimate_with_interval(frame: pd.DataFrame) -> list[str]:
    """Write the estimate of each row with its interval as text.

    Parameters
    ----------
    frame : pandas.DataFrame
        With columns estimate, conf_low and conf_high, as shares.

    Returns
    -------
    list of str
        Such as ``20% (12% to 34%)``; ``not estimable`` where there is none.
    """
    pairs = zip(frame["estimate"], estimate_column(frame), interval_column(frame), strict=True)
    return ["not estimable" if pd.isna(value) else f"{shown} ({span})" for value, shown, span in pairs]


def figure(result: Result, *, caption: str, alt: str = "", sources: Sequence[str] = (), **options: object) -> None:
    """Show the figure of a result, with the numbers behind it in the same output.

    Parameters
    ----------
    result : Result
        A result with a figure; of one without, the text is shown, unless the newest finding was it.
    caption : str
        What to see.
    alt : str, optional
        What the figure shows, for those who do not see it; the result's own by default.
    sources : sequence of str, optional
        Attribution lines.
    **options : object
        Passed to the drawing function.
    """
    if result.draw is None or result.plot_data is None:
        if result.text not in _SAID:
            finding(result.text)
        return
    image = picture(result, **options)
    text = alt or result.alt
    frame = result.plot_data
    data = {
        "name": result.name, "caption": caption, "alt": text, "sources": list(sources), "behind": list(result.rows), "columns": [str(c) for c in frame.columns],
        "rows": [[clean(v) for v in row] for row in frame.itertuples(index=False)],
    }  # fmt: skip
    _emit(
        {FIGURE: data, "image/png": image, "text/plain": f"{caption} {text}"},
        {"image/png": {"alt": text, "width": 760}},
    )


def checks(*results: Result, name: str = "checks", title: str = "What was checked") -> None:
    """Show the checks of results as one table.

    Parameters
    ----------
    *results : Result
        Results with checks.
    name : str, default 'checks'
        Name of the table.
    title : str, optional
        What the table shows.
    """
    rows = [(check.name, check.verdict, check.text) for result in results for check in result.checks]
    frame = pd.DataFrame(rows, columns=["check", "outcome", "found"])
    columns: dict[str, tuple[str, Kind]] = {
        "check": ("Check", "text"),
        "outcome": ("Outcome", "text"),
        "found": ("What was found", "text"),
    }
    table(frame, name=name, title=title, columns=columns)


def parameters(given: ReportParameters) -> None:
    """Show the parameters of a run, and its assumptions in a table of their own.

    Parameters
    ----------
    given : ReportParameters
        The validated parameters; those whose description begins with "Assumption" are assumptions.
    """
    columns: dict[str, tuple[str, Kind]] = {
        "parameter": ("Parameter", "text"), "value": ("Value", "interval"), "default": ("Default, where changed", "interval"),
        "meaning": ("Meaning", "text"),
    }  # fmt: skip
    frame = given.table()
    assumed = frame["meaning"].str.startswith("Assumption")
    said = frame["meaning"].str.replace(r"^Assumption[:,]? *(.)", lambda match: match[1].upper(), regex=True)
    titles = {
        "parameters": "Parameters of this report",
        "assumptions": "Assumptions: no row of the evidence bears them",
    }
    for name, part in (("parameters", frame[~assumed]), ("assumptions", frame.assign(meaning=said)[assumed])):
        # A column of defaults says something only where one was changed.
        kept = {key: told for key, told in columns.items() if key != "default" or part["default"].ne("").any()}
        if len(part) or name == "parameters":
            table(part, name=name, title=titles[name], columns=kept)


def checklist(result: Result, *, title: str, subject: str = "", note: str = "") -> None:
    """Show a list to tick and sign.

    Parameters
    ----------
    result : Result
        Its table has the columns of `lpo_analysis.reporting.checklist`.
    title : str
        Heading of the list.
    subject, note : str, optional
        What the list is about, and what a reader must know.
    """
    kept = list(lists.COLUMNS)
    rows = [[clean(v) for v in row] for row in result.table[kept].itertuples(index=False)]
    _emit({
        TABLE: {
            "name": result.name, "title": title, "columns": kept, "rows": rows, "behind": list(result.rows), "notes": [note] if note else [],
            "shown": [[key, key.capitalize(), "text"] for key in kept], "cut": len(rows),
        },
        "text/html": lists.html(result, title=title, subject=subject, note=note),
        "text/plain": lists.plain(result, title=title, subject=subject, note=note),
    })  # fmt: skip


def brief(question: str, result: Result, *, shown: Mapping[str, str] | None = None, note: str = "") -> None:
    """Show the brief of the report, which gets a page of its own as well, one printed page long.

    Parameters
    ----------
    question : str
        What was asked.
    result : Result
        With ``model["parts"]``, as `lpo_analysis.reporting.brief.form` takes them.
    shown : mapping of str to str, optional
        Name of the table or figure that shows a result, by the name it is recorded under; its own name by default.
    note : str, optional
        What a reader must know.
    """
    from lpo_analysis.reporting import brief as briefs

    data = briefs.form(question, result, shown=shown or {}, note=note)
    rows = briefs.rows(data)
    kept = {
        "name": "brief", "title": "The brief", "columns": list(briefs.COLUMNS), "rows": rows, "behind": data["behind"], "notes": [note] if note else [],
        "shown": [["part", "", "text"], ["text", "", "text"]], "cut": len(rows),
    }  # fmt: skip
    _emit({BRIEF: data, TABLE: kept, "text/html": briefs.html(data), "text/plain": briefs.plain(data)})


def sources(evidence: Evidence, rows: Iterable[str], *, title: str = "Sources") -> None:
    """Show the numbered sources behind the rows used.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    rows : iterable of str
        Identifiers of rows, in the order of use.
    title : str, default 'Sources'
        Heading.
    """
    frame = references(evidence, rows)
    items = [
        f'<li id="source-{n}">{escape(str(r.publisher))} ({escape(str(r.published))}). <a href="{escape(str(r.url), quote=True)}">'
        f"{escape(str(r.title))}</a>.{escape(_graded(r.grade))}</li>"
        for n, r in zip(frame.index, frame.itertuples(), strict=True)
    ]
    data = {
        "name": "sources", "title": title, "columns": ["number", *frame.columns],
        "rows": [[int(n), *[clean(v) for v in row]] for n, row in zip(frame.index, frame.itertuples(index=False), strict=True)],
    }  # fmt: skip
    plain = "\n".join(
        f"[{n}] {r.publisher} ({r.published}). {r.title}. {r.url}{_graded(r.grade)}"
        for n, r in zip(frame.index, frame.itertuples(), strict=True)
    )
    _emit({TABLE: data, "text/html": f'<ol class="sources">{"".join(items)}</ol>', "text/plain": plain})


def _graded(grade: object) -> str:
    """Tell the grade of a source; an opinion of a bar has none, because what it asks for is read and not estimated from."""
    return f" Grade {grade}." if isinstance(grade, str) and grade else ""


def source_numbers(evidence: Evidence, rows: Iterable[str]) -> dict[str, int]:
    """Map each row to the number of its source in the list of `sources`.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    rows : iterable of str
        Identifiers of rows, in the order of use.

    Returns
    -------
    dict of str to int
        Numbers by row.
    """
    frame = references(evidence, rows)
    return {
        row: int(n) for n, listed in zip(frame.index, frame["figures"], strict=True) for row in str(listed).split(", ")
    }


def brackets(numbers: Mapping[str, int], rows: Iterable[str]) -> str:
    """Write the numbers of the sources of some rows.

    Parameters
    ----------
    numbers : mapping of str to int
        From `source_numbers`.
    rows : iterable of str
        Identifiers of rows.

    Returns
    -------
    str
        Such as ``[1] [4]``; ``parameter`` where there are no rows.
    """
    found = sorted({numbers[row] for row in rows})
    return " ".join(f"[{number}]" for number in found) or "parameter"


def spoken(item: Mapping[str, Any]) -> dict[str, str]:
    """Put a recorded value with its interval into words.

    Parameters
    ----------
    item : mapping
        A recorded value.

    Returns
    -------
    dict
        Keys ``big``, ``range`` (the interval alone) and ``span`` (with level and unit).
    """
    estimate, low, high = item["estimate"], item["conf_low"], item["conf_high"]
    if estimate is None:
        return {"big": "not estimable", "range": "", "span": ""}
    is_share = item["unit"] in ("share", "probability")

    def shown(value: Any) -> str:
        if isinstance(value, str):
            return "never" if value == "inf" else value
        if is_share:
            # Almost all is not all, and what is simulated is never known to be all.
            if low is None and (item["unit"] == "probability" or 0.99 < value <= 1):
                return probability(value)
            width = high - low if isinstance(high, float) and isinstance(low, float) else None
            return percent(value, width=width)
        return number(value, digits=2)

    if low is None:
        return {"big": shown(estimate), "range": "", "span": "" if is_share else item["unit"]}
    unit = "" if is_share else f" {item['unit']}"
    reach = f"{shown(low)} to {shown(high)}"
    return {"big": shown(estimate), "range": reach, "span": f"{item['level']:.0%} interval {reach}{unit}"}


def spoken_column(frame: pd.DataFrame, which: str = "big") -> list[str]:
    """Put estimates or intervals of different units into words, row by row.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of a result table.
    which : {'big', 'range'}
        The estimate, or its interval.

    Returns
    -------
    list of str
        Texts.
    """
    return [spoken(clean(row))[which] for row in frame.to_dict("records")]
