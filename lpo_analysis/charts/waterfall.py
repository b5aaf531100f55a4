"""From one total to another, step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, number_axis, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def waterfall(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    xlabel: str = "",
    text: Callable[[float], str] = "{:,.3g}".format,
) -> Axes:
    """Draw totals and the steps between them.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns label, value, kind: ``total`` and ``start`` stand on the axis, ``step`` on what came before (negative steps go
        back). Optional columns conf_low and conf_high draw the interval of what has one as a line.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel : str, optional
        What to see, and the quantity.
    text : callable, optional
        Turns a value into its label.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    with theme():
        ax = axis(ax, height=1.1 + 0.42 * len(frame), width=7.4)
        level = 0.0
        for y, row in enumerate(frame.itertuples(index=False)):
            if row.kind == "total":
                start, level, colour = 0.0, row.value, COLOURS["ink"] if y == 0 else COLOURS["main"]
            else:
                level = 0.0 if row.kind == "start" else level
                start, colour = level, COLOURS["warm"] if row.value >= 0 else COLOURS["light"]
                level += row.value
            ax.barh(y, level - start, left=start, height=0.64, color=colour)
            edge = max(level, start)
            low, high = getattr(row, "conf_low", float("nan")), getattr(row, "conf_high", float("nan"))
            if pd.notna(low) and pd.notna(high):
                ax.plot([low, high], [y, y], color=COLOURS["light"], linewidth=2.5, solid_capstyle="round")
                ax.plot([low, high], [y, y], color=COLOURS["ink"], linewidth=1, marker="|", markersize=7)
                edge = max(edge, high)
            ax.annotate(text(row.value), (edge, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
            if y + 1 < len(frame) and frame["kind"].iloc[y + 1] == "step":
                ax.plot([level, level], [y, y + 1], color=COLOURS["muted"], linewidth=0.8, linestyle=":")
        ax.axvline(0, color=COLOURS["ink"], linewidth=1)
        ax.set_yticks(range(len(frame)), list(frame["label"]))
        ax.set_ylim(len(frame) - 0.4, -0.6)
        ax.margins(x=0.12)
        bare(ax)
        number_axis(ax)
        ax.set_title(title)
        ax.set_xlabel(xlabel)
    return ax
