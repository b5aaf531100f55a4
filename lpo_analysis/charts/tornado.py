"""One input at a time, the widest on top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, RUNG_COLOURS, axis, bare, percent_axis, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def tornado(frame: pd.DataFrame, *, ax: Axes | None = None, title: str = "", xlabel: str = "", most: int = 12) -> Axes:
    """Draw how the answer moves with each input.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns label, rung, at_low, at_high, base, low_text, high_text; the widest first, values as shares.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel : str, optional
        What to see, and the quantity.
    most : int, default 12
        How many inputs to draw.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    from matplotlib.patches import Patch

    shown = frame.head(most)
    with theme():
        ax = axis(ax, height=1.5 + 0.38 * len(shown), width=7.6)
        for y, row in enumerate(shown.itertuples(index=False)):
            left, right = min(row.at_low, row.at_high), max(row.at_low, row.at_high)
            ax.barh(y, right - left, left=left, height=0.62, color=RUNG_COLOURS[int(row.rung)])
            at_left, at_right = (
                (row.low_text, row.high_text) if row.at_low <= row.at_high else (row.high_text, row.low_text)
            )
            for x, text, side in ((left, at_left, "right"), (right, at_right, "left")):
                ax.annotate(text, (x, y), xytext=(-3 if side == "right" else 3, 0), textcoords="offset points", ha=side,
                            va="center", fontsize=7.5, color=COLOURS["muted"])  # fmt: skip
        ax.axvline(float(shown["base"].iloc[0]), color=COLOURS["ink"], linewidth=1)
        ax.set_yticks(range(len(shown)), list(shown["label"]))
        ax.set_ylim(len(shown) - 0.4, -0.6)
        left, right = shown[["at_low", "at_high"]].min().min(), shown[["at_low", "at_high"]].max().max()
        # The widest bars leave their values the least room; a sign takes about 1.75% of the axis.
        longest = int(
            shown[["low_text", "high_text"]].head(3).astype("str").apply(lambda text: text.str.len()).max(axis=None)
        )
        taken = min(0.0175 * longest, 0.3)
        room = max(0.2, taken / (1 - 2 * taken)) * (right - left or 1.0)
        ax.set_xlim(left - room, right + room)
        bare(ax)
        percent_axis(ax)
        names = {1: "fitted", 2: "stated", 3: "borrowed", 4: "assumed"}
        present = sorted(int(rung) for rung in shown["rung"].unique())
        handles = [Patch(color=RUNG_COLOURS[rung], label=names[rung]) for rung in present]
        # The bars narrow towards the bottom, so the longer side is free there; above, the legend would meet the title.
        free = 2 * float(shown["base"].iloc[0]) > left + right
        ax.legend(
            handles=handles, loc="lower left" if free else "lower right", frameon=False, fontsize=8, handlelength=1
        )
        ax.set_title(title)
        ax.set_xlabel(xlabel)
    return ax
