"""The loss of a year from breaches of client data: a compound distribution, what is not known kept apart from chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis.charts import band
from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import Evidence
from lpo_analysis.methods.compound import Grid, aggregate_loss, choose_grid, fourier, panjer, simulate
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.frequency import Panjer
from lpo_analysis.methods.losses import LossDistribution
from lpo_analysis.methods.severity import Points, discretise
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.breaches import dont_know, larger_dont_know, newest_share
from lpo_analysis.risk.inputs import EXPOSURE, Rate, draw, expected_loss_of, mean_cost, spread, uncapitalised
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.rates import at_least_one, rates, variation_of
from lpo_analysis.risk.scenarios import loss_scenarios
from lpo_analysis.risk.severity import cost_points
from lpo_analysis.wording import count, money, percent, probability, sentence

CARRIED = 256
"""Draws of the inputs that carry a distribution of the year's loss each: the first ones, which are a balanced net themselves."""
SIZE = 4096
"""Points of their common grid."""
YEARS = 100_000
"""Years simulated to check the transform."""


@dataclass(frozen=True, eq=False)
class Years:
    """The loss of a year, given each of some draws of the inputs.

    Parameters
    ----------
    grid : Grid
        Common to all.
    given : tuple of LossDistribution
        One a draw: chance alone, the inputs as drawn.
    """

    grid: Grid
    given: tuple[LossDistribution, ...]

    @cached_property
    def whole(self) -> LossDistribution:
        """Chance and what is not known together: the mean over the draws."""
        mean = float(np.mean([one.expected for one in self.given]))
        masses = np.mean([one.probabilities for one in self.given], axis=0)
        return LossDistribution(self.given[0].values, masses, mean, np.nan, "FFT, mean over draws", self.grid.reason)

    def exceeding(self, amounts: Floats) -> Floats:
        """Return the chance of a year that costs more, given each draw, shape (draws, amounts)."""
        return np.array([1 - one.cdf(amounts) for one in self.given])

    def read(self, how: Callable[[LossDistribution], Any], level: float) -> tuple[float, float, float]:
        """Return a number read from the whole, and its interval over the draws."""
        each = np.array([float(how(one)) for one in self.given])
        low, high = np.quantile(each, [(1 - level) / 2, (1 + level) / 2])
        return float(how(self.whole)), float(low), float(high)


def counts(rate: float, variation: float) -> Panjer:
    """Return the breaches of a year at a firm picked at random.

    Parameters
    ----------
    rate : float
        Mean over firms.
    variation : float
        Coefficient of variation of the rate between firms (gamma).

    Returns
    -------
    Panjer
        Negative binomial; Poisson where firms are alike, or differ by less than counts show.
    """
    excess = variation**2 * rate
    return Panjer(rate, 1 + excess if excess > 1e-9 else 1.0)


def compound(
    frequencies: Floats, costs: Sequence[Points], *, variation: Floats | float = 0.0, grid: Grid | None = None
) -> Years:
    """Return the loss of a year given each draw, by Fourier transform on one grid.

    Parameters
    ----------
    frequencies : ndarray of float, shape (k,)
        Events a year, the mean over firms.
    costs : sequence of Points, length k
        What one costs.
    variation : ndarray of float, shape (k,), or float, default 0
        Coefficient of variation of the rate between firms; 0 is Poisson.
    grid : Grid, optional
        The grid; chosen for the worst of the draws by default.

    Returns
    -------
    Years
        One distribution a draw.
    """
    varied = np.broadcast_to(variation, len(frequencies))
    if grid is None:
        worst = np.max([np.quantile(cost.values, np.linspace(0, 1, 65)) for cost in costs], axis=0)
        grid = choose_grid(counts(float(np.max(frequencies)), float(np.max(varied))), Points(worst), size=SIZE)
    values = grid.step * np.arange(grid.size, dtype=float)
    given = []
    for events, differ, cost in zip(frequencies, varied, costs, strict=True):
        masses = fourier(counts(float(events), float(differ)), discretise(cost, step=grid.step, size=grid.size))
        given.append(LossDistribution(values, masses, float(events) * cost.moments[0], np.nan, "FFT", grid.reason))
    return Years(grid, tuple(given))


def worst(p: Parameters) -> str:
    """Say which year value at risk and tail mean are of.

    Parameters
    ----------
    p : Parameters
        The question.

    Returns
    -------
    str
        In words.
    """
    return f"the worst year in {p.tail_years}"


def _terms(p: Parameters) -> dict[str, str]:
    return {
        "p_client_breach": f"chance of a breach of client data within {count(p.horizon_years, 'year')}",
        "severity": "cost of one such breach, on average",
        "expected_loss": "expected loss a year",
        "value_at_risk": f"least loss of {worst(p)}",
        "tail_value_at_risk": f"mean loss of {worst(p)}",
    }


def annual_loss(evidence: Evidence, parameters: Parameters, *, rate: Rate | None = None) -> Result:
    """Estimate the yearly loss from breaches that reach client data, and how often it exceeds an amount.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    rate : tuple of float, optional
        Shape and rate of the gamma distribution of breaches a year that own incidents leave, see `loss_inputs`.

    Returns
    -------
    Result
        Terms ``p_client_breach`` (over the horizon), ``severity`` (expected USD an event), ``expected_loss`` (USD a year), each the
        mean over the draws with its interval over what is not known of the inputs; ``value_at_risk`` and ``tail_value_at_risk`` (USD), over
        chance and what is not known together, their interval over what is not known. ``plot_data`` is the exceedance curve of a
        year; its band is what is not known, chance is the curve itself. ``model`` holds ``inputs``, ``draws`` and ``years``.

    Notes
    -----
    Estimand: mean over firms of the size, or this firm's own where its incidents are known. Frequency and severity are the same event:
    the share of firms with a breach that reached client data is the share breached times the share of those whose client data were
    reached, and it is that share that becomes a rate (`lpo_analysis.risk.rates.rates`); only then a cost is attached. A breach costs records x the share it reaches x the cost of a record, but at least the response; study
    means per incident are not used. Given the inputs the year's loss is compound negative binomial, because firms differ (gamma), computed by Fourier transform for each
    of `CARRIED` draws and checked by Panjer's recursion and by simulation.

    References
    ----------
    Klugman, S. A., Panjer, H. H. and Willmot, G. E. Loss Models: From Data to Decisions. Wiley.
    """
    p = parameters
    try:
        values, inputs = draw(evidence, p, rate=rate)
    except NoEvidenceError as error:
        return not_estimable("annual_loss", uncapitalised(error.what), terms=_terms(p), level=p.level)
    frequencies = rates(values)[1][:CARRIED]
    costs = [cost_points(values, p, i) for i in range(len(frequencies))]
    years = compound(frequencies, costs, variation=np.broadcast_to(variation_of(values), p.draws)[:CARRIED])
    used = [item for item in inputs if item.name not in EXPOSURE]
    others = loss_scenarios(evidence, p, rate=rate)
    table, data = _table(values, inputs, p, years), _exceedance(years, p.level)
    weak = sum(item.rung >= 3 for item in used)
    return Result(
        "annual_loss", table, _text(table, others.table, p, years),
        checks=(
            Check("Same event", True, _same_event(values)),
            *_unknown(evidence, values, p, table),
            Check("Rungs", not weak, f"{weak} of {len(used)} inputs are borrowed or assumed; none of the costs was observed at a law firm."),
            Check("Records", 2_000 <= p.records <= 100_000, "The cost a record comes from breaches of about 2,000 to 100,000 records; outside, it is carried over."),
            *_numerics(values, p, years, costs),
        ),
        rows=tuple(dict.fromkeys([*(row for item in inputs for row in item.rows), *others.rows, *_larger_rows(evidence, values, p)])), n_used=sum(len(i.rows) for i in inputs),
        plot_data=data,
        draw=partial(band, title="How often a year costs more than an amount", xlabel=f"USD of {p.price_year}", ylabel="probability of exceeding it in a year", log=True),
        alt=f"Exceedance curve: the chance that a year costs more falls from {percent(data['estimate'].iloc[0], width=0.01)} to {percent(data['estimate'].iloc[-1], width=0.01)}.",
        model={"inputs": inputs, "draws": values, "years": years},
    )  # fmt: skip


def _table(values: Mapping[str, Floats], inputs: Any, p: Parameters, years: Years | None) -> pd.DataFrame:
    client_rate = rates(values)[1]
    samples = {
        "p_client_breach": (at_least_one(client_rate, p.horizon_years, variation_of(values)), "probability"),
        "severity": (mean_cost(values, p), "USD"),
        "expected_loss": (expected_loss_of(values, p), "USD a year"),
    }
    n = sum(len(item.rows) for item in inputs if item.name not in EXPOSURE)
    records = []
    for term, label in _terms(p).items():
        if term in samples:
            sample, unit = samples[term]
            middle, low, high = spread(sample, p.level)
            error, method = float(sample.std()), f"mean of {p.draws:,} joint draws"
        elif years is not None:
            how = LossDistribution.tvar if term.startswith("tail") else LossDistribution.quantile
            middle, low, high = years.read(partial(how, p=1 - 1 / p.tail_years), p.level)
            error, unit, method = (
                np.nan,
                "USD",
                f"compound by FFT, mean over {len(years.given)} draws; interval over the draws",
            )
        else:
            continue
        records.append({"term": term, "label": label, "estimate": middle, "std_error": error, "conf_low": low, "conf_high": high,
                        "level": p.level, "n_obs": n, "unit": unit, "method": method})  # fmt: skip
    return tidy(records)


def _same_event(values: Mapping[str, Floats]) -> str:
    every, client = (float(rate.mean()) for rate in rates(values))
    share = percent(client / every)
    if "breach_rate" in values:
        return f"Of your firm's breaches a share reaches client data (on average {share}), which the published shares of firms imply; the cost is attached to those alone."
    return f"Both published shares are of firms, so their product becomes a rate, and the cost is attached to that rate alone; it implies that {share} of breaches reach client data."


def _larger_rows(evidence: Evidence, values: Mapping[str, Floats], p: Parameters) -> tuple[str, ...]:
    larger = larger_dont_know(evidence, p) if "breached_unknown" in values else None
    return () if larger is None else larger[1]


def _unknown(evidence: Evidence, values: Mapping[str, Floats], p: Parameters, table: pd.DataFrame) -> tuple[Check, ...]:
    """Say what the loss would be if as many did not know as in the next larger firms, where the share is borrowed."""
    found, own, larger = newest_share(evidence, p), dont_know(evidence, p), larger_dont_know(evidence, p)
    if "breached_unknown" not in values or found is None or own is None or larger is None or own[0] == 0:
        return ()
    # Uniform from 0, so that another upper end is another factor.
    factor = min(1.0, larger[0] / (1 - found[0])) / min(1.0, own[0] / (1 - found[0]))
    at = _table({**values, "breached_unknown": values["breached_unknown"] * factor}, (), p, None).set_index("term")[
        "estimate"
    ]
    now = table.set_index("term")["estimate"]
    chances = [percent(float(one["p_client_breach"]), width=0.1) for one in (at, now)]
    losses = [money(float(one["expected_loss"]), "USD", digits=2) for one in (at, now)]
    text = (
        f"The share of midsize firms that do not know is borrowed from firms of all sizes ({percent(own[0])}). With that of firms of 100 to 499 lawyers ({percent(larger[0])}) "
        f"the chance would be {chances[0]} instead of {chances[1]}, and the expected loss {losses[0]} instead of {losses[1]} a year."
    )
    return (Check("Don't-knows", None, text),)


def _text(table: pd.DataFrame, others: pd.DataFrame, p: Parameters, years: Years) -> str:
    across = "These intervals hold what is not known of the inputs, given that definition of a breach. "
    if len(others) > 1:
        least_of, most_of = float(others["estimate"].min()), float(others["estimate"].max())
        ends = f"{probability(least_of)} to {percent(most_of, width=most_of - least_of)}"
        across = f"{across[:-2]}; by the {len(others)} definitions on file the chance runs from {ends}. "
    chance, severity, expected, least, tail = (row for _, row in table.iterrows())
    wide = float(chance["conf_high"] - chance["conf_low"])

    def usd(value: float) -> str:
        return money(value, "USD", digits=2)

    def span(row: pd.Series) -> str:
        return f"{usd(row['conf_low'])} to {usd(row['conf_high'])}"

    idle = float(np.mean([one.quantile(1 - 1 / p.tail_years) == 0 for one in years.given]))
    seen = (
        f"may pass without one{f' (at the upper end it costs {usd(high)} or more)' if (high := float(least['conf_high'])) else ''}, and costs"
        if least["estimate"] == 0
        else f"costs {usd(least['estimate'])} or more ({span(least)}), and"
    )
    without = (
        f"; in {probability(idle)} of the draws of the inputs even such a year passes without a breach" if idle else ""
    )
    return (
        f"A breach that reaches client data within {count(p.horizon_years, 'year')} has a chance of "
        f"{percent(chance['estimate'], width=wide)} ({p.level:.0%} interval {percent(chance['conf_low'], width=wide)} to {percent(chance['conf_high'], width=wide)}). "
        f"It would cost {usd(severity['estimate'])} on average ({span(severity)}) "
        f"for {p.records:,} records, which makes an expected {usd(expected['estimate'])} a year ({span(expected)}). "
        f"{sentence(worst(p))} {seen} {usd(tail['estimate'])} on average ({span(tail)}), by what is not known of the inputs{without}. "
        f"{across}Fines, lost clients and claims for malpractice are not in it."
    )


def _exceedance(years: Years, level: float) -> pd.DataFrame:
    top = float(years.grid.top)
    most = max(float(one.quantile(1 - 1e-4)) for one in years.given)
    start = max(1e3, years.grid.step)
    amounts = np.geomspace(start, max(min(1.2 * most, 0.999 * top), 2 * start), 40)
    above = years.exceeding(amounts)
    low, high = np.quantile(above, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return pd.DataFrame({"x": amounts, "estimate": above.mean(axis=0), "conf_low": low, "conf_high": high})


def _numerics(values: Mapping[str, Floats], p: Parameters, years: Years, costs: Sequence[Points]) -> tuple[Check, ...]:
    """Check the transform at one draw against moments, Panjer's recursion and simulated years."""
    frequencies = rates(values)[1]
    order = np.argsort(frequencies[: len(costs)], kind="stable")
    at = int(order[len(order) // 2])
    differ = float(np.broadcast_to(variation_of(values), p.draws)[at])
    events, cost, grid = counts(float(frequencies[at]), differ), costs[at], years.grid
    one = years.given[at]
    # The common grid reaches as far as the worst of the draws; rounding there would drown the third moment of a rare event.
    exact = aggregate_loss(events, cost, size=grid.size)
    moments = next(check for check in exact.checks if check.name == "moments")
    recursion = panjer(events, discretise(cost, step=grid.step, size=grid.size))
    apart = float(np.abs(np.cumsum(recursion) - np.cumsum(one.probabilities)).max())
    drawn, _, _ = simulate(events, cost, years=YEARS, seed=p.seed)
    amount = float(cost.values[len(cost.values) // 2]) / 2
    wanted, found = float(1 - one.cdf(amount)), float((drawn > amount).mean())
    error = np.sqrt(max(wanted * (1 - wanted), 1e-12) / YEARS)
    # The grid rounds an amount to its step: the tail between the steps beside it bounds what that changes.
    slack = float(one.cdf(amount + grid.step) - one.cdf(max(amount - grid.step, 0.0)))
    all_draws, carried = expected_loss_of(values, p), np.mean([one.expected for one in years.given])
    off = abs(float(carried) / float(all_draws.mean()) - 1)
    return (
        Check("Moments", moments.passed, f"At the middle draw, on a grid of its own: {moments.text}."),
        Check("Panjer", apart < 1e-8, f"Transform and Panjer's recursion differ by at most {apart:.0e} in probability." if apart >= 1e-12 else "Transform and Panjer's recursion differ by less than 1e-12 in probability."),
        Check("Simulation", abs(found - wanted) <= 4 * error + slack, f"{YEARS:,} simulated years exceed half the median breach of that draw in {percent(found, width=0.001)}, the transform says {percent(wanted, width=0.001)}."),
        Check("Draws", off < 0.1, f"{len(years.given)} of {p.draws:,} draws carry the distributions; their mean expected loss is within {percent(max(off, 0.001), width=0.01)} of that of all."),
    )  # fmt: skip


def loss_by_grades(evidence: Evidence, parameters: Parameters, sets: Iterable[Sequence[str]]) -> pd.DataFrame:
    """Ask for the loss with other grades let in.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    sets : iterable of sequence of str
        Grades to let in; sets that leave no estimate are left out.

    Returns
    -------
    pandas.DataFrame
        Columns grades, rows, ever (the newest share ever breached that enters: a newer row takes the place of older ones, whatever its
        grade), p (chance of a breach of client data within the horizon), loss (expected USD a year).
    """
    records = []
    for grades in sets:
        changed = parameters.model_copy(update={"grades": list(grades)})
        try:
            values, inputs = draw(evidence, changed)
        except NoEvidenceError:
            continue
        estimates = _table(values, inputs, changed, None).set_index("term")["estimate"]
        rows = {row for item in inputs for row in item.rows}
        found = float(estimates["p_client_breach"]), float(estimates["expected_loss"])
        records.append((", ".join(grades), len(rows), _ever(evidence, changed, inputs.names), *found))
    return pd.DataFrame(records, columns=["grades", "rows", "ever", "p", "loss"])


def _ever(evidence: Evidence, p: Parameters, names: Sequence[str]) -> str:
    newest = newest_share(evidence, p)
    if newest is None or "breached_share" not in names:
        return "own incidents"
    rows = evidence.observations.loc[list(newest[1])]
    return f"{percent(newest[0])} ({rows['year_end'].iloc[0]}, {count(len(rows), 'row')} of grade {'/'.join(sorted(set(rows['grade'])))})"
