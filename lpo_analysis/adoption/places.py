"""Where legal work goes: official statistics of trade, governance and pay, and what they cannot show."""

from __future__ import annotations

from functools import partial
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import stats

from lpo_analysis import vocabulary
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.adoption.trade import NAMED, called, imports_excess, imports_gravity, label_of, some, uk_legal_imports
from lpo_analysis.charts.dotplot import dotplot, lines
from lpo_analysis.errors import ParameterError, choices
from lpo_analysis.evidence import Evidence
from lpo_analysis.evidence import table as load_table
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, number, percent, sentence

__all__ = [
    "INDICATORS",
    "NAMED",
    "digital_exports",
    "governance",
    "imports_excess",
    "imports_gravity",
    "onshore_wages",
    "uk_legal_imports",
]

INDICATORS = {
    "voice_accountability": "voice and accountability",
    "political_stability": "political stability",
    "government_effectiveness": "government effectiveness",
    "regulatory_quality": "regulatory quality",
    "rule_of_law": "rule of law",
    "control_of_corruption": "control of corruption",
}
"""Worldwide Governance Indicators, on a scale of about -2.5 to 2.5."""
Role = Literal["paralegal", "lawyer", "legal_secretary"]
ROLES = {
    "paralegal": ("23-2011", "paralegals"),
    "lawyer": ("23-1011", "lawyers"),
    "legal_secretary": ("43-6012", "legal secretaries"),
}
"""Code of the occupation (SOC 2018) and its name in a sentence."""


def digital_exports(evidence: Evidence, parameters: Parameters) -> Result:
    """Show what delivery and buyer countries export in digitally delivered services, in the newest year and its growth.

    Parameters
    ----------
    evidence : Evidence
        The evidence base; the figures come from its analysis tables.
    parameters : Parameters
        Not read: these are published totals without sampling errors.

    Returns
    -------
    Result
        One term a country, largest first: ``estimate`` in current USD million of the newest year, ``first_year``, ``last_year``,
        ``growth`` (compound, a year, nominal).
    """
    del evidence, parameters
    frame = load_table("location_digital_exports")
    none = frame["dds_exports_usd_mn"].fillna(0) <= 0
    used, zeros = frame[~none].sort_values(["iso3", "year"]), frame[none]
    if used.empty:
        return not_estimable("digital_exports", "no exports above 0 are on file", n_dropped=len(frame))
    last_year = int(used["year"].max())
    ends = used.groupby("iso3").agg(
        country=("country", "first"), first_year=("year", "first"), last_year=("year", "last"), first=("dds_exports_usd_mn", "first"),
        last=("dds_exports_usd_mn", "last"), n=("year", "size"),
    )  # fmt: skip
    ends = ends[ends["last_year"] == last_year].sort_values("last", ascending=False, kind="stable")
    span = (ends["last_year"] - ends["first_year"]).astype(float)
    growth = ((ends["last"] / ends["first"]) ** (1 / span.where(span > 0)) - 1).rename("growth")
    table = tidy(
        {"term": code, "label": label_of(str(code), row["country"]), "estimate": row["last"], "n_obs": int(row["n"]), "unit": "USD mn, current", "method": "as published",
         "rank": rank, "first_year": int(row["first_year"]), "last_year": last_year, "growth": growth[code]}
        for rank, (code, row) in enumerate(ends.iterrows(), start=1)
    )  # fmt: skip
    start = int(table["first_year"].min())
    whole = table[(table["first_year"] == start) & table["growth"].notna()]
    fastest = whole.sort_values("growth", ascending=False, kind="stable").head(3)
    said = [
        f"{called(row.term, row.label)} {number(row.estimate / 1000, digits=3)} (rank {row.rank}"
        + (
            f", growing {percent(row.growth, width=0.05)} a year since {row.first_year})"
            if pd.notna(row.growth)
            else ")"
        )
        for row in table[table["term"].isin(NAMED)].itertuples()
    ]
    text = f"In {last_year}, digitally delivered services of any kind, in billion dollars: " + (
        f"{listing(said)} of {count(len(table), 'country', 'countries')}."
        if said
        else f"{count(len(table), 'country', 'countries')}, none of the named delivery locations among them."
    )
    if len(fastest):
        text += f" Since {start} {listing([f'{called(row.term, row.label)} ({percent(row.growth, width=0.05)} a year)' for row in fastest.itertuples()])} grew fastest, in current dollars."
    missing = [vocabulary.in_words(code) for code in NAMED if code not in set(table["term"])]
    if missing:
        text += f" {sentence(listing(missing))} {'is' if len(missing) == 1 else 'are'} not in the table."
    text += " Legal services are a small and unknown part of these."
    by_country = [f"{name} {part['year'].min()}-{part['year'].max()}" for name, part in zeros.groupby("country")]
    checks = (
        Check("Zeros", zeros.empty, f"{count(len(zeros), 'figure is', 'figures are')} 0 or empty" + (f" ({listing(by_country)}); no country exports nothing, so these are read as not recorded and set aside." if len(zeros) else ".")),
        Check("Estimates", None, "The publisher fills gaps with estimates and does not mark them here; no standard error is published, so none is shown."),
        Check("Reach", None, "All digitally delivered services, from insurance to software; nominal dollars, so exchange rates and inflation are within the growth."),
    )  # fmt: skip
    data = used[used["iso3"].isin(ends.index)]
    drawn = pd.DataFrame({"series": data["country"], "x": data["year"], "estimate": data["dds_exports_usd_mn"] / 1000, "conf_low": np.nan, "conf_high": np.nan,
                          "main": data["iso3"].isin(NAMED)})  # fmt: skip
    return Result(
        "digital_exports", table, text, checks=checks, rows=("table:location_digital_exports:all",), n_used=len(data), n_dropped=len(frame) - len(data),
        plot_data=drawn.reset_index(drop=True), draw=partial(lines, title="Digitally delivered services of any kind", ylabel="exports, USD billion", log=True),
        alt=f"Lines of digitally delivered exports of {count(len(table), 'country', 'countries')}, {start} to {last_year}, the named delivery locations set off.",
    )  # fmt: skip


def _by_chance(comparisons: int, level: float) -> str:
    """Say how many of so many comparisons would be told at this level although there is nothing to tell."""
    return number((1 - level) * comparisons, digits=2)


def governance(evidence: Evidence, parameters: Parameters, *, indicator: str = "rule_of_law") -> Result:
    """Show governance of delivery and buyer countries in the newest year, and whether it changed since the first.

    Parameters
    ----------
    evidence : Evidence
        The evidence base; the scores come from its analysis tables.
    parameters : Parameters
        Only the level is read.
    indicator : str, default 'rule_of_law'
        One of `INDICATORS`.

    Returns
    -------
    Result
        One term a country, highest first: ``estimate`` is the newest score; ``change``, ``change_low`` and ``change_high`` are since
        ``first_year``.

    Raises
    ------
    ParameterError
        If the indicator is unknown.

    Notes
    -----
    Scores are relative to all countries of a year. The errors of two years of one country share sources and are treated as
    independent, so the interval of a change is rather too wide.

    References
    ----------
    Kaufmann, D., Kraay, A. and Mastruzzi, M. (2011). The Worldwide Governance Indicators: methodology and analytical issues. Hague
    Journal on the Rule of Law 3(2). https://doi.org/10.1017/S1876404511200046
    """
    del evidence
    if indicator not in INDICATORS:
        raise ParameterError(f"indicator: got {indicator!r}.", remedy=choices(indicator, INDICATORS))
    p, label = parameters, INDICATORS[indicator]
    scores = load_table("location_governance").dropna(subset=[indicator, f"{indicator}_se"])
    if scores.empty:
        return not_estimable("governance", f"no scores of {label} are on file", level=p.level)
    first, last = int(scores["year"].min()), int(scores["year"].max())
    z = float(stats.norm.ppf((1 + p.level) / 2))
    old, new = (scores[scores["year"] == year].set_index("iso3") for year in (first, last))
    records = []
    for code, row in new.sort_values(indicator, ascending=False, kind="stable").iterrows():
        score, error = float(row[indicator]), float(row[f"{indicator}_se"])
        change, apart = np.nan, np.nan
        if code in old.index and first < last:
            change, apart = (
                score - float(old.at[code, indicator]),
                z * float(np.hypot(error, old.at[code, f"{indicator}_se"])),
            )
        records.append({"term": code, "label": label_of(str(code), row["country"]), "estimate": score, "std_error": error, "conf_low": score - z * error, "conf_high": score + z * error,
                        "level": p.level, "n_obs": int((scores["iso3"] == code).sum()), "unit": "score (-2.5 to 2.5)", "method": "published score and standard error",
                        "year": last, "first_year": first, "change": change, "change_low": change - apart, "change_high": change + apart})  # fmt: skip
    table = tidy(records)
    up, down = table[table["change_low"] > 0], table[table["change_high"] < 0]
    named = [
        f"{called(row.term, row.label)} {row.estimate:.2f} ({row.conf_low:.2f} to {row.conf_high:.2f})"
        for row in table[table["term"].isin(NAMED)].itertuples()
    ]
    text = f"{sentence(label)} in {last}, on a scale of about -2.5 to 2.5: {listing(named) if named else 'none of the named delivery locations is on file'}."
    compared = int(table["change"].notna().sum())
    text += f" Since {first}, of {count(compared, 'country', 'countries')}, "
    told = [
        f"{some([called(r.term, r.label) for r in part.itertuples()])} {verb}"
        for part, verb in ((up, "rose"), (down, "fell"))
        if len(part)
    ]
    text += (
        f"{listing(told)} by more than the errors explain, {len(up) + len(down)} in all where about {_by_chance(compared, p.level)} would by chance alone; in the others no change can be told."
        if told
        else "none changed by more than the errors explain."
    )
    checks = (
        Check("Scale", None, "Scores are relative to all countries of a year: a country can fall while its courts stay the same, and no score measures contract courts."),
        Check("Errors", None, f"Intervals come from the published standard errors (median {number(float(table['std_error'].median()), digits=2)}); those of two years share sources, so changes are judged rather too cautiously."),
    )  # fmt: skip
    drawn = pd.DataFrame({"series": scores["country"], "x": scores["year"], "estimate": scores[indicator], "conf_low": scores[indicator] - z * scores[f"{indicator}_se"],
                          "conf_high": scores[indicator] + z * scores[f"{indicator}_se"], "main": scores["iso3"].isin(NAMED)})  # fmt: skip
    return Result(
        "governance", table, text, checks=checks, rows=("table:location_governance:all",), n_used=len(scores), plot_data=drawn.reset_index(drop=True),
        draw=partial(lines, title=f"{sentence(label)} of delivery locations", ylabel=f"score, {p.level:.0%} interval"),
        alt=f"Lines of {label} of {count(len(table), 'country', 'countries')}, {first} to {last}, the named delivery locations set off with their intervals.",
    )  # fmt: skip


def onshore_wages(evidence: Evidence, parameters: Parameters, *, role: Role = "paralegal") -> Result:
    """Rank US states by the mean hourly pay of a legal occupation, against the nation.

    Parameters
    ----------
    evidence : Evidence
        The evidence base; the figures come from its analysis tables.
    parameters : Parameters
        Only the level is read.
    role : {'paralegal', 'lawyer', 'legal_secretary'}, default 'paralegal'
        Occupation.

    Returns
    -------
    Result
        Term ``USA`` first, then one a state (ISO 3166-2), cheapest first: ``estimate`` in USD an hour; ``ratio`` to the nation with
        ``ratio_low`` and ``ratio_high``; ``employment`` with ``employment_low`` and ``employment_high``.

    Raises
    ------
    ParameterError
        If the role is unknown.

    Notes
    -----
    Intervals are normal, from the published relative standard errors. A state is part of the nation; the two errors are treated as
    independent, which matters only for the largest states.
    """
    del evidence
    if role not in get_args(Role):
        raise ParameterError(f"role: got {role!r}.", remedy=choices(role, get_args(Role)))
    p, (soc, occupation) = parameters, ROLES[role]
    states, nation = load_table("wages_us_state_2025"), load_table("wages_us_national")
    rows = states[states["soc_code"] == soc]
    used = rows.dropna(subset=["hourly_mean", "wage_rse_pct"]).sort_values("hourly_mean", kind="stable")
    year = int(rows["year"].max()) if len(rows) else 0
    whole = nation[(nation["soc_code"] == soc) & (nation["year"] == year)].dropna(
        subset=["hourly_mean", "wage_rse_pct"]
    )
    if used.empty or whole.empty:
        return not_estimable(
            "onshore_wages",
            f"pay of {occupation} is on file for {count(len(used), 'state')} and {'no' if whole.empty else 'the'} nation",
            level=p.level,
            n_dropped=len(rows),
        )
    usa = whole.iloc[0]
    z = float(stats.norm.ppf((1 + p.level) / 2))

    def record(term: str, label: str, row: pd.Series) -> dict[str, object]:
        wage, rse = float(row["hourly_mean"]), float(row["wage_rse_pct"]) / 100
        ratio, apart = wage / float(usa["hourly_mean"]), z * float(np.hypot(rse, usa["wage_rse_pct"] / 100))
        jobs, jobs_half = float(row["employment"]), z * float(row["employment_rse_pct"]) / 100
        apart = 0.0 if term == "USA" else apart
        return {"term": term, "label": label, "estimate": wage, "std_error": wage * rse, "conf_low": wage * (1 - z * rse), "conf_high": wage * (1 + z * rse),
                "level": p.level, "unit": "USD an hour", "method": "published mean and relative standard error", "year": year, "ratio": ratio,
                "ratio_low": ratio * (1 - apart), "ratio_high": ratio * (1 + apart), "employment": jobs, "employment_low": jobs * (1 - jobs_half),
                "employment_high": jobs * (1 + jobs_half)}  # fmt: skip

    table = tidy(
        [
            record("USA", "United States", usa),
            *(record(str(row["iso_3166_2"]), str(row["state"]), row) for _, row in used.iterrows()),
        ]
    )
    parts = table.iloc[1:]
    cheap, dear = parts[parts["ratio_high"] < 1], parts[parts["ratio_low"] > 1]
    low, high = parts.iloc[0], parts.iloc[-1]
    biggest = parts.nlargest(3, "employment")
    text = (
        f"In May {year} {occupation} earned {number(usa['hourly_mean'], digits=3)} dollars an hour on average, from {number(low['estimate'], digits=3)} in {called(low['term'], low['label'])} to "
        f"{number(high['estimate'], digits=3)} in {called(high['term'], high['label'])}, {number(high['estimate'] / low['estimate'], digits=2)} times as much. Of {count(len(parts), 'state or territory', 'states and territories')} "
        f"{len(cheap)} {'lies' if len(cheap) == 1 else 'lie'} below the nation and {len(dear)} above it by more than the errors explain, where about {_by_chance(len(parts), p.level)} would by chance alone."
    )
    jobs = parts["employment"].sum()
    text += f" {sentence(listing([called(row.term, row.label) for row in biggest.itertuples()]))} hold {percent(biggest['employment'].sum() / jobs)} of their {number(jobs, digits=3)} jobs."
    named = {
        row["iso_3166_2"]: row["state"] for _, row in rows.iterrows() if row["iso_3166_2"] not in set(parts["term"])
    }
    checks = (
        Check("Not released", not named, f"Pay of {occupation} is not released for {count(len(named), 'state')}" + (f" ({listing(list(named.values()))})." if named else ".")),
        Check("Who is counted", None, "Employees only: partners and the self-employed are outside. Pay is before benefits and overheads, and is no price of outsourced work."),
        Check("Cost of living", None, "No price level by state is in the table: a lower wage is cheaper for the employer, not poorer pay for the employee."),
        Check("One year", None, f"May {year} alone; the survey pools three years of panels and is not designed as a series."),
    )  # fmt: skip
    return Result(
        "onshore_wages", table, text, checks=checks, rows=("table:wages_us_state_2025:all", "table:wages_us_national:all"), n_used=len(table), n_dropped=len(rows) - len(used),
        plot_data=parts[["label", "estimate", "conf_low", "conf_high"]].assign(main=parts["term"].isin(cheap["term"])).reset_index(drop=True),
        draw=partial(dotplot, title=f"Pay of {occupation} by state", xlabel=f"USD an hour, {p.level:.0%} interval; set off: below the nation beyond its error",
                     reference=float(usa["hourly_mean"]), reference_text="United States"),
        alt=f"Mean hourly pay of {occupation} in {count(len(parts), 'state or territory', 'states and territories')}, from {low['estimate']:.0f} to {high['estimate']:.0f} dollars, beside the national {usa['hourly_mean']:.0f}.",
    )  # fmt: skip
