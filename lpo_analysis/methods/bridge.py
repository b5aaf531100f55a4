"""From one period's total to the next: what volume, mix and rates each did to it, exactly and in no particular order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.methods.draws import Floats

VOLUME, RATE, NO_VOLUME = "volume", "rate", "no_volume"


@dataclass(frozen=True, eq=False)
class Bridge:
    """The change of a total, taken apart.

    Parameters
    ----------
    before, after : float
        Totals of the two periods.
    parts : pandas.Series
        Change by cause: `volume`, one `mix_...` for each category, `rate`, `no_volume` (amounts without any volume); they sum to the
        change.
    cells : pandas.DataFrame
        One cell of the categories a row: categories, status (`both`, `new`, `vanished`, `no_volume`), volume_before, volume_after,
        amount_before, amount_after, and the parts; they sum to the change of its amount.
    """

    before: float
    after: float
    parts: pd.Series
    cells: pd.DataFrame

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before


def rate_volume_mix(
    before: pd.DataFrame, after: pd.DataFrame, *, by: Sequence[str], volume: str = "hours", amount: str = "spend"
) -> Bridge:
    """Take the change of a total apart into volume, mix and rate.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Rows of the two periods; rows of one cell are summed.
    by : sequence of str
        Columns of the categories, the coarser first: the mix of the second is that within the first, and so on.
    volume, amount : str
        Columns with the volume, 0 or more, and with what it cost, which may be negative.

    Returns
    -------
    Bridge
        Shapley values: each part is the average, over all orders in which the causes might have come, of what it changed when its
        turn came. Hence parts sum to the change and do not depend on an order.

    Raises
    ------
    ParameterError
        If a column is missing, a value is missing or infinite, a volume is negative after summing, or a period has no volume.

    Notes
    -----
    An amount is total volume x share of the category (x share within it, for a second one) x rate. Where a cell has volume in one
    period only, its rate, and the shares within a category that is all new or gone, are unknown in the other and taken as
    unchanged: the whole of a new or vanished cell is volume and mix, never rate. Amounts of cells without volume in either period,
    such as expenses or adjustments, are a part of their own; so is the amount of a period in which a cell had an amount but no
    volume.

    References
    ----------
    Shorrocks, A. F. (2013). Decomposition procedures for distributional analysis: a unified framework based on the Shapley value.
    Journal of Economic Inequality 11(1). https://doi.org/10.1007/s10888-011-9214-z
    """
    names = list(by)
    if not names:
        raise ParameterError("by: at least one category is needed")
    sums = [_summed(frame, names, volume, amount, which) for frame, which in ((before, "before"), (after, "after"))]
    cells = sums[0].add_suffix("_before").join(sums[1].add_suffix("_after"), how="outer").fillna(0.0).sort_index()
    volumes, amounts = (
        np.stack([cells[f"{kind}_{when}"].to_numpy() for when in ("before", "after")]) for kind in ("volume", "amount")
    )
    totals = volumes.sum(axis=1)
    for when, total in zip(("before", "after"), totals, strict=True):
        if not total > 0:
            raise ParameterError(f"{when}: has no volume, so there is no rate")
    bare = (volumes == 0) & (amounts != 0)
    charged = np.where(bare, 0.0, amounts)
    factors = [np.broadcast_to(totals[:, None], volumes.shape), *_shares(cells, names, volumes, totals)]
    factors.append(_filled(charged, volumes))
    labels = [VOLUME, *(f"mix_{name}" for name in names), RATE]
    parts = pd.DataFrame(_shapley(factors), index=labels).T
    parts[NO_VOLUME] = np.where(bare, amounts, 0.0)[1] - np.where(bare, amounts, 0.0)[0]
    there = volumes > 0
    status = np.select([there.all(axis=0), there[1], there[0]], ["both", "new", "vanished"], NO_VOLUME)
    table = cells.reset_index()
    table.insert(len(names), "status", status)
    table = pd.concat([table, parts], axis=1)
    return Bridge(float(amounts[0].sum()), float(amounts[1].sum()), parts.sum(), table)


def _summed(frame: pd.DataFrame, names: list[str], volume: str, amount: str, which: str) -> pd.DataFrame:
    for name in (*names, volume, amount):
        if name not in frame:
            raise ParameterError(
                f"{which}: has no column {name!r}.", remedy=choices(name, list(map(str, frame.columns)))
            )
    data = frame[[*names, volume, amount]].rename(columns={volume: "volume", amount: "amount"})
    if data[names].isna().any().any():
        raise ParameterError(f"{which}: a row has no category", remedy="Give such rows a category of their own.")
    data = data.astype({"volume": float, "amount": float})
    if not np.isfinite(data[["volume", "amount"]].to_numpy()).all():
        raise ParameterError(f"{which}: every volume and amount must be a finite number")
    sums = data.groupby(names, sort=True, observed=True)[["volume", "amount"]].sum()
    if (sums["volume"] < 0).any():
        low = int((sums["volume"] < 0).sum())
        raise ParameterError(
            f"{which}: the volume of {low} of {len(sums)} cells is negative", remedy="Join them with others."
        )
    return sums


def _filled(top: Floats, bottom: Floats) -> Floats:
    """Divide, and where the divisor is 0 in one period take the other period's ratio."""
    ratio = np.divide(top, bottom, out=np.zeros_like(top, dtype=float), where=bottom > 0)
    return np.where(bottom > 0, ratio, ratio[::-1])


def _shares(cells: pd.DataFrame, names: list[str], volumes: Floats, totals: Floats) -> list[Floats]:
    """Return the share of each category within the one before it, both periods."""
    found, whole = [], np.broadcast_to(totals[:, None], volumes.shape)
    for depth in range(1, len(names) + 1):
        group = cells.groupby(level=names[:depth], sort=False).ngroup().to_numpy()
        inner = np.stack([np.bincount(group, row)[group] for row in volumes])
        found.append(_filled(inner, whole))
        whole = inner
    return found


def _shapley(factors: Sequence[Floats]) -> list[Floats]:
    """Return what each factor of a product contributes to its change, averaged over all orders."""
    k = len(factors)
    parts = []
    for j in range(k):
        others = [i for i in range(k) if i != j]
        total = np.zeros(factors[0].shape[1])
        for size in range(k):
            weight = factorial(size) * factorial(k - 1 - size) / factorial(k)
            for changed in combinations(others, size):
                held = [factors[i][1] if i in changed else factors[i][0] for i in others]
                total += weight * np.prod(held, axis=0)
        parts.append(total * (factors[j][1] - factors[j][0]))
    return parts
