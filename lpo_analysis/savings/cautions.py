"""What must be known of the headline: studies that stand behind two inputs, and what supervising the work takes today."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis.evidence import Evidence
from lpo_analysis.evidence.cite import maker
from lpo_analysis.results import Check
from lpo_analysis.savings.analysis import Analysis, quantiles
from lpo_analysis.savings.candidates import in_money
from lpo_analysis.savings.costs import costs
from lpo_analysis.wording import count, listing, money, percent

SUPERVISION = {
    "oversight_share": "oversight",
    "communication_share": "calls and instructions",
    "quality_control_share": "checking",
    "rework_share": "rework",
}
"""Inputs that are charged to the work moved as more than what the work of today takes of the same."""

_OFFICIAL = "table:wages"


def cautions(analysis: Analysis) -> tuple[Check, ...]:
    """Say what of the inputs hangs together, what a study that prices both ways says, and what supervision today would change.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    tuple of Check
        ``Independence``; ``Priced by one study`` where a study does; ``Supervision today`` where the work goes to others; ``Pay of persons``
        where official wages enter.
    """
    found = (independence(analysis), *paired(analysis), supervision(analysis), pay_of_persons(analysis))
    return tuple(check for check in found if check is not None)


def shared_studies(analysis: Analysis) -> dict[str, tuple[str, ...]]:
    """Find the studies that stand behind two inputs or more.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    dict of str to tuple of str
        Names of the inputs by study, in the order of the inputs.
    """
    behind: dict[str, dict[str, None]] = {}
    for item in analysis.inputs:
        for row in item.rows:
            if (study := _study(analysis.evidence, row)) is not None:
                behind.setdefault(study, {})[item.name] = None
    return {study: tuple(names) for study, names in behind.items() if len(names) > 1}


def _study(evidence: Evidence, row: str) -> str | None:
    if row.startswith("table:"):
        return _OFFICIAL if row.startswith(_OFFICIAL) else None
    return str(evidence.observations.at[row, "study_id"])


def _called(evidence: Evidence, study: str) -> str:
    """Name a study by who made it and when it was published."""
    if study == _OFFICIAL:
        return "official US wage statistics"
    source = evidence.sources[evidence.sources["study_id"] == study].iloc[0]
    return f"{maker(str(source['publisher']))} ({str(source['published'])[:4]})"


def independence(analysis: Analysis) -> Check:
    """Say how the inputs are drawn, and which studies observe two of them.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Check
        For information.
    """
    if analysis.inputs.coupled:
        pairs = len(analysis.inputs.correlations)
        told = count(pairs, "pair")
        drawn = (
            f"{told[0].upper()}{told[1:]} of inputs {'is' if pairs == 1 else 'are'} drawn with the rank correlation that the parameters give, by a "
            "Gaussian copula, the others independently"
        )
    else:
        drawn = "The inputs are drawn independently"
    shared = shared_studies(analysis)
    if not shared:
        return Check("Independence", None, f"{drawn}; no study on file stands behind two of them. {_ELSEWHERE}")
    labels = {item.name: item.label for item in analysis.inputs}
    told_of = [
        f"{_called(analysis.evidence, study)} ({'; '.join(labels[name] for name in names)})"
        for study, names in shared.items()
    ]
    one = len(shared) == 1
    return Check(
        "Independence", None,
        f"{drawn}. Of the studies behind them {'one stands' if one else f'{len(shared)} stand'} behind more than one: {listing(told_of)}. How inputs "
        f"come together from buyer to buyer {'it does' if one else 'they do'} not tell. {_ELSEWHERE}",
    )  # fmt: skip


_ELSEWHERE = "What a common correlation would do stands under sensitivity."


def paired(analysis: Analysis) -> tuple[Check, ...]:
    """Work out the gap of rates within each study that prices an hour of both ways.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    tuple of Check
        One a study; none where no study prices both.
    """
    names = set(analysis.inputs.names)
    if not {"baseline_price", "provider_price"} <= names or analysis.gathered.same_rows:
        return ()
    p = analysis.parameters
    checks = []
    for study, behind in shared_studies(analysis).items():
        if not {"baseline_price", "provider_price"} <= set(behind):
            continue
        here, there = (_priced(analysis, name, study) for name in ("baseline_price", "provider_price"))
        if here is None or there is None:
            continue
        middle = 1 - there[1] / here[1]
        low, high = 1 - there[2] / here[0], 1 - there[0] / here[2]
        own = quantiles(analysis.costs.rate_gap, p.level)
        said = partial(money, currency=p.currency, width=10.0)
        gap, ours = (partial(percent, width=b - a) for a, b in ((low, high), own[1:]))
        between = f" ({gap(low)} to {gap(high)} between the far ends)" if low < high else ""
        checks.append(
            Check(
                "Priced by one study", None,
                f"{_called(analysis.evidence, study)} prices both ways itself, in money of {p.price_year}: {_span(there, said)} for an hour bought and "
                f"{_span(here, said)} for one of today, a headline gap of {gap(middle)} at the middles{between}. This report, from all rows on both "
                f"prices, widened and carried to the price year, has {ours(own[0])} ({ours(own[1])} to {ours(own[2])}). One study gives no spread "
                "between buyers, its ranges are no pairs of prices, so that far ends need not belong together, and its prices are those of its year.",
            )
        )  # fmt: skip
    return tuple(checks)


def _priced(analysis: Analysis, name: str, study: str) -> tuple[float, float, float] | None:
    """Lowest, geometric middle and highest of what a study says of a price, in the money of the report."""
    observed = analysis.evidence.observations
    rows = [
        row for row in analysis.inputs[name].rows if row in observed.index and observed.at[row, "study_id"] == study
    ]
    frame: pd.DataFrame = in_money(observed.loc[rows], analysis.parameters).dropna(subset=["low", "high"])
    if frame.empty:
        return None
    middle = float(np.exp((np.log(frame["low"]) + np.log(frame["high"])).mean() / 2))
    return float(frame["low"].min()), middle, float(frame["high"].max())


def _span(price: tuple[float, float, float], said: partial[str]) -> str:
    low, high = said(price[0]), said(price[2])
    return low if low == high else f"{low} to {high}"


def supervision(analysis: Analysis) -> Check | None:
    """Compute the net saving as if the work took as much supervision today as moved.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Check or None
        None where the buyer's own lawyers would do the work.
    """
    p = analysis.parameters
    zeroed = [name for name in SUPERVISION if name in analysis.inputs.names]
    if p.delivery_model in ("in_house", "ai_assisted") or not zeroed:
        return None
    none = dict.fromkeys(zeroed, np.zeros(p.draws))
    without = quantiles(costs({**analysis.values, **none}, analysis.terms).net_saving, p.level)
    own = quantiles(analysis.costs.net_saving, p.level)[0]
    said = partial(percent, width=without[2] - without[1])
    total = (
        " The rows behind oversight and selection are totals of outsourcing contracts, not what they take beyond today, so that these lines are too high "
        "by whatever today's way takes of them."
        if "oversight_share" in zeroed
        else ""
    )
    return Check(
        "Supervision today", None,
        "Today's way is charged its hours alone; what overseeing, instructing, checking and doing again cost when the work is moved is meant as more than "
        f"they cost today.{total} With {listing([SUPERVISION[name] for name in zeroed])} at zero, as if today took as much of each, the net saving would "
        f"be {said(without[0])} ({said(without[1])} to {said(without[2])}) instead of {said(own)}.",
    )  # fmt: skip


def pay_of_persons(analysis: Analysis) -> Check | None:
    """Say that official wages spread over persons, not over employers.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Check or None
        None where no official wage enters.
    """
    told = [item.label for item in analysis.inputs if any(row.startswith(_OFFICIAL) for row in item.rows)]
    if not told:
        return None
    return Check(
        "Pay of persons", None,
        f"Official wages are quartiles of persons and read as such, for {listing(told)}. The mean pay of a whole department spreads less, by how much is "
        "not on file, so these ranges are too wide for a large team.",
    )  # fmt: skip
