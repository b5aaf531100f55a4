"""Providers ranked under all weights that are open, and under all that their answers leave open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd
from scipy.special import ndtri

from lpo_analysis import vocabulary
from lpo_analysis.charts.acceptance import central_weights, rank_bars
from lpo_analysis.decision.providers import CERTIFICATIONS, CRITERIA, OWN, TERMS, Providers
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import table as load_table
from lpo_analysis.methods.acceptability import Acceptability, acceptability, fixed_weights, scaled, simplex_weights
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, number, percent, probability, sentence

_BOUNDED = ("errors", "references", "terms")
"""Criteria that are shares."""


@dataclass(frozen=True, eq=False)
class Scorecard:
    """Providers judged by criteria that are measured, stated or missing.

    Parameters
    ----------
    providers : Providers
        The checked rows.
    draws : int, default 10000
        Draws of weights and criteria.
    widening : float, default 1.5
        Assumption: an answer that is missing lies between the worst and the best answer of the others, widened on either side by
        this factor (a share: its odds), all values equally likely.
    level : float, default 0.90
        Probability that an interval covers.
    seed : int, default 1
        Seed; 0 is allowed.

    Raises
    ------
    ParameterError
        If an argument is out of range.
    """

    providers: Providers
    draws: int = 10_000
    widening: float = 1.5
    level: float = 0.90
    seed: int = 1

    def __post_init__(self) -> None:
        if self.draws < 100:
            raise ParameterError(f"draws: must be at least 100, got {self.draws}")
        if not (np.isfinite(self.widening) and self.widening >= 1):
            raise ParameterError(f"widening: must be at least 1, got {self.widening:g}")
        if not 0 < self.level < 1:
            raise ParameterError(f"level: must lie between 0 and 1, got {self.level:g}")

    @cached_property
    def measured(self) -> dict[str, Floats]:
        """Draws by criterion, shape (draws, providers); NaN where a provider did not answer."""
        rng = np.random.default_rng([self.seed, 1])
        # Every criterion takes its draws, asked for or not, so that adding one changes no other.
        made = {name: self._measure(name, rng) for name in CRITERIA}
        n = len(self.providers.names)
        own = {
            name: np.broadcast_to(self.providers.numbers[name], (self.draws, n)) for name in self.providers.criteria.own
        }
        return {name: (made | own)[name] for name in self.providers.criteria.directions}

    def _measure(self, name: str, rng: np.random.Generator) -> Floats:
        p, n = self.providers, self.providers.numbers
        shape = (self.draws, len(p.names))
        u = rng.uniform(2**-33, 1 - 2**-33, shape)
        if name == "price":
            low = np.where(np.isnan(n["price_low"]), n["price_high"], n["price_low"])
            high = np.where(np.isnan(n["price_high"]), n["price_low"], n["price_high"])
            return low + (high - low) * u
        if name in ("errors", "references"):
            part, whole = ("qc_wrong", "qc_checked") if name == "errors" else ("references_content", "references_asked")
            drawn = rng.beta(np.nan_to_num(n[part]) + 0.5, np.nan_to_num(n[whole] - n[part]) + 0.5, shape)
            return np.where(np.isnan(n[whole]) | (n[whole] == 0), np.nan, drawn)
        if name in ("capacity", "minimum"):
            return np.broadcast_to(n[f"{name}_hours"], shape)
        if name == "certifications":
            return np.broadcast_to([np.nan if held is None else float(len(held)) for held in p.certifications], shape)
        if name == "terms":
            return self._terms(rng.uniform(size=(len(TERMS), *shape)))
        scores = [_rule_of_law(place) for place in p.locations]
        return np.array([s[0] for s in scores]) + np.array([s[1] for s in scores]) * ndtri(u)

    def _terms(self, open_ones: Floats) -> Floats:
        """Share of the terms agreed; each that was not told counts for anything between nothing and all."""
        told = np.array(
            [[np.nan if answer is None else float(answer) for answer in self.providers.terms[name]] for name in TERMS]
        )
        return np.where(np.isnan(told)[:, None, :], open_ones, told[:, None, :]).mean(axis=0)

    @cached_property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Where a missing answer may lie, by criterion that somebody did not answer and somebody else did."""
        found = {}
        for name, values in self.measured.items():
            missing = np.isnan(values[0])
            if missing.any() and not missing.all():
                found[name] = _widened(name, values[:, ~missing], self.widening)
        return found

    @cached_property
    def judged(self) -> tuple[str, ...]:
        """Criteria that somebody answered."""
        return tuple(name for name, values in self.measured.items() if not np.isnan(values[0]).all())

    @cached_property
    def missing(self) -> tuple[tuple[int, str], ...]:
        """Answers that are missing: position of the provider, and the criterion."""
        return tuple((int(i), name) for name in self.ranges for i in np.flatnonzero(np.isnan(self.measured[name][0])))

    @cached_property
    def weights(self) -> Floats:
        """Draws of the weights: given, of a given order, or all that there are."""
        c = self.providers.criteria
        if c.weights is not None:
            kept = {name: c.weights[name] for name in self.judged}
            total = sum(kept.values())
            if total <= 0:
                raise ParameterError(
                    "weights: all of the weight is on criteria that no provider answered.",
                    remedy="Give weight to another criterion.",
                )
            return fixed_weights(self.judged, {name: weight / total for name, weight in kept.items()})
        ranking = None
        if c.ranking is not None:
            groups = (tuple(name for name in group if name in self.judged) for group in c.ranking)
            ranking = [group for group in groups if group]
        return simplex_weights(self.judged, draws=self.draws, ranking=ranking, seed=self.seed)

    def values(self, fixed: dict[tuple[int, str], float] | None = None) -> Floats:
        """Return partial values, missing answers drawn from their range or fixed.

        Parameters
        ----------
        fixed : dict of (int, str) to float, optional
            Places within the range, 0 the worst and 1 the best, by provider and criterion.

        Returns
        -------
        ndarray of float, shape (draws, providers, criteria)
            Between 0 and 1.
        """
        directions = [self.providers.criteria.directions[name] for name in self.judged]
        columns, bounds = [], []
        rng = np.random.default_rng([self.seed, 2])
        for name, direction in zip(self.judged, directions, strict=True):
            values = np.array(self.measured[name])
            low, high = self.ranges.get(name, (np.inf, -np.inf))
            for i in np.flatnonzero(np.isnan(values[0])):
                place = rng.uniform(size=self.draws)
                at = (fixed or {}).get((int(i), name))
                if at is not None:
                    place = np.full(self.draws, at if direction == "higher" else 1 - at)
                values[:, i] = low + (high - low) * place
            # One scale whatever is assumed of a missing answer, else fixing it would change the meaning of the weights.
            columns.append(values)
            bounds.append((min(float(values.min()), low), max(float(values.max()), high)))
        return scaled(np.stack(columns, axis=2), directions, bounds=bounds)

    @cached_property
    def found(self) -> Acceptability:
        """Acceptability of the ranks."""
        return acceptability(self.values(), self.weights, alternatives=self.providers.names, criteria=self.judged)

    @cached_property
    def ranks(self) -> Result:
        """How probable each rank of each provider is.

        One term a provider: ``estimate`` is the probability of the first rank; columns ``rank_1``, ``rank_2`` ... and ``expected_rank``.
        The interval is that of the simulation alone: what the weights and answers leave open is in the probabilities.
        """
        f = self.found
        half = ndtri((1 + self.level) / 2) * f.ranks_error[:, 0]
        places = np.arange(1, len(f.alternatives) + 1)
        records = []
        for i in np.lexsort((f.ranks @ places, -f.ranks[:, 0])):
            first = float(f.ranks[i, 0])
            ranks = {f"rank_{place}": float(f.ranks[i, place - 1]) for place in places}
            records.append({"term": f.alternatives[i], "label": f.alternatives[i], "estimate": first, "std_error": float(f.ranks_error[i, 0]),
                            "conf_low": max(first - half[i], 0.0), "conf_high": min(first + half[i], 1.0), "level": self.level, "n_obs": len(f.criteria),
                            "unit": "probability", "method": self._how, **ranks, "expected_rank": float(f.ranks[i] @ places)})  # fmt: skip
        table = tidy(records)
        data = table[["label", *(f"rank_{place}" for place in places)]].copy()
        return Result(
            "provider_ranks", table, self._ranks_text(table), checks=self._checks(), n_used=len(f.alternatives), plot_data=data,
            draw=partial(rank_bars, title="How probable each rank is", xlabel="probability"),
            alt="Probability of each rank: " + "; ".join(f"{row.label} first {probability(row.estimate)}" for row in table.itertuples()) + ".",
        )  # fmt: skip

    @property
    def _how(self) -> str:
        c = self.providers.criteria
        return (
            "weights as given"
            if c.weights is not None
            else "weights in the given order, otherwise open"
            if c.ranking is not None
            else "all weights equally likely"
        )

    def _ranks_text(self, table: pd.DataFrame) -> str:
        top = table.iloc[0]
        ahead = f"{top['label']} is first with a probability of {probability(top['estimate'])} ({self._how}; {count(len(self.judged), 'criterion', 'criteria')}, {self.draws:,} draws)."
        others = [
            f"{row.label} ({probability(row.estimate)})" for row in table.iloc[1:].itertuples() if row.estimate >= 0.005
        ]
        never = [row.label for row in table.itertuples() if row.estimate < 0.005]
        lines = [ahead]
        if others:
            lines.append(f"Next: {listing(others)}.")
        if never:
            lines.append(f"Hardly any weights make {listing(never, last='or')} first.")
        if top["estimate"] < 0.5:
            lines.append("No provider is first in most cases: the choice turns on what counts.")
        return " ".join(lines)

    def _checks(self) -> tuple[Check, ...]:
        error = float(self.found.ranks_error.max())
        silent = (
            sum(answer is None for answers in self.providers.terms.values() for answer in answers)
            if "terms" in self.judged
            else 0
        )
        left_out = [name for name in self.providers.criteria.directions if name not in self.judged]
        same = [
            name
            for name in self.judged
            if np.ptp(self.measured[name][:, ~np.isnan(self.measured[name][0])]) == 0 and name not in self.ranges
        ]
        checks = [
            Check(
                "Error of the simulation",
                error < 0.01,
                f"No probability has a standard error above {percent(error, width=0.01)}.",
            ),
            Check(
                "Missing answers",
                not self.missing and not silent,
                f"{sentence(count(len(self.missing), 'answer'))} missing, drawn from the range of the others widened by {self.widening:g} (assumption). "
                f"{sentence(count(silent, 'term'))} of contracts not told, each counted for anything between nothing and all.",
            ),
            Check(
                "Scale",
                None,
                "A weight is worth the step from the worst to the best value among these providers; with others it would mean something else.",
            ),
        ]
        if left_out:
            checks.append(
                Check(
                    "Criteria left out", False, f"No provider answered: {listing([_label(name) for name in left_out])}."
                )
            )
        if same:
            checks.append(
                Check(
                    "Criteria that tell nothing apart",
                    None,
                    f"Alike for all: {listing([_label(name) for name in same])}.",
                )
            )
        return tuple(checks)

    @cached_property
    def preferences(self) -> Result:
        """Which weights make each provider first.

        One term a provider and criterion, ``<provider>.<criterion>``: ``estimate`` is the central weight; columns ``provider``,
        ``criterion``, ``first`` (probability of being first) and ``confidence`` (probability of being first under these very weights).
        """
        f = self.found
        if self.providers.criteria.weights is not None:
            reason = "the weights are given; leave them out to see which would make each provider first"
            return not_estimable("provider_preferences", reason, level=self.level)
        records = []
        for i in np.argsort(-f.ranks[:, 0], kind="stable"):
            for k, name in enumerate(f.criteria):
                weight = float(f.central[i, k])
                records.append({"term": f"{f.alternatives[i]}.{name}", "label": f"{f.alternatives[i]}: {_label(name)}", "estimate": weight, "level": self.level,
                                "n_obs": self.draws, "unit": "share", "method": "central weight" if np.isfinite(weight) else "not estimable, because no weights drawn make it first",
                                "provider": f.alternatives[i], "criterion": _label(name), "first": float(f.ranks[i, 0]), "confidence": float(f.confidence[i])})  # fmt: skip
        table = tidy(records)
        told = []
        for provider, part in table.dropna(subset=["estimate"]).groupby("provider", sort=False):
            lean = part.assign(over=part["estimate"] - self.weights.mean(axis=0)).nlargest(2, "over", keep="first")
            lean = lean[lean["over"] > 0.01]
            if len(lean) and part["first"].iloc[0] >= 0.005:
                said = [f"{row.criterion} ({percent(row.estimate)})" for row in lean.itertuples()]
                told.append(
                    f"{provider} is first for those to whom {listing(said)} {'counts' if len(said) == 1 else 'count'} for more than on average"
                )
        text = (
            ". ".join(sentence(line) for line in told) + "."
            if told
            else "No provider needs particular weights to be first."
        )
        return Result(
            "provider_preferences", table, text, n_used=len(f.alternatives), plot_data=table[["provider", "criterion", "estimate", "first"]].copy(),
            draw=partial(central_weights, title="What would have to count for each to be first", xlabel="weight"),
            alt="Central weights by provider and criterion. " + text,
        )  # fmt: skip

    @cached_property
    def gaps(self) -> Result:
        """How the first rank turns on each missing answer.

        One term a missing answer, ``<provider>.<criterion>``: ``estimate`` is the probability that the provider is first with the answer
        open, ``conf_low`` and ``conf_high`` (here no interval, but the ends) with the worst and the best answer; ``swing`` between them.
        """
        f = self.found
        if not self.missing:
            return not_estimable("provider_gaps", "no answer is missing", level=self.level)
        records = []
        for i, name in self.missing:
            at = [
                acceptability(
                    self.values({(i, name): place}), self.weights, alternatives=f.alternatives, criteria=f.criteria
                ).ranks[i, 0]
                for place in (0.0, 1.0)
            ]
            records.append({"term": f"{f.alternatives[i]}.{name}", "label": f"{f.alternatives[i]}: {_label(name)}", "estimate": float(f.ranks[i, 0]),
                            "conf_low": float(at[0]), "conf_high": float(at[1]), "level": self.level, "n_obs": self.draws, "unit": "probability",
                            "method": "ends: worst and best answer", "swing": float(at[1] - at[0])})  # fmt: skip
        table = tidy(records).sort_values("swing", ascending=False, kind="stable", ignore_index=True)
        top = table.iloc[0]
        text = (
            f"{sentence(count(len(table), 'answer'))} {'is' if len(table) == 1 else 'are'} missing. Most turns on {top['label']}; with the worst answer that provider is first "
            f"with a probability of {probability(top['conf_low'])}, with the best {probability(top['conf_high'])}."
        )
        return Result("provider_gaps", table, text, n_used=len(table))


def _label(name: str) -> str:
    return CRITERIA[name][0] if name in CRITERIA else name.removeprefix(OWN).replace("_", " ")


def _rule_of_law(place: str) -> tuple[float, float]:
    """Return the newest score of a place's country and its error; NaN where there is none."""
    scores = load_table("location_governance")
    rows = scores[scores["iso3"] == vocabulary.PLACES[place].country]
    if rows.empty:
        return float("nan"), float("nan")
    newest = rows.loc[rows["year"].idxmax()]
    return float(newest["rule_of_law"]), float(newest["rule_of_law_se"])


def _widened(name: str, values: Floats, factor: float) -> tuple[float, float]:
    """Widen the range of the answers of others."""
    low, high = float(values.min()), float(values.max())
    if name in _BOUNDED:
        # On the odds, so that a share stays one; from no or full agreement there is nothing to widen to.
        ends = [share / (share + (1 - share) * times) for share, times in ((low, factor), (high, 1 / factor))]
        return ends[0], ends[1]
    if name == "certifications":
        return max(low - 1, 0.0), min(high + 1, float(len(CERTIFICATIONS) - 1))
    if low > 0:
        return low / factor, high * factor
    room = (factor - 1) * (high - low) / 2
    return (max(low - room, 0.0) if low == 0 else low - room), high + room


def summary(card: Scorecard) -> pd.DataFrame:
    """Return what each provider told, with what is missing.

    Parameters
    ----------
    card : Scorecard
        The scorecard.

    Returns
    -------
    pandas.DataFrame
        One provider a row, one criterion a column as text: the median and, where it is uncertain, its interval; ``not told`` where missing.
    """
    tails = [(1 - card.level) / 2, 0.5, (1 + card.level) / 2]
    data = {}
    for name, values in card.measured.items():
        cells = []
        for column in values.T:
            if np.isnan(column[0]):
                cells.append("not told")
                continue
            low, middle, high = np.quantile(column, tails)
            said = partial(percent, width=high - low) if name in _BOUNDED else number
            cells.append(said(middle) if high - low < 1e-12 else f"{said(middle)} ({said(low)} to {said(high)})")
        data[_label(name)] = cells
    return pd.DataFrame(data, index=pd.Index(card.providers.names, name="provider")).reset_index()
