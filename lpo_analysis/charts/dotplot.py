"""Many places at once: a ranked dot plot, and lines over the years of which a few are set off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, bound_of, number_axis, percent_axis, theme, with_bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SET_OFF = (
    (COLOURS["main"], "-"),
    (COLOURS["warm"], "-"),
    (COLOURS["ink"], "--"),
    (COLOURS["warm"], ":"),
    (COLOURS["main"], "-."),
)
"""Colour and stroke of the lines set off, told apart without colour too."""


def dotplot(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    xlabel: str = "",
    reference: float | None = None,
    reference_text: str = "",
    band: tuple[float, float] | None = None,
    band_text: str = "",
    log: bool = False,
) -> Axes:
    """Draw one dot with its interval per row in little height, the first row on top.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns label, estimate, conf_low, conf_high, main (bool: set off from the others), rows in the order to draw. A missing
        end leaves the line open on that side, and an end without an estimate is a bound, a triangle that points where the value may
        lie; on a logarithmic scale what is 0 is drawn as a triangle at the left edge.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel : str, optional
        What to see, and the quantity.
    reference : float, optional
        A value that every row is compared with, drawn as a line.
    reference_text : str, optional
        What it is.
    band : tuple of float, optional
        Ends of a range drawn behind the dots.
    band_text : str, optional
        What it is.
    log : bool, default False
        Whether the axis is logarithmic; then the label says so.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    values = frame[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float)
    shown = values[np.isfinite(values) & ((values > 0) | (not log))]
    edge = 0.8 * float(shown.min()) if log and len(shown) else -np.inf
    with theme():
        ax = axis(ax, height=1.4 + 0.19 * len(frame), width=7.6)
        if band is not None:
            ax.axvspan(max(band[0], edge), band[1], color=COLOURS["band"], alpha=0.6, linewidth=0)
            _note(ax, band_text, max(band[0], edge))
        if reference is not None:
            ax.axvline(reference, color=COLOURS["ink"], linewidth=1)
            _note(ax, reference_text, reference)
        marks: list[str] = []
        for y, row in enumerate(frame.itertuples(index=False)):
            at, mark = bound_of(row.estimate, row.conf_low, row.conf_high)
            if pd.isna(at):
                continue
            marks.append(mark)
            colour = COLOURS["warm"] if row.main else COLOURS["main"]
            ends = [at if pd.isna(end) else end for end in (row.conf_low, row.conf_high)]
            ax.plot(np.maximum(ends, edge), [y, y], color=colour, linewidth=2.5, alpha=0.4, solid_capstyle="round")
            below = at < edge
            ax.plot(
                max(at, edge),
                y,
                "<" if below else mark,
                color=colour,
                markerfacecolor="white" if below else colour,
                markersize=5.5 if row.main else 4,
            )
        ax.set_yticks(range(len(frame)), list(frame["label"]), fontsize=7.5)
        for text, main in zip(ax.get_yticklabels(), frame["main"], strict=True):
            if main:
                text.set(fontweight="bold", color=COLOURS["warm"])
        ax.set_ylim(len(frame) - 0.3, -1.4)
        bare(ax)
        if log:
            ax.set_xscale("log")
            ax.set_xlim(left=0.9 * edge)
        number_axis(ax, log=log)
        ax.set_title(title)
        ax.set_xlabel(with_bounds(f"{xlabel} (logarithmic scale)" if log else xlabel, marks))
    return ax


def _note(ax: Axes, text: str, x: float) -> None:
    ax.annotate(text, (x, 1.0), xycoords=("data", "axes fraction"), xytext=(4, -9), textcoords="offset points",
                fontsize=8, color=COLOURS["muted"])  # fmt: skip


def lines(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    ylabel: str = "",
    xlabel: str = "",
    log: bool = False,
    zero: bool = False,
    percent: bool = False,
) -> Axes:
    """Draw one line a series over the years, with its interval where it is set off and has one.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns series, x, estimate, conf_low, conf_high (missing: no interval), main (bool: set off and named).
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, ylabel, xlabel : str, optional
        What to see, the quantity, and what it runs over where that is not the years.
    log : bool, default False
        Whether y runs on a logarithmic scale; then the label says so.
    zero : bool, default False
        Whether y starts at 0.
    percent : bool, default False
        Whether y is a share to be shown in percent.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    from matplotlib.ticker import MaxNLocator

    with theme():
        ax = axis(ax, height=4.2)
        ends: list[tuple[str, float, float, str]] = []
        set_off: list[Any] = []
        for name, part in frame.sort_values("x", kind="stable").groupby("series", sort=False):
            if part["main"].any():
                set_off.append((name, part))
            else:
                ax.plot(part["x"], part["estimate"], color=COLOURS["muted"], alpha=0.25, linewidth=0.8, zorder=1)
        for at, (name, part) in enumerate(set_off):
            colour, stroke = _SET_OFF[at % len(_SET_OFF)]
            if part["conf_low"].notna().any():
                ax.fill_between(part["x"], part["conf_low"], part["conf_high"], color=colour, alpha=0.15, linewidth=0)
            ax.plot(part["x"], part["estimate"], color=colour, linestyle=stroke, linewidth=2)
            last = part.dropna(subset=["estimate"]).iloc[-1]
            ends.append((str(name), float(last["x"]), float(last["estimate"]), colour))
        bare(ax, grid="y")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if log:
            ax.set_yscale("log")
        if zero:
            ax.set_ylim(bottom=0)
        if percent:
            percent_axis(ax, which="y")
        else:
            number_axis(ax, which="y", log=log)
        if len(ends) > 1:
            _name(ax, ends, log=log)
        ax.set_title(title)
        ax.set_xlabel(xlabel)
        ax.set_ylabel(f"{ylabel} (logarithmic scale)" if log else ylabel)
    return ax


def _name(ax: Axes, ends: list[tuple[str, float, float, str]], *, log: bool) -> None:
    """Write the names beside the ends of the lines, pushed apart where they would touch."""
    low, high = (np.log(v) if log else v for v in ax.get_ylim())
    least, height = 0.055, -np.inf
    for name, x, y, colour in sorted(ends, key=lambda end: end[2]):
        height = max(((np.log(y) if log else y) - low) / (high - low), height + least)
        ax.annotate(name, (x, height), xycoords=("data", "axes fraction"), xytext=(6, 0), textcoords="offset points",
                    va="center", fontsize=9, color=colour)  # fmt: skip
