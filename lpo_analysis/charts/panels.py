"""Several quantities over the years, each in a panel of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TONES = (("main", "-"), ("warm", "--"))


def panels(frame: pd.DataFrame, *, ax: Axes | None = None, title: str = "", ylabel: str = "", across: int = 3) -> Axes:
    """Draw small panels on one scale, with one or two lines each and their intervals.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns panel, series (at most two), x, estimate, conf_low, conf_high.
    ax : matplotlib.axes.Axes, optional
        Where to draw; the panels lie inside of it.
    title, ylabel : str, optional
        What to see, and the quantity.
    across : int, default 3
        Panels beside each other.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    from matplotlib.ticker import MaxNLocator

    names = list(dict.fromkeys(frame["panel"]))
    down = -(-len(names) // across)
    low, high = frame["conf_low"].min(), frame["conf_high"].max()
    with theme():
        host = axis(ax, height=0.8 + 1.9 * down, width=8.2)
        host.set_axis_off()
        host.set_title(title)
        wide, tall = 1 / across, 1 / down
        for at, name in enumerate(names):
            row, column = divmod(at, across)
            inside = host.inset_axes(
                (column * wide + 0.05, 1 - (row + 1) * tall + 0.10 * tall, 0.85 * wide, 0.72 * tall)
            )
            # The places are set by hand, so that the layout need not measure them.
            inside.set_in_layout(False)
            part = frame[frame["panel"] == name]
            for series, (tone, stroke) in zip(dict.fromkeys(part["series"]), _TONES, strict=False):
                line = part[part["series"] == series]
                inside.fill_between(
                    line["x"], line["conf_low"], line["conf_high"], color=COLOURS[tone], alpha=0.18, linewidth=0
                )
                inside.plot(
                    line["x"], line["estimate"], color=COLOURS[tone], linestyle=stroke, linewidth=1.5, label=series
                )
            bare(inside, grid="y")
            inside.set_ylim(low, high)
            inside.xaxis.set_major_locator(MaxNLocator(3, integer=True))
            inside.tick_params(labelsize=8)
            inside.set_title(name, fontsize=9)
            # One scale for all: labels at the rim are enough, and every one of them takes time to set.
            inside.tick_params(labelleft=column == 0, labelbottom=at + across >= len(names))
            if column == 0:
                inside.set_ylabel(ylabel, fontsize=8)
            if at == 0:
                _key(inside, list(dict.fromkeys(part["series"])))
    return host


def _key(ax: Axes, names: list[str]) -> None:
    for step, (name, (tone, _)) in enumerate(zip(names, _TONES, strict=False)):
        ax.text(0.03, 0.16 - 0.11 * step, name, transform=ax.transAxes, fontsize=7.5, color=COLOURS[tone])
