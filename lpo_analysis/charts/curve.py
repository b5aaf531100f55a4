"""A curve with its points of interest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, percent_axis, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLES = ("-", "--", ":")


def curve(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    percent_x: bool = True,
    percent_y: bool = True,
) -> Axes:
    """Draw one or more exact curves, and mark points on them.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns series, x, estimate and mark: rows with an empty mark make the curve of their series, others are points with the mark
        for their label.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel, ylabel : str, optional
        What to see, and the quantities.
    percent_x, percent_y : bool
        Whether x and y are shares to be shown in percent.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on; a legend stands there where there are several curves.
    """
    from matplotlib.ticker import FuncFormatter

    with theme():
        ax = axis(ax, height=3.4)
        line, points = frame[frame["mark"] == ""], frame[frame["mark"] != ""]
        names = list(dict.fromkeys(line["series"]))
        colours = (COLOURS["main"], COLOURS["warm"], COLOURS["muted"])
        for at, name in enumerate(names):
            part = line[line["series"] == name]
            ax.plot(part["x"], part["estimate"], color=colours[at % 3], linestyle=_STYLES[at % 3], linewidth=2, label=str(name))  # fmt: skip
        right = line["x"].max()
        for row in points.itertuples(index=False):
            ax.plot(row.x, row.estimate, "o", color=COLOURS["ink"], markersize=6)
            left = row.x > 0.6 * right
            ax.annotate(row.mark, (row.x, row.estimate), xytext=(-7 if left else 7, 6), textcoords="offset points",
                        ha="right" if left else "left", fontsize=9)  # fmt: skip
        bare(ax, grid="y")
        ax.set_ylim(bottom=0)
        ax.margins(y=0.12)
        for which, shares in (("x", percent_x), ("y", percent_y)):
            if shares:
                percent_axis(ax, which=which)
            else:
                (ax.xaxis if which == "x" else ax.yaxis).set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.6g}"))
        if len(names) > 1:
            ax.legend(frameon=False, fontsize=9)
        ax.set_title(title)
        ax.set_xlabel(xlabel)
        ax.set_ylabel(ylabel)
    return ax
