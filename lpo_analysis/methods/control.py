"""Control charts of shares over batches, which tell whether the level of quality has moved."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lpo_analysis.charts import control
from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.counts import whole
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, percent

Kind = Literal["laney", "p"]
_RUN = 9
_LEAST = 8
# Mean distance of two independent standard normal values.
_D2 = 2 / np.sqrt(np.pi)


def control_chart(
    defects: ArrayLike, sampled: ArrayLike, *, kind: Kind = "laney", baseline: int | None = None
) -> Result:
    """Chart the share defective of batches in their order, with three-sigma limits.

    Parameters
    ----------
    defects : array_like of int, shape (batches,)
        Defects found in each batch.
    sampled : array_like of int, shape (batches,)
        Items checked in each.
    kind : {'laney', 'p'}, default 'laney'
        Laney's p' chart lets batches differ by more (or less) than the binomial says, as real ones do; the p chart does not.
    baseline : int, optional
        Set centre and limits by the first so many batches; by default by all.

    Returns
    -------
    Result
        Terms centre, sigma_z (spread of batches against the binomial; 1 in a p chart), outside (batches beyond a limit) and runs
        (batches that end nine in a row on one side of the centre); `plot_data` holds share, centre, limits and signal of each
        batch. Not estimable with fewer than eight batches to set the limits, or without any defect or any sound item in them.

    Raises
    ------
    ParameterError
        If the lengths differ, a number is no count, or a batch has more defects than items.

    References
    ----------
    Laney, D. B. (2002). Improved control charts for attributes. Quality Engineering 14(4), 531-537.
    Nelson, L. S. (1984). The Shewhart control chart - tests for special causes. Journal of Quality Technology 16(4), 237-239.
    """
    if kind not in get_args(Kind):
        raise ParameterError(f"kind: got {kind!r}.", remedy=choices(kind, get_args(Kind)))
    found, items = (np.atleast_1d(np.asarray(x, dtype=float)) for x in (defects, sampled))
    if found.shape != items.shape or found.ndim != 1:
        raise ParameterError(f"defects and sampled: must be as many, got {found.size} and {items.size}")
    for number, (x, n) in enumerate(zip(found, items, strict=True), start=1):
        whole(f"items of batch {number}", n, low=1)
        whole(f"defects of batch {number}", x, high=int(n), high_name="its items")
    first = (
        len(found) if baseline is None else whole("baseline", baseline, low=2, high=len(found), high_name="the batches")
    )
    terms = ("centre", "sigma_z", "outside", "runs")
    method = "Laney p'" if kind == "laney" else "p chart"
    if first < _LEAST:
        reason = f"{count(first, 'batch', 'batches')} are too few to set limits; {_LEAST} are needed"
        return not_estimable("control_chart", reason, terms=terms, method=method)
    share, centre = found / items, float(found[:first].sum() / items[:first].sum())
    if centre in (0.0, 1.0):
        return not_estimable(
            "control_chart", "the batches that set the limits are all alike", terms=terms, method=method
        )
    sigma = np.sqrt(centre * (1 - centre) / items)
    z = (share - centre) / sigma
    spread = float(np.abs(np.diff(z[:first])).mean() / _D2)
    factor = spread if kind == "laney" else 1.0
    low, high = np.maximum(centre - 3 * factor * sigma, 0.0), np.minimum(centre + 3 * factor * sigma, 1.0)
    outside, runs = (share < low) | (share > high), _runs(np.sign(share - centre))
    signal = np.where(outside, "outside", np.where(runs, "run", ""))
    chart = pd.DataFrame(
        {
            "batch": np.arange(1, len(share) + 1),
            "share": share,
            "centre": centre,
            "low": low,
            "high": high,
            "signal": signal,
        }
    )
    units = ("share", "ratio", "batches", "batches")
    values = (centre, factor, outside.sum(), runs.sum())
    table = tidy(
        {"term": name, "estimate": float(value), "n_obs": len(share), "unit": unit, "method": method}
        for name, value, unit in zip(terms, values, units, strict=True)
    )
    said = [f"batch {number} ({word})" for number, word in zip(chart["batch"], signal, strict=True) if word]
    text = f"The level is {percent(centre, width=0.01)} over {first} batches; " + (
        f"it has moved: {listing(said)}." if said else "no batch tells that it has moved."
    )
    check = Check(
        "Batches differ as the binomial says",
        bool(0.67 < spread < 1.5),
        f"They differ by {spread:.2f} times as much from one to the next. "
        + ("The limits allow for it." if kind == "laney" else "The limits of a p chart do not allow for it."),
    )
    flagged = f"Marked: {listing(said)}." if said else "None is marked."
    alt = (
        f"Control chart of {count(len(share), 'batch', 'batches')}: shares defective from {percent(share.min(), width=0.01)} to "
        f"{percent(share.max(), width=0.01)} around a centre of {percent(centre, width=0.01)}, between three-sigma limits. {flagged}"
    )
    return Result(
        "control_chart", table, text, checks=(check,), n_used=len(share), plot_data=chart, draw=control, alt=alt
    )


def _runs(side: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Say which batches end nine or more in a row on one side; one on the centre breaks a row."""
    ends, length, last = np.zeros(len(side), dtype=bool), 0, 0.0
    for at, value in enumerate(side):
        length = 0 if value == 0 else length + 1 if value == last else 1
        last = value
        ends[at] = length >= _RUN
    return ends
