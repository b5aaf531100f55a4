"""The loss by other definitions of the same event that are on file, beside the one that the headline uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from lpo_analysis.errors import NoEvidenceError
from lpo_analysis.evidence import Evidence, Evidenced, select
from lpo_analysis.methods.draws import Floats, uniforms
from lpo_analysis.methods.inputs import Input
from lpo_analysis.methods.proportions import share_interval
from lpo_analysis.results import Check, Result, not_estimable, tidy
from lpo_analysis.risk.inputs import Rate, draw, expected_loss_of, own_share, spread, uncapitalised
from lpo_analysis.risk.parameters import Parameters
from lpo_analysis.risk.rates import at_least_one, rates, variation_of
from lpo_analysis.wording import count, money, percent


@dataclass(frozen=True)
class _Definition:
    """One way to count breaches that reach client data: what was reached, and how often firms are breached."""

    term: str
    label: str
    reached: str
    past_year: bool = False


_OTHERS = (
    _Definition("accessed_all_sizes", "ever breached; client data accessed, firms of all sizes", "client_data_accessed"),
    _Definition("notified", "ever breached; clients notified", "clients_notified"),
    _Definition("lost", "ever breached; confidential client data lost", "client_data_lost"),
    _Definition("past_year_lost", "breached in the past year; confidential client data lost, in one survey that a seller of security paid for", "client_data_lost", True),
)  # fmt: skip
_HEADLINE = "headline"


def loss_scenarios(evidence: Evidence, parameters: Parameters, *, rate: Rate | None = None) -> Result:
    """Estimate chance and loss by each definition on file of a breach that reaches client data.

    Parameters
    ----------
    evidence : Evidence
        The evidence base.
    parameters : Parameters
        The question.
    rate : tuple of float, optional
        As for `loss_inputs`. What own incidents leave stands in the place of every survey's frequency.

    Returns
    -------
    Result
        Term ``headline`` and one a definition: ``estimate`` is the chance of at least one such breach within the horizon, ``events`` their
        mean number a year and ``loss`` the expected USD a year, means over the draws; intervals over what is not known given the
        definition. ``row_ids`` names the rows.

    Notes
    -----
    The scenarios differ in definition, sample and maker, so they are neither pooled nor weighted: no interval holds them all. The
    newest share of a definition is drawn as wide as its odds widened by `widening`, a share of breached firms at least as wide as chance
    in `assumed_breached_firms` of them. A row of the past year looks back over one year, with its own share breached. All but frequency
    and share are the draws of the headline. Where own incidents are known, each share of firms becomes one of breaches, as in
    `lpo_analysis.risk.how_often.reaching_share`.
    """
    p = parameters
    try:
        values, inputs = draw(evidence, p, rate=rate)
    except NoEvidenceError as error:
        terms = (_HEADLINE, *(one.term for one in _OTHERS))
        return not_estimable("loss_scenarios", uncapitalised(error.what), terms=terms, level=p.level)
    known = "breach_rate" in values
    own = inputs["reaching_share" if known else "client_share"].rows
    base = [row for name in ("breached_share", "breach_rate") if name in inputs.names for row in inputs[name].rows]
    records = [_scenario(_HEADLINE, "the headline: ever breached; client data accessed", values, [*base, *own], p)]
    for one in _OTHERS:
        found = _newest(evidence, p, "breach_outcome_share", one.reached)
        if found is None or (one.past_year and known) or found[1] <= set(own):
            continue
        item, rows = _input(one.term, found[0], p), [*base, *sorted(found[1])]
        if known:
            share = own_share(
                evidence, p, Evidenced(item.low, item.high, 3, item.basis, tuple(sorted(found[1])), 1, 0, np.nan)
            )
            item = Input(one.term, one.term, "share", share.low, share.high, "logitnormal", 3, share.basis)
        changed = {**values, "reaching_share" if known else "client_share": _drawn(item, p)}
        if one.past_year:
            recent = _newest(evidence, p, "breach_prevalence", "breached_past_year")
            if recent is None:
                continue
            often = _drawn(_input(f"{one.term}_often", recent[0], p, of_breached=False), p)
            changed |= {
                "breached_share": often,
                "breached_unknown": np.zeros(p.draws),
                "memory_years": np.ones(p.draws),
            }
            rows = [*sorted(recent[1]), *sorted(found[1])]
        records.append(_scenario(one.term, one.label, changed, rows, p))
    table = tidy(records)
    return Result(
        "loss_scenarios", table, _text(table, p),
        checks=(Check("One definition", False if len(table) > 1 else None, f"{count(len(table), 'definition')} of the same event {'is' if len(table) == 1 else 'are'} on file at these grades; the headline's interval is that of its own alone."),),
        rows=tuple(dict.fromkeys(row for record in records for row in str(record["row_ids"]).split(", ") if row)), n_used=len(table),
    )  # fmt: skip


def _newest(evidence: Evidence, p: Parameters, metric: str, category: str) -> tuple[float, set[str]] | None:
    rows = select(evidence, metric=metric, category=category, geography="USA", grades=p.grades, required=False)
    rows = rows[(rows["buyer_size"] == "all") & rows["value"].between(0, 100, inclusive="neither")]
    if rows.empty:
        return None
    newest = rows[rows["year_end"] == rows["year_end"].max()]
    return float(newest["value"].mean()) / 100, set(newest.index)


def _input(name: str, share: float, p: Parameters, *, of_breached: bool = True) -> Input:
    ends = (special.expit(special.logit(share) + side * np.log(p.widening)) for side in (-1, 1))
    chance = share_interval(share, float(p.assumed_breached_firms), level=0.9)
    low, high = (
        pick(pair) if of_breached else pair[0]
        for pick, pair in zip((min, max), zip(ends, chance, strict=True), strict=True)
    )
    return Input(name, name, "share", float(low), float(high), "logitnormal", 3, "newest of its definition")


def _drawn(item: Input, p: Parameters) -> Floats:
    return item.ppf(uniforms((item.name,), draws=p.draws, seed=p.seed)[item.name])


def _scenario(term: str, label: str, draws: Mapping[str, Floats], rows: list[str], p: Parameters) -> dict[str, object]:
    client = rates(draws)[1]
    chance, low, high = spread(at_least_one(client, p.horizon_years, variation_of(draws)), p.level)
    loss, least, most = spread(expected_loss_of(draws, p), p.level)
    return {"term": term, "label": label, "estimate": chance, "conf_low": low, "conf_high": high, "level": p.level, "n_obs": len(rows), "unit": "probability",
            "method": f"mean of {p.draws:,} joint draws", "events": float(client.mean()), "loss": loss, "loss_low": least, "loss_high": most, "row_ids": ", ".join(dict.fromkeys(rows))}  # fmt: skip


def _text(table: pd.DataFrame, p: Parameters) -> str:
    head, others = table.iloc[0], table.iloc[1:]
    years = count(p.horizon_years, "year")
    if others.empty:
        return f"No other definition of a breach that reaches client data is on file at grade {'/'.join(p.grades)}, so the headline stands alone."
    low, high = table.loc[table["estimate"].idxmin()], table.loc[table["estimate"].idxmax()]
    wide, span = float(head["conf_high"] - head["conf_low"]), float(high["estimate"] - low["estimate"])
    return (
        f"The interval of the headline ({percent(head['conf_low'], width=wide)} to {percent(head['conf_high'], width=wide)} within {years}) holds what is not known given its definition; it does not hold "
        f"other definitions of the same event. By those on file the chance within {years} runs from {percent(low['estimate'], width=span)} ({low['label']}) to "
        f"{percent(high['estimate'], width=span)} ({high['label']}), and the expected loss from {money(table['loss'].min(), 'USD', digits=2)} to {money(table['loss'].max(), 'USD', digits=2)} a year. "
        "They differ in words, samples and makers: reasons to doubt each, none to leave one out, and nothing on file weighs them."
    )
