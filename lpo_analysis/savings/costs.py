"""The cost model: what the work costs today, what it would cost moved, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lpo_analysis.methods.draws import Floats

LINES = {
    "fee": "provider's fee",
    "oversight": "oversight",
    "quality_control": "quality control",
    "rework": "rework",
    "selection": "selecting the provider",
    "transition": "transition",
    "setup": "set-up by own lawyers",
}
"""Cost lines of moved work, in the order in which they are shown."""


@dataclass(frozen=True)
class Terms:
    """What the buyer decides rather than what is uncertain.

    Parameters
    ----------
    volume_hours : float
        Hours of the work a year, as done today.
    horizon_years : int
        Years counted.
    discount_rate : float
        Real rate a year, as a share.
    """

    volume_hours: float
    horizon_years: int
    discount_rate: float

    @property
    def annuity(self) -> float:
        """Present value of one a year, paid at the end of each year."""
        if self.discount_rate == 0:
            return float(self.horizon_years)
        return (1 - (1 + self.discount_rate) ** -self.horizon_years) / self.discount_rate


@dataclass(frozen=True, eq=False)
class Costs:
    """Present values over the horizon, one element a draw.

    Parameters
    ----------
    baseline : ndarray of float
        What the work costs as it is done today.
    lines : dict of str to ndarray of float
        What it costs moved, by the lines of `LINES`.
    baseline_rate, provider_rate, reviewer_rate : ndarray of float
        Costs an hour, in the money of the report.
    volume_hours : float
        Hours of the work a year, as done today.
    """

    baseline: Floats
    lines: dict[str, Floats]
    baseline_rate: Floats
    provider_rate: Floats
    reviewer_rate: Floats
    volume_hours: float

    @cached_property
    def alternative(self) -> Floats:
        """What the work costs moved, all lines."""
        return np.sum(list(self.lines.values()), axis=0)

    @cached_property
    def rate_gap(self) -> Floats:
        """Headline: one minus the provider's hourly rate over today's. Positive: the provider is cheaper by the hour."""
        return 1 - self.provider_rate / self.baseline_rate

    @cached_property
    def net_saving(self) -> Floats:
        """Share of the cost of the work moved that is saved over the horizon. Positive: the buyer pays less."""
        return 1 - self.alternative / self.baseline

    @cached_property
    def break_even_volume(self) -> Floats:
        """Hours a year from which moving pays; infinite where no volume makes it pay."""
        fixed = self.lines["setup"]
        gain = self.baseline - (self.alternative - fixed)
        with np.errstate(divide="ignore"):
            return np.where(gain > 0, fixed / np.where(gain > 0, gain, 1.0), np.inf) * self.volume_hours


def costs(values: Mapping[str, Floats], terms: Terms) -> Costs:
    """Compute the costs of both ways.

    Parameters
    ----------
    values : mapping of str to ndarray of float
        Draws of ``baseline_rate``, ``provider_rate`` and ``reviewer_rate`` (money an hour), ``productivity`` (provider
        work an hour as a multiple of today's), ``oversight_share``, ``selection_share`` and ``transition_share`` (of the
        yearly fee), ``quality_control_share`` (own hours per provider hour), ``rework_share`` (of the work) and
        ``setup_hours``.
    terms : Terms
        Volume, horizon, discount rate.

    Returns
    -------
    Costs
        Present values.

    Notes
    -----
    Running costs fall at the end of each year, one-off costs at the start. Everything is in real money, so the discount
    rate is real. Rework is done at today's cost; checking, vetting and instructing by the buyer's own lawyers.
    """
    annuity, volume = terms.annuity, terms.volume_hours
    hours = volume / values["productivity"]
    fee = hours * values["provider_rate"]
    lines = {
        "fee": annuity * fee,
        "oversight": annuity * fee * values["oversight_share"],
        "quality_control": annuity * hours * values["quality_control_share"] * values["reviewer_rate"],
        "rework": annuity * volume * values["rework_share"] * values["baseline_rate"],
        "selection": fee * values["selection_share"],
        "transition": fee * values["transition_share"],
        "setup": values["setup_hours"] * values["reviewer_rate"],
    }
    baseline = annuity * volume * values["baseline_rate"]
    return Costs(baseline, lines, values["baseline_rate"], values["provider_rate"], values["reviewer_rate"], volume)
