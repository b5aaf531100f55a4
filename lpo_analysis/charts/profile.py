"""How well every value of one parameter fits, whatever the others are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STYLES = ("-", "--", "-.", ":", (0, (1, 3)))
_MOST, _FAR = 3.0, 6.0


def profile(
    frame: pd.DataFrame, *, ax: Axes | None = None, title: str = "", xlabel: str = "", mark: float | None = None
) -> Axes:
    """Draw profiles on a logarithmic axis; what lies within the interval is drawn thick.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns curve, ceiling, excess (sum of squares over its least), within (bool); rows rise with the ceiling in a curve.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel : str, optional
        What to see, and the quantity profiled.
    mark : float, optional
        What has been reached, as a line.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on. It is cut at three times the least sum of squares, for what fits worse is out of the question, and at
        six times what has been reached.
    """
    from matplotlib.ticker import FuncFormatter, NullFormatter

    with theme():
        ax = axis(ax, height=3.6)
        for style, (name, part) in zip(_STYLES * len(frame), frame.groupby("curve", sort=False), strict=False):
            ax.plot(
                part["ceiling"], part["excess"], linestyle=style, color=COLOURS["main"], linewidth=1, label=str(name)
            )
            inside = part["excess"].where(part["within"])
            ax.plot(part["ceiling"], inside, linestyle=style, color=COLOURS["main"], linewidth=3, alpha=0.5)
        if mark is not None:
            ax.axvline(mark, color=COLOURS["warm"], linewidth=1)
            ax.annotate(
                "reached",
                (mark, _MOST),
                xytext=(4, -4),
                textcoords="offset points",
                va="top",
                fontsize=8,
                color=COLOURS["warm"],
            )
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_xlim(frame["ceiling"].min() * 0.95, min(frame["ceiling"].max(), (mark or frame["ceiling"].min()) * _FAR))
        ax.set_ylim(0.97, _MOST)
        bare(ax)
        ax.legend(frameon=False, fontsize=8)
        ax.set_title(title)
        ax.set_xlabel(f"{xlabel} (logarithmic scale)")
        ax.set_ylabel("Sum of squares over its least")
    return ax
