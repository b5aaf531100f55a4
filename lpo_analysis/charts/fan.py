"""A series, its path to a horizon, and the interval of that path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, blend, number_axis, theme
from lpo_analysis.wording import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def fan(frame: pd.DataFrame, *, ax: Axes | None = None, title: str = "", ylabel: str = "", marks: bool = True) -> Axes:
    """Draw observations, a path and its prediction intervals; what lies ahead looks different from what was seen.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns x, kind (``observed``, ``ceiling`` for a figure that is only an upper bound, ``path``), estimate, conf_low,
        conf_high; the path runs to the horizon, from the first observation or the last. With a column ``level`` there is one band
        for every level, the narrowest the darkest.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, ylabel : str, optional
        What to see, and the quantity.
    marks : bool, default True
        Whether every observation carries its value; a long series is drawn as a line without.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    seen, bound, path = (frame[frame["kind"] == kind] for kind in ("observed", "ceiling", "path"))
    last = seen["x"].max()
    with theme():
        ax = axis(ax, height=3.9)
        ahead, behind = path[path["x"] >= last], path[path["x"] <= last]
        bands = sorted(ahead["level"].unique(), reverse=True) if "level" in ahead else [None]
        for strength, level in enumerate(bands):
            band = ahead if level is None else ahead[ahead["level"] == level]
            # Opaque steps, so that print and grey show them.
            colour = blend(COLOURS["band"], COLOURS["light"], strength / max(len(bands) - 1, 1))
            ax.fill_between(band["x"], band["conf_low"], band["conf_high"], color=colour, linewidth=0)
            if level is not None:
                ax.annotate(f"{level:.0%}", (band["x"].iloc[-1], band["conf_high"].iloc[-1]), xytext=(3, 0), textcoords="offset points",
                            fontsize=8, color=COLOURS["muted"], va="center", annotation_clip=False)  # fmt: skip
        ahead = ahead if bands[0] is None else ahead[ahead["level"] == bands[0]]
        ax.plot(behind["x"], behind["estimate"], color=COLOURS["light"], linewidth=2)
        ax.plot(ahead["x"], ahead["estimate"], color=COLOURS["main"], linewidth=2, linestyle="--")
        style = {"marker": "o", "markersize": 7, "linestyle": ""} if marks else {"linewidth": 2}
        ax.plot(seen["x"], seen["estimate"], color=COLOURS["ink"], **style)
        ax.plot(bound["x"], bound["estimate"], "v", color=COLOURS["ink"], markerfacecolor="white", markersize=8)
        for row in seen.itertuples(index=False) if marks else ():
            ax.annotate(
                f"{row.estimate:g}",
                (row.x, row.estimate),
                xytext=(-2, 9),
                textcoords="offset points",
                ha="right",
                fontsize=9,
            )
        for row in bound.itertuples(index=False):
            ax.annotate(
                f"under {row.estimate:g}",
                (row.x, row.estimate),
                xytext=(6, -14),
                textcoords="offset points",
                fontsize=9,
            )
        end = ahead.iloc[-1]
        ax.annotate(
            "{}\n({} to {})".format(*(number(end[key], digits=2) for key in ("estimate", "conf_low", "conf_high"))),
            (end["x"], end["estimate"]),
            xytext=(-6, 0), textcoords="offset points", ha="right", va="bottom", fontsize=9, color=COLOURS["main"],
        )  # fmt: skip
        ax.axvline(last, color=COLOURS["muted"], linewidth=0.8, linestyle=":")
        ax.annotate("extrapolated", (last, 0.97), xycoords=("data", "axes fraction"), xytext=(4, 0), textcoords="offset points",
                    fontsize=8, color=COLOURS["muted"], va="top")  # fmt: skip
        bare(ax, grid="y")
        ax.set_ylim(bottom=0)
        number_axis(ax, which="y")
        ax.set_title(title)
        ax.set_ylabel(ylabel)
    return ax
