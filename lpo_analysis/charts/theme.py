"""One look for every figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

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

_LONG_TITLE = 24
"""Signs up to which a text fits beside the widest names."""
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
    # Two amounts in dollars are no formula.
    "text.parse_math": False,
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


def fit_texts(figure: Figure) -> None:
    """Break titles, names of axes and headings that would run out of the picture into lines.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure, drawn on.

    Notes
    -----
    The room is reckoned from the names beside the axis: laying the picture out to measure it would take half as long as drawing it.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text as Words

    whole, renderer = figure.bbox, FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    for ax in figure.axes:
        words = ax.get_title(loc="left")
        titles = [text for text in ax.get_children() if words and isinstance(text, Words) and text.get_text() == words]
        headings = [
            text for text in ax.texts if text.get_fontweight() == "bold" and text.get_horizontalalignment() == "left"
        ]
        long = [text for text in (*titles, *headings) if len(text.get_text()) > _LONG_TITLE]
        under, beside = ax.xaxis.label, ax.yaxis.label
        if not long and max(len(under.get_text()), len(beside.get_text())) <= _LONG_TITLE:
            continue
        names = [text.get_window_extent(renderer).width for text in ax.get_yticklabels() if text.get_text()]
        own = beside.get_window_extent(renderer).width if beside.get_text() else 0.0
        left = max(names, default=0.0) + own + 0.025 * whole.width
        wide = 0.985 * whole.width - left
        for text in long:
            _fold(text, text.get_window_extent(renderer).width, wide)
        # Centred below its axis, a name reaches as far to the right as to the left.
        _fold(under, under.get_window_extent(renderer).width, min(wide, whole.width - left) + 0.01 * whole.width)
        _fold(beside, beside.get_window_extent(renderer).height, whole.height - 0.85 * figure.dpi)


def _fold(text: Text, length: float, room: float) -> None:
    words = text.get_text()
    if length > room:
        text.set_text(fill(words, max(int(len(words) * room / length), 12)))


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
        seen = ticks[(ticks >= 100 * min(low, high) - 1e-6) & (ticks <= 100 * max(low, high) + 1e-6)]
        fine = bool((np.abs(seen - seen.round()) > 1e-6).any())
        return f"{100 * value:,.1f}%" if fine else f"{100 * value:,.0f}%"

    target.set_major_formatter(FuncFormatter(text))


def number_axis(ax: Axes, *, which: str = "x", log: bool = False) -> None:
    """Label an axis of amounts with thousands separators, and set enough numbers on a short logarithmic one.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axis, with its limits set.
    which : {'x', 'y'}
        Which of its two directions.
    log : bool, default False
        Whether it is to be logarithmic.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    target = ax.xaxis if which == "x" else ax.yaxis
    if log:
        (ax.set_xscale if which == "x" else ax.set_yscale)("log")
        low, high = target.get_view_interval()
        if high < 300 * low:
            # Powers of ten alone would leave a short axis with one number.
            target.set_major_locator(LogLocator(subs=(1, 2, 5)))
    target.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    target.set_minor_formatter(NullFormatter())


def bound_of(estimate: float, low: float, high: float) -> tuple[float, str]:
    """Say where a figure stands and how it is marked: what is only a bound points to where the figure may lie.

    Parameters
    ----------
    estimate : float
        The figure; missing where only one end of it is known.
    low, high : float
        Its ends, missing where open.

    Returns
    -------
    tuple of (float, str)
        The place, and a marker of matplotlib.
    """
    if np.isnan(estimate) and np.isnan(low) != np.isnan(high):
        return (high, "<") if np.isnan(low) else (low, ">")
    return estimate, "o"


BOUNDS = {">": "\u25b6\u00a0at\u00a0least", "<": "\u25c0\u00a0at\u00a0most"}
"""What a figure says of its triangles, beneath the axis."""


def with_bounds(xlabel: str, marks: Iterable[str]) -> str:
    """Add to the name of an axis what the triangles on it mean.

    Parameters
    ----------
    xlabel : str
        Name of the axis.
    marks : iterable of str
        Markers drawn.

    Returns
    -------
    str
        The name, unchanged where there is no triangle.
    """
    drawn = set(marks)
    return "; ".join([xlabel, *(words for mark, words in BOUNDS.items() if mark in drawn)])
