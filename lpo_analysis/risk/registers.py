"""Breaches that registers and collections count: a rate per year of reporting, never one per firm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis.charts import dotplot
from lpo_analysis.evidence import Evidence, select, table
from lpo_analysis.methods.count_rates import CountFit, count_trend, fit_counts
from lpo_analysis.methods.multiplicity import holm
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.wording import count, listing, number, probability

TREND = 5
"""Whole years of counts a trend needs."""
FEWEST = 3
"""Counts that a negative binomial needs."""
_TABLE_GRADE = "B"
"""Grade of the tables: counts made from public registers and collections by others or by this kit."""


@dataclass(frozen=True)
class _Series:
    """Counts of one register with the exposure of each; `again` where the same counts stand in another series."""

    term: str
    label: str
    counts: list[int]
    years: list[float]
    exposure: list[float]
    rows: tuple[str, ...]
    unit: str = "a year"
    caveat: str = ""
    scale: float = 1.0
    again: bool = False
    dropped: int = field(default=0)


def _collected() -> Iterator[_Series]:
    vcdb = table("breaches_vcdb_by_year").astype(int)
    legal = vcdb[vcdb["year"].between(2010, 2018)]
    rows = ("table:breaches_vcdb_by_year:all",)
    for name, what in (("legal", "legal services"), ("professional_services", "professional services")):
        counts, years = legal[f"incidents_{name}"].tolist(), [float(year) for year in legal["year"]]
        yield _Series(
            f"vcdb_{name}",
            f"VCDB, {what}, world",
            counts,
            years,
            [1.0] * len(counts),
            rows,
            caveat="a convenience collection whose effort varies",
        )
        yield _Series(f"vcdb_{name}_share", f"VCDB, {what}, of all it collected", counts, years, legal["incidents_all"].astype(float).tolist(), rows,
                      unit="per 1,000 incidents collected", caveat="a share of what was collected, no incidence", scale=1000.0, again=True)  # fmt: skip
    notices = table("breaches_legal_washington")["year"].astype(int)
    # The snapshot ends in May of the last year; years without a notice count as 0.
    whole_years = range(int(notices.min()), int(notices.max()))
    counts = [int((notices == year).sum()) for year in whole_years]
    yield _Series("washington_legal", "Washington State, law firms, over 500 residents", counts, [float(year) for year in whole_years], [1.0] * len(counts),
                  ("table:breaches_legal_washington:all",), caveat="more than 500 residents of one state", dropped=int((notices == notices.max()).sum()))  # fmt: skip
    sectors = table("breaches_uk_by_sector")
    law = sectors[sectors["sector"] == "Legal"].iloc[0]
    span = float(law["year_end"]) - float(law["year_start"]) + 1
    yield _Series("ico_legal_2019_2024", "UK ICO, legal sector, 2019 to 2024", [int(law["incidents"])], [float(law["year_start"])], [span],
                  ("table:breaches_uk_by_sector:all",), caveat="reports under a duty to notify, any personal data")  # fmt: skip


def _observed(evidence: Evidence, p: Parameters) -> Iterator[_Series]:
    rows = select(evidence, metric="incident_count", grades=p.grades, required=False)
    rows = rows[rows["form"] == "point"]
    ico = rows[rows["category"] == "ico_reports_legal"].sort_values("year_end")
    # Each row is four quarters, from the third of one year to the second of the next.
    yield _Series("ico_legal_periods", "UK ICO, legal sector, July to June", _whole(ico), ico["year_end"].astype(float).tolist(), [1.0] * len(ico), tuple(ico.index),
                  caveat="two periods")  # fmt: skip
    ag = rows[rows["category"] == "state_ag_reports"].sort_values("year_end")
    full = ag[~ag["note"].str.contains("part-year")]
    yield _Series("state_ag", "US state attorneys general, reports by law firms", _whole(full), full["year_end"].astype(float).tolist(), [1.0] * len(full), tuple(ag.index),
                  caveat="states and thresholds as the source chose them", dropped=len(ag) - len(full))  # fmt: skip
    sra = rows[rows["category"] == "sra_cybercrime_reports"]
    yield _Series("sra_cybercrime", "SRA, cybercrime reports, 2016 to 2019", _whole(sra), sra["year_end"].astype(float).tolist(),
                  (sra["year_end"] - sra["year_start"] + 1).astype(float).tolist(), tuple(sra.index), caveat="months at the ends are not told")  # fmt: skip
    attacks = rows[
        (rows["category"] == "ransomware_legal")
        & (rows["geography"] == "WLD")
        & (rows["year_start"] == rows["year_end"])
    ].sort_values("year_end")
    yield _Series("ransomware_legal", "Ransomware on legal organisations, world, 2 years told", _whole(attacks), attacks["year_end"].astype(float).tolist(), [1.0] * len(attacks),
                  tuple(attacks.index), caveat="attacks that became public; the years told may be picked")  # fmt: skip


def _whole(rows: pd.DataFrame) -> list[int]:
    return [round(value) for value in rows["value"]]


@lru_cache(maxsize=64)
def _fitted(counts: tuple[int, ...], exposure: tuple[float, ...], level: float, seed: int) -> CountFit:
    return fit_counts(counts, exposure, level=level, seed=seed)


def registers(evidence: Evidence, parameters: Parameters) -> Result:
    """Fit Poisson and negative binomial rates to every count of breaches at law firms on file, with the reporting period as exposure.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, grades, seed.

    Returns
    -------
    Result
        One term a register: ``estimate`` events a year of reporting (or per 1,000 incidents collected), the wider of the Poisson and the
        negative binomial interval; ``ratio`` variance over mean, ``p_poisson``, ``p_adjusted`` (Holm, over
        registers whose counts stand there once), ``alpha``, and ``yearly`` the factor from year to year
        with its interval where five whole years are told, ``p_yearly`` its p value (Holm, over the same registers). The last term, ``per_firm``, is not estimable.

    Notes
    -----
    Estimand: expected yearly number of entries in the register, not of breaches, and not per firm: no number of firms or solicitors is
    on file for any of them, so neither a rate per firm nor a ratio to other sectors can be formed.
    """
    p = parameters
    series = [s for s in _observed(evidence, p) if s.counts]
    if _TABLE_GRADE in p.grades:
        series = [*_collected(), *series]
    missing = {"term": "per_firm", "label": "Breaches per firm and year, and legal against other sectors", "level": p.level, "unit": "breaches a firm and year",
               "n_obs": 0, "method": "not estimable: no register on file comes with a number of firms (0 denominators)"}  # fmt: skip
    if not series:
        return not_estimable(
            "registers",
            f"no count of grade {'/'.join(p.grades)} of breaches at law firms is on file (0 series)",
            level=p.level,
        )
    records = [_record(s, _fitted(tuple(s.counts), tuple(s.exposure), p.level, p.seed), p.level) for s in series]
    found = tidy([*records, missing])
    # Counts of a series that stands there twice are tested once, and all tests of one question share their error.
    once = ~found["term"].isin([s.term for s in series if s.again])
    found["p_adjusted"] = _adjusted(found["p_poisson"].where(once))
    if "yearly" in found:
        found["p_yearly"] = _adjusted(found["p_yearly"].where(once))
    tested = found[found["p_adjusted"].notna()]
    over = tested[tested["p_adjusted"] < 0.05]
    yearly = found[found["unit"] == "events a year"]
    n_again = sum(s.again for s in series)
    n_own = len(series) - n_again
    twice = f" ({n_again} of them shown as a share of what was collected, too)" if n_again else ""
    said = (
        f"{count(n_own, 'series', 'series')} of breaches at law firms or in professional services {'is' if n_own == 1 else 'are'} on file{twice}, from {number(yearly['estimate'].min(), digits=2)} to "
        f"{number(yearly['estimate'].max(), digits=2)} entries a year by what each register asks to be told. "
        if len(yearly)
        else ""
    )
    scatter = (
        f"Of {len(tested)} with several counts {len(over)} scatter{'s' if len(over) == 1 else ''} more than Poisson counts of one rate would (5% level, adjusted by Holm for {count(len(tested), 'test')}), so a negative binomial is fitted where there are {FEWEST} periods or more. "
        if len(tested)
        else "None has several counts, so Poisson cannot be tested. "
    )
    trends = _trends(found, once, p.level)
    agreed = _consistent(series)
    apart = (
        "Two sources on the UK regulator contradict each other, as the checks tell. "
        if any(check.passed is False for check in agreed)
        else ""
    )
    data = found[found["unit"] == "events a year"].assign(main=lambda f: f["p_adjusted"] < 0.05)
    return Result(
        "registers", found,
        f"{said}{scatter}{trends}{apart}A rate per firm, and a rate ratio of legal to other sectors, are not estimable, because no register comes with a number of firms (0 denominators).",
        checks=(
            _poisson(tested, over),
            *agreed,
            Check("Denominator", False, "0 registers tell how many firms could have reported."),
            Check("Part years", None, f"{count(sum(s.dropped for s in series), 'entry', 'entries')} of a year that was not over {'was' if sum(s.dropped for s in series) == 1 else 'were'} left out."),
        ),
        rows=tuple(dict.fromkeys(row for s in series for row in s.rows)), n_used=sum(len(s.counts) for s in series), n_dropped=sum(s.dropped for s in series),
        plot_data=data[["label", "estimate", "conf_low", "conf_high", "main"]],
        draw=partial(dotplot, title="Entries a year in each register", xlabel="entries a year", log=True),
        alt=f"Yearly entries of {count(len(data), 'register')} with intervals on a logarithmic scale.",
    )  # fmt: skip


def _trends(found: pd.DataFrame, once: pd.Series, level: float) -> str:
    """Say which registers change over time, one test each and all adjusted together."""
    if "yearly" not in found:
        return ""
    long = found[once & found["yearly"].notna()]
    moved = long[long["p_yearly"] <= 1 - level]
    told = [
        f"{row.label}, by a factor of {row.yearly:.2f} a year ({level:.0%} interval {row.yearly_low:.2f} to {row.yearly_high:.2f})"
        for row in moved.itertuples()
    ]
    which = f"{len(moved) or 'none'} {'change' if len(moved) > 1 else 'changes'} over time by more than chance, after Holm's adjustment for {count(len(long), 'test')}"
    return f"Of {count(len(long), 'register')} with {TREND} whole years or more {which}" + (
        f": {listing(told)}. " if told else ". "
    )


def _adjusted(p: pd.Series) -> pd.Series:
    told = p.dropna().astype(float)
    return pd.Series(holm(told.to_numpy()), told.index).reindex(p.index)


def _poisson(tested: pd.DataFrame, over: pd.DataFrame) -> Check:
    if tested.empty:
        return Check("Poisson", None, "No register tells several counts.")
    rest = tested.drop(index=over.index)
    text = f"{count(len(rest), 'register')} of {len(tested)} {'scatters' if len(rest) == 1 else 'scatter'} no more than Poisson counts"
    text += f" (adjusted p of {probability(rest['p_adjusted'].min())} and more)" if len(rest) else ""
    if len(over):
        text += "; more: " + "; ".join(f"{r.label}, variance over mean {number(r.ratio, digits=2)}, adjusted p {probability(r.p_adjusted)}" for r in over.itertuples())  # fmt: skip
    return Check("Poisson", over.empty, f"{text}.")


def _consistent(series: list[_Series]) -> tuple[Check, ...]:
    """Set the two counts of the UK regulator side by side, where both are there."""
    by_term = {s.term: s for s in series}
    if not {"ico_legal_2019_2024", "ico_legal_periods"} <= by_term.keys():
        return ()
    long, parts = by_term["ico_legal_2019_2024"], by_term["ico_legal_periods"]
    whole, told, rest = sum(long.counts), sum(parts.counts), long.exposure[0] - sum(parts.exposure)
    left = (whole - told) / rest
    fits = left >= 0.5 * min(parts.counts)
    text = (
        f"Of the same regulator, one source has {whole:,} reports of the legal sector in {long.exposure[0]:g} years, another {told:,} in {sum(parts.exposure):g} of them. "
        + (
            f"That leaves {left:,.0f} for each other year: no contradiction."
            if fits
            else f"That would leave {max(left, 0):,.0f} for each other year, against {min(parts.counts):,} and more: the two do not count the same. What differs (which incidents, or which firms are legal) is not "
            "on file, so both are shown, neither is corrected, and no other number of this report rests on them."
        )
    )
    return (Check("UK counts agree", fits, text),)


def _record(s: _Series, fit: CountFit, level: float) -> dict[str, Any]:
    # Two counts tell that they differ, but not how counts of such a register spread.
    few = 1 < fit.n_obs < FEWEST
    low, high = (fit.conf_low, fit.conf_high) if few else fit.interval
    negative = fit.alpha > 0 and not few
    model = "negative binomial, profile" if negative else "Poisson, exact"
    if few and fit.p_poisson < 0.05:
        low, high, model = (
            np.nan,
            np.nan,
            f"interval not estimable: {fit.n_obs} periods that scatter more than Poisson, and {FEWEST} are needed",
        )
    record: dict[str, Any] = {
        "term": s.term, "label": s.label, "estimate": fit.rate * s.scale, "conf_low": low * s.scale, "conf_high": high * s.scale, "level": level, "n_obs": fit.n_obs,
        "unit": f"events {s.unit}", "method": f"{model}; {s.caveat}", "total": fit.total, "ratio": fit.ratio, "p_poisson": fit.p_poisson,
        "alpha": np.nan if few else fit.alpha, "poisson_low": fit.conf_low * s.scale, "poisson_high": fit.conf_high * s.scale,
    }  # fmt: skip
    if len(s.counts) >= TREND and fit.total:
        slope = count_trend(s.counts, s.years, s.exposure, level=level)
        record |= {
            "yearly": slope.ratio,
            "yearly_low": slope.conf_low,
            "yearly_high": slope.conf_high,
            "p_yearly": slope.p_value,
        }
    return record
