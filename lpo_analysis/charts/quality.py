"""Sampling to hold a level of quality: the curves of a plan, and the control chart of a series of batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, bare, percent_axis, theme
from lpo_analysis.errors import ParameterError, choices

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Curve = Literal["accept", "outgoing", "inspected"]
_YLABELS: dict[str, str] = {
    "accept": "Probability of acceptance",
    "outgoing": "Average share defective after inspection",
    "inspected": "Items looked at on average",
}
_SIGNALS = {"outside": ("s", COLOURS["warm"], "beyond a limit"), "run": ("D", "white", "ends a run on one side")}


def plan_curve(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    show: Curve = "accept",
    title: str = "",
    xlabel: str = "Share defective in the lot",
    marks: Sequence[tuple[float, str]] = (),
) -> Axes:
    """Draw one curve of a sampling plan over the quality that comes in. The curve is exact: it has no interval.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns share, accept, outgoing, inspected; rows rise with the share.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    show : {'accept', 'outgoing', 'inspected'}
        Operating characteristic, average outgoing quality, or average total inspection.
    title, xlabel : str, optional
        What to see, and the quantity.
    marks : sequence of (float, str)
        Shares to point out, and what they are.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on; without a size of lot, the inspection has no curve and the axis says so.

    Raises
    ------
    ParameterError
        If there is no such curve.
    """
    from matplotlib.ticker import FuncFormatter

    if show not in get_args(Curve):
        raise ParameterError(f"show: got {show!r}.", remedy=choices(show, get_args(Curve)))
    with theme():
        ax = axis(ax, height=3.6)
        ax.plot(frame["share"], frame[show], color=COLOURS["main"], linewidth=2)
        for at, text in marks:
            ax.axvline(at, color=COLOURS["warm"], linewidth=1, linestyle="--")
            # At half the height none of the three curves passes to the right of a mark.
            ax.annotate(text, (at, 0.5), xycoords=("data", "axes fraction"), xytext=(4, 0), textcoords="offset points", va="center",
                        color=COLOURS["warm"], fontsize=9)  # fmt: skip
        if frame[show].isna().all():
            ax.text(0.5, 0.5, "needs the size of the lot", transform=ax.transAxes, ha="center", color=COLOURS["muted"])
        bare(ax, grid="y")
        percent_axis(ax, which="x")
        ax.set_xlim(left=0)
        if show == "inspected":
            ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        else:
            ax.set_ylim(0, 1.02 if show == "accept" else None)
            percent_axis(ax, which="y")
        ax.set_title(title)
        ax.set_xlabel(xlabel)
        ax.set_ylabel(_YLABELS[show])
    return ax


def control(
    frame: pd.DataFrame,
    *,
    ax: Axes | None = None,
    title: str = "",
    xlabel: str = "Batch",
    ylabel: str = "Share defective",
) -> Axes:
    """Draw batches in their order between their control limits; what signals looks different, without colour too.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns batch, share, centre, low, high, signal (``outside``, ``run`` or empty).
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, xlabel, ylabel : str, optional
        What to see, and the quantities.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.
    """
    from matplotlib.ticker import MaxNLocator

    with theme():
        ax = axis(ax, height=3.6)
        batch = frame["batch"]
        ax.fill_between(
            batch, frame["low"], frame["high"], step="mid", color=COLOURS["band"], linewidth=0, label="control limits"
        )
        for end in ("low", "high"):
            ax.step(batch, frame[end], where="mid", color=COLOURS["light"], linewidth=1)
        ax.plot(batch, frame["centre"], color=COLOURS["ink"], linewidth=1, linestyle="--", label="centre")
        ax.plot(batch, frame["share"], color=COLOURS["main"], linewidth=1, marker="o", markersize=4.5)
        for signal, (marker, face, text) in _SIGNALS.items():
            hit = frame[frame["signal"] == signal]
            if len(hit):
                ax.plot(
                    hit["batch"],
                    hit["share"],
                    marker,
                    color=COLOURS["warm"],
                    markerfacecolor=face,
                    markersize=8,
                    label=text,
                )
        bare(ax, grid="y")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
        percent_axis(ax, which="y")
        ax.set_ylim(bottom=min(0.0, float(frame["share"].min())))
        ax.legend(frameon=False, fontsize=8, ncols=4, loc="upper left", bbox_to_anchor=(0, -0.16))
        ax.set_title(title)
        ax.set_xlabel(xlabel, loc="right")
        ax.set_ylabel(ylabel)
    return ax
