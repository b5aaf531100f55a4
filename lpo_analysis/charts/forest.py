"""Published figures in groups, each with its interval or range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, bound_of, number_axis, percent_axis, theme, with_bounds

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
    reference: float | None = None,
) -> Axes:
    """Draw one figure a line, in groups.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns group, label, estimate, conf_low, conf_high, weak (bool: drawn open), rows in the order to draw. A missing end
        leaves the line open on that side; an end without an estimate is a bound, a triangle that points where the figure may lie. An
        optional column ahead (bool) sets what is only forecast off as a diamond. A label may have two lines.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel : str, optional
        What to see, and the quantity.
    percent : bool, default True
        Whether the values are shares to be shown in percent.
    log : bool, default False
        Whether the axis is logarithmic; then the label says so.
    reference : float, optional
        A value that every figure is compared with, drawn as a line.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    groups = list(dict.fromkeys(frame["group"]))
    with theme():
        line = 0.36 if frame["label"].astype("str").str.contains("\n").any() else 0.25
        ax = axis(ax, height=1.2 + line * (len(frame) + 1.6 * len(groups)), width=7.6)
        y, ticks, names = 0.0, [], []
        marks: list[str] = []
        if reference is not None:
            ax.axvline(reference, color=COLOURS["ink"], linewidth=1, zorder=0.5)
        for group in groups:
            ax.text(0.0, y, group, transform=ax.get_yaxis_transform(), fontweight="bold", va="center", ha="left", fontsize=9,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
            for row in frame[frame["group"] == group].itertuples(index=False):
                y += 1
                colour = COLOURS["warm"] if row.weak else COLOURS["main"]
                at, mark = bound_of(row.estimate, row.conf_low, row.conf_high)
                marks.append(mark)
                mark = "D" if mark == "o" and getattr(row, "ahead", False) else mark
                ends = [at if pd.isna(end) else end for end in (row.conf_low, row.conf_high)]
                ax.plot(ends, [y, y], color=colour, linewidth=3, alpha=0.4, solid_capstyle="round")
                ax.plot(at, y, mark, color=colour, markerfacecolor="white" if row.weak else colour, markersize=5 if mark == "D" else 5.5,
                        clip_on=False)  # fmt: skip
                ticks.append(y)
                names.append(row.label)
            y += 1.6
        ax.set_yticks(ticks, names, fontsize=8)
        ax.set_ylim(y - 0.9, -0.9)
        bare(ax)
        if log or not percent:
            from matplotlib.ticker import MaxNLocator

            if not log:
                ax.xaxis.set_major_locator(MaxNLocator(5))
            number_axis(ax, log=log)
        else:
            ax.set_xlim(0, 1)
            percent_axis(ax)
        ax.set_title(title)
        ax.set_xlabel(with_bounds(f"{xlabel} (logarithmic scale)" if log else xlabel, marks))
    return ax
