"""One look for every figure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {
    "main": "#0b5c8a",
    "light": "#9cc3d9",
    "warm": "#c2501b",
    "warm_light": "#eec3ab",
    "ink": "#1d2733",
    "muted": "#5f6b78",
    "grid": "#dde3e8",
    "band": "#d6e6ef",
}
"""Blue and orange, distinct for the colour-blind and in grey."""

RUNG_COLOURS = {1: "#0b5c8a", 2: "#5b9bbf", 3: "#e39a72", 4: "#c2501b"}
"""From fitted (blue) to assumed (orange)."""

_LONG_TITLE = 36
"""Signs up to which a title fits beside the widest labels."""
_STYLE: dict[Any, Any] = {
    "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlepad": 12,
    "axes.labelsize": 10,
    "figure.dpi": 100,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.8,
    "savefig.dpi": 192,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["ink"],
    "xtick.labelsize": 9,
    "ytick.labelsize": 10,
}


def blend(one: str, other: str, share: float) -> str:
    """Mix two colours.

    Parameters
    ----------
    one, other : str
        Such as ``#0b5c8a``.
    share : float
        Of the other, 0-1.

    Returns
    -------
    str
        The colour between them.
    """
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = ((1 - share) * a + share * b for a, b in zip(to_rgb(one), to_rgb(other), strict=True))
    return to_hex((red, green, blue))


@contextmanager
def theme() -> Iterator[None]:
    """Apply the look for the time of a drawing, and leave the user's own settings alone.

    Yields
    ------
    None
        Within it, figures take the kit's look.
    """
    import matplotlib as mpl
    import seaborn as sns

    with mpl.rc_context(), sns.axes_style("whitegrid"):
        mpl.rcParams.update(_STYLE)
        yield


def axis(ax: Axes | None, *, height: float, width: float = 7.2) -> Axes:
    """Return the axis given, or one of a new figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Where to draw.
    height, width : float
        Size of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The axis.
    """
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(width, height), layout="constrained")
    return figure.add_subplot()


def fit_titles(figure: Figure) -> None:
    """Break titles that would run out of the picture into lines.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure, drawn on.
    """
    from matplotlib.text import Text

    long = [(ax, text) for ax in figure.axes if len(text := ax.get_title(loc="left")) > _LONG_TITLE]
    if not long:
        return
    figure.draw_without_rendering()
    for ax, words in long:
        for title in ax.get_children():
            if not isinstance(title, Text) or title.get_text() != words:
                continue
            box = title.get_window_extent()
            room = figure.bbox.x1 - box.x0 - 0.01 * figure.bbox.width
            if box.width > room:
                title.set_text(fill(words, max(int(len(words) * room / box.width), 12)))


def bare(ax: Axes, *, grid: str = "x") -> Axes:
    """Take away what carries no information.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axis.
    grid : {'x', 'y'}
        Which lines help reading.

    Returns
    -------
    matplotlib.axes.Axes
        The same axis.
    """
    for side in ("top", "right", "left" if grid == "x" else "bottom"):
        ax.spines[side].set_visible(False)
    ax.grid(visible=False)
    ax.grid(visible=True, axis="x" if grid == "x" else "y")
    ax.set_axisbelow(True)
    ax.tick_params(length=0)
    return ax


def percent_axis(ax: Axes, *, which: str = "x") -> None:
    """Label an axis of shares in percent.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axis.
    which : {'x', 'y'}
        Which of its two directions.
    """
    from matplotlib.ticker import FuncFormatter

    target = ax.xaxis if which == "x" else ax.yaxis

    def text(value: float, _: int | None) -> str:
        low, high = target.get_view_interval()
        ticks = 100 * np.asarray(target.get_majorticklocs(), dtype=float)
        # Ticks of a narrow axis would all round to the same percentage, and a tick at 2.5% would be called 2%.
        fine = abs(high - low) < 0.08 or bool((np.abs(ticks - ticks.round()) > 1e-6).any())
        return f"{100 * value:,.1f}%" if fine else f"{100 * value:,.0f}%"

    target.set_major_formatter(FuncFormatter(text))
