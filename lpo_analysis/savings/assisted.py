"""Work with AI: what trials measured, what is claimed, and how much a person may go over before the provider is cheaper."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd

from lpo_analysis import vocabulary
from lpo_analysis.charts import band, forest
from lpo_analysis.evidence import Evidence, select
from lpo_analysis.evidence.money import ends
from lpo_analysis.methods.draws import Floats
from lpo_analysis.methods.inputs import draw_jointly
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.savings.analysis import WHO, Analysis, quantiles
from lpo_analysis.savings.costs import Costs, costs
from lpo_analysis.savings.findings import span_of
from lpo_analysis.savings.options import BY_THE_HOUR
from lpo_analysis.savings.unit_candidates import trials_in_words
from lpo_analysis.wording import count, listing, percent, probability, sentence

KINDS = {
    "trial": "measured in a trial",
    "self_reported": "told by users",
    "modelled": "modelled",
    "claimed": "told by sellers",
}
"""How a figure on AI came about."""

_KIND_OF = {
    "measured_trial": "trial", "measured_firm": "trial", "trial_": "trial", "measured_vendor": "claimed", "self_reported": "self_reported",
    "modelled": "modelled", "claimed": "claimed", "aggregator": "claimed",
}  # fmt: skip

SENSES = {
    "ai_time_saving_share": "time saved",
    "ai_productivity_ratio": "output an hour, restated as time saved a piece",
    "ai_cost_saving_share": "cost saved",
}
"""Senses that are never mixed."""


def published(evidence: Evidence) -> pd.DataFrame:
    """List every published saving of time or cost with AI.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.

    Returns
    -------
    pandas.DataFrame
        One figure a row, indexed by ``observation_id``: kind (see `KINDS`), sense, task, grade, status, year, note, study_id, form, low and
        high (shares; missing on an open side); all grades.

    Notes
    -----
    An output an hour of r times that without AI is a saving of 1 - 1/r of the time a piece takes. The speed of an answer that
    nobody checked is no such figure and is left out; so is the preprint of a study that has appeared.
    """
    return _published(evidence).copy(deep=False)


@lru_cache(maxsize=4)
def _published(evidence: Evidence) -> pd.DataFrame:
    rows = select(evidence, metric=tuple(SENSES), grades=("A", "B", "C", "D"), status=("actual", "estimate"))
    category = rows["category"].astype(str)
    kind = pd.Series("", index=rows.index)
    for start, name in _KIND_OF.items():
        kind = kind.mask((kind == "") & category.str.startswith(start), name)
    rows, kind = rows[kind != ""], kind[kind != ""]
    low, high = ends(rows)
    ratio = (rows["metric"] == "ai_productivity_ratio").to_numpy()
    made = rows[["task", "grade", "status", "note", "study_id", "form", "category"]].assign(
        kind=kind, sense=rows["metric"].astype(str).map(SENSES), year=rows["year_end"],
        low=np.where(ratio, 1 - 1 / low, low / 100), high=np.where(ratio, 1 - 1 / high, high / 100),
    )  # fmt: skip
    # A study's own later, graded version stands for its preprint.
    best = made.groupby(["study_id", "sense"])["grade"].transform("min")
    return made[(made["kind"] != "trial") | (made["grade"] == best)]


def trials(analysis: Analysis) -> Result:
    """Show what AI saved in trials.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term a trial at the grades of the report: ``conf_low`` and ``conf_high`` are the range over tasks that it states. Nothing is
        pooled: tasks, tools and senses differ.
    """
    p = analysis.parameters
    rows = published(analysis.evidence)
    rows = rows[(rows["kind"] == "trial") & rows["grade"].isin(p.grades)]
    if rows.empty:
        return not_estimable(
            "ai_trials", f"no trial of grade {'/'.join(p.grades)} is on file", level=p.level, unit="share"
        )
    told = f"{count(len(rows), 'row')} from {count(rows['study_id'].nunique(), 'trial')} measured what AI saves: "
    text = (
        told
        + listing([_said(row) for row in rows.sort_values(["sense", "low"], kind="stable").itertuples()])
        + (". Most took part as students or drafted only; none measured the work of an outsourcing provider.")
    )
    return _shown("ai_trials", rows, text, title="What AI saved in trials")


def ai_claims(analysis: Analysis) -> Result:
    """Show what is claimed of AI beside what trials measured.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        One term a figure of any grade, in groups by sense; what sellers, models and users tell is marked ``weak``.
    """
    rows = published(analysis.evidence)
    by_kind = rows.groupby("kind", sort=False)["study_id"].nunique()
    parts = [f"{KINDS[kind]} {count(int(by_kind[kind]), 'study', 'studies')}" for kind in KINDS if kind in by_kind]
    time = rows[rows["sense"] != SENSES["ai_cost_saving_share"]]
    measured, claimed = (time[time["kind"] == kind][["low", "high"]] for kind in ("trial", "claimed"))
    text = (
        f"Figures on what AI saves: {listing(parts)}. Trials measured {percent(measured.min().min())} to {percent(measured.max().max())} of the time a "
        f"piece of work takes, sellers tell {percent(claimed.min().min())} to {percent(claimed.max().max())}; a saving of cost was never measured in "
        "a trial, only told or modelled."
    )
    return _shown("ai_claims", rows, text, title="What AI is said to save, beside trials")


def _said(row: object) -> str:
    low, high = (float(getattr(row, end)) for end in ("low", "high"))
    span = percent(low) if low == high else f"{percent(low)} to {percent(high)}"
    what = vocabulary.label("any task", str(getattr(row, "task", "all")))
    return f"{span} ({getattr(row, 'sense', '')}; {what}, {getattr(row, 'year', '')})"


def _shown(name: str, rows: pd.DataFrame, text: str, *, title: str) -> Result:
    ordered = rows.assign(place=rows["kind"].map(list(KINDS).index)).sort_values(
        ["sense", "place", "low"], kind="stable"
    )
    low, high = ordered["low"].fillna(ordered["high"]), ordered["high"].fillna(ordered["low"])
    frame = tidy(
        {"term": row.Index, "label": _label(row), "estimate": (low[row.Index] + high[row.Index]) / 2 if row.form != "range" else np.nan,
         "conf_low": row.low, "conf_high": row.high, "n_obs": 1, "unit": "share", "method": KINDS[row.kind], "sense": row.sense,
         "grade": row.grade, "note": row.note}
        for row in ordered.itertuples()
    )  # fmt: skip
    known = ~ordered["form"].isin(["floor", "ceiling"])
    data = pd.DataFrame({"group": ordered["sense"].map(sentence), "label": frame["label"].to_numpy(), "estimate": ((low + high) / 2).where(known),
                         "conf_low": ordered["low"], "conf_high": ordered["high"],
                         "weak": ordered["kind"] != "trial"}).reset_index(drop=True)  # fmt: skip
    return Result(
        name, frame, text, rows=tuple(ordered.index), n_used=len(ordered), plot_data=data,
        draw=partial(forest, title=title, xlabel="saved; filled: measured in a trial, open: told or modelled"),
        alt=f"{title}, one line a figure: " + "; ".join(f"{row.label} {_ends(row)}" for row in data.itertuples(index=False)) + ".",
    )  # fmt: skip


def _ends(row: Any) -> str:
    """Say a figure by the ends that are known of it, once where they are one."""
    return " to ".join(dict.fromkeys(percent(end) for end in (row.conf_low, row.conf_high) if pd.notna(end)))


def _label(row: object) -> str:
    what = vocabulary.label("any task", str(getattr(row, "task", "all")))
    bound = {"floor": ", at least", "ceiling": ", at most"}.get(str(getattr(row, "form", "")), "")
    return f"{KINDS[str(getattr(row, 'kind', ''))]}, {what} {getattr(row, 'year', '')}{bound} [{getattr(row, 'grade', '')}]"


@dataclass(frozen=True, eq=False)
class _Pair:
    """The provider and own lawyers with AI on the same draws."""

    provider: Analysis
    with_ai: Analysis
    provider_costs: Costs
    ai_values: dict[str, Floats]

    def ai_costs(self, check_share: float | None = None) -> Costs:
        values = self.ai_values
        if check_share is not None:
            values = {**values, "ai_check_share": np.full_like(values["ai_check_share"], check_share)}
        return costs(values, self.with_ai.terms)


def _pair(analysis: Analysis) -> _Pair | str:
    """Both ways for the question, or why there is no comparison."""
    p = analysis.parameters
    if p.delivery_model == "ai_assisted":
        provider, with_ai = analysis.with_changes(delivery_model="provider", location="IND", **BY_THE_HOUR), analysis
        if provider is None:
            return "no provider in India can be costed for this question"
    else:
        provider = analysis
        found = analysis.with_changes(delivery_model="ai_assisted", location=p.baseline_location, **BY_THE_HOUR)
        if found is None:
            return f"work with AI cannot be costed for {vocabulary.label('task', p.task)} in {vocabulary.in_words(p.baseline_location)} at these grades"
        with_ai = found
    drawn = draw_jointly({"provider": provider.inputs, "ai": with_ai.inputs}, draws=p.draws, seed=p.seed)
    values = {name: side.gathered.rates(drawn[name]) for name, side in (("provider", provider), ("ai", with_ai))}
    return _Pair(provider, with_ai, costs(values["provider"], provider.terms), values["ai"])


def check_share_at_which(ai_at_none: Floats, ai_at_all: Floats, other: Floats) -> Floats:
    """Solve for the share that a person goes over at which work with AI costs as much as another way.

    Parameters
    ----------
    ai_at_none, ai_at_all : ndarray of float
        Cost with AI if a person goes over nothing, and over everything; the cost is linear in between.
    other : ndarray of float
        Cost of the other way.

    Returns
    -------
    ndarray of float
        The share: AI is cheaper below it. Below 0 where AI is dearer even unchecked, above 1 where it is cheaper even if all
        is gone over; infinite where going over costs nothing more. NaN where more going over makes it cheaper, so that there is
        no such share.
    """
    slope = ai_at_all - ai_at_none
    room = other - ai_at_none
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(slope > 0, room / slope, np.nan)
    return np.where((slope == 0) & (room != 0), np.where(room > 0, np.inf, -np.inf), share)


def assisted(analysis: Analysis) -> Result:
    """Put own lawyers with AI beside the provider, and solve for the share they may go over.

    Parameters
    ----------
    analysis : Analysis
        The analysis.

    Returns
    -------
    Result
        Terms ``check_share`` (share of the work a person goes over at which AI stops being cheaper than the provider), ``p_below`` and
        ``p_above`` (chances that AI is dearer even if nobody goes over anything, and cheaper even if all is gone over), ``p_ai_cheaper``
        (at the share of the parameters), ``ai_saving`` and ``ai_against_provider`` (net saving against today, and saving against the
        provider). The figure is the last over the share. ``model`` holds the analysis of the work with AI.
    """
    p = analysis.parameters
    terms = {"check_share": "share gone over at which AI stops being cheaper"}
    both = _pair(analysis)
    if isinstance(both, str):
        return not_estimable("assisted", both, terms=terms, level=p.level, unit="share")
    other, at = both.provider_costs.alternative, both.ai_costs().alternative
    none, everything = both.ai_costs(0.0).alternative, both.ai_costs(1.0).alternative
    share = check_share_at_which(none, everything, other)
    solved = share[~np.isnan(share)]
    gap = 1 - at / other
    common: dict[str, object] = {
        "level": p.level,
        "n_obs": len(both.with_ai.rows),
        "method": f"median of {p.draws:,} joint draws",
    }

    def record(term: str, label: str, draws: Floats, unit: str = "share") -> dict[str, object]:
        middle, low, high = quantiles(draws, p.level)
        return {
            "term": term,
            "label": label,
            "estimate": middle,
            "conf_low": low,
            "conf_high": high,
            "unit": unit,
            **common,
        }

    def chance(term: str, label: str, hits: np.ndarray) -> dict[str, object]:
        return {
            "term": term,
            "label": label,
            "estimate": float(hits.mean()),
            **common,
            "unit": "probability",
            "method": "share of the draws",
        }

    records = [
        record("check_share", terms["check_share"], solved),
        chance("p_below", "AI dearer even if nothing is gone over", solved <= 0),
        chance("p_above", "AI cheaper even if all is gone over", solved >= 1),
        chance("p_ai_cheaper", "AI cheaper than the provider", gap > 0),
        _saving(analysis, both),
        record("ai_against_provider", "saving of AI against the provider", gap),
    ]
    frame = tidy(records)
    shares = np.linspace(0.0, 1.0, 11)
    # Linear in the share, so that two runs of the model are all of them.
    curve = [(x, *quantiles(1 - (none + x * (everything - none)) / other, p.level)) for x in shares]
    data = pd.DataFrame(curve, columns=["x", "estimate", "conf_low", "conf_high"])
    assumed = both.with_ai.inputs["ai_check_share"].median
    return Result(
        "assisted", frame, _text(both, frame.set_index("term"), p.level), rows=both.with_ai.rows, n_used=len(both.with_ai.rows),
        n_dropped=both.with_ai.gathered.n_set_aside, plot_data=data, checks=_checks(both, share, none, everything, other), model=both.with_ai,
        draw=partial(band, title="Own lawyers with AI against the provider", xlabel="share of the work a person goes over",
                     ylabel="saving against the provider", mark=assumed, mark_text="assumed (median)", percent_x=True),
        alt=f"Saving of own lawyers with AI against the provider over the share a person goes over, with its {p.level:.0%} band: "
        f"{percent(data['estimate'].iloc[0])} if nothing is gone over, {percent(data['estimate'].iloc[-1])} if all is.",
    )  # fmt: skip


def _saving(analysis: Analysis, both: _Pair) -> dict[str, object]:
    """Take the net saving with AI from the comparison of all ways, so that it is one number wherever it stands."""
    p = both.with_ai.parameters
    own = analysis.delivery_models.row(f"{p.delivery_model}_{p.location}")
    return {name: own[name] for name in ("estimate", "conf_low", "conf_high", "level", "unit", "method")} | {
        "term": "ai_saving", "label": "net saving of AI against today", "n_obs": len(both.with_ai.rows),
    }  # fmt: skip


def _text(both: _Pair, by: pd.DataFrame, level: float) -> str:
    p = both.with_ai.parameters
    share, saving = by.loc["check_share"], by.loc["ai_saving"]
    below, above = float(by.at["p_below", "estimate"]), float(by.at["p_above", "estimate"])
    who, where = WHO[both.provider.parameters.delivery_model], vocabulary.in_words(both.provider.parameters.location)
    counted = both.with_ai.counted
    rungs = {rung: len(counted.by_rung((rung,))) for rung in (1, 2, 3, 4)}
    verb = "less" if saving["estimate"] >= 0 else "more"
    lines = [
        (f"Done by own lawyers with AI the work costs {percent(abs(saving['estimate']))} {verb} than today ({level:.0%} interval "
        f"{span_of(saving['conf_low'], saving['conf_high'])}), if a person goes over {percent(p.ai_check_share[0])} to "
        f"{percent(p.ai_check_share[1])} of it; it is cheaper than {who} in {where} in {probability(float(by.at['p_ai_cheaper', 'estimate']))} of the draws.")
    ]  # fmt: skip
    # What reads as nothing or all is told as such.
    middle = _end(share["estimate"])
    if middle == "nothing":
        lines.append(
            f"In the median it is dearer than {who} even if nobody goes over anything (so in {probability(below)} of the draws; in {probability(above)} it is cheaper "
            "even if everything is gone over)."
        )
    elif middle == "all":
        lines.append(
            f"In the median it stays cheaper than {who} even if everything is gone over (so in {probability(above)} of the draws; in {probability(below)} it is dearer "
            "even if nothing is)."
        )
    else:
        lines.append(
            f"It stops being cheaper once a person goes over {middle} of the work (median; {level:.0%} interval {_end(share['conf_low'])} to "
            f"{_end(share['conf_high'])}); in {probability(below)} of the draws it is dearer even if nobody goes over anything, in {probability(above)} cheaper even if "
            "everything is."
        )
    lines.append(
        f"Of its {len(counted)} inputs {rungs[1] or 'none'} {'is' if rungs[1] < 2 else 'are'} fitted, {rungs[2]} stated, {rungs[3]} borrowed or a lone "
        f"figure, and {rungs[4]} assumed."
    )
    return " ".join(lines)


def _end(share: float) -> str:
    return "nothing" if share < 0.005 else "all" if share >= 0.995 else percent(share)


def _checks(both: _Pair, share: Floats, none: Floats, everything: Floats, other: Floats) -> tuple[Check, ...]:
    inside = np.isfinite(share)
    solved = np.where(inside, share, 0.0)
    apart = np.abs(none + solved * (everything - none) - other)[inside] / other[inside]
    worst = float(apart.max()) if inside.any() else 0.0
    odd = float(np.isnan(share).mean())
    price = (
        "a price by the document"
        if "ai_price" in both.with_ai.inputs.names
        else "licences, for no price by the piece is on file"
    )
    return (
        Check("Solved share", worst < 1e-9,
              f"Put back into the model, the solved share makes both ways cost the same (largest difference {worst:.0e}). In {probability(odd)} of the draws "
              "going over more makes the work cheaper, because errors cost more than that, and no share is solved for."),
        Check("What is paid for AI", None, f"The software is counted as {price}; what randomised trials found of an hour stands for every task."),
        Check("What the trials leave out", None, trials_in_words(both.with_ai.evidence, both.with_ai.inputs["ai_productivity"].rows)),
        Check("Quality", None, "Errors nobody goes over are priced, not prevented: what a false citation does to a client or a court is not in a cost."),
    )  # fmt: skip
