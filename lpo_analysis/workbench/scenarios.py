"""Scenarios side by side, on the same draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lpo_analysis import savings
from lpo_analysis.charts import intervals
from lpo_analysis.errors import ParameterError
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.analysis import quantiles
from lpo_analysis.wording import count, percent, probability

LONGEST = 60
_ALIKE = (
    "task", "buyer", "buyer_size", "baseline", "baseline_location", "location", "delivery_model", "pricing_model", "currency", "price_year",
    "draws", "seed", "level",
)  # fmt: skip
"""In what two scenarios must agree for an input of one to be the same unknown as that of the other."""


@dataclass(frozen=True)
class Scenario:
    """A question with a name.

    Parameters
    ----------
    name : str
        What to call it.
    parameters : savings.Parameters
        The question, validated.
    """

    name: str
    parameters: savings.Parameters

    @classmethod
    def of(cls, name: str, values: Mapping[str, object]) -> Scenario:
        """Make a scenario, or say what is wrong with it.

        Parameters
        ----------
        name : str
            What to call it: printable text, at most 60 characters.
        values : mapping of str to object
            Parameters of the savings report.

        Returns
        -------
        Scenario
            The scenario.

        Raises
        ------
        ParameterError
            If the name is empty, too long or not printable, or a parameter is wrong.
        NoEvidenceError
            If the evidence bears no answer.
        """
        called = name.strip()
        if not called or len(called) > LONGEST or not called.isprintable():
            raise ParameterError(f"A scenario needs a name of 1 to {LONGEST} printable characters, got {name!r}.")
        parameters = savings.Parameters.from_mapping(values)
        parameters.check_evidence()
        return cls(called, parameters)

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters that differ from the defaults of the report."""
        return self.parameters.changed()


def compare(scenarios: Sequence[Scenario]) -> Result:
    """Set scenarios side by side.

    Parameters
    ----------
    scenarios : sequence of Scenario
        The first is the one that the others are held against.

    Returns
    -------
    Result
        One term a scenario: ``estimate`` is the median net saving with its interval, ``rate_gap`` and ``budget_saving`` are the other
        two numbers, ``p_loss`` the probability that nothing is saved. ``difference`` is the median of its net saving minus that of
        the first, draw by draw, with ``difference_low`` and ``difference_high``; missing where the two are about other work, places, buyers or comparators.

    Notes
    -----
    Two scenarios about the same work, buyer, comparator and place stand on the same uniforms, so that what is not known of an input
    takes the same quantile in both and cancels in the difference as far as it is common. Of other work or places the unknowns are
    others: how they go together is not on file, so no difference is formed.

    Raises
    ------
    ParameterError
        If two scenarios have the same name.
    """
    if not scenarios:
        return not_estimable("scenarios", "no scenario is kept yet")
    names = [item.name for item in scenarios]
    if len(set(names)) != len(names):
        raise ParameterError("Two scenarios have the same name.", remedy="Give each a name of its own.")
    found = [savings.analyse(item.parameters) for item in scenarios]
    first, records = found[0], []
    rows: list[str] = []
    for number, (item, analysis) in enumerate(zip(scenarios, found, strict=True), start=1):
        p, saved = item.parameters, analysis.costs.net_saving
        net = analysis.numbers.row("net_saving")
        same = _paired(first, analysis)
        apart = quantiles(saved - first.costs.net_saving, p.level) if same and number > 1 else (np.nan,) * 3
        records.append({
            "term": f"scenario_{number}", "label": item.name, **net[["estimate", "std_error", "conf_low", "conf_high", "level", "n_obs", "unit", "method"]],
            "rate_gap": analysis.numbers.row("rate_gap")["estimate"], "budget_saving": analysis.numbers.row("budget_saving")["estimate"],
            "p_loss": float(np.mean(saved <= 0)), "difference": apart[0], "difference_low": apart[1], "difference_high": apart[2],
        })  # fmt: skip
        rows += analysis.rows
    table = tidy(records)
    unpaired = [item.name for item, analysis in zip(scenarios, found, strict=True) if not _paired(first, analysis)]
    check = Check(
        "Same draws", None if unpaired else True,
        "All scenarios are about the same work, buyer, comparator and place, and stand on the same draws." if not unpaired
        else f"About other work, another buyer, comparator or place than the first, so no difference is formed: {', '.join(unpaired)}.",
    )  # fmt: skip
    return Result(
        "scenarios", table, _text(table), checks=(check,), rows=tuple(dict.fromkeys(rows)), n_used=len(set(rows)),
        plot_data=table[["label", "estimate", "conf_low", "conf_high"]].assign(main=[n == 0 for n in range(len(table))]),
        draw=partial(intervals, title="Net saving by scenario", xlabel="Share of the cost of the work moved"),
        alt=f"One row a scenario: median net saving with its interval. {_text(table)}",
    )  # fmt: skip


def _paired(one: savings.Analysis, other: savings.Analysis) -> bool:
    p, q = one.parameters, other.parameters
    return one.inputs.names == other.inputs.names and all(getattr(p, name) == getattr(q, name) for name in _ALIKE)


def _text(table: Any) -> str:
    said = []
    for row in table.itertuples():
        width = row.conf_high - row.conf_low
        span = f"{percent(row.conf_low, width=width)} to {percent(row.conf_high, width=width)}"
        said.append(
            f"“{row.label}”: net saving {percent(row.estimate, width=width)} ({span}), nothing saved in {probability(row.p_loss)} of the draws."
        )
    first = table["label"].iloc[0]
    for row in table.iloc[1:].itertuples():
        if np.isnan(row.difference):
            continue
        way = "more" if row.difference > 0 else "less"
        points = abs(100 * row.difference)
        ends = sorted((100 * row.difference_low, 100 * row.difference_high))
        sure = "" if row.difference_low > 0 or row.difference_high < 0 else "; too uncertain to call"
        said.append(
            f"“{row.label}” saves {count(round(points), 'point')} {way} than “{first}” on the same draws ({ends[0]:,.0f} to {ends[1]:,.0f}){sure}."
        )
    return f"{count(len(table), 'scenario')}. {' '.join(said)}"
