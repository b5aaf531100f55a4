"""Estimates with their intervals, and published ranges beside a modelled band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, number_axis, percent_axis, theme, with_bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def intervals(
    frame: pd.DataFrame, *, ax: Axes | None = None, title: str = "", xlabel: str = "", percent: bool = True
) -> Axes:
    """Draw one dot with its interval per row, the first row on top.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns label, estimate, conf_low, conf_high; optional ``main`` (bool) sets a row off from the others. Rows without
        an estimate are labelled "not estimable".
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel : str, optional
        What to see, and the quantity.
    percent : bool, default True
        Whether the values are shares to be shown in percent.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    with theme():
        ax = axis(ax, height=1.2 + 0.55 * len(frame))
        ax.axvline(0, color=COLOURS["ink"], linewidth=1)
        # Small shares would all round to the same percentage.
        places = 1 if frame["conf_high"].max() < 0.15 else 0
        emphasis = frame["main"] if "main" in frame else pd.Series(True, index=frame.index)
        for y, (row, strong) in enumerate(zip(frame.itertuples(index=False), emphasis, strict=True)):
            colour = COLOURS["main"] if strong else COLOURS["muted"]
            if pd.isna(row.estimate):
                ax.text(0.0, y, " not estimable", va="center", color=COLOURS["muted"], style="italic")
                continue
            ax.plot(
                [row.conf_low, row.conf_high], [y, y], color=colour, linewidth=5, alpha=0.35, solid_capstyle="round"
            )
            ax.plot(row.estimate, y, "o", color=colour, markersize=8)
            shown = f"{100 * row.estimate:,.{places}f}%" if percent else f"{row.estimate:,.2f}"
            # On white, so that no line runs through a number.
            ax.annotate(shown, (row.estimate, y), xytext=(0, 9), textcoords="offset points", ha="center", fontweight="bold",
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})  # fmt: skip
        ax.set_yticks(range(len(frame)), list(frame["label"]))
        ax.set_ylim(len(frame) - 0.5, -0.65)
        bare(ax)
        if percent:
            percent_axis(ax)
        else:
            number_axis(ax)
        ax.set_title(title)
        ax.set_xlabel(xlabel)
    return ax


def claims(frame: pd.DataFrame, *, ax: Axes | None = None, title: str = "", xlabel: str = "") -> Axes:
    """Draw published claims by group, each beside the modelled interval of the same quantity.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns group, label, low, high (equal for a point), weak (bool: a seller's or client's own claim), model_low,
        model_high, model_estimate (missing where nothing is modelled); rows in the order to draw. An optional column bound (``>`` at
        least, ``<`` at most, empty) draws a triangle that points where the claim may lie.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel : str, optional
        What to see, and the quantity.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    groups = list(dict.fromkeys(frame["group"]))
    rows = len(frame) + 2 * len(groups)
    with theme():
        ax = axis(ax, height=1.3 + 0.24 * rows, width=7.6)
        ax.axvline(0, color=COLOURS["ink"], linewidth=1)
        y, ticks, names = 0.0, [], []
        for group in groups:
            part = frame[frame["group"] == group]
            first = part.iloc[0]
            top, bottom = y - 0.6, y + len(part) + 0.4
            ax.text(0.0, y, group, transform=ax.get_yaxis_transform(), fontweight="bold", va="center", ha="left",
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
            if pd.notna(first.model_estimate):
                ax.fill_betweenx([top, bottom], first.model_low, first.model_high, color=COLOURS["band"], linewidth=0)
                ax.plot([first.model_estimate] * 2, [top, bottom], color=COLOURS["main"], linewidth=1.5)
            for step, row in enumerate(part.itertuples(index=False), start=1):
                colour = COLOURS["warm"] if row.weak else COLOURS["ink"]
                fill = "white" if row.weak else colour
                ax.plot([row.low, row.high], [y + step] * 2, color=colour, linewidth=2)
                mark = getattr(row, "bound", "") or "o"
                ax.plot(
                    [row.low, row.high],
                    [y + step] * 2,
                    mark,
                    color=colour,
                    markerfacecolor=fill,
                    markersize=5,
                    clip_on=False,
                )
                ticks.append(y + step)
                names.append(row.label)
            y += len(part) + 2
        ax.set_yticks(ticks, names, fontsize=8)
        ax.set_ylim(y - 0.8, -0.9)
        bare(ax)
        percent_axis(ax)
        ax.set_title(title)
        ax.set_xlabel(with_bounds(xlabel, frame.get("bound", ())))
    return ax
