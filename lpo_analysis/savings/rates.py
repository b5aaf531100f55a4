"""From draws of the inputs to the values of the cost model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lpo_analysis.methods.draws import Floats


@dataclass(frozen=True)
class BilledRate:
    """What an hour of today's work was billed at.

    Parameters
    ----------
    amount : float
        Money of the report an hour, before prices moved on.
    years : float
        Years from then to the price year, over which it follows the drift of prices at home.
    """

    amount: float
    years: float


@dataclass(frozen=True, eq=False)
class Rates:
    """How inputs make the values that `lpo_analysis.savings.costs.costs` wants.

    Parameters
    ----------
    route : str
        Where the price of whoever does the work comes from: ``price``, ``pay``, ``captive``, ``own_staff`` or
        ``ai_assisted``; with another pricing model ``unit``, or ``day`` for a person priced by the day.
    baseline_route : str
        ``rate`` (a price paid to others) or ``staff`` (the cost of own staff).
    reviewer : str
        Input that holds the pay of the buyer's own lawyers.
    drift_there : str
        Input that holds the drift of prices where the work goes.
    elapsed : mapping of str to float
        Years between the observation of an input and the price year.
    pace : str or None
        Input that holds the pace of today's work: ``documents_per_hour``, ``hours_per_unit`` or None.
    billed : BilledRate or None
        What today's work was billed at, in the place of what the evidence says it costs.
    one_price : bool
        Whether the hour bought costs what today's hour costs, because both prices rest on the same rows, read alike: one quantity, drawn once.
    """

    route: str
    baseline_route: str
    reviewer: str
    drift_there: str
    elapsed: Mapping[str, float]
    pace: str | None = None
    billed: BilledRate | None = None
    one_price: bool = False

    def __call__(self, draws: Mapping[str, Floats]) -> dict[str, Floats]:
        """Turn draws of the inputs into values.

        Parameters
        ----------
        draws : mapping of str to ndarray of float
            Draws by input.

        Returns
        -------
        dict of str to ndarray of float
            The draws themselves, and the rates they make.
        """
        v = dict(draws)
        if self.one_price:
            v["provider_price"] = v["baseline_price"]
        v["reviewer_rate"] = self._staff(v, self.reviewer)
        if self.billed is not None:
            v["baseline_rate"] = self.billed.amount * (1 + v["baseline_drift"]) ** self.billed.years
        elif self.baseline_route == "rate":
            v["baseline_rate"] = self._today(v, "baseline_price", "baseline_drift")
        else:
            v["baseline_rate"] = (
                v["reviewer_rate"] if self.reviewer == "baseline_pay" else self._staff(v, "baseline_pay")
            )
        if self.pace == "documents_per_hour":
            v["hours_per_unit"] = 1 / v["documents_per_hour"]
        getattr(self, f"_{self.route}")(v)
        return v

    def _today(self, v: Mapping[str, Floats], name: str, drift: str) -> Floats:
        years = self.elapsed.get(name, 0.0)
        return np.asarray(v[name] * (1 + v[drift]) ** years if years else v[name], dtype=float)

    def _staff(self, v: Mapping[str, Floats], name: str) -> Floats:
        return self._today(v, name, "baseline_drift") / (1 - v["benefits_share"]) / v["productive_hours"]

    def _price(self, v: dict[str, Floats]) -> None:
        v["provider_rate"] = self._today(v, "provider_price", self.drift_there)

    def _captive(self, v: dict[str, Floats]) -> None:
        # Loaded pay, plus overhead that is a multiple of the bare pay, per productive hour.
        pay = self._today(v, "provider_pay", self.drift_there)
        v["provider_rate"] = pay * (1 / (1 - v["benefits_share"]) + v["centre_overhead"]) / v["provider_hours"]

    def _pay(self, v: dict[str, Floats]) -> None:
        self._captive(v)
        v["provider_rate"] = v["provider_rate"] * (1 + v["provider_margin"])

    def _own_staff(self, v: dict[str, Floats]) -> None:
        v["provider_rate"] = v["reviewer_rate"]

    def _unit(self, v: dict[str, Floats]) -> None:
        v["unit_price"] = self._today(v, "price", self.drift_there)

    def _day(self, v: dict[str, Floats]) -> None:
        v["unit_price"] = self._today(v, "price", self.drift_there) * v["working_days"]

    def _ai_assisted(self, v: dict[str, Floats]) -> None:
        if "ai_price" in v:
            v["software_rate"] = self._today(v, "ai_price", "baseline_drift") / v["hours_per_unit"]
