"""One input after another from rows of the evidence or from parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.evidence import Candidate, Evidence, Evidenced, as_shares, climb, select
from lpo_analysis.methods.inputs import Input, Kind
from lpo_analysis.savings.parameters import Parameters


@dataclass(frozen=True)
class Gap:
    """No evidence for one input; what is nearest is worked out only where it is shown."""

    what: str
    where: str
    kind: str


class GapError(Exception):
    """Raised while gathering; carries the `Gap`."""

    def __init__(self, what: str, where: str, kind: str) -> None:
        super().__init__(what)
        self.gap = Gap(what, where, kind)


def by_metric(
    evidence: Evidence, metric: str, category: str, geography: str | None, grades: tuple[str, ...]
) -> pd.DataFrame:
    """Pick rows of one sense, comparison rows let in.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    metric, category : str
        What they measure, and in which sense.
    geography : str or None
        Where; None for everywhere.
    grades : tuple of str
        Grades let in.

    Returns
    -------
    pandas.DataFrame
        The rows, perhaps none.
    """
    frame = select(evidence, metric=metric, category=category, grades=grades, context=True, required=False)
    return frame if geography is None else frame[frame["geography"] == geography]


@lru_cache(maxsize=256)
def _borrowed(
    evidence: Evidence,
    whose: str,
    metric: str,
    category: str,
    geography: str | None,
    grades: tuple[str, ...],
    widening: float,
) -> Evidenced | None:
    """Read a share of others, the same whatever the task, the place and the way of doing the work today."""
    frame = as_shares(by_metric(evidence, metric, category, geography, grades))
    return climb([Candidate(whose, frame, own=False)], widening=widening, share=True)


_THERE = (
    "task", "buyer", "buyer_size", "baseline", "baseline_location", "location", "delivery_model", "currency", "price_year", "grades", "widening",
)  # fmt: skip
"""Parameters on which rows of the evidence depend; volume, horizon and assumptions choose none."""


@lru_cache(maxsize=1024)
def _climbed(
    candidates: Callable[..., list[Candidate]],
    there: Parameters,
    evidence: Evidence,
    arguments: tuple[str, ...],
    share: bool,
) -> Evidenced | None:
    return climb(candidates(evidence, there, *arguments), widening=there.widening, share=share)


class Collector:
    """Collects inputs one by one; exists to share the parameters, the notes and the count of rows set aside.

    Parameters
    ----------
    parameters : Parameters
        The question.
    evidence : Evidence
        The evidence base.
    """

    def __init__(self, parameters: Parameters, evidence: Evidence) -> None:
        self.p, self.evidence = parameters, evidence
        self.items: list[Input] = []
        self.notes: list[str] = []
        self.set_aside = 0
        self.years: dict[str, float] = {}
        self.off: dict[str, str] = {}
        here, there = (vocabulary.PLACES[code].country for code in (parameters.baseline_location, parameters.location))
        self.abroad = here != there

    @property
    def money(self) -> str:
        """Name the money of the report."""
        return f"{self.p.currency} of {self.p.price_year}"

    @cached_property
    def there(self) -> Parameters:
        """The question as far as rows of the evidence depend on it, so that a moved assumption has none looked up again."""
        default = dict(Parameters.model_construct())
        return Parameters.model_construct(**default | {name: getattr(self.p, name) for name in _THERE})

    def found(
        self, candidates: Callable[..., list[Candidate]], *arguments: str, share: bool = False
    ) -> Evidenced | None:
        """Read the first candidate that bears an input; once for all questions that differ in assumptions only."""
        return _climbed(candidates, self.there, self.evidence, arguments, share)

    def add(
        self, name: str, label: str, unit: str, candidates: Callable[..., list[Candidate]], *arguments: str
    ) -> Evidenced | None:
        """Add a positive input from the first candidate that bears it; `candidates` takes evidence, parameters and further words."""
        found = self.found(candidates, *arguments)
        if found is None:
            return None
        return self.put(name, label, unit, found, "lognormal")

    def borrow(
        self, name: str, label: str, unit: str, whose: str, metric: str, category: str, geography: str | None = None
    ) -> Evidenced | None:
        """Add a share that others report, whatever the task and place."""
        p = self.p
        found = _borrowed(self.evidence, whose, metric, category, geography, tuple(p.grades), p.widening)
        return None if found is None else self.put(name, label, unit, found, "logitnormal")

    def put(self, name: str, label: str, unit: str, found: Evidenced, kind: Kind) -> Evidenced:
        """Add an input as the evidence gives it."""
        self.items.append(Input(name, label, unit, found.low, found.high, kind, found.rung, found.basis, found.rows))
        self.set_aside += found.n_set_aside
        self.years[name] = found.year
        return found

    def assume(self, name: str, label: str, unit: str, bounds: Sequence[float], kind: Kind) -> None:
        """Add an input from the parameter of its name."""
        self.items.append(Input(name, label, unit, bounds[0], bounds[1], kind, 4, f"parameter {name}"))

    def grades(self) -> str:
        """Name the grades of the report."""
        return "/".join(self.p.grades)

    def task(self) -> str:
        """Name the task."""
        return vocabulary.label("task", self.p.task)

    def switch(self, line: str, name: str, label: str, unit: str, off: str | None) -> None:
        """Add an assumed share, or say why it does not arise."""
        bounds = getattr(self.p, name)
        if off is None and bounds[1] == 0:
            off = f"parameter {name} is 0"
        if off is None:
            self.assume(name, label, unit, bounds, "logitnormal")
        else:
            self.off[line] = off
