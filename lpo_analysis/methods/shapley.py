"""Shapley effects: shares of the variance that add up to one, whether inputs depend on each other or not."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtrit

from lpo_analysis.errors import ParameterError
from lpo_analysis.methods.dependence import factor, pearson_of_spearman
from lpo_analysis.methods.draws import Floats, open_interval
from lpo_analysis.methods.inputs import Inputs
from lpo_analysis.methods.sensitivity import Model

EXACT_UP_TO = 5
"""Number of inputs up to which all orders are walked."""


def shapley_effects(
    model: Model, inputs: Inputs, *, draws: int = 8192, orders: int = 512, level: float = 0.90, seed: int = 0
) -> pd.DataFrame:
    """Estimate Shapley effects.

    Parameters
    ----------
    model : callable
        The model.
    inputs : Inputs
        Its inputs, with or without correlations; these enter by the Gaussian copula.
    draws : int, default 8192
        Draws of the inputs; the model is computed for so many times the number of inputs plus one.
    orders : int, default 512
        Random orders among which the draws are divided, where there are more than five inputs; with five or fewer all
        orders are walked.
    level : float, default 0.90
        Probability that an interval covers.
    seed : int, default 0
        Seed of the draws and orders.

    Returns
    -------
    pandas.DataFrame
        One input a row: ``input``, ``effect`` (its share of the variance, what it does together with others divided
        evenly; all shares are positive in expectation and add up to 1), ``error``, ``low`` and ``high``. NaN where the output does not vary.

    Raises
    ------
    ParameterError
        If there are fewer than two draws for each order.

    References
    ----------
    Owen, A. B. & Prieur, C. (2017). On Shapley value for measuring importance of dependent inputs. SIAM/ASA Journal on
    Uncertainty Quantification 5(1). https://doi.org/10.1137/16M1097717
    Song, E., Nelson, B. L. & Staum, J. (2016). Shapley effects for global sensitivity analysis: theory and computation.
    SIAM/ASA Journal on Uncertainty Quantification 4(1). https://doi.org/10.1137/15M1048070
    Goda, T. (2021). A simple algorithm for global sensitivity analysis with Shapley effects. Reliability Engineering & System
    Safety 213. https://doi.org/10.1016/j.ress.2021.107702

    Notes
    -----
    The worth of a set of inputs is the variance that remains when all others are known (Song et al.). In an order, inputs
    join one by one; each draw gives an unbiased worth of every set on the way, half the squared difference between the model
    there and where the set is drawn anew given the others (two inner draws, of which one serves the whole way, as Goda has it
    for independent inputs). Drawing anew given the others is exact: with the others first in the triangular factor of the
    copula's normal correlations, it means new innovations for the set.
    """
    names = inputs.names
    d = len(names)
    rng = np.random.default_rng(seed)
    exact = d <= EXACT_UP_TO
    n_orders = factorial(d) if exact else orders
    each = draws // n_orders
    if each < 2:
        raise ParameterError(
            f"draws: {draws} are too few for {n_orders} orders.", remedy=f"Take at least {2 * n_orders}."
        )
    walks = np.array(list(permutations(range(d))) if exact else [rng.permutation(d) for _ in range(n_orders)])
    # The last to join is first in the triangle, so that those who joined are drawn given those who did not.
    backwards = walks[:, ::-1]
    normal = pearson_of_spearman(inputs.ranks)
    lower = factor(normal[backwards[:, :, None], backwards[:, None, :]])
    known, anew = (rng.standard_normal((n_orders, each, d)) for _ in range(2))
    at_known = _run(model, inputs, known, lower, backwards)
    worth = np.zeros((n_orders, each, d + 1))
    for joined in range(1, d + 1):
        innovations = np.concatenate([known[:, :, : d - joined], anew[:, :, d - joined :]], axis=2)
        worth[:, :, joined] = (at_known - _run(model, inputs, innovations, lower, backwards)) ** 2 / 2
    gains = np.empty((n_orders, each, d))
    np.put_along_axis(gains, np.broadcast_to(walks[:, None, :], gains.shape), np.diff(worth, axis=2), axis=2)
    return _shares(names, gains, clusters=not exact, level=level)


def _run(model: Model, inputs: Inputs, innovations: Floats, lower: Floats, backwards: Floats) -> Floats:
    normals = np.empty_like(innovations)
    correlated = innovations @ np.swapaxes(lower, -1, -2)
    np.put_along_axis(normals, np.broadcast_to(backwards[:, None, :], normals.shape), correlated, axis=2)
    columns = open_interval(ndtr(normals.reshape(-1, normals.shape[2])).T)
    values = {item.name: item.ppf(u) for item, u in zip(inputs, columns, strict=True)}
    return np.asarray(model(values), dtype=float).reshape(innovations.shape[:2])


def _shares(names: tuple[str, ...], gains: Floats, *, clusters: bool, level: float) -> pd.DataFrame:
    """Divide gains by the variance they add up to; the error of a ratio by linearisation.

    Random orders are a sample, so the draws of one order are a cluster; where all orders are walked they are strata.
    """
    variance = float(gains.sum(axis=2).mean())
    total = gains.mean(axis=(0, 1))
    if not variance > 0:
        return pd.DataFrame({"input": names, **dict.fromkeys(("effect", "error", "low", "high"), np.nan)})
    effect = total / variance
    residual = (gains - effect * gains.sum(axis=2, keepdims=True)) / variance
    if clusters:
        means = residual.mean(axis=1)
        error, df = means.std(axis=0, ddof=1) / np.sqrt(len(means)), len(means) - 1
    else:
        within = residual.var(axis=1, ddof=1) / residual.shape[1]
        error, df = np.sqrt(within.mean(axis=0) / len(residual)), residual.shape[0] * (residual.shape[1] - 1)
    reach = float(stdtrit(df, (1 + level) / 2)) * error
    return pd.DataFrame(
        {"input": names, "effect": effect, "error": error, "low": effect - reach, "high": effect + reach}
    )
