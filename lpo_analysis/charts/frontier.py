"""Efficient plans: what each is expected to bring, against its worst cases."""

from __future__ import annotations

from textwrap import fill as fold
from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = 4
"""Plans up to which each is named in the picture; of more, the table tells the names."""


def frontier(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "",
    reach: float = 1.645,
    mark: int | None = None,
    mark_text: str = "",
) -> Axes:
    """Draw efficient plans with the error of the simulation on either side.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns plan, mean, mean_error, tail, tail_error, from the least tail upwards. Where there is a column efficient, only those
        for which it holds lie on the line, and the others are hollow. With a column name, a few plans are named beside their points.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel, ylabel : str, optional
        What to see, and the quantities (tail across, mean up).
    reach : float, default 1.645
        Standard errors that a whisker reaches.
    mark : int, optional
        Number of a plan to set off.
    mark_text : str, optional
        Its name.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    with theme():
        ax = axis(ax, height=4.2)
        on = frame[frame["efficient"].astype(bool)] if "efficient" in frame else frame
        ax.plot(on["tail"], on["mean"], color=COLOURS["light"], linewidth=1.5, drawstyle="steps-post", zorder=2)
        for part, fill in ((on, COLOURS["main"]), (frame.drop(on.index), "white")):
            if part.empty:
                continue
            ax.errorbar(
                part["tail"], part["mean"], xerr=reach * part["tail_error"], yerr=reach * part["mean_error"], fmt="o", markersize=6,
                color=COLOURS["main"], markerfacecolor=fill, ecolor=COLOURS["muted"], elinewidth=0.9, capsize=2, zorder=3,
            )  # fmt: skip
        named = "name" in frame and len(frame) <= _NAMED
        middle = (frame["tail"].min() + frame["tail"].max()) / 2
        for row in frame.itertuples(index=False):
            left = named and row.tail < middle
            ax.annotate(
                fold(f"{row.plan}: {row.name}", 30) if named else f"{row.plan}",
                (row.tail, row.mean),
                xytext=(7 if left else -7, 5),
                textcoords="offset points",
                ha="left" if left else "right",
                fontsize=8,
                color=COLOURS["ink"],
            )
        chosen = frame[frame["plan"] == mark]
        if len(chosen):
            x, y = float(chosen["tail"].iloc[0]), float(chosen["mean"].iloc[0])
            ax.plot([x], [y], "D", markersize=9, color=COLOURS["warm"], markeredgecolor=COLOURS["ink"], zorder=4)
            ax.annotate(
                mark_text,
                (x, y),
                xytext=(9, -11),
                textcoords="offset points",
                fontsize=9,
                fontweight="bold",
                color=COLOURS["warm"],
            )
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)
        ax.set_axisbelow(True)
        ax.tick_params(length=0)
        ax.margins(0.1, 0.18 if named else 0.1)
        ax.set_title(title)
        ax.set_xlabel(xlabel)
        ax.set_ylabel(ylabel)
    return ax
