"""The yearly rate behind every published share of breached firms, by size and year, and whether the shares have a trend."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.regression.linear_model import OLS

from lpo_analysis.charts import forest
from lpo_analysis.errors import ParameterError
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.methods.meta import meta_regression
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.breaches import BANDS, newest_share, published
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.rates import known_n, yearly_rate
from lpo_analysis.wording import count, listing, number, percent, sentence

WAVES = 4
"""Waves a trend needs: line and scatter take three."""
_SIZES = {"small": "Small firms", "midsize": "Midsize firms", "large": "Large firms", "all": "Firms of all sizes"}
_PAST_YEAR = {
    "breach_prevalence": ("breached_past_year", "breached"),
    "security_incident_prevalence": ("past_year", "security incident or attack"),
}


def _dont_knows(evidence: Evidence, grades: Sequence[str]) -> pd.DataFrame:
    rows = select(evidence, metric="breach_other_answer_share", grades=grades, required=False)
    rows = rows[rows["category"].str.startswith("dont_know")]
    return rows.assign(band=rows["category"].str.removeprefix("dont_know").str.removeprefix("_firms_"))


def _unknown(row: pd.Series, answers: pd.DataFrame) -> tuple[float, str, tuple[str, ...]]:
    """Return the don't-knows of the very band and year, else of the size in the newest year, else those of all firms."""
    midsize = row["size"] in ("midsize", "all")
    size = answers[answers["buyer_size"] == ("all" if midsize else row["size"])]
    own = size[(size["year_end"] == row["year_end"]) & ((size["band"] == row["band"]) | midsize)]
    found = own if len(own) else size[size["year_end"] == size["year_end"].max()]
    if found.empty:
        return 0.0, "none on file", ()
    of = "all firms" if midsize and row["size"] != "all" else "the size"
    top = found.loc[found["value"].idxmax()]
    return float(top["value"]) / 100, f"{of}, {top['year_end']}", (str(top.name),)


def _bounds(share: float, unknown: float) -> tuple[float, float, float]:
    """Return the share if none of those who do not know was breached, if they are as the others, and if all were."""
    return share, min(1.0, share / (1 - unknown)) if unknown < 1 else 1.0, min(1.0, share + unknown)


def _ever(row: pd.Series, answers: pd.DataFrame, p: Parameters) -> tuple[dict[str, Any], tuple[str, ...]]:
    unknown, of, more = _unknown(row, answers)
    shares = _bounds(float(row["share"]), unknown)
    low_t, high_t = p.memory_years
    n = None if pd.isna(row["n"]) else float(row["n"])
    made = {
        "share": shares[0],
        "share_random": shares[1],
        "share_all": shares[2],
        "dont_know": unknown,
        "dont_know_of": of,
    }
    try:
        none, random, every = (
            yearly_rate(part, years, n=n, level=p.level)
            for part, years in zip(shares, (high_t, float(np.sqrt(low_t * high_t)), low_t), strict=True)
        )
    except ParameterError:
        return made | {"method": "not estimable: a share of 0 or 1 has no finite rate where n is not told"}, more
    made |= {"estimate": random, "conf_low": none, "conf_high": every,
             "method": f"-ln(1-P)/T; middle: don't-knows at random, T {np.sqrt(low_t * high_t):.1f}; ends: none or all of them, T {high_t:g} or {low_t:g}"}  # fmt: skip
    if n is not None:
        ends = share_interval(shares[0], n, level=p.level)
        made |= dict(zip(("sampling_low", "sampling_high"), ends, strict=True))
    return made, more


def hazards(evidence: Evidence, parameters: Parameters) -> Result:
    """Turn every published share of breached firms into a yearly rate, by size and year.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Memory, level, grades; sizes of all kinds, so that they can be compared.

    Returns
    -------
    Result
        One term a share. For "ever breached": ``estimate`` with don't-knows at random and the middle of the memory (geometric),
        ``conf_low`` with none of them breached and the longest memory, ``conf_high`` with all breached and the shortest: bounds under
        listed assumptions, not an interval of chance; ``sampling_low`` and ``sampling_high`` are Wilson's interval of the share where
        its n is on file. For "in the past year" T is one year and the ends are Wilson's, where n is on file.

    Notes
    -----
    Estimand: mean number of breaches a firm and year that would make the share, if firms are alike and the rate does not change. It is
    the least mean rate that the share allows (Jensen's inequality); the loss draws how much firms differ (`firm_variation`).
    """
    p = parameters
    rows = published(evidence, tuple(p.grades))
    rows = rows.assign(n=known_n(rows)) if len(rows) else rows
    answers = _dont_knows(evidence, p.grades)
    records, used = [], list(rows.index)
    for name, row in rows.sort_values(["year_end", "band"], kind="stable").iterrows():
        made, more = _ever(row, answers, p)
        band = f", {BANDS[row['band']][1]}" if row["band"] in BANDS else ""
        records.append({"term": name, "label": f"{row['year_end']}{band} [{row['grade']}]", "n_obs": row["n"], "level": np.nan,
                        "unit": "breaches a year", "size": row["size"], "year": int(row["year_end"]), "grade": row["grade"], **made})  # fmt: skip
        used += more
    recent = _past_year(evidence, p)
    records += recent
    if not records:
        reason = f"no share of grade {'/'.join(p.grades)} of breached firms is on file (0 rows)"
        return not_estimable("hazards", reason, level=p.level)
    table = tidy(records)
    order = {size: at for at, size in enumerate((*_SIZES, *dict.fromkeys(r["size"] for r in recent)))}
    table = table.sort_values("size", key=lambda sizes: sizes.map(order), kind="stable", ignore_index=True)
    ever = table[table["size"].isin(list(_SIZES)) & table["estimate"].notna()]
    # Every year of the size asked for, the newest of the others: the shares themselves are drawn elsewhere.
    newest = table.groupby("size")["year"].transform("max")
    drawn = (table["size"] == p.buyer_size) | (table["year"] == newest) | ~table["size"].isin(list(_SIZES))
    data = (
        table[drawn]
        .dropna(subset=["estimate"])
        .assign(group=lambda f: f["size"].map(lambda s: _SIZES.get(s, s)), weak=lambda f: f["grade"].isin(["C", "D"]))
    )
    told = int(table["n_obs"].notna().sum())
    return Result(
        "hazards", table, _said(ever, recent, p), checks=(
            Check("Sample sizes", told == len(table), f"{told} of {len(table)} shares tell the number of firms behind them; the others have no interval of chance."),
            Check("Incidence", None, "Shares of successive years are cross-sections of firms ever breached, not new breaches; no rate is taken from their differences."),
            Check("Firms alike", None, _alike(evidence, p)),
        ),
        rows=tuple(dict.fromkeys([*used, *(r["term"] for r in recent)])), n_used=len(table),
        plot_data=data[["group", "label", "estimate", "conf_low", "conf_high", "weak"]],
        draw=partial(forest, title="Yearly rate behind each published share", xlabel="breaches a firm and year; bar: bounds, or interval where n is told", percent=False, log=True),
        alt=f"Yearly rates of {count(len(data), 'published share')} by size and year, each with its bounds, on a logarithmic scale.",
    )  # fmt: skip


def _past_year(evidence: Evidence, p: Parameters) -> list[dict[str, Any]]:
    """Shares of the past year, whose T is known."""
    records = []
    for metric, (category, what) in _PAST_YEAR.items():
        rows = select(evidence, metric=metric, category=category, grades=p.grades, required=False)
        n = known_n(rows)
        for name, row in rows.sort_values("year_end", kind="stable").iterrows():
            share, size = float(row["value"]) / 100, None if pd.isna(n[name]) else float(n[name])
            group = f"{'UK' if row['geography'] == 'GBR' else 'US'} firms in the past year: {what}"
            record = {"term": name, "label": f"{row['year_end']}, {row['publisher']} [{row['grade']}]", "n_obs": n[name], "unit": "breaches a year", "size": group, "year": int(row["year_end"]),
                      "grade": row["grade"], "share": share, "level": p.level if size else np.nan, "method": "-ln(1-P), past year"}  # fmt: skip
            if size is None and share in (0, 1):
                records.append(
                    record | {"method": "not estimable: a share of 0 or 1 has no finite rate where n is not told"}
                )
                continue
            if size is not None:
                low, high = share_interval(share, size, level=p.level)
                # None and all enter by the inner end of their interval, and stay open on the side without a finite rate.
                record |= {"sampling_low": low, "sampling_high": high, "conf_low": -np.log1p(-low) if low > 0 else np.nan,
                           "conf_high": -np.log1p(-high) if high < 1 else np.nan}  # fmt: skip
            records.append(record | {"estimate": yearly_rate(share, 1.0, n=size, level=p.level)})
    return records


def _alike(evidence: Evidence, p: Parameters) -> str:
    """Say how much higher the mean rate is if firms differ as the loss assumes, at the share that the loss uses."""
    told = "-ln(1-P)/T takes all firms to be alike and is the least mean rate that a share allows; if they differ, the mean rate is higher"
    found = newest_share(evidence, p)
    if found is None or not 0 < found[0] < 1 or not p.firm_variation[1]:
        return f"{told}."
    least, most = (
        yearly_rate(found[0], 1.0, variation=variation) / yearly_rate(found[0], 1.0) for variation in p.firm_variation
    )
    ends = listing([number(end, digits=3) for end in dict.fromkeys((least, most))], last="to").replace(", to", " to")
    return (
        f"{told}: {ends} times at the share ever breached that the loss uses ({percent(found[0])}), for the coefficients of variation assumed there "
        f"({p.firm_variation[0]:g} to {p.firm_variation[1]:g})."
    )


def _said(ever: pd.DataFrame, recent: list[dict[str, Any]], p: Parameters) -> str:
    parts = []
    for size, part in ever.groupby("size", sort=False):
        newest = part[part["year"] == part["year"].max()]
        low, high = newest["conf_low"].min(), newest["conf_high"].max()
        parts.append(
            f"{number(low, digits=2)} to {number(high, digits=2)} in {_SIZES[str(size)].lower()} ({newest['year'].iloc[0]})"
        )
    low_t, high_t = p.memory_years
    head = (
        f"The newest shares ever breached imply, in breaches a firm and year, {listing(parts)}. These are bounds over what those who do not know would have said, and over "
        f"memories of {low_t:g} to {high_t:g} years."
        if parts
        else f"No share ever breached is on file at grade {'/'.join(p.grades)}."
    )
    shown = [r for r in recent if "estimate" in r]
    if not shown:
        return head
    rates = [r["estimate"] for r in shown]
    return (
        f"{head} {sentence(count(len(shown), 'share'))} of firms hit in the past year, which {'needs' if len(shown) == 1 else 'need'} no memory, "
        f"{'implies' if len(shown) == 1 else 'imply'} {number(min(rates), digits=2)}{'' if len(shown) == 1 else f' to {number(max(rates), digits=2)}'}, "
        "but by wider words (any incident or attack) and mostly of the largest firms."
    )


def trend(evidence: Evidence, parameters: Parameters) -> Result:
    """Tell the trend of each share that was asked for often enough in the same words of the same size of firm.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, grades.

    Returns
    -------
    Result
        One term a question with two waves or more: ``estimate`` is the ratio of the odds from one survey year to the next; where there
        are fewer than four waves, the reason stands in ``method``.

    Notes
    -----
    Estimand: slope over survey years of the log odds of having ever been breached among those who answer. Each wave is a new sample
    that differs from the line by sampling error and by an effect of the survey. Where every n is told they are told apart (random
    effects meta-regression, Hartung and Knapp); where not, least squares takes both from the scatter together, which is valid if
    waves are of similar size, and the survey effect by itself is not estimable.
    """
    p = parameters
    rows = published(evidence, tuple(p.grades))
    other = select(
        evidence, metric="security_incident_prevalence", category="past_year", grades=p.grades, required=False
    )
    other = other[other["publisher_id"] == "pwc"].assign(band="pwc", share=lambda f: f["value"] / 100)
    frame = pd.concat([rows, other]) if len(other) else rows
    records: list[dict[str, Any]] = []
    for band, part in frame.groupby("band", sort=False):
        if part["year_end"].nunique() < 2:
            continue
        usable = part[(part["share"] > 0) & (part["share"] < 1)]
        waves = int(usable["year_end"].nunique())
        label = {"": "ever breached, firms of all sizes", "pwc": "incident in the past year, UK top 100 firms"}.get(
            str(band)
        )
        record = {"term": f"trend_{band or 'all'}", "label": label or f"ever breached, {BANDS[str(band)][1]}", "waves": waves, "first": int(part["year_end"].min()),
                  "last": int(part["year_end"].max()), "n_obs": waves, "level": p.level, "unit": "odds ratio a year", "rows": tuple(part.index)}  # fmt: skip
        records.append(record | (_slope(usable, p.level) if waves >= WAVES else {"method": f"not estimable: {count(waves, 'wave')} with a share between none and all, and {WAVES} are needed"}))  # fmt: skip
    if not records:
        return not_estimable(
            "breach_trend",
            f"no share was asked for twice at grade {'/'.join(p.grades)} (0 series)",
            terms=("trend",),
            level=p.level,
        )
    used = tuple(row for record in records for row in record.pop("rows"))
    table = tidy(records)
    told = table.dropna(subset=["estimate"]) if "estimate" in table else table.iloc[:0]
    refused = table.drop(index=told.index)
    tail = (
        f" Of {count(len(refused), 'further question')} with fewer than {WAVES} usable waves no trend is told."
        if len(refused) and len(told)
        else ""
    )
    if told.empty:
        reason = f"of {count(len(table), 'repeated question')} none has {WAVES} waves"
        return Result(
            "breach_trend", table, f"Not estimable, because {reason}.", rows=used, n_dropped=len(used), reason=reason
        )
    said = [
        f"{r.label}, {r.first} to {r.last}: the odds changed by a factor of {r.estimate:.2f} a year ({p.level:.0%} interval {r.conf_low:.2f} to {r.conf_high:.2f}, {r.waves} waves)"
        for r in told.itertuples()
    ]
    return Result(
        "breach_trend", table, f"{sentence(listing(said))}.{tail} A share of firms ever breached grows with time alone, so a trend of it is no trend of the yearly rate.",
        checks=(Check("Survey effect", None, "; ".join(f"{r.label}: {r.effect}" for r in told.itertuples()) + "."),),
        rows=used, n_used=int(told["n_obs"].sum()),
    )  # fmt: skip


def _slope(usable: pd.DataFrame, level: float) -> dict[str, Any]:
    usable = usable.sort_values("year_end")
    n, share = known_n(usable), usable["share"].to_numpy(dtype=float)
    year = usable["year_end"].to_numpy(dtype=float)
    logit, centred = np.log(share / (1 - share)), year - year.mean()
    if n.notna().all():
        sizes = n.to_numpy(dtype=float)
        fit = meta_regression(logit, 1 / (sizes * share * (1 - share)), pd.DataFrame({"year": centred}), level=level)
        row = fit.table.set_index("term").loc["year"]
        log = [float(row[name]) for name in ("estimate", "conf_low", "conf_high")]
        error, method, effect = (
            float(row["std_error"]),
            "logit random effects of the survey, Hartung-Knapp",
            "told apart from sampling error",
        )
    else:
        line = OLS(logit, np.column_stack([np.ones_like(centred), centred])).fit()
        half = float(stats.t.ppf((1 + level) / 2, line.df_resid)) * float(line.bse[1])
        log, error = (
            [float(line.params[1]), float(line.params[1]) - half, float(line.params[1]) + half],
            float(line.bse[1]),
        )
        method = "least squares on log odds, waves weighing alike"
        effect = f"not told apart from sampling error, because {int(n.notna().sum())} of {count(len(n), 'wave')} {'tells' if n.notna().sum() == 1 else 'tell'} n"
    estimate, low, high = np.exp(log)
    return {
        "estimate": float(estimate),
        "conf_low": float(low),
        "conf_high": float(high),
        "std_error": error,
        "method": method,
        "effect": effect,
    }


def pooled(evidence: Evidence, parameters: Parameters) -> Result:
    """Say which shares of breaches could be pooled over makers, and pool those.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, grades.

    Returns
    -------
    Result
        One term a question (metric, category, place, kind and size of organisation): studies, makers, and makers whose n is told.
        ``estimate`` where three makers ask the same of the same population and tell n; waves of one maker are no further studies.
    """
    from lpo_analysis.methods.pooled_shares import pool_shares

    p = parameters
    metrics = (
        "breach_prevalence",
        "security_incident_prevalence",
        "breach_outcome_share",
        "third_party_breach_share",
        "third_party_breach_prevalence",
    )
    rows = select(evidence, metric=metrics, grades=p.grades, required=False)
    if rows.empty:
        return not_estimable(
            "breach_pooling", f"no share of breaches is on file at grade {'/'.join(p.grades)} (0 rows)", level=p.level
        )
    rows = rows.assign(n=known_n(rows))
    records: list[dict[str, Any]] = []
    for key, part in rows.groupby(
        ["metric", "category", "geography", "buyer", "buyer_size"], observed=True, sort=False
    ):
        known = part[part["n"].notna()].sort_values("year_end").groupby("publisher_id").tail(1)
        record: dict[str, Any] = {"term": "_".join(str(word) for word in key), "studies": part["study_id"].nunique(), "makers": part["publisher_id"].nunique(), "n_obs": len(known),
                                  "level": p.level, "unit": "share", "method": f"not estimable: {count(len(known), 'maker')} with known n, and 3 are needed"}  # fmt: skip
        if len(known) >= 3:
            totals = known["n"].round().to_numpy()
            fit = pool_shares(np.round(totals * known["value"].to_numpy(dtype=float) / 100), totals, level=p.level)
            record |= {"estimate": fit.share, "conf_low": fit.conf_low, "conf_high": fit.conf_high, "pred_low": fit.pred_low, "pred_high": fit.pred_high, "method": "binomial with normal logits"}  # fmt: skip
        records.append(record)
    table = tidy(records).sort_values(["n_obs", "makers"], ascending=False, kind="stable", ignore_index=True)
    done = table.dropna(subset=["estimate"])
    most = table.iloc[0]
    looked = f"{count(len(table), 'question')} in {count(len(rows), 'row')} of {count(rows['study_id'].nunique(), 'study', 'studies')}"
    if done.empty:
        reason = (
            f"of {looked} none was asked of the same population by three makers that tell n; the most is {most['n_obs']:.0f}, "
            f"and waves of one maker are no further studies"
        )
        return Result(
            "breach_pooling",
            table,
            f"Effects of studies are not estimable, because {reason}.",
            rows=tuple(rows.index),
            n_dropped=len(rows),
            reason=reason,
        )
    said = [
        f"{r.term.replace('_', ' ')} {percent(r.estimate, width=r.conf_high - r.conf_low)} ({percent(r.conf_low)} to {percent(r.conf_high)})"
        for r in done.itertuples()
    ]
    return Result(
        "breach_pooling",
        table,
        f"Of {looked}, {len(done)} can be pooled: {listing(said)}.",
        rows=tuple(rows.index),
        n_used=int(done["n_obs"].sum()),
    )
