"""How much lies above: a fitted tail and what was counted, on logarithmic scales."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def exceedance(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    xlabel: str = "",
    ylabel: str = "Share above",
    curve_text: str = "fitted",
    seen_text: str = "counted",
) -> Axes:
    """Draw the share above each value, both axes logarithmic, as a curve with its band and counted shares with their intervals.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns kind (``curve`` or ``seen``; other rows are left out), x, estimate, conf_low, conf_high (missing: no interval); shares
        0-1. A value of x or a share of 0 has no place on a logarithmic scale: it is left out, and an interval from 0 runs off the axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel, ylabel : str, optional
        What to see, and the quantities.
    curve_text, seen_text : str, optional
        What the curve and the dots are.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    from matplotlib.ticker import FuncFormatter, NullFormatter

    placed = frame[(frame["x"] > 0) & (frame["estimate"] > 0)]
    curve, seen = (placed[placed["kind"] == kind] for kind in ("curve", "seen"))
    least = 0.5 * float(np.nanmin(placed["estimate"])) if len(placed) else 1e-3
    with theme():
        ax = axis(ax, height=4.2)
        if curve["conf_low"].notna().any():
            ax.fill_between(
                curve["x"], curve["conf_low"].clip(lower=least), curve["conf_high"], color=COLOURS["band"], linewidth=0
            )
        ax.plot(curve["x"], curve["estimate"], color=COLOURS["main"], linewidth=2, label=curve_text)
        ends = seen.dropna(subset=["conf_low", "conf_high"])
        ax.vlines(ends["x"], ends["conf_low"].clip(lower=least), ends["conf_high"], color=COLOURS["warm"], linewidth=1)
        ax.plot(seen["x"], seen["estimate"], "o", color=COLOURS["warm"], markersize=5, label=seen_text)
        bare(ax, grid="y")
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_ylim(least, 1.3)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:,.6g}%"))
        for side in (ax.xaxis, ax.yaxis):
            side.set_minor_formatter(NullFormatter())
        if len(seen):
            ax.legend(frameon=False, fontsize=9)
        ax.set_title(title)
        ax.set_xlabel(f"{xlabel} (logarithmic scale)")
        ax.set_ylabel(f"{ylabel} (logarithmic scale)")
    return ax
