"""The ladder of evidence: what an uncertain input may claim to know, and how wide it must therefore be.

Rung 1, fitted: at least three studies of this task and place; the basis tells where they are all by one maker or two. Rung 2,
stated: a range from one or two of them, read as quantiles. Rung 3, borrowed: from a named neighbour, or a lone figure without a
range, widened by a factor. Rung 4, assumption: a parameter, never made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence.money import ends, middle_year
from lpo_analysis.evidence.select import comparable

QUANTILES = (0.05, 0.95)
"""What the low and high end of an input stand for."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A set of observations that may inform an input.

    Parameters
    ----------
    name : str
        What they are about, in words: "document review in India".
    frame : pandas.DataFrame
        Observations with numeric columns ``low`` and ``high``, both positive; missing on an open side.
    own : bool
        Whether this is the very task and place asked for; otherwise it is borrowed.
    at : tuple of float, optional
        Quantiles that a stated range stands for.
    """

    name: str
    frame: pd.DataFrame
    own: bool = True
    at: tuple[float, float] = QUANTILES


@dataclass(frozen=True, eq=False)
class Evidenced:
    """What the evidence says of an input.

    Parameters
    ----------
    low, high : float
        5% and 95% quantile.
    rung : int
        1 fitted, 2 stated, 3 borrowed or a lone figure.
    basis : str
        How it was found, in words.
    rows : tuple of str
        Identifiers of the observations used.
    n_studies : int
        Studies among them.
    n_set_aside : int
        Observations of the same set that are only a floor or a ceiling.
    year : float
        Mean year of observation, by study.
    """

    low: float
    high: float
    rung: int
    basis: str
    rows: tuple[str, ...]
    n_studies: int
    n_set_aside: int
    year: float


def as_shares(frame: pd.DataFrame, *, ceiling_from: float | None = None) -> pd.DataFrame:
    """Put percentages as shares into columns ``low`` and ``high``.

    Parameters
    ----------
    frame : pandas.DataFrame
        Observations in percent.
    ceiling_from : float, optional
        Lower end of a figure that is only a ceiling; without it such a figure stays open below.

    Returns
    -------
    pandas.DataFrame
        A copy with low, high and observed.
    """
    low, high = (end / 100 for end in ends(comparable(frame)))
    if ceiling_from is not None:
        low = np.where(frame["form"] == "ceiling", ceiling_from, low)
    return frame.assign(low=low, high=high, observed=middle_year(frame))


def climb(candidates: Sequence[Candidate], *, widening: float, share: bool = False) -> Evidenced | None:
    """Take the first candidate that bears an input, and stand on the highest rung it reaches.

    Parameters
    ----------
    candidates : sequence of Candidate
        In order of preference: the very task and place first, then named neighbours.
    widening : float
        Factor at least 1 by which a borrowed or lone figure is widened on either side: of the amount, or for a share of
        its odds.
    share : bool, default False
        Whether the input is a share between 0 and 1.

    Returns
    -------
    Evidenced or None
        None where no candidate has a usable figure.

    Raises
    ------
    ParameterError
        If `widening` is below 1.

    Notes
    -----
    Three studies or more: the 5% and 95% quantile of the predictive t distribution of the log (for a share: log odds) of
    the study means, which carries both the spread between studies and their number, combined in quadrature with the ranges
    the studies state. One or two studies: the envelope of the stated ranges. Figures without a range keep their place in the
    order but stand on rung 3, because their width is the factor's and not the evidence's.
    """
    if not widening >= 1:
        raise ParameterError(f"widening: must be at least 1, got {widening!r}")
    for candidate in candidates:
        usable = candidate.frame.dropna(subset=["low", "high"])
        if usable.empty:
            continue
        return _stand(candidate, usable, widening, share)
    return None


def _forward(x: np.ndarray | pd.Series | float, share: bool) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    return np.log(x / (1 - x)) if share else np.log(x)


def _back(x: float, share: bool) -> float:
    return float(1 / (1 + np.exp(-x))) if share else float(np.exp(x))


def _by(usable: pd.DataFrame, studies: int) -> str:
    """Tell of how few makers several studies are: waves of one maker are no studies of their own."""
    makers = usable["publisher_id"].nunique() if "publisher_id" in usable else 0
    if not 0 < makers < min(studies, 3):
        return ""
    return ", by two makers" if makers == 2 else f", {'both' if studies == 2 else 'all'} by one maker"


def _stand(candidate: Candidate, usable: pd.DataFrame, widening: float, share: bool) -> Evidenced:
    low_end, high_end = _forward(usable["low"], share), _forward(usable["high"], share)
    stated = low_end < high_end
    studies = pd.DataFrame(
        {
            "mid": (low_end + high_end) / 2,
            "year": usable["observed"].to_numpy(dtype=float),
            "low": np.where(stated, low_end, np.nan),
            "high": np.where(stated, high_end, np.nan),
        }
    ).groupby(usable["study_id"].to_numpy())
    grouped = studies[["mid", "year"]].mean()
    # Several points of one study (years, roles) are no stated range: they average to one lone figure.
    grouped["low"] = studies["low"].min().fillna(grouped["mid"])
    grouped["high"] = studies["high"].max().fillna(grouped["mid"])
    k = len(grouped)
    said = f"{k} {'study' if k == 1 else 'studies'} of {candidate.name}{_by(usable, k)}"
    if k >= 3:
        # Imported here, so that whoever only reads figures need not wait for it.
        from scipy.special import stdtrit

        center = grouped["mid"].to_numpy()
        between = float(stdtrit(k - 1, QUANTILES[1])) * float(center.std(ddof=1)) * np.sqrt(1 + 1 / k)
        # A study that states a range knows its own figure only that well.
        within = np.sqrt(float((((grouped["high"] - grouped["low"]) / 2) ** 2).mean()))
        half = float(np.hypot(between, within))
        low, high = center.mean() - half, center.mean() + half
        rung, basis = 1, f"fitted to {said}"
    else:
        low, high = float(grouped["low"].min()), float(grouped["high"].max())
        rung, basis = 2, f"range stated by {said}"
        if candidate.at != QUANTILES and high > low:
            # A log-normal through the stated quantiles, read at 5% and 95%.
            ratio = NormalDist().inv_cdf(QUANTILES[1]) / NormalDist().inv_cdf(candidate.at[1])
            middle, half = (low + high) / 2, (high - low) / 2 * ratio
            low, high = middle - half, middle + half
            basis += f", read as its {candidate.at[0]:.0%} and {candidate.at[1]:.0%} quantiles"
        if grouped["low"].eq(grouped["high"]).all():
            # Two lone figures that happen to agree are no range either.
            rung, basis = 3, f"lone figure of {said}" if k == 1 else f"lone figures of {said}"
    if rung == 3 or not candidate.own:
        low, high = low - np.log(widening), high + np.log(widening)
        basis = f"{basis if rung == 3 else 'borrowed: ' + basis}, widened by {widening:g}"
        rung = 3
    return Evidenced(
        _back(low, share),
        _back(high, share),
        rung,
        basis,
        tuple(usable.index),
        k,
        len(candidate.frame) - len(usable),
        float(grouped["year"].mean()),
    )
