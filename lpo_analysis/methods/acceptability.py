"""How often each of several choices comes first, second and so on over joint draws."""

from __future__ import annotations

import numpy as np

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.draws import Floats


def rank_acceptability(values: Floats) -> Floats:
    """Return the share of draws in which each choice takes each rank.

    Parameters
    ----------
    values : ndarray of float, shape (draws, choices)
        Worth of every choice in every draw, more is better; all choices of a draw under the same state of the world.

    Returns
    -------
    ndarray of float, shape (choices, ranks)
        Shares of the draws; rows and columns add up to 1. Choices that tie in a draw share its ranks evenly.

    Raises
    ------
    ParameterError
        If there is no draw or a value is missing.

    References
    ----------
    Tervonen, T. & Figueira, J. (2006). A survey on stochastic multicriteria acceptability analysis methods. INESC Coimbra, research report 1.
    """
    worth = np.asarray(values, dtype=float)
    if worth.ndim != 2 or not worth.size or np.isnan(worth).any():
        raise ParameterError("values: need at least one draw and one choice, and no missing value")
    draws, choices = worth.shape
    better = (worth[:, None, :] > worth[:, :, None]).sum(axis=2)
    tied = (worth[:, None, :] == worth[:, :, None]).sum(axis=2)
    shares = np.zeros((choices, choices))
    for rank in range(choices):
        held = (better <= rank) & (rank < better + tied)
        shares[:, rank] = (held / tied).sum(axis=0) / draws
    return shares
