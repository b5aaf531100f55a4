"""What a share of breached firms says of the yearly rate, and how many firms stand behind a share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.proportions import share_interval


def yearly_rate(
    share: float, years: float, *, n: float | None = None, level: float = 0.90, variation: float = 0.0
) -> float:
    """Return the yearly rate that makes a share of firms breached at least once.

    Parameters
    ----------
    share : float
        Share breached, 0-1.
    years : float
        Years the share looks back over, above 0.
    n : float, optional
        Firms behind the share. A share of 0 or 1 enters by the inner end of its Wilson interval, for which n must be known.
    level : float, default 0.90
        Level of that interval.
    variation : float, default 0
        Coefficient of variation of the rate between firms (gamma). At 0 all firms are alike.

    Returns
    -------
    float
        Mean rate over firms: -ln(1 - P) / T for firms that are alike, ((1 - P)^(-c^2) - 1) / (c^2 T) for firms that vary by c.

    Raises
    ------
    ParameterError
        If the share does not lie within 0-1, no time has passed, or the share is 0 or 1 and n is not told.

    Notes
    -----
    By Jensen's inequality the mean rate of firms that differ is above that of firms that are alike with the same share.
    """
    if not 0 <= share <= 1:
        raise ParameterError(f"share: must lie between 0 and 1, got {share!r}", remedy="2% is 0.02.")
    if not (np.isfinite(years) and years > 0):
        raise ParameterError(f"years: must be above 0, got {years!r}")
    if not (np.isfinite(variation) and variation >= 0):
        raise ParameterError(f"variation: must be 0 or above, got {variation!r}")
    if share in (0, 1):
        if n is None or not np.isfinite(n):
            raise ParameterError("share: a share of 0 or 1 has no finite rate where n is not told")
        low, high = share_interval(share, n, level=level)
        share = high if share == 0 else low
    spared = -np.log1p(-share)
    squared = variation**2
    return float((np.expm1(squared * spared) / squared if squared > 1e-9 else spared) / years)


_OF_A_PART = ("breach_outcome_share", "third_party_critical_infrastructure")
"""Metrics and categories that rest on a part of the sample (breached firms, one kind of organisation), whose size is not told."""


def known_n(rows: pd.DataFrame) -> pd.Series:
    """Return the sample size of each row where it is that of its question, else NaN.

    Parameters
    ----------
    rows : pandas.DataFrame
        Observations.

    Returns
    -------
    pandas.Series
        A sample size belongs to its source: a row of one kind of firm among several, or of an older year, has none of its own.
    """
    n = rows["sample_size"].astype("Float64").astype(float)
    newest = rows.groupby("study_id")["year_end"].transform("max")
    sizes = rows.groupby("study_id")["buyer_size"].transform("nunique")
    places = rows.groupby(["study_id", "metric", "category", "year_end"], observed=True)["value"].transform("size")
    part = rows["metric"].isin(_OF_A_PART) | rows["category"].isin(_OF_A_PART)
    return n.where(
        ~part & (rows["year_end"] == newest) & (places == 1) & ((sizes == 1) | rows["buyer_size"].isin(["all", ""]))
    )
