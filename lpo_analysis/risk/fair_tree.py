"""The annual loss once more, as a FAIR tree with PERT distributions, for those who think in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis.evidence import Evidence
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.fair import PERT_CONVENTION, FairTree, pert
from lpo_analysis.methods.severity import Points
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.annual import CARRIED, annual_loss, worst
from lpo_analysis.risk.inputs import Rate
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.rates import rates
from lpo_analysis.risk.severity import cost_points
from lpo_analysis.wording import money

SIZE = 8192
"""Points of the tree's grid."""
POINTS_AT = (0.05, 0.5, 0.95)
"""Quantiles taken as least, most likely and greatest value."""


def _terms(p: Parameters) -> dict[str, str]:
    return {
        "mean": "expected loss a year",
        "var": f"least loss of {worst(p)}",
        "tvar": f"mean loss of {worst(p)}",
    }


def fair_tree(
    evidence: Evidence, parameters: Parameters, *, rate: Rate | None = None, loss: Result | None = None
) -> Result:
    """Compute the annual loss as a FAIR tree on the same inputs.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    rate : tuple of float, optional
        Shape and rate of the gamma distribution of breaches a year that own incidents leave, see `loss_inputs`.
    loss : Result, optional
        The outcome of `annual_loss` for the same question, where it is there already.

    Returns
    -------
    Result
        Terms ``mean``, ``var`` and ``tvar`` of the tree (USD), with columns ``compound`` (the same from the joint draws) and ``ratio``;
        ``model`` holds the ``tree`` and ``nodes``, a frame of its three points.

    Notes
    -----
    A breach of any kind has happened, so it is a loss event and no threat event: primary loss event frequency is the yearly rate of
    breaches of any kind, secondary loss event frequency the share of them that reaches client data (the rate of those over the rate of
    all), secondary loss magnitude the cost of one such breach. Threat events and vulnerability, which surveys do not tell, are not split out. Each node becomes a beta-PERT
    distribution of three points: the 5% and 95% quantile stand in for least and greatest value, the median for the most likely one.
    What lies beyond the ends is lost, and the median of a skewed quantity is not its mode, so the tree is no better than the draws.
    """
    p = parameters
    loss = annual_loss(evidence, p, rate=rate) if loss is None else loss
    if not loss.estimable:
        return not_estimable("fair_tree", str(loss.reason), terms=_terms(p), level=p.level)
    draws, years = loss.model["draws"], loss.model["years"]
    every, client = rates(draws)
    costs = np.concatenate([cost_points(draws, p, i).values for i in range(min(CARRIED, len(every)))])
    nodes = _nodes({"primary loss event frequency (breaches of any kind a year)": every,
                    "secondary loss event frequency (share of them that reaches client data)": client / every,
                    "secondary loss magnitude (USD a breach)": costs})  # fmt: skip
    threats, share, cost = (_pert(*map(float, row)) for row in nodes[["low", "mode", "high"]].to_numpy())
    tree = FairTree(threats, share, cost if hasattr(cost, "ppf") else Points([cost]))
    made, at, whole = tree.annual_loss(size=SIZE), 1 - 1 / p.tail_years, years.whole
    found = {
        "mean": (made.mean, float(loss.row("expected_loss")["estimate"])),
        "var": (float(made.quantile(at)), float(whole.quantile(at))),
        "tvar": (float(made.tvar(at)), float(whole.tvar(at))),
    }
    table = tidy(
        {"term": term, "label": _terms(p)[term], "estimate": tree_value, "level": p.level, "n_obs": len(nodes), "unit": "USD",
         "method": "FAIR tree, beta-PERT, compound by FFT", "compound": other, "ratio": tree_value / other if other else np.nan}
        for term, (tree_value, other) in found.items()
    )  # fmt: skip
    tail = found["tvar"]
    text = (
        f"As a FAIR tree the same inputs give an expected {money(found['mean'][0], 'USD', digits=2)} a year and "
        f"{money(tail[0], 'USD', digits=2)} on average in {worst(p)}, against {money(found['mean'][1], 'USD', digits=2)} and {money(tail[1], 'USD', digits=2)} from the joint draws (means over them). "
        "The median stands where the most likely value belongs, and quantiles stand for the ends: three points keep the middle of each input and cut its tails. "
        f"The convention is {PERT_CONVENTION}."
    )
    return Result(
        "fair_tree", table, text,
        checks=tuple(Check(f"FAIR {check.name}", check.passed, f"{check.text}.") for check in made.checks),
        rows=loss.rows, n_used=len(nodes), model={"tree": tree, "nodes": nodes},
    )  # fmt: skip


def _nodes(samples: dict[str, Floats]) -> pd.DataFrame:
    rows = [(name, *map(float, np.quantile(values, POINTS_AT))) for name, values in samples.items()]
    return pd.DataFrame(rows, columns=["node", "low", "mode", "high"])


def _pert(low: float, mode: float, high: float) -> Any:
    # Three equal points are a number, not a distribution.
    return pert(low, mode, high) if low < high else mode
