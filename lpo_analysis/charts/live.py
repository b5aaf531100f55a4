"""Drawings that follow a slider: horizontal bars written as SVG within a millisecond, for a screen and not for a report.

Reports draw with matplotlib, which takes some hundred milliseconds a figure; these show the same frames in the same colours.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import NamedTuple

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, RUNG_COLOURS

_LEFT, _WIDTH, _ROW, _TOP, _BOTTOM = 270, 780, 21, 30, 42


class Bar(NamedTuple):
    """One bar.

    Parameters
    ----------
    label : str
        Name of the row.
    low, high : float
        Its ends.
    colour : str
        Such as ``#0b5c8a``.
    before, after : str
        What is written at its left and right end.
    dot : float or None
        Where a dot stands, such as an estimate.
    """

    label: str
    low: float
    high: float
    colour: str
    before: str = ""
    after: str = ""
    dot: float | None = None


def bars(
    rows: list[Bar],
    *,
    title: str,
    xlabel: str,
    tick: Callable[[float], str],
    reference: float | None = None,
    alt: str = "",
) -> str:
    """Draw bars, the first on top.

    Parameters
    ----------
    rows : list of Bar
        The bars; one whose ends are missing is labelled "not estimable".
    title, xlabel : str
        What to see, and the quantity.
    tick : callable
        Turns a value of the axis into text.
    reference : float, optional
        Where a line crosses all rows; zero always has one where it is in sight.
    alt : str, optional
        What the figure shows, for those who do not see it; the title by default.

    Returns
    -------
    str
        An SVG element that names no address and holds no script; all texts are escaped.
    """
    known = [end for row in rows if not pd.isna(row.low) for end in (row.low, row.high)]
    least, most = min([0.0, *known]), max([0.0, *known])
    # Room for what is written at the ends of the bars, about seven units a letter.
    letters = [max([4, *(len(row.before) for row in rows)]), max([4, *(len(row.after) for row in rows)])]
    before, after = (7 * n / (_WIDTH - _LEFT) * ((most - least) or 1.0) for n in letters)
    left, right = least - (before if least < 0 else 0.0), most + after

    def at(value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 12) * (value - left) / (right - left)

    foot = _TOP + _ROW * len(rows)
    parts = [write_text(0, 15, title, size=13, weight="bold")]
    for mark in ticks(left, right):
        parts += [
            write_line(at(mark), at(mark), _TOP, foot, COLOURS["grid"]),
            write_text(at(mark), foot + 14, tick(mark), anchor="middle", tone="muted"),
        ]
    parts.append(write_line(at(0.0), at(0.0), _TOP, foot, COLOURS["ink"]))
    for number, row in enumerate(rows):
        y = _TOP + _ROW * number + 3
        parts.append(write_text(_LEFT - 8, y + 11, row.label, anchor="end"))
        if pd.isna(row.low):
            parts.append(write_text(at(0.0) + 4, y + 11, "not estimable", tone="muted"))
            continue
        start, end = sorted((at(row.low), at(row.high)))
        parts.append(
            f'<rect x="{start:.1f}" y="{y}" width="{max(end - start, 1):.1f}" height="{_ROW - 6}" fill="{row.colour}"/>'
        )
        if row.dot is not None:
            parts.append(
                f'<circle cx="{at(row.dot):.1f}" cy="{y + 7.5}" r="4.5" fill="{COLOURS["ink"]}" stroke="#ffffff"/>'
            )
        parts += [
            write_text(start - 3, y + 11, row.before, anchor="end", tone="muted"),
            write_text(end + 3, y + 11, row.after, tone="muted"),
        ]
    if reference is not None:
        parts.append(write_line(at(reference), at(reference), _TOP, foot, COLOURS["warm"]))
    parts.append(write_text(0, foot + 32, xlabel, tone="muted"))
    height = foot + _BOTTOM
    return (
        f'<svg role="img" aria-label="{escape(alt or title, quote=True)}" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'style="max-width:100%;height:auto;background:#ffffff" font-family="DejaVu Sans,Arial,sans-serif">{"".join(parts)}</svg>'
    )


def write_text(
    x: float, y: float, words: str, *, size: int = 11, anchor: str = "start", tone: str = "ink", weight: str = "normal"
) -> str:
    """Write words into a drawing, escaped.

    Parameters
    ----------
    x, y : float
        Where, in pixels; y is the baseline.
    words : str
        The words.
    size : int, default 11
        Of the letters, in pixels.
    anchor : {'start', 'middle', 'end'}
        Which part of the words stands at x.
    tone : str, default 'ink'
        One of `lpo_analysis.charts.COLOURS`.
    weight : {'normal', 'bold'}
        Of the letters.

    Returns
    -------
    str
        An SVG element; empty where there are no words.
    """
    if not words:
        return ""
    style = f'font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" fill="{COLOURS[tone]}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'


def write_line(x: float, to_x: float, y: float, to_y: float, colour: str) -> str:
    """Draw a line from one point to another.

    Parameters
    ----------
    x, to_x, y, to_y : float
        Both points, in pixels.
    colour : str
        Such as ``#0b5c8a``.

    Returns
    -------
    str
        An SVG element.
    """
    return f'<line x1="{x:.1f}" x2="{to_x:.1f}" y1="{y:.1f}" y2="{to_y:.1f}" stroke="{colour}"/>'


def ticks(low: float, high: float) -> list[float]:
    """Choose round numbers for an axis.

    Parameters
    ----------
    low, high : float
        Its ends.

    Returns
    -------
    list of float
        The numbers, none of them beyond an end.
    """
    from matplotlib.ticker import MaxNLocator

    return [float(mark) for mark in MaxNLocator(6).tick_values(low, high) if low <= mark <= high]


def live_waterfall(frame: pd.DataFrame, *, title: str, xlabel: str, text: Callable[[float], str], alt: str = "") -> str:
    """Draw what `lpo_analysis.charts.waterfall` draws, as SVG.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns label, value, kind, as there.
    title, xlabel : str
        What to see, and the quantity.
    text : callable
        Turns a value into its label.
    alt : str, optional
        What the figure shows.

    Returns
    -------
    str
        An SVG element.
    """
    rows, level = [], 0.0
    for number, item in enumerate(frame.itertuples(index=False)):
        value = float(item.value)
        total = item.kind == "total"
        start = level if item.kind == "step" else 0.0
        level = value if total else start + value
        colour = COLOURS["ink" if number == 0 else "main"] if total else COLOURS["warm" if value >= 0 else "light"]
        rows.append(Bar(str(item.label), min(start, level), max(start, level), colour, after=text(value)))
    return bars(rows, title=title, xlabel=xlabel, tick=text, alt=alt)


def live_tornado(frame: pd.DataFrame, *, title: str, xlabel: str, most: int = 10, alt: str = "") -> str:
    """Draw what `lpo_analysis.charts.tornado` draws, as SVG.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns label, rung, at_low, at_high, base, low_text, high_text, as there.
    title, xlabel : str
        What to see, and the quantity.
    most : int, default 10
        How many inputs to draw.
    alt : str, optional
        What the figure shows.

    Returns
    -------
    str
        An SVG element.
    """
    rows = []
    for item in frame.head(most).itertuples(index=False):
        low, high = float(item.at_low), float(item.at_high)
        texts = (str(item.low_text), str(item.high_text)) if low <= high else (str(item.high_text), str(item.low_text))
        label = f"{item.label} [{item.rung}]"
        rows.append(
            Bar(
                label if len(label) < 46 else f"{label[:39]}… [{item.rung}]",
                min(low, high),
                max(low, high),
                RUNG_COLOURS[int(item.rung)],
                *texts,
            )
        )
    base = float(frame["base"].iloc[0]) if len(frame) else None
    return bars(rows, title=title, xlabel=xlabel, tick=_percent, reference=base, alt=alt)


def live_intervals(frame: pd.DataFrame, *, title: str, xlabel: str, alt: str = "") -> str:
    """Draw what `lpo_analysis.charts.intervals` draws of shares, as SVG.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns label, estimate, conf_low, conf_high, as shares.
    title, xlabel : str
        What to see, and the quantity.
    alt : str, optional
        What the figure shows.

    Returns
    -------
    str
        An SVG element.
    """
    rows = [
        Bar(
            str(r.label),
            float(r.conf_low),
            float(r.conf_high),
            COLOURS["light"],
            dot=None if pd.isna(r.estimate) else float(r.estimate),
        )
        for r in frame.itertuples(index=False)
    ]
    return bars(rows, title=title, xlabel=xlabel, tick=_percent, alt=alt)


def _percent(value: float) -> str:
    return f"{100 * value:,.0f}%"
