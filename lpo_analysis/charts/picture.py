"""The picture of a result, drawn once."""

from __future__ import annotations

import io
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial

from lpo_analysis.results import Result


@dataclass(frozen=True)
class _Drawing:
    """What is to be drawn; two are equal where the same picture would come of them."""

    look: tuple[Hashable, ...]
    result: Result = field(compare=False)
    options: Mapping[str, object] = field(compare=False)


def picture(result: Result, **options: object) -> bytes:
    """Draw a result and return it as PNG.

    What was drawn before from the same numbers, in the same words and under the same settings is not drawn again, so reports
    of one batch share the figures that do not depend on what tells them apart.

    Parameters
    ----------
    result : Result
        A result with a figure.
    **options : object
        Passed to the drawing function.

    Returns
    -------
    bytes
        The PNG, at 160 dots per inch; no figure is left open.
    """
    drawing = _Drawing(_look(result, options), result, options)
    try:
        hash(drawing)
    except TypeError:
        # An option that cannot be compared: draw without looking back.
        return _print.__wrapped__(drawing)
    return _print(drawing)


def _look(result: Result, options: Mapping[str, object]) -> tuple[Hashable, ...]:
    import matplotlib as mpl

    draw, frame = result.draw, result.plot_data
    # The function itself and not its name: who defines it anew in a notebook wants the new one.
    said = (draw.func, draw.args, *draw.keywords.items()) if isinstance(draw, partial) else (draw,)
    numbers = "" if frame is None else f"{frame.dtypes.to_dict()}\n{frame.to_csv(na_rep='<NA>')}"
    return (*said, *options.items(), numbers, repr(dict(mpl.rcParams)))


@lru_cache(maxsize=32)
def _print(drawing: _Drawing) -> bytes:
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = drawing.result.plot(**drawing.options).get_figure(root=True)  # type: ignore[arg-type]
    assert figure is not None, "an axis drawn on has a figure"
    buffer = io.BytesIO()
    # `savefig` would draw twice, the first time for the layout alone; printed at once, the layout runs within the one drawing.
    figure.set_dpi(160)
    # A fixed Software entry keeps the bytes free of the library's version string.
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": "lpo-analysis"})  # type: ignore[no-untyped-call]
    plt.close(figure)
    return buffer.getvalue()
