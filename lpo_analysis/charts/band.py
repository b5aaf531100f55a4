"""A curve with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, percent_axis, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def band(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    mark: float | None = None,
    mark_text: str = "",
    log: bool = False,
    percent_x: bool = False,
    percent_y: bool = True,
    zero: bool = True,
    floor: float | None = None,
    middle_text: str = "",
    band_text: str = "",
) -> Axes:
    """Draw a median with its interval, and zero as a line.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns x, estimate, conf_low, conf_high; the last three as shares.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel, ylabel : str, optional
        What to see, and the quantities.
    mark : float, optional
        A value of x to point out.
    mark_text : str, optional
        What it is.
    log : bool, default False
        Whether x runs on a logarithmic scale; then the label says so.
    percent_x, percent_y : bool
        Whether x and y are shares to be shown in percent.
    zero : bool, default True
        Whether zero is drawn, where it means something.
    floor : float, optional
        Where the picture ends below, if the band goes deeper; then the label says so.
    middle_text, band_text : str, optional
        Names of the line and of the band, written beside their ends.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

    with theme():
        ax = axis(ax, height=3.6)
        ax.fill_between(frame["x"], frame["conf_low"], frame["conf_high"], color=COLOURS["band"], linewidth=0)
        ax.plot(frame["x"], frame["estimate"], color=COLOURS["main"], linewidth=2)
        if zero:
            ax.axhline(0, color=COLOURS["ink"], linewidth=1)
        if mark is not None:
            ax.axvline(mark, color=COLOURS["warm"], linewidth=1, linestyle="--")
            ax.annotate(mark_text, (mark, 0.03), xycoords=("data", "axes fraction"), xytext=(4, 0), textcoords="offset points",
                        color=COLOURS["warm"], fontsize=9)  # fmt: skip
        last = frame.iloc[-1]
        for text, height, colour, lift in ((middle_text, "estimate", "main", 0), (band_text, "conf_high", "muted", -2)):
            if text:
                ax.annotate(text, (last["x"], last[height]), xytext=(5, lift), textcoords="offset points", va="center", color=COLOURS[colour], fontsize=9)  # fmt: skip
        if floor is not None and frame["conf_low"].min() < floor:
            ax.set_ylim(bottom=floor)
            ylabel = f"{ylabel} (cut off below)"
        bare(ax, grid="y")
        if log:
            ax.set_xscale("log")
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
            ax.xaxis.set_minor_formatter(NullFormatter())
        elif not percent_x and (frame["x"] % 1 == 0).all():
            # Years come whole.
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if percent_x:
            percent_axis(ax, which="x")
        if percent_y:
            percent_axis(ax, which="y")
        else:
            ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        ax.set_title(title)
        ax.set_xlabel(f"{xlabel} (logarithmic scale)" if log else xlabel)
        ax.set_ylabel(ylabel)
    return ax
