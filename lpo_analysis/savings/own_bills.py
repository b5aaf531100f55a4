"""A buyer's own bills in the savings report: read once, seen beside the evidence, put through the model, compared over time.

Nothing here gives out the sums that are not suppressed: only results that may be shown leave this module.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.parameters import files_at
from lpo_analysis.results import Result, not_estimable
from lpo_analysis.savings.billing import (
    Billing,
    accounting,
    addressable,
    protected,
    rates,
    rates_against_evidence,
    read_billing,
    spend,
)
from lpo_analysis.savings.billing.lists import Moves, read_moved, read_providers
from lpo_analysis.savings.billing.seen import By
from lpo_analysis.savings.parameters import Parameters

if TYPE_CHECKING:
    from lpo_analysis.savings.analysis import Analysis

NONE_GIVEN = (
    "No bills of your own were given. With billing_path, this section tells what was billed by task, role, month and firm, at which effective rates, "
    "which part of it could be moved and what that would save, and, with moved, what moving work really saved."
)
NO_MOVES = "moved names no matter or practice group that moved work (data/templates/moved.csv shows how)"


def read_own_bills(parameters: Parameters) -> Billing | None:
    """Read the bills that parameters name, and what stands beside them.

    Parameters
    ----------
    parameters : Parameters
        Of the report.

    Returns
    -------
    Billing or None
        The bills, read once for the same files and options; None where none are named.

    Raises
    ------
    NotFoundError, DataError
        If a file cannot be read; tells neither paths nor what stands in them.
    """
    p = parameters
    if not p.billing_path:
        return None
    paths = (p.billing_path, p.providers, p.moved, p.billing_codes)
    return _read(*paths, p.billing_currency, p.seed, p.min_cell, tuple(_stamp(path) for path in paths))


def _stamp(path: str) -> tuple[tuple[str, int, int], ...]:
    """Return what changes when a file does."""
    return (
        tuple((str(file), (stat := file.stat()).st_size, stat.st_mtime_ns) for file in files_at(path)) if path else ()
    )


@lru_cache(maxsize=4)
def _read(
    path: str, providers: str, moved: str, codes: str, currency: str, seed: int, min_cell: int, stamp: object
) -> Billing:
    named = read_providers(providers) if providers else []
    moves = read_moved(moved) if moved else Moves()
    return read_billing(
        path, providers=named, mapping=codes or None, moved=moves.months, groups=moves.groups, currency=currency or None, seed=seed, min_cell=min_cell
    )  # fmt: skip


class OwnBills:
    """The bills of one report; each part is computed when first asked for.

    Parameters
    ----------
    analysis : Analysis
        The question.
    """

    def __init__(self, analysis: Analysis) -> None:
        self._analysis, self._parameters = analysis, analysis.parameters

    def __repr__(self) -> str:
        return repr(self._billing) if self.given else "OwnBills(none)"

    @property
    def given(self) -> bool:
        """Whether there are any."""
        return bool(self._parameters.billing_path)

    @cached_property
    def _billing(self) -> Billing:
        found = read_own_bills(self._parameters)
        if found is None:
            raise ValueError(NONE_GIVEN)
        return found

    @cached_property
    def account(self) -> Result:
        """Where every line went, and what was odd about those used."""
        return accounting(self._billing)

    @cached_property
    def unknown(self) -> pd.DataFrame:
        """Codes the table of codes does not list: kind, code (or its length), lines."""
        return self._billing.unknown[["kind", "code", "lines"]]

    @cached_property
    def spend(self) -> dict[By, Result]:
        """Spend and hours by task, role, month and firm."""
        kinds: tuple[By, ...] = ("task", "role", "month", "firm")
        return {by: spend(self._billing, by=by) for by in kinds}

    @cached_property
    def rates(self) -> Result:
        """What an hour really cost."""
        return rates(self._billing)

    @cached_property
    def against_evidence(self) -> Result:
        """Effective rates beside published ones of the same role and country."""
        p = self._parameters
        country = vocabulary.PLACES[p.baseline_location].country
        return rates_against_evidence(
            self._billing, geography=country, grades=p.grades, evidence=self._analysis.evidence
        )

    @cached_property
    def addressable(self) -> Result:
        """The share of fees that is work of a kind providers do."""
        return addressable(self._billing)

    @cached_property
    def model(self) -> Result:
        """What moving the work on the bills would save."""
        from lpo_analysis.savings.own_model import savings_on_bills

        return savings_on_bills(self._analysis, self._billing)

    @cached_property
    def bridge(self) -> Result:
        """How much of the change of spend is volume, mix and rates."""
        return protected.bridge(self._billing)

    @cached_property
    def realised(self) -> Result:
        """What moving work saved on the matters or practice groups that moved."""
        p = self._parameters
        if not p.moved:
            return not_estimable(f"realised_{p.billing_outcome}", NO_MOVES, terms=("saving_share",), level=p.level)
        return protected.realised(self._billing, outcome=p.billing_outcome, level=p.level, seed=p.seed)

    @cached_property
    def over_time(self) -> Result:
        """The effect by month since the move, and before it."""
        p = self._parameters
        if not p.moved:
            return not_estimable(f"realised_{p.billing_outcome}_over_time", NO_MOVES, level=p.level)
        return protected.over_time(self._billing, outcome=p.billing_outcome, level=p.level, seed=p.seed)

    @cached_property
    def naive(self) -> Result:
        """Where naive answers go wrong, in simulated bills."""
        return protected.naive_answers()

    @property
    def sourced(self) -> tuple[Result, ...]:
        """Results that rest on rows of the evidence; none without bills."""
        return (self.against_evidence, self.model) if self.given else ()

    @property
    def recorded(self) -> tuple[Result, ...]:
        """All results whose numbers are recorded; none without bills."""
        if not self.given:
            return ()
        seen = (self.account, *self.spend.values(), self.rates, self.against_evidence, self.addressable)
        return (*seen, self.model, self.bridge, self.realised, self.over_time)

    @property
    def glance(self) -> tuple[str, ...]:
        """What of it belongs at the head of the report; nothing without bills."""
        parts = (self.model, self.realised) if self.given else ()
        return tuple(f"On your own bills: {part.text}" for part in parts if part.estimable)

    @property
    def findings(self) -> tuple[str, ...]:
        """The finding of each, in the order of the report; one sentence without bills."""
        if not self.given:
            return (NONE_GIVEN,)
        parts = (self.account, self.spend["task"], self.rates, self.against_evidence, self.addressable)
        return tuple(dict.fromkeys(part.text for part in parts))
