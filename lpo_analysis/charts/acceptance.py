"""How probable each rank is, and what would have to count for each to be first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, blend, percent_axis, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROOM = 0.06
"""Share of the axis a bar must have for its number to fit in."""


def rank_bars(frame: pd.DataFrame, *, ax: Axes | None = None, title: str = "", xlabel: str = "") -> Axes:
    """Draw the probabilities of the ranks as stacked bars, the first rank darkest.

    Parameters
    ----------
    frame : pandas.DataFrame
        Column label, and rank_1, rank_2 ... with shares that add up to 1; the first row on top.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel : str, optional
        What to see, and the quantity.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    ranks = [column for column in frame.columns if column.startswith("rank_")]
    # From dark to light in one hue: the order is told by lightness alone, so it survives printing in grey.
    shades = [blend(COLOURS["main"], "#ffffff", share) for share in np.linspace(0.0, 0.92, max(len(ranks), 2))]
    with theme():
        ax = axis(ax, height=1.5 + 0.5 * len(frame), width=7.6)
        for y, row in enumerate(frame[ranks].to_numpy(dtype=float)):
            left = 0.0
            for place, (share, shade) in enumerate(zip(row, shades, strict=False), start=1):
                ax.barh(y, share, left=left, height=0.66, color=shade, edgecolor=COLOURS["ink"], linewidth=0.6,
                        label=f"rank {place}" if y == 0 else None)  # fmt: skip
                if share >= _ROOM:
                    dark = place <= (len(ranks) + 1) / 2
                    ax.annotate(
                        f"{100 * share:.0f}%",
                        (left + share / 2, y),
                        ha="center",
                        va="center",
                        fontsize=8,
                        color="white" if dark else COLOURS["ink"],
                    )
                left += share
        ax.set_yticks(range(len(frame)), list(frame["label"]))
        ax.set_ylim(len(frame) - 0.4, -0.6)
        ax.set_xlim(0, 1)
        bare(ax)
        percent_axis(ax)
        ax.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.18),
            ncols=min(len(ranks), 6),
            frameon=False,
            fontsize=8,
            handlelength=1.2,
        )
        ax.set_title(title)
        ax.set_xlabel(xlabel)
    return ax


_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")


def central_weights(frame: pd.DataFrame, *, ax: Axes | None = None, title: str = "", xlabel: str = "") -> Axes:
    """Draw the central weights of each alternative, criterion by criterion.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns provider, criterion, estimate (a share; NaN where there is none) and first (how often it is first).
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel : str, optional
        What to see, and the quantity.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    criteria = list(dict.fromkeys(frame["criterion"]))
    shown = frame.dropna(subset=["estimate"])
    names = list(dict.fromkeys(shown["provider"]))
    shades = [blend(COLOURS["main"], COLOURS["warm"], share) for share in np.linspace(0, 1, max(len(names), 2))]
    with theme():
        ax = axis(ax, height=1.6 + 0.42 * len(criteria), width=7.6)
        for k, name in enumerate(names):
            part = shown[shown["provider"] == name]
            y = [criteria.index(criterion) + 0.12 * (k - (len(names) - 1) / 2) for criterion in part["criterion"]]
            label = f"{name} (first {100 * part['first'].iloc[0]:.0f}%)"
            # Marks differ besides colours, for print in grey.
            ax.plot(
                part["estimate"],
                y,
                _MARKS[k % len(_MARKS)],
                color=shades[k],
                markersize=6.5,
                markeredgecolor=COLOURS["ink"],
                markeredgewidth=0.6,
                label=label,
            )
        ax.axvline(1 / len(criteria), color=COLOURS["muted"], linewidth=1, linestyle=":")
        ax.annotate(
            "all alike",
            (1 / len(criteria), -0.6),
            fontsize=8,
            color=COLOURS["muted"],
            xytext=(3, 2),
            textcoords="offset points",
            va="top",
        )
        ax.set_yticks(range(len(criteria)), criteria)
        ax.set_ylim(len(criteria) - 0.4, -0.6)
        ax.set_xlim(left=0)
        bare(ax)
        percent_axis(ax)
        if names:
            ax.legend(
                loc="upper center",
                bbox_to_anchor=(0.4, -0.16),
                ncols=min(len(names), 4),
                frameon=False,
                fontsize=8,
                handlelength=1,
            )
        ax.set_title(title)
        ax.set_xlabel(xlabel)
    return ax
