"""What stands behind the numbers of two finished reports and differs: inputs, and rows of the evidence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lpo_analysis.wording import count, listing, number

if TYPE_CHECKING:
    from lpo_analysis.reporting.compare import Finished

_COMPARED = ("low", "median", "high", "rung", "basis", "rows")
"""What of an input is looked at; those from `basis` on tell a change of evidence."""
_ROWS_SHOWN = 8
"""Rows of evidence that are named; further ones are counted."""


def differing(first: Finished, run: Finished) -> list[dict[str, Any]]:
    """List the inputs whose record differs from the first report's.

    Parameters
    ----------
    first, run : Finished
        Two reports.

    Returns
    -------
    list of dict
        Keys input, run, before, after, what and alone, as of `Comparison.inputs`.
    """
    found = []
    for name, other in _paired(first, run):
        a, b = first.inputs.get(name), run.inputs.get(other)
        if a is None or b is None:
            what = f"only in {run.name if a is None else first.name}"
        else:
            changed = _changed(a, b)
            if not changed:
                continue
            range_too = [
                name
                for name in ("range", "rung")
                if ("rung" in changed if name == "rung" else {"low", "median", "high"} & set(changed))
            ]
            rows = ["the rows behind it"] if "rows" in changed else ["its basis"] if "basis" in changed else []
            what = f"{listing([*range_too, *rows])} {'differ' if len(range_too) + len(rows) > 1 or 'rows' in changed else 'differs'}"
        alone = math.nan if a is None or b is None else _alone(first.tornado.get(name), a, b)
        label = _called(name if a is not None else other, b or a or {})
        found.append(
            {"input": label, "run": run.name, "before": _range(a), "after": _range(b), "what": what, "alone": alone}
        )
    return found


def _changed(a: Mapping[str, str], b: Mapping[str, str]) -> list[str]:
    return [column for column in _COMPARED if a.get(column) != b.get(column)]


def _paired(first: Finished, run: Finished) -> list[tuple[str, str]]:
    """Pair the inputs of two reports: by name, and of those left, the ones that are called and recorded alike."""
    pairs = [(name, name) for name in dict.fromkeys([*first.inputs, *run.inputs])]
    for name in [name for name in first.inputs if name not in run.inputs]:
        a = first.inputs[name]
        # An input that only one way of doing the work has goes by another name where others have it, too.
        twin = next(
            (
                other
                for other, b in run.inputs.items()
                if other not in first.inputs
                and b.get("label")
                and b.get("label") == a.get("label")
                and not _changed(a, b)
            ),
            None,
        )
        if twin is not None and (twin, twin) in pairs:
            pairs.remove((twin, twin))
            pairs.remove((name, name))
    return pairs


def _called(name: str, row: Mapping[str, str]) -> str:
    """Call an input by its label, with what it belongs to where its name tells that."""
    label = row.get("label") or name
    _, _, way = name.partition("@")
    return f"{label} ({way})" if way and way not in label else label


def _alone(row: Mapping[str, str] | None, before: Mapping[str, str], now: Mapping[str, str]) -> float:
    """Read off a tornado by how much the answer moves if one input takes another value; NaN outside of what was tried."""
    try:
        told = row or {}
        ends = float(told["input_low"]), float(before["median"]), float(told["input_high"])
        answers = float(told["at_low"]), float(told["base"]), float(told["at_high"])
        value = float(now["median"])
    except (KeyError, ValueError):
        return math.nan
    # Straight lines between the three points that a tornado knows.
    inside = ends[0] <= value <= ends[2] and ends[0] < ends[1] < ends[2]
    return float(np.interp(value, ends, answers)) - answers[1] if inside else math.nan


def _range(row: Mapping[str, str] | None) -> str:
    if row is None:
        return "none"
    try:
        low, middle, high = (number(float(row[column])) for column in ("low", "median", "high"))
    except (KeyError, ValueError):
        return "not told"
    return f"{middle}, {low} to {high}, rung {row.get('rung', '?')}"


def other_evidence(first: Finished, run: Finished) -> Iterator[str]:
    """Tell which rows of the evidence only one of two reports uses.

    Parameters
    ----------
    first, run : Finished
        Two reports.

    Yields
    ------
    str
        How many rows, the first of them, and who published them.
    """
    for here, there in ((first, run), (run, first)):
        only = [row for row in here.evidence if row not in there.evidence]
        if only and there.evidence:
            makers = listing(list(dict.fromkeys(here.evidence[row] for row in only)))
            told = ", ".join(only[:_ROWS_SHOWN]) + (
                f" and {len(only) - _ROWS_SHOWN} more" if len(only) > _ROWS_SHOWN else ""
            )
            yield f"only in {here.name}, not in {there.name}: {count(len(only), 'row')} ({told}) of {makers}"
