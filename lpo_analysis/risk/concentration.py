"""One provider, one site: how concentrated the work is, what stops with it, and what diversification buys."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from lpo_analysis.charts import lines
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.methods.inputs import Input, Inputs, Kind
from lpo_analysis.methods.redundancy import Sites, concentration
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.risk.listed import incident_named
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import count, listing, money, number, percent, probability

MOST = 6
"""Sites up to which the curves run."""


def site_inputs(parameters: Parameters) -> Inputs:
    """Make the uncertain inputs of the outages, all of them assumptions.

    Parameters
    ----------
    parameters : Parameters
        The question.

    Returns
    -------
    Inputs
        Rate, days, share in common, takeover, cost of a further provider.
    """
    p = parameters
    return Inputs(
        tuple(
            Input(name, label, unit, getattr(p, name)[0], getattr(p, name)[1], kind, 4, f"parameter {name}")
            for name, label, unit, kind in _assumed(p.price_year)
        )
    )


def _assumed(price_year: int) -> tuple[tuple[str, str, str, Kind], ...]:
    return (
        ("outage_rate", "outages of a site", "a year", "lognormal"),
        ("outage_days", "length of an outage", "days", "lognormal"),
        ("common_cause_share", "outages that stop all sites at once", "share of outages", "uniform"),
        ("takeover_share", "work the others take over", "share of the stopped work", "uniform"),
        ("further_provider_cost", "cost of one provider more", f"USD of {price_year} a year", "uniform"),
    )


def single_point(parameters: Parameters, *, evidence: Evidence) -> Result:
    """Tell how concentrated the work is, and what more sites would change.

    Parameters
    ----------
    parameters : Parameters
        The question: shares of the work, outages, horizon.
    evidence : Evidence
        The evidence base, for the outages on file.

    Returns
    -------
    Result
        Terms ``effective_sites``; for today's number of sites ``days_lost`` (expected days of the whole work a year), ``standstill``
        (probability that all sites are down at once some time within the horizon), ``some`` and ``each`` (probability that at least
        one site, and that every site, is hit within the horizon); ``further_days`` and ``further_standstill`` (what one site more
        takes off) and ``cost_per_day`` (of the days it takes off). ``plot_data`` runs over equal sites from one to six.

    Notes
    -----
    Beta-factor model with exact binomial mixture, see `lpo_analysis.methods.redundancy`. Sites differ in size only for the effective
    number: how often all are down depends on their number.
    """
    p = parameters
    inputs = site_inputs(p)
    drawn = inputs.draw(uniforms(inputs.names, draws=p.draws, seed=p.seed))
    sites = Sites(drawn["outage_rate"], drawn["outage_days"], drawn["common_cause_share"])
    years, n, takeover = float(p.horizon_years), len(p.work_shares), drawn["takeover_share"]
    index, effective = concentration(p.work_shares)
    lost = {k: sites.days_lost(k, takeover=takeover) for k in {1, *range(1, MOST + 1), n, n + 1}}
    stopped = {k: sites.standstill(k, years=years) for k in lost}
    some, each = sites.hit(n, years=years)
    saved = lost[n] - lost[n + 1]
    records: list[dict[str, object]] = [
        {"term": "effective_sites", "label": "effective number of sites", "estimate": effective, "level": p.level, "n_obs": n, "unit": "sites", "method": f"1 / sum of squared shares ({index:.2f})"}
    ]  # fmt: skip
    plural = count(n, "site")
    horizon = count(p.horizon_years, "year")
    for term, label, values, unit in (
        ("days_lost", f"days of all work lost a year, {plural}", lost[n], "days a year"),
        ("standstill", f"all down at once within {horizon}, {plural}", stopped[n], "probability"),
        ("some", f"at least one hit within {horizon}, {plural}", some, "probability"),
        ("each", f"each one hit within {horizon}, {plural}", each, "probability"),
        ("further_days", "days a year that one site more takes off", saved, "days a year"),
        (
            "further_standstill",
            "probability of a standstill that one site more takes off",
            stopped[n] - stopped[n + 1],
            "probability",
        ),
    ):
        records.append(
            {
                "term": term,
                "label": label,
                **_spread(values, p.level),
                "level": p.level,
                "n_obs": len(inputs),
                "unit": unit,
                "method": "beta-factor model, assumptions only",
            }
        )
    records.append(_cost(drawn["further_provider_cost"], saved, p))
    table = tidy(records)
    on_file = select(evidence, metric="outage_days", grades=p.grades, required=False)
    return Result(
        "single_point", table, _text(table, p, n, effective, stopped),
        checks=(
            Check("Rungs", False, f"{len(inputs)} of {len(inputs)} inputs are assumptions: no row gives the rate of outages of a provider, or how many have a cause in common."),
            Check("Outages on file", None, _on_file(on_file)),
            Check("Splitting alone", None, "Without takeover the expected days lost are the same for any number of sites: a split moves the risk from the tail to more, smaller stops."),
        ),
        rows=tuple(on_file.index), n_used=len(inputs), plot_data=_curves(stopped, sites, years, p.level),
        draw=partial(lines, title=f"Chance of a standstill within {horizon}", ylabel="probability", xlabel="number of equal sites", percent=True, zero=True),
        alt=f"Two lines over one to {MOST} sites: the probability that all stop at once falls from {percent(float(stopped[1].mean()))} to {percent(float(stopped[MOST].mean()))}, "
            "that of some site stopping rises.",
        model={"inputs": inputs},
    )  # fmt: skip


def diversification(parameters: Parameters) -> Result:
    """Tell what each number of equal sites loses, and what it costs.

    Parameters
    ----------
    parameters : Parameters
        The question.

    Returns
    -------
    Result
        One term a number of sites: ``estimate`` is the expected days of all work lost a year; ``standstill`` the probability that all stop at
        once within the horizon; ``some`` that at least one does; ``cost`` what the further providers cost a year (missing where not given).
    """
    p = parameters
    inputs = site_inputs(p)
    drawn = inputs.draw(uniforms(inputs.names, draws=p.draws, seed=p.seed))
    sites, years = (
        Sites(drawn["outage_rate"], drawn["outage_days"], drawn["common_cause_share"]),
        float(p.horizon_years),
    )
    priced, records = p.further_provider_cost[1] > 0, []
    for k in range(1, MOST + 1):
        some, _ = sites.hit(k, years=years)
        records.append({"term": f"sites_{k}", "label": count(k, "site"), **_spread(sites.days_lost(k, takeover=drawn["takeover_share"]), p.level), "level": p.level, "n_obs": len(inputs),
                        "unit": "days a year", "method": "beta-factor model, assumptions only", "standstill": float(sites.standstill(k, years=years).mean()), "some": float(some.mean()),
                        "cost": (k - 1) * float(drawn["further_provider_cost"].mean()) if priced else np.nan})  # fmt: skip
    table = tidy(records)
    first, second, last = (table.iloc[at] for at in (0, 1, -1))
    gain = float(first["standstill"] - last["standstill"])
    step = float(first["standstill"] - second["standstill"]) / gain if gain > 0.005 else 0.0
    text = (
        f"From one site to two the expected loss goes from {number(first['estimate'], digits=2)} to {number(second['estimate'], digits=2)} days a year, and the probability of a standstill "
        f"from {probability(first['standstill'])} to {probability(second['standstill'])}; {MOST} sites leave {number(last['estimate'], digits=2)} days and {probability(last['standstill'])}. "
        + (
            "More sites change next to nothing"
            if gain <= 0.005
            else "The first further site takes most of what more of them can"
            if step > 0.5
            else "Every further site helps"
        )
        + ": what is left has a cause in common, or is work that the others cannot take over."
    )
    data = table.assign(x=range(1, MOST + 1))[["x", "estimate", "conf_low", "conf_high"]]
    return Result(
        "diversification", table, text, n_used=len(inputs), plot_data=data.assign(series="expected days lost", main=True),
        draw=partial(lines, title="Days of all work lost a year", ylabel="days a year", xlabel="number of equal sites", zero=True),
        alt=f"Line of the expected days lost a year from one to {MOST} sites, {number(first['estimate'], digits=2)} to {number(last['estimate'], digits=2)}, with {p.level:.0%} intervals.",
        model={"inputs": inputs},
    )  # fmt: skip


def _spread(values: Floats, level: float) -> dict[str, float]:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return {
        "estimate": float(values.mean()),
        "std_error": float(values.std()),
        "conf_low": float(low),
        "conf_high": float(high),
    }


def _cost(cost: Floats, saved: Floats, p: Parameters) -> dict[str, object]:
    record: dict[str, object] = {
        "term": "cost_per_day",
        "label": "cost of a day taken off by one provider more",
        "level": p.level,
        "n_obs": 1,
        "unit": "USD a day",
    }
    if p.further_provider_cost[1] == 0:
        return {**record, "method": "not estimable, because no cost of a further provider is given"}
    if not saved.mean() > 0:
        return {**record, "method": "not estimable, because one site more takes no days off"}
    ratio = cost / np.maximum(saved, 1e-12)
    low, high = np.quantile(ratio, [(1 - p.level) / 2, (1 + p.level) / 2])
    # What is spent over what is gained, both as expected: the mean of the ratio would be that of draws that gain next to nothing.
    return {
        **record,
        "estimate": float(cost.mean() / saved.mean()),
        "conf_low": float(low),
        "conf_high": float(high),
        "method": "expected cost over expected days",
    }


def _curves(stopped: dict[int, Floats], sites: Sites, years: float, level: float) -> pd.DataFrame:
    parts = []
    for k in range(1, MOST + 1):
        some, _ = sites.hit(k, years=years)
        for series, values in (("all at once", stopped[k]), ("at least one", some)):
            found = _spread(values, level)
            parts.append(
                {
                    "series": series,
                    "x": k,
                    "estimate": found["estimate"],
                    "conf_low": found["conf_low"],
                    "conf_high": found["conf_high"],
                    "main": True,
                }
            )
    return pd.DataFrame(parts)


def _on_file(rows: pd.DataFrame) -> str:
    if rows.empty:
        return "No outage of a provider is on file at these grades (0 rows)."
    told = [
        f"{'at most ' if pd.notna(row['upper']) else ''}{float(row['value']):g} days ({incident_named(row['category'])})"
        for _, row in rows.iterrows()
    ]
    return f"{count(len(rows), 'outage')} of legal service firms {'is' if len(rows) == 1 else 'are'} on file: {listing(told)}; reported because they were bad, so no sample of lengths."


def _text(table: pd.DataFrame, p: Parameters, n: int, effective: float, stopped: dict[int, Floats]) -> str:
    by = table.set_index("term")
    days, all_down, further, relief = (
        by.loc[t] for t in ("days_lost", "standstill", "further_days", "further_standstill")
    )
    alike = np.isclose(effective, n)
    where = (
        "one site"
        if n == 1
        else f"{n} equal sites"
        if alike
        else f"{n} sites that count as {number(effective, digits=2)} equal ones"
    )
    points = 100 * relief["estimate"]
    taken = (
        f"{points:.0f} percentage point{'' if round(points) == 1 else 's'}"
        if points >= 1
        else "under one percentage point"
    )
    text = (
        f"The work stands on {where}. Under the stated outages it loses an expected {number(days['estimate'], digits=2)} days a year ({p.level:.0%} interval "
        f"{number(days['conf_low'], digits=2)} to {number(days['conf_high'], digits=2)}), and all of it stops at some time within {count(p.horizon_years, 'year')} with a probability of "
        f"{probability(all_down['estimate'])} ({probability(all_down['conf_low'])} to {probability(all_down['conf_high'])}). One site more takes {number(further['estimate'], digits=2)} days a year and "
        f"{taken} off that; with {MOST} sites {probability(float(stopped[MOST].mean()))} is left, the part in common."
    )
    cost = by.loc["cost_per_day"]
    if pd.notna(cost["estimate"]):
        text += f" At the cost given, a day less costs {money(cost['estimate'], 'USD', digits=2)} ({money(cost['conf_low'], 'USD', digits=2)} to {money(cost['conf_high'], 'USD', digits=2)})."
    elif p.further_provider_cost[1] == 0:
        text += " What a further provider costs is not on file and was not given."
    return text
