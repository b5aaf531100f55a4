"""Where two inputs together turn an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, number_axis, percent_axis, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def breakeven(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    above: str = "",
    below: str = "",
    range_text: str = "",
    median_text: str = "",
    percent: tuple[bool, bool] = (False, False),
) -> Axes:
    """Draw the line on which an answer turns, beside what the two inputs are taken to be.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns kind, x, y: rows ``line`` by ascending x, two rows ``range`` (the low and the high ends of both inputs) and
        one ``median``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel, ylabel : str, optional
        What to see, and the quantities.
    above, below : str, optional
        What holds on either side of the line.
    range_text, median_text : str, optional
        What the box and the dot are.
    percent : tuple of bool, default (False, False)
        Whether x and y are shares to be shown in percent.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    from matplotlib.patches import Rectangle

    line, ends, middle = (frame[frame["kind"] == kind] for kind in ("line", "range", "median"))
    with theme():
        ax = axis(ax, height=4.0)
        if len(ends) == 2:
            (left, bottom), (right, top) = ends[["x", "y"]].to_numpy()
            ax.add_patch(
                Rectangle((left, bottom), right - left, top - bottom, color=COLOURS["band"], linewidth=0, zorder=0)
            )
            ax.annotate(
                range_text,
                (right, bottom),
                xytext=(-4, 4),
                textcoords="offset points",
                ha="right",
                fontsize=8,
                color=COLOURS["main"],
            )
        ax.plot(line["x"], line["y"], color=COLOURS["main"], linewidth=2)
        ax.plot(middle["x"], middle["y"], "o", color=COLOURS["warm"], markersize=7)
        for row in middle.itertuples():
            ax.annotate(
                median_text,
                (row.x, row.y),
                xytext=(7, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=COLOURS["warm"],
            )
        ax.margins(0.06)
        # Above a rising line is the upper left, above a falling one the upper right.
        rising = line["y"].iloc[-1] >= line["y"].iloc[0]
        for text, high, side in (
            (above, 0.96, "left" if rising else "right"),
            (below, 0.04, "right" if rising else "left"),
        ):
            ax.annotate(text, (0.02 if side == "left" else 0.98, high), xycoords="axes fraction", va="top" if high > 0.5 else "bottom", ha=side,
                        fontsize=9, color=COLOURS["muted"], bbox={"facecolor": "white", "edgecolor": "none", "pad": 2, "alpha": 0.9})  # fmt: skip
        bare(ax, grid="y")
        for which, share in zip(("x", "y"), percent, strict=True):
            (percent_axis if share else number_axis)(ax, which=which)
        ax.set_title(title)
        ax.set_xlabel(xlabel)
        ax.set_ylabel(ylabel)
    return ax
