"""What one breach of client data costs: records times the cost of one, with a floor for the response."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lpo_analysis.evidence import Evidence, real_frame, select
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.severity import Points
from lpo_analysis.risk.inputs import mean_cost
from lpo_analysis.risk.parameters import Parameters

POINTS = 512
"""Equally likely values that stand for the share of the records a breach reaches."""


def cost_points(
    draws: Mapping[str, Floats], parameters: Parameters, at: int, *, held: float = 1.0
) -> Points:
    """Return the distribution of the cost of one breach, given one draw of the inputs.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws by input of `lpo_analysis.risk.inputs.loss_inputs`.
    parameters : Parameters
        Records, and the share of them that a breach reaches.
    at : int
        Which draw.
    held : float, default 1
        Share of the firm's records at the place of the breach.

    Returns
    -------
    Points
        USD; `POINTS` equally likely values, one a share reached.
    """
    low, high = parameters.reached_share
    reach = low + (high - low) * (np.arange(POINTS) + 0.5) / POINTS
    whole = parameters.records * held * draws["cost_per_record"][at]
    return Points(np.maximum(draws["response_floor"][at], whole * reach))


def by_records(draws: Mapping[str, Floats], parameters: Parameters) -> pd.DataFrame:
    """Return what a breach costs firms with few and many records.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws by input of `lpo_analysis.risk.inputs.loss_inputs`.
    parameters : Parameters
        The question; its records are among those shown.

    Returns
    -------
    pandas.DataFrame
        Columns records, asked (bool), estimate, conf_low, conf_high (USD an event, median and interval over the draws of the
        expected cost), floor_share (breaches whose cost is that of the response alone, mean over the draws), per_record (USD).
    """
    p = parameters
    low, high = p.reached_share
    rows = []
    for records in sorted({500, 5_000, 50_000, 500_000, p.records}):
        asked = p.model_copy(update={"records": records})
        cost = mean_cost(draws, asked)
        ends = np.quantile(cost, [0.5, (1 - p.level) / 2, (1 + p.level) / 2])
        whole = records * draws["cost_per_record"]
        with np.errstate(divide="ignore"):
            turn = np.divide(draws["response_floor"], whole)
        bound = np.where(turn >= high, 1.0, np.clip((turn - low) / max(high - low, 1e-12), 0, 1))
        rows.append((records, records == p.records, *map(float, ends), float(bound.mean()), ends[0] / records if records else np.nan))
    return pd.DataFrame(
        rows, columns=["records", "asked", "estimate", "conf_low", "conf_high", "floor_share", "per_record"]
    )


def study_means(evidence: Evidence, parameters: Parameters) -> pd.DataFrame:
    """Set the mean costs of the studies beside the size of the breaches they are of; none enters an estimate.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Price year, grades, records.

    Returns
    -------
    pandas.DataFrame
        One US year of the study a row: year, per_incident, per_record (USD of the price year), implied_records (their ratio:
        the records of its mean breach), for_whom (whether a firm with these records can have such a breach), rows.
    """
    p = parameters
    found = {}
    for name, metric in (("per_incident", "breach_cost"), ("per_record", "breach_cost_per_record")):
        rows = select(evidence, metric=metric, category="all_industries", geography="USA", grades=p.grades, required=False)
        frame = real_frame(rows, price_year=p.price_year)
        scale = 1e6 if name == "per_incident" else 1.0
        found[name] = frame.assign(cost=scale * (frame["real_low"] + frame["real_high"]) / 2, row=frame.index)
    both = found["per_incident"].merge(found["per_record"], on="year_end", suffixes=("_incident", "_record"))
    implied = (both["cost_incident"] / both["cost_record"]).round()
    fits = np.where(implied <= p.records, "as large as a breach of all records here", "larger than a breach of all records here")
    return pd.DataFrame({
        "year": both["year_end"].astype(int), "per_incident": both["cost_incident"], "per_record": both["cost_record"],
        "implied_records": implied, "for_whom": np.where(implied <= p.records, "smaller than all records here", fits),
        "rows": [f"{a}, {b}" for a, b in zip(both["row_incident"], both["row_record"], strict=True)],
    })  # fmt: skip
