"""Questions that were asked more than once: whether a trend can be told, and what became of intentions."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.adoption.bases import bases
from lpo_analysis.adoption.parameters import Parameters
from lpo_analysis.adoption.use import SENSES, figures, spoken, with_intervals
from lpo_analysis.charts import forest
from lpo_analysis.evidence import Evidence, maker, select
from lpo_analysis.methods.meta import meta_regression
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.wording import count, listing, sentence

WAVES = 4
"""Waves a trend needs: line and spread between waves take three."""
CHANGED = {("alsp_any", "thomson_reuters"): "samples and wording changed between the waves"}
"""Repeated questions whose answers cannot be compared, as the notes of the evidence tell."""
BECOMES = {
    "start_or_continue_lpo": "lpo_as_staffing_strategy",
    "start_offshoring": "offshore_any",
    "might_offshore": "offshore_any",
    "consider_offshoring": "offshore_any",
    "consider_lpo": "lpo_any",
    "shared_legal_service": "shared_legal_service",
    "use_now_or_within_5_years": "alsp_for_task",
}
"""What is intended, and the sense of use in which it would show."""
_SAME = ["category", "task", "buyer", "buyer_size", "geography", "publisher_id"]


def use_trend(evidence: Evidence, parameters: Parameters) -> Result:
    """Tell the trend of every question that one maker asked often enough in the same words, and say of the others why not.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Geography, buyer, task, level, grades.

    Returns
    -------
    Result
        One term a question with two waves or more: ``waves``, ``usable`` (those with a share and a sample size), ``first`` and ``last`` year, the ``reason`` where no trend is told, else
        ``estimate``: the ratio of the odds of use from one year to the next.

    Notes
    -----
    Estimand: the slope over years of the log odds of use among those whom the maker samples. Waves are new samples and differ by
    more than chance, so each has a random effect; the interval is that of Hartung and Knapp.
    """
    p = parameters
    rows = figures(evidence, p)
    records = []
    for key, part in rows.groupby(_SAME, sort=False):
        if part["year_end"].nunique() < 2:
            continue
        named = dict(zip(_SAME, key, strict=True))
        part = part.sort_values("year_end")
        # The rows that can be fitted: a share strictly between none and all, of a number of respondents that is known.
        behind = bases(part, evidence)
        part = part.assign(n=behind["n"].where(behind["rule"].isin(["whole", "told", "derived"])))
        usable = part[
            (part["form"] == "point") & part["n"].notna() & part["value"].between(0, 100, inclusive="neither")
        ]
        why = _against(usable, named)
        record = {"term": "_".join(str(named[name]) for name in ("category", "task", "buyer_size", "publisher_id")), "label": _question(part, named),
                  "waves": part["year_end"].nunique(), "usable": len(usable), "first": part["year_end"].min(), "last": part["year_end"].max(), "n_obs": len(part),
                  "level": p.level, "unit": "odds ratio a year", "method": "logit random effects, Hartung-Knapp" if not why else f"no trend: {why}",
                  "reason": why, "rows": tuple(part.index)}  # fmt: skip
        records.append(record if why else record | _trend(usable, p.level))
    looked = (
        f"{count(len(rows), 'figure')} from {count(rows['study_id'].nunique(), 'study', 'studies')} {'was' if len(rows) == 1 else 'were'} looked at"
        if len(rows)
        else "0 figures, 0 studies"
    )
    if not records:
        return not_estimable(
            "use_trend", f"no question was asked twice in the same words ({looked})", terms=("trend",), level=p.level
        )
    used = [row for record in records for row in record.pop("rows")]
    table = tidy(records)
    told = table[table["reason"] == ""]
    refused = table[table["reason"] != ""].sort_values(["waves", "usable"], ascending=False, kind="stable")
    said = [
        f"{row.label}: odds times {row.estimate:.2f} a year ({p.level:.0%} interval {row.conf_low:.2f} to {row.conf_high:.2f})"
        for row in told.itertuples()
    ]
    if not said:
        near = refused.iloc[0]
        reason = (
            f"of {count(len(table), 'repeated question')} none has {WAVES} waves in the same words with sample sizes; the longest is "
            f"{near['label']} ({near['waves']} waves, {near['first']} to {near['last']}): {near['reason']}"
        )
        return Result(
            "use_trend",
            table,
            f"Not estimable, because {reason}.",
            rows=tuple(used),
            n_dropped=len(used),
            reason=reason,
        )
    tail = (
        f" No trend is told of {count(len(refused), 'other question')} with fewer waves, other words or no sample sizes."
        if len(refused)
        else ""
    )
    return Result(
        "use_trend", table, f"{sentence(listing(said))}.{tail}", rows=tuple(used), n_used=int(told["n_obs"].sum())
    )


def _against(usable: pd.DataFrame, named: dict[str, Any]) -> str:
    """Say why no trend is told; empty if one is."""
    if changed := CHANGED.get((named["category"], named["publisher_id"])):
        return changed
    if usable["year_end"].nunique() < WAVES:
        n = len(usable)
        return f"{n} of the waves {'tells' if n == 1 else 'tell'} a share and its sample size, and {WAVES} are needed"
    return ""


def _trend(usable: pd.DataFrame, level: float) -> dict[str, float]:
    share, n = usable["value"].to_numpy(dtype=float) / 100, usable["n"].to_numpy(dtype=float)
    year = usable["year_end"].to_numpy(dtype=float)
    fit = meta_regression(
        np.log(share / (1 - share)),
        1 / (n * share * (1 - share)),
        pd.DataFrame({"year": year - year.mean()}),
        level=level,
    )
    slope = fit.table.set_index("term").loc["year"]
    return {name: float(np.exp(slope[name])) for name in ("estimate", "conf_low", "conf_high")} | {
        "std_error": float(slope["std_error"])
    }


def _question(part: pd.DataFrame, named: dict[str, Any]) -> str:
    words = [SENSES.get(named["category"], named["category"])]
    if named["task"] not in ("all", ""):
        words.append(vocabulary.label("task", named["task"]))
    if named["buyer_size"] not in ("all", ""):
        words.append(f"{named['buyer_size']} ones")
    return f"{', '.join(words)} ({maker(part['publisher'].iloc[0])})"


def intentions(evidence: Evidence, parameters: Parameters) -> Result:
    """Set what buyers said they would do beside the use that later surveys found, where the same kind of use was asked for.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        Level, sample sizes, grades; buyers and places of all kinds, for there are few.

    Returns
    -------
    Result
        One term a figure, the intentions and the later use by the same kind of buyer in the same place. Different samples, so no
        difference is formed.
    """
    p = parameters
    meant = select(
        evidence, metric="adoption_intent", grades=p.grades, status=["forecast", "actual", "estimate"], required=False
    )
    meant = meant[meant["category"].isin(BECOMES)]
    use = select(evidence, metric="adoption_rate", grades=p.grades, required=False)
    groups: list[pd.DataFrame] = []
    early = 0
    for _, one in meant.sort_values("year_end", kind="stable").iterrows():
        same = use[
            (use["category"] == BECOMES[one["category"]])
            & (use["buyer"] == one["buyer"])
            & (use["geography"] == one["geography"])
        ]
        same = same[
            (same["buyer_size"] == one["buyer_size"])
            & (same["task"] == one["task"] if one["task"] not in ("all", "") else True)
        ]
        # Only what was found after the year in which the intention was told can be its outcome.
        later = same[same["year_start"] > max(int(str(one["published"])[:4]), one["year_start"])]
        early += int(later.empty and len(same) > 0)
        if later.empty:
            continue
        both = pd.concat([one.to_frame().T.astype(use.dtypes), later.sort_values("year_end", kind="stable")])
        size = "" if one["buyer_size"] in ("all", "") else f"{one['buyer_size']} "
        what = f"{sentence(size + vocabulary.label('buyer', one['buyer']))}s in {vocabulary.in_words(one['geography'])}: {SENSES.get(BECOMES[one['category']], one['category'])}"
        groups.append(both.assign(group=what, side=["intended", *["found"] * len(later)]))
    head = f"{count(len(meant), 'intention')} of a kind that a survey of use could confirm {'is' if len(meant) == 1 else 'are'} on file at grade {'/'.join(p.grades)}"
    same_year = (
        f" ({early} {'has' if early == 1 else 'have'} a figure of the same year or an earlier one, which is no outcome)"
        if early
        else ""
    )
    if not groups:
        return not_estimable(
            "intentions",
            f"{head}, and none has a later survey of the same use, buyer and place{same_year}",
            level=p.level,
            n_dropped=len(meant),
        )
    frame = with_intervals(pd.concat(groups), evidence, p)
    table = tidy(
        {"term": f"{name}_{number}", "label": f"{row['side']} {row['year_end']}, {maker(row['publisher'])} [{row['grade']}]", "estimate": row["share"],
         "conf_low": row["conf_low"], "conf_high": row["conf_high"], "level": p.level, "n_obs": row["n"], "unit": "share", "method": row["method"],
         "group": row["group"], "side": row["side"], "year": int(row["year_end"])}
        for number, (name, row) in enumerate(frame.iterrows())
    )  # fmt: skip
    told = [
        f"{group}: {spoken(part.iloc[0])} intended for {part.iloc[0]['year']}, "
        + listing([f"{spoken(row)} found in {row.year}" for row in part.iloc[1:].itertuples()])
        for group, part in table.groupby("group", sort=False)
    ]
    text = (
        f"{head}; {len(groups)} of them {'has' if len(groups) == 1 else 'have'} a later figure of the same use, buyer and place{same_year}. "
        f"{'. '.join(told)}. Samples differ, so no difference is formed."
    )
    return Result(
        "intentions", table, text, rows=tuple(dict.fromkeys(frame.index)), n_used=len(groups), n_dropped=len(meant) - len(groups),
        checks=(Check("Same respondents", False, "No survey followed those who told an intention; whoever answered later is another sample."),),
        plot_data=table.assign(weak=table["side"] == "intended", ahead=table["side"] == "intended")[["group", "label", "estimate", "conf_low", "conf_high", "weak", "ahead"]],
        draw=partial(forest, title="What was intended, and what was found", xlabel=f"share, {p.level:.0%} interval; open diamond: intended"),
        alt=f"Intentions beside later use in {len(groups)} cases.",
    )  # fmt: skip
