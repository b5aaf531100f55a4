"""The frontier as SVG, for a slider: points with numbers, and beside them what the numbers stand for."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import pandas as pd

from lpo_analysis.charts.live import ticks, write_line, write_text
from lpo_analysis.charts.theme import COLOURS

_LEFT, _RIGHT, _WIDTH, _TOP, _FOOT, _HEIGHT = 84, 440, 780, 34, 300, 346


def live_frontier(
    frame: pd.DataFrame,
    *,
    title: str,
    xlabel: str,
    ylabel: str,
    text: Callable[[float], str],
    reach: float = 1.645,
    alt: str = "",
) -> str:
    """Draw what `lpo_analysis.charts.frontier` draws, as SVG.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns plan, label, mean, mean_error, tail, tail_error, efficient, asked, state.
    title, xlabel, ylabel : str
        What to see, and the quantities (tail across, mean up).
    text : callable
        Turns a value into its label.
    reach : float, default 1.645
        Standard errors that a whisker reaches.
    alt : str, optional
        What the figure shows.

    Returns
    -------
    str
        An SVG element that names no address and holds no script; all texts are escaped.
    """
    across = _Scale(
        [*(frame["tail"] - reach * frame["tail_error"]), *(frame["tail"] + reach * frame["tail_error"])],
        _LEFT + 14,
        _RIGHT - 14,
    )
    up = _Scale(
        [*(frame["mean"] - reach * frame["mean_error"]), *(frame["mean"] + reach * frame["mean_error"])],
        _FOOT - 14,
        _TOP + 14,
    )
    parts = [write_text(0, 15, title, size=13, weight="bold"), write_text(0, 30, ylabel, tone="muted")]
    for mark in ticks(across.low, across.high):
        x = across(mark)
        parts += [
            write_line(x, x, _TOP, _FOOT, COLOURS["grid"]),
            write_text(x, _FOOT + 14, text(mark), anchor="middle", tone="muted"),
        ]
    for mark in ticks(up.low, up.high):
        y = up(mark)
        parts += [
            write_line(_LEFT, _RIGHT, y, y, COLOURS["grid"]),
            write_text(_LEFT - 6, y + 4, text(mark), anchor="end", tone="muted"),
        ]
    parts.append(write_text(0, _FOOT + 34, xlabel, tone="muted"))
    on = frame[frame["efficient"].astype(bool)].sort_values("tail", kind="stable")
    corners: list[str] = []
    for row in on.itertuples(index=False):
        x, y = across(float(row.tail)), up(float(row.mean))
        corners += [f"H{x:.1f} V{y:.1f}"] if corners else [f"M{x:.1f} {y:.1f}"]
    parts.append(
        f'<path d="{" ".join(corners)}" fill="none" stroke="{COLOURS["light"]}" stroke-width="2"/>' if corners else ""
    )
    step = min(20.0, (_FOOT - _TOP - 10) / max(len(frame), 1))
    for number, row in enumerate(frame.itertuples(index=False)):
        x, y = across(float(row.tail)), up(float(row.mean))
        wide, high = reach * float(row.tail_error), reach * float(row.mean_error)
        colour = COLOURS["warm" if row.asked else "muted" if row.state == "refused" else "main"]
        parts += [
            write_line(across(float(row.tail) - wide), across(float(row.tail) + wide), y, y, COLOURS["muted"]),
            write_line(x, x, up(float(row.mean) - high), up(float(row.mean) + high), COLOURS["muted"]),
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{6 if row.asked else 5}" fill="{colour if row.efficient else "#ffffff"}" stroke="{colour}" stroke-width="2"/>',
            write_text(x - 8, y - 7, str(row.plan), anchor="end", weight="bold"),
        ]
        told = " (asked)" if row.asked else " (refused)" if row.state == "refused" else ""
        weight = "bold" if row.asked else "normal"
        tone = "muted" if row.state == "refused" else "ink"
        said = f"{row.plan}  {row.label}{told}"
        parts.append(
            write_text(
                _RIGHT + 18,
                _TOP + 14 + step * number,
                said if len(said) < 50 else f"{said[:48]}…",
                tone=tone,
                weight=weight,
            )
        )
    return (
        f'<svg role="img" aria-label="{escape(alt or title, quote=True)}" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'style="max-width:100%;height:auto;background:#ffffff" font-family="DejaVu Sans,Arial,sans-serif">{"".join(parts)}</svg>'
    )


class _Scale:
    """Maps values onto pixels; zero is always in sight."""

    def __init__(self, values: list[float], start: float, stop: float) -> None:
        self.low, self.high = min([0.0, *values]), max([0.0, *values])
        if self.high == self.low:
            self.high = self.low + 1.0
        self.start, self.stop = start, stop

    def __call__(self, value: float) -> float:
        return self.start + (self.stop - self.start) * (value - self.low) / (self.high - self.low)
