"""What counts, shares and levels must be, said once."""

from __future__ import annotations

import numpy as np

from lpo_analysis.errors import ParameterError


def whole(name: str, value: float, *, low: int = 0, high: int | None = None, high_name: str = "") -> int:
    """Return a count as an integer, or say what is wrong with it.

    Parameters
    ----------
    name : str
        Name of the argument.
    value : float
        What was given.
    low : int, default 0
        Least value allowed.
    high : int, optional
        Greatest value allowed.
    high_name : str, optional
        What the greatest value is, such as ``the lot``.

    Returns
    -------
    int
        The count.

    Raises
    ------
    ParameterError
        If it is no whole number or out of range.
    """
    if isinstance(value, bool) or not np.isfinite(value) or value != int(value):
        raise ParameterError(f"{name}: must be a whole number, got {value!r}")
    if value < low:
        raise ParameterError(f"{name}: must be at least {low}, got {int(value)}")
    if high is not None and value > high:
        of = f" ({high_name})" if high_name else ""
        raise ParameterError(f"{name}: {int(value)} is more than {high}{of}")
    return int(value)


def fraction(name: str, value: float) -> float:
    """Return a probability strictly between 0 and 1, or say what is wrong with it.

    Parameters
    ----------
    name : str
        Name of the argument.
    value : float
        What was given.

    Returns
    -------
    float
        The probability.

    Raises
    ------
    ParameterError
        If it does not lie between 0 and 1.
    """
    if not 0 < value < 1:
        hint = "Shares are given as 0-1: 2% is 0.02." if value >= 1 else None
        raise ParameterError(f"{name}: must lie between 0 and 1, got {value!r}", remedy=hint)
    return float(value)
