"""Own files of the decision report, as `lpo check` reads them: by the readers of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lpo_analysis.decision.parameters import Parameters
from lpo_analysis.decision.providers import OWN, Providers, read_criteria, read_providers
from lpo_analysis.evidence.money import currencies
from lpo_analysis.evidence.own_check import OwnKind, Told, ignored
from lpo_analysis.wording import count


def _read(given: Mapping[str, Any]) -> Providers:
    p = Parameters.from_mapping(given)
    return read_providers(p.providers_path, criteria=read_criteria(p.criteria_path) if p.criteria_path else None)


def _providers(given: Mapping[str, Any]) -> Told:
    found = _read(given)
    priced = int((np.isfinite(found.numbers["price_low"]) | np.isfinite(found.numbers["price_high"])).sum())
    in_money = f" in {found.currency}" if found.currency else ""
    places = count(len(set(found.locations)), "place")
    return Told(
        f"{count(len(found.names), 'provider')} in {places}, {priced} with a price{in_money}; judged by {count(len(found.criteria.directions), 'criterion', 'criteria')}.{ignored(found.n_ignored)}"
    )


def _criteria(given: Mapping[str, Any]) -> Told:
    criteria = read_criteria(given["criteria_path"])
    how = "with weights" if criteria.weights else "ranked" if criteria.ranking else "with open weights"
    own = f", {count(len(criteria.own), 'column')} of your own among them" if criteria.own else ""
    beside = " Whether their columns are there shows beside the providers: -p providers_path=FILE." if own else ""
    if given.get("providers_path"):
        beside = f" {count(len(_read(given).names), 'provider')} can be judged by them."
    return Told(f"{count(len(criteria.directions), 'criterion', 'criteria')}, {how}{own}.{beside}")


KINDS = {
    "providers": OwnKind(
        "providers",
        Parameters,
        "providers_path",
        _providers,
        names=("provider",),
        guarded={"currency": frozenset(currencies())},
        together=True,
    ),
    "criteria": OwnKind(
        "criteria",
        Parameters,
        "criteria_path",
        _criteria,
        prefixes={"criterion": OWN},
        examples={"weight": "12.5"},
        together=True,
    ),
}
"""Kinds of own files this report takes."""
