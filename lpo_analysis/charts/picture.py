"""The picture of a result, drawn once."""

from __future__ import annotations

import io
import sys
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from types import FunctionType
from typing import TYPE_CHECKING

from lpo_analysis.charts.shared import shared, sharing
from lpo_analysis.charts.theme import fit_texts
from lpo_analysis.results import Result

if TYPE_CHECKING:
    import pandas as pd

_SHOWN_OTHERWISE = ("backend", "backend_fallback", "interactive")
"""Settings that say where a figure is shown, not what it looks like."""


@dataclass(frozen=True)
class _Drawing:
    """What is to be drawn; two are equal where the same picture would come of them."""

    look: tuple[Hashable, ...]
    result: Result = field(compare=False)
    options: Mapping[str, object] = field(compare=False)


def picture(result: Result, **options: object) -> bytes:
    """Draw a result and return it as PNG.

    What was drawn before from the same numbers, in the same words and under the same settings is not drawn again, so reports
    of one batch share the figures that do not depend on what tells them apart, through a folder that the batch sets.

    Parameters
    ----------
    result : Result
        A result with a figure.
    **options : object
        Passed to the drawing function.

    Returns
    -------
    bytes
        The PNG, at 192 dots per inch, twice those of a screen; no figure is left open.
    """
    drawing = _Drawing(_look(result, options), result, options)
    try:
        hash(drawing)
    except TypeError:
        # An option that cannot be compared: draw without looking back.
        return _draw(drawing)
    return _print(drawing)


def _look(result: Result, options: Mapping[str, object]) -> tuple[Hashable, ...]:
    import matplotlib as mpl

    draw, frame = result.draw, result.plot_data
    # The function itself and not its name: who defines it anew in a notebook wants the new one.
    said = (draw.func, draw.args, *draw.keywords.items()) if isinstance(draw, partial) else (draw,)
    numbers = "" if frame is None else _numbers(frame)
    settings = {name: value for name, value in mpl.rcParams.items() if name not in _SHOWN_OTHERWISE}
    return (*map(_typed, (*said, *options.items())), numbers, repr(settings))


def _typed(part: object) -> Hashable:
    """Tell apart what is equal and written otherwise, such as 1, 1.0 and True."""
    if isinstance(part, tuple | list):
        return type(part).__name__, tuple(map(_typed, part))
    return type(part).__name__, repr(part) if isinstance(part, float) else part


def _numbers(frame: pd.DataFrame) -> str:
    """Write a frame so that no other frame is written alike; in a column of objects 1 and "1" are two things."""
    index = frame.index.to_frame(index=False, name=[f"index {n}" for n in range(frame.index.nlevels)])
    kinds = [_kinds(index), _kinds(frame)]
    return f"{kinds}\n{list(frame.columns)}\n{frame.attrs}\n{frame.to_csv(na_rep='<NA>')}"


def _kinds(frame: pd.DataFrame) -> list[object]:
    """List what the cells of each column are."""
    import pandas as pd

    found: list[object] = []
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        listed = column.dtype.categories.tolist() if isinstance(column.dtype, pd.CategoricalDtype) else None
        types = column.map(type).astype(str).tolist() if column.dtype == object else None
        found.append((str(column.dtype), listed, types))
    return found


@lru_cache(maxsize=32)
def _print(drawing: _Drawing) -> bytes:
    """Look among what this process has drawn, then among what the reports of this batch have."""
    try:
        look = "\n".join(map(_spelt, drawing.look)) if sharing() else ""
    except TypeError:
        return _draw(drawing)
    return shared(look, lambda: _draw(drawing))


def _spelt(part: object) -> str:
    """Spell a part of a look the same way in every process, or raise TypeError where only this process knows what it is."""
    if part is None or isinstance(part, str | int | float | bytes):
        return f"{type(part).__name__} {part!r}"
    if isinstance(part, tuple | list):
        return f"{type(part).__name__} [{', '.join(map(_spelt, part))}]"
    if isinstance(part, FunctionType | type):
        module, name = str(part.__module__), str(part.__name__)
        # Only what its name leads to: a method would hide its object, a closure what it closes over.
        named = getattr(sys.modules.get(module), name, None)
        if named is part and module.partition(".")[0] == "lpo_analysis":
            return f"{module}.{name}"
    raise TypeError(f"{part!r} means nothing to another process")


def _draw(drawing: _Drawing) -> bytes:
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = drawing.result.plot(**drawing.options).get_figure(root=True)  # type: ignore[arg-type]
    assert figure is not None, "an axis drawn on has a figure"
    buffer = io.BytesIO()
    # `savefig` would draw twice, the first time for the layout alone; printed at once, the layout runs within the one drawing.
    figure.set_dpi(192)
    fit_texts(figure)
    # A fixed Software entry keeps the bytes free of the library's version string.
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": "lpo-analysis"})  # type: ignore[no-untyped-call]
    plt.close(figure)
    return buffer.getvalue()
