"""What every estimator returns: a tidy table, the finding as sentences, the checks, and the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lpo_analysis.wording import number, percent, untraced

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = ["term", "estimate", "std_error", "conf_low", "conf_high", "level", "n_obs", "unit", "method"]
"""Columns of every result table; the names never depend on the level."""
ROWS = "rows"
"""Attribute of a result's table under which the input rows stand, so that what is made of the table still tells its sources."""


@dataclass(frozen=True)
class Check:
    """One assumption or sanity check of a result.

    Parameters
    ----------
    name : str
        What was checked.
    passed : bool or None
        None where the check only informs.
    text : str
        What was found, in words.
    """

    name: str
    passed: bool | None
    text: str

    @property
    def verdict(self) -> str:
        """The outcome as a word."""
        return {True: "passed", False: "not passed", None: "for information"}[self.passed]


@dataclass(frozen=True)
class Statement:
    """One sentence of a brief, whose numbers tell where they are recorded.

    Parameters
    ----------
    text : str
        The sentence; its numbers are marked by `lpo_analysis.wording.traced`.
    rows : tuple of str
        Identifiers of the rows it rests on, beside those of the results that its numbers come from.
    cited : str
        Citation of those rows, for where there is no list of sources.
    """

    text: str
    rows: tuple[str, ...] = ()
    cited: str = ""

    @property
    def plain(self) -> str:
        """The sentence as it is read, with its citation."""
        words = untraced(self.text)
        return f"{words.rstrip('.')} [{self.cited}]." if self.cited else words


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """The outcome of an estimator.

    Parameters
    ----------
    name : str
        Snake-case name under which a report records it.
    table : pandas.DataFrame
        Columns `COLUMNS`, one row a term; shares are 0-1.
    text : str
        The finding as sentences made from the table.
    checks : tuple of Check
        Assumptions and sanity checks.
    rows : tuple of str
        Identifiers of the input rows used.
    n_used, n_dropped : int
        Input rows used and set aside.
    reason : str or None
        Why nothing could be estimated; None for an estimate.
    plot_data : pandas.DataFrame or None
        The numbers behind the figure.
    draw : callable or None
        Draws `plot_data` on an axis.
    alt : str
        What the figure shows, for those who do not see it.
    model : object
        The untouched result of the library that fitted it, where there is one.
    """

    name: str
    table: pd.DataFrame
    text: str
    checks: tuple[Check, ...] = ()
    rows: tuple[str, ...] = ()
    n_used: int = 0
    n_dropped: int = 0
    reason: str | None = None
    plot_data: pd.DataFrame | None = None
    draw: Callable[..., Axes] | None = field(default=None)
    alt: str = ""
    model: Any = None

    def __post_init__(self) -> None:
        if self.table.attrs.get(ROWS) != self.rows:
            table = self.table.copy(deep=False)
            table.attrs = {**table.attrs, ROWS: self.rows}
            object.__setattr__(self, "table", table)

    @property
    def estimable(self) -> bool:
        """Whether there is an estimate."""
        return self.reason is None

    def row(self, term: str) -> pd.Series:
        """Return one row of the table.

        Parameters
        ----------
        term : str
            Its term.

        Returns
        -------
        pandas.Series
            The row.

        Raises
        ------
        KeyError
            If there is no such term.
        """
        hits = self.table[self.table["term"] == term]
        if len(hits) != 1:
            raise KeyError(f"{self.name} has no term {term!r}; it has {', '.join(self.table['term'])}")
        return hits.iloc[0]

    def copy(self) -> Result:
        """Return the result with frames of its own, where one is kept and handed out again."""
        data = None if self.plot_data is None else self.plot_data.copy(deep=False)
        return replace(self, table=self.table.copy(deep=False), plot_data=data)

    def plot(self, ax: Axes | None = None, **options: object) -> Axes:
        """Draw the result.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.
        **options : object
            Passed to the drawing function.

        Returns
        -------
        matplotlib.axes.Axes
            The axis drawn on.

        Raises
        ------
        ValueError
            If this result has no figure.
        """
        if self.draw is None or self.plot_data is None:
            raise ValueError(f"{self.name} has no figure" + (f": {self.reason}" if self.reason else ""))
        return self.draw(self.plot_data, ax=ax, **options)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} {self.name}: {self.text}"]
        if len(self.table):
            lines.append(self.table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))
        lines += [f"[{check.verdict}] {check.name}: {check.text}" for check in self.checks]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Show the finding, a rounded table, how much is behind it, the checks, and the sources."""
        checks = "".join(f"<li>{escape(c.name)} ({c.verdict}): {escape(c.text)}</li>" for c in self.checks)
        parts = [f"<p>{escape(self.text)}</p>", _html_table(self.table) if len(self.table) else ""]
        parts.append(f"<p><small>{escape(self._behind())}</small></p>")
        parts.append(f"<ul>{checks}</ul>" if checks else "")
        return "".join(parts) + _html_sources(self.rows)

    def _behind(self) -> str:
        used = f"n = {self.n_used:,} used" + (f", {self.n_dropped:,} set aside" if self.n_dropped else "")
        rows = f"; {len(self.rows):,} rows of evidence behind it" if self.rows else ""
        figure = "; figure: .plot()" if self.draw is not None and self.plot_data is not None else ""
        return f"{self.name}: {used}{rows}{figure}. Numbers are rounded to what their interval bears; .table has them in full."


MOST_SHOWN = 50
"""Rows of a table and sources that the HTML of a result shows at most."""
_FIND: list[Callable[[tuple[str, ...]], Sequence[tuple[str, str]]]] = []


def sources_by(find: Callable[[tuple[str, ...]], Sequence[tuple[str, str]]]) -> None:
    """Say who knows the sources behind the rows of a result, so that its HTML can name them.

    Parameters
    ----------
    find : callable
        Takes identifiers of rows and returns a citation and an address for each source, the address empty where there is none; takes
        the place of the one before.
    """
    _FIND[:] = [find]


def _html_sources(rows: tuple[str, ...]) -> str:
    if not rows:
        return ""
    found = list(_FIND[0](rows)) if _FIND else []
    if not found:
        shown = ", ".join(rows[:MOST_SHOWN]) + (f" and {len(rows) - MOST_SHOWN} more" if len(rows) > MOST_SHOWN else "")
        return f"<details><summary>Rows</summary>{escape(shown)}</details>"
    items = "".join(
        f'<li><a href="{escape(url, quote=True)}" rel="noopener">{escape(text)}</a></li>' if url.startswith(("http://", "https://"))
        else f"<li>{escape(text)}</li>"
        for text, url in found[:MOST_SHOWN]
    )  # fmt: skip
    more = f"<p>{len(found) - MOST_SHOWN} more in .rows</p>" if len(found) > MOST_SHOWN else ""
    return f"<details><summary>Sources ({len(found)})</summary><ol>{items}</ol>{more}</details>"


def _html_table(frame: pd.DataFrame) -> str:
    """Write a table with rounded numbers; columns that are empty throughout are left out."""
    shown = [
        c
        for c in sorted(frame.columns, key=lambda c: c != "label")
        if not (frame[c].isna() | frame[c].astype("str").eq("")).all()
    ]
    head = "".join(f'<th style="text-align:{_side(frame[c])}">{escape(str(c).replace("_", " "))}</th>' for c in shown)
    body = []
    for _, row in frame.head(MOST_SHOWN).iterrows():
        cells = (f'<td style="{_CELL};text-align:{_side(frame[c])}">{_cell_html(row, c)}</td>' for c in shown)
        body.append(f"<tr>{''.join(cells)}</tr>")
    more = f"<p>{len(frame) - MOST_SHOWN} more rows in .table</p>" if len(frame) > MOST_SHOWN else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{more}"


_CELL = "vertical-align:top;max-width:26em;overflow-wrap:anywhere;white-space:normal"


def _cell_html(row: pd.Series, column: object) -> str:
    text = _cell(row, column)
    if text.startswith(("http://", "https://")):
        return f'<a href="{escape(text, quote=True)}" rel="noopener">link</a>'
    return escape(text)


def _side(column: pd.Series) -> str:
    return "right" if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column) else "left"


def _cell(row: pd.Series, column: object) -> str:
    value = row[column]
    if not isinstance(value, list | tuple | dict) and pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        return str(value)
    if isinstance(value, int | np.integer):
        return f"{value:,}" if abs(int(value)) >= 10_000 else f"{value}"
    number_of = float(value)
    if np.isinf(number_of):
        return "∞" if number_of > 0 else "-∞"
    if column == "level":
        return f"{number_of:.3g}"
    width = None
    if column in ("estimate", "conf_low", "conf_high"):
        span = row.get("conf_high", np.nan) - row.get("conf_low", np.nan)
        width = float(span) if np.isfinite(span) and span > 0 else None
        if row.get("unit") in ("share", "probability"):
            return percent(number_of, width=width if width is not None else 0.01)
    return (
        f"{int(number_of)}"
        if width is None and number_of.is_integer() and abs(number_of) < 10_000
        else number(number_of, width=width)
    )


def tidy(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Build a result table.

    Parameters
    ----------
    rows : iterable of dict
        One a term; missing columns become NaN (text columns: empty).

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS` first, extra ones after them.
    """
    frame = pd.DataFrame(list(rows))
    for column in COLUMNS:
        if column not in frame:
            frame[column] = "" if column in ("term", "unit", "method") else np.nan
    return frame[COLUMNS + [column for column in frame.columns if column not in COLUMNS]]


def not_estimable(
    name: str,
    reason: str,
    *,
    terms: Sequence[str] | Mapping[str, str] = (),
    level: float = np.nan,
    rows: Sequence[str] = (),
    n_dropped: int = 0,
    unit: str = "",
    method: str = "",
) -> Result:
    """Return a result of the usual shape that says why there is no estimate.

    Parameters
    ----------
    name : str
        Name of the result.
    reason : str
        Why not, as the words after "because".
    terms : sequence of str or mapping of str to str, optional
        Terms that would have been estimated, with their labels if a mapping; their rows hold NaN.
    level : float, optional
        The level asked for.
    rows : sequence of str, optional
        Input rows that were looked at.
    n_dropped : int, default 0
        Input rows set aside.
    unit, method : str, optional
        As in the table.

    Returns
    -------
    Result
        With ``estimable`` false.
    """
    labels = dict(terms) if isinstance(terms, Mapping) else {t: t.replace("_", " ") for t in terms or (name,)}
    table = tidy(
        {"term": t, "label": label, "level": level, "n_obs": len(rows), "unit": unit, "method": method}
        for t, label in labels.items()
    )
    text = f"Not estimable, because {reason.rstrip('.')}."
    return Result(name, table, text, rows=tuple(rows), n_used=0, n_dropped=n_dropped, reason=reason)
