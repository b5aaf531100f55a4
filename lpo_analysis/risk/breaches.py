"""How often firms are breached: what surveys say, what those who do not know leave open, and the yearly rate it implies."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np
import pandas as pd

from lpo_analysis.charts import forest
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.rates import at_least_one, known_n, yearly_rate
from lpo_analysis.wording import count, listing, percent

BANDS = {
    "solo": ("small", "solo"),
    "2_9": ("small", "2-9 lawyers"),
    "1_9": ("small", "1-9 lawyers"),
    "10_49": ("midsize", "10-49 lawyers"),
    "50_99": ("midsize", "50-99 lawyers"),
    "100_499": ("large", "100-499 lawyers"),
    "100_plus": ("large", "100 lawyers and more"),
    "500_plus": ("large", "500 lawyers and more"),
}
"""Size bands of the surveys, and the size of firm each counts as."""

_DONT_KNOW = {
    "small": ("dont_know_firms_1_9_or_solo",),
    "midsize": ("dont_know",),
    "large": ("dont_know_firms_100_499", "dont_know_firms_500_plus"),
    "all": ("dont_know",),
}


_NEXT_LARGER = "dont_know_firms_100_499"
"""Who does not know in the size next to midsize firms, of which no such share is on file."""


def _shares(rows: pd.DataFrame) -> pd.Series:
    return pd.Series(np.nanmean(ends(rows), axis=0) / 100, index=rows.index, dtype=float)


@lru_cache(maxsize=32)
def published(evidence: Evidence, grades: tuple[str, ...]) -> pd.DataFrame:
    """Return the published shares of US law firms ever breached.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    grades : tuple of str
        Grades let in.

    Returns
    -------
    pandas.DataFrame
        Observations with ``band`` (empty for firms of all sizes), ``size`` and ``share``; kept for all callers and not to be changed.
    """
    rows = select(evidence, metric="breach_prevalence", geography="USA", grades=grades, required=False)
    rows = rows[rows["category"].str.startswith("ever_breached")]
    bands = rows["category"].str.removeprefix("ever_breached").str.removeprefix("_firms_")
    sizes = [BANDS[band][0] if band in BANDS else "all" for band in bands]
    return rows.assign(band=bands, size=pd.Series(sizes, rows.index, dtype="str"), share=_shares(rows))


def dont_know(evidence: Evidence, parameters: Parameters) -> tuple[float, tuple[str, ...]] | None:
    """Return the share of respondents who do not know whether their firm was ever breached.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Size of firm, grades.

    Returns
    -------
    tuple of (float, tuple of str) or None
        The newest share of the size (for midsize firms, of all firms) and its row; None where there is none.
    """
    return _dont_know(evidence, parameters.buyer_size, tuple(parameters.grades))


@lru_cache(maxsize=128)
def _dont_know(evidence: Evidence, size: str, grades: tuple[str, ...]) -> tuple[float, tuple[str, ...]] | None:
    rows = select(
        evidence, metric="breach_other_answer_share", category=_DONT_KNOW[size], grades=grades, required=False
    )
    if rows.empty:
        return None
    newest = rows[rows["year_end"] == rows["year_end"].max()]
    return float(_shares(newest).max()), tuple(newest.index)


def larger_dont_know(evidence: Evidence, parameters: Parameters) -> tuple[float, tuple[str, ...]] | None:
    """Return the share who do not know in the next larger firms, where that of the size itself is borrowed from all firms.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Size of firm, grades.

    Returns
    -------
    tuple of (float, tuple of str) or None
        The newest share and its row; None where nothing is borrowed, or none is on file.
    """
    if parameters.buyer_size != "midsize":
        return None
    rows = select(evidence, metric="breach_other_answer_share", category=_NEXT_LARGER, grades=parameters.grades, required=False)  # fmt: skip
    newest = rows[rows["year_end"] == rows["year_end"].max()] if len(rows) else rows
    return None if newest.empty else (float(_shares(newest).max()), tuple(newest.index))


def borrowed_words(evidence: Evidence, parameters: Parameters) -> str:
    """Say that the share who do not know is borrowed, and what neighbouring sizes say.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Size of firm, grades.

    Returns
    -------
    str
        What stands in brackets; empty where the share is that of the size.
    """
    if parameters.buyer_size != "midsize":
        return ""
    small, larger = _dont_know(evidence, "small", tuple(parameters.grades)), larger_dont_know(evidence, parameters)
    said = [f"{percent(found[0])} in {whom}" for found, whom in ((small, "small firms"), (larger, "firms of 100 to 499 lawyers")) if found]  # fmt: skip
    return f"an assumption: none is on file of this size{'; it is ' if said else ''}{listing(said)}"


def prevalence(evidence: Evidence, parameters: Parameters) -> Result:
    """Show the share of US law firms that were ever breached, by size and year, don't-knows as bounds.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Size of firm, level, grades.

    Returns
    -------
    Result
        One term a published share: ``estimate`` as published (don't-knows in the base), ``conf_low`` the same (none of them was
        breached), ``conf_high`` with all of them breached. These are bounds, not an interval of chance.
    """
    p = parameters
    rows = published(evidence, tuple(p.grades))
    if rows.empty:
        return not_estimable(
            "prevalence",
            f"no share of grade {'/'.join(p.grades)} of firms ever breached is on file (0 rows)",
            level=p.level,
        )
    unknown = {size: _dont_know(evidence, size, tuple(p.grades)) for size in ("small", "midsize", "large", "all")}
    upper = [
        np.nan if (found := unknown[size]) is None else min(1.0, value + found[0])
        for size, value in zip(rows["size"], rows["share"], strict=True)
    ]
    table = tidy(
        {"term": name, "label": f"{row['year_end']}" + (f", {BANDS[row['band']][1]}" if row["band"] in BANDS else ", all sizes") + f" [{row['grade']}]",
         "estimate": row["share"], "conf_low": row["share"], "conf_high": high, "level": np.nan, "n_obs": row["sample_size"], "unit": "share",
         "method": "as published; upper end: all who do not know were breached", "size": row["size"], "year": int(row["year_end"]), "grade": row["grade"]}
        for (name, row), high in zip(rows.iterrows(), upper, strict=True)
    )  # fmt: skip
    order = ["small", "midsize", "large", "all"]
    table = table.sort_values(
        ["size", "year"], key=lambda c: c.map(order.index) if c.name == "size" else c, kind="stable", ignore_index=True
    )
    own = table[table["size"] == p.buyer_size]
    newest = own[own["year"] == own["year"].max()] if len(own) else own
    told = listing(
        [
            f"{percent(row.estimate)} ({', '.join(reversed(row.label.split(' [')[0].split(', ', 1)))})"
            for row in newest.itertuples()
        ]
    )
    if len(newest) > 1:
        told += f"; their mean, {percent(float(newest['estimate'].mean()))}, is used"
    said = (
        f"the newest {'shares are' if len(newest) > 1 else 'share is'} {told}; {_gap(evidence, p, unknown[p.buyer_size])}"
        if told
        else "none is on file at these grades"
    )
    least, most = percent(table["estimate"].min()), percent(table["estimate"].max())
    across = least if least == most else f"from {least} to {most} by size and year"
    text = (
        f"{count(len(table), 'published share')} of US law firms ever breached {'is' if len(table) == 1 else 'are'} on file, {across}. For {_size(p.buyer_size)} {said}. "
        "The years are different samples, not one cohort."
    )
    data = table.assign(group=table["size"].map({"small": "Small firms", "midsize": "Midsize firms", "large": "Large firms", "all": "All firms"}),
                        weak=table["grade"].isin(["C", "D"]))  # fmt: skip
    rows_dk = tuple(row for item in unknown.values() if item is not None for row in item[1])
    return Result(
        "prevalence", table, text, checks=(
            Check("Don't-knows", None, "Those who do not know are in the base of the published shares; in large firms they are more than half."),
            Check("Respondents", None, "A lawyer answers for the firm; the surveys do not weight to the population of firms."),
        ),
        rows=(*rows.index, *dict.fromkeys(rows_dk)), n_used=len(rows),
        plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]],
        draw=partial(forest, title="Ever breached, and how much is not known", xlabel="share of US law firms; the bar ends where all who do not know were breached"),
        alt="Shares of firms ever breached by size and year, each with a bar up to the share if all who do not know were breached.",
    )  # fmt: skip


def _gap(evidence: Evidence, p: Parameters, found: tuple[float, tuple[str, ...]] | None) -> str:
    """Say who did not know, in which year, and what that leaves open."""
    if found is None:
        return "no share of those who do not know is on file at these grades, so nothing bounds it from above"
    rows = evidence.observations.loc[list(found[1])]
    asked = "all sizes" if set(rows["buyer_size"]) == {"all"} else f"{_size(p.buyer_size)}"
    # Of several bands the highest is taken, which bounds the others too.
    whom = f"firms of {asked}" if asked == "all sizes" else asked
    return f"of {whom}, {percent(found[0])} did not know ({int(rows['year_end'].iloc[0])}), so the true share may be that much higher{_borrowed(evidence, p)}"


def _borrowed(evidence: Evidence, p: Parameters) -> str:
    words = borrowed_words(evidence, p)
    return f". That is borrowed ({words})" if words else ""


def _size(size: str) -> str:
    return "firms of all sizes" if size == "all" else f"{size} firms"


def newest_share(evidence: Evidence, parameters: Parameters) -> tuple[float, tuple[str, ...]] | None:
    """Return the newest share ever breached for the size of firm.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Size of firm, grades.

    Returns
    -------
    tuple of (float, tuple of str) or None
        Mean over the bands of the newest year, and the rows.
    """
    shown = published(evidence, tuple(parameters.grades))
    own = shown[shown["size"] == parameters.buyer_size]
    if own.empty:
        return None
    newest = own[own["year_end"] == own["year_end"].max()]
    return float(newest["share"].mean()), tuple(newest.index)


def _respondents(evidence: Evidence, p: Parameters, rows: tuple[str, ...]) -> float | None:
    """Return how many firms stand behind the newest share, where its row tells it and is the only one."""
    n = known_n(published(evidence, tuple(p.grades))).loc[list(rows)]
    return float(n.iloc[0]) if len(n) == 1 and n.notna().all() else None


def hazard(evidence: Evidence, parameters: Parameters) -> Result:
    """Turn "ever breached" into a yearly rate under each treatment of the don't-knows and each length of memory.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Size of firm, memory, horizon.

    Returns
    -------
    Result
        One term a treatment (``none``, ``at_random``, ``all``): ``estimate`` is the mean yearly rate over firms at the middle of the
        memory (geometric) and of the variation between firms, ``conf_low`` the least and ``conf_high`` the greatest at their ends;
        ``p_horizon`` the probability of at least one breach over the horizon.

    Notes
    -----
    rate = ((1 - P)^(-c^2) - 1) / (c^2 T), which is -ln(1 - P) / T where firms are alike (c = 0). T and c are listed assumptions. A P of 0 or 1 enters by the inner end of its Wilson interval where its n is on
    file, and is refused where it is not.
    """
    p = parameters
    found, unknown = newest_share(evidence, p), dont_know(evidence, p)
    if found is None:
        return not_estimable(
            "hazard",
            f"no share of {_size(p.buyer_size)} ever breached is on file at grade {'/'.join(p.grades)} (0 rows)",
            level=p.level,
        )
    share, dk = found[0], 0.0 if unknown is None else unknown[0]
    treatments = {
        "none": share,
        "at_random": min(1.0, share / (1 - dk)) if dk < 1 else 1.0,
        "all": min(1.0, share + dk),
    }
    n = _respondents(evidence, p, found[1])
    words = {
        "none": "none of those who do not know was breached",
        "at_random": "they were breached as often as the others",
        "all": "all of them were breached",
    }
    low_t, high_t = p.memory_years
    middle = (float(np.sqrt(low_t * high_t)), float(np.mean(p.firm_variation)))
    corners = [(years, variation) for years in p.memory_years for variation in p.firm_variation]
    records: list[dict[str, object]] = []
    for term, value in treatments.items():
        try:
            found_rates = [
                yearly_rate(value, years, n=n, level=p.level, variation=c) for years, c in (middle, *corners)
            ]
        except ParameterError:
            records.append({"term": term, "label": words[term], "unit": "breaches a year",
                            "method": "a share of 0 or 1 has no finite rate, and n is not told"})  # fmt: skip
            continue
        chances = [
            float(at_least_one(r, p.horizon_years, c))
            for r, (_, c) in zip(found_rates, (middle, *corners), strict=True)
        ]
        rate = {"estimate": found_rates[0], "conf_low": min(found_rates), "conf_high": max(found_rates)}
        records.append({"term": term, "label": words[term], **rate, "level": np.nan, "n_obs": len(found[1]), "unit": "breaches a year",
                        "method": f"mean over firms; T from {low_t:g} to {high_t:g} years, c from {p.firm_variation[0]:g} to {p.firm_variation[1]:g} (assumptions)", "share": value,
                        "p_horizon_mid": chances[0], "p_horizon_low": min(chances), "p_horizon_high": max(chances)})  # fmt: skip
    larger = larger_dont_know(evidence, p)
    rows = (*found[1], *(unknown[1] if unknown else ()), *(larger[1] if larger else ()))
    if not any("estimate" in record for record in records):
        return not_estimable(
            "hazard",
            "a share of 0 or 1 has no finite rate, and n is not told",
            terms=tuple(treatments),
            level=p.level,
            rows=rows,
        )
    table = tidy(records)
    known = table.dropna(subset=["estimate"])
    span = f"{percent(known['p_horizon_low'].min())} to {percent(known['p_horizon_high'].max())}"
    years = count(p.horizon_years, "year")
    least, most = float(known["p_horizon_low"].min()), float(known["p_horizon_high"].max())
    # A range over half of all that can be is no answer, and is called none.
    vague = "That is too uncertain to call. " if most - least > 0.5 else ""
    text = (
        f"From that, the chance of any breach within {years} runs from {span}, depending on what those who do not know would have said, on how "
        f"far back people remember ({low_t:g} to {high_t:g} years), and on how much firms of one size differ (coefficient of variation {p.firm_variation[0]:g} to {p.firm_variation[1]:g}), "
        f"both assumptions. {vague}{_as_larger(share, larger, p)}These are bounds under named assumptions, not a sampling interval."
    )
    return Result("hazard", table, text, rows=rows, n_used=len(found[1]))


def _as_larger(share: float, larger: tuple[float, tuple[str, ...]] | None, p: Parameters) -> str:
    """Say what it would be if as many did not know as in the next larger firms, and all of them were breached."""
    if larger is None or not 0 < share + larger[0] < 1:
        return ""
    most = share + larger[0]
    chance = max(
        float(at_least_one(yearly_rate(most, years, variation=c), p.horizon_years, c))
        for years in p.memory_years
        for c in p.firm_variation
    )
    return (
        f"If as many do not know as in firms of 100 to 499 lawyers ({percent(larger[0])}), up to {percent(most)} were ever breached, and the chance within "
        f"{count(p.horizon_years, 'year')} is up to {percent(chance)}. "
    )
