"""Who bears the loss of a year: the firm, its insurer, and the provider up to the cap of its contract."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis.charts import forest
from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import Evidence
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.piecewise import Layer, ceded, retained
from lpo_analysis.methods.severity import Points
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.annual import CARRIED, Years, annual_loss, compound, worst
from lpo_analysis.risk.inputs import Rate, draw, increment_of, provider_rate, spread, uncapitalised
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.rates import rates, variation_of
from lpo_analysis.risk.severity import POINTS, cost_points, costs_at
from lpo_analysis.wording import listing, money, probability, sentence

PARTIES = {"all": "Everybody together", "firm": "The firm", "insurer": "Its insurer", "provider": "The provider"}
"""Who may bear a part."""
MEAN_POINTS = 128
"""Equally likely breaches behind a mean."""
CHUNK = 4096
"""Draws whose breaches are held in memory at once."""


def _terms(p: Parameters) -> dict[str, str]:
    what = {
        "mean": "expected loss a year",
        "var": f"least loss of {worst(p)}",
        "tvar": f"mean loss of {worst(p)}",
    }
    return {f"{party}_{stat}": f"{name}: {text}" for party, name in PARTIES.items() for stat, text in what.items()}


def split_event(cost: Floats, parameters: Parameters, *, at_provider: bool) -> dict[str, Floats]:
    """Split the cost of one breach among those who bear it.

    Parameters
    ----------
    cost : ndarray of float
        USD an event.
    parameters : Parameters
        Retention and limit of the firm's cover, cap of the provider's liability.
    at_provider : bool
        Whether the breach came through the provider, who then pays first.

    Returns
    -------
    dict of str to ndarray of float
        By party of `PARTIES`, each of the shape of `cost`; those of firm, insurer and provider add up to the whole.
    """
    p = parameters
    cap = [Layer(0.0, p.liability_cap)] if at_provider and p.liability_cap > 0 else []
    cover = [Layer(p.insurance_retention, p.insurance_limit)] if p.insurance_limit > 0 else []
    left = retained(cap)(cost)
    return {"all": cost, "firm": retained(cover)(left), "insurer": ceded(cover)(left), "provider": ceded(cap)(cost)}


def who_bears(
    evidence: Evidence, parameters: Parameters, *, rate: Rate | None = None, loss: Result | None = None
) -> Result:
    """Tell who bears which part of the yearly loss once the provider is at work.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question, with the terms of cover and contract.
    rate : tuple of float, optional
        Shape and rate of the gamma distribution of breaches a year that own incidents leave, see `loss_inputs`.
    loss : Result, optional
        The outcome of `annual_loss` for the same question, where it is there already.

    Returns
    -------
    Result
        For everybody together, the firm, its insurer and the provider: the mean of a year, value at risk and tail mean of the
        worst year in so many (USD); the mean over the draws of what is not known, and its interval over them. Means add up;
        value at risk and tail means do not, because each party has its own worst year. ``plot_data`` shows the tail means.

    Notes
    -----
    Breaches of today, which reach the firm's records, and those through the new provider, which reach what it holds, arrive as
    events that are independent given the firm's rate, of which the provider's is a multiple. Retention, limit and cap apply to each event; a limit for the year as a whole would bite only in
    years of two and more. The provider pays first, the insurer what is left above the retention. Whether a provider could pay
    its cap, and whether a policy answers at all, is not in it.
    """
    p = parameters
    try:
        draws, inputs = draw(evidence, p, rate=rate)
    except NoEvidenceError as error:
        return not_estimable("who_bears", uncapitalised(error.what), terms=_terms(p), level=p.level)
    today, added = rates(draws)[1][:CARRIED], provider_rate(draws, p)[:CARRIED]
    costs: dict[str, list[Points]] = {party: [] for party in PARTIES}
    for i, (here, there) in enumerate(zip(today, added, strict=True)):
        own = split_event(cost_points(draws, p, i).values, p, at_provider=False)
        theirs = split_event(cost_points(draws, p, i, held=float(draws["held_share"][i])).values, p, at_provider=True)
        weights = np.repeat([here, there] / (here + there) / POINTS, POINTS)
        for party in PARTIES:
            costs[party].append(Points(np.concatenate([own[party], theirs[party]]), weights))
    years = {}
    grid = None
    varied = np.broadcast_to(variation_of(draws), p.draws)[:CARRIED]
    for party in PARTIES:
        years[party] = compound(today + added, costs[party], variation=varied, grid=grid)
        grid = years["all"].grid
    means = expected_by_party(draws, p)
    table = _table(years, means, inputs=len(inputs), p=p)
    data = table[table["term"].str.endswith("_tvar")]
    data = data.assign(group=f"Mean of {worst(p)}", label=list(PARTIES.values()), weak=False)
    parts = sum(float(means[party].mean()) for party in ("firm", "insurer", "provider"))
    off = abs(parts / float(means["all"].mean()) - 1)
    return Result(
        "who_bears", table, _text(table, p),
        checks=(Check("Parts", off < 1e-9, "The means of firm, insurer and provider add up to that of all."),
                _tails(annual_loss(evidence, p, rate=rate) if loss is None else loss, table, float(increment_of(draws, p)[:CARRIED].mean()), p),
                Check("Terms", None, "Retention, limit and cap are parameters, not terms of any policy or contract on file.")),
        rows=tuple(dict.fromkeys(row for item in inputs for row in item.rows)), n_used=len(inputs),
        plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]].reset_index(drop=True),
        draw=partial(forest, title="Who bears a bad year", xlabel=f"USD of {p.price_year}, mean and {p.level:.0%} interval", percent=False),
        alt=f"Mean cost of {worst(p)}: " + "; ".join(f"{row.label} {money(row.estimate, 'USD', digits=2)}" for row in data.itertuples()) + ".",
        model={"years": years},
    )  # fmt: skip


def expected_by_party(draws: Mapping[str, Floats], parameters: Parameters) -> dict[str, Floats]:
    """Return the expected yearly loss of each who may bear a part, with the provider at work.

    Parameters
    ----------
    draws : mapping of str to ndarray of float, each of shape (n,)
        Draws by input of `lpo_analysis.risk.inputs.loss_inputs`.
    parameters : Parameters
        The question, with the terms of cover and contract.

    Returns
    -------
    dict of str to ndarray of float, shape (n,)
        USD a year by party of `PARTIES`. Given each draw the mean over breaches is taken at `MEAN_POINTS` equally likely ones.
    """
    today, added = rates(draws)[1], provider_rate(draws, parameters)
    found: dict[str, list[Floats]] = {party: [] for party in PARTIES}
    for first in range(0, len(today), CHUNK):
        at = slice(first, first + CHUNK)
        here = split_event(costs_at(draws, parameters, at, points=MEAN_POINTS), parameters, at_provider=False)
        there = split_event(
            costs_at(draws, parameters, at, held=draws["held_share"], points=MEAN_POINTS), parameters, at_provider=True
        )
        for party in PARTIES:
            found[party].append(today[at] * here[party].mean(axis=1) + added[at] * there[party].mean(axis=1))
    return {party: np.concatenate(parts) for party, parts in found.items()}


def _table(years: dict[str, Years], means: Mapping[str, Floats], *, inputs: int, p: Parameters) -> pd.DataFrame:
    at = 1 - 1 / p.tail_years
    records = []
    for party, its in years.items():
        read = {
            "mean": spread(means[party], p.level),
            "var": its.read(lambda one: one.quantile(at), p.level),
            "tvar": its.read(lambda one: one.tvar(at), p.level),
        }
        for stat, (middle, low, high) in read.items():
            term = f"{party}_{stat}"
            records.append({"term": term, "label": _terms(p)[term], "estimate": middle, "conf_low": low, "conf_high": high, "level": p.level,
                            "n_obs": inputs, "unit": "USD a year" if stat == "mean" else "USD", "party": PARTIES[party], "stat": stat,
                            "method": f"mean of {p.draws:,} joint draws" if stat == "mean" else f"compound by FFT, mean over {len(its.given)} draws; interval over the draws"})  # fmt: skip
    return tidy(records)


def _tails(loss: Result, table: pd.DataFrame, added: float, p: Parameters) -> Check:
    """Hold the tail mean with the provider against that of today: the worst years hold at most all that the provider adds."""
    today, both = (
        float(loss.row("tail_value_at_risk")["estimate"]),
        float(table.set_index("term").loc["all_tvar", "estimate"]),
    )
    most = p.tail_years * added
    return Check(
        "Tails", both - today <= most + 0.01 * today,
        f"The mean of {worst(p)} is {money(both, 'USD', digits=3)} with the provider and {money(today, 'USD', digits=3)} in the section before without it; "
        f"what the provider adds can raise it by at most {money(most, 'USD', digits=3)}, grids apart by up to 1%.",
    )  # fmt: skip


def _part(share: float) -> str:
    return "nothing" if share <= 0 else probability(share)


def _text(table: pd.DataFrame, p: Parameters) -> str:
    at = table.set_index("term")["estimate"]
    whole = at["all_mean"]
    shares = [f"{name} {_part(at[f'{party}_mean'] / whole)}" for party, name in (("firm", "the firm bears"), ("insurer", "its insurer"), ("provider", "the provider"))]  # fmt: skip
    if p.insurance_limit == 0 and p.liability_cap == 0:
        return (
            f"Without cyber cover and without liability of the provider the firm bears all of the expected {money(whole, 'USD', digits=2)} a year. "
            "Give insurance_limit or liability_cap to see who else would."
        )
    cover = (
        f"cover of {money(p.insurance_limit, 'USD')} above {money(p.insurance_retention, 'USD')} a breach"
        if p.insurance_limit > 0
        else "no cyber cover"
    )
    cap = (
        f"a contract that makes the provider pay up to {money(p.liability_cap, 'USD')} for a breach at its place"
        if p.liability_cap > 0
        else "a contract that makes the provider pay nothing"
    )
    return (
        f"With {cover} and {cap} (assumptions), of the expected {money(whole, 'USD', digits=2)} a year, the part through the new provider included, {listing(shares)}. "
        f"{sentence(worst(p))} costs the firm {money(at['firm_tvar'], 'USD', digits=2)} on average, against "
        f"{money(at['all_tvar'], 'USD', digits=2)} for all together: a cover pays what lies between its retention and its limit, and leaves the largest losses to the firm."
    )
