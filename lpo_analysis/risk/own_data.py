"""Own files of the risk report, as `lpo check` reads them: by the readers of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lpo_analysis.evidence.own_check import OwnKind, Told, ignored
from lpo_analysis.risk.control_costs import read_controls
from lpo_analysis.risk.incident_file import read_incidents
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.quality_data import CODERS, own_checks
from lpo_analysis.wording import count, number


def _quality(given: Mapping[str, Any]) -> Told:
    checks = own_checks(Parameters.from_mapping(given))
    if checks is None:
        raise ValueError("the model checks that there is a file")
    twice = int(((checks.frame[list(CODERS)] >= 0).sum(axis=1) > 1).sum())
    sizes = "with their sizes" if checks.sizes is not None else "without sizes, so that lot_size counts"
    deliveries = count(checks.frame["batch"].nunique(), "delivery", "deliveries")
    return Told(f"{count(len(checks.frame), 'item')} of {deliveries}, {sizes}; {count(twice, 'item')} judged more than once.{ignored(checks.n_ignored)}")  # fmt: skip


def _incidents(given: Mapping[str, Any]) -> Told:
    p = Parameters.from_mapping(given)
    own = read_incidents(p.incidents_path, price_year=p.price_year, held=p.records)
    kinds = own.frame["kind"].nunique()
    of = f" of {count(kinds, 'kind')}" if kinds else ""
    priced = int(own.frame["cost"].notna().sum())
    return Told(f"{count(len(own.frame), 'incident')}{of} in {number(own.years, digits=2)} years watched; {priced} with a cost.{ignored(own.n_ignored)}")  # fmt: skip


def _costs(given: Mapping[str, Any]) -> Told:
    p = Parameters.from_mapping(given)
    costs = read_controls(p.controls_path, price_year=p.price_year)
    own = sum(item.effect is not None for item in costs)
    return Told(
        f"Costs of {count(len(costs), 'control')}, {own} with an effect of {'its' if own == 1 else 'their'} own."
    )


KINDS = {
    "quality": OwnKind("quality", Parameters, "quality_path", _quality, names=("batch", "item"), together=True),
    "incidents": OwnKind("incidents", Parameters, "incidents_path", _incidents, names=("incident",), together=True),
    "control_costs": OwnKind("control_costs", Parameters, "controls_path", _costs),
}
"""Kinds of own files this report takes."""
