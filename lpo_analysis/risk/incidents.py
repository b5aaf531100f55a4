"""What a firm's own incidents change: a Bayesian step from the published shares to the firm's rate and to the cost of its incidents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from lpo_analysis.charts import dotplot
from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import Candidate, Evidence, Evidenced, climb, real_frame, select
from lpo_analysis.methods.count_rates import poisson_interval
from lpo_analysis.methods.credibility import Credible, GammaRate, gamma_from_log
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.methods.suppression import suppress
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.how_often import of_one_firm, published_draws
from lpo_analysis.risk.incident_file import KINDS, OwnIncidents, read_incidents
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import count, listing, number, percent, probability

NO_INCIDENTS = (
    "no incidents of your own were given (incidents_path names a file in the form of data/templates/incidents.csv)"
)
UPDATED = "confidentiality"
"""Kind of incident that the published shares of breached firms are about."""
_CENTRAL = float(stats.norm.ppf(0.95))


def prior(evidence: Evidence, parameters: Parameters) -> tuple[GammaRate, tuple[str, ...]] | None:
    """Return what the published shares say of the rate of one firm of this size.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Size of firm, memory, variation between firms, grades.

    Returns
    -------
    tuple or None
        The gamma distribution of the firm's yearly rate, and the rows; None where no share is on file, or one of 0 or 1 gives no finite
        rate.

    Notes
    -----
    Each draw of the inputs of the loss gives a mean rate over firms and a coefficient of variation between them, and a firm's rate is
    gamma given both. The prior is the gamma with the mean and the mean logarithm of that mixture: of all gammas the one that the mixture
    diverges least from (Kullback-Leibler). Its mean is that of the draws, so that no year watched leaves the expected loss as it was; two
    moments instead would follow the few draws of the highest rates.
    """
    try:
        draws, rows = published_draws(evidence, parameters)
    except NoEvidenceError:
        return None
    return gamma_from_log(*of_one_firm(draws)), rows


def observed(parameters: Parameters) -> OwnIncidents | None:
    """Return the firm's own incidents.

    Parameters
    ----------
    parameters : Parameters
        The question, with `incidents_path`.

    Returns
    -------
    OwnIncidents or None
        None where no file is given.

    Raises
    ------
    DataError
        Naming every fault of the file.
    """
    p = parameters
    return read_incidents(p.incidents_path, price_year=p.price_year, held=p.records) if p.incidents_path else None


def own_frequency(known: GammaRate, incidents: OwnIncidents) -> GammaRate:
    """Update what is known of a firm's rate of breaches by its own.

    Parameters
    ----------
    known : GammaRate
        The prior.
    incidents : OwnIncidents
        The firm's incidents; those of confidentiality count.

    Returns
    -------
    GammaRate
        The posterior.
    """
    return known.updated(len(incidents.of(UPDATED)), incidents.years)


def posterior_rate(evidence: Evidence, parameters: Parameters) -> tuple[float, float] | None:
    """Return the gamma distribution of the firm's yearly rate of breaches, its own incidents included.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question, with `incidents_path`.

    Returns
    -------
    tuple of float or None
        Shape and rate (inverse scale, in years); None without own incidents or without a prior.
    """
    own = observed(parameters)
    known = None if own is None else prior(evidence, parameters)
    if own is None or known is None:
        return None
    updated = own_frequency(known[0], own)
    return updated.shape, updated.rate


def own_reached(parameters: Parameters) -> tuple[int, int]:
    """Count the firm's own breaches of confidentiality that reached client data, and those that did not.

    Parameters
    ----------
    parameters : Parameters
        The question, with `incidents_path`.

    Returns
    -------
    tuple of int
        Yes and no; those that do not tell are in neither. Both are 0 where the split may not be shown (`min_incidents`), for the share it moves would tell it.
    """
    own = observed(parameters)
    answers = None if own is None else own.of(UPDATED)["client_data_reached"]
    return (0, 0) if answers is None else _shown_answers(answers, parameters)


def _shown_answers(answers: pd.Series, p: Parameters) -> tuple[int, int]:
    """Count yes and no, both 0 where there are none or too few of one to be shown."""
    yes, no = int((answers == "yes").sum()), int((answers == "no").sum())
    return (0, 0) if yes + no == 0 or suppress([[yes, no]], least=p.min_incidents)[0] else (yes, no)


def _costs(evidence: Evidence, p: Parameters) -> tuple[Evidenced, Evidenced] | None:
    """Return cost of a record and floor of the response, in dollars of the price year."""
    found = []
    everywhere = select(
        evidence, metric="response_cost", category="forensic_investigation_mean", grades=p.grades, required=False
    )
    american = select(
        evidence,
        metric="breach_cost_per_record",
        category="all_industries",
        geography="USA",
        grades=p.grades,
        required=False,
    )
    for rows, scale in ((american, 1.0), (everywhere, 1e6)):
        frame = real_frame(rows, price_year=p.price_year)
        frame = frame.assign(low=frame["real_low"] * scale, high=frame["real_high"] * scale)
        found.append(climb([Candidate("all industries", frame, own=False)], widening=p.widening))
    record, floor = found
    return None if record is None or floor is None else (record, floor)


@dataclass(frozen=True, eq=False)
class OwnCosts:
    """By how much the firm's incidents cost more or less than their records make expected.

    Parameters
    ----------
    before, after : Credible
        Prior and posterior of the logarithm of the factor.
    n_used : int
        Incidents that tell records and cost.
    rows : tuple of str
        Observations behind what is expected.
    """

    before: Credible
    after: Credible
    n_used: int
    rows: tuple[str, ...]


def own_severity(evidence: Evidence, parameters: Parameters, incidents: OwnIncidents) -> OwnCosts | None:
    """Update by how much incidents of this firm cost more or less than their records make expected.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Price year, grades, widening, `cost_spread`.
    incidents : OwnIncidents
        The firm's incidents; breaches of confidentiality whose records and cost are told count.

    Returns
    -------
    OwnCosts or None
        Prior and posterior of the logarithm of the factor; None where no cost is on file.

    Notes
    -----
    An incident is expected to cost the larger of the floor of a response and records x cost a record, both at the middle of their
    ranges. The logarithm of own cost over that is normal about the firm's log factor with standard deviation `cost_spread`
    (assumption); the prior of the log factor is as wide as the published cost a record. This is Buhlmann's credibility, exact here.
    Use the factor with the cost at the middle of its range, not with draws of it: its uncertainty is in the prior already.
    """
    found = _costs(evidence, parameters)
    if found is None:
        return None
    record, floor = found
    width = float(np.log(record.high / record.low)) / (2 * _CENTRAL)
    known = Credible(0.0, width, parameters.cost_spread)
    used = incidents.of(UPDATED).dropna(subset=["records", "cost"])
    expected = np.maximum(np.sqrt(floor.low * floor.high), used["records"] * np.sqrt(record.low * record.high))
    values = np.log(used["cost"] / expected).astype(float).tolist()
    return OwnCosts(
        known,
        known.updated(values) if values else known,
        len(values),
        tuple(dict.fromkeys((*record.rows, *floor.rows))),
    )


_TERMS = {
    "rate_prior": "breaches a year, from published shares",
    "rate_own": "breaches a year, own incidents alone",
    "rate_posterior": "breaches a year, both",
    "chance_prior": "chance of a breach within the horizon, from published shares",
    "chance_posterior": "chance of a breach within the horizon, both",
    "cost_prior": "cost of an incident over what its records make expected, before",
    "cost_posterior": "cost of an incident over what its records make expected, after",
}


def update(evidence: Evidence, parameters: Parameters) -> Result:
    """Move the rate and the cost of breaches from the published figures towards what the firm has seen itself.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question, with `incidents_path`.

    Returns
    -------
    Result
        Terms of the rate (events a year: prior, own alone with Garwood's interval, posterior), of the chance of a breach within the
        horizon (prior and posterior), and of the cost factor (prior and posterior), each with interval. The factor is hidden where fewer
        incidents than `min_incidents` tell records and cost; how many incidents of other kinds there are is not told.

    Raises
    ------
    DataError
        Naming every fault of the file.

    Notes
    -----
    Estimand: this firm's rate of breaches that are noticed. Gamma prior, Poisson count, gamma posterior; the posterior mean is the
    credibility mixture Z own + (1 - Z) prior with Z = years / (years + prior rate). One incident more never multiplies the posterior mean
    by more than 1 + 1 / prior shape.

    References
    ----------
    Buhlmann, H. and Gisler, A. (2005). A Course in Credibility Theory and its Applications, ch. 2. Springer.
    https://doi.org/10.1007/3-540-29273-X
    """
    p = parameters
    own = observed(p)
    if own is None:
        return not_estimable("own_incidents", NO_INCIDENTS, terms=_TERMS, level=p.level)
    known = prior(evidence, p)
    n = len(own.of(UPDATED))
    if known is None:
        reason = f"no share of such firms ever breached that gives a finite rate is on file at grade {'/'.join(p.grades)}, so there is nothing to start from"
        return not_estimable("own_incidents", reason, terms=_TERMS, level=p.level)
    before, rows = known
    after = own_frequency(before, own)
    records = [_rate("rate_prior", before, p, f"gamma, shape {before.shape:.2f}, rate {before.rate:.1f} years"), _alone(n, own.years, p),
               _rate("rate_posterior", after, p, f"gamma, shape {after.shape:.2f}, rate {after.rate:.1f} years"),
               _chance("chance_prior", before, p), _chance("chance_posterior", after, p)]  # fmt: skip
    cost = own_severity(evidence, p, own)
    records += _factors(cost, p)
    table = tidy(records)
    rates = table[table["unit"] == "breaches a year"]
    if cost is not None:
        rows = (*rows, *cost.rows)
    return Result(
        "own_incidents", table, (_said(before, after, n, own.years, p) + _cost_said(cost, table, n)).strip(),
        checks=_checks(before, n, own, p), rows=tuple(dict.fromkeys(rows)), n_used=n,
        plot_data=rates.assign(main=rates["term"] == "rate_posterior")[["label", "estimate", "conf_low", "conf_high", "main"]],
        draw=partial(dotplot, title="What your own incidents change", xlabel=f"breaches a year, {p.level:.0%} interval", log=True),
        alt=f"Yearly rate of breaches from published shares ({number(before.mean, digits=2)}), from own incidents alone ({number(n / own.years, digits=2)}), and from both ({number(after.mean, digits=2)}).",
    )  # fmt: skip


def _rate(term: str, rate: GammaRate, p: Parameters, method: str) -> dict[str, Any]:
    low, high = rate.interval(p.level)
    return {"term": term, "label": _TERMS[term], "estimate": rate.mean, "std_error": rate.std_error, "conf_low": low, "conf_high": high, "level": p.level, "unit": "breaches a year", "method": method}  # fmt: skip


def _alone(n: int, years: float, p: Parameters) -> dict[str, Any]:
    low, high = poisson_interval(n, level=p.level)
    return {"term": "rate_own", "label": _TERMS["rate_own"], "estimate": n / years, "conf_low": low / years, "conf_high": high / years, "level": p.level, "n_obs": n, "unit": "breaches a year",
            "method": "Poisson, exact"}  # fmt: skip


def _chance(term: str, rate: GammaRate, p: Parameters) -> dict[str, Any]:
    low, high = (-np.expm1(-end * p.horizon_years) for end in rate.interval(p.level))
    return {"term": term, "label": _TERMS[term], "estimate": 1 - rate.none_within(p.horizon_years), "conf_low": low, "conf_high": high, "level": p.level, "unit": "probability",
            "method": f"within {count(p.horizon_years, 'year')}, negative binomial"}  # fmt: skip


def _factors(cost: OwnCosts | None, p: Parameters) -> list[dict[str, Any]]:
    records = []
    before, after = (None, None) if cost is None else (cost.before, cost.after if cost.n_used else None)
    for term, known in (("cost_prior", before), ("cost_posterior", after)):
        record: dict[str, Any] = {"term": term, "label": _TERMS[term], "level": p.level, "unit": "factor"}
        few = cost is not None and term == "cost_posterior" and 0 < cost.n_used < p.min_incidents
        if few:
            # The factor of one or two incidents would tell what they cost.
            records.append(record | {"method": f"hidden: fewer than {p.min_incidents}"})
            continue
        if cost is None or known is None:
            why = (
                "no cost of a breach is on file at these grades"
                if cost is None
                else "0 incidents tell records and cost"
            )
            records.append(record | {"n_obs": 0, "method": f"not estimable: {why}"})
            continue
        low, high = np.exp(known.interval(p.level))
        records.append(record | {"estimate": float(np.exp(known.mean)), "conf_low": float(low), "conf_high": float(high), "n_obs": cost.n_used if term == "cost_posterior" else np.nan,
                                 "method": "lognormal credibility, median"})  # fmt: skip
    return records


def _rate_words(rate: float) -> str:
    return "under 0.001" if rate < 0.001 else number(rate, digits=2)


def _said(before: GammaRate, after: GammaRate, n: int, years: float, p: Parameters) -> str:
    (low, high), (new_low, new_high) = before.interval(p.level), after.interval(p.level)
    size = "firms of all sizes" if p.buyer_size == "all" else f"{p.buyer_size} firms"
    seen = (
        "no breach of confidentiality"
        if n == 0
        else count(n, "breach of confidentiality", "breaches of confidentiality")
    )
    moved = (
        f"Your file has {seen} in {number(years, digits=2)} years. Published shares put a firm among {size} at {_rate_words(before.mean)} breaches a year "
        f"({p.level:.0%} interval {_rate_words(low)} to {number(high, digits=2)}); your own years weigh {percent(before.credibility(years))} against that, so the rate moves to "
        f"{_rate_words(after.mean)} ({_rate_words(new_low)} to {number(new_high, digits=2)}), and the chance of a breach within {count(p.horizon_years, 'year')} "
        f"from {probability(1 - before.none_within(p.horizon_years))} to {probability(1 - after.none_within(p.horizon_years))}. "
    )
    if n == 0:
        return moved + (
            f"None seen is not proof of safety: a firm at the upper end of that, {_rate_words(new_high)} a year, sees none in such a time with a chance of {probability(float(np.exp(-new_high * years)))}. "
        )
    fewer = before.updated(n - 1, years).mean
    return (
        moved
        + f"Without {'it' if n == 1 else 'one of them'}, the rate would be {_rate_words(fewer)}: no single incident can do more than multiply the rate by {number(1 + 1 / before.shape, digits=2)}. "
    )


def _cost_said(cost: OwnCosts | None, table: pd.DataFrame, n: int) -> str:
    row = table.set_index("term").loc["cost_posterior"]
    if cost is None:
        return "What they cost is not compared, because no cost of a breach is on file at these grades."
    if cost.n_used and np.isnan(row["estimate"]):
        return f"What they cost is not told, because fewer than {row['method'].rpartition(' ')[2]} of your breaches tell both records and cost."
    if not cost.n_used:
        return (
            f"What your breaches cost is not estimable, because none of {n} tells both records and cost." if n else ""
        )
    return (
        f"{count(cost.n_used, 'breach', 'breaches')} with records and cost (weight {percent(cost.before.credibility(cost.n_used))}) {'puts' if cost.n_used == 1 else 'put'} your incidents at "
        f"{number(row['estimate'], digits=2)} times the cost that their records make expected ({number(row['conf_low'], digits=2)} to {number(row['conf_high'], digits=2)})."
    )


def _checks(before: GammaRate, n: int, own: OwnIncidents, p: Parameters) -> tuple[Check, ...]:
    ahead = before.predictive(own.years)
    tail = float(min(ahead.cdf(n), ahead.sf(n - 1)))
    told = listing([f"{text}" for kind, text in KINDS.items() if kind != UPDATED])
    return (
        Check("Prior and own experience", tail >= (1 - p.level) / 2, f"The published range expects so few or so many with a chance of {probability(tail)} (one tail)."),
        Check("Weight of the published range", None, f"It counts as {number(before.rate, digits=2)} years of watching, with firms whose rates vary by {p.firm_variation[0]:g} to {p.firm_variation[1]:g} (coefficient of variation, assumption)."),
        Check("Client data reached", None, f"What your breaches of confidentiality reached moves the share that reaches client data in the annual loss where {p.min_incidents} or more (or none) gave each answer; those that do not tell are left out."),
        Check("Noticed", None, "Only incidents that were noticed can be told; the rate is that of noticed ones, and the published shares are of those that respondents knew of."),
        Check("Same event", None, f"Only breaches of confidentiality or security update the rate; no published rate is on file for other kinds ({told})."),
        Check("Columns", not own.n_ignored, f"{count(own.n_ignored, 'column')} of your file {'is' if own.n_ignored == 1 else 'are'} not of the template and {'was' if own.n_ignored == 1 else 'were'} not read."),
    )  # fmt: skip


def by_kind(evidence: Evidence, parameters: Parameters) -> Result:
    """Count the firm's own incidents by kind, with the exact interval of the yearly rate.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, `incidents_path`, `min_incidents`.

    Returns
    -------
    Result
        One term a kind, and the share of breaches of confidentiality in which client data were reached or a third party took part, of
        those that tell. What rests on fewer incidents than `min_incidents` is hidden, and no total is told that would give it away.
    """
    p = parameters
    own = observed(p)
    if own is None:
        return not_estimable("own_kinds", NO_INCIDENTS, level=p.level)
    records: list[dict[str, Any]] = []
    for kind, text in KINDS.items():
        n = len(own.of(kind))
        record: dict[str, Any] = {"term": kind, "label": text, "level": p.level, "unit": "incidents a year"}
        if n < p.min_incidents:
            records.append(record | {"method": f"hidden: fewer than {p.min_incidents}"})
            continue
        low, high = poisson_interval(n, level=p.level)
        records.append(record | {"estimate": n / own.years, "conf_low": low / own.years, "conf_high": high / own.years, "n_obs": n, "method": "Poisson, exact"})  # fmt: skip
    breaches = own.of(UPDATED)
    for column, text in (
        ("client_data_reached", "breaches that reached client data"),
        ("third_party", "breaches through a third party"),
    ):
        yes, no = _shown_answers(breaches[column], p)
        record = {"term": column, "label": text, "level": p.level, "unit": "share"}
        if yes + no == 0:
            records.append(record | {"method": f"hidden: fewer than {p.min_incidents} of an answer"})
            continue
        low, high = share_interval(yes / (yes + no), yes + no, level=p.level, method="jeffreys")
        records.append(
            record
            | {
                "estimate": yes / (yes + no),
                "conf_low": low,
                "conf_high": high,
                "n_obs": yes + no,
                "method": "Jeffreys",
            }
        )
    table = tidy(records)
    shown = table.dropna(subset=["estimate"])
    hidden = len(table) - len(shown)
    tail = (
        f"{count(hidden, 'row')} with fewer than {p.min_incidents} of your incidents behind {'it is' if hidden == 1 else 'them are'} hidden."
        if hidden
        else ""
    )
    if shown.empty:
        reason = f"every row has fewer than {p.min_incidents} of your incidents behind it"
        return Result("own_kinds", table, f"Nothing by kind is shown, because {reason}.", reason=reason)
    said = [
        f"{r.label} {percent(r.estimate) if r.unit == 'share' else number(r.estimate, digits=2) + ' a year'} "
        f"({percent(r.conf_low) if r.unit == 'share' else number(r.conf_low, digits=2)} to {percent(r.conf_high) if r.unit == 'share' else number(r.conf_high, digits=2)})"
        for r in shown.itertuples()
    ]
    return Result("own_kinds", table, f"By kind, with {p.level:.0%} intervals: {listing(said)}. {tail}".strip())
