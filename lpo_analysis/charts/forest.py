"""Published figures in groups, each with its interval or range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, percent_axis, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def forest(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    xlabel: str = "",
    percent: bool = True,
    log: bool = False,
) -> Axes:
    """Draw one figure a line, in groups.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns group, label, estimate, conf_low, conf_high, weak (bool: drawn open), rows in the order to draw. A missing end
        leaves the line open on that side; an end without an estimate is a bound, a triangle that points where the figure may lie.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel : str, optional
        What to see, and the quantity.
    percent : bool, default True
        Whether the values are shares to be shown in percent.
    log : bool, default False
        Whether the axis is logarithmic; then the label says so.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    groups = list(dict.fromkeys(frame["group"]))
    with theme():
        ax = axis(ax, height=1.2 + 0.25 * (len(frame) + 1.6 * len(groups)), width=7.6)
        y, ticks, names = 0.0, [], []
        for group in groups:
            ax.text(0.0, y, group, transform=ax.get_yaxis_transform(), fontweight="bold", va="center", ha="left", fontsize=9,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
            for row in frame[frame["group"] == group].itertuples(index=False):
                y += 1
                colour = COLOURS["warm"] if row.weak else COLOURS["main"]
                at, mark = _marked(row.estimate, row.conf_low, row.conf_high)
                ends = [at if pd.isna(end) else end for end in (row.conf_low, row.conf_high)]
                ax.plot(ends, [y, y], color=colour, linewidth=3, alpha=0.4, solid_capstyle="round")
                ax.plot(at, y, mark, color=colour, markerfacecolor="white" if row.weak else colour, markersize=5.5)
                ticks.append(y)
                names.append(row.label)
            y += 1.6
        ax.set_yticks(ticks, names, fontsize=8)
        ax.set_ylim(y - 0.9, -0.9)
        bare(ax)
        if log or not percent:
            from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

            if log:
                ax.set_xscale("log")
            else:
                ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
            ax.xaxis.set_minor_formatter(NullFormatter())
        else:
            ax.set_xlim(0, 1)
            percent_axis(ax)
        ax.set_title(title)
        ax.set_xlabel(f"{xlabel} (logarithmic scale)" if log else xlabel)
    return ax


def _marked(estimate: float, low: float, high: float) -> tuple[float, str]:
    """Return where a figure stands and its marker: a bound points to where the figure may lie."""
    if pd.isna(estimate) and pd.isna(low) != pd.isna(high):
        return (high, "<") if pd.isna(low) else (low, ">")
    return estimate, "o"
