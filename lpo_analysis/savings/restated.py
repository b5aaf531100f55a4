"""Published savings contrasted only where like meets like, and each restated through the cost model of this report."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis.charts import claims as draw_claims
from lpo_analysis.charts import intervals
from lpo_analysis.methods.draws import Floats
from lpo_analysis.results import Check, Result, tidy
from lpo_analysis.savings.analysis import Analysis, quantiles
from lpo_analysis.savings.beside import unknown
from lpo_analysis.savings.claims import BOUNDS, DENOMINATORS, claim_label, published_claims
from lpo_analysis.wording import count, listing, number, percent, probability, sentence

GROUP = 5
"""Independent claims below which a group is shown as points: no middle, no box, no contrast."""

BUYERS = {"dxc": "DXC", "riotinto": "Rio Tinto", "msft": "Microsoft"}
"""Buyers of whom several rows tell, by the beginning of the rows' identifiers; rows of one buyer count once."""

KINDS = {
    "vendor": "sellers' claims",
    "client_target": "clients' targets",
    "client_outcome": "clients' outcomes",
    "analyst": "analysts' and consultants' estimates",
    "press": "press figures",
    "public_agency": "agencies' claims",
}
"""Who made a claim, consultants with analysts."""

COMPARATORS = {
    "associate": "associate",
    "paralegal": "paralegal",
    "contract_attorney": "contract attorney",
    "in_house_counsel": "in-house counsel",
    "law_firm_price": "law firm's price",
    "own_staff": "own staff of no stated level",
    "other_location": "somebody in the dearer place",
    "not_told": "nobody named",
}
SHORT = {"rate": "rates", "work": "the work", "budget": "the budget", "not_told": "not told"}
_NO_COMPARATOR = ("not_told", "other_location", "own_staff")


def clustered(claims: pd.DataFrame) -> pd.Series:
    """Name the independent source of each claim.

    Parameters
    ----------
    claims : pandas.DataFrame
        From `lpo_analysis.savings.claims.published_claims`.

    Returns
    -------
    pandas.Series of str
        The buyer where several rows are of one, else the study.
    """
    return pd.Series(
        [BUYERS.get(str(name).split("_")[0], study) for name, study in claims["study_id"].items()],
        claims.index,
        dtype=str,
    )


def claims_contrasted(analysis: Analysis) -> Result:
    """Put claims side by side within one denominator and one comparator.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term a cell of denominator, comparator and kind of claimant: ``claim_low``, ``claim_high``, ``n_obs`` (rows) and
        ``n_sources`` (independent ones). ``estimate`` (median of the sources' means) and the quartiles as its ends only from
        five sources on. Where no cell with a stated denominator and comparator has five of two kinds, there is no contrast, and a
        check says so.
    """
    claims = published_claims(analysis.evidence)
    claims = claims.assign(source=clustered(claims), kind=claims["claimant"].replace({"consultancy": "analyst"}))
    claims = claims.assign(middle=(claims["low"].fillna(claims["high"]) + claims["high"].fillna(claims["low"])) / 2)
    records, parts = [], []
    for (denominator, comparator, kind), part in claims.groupby(["denominator", "comparator", "kind"], observed=True):
        means = part.groupby("source")["middle"].mean()
        n = len(means)
        label = f"{DENOMINATORS[str(denominator)][1]}, against {COMPARATORS[str(comparator)]}: {KINDS[str(kind)]}"
        record: dict[str, object] = {
            "term": f"{denominator}:{comparator}:{kind}", "label": label, "unit": "share", "n_obs": len(part), "n_sources": n,
            "claim_low": part[["low", "high"]].min().min(), "claim_high": part[["low", "high"]].max().max(),
            "comparable": denominator != "not_told" and comparator not in _NO_COMPARATOR,
            "method": "median and quartiles of independent sources" if n >= GROUP else f"points, because under {GROUP} independent sources",
        }  # fmt: skip
        if n >= GROUP:
            low, middle, high = means.quantile([0.25, 0.5, 0.75])
            record |= {"estimate": middle, "conf_low": low, "conf_high": high, "level": 0.5}
        records.append(record)
        drawn = part.sort_values("year", kind="stable")
        parts.append(pd.DataFrame({
            "group": sentence(f"{SHORT[str(denominator)]} against {COMPARATORS[str(comparator)]}"), "bound": drawn["form"].map(BOUNDS).fillna(""), "label": [claim_label(row) for row in drawn.itertuples()], "low": drawn["low"].fillna(drawn["high"]),
            "high": drawn["high"].fillna(drawn["low"]), "weak": drawn["kind"].isin(["vendor", "client_target", "public_agency"]),
            "model_estimate": np.nan, "model_low": np.nan, "model_high": np.nan, "comparable": record["comparable"],
        }))  # fmt: skip
    table = tidy(records)
    like = table[table["comparable"]]
    cells = like.assign(cell=like["term"].str.rsplit(":", n=1).str[0]).groupby("cell")["n_sources"]
    ready = [str(cell) for cell, n in cells if (n >= GROUP).sum() >= 2]
    data = pd.concat(parts)
    data = data[data["comparable"].astype(bool)].reset_index(names="observation_id")
    reason = None
    if not ready:
        most = int(like["n_sources"].max()) if len(like) else 0
        reason = (
            f"no denominator with a named comparator has {GROUP} independent claims of two kinds (the fullest group has {most}; {len(like)} groups, "
            f"{count(int(like['n_obs'].sum()), 'claim')})"
        )
    return Result(
        "claims_contrasted", table, _contrast_text(claims, table, like, ready, reason), rows=tuple(claims.index), n_used=len(claims),
        checks=(Check("Like with like", not reason, sentence(reason or "two kinds of claimants can be set side by side") + "."),),
        plot_data=data if len(data) else None,
        draw=partial(draw_claims, title="Claims that say of what, and against whom", xlabel="saving claimed; open: interested parties") if len(data) else None,
        alt=f"{count(len(data), 'claim')} as points in {count(data['group'].nunique(), 'group')} of one denominator and comparator: "
            + "; ".join(f"{row.group}, {row.label}, {percent(row.low)}" for row in data.itertuples()) + ".",
    )  # fmt: skip


def _contrast_text(
    claims: pd.DataFrame, table: pd.DataFrame, like: pd.DataFrame, ready: list[str], reason: str | None
) -> str:
    sources = claims["source"].nunique()
    several = claims.groupby("source").size()
    twice = [f"{name} {several[name]}" for name in BUYERS.values() if name in several.index and several[name] > 1]
    opening = (
        f"{count(len(claims), 'claim')} come from {count(sources, 'independent source')}"
        + (f" (rows of one buyer count once: {listing(twice)})" if twice else "")
        + f"; {int(like['n_obs'].sum()) if len(like) else 0} of them name both what they are a percentage of and who did the work before."
    )
    if reason:
        return f"{opening} Whether sellers claim more than clients saw is not estimable, because {reason}; they are shown as points."
    by = table.set_index("term")
    said = []
    for cell in ready:
        groups = by[by.index.str.startswith(cell + ":") & by["estimate"].notna()]
        said += [
            f"{row.label} {percent(row.estimate)} (quartiles {percent(row.conf_low)} to {percent(row.conf_high)})"
            for row in groups.itertuples()
        ]
    return f"{opening} Where like meets like: {listing(said)}."


def net_at_gap(analysis: Analysis, gap: float) -> Floats:
    """Compute the net saving if the headline gap were a given one and all other inputs as in this report.

    Parameters
    ----------
    analysis : Analysis
        The analysis.
    gap : float
        Headline rate gap, as a share.

    Returns
    -------
    ndarray of float
        Net saving on the work, one element a draw.
    """
    c = analysis.costs
    scale = (1 - gap) / (1 - c.rate_gap)
    return 1 - (c.of_fee * scale + (c.alternative - c.of_fee)) / c.baseline


def needed_for(analysis: Analysis, saving: float) -> dict[str, Floats]:
    """Compute what would make a net saving true, one thing at a time.

    Parameters
    ----------
    analysis : Analysis
        The analysis.
    saving : float
        Net saving on the work, as a share.

    Returns
    -------
    dict of str to ndarray of float
        ``rate_gap``: headline gap (above 1 where even free work would not do). ``productivity``: work an hour as a multiple of today's
        (infinite where none would do), only where the fee follows the hours. ``oversight_share``: of the fee, below 0 where even
        none would not do; only where oversight is a cost line.
    """
    c, v = analysis.costs, analysis.values
    room = (1 - saving) * c.baseline
    needed = {"rate_gap": 1 - (room - (c.alternative - c.of_fee)) / c.of_fee * (1 - c.rate_gap)}
    if analysis.parameters.pricing_model == "hourly" and "productivity" in v:
        paced = c.of_fee + sum(c.lines[line] for line in ("communication", "quality_control") if line in c.lines)
        left = room - (c.alternative - paced)
        with np.errstate(divide="ignore", invalid="ignore"):
            needed["productivity"] = np.where(
                left > 0, v["productivity"] * paced / np.where(left > 0, left, 1.0), np.inf
            )
    if "oversight" in c.lines:
        needed["oversight_share"] = v["oversight_share"] * (1 - (c.alternative - room) / c.lines["oversight"])
    return needed


def claims_restated(analysis: Analysis) -> Result:
    """Send every claim through the cost model: what it implies, or what it needs to be true.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term a claim that tells its denominator, by the least it says. A gap of rates: ``estimate`` is the net saving on the work
        that follows under the other inputs of this report. A share of the work: ``estimate`` is the headline gap it needs; columns
        ``needed_productivity`` and ``needed_oversight`` (medians). A share of the budget: ``estimate`` is the share of the
        budget that would have to move. Column ``p_true``: chance that the model reaches the claim.
    """
    p = analysis.parameters
    if p.delivery_model in ("in_house", "ai_assisted"):
        reason = "the claims are about work sent to others, and here it stays with the buyer's own lawyers"
        return unknown("claims_restated", "What the claims imply here", reason, level=p.level, unit="share")
    claims = published_claims(analysis.evidence)
    claims = claims[claims["denominator"] != "not_told"].sort_values(["denominator", "claimant", "year"], kind="stable")
    records = [_restate(analysis, row) for row in claims.itertuples()]
    table = tidy(records)
    gaps = table[table["denominator"] == "rate"]
    drawn = gaps[["label", "claimed", "estimate", "conf_low", "conf_high"]].copy()
    drawn["label"] = [f"{row.label}: {percent(row.claimed)}" for row in drawn.itertuples()]
    return Result(
        "claims_restated", table, _restated_text(analysis, table), rows=tuple(claims.index), n_used=len(claims), checks=_checks(analysis, table),
        plot_data=drawn.drop(columns="claimed"),
        draw=partial(intervals, title="What claimed rate gaps would leave", xlabel=f"net saving on the work, median and {p.level:.0%} interval"),
        alt="Net saving implied by each claimed gap: " + "; ".join(f"{row.label} gives {percent(row.estimate)}" for row in drawn.itertuples()) + ".",
    )  # fmt: skip


def _restate(analysis: Analysis, row: Any) -> dict[str, object]:
    p, c = analysis.parameters, analysis.costs
    claimed = float(row.low if pd.notna(row.low) else row.high)
    record: dict[str, object] = {"term": row.Index, "label": claim_label(row), "denominator": row.denominator, "comparator": row.comparator,
                                 "claimed": claimed, "level": p.level, "n_obs": 1, "grade": row.grade, "needed_productivity": np.nan, "needed_oversight": np.nan}  # fmt: skip
    if row.denominator == "rate":
        implied = net_at_gap(analysis, claimed)
        record |= {
            "unit": "net saving on the work",
            "method": "other inputs of this report",
            "p_true": float(np.mean(c.rate_gap >= claimed)),
        }
    elif row.denominator == "work":
        needed = needed_for(analysis, claimed)
        implied = needed["rate_gap"]
        record |= {
            "unit": "headline gap needed",
            "method": "other inputs of this report",
            "p_true": float(np.mean(c.net_saving >= claimed)),
        }
        record |= {
            f"needed_{name.removesuffix('_share')}": quantiles(needed[name], p.level)[0]
            for name in ("productivity", "oversight_share")
            if name in needed
        }
    else:
        net = c.net_saving
        implied = np.where(net > 0, claimed / np.where(net > 0, net, 1.0), np.inf)
        record |= {"unit": "share of the budget that would have to move", "method": "net saving of this report",
                   "p_true": float(np.mean(analysis.values["moved_share"] * net >= claimed)) if "moved_share" in analysis.values else np.nan}  # fmt: skip
    middle, low, high = quantiles(implied, p.level)
    return record | {"estimate": middle, "conf_low": low, "conf_high": high}


def _restated_text(analysis: Analysis, table: pd.DataFrame) -> str:
    lines = []
    rate, work, budget = (table[table["denominator"] == name] for name in ("rate", "work", "budget"))
    if len(rate):
        least, most = (rate.loc[rate["claimed"].idxmin()], rate.loc[rate["claimed"].idxmax()])
        lines.append(
            f"A claimed gap of rates is no saving: with the other inputs of this report a gap of {percent(least['claimed'])}, the smallest claimed, "
            f"leaves {_saved(least['estimate'])} on the work, and the largest, {percent(most['claimed'])}, {_saved(most['estimate'])} (medians)."
        )
    if len(work):
        reach = work[work["estimate"] < 1]
        beyond = len(work) - len(reach)
        if len(reach):
            needs = f"To be true here, what is claimed of the work itself needs a headline gap of {_between(reach['estimate'])}"
            finite = reach["needed_productivity"][np.isfinite(reach["needed_productivity"])]
            if len(finite):
                needs += f", or at this report's rates {_between(finite, plain=True)} times today's work an hour"
            lines.append(
                needs
                + (
                    f"; {beyond} of the {len(work)} claims would not be reached if the work were free."
                    if beyond
                    else "."
                )
            )
        else:
            lines.append(
                f"None of the {len(work)} claims on the work itself could be reached here if the work were free."
            )
        if work["needed_oversight"].notna().any():
            without = int((work["needed_oversight"] < 0).sum())
            lines.append(
                f"Less oversight alone would make {_of(len(work) - without, len(work))} true"
                + (", however little of it" if without == len(work) else "") + " (medians)."
            )  # fmt: skip
    if len(budget) and np.isinf(budget["estimate"]).all():
        none = (
            "The claim on the whole budget cannot"
            if len(budget) == 1
            else f"None of the {len(budget)} claims on the whole budget can"
        )
        lines.append(
            f"{none} be met by moving more work: in the median nothing is saved on the work moved, so that no share of the budget would be enough."
        )
    elif len(budget):
        over = int((budget["estimate"] > 1).sum())
        others = f"; {'all' if over == 0 else 'the others'} need"
        lines.append(
            f"Of the claims on the whole budget {_of(over, len(budget))} would need more work moved than there is budget"
            + (
                f"{others} {_between(budget['estimate'][budget['estimate'] <= 1])} of it."
                if over < len(budget)
                else "."
            )
        )
    return " ".join(lines) or "No claim that tells its denominator is on file."


def _saved(share: float) -> str:
    return f"{percent(share)} saved" if share > 0 else f"{percent(-share)} more to pay"


def _of(n: int, whole: int) -> str:
    """Say how many of some there are: none, all, or a number."""
    return f"none of the {whole}" if n == 0 else f"all {whole}" if n == whole > 1 else f"{n} of the {whole}"


def _between(values: pd.Series, *, plain: bool = False) -> str:
    shown = partial(number, digits=2) if plain else percent
    low, high = shown(values.min()), shown(values.max())
    return low if low == high else f"{low} to {high}"


def _checks(analysis: Analysis, table: pd.DataFrame) -> tuple[Check, ...]:
    p = analysis.parameters
    likely = table["p_true"].dropna()
    same = table[table["comparator"] == p.baseline]
    return (
        Check("Within reach", None,
              f"The model reaches {int((likely >= 0.5).sum())} of {len(likely)} claims in half of the draws or more; the likeliest in {probability(likely.max())}."),
        Check("Same comparator", True if 2 * len(same) > len(table) else None, _same_comparator(table, p.baseline)),
        Check("The least it says", None, "A range enters with its lower end, a mere ceiling with the ceiling."),
    )  # fmt: skip


def _same_comparator(table: pd.DataFrame, baseline: str) -> str:
    same = int((table["comparator"] == baseline).sum())
    others = table.loc[table["comparator"] != baseline, "comparator"]
    head = f"{sentence(_of(same, len(table)))} claims {'is' if same == 1 else 'are'} against this report's comparator"
    if others.empty:
        return f"{head}."
    silent = int((others == "not_told").sum())
    named = len(others) - silent
    told = (
        [f"{count(silent, 'claim')} {'does' if silent == 1 else 'do'} not tell {'its' if silent == 1 else 'theirs'}"]
        if silent
        else []
    )
    told += (
        [
            f"{count(named, 'claim')} {'means' if named == 1 else 'mean'} another, beside which {'it' if named == 1 else 'they'} would be judged differently"
        ]
        if named
        else []
    )
    return f"{head}; {listing(told)}."
