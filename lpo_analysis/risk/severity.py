"""What one breach of client data costs: records times the cost of one, with a floor for the response."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis.charts import forest
from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import Evidence, real_frame, select
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.severity import Points, as_severity
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.inputs import Rate, at_floor, draw, mean_cost, spread, uncapitalised
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.register import TRUNCATION, register
from lpo_analysis.wording import count, money, percent, probability, sentence

POINTS = 512
"""Equally likely values that stand for the share of the records a breach reaches."""


def costs_at(
    draws: Mapping[str, Floats], parameters: Parameters, at: slice, *, held: Floats | float = 1.0, points: int = POINTS
) -> Floats:
    """Return what breaches cost, given some draws of the inputs.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws by input of `lpo_analysis.risk.inputs.loss_inputs`.
    parameters : Parameters
        Records.
    at : slice
        Which draws, k of them.
    held : ndarray of float or float, default 1
        Share of the firm's records at the place of the breach, of all draws.
    points : int, default 512
        Equally likely breaches a draw.

    Returns
    -------
    ndarray of float, shape (k, points)
        USD an event.
    """
    mean = draws["mean_reach"][at, None]
    reach = ((np.arange(points) + 0.5) / points) ** ((1 - mean) / mean)
    whole = np.broadcast_to(parameters.records * held * draws["cost_per_record"], draws["cost_per_record"].shape)[at]
    return np.maximum(draws["response_floor"][at, None], whole[:, None] * reach)


def cost_points(draws: Mapping[str, Floats], parameters: Parameters, at: int, *, held: float = 1.0) -> Points:
    """Return the distribution of the cost of one breach, given one draw of the inputs.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws by input of `lpo_analysis.risk.inputs.loss_inputs`.
    parameters : Parameters
        Records.
    at : int
        Which draw.
    held : float, default 1
        Share of the firm's records at the place of the breach.

    Returns
    -------
    Points
        USD; `POINTS` equally likely values, one a share reached.
    """
    return Points(costs_at(draws, parameters, slice(at, at + 1), held=held)[0])


def cost_as_register(draws: Mapping[str, Floats], parameters: Parameters) -> Floats:
    """Return the expected cost of a breach if it reached as many people as those that the health register lists.

    Parameters
    ----------
    draws : mapping of str to ndarray of float
        Draws by input of `lpo_analysis.risk.inputs.loss_inputs`.
    parameters : Parameters
        Records, which no breach exceeds; level.

    Returns
    -------
    ndarray of float
        USD an event. An assumption about law firms, beside the share of the records that a breach is taken to reach.

    Notes
    -----
    With L lognormal above the truncation, N records, a cost c a record and a response f, E[max(f, c min(L, N))] =
    f + c (E[min(L, N)] - E[min(L, f / c)]) where f / c is below N.
    """
    fit = as_severity(register(parameters.level).sizes.model)
    cut, records = float(TRUNCATION), float(parameters.records)
    above, base = float(fit.sf(np.array([cut]))[0]), float(fit.limited(np.array([cut]))[0])

    def limited(at: Floats) -> Floats:
        return np.asarray(np.where(at <= cut, at, cut + (fit.limited(np.maximum(at, cut)) - base) / above))

    floor, price = draws["response_floor"], draws["cost_per_record"]
    turn = np.minimum(floor / price, records)
    return np.asarray(floor + price * (limited(np.full_like(turn, records)) - limited(turn)))


def _terms(p: Parameters) -> dict[str, str]:
    return {
        "mean": "cost of one breach, on average",
        "as_register": f"the same if it reached as many people as US health breaches of {TRUNCATION} and more, at most all records",
        "floor_share": "breaches that cost no more than the response",
    }


def breach_cost(evidence: Evidence, parameters: Parameters, *, rate: Rate | None = None) -> Result:
    """Estimate what one breach of client data costs firms with few and many records.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    rate : tuple of float, optional
        As for `loss_inputs`; it changes how often, not how much.

    Returns
    -------
    Result
        Terms ``mean``, ``as_register`` (USD an event) and ``floor_share``: mean over the draws and interval over what is not known of the inputs.
        ``plot_data`` runs over the records held; ``model`` holds ``study_means``.

    Notes
    -----
    Records x cost of a record is linear; a response has a cost of its own, which a small firm pays in full. Means per incident of
    the studies are of breaches larger than a small firm has records, so none enters: `study_means` says of what they are.
    """
    p = parameters
    try:
        draws, inputs = draw(evidence, p, rate=rate)
    except NoEvidenceError as error:
        return not_estimable("breach_cost", uncapitalised(error.what), terms=_terms(p), level=p.level)
    used = [inputs[name] for name in ("cost_per_record", "response_floor")]
    rows = tuple(dict.fromkeys(row for item in used for row in item.rows))
    samples = {
        "mean": mean_cost(draws, p),
        "as_register": cost_as_register(draws, p),
        "floor_share": _floor_share(draws, p),
    }
    records = []
    for term, sample in samples.items():
        middle, low, high = spread(sample, p.level)
        unit = "share of breaches" if term == "floor_share" else "USD"
        records.append({"term": term, "label": _terms(p)[term], "estimate": middle, "std_error": float(sample.std()), "conf_low": low, "conf_high": high,
                        "level": p.level, "n_obs": len(rows), "unit": unit, "method": f"mean of {p.draws:,} joint draws"})  # fmt: skip
    table, by_size, means = tidy(records), by_records(draws, p), study_means(evidence, p)
    own, other, floor = (table.iloc[i] for i in range(3))

    def usd(row: pd.Series) -> str:
        ends = [money(row[end], "USD", digits=2) for end in ("estimate", "conf_low", "conf_high")]
        return f"{ends[0]} ({ends[1]} to {ends[2]})"

    few, reach = by_size.iloc[0], p.reached_share
    reached = percent(reach[0]) if reach[0] == reach[1] else f"{percent(reach[0])} to {percent(reach[1])}"
    text = (
        f"One breach of client data at a firm with {count(p.records, 'record')} costs {usd(own)} on average if breaches reach {reached} of them on average (an assumption). "
        f"{sentence(probability(floor['estimate']))} of such breaches cost no more than the response itself. "
    )
    if not few["asked"]:
        text += f"With {int(few['records']):,} records it is {money(few['estimate'], 'USD', digits=2)}, and {percent(few['floor_share'])} of breaches cost the response alone. "
    text += (
        f"If it reached as many people as the US health breaches of {TRUNCATION} people and more, at most all records, it would cost {usd(other)}."
        f"{_of_studies(means, p)}"
    )
    data = by_size.assign(
        group="Records the firm holds",
        label=[f"{row.records:,}{' (asked)' if row.asked else ''}" for row in by_size.itertuples()],
        weak=False,
    )
    return Result(
        "breach_cost", table, text,
        checks=(Check("Study means", None, "Mean costs per incident of the studies enter no estimate; they stand in a table that says of which breaches they are."),
                Check("Linear in records", None, "No figure on file shows how the cost of a record falls with the number of records; it is taken as constant above the floor.")),
        rows=(*rows, "table:breach_size_bins_us_health:all"), n_used=len(rows),
        plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]],
        draw=partial(forest, title="What one breach costs, by what the firm holds", xlabel=f"USD of {p.price_year}, mean and {p.level:.0%} interval", percent=False, log=True),
        alt="Expected cost of a breach: " + "; ".join(f"{row.label} records {money(row.estimate, 'USD', digits=2)}" for row in data.itertuples()) + ".",
        model={"by_records": by_size, "study_means": means},
    )  # fmt: skip


def _of_studies(means: pd.DataFrame, p: Parameters) -> str:
    if means.empty:
        return ""
    low, high = means["implied_records"].min(), means["implied_records"].max()
    fits = "more than this firm holds" if low > p.records else "no more than this firm holds"
    if low <= p.records < high:
        fits = "partly more than this firm holds"
    return (
        f" The studies' mean cost per incident divided by their cost a record is that of breaches of {low:,.0f} to {high:,.0f} records, {fits}: "
        "it is not used for firms of any size."
    )


def _floor_share(draws: Mapping[str, Floats], p: Parameters) -> Floats:
    """Return the share of breaches whose cost is that of the response."""
    return at_floor(draws, p)[1]


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
        Columns records, asked (bool), estimate, conf_low, conf_high (USD an event, mean and interval over the draws of the
        expected cost), floor_share (breaches whose cost is that of the response alone, mean over the draws), per_record (USD).
    """
    p = parameters
    rows = []
    for records in sorted({500, 5_000, 50_000, 500_000, p.records}):
        asked = p.model_copy(update={"records": records})
        cost = spread(mean_cost(draws, asked), p.level)
        floor = float(_floor_share(draws, asked).mean())
        rows.append((records, records == p.records, *cost, floor, cost[0] / records if records else np.nan))
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
        One US year with both figures a row: year, per_incident, per_record (USD of the price year), implied_records (their ratio: the
        records of its mean breach), for_whom (how such a breach compares with all records of this firm), rows.
    """
    p = parameters
    found = {}
    for name, metric in (("per_incident", "breach_cost"), ("per_record", "breach_cost_per_record")):
        rows = select(
            evidence, metric=metric, category="all_industries", geography="USA", grades=p.grades, required=False
        )
        frame = real_frame(rows, price_year=p.price_year)
        scale = 1e6 if name == "per_incident" else 1.0
        found[name] = frame.assign(cost=scale * (frame["real_low"] + frame["real_high"]) / 2, row=frame.index)
    both = found["per_incident"].merge(found["per_record"], on="year_end", suffixes=("_incident", "_record"))
    implied = (both["cost_incident"] / both["cost_record"]).round()
    return pd.DataFrame({
        "year": both["year_end"].astype(int), "per_incident": both["cost_incident"], "per_record": both["cost_record"],
        "implied_records": implied, "for_whom": np.where(implied <= p.records, "firms that hold that many, such as this one", "firms larger than this one"),
        "rows": [f"{a}, {b}" for a, b in zip(both["row_incident"], both["row_record"], strict=True)],
    })  # fmt: skip
