"""A table of states as coloured, hatched and lettered cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from lpo_analysis.charts.theme import COLOURS, axis, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_SHORT = 5
"""Signs up to which the name of a column stands upright."""


class State(NamedTuple):
    """How cells of one state look; told apart by shade, by pattern and by what is written in them.

    Parameters
    ----------
    name : str
        The state, as in the frame and in the legend.
    mark : str
        What is written in the cell.
    colour : str
        Such as ``#0b5c8a``.
    hatch : str
        Pattern of matplotlib; empty for none.
    """

    name: str
    mark: str
    colour: str
    hatch: str = ""


def heatmap(
    frame: pd.DataFrame,
    *,
    states: Sequence[State],
    ax: Axes | None = None,
    title: str = "",
    legend: str = "",
    xlabel: str = "",
) -> Axes:
    """Draw one cell a row and column, in the look of its state, with a legend of the states that occur.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns row, column and state, and main (bool: the name of the row is set off), optionally main_column (bool: that of the column);
        rows and columns stand in the order in which they first occur. A pair that does not occur stays blank.
    states : sequence of State
        Looks, in the order of the legend.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    title, legend, xlabel : str, optional
        What to see, the heading of the legend, and what the columns are.

    Returns
    -------
    matplotlib.axes.Axes
        The axis drawn on.

    Raises
    ------
    ValueError
        If a state has no look, or a cell occurs twice.
    """
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch, Rectangle

    looks = {look.name: look for look in states}
    strange = sorted(set(frame["state"]) - set(looks))
    if strange:
        raise ValueError(f"no look for {', '.join(map(repr, strange))}; there is one for {', '.join(looks)}")
    if frame.duplicated(["row", "column"]).any():
        raise ValueError("a cell stands in the frame twice")
    rows, columns = list(dict.fromkeys(frame["row"])), list(dict.fromkeys(frame["column"]))
    main = {str(name) for name in frame.loc[frame["main"], "row"]}
    with theme():
        import matplotlib as mpl

        mpl.rcParams["hatch.linewidth"] = 0.6
        ax = axis(ax, height=1.9 + 0.3 * len(rows), width=max(5.0, 2.4 + 0.62 * len(columns)))
        for item in frame.itertuples(index=False):
            look = looks[str(item.state)]
            x, y = columns.index(item.column), rows.index(item.row)
            red, green, blue = to_rgb(look.colour)
            dark = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.5
            edge = "#ffffff" if dark else COLOURS["muted"]
            cell = Rectangle(
                (x - 0.5, y - 0.5), 1, 1, facecolor=look.colour, hatch=look.hatch, edgecolor=edge, linewidth=0
            )
            ax.add_patch(cell)
            ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, edgecolor="#ffffff", linewidth=2))
            box = {"facecolor": look.colour, "edgecolor": "none", "pad": 1.2}
            ax.text(x, y, look.mark, ha="center", va="center", fontsize=8.5, color="#ffffff" if dark else COLOURS["ink"], bbox=box)  # fmt: skip
        ax.set_xlim(-0.5, len(columns) - 0.5)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.grid(visible=False)
        for side in ax.spines.values():
            side.set_visible(False)
        ax.tick_params(length=0, bottom=False, labelbottom=False, labeltop=True)
        # What fits above its column need not be turned.
        short = max(len(str(name)) for name in columns) <= _SHORT
        turned: dict[str, Any] = {} if short else {"rotation": 35, "ha": "left", "rotation_mode": "anchor"}
        ax.set_xticks(
            range(len(columns)),
            columns,
            **turned,
            fontsize=8.5,
            color=COLOURS["ink"],
        )
        ax.set_yticks(range(len(rows)), rows, fontsize=8.5)
        for text in ax.get_yticklabels():
            if text.get_text() in main:
                text.set(fontweight="bold", color=COLOURS["warm"])
        strong = {str(name) for name in frame.loc[frame["main_column"], "column"]} if "main_column" in frame else set()
        for text in ax.get_xticklabels():
            if text.get_text() in strong:
                text.set(fontweight="bold", color=COLOURS["warm"])
        if xlabel:
            ax.xaxis.set_label_position("top")
            ax.set_xlabel(xlabel, fontsize=8.5, loc="left")
        ax.set_title(title)
        present = [look for name, look in looks.items() if name in set(frame["state"])]
        handles = [
            Patch(facecolor=look.colour, hatch=look.hatch, edgecolor=COLOURS["muted"], linewidth=0.5, label=f"{look.mark}  {look.name}" if look.mark else look.name)
            for look in present
        ]  # fmt: skip
        ax.legend(handles=handles, title=legend or None, loc="upper left", bbox_to_anchor=(0, -0.02), ncols=2, frameon=False, fontsize=8.5, title_fontsize=8.5, handlelength=2.2, handleheight=1.3)  # fmt: skip
    return ax
