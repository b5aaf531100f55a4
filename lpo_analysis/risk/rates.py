"""What a share of breached firms says of the yearly rate and of the years ahead, and how many firms stand behind a share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.proportions import share_interval

_LEAST_SHARE = 1e-6
_ALIKE = 1e-9
"""Squared coefficient of variation below which firms are alike to the precision of a float."""


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
    return float(mean_rate(share, years, variation))


def mean_rate(share: Floats | float, years: Floats | float, variation: Floats | float = 0.0) -> Floats:
    """Return the mean rate over firms that makes a share of them breached at least once, element by element.

    Parameters
    ----------
    share : ndarray of float or float
        Share breached, at least 0 and below 1.
    years : ndarray of float or float
        Years the share looks back over, above 0.
    variation : ndarray of float or float, default 0
        Coefficient of variation of the rate between firms (gamma), at least 0.

    Returns
    -------
    ndarray of float
        Breaches a firm and year, as in `yearly_rate`.
    """
    spared, squared = -np.log1p(-np.asarray(share)), np.square(variation)
    varied = np.expm1(squared * spared) / np.maximum(squared, _ALIKE)
    return np.asarray(np.where(squared > _ALIKE, varied, spared) / years)


def at_least_one(rate: Floats | float, years: Floats | float, variation: Floats | float = 0.0) -> Floats:
    """Return the share of firms with at least one event within so many years, element by element.

    Parameters
    ----------
    rate : ndarray of float or float
        Mean rate over the firms, a year.
    years : ndarray of float or float
        Years ahead.
    variation : ndarray of float or float, default 0
        Coefficient of variation of the rate between firms (gamma), at least 0.

    Returns
    -------
    ndarray of float
        1 - (1 + c^2 rate years)^(-1 / c^2), the chance for a firm picked at random; 1 - exp(-rate years) for firms that are alike.
        The inverse of `mean_rate`.
    """
    events, squared = np.asarray(rate) * years, np.square(variation)
    varied = np.log1p(squared * events) / np.maximum(squared, _ALIKE)
    return np.asarray(-np.expm1(-np.where(squared > _ALIKE, varied, events)))


def rates(draws: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Return what draws of the inputs say of the breaches of a year.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws by input of `loss_inputs`.

    Returns
    -------
    tuple of ndarray of float
        Breaches of any kind, and breaches that reach client data, a year: the mean over firms of the size, or the firm's own where its
        incidents are known.

    Notes
    -----
    Both published shares are of firms: P of them were ever breached, and of those a share q had client data reached. So P q is the share
    of firms with at least one breach that reached client data, and each share becomes a rate by `mean_rate`. That rate over the other is
    the share of breaches which reach client data, below q because a firm breached often has more than one chance.
    """
    if "breach_rate" in draws:
        return draws["breach_rate"], draws["breach_rate"] * draws["reaching_share"]
    breached = ever_breached(draws)
    years, variation = draws["memory_years"], draws["firm_variation"]
    return mean_rate(breached, years, variation), mean_rate(breached * draws["client_share"], years, variation)


def ever_breached(draws: Mapping[str, Floats]) -> Floats:
    """Return the share of firms ever breached, those included that were without the one asked knowing.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws of breached_share and, where there are any that do not know, of breached_unknown.

    Returns
    -------
    ndarray of float
        Share, below 1.
    """
    known = draws["breached_share"]
    breached = known + (1 - known) * draws.get("breached_unknown", 0.0)
    return np.asarray(np.clip(breached, _LEAST_SHARE, 1 - _LEAST_SHARE))


def variation_of(draws: Mapping[str, Floats]) -> Floats | float:
    """Return how much the rate differs between firms given each draw.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws by input of `loss_inputs`.

    Returns
    -------
    ndarray of float or float
        Coefficients of variation; 0 where the rate is the firm's own, whose distribution holds it already.
    """
    return draws.get("firm_variation", 0.0)


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
